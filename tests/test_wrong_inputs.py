"""Wrong inputs to the public functions: each is named by the course itself, in one line; its right neighbours pass."""

import importlib
import inspect
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
    return [f"{floor} {number}: {row[0]}" for number, (floor, *row) in enumerate(rows)]


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
    source = [inspect.getsource(table) for table in TABLES]
    assert all(text.count("ROWS = [") == text.count("RIGHT = [") == 1 for text in source)
