"""Where does a network look? The gradient with respect to the pixels, and how alike two such maps are."""

from collections.abc import Callable

import torch
from scipy.stats import rankdata
from torch import Tensor

from course_utils.inputs import require_function, shown
from course_utils.tensor_inputs import require_finite, require_tensor


def saliency(network: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """|∂ logit / ∂ pixel| for images x [n, c, h, w], summed over channels: [n, h, w] (Simonyan et al. 2014).

    How strongly the logit answers to a small change of each pixel. It does not say what that pixel contributes to the
    logit, nor what a large change would do. `network` returns one logit an image, [n], and treats images one by one.
    Weights get no gradient. Raises ValueError where the logits are not [n], or not finite.
    """
    require_function("network", network, "a function from images to one logit each")
    require_finite("x", require_tensor("x", x, ("n", "c", "h", "w"), "float images"))
    x = x.detach().clone().requires_grad_()
    with torch.enable_grad():
        logits = network(x)
        if not isinstance(logits, Tensor) or logits.shape != (len(x),):
            found = list(logits.shape) if isinstance(logits, Tensor) else shown(logits)
            raise ValueError(f"saliency needs one logit an image, [{len(x)}], not {found}")
        if not logits.requires_grad:
            raise ValueError("saliency needs logits with a graph back to the pixels: detach nothing in the network")
        require_finite("the network's logits", logits, "it has diverged")
        (gradient,) = torch.autograd.grad(logits.sum(), x)
    return gradient.abs().sum(1)


def rank_correlation(a: Tensor, b: Tensor) -> Tensor:
    """Spearman's rank correlation of a[i] with b[i], [n] (float64, on the CPU), for a and b [n, ...] of the same shape.

    The correlation of the ranks: 1 if both order the pixels alike, 0 on average if they have nothing to do with each
    other. Equal values share their mean rank. A constant map has no order: NaN.
    """
    for name, maps in (("a", a), ("b", b)):
        if not isinstance(maps, Tensor) or maps.numel() == 0:
            raise ValueError(f"rank_correlation needs two tensors [n, ...], and {name} is {shown(maps)}")
        require_finite(name, maps)
    if a.shape != b.shape or a.ndim < 2:
        raise ValueError(
            f"rank_correlation needs two tensors [n, m, ...] alike, not {list(a.shape)} and {list(b.shape)}"
        )
    ranks = [torch.from_numpy(rankdata(maps.detach().flatten(1).cpu().double().numpy(), axis=1)) for maps in (a, b)]
    first, second = (r - r.mean(1, keepdim=True) for r in ranks)
    return (first * second).sum(1) / (first.norm(dim=1) * second.norm(dim=1))
