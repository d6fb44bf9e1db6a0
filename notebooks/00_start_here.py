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
# # 00 Start here
#
# **deeprob** rebuilds the lecture "Regularization and Optimization" (Lecture 4 of the course Deep Learning
# for Robot Perception, DeepRob): linear classifiers on NumPy arrays, their losses and gradients, random
# search, gradient descent. The arithmetic is done in C, the interface is Python, and the symbols are the
# lecture's.
#
# **Slides:** the data set (L4-02), "Linear Classifier - Three Viewpoints" (L4-04). **Working time:** about
# 25 minutes. **Runs in:** a few seconds, offline.
#
# After this notebook you can
# - check that deeprob works on your computer,
# - load the embedded images and bring them into the form the lecture uses,
# - train a classifier in three lines and look at what it has learned,
# - find the notebook for each slide.

# %%
import matplotlib.pyplot as plt
import numpy as np

import deeprob
from deeprob import datasets
from helpers import check_centering, predict, reveal, show, use_lecture_style

use_lecture_style()

# %% [markdown]
# ## How to work with the notebooks
#
# 1. Run the cells from top to bottom (Shift+Enter). Nothing is downloaded; every notebook takes less than a
#    minute.
# 2. **Predict first.** Cells with `predict("P1", None)` ask for a guess: write it in place of `None` and
#    run the cell. Further down `reveal` sets it beside the answer. A wrong guess teaches more than none.
# 3. **The slide's code** stands there line for line, then the library's call, and an `assert` says that
#    both give the same. If an `assert` fails on your computer, that is a bug: please report it.
# 4. **One knob.** Some cells are there to change a number and run again.
# 5. **Exercises** end with a check that says *which* mistake it sees. Solutions are folded away below it.
# 6. Boxes like this one tell where a slide is wrong or unclear:
#
# > **Erratum (example).** What the slide says, what is right, and the number that shows it.
#
# All seeds are fixed: your numbers must be the ones stored here, on any computer and with any number of
# threads. The pairs `NN_name.py` and `NN_name.ipynb` have the same cells; `python make.py` makes the second
# from the first.

# %% [markdown]
# ## Your computer
#
# deeprob picks the fastest code that the processor supports, once, at import. The next output differs from
# computer to computer, so none is stored.

# %% tags=["varies"]
deeprob.cpu_info()

# %%
info = deeprob.cpu_info()
assert info["targets"][info["target"]]  # what is in use is supported
print("deeprob", deeprob.__version__, "works here")

# %% [markdown] tags=["L4-02"]
# ## The question
#
# The lecture wants to tell 10 classes of small images apart; its data set, PROPS, has 50,000 training
# images of 32 x 32 pixels in three colours. A linear classifier computes one score for each class, $s = Wx
# + b$, and chooses the largest. W is found by training. What is in W when training is over?
#
# This package brings 2,500 real images so that everything runs without a download: a part of Fashion-MNIST,
# grey, 28 x 28, 10 classes. If you have CIFAR-10 or PROPS, `datasets.load("cifar10", path=...)` reads them.
#
# ## Predict first
#
# - **P1**: how many numbers does W have for these images, with one bias for each class?
# - **P2**: trained for 300 steps, what share of the test images does it get right? (Guessing: 0.1)

# %%
predict("P1", None)  # a whole number
predict("P2", None)  # a share, for instance 0.5

# %% tags=["L4-02"]
data = datasets.load("fashion-mnist-subset")
print(data)
print("X_train", data.X_train.shape, data.X_train.dtype, " y_train", data.y_train.shape, data.y_train.dtype)
for split, y in (("training", data.y_train), ("test", data.y_test)):
    print(f"{split} images of each class:", *np.bincount(y))
reveal(
    "P1", f"10 x (28 x 28 + 1) = {10 * (28 * 28 + 1):,}; for the lecture's images {10 * (32 * 32 * 3 + 1):,}"
)

# %% [markdown] tags=["L4-02"]
# Eight training images of each class:

# %% tags=["L4-02"]
images = data.images("train")
figure, grid = plt.subplots(10, 8, figsize=(7.5, 8.6), gridspec_kw={"wspace": 0.03, "hspace": 0.03})
for k, row in enumerate(grid):
    for axes, image in zip(row, images[data.y_train == k], strict=False):
        axes.imshow(image, cmap="gray_r", interpolation="nearest")
        axes.set(xticks=[], yticks=[])
        axes.spines[:].set_visible(False)
    row[0].set_ylabel(f"{k} {data.class_names[k]}", rotation=0, ha="right", va="center", fontsize=13)
show(
    figure,
    "Eight example images for each of the ten classes of garments, one class to a row: "
    + ", ".join(data.class_names),
)

# %% [markdown] tags=["L4-04"]
# ## What goes wrong without preparation
#
# Pixels are whole numbers 0..255 in 8 bits. Arithmetic on them wraps around: no error, just nonsense. And
# the images of all classes have much in common (the middle is covered), which says nothing about the class.

# %%
three, five = np.array([3], dtype=np.uint8), np.array([5], dtype=np.uint8)
print("in uint8, 3 - 5 =", (three - five)[0])

# %% [markdown]
# So the lecture's recipe is: convert to float, subtract the **mean training image**, append a 1 for the
# bias. Left: the mean image, large values dark. Then one image before and after: what remains is what is
# special about it.

# %%
X_train, X_test = datasets.standardize(data.X_train, data.X_test, dtype=np.float64, bias=True)
mean = data.X_train.mean(axis=0)
assert np.allclose(X_train[:, :-1], data.X_train - mean, rtol=0, atol=1e-10)
assert np.all(X_train[:, -1] == 1)

figure, row = plt.subplots(1, 3, figsize=(12, 4.1))
centred = X_train[1, :-1]
for axes, pixels, title, cmap, low in [
    (row[0], mean, "mean training image", "gray_r", 0),
    (row[1], data.X_train[1], "one image: 0..255", "gray_r", 0),
    (row[2], centred, "minus the mean", "RdBu_r", -255),
]:
    picture = axes.imshow(data.to_images(pixels), cmap=cmap, vmin=low, vmax=255, interpolation="nearest")
    axes.set(title=title, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)
    figure.colorbar(picture, ax=axes, shrink=0.8)
show(
    figure,
    "The mean of all training images, a blurred garment; one image of a T-shirt; and the difference, with "
    "positive values in red and negative ones in blue.",
)
print(f"X_train {X_train.shape} {X_train.dtype}, from {X_train.min():.1f} to {X_train.max():.1f}")

# %% [markdown] tags=["L4-04"]
# ## The formula, and the slide's bias trick
#
# $s = f(x; W, b) = Wx + b$. With a feature that is always 1, the bias is the last column of W and the
# formula is $s = Wx$. deeprob takes examples in rows, (N, D), or, with `example_axis=1`, in columns, as the
# lecture writes them.

# %% tags=["L4-04"]
random = np.random.RandomState(0)
W, b = random.randn(10, 784) * 0.0001, random.randn(10)
X = X_train[:, :-1]
Wb = np.column_stack([W, b])  # (10, 785)
Xb = datasets.bias_trick(X)  # (2000, 785)

s = X @ W.T + b  # the formula
assert np.allclose(deeprob.scores(W, X, b), s, rtol=1e-12, atol=1e-12)
assert np.allclose(deeprob.scores(Wb, Xb), s, rtol=1e-12, atol=1e-12)  # the bias trick
assert np.allclose(deeprob.scores(Wb, Xb.T, example_axis=1), s.T, rtol=1e-12, atol=1e-12)  # columns
print("scores of the first image:", s[0].round(3))
print("largest:", deeprob.predict(Wb, Xb)[0], data.class_names[deeprob.predict(Wb, Xb)[0]])
print("its label:", data.y_train[0], data.class_names[data.y_train[0]])

# %% [markdown] tags=["L4-04"]
# ## Train a classifier
#
# Three lines. What `train` does inside is the matter of notebooks 09 and 10.

# %% tags=["L4-04"]
classifier = deeprob.LinearClassifier("softmax")
losses = classifier.train(
    X_train, data.y_train, learning_rate=1e-6, num_iters=300, batch_size=100, verbose=True, rng=0
)
accuracy = classifier.accuracy(X_test, data.y_test)

print(f"test accuracy {accuracy:.3f}")
reveal("P2", f"{accuracy:.3f}")

# %% [markdown] tags=["L4-04"]
# ## The template sheet: what is in W
#
# Each row of W has as many numbers as an image has pixels, so it can be looked at as one: the visual
# viewpoint of the slide. Cloth on a red pixel speaks for the class, on a blue one against it. The trouser
# template forbids cloth between the legs, the T-shirt's wants short sleeves and nothing below them, the
# sneaker's nothing above the shoe.

# %% tags=["L4-04"]
sheet = deeprob.plots.TemplateDisplay.from_weights(
    classifier.W, data.image_shape, layout=data.layout, class_names=data.class_names
)
figure, grid = plt.subplots(2, 5, figsize=(10, 4.7))
sheet.plot(ax=grid)
for axes in sheet.axes_:
    axes.title.set_fontsize(13)
show(
    figure,
    "Ten templates, one for each class, red where cloth speaks for the class and blue where it speaks "
    "against it. One recognises a T-shirt, trousers, a dress, shoes and a bag.",
)

# %% [markdown]
# ## One knob: how long to train
#
# Change the numbers of steps. When does more training stop helping on the test images?

# %%
for num_iters in [1, 10, 100, 1000]:
    again = deeprob.LinearClassifier("softmax")
    again.train(X_train, data.y_train, learning_rate=1e-6, num_iters=num_iters, batch_size=100, rng=0)
    print(
        f"{num_iters:5d} steps: accuracy in training {again.accuracy(X_train, data.y_train):.3f}, "
        f"on the test images {again.accuracy(X_test, data.y_test):.3f}"
    )

# %% [markdown]
# ## Exercise: subtract the mean image
#
# To see how exercises work. Write `center`: it gets training images and other images, both uint8, one per
# row, and returns the others minus the mean *training* image. Try a wrong one first and see what the check
# says.


# %% tags=["exercise"]
def center(train, images):
    """Return images (M, D) minus the mean of train (N, D), as floats."""
    # your code here


# %% tags=["check"]
solved = check_centering(center)

# %% [markdown] tags=["solution"]
# <details><summary>Hint</summary>
#
# `train.mean(axis=0)` is the mean over the examples: one number for each pixel, in float64.
# </details>
#
# <details><summary>Solution</summary>
#
# ```python
# def center(train, images):
#     return images.astype(np.float64) - train.mean(axis=0)
# ```
#
# The library's way: `datasets.standardize(X_train, X_test, bias=True)`.
# </details>

# %% [markdown]
# ## Map: slide to notebook
#
# Numbers L4-nn count the slides of the lecture; the cell that rebuilds a slide carries its number as a tag.
#
# | Slides | Subject | Notebook | |
# |---|---|---|---|
# | | How to work with the notebooks | **00 start here** | this one |
# | L4-02, L4-03 | PROPS data set, how it was made | 01 data | planned |
# | L4-04 | Linear classifier, three viewpoints | 02 linear classifier | planned |
# | L4-05 | Softmax and SVM loss | 03 losses | planned |
# | L4-07, L4-08 | What we really want; overfitting | 04 overfitting | planned |
# | L4-09 to L4-14 | Regularization: L2, L1, dropout and others, preferences | 05 regularization | planned |
# | L4-15 to L4-17 | Finding W; random search | **[06 random search](06_random_search.ipynb)** | ready |
# | L4-18 to L4-23 | Idea 2: follow the slope; numeric gradient | 07 numeric gradient | planned |
# | L4-24 to L4-26 | Gradient checks | 08 gradient checks | planned |
# | L4-27 | Gradient descent; "guarantee?" | **[09 gradient descent](09_gradient_descent.ipynb)** | ready |
# | L4-28 to L4-31 | Batch and stochastic gradient descent; the demo | 10 batch and SGD | planned |
# | L4-32 to L4-35 | Problems of SGD | 11 problems of SGD | planned |
# | L4-36 to L4-38 | Momentum | 12 momentum | planned |
# | L4-39, L4-40 | Nesterov momentum | 13 Nesterov | planned |
# | L4-41 to L4-43 | AdaGrad, RMSProp | 14 AdaGrad and RMSProp | planned |
# | L4-44 to L4-49 | Adam; the comparison table | 15 Adam | planned |
# | L4-50, L4-51 | L2 regularization, weight decay, AdamW | 16 AdamW | planned |
# | L4-52 to L4-56 | Newton, BFGS, L-BFGS | 17 second order | planned |
# | L4-58 to L4-60 | Language models as optimizers; topic models | 18 state of the art | planned |
# | L4-57, L4-61 | Take-aways, summary | 19 take-aways | planned |
#
# Which numbers of the lecture are reproduced where: `docs/lecture-numbers.md`.

# %% [markdown]
# ## Summary
#
# 1. Images are rows of numbers; subtract the mean training image in float, append a 1 for the bias.
# 2. A linear classifier is a matrix W, (classes, pixels + 1); each of its rows is a template to look at.
# 3. Predict, run, compare, change one number, solve the exercise. Next: 06.
