"""The penalties against closed forms, for any shape of data, and their second-order gradients."""

from functools import partial

import pytest
import torch
from torch import nn

from course_utils import models, training
from course_utils.data import Ring
from course_utils.objectives import dragan_penalty, gradient_penalty, r1_penalty, r1_r2_penalty, r2_penalty

EVERY = (r1_penalty, r2_penalty, r1_r2_penalty, gradient_penalty, dragan_penalty)
SLOPED = (gradient_penalty, dragan_penalty)  # those that pull the slope to a target
SHAPES = [(), (2,), (1, 28, 28), (3, 4, 5)]

each = pytest.mark.parametrize("penalty", EVERY, ids=lambda p: p.__name__)
each_sloped = pytest.mark.parametrize("penalty", SLOPED, ids=lambda p: p.__name__)


def linear(w):
    return lambda x: (x * w).reshape(len(x), -1).sum(1)


def quadratic(x):
    return 0.5 * x.reshape(len(x), -1).square().sum(1)


def batches(n, *shape):
    return torch.randn(n, *shape, dtype=torch.float64), 3 + torch.randn(n, *shape, dtype=torch.float64)


# --- linear discriminators: the slope is w everywhere ---------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 7])
@pytest.mark.parametrize("target", [0.0, 1.0, 30.0])
@each_sloped
def test_a_linear_discriminator_pays_for_its_slopes_distance_from_the_target(penalty, n, shape, target):
    """weight · (‖w‖ − target)², whatever the batch and the shape: this catches every wrong gradient penalty."""
    w, (real, fake) = torch.randn(shape, dtype=torch.float64), batches(n, *shape)
    paid = penalty(linear(w), real, fake, weight=10.0, target=target)
    assert paid.shape == ()
    assert paid.item() == pytest.approx(10 * (w.norm().item() - target) ** 2, abs=1e-6)
    single = penalty(linear(w.float()), real.float(), fake.float(), weight=1.0, target=target)
    norm = w.norm().item()
    rounding = 2 * abs(norm - target) * 1e-6 * norm  # by which the square moves with the norm's last digits in float32
    assert single.item() == pytest.approx((norm - target) ** 2, rel=1e-6, abs=1e-6 + rounding)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("n", [1, 7])
def test_a_linear_discriminator_pays_half_gamma_times_its_squared_slope(n, shape):
    w, (real, fake) = torch.randn(shape, dtype=torch.float64), batches(n, *shape)
    half = 1.5 * w.square().sum().item()
    assert r1_penalty(linear(w), real, gamma=3.0).item() == pytest.approx(half, rel=1e-12)
    assert r2_penalty(linear(w), None, fake, gamma=3.0).item() == pytest.approx(half, rel=1e-12)
    assert r1_r2_penalty(linear(w), real, fake, gamma=3.0).item() == pytest.approx(2 * half, rel=1e-12)


@each
def test_a_column_of_logits_is_as_good_as_a_row(penalty):
    w, (real, fake) = torch.randn(2, dtype=torch.float64), batches(5, 2)
    torch.manual_seed(0)
    row = penalty(linear(w), real, fake)
    torch.manual_seed(0)
    assert penalty(lambda x: linear(w)(x)[:, None], real, fake) == row


def test_one_side_charges_only_what_is_too_steep():
    real, fake = batches(6, 4)
    flat, steep = torch.full((4,), 0.25, dtype=torch.float64), torch.full((4,), 1.5, dtype=torch.float64)
    assert gradient_penalty(linear(flat), real, fake, one_sided=True).item() == 0  # its slope is 0.5
    assert gradient_penalty(linear(flat), real, fake).item() == pytest.approx(2.5)
    assert gradient_penalty(linear(steep), real, fake, one_sided=True).item() == pytest.approx(40)  # its slope is 3


# --- quadratic discriminators: the slope is x, so what is paid shows where it was measured ---------------------------


def test_a_quadratic_discriminator_pays_where_the_data_are():
    real, fake = torch.tensor([[1.0, 2.0], [0.0, 3.0]]), torch.tensor([[4.0, 0.0], [2.0, 2.0]])
    assert r1_penalty(quadratic, real, fake, gamma=2.0).item() == pytest.approx((5 + 9) / 2)
    assert r2_penalty(quadratic, real, fake, gamma=2.0).item() == pytest.approx((16 + 8) / 2)


@pytest.mark.parametrize("shape", SHAPES)
def test_both_at_once_are_the_sum_of_r1_and_r2(shape):
    real, fake = batches(5, *shape)
    separate = r1_penalty(quadratic, real, fake, gamma=0.7) + r2_penalty(quadratic, real, fake, gamma=0.7)
    torch.testing.assert_close(r1_r2_penalty(quadratic, real, fake, gamma=0.7), separate)


def test_both_at_once_pass_the_discriminator_once_and_keep_an_ensembles_members_together():
    """An ensemble is penalised as one batch [K·n, …]; its discriminator gives each member an equal run of rows."""
    calls, steepness = [], torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)

    def ensemble(x):
        calls.append(len(x))
        return (quadratic(x).unflatten(0, (3, -1)) * steepness[:, None]).flatten()

    real, fake = (batch.unflatten(0, (3, 4)) for batch in batches(12, 2))
    single = [
        r1_r2_penalty(lambda x, a=a: a * quadratic(x), r, f) for a, r, f in zip(steepness, real, fake, strict=True)
    ]
    paid = r1_r2_penalty(ensemble, real.flatten(0, 1), fake.flatten(0, 1))
    torch.testing.assert_close(3 * paid, sum(single))
    assert calls == [24]


@pytest.mark.parametrize("shape", SHAPES)
def test_each_sample_has_one_place_of_its_own_between_real_and_fake(shape):
    """Fails for one ε a batch, for one ε a pixel, and for a norm over the whole batch."""
    n, seen = 200, []
    real, fake = torch.ones(n, *shape, dtype=torch.float64), torch.full((n, *shape), 3.0, dtype=torch.float64)

    def watched(x):
        seen.append(x.detach().reshape(n, -1))
        return quadratic(x)

    paid = gradient_penalty(watched, real, fake, weight=1.0, target=0.5)
    (points,) = seen
    places = (points[:, 0] - 1) / 2  # 1 − ε
    assert (points == points[:, :1]).all()
    assert len(places.unique()) == n
    assert 0 <= places.min() < 0.05 and 0.95 < places.max() <= 1 and abs(places.mean() - 0.5) < 0.1
    assert paid.item() == pytest.approx((points.norm(dim=1) - 0.5).square().mean().item(), rel=1e-12)


def test_dragan_looks_around_the_real_samples_as_far_as_they_spread():
    real, seen = 5 + 2 * torch.randn(400, 3, dtype=torch.float64), []

    def watched(x):
        seen.append(x.detach())
        return quadratic(x)

    paid = dragan_penalty(watched, real, weight=2.0, target=1.5, spread=0.25)
    noise = (seen[0] - real) / (0.25 * real.std(correction=0))
    assert noise.min() >= 0 and noise.max() <= 1
    assert noise.mean().item() == pytest.approx(0.5, abs=0.05) and noise.std().item() == pytest.approx(
        12**-0.5, abs=0.02
    )
    assert paid.item() == pytest.approx(2 * (seen[0].norm(dim=1) - 1.5).square().mean().item(), rel=1e-12)
    dragan_penalty(watched, real, spread=0.0)
    assert torch.equal(seen[1], real)


# --- what the discriminator learns from it: second-order gradients ---------------------------------------------------


@each
@pytest.mark.parametrize("one_sided", [False, True])
def test_its_gradient_reaches_the_discriminator_and_agrees_with_finite_differences(penalty, one_sided):
    real, fake = batches(4, 2)
    penalty = partial(penalty, one_sided=True, target=0.1) if one_sided and penalty is gradient_penalty else penalty

    def of(w, v):
        torch.manual_seed(0)  # the same places between real and fake every time
        return penalty(lambda x: torch.tanh(0.3 * x @ w) @ v, real, fake)

    w = torch.tensor([[0.3, -1.2, 0.5], [0.8, 0.1, -0.4]], dtype=torch.float64, requires_grad=True)
    v = torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(of, (w, v))
    assert torch.autograd.gradgradcheck(of, (w, v))


@each_sloped
def test_the_gradient_of_a_linear_discriminators_penalty_is_the_closed_form(penalty):
    """∂/∂w weight (‖w‖ − t)² = 2 weight (‖w‖ − t) w/‖w‖."""
    w, (real, fake) = torch.tensor([3.0, -4.0], dtype=torch.float64, requires_grad=True), batches(6, 2)
    penalty(linear(w), real, fake, weight=10.0, target=2.0).backward()
    torch.testing.assert_close(w.grad, 2 * 10 * (5 - 2) * w.detach() / 5)


@each
@pytest.mark.parametrize("sides", [(-5.0, -5.0), (-5.0, 5.0)], ids=["flat at all", "flat at some"])
def test_nothing_is_nan_where_the_discriminator_is_flat(penalty, sides):
    """A norm's derivative at 0 must not poison the weights, neither in their gradient nor in the gradient of that."""
    w = torch.tensor([1.0, 0.1], requires_grad=True)
    real, fake = torch.randn(8, 2), torch.randn(8, 2)
    real[:4, 0] = fake[:4, 0] = sides[0]
    real[4:, 0] = fake[4:, 0] = sides[1]
    paid = penalty(lambda x: (x @ w).relu().square(), real, fake)  # its slope is 2 max(0, x·w) w
    (first,) = torch.autograd.grad(paid, w, create_graph=True)
    (second,) = torch.autograd.grad(first.sum(), w)
    assert paid.isfinite() and first.isfinite().all() and second.isfinite().all()
    if sides[1] < 0:
        assert paid.item() == (10 if penalty in SLOPED else 0) and (first == 0).all()
    else:
        assert (first != 0).any()


@each
def test_the_data_get_no_gradient(penalty):
    real, fake = (torch.randn(3, 2, requires_grad=True) for _ in range(2))
    discriminator = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    penalty(discriminator, real, fake).backward()
    assert real.grad is None and fake.grad is None
    assert discriminator[0].weight.grad.abs().sum() > 0


@each
def test_the_training_loop_takes_it(penalty):
    torch.manual_seed(0)
    pair = models.PointGenerator(hidden=(8,)), models.PointDiscriminator(hidden=(8,))
    run = training.train_gan(*pair, Ring().sample, steps=3, batch_size=8, penalty=penalty, progress=False)
    assert run.rows.isfinite().all()


# --- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("penalty", "number"),
    [
        (r1_penalty, "gamma"),
        (r2_penalty, "gamma"),
        (r1_r2_penalty, "gamma"),
        *((penalty, number) for penalty in SLOPED for number in ("weight", "target")),
        (dragan_penalty, "spread"),
    ],
)
@pytest.mark.parametrize("value", [-1.0, float("nan")])
def test_a_negative_number_is_refused(penalty, number, value):
    with pytest.raises(ValueError, match=f"{number} must be at least 0"):
        penalty(nn.Linear(2, 1), torch.randn(3, 2), torch.randn(3, 2), **{number: value})


@each
@pytest.mark.parametrize("discriminator", [nn.Linear(2, 2), lambda x: x.mean(), lambda x: x[:, :, None]])
def test_anything_but_one_logit_a_sample_is_refused(penalty, discriminator):
    with pytest.raises(ValueError, match="one logit a sample"):
        penalty(discriminator, torch.randn(3, 2), torch.randn(3, 2))


@pytest.mark.parametrize("penalty", [r1_r2_penalty, gradient_penalty], ids=lambda p: p.__name__)
@pytest.mark.parametrize("shape", [(4, 2), (1, 2), (3, 3), (3, 1), (3,)])
def test_real_and_fake_of_different_shapes_are_refused_not_broadcast(penalty, shape):
    with pytest.raises(ValueError, match="must be the same shape"):
        penalty(nn.Linear(2, 1), torch.randn(3, 2), torch.randn(shape))


@each
def test_samples_that_have_no_gradient_are_refused(penalty):
    with pytest.raises(ValueError, match="floating-point samples"):
        penalty(nn.Linear(2, 1), torch.zeros(0, 2), torch.zeros(0, 2))
    with pytest.raises(ValueError, match="floating-point samples"):
        penalty(nn.Linear(2, 1), torch.zeros(3, 2, dtype=torch.uint8), torch.zeros(3, 2, dtype=torch.uint8))


# --- samples that see each other, and samples that are none -----------------------------------------------------


def batchnorm_discriminator():
    return nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


@each
def test_a_batchnorm_in_training_mode_is_named_and_in_evaluation_mode_passes(penalty):
    discriminator = batchnorm_discriminator()
    for judge in (discriminator, discriminator.forward):
        with pytest.raises(ValueError, match=r"each sample's own gradient, and .*BatchNorm1d. of Sequential mixes"):
            penalty(judge, torch.randn(8, 2), torch.randn(8, 2))
    discriminator[1].eval()
    assert penalty(discriminator, torch.randn(8, 2), torch.randn(8, 2)) >= 0
    without_averages = nn.Sequential(nn.BatchNorm1d(2, track_running_stats=False), nn.Linear(2, 1)).eval()
    with pytest.raises(ValueError, match="mixes the samples"):
        penalty(without_averages, torch.randn(8, 2), torch.randn(8, 2))


@each
@pytest.mark.parametrize("norm", [nn.LayerNorm(8), nn.GroupNorm(2, 8)])
def test_norms_that_keep_samples_apart_pass(penalty, norm):
    discriminator = nn.Sequential(nn.Linear(2, 8), norm, nn.ReLU(), nn.Linear(8, 1))
    assert penalty(discriminator, torch.randn(8, 2), torch.randn(8, 2)) >= 0


@each
def test_nan_in_the_data_makes_the_penalty_nan_where_the_gradient_of_relu_would_hide_it(penalty):
    x = torch.full((4, 2), float("nan"))
    discriminator = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 1))
    assert penalty(discriminator, x, x).isnan()


@each
def test_logits_without_a_graph_are_refused(penalty):
    for discriminator in (lambda x: x.detach().sum(1), lambda x: nn.Parameter(torch.zeros(len(x)))):
        with pytest.raises(ValueError, match="logits that depend on the samples"):
            penalty(discriminator, torch.randn(3, 2), torch.randn(3, 2))
    with torch.no_grad(), pytest.raises(ValueError, match="logits that depend on the samples"):
        penalty(nn.Linear(2, 1), torch.randn(3, 2), torch.randn(3, 2))
