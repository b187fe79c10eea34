"""Kill training processes at random moments, 50 times: the run that goes on is bit for bit the undisturbed one.

And fill the disk: the last good checkpoint stays, and the run goes on from it.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from course_utils import models, training
from course_utils.data import Ring

KILLS = 25  # of each kind of training
STEPS = {"gan": 1500, "vae": 600}
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX fork and SIGKILL")


def train_gan(checkpoint: Path, steps: int = STEPS["gan"], **options) -> list[torch.Tensor]:
    torch.manual_seed(0)
    generator, discriminator = models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))
    run = training.train_gan(
        generator, discriminator, Ring().sample, steps=steps, batch_size=16, ema_decay=0.9, seed=3,
        schedule=training.linear_decay, checkpoint=checkpoint, checkpoint_every=5, progress=False, **options,
    )  # fmt: skip
    return [run.rows, *generator.state_dict().values(), *run.ema.state_dict().values()]


def train_vae(checkpoint: Path, **options) -> list[torch.Tensor]:
    torch.manual_seed(0)
    vae = models.FullyConnectedVAE(latent_dim=4, hidden=(32,))
    run = training.train_vae(
        vae, lambda n: (torch.rand(n, 1, 28, 28) < 0.2).float(), steps=STEPS["vae"], batch_size=16, ema_decay=0.9,
        seed=3, schedule=training.linear_decay, checkpoint=checkpoint, checkpoint_every=5, progress=False, **options,
    )  # fmt: skip
    return [run.rows, *vae.state_dict().values(), *run.ema.state_dict().values()]


def train(kind: str, folder: Path, name: str, **options) -> None:
    torch.set_num_threads(1)
    tensors = {"gan": train_gan, "vae": train_vae}[kind](folder / f"{name}.pt", **options)
    torch.save(torch.cat([t.flatten() for t in tensors]), folder / f"{name}.result")


def kill_until_done(kind: str, folder: Path) -> None:
    """Train in forked children, and kill each at a random moment once it has begun to write; print how many died.

    Pauses keep even a fast machine from coming to the end before all are killed: a child makes at most 10 steps up to
    its first checkpoint, and 5 for each pause after it.
    """
    draw = random.Random(0)
    moments = [0.15 * draw.random() for _ in range(KILLS)]
    pause = 5 * sum(moments) / (STEPS[kind] - 10 * KILLS)
    slowly = [training.every(5, lambda run: time.sleep(pause))]
    checkpoint = folder / "killed.pt"
    kills = 0
    while not (folder / "killed.result").exists():
        before = written(checkpoint)
        child = os.fork()
        if child == 0:
            train(kind, folder, "killed", callbacks=slowly if kills < KILLS else [])
            os._exit(0)
        if kills < KILLS:
            while written(checkpoint) == before:
                time.sleep(0.001)
            time.sleep(moments[kills])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        kills += os.WIFSIGNALED(status)
    print(kills)


def written(path: Path) -> int:
    return path.stat().st_mtime_ns if path.exists() else 0


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["gan", "vae"])
def test_a_run_killed_again_and_again_is_bit_exact(kind, tmp_path):
    # A process of its own, because a child forked from one whose thread pools are running may hang.
    script = f"import test_sigkill as t, pathlib; p = pathlib.Path({str(tmp_path)!r})"
    script += f"; t.kill_until_done({kind!r}, p); t.train({kind!r}, p, 'whole')"
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) == KILLS
    assert torch.equal(torch.load(tmp_path / "killed.result"), torch.load(tmp_path / "whole.result"))


def test_a_disk_that_fills_up_leaves_the_last_good_checkpoint(tmp_path):
    resource = pytest.importorskip("resource")
    whole = train_gan(tmp_path / "whole.pt", steps=40)
    unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(run):
        if run.steps_done == 20:  # from here on the system lets no file grow beyond 1 kB, as if the disk were full
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, unlimited[1]))

    try:
        with pytest.raises(training.CheckpointError, match="the one before it is whole, and the same call goes on"):
            train_gan(tmp_path / "run.pt", steps=40, callbacks=[training.every(10, fill)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []
    resumed_at = len(torch.load(tmp_path / "run.pt", weights_only=True)["state"]["rows"])
    assert resumed_at == 15
    assert all(map(torch.equal, train_gan(tmp_path / "run.pt", steps=40), whole))
