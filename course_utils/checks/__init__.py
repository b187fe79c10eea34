"""Exercise feedback: answers compared, by what they do, with the reference and with the mistakes that people make.

A notebook calls the functions of `student.py`. The exercises of lesson 02 are in `lesson_02/`, one file each.
"""

from course_utils.checks.student import check, hint, is_right, mark, predict, predicted, progress, solution

__all__ = ["check", "hint", "is_right", "mark", "predict", "predicted", "progress", "solution"]
