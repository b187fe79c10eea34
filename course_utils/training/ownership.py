"""Who trains what: each weight that is trained belongs to exactly one optimiser, that of its player."""

import inspect
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from course_utils.inputs import require_number, shown
from course_utils.training.step import Players, trained


def require_ownership(players: Players, loss: object = None) -> None:
    """Raises ValueError unless each optimiser holds all weights of its player that are trained, and no others.

    Frozen weights may be in it or not. What it remembers of a weight must be on its device, and fit its precision. It
    must descend; only a `loss` that is not the course's own may be meant to be climbed, by maximize=True.
    """
    for argument, (who, networks, optimizer) in players.items():
        _require_optimizer(argument, who, optimizer)
        _require_descent(argument, optimizer, loss)
        _require_dense_or_sparse(argument, who, networks, optimizer)
        _require_memory(argument, who, optimizer)
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


def require_gradient(what: str, loss: Tensor, whose: str, weights: Sequence[Tensor]) -> None:
    """Raises ValueError for a loss that depends on none of the `weights`, so that minimising it trains nobody."""
    if loss.requires_grad:
        try:
            gradients = torch.autograd.grad(loss, weights, allow_unused=True)
        except RuntimeError:  # such as of a recurrent layer of cuDNN in evaluation mode: the first step will tell
            return
        if any(gradient is not None for gradient in gradients):
            return
    raise ValueError(
        f"{what} does not depend on {whose}, so nothing would be trained: was something detached, made under no_grad, "
        "or asked of another network?"
    )


def _require_optimizer(argument: str, who: str, optimizer: Optimizer) -> None:
    if not isinstance(optimizer, Optimizer):
        raise ValueError(f"{argument} must be a torch optimiser, such as training.adam({who}), not {shown(optimizer)}")
    closure = inspect.signature(type(optimizer).step).parameters.get("closure")
    if closure is not None and closure.default is inspect.Parameter.empty:
        name = type(optimizer).__name__
        raise ValueError(f"{argument}: {name} calls the loss itself, which these loops cannot offer; take Adam")


def _require_descent(argument: str, optimizer: Optimizer, loss: object) -> None:
    for group in optimizer.param_groups:
        if "lr" not in group:
            raise ValueError(f'{argument} has a group without a rate "lr", which schedules change: give it one, lr=1.0')
        require_number(f"the learning rate of {argument}", group["lr"], least=0)
        if group.get("maximize") and _is_ours(loss):
            raise ValueError(
                f"{argument} has maximize=True, and would climb a loss that is to be minimised: make it without"
            )


def _is_ours(loss: object) -> bool:
    """Whether it is the course's own: a game of an objective is if its losses are."""
    objective = getattr(loss, "objective", loss)
    parts = [getattr(objective, name, None) for name in ("discriminator_loss", "generator_loss")]
    made = [getattr(part, "func", part) for part in parts if part is not None] or [loss]
    return all(str(getattr(part, "__module__", "")).startswith("course_utils.") for part in made)


def _require_dense_or_sparse(argument: str, who: str, networks: list[nn.Module], optimizer: Optimizer) -> None:
    """Sparse gradients, those of Embedding(sparse=True), are for a few optimisers only; SparseAdam takes no others."""
    layers = [layer for network in networks for layer in network.modules()]
    sparse = {
        id(layer.weight) for layer in layers if isinstance(layer, nn.Embedding | nn.EmbeddingBag) and layer.sparse
    }
    kind = type(optimizer)
    moved = {id(weight) for network in networks for weight in trained(network.parameters())}
    if kind is torch.optim.SparseAdam and moved - sparse:
        raise ValueError(f"{argument}: SparseAdam takes sparse gradients alone, and the {who} has others: take Adam")
    takes_sparse = torch.optim.SparseAdam, torch.optim.SGD, torch.optim.Adagrad
    if sparse and kind.__module__.startswith("torch.optim") and kind not in takes_sparse:
        raise ValueError(
            f"{argument}: {kind.__name__} takes no sparse gradients, which the {who} has of Embedding(sparse=True): "
            f"leave sparse out, or give {argument}=torch.optim.SGD(…)"
        )


def _require_memory(argument: str, who: str, optimizer: Optimizer) -> None:
    """Raises ValueError where weights were converted or moved after one of torch's optimisers had begun to move them.

    Those that keep Adam's mean of gradients cannot go on in another precision; the others can.
    """
    if not type(optimizer).__module__.startswith("torch.optim."):
        return
    for weight, state in optimizer.state.items():
        for name, value in state.items():
            if not isinstance(value, Tensor) or value.ndim == 0 or value.shape != weight.shape:
                continue
            if value.device != weight.device or (name == "exp_avg" and value.dtype != weight.dtype):
                now, was = (f"{x.dtype} on {x.device}" for x in (weight, value))
                raise ValueError(
                    f"{argument} remembers weights in {was}, and the {who}'s are in {now}: converted after its "
                    f"first step; make it anew, or convert it by {argument}.load_state_dict({argument}.state_dict())"
                )


def _ids(networks: list[nn.Module]) -> set[int]:
    return {id(p) for network in networks for p in network.parameters()}
