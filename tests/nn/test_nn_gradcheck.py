"""Every layer, network, loss and augmentation passes gradcheck in both modes, and mistakes do not."""

import numpy as np
import pytest
from nets import ALL, NETWORKS, C, F, N, Scale, Square, batch, bits, checked, soft, warm

import deeprob
from deeprob import augment, nn

both_modes = pytest.mark.parametrize("mode", [True, False], ids=["training", "evaluation"])
both_checks = pytest.mark.parametrize("strict", [False, True], ids=["ordinary", "strict"])
LABELS = {"labels": lambda: batch()[1], "soft labels": soft}


@both_checks
@both_modes
@pytest.mark.parametrize("name", ALL)
def test_every_layer_and_network(name, mode, strict):
    layer = warm(ALL[name]()).train(mode)
    before = bits(layer.state_dict())
    checked(layer, batch()[0], strict=strict)
    assert bits(layer.state_dict()) == before
    assert all(one.training is mode for _, one in layer.walk())


@both_checks
@both_modes
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("name", NETWORKS)
def test_the_loss_of_every_network(name, labels, mode, strict):
    net = warm(NETWORKS[name]()).train(mode)
    checked(net, (batch()[0], LABELS[labels]()), strict=strict)


@both_modes
@pytest.mark.parametrize("alive", [True, False])
def test_a_residual_block_that_is_there_and_one_that_is_left_out(alive, mode):
    seed = next(s for s in range(99) if (np.random.RandomState(s).random_sample() < 0.5) is alive)
    block = nn.Residual(nn.Linear(F, F, rng=0, dtype="f8"), Square(), survival=0.5, rng=seed).train(mode)
    x, _ = batch()
    checked(block, x, strict=True)
    with block.frozen():
        same = np.array_equal(block(x), x)
    assert same is (mode and not alive)


def parametrized(net, X, y, **keywords):
    """(loss, gradients) of a network as a function of its parameters, for gradcheck."""

    def function(*values):
        for own, given in zip(net.parameters().values(), values, strict=True):
            own[...] = given
        with net.frozen():
            loss, grads = net.loss_and_grads(X, y, **keywords)
        return loss, tuple(g.copy() for g in grads.values())

    return function, tuple(p.copy() for p in net.parameters().values())


REGULARIZED = [
    {"reg": 0.1},
    {"reg": 0.1, "reg_type": "l1"},
    {"reg": 0.2, "reg_type": "elastic", "l1_ratio": 0.3},
    {"label_smoothing": 0.1},
    {"reg": 0.05, "label_smoothing": 1.0},
]


@both_checks
@both_modes
@pytest.mark.parametrize("keywords", REGULARIZED, ids=str)
@pytest.mark.parametrize("labels", LABELS)
def test_loss_and_grads_with_regularizers_and_smoothing(labels, keywords, mode, strict):
    net = warm(nn.MLP((F, 3, C), batch_norm=True, dropout=0.3, rng=0, dtype="f8")).train(mode)
    function, values = parametrized(net, batch()[0], LABELS[labels](), **keywords)
    checked(function, values, strict=strict)


def augmented(name):
    """A batch of images of 3 x 3 pixels after an augmentation, as rows, and its labels, soft ones too."""
    rng = np.random.RandomState(3)
    images, y = rng.standard_normal((N, 3, 3)), np.arange(N) % C
    hot = np.eye(C)[y]
    smooth = 0.9 * hot + 0.1 / C
    made, labels = {
        "mixup": lambda: augment.mixup(images, y, 0.4, rng=1, dtype=np.float64),
        "mixup of soft labels": lambda: augment.mixup(
            images, smooth, 1.0, rng=1, dtype=np.float64, per="batch"
        ),
        "cutout": lambda: (augment.cutout(images, 2, rng=1), smooth),
        "flip": lambda: (augment.flip(images, rng=1), smooth),
        "crop": lambda: (augment.crop(images, 1, rng=1), smooth),
        "all": lambda: augment.mixup(
            augment.cutout(augment.flip(augment.crop(images, 1, rng=1), rng=2), 2, rng=3),
            y,
            0.4,
            rng=4,
            dtype=float,
        ),
    }[name]()
    return np.ascontiguousarray(made.reshape(N, -1)), labels


AUGMENTATIONS = ["mixup", "mixup of soft labels", "cutout", "flip", "crop", "all"]


@both_checks
@both_modes
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentations_loss_of_a_network(name, mode, strict):
    X, q = augmented(name)
    assert q.shape == (N, C)
    net = nn.MLP((9, 6, C), batch_norm=True, dropout=0.3, rng=2, dtype="f8")
    net(X)
    net.train(mode)
    checked(net, (X, q), strict=strict)


@both_checks
@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("name", AUGMENTATIONS)
def test_every_augmentations_loss_of_a_linear_classifier(name, smoothing, strict):
    X, q = augmented(name)
    W = np.random.RandomState(0).standard_normal((C, 9))

    def loss(W, b):
        return deeprob.softmax_loss(W, X, q, 0.1, b=b, label_smoothing=smoothing)

    checked(loss, (W, np.linspace(-1, 1, C)), strict=strict)


@both_checks
@both_modes
def test_layers_of_ones_own(mode, strict):
    net = nn.Sequential(
        Scale(F), Square(), nn.Residual(Scale(F), survival=0.6, rng=0), nn.Linear(F, C, rng=0, dtype="f8")
    )
    net.train(mode)
    checked(net, batch()[0], strict=strict)
    checked(net, batch(), strict=strict)
    assert (net[0].seen == 0) and (net[2]._f[0].seen == 0)


class Broken(nn.Linear):
    """A layer whose dx, dW or db is wrong."""

    wrong = ""

    def backward(self, grad):
        dx = super().backward(grad)
        if self.wrong == "x":
            dx = dx * 1.01
        elif self.wrong:
            self.grads[self.wrong] *= 2
        return dx


@pytest.mark.parametrize("wrong", ["x", "W", "b"])
def test_a_wrong_gradient_is_found_and_its_argument_named(wrong):
    layer = Broken(F, C, rng=0, dtype="f8")
    layer.b[...] = 0.5
    checked(layer, batch()[0])
    layer.wrong = wrong
    result = deeprob.gradcheck(layer, batch()[0], raise_exception=False)
    assert not result
    assert f"({wrong})" in str(result)
    net = nn.Sequential(nn.Linear(F, F, rng=1, dtype="f8"), layer)
    with pytest.raises(deeprob.GradcheckError, match=r"0\.W|x" if wrong == "x" else rf"\(1\.{wrong}\)"):
        deeprob.gradcheck(net, batch())


def test_batch_norm_that_forgets_the_means_gradient_is_found():
    class Forgets(nn.BatchNorm):
        def backward(self, grad):
            x, mean, inv_std, _ = self._saved
            self._saved = x, mean, inv_std, False
            return super().backward(grad)

    x, _ = batch()
    layer = Forgets(F, dtype="f8")
    assert not deeprob.gradcheck(layer, x, raise_exception=False)
    assert deeprob.gradcheck(layer.eval(), x)


def test_what_a_check_of_a_layer_refuses():
    x, y = batch()
    with pytest.raises(ValueError, match=r"W is float32.*astype\(np.float64\)"):
        deeprob.gradcheck(nn.Linear(F, C), x)
    with pytest.raises(ValueError, match=r"inputs has 3 values; expected x, or \(x, y\)"):
        deeprob.gradcheck(nn.Linear(F, C, dtype="f8"), (x, y, y))
    layer = nn.Linear(F, C, rng=0, dtype="f8")
    before = bits(layer.state_dict())
    with pytest.raises(ValueError, match=r"x has shape \(6, 3\)"):
        deeprob.gradcheck(layer, x[:, 1:])
    assert bits(layer.state_dict()) == before
    assert not layer._frozen
