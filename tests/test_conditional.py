"""Labels in G and D: each way against the formula it stands for, and what wrong labels are told."""

import pytest
import torch
from torch.nn.functional import one_hot

from course_utils.models import (
    VAE,
    AuxiliaryClassifierDiscriminator,
    ConditionalDiscriminator,
    ConditionalGenerator,
    ConditionalVAE,
    DCGANDiscriminator,
    DCGANGenerator,
)
from course_utils.objectives import ELBO

LABELS = torch.tensor([3, 0, 9, 3])
WAYS = ["concatenation", "embedding", "projection"]


def images(n: int = 4) -> torch.Tensor:
    torch.manual_seed(0)
    return torch.rand(n, 1, 28, 28) * 2 - 1


def test_the_generator_is_a_dcgan_whose_input_holds_the_label():
    generator = ConditionalGenerator(latent_dim=8, width=4).eval()
    z = torch.randn(4, 8)
    x = generator(z, LABELS)
    assert x.shape == (4, 1, 28, 28) and x.abs().max() <= 1 and generator.latent_dim == 8
    assert isinstance(generator.body, DCGANGenerator)
    torch.testing.assert_close(x, generator.body(torch.cat([z, one_hot(LABELS, 10).float()], dim=1)))


def test_appending_a_one_hot_label_adds_a_learned_vector_for_each_class():
    generator = ConditionalGenerator(latent_dim=8, width=4)
    dense = generator.body.net[0]
    z = torch.randn(4, 8)
    together = dense(torch.cat([z, one_hot(LABELS, 10).float()], dim=1))
    torch.testing.assert_close(together, z @ dense.weight[:, :8].T + dense.weight[:, 8:].T[LABELS])


@pytest.mark.parametrize("how", WAYS)
def test_a_conditional_discriminator_gives_one_logit_that_depends_on_the_label(how):
    discriminator = ConditionalDiscriminator(width=2, how=how)
    x = images()
    logits = discriminator(x, LABELS)
    assert logits.shape == (4,) and isinstance(discriminator.body, DCGANDiscriminator)
    other = discriminator(x, (LABELS + torch.tensor([0, 1, 0, 0])) % 10)
    assert torch.equal(logits != other, torch.tensor([False, True, False, False]))


def test_projection_is_psi_of_phi_plus_an_inner_product():
    discriminator = ConditionalDiscriminator(width=2)
    x = images()
    phi = discriminator.body.features(x)
    expected = discriminator.body(x) + (discriminator.directions.weight[LABELS] * phi).sum(1)
    torch.testing.assert_close(discriminator(x, LABELS), expected)


def test_concatenation_marks_the_label_with_a_channel_of_ones():
    discriminator = ConditionalDiscriminator(width=2, how="concatenation")
    x = images()
    planes = torch.zeros(4, 10, 28, 28)
    planes[torch.arange(4), LABELS] = 1
    torch.testing.assert_close(discriminator(x, LABELS), discriminator.body(torch.cat([x, planes], 1)))


def test_embedding_appends_a_learned_map_in_which_every_weight_is_used():
    discriminator = ConditionalDiscriminator(width=2, how="embedding")
    x = images()
    maps = discriminator.maps.weight[LABELS].view(4, 1, 28, 28)
    torch.testing.assert_close(discriminator(x, LABELS), discriminator.body(torch.cat([x, maps], 1)))
    discriminator(x, LABELS).sum().backward()
    used = discriminator.maps.weight.grad.abs().sum(1) > 0
    assert used.nonzero().flatten().tolist() == [0, 3, 9]


def test_an_auxiliary_classifier_returns_two_heads_and_is_not_told_the_label():
    discriminator = AuxiliaryClassifierDiscriminator(width=2)
    x = images()
    logits, class_logits = discriminator(x, LABELS)
    assert logits.shape == (4,) and class_logits.shape == (4, 10)
    torch.testing.assert_close(logits, discriminator.body(x))
    for told in (None, LABELS * 0):
        assert all(torch.equal(a, b) for a, b in zip(discriminator(x, told), (logits, class_logits), strict=True))


@pytest.mark.parametrize("how", WAYS)
def test_all_weights_of_a_pair_get_a_gradient(how):
    generator, discriminator = ConditionalGenerator(8, 4), ConditionalDiscriminator(2, how=how)
    discriminator(generator(torch.randn(20, 8), torch.arange(20) % 10), torch.arange(20) % 10).sum().backward()
    for network in (generator, discriminator):
        assert [name for name, p in network.named_parameters() if p.grad is None or not p.grad.any()] == []


def test_other_shapes_and_numbers_of_classes_fit_too():
    generator = ConditionalGenerator(latent_dim=5, width=4, classes=3, image_size=32, channels=2)
    labels = torch.tensor([0, 2])
    x = generator(torch.randn(2, 5), labels)
    assert x.shape == (2, 2, 32, 32)
    for how in WAYS:
        assert ConditionalDiscriminator(2, 3, how, image_size=32, channels=2)(x, labels).shape == (2,)
    assert AuxiliaryClassifierDiscriminator(2, 3, image_size=32, channels=2)(x)[1].shape == (2, 3)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([0, 1, 2, 10]), r"labels must lie in 0 … 9, but they range from 0 to 10"),
        (torch.tensor([0, 1, 2, -1]), "range from -1 to 2"),
        (torch.tensor([0.0, 1.0, 2.0, 3.0]), r"int64 tensor \[4\].*not torch.float32 \[4\]"),
        (torch.tensor([0, 1, 2, 3], dtype=torch.int32), "not torch.int32"),
        (torch.tensor([0, 1, 2]), r"not torch.int64 \[3\]"),
        (one_hot(LABELS, 10), r"not torch.int64 \[4, 10\]"),
        ([0, 1, 2, 3], "not list"),
        (3, "not 3"),
    ],
)
def test_wrong_labels_are_named(labels, message):
    with pytest.raises(ValueError, match=message):
        ConditionalGenerator(8, 4)(torch.randn(4, 8), labels)
    for how in WAYS:
        with pytest.raises(ValueError, match=message):
            ConditionalDiscriminator(2, how=how)(images(), labels)


def test_an_unknown_way_is_named():
    with pytest.raises(ValueError, match="'concatenation', 'embedding', 'projection', not 'sum'"):
        ConditionalDiscriminator(2, how="sum")


def test_a_conditional_vae_is_a_vae_that_takes_labels():
    vae = ConditionalVAE(latent_dim=5, hidden=(16, 12))
    assert isinstance(vae, VAE)
    x = (images() > 0).float()
    mean, log_var = vae.encode(x, LABELS)
    assert mean.shape == log_var.shape == (4, 5)
    flat = torch.cat([x.flatten(1), one_hot(LABELS, 10).float()], dim=1)
    torch.testing.assert_close(torch.cat([mean, log_var], 1), vae.encoder.net(flat))
    logits = vae.decode(mean, LABELS)
    assert logits.shape == x.shape and vae.prior(LABELS) is None
    assert not torch.equal(logits, vae.decode(mean, (LABELS + 1) % 10))
    losses = ELBO()(vae, x, LABELS)
    losses["loss"].backward()
    assert [name for name, p in vae.named_parameters() if not p.grad.any()] == []


def test_a_conditional_vae_names_wrong_labels():
    vae = ConditionalVAE(latent_dim=2, classes=3, hidden=(8,))
    with pytest.raises(ValueError, match="0 … 2, but they range from 0 to 9"):
        vae.encode(images(), LABELS)
    with pytest.raises(ValueError, match=r"int64 tensor \[1\]"):
        vae.decode(torch.zeros(1, 2), torch.tensor([0.0]))
