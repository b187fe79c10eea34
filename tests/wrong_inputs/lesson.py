"""The frame of a lesson: claims, records, intervals, timing, the machine's report."""

import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import torch

from course_utils import claims, data, intervals, lesson, machine, timing

NAN, INF = float("nan"), float("inf")
PIXELS, LABELS = torch.zeros(2, 1, 28, 28, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64)
SET = data.ImageData("digits", PIXELS, LABELS, PIXELS, LABELS, ("0",))
CPU = torch.device("cpu")
BRIEF = lesson.Lesson("09", CPU, "smoke", 0, SET)  # claims are printed and not written
CLAIM = claims.Claim("It holds.", True, "1", "", "")
PAGE = Path(tempfile.mkdtemp()) / "page.json"
RACE = timing.Race({"slow": (2.0, 2.0), "fast": (1.0, 1.0)})


def whole():
    return lesson.Lesson("09", CPU, "cpu", 0, SET)


def recorded(**values):
    course = whole()
    for key, value in values.items():
        course.record(key, value)
    return course


ROWS = [
    *(
        (f"lesson {wrong!r}", partial(lesson.begin, wrong), "number of two digits")
        for wrong in ("3", 3, "three", "003", None)
    ),
    ("images by a word", lambda: lesson.begin("09", images="digits"), "images must be True or False"),
    ("a lesson without number", lambda: lesson.Lesson(9, CPU, "cpu", 0), "number of two digits"),
    ("a budget that does not exist", lambda: lesson.Lesson("09", CPU, "tpu", 0), "'smoke', 'cpu', 'gpu', not 'tpu'"),
    ("a device that does not exist", lambda: lesson.Lesson("09", "gpu", "cpu", 0), "device must be device, not 'gpu'"),
    *(
        (f"a seed of {wrong!r}", partial(lesson.Lesson, "09", CPU, "cpu", wrong), "seed must be")
        for wrong in (-1, 0.5, "0", True)
    ),
    ("images that are a tensor", lambda: lesson.Lesson("09", CPU, "cpu", 0, PIXELS), "images must be ImageData"),
    ("images that were not asked for", lambda: lesson.Lesson("09", CPU, "cpu", 0).images, "began without images"),
    ("an image set misspelt", lambda: BRIEF.per_data(mnist=1, digit=2), "per_data names digit, and there are digits"),
    *(
        (f"a verdict {wrong!r:.20}", partial(BRIEF.assertion, "It holds.", wrong), "holds must be True or False")
        for wrong in (NAN, 1.0, "yes", None, torch.ones(2) > 0, torch.isfinite)
    ),
    ("a claim of nothing", lambda: BRIEF.assertion("", True), "claim's text must be a text"),
    ("a claim of a number", lambda: BRIEF.assertion(3, True), "claim's text must be a text"),
    ("a measurement that is NaN", lambda: whole().assertion("It holds.", True, NAN), "measured is NaN"),
    ("one run that is NaN", lambda: whole().assertion("It holds.", True, [1.0, NAN]), "measured is NaN"),
    (
        "a measurement that is a function",
        lambda: BRIEF.assertion("It holds.", True, print),
        "measured must be a number",
    ),
    ("a paper that is a number", lambda: BRIEF.assertion("It holds.", True, 1, 2014), "claim's paper must be str"),
    *(
        (f"a claim that demands {what}", partial(whole().claim, "It holds.", 1.0, null={"chance": 0.1}, **demand), said)
        for what, demand, said in (
            ("nothing", {}, "demands one of above=, .* not none"),
            ("two things", {"above": 0.5, "below": 2}, "not above= and below="),
            ("NaN", {"above": NAN}, "above must be a finite number"),
            ("a truth", {"below": True}, "below must be a finite number"),
            ("one end", {"between": 0.5}, "between must be two numbers"),
            ("falling ends", {"between": (2, 1)}, "between must rise"),
            ("a verdict", {"holds": True}, "holds must be a function of the measurement"),
            ("what is no verdict", {"holds": lambda x: x}, "what holds= returns must be True or False"),
            ("two of one run", {"above": 0.5, "runs": 2}, "runs=2, and only 1 were measured"),
            ("half a run", {"above": 0.5, "runs": 0.5}, "runs must be a whole number"),
        )
    ),
    *(
        (f"a null that is {what}", partial(whole().claim, "It holds.", 1.0, above=0.5, null=null), said)
        for what, null, said in (
            ("missing", None, "null must be the same measure where the cause is absent"),
            ("empty", {}, "null must be the same measure where the cause is absent"),
            ("a number", 0.1, "null must be the same measure where the cause is absent"),
            ("NaN", {"chance": NAN}, "measured is NaN"),
            ("no number", {"chance": print}, "measured must be a number"),
        )
    ),
    ("runs without their number", partial(whole().claim, "It holds.", [1.0, 2.0], above=0.5, null={"a": 0}), "runs=2"),
    ("words that are measured", partial(whole().claim, "It holds.", "many", above=0.5, null={"a": 0}), "a number"),
    ("a claim of NaN", partial(whole().claim, "It holds.", NAN, above=0.5, null={"a": 0}), "measured is NaN"),
    ("a check of NaN", partial(BRIEF.check, "It holds.", True, NAN), "measured is NaN"),
    ("a check of a number", partial(BRIEF.check, "It holds.", 1.0), "holds must be True or False"),
    *(
        (f"a record of {wrong!r}", partial(BRIEF.record, "loss", wrong), "loss must be a finite number")
        for wrong in (NAN, INF, "0.5", None, torch.ones(2))
    ),
    ("a record without name", lambda: BRIEF.record("", 1.0), "key must be a text"),
    ("a record by number", lambda: BRIEF.record(3, 1.0), "key must be a text"),
    ("a record above its range", lambda: BRIEF.record("share", 1.5, least=0, most=1), "share must be"),
    ("a comparison of nothing", lambda: BRIEF.compare_with_stored(), "nothing is recorded"),
    ("floors in a list", lambda: BRIEF.compare_with_stored([1]), "floors must be Mapping, not list of 1"),
    ("a floor of what is not recorded", lambda: BRIEF.compare_with_stored({"loss": 1.0}), "floors names loss"),
    *(
        (f"{what} to describe", partial(claims.describe, wrong), "measured")
        for what, wrong in (
            ("NaN", NAN),
            ("NaN runs", torch.tensor([1.0, NAN])),
            ("a set", {1.0}),
            ("rows", torch.ones(2, 2)),
            ("no runs", []),
        )
    ),
    ("a claim's verdict", lambda: claims.Claim("It holds.", "yes", "", "", ""), "holds must be True or False"),
    ("a claim's measurement", lambda: claims.Claim("It holds.", True, 1.0, "", ""), "claim's measured must be str"),
    ("a page in no file", lambda: claims.Ledger("page.json"), "path must be Path, not 'page.json'"),
    ("a page of words", lambda: claims.Ledger(PAGE).add("It holds."), "claim must be Claim, not 'It holds.'"),
    *(
        (f"an interval of {what}", partial(intervals.confidence_interval, wrong), "interval")
        for what, wrong in (
            ("nothing", []),
            ("NaN", [1.0, NAN]),
            ("infinity", [INF]),
            ("a number", 3.0),
            ("words", ["a"]),
            ("a word", "12"),
        )
    ),
    *(
        (f"a share of {wrong!r}", partial(intervals.share_interval, wrong, 10), r"share must be .*\[0, 1\]")
        for wrong in (-0.1, 1.1, NAN, "0.5")
    ),
    *((f"of {wrong!r}", partial(intervals.share_interval, 0.5, wrong), "n must be") for wrong in (0, -1, 10.5, True)),
    ("a band of one run", lambda: intervals.prediction_band([1.0], 0.01), "two different runs"),
    ("a band of equal runs", lambda: intervals.prediction_band([1.0, 1.0], 0.01), "two different runs"),
    ("a band of NaN", lambda: intervals.prediction_band([1.0, NAN], 0.01), "each stored run must be"),
    ("a run outside the range", lambda: intervals.prediction_band([1.0, 2.0], 0.01, 0, 1), "each stored run must be"),
    *((f"to miss {w!r}", partial(intervals.prediction_band, [1, 2], w), "miss must be") for w in (0, 1, NAN, "0.01")),
    *((f"unforeseen by {w!r}", partial(intervals.unforeseen, w), "n must be") for w in (0, -1, 1.5, True)),
    ("seconds of a number", lambda: timing.seconds(3), "function must be a function, not 3"),
    (
        "a race by no clock",
        lambda: timing.race({"a": int}, 3, "processor"),
        "clock must be a function that returns seconds, not 'processor'",
    ),
    ("a race of nothing", lambda: timing.race({}), "runners of a race must be .* at least one"),
    ("a race of a function", lambda: timing.race(print), "runners of a race must be"),
    ("a race of numbers", lambda: timing.race({"a": 3}), "runner 'a' must be a function"),
    *((f"{wrong!r} rounds", partial(timing.race, {"a": int}, wrong), "rounds must be") for wrong in (0, 2.5, True)),
    ("seconds of a stranger", lambda: RACE.seconds("third"), "'slow', 'fast', not 'third'"),
    ("a ratio of a stranger", lambda: RACE.ratio("slow", "third"), "fast must be one of 'slow', 'fast', not 'third'"),
    ("a race without rounds", lambda: timing.Race({}), "rounds must be"),
    *(
        (f"a ratio of {what}", lambda wrong=wrong: timing.Ratio(wrong), "ratio")
        for what, wrong in (("nothing", ()), ("NaN", (NAN,)), ("0", (0.0,)), ("a number", 2.0))
    ),
    ("a machine for no budget", lambda: machine.check_machine(SET, "tpu"), "'smoke', 'cpu', 'gpu', not 'tpu'"),
    ("the name of no device", lambda: machine.device_name("cpu"), "device must be device, not 'cpu'"),
    ("a machine for a tensor", lambda: machine.check_machine(PIXELS, "cpu"), "images must be ImageData"),
    ("a report of words", lambda: machine.MachineReport(("Python",)), "rows must be triples"),
]

RIGHT = [
    (
        "a demand of numpy",
        lambda: whole().claim("It holds.", np.ones(2), above=np.float32(0), runs=np.int64(1), null={"a": -1}),
    ),
    (
        "a function's verdict of torch",
        lambda: whole().claim("It holds.", 2, holds=lambda x: torch.tensor(x) > 1, null={"a": 0}),
    ),
    ("a verdict of numpy", lambda: BRIEF.assertion("It holds.", np.True_, np.float32(1), "about 1")),
    ("a verdict of torch", lambda: BRIEF.assertion("It holds.", torch.ones(2).isfinite().all(), torch.ones(2))),
    ("NaN where no claim is checked", lambda: BRIEF.assertion("It holds.", False, NAN)),
    ("an infinite measurement", lambda: claims.describe([INF, 1.0])),
    ("nothing measured, and words", lambda: (claims.describe(None), claims.describe("many"))),
    ("a record of numpy, of torch", lambda: recorded(a=np.float32(1), b=torch.tensor(2.0), c=3)),
    ("an image set in use", lambda: BRIEF.per_data(mnist=1, digits=2, fashion_mnist=3)),
    ("a seed of numpy", lambda: lesson.Lesson("09", CPU, "cpu", np.int64(3))),
    (
        "one value, and values of numpy",
        lambda: (intervals.confidence_interval([1]), intervals.confidence_interval(np.ones(3))),
    ),
    (
        "shares at the border",
        lambda: (intervals.share_interval(0, 1), intervals.share_interval(np.float64(1), np.int64(5))),
    ),
    ("rounds of numpy", lambda: timing.race({"a": int}, np.int64(1)).ratio("a", "a")),
    ("a claim", lambda: CLAIM),
    ("a report", lambda: machine.check_machine(SET, "cpu")),
]
