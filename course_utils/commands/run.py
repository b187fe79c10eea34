"""`course.py run NN`: execute one lesson, and leave it as a notebook and an HTML page in `build/`."""

import argparse

from course_utils.commands.cli import Parser, complain
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import ROOT, budget, lesson


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser("run", "Execute one lesson, and leave it as a notebook and an HTML page in build/, failed or not.")
    parser.add_argument("lesson", metavar="NN", type=lesson, help="the lesson's number, for example 02")
    parser.add_argument("--budget", type=budget, help="smoke, cpu or gpu (otherwise what suits the device)")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    args = parse(argv)
    notebook, seconds, error = execute(args.lesson, args.budget)
    for path in leave(notebook, args.lesson.stem):
        print(path.relative_to(ROOT))
    if error:
        complain(f"lesson {args.lesson.name[:2]} stopped after {seconds:.0f} s: {error}")
        return 1
    return 0
