"""Who trains what: each weight that is trained belongs to exactly one optimiser, that of its player."""

import inspect

from torch import nn
from torch.optim import Optimizer

from course_utils.inputs import shown
from course_utils.training.step import trained


def require_ownership(players: dict[str, tuple[str, list[nn.Module], Optimizer]]) -> None:
    """Raises ValueError unless each optimiser holds all weights of its player that are trained, and no others.

    `players`: by the argument's name, such as "g_optimizer", who that is, the networks, and the optimiser. Frozen
    weights may be in it or not.
    """
    for argument, (who, networks, optimizer) in players.items():
        _require_optimizer(argument, who, optimizer)
        mine = {id(p): p for network in networks for p in network.parameters()}
        held = {id(p) for group in optimizer.param_groups for p in group["params"]}
        missing = {id(p) for p in trained(mine.values())} - held
        foreign = held - set(mine)
        if not missing and not foreign:
            continue
        anew = f"make it of the {who} that is trained now, such as {argument}=training.adam({who})"
        if owner := next(
            (other for other, others, _ in players.values() if other != who and foreign & _ids(others)), None
        ):
            raise ValueError(f"{argument} holds weights of the {owner}, and must move the {who} alone: {anew}")
        if not held & set(mine):
            raise ValueError(
                f"{argument} holds none of the {who}'s weights, so it would train another network, such as one from "
                f"before a cell was run again: {anew}"
            )
        what = f"{len(missing)} of the {who}'s weights are missing" if missing else "it also holds weights of others"
        raise ValueError(f"{argument} must hold the {who}'s trained weights and no others, but {what}: {anew}")


def _require_optimizer(argument: str, who: str, optimizer: Optimizer) -> None:
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"{argument} must be a torch optimiser, such as training.adam({who}), not {shown(optimizer)}")
    closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        name = type(optimizer).__name__
        raise ValueError(f"{argument}: {name} calls the loss itself, which these loops cannot offer; take Adam")


def _ids(networks: list[nn.Module]) -> set[int]:
    return {id(p) for network in networks for p in network.parameters()}
