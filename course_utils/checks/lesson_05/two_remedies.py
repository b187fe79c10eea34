"""Exercise 5.3: gradient clipping and gradient accumulation, written out."""

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations


def clipped(gradients: list[Tensor], limit: float) -> list[Tensor]:
    norm = torch.cat([g.flatten() for g in gradients]).norm()
    factor = (limit / norm).clamp(max=1.0)
    return [factor * g for g in gradients]


def accumulated(generator: nn.Module, discriminator: nn.Module, batches: list[Tensor]) -> list[Tensor]:
    weights = list(generator.parameters())
    total = [torch.zeros_like(w) for w in weights]
    n = sum(len(z) for z in batches)
    for z in batches:
        loss = -softplus(discriminator(generator(z))).sum() / n
        for t, g in zip(total, torch.autograd.grad(loss, weights), strict=True):
            t += g
    return total


def clipping(answer) -> Observations:
    """A long gradient, a vanished one, and one that is exactly zero."""
    shapes = ((3, 2), (4,), (1,))
    cases = {"long": 5.0, "short": 1e-4, "exactly zero": 0.0}
    seen = {}
    for case, size in cases.items():
        gradients = [size * (1 + i) * torch.randn(shape) for i, shape in enumerate(shapes)]
        seen[f"when the gradient is {case}, what comes back"] = list(answer(gradients, 1.5))
    return seen


def accumulating(answer) -> Observations:
    """Batches of unequal sizes, and .grad still holding what an earlier step has left there."""
    generator = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    discriminator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1))
    for weight in generator.parameters():
        weight.grad = torch.randn_like(weight)
    batches = [torch.randn(n, 3) for n in (8, 3, 5)]
    return {"the accumulated gradient": [g.detach().clone() for g in answer(generator, discriminator, batches)]}


def _left_from_before(generator, discriminator, batches):
    left = [w.grad.clone() for w in generator.parameters()]
    return [a + g for a, g in zip(left, accumulated(generator, discriminator, batches), strict=True)]


EXERCISE = Exercise(
    number="5.3",
    title="Two remedies, written out",
    hints=(
        "Clipping: the gradient is one arrow, and all its numbers shrink alike. Accumulation: of which samples is the "
        "result the mean, and do all of them count the same?",
        "Clipping multiplies everything by min(1, limit/‖g‖), with ‖g‖² the sum over all numbers of all tensors. "
        "Accumulation: divide each batch's summed loss by the number of samples in all batches, and add up.",
    ),
    parts=(
        Part(
            clipped,
            probe=clipping,
            name="clipping",
            why="The factor is never above 1: a vanished gradient comes back as it was.",
            mistakes=(
                Mistake(
                    "each tensor clipped by its own norm",
                    "The layers then shrink by different factors, and the arrow turns. It has one length, "
                    "over all tensors.",
                    edited(
                        clipped,
                        ("    norm = torch.cat([g.flatten() for g in gradients]).norm()\n", ""),
                        ("    factor = (limit / norm).clamp(max=1.0)\n", ""),
                        ("factor * g", "(limit / g.norm()).clamp(max=1.0) * g"),
                    ),
                ),
                Mistake(
                    "each number clamped to ± the limit",
                    "That bounds the entries, not the norm, and turns the arrow.",
                    lambda gradients, limit: [g.clamp(-limit, limit) for g in gradients],
                ),
                Mistake(
                    "a gradient rescaled to the limit even when it is shorter",
                    "That is the “correction” of section 5. Clipping leaves short gradients alone. And what is 0/0?",
                    edited(clipped, (".clamp(max=1.0)", "")),
                ),
                Mistake(
                    "norms that were added up",
                    "The norms of the tensors do not add up to the norm of the whole; Pythagoras says what does.",
                    edited(
                        clipped,
                        ("torch.cat([g.flatten() for g in gradients]).norm()", "sum(g.norm() for g in gradients)"),
                    ),
                ),
                Mistake(
                    "a squared norm",
                    "Above a norm of 1 the square is larger than the norm, so that you shorten too much.",
                    edited(clipped, (".norm()", ".square().sum()")),
                ),
            ),
        ),
        Part(
            accumulated,
            probe=accumulating,
            name="accumulation",
            why="It is the gradient of one large batch, to the last digits: less noise, and no more length.",
            mistakes=(
                Mistake(
                    "the batches' gradients added up, not averaged",
                    "With three batches this is about three times as long. It looks like a rescue, but is only a "
                    "learning rate three times as high.",
                    edited(accumulated, (".sum() / n", ".mean()")),
                ),
                Mistake(
                    "every batch counted the same, whatever its size",
                    "A sample of the batch of three then weighs more than one of the batch of eight. What would one "
                    "large batch of sixteen do?",
                    edited(accumulated, (".sum() / n", ".mean() / len(batches)")),
                ),
                Mistake(
                    "a sum over all samples",
                    "The loss is a mean over the samples; yours grows with their number.",
                    edited(accumulated, (".sum() / n", ".sum()")),
                ),
                Mistake(
                    "only the last batch",
                    "What the earlier batches said is lost: is something overwritten, or set to zero, inside the loop?",
                    edited(accumulated, (".sum() / n", ".mean()"), ("t += g", "t.copy_(g)")),
                ),
                Mistake(
                    "gradients that are cleared before every batch",
                    "What the earlier batches said is lost; only the last batch's share is left.",
                    edited(accumulated, ("t += g", "t.copy_(g)")),
                ),
                Mistake(
                    "the non-saturating loss",
                    "Asked is the saturating one, log(1 − σ(f)). With −log σ(f) nothing would need a rescue.",
                    edited(
                        accumulated,
                        ("-softplus(discriminator(generator(z)))", "softplus(-discriminator(generator(z)))"),
                    ),
                ),
                Mistake(
                    "the discriminator's loss on the fakes",
                    "The sign: −log(1 − σ(f)) is what D wants small. On this gradient G would help D.",
                    edited(accumulated, ("loss = -softplus", "loss = softplus")),
                ),
                Mistake(
                    "what an earlier step has left in .grad",
                    "backward() adds to .grad, and it was not empty when you began.",
                    _left_from_before,
                ),
            ),
        ),
    ),
)
