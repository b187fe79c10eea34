"""What the student writes in lesson 05 is what the package and PyTorch have."""

import pytest
import torch

from course_utils import evaluation, objectives
from course_utils.checks.turns.lesson_05 import TURNS

(saturating_slope, non_saturating_slope), (signal_to_noise,), (correction,), (soft_loss,) = (
    [part.reference for part in turn.parts] for turn in TURNS
)


def test_the_slopes_are_those_of_the_packages_losses():
    f = (4 * torch.randn(9, dtype=torch.double)).requires_grad_()
    for slope, loss in (
        (saturating_slope, objectives.saturating_generator_loss),
        (non_saturating_slope, objectives.non_saturating_generator_loss),
    ):
        (found,) = torch.autograd.grad(len(f) * loss(f), f)
        assert torch.allclose(slope(f), found)


def test_the_ratio_is_that_of_the_package():
    weight, shifts = torch.zeros(6, requires_grad=True), torch.randn(16, 6) + 0.5
    rows = iter(shifts)
    theirs = evaluation.gradient_signal_to_noise(lambda: (weight * next(rows)).sum(), [weight], batches=16)
    assert signal_to_noise(shifts).item() == pytest.approx(theirs, rel=1e-4)


def test_the_correction_gives_each_row_its_norm_and_keeps_its_direction():
    rows = torch.tensor([[3.0, 4.0], [0.0, -1e-20], [0.0, 0.0]])
    assert torch.allclose(correction(rows, 2.0), torch.tensor([[1.2, 1.6], [0.0, -2.0], [0.0, 0.0]]))


def test_the_soft_loss_with_one_soft_label_is_that_of_the_package():
    r, f = torch.randn(2, 8, dtype=torch.double)
    for smoothing in (0.0, 0.1):
        theirs = objectives.cross_entropy_discriminator_loss(r, f, label_smoothing=smoothing)
        assert soft_loss(r, f, 1 - smoothing, 0.0) == pytest.approx(theirs.item())
