"""Turn 07.2: several moves of a critic, with a charge that is added to its loss."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, joined, weights_of


def move_critic(critic, optimizer, draw, charge, times):
    for _ in range(times):
        real, fake = draw()
        fake = fake.detach()
        value = critic(real).mean() - critic(fake).mean()
        loss = charge(critic, real, fake) - value
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return value.detach()


def probe(answer) -> Observations:
    """A small critic, and a generator whose samples have a graph; one move, and three."""
    seen: Observations = {}
    for times in (1, 3):
        critic = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1)).double()
        generator = nn.Linear(2, 2).double()
        optimizer = torch.optim.SGD(critic.parameters(), lr=0.1)
        for parameter in [*critic.parameters(), *generator.parameters()]:
            parameter.grad = torch.full_like(parameter, 0.1)
        before = joined([parameter.grad for parameter in generator.parameters()])
        drawn: list[Tensor] = []

        def draw(generator: nn.Module = generator, drawn: list[Tensor] = drawn) -> tuple[Tensor, Tensor]:
            drawn.append(torch.randn(6, 2).double())
            return drawn[-1] + 1, generator(torch.randn(5, 2).double())

        def charge(critic: Callable, real: Tensor, fake: Tensor) -> Tensor:
            return 0.3 * critic(real).square().mean() + 0.2 * critic(fake).square().mean()

        value = answer(critic, optimizer, draw, charge, times)
        where = f"with times = {times}"
        seen[f"{where}, how often the samples are drawn"] = len(drawn)
        seen[f"{where}, the vector of the critic's weights afterwards"] = weights_of(critic)
        left = joined([parameter.grad for parameter in generator.parameters() if parameter.grad is not None])
        seen[f"{where}, a gradient left in the generator"] = bool(left.any()) and not torch.equal(left, before)
        seen[f"{where}, the value that is returned"] = torch.as_tensor(float(value))
    return seen


VALUE = "critic(real).mean() - critic(fake).mean()"
CLEAR = "        optimizer.zero_grad()\n"

TURN = Exercise(
    number="07.2",
    title="The critic's moves",
    hints=(
        "In each move: draw, detach the generated samples, compute the value, make a loss of it that is to be "
        "minimised, add the charge; then clear, backward, step. Which of these belong inside the loop?",
        "All of it is inside. loss = charge(critic, real, fake) - value, where value is "
        "critic(real).mean() - critic(fake).mean(); return value after the loop.",
    ),
    parts=(
        Part(
            move_critic,
            probe=probe,
            name="the critic's moves",
            why="With times = 5 this is the critic's part of a WGAN-GP; the generator then moves once.",
            mistakes=(
                Mistake(
                    "one draw for all moves",
                    "All moves then see the same samples. Each move draws new ones.",
                    edited(
                        move_critic,
                        ("    for _ in range(times):\n        real, fake = draw()\n", "    real, fake = draw()\n"),
                        (
                            "        fake = fake.detach()\n",
                            "    fake = fake.detach()\n    for _ in range(times):\n",
                        ),
                    ),
                ),
                Mistake(
                    "a single move",
                    "The critic is to move `times` times.",
                    edited(move_critic, ("range(times)", "range(1)")),
                ),
                Mistake(
                    "a critic that makes its value small",
                    "An optimiser makes the loss small, and the critic wants a large value. Look at the sign.",
                    edited(move_critic, ("fake) - value", "fake) + value")),
                ),
                Mistake(
                    "a charge that is rewarded",
                    "The charge is to become small too: it is added to the loss.",
                    edited(move_critic, ("charge(critic, real, fake) - value", "-charge(critic, real, fake) - value")),
                ),
                Mistake(
                    "no charge",
                    "The critic never hears of its slope.",
                    edited(move_critic, ("charge(critic, real, fake) - value", "-value")),
                ),
                Mistake(
                    "gradients that are never cleared",
                    "backward() adds to what is there: the gradients of the earlier moves, and of the generator's.",
                    edited(move_critic, (CLEAR, "")),
                ),
                Mistake(
                    "generated samples that are not detached",
                    "The critic moves as it should, but the loss also ran back through the generator: more work, and "
                    "a gradient that is left there.",
                    edited(move_critic, ("        fake = fake.detach()\n", "")),
                ),
                Mistake(
                    "the loss in the place of the value",
                    "The moves are right. Returned is to be E f(real) − E f(generated), without the charge.",
                    edited(move_critic, ("return value", "return loss")),
                ),
                Mistake(
                    "sums in the place of means",
                    "The value is a difference of two means; with sums it grows with the batch.",
                    edited(move_critic, (VALUE, "critic(real).sum() - critic(fake).sum()")),
                ),
            ),
        ),
    ),
)
