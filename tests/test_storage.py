"""Stored files: whole or not there, whatever happens while they are written, and no damage goes unnoticed."""

import errno
import io
import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import torch
from conftest import ROOT

from course_utils import storage
from course_utils.storage import (
    DamagedFile,
    FileInUse,
    load_tensors,
    locked,
    open_regular,
    save_tensors,
    write_json,
    write_whole,
)

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX links, pipes and signals")


def test_a_file_is_replaced_and_its_folders_are_made(tmp_path):
    path = tmp_path / "new" / "folder" / "file"
    for content in (b"first", b"", b"third"):
        write_whole(str(path), content)
        assert path.read_bytes() == content
    assert list(path.parent.iterdir()) == [path]


def test_the_new_content_is_on_the_disk_before_it_takes_the_place_of_the_old(tmp_path, monkeypatch):
    events, replace, fsync = [], os.replace, os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (events.append("flushed"), fsync(file)))
    monkeypatch.setattr(os, "replace", lambda *paths: (events.append(Path(paths[0]).read_bytes()), replace(*paths)))
    write_whole(tmp_path / "file", b"content")
    assert events == ["flushed", b"content"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "file"
    write_whole(path, b"old")

    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_a_file_is_whole_after_a_kill_at_any_moment(tmp_path):
    path, size = tmp_path / "file", 8_000_000
    write_whole(path, b"0" * size)
    script = f"from course_utils.storage import write_whole\nn = 0\nwhile True: n += 1; write_whole({str(path)!r}, "
    script += f"str(n % 10).encode() * {size})"
    found = set()
    for kill in range(6):
        child = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT)
        before, deadline = path.stat().st_mtime_ns, time.monotonic() + 30
        while path.stat().st_mtime_ns == before and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(0.003 * kill)
        child.kill()
        child.wait()
        content = path.read_bytes()
        assert len(content) == size and len(set(content)) == 1
        found.add(content[:1])
    assert found - {b"0"}  # the children did write
    write_whole(path, b"after all")
    assert list(tmp_path.iterdir()) == [path]  # what the killed ones left is gone


def python(code: str, *argv: object) -> subprocess.Popen:
    """A process of its own, with the storage module and its arguments at hand."""
    start = f"import os, sys, time; sys.path.insert(0, {str(ROOT)!r}); from course_utils import storage\n"
    line = [sys.executable, "-c", start + code, *map(str, argv)]
    return subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_writers_with_the_same_process_number_do_not_collide(tmp_path):
    """As in containers, each of which counts from 1."""
    code = "os.getpid = lambda: 7\nfor n in range(100): storage.write_whole(sys.argv[1], bytes([n]) * 100_000)"
    children = [python(code, tmp_path / "file") for _ in range(4)]
    assert [child.wait() for child in children] == [0] * 4
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_the_file_of_a_living_writer_is_left_alone(tmp_path):
    code = "fsync = os.fsync\nos.fsync = lambda file: (fsync(file), print('written', flush=True), input())\n"
    slow = python(code + "storage.write_whole(sys.argv[1], b'slow')", tmp_path / "file")
    assert slow.stdout.readline() == "written\n"
    (partial,) = tmp_path.iterdir()
    write_whole(tmp_path / "file", b"quick")
    assert partial.read_bytes() == b"slow"
    slow.communicate("\n")
    assert slow.returncode == 0
    assert (tmp_path / "file").read_bytes() == b"slow" and len(list(tmp_path.iterdir())) == 1


def test_only_left_overs_of_the_same_file_are_removed(tmp_path):
    names = {".file.1.partial", ".file[1].1.partial", ".other.1.partial", "file.partial"}
    for name in names:
        (tmp_path / name).write_bytes(b"left over")
    write_whole(tmp_path / "file[1]", b"")
    assert {path.name for path in tmp_path.iterdir()} == names - {".file[1].1.partial"} | {"file[1]"}


@posix
def test_a_planted_link_is_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr(storage.secrets, "token_hex", lambda size: next(names))
    (tmp_path / "victim").write_bytes(b"precious")
    names = iter([f"{os.getpid()}", "guessed"])
    for name in (f".file.{os.getpid()}.partial", ".file.guessed.partial", ".file.lock"):
        (tmp_path / name).symlink_to("victim")
    for _ in range(2):
        with pytest.raises(FileExistsError):
            write_whole(tmp_path / "file", b"new")
    with pytest.raises(OSError, match="No lock can be made"), locked(tmp_path / "file"):
        pytest.fail("no such lock can be had")
    assert (tmp_path / "victim").read_bytes() == b"precious" and not (tmp_path / "file").exists()


def test_names_of_partial_files_cannot_be_guessed(tmp_path, monkeypatch):
    seen, replace = set(), os.replace
    monkeypatch.setattr(os, "replace", lambda *paths: (seen.add(Path(paths[0]).name), replace(*paths)))
    for _ in range(20):
        write_whole(tmp_path / "file", b"")
    assert len(seen) == 20 and min(map(len, seen)) >= len(".file.") + 16


@posix
def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path):
    (tmp_path / "elsewhere").write_bytes(b"another's")
    for target in ("elsewhere", "nowhere"):
        (tmp_path / "file").unlink(missing_ok=True)
        (tmp_path / "file").symlink_to(target)
        write_whole(tmp_path / "file", b"ours")
        assert (tmp_path / "file").read_bytes() == b"ours" and not (tmp_path / "file").is_symlink()
    assert (tmp_path / "elsewhere").read_bytes() == b"another's" and not (tmp_path / "nowhere").exists()


@posix
@pytest.mark.parametrize("umask", [0o022, 0o007])
def test_umask_gives_the_permissions(tmp_path, umask):
    before = os.umask(umask)
    try:
        write_whole(tmp_path / "file", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o666 & ~umask


@pytest.fixture(params=["folder", "pipe", "link to a pipe", "device"])
def no_file(request, tmp_path) -> Path:
    path = tmp_path / "run.pt"
    if request.param == "folder":
        path.mkdir()
        return path
    if os.name != "posix":
        pytest.skip("needs POSIX pipes and devices")
    if request.param == "pipe":
        os.mkfifo(path)
    elif request.param == "link to a pipe":
        os.mkfifo(tmp_path / "pipe")
        path.symlink_to("pipe")
    else:
        path.symlink_to("/dev/zero")
    return path


def test_what_is_no_file_is_neither_read_nor_replaced(no_file):
    """A pipe would hang for ever, a device fill the memory."""
    before = os.lstat(no_file)
    for use in (load_tensors, lambda path: open_regular(path).__enter__(), lambda path: write_whole(path, b"")):
        with pytest.raises(OSError, match=r"(Is a directory|Not a regular file): .*run\.pt"):
            use(no_file)
    assert os.path.samestat(os.lstat(no_file), before)


# --- one process at a time ---

HOLD = "with storage.locked(sys.argv[1]): print('held', flush=True); input()"


@pytest.fixture
def holder(tmp_path):
    child = python(HOLD, tmp_path / "file")
    assert child.stdout.readline() == "held\n"
    yield child
    child.kill()
    child.communicate()


def test_the_second_one_is_told_at_once_or_waits(holder, tmp_path, capsys):
    with pytest.raises(FileInUse, match=r"file is in use"), locked(tmp_path / "file", wait=False):
        pytest.fail("held by another")
    with locked(tmp_path / "other", wait=False):
        pass  # every file has a lock of its own
    waiting = python("with storage.locked(sys.argv[1], said='waiting'): print('mine')", tmp_path / "file")
    assert waiting.stdout.readline() == "waiting\n" and waiting.poll() is None
    holder.communicate("\n")
    assert waiting.communicate()[0] == "mine\n"
    assert list(tmp_path.iterdir()) == []


def test_another_users_lock_is_respected_and_not_mistaken_for_a_right_that_lacks(holder, tmp_path, monkeypatch):
    opened = os.open

    def not_for_writing(path, flags, *mode):
        if flags & os.O_RDWR:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), path)
        return opened(path, flags, *mode)

    monkeypatch.setattr(os, "open", not_for_writing)
    with pytest.raises(FileInUse), locked(tmp_path / "file", wait=False):
        pytest.fail("held by another")
    holder.kill()
    holder.wait()
    with locked(tmp_path / "file", wait=False):
        pass


def test_a_holder_that_is_killed_holds_nothing(holder, tmp_path):
    holder.kill()
    holder.wait()
    (left,) = tmp_path.iterdir()
    assert left.name == ".file.lock"
    with locked(tmp_path / "file", wait=False):
        pass
    assert list(tmp_path.iterdir()) == []


def test_the_lock_outlives_what_is_written_under_it_and_goes_with_an_error(tmp_path):
    path = tmp_path / "new folder" / "file"
    with pytest.raises(ZeroDivisionError), locked(path):
        write_whole(path, b"content")
        with pytest.raises(FileInUse), locked(path, wait=False):
            pytest.fail("held by ourselves")
        raise ZeroDivisionError
    assert list(path.parent.iterdir()) == [path]
    with locked(path, wait=False):
        pass


def _count_under_lock(path: str, times: int) -> None:
    for _ in range(times):
        with locked(path):
            count = int(Path(path).read_text())
            time.sleep(0.001)
            Path(path).write_text(str(count + 1))


@posix
def test_no_two_are_ever_inside(tmp_path, monkeypatch):
    monkeypatch.setattr(storage, "_PATIENCE", 0.001)  # the lock file is made and removed a hundred times
    (tmp_path / "count").write_text("0")
    fork = multiprocessing.get_context("fork")
    children = [fork.Process(target=_count_under_lock, args=(str(tmp_path / "count"), 25)) for _ in range(8)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    assert (tmp_path / "count").read_text() == "200"


@pytest.mark.parametrize("number", [errno.EROFS, errno.EACCES])
def test_a_folder_that_is_only_read_is_said(tmp_path, monkeypatch, number):
    def refused(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", refused)
    message = rf"No lock can be made \({os.strerror(number)}\).*run\.pt"
    with pytest.raises(OSError, match=message) as caught, locked(tmp_path / "run.pt"):
        pytest.fail("no lock can be had")
    assert caught.value.errno == number


@posix
def test_a_file_system_without_locks_keeps_nobody_out_and_loses_nothing(tmp_path, monkeypatch):
    import fcntl

    def unsupported(*_):
        raise OSError(errno.ENOTSUP, os.strerror(errno.ENOTSUP))

    monkeypatch.setattr(fcntl, "flock", unsupported)
    (tmp_path / ".file.1.partial").write_bytes(b"a living writer's, for all we know")
    with locked(tmp_path / "file", wait=False), locked(tmp_path / "file", wait=False):
        write_whole(tmp_path / "file", b"content")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".file.1.partial", "file"]


# --- what the files hold ---


def test_json_is_readable_and_comes_back(tmp_path):
    content = {"claim": "a − b ≥ 0", "values": [1, 0.1, None, True]}
    write_json(tmp_path / "file.json", content)
    text = (tmp_path / "file.json").read_text(encoding="utf-8")
    assert json.loads(text) == content and "a − b ≥ 0" in text and text.count("\n") > 4 and text.endswith("}\n")


CONTENT = {"weights": {"w": torch.arange(6.0).reshape(2, 3), "half": torch.ones(2, dtype=torch.bfloat16)}, "step": 7}


@pytest.fixture
def kept(tmp_path) -> Path:
    save_tensors(tmp_path / "kept.pt", CONTENT)
    return tmp_path / "kept.pt"


def is_content(loaded: dict) -> bool:
    weights = loaded["weights"]
    same = all(torch.equal(weights[name], tensor) for name, tensor in CONTENT["weights"].items())
    return same and loaded["step"] == 7 and weights["half"].dtype == torch.bfloat16


def test_tensors_come_back(kept):
    assert is_content(load_tensors(kept))


def test_no_missing_and_no_changed_byte_goes_unnoticed(kept):
    whole = kept.read_bytes()
    for length in [0, 1, *range(10, len(whole), 97), len(whole) - 1]:
        kept.write_bytes(whole[:length])
        with pytest.raises(DamagedFile, match=f"{kept.name} is damaged"):
            load_tensors(kept)
    noticed = 0
    for place in range(0, len(whole), 7):
        kept.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        try:
            assert is_content(load_tensors(kept)), f"byte {place}"  # padding and dates may change
        except DamagedFile:
            noticed += 1
    assert noticed > 50


def test_a_changed_number_is_noticed(kept):
    whole = kept.read_bytes()
    row = torch.arange(6.0).numpy().tobytes()
    assert whole.count(row) == 1
    kept.write_bytes(whole.replace(row, torch.arange(1.0, 7.0).numpy().tobytes()))
    torch.load(kept, weights_only=True)  # does not notice; so the check sums are worth looking at
    with pytest.raises(DamagedFile, match="BadZipFile"):
        load_tensors(kept)


def test_a_small_file_cannot_fill_the_memory(kept):
    """torch writes no compressed parts; one of them may be a thousand times larger than its file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(kept) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in whole.namelist():
            archive.writestr(part, whole.read(part))
    kept.write_bytes(packed.getvalue())
    with pytest.raises(DamagedFile, match="BadZipFile"):
        load_tensors(kept)


def test_a_file_that_cannot_be_read_is_not_called_damaged(kept, monkeypatch):
    def denied(*_):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(kept))

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        with pytest.raises(PermissionError, match="kept.pt"):
            load_tensors(kept)
    assert is_content(load_tensors(kept))


class Trap:
    def __reduce__(self):
        return Path.touch, (Path("executed"),)


def test_loading_runs_no_code(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save_tensors("trap.pt", {"trap": Trap()})
    with pytest.raises(DamagedFile, match="not written by this course"):
        load_tensors("trap.pt")
    assert not Path("executed").exists()


def test_a_file_that_is_not_there_is_not_called_damaged(tmp_path):
    with pytest.raises(FileNotFoundError, match="none.pt"):
        load_tensors(tmp_path / "none.pt")
