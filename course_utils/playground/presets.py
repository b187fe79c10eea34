"""Failures of the lessons, ready to be watched: each with its sentence, what it measures, and its control."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from course_utils.inputs import require_choice
from course_utils.playground.play import Moment, Play
from course_utils.playground.settings import in_words
from course_utils.playground.views import pulls_of


@dataclass(frozen=True)
class Preset:
    """A game whose outcome is known: after `steps` steps `measure(play)` lies on the side of `above` or `below`, and
    with the settings of `control` it does not. `head_start`: moves that D makes alone before the first step.
    """

    name: str
    title: str
    sentence: str
    settings: dict[str, Any]
    steps: int
    measured: str
    measure: Callable[[Play], float]
    control: dict[str, Any]
    above: float | None = None
    below: float | None = None
    head_start: int = 0
    look: dict[str, Any] = field(default_factory=dict)

    def play(self, control: bool = False, **changes: Any) -> Play:
        """The game before its first step, with the control's settings if asked for, and some changed."""
        settings = self.settings | (self.control if control else {}) | changes
        head_start = settings.pop("head_start", self.head_start)
        play = Play(settings)
        return play.move("discriminator", head_start) if head_start else play

    def holds(self, play: Play) -> bool:
        """Whether what it says is so for this play."""
        value = self.measure(play)
        return value < self.below if self.above is None else value > self.above

    def played(self, control: bool = False, **changes: Any) -> Play:
        """The game after its steps, with a moment kept every hundred of them."""
        play = self.play(control, **changes)
        for _ in range(self.steps // 100):
            play.advance(100)
        return play

    def check(self) -> str:
        """Play it, and its control, and say what both measure."""
        found = [self.measure(self.played(control)) for control in (False, True)]
        return (
            f"{self.title}\n    {self.measured}{self._when}: {found[0]:.3g} ({self._bound}); "
            f"with {in_words(self.control)}: {found[1]:.3g}"
        )

    @property
    def told(self) -> str:
        """The sentence, and what makes it a claim."""
        claim = f"Claim: {self.measured} {self._bound}{self._when}; not with {in_words(self.control)}."
        return f"{self.sentence} {claim}"

    @property
    def _when(self) -> str:
        return f" after {self.steps:,} steps" if self.steps else ""

    @property
    def _bound(self) -> str:
        return f"above {self.above:g}" if self.below is None else f"below {self.below:g}"


def _saturation(play: Play) -> float:
    """The pull of the minimax loss on a generated point, as a share of the non-saturating loss's."""
    found = pulls_of(play)
    return found["minimax"] / found["non-saturating"]


def _divergence(play: Play, moment: Moment | None = None) -> float:
    """The JSD; ln 2, the most there is, where the points are not finite."""
    return play.measured(moment).get("JSD", math.log(2))


def _divergence_lately(play: Play) -> float:
    """The mean of the JSD over the moments of the last thousand steps."""
    lately = [moment for moment in play.moments if moment.step > play.step - 1000]
    return sum(_divergence(play, moment) for moment in lately) / len(lately)


PRESETS = (
    Preset(
        "collapse", "Lesson 04: a slow D, and the points wander",
        "With a discriminator that learns five times more slowly than the generator, the points wander about in a "
        "clump or a streak, and do not settle on the ring.",
        {"d_lr": 2e-4}, 1500, "JSD", _divergence, {"d_lr": 1e-3}, above=0.5, look={"optimal": True},
    ),
    Preset(
        "saturation", "Lesson 05: D is far ahead, and minimax hardly pulls",
        "D has had 300 moves alone. By this same D the minimax loss pulls the points less than a hundredth as strongly "
        "as the non-saturating loss. (Press Play: the points move all the same, as Adam divides by the size of the "
        "gradient. Lesson 05 shows what plain gradient descent does.)",
        {"data": "far Gaussian", "loss": "minimax"}, 0, "pull of minimax, as a share of the non-saturating pull",
        _saturation, {"head_start": 0}, below=0.01, head_start=300, look={"arrows": "minimax"},
    ),
    Preset(
        "no brake", "Lesson 07: without a brake the players do not come to rest",
        "Two Gaussians are an easy task, and still the samples do not come to rest on them, as they do with R1.",
        {"data": "two Gaussians"}, 2500, "mean JSD of the last 1,000 steps", _divergence_lately, {"penalty": "R1"},
        above=0.065, look={"optimal": True},
    ),
    Preset(
        "slow critic", "Lesson 07: a Wasserstein critic at equal rates",
        "WGAN-GP at equal rates has hardly begun to find the ring after 1,500 steps; with a critic that learns four "
        "times as fast it has.",
        {"loss": "Wasserstein", "penalty": "gradient penalty", "penalty_weight": 0.1}, 1500, "JSD", _divergence,
        {"d_lr": 4e-3}, above=0.5, look={"lines": True},
    ),
)  # fmt: skip


def preset(name: object) -> Preset:
    """The preset of this name. Raises ValueError for one that is not there."""
    known = {one.name: one for one in PRESETS}
    return known[require_choice("preset", name, known)]
