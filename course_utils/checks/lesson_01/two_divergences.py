"""Exercise 1.4: which f makes the f-divergence that each of the two losses descends?"""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice
from course_utils.checks.observe import Observations


def f_minimax(u: Tensor) -> Tensor:
    return u * (2 * u / (1 + u)).log() + (2 / (1 + u)).log()


def f_non_saturating(u: Tensor) -> Tensor:
    return (1 + u) * ((1 + u) / (2 * u)).log()


def f_kl(u: Tensor) -> Tensor:
    """KL(p‖q)."""
    return u * u.log()


def f_reverse(u: Tensor) -> Tensor:
    """KL(q‖p)."""
    return -u.log()


def probe(f) -> Observations:
    """Σ q f(p/q), so that f may differ by a multiple of u − 1, which no divergence sees; and f(1)."""
    seen: Observations = {"f(1)": torch.as_tensor(f(torch.ones(1, dtype=torch.float64))).squeeze()}
    for name in ("one pair of distributions", "another pair"):
        p, q = torch.softmax(torch.randn(2, 7, dtype=torch.float64), dim=1)
        seen[f"Σ q f(p/q) for {name}"] = (q * f(p / q)).sum()
    return seen


EXERCISE = Exercise(
    number="1.4",
    title="Two divergences, one formula",
    hints=(
        "Write each divergence as one sum, take q out in front, and put p = uq. For the second one begin with "
        "Σ (p + q) log((p + q)/(2p)). For the question: let u go to 0, with q in front.",
        "2 JSD is Σ q [u log(2u/(1 + u)) + log(2/(1 + u))]. In 2 KL(m‖p) the bracket is (1 + u) log((1 + u)/(2u)). "
        "At u = 0 the first is log 2. And the second?",
    ),
    parts=(
        Part(
            f_minimax,
            probe=probe,
            name="f of the minimax loss",
            mistakes=(
                Mistake("one JSD in place of two", "V(G, D*) has twice the JSD in it.", lambda u: f_minimax(u) / 2),
                Mistake(
                    "the value, with its −2 ln 2",
                    "A divergence is 0 at q = p, so f(1) = 0.",
                    lambda u: u * (u / (1 + u)).log() - (1 + u).log(),
                ),
                Mistake("KL(p‖q)", "That is maximum likelihood.", f_kl),
                Mistake("KL(q‖p)", "That is one part of the other loss.", f_reverse),
                Mistake(
                    "half of the sum",
                    "Two terms: KL(p‖m), with the weight p = uq, and KL(q‖m), with the weight q.",
                    lambda u: u * (2 * u / (1 + u)).log(),
                ),
                Mistake(
                    "the other loss",
                    "This is what −log D* descends.",
                    f_non_saturating,
                ),
            ),
        ),
        Part(
            f_non_saturating,
            probe=probe,
            name="f of the non-saturating loss",
            why="KL(q‖p) − 2 JSD gives the same: −log u, minus the f above.",
            mistakes=(
                Mistake("KL(q‖p) alone", "Twice the JSD is still to be subtracted.", f_reverse),
                Mistake(
                    "half of it",
                    "This is KL(m‖p); there is a factor of 2.",
                    lambda u: f_non_saturating(u) / 2,
                ),
                Mistake(
                    "the two distributions exchanged",
                    "u is p/q, and the weight in front is q. You have KL(m‖q) in place of KL(m‖p).",
                    lambda u: (1 + u) * ((1 + u) / 2).log(),
                ),
                Mistake(
                    "the two arguments of KL exchanged",
                    "This is 2 KL(p‖m): an average over p.",
                    lambda u: 2 * u * (2 * u / (1 + u)).log(),
                ),
                Mistake("the JSD with a plus", "The JSD is subtracted.", lambda u: f_reverse(u) + f_minimax(u)),
                Mistake("the minimax loss", "This is 2 JSD.", f_minimax),
                Mistake("a flipped sign", "A divergence is never negative.", lambda u: -f_non_saturating(u)),
            ),
        ),
        choice(
            "C",
            {
                "A": (
                    "an upper limit for both",
                    "At u = 0 one of the two functions grows without end.",
                ),
                "B": (
                    "the two losses exchanged",
                    "Insert u = 0 into both: one is log 2 there.",
                ),
                "D": (
                    "no upper limit for either",
                    "The JSD is never above ln 2.",
                ),
            },
            name="the price of stray samples",
            why="At u = 0 the minimax f is ln 2, and the other one goes to infinity like −log u.",
        ),
    ),
)
