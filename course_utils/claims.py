"""Claims, the sentences of the course that are measured and asserted whenever a lesson runs, and their ledger."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from course_utils.conditions import Condition, runs_of
from course_utils.inputs import require_flag, require_kind, require_text
from course_utils.intervals import confidence_interval
from course_utils.storage import write_json


class ClaimFailed(AssertionError):
    """The course says what this run did not measure. Change the sentence, or find what broke; never the band."""


@dataclass(frozen=True)
class Claim:
    """One row of the ledger: a sentence, what was measured, and what is measured where its cause is absent (`null`).

    `fooled` names the nulls that meet the demand as well. `slack` and `margin` are those of `Condition`, the smallest
    margin of all nulls.
    """

    text: str
    holds: bool
    measured: str
    paper: str = ""
    protocol: str = ""
    condition: str = ""
    null: dict[str, str] = field(default_factory=dict)
    fooled: tuple[str, ...] = ()
    slack: float | None = None
    margin: float | None = None

    @classmethod
    def judged(
        cls, text: str, measured: object, condition: Condition, null: Mapping[str, object], paper: str, protocol: str
    ) -> "Claim":
        """Whether the condition holds for the measurement and for none of the nulls."""
        met = condition.met(measured)
        fooled = tuple(name for name, value in null.items() if condition.fooled_by(value, measured))
        margins = [condition.margin(measured, value) for value in null.values()]
        return cls(
            text, met and not fooled, describe(measured), paper, protocol,
            condition.words(measured), {name: describe(value) for name, value in null.items()}, fooled,
            condition.slack(measured), None if None in margins else min(margins),
        )  # fmt: skip

    def said(self) -> str:
        """The sentence, what was measured beside its nulls, and what a paper says."""
        measured = f"measured {self.measured}" if not self.condition else f"{self.condition}: {self.measured}"
        details = [measured] if self.measured else []
        details += [f"{name}: {value}" for name, value in self.null.items()]
        details += [f"paper {self.paper}"] if self.paper else []
        return f"{self.text}  [{'; '.join(details)}]" if details else self.text

    def __post_init__(self):
        require_text("a claim's text", self.text)
        require_flag("holds", self.holds)
        for part in ("measured", "paper", "protocol"):
            require_kind(f"a claim's {part}", getattr(self, part), str)


def describe(measured: object, finite: bool = True) -> str:
    """A measurement as text: one number; or, for several runs, "mean ± half-width (n runs)" with the 95 % t-interval.

    Accepts a number, a string (kept as it is), a tensor, array or sequence of numbers, one for each run, or a
    dictionary of these by their names. Raises ValueError for anything else, and for NaN, which measures nothing, unless
    a run too short for claims may have it.
    """
    if measured is None or isinstance(measured, str):
        return measured or ""
    if isinstance(measured, Mapping) and measured:
        return ", ".join(f"{name} {describe(value, finite)}" for name, value in measured.items())
    values = runs_of(measured)
    if broken := [value for value in values if not math.isfinite(value)]:
        if finite and any(map(math.isnan, broken)):
            raise ValueError("measured is NaN, which no claim can rest on; find where it arises first")
        mean = sum(values) / len(values)
        return f"{mean:.4g}" if len(values) == 1 else f"{mean:.4g} ± nan ({len(values)} runs)"
    mean, half_width = confidence_interval(values)
    return f"{mean:.4g}" if len(values) == 1 else f"{mean:.4g} ± {half_width:.2g} ({len(values)} runs)"


class Ledger:
    """The claims of one run of one lesson, how many checks, its numbers and their reproduction, written to `path` after
    each; a new run starts a new page.
    """

    def __init__(self, path: Path, **heading: object):
        self.path, self.heading = require_kind("path", path, Path), heading
        self.claims: list[Claim] = []
        self.checks = 0
        self.recorded: dict[str, float] = {}
        self.reproduction: dict | None = None  # "text", "inside", "of", "outside": as `Comparison.row` makes it
        self._write()

    def add(self, claim: Claim) -> None:
        self.claims.append(require_kind("claim", claim, Claim))
        self._write()

    def add_check(self) -> None:
        self.checks += 1
        self._write()

    def record(self, key: str, value: float) -> None:
        self.recorded[key] = value
        self._write()

    def compare(self, reproduction: dict) -> None:
        """A run has one reproduction: a second comparison takes the place of the first."""
        self.reproduction = reproduction
        self._write()

    def _write(self) -> None:
        page = {
            **self.heading, "checks": self.checks, "recorded": self.recorded, "reproduction": self.reproduction,
            "claims": [asdict(claim) for claim in self.claims],
        }  # fmt: skip
        write_json(self.path, page)
