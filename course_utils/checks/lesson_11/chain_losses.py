"""Exercise 11.2: the cycle and the identity loss of a chain of translators."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def chain_cycle_loss(translators: Sequence[Callable], batches: Sequence[Tensor]) -> Tensor:
    k = len(translators)
    loss = 0.0
    for start, x in enumerate(batches):
        returned = x
        for step in range(k):
            returned = translators[(start + step) % k](returned)
        loss = loss + (returned - x).abs().mean()
    return loss


def chain_identity_loss(translators: Sequence[Callable], batches: Sequence[Tensor]) -> Tensor:
    k = len(translators)
    loss = 0.0
    for i, translate in enumerate(translators):
        member = batches[(i + 1) % k]
        loss = loss + (translate(member) - member).abs().mean()
    return loss


def probe(loss) -> Observations:
    """Three domains, and two; the translators are seen through the gradients of their weights."""

    def value(*tensors: Tensor) -> Tensor:
        weights, batches = tensors[: len(tensors) // 2], tensors[len(tensors) // 2 :]
        return loss([lambda x, w=w: 1.5 * (x @ w).tanh() for w in weights], list(batches))

    seen: Observations = {}
    for k in (3, 2):
        weights = {f"translator {i}": torch.eye(4) + 0.4 * torch.randn(4, 4) for i in range(k)}
        batches = {f"batch {i}": torch.randn(5, 4) for i in range(k)}
        found = outcome(value, **weights, **batches)
        seen |= {f"with {k} domains, {name}": it for name, it in found.items() if "batch" not in name}
    return seen


EXERCISE = Exercise(
    number="11.2",
    title="Once round the chain",
    hints=(
        "How many translators does an image pass before it is home, and which one is the first for an image of "
        "domain i?",
        "Start at domain i and apply translators i, i + 1, …, k in all, counted modulo k; then compare with the "
        "start. For the identity loss: translator i ends in domain i + 1, and should leave the members of that "
        "domain alone.",
    ),
    parts=(
        Part(
            chain_cycle_loss,
            name="the cycle loss",
            probe=probe,
            why="For k = 2 it is the loss of the CycleGAN, both directions at once.",
            mistakes=(
                Mistake(
                    "one starting point only",
                    "The images of the other domains never make the round: for them, nothing asks that the chain "
                    "can be undone.",
                    edited(chain_cycle_loss, ("enumerate(batches)", "enumerate(batches[:1])")),
                ),
                Mistake(
                    "one translator short of home",
                    "What is compared with x lies in another domain than x.",
                    edited(chain_cycle_loss, ("range(k)", "range(k - 1)")),
                ),
                Mistake(
                    "every round begun with the first translator",
                    "The first translator is made for images of the first domain, and is given those of all of them.",
                    edited(chain_cycle_loss, ("(start + step) % k", "step")),
                ),
                Mistake(
                    "each round begun one translator late",
                    "Which translator takes the images of domain i? Count from 0, as the translators do.",
                    edited(chain_cycle_loss, ("(start + step) % k", "(start + step + 1) % k")),
                ),
                Mistake(
                    "a round that stops at the last translator",
                    "The chain is a ring: behind the last translator lies domain 0. Only images of domain 0 are home "
                    "there.",
                    edited(chain_cycle_loss, ("range(k)", "range(k - start)")),
                ),
                Mistake(
                    "squared differences",
                    "The loss is in grey levels, not in their squares. Squares also prefer blurred images.",
                    edited(chain_cycle_loss, (".abs()", ".square()")),
                ),
                Mistake(
                    "a sum over pixels and batch",
                    "The weight 10 of this loss belongs to a mean; a sum grows with the image and the batch.",
                    edited(chain_cycle_loss, (".mean()", ".sum()")),
                ),
                Mistake(
                    "a mean over the starting points",
                    "The weights of the lesson belong to the sum over both directions, not to their mean.",
                    edited(chain_cycle_loss, ("return loss", "return loss / k")),
                ),
                Mistake(
                    "detached images on the way",
                    "The value is right, but only the last translator of each round learns from it. Look at where "
                    "you cut the graph.",
                    edited(chain_cycle_loss, ("k](returned)", "k](returned.detach())")),
                ),
            ),
        ),
        Part(
            chain_identity_loss,
            name="the identity loss",
            probe=probe,
            why="It asks each translator to leave its target domain alone, and says nothing about its source.",
            mistakes=(
                Mistake(
                    "each translator given the domain it starts from",
                    "It would be asked not to translate at all, against its discriminator. Which images need no "
                    "translation by it?",
                    edited(chain_identity_loss, ("(i + 1) % k", "i")),
                ),
                Mistake(
                    "a rule that holds for two domains only",
                    "With two domains, the one before and the one after are the same. Where does translator i lead "
                    "if there are three?",
                    edited(chain_identity_loss, ("(i + 1) % k", "i - 1")),
                ),
                Mistake(
                    "translations compared with strangers",
                    "You translate a batch and compare it with a batch of the target domain, row by row. The rows "
                    "are no pairs: there are none.",
                    edited(chain_identity_loss, ("translate(member)", "translate(batches[i])")),
                ),
                Mistake(
                    "squares in the identity loss",
                    "The loss is in grey levels, as the cycle loss is.",
                    edited(chain_identity_loss, (".abs()", ".square()")),
                ),
                Mistake(
                    "a sum in the identity loss",
                    "Its weight belongs to a mean; a sum grows with the image and the batch.",
                    edited(chain_identity_loss, (".mean()", ".sum()")),
                ),
            ),
        ),
    ),
)
