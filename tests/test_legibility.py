"""Legibility with a reader whose answers are known."""

import pytest
import torch

from course_utils.evaluation import Classifier, legibility


class Reader:
    """Believes in class c with softmax q, where an image's first two pixels are c and q."""

    def logits(self, x):
        named, belief = x[:, 0, 0, 0].long(), x[:, 0, 0, 1].double()
        rest = ((1 - belief) / 9)[:, None].expand(-1, 10)
        return rest.scatter(1, named[:, None], belief[:, None]).log()


def samples(*groups):
    """Images for ``Reader``: n of them, of class c and belief q, for each group (n, c, q)."""
    x = torch.zeros(sum(n for n, _, _ in groups), 1, 28, 28)
    x[:, 0, 0, 0] = torch.cat([torch.full((n,), float(c)) for n, c, _ in groups])
    x[:, 0, 0, 1] = torch.cat([torch.full((n,), q) for n, _, q in groups])
    return x


def test_counts_confident_readings_and_covered_classes():
    result = legibility(samples((900, 3, 0.95), (10, 7, 0.99), (9, 0, 0.99), (81, 5, 0.6)), Reader())
    assert result.counts == (9, 0, 0, 900, 0, 0, 0, 10, 0, 0)
    assert result.classes_covered == 2  # 10 of 1,000 are 1 %; 9 are not
    assert result.confident_share == pytest.approx(0.919)
    assert repr(result) == "Legibility: 2 of 10 classes, 91.9% of the samples confidently read"


def test_confidence_is_an_argument():
    x = samples((50, 1, 0.95), (50, 2, 0.6))
    assert [legibility(x, Reader(), c).confident_share for c in (0.5, 0.9, 0.96)] == [1.0, 0.5, 0.0]
    with pytest.raises(ValueError, match="confidence"):
        legibility(x, Reader(), 90)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (torch.zeros(5, 28, 28), r"float images in −1 … 1, \[n, 1, 28, 28\], not torch.float32 \[5, 28, 28\]"),
        (torch.zeros(5, 1, 32, 32), r"not torch.float32 \[5, 1, 32, 32\]"),
        (torch.zeros(0, 1, 28, 28), r"not torch.float32 \[0, 1, 28, 28\]"),
        ([[1.0]], "not list"),
        (torch.zeros(5, 1, 28, 28, dtype=torch.uint8), "not torch.uint8 .*: normalise them first"),
        (torch.full((5, 1, 28, 28), float("nan")), "NaN or infinity: the generator has diverged"),
        (torch.full((5, 1, 28, 28), float("-inf")), "NaN or infinity"),
        (torch.full((5, 1, 28, 28), 255.0), "not 255 … 255: does the generator end in tanh"),
        (torch.full((5, 1, 28, 28), -1.1), "not -1.1 … -1.1"),
    ],
)
def test_bad_samples_are_named(x, message):
    with pytest.raises(ValueError, match=message):
        legibility(x, Classifier())
