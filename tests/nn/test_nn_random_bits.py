"""The bits of dropout's masks: raw where a generator gives 64 at a time, the same as its bytes elsewhere."""

import numpy as np
import pytest

from deeprob.nn._dropout import random_bits

WIDE = ["PCG64", "PCG64DXSM", "Philox", "SFC64"]


@pytest.mark.parametrize("count", [1, 2, 5, 8, 1001])
@pytest.mark.parametrize("name", ["RandomState", "MT19937", *WIDE])
def test_as_many_as_asked_for(name, count):
    bits = random_bits(generator(name), count)
    assert bits.shape == (count,)
    assert bits.dtype == np.uint16
    assert bits.flags.writeable


@pytest.mark.parametrize("name", ["RandomState", "MT19937", "PCG64"])
def test_they_are_the_generators_bytes(name):
    bits = random_bits(generator(name), 1000)
    np.testing.assert_array_equal(bits, np.frombuffer(generator(name).bytes(2000), "<u2"))


@pytest.mark.parametrize("name", ["RandomState", "MT19937", *WIDE])
def test_every_bit_is_a_fair_coin_whatever_its_place(name):
    """Of 4 x 16 places with 50,000 bits each, none is further from 1/2 than 5.5 standard deviations."""
    bits = random_bits(generator(name), 200_000).reshape(-1, 4)
    ones = np.array([[np.mean(bits[:, lane] >> bit & 1) for bit in range(16)] for lane in range(4)])
    assert np.abs(ones - 0.5).max() < 5.5 * 0.5 / np.sqrt(len(bits))


def generator(name):
    if name == "RandomState":
        return np.random.RandomState(3)
    return np.random.Generator(getattr(np.random, name)(3))
