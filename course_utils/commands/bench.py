"""`course.py bench`: the comparisons in `benchmarks/`, each a script of its own."""

import argparse
import os
import sys
from pathlib import Path

from course_utils.commands.cli import Parser
from course_utils.commands.lessons import ROOT
from course_utils.commands.testing import call


def scripts() -> dict[str, Path]:
    return {path.stem: path for path in sorted((ROOT / "benchmarks").glob("[!_]*.py"))}


def benchmark(name: str) -> Path:
    """For argparse's `type`: a script by its name."""
    if name not in scripts():
        raise argparse.ArgumentTypeError(f"there is no benchmark {name}; benchmarks: {' '.join(scripts()) or 'none'}")
    return scripts()[name]


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser("bench", "Run the benchmarks, side by side comparisons whose results are tables.")
    parser.add_argument("name", nargs="?", type=benchmark, help="only this one")
    args, args.options = parser.parse_known_args(argv)  # the rest is the script's
    return args


def main(argv: list[str]) -> int:
    args = parse(argv)
    chosen = [args.name] if args.name else scripts().values()
    return max([call([sys.executable, str(path), *args.options], dict(os.environ)) for path in chosen], default=0)
