"""Lessons at the gpu budget without a GPU's time: what is special to that budget is run, and nothing is trained.

Every line runs with the gpu budget's values, but no training takes more than a few steps, and where a lesson has no
value of its own for the GPU (the cpu budget's serves, which is tested elsewhere), it gets that of the smoke budget.
"""

import functools

from course_utils import training
from course_utils.lesson import Lesson

STEPS = 3


def cap_trainings() -> None:
    """From now on, in this process, trainings and lessons are brief."""
    for name in training.__all__:
        function = getattr(training, name)
        if name.startswith("train_"):
            setattr(training, name, _brief(function))
    Lesson.pick = _pick


def _brief(train):
    @functools.wraps(train)
    def briefly(*arguments, steps, **options):
        return train(*arguments, steps=min(steps, STEPS), **options)

    return briefly


def _pick(lesson, *, smoke, cpu, gpu=None):
    return smoke if gpu is None else gpu
