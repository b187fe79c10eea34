"""How long code takes, measured so that the answer can be trusted: warmed up, synchronised, in turn."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from course_utils.inputs import require_choice, require_count, require_function, require_mapping, require_number
from course_utils.progress import progress_bar


def synchronise() -> None:
    """Wait until the accelerator, if there is one, has done all that it was asked for; a clock read before lies."""
    if torch.accelerator.is_available():
        torch.get_device_module(torch.accelerator.current_accelerator()).synchronize()


def seconds(function: Callable[[], object], clock: Callable[[], float] = time.perf_counter) -> float:
    """Seconds that one call takes, the accelerator's work included.

    `clock`: `time.process_time` counts the processor's time alone, which other programs do not lengthen; it knows
    nothing of an accelerator, nor of other processes such as a DataLoader's workers.
    """
    require_function("function", function)
    require_function("clock", clock, "a function that returns seconds", takes=0)
    synchronise()
    started = clock()
    function()
    synchronise()
    return clock() - started


@dataclass(frozen=True)
class Ratio:
    """How many times as long one thing takes as another: one number for each round of a race."""

    values: tuple[float, ...]

    def __post_init__(self):
        if not isinstance(self.values, tuple | list) or not self.values:
            raise ValueError("a ratio needs at least one value, in a tuple: one for each round")
        for value in self.values:
            require_number("each ratio", value, above=0)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def low(self) -> float:
        return min(self.values)

    @property
    def high(self) -> float:
        return max(self.values)

    def __str__(self) -> str:
        return f"× {self.median:.2f} ({self.low:.2f} to {self.high:.2f})"


@dataclass(frozen=True)
class Race:
    """The seconds of each runner in each round."""

    rounds: Mapping[str, tuple[float, ...]]

    def __post_init__(self):
        require_mapping("rounds", self.rounds, '{"name": seconds of each round, ...}')

    def seconds(self, name: str) -> float:
        """The median over the rounds."""
        require_choice("name", name, self.rounds)
        return statistics.median(self.rounds[name])

    def ratio(self, slow: str, fast: str) -> Ratio:
        """Round by round, the seconds of `slow` divided by those of `fast`."""
        require_choice("slow", slow, self.rounds), require_choice("fast", fast, self.rounds)
        if min(*self.rounds[slow], *self.rounds[fast]) <= 0:
            raise ValueError("a round took no time by this clock: let the runners do more in a round")
        return Ratio(tuple(s / f for s, f in zip(self.rounds[slow], self.rounds[fast], strict=True)))


def race(
    runners: Mapping[str, Callable[[], object]], rounds: int = 7, clock: Callable[[], float] = time.perf_counter
) -> Race:
    """Call all of them once to warm up, then `rounds` times in turn, every other round in the opposite order.

    A machine's speed drifts, with its temperature and its other work; what runs within one round sees nearly the same
    machine, so that ratios within a round say more than seconds. With 7 rounds, the lowest and the highest ratio hold
    the true median between them with a chance of 1 − 2·2⁻⁷ = 98.4 %, if the rounds are independent. `clock` as in
    `seconds`. Raises ValueError without runners or rounds.
    """
    require_mapping("the runners of a race", runners, '{"name": function, ...}')
    for name, runner in runners.items():
        require_function(f"runner {name!r}", runner)
    require_function("clock", clock, "a function that returns seconds", takes=0)
    rounds = require_count("rounds", rounds)
    names = list(runners)
    taken: dict[str, list[float]] = {name: [] for name in names}
    with progress_bar(rounds + 1, "round", f"racing {', '.join(names)}") as bar:
        for name in names:
            runners[name]()
        bar.update()
        for i in range(rounds):
            for name in names if i % 2 == 0 else reversed(names):
                taken[name].append(seconds(runners[name], clock))
            bar.update()
    return Race({name: tuple(times) for name, times in taken.items()})
