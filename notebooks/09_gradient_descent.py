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
# # 09 Gradient descent
#
# **Slides:** "Gradient Descent" (L4-27), with the step-size experiment of the course's notes. **Working
# time:** about 60 minutes. **Runs in:** under a minute, offline.
#
# After this notebook you can
# - write the slide's four lines and say what each hyperparameter does,
# - say for which learning rates gradient descent converges, and predict when it diverges,
# - answer the slide's question "guarantee?",
# - write the gradient of the softmax loss and train a classifier with it.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deeprob
from deeprob import datasets
from helpers import check_gradient, predict, reveal, show, use_lecture_style

use_lecture_style()

# %% [markdown] tags=["L4-27"]
# ## The question on the slide
#
# "Iteratively step in the direction of the negative gradient (direction of local steepest descent)".
#
# **Q4: guarantee?** Does this always lead to the minimum?
#
# ## Predict first
#
# - **Q4**: your answer, with the conditions you think of.
# - **P1**: on the bowl $f(x, y) = (x^2 + 25 y^2)/2$ from (1, 1), 100 steps with learning rate 0.08 leave
#   $|y|$ at exactly 1.0. What is $|y|$ after 100 steps with 0.081?

# %% tags=["L4-27"]
predict("Q4", None)  # a few words
predict("P1", None)  # a number

# %% [markdown] tags=["notes-step-size"]
# ## A failure first: the gradient is right, the step is wrong
#
# From the course's notes (cs231n.github.io/optimization-1): take *one* step along the negative gradient,
# with ten step sizes. The data are the embedded images, pixels 0..255 minus the mean training image, bias
# in the last column; `df` is the gradient of the softmax loss.

# %% tags=["notes-step-size"]
data = datasets.load("fashion-mnist-subset")
X_train, X_test = datasets.standardize(data.X_train, data.X_test, dtype=np.float64, bias=True)
y_train, y_test = data.y_train, data.y_test
softmax = deeprob.Objective(X_train, y_train, loss="softmax")

np.random.seed(0)
W = np.random.randn(10, 785) * 0.0001
loss_original, df = softmax(W)
print("original loss: %f" % (loss_original,))

# lets see the effect of multiple step sizes
for step_size_log in [-10, -9, -8, -7, -6, -5, -4, -3, -2, -1]:
    step_size = 10**step_size_log
    W_new = W - step_size * df  # new position in the weight space
    loss_new = softmax.value(W_new)
    print("for step size %e new loss: %f" % (step_size, loss_new))

# %% [markdown] tags=["notes-step-size"]
# Tiny steps are safe and useless, one size is good, and beyond it the loss explodes, although each of these
# steps goes in the direction of steepest descent. The notes' printout, on CIFAR-10, has the same shape:
# from 2.200718 it goes to 2.200652, 2.200057, 2.194116, 2.135493, **1.647802** (at 1e-6), 2.844355,
# 25.558142, 254.086573, 2539.370888, 25392.214036.
#
# > **Errata of the notes.**
# > - The code there prints the step size with `%f`, which would show 1e-10 as `0.000000`; the printout is
# >   that of `%e`, used here.
# > - Loss and pixel scale are not stated. Best is 1e-6 there and 1e-5 here, where grey garments have 785
# >   features instead of 3,073: a learning rate says nothing without the data's scale beside it.

# %% tags=["notes-step-size"]
print("%f" % 1e-10, "%e" % 1e-10)

# %% [markdown] tags=["L4-27"]
# ## The slide's figure
#
# A bowl that is 25 times steeper in y than in x. The arrows are the negative gradients: perpendicular to
# the level sets, and so *not* pointing at the minimum. The path, learning rate 0.07, crosses the valley at
# every step.


# %% tags=["L4-27"]
def f(w):
    """Return the bowl's height at w = (x, y)."""
    x, y = w
    return (x**2 + 25 * y**2) / 2


def gradient(w):
    """Return the bowl's gradient."""
    x, y = w
    return np.array([x, 25 * y])


def draw_bowl(axes, xlim=(-1.25, 1.25), ylim=(-1.1, 1.2)):
    """Draw the bowl's level sets, in equal units."""
    x, y = np.meshgrid(np.linspace(*xlim, 201), np.linspace(*ylim, 201))
    levels = [0.05, 0.25, 0.6, 1.5, 3.2, 6, 9.5, 14]
    axes.contour(x, y, f((x, y)), levels=levels, colors="0.65", linewidths=1)
    axes.plot(0, 0, "x", color="k", markersize=11, markeredgewidth=2.5)
    axes.set(aspect="equal", xlim=xlim, ylim=ylim, xlabel="x", ylabel="y")
    axes.grid(False)


points = [np.array([1.0, 1.0])]
for _ in range(40):
    points.append(points[-1] - 0.07 * gradient(points[-1]))
points = np.array(points)

figure, (left, right) = plt.subplots(1, 2, figsize=(11, 5.6))
draw_bowl(left)
arrows = [
    (0.6, [0, 0.5, 0.17, -0.17, 0.25, -0.25, 0.33, -0.33]),  # level, angles in turns
    (3.2, [0.2, -0.2, 0.25, -0.25, 0.3, -0.3]),
    (9.5, [0.22, -0.22, 0.25, -0.25, 0.28, -0.28]),
]
for level, turns in arrows:
    for angle in 2 * np.pi * np.array(turns):
        start = np.sqrt(2 * level) * np.array([np.cos(angle), np.sin(angle) / 5])  # on this level set
        g = gradient(start)
        tip = start - 0.17 * g / np.linalg.norm(g)
        left.annotate("", tip, start, arrowprops={"arrowstyle": "-|>", "color": "C0", "linewidth": 2})
left.set_title("Negative gradients: perpendicular\nto the level sets")
draw_bowl(right)
right.plot(*points.T, "o-", color="C2", markersize=5, linewidth=1.5)
right.annotate("start (1, 1)", points[0], (-10, 2), textcoords="offset points", ha="right")
right.annotate("minimum", (0, 0), (-12, 0), textcoords="offset points", ha="right", va="center")
right.set_title("40 steps, learning rate 0.07:\nzigzag across, slow along")
show(
    figure,
    "Two contour plots of the bowl. Left: arrows of the negative gradient stand perpendicular on the "
    "level sets and miss the minimum. Right: the path of gradient descent from (1, 1) jumps across the "
    "valley and approaches the minimum slowly along it.",
)

point = np.array([0.8, 0.4])
along = np.array([-10.0, 0.8])  # the gradient turned by 90 degrees: the direction of the level set
print(
    "gradient at (0.8, 0.4):",
    gradient(point),
    " its product with the level set's direction:",
    gradient(point) @ along,
)
for h in (1e-2, 1e-3, 1e-4):
    print(f"a step of {h:g} along the level set changes f by {f(point + h * along) - f(point):.1e}")
print("a 10 times shorter step, a 100 times smaller change: the slope along it is 0")

# %% [markdown] tags=["L4-27"]
# ## The formula, and the slide's code line for line
#
# $$w_{t+1} = w_t - \alpha\, \nabla L(w_t)$$
#
# The slide calls functions that it does not show; here they are for the bowl, which has no data.


# %% tags=["L4-27"]
def initialize_weights():
    """Start at (1, 1)."""
    return np.array([1.0, 1.0])


def compute_gradient(loss_fn, data, w):
    """Return the gradient alone."""
    return loss_fn(w)[1] if data is None else loss_fn(w, *data)[1]


def loss_fn(w):
    """Return the bowl's height and gradient."""
    return f(w), gradient(w)


data = None
num_steps, learning_rate = 100, 0.079

# Vanilla gradient descent
w = initialize_weights()
for t in range(num_steps):
    dw = compute_gradient(loss_fn, data, w)
    w -= learning_rate * dw

print(f"x = {w[0]:.6f}, y = {w[1]:.6f}")

# %% [markdown] tags=["L4-27"]
# ## The library call

# %% tags=["L4-27"]
result = deeprob.gradient_descent(
    loss_fn, initialize_weights(), learning_rate=0.079, num_steps=100, record="trajectory"
)
assert np.array_equal(result.w, w)  # bit for bit
assert result.trajectory.shape == (101, 2)
assert np.array_equal(result.trajectory[0], [1.0, 1.0])
print(result.message, "and stands where the slide's loop stands")

# %% [markdown] tags=["L4-27"]
# ## Three learning rates
#
# On the bowl every step multiplies x by $1-\alpha$ and y by $1-25\alpha$. It converges while $|1 -
# 25\alpha| < 1$, that is for $\alpha < 2/25 = 0.08$: **2 divided by the largest curvature**. Three learning
# rates, one hundredth apart:

# %% tags=["L4-27"]
rates = [0.079, 0.080, 0.081]
paths = {
    rate: deeprob.gradient_descent(
        loss_fn, [1.0, 1.0], learning_rate=rate, num_steps=100, record="trajectory"
    ).trajectory
    for rate in rates
}
for rate, path in paths.items():
    formula = abs(1 - 25 * rate) ** 100
    print(
        f"learning rate {rate:.3f}: |y| after 100 steps {abs(path[-1, 1]):.3g}, by the formula {formula:.3g}"
    )
    assert np.isclose(abs(path[-1, 1]), formula, rtol=1e-10)
reveal("P1", "11.8")

# %% tags=["L4-27"]
figure = plt.figure(figsize=(11, 5))
wide, *small = figure.subplots(1, 4, width_ratios=[2.6, 1, 1, 1])
for k, (rate, path) in enumerate(paths.items()):
    color, style = f"C{k}", ["-", "--", "-."][k]
    wide.semilogy(np.abs(path[:, 1]), style, color=color)
    text = ["0.079: shrinks", "0.080: stays", "0.081: grows"][k]
    end, offset = (100, abs(path[-1, 1])), (-4, 8) if k else (-60, -4)
    wide.annotate(text, end, offset, textcoords="offset points", ha="right", color=color)
    draw_bowl(small[k], xlim=(-0.25, 1.25), ylim=(-2.6, 2.6))
    small[k].plot(*path[:13].T, "o-", color=color, markersize=3.5, linewidth=1.2)
    small[k].set(title=f"{rate:.3f}", ylabel="")
    small[k].set_xticks([0, 1])
wide.set(title="|y| over 100 steps", xlabel="step", ylabel="|y|", ylim=(0.03, 40))
small[1].set_title("the first 12 steps, learning rate\n0.080", fontsize=14)
show(
    figure,
    "Left: |y| against the step for learning rates 0.079, 0.080 and 0.081: it shrinks to 0.08, stays at "
    "1, grows to 12. Right: the first twelve steps of each path on the bowl.",
)

# %% [markdown] tags=["L4-27"]
# ## One knob: the learning rate
#
# Change `my_rate`. Below 0.04 y no longer changes its sign; at 0.04 it is 0 after one step; the best rate
# for both directions together is 2/(1 + 25) = 0.0769. What makes 0.04 and below a poor choice all the same?

# %% tags=["L4-27"]
my_rate = 0.04

path = deeprob.gradient_descent(
    loss_fn, [1.0, 1.0], learning_rate=my_rate, num_steps=100, record="trajectory"
)
for t in (0, 1, 2, 10, 100):
    x, y = path.trajectory[t]
    print(f"step {t:3d}: x = {x:9.6f}, y = {y:9.6f}")
for rate in (0.01, 0.04, 2 / 26, 0.079):
    w = deeprob.gradient_descent(loss_fn, [1.0, 1.0], learning_rate=rate, num_steps=100).w
    print(f"learning rate {rate:.4f}: distance to the minimum after 100 steps {np.linalg.norm(w):.6f}")

# %% [markdown] tags=["L4-27"]
# ## The limit on real images
#
# The same rule, 2 / largest curvature, predicts where the ten step sizes at the top begin to fail. For the
# softmax loss at W = 0 the Hessian is $\frac1C\left(I - \frac1C 1 1^T\right) \otimes \frac1N X^TX$, so its
# largest eigenvalue is that of $\frac1N X^TX$ divided by C = 10.

# %% tags=["L4-27"]
largest = np.linalg.eigvalsh(X_train.T @ X_train / len(X_train))[-1]
limit = 2 / (largest / 10)
print(f"largest eigenvalue of X^T X / N: {largest:.6g}, limit of the learning rate at W = 0: {limit:.3g}")
zeros = np.zeros((10, 785))
for rate in (0.5 * limit, limit, 2 * limit, 4 * limit):
    loss = deeprob.gradient_descent(softmax, zeros, learning_rate=rate, num_steps=30).losses
    rises = int(np.sum(np.diff(loss) > 0))
    print(
        f"learning rate {rate:.3g}: loss from {loss[0]:.4f} to {loss[-1]:.4f}, it rose in {rises} of 29 steps"
    )

# %% [markdown] tags=["L4-27"]
# Above the limit the loss jumps about, but here it does not run away: the softmax loss is not a parabola,
# its curvature falls as the classifier becomes certain. The limit tells where trouble begins, not that all
# is lost.
#
# ## Gradient descent on the images
#
# `Objective` binds data and loss; called with W it returns the loss and its gradient, which is what
# `gradient_descent` wants. How far do 100 steps get, and how far did random search (notebook 06) with 1,000?

# %% tags=["L4-27"]
svm = deeprob.Objective(X_train, y_train, loss="svm")
W0 = np.random.RandomState(0).randn(10, 785) * 0.0001
runs = {}
for name, objective, rate in [("softmax", softmax, 1e-5), ("SVM", svm, 1e-6)]:
    run = runs[name] = deeprob.gradient_descent(objective, W0, learning_rate=rate, num_steps=100)
    print(
        f"{name:7s} loss {run.losses[0]:.4f} -> {objective.value(run.w):.4f}, accuracy in training "
        f"{objective.accuracy(run.w):.3f}, on the test images {deeprob.accuracy(run.w, X_test, y_test):.3f}"
    )

found = deeprob.random_search(X_train, y_train, loss="svm", num_tries=1000, rng=0)
first_better = int(np.argmax(runs["SVM"].losses < found.loss))
print(
    f"random search: SVM loss {found.loss:.4f} after 1,000 evaluations, test accuracy "
    f"{deeprob.accuracy(found.W, X_test, y_test):.3f}; "
    f"gradient descent is below it after {first_better} step"
)

# %% tags=["L4-27"]
figure, axes = plt.subplots(figsize=(9, 4.5))
deeprob.plots.LossCurveDisplay.from_results(
    {"softmax, learning rate 1e-5": runs["softmax"], "SVM, learning rate 1e-6": runs["SVM"]}
).plot(ax=axes)
axes.axhline(found.loss, color="0.3", linestyle=":")
axes.annotate(
    "SVM loss of random search after 1,000 tries",
    (100, found.loss),
    (0, 5),
    textcoords="offset points",
    ha="right",
)
axes.set(title="100 steps of gradient descent", yscale="log", ylim=(0.3, 13))
axes.set_yticks([0.5, 1, 2, 5, 10], labels=["0.5", "1", "2", "5", "10"])
axes.minorticks_off()
axes.legend(loc="upper right", bbox_to_anchor=(1, 0.86))
show(
    figure,
    "Softmax and SVM loss over 100 steps of gradient descent, logarithmic: both fall fast and then "
    "slowly; after one step the SVM loss is far below the level that random search reaches with 1,000 "
    "tries.",
)

# %% [markdown] tags=["L4-27"]
# ## Hyperparameters
#
# The slide names three: weight initialization, number of steps, learning rate. The table has the final
# softmax loss. Compare rows (where from), pairs of lines (how long) and columns (how fast).

# %% tags=["L4-27"]
initializations = {
    "zeros": np.zeros((10, 785)),
    "randn * 0.0001": W0,
    "randn * 0.01": W0 * 100,
}
learning_rates = [1e-7, 1e-6, 1e-5, 1e-4]
print("initialization   steps " + "".join(f"   lr {rate:.0e}" for rate in learning_rates))
table = {}
for name, start in initializations.items():
    for rate in learning_rates:
        run = deeprob.gradient_descent(softmax, start, learning_rate=rate, num_steps=101)
        table[name, rate] = run.losses  # losses[t] is the loss after t steps
    for steps in (10, 100):
        row = "".join(f"{table[name, rate][steps]:11.4f}" for rate in learning_rates)
        print(f"{name:15s}  {steps:5d} {row}")

# %% [markdown] tags=["L4-27"]
# A bad start (`randn * 0.01`: confident and wrong) costs more than all the rest; more steps always help a
# learning rate below the limit; the learning rate must be right to a factor of ten or so, and one that is
# too large shows in few steps.
#
# ## Q4: guarantee?
#
# Three functions of one weight say no. Left: two starts, two minima; the right one is only local. Middle: a
# start where the gradient is exactly 0 never moves, although it is no minimum. Right: a step that is too
# long diverges, on the simplest parabola.


# %% tags=["L4-27"]
def two_wells(w):
    """Return a loss with two minima, and its gradient."""
    return np.sum(w**4 / 4 - w**2 / 2 + 0.2 * w), w**3 - w + 0.2


def hump(w):
    """Return a loss with a maximum at 0, and its gradient."""
    return np.sum(w**4 / 4 - w**2 / 2), w**3 - w


def parabola(w):
    """Return w^2 / 2 and its gradient; the curvature is 1."""
    return np.sum(w**2) / 2, w


cases = [
    ("two minima", two_wells, [-0.3, 0.5], 0.1, (-1.7, 1.6)),
    ("start on a maximum", hump, [0.0], 0.1, (-1.6, 1.6)),
    ("learning rate above 2 / curvature", parabola, [0.25], 2.3, (-3.2, 3.2)),
]
figure, row = plt.subplots(1, 3, figsize=(11, 4.4))
for axes, (title, function, starts, rate, span) in zip(row, cases, strict=True):
    grid = np.linspace(*span, 301)
    axes.plot(grid, [function(np.array([v]))[0] for v in grid], color="0.6")
    for k, start in enumerate(starts):
        steps = 9 if rate > 1 else 200
        run = deeprob.gradient_descent(
            function, [start], learning_rate=rate, num_steps=steps, record="trajectory"
        )
        values = run.trajectory[:, 0]
        heights = [function(np.array([v]))[0] for v in values]
        style = ["o-", "s--"][k]
        axes.plot(values, heights, style, color=["C0", "C2"][k], markersize=4, linewidth=1)
        axes.plot(values[0], heights[0], "o", color="k", markersize=8)
        slope = abs(function(values[-1:])[1][0])
        print(f"{title}: from {start} to {values[-1]:.4f}, slope there {slope:.4f}")
    axes.set(title=title, xlabel="w")
row[0].set_ylabel("loss")
row[2].set_title("learning rate\nabove 2 / curvature")
show(
    figure,
    "Three curves. Left: from two starts gradient descent ends in two different minima. Middle: on the "
    "top of a hump it stays. Right: on a parabola with a learning rate of 2.3 it jumps from side to side, "
    "higher each time.",
)

# %% tags=["L4-27"]
reveal(
    "Q4",
    "only if the loss is convex and smooth and the learning rate is below 2 / largest curvature; else a "
    "stationary point at best",
)

# %% [markdown] tags=["L4-27"]
# The slide leaves the answer open. In words: for a convex, smooth loss and a learning rate below 2/λ_max
# (the largest curvature) gradient descent reaches the minimum. Without convexity it ends at a stationary
# point at best, a local minimum or a saddle. With too large a learning rate it may diverge whatever the
# function. Softmax and SVM losses of a linear classifier are convex in W: the failures left and middle are
# those of neural networks.
#
# ## Exercise: compute_gradient
#
# Write the gradient of the regularized softmax loss
#
# $$L(W) = \frac1N \sum_i -\log\frac{\exp(s_{y_i})}{\sum_j \exp(s_j)} + \lambda \sum_{k,l} W_{k,l}^2$$
#
# from $\partial L_i/\partial s = p - \mathrm{onehot}(y_i)$ with $p$ the softmax of $s = Wx_i$.


# %% tags=["exercise"]
def my_gradient(W, X, y, reg):
    """Return dL/dW of W's shape (C, D); X (N, D) has its examples in rows, y (N,)."""
    # your code here


# %% tags=["check"]
solved = check_gradient(my_gradient)

# %% [markdown] tags=["solution"]
# <details><summary>Hint</summary>
#
# With S = W X^T of shape (C, N) and P its softmax over the classes, the data term is (P - onehot) X / N:
# (C, N) times (N, D). The derivative of λ W² is 2 λ W.
# </details>
#
# <details><summary>Solution</summary>
#
# ```python
# def my_gradient(W, X, y, reg):
#     N = len(y)
#     S = W @ X.T
#     P = np.exp(S - S.max(axis=0))
#     P /= P.sum(axis=0)
#     P[y, np.arange(N)] -= 1
#     return P @ X / N + 2 * reg * W
# ```
#
# `deeprob.softmax_loss(W, X, y, reg)` returns loss and gradient. Never trust a gradient of your own without
# checking it against the numeric one: `deeprob.numeric_gradient(lambda W: deeprob.softmax_loss(W, X, y,
# reg), W)`, notebooks 07, 08.
# </details>

# %% [markdown] tags=["L4-29"]
# ## Outlook: must it be all the data?
#
# Each step above looks at all 2,000 images. Stochastic gradient descent (the slide's next code, notebook
# 10) looks at a minibatch of 100, so it takes 20 steps for the same work. Here both see 20,000 images.

# %% tags=["L4-29"]
full = deeprob.gradient_descent(softmax, W0, learning_rate=1e-6, num_steps=10)
mini = deeprob.gradient_descent(softmax, W0, learning_rate=1e-6, num_steps=200, batch_size=100, rng=0)
names = {"full batch: 10 steps": full, "minibatches of 100: 200 steps": mini}
for name, run in names.items():
    share = deeprob.accuracy(run.w, X_test, y_test)
    print(f"{name:30s} loss {softmax.value(run.w):.4f}, test accuracy {share:.3f}")

figure, axes = plt.subplots(figsize=(9, 4.3))
deeprob.plots.LossCurveDisplay.from_results(
    names,
    smoothing={"minibatches of 100: 200 steps": 20},
    per_step={"full batch: 10 steps": 2000, "minibatches of 100: 200 steps": 100},
).plot(ax=axes, xlabel="images seen")
axes.set(title="The same work, 20 times as many steps", ylabel="softmax loss")
axes.legend(loc="upper right")
show(
    figure,
    "Loss against images seen: the full batch takes ten steps and falls to 1.5; minibatches of 100 take "
    "200 noisy steps and end far below.",
)

# %% [markdown]
# ## Summary
#
# 1. Four lines: initialize, compute the gradient, step against it, repeat. The gradient replaces 1,000
#    random tries by one step.
# 2. The learning rate must stay below 2 / largest curvature; the scale of the data decides what that is.
# 3. Guarantee: the minimum for convex smooth losses and small enough steps; in general no more than a
#    stationary point. Next: batches (10) and what goes wrong in valleys and saddles (11).
