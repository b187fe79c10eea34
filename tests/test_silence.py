"""No lesson runs for long without a bar: how that is measured, and what is stored of the lessons."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from course_utils.commands import silence
from course_utils.commands.execute import execute
from course_utils.commands.lessons import timings

SET_UP = "# course = lesson.begin(...)\nimport time\nfrom course_utils.progress import progress\ntime.sleep(3)"
SILENT = "\nfor seed in range(2):\n    time.sleep(0.5)"
WITH_BAR = 'for seed in progress(range(3), "seeds"):\n    time.sleep(0.6)'


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], 10),
        ([(0, 10)], 0),
        ([(-5, 12)], 0),
        ([(2, 3)], 7),
        ([(-3, 1), (4, 9)], 3),
        ([(1, 9), (2, 3)], 1),  # one bar inside another
        ([(-9, -1), (11, 12)], 10),  # of other cells
        ([(1, 2), (9, 30)], 7),
    ],
)
def test_the_longest_time_without_a_bar(spans, expected):
    assert silence.longest(spans, 0, 10) == expected


def test_a_cell_without_a_bar_is_found(tmp_path):
    cells = [new_markdown_cell("A lesson"), *map(new_code_cell, [SET_UP, WITH_BAR, SILENT, ""])]
    nbformat.write(new_notebook(cells=cells), tmp_path / "03_lesson.ipynb")
    notebook, seconds, error = execute(tmp_path / "03_lesson.ipynb", "smoke", tmp_path)
    found = silence.of(notebook)
    assert error is None and found.cell == "for seed in range(2):" and 1 <= found.seconds < seconds
    assert str(found).endswith("s, in the cell that begins with `for seed in range(2):`")


@pytest.mark.parametrize(("number", "silent"), silence.stored(timings()).items())
def test_no_stored_lesson_is_silent_for_long(number, silent):
    assert silent.seconds < silence.MOST, f"lesson {number}: {silent}"
