"""What a lesson records of its run, and how that compares with stored runs of other seeds."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from course_utils.evidence import Evidence, load_evidence
from course_utils.inputs import require_kind, require_number, require_text
from course_utils.storage import write_json

if TYPE_CHECKING:
    from course_utils.plots import Caption


class Reproduction:
    """The part of a lesson that notes numbers; the lesson has `number`, `budget`, `seed`, `images` and `assertion`."""

    def __init__(self):
        self._measured: dict[str, float] = {}
        self.becomes_evidence = os.environ.get("COURSE_EVIDENCE", "")  # a file: `course.py evidence` wants numbers only

    def record(self, key: str, value: float) -> float:
        """Note one number of this run under `key`, for `course.py evidence` and for `claim_predicted`; returns it.

        Raises ValueError for NaN or infinity: no other run could be compared with it.
        """
        require_text("key", key)
        found = require_number(key, value, hint="no run can be compared with it; find where it arises first")
        self._measured[key] = found
        if self.becomes_evidence:
            write_json(Path(self.becomes_evidence), self._measured)
        return value

    @property
    def measured(self) -> dict[str, float]:
        """What `record` has noted so far."""
        return dict(self._measured)

    @property
    def evidence(self) -> Evidence | None:
        """What several seeds measured in this lesson, on this image set and budget; None if that is not stored."""
        if self.becomes_evidence or self.budget == "smoke":
            return None
        return load_evidence(self.number, self.images.name, self.budget)

    def claim_predicted(self, key: str) -> None:
        """Claim that this run's `key` falls where the stored runs predict it; say so where none are stored."""
        if key not in self._measured:
            raise ValueError(f'nothing is recorded as {key!r}; write course.record("{key}", value) first')
        evidence = self.evidence
        if evidence is None:
            where = f"lesson {self.number}, {self.images.name}, {self.budget} budget"
            print(f"· no stored runs to compare {key} with ({where})")
            return
        if key not in evidence.values:
            again = f"run `course.py evidence {self.number} --data {self.images.name} --budget {self.budget}` again"
            raise ValueError(f"the stored runs did not record {key!r}; {again}")
        low, high = evidence.band(key)
        value, count = self._measured[key], len(evidence.values)
        together = f" (for all {count} numbers together)" if count > 1 else ""
        self.assertion(
            f"this run's “{key}” lies in the 99 % band{together} that {len(evidence.seeds)} stored runs predict, "
            f"{low:.3g} to {high:.3g}",
            low <= value <= high,
            measured=value,
            protocol=f"stored runs: {evidence.made}, seeds {', '.join(map(str, evidence.seeds))}",
        )

    def compare_with_stored(self, floors: Mapping[str, float] | None = None) -> "Caption | None":
        """Draw all that was recorded beside the stored runs, and claim that each number lies in their band.

        `floors`: what real data score, for the numbers that have a floor. Without stored runs there is nothing to draw.
        """
        require_kind("floors", floors or {}, Mapping)
        if unknown := set(floors or {}) - set(self._measured):
            raise ValueError(f"floors names {', '.join(unknown)}, which record() has not noted in this run")
        evidence, caption = self.evidence, None
        if evidence is not None:
            from course_utils.plots import evidence_dots

            caption = evidence_dots(
                {
                    key: {
                        "values": stored,
                        "yours": self._measured[key],
                        "band": evidence.band(key),
                        "floor": (floors or {}).get(key),
                    }
                    for key, stored in evidence.values.items()
                    if key in self._measured
                }
            )
        for key in self._measured:
            self.claim_predicted(key)
        return caption
