"""Stored evidence: what repeated runs of a lesson measured, where one run is all that a lesson's budget affords.

Beside this file lies one small table for each lesson, data set and budget, made by `python3 course.py evidence NN`.
A lesson draws its numbers beside the student's own run, which must fall into the bands that they predict; CLAIMS.md
says in how many of its runs each claim held.
A second table, `…-fresh.json`, made by `evidence NN --fresh N`, says which claims held with seeds that nobody had used.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path

FOLDER = Path(__file__).parent
LEAST = 8  # runs: fewer have twice underrated the scatter


@dataclass(frozen=True)
class Evidence:
    """What several seeds recorded and claimed, with where and when that was."""

    values: dict[str, list[float]]  # by the name of the number, one for each seed
    seeds: list[int]
    made: str  # date, device and versions, in words
    fingerprint: str = ""  # of the lesson and the package at that time
    claims: dict[str, dict] = field(default_factory=dict)  # by sentence: "measured" for each seed, and "failed" seeds

    def held(self, sentence: str) -> str:
        """In how many of the runs that said it a claim held, as in "7 of 8"; empty if none said it."""
        if sentence not in self.claims:
            return ""
        said = sum(measured is not None for measured in self.claims[sentence]["measured"])
        return f"{said - len(self.claims[sentence]['failed'])} of {said}"


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
    """{"used": all fresh seeds so far, "seeds": those of the lesson as it was last run, "failed": {sentence: seeds},
    "outside": {number: seeds}, "fingerprint": …, "made": …}, or None.

    A seed is fresh once: when the lesson changes, those that were used for its last form stay used.
    """
    path = path_for(lesson, data, f"{budget}-fresh")
    return json.loads(path.read_text(encoding="utf8")) if path.exists() else None


def predicted_seconds(lesson: str, budget: str) -> tuple[float, str] | None:
    """How long the lesson took where it was last rendered, and where that was; None if it has not been timed."""
    path = FOLDER / "timings.json"
    timing = json.loads(path.read_text(encoding="utf8")).get(lesson, {}).get(budget) if path.exists() else None
    return (timing["seconds"], f"{timing['machine']}, {timing['date']}") if timing else None
