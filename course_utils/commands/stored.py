"""What evidence is stored and what is missing: the list that `course.py evidence` prints, and `--all` works off."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_utils import evidence
from course_utils.commands.lessons import BUILD, all_lessons, timings
from course_utils.commands.seeds import SEEDS, datasets, fingerprint
from course_utils.evidence import LEAST, Evidence, load_evidence, load_fresh

TABLE = re.compile(r"(\d\d)-([\w-]+?)-(cpu|gpu)(-fresh)?\.json")


@dataclass(frozen=True, eq=False)
class Row:
    """One lesson on one data set at one budget: its tables, and the seeds that are done and not in a table yet."""

    path: Path
    data: str
    budget: str
    fingerprint: str  # of the lesson as it is now
    table: Evidence | None
    fresh: dict | None
    kept: int

    @property
    def number(self) -> str:
        return self.path.name[:2]

    @property
    def runs_now(self) -> int:
        """How many stored seeds were run with the lesson as it is now."""
        return len(self.table.seeds) if self.table and self.table.fingerprint == self.fingerprint else 0

    @property
    def fresh_now(self) -> list[int]:
        return self.fresh["seeds"] if self.fresh and self.fresh.get("fingerprint") == self.fingerprint else []

    @property
    def holds_now(self) -> bool:
        """Whether enough stored runs of the lesson as it is now have borne out every claim of it."""
        claims = self.table.claims.values() if self.runs_now >= LEAST else ()
        return bool(claims) and not any(claim["failed"] for claim in claims)

    @property
    def seconds(self) -> float:
        """What one run takes; 0 where nobody has timed the lesson."""
        return timings().get(self.number, {}).get(self.budget, {}).get("seconds", 0)

    def failures(self) -> Iterator[str]:
        """ "seed 3, 5: the sentence" for each claim that did not hold with all seeds."""
        failed = {text: claim["failed"] for text, claim in self.table.claims.items()} if self.table else {}
        for table in (failed, self.fresh["failed"] if self.fresh else {}):
            yield from (f"seed {', '.join(map(str, seeds))}: {text}" for text, seeds in table.items() if seeds)


def kept_folder(number: str, data: str, budget: str, fingerprint: str) -> Path:
    """Where the seeds that are done lie, one ledger page each."""
    return BUILD / "evidence" / f"{number}-{data}-{budget}-{fingerprint}"


def rows(budget: str) -> list[Row]:
    """Each lesson on each of its data sets, and on others for which there is a table."""
    lessons, prints = all_lessons(), {}
    wanted = {(number, data) for number, path in lessons.items() for data in datasets(path)}
    found = filter(None, (TABLE.fullmatch(file.name) for file in evidence.FOLDER.glob("*.json")))
    wanted |= {(match[1], match[2]) for match in found if match[3] == budget and match[1] in lessons}
    result = []
    for number, data in sorted(wanted, key=lambda pair: (pair[0], pair[1] != "mnist", pair[1])):
        path = lessons[number]
        print_ = prints.setdefault(number, fingerprint(path))
        kept = len(list(kept_folder(number, data, budget, print_).glob("seed-*.json")))
        tables = load_evidence(number, data, budget), load_fresh(number, data, budget)
        result.append(Row(path, data, budget, print_, *tables, kept))
    return result


def missing(budget: str, seeds: int, fresh: int | None = None) -> list[Row]:
    """The rows with fewer runs of the lesson as it is now, or fewer fresh ones; the shortest lessons first."""
    short = [row for row in rows(budget) if (row.runs_now < seeds if fresh is None else len(row.fresh_now) < fresh)]
    return sorted(short, key=lambda row: (row.seconds, row.number))


def listing(budget: str) -> str:
    """The table, the claims that failed, and what remains to be done."""
    lines = [f"{'lesson':<7} {'data':<14} {'stored runs':<20} {'fresh runs':<14} claims failed   ({budget} budget)"]
    found = rows(budget)
    for row in found:
        runs = told(len(row.table.seeds) if row.table else 0, bool(row.runs_now))
        if row.kept > row.runs_now:
            runs += f" + {row.kept} in build"
        fresh = told(len(row.fresh["seeds"]) if row.fresh else 0, bool(row.fresh_now))
        known = row.fresh or (row.table and row.table.claims)
        failed = len(list(row.failures())) if known else ""
        lines.append(f"{row.number:<7} {row.data:<14} {runs:<20} {fresh:<14} {failed}".rstrip())
    lines.append('"older": the lesson, the package or PyTorch has changed since.')
    lines += [f"{row.number}, {row.data}, {failure}" for row in found for failure in row.failures()]
    if short := missing(budget, len(SEEDS)):
        runs = {row: len(SEEDS) - max(row.runs_now, row.kept) for row in short}
        hours = sum(row.seconds * count for row, count in runs.items()) / 3600
        untimed = " ".join(sorted({row.number for row in short if not row.seconds}))
        lines.append(
            f"missing: {sum(runs.values())} runs of the lessons as they are, about {hours:.1f} hours"
            + (f", without lesson {untimed}, which nobody has timed" if untimed else "")
            + "; `course.py evidence --all` runs them, the shortest lessons first, and can be stopped and repeated"
        )
    return "\n".join(lines)


def told(runs: int, now: bool) -> str:
    return "none" if not runs else f"{runs}" if now else f"{runs}, older"
