"""K networks as one: a stack computes what its networks compute, and gives them back."""

import pytest
import torch
from torch import nn

from course_utils import models, training

NETWORKS = {
    "generator": lambda: models.PointGenerator(hidden=(8, 8)),
    "discriminator": models.PointDiscriminator,
    "minibatch std": lambda: models.PointDiscriminator(minibatch_std=True),
    "PacGAN generator": models.PacGANGenerator,
    "PacGAN discriminator": models.PacGANDiscriminator,
    "packed": lambda: models.Packed(models.PointDiscriminator(dim=6), 3),
    "no bias": lambda: nn.Sequential(nn.Linear(2, 3, bias=False)),
}


@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("training", [True, False], ids=["train", "eval"])
def test_a_stack_computes_what_its_networks_compute(double, make, training):
    torch.manual_seed(0)
    networks = [make().train(training) for _ in range(4)]
    whole = models.stack(networks).train(training)
    x = torch.randn(4, 6, 2)
    together = whole(x)
    assert whole.members == 4
    for k, network in enumerate(networks):
        torch.testing.assert_close(together[k], network(x[k]), atol=1e-12, rtol=1e-10)
        part = models.unstack(whole, k).eval()
        torch.testing.assert_close(part(x[k]), network.eval()(x[k]), atol=1e-12, rtol=1e-10)  # running statistics too
        assert not hasattr(part, "members")


def test_a_stack_holds_copies():
    network = models.PointGenerator()
    whole = models.stack([network, network])
    with torch.no_grad():
        for parameter in whole.parameters():
            parameter.zero_()
    assert network.net[0].weight.abs().sum() > 0
    whole = models.stack([network])
    with torch.no_grad():
        models.unstack(whole, 0).net[0].weight.zero_()
    assert whole.net[0].weight.abs().sum() > 0


def test_what_cannot_be_stacked_is_explained():
    with pytest.raises(ValueError, match="at least one network"):
        models.stack([])
    with pytest.raises(ValueError, match="one architecture"):
        models.stack([models.PointGenerator(hidden=(8,)), models.PointGenerator(hidden=(9,))])
    with pytest.raises(ValueError, match="Conv2d holds tensors of its own"):
        models.stack([models.DCGANDiscriminator()])
    with pytest.raises(ValueError, match="not a stacked network"):
        models.unstack(models.PointGenerator(), 0)
    with pytest.raises(IndexError, match="members 0 to 1, not 2"):
        models.unstack(models.stack([models.PointGenerator()] * 2), 2)


def test_a_buffer_that_all_share_is_kept_and_one_that_differs_is_refused():
    noisy = [models.InstanceNoise(models.PointDiscriminator(), std=0.5) for _ in range(2)]
    whole = models.stack(noisy)
    assert whole.std == 0.5
    assert models.unstack(whole, 1).std == 0.5
    whole.std.fill_(0.1)
    assert noisy[0].std == 0.5
    with pytest.raises(ValueError, match="InstanceNoise holds tensors of its own"):
        models.stack([noisy[0], models.InstanceNoise(models.PointDiscriminator(), std=0.4)])


def test_maxout_takes_the_largest_of_its_pieces():
    layer = models.Maxout(2, 3, pieces=4)
    x = torch.randn(5, 2)
    assert torch.equal(layer(x), layer.linear(x).reshape(5, 3, 4).max(-1).values)


def test_networks_side_by_side_train_as_each_would_alone(double):
    """With plain gradient descent, where a Kth of the gradient is a Kth of the step."""
    K, n = 3, 5
    torch.manual_seed(0)
    velocities = [models.PointVelocity((8,)) for _ in range(K)]
    together = models.SideBySide(models.stack(velocities))
    data, steps = torch.randn(4, K, n, 2), 4

    def train(network, batches, rate):
        draws, loss = iter(batches), lambda net, x: (net(x, x[:, 0].sigmoid()) - x).square().sum(1).mean()
        training.train_model(
            network, lambda m: next(draws) if m > 2 else torch.zeros(m, 2), loss, steps=steps,
            batch_size=len(batches[0]), optimizer=torch.optim.SGD(network.parameters(), rate), progress=False,
        )  # fmt: skip

    with torch.no_grad():
        before = together(data[0].flatten(0, 1), torch.zeros(K * n))
    train(together, list(data.flatten(1, 2)), 0.01 * K)
    for k, alone in enumerate(velocities):
        with torch.no_grad():
            assert torch.allclose(alone(data[0, k], torch.zeros(n)), before.unflatten(0, (K, n))[k])
        train(alone, list(data[:, k]), 0.01)
        for mine, other in zip(models.unstack(together.network, k).parameters(), alone.parameters(), strict=True):
            torch.testing.assert_close(mine, other)
    some = torch.randn(2 * K - 1, 2)
    way = models.ode_path(together, some, 3)
    assert way.shape == (4, 2 * K - 1, 2)
    last = models.ode_path(models.unstack(together.network, K - 1), some[-1:], 3)
    torch.testing.assert_close(way[:, -1:], last)
