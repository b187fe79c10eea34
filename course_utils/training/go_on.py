"""Training a run longer, or on to its end."""

import warnings
from collections.abc import Sequence

from course_utils.inputs import require_count, shown
from course_utils.training.fit import require_network
from course_utils.training.loop import Loop
from course_utils.training.ownership import require_ownership
from course_utils.training.run import Run, every, require_callbacks


def go_on(
    run: Run,
    steps: int | None = None,
    *,
    callbacks: Sequence[every] | None = None,
    progress: bool | None = None,
    pause_after: int | None = None,
) -> Run:
    """Train `run` for `steps` more updates, or for those that are left of it, and return it, grown longer.

    Networks, optimisers, averages, history and random streams go on from where they are: the result is bit for bit that
    of the whole number of steps at once. A schedule or annealing that depends on the length of the run cannot keep that
    promise: it follows the longer run from here on, and a warning says so. What has been changed by hand since, such as
    a learning rate, stays changed. `callbacks` and `progress` are those of the run, if no others are given; its
    checkpoint is written on. `pause_after`: stop after so many steps, as the stop button does. Raises ValueError where
    nothing is left to do, or the weights are not finite, or have been converted or moved since.
    """
    if not isinstance(run, Run) or run.loop is None:
        raise ValueError(f"go_on continues the run that a train_… function returned, not {shown(run)}")
    loop, was = run.loop, len(run.rows)
    if loop.running:
        raise ValueError("this run is being trained at this moment, so a callback cannot train it on: do it afterwards")
    left = was - run.steps_done
    if steps is None and not left:
        raise ValueError(f"this run has done its {was:,} steps: say how many more, go_on(run, steps=…)")
    if pause_after is not None:
        require_count("pause_after", pause_after)
    total = run.steps_done + (left if steps is None else require_count("steps", steps))
    if loop.torn:
        warnings.warn(
            f"an update was broken off after step {run.steps_done:,}, so some weights have moved and others have not: "
            "the run goes on, but not as one that was never stopped (a checkpoint would)",
            stacklevel=2,
        )
        loop.torn = False
    make_ready(loop)
    if callbacks is not None:
        require_callbacks(callbacks)
        loop.callbacks = callbacks
    loop.progress = loop.progress if progress is None else progress
    rows = loop.step.empty_rows(total)
    rows[: run.steps_done] = run.rows[: run.steps_done]
    run.rows = rows
    if total != was:
        loop.say_if_longer_differs(was, run.steps_done)
    run.interrupted = False
    loop.repeat(pause_after)
    return run


def make_ready(loop: Loop) -> None:
    """Look at everything that a user may have changed since the last step, and take down which weights are trained."""
    for name, network in loop.step.networks.items():
        require_network(name, network)
    require_ownership(loop.step.players())
    for batches in loop.step.samples.values():
        for network in loop.step.networks.values():
            batches.require_as_before(network)
    loop.step.note_trained()
