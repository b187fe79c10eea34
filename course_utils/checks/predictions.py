"""Predictions: one letter of those that are offered; the first one stands."""

from course_utils.checks.exercise import letter
from course_utils.checks.record import recall, remember


def record(page: str, name: str, called: str, prediction: object, letters: str) -> None:
    """Note the first prediction for `name` on a page of the record, and say what stands there.

    Nothing is noted for a letter that is not among `letters`; one that stands there from before is replaced.
    Raises ValueError if `letters` are not two or more different capital letters.
    """
    require_letters(letters)
    first = recorded(page, name, letters)
    if first is not None:
        print(f"{called}: your first prediction, {first}, stands.")
        return
    expected, offered = letter(prediction), f"{', '.join(letters[:-1])} or {letters[-1]}"
    if expected is None:
        print(f"○ {called}: no prediction yet. Write a letter ({offered}) in quotation marks, and run this cell again.")
    elif expected not in letters:
        print(
            f"○ {called}: {expected} is not offered, so nothing is recorded. Write {offered}, and run this cell again."
        )
    else:
        remember(page, name, prediction=expected)
        print(f"{called}: you expect {expected}. Now run the experiment.")


def recorded(page: str, name: str, letters: str) -> str | None:
    """The prediction that stands for `name`; None if there is none, or one that is not offered."""
    first = recall(page).get(name, {}).get("prediction")
    return first if first in list(letters) else None


def compare(page: str, name: str, called: str, came_out: str) -> None:
    """Say how an experiment came out, beside what was predicted. Raises ValueError if `came_out` is not a letter."""
    if letter(came_out) != came_out:
        raise ValueError(f'an outcome must be one of the letters that were offered, such as "B", not {came_out!r:.60}')
    first = recall(page).get(name, {}).get("prediction")
    if first is None:
        print(f"{called}: it came out as {came_out}.")
    else:
        as_expected = "and so it came out" if first == came_out else f"and it came out as {came_out}"
        print(f"{called}: you expected {first}, {as_expected}.")


def require_letters(letters: object) -> None:
    """Raises ValueError unless these are two or more different capital letters."""
    fine = isinstance(letters, str) and len(set(letters)) == len(letters) >= 2
    if not fine or any(letter(one) != one for one in letters):
        raise ValueError(f'the letters offered must be two or more, as in "ABC", not {letters!r:.60}')
