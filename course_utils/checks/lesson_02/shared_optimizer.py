"""Exercise 2.5: a bug hunt. One optimiser moves both players with each of the two losses."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, detached, weights_of


def make_step(
    generator: nn.Module, discriminator: nn.Module, lr: float
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=(0.5, 0.999))

    def step(real: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        real_logits = discriminator(real)
        fake_logits = discriminator(generator(z).detach())
        d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()

        g_loss = softplus(-discriminator(generator(z))).mean()
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        return d_loss.detach(), g_loss.detach()

    return step


def broken(
    generator: nn.Module, discriminator: nn.Module, lr: float
) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """The step of the notebook, as it was."""
    parameters = [*generator.parameters(), *discriminator.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=lr, betas=(0.5, 0.999))

    def step(real: Tensor, z: Tensor) -> tuple[Tensor, Tensor]:
        real_logits = discriminator(real)
        fake_logits = discriminator(generator(z))
        d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean()
        optimizer.zero_grad()
        d_loss.backward()
        optimizer.step()

        g_loss = softplus(-discriminator(generator(z))).mean()
        optimizer.zero_grad()
        g_loss.backward()
        optimizer.step()
        return d_loss.detach(), g_loss.detach()

    return step


def probe(make) -> Observations:
    """Three steps of two small networks: their weights after each, and the losses."""
    generator = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    discriminator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))
    step = make(generator, discriminator, 0.03)
    seen: Observations = {}
    for which in ("first", "second", "third"):
        losses = step(1 + torch.randn(9, 2), torch.randn(9, 3))
        seen[f"the vector of the discriminator's weights after the {which} step"] = weights_of(discriminator)
        seen[f"the vector of the generator's weights after the {which} step"] = weights_of(generator)
        seen[f"the number of losses of the {which} step"] = len(losses)
        for name, loss in zip(("discriminator", "generator"), losses, strict=False):
            seen[f"the {name}'s loss in the {which} step"] = detached(loss)
    return seen


BUILT = """    g_optimizer = torch.optim.Adam(generator.parameters(), lr=lr, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=lr, betas=(0.5, 0.999))
"""
FRESH = "".join(f"    {line}\n" for line in BUILT.splitlines())

EXERCISE = Exercise(
    number="2.5",
    title="Bug hunt: two losses that agree",
    hints=(
        "If D calls generated points real with ½ and real points with 1, which values have the two losses? Could a D "
        "that only served its own loss leave the ½ when it knows the real points so well? Who else pulls on D?",
        "Write down, for each of the two calls of step(), which networks' weights it moves. Each loss may move one "
        "network.",
    ),
    parts=(
        choice(
            "D",
            {
                "A": (
                    "the equilibrium",
                    "There the discriminator could not tell real points from fakes: it would say ½ to real ones as "
                    "well, and its loss would be 1.386. Look at σ(D(x)), and at the points.",
                ),
                "B": (
                    "a discriminator that has won",
                    "Then σ(D(G(z))) would be near 0, and the generator's loss large. Here the fakes get exactly ½.",
                ),
                "C": (
                    "a mode collapse",
                    "The points have collapsed, but not onto anything that D takes for real: D gives this spot ½ all "
                    "the time, and real points 1. Why does a D that sees the difference not say so?",
                ),
                "E": (
                    "gradients that pile up",
                    "The steps would then grow and overshoot, and the curves swing. These are quiet, and settle at "
                    "special values.",
                ),
            },
            why="D's weights go down both losses, softplus(f) and softplus(−f): their sum is least at f = 0.",
        ),
        Part(
            make_step,
            probe=probe,
            name="the repaired step",
            seconds=20,
            mistakes=(
                Mistake(
                    "the step as it was",
                    "Each of its two moves still changes both networks.",
                    broken,
                ),
                Mistake(
                    "a step with detached fakes and still one optimiser",
                    "Now the discriminator's loss leaves G alone, but the generator's loss still moves D, towards "
                    "being fooled.",
                    edited(broken, ("discriminator(generator(z))\n", "discriminator(generator(z).detach())\n")),
                ),
                Mistake(
                    "a step whose generator loss spares D, while D's loss still moves G",
                    "Half of it is repaired: in the first move G still helps D.",
                    edited(broken, ("g_loss.backward()", "g_loss.backward(inputs=list(generator.parameters()))")),
                ),
                Mistake(
                    "optimisers built anew at every step",
                    "The right networks move, but Adam forgets its averages each time: every step is a first step, in "
                    "which each weight moves by the full rate.",
                    edited(make_step, (BUILT, ""), ("        real_logits", FRESH + "        real_logits")),
                ),
                Mistake(
                    "optimisers in each other's place",
                    "After D's loss the generator's optimiser moves, and the other way round. Which network should a "
                    "loss move?",
                    edited(
                        make_step,
                        ("g_optimizer = torch.optim.Adam(generator", "g_optimizer = torch.optim.Adam(discriminator"),
                        ("d_optimizer = torch.optim.Adam(discriminator", "d_optimizer = torch.optim.Adam(generator"),
                    ),
                ),
                Mistake(
                    "fakes that are detached for both players",
                    "The generator never moves: its own loss, too, must reach it through the fakes.",
                    edited(
                        make_step,
                        ("discriminator(generator(z))).mean()", "discriminator(generator(z).detach())).mean()"),
                    ),
                ),
                Mistake(
                    "Adam with other betas",
                    "The right networks move, with PyTorch's own betas of 0.9 and 0.999. The betas were to stay as "
                    "they were.",
                    edited(
                        make_step,
                        ("generator.parameters(), lr=lr, betas=(0.5, 0.999))", "generator.parameters(), lr=lr)"),
                        (
                            "discriminator.parameters(), lr=lr, betas=(0.5, 0.999))",
                            "discriminator.parameters(), lr=lr)",
                        ),
                    ),
                ),
                Mistake(
                    "a discriminator whose gradients are not cleared",
                    "The generator's backward pass leaves gradients in D as well, and D's next step follows them.",
                    edited(make_step, ("        d_optimizer.zero_grad()\n", "")),
                ),
            ),
        ),
    ),
)
