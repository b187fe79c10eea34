"""`course.py evidence NN --fresh N`: do a lesson's claims hold with seeds on which nothing was tuned?"""

import json
import os
from collections import defaultdict
from pathlib import Path

from course_utils.commands.cli import complain
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import BUILD, shown, uses_images
from course_utils.commands.render import made
from course_utils.evidence import load_fresh, path_for
from course_utils.storage import write_json

FIRST = 1000  # lessons are tuned on seeds below


def run(lesson: Path, data: str, budget: str, count: int, fingerprint: str) -> int:
    """Run the lesson with `count` further seeds, keep what held, and name the claims that failed; 1 if one did.

    A seed whose run was killed is run by the next call. When the lesson or the package changes, counting starts anew,
    with other seeds.
    """
    number = lesson.name[:2]
    data = data if uses_images(lesson) else "toys"
    table = load_fresh(number, data, budget) or {"used": []}
    if table.get("fingerprint") != fingerprint:
        table = {"used": table["used"], "fingerprint": fingerprint, "seeds": [], "failed": {}}
    failed = defaultdict(list, table["failed"])
    path = path_for(number, data, f"{budget}-fresh")
    os.environ["COURSE_CLAIMS"] = "report"
    if uses_images(lesson):
        os.environ["COURSE_DATASET"] = data
    for _ in range(count):
        seed = max(table["used"], default=FIRST - 1) + 1
        os.environ["COURSE_SEED"] = str(seed)
        ledger = BUILD / "evidence" / f"fresh-{number}-{data}-{budget}" / f"seed-{seed}"
        notebook, seconds, error = execute(lesson, budget, ledger)
        if error:
            complain(f"seed {seed} stopped: {error} (see {leave(notebook, lesson.stem)[1]})")
            return 1
        (page,) = (json.loads(path.read_text(encoding="utf8")) for path in ledger.glob(f"{number}-*-{budget}.json"))
        for claim in page["claims"]:
            if not claim["holds"]:
                failed[claim["text"]].append(seed)
        held = sum(claim["holds"] for claim in page["claims"])
        table |= {"used": [*table["used"], seed], "seeds": [*table["seeds"], seed], "failed": failed, "made": made()}
        write_json(path, table)
        print(f"seed {seed}: {seconds:.0f} s; {held} of {len(page['claims'])} claims held", flush=True)
    for sentence, seeds in failed.items():
        print(f"failed with seed {', '.join(map(str, seeds))}: {sentence}")
    print(f"{len(table['seeds'])} fresh seeds in {shown(path)}")
    return 1 if failed else 0
