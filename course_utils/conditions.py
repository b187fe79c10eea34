"""What a claim demands of a measurement, and must not find where the asserted cause is absent."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from course_utils.inputs import require_count, require_flag, require_function, require_number, shown

KINDS = ("above", "below", "between", "holds")


@dataclass(frozen=True)
class Condition:
    """One demand: `above` or `below` a number, `between` two (ends included), or a function `holds` of the measurement.

    Where several runs were measured, at least `runs` of them must meet it. Raises ValueError for none or several
    demands, for thresholds that are no finite numbers, and for a function that answers other than True or False.
    """

    above: float | None = None
    below: float | None = None
    between: tuple[float, float] | None = None
    holds: Callable[..., bool] | None = None
    runs: int | None = None

    def __post_init__(self):
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            said = " and ".join(f"{kind}=" for kind in given) or "none"
            raise ValueError(f"a claim demands one of above=, below=, between= and holds=, not {said}")
        if self.holds is not None:
            require_function("holds", self.holds, "a function of the measurement")
        elif self.between is not None:
            low, high = _two_numbers(self.between)
            object.__setattr__(self, "between", (low, high))
        else:
            object.__setattr__(self, given[0], require_number(given[0], getattr(self, given[0])))
        if self.runs is not None:
            object.__setattr__(self, "runs", require_count("runs", self.runs))

    def words(self, measured: object) -> str:
        """ "above 0.5 in at least 7 of 8 runs"; nothing for a function, whose sentence must say it."""
        if self.holds is not None:
            demand = ""
        elif self.between is not None:
            demand = "between {:.4g} and {:.4g}".format(*self.between)
        else:
            demand = f"above {self.above:.4g}" if self.above is not None else f"below {self.below:.4g}"
        count = len(self._values(measured))
        return demand if count == 1 else f"{demand} in at least {self.runs} of {count} runs".strip()

    def met(self, measured: object) -> bool:
        """Whether the measurement meets it. Raises ValueError where `runs` does not fit the number of runs."""
        values = self._values(measured)
        if self.runs is None and len(values) > 1:
            count = len(values)
            raise ValueError(f"{count} runs were measured: say in how many of them it must hold, as in runs={count}")
        if self.runs is not None and self.runs > len(values):
            raise ValueError(f"runs={self.runs}, and only {len(values)} were measured")
        return sum(map(self._accepts, values)) >= (self.runs or 1)

    def fooled_by(self, null: object, measured: object) -> bool:
        """Whether the null meets it too: in as large a share of its runs as is demanded of those that were measured."""
        values = self._values(null)
        return sum(map(self._accepts, values)) >= self._needed(values, measured)

    def slack(self, measured: object) -> float | None:
        """How many times as far as demanded the run went that decides: 2 where half the threshold would have done.

        None where no such ratio exists: for `between`, for `holds`, and across zero.
        """
        decisive, threshold = self._decisive(measured, measured), self.above if self.below is None else self.below
        if decisive is None or threshold is None or decisive * threshold <= 0:
            return None
        ratio = decisive / threshold
        return ratio if (self.above is not None) == (threshold > 0) else 1 / ratio

    def margin(self, measured: object, null: object) -> float | None:
        """Where the threshold stands on the way from the null (0) to the measurement (1); None for `holds`.

        Near 0 the null nearly passes; near 1 the measurement hardly does.
        """
        decisive, nearest = self._decisive(measured, measured), self._decisive(null, measured)
        if decisive is None:
            return None
        if self.between is not None:
            threshold = self.between[0] if nearest < self.between[0] else self.between[1]
        else:
            threshold = self.above if self.below is None else self.below
        apart = decisive != nearest and math.isfinite(nearest) and math.isfinite(decisive)
        return (threshold - nearest) / (decisive - nearest) if apart else None

    def _needed(self, values: list, measured: object) -> int:
        """In how many of these runs it must hold to be as good as `runs` of those that were measured."""
        return math.ceil((self.runs or 1) / len(self._values(measured)) * len(values))

    def _decisive(self, of: object, measured: object) -> float | None:
        """Of the runs that must meet the demand, the one that meets it by least."""
        if self.holds is not None:
            return None
        values = self._values(of)
        if self.between is not None:
            ranked = sorted(values, key=lambda value: abs(value - sum(self.between) / 2))
        else:
            ranked = sorted(values, reverse=self.above is not None)
        return ranked[self._needed(values, measured) - 1]

    def _accepts(self, value: object) -> bool:
        if self.holds is not None:
            return require_flag("what holds= returns", self.holds(value))
        if self.between is not None:
            return self.between[0] <= value <= self.between[1]
        return value > self.above if self.above is not None else value < self.below

    def _values(self, measured: object) -> list:
        """The runs; or, for `holds`, the one thing that was measured."""
        if isinstance(measured, Mapping | str) and self.holds is not None:
            return [measured]
        return runs_of(measured)


def runs_of(measured: object) -> list[float]:
    """A number, or one for each run (a tensor, an array or a sequence), as a list; raises ValueError for all else."""
    many = isinstance(measured, Sequence) and not isinstance(measured, str) or getattr(measured, "ndim", 0) > 0
    try:
        values = [float(value) for value in measured] if many else [float(measured)]
    except (TypeError, ValueError, RuntimeError) as error:  # RuntimeError: torch, for a row of several numbers
        raise ValueError(f"measured must be a number, or one for each run, not {shown(measured)}") from error
    if not values:
        raise ValueError("measured is empty: there is no run to speak of")
    return values


def _two_numbers(between: object) -> tuple[float, float]:
    try:
        low, high = between
    except (TypeError, ValueError) as error:
        raise ValueError(f"between must be two numbers, as in between=(0.4, 0.6), not {shown(between)}") from error
    low, high = require_number("the low end of between", low), require_number("the high end of between", high)
    if low >= high:
        raise ValueError(f"between must rise, from the low end to the high one, not {low:g} to {high:g}")
    return low, high
