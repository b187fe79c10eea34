"""The divergence of known densities: against closed values, Monte Carlo and its bounds."""

import math

import pytest
import torch

from course_utils import data, evaluation

TOYS = [data.Ring(), data.Grid(), data.TwoGaussians(), data.Spiral(), data.Mixture([[3.0, 0.0]], 0.25)]


@pytest.mark.parametrize("toy", TOYS, ids=str)
def test_a_perfect_model_scores_0_and_a_far_one_ln_2(toy):
    assert evaluation.jensen_shannon(toy, toy, blur=0.1) < 1e-8
    far = torch.full((50, 2), 100.0)
    assert evaluation.jensen_shannon(toy, far, blur=0.1) == pytest.approx(math.log(2), abs=1e-6)


def test_it_is_the_mean_over_samples_of_the_logarithm_of_the_densities_ratio():
    p, q = data.TwoGaussians(2.0, 0.5), data.Mixture([[0.3, 0.0]], 0.7)
    torch.manual_seed(0)
    x, y = (toy.sample(400_000).double() for toy in (p, q))

    def log_mean(z):
        return torch.logaddexp(p.log_prob(z), q.log_prob(z)) - math.log(2)

    on_p, on_q = p.log_prob(x) - log_mean(x), q.log_prob(y) - log_mean(y)
    error = ((on_p.var() + on_q.var()) / len(x)).sqrt().item() / 2
    assert evaluation.jensen_shannon(p, q) == pytest.approx((on_p.mean() + on_q.mean()).item() / 2, abs=5 * error)
    assert evaluation.jensen_shannon(q, p) == pytest.approx(evaluation.jensen_shannon(p, q), abs=1e-6)  # symmetric


def test_half_of_the_modes_cost_what_the_closed_form_says():
    """Modes far apart: p = 1/2, 1/2 and q = 1, 0 over two places, JSD = H(3/4, 1/4) − ½ H(½, ½)."""
    p, q = data.Mixture([[-3.0, 0.0], [3.0, 0.0]], 0.1), data.Mixture([[3.0, 0.0]], 0.1)
    exact = -0.75 * math.log(0.75) - 0.25 * math.log(0.25) - 0.5 * math.log(2)
    assert evaluation.jensen_shannon(p, q) == pytest.approx(exact, abs=1e-6)


def test_samples_are_the_mixture_of_their_noise():
    ring = data.Ring()
    torch.manual_seed(0)
    samples = ring.sample(500)
    mixture = evaluation.samples_as_mixture(samples, 0.1)
    same = evaluation.jensen_shannon(ring.blurred(0.1), mixture)
    assert evaluation.jensen_shannon(ring, samples, blur=0.1) == pytest.approx(same, abs=1e-9)
    assert 0 < same < 0.01  # few samples cost a little, where a histogram of them would cost much
    assert evaluation.jensen_shannon(ring, ring.sample(5000), blur=0.1) < same


@pytest.mark.parametrize("toy", TOYS, ids=str)
def test_a_lattice_shows_the_density_and_noise_widens_it(toy):
    xs, ys = torch.linspace(-3, 3, 13), torch.linspace(-2, 2, 7)
    places = torch.stack(torch.meshgrid(xs, ys, indexing="xy"), -1).double()
    torch.testing.assert_close(toy.density_on(xs, ys), toy.log_prob(places).exp())
    wide = toy.blurred(0.3)
    torch.manual_seed(0)
    drawn = toy.sample(100_000) + 0.3 * torch.randn(100_000, 2)
    assert torch.allclose(drawn.var(0), wide.sample(100_000).var(0), rtol=0.03)
    assert torch.allclose(torch.as_tensor(wide.std).double() ** 2, torch.as_tensor(toy.std).double() ** 2 + 0.09)
    assert toy.blurred(0).std == toy.std and len(wide.modes) == len(toy.modes)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: evaluation.jensen_shannon(data.Ring(std=1e-4), data.Ring(std=1e-4)), "blur both densities more"),
        (lambda: evaluation.jensen_shannon(data.Ring(), torch.zeros(5, 2)), "blur must be"),
        (lambda: evaluation.jensen_shannon(data.Ring(), torch.full((5, 2), torch.nan), 0.1), "diverged"),
        (lambda: evaluation.jensen_shannon(data.Ring(), torch.zeros(5, 3), 0.1), "samples"),
        (lambda: evaluation.jensen_shannon("ring", data.Ring()), "p must be"),
        (lambda: evaluation.jensen_shannon(data.Mixture1D(), data.Mixture1D()), "in the plane"),
        (lambda: data.Ring().blurred(-1), "std must be"),
        (lambda: data.Ring().blurred(1e200), "std must be"),
        (lambda: data.Ring().density_on(torch.tensor(1.0), torch.zeros(3)), "xs must be"),
        (lambda: data.Ring().density_on(torch.zeros(3), None), "ys must be"),
    ],
)
def test_what_has_no_such_divergence_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
