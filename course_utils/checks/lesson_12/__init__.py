"""The exercises of lesson 12."""

from course_utils.checks.lesson_12 import closed_forms, judged_by_its_teacher, leave_one_out, realism, two_terms

EXERCISES = (
    closed_forms.EXERCISE,
    realism.EXERCISE,
    leave_one_out.EXERCISE,
    two_terms.EXERCISE,
    judged_by_its_teacher.EXERCISE,
)
