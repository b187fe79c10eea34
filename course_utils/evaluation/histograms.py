"""How far a histogram is from the shares it should have, and how far chance alone would take it.

Both mode metrics, of the 2-D toys (``modes``) and of stacked images (``stacked``), count samples by mode and compare
the histogram q = counts / n with the shares w of the real distribution by

    KL(q || w) = sum_k q_k log(q_k / w_k)   in nats, with 0 log 0 = 0:

the *reverse* KL, in which the model comes first. It is finite even where the model misses a mode, at most log(1 / min
w), and 0 only for the right shares.
"""

import math

import torch
from torch import Tensor
from torch.distributions import Binomial


def histogram_kl(counts: Tensor, weights: Tensor) -> float:
    """KL(counts / n || weights) in nats, for counts [k] >= 0 with sum n >= 1, and weights [k] that sum to 1."""
    share, weights = counts.cpu().double() / counts.sum().item(), weights.cpu().double()
    return max((torch.special.xlogy(share, share) - torch.special.xlogy(share, weights)).sum().item(), 0.0)


def expected_histogram_kl(source: Tensor, n: int, weights: Tensor | None = None) -> float:
    """The mean of ``histogram_kl(counts, weights)`` over the counts of n independent draws from ``source`` [k].

    The mean of a sum needs no independence, and each count is Binomial(n, source_k):

        E KL = sum_k sum_c P(c) (c/n) log(c / (n w_k)),

    summed here exactly. For large n it is KL(source || w) + (k - 1) / (2n) (Miller 1955, on the bias of the entropy of
    a histogram). Without ``weights``, they are the source: what a perfect model scores.
    """
    source = source.cpu().double()
    weights = source if weights is None else weights.cpu().double()
    source, weights = source[source > 0], weights[source > 0]  # what is never drawn adds nothing
    mean = n * source.max().item()
    most = min(n, math.ceil(mean + 12 * math.sqrt(mean) + 40))  # beyond it, chances vanish in rounding
    count = torch.arange(1, most + 1, dtype=torch.float64)
    chance = Binomial(n, source[:, None]).log_prob(count).exp()  # [k, counts]
    return (chance * (count / n) * (count / (n * weights[:, None])).log()).sum().item()
