"""Kill a training process at random moments, 20 times: the run that goes on is bit for bit the undisturbed one."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

KILLS = 20
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX fork and SIGKILL")


def train(folder: Path, name: str):
    from course_utils import models, training
    from course_utils.data import Ring

    torch.set_num_threads(1)
    torch.manual_seed(0)
    generator, discriminator = models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))
    run = training.train_gan(
        generator, discriminator, Ring().sample, steps=1500, batch_size=16, ema_decay=0.9, seed=3,
        schedule=training.linear_decay, checkpoint=folder / f"{name}.pt", checkpoint_every=5, progress=False,
    )  # fmt: skip
    tensors = [run.rows, *generator.state_dict().values(), *run.ema.state_dict().values()]
    torch.save(torch.cat([t.flatten() for t in tensors]), folder / f"{name}.result")


def kill_until_done(folder: Path) -> None:
    """Train in forked children, and kill each after a random moment once it has begun to write; print how many died."""
    moments = random.Random(0)
    kills = 0
    while not (folder / "killed.result").exists():
        child = os.fork()
        if child == 0:
            train(folder, "killed")
            os._exit(0)
        if kills < KILLS:
            time.sleep(0.02 + moments.random() * 0.15)
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
    print(kills)


def test_a_run_killed_twenty_times_is_bit_exact(tmp_path):
    # A process of its own, because a child forked from one whose thread pools are running may hang.
    script = f"import test_sigkill as t, pathlib; p = pathlib.Path({str(tmp_path)!r})"
    script += "; t.kill_until_done(p); t.train(p, 'whole')"
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) >= KILLS
    assert torch.equal(torch.load(tmp_path / "killed.result"), torch.load(tmp_path / "whole.result"))
