"""What a network class of a student's computes, whatever its layers are called and however they are initialised."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

from course_utils.checks.observe import Observations


def answers_of(make: Callable[[], nn.Module], width: int) -> Observations:
    """The result of the network on a batch [5, width] and on a single sample [1, width], in float64.

    Weights of the same shape get the same numbers, so that it does not matter in which order layers were made.
    """
    own = torch.Generator().manual_seed(int(torch.randint(2**31, ())))  # however many numbers an initialisation draws
    network = make()
    if not isinstance(network, nn.Module):
        return {"what the class makes": type(network).__name__, "a network, which has weights": False}
    x = torch.randn(5, width, dtype=torch.float64, generator=own)
    network.double()(x)  # lazy layers have no weights before
    weights = list(network.parameters())
    seen: Observations = {"the number of weights that an optimiser would move": sum(w.numel() for w in weights)}
    numbers: dict[torch.Size, Tensor] = {}
    with torch.no_grad():
        for weight in sorted(weights, key=lambda weight: tuple(weight.shape)):
            drawn = numbers.setdefault(weight.shape, torch.randn(weight.shape, dtype=torch.float64, generator=own))
            weight.copy_(drawn / weight.shape[-1] ** 0.5)
        seen["what it makes of a batch of 5"] = network(x)
        seen["what it makes of a batch of 1"] = network(x[:1])
    seen["a result without a way back to the weights"] = not getattr(network(x), "requires_grad", False)
    result = network(x.requires_grad_())
    flows = isinstance(result, Tensor) and result.requires_grad
    found = torch.autograd.grad(result.sum(), x, allow_unused=True)[0] if flows else None
    seen["a gradient that reaches the input"] = found is not None and bool(found.any())
    return seen
