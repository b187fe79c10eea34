"""The idx format of MNIST and its successors: one file, read whole and checked byte by byte."""

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from course_utils.storage import open_regular


class DataError(ValueError):
    """Data are missing, damaged or unreadable; the message names the file, what is wrong and what to do."""


class IdxFile(NamedTuple):
    """A known file: a header (magic number and sizes, big-endian), then one byte per value."""

    name: str
    shape: tuple[int, ...]
    md5: str  # of the uncompressed file

    @property
    def header(self) -> bytes:
        magic = 0x0800 + len(self.shape)  # 08: unsigned bytes; then the number of dimensions
        return struct.pack(f">{1 + len(self.shape)}I", magic, *self.shape)

    @property
    def size(self) -> int:
        return len(self.header) + math.prod(self.shape)

    def read(self, folder: Path, remedy: str) -> Tensor:
        """The values, uint8 in this shape, from the file in ``folder``, plain or as ``.gz``.

        Raises ``DataError`` unless size, header and MD5 are right; ``remedy`` is the end of its message.
        """
        path, content = self._content(folder, remedy)
        if len(content) != self.size:
            found = f"truncated: {len(content):,}" if len(content) < self.size else f"too long: over {self.size:,}"
            raise DataError(f"{path} is {found} bytes found, {self.size:,} expected. {remedy}")
        start = content[: len(self.header)]
        if start != self.header:
            what = f"it starts with bytes {start.hex()}, {self.header.hex()} expected"
            raise DataError(f"{path} is another kind of file: {what}. {remedy}")
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        if md5 != self.md5:
            raise DataError(f"{path} has the wrong content: MD5 {md5} found, {self.md5} expected. {remedy}")
        return torch.frombuffer(bytearray(content), dtype=torch.uint8, offset=len(start)).view(self.shape)

    def _content(self, folder: Path, remedy: str) -> tuple[Path, bytes]:
        """Which file was found, and what is in it: never more than one byte too many, however long it is."""
        path = folder / self.name
        try:
            try:
                with open_regular(path) as file:
                    return path, file.read(self.size + 1)
            except FileNotFoundError:
                path = folder / f"{self.name}.gz"
                with open_regular(path) as file, gzip.open(file) as archive:
                    return path, archive.read(self.size + 1)
        except FileNotFoundError:
            raise DataError(f"{folder / self.name} is missing, and so is its .gz. {remedy}") from None
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(f"{path} is truncated or no gzip file ({error}). {remedy}") from error
        except OSError as error:  # it may be whole, so deleting it is no remedy
            raise DataError(f"{path} cannot be read ({error.strerror or error}). Put a readable file there.") from error
