"""Does a conditional generator draw what it is asked for? The classifier reads the samples, and we compare."""

from dataclasses import dataclass

from torch import Tensor

from course_utils.inputs import require_number
from course_utils.intervals import share_interval
from course_utils.tensor_inputs import require_labels

from .classifier import Classifier, logits_of


@dataclass(frozen=True)
class ClassAccuracy:
    """The share of ``n`` samples that are read as the class that was asked for.

    ``half_width`` of its 95 % interval; ``floor``, the share that real test images score; ``per_class``, the share
    for each class (NaN for one that was not asked for).
    """

    accuracy: float
    half_width: float
    floor: float
    per_class: tuple[float, ...]
    n: int

    def __repr__(self) -> str:
        return (
            f"Class accuracy {self.accuracy:.1%} ± {self.half_width:.1%} (real test images {self.floor:.1%}, "
            f"n = {self.n:,})"
        )


def class_accuracy(samples: Tensor, labels: Tensor, classifier: Classifier) -> ClassAccuracy:
    """Read ``samples``, float [n, channels, size, size] in -1..1, and compare with ``labels``, int64 [n].

    The floor is of images that the classifier has not seen, as a model's are. That MNIST's are of other writers matters
    little: classifiers trained on one half of the training images name 98.8 % of the other half, 99.0 % of the test.

    The half-width is that of Wilson's interval (``intervals.share_interval``), which stays positive at 100 %. It
    covers the chance of drawing samples, not that of training the generator. High accuracy says nothing of variety: a
    generator that knows one picture a class scores 100 %.

    Raises ``ValueError`` for labels that are not int64 [n] in 0 .. classes - 1, for samples that are no images, and for
    a classifier whose logits are NaN or whose ``accuracy`` was never measured.
    """
    logits = logits_of(classifier, samples)
    n, classes = logits.shape
    require_labels(labels, n, classes)
    told = "the share of real test images that it names correctly, which load_classifier measures"
    floor = require_number("classifier.accuracy", getattr(classifier, "accuracy", None), least=0, most=1, hint=told)
    right = (logits.argmax(dim=1) == labels.to(logits.device)).cpu()
    labels = labels.cpu()
    hits, asked = labels[right].bincount(minlength=classes), labels.bincount(minlength=classes)
    accuracy = right.float().mean().item()
    low, high = share_interval(accuracy, n)
    half_width = (high - low) / 2
    return ClassAccuracy(accuracy, half_width, floor, tuple((hits / asked).tolist()), n)
