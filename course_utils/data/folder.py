"""Own images: a folder of pictures as ``ImageData``, in the same units as MNIST."""

import os
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from course_utils.inputs import require_choice, require_count, shown
from course_utils.progress import progress_bar
from course_utils.tensor_inputs import require_device

from .idx import DataError
from .images import ImageData
from .picture import NoPicture, read_picture
from .subfolders import Labelled, training_and_test

SIZES, CHANNELS = (28, 32, 64), (1, 3)
LARGEST = 4 * 2**30  # bytes of pixels: the data live on the device, 350,000 RGB pictures of 64x64 at most


def load_folder(
    path: str | os.PathLike, size: int = 28, channels: int = 1, device: str | torch.device = "cpu"
) -> ImageData:
    """Load every picture in a folder: ``size`` 28, 32 or 64 pixels a side, ``channels`` 1 (grey) or 3 (RGB).

    As for torchvision's ``ImageFolder``, each subfolder is a class, in alphabetical order, with all pictures below it;
    hidden files and folders are passed over. A folder without subfolders is unlabelled: one class, every label 0.
    Subfolders "train" and "test" (or "training", "testing", "val", ...) are no classes but the split, with the same
    classes in each. Else the split is made here: a fifth of each class is for testing. Order and split depend on the
    file names only.

    Each picture is turned upright, cropped to the square in its middle, and scaled (details in ``data/picture.py``).
    Pixels are kept as uint8, and batches are float32 in -1..1, as from ``load_images``. Tell the networks the shape, as
    in ``DCGANGenerator(image_size=64, channels=3)``; a VAE of such images needs ``likelihood=Gaussian(std)``. A lesson
    takes your images in place of MNIST where it begins: ``lesson.begin("03", images=load_folder("my/pictures"))``.

    Raises ``DataError`` for a folder that is missing, empty or mixes pictures and classes, and for files that have a
    picture's ending but are none, are damaged, or have more than ``PIL.Image.MAX_IMAGE_PIXELS`` pixels.
    """
    size = require_choice("size", require_count("size", size), SIZES)
    channels = require_choice("channels", require_count("channels", channels), CHANNELS)
    require_device(device)
    root = _require_folder(path)
    classes, training, test = training_and_test(root)
    name = "folder-" + "".join(letter if letter.isalnum() else "-" for letter in root.resolve().name)[:40]
    pixels = _read([*training, *test], size, channels, name)
    labels = torch.tensor([picture.label for picture in (*training, *test)])
    n = len(training)
    return ImageData(name, pixels[:n], labels[:n], pixels[n:], labels[n:], classes).to(device)


def _require_folder(path: str | os.PathLike) -> Path:
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise ValueError(f"path must be that of a folder of pictures, not {shown(path)}")
    root = Path(os.path.expanduser(path))
    if not os.path.isdir(root):
        what = "is a file: unpack it if it is an archive, and name the folder" if os.path.exists(root) else "is missing"
        raise DataError(f"The folder {root} {what}.")
    return root


def _read(pictures: Sequence[Labelled], size: int, channels: int, name: str) -> Tensor:
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
