"""The mean of several runs, and how well they know it."""

import math
from collections.abc import Sequence


def confidence_interval(values: Sequence[float]) -> tuple[float, float]:
    """Mean and half-width of its 95 % confidence interval, t · s/√n with n − 1 degrees of freedom (Student 1908).

    One value has no interval: its half-width is 0. Raises ValueError without values.
    """
    n = len(values)
    if n == 0:
        raise ValueError("an interval needs at least one value")
    mean = math.fsum(values) / n
    if n == 1:
        return mean, 0.0
    from scipy.stats import t  # not at the top: scipy takes a while to load, and most callers have one value

    variance = math.fsum((v - mean) ** 2 for v in values) / (n - 1)
    return mean, float(t.ppf(0.975, n - 1)) * math.sqrt(variance / n)
