"""Two domains without pairs, and pairs of one class."""

import pytest
import torch

from course_utils import data
from course_utils.data.order import fixed_order


def images(n=20, size=28) -> data.ImageData:
    """Image k is filled with the grey level k, so that it can be recognised."""
    pixels = torch.arange(n, dtype=torch.uint8)[:, None, None, None].expand(n, 1, size, size).contiguous()
    labels = torch.arange(n) % 3
    return data.ImageData("tiny", pixels, labels, pixels[:6] + 100, labels[:6], tuple("012"))


def corner() -> torch.Tensor:
    x = -torch.ones(1, 1, 4, 4)
    x[..., 0, 1] = 0.5
    return x


def test_the_two_domains_have_no_image_in_common():
    domains = data.UnpairedDomains(images(), data.inverted)
    a, b = data.to_uint8(domains.batch_a(500)).unique(), data.to_uint8(-domains.batch_b(500)).unique()
    assert len(a) == len(b) == 10
    assert sorted([*a.tolist(), *b.tolist()]) == list(range(20))
    assert not max(a) < min(b)  # random halves, not the first and the last images


def test_batches_come_from_the_global_generator_and_are_small():
    domains = data.UnpairedDomains(images(), data.inverted)
    torch.manual_seed(1)
    first = domains.batch_a(5), domains.batch_b(5)
    torch.manual_seed(1)
    again = domains.batch_a(5), domains.batch_b(5)
    assert all(torch.equal(x, y) for x, y in zip(first, again, strict=True))
    assert first[0].shape == (5, 1, 14, 14)
    assert data.UnpairedDomains(images(), data.inverted, image_size=28).batch_b(2).shape == (2, 1, 28, 28)


def test_a_small_image_is_the_mean_of_its_blocks():
    pixels = torch.randint(256, (4, 1, 28, 28), dtype=torch.uint8)
    labels = torch.zeros(4, dtype=torch.long)
    domains = data.UnpairedDomains(data.ImageData("x", pixels, labels, pixels, labels, ("0",)), data.inverted)
    small = domains.test(4)[0]
    expected = data.normalise(pixels[fixed_order(4)]).unflatten(2, (14, 2)).unflatten(4, (14, 2)).mean((3, 5))
    torch.testing.assert_close(small, expected, atol=0.5 / 127.5 + 1e-6, rtol=0)


def test_pairs_and_test_images_carry_the_truth():
    domains = data.UnpairedDomains(images(), data.bold)
    a, b = domains.batch_pairs(4)
    assert torch.equal(b, data.bold(a))
    a, b, labels = domains.test(5)
    assert torch.equal(b, data.bold(a))
    assert torch.equal(a, data.UnpairedDomains(images(), data.bold).test(6)[0][:5])
    assert torch.equal(labels, (data.to_uint8(a)[:, 0, 0, 0].long() - 100) % 3)
    with pytest.raises(ValueError, match="n must be from 1 to 6"):
        domains.test(7)
    with pytest.raises(ValueError, match="cannot be reduced to 13"):
        data.UnpairedDomains(images(), data.bold, image_size=13)
    assert repr(domains) == "UnpairedDomains(tiny: 10 and 10 images 14x14, B = bold, on cpu)"


def test_the_true_translations():
    x = corner()
    assert torch.equal(data.inverted(x), -x)
    assert torch.equal(data.quarter_turn(x).nonzero(), torch.rot90(x, 1, (2, 3)).nonzero())
    assert data.quarter_turn(x)[0, 0, 2, 0] == 0.5
    assert torch.equal(data.quarter_turn_back(data.quarter_turn(x)), x)
    thick = data.bold(x)
    assert thick[0, 0, 0].tolist() == [-1, 0.5, 0.5, -1]
    assert (thick >= x).all()
    hidden = data.covered(torch.ones(1, 1, 14, 14))
    assert hidden[0, 0, 0].tolist() == [1] * 4 + [0] * 10
    with pytest.raises(ValueError, match=r"share must be in \(0, 1\)"):
        data.covered(x, share=1.0)


def test_partners_are_of_the_same_class_and_all_of_it():
    source = images(30)
    labelled = torch.where(source.labels[:, None, None, None] == 1, 255, 0).to(torch.uint8).expand(30, 1, 28, 28)
    pairs = data.SameClassPairs(
        data.ImageData("y", labelled.contiguous(), source.labels, labelled, source.labels, tuple("012"))
    )
    x, partner = pairs.batch(200)
    assert torch.equal(x, partner)  # white where the class is 1, black elsewhere
    assert 30 < x[:, 0, 0, 0].sum() < 110

    drawn = []
    pairs = data.SameClassPairs(source)
    pairs.binarised.at = lambda index: drawn.append(index) or index
    pairs.batch(3000)
    first, second = drawn
    assert torch.equal(source.labels[first], source.labels[second])
    assert second.unique().tolist() == list(range(30))
    assert (first != second).float().mean() > 0.8
