"""Demos: the lecture's own examples, rebuilt so that they can be looked into.

=====================================  =================================================================
overfitting (L4-08)                    `overfitting`
prefer simpler models (L4-12)          `prefer_simpler`
expressing preferences (L4-14)         `preferences`
the numeric gradient (L4-19 to L4-23)  `nine_numbers`
=====================================  =================================================================

Examples
--------
>>> from deeprob import demos
>>> demos.nine_numbers().quotients.round(1)[:3] + 0.0
array([-2.5,  0.6,  0. ])
"""

from ._nine_numbers import NineNumbers, nine_numbers
from ._overfitting import Overfitting, overfitting
from ._preferences import Preferences, preferences
from ._simpler import PreferSimpler, prefer_simpler
from ._sparsity import Sparsity

__all__ = [
    "NineNumbers",
    "Overfitting",
    "PreferSimpler",
    "Preferences",
    "Sparsity",
    "nine_numbers",
    "overfitting",
    "prefer_simpler",
    "preferences",
]
