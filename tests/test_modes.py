"""The mode metric on samples whose answer is known by counting, and its floor against simulation."""

import math

import pytest
import torch

from course_utils.data import Grid, Mixture, Mixture1D, Ring, Spiral, TwoGaussians
from course_utils.evaluation import mode_coverage, mode_floor


def test_counts_what_lies_within_three_deviations():
    toy = Ring(modes=8, radius=2.0, std=0.02)
    offset = torch.tensor([[0.0599, 0.0]])  # just inside 3 x 0.02
    good = (toy.modes[:2] + offset).repeat_interleave(torch.tensor([20, 19]), dim=0)
    bad = toy.modes[2:3] + torch.tensor([[0.0601, 0.0]])
    result = mode_coverage(torch.cat([good, bad]), toy)
    assert (result.captured, result.captured_20, result.modes, result.n) == (2, 1, 8, 40)
    assert result.high_quality == pytest.approx(39 / 40)


def test_a_collapsed_generator_is_perfect_and_useless():
    toy = Grid()
    result = mode_coverage(toy.modes[:1].expand(100, 2), toy)
    assert (result.captured, result.captured_20, result.high_quality) == (1, 1, 1.0)
    assert result.reverse_kl == pytest.approx(math.log(25))
    assert repr(result) == (
        "1 of 25 modes captured (1 by 20 samples or more), 100.0% of 100 samples of high quality, reverse KL 3.219"
    )


def test_reverse_kl_compares_with_the_weights_and_leaves_poor_samples_out():
    toy = Mixture([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 1.0, [0.5, 0.3, 0.2])
    good = toy.modes[:2].repeat_interleave(torch.tensor([30, 10]), dim=0)
    poor = toy.modes[2:] + torch.full((60, 2), 4.0)
    by_hand = 0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.3)
    assert mode_coverage(torch.cat([good, poor]), toy).reverse_kl == pytest.approx(by_hand, abs=1e-12)
    right = toy.modes.repeat_interleave(torch.tensor([5, 3, 2]), dim=0)
    assert mode_coverage(right, toy).reverse_kl == pytest.approx(0, abs=1e-12)
    # No sample of high quality: as bad as nothing but the rarest mode.
    assert mode_coverage(poor, toy).reverse_kl == pytest.approx(math.log(5))
    assert mode_coverage(toy.modes[2:], toy).reverse_kl == pytest.approx(math.log(5))


def test_an_ensemble_gives_one_result_a_member():
    toy = Ring()
    torch.manual_seed(0)
    samples = torch.stack([toy.sample(50), toy.modes[:1].expand(50, 2)])
    results = mode_coverage(samples, toy)
    assert results == [mode_coverage(member, toy) for member in samples]
    assert results[0] != results[1]


@pytest.mark.parametrize("far", [1e3, 1e6])
def test_distances_keep_their_digits_far_from_the_origin(far):
    toy = Grid(spacing=20.0, std=0.5)
    toy.modes = toy.modes + far
    assert mode_coverage(toy.modes + 1.4, toy).high_quality == 0  # 1.4 * sqrt(2) > 3 * 0.5
    assert mode_coverage(toy.modes + 1.0, toy).high_quality == 1


def test_every_mode_has_its_own_deviation():
    toy = Mixture1D(means=(-10.0, 10.0), stds=(0.1, 1.0))
    result = mode_coverage(torch.tensor([[-9.0], [9.0]]), toy)
    assert (result.captured, result.high_quality) == (1, 0.5)


def test_floor_in_closed_form():
    floor = mode_floor(Ring(modes=8), n=10)
    p = 1 - math.exp(-4.5)
    assert floor.high_quality == pytest.approx(p, abs=1e-12)
    assert floor.captured == pytest.approx(8 * (1 - (1 - p / 8) ** 10), abs=1e-9)
    assert floor.captured_20 == 0
    assert mode_floor(Ring(), n=2500).reverse_kl == pytest.approx(7 / (2 * 2500 * p), rel=0.01)
    # One sample: of high quality with probability p, and then it looks like one mode; else it counts as the worst.
    assert mode_floor(Ring(modes=8), n=1).reverse_kl == pytest.approx(math.log(8), abs=1e-9)
    line = mode_floor(Mixture1D(means=(-10.0, 10.0), stds=(1.0, 1.0)), n=10)
    assert line.high_quality == pytest.approx(math.erf(3 / math.sqrt(2)), abs=1e-12)


UNEQUAL = Mixture([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 1.0, [0.6, 0.35, 0.05])


@pytest.mark.parametrize(
    ("toy", "n"), [(Grid(), 60), (Grid(), 500), (Ring(), 2500), (Grid(side=1), 25), (UNEQUAL, 5), (UNEQUAL, 300)]
)
def test_floor_agrees_with_simulation(toy, n):
    floor, repeats = mode_floor(toy, n), 400
    torch.manual_seed(0)
    simulated = [mode_coverage(toy.sample(n), toy) for _ in range(repeats)]
    for name in ("captured", "captured_20", "high_quality", "reverse_kl"):
        values = torch.tensor([getattr(result, name) for result in simulated]).double()
        error = 4 * values.std() / math.sqrt(repeats) + 1e-3
        assert values.mean().item() == pytest.approx(getattr(floor, name), abs=error.item()), name


@pytest.mark.parametrize(
    ("samples", "toy", "message"),
    [
        (torch.zeros(5, 3), Ring(), r"floats of shape \[n, 2\] or \[K, n, 2\], got torch.float32 \[5, 3\]"),
        (torch.zeros(0, 2), Ring(), r"floats of shape \[n, 2\] or \[K, n, 2\], got torch.float32 \[0, 2\]"),
        (torch.zeros(3, 0, 2), Ring(), r"got torch.float32 \[3, 0, 2\]"),
        (torch.full((3, 5, 2), float("nan")), Ring(), "NaN or infinity"),
        (torch.zeros(2), Ring(), r"got torch.float32 \[2\]"),
        (torch.tensor([[0.0, float("nan")]]), Ring(), "NaN or infinity: the generator has diverged"),
        (torch.zeros(5, 2), Spiral(), "no separate modes"),
    ],
)
def test_bad_samples_are_named(samples, toy, message):
    with pytest.raises(ValueError, match=message):
        mode_coverage(samples, toy)


def test_floor_refuses_what_its_formula_does_not_hold_for():
    with pytest.raises(ValueError, match="3-sigma discs overlap"):
        mode_floor(TwoGaussians(separation=2.0, std=0.5), 100)
    with pytest.raises(ValueError, match="no separate modes"):
        mode_floor(Spiral(), 100)
    with pytest.raises(ValueError, match="n must be at least 1, not 0: it is a number of samples"):
        mode_floor(Ring(), 0)


def test_a_network_output_with_gradient_is_welcome():
    toy = Mixture([[0.0, 0.0]], 1.0)
    assert mode_coverage(torch.zeros(3, 2, requires_grad=True).half(), toy).captured == 1
