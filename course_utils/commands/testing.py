"""`course.py test`: the unit tests, every lesson and every exercise in one run of pytest, notebooks through nbval."""

import argparse
import math
import os
import signal
import subprocess
import sys
from pathlib import Path

from course_utils.commands.cli import ENDING, Parser
from course_utils.commands.lessons import (
    LEDGER,
    ROOT,
    SAME,
    all_notebooks,
    exercise_notebooks,
    timings,
    uses_images,
)
from course_utils.commands.stored import rows

# A notebook is one worker's, from its first cell to its last; the longest files start first, and the short unit tests
# come last, so that neither worker waits long for the other.
WORKERS = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
NBVAL = ["--nbval-lax", "--nbval-current-env", "--nbval-kernel-startup-timeout=300"]
CELLS = ["-p", "course_utils.commands.notebook_cells"]
LONG = [ROOT / "tests" / "test_mutations.py"]  # runs whole lessons, all on one worker
NO_TESTS = 5  # pytest's exit code when a filter leaves nothing


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "test",
        "Run the unit tests, and every lesson at the smoke budget, on two workers.",
        epilog="Everything else goes to pytest: course.py test tests/test_data.py -k ring",
    )
    parser.add_argument(
        "--claims", action="store_true",
        help="run the lessons at the cpu budget, where every claim is asserted, and the solved exercises and thorough "
        "tests as well; with real MNIST (COURSE_DATA) the image lessons run a second time on the embedded digits, "
        f"except for cells with the tag {SAME}; at the cpu budget where no stored runs of this code are evidence",
    )  # fmt: skip
    parser.add_argument(
        "--again", action="store_true",
        help="with --claims: also what the very same code has shown before, lessons on the digits and mutations of "
        "lessons; a mutation that passes is noted in tests/mutations_passed.json",
    )  # fmt: skip
    args, args.pytest = parser.parse_known_args(argv)
    return args


def main(argv: list[str]) -> int:
    args = parse(argv)
    targets = [arg for arg in args.pytest if (ROOT / arg.split("::")[0]).exists()]
    options = [arg for arg in args.pytest if arg not in targets]
    lessons = sorted(all_notebooks(), key=seconds, reverse=True)
    solved = exercise_notebooks("solutions") if args.claims else []  # the same cells again, with the answers in them
    first = [*lessons, *filter(Path.exists, LONG)]
    targets = targets or [*first, *solved, *exercise_notebooks("exercises"), ROOT / "tests"]
    dataset = os.environ.get("COURSE_DATASET") or ("mnist" if os.environ.get("COURSE_DATA") else "default")
    if args.again:
        os.environ["COURSE_AGAIN"] = "1"
    code = pytest(targets, options, dataset, args.claims)
    if args.claims and dataset == "mnist":
        chosen = {(ROOT / target).resolve() for target in targets}
        images = [path for path in lessons if uses_images(path) and chosen & {path, path.parent}]
        proven = set() if args.again else {row.path for row in rows("cpu") if row.data == "digits" and row.holds_now}
        shown = [path for path in images if path in proven]
        for paths, claims in (([path for path in images if path not in shown], True), (shown, False)):
            if paths:
                why = "" if claims else ", briefly: stored runs of this very code bear out the claims"
                print(f"\nImage lessons again, on the embedded digits: the course without a network{why}", flush=True)
                again = pytest(paths, ["--other-images", *options], "digits", claims)
                code = max(code, 0 if options and again == NO_TESTS else again)
    return code


def seconds(lesson: Path) -> float:
    """What a lesson took when it was rendered; one that never was may be long."""
    return timings().get(lesson.name[:2], {}).get("cpu", {}).get("seconds", math.inf)


def pytest(targets: list[str | Path], options: list[str], dataset: str, claims: bool) -> int:
    """One run of pytest; its output, and so its closing line, goes straight to the terminal."""
    environment = dict(
        os.environ,
        COURSE_BUDGET="cpu" if claims else "smoke",
        COURSE_LEDGER=str(LEDGER),
        COURSE_PROGRESS="none",  # what is solved here was not solved by the one who tests
        COURSE_STATIC="1",  # nobody watches
        TQDM_DISABLE="1",
    )
    environment.setdefault("COURSE_CLAIMS", "always")  # also in a lesson that was edited and is not yet rendered
    environment.setdefault("OMP_NUM_THREADS", "1")  # two workers with all threads each are slower than one worker
    if dataset != "default":
        environment["COURSE_DATASET"] = dataset
    timeout = f"--nbval-cell-timeout={900 if claims else 300}"  # a training cell at the cpu budget may take minutes
    line = [sys.executable, "-m", "pytest", *CELLS, *NBVAL, *WORKERS, timeout, *options, *map(str, targets)]
    return call(line, environment)


def call(line: list[str], environment: dict[str, str]) -> int:
    """Run a command to its end; Ctrl-C reaches it as well, and it is the one to decide what that means.

    SIGTERM, which reaches this process only, is passed on, and then counts as Ctrl-C.
    """
    child, passed_on = subprocess.Popen(line, cwd=ROOT, env=environment), []

    def pass_on(number, frame):
        passed_on.append(number)
        child.send_signal(number)

    for number in ENDING:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, pass_on)
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue
        if passed_on:
            raise KeyboardInterrupt
        return code
