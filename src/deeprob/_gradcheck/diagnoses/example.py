"""Examples that are missing, counted twice, or the only ones.

Where the loss is known each example's part of the gradient is, and sums of some of them are compared with
the analytic gradient: all but one, the first m, each second one; at last any weights of the examples that
fit. Where it is not, one example's part is still a matrix of rank one, each of its rows a multiple of X[i].
"""

import math
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from ..result import Cause
from ._case import Case, Finding, Floats
from ._linear import Linear, linear_models
from ._losses import Known, known
from ._words import listed, number

_VERIFIED = 3
_MOST_EXAMPLES = 800  # whose weights are solved for: N^2 D multiplications
Weights = tuple[Floats, str]


def example(case: Case) -> Finding | None:
    """Return which examples are missing or counted more than once."""
    if case.evidence.term == "regularization" or case.n_wrong < 2:
        return None
    loss = known(case)
    if loss is None:
        models = (_rank_one(case, linear) for linear in linear_models(case) if linear.role == "W")
        return next((found for found in models if found is not None), None)
    if loss.linear.role == "s" or loss.linear.N < 2:
        return None
    return _simple(case, loss) or _solved(case, loss)


def _simple(case: Case, loss: Known) -> Finding | None:
    """Try the sums that loops make: without one example, with one twice, of the first or the last ones."""
    linear, few = loss.linear, loss.linear.few
    M, rest = loss.others - loss.own, loss.rest
    terms = linear.terms(M) * few.unit
    target = (few.a - rest[linear.probe]) * few.unit
    candidates = list(_candidates(terms, target, loss))
    best = min(misfit for misfit, _ in candidates)
    near = [weights for misfit, weights in candidates if misfit <= 3 * best + 0.1 * math.sqrt(few.a.size)]
    for w, text in near[:_VERIFIED]:
        misfit = case.misfit(linear.gradient(w[:, None] * M) + rest, free=1)
        if math.isfinite(misfit):
            return Finding(Cause("example", text), misfit)
    return None


def _candidates(terms: Floats, target: Floats, loss: Known) -> Iterator[tuple[float, Weights]]:
    """Return how far sums of the examples' parts are from the target, and the weights: simple ones first."""
    N = len(terms)
    total = terms.sum(axis=0)
    means = (1.0,) if not loss.mean else (1.0, 0.0)  # divided by N, or by how many there are

    def nearest(sums: Floats, counts: npt.NDArray[np.intp], of: int) -> tuple[float, int]:
        """Return the best of the sums, each divided by its own count or by N."""
        times = np.ones(len(sums)) if of else N / np.maximum(counts, 1)
        gaps = np.linalg.norm(times[:, None] * sums - target, axis=1)
        at = int(np.argmin(gaps))
        return float(gaps[at]), at

    ones, eye = np.ones(N), np.eye(N)
    alone = np.ones(N, np.intp)
    for by_all in means:
        over = bool(by_all)
        gap, i = nearest(total - terms, alone * (N - 1), over)
        yield gap, (_times(ones - eye[i], over), f"Example {i} is missing{_which(i, N)}{_mean(over, N - 1)}.")
        gap, i = nearest(terms, alone, over)
        yield gap, (_times(eye[i], over), f"Only example {i}{_which(i, N)} counts{_mean(over, 1)}.")
    gap, i = nearest(total + terms, alone * N, True)
    yield gap, (ones + eye[i], f"Example {i} counts twice{_which(i, N)}.")
    gap, i = nearest(total - 2 * terms, alone * N, True)
    yield gap, (ones - 2 * eye[i], f"Example {i}'s term has the wrong sign{_which(i, N)}.")
    if 2 < N <= _MOST_EXAMPLES:
        i, j = _two(terms, target - total)
        gap = float(np.linalg.norm(target - total + terms[i] + terms[j]))
        yield gap, (ones - eye[i] - eye[j], f"Examples {i} and {j} are missing.")
    first, counts = np.cumsum(terms, axis=0)[:-1], np.arange(1, N)
    for by_all in means:
        over = bool(by_all)
        gap, at = nearest(first, counts, over)
        w, m = (np.arange(N) <= at).astype(np.float64), at + 1
        yield gap, (_times(w, over), f"Only the first {m} of {N} examples count{_mean(over, m)}.")
        gap, at = nearest(total - first, N - counts, over)
        w, m = (np.arange(N) > at).astype(np.float64), N - at - 1
        yield gap, (_times(w, over), f"Only the last {m} of {N} examples count{_mean(over, m)}.")
        for start, words in ((0, "even"), (1, "odd")):
            w = (np.arange(N) % 2 == start).astype(np.float64)
            gap, _ = nearest((w @ terms)[None], np.array([int(w.sum())]), over)
            yield (
                gap,
                (_times(w, over), f"Only the examples of {words} position count{_mean(over, int(w.sum()))}."),
            )


def _two(terms: Floats, left: Floats) -> tuple[int, int]:
    """Return the two examples whose parts are nearest to what is missing."""
    linear = 2 * terms @ left + np.einsum("nk,nk->n", terms, terms)
    gaps = linear[:, None] + linear + 2 * (terms @ terms.T)  # |left + t_i + t_j|^2 - |left|^2
    np.fill_diagonal(gaps, np.inf)
    i, j = sorted(int(k) for k in np.unravel_index(np.argmin(gaps), gaps.shape))
    return i, j


def _times(w: Floats, over_all: bool) -> Floats:
    return w if over_all else w * (len(w) / w.sum())


def _mean(over_all: bool, m: int) -> str:
    return "" if over_all else f", and the mean is over {m}"


def _which(i: int, N: int) -> str:  # noqa: N803
    return " (the last one)" if i == N - 1 else " (the first one)" if i == 0 else ""


def _solved(case: Case, loss: Known) -> Finding | None:
    """Whatever weights of the examples make the analytic gradient, if they are integers and few are not 1."""
    linear, M = loss.linear, loss.others - loss.own
    N = linear.N
    if not case.is_whole or N > _MOST_EXAMPLES or case.a.size < N or linear.role != "W":
        return None
    a = case.whole(case.a - loss.rest)
    A = a.reshape(linear.C, -1) if linear.axis == 0 or a.ndim == 1 else a.T
    products = np.einsum("nc,nc->n", M, linear.X @ A.T)
    gram = (M @ M.T) * (linear.X @ linear.X.T) / N
    there = np.diag(gram) > 1e-12 * np.max(np.diag(gram))  # others add nothing, missing or not
    gram[np.diag_indices(N)] += 1e-13 * np.trace(gram) / N
    try:
        solved = np.linalg.solve(gram, products)
    except np.linalg.LinAlgError:
        return None
    w = np.where(there & np.isfinite(solved), np.rint(np.clip(solved, -9, 9)), 1.0)
    odd = np.flatnonzero(w != 1)
    if not 0 < len(odd) <= N / 2:
        return None
    misfit = case.misfit(linear.gradient(w[:, None] * M) + loss.rest, free=len(odd))
    return Finding(Cause("example", _weights(w, odd)), misfit) if math.isfinite(misfit) else None


def _weights(w: Floats, odd: npt.NDArray[np.intp]) -> str:
    """Return the sentence about examples whose weight is not 1."""
    words = []
    for weight in dict.fromkeys(w[odd]):
        which = np.flatnonzero(w == weight)
        who = f"{'Examples' if len(which) > 1 else 'Example'} {listed(list(which))}"
        are, count = ("are", "count") if len(which) > 1 else ("is", "counts")
        if weight == 0:
            words.append(f"{who} {are} missing")
        else:
            words.append(f"{who} {count} {'twice' if weight == 2 else f'{number(weight)} times'}")
    return "; ".join(words) + "."


def _rank_one(case: Case, linear: Linear) -> Finding | None:
    """Try an error that is a multiple of one example in each class, whatever the loss is."""
    e = case.evidence
    if not case.is_whole or linear.X.shape[1] < 3:
        return None
    r = case.whole(case.r)
    R = r.reshape(linear.C, -1) if linear.axis == 0 or r.ndim == 1 else r.T
    lengths = np.einsum("nd,nd->n", linear.X, linear.X)
    along = linear.X @ R.T
    share = np.divide(np.sum(along**2, axis=1), lengths, out=np.zeros(linear.N), where=lengths > 0)
    i = int(np.argmax(share))
    if not share[i] > 0:
        return None
    u = along[i] / lengths[i]
    model = u[:, None] * linear.X[i]
    full = (model if linear.axis == 0 else model.T).reshape(e.x.shape)
    misfit = case.misfit(case.n + case.pick(full), free=len(u))
    if not math.isfinite(misfit):
        return None
    each = "analytic - numeric is" if linear.C == 1 else f"in each {linear.slice}, analytic - numeric is"
    text = f"Example {i} is missing or wrong{_which(i, linear.N)}: {each} a multiple of X[{i}]."
    return Finding(Cause("example", text), misfit)
