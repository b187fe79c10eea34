"""What the student writes in lesson 03 is what PyTorch and the package have."""

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_utils import models
from course_utils.checks.turns.lesson_03 import TURNS

stamped, Generator, he_std = (turn.parts[0].reference for turn in TURNS)


@pytest.mark.parametrize(("kernel", "stride"), [(1, 1), (3, 2), (4, 2), (5, 2), (2, 3)])
def test_stamps_are_a_transposed_convolution(kernel, stride):
    x, pattern = torch.randn(4, 6, dtype=torch.double), torch.randn(kernel, kernel, dtype=torch.double)
    theirs = F.conv_transpose2d(x[None, None], pattern[None, None], stride=stride)[0, 0]
    assert torch.allclose(stamped(x, pattern, stride), theirs)


@pytest.mark.parametrize("width", [3, 32])
def test_the_generator_is_that_of_the_package(width):
    torch.manual_seed(3)
    mine, theirs = Generator(width), models.DCGANGenerator(width=width)
    theirs.load_state_dict(dict(zip(theirs.state_dict(), mine.state_dict().values(), strict=True)))
    z = torch.randn(5, 32)
    assert torch.equal(mine(z), theirs(z)) and torch.equal(mine.eval()(z), theirs.eval()(z))
    assert mine.latent_dim == theirs.latent_dim


def test_he_keeps_the_size_of_the_values_from_layer_to_layer():
    """The variance before each ReLU is 2 × the mean square of what goes in × m × (2/m) / 2: it stays."""
    torch.manual_seed(3)
    layer = nn.ConvTranspose2d(200, 50, 4, stride=2, padding=1, bias=False)
    nn.init.normal_(layer.weight, std=he_std(layer))
    with torch.no_grad():
        out = layer(torch.randn(8, 200, 9, 9).relu())[:, :, 3:-3, 3:-3]
    assert abs(out.var().item() - 1) < 0.05
    dense = nn.Linear(400, 300, bias=False)
    nn.init.normal_(dense.weight, std=he_std(dense))
    assert abs(dense(torch.randn(500, 400).relu()).var().item() - 1) < 0.05
