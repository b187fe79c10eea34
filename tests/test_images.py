import contextlib
import ctypes
import dataclasses
import gzip
import hashlib
import http.server
import os
import shutil
import signal
import socket
import struct
import sys
import threading
import time
import tracemalloc
import warnings
from pathlib import Path

import pytest
import torch

from course_utils import data
from course_utils.data import DataError, ImageData, cache_folder, download, load_images, mnist, normalise, to_uint8
from course_utils.data.order import fixed_order

REAL = os.environ.get("COURSE_DATA")  # read before the fixture below hides it
SHAPES = [(60, 28, 28), (60,), (20, 28, 28), (20,)]  # of a small stand-in for MNIST
NAMES = [file.name for file in mnist.MNIST.files]


def idx(values: torch.Tensor) -> bytes:
    """The idx format, written here independently of the package's reader."""
    return (
        struct.pack(">BBBB", 0, 0, 8, values.ndim)
        + struct.pack(f">{values.ndim}I", *values.shape)
        + bytes(values.flatten().tolist())
    )


def stand_in() -> dict[str, bytes]:
    generator = torch.Generator().manual_seed(0)
    levels = [256, 10, 256, 10]
    values = [
        torch.randint(n, shape, generator=generator, dtype=torch.uint8) for n, shape in zip(levels, SHAPES, strict=True)
    ]
    return dict(zip(NAMES, map(idx, values), strict=True))


FILES = stand_in()


@pytest.fixture(autouse=True)
def small_world(tmp_path, monkeypatch):
    """Every test starts with an empty cache, no COURSE_DATA and no network, and expects small files."""
    for name in ("COURSE_DATA", "COURSE_DATASET", "http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    md5s = [hashlib.md5(FILES[name]).hexdigest() for name in NAMES]
    small = tuple(map(mnist.IdxFile, NAMES, SHAPES, md5s))
    monkeypatch.setattr(
        data.images,
        "_SOURCES",
        {
            "mnist": mnist.MNIST._replace(files=small),
            "fashion-mnist": mnist.FASHION_MNIST._replace(files=small),
        },
    )
    monkeypatch.setattr(download, "reachable", lambda urls: False)


def write(root: Path, folder: str = "MNIST", compressed: bool = False) -> Path:
    raw = root / folder / "raw"
    raw.mkdir(parents=True)
    for name, content in FILES.items():
        if compressed:
            (raw / f"{name}.gz").write_bytes(gzip.compress(content))
        else:
            (raw / name).write_bytes(content)
    return raw


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A whole local copy, with COURSE_DATA pointing at it."""
    raw = write(tmp_path / "given")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    return raw


def forked(work) -> int:
    """Run ``work`` in a copy of this process, which needs no imports again; its process id."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # on forking beside threads: the copy uses none
        child = os.fork()
    if child == 0:
        try:
            torch.set_num_threads(1)
            work()
            os._exit(0)
        finally:
            os._exit(1)
    return child


# --- a batch ---


def test_normalise_and_back():
    levels = torch.arange(256, dtype=torch.uint8)
    x = normalise(levels)
    assert x.dtype == torch.float32
    assert x[0] == -1
    assert x[-1] == 1
    torch.testing.assert_close(x.double(), levels.double() / 127.5 - 1, atol=2e-7, rtol=0)
    assert torch.equal(levels, torch.arange(256, dtype=torch.uint8))  # not changed in place
    assert torch.equal(to_uint8(x), levels)
    assert to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]
    assert to_uint8(torch.zeros(1, requires_grad=True, dtype=torch.float64)).tolist() == [128]
    with pytest.raises(ValueError, match="uint8.*normalised already"):
        normalise(x)


def test_batch_draws_by_index(folder):
    images = load_images()
    torch.manual_seed(1)
    x = images.batch(500)
    assert x.shape == (500, 1, 28, 28)
    assert x.dtype == torch.float32
    assert x.min() == -1 and x.max() == 1
    torch.manual_seed(1)
    again, labels = images.batch_with_labels(500)
    assert torch.equal(x, again)
    same = (to_uint8(x)[:, None] == images.images).flatten(2).all(2)  # [500, 60]: which image is it
    assert same.sum(1).tolist() == [1] * 500
    assert same.any(0).sum() >= 55  # all of them are drawn
    assert torch.equal(labels, images.labels[same.int().argmax(1)])
    assert not torch.equal(images.batch(500), x)


def test_fixed_images_for_evaluation(folder):
    images = load_images()
    assert torch.equal(images.fixed(20)[:5], images.fixed(5))
    assert torch.equal(load_images().fixed(5), images.fixed(5))
    assert not torch.equal(images.fixed(5), normalise(images.images[:5]))
    assert fixed_order(60)[:8].tolist() == [18, 47, 5, 10, 29, 26, 13, 22]  # the same on every machine
    for split, pixels, labels in (
        ("train", images.images, images.labels),
        ("test", images.test_images, images.test_labels),
    ):
        n = len(pixels)
        x, chosen = images.fixed_with_labels(n, split)
        order = fixed_order(n)
        assert torch.equal(x, normalise(pixels[order])) and torch.equal(chosen, labels[order])
        assert sorted(order.tolist()) == list(range(n))  # all of them, once each
    with pytest.raises(ValueError, match="n must be from 1 to 20, not 21: the size of the test split"):
        images.fixed(21, split="test")
    with pytest.raises(ValueError, match="n must be from 1 to 60, not 0"):
        images.fixed(0)
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', not 'valid'"):
        images.fixed(1, split="valid")


def test_fresh_images_are_none_of_the_fixed_ones(folder):
    images = load_images()
    x, labels = images.fresh_with_labels(30)
    assert torch.equal(images.fresh(7), x[:7])
    assert not (x[:, None] == images.fixed(30)).flatten(2).all(2).any()
    everything = torch.cat([images.fixed(30), x])
    assert torch.allclose(everything.sum(0), images.fixed(60).sum(0), atol=1e-4)  # the two halves are all there is
    same = (to_uint8(x)[:, None] == images.images).flatten(2).all(2)
    assert torch.equal(labels, images.labels[same.int().argmax(1)])
    with pytest.raises(ValueError, match="n must be from 1 to 30, not 31: the other ones of the 60 training images"):
        images.fresh(31)
    one = dataclasses.replace(images, images=images.images[:1], labels=images.labels[:1])
    with pytest.raises(ValueError, match="fresh images are others.*one training image only"):
        one.fresh(1)


def test_where_the_test_images_come_from(folder):
    assert load_images("mnist").test_source == "other writers"
    assert load_images("digits").test_source == ""
    with pytest.raises(ValueError, match="test_source must be str"):
        dataclasses.replace(load_images("digits"), test_source=None)


def test_image_data_describes_itself(folder):
    images = load_images("mnist")
    assert repr(images) == ("ImageData(mnist: 60 training and 20 test images 1x28x28, 10 classes, on cpu)")
    assert (images.channels, images.image_size, images.device) == (1, 28, torch.device("cpu"))
    assert images.classes == tuple("0123456789")
    assert (images.images.dtype, images.labels.dtype) == (torch.uint8, torch.int64)
    with pytest.raises(AttributeError):
        images.name = "other"
    moved = images.to("meta")
    assert isinstance(moved, ImageData)
    for tensor in (moved.images, moved.labels, moved.test_images, moved.test_labels):
        assert tensor.device.type == "meta"
    assert moved.batch(3).shape == (3, 1, 28, 28)  # the indices are drawn on the device too
    assert load_images("mnist", device="meta").device.type == "meta"


def test_fingerprint_depends_on_the_data(folder):
    first, second = load_images(), load_images()
    assert first.fingerprint == second.fingerprint
    assert len(first.fingerprint) == 12
    second.test_labels[3] += 1
    third = second.to("cpu")
    assert third.fingerprint != first.fingerprint


# --- the embedded digits ---


def test_digits():
    digits = load_images("digits")
    assert digits.images.shape == (1437, 1, 28, 28)
    assert digits.test_images.shape == (360, 1, 28, 28)
    assert digits.images.dtype == torch.uint8
    assert (digits.images.min(), digits.images.max()) == (0, 255)
    assert digits.labels.bincount(minlength=10).min() >= 130
    assert digits.test_labels.bincount(minlength=10).min() >= 25
    assert digits.labels[:8].tolist() == load_images("digits").labels[:8].tolist()

    from sklearn.datasets import load_digits

    pixels, labels = load_digits(return_X_y=True)
    counts = torch.cat([digits.labels, digits.test_labels]).bincount()
    assert torch.equal(counts, torch.from_numpy(labels).bincount())  # each is in one split
    # The mean grey level survives the enlargement.
    everything = torch.cat([digits.images, digits.test_images]).double()
    assert everything.mean().item() == pytest.approx(pixels.mean() * 255 / 16, rel=0.02)
    # An enlarged digit, made small again, is nearest to its own original, whose label it keeps.
    small = torch.nn.functional.interpolate(everything, size=8, mode="area").flatten(1)
    nearest = torch.cdist(small[:200], torch.from_numpy(pixels) * 255 / 16).argmin(1)
    assert torch.equal(torch.from_numpy(labels)[nearest], digits.labels[:200])
    assert len(nearest.unique()) >= 199


def test_no_copy_and_no_network_falls_back_in_one_line(capsys):
    images = load_images()
    assert images.name == "digits"
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "digits" in said and "MNIST" in said and "no network" in said
    assert load_images("digits").name == "digits"
    assert capsys.readouterr().out == ""  # what was asked for needs no word


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
@pytest.mark.parametrize("by", ["argument", "variable"])
def test_a_named_set_is_never_replaced(name, by, monkeypatch):
    if by == "variable":
        monkeypatch.setenv("COURSE_DATASET", name)
    folder = {"mnist": "MNIST", "fashion-mnist": "FashionMNIST"}[name]
    with pytest.raises(DataError, match=rf"no network.*COURSE_DATA.*{folder}/raw.*'digits'"):
        load_images(name if by == "argument" else None)


def test_names(folder, monkeypatch):
    with pytest.raises(ValueError, match="'mnist', 'fashion-mnist' or 'digits', got 'cifar'"):
        load_images("cifar")
    monkeypatch.setenv("COURSE_DATASET", "digits")
    assert load_images().name == "digits"
    assert load_images("mnist").name == "mnist"  # the argument wins
    monkeypatch.setenv("COURSE_DATASET", "MNIST!")
    with pytest.raises(ValueError, match="COURSE_DATASET.*'MNIST!'"):
        load_images()


# --- a local copy ---


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(("name", "directory"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
@pytest.mark.parametrize("place", ["given", "cache"])
def test_local_copies_are_read_and_left_alone(place, name, directory, compressed, tmp_path, monkeypatch, capsys):
    raw = write(tmp_path / place, directory, compressed)
    if place == "given":
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / place))
    before = sorted(os.walk(tmp_path))
    images = load_images(name)
    assert sorted(os.walk(tmp_path)) == before
    assert images.name == name
    assert images.classes[1] == {"mnist": "1", "fashion-mnist": "Trouser"}[name]
    assert len(images.classes) == 10
    contents = [images.images, images.labels, images.test_images, images.test_labels]
    for file, tensor, shape in zip(NAMES, contents, SHAPES, strict=True):
        assert idx(tensor.view(shape)) == FILES[file]
    assert capsys.readouterr().out == ""
    assert raw.exists()


def test_the_given_folder_comes_before_the_cache(folder, tmp_path):
    (write(tmp_path / "cache") / NAMES[0]).write_bytes(b"damaged, but not looked at")
    assert load_images().name == "mnist"


def test_a_given_folder_without_the_set_leads_to_the_cache(tmp_path, monkeypatch):
    (tmp_path / "given").mkdir()
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    write(tmp_path / "cache")
    assert load_images().name == "mnist"


def test_a_given_folder_that_is_not_there_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "nowhere"))
    with pytest.raises(DataError, match="COURSE_DATA.*nowhere.*not a folder.*unset it"):
        load_images()


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])


DAMAGE = {
    "empty": (lambda c: b"", r"truncated: 0 bytes found, {size:,} expected"),
    "header cut": (lambda c: c[:6], r"truncated: 6 bytes found, {size:,} expected"),
    "truncated": (lambda c: c[:-1], r"truncated: {less:,} bytes found, {size:,} expected"),
    "too long": (lambda c: c + b"\0", r"too long: over {size:,} bytes found, {size:,} expected"),
    "wrong magic": (lambda c: b"\x1f\x8b" + c[2:], r"starts with bytes 1f8b.*, 000008.* expected"),
    "wrong sizes": (lambda c: c[:7] + b"\x07" + c[8:], r"starts with bytes .*, 000008.* expected"),
    "one bit": (flipped, r"wrong content: MD5 [0-9a-f]{{32}} found, {md5} expected"),
}


@pytest.mark.parametrize("place", ["given", "cache"])
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named_and_never_skipped(damage, name, place, tmp_path, monkeypatch):
    raw = write(tmp_path / place)
    if place == "given":
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / place))
        write(tmp_path / "cache")  # a whole copy elsewhere does not hide the damage
    content = FILES[name]
    change, message = DAMAGE[damage]
    (raw / name).write_bytes(change(content))
    size = len(content)
    message = message.format(size=size, less=size - 1, md5=hashlib.md5(content).hexdigest())
    remedy = "unset COURSE_DATA" if place == "given" else "Delete the folder .*MNIST: .*fetches it again"
    with pytest.raises(DataError, match=rf"^{raw / name} .*{message}.*{remedy}"):
        load_images()


@pytest.mark.parametrize("damage", ["truncated", "not gzip", "one bit"])
def test_a_damaged_archive_is_named(damage, tmp_path, monkeypatch):
    raw = write(tmp_path / "given", compressed=True)
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    path = raw / f"{NAMES[2]}.gz"
    good = path.read_bytes()
    middle = len(good) // 2
    bad = {
        "truncated": good[:middle],
        "not gzip": b"<html>Please log in</html>",
        "one bit": good[:middle] + bytes([good[middle] ^ 16]) + good[middle + 1 :],
    }
    path.write_bytes(bad[damage])
    with pytest.raises(DataError, match=rf"^{path} .*unset COURSE_DATA"):
        load_images()


def test_a_missing_file_is_named(folder):
    (folder / NAMES[3]).unlink()
    with pytest.raises(DataError, match=rf"^{folder / NAMES[3]} is missing"):
        load_images()
    shutil.rmtree(folder)
    with pytest.raises(DataError, match=rf"^{folder / NAMES[0]} is missing"):
        load_images()


@pytest.mark.parametrize("place", ["given", "cache"])
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("what", ["folder", "pipe", "denied"])
def test_an_unreadable_file_is_named_and_not_to_be_deleted(what, suffix, place, tmp_path, monkeypatch):
    """A pipe would hang for ever. What cannot be read may be whole: nobody is told to delete it."""
    raw = write(tmp_path / place, compressed=bool(suffix))
    if place == "given":
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / place))
    path, reason = raw / f"{NAMES[0]}{suffix}", "Permission denied"
    if what == "denied":
        opened = os.open

        def denied(name, *args):
            if Path(name) == path:
                raise PermissionError(13, reason, name)
            return opened(name, *args)

        monkeypatch.setattr(os, "open", denied)
    else:
        if what == "pipe" and not hasattr(os, "mkfifo"):
            pytest.skip("needs POSIX pipes")
        path.unlink()
        (os.mkfifo if what == "pipe" else os.mkdir)(path)
        reason = {"folder": "Is a directory", "pipe": "Not a regular file"}[what]
    with pytest.raises(DataError, match=rf"^{path} cannot be read \({reason}\)") as caught:
        load_images()
    assert "elete" not in str(caught.value)


def test_a_small_archive_cannot_fill_the_memory(tmp_path, monkeypatch):
    path = write(tmp_path / "given", compressed=True) / f"{NAMES[0]}.gz"
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "given"))
    with gzip.open(path, "wb", compresslevel=1) as archive:
        for _ in range(100):
            archive.write(bytes(1_000_000))
    tracemalloc.start()
    with pytest.raises(DataError, match=rf"^{path} is too long: over 47,056 bytes found, 47,056 expected"):
        load_images()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize("levels", ["MNIST", "MNIST/raw", ".."])
@pytest.mark.parametrize("compressed", [False, True])
def test_a_given_folder_one_level_off_is_understood(levels, compressed, tmp_path, monkeypatch, capsys):
    """Too deep, deeper still, too high: the digits are no answer to any of them."""
    write(tmp_path / "above" / "given", compressed=compressed)
    monkeypatch.setenv("COURSE_DATA", os.path.normpath(tmp_path / "above" / "given" / levels))
    images = load_images()
    assert images.name == "mnist" and len(images.images) == 60
    assert capsys.readouterr().out == ""


def test_a_given_folder_that_leads_nowhere_is_said(tmp_path, monkeypatch):
    write(tmp_path / "much" / "too" / "high")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "much"))
    for name in (None, "mnist", "fashion-mnist"):
        with pytest.raises(DataError, match=rf"COURSE_DATA is '{tmp_path / 'much'}', where there is no .*MNIST/raw"):
            load_images(name)


def test_another_data_set_under_the_same_file_names_is_named(tmp_path, monkeypatch):
    raw = write(tmp_path / "given", "FashionMNIST")
    monkeypatch.setenv("COURSE_DATA", str(raw))
    small = data.images._SOURCES["mnist"]
    monkeypatch.setitem(data.images._SOURCES, "mnist", small._replace(files=(small.files[0]._replace(md5="0"),)))
    with pytest.raises(DataError, match=rf"^{raw / NAMES[0]} has the wrong content.*a whole copy of MNIST there"):
        load_images("mnist")


def test_fashion_mnist_is_known_byte_by_byte(tmp_path):
    """Shuffled labels, and images of digits, are right in all but their content."""
    for file in mnist.FASHION_MNIST.files:
        (tmp_path / file.name).write_bytes(file.header + bytes(file.size - len(file.header)))
        with pytest.raises(DataError, match=rf"^{tmp_path / file.name} has the wrong content: MD5"):
            file.read(tmp_path, "")


@pytest.mark.parametrize("name", ["given", "cache"])
def test_an_unreadable_folder_is_named(name, tmp_path, monkeypatch):
    write(tmp_path / name)
    if name == "given":
        monkeypatch.setenv("COURSE_DATA", str(tmp_path / name))

    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "listdir", denied)
    with pytest.raises(DataError, match=rf"{tmp_path / name} cannot be read \(Permission denied\)"):
        load_images()


@pytest.mark.skipif(not REAL, reason="COURSE_DATA is not set")
def test_the_real_mnist_is_no_fashion(tmp_path, monkeypatch):
    monkeypatch.undo()
    (tmp_path / "FashionMNIST").symlink_to(Path(REAL).absolute() / "MNIST")
    monkeypatch.setenv("COURSE_DATA", str(tmp_path))
    with pytest.raises(DataError, match=f"FashionMNIST/raw/{NAMES[0]} has the wrong content"):
        load_images("fashion-mnist")


@pytest.mark.skipif(not REAL, reason="COURSE_DATA is not set")
def test_the_real_mnist(tmp_path, monkeypatch):
    monkeypatch.undo()
    images = load_images("mnist")
    assert images.images.shape == (60_000, 1, 28, 28)
    assert images.test_images.shape == (10_000, 1, 28, 28)
    assert images.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert images.test_labels[:5].tolist() == [7, 2, 1, 0, 4]
    assert images.images.float().mean().item() / 255 == pytest.approx(0.1307, abs=1e-4)

    shutil.copytree(REAL, tmp_path / "copy", copy_function=os.symlink)  # one file is truncated, the rest linked
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "copy"))
    path = tmp_path / "copy" / "MNIST" / "raw" / NAMES[2]
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:1_000_000])
    with pytest.raises(DataError, match="truncated: 1,000,000 bytes found, 7,840,016 expected"):
        load_images()


# --- fetching ---


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves the archives, well or badly, as ``mode`` says."""

    mode = "good"
    served: list[str] = []

    def do_GET(self):
        self.served.append(self.path)
        content = gzip.compress(FILES[Path(self.path).stem], mtime=0)
        if self.mode == "login page":
            content = b"<html>Please log in</html>"
        self.send_response(404 if self.mode == "gone" else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        second_file = NAMES[1] in self.path
        if self.mode in ("cut", "silent") and second_file:
            self.wfile.write(content[: len(content) // 2])
            self.wfile.flush()
            if self.mode == "silent":
                self.server.stop.wait(300)
            self.close_connection = True
        else:
            self.wfile.write(content)

    def log_message(self, *_):
        pass


@pytest.fixture
def mirror(monkeypatch):
    """A mirror on this machine, the only one torchvision knows of."""
    datasets = pytest.importorskip("torchvision.datasets")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.daemon_threads, server.stop = True, threading.Event()
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    resources = [(f"{n}.gz", hashlib.md5(gzip.compress(FILES[n], mtime=0)).hexdigest()) for n in NAMES]
    for dataset in (datasets.MNIST, datasets.FashionMNIST):
        monkeypatch.setattr(dataset, "mirrors", [f"http://127.0.0.1:{server.server_port}/"])
        monkeypatch.setattr(dataset, "resources", resources)
    monkeypatch.setattr(download, "reachable", lambda urls: True)
    monkeypatch.setattr(download, "_PATIENCE", 0.5)
    monkeypatch.setattr(Mirror, "served", [])
    monkeypatch.setenv("no_proxy", "*")
    yield server
    server.stop.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(("name", "directory"), [("mnist", "MNIST"), ("fashion-mnist", "FashionMNIST")])
def test_a_download_fills_the_cache_once(name, directory, mirror, monkeypatch):
    first = load_images(name)
    assert first.name == name
    assert [path.name for path in cache_folder().iterdir()] == [directory]
    assert sorted(path.name for path in (cache_folder() / directory / "raw").iterdir()) == sorted(NAMES)
    assert socket.getdefaulttimeout() is None
    monkeypatch.setattr(download, "reachable", lambda urls: pytest.fail("there is a copy: no need to ask the network"))
    assert load_images(name).fingerprint == first.fingerprint


@pytest.mark.parametrize("mode", ["cut", "silent", "login page", "gone"])
def test_a_failed_download_leaves_nothing_behind(mode, mirror, monkeypatch, capsys):
    monkeypatch.setattr(Mirror, "mode", mode)
    start = time.monotonic()
    with pytest.raises(DataError, match="the download into .* failed: .*COURSE_DATA"):
        load_images("mnist")
    assert time.monotonic() - start < 150  # the silent mirror would hold out for 300 s
    assert list(cache_folder().iterdir()) == []
    assert socket.getdefaulttimeout() is None
    capsys.readouterr()
    assert load_images().name == "digits"  # with the reason, when MNIST was not named
    said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Data: ")]
    assert len(said) == 1
    assert "failed" in said[0]
    monkeypatch.setattr(Mirror, "mode", "good")
    assert load_images().name == "mnist"


def test_a_mirror_with_other_files_is_refused(mirror, monkeypatch):
    """Archives that torchvision accepts, but whose content is not what the course expects."""
    wrong = data.images._SOURCES["mnist"]
    files = (wrong.files[0]._replace(md5="0" * 32), *wrong.files[1:])
    monkeypatch.setattr(data.images, "_SOURCES", {"mnist": wrong._replace(files=files)})
    with pytest.raises(DataError, match="wrong content: MD5"):
        load_images("mnist")
    assert list(cache_folder().iterdir()) == []


def test_a_cache_that_cannot_be_written_is_named(mirror, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(DataError, match=r"file/cache"):
        load_images("mnist")


def test_whoever_is_second_uses_the_first_copy(mirror, monkeypatch):
    """On a file system without locks, two processes fetch at once: the slower one comes to move its own copy."""
    original = os.replace

    def overtaken(fetched, target):
        shutil.copytree(fetched, target)
        original(fetched, target)

    monkeypatch.setattr(os, "replace", overtaken)
    assert load_images("mnist").name == "mnist"
    assert [path.name for path in cache_folder().iterdir()] == ["MNIST"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_thirty_processes_at_once_fetch_once(mirror, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "_PATIENCE", 20)

    def load():
        assert len(load_images("mnist").images) == 60

    load()
    alone = Mirror.served.copy()
    Mirror.served.clear()
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "shared by thirty"))
    children = [forked(load) for _ in range(30)]
    assert {os.waitpid(child, 0)[1] for child in children} == {0}
    assert Mirror.served == alone
    assert [path.name for path in cache_folder().iterdir()] == ["MNIST"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and SIGKILL")
def test_a_killed_download_is_not_mistaken_for_data(mirror, monkeypatch):
    monkeypatch.setattr(Mirror, "mode", "silent")
    monkeypatch.setattr(download, "_PATIENCE", 300)
    child = forked(lambda: load_images("mnist"))
    half_done = f"download-*/MNIST/raw/{NAMES[0]}"
    deadline = time.monotonic() + 120
    while not list(cache_folder().glob(half_done)) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert list(cache_folder().glob(half_done))
    assert not (cache_folder() / "MNIST").exists()
    monkeypatch.setattr(Mirror, "mode", "good")
    assert load_images("mnist").name == "mnist"
    assert [path.name for path in cache_folder().iterdir()] == ["MNIST"]  # what was left over is gone, too


# --- is there a network ---


@pytest.fixture
def ask(monkeypatch, small_world):
    monkeypatch.undo()  # the real ``reachable`` again
    monkeypatch.setenv("no_proxy", "*")
    return download.reachable


def test_reachable(ask, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert ask([f"http://127.0.0.1:{port}/x"])
        monkeypatch.setenv("http_proxy", f"127.0.0.1:{port}")  # a proxy is asked in place of the host
        monkeypatch.setenv("no_proxy", "")
        assert ask(["http://nowhere.invalid/x"])
        monkeypatch.setenv("no_proxy", "*")
    assert not ask([f"http://127.0.0.1:{port}/x"])  # closed now
    assert not ask(["http://nowhere.invalid/", "https://nowhere.invalid:bad/"])
    assert not ask([])


def test_a_network_that_swallows_everything_is_given_up_in_time(ask, monkeypatch):
    def name_server_that_never_answers(*_, **__):
        time.sleep(60)
        raise OSError

    monkeypatch.setattr(socket, "getaddrinfo", name_server_that_never_answers)
    start = time.monotonic()
    assert not ask(["http://nowhere.invalid/", "https://nowhere.invalid/"], seconds=0.3)
    assert time.monotonic() - start < 30
    assert download.reachable.__defaults__[0] < 5


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs Linux's unshare")
def test_with_the_network_cut(ask, tmp_path, monkeypatch):
    """The real thing: a process that the kernel has left without any network, not even a loopback."""
    pytest.importorskip("torchvision.datasets")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "empty"))
    for name in ("COURSE_DATA", "COURSE_DATASET"):
        monkeypatch.delenv(name, raising=False)
    report = tmp_path / "report"

    def offline():
        new_user, new_network = 0x10000000, 0x40000000
        if ctypes.CDLL(None).unshare(new_user | new_network):
            os._exit(77)  # not allowed here
        with report.open("w") as file, contextlib.redirect_stdout(file):
            start = time.monotonic()
            images = load_images()
            print(images.name, time.monotonic() - start)

    _, status = os.waitpid(forked(offline), 0)
    if os.waitstatus_to_exitcode(status) == 77:
        pytest.skip("unshare is not allowed here")
    told, result = report.read_text().splitlines()
    assert told.startswith("Data: ")
    assert "no network" in told
    name, seconds = result.split()
    assert name == "digits"
    assert float(seconds) < 60  # a name server that is waited for would take minutes
    assert not (tmp_path / "empty").exists()


# --- the cache folder ---


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", None, "home/.cache"),
        ("linux", "XDG_CACHE_HOME", "chosen"),
        ("darwin", None, "home/Library/Caches"),
        ("win32", None, "home/AppData/Local"),
        ("win32", "LOCALAPPDATA", "chosen"),
    ],
)
def test_cache_folder(platform, variable, expected, tmp_path, monkeypatch):
    assert cache_folder() == tmp_path / "cache"
    for name in ("COURSE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    if variable:
        monkeypatch.setenv(variable, str(tmp_path / "chosen"))
    assert cache_folder() == tmp_path / expected / "generative-models-course"
    assert not cache_folder().exists()
