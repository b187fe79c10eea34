"""Turn 02.4: the generator of images, as a class."""

from torch import nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations
from course_utils.checks.turns.lesson_02.networks import answers_of


class ImageGenerator(nn.Module):
    latent_dim = 64

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(64, 128), nn.LeakyReLU(0.2),
            nn.Linear(128, 128), nn.LeakyReLU(0.2),
            nn.Linear(128, 784), nn.Tanh(),
        )  # fmt: skip

    def forward(self, z):
        return self.net(z).unflatten(-1, (1, 28, 28))


def probe(answer) -> Observations:
    return {"latent_dim": getattr(answer(), "latent_dim", None)} | answers_of(answer, width=64)


FIRST_BEND, SECOND_BEND = "nn.Linear(64, 128), nn.LeakyReLU(0.2)", "nn.Linear(128, 128), nn.LeakyReLU(0.2)"
IMAGES = ".unflatten(-1, (1, 28, 28))"

EXERCISE = Exercise(
    number="02.4",
    title="A generator of images",
    hints=(
        "As the generator of points, with other widths. The pixels of the real images lie between −1 and 1: what makes "
        "sure that the generated ones do, too? And how do 784 numbers become an image?",
        "Linear(64, 128), LeakyReLU(0.2), Linear(128, 128), LeakyReLU(0.2), Linear(128, 784), Tanh; then "
        ".view(-1, 1, 28, 28).",
    ),
    parts=(
        Part(
            ImageGenerator,
            probe=probe,
            name="the generator",
            expects="a class, a subclass of nn.Module, that is built without arguments",
            why="Its pixels lie between −1 and 1, as those of the real images do.",
            mistakes=(
                Mistake(
                    "no tanh at the end",
                    "The pixels may then be any number, and those of real images lie between −1 and 1: D needs one "
                    "look to tell them apart.",
                    edited(ImageGenerator, (", nn.Tanh()", "")),
                ),
                Mistake(
                    "a sigmoid in the place of the tanh",
                    "Its pixels lie between 0 and 1: no pixel can be black, which is −1 here.",
                    edited(ImageGenerator, ("nn.Tanh()", "nn.Sigmoid()")),
                ),
                Mistake(
                    "a leaky ReLU before the tanh",
                    "It makes negative numbers five times smaller, just where black lies. Only the tanh follows the "
                    "last linear layer.",
                    edited(ImageGenerator, ("nn.Tanh()", "nn.LeakyReLU(0.2), nn.Tanh()")),
                ),
                Mistake(
                    "linear layers only",
                    "Without something bent between them, three linear layers are one.",
                    edited(
                        ImageGenerator,
                        (FIRST_BEND, "nn.Linear(64, 128)"),
                        (SECOND_BEND, "nn.Linear(128, 128)"),
                    ),
                ),
                Mistake(
                    "no leaky ReLU after the first layer",
                    "Two linear layers with nothing in between are together one linear map.",
                    edited(ImageGenerator, (FIRST_BEND, "nn.Linear(64, 128)")),
                ),
                Mistake(
                    "no leaky ReLU after the second layer",
                    "Two linear layers with nothing in between are together one linear map.",
                    edited(ImageGenerator, (SECOND_BEND, "nn.Linear(128, 128)")),
                ),
                Mistake(
                    "ReLU in the place of leaky ReLU",
                    "ReLU lets nothing of a negative number through; asked for is a fifth of it.",
                    edited(
                        ImageGenerator,
                        (FIRST_BEND, "nn.Linear(64, 128), nn.ReLU()"),
                        (SECOND_BEND, "nn.Linear(128, 128), nn.ReLU()"),
                    ),
                ),
                Mistake(
                    "leaky ReLU with PyTorch's own slope",
                    "That is 0.01; asked for is 0.2.",
                    edited(
                        ImageGenerator,
                        (FIRST_BEND, "nn.Linear(64, 128), nn.LeakyReLU()"),
                        (SECOND_BEND, "nn.Linear(128, 128), nn.LeakyReLU()"),
                    ),
                ),
                Mistake(
                    "rows of numbers in the place of images",
                    "The 784 numbers are all there; asked for is the shape [n, 1, 28, 28]: n images of one channel.",
                    edited(ImageGenerator, (IMAGES, "")),
                ),
                Mistake(
                    "images without a channel",
                    "Asked for is the shape [n, 1, 28, 28]; the 1 is the channel, grey.",
                    edited(ImageGenerator, (IMAGES, ".unflatten(-1, (28, 28))")),
                ),
                Mistake(
                    "images with the channel last",
                    "Asked for is the shape [n, 1, 28, 28]: in PyTorch the channel comes before the rows.",
                    edited(ImageGenerator, (IMAGES, ".unflatten(-1, (28, 28, 1))")),
                ),
                Mistake(
                    "no latent_dim",
                    "The loop asks the generator how many numbers it wants: the class keeps the line latent_dim = 64.",
                    edited(ImageGenerator, ("latent_dim = 64", "pass")),
                ),
                Mistake(
                    "images whose rows and columns are exchanged",
                    "The pixels come out row by row, and yours column by column.",
                    edited(ImageGenerator, (IMAGES, IMAGES + ".mT")),
                ),
            ),
        ),
    ),
)
