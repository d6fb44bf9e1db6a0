"""The cases of the kernel tests: dtypes, layouts, strides and sizes, from the lists of the core."""

import numpy as np

import deeprob
from deeprob import _core, reference

LOSSES = sorted(_core.losses())
DTYPES = ["float32", "float64"]

# Around the lanes (8 and 16 values), the row groups, the register tiles and the class panel (48).
SIZES = [
    # N, D, C
    (1, 1, 1),
    (1, 4, 3),
    (2, 3, 2),
    (7, 5, 2),
    (8, 16, 10),
    (17, 33, 10),
    (33, 100, 5),
    (64, 257, 3),
    (130, 31, 11),
    (40, 600, 49),
    (50, 17, 101),
    (100, 3073, 10),
]

LAYOUTS = ["rows", "columns", "strided", "reversed", "offset", "index"]


def rng_for(*key):
    return np.random.default_rng([abs(hash(k)) if isinstance(k, int) else sum(map(ord, str(k))) for k in key])


def problem(N, D, C, dtype, seed=0):
    """W, X, y, b with scores of a few units."""
    rng = rng_for(N, D, C, seed)
    W = rng.standard_normal((C, D)).astype(dtype)
    X = (rng.standard_normal((N, D)) * 2 / np.sqrt(D)).astype(dtype)
    return W, X, rng.integers(0, C, N), rng.standard_normal(C).astype(dtype)


def laid_out(X, layout):
    """X in another layout of memory: (array to pass, keywords)."""
    N, D = X.shape
    if layout == "rows":
        return X, {}
    if layout == "columns":
        return np.ascontiguousarray(X.T), {"example_axis": 1}
    if layout == "strided":
        wide = np.full((2 * N, 3 * D), np.nan, X.dtype)
        wide[::2, ::3] = X
        return wide[::2, ::3], {}
    if layout == "reversed":
        return np.ascontiguousarray(X[::-1, ::-1])[::-1, ::-1], {}
    if layout == "offset":  # one byte off: no value is aligned
        raw = np.zeros(X.nbytes + 1, np.uint8)[1:]
        shifted = raw.view(X.dtype).reshape(X.shape)
        shifted[...] = X
        shifted.flags.writeable = False
        return shifted, {}
    # "index": the examples stand elsewhere, in another order
    order = rng_for(N, D).permutation(2 * N)[:N]
    shuffled = np.full((2 * N, D), np.nan, X.dtype)
    shuffled[order] = X
    return shuffled, {"index": order}


def run(loss, W, X, y, **keywords):
    """The public loss function of that name."""
    return getattr(deeprob.losses, f"{loss}_loss")(W, X, y, **keywords)


def labels_for(y, keywords, n_examples):
    """Labels that go with laid_out's examples."""
    if "index" not in keywords:
        return y
    all_labels = np.zeros(n_examples, np.int64)
    all_labels[keywords["index"]] = y
    return all_labels


def twin(loss, W, X, y, b=None, dtype=np.float64, **keywords):
    """The NumPy twin in a wider dtype."""
    wide = [None if a is None else a.astype(dtype) for a in (W, X, b)]
    return reference.linear_loss(loss, wide[0], wide[1], y, b=wide[2], **keywords)


def tolerance(dtype, D):
    """Rounding of a sum of D products of order 1 in lanes, with room for C and N."""
    eps = float(np.finfo(dtype).eps)
    return 8 * eps * max(4.0, np.sqrt(D))


def near_kink(s, y, delta, eps):
    """Whether a margin is so near 0 that rounding decides on which side it is."""
    margins = s - s[np.arange(len(y)), y][:, None] + delta
    margins[np.arange(len(y)), y] = 1.0
    return bool((np.abs(margins) < eps).any())
