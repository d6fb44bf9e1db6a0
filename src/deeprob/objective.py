"""A loss bound to its data: what gradient descent and the checks work on."""

import numpy as np
import numpy.typing as npt

from . import _core
from ._arguments import FloatArray, answers_keywords, as_count
from .losses import labels_array, loss_parameter
from .regularizers import RegType, penalty_weights


class Objective:
    r"""Data loss + reg R(W) of a linear classifier as a function of W alone.

    Called with W it gives ``(loss, dW)``. X and y are kept as they are, not copied: later changes to them
    are seen.

    Parameters
    ----------
    X : (N, D) array of float32, float64 or uint8
        Examples; (D, N) with ``example_axis=1``.
    y : (N,) array of integers
        Labels, at least 0.
    loss : {"softmax", "svm", "squared_hinge"}
        A name in ``deeprob.losses.NAMES``.
    reg, reg_type, l1_ratio, example_axis, class_axis, threads
        As for `softmax_loss`.
    **parameters : float
        The loss's own parameter: ``delta=1.0`` of "svm" and "squared_hinge", ``label_smoothing=0.0`` of
        "softmax".

    Raises
    ------
    ValueError, TypeError
        If an argument has the wrong shape, dtype or range; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> import deeprob
    >>> X = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> objective = deeprob.Objective(X, [0, 1, 1], loss="svm", reg=0.1)
    >>> loss, dW = objective(np.zeros((2, 2)))
    >>> loss
    1.0
    >>> objective
    Objective(N=3, D=2, C=2, loss='svm', delta=1.0, reg=0.1, reg_type='l2')
    """

    @answers_keywords
    def __init__(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        *,
        loss: str = "softmax",
        reg: float = 0.0,
        reg_type: RegType = "l2",
        l1_ratio: float = 0.5,
        example_axis: int = 0,
        class_axis: int = 0,
        threads: int | None = None,
        **parameters: float,
    ) -> None:
        _core.check_options(example_axis, class_axis, threads)
        self.X = _core.as_array(X, "X", True)
        self.y = labels_array(y)
        self.loss = loss
        self.parameter = loss_parameter(loss, parameters)
        self._penalties = penalty_weights(reg, reg_type, l1_ratio)
        self.reg, self.reg_type, self.l1_ratio = float(reg), reg_type, l1_ratio
        self.example_axis, self.class_axis, self.threads = example_axis, class_axis, threads
        self._check_data()

    def _check_data(self) -> None:
        """Let the kernels' own checks see X, and y beside it."""
        if self.y.size == 0:
            raise ValueError(f"y has shape {self.y.shape}; a loss is a mean over at least one example")
        D = self.X.shape[1 - self.example_axis] if self.X.ndim == 2 else 1
        W = np.zeros((D, 1) if self.class_axis == 1 else (1, D))
        same_but_one_class = np.broadcast_to(np.int64(0), self.y.shape)
        axes = (self.example_axis, self.class_axis, 1)
        _core.predict(W, self.X, None, same_but_one_class, [0], None, *axes)

    @property
    def n_examples(self) -> int:
        """N, the number of examples."""
        return int(self.y.shape[0])

    @property
    def n_features(self) -> int:
        """D, the number of features."""
        return int(self.X.shape[1 - self.example_axis])

    @property
    def n_classes(self) -> int:
        """The largest label + 1; W may have more classes."""
        return int(self.y.max()) + 1

    @property
    def start(self) -> FloatArray:
        """W = 0, a new array: where to begin when nothing else is said.

        (C, D) with `n_classes`, or (D, C) with ``class_axis=1``; float64 beside a float64 X, else float32.
        """
        shape = (self.n_classes, self.n_features)
        dtype = np.float64 if self.X.dtype == np.float64 else np.float32
        return np.zeros(shape[::-1] if self.class_axis == 1 else shape, dtype)

    def classes(self, num_classes: int | None = None) -> int:
        """Return the number of classes of a new W: ``num_classes``, or `n_classes`."""
        if num_classes is not None:
            return as_count(num_classes, "num_classes", 1)
        most = np.iinfo(np.intp).max // (8 * self.n_features)
        if self.n_classes > most:
            at = int(np.argmax(self.y))
            raise ValueError(f"y[{at}] is {self.y[at]}; no W has so many classes: pass num_classes")
        return self.n_classes

    def __call__(
        self, W: npt.ArrayLike, index: npt.ArrayLike | None = None, *, out: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return ``(loss, dW)``; the same as `value_and_grad`."""
        return self.value_and_grad(W, index, out=out)

    def value_and_grad(
        self, W: npt.ArrayLike, index: npt.ArrayLike | None = None, *, out: FloatArray | None = None
    ) -> tuple[float, FloatArray]:
        """Return the loss and its gradient at W, over all examples or those at ``index``."""
        # Spelt out, not by a helper: a call of few examples costs little more than Python's own calls.
        result: tuple[float, FloatArray] = _core.linear_loss(
            self.loss,
            W,
            self.X,
            self.y,
            None,
            index,
            out,
            self.parameter,
            *self._penalties,
            True,
            self.example_axis,
            self.class_axis,
            self.threads,
        )
        return result

    def value(self, W: npt.ArrayLike, index: npt.ArrayLike | None = None) -> float:
        """Return the loss at W, over all examples or those at ``index``."""
        return self._value(W, index, self._penalties)

    def values(
        self,
        Ws: npt.ArrayLike,
        index: npt.ArrayLike | None = None,
        *,
        out: npt.NDArray[np.float64] | None = None,
    ) -> npt.NDArray[np.float64]:
        """Return the losses at several W, in one pass over the examples.

        Each has the bits that `value` gives. One pass over K weights takes less time than K passes, the more
        so where reading X is what takes it: columns, uint8, a large D.

        Parameters
        ----------
        Ws : (K, C, D) array of float32 or float64
            K times W; (K, D, C) with ``class_axis=1``.
        index : (n,) array of integers, optional
            Positions of the examples to use; default all.
        out : (K,) array of float64, optional
            Where to write the losses.

        Returns
        -------
        (K,) array of float64
            The loss at each W.

        Raises
        ------
        ValueError, TypeError, IndexError
            If an argument has the wrong shape, dtype or range; the message names it.

        Examples
        --------
        >>> import numpy as np
        >>> import deeprob
        >>> objective = deeprob.Objective(np.array([[1.0, 2.0], [3.0, 4.0]]), [0, 1], loss="svm")
        >>> Ws = np.array([np.zeros((2, 2)), np.eye(2)])
        >>> objective.values(Ws)
        array([1., 1.])
        >>> objective.value(Ws[1])
        1.0
        """
        return _core.linear_losses(
            self.loss,
            Ws,
            self.X,
            self.y,
            index,
            out,
            self.parameter,
            *self._penalties,
            self.example_axis,
            self.class_axis,
            self.threads,
        )

    def hvp(self, W: npt.ArrayLike, V: npt.ArrayLike, index: npt.ArrayLike | None = None) -> FloatArray:
        r"""Return the product of the Hessian at W with V, a Hessian-vector product, without the Hessian.

        As s = W x is linear in W, it is (1/N) sum_i (d2 L_i / ds ds' V x_i) x_i' + 2 reg V: exact, and one
        pass over the examples. For the same reason it is the Gauss-Newton product too and, for softmax, where
        d2 L_i / ds ds' = diag(p) - p p', that of the Fisher information (plus the regularizer).

        Parameters
        ----------
        W : (C, D) array of float32 or float64
            Where; (D, C) with ``class_axis=1``.
        V : array of W's shape, or (K, ...) of K such
            Directions; K of them take one pass together.
        index : (n,) array of integers, optional
            Positions of the examples to use; default all.

        Returns
        -------
        array of V's shape
            In the result type of W and V.

        Raises
        ------
        ValueError, TypeError, IndexError
            If an argument has the wrong shape, dtype or range, or the loss has no second derivative: "svm"
            has kinks, "squared_hinge" is its smooth sibling. L1 counts as 0.

        Examples
        --------
        >>> import numpy as np
        >>> import deeprob
        >>> X = np.array([[1.0, 2], [-1, 0.5], [0.5, -1.5], [2, 0]])
        >>> objective = deeprob.Objective(X, [0, 1, 2, 1], reg=0.1)
        >>> W, V = np.zeros((3, 2)), np.eye(3, 2)
        >>> objective.hvp(W, V).round(4)
        array([[ 0.5264, -0.1389],
               [-0.1319,  0.5403],
               [-0.1944, -0.2014]])
        """
        at, directions = _core.as_array(W, "W", True), _core.as_array(V, "V", True)
        if at.ndim != 2 or directions.shape[-2:] != at.shape or directions.ndim > 3:
            raise ValueError(f"V has shape {directions.shape}; expected W's {at.shape}, or K of them stacked")
        dtype = np.result_type(at, directions)
        stacked = np.concatenate([at[None], directions.reshape(-1, *at.shape)], dtype=dtype)
        if len(stacked) == 1:
            return np.zeros(directions.shape, dtype)
        products: FloatArray = _core.linear_hvp(
            self.loss,
            stacked,
            self.X,
            self.y,
            index,
            self.parameter,
            self._penalties[1],
            self.example_axis,
            self.class_axis,
            self.threads,
        )
        return products.reshape(directions.shape)

    def hessian(self, W: npt.ArrayLike, index: npt.ArrayLike | None = None) -> npt.NDArray[np.float64]:
        """Return the Hessian at W: the second derivatives by the values of ``W.ravel()``, symmetric.

        Parameters
        ----------
        W, index
            As for `hvp`.

        Returns
        -------
        (C D, C D) array of float64
            Computed in float64 whatever W is.

        Raises
        ------
        ValueError, TypeError, IndexError
            As for `hvp`.
        MemoryError
            If it does not fit: 30,730 weights have a Hessian of 7.6 GB (L4-54).
        """
        at = np.asarray(_core.as_array(W, "W", True), np.float64)
        n = at.size
        result = np.empty((n, n))
        # Blocks of this many directions share a pass over the examples, and stay in the caches beside them.
        for first in range(0, n, self._DIRECTIONS):
            unit = np.zeros((min(self._DIRECTIONS, n - first), n))
            unit[np.arange(len(unit)), first + np.arange(len(unit))] = 1
            products = self.hvp(at, unit.reshape(-1, *at.shape), index)
            result[first : first + len(unit)] = products.reshape(len(unit), n)
        return (result + result.T) / 2  # the products' rounding is not symmetric

    _DIRECTIONS = 16

    def kronecker_factors(
        self, W: npt.ArrayLike, index: npt.ArrayLike | None = None
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        r"""Return A and G, whose Kronecker product K-FAC takes for the Fisher information of softmax.

        A = E[x x'] and G = E[diag(p) - p p'], the second moments of the layer's input and, with labels drawn
        from the model, of the loss's gradient by the scores (Martens and Grosse 2015; the lecture names
        K-FAC on L4-56). F V = E[(diag(p) - p p') V x x'] becomes G V A, as if both were independent.

        Parameters
        ----------
        W, index
            As for `hvp`.

        Returns
        -------
        A : (D, D) array of float64
        G : (C, C) array of float64
            Without the regularizer.

        Raises
        ------
        ValueError, TypeError, IndexError
            If an argument has the wrong shape, dtype or range, or the loss is not "softmax".

        Examples
        --------
        >>> import numpy as np
        >>> import deeprob
        >>> X = np.array([[1.0, 2], [-1, 0.5], [0.5, -1.5], [2, 0]])
        >>> A, G = deeprob.Objective(X, [0, 1, 2, 1]).kronecker_factors(np.zeros((3, 2)))
        >>> A
        array([[1.5625, 0.1875],
               [0.1875, 1.625 ]])
        """
        if self.loss != "softmax":
            raise ValueError(
                f"loss is {self.loss!r}; expected 'softmax': only its scores are a distribution's"
            )
        return self._input_factor(index), self._output_factor(W, index)

    def _blocks(self, index: npt.ArrayLike | None) -> list[npt.NDArray[np.integer]]:
        """Return the positions of the examples in blocks, so that no float64 copy of all X is made."""
        where = np.arange(self.n_examples) if index is None else _core.as_array(index, "index", False)
        if where.size == 0:
            raise ValueError("index has no examples; the factors are means over them")
        return [where[first : first + self._ROWS] for first in range(0, where.size, self._ROWS)]

    def _input_factor(self, index: npt.ArrayLike | None) -> npt.NDArray[np.float64]:
        """Return A = E[x x'], which W does not change."""
        blocks = self._blocks(index)
        A: npt.NDArray[np.float64] = np.zeros((self.n_features, self.n_features))
        for rows in blocks:
            x = self.X.take(rows, axis=self.example_axis).astype(np.float64)
            A += x @ x.T if self.example_axis == 1 else x.T @ x
        return A / sum(map(len, blocks))

    def _output_factor(self, W: npt.ArrayLike, index: npt.ArrayLike | None) -> npt.NDArray[np.float64]:
        """Return G = E[diag(p) - p p']."""
        blocks = self._blocks(index)
        weights = np.asarray(_core.as_array(W, "W", True), np.float64)
        axes = (self.example_axis, self.class_axis, self.threads)
        C = weights.shape[self.class_axis] if weights.ndim == 2 else 0
        G: npt.NDArray[np.float64] = np.zeros((C, C))
        for rows in blocks:
            s = _core.scores(weights, self.X, None, rows, None, *axes)
            s = s.T if self.example_axis == 1 else s
            p = np.exp(s - s.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            G += np.diag(p.sum(axis=0)) - p.T @ p
        return G / sum(map(len, blocks))

    _ROWS = 4096

    def terms(self, W: npt.ArrayLike, index: npt.ArrayLike | None = None) -> tuple[float, float]:
        """Return the data loss and reg R(W) apart; their sum is `value`, to rounding."""
        data: float = self._value(W, index, (0.0, 0.0))
        penalty: float = _core.penalty(W, *self._penalties, False, None)
        return data, penalty

    def _numeric_gradient(self, W: npt.ArrayLike, h: float, forward: bool) -> FloatArray:
        """Return the numeric gradient of `value` at W: see `numeric_gradient`."""
        options = (*self._penalties, h, forward, self.example_axis, self.class_axis, self.threads)
        return _core.linear_numeric(self.loss, W, self.X, self.y, None, None, self.parameter, *options)

    def predict(self, W: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Return the predicted classes of X at W."""
        axes = (self.example_axis, self.class_axis, self.threads)
        labels: npt.NDArray[np.int64] = _core.predict(W, self.X, None, None, None, None, *axes)
        return labels

    def accuracy(self, W: npt.ArrayLike) -> float:
        """Return the share of examples of X that W predicts right."""
        axes = (self.example_axis, self.class_axis, self.threads)
        share: float = _core.predict(W, self.X, None, self.y, None, None, *axes)
        return share

    def _value(self, W: npt.ArrayLike, index: npt.ArrayLike | None, penalties: tuple[float, float]) -> float:
        loss: float = _core.linear_loss(
            self.loss,
            W,
            self.X,
            self.y,
            None,
            index,
            None,
            self.parameter,
            *penalties,
            False,
            self.example_axis,
            self.class_axis,
            self.threads,
        )
        return loss

    def __repr__(self) -> str:
        defaults = _core.losses()[self.loss]
        own = "".join(f", {name}={self.parameter}" for name, at in defaults.items() if at or self.parameter)
        return (
            f"Objective(N={self.n_examples}, D={self.n_features}, C={self.n_classes}, "
            f"loss={self.loss!r}{own}, reg={self.reg}, reg_type={self.reg_type!r})"
        )
