"""`course.py evidence`: repeat lessons over several seeds, and store what they recorded and which claims held."""

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path

from course_utils.commands import fresh, stored
from course_utils.commands.cli import Parser, Stop, complain
from course_utils.commands.lessons import budget, lesson, shown, uses_images
from course_utils.commands.render import made
from course_utils.commands.seeds import SEEDS, fingerprint, run_seed
from course_utils.evidence import LEAST, path_for
from course_utils.storage import FileInUse, locked, write_json


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "evidence",
        "Execute a lesson once for each of several seeds; store in course_utils/evidence/ what it recorded, and which\n"
        "of its claims held. Without a lesson: list what is stored, what is missing, and which claims failed.\n"
        "Seeds that are done are kept in build/evidence/ and not repeated, until the lesson or the package changes.\n"
        "Several such commands may run at once: each seed is run by one of them.",
    )
    parser.add_argument("lesson", metavar="NN", nargs="?", type=lesson, help="the lesson's number, for example 03")
    parser.add_argument(
        "--all", action="store_true", help="instead of one lesson: whatever is missing, the shortest lessons first"
    )
    parser.add_argument(
        "--data", choices=("mnist", "fashion-mnist", "digits"),
        help="the image set (default: mnist; for --all, mnist and digits)",
    )  # fmt: skip
    parser.add_argument("--budget", type=budget, default="cpu", help="cpu or gpu")
    parser.add_argument("--seeds", type=int, nargs="+", default=SEEDS, metavar="S", help="default: %(default)s")
    parser.add_argument(
        "--task", type=int, metavar="S",
        help="run seed S alone and keep it, as one task of a cluster's job array; the same command without --task "
        "gathers the seeds when all are done",
    )  # fmt: skip
    parser.add_argument(
        "--fresh", type=int, metavar="N",
        help="run N seeds that nobody has used, and report which claims failed (with --all: until each lesson has N)",
    )  # fmt: skip
    args = parser.parse_args(argv)
    if args.budget == "smoke":
        parser.error("the smoke budget is too short to be evidence; choose cpu or gpu")
    if args.all and args.lesson:
        parser.error(f"--all takes no lesson, and {args.lesson.name[:2]} was given")
    if not args.all and not args.lesson and (args.fresh is not None or args.task is not None):
        parser.error("which lesson? give its number, or --all")
    if args.fresh is not None:
        if args.fresh < 1 or args.task is not None:
            parser.error("--fresh takes a number of seeds from 1 on, and no --task")
        return args
    args.seeds = list(dict.fromkeys(args.seeds))
    if len(args.seeds) < LEAST:
        parser.error(f"evidence needs at least {LEAST} different seeds")
    if min(args.seeds) < 0:
        parser.error("a seed is a whole number from 0 on")
    if args.task is not None and args.task not in args.seeds:
        parser.error(f"task {args.task} is none of the seeds {' '.join(map(str, args.seeds))}")
    return args


def main(argv: list[str]) -> int:
    args = parse(argv)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if args.lesson:
        data = (args.data or "mnist") if uses_images(args.lesson) else "toys"
        return 1 if work(args, args.lesson, data, args.fresh) else 0
    if not args.all:
        print(stored.listing(args.budget))
        return 0
    bad = 0
    for row in stored.missing(args.budget, len(args.seeds), args.fresh):
        if args.data in (None, row.data) or row.data == "toys":
            print(f"lesson {row.number}, {row.data}", flush=True)
            try:
                bad += work(args, row.path, row.data, args.fresh and args.fresh - len(row.fresh_now))
            except Stop as trouble:  # the next lesson may do
                complain(trouble)
                bad += 1
    return 1 if bad else 0


def work(args: argparse.Namespace, path: Path, data: str, fresh_seeds: int | None) -> bool:
    """What was asked for, for one lesson on one data set; True if a claim failed with a fresh seed."""
    if fresh_seeds is not None:
        return fresh.run(path, data, args.budget, fresh_seeds, fingerprint(path))
    collect(path, data, args.budget, args.seeds, args.task)
    return False


def collect(path: Path, data: str, budget: str, seeds: Sequence[int], task: int | None) -> None:
    """Run the seeds that are not done, or that of the task alone, and gather them all once enough are."""
    version = fingerprint(path)
    folder = stored.kept_folder(path.name[:2], data, budget, version)
    for seed in seeds if task is None else [task]:
        done = folder / f"seed-{seed}.json"
        if done.exists():
            print(f"seed {seed}: kept from before")
            continue
        try:
            with locked(done, wait=False):
                if done.exists():  # since we looked
                    continue
                page, seconds = run_seed(path, data, budget, seed, folder / f"seed-{seed}")
                write_json(done, page)
        except FileInUse:
            print(f"seed {seed}: another process runs it")
            continue
        print(f"seed {seed}: {seconds:.0f} s; {fresh.told(page)}", flush=True)
        if task is None:
            gather(folder, path, data, budget, seeds, version)
    if task is None and (table := gather(folder, path, data, budget, seeds, version)):
        print(shown(table))


def gather(folder: Path, path: Path, data: str, budget: str, seeds: Sequence[int], version: str) -> Path | None:
    """Store a table of the seeds that are done, if they are enough. Raises Stop if they recorded different numbers."""
    table = path_for(path.name[:2], data, budget)
    with locked(table):  # whoever comes last has seen all seeds
        done = {seed: folder / f"seed-{seed}.json" for seed in seeds}
        pages = {seed: json.loads(page.read_text(encoding="utf8")) for seed, page in done.items() if page.exists()}
        if len(pages) < LEAST:
            return None
        first, *_ = pages
        keys = pages[first]["recorded"].keys()
        if odd := [seed for seed, page in pages.items() if page["recorded"].keys() != keys]:
            raise Stop(f"seed {odd[0]} recorded other keys than seed {first}; let the lesson record the same ones")
        values = {key: [page["recorded"][key] for page in pages.values()] for key in keys}
        content = {"seeds": list(pages), "made": made(), "fingerprint": version, "values": values}
        write_json(table, {**content, "claims": claims(pages)})
    return table


def claims(pages: dict[int, dict]) -> dict[str, dict]:
    """Each sentence, what every seed measured for it (None where it was not said), and the seeds that failed it."""
    rows = {seed: {claim["text"]: claim for claim in page["claims"]} for seed, page in pages.items()}
    return {
        text: {
            "measured": [said[text]["measured"] if text in said else None for said in rows.values()],
            "failed": [seed for seed, said in rows.items() if text in said and not said[text]["holds"]],
        }
        for text in dict.fromkeys(text for said in rows.values() for text in said)
    }
