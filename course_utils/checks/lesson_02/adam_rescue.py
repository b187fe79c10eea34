"""Exercise 2.4: why Adam trains with the saturating loss where plain gradient descent stands still."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def travelled(
    generator_loss: Callable[[Tensor], Tensor],
    make_optimizer: Callable[[list[Tensor]], torch.optim.Optimizer],
    discriminator: Callable[[Tensor], Tensor],
    z: Tensor,
    steps: int,
) -> float:
    place = torch.zeros(z.shape[1], dtype=z.dtype, requires_grad=True)
    optimizer = make_optimizer([place])
    for _ in range(steps):
        loss = generator_loss(discriminator(place + z))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return place.detach().norm().item()


def probe(answer) -> Observations:
    """A bent road, so that the way and the distance differ; two optimisers, of which one remembers."""
    z, slope = 0.3 * torch.randn(6, 2) + 0.5, 1 + torch.rand(2)

    def discriminator(x: Tensor) -> Tensor:
        return torch.sin(2 * x) @ slope.to(x) - x.square().sum(1) - 0.5

    seen: Observations = {}
    for name, make in (
        ("plain gradient descent", lambda parameters: torch.optim.SGD(parameters, lr=0.3)),
        ("Adam", lambda parameters: torch.optim.Adam(parameters, lr=0.1, betas=(0.5, 0.9))),
    ):
        distance = answer(lambda logits: softplus(-logits).mean(), make, discriminator, z.clone(), 7)
        if isinstance(distance, Tensor):
            distance = distance.detach()
        seen[f"the distance with {name}"] = torch.tensor(distance) if isinstance(distance, float) else distance
    return seen


EXERCISE = Exercise(
    number="2.4",
    title="Does Adam rescue the saturating loss?",
    hints=(
        "The parameter is the place, and it starts at zero; the loop is that of any training. For the conclusion look "
        "at the two rows that differ in momentum only: what does adding it change, and what does taking it away?",
        "In each step loss = generator_loss(discriminator(place + z)), then zero_grad, backward, step; at the end the "
        "norm of the place. For the conclusion: an Adam step is about m / √v; multiply all gradients by 1/3000 and "
        "see.",
    ),
    parts=(
        Part(
            travelled,
            probe=probe,
            name="the distance travelled",
            mistakes=(
                Mistake(
                    "gradients that pile up",
                    "Each step then follows the sum of all gradients so far, which looks like momentum that never "
                    "ends.",
                    edited(travelled, ("        optimizer.zero_grad()\n", "")),
                ),
                Mistake(
                    "a new optimiser at every step",
                    "It begins with an empty memory each time; an optimiser without a memory does not mind, but Adam "
                    "does.",
                    edited(
                        travelled,
                        ("    optimizer = make_optimizer([place])\n", ""),
                        (
                            "        optimizer.zero_grad()",
                            "        optimizer = make_optimizer([place])\n        optimizer.zero_grad()",
                        ),
                    ),
                ),
                Mistake(
                    "the square of the distance",
                    "Pythagoras ends with a root.",
                    edited(travelled, (".norm().item()", ".square().sum().item()")),
                ),
                Mistake(
                    "one step too few",
                    "Count how often the optimiser moves: it should be as often as `steps` says.",
                    edited(travelled, ("range(steps)", "range(steps - 1)")),
                ),
                Mistake(
                    "the length of the last step",
                    "Asked is how far the place has come since the start, not since the step before.",
                    edited(
                        travelled,
                        ("        loss =", "        before = place.detach().clone()\n        loss ="),
                        ("place.detach().norm()", "(place.detach() - before).norm()"),
                    ),
                ),
                Mistake(
                    "a climb instead of a descent",
                    "The optimiser was given the loss with its sign flipped: the generator makes itself worse.",
                    edited(travelled, ("loss = generator_loss", "loss = -generator_loss")),
                ),
            ),
        ),
        choice(
            "C",
            {
                "A": (
                    "small gradients added up by momentum",
                    "Look at the rows with and without momentum: momentum takes plain descent about ten times as "
                    "far with either loss, and Adam comes as far without it.",
                ),
                "B": (
                    "a larger rate",
                    "A larger rate would take both losses farther by the same factor. Compare Adam with plain descent: "
                    "some 3,000 times as far with the one loss, 1.4 times with the other.",
                ),
                "D": (
                    "a discriminator that was not sure",
                    "Its logits are near −8, where it gives a fake a chance of 1 in 3,000; and plain descent did "
                    "stand still.",
                ),
            },
            why="It has limits: it ends where the gradient is as small as Adam's ε of 1e-8 (a logit of about −18), "
            "and after large gradients Adam remembers them, and its steps are tiny for a long time.",
            name="the conclusion",
        ),
    ),
    predictions="ABCD",
)
