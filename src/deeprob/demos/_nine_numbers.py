"""The lecture's numeric gradient, one dimension after the other (L4-19 to L4-23)."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from .._arguments import FloatArray
from ..gradients import numeric_gradient

Vector = npt.NDArray[np.float64]

# As the slides print them; "..." follows there.
_W = (0.34, -1.11, 0.78, 0.12, 0.55, 2.81, -3.1, -1.5, 0.33)
_LOSS = 1.25347
_H = 1e-4
_GRADIENT = (-2.5, 0.6, 0.0, 0.2, 0.7, -0.5, 1.1, 1.3, -2.1)
_LOST = 5  # of _GRADIENT: not in the slide's text; -0.5 in CS231n, whose slide it was
_DECIMALS = 5

_TITLE = "The numeric gradient, one dimension after the other (lecture, L4-19 to L4-23)"
_HEADINGS = ("dim", "W", "W + h", "loss", "(loss - loss at W) / h", "from exact losses", "gradient")
_FORMATS = ("{:d}", "{:.2f}", "{:.4f}", "{:.5f}", "{:.1f}", "{:.6f}", "{:.1f}")


@dataclass(frozen=True, eq=False)
class NineNumbers:
    """The slides' nine weights and what becomes of the loss when each of them grows by h.

    ``print`` and a notebook show the slides' table.

    Attributes
    ----------
    W : (9,) array
        The weights.
    h : float
        The step, 1e-4, forward.
    loss : float
        The loss at W, 1.25347.
    losses : (9,) array
        The loss with h added to each weight in turn, rounded to five decimals, as the slides print it.
    quotients : (9,) array
        (losses - loss) / h, the slides' column: known to +-0.1 only, as each of the two losses may be
        rounded by 5e-6.
    numeric : (9,) array
        The same quotients of the losses as they are, from
        ``numeric_gradient(f, W, h=h, method="forward")``.
    gradient : (9,) array
        The gradient of `f`.
    restored : (9,) array of bool
        Which entries of the gradient the slide's text has lost: the sixth. It has the value of the CS231n
        original, -0.5.
    """

    W: Vector
    h: float
    loss: float
    losses: Vector
    quotients: Vector
    numeric: FloatArray
    gradient: Vector
    restored: npt.NDArray[np.bool_]

    def f(self, w: npt.ArrayLike) -> tuple[float, Vector]:
        """Return loss and gradient of the linear function at w: loss + gradient . (w - W)."""
        point = np.asarray(w, dtype=np.float64)
        if point.shape != self.W.shape:
            raise ValueError(f"w has shape {point.shape}; expected {self.W.shape}")
        return _linear(point)

    def __repr__(self) -> str:
        rows = [_HEADINGS, *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(_HEADINGS))]
        lines = ("  ".join(map(str.rjust, row, widths)).rstrip() for row in rows)
        return "\n".join([_TITLE, self._given(), "", *lines, "", *self._notes()])

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Return the table for a notebook."""
        head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in _HEADINGS)
        rows = ("".join(f"<td>{escape(cell.strip())}</td>" for cell in row) for row in self._rows())
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = f"<caption>{escape(_TITLE)}<br>{escape(self._given())}</caption>"
        notes = "".join(f"<p>{escape(note)}</p>" for note in self._notes())
        style = "text-align:right;font-variant-numeric:tabular-nums"
        table = f"{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
        return f'<table style="{style}">{table}</table>{notes}'

    def _given(self) -> str:
        return f"loss at W: {self.loss:.{_DECIMALS}f}, h = {self.h:.4f}"

    def _rows(self) -> Iterator[tuple[str, ...]]:
        columns = (self.W, self.W + self.h, self.losses, self.quotients, self.numeric, self.gradient)
        for k, row in enumerate(zip(*columns, strict=True)):
            # + 0.0: what rounds to -0.0 is shown as the slides' 0.0
            values = (k + 1, *(np.round(value, 6) + 0.0 for value in row))
            cells = [form.format(value) for form, value in zip(_FORMATS, values, strict=True)]
            cells[-1] += "*" if self.restored[k] else " "
            yield tuple(cells)

    def _notes(self) -> list[str]:
        return [
            f"* The slide's text has lost this entry; {self.gradient[_LOST]} is the CS231n original's.",
            "The slide's quotients use losses rounded to five decimals, and so are known to +-0.1 only.",
            "The slide gives no function; this is a linear one, made to have that gradient.",
        ]


def nine_numbers() -> NineNumbers:
    """Rebuild the lecture's example of a numeric gradient (L4-19 to L4-23).

    Nine weights, the loss 1.25347, and the forward quotient (f(W + h) - f(W)) / h with h = 1e-4, one weight
    after the other. The slides give no function: here it is a linear one, made to have their gradient,
    f(w) = 1.25347 + gradient . (w - W). They print losses with five decimals and divide those, so their
    quotients are known to +-0.1 only.

    Returns
    -------
    NineNumbers
        The table; ``print`` shows it.

    Examples
    --------
    >>> from deeprob import demos
    >>> demos.nine_numbers()
    The numeric gradient, one dimension after the other (lecture, L4-19 to L4-23)
    loss at W: 1.25347, h = 0.0001
    <BLANKLINE>
    dim      W    W + h     loss  (loss - loss at W) / h  from exact losses  gradient
      1   0.34   0.3401  1.25322                    -2.5          -2.500000     -2.5
      2  -1.11  -1.1099  1.25353                     0.6           0.600000      0.6
      3   0.78   0.7801  1.25347                     0.0           0.000000      0.0
      4   0.12   0.1201  1.25349                     0.2           0.200000      0.2
      5   0.55   0.5501  1.25354                     0.7           0.700000      0.7
      6   2.81   2.8101  1.25342                    -0.5          -0.500000     -0.5*
      7  -3.10  -3.0999  1.25358                     1.1           1.100000      1.1
      8  -1.50  -1.4999  1.25360                     1.3           1.300000      1.3
      9   0.33   0.3301  1.25326                    -2.1          -2.100000     -2.1
    <BLANKLINE>
    * The slide's text has lost this entry; -0.5 is the CS231n original's.
    The slide's quotients use losses rounded to five decimals, and so are known to +-0.1 only.
    The slide gives no function; this is a linear one, made to have that gradient.
    """
    W, gradient = np.array(_W), np.array(_GRADIENT)
    nudged = W + _H * np.eye(W.size)
    losses = np.array([round(_linear(w)[0], _DECIMALS) for w in nudged])
    return NineNumbers(
        W=W,
        h=_H,
        loss=_LOSS,
        losses=losses,
        quotients=(losses - _LOSS) / _H,
        numeric=numeric_gradient(_linear, W, h=_H, method="forward"),
        gradient=gradient,
        restored=np.arange(W.size) == _LOST,
    )


def _linear(w: Vector) -> tuple[float, Vector]:
    """Return value and gradient of the linear function that has the slides' loss and gradient at W."""
    gradient = np.array(_GRADIENT)
    return _LOSS + float(gradient @ (w - np.array(_W))), gradient
