"""Exercise 2.3: one step of the discriminator on a batch that has to be taken in pieces."""

from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, detached, weights_of

LOSS = "loss = (softplus(-discriminator(x)).sum() + softplus(discriminator(fake)).sum()) / len(real)"


def chunked_step(
    generator: nn.Module,
    discriminator: nn.Module,
    d_optimizer: torch.optim.Optimizer,
    real: Tensor,
    z: Tensor,
    chunk: int,
) -> Tensor:
    d_optimizer.zero_grad()
    total = 0.0
    for x, noise in zip(real.split(chunk), z.split(chunk), strict=True):
        fake = generator(noise).detach()
        loss = (softplus(-discriminator(x)).sum() + softplus(discriminator(fake)).sum()) / len(real)
        loss.backward()
        total = total + loss.detach()
    d_optimizer.step()
    return total


def probe(step) -> Observations:
    """Two steps on ten points in pieces of at most four, with gradients in D as a step of the generator leaves them."""
    generator = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    discriminator = nn.Sequential(nn.Linear(2, 5), nn.Tanh(), nn.Linear(5, 1), nn.Flatten(0))
    d_optimizer = torch.optim.SGD(discriminator.parameters(), lr=0.3)
    for parameter in discriminator.parameters():
        parameter.grad = torch.randn_like(parameter)
    before = weights_of(generator)
    drawn: list[int] = []
    generator.register_forward_pre_hook(lambda _, inputs: drawn.append(len(inputs[0])))
    judged, held = _watch(discriminator)
    seen: Observations = {}
    for which in ("first", "second"):
        loss = step(generator, discriminator, d_optimizer, 1 + torch.randn(10, 2), torch.randn(10, 3), 4)
        seen[f"the loss that the {which} step returns"] = detached(loss)
        seen[f"the vector of the discriminator's weights after the {which} step"] = weights_of(discriminator)
    return seen | {
        "the movement of the generator": weights_of(generator) - before,
        "a gradient left in the generator": any(
            p.grad is not None and bool(p.grad.any()) for p in generator.parameters()
        ),
        "a returned loss that holds its graph": isinstance(loss, Tensor) and loss.requires_grad,
        "a call of the generator with more than a piece": max(drawn, default=0) > 4,
        "a call of the discriminator with more than a piece of each kind": max(judged, default=0) > 8,
        "a graph that was kept from one piece to the next": max(held, default=0) > 8,
    }


def _watch(discriminator: nn.Module) -> tuple[list[int], list[int]]:
    """Two lists, which each call lengthens: the points that it judges, and those whose graphs are then in memory."""
    judged: list[int] = []
    held: list[int] = []
    alive: WeakKeyDictionary[nn.Module, int] = WeakKeyDictionary()  # its keys live as long as the graphs

    def note(_, inputs, logits):
        key = nn.Identity()

        def freed(gradient):
            alive.pop(key, None)

        judged.append(len(logits))
        if logits.requires_grad:
            alive[key] = len(logits)
            logits.register_hook(freed)
        held.append(sum(alive.values()))

    discriminator.register_forward_hook(note)
    return judged, held


EXERCISE = Exercise(
    number="2.3",
    title="A batch in pieces",
    hints=(
        "backward() adds to the gradients that are there. What must be there before the first piece, and what does "
        "each piece have to add, so that the sum is the gradient of the whole batch's mean? The pieces need not be "
        "equal.",
        "zero_grad once, before the loop. In the loop the sum of the piece's losses, divided by the number of points "
        "in the whole batch, then backward. One optimiser step after the loop. The fakes are detached.",
    ),
    parts=(
        Part(
            chunked_step,
            probe=probe,
            why="Memory now depends on the piece, and the step on the whole batch: gradient accumulation.",
            mistakes=(
                Mistake(
                    "fakes that are not detached",
                    "The discriminator's step is right, but its loss also left a gradient in the generator, which "
                    "costs time and may be stepped with later. Who may learn from this loss?",
                    edited(chunked_step, (".detach()\n        loss =", "\n        loss =")),
                ),
                Mistake(
                    "gradients that are never cleared",
                    "The step used gradients that were there before: those which the generator's backward pass had "
                    "left, and in the second call those of the first.",
                    edited(chunked_step, ("    d_optimizer.zero_grad()\n", "")),
                ),
                Mistake(
                    "gradients cleared before every piece",
                    "Only the last piece then counts: the others were computed and thrown away.",
                    edited(
                        chunked_step,
                        ("    d_optimizer.zero_grad()\n", ""),
                        ("        loss.backward()", "        d_optimizer.zero_grad()\n        loss.backward()"),
                    ),
                ),
                Mistake(
                    "a sum of the pieces' means",
                    "Three pieces would make a step three times as long: it would depend on how the batch was cut.",
                    edited(
                        chunked_step,
                        (LOSS, "loss = softplus(-discriminator(x)).mean() + softplus(discriminator(fake)).mean()"),
                    ),
                ),
                Mistake(
                    "a mean of the pieces' means",
                    "The last piece is smaller than the others, and its points would count for more. Every point of "
                    "the batch has the same weight.",
                    edited(
                        chunked_step,
                        (
                            LOSS,
                            "loss = (softplus(-discriminator(x)).mean() + softplus(discriminator(fake)).mean()) "
                            "/ len(real.split(chunk))",
                        ),
                    ),
                ),
                Mistake(
                    "a step of the optimiser after every piece",
                    "These are several steps on small batches, with gradients that pile up, not one step on the whole.",
                    edited(
                        chunked_step,
                        ("    d_optimizer.step()\n", ""),
                        ("loss.backward()\n", "loss.backward()\n        d_optimizer.step()\n"),
                    ),
                ),
                Mistake(
                    "real and generated exchanged",
                    "This discriminator learns to call the generated points real. Which of the two should get large "
                    "logits?",
                    edited(
                        chunked_step,
                        ("softplus(-discriminator(x))", "softplus(discriminator(x))"),
                        ("softplus(discriminator(fake))", "softplus(-discriminator(fake))"),
                    ),
                ),
                Mistake(
                    "one backward pass at the end",
                    "The step is right, but the sum of the losses holds the graphs of all pieces until then, and needs "
                    "as much memory as the whole batch. What could free a piece's graph before the next one?",
                    edited(
                        chunked_step,
                        (
                            "        loss.backward()\n        total = total + loss.detach()\n",
                            "        total = total + loss\n",
                        ),
                        (
                            "    d_optimizer.step()\n    return total",
                            "    total.backward()\n    d_optimizer.step()\n    return total.detach()",
                        ),
                    ),
                ),
                Mistake(
                    "fakes that are all drawn at once",
                    "The discriminator gets its pieces, but the generator has seen the whole batch of z.",
                    edited(
                        chunked_step,
                        ("    for x, noise in", "    fakes = generator(z).detach()\n    for x, fake in"),
                        ("z.split(chunk)", "fakes.split(chunk)"),
                        ("        fake = generator(noise).detach()\n", ""),
                    ),
                ),
                Mistake(
                    "the whole batch at once",
                    "The step is right, but it holds the graph of the whole batch in memory, which was to be avoided.",
                    edited(chunked_step, ("zip(real.split(chunk), z.split(chunk), strict=True)", "[(real, z)]")),
                ),
            ),
        ),
    ),
)
