"""The Displays of the demos: what they draw, and where."""

import numpy as np
import pytest

from deeprob import demos
from deeprob.plots import OverfittingDisplay, PreferencesDisplay, PreferSimplerDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def results():
    return {
        "overfitting": demos.overfitting(reg=[0, 0.01, 0.03, 0.1, 0.3, 1], num_steps=200),
        "prefer_simpler": demos.prefer_simpler(reg=0.01, num_seeds=10),
        "preferences": demos.preferences(regs=[0.01, 0.05, 0.2], num_steps=300),
    }


DISPLAYS = {
    "overfitting": (OverfittingDisplay, 6),
    "prefer_simpler": (PreferSimplerDisplay, 3),
    "preferences": (PreferencesDisplay, 4),
}


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_result_plots_itself_into_new_or_given_axes(results, name):
    kind, count = DISPLAYS[name]
    display = results[name].plot()
    assert isinstance(display, kind)
    assert len(display.axes_) == count
    assert display.result is results[name]
    figure, axes = plt.subplots(2, count // 2) if count % 2 == 0 else plt.subplots(1, count)
    assert display.plot(axes) is display
    assert display.figure_ is figure
    for ax in display.axes_:
        assert ax.get_xlabel() or ax.get_xticklabels()
        assert ax.get_ylabel()
        assert ax.get_title()
    with pytest.raises(ValueError, match=f"ax has 1 axes; expected {count}"):
        display.plot(axes.ravel()[0])


@pytest.mark.parametrize("name", DISPLAYS)
def test_a_display_refuses_other_results(results, name):
    kind = DISPLAYS[name][0]
    other = results["preferences" if name != "preferences" else "overfitting"]
    for wrong in (None, [1.0], other):
        with pytest.raises(TypeError, match=f"deeprob.demos.{name} returned"):
            kind.from_result(wrong)


@pytest.mark.parametrize("name", DISPLAYS)
def test_nothing_lies_outside_the_figure(results, name):
    display = results[name].plot()
    figure = display.figure_
    figure.canvas.draw()
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    assert box.x0 >= 0
    assert box.y0 >= 0
    assert box.x1 <= width
    assert box.y1 <= height


def test_overfitting_draws_its_numbers(results):
    result = results["overfitting"]
    display = result.plot()
    for name, losses in (("training", result.train_loss), ("test", result.test_loss)):
        np.testing.assert_array_equal(display.lines_[name].get_data(), (result.reg, losses))
    labels = [text.get_text() for text in display.figure_.legends[0].get_texts()]
    assert labels[0] == "λ = 0"
    assert labels[-1] == "λ = 1"
    assert len(labels) == 4
    assert f"λ = {result.reg[result.best]:g}" in labels
    chosen = result.plot(shown=[3]).axes_
    np.testing.assert_array_equal(chosen[0].lines[0].get_ydata(), result.scores[3, :, 1])
    np.testing.assert_array_equal(chosen[0].lines[1].get_ydata(), result.scores[3, :, 0])
    np.testing.assert_array_equal(chosen[1].lines[1].get_ydata(), result.probabilities[3, :, 1])
    for ax, values in zip(chosen[3:], (result.norm, result.confidence, result.data_loss), strict=True):
        np.testing.assert_array_equal(ax.lines[0].get_data(), (np.arange(1, 201), values[3, 1:]))


@pytest.mark.parametrize(("shown", "error"), [([6], ValueError), ([], ValueError), ([-1], ValueError)])
def test_overfitting_refuses_positions_that_are_none(results, shown, error):
    with pytest.raises(error, match="shown is"):
        results["overfitting"].plot(shown=shown)


@pytest.mark.parametrize("reg", [0.0, 0.1, [0, 0.1], [0.1, 1.0], [0.01, 0.1, 1.0]])
def test_overfitting_draws_any_number_of_lambda(reg):
    result = demos.overfitting(reg=reg, num_steps=5)
    display = result.plot()
    display.figure_.canvas.draw()
    assert len(display.figure_.legends[0].get_texts()) == result.reg.size
    expected = "log" if result.reg.size > 1 and result.reg[0] > 0 else "linear"
    assert display.axes_[2].get_xscale() == expected


def test_curves_differ_in_more_than_colour(results):
    lines = results["overfitting"].plot().axes_[3].lines
    assert len({line.get_color() for line in lines}) == len(lines)
    assert len({str(line.get_linestyle()) for line in lines}) == len(lines)
    fits = results["prefer_simpler"].plot().lines_.values()
    assert len({line.get_linestyle() for line in fits}) == 3
    zeros = results["preferences"].plot().lines_.values()
    assert len({line.get_marker() for line in zeros}) == 3


def test_prefer_simpler_draws_its_numbers(results):
    result = results["prefer_simpler"]
    display = result.plot()
    for k, name in enumerate(result.names):
        np.testing.assert_array_equal(display.lines_[name].get_data(), (result.grid, result.curves[k]))
        np.testing.assert_array_equal(display.axes_[2].lines[k].get_xdata(), np.sort(result.test_errors[k]))
    heights = [bar.get_height() for bar in display.axes_[1].patches]
    np.testing.assert_array_equal(heights, [*result.train_error, *result.test_error])
    assert display.axes_[1].texts[1].get_text() == "0"
    assert f"degree 1 wins {result.simpler_wins}" in display.axes_[2].get_title()


def test_the_axis_of_seeds_is_readable_of_any_errors():
    """Within a decade labels between the powers of ten would overlap; no noise has no line."""
    one = demos.prefer_simpler(num_seeds=1).plot()
    one.figure_.canvas.draw()
    assert not any(label.get_text() for label in one.axes_[2].get_xticklabels(minor=True))
    assert one.axes_[2].get_title() == "1 seed: degree 1 wins 1"
    without_noise = demos.prefer_simpler(noise=0.0, num_seeds=2).plot()
    without_noise.figure_.canvas.draw()
    assert without_noise.axes_[2].get_xlim()[0] > 1e-60
    assert without_noise.axes_[2].get_xlabel() == "test error"


def test_preferences_draws_its_numbers(results):
    result = results["preferences"]
    many = result.sparsity
    display = result.plot(at=1)
    heights = [bar.get_height() for bar in display.axes_[0].patches]
    names = ("data loss", "L2", "L1", "elastic net")
    assert heights == [result.values[name][which] for which in (0, 1) for name in names]
    ticks = [text.get_text() for text in display.axes_[0].get_xticklabels()]
    assert ticks == ["data loss:\na tie", "L2:\nw2", "L1:\na tie", "elastic net:\nw2"]
    for k, method in enumerate(many.methods):
        np.testing.assert_array_equal(display.lines_[method].get_data(), (many.reg, many.zeros[k]))
    hollow = display.axes_[1].lines[2]
    assert hollow.get_markerfacecolor() == "white"
    assert hollow.get_xdata().size == np.sum(many.W[0, 1, 1] == 0)
    assert "λ = 0.05" in display.axes_[1].get_title()
    with pytest.raises(ValueError, match="at is 3; expected a position of the 3 lambda"):
        result.plot(at=3)


def test_preferences_of_the_callers_data():
    X, y = np.random.default_rng(0).standard_normal((30, 3)), np.arange(30) % 2
    display = demos.preferences(X=X, y=y, regs=[0.0, 0.2], num_steps=5).plot()
    display.figure_.canvas.draw()
    assert "shaded" not in display.axes_[1].get_xlabel()
    assert display.axes_[2].get_xscale() == "linear"
