"""Grey images painted on coloured grounds: the way back is exact, and the domains share no image."""

import pytest
import torch

from course_utils import data
from course_utils.data.order import fixed_order


def images(n=20, size=28, channels=1) -> data.ImageData:
    """Image k is filled with the grey level 10 k, so that it can be recognised."""
    pixels = (
        (10 * torch.arange(n, dtype=torch.uint8) + 50 * (n == 1))[:, None, None, None]
        .expand(n, channels, size, size)
        .contiguous()
    )
    labels = torch.arange(n) % 3
    return data.ImageData("tiny", pixels, labels, pixels[:6] + 5, labels[:6], tuple("012"))


def test_the_darkest_channel_is_the_grey_image():
    x = 2 * torch.rand(50, 1, 28, 28, dtype=torch.float64) - 1
    made, colours = data.painted(x)
    assert made.shape == (50, 3, 28, 28) and made.dtype == x.dtype and made.abs().max() <= 1
    torch.testing.assert_close(data.unpainted(made), x)
    assert colours.min() >= 0 and colours.max() < len(data.COLOURS)


def test_the_colour_of_the_ground_is_read_back():
    digits = data.load_images("digits").fixed(300)
    made, colours = data.painted(digits, seed=1)
    assert torch.equal(data.ground_colour(made), colours)
    assert (colours.bincount(minlength=3) > 70).all()
    lacks = {"orange": 2, "sea": 0, "purple": 1}
    black = data.painted(-torch.ones(60, 1, 28, 28))
    for name, channel in lacks.items():
        chosen = black[0][black[1] == data.COLOURS.index(name)]
        assert len(chosen) and (chosen[:, channel] == -1).all()


def test_a_seed_paints_the_same_grounds_and_leaves_the_global_generator_alone():
    x = -torch.ones(8, 1, 28, 28)
    torch.manual_seed(5)
    first, _ = data.painted(x, seed=3)
    after = torch.rand(1)
    torch.manual_seed(5)
    assert torch.equal(after, torch.rand(1))
    assert torch.equal(first, data.painted(x, seed=3)[0])
    assert not torch.equal(first, data.painted(x, seed=4)[0])
    torch.manual_seed(5)
    one = data.painted(x)[0]
    torch.manual_seed(5)
    assert torch.equal(one, data.painted(x)[0])


def test_grounds_are_textured():
    made, _ = data.painted(-torch.ones(40, 1, 28, 28), seed=0)
    assert (made.amax(1).flatten(1).std(1) > 0.05).all()


def test_the_two_domains_have_no_image_in_common():
    domains = data.PaintedDomains(images())
    a = data.to_uint8(domains.batch_a(500)).unique()
    b = data.to_uint8(data.unpainted(domains.batch_b(500))).unique()
    assert sorted([*a.tolist(), *b.tolist()]) == list(range(0, 200, 10))
    torch.manual_seed(1)
    first = domains.batch_a(5), domains.batch_b(5)
    torch.manual_seed(1)
    again = domains.batch_a(5), domains.batch_b(5)
    assert all(torch.equal(x, y) for x, y in zip(first, again, strict=True))


def test_test_images_are_painted_the_same_way_each_time():
    domains = data.PaintedDomains(images())
    a, b, colours, labels = domains.test(6)
    torch.testing.assert_close(data.unpainted(b), a)
    again = domains.test(6)
    assert torch.equal(b, again[1]) and torch.equal(colours, again[2])
    assert torch.equal(labels, images().test_labels[fixed_order(6)])
    assert repr(domains) == "PaintedDomains(tiny: 10 grey and 10 painted images 28x28, on cpu)"


def test_what_cannot_be_painted_is_named():
    with pytest.raises(ValueError, match="expected grey ones, to paint them, got 3 channels"):
        data.PaintedDomains(images(channels=3))
    with pytest.raises(ValueError, match="at least two training images"):
        data.PaintedDomains(images(1))
    with pytest.raises(ValueError, match="n must be from 1 to 6"):
        data.PaintedDomains(images()).test(7)
