"""Turn 03.3: He's standard deviation for a layer of the generator."""

from torch import nn

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def he_std(layer: nn.Module) -> float:
    if isinstance(layer, nn.Linear):
        m = layer.in_features
    else:
        m = layer.in_channels * (layer.kernel_size[0] / layer.stride[0]) ** 2
    return (2 / m) ** 0.5


def probe(answer) -> Observations:
    layers = {
        "Linear(30, 50)": nn.Linear(30, 50),
        "ConvTranspose2d(6, 5, kernel 4, stride 2)": nn.ConvTranspose2d(6, 5, 4, stride=2, padding=1),
        "ConvTranspose2d(5, 1, kernel 6, stride 3)": nn.ConvTranspose2d(5, 1, 6, stride=3, padding=2),
        "ConvTranspose2d(3, 7, kernel 3, stride 1)": nn.ConvTranspose2d(3, 7, 3, stride=1, padding=1),
    }
    return {f"the standard deviation for {name}": float(answer(layer)) for name, layer in layers.items()}


M = "layer.in_channels * (layer.kernel_size[0] / layer.stride[0]) ** 2"
AREA = "layer.kernel_size[0] ** 2"

TURN = Exercise(
    number="03.3",
    title="How large should the first weights be?",
    hints=(
        "A linear layer's output adds up all inputs. In a transposed convolution, how many stamps of *one* input map "
        "reach an inner output pixel? Section 2 counted them. And how many input maps are there?",
        "m is in_features for nn.Linear, and in_channels · (k / s)² for nn.ConvTranspose2d; kernel_size and stride are "
        "pairs, so take [0] of each. The result is (2 / m) ** 0.5.",
    ),
    parts=(
        Part(
            he_std,
            probe=probe,
            name="the standard deviation",
            expects="a function of a layer, nn.Linear or nn.ConvTranspose2d, that returns a number",
            why="So the values neither grow nor shrink from layer to layer, where half of them pass the ReLU.",
            mistakes=(
                Mistake(
                    "each kernel weight counted once for each output pixel",
                    "A stamp has k² pixels, but with stride s an output pixel lies under only (k/s)² stamps of each "
                    "input map.",
                    edited(he_std, (M, f"layer.in_channels * {AREA}")),
                ),
                Mistake(
                    "output channels in the place of input channels",
                    "So does PyTorch's own rule for a transposed convolution: it reads the weight [in, out, k, k] as "
                    "if it were that of an ordinary one. An output value adds up over the *input* maps.",
                    edited(he_std, (M, f"layer.out_channels * {AREA}")),
                ),
                Mistake(
                    "output channels with the right number of stamps",
                    "The stamps are right. An output value adds up over the *input* maps.",
                    edited(he_std, ("layer.in_channels", "layer.out_channels")),
                ),
                Mistake(
                    "one input map",
                    "Each output value adds up the stamps of all input maps.",
                    edited(he_std, ("layer.in_channels * ", "")),
                ),
                Mistake(
                    "stamps that are not counted",
                    "More than one stamp of each input map reaches an output pixel: (k/s)² of them.",
                    edited(he_std, (M, "layer.in_channels")),
                ),
                Mistake(
                    "stamps along one side only",
                    "k/s stamps in a row, and as many rows.",
                    edited(he_std, (") ** 2\n", ")\n")),
                ),
                Mistake(
                    "the variance",
                    "2/m is the variance. Asked for is its square root.",
                    edited(he_std, ("(2 / m) ** 0.5", "2 / m")),
                ),
                Mistake(
                    "a one in the place of the two",
                    "√(1/m) keeps the size of what passes a linear layer. The ReLU then takes half of it away; the 2 "
                    "makes up for that.",
                    edited(he_std, ("(2 / m)", "(1 / m)")),
                ),
                Mistake(
                    "the outputs of the linear layer",
                    "An output adds up the *inputs* of its layer.",
                    edited(he_std, ("layer.in_features", "layer.out_features")),
                ),
            ),
        ),
    ),
)
