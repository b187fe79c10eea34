"""Turn 03.1: a transposed convolution of one map, stamp by stamp."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def stamped(x: Tensor, pattern: Tensor, stride: int) -> Tensor:
    (h, w), k = x.shape, len(pattern)
    out = torch.zeros((h - 1) * stride + k, (w - 1) * stride + k, dtype=x.dtype)
    for i in range(h):
        for j in range(w):
            top, left = i * stride, j * stride
            out[top : top + k, left : left + k] += x[i, j] * pattern
    return out


def probe(answer) -> Observations:
    """Maps that are not square, and patterns without symmetry; stamps that overlap, touch, and leave gaps."""
    seen: Observations = {}
    for k, stride in ((4, 2), (3, 1), (2, 3)):
        x, pattern = torch.randn(5, 3, dtype=torch.double), torch.randn(k, k, dtype=torch.double)
        result = answer(x.clone(), pattern.clone(), stride)
        seen[f"for a kernel of {k} and stride {stride}, the map"] = torch.as_tensor(result).detach().clone()
    return seen


SIZE = "torch.zeros((h - 1) * stride + k, (w - 1) * stride + k, dtype=x.dtype)"
ADDED = "+= x[i, j] * pattern"

TURN = Exercise(
    number="03.1",
    title="A transposed convolution, stamp by stamp",
    hints=(
        "Begin with a map of zeros. Where does the stamp of input pixel (i, j) begin? How far does the last one reach? "
        "What happens where two stamps overlap?",
        "The stamp of (i, j) covers rows i·stride to i·stride + k − 1, and columns likewise. So the last one ends at "
        "(h − 1)·stride + k. Add x[i, j] * pattern to that part of the map.",
    ),
    parts=(
        Part(
            stamped,
            probe=probe,
            name="the stamps",
            expects="a function of (x, pattern, stride) that returns a map [(h − 1)·stride + k, (w − 1)·stride + k]",
            why="It is what nn.ConvTranspose2d computes for one map without padding: padding p cuts p pixels off each "
            "side of the result.",
            mistakes=(
                Mistake(
                    "a stamp that covers what was there",
                    "Where stamps overlap, their values add up. Yours keeps the last one only.",
                    edited(stamped, (ADDED, "= x[i, j] * pattern")),
                ),
                Mistake(
                    "stamps without their strength",
                    "Each stamp is the pattern times the value of its input pixel.",
                    edited(stamped, (ADDED, "+= pattern")),
                ),
                Mistake(
                    "stamps that ignore the stride",
                    "Neighbouring input pixels are stamped `stride` pixels apart, not one.",
                    edited(stamped, ("top, left = i * stride, j * stride", "top, left = i, j")),
                ),
                Mistake(
                    "one stride too many",
                    "h stamps in a row have h − 1 steps between them: the last one ends at (h − 1)·stride + k.",
                    edited(
                        stamped,
                        (SIZE, "torch.zeros(h * stride + k, w * stride + k, dtype=x.dtype)"),
                    ),
                ),
                Mistake(
                    "a map that is cut off at h·stride",
                    "The last stamp begins at (h − 1)·stride and is k pixels long. How large must the map be?",
                    lambda x, pattern, stride: stamped(x, pattern, stride)[: len(x) * stride, : x.shape[1] * stride],
                ),
                Mistake(
                    "a pattern turned round",
                    "A stamp prints the pattern as it is: no flip. (The flip belongs to the convolution of "
                    "mathematics.)",
                    edited(stamped, (ADDED, "+= x[i, j] * pattern.flip(0, 1)")),
                ),
                Mistake(
                    "rows and columns exchanged in the pattern",
                    "pattern[0] is the upper row of a stamp.",
                    edited(stamped, (ADDED, "+= x[i, j] * pattern.T")),
                ),
                Mistake(
                    "an ordinary convolution",
                    "It reads windows of the input, and its output is smaller. Here each input pixel writes.",
                    lambda x, pattern, stride: torch.nn.functional.conv2d(
                        x[None, None], pattern[None, None], None, stride
                    )[0, 0],
                ),
            ),
        ),
    ),
)
