"""Exercise 16.3: what one process would have computed, from what several have computed on unequal shares."""

import torch
from torch import Tensor

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.observe import Observations, outcome


def joint_gradient(gradients: Tensor, sizes: list[int]) -> Tensor:
    total = torch.zeros_like(gradients[0])
    for gradient, n in zip(gradients, sizes, strict=True):
        if n > 0:
            total += n / sum(sizes) * gradient
    return total


def joint_moments(means: Tensor, variances: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
    mean = joint_gradient(means, sizes)
    within = joint_gradient(variances, sizes)
    between = joint_gradient((means - mean).square(), sizes)
    return mean, within + between


def some_sizes() -> list[int]:
    """Four shares of different sizes, the third of them empty."""
    sizes = (2 + torch.randperm(12)[:4]).tolist()
    sizes[2] = 0
    return sizes


def gradient_probe(answer) -> Observations:
    sizes = some_sizes()
    gradients = torch.randn(4, 5)
    gradients[2] = torch.nan
    seen = outcome(answer, gradients=False, gradients_=gradients, sizes=sizes)
    full = [n + 1 for n in sizes]
    again = outcome(answer, gradients=False, gradients_=torch.randn(4, 5), sizes=full)
    return {
        "with an empty share, the joint gradient": _made(seen["the value"]),
        "with four shares that are not empty, the joint gradient": _made(again["the value"]),
    }


def moments_probe(answer) -> Observations:
    """Moments of real shares, which lie apart; once with an empty share, whose moments are NaN."""
    seen: Observations = {}
    for case, sizes in (("an empty share", some_sizes()), ("no empty share", [n + 2 for n in some_sizes()])):
        shares = [1 + torch.randn(3) + torch.randn(n, 3) for n in sizes]
        means = torch.stack([share.mean(0) for share in shares])
        variances = torch.stack([share.var(0, correction=0) for share in shares])
        value = outcome(answer, gradients=False, means=means, variances=variances, sizes=sizes)["the value"]
        if not (isinstance(value, tuple | list) and len(value) == 2):
            return {"what is returned": f"a {type(value).__name__}"}
        seen["what is returned"] = "a pair"
        seen[f"with {case}, the joint mean"] = _made(value[0])
        seen[f"with {case}, the joint variance"] = _made(value[1])
    return seen


def _made(value: object) -> object:
    """A list of numbers counts as a tensor."""
    return torch.tensor(value) if isinstance(value, list) and all(isinstance(x, float) for x in value) else value


def _weighted(values: Tensor, sizes: list[int]) -> Tensor:
    return joint_gradient(values, sizes)


def _mean_of_all(values: Tensor, sizes: list[int]) -> Tensor:
    return values[torch.tensor(sizes) > 0].mean(0)


def _inverse(values: Tensor, sizes: list[int]) -> Tensor:
    kept = torch.tensor(sizes) > 0
    weights = 1 / torch.tensor(sizes)[kept]
    return weights @ values[kept] / weights.sum()


def _with_nan(values: Tensor, sizes: list[int]) -> Tensor:
    return torch.tensor(sizes, dtype=values.dtype) @ values / sum(sizes)


def _second_moment(means: Tensor, variances: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
    return _weighted(means, sizes), _weighted(variances + means.square(), sizes)


def _unweighted(means: Tensor, variances: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
    equal = [int(n > 0) for n in sizes]
    return joint_moments(means, variances, equal)


def _moments_with_nan(means: Tensor, variances: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
    mean = _with_nan(means, sizes)
    return mean, _with_nan(variances + (means - mean).square(), sizes)


def _corrected(means: Tensor, variances: Tensor, sizes: list[int]) -> tuple[Tensor, Tensor]:
    mean, variance = joint_moments(means, variances, sizes)
    return mean, variance * sum(sizes) / (sum(sizes) - 1)


GRADIENT = Part(
    joint_gradient,
    name="the joint gradient",
    probe=gradient_probe,
    mistakes=(
        Mistake(
            "a mean in which every process counts the same",
            "An image in a small share would pull harder than one in a large share. In one process, all images of the "
            "batch pull alike.",
            _mean_of_all,
        ),
        Mistake(
            "a mean that is spoilt by an empty share",
            "With images in every share it is right. A mean over no images is NaN, and 0 · NaN is NaN, not 0.",
            _with_nan,
        ),
        Mistake(
            "a plain mean that is spoilt by an empty share, too",
            "Two things: a mean over no images is NaN, and a mean with NaN in it is NaN. And an image in a small share "
            "would pull harder than one in a large share.",
            lambda gradients, sizes: gradients.mean(0),
        ),
        Mistake(
            "a sum of the gradients",
            "The step would grow with the number of processes. What was averaged over images stays an average.",
            edited(joint_gradient, ("n / sum(sizes) * gradient", "gradient")),
        ),
        Mistake(
            "a sum over the images, not their mean",
            "Each share's mean was turned back into its sum, which is half of the way. The loss of the joint batch is "
            "a mean again.",
            edited(joint_gradient, ("n / sum(sizes)", "n")),
        ),
        Mistake(
            "a division by the number of processes",
            "Once each share is weighted by its images, what has to be divided out is the number of images.",
            edited(joint_gradient, ("n / sum(sizes)", "n / len(sizes)")),
        ),
        Mistake(
            "weights the wrong way round",
            "Here a share counts for less, the more images it has.",
            _inverse,
        ),
    ),
)

MOMENTS = Part(
    joint_moments,
    name="the joint moments",
    probe=moments_probe,
    why=(
        "Mean and variance of a share are enough to get those of the joint batch, so little has to be sent. PyTorch's "
        "SyncBatchNorm does it in this way."
    ),
    mistakes=(
        Mistake(
            "a mean of the shares' variances",
            "The mean is right. But each share's variance is counted from the share's own mean, and the shares' "
            "means differ.",
            lambda means, variances, sizes: (_weighted(means, sizes), _weighted(variances, sizes)),
        ),
        Mistake(
            "the variance of the shares' means alone",
            "The images also differ within each share.",
            lambda means, variances, sizes: (
                (mean := _weighted(means, sizes)),
                _weighted((means - mean).square(), sizes),
            ),
        ),
        Mistake(
            "E[x²] taken for the variance",
            "The mean is not 0, so its square has to be taken off.",
            _second_moment,
        ),
        Mistake(
            "shares that all count the same",
            "A share of two images would weigh as much as one of ten.",
            _unweighted,
        ),
        Mistake(
            "moments that are spoilt by an empty share",
            "With images in every share both are right. A mean over no images is NaN, and 0 · NaN is NaN, not 0.",
            _moments_with_nan,
        ),
        Mistake(
            "a variance divided by N − 1",
            "That would be an estimate for images that nobody has seen. BatchNorm divides by the variance of this very "
            "batch, and the shares' variances are of this kind, too.",
            _corrected,
        ),
        Mistake(
            "a standard deviation",
            "Its square is right. The docstring asks for the variance.",
            lambda means, variances, sizes: (
                (found := joint_moments(means, variances, sizes))[0],
                found[1].sqrt(),
            ),
        ),
    ),
)

EXERCISE = Exercise(
    number="16.3",
    title="Many processes, one batch",
    hints=(
        "What would one process have? Write it as a sum over all images, and split the sum by shares. For the "
        "variance: how far is an image from the joint mean, if you know how far it is from the mean of its share?",
        "Σ nᵢ gᵢ / Σ nᵢ, over the shares that are not empty. The joint variance has two parts: the mean of the shares' "
        "variances, and the variance of the shares' means, both weighted by nᵢ.",
    ),
    parts=(GRADIENT, MOMENTS),
)
