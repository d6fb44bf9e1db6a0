"""PyTorch's optimizers on one flat tensor: single-tensor, foreach and fused."""

from collections.abc import Callable

import numpy as np
import torch

from .adam import BETA1, BETA2, EPS, LR, MOMENTUM


def optimizer(kind: str, parameters: list[torch.Tensor], **how: bool) -> torch.optim.Optimizer:
    """Return the optimizer of that kind."""
    if kind == "adam":
        return torch.optim.Adam(parameters, lr=LR, betas=(BETA1, BETA2), eps=EPS, **how)
    return torch.optim.SGD(parameters, lr=LR, momentum=MOMENTUM if kind == "momentum" else 0.0, **how)


def steps() -> dict[str, Callable[[str, np.ndarray], Callable[[np.ndarray], None]]]:
    """Return the forms by name; each steps p in place, through a tensor that shares its memory."""

    def form(**how: bool) -> Callable[[str, np.ndarray], Callable[[np.ndarray], None]]:
        def make(kind: str, p: np.ndarray) -> Callable[[np.ndarray], None]:
            parameter = torch.nn.Parameter(torch.from_numpy(p))
            steps = optimizer(kind, [parameter], **how)

            def step(g: np.ndarray) -> None:
                if parameter.grad is None:
                    parameter.grad = torch.from_numpy(g)
                steps.step()

            return step

        return make

    return {"single": form(foreach=False), "foreach": form(foreach=True), "fused": form(fused=True)}
