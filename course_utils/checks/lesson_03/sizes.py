"""Exercise 3.1: which kernel fits, and how much of the image does one value see?"""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def kernel_for(n_in: int, n_out: int, stride: int, padding: int) -> int:
    return n_out - (n_in - 1) * stride + 2 * padding


def receptive_field(layers: list[tuple[int, int]]) -> int:
    seen, jump = 1, 1
    for kernel, stride in layers:
        seen += (kernel - 1) * jump
        jump *= stride
    return seen


def probe_kernel(answer) -> Observations:
    seen = {}
    for n_in, stride, padding, kernel in [
        (7, 2, 1, 4),
        (1, 1, 0, 7),
        (5, 3, 2, _drawn(4, 9)),
        (_drawn(6, 12), 2, 3, 8),
    ]:
        n_out = (n_in - 1) * stride - 2 * padding + kernel
        seen[f"the kernel for {n_in} → {n_out}, stride {stride}, padding {padding},"] = answer(
            n_in, n_out, stride, padding
        )
    return seen


def probe_field(answer) -> Observations:
    drawn = [(_drawn(2, 6), _drawn(1, 4)) for _ in range(3)]
    chains = [[(4, 2), (4, 2), (3, 2)], [(3, 1)], [(5, 1), (2, 3), *drawn]]
    return {f"the side of what is seen through {chain}": answer(list(chain)) for chain in chains}


def _drawn(low: int, high: int) -> int:
    return int(torch.randint(low, high, ()))


def _backwards_from_the_wrong_end(layers):
    seen = 1
    for kernel, stride in layers:
        seen = (seen - 1) * stride + kernel
    return seen


EXERCISE = Exercise(
    number="3.1",
    title="Which kernel fits, and how much does one value see?",
    hints=(
        "Kernel: solve the formula of section 2 for k. Field: draw three pixels in a row of the last map. How far "
        "apart are neighbours of that map, counted in pixels of the image?",
        "k = n_out − (n_in − 1)s + 2p. Field: begin with 1 pixel; a layer adds (k − 1) steps, and a step is as "
        "long, in pixels of the image, as the product of the strides of the layers before it.",
    ),
    parts=(
        Part(
            kernel_for,
            name="the kernel",
            probe=probe_kernel,
            expects="a function of n_in, n_out, stride and padding that returns a whole number",
            why="Stride 1 and padding 0 from a side of 1 ask for a kernel as large as the map: so a DCGAN begins.",
            mistakes=(
                Mistake(
                    "a formula that forgets the padding",
                    "In a transposed convolution padding cuts pixels off the output, so a padded layer needs a "
                    "larger kernel.",
                    lambda n_in, n_out, stride, padding: n_out - (n_in - 1) * stride,
                ),
                Mistake(
                    "padding that is counted on one side only",
                    "The padding is cut off on the left and on the right.",
                    lambda n_in, n_out, stride, padding: n_out - (n_in - 1) * stride + padding,
                ),
                Mistake(
                    "padding that makes the output larger",
                    "So it is in an ordinary convolution. In a transposed one padding cuts pixels off the output.",
                    lambda n_in, n_out, stride, padding: n_out - (n_in - 1) * stride - 2 * padding,
                ),
                Mistake(
                    "the formula of the ordinary convolution",
                    "It says what happens on the way down. Here the map grows: solve the other formula of section 2.",
                    lambda n_in, n_out, stride, padding: n_in + 2 * padding - (n_out - 1) * stride,
                ),
                Mistake(
                    "one stride too many",
                    "n stamps in a row have n − 1 gaps between them.",
                    lambda n_in, n_out, stride, padding: n_out - n_in * stride + 2 * padding,
                ),
            ),
        ),
        Part(
            receptive_field,
            name="the field",
            probe=probe_field,
            expects="a function of a list of (kernel, stride) that returns a whole number",
            why="The padding plays no part. A value of the course's 4×4 map sees at most 18 of the 28 pixels along "
            "a side.",
            mistakes=(
                Mistake(
                    "a field without the strides",
                    "After a layer of stride 2, neighbouring values are two pixels of the image apart, so that "
                    "every later layer reaches twice as far.",
                    edited(receptive_field, ("        jump *= stride\n", "")),
                ),
                Mistake(
                    "a layer whose own stride already lengthens its reach",
                    "The window of a layer lies on the map before it. Its own stride moves the next window, and so "
                    "matters only for later layers.",
                    edited(
                        receptive_field,
                        (
                            "        seen += (kernel - 1) * jump\n        jump *= stride\n",
                            "        jump *= stride\n        seen += (kernel - 1) * jump\n",
                        ),
                    ),
                ),
                Mistake(
                    "a kernel of k pixels that adds k",
                    "One of the k pixels was seen already. Check it with a single layer of kernel 3.",
                    edited(receptive_field, ("(kernel - 1)", "kernel")),
                ),
                Mistake(
                    "a field that leaves out the pixel to begin with",
                    "Without any layer a value sees one pixel: itself. Check it with a single layer of kernel 3.",
                    edited(receptive_field, ("seen, jump = 1, 1", "seen, jump = 0, 1")),
                ),
                Mistake(
                    "layers taken from the wrong end",
                    "The steps are right, but the first layer of the list is the one next to the image. Try two "
                    "layers by hand, in either order.",
                    _backwards_from_the_wrong_end,
                ),
            ),
        ),
    ),
)
