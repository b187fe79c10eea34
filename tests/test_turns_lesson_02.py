"""What the student writes in lesson 02 is what the package has: the networks, and the step of `train_gan`."""

import torch

from course_utils import data, models, training
from course_utils.checks.turns.lesson_02 import TURNS

Discriminator, d_step, g_step, ImageGenerator = (turn.parts[0].reference for turn in TURNS)


def same_answers(mine: torch.nn.Module, theirs: torch.nn.Module, x: torch.Tensor) -> bool:
    theirs.load_state_dict(dict(zip(theirs.state_dict(), mine.state_dict().values(), strict=True)))
    return torch.equal(mine(x), theirs(x))


def test_the_networks_of_the_turns_are_those_of_the_package():
    assert same_answers(Discriminator(), models.PointDiscriminator(), torch.randn(5, 2))
    assert same_answers(ImageGenerator(), models.FullyConnectedGenerator(latent_dim=64), torch.randn(5, 64))


def pair() -> tuple[torch.nn.Module, torch.nn.Module]:
    torch.manual_seed(3)
    return models.PointGenerator(2).double(), Discriminator().double()


def adam(network: torch.nn.Module) -> torch.optim.Adam:
    return torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.5, 0.999))


def test_the_steps_of_the_turns_are_that_of_the_training_loop():
    """In double precision, so that the order of additions does not matter."""
    ring, steps = data.Ring(), 50

    def real_points(n: int) -> torch.Tensor:
        return ring.sample(n).double()

    generator, discriminator = pair()
    players = generator, discriminator, adam(generator), adam(discriminator)
    torch.manual_seed(7)
    losses = []
    for _ in range(steps):
        real, z = real_points(64), models.sample_latent(64, 2).double()
        losses.append([d_step(*players, real, z), g_step(*players, z)])
    g, d = pair()
    run = training.train_gan(
        g, d, real_points, steps=steps, seed=7, progress=False, g_optimizer=adam(g), d_optimizer=adam(d)
    )
    theirs = torch.stack([run.history["d_loss"], run.history["g_loss"]], dim=1).double()
    assert (theirs - torch.tensor(losses, dtype=torch.float64)).abs().max() < 1e-6
    for mine, other in zip(generator.parameters(), g.parameters(), strict=True):
        assert torch.allclose(mine, other, rtol=0, atol=1e-9)
