"""No false alarms: every gradient of deeprob passes, at random points and at kinks, in both modes."""

import numpy as np
import pytest
import random_cases

import deeprob

ORDINARY, ALL = 1_000, 10_000


def alarms(seeds, **options):
    found = []
    for seed in seeds:
        name, func, inputs = random_cases.case(seed)
        with np.errstate(over="ignore", invalid="ignore"):
            result = deeprob.gradcheck(func, inputs, raise_exception=False, **options)
        if not result:
            found.append(f"{seed}, {name}:\n{result}")
    return found


@pytest.mark.parametrize("strict", [False, True])
def test_none_in_random_cases(strict):
    assert not alarms(range(ORDINARY), strict=strict)


@pytest.mark.slow
@pytest.mark.parametrize("strict", [False, True])
def test_none_in_ten_thousand_random_cases(strict):
    assert not alarms(range(ALL), strict=strict)


def test_none_of_random_projections():
    assert not alarms(range(ORDINARY), fast_mode=True)
