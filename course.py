#!/usr/bin/env python3
"""The course's launcher: `python3 course.py lab` opens the course, `--help` lists the other verbs.

It needs Python and its standard library only. It finds an interpreter that has what the verb needs - the one
that runs this file, else the `.venv` beside it, which it makes and mends - and hands over to
`python -m course_utils VERB ...` there. How that is found and made is in `course_utils/commands/`: `environment.py`,
`venv.py` and `installation.py`.
"""

import sys

# This file must parse on Python 3.6, so that an old Python says this line and not `SyntaxError`.
if sys.version_info < (3, 11):
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"course.py: Python {found} is too old; the course needs Python 3.11 or newer")

import contextlib
import errno
import os
import subprocess
import tempfile

from course_utils.__main__ import command
from course_utils.commands.cli import Stop, answer, complain, end_as_ctrl_c_does
from course_utils.commands.environment import interpreter
from course_utils.commands.lessons import BUILD, ROOT, unusable


def main(argv):
    verb, module = command(argv)
    if hasattr(module, "parse"):
        module.parse(argv[1:])  # a wrong request is answered before anything is installed
    if verb.extras is None:
        return hand_over([sys.executable, "-m", "course_utils", *argv])
    end_as_ctrl_c_does()  # before the first file is made
    try:
        return hand_over([*interpreter(verb.extras), *argv], **place_to_write())
    except BrokenPipeError:  # nobody reads on: no trouble with this folder
        raise
    except OSError as trouble:  # a folder that cannot be written, a disk that is full to the last byte
        full = trouble.errno in (errno.ENOSPC, errno.EDQUOT)
        todo = "make room on the disk, and repeat the command" if full else "copy the course to a folder of your own"
        raise Stop(f"cannot set up in {ROOT}: {trouble}; {todo}") from trouble


def place_to_write():
    """COURSE_BUILD, where `build/` is not to be had (a course that is only read): a new folder in its stead."""
    reason = unusable(BUILD)
    if not reason:
        return {}
    folder = tempfile.mkdtemp(prefix="course-build-")
    complain(f"{BUILD} {reason}; logs and executed lessons go to {folder}")
    return {"COURSE_BUILD": folder}


def hand_over(line, **settings):
    """Become the command, so that Ctrl-C, other signals and the exit code are its own."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]  # a class image need not install the package
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, paths)), **settings)
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(line[0], line, environment)
    child = subprocess.Popen(line, env=environment)  # Windows cannot exec; it sends Ctrl-C to both of us
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


if __name__ == "__main__":
    sys.exit(answer(main, sys.argv[1:], interrupted="stopped; nothing half-made was left behind"))
