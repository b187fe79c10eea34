"""Turn 10.2: the projection discriminator's logit."""

import torch

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome

LABELS = torch.tensor([2, 0, 2, 3, 1])


def project(score, features, directions, labels):
    return score + (directions[labels] * features).sum(1)


def by_position(score, features, directions, labels):
    row = torch.arange(len(features), device=features.device) % len(directions)
    return score + (directions[row] * features).sum(1)


def all_classes(score, features, directions, labels):
    return score + (features @ directions.T).sum(1)


def likeliest(score, features, directions, labels):
    return score + (features @ directions.T).max(1).values


def softened(score, features, directions, labels):
    return score + (features @ directions.T).log_softmax(1)[torch.arange(len(labels)), labels]


def probe(answer) -> Observations:
    """Five images with three features, four classes."""
    score, features, directions = torch.randn(5), torch.randn(5, 3), torch.randn(4, 3)
    return outcome(
        answer, score=score.double(), features=features.double(), directions=directions.double(), labels=LABELS
    )


TURN = Exercise(
    number="10.2",
    title="The projection's logit",
    hints=(
        "directions[labels] holds, for each image, the direction of its label. An inner product multiplies feature by "
        "feature, and adds up. Over which dimension?",
        "score + (directions[labels] * features).sum(1): one number for each image.",
    ),
    parts=(
        Part(
            project,
            probe=probe,
            name="the logit",
            expects="a function of score [n], features [n, d], directions [classes, d] and labels [n] that returns [n]",
            why="The label only chooses which direction of feature space counts as evidence.",
            mistakes=(
                Mistake(
                    "no ψ",
                    "Whether the image is real at all, whatever its class, is what the score says. It is missing.",
                    edited(project, ("score + (", "("), ("features).sum(1)", "features).sum(1) + 0 * score")),
                ),
                Mistake(
                    "no direction",
                    "The label does not take part: a D that cannot object.",
                    edited(project, (" + (directions[labels] * features).sum(1)", "")),
                ),
                Mistake(
                    "a mean in the place of the sum",
                    "An inner product is a sum over the features.",
                    edited(project, (".sum(1)", ".mean(1)")),
                ),
                Mistake(
                    "directions chosen by the image's place in the batch",
                    "The labels are not looked at. Image number 2 need not be of class 2.",
                    by_position,
                ),
                Mistake(
                    "the directions of all classes together",
                    "Every label would give the same logit. Only the direction of the image's own label counts.",
                    all_classes,
                ),
                Mistake(
                    "the class that fits best in the place of the label",
                    "D would then say whether the image is like any class, and not whether it is what was asked for.",
                    likeliest,
                ),
                Mistake(
                    "the logarithm of a softmax in the place of the inner product",
                    "That is a classifier. The formula has v · φ alone.",
                    softened,
                ),
                Mistake(
                    "the wrong sign",
                    "Features that point along the label's direction must raise the logit.",
                    edited(project, ("score + (", "score - (")),
                ),
            ),
        ),
    ),
)
