"""`course.py evidence NN --fresh N`: do a lesson's claims hold with seeds on which nothing was tuned?"""

from collections import defaultdict
from pathlib import Path

from course_utils.commands.cli import Stop
from course_utils.commands.lessons import BUILD, shown
from course_utils.commands.render import made
from course_utils.commands.seeds import run_seed
from course_utils.evidence import load_fresh, path_for
from course_utils.storage import FileInUse, locked, write_json

FIRST = 1000  # lessons are tuned on seeds below


def run(lesson: Path, data: str, budget: str, count: int, fingerprint: str) -> bool:
    """Run the lesson with `count` further seeds, keep what held, and name the claims that failed; True if one did.

    A seed whose run was killed is run by the next call. When the lesson or the package changes, counting starts anew,
    with other seeds. A number outside its band is named too; by chance one run in 100 has one.
    """
    path = path_for(lesson.name[:2], data, f"{budget}-fresh")
    try:
        with locked(path, wait=False):
            return _run(lesson, data, budget, count, fingerprint, path)
    except FileInUse as error:
        raise Stop(f"another process runs fresh seeds of lesson {lesson.name[:2]} on {data}") from error


def _run(lesson: Path, data: str, budget: str, count: int, fingerprint: str, path: Path) -> bool:
    table = load_fresh(lesson.name[:2], data, budget) or {"used": []}
    if table.get("fingerprint") != fingerprint:
        table = {"used": table["used"], "fingerprint": fingerprint, "seeds": [], "failed": {}}
    failed, outside = defaultdict(list, table["failed"]), defaultdict(list, table.get("outside", {}))
    for _ in range(count):
        seed = max(table["used"], default=FIRST - 1) + 1
        ledger = BUILD / "evidence" / f"fresh-{lesson.name[:2]}-{data}-{budget}" / f"seed-{seed}"
        page, seconds = run_seed(lesson, data, budget, seed, ledger)
        for claim in page["claims"]:
            if not claim["holds"]:
                failed[claim["text"]].append(seed)
        for key in page["reproduction"]["outside"] if page["reproduction"] else ():
            outside[key].append(seed)
        table |= {"used": [*table["used"], seed], "seeds": [*table["seeds"], seed]}
        table |= {"failed": failed, "outside": outside, "made": made()}
        write_json(path, table)
        print(f"seed {seed}: {seconds:.0f} s; {told(page)}", flush=True)
    for sentence, seeds in failed.items():
        print(f"failed with seed {', '.join(map(str, seeds))}: {sentence}")
    for key, seeds in outside.items():
        print(f"outside its band with seed {', '.join(map(str, seeds))}: {key}")
    print(f"{len(table['seeds'])} fresh seeds in {shown(path)}")
    return bool(failed)


def told(page: dict) -> str:
    """What became of one run's claims and numbers."""
    said = f"{sum(claim['holds'] for claim in page['claims'])} of {len(page['claims'])} claims held"
    if compared := page["reproduction"]:
        said += f"; {compared['inside']} of {compared['of']} numbers in their bands"
    return said
