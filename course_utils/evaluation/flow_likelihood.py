"""How likely a flow finds given data: what arrives at a place has come from one start, stretched by a known amount."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from course_utils.inputs import require_choice, require_count, require_function
from course_utils.models.evaluating import evaluating
from course_utils.models.sampling import METHODS
from course_utils.objectives.variational import gaussian_log_density
from course_utils.tensor_inputs import require_same_shape, require_tensor
from course_utils.training.randomness import forked_random_state, require_seed


@dataclass(frozen=True)
class FlowLikelihood:
    """`nats` [n]: log p(x) of each sample. `errors` [n]: the standard error of each that the random probes leave; NaN
    where there was one probe, and 0 where the divergence is exact. `start` [n, …]: the noise that each came from.
    """

    nats: Tensor
    errors: Tensor
    start: Tensor

    def __repr__(self) -> str:
        n = len(self.nats)
        error = (self.nats.var() / n).sqrt().item() if n > 1 else float("nan")
        return f"log p(x) {self.nats.mean().item():.2f} ± {error:.2f} nats ({n:,} samples)"


def flow_log_likelihood(
    velocity: Callable[[Tensor, Tensor], Tensor],
    x: Tensor,
    *,
    steps: int = 100,
    method: str = "heun",
    probes: int | None = None,
    seed: int = 0,
) -> FlowLikelihood:
    """log p(x) of data x [n, …] under the flow dx/dt = v(x, t) from N(0, I) at t = 0, by the change of variables

        log p(x) = log N(x(0); 0, I) − ∫₀¹ div v(x(t), t) dt,

    along the way back from x in `steps` steps of `method`. Where a step is too long, the number is that of no density:
    double `steps` until it stays. The divergence, Σ ∂v_i/∂x_i, is exact with `probes` None, in as many backward passes
    as x has numbers; otherwise it is the mean of e·∂(v·e)/∂x over that many probes e of ±1, the same ones at each time
    (Hutchinson), which is right on average, in as many passes. It is the likelihood of what `models.ode_path` draws,
    not of what is drawn with noise. Sources: Chen et al. 2018; Grathwohl et al. 2019; Song et al. 2021.
    """
    require_function("velocity", velocity, "a function (x, t) → velocities, or a network", takes=2)
    require_tensor("x", x, ("n", ...), "a batch of data")
    steps, seed = require_count("steps", steps), require_seed(seed)
    step = METHODS[require_choice("method", method, METHODS)]
    shape, n, dim = x.shape, len(x), x[0].numel()
    with forked_random_state(x.device, seed):
        probes = None if probes is None else require_count("probes", probes)
        if probes is None:
            directions = torch.eye(dim, dtype=x.dtype, device=x.device)[:, None].expand(dim, n, dim)
        else:
            directions = torch.randint(0, 2, (probes, n, dim), device=x.device).to(x.dtype) * 2 - 1

    def with_divergence(state: Tensor, t: Tensor) -> Tensor:
        """Of [x, the integrals so far], flat: the velocity, and along each direction e · ∂(v · e)/∂x."""
        with torch.enable_grad():
            places = state[:, :dim].reshape(shape).detach().requires_grad_()
            moves = velocity(places, t)
            require_same_shape("a velocity for each number of x", velocity=moves, x=places)
            moves = moves + 0 * places  # a velocity that does not depend on x has no graph of its own
            stretched = [
                torch.autograd.grad((moves.flatten(1) * e).sum(), places, retain_graph=True)[0] for e in directions
            ]
        along = [(s.flatten(1) * e).sum(1) for e, s in zip(directions, stretched, strict=True)]
        return torch.cat([moves.detach().flatten(1), torch.stack(along, 1)], 1)

    networks = [velocity] if isinstance(velocity, nn.Module) else []
    state = torch.cat([x.detach().flatten(1), x.new_zeros(n, len(directions))], 1)
    with evaluating(*networks):
        for k in range(steps, 0, -1):
            state = step(with_divergence, state, k / steps, -1 / steps)
    start, integrals = state[:, :dim], -state[:, dim:]  # the way led back, from 1 to 0
    integral = integrals.sum(1) if probes is None else integrals.mean(1)
    errors = torch.zeros_like(integral)
    if probes is not None:
        errors = integrals.std(1) / probes**0.5 if probes > 1 else errors.fill_(float("nan"))
    return FlowLikelihood(gaussian_log_density(start) - integral, errors, start.reshape(shape))
