"""Precision, recall, density and coverage: the package `prdc`, cases by hand, ties, scatter, time and memory."""

import subprocess
import sys

import pytest
import torch
from prdc import compute_prdc

from course_utils.data import load_images
from course_utils.evaluation import distances, load_classifier, precision_recall, precision_recall_floor

MEASURES = ("precision", "recall", "density", "coverage")


def scores(result) -> list[float]:
    return [getattr(result, name) for name in MEASURES]


@pytest.mark.parametrize(("n", "m", "dim", "k"), [(400, 400, 8, 5), (500, 300, 64, 3), (200, 350, 2, 1), (8, 9, 1, 5)])
@pytest.mark.parametrize("scale", [0.7, 1.3])
def test_equals_the_package_prdc(n, m, dim, k, scale, capsys):
    generator = torch.Generator().manual_seed(n)
    real = torch.randn(n, dim, generator=generator, dtype=torch.float64) + 5
    fake = torch.randn(m, dim, generator=generator, dtype=torch.float64) * scale + 5.1
    expected = compute_prdc(real.numpy(), fake.numpy(), k)
    ours = precision_recall(real, fake, k)
    assert scores(ours) == pytest.approx([expected[name] for name in MEASURES], abs=1e-12)
    assert (ours.n, ours.m, ours.k) == (n, m, k)


def test_the_blocks_make_no_difference(monkeypatch):
    torch.manual_seed(0)
    real, fake = torch.randn(150, 4), torch.randn(130, 4)
    whole = precision_recall(real, fake)
    monkeypatch.setattr(distances, "BLOCK", 1000)  # 6 or 7 rows at once
    assert scores(precision_recall(real, fake)) == pytest.approx(scores(whole), abs=1e-12)


def test_by_hand_on_a_line():
    real = torch.tensor([[0.0], [1.0], [3.0]])  # k = 1: radii 1, 1, 2; balls (-1, 1), (0, 2), (1, 5)
    fake = torch.tensor([[0.5], [1.5], [9.0], [9.5]])  # in 2, 2, 0, 0 balls; radii 1, 1, .5, .5
    result = precision_recall(real, fake, k=1)
    assert scores(result) == pytest.approx([2 / 4, 2 / 3, 4 / 4, 3 / 3])


def test_a_point_on_the_surface_is_outside_whatever_the_rounding():
    torch.manual_seed(0)
    real = torch.randn(300, 10) * 1e-3 + 100  # far from the origin: |x|^2 + |y|^2 - 2 x.y cancels
    copied = precision_recall(real, real[torch.randperm(300)])
    # Each ball holds its centre and k - 1 neighbours; the k-th lies on the surface. With it, density would be 1.2.
    assert scores(copied) == pytest.approx([1, 1, 1, 1], abs=1e-12)


def test_how_far_away_one_point_is_makes_no_difference_for_the_others():
    torch.manual_seed(0)
    real, fake = torch.randn(60, 2), torch.randn(59, 2)
    near, far = (precision_recall(real, torch.cat([fake, torch.full((1, 2), at)])) for at in (1e3, 1e9))
    assert near == far and near.precision > 0.9 < near.recall


def test_gaussians_in_many_dimensions_miss_each_other():
    torch.manual_seed(0)
    result = precision_recall(torch.randn(2000, 1000), torch.randn(2000, 1000))
    assert result.precision == pytest.approx(0.56, abs=0.06) and result.recall == pytest.approx(0.56, abs=0.06)
    assert result.density == pytest.approx(1.0, abs=0.3) and result.coverage == pytest.approx(0.97, abs=0.03)


def test_the_half_widths_hold_the_scatter_over_new_samples_and_are_not_idle():
    torch.manual_seed(0)
    results = [precision_recall(torch.randn(300, 16), torch.randn(300, 16)) for _ in range(40)]
    for name in MEASURES:
        values = torch.tensor([getattr(result, name) for result in results])
        half_widths = torch.tensor([result.half_width[name] for result in results])
        assert ((values - values.mean()).abs() < half_widths).float().mean() >= 0.9
        assert half_widths.mean() < 2 * 2.2 * values.std()


def test_result_reads_as_a_sentence():
    result = precision_recall(torch.arange(8.0)[:, None], torch.arange(5.0, 13.0)[:, None] + 0.5, k=2)
    assert repr(result) == (
        "precision 0.500 ± 0.741, recall 0.500 ± 0.741, density 0.438 ± 0.780, coverage 0.375 ± 0.717 "
        "(n = 8 real, m = 8 generated, k = 2)"
    )


def test_the_floor_is_that_of_real_images_and_a_dropped_class_costs_recall():
    digits = load_images("digits")
    classifier = load_classifier(digits)
    floor = precision_recall_floor(digits, classifier, n=360)
    assert floor.n == floor.m == 360
    assert min(scores(floor)) > 0.85
    expected = precision_recall(classifier.features(digits.fixed(360)), classifier.features(digits.fresh(360)))
    assert scores(floor) == scores(expected)
    assert scores(precision_recall_floor(digits, classifier, n=360, split="test")) != scores(floor)
    x, labels = digits.fixed_with_labels(360, "test")
    few = x[labels < 5]
    dropped = precision_recall(classifier.features(digits.fixed(360)), classifier.features(few))
    assert dropped.precision > 0.85 and dropped.recall < 0.65 and dropped.coverage < 0.65
    with pytest.raises(ValueError, match="n must be from 1 to 718, not 719: the other ones of the 1,437 training"):
        precision_recall_floor(digits, classifier, n=719)
    with pytest.raises(ValueError, match="n must be from 1 to 360, not 361: the size of the test split"):
        precision_recall_floor(digits, classifier, n=361, split="test")
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', not 'fresh'"):
        precision_recall_floor(digits, classifier, n=300, split="fresh")


def test_bad_points_are_named():
    good = torch.randn(20, 3)
    with pytest.raises(ValueError, match="k: the 5-th nearest.*got 5 real and 20 generated"):
        precision_recall(good[:5], good)
    with pytest.raises(ValueError, match="got 20 real and 3 generated"):
        precision_recall(good, good[:3])
    with pytest.raises(ValueError, match="k: the 0-th"):
        precision_recall(good, good, k=0)
    with pytest.raises(ValueError, match="real and fake: expected equally many numbers a point, got 3 and 2"):
        precision_recall(good, good[:, :2])
    with pytest.raises(ValueError, match="fake: expected finite"):
        precision_recall(good, good * float("nan"))
    with pytest.raises(ValueError, match="real: expected a floating-point tensor"):
        precision_recall(good.long(), good)


def test_ten_thousand_against_ten_thousand_is_quick_and_small():
    code = (
        "import pathlib, re, resource, time, torch; from course_utils.evaluation import precision_recall\n"
        "torch.set_num_threads(1); real, fake = torch.randn(10_000, 64), torch.randn(10_000, 64)\n"
        "start = time.process_time(); precision_recall(real, fake)\n"
        "middle = time.process_time(); torch.cdist(real[:1000].double(), fake.double()).kthvalue(5)\n"
        "end, peak = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "status = pathlib.Path('/proc/self/status')  # on Linux ru_maxrss begins with what the parent held\n"
        "peak = re.search(r'VmHWM:\\s*(\\d+)', status.read_text())[1] if status.exists() else peak\n"
        "print(middle - start, end - middle, peak)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, of_a_tenth, kilobytes = map(float, done.stdout.split())
    assert seconds <= 3 * 10 * of_a_tenth  # the neighbours by PyTorch alone; three sets of distances are needed
    assert kilobytes * (1 if sys.platform != "darwin" else 1 / 1024) <= 1.5 * 2**20
