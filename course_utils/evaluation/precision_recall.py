"""Are the samples good, and are they all there? Precision and recall, density and coverage, from nearest neighbours.

Around each real point lies a ball that reaches to its k-th nearest other real point; together, the balls stand for
where the data are. Likewise around each generated point. With n real points x_i, m generated points y_j, and the balls
B(x_i), B(y_j), their surface excluded,

    precision = share of the y_j that lie in at least one ball of a real point           (Kynkäänniemi et al. 2019)
    recall    = share of the x_i that lie in at least one ball of a generated point      (Kynkäänniemi et al. 2019)
    density   = 1/(k m) x how often, over all i and j, y_j lies in B(x_i)                (Naeem et al. 2020)
    coverage  = share of the x_i whose ball holds at least one y_j                       (Naeem et al. 2020)

Sources: "Improved precision and recall metric for assessing generative models" (arXiv:1904.06991); "Reliable fidelity
and diversity metrics for generative models" (arXiv:2002.09797), whose package `prdc` gives the same numbers. A perfect
model does not score 1: look at the floor.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from course_utils.data import ImageData
from course_utils.inputs import require_choice, require_count, require_kind, require_methods

from .classifier import Classifier
from .distances import as_points, require_same_width, squared_distances

# Of a ball's radius² and its centre's norm²: what is nearer to its surface counts as on it, so as outside.
ROUNDING = 1e-12
MEASURES = ("precision", "recall", "density", "coverage")


@dataclass(frozen=True)
class PrecisionRecall:
    """Four numbers without unit, of ``n`` real and ``m`` generated points with balls of ``k`` neighbours.

    ``half_width`` is how far each, by name, may scatter over new samples: twice the 95 % half-width of a mean over
    points, 2 x 1.96 standard errors. Twice, because that mean takes the points as independent and the balls as given,
    but neighbours share balls, and new points have new balls: on Gaussians and on MNIST's features the scores scattered
    1.0 to 2.0 times as much as it says. It is 0 where all points agree, and leaves out the bias of a finite sample.
    """

    precision: float
    recall: float
    density: float
    coverage: float
    n: int
    m: int
    k: int
    half_width: dict[str, float] = field(compare=False)

    def __repr__(self) -> str:
        parts = ", ".join(f"{name} {getattr(self, name):.3f} ± {self.half_width[name]:.3f}" for name in MEASURES)
        return f"{parts} (n = {self.n:,} real, m = {self.m:,} generated, k = {self.k})"


@torch.no_grad()
def precision_recall(real: Tensor, fake: Tensor, k: int = 5) -> PrecisionRecall:
    """The four measures of ``fake`` [m, d] against ``real`` [n, d]; the papers take k = 3 and k = 5.

    Which space the points live in decides what "near" means: take features of images, not pixels. Scores depend on n
    and m: compare only equal numbers. Distances are computed in float64, a block at a time: 10,000 against 10,000
    points with d = 64 take 2 s of one CPU thread and 0.2 GiB.

    A ball has no size where more than k points coincide. If that is so for most real points, nothing can be measured;
    of generated points, it is a collapse, and recall is rightly 0. Raises ``ValueError`` for the former, and for
    n <= k or m <= k, unequal shapes, NaN or infinity.
    """
    x, y = as_points(real, "real"), as_points(fake, "fake")
    require_same_width(real, fake, "real and fake")
    k = require_count("k", k, least=0)
    if k < 1 or min(len(x), len(y)) <= k:
        raise ValueError(
            f"k: the {k}-th nearest other point needs 1 <= k < number of points, got {len(x)} real and {len(y)} "
            f"generated points: take more samples, or a smaller k."
        )
    centre = x.median(dim=0).values  # distances stay, norms shrink, and with them the rounding, but for outliers'
    x, y = x - centre, y.to(x.device) - centre
    x_radius, y_radius = (_squared_radius(points, k) for points in (x, y))
    empty = int((x_radius <= 0).sum())
    if 2 * empty > len(x):
        raise ValueError(
            f"real: for {empty:,} of {len(x):,} points, at least k = {k} others are at the same place, so that their "
            "balls have no size: take real points once each, or a larger k"
        )
    times = x.new_zeros(len(y))  # how many balls of real points hold y_j
    recalled, covered = x.new_empty(len(x)), x.new_empty(len(x))
    for rows, squared in squared_distances(x, y):
        inside = squared < x_radius[rows, None]
        times += inside.sum(dim=0)
        covered[rows] = inside.any(dim=1).double()
        recalled[rows] = (squared < y_radius).any(dim=1).double()
    values = dict(zip(MEASURES, ((times > 0).double(), recalled, times / k, covered), strict=True))
    means = {name: each.mean().item() for name, each in values.items()}
    half_width = {name: 2 * 1.96 * (each.std() / len(each) ** 0.5).item() for name, each in values.items()}
    return PrecisionRecall(**means, n=len(x), m=len(y), k=k, half_width=half_width)


def _squared_radius(points: Tensor, k: int) -> Tensor:
    """The squared distance from each point to its k-th nearest other point, less what may be rounding."""
    radius = points.new_empty(len(points))
    for rows, squared in squared_distances(points, points):
        here = torch.arange(len(squared), device=squared.device)
        squared[here, here + rows.start] = float("inf")
        radius[rows] = squared.topk(k, largest=False).values[:, -1]
    return radius - ROUNDING * (points.square().sum(dim=1) + radius)


def precision_recall_floor(
    images: ImageData, classifier: Classifier, n: int, k: int = 5, split: str = "train"
) -> PrecisionRecall:
    """What real images score that are not in the reference: ``images.fresh(n)`` against ``images.fixed(n)``.

    Both are random training images, of the same people, as a perfect model would draw them; ``expected_density`` and
    ``expected_coverage`` know two of the four numbers. With ``split`` "test", ``images.fixed(n, "test")`` is scored
    instead: of MNIST, the images of other writers. All are seen through the classifier's features, as samples should
    be. Raises ``ValueError`` for more than half of the training images, and for more than there are test images.
    """
    require_kind("images", images, ImageData)
    require_methods("classifier", classifier, "features")
    require_choice("split", split, ("train", "test"))
    fresh = images.fresh(n) if split == "train" else images.fixed(n, "test")
    return precision_recall(classifier.features(images.fixed(n)), classifier.features(fresh), k)
