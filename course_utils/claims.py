"""Claims, the sentences of the course that are measured and asserted whenever a lesson runs, and their ledger."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from course_utils.inputs import require_flag, require_kind, require_text, shown
from course_utils.intervals import confidence_interval
from course_utils.storage import write_json


class ClaimFailed(AssertionError):
    """The course says what this run did not measure. Change the sentence, or find what broke; never the band."""


@dataclass(frozen=True)
class Claim:
    """One row of the ledger."""

    text: str
    holds: bool
    measured: str
    paper: str
    protocol: str

    def __post_init__(self):
        require_text("a claim's text", self.text)
        require_flag("holds", self.holds)
        for part in ("measured", "paper", "protocol"):
            require_kind(f"a claim's {part}", getattr(self, part), str)


def describe(measured: object, finite: bool = True) -> str:
    """A measurement as text: one number; or, for several runs, "mean ± half-width (n runs)" with the 95 % t-interval.

    Accepts a number, a string (kept as it is), or a tensor, array or sequence of numbers, one for each run. Raises
    ValueError for anything else, and for NaN, which measures nothing, unless a run too short for claims may have it.
    """
    if measured is None or isinstance(measured, str):
        return measured or ""
    try:
        values = [float(v) for v in measured] if _is_sequence(measured) else [float(measured)]
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: torch, for a row of several numbers
        raise ValueError(f"measured must be a number, or one for each run, not {shown(measured)}") from error
    if not values:
        raise ValueError("measured is empty: there is no run to speak of")
    if broken := [value for value in values if not math.isfinite(value)]:
        if finite and any(map(math.isnan, broken)):
            raise ValueError("measured is NaN, which no claim can rest on; find where it arises first")
        mean = sum(values) / len(values)
        return f"{mean:.4g}" if len(values) == 1 else f"{mean:.4g} ± nan ({len(values)} runs)"
    mean, half_width = confidence_interval(values)
    return f"{mean:.4g}" if len(values) == 1 else f"{mean:.4g} ± {half_width:.2g} ({len(values)} runs)"


def _is_sequence(measured: object) -> bool:
    return isinstance(measured, Sequence) or getattr(measured, "ndim", 0) > 0


class Ledger:
    """The claims of one run of one lesson, written to `path` after each claim; a new run starts a new page."""

    def __init__(self, path: Path, **heading: object):
        self.path, self.heading = require_kind("path", path, Path), heading
        self.claims: list[Claim] = []
        self._write()

    def add(self, claim: Claim) -> None:
        self.claims.append(require_kind("claim", claim, Claim))
        self._write()

    def _write(self) -> None:
        page = {**self.heading, "claims": [asdict(claim) for claim in self.claims]}
        write_json(self.path, page)
