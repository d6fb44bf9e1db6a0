"""The demos of overfitting, simpler models and preferences: the lecture's numbers, and what they show."""

import numpy as np
import pytest
from numpy.polynomial import Polynomial

import deeprob
from deeprob import demos, reference

# L4-08: w_2 - w_1, data loss and P(class 1) at x = 0.5 after so many steps.
GROWTH = {100: ("4.018", "0.0091", "0.8817"), 1000: ("6.231", "0.0010", "0.9575")}
GROWTH[10_000] = ("8.519", "0.0001", "0.9861")


@pytest.fixture(scope="module")
def overfit():
    return demos.overfitting()


# ---- overfitting (L4-08, L4-09) ---------------------------------------------------------


@pytest.mark.parametrize("step", GROWTH)
def test_the_slides_growth_without_regularization(overfit, step):
    assert overfit.reg[0] == 0
    found = overfit.gap[0, step], overfit.data_loss[0, step], overfit.confidence[0, step]
    assert (f"{found[0]:.3f}", f"{found[1]:.4f}", f"{found[2]:.4f}") == GROWTH[step]


def test_with_lambda_it_settles(overfit):
    at = overfit.reg.tolist().index(0.1)
    found = overfit.gap[at, -1], overfit.data_loss[at, -1], overfit.confidence[at, -1]
    assert tuple(f"{value:.4f}" for value in found) == ("1.4578", "0.1310", "0.6746")
    np.testing.assert_allclose(overfit.gap[at, 100:], overfit.gap[at, -1], rtol=1e-12)


def test_the_path_is_that_of_plain_numpy(overfit):
    """L4-08's formulas and a loop, nothing of deeprob: 300 steps at two lambda."""
    x, onehot = overfit.x, np.eye(2)[overfit.y]
    for reg in (0.0, 0.1):
        w, b = np.zeros(2), np.zeros(2)
        path = overfit.path[overfit.reg.tolist().index(reg)]
        for t in range(300):
            np.testing.assert_allclose(path[t], np.stack([w, b], axis=1), rtol=1e-11, atol=1e-15)
            e = np.exp(np.outer(x, w) + b)
            ds = (e / e.sum(axis=1, keepdims=True) - onehot) / 4
            w, b = w - 0.5 * (x @ ds + 2 * reg * w), b - 0.5 * ds.sum(axis=0)


def test_the_bias_is_not_regularized():
    """All classes at one place but for two points: with a huge lambda only the bias is left, log 3."""
    result = demos.overfitting([1.0, 1, 1, 1.1], [1, 1, 1, 0], reg=[10.0], learning_rate=0.04, num_steps=4000)
    assert abs(result.W).max() < 0.01
    assert result.b[0, 1] - result.b[0, 0] == pytest.approx(np.log(3), abs=0.02)


def test_weights_without_lambda_grow_as_the_logarithm(overfit):
    """Each factor of ten in steps adds the same, log 10 over the margin of 1: no bound."""
    added = np.diff(overfit.gap[0, [100, 1000, 10_000]])
    np.testing.assert_allclose(added, np.log(10), rtol=0.05)
    assert (np.diff(overfit.norm[0]) > 0).all()
    assert (np.diff(overfit.confidence[0]) > 0).all()
    assert (np.diff(overfit.data_loss[0]) < 0).all()


def test_the_test_loss_has_a_minimum_between(overfit):
    """Training loss grows with lambda; test loss is lowest where the odds are the true ones, 4/3 a unit."""
    assert (np.diff(overfit.train_loss) > 0).all()
    assert 0 < overfit.best < overfit.reg.size - 1
    assert overfit.gap[overfit.best, -1] == pytest.approx(4 / 3, abs=0.3)
    assert overfit.test_loss[0] > 2 * overfit.test_loss[overfit.best]


def test_the_drawn_test_points_are_those_documented():
    result = demos.overfitting(reg=0.0, num_steps=1, num_test=100_000, rng=5)
    for label, mean in ((0, -1.5), (1, 1.5)):
        x = result.x_test[result.y_test == label]
        assert x.size == 50_000
        assert x.mean() == pytest.approx(mean, abs=0.03)
        assert x.std() == pytest.approx(1.5, abs=0.03)
    again = demos.overfitting(reg=0.0, num_steps=1, num_test=100_000, rng=np.random.RandomState(5))
    np.testing.assert_array_equal(result.x_test, again.x_test)


def test_its_numbers_hang_together(overfit):
    for r, (w, b) in enumerate(zip(overfit.W, overfit.b, strict=True)):
        np.testing.assert_array_equal(overfit.path[r, -1], np.stack([w, b], axis=1))
        s = np.outer(overfit.grid, w) + b
        np.testing.assert_allclose(overfit.scores[r], s, rtol=1e-13, atol=1e-13)
        e = np.exp(s)
        np.testing.assert_allclose(overfit.probabilities[r], e / e.sum(axis=1, keepdims=True), rtol=1e-12)
        for x, y, loss, accuracy in (
            (overfit.x, overfit.y, overfit.train_loss[r], overfit.train_accuracy[r]),
            (overfit.x_test, overfit.y_test, overfit.test_loss[r], overfit.test_accuracy[r]),
        ):
            losses = reference.softmax(np.outer(x, w) + b, y)[0]
            assert loss == pytest.approx(losses.mean(), rel=1e-10)
            assert accuracy == np.mean((np.outer(x, w) + b).argmax(axis=1) == y)
    np.testing.assert_array_equal(overfit.data_loss[:, -1], overfit.train_loss)
    np.testing.assert_allclose(overfit.norm, np.sqrt((overfit.path[..., 0] ** 2).sum(axis=2)))
    assert overfit.num_steps == 10_000
    assert (overfit.grid[0], overfit.grid[-1], overfit.grid.size) == (-4, 4, 161)


def test_everything_can_be_the_callers():
    x, y = np.float32([0, 1, 5]), np.uint8([0, 0, 1])
    options = {"x_test": [0.5, 4], "y_test": [0, 1], "reg": [0.2, 0.1, 0.2], "grid": [0, 9.0], "at": 3}
    result = demos.overfitting(x, y, learning_rate=0.02, num_steps=20, **options)
    assert result.reg.tolist() == [0.1, 0.2]
    assert result.grid.tolist() == [0, 9]
    assert result.path.shape == (2, 21, 2, 2)
    assert result.probabilities.shape == (2, 2, 2)
    assert (result.at, result.learning_rate, result.x.dtype) == (3, 0.02, np.float64)
    x[:] = 9
    assert result.x.tolist() == [0, 1, 5], "a copy"
    assert demos.overfitting([1, 1], [0, 1], reg=0.0, num_steps=1).grid[[0, -1]].tolist() == [0, 2]


def test_a_learning_rate_too_large_is_said(recwarn):
    with pytest.raises(ValueError, match=r"learning_rate 0\.5 is too large: with reg 5 the weights overflow"):
        demos.overfitting(reg=[0, 5])
    assert not recwarn.list


def test_weights_that_nearly_overflow_are_told_in_few_digits(recwarn):
    result = demos.overfitting(learning_rate=1e5, num_steps=50)
    assert np.isfinite(result.norm).all()
    np.testing.assert_allclose(result.norm, np.abs(result.gap) / np.sqrt(2), rtol=1e-12)  # w_1 = -w_2
    table = repr(result).splitlines()
    assert max(map(len, table)) < 100
    assert f"{result.gap[-1, -1]:.5g}" in table[-1]
    assert not recwarn


def test_overfittings_table(overfit):
    lines = str(overfit).splitlines()
    assert lines[0] == "Overfitting in one dimension (lecture, L4-08), after 10,000 steps"
    assert len(lines) == 2 + overfit.reg.size
    cells = lines[2].split()
    assert cells[0] == "0"
    assert cells[2:4] == ["8.5194", "0.9861"]


# ---- simpler models (L4-12) -------------------------------------------------------------


def test_the_wiggly_fit_loses_with_every_seed():
    result = demos.prefer_simpler()
    assert result.names == ("degree 1", "degree 9")
    assert result.simpler_wins == 100
    assert (result.test_errors[1] > result.test_errors[0]).all()
    assert result.train_errors[1].max() < 1e-28
    assert result.train_errors[0].min() > 1e-3
    assert (f"{np.median(result.test_errors[0]):.4f}", f"{np.median(result.test_errors[1]):.4f}") == (
        "0.0463",
        "0.2045",
    )
    assert "degree 1 has the lower test error in 100 of 100 seeds." in str(result)


def test_errors_that_are_round_off_are_no_victories():
    result = demos.prefer_simpler(noise=0.0, num_seeds=20)
    assert result.test_errors.max() < 1e-25
    assert result.simpler_wins == 0


def test_huge_errors_are_legible():
    result = demos.prefer_simpler(num_points=60, degree=59, num_seeds=1)
    assert result.test_error[1] > 1e10
    assert f"{result.test_error[1]:.5g}" in str(result)
    assert max(map(len, str(result).splitlines())) < 80


def test_the_fits_are_least_squares():
    result = demos.prefer_simpler(rng=7, num_seeds=1)
    line = Polynomial.fit(result.x, result.y, 1)
    np.testing.assert_allclose(result.curves[0], line(result.grid), rtol=1e-12)
    for k, c in enumerate(result.coefficients):
        fit = np.polynomial.Legendre(c)
        np.testing.assert_allclose(fit(result.grid), result.curves[k], rtol=1e-12)
        assert result.train_error[k] == pytest.approx(np.mean((fit(result.x) - result.y) ** 2), abs=1e-28)
        assert result.test_error[k] == pytest.approx(np.mean((fit(result.x_test) - result.y_test) ** 2))
    np.testing.assert_allclose(np.polynomial.Legendre(result.coefficients[1])(result.x), result.y, atol=1e-14)


def test_ridge_tames_it_and_is_the_minimum_it_stands_for():
    result = demos.prefer_simpler(reg=0.01, num_seeds=100)
    assert result.names[2] == "degree 9, lambda 0.01"
    assert (result.test_errors[2] < result.test_errors[1]).sum() > 90  # 93 of 100
    medians = np.median(result.test_errors, axis=1)
    assert medians[0] < medians[2] < 0.5 * medians[1]
    assert (result.train_errors[2] > result.train_errors[1]).all()
    c = result.coefficients[2]

    def loss(c):
        residuals = np.polynomial.Legendre(c)(result.x) - result.y
        return np.mean(residuals**2) + 0.01 * np.sum(c[1:] ** 2), None

    slope = deeprob.numeric_gradient(loss, c.copy(), h=1e-5)
    np.testing.assert_allclose(slope, 0, atol=1e-10)


def test_seeds_are_random_states_and_the_shown_one_is_among_them():
    result = demos.prefer_simpler(rng=3, num_seeds=5, num_points=6, degree=4, simple_degree=0, num_test=50)
    np.testing.assert_array_equal(result.train_error, result.train_errors[:, 3])
    np.testing.assert_array_equal(result.test_error, result.test_errors[:, 3])
    random = np.random.RandomState(3)
    np.testing.assert_array_equal(result.y, np.linspace(-1, 1, 6) + 0.2 * random.standard_normal(6))
    x_test = random.uniform(-1, 1, 50)
    np.testing.assert_array_equal(result.x_test, x_test)
    np.testing.assert_array_equal(result.y_test, x_test + 0.2 * random.standard_normal(50))


# ---- preferences (L4-14) ----------------------------------------------------------------


@pytest.fixture(scope="module")
def prefers():
    return demos.preferences()


def test_the_slides_answers(prefers):
    assert prefers.scores.tolist() == [1, 1]
    found = {name: (values.tolist(), prefers.preferred[name]) for name, values in prefers.values.items()}
    assert found["L2"] == ([1.0, 0.25], "w2")
    assert found["L1"] == ([1.0, 1.0], "tie")
    assert found["elastic net"] == ([1.0, 0.625], "w2")
    same = np.log1p(np.exp(-1.0))  # of softmax with the scores 1 and 0
    assert prefers.values["data loss"] == pytest.approx([same, same], rel=1e-14)
    assert found["data loss"][1] == "tie"
    for name, preferred in (("L2", "w2"), ("L1", "tie"), ("elastic net", "w2")):
        total = prefers.values["data loss"] + prefers.values[name]
        np.testing.assert_allclose(prefers.values[f"data loss + {name}"], total)
        assert prefers.preferred[f"data loss + {name}"] == preferred


def test_other_weights_have_other_preferences():
    options = {"regs": 0.1, "num_steps": 1}
    result = demos.preferences([1, 2], [3, 0], [0, 1.6], reg=0.0, l1_ratio=0.9, **options)
    np.testing.assert_allclose(result.scores, [3, 3.2])
    assert result.preferred["data loss"] == "w2"
    assert result.preferred["L1"] == "w2"
    assert result.preferred["data loss + L1"] == "w2"
    np.testing.assert_allclose(result.values["data loss + L2"], result.values["data loss"])
    assert result.values["elastic net"][0] == pytest.approx(0.9 * 3 + 0.1 * 9)
    turned = demos.preferences([1, 2], [0, 1.6], [3, 0], reg=0.0, **options)
    assert turned.preferred["data loss"] == "w1"
    parts = demos.preferences(np.ones(17), np.full(17, 1 / 17), np.eye(17)[3], **options)
    assert parts.values["L1"][0] != 1
    assert parts.preferred["L1"] == "tie", "but for rounding"


def test_an_infinite_penalty_is_not_preferred():
    with np.errstate(over="ignore"):
        result = demos.preferences(w1=[1e200] * 4, regs=0.1, num_steps=1)
        same = demos.preferences(w1=[1e200] * 4, w2=[-1e200] * 4, regs=0.1, num_steps=1)
    assert result.values["L2"].tolist() == [np.inf, 0.25]
    assert result.preferred["L2"] == result.preferred["data loss + L2"] == "w2"
    assert same.preferred["L2"] == "tie"
    assert max(map(len, str(result).splitlines())) < 80


def test_the_proximal_step_makes_zeros_and_the_subgradient_does_not(prefers):
    many = prefers.sparsity
    assert many.methods == ("L1, proximal", "L1, subgradient", "L2")
    np.testing.assert_array_equal(many.zeros, (many.W == 0).sum(axis=(2, 3)))
    assert (np.diff(many.zeros[0]) >= 0).all()
    assert many.zeros[0, 0] < 10 < 30 < many.zeros[0, -2]
    assert (many.zeros[1:] == 0).all()
    at = many.reg.tolist().index(0.03)
    zero = many.W[0, at, 1] == 0
    assert zero[~many.relevant].sum() >= 10
    assert zero[many.relevant].sum() <= 1


def test_both_l1_steps_come_to_the_same_weights(prefers):
    """But for the subgradient's steps to and fro over 0, some lr lambda wide."""
    many = prefers.sparsity
    for r, reg in enumerate(many.reg):
        np.testing.assert_allclose(many.W[1, r], many.W[0, r], atol=2 * many.learning_rate * reg)


def test_l2_shrinks_all_and_zeroes_none(prefers):
    many = prefers.sparsity
    assert (np.diff(many.norm[2]) < 0).all()
    np.testing.assert_allclose(many.norm, np.sqrt((many.W**2).sum(axis=(2, 3))))
    assert (np.diff(many.data_loss, axis=1) > 0).all()
    # the minimum's condition: the data loss's slope is -2 lambda W
    r = many.reg.tolist().index(0.03)
    slope = deeprob.softmax_loss(many.W[2, r], many.X, many.y)[1]
    np.testing.assert_allclose(slope, -2 * 0.03 * many.W[2, r], atol=1e-6)


def test_the_callers_data_and_rng():
    X, y = np.random.default_rng(0).standard_normal((30, 3)), np.arange(30) % 2
    many = demos.preferences(X=X, y=y, regs=[0.2, 0.1], num_steps=5, learning_rate=0.3).sparsity
    np.testing.assert_array_equal(many.X, X)
    assert many.relevant is None
    assert many.reg.tolist() == [0.1, 0.2]
    assert many.W.shape == (3, 2, 2, 3)
    expected = deeprob.gradient_descent(
        deeprob.Objective(X, y, reg=0.2, reg_type="l1"), learning_rate=0.3, num_steps=5, l1_step="proximal"
    )
    np.testing.assert_array_equal(many.W[0, 1], expected.w)
    one, other = (demos.preferences(regs=0.1, num_steps=1, rng=seed).sparsity for seed in (1, 2))
    assert one.X.shape == (100, 20)
    assert one.relevant.sum() == 5
    assert not np.array_equal(one.X, other.X)


def test_preferences_table(prefers):
    lines = str(prefers).splitlines()
    assert "w2 = [0.25, 0.25, 0.25, 0.25]" in lines
    table = {line[:23].strip(): line[23:].split() for line in lines[4:14] if line.strip()}
    assert table["L2"] == ["1.0000", "0.2500", "w2"]
    assert table["L1"] == ["1.0000", "1.0000", "tie"]
    assert table["data loss"] == ["0.3133", "0.3133", "tie"]
    assert lines[-1].split()[0] == "0.3"
