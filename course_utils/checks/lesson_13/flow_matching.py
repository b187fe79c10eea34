"""Exercise 13.3: the flow-matching loss for data of any shape."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, Roughly


def flow_matching_loss(velocity: Callable[[Tensor, Tensor], Tensor], x1: Tensor) -> Tensor:
    x0 = torch.randn_like(x1)
    t = torch.rand(len(x1), device=x1.device)
    share = t.reshape(-1, *[1] * (x1.dim() - 1))
    x_t = (1 - share) * x0 + share * x1
    target = x1 - x0
    return (velocity(x_t, t) - target).square().mean()


class Recorder:
    """A velocity that notes what it is asked, and answers with `reply(x_t, t)`, t shaped to multiply x_t."""

    def __init__(self, reply: Callable[[Tensor, Tensor], Tensor]):
        self.reply, self.asked = reply, False

    def __call__(self, x_t: Tensor, t: Tensor) -> Tensor:
        self.x_t, self.t, self.asked = x_t.detach(), t.detach(), True
        return self.reply(self.x_t, self.t.reshape(-1, *[1] * (x_t.dim() - 1))).requires_grad_()


def probe(loss) -> Observations:
    """Points and images in small batches; and if these are treated as they should be, the statistics of a large one."""
    seen: Observations = {"what the network is asked": "x_t and t"}
    for name, shape in (("points", (4, 4)), ("images", (4, 1, 4, 4))):
        still = Recorder(lambda x_t, share: torch.zeros_like(x_t))
        value = loss(still, 1000 * torch.ones(shape))
        if not still.asked:
            return {"what the network is asked": "nothing"}
        seen[f"for {name}, the shape of x_t"] = str(list(still.x_t.shape))
        seen[f"for {name}, the shape of the times"] = str(list(still.t.shape))
        varies = still.x_t.shape == shape and bool((still.x_t.flatten(1).std(1) > 10).any())
        seen[f"for {name}, whether the time varies within an item"] = varies
        seen[f"for {name}, the shape of the loss"] = (
            str(list(value.shape)) if isinstance(value, Tensor) else f"{value!r}, no tensor"
        )
        if varies or not isinstance(value, Tensor) or still.x_t.shape != shape or still.t.shape != shape[:1]:
            return seen
    return seen | statistics_of(loss)


def statistics_of(loss) -> Observations:
    """Many data points of one value: what the network sees of them, and what its answer costs."""
    shape, point = (1500, 2, 3), 1 + torch.rand(())
    still = Recorder(lambda x_t, share: torch.zeros_like(x_t))
    loss(still, 1000 * torch.ones(shape))
    times = still.t
    several = times.unique().numel() > len(times) // 10
    seen: Observations = {
        "whether all times lie between 0 and 1": bool(((times >= 0) & (times <= 1)).all()),
        "whether each item has a time of its own": several,
        "the mean time": Roughly(times.mean(), 0.04) if several else "one for all",
        "how far the data's share in x_t is from t": Roughly(
            (still.x_t / 1000 - times[:, None, None]).abs().mean(), 0.02
        ),
    }
    loss(still, torch.zeros(shape))
    noise = (still.x_t / (1 - still.t[:, None, None])).abs().median()
    seen["the median of |x0|, for data of 0"] = Roughly(noise, 0.1)
    for name, answer in (("0", 0.0), ("x1", 3.0)):
        cost = loss(Recorder(lambda x_t, share, answer=answer: torch.full_like(x_t, answer)), torch.full(shape, 3.0))
        mean = cost.detach().double().mean().item()
        seen[f"for data of 3, the loss of a network that answers {name}"] = Roughly(mean, 0.1 * abs(mean))
        seen["whether the loss has a gradient for the network"] = cost.requires_grad
    exact = Recorder(lambda x_t, share: (point - x_t) / (1 - share))  # towards the only data point there is
    cost = loss(exact, point * torch.ones(shape)).detach().abs().mean()
    seen["whether the exact velocity has loss 0"] = cost.item() < 0.01
    return seen


EXERCISE = Exercise(
    number="13.3",
    title="Flow matching for data of any shape",
    hints=(
        "Draw one noise x0 for each data point and one time for each item of the batch. How must t be shaped so that "
        "it multiplies images of shape [n, c, h, w]?",
        "x_t = (1 − t) x0 + t x1 with t reshaped to [n, 1, …, 1]; the network gets t as [n], and is compared with x1 − "
        "x0 by the mean squared error.",
    ),
    parts=(
        Part(
            flow_matching_loss,
            probe=probe,
            why=(
                "No prior to match, no opponent to fool: a regression, and the price comes with the passes when "
                "drawing."
            ),
            mistakes=(
                Mistake(
                    "one time for the whole batch",
                    "Each step would then look at a single moment of the path: an unbiased gradient, but a needlessly "
                    "noisy one.",
                    edited(
                        flow_matching_loss, ("torch.rand(len(x1), device=x1.device)", "torch.rand(1).expand(len(x1))")
                    ),
                ),
                Mistake(
                    "a t of shape [n] times the data",
                    "Broadcasting lines shapes up at their ends: such a t meets the last axis of the data, not the "
                    "items. Where the sizes happen to agree, no error tells.",
                    edited(flow_matching_loss, ("t.reshape(-1, *[1] * (x1.dim() - 1))", "t")),
                ),
                Mistake(
                    "times that fit points only",
                    "For points it is right. For images [n, c, h, w], a t of shape [n, 1] multiplies the rows of every "
                    "image.",
                    edited(flow_matching_loss, ("t.reshape(-1, *[1] * (x1.dim() - 1))", "t[:, None]")),
                ),
                Mistake(
                    "times that fit images only",
                    "For points [n, 2], a t of shape [n, 1, 1, 1] pairs each time with each point.",
                    edited(flow_matching_loss, ("t.reshape(-1, *[1] * (x1.dim() - 1))", "t.reshape(-1, 1, 1, 1)")),
                ),
                Mistake(
                    "a velocity from the data to the noise",
                    "To draw, one starts in the noise at t = 0 and adds the velocity. Where would this one lead?",
                    edited(flow_matching_loss, ("target = x1 - x0", "target = x0 - x1")),
                ),
                Mistake(
                    "the two ends of the path exchanged",
                    "Where does the path stand at t = 0, and where at t = 1?",
                    edited(flow_matching_loss, ("(1 - share) * x0 + share * x1", "(1 - share) * x1 + share * x0")),
                ),
                Mistake(
                    "the data point as the target",
                    "A network can be taught to guess x1, but the guess is not the velocity along the line.",
                    edited(flow_matching_loss, ("target = x1 - x0", "target = x1")),
                ),
                Mistake(
                    "another noise in the target than in the path",
                    "The traveller who stands at x_t came from one x0, and its velocity belongs to the same one.",
                    edited(flow_matching_loss, ("target = x1 - x0", "target = x1 - torch.randn_like(x1)")),
                ),
                Mistake(
                    "uniform noise",
                    "Section 13 starts in Gaussian noise; a sampler that starts there would begin where nothing was "
                    "learnt.",
                    edited(flow_matching_loss, ("torch.randn_like(x1)", "torch.rand_like(x1)")),
                ),
                Mistake(
                    "a curved path with a straight target",
                    "With square roots in it, the path is that of a diffusion, and x1 − x0 is not its velocity.",
                    edited(
                        flow_matching_loss,
                        ("(1 - share) * x0 + share * x1", "(1 - share).sqrt() * x0 + share.sqrt() * x1"),
                    ),
                ),
                Mistake(
                    "a sum where the mean was meant",
                    "The size of the step would depend on the batch and on the number of pixels.",
                    edited(flow_matching_loss, (".mean()", ".sum()")),
                ),
            ),
        ),
    ),
)
