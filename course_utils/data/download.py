"""Fetching a data set, once for all processes: through torchvision, which knows the mirrors."""

import contextlib
import os
import queue
import shutil
import socket
import tempfile
import threading
import time
import urllib.request
import zlib
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from course_utils.storage import locked

from .idx import DataError

if TYPE_CHECKING:
    from .mnist import Source

_PATIENCE = 10.0  # seconds of silence after which a download is given up
_PREFIX = "download-"  # of the folder that a download fills


class Unavailable(DataError):
    """There is no local copy, and none can be fetched."""


def download(source: "Source", cache: Path) -> None:
    """Make ``<cache>/<source.folder>``, whole and checked; who comes while another process does it waits for it.

    Raises ``Unavailable``, with the reason.
    """
    from torchvision import datasets  # here, because it takes seconds to import and only a download needs it

    dataset = getattr(datasets, source.folder)
    if not reachable(dataset.mirrors):
        raise Unavailable("no network")
    target = cache / source.folder
    try:
        waiting = f"Another process is fetching data into {cache}; waiting for it ..."
        with locked(cache / "download", said=waiting):
            for abandoned in cache.glob(f"{_PREFIX}*"):  # by a process that was killed: it held the lock before us
                shutil.rmtree(abandoned, ignore_errors=True)
            if not target.exists():
                _fetch(source, dataset, target)
    except (OSError, HTTPException, RuntimeError, EOFError, zlib.error, DataError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise Unavailable(f"the download into {cache} failed: {reason}") from error


def _fetch(source: "Source", dataset: type, target: Path) -> None:
    """Fetch into a temporary folder, check, and only then move the whole folder into its place at once."""
    with tempfile.TemporaryDirectory(prefix=_PREFIX, dir=target.parent) as temporary:
        print(f"Fetching {source.title} into {target.parent} ...", flush=True)
        with _socket_timeout(_PATIENCE):
            dataset(root=temporary, download=True)  # compares each archive with its published MD5
        fetched = Path(temporary) / source.folder
        for archive in fetched.glob("raw/*.gz"):
            archive.unlink()
        source.read(fetched / "raw", "The mirror serves other data.")
        try:
            os.replace(fetched, target)
        except OSError:
            if not target.is_dir():  # else another process was first, on a file system without locks
                raise


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
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
