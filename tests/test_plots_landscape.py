"""The Display of landscapes: what it holds, what it draws, and where."""

import sys

import numpy as np
import pytest

import deeprob
from deeprob import landscapes, plots
from deeprob.plots import LandscapeDisplay, contour_levels

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


def walk(landscape, lr, steps):
    ws = [landscape.start]
    for _ in range(steps):
        ws.append(ws[-1] - lr * landscape.gradient(ws[-1]))
    return np.array(ws)


@pytest.mark.parametrize("name", landscapes.NAMES)
def test_every_landscape_is_drawn(name):
    landscape = landscapes.get(name)
    ways = {"short": walk(landscape, 1e-3, 5), "long": walk(landscape, 1e-3, 4000)}
    display = LandscapeDisplay.from_landscape(landscape, trajectories=ways, resolution=41).plot()
    display.figure_.canvas.draw()
    assert sorted(display.lines_) == ["long", "short"]
    assert display.lines_["long"].get_rasterized()
    colours = {line.get_color() for line in display.lines_.values()}
    assert len(colours) == 2
    np.testing.assert_array_equal(display.lines_["short"].get_xdata(), ways["short"][:, 0])
    (x0, x1) = landscape.limits[0]
    assert display.ax_.get_xlim() == (x0, x1)


def test_the_grid_is_the_landscapes():
    bowl = landscapes.bowl()
    display = LandscapeDisplay.from_landscape(bowl, limits=((0, 1), (2, 3)), resolution=7)
    np.testing.assert_array_equal(display.x, np.linspace(0, 1, 7))
    np.testing.assert_array_equal(display.y, np.linspace(2, 3, 7))
    np.testing.assert_array_equal(display.values, bowl.grid(display.x, display.y))
    assert not hasattr(display, "ax_")
    assert display.trajectories == {}
    assert display.plot(marks=False).ax_.get_legend() is None


def test_styles_name_trajectories_and_their_ends_have_the_same_colour():
    bowl = landscapes.bowl()
    ways = {"a": walk(bowl, 0.01, 3), "b": walk(bowl, 0.05, 3)}
    styles = {"b": {"color": "black", "marker": "x", "linestyle": ":"}}
    figure, ax = plt.subplots()
    display = LandscapeDisplay.from_landscape(bowl, trajectories=ways, resolution=5).plot(ax, styles=styles)
    assert display.ax_ is ax
    assert display.figure_ is figure
    line = display.lines_["b"]
    assert (line.get_color(), line.get_marker(), line.get_linestyle()) == ("black", "x", ":")
    assert display.lines_["a"].get_color() == plots.COLORS[0]
    ends = [other for other in ax.lines if len(other.get_xdata()) == 1 and other.get_color() == "black"]
    assert any(end.get_xdata()[0] == ways["b"][-1, 0] and end.get_marker() == "x" for end in ends)
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["a", "b"]


def test_start_and_minima_are_marked():
    landscape = landscapes.himmelblau()
    ax = LandscapeDisplay.from_landscape(landscape, resolution=5).plot().ax_
    ring, stars = ax.lines
    np.testing.assert_array_equal(ring.get_xydata(), [landscape.start])
    np.testing.assert_array_equal(stars.get_xydata(), landscape.minima)


def test_ways_of_a_curve_lie_on_it():
    curve = landscapes.local_minimum()
    display = LandscapeDisplay.from_landscape(
        curve, trajectories=walk(curve, 0.05, 10), resolution=1001
    ).plot()
    line = display.lines_["trajectory"]
    np.testing.assert_allclose(line.get_ydata(), curve.values(line.get_xdata()[:, None]), atol=1e-4)


def test_divergence_is_drawn():
    ways = {"up": np.array([[1.0, 1.0], [1e200, -1e300], [np.inf, np.nan]])}
    display = LandscapeDisplay.from_landscape(landscapes.bowl(), trajectories=ways, resolution=5).plot()
    display.figure_.canvas.draw()
    assert display.ax_.get_xlim() == (-1.5, 1.5)


def test_slices_show_their_trajectory_and_weights_are_seen_from_the_plane():
    random = np.random.RandomState(0)
    objective = deeprob.Objective(random.standard_normal((20, 4)), np.arange(20) % 3)
    Ws = np.cumsum(random.standard_normal((8, 3, 4)), axis=0)
    plane = landscapes.loss_slice(objective, Ws[-1], "principal", trajectory=Ws)
    display = LandscapeDisplay.from_landscape(plane, resolution=11).plot()
    np.testing.assert_array_equal(display.trajectories["trajectory"], plane.trajectory)
    assert display.ax_.get_xlabel() == f"first principal direction ({plane.explained[0]:.1%})"
    given = LandscapeDisplay.from_landscape(
        plane, trajectories={"SGD": Ws, "flat": plane.trajectory}, resolution=3
    )
    np.testing.assert_allclose(given.trajectories["SGD"], plane.trajectory)
    np.testing.assert_array_equal(given.trajectories["flat"], plane.trajectory)
    plain = landscapes.loss_slice(objective, Ws[-1], rng=0)
    assert LandscapeDisplay.from_landscape(plain, resolution=3).labels == ("a, along d1", "b, along d2")


def test_results_are_ways():
    bowl = landscapes.bowl()
    minimized = deeprob.minimize(bowl, method="sgd", lr=0.07, steps=5, record=True)
    descent = deeprob.gradient_descent(bowl, bowl.start, learning_rate=0.07, num_steps=5, record="trajectory")
    ways = {"result": minimized, "trajectory": minimized.trajectory, "descent": descent}
    display = LandscapeDisplay.from_landscape(bowl, trajectories=ways, resolution=5)
    for points in display.trajectories.values():
        np.testing.assert_array_equal(points, descent.trajectory)
    for way in ways.values():
        single = LandscapeDisplay.from_landscape(bowl, trajectories=way, resolution=5)
        np.testing.assert_array_equal(single.trajectories["trajectory"], descent.trajectory)


def test_results_without_points_say_how_to_record_them():
    bowl = landscapes.bowl()
    for result in (
        deeprob.minimize(bowl, steps=2),
        deeprob.minimize(bowl, steps=2, record="fun"),
        deeprob.gradient_descent(bowl, bowl.start, learning_rate=0.01, num_steps=2),
    ):
        with pytest.raises(ValueError, match=r"trajectories\['a'\] has kept no points; expected what"):
            LandscapeDisplay.from_landscape(bowl, trajectories={"a": result})


@pytest.mark.parametrize("name", landscapes.NAMES)
def test_nothing_is_cut_off_the_first_time_it_is_saved(name, tmp_path):
    landscape = landscapes.get(name)
    ways = {"an optimizer, lr 0.0032": [landscape.start] * 2}
    display = LandscapeDisplay.from_landscape(landscape, trajectories=ways, resolution=21).plot()
    figure = display.figure_
    figure.savefig(tmp_path / "figure.png")
    renderer = figure.canvas.get_renderer()
    assert display.ax_.yaxis.label.get_window_extent(renderer).x0 >= 0
    assert display.ax_.get_legend().get_window_extent(renderer).x1 <= figure.bbox.width


def test_levels_are_dense_near_the_minimum():
    valley = landscapes.rosenbrock()
    x, y = np.linspace(-2, 2, 201), np.linspace(-1, 3, 201)
    values = valley.grid(x, y)
    levels = contour_levels(values, 0.0)
    assert len(levels) == 16
    assert (np.diff(levels) > 0).all()
    np.testing.assert_allclose(np.diff(np.log(levels)), np.log(levels[1] / levels[0]), rtol=1e-9)
    assert values.min() < levels[0] < 1 < levels[-1] < values.max()
    unknown = contour_levels(values)
    assert values.min() < unknown[0] < levels[1]


def test_levels_of_saddles_are_even_and_odd_values_are_left_out():
    levels = contour_levels(np.linspace(-3.0, 3.0, 100), -np.inf, count=5)
    np.testing.assert_allclose(levels, [-2.0, -1.0, 0.0, 1.0, 2.0], atol=1e-12)
    assert contour_levels([1.0, np.nan, 1.0, np.inf]).size == 0
    assert contour_levels([]).size == 0
    np.testing.assert_array_equal(contour_levels([0.0, 1.0]), [1.0])
    flat = LandscapeDisplay.from_landscape(landscapes.bowl(), limits=((1e200, 2e200), (0, 1)), resolution=4)
    flat.plot().figure_.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"landscape": np.sum}, "landscape is of type .*; expected a Landscape"),
        ({"landscape": landscapes.mgh("wood")}, "wood has 4 variables; expected at most 2"),
        ({"resolution": 1}, "resolution is 1"),
        ({"limits": ((1, 0), (0, 1))}, r"limits is \(\(1, 0\), \(0, 1\)\); expected"),
        ({"limits": ((0, 1),)}, "limits is"),
        ({"limits": ((0, np.inf), (0, 1))}, "limits is"),
        ({"trajectories": {"a": np.zeros((3, 3))}}, r"trajectories\['a'\] has shape \(3, 3\)"),
        ({"trajectories": np.zeros(2)}, r"trajectories\['trajectory'\] has shape \(2,\)"),
        ({"trajectories": {"a": np.zeros((0, 2))}}, r"trajectories\['a'\] has shape \(0, 2\)"),
    ],
)
def test_errors_say_what_is_wrong(arguments, message):
    with pytest.raises((ValueError, TypeError), match=message):
        LandscapeDisplay.from_landscape(**{"landscape": landscapes.bowl(), **arguments})


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch):
    display = LandscapeDisplay.from_landscape(landscapes.bowl(), resolution=3)
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'deeprob\[plot\]'"):
        display.plot()
