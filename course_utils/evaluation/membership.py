"""Does a score tell training images from others? The attack of Hayes et al. (2019), with a discriminator's logit."""

import math
from dataclasses import dataclass

from scipy.stats import rankdata
from torch import Tensor, cat

from course_utils.inputs import shown


@dataclass(frozen=True)
class MembershipAUC:
    """`auc`: the chance that a member scores higher than another image; `low` to `high` is its 95 % interval."""

    auc: float
    low: float
    high: float
    members: int
    others: int
    floor: float = 0.5

    def __repr__(self) -> str:
        return (
            f"membership AUC {self.auc:.3f} ({self.low:.3f} to {self.high:.3f}; floor {self.floor}), "
            f"{self.members:,} members, {self.others:,} others"
        )


def membership_auc(members: Tensor, others: Tensor) -> MembershipAUC:
    """The area under the ROC curve of a score that should be higher for members, from scores [n] and [m].

    AUC = P(member > other) + ½ P(equal), the Mann-Whitney statistic over n·m; its floor, for a score that knows
    nothing of membership, is 1/2. Interval: AUC ± 1.96 s with  s² = (A(1 − A) + (n − 1)(A/(2 − A) − A²) +
    (m − 1)(2A²/(1 + A) − A²)) / nm  (Hanley & McNeil 1982), cut at 0 and 1. It covers the choice of the images, not the
    training of another network. Choose both at random among images of the same people: the score may know the people.
    Raises ValueError for empty or non-finite scores, or others than [n].
    """
    for name, scores in (("members", members), ("others", others)):
        if not isinstance(scores, Tensor) or scores.ndim != 1 or len(scores) == 0:
            raise ValueError(f"{name}: expected scores [n], a tensor with n of at least 1, got {shown(scores)}")
        if not scores.isfinite().all():
            raise ValueError(f"{name}: got NaN or infinity among the scores; the network that made them has diverged")
    n, m = len(members), len(others)
    ranks = rankdata(cat([members.detach(), others.detach()]).cpu().double().numpy())
    auc = (ranks[:n].sum() - n * (n + 1) / 2) / (n * m)
    wins, losses = auc / (2 - auc) - auc**2, 2 * auc**2 / (1 + auc) - auc**2
    s = math.sqrt(max(0.0, (auc * (1 - auc) + (n - 1) * wins + (m - 1) * losses) / (n * m)))
    return MembershipAUC(float(auc), max(0.0, auc - 1.96 * s), min(1.0, auc + 1.96 * s), n, m)
