"""Exercise 7.1: by what extragradient multiplies the distance in the circling game, derived by hand."""

import math

from course_utils.checks.exercise import Exercise, Mistake, Part, number
from course_utils.checks.observe import Observations, Roughly


def simultaneous_factor(h: float) -> float:
    return math.sqrt(1 + h**2 / 4)


def extragradient_factor(h: float) -> float:
    return math.sqrt((1 - h**2 / 4) ** 2 + h**2 / 4)


def probe(factor) -> Observations:
    return {f"the factor for h = {h:g}": Roughly(factor(h), 1e-5) for h in (0.1, 0.5, 1.0, 1.7, 2.0, 3.0)}


EXERCISE = Exercise(
    number="7.1",
    title="A look ahead",
    hints=(
        "The eigenvalues of J are ±i/2. If λ is an eigenvalue of J, which is the one of I + hJ, and which that of "
        "I + hJ(I + hJ)? The factor is its modulus.",
        "1 + hλ + h²λ² with λ = i/2 is (1 − h²/4) + i h/2. The modulus of a + ib is √(a² + b²). When is that below 1?",
    ),
    parts=(
        Part(
            simultaneous_factor,
            probe=probe,
            name="simultaneous play",
            why="Above 1 for every step size, however small.",
            mistakes=(
                Mistake(
                    "an eigenvalue ±i where it is ±i/2",
                    "At the equilibrium the sigmoid is ½, and multiplies the whole field.",
                    lambda h: math.sqrt(1 + h**2),
                ),
                Mistake(
                    "a real part taken for the modulus",
                    "The real part is 1 for every h. The distance is multiplied by the modulus.",
                    lambda h: 1.0,
                ),
                Mistake(
                    "a modulus without its root",
                    "That is the factor of the squared distance.",
                    lambda h: 1 + h**2 / 4,
                ),
                Mistake(
                    "moduli that were added up",
                    "1 and ih/2 stand at a right angle to each other, so their lengths do not add up.",
                    lambda h: 1 + h / 2,
                ),
            ),
        ),
        Part(
            extragradient_factor,
            probe=probe,
            name="extragradient",
            why="For small h it is 1 − h²/8, below 1: the look ahead acts as a brake.",
            mistakes=(
                Mistake(
                    "a look-ahead that is itself a step",
                    "You have multiplied twice by I + hJ, which is two rounds of simultaneous play. The second step "
                    "starts from where the first one started; only its field is taken from ahead.",
                    lambda h: 1 + h**2 / 4,
                ),
                Mistake(
                    "the look-ahead's sign turned around",
                    "λ² = −¼, and the term is + h²λ². Follow the sign once more.",
                    lambda h: math.sqrt((1 + h**2 / 4) ** 2 + h**2 / 4),
                ),
                Mistake(
                    "the real part alone",
                    "The number has an imaginary part h/2 as well, and the modulus needs both.",
                    lambda h: abs(1 - h**2 / 4),
                ),
                Mistake(
                    "the square of the extragradient's factor",
                    "The modulus has a root.",
                    lambda h: (1 - h**2 / 4) ** 2 + h**2 / 4,
                ),
                Mistake(
                    "an implicit step",
                    "You took the field at the place where the step ends. Extragradient only estimates that place, by "
                    "one ordinary step.",
                    lambda h: 1 / math.sqrt(1 + h**2 / 4),
                ),
            ),
        ),
        number(
            2.0,
            0.01,
            name="the largest step",
            why="There the factor is 1 again: with h = 2 the players circle, beyond it they leave.",
            wrong={
                "the step that comes home fastest": (
                    math.sqrt(2),
                    "There the factor has its minimum. How far can h grow until it is back at 1?",
                ),
                "h² in place of h": (4.0, "You have solved for the square."),
                "an eigenvalue of modulus 1 in the largest step": (
                    1.0,
                    "This would hold for λ = ±i. Here they are ±i/2.",
                ),
            },
        ),
    ),
)
