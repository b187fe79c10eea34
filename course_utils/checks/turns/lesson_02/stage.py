"""Two small players in float64 on which a student's step is tried, and what the step has done to each of them."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from course_utils.checks.observe import Observations, detached, joined, weights_of

WHICH = ("first", "second")
SURE = 20_000.0  # how much larger D's logits are made, so that a rounded sigmoid shows


class Stage:
    """G: z [n, 3] → points [n, 2]; D: points [n, 2] → logits [n]; plain gradient descent moves either.

    Both players hold gradients from an earlier step, as in the middle of a training.
    """

    def __init__(self, sure: bool = False):
        self.generator = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
        self.discriminator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)).double()
        if sure:
            with torch.no_grad():
                self.discriminator[2].weight.mul_(SURE)
        self.g_optimizer = torch.optim.SGD(self.generator.parameters(), lr=0.3)
        self.d_optimizer = torch.optim.SGD(self.discriminator.parameters(), lr=0.2)
        for parameter in [*self.generator.parameters(), *self.discriminator.parameters()]:
            parameter.grad = torch.randn_like(parameter)
        self.reached = {"generator": False, "discriminator": False}
        for name, network in (("generator", self.generator), ("discriminator", self.discriminator)):
            network.register_forward_hook(partial(self._note_gradient, name))
        self.left_in_g = [parameter.grad.clone() for parameter in self.generator.parameters()]

    def players(self) -> tuple[nn.Module, nn.Module, torch.optim.Optimizer, torch.optim.Optimizer]:
        return self.generator, self.discriminator, self.g_optimizer, self.d_optimizer

    def _note_gradient(self, name: str, _: nn.Module, __: object, output: Tensor) -> None:
        def reached(gradient: Tensor) -> None:
            self.reached[name] = True

        if output.requires_grad:
            output.register_hook(reached)

    def gradient_in_g(self) -> bool:
        """Whether G holds gradients other than those it held at the start, or none."""
        now = [parameter.grad for parameter in self.generator.parameters()]
        return any(
            grad is not None and bool(grad.any()) and not torch.equal(grad, before)
            for grad, before in zip(now, self.left_in_g, strict=True)
        )

    def frozen(self) -> bool:
        """Whether a weight of either player can no longer learn."""
        return not all(p.requires_grad for p in [*self.generator.parameters(), *self.discriminator.parameters()])


def two_moves(step: Callable[..., object], mover: str, with_real: bool) -> Observations:
    """Where both players' weights are after each of two steps, what the steps return, and what they leave behind.

    `mover`: the player who is to move, "generator" or "discriminator". The step is called with both players, both
    optimisers, real points [9, 2] if it takes them, and z [9, 3].
    """
    stage, seen, drawn = Stage(), {}, []
    other = "generator" if mover == "discriminator" else "discriminator"
    networks = {"generator": stage.generator, "discriminator": stage.discriminator}
    start = weights_of(networks[other])
    for which in WHICH:
        data = [1 + torch.randn(9, 2).double()] if with_real else []
        data.append(torch.randn(9, 3).double())
        drawn.append((data, [x.clone() for x in data]))
        loss = step(*stage.players(), *data)
        seen[f"the loss that the {which} step returns"] = number(loss)
        seen[f"the vector of the {mover}'s weights after the {which} step"] = weights_of(networks[mover])
        seen[f"the movement of the {other} in the {which} step"] = weights_of(networks[other]) - start
    seen["a batch that the step has changed in place"] = any(
        not torch.equal(x, copy) for batches, copies in drawn for x, copy in zip(batches, copies, strict=True)
    )
    seen["a player whose weights can no longer learn"] = stage.frozen()
    if mover == "discriminator":
        seen["a gradient that this loss has left in the generator"] = stage.gradient_in_g()
    else:
        seen["a gradient that reaches the generator"] = stage.reached["generator"]
    seen["a gradient that reaches the discriminator's answers"] = stage.reached["discriminator"]
    return seen


def when_sure(step: Callable[..., object], mover: str, with_real: bool) -> Observations:
    """One step with a D that is sure, and wrong, about some of the points: the loss and the gradient stay finite."""
    stage = Stage(sure=True)
    data = [1 + torch.randn(9, 2).double()] if with_real else []
    data.append(torch.randn(9, 3).double())
    with torch.no_grad():  # half of the logits become large, the other half very negative
        points = torch.cat([*data[:-1], stage.generator(data[-1])])
        stage.discriminator[2].bias -= stage.discriminator(points).median()
    loss = step(*stage.players(), *data)
    network = stage.discriminator if mover == "discriminator" else stage.generator
    return {
        "the loss where the discriminator is very sure": number(loss),
        f"the vector of the {mover}'s gradient where the discriminator is very sure": joined(
            [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
        ),
    }


def number(loss: object) -> object:
    """A loss without its graph: a tensor of one number or a Python number, both in float64; all else as it is."""
    loss = detached(loss)
    if isinstance(loss, float):
        return torch.tensor(loss, dtype=torch.float64)
    return loss.double() if isinstance(loss, Tensor) else loss
