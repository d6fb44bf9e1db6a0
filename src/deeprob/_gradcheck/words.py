"""What the report of a gradient check says: the cause in words first, then the numbers, then what to try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from .comparison import KINDS, Cause, Comparison, Entry, met

if TYPE_CHECKING:
    from .result import GradCheckResult

HEADINGS = ("worst entries", "analytic", "numeric", "|difference|", "relative", "ulps", "allowed", "verdict")

HINTS: dict[str, str] = {
    "factor": "compare the constants of loss and gradient: a 2 from the square, 1/N from the mean, the sign",
    "transposed": "return each gradient in its input's axes: W of (C, D) gets (C, N) score gradients times X",
    "penalty": "reg * sum(W**2) adds 2 * reg * W to the gradient, 0.5 * reg * sum(W**2) adds reg * W",
    "class": "look at the label's own class, and for a loop that skips a class or writes over one",
    "example": "sum over all examples, the first and the last too; divide loss and gradient by the same N",
    "float32": "check in float64, with x.astype(np.float64): float32 has 7 digits, a quotient half of them",
    "kink": "a smaller h does not help at the kink itself: move x off it, by small random numbers",
    "nondeterministic": "fix the seed, or draw the mask or the batch once, outside of the function",
    "not finite": "look for a log of 0, a division by 0, or exp of a large score (subtract the maximum)",
    "shape": "return one gradient for each input, in the inputs' order, each in its input's shape",
    "input changed": "work on a copy: x -= x.max() and the like write into the array that was passed",
    "grad_output": "vjp(v) must weight each output's derivatives by v: doubling v doubles what it returns",
    "asymmetric": "a Hessian is symmetric: compare the derivative of entry i by entry j with that of j by i",
    "other": "check one term (reg = 0), one input and one example, small enough to differentiate by hand",
}
"""What to try next, by kind."""

_ROWS = 5  # of a table
_PARAGRAPHS = 3  # with a table each; what else is wrong is counted
_NAMED = 4  # right comparisons that are named one by one
_HINTS = 3
_CAUSES = 3  # of a check that passed; how many more is counted
_MODES = ("strict", "fast")  # those that a headline names


@dataclass(frozen=True)
class Paragraph:
    """A comparison that is wrong: its headline, the causes, the worst entries, and how many more."""

    headline: str
    causes: tuple[Cause, ...]
    entries: tuple[Entry, ...]
    more: int


@dataclass(frozen=True)
class Report:
    """What a report says, in its order; the first paragraph's headline is the report's."""

    ok: bool
    headline: str
    causes: tuple[Cause, ...]
    paragraphs: tuple[Paragraph, ...]
    rest: tuple[str, ...]


def tell(result: GradCheckResult) -> Report:
    """Return what there is to say about a result."""
    notes = [f"note: {note}" for note in result.notes]
    if result.ok:
        excuses = tuple(dict.fromkeys(cause for cause in result.all_causes if cause.kind != "agrees"))
        rest = [*_more(len(excuses) - _CAUSES, "cause"), *_blind(result), *notes]
        return Report(True, _passed(result), excuses[:_CAUSES], (), tuple(rest))
    wrong = [block for block in result.comparisons if not block.ok]
    paragraphs = tuple(_paragraph(block, result) for block in wrong[:_PARAGRAPHS])
    more = [f"{line} that disagree" for line in _more(len(wrong) - len(paragraphs), "comparison")]
    rest = [*more, *_right(result), *notes, *_hints(result), _settings(result)]
    # torch's line comes first where there is one, then what is about the whole function
    headline = paragraphs[0].headline if paragraphs else f"{_check(result)} failed: {KINDS[result.kind]}"
    return Report(False, headline, result.causes, paragraphs, tuple(rest))


def cells(entry: Entry) -> tuple[str, ...]:
    """Return an entry's cells in the order of `HEADINGS`."""
    ulps = f"{entry.ulps:.0f}" if entry.ulps < 1e5 else _short(entry.ulps)
    return (
        entry.label,
        f"{entry.analytic:.6g}",
        f"{entry.numeric:.6g}",
        _short(entry.absolute_error),
        _short(entry.relative_error),
        ulps,
        _short(entry.tolerance),
        _verdict(entry),
    )


def _verdict(entry: Entry) -> str:
    """Return an entry's verdict in words, with the factor where there is one."""
    causes = entry.comparison.causes
    factors = [cause.factor for cause in causes if cause.kind == "factor" and cause.factor is not None]
    words = f"factor {factors[0]:.4g}" if entry.verdict == "factor" and factors else KINDS[entry.verdict]
    return f"{words} (ok)" if entry.excused else words


# ---- a check that passed --------------------------------------------------------------------


def _passed(result: GradCheckResult) -> str:
    """Say in one line what agrees."""
    blocks = [block for block in result.comparisons if not block.term] or list(result.comparisons)
    size = sum(block.numeric.size for block in blocks)
    names = dict.fromkeys(block.name for block in blocks)
    counted = _listed([_counted(name, [b for b in blocks if b.name == name]) for name in names])
    if len(names) > _NAMED:
        counted = _counted(f"{len(names)} inputs", blocks)
    terms = dict.fromkeys(block.term for block in result.comparisons if block.term and not blocks[0].term)
    apart = f", also {_listed(list(terms))} alone" if terms else ""
    said = f"{counted} {_agree(size)}{apart}{_error(blocks)}" if size else "there was nothing to compare"
    return f"{_check(result)} passed: {said} ({_count(result.evaluations, 'evaluation')})"


def _counted(name: str, blocks: Sequence[Comparison]) -> str:
    """Say how many entries of an input agree; where outputs have entries too, how many derivatives."""
    size = sum(block.numeric.size for block in blocks)
    agree = size - sum(block.n_excused for block in blocks)
    several = any(block.output or block.output_shape for block in blocks)
    sampled = "" if blocks[0].indices is None else "sampled "
    counted = _count(size, "derivative" if several else "entry", sampled)
    return f"{f'{agree} of ' if agree < size else ''}{counted} {'by' if several else 'of'} {name}"


def _error(blocks: Sequence[Comparison]) -> str:
    """Say the largest relative error of the entries that can be seen: 1e-11 beside an exact 0 is one of 1."""
    visible = [(block, _visible(block)) for block in blocks]
    if any(block.numeric.size for block in blocks) and not any(seen.any() for _, seen in visible):
        return ", all below the tolerance"
    right = [(block, np.logical_and(seen, block.verdicts == "agrees")) for block, seen in visible]
    errors = [float(block.relative_error[seen].max()) for block, seen in right if seen.any()]
    return f", largest relative error {_short(max(errors))}" if errors else ""


def _visible(block: Comparison) -> npt.NDArray[np.bool_]:
    """Return which entries are larger than their tolerance: a 0 in their place would be wrong."""
    return np.asarray(np.maximum(np.abs(block.analytic), np.abs(block.numeric)) > block.tolerance)


def _blind(result: GradCheckResult) -> list[str]:
    """Say so where the check could not fail for a gradient of zeros."""
    blocks = result.comparisons
    zero = not any(block.numeric.any() or block.analytic.any() for block in blocks)
    if zero or any(_visible(block).any() for block in blocks):
        return []
    strict = "" if result.settings.get("mode") in ("strict", "sparse") else "strict=True, or "
    return [f"note: a gradient of zeros would pass here: try {strict}another point"]


# ---- a check that failed --------------------------------------------------------------------


def _paragraph(block: Comparison, result: GradCheckResult) -> Paragraph:
    causes = tuple(sorted(block.causes, key=_excuses))
    apart = _of_terms(block, result)
    if apart and all(cause.excuses for cause in causes):
        return Paragraph(_mismatch(block), apart + causes, (), 0)  # the terms' tables follow
    entries = tuple(entry for entry in block.worst(_ROWS) if entry.excused or entry.verdict != "agrees")
    more = block.n_wrong + block.n_excused - len(entries) if entries else 0
    return Paragraph(_mismatch(block), causes, entries, more)


def _excuses(cause: Cause) -> bool:
    return cause.excuses


def _of_terms(whole: Comparison, result: GradCheckResult) -> tuple[Cause, ...]:
    """Return the causes found in the terms of the whole function alone, which are its own as well."""
    return tuple(
        cause
        for block in result.comparisons
        if block.term and not whole.term and (block.input, block.output) == (whole.input, whole.output)
        for cause in block.causes
        if not cause.excuses
    )


def _mismatch(block: Comparison) -> str:
    """Return torch's line, then ours."""
    where = f"Jacobian mismatch for output {block.output} with respect to input {block.input} ({block.name})"
    where += f", {block.term} alone" if block.term else ""
    if not block.comparable:
        expected = block.numeric.shape[: block.numeric.ndim - len(block.output_shape)]
        return f"{where}: shape {block.gradient_shape}, expected {expected}"
    if not block.n_wrong:
        return f"{where}: {next(KINDS[cause.kind] for cause in block.causes if not cause.excuses)}"
    size, sampled = block.numeric.size, "" if block.indices is None else "sampled "
    return f"{where}: {block.n_wrong} of {_count(size, 'entry', sampled)} dis{_agree(size)}"


def _more(number: int, noun: str) -> list[str]:
    return [f"... and {_count(number, noun, 'more ')}"] if number > 0 else []


def _right(result: GradCheckResult) -> list[str]:
    """Say in a line what agrees all the same."""
    right = [block for block in result.comparisons if block.ok]
    if len(right) > _NAMED:
        return [f"right: {len(right)} comparisons{_error(right)}"]
    named = [f"{_title(block)} ({_count(block.numeric.size, 'entry')}{_error([block])})" for block in right]
    return [f"right: {', '.join(named)}"] if named else []


def _title(block: Comparison) -> str:
    """Return what a comparison is about, in a few words."""
    words = f"{block.name}, {block.term} alone" if block.term else block.name
    return f"output {block.output} by {words}" if block.output or block.output_shape else words


def _hints(result: GradCheckResult) -> list[str]:
    guilty = {cause.kind for cause in result.all_causes if not cause.excuses}
    guilty.update(met(block.verdicts[block.wrong] for block in result.comparisons))
    return [f"try: {HINTS[kind]}" for kind in result.kinds if kind in guilty][:_HINTS]


def _settings(result: GradCheckResult) -> str:
    numbers = [
        f"{name}={value:g}"
        for name, value in result.settings.items()
        if name in ("eps", "h", "atol", "rtol") and isinstance(value, int | float)
    ]
    return f"{_check(result)}: {', '.join([*numbers, _count(result.evaluations, 'evaluation')])}"


def _check(result: GradCheckResult) -> str:
    """Return the name of the check, and how it was done where that is not the ordinary way."""
    name, mode = str(result.settings.get("check", "gradcheck")), result.settings.get("mode")
    return f"{name} ({mode})" if mode in _MODES else name


def _count(number: int, noun: str, before: str = "") -> str:
    """Return "1 entry", "2 sampled entries"."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else f"{noun}s"
    return f"{number} {before}{noun if number == 1 else plural}"


def _listed(words: Sequence[str]) -> str:
    """Return "a, b and c"."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _short(number: float) -> str:
    return f"{number:.1e}" if number else "0"


def _agree(number: int) -> str:
    return "agrees" if number == 1 else "agree"
