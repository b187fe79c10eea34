"""Flow matching: the velocity that carries noise to data is a regression."""

from collections.abc import Callable

import torch
from torch import Tensor

from course_utils.inputs import require_function
from course_utils.tensor_inputs import require_same_shape, require_tensor


def flow_matching_loss(velocity: Callable[[Tensor, Tensor], Tensor], x: Tensor) -> Tensor:
    """E ‖v(x_t, t) − (x − ε)‖² over data x [n, dim], noise ε ~ N(0, I) and times t ~ U(0, 1), a scalar,

        x_t = (1 − t) ε + t x,

    the squares summed over the dimensions and averaged over the batch. Its minimum over all functions is the marginal
    velocity, y ↦ the mean of x − ε given x_t = y, and is not 0: many pairs (ε, x) pass the same place y. Sources:
    Lipman et al. 2023; Liu et al. 2023 (the straight path).
    """
    require_function("velocity", velocity, "a function (x_t, t) → velocities", takes=2)
    require_tensor("x", x, ("n", "dim"), "a batch of points")
    noise, t = torch.randn_like(x), torch.rand(len(x), device=x.device, dtype=x.dtype)
    made = velocity(torch.lerp(noise, x, t[:, None]), t)
    require_same_shape("a velocity for each sample", velocity=made, x=x)
    return (made - (x - noise)).square().sum(1).mean()
