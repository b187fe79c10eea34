"""MNIST and Fashion-MNIST: the four files found, checked byte by byte, and fetched where there is a network.

A file that is there but wrong is an error that names it. It is never skipped in favour of another source.
"""

import contextlib
import gzip
import hashlib
import math
import os
import queue
import socket
import struct
import tempfile
import threading
import time
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import torch
from torch import Tensor

from .cache import cache_folder


class DataError(ValueError):
    """Data are missing, damaged or unreadable; the message names the file, what is wrong and what to do."""


class Unavailable(DataError):
    """There is no local copy, and none can be fetched."""


class IdxFile(NamedTuple):
    """A file in the idx format: a header (magic number and sizes, big-endian), then one byte per value."""

    name: str
    shape: tuple[int, ...]
    md5: str | None = None  # of the uncompressed file, where it is published

    @property
    def header(self) -> bytes:
        magic = 0x0800 + len(self.shape)  # 08: unsigned bytes; then the number of dimensions
        return struct.pack(f">{1 + len(self.shape)}I", magic, *self.shape)

    @property
    def size(self) -> int:
        return len(self.header) + math.prod(self.shape)


class Source(NamedTuple):
    """A data set as torchvision lays it out: files in ``<root>/<folder>/raw``, each plain or as ``.gz``."""

    folder: str  # also the name of torchvision's class, which knows the mirrors
    title: str
    classes: tuple[str, ...]
    files: tuple[IdxFile, ...]  # training images, training labels, test images, test labels


MNIST = Source(
    "MNIST",
    "MNIST",
    tuple("0123456789"),
    (
        IdxFile("train-images-idx3-ubyte", (60_000, 28, 28), "6bbc9ace898e44ae57da46a324031adb"),
        IdxFile("train-labels-idx1-ubyte", (60_000,), "a25bea736e30d166cdddb491f175f624"),
        IdxFile("t10k-images-idx3-ubyte", (10_000, 28, 28), "2646ac647ad5339dbf082846283269ea"),
        IdxFile("t10k-labels-idx1-ubyte", (10_000,), "27ae3e4e09519cfbb04c329615203637"),
    ),
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
    tuple(IdxFile(name, shape) for name, shape, _ in MNIST.files),
)

_PATIENCE = 10.0  # seconds of silence after which a download is given up


def read(source: Source) -> list[Tensor]:
    """The four tensors (uint8): from ``COURSE_DATA``, else from the cache folder, else downloaded into it.

    Raises ``DataError`` when a copy is damaged, ``Unavailable`` when there is none and none can be fetched.
    """
    if given := os.environ.get("COURSE_DATA"):
        root = Path(given).expanduser()
        if not os.path.isdir(root):
            raise DataError(f"COURSE_DATA is {given!r}, which is not a folder. Correct it, or unset it.")
        if _holds(root, source):
            remedy = "Put a whole copy there, or unset COURSE_DATA."
            return _read_folder(root / source.folder / "raw", source, remedy)
    cache = cache_folder()
    if not _holds(cache, source):
        _download(source, cache)
    remedy = f"Delete the folder {cache / source.folder}: the next call fetches it again."
    return _read_folder(cache / source.folder / "raw", source, remedy)


# --- reading ---


def _holds(root: Path, source: Source) -> bool:
    """Whether ``root`` has the data set's folder. If it has, everything in it must be right."""
    try:
        return source.folder in os.listdir(root)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise DataError(f"{root} cannot be read ({error.strerror}). Correct its permissions.") from error


def _read_folder(raw: Path, source: Source, remedy: str) -> list[Tensor]:
    tensors = [_read_file(raw, file, remedy) for file in source.files]
    for file, labels in zip(source.files[1::2], tensors[1::2], strict=True):
        if labels.max() >= len(source.classes):
            last = len(source.classes) - 1
            raise DataError(f"{raw / file.name} has a label {labels.max()}, at most {last} expected. {remedy}")
    return tensors


def _read_file(raw: Path, file: IdxFile, remedy: str) -> Tensor:
    """The values of one file, after its size, its header and, where known, its MD5 were found right."""
    path = raw / file.name
    try:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            path = raw / f"{file.name}.gz"
            content = gzip.decompress(path.read_bytes())
    except FileNotFoundError:
        raise DataError(f"{raw / file.name} is missing, and so is its .gz. {remedy}") from None
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise DataError(f"{path} is truncated or no gzip file ({error}). {remedy}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read ({error.strerror or error}). {remedy}") from error

    if len(content) != file.size:
        what = "truncated" if len(content) < file.size else "too long"
        raise DataError(f"{path} is {what}: {len(content):,} bytes found, {file.size:,} expected. {remedy}")
    found = content[: len(file.header)]
    if found != file.header:
        what = f"it starts with bytes {found.hex()}, {file.header.hex()} expected"
        raise DataError(f"{path} is another kind of file: {what}. {remedy}")
    md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if file.md5 not in (None, md5):
        raise DataError(f"{path} has the wrong content: MD5 {md5} found, {file.md5} expected. {remedy}")
    return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=len(file.header)).view(file.shape)


# --- fetching ---


def _download(source: Source, cache: Path) -> None:
    """Fetch into a temporary folder, check, and only then move the whole folder into the cache at once."""
    from torchvision import datasets  # here, because it takes seconds to import and only a download needs it

    dataset = getattr(datasets, source.folder)
    if not reachable(dataset.mirrors):
        raise Unavailable("no network")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="download-", dir=cache) as temporary:
            print(f"Fetching {source.title} into {cache} ...", flush=True)
            with _socket_timeout(_PATIENCE):
                dataset(root=temporary, download=True)  # compares each archive with its published MD5
            fetched = Path(temporary) / source.folder
            for archive in fetched.glob("raw/*.gz"):
                archive.unlink()
            _read_folder(fetched / "raw", source, "The mirror serves other data.")
            _move(fetched, cache / source.folder)
    except (OSError, HTTPException, RuntimeError, EOFError, zlib.error, DataError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Unavailable(f"the download into {cache} failed: {reason}") from error


def _move(fetched: Path, target: Path) -> None:
    try:
        os.replace(fetched, target)
    except OSError:
        if not target.is_dir():  # else another process was first, and its copy serves as well
            raise


@contextlib.contextmanager
def _socket_timeout(seconds: float):
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def reachable(urls: list[str], seconds: float = 3.0) -> bool:
    """Whether a host of ``urls``, or the proxy before it, accepts a connection. Answers within ``seconds``.

    The calls run in threads because looking up a host's name has no timeout of its own.
    """
    answers: queue.Queue[bool] = queue.Queue()

    def call(url: str) -> None:
        try:
            socket.create_connection(_door(url), timeout=seconds).close()
            answers.put(True)
        except (OSError, ValueError):
            answers.put(False)

    for url in urls:
        threading.Thread(target=call, args=(url,), daemon=True).start()
    deadline = time.monotonic() + seconds
    with contextlib.suppress(queue.Empty):
        return any(answers.get(timeout=max(0.0, deadline - time.monotonic())) for _ in urls)
    return False


def _door(url: str) -> tuple[str | None, int]:
    """Host and port to connect to for ``url``."""
    parts = urlsplit(url)
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.netloc):
        parts = urlsplit(proxy if "://" in proxy else f"//{proxy}")
    return parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
