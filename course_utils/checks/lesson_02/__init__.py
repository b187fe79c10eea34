"""The exercises of lesson 02."""

from course_utils.checks.lesson_02 import adam_rescue, chunked_step, generator_loss, logit_gradients, shared_optimizer

EXERCISES = (
    generator_loss.EXERCISE,
    logit_gradients.EXERCISE,
    chunked_step.EXERCISE,
    adam_rescue.EXERCISE,
    shared_optimizer.EXERCISE,
)
