"""Stopwatches: what is measured is what was asked for, in turn, and compared round by round."""

import time

import pytest

from course_utils.timing import Race, Ratio, race, seconds


def test_seconds_are_those_of_the_call():
    assert 0.1 <= seconds(lambda: time.sleep(0.1)) < 10  # seconds, not milliseconds; a busy machine comes back late


def test_runners_take_turns_after_a_warm_up():
    calls = []
    race({name: lambda name=name: calls.append(name) for name in "abc"}, rounds=3)
    assert "".join(calls) == "abc" + "abc" + "cba" + "abc"


def test_ratios_are_those_of_each_round():
    result = Race({"slow": (2.0, 9.0, 4.0), "fast": (1.0, 3.0, 4.0)})
    ratio = result.ratio("slow", "fast")
    assert ratio.values == (2.0, 3.0, 1.0)
    assert (ratio.median, ratio.low, ratio.high) == (2.0, 1.0, 3.0)
    assert str(ratio) == "× 2.00 (1.00 to 3.00)"
    assert result.seconds("slow") == 4.0


def test_a_race_finds_the_slower_one():
    result = race({"slow": lambda: time.sleep(0.2), "fast": lambda: time.sleep(0.01)}, rounds=5)
    assert isinstance(result.ratio("slow", "fast"), Ratio)
    assert result.ratio("slow", "fast").median > 1.5


def test_the_processor_s_clock_stands_still_while_the_program_waits():
    result = race({"waits": lambda: time.sleep(0.2), "works": lambda: sum(range(10**6))}, 3, time.process_time)
    assert result.ratio("works", "waits").low > 1


def test_a_clock_that_is_too_coarse_says_so():
    with pytest.raises(ValueError, match="a round took no time by this clock"):
        race({"a": int, "b": int}, 3, lambda: 0.0).ratio("a", "b")


@pytest.mark.parametrize(("runners", "rounds"), [({}, 3), ({"a": int}, 0)])
def test_a_race_needs_runners_and_rounds(runners, rounds):
    with pytest.raises(ValueError, match="the runners of a race must be|rounds must be at least 1, not 0"):
        race(runners, rounds)
