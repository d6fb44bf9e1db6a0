"""PyTorch: the multilayer perceptron eager, with autograd and each kind of Adam."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from .torch_steps import optimizer


def network(sizes: tuple[int, ...], batch_norm: bool, dropout: float) -> torch.nn.Sequential:
    """Return the layers of `deeprob.nn.MLP`."""
    layers: list[torch.nn.Module] = []
    for n, m in itertools.pairwise(sizes[:-1]):
        layers.append(torch.nn.Linear(n, m, bias=not batch_norm))
        layers += [torch.nn.BatchNorm1d(m)] if batch_norm else []
        layers.append(torch.nn.ReLU())
        layers += [torch.nn.Dropout(dropout)] if dropout else []
    return torch.nn.Sequential(*layers, torch.nn.Linear(sizes[-2], sizes[-1]))


class Training:
    """A network with the weights given, its batch, and what is timed of a step."""

    def __init__(
        self,
        sizes: tuple[int, ...],
        batch_norm: bool,
        dropout: float,
        weights: list[np.ndarray],
        X: np.ndarray,
        y: np.ndarray,
        **how: bool,
    ) -> None:
        self.net = network(sizes, batch_norm, dropout)
        self.weights = list(self.net.parameters())
        with torch.no_grad():
            for own, given in zip(self.weights, weights, strict=True):
                own.copy_(torch.from_numpy(given))
        self.X, self.y = torch.from_numpy(X), torch.from_numpy(y)
        self.adam = optimizer("adam", self.weights, **how)

    def forward(self) -> torch.Tensor:
        """Return the loss."""
        return functional.cross_entropy(self.net(self.X), self.y)

    def step(self) -> None:
        """Take a training step."""
        self.adam.zero_grad(set_to_none=True)
        self.forward().backward()
        self.adam.step()

    def backward(self) -> Callable[[], Any]:
        """Return what computes all gradients of a loss that is there."""
        loss = self.forward()
        return lambda: torch.autograd.grad(loss, self.weights, retain_graph=True)

    def update(self) -> Callable[[], Any]:
        """Return the optimizer's step along gradients that are there."""
        self.forward().backward()
        return self.adam.step

    def values(self) -> list[np.ndarray]:
        """Return the parameters."""
        return [w.detach().numpy() for w in self.weights]


KINDS: dict[str, dict[str, bool]] = {
    "single": {"foreach": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
}
