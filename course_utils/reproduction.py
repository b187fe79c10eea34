"""What a lesson records of its run, and how that compares with stored runs of other seeds."""

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from course_utils.claims import ClaimFailed
from course_utils.evidence import LEAST, Evidence, load_evidence
from course_utils.inputs import require_kind, require_number, require_text
from course_utils.intervals import prediction_band, unforeseen

if TYPE_CHECKING:
    from course_utils.plots import Caption

MISS = 0.01  # of all runs, those in which one number or more lies outside its band
PANELS = 8  # as many numbers have a panel each; more share one


@dataclass(frozen=True)
class Comparison:
    """The numbers of one run beside stored runs. `ranges`: what is possible, (least, most), None where there is no end.

    Each of m numbers that have a band may miss it with probability 1 %/m (Bonferroni), so that a run has all of them
    inside with 99 %, however they depend on each other.
    """

    measured: dict[str, float]
    ranges: dict[str, tuple[float | None, float | None]]
    evidence: Evidence

    @property
    def equal(self) -> list[str]:
        """The numbers that were the same in all stored runs: their scatter is unknown, and they have no band."""
        stored = self.evidence.values
        return [key for key in self.measured if key in stored and min(stored[key]) == max(stored[key])]

    @cached_property
    def bands(self) -> dict[str, tuple[float, float]]:
        """Where this run's numbers should lie. Raises ValueError for a stored number outside its possible range."""
        keys = [key for key in self.measured if key in self.evidence.values and key not in self.equal]
        return {key: prediction_band(self.evidence.values[key], MISS / len(keys), *self.ranges[key]) for key in keys}

    @property
    def judged(self) -> list[str]:
        """The numbers whose bands leave out at least a twentieth of what is possible: the others can hardly miss."""

        def share(key: str) -> float:
            (low, high), (least, most) = self.bands[key], self.ranges[key]
            return 0 if least is None or most is None else (high - low) / (most - least)

        return [key for key in self.bands if share(key) <= 0.95]

    @property
    def outside(self) -> list[str]:
        return [key for key in self.judged if not self.bands[key][0] <= self.measured[key] <= self.bands[key][1]]

    def said(self) -> str:
        """One line: how many numbers lie in their bands; then each that does not, and each that has none."""
        bands, runs = self.bands, len(self.evidence.seeds)
        few = f", of which there should be {LEAST}" if runs < LEAST else ""
        inside, count = len(self.judged) - len(self.outside), len(self.judged)
        parts = [f"{inside} of {count} numbers lie in the 99 % bands that {runs} stored runs predict{few}"]
        for key in self.outside:
            parts.append("outside: {} {:.4g} (band {:.4g} to {:.4g})".format(key, self.measured[key], *bands[key]))
        if wide := [key for key in bands if key not in self.judged]:
            parts.append(f"not judged, as the band is the whole range: {', '.join(wide)}")
        for key in self.equal:
            same = self.evidence.values[key][0]
            parts.append(f"no band for {key}: {same:.4g} in all stored runs, {self.measured[key]:.4g} in this one")
        if new := [key for key in self.measured if key not in self.evidence.values]:
            parts.append(f"not stored yet: {', '.join(new)}")
        return "; ".join(parts)

    def row(self) -> dict:
        """As the ledger keeps it."""
        outside, count = self.outside, len(self.judged)
        return {"text": self.said(), "inside": count - len(outside), "of": count, "outside": outside}

    def draw(self, floors: Mapping[str, float]) -> "Caption | None":
        """Each number that is stored: the runs as dots, the band, this run, and what real data score."""
        from course_utils.plots import evidence_dots, evidence_rows

        bands, count = self.bands, len(self.judged)
        title = f"{count - len(self.outside)} of {count} numbers of your run lie in their bands"
        entries = {
            key: {"values": values, "yours": self.measured[key], "band": bands.get(key), "floor": floors.get(key)}
            for key, values in self.evidence.values.items()
            if key in self.measured
        }
        return (evidence_dots if len(entries) <= PANELS else evidence_rows)(entries, title=title) if entries else None


class Reproduction:
    """The part of a lesson that notes numbers; the lesson has `number`, `budget`, `seed`, `images`, `unchecked` and
    the ledger's `_page()`.
    """

    def __init__(self):
        self._measured: dict[str, float] = {}
        self._ranges: dict[str, tuple[float | None, float | None]] = {}

    def record(self, key: str, value: float, *, least: float | None = None, most: float | None = None) -> float:
        """Note one number of this run under `key`, for `compare_with_stored` and `course.py evidence`; returns it.

        `least` and `most` are the ends of what is possible: least=0 for a distance, least=0, most=1 for a share; its
        band does not leave them. Raises ValueError for NaN, infinity (no other run could be compared with it), and for
        a value outside them.
        """
        require_text("key", key)
        hint = "no run can be compared with it; find where it arises first"
        found = require_number(key, value, hint=hint)
        within = found if least is None else max(found, least)
        within = within if most is None else min(within, most)
        if math.isclose(found, within, rel_tol=1e-6, abs_tol=1e-6):  # a share of 1.0000001 is float32's 1
            found = within
        require_number(key, found, least=least, most=most)
        self._measured[key], self._ranges[key] = found, (least, most)
        if not self.unchecked:
            self._page().record(key, found)
        return value

    @property
    def measured(self) -> dict[str, float]:
        """What `record` has noted so far."""
        return dict(self._measured)

    @property
    def evidence(self) -> Evidence | None:
        """What several seeds measured in this lesson, on this image set and budget; None if that is not stored."""
        return None if self.budget == "smoke" else load_evidence(self.number, self._data, self.budget)

    def compare_with_stored(self, floors: Mapping[str, float] | None = None) -> "Caption | None":
        """Draw all that was recorded beside the stored runs, and say in one line how many numbers lie in their bands.

        `floors`: what real data score, for the numbers that have a floor. Without stored runs there is nothing to draw.
        The ledger keeps it once, apart from the claims. Raises ClaimFailed if a number lies outside, where claims are
        asserted; a number that was the same in all stored runs has no band, and is shown and not judged.
        """
        floors = require_kind("floors", floors or {}, Mapping)
        if unknown := set(floors) - set(self._measured):
            raise ValueError(f"floors names {', '.join(unknown)}, which record() has not noted in this run")
        if not self._measured:
            raise ValueError("nothing is recorded; write course.record(name, value) first")
        if why := self.unchecked:
            print(f"· not checked {why}: whether {len(self._measured)} numbers lie where stored runs predict them")
            return None
        if (evidence := self.evidence) is None:
            where = f"lesson {self.number}, {self._data}, {self.budget} budget"
            print(f"· reproduction: no stored runs to compare with ({where})")
            return None
        comparison = Comparison(self.measured, self._ranges, evidence)
        self._page().compare(comparison.row())
        caption = comparison.draw(floors)
        mark, said = (
            "✘" if comparison.outside else "✔",
            f"reproduction: {comparison.said()} (this run: seed {self.seed})",
        )
        print(f"{mark} {said}")
        if comparison.outside and os.environ.get("COURSE_CLAIMS") != "report":
            rare = f"what none of {len(evidence.seeds)} runs showed may come in {unforeseen(len(evidence.seeds)):.1%}"
            raise ClaimFailed(f"{said}. By chance one run in 100 lies outside; {rare} of runs. Run another seed")
        return caption
