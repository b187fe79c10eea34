"""The accuracy of the asked-for class, with a reader whose answers are known."""

import math

import pytest
import torch

from course_utils.evaluation import Classifier, class_accuracy


class Reader:
    """Reads the class that an image's first pixel holds; names 97 % of the test images correctly."""

    accuracy = 0.97

    def logits(self, x):
        return torch.nn.functional.one_hot(x[:, 0, 0, 0].long(), 10).double()


def drawn(classes: list[int]) -> torch.Tensor:
    x = torch.zeros(len(classes), 1, 28, 28)
    x[:, 0, 0, 0] = torch.tensor(classes)
    return x


def test_counts_what_was_asked_for_and_keeps_the_floor():
    result = class_accuracy(drawn([3, 3, 5, 7, 1]), torch.tensor([3, 3, 3, 7, 0]), Reader())
    assert result.accuracy == pytest.approx(0.6) and result.floor == 0.97 and result.n == 5
    assert result.per_class[3] == pytest.approx(2 / 3) and result.per_class[7] == 1 and result.per_class[0] == 0
    assert math.isnan(result.per_class[5])


def test_the_interval_is_wilsons():
    result = class_accuracy(drawn([0] * 80 + [1] * 20), torch.zeros(100, dtype=torch.int64), Reader())
    assert result.half_width == pytest.approx(0.0777, abs=1e-3)  # (0.7112, 0.8666), as tables have it for 80 of 100
    sure = class_accuracy(drawn([0] * 100), torch.zeros(100, dtype=torch.int64), Reader())
    assert sure.accuracy == 1 and 0.01 < sure.half_width < 0.03
    assert repr(sure) == "Class accuracy 100.0% ± 1.8% (real test images 97.0%, n = 100)"


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (torch.tensor([0, 1, 10]), "labels must lie in 0 … 9, but they range from 0 to 10"),
        (torch.tensor([0, -1, 1]), "range from -1 to 1"),
        (torch.tensor([0, 1]), r"int64 tensor \[3\].*not torch.int64 \[2\]"),
        (torch.tensor([0.0, 1.0, 2.0]), r"not torch.float32 \[3\]"),
        ([0, 1, 2], "not list"),
    ],
)
def test_wrong_labels_are_named(labels, message):
    with pytest.raises(ValueError, match=message):
        class_accuracy(drawn([0, 1, 2]), labels, Reader())


def test_wrong_samples_are_named():
    with pytest.raises(ValueError, match="in −1 … 1"):
        class_accuracy(torch.full((2, 1, 28, 28), 255.0), torch.tensor([0, 1]), Classifier())
