"""What the student writes in lesson 06: the gradient of the losses, and rounds with known eigenvalues."""

import pytest
import torch

from course_utils import objectives
from course_utils.checks.turns.lesson_06 import TURNS
from course_utils.checks.turns.lesson_06.field import non_saturating

minimax, alternating, extragradient = (turn.parts[0].reference for turn in TURNS)


@pytest.mark.parametrize(
    ("field", "objective"), [(minimax, objectives.MINIMAX), (non_saturating, objectives.NON_SATURATING)]
)
def test_the_fields_are_the_gradients_of_the_packages_losses(field, objective):
    states = torch.randn(40, 2, dtype=torch.float64)
    theta, psi = (column.clone().requires_grad_() for column in states.unbind(1))
    (g,) = torch.autograd.grad(objective.generator_loss(theta * psi), theta)
    (d,) = torch.autograd.grad(objective.discriminator_loss(0 * psi, theta * psi), psi)
    assert torch.allclose(field(states), -40 * torch.stack([g, d], 1))


@pytest.mark.parametrize(
    ("step", "expected"), [(alternating, 1.0), (extragradient, ((1 - 0.3**2 / 4) ** 2 + 0.3**2 / 4) ** 0.5)]
)
def test_a_round_has_the_modulus_that_the_lesson_derives(step, expected):
    jacobian = torch.autograd.functional.jacobian(lambda s: step(s, minimax, 0.3), torch.zeros(2).double())
    assert abs(torch.linalg.eigvals(jacobian).abs().max().item() - expected) < 1e-9
