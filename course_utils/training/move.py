"""One player's move alone, to see what it does."""

from course_utils.inputs import require_choice, require_kind, shown
from course_utils.training.gan_step import GANStep
from course_utils.training.randomness import forked_random_state, random_state, set_random_state
from course_utils.training.run import GANRun

PLAYERS = ("discriminator", "generator")


def move(run: GANRun, player: str) -> GANRun:
    """One update of `player` ("discriminator" or "generator") alone, on fresh samples, and return the run.

    It is no step of the run: it has no row in the history, and `run.steps_done` stays. The run's random stream moves on
    with it, and `go_on(run)` continues from the weights as they are then. Raises ValueError for a run without the two
    players, or one that is being trained at this moment.
    """
    require_kind("run", run, GANRun)
    require_choice("player", player, PLAYERS)
    loop = run.loop
    if loop is None or not isinstance(loop.step, GANStep):
        raise ValueError(f"a move is one of a run that train_gan or train_ensemble returned, not of {shown(run)}")
    if loop.running:
        raise ValueError("this run is being trained at this moment, so a callback cannot move its players")
    step: GANStep = loop.step
    with forked_random_state(run.device):
        set_random_state(loop.random, run.device)
        drawn = step.draw(with_graph=player == "generator")
        if player == "discriminator":
            step.move_discriminator(*drawn, step.penalty_weight(run.steps_done))
        else:
            step.move_generator(*drawn)
        loop.random = random_state(run.device)
    return run
