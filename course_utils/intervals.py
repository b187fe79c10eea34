"""How well several runs know their mean and the next run, and how well n samples know a share."""

import math
from collections.abc import Callable, Sequence

from course_utils.inputs import require_count, require_number, shown


def confidence_interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half-width of its 95 % confidence interval, t · s/√n with n − 1 degrees of freedom (Student 1908).

    One value has no interval: its half-width is 0. Raises ValueError without values, for NaN and infinity.
    """
    if isinstance(values, str | dict) or not hasattr(values, "__len__") or getattr(values, "shape", None) == ():
        raise ValueError(f"an interval needs a sequence of numbers, one for each run, not {shown(values)}")
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value")
    for value in values:
        require_number("each value of an interval", value)
    mean = math.fsum(values) / n
    if n == 1:
        return mean, 0.0
    from scipy.stats import t  # not at the top: scipy takes a while to load, and most callers have one value

    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    return mean, float(t.ppf(0.975, n - 1)) * math.sqrt(variance / n)


def share_interval(share: float, n: int) -> tuple[float, float]:
    """Low and high end of the 95 % score interval of a share of n, which is sensible at 0 and 1 too (Wilson 1927).

    (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n) with z = 1.96. Raises ValueError for n < 1 and
    for a share outside [0, 1].
    """
    require_number("share", share, least=0, most=1)
    n = require_count("n", n, hint="the share is one of n")
    z = 1.96
    middle, spread = share + z**2 / (2 * n), z * math.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return (middle - spread) / (1 + z**2 / n), (middle + spread) / (1 + z**2 / n)


def prediction_band(
    values: Sequence[float], miss: float, least: float | None = None, most: float | None = None
) -> tuple[float, float]:
    """Where one further run falls, except with probability `miss`; inside the possible range from `least` to `most`.

    mean ± t · s · √(1 + 1/n), with the sample's standard deviation s over n ≥ 2 runs and Student's t on n − 1 degrees
    of freedom. Where the range has an end, the same is done on a scale that has none, log(x − least), −log(most − x) or
    their sum, the logit; the band reaches from the lower of the two low ends to the higher of the two high ends, and no
    further than the range. A run at an end of the range is moved inwards by half the smallest distance that occurs.

    By simulation (n = 6, 8, 10; 1, 5 and 12 independent numbers together, each with miss = 1 %/m): with the range
    given, at most 1.1 % of runs missed a band, whether runs scattered as a normal, lognormal, gamma, beta, binomial or
    Poisson variable. Without a range this holds for normal scatter only (lognormal with σ = ½: up to 10.6 %). No band
    foresees an outcome that none of the n runs had, see `unforeseen`.

    Raises ValueError for fewer than two runs, for equal ones, which say nothing of the scatter, and for one outside
    the range.
    """
    for value in values:
        require_number("each stored run", value, least=least, most=most)
    if len(values) < 2 or min(values) == max(values):
        raise ValueError("a band needs two different runs at least; equal ones say nothing of the scatter")
    from scipy.stats import t

    n = len(values)
    wide = float(t.isf(require_number("miss", miss, above=0, below=1) / 2, n - 1)) * math.sqrt(1 + 1 / n)

    def ends(numbers: Sequence[float]) -> tuple[float, float]:
        mean = math.fsum(numbers) / n
        half_width = wide * math.sqrt(math.fsum((v - mean) ** 2 for v in numbers) / (n - 1))
        return mean - half_width, mean + half_width

    low, high = ends(values)
    if least is not None or most is not None:
        free, back = _scale_without_ends(values, least, most)
        bent_low, bent_high = map(back, ends([free(value) for value in values]))
        low, high = min(low, bent_low), max(high, bent_high)
    return low if least is None else max(low, least), high if most is None else min(high, most)


def unforeseen(n: int) -> float:
    """The largest share of runs that can show what none of the n runs before it had: nⁿ/(n + 1)ⁿ⁺¹, at p = 1/(n + 1).

    An outcome of probability p is absent from n runs and present in the next with probability (1 − p)ⁿ p.
    """
    n = require_count("n", n)
    return (n / (n + 1)) ** n / (n + 1)


def _scale_without_ends(
    values: Sequence[float], least: float | None, most: float | None
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """The function to the scale, and its inverse (which may leave the range by the inward move)."""

    def inward(distances: list[float]) -> float:
        return min((d for d in distances if d > 0), default=1.0) / 2 if min(distances) <= 0 else 0.0

    below = 0.0 if least is None else inward([v - least for v in values])
    above = 0.0 if most is None else inward([most - v for v in values])
    if most is None:
        return lambda x: math.log(x - least + below), lambda y: least - below + _exp(y)
    if least is None:
        return lambda x: -math.log(most - x + above), lambda y: most + above - _exp(-y)
    return (
        lambda x: math.log((x - least + below) / (most - x + above)),
        lambda y: (most + above) / (1 + _exp(-y)) + (least - below) / (1 + _exp(y)),
    )


def _exp(y: float) -> float:
    return math.exp(min(y, 700))  # beyond, a float is infinite
