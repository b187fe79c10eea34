"""Does a conditional generator draw what it is asked for? The classifier reads the samples, and we compare."""

from dataclasses import dataclass

from torch import Tensor

from course_utils.inputs import require_methods
from course_utils.intervals import share_interval
from course_utils.tensor_inputs import require_labels

from .classifier import Classifier


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

    The half-width is that of Wilson's interval (``intervals.share_interval``), which stays positive at 100 %. It
    covers the chance of drawing samples, not that of training the generator. High accuracy says nothing of variety: a
    generator that knows one picture a class scores 100 %.

    Raises ``ValueError`` for labels that are not int64 [n] in 0 .. classes - 1, and for samples that are no images.
    """
    require_methods("classifier", classifier, "logits")
    logits = classifier.logits(samples)
    n, classes = logits.shape
    require_labels(labels, n, classes)
    right = (logits.argmax(dim=1) == labels.to(logits.device)).cpu()
    labels = labels.cpu()
    hits, asked = labels[right].bincount(minlength=classes), labels.bincount(minlength=classes)
    accuracy = right.float().mean().item()
    low, high = share_interval(accuracy, n)
    half_width = (high - low) / 2
    return ClassAccuracy(accuracy, half_width, classifier.accuracy, tuple((hits / asked).tolist()), n)
