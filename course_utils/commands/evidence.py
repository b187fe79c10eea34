"""`course.py evidence NN`: repeat a lesson over several seeds, and store what it recorded: a band for later runs."""

import argparse
import hashlib
import importlib.metadata
import json
import os
from pathlib import Path

from course_utils.commands import fresh
from course_utils.commands.cli import Parser, Stop, complain
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import BUILD, ROOT, budget, lesson, shown, uses_images
from course_utils.commands.render import made
from course_utils.evidence import path_for
from course_utils.storage import write_json

# A lesson's own seed is 0; its protocol was tuned on seeds from 100 on. Six seeds have twice underrated the scatter.
SEEDS = tuple(range(1, 11))


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "evidence",
        "Execute a lesson once for each of several seeds and store what it recorded in course_utils/evidence/.\n"
        "Seeds that are done are kept in build/evidence/ and not repeated, until the lesson or the package changes.",
    )
    parser.add_argument("lesson", metavar="NN", type=lesson, help="the lesson's number, for example 03")
    parser.add_argument("--data", default="mnist", choices=("mnist", "fashion-mnist", "digits"), help="the image set")
    parser.add_argument("--budget", type=budget, default="cpu", help="cpu or gpu")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="S", help="default: %(default)s")
    parser.add_argument(
        "--task", type=int, metavar="S",
        help="run seed S alone and keep it, as one task of a cluster's job array; the same command without --task "
        "gathers the seeds when all are done",
    )  # fmt: skip
    parser.add_argument(
        "--fresh", type=int, metavar="N",
        help="store no numbers: run N seeds that nobody has used, and report which claims failed",
    )  # fmt: skip
    args = parser.parse_args(argv)
    if args.budget == "smoke":
        parser.error("the smoke budget is too short to be evidence; choose cpu or gpu")
    if args.fresh is not None:
        if args.fresh < 1 or args.task is not None:
            parser.error("--fresh takes a number of seeds from 1 on, and no --task")
        return args
    args.seeds = list(dict.fromkeys(args.seeds))
    if len(args.seeds) < 5:
        parser.error("a band needs at least 5 different seeds")
    if min(args.seeds) < 0:
        parser.error("a seed is a whole number from 0 on")
    if args.task is not None and args.task not in args.seeds:
        parser.error(f"task {args.task} is none of the seeds {' '.join(map(str, args.seeds))}")
    if not uses_images(args.lesson):
        parser.error(f"lesson {args.lesson.name[:2]} uses no images, and repeats its seeds on the spot")
    return args


def main(argv: list[str]) -> int:
    args = parse(argv)
    number = args.lesson.name[:2]
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if args.fresh is not None:
        return fresh.run(args.lesson, args.data, args.budget, args.fresh, fingerprint(args.lesson))
    folder = BUILD / "evidence" / f"{number}-{args.data}-{args.budget}-{fingerprint(args.lesson)}"
    for seed in args.seeds if args.task is None else [args.task]:
        done = folder / f"seed-{seed}.json"
        if done.exists():
            print(f"seed {seed}: kept from before")
            continue
        partial = folder / f"seed-{seed}.unfinished"
        partial.unlink(missing_ok=True)  # of a run that was killed
        os.environ |= {"COURSE_SEED": str(seed), "COURSE_DATASET": args.data, "COURSE_EVIDENCE": str(partial)}
        notebook, seconds, error = execute(args.lesson, args.budget)
        if error or not partial.exists():
            why = error or "the lesson recorded nothing"
            complain(f"seed {seed} stopped: {why} (see {leave(notebook, args.lesson.stem)[1]})")
            return 1
        os.replace(partial, done)
        recorded = json.loads(done.read_text(encoding="utf8"))
        print(f"seed {seed}: {seconds:.0f} s; " + "; ".join(f"{key} {value:.4g}" for key, value in recorded.items()))
    if args.task is not None:
        return 0
    runs = [json.loads((folder / f"seed-{seed}.json").read_text(encoding="utf8")) for seed in args.seeds]
    if odd := [seed for seed, run in zip(args.seeds, runs, strict=True) if run.keys() != runs[0].keys()]:
        raise Stop(f"seed {odd[0]} recorded other keys than seed {args.seeds[0]}; let the lesson record the same ones")
    table = {
        "seeds": args.seeds,
        "made": made(),
        "values": {key: [run[key] for run in runs] for key in runs[0]},
    }
    path = path_for(number, args.data, args.budget)
    write_json(path, table)
    print(shown(path))
    return 0


def fingerprint(path: Path) -> str:
    """A hash of all that a lesson's numbers depend on, PyTorch too, so that old seeds never mix with new ones."""
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    digest = hashlib.sha256("\0".join("".join(c["source"]) for c in cells if c["cell_type"] == "code").encode())
    digest.update(importlib.metadata.version("torch").encode())
    for room in ("data", "objectives", "models", "training", "evaluation"):
        for module in sorted((ROOT / "course_utils" / room).glob("*.py")):
            digest.update(f"{room}/{module.name}\0".encode() + module.read_bytes())
    return digest.hexdigest()[:12]
