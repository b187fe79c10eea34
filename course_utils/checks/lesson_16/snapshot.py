"""Exercise 16.5, a bug hunt: a way back that leads nowhere, since what was kept is no copy."""

import copy
from collections.abc import Callable

import torch
from torch import nn

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, joined, weights_of


def snapshot(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    weights = copy.deepcopy(network.state_dict())
    averages = copy.deepcopy(optimizer.state_dict())

    def go_back() -> None:
        network.load_state_dict(weights)
        optimizer.load_state_dict(copy.deepcopy(averages))

    return go_back


def as_it_was(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    """The snapshot of the notebook."""
    weights, averages = network.state_dict(), optimizer.state_dict()

    def go_back() -> None:
        network.load_state_dict(weights)
        optimizer.load_state_dict(averages)

    return go_back


def probe(answer) -> Observations:
    """Two snapshots of one training; the first is gone back to twice, then the second, then it trains on."""
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Tanh(), nn.Linear(4, 2))
    optimizer = torch.optim.Adam(network.parameters(), lr=0.02)

    def train(steps: int) -> None:
        for _ in range(steps):
            loss = network(2 * torch.randn(8, 3) + 1).square().mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()

    train(3)
    first = answer(network, optimizer)
    seen: Observations = {"what is returned": "a function" if callable(first) else f"a {type(first).__name__}"}
    if not callable(first):
        return seen
    train(2)
    second = answer(network, optimizer)
    train(2)
    optimizer.param_groups[0]["lr"] = 0.005
    for when, go_back in (("the first time", first), ("the second time", first), ("to the later snapshot", second)):
        go_back()
        seen |= {f"after going back {when}, {name}": value for name, value in _state(network, optimizer).items()}
        train(2)
    seen["the vector of the weights after two more steps"] = weights_of(network)
    return seen


def _state(network: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, object]:
    kept = [optimizer.state.get(parameter, {}) for parameter in network.parameters()]
    return {
        "the vector of the weights": weights_of(network),
        "the vector of BatchNorm's running means and variances": torch.cat(
            [b.detach().clone().flatten().float() for b in network.buffers()]
        ),
        "the vector of Adam's averages": joined(
            [s[name] for s in kept for name in ("exp_avg", "exp_avg_sq") if name in s]
        ),
        "the list of the steps that Adam has counted": [float(s.get("step", 0)) for s in kept],
        "the rate": float(optimizer.param_groups[0]["lr"]),
    }


def _parameters_only(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    weights = [parameter.detach().clone() for parameter in network.parameters()]
    averages = copy.deepcopy(optimizer.state_dict())

    @torch.no_grad()
    def go_back() -> None:
        for parameter, kept in zip(network.parameters(), weights, strict=True):
            parameter.copy_(kept)
        optimizer.load_state_dict(copy.deepcopy(averages))

    return go_back


def _afresh(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    weights, groups = copy.deepcopy(network.state_dict()), copy.deepcopy(optimizer.state_dict())["param_groups"]

    def go_back() -> None:
        network.load_state_dict(weights)
        optimizer.load_state_dict({"state": {}, "param_groups": groups})

    return go_back


def _into_a_copy(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    kept = copy.deepcopy(network)

    def go_back() -> None:
        kept.load_state_dict(network.state_dict())

    return go_back


_newest: dict[str, object] = {}


def _one_for_all(network: nn.Module, optimizer: torch.optim.Optimizer) -> Callable[[], None]:
    _newest["go back"] = snapshot(network, optimizer)
    return lambda: _newest["go back"]()


DIAGNOSIS = choice(
    "B",
    {
        "A": (
            "a learning rate that is too high",
            "The last column is measured right after going back, before any step is taken. What could a rate do there?",
        ),
        "C": (
            "averages of Adam that do not come back",
            "The loss of a network depends on its weights alone. It is measured right after going back, and it is not "
            "the one that was noted at the best look.",
        ),
        "D": (
            "held-out losses that are mostly chance",
            "Every look uses the same points, noise and times. Before the broken file the curve is steady.",
        ),
        "E": (
            "a snapshot of the broken network",
            "The second column says at which step the snapshot was taken that it goes back to.",
        ),
    },
    why="state_dict() hands out the network's own tensors under their names. They move with it.",
)

REPAIR = Part(
    snapshot,
    name="the repaired snapshot",
    probe=probe,
    why="A checkpoint in a file would have been a copy by itself, both when it is written and whenever it is read.",
    mistakes=(
        Mistake(
            "a snapshot that still moves with the training",
            "What is kept must not change any more when the training goes on. Print one weight out of it, before and "
            "after a step.",
            as_it_was,
        ),
        Mistake(
            "a copy that is made too late",
            "When it is time to go back, the tensors have moved already: this copies the broken weights. When did they "
            "still hold the good ones?",
            edited(
                snapshot,
                ("copy.deepcopy(network.state_dict())", "network.state_dict()"),
                ("copy.deepcopy(optimizer.state_dict())", "optimizer.state_dict()"),
            ),
        ),
        Mistake(
            "a copy of the weights, beside averages that are none",
            "The weights come back. Adam's averages are tensors, too, and the training has gone on changing them.",
            edited(snapshot, ("copy.deepcopy(optimizer.state_dict())", "optimizer.state_dict()")),
        ),
        Mistake(
            "weights that come back to an optimiser that does not",
            "The weights come back. But Adam still remembers the broken batches: it divides by their gradients for "
            "hundreds of steps to come.",
            edited(snapshot, ("        optimizer.load_state_dict(copy.deepcopy(averages))\n", "")),
        ),
        Mistake(
            "a snapshot that serves only once",
            "The first time all is right. But PyTorch's optimisers take tensors over from what they load, without a "
            "copy: from then on the training changes what you have kept.",
            edited(snapshot, ("copy.deepcopy(averages))", "averages)")),
        ),
        Mistake(
            "parameters without buffers",
            "A network has more than what its optimiser moves: BatchNorm's running means and variances, for example.",
            _parameters_only,
        ),
        Mistake(
            "an optimiser that starts afresh",
            "The weights come back, and the memory of the broken batches is gone. But so is that of the good ones: "
            "asked is the optimiser as it was at the snapshot.",
            _afresh,
        ),
        Mistake(
            "a copy that is never used",
            "Nothing of the network or of its optimiser has come back: who is changed by `go_back`?",
            _into_a_copy,
        ),
        Mistake(
            "one place for all snapshots",
            "Going back to the older snapshot leads to the newer one. Each has to keep what it has seen.",
            _one_for_all,
        ),
        Mistake(
            "an optimiser without its network",
            "Adam is as it was. Its network has stayed where the broken batches have left it.",
            edited(snapshot, ("        network.load_state_dict(weights)\n", "")),
        ),
    ),
)

EXERCISE = Exercise(
    number="16.5",
    title="The way back that leads nowhere",
    hints=(
        "Take a snapshot, then change one weight of the network by hand. Look at that weight in the snapshot.",
        "copy.deepcopy makes copies of all tensors in a dictionary. There are two dictionaries, and two moments: when "
        "a snapshot is taken, and when it is loaded. Try going back twice to the same one, with training in between.",
    ),
    parts=(DIAGNOSIS, REPAIR),
)
