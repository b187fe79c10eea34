"""A game that is played: forwards, one player alone, with other settings from here on, and looked back on."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from course_utils import training
from course_utils.inputs import require_count
from course_utils.playground import code, measures
from course_utils.playground.learners import LEARNERS, Source
from course_utils.playground.settings import Settings, as_settings, sampling_settings
from course_utils.progress import PATIENCE, progress

MOMENTS = 100  # that are kept to look back on, at least half of them, evenly spread


@dataclass(frozen=True)
class Moment:
    """The weights of all networks after `step` steps, and the settings under which they came about."""

    step: int
    settings: Settings
    weights: list[dict[str, Tensor]]


class Play:
    """One game in the plane. `Play({"loss": "hinge"}).advance(500)` needs no screen.

    The same settings and moves give the same numbers, whatever random numbers are drawn elsewhere. `.run` is the run of
    the course's own loop, with its history; `.settings` those that hold now; `.log` what has been done since the start.
    Raises ValueError for what a setting cannot be; TrainingDiverged where the game blows up, which can be looked at.
    """

    def __init__(self, settings: Settings | Mapping[str, Any] | None = None):
        self.settings = as_settings(settings)
        self.restart()

    def restart(self) -> Play:
        """Begin anew, with the settings of now."""
        self.started_with, self.log = self.settings, []
        self.moments: list[Moment] = []
        self._spacing = 1
        self._looked_at: tuple[Moment, list[nn.Module]] | None = None  # an earlier moment, and its networks
        self._source = Source(self.settings.toy)
        with training.forked_random_state(torch.device("cpu"), self.settings.seed):
            self._learner = LEARNERS[self.settings.model](self.settings, self._source)
        self._remember()
        return self

    @property
    def run(self) -> training.Run:
        return self._learner.run

    @property
    def step(self) -> int:
        return self.run.steps_done

    def advance(self, steps: int = 1) -> Play:
        """So many steps further: each is `d_steps` moves of D and one of G, or one of the model."""
        before = self.step
        try:
            training.go_on(self.run, require_count("steps", steps))
        finally:  # the stop button, or a game that blows up, ends it before its last step
            if done := self.step - before:
                self._note("advance", done)
                self._remember()
        return self

    def move(self, player: str, times: int = 1) -> Play:
        """So many moves of one player alone, "discriminator" or "generator", which are no steps of the run."""
        require_count("times", times)
        if self.settings.model != "GAN":
            raise ValueError(f"a {self.settings.model} has no second player: its one network moves in each step")
        done = 0
        try:
            for _ in range(times):
                training.move(self.run, player)
                done += 1
        finally:
            if done:
                self._note(player, done)
                self._remember()
        return self

    def change(self, /, **changes: Any) -> list[str]:
        """Go on with other settings, `change(loss="hinge")`; the names of those for which the game had to start again.

        Weights, optimisers and history stay, unless what changes is what they are made of (model, width, seed).
        """
        settings = self.settings.changed(**changes)
        restarted = settings.restarts(self.settings)
        changed = settings.differences(self.settings)
        self.settings = settings
        if sampling := {name: changed.pop(name) for name in sampling_settings(changed)}:  # the game itself goes on
            self.started_with = self.started_with.changed(**sampling)
        if restarted:
            self.restart()
        elif changed:
            if {"data", "points"} & set(changed):
                self._source.toy = settings.toy
            self._learner.take_over(settings)
            if self.log:
                earlier = self.log.pop()[1] if self.log[-1][0] == "change" else {}
                self.log.append(("change", earlier | changed))
            else:  # before the first move it is what the game starts with
                self.started_with = settings
        return restarted

    def networks(self, moment: Moment | None = None) -> list[nn.Module]:
        """The networks as they are now, or copies as they were at an earlier moment."""
        if moment is None:
            return self._learner.networks()
        if self._looked_at is None or self._looked_at[0] is not moment:
            copies = copy.deepcopy(self._learner.networks())
            for network, weights in zip(copies, moment.weights, strict=True):
                network.load_state_dict(weights)
            self._looked_at = moment, copies
        return self._looked_at[1]

    def samples(self, n: int = measures.SAMPLES, moment: Moment | None = None) -> Tensor:
        """`n` generated points [n, 2], from the same latent vectors at every call."""
        return self._learner.generate(self.networks(moment), require_count("n", n), self.settings)

    def measured(self, moment: Moment | None = None) -> dict[str, float]:
        """The divergence from the data, and where the toy has modes, how many are reached; see `floors`."""
        return measures.measured(self.samples(moment=moment), self.settings_at(moment))

    @property
    def floors(self) -> dict[str, float]:
        """What real data score in `measured`: the JSD of five fresh sets on average, the modes as expected."""
        return measures.floors(self.settings)

    def settings_at(self, moment: Moment | None) -> Settings:
        """Those of now, or those of an earlier moment."""
        return self.settings if moment is None else moment.settings

    def code(self) -> str:
        """A cell that plays this game again, to the same weights."""
        return code.cell(self.started_with, self.log)

    def _note(self, what: str, times: int) -> None:
        """Take down what was done; the same again adds to it."""
        if self.log and self.log[-1][0] == what:
            times += self.log.pop()[1]
        self.log.append((what, times))

    def _remember(self) -> None:
        """Keep this moment; when there are too many, every second one goes, but for the first."""
        last = self.moments[-1] if self.moments else None
        if last is not None and last.step == self.step:
            self.moments.pop()  # moves of one player alone change the moment, and not its step
        elif last is not None and len(self.moments) > 1 and last.step - self.moments[-2].step < self._spacing:
            self.moments.pop()  # the latest moment is always kept, and need not be evenly spaced
        if len(self.moments) > MOMENTS:
            self.moments = self.moments[::2]
            self._spacing = 2 * max(self._spacing, self.moments[1].step - self.moments[0].step)
        weights = [{name: value.clone() for name, value in network.state_dict().items()} for network in self.networks()]
        self.moments.append(Moment(self.step, self.settings, weights))


def run(settings: Settings | Mapping[str, Any] | None = None, steps: int = 1000) -> Play:
    """A game that has been played for `steps` steps, without a screen: `playground.run({"loss": "hinge"}, 500)`."""
    play, left = Play(settings), require_count("steps", steps)
    for k in progress(range(MOMENTS), "a game", delay=PATIENCE):
        if part := left // (MOMENTS - k):  # a moment to look back on for each hundredth
            play.advance(part)
            left -= part
    return play
