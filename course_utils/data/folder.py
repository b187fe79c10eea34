"""Own images: a folder of pictures as ``ImageData``, in the same units as MNIST."""

import os
from collections.abc import Iterator, Sequence
from numbers import Integral
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from course_utils.progress import progress_bar

from .images import ImageData
from .mnist import DataError
from .picture import NoPicture, read_picture

SIZES, CHANNELS = (28, 32, 64), (1, 3)
ENDINGS = (".jpg", ".jpeg", ".png", ".ppm", ".pgm", ".bmp", ".tif", ".tiff", ".webp", ".gif")  # ImageFolder's, and gif
TEST_SHARE = 5  # every fifth picture of each class is for testing
HELD_OUT = ("test", "val", "valid", "validation")  # what the subfolder beside "train" is called
LARGEST = 4 * 2**30  # bytes of pixels: the data live on the device, 350,000 RGB pictures of 64x64 at most
UNLABELLED = ("picture",)


class _Labelled(NamedTuple):
    path: Path
    label: int


def load_folder(
    path: str | os.PathLike, size: int = 28, channels: int = 1, device: str | torch.device = "cpu"
) -> ImageData:
    """Load every picture in a folder: ``size`` 28, 32 or 64 pixels a side, ``channels`` 1 (grey) or 3 (RGB).

    As for torchvision's ``ImageFolder``, each subfolder is a class, in alphabetical order, with all pictures below it;
    hidden files and folders are passed over. A folder without subfolders is unlabelled: one class, every label 0.
    Subfolders "train" and "test" (or "val") are no classes but the split, with the same classes in each. Else the split
    is made here: a fifth of each class is for testing. Order and split depend on the file names only.

    Each picture is turned upright, cropped to the square in its middle, and scaled (details in ``data/picture.py``).
    Pixels are kept as uint8, and batches are float32 in -1..1, as from ``load_images``. Tell the networks the shape, as
    in ``DCGANGenerator(image_size=64, channels=3)``; a VAE of such images needs ``likelihood=Gaussian(std)``. A lesson
    takes your images in place of MNIST where it begins: ``lesson.begin("03", images=load_folder("my/pictures"))``.

    Raises ``DataError`` for a folder that is missing, empty or mixes pictures and classes, and for files that have a
    picture's ending but are none, are damaged, or have more than ``PIL.Image.MAX_IMAGE_PIXELS`` pixels.
    """
    for name, value, allowed in (("size", size, SIZES), ("channels", channels, CHANNELS)):
        if not isinstance(value, Integral) or value not in allowed:
            raise ValueError(f"{name}: expected one of {', '.join(map(str, allowed))}, got {value!r}.")
    root = _require_folder(path)
    classes, training, test = _splits(root)
    name = "folder-" + "".join(letter if letter.isalnum() else "-" for letter in root.resolve().name)[:40]
    pixels = _read([*training, *test], size, channels, name)
    labels = torch.tensor([picture.label for picture in (*training, *test)])
    n = len(training)
    return ImageData(name, pixels[:n], labels[:n], pixels[n:], labels[n:], classes).to(device)


def _require_folder(path: str | os.PathLike) -> Path:
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise ValueError(f"path: expected the path of a folder of pictures, got {path!r}.")
    root = Path(os.path.expanduser(path))
    if not os.path.isdir(root):
        what = "is a file: unpack it if it is an archive, and name the folder" if os.path.exists(root) else "is missing"
        raise DataError(f"The folder {root} {what}.")
    return root


# --- classes and splits ---


def _splits(root: Path) -> tuple[tuple[str, ...], list[_Labelled], list[_Labelled]]:
    """Class names, training pictures and test pictures, each in an order that mixes the classes."""
    parts = {name.lower(): root / name for name in _subfolders(root)}
    held_out = [name for name in HELD_OUT if name in parts]
    is_split = held_out and {*parts} == {"train", *held_out} and not any(map(_is_picture, root.iterdir()))
    if not is_split:
        classes, pictures = _labelled(root)
        return classes, *_held_out_fifth(root, classes, _shuffled(pictures))
    if len(held_out) > 1:
        print(f"Data: not read in {root}: {', '.join(held_out[1:])}. One part to test with is enough.")
    (classes, training), (test_classes, test) = _labelled(parts["train"]), _labelled(parts[held_out[0]])
    if classes != test_classes:
        one = min({*classes} ^ {*test_classes})
        raise DataError(f"{root}: only one of train and {held_out[0]} has the class {one!r}; both need all classes.")
    return classes, _shuffled(training), _shuffled(test)


def _labelled(root: Path) -> tuple[tuple[str, ...], list[_Labelled]]:
    """Class names, and all pictures in the order of their paths. Tells of files that are not read."""
    files = list(_visible_files(root))
    pictures = [file for file in files if _is_picture(file)]
    others = [file for file in files if not _is_picture(file)]
    found = f"{len(others):,} other file{'s' * (len(others) > 1)} (such as {others[0]})" if others else "no files"
    if not pictures:
        raise DataError(f"{root} holds no pictures, whose names end in {', '.join(ENDINGS)}; it has {found}.")
    if others:
        print(f"Data: not read in {root}: {found}.")
    loose = [file for file in pictures if len(file.parts) == 1]
    if len(loose) == len(pictures):
        return UNLABELLED, [_Labelled(root / file, 0) for file in pictures]
    if loose:
        raise DataError(
            f"{root} has pictures ({loose[0]}) beside subfolders with pictures: a folder holds either pictures, or one "
            f"subfolder for each class. Move the {len(loose):,} pictures into a subfolder, or away."
        )
    classes = _subfolders(root)
    if empty := sorted({*classes} - {file.parts[0] for file in pictures}):
        raise DataError(f"{root / empty[0]} is a class without pictures: put some in, or remove it.")
    return classes, [_Labelled(root / file, classes.index(file.parts[0])) for file in pictures]


def _held_out_fifth(
    root: Path, classes: Sequence[str], pictures: Sequence[_Labelled]
) -> tuple[list[_Labelled], list[_Labelled]]:
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


def _shuffled(pictures: Sequence[_Labelled]) -> list[_Labelled]:
    order = np.random.RandomState(0).permutation(len(pictures))  # its stream is the same everywhere
    return [pictures[i] for i in order]


# --- files ---


def _is_picture(file: Path) -> bool:
    return file.suffix.lower() in ENDINGS and not _hidden(file.name)


def _hidden(name: str) -> bool:
    return name.startswith(".") or name == "__MACOSX"  # in which a Mac's archives keep what it hides itself


def _subfolders(root: Path) -> tuple[str, ...]:
    return tuple(sorted(entry.name for entry in root.iterdir() if entry.is_dir() and not _hidden(entry.name)))


def _visible_files(root: Path) -> Iterator[Path]:
    """Every file below ``root``, relative to it, in an order that does not depend on the file system."""
    seen = set()  # a link may lead back to a folder above

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename} cannot be read ({error.strerror}). Correct its permissions.") from error

    for folder, subfolders, files in os.walk(root, onerror=refuse, followlinks=True):
        place = os.path.realpath(folder)
        if place in seen:
            subfolders.clear()
            continue
        seen.add(place)
        subfolders[:] = sorted(name for name in subfolders if not _hidden(name))
        yield from (Path(folder, name).relative_to(root) for name in sorted(files) if not _hidden(name))


def _read(pictures: Sequence[_Labelled], size: int, channels: int, name: str) -> Tensor:
    """uint8 [N, channels, size, size]. All files are looked at before those that are no pictures are named."""
    if len(pictures) * channels * size**2 > LARGEST:
        raise DataError(
            f"{name}: {len(pictures):,} pictures of {channels}x{size}x{size} do not fit into {LARGEST // 2**30} GiB: "
            f"load fewer of them, or smaller."
        )
    pixels = torch.empty(len(pictures), channels, size, size, dtype=torch.uint8)
    refused = []
    with progress_bar(len(pictures), "picture", f"reading {name}") as bar:
        for row, picture in zip(pixels, pictures, strict=True):
            try:
                row.copy_(read_picture(picture.path, size, channels))
            except NoPicture as error:
                refused.append(f"{picture.path} {error}")
            bar.update()
    if refused:
        refused.sort()
        more = f"; and {len(refused) - 3:,} more" if len(refused) > 3 else ""
        raise DataError(f"{'; '.join(refused[:3])}{more}. Repair or remove what is named.")
    return pixels
