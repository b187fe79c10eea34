"""What lets a discriminator see several samples at once."""

import pytest
import torch
from torch import nn

from course_utils import data, models, training


@pytest.mark.parametrize("shape", [(5, 3), (2, 5, 3), (5, 3, 4, 4)], ids=["vectors", "ensemble", "maps"])
def test_minibatch_std_appends_the_spread_of_the_batch(shape):
    torch.manual_seed(0)
    x = torch.randn(shape)
    y = models.MinibatchStd()(x)
    features, batch = (1, 0) if len(shape) == 4 else (-1, -2)
    deviation = x.std(batch, correction=0)
    expected = deviation.mean(-1)[:, None, None].expand(2, 5, 1) if len(shape) == 3 else deviation.mean()
    assert y.shape[features] == 4
    assert torch.equal(y.narrow(features, 0, 3), x)
    added = y.narrow(features, 3, 1)
    torch.testing.assert_close(added, expected.expand_as(added), atol=1e-5, rtol=0)


def test_minibatch_std_of_a_collapsed_batch_is_zero_with_a_finite_gradient():
    x = torch.zeros(4, 2, requires_grad=True)
    y = models.MinibatchStd()(x)
    assert y[:, 2].max() < 1e-3
    y.sum().backward()
    assert x.grad.isfinite().all()


def test_a_discriminator_that_looks_at_whole_batches_sees_real_and_fake_apart():
    lengths = []
    discriminator = models.PointDiscriminator(hidden=(8,), minibatch_std=True)
    discriminator.register_forward_hook(lambda module, inputs, output: lengths.append(len(inputs[0])))
    ring = data.Ring()
    training.train_gan(models.PointGenerator(), discriminator, ring.sample, steps=1, batch_size=16, progress=False)
    assert lengths[-3:] == [16, 16, 16]  # real, fake, and fake again for G; those before are the first look


def test_a_pack_is_made_of_neighbours():
    seen = []

    class Watch(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x.flatten(1).sum(1)

    logits = models.Packed(Watch(), 2)(torch.arange(8.0).reshape(4, 2))
    assert torch.equal(seen[0], torch.tensor([[0.0, 1, 2, 3], [4, 5, 6, 7]]))
    assert logits.shape == (2,)
    images = torch.arange(4.0)[:, None, None, None].expand(4, 3, 5, 5)
    models.Packed(Watch(), 2)(images)
    assert seen[1].shape == (2, 6, 5, 5)
    assert torch.equal(seen[1][0, :, 0, 0], torch.tensor([0.0, 0, 0, 1, 1, 1]))


def test_packs_that_do_not_fill_are_refused():
    packed = models.Packed(models.PointDiscriminator(dim=8), 4)
    with pytest.raises(ValueError, match="10 samples cannot be packed by 4"):
        packed(torch.zeros(10, 2))
    with pytest.raises(ValueError, match="batch_size 10 must be a multiple of 4"):
        training.train_gan(models.PointGenerator(), packed, data.Ring().sample, steps=1, batch_size=10, progress=False)
    with pytest.raises(ValueError, match="pack must be at least 1, not 0: it is a number of samples"):
        models.Packed(models.PointDiscriminator(), 0)


def test_features_are_what_the_last_layer_sees():
    discriminator, x = models.PointDiscriminator(hidden=(8, 5)), torch.randn(3, 2)
    assert discriminator.features(x).shape == (3, 5)
    torch.testing.assert_close(discriminator.net[-1](discriminator.features(x)).squeeze(-1), discriminator(x))
    images = models.DCGANDiscriminator(width=4)
    assert images.features(torch.zeros(2, 1, 28, 28)).shape == (2, 512)
