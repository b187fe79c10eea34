"""Turn 11.1: the cycle loss of two translators."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def cycle_loss(to_b, to_a, a, b):
    trips = (a, to_a(to_b(a))), (b, to_b(to_a(b)))
    return sum((end - start).abs().mean() for start, end in trips)


def probe(answer) -> Observations:
    """Two translators that differ, seen through the gradients of their weights; the domains have other numbers of
    images.
    """

    def value(to_b: Tensor, to_a: Tensor, a: Tensor, b: Tensor) -> Tensor:
        there, back = (lambda x: 1.5 * (x @ to_b).tanh()), (lambda x: 1.3 * (x @ to_a).tanh())
        return answer(there, back, a, b)

    weights = {name: torch.eye(4) + 0.4 * torch.randn(4, 4) for name in ("to_b", "to_a")}
    batches = {name: torch.randn(6, 1, 3, 4) for name in ("a", "b")}
    found = outcome(value, **weights, **batches)
    # Gradients with respect to the images are nobody's: the weights learn.
    return {name: it for name, it in found.items() if not name.endswith((" a", " b"))}


TURN = Exercise(
    number="11.1",
    title="The cycle loss",
    hints=(
        "There are two round trips. Which translator is first for an image of A, and which for one of B? With what is "
        "each compared at the end?",
        "to_a(to_b(a)) is a after the round trip. (… − a).abs().mean() is its distance from a. Add the same from b.",
    ),
    parts=(
        Part(
            cycle_loss,
            probe=probe,
            name="the cycle loss",
            expects="a function of two translators and a batch of each domain that returns a number",
            why="Both translators learn from both round trips.",
            mistakes=(
                Mistake(
                    "one direction only",
                    "Images of B never make the round trip: nothing asks that they come back.",
                    edited(cycle_loss, ("in trips", "in trips[:1]")),
                ),
                Mistake(
                    "the other direction only",
                    "Images of A never make the round trip: nothing asks that they come back.",
                    edited(cycle_loss, ("in trips", "in trips[1:]")),
                ),
                Mistake(
                    "translators exchanged",
                    "to_b takes images of A. An image of A is first given to to_b.",
                    edited(cycle_loss, ("to_a(to_b(a))", "to_b(to_a(a))"), ("to_b(to_a(b))", "to_a(to_b(b))")),
                ),
                Mistake(
                    "translations compared with the other domain",
                    "to_b(a) and b are no pair: there are none. Compare what came back with where it started.",
                    edited(cycle_loss, ("(a, to_a(to_b(a)))", "(b, to_b(a))"), ("(b, to_b(to_a(b)))", "(a, to_a(b))")),
                ),
                Mistake(
                    "the identity loss",
                    "This asks each translator to leave alone what is in its target domain already. The cycle loss "
                    "uses both translators, one after the other.",
                    edited(cycle_loss, ("to_a(to_b(a))", "to_a(a)"), ("to_b(to_a(b))", "to_b(b)")),
                ),
                Mistake(
                    "squared differences",
                    "The paper takes the mean of the absolute differences. Squares weigh the large errors more.",
                    edited(cycle_loss, (".abs()", ".square()")),
                ),
                Mistake(
                    "a sum over pixels and batch",
                    "The weight 10 belongs to a mean; a sum grows with the image and with the batch.",
                    edited(cycle_loss, (".mean()", ".sum()")),
                ),
                Mistake(
                    "the mean of both directions",
                    "The paper adds the two. With their mean, the weight 10 would count for 5.",
                    edited(cycle_loss, ("return sum", "return 0.5 * sum")),
                ),
                Mistake(
                    "translations that are detached",
                    "The value is right, but only the second translator of each round trip learns.",
                    edited(cycle_loss, ("to_b(a))", "to_b(a).detach())"), ("to_a(b))", "to_a(b).detach())")),
                ),
            ),
        ),
    ),
)
