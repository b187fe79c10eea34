"""Wrong inputs to the public functions: each is named by the course itself, in one line; its right neighbours pass."""

import importlib
import pkgutil
import re
import traceback

import pytest
import wrong_inputs
from conftest import ROOT

TABLES = [
    importlib.import_module(f"wrong_inputs.{found.name}") for found in pkgutil.iter_modules(wrong_inputs.__path__)
]
WRONG = [(table.__name__.rpartition(".")[2], *row) for table in TABLES for row in table.ROWS]
RIGHT = [(table.__name__.rpartition(".")[2], *row) for table in TABLES for row in table.RIGHT]


def ids(rows):
    """The same in every worker: an address in memory is not."""
    return [f"{floor} {number}: {re.sub(' at 0x[0-9a-f]+', '', row[0])}" for number, (floor, *row) in enumerate(rows)]


@pytest.mark.parametrize(("floor", "what", "call", "words"), WRONG, ids=ids(WRONG))
def test_what_is_wrong_is_named(floor, what, call, words):
    with pytest.raises((ValueError, TypeError, IndexError)) as error:
        call()
    message = str(error.value)
    where = traceback.extract_tb(error.tb)[-1].filename
    assert where.startswith(str(ROOT / "course_utils")), f"{what}: a raw error of {where}: {message}"
    assert "\n" not in message and 15 < len(message) < 400
    assert re.search(words, message), f"{what}: {message}"


@pytest.mark.parametrize(("floor", "what", "call"), RIGHT, ids=ids(RIGHT))
def test_what_is_right_passes(floor, what, call):
    call()


def test_the_tables_are_long_and_no_row_is_there_twice():
    assert len(WRONG) >= 300
    calls = [
        (floor, what, words, getattr(call, "args", ()), getattr(call, "func", call))
        for floor, what, call, words in WRONG
    ]
    assert len({repr(call) for call in calls}) == len(calls)


# What takes no input that could be wrong: constants, and what is only raised, or only returned.
TAKE_NO_INPUT = re.compile(r"[A-Z][A-Z_]*|.*(Error|Failed)")
ONLY_RETURNED = {
    "models": {"Quantised"},
    "evaluation": {
        "AccuracyScore", "ActiveUnits", "ClassAccuracy", "Confidence", "FlowLikelihood", "FrechetResult",
        "FreshDiscriminator", "InferenceGaps", "Legibility", "LogLikelihood", "MembershipAUC", "Memorisation",
        "ModeCoverage", "ParzenScore", "PrecisionRecall", "StackedCoverage", "expected_density",
    },
    "data": {"cache_folder"},
    "objectives": {"Penalty"},  # a type
    "plots": {"course_style"},
    "lesson": {"best_device", "synchronise"},
}  # fmt: skip
OTHER_TABLES = {"data": {"load_folder"}}  # own images: tests/test_folder.py
ROOMS = {
    **{room: (room,) for room in ("objectives", "data", "models", "evaluation", "plots")},
    "lesson": ("claims", "lesson", "intervals", "timing", "machine"),
}


def public_names(room):
    module = importlib.import_module(f"course_utils.{room}")
    own = [name for name, thing in vars(module).items() if getattr(thing, "__module__", None) == module.__name__]
    return [name for name in getattr(module, "__all__", own) if not name.startswith("_")]


@pytest.mark.parametrize("floor", ROOMS)
def test_every_public_name_is_in_its_table(floor):
    text = (ROOT / "tests" / "wrong_inputs" / f"{floor}.py").read_text(encoding="utf-8")
    exempt = ONLY_RETURNED.get(floor, set()) | OTHER_TABLES.get(floor, set())
    names = [name for room in ROOMS[floor] for name in public_names(room)]
    missing = [
        name
        for name in names
        if not TAKE_NO_INPUT.fullmatch(name) and name not in exempt and not re.search(rf"\b{name}\b", text)
    ]
    assert missing == []
    assert exempt <= set(names), "a name that is gone needs no exception"
