"""`course.py badges ORG/REPO`: a fork's own name in the Colab badges and installation lines."""

import argparse
import re

from course_utils.commands.cli import Parser
from course_utils.commands.lessons import NOTEBOOKS, ROOT, exercise_notebooks
from course_utils.storage import write_whole

NAME = r"[\w-]+(?:\.(?!git\b)[\w-]+)*"  # a dot at the end of a sentence, or `.git`, is not part of a name
PLACES = re.compile(  # other addresses at github.com are citations, and stay
    rb"(colab\.research\.google\.com/github/|(?:git\+|git clone )https://github\.com/)" + f"{NAME}/{NAME}".encode()
)


def repository(text: str) -> str:
    if not re.fullmatch(rf"{NAME}/{NAME}", text):
        raise argparse.ArgumentTypeError(f"{text} is not a repository; write it as ORG/REPO")
    return text


def parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(
        "badges",
        "Point the Colab badges and installation lines of the notebooks and the README to a repository.",
    )
    parser.add_argument("repository", metavar="ORG/REPO", type=repository, help="on GitHub, for example me/my-fork")
    return parser.parse_args(argv)


def main(argv: list[str]) -> int:
    name = parse(argv).repository.encode()
    changed = 0
    notebooks = [*sorted(NOTEBOOKS.glob("*.ipynb")), *exercise_notebooks("solutions"), *exercise_notebooks("exercises")]
    for path in [*notebooks, ROOT / "README.md"]:
        old = path.read_bytes() if path.exists() else b""
        new = PLACES.sub(lambda match: match[1] + name, old)
        if new != old:
            write_whole(path, new)
            changed += 1
    print(
        f"{changed} files now point to {name.decode()}" if changed else f"every badge already points to {name.decode()}"
    )
    return 0
