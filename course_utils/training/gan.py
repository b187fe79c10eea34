"""The course's one GAN training loop."""

import os
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.inputs import require_counts
from course_utils.objectives import NON_SATURATING, Objective, Penalty
from course_utils.training.averaging import AveragedModel
from course_utils.training.batches import Batches, takes_labels
from course_utils.training.fit import require_fit, require_pair, require_seeds
from course_utils.training.games import Game
from course_utils.training.gan_step import GANStep
from course_utils.training.loop import Loop
from course_utils.training.modes import wake
from course_utils.training.ownership import require_ownership
from course_utils.training.randomness import JointStream, MemberStreams
from course_utils.training.run import GANRun, every
from course_utils.training.schedules import Schedule, adam, constant


def train_gan(
    generator: nn.Module,
    discriminator: nn.Module,
    sample_real: Callable[[int], Tensor | tuple[Tensor, Tensor]],
    *,
    steps: int,
    batch_size: int = 64,
    objective: Objective | Game = NON_SATURATING,
    g_optimizer: Optimizer | None = None,
    d_optimizer: Optimizer | None = None,
    d_steps: int = 1,
    schedule: Schedule = constant,
    ema_decay: float | None = None,
    seed: int | Sequence[int] = 0,
    own_streams: bool = True,
    penalty: Penalty | None = None,
    penalty_every: int = 1,
    autocast: bool = False,
    channels_last: bool = True,
    engine: str = "eager",
    callbacks: Sequence[every] = (),
    checkpoint: str | os.PathLike | bool | None = None,
    checkpoint_every: int | None = None,
    progress: bool = True,
) -> GANRun:
    """Play the game for `steps` generator updates, each after `d_steps` discriminator updates, and return the run.

    The networks are trained in place, on the device where their parameters are. `generator(z [n, latent_dim])` must
    have a `latent_dim`; `discriminator(x)` must return one logit a sample; `sample_real(n)` must return n real samples
    on that device (a toy's `sample`, or an image set's `batch`), or is a DataLoader, which is slower. Where it returns
    (x, labels) (`batch_with_labels`), the game is conditional: `generator(z, labels)`, `discriminator(x, labels)`, both
    with the labels of the real batch. Parts of a network in evaluation mode inside one in training mode stay so.

    - `objective`: both players' losses; or any `Game`, such as `AuxiliaryClassifier` (which is played by itself where
      D returns (logits, class_logits [n, classes])), `Unrolled`, or one of your own.
    - `g_optimizer`, `d_optimizer`: any torch optimisers; by default `adam(network)`. `schedule` scales both rates.
    - `ema_decay`: also keep a generator with averaged weights, `run.ema`.
    - `seed`: of the batches, the latent vectors and dropout. The networks' initial weights are the caller's. Stacked
      networks need one seed a member (`train_ensemble` does it all); with `own_streams=False` all members draw from the
      first one's stream, which is faster, but then a member is no longer the run that its seed alone would give.
    - `penalty`: a function (discriminator, real, fake) → scalar, added to D's loss. With `penalty_every` k it is
      computed in every k-th step only, with k times the weight: "lazy regularisation" (Karras et al. 2020), nearly the
      same for less.
    - `autocast`: networks in bfloat16, losses and penalties in float32. `channels_last`: the faster memory layout for
      convolutions.
    - `engine`: "eager", "compile" (torch.compile) or "cuda_graph": the same step, faster where it pays. "auto" takes
      the CUDA graph where there can be one, else eager, and says so; `run.engine` is what was used.
    - `checkpoint`: a file, written atomically every `checkpoint_every` steps (default: a tenth of the run), when
      interrupted, and at the end. The same call again goes on from it, on the same kind of device bit for bit as if it
      had never stopped; with more `steps` it makes the run longer (as `go_on` does for a run in memory). It tells runs
      apart by their call, and by the plain attributes of networks, game and penalty that do not change in training.
      Without one, a training that shows its progress in a lesson (`lesson.begin`) saves itself once a minute in the
      course's cache folder, or on Colab's Drive if it is mounted. After a kernel was lost the same cell goes on from
      there, bit for bit, and says so; False starts again, without such a file. It saves itself only where that loses
      nothing, and no other run could be taken for it: in one process, with callbacks that collect nothing (boards
      without measures, whose film then begins in the middle), where all that it depends on can be hashed, with its
      content and a student's own code, and stays the same in training. So counters, logs, iterators, a DataLoader or
      generators of random numbers of one's own, files read on the way and a move alone mean no file.

    Under `torchrun --nproc-per-node N script.py` the same call is one run over N processes, see `training.distributed`:
    `batch_size` stays the joint one, a multiple of N; process 0 reports and writes the checkpoint.

    Interrupting (Ctrl-C, or the stop button) finishes the current step and returns the run so far; interrupting twice
    stops at once. Raises ValueError for networks, data, optimisers or numbers that do not fit each other,
    TrainingDiverged when a loss or a weight is NaN or infinite, CheckpointError for a checkpoint of another run. Any
    exception that ends the training carries the run so far in `.run`.
    """
    steps, batch_size, d_steps, penalty_every = require_counts(
        steps=steps, batch_size=batch_size, d_steps=d_steps, penalty_every=penalty_every
    )
    device = require_pair(generator, discriminator)
    seeds = require_seeds(seed, generator)
    single = isinstance(seeds, int)
    labelled = takes_labels(generator.forward) and takes_labels(discriminator.forward)
    sample_real = Batches.of(sample_real, generator, "sample_real", labelled=labelled)
    game, conditional, apart = require_fit(generator, discriminator, sample_real, objective, batch_size, penalty)
    if channels_last and device.type != "mps":
        for network in (generator, discriminator):
            network.to(memory_format=torch.channels_last)
    g_optimizer = adam(generator) if g_optimizer is None else g_optimizer
    d_optimizer = adam(discriminator) if d_optimizer is None else d_optimizer
    wake(generator, discriminator)

    streams = None if single else MemberStreams(seeds, device) if own_streams else JointStream(len(seeds))
    averaged = AveragedModel(generator, ema_decay) if ema_decay is not None else None
    step = GANStep(
        generator, discriminator, sample_real, game, g_optimizer, d_optimizer,
        batch_size=batch_size, d_steps=d_steps, ema=averaged, autocast=autocast, penalty=penalty,
        penalty_every=penalty_every, streams=streams,
    )  # fmt: skip
    step.judge.apart = apart
    require_ownership(step.players(), game)
    run = GANRun(
        generator=generator, discriminator=discriminator, averaged=averaged, conditional=conditional,
        columns=step.columns, rows=step.empty_rows(steps),
    )  # fmt: skip
    identity = {
        "batch_size": batch_size,
        "game": game,
        "d_steps": d_steps,
        "penalty": penalty,
        "penalty_every": penalty_every,
        "ema_decay": ema_decay,
        "seed": seeds,
        "own_streams": own_streams,
        "autocast": autocast,
    }
    Loop(
        step=step, run=run, identity=identity, seed=seeds if single else seeds[0], schedule=schedule, engine=engine,
        callbacks=callbacks, checkpoint=checkpoint, checkpoint_every=checkpoint_every, progress=progress,
    ).repeat()  # fmt: skip
    return run
