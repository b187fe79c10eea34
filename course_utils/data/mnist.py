"""MNIST and Fashion-MNIST: which files they are, where they are looked for, and that no other ones are used.

A file that is there but wrong is an error that names it. It is never skipped in favour of another source.
"""

import os
from pathlib import Path
from typing import NamedTuple

from torch import Tensor

from .cache import cache_folder
from .download import Unavailable, download
from .idx import DataError, IdxFile


class Source(NamedTuple):
    """A data set as torchvision lays it out: files in ``<root>/<folder>/raw``, each plain or as ``.gz``."""

    folder: str  # also the name of torchvision's class, which knows the mirrors
    title: str
    classes: tuple[str, ...]
    files: tuple[IdxFile, ...]  # training images, training labels, test images, test labels
    test_source: str = ""  # of test images that do not come from the same people or places as the training images

    def read(self, raw: Path, remedy: str) -> list[Tensor]:
        """The four tensors, uint8. Raises ``DataError`` if a file is wrong; ``remedy`` is the end of its message."""
        return [file.read(raw, remedy) for file in self.files]


def _files(*md5s: str) -> tuple[IdxFile, ...]:
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
    shapes = ((60_000, 28, 28), (60_000,), (10_000, 28, 28), (10_000,))
    return tuple(map(IdxFile, names, shapes, md5s))


MNIST = Source(
    "MNIST",
    "MNIST",
    tuple("0123456789"),
    _files(
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ),
    test_source="other writers",  # LeCun et al. 1998: the two sets of writers are disjoint
)
FASHION_MNIST = Source(
    "FashionMNIST",
    "Fashion-MNIST",
    (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    _files(
        "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
    ),
)


def read(source: Source) -> list[Tensor]:
    """The four tensors (uint8): from ``COURSE_DATA``, else from the cache folder, else downloaded into it.

    Raises ``DataError`` when a copy is damaged, or when ``COURSE_DATA`` has none and nor has anybody else;
    ``Unavailable`` when, without ``COURSE_DATA``, there is none and none can be fetched.
    """
    given = os.environ.get("COURSE_DATA")
    if given:
        root = Path(os.path.expanduser(given))
        if not os.path.isdir(root):
            raise DataError(f"COURSE_DATA is {given!r}, which is not a folder. Correct it, or unset it.")
        if raw := _raw_folder(root, source):
            return source.read(raw, f"Put a whole copy of {source.title} there, or correct or unset COURSE_DATA.")
    cache = cache_folder()
    if not _holds(cache, source.folder):
        try:
            download(source, cache)
        except Unavailable as why:
            if not given:
                raise
            raise DataError(
                f"COURSE_DATA is {given!r}, where there is no {source.folder}/raw, and {source.title} can be had "
                f"nowhere else ({why}). Correct it, or take the built-in 'digits'."
            ) from why
    remedy = f"Delete the folder {cache / source.folder}: the next call fetches it again."
    return source.read(cache / source.folder / "raw", remedy)


def _raw_folder(root: Path, source: Source) -> Path | None:
    """The folder with the files: below ``root`` as torchvision has it, or where it is if ``root`` is one level off.

    Where the data set's folder is there, everything in it must be right: then no other place is looked at.
    """
    if _holds(root, source.folder):
        return root / source.folder / "raw"
    first = source.files[0].name
    elsewhere = filter(os.path.isdir, [root / "raw", root, *sorted(root.glob(f"*/{source.folder}/raw"))])
    return next((raw for raw in elsewhere if _holds(raw, first) or _holds(raw, f"{first}.gz")), None)


def _holds(folder: Path, name: str) -> bool:
    try:
        return name in os.listdir(folder)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DataError(f"{folder} cannot be read ({error.strerror}). Correct its permissions.") from error
