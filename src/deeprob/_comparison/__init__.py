"""`compare`: its call (`entry`), a run (`race`, `race_method`), the best of a sweep (`judge`), the result."""

from .entry import GRID, compare
from .result import ComparisonResult, ComparisonRow, Race

__all__ = ["GRID", "ComparisonResult", "ComparisonRow", "Race", "compare"]
