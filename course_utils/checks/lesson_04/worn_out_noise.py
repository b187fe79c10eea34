"""Exercise 4.5, a bug hunt: the latent vectors of the pictures are also those of the training."""

from copy import deepcopy

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus
from torch.optim import SGD, Optimizer

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly


def repaired_step(
    generator: nn.Module,
    discriminator: nn.Module,
    g_optimizer: Optimizer,
    d_optimizer: Optimizer,
    real: Tensor,
    z: Tensor,
) -> None:
    fake = generator(torch.randn_like(z))
    d_loss = softplus(-discriminator(real)).mean() + softplus(discriminator(fake.detach())).mean()
    d_optimizer.zero_grad()
    d_loss.backward()
    d_optimizer.step()

    fake = generator(torch.randn_like(z))
    g_loss = softplus(-discriminator(fake)).mean()
    g_optimizer.zero_grad()
    g_loss.backward()
    g_optimizer.step()


def probe(step) -> Observations:
    """Two steps of tiny networks: which latent vectors each player learns from, and whether it learns what it should.

    The first batch that the generator is given in a step is taken for D's, the last one for G's own.
    """
    generator = nn.Sequential(nn.Linear(8, 4), nn.Tanh(), nn.Linear(4, 2))
    discriminator = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Linear(4, 1))
    shown: list[Tensor] = []
    generator[0].register_forward_pre_hook(lambda _, inputs: shown.append(inputs[0].detach().clone()))
    g_optimizer, d_optimizer = SGD(generator.parameters(), lr=0.2), SGD(discriminator.parameters(), lr=0.2)
    z, learnt, taught = torch.randn(150, 8), {"D": [], "G": []}, []
    for _ in range(2):
        real, old_g, old_d = 1 + torch.randn(64, 2), deepcopy(generator), deepcopy(discriminator)
        shown.clear()
        step(generator, discriminator, g_optimizer, d_optimizer, real, z.clone())
        first, last = shown[0], shown[-1]
        learnt["D"].append(first)
        learnt["G"].append(last)
        _descend(old_d, softplus(-old_d(real)).mean() + softplus(old_d(old_g(first))).mean())
        _descend(old_g, softplus(-discriminator(old_g(last))).mean())
        taught.append([_alike(discriminator, old_d), _alike(generator, old_g)])
    seen: Observations = {"whether each player moves, in each step, as its own loss asks": taught}
    for player, (one, two) in learnt.items():
        varied = len(one.unique(dim=0)) > 1
        seen |= {
            f"what {player} learns from is z itself": torch.equal(one, z),
            f"{player} learns from the same latent vectors again": bool((one[:, None] == two).all(2).any()),
            f"the latent vectors of a batch differ, for {player}": varied,
            f"the mean of the latent vectors for {player}": Roughly(one.mean() if varied else 0.0, 0.2),
            f"the deviation of the latent vectors for {player}": Roughly(one.std() if varied else 1.0, 0.2),
        }
    return seen


def _descend(network: nn.Module, loss: Tensor) -> None:
    weights = list(network.parameters())
    with torch.no_grad():
        for weight, slope in zip(weights, torch.autograd.grad(loss, weights), strict=True):
            weight -= 0.2 * slope


def _alike(network: nn.Module, other: nn.Module) -> bool:
    pairs = zip(network.parameters(), other.parameters(), strict=True)
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in pairs)


FOR_D = ("fake = generator(torch.randn_like(z))\n    d_loss", "fake = generator({})\n    d_loss")
FOR_G = ("fake = generator(torch.randn_like(z))\n    g_loss", "fake = generator({})\n    g_loss")


def _given(for_d: str, for_g: str):
    """The step with other latent vectors, in words of Python."""
    return edited(repaired_step, (FOR_D[0], FOR_D[1].format(for_d)), (FOR_G[0], FOR_G[1].format(for_g)))


FRESH = "torch.randn_like(z)"

WHY_NOT = {
    "A": (
        "a discriminator that is too slow",
        "Then all points of the generator would sit in one clump, also those at z. They sit on all eight modes.",
    ),
    "B": (
        "a count that is unfair to the new points",
        "The counts do ask for different numbers. But look at the shares: they ask the same of both, and nearly all "
        "of the new points lie near no mode.",
    ),
    "D": (
        "a generator that is too small",
        "It reaches all eight modes, and hits them well: with the points at z.",
    ),
    "E": (
        "data that lack some modes",
        "D would call a point on a missing mode generated. The points at z sit on all eight, undisturbed.",
    ),
}

EXERCISE = Exercise(
    number="4.5",
    title="Bug hunt: all modes, but not for you",
    hints=(
        "Which points does the discriminator ever get to see, and of which points does the loss therefore say nothing?",
        "The vectors z are drawn once, before the loop. For the pictures that is right. For a training step the loss "
        "is a mean over the distribution of the latent vectors: each update needs a new sample of it.",
    ),
    parts=(
        choice(
            "C",
            WHY_NOT,
            "Nobody asks where the other latent vectors go, and pictures drawn at the same z can never show it.",
        ),
        Part(
            repaired_step,
            name="the repair",
            probe=probe,
            why="The pictures may keep their z: it is only a place to look at, once it is no longer what is learnt.",
            mistakes=(
                Mistake(
                    "the step as it was",
                    "Both players still learn at z, and only there.",
                    _given("z", "z"),
                ),
                Mistake(
                    "new latent vectors for the discriminator only",
                    "D now knows where the other points lie. But who is asked to move them? G still learns at z alone.",
                    _given(FRESH, "z"),
                ),
                Mistake(
                    "new latent vectors for the generator only",
                    "G is asked about all its points. But D learns only from those at z, and knows nothing of the "
                    "others.",
                    _given("z", FRESH),
                ),
                Mistake(
                    "the old vectors in a new order",
                    "Shuffled, they are still the same vectors, and the losses are means: nothing has changed.",
                    _given("z[torch.randperm(len(z))]", "z[torch.randperm(len(z))]"),
                ),
                Mistake(
                    "one latent vector for the whole batch",
                    "Each step is now another one, but its batch is one point, shown many times: the mean over the "
                    "batch averages nothing.",
                    _given("torch.randn_like(z[:1]).expand_as(z)", "torch.randn_like(z[:1]).expand_as(z)"),
                ),
                Mistake(
                    "latent vectors from another distribution",
                    "They are new each time. But the generator is used with standard normal vectors, and yours lie "
                    "between 0 and 1.",
                    _given("torch.rand_like(z)", "torch.rand_like(z)"),
                ),
            ),
        ),
    ),
)
