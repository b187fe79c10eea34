"""How a verb speaks: one clear line on stderr and a non-zero exit when it cannot do what was asked."""

import argparse
import re
import sys
from typing import NoReturn


class Stop(Exception):
    """What went wrong and what to do, in one line for the reader of a terminal."""


def complain(message: object) -> None:
    print(f"course.py: {message}", file=sys.stderr)


class Parser(argparse.ArgumentParser):
    """An argument parser of one verb, whose errors are one line (argparse adds the usage in front)."""

    def __init__(self, verb: str, description: str, **options):
        super().__init__(
            prog=f"course.py {verb}", description=description, allow_abbrev=False,
            formatter_class=argparse.RawDescriptionHelpFormatter, **options,
        )  # fmt: skip

    def error(self, message: str) -> NoReturn:
        message = re.sub(r"^argument [^:]+: ", "", message)
        complain(f"{message} (see {self.prog} --help)")
        raise SystemExit(2)
