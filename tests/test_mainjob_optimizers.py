"""The main job's comparisons of optimizers: on the images, and on landscapes."""

import numpy as np
import pytest

import deeprob
from deeprob import datasets
from deeprob._mainjob import experiment, optimizers, walks
from deeprob._mainjob.settings import Settings, recipes

QUICK = Settings(quick=True)


@pytest.fixture(scope="module")
def data():
    return datasets.load("fashion-mnist-subset")


@pytest.fixture(scope="module")
def study(data):
    return optimizers.study(experiment.unit_pixels(data), recipes(data)[0], QUICK)


@pytest.fixture(scope="module")
def walked():
    return walks.walks(QUICK)


def test_every_row_is_what_gradient_descent_reaches_at_that_learning_rate(data, study):
    split = experiment.unit_pixels(data)
    objective = deeprob.Objective(split.X_train, split.y_train, loss="softmax", reg=recipes(data)[0].reg)
    rows = optimizers.cells(study)
    losses = [float(row[4]) for row in rows]
    assert losses == sorted(losses)
    assert len(rows) == 6
    for name, lr, _width, _steps, loss, train, test in rows:
        result = deeprob.gradient_descent(
            objective,
            np.zeros((10, 785), np.float32),
            learning_rate=float(lr),
            num_steps=QUICK.comparison_steps,
            batch_size=128,
            rng=0,
            optimizer=name,
        )
        assert float(loss) == round(objective.value(result.w), 4)
        assert float(train) == round(objective.accuracy(result.w), 4)
        assert float(test) == round(deeprob.accuracy(result.w, split.X_test, split.y_test), 4)
        assert float(test) > 0.7


def test_the_sweep_marks_the_lowest_loss(study):
    assert len(optimizers.sweep_headings(study)) == 1 + len(QUICK.comparison_lrs)
    for _name, *losses in optimizers.sweep_cells(study):
        (best,) = [k for k, loss in enumerate(losses) if loss.endswith("*")]
        assert best == np.argmin([float(loss.strip("* ")) for loss in losses])


def test_the_lines_are_plain_and_hold_the_lectures_table(study, walked):
    lines = [*optimizers.lines(study), *walks.lines(walked)]
    assert all(line.isascii() and len(line) <= 110 for line in lines)
    at = next(k for k, line in enumerate(lines) if line.startswith("Algorithm"))
    cells = {line.split()[0]: line.split()[1:] for line in lines[at + 2 : at + 8]}
    assert cells["sgd"] == ["-"] * 4
    assert cells["rmsprop"] == ["-", "yes", "yes", "-"]
    assert cells["adam"] == ["yes"] * 4


def test_the_seed_is_that_of_the_minibatches(data, study):
    split = experiment.unit_pixels(data)
    other = optimizers.study(split, recipes(data)[0], Settings(quick=True, seed=1))
    assert optimizers.lines(other) != optimizers.lines(study)


def test_large_sets_lend_their_first_images(data, monkeypatch):
    monkeypatch.setattr(optimizers, "LARGE", 300)
    done = optimizers.study(experiment.unit_pixels(data), recipes(data)[0], QUICK)
    assert done.examples == done.result.problem.n_examples == 300
    assert "300 images" in optimizers.lines(done)[0]


def test_each_landscape_is_hard_in_its_own_way(walked):
    names = walks.headings(walked)[1:]
    assert names == ("ravine", "rosenbrock", "plateau", "dip", "ridge", "noisy ridge")
    steps = {
        label: {name: cell.split()[0] for name, cell in zip(names, row, strict=True)}
        for label, *row in walks.cells(walked)
    }
    # L4-34 and L4-35: without noise nobody leaves the ridge, with it everybody does
    assert all(row["ridge"] == "-" and int(row["noisy ridge"]) < 60 for row in steps.values())
    # L4-57: where the gradient is exact, L-BFGS needs few of them
    assert int(steps["lbfgs"]["rosenbrock"]) < 60
    # momentum rolls out of the dip that SGD stays in
    assert steps["sgd"]["dip"] == "-"
    assert int(steps["momentum"]["dip"]) < 30
    # L4-33: SGD is slow where the condition number is high
    assert steps["sgd"]["ravine"] == "-"
    assert int(steps["adam"]["ravine"]) < 100
