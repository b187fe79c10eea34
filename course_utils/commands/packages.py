"""What the running interpreter has of what it needs.

`python -m course_utils.commands.packages NEEDED ...` prints it as JSON: `environment.py` asks `.venv` so.
"""

import importlib.metadata
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path


def missing(needed: Iterable[str]) -> list[str]:
    """Those requirements, each `name` or `name>=version`, that the running interpreter does not satisfy."""
    return [requirement for requirement in needed if not satisfied(requirement)]


def satisfied(requirement: str) -> bool:
    name, _, bound = requirement.partition(">=")
    try:
        version = importlib.metadata.version(name.strip())
    except importlib.metadata.PackageNotFoundError:
        return False
    return bool(version) and numbers(version) >= numbers(bound)  # no version: what a broken removal leaves


def numbers(version: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", version.split("+")[0])[:3]]


def damage(needed: Iterable[str]) -> tuple[list[str], list[str]]:
    """Two lists: the names of what the needed packages need in turn and is absent; each `name==version` that is there
    by its name only.

    Needs that hold under a condition only (an extra, a system) are not followed: they may rightly be absent. A package
    is there by its name only when it has no list of its files (an installation was cut short), or when a file or folder
    that it put at the top of site-packages is gone; looking at every file would take seconds.
    """
    absent, gutted, seen = [], [], set()
    names = [name_of(requirement) for requirement in needed]
    while names:
        name = names.pop()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            absent.append(name)
            continue
        listed = (package.read_text("RECORD") or "").splitlines()
        tops = {line.partition(",")[0].partition("/")[0].strip('"') for line in listed} - {"..", "__pycache__", ""}
        if not tops or not all(package.locate_file(top).exists() for top in tops):
            gutted.append(f"{name}=={package.version}" if package.version else name)
        head = (package.read_text("METADATA") or "").partition("\n\n")[0]  # `package.requires` is slower
        needs = re.findall(r"^Requires-Dist: *(.+)$", head, re.MULTILINE)
        names += [name_of(requirement) for requirement in needs if ";" not in requirement]
    return sorted(absent), sorted(gutted)


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def report(needed: list[str]) -> dict:
    """`prefix`: the environment; `missing` and `gutted`: what pip is to install; `pip`: whether it can."""
    lacking = missing(needed)
    absent, gutted = damage(needed)
    known = {name_of(requirement) for requirement in lacking}
    return {
        "prefix": str(Path(sys.prefix).resolve()),
        "missing": lacking + [name for name in absent if name not in known],
        "gutted": gutted,
        "pip": damage(["pip"]) == ([], []),
    }


if __name__ == "__main__":
    print(json.dumps(report(sys.argv[1:])))
