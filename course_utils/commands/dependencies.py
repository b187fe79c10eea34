"""Which files of the package a lesson's numbers depend on: those that its cells name, and what these import in turn."""

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

from course_utils.commands.lessons import ROOT

PACKAGE = "course_utils"
ROOMS = ("data", "objectives", "models", "training", "evaluation")  # what the numbers come from
Wanted = tuple[str, str | None]  # a module, and the name that is wanted of it; None: all of it


def files_behind(cells: Sequence[str], root: Path = ROOT) -> list[Path]:
    """The files in `ROOMS` that a lesson with these cells reaches, in order; `root` is the checkout.

    A name is followed to the file that defines it: `models.VAE` means models/vae.py and what that imports, and not the
    other networks. A room that is used in any other way than by the names in it counts as a whole.
    """
    source = re.sub(r"^(\s*)[%!].*", r"\1pass", "\n".join(cells), flags=re.M)  # %pip is no Python
    reached: set[Path] = set()
    queue = [*_wanted(source, ""), *_wanted((root / PACKAGE / "lesson.py").read_text(encoding="utf8"), PACKAGE)]
    while queue:
        file = _defining(*queue.pop(), root)
        for one in file - reached:
            reached.add(one)
            queue += _wanted(one.read_text(encoding="utf8"), _package_of(one, root))
    return sorted(reached)


def _package_of(file: Path, root: Path) -> str:
    """The package that relative imports of this file begin at."""
    return ".".join(file.parent.relative_to(root).parts)


@cache
def _wanted(source: str, package: str) -> tuple[Wanted, ...]:
    """What a source imports from the rooms; of a room that it imports as such, the names that it uses of it."""
    tree = ast.parse(source)
    rooms, wanted = {}, []
    for module, name, known_as in _imports(tree, package):
        if module == PACKAGE and name in ROOMS:
            rooms[known_as] = f"{PACKAGE}.{name}"
        elif module.startswith(tuple(f"{PACKAGE}.{room}" for room in ROOMS)):
            wanted.append((module, name))
    attributes = [
        node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    wanted += [(rooms[node.value.id], node.attr) for node in attributes if node.value.id in rooms]
    as_values = {id(node.value) for node in attributes}
    bare = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in as_values}
    return (*wanted, *((rooms[name], None) for name in bare & rooms.keys()))


def _imports(tree: ast.Module, package: str) -> Iterator[tuple[str, str | None, str]]:
    """(module, name, the name it is given here) of each import."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None, alias.asname or alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = resolve_name("." * node.level + (node.module or ""), package)
            yield from ((module, alias.name, alias.asname or alias.name) for alias in node.names)


def _defining(module: str, name: str | None, root: Path) -> set[Path]:
    """The file that defines `name`, where a room's __init__ only hands it on; a whole room where nobody knows."""
    place = root.joinpath(*module.split("."))
    if place.with_suffix(".py").exists():
        return {place.with_suffix(".py")}
    if name in (handed_on := _handed_on(place, root)):
        return _defining(handed_on[name], name, root)
    submodule = place / f"{name}.py"
    return {submodule} if submodule.exists() else set(place.glob("*.py"))


@cache
def _handed_on(room: Path, root: Path) -> dict[str, str]:
    """The names that a room's __init__ imports, and from which module."""
    tree = ast.parse((room / "__init__.py").read_text(encoding="utf8"))
    package = ".".join(room.relative_to(root).parts)
    return {known_as: module for module, _, known_as in _imports(tree, package)}
