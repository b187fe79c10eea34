"""The Jensen–Shannon divergence of two densities that are known, by quadrature.

    JSD(p, q) = ½ ∫ p log(p / m) + ½ ∫ q log(q / m),   m = (p + q)/2,   in nats, from 0 (p = q) to ln 2.

Samples have no density, and a histogram of few of them scores even a perfect model well above 0. Samples with noise do
have one: the mean of a Gaussian about each. So p and q are both blurred by the same noise, as instance noise blurs what
a discriminator sees; then both are mixtures, and the integral is exact to 1e-6 nats. What remains is that n samples are
few: as many fresh real ones are the floor.
"""

import math

import torch
from torch import Tensor

from course_utils.data import Mixture
from course_utils.inputs import require_kind, require_number
from course_utils.tensor_inputs import require_finite, require_tensor

REACH = 6.0  # standard deviations of the widest component: what lies beyond holds 1e-9 of the mass
FINENESS = 0.5  # of a cell, in standard deviations of the narrowest component: errors seen are below 1e-6 nats
MOST_CELLS = 1024  # along an axis


def samples_as_mixture(samples: Tensor, blur: float) -> Mixture:
    """The density of `samples` [n, 2] with noise of standard deviation `blur`: the mean of a Gaussian about each."""
    require_finite("samples", require_tensor("samples", samples, ("n", 2)), "the model has diverged")
    return Mixture(samples.detach().cpu().double(), require_number("blur", blur, above=0))


def jensen_shannon(p: Mixture, q: Mixture | Tensor, blur: float = 0.0) -> float:
    """JSD(p, q) in nats of two toys in the plane, both with noise of standard deviation `blur`.

    `q` may also be samples [n, 2]. The lattice covers p: where p is 0, q log(q/m) = q ln 2, so that what lies outside
    of it is known, however far away. Raises ValueError where a toy is too fine for a lattice of 1,024 cells a side.
    """
    require_kind("p", p, Mixture)
    blur = require_number("blur", blur, least=0)
    q = samples_as_mixture(q, blur) if isinstance(q, Tensor) else require_kind("q", q, Mixture).blurred(blur)
    p = p.blurred(blur)
    if p.dim != 2 or q.dim != 2:
        raise ValueError(f"the divergence is computed on a lattice, which lies in the plane; {p} and {q} do not both")
    xs, ys, cell = lattice_over(p, q)
    return jensen_shannon_of(p.density_on(xs, ys), q.density_on(xs, ys), cell)


def lattice_over(p: Mixture, q: Mixture) -> tuple[Tensor, Tensor, float]:
    """The middles of cells that cover p and are finer than p and q, along both axes; and the area of a cell."""
    means, stds, _ = p.components
    narrowest = min(stds.min().item(), q.components[1].min().item())
    axes = []
    for axis in range(2):
        low = means[:, axis].min().item() - REACH * stds.max().item()
        high = means[:, axis].max().item() + REACH * stds.max().item()
        cells = math.ceil((high - low) / (FINENESS * narrowest))
        if cells > MOST_CELLS:
            raise ValueError(
                f"a standard deviation of {narrowest:.3g} over a width of {high - low:.3g} needs {cells:,} cells a "
                f"side, more than {MOST_CELLS:,}: blur both densities more"
            )
        width = (high - low) / cells
        axes.append((low + width * (torch.arange(cells, dtype=torch.float64) + 0.5), width))
    (xs, width), (ys, height) = axes
    return xs, ys, width * height


def jensen_shannon_of(p: Tensor, q: Tensor, cell: float) -> float:
    """JSD in nats from the densities on a lattice of cells of that area, which covers p."""
    mean = (p + q) / 2

    def relative(density: Tensor) -> float:
        return (torch.special.xlogy(density, density) - torch.special.xlogy(density, mean)).sum().item() * cell

    outside = max(0.0, 1 - q.sum().item() * cell)
    return max(0.0, (relative(p) + relative(q) + outside * math.log(2)) / 2)
