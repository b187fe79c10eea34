"""Turn 02.1: the discriminator of points in the plane, as a class."""

from torch import nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations
from course_utils.checks.turns.lesson_02.networks import answers_of


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Linear(2, 128), nn.LeakyReLU(0.2),
            nn.Linear(128, 128), nn.LeakyReLU(0.2),
            nn.Linear(128, 1),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x).squeeze(-1)


class _PlainList(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Linear(2, 128), nn.LeakyReLU(0.2), nn.Linear(128, 128), nn.LeakyReLU(0.2), nn.Linear(128, 1)]

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x.squeeze(-1)


def probe(answer) -> Observations:
    return answers_of(answer, width=2)


LAST = "nn.Linear(128, 1),\n"
FIRST_BEND, SECOND_BEND = "nn.Linear(2, 128), nn.LeakyReLU(0.2)", "nn.Linear(128, 128), nn.LeakyReLU(0.2)"
ANSWER = "self.net(x).squeeze(-1)"

EXERCISE = Exercise(
    number="02.1",
    title="The discriminator, a network of your own",
    hints=(
        "Build the five layers in __init__, as the generator above does, and let x run through them in forward. What "
        "may stand after the last linear layer, if a logit can be any number? Which shape has the result, and which "
        "is asked for?",
        "nn.Sequential of Linear(2, 128), LeakyReLU(0.2), Linear(128, 128), LeakyReLU(0.2), Linear(128, 1); then "
        ".squeeze(-1), which makes [n, 1] an [n].",
    ),
    parts=(
        Part(
            Discriminator,
            probe=probe,
            name="the discriminator",
            expects="a class, a subclass of nn.Module, that is built without arguments",
            why="It ends in a logit, any number from −∞ to ∞; a sigmoid makes a probability of it.",
            mistakes=(
                Mistake(
                    "a sigmoid at the end",
                    "The result is then a probability, and the losses below take logits: they would apply the sigmoid "
                    "a second time, and D could never become sure.",
                    edited(Discriminator, (ANSWER, "self.net(x).squeeze(-1).sigmoid()")),
                ),
                Mistake(
                    "a logarithm of a sigmoid at the end",
                    "The losses below take logits, and form the logarithm themselves.",
                    edited(Discriminator, (ANSWER, "nn.functional.logsigmoid(self.net(x).squeeze(-1))")),
                ),
                Mistake(
                    "a tanh at the end",
                    "A logit may be any number; the tanh keeps it between −1 and 1, so D can never become sure.",
                    edited(Discriminator, (ANSWER, "self.net(x).squeeze(-1).tanh()")),
                ),
                Mistake(
                    "a leaky ReLU after the last layer",
                    "It makes negative logits five times smaller. Nothing stands after the last linear layer.",
                    edited(Discriminator, (LAST, "nn.Linear(128, 1), nn.LeakyReLU(0.2),\n")),
                ),
                Mistake(
                    "linear layers only",
                    "Without something bent between them, three linear layers are one: D could only split the plane "
                    "along a straight line.",
                    edited(
                        Discriminator,
                        (FIRST_BEND, "nn.Linear(2, 128)"),
                        (SECOND_BEND, "nn.Linear(128, 128)"),
                    ),
                ),
                Mistake(
                    "no leaky ReLU after the first layer",
                    "Between two linear layers with nothing in between, one is wasted: together they are one linear "
                    "map.",
                    edited(Discriminator, (FIRST_BEND, "nn.Linear(2, 128)")),
                ),
                Mistake(
                    "no leaky ReLU after the second layer",
                    "Between two linear layers with nothing in between, one is wasted: together they are one linear "
                    "map.",
                    edited(Discriminator, (SECOND_BEND, "nn.Linear(128, 128)")),
                ),
                Mistake(
                    "ReLU in the place of leaky ReLU",
                    "ReLU lets nothing of a negative number through; asked for is a fifth of it.",
                    edited(
                        Discriminator,
                        (FIRST_BEND, "nn.Linear(2, 128), nn.ReLU()"),
                        (SECOND_BEND, "nn.Linear(128, 128), nn.ReLU()"),
                    ),
                ),
                Mistake(
                    "leaky ReLU with PyTorch's own slope",
                    "That is 0.01; asked for is 0.2.",
                    edited(
                        Discriminator,
                        (FIRST_BEND, "nn.Linear(2, 128), nn.LeakyReLU()"),
                        (SECOND_BEND, "nn.Linear(128, 128), nn.LeakyReLU()"),
                    ),
                ),
                Mistake(
                    "a column in the place of a list of logits",
                    "Asked for is one number a point, the shape [n]. With [n, 1] a later difference with a tensor [n] "
                    "would become [n, n] without a word.",
                    edited(Discriminator, (ANSWER, "self.net(x)")),
                ),
                Mistake(
                    "squeeze without a dimension",
                    "For a batch of one point it also takes away the batch: the shape is then [] instead of [1].",
                    edited(Discriminator, (ANSWER, "self.net(x).squeeze()")),
                ),
                Mistake(
                    "two outputs, one for each answer",
                    'One logit is enough: the probability of "generated" is one minus that of "real".',
                    edited(Discriminator, (LAST, "nn.Linear(128, 2),\n")),
                ),
                Mistake(
                    "an input that is detached",
                    "The logits are right, but in G's step no gradient could reach G through this D.",
                    edited(Discriminator, (ANSWER, "self.net(x.detach()).squeeze(-1)")),
                ),
                Mistake(
                    "layers in a plain list",
                    "PyTorch does not see them: .parameters() is empty, and an optimiser has nothing to move. Put "
                    "them into nn.Sequential or nn.ModuleList, or make each an attribute.",
                    _PlainList,
                ),
            ),
        ),
    ),
)
