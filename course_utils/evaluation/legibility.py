"""Can the samples be read? The share that the classifier names with confidence, and which classes."""

from dataclasses import dataclass

from torch import Tensor

from course_utils.inputs import require_number

from .classifier import Classifier, logits_of

COVERED_SHARE = 0.01


@dataclass(frozen=True)
class Legibility:
    """``counts[c]`` samples were confidently read as class c; together they are ``confident_share``."""

    classes_covered: int
    confident_share: float
    counts: tuple[int, ...]

    def __repr__(self) -> str:
        return (
            f"Legibility: {self.classes_covered} of {len(self.counts)} classes, "
            f"{self.confident_share:.1%} of the samples confidently read"
        )


def legibility(samples: Tensor, classifier: Classifier, confidence: float = 0.9) -> Legibility:
    """Read ``samples``, float [n, channels, size, size] in -1..1: surely, if softmax > ``confidence``.

    A class is covered when at least 1 % of all samples are read as it. What a perfect model would score is what the
    test images score, ``legibility(images.fixed(n, "test"), classifier)``. Training images are read too surely, as the
    classifier was trained on them: of classifiers trained on one half of the digits, 99.9 % of that half are read with
    confidence and 96.8 % of the other half; of MNIST 96.4 % and 96.0 %, and 96.4 % of the test images. Confidence
    alone is no quality: faint grey noise, as an untrained generator makes, is read with full confidence, all
    as one class. So say both numbers, and look at the samples.

    Raises ``ValueError`` for a confidence outside 0..1, for samples that are no such images, and for NaN among the
    classifier's logits.
    """
    require_number("confidence", confidence, least=0, below=1)
    logits = logits_of(classifier, samples)
    belief, named = logits.softmax(dim=1).max(dim=1)
    counts = named[belief > confidence].bincount(minlength=logits.shape[1]).tolist()
    covered = sum(count >= COVERED_SHARE * len(samples) for count in counts)
    return Legibility(covered, sum(counts) / len(samples), tuple(counts))
