"""Turn 03.2: the convolutional generator, as a class."""

from torch import nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations
from course_utils.checks.turns.lesson_02.networks import answers_of


class Generator(nn.Module):
    latent_dim = 32

    def __init__(self, width=32):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(32, 2 * width * 7 * 7, bias=False),
            nn.Unflatten(1, (2 * width, 7, 7)),
            nn.BatchNorm2d(2 * width),
            nn.ReLU(),
            nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1, bias=False),  # 7 → 14
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.ConvTranspose2d(width, 1, kernel_size=4, stride=2, padding=1),  # 14 → 28
            nn.Tanh(),
        )

    def forward(self, z):
        return self.net(z)


def probe(answer) -> Observations:
    """What it computes in training mode and in evaluation mode, once all weights are drawn anew."""
    seen = answers_of(lambda: answer(width=3), width=32)  # first: it asks for random numbers of its own
    wide = answer(width=5)
    seen["latent_dim"] = getattr(wide, "latent_dim", None)
    return seen | {"the number of weights at the width 5": sum(w.numel() for w in wide.parameters())}


FIRST = "            nn.BatchNorm2d(2 * width),\n            nn.ReLU(),\n"
SECOND = "            nn.BatchNorm2d(width),\n            nn.ReLU(),\n"
DENSE = "nn.Linear(32, 2 * width * 7 * 7, bias=False)"
MIDDLE = "nn.ConvTranspose2d(2 * width, width, kernel_size=4, stride=2, padding=1, bias=False)"
LAST = "nn.ConvTranspose2d(width, 1, kernel_size=4, stride=2, padding=1),  # 14 → 28\n"
KERNEL = "kernel_size=4, stride=2, padding=1"


def everywhere(*changes: tuple[str, str]) -> type:
    """The generator with each change made in all of its lines."""
    pieces = (FIRST, SECOND, DENSE, MIDDLE, LAST)
    changed = []
    for piece in pieces:
        new = piece
        for old, put in changes:
            new = new.replace(old, put)
        changed.append((piece, new))
    return edited(Generator, *(pair for pair in changed if pair[0] != pair[1]))


TURN = Exercise(
    number="03.2",
    title="A convolutional generator",
    hints=(
        "Write the layers one after the other into nn.Sequential, and the side of the map beside each. Which padding "
        "makes 14 of 7 with kernel 4 and stride 2? Which layers have BatchNorm and ReLU after them, and which has not?",
        "Linear without bias, Unflatten(1, (2 * width, 7, 7)), BatchNorm2d(2 * width), ReLU; ConvTranspose2d with "
        "kernel 4, stride 2, padding 1 and without bias, BatchNorm2d(width), ReLU; ConvTranspose2d(width, 1, 4, 2, 1), "
        "Tanh.",
    ),
    parts=(
        Part(
            Generator,
            probe=probe,
            name="the generator",
            expects="a class, a subclass of nn.Module, that is built with the argument width",
            why="7 → 14 → 28. At the width 32 it is models.DCGANGenerator of the package.",
            mistakes=(
                Mistake(
                    "a third doubling, which ends in 56×56",
                    "Two layers of stride 2 lead from 7 to 28. Count the sizes layer by layer.",
                    edited(
                        Generator, (LAST, LAST.replace("width, 1,", "width, width,") + SECOND + "            " + LAST)
                    ),
                ),
                Mistake(
                    "no padding",
                    "Without padding kernel 4 and stride 2 make (7 − 1)·2 + 4 = 16 of 7. Which padding makes 14?",
                    everywhere((", padding=1", "")),
                ),
                Mistake(
                    "no BatchNorm",
                    "Asked for was BatchNorm2d after the first two layers. Section 4 leaves it out, and measures what "
                    "that changes.",
                    everywhere(
                        ("            nn.BatchNorm2d(2 * width),\n", ""), ("            nn.BatchNorm2d(width),\n", "")
                    ),
                ),
                Mistake(
                    "BatchNorm after the first layer only",
                    "Asked for was BatchNorm2d after the first two layers.",
                    edited(Generator, (SECOND, "            nn.ReLU(),\n")),
                ),
                Mistake(
                    "BatchNorm on the image, too",
                    "It brings the pixels of each batch to mean 0 and variance 1 before the tanh, whatever G wants to "
                    "draw. Nothing but tanh follows the last layer.",
                    edited(
                        Generator, ("            nn.Tanh()", "            nn.BatchNorm2d(1),\n            nn.Tanh()")
                    ),
                ),
                Mistake(
                    "ReLU before BatchNorm",
                    "Both are there, in the other order. Then BatchNorm shifts the values after the ReLU, and half of "
                    "them are negative again. Asked for was BatchNorm first.",
                    edited(
                        Generator,
                        (FIRST, "            nn.ReLU(),\n            nn.BatchNorm2d(2 * width),\n"),
                        (SECOND, "            nn.ReLU(),\n            nn.BatchNorm2d(width),\n"),
                    ),
                ),
                Mistake(
                    "no ReLU",
                    "Without something bent between them the layers are one linear map.",
                    everywhere(("            nn.ReLU(),\n", "")),
                ),
                Mistake(
                    "leaky ReLU",
                    "It would work. Asked for was ReLU, as DCGAN has it in the generator.",
                    everywhere(("nn.ReLU()", "nn.LeakyReLU(0.2)")),
                ),
                Mistake(
                    "no tanh at the end",
                    "The pixels may then be any number. Those of real images lie between −1 and 1.",
                    edited(Generator, ("            nn.Tanh(),\n", "")),
                ),
                Mistake(
                    "a sigmoid in the place of the tanh",
                    "Its pixels lie between 0 and 1: no pixel can be black, which is −1 here.",
                    edited(Generator, ("nn.Tanh()", "nn.Sigmoid()")),
                ),
                Mistake(
                    "biases that BatchNorm takes away",
                    "BatchNorm subtracts the mean of each channel, and has a shift of its own. Write bias=False for "
                    "the convolution that it follows, and, as the task says, for the linear layer.",
                    everywhere((", bias=False", "")),
                ),
                Mistake(
                    "a kernel that stride 2 does not divide",
                    "The sizes are right. But with kernel 5 some output pixels lie under more stamps than others. "
                    "Asked for was kernel 4.",
                    everywhere((KERNEL, "kernel_size=5, stride=2, padding=2, output_padding=1")),
                ),
                Mistake(
                    "no latent_dim",
                    "The loop asks the generator how many numbers it wants: the class keeps the line latent_dim = 32.",
                    edited(Generator, ("latent_dim = 32", "pass")),
                ),
            ),
        ),
    ),
)
