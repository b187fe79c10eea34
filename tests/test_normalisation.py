"""Spectral normalisation: the bound it promises, in training and after."""

import copy

import pytest
import torch
from torch import nn

from course_utils import models, objectives, training
from course_utils.data import Ring
from course_utils.models import spectrally_normalised


def steep(network):
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(20)
    return network


@pytest.mark.parametrize(
    ("network", "shape"),
    [
        (models.PointDiscriminator(hidden=(16, 16)), (2,)),
        (models.DCGANDiscriminator(width=2), (1, 28, 28)),
        (nn.Conv1d(2, 3, 3), (2, 9)),
    ],
)
def test_every_weights_largest_singular_value_is_one(network, shape):
    assert spectrally_normalised(steep(network)) is network
    for _ in range(30):  # rounds of the power iteration
        network(torch.randn(2, *shape))
    for layer in network.modules():
        if isinstance(layer, nn.Linear | nn.Conv1d | nn.Conv2d):
            assert torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item() == pytest.approx(1, abs=1e-2)


def test_a_transposed_convolution_is_read_with_its_outputs_first():
    layer = spectrally_normalised(nn.ConvTranspose2d(6, 3, 4))
    for _ in range(30):
        layer(torch.randn(1, 6, 2, 2))
    assert torch.linalg.matrix_norm(layer.weight.detach().transpose(0, 1).flatten(1), 2).item() == pytest.approx(
        1, 1e-3
    )


def test_the_network_is_lipschitz_while_it_is_trained():
    """‖D(x) − D(y)‖ ≤ ‖x − y‖ for linear layers and leaky ReLU, even for a loss that rewards a steep critic."""
    torch.manual_seed(0)
    generator, critic = models.PointGenerator(hidden=(8,)), steep(models.PointDiscriminator(hidden=(16, 16)))
    x, y = torch.randn(500, 2), torch.randn(500, 2)

    def steepest(critic):
        return ((critic(x) - critic(y)).abs() / (x - y).norm(dim=1)).max().item()

    assert steepest(critic) > 2
    spectrally_normalised(critic)
    optimizer = training.adam(critic, lr=1e-2)
    options = {"objective": objectives.WASSERSTEIN, "d_optimizer": optimizer, "progress": False}
    training.train_gan(generator, critic, Ring().sample, steps=30, **options)
    assert 0 < steepest(critic.eval()) < 1.01


def test_parameters_stay_the_same_objects_and_the_rest_is_left_alone():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Linear(4, 1))
    before = {id(parameter) for parameter in network.parameters()}
    bias = network[2].bias.clone()
    spectrally_normalised(network)
    assert {id(parameter) for parameter in network.parameters()} == before
    assert torch.equal(network[2].bias, bias) and not nn.utils.parametrize.is_parametrized(network[1])


def test_twice_is_once():
    once = spectrally_normalised(models.mlp([2, 4, 1]))
    keys = list(once.state_dict())
    assert list(spectrally_normalised(once).state_dict()) == keys
    x = torch.randn(3, 2)
    assert torch.equal(copy.deepcopy(once).eval()(x), once.eval()(x))


def test_a_network_without_weights_to_normalise_is_refused():
    with pytest.raises(ValueError, match="no linear or convolutional layer"):
        spectrally_normalised(nn.Sequential(nn.ReLU()))
