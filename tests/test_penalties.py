"""R1 against closed forms, for any shape of data."""

import pytest
import torch
from torch import nn

from course_utils.objectives import r1_penalty


@pytest.mark.parametrize("shape", [(2,), (1, 28, 28), (3, 4, 5)])
@pytest.mark.parametrize("n", [1, 7])
def test_a_linear_discriminator_pays_half_gamma_times_its_squared_slope(shape, n):
    """For D(x) = w·x the gradient is w everywhere: the penalty is γ/2 ‖w‖², whatever the batch."""
    w = torch.randn(shape, dtype=torch.float64)
    x = torch.randn(n, *shape, dtype=torch.float64)
    penalty = r1_penalty(lambda x: (x * w).flatten(1).sum(1), x, gamma=3.0)
    assert penalty.item() == pytest.approx(1.5 * w.square().sum().item(), rel=1e-12)


def test_a_quadratic_discriminator():
    """D(x) = ‖x‖² has the gradient 2x: the penalty is γ/2 · E 4‖x‖²."""
    x = torch.tensor([[1.0, 2.0], [0.0, 3.0]])
    assert r1_penalty(lambda x: x.square().sum(1), x, gamma=1.0).item() == pytest.approx(0.5 * 4 * (5 + 9) / 2)


def test_its_gradient_reaches_the_discriminator_and_agrees_with_finite_differences():
    x = torch.randn(4, 2, dtype=torch.float64)

    def of(w):
        return r1_penalty(lambda x: torch.tanh(x @ w), x, gamma=0.7)

    assert torch.autograd.gradcheck(of, torch.tensor([0.3, -1.2], dtype=torch.float64, requires_grad=True))


def test_the_data_get_no_gradient():
    x = torch.randn(3, 2, requires_grad=True)
    r1_penalty(nn.Linear(2, 1), x).backward()
    assert x.grad is None


def test_a_negative_gamma_is_refused():
    with pytest.raises(ValueError, match="at least 0"):
        r1_penalty(nn.Linear(2, 1), torch.randn(3, 2), gamma=-1)
