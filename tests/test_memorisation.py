"""The memorisation check: fresh images are at the floor, copies are caught, and the distances are exact."""

from dataclasses import replace

import pytest
import torch

from course_utils.data import ImageData, load_images, normalise, to_uint8
from course_utils.evaluation import distances, memorisation


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


@pytest.fixture(scope="module")
def halves(digits):
    """A random half of the digits to train on; the other half are fresh samples, as from a perfect model."""
    x, labels = digits.fixed_with_labels(718)
    return replace(digits, images=to_uint8(x), labels=labels), digits.fresh(718)


def test_fresh_images_are_at_the_floor(halves):
    data, fresh = halves
    result = memorisation(fresh, data)
    assert result.floor == 7 / 719  # the 7th smallest of 718 is the threshold
    assert result.low <= result.floor <= result.high
    assert result.copies <= 0.03
    assert result.ratio == pytest.approx(result.ratio_floor, abs=0.05) == pytest.approx(1, abs=0.1)


def test_copies_are_caught_and_counted(halves):
    data, fresh = halves
    torch.manual_seed(0)
    noisy = data.fixed(180) + 0.05 * torch.randn(180, 1, 28, 28)
    for copies in (data.fixed(180), noisy):
        assert memorisation(copies, data).copies == 1
        mixed = memorisation(torch.cat([copies[:90], fresh[:90]]), data)
        assert mixed.copies == pytest.approx(0.5, abs=0.03) and mixed.low < 0.5 < mixed.high
    assert memorisation(data.fixed(180), data).ratio == 0


def test_copies_of_a_picture_that_is_there_twice_are_caught(halves):
    data, _ = halves
    torch.manual_seed(0)
    noisy = data.fixed(100) + 0.05 * torch.randn(100, 1, 28, 28)
    doubled = {name: torch.cat([getattr(data, name)] * 2) for name in ("images", "labels")}
    assert memorisation(noisy, replace(data, **doubled)) == memorisation(noisy, data)
    assert memorisation(noisy, data).copies == 1


def test_the_threshold_is_what_each_training_image_scores_against_all_others(halves):
    data, _ = halves
    pixels = data.fixed(718).flatten(1).double()
    apart = torch.cdist(pixels, pixels).fill_diagonal_(torch.inf)
    distance, at = apart.min(dim=1)
    expected = torch.stack([d / apart[t].where(torch.arange(718) != i, torch.inf).min() for i, (d, t) in
                            enumerate(zip(distance, at, strict=True))])  # fmt: skip
    # The image left out is no neighbour of its neighbour either.
    result = memorisation(data.fixed(200), data)
    assert result.threshold == pytest.approx(expected.kthvalue(7).values.item(), rel=1e-4)
    assert result.ratio_floor == pytest.approx(expected.median().item(), rel=1e-4)


def test_a_new_image_is_counted_as_often_as_the_floor_says():
    """Points at random, 100 of them new: over 60 data sets, the mean share of copies is rank / (left_out + 1)."""
    torch.manual_seed(0)
    shares = []
    for _ in range(60):
        pixels = torch.randint(256, (299, 1, 2, 2), dtype=torch.uint8)
        labels = torch.zeros(199, dtype=torch.int64)
        points = ImageData("points", pixels[:199], labels, pixels[:1], labels[:1], ("0",))
        result = memorisation(normalise(pixels[199:]), points)
        assert result.floor == 2 / 200
        shares.append(result.copies)
    shares = torch.tensor(shares)
    assert (shares.mean() - 0.01).abs() < 3 * shares.std() / 60**0.5


def test_images_that_are_all_alike_are_not_blamed_on_copying(digits):
    """Ones are near each other; the ratio asks how near training images are there, so they are no copies."""
    x, labels = digits.fixed_with_labels(360, "test")
    ones = x[labels == 1]
    assert memorisation(ones, digits).low <= 0.03


def test_nearest_is_exact_and_skips_the_point_itself():
    torch.manual_seed(0)
    x, y = torch.randn(40, 5, dtype=torch.float64), torch.randn(60, 5, dtype=torch.float64)
    expected, at = torch.cdist(x, y).min(dim=1)
    distance, found = distances.nearest(x, y)
    assert torch.equal(found, at) and torch.allclose(distance, expected)
    among = torch.cdist(y, y).fill_diagonal_(float("inf")).min(dim=1)
    distance, found = distances.nearest(y, y, itself=torch.arange(60))
    assert torch.equal(found, among.indices) and torch.allclose(distance, among.values)
    second = torch.cdist(y, y).fill_diagonal_(float("inf")).scatter(1, found[:, None], float("inf")).min(dim=1)
    distance, found = distances.nearest(y, y, itself=torch.stack([torch.arange(60), found], dim=1))
    assert torch.equal(found, second.indices) and torch.allclose(distance, second.values)
    far = (y + 1e4).float()  # float32 loses the small distances to cancellation, unless they are computed anew
    distance, found = distances.nearest(far, far)
    assert torch.equal(found, torch.arange(60)) and not distance.any()


def test_squared_distances_cover_all_rows(monkeypatch):
    torch.manual_seed(0)
    x, y = torch.randn(50, 3, dtype=torch.float64), torch.randn(20, 3, dtype=torch.float64)
    monkeypatch.setattr(distances, "BLOCK", 130)  # 6 rows at once
    blocks = list(distances.squared_distances(x, y))
    assert [block.start for block, _ in blocks] == list(range(0, 50, 6))
    assert torch.allclose(torch.cat([squared for _, squared in blocks]), torch.cdist(x, y) ** 2)


def test_result_reads_as_a_sentence(digits):
    sentence = repr(memorisation(digits.fixed(200), digits))
    assert (
        sentence
        == "100.0% copies (98.1% to 100.0%; floor 1.0%), median ratio 0.00 (real images left out 1.02), n = 200"
    )


def test_bad_input_is_named(digits):
    with pytest.raises(ValueError, match="left_out: the nearest 1 % need at least 100 different training.*got 99"):
        memorisation(digits.fixed(10), digits, left_out=99)
    alike = replace(digits, images=digits.images[:1].expand_as(digits.images).contiguous())
    with pytest.raises(ValueError, match="at least 100 different training images to leave out, got 1"):
        memorisation(digits.fixed(10), alike)
    with pytest.raises(ValueError, match=r"samples: expected images \[1, 28, 28\], got \[784\]"):
        memorisation(digits.fixed(10).flatten(1), digits)
    with pytest.raises(ValueError, match="samples: expected finite"):
        memorisation(digits.fixed(10) / 0, digits)
    with pytest.raises(ValueError, match="samples: expected a floating-point"):
        memorisation(digits.images[:10], digits)
