"""Exercise 15.3: how well a score tells members from others, on the whole and for the surest few."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, Roughly, outcome


def auc(members: Tensor, others: Tensor) -> float:
    gaps = members[:, None] - others
    return ((gaps > 0).double() + 0.5 * (gaps == 0)).mean().item()


def found(members: Tensor, others: Tensor, alarms: float) -> float:
    allowed = int(alarms * len(others))
    threshold = others.sort(descending=True).values[allowed]
    return (members > threshold).double().mean().item()


def auc_probe(answer) -> Observations:
    """Whole numbers, so that ties are many; members above the others, and below them."""
    seen: Observations = {}
    for place, shift in (("above", 1.5), ("below", -1.5)):
        members, others = (2 * torch.randn(23) + shift).round() + 3, (2 * torch.randn(31)).round() + 3
        value = outcome(answer, gradients=False, members=members, others=others)["the value"]
        seen[f"the AUC of members that mostly score {place} the others"] = Roughly(value, 1e-4)
    return seen


def found_probe(answer) -> Observations:
    """Scores without ties, of two counts; and whole numbers, several of which stand at the threshold."""
    seen: Observations = {}
    for members, others, alarms in ((61, 40, 0.09), (30, 75, 0.1), (40, 30, 0.02)):
        scores = {"members": torch.randn(members) + 1.2, "others": torch.randn(others) + 0.2}
        value = outcome(answer, gradients=False, **scores, alarms=alarms)["the value"]
        seen[f"for {others} others and alarms = {alarms}, the share found"] = Roughly(value, 1e-4)
    ranks = torch.tensor([4.0, 3.0, 3.0, 3.0, 2.0, 2.0, 1.0, 1.0, 0.0, 0.0])
    others, members = ranks[torch.randperm(10)], torch.tensor([5.0, 4.0, 3.7, 3.0, 3.0, 2.0, 2.0, 1.0])
    for alarms in (0.25, 0.05):
        value = outcome(answer, gradients=False, members=members, others=others, alarms=alarms)["the value"]
        seen[f"with ties and alarms = {alarms}, the share found"] = Roughly(value, 1e-4)
    return seen


def _by_ranks(members: Tensor, others: Tensor) -> float:
    below = (torch.cat([members, others])[None] < members[:, None]).double().sum(1)
    same = (torch.cat([members, others])[None] == members[:, None]).double().sum(1)
    return ((below + (same + 1) / 2).sum() / (len(members) * len(others))).item()


EXERCISE = Exercise(
    number="15.3",
    title="A little known, or known by heart",
    hints=(
        "AUC: compare each member with each other image. For the share found: sort the others' scores. How many of "
        "them may lie above the threshold, and which of them is the first that may not?",
        "members[:, None] − others holds all pairs; a positive gap counts 1, a gap of 0 counts ½. With k = "
        "⌊alarms · m⌋ alarms allowed, the lowest threshold is the (k + 1)-th highest score of the others, and a "
        "score must lie above it.",
    ),
    parts=(
        Part(
            auc,
            name="the AUC",
            probe=auc_probe,
            why="It averages over all pairs, those of the inconspicuous members included.",
            mistakes=(
                Mistake(
                    "ties that count for nothing",
                    "A score that is the same for everybody would get 0, and would look as if it knew everything, "
                    "the wrong way round.",
                    edited(auc, (" + 0.5 * (gaps == 0)", "")),
                ),
                Mistake(
                    "ties that count in full",
                    "A score that is the same for everybody knows nothing, and would get 1.",
                    edited(auc, ("(gaps > 0).double() + 0.5 * (gaps == 0)", "(gaps >= 0).double()")),
                ),
                Mistake(
                    "members and others exchanged",
                    "A score that gives members more should come out above ½.",
                    lambda members, others: auc(others, members),
                ),
                Mistake(
                    "an AUC folded up to above ½",
                    "With members that score lower, the AUC is below ½. Folding it up peeks at the answer: on scores "
                    "that know nothing it would lie above the floor every time.",
                    lambda members, others: max(auc(members, others), 1 - auc(members, others)),
                ),
                Mistake(
                    "the difference of the means",
                    "Doubling all scores would double it. The AUC depends on their order alone.",
                    lambda members, others: (members.mean() - others.mean()).item(),
                ),
                Mistake(
                    "the advantage over guessing, 2 AUC − 1",
                    "Its floor is 0. Asked for is the chance itself, with the floor ½.",
                    lambda members, others: 2 * auc(members, others) - 1,
                ),
                Mistake(
                    "members that also beat one another",
                    "You used ranks among all images. The sum of the members' ranks also counts pairs of two members.",
                    _by_ranks,
                ),
            ),
        ),
        Part(
            found,
            name="the share found",
            probe=found_probe,
            why="This looks at the surest few only, which is where a leak does its harm.",
            mistakes=(
                Mistake(
                    "alarms counted among the members",
                    "A false alarm is an *other* image that is called a member.",
                    edited(found, ("alarms * len(others)", "alarms * len(members)")),
                ),
                Mistake(
                    "a threshold that itself raises an alarm",
                    "An image that stands exactly at your threshold is called a member, also if it is none. Count "
                    "the alarms: they are more than allowed.",
                    edited(found, ("members > threshold", "members >= threshold")),
                ),
                Mistake(
                    "one alarm fewer than allowed",
                    "Some members could still be found without breaking the rule. How many others may lie above?",
                    edited(found, ("[allowed]", "[max(allowed - 1, 0)]")),
                ),
                Mistake(
                    "alarms rounded up",
                    "3.6 alarms allowed means three, not four: `alarms` is the most that is tolerated.",
                    edited(found, ("int(alarms * len(others))", "-int(-alarms * len(others) // 1)")),
                ),
                Mistake(
                    "a quantile that lies between two scores",
                    "It was interpolated. Count the others above it: in small samples they may be more than "
                    "`alarms` allows.",
                    lambda members, others, alarms: (members > others.quantile(1 - alarms)).double().mean().item(),
                ),
                Mistake(
                    "a threshold taken from the members",
                    "Who attacks does not know who the members are. The threshold is set by the others alone.",
                    edited(found, ("others.sort", "members.sort"), ("alarms * len(others)", "alarms * len(members)")),
                ),
                Mistake(
                    "the lowest scores of the others in place of the highest",
                    "False alarms come from others with *high* scores. Yours finds nearly everybody.",
                    edited(found, ("descending=True", "descending=False")),
                ),
            ),
        ),
    ),
)
