"""Which pictures a folder holds: of which class each is, and which are for training and which for testing."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from .idx import DataError

ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".webp", ".gif")  # ImageFolder's, and gif
TEST_SHARE = 5  # every fifth picture of each class is for testing
TRAINING = ("train", "training")  # what subfolders are called that are the split, not classes
TESTING = ("test", "testing", "val", "valid", "validation")
UNLABELLED = ("picture",)


class Labelled(NamedTuple):
    """The file of a picture, and the number of its class."""

    path: Path
    label: int


def training_and_test(root: Path) -> tuple[tuple[str, ...], list[Labelled], list[Labelled]]:
    """Class names, training pictures and test pictures, each in an order that mixes the classes.

    Raises ``DataError`` where there are no pictures, or where it is not clear which class a picture is of.
    """
    parts = {name.lower(): root / name for name in _subfolders(root)}
    beside = [file.name for file in _visible(root) if not file.is_dir()]
    training, testing = ([name for name in names if name in parts] for names in (TRAINING, TESTING))
    is_split = len(training) == 1 and testing and len(parts) == 1 + len(testing)
    if not is_split or any(_is_picture(Path(name)) for name in beside):
        classes, pictures = _labelled(root)
        return classes, *_split(root, classes, _shuffled(pictures))
    _tell(root, [*testing[1:], *beside])
    (classes, pictures), (test_classes, test) = _labelled(parts[training[0]]), _labelled(parts[testing[0]])
    if classes != test_classes:
        names, one = f"{training[0]} and {testing[0]}", min({*classes} ^ {*test_classes})
        raise DataError(f"{root}: only one of {names} has a class {one!r}, but both need the same classes.")
    return classes, _shuffled(pictures), _shuffled(test)


def _labelled(root: Path) -> tuple[tuple[str, ...], list[Labelled]]:
    """Class names, and all pictures in the order of their paths."""
    files = list(_files_below(root))
    pictures = [file for file in files if _is_picture(file)]
    others = [str(file) for file in files if not _is_picture(file)]
    if not pictures:
        found = f"only other files ({_few(others)})" if others else "no files"
        raise DataError(f"{root} holds no pictures, whose names end in {', '.join(ENDINGS)}, but {found}.")
    _tell(root, others)
    loose = [file for file in pictures if len(file.parts) == 1]
    if len(loose) == len(pictures):
        return UNLABELLED, [Labelled(root / file, 0) for file in pictures]
    if loose:
        raise DataError(
            f"{root} has pictures ({_few(loose)}) beside subfolders with pictures: a folder holds either pictures, or "
            f"one subfolder for each class. Move the pictures into a subfolder, or away."
        )
    classes = _subfolders(root)
    if empty := sorted({*classes} - {file.parts[0] for file in pictures}):
        raise DataError(f"{root / empty[0]} is a class without pictures: put some in, or remove it.")
    return classes, [Labelled(root / file, classes.index(file.parts[0])) for file in pictures]


def _split(root: Path, classes: tuple[str, ...], pictures: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """Training and test pictures: the first fifth of each class, one picture at least, is for testing."""
    counts = np.bincount([picture.label for picture in pictures], minlength=len(classes))
    if counts.min() < 2:
        where = root if classes == UNLABELLED else root / classes[counts.argmin()]
        raise DataError(f"{where} has one picture: at least two are needed, to train with one and to test with one.")
    wanted = np.maximum(1, counts // TEST_SHARE)
    training, test = [], []
    for picture in pictures:
        wanted[picture.label] -= 1
        (test if wanted[picture.label] >= 0 else training).append(picture)
    return training, test


def _shuffled(pictures: Sequence[Labelled]) -> list[Labelled]:
    order = np.random.RandomState(0).permutation(len(pictures))  # its stream is the same everywhere
    return [pictures[i] for i in order]


def _tell(root: Path, left_out: Sequence[str]) -> None:
    if left_out:
        print(f"Data: not read in {root}: {_few(left_out)}.")


def _few(names: Sequence[str | Path]) -> str:
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    shown = ", ".join(map(str, names[:3])) + more
    return os.fsencode(shown).decode("utf-8", "replace")  # a name need not be text, and then cannot be printed


# --- what is in a folder ---


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"  # in which a Mac's archives keep what it hides itself


def _unreadable(error: OSError) -> DataError:
    return DataError(f"{error.filename} cannot be read ({error.strerror}): correct its permissions.")


def _visible(folder: Path) -> list[Path]:
    try:
        entries = [entry for entry in folder.iterdir() if not _is_hidden(entry.name)]
    except OSError as error:
        raise _unreadable(error) from error
    return sorted(entries, key=lambda entry: entry.name)


def _subfolders(root: Path) -> tuple[str, ...]:
    return tuple(entry.name for entry in _visible(root) if entry.is_dir())


def _files_below(root: Path) -> Iterator[Path]:
    """Every file below ``root`` that is not hidden, relative to it, in an order that is the same everywhere."""
    seen = set()  # a link may lead back to a folder above

    def refuse(error: OSError) -> None:
        raise _unreadable(error) from error

    for folder, subfolders, files in os.walk(root, onerror=refuse, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen:
            subfolders.clear()
            continue
        seen.add(place)
        subfolders[:] = sorted(name for name in subfolders if not _is_hidden(name))
        yield from (Path(folder, name).relative_to(root) for name in sorted(files) if not _is_hidden(name))
