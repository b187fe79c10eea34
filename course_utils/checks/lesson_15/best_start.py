"""Exercise 15.5, a bug hunt: the best of several starts, which is not what is returned."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, choice, edited
from course_utils.checks.observe import Observations, Roughly


def repaired(
    decode: Callable, x: Tensor, starts: Tensor, steps: int = 50, rate: float = 0.1, watch: Callable | None = None
) -> tuple[Tensor, float]:
    z = torch.empty_like(starts[0]).requires_grad_()
    best, kept = math.inf, None
    for start in starts:
        with torch.no_grad():
            z.copy_(start)
        optimizer = torch.optim.Adam([z], lr=rate)
        for _ in range(steps):
            loss = (decode(z[None]) - x).square().mean()
            if watch is not None:
                watch(loss.item(), best, kept)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        error = (decode(z[None]) - x).square().mean().item()
        if error < best:
            best, kept = error, z.detach().clone()
    return kept, best


def probe(search) -> Observations:
    """Four starts, of which the second or the third is by far the nearest; a few steps, on a curved decoder."""
    weight, bias = torch.randn(5, 12) / 2, torch.randn(12)

    def decode(codes: Tensor) -> Tensor:
        return torch.tanh(codes @ weight + bias).reshape(-1, 3, 4)

    code = torch.randn(5)
    distances = torch.tensor([2.0, 0.3, 1.5, 1.2] if torch.rand(()) < 0.5 else [1.5, 2.0, 0.3, 1.2])
    starts = code + distances[:, None] * torch.nn.functional.normalize(torch.randn(4, 5), dim=1)
    handed = starts.clone()
    value = search(decode, decode(code), handed, 4, 0.1)
    try:
        got, error = value
        error = float(error)
    except (TypeError, ValueError, RuntimeError):
        return {"what is returned": f"{type(value).__name__} in place of a code and an error"}
    if not isinstance(got, Tensor):
        return {"what is returned": f"{type(got).__name__} in place of a code"}
    seen: Observations = {"what is returned": "a code and an error"}
    seen["the shape of the code"] = str(list(got.shape))
    seen["the code"] = Roughly(got.detach().clone(), 2e-3)
    seen["the error that is returned"] = Roughly(error, 1e-4)
    seen["whether the code is cut off from the graph"] = not got.requires_grad
    seen["whether the starts are as they were"] = bool(torch.equal(handed, starts))
    return seen


COPY = ".detach().clone()"
WITH_ONE_OPTIMISER = (
    ("        optimizer = torch.optim.Adam([z], lr=rate)\n", ""),
    (
        "    best, kept = math.inf, None\n",
        "    best, kept = math.inf, None\n    optimizer = torch.optim.Adam([z], lr=rate)\n",
    ),
)

DIAGNOSIS = choice(
    "D",
    {
        "A": (
            "local minima",
            "There are some: several starts end high, and that is what several starts are for. But the best of them "
            "came very near, as the search itself reports. Why is that code not the one that is returned?",
        ),
        "B": (
            "a rate that is too high",
            "The swings within a start are small beside the jumps where a new one begins. And the small error that is "
            "reported was reached at this very rate.",
        ),
        "C": (
            "an image that has no code",
            "The target was drawn by the same decoder, so it has one. And one start came very near to it.",
        ),
        "E": (
            "an error that belongs to another image",
            "Then no start's error would agree with what is reported. Find the start at whose end the "
            "current code's error is as low as the reported one.",
        ),
    },
    why="`detach` cuts the graph, not the memory: the kept code is the very tensor that the search goes on moving.",
)

REPAIR = Part(
    repaired,
    name="the repair",
    probe=probe,
    why="One line that would have shown it: decode what you return, and compare its error with the one you report.",
    mistakes=(
        Mistake(
            "the search as it was",
            "Decode the code that is returned: its error is not the one beside it. Which code is it, of all that the "
            "search has visited?",
            edited(repaired, (COPY, ".detach()")),
        ),
        Mistake(
            "the last start, whatever the others have found",
            "Code and error now belong together. But five starts out of six are thrown away.",
            edited(repaired, ("if error < best:", "if True:")),
        ),
        Mistake(
            "the worst of the starts",
            "Which of two errors should win?",
            edited(repaired, ("math.inf", "-math.inf"), ("error < best", "error > best")),
        ),
        Mistake(
            "a copy that is still tied to the graph",
            "The numbers are right, and they stay. But the code still requires a gradient; whoever uses it drags the "
            "search along.",
            edited(repaired, (COPY, ".clone()")),
        ),
        Mistake(
            "the start in place of what was found from it",
            "It does not move any more, and it never did: these are the numbers from before the first step.",
            edited(repaired, ("error, z.detach().clone()", "error, start.clone()")),
        ),
        Mistake(
            "starts that are written over",
            "Each start now has its own memory, so the kept code stays. But it is the caller's memory: after the "
            "search, `starts` holds other numbers than before.",
            edited(
                repaired,
                ("        with torch.no_grad():\n            z.copy_(start)\n", "        z = start.requires_grad_()\n"),
            ),
        ),
        Mistake(
            "momentum that is carried from start to start",
            "The copy is right. But with one optimiser for all starts, each begins with a push that belongs to the "
            "one before.",
            edited(repaired, *WITH_ONE_OPTIMISER),
        ),
        Mistake(
            "an error from before the last step",
            "The copy is right. But the loss of the last round was computed before the code moved once more: decode "
            "the code, and compare.",
            edited(
                repaired,
                ("        error = (decode(z[None]) - x).square().mean().item()", "        error = loss.item()"),
            ),
        ),
        Mistake(
            "gradients that pile up",
            "The copy is right. But in each step the gradient of all earlier ones is still there.",
            edited(repaired, ("            optimizer.zero_grad()\n", "")),
        ),
    ),
)

EXERCISE = Exercise(
    number="15.5",
    title="Bug hunt: the best of six starts",
    hints=(
        "Two of the three curves are the same everywhere. What must be true of the kept code, if its error is "
        "always that of the current one?",
        "`z` is one tensor from the first start to the last: `copy_` and the optimiser write into its memory. Does "
        "detach() make a second one? What does?",
    ),
    parts=(DIAGNOSIS, REPAIR),
)
