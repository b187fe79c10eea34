"""What the student writes in lesson 10 is what the package has."""

import torch
from torch import nn

from course_utils import models
from course_utils.checks.turns.lesson_10 import TURNS

film, project, drop = (turn.parts[0].reference for turn in TURNS)
LABELS = torch.tensor([3, 0, 9, 3])


def test_film_is_the_packages_layer():
    torch.manual_seed(3)
    layer, h = models.FiLM(5, norm=nn.BatchNorm1d(5, affine=False)).double(), torch.randn(4, 5).double()
    nn.init.normal_(layer.scale), nn.init.normal_(layer.shift)
    assert torch.equal(film(layer.norm(h), LABELS, layer.scale, layer.shift), layer(h, LABELS))


def test_the_projection_is_the_packages():
    torch.manual_seed(3)
    D, x = models.ConditionalDiscriminator(width=2, how="projection").double(), torch.randn(4, 1, 28, 28).double()
    logits = project(D.body(x), D.body.features(x), D.directions.weight, LABELS)
    torch.testing.assert_close(logits, D(x, LABELS))


def test_dropped_labels_are_a_class_that_a_network_of_eleven_takes():
    torch.manual_seed(3)
    labels = torch.arange(10).repeat(1000)
    dropped = drop(labels, 0.1)
    assert torch.equal(dropped[dropped < 10], labels[dropped < 10]) and abs((dropped == 10).float().mean() - 0.1) < 0.02
    assert models.ConditionalVAE(3, 11, (8,)).decode(torch.randn(50, 3), dropped[:50]).shape == (50, 1, 28, 28)
