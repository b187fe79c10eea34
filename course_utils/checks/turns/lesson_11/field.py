"""Turn 11.2: how many pixels one logit of a stack of convolutions depends on."""

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations

PATCHGAN = [(4, 2), (4, 2), (4, 2), (4, 1), (4, 1)]  # the 70×70 one
STACKS = (PATCHGAN, [(3, 1)], [(5, 3)], [(4, 2), (4, 1), (4, 1)], [(7, 1), (3, 2), (2, 2), (5, 1)], [(1, 2), (3, 1)])


def receptive_field(layers):
    side, step = 1, 1
    for kernel, stride in layers:
        side = side + (kernel - 1) * step
        step = step * stride
    return side


def probe(answer) -> Observations:
    seen: Observations = {}
    for layers in STACKS:
        found = answer(list(layers))
        seen[f"for the layers {layers}, the side"] = float(found) if isinstance(found, int | float) else found
    return seen


TURN = Exercise(
    number="11.2",
    title="The receptive field",
    hints=(
        "Start with one pixel of the image: side 1, and neighbours lie 1 pixel apart. A layer with a kernel of k sees "
        "k neighbours. How far apart are they, in pixels of the image, after layers with strides?",
        "For each layer: side = side + (kernel − 1) · step; then step = step · stride.",
    ),
    parts=(
        Part(
            receptive_field,
            probe=probe,
            name="the receptive field",
            expects="a function of a list of (kernel, stride), the first layer first, that returns a whole number",
            why="Only the strides of earlier layers count: the last layer's stride moves the patches, not their size.",
            mistakes=(
                Mistake(
                    "strides left out",
                    "Behind a layer of stride 2, neighbours are 2 pixels of the image apart: later kernels reach "
                    "twice as far.",
                    edited(receptive_field, ("(kernel - 1) * step", "(kernel - 1)")),
                ),
                Mistake(
                    "the stride counted too early",
                    "A layer's own stride says how far apart its outputs are. It makes later layers see more, not "
                    "this one.",
                    edited(receptive_field, ("(kernel - 1) * step", "(kernel - 1) * step * stride")),
                ),
                Mistake(
                    "only the layer's own stride",
                    "The strides of all earlier layers multiply.",
                    edited(receptive_field, ("step = step * stride", "step = stride")),
                ),
                Mistake(
                    "strides added up",
                    "Two layers of stride 2 make a step of 4, and three make one of 8: strides multiply.",
                    edited(receptive_field, ("step = step * stride", "step = step + stride - 1")),
                ),
                Mistake(
                    "kernels that do not overlap",
                    "A kernel of k adds k − 1 neighbours to the one that is there already.",
                    edited(receptive_field, ("(kernel - 1) * step", "kernel * step")),
                ),
                Mistake(
                    "no pixel to start with",
                    "Without any layer, one output is one pixel. What is the side then?",
                    edited(receptive_field, ("side, step = 1, 1", "side, step = 0, 1")),
                ),
                Mistake(
                    "layers in the wrong order",
                    "The list begins with the layer that sees the image. The order counts where strides differ.",
                    edited(receptive_field, ("in layers", "in reversed(layers)")),
                ),
                Mistake(
                    "the number of pixels in place of the side",
                    "Asked for is the side of the square.",
                    edited(receptive_field, ("return side", "return side**2")),
                ),
            ),
        ),
    ),
)
