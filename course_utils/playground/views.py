"""What a frame of the playground shows, as arrays; a front end only has to draw them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from course_utils import data, models, training
from course_utils.inputs import require_choice, require_flag, require_number
from course_utils.live.opinion import middle_of
from course_utils.playground import measures
from course_utils.playground.learners import ways
from course_utils.playground.play import Moment, Play
from course_utils.playground.settings import LOSSES, Settings
from course_utils.plots.plane import Extent, inside, window

POINTS, ARROWS, CELLS = 600, 150, 48
LINES, PLACES = 13, 40  # of the grid over z, in each direction, and points along each line
REACH_OF_Z = 2.0  # standard deviations that the grid covers: 91 % of all z
PATHS = 40  # of a flow's samples
ARROW = 0.4  # length, in units of the plane, of an arrow for a pull of 1
SPEED = 0.15  # length of an arrow for a velocity of 1
SHAPING = ("model", "data", "points", "sampler", "passes")  # what the exact ways depend on
SHARE = 1 / 6  # of the window that no arrow exceeds


@dataclass(frozen=True)
class Look:
    """What is drawn besides the points: the pull of one of the losses, the grid or the paths, D*; for a flow its time,
    and beside it the exact one.
    """

    arrows: str = ""
    lines: bool = False
    optimal: bool = False
    time: float = 1.0
    exact: bool = False

    def __post_init__(self):
        require_choice("arrows", self.arrows, ("", *LOSSES))
        require_flag("lines", self.lines), require_flag("optimal", self.optimal), require_flag("exact", self.exact)
        require_number("time", self.time, least=0, most=1)


@dataclass
class View:
    """Points [n, 2], surfaces uint8 [CELLS, CELLS] (top row first), arrows [m, 4], lines [l, k, 2], in float32."""

    extent: Extent
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    legend: dict[str, str] = field(default_factory=dict)


def real_points(settings: Settings) -> Tensor:
    """Real points [n, 2], the same in each frame."""
    with training.forked_random_state(torch.device("cpu"), 2):
        return settings.toy.sample(POINTS)


def pulls_of(play: Play, moment: Moment | None = None) -> dict[str, float]:
    """The median pull of each loss on a game's generated points; {} where they are not finite."""
    generated = play.samples(ARROWS, moment)
    if not generated.isfinite().all():
        return {}
    return measures.pulls(play.networks(moment)[1], generated, real_points(play.settings_at(moment))[:ARROWS])


def extent_of(settings: Settings) -> Extent:
    """A square about the data and the places where an untrained model starts."""
    start = np.array([[-1.3, -1.3], [1.3, 1.3]])
    return window(np.concatenate([real_points(settings).numpy(), start]), 0.62)


def view(play: Play, look: Look, moment: Moment | None = None) -> View:
    """The frame of a play, as it is now or was at an earlier moment."""
    networks, settings = play.networks(moment), play.settings_at(moment)
    real, seen = real_points(settings), View(extent_of(settings))
    xs, ys = _lattice(seen.extent)
    if settings.model == "flow":
        many = _of_flow(seen, networks[0], play.settings, look, xs, ys)
    else:
        many = play.samples(measures.SAMPLES, moment)
    many = many[many.isfinite().all(1)]
    generated = many[:POINTS]
    if settings.model == "GAN":
        _of_gan(seen, networks, settings, generated, real, look, xs, ys)
    elif settings.model == "VAE" and look.lines:
        _warped_grid(seen, networks[0].decode, "the decoder's grid: means of p(x|z) for lines of z")
    if look.optimal and len(many):
        blur = max(measures.BLUR, settings.noise if settings.model == "GAN" else 0.0)
        best = measures.optimal_discriminator(settings.toy, many, xs, ys, blur)
        seen.arrays["optimal"] = _surface(best.flip(0).numpy())
        seen.legend["optimal"] = f"D* = p/(p + q), both with noise of {blur:g}: white where they agree, or neither is"
    outside = len(generated) - int(inside(generated.numpy(), seen.extent).sum())
    seen.legend["generated"] = f"generated ({outside} of {len(generated)} outside)" if outside else "generated"
    seen.arrays |= {"real": real.numpy(), "generated": generated.numpy()}
    return seen


def _of_gan(
    seen: View, networks: list, settings: Settings, generated: Tensor, real: Tensor, look: Look, xs: Tensor, ys: Tensor
) -> None:
    G, D = networks
    if look.lines:
        _warped_grid(seen, G, "the generator's grid: where lines of z land")
    places = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), -1).reshape(-1, 2)
    with torch.no_grad(), models.evaluating(D):
        said, on_points = D(places), D(torch.cat([real, generated]))
    if not (said.isfinite().all() and on_points.isfinite().all()):  # it has diverged
        return
    middle, words = middle_of(settings.objective, on_points)
    seen.arrays["heat"] = _surface((said - middle).sigmoid().reshape(CELLS, CELLS).flip(0).numpy())
    seen.legend["heat"] = words
    if look.arrows and len(generated):
        chosen = generated[:ARROWS]
        moves = measures.pull(D, chosen, real[: len(chosen)], LOSSES[look.arrows])
        seen.arrays["arrows"] = _arrows(chosen, ARROW * moves, seen.extent)
        seen.legend["arrows"] = (
            f"pull of the {look.arrows} loss on the points: median {moves.norm(dim=1).median():.2g}, an arrow of "
            f"length {ARROW:g} is a pull of 1"
        )


def _of_flow(seen: View, velocity: torch.nn.Module, settings: Settings, look: Look, xs: Tensor, ys: Tensor) -> Tensor:
    """The points at the time that is looked at, the field there and the paths; and all of it for the exact velocity."""
    at = round(look.time * settings.passes)  # a step of the sampler
    t, path = at / settings.passes, ways(velocity, measures.SAMPLES, settings)
    _followed(seen, velocity, path[: at + 1], t, look, (xs, ys))
    if look.exact:
        exact, known = _exact_ways(Settings(**{name: getattr(settings, name) for name in SHAPING}))
        _followed(seen, exact, known[: at + 1], t, look, (xs, ys), "exact_")
        seen.arrays["exact"] = known[at].numpy()
        means, stds, weights = settings.toy.components  # of x_t = t x + (1 − t) ε
        shrunk = data.Mixture(t * means, (t * stds).clamp(min=1e-6), weights)
        half_a_cell = (xs[1] - xs[0]).item() / 2
        density = shrunk.blurred(math.hypot(1 - t, half_a_cell)).density_on(xs, ys)
        seen.arrays["density"] = _surface(0.5 + 0.5 * (density / density.max()).sqrt().flip(0).numpy())
        seen.legend["density"] = f"exact density at t = {t:.2f}, by its square root, and blurred by half a cell"
        seen.legend["exact"] = "samples along the exact velocity, the mean velocity of all pairs that pass"
    return path[at]


def _followed(
    seen: View, velocity: torch.nn.Module, path: Tensor, t: float, look: Look, lattice: tuple, prefix: str = ""
) -> None:
    """The samples' way so far, and the field at its end, if they are looked at."""
    if look.lines:
        seen.arrays[f"{prefix}lines"] = path[:, :PATHS].transpose(0, 1).contiguous().numpy()
        seen.legend["lines"] = f"paths of {PATHS} samples from t = 0 to {t:.2f}"
    if look.arrows:
        places = torch.stack(torch.meshgrid(*(axis[2::4] for axis in lattice), indexing="xy"), -1).reshape(-1, 2)
        with torch.no_grad():
            moves = velocity(places, places.new_full((len(places),), t))
        seen.arrays[f"{prefix}arrows"] = _arrows(places, SPEED * moves, seen.extent)
        seen.legend["arrows"] = f"velocity at t = {t:.2f}: an arrow of length {SPEED:g} is a speed of 1"


@lru_cache(maxsize=8)
def _exact_ways(settings: Settings) -> tuple[models.MixtureVelocity, Tensor]:
    """The exact velocity, and the ways of POINTS samples along it: the same in each frame of a training."""
    exact = models.MixtureVelocity(settings.toy)
    return exact, ways(exact, POINTS, settings)


def _warped_grid(seen: View, generate, words: str) -> None:
    along, across = torch.linspace(-REACH_OF_Z, REACH_OF_Z, PLACES), torch.linspace(-REACH_OF_Z, REACH_OF_Z, LINES)
    a, b = torch.meshgrid(across, along, indexing="ij")
    z = torch.cat([torch.stack([a, b], -1), torch.stack([b, a], -1)])  # [2 LINES, PLACES, 2]
    with torch.no_grad():
        lines = generate(z.reshape(-1, 2)).reshape(z.shape)
    seen.arrays["lines"] = lines[lines.isfinite().all(-1).all(-1)].numpy()
    seen.legend["lines"] = words


def _lattice(extent: Extent) -> tuple[Tensor, Tensor]:
    """The middles of the cells of a surface along both axes, upwards."""
    middles = (torch.arange(CELLS) + 0.5) / CELLS
    return extent[0] + middles * (extent[1] - extent[0]), extent[2] + middles * (extent[3] - extent[2])


def _surface(values: np.ndarray) -> np.ndarray:
    return np.rint(np.clip(values, 0, 1) * 255).astype(np.uint8)


def _arrows(places: Tensor, moves: Tensor, extent: Extent) -> np.ndarray:
    """[m, 4]: the place, and the move, none longer than a sixth of the window."""
    longest = SHARE * (extent[1] - extent[0])
    length = moves.norm(dim=1, keepdim=True)
    moves = moves * (longest / length.clamp(min=1e-12)).clamp(max=1.0)
    return torch.cat([places, moves], 1).numpy()
