"""The gpu budget's lines are run before a student with a GPU runs them: on the stand-in accelerator, hardly trained."""

import os

import pytest
from stand_in import lessons

from course_utils.commands.lessons import all_lessons

pytestmark = pytest.mark.skipif(os.environ.get("COURSE_BUDGET") != "cpu", reason="part of course.py test --claims")
ONLY_THERE = {"04": "packing 4: modes", "09": "trained with k = 50"}  # what only this budget prints


@pytest.mark.parametrize("number", all_lessons())
def test_the_lesson_runs_with_the_values_of_the_gpu_budget(number, stand_in):
    printed = lessons.run(all_lessons()[number], briefly=True, COURSE_BUDGET="gpu", COURSE_DATASET="digits")
    assert "device  accelerator (stand_in)" in printed and ONLY_THERE.get(number, "") in printed
