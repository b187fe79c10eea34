"""The Fréchet distance against closed forms and torchmetrics; the classifier distance and its floor."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from course_utils.data import ImageData, normalise
from course_utils.data.order import fixed_order
from course_utils.evaluation import FrechetResult, frechet, frechet_classifier_distance, frechet_distance


class RandomFeatures(nn.Module):
    """Stands in for the classifier, where any features will do; it counts how often it is asked."""

    def __init__(self, k: int = 16):
        super().__init__()
        self.network = nn.Sequential(nn.Flatten(), nn.Linear(784, k), nn.ReLU())
        self.num_features = k
        self.calls = 0

    @torch.no_grad()
    def features(self, x):
        self.calls += 1
        return self.network(x)

    forward = features  # torchmetrics' name for it


@pytest.fixture(scope="module")
def images():
    torch.manual_seed(0)
    pixels = torch.randint(256, (700, 1, 28, 28), dtype=torch.uint8)
    labels = torch.zeros(700, dtype=torch.int64)
    return ImageData("noise", pixels[:400], labels[:400], pixels[400:], labels[400:], tuple("0123456789"))


@pytest.fixture
def classifier():
    torch.manual_seed(1)
    return RandomFeatures()


def gaussian(k, rank=None, seed=0):
    generator = torch.Generator().manual_seed(seed)
    factor = torch.randn(k, rank or 2 * k, generator=generator, dtype=torch.float64)
    return torch.randn(k, generator=generator, dtype=torch.float64), factor @ factor.T


def test_closed_form_for_diagonal_covariances():
    torch.manual_seed(0)
    m1, m2, s1, s2 = torch.rand(4, 64, dtype=torch.float64)
    expected = ((m1 - m2) ** 2 + (s1 - s2) ** 2).sum().item()  # s: standard deviations
    assert frechet_distance(m1, (s1**2).diag(), m2, (s2**2).diag()) == pytest.approx(expected, rel=1e-9)


def test_closed_form_when_covariances_commute_in_any_basis():
    torch.manual_seed(0)
    basis = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64)).Q
    s1, s2 = torch.rand(2, 8, dtype=torch.float64)
    zero, cov1, cov2 = torch.zeros(8), basis * s1**2 @ basis.T, basis * s2**2 @ basis.T
    assert frechet_distance(zero, cov1, zero, cov2) == pytest.approx(((s1 - s2) ** 2).sum().item(), rel=1e-9)


@pytest.mark.parametrize("rank", [None, 5, 1])
def test_identical_gaussians_are_at_zero_even_singular_ones(rank):
    mean, cov = gaussian(64, rank)
    assert 0 <= frechet_distance(mean, cov, mean, cov) <= 1e-9 * cov.trace().item()


def test_symmetric_and_singular_against_regular():
    first, second = gaussian(16, rank=3), gaussian(16, seed=1)
    forwards, backwards = frechet_distance(*first, *second), frechet_distance(*second, *first)
    assert forwards == pytest.approx(backwards, rel=1e-9)
    nudged = first[1] + 1e-10 * torch.eye(16)
    assert forwards == pytest.approx(frechet_distance(first[0], nudged, *second), rel=1e-4)


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_torchmetrics_on_the_same_gaussians(seed):
    fid = pytest.importorskip("torchmetrics.image.fid")
    first, second = gaussian(64, seed=seed), gaussian(64, seed=100 + seed)
    expected = fid._compute_fid(*first, *second).item()
    assert frechet_distance(*first, *second) == pytest.approx(expected, rel=1e-9)


def test_agrees_with_torchmetrics_on_the_same_images(images, classifier):
    fid = pytest.importorskip("torchmetrics.image.fid")
    metric = fid.FrechetInceptionDistance(feature=classifier, normalize=True)
    samples = torch.rand(200, 1, 28, 28) * 2 - 1
    metric.update(images.fixed(200), real=True)  # the reference: half of the training images
    metric.update(samples, real=False)
    ours = frechet_classifier_distance(samples, images, classifier)
    assert ours.distance == pytest.approx(metric.compute().item(), rel=1e-4)


def test_result_reads_as_a_sentence():
    result = FrechetResult(23.42, 2.51, 10_000)
    assert repr(result) == str(result) == "Fréchet classifier distance 23.4 (floor 2.5 at n = 10,000)"
    assert "test" not in repr(replace(result, test=3.5))  # the same people, so the same floor
    others = repr(replace(result, test=3.5, test_source="other writers"))
    assert others.endswith("(floor 2.5 at n = 10,000; test images, other writers: 3.5)")


def test_real_images_score_the_floor_and_black_ones_worse(images, classifier):
    real = frechet_classifier_distance(images.fresh(200), images, classifier)
    assert (real.distance, real.n) == (pytest.approx(real.floor, rel=1e-9), 200)
    assert real.floor > 0
    test = frechet_classifier_distance(images.fixed(200, "test"), images, classifier)
    assert test.distance == pytest.approx(test.test, rel=1e-9)
    assert frechet_classifier_distance(images.fixed(200), images, classifier).distance < 1e-6  # the reference itself
    black = frechet_classifier_distance(-torch.ones(200, 1, 28, 28), images, classifier)
    assert black.distance > 10 * black.floor


def test_the_floor_is_that_of_the_same_number_of_samples(images, classifier):
    samples = images.fixed(400)
    few, more = (frechet_classifier_distance(samples[:n], images, classifier) for n in (40, 1000))
    assert (few.n, more.n) == (40, 200)  # no more than there are in the reference
    assert few.floor > 2 * more.floor
    assert few.test > 2 * more.test


def test_the_floor_of_few_samples_is_a_mean_over_disjoint_sets(images, classifier):
    few = frechet_classifier_distance(images.fixed(80), images, classifier)
    fresh = [frechet_classifier_distance(part, images, classifier) for part in images.fresh(160).split(80)]
    assert few.floor == pytest.approx(sum(part.distance for part in fresh) / 2, rel=1e-5)
    test = images.fixed(240, "test").split(80)
    test = [frechet_classifier_distance(part, images, classifier) for part in test]
    assert few.test == pytest.approx(sum(part.distance for part in test) / 3, rel=1e-5)


def test_the_sets_of_a_floor_may_fill_all_that_the_reference_leaves(images, classifier, monkeypatch):
    monkeypatch.setattr(frechet, "LARGEST_N", 80)
    result = frechet_classifier_distance(images.fresh(200), images, classifier)
    parts = [frechet_classifier_distance(part, images, classifier) for part in _last(images, 320).split(80)]
    assert result.n == 80 and len(parts) == 4
    assert result.floor == pytest.approx(sum(part.distance for part in parts) / 4, rel=1e-5)


def _last(images, n):
    return normalise(images.images[fixed_order(len(images.images)).flip(0)[:n]])


def test_without_enough_test_images_they_have_no_score(images, classifier):
    few = replace(images, test_images=images.test_images[:30], test_labels=images.test_labels[:30])
    assert frechet_classifier_distance(images.fresh(50), few, classifier).test is None
    assert frechet_classifier_distance(images.fresh(30), few, classifier).test > 0


def test_the_floor_is_that_of_random_splits_and_the_first_images_are_not(classifier):
    """Images in the order of their writers: any random split scores as the floor, the first n against the rest do not.

    A rank among 99 random splits, uniform if the floor is one of them.
    """
    torch.manual_seed(0)
    writer = torch.arange(400) // 100
    pixels = (torch.randint(100, (400, 1, 28, 28)) + 40 * writer[:, None, None, None]).to(torch.uint8)
    sorted_by_writer = ImageData("clustered", pixels, torch.zeros(400, dtype=torch.int64), pixels, writer, (*"0123",))
    features = classifier.features(normalise(pixels))
    floor = frechet_classifier_distance(sorted_by_writer.fresh(200), sorted_by_writer, classifier).floor

    def between(order):
        return frechet_distance(
            *frechet._statistics(features[order[:200]]), *frechet._statistics(features[order[200:]])
        )

    others = torch.tensor([between(torch.randperm(400)) for _ in range(99)])
    assert 1 <= (others < floor).sum() <= 98
    assert between(torch.arange(400)) > 20 * others.max()


def test_reference_is_computed_once_for_each_classifier(images, classifier):
    samples = images.fixed(200)
    first = frechet_classifier_distance(samples, images, classifier)
    assert classifier.calls == 4  # samples, reference, floor, test images
    assert frechet_classifier_distance(samples, images, classifier) == first
    assert classifier.calls == 5
    other = RandomFeatures()
    assert frechet_classifier_distance(samples, images, other).floor != first.floor


def test_too_few_samples_for_a_covariance(images, classifier):
    with pytest.raises(ValueError, match="16 features needs more than 16 images, got 16: draw more"):
        frechet_classifier_distance(images.fixed(16), images, classifier)
    assert frechet_classifier_distance(images.fixed(17), images, classifier).n == 17


def test_bad_statistics_are_named():
    mean, cov = gaussian(4)
    with pytest.raises(ValueError, match=r"expected shapes \[k\], \[k, k\]"):
        frechet_distance(mean, cov, mean[:3], cov)
    with pytest.raises(ValueError, match="NaN or infinity"):
        frechet_distance(mean, cov, mean * float("nan"), cov)
    with pytest.raises(ValueError, match="without negative eigenvalues"):
        frechet_distance(mean, cov, mean, -cov)
    with pytest.raises(ValueError, match="symmetric"):
        frechet_distance(mean, cov, mean, cov + torch.ones(4, 4).triu())
