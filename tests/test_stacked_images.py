"""Stacked images: how they are drawn, and their mode metric with readers and shares whose answer is known."""

import math
import os
from types import SimpleNamespace

import pytest
import torch

from course_utils.data import ImageData, StackedImages, load_images, to_uint8
from course_utils.evaluation import (
    Classifier,
    stacked_coverage,
    stacked_floor,
    stacked_uniform_floor,
)


class Reader:
    """Reads the class c of an image from its first pixel, which is -1 + c / 5."""

    classes = 10

    def logits(self, x):
        assert x.shape[1:] == (1, 28, 28)
        named = ((x[:, 0, 0, 0] + 1) * 5).round().long()
        return torch.nn.functional.one_hot(named, self.classes).float()


def samples(*triples):
    x = torch.zeros(len(triples), 3, 28, 28)
    x[:, :, 0, 0] = torch.tensor(triples) / 5 - 1
    return x


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


def coded(shares=None):
    """Images for ``Reader``, 40 of each class or as many as ``shares`` says, distinct in their second pixel."""
    classes = torch.arange(10).repeat_interleave(torch.tensor(shares or [40] * 10))
    images = torch.zeros(len(classes), 1, 28, 28, dtype=torch.uint8)
    images[:, 0, 0, 0] = to_uint8(classes / 5 - 1)
    images[:, 0, 0, 1] = torch.arange(len(classes)) % 256
    return ImageData("coded", images, classes, images, classes, tuple("0123456789"))


# --- the data ---


def test_batch_stacks_three_images_of_the_data(digits):
    stacked = StackedImages(digits)
    torch.manual_seed(0)
    x = stacked.batch(64)
    assert (x.shape, x.dtype) == ((64, 3, 28, 28), torch.float32)
    assert x.min() == -1 and x.max() == 1
    known = {image.numpy().tobytes() for image in digits.images[:, 0]}
    assert all(channel.numpy().tobytes() in known for channel in to_uint8(x).flatten(0, 1))
    torch.manual_seed(0)
    assert torch.equal(stacked.batch(64), x)
    assert not torch.equal(stacked.batch(64), x)


def test_channels_are_independent():
    torch.manual_seed(0)
    x = StackedImages(coded()).batch(4000)
    named = Reader().logits(x.flatten(0, 1)[:, None]).argmax(1).view(-1, 3)
    for a, b in ((0, 1), (0, 2), (1, 2)):
        observed = (named[:, a] * 10 + named[:, b]).bincount(minlength=100).double()
        chi_square = ((observed - 40).square() / 40).sum().item()
        assert abs(chi_square - 99) < 4.5 * math.sqrt(2 * 99)


def test_fixed_triples_are_the_same_each_time_and_disturb_nothing(digits):
    stacked = StackedImages(digits)
    state = torch.get_rng_state()
    assert torch.equal(stacked.fixed(20)[:7], stacked.fixed(7))
    assert torch.equal(torch.get_rng_state(), state)
    assert len(stacked.fixed(20).flatten(1).unique(dim=0)) == 20
    with pytest.raises(ValueError, match="n must be at least 1, not 0: how many triples"):
        stacked.fixed(0)


def test_stacked_images_describe_themselves(digits):
    stacked = StackedImages(digits)
    assert (stacked.channels, stacked.image_size, stacked.modes, stacked.device) == (3, 28, 1000, digits.device)
    assert repr(stacked) == "StackedImages(digits: triples 3x28x28 with 1,000 modes, on cpu)"
    pixels, labels = torch.zeros(2, 3, 28, 28, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64)
    colour = ImageData("colour", pixels, labels, pixels, labels, ("a",))
    with pytest.raises(ValueError, match="expected grey ones.*got 3 channels"):
        StackedImages(colour)


# --- the metric ---


def test_counts_triples_in_order():
    result = stacked_coverage(samples((1, 2, 3), (1, 2, 3), (3, 2, 1), (9, 9, 9)), Reader())
    assert (result.modes, result.n, result.of) == (3, 4, 1000)
    assert result.kl == pytest.approx(math.log(1000) + 0.5 * math.log(0.5) + 0.5 * math.log(0.25))
    assert repr(result) == "3 of 1,000 modes, KL 5.868 nats, from 4 samples"


def test_extremes():
    assert stacked_coverage(samples(*[(0, 0, 0)] * 5), Reader()).kl == pytest.approx(math.log(1000))
    every = samples(*[(a, b, c) for a in range(10) for b in range(10) for c in range(10)])
    result = stacked_coverage(every, Reader())
    assert result.modes == 1000
    assert result.kl == pytest.approx(0, abs=1e-12)


def test_any_number_of_classes():
    reader = Reader()
    reader.classes = 3
    result = stacked_coverage(samples((0, 1, 2), (2, 2, 2)), reader)
    assert (result.modes, result.of) == (2, 27)
    assert result.kl == pytest.approx(math.log(27 / 2))


def test_batches_need_not_exist_at_once(digits):
    x = StackedImages(digits).fixed(90)
    torch.manual_seed(0)
    reader = Classifier()
    whole = stacked_coverage(x, reader)
    assert stacked_coverage((batch for batch in x.split(40)), reader) == whole
    assert stacked_coverage([x[:1], x[1:]], reader) == whole
    assert whole.n == 90


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            torch.zeros(5, 1, 28, 28),
            r"expected \[n, 3, size, size\], or batches of that shape, got shape \[5, 1, 28, 28\]",
        ),
        (torch.zeros(3, 28, 28), r"got shape \[3, 28, 28\]"),
        ([[1.0]], "got list"),
        ([], "at least one batch, got none. Is the iterator used up?"),
        (torch.zeros(0, 3, 28, 28), r"not torch.float32 \[0, 1, 28, 28\]"),
        (torch.full((5, 3, 28, 28), float("nan")), "has diverged"),
        (torch.full((5, 3, 28, 28), 255.0), "does the generator end in tanh"),
    ],
)
def test_bad_samples_are_named(x, message):
    with pytest.raises(ValueError, match=message):
        stacked_coverage(x, Classifier())


# --- the floors ---


@pytest.mark.parametrize(("shares", "n"), [([40] * 10, 700), ([0, 10, 20, 30, 40, 40, 40, 60, 80, 80], 2000)])
def test_floor_agrees_with_simulation(shares, n):
    images, repeats = coded(shares), 40
    stacked = StackedImages(images)
    floor = stacked_floor(images, Reader(), n)
    torch.manual_seed(0)
    simulated = [stacked_coverage(stacked.batch(n), Reader()) for _ in range(repeats)]
    for name in ("modes", "kl"):
        values = torch.tensor([getattr(result, name) for result in simulated]).double()
        error = 4 * values.std().item() / math.sqrt(repeats)
        assert values.mean().item() == pytest.approx(getattr(floor, name), abs=error), name
    assert (floor.n, floor.of) == (n, 1000)


def test_uniform_floor():
    floor = stacked_uniform_floor()
    assert floor.modes == pytest.approx(1000, abs=1e-6)
    assert floor.kl == pytest.approx(999 / (2 * 26_000), rel=0.01)
    assert floor.kl == pytest.approx(stacked_floor(coded(), Reader()).kl, abs=1e-12)
    assert repr(floor) == "1,000 of 1,000 modes, KL 0.019 nats, from 26,000 samples"
    assert stacked_uniform_floor(classes=3, n=1).kl == pytest.approx(math.log(27))
    assert stacked_uniform_floor(n=1000).modes == pytest.approx(1000 * (1 - 0.999**1000))
    with pytest.raises(ValueError, match="n must be at least 1, not 0: it is a number of samples"):
        stacked_uniform_floor(n=0)


def test_a_reader_that_sees_one_class_only():
    """The expected values hold for shares of 0 and 1, too."""
    blind = SimpleNamespace(logits=lambda x: torch.eye(10)[torch.zeros(len(x), dtype=torch.long)])
    floor = stacked_floor(coded(), blind, 100)
    assert floor.modes == pytest.approx(1)
    assert floor.kl == pytest.approx(math.log(1000))


def test_floor_is_what_the_digits_score(digits):
    """It holds for whatever the classifier says, so an untrained one will do; and for the right names."""
    torch.manual_seed(1)
    reader, stacked, n = Classifier(), StackedImages(digits), 2000
    drawn = stacked_coverage((stacked.batch(500) for _ in range(n // 500)), reader)
    floor = stacked_floor(digits, reader, n)
    assert 1 < floor.modes < 1000
    assert drawn.modes == pytest.approx(floor.modes, abs=4 * math.sqrt(floor.modes))
    assert drawn.kl == pytest.approx(floor.kl, abs=0.1)
    right = stacked_floor(digits, SimpleNamespace(logits=lambda x: torch.eye(10)[digits.labels]))
    assert right.kl == pytest.approx(0.0214, abs=1e-4)


@pytest.mark.skipif("COURSE_DATA" not in os.environ, reason="COURSE_DATA is not set")
def test_floor_of_mnist():
    """0.0235 +- 0.0007 was measured with real triples. The shares of the labels give the same as the classifier's."""
    images = load_images("mnist")
    one_hot = torch.eye(10)[images.labels]
    floor = stacked_floor(images, SimpleNamespace(logits=lambda x: one_hot))
    assert floor.modes > 999.99
    assert floor.kl == pytest.approx(0.0235, abs=0.002)
