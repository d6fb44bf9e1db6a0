"""The training loop of networks: what it draws, what it steps along, how it ends."""

import functools

import numpy as np
import pytest

import deeprob
from deeprob import augment, nn, optim, schedules
from deeprob.nn._fit import batches

N, D, C = 23, 6, 3


def data(seed=0, n=N):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((n, D)).astype(np.float32), rng.integers(0, C, n)


def net(seed=0, **keywords):
    return nn.MLP((D, 8, C), rng=seed, **keywords)


def same(a, b):
    return all(np.array_equal(x, y) for x, y in zip(a.values(), b.values(), strict=True))


@pytest.mark.parametrize(
    ("count", "size"), [(1, 1), (5, 2), (6, 2), (7, 3), (7, 10), (8, 7), (3, 1), (21, 4)]
)
@pytest.mark.parametrize("joins", [False, True])
def test_an_epoch_has_every_example_once_and_no_lonely_one_where_there_is_batch_norm(count, size, joins):
    parts = list(batches(count, size, np.random.default_rng(3), joins))
    assert sorted(np.concatenate(parts)) == list(range(count))
    sizes = [len(part) for part in parts]
    whole, rest = divmod(count, size)
    if joins and rest == 1 and whole and size > 1:
        assert sizes == [size] * (whole - 1) + [size + 1]
    elif not joins or size > 1:
        assert sizes == [size] * whole + [rest] * (rest > 0)


def test_it_is_the_loop_that_one_would_write():
    X, y = data()
    made, own = net(dropout=0.2, batch_norm=True), net(dropout=0.2, batch_norm=True)
    rate = schedules.half_cosine(1e-2, 18)
    penalty = {"reg": 1e-3, "reg_type": "elastic", "label_smoothing": 0.1}
    done = made.fit(X, y, **penalty, epochs=3, batch_size=4, lr=rate, rng=7)
    random, opt, losses, t = np.random.RandomState(7), optim.Adam(own.parameters()), [], 0
    for _ in range(3):
        order, total = random.permutation(N), 0.0
        for i in range(0, N, 4):
            at = order[i : i + 4]
            loss, grads = own.loss_and_grads(X[at], y[at], **penalty)
            opt.lr = rate(t)
            opt.step(grads)
            total, t = total + loss * len(at), t + 1
        losses.append(total / N)
    assert same(made.state_dict(), own.state_dict())
    assert done.losses.tolist() == losses
    assert (done.epochs, done.steps, done.loss) == (3, 18, losses[-1])
    assert np.all(np.diff(done.times, prepend=0) > 0)


def test_equal_seeds_give_equal_networks_and_others_do_not():
    X, y = data()
    states = []
    for seed in (1, 1, 2):
        one = net(dropout=0.5)
        one.fit(X, y, epochs=2, batch_size=5, rng=seed)
        states.append(one.state_dict())
    assert same(states[0], states[1])
    assert not same(states[0], states[2])


@pytest.mark.parametrize("rng", [np.random.default_rng(3), np.random.RandomState(3), 3, None])
def test_every_kind_of_generator_is_taken(rng):
    net().fit(*data(), epochs=1, rng=rng)


@pytest.mark.parametrize(
    "optimizer",
    [None, "sgd", "adagrad", optim.Momentum, functools.partial(optim.Adam, lr=0.1), "schedule_free_sgd"],
)
def test_optimizers_by_name_by_class_by_function(optimizer):
    X, y = data(n=60)
    one = net()
    before = one.loss(X, y)
    one.fit(X, y, epochs=5, batch_size=10, optimizer=optimizer, lr=None if optimizer is None else 0.05, rng=0)
    assert one.loss(X, y) < before


def test_an_optimizer_goes_on_from_its_states():
    X, y = data()
    once, twice = net(), net()
    opt_once, opt_twice = (optim.Adam(one.parameters(), lr=1e-2) for one in (once, twice))
    random = np.random.default_rng(0)
    once.fit(X, y, epochs=4, batch_size=6, optimizer=opt_once, rng=np.random.default_rng(0))
    for _ in range(2):
        twice.fit(X, y, epochs=2, batch_size=6, optimizer=opt_twice, rng=random)
    assert same(once.state_dict(), twice.state_dict())
    assert opt_once.t == opt_twice.t == 16
    assert opt_once.lr == 1e-2


def test_a_plateau_is_told_the_epochs_losses():
    X, y = data()
    rate = schedules.reduce_on_plateau(1e-2, patience=0, threshold=10.0)  # nothing is ten times better
    net().fit(X, y, epochs=3, batch_size=8, lr=rate, rng=0)
    assert rate.lr < 1e-2
    assert len(rate.reductions) >= 2


def test_soft_labels_are_labels_and_augment_may_make_them():
    X, y = data()
    hard, soft = net(), net()
    hard.fit(X, y, epochs=2, batch_size=5, rng=0)
    soft.fit(X, np.eye(C, dtype=np.float32)[y], epochs=2, batch_size=5, rng=0)
    assert same(hard.state_dict(), soft.state_dict())
    seen = []

    def mixed(X, y, rng):
        seen.append((X.shape, y.dtype.kind))
        return augment.mixup(X, y, 0.5, num_classes=C, rng=rng)

    states = []
    before = X.copy(), y.copy()
    for _ in range(2):
        one = net()
        one.fit(X, y, epochs=2, batch_size=10, augment=mixed, rng=0)
        states.append(one.state_dict())
    assert same(*states)
    assert not same(states[0], hard.state_dict())
    assert seen[:3] == [((10, D), "i"), ((10, D), "i"), ((3, D), "i")]
    assert np.array_equal(X, before[0])
    assert np.array_equal(y, before[1])


def test_augment_gets_copies_that_it_may_write_into():
    X, y = data()
    before = X.copy()

    def blank(X, y, rng):
        X[...] = 0
        return X, y

    net().fit(X, y, epochs=1, augment=blank, rng=0)
    assert np.array_equal(X, before)


def test_modes_are_then_what_they_were():
    X, y = data()
    one = net(dropout=0.5)
    one.eval()
    one[2].train()
    during = []
    one.fit(X, y, epochs=1, augment=lambda X, y, _: (during.append([k.training for k in one]), (X, y))[1])
    assert all(during[0])
    assert [layer.training for layer in one] == [False, False, True, False]


def test_a_batch_of_one_joins_another_where_there_is_batch_norm():
    X, y = data()
    one = net(batch_norm=True)
    done = one.fit(X, y, epochs=1, batch_size=11, rng=0)  # 23 = 11 + 11 + 1
    assert done.steps == 2
    assert net().fit(X, y, epochs=1, batch_size=11, rng=0).steps == 3


def test_a_callback_sees_every_epoch_and_may_stop():
    X, y = data()
    one, seen = net(), []
    done = one.fit(X, y, epochs=9, callback=lambda *a: seen.append(a) or a[0] == 2, rng=0)
    assert [(epoch, network is one) for epoch, network, _ in seen] == [(0, True), (1, True), (2, True)]
    assert [loss for _, _, loss in seen] == done.losses.tolist()
    assert done.message == "stopped by the callback after 3 of 9 epochs"


def test_a_divergence_ends_it():
    X, y = data()
    with np.errstate(all="ignore"):
        done = net().fit(X * 1e18, y, epochs=50, optimizer="sgd", lr=1e30, rng=0)
    assert done.epochs < 50
    assert done.message.startswith(f"diverged in epoch {done.epochs} of 50: the loss is ")


def test_progress_is_a_line_for_each_epoch(capsys):
    done = net().fit(*data(), epochs=2, progress=True, rng=0)
    assert capsys.readouterr().out == "".join(
        f"epoch {k + 1} / 2: loss {loss:f}\n" for k, loss in enumerate(done.losses)
    )


def test_ctrl_c_leaves_a_network_that_works_and_is_raised():
    X, y = data()
    stopped, whole = net(batch_norm=True), net(batch_norm=True)
    stopped.eval()
    count = iter(range(99))

    def interrupt(X, y, rng):
        if next(count) == 3:
            raise KeyboardInterrupt
        return X, y

    with pytest.raises(KeyboardInterrupt):
        stopped.fit(X, y, epochs=2, batch_size=5, augment=interrupt, rng=0)
    assert not stopped.training
    assert np.isfinite(stopped.loss(X, y))
    count = iter(range(99))
    random, opt = np.random.RandomState(0), optim.Adam(whole.parameters())
    for at in np.split(random.permutation(N)[:15], 3):
        opt.step(whole.loss_and_grads(X[at], y[at])[1])
    assert same(stopped.state_dict(), whole.state_dict())


def test_bytes_are_read_as_they_are():
    X = np.random.default_rng(0).integers(0, 256, (N, D), np.uint8)
    y = data()[1]
    a, b = net(), net()
    a.fit(X, y, epochs=1, rng=0)
    b.fit(X.astype(np.float32), y, epochs=1, rng=0)
    assert same(a.state_dict(), b.state_dict())


X, Y = data()
WRONG = [
    ({"X": X[0]}, ValueError, r"X has shape \(6,\); expected \(N, D\)"),
    ({"X": X[:0], "y": Y[:0]}, ValueError, "X has shape"),
    ({"X": X[:, :5]}, ValueError, r"x has shape \(1, 5\); expected"),
    ({"X": X.astype(str)}, TypeError, "X has dtype"),
    ({"y": Y[:5]}, ValueError, r"y has shape \(5,\); expected .* N = 23"),
    ({"y": Y + 1}, ValueError, r"y\[\d+\] is 3; expected labels in 0..2"),
    ({"y": Y - 1}, ValueError, r"y\[\d+\] is -1"),
    ({"y": Y.astype(float)}, TypeError, "y has dtype float64; expected integers"),
    ({"y": np.ones((N, C))}, ValueError, r"y\[0\].*add up to 1"),
    ({"y": np.ones((N, 1))}, ValueError, r"y has shape \(23, 1\)"),
    ({"epochs": 0}, ValueError, "epochs is 0"),
    ({"epochs": 1.5}, TypeError, "epochs"),
    ({"batch_size": 0}, ValueError, "batch_size is 0"),
    ({"reg": -1.0}, ValueError, "reg"),
    ({"reg_type": "l3"}, ValueError, "reg_type"),
    ({"l1_ratio": 2.0}, ValueError, "l1_ratio"),
    ({"label_smoothing": 1.5}, ValueError, "label_smoothing is 1.5"),
    ({"lr": -1.0}, ValueError, "lr is -1.0"),
    ({"lr": "a"}, TypeError, "lr"),
    ({"rng": -1}, ValueError, "rng is -1"),
    ({"rng": "a"}, TypeError, "rng"),
    ({"augment": 3}, TypeError, "augment is a int"),
    ({"callback": 3}, TypeError, "callback is a int"),
    ({"optimizer": "adamm"}, ValueError, "optimizer is 'adamm'; expected 'sgd'"),
    ({"optimizer": 3}, TypeError, "optimizer is a int"),
    ({"optimizer": lambda p: p}, TypeError, "optimizer returned a dict"),
    ({"optimizer": functools.partial(optim.Nesterov, formulation="lookahead")}, ValueError, "lookahead"),
    ({"optimizer": optim.SGD(np.ones(3))}, ValueError, "optimizer has other parameters"),
    ({"optimizer": optim.SGD(net(1).parameters())}, ValueError, "optimizer has other arrays"),
]


@pytest.mark.parametrize(("changes", "error", "message"), WRONG, ids=[str(w[0])[:40] for w in WRONG])
def test_a_wrong_argument_is_named_before_anything_is_trained(changes, error, message):
    one = net()
    before = one.state_dict()
    with pytest.raises(error, match=message):
        one.fit(**{"X": X, "y": Y, "epochs": 1} | changes)
    assert same(one.state_dict(), before)
    assert one.training


@pytest.mark.parametrize("miss", [1.1e-5, 9e-5, -2e-5])
def test_probabilities_that_the_loss_would_refuse_are_refused_before(miss):
    X, y = np.ones((20, D)), np.full((20, C), 1 / C)
    y[7, 0] += miss
    linear, random = nn.Sequential(nn.Linear(D, C, rng=0)), np.random.RandomState(0)
    before = linear.state_dict()
    with pytest.raises(ValueError, match="y\\[7\\] sums to"):
        linear.loss(X, y)
    with pytest.raises(ValueError, match="y\\[7\\] is .* with the sum .* add up to 1"):
        linear.fit(X, y, batch_size=1, rng=random)
    for name, value in linear.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    assert random.random_sample() == np.random.RandomState(0).random_sample()
    with pytest.raises(ValueError, match="y\\[7\\] is .* add up to 1"):
        augment.mixup(X, y, 1.0)


def test_batch_norm_needs_two_examples():
    for keywords in ({"batch_size": 1}, {"X": X[:1], "y": Y[:1]}):
        one = net(batch_norm=True)
        with pytest.raises(ValueError, match=r"(batch_size|X) is .*batch normalization expected at least 2"):
            one.fit(**{"X": X, "y": Y} | keywords)


@pytest.mark.parametrize(
    ("made", "error", "words"),
    [
        (lambda X, y, _: X, TypeError, "augment returned a ndarray"),
        (lambda X, y, _: (X, y[:-1]), ValueError, "augment returned arrays of shapes"),
    ],
)
def test_a_wrong_augment_is_named_and_modes_are_put_back(made, error, words):
    one = net()
    one.eval()
    with pytest.raises(error, match=words):
        one.fit(X, Y, augment=made)
    assert not one.training


def test_wrong_keywords_are_answered():
    with pytest.raises(TypeError, match="'seed'; did you mean 'rng'"):
        net().fit(X, Y, seed=0)
    with pytest.raises(TypeError, match="'learning_rate'; did you mean 'lr'"):
        net().fit(X, Y, learning_rate=0.1)


def test_a_network_without_parameters_has_nothing_to_train():
    with pytest.raises(ValueError, match="no parameters"):
        nn.Sequential(nn.ReLU()).fit(X, Y)


def test_float64_and_residual_networks_are_trained_too():
    one = nn.ResidualMLP(D, 8, 2, C, survival=0.5, rng=0).astype(np.float64)
    assert one.fit(X, Y, epochs=3, batch_size=4, rng=0).epochs == 3
    assert deeprob.nn.FitResult is nn.FitResult
