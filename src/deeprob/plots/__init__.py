"""Figures of what the library computed, as scikit-learn's Displays do it.

A Display is made from results by a class method (``from_...``), keeps the computed numbers as attributes,
and draws them with ``plot(ax=None)``, as often as one likes; afterwards ``figure_`` and ``ax_`` (``axes_``)
are there to change anything. Needs matplotlib, which is imported only inside ``plot`` and `style`.

Examples
--------
>>> import numpy as np
>>> import deeprob
>>> from deeprob import plots
>>> X = np.array([[255.0, 0.0, 1.0], [0.0, 255.0, 1.0]])
>>> result = deeprob.random_search(X, [0, 1], num_tries=50, rng=0)
>>> display = plots.AttemptsDisplay.from_result(result).plot()
>>> display.ax_.get_xlabel()
'attempt'
"""

from .attempts import AttemptsDisplay
from .comparison import ComparisonDisplay, SensitivityDisplay
from .gradcheck import GradCheckDisplay
from .landscape import LandscapeDisplay
from .levels import contour_levels
from .losses import LossCurveDisplay
from .optimizers import optimizer_style, optimizer_styles
from .overfitting import OverfittingDisplay
from .preferences import PreferencesDisplay
from .regularizers import RegularizerDisplay
from .schedules import ScheduleDisplay
from .simpler import PreferSimplerDisplay
from .style import COLORS, style
from .templates import TemplateDisplay
from .trajectories import TrajectoriesDisplay

__all__ = [
    "COLORS",
    "AttemptsDisplay",
    "ComparisonDisplay",
    "GradCheckDisplay",
    "LandscapeDisplay",
    "LossCurveDisplay",
    "OverfittingDisplay",
    "PreferSimplerDisplay",
    "PreferencesDisplay",
    "RegularizerDisplay",
    "ScheduleDisplay",
    "SensitivityDisplay",
    "TemplateDisplay",
    "TrajectoriesDisplay",
    "contour_levels",
    "optimizer_style",
    "optimizer_styles",
    "style",
]
