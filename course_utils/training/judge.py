"""The discriminator as a game sees it: precision, labels, the compiler and ensembles are kept out of the algebra."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.nn.modules.dropout import _DropoutNd

from course_utils.inputs import shown
from course_utils.models import evaluating
from course_utils.objectives import Penalty
from course_utils.training.batches import left_alone
from course_utils.training.modes import awake
from course_utils.training.randomness import random_state

Verdict = Tensor | tuple[Tensor, Tensor]  # logits, or (logits, class logits) of a D that is also a classifier


class Judge:
    """`D(x)`, in a conditional game `D(x, labels)`: what the discriminator returns, in float32 also under autocast.

    `D.both(real, fake, labels)` judges two batches, in one pass where that is the same as two. `D.features(x)` is the
    network's own. For an ensemble every batch and every result has a member axis in front, [K, n, …].
    """

    depends_on_generator = False  # an unrolled one does, also where it judges real samples

    def __init__(self, network: nn.Module, autocast: bool = False, members: int | None = None):
        self.network = self.differentiable = network
        self.autocast, self.members = autocast, members
        self.device = next(network.parameters()).device
        self.apart = mixes_batch(network)  # or as a first look has found it, by `sees_others`
        self.batch_axis = 0 if members is None else 1
        self.heard: list[tuple[Tensor, Tensor]] = []  # batches and their logits, since `forget`

    def compile(self) -> None:
        self.network = torch.compile(self.differentiable)  # which then has no second derivatives

    def __call__(self, x: Tensor, labels: Tensor | None = None) -> Verdict:
        verdict = self._pass(self.network, x, labels)
        self._hear(x, verdict)
        return verdict

    def features(self, x: Tensor) -> Tensor:
        features = getattr(self.network, "features", None)  # of a compiled network, too
        if features is None:
            kind = type(self.differentiable).__name__
            raise ValueError(f"this game needs a discriminator with a method features(x), and {kind} has none")
        return self._pass(features, x, None)

    def both(self, real: Tensor, fake: Tensor, labels: Tensor | None = None) -> tuple[Verdict, Verdict]:
        """The verdicts on both batches: in one pass, which is faster; but apart if D lets samples see each other
        (BatchNorm), which would mix the two.
        """
        if self.apart:
            return self(real, labels), self(fake, labels)
        axis, both_labels = self.batch_axis, None if labels is None else torch.cat([labels, labels])
        verdict = self._pass(self.network, torch.cat([real, fake], axis), both_labels)
        sizes = real.shape[axis], fake.shape[axis]
        if isinstance(verdict, tuple):
            verdicts = tuple(zip(*(_split(part, sizes, axis) for part in verdict), strict=True))
        else:
            verdicts = _split(verdict, sizes, axis)
        self._hear(real, verdicts[0])
        self._hear(fake, verdicts[1])
        return verdicts

    def logits(self, x: Tensor, labels: Tensor | None) -> Tensor:
        """What D has said of this very batch since `forget`, detached; asked now if no loss wanted to know."""
        for batch, logits in self.heard:
            if batch is x:
                return logits.detach()
        with torch.no_grad():
            return _logits(self(x, labels))

    def forget(self) -> None:
        self.heard.clear()

    def charge(self, penalty: Penalty, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor:
        """`penalty(D, real, fake)` in full precision and uncompiled, as it takes derivatives of derivatives.

        A mean over samples, so that of all members' samples, times K, is the sum of the members' penalties. With labels
        a penalty may judge n samples, or n groups of as many each, in which the samples of one label are neighbours.
        """
        with left_alone("the penalty", real, fake):
            return self._charge(penalty, real, fake, labels)

    def _charge(self, penalty: Penalty, real: Tensor, fake: Tensor, labels: Tensor | None) -> Tensor:
        if self.members is not None:
            judged = self._judge_members, real.flatten(0, 1), fake.flatten(0, 1)
            return self.members * _scalar(penalty(*judged))
        if labels is None:
            return _scalar(penalty(self.differentiable, real, fake))

        def judge(x: Tensor) -> Tensor:
            if len(x) % len(labels):
                raise ValueError(f"a penalty judges {len(x)} samples, and the batch has {len(labels)} labels")
            return _logits(self.differentiable(x, labels.repeat_interleave(len(x) // len(labels), output_size=len(x))))

        return _scalar(penalty(judge, real, fake))

    def _judge_members(self, x: Tensor) -> Tensor:
        return self.differentiable(x.unflatten(0, (self.members, -1))).flatten(0, 1)

    def _pass(self, network: Callable[..., Verdict], x: Tensor, labels: Tensor | None) -> Verdict:
        with precision(self.device, self.autocast):
            verdict = network(x) if labels is None else network(x, labels)
        if not self.autocast:
            return verdict
        return tuple(part.float() for part in verdict) if isinstance(verdict, tuple) else verdict.float()

    def _hear(self, x: Tensor, verdict: Verdict) -> None:
        self.heard.append((x, _logits(verdict)))


def _scalar(charged: Tensor) -> Tensor:
    if not isinstance(charged, Tensor) or charged.shape != ():
        raise ValueError(f"a penalty must return one number a batch, a tensor of shape (), not {shown(charged)}")
    return charged


def _logits(verdict: Verdict) -> Tensor:
    return verdict[0] if isinstance(verdict, tuple) else verdict


def _split(joint: Tensor, sizes: tuple[int, int], axis: int) -> tuple[Tensor, Tensor]:
    """The parts of a joint result that belong to batches of these sizes; of packs there are fewer than of samples."""
    first = joint.shape[axis] * sizes[0] // sum(sizes)
    return joint.split([first, joint.shape[axis] - first], axis)


def mixes_batch(network: nn.Module) -> bool:
    """Whether the samples of a batch see each other in it, as in BatchNorm and `MinibatchStd`."""
    return any(isinstance(layer, _BatchNorm) or getattr(layer, "mixes_batch", False) for layer in network.modules())


def sees_others(network: nn.Module, real: Tensor, fake: Tensor, labels: list[Tensor], batch_axis: int) -> bool:
    """Whether D's verdicts on either batch change where it judges both in one, so that some layer compares samples.

    It is asked without dropout. If it draws random numbers all the same, for noise or augmentation, nobody can tell.
    """
    joint, joint_labels = torch.cat([real, fake], batch_axis), [torch.cat([part, part]) for part in labels]
    # The kernels for another batch size round otherwise, on an accelerator also in fewer digits.
    tolerance = max(1e-3 if real.device.type == "cpu" else 1e-2, torch.finfo(real.dtype).eps ** 0.5)

    def verdict(mode: Callable[..., AbstractContextManager], x: Tensor, labels: list[Tensor]) -> Tensor:
        with mode(network):
            for layer in network.modules():
                layer.training = layer.training and not isinstance(layer, _DropoutNd)
            return _logits(network(x, *labels))

    def differ(one: Tensor, other: Tensor) -> bool:
        return bool((one - other).abs().max() > tolerance * torch.maximum(one.abs().max(), other.abs().max()))

    for mode in (awake, evaluating):
        before = random_state(real.device)
        try:
            apart, again = (torch.cat([verdict(mode, x, labels) for x in (real, fake)], batch_axis) for _ in range(2))
            together = verdict(mode, joint, joint_labels)
        except Exception:  # a network need not take just as many
            continue
        drew = any(not torch.equal(state, before[name]) for name, state in random_state(real.device).items())
        if not drew and not differ(apart, again) and differ(apart, together):
            return True
    return False


def precision(device: torch.device, autocast: bool) -> AbstractContextManager:
    """With `autocast`, bfloat16 where torch allows it; without its cache, which a captured graph would not refill."""
    return torch.autocast(device.type, torch.bfloat16, cache_enabled=False) if autocast else nullcontext()
