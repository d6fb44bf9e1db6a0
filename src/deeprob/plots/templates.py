"""The weights of a linear classifier as images, one template for each class."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from ..classifier import weight_templates
from .style import figure_of, require_matplotlib, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Scaling = Literal["zero", "common", "class"]
Layout = Literal["HW", "HWC", "CHW"]


class TemplateDisplay:
    """Images in a grid, one for each class: the templates that a linear classifier compares with.

    Use `from_weights`.

    Parameters
    ----------
    templates : (C, H, W) or (C, H, W, 3) array
        Images with values in 0..1.
    class_names : sequence of str, optional
        Default "class 0", "class 1", ...
    cmap : str, optional
        matplotlib's name of the colours of grey images; default "gray".

    Attributes
    ----------
    templates : (C, H, W) or (C, H, W, 3) array of float64
        In 0..1, ready for ``imshow``.
    class_names : tuple of str
        One for each template.
    cmap : str
        The colours of grey images.
    axes_, figure_ : array of matplotlib axes, matplotlib figure
        After `plot`; one axes for each template.

    Examples
    --------
    >>> import numpy as np
    >>> from deeprob.plots import TemplateDisplay
    >>> W = np.array([[-1.0, 0.0, 0.0, 2.0, 9.0]])  # one class, 2 x 2 pixels, and the bias
    >>> display = TemplateDisplay.from_weights(W, (2, 2), class_names=["cat"])
    >>> display.templates[0]  # grey: 0.5 is a weight of 0
    array([[0.25, 0.5 ],
           [0.5 , 1.  ]])
    >>> display.plot().axes_[0].get_title()
    'cat'
    """

    axes_: npt.NDArray[np.object_]
    figure_: Figure

    def __init__(
        self,
        templates: npt.ArrayLike,
        class_names: Sequence[str] | None = None,
        *,
        cmap: str = "gray",
    ) -> None:
        self.templates = np.array(templates, dtype=np.float64)
        if self.templates.ndim not in (3, 4) or not len(self.templates):
            raise ValueError(
                f"templates has shape {self.templates.shape}; expected (C, H, W) or (C, H, W, 3)"
            )
        count = len(self.templates)
        names = [f"class {k}" for k in range(count)] if class_names is None else class_names
        if len(names) != count:
            raise ValueError(f"class_names has {len(names)} names; expected {count}, one for each template")
        self.class_names = tuple(names)
        self.cmap = cmap

    @classmethod
    def from_weights(
        cls,
        W: npt.ArrayLike,
        image_shape: tuple[int, ...],
        *,
        layout: Layout | None = None,
        class_names: Sequence[str] | None = None,
        scaling: Scaling | None = None,
    ) -> TemplateDisplay:
        """Make the display of a weight matrix.

        Parameters
        ----------
        W : (C, D) or (C, D + 1) array
            One row for each class; a last column beyond the image, the bias, is left out.
        image_shape : tuple of int
            (H, W) or (H, W, 3).
        layout : {"HW", "HWC", "CHW"}, optional
            How a row of X holds the image; "CHW" is planes R, G, B as in CIFAR-10. Default "HW" or "HWC".
        class_names : sequence of str, optional
            The titles.
        scaling : {"zero", "common", "class"}, optional
            "zero": 0.5 is a weight of 0, and the largest absolute weight 0 or 1; the default of grey images,
            drawn blue (against the class), white, red (for it). "common": 0 and 1 are the smallest and the
            largest weight of all classes, the course's way and the default of colour images; "class": those
            of each class.

        Returns
        -------
        TemplateDisplay

        Raises
        ------
        ValueError
            If W does not fit the images, or the names do not fit W.
        """
        if scaling is None:
            scaling = "zero" if len(image_shape) == 2 else "common"
        if scaling == "zero":
            images = _signed(W, image_shape, layout)
        else:
            images = weight_templates(W, image_shape, layout=layout, scaling=scaling)
        return cls(images, class_names, cmap="RdBu_r" if scaling == "zero" else "gray")

    def plot(
        self,
        ax: Axes | npt.NDArray[np.object_] | Sequence[Axes] | None = None,
        *,
        columns: int = 5,
        **imshow_kw: Any,
    ) -> TemplateDisplay:
        """Draw.

        Parameters
        ----------
        ax : matplotlib axes or array of C axes, optional
            One axes is divided into a grid; default a new figure.
        columns : int
            Templates in a row of the grid.
        **imshow_kw
            For ``Axes.imshow``.

        Returns
        -------
        TemplateDisplay
            Itself, with ``axes_`` and ``figure_``.

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        ValueError
            If there are fewer axes than templates.
        """
        require_matplotlib()
        with style():
            axes = self._axes(ax, columns)
            options = {"cmap": self.cmap, "vmin": 0, "vmax": 1, "interpolation": "none", **imshow_kw}
            for place, image, name in zip(axes, self.templates, self.class_names, strict=False):
                place.imshow(image, **options)
                place.set_title(name, fontsize=9, pad=3)
                place.set_axis_off()
        self.axes_, self.figure_ = axes[: len(self.templates)], figure_of(axes[0])
        return self

    def _axes(self, ax: Any, columns: int) -> npt.NDArray[np.object_]:
        """Return one axes for each template: given ones, a new figure's, or parts of the one given."""
        count = len(self.templates)
        if ax is not None and np.size(ax) != 1:
            places = np.array(ax, dtype=object).ravel()
            if len(places) < count:
                raise ValueError(f"ax has {len(places)} axes; expected {count}, one for each template")
            return places
        if ax is not None and count == 1:
            return np.array(ax, dtype=object).ravel()
        width = min(columns, count)
        rows = -(-count // width)
        if ax is None:
            import matplotlib.pyplot as plt

            figure = plt.figure(figsize=(1.12 * width, 1.3 * rows))
            grid = figure.subplots(rows, width, squeeze=False)
            for spare in grid.ravel()[count:]:
                spare.set_axis_off()
            return grid.ravel()
        parent = np.array(ax, dtype=object).ravel()[0]
        parent.set_axis_off()
        return np.array([parent.inset_axes(box) for box in _boxes(count, rows, width)], dtype=object)


def _boxes(count: int, rows: int, columns: int) -> list[tuple[float, float, float, float]]:
    """Return (left, bottom, width, height) of the cells of a grid in 0..1, with room for titles."""
    wide, high = 1 / columns, 1 / rows
    return [
        ((k % columns + 0.04) * wide, 1 - (k // columns + 0.96) * high, 0.92 * wide, 0.76 * high)
        for k in range(count)
    ]


def _signed(W: npt.ArrayLike, image_shape: tuple[int, ...], layout: Layout | None) -> npt.NDArray[np.float64]:
    """Return the templates scaled so that 0.5 is a weight of 0."""
    common = weight_templates(W, image_shape, layout=layout)
    weights = np.asarray(W, dtype=np.float64)[:, : prod(image_shape)]
    low, high = weights.min(), weights.max()
    largest = max(abs(low), abs(high))
    signed: npt.NDArray[np.float64] = 0.5 + (low + common * (high - low)) / (2 * largest or 1.0)
    return signed
