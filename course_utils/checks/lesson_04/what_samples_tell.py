"""Exercise 4.1: how many modes n good samples reach by luck, and what m samples give away of a collapse."""

import math

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations


def expected_captured(shares: Tensor, n: int) -> Tensor:
    return (1 - (1 - shares) ** n).sum()


def best_accuracy(k: int, caught: int, m: int) -> float:
    return 1 - (caught / k) ** m / 2


def counting(captured) -> Observations:
    """Modes of very unequal shares; one sample, a few, and many."""
    shares = (1.5 * torch.randn(7)).softmax(0).double()
    return {f"for 7 unequal modes and {n} samples, the number": captured(shares.clone(), n) for n in (1, 6, 60)}


def judging(accuracy) -> Observations:
    cases = ((8, 6, 1), (8, 6, 3), (8, 8, 4), (25, 5, 2), (10, 9, 10), (10, 4, 5))
    return {f"for k = {k}, c = {c}, m = {m}, the accuracy": accuracy(k, c, m) for k, c, m in cases}


EXERCISE = Exercise(
    number="4.1",
    title="What a handful of samples can tell",
    hints=(
        "Expected numbers add up, mode by mode: what is the chance that one given mode is hit by none of n samples? "
        "And for D: which packs can only be real, and what can D do better than guess with all the others?",
        "The chance of n misses is (1 − share)ⁿ. A real pack keeps to the c modes with chance (c/k)ᵐ; every pack that "
        "keeps to them is more likely under the generator, so D calls all of those generated, and errs only on the "
        "real ones.",
    ),
    parts=(
        Part(
            expected_captured,
            name="the perfect model",
            probe=counting,
            why="Rare modes are missed by luck alone: compare a count with this number before you speak of a collapse.",
            mistakes=(
                Mistake(
                    "modes counted as if all were equally frequent",
                    "A mode with a small share is missed much more often, and a large one cannot make up for it.",
                    lambda shares, n: len(shares) * (1 - (1 - 1 / len(shares)) ** torch.tensor(n)),
                ),
                Mistake(
                    "n times the share, at most 1, for each mode",
                    "n · share is the mean number of samples in the mode. Two of them in one mode still make one mode.",
                    lambda shares, n: (n * shares).clamp(max=1).sum(),
                ),
                Mistake(
                    "the number of modes that are missed",
                    "With more samples yours goes down to 0.",
                    lambda shares, n: ((1 - shares) ** n).sum(),
                ),
                Mistake(
                    "a product over the modes",
                    "You take the modes for independent and ask for the chance of all of them. Asked for is a mean "
                    "number, and means add up in any case.",
                    lambda shares, n: (1 - (1 - shares) ** n).prod(),
                ),
                Mistake(
                    "modes that not all samples fall into",
                    "1 − shareⁿ is the chance that at least one sample falls outside the mode. What is the chance "
                    "that at least one falls inside?",
                    lambda shares, n: (1 - shares**n).sum(),
                ),
            ),
        ),
        Part(
            best_accuracy,
            name="the best discriminator",
            probe=judging,
            why="One sample of a mode that the generator never draws settles a pack, and a larger pack holds one more "
            "often: that is the idea of packing.",
            mistakes=(
                Mistake(
                    "a pack judged by one of its samples",
                    "The accuracy does not change with m. How often does a real pack hold a missing mode at all?",
                    lambda k, caught, m: 1 - caught / k / 2,
                ),
                Mistake(
                    "the share of the real packs that D is sure of",
                    "Where D is not sure, it still answers, and is often right. And half of the packs are generated.",
                    lambda k, caught, m: 1 - (caught / k) ** m,
                ),
                Mistake(
                    "an error on every pack that could be both",
                    "Such packs come from both sides. D gives them all one answer: for which side is that right?",
                    lambda k, caught, m: 1 - (1 + (caught / k) ** m) / 2,
                ),
                Mistake(
                    "real packs given away only if all their samples are",
                    "One sample from a missing mode is enough. You ask for m of them.",
                    lambda k, caught, m: (1 + (1 - caught / k) ** m) / 2,
                ),
                Mistake(
                    "a pack with every mode at most once",
                    "The samples of a pack are independent: the same mode may come twice.",
                    lambda k, caught, m: 1 - math.comb(caught, m) / math.comb(k, m) / 2,
                ),
                Mistake(
                    "the probability that D names, in place of how often it is right",
                    "p/(p + q) is what D says about one pack. The accuracy is a mean over all packs, real and "
                    "generated.",
                    lambda k, caught, m: 1 / (1 + (caught / k) ** m),
                ),
            ),
        ),
    ),
)
