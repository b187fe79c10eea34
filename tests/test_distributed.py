"""Two processes, started by torchrun, are one run: the same weights as one process, one writer, one end.

This file is also the script that torchrun starts: `test_distributed.py TASK FOLDER`. Each process leaves what it has
found out in FOLDER/TASK-RANK.pt.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import test_conditional_training as conditional
import test_train_cycle as cycle
import torch
from torch import nn

from course_utils import models, objectives, training
from course_utils.data import BinarisedImages, Ring, load_images
from course_utils.training import distributed
from course_utils.training.checkpoint import Checkpoint

ROOT = Path(__file__).resolve().parents[1]
RANK = int(os.environ.get("RANK", 0))
RING = Ring()
STEPS = 40
UNROLLED = training.Unrolled(objectives.NON_SATURATING, 1, 0.1)
TORCHRUN = torch.distributed.is_available() and hasattr(signal, "SIGKILL")
pytestmark = pytest.mark.skipif(not TORCHRUN, reason="needs torch.distributed and SIGKILL")


# --- the runs: the same call in one process and in two ----------------------------------------------------------------


def gan(sample=RING.sample, layers=(), **options):
    torch.manual_seed(RANK)  # so that the processes begin with different weights
    generator = models.PointGenerator(hidden=(16,))
    discriminator = nn.Sequential(*layers, models.PointDiscriminator(hidden=(16,)))
    options = {"steps": STEPS, "batch_size": 16, "ema_decay": 0.9, "seed": 3, "progress": False, **options}
    options = {"penalty": objectives.r1_penalty, "penalty_every": 2, "schedule": training.cosine_decay, **options}
    return training.train_gan(generator, discriminator, sample, **options)


def random_penalty():
    """Not for a Wasserstein critic: its last bias has gradient 0, and Adam makes whole steps of the rounding."""
    return gan(penalty=objectives.gradient_penalty, d_steps=3)


def conditional_gan():
    return conditional.train(conditional.pair(seed=RANK), penalty=objectives.r1_penalty)


def auxiliary_gan():
    return conditional.train(conditional.pair(conditional.AuxiliaryDiscriminator, seed=RANK))


def vae():
    torch.manual_seed(RANK)
    binary = BinarisedImages(load_images("digits"))
    return training.train_vae(
        models.FullyConnectedVAE(latent_dim=4, hidden=(32,)), binary.batch, steps=STEPS, batch_size=16, ema_decay=0.9,
        objective=objectives.ELBO(anneal=training.linear_warm_up(0.5)), progress=False,
    )  # fmt: skip


def denoiser():
    """A model with dropout, whose loss draws in other ways."""
    torch.manual_seed(RANK)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Dropout(0.3), nn.Linear(16, 2))

    def loss(model, x):
        level = torch.randint(1, 4, size=(len(x), 1)) * torch.empty(len(x), 1).uniform_(0.1, 0.2)
        return (model(x + level * torch.normal(0.0, 1.0, x.shape) * torch.rand(len(x), 1)) - x).square().mean()

    return training.train_model(model, RING.sample, loss, steps=STEPS, batch_size=16, progress=False)


def translators():
    pair = cycle.pair()
    with torch.no_grad():
        next(pair.parameters()).add_(RANK)
    return cycle.train(pair, steps=STEPS, penalty=objectives.r1_penalty)


def ensemble():
    def make():
        torch.manual_seed(torch.initial_seed() + 100 * RANK)
        return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))

    return training.train_ensemble(
        make, RING.sample, seeds=[3, 4], steps=STEPS, batch_size=16, penalty=objectives.r1_penalty, progress=False
    )


RUNS = {
    run.__name__: run
    for run in (gan, random_penalty, conditional_gan, auxiliary_gan, vae, denoiser, translators, ensemble)
}


def batch_norm():
    return gan(layers=[nn.BatchNorm1d(2)], penalty=None)  # which would need each sample alone


def outcome(run) -> dict[str, torch.Tensor]:
    """Everything that a run has come to."""
    networks = [getattr(run, name, None) for name in ("generator", "discriminator", "model", "pair", "ema")]
    values = [value.flatten().float() for network in networks if network for value in network.state_dict().values()]
    return {"rows": run.rows[: run.steps_done], "weights": torch.cat(values)}


# --- what torchrun starts ---------------------------------------------------------------------------------------------


def press_ctrl_c_at(step, rank):
    def press(run):
        if rank == RANK and run.steps_done == step:
            os.kill(os.getpid(), signal.SIGINT)

    return [training.every(1, press)]


def die_at(step):
    def die(run):
        if RANK == 1 and run.steps_done == step:
            os.kill(os.getpid(), signal.SIGKILL)

    return [training.every(1, die)]


def message_of(error, function, **options) -> str:
    with pytest.raises(error) as caught:
        function(**options)
    return str(caught.value)


def poisoned(n, calls=[]):  # noqa: B006  it counts
    """In the tenth batch, one sample of the last process's share is NaN."""
    calls.append(n)
    x = RING.sample(n)
    x[-1] += float("nan") if len(calls) == 10 else 0.0
    return x


def run_all(folder: Path) -> dict:
    return {name: outcome(run()) for name, run in (RUNS | {"batch_norm": batch_norm}).items()}


def run_with_checkpoints(folder: Path) -> dict:
    saves, save = [], Checkpoint.save
    Checkpoint.save = lambda self, state: (saves.append(len(state["rows"])), save(self, state))
    whole = gan(checkpoint=folder / "whole.pt", checkpoint_every=15, progress=True)
    there_at_once = (folder / "whole.pt").exists()
    stopped = gan(checkpoint=folder / "stopped_in_two.pt", callbacks=press_ctrl_c_at(23, rank=1))
    return {
        "saves": saves,
        "there_at_once": there_at_once,
        "whole": outcome(whole),
        "stopped_at": stopped.steps_done,
        "from_one": outcome(gan(checkpoint=folder / "stopped_in_one.pt")),
        "after_kill": outcome(gan(checkpoint=folder / "killed.pt")),
    }


def run_wrong(folder: Path) -> dict:
    return {
        "indivisible": message_of(ValueError, gan, batch_size=15),
        "engine": message_of(ValueError, gan, engine="compile"),
        "unroll": message_of(ValueError, gan, objective=UNROLLED, penalty=None),
        "calls": message_of(ValueError, gan, seed=RANK),
        "writers": message_of(ValueError, gan, checkpoint=None if RANK else folder / "one.pt"),
        "nan": message_of(training.TrainingDiverged, gan, sample=poisoned),
    }


def run_until_killed(folder: Path) -> dict:
    gan(checkpoint=folder / "killed.pt", checkpoint_every=5, callbacks=die_at(23))


TASKS = {task.__name__: task for task in (run_all, run_with_checkpoints, run_wrong, run_until_killed)}


def start(task, folder: Path) -> subprocess.CompletedProcess:
    """`task` in two processes, to their end."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    torchrun += ["--monitor-interval", "1"]  # it ends the others as soon as it has seen that one is gone
    line = [*torchrun, __file__, task.__name__, str(folder)]
    return subprocess.run(line, env=environment, capture_output=True, text=True, timeout=600)


def results(task, folder: Path) -> tuple[dict, dict]:
    done = start(task, folder)
    assert done.returncode == 0, done.stderr
    first, second = (torch.load(folder / f"{task.__name__}-{rank}.pt") for rank in range(2))
    return first | {"stdout": done.stdout}, second


def same(a, b):
    assert all(torch.equal(a[key], b[key]) for key in ("rows", "weights"))


def close(a, b):
    torch.testing.assert_close(a, b, atol=1e-5, rtol=1e-6)  # float32 has no more digits for losses of 500 nats


# --- two processes are one run ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def together(tmp_path_factory):
    return results(run_all, tmp_path_factory.mktemp("together"))


@pytest.mark.parametrize("name", RUNS)
def test_two_processes_equal_one_with_the_joint_batch(together, name):
    first, second = together
    same(first[name], second[name])
    close(first[name], outcome(RUNS[name]()))


def test_with_batchnorm_the_processes_still_hold_the_same_network(together):
    first, second = together
    same(first["batch_norm"], second["batch_norm"])
    assert first["batch_norm"]["rows"].isfinite().all()


# --- checkpoints, interrupts, kills -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With the checkpoints of a run that was stopped in one process, and of one that lost a process."""
    folder = tmp_path_factory.mktemp("checkpoints")
    assert gan(checkpoint=folder / "stopped_in_one.pt", callbacks=press_ctrl_c_at(23, rank=0)).steps_done == 24
    return folder


@pytest.fixture(scope="module")
def killed(folder):
    return start(run_until_killed, folder)


@pytest.fixture(scope="module")
def checkpointed(folder, killed):
    return results(run_with_checkpoints, folder)


def test_a_killed_process_ends_the_run_with_a_clear_message_and_leaves_the_last_checkpoint(killed, folder):
    assert killed.returncode != 0
    assert "SIGKILL" in killed.stderr
    said = "ProcessLost: another process of this run has ended, so process 0 stops too" in killed.stderr
    assert said or "closing signal SIGTERM" in killed.stderr  # torchrun was quicker
    assert len(torch.load(folder / "killed.pt")["state"]["rows"]) == 20


def test_after_a_kill_the_run_goes_on_to_the_same_result(checkpointed):
    for process in checkpointed:
        same(process["after_kill"], process["whole"])


def test_process_0_alone_writes_and_reports_and_the_others_wait_for_it(checkpointed):
    first, second = checkpointed
    assert first["saves"][:3] == [15, 30, 40] and second["saves"] == []
    assert first["there_at_once"] and second["there_at_once"]
    assert first["stdout"].count("Trained for 40 steps") == 1


def test_an_interrupt_in_one_process_ends_all_at_the_same_step(checkpointed):
    assert [process["stopped_at"] for process in checkpointed] == [24, 24]


def test_a_run_goes_on_with_another_number_of_processes(checkpointed, folder):
    whole = outcome(gan())
    for process in checkpointed:
        close(process["from_one"], whole)
    close(outcome(gan(checkpoint=folder / "stopped_in_two.pt")), whole)


def test_a_group_that_the_package_started_is_left_at_the_end_of_the_program(monkeypatch):
    """Its threads must not outlive Python. (That they abort it happens too rarely to wait for it here.)"""
    at_exit, group = [], []
    monkeypatch.setattr(distributed.dist, "is_torchelastic_launched", lambda: True)
    monkeypatch.setattr(distributed.dist, "is_initialized", lambda: bool(group))
    monkeypatch.setattr(distributed.dist, "init_process_group", group.append)
    monkeypatch.setattr(distributed.dist, "destroy_process_group", group.clear)
    monkeypatch.setattr(distributed.dist, "get_world_size", lambda: 2)
    monkeypatch.setattr(distributed.atexit, "register", at_exit.append)
    assert distributed.processes() == distributed.processes() == 2
    (leave,) = at_exit
    leave()
    assert not group
    leave()  # the caller may have left it already


# --- what cannot be ---------------------------------------------------------------------------------------------------


def test_what_cannot_be_shared_out_is_refused_and_nan_in_one_process_ends_all(tmp_path):
    for process in results(run_wrong, tmp_path):
        assert process["indivisible"] == "batch_size 15 cannot be shared out equally over 2 processes"
        assert process["engine"].startswith("several processes train with engine='eager'")
        assert process["unroll"].startswith("unrolling looks ahead with the whole batch")
        assert process["calls"] == "process 1 was called with another seed than process 0"
        assert process["writers"] == "process 1 was called with another checkpoint_every than process 0"
        assert process["nan"].startswith("d_loss became nan at step 9.")  # batch 1 was the check of shapes


if __name__ == "__main__":
    torch.save(TASKS[sys.argv[1]](Path(sys.argv[2])), Path(sys.argv[2]) / f"{sys.argv[1]}-{RANK}.pt")
