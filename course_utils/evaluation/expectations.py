"""What a perfect model scores on average, where a formula knows it: the floors, derived instead of measured.

Sample and reference are independent draws of one distribution. The formulas tell which part of a floor is the finite
number of samples, and which, if any, is something else: other people, or a classifier that has seen the images.

For precision and recall there is no such formula. They depend on how the data fill their space: of Gaussian points,
n = m = 1,000 and k = 5, measured precision is 0.997 in 1 dimension, 0.94 in 8 and 0.73 in 64.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from course_utils.inputs import require_count, shown


def expected_frechet(variances: Sequence[float] | Tensor, n: int, reference: int | None = None) -> float:
    """The squared Fréchet distance that n draws of a Gaussian score on average against ``reference`` other draws of it.

    ``variances`` [d] are the eigenvalues s_i of its covariance; ``reference`` None is the Gaussian itself, known
    exactly. With u = 1/n + 1/reference, and v = 1/(n - 1) + 1/(reference - 1), to first order in both

        u sum_i s_i  +  v/2 (sum_ij s_i s_j / (s_i + s_j)  +  1/2 sum_i s_i),

    for d unit variances d/n + d(d + 1)/(4 (n - 1)). The first term is the squared error of the mean. The second is that
    of the covariance: for S + E near S = diag(s) the distance is 1/2 sum_ij E_ij²/(s_i + s_j) to second order in E, and
    an unbiased covariance has E[E_ij²] = s_i s_j/(n - 1), twice as much for i = j. Errors of two independent samples
    add. The neglected orders make it 2 % too small at n = 10 d, and less where n is larger (simulated).
    Features are no Gaussians: on the classifier's the measured floors are 0.8 to 1.0 times the formula.

    Raises ``ValueError`` for variances that are negative or none, and for fewer than two draws.
    """
    s = _variances(variances)
    n = require_count("n", n, least=2, hint="a covariance needs two draws")
    sizes = [n] if reference is None else [n, require_count("reference", reference, least=2)]
    sums = s[:, None] + s
    pairs = torch.where(sums > 0, s[:, None] * s / sums.clamp(min=torch.finfo(s.dtype).tiny), 0.0).sum()
    of_mean, of_covariance = s.sum().item(), ((pairs + s.sum() / 2) / 2).item()
    return sum(of_mean / size + of_covariance / (size - 1) for size in sizes)


def expected_density() -> float:
    """1, for any numbers of points, any k and any distribution without ties.

    A generated point falls into the ball of a real one if it is among the k nearest of the n points that are not its
    centre: n - 1 real ones and itself. Each of them is as likely to be, so the chance is k/n, and the n balls hold it k
    times on average, which density divides by k.
    """
    return 1.0


def expected_coverage(n: int, m: int, k: int) -> float:
    """The coverage of n real by m generated points with balls of k neighbours, for any distribution without ties:

        1 - prod_{j<k} (n - 1 - j) / (n + m - 1 - j),    near 1 - 2^-k for n = m        (Naeem et al. 2020, eq. 7).

    A ball holds no generated point if the k nearest of all n + m - 1 other points are real ones: drawn without return,
    the j-th of them is one of the n - 1 - j that are left among n + m - 1 - j. Raises ``ValueError`` unless
    1 <= k < n and m >= 1.
    """
    n, m, k = require_count("n", n, least=2), require_count("m", m), require_count("k", k)
    require_count("k", k, most=n - 1, hint=f"each real point has {n - 1:,} real neighbours")
    return 1 - math.prod((n - 1 - j) / (n + m - 1 - j) for j in range(k))


def _variances(variances: Sequence[float] | Tensor) -> Tensor:
    try:
        s = torch.as_tensor(variances, dtype=torch.float64).detach().cpu()
    except (TypeError, ValueError, RuntimeError):
        s = torch.empty(0)
    if s.ndim != 1 or len(s) == 0 or not s.isfinite().all() or s.min() < 0:
        raise ValueError(f"variances must be finite numbers [d], none below 0, not {shown(variances)}")
    return s
