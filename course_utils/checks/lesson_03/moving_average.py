"""Exercise 3.3: the moving average of a generator's weights, one update at a time."""

import copy

import torch
from torch import nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited, number
from course_utils.checks.observe import Observations


def update_average(average: nn.Module, model: nn.Module, decay: float) -> None:
    values = model.state_dict()
    for name, mean in average.state_dict().items():  # detached tensors, in the same memory as the module's own
        if mean.is_floating_point():
            mean.mul_(decay).add_(values[name], alpha=1 - decay)
        else:
            mean.copy_(values[name])


def probe(update) -> Observations:
    """Two updates of a small network with a buffer of each kind, then the model moves on alone."""
    model = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Sequential(nn.ReLU(), nn.Linear(4, 2)))
    average = copy.deepcopy(model).requires_grad_(False)
    model[1].num_batches_tracked.fill_(20)
    _move(model)
    update(average, model, 0.9)
    seen = {f"the model's own {name}": value.clone() for name, value in model.state_dict().items()}
    _move(model)
    model[1].num_batches_tracked.fill_(30)
    update(average, model, 0.75)
    _move(model)  # an average that shares memory with the model moves, too
    seen |= {f"the average's {name}": value.clone() for name, value in average.state_dict().items()}
    return seen | {"the average asks for gradients": any(p.requires_grad for p in average.parameters())}


def _move(model: nn.Module) -> None:
    with torch.no_grad():
        for value in model.state_dict().values():
            if value.is_floating_point():
                value.add_(torch.randn_like(value))


def _parameters_only(average, model, decay):
    with torch.no_grad():
        for mean, value in zip(average.parameters(), model.parameters(), strict=True):
            mean.mul_(decay).add_(value, alpha=1 - decay)


def _recorded(average, model, decay):
    for mean, value in zip(average.parameters(), model.parameters(), strict=True):
        mean.mul_(decay).add_(value, alpha=1 - decay)
    for mean, value in zip(average.buffers(), model.buffers(), strict=True):
        mean.copy_(decay * mean + (1 - decay) * value if mean.is_floating_point() else value)


def _rebound(average, model, decay):
    for mean, value in zip(average.state_dict().values(), model.state_dict().values(), strict=True):
        mean = decay * mean + (1 - decay) * value


def _aliased(average, model, decay):
    shared = dict(model.named_parameters())
    for name, mean in average.named_parameters():
        mean.data = shared[name].data.mul_(1 - decay).add_(mean.data, alpha=decay)
    for mean, value in zip(average.buffers(), model.buffers(), strict=True):
        mean.copy_(decay * mean + (1 - decay) * value if mean.is_floating_point() else value)


_AVERAGED = "mean.mul_(decay).add_(values[name], alpha=1 - decay)"

EXERCISE = Exercise(
    number="3.3",
    title="An average that only watches",
    hints=(
        "Which tensors does a module save? parameters() does not list all of them. And who else would be changed by "
        "an operation in place on one of them?",
        "state_dict() gives parameters and buffers, detached, in the module's own memory: "
        "average.mul_(decay).add_(model, alpha=1 − decay), and copy_ for whole numbers. Second part: solve 0.995ᵗ = "
        "0.01.",
    ),
    parts=(
        Part(
            update_average,
            name="the update",
            probe=probe,
            expects="a function of (average, model, decay) that changes the average in place",
            why="The package's training.AveragedModel does the same for all tensors at once.",
            mistakes=(
                Mistake(
                    "decay on the wrong side",
                    "With a decay of 0.995 the average would keep half a per cent of itself: it is the model, nearly.",
                    edited(update_average, ("mul_(decay)", "mul_(1 - decay)"), ("alpha=1 - decay", "alpha=decay")),
                ),
                Mistake(
                    "an average without the buffers",
                    "BatchNorm's running mean and variance are no parameters. In eval mode the averaged weights "
                    "would work with statistics from before the training.",
                    _parameters_only,
                ),
                Mistake(
                    "a plain copy of the latest weights",
                    "The decay plays no part, and nothing of the earlier steps is left.",
                    edited(update_average, (_AVERAGED, "mean.copy_(values[name])")),
                ),
                Mistake(
                    "an update that autograd records",
                    "The average hangs on to every step's graph: memory grows until it runs out, and the average "
                    "asks for gradients.",
                    _recorded,
                ),
                Mistake(
                    "a name bound to a new tensor",
                    "`mean = …` gives the result a name and leaves the network as it was. What changes a tensor in "
                    "place?",
                    _rebound,
                ),
                Mistake(
                    "an average that shares its memory with the model",
                    "The update also moves the model, and from then on every step of the model moves the average. "
                    "It should only watch.",
                    _aliased,
                ),
                Mistake(
                    "BatchNorm's counter averaged like a weight",
                    "num_batches_tracked is a whole number; averaging cuts off its fraction. Copy it.",
                    edited(
                        update_average,
                        ("    mean.copy_(values[name])", "    mean.copy_(decay * mean + (1 - decay) * values[name])"),
                    ),
                ),
            ),
        ),
        number(
            919,
            3,
            {
                "the length of the memory, 1/(1 − β)": (
                    200,
                    "After that many updates the start still weighs 0.995²⁰⁰ = 0.37.",
                ),
                "the time until half is forgotten": (138, "That is where 0.995ᵗ = ½. One hundredth was asked for."),
                "the time until one tenth is left": (459, "That is where 0.995ᵗ = 0.1. One hundredth was asked for."),
                "a decimal logarithm against a natural one": (
                    400,
                    "ln 0.995 is about −0.005; log₁₀ 0.01 = −2 does not go with it. Take the same logarithm on both "
                    "sides.",
                ),
            },
            why="The package does not wait so long: while few updates are made it takes (1 + t)/(10 + t) in place "
            "of β.",
            name="the number of updates",
        ),
    ),
)
