"""Layers, networks and training steps beside PyTorch's, in float64, within 1e-10."""

import numpy as np
import pytest
from nets import soft

from deeprob import nn, optim

torch = pytest.importorskip("torch")
F, C, N = 7, 4, 12
f8 = torch.float64


@pytest.fixture(scope="module", autouse=True)
def _one_thread():
    """Keep PyTorch to one thread: its threads wait for each other where others use the cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def close(ours, theirs):
    theirs = theirs.detach().numpy() if hasattr(theirs, "detach") else theirs
    np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-10)


def data(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def leaf(x):
    return torch.tensor(x, dtype=f8, requires_grad=True)


def same_pass(ours, theirs, x, grad, pairs=()):
    """Compare outputs, dx and the gradients of (our name, their parameter) of a forward and backward pass."""
    theirs.zero_grad()
    t = leaf(x)
    out = theirs(t)
    out.backward(torch.tensor(grad))
    close(ours(x), out)
    close(ours.backward(grad), t.grad)
    gradients = ours.gradients()
    for name, parameter in pairs:
        close(gradients[name], parameter.grad)


def set_to(layer, module):
    """Give a Linear or BatchNorm the parameters and statistics of PyTorch's."""
    names = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias"}
    for name, value in layer.params.items():
        value[...] = getattr(module, names[name]).detach().numpy()
    for name, value in layer.buffers.items():
        value[...] = getattr(module, name).numpy()


@pytest.mark.parametrize("bias", [True, False])
def test_linear(bias):
    theirs = torch.nn.Linear(F, C, bias=bias, dtype=f8)
    ours = nn.Linear(F, C, bias=bias, dtype="f8")
    set_to(ours, theirs)
    pairs = [("W", theirs.weight), *([("b", theirs.bias)] if bias else [])]
    same_pass(ours, theirs, data(N, F), data(N, C, seed=1), pairs)


def test_relu():
    x = data(N, F)
    x[0, :3] = 0.0, -0.0, np.inf
    same_pass(nn.ReLU(), torch.nn.ReLU(), x, data(N, F, seed=1))


@pytest.mark.parametrize("eps", [1e-5, 0.3])
@pytest.mark.parametrize("momentum", [0.1, 0.0, 1.0, 0.37, None])
def test_batch_norm_over_several_batches_and_modes(momentum, eps):
    theirs = torch.nn.BatchNorm1d(F, eps=eps, momentum=momentum, dtype=f8)
    ours = nn.BatchNorm(F, eps=eps, momentum=momentum, dtype="f8")
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(data(F, seed=5)))
        theirs.bias.copy_(torch.tensor(data(F, seed=6)))
    set_to(ours, theirs)
    pairs = [("gamma", theirs.weight), ("beta", theirs.bias)]
    for k, n in enumerate([5, 2, 40, 7, 3]):
        x = data(n, F, seed=k) * (k + 1) + 3 * k
        for mode in (True, False, False, True):
            ours.train(mode)
            theirs.train(mode)
            same_pass(ours, theirs, x, data(n, F, seed=10 + k), pairs)
            close(ours.running_mean, theirs.running_mean)
            close(ours.running_var, theirs.running_var)
            assert int(ours.num_batches_tracked) == int(theirs.num_batches_tracked)
    ours.eval()
    close(ours(data(1, F)), theirs.eval()(leaf(data(1, F))))


@pytest.mark.parametrize("p", [0.1, 0.3, 0.5, 0.9, 1e-4])
def test_dropout_scales_as_pytorchs_with_the_same_mask(p, monkeypatch):
    ours, x, grad = nn.Dropout(p, rng=0), data(200, F) + 10, data(200, F, seed=1)
    y = ours(x)
    keep = torch.tensor(y != 0)

    def with_mask(x, p, training, inplace):
        """What torch's own dropout computes: bernoulli_(1 - p), div_(1 - p), times the input."""
        return x * (keep.to(f8) / (1 - p))

    theirs = torch.nn.Dropout(p)
    monkeypatch.setattr(torch.nn.functional, "dropout", with_mask)
    t = leaf(x)
    theirs(t).backward(torch.tensor(grad))
    close(y, theirs(t))
    close(ours.backward(grad), t.grad)
    monkeypatch.undo()
    torch.manual_seed(0)
    own = theirs(torch.ones(1000, dtype=f8)).unique()
    close(np.unique(nn.Dropout(p, rng=1)(np.ones((1000, 1))))[-1], own[-1])
    close(ours.eval()(x), theirs.eval()(t))


class TheirResidual(torch.nn.Module):
    """Stochastic depth (Huang et al. 2016): x + b f(x), in evaluation x + survival f(x)."""

    def __init__(self, f, survival):
        super().__init__()
        self.f, self.survival, self.b = f, survival, 1.0

    def forward(self, x):
        return x + (self.b if self.training else self.survival) * self.f(x)


@pytest.mark.parametrize("survival", [1.0, 0.8, 0.25])
def test_residual_in_training_and_evaluation(survival):
    ours = nn.Residual(nn.Linear(F, F, dtype="f8"), nn.ReLU(), survival=survival, rng=1)
    linear = torch.nn.Linear(F, F, dtype=f8)
    theirs = TheirResidual(torch.nn.Sequential(linear, torch.nn.ReLU()), survival)
    set_to(ours._f[0], linear)
    x, grad = data(N, F), data(N, F, seed=1)
    draws, seen = np.random.RandomState(1), set()
    for _ in range(30):
        theirs.b = 1.0 if survival == 1.0 or draws.random_sample() < survival else 0.0
        seen.add(theirs.b)
        same_pass(ours, theirs, x, grad, [("0.W", linear.weight), ("0.b", linear.bias)])
    assert seen == ({1.0} if survival == 1.0 else {0.0, 1.0})
    same_pass(ours.eval(), theirs.eval(), x, grad, [("0.W", linear.weight), ("0.b", linear.bias)])


def twin(layer):
    """PyTorch's counterpart of a layer, with its parameters, and pairs (our parameter's name, theirs)."""
    if isinstance(layer, nn.Sequential):
        made = [twin(one) for one in layer]
        pairs = [(f"{i}.{name}", p) for i, (_, some) in enumerate(made) for name, p in some]
        return torch.nn.Sequential(*(module for module, _ in made)), pairs
    if isinstance(layer, nn.Residual):
        f, pairs = twin(layer._f)
        return TheirResidual(f, layer.survival), pairs
    if isinstance(layer, nn.Linear):
        module = torch.nn.Linear(layer.in_features, layer.out_features, bias="b" in layer.params, dtype=f8)
    elif isinstance(layer, nn.BatchNorm):
        module = torch.nn.BatchNorm1d(layer.features, dtype=f8)
    else:
        return torch.nn.ReLU(), []
    names = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias"}
    pairs = [(name, getattr(module, names[name])) for name in layer.params]
    with torch.no_grad():
        for name, parameter in pairs:
            parameter.copy_(torch.tensor(layer.params[name]))
    return module, pairs


NETS = {
    "mlp": lambda: nn.MLP((F, 9, 8, C), rng=0, dtype="f8"),
    "mlp, batch norm": lambda: nn.MLP((F, 9, 8, C), batch_norm=True, rng=0, dtype="f8"),
    "residual mlp": lambda: nn.ResidualMLP(F, 9, 3, C, rng=0, dtype="f8"),
    "residual mlp, evaluation": lambda: nn.ResidualMLP(F, 9, 3, C, survival=0.4, rng=0, dtype="f8").eval(),
}
LABELS = {"labels": np.arange(N) % C, "soft": soft(N, C)}


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("labels", LABELS)
@pytest.mark.parametrize("name", NETS)
def test_a_networks_loss_and_gradients(name, labels, smoothing):
    ours, y = NETS[name](), LABELS[labels]
    theirs, pairs = twin(ours)
    theirs.train(ours.training)
    for k in range(3):
        X = data(N, F, seed=k)
        theirs.zero_grad()
        scores = theirs(torch.tensor(X))
        expected = torch.nn.functional.cross_entropy(scores, torch.tensor(y), label_smoothing=smoothing)
        expected.backward()
        loss, grads = ours.loss_and_grads(X, y, label_smoothing=smoothing)
        close(loss, expected)
        assert list(grads) == [name for name, _ in pairs]
        for name, parameter in pairs:
            close(grads[name], parameter.grad)
    theirs.eval()
    close(ours.scores(X), theirs(torch.tensor(X)))
    close(ours.predict_proba(X), theirs(torch.tensor(X)).softmax(1))
    close(ours.loss(X, y), torch.nn.functional.cross_entropy(theirs(torch.tensor(X)), torch.tensor(y)))


OPTIMIZERS = {
    "sgd": (lambda p: optim.SGD(p, lr=0.1), lambda p: torch.optim.SGD(p, lr=0.1)),
    "momentum": (
        lambda p: optim.Momentum(p, lr=0.05, momentum=0.9),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9),
    ),
    "nesterov": (
        lambda p: optim.Nesterov(p, lr=0.05, momentum=0.9, formulation="torch"),
        lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    ),
    "adagrad": (
        lambda p: optim.AdaGrad(p, lr=0.05, eps=1e-10),
        lambda p: torch.optim.Adagrad(p, lr=0.05, eps=1e-10),
    ),
    "rmsprop": (
        lambda p: optim.RMSProp(p, lr=0.01, decay_rate=0.99, eps=1e-8),
        lambda p: torch.optim.RMSprop(p, lr=0.01, alpha=0.99, eps=1e-8),
    ),
    "adam": (lambda p: optim.Adam(p, lr=0.01, eps=1e-8), lambda p: torch.optim.Adam(p, lr=0.01, eps=1e-8)),
    "adamw": (
        lambda p: optim.AdamW(p, lr=0.01, eps=1e-8, weight_decay=0.1, decay="torch"),
        lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-8, weight_decay=0.1),
    ),
}


@pytest.mark.parametrize("name", ["mlp", "mlp, batch norm"])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_twenty_steps_of_every_optimizer_of_the_lecture(optimizer, name):
    ours = NETS[name]()
    theirs, pairs = twin(ours)
    make, make_theirs = OPTIMIZERS[optimizer]
    opt, their_opt = make(ours.parameters()), make_theirs(theirs.parameters())
    for k in range(20):
        X, y = data(N, F, seed=k), np.random.default_rng(k).integers(0, C, N)
        loss, grads = ours.loss_and_grads(X, y)
        opt.step(grads)
        their_opt.zero_grad()
        expected = torch.nn.functional.cross_entropy(theirs(torch.tensor(X)), torch.tensor(y))
        expected.backward()
        their_opt.step()
        close(loss, expected)
        if k in (0, 19):
            for parameter, value in zip((p for _, p in pairs), ours.parameters().values(), strict=True):
                close(value, parameter)
    statistics = [value for key, value in ours.state_dict().items() if "running" in key]
    buffers = [b for key, b in theirs.named_buffers() if "running" in key]
    for value, b in zip(statistics, buffers, strict=True):
        close(value, b)
