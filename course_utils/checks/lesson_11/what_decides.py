"""Exercise 11.4: the cycle closes, the map is wrong; what decides?"""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations


def share_wrong(cycle_error: Tensor, true_error: Tensor) -> Tensor:
    closed = cycle_error < 0.2
    return (true_error[closed] > 1).float().mean()


def probe(share) -> Observations:
    """Pairs of all four sorts, in uneven numbers."""
    sorts = torch.tensor([[0.1, 0.3], [0.15, 2.5], [0.7, 0.6], [1.5, 3.0]])
    pairs = sorts.repeat_interleave(torch.tensor([4, 3, 6, 2]) + torch.randint(0, 3, (4,)), 0)
    pairs = pairs * (0.9 + 0.2 * torch.rand_like(pairs))
    return {"the share": share(pairs[:, 0].clone(), pairs[:, 1].clone())}


WHY_NOT = {
    "A": (
        "the luck of the batches",
        "Look at the run with other batches from the same starts: how many of the pairs changed their direction?",
    ),
    "C": (
        "a cycle loss that weighs too little",
        "Compare the two weights: did the heavier cycle loss make fewer maps wrong?",
    ),
    "D": (
        "the discriminators",
        "They start at the same values in every pair, and see the same batches; and for them the wrong map is as "
        "good as the right one. What differs between the pairs?",
    ),
    "E": (
        "the start of G alone",
        "Then the column of G would say 100 %. In about a quarter of the pairs G turns round in training: who made it?",
    ),
}

EXERCISE = Exercise(
    number="11.4",
    title="The cycle closes. Is the map right?",
    hints=(
        "A pair whose cycle does not close says nothing here: who is counted in the denominator? For the cause, "
        "look for the number in the table that is far from chance.",
        "Select the true errors of the pairs with a cycle error below 0.2, and take the mean of “above 1”. The "
        "cause is what the final direction agrees with in all runs.",
    ),
    parts=(
        Part(
            share_wrong,
            name="the share",
            probe=probe,
            mistakes=(
                Mistake(
                    "a share of all pairs",
                    "The pairs whose cycle does not close are in the denominator, too.",
                    edited(share_wrong, ("(true_error[closed] > 1)", "((true_error > 1) & closed)")),
                ),
                Mistake(
                    "the cycle not asked for",
                    "All wrong maps are counted here, also those whose cycle does not close.",
                    edited(share_wrong, ("true_error[closed]", "true_error")),
                ),
                Mistake(
                    "a number of pairs instead of a share",
                    "A share lies between 0 and 1. What is to be divided by?",
                    edited(share_wrong, (".float().mean()", ".sum()")),
                ),
                Mistake(
                    "the share that is right",
                    "Asked for is the share of wrong maps.",
                    edited(share_wrong, ("> 1", "<= 1")),
                ),
                Mistake(
                    "the share of wrong maps whose cycle closes",
                    "You divide by the number of wrong maps. The question starts from the closed cycles.",
                    edited(share_wrong, ("(true_error[closed] > 1)", "closed[true_error > 1]")),
                ),
            ),
        ),
        choice(
            "B",
            WHY_NOT,
            "The losses have two best solutions, and training rolls into the nearer one: a start is an inductive "
            "bias, too.",
            "the cause",
        ),
    ),
    predictions="ABC",
)
