"""The exercises of lesson 05."""

from course_utils.checks.lesson_05 import (
    confidence_or_accuracy,
    gradient_at_the_logits,
    stuck_losses,
    transport_on_a_line,
    two_remedies,
)

EXERCISES = (
    gradient_at_the_logits.EXERCISE,
    transport_on_a_line.EXERCISE,
    two_remedies.EXERCISE,
    confidence_or_accuracy.EXERCISE,
    stuck_losses.EXERCISE,
)
