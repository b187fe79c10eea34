"""Everything that the rest of a run depends on: what a checkpoint holds."""


from course_utils.training.randomness import Streams, random_state, set_random_state
from course_utils.training.run import Run


def state_of(run: Run, parts: dict, streams: Streams | None) -> dict:
    """The state of `parts` (networks, optimisers, the average), of the history and of all random streams."""
    state = {name: part.state_dict() for name, part in parts.items()}
    return state | {
        "rows": run.rows[: run.steps_done].clone(),
        "steps": len(run.rows),
        "seconds": run.seconds,
        "random": random_state(run.device),
        "streams": list(streams.states) if streams else [],
    }


def restore(run: Run, parts: dict, streams: Streams | None, state: dict) -> None:
    """Put back what `state_of` returned."""
    for name, part in parts.items():
        part.load_state_dict(state[name])
    run.steps_done, run.seconds = len(state["rows"]), state["seconds"]
    run.rows[: run.steps_done] = state["rows"].to(run.device)
    set_random_state(state["random"], run.device)
    if streams:
        streams.states = state["streams"]
