"""Exercise 16.4: rounding to bfloat16 at random, and the average that stands still without it."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly


def round_randomly(x: Tensor) -> Tensor:
    exponent = torch.frexp(x).exponent  # 2^(exponent − 1) ≤ |x| < 2^exponent
    spacing = torch.ldexp(torch.ones_like(x), exponent - 8)
    steps = torch.floor(x / spacing + torch.rand_like(x))
    return (steps * spacing).to(torch.bfloat16)


COPIES = 3000
MEAN = "the mean error, in units of the spacing, of numbers"


def probe(answer) -> Observations:
    """Many copies of a few numbers, of several sizes and both signs, each at a known place between its neighbours."""
    spacing = 2.0 ** torch.tensor([-16, -9, -7, -4, -8, -5])
    sign = torch.tensor([1.0, 1.0, 1.0, 1.0, -1.0, -1.0])
    place = torch.tensor([0.2, 0.8, 0.3, 0.7, 0.25, 0.75]) + 0.05 * torch.rand(6)
    below = torch.randint(130, 250, (6,)) * sign  # in units of the spacing
    numbers = ((below + place) * spacing)[:, None].expand(-1, COPIES)
    rounded = answer(numbers.clone())
    seen: Observations = {"what is returned": "a tensor"}
    if not isinstance(rounded, Tensor):
        return {"what is returned": f"a {type(rounded).__name__}"}
    seen["the dtype of the result"], seen["the shape of the result"] = str(rounded.dtype), str(list(rounded.shape))
    if rounded.dtype != torch.bfloat16 or rounded.shape != numbers.shape:
        return seen
    few = [answer(numbers[:, 0].clone()) for _ in range(12)]
    varied = any(not torch.equal(few[0], other) for other in few)
    alone = bool((rounded != rounded[:, :1]).any())
    seen["whether two calls can round a number differently"] = varied
    seen["whether each number of a call is rounded by itself"] = alone
    if varied and not alone:
        return seen
    steps = rounded.double() / spacing[:, None].double() - below[:, None]  # 0: the lower neighbour, 1: the upper one
    seen["whether all results are a number's two neighbours"] = bool(((steps == 0) | (steps == 1)).all())
    error = (steps - place[:, None]).mean(1)
    for name, rows in ((f"{MEAN} above zero", slice(0, 4)), (f"{MEAN} below zero", slice(4, 6))):
        seen[name] = Roughly(error[rows], 0.05)
    exact = ((128 + torch.arange(100)) / 64).repeat(20) * torch.tensor([1.0, -1.0]).repeat(1000)
    kept = answer(exact.clone())
    seen["the share of bfloat16's own numbers that are changed"] = Roughly(
        (kept.float() != exact).float().mean(), 0.005
    )
    seen["the result for two zeros"] = answer(torch.zeros(2)).float()
    return seen


def _by_logarithm(x: Tensor) -> Tensor:
    spacing = torch.exp2(x.abs().log2().floor() - 7)
    return (torch.floor(x / spacing + torch.rand_like(x)) * spacing).to(torch.bfloat16)


ROUNDING = Part(
    round_randomly,
    name="the rounding",
    probe=probe,
    mistakes=(
        Mistake(
            "rounding to the nearest",
            "A number that lies a fifth of the way up never goes up. It should go up one time in five.",
            lambda x: x.to(torch.bfloat16),
        ),
        Mistake(
            "always rounding towards zero",
            "Cutting off the last digits brings every number nearer to zero, on average by half a spacing.",
            edited(round_randomly, ("torch.floor(x / spacing + torch.rand_like(x))", "torch.trunc(x / spacing)")),
        ),
        Mistake(
            "a fair coin",
            "Up and down are equally likely here, however near x is to one of the two. What should the mean of the "
            "results be?",
            edited(
                round_randomly,
                (
                    "torch.floor(x / spacing + torch.rand_like(x))",
                    "torch.floor(x / spacing) + torch.rand_like(x).round()",
                ),
            ),
        ),
        Mistake(
            "the two probabilities exchanged",
            "The nearer a neighbour, the more seldom it is chosen.",
            edited(
                round_randomly,
                (
                    "torch.floor(x / spacing + torch.rand_like(x))",
                    "torch.floor(x / spacing) + (torch.rand_like(x) > x / spacing - torch.floor(x / spacing))",
                ),
            ),
        ),
        Mistake(
            "one random number for the whole tensor",
            "All numbers then go up or down together, and their errors do not average out.",
            edited(round_randomly, ("torch.rand_like(x)", "torch.rand(())")),
        ),
        Mistake(
            "a spacing that is twice as wide",
            "Only every second number of bfloat16 is ever used. At x = 1 the spacing is 2⁻⁷: does yours give that?",
            edited(round_randomly, ("exponent - 8", "exponent - 7")),
        ),
        Mistake(
            "a spacing that is half as wide",
            "Half of your steps end between two numbers of bfloat16, and the conversion rounds them to the nearest. At "
            "x = 1 the spacing is 2⁻⁷: does yours give that?",
            edited(round_randomly, ("exponent - 8", "exponent - 9")),
        ),
        Mistake(
            "the same spacing for all numbers",
            "Between 1 and 2 it is right. Larger numbers of bfloat16 lie farther apart, and smaller ones closer.",
            edited(round_randomly, ("torch.ldexp(torch.ones_like(x), exponent - 8)", "torch.full_like(x, 2.0**-7)")),
        ),
        Mistake(
            "numbers below zero that are rounded the wrong way",
            "Above zero it is right. trunc and int() go towards zero, and not down.",
            edited(round_randomly, ("torch.floor(", "torch.trunc(")),
        ),
        Mistake(
            "a zero that becomes NaN",
            "Everything else is right. The logarithm of 0 is −∞, and a spacing of 0 divides 0 by 0.",
            _by_logarithm,
        ),
        Mistake(
            "noise that lifts",
            "A random number between 0 and 1 spacing was added, and then the conversion rounded to the nearest: on "
            "average the result lies half a spacing too high.",
            lambda x: (x + torch.rand_like(x) * torch.ldexp(torch.ones_like(x), torch.frexp(x).exponent - 8)).to(
                torch.bfloat16
            ),
        ),
    ),
)

CONCLUSION = choice(
    "B",
    {
        "A": (
            "a range that is too small",
            "The average that is rounded at random is kept in the same format, with the same range. Where did it end?",
        ),
        "C": (
            "rounding errors that add up",
            "An average that drifts away has come a long way. How far has this one come? And in which of the two is a "
            "single rounding error larger?",
        ),
        "D": (
            "noise that helps an average to find a better place",
            "Nothing is searched for here: an average has no loss of its own. Compare its curve with that of float32.",
        ),
    },
    why=(
        "At random, an update of a hundredth of a spacing is kept one time in a hundred, and then as a whole spacing: "
        "on average nothing is lost."
    ),
    name="the conclusion",
)

EXERCISE = Exercise(
    number="16.4",
    title="An average in sixteen bits",
    hints=(
        "Count in units of the spacing: x is so many whole steps and a fraction. How do you go up with a probability "
        "equal to the fraction? For the conclusion: with a decay of 0.998, how large is one update of the average, and "
        "how large half a spacing?",
        "The spacing of x is 2^(k − 7), where 2^k ≤ |x| < 2^(k + 1); torch.frexp knows the exponent, also that of 0. "
        "Then floor(x / spacing + u) with u uniform between 0 and 1, for each number its own. For the conclusion, see "
        "how far each average has come.",
    ),
    parts=(ROUNDING, CONCLUSION),
    predictions="ABCD",
)
