"""Adam whatever happened to the memory layout; rates that a run leaves as it found them; averages; frozen layers."""

import copy

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrize
from torch.nn.utils import spectral_norm as old_spectral_norm

from course_utils import models, training
from course_utils.training.schedules import Rates


def convolutions():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.Tanh(), nn.Conv2d(8, 4, 3), nn.Flatten(), nn.LazyLinear(1))


def updates(network, optimizer, seed, steps=4):
    torch.manual_seed(seed)
    for _ in range(steps):
        optimizer.zero_grad()
        network(torch.randn(16, 3, 8, 8)).square().mean().backward()
        optimizer.step()


def flat(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def trained(make_optimizer, between):
    """The weights after four updates, something done to the network or its optimiser, and four more."""
    network = convolutions()
    network(torch.randn(1, 3, 8, 8))
    optimizer = make_optimizer(network)
    updates(network, optimizer, 1)
    network, optimizer = between(network, optimizer) or (network, optimizer)
    updates(network, optimizer, 2)
    return flat(network)


def to_channels_last(network, optimizer):
    network.to(memory_format=torch.channels_last)


def through_a_checkpoint_of_the_other_layout(network, optimizer):
    state = copy.deepcopy(optimizer.state_dict())
    network.to(memory_format=torch.channels_last)
    fresh = training.adam(network) if type(optimizer.param_groups[0].get("fused")) is bool else None
    fresh = fresh or torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=False)
    fresh.load_state_dict(state)
    return network, fresh


@pytest.mark.parametrize("between", [to_channels_last, through_a_checkpoint_of_the_other_layout])
def test_adam_pairs_each_moment_with_its_weight_whatever_happened_to_the_layout(between, double):
    def unfused(network):
        return torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=False)

    torch.testing.assert_close(trained(training.adam, between), trained(unfused, between), atol=1e-12, rtol=0)


def test_adam_takes_gradients_of_another_layout(double):
    fused, plain = convolutions(), convolutions()
    for network, optimizer in (
        (fused, training.adam), (plain, lambda net: torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999))),
    ):  # fmt: skip
        network(torch.zeros(1, 3, 8, 8))
        torch.manual_seed(3)
        with torch.no_grad():
            network[4].weight.normal_(), network[4].bias.zero_()
        adam = optimizer(network)
        network(torch.randn(4, 3, 8, 8)).square().mean().backward()
        for p in network.parameters():
            if p.ndim == 4:
                p.grad = p.grad.to(memory_format=torch.channels_last)
        adam.step()
    torch.testing.assert_close(flat(fused), flat(plain), atol=1e-12, rtol=0)


def test_rates_are_scaled_from_what_their_owner_set_and_put_back():
    network = nn.Linear(1, 1)
    optimizer = training.adam(network, lr=0.5)
    rates = Rates([optimizer])
    rates.scale(0.25)
    assert optimizer.param_groups[0]["lr"] == 0.125
    rates.put_back()
    assert optimizer.param_groups[0]["lr"] == 0.5
    rates.scale(0.5)
    optimizer.param_groups[0]["lr"] = 0.3  # by hand, in a callback
    rates.put_back()
    assert optimizer.param_groups[0]["lr"] == 0.3


# --- averages -----------------------------------------------------------------------------------------------------


def new_kind():
    torch.manual_seed(0)
    return models.spectrally_normalised(nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(288, 4)))


def old_kind():
    torch.manual_seed(0)
    layers = old_spectral_norm(nn.Conv2d(1, 8, 3)), nn.ReLU(), nn.Flatten(), old_spectral_norm(nn.Linear(288, 4))
    return nn.Sequential(*layers)


def largest_singular_values(network):
    with torch.no_grad():
        network(torch.zeros(1, 1, 8, 8))  # the old kind computes its weights in the forward pass
    layers = [layer for layer in network if hasattr(layer, "weight")]
    return [torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2).item() for layer in layers]


@pytest.mark.parametrize("make", [new_kind, old_kind])
def test_the_layers_of_an_average_have_the_norm_that_spectral_normalisation_promises(make):
    """Averages of the singular vectors themselves are shorter than 1: norms of 1.0 to 4.4 were seen."""

    def loss(net, x):
        return (net(x) - 3 * x.mean((1, 2, 3))[:, None]).square().mean()

    run = training.train_model(
        make(), lambda n: torch.randn(n, 1, 8, 8), loss, steps=200, batch_size=32, ema_decay=0.9, progress=False
    )
    assert largest_singular_values(run.ema) == pytest.approx([1.0, 1.0], rel=0.01)
    if make is new_kind:
        assert parametrize.is_parametrized(run.ema[0]) and not run.ema[0].parametrizations.weight.training


# --- frozen layers ------------------------------------------------------------------------------------------------


def network_with_norm():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


def train(network):
    loss = lambda net, x: net(x).square().mean()  # noqa: E731
    return training.train_model(network, lambda n: torch.randn(n, 2) + 5, loss, steps=3, progress=False)


def test_a_frozen_batchnorm_stays_frozen_in_training():
    network = network_with_norm()
    network[1].eval()
    with models.evaluating(network):
        pass
    train(network)
    assert network.training and not network[1].training
    assert network[1].running_mean.eq(0).all() and network[1].num_batches_tracked == 0


def test_a_batchnorm_frozen_by_its_weights_stays_frozen_in_a_network_that_was_evaluated():
    network = network_with_norm()
    network[1].requires_grad_(False)
    train(network.eval())
    assert network.training and not network[1].training and network[1].num_batches_tracked == 0


def test_a_network_in_evaluation_mode_is_woken():
    network = network_with_norm().eval()
    train(network)
    assert network.training and network[1].training and network[1].num_batches_tracked == 3
