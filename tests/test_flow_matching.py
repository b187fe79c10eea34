"""Flow matching in the plane, against the marginal velocity, which is known for a Gaussian."""

import pytest
import torch

from course_utils import data, models, objectives, training


class MarginalVelocity(torch.nn.Module):
    """Of data N(m, s² I): x_t ~ N(t m, w I) with w = (1 − t)² + t² s²; v(x, t) = m + (t s² − (1 − t)) (x − t m) / w."""

    def __init__(self, mean, std):
        super().__init__()
        self.mean, self.std = torch.tensor(mean), std

    def forward(self, x, t):
        t = t[:, None]
        variance = (1 - t) ** 2 + t**2 * self.std**2
        return self.mean + (t * self.std**2 - (1 - t)) / variance * (x - t * self.mean)


def test_the_marginal_velocity_carries_noise_to_the_data_and_euler_s_error_halves_with_the_step():
    torch.manual_seed(0)
    start = torch.randn(20_000, 2)
    exact = torch.tensor([1.0, -0.5]) + 0.3 * start  # the flow of a Gaussian is a linear map
    velocity = MarginalVelocity([1.0, -0.5], 0.3)
    errors = [(models.euler_path(velocity, start, n)[-1] - exact).norm(dim=1).mean().item() for n in (50, 100, 200)]
    assert errors[0] < 0.02
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.1) and errors[1] / errors[2] == pytest.approx(2, rel=0.1)


def test_no_velocity_has_a_smaller_loss_than_the_marginal_one_and_its_loss_is_not_0():
    toy = data.Mixture([[1.0, -0.5]], 0.3)

    def loss_of(velocity):
        torch.manual_seed(0)
        return objectives.flow_matching_loss(velocity, toy.sample(50_000)).item()

    best = MarginalVelocity([1.0, -0.5], 0.3)
    least = loss_of(best)
    assert least > 0.1
    for other in (
        lambda x, t: best(x, t) + 0.1,
        lambda x, t: 1.1 * best(x, t),
        lambda x, t: best(x, 1 - t),
        lambda x, t: -best(x, t),
        lambda x, t: torch.zeros_like(x),
    ):
        assert loss_of(other) > least + 0.005


def test_a_network_learns_it():
    torch.manual_seed(0)
    toy, velocity = data.Ring(4, std=0.1), models.PointVelocity((64, 64))
    training.train_model(
        velocity, toy.sample, objectives.flow_matching_loss, steps=600, batch_size=256, progress=False,
        optimizer=training.adam(velocity, 3e-3),
    )  # fmt: skip
    drawn = models.euler_path(velocity, torch.randn(1000, 2))
    near = (torch.cdist(drawn[-1], toy.modes).min(1).values < 0.5).float().mean()
    before = (torch.cdist(drawn[0], toy.modes).min(1).values < 0.5).float().mean()
    assert drawn.shape == (51, 1000, 2) and near > 0.8 > 0.3 > before


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: models.euler_path(models.PointVelocity(), torch.randn(5, 2), 0), "steps"),
        (lambda: models.euler_path(lambda x, t: x, torch.randn(5, 2)), "velocity must be"),
        (lambda: models.euler_path(models.PointVelocity(), torch.randn(5, 3)), "x"),
        (lambda: models.PointVelocity()(torch.randn(5, 2), torch.zeros(())), "t must be"),
        (lambda: objectives.flow_matching_loss(lambda x, t: x.sum(), torch.randn(5, 2)), "velocity"),
        (lambda: objectives.flow_matching_loss(None, torch.randn(5, 2)), "velocity must be"),
        (lambda: objectives.flow_matching_loss(models.PointVelocity(), torch.zeros(5, 2).long()), "x must be"),
    ],
)
def test_wrong_inputs_are_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
