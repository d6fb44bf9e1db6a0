"""PyTorch: the training step eager, with autograd or the gradient by hand, and each kind of Adam."""

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from .torch_linear import by_hand
from .torch_steps import optimizer


def training(
    W: np.ndarray, X: np.ndarray, y: np.ndarray, batch: int, steps: int
) -> dict[str, Callable[[], np.ndarray]]:
    """Return the forms."""
    examples, labels = torch.from_numpy(X), torch.from_numpy(y)

    def form(autograd: bool, **how: bool) -> Callable[[], np.ndarray]:
        def run() -> np.ndarray:
            order = torch.from_numpy(np.random.RandomState(0).permutation(len(y)))
            w = torch.nn.Parameter(torch.tensor(W))
            adam = optimizer("adam", [w], **how)
            for t in range(steps):
                at = order[t * batch : (t + 1) * batch]
                rows, chosen = examples[at], labels[at]
                if autograd:
                    adam.zero_grad(set_to_none=True)
                    functional.cross_entropy(rows @ w.T, chosen).backward()
                else:
                    with torch.no_grad():
                        _, w.grad = by_hand(w, rows, chosen, "softmax")
                adam.step()
            return w.detach().numpy()

        return run

    return {
        "autograd, Adam": form(True),
        "autograd, fused Adam": form(True, fused=True),
        "by hand, fused Adam": form(False, fused=True),
    }
