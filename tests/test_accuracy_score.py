"""The classification accuracy score: real images reach the floor, wrong labels and a missing class do not."""

import pytest
import torch

from course_utils.data import load_images
from course_utils.evaluation import accuracy_score, classification_accuracy_score, classifier

SECOND = slice(300, 600)  # training images that the floor, the first 300, does not use


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


def images_and_labels(digits, part=SECOND):
    x, labels = digits.fixed_with_labels(len(digits.images))
    return x[part], labels[part]


def test_other_real_images_reach_the_floor(digits):
    result = classification_accuracy_score(*images_and_labels(digits), digits)
    assert result.n == 300 and result.floor > 0.9
    assert result.accuracy == pytest.approx(result.floor, abs=0.05)
    assert result.half_width == pytest.approx(1.96 * (result.accuracy * (1 - result.accuracy) / 360) ** 0.5)
    assert repr(result).startswith("classification accuracy score 9")


def test_a_missing_class_and_wrong_labels_are_paid_for(digits):
    x, labels = images_and_labels(digits)
    kept = labels != 3
    dropped = classification_accuracy_score(x[kept], labels[kept], digits)
    share = (digits.test_labels == 3).float().mean().item()
    assert dropped.accuracy <= 1 - share + 1e-6
    swapped = torch.where(labels < 2, 1 - labels, labels)
    wrong = (digits.test_labels < 2).float().mean().item()
    assert classification_accuracy_score(x, swapped, digits).accuracy <= 1 - wrong + 0.02


def test_the_reference_scores_exactly_the_floor_which_is_trained_once(digits, monkeypatch):
    trained = []
    train = accuracy_score.train_classifier

    def counted(images, seed):
        trained.append((len(images.images), seed))
        return train(images, seed)

    monkeypatch.setattr(accuracy_score, "train_classifier", counted)
    monkeypatch.setattr(classifier, "STEPS", 10)
    x, labels = digits.fixed_with_labels(300)
    for seed in (7, 8, 7):
        result = classification_accuracy_score(x, labels, digits, seed=seed)
        assert result.accuracy == result.floor
    assert trained == [(300, 7), (300, 7), (300, 8), (300, 8), (300, 7)]


def test_more_samples_than_training_images_are_allowed(digits, monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 10)
    x, labels = images_and_labels(digits, slice(None))
    assert classification_accuracy_score(x.repeat(2, 1, 1, 1), labels.repeat(2), digits, seed=9).n == 2874


def test_the_caller_keeps_its_random_numbers(digits, monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 10)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    classification_accuracy_score(*images_and_labels(digits), digits, seed=3)
    assert torch.equal(torch.rand(3), expected)


def test_bad_input_is_named(digits):
    x, labels = images_and_labels(digits)
    with pytest.raises(ValueError, match="batches of 256, got 100 samples"):
        classification_accuracy_score(x[:100], labels[:100], digits)
    with pytest.raises(ValueError, match=r"labels must be an int64 tensor \[300\].*not torch.float32 \[300\]"):
        classification_accuracy_score(x, labels.float(), digits)
    with pytest.raises(ValueError, match=r"labels must be an int64 tensor \[300\].*\[299\]"):
        classification_accuracy_score(x, labels[1:], digits)
    with pytest.raises(ValueError, match="labels must lie in 0 … 9, but they range from 1 to 10"):
        classification_accuracy_score(x, labels + 1, digits)
    with pytest.raises(ValueError, match="samples must be float images"):
        classification_accuracy_score(x.flatten(1), labels, digits)
