"""Exercise 11.3: the backward cycle of a VAE with two codes."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def backward_cycle(encode: Callable, decode: Callable, z: Tensor, s: Tensor) -> Tensor:
    first = encode(decode(z, s))
    second = encode(decode(z, s.roll(1, 0)))
    return (first - second).abs().sum(1).mean()


def probe(cycle) -> Observations:
    """Networks of one layer; their weights are inputs, so that it shows which of them learn."""
    encoder, decoder_z, decoder_s = torch.randn(7, 3), torch.randn(3, 7), torch.randn(2, 7)

    def value(encoder: Tensor, decoder_z: Tensor, decoder_s: Tensor, z: Tensor, s: Tensor) -> Tensor:
        return cycle(lambda x: x @ encoder, lambda z, s: (z @ decoder_z + s @ decoder_s).sigmoid(), z, s)

    z, s = torch.randn(5, 3), torch.randn(5, 2)
    weights = {"the encoder": encoder, "the decoder's z": decoder_z, "the decoder's s": decoder_s}
    names = dict(zip(weights, ("e", "d", "f"), strict=True))
    seen = outcome(value, **{names[name]: weight for name, weight in weights.items()}, z=z, s=s)
    for name, short in names.items():
        seen[f"the gradient with respect to the weights of {name}"] = seen.pop(f"the gradient with respect to {short}")
    return seen


EXERCISE = Exercise(
    number="11.3",
    title="One style, two classes",
    hints=(
        "The decoder runs twice and the encoder runs twice. What do the two runs share, and in what do they differ?",
        "Decode (z, s) and (z, s of the row above), with `s.roll(1, 0)`; encode both; Σ over the axis of the code, "
        "mean over the batch, of the absolute difference.",
    ),
    parts=(
        Part(
            backward_cycle,
            probe=probe,
            why="Neither class nor image is compared: the loss only asks that the class leaves no trace in z.",
            mistakes=(
                Mistake(
                    "the found codes compared with z itself",
                    "That asks the encoder to find z again. The cycle asks for less: whatever it finds must not "
                    "depend on the class.",
                    edited(backward_cycle, ("(first - second).abs()", "(first - z).abs()")),
                ),
                Mistake(
                    "the same class code twice",
                    "Both images are then the same, and the loss is 0 for every network.",
                    edited(backward_cycle, ("s.roll(1, 0)", "s")),
                ),
                Mistake(
                    "the class code of the row below",
                    "The value depends on which two styles share a code. Which way does `roll` shift the rows?",
                    edited(backward_cycle, ("roll(1, 0)", "roll(-1, 0)")),
                ),
                Mistake(
                    "a roll that forgets its axis",
                    "Without an axis, `roll` shifts the flattened tensor, and a code is torn apart over two rows.",
                    edited(backward_cycle, ("roll(1, 0)", "roll(1)")),
                ),
                Mistake(
                    "a roll along the code",
                    "That shifts the numbers within each code. Asked for is the code of another row.",
                    edited(backward_cycle, ("roll(1, 0)", "roll(1, 1)")),
                ),
                Mistake(
                    "z exchanged in place of s",
                    "Two styles with the same class should give two codes, not one. Which of the two has to stay?",
                    edited(backward_cycle, ("decode(z, s.roll(1, 0))", "decode(z.roll(1, 0), s)")),
                ),
                Mistake(
                    "z and s exchanged together",
                    "The second batch holds the same images as the first, in another order: you compare different "
                    "styles.",
                    edited(backward_cycle, ("decode(z, s.roll(1, 0))", "decode(z.roll(1, 0), s.roll(1, 0))")),
                ),
                Mistake(
                    "the images compared instead of their codes",
                    "Two classes should look different. It is the code found in them that should be the same.",
                    edited(
                        backward_cycle,
                        ("encode(decode(z, s))", "decode(z, s)"),
                        ("encode(decode(z, s.roll(1, 0)))", "decode(z, s.roll(1, 0))"),
                    ),
                ),
                Mistake(
                    "a mean over the axis of the code",
                    "The weight 30 belongs to the distance of two codes, the sum over their axis; the mean divides "
                    "it by the size of the code.",
                    edited(backward_cycle, (".sum(1).mean()", ".mean()")),
                ),
                Mistake(
                    "a sum over the batch, too",
                    "The loss is an expectation over z and s: it must not grow with the batch.",
                    edited(backward_cycle, (".sum(1).mean()", ".sum()")),
                ),
                Mistake(
                    "squared differences",
                    "Asked for is the L1 distance. Squares hardly punish a small leak, and a small leak can be "
                    "read, too.",
                    edited(backward_cycle, (".abs()", ".square()")),
                ),
                Mistake(
                    "a first code without a gradient",
                    "The value is right, but one of the two runs is cut off: only the other learns.",
                    edited(backward_cycle, ("encode(decode(z, s))", "encode(decode(z, s)).detach()")),
                ),
                Mistake(
                    "a second code without a gradient",
                    "The value is right, but one of the two runs is cut off: only the other learns.",
                    edited(
                        backward_cycle, ("encode(decode(z, s.roll(1, 0)))", "encode(decode(z, s.roll(1, 0))).detach()")
                    ),
                ),
            ),
        ),
    ),
)
