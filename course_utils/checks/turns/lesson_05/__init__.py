"""What the student writes in lesson 05."""

from course_utils.checks.turns.lesson_05 import correction, logit_gradients, signal_to_noise, soft_labels

TURNS = (
    logit_gradients.EXERCISE,
    signal_to_noise.EXERCISE,
    correction.EXERCISE,
    soft_labels.EXERCISE,
)
