"""One player's move alone, to see what it does."""

import warnings

from course_utils.inputs import require_choice, require_kind, shown
from course_utils.training.gan_step import GANStep
from course_utils.training.go_on import make_ready
from course_utils.training.interrupt import STOPPED
from course_utils.training.randomness import forked_random_state, random_state, set_random_state
from course_utils.training.run import GANRun
from course_utils.training.schedules import Rates

PLAYERS = ("discriminator", "generator")


def move(run: GANRun, player: str) -> GANRun:
    """One update of `player` ("discriminator" or "generator") alone, on fresh samples, and return the run.

    It is made as the next step would be: with the rates, the penalty and the average of that moment. It is no step of
    the run: it has no row in the history, and `run.steps_done` stays. The run's random stream moves on with it, and
    `go_on(run)` continues from the weights as they are then. As the run is then another than its call makes, it is no
    evidence, and its checkpoint is not written on. Raises ValueError for a run without the two players, one that is
    being trained at this moment, and a player whose weights are all frozen or not finite.
    """
    require_kind("run", run, GANRun)
    require_choice("player", player, PLAYERS)
    loop = run.loop
    if loop is None or not isinstance(loop.step, GANStep):
        raise ValueError(f"a move is one of a run that train_gan or train_ensemble returned, not of {shown(run)}")
    if loop.running:
        raise ValueError("this run is being trained at this moment, so a callback cannot move its players")
    step: GANStep = loop.step
    make_ready(loop)
    if not (step.d_parameters if player == "discriminator" else step.g_parameters):
        raise ValueError(f"the {player} has no weight that may move: all are frozen")
    if loop.checkpoint is not None:
        warnings.warn("this run is no longer the one of its call, so its checkpoint is not written on", stacklevel=2)
        loop.checkpoint = None
    loop.moved = True
    STOPPED.add(loop)
    rates = Rates(step.optimizers.values())
    loop.modes.put_back()
    with forked_random_state(run.device):
        set_random_state(loop.random, run.device)
        try:
            loop.set_out(rates)
            drawn = step.draw(with_graph=player == "generator")
            if player == "discriminator":
                step.move_discriminator(*drawn, step.penalty_weight(run.steps_done))
            else:
                step.move_generator(*drawn)
        finally:
            rates.put_back()
            loop.random = random_state(run.device)
    return run
