"""What "the discriminator cannot tell them apart" means: a new one, trained on frozen samples, judges others.

The discriminator of a game is a poor judge of its end: it has learned from a generator that moved away from it. One
that starts anew and is trained on fixed samples bounds from below how far the two distributions are apart.
"""

import copy
import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, logsigmoid

from course_utils.evaluation.membership import membership_auc
from course_utils.inputs import require_count, require_number, shown
from course_utils.models import evaluating
from course_utils.progress import PATIENCE, progress
from course_utils.tensor_inputs import require_finite, require_tensor
from course_utils.training.fit import require_network
from course_utils.training.judge import mixes_batch, sees_others
from course_utils.training.look import ask
from course_utils.training.randomness import forked_random_state, require_seed
from course_utils.training.reach import require_logits

LEAST = 40  # samples of each kind
LOOKS = 20  # at the samples that choose when to stop
CHUNK = 1000  # samples judged at once
WORSE = 1  # nats below its V before the first step: no training, but divergence


@dataclass(frozen=True)
class FreshDiscriminator:
    """What a new discriminator tells of held-out samples; `accuracy` and `auc` have the floor ½, `jsd` has 0.

    `value`: V(G, D) in nats, −2 ln 2 = −1.386 for a D that knows nothing. `jsd`: a lower bound on the Jensen–Shannon
    divergence, V/2 + ln 2 nats, at most ln 2; `jsd_error` is its standard error over the held-out samples.
    """

    accuracy: float
    auc: float
    value: float
    jsd: float
    jsd_error: float
    network: nn.Module

    def __repr__(self) -> str:
        return (
            f"fresh discriminator: accuracy {self.accuracy:.1%}, AUC {self.auc:.3f} (both ½ if it cannot tell), "
            f"V = {self.value:.3f} nats, so JSD ≥ {self.jsd:.3f} ± {self.jsd_error:.3f} nats"
        )


def fresh_discriminator(
    discriminator: nn.Module,
    real: Tensor,
    generated: Tensor,
    *,
    steps: int = 1000,
    batch_size: int = 128,
    lr: float = 1e-3,
    seed: int = 0,
) -> FreshDiscriminator:
    """Train a copy of an untrained `discriminator` to tell real from generated samples, and judge it on others.

    Of the samples [n, …] and [m, …], a random half trains it: Adam on the cross-entropy of batches, half of them real,
    which are judged apart where D compares the samples of a batch.
    A quarter chooses at which of 20 moments it was best, and the last quarter judges. For every D,
    V(G, D) ≤ 2 JSD − 2 ln 2 (Goodfellow et al. 2014, theorem 1), so what is measured bounds the JSD from below: a
    better network, more samples or more steps may raise it.

    Raises ValueError for fewer than 40 samples of a kind, for NaN, and for a D that does not give one logit a sample.
    """
    with torch.enable_grad():  # it may be asked for in the middle of an evaluation
        require_network("discriminator", discriminator)
    if getattr(discriminator, "pack", 1) > 1:
        raise ValueError("a fresh discriminator judges single samples: pass the network inside Packed")
    steps, half = require_count("steps", steps), require_count("batch_size", batch_size, least=2) // 2
    lr, seed = require_number("lr", lr, above=0), require_seed(seed)
    network = copy.deepcopy(discriminator)
    device = next(network.parameters()).device
    with forked_random_state(device, seed), torch.enable_grad():
        (real_train, real_choose, real_judge), (fake_train, fake_choose, fake_judge) = (
            _split(_samples(name, samples, real), device)
            for name, samples in {"real": real, "generated": generated}.items()
        )
        with evaluating(network), torch.no_grad():
            _logits(network, real_choose[:2])
            require_logits(network, real_choose[:2], [], "discriminator")
        with torch.no_grad():
            apart = mixes_batch(network) or sees_others(network, real_choose[:2], fake_choose[:2], [], 0)
        answers = torch.cat([torch.ones(half, device=device), torch.zeros(half, device=device)])
        optimizer = torch.optim.Adam(network.train().parameters(), lr=lr, betas=(0.5, 0.999))
        first = _value(network, real_choose, fake_choose)
        best, best_weights = -math.inf, None
        for step in progress(range(1, steps + 1), "a fresh discriminator", PATIENCE):
            batches = _draw(real_train, half), _draw(fake_train, half)
            batches = batches if apart else [torch.cat(batches)]
            logits = torch.cat([_logits(network, batch) for batch in batches])
            loss = binary_cross_entropy_with_logits(logits, answers.to(logits.dtype))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if step % max(1, steps // LOOKS) == 0 or step == steps:
                value = _value(network, real_choose, fake_choose)
                if value > best:
                    best, best_weights = value, copy.deepcopy(network.state_dict())
    if not best > first - WORSE:
        raise ValueError(
            f"the fresh discriminator diverged, its V never rose above {best:.3g}: lower its rate, lr={lr:g}"
        )
    network.load_state_dict(best_weights)
    return _judged(network.eval(), real_judge, fake_judge)


def _samples(name: str, samples: Tensor, real: Tensor) -> Tensor:
    require_tensor(name, samples, ("n", ...))
    if len(samples) < LEAST:
        raise ValueError(
            f"{name}: a fresh discriminator needs at least {LEAST} samples of each kind, not {len(samples)}"
        )
    if samples.shape[1:] != real.shape[1:]:
        raise ValueError(f"generated samples must have the shape of the real ones, {shown(real)}, not {shown(samples)}")
    return require_finite(name, samples.detach())


def _split(samples: Tensor, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    """A random half, and two quarters."""
    quarter = len(samples) // 4
    mixed = samples[torch.randperm(len(samples)).to(samples.device)].to(device)
    return mixed.split([len(samples) - 2 * quarter, quarter, quarter])


def _draw(samples: Tensor, count: int) -> Tensor:
    return samples[torch.randint(len(samples), (count,), device=samples.device)]


def _judged(network: nn.Module, real: Tensor, fake: Tensor) -> FreshDiscriminator:
    real_logits, fake_logits = _read(network, real), _read(network, fake)
    on_real, on_fake = logsigmoid(real_logits), logsigmoid(-fake_logits)  # log D, log(1 − D)
    value = (on_real.mean() + on_fake.mean()).item()
    right = (real_logits > 0).double().mean() + (fake_logits <= 0).double().mean()
    return FreshDiscriminator(
        accuracy=right.item() / 2,
        auc=membership_auc(real_logits, fake_logits).auc,
        value=value,
        jsd=value / 2 + math.log(2),
        jsd_error=math.sqrt((on_real.var() / len(real) + on_fake.var() / len(fake)).item()) / 2,
        network=network,
    )


def _value(network: nn.Module, real: Tensor, fake: Tensor) -> float:
    """V(G, D) in nats: the mean log D of real samples plus the mean log(1 − D) of generated ones."""
    return (logsigmoid(_read(network, real)).mean() + logsigmoid(-_read(network, fake)).mean()).item()


@torch.no_grad()
def _read(network: nn.Module, x: Tensor) -> Tensor:
    """All logits, in evaluation mode; on the CPU in float64, where sums of many are exact enough."""
    with evaluating(network):
        return torch.cat([_logits(network, chunk) for chunk in x.split(CHUNK)]).cpu().double()


def _logits(network: nn.Module, x: Tensor) -> Tensor:
    logits = ask("the fresh discriminator", network, x)
    if not isinstance(logits, Tensor) or logits.shape not in ((len(x),), (len(x), 1)):
        raise ValueError(f"a discriminator gives one logit for each of {len(x)} samples, [n], not {shown(logits)}")
    return logits.flatten()
