# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # 06 Random search
#
# **Slides:** "Optimization: Finding a good W" (L4-15), "Idea 1: Random Search (bad idea!)" (L4-16), its test
# accuracy (L4-17). **Working time:** about 50 minutes. **Runs in:** under a minute, offline.
#
# After this notebook you can
# - say what "finding a good W" means as a formula,
# - run the slide's random search, print what the slide prints, and explain every number in it,
# - say why the pixel scale decides whether the printout shows anything at all,
# - explain why random search is a bad idea for 30,730 weights and a fine one for 2.

# %%
import contextlib
import io

import matplotlib.pyplot as plt
import numpy as np

import deeprob
from deeprob import datasets
from helpers import check_softmax_loss, predict, reveal, show, use_lecture_style

use_lecture_style()

# %% [markdown] tags=["L4-15"]
# ## The question on the slide
#
# A linear classifier is good when its loss is low:
#
# $$L(W) = \frac{1}{N}\sum_{i=1}^{N} L_i(f(x_i, W), y_i) + \lambda R(W), \qquad w^* = \arg\min_w L(w)$$
#
# The slide shows a walker in a valley: the position is $W$, the height is $L(W)$, and the walker is
# blindfolded. How does one find the bottom? Idea 1: try places at random and remember the best.

# %% [markdown]
# ## Predict first
#
# The embedded images have 10 classes, equally many of each: guessing blindly is right in 10 % of the cases.
# 1,000 classifiers with random weights are tried and the best on the training images is kept.
#
# - **P1**: what share of the *test* images does it get right?
# - **P2**: and what would the 1,000 losses look like if the pixels were scaled to 0..1 first?

# %%
predict("P1", None)  # a share, for instance 0.5
predict("P2", None)  # a few words

# %% [markdown] tags=["L4-15"]
# ## In two dimensions it works
#
# The left figure is the slide's valley seen from above: 1,000 random positions in a valley with two
# weights. The best of them (star) is as good as at the bottom (cross). The right figure repeats this with
# more weights: the bottom lies at distance 1 from the middle, and the draws are as long as that on average.
# A loss of 1 means: no better than not moving at all.


# %% tags=["L4-15"]
def best_of(tries, D, random):
    """Draw ``tries`` positions; return them and their losses |w - w*|^2, with w* at distance 1."""
    w = random.randn(tries, D) / np.sqrt(D)
    bottom = np.zeros(D)
    bottom[0] = 1.0
    return w, np.sum((w - bottom) ** 2, axis=1)


random = np.random.RandomState(0)
dimensions = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]
best = [best_of(1000, D, random)[1].min() for D in dimensions]

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.8))
w, losses = best_of(1000, 2, np.random.RandomState(1))
x, y = np.meshgrid(np.linspace(-2.4, 2.4, 121), np.linspace(-2.4, 2.4, 121))
left.contour(x, y, (x - 1) ** 2 + y**2, levels=[0.1, 0.5, 1, 2, 4, 8], colors="0.6", linewidths=1)
left.plot(*w.T, ".", markersize=3, color="C0", label="1,000 tries")
left.plot(*w[losses.argmin()], "*", markersize=22, markeredgecolor="k", color="C1", label="best try")
left.plot(1, 0, "x", markersize=9, markeredgewidth=2.5, color="k", label="bottom $w^*$")
left.set(title="2 weights: the best try is at the bottom", xlabel="$w_1$", ylabel="$w_2$")
left.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), aspect="equal")
left.grid(False)
left.legend(loc="upper left", fontsize=11, frameon=True, borderpad=0.3)
right.semilogx(dimensions, best, "o-", color="C1")
right.axhline(1, color="0.4", linestyle="--")
right.annotate("no better than not moving", (1, 1), (0, 5), textcoords="offset points", color="0.3")
right.set(title="Best of 1,000 tries: worthless in many dimensions", ylim=(-0.08, 1.85))
right.set(xlabel="number of weights D", ylabel="best loss")
show(
    figure,
    "Left: contour lines of a valley with 1,000 random points; the best lies on the minimum. Right: the best "
    "loss of 1,000 tries rises from 0 with one weight past 1 with about 50 weights.",
)
for D, loss in zip(dimensions, best, strict=True):
    print(f"{D:5d} weights: best loss {loss:.4f}")

# %% [markdown]
# A linear classifier of 28 x 28 images has 10 x 785 = 7,850 weights, of the lecture's colour images 30,730.
#
# ## The data, as the slide has them
#
# "each column is an example": X is (features, examples), the transpose of what files hold, and its last row
# is all ones, so that the last column of W is the bias. The pixels are 0..255 minus the mean training image
# (notebook 00 has why).

# %% tags=["L4-16"]
data = datasets.load("fashion-mnist-subset")
rows_train, rows_test = datasets.standardize(data.X_train, data.X_test, dtype=np.float64, bias=True)
X_train, Y_train = rows_train.T, data.y_train
Xte_cols, Yte = rows_test.T, data.y_test
print("X_train", X_train.shape, " Y_train", Y_train.shape, " Xte_cols", Xte_cols.shape, " Yte", Yte.shape)
assert np.all(X_train[-1] == 1)

# %% [markdown] tags=["L4-05"]
# ## The formula
#
# "assume the function L evaluates the loss function". The slide does not say which loss. Its printout fits
# the multiclass SVM loss (below), so this is L here:
#
# $$L(W) = \frac1N \sum_i \sum_{j \ne y_i} \max(0,\; s_j - s_{y_i} + 1), \qquad s = W x_i$$
#
# With weights near zero all scores are near 0, each of the 9 wrong classes costs about 1, and the loss is
# about 9.


# %% tags=["L4-05"]
def L(X, Y, W):
    """Return the SVM loss; X (D, N) has its examples in columns."""
    examples = np.arange(X.shape[1])
    s = W.dot(X)  # (C, N)
    margins = np.maximum(0, s - s[Y, examples] + 1)
    margins[Y, examples] = 0  # the label itself does not count
    return np.sum(margins) / X.shape[1]


print("loss at W = 0:", L(X_train, Y_train, np.zeros((10, 785))))

# %% [markdown] tags=["L4-16"]
# ## The slide's code, line for line
#
# Only what must change has changed: Python 3 (`range`, `print()`), 785 features instead of 3,073, a seed in
# front. The 1,000 printed lines are collected, and the first seven shown, as on the slide.

# %% tags=["L4-16"]
printed = io.StringIO()
np.random.seed(0)
with contextlib.redirect_stdout(printed):
    # assume X_train is the data where each column is an example (e.g. 3073 x 50,000)
    # assume Y_train are the labels (e.g. 1D array of 50,000)
    # assume the function L evaluates the loss function
    bestloss = float("inf")  # Python assigns the highest possible float value
    for num in range(1000):
        W = np.random.randn(10, 785) * 0.0001  # generate random parameters
        loss = L(X_train, Y_train, W)  # get the loss over the entire training set
        if loss < bestloss:  # keep track of the best solution
            bestloss = loss
            bestW = W
        print("in attempt %d the loss was %f, best %f" % (num, loss, bestloss))

lines = printed.getvalue().splitlines()
print("\n".join(lines[:7]))
print("... (truncated: continues for 1000 lines)")
print(lines[-1])

# %% [markdown] tags=["L4-16"]
# > **Errata of the slide (L4-16).**
# > - The code is Python 2 (`xrange`, `print` as a statement).
# > - `float("inf")` is infinity, not "the highest possible float value"; that is 1.797693e+308.
# > - Loss and pixel scale are not stated. The slide's seven losses, on CIFAR-10, are 9.401632, 8.959668,
# >   9.044034, 9.278948, 8.857370, 8.943151, 8.605604: mean 9.013, standard deviation 0.26. The SVM loss on
# >   pixels 0..255 minus the mean image fits them (first 5,000 CIFAR-10 images, seed 0: 9.08, 8.93, 9.01,
# >   8.76, 9.26, 8.46, 8.61); raw pixels give 9.93 on average, pixels in 0..1 always 9.00. (Measured on the
# >   real CIFAR-10; `docs/lecture-numbers.md` has the recipe.)

# %% tags=["L4-16"]
slide = np.array([9.401632, 8.959668, 9.044034, 9.278948, 8.857370, 8.943151, 8.605604])
print(f"slide, first seven: mean {slide.mean():.3f}, standard deviation {slide.std(ddof=1):.2f}")
print(f"largest float: {np.finfo(float).max:.6e}; inf is larger: {float('inf') > np.finfo(float).max}")

# %% [markdown] tags=["L4-16"]
# ## The library call
#
# `deeprob.random_search` draws the same weights and evaluates the loss in C. `example_axis=1` says that the
# examples stand in columns. `RandomState(0)` is the generator that `np.random.seed(0)` sets.

# %% tags=["L4-16"]
printed = io.StringIO()
with contextlib.redirect_stdout(printed):
    result = deeprob.random_search(
        X_train,
        Y_train,
        loss="svm",
        num_tries=1000,
        scale=0.0001,
        example_axis=1,
        rng=np.random.RandomState(0),
        verbose=True,
    )

assert np.array_equal(result.W, bestW)  # bit for bit
assert abs(result.loss - bestloss) <= 1e-12 * bestloss
assert printed.getvalue().splitlines() == lines  # the same 1,000 lines
assert lines[result.attempt].startswith(f"in attempt {result.attempt} ")
print(f"best W: attempt {result.attempt}, loss {result.loss:.6f}; the same as the slide's loop")

# %% tags=["L4-16"]
np.random.seed(0)  # and in full precision, not only in the six printed digits: the first 100
losses = np.array([L(X_train, Y_train, np.random.randn(10, 785) * 0.0001) for num in range(100)])
assert np.all(np.abs(result.losses[:100] - losses) <= 1e-12 * losses)
print("the losses agree to 12 digits")

# %% [markdown] tags=["L4-16"]
# ## What 1,000 tries look like
#
# Left: the losses scatter around 9, the loss of a classifier that knows nothing. Right: the best so far falls
# quickly at first, then hardly ever. The second half of the work brings nothing or next to nothing.

# %% tags=["L4-16"]
figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.5))
left.hist(result.losses, bins=30, color="C0", edgecolor="white")
left.axvline(9, color="0.3", linestyle="--")
left.annotate("9: knows nothing", (9, 0.95), (6, 0), ("data", "axes fraction"), "offset points", color="0.3")
left.axvline(result.loss, color="C2")
left.annotate(
    f"best: {result.loss:.2f}",
    (result.loss, 0.75),
    (6, 0),
    ("data", "axes fraction"),
    "offset points",
    color="C2",
)
left.set(title="1,000 random classifiers", xlabel="SVM loss", ylabel="number of attempts", ylim=(0, 105))
deeprob.plots.AttemptsDisplay.from_result(result).plot(ax=right)
right.set(title="The best so far stops falling", ylabel="SVM loss", ylim=(7.3, 11))
right.legend(loc="upper right", ncols=2)
show(
    figure,
    "Left: histogram of the 1,000 losses, a bell around 9 with its best at 7.62. Right: the losses as "
    "dots and the best so far as a staircase that falls in the first attempts and then stays flat.",
)
records = np.flatnonzero(np.diff(result.best_so_far, prepend=np.inf) < 0)
print("attempts that improved:", *records)

# %% [markdown] tags=["L4-17"]
# ## The test accuracy, as on the slide
#
# > **Erratum of the slide (L4-17), names:** the loop stores `bestW`, this code reads `Wbest`; `X_test` and
# > `Xte_cols`, `Y_test` and `Yte` are the same thing under two names.

# %% tags=["L4-17"]
Wbest = bestW
# Assume X_test is [3073 x 10000], Y_test [10000 x 1]
scores = Wbest.dot(Xte_cols)  # 10 x 10000, the class scores for all test examples
# find the index with max score in each column (the predicted class)
Yte_predict = np.argmax(scores, axis=0)
# and calculate accuracy (fraction of predictions that are correct)
print("test accuracy:", np.mean(Yte_predict == Yte))

assert np.array_equal(deeprob.predict(result.W, Xte_cols, example_axis=1), Yte_predict)
assert deeprob.accuracy(result.W, Xte_cols, Yte, example_axis=1) == np.mean(Yte_predict == Yte)
reveal("P1", deeprob.accuracy(result.W, Xte_cols, Yte, example_axis=1))

# %% [markdown] tags=["L4-17"]
# The slide's classifier, on CIFAR-10, gets 0.1555. That is one draw of luck: the same search on the real
# CIFAR-10 (training on the first 5,000 images) with seeds 0, 1, 2 gives 15.58 %, 17.61 %, 13.27 %. The grey
# garments here are easier: a coarse outline already tells trousers from bags. How much luck is in our
# number? Three seeds say.

# %% tags=["L4-17"]
runs = [deeprob.random_search(X_train, Y_train, example_axis=1, rng=seed) for seed in range(3)]
for seed, run in enumerate(runs):
    share = deeprob.accuracy(run.W, Xte_cols, Yte, example_axis=1)
    print(f"seed {seed}: best loss {run.loss:.4f}, test accuracy {share:.3f}")

# %% [markdown] tags=["L4-17"]
# The accuracy of the best W so far, over the attempts: better than chance, but it even falls at times,
# because the search looks at the training loss and at nothing else.

# %% tags=["L4-17"]
random = np.random.RandomState(0)
draws = [random.randn(10, 785) * 0.0001 for _ in range(1000)]
shares = [deeprob.accuracy(draws[k], Xte_cols, Yte, example_axis=1) for k in records]
figure, axes = plt.subplots(figsize=(9, 4.2))
axes.step([*records, 1000], [*shares, shares[-1]], where="post", color="C2", linewidth=3)
axes.plot(records, shares, "o", color="C2")
axes.axhline(0.1, color="0.3", linestyle="--")
axes.annotate("chance: 10 %", (1, 0.1), (-6, 6), ("axes fraction", "data"), "offset points", ha="right")
axes.annotate(
    f"{shares[-1]:.1%}", (1000, shares[-1]), (-6, 8), textcoords="offset points", ha="right", color="C2"
)
axes.yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
axes.set(title="Test accuracy of the best W so far", xlabel="attempt", ylabel="test accuracy", ylim=(0, 0.32))
show(figure, "Test accuracy of the best weights so far: it ends at 24 %, above the line of chance at 10 %.")

# %% [markdown] tags=["L4-17"]
# > **Erratum of the slide (L4-17), shapes:** "Y_test [10000 x 1]". With labels of shape (N, 1) the line
# > `np.mean(Yte_predict == Yte)` compares *every* prediction with *every* label: NumPy broadcasts (N,)
# > against (N, 1) to (N, N). With equally many images of each class the mean is exactly 0.1 for any
# > prediction, even a perfect one. deeprob refuses such labels.

# %% tags=["L4-17"]
column = Yte.reshape(-1, 1)  # [500 x 1], as the slide has it
print("shape of the comparison:", (Yte_predict == column).shape)
print("random search:          ", np.mean(Yte_predict == column))
print("a perfect prediction:   ", np.mean(Yte == column))
assert np.mean(Yte_predict == column) == 0.1 == np.mean(Yte == column)
try:
    deeprob.accuracy(result.W, Xte_cols, column, example_axis=1)
except ValueError as error:
    print("deeprob:", error)

# %% [markdown] tags=["L4-16"]
# ## Why the pixel scale matters
#
# Scores are $s = Wx$ with weights of size 0.0001: their spread is 0.0001 times the length $|x|$ of an
# image. Pixels in 0..255 make images thousands long, pixels in 0..1 some ten. Then all scores are nearly 0,
# every loss is 9.00, and the printout shows nothing.

# %% tags=["L4-16"]
scales = {
    "0..255 minus mean image": rows_train,
    "0..255 raw": datasets.bias_trick(data.X_train.astype(np.float64)),
    "0..1 minus mean image": datasets.standardize(data.X_train, scale=255, dtype=np.float64, bias=True),
    "0..1 raw": datasets.bias_trick(data.X_train / 255),
}
print("pixels                    |x|      mean loss  sd       first five attempts")
for name, X in scales.items():
    found = deeprob.random_search(X, Y_train, num_tries=100, rng=0)
    length = np.sqrt(np.mean(np.sum(X**2, axis=1)))
    five = " ".join(f"{loss:.2f}" for loss in found.losses[:5])
    print(f"{name:25s} {length:7.1f}  {found.losses.mean():9.4f}  {found.losses.std():7.4f}  {five}")
reveal("P2", "a thousand times 9.00")

# %% [markdown]
# ## One knob: the size of the weights
#
# The same effect from the other side: `scale`, the standard deviation of the weights. Change the list and
# run again. Too small: all losses are 9 (but the predictions do not change at all, because only the order
# of the scores counts). Too large: the losses are dominated by a few huge margins, and the best of them is
# worse than W = 0.

# %%
for scale in [1e-6, 1e-5, 1e-4, 1e-3, 1e-2]:
    found = deeprob.random_search(X_train, Y_train, num_tries=300, scale=scale, example_axis=1, rng=0)
    share = deeprob.accuracy(found.W, Xte_cols, Yte, example_axis=1)
    print(f"scale {scale:.0e}: best loss {found.loss:10.4f}, test accuracy {share:.3f}")

# %% [markdown] tags=["L4-16"]
# ## Why it is a bad idea: the chance to improve
#
# Stand at distance 1 from the bottom of a round valley and take a step of length r in a random direction.
# It leads downhill only if the direction makes a small enough angle with the one to the bottom:
# $\cos\varphi > r/2$. In D dimensions nearly all directions are nearly perpendicular to it ($\cos\varphi$
# is about $1/\sqrt D$), so
#
# $$P(\text{better}) = \int_{r/2}^1 (1-u^2)^{(D-3)/2}\,du \Big/ \int_{-1}^1 (1-u^2)^{(D-3)/2}\,du$$
#
# The dots are counts of 4,000 random directions, the lines the formula.


# %% tags=["L4-16"]
def chance_to_improve(D, r):
    """Return the probability that a step of length r lowers |w|^2 from distance 1, by the formula."""
    u = np.concatenate([np.linspace(-1, r / 2, 200_001), np.linspace(r / 2, 1, 200_001)])
    u = (u[1:] + u[:-1]) / 2  # midpoints
    width = np.repeat([(1 + r / 2) / 200_000, 0, (1 - r / 2) / 200_000], [200_000, 1, 200_000])
    density = (1 - u**2) ** ((D - 3) / 2) * width
    return density[u > r / 2].sum() / density.sum()


random = np.random.RandomState(0)
counted = [3, 10, 30, 100, 300, 1000]
cosines = []
for D in counted:
    directions = random.randn(4000, D)
    cosines.append(directions[:, 0] / np.linalg.norm(directions, axis=1))

figure, axes = plt.subplots(figsize=(9, 4.8))
dimensions = np.unique(np.geomspace(3, 30730, 40).astype(int))
for r, color, style, marker in [(0.01, "C0", "-", "o"), (0.1, "C1", "--", "s"), (0.5, "C2", "-.", "^")]:
    axes.loglog(dimensions, [chance_to_improve(D, r) for D in dimensions], style, color=color)
    shares = np.array([np.mean(cosine > r / 2) for cosine in cosines])
    axes.loglog(counted, np.where(shares > 0, shares, np.nan), marker, color=color, label=f"step length {r}")
axes.axvline(7850, color="0.5", linewidth=1)
axes.annotate("these images:\n7,850 weights", (7850, 2e-6), (-6, 0), textcoords="offset points", ha="right")
axes.set(title="Chance that a random step leads downhill", ylim=(1e-7, 1), xlabel="number of weights D")
axes.set(ylabel="probability")
axes.legend(loc="lower left")
show(
    figure,
    "Probability that a random step improves against the number of weights, for step lengths 0.01, 0.1 "
    "and 0.5: near one half in few dimensions, then it falls off a cliff, the earlier the longer the "
    "step.",
)
for r in (0.01, 0.1, 0.5):
    print(f"step {r}: " + ", ".join(f"D={D} {chance_to_improve(D, r):.1e}" for D in (3, 100, 7850, 30730)))

# %% [markdown]
# Small steps keep a chance of nearly one half, but a small step gains little: about $r/\sqrt{D}$ when it
# goes down. The gradient (notebook 09) finds the one direction that goes down fastest, and pays for it with
# one evaluation.
#
# ## A better idea: random local search
#
# From the course's notes (cs231n.github.io/optimization-1, Strategy 2): do not start afresh each time, step
# from the best place found so far. The notes' code, line for line, except that `L` is now the library's
# loss (it is the same, as shown above, and quicker):


# %% tags=["L4-16", "notes-random-local-search"]
def L(X, Y, W):
    """Return the SVM loss, by the library."""
    return deeprob.svm_loss(W, X, Y, example_axis=1, grad=False)


Xtr_cols, Ytr = X_train, Y_train  # the names of the notes
printed = io.StringIO()
np.random.seed(0)
with contextlib.redirect_stdout(printed):
    W = np.random.randn(10, 785) * 0.001  # generate random starting W
    bestloss = float("inf")
    local = []  # (for the figure)
    for i in range(1000):
        step_size = 0.0001
        Wtry = W + np.random.randn(10, 785) * step_size
        loss = L(Xtr_cols, Ytr, Wtry)
        if loss < bestloss:
            W = Wtry
            bestloss = loss
        print("iter %d loss is %f" % (i, bestloss))
        local.append(bestloss)

lines = printed.getvalue().splitlines()
print("\n".join([*lines[:3], "...", lines[-1]]))
local_share = deeprob.accuracy(W, Xte_cols, Yte, example_axis=1)
print(f"test accuracy {local_share:.3f}, random search {shares[-1]:.3f}")
improved = np.diff(local, prepend=np.inf) < 0
print("tries that improved, in each hundred:", *improved.reshape(10, 100).sum(axis=1))

# %% tags=["L4-16", "notes-random-local-search"]
figure, axes = plt.subplots(figsize=(9, 4.5))
axes.semilogy(
    np.arange(1, 1001), result.best_so_far, color="C2", label="random search: 24 % of the test images"
)
axes.semilogy(
    np.arange(1, 1001), local, "--", color="C0", label=f"random local search: {100 * local_share:.0f} %"
)
axes.axhline(9, color="0.4", linestyle=":")
axes.annotate("W = 0: loss 9", (1000, 9), (0, 4), textcoords="offset points", ha="right", color="0.3")
axes.set(
    title="A bad start, but every success is kept",
    xlabel="number of loss evaluations",
    ylabel="best SVM loss",
)
axes.set_yticks([2, 3, 5, 10, 20], labels=["2", "3", "5", "10", "20"])
axes.minorticks_off()
axes.legend(loc="upper right")
show(
    figure,
    "Best loss against the number of evaluations, logarithmic: random search stays near 8; random local "
    "search starts higher and falls to 2.",
)

# %% [markdown] tags=["L4-16", "notes-random-local-search"]
# The same 1,000 evaluations, a far better classifier. On CIFAR-10 the notes report 21.4 % (random search:
# 15.5 %); measured with this loop on the first 5,000 real CIFAR-10 images, seeds 0, 1, 2: 21.5 %, 22.1 %,
# 19.7 %. The last line printed above tells its weakness: the closer to the bottom, the fewer tries succeed.

# %% [markdown]
# ## Exercise: the other loss
#
# Write the softmax loss for examples in columns, so that it could stand in the slide's loop as `L`:
#
# $$L(W) = \frac1N \sum_i -\log\frac{\exp(s_{y_i})}{\sum_j \exp(s_j)}$$
#
# The check tries small scores first and then scores in the thousands.


# %% tags=["exercise"]
def softmax_L(X, Y, W):
    """Return the mean softmax loss; X (D, N) has its examples in columns, Y (N,), W (C, D)."""
    # your code here


# %% tags=["check"]
solved = check_softmax_loss(softmax_L)

# %% [markdown] tags=["solution"]
# <details><summary>Hint</summary>
#
# `s = W.dot(X)` is (C, N): a column for each example. Subtract each column's maximum before `np.exp`; the
# fraction does not change, and nothing overflows.
# </details>
#
# <details><summary>Solution</summary>
#
# ```python
# def softmax_L(X, Y, W):
#     s = W.dot(X)
#     s = s - s.max(axis=0)
#     examples = np.arange(X.shape[1])
#     return np.mean(np.log(np.sum(np.exp(s), axis=0)) - s[Y, examples])
# ```
#
# `deeprob.softmax_loss(W, X, Y, example_axis=1, grad=False)` is the library's. With it the slide's search
# reads: `deeprob.random_search(X_train, Y_train, loss="softmax", example_axis=1, rng=0)`. Where do its
# losses centre? At log 10 = 2.302585, the softmax loss of a classifier that knows nothing.
# </details>

# %% [markdown]
# ## Summary
#
# 1. Finding a good W means minimizing the loss; random search needs nothing but the loss itself, and wastes
#    it.
# 2. Its printout means something only with the loss (SVM) and the pixel scale (0..255 minus mean) beside it.
# 3. The chance that a random step helps dies with the number of weights; a direction that surely helps is the
#    gradient's: notebook 09.
