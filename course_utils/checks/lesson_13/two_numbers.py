"""Looking at an answer that is a pair of numbers, in whatever container."""

from course_utils.checks.observe import Observations, Roughly


def two_numbers(value: object, first: str, second: str, within: float) -> Observations:
    """Both by name, right to ± `within`; or what was returned instead of two numbers."""
    try:
        a, b = (float(number) for number in value)
    except (TypeError, ValueError):
        return {"what is returned": f"{type(value).__name__}: {value!r}"}
    return {"what is returned": "two numbers", first: Roughly(a, within), second: Roughly(b, within)}
