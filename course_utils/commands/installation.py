"""Making `.venv`, or adding to it what it lacks: one launcher at a time, and nothing half-made is left behind."""

import contextlib
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TextIO

from course_utils.commands.cli import Stop, uninterrupted
from course_utils.commands.lessons import ROOT, shown, unusable
from course_utils.commands.logs import open_log
from course_utils.commands.venv import STAMP, VENV, VENV_PYTHON, State, stamp, write_stamp

BUILD = ROOT / "build"  # never COURSE_BUILD: every launcher of this checkout must meet the same lock
NEEDED_GB = 8 if sys.platform == "linux" else 3  # on Linux pip's PyTorch brings CUDA
GRACE_SECONDS = 5  # for an interrupted pip to remove its temporary files


def install(extras: Iterable[str], needed: list[str], state: State, lock: TextIO) -> None:
    """Make `.venv`, or add to a sound one what it lacks. If making it fails, what was begun is removed."""
    done = stamp()
    extras = sorted({*extras, *done["extras"]})
    pip = [str(VENV_PYTHON), "-m", "pip", "install"]
    steps = [("installing the course and what its notebooks need", [*pip, "-e", f".[{','.join(extras)}]"])]
    if state.gutted:
        again = [*pip, "--ignore-installed", "--no-deps", *state.gutted]  # pip cannot remove what has lost its list
        steps.insert(0, (f"installing again what has lost its files: {' '.join(state.gutted)}", again))
    if state.remake:
        torch = [requirement for requirement in needed if requirement.startswith("torch")]
        steps.insert(0, ("installing PyTorch, the largest part", pip + torch))
        steps.insert(0, ("making .venv", [base_python(), "-m", "venv", str(VENV)]))
    with open_log(BUILD, "install") as log:
        print(f"Setting up {VENV}{' (once)' if state.remake else ''}; the details are in {shown(Path(log.name))}")
        if done["requirements"] and state.remake:
            print(f"  the old one is removed: {state.remake}")
        try:
            if state.remake:
                begin()
            for number, (text, line) in enumerate(steps, 1):
                step(f"  {number}/{len(steps)} {text}", line, log, lock)
            write_stamp(extras, needed + done["requirements"])
        except BaseException:
            if state.remake:
                with uninterrupted():
                    remove()
            raise


def base_python() -> str:
    """The Python to make `.venv` with: not the one inside it, which is removed first."""
    inside = Path(sys.prefix).resolve() == VENV
    return getattr(sys, "_base_executable", sys.executable) if inside else sys.executable


def begin() -> None:
    """An empty `.venv` with an empty stamp. Killed between any two lines, what is there is still known as ours."""
    remove()
    free = shutil.disk_usage(ROOT).free / 1e9
    if free < NEEDED_GB:
        raise Stop(f"the installation needs about {NEEDED_GB} GB of disk, and {ROOT} has {free:.1f} GB free")
    VENV.mkdir()
    STAMP.touch()


def remove() -> None:
    """Remove our `.venv`, its stamp last: if this is cut short, the next start still knows it as ours.

    No link is followed: what links inside it point to stays.
    """
    if not os.path.lexists(VENV):
        return
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path != STAMP:
            path.unlink()
    STAMP.unlink(missing_ok=True)
    VENV.rmdir()


# ---- one step -------------------------------------------------------------------------------------


def step(text: str, line: list[str], log: TextIO, lock: TextIO) -> None:
    """Run one command, its output in the log, with one line of progress. Errors: `Stop`, as the log tells."""
    began = time.monotonic()
    terminal = sys.stdout.isatty()
    print(text, end="", flush=True)
    child = None
    try:
        with uninterrupted():
            child = start(line, log, lock)
        while child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=1)
            if terminal:
                print(f"\r{text}, {time.monotonic() - began:.0f} s", end="", flush=True)
    finally:
        with uninterrupted():
            if child:
                end(child)
        start_of_line, failed = "\r" + text if terminal else "", ", failed" if child and child.returncode else ""
        print(f"{start_of_line}, {time.monotonic() - began:.0f} s{failed}", flush=True)
    if child.returncode:
        said = diagnosis(Path(log.name).read_text(encoding="utf-8", errors="replace"))
        raise Stop(f"{said} (log: {log.name})")


def start(line: list[str], log: TextIO, lock: TextIO) -> subprocess.Popen:
    """A command in a process group of its own, so that it can be ended together with what it has started."""
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONUNBUFFERED="1")
    environment.setdefault("PIP_RETRIES", "1")  # without a network, say so soon
    environment.setdefault("PIP_DEFAULT_TIMEOUT", "15")
    log.write(f"$ {' '.join(line)}\n")
    log.flush()
    apart = {}
    if os.name == "posix":  # an orphan keeps others out, by the lock, until it ends
        apart = {"start_new_session": True, "pass_fds": [lock.fileno()]}
    return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=environment, **apart)


def end(child: subprocess.Popen) -> None:
    """End a command, if it has not ended, and all that it has started: nobody writes into `.venv` after this."""
    if os.name != "posix":
        if child.poll() is None:
            child.terminate()
            child.wait()
        return
    for insist in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if child.poll() is None:
            os.killpg(child.pid, insist)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=GRACE_SECONDS)
    child.wait()
    with contextlib.suppress(ProcessLookupError, PermissionError):  # an empty group; macOS: one of the dead only
        os.killpg(child.pid, signal.SIGKILL)


def diagnosis(log: str) -> str:
    """The usual reasons for which an installation fails, recognised in pip's output, with what to do."""
    if re.search(r"No space left on device|Errno 28|not enough space|WinError 112", log):
        return f"the disk is full; make about {NEEDED_GB} GB free, and repeat the command"
    if "ensurepip" in log:
        return "this Python cannot make a virtual environment; install python3-venv (Debian, Ubuntu)"
    offline = (
        r"NewConnectionError|Failed to establish|NameResolutionError|getaddrinfo|Temporary failure in name"
        r"|ConnectTimeout|ReadTimeout|Read timed out|ProxyError|unreachable|refused|ConnectionReset"
    )
    if re.search(offline, log):
        return "the first installation needs the internet once, and cannot reach it; connect, and repeat"
    if re.search(r"No matching distribution found for torch\b", log):
        found = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return f"there is no PyTorch for this Python ({found}) here; use Python 3.11, 3.12 or 3.13"
    last = [text.strip() for text in log.splitlines() if text.strip()][-1]
    return f"the installation failed: {last}"


# ---- one launcher at a time -----------------------------------------------------------------------


@contextlib.contextmanager
def alone() -> Iterator[TextIO]:
    """One installation at a time: a second launcher waits. The lock goes when its holder ends."""
    if reason := unusable(BUILD):
        raise Stop(f"cannot set up in {ROOT}: {BUILD} {reason}; copy the course to a folder of your own")
    BUILD.mkdir(exist_ok=True)
    path = BUILD / "install.lock"
    if os.path.lexists(path) and not stat.S_ISREG(os.lstat(path).st_mode):
        raise Stop(f"{path} is not a file; remove it, and repeat the command")
    with open(path, "a", opener=open_no_link) as lock:
        if not claim(lock, wait=False):
            print("Another course.py is installing here; waiting for it", flush=True)
            claim(lock, wait=True)
        yield lock


def open_no_link(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0), 0o666)


def claim(lock: TextIO, wait: bool) -> bool:
    """Take the lock; False if another holds it. A file system without locks keeps nobody out."""
    if os.name == "posix":
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True
    import msvcrt

    while True:
        try:
            msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
            return True
        except OSError:
            if not wait:
                return False
            time.sleep(1)
