"""Log files of what the commands start: private, never shared by two that run at once, never through a link."""

import errno
import os
import stat
from pathlib import Path
from typing import TextIO

from course_utils.commands.cli import Stop

MANY = 100  # logs of one name; as many servers at once are no longer a course


def open_log(folder: Path, name: str) -> TextIO:
    """An empty `NAME.log`; `NAME-2.log` and so on while others, which run now, write theirs. Only its owner may read.

    Whatever else has such a name (a link, a pipe, a folder, another user's file) is passed over.
    """
    folder.mkdir(exist_ok=True)
    for number in range(1, MANY):
        path = folder / (f"{name}.log" if number == 1 else f"{name}-{number}.log")
        try:
            return open(path, "a", encoding="utf-8", errors="backslashreplace", opener=open_ours)
        except OSError:
            if not os.path.lexists(path):
                raise
    raise Stop(f"{folder} has no room for another {name}.log; remove its old ones")


def open_ours(path: str, flags: int) -> int:
    """For `open`: the descriptor of a file that is ours alone, and emptied."""
    extra = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)  # follow no link, wait for no pipe's reader
    descriptor = os.open(path, flags | extra, 0o600)
    if not (is_our_file(descriptor) and lock_while_open(descriptor)):
        os.close(descriptor)
        raise FileExistsError(errno.EEXIST, "not a log of ours, or in use", path)
    os.ftruncate(descriptor, 0)
    return descriptor


def is_our_file(descriptor: int) -> bool:
    """Whether it is a file, ours, with no second name elsewhere; others are kept from reading it."""
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
        return False
    if os.name == "posix":
        if status.st_uid != os.geteuid():
            return False
        os.fchmod(descriptor, 0o600)
    return True


def lock_while_open(descriptor: int) -> bool:
    """Mark it as in use by us and by those who inherit it; False if it is. Without such locks, two may share one."""
    if os.name == "posix":
        import fcntl

        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
    return True
