"""The Display of a comparison of regularizers."""

import numpy as np
import pytest

import deeprob
from deeprob import datasets
from deeprob.plots import RegularizerDisplay

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
plt = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def result():
    data = datasets.load("fashion-mnist-subset")
    return deeprob.compare_regularizers(
        data.X_train[:60],
        data.y_train[:60],
        data.X_test[:50],
        data.y_test[:50],
        ["l2", "stochastic_depth"],
        hidden=(8,),
        width=8,
        depth=1,
        epochs=3,
        seeds=3,
        l2=0.1,
        progress=False,
    )


def made(values, baselines):
    return RegularizerDisplay(dict.fromkeys(("loss_gap", "test_accuracy", "ece"), values), baselines)


def test_every_seed_has_its_point_and_every_method_its_mean(result):
    display = result.plot()
    assert isinstance(display, RegularizerDisplay)
    names = [label.get_text() for label in display.axes_[0].get_yticklabels()]
    assert names == list(result.names) == ["none", "l2", "none, residual", "stochastic_depth"]
    for ax, metric, scale in zip(
        display.axes_, ("loss_gap", "test_accuracy", "ece"), (1, 100, 100), strict=True
    ):
        points = [line for line in ax.lines if line.get_marker() == "."]
        for k, (name, line) in enumerate(zip(names, points, strict=True)):
            np.testing.assert_allclose(line.get_xdata(), scale * result[name].values(metric))
            assert np.all(np.abs(np.asarray(line.get_ydata()) - k) < 0.5)
        means = [bars.lines[0].get_xdata()[0] for bars in ax.containers]
        np.testing.assert_allclose(means, [scale * result.mean(name, metric).mean for name in names])
        for bars, name in zip(ax.containers, names, strict=True):
            (segment,) = bars.lines[2][0].get_segments()
            found = result.mean(name, metric)
            np.testing.assert_allclose(segment[:, 0], [scale * found.low, scale * found.high])


def test_means_that_do_not_differ_from_their_baselines_are_hollow():
    display = made(
        {"none": [1.0, 2.0, 3.0], "same": [1.1, 1.8, 3.1], "less": [0.5, 1.4, 2.45]},
        {"none": "none", "same": "none", "less": "none"},
    ).plot()
    faces = [bars.lines[0].get_markerfacecolor() for bars in display.axes_[0].containers]
    assert faces[1] == "white"
    assert "white" not in (faces[0], faces[2])


def test_each_row_has_the_mean_of_its_own_baseline(result):
    ax = result.plot().axes_[0]
    dashed = [line for line in ax.lines if line.get_marker() == "None" and len(line.get_xdata()) == 2]
    shown = {round(float(np.mean(line.get_ydata()))): line.get_xdata()[0] for line in dashed}
    for k, one in enumerate(result):
        assert shown[k] == pytest.approx(result.mean(one.baseline, "loss_gap").mean)


def test_one_seed_divergences_and_given_axes_are_drawn():
    made({"none": [1.0], "a": [np.nan]}, {"none": "none", "a": "none"}).plot()
    figure, axes = plt.subplots(3)
    display = made({"none": [1.0, 2.0]}, {"none": "none"}).plot(axes)
    assert display.figure_ is figure
    assert list(display.axes_) == list(axes)
    figure.canvas.draw()


def test_nothing_is_cut_off(result):
    figure = result.plot().figure_
    figure.canvas.draw()
    inside = figure.bbox.padded(1)
    for ax in figure.axes:
        box = ax.get_tightbbox()
        assert inside.x0 <= box.x0 and box.x1 <= inside.x1 and inside.y0 <= box.y0 and box.y1 <= inside.y1
    legend = figure.legends[0].get_window_extent()
    assert inside.x0 <= legend.x0 and legend.x1 <= inside.x1
    assert all(legend.y1 <= ax.get_tightbbox().y0 + 1 for ax in figure.axes)


def test_wrong_arguments_are_named(result):
    with pytest.raises(TypeError, match="result is of type int"):
        RegularizerDisplay.from_result(3)
    with pytest.raises(ValueError, match="baselines is empty"):
        RegularizerDisplay({}, {})
    with pytest.raises(ValueError, match=r"baselines\['a'\] is 'none'"):
        made({"a": [1.0]}, {"a": "none"})
    with pytest.raises(ValueError, match="values lacks 'loss_gap'"):
        RegularizerDisplay({}, {"none": "none"})
    with pytest.raises(ValueError, match=r"values\['loss_gap'\] has shapes"):
        made({"none": [1.0], "a": [1.0, 2.0]}, {"none": "none", "a": "none"})
    with pytest.raises(ValueError, match="axes has 2 of them; expected 3"):
        result.plot(plt.subplots(2)[1])
