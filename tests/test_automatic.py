"""Trainings of a lesson save themselves: after a kill the same call goes on, bit for bit, and no other one does."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from test_go_on import KINDS, Blurred, Weighted, adams, judged_by, loader, same_run, train
from test_stored_rows import image_pair, images, point_pair, points
from torch import nn

from course_utils import lesson, live, models, objectives, training
from course_utils.storage import locked
from course_utils.training import automatic
from course_utils.training.digest import Untold, digest

STEPS, DIES = 9, 6  # so the last automatic save, one after each step, is that of step 5
RESUMED = "resumed at step 5; checkpoint=False starts again\n"


class Lost(Exception):
    """As if the kernel had been killed at this point, once its process is forgotten."""


class At(training.every):
    """Like a board it collects nothing: does something when a step is done."""

    collects = False

    def __init__(self, step, act):
        super().__init__(1, lambda run: act() if run.steps_done == step else None)


def lose():
    raise Lost


def stop():
    os.kill(os.getpid(), signal.SIGINT)


def files(folder):
    return sorted(path.name for path in folder.glob("*")) if folder.exists() else []


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A lesson has begun, and trainings save themselves after each step."""
    monkeypatch.setattr(automatic, "EVERY", 0.0)
    monkeypatch.setattr(automatic, "SHARE", 1e9)
    automatic.save_in(tmp_path / "unfinished")
    return tmp_path / "unfinished"


def shown(**options):
    return train(**{"steps": STEPS, "progress": True} | options)


def cut_off(train=shown, **options):
    with pytest.raises(Lost):
        train(callbacks=[At(DIES, lose)], **options)
    automatic._used.clear()  # as in a new kernel


# --- a kill, and the same call in another process ------------------------------------------------------------------


def die_in_each(folder):
    automatic.EVERY, automatic.SHARE, automatic.folder = 0.0, 1e9, folder
    for kind in KINDS.values():
        if (child := os.fork()) == 0:
            kind(STEPS, progress=True, callbacks=[At(DIES, lambda: os.kill(os.getpid(), signal.SIGKILL))])
            os._exit(0)
        assert os.waitpid(child, 0)[1] == signal.SIGKILL


@pytest.fixture(scope="module")
def left_by_the_killed(tmp_path_factory):
    if not hasattr(os, "fork"):
        pytest.skip("needs POSIX fork and SIGKILL")
    left = tmp_path_factory.mktemp("killed")
    script = f"import pathlib, torch; torch.set_num_threads({torch.get_num_threads()})\n"
    script += f"import test_automatic as t; t.die_in_each(pathlib.Path({str(left)!r}))"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return left


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_after_a_kill_the_same_call_goes_on_bit_for_bit(kind, left_by_the_killed, folder, monkeypatch, capsys):
    monkeypatch.setattr(automatic, "EVERY", 60.0)
    shutil.copytree(left_by_the_killed, folder)
    assert len(list(folder.glob("[!.]*.pt"))) == len(KINDS)
    run = kind(STEPS, progress=True)
    assert RESUMED in capsys.readouterr().out
    assert len(list(folder.glob("[!.]*.pt"))) == len(KINDS) - 1  # its own is gone
    same_run(run, kind(STEPS))
    kind(STEPS, progress=True)
    assert "resumed" not in capsys.readouterr().out


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_saving_changes_nothing_and_a_whole_run_leaves_nothing(kind, folder, monkeypatch):
    seen = []
    run = kind(STEPS, progress=True, callbacks=[At(DIES, lambda: seen.extend(files(folder)))])
    assert len([name for name in seen if name.endswith(".pt")]) == 1
    assert files(folder) == []
    same_run(run, kind(STEPS))


# --- where nothing is written --------------------------------------------------------------------------------------


def test_a_run_shorter_than_the_interval_writes_nothing_at_all(folder, monkeypatch):
    monkeypatch.setattr(automatic, "EVERY", 60.0)
    cut_off()
    assert not folder.exists()


@pytest.mark.parametrize("options", [{"progress": False}, {"checkpoint": False}, {"checkpoint": "own"}], ids=str)
def test_a_run_that_is_not_shown_or_has_its_own_checkpoint_does_not_save_itself(options, folder, tmp_path):
    if options.get("checkpoint"):
        options = {"checkpoint": tmp_path / "own.pt"}
    cut_off(**options)
    assert not folder.exists()


def test_scripts_are_left_alone_until_a_lesson_begins(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(automatic, "EVERY", 0.0)
    monkeypatch.setattr(live, "watch", lambda: None)
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    cut_off()
    assert not (tmp_path / "cache").exists()
    lesson.begin("09")
    cut_off()
    assert [path.parent.name for path in (tmp_path / "cache").rglob("*.pt")] == ["unfinished"]


def collecting():
    return {"callbacks": [training.every(3, lambda run: run.steps_done)]}


def measuring():
    return {"callbacks": [live.board(measures={"one": lambda run: 1.0})]}


def with_a_stream_of_its_own():
    own = torch.Generator().manual_seed(5)
    return {"sample": lambda n: torch.randn(n, 2, generator=own)}


def with_an_iterator():
    batches = iter([torch.randn(16, 2, generator=torch.Generator().manual_seed(k)) for k in range(40)])
    return {"sample": lambda n: next(batches)[:n]}


def with_a_counter():
    calls = []

    def sample(n):
        calls.append(n)
        return points(n) / len(calls)

    return {"sample": sample}


def from_a_file():
    Path("points.json").write_text(json.dumps([[0.1, 0.2]] * 16))

    def sample(n):
        with open("points.json") as file:
            return torch.tensor(json.load(file))[:n]

    return {"sample": sample}


def from_numpy():
    np.random.seed(0)
    return {"penalty": lambda D, real, fake: np.random.rand() * D(real).square().mean()}


def from_python():
    random.seed(0)
    return {"penalty": lambda D, real, fake: random.random() * D(real).square().mean()}


UNTOLD = {
    "a callback that collects": collecting,
    "a board with measures": measuring,
    "a DataLoader": lambda: {"sample": loader()},
    "a random stream of its own": with_a_stream_of_its_own,
    "an iterator": with_an_iterator,
    "a counter in the data": with_a_counter,
    "a counter in a network": lambda: judged_by(Blurred),
    "a log in a game": lambda: {"objective": Weighted(1.0)},
    "a file that is read": from_a_file,
    "numpy's stream": from_numpy,
    "Python's stream": from_python,
}


@pytest.mark.parametrize("make", UNTOLD.values(), ids=UNTOLD)
def test_what_a_file_would_not_bring_back_means_no_file_and_the_same_run(make, folder, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = make()
    looks = [At(DIES, lambda: seen.extend(files(folder))), *options.pop("callbacks", [])]
    seen = []
    run = shown(callbacks=looks, **options)
    assert [name for name in seen if name.endswith(".pt")] == []
    automatic.folder = None
    same_run(run, shown(**make() | {"callbacks": []}))


def test_several_processes_do_not_save_themselves(folder, monkeypatch):
    monkeypatch.setattr(automatic, "distributed", SimpleNamespace(processes=lambda: 2))
    cut_off()
    assert not folder.exists()


def test_a_run_with_a_board_saves_itself(folder, capsys):
    cut_off(train=lambda callbacks: shown(callbacks=[live.board(), *callbacks]))
    same_run(shown(callbacks=[live.board()]), train(STEPS))
    assert RESUMED in capsys.readouterr().out


# --- only the very same run goes on --------------------------------------------------------------------------------


def written(text, name="penalty"):
    """A function as a student writes it into a cell."""
    cell = {"__name__": "__main__", "torch": torch, "strength": 1.0, "nn": nn}
    exec(text, cell)
    return cell[name]


def charging(weight):
    return written(f"def penalty(D, real, fake):\n    return {weight} * D(real).square().mean()")


def by_global(weight):
    penalty = written("def penalty(D, real, fake):\n    return strength * D(real).square().mean()")
    penalty.__globals__["strength"] = weight
    return penalty


def by_helper(weight):
    code = f"def helper(y):\n    return {weight} * y\n"
    return written(code + "def penalty(D, real, fake):\n    return helper(D(real).square().mean())")


def by_teacher(seed):
    torch.manual_seed(seed)
    teacher = nn.Linear(2, 1)
    return lambda D, real, fake: (D(real) - teacher(real)[:, 0].detach()).square().mean()


def by_class(weight):
    code = f"class Charge:\n    def __call__(self, D, real, fake):\n        return {weight} * D(real).square().mean()\n"
    return written(code, "Charge")()


def two_points(shift):
    many = torch.randn(5000, 2, generator=torch.Generator().manual_seed(0))
    many[4321] += shift  # which sixteen samples hardly ever show
    return lambda n: many[torch.randint(len(many), (n,))]


def hooked(weight):
    generator, discriminator = point_pair()
    next(discriminator.parameters()).register_hook(lambda gradient: weight * gradient)
    return {"make": lambda: (generator, discriminator)}


def started(seed):
    torch.manual_seed(seed)
    pair = models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))
    return {"make": lambda: pair}


def used(steps):
    """With optimisers that have moved other weights before; these weights are those of any other run."""
    options = adams()
    networks = options["make"]()
    kept = [{name: x.clone() for name, x in network.state_dict().items()} for network in networks]
    if steps:
        train(steps, **options)
    for network, state in zip(networks, kept, strict=True):
        network.load_state_dict(state)
    return options


OTHERS = {
    "initial weights": (started, 1, 2),
    "an optimiser that was used before": (used, 0, 2),
    "steps": (lambda steps: {"steps": steps}, STEPS, STEPS + 1),
    "seed": (lambda seed: {"seed": seed}, 1, 2),
    "batch size": (lambda n: {"batch_size": n}, 16, 8),
    "betas": (lambda beta: adams(betas=(beta, 0.9)), 0.5, 0.6),
    "schedule": (lambda start: {"schedule": training.decay_after(start)}, 0.5, 0.6),
    "average": (lambda decay: {"ema_decay": decay}, 0.9, 0.8),
    "memory layout": (lambda last: {"make": image_pair, "sample": images, "channels_last": last}, True, False),
    "objective": (lambda objective: {"objective": objective}, objectives.HINGE, objectives.MINIMAX),
    "one sample of the data": (lambda shift: {"sample": two_points(shift)}, 0.0, 1.0),
    "a gradient hook": (hooked, 1.0, 2.0),
    **{
        f"a penalty by {what}": (lambda value, make=make: {"penalty": make(value)}, 1.0, 2.0)
        for what, make in (
            ("its code", charging), ("a global", by_global), ("a function that it calls", by_helper),
            ("another network", by_teacher), ("a class's code", by_class),
            ("a partial", lambda gamma: partial(objectives.r1_penalty, gamma=gamma)),
            ("a lambda's closure", lambda w: lambda D, real, fake: w * D(real).square().mean()),
        )
    },
}  # fmt: skip


@pytest.mark.parametrize(("make", "one", "other"), OTHERS.values(), ids=OTHERS)
def test_another_run_starts_fresh_and_the_same_one_goes_on(make, one, other, folder, capsys):
    cut_off(**make(one))
    left = files(folder)
    assert len(left) == 1
    run = shown(**make(other))
    assert "resumed" not in capsys.readouterr().out
    assert files(folder) == left
    same_run(run, shown(**make(other) | {"progress": False}))
    run = shown(**make(one))
    assert RESUMED in capsys.readouterr().out
    same_run(run, shown(**make(one) | {"progress": False}))


def test_a_newer_course_or_torch_does_not_go_on(folder, monkeypatch, capsys):
    cut_off()
    with monkeypatch.context() as other:
        other.setattr(automatic, "_course", lambda: "of next year")
        shown()
    with monkeypatch.context() as other:
        other.setattr(torch, "__version__", "99")
        shown()
    assert "resumed" not in capsys.readouterr().out


def test_a_file_that_was_damaged_is_not_used(folder, capsys):
    cut_off()
    (path,) = folder.glob("*.pt")
    path.write_bytes(path.read_bytes()[:-500])
    same_run(shown(), train(STEPS))
    assert "resumed" not in capsys.readouterr().out and files(folder) == []


# --- starting again, stopping, going on ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_false_starts_again_and_removes_the_file(kind, folder, capsys):
    cut_off(train=partial(kind, STEPS, progress=True))
    assert len(files(folder)) == 1
    seen = []
    run = kind(STEPS, progress=True, checkpoint=False, callbacks=[At(DIES, lambda: seen.append(files(folder)))])
    assert "resumed" not in capsys.readouterr().out and seen == [[]]
    same_run(run, kind(STEPS))


def test_a_stopped_run_starts_again_in_its_own_kernel_and_goes_on_in_a_new_one(folder, capsys):
    assert shown(callbacks=[At(5, stop)]).interrupted
    assert len(files(folder)) == 1  # Jupyter stops a kernel before it ends it
    again = shown(callbacks=[At(DIES, stop)])
    assert "resumed" not in capsys.readouterr().out and again.steps_done == DIES + 1
    automatic._used.clear()
    same_run(shown(), train(STEPS))
    assert "resumed at step 6;" in capsys.readouterr().out  # the last step of a stopped run is not saved
    assert files(folder) == []


def test_a_stopped_run_that_goes_on_to_its_end_takes_its_file_along(folder):
    run = shown(callbacks=[At(DIES, stop)])
    assert run.interrupted and len(files(folder)) == 1
    training.go_on(run, callbacks=[])
    assert files(folder) == []
    same_run(run, train(STEPS))


def test_going_on_goes_on_too_after_a_kill(folder, capsys):
    run = shown()
    with pytest.raises(Lost):
        training.go_on(run, steps=8, callbacks=[At(STEPS + 4, lose)])
    automatic._used.clear()
    cut_off()  # and the first part is cut off as well, when all cells are run again
    run = shown()
    capsys.readouterr()
    training.go_on(run, steps=8, callbacks=[])
    assert capsys.readouterr().out.startswith(f"resumed at step {STEPS + 3}\n")
    assert files(folder) == []
    same_run(run, train(STEPS + 8))


def test_a_moved_run_does_not_save_itself(folder):
    run = shown()
    training.move(run, "generator")
    with pytest.raises(Lost):
        training.go_on(run, steps=5, callbacks=[At(STEPS + 4, lose)])
    assert files(folder) == []


# --- whatever goes wrong, the training goes on ---------------------------------------------------------------------


def test_a_full_disk_is_said_once_and_the_training_goes_on(folder, monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(automatic, "save_tensors", full)
    same_run(shown(), train(STEPS))
    said = capsys.readouterr().out
    assert said.count("does not save itself any more, and goes on") == said.count("No space left on device") == 1


def test_a_folder_that_cannot_be_made_is_said_once_and_the_training_goes_on(folder, tmp_path, capsys):
    (tmp_path / "file").touch()
    automatic.save_in(tmp_path / "file" / "unfinished")
    same_run(shown(), train(STEPS))
    assert capsys.readouterr().out.count("does not save itself any more, and goes on") == 1


def test_a_disk_that_fills_up_leaves_the_last_good_file(folder, monkeypatch, capsys):
    saves = []

    def fills_up(path, state):
        saves.append(path)
        if len(saves) > 3:
            raise OSError(28, "No space left on device")
        save(path, state)

    save = automatic.save_tensors
    monkeypatch.setattr(automatic, "save_tensors", fills_up)
    cut_off()
    same_run(shown(), train(STEPS))
    assert "resumed at step 3;" in capsys.readouterr().out


def test_the_second_of_two_goes_without(folder, capsys):
    cut_off()
    (path,) = folder.glob("*.pt")
    before = path.read_bytes()
    with locked(path):
        same_run(shown(), train(STEPS))
        shown(checkpoint=False)
        assert path.read_bytes() == before
    path.unlink()
    with locked(path):  # the first has not saved itself yet
        same_run(shown(), train(STEPS))
        assert not path.exists()
    assert "resumed" not in (said := capsys.readouterr().out) and "any more" not in said


def test_where_saving_is_slow_it_is_done_less_often(folder, monkeypatch):
    def slow(path, state):
        times.append(path)
        time.sleep(0.02)

    times = []
    monkeypatch.setattr(automatic, "save_tensors", slow)
    monkeypatch.setattr(automatic, "SHARE", 0.01)
    shown()
    assert len(times) == 1


# --- nothing piles up ----------------------------------------------------------------------------------------------


def test_what_nobody_came_back_for_is_removed_when_a_lesson_begins(tmp_path):
    names = [f"{k:02}.pt" for k in range(automatic.FILES + 2)]
    for age, name in enumerate([*names, ".00.pt.0123.partial"]):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - 60 * age,) * 2)
    for name in ("old.pt", ".old.pt.0123.partial", "used.pt"):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (time.time() - 8 * 86_400,) * 2)
    with locked(tmp_path / "used.pt"):
        automatic.save_in(tmp_path)
    assert files(tmp_path) == sorted([".00.pt.0123.partial", *names[: automatic.FILES], "used.pt"])


# --- the hash ------------------------------------------------------------------------------------------------------


def test_the_hash_is_of_the_content_and_not_of_the_object():
    def content():
        return {"a": [1, 2.0, None, (True, "x")], "b": torch.arange(3), "c": np.ones((2, 2)), "d": {1, 2}}

    assert digest(content()) == digest(content())
    changed = content()
    changed["c"][1, 1] = 2
    assert digest(changed) != digest(content())
    assert digest(["ab", "c"]) != digest(["a", "bc"])
    assert digest(1) != digest(True) != digest("True")
    assert digest(torch.zeros(2)) != digest(torch.zeros(2, dtype=torch.int32)) != digest(torch.zeros(1, 2))
    itself = []
    itself.append(itself)
    assert digest(itself) != digest([[]])


@pytest.mark.parametrize(
    "hidden",
    [iter([1]), torch.Generator(), random.Random(0), np.random.default_rng(0), object(), (k for k in ()), sys.stdout,
     np.array([object()]), pytest, threading.Lock()],
    ids=lambda value: type(value).__name__,
)  # fmt: skip
def test_what_hides_its_content_has_no_hash(hidden):
    with pytest.raises(Untold):
        digest([hidden])
