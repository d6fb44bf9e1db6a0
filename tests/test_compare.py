"""compare: the same runs as gradient_descent, fair sweeps, divergence as a result; the lecture's table."""

import functools
import inspect
import math

import numpy as np
import pytest

import deeprob
from deeprob import optim, schedules

H = np.array([1.0, 25.0])
START = np.array([1.0, 1.0])


def bowl(w):
    """(x^2 + 25 y^2) / 2: condition number 25."""
    return float(0.5 * np.sum(H * w**2)), H * w


class Bowl:
    """The same with what a landscape has."""

    minimum, start = 0.0, START

    def __call__(self, w):
        return bowl(w)

    def value(self, w):
        return bowl(w)[0]

    def noisy(self, scale, rng):
        return NoisyBowl(self, scale, rng)


class NoisyBowl(Bowl):
    def __init__(self, landscape, scale, rng):
        self.landscape, self.scale, self.rng = landscape, scale, np.random.RandomState(rng)

    def __call__(self, w):
        f, g = bowl(w)
        return f, g + self.scale * self.rng.standard_normal(2)


@pytest.fixture(scope="module")
def objective():
    random = np.random.RandomState(0)
    X = random.standard_normal((96, 6)).astype(np.float32)
    return deeprob.Objective(X, (X[:, 0] > 0) + (X[:, 1] > 0.3).astype(int), reg=1e-3)


# ---- the runs -------------------------------------------------------------------------------


AVERAGED = [name for name in optim.NAMES if hasattr(optim.REGISTRY[name], "averaged")]


@pytest.mark.parametrize("name", [name for name in optim.NAMES if name not in AVERAGED])
def test_a_run_is_gradient_descents(name, objective):
    trial = deeprob.compare(objective, [name], steps=20, lr=0.02, record="trajectory")[name].best
    alone = deeprob.gradient_descent(
        objective,
        np.zeros((3, 6), np.float32),
        learning_rate=0.02,
        num_steps=20,
        optimizer=name,
        record="trajectory",
    )
    np.testing.assert_array_equal(trial.trajectory, alone.trajectory)
    np.testing.assert_array_equal(trial.losses[:-1], alone.losses)
    assert trial.losses[-1] == objective.value(alone.w)
    np.testing.assert_array_equal(trial.x, alone.w)


@pytest.mark.parametrize("make", [*AVERAGED, "a mean of all points"])
def test_those_that_average_are_judged_by_their_average(make):
    class Mean(optim.SGD):
        """The mean of w_1 .. w_t."""

        def averaged(self):
            return self.sum / max(self.t, 1) if self.t else self.params.copy()

        def step(self, grads):
            super().step(grads)
            self.sum = getattr(self, "sum", 0.0) + self.params

    make = Mean if make.startswith("a ") else optim.REGISTRY[make]
    trial = deeprob.compare(bowl, {"mean": make}, x0=START, steps=9, lr=0.02)["mean"].best
    w = np.array(START)
    opt = make(w, lr=0.02)
    for t in range(9):
        assert trial.losses[t] == bowl(opt.averaged())[0]
        opt.step(H * w)
    np.testing.assert_array_equal(trial.x, opt.averaged())
    np.testing.assert_array_equal(trial.trajectory[-1], opt.averaged())


@pytest.mark.parametrize("sampling", ["shuffle", "replacement"])
def test_everyone_draws_the_minibatches_of_gradient_descent(objective, sampling):
    options = {"batch_size": 16, "sampling": sampling, "rng": 3}
    result = deeprob.compare(objective, ["sgd", "adam"], steps=30, lr=0.1, every=10, **options)
    for name in ("sgd", "adam"):
        W0 = np.zeros((3, 6), np.float32)
        alone = deeprob.gradient_descent(
            objective, W0, learning_rate=0.1, num_steps=30, optimizer=name, **options
        )
        np.testing.assert_array_equal(result[name].best.x, alone.w)
        assert result[name].best.losses[-1] == objective.value(alone.w)
    assert result["sgd"].best.steps.tolist() == [0, 10, 20, 30]
    assert result["sgd"].best.losses[0] == result.start_loss == objective.value(W0)


def test_a_generator_gives_one_seed_for_all(objective):
    options = {"steps": 8, "lr": 0.1, "batch_size": 8}
    twice = {"a": "sgd", "b": "sgd"}
    result = deeprob.compare(objective, twice, rng=np.random.default_rng(5), **options)
    np.testing.assert_array_equal(result["a"].best.x, result["b"].best.x)
    again = deeprob.compare(objective, twice, rng=np.random.default_rng(5), **options)
    other = deeprob.compare(objective, twice, rng=np.random.RandomState(6), **options)
    np.testing.assert_array_equal(result["a"].best.x, again["a"].best.x)
    assert np.any(result["a"].best.x != other["a"].best.x)


def test_full_losses_are_over_all_data_at_every_recorded_step(objective):
    trial = deeprob.compare(
        objective, ["momentum"], steps=9, lr=0.05, batch_size=4, rng=0, every=4, record="trajectory"
    )["momentum"].best
    assert trial.steps.tolist() == [0, 4, 8, 9]
    assert [objective.value(W) for W in trial.trajectory] == trial.losses.tolist()


def test_repeats_are_runs_with_the_next_seeds(objective):
    options = {"steps": 12, "lr": [0.05, 0.1], "batch_size": 8, "every": 4}
    result = deeprob.compare(objective, ["sgd"], rng=7, repeats=3, **options)
    alone = [deeprob.compare(objective, ["sgd"], rng=seed, **options)["sgd"].trials[1] for seed in (7, 8, 9)]
    trial = result["sgd"].trials[1]
    np.testing.assert_allclose(trial.losses, np.mean([a.losses for a in alone], axis=0), rtol=1e-15)
    np.testing.assert_allclose(trial.spread, np.std([a.losses for a in alone], axis=0, ddof=1), rtol=1e-12)
    assert trial.spread[0] == 0 < trial.spread[-1]
    np.testing.assert_array_equal(trial.x, alone[0].x)
    assert alone[0].spread is None
    assert "the mean of 3 runs" in str(result)


def test_nesterovs_lookahead_is_the_rearranged_one_shifted():
    rho = {"look": functools.partial(optim.Nesterov, formulation="lookahead"), "moved": "nesterov"}
    result = deeprob.compare(bowl, rho, x0=START, steps=100, lr=0.02)
    w = np.array(START)
    opt = optim.Nesterov(w, lr=0.02, formulation="lookahead")
    for _ in range(100):
        opt.step(lambda point: H * point)
    np.testing.assert_array_equal(result["look"].best.x, w)
    v = opt.velocity
    np.testing.assert_allclose(result["moved"].best.x, w + 0.9 * v, rtol=0, atol=1e-15)
    assert [race.name for race in result] == ["nesterov", "nesterov"]
    assert result["look"].best.losses[-1] == bowl(w)[0]


def test_lookahead_on_minibatches(objective):
    make = functools.partial(optim.Nesterov, formulation="lookahead")
    options = {"steps": 20, "lr": 0.05, "batch_size": 16, "rng": 0}
    result = deeprob.compare(objective, {"look": make, "moved": "nesterov"}, **options)
    np.testing.assert_allclose(result["look"].best.losses, result["moved"].best.losses, rtol=0.05)
    assert result["look"].best.loss < 0.8 * result.start_loss


def test_noise_is_the_same_for_everyone_and_not_in_the_losses():
    noisy = Bowl().noisy(0.5, 1)
    result = deeprob.compare(noisy, {"a": "sgd", "b": "sgd"}, steps=30, lr=0.02)
    np.testing.assert_array_equal(result["a"].best.trajectory, result["b"].best.trajectory)
    exact = deeprob.compare(Bowl(), ["sgd"], steps=30, lr=0.02)["sgd"].best
    assert np.any(result["a"].best.x != exact.x)
    assert result["a"].best.loss == bowl(result["a"].best.x)[0]
    alone = deeprob.gradient_descent(Bowl().noisy(0.5, 1), START, learning_rate=0.02, num_steps=30)
    np.testing.assert_array_equal(result["a"].best.x, alone.w)
    assert noisy.rng.standard_normal() == np.random.RandomState(1).standard_normal()  # nothing was drawn
    seeded = deeprob.compare(Bowl().noisy(0.5, 9), ["sgd"], steps=30, lr=0.02, rng=1)["sgd"].best
    np.testing.assert_array_equal(seeded.x, alone.w)
    means = deeprob.compare(noisy, ["sgd"], steps=30, lr=0.02, rng=1, repeats=4)["sgd"].best
    assert means.spread[-1] > 0
    np.testing.assert_array_equal(means.x, alone.w)


def test_a_schedule_multiplies_every_learning_rate():
    cosine = schedules.half_cosine(1.0, 10)
    trial = deeprob.compare(bowl, ["momentum"], x0=START, steps=10, lr=[0.01, 0.02], schedule=cosine)
    alone = deeprob.gradient_descent(
        bowl, START, learning_rate=lambda t: 0.02 * cosine(t), num_steps=10, optimizer="momentum"
    )
    np.testing.assert_array_equal(trial["momentum"].trials[1].x, alone.w)


def test_own_learning_rates_and_those_of_each():
    made = {"slow": functools.partial(optim.SGD, lr=0.001), "fast": functools.partial(optim.SGD, lr=0.03)}
    own = deeprob.compare(bowl, made, x0=START, steps=3, lr="own")
    assert [race.best.lr for race in own] == [0.001, 0.03]
    each = deeprob.compare(bowl, made, x0=START, steps=3, lr={"slow": 0.002, "fast": [0.01, 0.02]})
    assert each["slow"].lrs.tolist() == [0.002]
    assert each["fast"].lrs.tolist() == [0.01, 0.02]


def test_points_are_kept_where_they_are_small_or_asked_for(objective):
    assert deeprob.compare(bowl, ["sgd"], x0=START, steps=2, lr=0.1)["sgd"].best.trajectory.shape == (3, 2)
    large = deeprob.compare(objective, ["sgd"], steps=2, lr=0.1)["sgd"].best
    assert large.trajectory is None
    assert large.x.shape == (3, 6)
    assert (
        deeprob.compare(bowl, ["sgd"], x0=START, steps=2, lr=0.1, record="loss")["sgd"].best.trajectory
        is None
    )


def test_the_clock_leaves_out_what_is_only_recorded(objective):
    class Slow(deeprob.Objective):
        def value(self, W, index=None):
            end = __import__("time").perf_counter() + 0.02
            while __import__("time").perf_counter() < end:
                pass
            return super().value(W, index)

    slow = Slow(objective.X, objective.y)
    trial = deeprob.compare(slow, ["sgd"], steps=20, lr=0.1, batch_size=8, rng=0, every=1)["sgd"].best
    assert 0 < trial.seconds < 0.2  # the losses took 0.4


# ---- the sweep ------------------------------------------------------------------------------


def test_steps_to_the_target_follow_the_condition_number():
    """(x^2 + k y^2) / 2 at lr 2 / (1 + k): 69, 691 steps to 1e-6 of the start, as theory says (L4-33)."""
    for k, expected in [(10, 69), (100, 691)]:
        scale = np.array([1.0, k])
        valley = lambda w, scale=scale: (float(0.5 * np.sum(scale * w**2)), scale * w)  # noqa: E731
        result = deeprob.compare(
            valley, ["sgd"], x0=START, steps=700, lr=2 / (1 + k), target=1e-12 * (1 + k) / 2
        )
        assert result["sgd"].best.steps_to_tol == expected
        assert np.linalg.norm(result["sgd"].best.trajectory[expected]) <= 1e-6 * np.linalg.norm(START)


def test_the_best_learning_rate_is_the_one_with_the_lowest_final_loss():
    result = deeprob.compare(bowl, ["sgd", "adam"], x0=START, steps=50)
    for race in result:
        assert race.lrs.size == 11
        assert race.lrs[[0, -1]].tolist() == [1e-4, 10.0]
        assert race.best.loss == race.final_losses.min()
        assert race.best is race.trials[race.final_losses.argmin()]
    # 2 / (1 + 25) is the best of all; of the grid its neighbours on both sides
    assert result["sgd"].best.lr in (0.0316, 0.1)
    assert [row.loss for row in result.rows] == sorted(row.loss for row in result.rows)


def test_the_width_says_how_many_decades_are_good():
    """One step of SGD on w^2 / 2 from 1 leaves (1 - lr)^2 / 2: within 4 times the best from 1 - lr."""
    lrs = 1 - np.array([0.9, 0.8, 0.4, 0.2, 0.8 / 3])
    result = deeprob.compare(
        lambda w: (float(w @ w) / 2, w.copy()), ["sgd"], x0=[1.0], steps=1, lr=lrs, factor=4.001, tol=0.0
    )
    race = result["sgd"]
    assert race.lrs.tolist() == sorted(lrs)
    assert race.best.lr == pytest.approx(0.8)
    assert race.good.tolist() == [False, False, True, True, True]
    assert race.width == pytest.approx(np.log10(0.8 / 0.6), rel=1e-3)
    assert race.at_edge == "highest"
    assert "the highest lr tried" in result.to_text()
    # between 0.2 and 0.6 the logarithm of the loss is taken to be a line: 9 times from .32 to .08
    wider = deeprob.compare(
        lambda w: (float(w @ w) / 2, w.copy()), ["sgd"], x0=[1.0], steps=1, lr=[0.2, 0.6], factor=2.0, tol=0.0
    )
    assert wider["sgd"].width == pytest.approx(np.log10(0.6 / 0.2) * np.log(2) / np.log(4))


def test_a_flat_valley_of_equal_losses_goes_to_the_fastest():
    """Learning rates that all reach the minimum to rounding are told apart by the steps they took."""
    result = deeprob.compare(Bowl(), {"a": "sgd"}, x0=[1.0, 0.0], steps=200, lr=[0.3, 0.9, 0.5], tol=1e-6)
    assert result["a"].final_losses.max() < 1e-12
    assert result["a"].best.lr == 0.9


def test_momentum_beats_sgd_on_the_ravine_and_adam_is_less_sensitive_than_sgd():
    result = deeprob.compare(Bowl(), steps=60)
    assert list(result.labels) == ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam"]
    assert result["nesterov"].best.steps_to_tol < result["sgd"].best.steps_to_tol
    assert result["adam"].width > result["sgd"].width


def test_an_unknown_minimum_is_the_lowest_loss_reached():
    shifted = lambda w: (bowl(w)[0] - 7.0, bowl(w)[1])  # noqa: E731
    result = deeprob.compare(shifted, ["sgd", "momentum"], x0=START, steps=30)
    lowest = min(trial.losses.min() for race in result for trial in race.trials if trial.diverged is None)
    assert result.floor == lowest
    assert result.target == pytest.approx(lowest + 1e-3 * (6.0 - lowest))
    above = deeprob.compare(bowl, ["sgd"], x0=START, steps=30)
    assert above.floor == 0.0
    assert deeprob.compare(bowl, ["sgd"], x0=START, steps=30, target=5.0).target == 5.0


# ---- what goes wrong ------------------------------------------------------------------------


def test_a_divergence_is_a_result():
    result = deeprob.compare(bowl, ["sgd", "adam"], x0=START, steps=300, lr=[0.02, 1e30])
    race = result["sgd"]
    worse = race.trials[1]
    assert worse.diverged is not None
    assert worse.loss == np.inf
    assert worse.message == f"diverged at step {worse.diverged}"
    assert np.isnan(worse.losses[worse.diverged :]).all()
    assert np.isfinite(worse.losses[: worse.diverged]).all()
    assert race.best is race.trials[0]
    all_gone = deeprob.compare(bowl, ["sgd"], x0=START, steps=300, lr=[1e30, 1e31])
    assert "diverged at step" in str(all_gone)
    assert math.isnan(all_gone["sgd"].width)


def test_overflows_of_pythons_numbers_are_divergences():
    def steep(w):
        x = float(w[0])
        return math.exp(x * x), np.array([2 * x * math.exp(x * x)])

    trial = deeprob.compare(steep, ["sgd"], x0=[1.0], steps=9, lr=1.0)["sgd"].best
    assert trial.diverged is not None
    assert trial.message.startswith("diverged at step ")


def test_a_nan_in_the_parameters_is_seen_where_the_loss_does_not_show_it():
    trial = deeprob.compare(lambda w: (1.0, np.full(2, np.nan)), ["sgd"], x0=START, steps=5, lr=0.1)[
        "sgd"
    ].best
    assert trial.diverged == 1


def test_a_gradient_that_is_the_point_itself_is_copied():
    itself = lambda w: (float(w @ w) / 2, w)  # noqa: E731
    apart = lambda w: (float(w @ w) / 2, w.copy())  # noqa: E731
    made = {
        **{n: n for n in ("sgd", "momentum")},
        "look": functools.partial(optim.Nesterov, formulation="lookahead"),
    }
    one, other = (deeprob.compare(f, made, x0=START, steps=9, lr=0.1) for f in (itself, apart))
    for label in made:
        np.testing.assert_array_equal(one[label].best.x, other[label].best.x)


def test_the_start_is_left_alone_and_float32_stays():
    x0 = START.astype(np.float32)
    result = deeprob.compare(bowl, ["sgd"], x0=x0, steps=3, lr=0.1, tol=0.0)
    assert result["sgd"].best.x.dtype == np.float32
    np.testing.assert_array_equal(x0, START)


def test_the_text_has_a_line_for_everyone_and_what_the_columns_mean():
    result = deeprob.compare(bowl, x0=START, steps=20)
    lines = str(result).splitlines()
    assert repr(result) == str(result)
    assert lines[0].split()[0] == "optimizer"
    assert [line.split()[0] for line in lines[2:8]] == [row.label for row in result.rows]
    assert "target: " in lines[9]
    assert "the same for all" in lines[10]
    assert len({len(line) for line in lines[2:8] if line.endswith("steps")}) == 1
    with pytest.raises(KeyError, match="compared were 'sgd'"):
        result["lbfgs"]


# ---- the lecture's table --------------------------------------------------------------------

PRINTED = {  # L4-49: first moments, second moments, leaky second moments, bias correction
    "sgd": (False, False, False, False),
    "momentum": (True, False, False, False),
    "nesterov": (True, False, False, False),
    "adagrad": (False, True, False, False),
    "rmsprop": (False, True, True, False),
    "adam": (True, True, True, True),
}


def test_all_24_cells_are_the_slides():
    table = optim.comparison_table()
    assert {row.label: row.cells for row in table.rows} == PRINTED


def test_adams_steps_are_the_slides():
    row = optim.comparison_table(["adam"])["adam"]
    assert row.first_step == pytest.approx(1.0, rel=1e-6)
    assert row.late_step == pytest.approx(0.1 / np.sqrt(0.001), rel=1e-5)  # eps beside the root
    almost = functools.partial(optim.Adam, bias_correction=False)
    table = optim.comparison_table({"almost": almost})
    assert table["almost"].cells == (True, True, True, False)
    assert table["almost"].first_step == pytest.approx(3.1623, rel=1e-4)


@pytest.mark.parametrize(
    ("make", "cells"),
    [
        (functools.partial(optim.Momentum, formulation="displacement"), PRINTED["momentum"]),
        (functools.partial(optim.Nesterov, formulation="lookahead"), PRINTED["nesterov"]),
        (functools.partial(optim.Nesterov, formulation="torch"), PRINTED["nesterov"]),
        (functools.partial(optim.Momentum, momentum=0.0), PRINTED["sgd"]),
        (functools.partial(optim.Adam, betas=(0.0, 0.999)), (False, True, True, True)),
        (functools.partial(optim.RMSProp, weight_decay=0.01), PRINTED["rmsprop"]),
        (functools.partial(optim.Adam, weight_decay=0.01, decay="torch"), PRINTED["adam"]),
        (optim.AdamW, PRINTED["adam"]),
    ],
    ids=str,
)
def test_the_table_follows_what_an_optimizer_does_and_not_its_name(make, cells):
    assert optim.comparison_table({"x": make})["x"].cells == cells


# of those beyond the lecture: what their papers say that they keep
BEYOND = {
    "adamax": (True, True, True, True),
    "nadam": (True, True, True, True),
    "radam": (True, True, True, True),
    "adabelief": (True, True, True, True),
    "adadelta": (False, True, True, False),
    "lion": (True, False, False, False),
    "rprop": (False, False, False, False),
    "asgd": (False, False, False, False),
    "schedule_free_sgd": (False, False, False, False),
    "schedule_free_adamw": (False, True, True, True),
    "muon": (True, False, False, False),
}


def test_the_table_of_those_beyond_the_lecture():
    names = [name for name in BEYOND if name in optim.NAMES]
    found = {row.label: row.cells for row in optim.comparison_table([*PRINTED, *names]).rows}
    assert found == {**PRINTED, **{name: BEYOND[name] for name in names}}


@pytest.mark.parametrize(
    ("name", "keywords", "cells"),
    [
        ("adam", {"amsgrad": True}, (True, True, False, True)),  # the largest second moment never decays
        ("rmsprop", {"momentum": 0.9}, (True, True, True, False)),
        ("rmsprop", {"centered": True}, PRINTED["rmsprop"]),  # a mean of g that moves nothing by itself
        ("momentum", {"dampening": 0.9}, PRINTED["momentum"]),
    ],
)
def test_the_table_of_variants(name, keywords, cells):
    if keywords.keys() - inspect.signature(optim.REGISTRY[name]).parameters.keys():
        pytest.skip(f"{name} has no such keyword here")
    assert (
        optim.comparison_table({"x": functools.partial(optim.REGISTRY[name], **keywords)})["x"].cells == cells
    )


def test_the_table_says_what_it_saw():
    row = optim.comparison_table(["adam"])["adam"]
    assert row.states == {
        "moment1": "linear in the gradients, a running average that starts at 0, leaky",
        "moment2": "even in the gradients, of degree 2, a running average that starts at 0, leaky",
    }
    assert optim.comparison_table(["adagrad"])["adagrad"].states == {
        "grad_squared": "even in the gradients, of degree 2, keeps all"
    }
    lines = str(optim.comparison_table()).splitlines()
    assert lines[0].startswith("Algorithm  first moments (Momentum)  second moments (Adaptive rates)")
    assert lines[-1].split() == ["adam", "✓", "✓", "✓", "✓"]
    assert repr(optim.comparison_table()).splitlines() == lines
    with pytest.raises(KeyError, match="'nobody'"):
        optim.comparison_table()["nobody"]


def test_every_optimizer_has_a_row():
    assert [row.label for row in optim.comparison_table(optim.NAMES).rows] == list(optim.NAMES)


def test_an_optimizer_that_cannot_step_the_start_is_named():
    class Matrices(optim.SGD):
        def __init__(self, params, **keywords):
            if params.ndim != 2:
                raise ValueError("params has shape (2,); expected matrices")
            super().__init__(params, **keywords)

    with pytest.raises(ValueError, match=r"^optimizers\['mine'\] cannot step x0: params has shape \(2,\)"):
        deeprob.compare(bowl, {"mine": Matrices}, x0=START, steps=1, lr=0.1)


class Saddle:
    """x^2 - y^2 from the ridge (L4-34)."""

    minimum, start = -np.inf, np.array([1.0, 0.0])

    def __init__(self, noise=0.0, seed=0):
        self.noise, self.random = noise, np.random.RandomState(seed)

    def __call__(self, w):
        g = np.array([2.0, -2.0]) * w
        return self.value(w), g + self.noise * self.random.standard_normal(2) if self.noise else g

    def value(self, w):
        return float(w[0] ** 2 - w[1] ** 2)

    def noisy(self, scale, rng):
        return Saddle(scale, rng)


def test_without_a_minimum_the_way_to_the_target_counts():
    result = deeprob.compare(Saddle(), ["sgd", "momentum"], x0=[1.0, 1e-3], steps=100)
    assert result.unbounded and np.isnan(result.minimum)
    assert result.target == -result.start_loss == 1e-6 - 1
    for race in result:
        steps = [np.inf if trial.steps_to_tol is None else trial.steps_to_tol for trial in race.trials]
        assert race.best.steps_to_tol == min(steps)
        assert race.good.tolist() == [k <= 2 * min(steps) for k in steps]
    assert "the fewest steps to the target" in str(result)


def test_noise_leaves_the_ridge_where_gradient_descent_stays():
    ridge = deeprob.compare(Saddle(), ["sgd"], steps=100, lr=0.1)["sgd"].best
    assert ridge.trajectory[:, 1].tolist() == [0.0] * 101
    assert ridge.steps_to_tol is None
    runs = [deeprob.compare(Saddle(0.01, seed), ["sgd"], steps=100, lr=0.1)["sgd"].best for seed in range(30)]
    assert all(abs(run.x[1]) > 1 for run in runs)  # L4-35: after 100 steps all of them
    assert not any(abs(run.trajectory[25, 1]) > 1 for run in runs)  # after 25 none


def test_the_calmest_run_is_the_smallest_learning_rate_that_gets_there():
    result = deeprob.compare(Bowl(), ["sgd", "momentum"], steps=300)
    for race in result:
        there = [trial for trial in race.trials if trial.loss <= result.target]
        assert race.calmest is there[0]
        assert race.calmest.lr <= race.best.lr
    short = deeprob.compare(Bowl(), ["sgd"], steps=2)["sgd"]
    assert short.calmest is short.best


# ---- methods without a learning rate --------------------------------------------------------


def test_methods_of_minimize_count_their_evaluations(objective):
    five = functools.partial(deeprob.minimize, method="lbfgs", m=5)
    made = {"adam": "adam", "lbfgs": "lbfgs", "five": five, "newton": "newton"}
    result = deeprob.compare(objective, made, x0=np.zeros((3, 6)), steps=25)
    assert [race.name for race in result] == ["adam", "lbfgs", "lbfgs", "newton"]
    lbfgs = result["lbfgs"].best
    calls = []

    def watch(state):
        calls.append((state.nfev, state.fun))

    options = {"gtol": 0.0, "ftol": 0.0, "xtol": 0.0, "steps": 25}
    deeprob.minimize(objective, np.zeros((3, 6)), method="lbfgs", callback=watch, **options)
    for t, loss in zip(lbfgs.steps[1:], lbfgs.losses[1:], strict=True):
        before = [fun for nfev, fun in calls if nfev <= t]
        assert loss == (before[-1] if before else result.start_loss)
    assert np.isnan(lbfgs.lr) and result["lbfgs"].lrs.size == 1
    assert lbfgs.loss < result["adam"].best.loss
    assert result["newton"].best.loss <= lbfgs.loss * (1 + 1e-6)
    assert "evaluations" in lbfgs.message
    (line,) = [line for line in str(result).splitlines() if line.startswith("lbfgs")]
    assert line.split()[1] == "-"


def test_methods_on_minibatches_are_recorded_over_all_data(objective):
    result = deeprob.compare(objective, ["sgd", "lbfgs"], steps=20, lr=0.1, batch_size=16, rng=0)
    trial = result["lbfgs"].best
    assert trial.losses[0] == result.start_loss
    assert objective.value(trial.x) == pytest.approx(trial.losses[-1])
    assert deeprob.compare(objective, ["sgd", "lbfgs"], steps=3, lr={"sgd": 0.1})["sgd"].best.lr == 0.1


def test_names_are_those_of_minimize_in_any_case():
    bowl = deeprob.landscapes.bowl()
    result = deeprob.compare(bowl, ["SGD", "RMSProp", "BFGS"], steps=3, lr=0.01)
    assert set(result.races) == {"sgd", "rmsprop", "bfgs"}
    assert deeprob.compare(bowl, {"Mine": "Adam"}, steps=3, lr=0.01)["Mine"].name == "adam"
    assert optim.comparison_table(["Adam"]) == optim.comparison_table(["adam"])
    with pytest.raises(ValueError, match="'sgd' twice"):
        deeprob.compare(bowl, ["SGD", "sgd"], steps=3, lr=0.01)


def test_what_is_no_problem_and_a_schedule_as_lr_are_named():
    with pytest.raises(TypeError, match="problem is 'bowl'; expected an Objective"):
        deeprob.compare("bowl")
    with pytest.raises(ValueError, match="x0 is not given"):
        deeprob.compare(bowl)
    with pytest.raises(TypeError, match=r"lr is half_cosine.*; what multiplies them is schedule="):
        deeprob.compare(bowl, x0=[1.0, 1.0], lr=deeprob.schedules.half_cosine(1.0, 10))
