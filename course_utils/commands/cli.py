"""How a verb speaks and ends: one clear line on stderr and a non-zero exit when it cannot do what was asked."""

import argparse
import errno
import io
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NoReturn

NOT_WRITABLE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.EDQUOT)
ENDING = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]


class Stop(Exception):
    """What went wrong and what to do, in one line for the reader of a terminal."""


def complain(message: object) -> None:
    one_line = str(message).replace("\n", "\\n")  # even if a folder's name has two
    print(f"course.py: {one_line}", file=sys.stderr)


def answer(main: Callable[[list[str]], int], argv: list[str], interrupted: str = "stopped") -> int:
    """The exit code of `main(argv)`; whatever stops it that is no fault of the course is said in one line."""
    prepare_streams()
    try:
        try:
            return main(argv)
        finally:
            sys.stdout.flush()
    except Stop as trouble:
        complain(trouble)
        return 1
    except KeyboardInterrupt:
        complain(interrupted)
        return 128 + signal.SIGINT
    except BrokenPipeError:  # nobody reads on, as in `course.py --help | head -3`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # Python flushes once more at its end
        return 1
    except OSError as trouble:
        if trouble.errno not in NOT_WRITABLE:
            raise
        complain(f"{trouble.filename or 'a file'}: {trouble.strerror}")
        return 1


def prepare_streams() -> None:
    """Make each standard stream one that can be written to: a closed one leads nowhere, an odd letter is escaped."""
    for name, mode in {"stdin": "r", "stdout": "w", "stderr": "w"}.items():
        stream = getattr(sys, name)
        if stream is None:
            descriptor = os.open(os.devnull, os.O_RDWR)  # takes the closed one's number, for our children too
            os.set_inheritable(descriptor, True)
            setattr(sys, name, os.fdopen(descriptor, mode))
        elif mode == "w" and isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def end_as_ctrl_c_does() -> None:
    """SIGTERM and a closed terminal raise KeyboardInterrupt too, unless they are to be ignored, as under nohup."""
    for number in ENDING:
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Keep KeyboardInterrupt out of a few lines that belong together; if one came, it is raised after them."""
    came = []
    handlers = {number: signal.getsignal(number) for number in ENDING}
    caught = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in caught:
        signal.signal(number, lambda number, frame: came.append(number))
    try:
        yield
    finally:
        for number, handler in caught.items():
            signal.signal(number, handler)
        if came:
            raise KeyboardInterrupt


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
