"""`course.py claims`: CLAIMS.md, everything that the course claims and what was measured, from the ledger."""

import argparse
import json

from course_utils.commands import audit
from course_utils.commands.cli import Parser, Stop
from course_utils.commands.lessons import LEDGER, ROOT, all_lessons, lesson
from course_utils.commands.seeds import fingerprint
from course_utils.evidence import load_evidence, load_fresh
from course_utils.storage import write_whole

HEAD = """\
# What the course claims

Each line is a sentence that a lesson asserts whenever it runs at the `cpu` or `gpu` budget, with what the run below
measured. `python3 course.py test --claims` checks them all, and `python3 course.py claims` writes this page from the
ledger that those runs keep.

A claim has a **null**: the same measure where the asserted cause is absent. Its demand holds for the measurement and
fails for each null. The **slack** is how many times as far as demanded the measurement went. **Stored** counts the runs
with other seeds in which the claim held (`python3 course.py evidence 00`), **fresh** those with seeds that nobody had
used before (`python3 course.py evidence 00 --fresh 5`); where these are older than the lesson, a bar may have been set
after they were seen. Sentences without a null are those of the first edition;
`python3 course.py claims --audit` lists them, and what else is weak.

A **reproduction** is no claim: it says how many of a lesson's numbers lie where stored runs with other seeds predict
them.
"""


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "claims", "Write CLAIMS.md from the ledger that the last runs of the lessons left in build/ledger/."
    )
    parser.add_argument(
        "--audit", metavar="NN", nargs="*", type=lesson,
        help="write nothing, and list instead which claims could pass without being true: counts for all lessons; or, "
        "for these lessons, each finding, with an exit code of 1 if there is one",
    )  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    args = parse(argv)
    pages = ledger()
    named = None if args.audit is None else [path.name[:2] for path in args.audit]
    numbers = named or list(all_lessons())
    if missing := sorted(set(numbers) - {page["lesson"] for page in pages}):
        raise Stop(f"no ledger for lesson {' '.join(missing)}; run course.py test --claims first")
    if named is not None:
        found = audit.findings(pages, numbers)
        print(audit.report(found, pages, numbers, whole=bool(named)))
        return 1 if named and found else 0
    write_whole(ROOT / "CLAIMS.md", "\n".join([HEAD, *map(section, pages)]).encode())
    count = sum(len(page["claims"]) for page in pages)
    failed = sum(not claim["holds"] for page in pages for claim in page["claims"])
    compared = [page["reproduction"] for page in pages if page.get("reproduction")]
    outside = sum(bool(reproduction["outside"]) for reproduction in compared)
    print(f"CLAIMS.md: {count} claims, {failed} of them do not hold")
    print(f"{len(compared)} reproductions, {outside} with a number outside its band")
    return 1 if failed or outside else 0


def ledger() -> list[dict]:
    """The pages of today's lessons, MNIST's before those of other data: one of the cpu budget where there is one."""
    pages = {}
    for budget in ("gpu", "cpu"):  # the later one replaces
        for path in sorted(LEDGER.glob(f"*-{budget}.json")):
            page = json.loads(path.read_text(encoding="utf8"))
            if page["lesson"] in all_lessons():
                pages[page["lesson"], page["data"]] = page
    return sorted(pages.values(), key=lambda page: (page["lesson"], page["data"] != "mnist", page["data"]))


def section(page: dict) -> str:
    """One lesson on one data set, as a table."""
    title = all_lessons()[page["lesson"]].stem.replace("_", " ")
    on = "" if page["data"] == "toys" else f", on {page['data']}"
    lines = [
        f"## {title}{on}",
        "",
        f"{page['budget']} budget, seed {page['seed']}, {page['device']}, torch {page['torch']}",
        "",
        "| | claim | measured | null | slack | stored | fresh | paper |",
        "|---|---|---|---|---|---|---|---|",
    ]
    where = page["lesson"], page["data"], page["budget"]
    stored, runs = load_evidence(*where), load_fresh(*where)
    older = ", older" if runs and runs.get("fingerprint") != fingerprint(all_lessons()[page["lesson"]]) else ""
    for claim in page["claims"]:
        text = claim["text"] + (f" ({claim['protocol']})" if claim["protocol"] else "")
        measured = f"{claim['measured']} ({claim['condition']})" if claim["condition"] else claim["measured"]
        null = "; ".join(f"{name}: {value}" for name, value in claim["null"].items())
        slack = f"× {claim['slack']:.2g}" if claim["slack"] else ""
        held = stored.held(claim["text"]) if stored else ""
        fresh = ""
        if runs:
            tried = len(runs["seeds"])
            fresh = f"{tried - len(runs['failed'].get(claim['text'], []))} of {tried}{older}"
        cells = ["✔" if claim["holds"] else "✘", text, measured, null, slack, held, fresh, claim["paper"]]
        lines.append("| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |")
    if compared := page.get("reproduction"):
        lines += ["", f"{'✘' if compared['outside'] else '✔'} Reproduction: {compared['text']}."]
    return "\n".join([*lines, ""])
