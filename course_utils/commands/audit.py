"""`course.py claims --audit`: where the claims of a lesson could pass without being true."""

import contextlib
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from course_utils.commands.lessons import all_lessons
from course_utils.conditions import Condition
from course_utils.evidence import LEAST, load_evidence, load_fresh

NEARLY = 0.1  # of the way from the null to the measurement: where a threshold stands too close to the null
LAX = 2  # times the threshold
NO_NULL = "no null"
NEAR_NULL = "a null nearly passes"
LAX_THRESHOLD = "threshold more than twice as lax as the measurement"
FEW_RUNS = f"fewer than {LEAST} stored runs"
FAILED = "failed with other seeds"
OUTSIDE = "a number outside its band"
CAUSE = "a cause without a control"
# The lessons in which each claim has a null, which the tests demand.
CONVERTED = ("00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "10", "11", "12")
KINDS = (NO_NULL, NEAR_NULL, LAX_THRESHOLD, FEW_RUNS, FAILED, OUTSIDE, CAUSE)
CAUSAL = re.compile(r"\b(because|therefore|cannot|helps?)\b|[,;] so (?!that\b)|^so\b", re.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """One thing worth a look: in which lesson, of which of the `KINDS`, and the sentence or data set it is about."""

    lesson: str
    kind: str
    about: str


def findings(pages: Iterable[dict], numbers: Iterable[str]) -> list[Finding]:
    """All of these lessons, from the ledger's pages and from the lessons' text."""
    found = []
    for page in pages:
        if page["lesson"] in numbers:
            found += [Finding(page["lesson"], kind, about) for kind, about in of_page(page)]
    for number in numbers:
        found += [Finding(number, CAUSE, sentence) for sentence in uncontrolled(all_lessons()[number])]
    return sorted(dict.fromkeys(found), key=lambda finding: (finding.lesson, KINDS.index(finding.kind)))


def of_page(page: dict) -> Iterator[tuple[str, str]]:
    """(kind, sentence) of one run's claims, and what its numbers lack; a claim on two pages is found twice."""
    where = page["lesson"], page["data"], page["budget"]
    stored, fresh = load_evidence(*where), load_fresh(*where)
    for claim in page["claims"]:
        if not claim["null"]:
            yield NO_NULL, claim["text"]
        if claim["margin"] is not None and claim["margin"] < NEARLY:
            yield NEAR_NULL, claim["text"]
        other_runs = stored.claims.get(claim["text"], {}) if stored else {}
        if claim["slack"] is not None and min(claim["slack"], *slacks(claim, other_runs)) > LAX:
            yield LAX_THRESHOLD, claim["text"]
        seeds = other_runs.get("failed", [])
        seeds = [*seeds, *(fresh["failed"].get(claim["text"], []) if fresh else [])]
        if seeds:
            yield FAILED, f"seed {', '.join(map(str, seeds))}: {claim['text']}"
    if page.get("reproduction"):
        yield from ((OUTSIDE, f"{page['data']}: {key}") for key in page["reproduction"]["outside"])
    runs = len(stored.seeds) if stored else 0
    if not page.get("recorded"):  # numbers need stored runs; claims alone are tried as well by fresh ones
        runs = max(runs, len(fresh["seeds"]) if fresh else 0)
    if runs < LEAST:
        yield FEW_RUNS, f"{page['data']}, {page['budget']} budget: {runs}"


def slacks(claim: dict, other_runs: dict) -> Iterator[float]:
    """As `Condition.slack`, of the stored runs of a claim about one number: a threshold leaves room for all of them.

    At least one number, infinity: for what is no such claim, and where nothing is stored.
    """
    yield math.inf
    if demand := re.fullmatch(r"(above|below) (\S+)", claim["condition"]):
        condition = Condition(**{demand[1]: float(demand[2])})
        for measured in other_runs.get("measured", []):
            with contextlib.suppress(ValueError):  # several numbers, or words
                yield condition.slack(float(measured)) or math.inf


def uncontrolled(path: Path) -> Iterator[str]:
    """Sentences that name a cause, in sections of a lesson that make no claim with a null."""
    section, controlled = [], False
    for cell in [*json.loads(path.read_text(encoding="utf-8"))["cells"], None]:
        text = "".join(cell["source"]) if cell else ""
        if cell is None or (cell["cell_type"] == "markdown" and text.startswith("## ")):
            if not controlled:
                yield from filter(CAUSAL.search, (sentence for prose in section for sentence in sentences(prose)))
            section, controlled = [], False
        if cell and cell["cell_type"] == "markdown":
            section.append(text)
        else:
            controlled = controlled or "course.claim(" in text


def sentences(prose: str) -> list[str]:
    """The sentences of a Markdown text that say something: no questions, headings, tables, code, nor what is folded."""
    prose = re.sub(r"```.*?```|<details>.*?</details>|^(#|\|).*?$", "", prose, flags=re.DOTALL | re.MULTILINE)
    parts = [" ".join(part.split()) for part in re.split(r"(?<=[.!?:])\s+|\n\s*\n", prose)]
    return [part for part in parts if part and not part.endswith("?")]


def report(found: list[Finding], pages: Iterable[dict], numbers: Iterable[str], whole: bool) -> str:
    """A table of counts; with `whole`, then each finding under its lesson and kind."""
    counts = Counter((finding.lesson, finding.kind) for finding in found)
    claims, reproductions = Counter(), Counter()
    for page in pages:
        claims[page["lesson"]] += len(page["claims"])
        reproductions[page["lesson"]] += bool(page.get("reproduction"))
    lines = [f"{'lesson':>6} {'claims':>7} {'reproductions':>14}   " + "   ".join(KINDS)]
    for number in numbers:
        row = "   ".join(f"{counts[number, kind]:>{len(kind)}}" for kind in KINDS)
        lines.append(f"{number:>6} {claims[number]:>7} {reproductions[number]:>14}   {row}")
    if whole:
        heading = None
        for finding in found:
            if heading != (finding.lesson, finding.kind):
                heading = finding.lesson, finding.kind
                lines.append(f"\n{finding.lesson}: {finding.kind}")
            lines.append(f"  {finding.about}")
    return "\n".join(lines)
