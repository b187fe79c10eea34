"""What the student writes in lesson 07 is what the package, and scipy's linear programme, have."""

import numpy as np
import torch
from scipy.optimize import linprog

from course_utils import models, objectives
from course_utils.checks.turns.lesson_07 import TURNS

transport, move_critic, r2 = (turn.parts[0].reference for turn in TURNS)


def test_no_plan_that_splits_points_is_cheaper_than_the_pairing():
    torch.manual_seed(3)
    real, fake, n = torch.randn(7, 2), torch.randn(7, 2) + 1, 7
    each_row, each_column = np.kron(np.eye(n), np.ones(n)), np.kron(np.ones(n), np.eye(n))
    best = linprog(
        torch.cdist(real, fake).flatten().numpy(),
        A_eq=np.vstack([each_row, each_column]),
        b_eq=np.full(2 * n, 1 / n),
    )
    assert abs(best.fun - float(transport(real, fake)[0])) < 1e-6


def test_the_turns_r2_is_the_packages():
    torch.manual_seed(3)
    D, fake = models.PointDiscriminator(hidden=(8,)), torch.randn(6, 2)
    assert torch.allclose(r2(D, None, fake, 0.3), objectives.r2_penalty(D, None, fake, gamma=0.3))


def test_a_critic_on_a_line_learns_the_price_of_a_shift():
    """Two points 3 apart: with a one-sided penalty the value is W (1 + W/2λ) = 3 (1 + 3/20)."""
    torch.manual_seed(3)
    critic = models.PointDiscriminator(hidden=(16,), dim=1)
    real, fake = torch.full((32, 1), 3.0), torch.zeros(32, 1)

    def charge(f, x, y):
        return objectives.gradient_penalty(f, x, y, weight=10.0, one_sided=True)

    optimizer = torch.optim.Adam(critic.parameters(), 1e-2)
    value = move_critic(critic, optimizer, lambda: (real, fake), charge, 600)
    assert abs(value.item() - 3.45) < 0.1
