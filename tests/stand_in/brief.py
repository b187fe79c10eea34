"""Lessons at the gpu budget in little time: every line of theirs is run, with their values, and hardly any training.

A training goes through its steps, with its callbacks and its schedule, but only the first few update the networks.
"""

import functools
from dataclasses import replace

from course_utils import training
from course_utils.lesson import Lesson

KINDS_OF_STEPS = [  # that are not another's, inherited
    kind
    for kind in (training.GANStep, training.ModelStep, training.VAEStep, training.CycleStep)
    if "__call__" in vars(kind)
]
UPDATES = 3
STEPS = 20_000  # that a run goes through at the most
FEWER = {  # (lesson, value of the gpu budget): what the lesson's own loops, and long evaluations, do with less of
    ("04", 26_000): 1000,
    ("05", 4000): 40,
    ("09", (100, 100, 5000)): (100, 100, 10),
}
ASKS_FOR_MNIST = {"09"}  # by its name, for what only a GPU runs


def make_brief() -> None:
    """From now on, in this process, lessons are brief."""
    for kind in KINDS_OF_STEPS:
        kind.__call__ = few_updates(kind.__call__)
    for name in training.__all__:
        if name.startswith("train_"):
            setattr(training, name, _few_steps(getattr(training, name)))
    # Claims and checks are said and not judged: a measurement may be NaN here, and a run not what a loop by hand is.
    Lesson.unchecked = property(lambda lesson: "with hardly any training")
    Lesson.check = lambda lesson, text, holds, measured=None: print(f"· not checked with hardly any training: {text}")
    Lesson.pick = _pick
    Lesson.images = property(functools.partial(_images, Lesson.images.fget))


def few_updates(step):
    """The `__call__` of a step, which returns the last of its first results from then on."""

    @functools.wraps(step)
    def take(self, *arguments):
        done = vars(self).setdefault("rows_of_first_updates", [])
        if len(done) < UPDATES:
            done.append(step(self, *arguments))
        return done[-1]

    return take


def _few_steps(train):
    @functools.wraps(train)
    def briefly(*arguments, steps, **options):
        return train(*arguments, steps=min(steps, STEPS), **options)

    return briefly


def _pick(lesson, *, smoke, cpu, gpu=None):
    """The gpu budget's value. Where a lesson has none, the cpu budget's serves, which is tested elsewhere: smoke's."""
    if gpu is None:
        return smoke
    return FEWER.get((lesson.number, gpu), gpu) if isinstance(gpu, int | tuple) else gpu


def _images(images, lesson):
    return replace(images(lesson), name="mnist") if lesson.number in ASKS_FOR_MNIST else images(lesson)
