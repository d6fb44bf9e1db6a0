"""Schedules: published values, their ends, composition, and that they remember nothing; the plateau."""

import copy

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
        (schedules.linear_warm_up(0.1, 5), [0.1 / 3, 0.14 / 3, 0.06, 0.22 / 3, 0.26 / 3, 0.1, 0.1]),
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
        ("CosineAnnealingLR", {"T_max": 11, "eta_min": 0.01}, schedules.half_cosine(0.1, 11, end=0.01)),
        ("LinearLR", {"start_factor": 0.2, "total_iters": 7}, schedules.linear_warm_up(0.1, 7, 0.2)),
        (
            "ConstantLR",
            {"factor": 0.5, "total_iters": 4},
            schedules.sequence([schedules.constant(0.05), schedules.constant(0.1)], [4]),
        ),
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


def test_pytorchs_sequences_and_products_are_the_same(peer):
    torch = peer("torch")
    of = torch.optim.lr_scheduler

    def rates(make):
        optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
        scheduler, seen = make(optimizer), []
        for _ in range(12):
            seen.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()
        return seen

    warm, fall = schedules.linear_warm_up(0.1, 4, 0.25), schedules.exponential(0.1, 0.8)
    made = rates(
        lambda o: of.SequentialLR(
            o, [of.LinearLR(o, start_factor=0.25, total_iters=4), of.ExponentialLR(o, 0.8)], [4]
        )
    )
    np.testing.assert_allclose(schedules.sequence([warm, fall], [4]).values(12), made, rtol=1e-12)
    chained = rates(lambda o: of.ChainedScheduler([of.ExponentialLR(o, 0.8), of.StepLR(o, 3, 0.5)]))
    product = fall * schedules.step(1.0, 3, 0.5)
    np.testing.assert_allclose(product.values(12), chained, rtol=1e-12)


@pytest.mark.parametrize("seed", range(20))
def test_pytorchs_plateau_is_the_same(peer, seed):
    torch = peer("torch")
    random = np.random.RandomState(seed)
    keywords = {
        "mode": ["min", "max"][random.randint(2)],
        "factor": random.uniform(0.1, 0.9),
        "patience": random.randint(4),
        "threshold": 10 ** random.uniform(-4, -0.5),
        "threshold_mode": ["rel", "abs"][random.randint(2)],
        "cooldown": random.randint(4),
        "min_lr": [0.0, 0.003][random.randint(2)],
        "eps": [1e-8, 0.002][random.randint(2)],
    }
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.1)
    theirs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **keywords)
    mine = schedules.reduce_on_plateau(0.1, **keywords)
    losses = np.exp(-0.05 * np.arange(60)) * random.uniform(0.8, 1.2, 60) + 0.3
    losses[random.randint(60, size=2)] = np.nan
    rates = []
    for t, loss in enumerate(losses):
        theirs.step(loss)
        assert mine.step(loss) == optimizer.param_groups[0]["lr"] == mine(t)
        assert (mine.bad_steps, mine.cooldown_left) == (theirs.num_bad_epochs, theirs.cooldown_counter)
        rates.append(mine.lr)
    changes = 1 + np.flatnonzero(np.diff([0.1, *rates]))
    assert mine.reductions == changes.tolist()


def test_a_plateau_goes_on_where_it_was():
    losses = [3.0, 2.0, 2.0, 2.0, 2.0, 1.9, 1.9, 1.9, 1.9]
    plateau = schedules.reduce_on_plateau(0.1, factor=0.5, patience=1, cooldown=1)
    begun = schedules.reduce_on_plateau(0.1, factor=0.5, patience=1, cooldown=1)
    whole = [plateau.step(loss) for loss in losses]
    parts = [begun.step(loss) for loss in losses[:4]]
    again = schedules.reduce_on_plateau(0.1, factor=0.5, patience=1, cooldown=1)
    again.load_state_dict(begun.state_dict())
    other = copy.deepcopy(begun)
    assert parts + [again.step(loss) for loss in losses[4:]] == whole
    assert parts + [other.step(loss) for loss in losses[4:]] == whole
    assert again.state_dict() == plateau.state_dict()
    assert repr(plateau) == f"reduce_on_plateau(0.1, factor=0.5, patience=1) at {plateau.lr}"


def test_a_plateau_drives_gradient_descent_and_compare():
    random = np.random.RandomState(0)
    X = random.standard_normal((64, 5))
    objective = deeprob.Objective(X, np.arange(64) % 3)
    plateau = schedules.reduce_on_plateau(3.0, factor=0.5, patience=2)
    result = deeprob.gradient_descent(
        objective, np.zeros((3, 5)), learning_rate=plateau, callback=plateau.callback, num_steps=60
    )
    assert plateau.lr < 3.0
    W, alone = np.zeros((3, 5)), schedules.reduce_on_plateau(3.0, factor=0.5, patience=2)
    for t in range(60):
        loss, dW = objective(W)
        assert loss == result.losses[t]
        W -= alone.lr * dW
        alone.step(loss)
    np.testing.assert_array_equal(result.w, W)
    factor = schedules.reduce_on_plateau(1.0, factor=0.5, patience=2)
    compared = deeprob.compare(objective, ["sgd"], steps=60, lr=[0.1, 3.0], schedule=factor)
    np.testing.assert_array_equal(compared["sgd"].trials[1].losses[:-1], result.losses)
    assert factor.lr == 1.0  # every run began anew


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
        (lambda: schedules.linear_warm_up(0.1, 0), "num_steps is 0"),
        (lambda: schedules.linear_warm_up(0.1, 5, 1.5), "start_factor is 1.5"),
        (lambda: schedules.reduce_on_plateau(-0.1), "lr is -0.1"),
        (lambda: schedules.reduce_on_plateau(0.1, factor=1.0), "factor is 1.0"),
        (lambda: schedules.reduce_on_plateau(0.1, patience=-1), "patience is -1"),
        (lambda: schedules.reduce_on_plateau(0.1, mode="least"), "mode is 'least'"),
        (lambda: schedules.reduce_on_plateau(0.1, threshold_mode="both"), "threshold_mode is 'both'"),
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
