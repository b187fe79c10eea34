"""PatchGAN: what a logit sees, and that it judges patches; and the translator that is trained against it."""

import pytest
import torch
from torch import nn

from course_utils import models
from course_utils.checks.turns.lesson_11.field import receptive_field


def without_norm(network: models.PatchDiscriminator) -> models.PatchDiscriminator:
    """InstanceNorm lets every logit see the whole map's mean and spread; what the kernels see is asked without it."""
    network.net = nn.Sequential(*(nn.Identity() if isinstance(x, nn.InstanceNorm2d) else x for x in network.net))
    return network.double()


@pytest.mark.parametrize(("halvings", "side"), [(1, 16), (2, 34), (3, 70)])
def test_the_receptive_field_is_the_papers_and_that_of_the_gradient(halvings, side):
    torch.manual_seed(0)
    network = without_norm(models.PatchDiscriminator(4, halvings))
    assert network.receptive_field == side == receptive_field([(4, 2)] * halvings + [(4, 1)] * 2)
    x = torch.randn(1, 1, 160, 160, dtype=torch.float64, requires_grad=True)
    logits = network(x)
    middle = logits.shape[-1] // 2
    (gradient,) = torch.autograd.grad(logits[0, middle, middle], x)
    rows, columns = (gradient[0, 0].abs().sum(axis).nonzero().flatten() for axis in (1, 0))
    assert rows[-1] - rows[0] + 1 == columns[-1] - columns[0] + 1 == side


def test_it_is_the_70_by_70_patchgan_of_the_paper():
    """C64-C128-C256-C512 and a last layer of one channel: 2,764,737 weights in convolutions, for colour images."""
    network = models.PatchDiscriminator(64, 3, channels=3)
    convolutions = [layer for layer in network.net if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [64, 128, 256, 512, 1]
    assert [layer.stride[0] for layer in convolutions] == [2, 2, 2, 1, 1]
    expected = sum(16 * m * n + n for m, n in ((3, 64), (64, 128), (128, 256), (256, 512), (512, 1)))
    assert sum(weight.numel() for layer in convolutions for weight in layer.parameters()) == expected == 2_764_737
    assert network(torch.randn(2, 3, 256, 256)).shape == (2, 30, 30)


def test_a_shifted_image_has_shifted_logits():
    """One judge for all patches: away from the border a shift by the stride shifts the map by one."""
    torch.manual_seed(0)
    network = without_norm(models.PatchDiscriminator(4, 1))
    x = torch.randn(1, 1, 48, 48, dtype=torch.float64)
    here, there = network(x), network(x.roll(2, 2))
    torch.testing.assert_close(there[:, 9:-8, 8:-8], here[:, 8:-9, 8:-8])


def test_images_do_not_see_each_other():
    torch.manual_seed(0)
    network = models.PatchDiscriminator(4, 1, channels=3).double()
    x = torch.randn(3, 3, 28, 28, dtype=torch.float64)
    assert network(x).shape == (3, 12, 12)
    torch.testing.assert_close(network(x)[:1], network(x[:1]))


def test_the_translator_returns_images_of_the_other_domain_and_sees_all_of_its_input():
    torch.manual_seed(0)
    translator = models.ResidualTranslator(4, 2, channels=1, channels_made=3)
    x = torch.randn(2, 1, 28, 28, requires_grad=True)
    made = translator(x)
    assert made.shape == (2, 3, 28, 28) and made.abs().max() < 1
    (gradient,) = torch.autograd.grad(made[0, 0, 14, 14], x)
    assert (gradient[0] != 0).float().mean() > 0.9 and (gradient[1] == 0).all()
    assert translator(torch.randn(1, 1, 32, 40)).shape == (1, 3, 32, 40)
