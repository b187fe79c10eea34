"""Weight clipping: after every step, of every weight, and of nobody else's."""

import pytest
import torch

from course_utils import models, objectives, training
from course_utils.data import Ring
from course_utils.training import adam, clip_weights


def largest(network):
    return max(parameter.abs().max().item() for parameter in network.parameters())


def train(generator, critic, optimizer, steps=5):
    return training.train_gan(
        generator, critic, Ring().sample, steps=steps, batch_size=16, objective=objectives.WASSERSTEIN,
        d_optimizer=optimizer, d_steps=2, progress=False,
    )  # fmt: skip


def pair():
    torch.manual_seed(0)
    return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16, 16))


def test_the_critics_weights_and_biases_stay_within_the_limit_and_the_generators_do_not():
    generator, critic = pair()
    optimizer = clip_weights(adam(critic, lr=0.05), 0.03)  # the course's Adam is the fused one
    assert optimizer.defaults["fused"]
    seen = []
    optimizer.register_step_post_hook(lambda *_: seen.append(largest(critic)))
    run = train(generator, critic, optimizer)
    assert len(seen) == 10 and max(seen) == pytest.approx(0.03, rel=1e-6)
    assert largest(generator) > 0.1 and run.rows.isfinite().all()


def test_what_is_within_the_limit_moves_as_without_it():
    def weights(limit):
        generator, critic = pair()
        optimizer = adam(critic) if limit is None else clip_weights(adam(critic), limit)
        train(generator, critic, optimizer)
        return torch.cat([parameter.detach().flatten() for parameter in critic.parameters()])

    assert torch.equal(weights(100.0), weights(None))
    assert not torch.equal(weights(0.1), weights(None))


def test_it_returns_the_optimiser_it_was_given_and_waits_for_its_step():
    _, critic = pair()
    optimizer = torch.optim.SGD(critic.parameters(), lr=0.0)
    assert clip_weights(optimizer, 0.01) is optimizer
    assert largest(critic) > 0.1
    critic(torch.randn(2, 2)).sum().backward()
    optimizer.step()
    assert largest(critic) == pytest.approx(0.01)


@pytest.mark.parametrize("limit", [0.0, -0.01, float("nan")])
def test_a_limit_that_leaves_nothing_is_refused(limit):
    with pytest.raises(ValueError, match="must be above 0"):
        clip_weights(adam(pair()[1]), limit)
