"""What the student writes in lesson 11 is what the package has."""

import pytest
import torch

from course_utils import models, objectives
from course_utils.checks.turns.lesson_11 import TURNS

cycle_loss, receptive_field, _ = (turn.parts[0].reference for turn in TURNS)  # the pool: tests/test_image_pool.py


def test_the_cycle_loss_is_the_packages_in_both_directions():
    torch.manual_seed(0)
    to_b, to_a = models.LocalTranslator(), models.LocalTranslator()
    a, b = torch.randn(3, 1, 14, 14), torch.randn(5, 1, 14, 14)
    expected = objectives.cycle_consistency_loss(a, to_a(to_b(a))) + objectives.cycle_consistency_loss(b, to_b(to_a(b)))
    assert torch.equal(cycle_loss(to_b, to_a, a, b), expected)


@pytest.mark.parametrize("halvings", [1, 2, 3])
def test_the_receptive_field_is_the_packages(halvings):
    layers = [(4, 2)] * halvings + [(4, 1)] * 2
    assert receptive_field(layers) == models.PatchDiscriminator(2, halvings).receptive_field
