"""Exercise 6.2: by what extragradient and consensus multiply the distance in the Wasserstein game, derived by hand."""

import math

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, Roughly


def extragradient_factor(h: float) -> float:
    return math.sqrt((1 - h**2) ** 2 + h**2)


def consensus_factor(h: float, c: float) -> float:
    return math.sqrt((1 - h * c) ** 2 + h**2)


def probe(factor) -> Observations:
    return {f"the factor for h = {h:g}": Roughly(factor(h), 1e-5) for h in (0.1, 0.5, 0.8, 1.0, 1.7, 3.0)}


def probe_consensus(factor) -> Observations:
    settings = ((0.1, 0.5), (0.5, 0.5), (0.3, 2.0), (1.0, 1.0), (1.5, 0.2))
    return {f"the factor for h = {h:g}, c = {c:g}": Roughly(factor(h, c), 1e-5) for h, c in settings}


EXERCISE = Exercise(
    number="6.2",
    title="A look ahead",
    hints=(
        "Here λ² = −1. Which number is the eigenvalue of I + hJ(I + hJ)? For consensus J is replaced by J − cJᵀJ, and "
        "JᵀJ is simple here. The factor is the modulus.",
        "Extragradient: 1 + hλ + h²λ² = (1 − h²) ± ih. Consensus: λ − c, so 1 − hc ± ih. The modulus of a + ib is "
        "√(a² + b²). When is the first one below 1?",
    ),
    parts=(
        Part(
            extragradient_factor,
            probe=probe,
            name="extragradient",
            why="For small h it is 1 − h²/2, below 1: the look ahead acts as a brake.",
            mistakes=(
                Mistake(
                    "a simultaneous step",
                    "That is |1 + hλ|. Extragradient asks at the place ahead.",
                    lambda h: math.sqrt(1 + h**2),
                ),
                Mistake(
                    "a look-ahead that is itself a step",
                    "You have multiplied twice by I + hJ, which is two simultaneous rounds.",
                    lambda h: 1 + h**2,
                ),
                Mistake(
                    "the eigenvalues of the minimax game",
                    "There λ = ±i/2. The Wasserstein game has no sigmoid.",
                    lambda h: math.sqrt((1 - h**2 / 4) ** 2 + h**2 / 4),
                ),
                Mistake(
                    "the look-ahead's sign turned around",
                    "λ² = −1, and the term is + h²λ². Follow the sign once more.",
                    lambda h: math.sqrt((1 + h**2) ** 2 + h**2),
                ),
                Mistake(
                    "the real part alone",
                    "The number has an imaginary part h as well.",
                    lambda h: abs(1 - h**2),
                ),
                Mistake(
                    "the square of the factor",
                    "The modulus has a root.",
                    lambda h: (1 - h**2) ** 2 + h**2,
                ),
                Mistake(
                    "an implicit step",
                    "You took the field at the place where the step ends. Extragradient only estimates that place, by "
                    "one ordinary step.",
                    lambda h: 1 / math.sqrt(1 + h**2),
                ),
            ),
        ),
        Part(
            consensus_factor,
            probe=probe_consensus,
            name="consensus",
            why="With c = h it is the factor of extragradient.",
            mistakes=(
                Mistake(
                    "no consensus at all",
                    "c does not occur. The field becomes J − cJᵀJ.",
                    lambda h, c: math.sqrt(1 + h**2),
                ),
                Mistake(
                    "a brake without its step size",
                    "The whole field, with the new term, is multiplied by h.",
                    lambda h, c: math.sqrt((1 - c) ** 2 + h**2),
                ),
                Mistake(
                    "a push in place of a brake",
                    "Both players *descend* ½|v|², whose gradient is JᵀJs, and JᵀJ = +I here (J² is −I).",
                    lambda h, c: math.sqrt((1 + h * c) ** 2 + h**2),
                ),
                Mistake(
                    "the JᵀJ of the minimax game",
                    "There it is ¼ I. Without the sigmoid it is I, and λ is ±i.",
                    lambda h, c: math.sqrt((1 - h * c / 4) ** 2 + h**2 / 4),
                ),
                Mistake(
                    "consensus: the real part alone",
                    "The number has an imaginary part h as well.",
                    lambda h, c: abs(1 - h * c),
                ),
                Mistake(
                    "consensus: the square of the factor",
                    "The modulus has a root.",
                    lambda h, c: (1 - h * c) ** 2 + h**2,
                ),
            ),
        ),
        number(
            1.0,
            0.01,
            name="the largest step",
            why="There the factor is 1 again; beyond it the players leave.",
            wrong={
                "the step that comes home fastest": (
                    math.sqrt(0.5),
                    "There the factor has its minimum. How far can h grow until it is back at 1?",
                ),
                "the largest step of the minimax game": (2.0, "That is right for λ = ±i/2. Here λ = ±i."),
            },
        ),
    ),
)
