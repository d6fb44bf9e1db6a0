"""K-FAC for networks: natural gradients, layer by layer."""

import math
from typing import Any, Literal, Unpack

import numpy as np
import numpy.typing as npt

from .. import _core
from .._arguments import FloatArray, Rng, as_count, as_positive, as_random, as_real
from .._kronecker import damped, old_share
from ..optim._base import Common, Hypers, Optimizer, State
from ..optim._directed import States, prepared
from ..optim._hyper import Hyper, as_choice, as_decay, as_limit
from ._linear import Linear
from ._passes import softmax
from ._sequential import Sequential

Fisher = Literal["sampled", "exact"]
Held = tuple[Any, ...]  # of a Linear's W: A, G, the damped factors' inverses, and how many batches they saw


class KFAC(Optimizer):
    r"""K-FAC: each `Linear` steps along its natural gradient (Martens and Grosse 2015), an optimizer.

    With x the inputs of a layer, a 1 appended where it has a bias, and g the gradients of -log p(c) by its
    outputs, for labels c of the network's own distribution p: A = E[x x'], G = E[g g'], and the layer's share
    of the Fisher information is taken for G (x) A. Of its gradient dW, b's as the last column, that makes

        D = (G + sqrt(damping) / pi I)^-1 dW (A + pi sqrt(damping) I)^-1,  pi^2 = (tr A / n) / (tr G / m)

    (sections 3 and 6.3); D is the gradient itself for all other parameters, such as gamma and beta. Then
    v <- momentum v + nu D, w <- w - lr v, with nu = min(1, sqrt(norm_constraint / (lr^2 sum g D))): no step
    moves the predictions by much more, in the metric of the Fisher information, than the constraint allows
    (Ba, Grosse and Martens 2017, section 5).

    Parameters
    ----------
    net : Sequential
        The network; its parameters are what steps change.
    lr : float
        The learning rate, at least 0; may be set at any time.
    damping : float
        Above 0; may be set at any time.
    momentum : float
        In 0..1; may be set at any time.
    norm_constraint : float or None
        Above 0; None lets steps be as long as they are. May be set at any time.
    update_interval : int
        Factors are taken in, and inverted, at steps 1, 1 + update_interval, ...; may be set at any time.
    fisher : {"sampled", "exact"}
        Whether G is of one label for each example, drawn from p, which costs one more backward pass when
        factors are taken in; or of all labels, each with its probability, which costs as many as there are
        classes. May be set at any time.
    rng : Generator, RandomState, int or None
        Where labels are drawn from.
    <common>

    Attributes
    ----------
    velocity : dict of arrays
        v, by the parameters' names; 0 at first.

    Raises
    ------
    <raises>

    Notes
    -----
    ``step`` takes the factors from the network's last forward pass: it comes after ``loss_and_grads`` of the
    same network, with no other pass between them. Factors are averages over the batches that were taken in,
    the old weighing min(1 - 1/k, 0.95) (section 5); a layer that stochastic depth left out keeps its own.
    They are float64 and their products BLAS's; inverses are float64 and then rounded to the layer's dtype. A
    layer of m x n weights takes m^2 + n^2 numbers twice, and an inversion some 2 (m^3 + n^3) operations.
    Batch normalization mixes examples, of which G sees each one's own gradient: "exact" is exact without it.
    For a single linear layer, `minimize` with ``method="kfac"`` finds lr and momentum itself, by exact
    products with the Fisher information, and adapts the damping.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob import nn
    >>> rng = np.random.default_rng(0)
    >>> X, y = rng.standard_normal((256, 20)), rng.integers(0, 3, 256)
    >>> net = nn.MLP((20, 32, 3), rng=0)
    >>> opt = nn.KFAC(net, rng=0)
    >>> for _ in range(100):
    ...     loss, grads = net.loss_and_grads(X, y)
    ...     opt.step(grads)
    >>> net.accuracy(X, y) > 0.9
    True
    """

    _kernel = "momentum"
    _aside: tuple[str, ...] = ("net", "rng", "threads", "keep_update")
    _held: list[Held] | None = None
    velocity = State(0)
    lr = Hyper(as_real)
    damping = Hyper(as_positive)
    momentum = Hyper(as_decay)
    norm_constraint = Hyper(as_limit)
    update_interval = Hyper(lambda value, name: as_count(value, name, 1))
    fisher = Hyper(as_choice("sampled", "exact"))

    def __init__(
        self,
        net: Sequential,
        *,
        lr: float = 0.1,
        damping: float = 1e-2,
        momentum: float = 0.9,
        norm_constraint: float | None = 1e-3,
        update_interval: int = 10,
        fisher: Fisher = "sampled",
        rng: Rng = None,
        **common: Unpack[Common],
    ) -> None:
        if not isinstance(net, Sequential):
            raise TypeError(
                f"net is a {type(net).__name__}; expected a network, an nn.Sequential, not its parameters: "
                "net.fit takes optimizer=nn.KFAC(net)"
            )
        self.net = net
        self.lr = lr
        self.damping = damping
        self.momentum = momentum
        self.norm_constraint = norm_constraint
        self.update_interval = update_interval
        self.fisher = fisher
        self.rng = as_random(rng)
        super().__init__(net.parameters(), **common)

    def _prepare(self, states: States | None) -> None:
        super()._prepare(states)
        places = {id(w): k for k, w in enumerate(self._params)}
        linears = [layer for _, layer in self.net.walk() if isinstance(layer, Linear)]
        # of each Linear the places of W and, where there is one, of b
        self._blocks = [(layer, [places[id(w)] for w in layer.params.values()]) for layer in linears]
        if self._held is None:
            self._held = [() for _ in self._params]
            for layer, (k, *bias) in self._blocks:
                m, n = layer.W.shape[0], layer.W.shape[1] + len(bias)
                inverses = (np.eye(n, dtype=layer.W.dtype), np.eye(m, dtype=layer.W.dtype))
                self._held[k] = (np.zeros((n, n)), np.zeros((m, m)), *inverses, np.zeros((), np.int64))

    def factors(self) -> dict[str, tuple[FloatArray, FloatArray]]:
        """Return copies of A and G of each `Linear`, by its name in the network, such as "0"."""
        assert self._held is not None
        names = [prefix[:-1] for prefix, layer in self.net.walk() if isinstance(layer, Linear)]
        held = [self._held[k] for _, (k, *_) in self._blocks]
        return {name: (A.copy(), G.copy()) for name, (A, G, *_) in zip(names, held, strict=True)}

    def _arrays(self) -> list[tuple[FloatArray, States]]:
        held = self._held or ()
        return [(w, (*v, *own)) for (w, v), own in zip(super()._arrays(), held, strict=True)]

    def _hyper(self) -> tuple[float, ...]:
        return (self.lr, self.momentum, 0.0, 0.0)  # of Momentum: velocity, no dampening

    def _in_c(self) -> bool:
        return False

    def _all_hypers(self) -> Hypers:
        hypers = super()._all_hypers()
        self._plain = False  # all steps go by _advance
        return hypers

    def _advance(self, hypers: Any, given: Any) -> None:
        _core.check_gradients(self._plan, given)
        own, (scale, clip, l2, *decay) = hypers[:4], hypers[4:] or (1.0, np.inf, 0.0, 0.0, 0.0)
        with np.errstate(all="ignore"):  # what is not finite stays so
            held = self._held_after(self._t + 1)
            g = [prepared(one, w, scale, clip, l2) for one, w in zip(given, self._params, strict=True)]
            along = self._constrained(g, self._directions(g, held))
        hypers = (*own, 1.0, np.inf, 0.0, *decay)
        self._t = _core.step(self._plan, self._t + 1, hypers, tuple(along), self.threads)
        self._held = held

    def _directions(self, g: list[FloatArray], held: list[Held]) -> list[FloatArray]:
        """Return D for each gradient."""
        along = list(g)
        for _, (k, *bias) in self._blocks:
            _, _, A, G, _ = held[k]
            D = G @ np.column_stack([g[k], *(g[i] for i in bias)]) @ A
            along[k] = np.ascontiguousarray(D[:, : g[k].shape[1]])
            for i in bias:
                along[i] = np.ascontiguousarray(D[:, -1])
        return along

    def _constrained(self, g: list[FloatArray], along: list[FloatArray]) -> list[FloatArray]:
        """Return nu D."""
        if self.norm_constraint is None:
            return along
        slope = sum(float(np.vdot(a, b)) for a, b in zip(g, along, strict=True))
        squared = self.lr * self.lr * slope
        if not squared > self.norm_constraint:
            return along
        nu = math.sqrt(self.norm_constraint / squared)
        return [D * D.dtype.type(nu) for D in along]

    def _held_after(self, t: int) -> list[Held]:
        """Return the factors and inverses for step t: new arrays where factors are taken in."""
        held = list(self._held or ())
        unseen = any(held[k][-1] == 0 for _, (k, *_) in self._blocks)
        if (t - 1) % self.update_interval and not unseen:
            return held
        for (layer, (k, *bias)), rows in zip(self._blocks, self._passes(), strict=True):
            if not rows:
                continue  # stochastic depth left the layer out
            A, G, *_, seen = held[k]
            x = rows[0][0].astype(np.float64)
            if bias:
                x = np.column_stack([x, np.ones(len(x))])
            g = np.concatenate([one for _, one in rows]).astype(np.float64)
            old = old_share(int(seen) + 1)
            A = np.asarray(old * A + (1 - old) / len(x) * (x.T @ x))
            G = np.asarray(old * G + (1 - old) / len(x) * (g.T @ g))
            try:
                inverses = [np.linalg.inv(each) for each in damped(A, G, self.damping)]
            except np.linalg.LinAlgError:
                raise ValueError(
                    f"damping is {self.damping}; with it the factors of {layer!r} are singular: expected "
                    "a larger one"
                ) from None
            held[k] = (A, G, *(one.astype(layer.W.dtype) for one in inverses), np.asarray(seen + 1))
        return held

    def _passes(self) -> list[list[tuple[FloatArray, FloatArray]]]:
        """Return for each block (x, g) of backward passes; all gradients are as before."""
        if self.net._saved is None:
            raise RuntimeError("step came before the network's forward pass; expected loss_and_grads first")
        if self.net._backed is not self.net._saved:
            raise RuntimeError(
                "step came after a forward pass without a backward pass, as accuracy and predict make one; "
                "expected it right after loss_and_grads"
            )
        others = [g for _, one in self.net.walk() if not isinstance(one, Linear) for g in one.grads.values()]
        before = [(g, g.copy()) for g in others]
        seen: list[list[tuple[FloatArray, FloatArray]]] = [[] for _ in self._blocks]
        try:
            for (layer, _), rows in zip(self._blocks, seen, strict=True):
                layer._seen = rows
            for ds in score_gradients(self.net._saved, self.fisher, self.rng):
                self.net.backward_params(ds)
        finally:
            for layer, _ in self._blocks:
                layer._seen = None
            for g, kept in before:
                g[...] = kept
        return seen


def score_gradients(
    s: FloatArray, fisher: str, rng: np.random.Generator | np.random.RandomState
) -> list[npt.NDArray[Any]]:
    """Return gradients of -log p(c) by the scores, (N, C) each, whose outer products sum up to the Fisher's.

    "sampled": p - onehot(c) with c from p. "exact": for each class c, sqrt(p_c) (p - onehot(c)); in sum
    diag(p) - p p'.
    """
    p = softmax(s.astype(np.float64))
    N, C = p.shape
    if fisher == "exact":
        each = [np.sqrt(p[:, c : c + 1]) * (p - np.eye(C)[c]) for c in range(C)]
    else:
        below = np.cumsum(p, axis=1) <= np.reshape(rng.random(N), (N, 1))
        drawn = np.minimum(below.sum(axis=1), C - 1)  # the last sum may be below 1
        each = [p - np.eye(C)[drawn]]
    return [ds.astype(s.dtype) for ds in each]
