"""Every lesson at the smoke budget with its networks and data on the stand-in accelerator, without float64 there."""

import os

import pytest
from stand_in import lessons

from course_utils.commands.lessons import all_lessons

pytestmark = pytest.mark.skipif(os.environ.get("COURSE_BUDGET") != "cpu", reason="part of course.py test --claims")


@pytest.mark.parametrize("number", all_lessons())
def test_the_lesson_keeps_its_devices_apart(number, stand_in, tmp_path):
    printed = lessons.run(
        all_lessons()[number], float64=False,
        COURSE_BUDGET="smoke", COURSE_DATASET="digits", COURSE_LEDGER=str(tmp_path),
    )  # fmt: skip
    assert "device  accelerator (stand_in)" in printed
