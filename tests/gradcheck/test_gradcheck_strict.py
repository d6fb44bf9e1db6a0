"""strict=True: penalties that torch's tolerances do not see, each term apart, at the course's sizes."""

import numpy as np
import pytest

import deeprob

REG = 5e-6
D, C, N = 3073, 10, 50


@pytest.fixture(scope="module")
def course():
    """Images of 0 to 1 and a bias, labels, W as the course draws it: W * 1e-4, reg 5e-6."""
    rng = np.random.default_rng(0)
    X = np.hstack([rng.random((N, D - 1)), np.ones((N, 1))])
    return 1e-4 * rng.standard_normal((C, D)), X, rng.integers(0, C, N)


def part(course, features=500):
    """Two classes and some of the pixels: a function of one's own is called several times for each weight."""
    W, X, y = course
    return W[:2, -features:].copy(), X[:, -features:], y % 2


def small(seed=0):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((3, 5)), rng.standard_normal((12, 5)), rng.integers(0, 3, 12)


def value(loss, W, X, y, reg):
    return getattr(deeprob, f"{loss}_loss")(W, X, y, reg, grad=False)


def forgetful(W, X, y, reg):
    """Without the penalty's gradient."""
    return deeprob.softmax_loss(W, X, y, reg, grad=False), deeprob.softmax_loss(W, X, y)[1]


class Forgetful(deeprob.Objective):
    """An objective whose gradient has no penalty."""

    def __call__(self, W, index=None, *, out=None):
        return self.value(W, index), deeprob.Objective(self.X, self.y)(W)[1]


# ---- the course's sizes -------------------------------------------------------------------------


def test_torchs_tolerances_do_not_see_it(course):
    few, X, y = part(course, 50)
    assert deeprob.gradcheck(forgetful, (few, X, y, REG))


def test_a_function_with_a_strength(course):
    few, X, y = part(course)
    before = few.tobytes()
    result = deeprob.gradcheck(forgetful, (few, X, y, REG), strict=True, raise_exception=False)
    assert not result and "penalty" in result.kinds, result
    assert few.tobytes() == before


def test_a_closure(course):
    """Nothing tells of a strength: the slope along W, where all entries' contributions add up."""
    few, X, y = part(course)
    result = deeprob.gradcheck(lambda W: forgetful(W, X, y, REG), few, strict=True, raise_exception=False)
    assert not result and result.kind == "penalty", result
    right = deeprob.Objective(X, y, reg=REG)
    assert deeprob.gradcheck(lambda W: right(W), few, strict=True)


def test_a_subclass_of_objective(course):
    few, X, y = part(course)
    result = deeprob.gradcheck(Forgetful(X, y, reg=REG), few, strict=True, raise_exception=False)
    assert not result and result.kind == "penalty", result
    assert deeprob.gradcheck(deeprob.Objective(X, y, reg=REG), few, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("how", ["function", "closure", "subclass"])
def test_all_30730_weights(course, how):
    W, X, y = course
    func, inputs = {
        "function": (forgetful, (W, X, y, REG)),
        "closure": (lambda W: forgetful(W, X, y, REG), W),
        "subclass": (Forgetful(X, y, reg=REG), W),
    }[how]
    result = deeprob.gradcheck(func, inputs, strict=True, raise_exception=False)
    assert not result and "penalty" in result.kinds, result


def test_the_complete_check_of_an_objective_is_structured():
    """500 images: never called for its values, whatever it costs in seconds."""
    rng = np.random.default_rng(0)
    X, y = rng.random((500, D)), rng.integers(0, C, 500)
    W = 1e-4 * rng.standard_normal((C, D))
    objective = deeprob.Objective(X, y, reg=REG)
    result = deeprob.gradcheck(objective, W, strict=True)
    assert [made.term for made in result.comparisons] == ["", "data loss", "regularization"]
    assert all(made.numeric.size == C * D and not made.n_excused for made in result.comparisons)
    assert result.evaluations < 400  # 61,460 would be the loop's, for one term
    # So is that of the loss as a function.
    result = deeprob.gradcheck(deeprob.softmax_loss, (W, X, y, REG), strict=True)
    assert [made.term for made in result.comparisons] == ["", "data loss", "regularization"]
    assert result.evaluations < 400


# ---- which term, and how wrong ------------------------------------------------------------------


def terms(result):
    return {made.term: made.ok for made in result.comparisons}


def mixed(data=1.0, penalty=1.0):
    """A loss of three terms whose gradient is wrong by these factors in its terms."""

    def func(W, X, y, reg):
        loss, dW = deeprob.softmax_loss(W, X, y, reg)
        grad = deeprob.softmax_loss(W, X, y)[1]
        return loss, data * grad + penalty * (dW - grad)

    return func


@pytest.mark.parametrize("reg", [REG, 1e-2, 1.0])
@pytest.mark.parametrize("factor", [0.5, 2.0, -1.0, 0.0])
def test_the_penalty_alone(factor, reg):
    W, X, y = small()
    result = deeprob.gradcheck(mixed(penalty=factor), (W, X, y, reg), strict=True, raise_exception=False)
    assert terms(result)["data loss"] and not terms(result)["regularization"]
    assert result.kind == "penalty", result
    (cause,) = [one for one in result.comparisons[-1].causes if not one.ok]
    if factor:
        assert cause.factor == pytest.approx(factor)
    assert "regularization" in str(result)


@pytest.mark.parametrize("reg", [REG, 1e-2, 1.0])
@pytest.mark.parametrize("factor", [0.5, 2.0, -1.0, 12.0])
def test_the_data_loss_alone(factor, reg):
    W, X, y = small()
    result = deeprob.gradcheck(mixed(data=factor), (W, X, y, reg), strict=True, raise_exception=False)
    assert terms(result) == {"": False, "data loss": False, "regularization": True}
    assert result.kind == "factor", result
    (cause,) = [one for one in result.comparisons[1].causes if not one.ok]
    assert cause.factor == pytest.approx(factor)


def test_both():
    W, X, y = small()
    result = deeprob.gradcheck(mixed(2.0, 0.5), (W, X, y, 0.1), strict=True, raise_exception=False)
    assert terms(result) == {"": False, "data loss": False, "regularization": False}
    assert [one.factor for made in result.comparisons[1:] for one in made.causes] == pytest.approx([2.0, 0.5])
    assert {"factor", "penalty"} <= set(result.kinds)


@pytest.mark.parametrize("reg", [REG, 1e-2, 1.0, 1e3])
@pytest.mark.parametrize("loss", deeprob.losses.NAMES)
def test_right_ones_pass(loss, reg):
    W, X, y = small()
    function = getattr(deeprob, f"{loss}_loss")
    assert deeprob.gradcheck(function, (W, X, y, reg), strict=True)
    assert deeprob.gradcheck(lambda W, X, y, reg: function(W, X, y, reg), (W, X, y, reg), strict=True)
    assert deeprob.gradcheck(mixed(), (W, X, y, reg), strict=True)


def test_without_strict_the_terms_tell_what_is_wrong():
    W, X, y = small()
    result = deeprob.gradcheck(mixed(penalty=0.5), (W, X, y, 0.1), raise_exception=False)
    assert result.kind == "penalty" and "regularization" in str(result)
    assert [made.term for made in deeprob.gradcheck(mixed(), (W, X, y, 0.1)).comparisons] == [""]


# ---- other strengths ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["reg", "lambda_", "lam", "weight_decay", "reg_strength"])
def test_names_of_a_strength(name):
    W, X, y = small()
    space = {"deeprob": deeprob, "np": np, "X": X, "y": y}
    exec(  # a function with a parameter of that name
        f"def func(W, {name}):\n"
        f"    loss, dW = deeprob.softmax_loss(W, X, y)\n"
        f"    return loss + {name} * np.sum(W**2), dW + wrong * {name} * W\n",
        space,
    )
    for wrong, right in ((2.0, True), (1.0, False), (0.0, False)):
        space["wrong"] = wrong
        result = deeprob.gradcheck(space["func"], (W, REG), strict=True, raise_exception=False)
        assert bool(result) == right
        assert terms(result) == {"": right, "data loss": True, "regularization": right}
        assert result.kind == ("agrees" if right else "penalty")


def test_a_strength_that_is_an_attribute():
    W, X, y = small()

    class Net:
        def __init__(self, wrong):
            self.reg, self.wrong = REG, wrong

        def __call__(self, W):
            loss, dW = deeprob.softmax_loss(W, X, y)
            return loss + self.reg * np.sum(W**2), dW + self.wrong * self.reg * W

    net = Net(2.0)
    assert deeprob.gradcheck(net, W, strict=True)
    assert net.reg == REG  # a copy has another strength
    result = deeprob.gradcheck(Net(1.0), W, strict=True, raise_exception=False)
    assert not result and result.kind == "penalty"


@pytest.mark.parametrize("reg_type", ["l1", "elastic"])
def test_other_penalties(reg_type):
    W, X, y = small()

    class Wrong(deeprob.Objective):
        def __call__(self, W, index=None, *, out=None):
            loss, dW = super().__call__(W, index)
            data = deeprob.Objective(self.X, self.y)(W)[1]
            return loss, data + 0.5 * (dW - data)

    options = {"reg": REG, "reg_type": reg_type}
    assert deeprob.gradcheck(deeprob.Objective(X, y, **options), W, strict=True)
    result = deeprob.gradcheck(Wrong(X, y, **options), W, strict=True, raise_exception=False)
    assert terms(result)["data loss"] and not terms(result)["regularization"]
    assert result.kind == "penalty", result
    assert result.comparisons[-1].causes[0].factor == pytest.approx(0.5)


def test_the_l2_gradient_for_an_l1_penalty():
    W, X, y = small()

    def func(W, reg):
        loss, dW = deeprob.softmax_loss(W, X, y)
        return loss + reg * np.abs(W).sum(), dW + 2 * reg * W

    result = deeprob.gradcheck(func, (W, REG), strict=True, raise_exception=False)
    assert not result and result.kind == "penalty"
    # At W = 0 the penalty of L1 has a kink, and 0 is between its slopes.
    assert deeprob.gradcheck(
        lambda W, reg: (
            value("softmax", W, X, y, 0.0) + reg * np.abs(W).sum(),
            deeprob.softmax_loss(W, X, y)[1] + reg * np.sign(W),
        ),
        (np.zeros((3, 5)), REG),
        strict=True,
    )


def test_no_strength_no_terms():
    W, X, y = small()
    for reg in (0.0, 0):
        result = deeprob.gradcheck(deeprob.softmax_loss, (W, X, y, reg), strict=True)
        assert [made.term for made in result.comparisons] == [""]


def test_float32_weights_are_checked_by_terms_too():
    W, X, y = small()
    W32 = W.astype(np.float32)
    before = W32.tobytes()
    assert deeprob.gradcheck(deeprob.Objective(X.astype(np.float32), y, reg=0.1), W32, strict=True)
    result = deeprob.gradcheck(mixed(penalty=0.5), (W32, X, y, 0.1), strict=True, raise_exception=False)
    assert not result and result.kind == "penalty"
    assert W32.tobytes() == before
