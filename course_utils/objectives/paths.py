"""The way from noise to data: how much of either is left at each time, and what a network may be asked for there."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from course_utils.inputs import require_choice
from course_utils.tensor_inputs import require_same_length, require_same_shape, require_tensor

PREDICTIONS = ("velocity", "noise", "data", "score")
_QUARTER = math.pi / 2  # of a turn


class ProbabilityPath:
    """x_t = α(t) x + σ(t) ε, from noise ε ~ N(0, I) at t = 0 to data x at t = 1.

    A path defines `signal`, α, and `noise`, σ, and their slopes `signal_rate`, α′, and `noise_rate`, σ′: functions of a
    tensor of times. Given x, x_t is N(α x, σ² I). At a place x_t and a time t a network may be asked for the mean, over
    all pairs (x, ε) that pass there, of

        velocity   v = α′ x + σ′ ε          noise   ε
        data       x                        score   ∇ log p_t(x_t) = −ε / σ

    Each of the four is a linear function of any other and of x_t, so one network can be read as all of them. Sources:
    Song et al. 2021 (the score), Lipman et al. 2023 (the velocity), Albergo & Vanden-Eijnden 2023 (general α and σ).
    """

    def signal(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def noise(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def signal_rate(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def noise_rate(self, t: Tensor) -> Tensor:
        raise NotImplementedError

    def place(self, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """x_t for data x [n, …], noise of its shape and times t [n]."""
        require_same_shape("the two ends of each way", x=x, noise=noise)
        t = _beside(t, x)
        return self.signal(t) * x + self.noise(t) * noise

    def target(self, of: str, x: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """What `of`, one of `PREDICTIONS`, is for the pair (x, ε) at the time t [n]. The score is infinite at t = 1."""
        require_choice("of", of, PREDICTIONS)
        require_same_shape("the two ends of each way", x=x, noise=noise)
        if of in ("noise", "data"):
            return noise if of == "noise" else x
        t = _beside(t, x)
        return -noise / self.noise(t) if of == "score" else self.signal_rate(t) * x + self.noise_rate(t) * noise

    def convert(self, prediction: Tensor, x_t: Tensor, t: Tensor, of: str, to: str) -> Tensor:
        """A `prediction` of the kind `of` at x_t [n, …] and t [n], as one of the kind `to`; see `pair`."""
        require_choice("to", to, PREDICTIONS)
        pair = self.pair(prediction, x_t, t, of)
        return self.target(to, *pair, t) if of != to else prediction

    def pair(self, prediction: Tensor, x_t: Tensor, t: Tensor, of: str) -> tuple[Tensor, Tensor]:
        """The data x and the noise ε that lead to a `prediction` of the kind `of` at x_t [n, …] and t [n].

        At one end that is impossible: where t = 0 noise and score say nothing of x, and where t = 1 the data say
        nothing of ε; the result is infinite or NaN there.
        """
        require_choice("of", of, PREDICTIONS)
        require_same_shape("a prediction for each place", prediction=prediction, x_t=x_t)
        t = _beside(t, x_t)
        signal, noise = self.signal(t), self.noise(t)
        if of == "data":
            return prediction, (x_t - signal * prediction) / noise
        if of == "velocity":
            signal_rate, noise_rate = self.signal_rate(t), self.noise_rate(t)
            determinant = signal * noise_rate - signal_rate * noise
            x = (noise_rate * x_t - noise * prediction) / determinant
            return x, (signal * prediction - signal_rate * x_t) / determinant
        epsilon = -noise * prediction if of == "score" else prediction
        return (x_t - noise * epsilon) / signal, epsilon


@dataclass(frozen=True)
class LinearPath(ProbabilityPath):
    """x_t = t x + (1 − t) ε, so v = x − ε: the straight way, which is optimal transport from N(0, I) to a single x."""

    def signal(self, t: Tensor) -> Tensor:
        return t

    def noise(self, t: Tensor) -> Tensor:
        return 1 - t

    def signal_rate(self, t: Tensor) -> Tensor:
        return torch.ones_like(t)

    def noise_rate(self, t: Tensor) -> Tensor:
        return -torch.ones_like(t)


@dataclass(frozen=True)
class VariancePreservingPath(ProbabilityPath):
    """α = sin(πt/2), σ = cos(πt/2): data of variance 1 keep it, as α² + σ² = 1. Source: Nichol & Dhariwal 2021."""

    def signal(self, t: Tensor) -> Tensor:
        return (_QUARTER * t).sin()

    def noise(self, t: Tensor) -> Tensor:
        return (_QUARTER * t).cos()

    def signal_rate(self, t: Tensor) -> Tensor:
        return _QUARTER * (_QUARTER * t).cos()

    def noise_rate(self, t: Tensor) -> Tensor:
        return -_QUARTER * (_QUARTER * t).sin()


def _beside(t: Tensor, x: Tensor) -> Tensor:
    """Times [n], in the shape that multiplies x [n, …]."""
    require_tensor("t", t, ("n",), "one time for each place")
    require_same_length(t=t, x=x)
    return t.to(x.dtype).view(-1, *[1] * (x.ndim - 1))
