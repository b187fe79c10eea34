"""Closed forms, finite differences and extreme logits for every loss."""

import math

import pytest
import torch

from course_utils import data, objectives
from course_utils.objectives import (
    FEATURE_MATCHING,
    HINGE,
    LEAST_SQUARES,
    MINIMAX,
    NON_SATURATING,
    OBJECTIVES,
    RELATIVISTIC,
    WASSERSTEIN,
)

R, F = torch.tensor([2.0, -1.0], dtype=torch.float64), torch.tensor([0.5, -3.0], dtype=torch.float64)


def sigmoid(t: float) -> float:
    return 1 / (1 + math.exp(-t))


def mean(values: list[float]) -> float:
    return sum(values) / len(values)


CROSS_ENTROPY = -mean([math.log(sigmoid(2)), math.log(sigmoid(-1))]) - mean(
    [math.log(1 - sigmoid(0.5)), math.log(1 - sigmoid(-3))]
)
CLOSED_FORMS = {  # objective: discriminator's loss, generator's loss at the logits above, written out in probabilities
    MINIMAX: (CROSS_ENTROPY, mean([math.log(1 - sigmoid(0.5)), math.log(1 - sigmoid(-3))])),
    NON_SATURATING: (CROSS_ENTROPY, -mean([math.log(sigmoid(0.5)), math.log(sigmoid(-3))])),
    LEAST_SQUARES: (0.5 * mean([1, 4]) + 0.5 * mean([0.25, 9]), 0.5 * mean([0.25, 16])),
    HINGE: (mean([0, 2]) + mean([1.5, 0]), -mean([0.5, -3])),
    WASSERSTEIN: (mean([0.5, -3]) - mean([2, -1]), -mean([0.5, -3])),
    RELATIVISTIC: tuple(-mean([math.log(sigmoid(s * 1.5)), math.log(sigmoid(s * 2))]) for s in (1, -1)),
}  # fmt: skip


def generator_loss(objective, real, fake):
    return objective.generator_loss(real, fake) if objective.relativistic else objective.generator_loss(fake)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_closed_forms(objective):
    d_loss, g_loss = CLOSED_FORMS[objective]
    assert objective.discriminator_loss(R, F).item() == pytest.approx(d_loss, abs=1e-12)
    assert generator_loss(objective, R, F).item() == pytest.approx(g_loss, abs=1e-12)


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_gradients_agree_with_finite_differences(objective):
    real = torch.tensor([0.3, -2.1, 4.0], dtype=torch.float64, requires_grad=True)
    fake = torch.tensor([1.7, -0.4, -5.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(objective.discriminator_loss, (real, fake))
    assert torch.autograd.gradcheck(lambda f: generator_loss(objective, real.detach(), f), (fake,))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
@pytest.mark.parametrize("r, f", [(100.0, -100.0), (-100.0, 100.0), (100.0, 100.0), (-100.0, -100.0)])
def test_losses_and_gradients_are_finite_at_extreme_logits(objective, r, f):
    real, fake = torch.full((4,), r, requires_grad=True), torch.full((4,), f, requires_grad=True)
    loss = objective.discriminator_loss(real, fake) + generator_loss(objective, real, fake)
    loss.backward()
    assert loss.isfinite() and real.grad.isfinite().all() and fake.grad.isfinite().all()


def test_saturation_is_where_theory_says_it_is():
    """d/df of the two generator losses: −σ(f), which dies as D wins, and −(1 − σ(f)), which then is strongest."""
    f = torch.tensor([-100.0, -10.0, 0.0, 10.0], requires_grad=True)
    saturating = torch.autograd.grad(objectives.saturating_generator_loss(f), f)[0] * 4
    non_saturating = torch.autograd.grad(objectives.non_saturating_generator_loss(f), f)[0] * 4
    torch.testing.assert_close(saturating, -f.sigmoid().detach())
    torch.testing.assert_close(non_saturating, -(1 - f.sigmoid()).detach())
    assert saturating[0].abs() < 1e-40 and non_saturating[0] == -1


def test_the_value_of_an_undecided_discriminator_is_two_log_two():
    zeros = torch.zeros(5)
    assert MINIMAX.discriminator_loss(zeros, zeros).item() == pytest.approx(2 * math.log(2))


def test_label_smoothing_is_cross_entropy_against_the_softened_target():
    smoothed = NON_SATURATING.label_smoothed(0.1)
    target = torch.full_like(R, 0.9)
    bce = torch.nn.functional.binary_cross_entropy_with_logits
    expected = bce(R, target) + bce(F, torch.zeros_like(F))
    torch.testing.assert_close(smoothed.discriminator_loss(R, F), expected)
    assert smoothed.generator_loss is NON_SATURATING.generator_loss
    assert "0.9" in smoothed.name


def test_smoothed_least_squares_aims_at_the_softened_target():
    at_target = torch.tensor([0.8])
    assert LEAST_SQUARES.label_smoothed(0.2).discriminator_loss(at_target, torch.zeros(1)).item() == pytest.approx(0)


def test_smoothing_twice_keeps_the_latter():
    once, twice = NON_SATURATING.label_smoothed(0.2), NON_SATURATING.label_smoothed(0.1).label_smoothed(0.2)
    assert twice.discriminator_loss(R, F) == once.discriminator_loss(R, F)


@pytest.mark.parametrize("objective", [HINGE, WASSERSTEIN, RELATIVISTIC], ids=lambda o: o.name)
def test_smoothing_a_loss_without_labels_is_refused(objective):
    with pytest.raises(ValueError, match="no target labels"):
        objective.label_smoothed(0.1)


@pytest.mark.parametrize("smoothing", [-0.1, 1.0, 2.0])
def test_smoothing_outside_its_range_is_refused(smoothing):
    with pytest.raises(ValueError, match=r"\[0, 1\)"):
        MINIMAX.label_smoothed(smoothing)


def test_pairing_logits_of_different_shapes_is_refused_not_broadcast():
    with pytest.raises(ValueError, match="same shape"):
        RELATIVISTIC.discriminator_loss(torch.zeros(4), torch.zeros(4, 1))
    with pytest.raises(ValueError, match="same shape"):
        RELATIVISTIC.generator_loss(torch.zeros(4), torch.zeros(3))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_labels_and_empty_batches_are_refused(objective):
    with pytest.raises(ValueError, match="floating-point"):
        objective.discriminator_loss(torch.zeros(4, dtype=torch.long), torch.zeros(4, dtype=torch.long))
    with pytest.raises(ValueError, match="empty"):
        generator_loss(objective, torch.zeros(0), torch.zeros(0))


@pytest.mark.parametrize("objective", OBJECTIVES, ids=lambda o: o.name)
def test_each_player_improves_by_descending_its_loss(objective):
    """A sign error would make the players help each other: undecided D gains by raising r and lowering f."""
    undecided = torch.zeros(2)
    better_d = objective.discriminator_loss(undecided + 0.1, undecided - 0.1)
    assert better_d < objective.discriminator_loss(undecided, undecided)
    assert generator_loss(objective, undecided, undecided + 0.1) < generator_loss(objective, undecided, undecided)


# --- relativistic forms, from φ alone -------------------------------------------------------------------------------

PAIRED = {  # objective: φ, written out
    NON_SATURATING: lambda t: math.log(1 + math.exp(t)),
    LEAST_SQUARES: lambda t: (1 + t) ** 2 / 2,
    HINGE: lambda t: max(0, 1 + t),
    WASSERSTEIN: lambda t: t,
}


@pytest.mark.parametrize("objective", PAIRED, ids=lambda o: o.name)
def test_relativistic_forms_compare_each_pair(objective):
    phi, paired = PAIRED[objective], objective.relativistic_form()
    assert paired.relativistic and paired.name == f"relativistic {objective.name}"
    assert paired.discriminator_loss(R, F).item() == pytest.approx(mean([phi(0.5 - 2), phi(-3 + 1)]), abs=1e-12)
    assert paired.generator_loss(R, F).item() == pytest.approx(mean([phi(2 - 0.5), phi(-1 + 3)]), abs=1e-12)
    assert paired.relativistic_form() is paired
    with pytest.raises(ValueError, match="same shape"):
        paired.generator_loss(torch.zeros(4), torch.zeros(3))


@pytest.mark.parametrize("objective", [NON_SATURATING, HINGE, WASSERSTEIN], ids=lambda o: o.name)
def test_the_critic_form_is_that_of_the_discriminators_own_loss(objective):
    """L_D = E φ(−r) + E φ(f). Least squares is the exception: its targets are 0 and 1, those of its φ −1 and 1."""
    phi = objective.critic_form
    torch.testing.assert_close(phi(-R).mean() + phi(F).mean(), objective.discriminator_loss(R, F))
    halves = LEAST_SQUARES.critic_form(-R).mean() + LEAST_SQUARES.critic_form(F).mean()
    torch.testing.assert_close(halves, 0.5 * (R - 1).square().mean() + 0.5 * (F + 1).square().mean())


def test_relativistic_pairing_is_the_non_saturating_games_relativistic_form():
    paired = NON_SATURATING.relativistic_form()
    assert paired.discriminator_loss(R, F) == RELATIVISTIC.discriminator_loss(R, F)
    assert paired.generator_loss(R, F) == RELATIVISTIC.generator_loss(R, F)
    assert RELATIVISTIC.relativistic_form() is RELATIVISTIC


@pytest.mark.parametrize(
    "objective",
    [MINIMAX, FEATURE_MATCHING, NON_SATURATING.label_smoothed(0.1), LEAST_SQUARES.label_smoothed(0.1)],
    ids=lambda o: o.name,
)
def test_a_loss_without_a_critic_form_has_no_relativistic_form(objective):
    with pytest.raises(ValueError, match="no critic form"):
        objective.relativistic_form()


def test_an_objective_of_ones_own_can_be_paired():
    mine = objectives.Objective("mine", lambda r, f: 0.0, lambda f: 0.0, critic_form=torch.exp).relativistic_form()
    assert mine.discriminator_loss(R, F).item() == pytest.approx(mean([math.exp(-1.5), math.exp(-2)]))


# --- feature matching -----------------------------------------------------------------------------------------------


def test_feature_matching_is_the_squared_distance_between_mean_features():
    real = torch.tensor([[1.0, 0.0], [3.0, 2.0]])  # mean (2, 1)
    fake = torch.tensor([[0.0, 0.0], [0.0, 4.0], [3.0, 5.0]])  # mean (1, 3); as many as one likes
    assert objectives.feature_matching_loss(real, fake).item() == pytest.approx(1 + 4)
    assert FEATURE_MATCHING.generator_loss(real, fake).item() == pytest.approx(5)
    assert FEATURE_MATCHING.on_features and not NON_SATURATING.on_features
    assert FEATURE_MATCHING.discriminator_loss(R, F) == NON_SATURATING.discriminator_loss(R, F)


def test_feature_matching_averages_over_the_members_of_an_ensemble():
    real, fake = torch.randn(3, 5, 4, dtype=torch.float64), torch.randn(3, 6, 4, dtype=torch.float64)
    singles = [objectives.feature_matching_loss(r, f).item() for r, f in zip(real, fake, strict=True)]
    assert objectives.feature_matching_loss(real, fake).item() == pytest.approx(mean(singles))
    each = torch.func.vmap(objectives.feature_matching_loss)(real, fake)
    assert each.tolist() == pytest.approx(singles)


def test_the_gradient_of_feature_matching_agrees_with_finite_differences():
    real, fake = (torch.randn(4, 3, dtype=torch.float64, requires_grad=True) for _ in range(2))
    assert torch.autograd.gradcheck(objectives.feature_matching_loss, (real, fake))


@pytest.mark.parametrize("shape", [(4, 2), (4, 1), (3,), (0, 3), (2, 4, 3)])
def test_features_that_do_not_fit_each_other_are_refused_not_broadcast(shape):
    with pytest.raises(ValueError, match=r"real \(4, 3\) and fake"):
        objectives.feature_matching_loss(torch.zeros(4, 3), torch.zeros(shape))


# --- the theory of the game, by quadrature --------------------------------------------------------------------------

GRID = torch.linspace(-12, 12, 4001, dtype=torch.float64)


def densities():
    p, q = data.Mixture1D(), data.Mixture1D(means=(0.5,), stds=(1.2,))
    return p.log_prob(GRID[:, None]), q.log_prob(GRID[:, None])


def value(logits, log_p, log_q):
    """V(G, D) as an integral, built from the package's loss at each point."""
    sure = torch.full((1,), 200.0, dtype=torch.float64)  # the other term is then exactly 0
    on_real = torch.stack([-MINIMAX.discriminator_loss(logit, -sure) for logit in logits.split(1)])
    on_fake = torch.stack([-MINIMAX.discriminator_loss(sure, logit) for logit in logits.split(1)])
    return torch.trapezoid(log_p.exp() * on_real + log_q.exp() * on_fake, GRID)


def test_the_value_at_the_best_discriminator_is_the_jensen_shannon_divergence():
    """V(G, D*) = 2 JSD − 2 ln 2 with D* = p/(p + q), whose logit is log p − log q."""
    log_p, log_q = densities()
    log_m = torch.logaddexp(log_p, log_q) - math.log(2)
    integrand = log_p.exp() * (log_p - log_m) + log_q.exp() * (log_q - log_m)
    jsd = 0.5 * torch.trapezoid(integrand, GRID)
    assert value(log_p - log_q, log_p, log_q).item() == pytest.approx(2 * jsd.item() - 2 * math.log(2), abs=1e-9)
    assert 0 < jsd < math.log(2)


def test_no_other_discriminator_is_worth_more():
    log_p, log_q = densities()
    best = value(log_p - log_q, log_p, log_q)
    for other in (log_p - log_q + 0.1, 0.9 * (log_p - log_q), torch.zeros_like(GRID), torch.sin(GRID)):
        assert value(other, log_p, log_q) < best


def test_at_equal_densities_the_value_is_minus_log_four():
    log_p, _ = densities()
    assert value(torch.zeros_like(GRID), log_p, log_p).item() == pytest.approx(-math.log(4), abs=1e-9)
