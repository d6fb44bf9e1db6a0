"""Demos: the lecture's own examples, rebuilt so that they can be looked into.

=====================================  =================================================================
the numeric gradient (L4-19 to L4-23)  `nine_numbers`
=====================================  =================================================================

Examples
--------
>>> from deeprob import demos
>>> demos.nine_numbers().quotients.round(1)[:3] + 0.0
array([-2.5,  0.6,  0. ])
"""

from ._nine_numbers import NineNumbers, nine_numbers

__all__ = ["NineNumbers", "nine_numbers"]
