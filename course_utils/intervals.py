"""How well several runs know their mean, and how well n samples know a share."""

import math
from collections.abc import Sequence

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
