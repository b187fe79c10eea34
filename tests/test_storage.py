"""Stored files: whole or not there, whatever happens while they are written, and no damage goes unnoticed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from conftest import ROOT

from course_utils.storage import DamagedFile, load_tensors, save_tensors, write_json, write_whole


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
