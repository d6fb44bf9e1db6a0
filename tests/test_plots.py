"""The Displays: what they hold, what they draw, and where."""

import subprocess
import sys

import numpy as np
import pytest

import deeprob
from deeprob import plots
from deeprob.plots import AttemptsDisplay, LossCurveDisplay, TemplateDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def found():
    X = np.array([[255.0, 0.0, 1.0], [0.0, 255.0, 1.0], [9.0, 99.0, 1.0]])
    return deeprob.random_search(X, [0, 1, 2], num_tries=40, rng=0)


@pytest.fixture(scope="module")
def descents():
    X = np.random.RandomState(0).standard_normal((64, 5))
    objective = deeprob.Objective(X, np.arange(64) % 3)
    options = {"learning_rate": 0.1, "num_steps": 30}
    full = deeprob.gradient_descent(objective, np.zeros((3, 5)), **options)
    return {"full": full, "SGD": deeprob.gradient_descent(objective, full.w, **options, batch_size=8, rng=0)}


def test_attempts_hold_the_search(found):
    display = AttemptsDisplay.from_result(found)
    np.testing.assert_array_equal(display.losses, found.losses)
    np.testing.assert_array_equal(display.best_so_far, found.best_so_far)
    np.testing.assert_array_equal(display.attempts, np.arange(40))
    assert not hasattr(display, "ax_")


def test_attempts_draw_points_and_the_best_as_a_line(found):
    display = AttemptsDisplay.from_result(found).plot(line_kw={"color": "black"})
    np.testing.assert_array_equal(display.points_.get_ydata(), found.losses)
    np.testing.assert_array_equal(display.line_.get_ydata(), found.best_so_far)
    assert display.points_.get_linestyle() == "None"
    assert display.line_.get_drawstyle() == "steps-post"
    assert display.line_.get_color() == "black"
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()] == [
        "each attempt",
        "best so far",
    ]


def test_attempts_with_a_nan_keep_the_best():
    np.testing.assert_array_equal(AttemptsDisplay([2.0, np.nan, 1.0]).best_so_far, [2.0, 2.0, 1.0])


@pytest.mark.parametrize("losses", [[], [[1.0]]])
def test_attempts_refuse_what_is_no_search(losses):
    with pytest.raises(ValueError, match=r"losses has shape"):
        AttemptsDisplay(losses)


def test_a_display_draws_into_the_given_axes_and_draws_again(found):
    figure, (left, right) = plt.subplots(1, 2)
    display = AttemptsDisplay.from_result(found)
    assert display.plot(left) is display
    assert display.ax_ is left
    assert display.figure_ is figure
    assert display.plot(right).ax_ is right
    assert len(plt.get_fignums()) == 1


def test_curves_hold_results_and_lists(descents):
    display = LossCurveDisplay.from_results({**descents, "list": [3.0, 2.0]}, smoothing={"SGD": 5})
    np.testing.assert_array_equal(display.curves["full"], descents["full"].losses)
    np.testing.assert_array_equal(display.curves["list"], [3.0, 2.0])
    assert list(display.smooth) == ["SGD"]
    raw, smooth = display.curves["SGD"], display.smooth["SGD"]
    assert smooth[0] == raw[0]
    assert smooth[10] == raw[8:13].mean()
    assert smooth[-1] == raw[-3:].mean()


def test_curves_draw_the_raw_losses_faintly_behind_the_smooth_ones(descents):
    display = LossCurveDisplay.from_results(descents, smoothing={"SGD": 5}).plot()
    faint, main = (line for line in display.ax_.lines if line is not display.lines_["full"])
    np.testing.assert_array_equal(faint.get_ydata(), descents["SGD"].losses)
    np.testing.assert_array_equal(main.get_ydata(), display.smooth["SGD"])
    assert faint.get_alpha() < 0.5
    assert faint.get_color() == main.get_color()
    assert main is display.lines_["SGD"]


def test_curves_differ_in_more_than_colour(descents):
    lines = LossCurveDisplay.from_results(descents).plot().lines_
    for of in ("get_color", "get_linestyle", "get_marker"):
        assert getattr(lines["full"], of)() != getattr(lines["SGD"], of)()


def test_curves_can_count_examples(descents):
    display = LossCurveDisplay.from_results(descents, per_step={"SGD": 8, "full": 64})
    assert display.x["SGD"][-1] == 29 * 8
    assert display.x["full"][-1] == 29 * 64
    ax = display.plot(xlabel="examples").ax_
    ax.set_xscale("log", nonpositive="mask")
    ax.figure.canvas.draw()
    assert ax.get_xlabel() == "examples"


def test_one_descent_needs_no_name(descents):
    display = LossCurveDisplay.from_results(descents["full"], smoothing=3).plot()
    assert list(display.curves) == ["loss"]
    assert display.ax_.get_legend() is None


def test_curves_of_minimize_are_what_it_recorded():
    recorded = deeprob.minimize(lambda w: (float(w @ w), 2 * w), [1.0, 2.0], method="sgd", record=True)
    for results in (recorded, {"loss": recorded}):
        display = LossCurveDisplay.from_results(results)
        np.testing.assert_array_equal(display.curves["loss"], recorded.trajectory.fun)
    without = deeprob.minimize(lambda w: (float(w @ w), 2 * w), [1.0, 2.0])
    with pytest.raises(ValueError, match=r"results\['a'\] has kept no losses; expected that of minimize"):
        LossCurveDisplay.from_results({"a": without})


def test_curves_of_a_divergence_are_drawn():
    display = LossCurveDisplay.from_results({"up": [1.0, 1e300, np.inf, np.nan]}, smoothing=2).plot()
    display.figure_.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"results": {}}, "results is empty"),
        ({"results": {"a": [[1.0]]}}, r"results\['a'\] has shape \(1, 1\)"),
        ({"results": {"a": [1.0]}, "smoothing": {"b": 2}}, "smoothing names 'b'"),
        ({"results": {"a": [1.0]}, "smoothing": 0}, "smoothing is 0"),
        ({"results": {"a": [1.0]}, "per_step": {"b": 2}}, "per_step names 'b'"),
    ],
)
def test_curves_say_what_is_wrong(arguments, message):
    with pytest.raises(ValueError, match=message):
        LossCurveDisplay.from_results(**arguments)


def test_grey_templates_have_zero_in_the_middle():
    W = np.array([[-4.0, 0.0, 1.0, 2.0, 77.0], [0.0, 0.0, 0.0, 0.0, -5.0]])
    display = TemplateDisplay.from_weights(W, (2, 2))
    np.testing.assert_allclose(display.templates[0], [[0.0, 0.5], [0.625, 0.75]])
    np.testing.assert_allclose(display.templates[1], 0.5)
    assert display.class_names == ("class 0", "class 1")


def test_templates_of_no_weights_are_drawn():
    np.testing.assert_array_equal(TemplateDisplay.from_weights(np.zeros((2, 4)), (2, 2)).templates, 0.5)


@pytest.mark.parametrize("scaling", [None, "common", "class"])
def test_colour_templates_are_those_of_the_classifier(scaling):
    W = np.random.RandomState(0).standard_normal((3, 13))
    classifier = deeprob.LinearClassifier()
    classifier.W = W
    display = TemplateDisplay.from_weights(W, (2, 2, 3), layout="CHW", scaling=scaling)
    expected = classifier.templates((2, 2, 3), layout="CHW", scaling=scaling or "common")
    np.testing.assert_array_equal(display.templates, expected)
    image = display.plot().axes_[2].images[0].get_array()
    np.testing.assert_array_equal(image, expected[2])


def test_templates_make_a_grid_with_names():
    display = TemplateDisplay.from_weights(np.eye(7, 4), (2, 2), class_names=list("abcdefg")).plot(columns=3)
    assert [ax.get_title() for ax in display.axes_] == list("abcdefg")
    assert len(display.figure_.axes) == 9
    assert not display.figure_.axes[8].axison
    display.figure_.canvas.draw()


def test_templates_go_into_given_axes():
    display = TemplateDisplay.from_weights(np.eye(4), (2, 2))
    figure, grid = plt.subplots(2, 3)
    axes = display.plot(grid).axes_
    assert list(axes) == list(grid.ravel()[:4])
    assert display.figure_ is figure
    with pytest.raises(ValueError, match="ax has 2 axes; expected 4"):
        display.plot(grid[0, :2])


def test_templates_divide_one_axes():
    display = TemplateDisplay.from_weights(np.eye(4), (2, 2))
    figure, ax = plt.subplots()
    axes = display.plot(ax).axes_
    figure.canvas.draw()
    assert len(axes) == len(ax.child_axes) == 4
    boxes = [place.get_position() for place in axes]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
    assert display.figure_ is figure


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([[1.0, 2.0]], (2, 2)), "W has shape"),
        ((np.eye(4), (2, 2), ["a"]), "class_names has 1 names; expected 4"),
    ],
)
def test_templates_say_what_is_wrong(arguments, message):
    W, shape, *names = arguments
    with pytest.raises(ValueError, match=message):
        TemplateDisplay.from_weights(W, shape, class_names=names[0] if names else None)


def test_displays_keep_copies():
    losses, images = np.array([2.0, 1.0]), np.zeros((1, 2, 2))
    displays = AttemptsDisplay(losses), LossCurveDisplay({"a": losses}), TemplateDisplay(images)
    losses[:], images[:] = 9.0, 9.0
    assert displays[0].losses[0] == displays[1].curves["a"][0] == 2.0
    assert displays[2].templates.max() == 0.0


def test_the_style_is_put_back():
    before = matplotlib.rcParams["axes.grid"], matplotlib.rcParams["axes.prop_cycle"]
    with plots.style():
        assert matplotlib.rcParams["axes.grid"]
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == list(plots.COLORS)
    assert before == (matplotlib.rcParams["axes.grid"], matplotlib.rcParams["axes.prop_cycle"])


@pytest.mark.parametrize(
    "display", [AttemptsDisplay([1.0]), LossCurveDisplay({"a": [1.0]}), TemplateDisplay(np.zeros((1, 2, 2)))]
)
def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, display):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'deeprob\[plot\]'"):
        display.plot()


def test_importing_plots_does_not_import_matplotlib():
    code = "import sys, deeprob.plots; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
