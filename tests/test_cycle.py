"""The losses and networks that go there and back."""

import pytest
import torch

from course_utils import models, objectives
from course_utils.objectives import CycleELBO, cycle_consistency_loss, gaussian_kl, identity_loss


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


@pytest.mark.parametrize("loss", [cycle_consistency_loss, identity_loss])
def test_distances_are_means_of_absolute_differences(loss):
    x, y = torch.zeros(2, 1, 2, 2), torch.zeros(2, 1, 2, 2)
    y[0, 0, 0] = torch.tensor([1.0, -3.0])
    assert loss(x, y) == 0.5
    assert loss(x, x) == 0
    with pytest.raises(ValueError, match="same shape"):
        loss(x, y[:1])


def test_a_local_translator_sees_only_its_neighbourhood():
    translator = models.LocalTranslator(width=4, layers=3)
    x = torch.zeros(1, 1, 14, 14, requires_grad=True)
    y = translator(x)
    assert y.shape == x.shape
    y[0, 0, 7, 7].backward()
    rows = x.grad[0, 0].abs().sum(1).nonzero().flatten()
    assert (rows.min(), rows.max()) == (4, 10)
    with pytest.raises(ValueError, match="layers must be at least 2"):
        models.LocalTranslator(layers=1)


def test_a_dense_translator_reaches_everywhere_and_may_start_at_the_image():
    x = torch.randn(3, 1, 6, 6)
    plain, skip = models.DenseTranslator(6, (8,)), models.DenseTranslator(6, (8,), skip=True)
    assert plain(x).shape == x.shape
    assert plain(100 * x).abs().max() <= 1
    for parameter in skip.parameters():
        torch.nn.init.zeros_(parameter)
    assert torch.equal(skip(x), x)


def test_a_pair_hands_out_its_parameters_and_goes_there_and_back():
    discriminators = [models.FullyConnectedDiscriminator((8,), 6) for _ in range(2)]
    pair = models.CyclePair(*(models.DenseTranslator(6, (8,)) for _ in range(2)), *discriminators)
    both = [*pair.translators(), *pair.discriminators()]
    assert {id(p) for p in both} == {id(p) for p in pair.parameters()}
    assert len(both) == len(list(pair.parameters()))
    a = torch.randn(2, 1, 6, 6)
    assert torch.equal(pair.there_and_back(a), pair.to_a(pair.to_b(a)))
    assert not pair.there(a).requires_grad


# --- two codes ------------------------------------------------------------------------------------------------


def two_codes() -> models.CycleVAE:
    return models.CycleVAE(3, 2, hidden=(8,), image_size=4).double()


def binary(n=5) -> torch.Tensor:
    return torch.randint(2, (n, 1, 4, 4)).double()


def test_a_cycle_vae_has_two_codes():
    model, x = two_codes(), binary()
    mean, log_var, specified = model.encode(x)
    assert (mean.shape, log_var.shape, specified.shape) == ((5, 3), (5, 3), (5, 2))
    logits = model.decode(mean, specified)
    assert logits.shape == x.shape
    assert torch.equal(model.probabilities(mean, specified), logits.sigmoid())
    torch.testing.assert_close(model.images(mean, specified), 2 * logits.sigmoid() - 1)
    torch.testing.assert_close(
        model.log_likelihood(x, mean, specified), -torch.nn.functional.softplus((1 - 2 * x) * logits).flatten(1).sum(1)
    )
    with pytest.raises(ValueError, match="specified_dim must be at least 1"):
        models.CycleVAE(3, 0)


def test_the_loss_is_the_sum_of_its_named_parts():
    model, x, partner = two_codes(), binary(), binary()
    losses = CycleELBO(beta=2.0, cycle_weight=3.0)(model, x, partner)
    expected = -losses["log_likelihood"] + 2 * losses["kl"] + 3 * losses["cycle"]
    torch.testing.assert_close(losses["loss"], expected)
    torch.testing.assert_close(losses["kl"], gaussian_kl(*model.encode(x)[:2]).sum(1).mean())
    assert losses["cycle"] > 0
    assert CycleELBO()(model, x, partner)["cycle"] == 0


def test_swapping_takes_the_class_code_from_the_partner_and_the_rest_from_the_image():
    model, x, partner = two_codes(), binary(), binary()

    def log_likelihood(objective, x, partner):
        torch.manual_seed(1)
        return objective(model, x, partner)["log_likelihood"]

    mean, log_var, _ = model.encode(x)
    torch.manual_seed(1)
    z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
    for swap, whose in ((True, partner), (False, x)):
        expected = model.log_likelihood(x, z, model.encode(whose)[2]).mean()
        torch.testing.assert_close(log_likelihood(CycleELBO(swap=swap), x, partner), expected)


def test_the_backward_cycle_is_zero_for_a_code_that_does_not_depend_on_the_class_code():
    model, x, partner = two_codes(), binary(), binary()
    with torch.no_grad():
        model.decoder[0][0].weight[:, 3:] = 0  # the decoder ignores s: a degenerate way to close the cycle
    assert CycleELBO(cycle_weight=1.0)(model, x, partner)["cycle"] == 0


def test_bad_weights_and_shapes_are_named():
    with pytest.raises(ValueError, match="beta must be at least 0"):
        CycleELBO(beta=-1.0)
    with pytest.raises(ValueError, match="partner"):
        objectives.CycleELBO()(two_codes(), binary(4), binary(5))
