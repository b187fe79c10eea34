"""Files that are whole, or not there, and one lock for what only one process may do at a time.

Whatever the course keeps goes through here.
"""

import errno
import glob
import io
import json
import os
import secrets
import stat
import time
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

_PATIENCE = 0.1  # seconds between two looks at a lock that another process holds


class DamagedFile(RuntimeError):
    """A stored file is not what was written; the message names it."""


class FileInUse(RuntimeError):
    """Another process holds the lock of a file; the message names it."""


# --- whole files ---


def write_whole(path: str | os.PathLike, content: bytes) -> None:
    """Write a file so that a reader, or a kill at any moment, finds either the old content or the new, whole.

    It is written beside its place, flushed to the disk, and only then renamed onto it, which is atomic. Missing
    folders are made. What killed writers of the same file have left beside it is removed. Where `path` is a link, the
    link is replaced, and the file that it points to stays as it is. Raises OSError where there is no place or no right
    to write, or where a folder, a pipe or a device has this name.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileNotFoundError):
        _require_regular(os.stat(path), path)
    _remove_abandoned(path)
    with _partial(path) as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
        if os.name == "nt":
            file.close()  # Windows renames no open file
        os.replace(file.name, path)


@contextmanager
def _partial(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` that the writer holds by a lock as long as it lives; removed at the end.

    Its name is random, because process numbers repeat in containers. Mode "x" follows no link, and umask gives the
    permissions, as for any new file.
    """
    while True:
        with open(path.parent / f".{path.name}.{secrets.token_hex(8)}.partial", "xb") as file:
            if not _lock(file) or not os.path.lexists(file.name):
                continue  # another writer found it before it was locked, and takes it for abandoned
            try:
                yield file
            finally:
                file.close()
                with suppress(OSError):
                    os.unlink(file.name)
            return


def _remove_abandoned(path: Path) -> None:
    """Remove partial files of `path` whose writers are dead. What cannot be removed stays."""
    for partial in path.parent.glob(f".{glob.escape(path.name)}.*.partial"):
        with suppress(OSError):
            if os.name == "nt":
                partial.unlink()  # which Windows refuses while a writer has it open
                continue
            with open(partial, "rb", opener=_open_no_link) as file:
                if _lock(file, certain=True):
                    partial.unlink()


@contextmanager
def open_regular(path: str | os.PathLike) -> Iterator[BinaryIO]:
    """Open a file for reading, but nothing that is no file: a pipe would wait for ever, a device never end.

    Raises OSError: FileNotFoundError, PermissionError, IsADirectoryError, or one that says "Not a regular file".
    """
    with open(path, "rb", opener=_open_at_once) as file:
        _require_regular(os.fstat(file.fileno()), path)
        yield file


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _open_no_link(path: str, flags: int) -> int:
    return _open_at_once(path, flags | getattr(os, "O_NOFOLLOW", 0))


def _require_regular(status: os.stat_result, path: str | os.PathLike) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "Not a regular file", os.fspath(path))


# --- one process at a time ---


@contextmanager
def locked(path: str | os.PathLike, wait: bool = True, said: str = "") -> Iterator[None]:
    """Hold the lock of a file: at most one process is inside at a time.

    The lock is a file of its own beside `path`, `.NAME.lock`, made and removed here; `path` itself is not touched, and
    need not exist. Missing folders are made. If the holder dies, however, its lock is free. Where another process, or
    this one, holds it: with `wait`, `said` is printed and the lock awaited; else FileInUse. Raises OSError where no
    lock file can be made, as in a folder that is only read. A file system without locks keeps nobody out.
    """
    path = Path(path)
    lock = path.parent / f".{path.name}.lock"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = _acquire(lock)
        if file is None and wait and said:
            print(said, flush=True)
        while file is None and wait:
            time.sleep(_PATIENCE)
            file = _acquire(lock)
    except OSError as error:
        raise OSError(error.errno, f"No lock can be made ({error.strerror or error})", str(path)) from error
    if file is None:
        raise FileInUse(f"{path} is in use: another process, or another run in this one, has locked it")
    try:
        yield
    finally:
        if os.name == "nt":
            file.close()  # Windows removes no open file, and so none that another has locked since
        with suppress(OSError):
            lock.unlink()  # elsewhere while it is held, for the same reason
        file.close()


@contextmanager
def locked_if_possible(path: str | os.PathLike, said: str) -> Iterator[None]:
    """As `locked`, but where no lock can be made, nobody is kept out: who writes there will fail, and say so."""
    with ExitStack() as stack:
        with suppress(OSError):
            stack.enter_context(locked(path, said=said))
        yield


def _acquire(lock: Path) -> BinaryIO | None:
    """The lock file, open and held; None if another holds it."""
    while True:
        try:
            descriptor = _open_no_link(str(lock), os.O_RDWR | os.O_CREAT)  # to lock is to write, on some network disks
        except PermissionError:
            if not lock.exists():
                raise
            descriptor = _open_no_link(str(lock), os.O_RDONLY)  # another user's, in a folder that a class shares
        file = os.fdopen(descriptor, "rb")
        if not _lock(file):
            file.close()
            return None
        with suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(file.fileno()), os.lstat(lock)):
                return file
        file.close()  # its holder removed it between our opening it and its being free


def _lock(file: BinaryIO, certain: bool = False) -> bool:
    """Lock an open file until it is closed, or its process ends; False if another has locked it.

    A file system without locks grants any, but not one that must be `certain`.
    """
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError as error:
        held = error.errno in (errno.EWOULDBLOCK, errno.EACCES)  # EACCES: what Windows says
        return not held and not certain


# --- what the files hold ---


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

    Raises DamagedFile if anything of it is missing or changed, or if loading would run code. A file that cannot be read
    may be whole: that is an OSError (no such file, no right, a folder, a pipe), and nothing to delete it for.
    """
    import torch

    with open_regular(path) as file:
        content = io.BytesIO(file.read())
    try:
        with zipfile.ZipFile(content) as archive:  # torch's format, whose check sums torch.load does not look at
            if any(part.compress_type != zipfile.ZIP_STORED for part in archive.infolist()):
                raise zipfile.BadZipFile("compressed")  # torch never does that, and a small file could fill the memory
            if wrong := archive.testzip():
                raise zipfile.BadZipFile(wrong)
        content.seek(0)
        return torch.load(content, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # torch.load raises many kinds
        raise DamagedFile(f"{path} is damaged, or was not written by this course ({type(error).__name__})") from error
