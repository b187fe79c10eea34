"""`course.py run NN`: execute one lesson, and leave it as a notebook and an HTML page in `build/`."""

import argparse

from course_utils.commands import silence
from course_utils.commands.cli import Parser, Stop, complain
from course_utils.commands.execute import execute, leave
from course_utils.commands.lessons import budget, lesson, shown
from course_utils.commands.readme import update_readme
from course_utils.commands.render import store_seconds


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser("run", "Execute one lesson, and leave it as a notebook and an HTML page in build/, failed or not.")
    parser.add_argument("lesson", metavar="NN", type=lesson, help="the lesson's number, for example 02")
    parser.add_argument("--budget", type=budget, help="smoke, cpu or gpu (otherwise what suits the device)")
    parser.add_argument(
        "--gpu-minutes",
        action="store_true",
        help="run at the gpu budget, and keep the time it took on this GPU for the README's table",
    )
    args = parser.parse_args(argv)
    if args.gpu_minutes and args.budget not in (None, "gpu"):
        parser.error(f"--gpu-minutes are those of the gpu budget, not of {args.budget}")
    return args


def main(argv: list[str]) -> int:
    args = parse(argv)
    device = gpu() if args.gpu_minutes else None
    notebook, seconds, error = execute(args.lesson, "gpu" if device else args.budget, always=False)
    for path in leave(notebook, args.lesson.stem):
        print(shown(path))
    if notebook and (silent := silence.of(notebook)) and silent.seconds > silence.MOST / 2:
        print(silent)
    if error:
        complain(f"lesson {args.lesson.name[:2]} stopped after {seconds:.0f} s: {error}")
        return 1
    if device:
        store_seconds(args.lesson.name[:2], "gpu", seconds, device)
        update_readme()
    return 0


def gpu() -> str:
    """Its name. Raises Stop where there is none."""
    import torch

    if not torch.cuda.is_available():
        raise Stop("--gpu-minutes needs a CUDA GPU, and PyTorch finds none here")
    return torch.cuda.get_device_name()
