"""PyTorch: loss and gradient by autograd, by hand, and compiled where a compiler works."""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from ..work import Answer, Form


def data_loss(s: torch.Tensor, y: torch.Tensor, loss: str) -> torch.Tensor:
    """Return the mean loss of scores (N, C)."""
    if loss == "softmax":
        return functional.cross_entropy(s, y)
    margins = (s - s.gather(1, y[:, None]) + 1).clamp_(min=0)
    return margins.sum() / len(y) - 1  # the label's own margin is 1


def by_hand(W: torch.Tensor, X: torch.Tensor, y: torch.Tensor, loss: str) -> tuple[float, torch.Tensor]:
    """Loss and gradient without autograd; X is (N, D), in any strides."""
    N = len(y)
    s = X @ W.T
    label = s.gather(1, y[:, None])
    if loss == "softmax":
        top = s.amax(1, keepdim=True)
        s.sub_(top).exp_()
        total = s.sum(1, keepdim=True)
        value = (total.log_() + top - label).mean().item()
        s.div_(s.sum(1, keepdim=True))
        s.scatter_add_(1, y[:, None], torch.full((N, 1), -1.0, dtype=s.dtype))
    else:
        s.sub_(label - 1).clamp_(min=0)
        value = s.sum().item() / N - 1
        s = (s > 0).to(s.dtype)
        s.scatter_add_(1, y[:, None], -s.sum(1, keepdim=True))
    return value, s.T @ X / N


def forms(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, loss: str, example_axis: int, compiled: bool
) -> dict[str, Form]:
    """Return the forms for one problem."""
    weights, labels = torch.tensor(W, requires_grad=True), torch.from_numpy(y)
    examples = torch.from_numpy(X).T if example_axis else torch.from_numpy(X)
    plain = weights.detach()

    def graph(W: torch.Tensor) -> torch.Tensor:
        return data_loss(examples @ W.T, labels, loss)

    def backward(function: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], Answer]:
        def run() -> Answer:
            weights.grad = None
            value = function(weights)
            value.backward()
            return value.item(), weights.grad.numpy()

        return run

    def hand() -> Answer:
        with torch.inference_mode():
            value, dW = by_hand(plain, examples, labels, loss)
        return value, dW.numpy()

    found = {"autograd": Form(backward(graph)), "by hand": Form(hand)}
    if compiled:
        found["compiled"] = Form(backward(torch.compile(graph, dynamic=False)))
    return found


def hvp_forms(W: np.ndarray, V: np.ndarray, X: np.ndarray, y: np.ndarray) -> dict[str, Form]:
    """Return the forms of a Hessian-vector product of the softmax loss: reverse over reverse, and by hand."""
    at, direction, examples, labels = (torch.from_numpy(a) for a in (W, V, X, y))

    def graph(weights: torch.Tensor) -> torch.Tensor:
        return data_loss(examples @ weights.T, labels, "softmax")

    def hand() -> Answer:
        with torch.inference_mode():
            p = torch.softmax(examples @ at.T, 1)
            u = examples @ direction.T
            u.sub_((p * u).sum(1, keepdim=True)).mul_(p)
            return ((u.T @ examples / len(labels)).numpy(),)

    return {
        "vhp": Form(lambda: (torch.autograd.functional.vhp(graph, at, direction)[1].numpy(),)),
        "by hand": Form(hand),
    }
