"""Exercise 7.3: both players' losses with an augmentation in front of the discriminator."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, detached, gradients_of


def augmented_d_loss(
    discriminator: nn.Module, real: Tensor, fake: Tensor, augment: Callable[[Tensor], Tensor]
) -> Tensor:
    r, f = discriminator(augment(real)), discriminator(augment(fake.detach()))
    return softplus(-r).mean() + softplus(f).mean()


def augmented_g_loss(discriminator: nn.Module, fake: Tensor, augment: Callable[[Tensor], Tensor]) -> Tensor:
    return softplus(-discriminator(augment(fake))).mean()


def augment(x: Tensor) -> Tensor:
    """Each image's rows turn round, and it becomes darker: the same for all, so that no random numbers count."""
    return 0.7 * x.roll(1, dims=-1) - 0.4


def _discriminator() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.Linear(12, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0)).double()


def _noted(value: object, network: nn.Module, origin: Tensor) -> Observations:
    *to_weights, to_images = gradients_of(value, [*network.parameters(), origin])
    return {
        "the loss": detached(value),
        "the gradient with respect to the discriminator's first weight": to_weights[0],
        "the gradient with respect to the generated images": to_images,
    }


def probe_d(loss) -> Observations:
    network, origin = _discriminator(), torch.randn(5, 1, 3, 4).double().requires_grad_()
    return _noted(loss(network, torch.randn(7, 1, 3, 4).double() + 1, origin * 1, augment), network, origin)


def probe_g(loss) -> Observations:
    network, origin = _discriminator(), torch.randn(5, 1, 3, 4).double().requires_grad_()
    return _noted(loss(network, origin * 1, augment), network, origin)


REAL, FAKE = "discriminator(augment(real))", "discriminator(augment(fake.detach()))"

EXERCISE = Exercise(
    number="7.3",
    title="An augmentation that does not leak",
    hints=(
        "Three batches go to D in the two steps. Which of them pass the augmentation? Question: call the operation on "
        "a whole distribution T. What does D know when T(real) = T(generated)?",
        "All three pass it: augment(real), augment(fake.detach()) in D's loss, augment(fake) in G's. Question: a "
        "distribution of upright images and one of images that lie on their sides have the same T.",
    ),
    parts=(
        Part(
            augmented_d_loss,
            probe=probe_d,
            name="D's loss",
            why="D never sees an image as it is, real or generated.",
            mistakes=(
                Mistake(
                    "an augmentation of the real images only",
                    "D then learns that real images are shifted, and G learns to draw shifted ones: the augmentation "
                    "leaks.",
                    edited(augmented_d_loss, (FAKE, "discriminator(fake.detach())")),
                ),
                Mistake(
                    "an augmentation of the generated images only",
                    "D can tell the two kinds apart by the augmentation alone.",
                    edited(augmented_d_loss, (REAL, "discriminator(real)")),
                ),
                Mistake(
                    "no augmentation",
                    "D sees the images as they are.",
                    edited(augmented_d_loss, (REAL, "discriminator(real)"), (FAKE, "discriminator(fake.detach())")),
                ),
                Mistake(
                    "generated images that are not detached",
                    "The loss runs back into G, which would learn to help D.",
                    edited(augmented_d_loss, ("fake.detach()", "fake")),
                ),
                Mistake(
                    "real and generated exchanged",
                    "This D learns to give generated images large logits.",
                    edited(
                        augmented_d_loss, ("softplus(-r).mean() + softplus(f)", "softplus(r).mean() + softplus(-f)")
                    ),
                ),
                Mistake(
                    "an augmentation that comes twice",
                    "Once is enough; D then sees both kinds through another augmentation than in G's step.",
                    edited(
                        augmented_d_loss,
                        (REAL, "discriminator(augment(augment(real)))"),
                        (FAKE, "discriminator(augment(augment(fake.detach())))"),
                    ),
                ),
            ),
        ),
        Part(
            augmented_g_loss,
            probe=probe_g,
            name="G's loss",
            why="The gradient passes through the augmentation, which is why it has to be differentiable.",
            mistakes=(
                Mistake(
                    "no augmentation in G's step",
                    "D has learned from augmented images only, and is asked here about images of a kind that it has "
                    "never seen.",
                    edited(augmented_g_loss, ("augment(fake)", "fake")),
                ),
                Mistake(
                    "images that are detached",
                    "No gradient reaches G.",
                    edited(augmented_g_loss, ("augment(fake)", "augment(fake.detach())")),
                ),
                Mistake(
                    "the saturating loss",
                    "Asked for is the non-saturating one, E softplus(−f).",
                    edited(
                        augmented_g_loss,
                        (
                            "softplus(-discriminator(augment(fake))).mean()",
                            "-softplus(discriminator(augment(fake))).mean()",
                        ),
                    ),
                ),
                Mistake(
                    "D's wish in the place of G's",
                    "softplus(f) is small where D calls the images generated. G wants the opposite.",
                    edited(augmented_g_loss, ("softplus(-disc", "softplus(disc")),
                ),
            ),
        ),
        choice(
            "B",
            {
                "A": (
                    "equal treatment taken for safety",
                    "Both kinds are treated alike, and still a G whose images all lie on their sides gives D the same "
                    "mixture of four directions.",
                ),
                "C": (
                    "upright images ruled out",
                    "Upright images give D the same mixture as well. Nothing rules them out.",
                ),
            },
            name="the conclusion",
            why="An augmentation is safe where the distribution can be computed back from the augmented one. Upright "
            "images more often than turned ones would do (Karras et al. 2020).",
        ),
    ),
    predictions="ABC",
)
