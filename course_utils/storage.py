"""Files that are whole, or not there: whatever the course keeps goes through here."""

import io
import json
import os
import zipfile
from contextlib import suppress
from pathlib import Path


class DamagedFile(RuntimeError):
    """A stored file is not what was written; the message names it."""


def write_whole(path: str | os.PathLike, content: bytes) -> None:
    """Write a file so that a reader, or a kill at any moment, finds either the old content or the new, whole.

    It is written beside its place, flushed to the disk, and only then renamed onto it, which is atomic. Missing
    folders are made. Raises OSError where there is no place or no right to write.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")  # another process may write the same file now
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_json(path: str | os.PathLike, content: object) -> None:
    """Readable JSON, through `write_whole`."""
    write_whole(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def save_tensors(path: str | os.PathLike, content: dict) -> None:
    """Tensors, numbers, strings and containers of them, in torch's format, through `write_whole`."""
    import torch

    buffer = io.BytesIO()
    torch.save(content, buffer)
    write_whole(path, buffer.getvalue())


def load_tensors(path: str | os.PathLike) -> dict:
    """What `save_tensors` wrote, on the CPU.

    Raises DamagedFile if anything of it is missing or changed, or if loading would run code; FileNotFoundError if
    there is no such file.
    """
    import torch

    try:
        with zipfile.ZipFile(path) as file:  # torch's format, whose check sums torch.load does not look at
            if wrong := file.testzip():
                raise zipfile.BadZipFile(wrong)
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise
    except Exception as error:  # torch.load raises many kinds
        raise DamagedFile(f"{path} is damaged, or was not written by this course ({type(error).__name__})") from error
