"""Schedules: published values, their ends, composition, and that they remember nothing."""

import numpy as np
import pytest

import deeprob
from deeprob import optim, schedules

COSINE = [
    0.1, 0.097552825814757682, 0.090450849718747381, 0.079389262614623657, 0.065450849718747373, 0.05,
    0.034549150281252633, 0.020610737385376349, 0.0095491502812526333, 0.0024471741852423235, 0.0,
]  # fmt: skip
RESTARTS = [
    0.1, 0.085501785668734107, 0.0505, 0.0154982143312659, 0.1, 0.096232036859308701, 0.085501785668734107,
    0.069442829902071956, 0.0505, 0.031557170097928057, 0.0154982143312659, 0.0047679631406913068, 0.1,
]  # fmt: skip
ONE_CYCLE = [
    0.004, 0.052, 0.1, 0.095048463201347383, 0.081174565394976306, 0.06112620219362893, 0.038874197806371073,
    0.018825834605023701, 0.0049519367986526289, 4e-7,
]  # fmt: skip


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (schedules.half_cosine(0.1, 10), COSINE),
        (schedules.cosine_restarts(0.1, 4, 2, end=0.001), RESTARTS),
        (schedules.one_cycle(0.1, 10), ONE_CYCLE),
        (schedules.polynomial(0.1, 5, power=2), [0.1, 0.064, 0.036, 0.016, 0.004, 0.0]),
        (schedules.multi_step(1.0, [2, 3], 0.1), [1.0, 1.0, 0.1, 0.01, 0.01]),
        (schedules.exponential(1.0, 0.5), [1.0, 0.5, 0.25]),
        (schedules.inverse_sqrt(1.0, 4), [0.25, 0.5, 0.75, 1.0, np.sqrt(4 / 5)]),
    ],
    ids=repr,
)
def test_published_values(schedule, expected):
    np.testing.assert_allclose(schedule.values(len(expected)), expected, rtol=1e-14, atol=1e-17)


@pytest.mark.parametrize(
    ("name", "keywords", "mine"),
    [
        ("StepLR", {"step_size": 3, "gamma": 0.3}, schedules.step(0.1, 3, 0.3)),
        ("MultiStepLR", {"milestones": [2, 7], "gamma": 0.3}, schedules.multi_step(0.1, [2, 7], 0.3)),
        ("ExponentialLR", {"gamma": 0.9}, schedules.exponential(0.1, 0.9)),
        ("PolynomialLR", {"total_iters": 9, "power": 1.5}, schedules.polynomial(0.1, 9, power=1.5)),
        ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2}, schedules.cosine_restarts(0.1, 3, 2)),
        ("OneCycleLR", {"max_lr": 0.1, "total_steps": 12}, schedules.one_cycle(0.1, 12)),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_pytorchs_are_the_same(peer, name, keywords, mine):
    torch = peer("torch")
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    scheduler = getattr(torch.optim.lr_scheduler, name)(optimizer, **keywords)
    rates = []
    for _ in range(12):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if len(rates) < 12:
            scheduler.step()
    np.testing.assert_allclose(mine.values(12), rates, rtol=1e-12, atol=1e-16)


def test_ends_are_exact_and_stay():
    cosine = schedules.half_cosine(0.1, 10, end=0.01)
    assert [cosine(t) for t in (0, 5, 10, 11, 10**9)] == [0.1, (0.1 + 0.01) / 2, 0.01, 0.01, 0.01]
    assert schedules.polynomial(0.1, 10, end=0.01)(10**9) == 0.01
    assert schedules.one_cycle(0.1, 10)(10**9) == schedules.one_cycle(0.1, 10)(9)
    assert schedules.cosine_restarts(0.1, 7)(7 * 10**12) == 0.1


def test_they_compose():
    rate = schedules.warm_up(schedules.half_cosine(0.1, 10), 5)
    np.testing.assert_allclose(rate.values(16), [*np.arange(1, 6) * 0.02, *COSINE], rtol=1e-13, atol=1e-17)
    product = 0.5 * schedules.constant(0.2) * schedules.exponential(1.0, 0.5)
    np.testing.assert_allclose(product.values(3), [0.1, 0.05, 0.025], rtol=1e-15)
    both = schedules.sequence([schedules.constant(1.0), lambda t: 10.0 + t], [2])
    assert both.values(4).tolist() == [1.0, 1.0, 10.0, 11.0]
    assert repr(rate) == "warm_up(half_cosine(0.1, 10, end=0.0), 5)"


def test_they_drive_the_descent_and_adamw():
    H = np.array([1.0, 25.0])
    result = deeprob.gradient_descent(
        lambda w: (0.5 * np.sum(H * w**2), H * w),
        [1.0, 1.0],
        learning_rate=schedules.half_cosine(0.02, 10),
        num_steps=10,
    )
    w, opt = np.array([1.0, 1.0]), None
    opt = optim.SGD(w)
    for lr in np.array(COSINE[:10]) / 5:
        opt.lr = lr
        opt.step(H * w)
    np.testing.assert_allclose(result.w, w, rtol=1e-13)
    adamw = optim.AdamW(w, lr=0.1)
    adamw.eta = schedules.half_cosine(1.0, 100)(50)
    assert adamw.eta == 0.5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: schedules.constant(-1.0), "lr is -1.0"),
        (lambda: schedules.step(0.1, 0), "step_size is 0"),
        (lambda: schedules.exponential(0.1, 1.5), "gamma is 1.5"),
        (lambda: schedules.multi_step(0.1, [3, 2]), "milestones are"),
        (lambda: schedules.half_cosine(0.1, 0), "num_steps is 0"),
        (lambda: schedules.one_cycle(0.1, 10, div_factor=0.0), "div_factor"),
        (lambda: schedules.sequence([schedules.constant(1.0)], [2]), "expected 2"),
        (lambda: schedules.constant(0.1)(-1), "t is -1"),
    ],
)
def test_bad_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def test_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="schedule is a float"):
        schedules.warm_up(0.1, 3)
    with pytest.raises(TypeError):
        schedules.constant(0.1) * "2"
