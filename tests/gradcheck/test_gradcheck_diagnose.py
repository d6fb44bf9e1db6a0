"""diagnose: mistakes planted in the gradients of random problems must be named, and nothing else."""

import re
import time
import warnings
from dataclasses import replace

import numpy as np
import pytest

import deeprob
from deeprob import reference
from deeprob._gradcheck import KINDS
from deeprob._gradcheck.diagnose import Evidence, diagnose
from deeprob.losses import squared_hinge_loss

LOSSES = {"softmax": deeprob.softmax_loss, "svm": deeprob.svm_loss, "squared_hinge": squared_hinge_loss}


class Problem:
    """A linear classifier's loss at a random point, taken apart."""

    def __init__(self, loss="softmax", seed=0, N=23, D=6, C=4, reg=0.1, scale=1.0):
        rng = np.random.default_rng([seed, N, D, C])
        self.rng, self.loss, self.reg = rng, loss, reg
        self.X = rng.standard_normal((N, D))
        self.X[:, -1] = 1.0
        self.y = rng.permutation(np.arange(N) % C)
        self.W = scale * rng.standard_normal((C, D))
        self.N, self.D, self.C = N, D, C
        _, self.data = LOSSES[loss](self.W, self.X, self.y)
        self.rest = 2 * reg * self.W
        self.g = self.data + self.rest
        self.S = self.X @ self.W.T
        self.ds = getattr(reference, loss)(self.S, self.y)[1]
        self.Y = np.eye(C)[self.y]
        self.own = self.Y  # the label's own term, by the scores
        if loss != "softmax":
            others = self.ds * (1 - self.Y)
            self.own = others.sum(axis=1, keepdims=True) * self.Y

    def by_scores(self, M, N=None):
        return M.T @ self.X / (N or self.N)

    def without(self, *examples):
        left = np.ones(self.N)
        left[list(examples)] = 0
        return self.by_scores(left[:, None] * self.ds) + self.rest

    def row(self, c, value):
        g = self.g.copy()
        g[c] = value if np.isscalar(value) else value(g[c])
        return g


def evidence(p, analytic, numeric=None, *, rtol=1e-5, noise=0.95, known=True, **more):
    """The evidence of a check whose numeric gradient is off by up to nearly the tolerance."""
    numeric = p.g if numeric is None else numeric
    tolerance = rtol * (1e-3 * np.max(np.abs(numeric), initial=0) + np.abs(numeric))
    numeric = numeric + noise * tolerance * p.rng.uniform(-1, 1, numeric.shape)
    wrong = np.ones(numeric.shape, bool)
    if np.shape(analytic) == numeric.shape:
        wrong = np.abs(analytic - numeric) > tolerance
    what = {"name": "W"}
    if known:
        what = {
            "inputs": {"W": p.W, "X": p.X, "y": p.y, "reg": p.reg},
            "reg": p.reg,
            "examples": (p.X, p.y),
            "class_axis": 0,
        }
    return Evidence(p.W, analytic, numeric, tolerance, wrong, **(what | more))


def turned(e):
    """The same with W as (D, C)."""
    return replace(
        e,
        x=e.x.T,
        analytic=e.analytic.T,
        numeric=e.numeric.T,
        tolerance=e.tolerance.T,
        wrong=e.wrong.T,
        class_axis=1,
        inputs=e.inputs | {"W": e.x.T},
    )


def sampled(p, e, k=40):
    """The same at k entries of W."""
    at = np.stack([p.rng.integers(0, p.C, k), p.rng.integers(0, p.D, k)], axis=1)
    pick = {name: getattr(e, name)[tuple(at.T)] for name in ("analytic", "numeric", "tolerance", "wrong")}
    return replace(e, indices=at, **pick)


def check(cause, kind, factor, pattern):
    assert cause.kind == kind, cause
    assert factor is None or cause.factor == pytest.approx(factor, rel=1e-4), cause
    assert re.search(pattern, cause.text), cause
    assert not cause.ok
    assert cause.kind in KINDS


# ---- wrong in any function -----------------------------------------------------------------------------

FACTORS = {
    "sign": (lambda p: -1.0, r"factor -1: .*sign"),
    "twice": (lambda p: 2.0, r"factor 2: analytic = 2 x numeric \(added twice, or still there from the call"),
    "half": (lambda p: 0.5, r"factor 0\.5: analytic = 0\.5 x numeric"),
    "third call": (lambda p: 3.0, r"factor 3: .*calls before"),
    "sum": (lambda p: p.N, r"factor N = 23: .*sum over the examples"),
    "divided twice": (lambda p: 1 / p.N, r"factor 1/N = 0\.04348: .*once too often"),
    "C": (lambda p: p.C, r"factor C = 4"),
    "mean over C": (lambda p: 1 / p.C, r"factor 1/C = 0\.25"),
    "mean over all": (lambda p: 1 / (p.N * p.C), r"factor 1/\(N C\)"),
    "D": (lambda p: p.D, r"factor D = 6"),
    "Bessel": (lambda p: p.N / (p.N - 1), r"factor N/\(N-1\) = 1\.045"),
    "log10": (lambda p: 1 / np.log(10), r"factor 1/ln 10 = 0\.4343"),
    "any": (lambda p: 1.2345, r"factor 1\.23[45]: analytic = 1\.23[45] x numeric\.$"),
    "negative": (lambda p: -7.7, r"factor -7\.7: "),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mistake", FACTORS)
def test_a_constant_factor(mistake, loss):
    p = Problem(loss)
    of, pattern = FACTORS[mistake]
    e = evidence(p, of(p) * p.g)
    for seen in (e, turned(e), sampled(p, e)):
        check(diagnose(seen), "factor", of(p), pattern)


@pytest.mark.parametrize("c", [-1, 2, 0.5, -2, 17, 1.2345])
def test_a_factor_needs_nothing_but_the_two_gradients(c):
    p = Problem()
    check(diagnose(evidence(p, c * p.g, known=False)), "factor", c, rf"factor {c:.3g}")


def test_a_factor_in_the_data_loss_is_said_to_be_there():
    p = Problem()
    cause = diagnose(evidence(p, p.N * p.data, p.data, term="data loss"))
    check(cause, "factor", p.N, r"factor N = 23 in the data loss: analytic = 23 x numeric")


def test_what_two_and_n_cannot_be_told_apart_by_is_said():
    p = Problem(N=2, C=2)
    check(diagnose(evidence(p, 2 * p.g)), "factor", 2, r"^Wrong by the factor 2: .*2 is also N and C here")
    p = Problem(N=5)
    assert "also" not in diagnose(evidence(p, 2 * p.g)).text


def test_one_entry_has_simple_factors_only():
    one = np.array(3.0)
    for c, kind in ((2.0, "factor"), (-1.0, "factor"), (1.234, "other")):
        e = Evidence(one, c * one, one, np.array(1e-6), np.array(True))
        assert diagnose(e).kind == kind


def test_a_gradient_of_zeros():
    p = Problem()
    check(diagnose(evidence(p, 0 * p.g)), "factor", 0, "The gradient is missing: analytic is 0 everywhere")


def test_a_numeric_gradient_of_zeros():
    p = Problem()
    g = p.rng.standard_normal(p.g.shape)
    check(
        diagnose(evidence(p, g, 0 * g, known=False)), "other", None, "numeric is 0 everywhere: the function"
    )


def test_transposed_in_another_shape():
    p = Problem()
    check(
        diagnose(evidence(p, p.g.T)),
        "transposed",
        None,
        r"shape \(6, 4\), W has \(4, 6\): it is transposed; .*right",
    )
    check(diagnose(evidence(p, 2 * p.g.T)), "transposed", 2, "transposed, and wrong by the factor 2 besides")
    check(diagnose(evidence(p, p.g.T + p.X[:6, :4])), "transposed", None, "transposed, and its values differ")


def test_transposed_in_the_same_shape():
    p = Problem(D=4)
    check(diagnose(evidence(p, p.g.T)), "transposed", None, r"transposed: analytic\[i, j\] .* W\[j, i\]")
    check(diagnose(evidence(p, -p.g.T)), "transposed", -1, "transposed.*factor -1 besides")
    p = Problem(D=6)
    check(diagnose(evidence(p, p.g.T.reshape(4, 6))), "transposed", None, "by a reshape")
    check(diagnose(evidence(p, p.g.reshape(6, 4).T)), "transposed", None, "by a reshape")


def test_reversed_as_a_convolution_is_beside_a_correlation():
    rng = np.random.default_rng(0)
    k = rng.standard_normal((3, 5, 5))
    e = Evidence(k, np.flip(k), k, np.full(k.shape, 1e-9), np.ones(k.shape, bool))
    check(diagnose(e), "transposed", None, "reversed along all axes")
    e = replace(e, analytic=k.swapaxes(1, 2))
    check(diagnose(e), "transposed", None, "transposed in its axes 1 and 2")


def test_a_transposed_jacobian():
    J = np.random.default_rng(0).standard_normal((2, 3, 3, 2))
    e = Evidence(
        np.zeros((2, 3)),
        J.reshape(6, 6).T.reshape(J.shape),
        J,
        np.full(J.shape, 1e-9),
        np.ones(J.shape, bool),
        (3, 2),
    )
    check(diagnose(e), "transposed", None, "Jacobian is transposed")


@pytest.mark.parametrize(
    ("change", "kind", "pattern"),
    [
        (lambda p: p.g.ravel(), "shape", r"shape \(24,\), W has \(4, 6\); its values are right: reshape it"),
        (lambda p: p.g.ravel(order="F"), "transposed", r"in the order of W\.T"),
        (lambda p: p.g[..., None], "shape", "reshape it"),
        (lambda p: np.stack([p.g / 2, p.g / 2]), "shape", "its sum over axis 0 is missing"),
        (lambda p: np.stack([p.g] * 3, axis=-1), "shape", "its mean over axis 2 is missing"),
        (lambda p: p.g[:, :-1], "shape", r"shape \(4, 5\), W has \(4, 6\)\.$"),
        (lambda p: np.float64(1.0), "shape", r"shape \(\), W has \(4, 6\)\.$"),
        (lambda p: p.g.ravel() + 1, "shape", "differ as well"),
    ],
)
def test_another_shape(change, kind, pattern):
    p = Problem()
    check(diagnose(evidence(p, change(p))), kind, None, pattern)


def test_a_bias_gradient_that_was_not_summed_over_the_examples():
    p = Problem()
    b, db = np.zeros(p.C), p.ds.mean(axis=0)
    e = Evidence(b, p.ds / p.N, db, np.full(p.C, 1e-9), np.ones(p.C, bool), name="b")
    check(diagnose(e), "shape", None, r"shape \(23, 4\), b has \(4,\): its sum over axis 0 is missing")


def test_nan():
    p = Problem()
    g = p.g.copy()
    g[1, 2] = np.nan
    check(diagnose(evidence(p, g)), "not finite", None, r"analytic\[1, 2\] is NaN")
    g[1, 3] = np.inf
    check(diagnose(evidence(p, g)), "not finite", None, "one of 2")


# ---- the regularization term ---------------------------------------------------------------------------

PENALTIES = {
    "missing": (lambda p: p.data, 0, "The regularization term is missing: analytic lacks 0.2 W"),
    "half": (
        lambda p: p.data + p.rest / 2,
        0.5,
        "factor 0.5 in the regularization term: analytic is 0.1 W where",
    ),
    "quarter, the demo's": (
        lambda p: p.data + p.rest / 4,
        0.25,
        "factor 0.25 in .* 0.05 W where the loss asks 0.2 W",
    ),
    "twice": (lambda p: p.data + 2 * p.rest, 2, "factor 2 in .*analytic is 0.4 W where the loss asks 0.2 W"),
    "subtracted": (lambda p: p.data - p.rest, -1, "factor -1 in .*analytic is -0.2 W"),
    "divided by N": (lambda p: p.data + p.rest / p.N, 1 / 23, "factor 1/N = 0.04348 in the regularization"),
    "once per example": (lambda p: p.data + p.rest * p.N, 23, "factor N = 23 in the regularization term"),
    "once per class": (lambda p: p.data + p.rest * p.C, 4, "factor 4 in the regularization.*also C"),
    "mean of squares": (lambda p: p.data + p.rest / 24, 1 / 24, r"factor 1/W.size = 0.04167"),
    "strength squared": (lambda p: p.data + p.rest * p.reg, 0.1, "factor reg = 0.1"),
    "L1": (
        lambda p: p.data + p.reg * np.sign(p.W),
        None,
        r"analytic has 0.1 sign\(W\) where the loss asks 0.2 W",
    ),
    "abs": (
        lambda p: p.data + p.reg * np.abs(p.W),
        None,
        r"analytic has 0.1 abs\(W\) where the loss asks 0.2 W",
    ),
    "no derivative": (lambda p: p.data + p.reg * p.W**2, None, r"0.1 W\^2 where the loss asks 0.2 W"),
    "a number": (lambda p: p.data + p.reg, None, "0.1 everywhere where the loss asks 0.2 W"),
    "not the bias": (
        lambda p: p.g - p.rest * (np.arange(p.D) == p.D - 1),
        None,
        r"The last column of W \(the bias\?\) is regularized by the loss, not .*: analytic lacks 0.2 W",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mistake", PENALTIES)
def test_the_regularization_term(mistake, loss):
    p = Problem(loss)
    of, factor, pattern = PENALTIES[mistake]
    e = evidence(p, of(p))
    check(diagnose(e), "penalty", factor, pattern)
    check(diagnose(sampled(p, e)), "penalty", factor, pattern)
    check(diagnose(turned(e)), "penalty", factor, pattern.replace("column", "row"))


@pytest.mark.parametrize("mistake", PENALTIES)
def test_the_regularization_term_apart(mistake):
    """Checked by itself, all of the term is known."""
    p = Problem()
    of, factor, pattern = PENALTIES[mistake]
    cause = diagnose(evidence(p, of(p) - p.data, p.rest, term="regularization"))
    check(cause, "penalty", factor, pattern.replace("analytic has", "analytic (has|is)"))


def test_the_regularization_term_alone_may_be_wrong_in_any_way():
    p = Problem()
    cause = diagnose(evidence(p, p.rng.standard_normal(p.g.shape), p.rest, term="regularization"))
    check(cause, "penalty", None, "24 entries are wrong in the regularization term")


def test_a_bias_that_the_loss_does_not_regularize():
    p = Problem()
    spared = p.rest * (np.arange(p.D) < p.D - 1)
    numeric = p.data + spared
    check(
        diagnose(evidence(p, p.g, numeric)), "penalty", None, "regularized by the gradient, not by the loss"
    )
    check(diagnose(evidence(p, p.data, numeric)), "penalty", 0, "lacks 0.2 W except in the last column")
    cause = diagnose(evidence(p, p.rest / 2, spared, term="regularization"))
    check(cause, "penalty", None, "0.1 W where the loss asks 0.2 W except in the last column")


def test_other_regularizers():
    p = Problem()
    l1 = p.reg * np.sign(p.W)
    check(diagnose(evidence(p, p.data, p.data + l1)), "penalty", 0, r"lacks 0\.1 sign\(W\)")
    check(
        diagnose(evidence(p, p.g, p.data + l1)),
        "penalty",
        None,
        r"has 0\.2 W where the loss asks 0\.1 sign\(W\)",
    )
    both = p.g + l1
    check(diagnose(evidence(p, p.data, both)), "penalty", 0, r"lacks 0\.2 W \+ 0\.1 sign\(W\)")
    check(
        diagnose(evidence(p, p.g, both)),
        "penalty",
        None,
        r"has 0\.2 W where .* asks 0\.2 W \+ 0\.1 sign\(W\)",
    )


def test_a_penalty_where_nothing_else_is_known():
    p = Problem()
    cause = diagnose(evidence(p, p.data, known=False))
    check(cause, "penalty", None, r"missing: analytic lacks 0\.2 W, the gradient of 0\.1 sum\(W\^2\)")
    cause = diagnose(evidence(p, p.g + p.rest, known=False))
    check(cause, "penalty", None, r"too much: analytic has 0\.2 W more")
    # with the strength alone, the loss's convention is not known
    cause = diagnose(evidence(p, p.data + p.rest / 2, known=False, reg=p.reg))
    check(cause, "penalty", 0.5, r"factor 0\.5 .*if the loss has 0\.1 sum\(W\^2\); .* 0\.1/2 .* missing")


def test_a_penalty_in_the_data_loss():
    p = Problem()
    cause = diagnose(evidence(p, p.g, p.data, term="data loss"))
    check(cause, "penalty", None, "analytic has 0.2 W that the data loss has not")


def test_a_penalty_that_drowns_the_data():
    """At reg = 1,000 the data are within the tolerance of a factor 0.5 of everything."""
    p = Problem(reg=1e3)
    check(
        diagnose(evidence(p, p.data + p.rest / 2, rtol=1e-3)),
        "penalty",
        0.5,
        "1000 W where the loss asks 2000 W",
    )


DATA = {
    "no division by N": (
        lambda p: p.N,
        1,
        r"factor N = 23 in the data loss; the regularization term, 0\.2 W, is right",
    ),
    "division twice": (lambda p: 1 / p.N, 1, r"factor 1/N = 0\.04348 in the data loss"),
    "mean over C": (lambda p: 1 / p.C, 1, r"factor 1/C = 0\.25 in the data loss"),
    "sign": (lambda p: -1, 1, "factor -1 in the data loss"),
    "two mistakes": (
        lambda p: 2,
        0.5,
        "factor 2 in the data loss and by the factor 0.5 in the regularization",
    ),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mistake", DATA)
def test_a_factor_of_the_data_beside_a_penalty(mistake, loss):
    p = Problem(loss)
    of, of_rest, pattern = DATA[mistake]
    e = evidence(p, of(p) * p.data + of_rest * p.rest)
    for seen in (e, turned(e), sampled(p, e)):
        check(diagnose(seen), "factor", of(p), pattern)
    check(diagnose(evidence(p, p.rest)), "factor", 0, "data loss's gradient is missing")


def test_a_factor_of_the_data_where_nothing_else_is_known():
    p = Problem()
    cause = diagnose(evidence(p, p.N * p.data + p.rest, known=False))
    check(
        cause,
        "factor",
        p.N,
        r"factor 23 in the data loss: analytic = 23 x numeric - 4\.4 W, as where .* 0\.2 W",
    )


# ---- classes -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("known", [True, False])
def test_rows_of_classes(loss, known):
    p = Problem(loss)

    def found(analytic):
        return diagnose(evidence(p, analytic, known=known))

    check(found(p.row(2, 0.0)), "class", None, "(Class 2's row|Row 2) is 0")
    check(
        found(p.row(3, 0.0)),
        "class",
        None,
        r"is 0 \(the last one: does a loop stop one (class|row) early\?\)",
    )
    check(found(p.row([1, 2], 0.0)), "class", None, "([Rr]ows of classes|Rows) 1 and 2 are 0")
    check(found(p.row(1, lambda row: 2 * row)), "class", 2, "row|Row 1 is wrong by the factor 2")
    check(found(p.row(1, lambda row: row + p.rng.standard_normal(p.D))), "class", None, "1('s row)? is wrong")
    check(
        found(p.g[[1, 0, 2, 3]]),
        "class",
        None,
        "wrong order: (class|row) 0 has that of 1 and 1 has that of 0",
    )
    check(found(np.roll(p.g, 1, axis=0)), "class", None, "wrong order.* 1 has that of 0")
    if known:
        rows = p.g * np.array([2.0, 3, 0.5, 1.7])[:, None]
        check(found(rows), "class", None, "own: class 0 by 2, class 1 by 3")


def test_columns_are_no_classes():
    p = Problem()
    g = p.g.copy()
    g[:, -1] = 0
    check(diagnose(evidence(p, g)), "other", None, "Column 5 is 0 .the last one")
    check(diagnose(turned(evidence(p, p.row(2, 0.0)))), "class", None, "Class 2's column is 0")


OWN = {
    "missing": (0, "own term is missing: analytic lacks -"),
    "sign": (-1, r"own term has the wrong sign: analytic has \+"),
    "twice": (2, "own term counts twice"),
    "not divided by N": (23, "own term is not divided by N"),
    "divided twice": (1 / 23, "own term is divided by N twice"),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("mistake", OWN)
def test_the_labels_own_term(mistake, loss):
    p = Problem(loss)
    times, pattern = OWN[mistake]
    e = evidence(p, p.g + (1 - times) * p.by_scores(p.own))
    check(diagnose(e), "class", None, pattern)
    check(diagnose(sampled(p, e)), "class", None, pattern)
    cause = diagnose(turned(e))
    check(cause, "class", None, pattern)
    assert "row" not in cause.text


def test_the_sentence_about_the_labels_own_term():
    p = Problem()
    cause = diagnose(evidence(p, p.g + p.by_scores(p.Y)))
    assert cause.text == "The label's own term is missing: analytic lacks -(1/N) X[i] in row y[i]."
    p = Problem("svm")
    assert (
        "-(1/N) k[i] X[i] in row y[i], k[i] the number of"
        in diagnose(evidence(p, p.g + p.by_scores(p.own))).text
    )


def onehot(p, y):
    return np.eye(p.C)[y]


SCORES = {
    "only the label's": (lambda p: -p.own, "Only the label's own term is there"),
    "others' sign": (lambda p: -p.ds - 2 * p.own, "terms of the scores have the wrong sign"),
    "y + 1": (lambda p: moved(p, (p.y + 1) % p.C), r"own term is at y\[i\] \+ 1 .*off by one"),
    "y - 1": (lambda p: moved(p, p.y - 1), r"own term is at y\[i\] - 1 .*off by one"),
    "labels of the loss": (
        lambda p: getattr(reference, p.loss)(p.S, (p.y + 1) % p.C)[1],
        r"gradient is that of the labels y\[i\] \+ 1",
    ),
    "winner": (lambda p: moved(p, p.S.argmax(axis=1)), "own term is at the class of the largest score"),
    "[:, y]": (
        lambda p: p.ds + p.own - p.own.sum(axis=1).max(),
        r"index with \[np.arange\(N\), y\], not with \[:, y\]",
    ),
    "[y]": (
        lambda p: p.ds + p.own - (np.arange(p.N) < p.C)[:, None] * p.own.sum(axis=1).max(),
        r"index with \[np.arange\(N\), y\], not with \[y\]",
    ),
    "repeated index": (
        lambda p: (
            p.ds
            + p.own
            - p.own * np.isin(np.arange(p.N), [np.flatnonzero(p.y == c)[-1] for c in range(p.C)])[:, None]
        ),
        "only the last example of each class: .* repeated index",
    ),
}
SOFTMAX = {
    "not normalized": (lambda p: np.exp(p.S) - p.Y, "not divided by their sum"),
    "wrong axis": (
        lambda p: np.exp(p.S) / np.exp(p.S).sum(axis=0) - p.Y,
        "over the examples, not over the classes",
    ),
    "no axis": (lambda p: np.exp(p.S) / np.exp(p.S).sum() - p.Y, "sum has no axis"),
    "scores": (lambda p: p.S - p.Y, "scores themselves"),
    "sigmoid": (lambda p: 1 / (1 + np.exp(-p.S)) - p.Y, "gradient is that of the sigmoid cross-entropy"),
    "only the label's class": (lambda p: p.ds * p.Y, "Only the label's class gets a gradient"),
    "SVM's": (lambda p: reference.svm(p.S, p.y)[1], "that of the SVM loss; the function is the softmax loss"),
}
SVM = {
    "-1 at the label": (lambda p: p.ds + p.own - p.Y, "does not count the violated margins"),
    "own margin": (lambda p: p.ds - p.Y, "The label's own margin, always violated, is counted"),
    "own margin, its row": (lambda p: p.ds + p.Y, r"own margin is counted as violated: its row has X\[i\]"),
    "own margin, no label": (lambda p: p.ds + p.own + p.Y, "own margin .*own term is missing"),
    "no margin": (lambda p: reference.svm(p.S, p.y, 0.0)[1], "The margin is missing"),
    "margins": (lambda p: reference.squared_hinge(p.S, p.y)[1] / 2, "margins are in place of ones"),
    "squared": (lambda p: reference.squared_hinge(p.S, p.y)[1], "that of the squared hinge loss"),
    "a class": (lambda p: without_class(p, 2), "Class 2's margins are left out"),
}


def moved(p, y):
    """The label's own term at other labels."""
    return p.ds + p.own - p.own.sum(axis=1, keepdims=True) * onehot(p, y)


def without_class(p, c):
    others = (p.ds * (1 - p.Y)) * (np.arange(p.C) != c)
    return others - others.sum(axis=1, keepdims=True) * p.Y


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(
    ("loss", "mistake", "table"),
    [
        *(
            (loss, mistake, SCORES)
            for loss in ("softmax", "svm")
            for mistake in SCORES
            if (loss, mistake) != ("softmax", "labels of the loss")
        ),  # p has no label: the same as y + 1
        *(("softmax", mistake, SOFTMAX) for mistake in SOFTMAX),
        *(("svm", mistake, SVM) for mistake in SVM),
    ],
)
def test_between_scores_and_gradient(loss, mistake, table, seed):
    p = Problem(loss, seed)
    M, pattern = table[mistake]
    e = evidence(p, p.by_scores(M(p)) + p.rest)
    check(diagnose(e), "class", None, pattern)
    check(diagnose(turned(e)), "class", None, pattern.replace("row", "row|column"))
    check(diagnose(sampled(p, e)), "class", None, pattern)


def test_the_label_where_the_loss_is_not_known():
    """Beside a penalty of another kind than is known here, the error still shows the label's term."""
    p = Problem()
    numeric = p.g + np.sin(p.W)
    for k, pattern in (
        (1, "is missing: analytic lacks -"),
        (2, "wrong sign"),
        (-1, "twice"),
        (0.3, r"has 0\.3 "),
    ):
        check(diagnose(evidence(p, numeric + k * p.by_scores(p.Y), numeric)), "class", None, pattern)
    shifted = p.by_scores(p.Y - onehot(p, (p.y + 1) % p.C))
    check(diagnose(evidence(p, numeric + shifted, numeric)), "class", None, "off by one")


def test_another_multiple_of_the_label():
    p = Problem("squared_hinge")
    cause = diagnose(evidence(p, p.g + 0.7 * p.by_scores(p.Y)))
    check(cause, "class", None, r"own term is wrong: analytic has 0\.7 \(1/N\) X\[i\] in row y\[i\] too much")


def test_a_bias_and_scores():
    p = Problem()
    b = p.rng.standard_normal(p.C)
    ds = reference.softmax(p.S + b, p.y)[1]
    db = ds.mean(axis=0)
    inputs = {"W": p.W, "X": p.X, "y": p.y, "b": b}

    def of_b(analytic):
        tolerance = np.full(p.C, 1e-9)
        return diagnose(
            Evidence(
                b,
                analytic,
                db,
                tolerance,
                np.abs(analytic - db) > 1e-9,
                inputs=inputs,
                examples=(p.X, p.y),
                class_axis=0,
            )
        )

    check(of_b(p.N * db), "factor", p.N, "N = 23")
    check(
        of_b(db + p.Y.mean(axis=0)), "class", None, r"own term is missing: analytic lacks -\(1/N\) at y\[i\]"
    )
    check(of_b(db - ds[5] / p.N), "example", None, "Example 5 is missing")
    check(of_b(db * [1, 0, 1, 1]), "class", None, "Class 1's entry is 0")
    # W beside the bias
    numeric = p.by_scores(ds) + p.rest
    e = evidence(p, numeric + p.by_scores(p.Y), numeric, inputs=inputs)
    check(diagnose(e), "class", None, "own term is missing")

    def of_scores(analytic):
        s, numeric, inputs = p.S, p.ds / p.N, {"s": p.S, "y": p.y}
        wrong = np.abs(analytic - numeric) > 1e-9
        return diagnose(
            Evidence(s, analytic, numeric, np.full(s.shape, 1e-9), wrong, inputs=inputs, examples=(s, p.y))
        )

    check(of_scores(p.ds), "factor", p.N, "N = 23")
    check(of_scores((p.ds + p.Y) / p.N), "class", None, r"lacks -\(1/N\) at \[i, y\[i\]\]")
    check(of_scores(p.ds / p.N * (np.arange(p.N) != 4)[:, None]), "example", None, "Example 4's row is 0")


# ---- examples ------------------------------------------------------------------------------------------

EXAMPLES = {
    "one": (lambda p: p.without(p.N // 2), r"Example 11 is missing\.$"),
    "the last": (lambda p: p.without(p.N - 1), r"Example 22 is missing \(the last one\)\.$"),
    "the first": (lambda p: p.without(0), r"Example 0 is missing \(the first one\)"),
    "two": (lambda p: p.without(3, 8), "Examples 3 and 8 are missing"),
    "one, and the mean without": (
        lambda p: (p.without(5) - p.rest) * p.N / (p.N - 1) + p.rest,
        "Example 5 is missing, and the mean is over 22",
    ),
    "twice": (lambda p: 2 * p.g - p.without(7) - p.rest + p.rest, "Example 7 counts twice"),
    "the first ones": (lambda p: p.without(*range(9, p.N)), "Only the first 9 of 23 examples count"),
    "a batch": (
        lambda p: p.by_scores((np.arange(p.N) < 8)[:, None] * p.ds, 8) + p.rest,
        "Only the first 8 of 23 examples count, and the mean is over 8",
    ),
    "the last ones": (lambda p: p.without(*range(4)), "Only the last 19 of 23 examples count"),
    "each second": (lambda p: p.without(*range(1, p.N, 2)), "Only the examples of even position count"),
    "overwritten": (lambda p: p.without(*range(p.N - 1)), r"Only example 22 \(the last one\) counts"),
}


@pytest.mark.parametrize("mistake", EXAMPLES)
def test_examples_of_softmax(mistake):
    """Of softmax each example has a part in the gradient; of the SVM some have none, missing or not."""
    p = Problem("softmax")
    of, pattern = EXAMPLES[mistake]
    e = evidence(p, of(p))
    check(diagnose(e), "example", None, pattern)
    check(diagnose(turned(e)), "example", None, pattern)


@pytest.mark.parametrize("loss", ["svm", "squared_hinge"])
def test_examples_of_the_svm(loss):
    p = Problem(loss, seed=1)
    counts = np.flatnonzero(p.ds.any(axis=1))
    for i in counts[[0, 5, -1]]:
        check(diagnose(evidence(p, p.without(i))), "example", None, f"Example {i} is missing")
    check(diagnose(evidence(p, p.without(*counts[[2, 3]]))), "example", None, "Examples .* are missing")


def test_an_example_where_the_loss_is_not_known():
    p = Problem()
    numeric = p.g + np.sin(p.W)
    e = evidence(p, numeric - p.by_scores(p.ds * (np.arange(p.N) == 6)[:, None]), numeric)
    check(
        diagnose(e), "example", None, r"Example 6 is missing or wrong: in each row, .* a multiple of X\[6\]"
    )


@pytest.mark.parametrize("labels", ["0 and 1", "-1 and 1"])
def test_a_vector_of_weights(labels):
    """Logistic regression."""
    rng = np.random.default_rng(0)
    X, y, w = rng.standard_normal((15, 5)), rng.integers(0, 2, 15), rng.standard_normal(5)
    ds = 1 / (1 + np.exp(-X @ w)) - y
    e = Evidence(
        w,
        ds @ X,
        ds @ X / 15,
        np.full(5, 1e-9),
        np.ones(5, bool),
        name="w",
        examples=(X, y if labels == "0 and 1" else 2 * y - 1),
    )
    check(diagnose(e), "factor", 15, "N = 15")
    check(
        diagnose(replace(e, analytic=np.delete(ds, 4) @ np.delete(X, 4, 0) / 15)),
        "example",
        None,
        "Example 4 is",
    )
    if labels == "0 and 1":
        check(diagnose(replace(e, analytic=(ds + y) @ X / 15)), "class", None, "label's own term is missing")
        check(diagnose(replace(e, analytic=-ds @ X / 15)), "factor", -1, "sign")


# ---- nothing, and as little as possible, is invented ---------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
@pytest.mark.parametrize("loss", LOSSES)
def test_garbage_is_other(loss, known, one_blas_thread):
    for seed in range(12):
        p = Problem(loss, seed, N=5 + seed % 20, D=3 + seed % 5, C=3 + seed % 3)
        size = np.max(np.abs(p.g))
        noise = p.rng.standard_normal(p.g.shape)
        for analytic in (size * noise, p.g + 0.01 * size * noise, p.g * (1 + 0.1 * noise), np.sin(5 * p.g)):
            cause = diagnose(evidence(p, analytic, known=known))
            assert cause.kind == "other", (seed, cause)
            assert cause.factor is None
            assert re.search(r"entries are wrong", cause.text)
            assert "everywhere" not in cause.text


def test_other_says_how_many_entries_are_wrong_and_where():
    p = Problem()
    g = p.g.copy()
    g[2, 3] += 0.5
    check(diagnose(evidence(p, g)), "other", None, r"^1 of 24 entries is wrong, W\[2, 3\]; the cosine")
    g[2, 1] -= 0.2
    check(diagnose(evidence(p, g)), "other", None, "^2 of 24 entries are wrong, all in row 2;")
    check(diagnose(sampled(p, evidence(p, p.rng.standard_normal(g.shape)))), "other", None, "^All 40 entries")
    check(diagnose(evidence(p, p.g + 0.3, known=False)), "other", None, "off by the same number: 0.3")


def test_some_entries_by_one_factor():
    p = Problem()
    g = p.g.copy()
    at = p.rng.permutation(g.size)[:9]
    g.flat[at] *= -1
    cause = diagnose(evidence(p, g))
    check(cause, "factor", -1, "factor -1 in 9 of 24 entries")
    assert np.array_equal(np.flatnonzero(cause.verdicts), np.sort(at))


def test_entries_at_kinks_count_for_nothing():
    """Beyond the tolerance and not called wrong: the numeric value there is no derivative."""
    p = Problem("svm")
    for analytic, kind in (
        (2 * p.g, "factor"),
        (p.data, "penalty"),
        (p.g + p.by_scores(p.own), "class"),
        (p.without(np.flatnonzero(p.ds.any(axis=1))[3]), "example"),
    ):
        e = evidence(p, analytic)
        numeric, wrong = e.numeric.copy(), e.wrong.copy()
        numeric[1, [0, 3]] += 7.0
        wrong[1, [0, 3]] = False
        assert diagnose(replace(e, numeric=numeric, wrong=wrong)).kind == kind
    numeric[0, 0] = np.nan  # nor where it is no number
    assert diagnose(replace(e, numeric=numeric, wrong=wrong)).kind == "example"


@pytest.mark.parametrize("scale", [1e-12, 1e-6, 1e6, 1e12])
@pytest.mark.parametrize("of", ["features", "weights"])
def test_any_scale(scale, of):
    """Pixels, units: what is found does not depend on them."""
    p = Problem("softmax", D=7)
    if of == "features":  # the loss is the same, its gradient is `scale` times as large
        X, W, data, rest = scale * p.X, p.W / scale, scale * p.data, scale * p.rest
        reg = scale**2 * p.reg
    else:
        X, W, data, rest, reg = p.X, p.W, p.data, p.rest, p.reg
        X, W, data, rest = X / scale, scale * W, data / scale, rest / scale
        reg = reg / scale**2
    q = Problem("softmax", D=7, reg=reg)
    q.X, q.W, q.data, q.rest, q.g = X, W, data, rest, data + rest
    assert diagnose(evidence(q, 2 * q.g)).factor == 2
    assert diagnose(evidence(q, q.data)).factor == 0
    assert diagnose(evidence(q, q.N * q.data + q.rest)).factor == q.N
    check(diagnose(evidence(q, q.g + q.by_scores(q.Y))), "class", None, "own term is missing")
    check(diagnose(evidence(q, q.without(4))), "example", None, "Example 4 is missing")
    check(diagnose(evidence(q, q.row(1, 0.0))), "class", None, "Class 1's row is 0")


@pytest.mark.parametrize("rtol", [1e-12, 1e-9, 1e-7, 1e-3])
def test_any_tolerance(rtol):
    p = Problem("softmax", N=30, D=9)
    assert diagnose(evidence(p, 2 * p.g, rtol=rtol)).factor == 2
    assert diagnose(evidence(p, p.data + p.rest / 2, rtol=rtol)).factor == 0.5
    assert diagnose(evidence(p, p.N * p.data + p.rest, rtol=rtol)).factor == p.N
    check(diagnose(evidence(p, p.g + p.by_scores(p.Y), rtol=rtol)), "class", None, "own term is missing")
    check(diagnose(evidence(p, p.without(4), rtol=rtol)), "example", None, "Example 4 is missing")


def test_odd_evidence_is_answered():
    """No shape, scale or value of the evidence is an error, a warning or NaN in the text."""
    rng = np.random.default_rng(0)
    shapes = [(), (0,), (1,), (2,), (0, 3), (1, 1), (1, 5), (5, 1), (3, 3), (2, 3, 4), (2, 2, 2, 2)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(1500):
            shape = shapes[k % len(shapes)]
            output = [(), (), (2,), (3, 1)][rng.integers(4)]
            full = shape + output
            draw = [np.zeros, np.ones, lambda s: rng.standard_normal(s) * 10.0 ** rng.integers(-300, 300)]
            x, a, n = (np.asarray(draw[rng.integers(3)](s)) for s in (shape, full, full))
            if rng.random() < 0.2:
                a = np.where(rng.random(full) < 0.2, np.nan, a)
            if rng.random() < 0.2:
                n = np.where(rng.random(full) < 0.2, np.inf, n)
            tolerance = np.broadcast_to([0.0, 1e-9, np.nan, np.inf][rng.integers(4)], full)
            wrong = rng.random(full) < rng.random()
            rows = shape[0] if shape else 1
            cases = [
                None,
                (rng.standard_normal((4, shape[-1] if shape else 2)), rng.integers(0, max(rows, 1), 4)),
            ]
            term = ["", "data loss", "regularization"][rng.integers(3)]
            e = Evidence(
                x,
                a,
                n,
                tolerance,
                wrong,
                output,
                term,
                examples=cases[rng.integers(2)],
                reg=[None, 0.0, 1e-9][rng.integers(3)],
                class_axis=[None, 0, 1][rng.integers(3)],
            )
            cause = diagnose(e)
            assert cause.kind in KINDS
            assert "nan" not in cause.text, cause


def test_what_agrees_is_not_wrong():
    p = Problem()
    assert diagnose(evidence(p, p.g)).kind == "agrees"


def test_the_size_of_cifar10(one_blas_thread):
    """About 0.02 to 0.09 s of one core each; minutes, if something computes a matrix for each example."""
    p = Problem("softmax", N=500, D=3073, C=10, scale=0.02)
    counts = np.flatnonzero(p.ds.any(axis=1))
    for analytic, kind in (
        (p.data, "penalty"),
        (p.g + p.by_scores(p.own), "class"),
        (p.without(counts[7]), "example"),
        (p.without(counts[7], counts[11]), "example"),
        (p.rng.standard_normal(p.g.shape), "other"),
    ):
        start = time.process_time()
        cause = diagnose(evidence(p, analytic))
        assert cause.kind == kind, cause
        assert time.process_time() - start < 5
