"""The Displays of comparisons and schedules, and the looks of the optimizers."""

import sys

import numpy as np
import pytest

import deeprob
from deeprob import landscapes, optim, plots, schedules
from deeprob.plots import (
    ComparisonDisplay,
    ScheduleDisplay,
    SensitivityDisplay,
    TrajectoriesDisplay,
    optimizer_style,
)

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")

H = np.array([1.0, 25.0])
METHODS = ["lbfgs", "bfgs", "newton", "newton-cg", "cg", "gauss-newton"]
BEYOND = ["adamax", "nadam", "radam", "adadelta", "rprop", "asgd", "lion", "adabelief", "muon", "shampoo"]
BEYOND += ["schedule_free_sgd", "schedule_free_adamw", "kfac"]


class Bowl:
    minimum, start = 0.0, np.array([1.0, 0.7])

    def __call__(self, w):
        return float(0.5 * np.sum(H * w**2)), H * w


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def result():
    return deeprob.compare(Bowl(), steps=40)


def luminance(color):
    """Relative luminance (WCAG 2): what is left of a colour in grey."""
    channels = np.array(matplotlib.colors.to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


# ---- looks ----------------------------------------------------------------------------------


def test_every_optimizer_has_a_look_of_its_own_also_without_colour():
    names = dict.fromkeys([*optim.NAMES, *BEYOND, *METHODS])
    looks = [optimizer_style(name) for name in names]
    for keys in [("color", "linestyle"), ("linestyle", "marker"), ("color", "marker")]:
        assert len({str([look[key] for key in keys]) for look in looks}) == len(names), keys
    six = [optimizer_style(name) for name in optim.NAMES[:6]]
    for key in ("color", "linestyle", "marker"):
        assert len({str(look[key]) for look in six}) == 6


def test_all_colours_can_be_seen_on_white_and_on_black():
    for color in {optimizer_style(name)["color"] for name in [*optim.NAMES, *BEYOND, *METHODS]}:
        assert 1.05 / (luminance(color) + 0.05) > 1.9
        assert (luminance(color) + 0.05) / 0.05 > 1.9


def test_looks_do_not_change_and_unknown_names_get_one_that_stays():
    assert optimizer_style("sgd") == {"color": "#5790fc", "linestyle": "-", "marker": "o"}
    assert optimizer_style("adam") == {"color": "#7a21dd", "linestyle": (0, (8, 2)), "marker": "P"}
    known = [optimizer_style(name) for name in [*optim.NAMES, *BEYOND, *METHODS]]
    mine = optimizer_style("my own")
    assert mine == optimizer_style("My-own") not in known
    assert mine != optimizer_style("another")
    with pytest.raises(TypeError, match="name is a int"):
        optimizer_style(3)


def test_looks_of_one_figure_differ():
    looks = plots.optimizer_styles({"Adam": "adam", "Adam (almost)": "adam", "third": "adam", "sgd": "sgd"})
    assert list(looks) == ["Adam", "Adam (almost)", "third", "sgd"]
    assert looks["Adam"] == optimizer_style("adam")
    assert looks["sgd"] == optimizer_style("sgd")
    assert len({str(look) for look in looks.values()}) == 4
    many = plots.optimizer_styles({f"variant {k}": "adam" for k in range(60)})
    assert len({str(look) for look in many.values()}) == 60


# ---- comparison -----------------------------------------------------------------------------


def test_comparison_holds_and_draws_the_best_runs(result):
    display = ComparisonDisplay.from_result(result)
    assert not hasattr(display, "ax_")
    display.plot(line_kw={"adam": {"linewidth": 4.0}})
    for race in result:
        line = display.lines_[race.label]
        np.testing.assert_array_equal(line.get_xdata(), race.best.steps)
        np.testing.assert_array_equal(line.get_ydata(), race.best.losses)
        assert line.get_color() == optimizer_style(race.name)["color"]
        assert line.get_label() == f"{race.label}, lr {race.best.lr:.2g}"
    assert display.lines_["adam"].get_linewidth() == 4.0
    assert display.ax_.get_yscale() == "log"
    assert display.ax_.get_ylabel() == "loss"
    display.figure_.canvas.draw()


def test_comparison_draws_into_given_axes_over_seconds(result):
    figure, (left, right) = plt.subplots(1, 2)
    display = ComparisonDisplay.from_result(result)
    assert display.plot(left) is display
    assert display.plot(right, x="seconds").ax_ is right
    assert display.figure_ is figure
    assert display.lines_["sgd"].get_xdata()[-1] == pytest.approx(result["sgd"].best.seconds)
    with pytest.raises(ValueError, match="x is 'epochs'"):
        display.plot(x="epochs")


def test_means_have_bands():
    X = np.random.RandomState(0).standard_normal((64, 5))
    objective = deeprob.Objective(X, np.arange(64) % 3)
    made = deeprob.compare(objective, ["sgd", "adam"], steps=20, lr=0.1, batch_size=8, rng=0, repeats=3)
    display = ComparisonDisplay.from_result(made).plot()
    assert len(display.ax_.collections) == len(display.spreads) == 2
    band = display.ax_.collections[0].get_paths()[0].vertices
    top = made["sgd"].best.losses + made["sgd"].best.spread
    assert band[:, 1].max() == pytest.approx(top.max())


def test_methods_without_a_learning_rate_are_drawn_where_they_can_be():
    made = deeprob.compare(landscapes.rosenbrock(), ["adam", "lbfgs"], steps=40)
    assert ComparisonDisplay.from_result(made).plot().lines_["lbfgs"].get_label() == "lbfgs"
    assert list(SensitivityDisplay.from_result(made).plot().lines_) == ["adam"]
    assert TrajectoriesDisplay.from_result(made).plot().lines_["lbfgs"].get_label() == "lbfgs"


def test_losses_are_counted_from_a_minimum_that_is_not_zero():
    class Deep(Bowl):
        minimum = -7.0

        def __call__(self, w):
            f, g = super().__call__(w)
            return f - 7.0, g

    display = ComparisonDisplay.from_result(deeprob.compare(Deep(), ["sgd"], steps=90)).plot()
    assert display.ax_.get_ylabel() == "loss above the minimum"
    assert display.ax_.get_yscale() == "log"
    assert display.lines_["sgd"].get_ydata()[0] == pytest.approx(Bowl()(Bowl.start)[0])


def test_losses_below_zero_without_a_known_minimum_get_a_linear_axis():
    below = lambda w: (Bowl()(w)[0] - 7.0, H * w)  # noqa: E731
    result = deeprob.compare(below, ["sgd", "adam"], x0=[1.0, 1.0], steps=30)
    for cls in (ComparisonDisplay, SensitivityDisplay):
        display = cls.from_result(result).plot()
        assert display.ax_.get_yscale() == "linear"
        display.figure_.canvas.draw()
    assert ComparisonDisplay.from_result(result).plot(log=False).ax_.get_ylim()[0] < -7


def test_a_divergence_leaves_the_axes_in_sight():
    result = deeprob.compare(Bowl(), ["sgd", "adam"], steps=300, lr=[1e-3, 1e30])
    display = SensitivityDisplay.from_result(result).plot()
    low, high = display.ax_.get_ylim()
    assert display.lines_["sgd"].get_ydata()[1] > high
    assert 0 < low < high < 100
    display.figure_.canvas.draw()
    gone = deeprob.compare(Bowl(), ["sgd"], steps=300, lr=[1e30, 1e31])
    for cls in (ComparisonDisplay, SensitivityDisplay):
        cls.from_result(gone).plot().figure_.canvas.draw()


def test_sensitivity_marks_the_best(result):
    display = SensitivityDisplay.from_result(result).plot()
    for race in result:
        (x,), (y,) = display.marks_[race.label].get_data()
        assert x == race.best.lr == display.best[race.label]
        assert y == max(race.best.loss, display.ax_.get_ylim()[0])
        np.testing.assert_array_equal(display.lines_[race.label].get_xdata(), race.lrs)
    assert display.ax_.get_xscale() == display.ax_.get_yscale() == "log"
    labels = [text.get_text() for text in display.ax_.get_legend().get_texts()]
    assert labels == ["at the start", *result.labels]


def test_without_a_minimum_the_axis_ends_below_the_target():
    saddle = landscapes.saddle().noisy(0.01, rng=0)
    result = deeprob.compare(saddle, ["sgd", "momentum", "adam"], steps=60)
    assert min(race.best.loss for race in result) < -1e6
    for display in (ComparisonDisplay, SensitivityDisplay):
        low, high = display.from_result(result).plot().ax_.get_ylim()
        assert -5 < low < result.target
        assert result.start_loss < high < 5


def test_one_run_is_no_comparison():
    run = deeprob.minimize(landscapes.bowl(), steps=2, record=True)
    for display in (ComparisonDisplay, SensitivityDisplay, TrajectoriesDisplay):
        with pytest.raises(TypeError, match=r"result is of type OptimizeResult; expected what deeprob"):
            display.from_result(run)


def test_displays_say_what_is_wrong():
    with pytest.raises(ValueError, match="no optimizers"):
        ComparisonDisplay({}, {}, {}, {}, 1.0)
    with pytest.raises(ValueError, match=r"curves\['a'\] has shape \(2,\)"):
        ComparisonDisplay({"a": [1, 2]}, {"a": [0]}, {"a": 0.1}, {"a": "sgd"}, 1.0)
    with pytest.raises(ValueError, match=r"final_losses\['a'\] has shape \(2,\)"):
        SensitivityDisplay({"a": [0.1]}, {"a": [1, 2]}, {"a": "sgd"}, 1.0)
    with pytest.raises(ValueError, match="schedules is empty"):
        ScheduleDisplay.from_schedules({}, 3)
    with pytest.raises(TypeError, match="schedules is a float"):
        ScheduleDisplay.from_schedules({"a": 0.1}, 3)
    with pytest.raises(ValueError, match="num_steps is 0"):
        ScheduleDisplay.from_schedules(schedules.constant(0.1), 0)


# ---- trajectories ---------------------------------------------------------------------------


def test_trajectories_are_the_points_of_the_runs():
    result = deeprob.compare(landscapes.ravine(), steps=50)
    for run in ("best", "calmest"):
        display = TrajectoriesDisplay.from_result(result, run).plot(line_kw={"adam": {"linewidth": 3.0}})
        for race in result:
            trial = getattr(race, run)
            np.testing.assert_array_equal(display.lines_[race.label].get_xydata(), trial.trajectory)
            assert display.lines_[race.label].get_color() == optimizer_style(race.name)["color"]
            assert display.lines_[race.label].get_label() == f"{race.label}, lr {trial.lr:.2g}"
        assert display.lines_["adam"].get_linewidth() == 3.0
        display.figure_.canvas.draw()
    renderer = display.figure_.canvas.get_renderer()
    assert display.ax_.yaxis.label.get_window_extent(renderer).x0 >= 0
    assert display.ax_.get_legend().get_window_extent(renderer).x1 <= display.figure_.bbox.width
    # the picture stays that of the landscape, wherever the paths go
    (x0, x1), (y0, y1) = landscapes.ravine().limits
    np.testing.assert_allclose([*display.ax_.get_xlim(), *display.ax_.get_ylim()], [x0, x1, y0, y1])


def test_trajectories_with_noise_in_one_variable_and_up_to_a_divergence():
    for problem in (landscapes.saddle().noisy(0.1, 0), landscapes.local_minimum()):
        result = deeprob.compare(problem, ["sgd"], steps=20, lr=0.1)
        TrajectoriesDisplay.from_result(result, resolution=21).plot().figure_.canvas.draw()
    gone = deeprob.compare(landscapes.bowl(), ["sgd"], steps=300, lr=1e30)
    display = TrajectoriesDisplay.from_result(gone).plot()
    assert np.isnan(display.paths["sgd"][gone["sgd"].best.diverged :]).all()
    display.figure_.canvas.draw()


def test_trajectories_say_what_is_wrong(result):
    with pytest.raises(TypeError, match="result is of a problem of type Bowl; expected that of"):
        TrajectoriesDisplay.from_result(result)
    without = deeprob.compare(landscapes.bowl(), ["sgd"], steps=3, lr=0.1, record="loss")
    with pytest.raises(ValueError, match="result has no trajectories"):
        TrajectoriesDisplay.from_result(without)
    with pytest.raises(ValueError, match="run is 'worst'"):
        TrajectoriesDisplay.from_result(without, "worst")
    with pytest.raises(ValueError, match="has 3 variables"):
        TrajectoriesDisplay.from_result(deeprob.compare(landscapes.rosenbrock(3), ["sgd"], steps=3, lr=0.1))


# ---- schedules ------------------------------------------------------------------------------


def test_schedules_are_drawn_as_they_are():
    made = {
        "cosine": schedules.half_cosine(0.1, 100),
        "step": schedules.step(0.1, 30),
        "own": lambda t: 0.1 / (t + 1),
    }
    display = ScheduleDisplay.from_schedules(made, 101).plot(line_kw={"own": {"color": "black"}})
    for name, schedule in made.items():
        np.testing.assert_array_equal(display.lines_[name].get_ydata(), [schedule(t) for t in range(101)])
    assert display.lines_["own"].get_color() == "black"
    assert len({str(line.get_linestyle()) for line in display.lines_.values()}) == 3
    assert display.ax_.get_ylim()[0] == 0.0


def test_a_schedule_draws_itself():
    ax = plt.subplots()[1]
    display = schedules.step(0.1, 3).plot(10, ax)
    assert display.ax_ is ax
    assert ax.get_title() == "step(0.1, 3, gamma=0.1)"
    (line,) = display.lines_.values()
    assert line.get_drawstyle() == "steps-post"


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch, result):
    displays = [ComparisonDisplay.from_result(result), SensitivityDisplay.from_result(result)]
    displays.append(ScheduleDisplay({"a": [0.1]}))
    displays.append(TrajectoriesDisplay.from_result(deeprob.compare(landscapes.bowl(), ["sgd"], steps=1)))
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    for display in displays:
        with pytest.raises(ImportError, match=r"pip install 'deeprob\[plot\]'"):
            display.plot()
