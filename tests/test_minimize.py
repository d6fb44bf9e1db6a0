"""deeprob.minimize: one call for all methods, its stopping rules, records and errors."""

import functools
import os
import signal
import threading

import numpy as np
import pytest

import deeprob
from deeprob import optim, schedules
from deeprob._solvers import SOLVERS

H = np.array([1.0, 25.0])
FIRST_ORDER = [name for name in optim.NAMES if name != "muon"]  # which takes matrices alone
# These return the average of their points.
AVERAGED = [name for name in FIRST_ORDER if hasattr(optim.REGISTRY[name], "averaged")]
LINE_SEARCH = ["lbfgs", "bfgs", "cg"]
METHODS = FIRST_ORDER + LINE_SEARCH


def bowl(w):
    return 0.5 * float(np.sum(H * w**2)), H * w


def rosenbrock(x):
    return (
        float(100 * (x[1] - x[0] ** 2) ** 2 + (1 - x[0]) ** 2),
        np.array([-400 * x[0] * (x[1] - x[0] ** 2) - 2 * (1 - x[0]), 200 * (x[1] - x[0] ** 2)]),
    )


@pytest.fixture(scope="module")
def objective():
    r = np.random.RandomState(0)
    return deeprob.Objective(r.randn(60, 5), r.randint(0, 3, 60), reg=0.01)


# ---- first order ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIRST_ORDER)
def test_first_order_methods_take_the_optimizers_steps(name):
    w = np.array([1.0, 1.0])
    opt = optim.REGISTRY[name](w, lr=0.02)
    points, values = [w.copy()], [bowl(w)[0]]
    for _ in range(30):
        opt.step(H * w)
        points.append(w.copy())
        values.append(bowl(w)[0])
    result = deeprob.minimize(bowl, [1.0, 1.0], method=name, lr=0.02, steps=30, record=True)
    assert np.array_equal(result.trajectory.w, points)
    assert np.array_equal(result.trajectory.fun, values)
    assert result.nit == 30
    assert result.nfev == result.njev == 31 + (name in AVERAGED)
    assert result.x.tolist() == (opt.averaged() if name in AVERAGED else w).tolist()
    assert result.message.startswith("took all 30 steps")
    assert result.fun == bowl(result.x)[0]
    assert ("average" in result.message) == (name in AVERAGED)
    assert not result.success and result.status == 1


# deeprob's and PyTorch's updates on (x^2 + 25 y^2) / 2 from (1, 1): steps 2 and 10
GOLDEN = [
    ("momentum", {"lr": 0.02, "momentum": 0.9}, 2, (0.9424, -0.2)),
    ("momentum", {"lr": 0.02, "momentum": 0.9}, 10, (0.30711976110115335, 0.087724768000000078)),
    ("nesterov", {"lr": 0.02, "momentum": 0.9}, 10, (0.2631485934780603, -0.016298459312597664)),
    ("adagrad", {"lr": 0.5, "eps": 1e-10}, 10, (0.0031056034492080073, 0.0031056034464615251)),
    ("rmsprop", {"lr": 0.1, "decay_rate": 0.9}, 10, (0.032117133807836346, 0.032117080662417197)),
    ("adam", {"lr": 0.1, "eps": 1e-8}, 10, (0.076249160619755327, 0.076249150995096701)),
]


@pytest.mark.parametrize(("name", "keywords", "steps", "expected"), GOLDEN)
def test_golden_values(name, keywords, steps, expected):
    result = deeprob.minimize(bowl, [1.0, 1.0], method=name, steps=steps, **keywords)
    assert np.allclose(result.x, expected, rtol=0, atol=1e-14)


def test_lookahead_takes_the_gradient_ahead_and_is_the_rearranged_sequence():
    keywords = {"method": "nesterov", "lr": 0.02, "steps": 20, "record": ("w", "fun", "state")}
    ahead = deeprob.minimize(bowl, [1.0, 1.0], formulation="lookahead", **keywords)
    shifted = deeprob.minimize(bowl, [1.0, 1.0], formulation="rearranged", **keywords)
    velocity = np.array([s["velocity"] for s in shifted.trajectory.state])
    assert np.allclose(ahead.trajectory.w, shifted.trajectory.w - 0.9 * velocity, rtol=0, atol=1e-14)
    assert ahead.nfev == 41  # at the point ahead, and at w for its value
    assert ahead.trajectory.fun[3] == bowl(ahead.trajectory.w[3])[0]


def test_hyperparameters_may_be_schedules():
    rate = schedules.half_cosine(0.05, 10)
    result = deeprob.minimize(bowl, [1.0, 1.0], method="sgd", lr=rate, steps=10, record=True)
    w = np.array([1.0, 1.0])
    for t in range(10):
        w -= rate(t) * (H * w)
    assert result.x.tolist() == w.tolist()
    result = deeprob.minimize(bowl, [1.0, 1.0], method="adamw", lr=0.1, eta=lambda t: 0.0 * t, steps=5)
    assert result.x.tolist() == [1.0, 1.0]
    eta = schedules.half_cosine(1.0, 5)
    result = deeprob.minimize(
        bowl, [1.0, 1.0], method="adamw", lr=0.1, eta=eta, steps=5, record=("w", "state")
    )
    assert [state["eta"] for state in result.trajectory.state] == [eta(0), *(eta(t) for t in range(5))]
    assert repr(result.trajectory) == "Trajectory(w: (6, 2), state: 6 dicts)"
    with pytest.raises(TypeError, match="formulation is a function"):
        deeprob.minimize(bowl, [1.0, 1.0], method="nesterov", formulation=lambda t: "lookahead")


def test_an_optimizers_class_is_a_method():
    named = deeprob.minimize(bowl, [1.0, 1.0], method="momentum", lr=0.01, momentum=0.5, steps=5)
    for method, keywords in [
        (optim.Momentum, {"lr": 0.01, "momentum": 0.5}),
        (functools.partial(optim.Momentum, lr=0.01, momentum=0.5), {}),
    ]:
        assert (
            deeprob.minimize(bowl, [1.0, 1.0], method=method, steps=5, **keywords).x.tolist()
            == named.x.tolist()
        )
    with pytest.raises(TypeError, match="method returned a int"):
        deeprob.minimize(bowl, [1.0], method=lambda w: 1)


# ---- problems ------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (1,), (6,), (2, 3), (1, 2, 3)])
def test_x0_of_any_shape_and_dtype_is_what_fun_sees(method, dtype, shape):
    x0 = np.full(shape, 2, dtype)
    before = x0.tobytes()

    def fun(x):
        assert x.shape == shape and x.dtype == dtype
        g = 2 * (x - 1)
        x[...] = np.nan  # it is the function's own
        return np.sum(g**2) / 4, g

    keywords = {"lr": 0.1} if method in FIRST_ORDER else {}
    result = deeprob.minimize(fun, x0, method=method, steps=400, gtol=1e-3, **keywords)
    assert result.x.shape == result.jac.shape == shape
    assert result.x.dtype == result.jac.dtype == dtype
    assert x0.tobytes() == before
    assert result.fun <= 1.0 * x0.size
    if method in LINE_SEARCH:
        assert np.allclose(result.x, 1, atol=1e-3)


@pytest.mark.skipif("muon" not in optim.NAMES, reason="no method for matrices here")
def test_matrix_methods_see_the_matrix():
    w, target = np.zeros((3, 4)), np.arange(12.0).reshape(3, 4)
    opt = optim.REGISTRY["muon"](w, lr=0.1)
    for _ in range(5):
        opt.step(w - target)
    fun = lambda x: (0.5 * np.sum((x - target) ** 2), x - target)  # noqa: E731
    result = deeprob.minimize(fun, np.zeros((3, 4)), method="muon", lr=0.1, steps=5)
    assert result.x.tolist() == w.tolist()
    with pytest.raises(ValueError, match="matrices"):
        deeprob.minimize(fun, np.zeros(12), method="muon")


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "cg", "adam"])
def test_ways_to_give_the_gradient_agree(method):
    keywords = {"method": method, "steps": 5}

    def value(x):
        return rosenbrock(x)[0]

    def gradient(x):
        return rosenbrock(x)[1]

    own = deeprob.minimize(rosenbrock, [-1.2, 1], jac=True, **keywords)
    for result in [
        deeprob.minimize(rosenbrock, [-1.2, 1], **keywords),
        deeprob.minimize(value, [-1.2, 1], jac=gradient, **keywords),
        deeprob.minimize(lambda x, k: (k * rosenbrock(x)[0], k * gradient(x)), [-1.2, 1], (1,), **keywords),
        deeprob.minimize(
            lambda x, k: k * value(x), [-1.2, 1], 1, jac=lambda x, k: k * gradient(x), **keywords
        ),
    ]:
        assert result.x.tolist() == own.x.tolist()
        assert (result.nfev, result.njev) == (own.nfev, own.njev)
    for numeric in [
        deeprob.minimize(value, [-1.2, 1], **keywords),
        deeprob.minimize(value, [-1.2, 1], jac="3-point", **keywords),
        deeprob.minimize(rosenbrock, [-1.2, 1], jac=False, **keywords),
    ]:
        assert np.allclose(numeric.x, own.x, atol=1e-4)
        assert numeric.nfev == 5 * own.nfev  # f and two evaluations for each of two entries
    forward = deeprob.minimize(value, [-1.2, 1], jac="2-point", **keywords)
    assert np.allclose(forward.x, own.x, atol=1e-2)
    assert forward.nfev == 4 * forward.njev


def test_numeric_gradients_of_float32_are_taken_in_float64():
    def value(x):
        assert x.dtype in (np.float32, np.float64)
        return float(np.sum((x.astype(np.float64) - 0.3) ** 2))

    result = deeprob.minimize(value, np.zeros(3, np.float32), jac="3-point")
    assert np.allclose(result.x, 0.3, atol=1e-6)


@pytest.mark.parametrize("method", ["lbfgs", "bfgs", "cg"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_objective_brings_its_gradient(objective, method, dtype):
    W = np.zeros((3, 5), dtype)
    result = deeprob.minimize(objective, W, method=method)
    loss, dW = objective(result.x)
    assert result.success
    assert result.fun == loss
    assert np.array_equal(result.jac, dW)
    assert np.max(np.abs(dW)) <= (1e-5 if dtype == np.float64 else 1e-4)
    assert result.x.dtype == dtype


def test_a_problem_may_bring_its_start():
    class Landscape:
        start = np.array([-1.2, 1.0])

        def __call__(self, w):
            return rosenbrock(w)

    assert np.allclose(deeprob.minimize(Landscape()).x, 1, atol=1e-4)
    with pytest.raises(TypeError, match="x0 is None, and fun has no start"):
        deeprob.minimize(rosenbrock)


@pytest.mark.parametrize(("class_axis", "shape"), [(0, (2, 3)), (1, (3, 2))])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_objective_starts_at_zero_in_every_call(class_axis, shape, dtype):
    softmax = deeprob.Objective(np.eye(3, dtype=dtype), [0, 1, 0], reg=0.1, class_axis=class_axis)
    assert softmax.start.shape == shape and softmax.start.dtype == dtype and not softmax.start.any()
    assert (
        deeprob.minimize(softmax).x.tolist() == deeprob.minimize(softmax, np.zeros(shape, dtype)).x.tolist()
    )
    descent = deeprob.gradient_descent(softmax, learning_rate=0.1, num_steps=3)
    assert (
        descent.w.tolist()
        == deeprob.gradient_descent(
            softmax, np.zeros(shape, dtype), learning_rate=0.1, num_steps=3
        ).w.tolist()
    )
    assert deeprob.compare(softmax, ["sgd"], steps=3, lr=0.1)["sgd"].best.x.tolist() == descent.w.tolist()


def test_gradient_descent_takes_a_landscapes_start():
    bowl = deeprob.landscapes.bowl()
    here = deeprob.gradient_descent(bowl, learning_rate=0.01, num_steps=3)
    assert (
        here.w.tolist()
        == deeprob.gradient_descent(bowl, bowl.start, learning_rate=0.01, num_steps=3).w.tolist()
    )
    with pytest.raises(TypeError, match="w0 is None, and the problem has no start"):
        deeprob.gradient_descent(rosenbrock, learning_rate=0.01, num_steps=3)


def test_minibatches(objective):
    keywords = {"method": "sgd", "lr": 0.1, "steps": 40, "batch_size": 8}
    first = deeprob.minimize(objective, np.zeros((3, 5)), rng=0, **keywords)
    again = deeprob.minimize(objective, np.zeros((3, 5)), rng=0, **keywords)
    other = deeprob.minimize(objective, np.zeros((3, 5)), rng=1, **keywords)
    assert first.x.tolist() == again.x.tolist() != other.x.tolist()
    assert first.fun == objective.value(first.x)  # over all examples
    assert first.fun < objective.value(np.zeros((3, 5)))
    # the steps of gradient_descent on the same batches
    descent = deeprob.gradient_descent(
        objective, np.zeros((3, 5)), learning_rate=0.1, num_steps=40, batch_size=8, rng=0
    )
    assert np.allclose(first.x, descent.w, rtol=0, atol=1e-14)
    with pytest.raises(TypeError, match="batch_size needs an Objective"):
        deeprob.minimize(bowl, [1.0, 1.0], method="sgd", batch_size=2)


def test_lbfgs_with_the_noise_of_minibatches_on_and_off():
    """A new minibatch a step leaves lbfgs its line search and pairs; one an evaluation takes them away."""
    data = deeprob.datasets.load("fashion-mnist-subset")
    objective = deeprob.Objective(data.X_train.reshape(2000, -1) / 255.0, data.y_train, reg=1e-2)
    W = np.zeros((10, 784))
    keywords = {"batch_size": 250, "steps": 40, "rng": 0, "record": ("fun", "nfev")}
    off = deeprob.minimize(objective, W, **keywords)
    on = deeprob.minimize(objective, W, resample="evaluation", **keywords)
    best = deeprob.minimize(objective, W).fun
    assert off.message == "took all 40 steps"
    assert best < off.fun < best + 0.1 * (np.log(10) - best)
    assert on.status == 2 and "noisy" in on.message
    assert on.nit < 40 and on.fun - best > 2 * (off.fun - best)
    # an evaluation at least on the step's minibatch, and one on the next
    assert np.all(np.diff(off.trajectory.nfev[1:]) >= 2)


def test_a_minibatch_of_all_examples_is_no_noise(objective):
    best = deeprob.minimize(objective, np.zeros((3, 5))).fun
    full = deeprob.minimize(objective, np.zeros((3, 5)), batch_size=60, steps=25, rng=0)
    assert full.fun == pytest.approx(best, rel=1e-4)
    with pytest.raises(ValueError, match="resample is 'x'"):
        deeprob.minimize(objective, np.zeros((3, 5)), resample="x")


@pytest.mark.parametrize("method", LINE_SEARCH)
def test_line_searches_on_minibatches_end_with_a_reason(objective, method):
    result = deeprob.minimize(objective, np.zeros((3, 5)), method=method, batch_size=8, rng=0, steps=100)
    assert np.isfinite(result.fun)
    assert result.message


# ---- when it stops ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", LINE_SEARCH)
def test_rosenbrock_is_minimized(method):
    result = deeprob.minimize(rosenbrock, [-1.2, 1.0], method=method, gtol=1e-6, ftol=0)
    assert result.success and result.status == 0
    assert np.max(np.abs(result.jac)) <= 1e-6
    assert np.allclose(result.x, 1, atol=1e-5)
    assert "gtol = 1e-06" in result.message
    assert (result.fun, result.jac.tolist()) == (rosenbrock(result.x)[0], rosenbrock(result.x)[1].tolist())


def test_ftol_xtol_steps_and_time_are_named():
    for keywords, words in [
        ({"ftol": 0.1, "gtol": 0}, "ftol = 0.1"),
        ({"xtol": 0.1, "gtol": 0, "ftol": 0}, "xtol = 0.1"),
        ({"steps": 3}, "took all 3 steps"),
        ({"steps": 0}, "took all 0 steps"),
        ({"max_time": 0}, "max_time = 0 s was over after step 0"),
    ]:
        result = deeprob.minimize(rosenbrock, [-1.2, 1.0], **keywords)
        assert words in result.message
        assert result.success == ("tol" in words)


@pytest.mark.parametrize("method", METHODS)
def test_a_flat_function_ends_at_once(method):
    result = deeprob.minimize(lambda x: (1.0, 0 * x), [1.0, 2.0], method=method, gtol=0)
    assert result.success
    assert (result.nit, result.nfev) == (0, 1)
    assert result.x.tolist() == [1.0, 2.0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_end_it_with_the_best_point(method, bad):
    def sometimes(x):
        sometimes.calls += 1
        f, g = rosenbrock(x)
        return (bad, np.full(2, np.nan)) if sometimes.calls > 4 else (f, g)

    sometimes.calls = 0
    keywords = {"lr": 1e-4} if method in FIRST_ORDER else {}
    result = deeprob.minimize(sometimes, [-1.2, 1.0], method=method, **keywords)
    assert sometimes.calls < 100
    assert not result.success
    if bad == -np.inf:
        assert result.status == 4 and result.fun == -np.inf
    else:
        assert result.status in (2, 3)
        assert np.isfinite(result.fun) and result.fun < 24.3
        assert np.all(np.isfinite(result.x))


@pytest.mark.parametrize("method", METHODS)
def test_a_start_that_is_not_finite_ends_it(method):
    result = deeprob.minimize(lambda x: (np.nan, x), [1.0, 2.0], method=method)
    assert (result.success, result.status, result.nit, result.nfev) == (False, 3, 0, 1)
    assert "nan" in result.message
    result = deeprob.minimize(lambda x: (0.0, np.array([np.inf, 1])), [1.0, 2.0], method=method)
    assert result.status == 3


def test_divergence_returns_the_lowest_point():
    with np.errstate(over="ignore", invalid="ignore"):
        result = deeprob.minimize(bowl, [1.0, 1.0], method="sgd", lr=0.5, steps=10**4)
    assert result.status == 3
    assert result.fun == 13.0 and result.x.tolist() == [1.0, 1.0]
    assert "lowest point, of step 0" in result.message


@pytest.mark.parametrize("method", LINE_SEARCH)
def test_unbounded_functions_are_said_to_be(method):
    result = deeprob.minimize(lambda x: (-float(np.sum(x)), -np.ones(2)), [0.0, 0.0], method=method)
    assert (result.success, result.status) == (False, 4)
    assert result.nfev < 50


@pytest.mark.parametrize("method", LINE_SEARCH)
def test_a_wrong_gradient_ends_it(method):
    result = deeprob.minimize(lambda x: (float(np.sum(x**2)), -2 * x), [1.0, 2.0], method=method)
    assert (result.success, result.status) == (False, 2)
    assert "gradient" in result.message
    assert result.nfev <= 45


@pytest.mark.parametrize("method", LINE_SEARCH)
def test_rounding_is_convergence_where_nothing_was_promised(method):
    # f is 1 + tiny: no digit of it changes near the minimum, with ftol off and gtol out of reach
    result = deeprob.minimize(
        lambda x: (1e6 + float(np.sum((x - 1) ** 2)), 2 * (x - 1)), [3.0, -2.0], method=method, gtol=0, ftol=0
    )
    assert result.nfev < 200
    assert np.allclose(result.x, 1, atol=1e-4)


# ---- callbacks, Ctrl-C ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_callback_sees_every_step_and_may_stop(method):
    seen = []

    def callback(state):
        seen.append(state)
        return state.nit == 3

    keywords = {"lr": 1e-4} if method in FIRST_ORDER else {}
    result = deeprob.minimize(rosenbrock, [-1.2, 1.0], method=method, callback=callback, **keywords)
    assert [s.nit for s in seen] == [1, 2, 3]
    assert (result.nit, result.status) == (3, 99)
    assert result.message.startswith("stopped by the callback after step 3")
    assert result.x.tolist() == seen[-1].x.tolist() or method in AVERAGED
    assert seen[0].x.tolist() != seen[1].x.tolist()  # copies
    for s in seen:
        f, g = rosenbrock(s.x)
        assert s.fun == pytest.approx(f) and np.allclose(s.jac, g)
        assert s.grad_norm == pytest.approx(np.linalg.norm(g))
        assert s["nit"] == s.nit
        assert s.state


def test_the_callback_may_raise_stop_iteration_and_other_errors_come_through():
    def stops(state):
        raise StopIteration

    assert deeprob.minimize(rosenbrock, [-1.2, 1.0], callback=stops).status == 99

    def fails(state):
        raise RuntimeError("mine")

    with pytest.raises(RuntimeError, match="mine"):
        deeprob.minimize(rosenbrock, [-1.2, 1.0], callback=fails)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("at", [1, 2, 5])
def test_ctrl_c_returns_what_is_there(method, at):
    def interrupted(x):
        interrupted.calls += 1
        if interrupted.calls == at:
            raise KeyboardInterrupt
        return rosenbrock(x)

    interrupted.calls = 0
    keywords = {"lr": 1e-4} if method in FIRST_ORDER else {}
    result = deeprob.minimize(interrupted, [-1.2, 1.0], method=method, record=True, **keywords)
    assert (result.success, result.status) == (False, 130)
    assert "interrupted" in result.message
    assert result.x.shape == (2,) and np.all(np.isfinite(result.x))
    assert len(result.trajectory.w) == (0 if at == 1 else result.nit + 1)
    if at > 1:
        assert result.fun == rosenbrock(result.x)[0]
        assert result.fun < 24.3


def test_a_real_signal_returns_what_is_there(objective):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    result = deeprob.minimize(objective, np.zeros((3, 5)), method="sgd", lr=1e-6, steps=10**9)
    assert result.status == 130
    assert result.nit > 10


# ---- records -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", METHODS)
def test_the_trajectory_holds_what_was_asked_for(method):
    names = ("w", "fun", "jac", "grad_norm", "step", "nfev", "times", "state")
    keywords = {"method": method, **({"lr": 1e-4} if method in FIRST_ORDER else {})}
    result = deeprob.minimize(rosenbrock, [-1.2, 1.0], steps=8, record=names, **keywords)
    t, k = result.trajectory, result.nit
    assert t.w.shape == t.jac.shape == (k + 1, 2)
    assert t.fun.shape == t.grad_norm.shape == t.nfev.shape == t.times.shape == (k + 1,)
    assert t.step.shape == (k,)
    assert len(t.state) == k + 1
    assert np.allclose(t.step, np.linalg.norm(np.diff(t.w, axis=0), axis=1))
    assert np.allclose(t.grad_norm, np.linalg.norm(t.jac, axis=1))
    assert [rosenbrock(w)[0] for w in t.w] == t.fun.tolist()
    assert np.all(np.diff(t.times) >= 0) and np.all(np.diff(t.nfev) >= 1)
    assert t.nfev[-1] == result.nfev - (method in AVERAGED)
    assert t["fun"] is t.fun
    some = deeprob.minimize(rosenbrock, [-1.2, 1.0], steps=3, record=("fun",), **keywords).trajectory
    assert some.fun is not None and some.w is None and some.state is None
    assert deeprob.minimize(rosenbrock, [-1.2, 1.0], steps=3, **keywords).trajectory is None


def test_states_are_the_methods_own():
    adam = deeprob.minimize(bowl, [1.0, 1.0], method="adam", steps=3, record="state")
    assert set(adam.trajectory.state[1]) >= {"moment1", "moment2", "lr", "t"}
    assert np.allclose(adam.trajectory.state[1]["moment1"], 0.1 * H)  # a copy: later steps do not change it
    bfgs = deeprob.minimize(bowl, [1.0, 1.0], method="bfgs", gtol=1e-9)
    assert np.allclose(bfgs.state["hess_inv"], np.diag(1 / H), atol=1e-4)
    lbfgs = deeprob.minimize(rosenbrock, [-1.2, 1.0], m=4)
    assert len(lbfgs.state["pairs"]) == 4


def test_the_result_is_scipys_in_use(peer):
    theirs = peer("scipy.optimize").minimize(rosenbrock, [-1.2, 1.0], jac=True, method="L-BFGS-B")
    ours = deeprob.minimize(rosenbrock, [-1.2, 1.0], jac=True, method="lbfgs", m=10)
    for name in ("x", "fun", "jac", "nit", "nfev", "njev", "success", "status", "message"):
        assert type(getattr(ours, name)) is type(getattr(theirs, name)) or name in ("fun", "status", "nfev")
        assert ours[name] is getattr(ours, name) or ours[name] == getattr(ours, name)
    assert ours.nfev == theirs.nfev
    assert np.allclose(ours.x, theirs.x)
    assert dict(ours)["x"] is ours.x
    for result in (ours, theirs):  # a dict's other ways
        assert "x" in result
        assert "w" not in result
        assert result.get("w") is None
        assert "fun" in list(result)
        assert dict(**result).keys() == dict(result.items()).keys() == set(result)
    assert "message: 'the" in repr(ours)
    with pytest.raises(KeyError, match="there are x, fun"):
        ours["xx"]


# ---- errors --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("keywords", "error", "words"),
    [
        ({"method": "lbgs"}, ValueError, "did you mean 'lbfgs'"),
        ({"method": "L-BFGS-B"}, ValueError, "did you mean 'lbfgs'"),
        ({"method": "simplex"}, ValueError, "'lbfgs'"),
        ({"method": 3}, TypeError, "method is a int"),
        ({"tol": 1e-3}, TypeError, "did you mean 'gtol'"),
        ({"maxiter": 5}, TypeError, "did you mean 'steps'"),
        ({"options": {"maxcor": 5}}, TypeError, "keywords"),
        ({"maxcor": 5}, TypeError, "did you mean 'm'"),
        ({"lr": 0.1}, TypeError, "method 'lbfgs' m, c1, c2, max_evals, resample"),
        ({"method": "adam", "m": 5}, TypeError, "method 'adam' lr, betas"),
        ({"method": "adam", "alpha": 0.1}, TypeError, "did you mean 'lr'"),
        ({"method": "adam", "lr": -1.0}, ValueError, "lr is -1"),
        ({"method": "sgd", "maximize": True}, TypeError, "maximize"),
        ({"m": 0}, ValueError, "m is 0"),
        ({"steps": -1}, ValueError, "steps is -1"),
        ({"steps": 1.5}, TypeError, "steps is 1.5"),
        ({"gtol": -1.0}, ValueError, "gtol is -1"),
        ({"ftol": "x"}, TypeError, "ftol is 'x'"),
        ({"xtol": np.nan}, ValueError, "xtol is nan"),
        ({"max_time": -1}, ValueError, "max_time is -1"),
        ({"jac": 3}, TypeError, "jac is 3"),
        ({"jac": "4-point"}, TypeError, "jac is '4-point'"),
        ({"hess": 3}, TypeError, "hess is a int"),
        ({"callback": 3}, TypeError, "callback is a int"),
        ({"record": "x"}, ValueError, "record has 'x'"),
        ({"record": 3}, TypeError, "record is 3"),
        ({"x0": []}, ValueError, "x0 has shape"),
        ({"x0": [1j]}, TypeError, "x0 has dtype complex"),
        ({"x0": np.zeros(2, np.float16)}, TypeError, "x0 has dtype float16"),
        ({"x0": np.ma.masked_array([1.0], mask=[True])}, TypeError, "x0 is a masked array"),
        ({"fun": 3}, TypeError, "fun is a int"),
        ({"fun": lambda x: None}, TypeError, "fun returned None"),
        ({"fun": lambda x: x}, TypeError, "fun returned array"),
        ({"fun": lambda x: 1j}, TypeError, "fun returned 1j"),
        ({"fun": lambda x: (1.0, x, x)}, TypeError, "tuple of 3"),
        ({"fun": lambda x: (1.0, x[:1])}, ValueError, r"gradient of shape \(1,\)"),
        ({"fun": lambda x: (1.0, None)}, TypeError, "gradient"),
        ({"fun": lambda x: (1.0, "a")}, TypeError, "gradient"),
        ({"fun": lambda x: 1.0, "jac": True}, TypeError, "jac=True"),
        ({"fun": lambda x: 1.0, "jac": lambda x: 1.0}, ValueError, "jac returned a gradient of shape"),
    ],
)
def test_bad_input_is_named(keywords, error, words):
    with pytest.raises(error, match=words):
        deeprob.minimize(**{"fun": rosenbrock, "x0": [-1.2, 1.0], **keywords})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_fun_returns_breaks_a_method(method, seed):
    r = np.random.RandomState(seed)
    odd = np.array([0.0, -0.0, 1.0, -1.0, 1e300, -1e300, 1e-310, np.nan, np.inf, -np.inf])
    odd = odd[: 7 + seed % 4]  # finite ones alone, too

    def anything(x):
        return r.choice(odd), r.choice(odd, x.size) * r.choice([1, r.rand()])

    with np.errstate(all="ignore"):
        result = deeprob.minimize(anything, np.ones(3), method=method, steps=50)
    assert result.nfev <= 50 * 41 + 1
    assert result.message
    assert result.x.shape == (3,)


def test_every_method_is_documented():
    for name in SOLVERS:
        assert f'"{name}"' in deeprob.minimize.__doc__
    for name in LINE_SEARCH:
        assert all(option in deeprob.minimize.__doc__ for option in SOLVERS[name].options)
    assert "<" not in deeprob.minimize.__doc__.replace("<-", "").replace(">>>", "").split("Examples")[0]


def test_what_fun_raises_comes_through():
    def fails(x):
        raise ZeroDivisionError("mine")

    for method in SOLVERS:
        # two want something else of it first
        error = TypeError if method in ("kfac", "gauss_newton") else ZeroDivisionError
        with pytest.raises(error):
            deeprob.minimize(fails, [[1.0]], method=method)
