"""Problems of Moré, Garbow and Hillstrom (ACM TOMS 7(1), 17-41, 1981), written from the paper.

Sums of squares of residuals; gradients by the complex step, exact to rounding, so that they are an oracle of
their own.
"""

import numpy as np


def rosenbrock(x):
    return np.array([10 * (x[1] - x[0] ** 2), 1 - x[0]])


def freudenstein_roth(x):
    return np.array(
        [-13 + x[0] + ((5 - x[1]) * x[1] - 2) * x[1], -29 + x[0] + ((x[1] + 1) * x[1] - 14) * x[1]]
    )


def powell_badly_scaled(x):
    return np.array([1e4 * x[0] * x[1] - 1, np.exp(-x[0]) + np.exp(-x[1]) - 1.0001])


def brown_badly_scaled(x):
    return np.array([x[0] - 1e6, x[1] - 2e-6, x[0] * x[1] - 2])


def beale(x):
    return np.array([1.5, 2.25, 2.625]) - x[0] * (1 - x[1] ** np.arange(1, 4))


def jennrich_sampson(x):
    i = np.arange(1, 11)
    return 2 + 2 * i - (np.exp(i * x[0]) + np.exp(i * x[1]))


def helical_valley(x):
    angle = np.arctan(x[1] / x[0]) / (2 * np.pi) + (0.5 if x[0].real < 0 else 0)
    return np.array([10 * (x[2] - 10 * angle), 10 * (np.sqrt(x[0] ** 2 + x[1] ** 2) - 1), x[2]])


def bard(x):
    y = np.array([0.14, 0.18, 0.22, 0.25, 0.29, 0.32, 0.35, 0.39, 0.37, 0.58, 0.73, 0.96, 1.34, 2.1, 4.39])
    u = np.arange(1, 16)
    return y - (x[0] + u / ((16 - u) * x[1] + np.minimum(u, 16 - u) * x[2]))


def gaussian(x):
    half = [0.0009, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521]
    t = (8 - np.arange(1, 16)) / 2
    return x[0] * np.exp(-x[1] * (t - x[2]) ** 2 / 2) - np.array([*half, 0.3989, *half[::-1]])


def meyer(x):
    y = [
        34780,
        28610,
        23650,
        19630,
        16370,
        13720,
        11540,
        9744,
        8261,
        7030,
        6005,
        5147,
        4427,
        3820,
        3307,
        2872,
    ]
    return x[0] * np.exp(x[1] / (45 + 5 * np.arange(1, 17) + x[2])) - np.array(y)


def box_3d(x):
    t = 0.1 * np.arange(1, 11)
    return np.exp(-t * x[0]) - np.exp(-t * x[1]) - x[2] * (np.exp(-t) - np.exp(-10 * t))


def powell_singular(x):
    a, b, c, d = x[::4], x[1::4], x[2::4], x[3::4]
    return np.concatenate([a + 10 * b, 5**0.5 * (c - d), (b - 2 * c) ** 2, 10**0.5 * (a - d) ** 2])


def wood(x):
    pairs = [10 * (x[1] - x[0] ** 2), 1 - x[0], 90**0.5 * (x[3] - x[2] ** 2), 1 - x[2]]
    return np.array([*pairs, 10**0.5 * (x[1] + x[3] - 2), (x[1] - x[3]) / 10**0.5])


def kowalik_osborne(x):
    y = [0.1957, 0.1947, 0.1735, 0.16, 0.0844, 0.0627, 0.0456, 0.0342, 0.0323, 0.0235, 0.0246]
    u = np.array([4, 2, 1, 0.5, 0.25, 0.167, 0.125, 0.1, 0.0833, 0.0714, 0.0625])
    return np.array(y) - x[0] * (u**2 + u * x[1]) / (u**2 + u * x[2] + x[3])


def brown_dennis(x):
    t = np.arange(1, 21) / 5
    return (x[0] + t * x[1] - np.exp(t)) ** 2 + (x[2] + x[3] * np.sin(t) - np.cos(t)) ** 2


def biggs_exp6(x):
    t = 0.1 * np.arange(1, 14)
    y = np.exp(-t) - 5 * np.exp(-10 * t) + 3 * np.exp(-4 * t)
    return x[2] * np.exp(-t * x[0]) - x[3] * np.exp(-t * x[1]) + x[5] * np.exp(-t * x[4]) - y


def watson(x):
    t, j = np.arange(1, 30)[:, None] / 29, np.arange(x.size)
    slopes = np.where(j > 0, j * t ** np.maximum(j - 1, 0), 0.0)
    return np.concatenate([slopes @ x - (t**j @ x) ** 2 - 1, [x[0], x[1] - x[0] ** 2 - 1]])


def extended_rosenbrock(x):
    return np.concatenate([10 * (x[1::2] - x[::2] ** 2), 1 - x[::2]])


def penalty_1(x):
    return np.concatenate([1e-5**0.5 * (x - 1), [np.sum(x**2) - 0.25]])


def variably_dimensioned(x):
    total = np.sum(np.arange(1, x.size + 1) * (x - 1))
    return np.concatenate([x - 1, [total, total**2]])


def trigonometric(x):
    i = np.arange(1, x.size + 1)
    return x.size - np.sum(np.cos(x)) + i * (1 - np.cos(x)) - np.sin(x)


def brown_almost_linear(x):
    return np.concatenate([x[:-1] + np.sum(x) - (x.size + 1), [np.prod(x) - 1]])


def broyden_tridiagonal(x):
    padded = np.concatenate([[0], x, [0]])
    return (3 - 2 * x) * x - padded[:-2] - 2 * padded[2:] + 1


def linear_full_rank(x):
    shift = -np.sum(x) / x.size - 1
    return np.concatenate([x + shift, np.full(x.size, 1) * shift])


def chebyquad(x):
    before, now, residuals = np.ones(x.size), 2 * x - 1, []
    for i in range(1, x.size + 1):
        residuals.append(np.mean(now) - (0 if i % 2 else -1 / (i**2 - 1)))
        before, now = now, 2 * (2 * x - 1) * now - before
    return np.array(residuals)


# (residuals, x0, value at a minimum that the paper lists, or None)
PROBLEMS = [
    (rosenbrock, [-1.2, 1], 0.0),
    (freudenstein_roth, [0.5, -2], 48.98425),
    (powell_badly_scaled, [0, 1], None),
    (brown_badly_scaled, [1, 1], 0.0),
    (beale, [1, 1], 0.0),
    (jennrich_sampson, [0.3, 0.4], 124.362),
    (helical_valley, [-1, 0, 0], 0.0),
    (bard, [1, 1, 1], 8.21487e-3),
    (gaussian, [0.4, 1, 0], 1.12793e-8),
    (meyer, [0.02, 4000, 250], None),
    (box_3d, [0, 10, 20], 0.0),
    (powell_singular, [3, -1, 0, 1], 0.0),
    (wood, [-3, -1, -3, -1], None),
    (kowalik_osborne, [0.25, 0.39, 0.415, 0.39], 3.07505e-4),
    (brown_dennis, [25, 5, -5, -1], 85822.2),
    (biggs_exp6, [1, 2, 1, 1, 1, 1], 5.65565e-3),
    (watson, [0] * 6, 2.28767e-3),
    (watson, [0] * 9, None),
    (extended_rosenbrock, [-1.2, 1] * 10, 0.0),
    (powell_singular, [3, -1, 0, 1] * 5, 0.0),
    (penalty_1, list(range(1, 11)), None),
    (variably_dimensioned, list(1 - np.arange(1, 11) / 10), 0.0),
    (trigonometric, [0.1] * 10, 2.79506e-5),
    (brown_almost_linear, [0.5] * 10, 0.0),
    (broyden_tridiagonal, [-1] * 20, 0.0),
    (linear_full_rank, [1] * 10, 10.0),
    (chebyquad, list(np.arange(1, 9) / 9), 3.51687e-3),
]
NAMES = [f"{residuals.__name__}-{len(x0)}" for residuals, x0, _ in PROBLEMS]


class Counted:
    """f = sum of squares and its gradient; counts its calls and refuses to be called for ever."""

    def __init__(self, residuals, most=20000):
        self.residuals, self.most, self.calls = residuals, most, 0

    def __call__(self, x):
        self.calls += 1
        assert self.calls < self.most
        with np.errstate(all="ignore"):
            points = x + 1e-30j * np.eye(x.size)
            r = np.asarray(self.residuals(x))
            J = np.stack([np.asarray(self.residuals(p)).imag / 1e-30 for p in points], axis=1)
            return float(r @ r), 2 * J.T @ r
