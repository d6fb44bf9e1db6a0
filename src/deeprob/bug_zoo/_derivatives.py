"""Wrong derivatives of activations and elementwise losses, and chains with a link missing."""

import numpy as np

from . import _inputs as given
from ._bug import planted
from ._correct import Array, Loss, Loss2, onehot, sigmoid, softmax, squared_sigmoid_loss


@planted(
    "other",
    squared_sigmoid_loss,
    given.unit_targets,
    line=("dz = ds * z * (1 - z)", "dz = ds * s * (1 - s)"),
    source="iamtrask/iamtrask.github.io#32 (Incorrect derivative of sigmoid function); "
    "BoltzmannEntropy/interviews.ai#15",
)
def sigmoid_prime_of_the_input(w: Array, X: Array, t: Array) -> Loss:
    """The sigmoid's derivative s (1 - s) is taken at its input: z (1 - z).

    A helper "x * (1 - x)" is right for the activation and wrong for what went into it.
    """
    N = len(t)
    z = X @ w
    s = sigmoid(z)
    loss = np.mean((s - t) ** 2)
    ds = 2 * (s - t) / N
    dz = ds * z * (1 - z)
    dw = X.T @ dz
    return loss, dw


@planted(
    "other",
    squared_sigmoid_loss,
    given.unit_targets,
    line=("dz = ds * s", "dz = ds * s * (1 - s)"),
    source="CaptainE/RNN-LSTM-in-numpy#1 (Missing derivative=True parameter for sigmoid()); "
    "nicklashansen/rnn_lstm_from_scratch#1",
)
def sigmoid_for_its_derivative(w: Array, X: Array, t: Array) -> Loss:
    """The sigmoid stands where its derivative belongs: s, not s (1 - s).

    One function computes either, by a switch with a default.
    """
    N = len(t)
    z = X @ w
    s = sigmoid(z)
    loss = np.mean((s - t) ** 2)
    ds = 2 * (s - t) / N
    dz = ds * s
    dw = X.T @ dz
    return loss, dw


@planted(
    "other",
    squared_sigmoid_loss,
    given.unit_targets,
    line=("dz = ds", "dz = ds * s * (1 - s)"),
    source="Bot-Academy/NeuralNetworkFromScratch#3 "
    "(missing the derivative of the sigmoid for the outer layer)",
)
def sigmoid_left_out(w: Array, X: Array, t: Array) -> Loss:
    """The squared error's gradient goes past the sigmoid as if it were not there.

    "Prediction minus target" is right behind a sigmoid for the cross-entropy, not for the squared error.
    """
    N = len(t)
    z = X @ w
    s = sigmoid(z)
    loss = np.mean((s - t) ** 2)
    ds = 2 * (s - t) / N
    dz = ds
    dw = X.T @ dz
    return loss, dw


def logistic_loss(w: Array, X: Array, y: Array) -> Loss:
    """Cross-entropy of sigmoid(X w) for labels 0 and 1."""
    N = len(y)
    s = sigmoid(X @ w)
    loss = -np.mean(y * np.log(s) + (1 - y) * np.log(1 - s))
    dz = (s - y) / N
    dw = X.T @ dz
    return loss, dw


@planted(
    "other",
    logistic_loss,
    given.binary,
    line=("dz = (s - y) * s * (1 - s) / N", "dz = (s - y) / N"),
    source="hunkim/DeepLearningZeroToAll#20 (sigma_prime is not needed with the cross-entropy)",
)
def sigmoid_prime_once_more(w: Array, X: Array, y: Array) -> Loss:
    """The cross-entropy's gradient behind a sigmoid is s - y; here it is multiplied by s (1 - s) again.

    That factor has been cancelled by the derivative of the logarithm, or belongs to the squared error.
    """
    N = len(y)
    s = sigmoid(X @ w)
    loss = -np.mean(y * np.log(s) + (1 - y) * np.log(1 - s))
    dz = (s - y) * s * (1 - s) / N
    dw = X.T @ dz
    return loss, dw


def squared_tanh_loss(w: Array, X: Array, t: Array) -> Loss:
    """Mean squared error of tanh(X w)."""
    N = len(t)
    z = X @ w
    a = np.tanh(z)
    loss = np.mean((a - t) ** 2)
    da = 2 * (a - t) / N
    dz = da * (1 - a**2)
    dw = X.T @ dz
    return loss, dw


@planted(
    "other",
    squared_tanh_loss,
    given.unit_targets,
    line=("dz = da * (1 - z**2)", "dz = da * (1 - a**2)"),
    source="apache/incubator-retired-horn#4 (review: isn't the derivative 1-tanh^2(x) rather than 1-x^2)",
)
def tanh_prime_of_the_input(w: Array, X: Array, t: Array) -> Loss:
    """The derivative of tanh is written 1 - z**2 with its input z; it is 1 - tanh(z)**2.

    Near 0 the two agree.
    """
    N = len(t)
    z = X @ w
    a = np.tanh(z)
    loss = np.mean((a - t) ** 2)
    da = 2 * (a - t) / N
    dz = da * (1 - z**2)
    dw = X.T @ dz
    return loss, dw


def two_layer_loss(W1: Array, W2: Array, X: Array, y: Array) -> Loss2:
    """Softmax loss of W2 max(0, W1 x): (loss, dW1, dW2)."""
    N = len(y)
    h = np.maximum(0, X @ W1.T)
    p = softmax(h @ W2.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W2))) / N
    dW2 = ds.T @ h
    dh = ds @ W2
    dh[h <= 0] = 0
    dW1 = dh.T @ X
    return loss, dW1, dW2


@planted(
    "other",
    two_layer_loss,
    given.two_layers,
    line=("dh[dh <= 0] = 0", "dh[h <= 0] = 0"),
    source="exacity/deeplearningbook-chinese#127 (relu zeroes the gradient where the input was negative)",
)
def relu_of_the_gradient(W1: Array, W2: Array, X: Array, y: Array) -> Loss2:
    """ReLU's backward step zeroes the gradient where the gradient is negative.

    It has to be zeroed where the input was negative, whatever its own sign.
    """
    N = len(y)
    h = np.maximum(0, X @ W1.T)
    p = softmax(h @ W2.T)
    loss = -np.log(p[np.arange(N), y]).mean()
    ds = (p - onehot(y, len(W2))) / N
    dW2 = ds.T @ h
    dh = ds @ W2
    dh[dh <= 0] = 0
    dW1 = dh.T @ X
    return loss, dW1, dW2


def huber_loss(w: Array, X: Array, t: Array) -> Loss:
    """Huber loss of X w, quadratic up to 1."""
    N = len(t)
    r = X @ w - t
    size = np.abs(r)
    loss = np.mean(np.where(size <= 1, 0.5 * r**2, size - 0.5))
    dr = np.where(size <= 1, r, np.sign(r)) / N
    dw = X.T @ dr
    return loss, dw


@planted(
    "other",
    huber_loss,
    given.regression,
    line=("dr = np.where(r <= 1, r, np.sign(r)) / N", "dr = np.where(size <= 1, r, np.sign(r)) / N"),
    source="BobMcDear/attorch#13 (HuberLoss thresholds on the signed difference); marlbenchmark/on-policy#47",
)
def huber_signed_threshold(w: Array, X: Array, t: Array) -> Loss:
    """The gradient compares the difference with the threshold, not its size.

    Large negative differences stay quadratic; tests with positive ones pass.
    """
    N = len(t)
    r = X @ w - t
    size = np.abs(r)
    loss = np.mean(np.where(size <= 1, 0.5 * r**2, size - 0.5))
    dr = np.where(r <= 1, r, np.sign(r)) / N
    dw = X.T @ dr
    return loss, dw


def hinge_loss(w: Array, X: Array, y: Array) -> Loss:
    """Hinge loss of X w for labels -1 and 1."""
    N = len(y)
    s = X @ w
    loss = np.mean(np.maximum(0, 1 - y * s))
    ds = np.where(y * s < 1, -y, 0) / N
    dw = X.T @ ds
    return loss, dw


@planted(
    "other",
    hinge_loss,
    given.signed,
    line=("ds = np.where(y * s < 1, -y * s, 0) / N", "ds = np.where(y * s < 1, -y, 0) / N"),
    source="online-ml/river#28 (Implementation optim.HingeLoss: gradient - y_pred * y_true)",
)
def hinge_not_differentiated(w: Array, X: Array, y: Array) -> Loss:
    """The gradient of 1 - y s is written -y s, which is the expression itself; it is -y.

    Dropping the constant looks like taking the derivative.
    """
    N = len(y)
    s = X @ w
    loss = np.mean(np.maximum(0, 1 - y * s))
    ds = np.where(y * s < 1, -y * s, 0) / N
    dw = X.T @ ds
    return loss, dw


def gaussian_nll(mean: Array, log_var: Array, x: Array) -> Loss2:
    """Negative log-likelihood of x under N(mean, exp(log_var)), without its constant."""
    d = (x - mean) * np.exp(-log_var / 2)
    loss = np.sum(0.5 * log_var + 0.5 * d**2)
    dmean = -(x - mean) * np.exp(-log_var)
    dlog_var = 0.5 - 0.5 * d**2
    return loss, dmean, dlog_var


def _gaussian() -> tuple[Array, Array, Array]:
    rng = np.random.RandomState(30)
    return rng.randn(5), rng.randn(5), rng.randn(5)


@planted(
    "other",
    gaussian_nll,
    _gaussian,
    line=("dlog_var = 0.25 - 0.5 * d**2", "dlog_var = 0.5 - 0.5 * d**2"),
    source="y0ast/VAE-Torch#5 (Corrected constant in gaussian criteria)",
)
def gaussian_log_variance(mean: Array, log_var: Array, x: Array) -> Loss2:
    """The gradient of the logarithm of the variance has 0.25 where 0.5 belongs.

    Between sigma, sigma squared and their logarithms a half is easily taken twice.
    """
    d = (x - mean) * np.exp(-log_var / 2)
    loss = np.sum(0.5 * log_var + 0.5 * d**2)
    dmean = -(x - mean) * np.exp(-log_var)
    dlog_var = 0.25 - 0.5 * d**2
    return loss, dmean, dlog_var


def residual_block(x: Array, V: Array) -> Loss:
    """Half the squared norm of x + tanh(V x), and its gradient in x."""
    a = np.tanh(V @ x)
    out = x + a
    loss = 0.5 * np.sum(out**2)
    dx = out.copy()
    dx += V.T @ (out * (1 - a**2))
    return loss, dx


def _block() -> tuple[Array, Array]:
    rng = np.random.RandomState(31)
    return rng.randn(4), rng.randn(4, 4)


@planted(
    "other",
    residual_block,
    _block,
    line=("dx = V.T @ (out * (1 - a**2))", "dx += V.T @ (out * (1 - a**2))"),
    source="karpathy/micrograd#2 (Incorrect gradient when non-leaf Values are re-used); apache/mxnet#4057",
)
def branch_overwritten(x: Array, V: Array) -> Loss:
    """The second gradient of a value that goes two ways overwrites the first instead of being added.

    = for +=; as long as every value is used once, it makes no difference.
    """
    a = np.tanh(V @ x)
    out = x + a
    loss = 0.5 * np.sum(out**2)
    dx = out.copy()
    dx = V.T @ (out * (1 - a**2))
    return loss, dx
