"""The memorisation check: fresh images are at the floor, copies are caught, and the distances are exact."""

import pytest
import torch

from course_utils.data import load_images
from course_utils.evaluation import distances, memorisation


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


@pytest.fixture(scope="module")
def halves(digits):
    """The digits with half of the test images held back: they are fresh samples, from a perfect model."""
    from dataclasses import replace

    half = {"test_images": digits.test_images[::2], "test_labels": digits.test_labels[::2]}
    return replace(digits, **half), digits.fixed(360, "test")[1::2]


def test_fresh_images_are_at_the_floor(halves):
    data, fresh = halves
    result = memorisation(fresh, data)
    assert result.floor == 0.01 and result.low <= 0.01 <= result.high
    assert result.copies <= 0.04
    assert result.ratio == pytest.approx(result.ratio_floor, abs=0.05) == pytest.approx(1, abs=0.1)


def test_copies_are_caught_and_counted(halves):
    data, fresh = halves
    noisy = data.fixed(180) + 0.05 * torch.randn(180, 1, 28, 28)
    for copies in (data.fixed(180), noisy):
        assert memorisation(copies, data).copies == 1
        mixed = memorisation(torch.cat([copies[:90], fresh[:90]]), data)
        assert mixed.copies == pytest.approx(0.5, abs=0.03) and mixed.low < 0.5 < mixed.high
    assert memorisation(data.fixed(180), data).ratio == 0


def test_copies_of_a_picture_that_is_there_twice_are_caught(halves):
    from dataclasses import replace

    data, _ = halves
    noisy = data.fixed(100) + 0.05 * torch.randn(100, 1, 28, 28)
    doubled = {name: torch.cat([getattr(data, name)] * 2) for name in ("images", "labels")}
    assert memorisation(noisy, replace(data, **doubled)) == memorisation(noisy, data)
    assert memorisation(noisy, data).copies == 1


def test_the_test_images_themselves_score_the_floor(digits):
    result = memorisation(digits.fixed(360, "test"), digits)
    assert result.copies == pytest.approx(0.01, abs=0.005)
    assert result.ratio == result.ratio_floor


def test_images_that_are_all_alike_are_not_blamed_on_copying(digits):
    """Ones are near each other; the ratio asks how near training images are there, so they are no copies."""
    ones = digits.fixed(360, "test")[digits.test_labels == 1]
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
    assert sentence == "100.0% copies (98.1% to 100.0%; floor 1%), median ratio 0.00 (test images 1.02), n = 200"


def test_bad_input_is_named(digits):
    with pytest.raises(ValueError, match="test: a 1 % quantile needs at least 100 test images, got 99"):
        memorisation(digits.fixed(10), digits, test=99)
    with pytest.raises(ValueError, match=r"samples: expected images \[1, 28, 28\], got \[784\]"):
        memorisation(digits.fixed(10).flatten(1), digits)
    with pytest.raises(ValueError, match="samples: expected finite"):
        memorisation(digits.fixed(10) / 0, digits)
    with pytest.raises(ValueError, match="samples: expected a floating-point"):
        memorisation(digits.images[:10], digits)
