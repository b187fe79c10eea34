import math

import pytest
import torch

from course_utils.data import Grid, Mixture, Mixture1D, Ring, Spiral, TwoGaussians
from course_utils.data.toys import _gauss_legendre

# Each toy with a scale at which a grid of moderate size can resolve it.
TOYS = [
    Ring(modes=5, radius=1.0, std=0.15),
    Grid(side=3, spacing=1.0, std=0.15),
    TwoGaussians(separation=2.0, std=0.4),
    Spiral(std=0.1),
    Mixture([[0.0, 0.0], [1.0, 1.0]], [0.2, 0.4], [0.25, 0.75]),
    Mixture1D(),
    Mixture1D((-1.0, 0.0, 2.0), (0.2, 1.0, 0.3), (0.2, 0.0, 0.8)),
]
DEFAULTS = [Ring(), Grid(), Spiral(), TwoGaussians(), Mixture1D()]


def cells(toy, per_axis=150, half_width=4.0):
    """Centres [m, dim] of a regular grid over a box, and the volume of one cell."""
    width = 2 * half_width / per_axis
    centres = (torch.arange(per_axis, dtype=torch.float64) + 0.5) * width - half_width
    return torch.cartesian_prod(*[centres] * toy.dim).reshape(-1, toy.dim), width**toy.dim


@pytest.mark.parametrize("toy", TOYS, ids=repr)
def test_density_integrates_to_one(toy):
    points, volume = cells(toy)
    assert toy.log_prob(points).exp().sum().item() * volume == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("toy", TOYS, ids=repr)
def test_samples_follow_the_density(toy):
    """Chi-square of counts in coarse cells, whose probabilities are sums of the density over fine ones."""
    torch.manual_seed(0)
    n, coarse, fine, half_width = 20_000, 15, 150, 4.0
    points, volume = cells(toy, fine, half_width)
    probability = toy.log_prob(points).exp() * volume

    def bins(x):
        column = ((x + half_width) / (2 * half_width) * coarse).long().clamp(0, coarse - 1)
        return column[:, 0] if toy.dim == 1 else column[:, 0] * coarse + column[:, 1]

    k = coarse**toy.dim
    expected = n * torch.zeros(k, dtype=torch.float64).index_add(0, bins(points), probability)
    observed = bins(toy.sample(n)).bincount(minlength=k)
    full = expected >= 5
    chi_square = ((observed - expected).square() / expected)[full].sum().item()
    freedom = int(full.sum()) - 1
    assert freedom >= 5
    assert abs(chi_square - freedom) < 4.5 * math.sqrt(2 * freedom)
    assert observed[~full].sum() < expected[~full].sum() + 5 + 4.5 * expected[~full].sum().sqrt()


@pytest.mark.parametrize("toy", DEFAULTS, ids=repr)
def test_mean_log_prob_of_samples_is_minus_the_entropy(toy):
    """The entropy by importance: E_q[w log p] with w = p / q for a wider q, against the plain mean over p."""
    torch.manual_seed(1)
    wide = Mixture(toy._components[0], 1.5 * toy._components[1], toy._components[2])
    log_p = toy.log_prob(toy.sample(4000)).double()
    x = wide.sample(4000)
    log_p_at_x = toy.log_prob(x).double()
    weighted = (log_p_at_x - wide.log_prob(x)).exp() * log_p_at_x
    error = math.hypot(log_p.std() / math.sqrt(len(log_p)), weighted.std() / math.sqrt(len(weighted)))
    assert abs(log_p.mean() - weighted.mean()) < 4 * error


def test_entropy_of_a_ring_has_a_closed_form():
    """Far apart modes: entropy = log k + log(2 pi e std^2), and log p has standard deviation 1."""
    torch.manual_seed(2)
    ring, n = Ring(), 20_000
    entropy = math.log(8) + math.log(2 * math.pi * math.e * ring.std**2)
    assert ring.log_prob(ring.sample(n)).mean().item() == pytest.approx(-entropy, abs=4 / math.sqrt(n))


def test_log_prob_matches_torch_distributions():
    toy = Mixture1D((-1.0, 2.0), (0.3, 0.9), (0.35, 0.65))
    mixing = torch.distributions.Categorical(torch.tensor([0.35, 0.65], dtype=torch.float64))
    parts = torch.distributions.Normal(
        torch.tensor([-1.0, 2.0], dtype=torch.float64), torch.tensor([0.3, 0.9], dtype=torch.float64)
    )
    x = torch.linspace(-6, 6, 101, dtype=torch.float64)
    theirs = torch.distributions.MixtureSameFamily(mixing, parts).log_prob(x)
    torch.testing.assert_close(toy.log_prob(x[:, None]), theirs, atol=1e-12, rtol=0)


@pytest.mark.parametrize("std", [0.03, 0.05, 0.5])
def test_spiral_quadrature_is_converged(std):
    """Against a rule with many times the nodes, at points up to 6 std from the curve and its two ends."""
    torch.manual_seed(3)
    toy = Spiral(std=std)
    t, dt = _gauss_legendre(pieces=5000, nodes=4)
    reference = Mixture(toy._curve(t), std, 2 * t * dt)
    on_curve = toy._curve(torch.cat([torch.tensor([0.0, 1.0]).repeat(20), torch.rand(100)]).double())
    away = torch.nn.functional.normalize(torch.randn(len(on_curve), 2, dtype=torch.float64))
    x = on_curve + torch.linspace(0, 6, len(on_curve))[torch.randperm(len(on_curve)), None] * std * away
    torch.testing.assert_close(toy.log_prob(x), reference.log_prob(x), atol=1e-6, rtol=0)
    torch.testing.assert_close(toy.log_prob(x.float()).double(), reference.log_prob(x), atol=1e-4, rtol=0)


def test_modes():
    ring = Ring(modes=8, radius=2.0)
    assert ring.modes.shape == (8, 2)
    torch.testing.assert_close(ring.modes.norm(dim=1), torch.full((8,), 2.0))
    assert torch.pdist(ring.modes).min().item() == pytest.approx(4 * math.sin(math.pi / 8), abs=1e-6)

    wanted = {(float(x), float(y)) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {tuple(mode) for mode in Grid().modes.tolist()} == wanted

    assert TwoGaussians(separation=3.0).modes.tolist() == [[-1.5, 0.0], [1.5, 0.0]]
    assert Mixture1D((-1.0, 2.0)).modes.tolist() == [[-1.0], [2.0]]
    assert Spiral().modes.shape == (0, 2)


@pytest.mark.parametrize("toy", [Ring(), Grid(), TwoGaussians(separation=4.0)], ids=repr)
def test_modes_are_peaks_of_the_density(toy):
    modes = toy.modes.double().requires_grad_()
    log_p = toy.log_prob(modes)
    (slope,) = torch.autograd.grad(log_p.sum(), modes)
    assert slope.norm(dim=1).max() < 0.01 / toy.std
    for step in ([1, 0], [-1, 0], [0, 1], [0, -1]):
        assert (toy.log_prob(modes + toy.std * torch.tensor(step)) < log_p - 0.4).all()


def test_samples_stay_where_the_spiral_is():
    torch.manual_seed(4)
    x = Spiral().sample(5000)
    assert 1.9 < x.norm(dim=1).max() < 2.3
    # Evenly along the curve: beyond 1/2 of the radius lie 3/4 of the points.
    assert (x.norm(dim=1) > 1).float().mean().item() == pytest.approx(0.75, abs=0.03)


@pytest.mark.parametrize("toy", DEFAULTS, ids=repr)
def test_shapes_seeds_and_gradients(toy):
    torch.manual_seed(5)
    first = toy.sample(7)
    second = toy.sample(7)
    torch.manual_seed(5)
    assert torch.equal(toy.sample(7), first)
    assert not torch.equal(first, second)
    assert first.shape == (7, toy.dim)
    assert first.dtype == torch.float32
    assert toy.sample(0).shape == (0, toy.dim)
    assert toy.log_prob(torch.zeros(2, 3, toy.dim)).shape == (2, 3)
    assert toy.log_prob(torch.zeros(toy.dim)).shape == ()
    assert toy.log_prob(torch.zeros(0, toy.dim)).shape == (0,)

    x = first[:3].double().requires_grad_()
    assert torch.autograd.gradcheck(toy.log_prob, x, eps=1e-7, atol=1e-3, rtol=1e-4)
    assert toy.log_prob(torch.full((toy.dim,), 50.0)).isfinite()


def test_log_prob_in_parts_is_the_same():
    toy, x = Spiral(), torch.randn(6000, 2)
    assert len(x) * len(toy._components[0]) > 2**22  # so that it is done in parts
    torch.testing.assert_close(toy.log_prob(x)[-10:], toy.log_prob(x[-10:]))


def test_weights_are_kept_when_sampling():
    torch.manual_seed(6)
    n = 20_000
    right = (Mixture1D((-9.0, 0.0, 9.0), 0.1, (0.2, 0.0, 0.8)).sample(n) > 0).float().mean().item()
    assert right == pytest.approx(0.8, abs=4 * math.sqrt(0.16 / n))


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Ring(modes=0), "modes"),
        (lambda: Ring(modes=2.5), "modes"),
        (lambda: Ring(radius=0), "radius"),
        (lambda: Ring(std=0), "std"),
        (lambda: Ring(std=-0.1), "std"),
        (lambda: Ring(std=math.nan), "std"),
        (lambda: Grid(side=0), "side"),
        (lambda: Grid(spacing=-1.0), "spacing"),
        (lambda: Grid(std=math.inf), "std"),
        (lambda: TwoGaussians(separation=0), "separation"),
        (lambda: TwoGaussians(std=0), "std"),
        (lambda: Spiral(turns=0), "turns"),
        (lambda: Spiral(radius=-1), "radius"),
        (lambda: Spiral(std=0), "std"),
        (lambda: Mixture1D(means=()), "means"),
        (lambda: Mixture1D(means=[[0.0]]), "means"),
        (lambda: Mixture1D(means=(0.0, math.nan)), "means"),
        (lambda: Mixture1D(stds=(1.0,)), "std"),
        (lambda: Mixture1D(stds=(1.0, 0.0)), "std"),
        (lambda: Mixture1D(weights=(0.5, 0.6)), "weights.* sum to 1"),
        (lambda: Mixture1D(weights=(1.5, -0.5)), "weights"),
        (lambda: Mixture1D(weights=(1.0,)), "weights"),
        (lambda: Ring().log_prob(torch.zeros(4, 3)), r"x: .*\[4, 3\]"),
        (lambda: Ring().log_prob(torch.zeros(4, 2, dtype=torch.int64)), "x: .*int64"),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        build()


def test_repr_builds_the_same_toy():
    for toy in DEFAULTS:
        again = eval(repr(toy))
        assert repr(again) == repr(toy)
        x = torch.randn(5, toy.dim)
        torch.testing.assert_close(again.log_prob(x), toy.log_prob(x))
