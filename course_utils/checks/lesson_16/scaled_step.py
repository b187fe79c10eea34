"""Exercise 16.2: a step with a scaled loss, for gradients that pass through float16."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, joined


def scaled_step(
    weights: list[Tensor], optimizer: torch.optim.Optimizer, loss: Tensor, scale: float, good: int, patience: int
) -> tuple[float, int]:
    optimizer.zero_grad()
    (scale * loss).backward()
    if not all(weight.grad.isfinite().all() for weight in weights):
        return scale / 2, 0
    for weight in weights:
        weight.grad /= scale
    optimizer.step()
    good += 1
    return (2 * scale, 0) if good == patience else (scale, good)


SHARE, NORMAL, TINY = 0.05, 1.0, 1e-5
LARGE = 3e4  # a slope that overflows with a scale of 64, and not with 32
START, PATIENCE = 64.0, 3


def probe(step) -> Observations:
    """Eleven steps: one overflows in the second weight, one gives NaN in the first; the last is large and passes."""
    seen: Observations = {}
    for name in ("momentum", "Adam"):
        weights = [(0.5 + torch.rand(n)).requires_grad_() for n in (3, 2, 4)]
        before = joined(weights)
        rates = (2.0, 1e5) if name == "momentum" else (0.02, 0.02)
        groups = [{"params": weights[:2], "lr": rates[0]}, {"params": weights[2:], "lr": rates[1]}]
        optimizer = torch.optim.SGD(groups, momentum=0.9) if name == "momentum" else torch.optim.Adam(groups)
        scale, good = START, 0
        for k in range(1, 12):
            slopes = [
                size * (0.8 + 0.2 * torch.rand(len(w))) for size, w in zip((NORMAL, NORMAL, TINY), weights, strict=True)
            ]
            if k in (3, 11):
                slopes[1][0] = LARGE
            if k == 9:
                slopes[0][1] = torch.nan
            loss = sum(SHARE * (w.half() * s.half()).float().sum() for w, s in zip(weights, slopes, strict=True))
            scale, good = (
                number.item() if isinstance(number, Tensor) else number
                for number in step(weights, optimizer, loss, scale, good, PATIENCE)
            )
            when = f"with {name}, after step {k},"
            seen[f"{when} the scale"], seen[f"{when} the number of good steps"] = scale, good
            seen[f"{when} the way that the weights have come"] = joined(weights) - before
    return seen


CHECK = "    if not all(weight.grad.isfinite().all() for weight in weights):\n        return scale / 2, 0\n"
RETURN = "return (2 * scale, 0) if good == patience else (scale, good)"

EXERCISE = Exercise(
    number="16.2",
    title="A loss under the magnifying glass",
    hints=(
        "What is multiplied, so that the small gradients survive on their way through float16? What has to be undone "
        "before the optimiser sees them? And what must be known before anything moves?",
        "Clear, backward through scale · loss, then look at every gradient of every weight. If one is not finite, "
        "return at once. Otherwise divide, step and count.",
    ),
    parts=(
        Part(
            scaled_step,
            probe=probe,
            why=(
                "The scale finds its own size: as large as the gradients allow, and a step is lost now and then to "
                "find out. bfloat16 has the range of float32 and needs none of this."
            ),
            mistakes=(
                Mistake(
                    "gradients that are still magnified",
                    "The optimiser got gradients that are `scale` times too large. With Adam that is easily missed, "
                    "since it divides by their size; plain descent takes steps too long by that factor.",
                    edited(scaled_step, ("weight.grad /= scale", "pass")),
                ),
                Mistake(
                    "a step that is taken whatever the gradients are",
                    "One infinite gradient, and the weights are gone for good: a weight that is inf or NaN stays so.",
                    edited(scaled_step, (CHECK, "")),
                ),
                Mistake(
                    "a look at the loss in place of the gradients",
                    "Here the loss is finite even where a gradient overflows: it is magnified, and multiplied by a "
                    "large slope, only on the way back.",
                    edited(scaled_step, ("all(weight.grad.isfinite().all() for weight in weights)", "loss.isfinite()")),
                ),
                Mistake(
                    "a skipped step after which the scale stays",
                    "The step is skipped, as it should be. But with the same scale the next gradients of this size "
                    "overflow again.",
                    edited(scaled_step, ("return scale / 2, 0", "return scale, 0")),
                ),
                Mistake(
                    "infinite gradients replaced by zeros",
                    "The weights survive. But a step with some gradients missing is another step, and momentum moves "
                    "the weights even where the gradient is 0. Such a batch is to leave no trace.",
                    edited(
                        scaled_step,
                        (
                            CHECK,
                            "    finite = all(weight.grad.isfinite().all() for weight in weights)\n"
                            "    for weight in weights:\n"
                            "        weight.grad.nan_to_num_(0.0, 0.0, 0.0)\n",
                        ),
                        ("    good += 1\n", "    if not finite:\n        return scale / 2, 0\n    good += 1\n"),
                    ),
                ),
                Mistake(
                    "a look at the first weight only",
                    "In this check, another one overflows. Each weight has a gradient of its own.",
                    edited(scaled_step, ("for weight in weights):", "for weight in weights[:1]):")),
                ),
                Mistake(
                    "a look for infinities that lets NaN pass",
                    "inf − inf, or 0 · inf, on the way back gives NaN, which is neither infinite nor finite.",
                    edited(
                        scaled_step,
                        (
                            "not all(weight.grad.isfinite().all() for weight in weights)",
                            "any(weight.grad.isinf().any() for weight in weights)",
                        ),
                    ),
                ),
                Mistake(
                    "a count that goes on after a skipped step",
                    "The good steps are to be counted from the last overflow on. Otherwise the scale grows back "
                    "sooner, and overflows again.",
                    edited(scaled_step, ("return scale / 2, 0", "return scale / 2, good")),
                ),
                Mistake(
                    "a count that is not set back when the scale has grown",
                    "From the first time on that the patience is reached, every further step doubles the scale.",
                    edited(scaled_step, (RETURN, "return (2 * scale, good) if good >= patience else (scale, good)")),
                ),
                Mistake(
                    "a scale that never grows",
                    "Each overflow halves it. After enough of them it is too small to lift anything.",
                    edited(scaled_step, (RETURN, "return scale, good")),
                ),
                Mistake(
                    "a scale that grows one good step too late",
                    "Count the step that was just taken: with a patience of 3, the third good step in a row doubles.",
                    edited(scaled_step, ("good == patience", "good > patience")),
                ),
                Mistake(
                    "gradients that pile up",
                    "backward() adds to what is in .grad, and there are the gradients of the step before.",
                    edited(scaled_step, ("    optimizer.zero_grad()\n", "")),
                ),
                Mistake(
                    "gradients that are cleared after a step, but not after a skipped one",
                    "Whatever is added to an infinite gradient, it stays infinite: after the first overflow no step is "
                    "taken any more.",
                    edited(
                        scaled_step,
                        ("    optimizer.zero_grad()\n", ""),
                        ("    optimizer.step()\n", "    optimizer.step()\n    optimizer.zero_grad()\n"),
                    ),
                ),
                Mistake(
                    "a loss that was never magnified",
                    "The smallest gradients, some 5 · 10⁻⁷, have passed through float16 as they are, and there they "
                    "have lost their digits. What is lost on the way, no later factor brings back.",
                    edited(
                        scaled_step, ("(scale * loss).backward()", "loss.backward()"), ("weight.grad /= scale", "pass")
                    ),
                ),
            ),
        ),
    ),
)
