"""Turn 10.3: a random share of the labels is dropped, so that one network learns both, with and without a label."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, Roughly

SHARE, N, CALLS = 0.2, 50, 400


def drop(labels, share):
    dropped = torch.rand(len(labels), device=labels.device) < share
    return torch.where(dropped, 10, labels)


def all_or_none(labels, share):
    return torch.where(torch.rand(1, device=labels.device) < share, 10, labels)


def first_ones(labels, share):
    dropped = torch.arange(len(labels), device=labels.device) < share * len(labels)
    return torch.where(dropped, 10, labels)


def one_class(labels, share):
    return torch.where(labels < 10 * share, 10, labels)


def probe(answer) -> Observations:
    """Many calls: how often each place is dropped, whether places are dropped together, and what stands there then."""
    labels = torch.randint(1, 10, (N,))
    given = labels.clone()
    first = answer(given, SHARE)
    fits = isinstance(first, Tensor) and first.shape == labels.shape and first.dtype == labels.dtype
    seen: Observations = {"int64 labels [n] come back": fits, "the given labels stay": torch.equal(given, labels)}
    if not fits:
        return seen
    made = torch.stack([first, *(answer(labels.clone(), SHARE) for _ in range(CALLS - 1))])
    changed = made != labels
    instead = made[changed].unique().tolist()
    seen["what stands in the place of a label"] = instead if len(instead) < 2 else "several numbers"
    # a share of CALLS · N coins has a standard error of √(p (1 − p) / (CALLS · N)) = 0.003, of CALLS coins 0.02
    share = changed.double()
    seen["the share that was changed"] = Roughly(share.mean(), 0.02)
    seen["the share, place by place"] = Roughly(share.mean(0), 0.14)
    seen["how much the number of changed labels varies"] = Roughly(share.sum(1).var() / (N * SHARE * (1 - SHARE)), 0.5)
    return seen


TURN = Exercise(
    number="10.3",
    title="Labels dropped",
    hints=(
        "Toss one coin for each label, which falls on “dropped” with the probability share. Where it does, put 10.",
        "torch.rand(len(labels), device=labels.device) < share is such a row of coins; torch.where(coins, 10, labels) "
        "chooses.",
    ),
    parts=(
        Part(
            drop,
            probe=probe,
            name="the dropout",
            expects="a function of labels, int64 [n], and a share that returns labels, int64 [n], some of them 10",
            why="Judged by many calls: how many labels become 10, and whether each has its own coin.",
            mistakes=(
                Mistake(
                    "the share kept in the place of the share dropped",
                    "Most labels are gone. The share is of those that are dropped.",
                    edited(drop, ("< share", "> share")),
                ),
                Mistake(
                    "one coin for the whole batch",
                    "All labels go, or none. On average it is right, but each label needs its own coin.",
                    all_or_none,
                ),
                Mistake(
                    "always the first ones",
                    "A fixed part of the batch loses its labels, and the others never do. Toss coins.",
                    first_ones,
                ),
                Mistake(
                    "some classes lose all their labels",
                    "Whether a label is dropped depends on which it is. Those classes would never be told.",
                    one_class,
                ),
                Mistake(
                    "0 in the place of a dropped label",
                    "0 is a class: these images would be taught as zeros. “Not told” is 10, a label of its own.",
                    edited(drop, (", 10,", ", 0,")),
                ),
                Mistake(
                    "another class in the place of a dropped label",
                    "These are wrong labels, not missing ones.",
                    edited(drop, (", 10,", ", (labels + 3) % 10,")),
                ),
                Mistake(
                    "−1 in the place of 10",
                    "−1 is no label that the network can take: one_hot raises an error. Here “not told” is 10.",
                    edited(drop, (", 10,", ", -1,")),
                ),
                Mistake(
                    "nothing dropped",
                    "All labels come back as they were.",
                    edited(drop, ("dropped, 10", "dropped & False, 10")),
                ),
            ),
        ),
    ),
)
