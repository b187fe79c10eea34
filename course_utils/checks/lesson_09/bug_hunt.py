"""Exercise 9.4: a bug hunt. A bound that passes the truth."""

import torch
from torch import Tensor
from torch.distributions import Distribution, Independent, Normal

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly

K = 400  # draws, enough for the averages below, and few enough for a right answer that takes them one by one
STD = 0.5  # of the pixels' noise: x|z ~ N(z, STD²) and z ~ N(0, 1)


def repaired(log_joint, q, x: Tensor, k: int) -> Tensor:
    z = q.sample((k,))
    return log_joint(x, z) - q.log_prob(z)


def as_it_was(log_joint, q, x: Tensor, k: int) -> Tensor:
    def draws():
        return q.sample((k,))

    return log_joint(x, draws()) - q.log_prob(draws())


def log_joint(x: Tensor, z: Tensor) -> Tensor:
    """log p(x, z) of images x [n, 2] and codes z [k, n, 2]: [k, n]."""
    return (Normal(0.0, 1.0).log_prob(z) + Normal(z, STD).log_prob(x)).sum(-1)


def posterior(x: Tensor, wider: float = 1.0) -> Distribution:
    """The exact p(z|x), a Gaussian, or one whose standard deviation is `wider` times as large."""
    variance = 1 / (1 + 1 / STD**2)
    std = torch.full_like(x, wider * variance**0.5)
    return Independent(Normal(variance / STD**2 * x, std), 1)


def probe(answer) -> Observations:
    """Where q is the posterior, log w is log p(x) for every draw; where q is wider, it scatters."""
    x = torch.randn(4, 2)
    seen: Observations = {}
    for where, q in (("the posterior itself", posterior(x)), ("wider than the posterior", posterior(x, 1.5))):
        found = answer(log_joint, q, x, K)
        seen[f"q {where}: the shape of log w for k = {K} and n = 4"] = tuple(found.shape)
        if found.shape == (K, 4):
            seen[f"q {where}: the mean of log w over draws and images"] = Roughly(found.mean(), 0.25)
            seen[f"q {where}: the standard deviation over the draws, on average"] = Roughly(found.std(0).mean(), 0.25)
    return seen


EXERCISE = Exercise(
    number="9.4",
    title="Bug hunt: a bound that passes the truth",
    hints=(
        "With k = 1 the bound is right, on average over many images. What does an average of log p(x, z) − log q(z) "
        "need, and what does an average of their *ratio* need besides?",
        "w is a ratio of two functions of one and the same z. How many times are codes drawn?",
    ),
    parts=(
        choice(
            "B",
            {
                "A": (
                    "a sum of the weights in the place of their mean",
                    "Then the bound would rise by ln 10 = 2.3 nats each time k is ten times as large, and go on rising "
                    "for ever. From k = 10 to k = 100 it rises by half a nat.",
                ),
                "C": (
                    "an encoder that is too wide",
                    "It is, and that makes the bound with few draws too *low*. With any q, no right bound passes "
                    "log p(x) on average.",
                ),
                "D": (
                    "a logarithm before the mean",
                    "Then the bound would be the same for each k.",
                ),
                "E": (
                    "an accident of a few images",
                    "Try another seed, or ten times as many images: bounds(log_weights, n=20_000, seed=1).",
                ),
            },
            why=(
                "E log w needs only each term's own average, so k = 1 looked right. The mean of w needs the ratio of "
                "one z."
            ),
        ),
        Part(
            repaired,
            probe=probe,
            name="the repair",
            expects="a function (log_joint, q, x, k) that returns log w, [k, n]",
            why="A test with the exact posterior finds it at once: there log w is log p(x), whatever is drawn.",
            mistakes=(
                Mistake(
                    "the function as it was",
                    "Count how often codes are drawn.",
                    as_it_was,
                ),
                Mistake(
                    "one draw for all k",
                    "The k draws of an image must be independent: k copies of one are no better than one.",
                    edited(repaired, ("q.sample((k,))", "q.sample((1,)).expand(k, -1, -1)")),
                ),
                Mistake(
                    "q left out",
                    "Without log q these are no weights: the codes do not come from the prior.",
                    edited(repaired, (" - q.log_prob(z)", "")),
                ),
                Mistake(
                    "q with the wrong sign",
                    "w is p(x, z) *divided* by q(z|x).",
                    edited(repaired, ("- q.log_prob", "+ q.log_prob")),
                ),
                Mistake(
                    "codes from the prior",
                    "The weights ask how probable z is under q, so it must be drawn from q.",
                    edited(repaired, ("q.sample((k,))", "torch.randn(k, *x.shape)")),
                ),
                Mistake(
                    "q asked about its own mean",
                    "Both terms must be about the code that was drawn.",
                    edited(repaired, ("q.log_prob(z)", "q.log_prob(q.mean)")),
                ),
                Mistake(
                    "weights that are averaged already",
                    "log w of each draw and image is asked for, [k, n]. The bound is made of them elsewhere.",
                    lambda log_joint, q, x, k: repaired(log_joint, q, x, k).mean(0),
                ),
            ),
        ),
    ),
)
