"""Exercise 10.3: both losses of an AC-GAN."""

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def ac_gan_losses(
    real_logits: Tensor,
    fake_logits: Tensor,
    real_classes: Tensor,
    fake_classes: Tensor,
    real_labels: Tensor,
    fake_labels: Tensor,
) -> tuple[Tensor, Tensor]:
    name_real = cross_entropy(real_classes, real_labels)
    name_fake = cross_entropy(fake_classes, fake_labels)
    d_loss = softplus(-real_logits).mean() + softplus(fake_logits).mean() + name_real + name_fake
    g_loss = softplus(-fake_logits).mean() + name_fake
    return d_loss, g_loss


def probe(losses) -> Observations:
    """Eight real and eight generated images, five classes, logits of a few units."""
    logits = {"real_logits": 2 * torch.randn(8), "fake_logits": 2 * torch.randn(8)}
    classes = {"real_classes": 2 * torch.randn(8, 5), "fake_classes": 2 * torch.randn(8, 5)}
    labels = {"real_labels": torch.randint(5, (8,)), "fake_labels": torch.randint(5, (8,))}
    seen = outcome(losses, **logits, **classes, **labels)
    d_loss, g_loss = seen.pop("the value")
    return {"the loss of D": d_loss, "the loss of G": g_loss} | seen


EXERCISE = Exercise(
    number="10.3",
    title="Both losses of an AC-GAN",
    hints=(
        "Each player has two wishes. D: tell real from generated, and name the class of whatever it is shown. And G?",
        "D pays softplus(−real) + softplus(fake), and the cross-entropy of the classes on real and on generated "
        "images. G pays softplus(−fake), and the cross-entropy on its own images with the labels that it was given. "
        "All are means.",
    ),
    parts=(
        Part(
            ac_gan_losses,
            probe=probe,
            why=(
                "Both want the class to be named, so this part is no contest: nobody objects to a picture that is too "
                "easy."
            ),
            mistakes=(
                Mistake(
                    "a D that names the class of real images alone",
                    "Some implementations do so. In section 3, D pays for the class of generated images, too.",
                    edited(ac_gan_losses, (" + name_real + name_fake", " + name_real")),
                ),
                Mistake(
                    "a G that is not asked for the class",
                    "Then nothing ties the picture to the label, and section 4 says what comes of that.",
                    edited(ac_gan_losses, ("+ name_fake\n    return", "\n    return")),
                ),
                Mistake(
                    "a G that is paid for being misread",
                    "Only the question real or generated is a contest. In the naming of classes both players want the "
                    "same.",
                    edited(
                        ac_gan_losses,
                        ("+ name_fake\n    return", "- name_fake\n    return"),
                    ),
                ),
                Mistake(
                    "G's minimax loss",
                    "Where D is sure, this loss is flat, and G learns nothing. Lesson 02 has the other one.",
                    edited(
                        ac_gan_losses,
                        ("softplus(-fake_logits).mean() + name_fake", "name_fake - softplus(fake_logits).mean()"),
                    ),
                ),
                Mistake(
                    "a D that is paid for misreading generated images",
                    "With that sign D unlearns to name what G draws, and G is told the opposite of what it should "
                    "draw.",
                    edited(ac_gan_losses, ("name_real + name_fake", "name_real - name_fake")),
                ),
                Mistake(
                    "generated images judged by the labels of the real ones",
                    "G drew them for its own labels. Judged by others, it can only ignore what it is asked for.",
                    edited(ac_gan_losses, ("fake_classes, fake_labels)\n    d", "fake_classes, real_labels)\n    d")),
                ),
                Mistake(
                    "a softmax applied twice",
                    "The cross-entropy takes logits, and has a softmax inside. With probabilities it cannot get near "
                    "0.",
                    lambda a, b, real, fake, y, w: ac_gan_losses(a, b, real.softmax(1), fake.softmax(1), y, w),
                ),
            ),
        ),
    ),
)
