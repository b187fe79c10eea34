#!/usr/bin/env python3
"""The course's launcher: `python3 course.py lab` opens the course, `--help` lists the other verbs.

It needs Python and its standard library only. It finds an interpreter that has what the verb needs - the one
that runs this file, else the `.venv` beside it, which it makes - and hands over to
`python -m course_utils VERB ...` there.
"""

import sys

# This file must parse on Python 3.6, so that an old Python says this line and not `SyntaxError`.
if sys.version_info < (3, 11):
    found = f"{sys.version_info[0]}.{sys.version_info[1]}"
    sys.exit(f"course.py: Python {found} is too old; the course needs Python 3.11 or newer")

import contextlib
import importlib.metadata
import json
import os
import re
import shutil
import signal
import subprocess
import time
import tomllib
from pathlib import Path

from course_utils.__main__ import command
from course_utils.commands.cli import Stop, complain

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMP = VENV / "course-stamp.json"  # only a .venv with this file is ours to change or to remove
VENV_PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
LOG = ROOT / "build" / "install.log"
NEEDED_GB = 8 if sys.platform == "linux" else 3  # on Linux pip's PyTorch brings CUDA


def main(argv):
    try:
        verb, module = command(argv)
        if hasattr(module, "parse"):
            module.parse(argv[1:])  # a wrong request is answered before anything is installed
        here = [sys.executable, "-m", "course_utils"]
        return hand_over((here if verb.extras is None else interpreter(verb.extras)) + argv)
    except Stop as trouble:
        complain(trouble)
        return 1
    except KeyboardInterrupt:
        complain("stopped; nothing half-made was left behind")
        return 130
    except OSError as trouble:  # a folder that cannot be written, a disk that is full to the last byte
        complain(f"cannot set up in {ROOT}: {trouble}; copy the course to a folder of your own")
        return 1


def hand_over(line):
    """Become the command, so that Ctrl-C, other signals and the exit code are its own."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]  # a class image need not install the package
    environment = dict(os.environ, PYTHONPATH=os.pathsep.join(filter(None, paths)))
    sys.stdout.flush()
    if os.name == "posix":
        os.execve(line[0], line, environment)
    child = subprocess.Popen(line, env=environment)  # Windows cannot exec; it sends Ctrl-C to both of us
    while True:
        with contextlib.suppress(KeyboardInterrupt):
            return child.wait()


# ---- which interpreter ----------------------------------------------------------------------------


def interpreter(extras):
    """The start of a command line in an environment that has the requirements, made if it must be."""
    needed = requirements(extras)
    absent = missing(needed)
    if not absent:
        return [sys.executable, "-m", "course_utils"]
    if VENV.exists() and not ours():
        if not inside_venv() and VENV_PYTHON.exists():
            return [str(VENV_PYTHON), str(ROOT / "course.py")]  # ask the stranger: it may have everything
        add = f"{VENV_PYTHON.relative_to(ROOT)} -m pip install -e '.[{','.join(extras)}]'"
        raise Stop(
            f".venv was not made by course.py, so it is not touched, and it lacks {', '.join(absent)}: "
            f"either run `{add}` in {ROOT}, or move .venv away"
        )
    if not ready(needed):
        with alone() as lock:
            if not ready(needed):  # a launcher we waited for may have done it
                install(extras, needed, lock)
    return [str(VENV_PYTHON), "-m", "course_utils"]


def requirements(extras):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["dependencies"] + [r for extra in extras for r in project["optional-dependencies"][extra]]


def missing(needed):
    """Those requirements, each `name` or `name>=version`, that the running interpreter does not satisfy."""

    def numbers(version):
        return [int(n) for n in re.findall(r"\d+", version.split("+")[0])[:3]]

    def satisfied(requirement):
        name, _, bound = requirement.partition(">=")
        try:
            return numbers(importlib.metadata.version(name.strip())) >= numbers(bound)
        except importlib.metadata.PackageNotFoundError:
            return False

    return [requirement for requirement in needed if not satisfied(requirement)]


def inside_venv():
    return Path(sys.prefix).resolve() == VENV.resolve()


def ours():
    return STAMP.exists() or (VENV.is_dir() and not any(VENV.iterdir()))


def stamp():
    """What was installed in `.venv`; without requirements when an installation did not come to its end."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"extras": [], "requirements": []}


def ready(needed):
    return VENV_PYTHON.exists() and set(needed) <= set(stamp()["requirements"])


# ---- making .venv ---------------------------------------------------------------------------------


def install(extras, needed, lock):
    """Make `.venv`, or add to it what a finished one lacks. If that fails, what was begun is removed."""
    done = stamp()
    complete = VENV_PYTHON.exists() and bool(done["requirements"])
    extras = sorted(set(extras) | set(done["extras"]))
    torch = [requirement for requirement in needed if requirement.startswith("torch")]
    pip = [str(VENV_PYTHON), "-m", "pip", "install"]
    steps = [("installing the course and what its notebooks need", pip + ["-e", f".[{','.join(extras)}]"])]
    if not complete:
        python = getattr(sys, "_base_executable", sys.executable) if inside_venv() else sys.executable
        steps.insert(0, ("installing PyTorch, the largest part", pip + torch))
        steps.insert(0, ("making .venv", [python, "-m", "venv", str(VENV)]))
        remove()
        free = shutil.disk_usage(ROOT).free / 1e9
        if free < NEEDED_GB:
            raise Stop(f"the installation needs about {NEEDED_GB} GB of disk, and {ROOT} has {free:.1f} GB free")
        VENV.mkdir()
        write_stamp([], [])
    once = "" if complete else " (once)"
    print(f"Setting up {VENV}{once}; the details are in {LOG.relative_to(ROOT)}")
    LOG.write_bytes(b"")
    try:
        with contextlib.ExitStack() as stack:
            for name in {"SIGTERM", "SIGHUP"} & set(dir(signal)):
                old = signal.signal(getattr(signal, name), signal.default_int_handler)  # end as Ctrl-C does
                stack.callback(signal.signal, getattr(signal, name), old)
            for number, (text, line) in enumerate(steps, 1):
                step(f"  {number}/{len(steps)} {text}", line, lock)
        write_stamp(extras, needed + done["requirements"])
    except BaseException:
        if not complete:
            remove()
        raise


def step(text, line, lock):
    """Run one command, its output in the log, with one line of progress. Errors: `Stop`, as the log tells."""
    began = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    environment.update(PIP_USER="0", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_INPUT="1", PYTHONUNBUFFERED="1")
    environment.setdefault("PIP_RETRIES", "1")  # without a network, say so soon
    environment.setdefault("PIP_DEFAULT_TIMEOUT", "15")
    inherit = {"pass_fds": [lock.fileno()]} if os.name == "posix" else {}  # an orphan keeps others out until it ends
    terminal = sys.stdout.isatty()
    print(text, end="", flush=True)
    with LOG.open("a", encoding="utf-8") as log:
        log.write(f"$ {' '.join(line)}\n")
        log.flush()
        child = subprocess.Popen(
            line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=ROOT, env=environment, **inherit
        )
    try:
        while child.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(timeout=1)
            if terminal:
                print(f"\r{text}, {time.monotonic() - began:.0f} s", end="", flush=True)
    finally:
        if child.poll() is None:
            child.terminate()
            child.wait()
        start, end = "\r" + text if terminal else "", ", failed" if child.returncode else ""
        print(f"{start}, {time.monotonic() - began:.0f} s{end}", flush=True)
    if child.returncode:
        said = diagnosis(LOG.read_text(encoding="utf-8", errors="replace"))
        raise Stop(f"{said} (log: {LOG})")


def diagnosis(log):
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


def write_stamp(extras, needed):
    half = STAMP.with_suffix(".half")
    half.write_text(json.dumps({"extras": extras, "requirements": sorted(set(needed))}), encoding="utf-8")
    os.replace(half, STAMP)


def remove():
    """Remove our `.venv`, its stamp last: if this is cut short, the next start still knows it as ours."""
    if not VENV.exists():
        return
    for path in VENV.iterdir():
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        elif path != STAMP:
            path.unlink()
    STAMP.unlink(missing_ok=True)
    VENV.rmdir()


@contextlib.contextmanager
def alone():
    """One installation at a time: a second launcher waits. The lock goes when its holder ends."""
    LOG.parent.mkdir(exist_ok=True)
    with (LOG.parent / "install.lock").open("a") as lock:
        try:
            claim(lock, wait=False)
        except OSError:
            print("Another course.py is installing here; waiting for it", flush=True)
            claim(lock, wait=True)
        yield lock


def claim(lock, wait):
    if os.name == "posix":
        import fcntl

        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        return
    import msvcrt

    while True:
        try:
            return msvcrt.locking(lock.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            if not wait:
                raise
            time.sleep(1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
