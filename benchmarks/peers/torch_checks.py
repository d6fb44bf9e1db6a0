"""PyTorch: autograd.gradcheck of the softmax loss, over chosen weights and as one random projection."""

from collections.abc import Callable

import numpy as np
import torch

from .torch_linear import data_loss


def slow(W: np.ndarray, X: np.ndarray, y: np.ndarray, at: np.ndarray) -> Callable[[], float]:
    """Return a function that checks the weights ``at`` entry by entry."""
    start, examples, labels, where = (torch.from_numpy(a) for a in (W.ravel(), X, y, at))

    def loss(some: torch.Tensor) -> torch.Tensor:
        weights = start.index_put((where,), some).reshape(W.shape)
        return data_loss(examples @ weights.T, labels, "softmax")

    some = start[where].clone().requires_grad_()
    return lambda: float(torch.autograd.gradcheck(loss, (some,)))


def fast(W: np.ndarray, X: np.ndarray, y: np.ndarray) -> Callable[[], float]:
    """Return a function that checks one random projection."""
    examples, labels = torch.from_numpy(X), torch.from_numpy(y)
    weights = torch.tensor(W, requires_grad=True)

    def loss(weights: torch.Tensor) -> torch.Tensor:
        return data_loss(examples @ weights.T, labels, "softmax")

    return lambda: float(torch.autograd.gradcheck(loss, (weights,), fast_mode=True))
