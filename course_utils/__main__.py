"""`python -m course_utils VERB ...`: what `course.py` hands over to, once it has found an environment."""

import importlib
import sys
from typing import NamedTuple

from course_utils.commands.cli import Stop, answer


class Verb(NamedTuple):
    module: str  # of course_utils.commands
    extras: tuple[str, ...] | None  # of pyproject.toml, beside the course's own requirements; None: any Python will do
    help: str


VERBS = {
    "lab": Verb("lab", ("lab",), "open the course in JupyterLab, at lesson 00"),
    "test": Verb(
        "testing",
        ("lab", "test", "classroom"),
        "run every test, lesson and exercise; --claims asserts what the lessons claim",
    ),
    "run": Verb("run", ("lab",), "execute one lesson and leave it as notebook and HTML page in build/"),
    "render": Verb("render", ("lab",), "execute the lessons at the cpu budget and store their outputs in notebooks/"),
    "evidence": Verb(
        "evidence", ("lab",), "repeat lessons over several seeds: numbers, and which claims held; list what is missing"
    ),
    "claims": Verb("claims", ("lab",), "write CLAIMS.md from the ledger of what the lessons measured"),
    "exercises": Verb("exercises", ("lab", "classroom"), "make exercises/ from solutions/ with nbgrader"),
    "bench": Verb("bench", ("lab",), "run the benchmarks, or the named one"),
    "badges": Verb("badges", None, "point the Colab badges and installation lines to your fork"),
}

PAGE = """\
A course of Jupyter notebooks on deep generative models, from the minimax objective to models that draw.

python3 course.py VERB [options]        (python3 course.py VERB --help says more about one verb)

{verbs}

Examples
  python3 course.py lab                 sit down and learn
  python3 course.py test                is everything in order on this machine? (a few minutes)
  python3 course.py run 02 --budget cpu execute lesson 02 without a browser
  python3 course.py badges me/my-fork   a teacher's fork, ready for Colab

Environment variables
  COURSE_DATA      a folder that already holds MNIST as torchvision stores it; nothing is downloaded then
  COURSE_DATASET   mnist, fashion-mnist or digits (scikit-learn's, embedded: no network needed)
  COURSE_CACHE     where downloads and trained classifiers are kept, instead of the user's cache folder
  COURSE_BUDGET    smoke (seconds, every line runs), cpu (two cores), gpu (the published protocol)
  COURSE_SEED      the one number from which everything random comes
  COURSE_PROGRESS  the folder that keeps predictions and what is right (none: nothing is kept)
  COURSE_CLAIMS    always: claims are judged in a changed lesson too; report: and none stops it

The first start makes .venv beside course.py and installs into it (once; about 6 GB on Linux, where PyTorch
brings CUDA); a later one mends it if it is damaged. Inside an environment that has everything (conda, a
class image) nothing is installed.
"""


def command(argv: list[str]):
    """The verb's row and module; `--help` prints the page. Errors: `Stop` for an unknown verb."""
    if not argv or argv[0] in ("-h", "--help", "help"):
        print(PAGE.format(verbs="\n".join(f"  {name:<10}{verb.help}" for name, verb in VERBS.items())), end="")
        raise SystemExit(0)
    if argv[0] not in VERBS:
        raise Stop(f"there is no verb {argv[0]}; verbs: {' '.join(VERBS)} (see course.py --help)")
    verb = VERBS[argv[0]]
    return verb, importlib.import_module(f"course_utils.commands.{verb.module}")


def main(argv: list[str]) -> int:
    _, module = command(argv)
    return module.main(argv[1:])


if __name__ == "__main__":
    sys.exit(answer(main, sys.argv[1:]))
