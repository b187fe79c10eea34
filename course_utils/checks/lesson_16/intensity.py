"""Exercise 16.1: the intensity of a dense layer, and the batch with which it leaves the slope of the roofline."""

import math

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def intensity(batch: float, inputs: int, outputs: int, width: int) -> float:
    operations = 2 * batch * inputs * outputs
    numbers = inputs * outputs + batch * inputs + batch * outputs
    return operations / (width * numbers)


def smallest_batch(ridge: float, inputs: int, outputs: int, width: int) -> float:
    at_best = 2 * inputs * outputs / (width * (inputs + outputs))
    if ridge >= at_best:
        return math.inf
    return ridge * width * inputs * outputs / (2 * inputs * outputs - ridge * width * (inputs + outputs))


def layer() -> tuple[int, int, int]:
    """(inputs, outputs, width) of a layer, with no two of its sizes alike."""
    inputs, outputs = torch.randint(100, 500, (2,)).tolist()
    return inputs, outputs + 500, (2, 4, 8)[int(torch.randint(3, ()))]


def intensity_probe(answer) -> Observations:
    seen: Observations = {}
    for batch in (1, int(torch.randint(10, 90, ())), 5000):
        inputs, outputs, width = layer()
        found = outcome(answer, gradients=False, batch=batch, inputs=inputs, outputs=outputs, width=width)
        seen[f"the intensity with a batch of {batch}"] = found["the value"]
    return seen


def batch_probe(answer) -> Observations:
    """A ridge that the layer reaches with ease, one that it reaches at last, and one that is out of its reach."""
    seen: Observations = {}
    for name, share in (("low", 0.1), ("high", 0.8), ("out of reach", 1.5)):
        inputs, outputs, width = layer()
        ridge = (share + 0.1 * torch.rand(()).item()) * 2 * inputs * outputs / (width * (inputs + outputs))
        found = outcome(answer, gradients=False, ridge=ridge, inputs=inputs, outputs=outputs, width=width)
        seen[f"the batch for a ridge that is {name}"] = found["the value"]
    return seen


NUMBERS = "inputs * outputs + batch * inputs + batch * outputs"
UNREACHED = "    if ridge >= at_best:\n        return math.inf\n"

INTENSITY = Part(
    intensity,
    name="the intensity",
    probe=intensity_probe,
    mistakes=(
        Mistake(
            "a multiplication and an addition counted as one",
            "Each of the n · i · o products is also added to a sum. Section 2 counts both.",
            edited(intensity, ("2 * batch", "batch")),
        ),
        Mistake(
            "weights that cost nothing to fetch",
            "Your intensity is the same for every batch. But with one image, the weights are nearly all that is moved.",
            edited(intensity, (NUMBERS, "batch * inputs + batch * outputs")),
        ),
        Mistake(
            "inputs and outputs that cost nothing to move",
            "Then the intensity would grow with the batch for ever. Each further image brings its own inputs and takes "
            "its own outputs away.",
            edited(intensity, (NUMBERS, "inputs * outputs")),
        ),
        Mistake(
            "outputs that nobody writes",
            "What the layer reads is all there. Its result has to go somewhere, too.",
            edited(intensity, (" + batch * outputs", "")),
        ),
        Mistake(
            "weights that are fetched anew for each image",
            "A matrix product uses a weight for all images of the batch once it is there. That is what a batch is for.",
            edited(intensity, (NUMBERS, "batch * (inputs * outputs + inputs + outputs)")),
        ),
        Mistake(
            "the inputs and outputs of one image only",
            "The weights are moved once for a batch. The other two come once for each image.",
            edited(intensity, (NUMBERS, "inputs * outputs + inputs + outputs")),
        ),
        Mistake(
            "operations for each number, not for each byte",
            "A number in float32 takes more room than one in bfloat16, and memory delivers bytes.",
            edited(intensity, ("(width * numbers)", "numbers")),
        ),
        Mistake(
            "a fraction upside down",
            "You have bytes for each operation: it falls with the batch. Intensity grows where the processor gets more "
            "to do with what it has fetched.",
            edited(intensity, ("operations / (width * numbers)", "width * numbers / operations")),
        ),
        Mistake(
            "the operations of one image only",
            "The bytes are those of the whole batch, and so must be the operations.",
            edited(intensity, ("2 * batch", "2")),
        ),
    ),
)

BATCH = Part(
    smallest_batch,
    name="the smallest batch",
    probe=batch_probe,
    why=(
        "The narrower a layer, the lower the intensity that a large batch leads to. Where a processor's ridge lies "
        "above it, memory stays the limit with any batch."
    ),
    mistakes=(
        Mistake(
            "a negative batch",
            "Where the layer can reach the ridge, the number is right. Where it cannot, your formula goes on and gives "
            "a batch below zero. To what does the intensity tend when the batch grows?",
            edited(smallest_batch, (UNREACHED, "")),
        ),
        Mistake(
            "a batch for the weights alone",
            "The rule n = ridge · width / 2 leaves out that each image brings its own bytes along: with this n, the "
            "layer is still on the slope.",
            lambda ridge, inputs, outputs, width: ridge * width / 2,
        ),
        Mistake(
            "a ridge that counts a product and its addition as one",
            "Section 2 counts both, in the ridge as in the intensity.",
            lambda ridge, inputs, outputs, width: smallest_batch(2 * ridge, inputs, outputs, width),
        ),
        Mistake(
            "the largest intensity in place of the batch",
            "This is what the intensity tends to when the batch grows. It tells whether the ridge can be reached. "
            "Asked is with which batch.",
            lambda ridge, inputs, outputs, width: 2 * inputs * outputs / (width * (inputs + outputs)),
        ),
        Mistake(
            "a batch in whole images",
            "The number before it was rounded up is right. Asked is the solution of the equation, as it is.",
            lambda ridge, inputs, outputs, width: (
                math.ceil(found) if math.isfinite(found := smallest_batch(ridge, inputs, outputs, width)) else found
            ),
        ),
    ),
)

EXERCISE = Exercise(
    number="16.1",
    title="Which batch is large enough?",
    hints=(
        "Count what is moved: the weights once, and for each image its inputs and its outputs. For the batch, set the "
        "intensity equal to the ridge and solve for n. Before you trust the solution: what is the intensity of an "
        "endless batch?",
        "The intensity is 2nio / (b (io + ni + no)). Equal to r, it gives n (2io − r b (i + o)) = r b io. If the "
        "bracket is not positive, no n solves it.",
    ),
    parts=(INTENSITY, BATCH),
)
