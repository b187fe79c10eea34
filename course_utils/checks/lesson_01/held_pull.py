"""Exercise 1.3: the gradient of −log D* while D* is held fixed, for finitely many outcomes."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited, number
from course_utils.checks.observe import Observations, outcome


def held_pull(p: Tensor, scores: Tensor) -> Tensor:
    q = torch.softmax(scores, dim=0)
    cost = -(p / (p + q)).log()
    return q * (cost - (q * cost).sum())


def by_autograd(p: Tensor, scores: Tensor, loss) -> Tensor:
    scores = scores.detach().clone().requires_grad_()
    return torch.autograd.grad(loss(p, torch.softmax(scores, dim=0)), scores)[0]


def two_jsd(p: Tensor, q: Tensor) -> Tensor:
    m = (p + q) / 2
    return (p * (p / m).log() + q * (q / m).log()).sum()


def kl(q: Tensor, p: Tensor) -> Tensor:
    return (q * (q / p).log()).sum()


def with_loss(loss):
    return lambda p, scores: by_autograd(p, scores, loss)


def probe(pull) -> Observations:
    p = torch.softmax(torch.randn(6, dtype=torch.float64), dim=0)
    return outcome(pull, gradients=False, p=p, scores=torch.randn(6, dtype=torch.float64))


MODES = 10
KEPT = torch.tensor([0.5, 0.5] + (MODES - 2) * [0.0], dtype=torch.float64)
FLAT = torch.full((MODES,), 1 / MODES, dtype=torch.float64)
MIX = (KEPT + FLAT) / 2
VALUE = (2 * (MIX * (MIX / FLAT).log()).sum()).item()
KL = torch.tensor(MODES / 2).log().item()

EXERCISE = Exercise(
    number="1.3",
    title="A pull with D held fixed",
    hints=(
        "The loss is Σ q c with c = −log D*, and c is a list of constants. You need ∂q_j/∂s_i for a softmax: it is "
        "q_j (1[i = j] − q_i). For the number: compute KL(q‖p) and 2 JSD, or 2 KL(m‖p).",
        "The sum over j leaves q_i (c_i − Σ_j q_j c_j). With autograd: detach D* before you differentiate. For the "
        "number: m is 3/10 at the two modes that are kept, and 1/20 at the others.",
    ),
    parts=(
        Part(
            held_pull,
            probe=probe,
            name="the gradient",
            why="An outcome's score falls if it costs more than G's average outcome.",
            mistakes=(
                Mistake(
                    "a D that moves along",
                    "You differentiated D* as well. In a step of G, D is held fixed: what G changes is only q in front "
                    "of the logarithm.",
                    with_loss(lambda p, q: -(q * (p / (p + q)).log()).sum()),
                ),
                Mistake(
                    "the minimax loss",
                    "This is the gradient of 2 JSD, which G descends with log(1 − D).",
                    with_loss(two_jsd),
                ),
                Mistake(
                    "the Kullback–Leibler divergence alone",
                    "The JSD is missing.",
                    with_loss(lambda p, q: kl(q, p)),
                ),
                Mistake(
                    "one JSD in place of two",
                    "D's optimum gives twice the JSD.",
                    with_loss(lambda p, q: kl(q, p) - two_jsd(p, q) / 2),
                ),
                Mistake(
                    "the JSD with a plus",
                    "log q/p − log(1 − D*): the second part has a minus.",
                    with_loss(lambda p, q: kl(q, p) + two_jsd(p, q)),
                ),
                Mistake(
                    "the other Kullback–Leibler divergence",
                    "The average is over generated samples: KL(q‖p).",
                    with_loss(lambda p, q: kl(p, q) - two_jsd(p, q)),
                ),
                Mistake(
                    "the direction of descent",
                    "Asked for is the gradient; G moves against it.",
                    lambda p, scores: -held_pull(p, scores),
                ),
                Mistake(
                    "a gradient with respect to q",
                    "q follows from the scores by a softmax, and its sum is always 1. Differentiate with respect to "
                    "the scores.",
                    edited(held_pull, ("q * (cost - (q * cost).sum())", "cost")),
                ),
                Mistake(
                    "an average that was not subtracted",
                    "If one score rises, all the other probabilities fall.",
                    edited(held_pull, ("(cost - (q * cost).sum())", "cost")),
                ),
            ),
        ),
        number(
            VALUE,
            within=0.002,
            name="the collapsed G's value",
            why="Eight of ten modes are missing, and yet it is less than half of KL(q‖p), ln 5.",
            wrong={
                "KL(q‖p) alone": (KL, "This is KL(q‖p). Subtract twice the JSD."),
                "twice the Jensen–Shannon divergence": (KL - VALUE, "This is what the minimax G faces."),
                "KL less one JSD": (VALUE + (KL - VALUE) / 2, "Subtract the JSD twice."),
                "KL plus the JSD": (2 * KL - VALUE, "The JSD is subtracted."),
                "half of it": (VALUE / 2, "This is KL(m‖p); there is a factor of 2."),
                "a value in bits": (VALUE / 0.6931472, "Right in bits; give it in nats."),
            },
        ),
    ),
    predictions="ABC",
)
