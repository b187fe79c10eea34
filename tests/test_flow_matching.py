"""Flow matching: its minimum is the mean of what is predicted, at whatever times and weighted in any way."""

import pytest
import torch

from course_utils import data, models, objectives, training
from course_utils.objectives import PREDICTIONS, FlowMatching, LinearPath, VariancePreservingPath

TOY = data.Mixture([[1.0, -0.5], [-1.0, 0.5]], 0.3)
PATHS = pytest.mark.parametrize("path", [LinearPath(), VariancePreservingPath()], ids=repr)


def most_times(n, like):
    """Up to .9: the score is large near the end, where its loss would be a mean of few large numbers."""
    return 0.9 * torch.rand(n).to(like)


@PATHS
@pytest.mark.parametrize("predicts", PREDICTIONS)
@pytest.mark.parametrize("weight", [None, lambda t: 1 + 5 * t], ids=["unweighted", "weighted"])
def test_no_prediction_has_a_smaller_loss_than_the_mean_of_the_target_and_its_loss_is_not_0(path, predicts, weight):
    exact, loss = models.MixtureVelocity(TOY, path), FlowMatching(path, predicts, most_times, weight)

    def best(x, t):
        t = t.clamp(1e-3)
        return path.convert(exact(x, t), x, t, "velocity", predicts)

    def loss_of(network):
        torch.manual_seed(0)
        return loss(network, TOY.sample(50_000).double()).item()

    least = loss_of(best)
    assert least > 0.1
    for other in (
        lambda x, t: best(x, t) + 0.2,
        lambda x, t: 1.1 * best(x, t),
        lambda x, t: best(x, (0.9 - t).clamp(0)),
        lambda x, t: -best(x, t),
        lambda x, t: torch.zeros_like(x),
    ):
        assert loss_of(other) > 1.003 * least


def test_the_loss_by_hand():
    torch.manual_seed(0)
    x = torch.randn(6, 1, 4, 4)
    made = FlowMatching(weight=lambda t: t)(lambda x, t: 2 * x, x)
    torch.manual_seed(0)
    torch.randn(6, 1, 4, 4)
    noise, t = torch.randn(6, 1, 4, 4), torch.rand(6)
    by_hand = [
        t[i] * sum((2 * (t[i] * x[i] + (1 - t[i]) * noise[i]) - (x[i] - noise[i])).flatten() ** 2) for i in range(6)
    ]
    assert torch.allclose(made, sum(by_hand) / 6)


def test_logit_normal_times_have_their_quantiles_and_come_from_the_global_generator():
    torch.manual_seed(0)
    t = objectives.LogitNormalTimes(0.5, 2.0)(200_000, torch.zeros(1))
    assert t.median().item() == pytest.approx(torch.tensor(0.5).sigmoid().item(), abs=0.01)
    assert t.quantile(0.8413).item() == pytest.approx(torch.tensor(2.5).sigmoid().item(), abs=0.01)
    torch.manual_seed(0)
    assert torch.equal(objectives.LogitNormalTimes(0.5, 2.0)(200_000, torch.zeros(1)), t)


def test_a_network_learns_the_marginal_velocity_and_its_samples_are_the_toy_s():
    torch.manual_seed(0)
    toy, velocity = data.Ring(4, std=0.3), models.PointVelocity((64, 64))
    training.train_model(
        velocity, toy.sample, FlowMatching(), steps=600, batch_size=256, progress=False,
        optimizer=training.adam(velocity, 3e-3), schedule=training.linear_decay,
    )  # fmt: skip
    times = torch.rand(1000)
    places = LinearPath().place(toy.sample(1000), torch.randn(1000, 2), times)
    exact = models.MixtureVelocity(toy)(places, times)
    with torch.no_grad():
        away = (velocity(places, times) - exact).square().mean()
    assert away < 0.4 * exact.square().mean()
    drawn = models.ode_path(velocity, torch.randn(1000, 2))
    assert drawn.shape == (51, 1000, 2)
    likely = [toy.log_prob(x).mean().item() for x in (drawn[0], drawn[-1], toy.sample(1000))]
    assert likely[0] < likely[1] - 3 and likely[1] > likely[2] - 2


def test_runs_with_another_path_prediction_times_or_weight_are_other_runs(tmp_path):
    def train(steps, **options):
        torch.manual_seed(0)
        network = models.PointVelocity((8,))
        return training.train_model(
            network, TOY.sample, FlowMatching(**options), steps=steps, progress=False, checkpoint=tmp_path / "run.pt",
            checkpoint_every=2,
        )  # fmt: skip

    train(2)
    assert train(4).steps_done == 4
    for other in (
        {"path": VariancePreservingPath()}, {"predicts": "noise"}, {"times": objectives.LogitNormalTimes()},
        {"weight": torch.square},
    ):  # fmt: skip
        with pytest.raises(training.CheckpointError, match="loss"):
            train(4, **other)
