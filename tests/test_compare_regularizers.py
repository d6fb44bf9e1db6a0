"""The comparison of regularizers: what it trains and measures, its intervals, table and figure."""

import json
import math

import numpy as np
import pytest

import deeprob
from deeprob import Regularizer, augment, datasets, nn, schedules
from deeprob._regularizer_comparison.intervals import estimate, t_quantile
from deeprob._regularizer_comparison.result import METRICS

TINY = {"hidden": (16,), "width": 12, "depth": 2, "epochs": 6, "batch_size": 25, "progress": False}
EVERY = ("none", "none, residual", "l2", "l1", "elastic", "dropout", "batch_norm", "cutout", "mixup")
EVERY += ("label_smoothing", "stochastic_depth")


@pytest.fixture(scope="module")
def data():
    return datasets.load("fashion-mnist-subset")


def compared(data, methods, n=100, **changes):
    keywords = TINY | {"seeds": 3, "image_shape": (28, 28)} | changes
    sets = (data.X_train[:n], data.y_train[:n], data.X_test[:200], data.y_test[:200])
    return deeprob.compare_regularizers(*sets, methods, **keywords)


@pytest.fixture(scope="module")
def result(data):
    return compared(data, [name for name in EVERY if "none" not in name])


# ---- intervals ------------------------------------------------------------------------------


def test_quantiles_of_t_are_scipys(peer):
    stats = peer("scipy.stats")
    for dof in [*range(1, 40), 100, 999]:
        for confidence in (0.5, 0.9, 0.95, 0.99, 0.999):
            expected = stats.t.ppf((1 + confidence) / 2, dof)
            assert t_quantile(confidence, dof) == pytest.approx(expected, rel=1e-11)


def test_quantiles_of_t_are_the_printed_ones():
    """Tables of Student's t, 97.5 %."""
    printed = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 9: 2.262, 29: 2.045}
    assert {dof: round(t_quantile(0.95, dof), 3) for dof in printed} == printed


def test_estimates():
    values = [0.2, 0.5, 0.9, 0.4]
    found = estimate(values)
    half = t_quantile(0.95, 3) * np.std(values, ddof=1) / 2
    assert (found.mean, found.half) == (pytest.approx(0.5), pytest.approx(half))
    assert (found.low, found.high) == (found.mean - found.half, found.mean + found.half)
    one = estimate([3.0])
    assert one.mean == 3.0
    assert math.isnan(one.half)
    assert not one.excludes_zero
    assert not estimate([1.0, np.nan]).excludes_zero
    assert estimate([1.0, 1.1]).excludes_zero
    assert estimate([-1.0, -1.1]).excludes_zero
    assert not estimate([-1.0, 1.1]).excludes_zero


def test_equal_values_have_no_spread_to_judge_by():
    for values in ([-0.05, -0.05], [0.15 - 0.2, 0.1 - 0.15], [0.3 - 0.1 - 0.2] * 3, [0.0, 0.0]):
        assert not estimate(values).excludes_zero, values


@pytest.mark.slow
def test_intervals_hold_the_mean_as_often_as_they_say():
    rng = np.random.default_rng(0)
    hits = [abs((e := estimate(rng.standard_normal(5))).mean) <= e.half for _ in range(20_000)]
    assert abs(np.mean(hits) - 0.95) < 5 * math.sqrt(0.95 * 0.05 / 20_000)


# ---- what is trained and measured -----------------------------------------------------------


def test_a_run_is_what_one_would_write(data):
    X, y = data.X_train[:100], data.y_train[:100]
    result = compared(data, ["elastic"], elastic=1e-3, l1_ratio=0.25, seeds=[4, 9])
    for k, seed in enumerate((4, 9)):
        net = nn.MLP((784, 16, 10), rng=seed)
        net.fit(
            X / np.float32(255),
            y,
            1e-3,
            reg_type="elastic",
            l1_ratio=0.25,
            epochs=6,
            batch_size=25,
            lr=schedules.half_cosine(1e-3, 24),
            rng=np.random.default_rng([seed, 1]),
        )
        own, X_test = result["elastic"], data.X_test[:200] / np.float32(255)
        assert own.train_accuracy[k] == net.accuracy(X / np.float32(255), y)
        assert own.test_accuracy[k] == net.accuracy(X_test, data.y_test[:200])
        assert own.train_loss[k] == net.loss(X / np.float32(255), y)
        assert own.test_loss[k] == net.loss(X_test, data.y_test[:200])
        assert own.ece[k] == deeprob.calibration_error(net.predict_proba(X_test), data.y_test[:200])


def test_numbers_do_not_depend_on_company_progress_or_order(data, result, capsys):
    other = compared(data, ["mixup", "dropout"], progress=True)
    assert other.names == ("none", "mixup", "dropout")
    for name in other.names:
        for metric in METRICS:
            assert np.array_equal(other[name].values(metric), result[name].values(metric)), (name, metric)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(other.names)
    assert lines[-1].endswith("about 0 s to go")


def test_a_terminal_sees_every_run(data, capsys, monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    compared(data, "l2", epochs=1, seeds=2, progress=True)
    shown = capsys.readouterr().out
    assert "\033[Knone, seed 0; about" in shown
    assert [line.split("\r")[-1].split(":")[0] for line in shown.split("\n")[:-1]] == [
        "\033[Knone",
        "\033[Kl2",
    ]


def test_every_method_differs_from_its_baseline(result):
    assert sorted(result.names) == sorted(EVERY)
    assert result.names[-2:] == ("none, residual", "stochastic_depth")
    for one in result:
        base = result[one.baseline]
        assert (one.baseline == "none, residual") == (one.name in ("none, residual", "stochastic_depth"))
        differ = not np.array_equal(one.test_loss, base.test_loss)
        assert differ == (one.name != one.baseline)
        assert np.array_equal(one.loss_gap, one.test_loss - one.train_loss)
        assert np.array_equal(one.accuracy_gap, one.train_accuracy - one.test_accuracy)
        assert len(one.seconds) == 3
        assert one.messages == ("trained for all 6 epochs",) * 3


def test_changes_are_paired(result):
    difference = result["l1"].test_loss - result["none"].test_loss
    assert result.change("l1", "test_loss") == estimate(difference)
    assert result.mean("l1", "test_loss") == estimate(result["l1"].test_loss)
    difference = result["stochastic_depth"].ece - result["none, residual"].ece
    assert result.change("stochastic_depth", "ece") == estimate(difference)
    assert result.change("none", "ece").mean == 0.0
    for name in result.reducing("loss_gap"):
        assert result.change(name, "loss_gap").high < 0


def test_a_seed_draws_the_same_examples_for_all_methods(data):
    some = compared(data, {"a": Regularizer(), "b": "none"}, train_size=40)
    assert some.redrawn
    assert some.train_size == 40
    assert np.array_equal(some["a"].test_loss, some["b"].test_loss)
    assert len(set(some["a"].test_loss)) == 3
    assert "40 training examples, drawn for each seed" in str(some)
    assert not compared(data, "l2", seeds=1, epochs=1).redrawn


def test_scaled_floats_and_images_are_the_same_as_bytes(data):
    rows = compared(data, "cutout", seeds=2, epochs=2)
    y, y_test = data.y_train[:100], data.y_test[:200]
    images = deeprob.compare_regularizers(
        data.X_train[:100].reshape(-1, 28, 28),
        y,
        data.X_test[:200].reshape(-1, 28, 28),
        y_test,
        "cutout",
        **TINY | {"seeds": 2, "epochs": 2},
    )
    scaled = [X / np.float32(255) for X in (data.X_train[:100], data.X_test[:200])]
    floats = deeprob.compare_regularizers(
        scaled[0], y, scaled[1], y_test, "cutout", image_shape=(28, 28), **TINY | {"seeds": 2, "epochs": 2}
    )
    for one in (images, floats):
        assert np.array_equal(one["cutout"].test_loss, rows["cutout"].test_loss)


def test_own_settings_have_their_names(data):
    calls = []

    def flipped(X, y, rng):
        calls.append(X.shape)
        return augment.flip(X, image_shape=(28, 28), rng=rng), y

    methods = {
        "flips": Regularizer(augment=flipped),
        "both": Regularizer(dropout=0.3, batch_norm=True, reg=1e-3),
        "deep": Regularizer(residual=True, batch_norm=True, survival=0.7, mixup=0.2),
        "named": "l2",
    }
    result = compared(data, methods, epochs=1, seeds=2)
    assert result.names == ("none", "flips", "both", "named", "none, residual", "deep")
    assert calls[1:] == [(25, 784)] * 8  # after a try of two: 2 seeds, 4 batches
    assert result["deep"].baseline == "none, residual"
    assert repr(methods["both"]) == "Regularizer(reg=0.001, dropout=0.3, batch_norm=True)"


def test_colours_are_filled_with_their_own_means():
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (40, 3 * 4 * 4), np.uint8), rng.integers(0, 2, 40)
    result = deeprob.compare_regularizers(
        X, y, X, y, "cutout", image_shape=(3, 4, 4), **TINY | {"seeds": 1, "epochs": 1}
    )
    assert np.isfinite(result["cutout"].test_loss).all()


def test_a_divergence_is_a_result(data):
    result = compared(data, ["l2"], optimizer="sgd", lr=lambda t: 1e30, seeds=2)
    assert np.isnan(result["none"].test_loss).all()
    assert "none, seed 0: diverged in epoch 1 of " in str(result)
    assert "+nan" not in str(result)
    assert json.loads(json.dumps(result.to_dict(), allow_nan=False))["methods"]["l2"]["ece"]["mean"] is None


# ---- what is shown --------------------------------------------------------------------------


def test_the_table_has_the_numbers(result):
    lines = str(result).splitlines()
    assert lines[0].split()[:4] == ["method", "train", "acc.", "%"]
    assert [line[:16].strip() for line in lines[2:13]] == list(result.names)
    l2 = lines[2 + result.names.index("l2")]
    gap, change = result.mean("l2", "loss_gap"), result.change("l2", "loss_gap")
    assert f"{gap.mean:.3f} +- {gap.half:.3f}" in l2
    assert l2.endswith(f"{change.mean:+.3f} +- {change.half:.3f}")
    assert f"{100 * result.mean('l2', 'test_accuracy').mean:.1f} +- " in l2
    starred = [line for line in lines[2:13] if "*" in line]
    assert len(starred) > 0
    assert not any(line.startswith("none") for line in starred)
    assert "100 training examples, 200 test examples; 6 epochs of batches of 25; 3 seeds" in str(result)
    assert "stochastic_depth: 'none, residual' (ResidualMLP, width 12, 2 blocks)" in str(result)
    assert str(result) == repr(result)
    assert max(map(len, lines)) < 140


def test_one_seed_has_no_intervals(data):
    one = compared(data, "l2", seeds=[5], epochs=1)
    assert "+-" not in str(one)
    assert "*" not in str(one)
    assert "1 seed\n" in str(one)
    assert one.reducing() == ()


def test_html_is_the_same_table_with_names_escaped(data):
    page = compared(data, {"<b>": Regularizer(reg=0.1)}, seeds=2, epochs=1)._repr_html_()
    assert "&lt;b&gt;</td>" in page
    assert "<b>" not in page
    assert page.count("<tr>") == 3
    assert "loss gap: test minus training loss" in page


def test_to_dict_is_plain_and_complete(result):
    found = json.loads(json.dumps(result.to_dict(), allow_nan=False))
    assert list(found["methods"]) == list(result.names)
    for one in result:
        told = found["methods"][one.name]
        assert told["baseline"] == one.baseline
        for metric in METRICS:
            assert told[metric]["values"] == one.values(metric).tolist()
            assert told[metric]["mean"] == result.mean(one.name, metric).mean
            assert told[metric]["change_half"] == result.change(one.name, metric).half
    assert found["mlp"] == [784, 16, 10]
    assert found["residual"] == {"width": 12, "depth": 2}


def test_names_are_looked_up(result):
    assert [one.name for one in result] == list(result.names)
    with pytest.raises(KeyError, match="'l3'; compared were 'none'"):
        result["l3"]
    with pytest.raises(ValueError, match="metric is 'gap'; expected 'train_accuracy'"):
        result.mean("none", "gap")


# ---- the claim ------------------------------------------------------------------------------


@pytest.mark.slow
def test_on_1000_images_the_gap_is_real_and_at_least_three_methods_reduce_it(real_data):
    """With the defaults, each seed with images of its own."""
    full = datasets.load("fashion-mnist", path=real_data / "fashion-mnist")
    result = deeprob.compare_regularizers(
        full.X_train, full.y_train, full.X_test, full.y_test, image_shape=(28, 28), train_size=1000
    )
    print(result)
    assert result.mean("none", "loss_gap").low > 0.4
    assert result.mean("none", "accuracy_gap").low > 0.1
    assert len(result.reducing("loss_gap")) >= 3
    apart = [
        name
        for name in result.reducing("loss_gap")
        if result.mean(name, "loss_gap").high < result.mean(result[name].baseline, "loss_gap").low
    ]
    assert len(apart) >= 3  # also without pairing: the intervals do not meet


# ---- refused before anything is trained -----------------------------------------------------

R = np.random.default_rng(0)
X, Y = R.random((12, 16)), np.arange(12) % 3
GOOD = {"X_train": X, "y_train": Y, "X_test": X, "y_test": Y, "methods": "l2", **TINY, "seeds": 1}
WRONG = [
    ({"X_train": X[0]}, ValueError, "X_train has shape"),
    ({"X_train": X.astype(str)}, TypeError, "X_train has dtype"),
    ({"X_train": X * np.inf}, ValueError, "X_train has values that are not finite"),
    ({"X_test": X * 1e300}, ValueError, "X_test has values that are not finite"),
    ({"X_test": X[:, :9]}, ValueError, r"X_test has shape \(12, 9\); expected examples as of X_train"),
    ({"X_test": X[:0]}, ValueError, "X_test has shape"),
    ({"X_test": (255 * X).astype(np.uint8)}, TypeError, "X_test has dtype uint8 and X_train float64"),
    ({"y_train": Y[:3]}, ValueError, "y_train has 3 labels; expected 12, one per example of X_train"),
    ({"y_test": Y - 1}, ValueError, r"y_test\[0\] is -1"),
    ({"y_test": Y.astype(float)}, TypeError, "y_test has dtype float64"),
    ({"y_train": np.eye(3)[Y]}, ValueError, r"y_train has shape \(12, 3\)"),
    ({"methods": []}, ValueError, "methods is empty"),
    ({"methods": 3}, TypeError, "methods is a int"),
    ({"methods": ["droput"]}, ValueError, "methods has 'droput'; did you mean 'dropout'"),
    ({"methods": ["L2"]}, ValueError, "methods has 'L2'; did you mean 'l2'"),
    (
        {"methods": ["weights"]},
        ValueError,
        "methods has 'weights'; expected 'none', 'none, residual', 'l2', ",
    ),
    ({"methods": ["l2", "l2"]}, ValueError, "methods has 'l2' twice"),
    ({"methods": [Regularizer()]}, TypeError, "methods has a Regularizer; expected names"),
    ({"methods": {"a": 3}}, TypeError, r"methods\['a'\] is a int"),
    ({"methods": {1: "l2"}}, TypeError, "methods has the name 1"),
    ({"methods": {"none": "l2"}}, ValueError, r"methods\['none'\] is Regularizer\(reg=0.004\)"),
    ({"methods": "cutout"}, ValueError, "image_shape is None"),
    ({"image_shape": (3, 3)}, ValueError, r"images has shape \(12, 16\); expected \(N, 9\)"),
    ({"image_shape": 4}, ValueError, "image_shape is 4"),
    ({"train_size": 13}, ValueError, "train_size is 13; expected at most the 12"),
    ({"train_size": 0}, ValueError, "train_size is 0"),
    ({"hidden": 3}, TypeError, "hidden is 3"),
    ({"hidden": (3, 0)}, ValueError, r"hidden\[1\] is 0"),
    ({"width": 0}, ValueError, "width is 0"),
    ({"depth": 0.5}, TypeError, "depth is 0.5"),
    ({"epochs": 0}, ValueError, "epochs is 0"),
    ({"batch_size": 0}, ValueError, "batch_size is 0"),
    ({"batch_size": 1, "methods": "batch_norm"}, ValueError, "batch_size is 1; .*batch normalization"),
    ({"lr": 0.0}, ValueError, "lr is 0.0"),
    ({"lr": "a"}, TypeError, "lr is 'a'"),
    ({"lr": schedules.reduce_on_plateau(0.1)}, TypeError, "lr is a reduce_on_plateau"),
    ({"optimizer": "adamm"}, ValueError, "optimizer is 'adamm'"),
    ({"seeds": 0}, ValueError, "seeds is 0"),
    ({"seeds": []}, ValueError, "seeds"),
    ({"seeds": [1, 1]}, ValueError, "seeds is .* each once"),
    ({"seeds": "12"}, TypeError, "seeds is '12'"),
    ({"seeds": [-1]}, ValueError, r"seeds\[0\] is -1"),
    ({"seeds": [2**32]}, ValueError, r"seeds\[0\] is 4294967296"),
    ({"seeds": 1.5}, TypeError, "seeds is 1.5"),
    ({"l2": -1.0}, ValueError, "l2 is -1.0"),
    ({"l1": float("nan")}, ValueError, "l1 is nan"),
    ({"elastic": "a"}, TypeError, "elastic"),
    ({"l1_ratio": 2.0}, ValueError, "l1_ratio"),
    ({"dropout": 1.0}, ValueError, "dropout is 1.0"),
    ({"cutout": 0}, ValueError, "cutout is 0"),
    ({"mixup": 0.0}, ValueError, "mixup is 0.0"),
    ({"survival": 0.0}, ValueError, "survival is 0.0"),
    ({"label_smoothing": 1.5}, ValueError, "label_smoothing is 1.5"),
    ({"methods": {"a": Regularizer(augment=lambda X, y, r: X)}}, TypeError, "augment returned a ndarray"),
    (
        {"methods": {"a": Regularizer(augment=lambda X, y, r: (X[:, 1:], y))}},
        ValueError,
        r"x has shape \(2, 15\)",
    ),
]


@pytest.mark.parametrize(("changes", "error", "message"), WRONG, ids=[str(w[0])[:40] for w in WRONG])
def test_a_wrong_argument_is_named_before_anything_is_trained(changes, error, message, monkeypatch):
    monkeypatch.setattr("deeprob._regularizer_comparison.entry.train", None)
    with pytest.raises(error, match=message):
        deeprob.compare_regularizers(**GOOD | changes)


def test_the_call_that_the_wrong_ones_are_made_of_is_right():
    assert deeprob.compare_regularizers(**GOOD).names == ("none", "l2")


@pytest.mark.parametrize(
    ("keywords", "error", "message"),
    [
        ({"reg": -1.0}, ValueError, "reg"),
        ({"reg_type": "l3"}, ValueError, "reg_type"),
        ({"dropout": 1.0}, ValueError, "dropout is 1.0"),
        ({"batch_norm": 1}, TypeError, "batch_norm is 1; expected True or False"),
        ({"residual": "yes"}, TypeError, "residual is 'yes'"),
        ({"label_smoothing": 2.0}, ValueError, "label_smoothing is 2.0"),
        ({"cutout": 1.5}, TypeError, "cutout is 1.5"),
        ({"mixup": -1.0}, ValueError, "mixup is -1.0"),
        ({"augment": 3}, TypeError, "augment is a int"),
        ({"survival": 0.5}, ValueError, "survival is 0.5; expected 1, or residual=True"),
        ({"survival": 0.0, "residual": True}, ValueError, "survival is 0.0"),
        ({"droput": 0.5}, TypeError, r"Regularizer\(\) has no argument 'droput'; did you mean 'dropout'"),
        ({"dropout": 0.5, "residual": True}, ValueError, "dropout is 0.5; expected 0 of a residual network"),
    ],
)
def test_wrong_settings_are_named(keywords, error, message):
    with pytest.raises(error, match=message):
        Regularizer(**keywords)
