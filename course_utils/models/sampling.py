"""From a velocity field to samples: the ordinary differential equation, by Euler or by Heun, and drawing with noise."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.inputs import require_choice, require_count, require_function, require_kind, require_number
from course_utils.objectives.paths import PREDICTIONS, LinearPath, ProbabilityPath
from course_utils.tensor_inputs import require_labels, require_same_shape, require_tensor

Velocity = Callable[[Tensor, Tensor], Tensor]  # places [n, …] and times [n] → velocities [n, …]
END = 1e-3  # how near to an end of the way a prediction can be read as a velocity


def euler_step(velocity: Velocity, x: Tensor, t: float, h: float) -> Tensor:
    """x(t + h) = x(t) + h v(x(t), t). The error of a whole way falls with h. Source: Euler 1768."""
    return x + h * _asked(velocity, x, t)


def heun_step(velocity: Velocity, x: Tensor, t: float, h: float) -> Tensor:
    """The mean of the velocities before and after Euler's step: x(t + h) = x(t) + h (v(x, t) + v(x̃, t + h)) / 2 with
    x̃ = x + h v(x, t). Two passes; the error of a whole way falls with h². Source: Heun 1900.
    """
    before = _asked(velocity, x, t)
    after = _asked(velocity, x + h * before, t + h)
    return x + h * (before + after) / 2


METHODS = {"euler": euler_step, "heun": heun_step}


@torch.no_grad()
def ode_path(velocity: Velocity, start: Tensor, steps: int = 50, method: str = "euler") -> Tensor:
    """The places of `start` [n, …] at the times 0, 1/steps, …, 1 along dx/dt = v(x, t): [steps + 1, n, …].

    `method` is "euler", with one pass through the network a step, or "heun", with two. Where v has been learnt by flow
    matching and `start` is noise, the last places are samples.
    """
    require_function("velocity", velocity, "a function (x, t) → velocities, or a network", takes=2)
    steps, x = require_count("steps", steps), require_tensor("start", start, ("n", ...))
    step = METHODS[require_choice("method", method, METHODS)]
    places = [x]
    for k in range(steps):
        x = step(velocity, x, k / steps, 1 / steps)
        places.append(x)
    return torch.stack(places)


@torch.no_grad()
def ancestral_path(
    velocity: Velocity, start: Tensor, steps: int = 50, path: ProbabilityPath = LinearPath(), noise: float = 1.0
) -> Tensor:
    """The places of `start` at the times 0, 1/steps, …, 1, each drawn anew from the one before: [steps + 1, n, …].

    At t the velocity is read as means x̂ and ε̂ of the data and of the noise. Then, for the next time s,

        x_s = α_s x̂ + √(σ_s² − η²) ε̂ + η ξ,   ξ ~ N(0, I),
        η² = noise² σ_s² (1 − (α_t σ_s / (α_s σ_t))²)

    With `noise` 1 this is the posterior q(x_s | x_t, x̂): ancestral sampling, as a diffusion model draws. With 0 nothing
    random is left, and it is DDIM, which goes the way of `ode_path`. Sources: Ho et al. 2020; Song, Meng & Ermon 2021.
    """
    require_function("velocity", velocity, "a function (x, t) → velocities, or a network", takes=2)
    steps, x = require_count("steps", steps), require_tensor("start", start, ("n", ...))
    noise = require_number("noise", noise, least=0, most=1)
    require_kind("path", path, ProbabilityPath)
    grid = torch.linspace(0, 1, steps + 1, dtype=torch.float64)
    signals, noises = path.signal(grid).tolist(), path.noise(grid).tolist()
    places = [x]
    for k in range(steps):
        t, made = _times(x, k / steps), _asked(velocity, x, k / steps)
        mean_data, mean_noise = path.pair(made, x, t, of="velocity")
        kept = signals[k] * noises[k + 1] / (signals[k + 1] * noises[k])  # of the noise at t, in that at s
        fresh = noise * noises[k + 1] * max(0.0, 1 - kept**2) ** 0.5
        left = max(0.0, noises[k + 1] ** 2 - fresh**2) ** 0.5
        x = signals[k + 1] * mean_data + left * mean_noise + fresh * torch.randn_like(x)
        places.append(x)
    return torch.stack(places)


def as_velocity(network: Callable[..., Tensor], path: ProbabilityPath, predicts: str) -> Callable[..., Tensor]:
    """A network that predicts noise, data or the score, as a velocity (x, t, *condition) → [n, …].

    Noise and score say nothing of the velocity at t = 0, nor do data and score at t = 1: times nearer than 1e-3 to that
    end are taken to be 1e-3 from it.
    """
    require_function("network", network, "a function (x, t) → predictions, or a network")
    require_kind("path", path, ProbabilityPath)
    require_choice("predicts", predicts, PREDICTIONS)
    first = END if predicts in ("noise", "score") else 0.0
    last = 1 - END if predicts in ("data", "score") else 1.0

    def velocity(x: Tensor, t: Tensor, *condition: Tensor) -> Tensor:
        t = t.clamp(first, last)
        return path.convert(network(x, t, *condition), x, t, of=predicts, to="velocity")

    return velocity


def guided(velocity: Callable[..., Tensor], labels: Tensor, untold: int, strength: float = 1.0) -> Velocity:
    """(x, t) ↦ (1 + w) v(x, t, labels) − w v(x, t, untold): classifier-free guidance of the strength w.

    `untold` is the label that stood for "not told" in training, and `labels` are int64 [n]. The score is a linear
    function of the velocity, and the two weights sum to 1, so velocities are combined as scores are. One pass of 2n
    places. With w = 0 it is the velocity of the labels. Source: Ho & Salimans 2022.
    """
    require_function("velocity", velocity, "a function (x, t, labels) → velocities, or a network", takes=3)
    strength, untold = require_number("strength", strength), require_count("untold", untold, least=0)
    require_labels(labels, len(labels), untold + 1)

    def combined(x: Tensor, t: Tensor) -> Tensor:
        if strength == 0:
            return velocity(x, t, labels)
        asked = torch.cat([labels, torch.full_like(labels, untold)])
        told, free = velocity(torch.cat([x, x]), torch.cat([t, t]), asked).chunk(2)
        return (1 + strength) * told - strength * free

    return combined


def _asked(velocity: Velocity, x: Tensor, t: float) -> Tensor:
    made = velocity(x, _times(x, t))
    require_same_shape("a velocity for each number of x", velocity=made, x=x)
    return made


def _times(x: Tensor, t: float) -> Tensor:
    return x.new_full((len(x),), t)
