"""`course.py evidence NN`: repeat a lesson over several seeds, and store what it recorded as the band for later runs."""

import argparse
import datetime
import hashlib
import importlib.metadata
import json
import os
from pathlib import Path

from course_utils.commands.cli import Parser, complain
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import BUILD, ROOT, budget, lesson
from course_utils.commands.render import machine
from course_utils.evidence import path_for
from course_utils.storage import write_json

SEEDS = (1, 2, 3, 4, 5, 6)  # a lesson's own seed is 0; its protocol was tuned on seeds from 100 on


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "evidence",
        "Execute a lesson once for each of several seeds and store what it recorded in course_utils/evidence/. Seeds that\n"
        "are done are kept in build/evidence/ and not repeated, until the lesson or the package changes.",
    )
    parser.add_argument("lesson", metavar="NN", type=lesson, help="the lesson's number, for example 03")
    parser.add_argument("--data", default="mnist", choices=("mnist", "fashion-mnist", "digits"), help="the image set")
    parser.add_argument("--budget", type=budget, default="cpu", help="cpu or gpu")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="S", help="default: %(default)s")
    args = parser.parse_args(argv)
    if args.budget == "smoke":
        parser.error("the smoke budget is too short to be evidence; choose cpu or gpu")
    if len(set(args.seeds)) < 5:
        parser.error("a band needs at least 5 different seeds")
    return args


def main(argv: list[str]) -> int:
    args = parse(argv)
    number = args.lesson.name[:2]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    folder = BUILD / "evidence" / f"{number}-{args.data}-{args.budget}-{fingerprint(args.lesson)}"
    for seed in args.seeds:
        done = folder / f"seed-{seed}.json"
        if done.exists():
            print(f"seed {seed}: kept from before")
            continue
        partial = folder / f"seed-{seed}.unfinished"
        os.environ |= {"COURSE_SEED": str(seed), "COURSE_DATASET": args.data, "COURSE_EVIDENCE": str(partial)}
        notebook, seconds, error = execute(args.lesson, args.budget)
        if error or not partial.exists():
            complain(
                f"seed {seed} stopped: {error or 'the lesson recorded nothing'} (see {leave(notebook, args.lesson.stem)[1]})"
            )
            return 1
        os.replace(partial, done)
        print(f"seed {seed}: {seconds:.0f} s  {done.read_text(encoding='utf8')}")
    runs = [json.loads((folder / f"seed-{seed}.json").read_text(encoding="utf8")) for seed in args.seeds]
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    table = {
        "seeds": list(args.seeds),
        "made": f"{today}, {machine()}, torch {importlib.metadata.version('torch')}",
        "values": {key: [run[key] for run in runs] for key in runs[0]},
    }
    path = path_for(number, args.data, args.budget)
    write_json(path, table)
    print(path.relative_to(ROOT))
    return 0


def fingerprint(path: Path) -> str:
    """A hash of all code that a lesson's numbers depend on, so that old seeds are never mixed with new ones."""
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    digest = hashlib.sha256("\0".join("".join(c["source"]) for c in cells if c["cell_type"] == "code").encode())
    for room in ("data", "objectives", "models", "training", "evaluation"):
        for module in sorted((ROOT / "course_utils" / room).glob("*.py")):
            digest.update(module.read_bytes())
    return digest.hexdigest()[:12]
