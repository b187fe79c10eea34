"""The exercises of lesson 10."""

from course_utils.checks.lesson_10 import best_logit, bug_hunt, class_losses, guidance, labels_in, obedience

EXERCISES = (
    best_logit.EXERCISE,
    labels_in.EXERCISE,
    class_losses.EXERCISE,
    guidance.EXERCISE,
    obedience.EXERCISE,
    bug_hunt.EXERCISE,
)
