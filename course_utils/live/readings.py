"""What can be read off a run while it trains: samples, losses and their levels, D's probabilities, gradients.

Looking changes nothing: networks are asked in evaluation mode and without gradients, and sources of data only where
drawing from them leaves nothing behind.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor, nn

from course_utils.data import ImageData
from course_utils.data.toys import Mixture
from course_utils.inputs import shown
from course_utils.live.traces import MARKS
from course_utils.models import PointVelocity, evaluating, ode_path, sample_latent
from course_utils.objectives import Objective
from course_utils.plots.arrays import number
from course_utils.training import GANRun, ModelRun, Run, VAERun, forked_random_state

POINTS, IMAGES = 300, 25  # samples that a frame shows
SEED = 0  # of the samples, the same in each frame: what moves between two frames is the network
PLAYERS = {"generator": "G", "discriminator": "D"}
LABELS = {"d_loss": "D", "g_loss": "G", "real_prob": "real", "fake_prob": "generated", "kl": "KL"}
LEVELS = {"2 ln 2": 2 * math.log(2), "ln 2": math.log(2), "−ln 2": -math.log(2)}


@dataclass(frozen=True)
class Panel:
    """Curves over the steps, in one small figure; `levels` are horizontal lines {name: height}."""

    title: str
    curves: dict[str, tuple[list[float], list[float]]]
    levels: dict[str, float] = field(default_factory=dict)

    @property
    def words(self) -> str:
        """The latest value of each curve."""
        return f"{self.title}: " + ", ".join(f"{name} {number(ys[-1])}" for name, (_, ys) in self.curves.items() if ys)


def curve_panels(run: Run, levels: Mapping[str, float]) -> list[Panel]:
    """The run's history: for a GAN its losses and D's probabilities, else all its columns in one panel."""
    rows = run.rows[: run.steps_done].detach()
    if rows.dim() > 2:  # the members of an ensemble
        rows = rows.flatten(2).mean(-1)
    xs, thinned = means_over_stretches(rows)
    columns = dict(zip(run.columns, thinned, strict=True))

    def of(title: str, names: tuple[str, ...], known: Mapping[str, float]) -> Panel:
        return Panel(title, {LABELS.get(name, name): (xs, columns[name]) for name in names}, dict(known))

    if not isinstance(run, GANRun):
        return [of("losses (nats per image)" if isinstance(run, VAERun) else "losses", run.columns, {})]
    panels = [of("losses (nats)" if "2 ln 2" in levels else "losses", ("d_loss", "g_loss"), levels)]
    if "2 ln 2" in levels:  # elsewhere the sigmoid of what D returns is no probability
        panels.append(of("D's probability of “real”", ("real_prob", "fake_prob"), {"½: cannot tell": 0.5}))
    return panels


def means_over_stretches(rows: Tensor) -> tuple[list[float], list[list[float]]]:
    """The middles of at most `MARKS` equal stretches of the steps, and each column's means over them."""
    steps = torch.arange(1, len(rows) + 1, device=rows.device, dtype=torch.float32)[:, None]
    both = torch.cat([steps, rows.float()], 1)
    parts = [part.mean(0) for part in both.tensor_split(min(MARKS, max(1, len(rows)))) if len(part)]
    xs, *columns = torch.stack(parts).T.cpu().tolist() if parts else [[] for _ in range(both.shape[1])]
    return xs, columns


def loss_levels(game: object) -> dict[str, float]:
    """Where the losses stand if nobody can tell G's samples from real ones, and D is at its best: {name: height}.

    D then does best with one number for all samples, the minimum of c ↦ L_D(c, c); G's loss is that at the same number,
    where there is only one. Empty for a game that is more than two of the course's functions of logits: a function of
    your own may keep something from call to call.
    """
    objective = getattr(game, "objective", game)
    if not isinstance(objective, Objective) or objective.on_features:
        return {}
    of_d, of_g = objective.discriminator_loss, objective.generator_loss
    if not all(getattr(getattr(f, "func", f), "__module__", "").startswith("course_utils.") for f in (of_d, of_g)):
        return {}
    constants = [c.expand(2) for c in torch.linspace(-2, 2, 81).unbind()]  # 0 and ½ among them
    losses = [float(of_d(c, c)) for c in constants]
    best = [c for c, loss in zip(constants, losses, strict=True) if loss < min(losses) + 1e-6]
    of_both = float(of_g(best[0], best[0]) if objective.relativistic else of_g(best[0]))

    def name(player: str, level: float) -> str:
        return next((text for text, x in LEVELS.items() if abs(level - x) < 1e-4), f"{player} at its best")

    levels = {name("D", min(losses)): min(losses)}
    if len(best) == 1 or objective.relativistic:
        levels.setdefault(name("G", of_both), of_both)
    return levels


def gradient_norms(run: Run) -> dict[str, float]:
    """For each player the norm of the gradient by which it has last moved; {} before the first step."""
    norms = {}
    for who, networks, _ in run.loop.step.players().values():
        found = [weight.grad for network in networks for weight in network.parameters() if weight.grad is not None]
        found = [slope.coalesce().values() if slope.is_sparse else slope for slope in found]
        if found:
            norms[PLAYERS.get(who, who)] = float(torch.stack([slope.norm() for slope in found]).norm())
    return norms


def drawn_samples(run: Run) -> np.ndarray | None:
    """What the networks of `run` draw now: points [n, 2] or images [n, c, h, w]; None where there is nothing to draw.

    An ensemble shows its first member, a conditional network its classes in turn.
    """
    if not isinstance(run, GANRun | VAERun):
        return None
    network = run.generator if isinstance(run, GANRun) else run.best
    classes = getattr(network, "classes", None)
    chosen = {"generator": network} if isinstance(run, GANRun) else {}

    def draw(n: int) -> Tensor:
        labels = None if classes is None else torch.arange(n, device=run.device) % classes
        drawn = run.sample(n, seed=SEED, labels=labels, **chosen)
        return drawn[0] if hasattr(network, "members") else drawn

    try:
        return _few(draw)
    except Exception:  # a network that draws in its own way, or has diverged: its curves are shown all the same
        return None


def flow_paths(run: Run) -> np.ndarray | None:
    """The ways [steps + 1, n, 2] of samples along the velocity field that `run` learns; None if it learns none."""
    velocity = run.best if isinstance(run, ModelRun) else None
    if not isinstance(velocity, PointVelocity) or velocity.dim != 2:
        return None
    with evaluating(velocity), forked_random_state(run.device, SEED):
        return ode_path(velocity, sample_latent(POINTS, 2, run.device)).float().cpu().numpy()


def drawn_by(generator: nn.Module) -> np.ndarray:
    """Samples of any network with a `latent_dim`, on the CPU: points [n, 2], or images. Else ValueError."""
    weight = next(generator.parameters(), None) if isinstance(generator, nn.Module) else None
    if weight is None or not isinstance(getattr(generator, "latent_dim", None), int):
        raise ValueError(
            f"generator must be a network with weights and a latent_dim, the length of its z, not {shown(generator)}: "
            "give it one (generator.latent_dim = 2), or leave it out"
        )
    try:
        with torch.no_grad(), evaluating(generator):
            return _few(lambda n: generator(sample_latent(n, generator.latent_dim, weight.device).to(weight.dtype)))
    except Exception as error:
        raise ValueError(
            f"the generator draws nothing from z [n, {generator.latent_dim}] ({error}): leave it out"
        ) from error


def _few(draw: Callable[[int], Tensor]) -> np.ndarray:
    drawn = draw(IMAGES)
    if drawn.dim() == 2:
        drawn = draw(POINTS)  # points are cheap, and 25 of them show no shape
    return drawn.float().cpu().numpy()


def real_samples(run: Run) -> np.ndarray | None:
    """Real samples beside them, where drawing some leaves nothing behind: of the course's own data sets."""
    batches = run.loop.step.samples.get("sample_real") or run.loop.step.samples.get("sample")
    source = getattr(batches, "sample", None)
    owner = getattr(source, "__self__", None)  # of a method such as ring.sample
    if not isinstance(owner, Mixture | ImageData) or not type(owner).__module__.startswith("course_utils."):
        return None
    with forked_random_state(run.device, SEED):
        drawn = source(POINTS if isinstance(owner, Mixture) else IMAGES)
    return (drawn[0] if isinstance(drawn, tuple) else drawn).float().cpu().numpy()
