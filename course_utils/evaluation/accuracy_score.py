"""Are generated images of use? Train a classifier on them, and let it read real ones.

The classification accuracy score (Ravuri & Vinyals 2019, "Classification accuracy score for conditional generative
models", arXiv:1905.10887): draw labelled images from a class-conditional model, train a classifier on nothing else, and
report its accuracy on real test images. Whatever a class needs in order to be learnt counts, its variety included; a
wrong label costs too. What the classifier does not need is not seen: it may read blurred images as well as sharp ones.
"""

from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

from torch import Tensor

from course_utils.data import ImageData, to_uint8
from course_utils.inputs import require_count, require_kind
from course_utils.tensor_inputs import require_images, require_labels

from .classifier import BATCH, train_classifier


@dataclass(frozen=True)
class AccuracyScore:
    """``accuracy`` on the real test images after training on ``n`` samples; ``floor``: on as many real ones.

    ``half_width`` is that of the 95 % interval of a share of the test images. It leaves out that another seed would
    train another classifier; that moved the accuracy by less, in our trials.
    """

    accuracy: float
    floor: float
    half_width: float
    n: int

    def __repr__(self) -> str:
        return (
            f"classification accuracy score {self.accuracy:.1%} ± {self.half_width:.1%} (real training images: "
            f"{self.floor:.1%}; n = {self.n:,})"
        )


_floors: WeakKeyDictionary[ImageData, dict[tuple[int, int], float]] = WeakKeyDictionary()  # each is trained once


def classification_accuracy_score(samples: Tensor, labels: Tensor, images: ImageData, seed: int = 0) -> AccuracyScore:
    """Train the course's classifier on ``samples`` [n, channels, size, size] in -1..1 with ``labels`` int64 [n].

    Network and training are those of ``load_classifier``: at most 468 steps, 40 passes over small sets. The floor is
    the accuracy after the same training on n random training images, or on all if there are not so many. All chance
    comes from ``seed``; nothing is kept on disk. One training takes up to 12 s of one CPU thread, on 1,000 images 4 s.

    Raises ``ValueError`` for fewer than 256 samples (one batch), and for samples or labels that are none.
    """
    require_kind("images", images, ImageData)
    require_images("samples", samples, ("n", *images.images.shape[1:]))
    seed = require_count("seed", seed, least=0)
    n = len(samples)
    if n < BATCH:
        raise ValueError(f"samples: the training takes batches of {BATCH}, got {n} samples: draw more.")
    require_labels(labels, n, len(images.classes))
    floors = _floors.setdefault(images, {})
    if (n, seed) not in floors:
        x, y = images.fixed_with_labels(min(n, len(images.images)))
        floors[n, seed] = _accuracy(images, to_uint8(x), y, seed)
    accuracy = _accuracy(images, to_uint8(samples).to(images.device), labels.to(images.device), seed)
    half_width = 1.96 * (accuracy * (1 - accuracy) / len(images.test_images)) ** 0.5
    return AccuracyScore(accuracy, floors[n, seed], half_width, n)


def _accuracy(images: ImageData, training: Tensor, labels: Tensor, seed: int) -> float:
    return train_classifier(replace(images, images=training, labels=labels), seed).accuracy
