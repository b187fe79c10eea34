"""Shapes, initial weights and clear errors of the networks."""

import pytest
import torch
from torch import nn

from course_utils import models
from course_utils.models import dcgan


@pytest.mark.parametrize("image_size", [28, 32, 64])
@pytest.mark.parametrize("channels", [1, 3])
def test_the_dcgan_pair_fits_its_images_and_itself(image_size, channels):
    generator = models.DCGANGenerator(latent_dim=8, width=4, image_size=image_size, channels=channels)
    discriminator = models.DCGANDiscriminator(width=4, image_size=image_size, channels=channels, dropout=0.3)
    images = generator(torch.randn(5, 8))
    assert images.shape == (5, channels, image_size, image_size)
    assert images.abs().max() <= 1
    assert discriminator(images).shape == (5,)


@pytest.mark.parametrize("image_size", [27, 56, 128])
def test_other_image_sizes_are_refused(image_size):
    with pytest.raises(ValueError, match=f"not {image_size}×{image_size}"):
        models.DCGANGenerator(image_size=image_size)


def test_the_56_pixel_mistake_is_caught_while_the_network_is_built():
    three_doublings = nn.Sequential(*[nn.ConvTranspose2d(1, 1, 4, stride=2, padding=1) for _ in range(3)])
    with pytest.raises(ValueError, match=r"56, 56\) instead of \(2, 1, 28, 28"):
        dcgan._require_output(three_doublings, (1, 7, 7), (1, 28, 28))


def test_building_leaves_the_network_in_training_mode_with_fresh_statistics():
    generator = models.DCGANGenerator(latent_dim=8, width=4)
    assert generator.training
    norms = [layer for layer in generator.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert norms and all(norm.num_batches_tracked == 0 and norm.running_mean.abs().max() == 0 for norm in norms)


def test_an_untrained_pair_starts_undecided():
    """Initial logits near 0 and images in the middle of tanh's range: both players start with gradients."""
    torch.manual_seed(0)
    images = models.DCGANGenerator(latent_dim=16, width=16)(torch.randn(64, 16))
    assert images.abs().mean() < 0.9
    assert models.DCGANDiscriminator(width=16)(images).abs().max() < 1


def test_the_fully_connected_pair_is_the_articles_one():
    generator = models.FullyConnectedGenerator(latent_dim=100)
    widths = [layer.out_features for layer in generator.modules() if isinstance(layer, nn.Linear)]
    assert widths == [128, 128, 784]
    images = generator(torch.randn(3, 100))
    assert images.shape == (3, 1, 28, 28) and images.abs().max() <= 1
    assert models.FullyConnectedDiscriminator()(images).shape == (3,)


def test_the_point_pair():
    points = models.PointGenerator(latent_dim=3, dim=2)(torch.randn(5, 3))
    assert points.shape == (5, 2)
    assert models.PointDiscriminator(dim=2)(points).shape == (5,)


def test_mlp_has_an_activation_between_layers_and_none_at_the_end():
    assert [type(layer) for layer in models.mlp([2, 8, 8, 1])] == [nn.Linear, nn.ReLU, nn.Linear, nn.ReLU, nn.Linear]


@pytest.mark.parametrize("sizes", [[2], [2, 0, 1], []])
def test_mlp_refuses_impossible_widths(sizes):
    with pytest.raises(ValueError, match="positive widths|each of sizes must be at least 1"):
        models.mlp(sizes)


def test_summary_counts_every_parameter_and_shows_every_shape():
    discriminator = models.DCGANDiscriminator(width=4)
    table = models.summary(discriminator, 1, 28, 28)
    total = sum(p.numel() for p in discriminator.parameters())
    assert f"{total:,}" in table.splitlines()[-1]
    assert "4×14×14" in table and "32×4×4" in table and "Conv2d 1 → 4, 4×4, stride 2" in table
    assert discriminator.training and not discriminator.net[0]._forward_hooks


def test_summary_explains_a_wrong_input_shape():
    with pytest.raises(ValueError, match="does not accept an input of shape"):
        models.summary(models.DCGANDiscriminator(width=4), 3, 28, 28)


def test_latent_vectors_are_standard_normal_and_seeded():
    torch.manual_seed(1)
    z = models.sample_latent(20_000, 4)
    torch.manual_seed(1)
    assert torch.equal(z, models.sample_latent(20_000, 4))
    assert z.shape == (20_000, 4) and abs(z.mean()) < 0.02 and abs(z.std() - 1) < 0.02
