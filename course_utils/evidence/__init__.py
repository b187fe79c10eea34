"""Stored evidence: what repeated runs of a lesson measured, where one run is all that a lesson's budget affords.

Beside this file lies one small table for each lesson, data set and budget, made by `python3 course.py evidence NN`.
A lesson draws it beside the student's own run, and claims that the run falls into the band that it predicts.
A second table, `…-fresh.json`, made by `evidence NN --fresh N`, says which claims held with seeds that nobody had used.
"""

import json
import math
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
CONFIDENCE = 0.99


@dataclass(frozen=True)
class Evidence:
    """The measurements of several seeds, with where and when they were made."""

    values: dict[str, list[float]]
    seeds: list[int]
    made: str  # date, device and versions, in words

    def band(self, key: str) -> tuple[float, float]:
        """Where one further run falls: with 99 % probability all its numbers in their bands, if runs scatter normally.

        mean ± t · s · √(1 + 1/n), with the sample's standard deviation s over n seeds and Student's t on n − 1
        degrees of freedom: wider than the interval of the mean, as it predicts a single run. To another processor's
        last digits a GAN reacts as to another seed, so each of the m numbers is a chance to miss; each may miss with
        1 %/m (Bonferroni), however they depend on each other.
        """
        from scipy.stats import t

        values = self.values[key]
        n, mean = len(values), sum(values) / len(values)
        deviation = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1))
        tail = (1 - CONFIDENCE) / len(self.values) / 2
        half_width = float(t.isf(tail, n - 1)) * deviation * math.sqrt(1 + 1 / n)
        return mean - half_width, mean + half_width

    def mean(self, key: str) -> float:
        """The mean over the seeds."""
        return sum(self.values[key]) / len(self.values[key])


def path_for(lesson: str, data: str, budget: str) -> Path:
    """Where the table of a lesson ("03") on an image set at a budget is stored."""
    return FOLDER / f"{lesson}-{data}-{budget}.json"


def load_evidence(lesson: str, data: str, budget: str) -> Evidence | None:
    """The stored table, or None where nobody has measured this lesson on this data set at this budget yet."""
    path = path_for(lesson, data, budget)
    if not path.exists():
        return None
    return Evidence(**json.loads(path.read_text(encoding="utf8")))


def load_fresh(lesson: str, data: str, budget: str) -> dict | None:
    """{"used": all fresh seeds so far, "seeds": those of the lesson as it is, "failed": {sentence: seeds}, …}, or None.

    A seed is fresh once: when the lesson changes, those that were used for its last form stay used.
    """
    path = path_for(lesson, data, f"{budget}-fresh")
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else None


def predicted_seconds(lesson: str, budget: str) -> tuple[float, str] | None:
    """How long the lesson took where it was last rendered, and where that was; None if it has not been timed."""
    path = FOLDER / "timings.json"
    timing = json.loads(path.read_text(encoding="utf8")).get(lesson, {}).get(budget) if path.exists() else None
    return (timing["seconds"], f"{timing['machine']}, {timing['date']}") if timing else None
