"""Objective: a loss bound to its data."""

import tracemalloc

import numpy as np
import pytest

import deeprob
from deeprob import _core


@pytest.fixture
def problem():
    rng = np.random.default_rng(0)
    return rng.standard_normal((40, 6)), rng.integers(0, 4, 40), rng.standard_normal((4, 6))


@pytest.mark.parametrize("loss", sorted(_core.losses()))
@pytest.mark.parametrize("reg_type", ["l2", "l1", "elastic"])
def test_it_is_the_loss_function(problem, loss, reg_type):
    X, y, W = problem
    objective = deeprob.Objective(X, y, loss=loss, reg=0.3, reg_type=reg_type, l1_ratio=0.2)
    function = getattr(deeprob.losses, f"{loss}_loss")
    expected = function(W, X, y, 0.3, reg_type=reg_type, l1_ratio=0.2)
    for value, dW in (objective(W), objective.value_and_grad(W)):
        assert value == expected[0]
        np.testing.assert_array_equal(dW, expected[1])
    assert objective.value(W) == expected[0]
    index = [3, 1, 3, -1]
    assert (
        objective.value(W, index) == function(W, X, y, 0.3, reg_type=reg_type, l1_ratio=0.2, index=index)[0]
    )
    data, penalty = objective.terms(W)
    assert data == function(W, X, y, grad=False)
    assert data + penalty == pytest.approx(expected[0], rel=1e-15)


def test_layouts(problem):
    X, y, W = problem
    plain = deeprob.Objective(X, y)
    turned = deeprob.Objective(X.T.copy(), y, example_axis=1, class_axis=1)
    assert turned.value(W.T) == plain.value(W)
    assert turned(W.T)[1].shape == (6, 4)
    assert (turned.n_examples, turned.n_features, turned.n_classes) == (40, 6, 4)
    np.testing.assert_array_equal(turned.predict(W.T), deeprob.predict(W, X))
    assert turned.accuracy(W.T) == deeprob.accuracy(W, X, y)


def test_the_losses_own_parameter(problem):
    X, y, W = problem
    wide = deeprob.Objective(X, y, loss="svm", delta=3.0)
    assert wide.value(W) == deeprob.svm_loss(W, X, y, delta=3.0, grad=False)
    with pytest.raises(TypeError, match="loss 'softmax' has no parameter 'delta'"):
        deeprob.Objective(X, y, delta=1.0)


def test_data_is_not_copied(problem):
    X, y, W = problem
    objective = deeprob.Objective(X, y)
    before = objective.value(W)
    X *= 2
    assert objective.value(W) != before


def test_wrong_data_is_refused_when_it_is_bound(problem):
    X, y, _ = problem
    with pytest.raises(ValueError, match=r"y has shape \(40, 1\)"):
        deeprob.Objective(X, y[:, None])
    with pytest.raises(ValueError, match=r"y has shape \(39,\); expected \(N,\) with N = 40"):
        deeprob.Objective(X, y[1:])
    with pytest.raises(ValueError, match=r"X has shape \(6,\)"):
        deeprob.Objective(X[0], y)
    with pytest.raises(ValueError, match="loss is 'hinge'; expected 'softmax', 'svm'"):
        deeprob.Objective(X, y, loss="hinge")
    with pytest.raises(ValueError, match=r"y\[2\] is -1"):
        deeprob.Objective(X[:3], [0, 1, -1])
    with pytest.raises(ValueError, match="reg is -1"):
        deeprob.Objective(X, y, reg=-1.0)


# ---- several W in one pass --------------------------------------------------------------


@pytest.mark.parametrize("loss", sorted(_core.losses()))
@pytest.mark.parametrize("X_dtype", ["f4", "f8", "u1"])
@pytest.mark.parametrize("W_dtype", ["f4", "f8"])
@pytest.mark.parametrize("shape", [(1, 3, 5), (70, 4, 33), (700, 10, 385), (150, 7, 3073), (40, 17, 20)])
@pytest.mark.parametrize("K", [1, 3, 17])
def test_values_have_the_bits_of_value(loss, X_dtype, W_dtype, shape, K):
    """For every layout, regularizer and number of threads."""
    N, C, D = shape
    rng = np.random.default_rng(0)
    X = rng.uniform(0, 255, (N, D)).astype(X_dtype)
    y = rng.integers(0, C, N)
    Ws = (rng.standard_normal((K, C, D)) * 1e-3).astype(W_dtype)
    index = rng.integers(0, N, 2 * N + 1)
    for reg_type in ("l2", "l1", "elastic"):
        options = {"loss": loss, "reg": 0.1, "reg_type": reg_type}
        rows = deeprob.Objective(X, y, **options)
        expected = np.array([rows.value(W) for W in Ws])
        at_index = np.array([rows.value(W, index) for W in Ws])
        for threads in (1, 2, 7):
            rows = deeprob.Objective(X, y, threads=threads, **options)
            np.testing.assert_array_equal(rows.values(Ws), expected)
            np.testing.assert_array_equal(rows.values(Ws, index), at_index)
        columns = deeprob.Objective(X.T.copy(), y, example_axis=1, class_axis=1, **options)
        expected = [columns.value(W.T) for W in Ws]
        for turned in (Ws.transpose(0, 2, 1), Ws.transpose(0, 2, 1).copy()):
            np.testing.assert_array_equal(columns.values(turned), expected)


def test_values_of_any_strides(problem):
    X, y, _ = problem
    objective = deeprob.Objective(X, y, reg=0.1)
    Ws = np.random.default_rng(1).standard_normal((6, 8, 12))
    for view in (Ws[::2, ::2, ::2], Ws[::-1, 4:, 6:], Ws[:, ::-2, ::-2], np.asfortranarray(Ws)[:3, :4, :6]):
        np.testing.assert_array_equal(objective.values(view), [objective.value(W) for W in view])
    same = np.broadcast_to(Ws[0, :4, :6], (5, 4, 6))
    np.testing.assert_array_equal(objective.values(same), np.full(5, objective.value(same[0])))
    unaligned = np.frombuffer(b"x" + Ws[:, :4, :6].tobytes(), "u1")[1:].view("f8").reshape(6, 4, 6)
    np.testing.assert_array_equal(objective.values(unaligned), objective.values(Ws[:, :4, :6]))
    assert objective.values([Ws[0, :4, :6].tolist()]).shape == (1,)
    assert objective.values(np.zeros((0, 4, 6))).shape == (0,)


def test_values_out(problem):
    X, y, W = problem
    objective = deeprob.Objective(X, y)
    Ws = np.array([W, 2 * W, -W])
    out = np.full(6, 7.0)[::2]
    assert objective.values(Ws, out=out) is out
    np.testing.assert_array_equal(out, [objective.value(W) for W in Ws])
    np.testing.assert_array_equal(out.base[1::2], 7)


def test_wrong_values_are_refused(problem):
    X, y, W = problem
    objective = deeprob.Objective(X, y)
    Ws = np.array([W, W])
    with pytest.raises(ValueError, match=r"Ws has shape \(4, 6\); expected \(K, C, D\), K times"):
        objective.values(W)
    with pytest.raises(ValueError, match=r"Ws has shape \(2, 4, 5\); expected \(K, C, D\) with D = 6"):
        objective.values(Ws[:, :, :5])
    with pytest.raises(ValueError, match=r"Ws has shape \(2, 6, 4\).*pass class_axis=1"):
        objective.values(Ws.transpose(0, 2, 1))
    with pytest.raises(ValueError, match=r"Ws has shape \(2, 0, 6\); expected at least one class"):
        objective.values(Ws[:, :0])
    with pytest.raises(ValueError, match=r"y\[\d+\] is 3; expected labels in 0..2 \(C = 3\)"):
        objective.values(Ws[:, :3])
    with pytest.raises(TypeError, match="Ws has dtype int64"):
        objective.values(Ws.astype(np.int64))
    with pytest.raises(TypeError, match="Ws is None"):
        objective.values(None)
    with pytest.raises(ValueError, match="index has no examples"):
        objective.values(Ws, [])
    with pytest.raises(IndexError, match=r"index\[0\] is 40"):
        objective.values(Ws, [40])
    with pytest.raises(ValueError, match=r"out has shape \(3,\); expected \(2,\)"):
        objective.values(Ws, out=np.zeros(3))
    with pytest.raises(TypeError, match="out has dtype float32; expected float64"):
        objective.values(Ws, out=np.zeros(2, np.float32))
    with pytest.raises(ValueError, match="out shares memory with Ws"):
        objective.values(Ws, out=Ws.reshape(-1)[:2])


def test_no_scores_are_kept():
    """The memory of a pass over several W depends on W, not on the number of examples."""
    Ws = np.zeros((16, 10, 8))
    peaks = []
    for N in (20_000, 200_000):
        objective = deeprob.Objective(np.zeros((N, 8)), np.arange(N) % 10, threads=2)
        tracemalloc.start()
        objective.values(Ws)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 10_000, peaks
