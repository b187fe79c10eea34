"""Exercise 11.1: how many pairs of translators are perfect in the eyes of both losses."""

import math
from collections import Counter
from numbers import Rational

from course_utils.checks.exercise import Exercise, Mistake, Part
from course_utils.checks.observe import Observations


def number_of_perfect_pairs(counts: list[int]) -> int:
    return math.prod(math.factorial(n) for n in Counter(counts).values())


def expected_share_right(counts: list[int]) -> float:
    return len(set(counts)) / len(counts)


def probe(count) -> Observations:
    domains = ([5, 2, 1, 2, 1, 2], [3, 3, 3, 3], [4, 1, 2], [1, 1, 2, 2, 2, 2, 7], [6])
    answers = [count(list(counts)) for counts in domains]
    plain = [
        float(answer) if isinstance(answer, Rational) else answer for answer in answers
    ]  # a Fraction is right, too
    return {f"for the counts {counts}, the answer": it for counts, it in zip(domains, plain, strict=True)}


EXERCISE = Exercise(
    number="11.1",
    title="How many maps are perfect?",
    hints=(
        "A closed cycle makes G a bijection of the images. Which images can then take each other's place, if the "
        "share of every image in what G makes has to be that of domain B?",
        "Only images of equal count can be exchanged: n of them in n! ways, and the groups choose independently. In "
        "a random arrangement of n things, the expected number of things in their own place is 1, whatever n is.",
    ),
    parts=(
        Part(
            number_of_perfect_pairs,
            name="the number of pairs",
            probe=probe,
            why="One pair only is left where no two images are equally frequent: then the frequencies tell who is who.",
            mistakes=(
                Mistake(
                    "all bijections, as if every image were equally frequent",
                    "Every bijection closes the cycle. But if G turns a frequent image into a rare one, the "
                    "discriminator sees the rare one too often.",
                    lambda counts: math.factorial(len(counts)),
                ),
                Mistake(
                    "all functions within a group of equal counts",
                    "Two images may then land on the same one. From there no F leads back to both.",
                    lambda counts: math.prod(n**n for n in Counter(counts).values()),
                ),
                Mistake(
                    "F counted as free to choose",
                    "Once G is chosen, how many F are left that lead every image back?",
                    lambda counts: math.prod(math.factorial(n) ** 2 for n in Counter(counts).values()),
                ),
                Mistake(
                    "the true map left out",
                    "You counted the perfect pairs that are wrong. The true one is perfect, too.",
                    lambda counts: number_of_perfect_pairs(counts) - 1,
                ),
                Mistake(
                    "the orders of the groups added up",
                    "Each arrangement of one group goes with each arrangement of the others.",
                    lambda counts: sum(math.factorial(n) for n in Counter(counts).values()),
                ),
                Mistake(
                    "the occurrences of one image exchanged among themselves",
                    "However often an image occurs, G translates it in one way. Which *different* images can be "
                    "exchanged?",
                    lambda counts: math.prod(math.factorial(count) for count in counts),
                ),
            ),
        ),
        Part(
            expected_share_right,
            name="the share that is right",
            probe=probe,
            why="With all images equally frequent it is one image, on average, however large the domain is.",
            mistakes=(
                Mistake(
                    "the chance that the whole map is right",
                    "Also a wrong map translates some images rightly. What is asked is how many, on average.",
                    lambda counts: 1 / number_of_perfect_pairs(counts),
                ),
                Mistake(
                    "one image in all, whatever the counts are",
                    "That is right if all images are equally frequent. Here the frequencies settle some of the images.",
                    lambda counts: 1 / len(counts),
                ),
                Mistake(
                    "only the images that have no choice",
                    "An image whose count is unique is certainly right. But the others are right now and then, too.",
                    lambda counts: sum(n == 1 for n in Counter(counts).values()) / len(counts),
                ),
                Mistake(
                    "a number of images instead of a share",
                    "A share lies between 0 and 1.",
                    lambda counts: len(set(counts)),
                ),
                Mistake(
                    "a mean over the groups of equal counts",
                    "Your average gives each group the same weight. What is asked is a share of the images, and large "
                    "groups have more of them.",
                    lambda counts: sum(1 / n for n in Counter(counts).values()) / len(set(counts)),
                ),
                Mistake(
                    "a share of the draws",
                    "Frequent images count more in your average. What is asked is a share of the k images.",
                    lambda counts: sum(set(counts)) / sum(counts),
                ),
            ),
        ),
    ),
)
