"""The scale of every measure: noise, a blank, cheap forgeries, copies and real data, scored as a model would be.

A score alone says little. Two digits laid over each other are no digit, but they are made of real strokes: a model that
does not beat them has learned strokes. So each measure is read on a ladder whose rungs everybody can imagine.
"""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, pad

from course_utils.data import ImageData, cache_folder
from course_utils.inputs import require_choice, require_count, require_kind, require_mapping, require_number
from course_utils.progress import progress_bar
from course_utils.storage import DamagedFile, load_tensors, locked_if_possible, save_tensors

from .classifier import Classifier
from .frechet import frechet_classifier_distance, reference_size
from .legibility import legibility
from .memorisation import memorisation
from .precision_recall import MEASURES, precision_recall

DEFAULT_N = 2000
COMPARED = 500  # images of a rung that are compared with every training image
LEFT_OUT = 1000  # training images behind the threshold of a copy
SEED = 20140610  # of noise and of copies
VERSION = 1  # raise it with any change to a rung or to a measure: stored ladders carry it in their name
REAL, TEST, COPIES = "fresh real images", "test images", "copies of the reference"


@dataclass(frozen=True)
class Ladder:
    """``scores[measure][rung]``, all of ``n`` images; ``test_source`` says in what the test images differ.

    The measures are "frechet", "precision", "recall", "density", "coverage", "legible" (the share read with
    confidence) and "copies". ``with_measure`` adds others.
    """

    scores: dict[str, dict[str, float]]
    n: int
    test_source: str = ""

    def __getitem__(self, measure: str) -> dict[str, float]:
        """The rungs of one measure, in the order noise to real: ``ladder["frechet"]["blank images"]``."""
        return self.scores[require_choice("measure", measure, self.scores)]

    def with_measure(self, measure: str, rungs: Mapping[str, float]) -> "Ladder":
        """A ladder with one more measure, such as a bound on log p(x): ``{"uniform noise": -4_000.0, ...}``.

        Its rungs may be others than those here. Raises ``ValueError`` for what is no finite number.
        """
        require_mapping("rungs", rungs, '{"uniform noise": score, ...}')
        scores = {name: require_number(f"rungs[{name!r}]", score) for name, score in rungs.items()}
        return replace(self, scores={**self.scores, measure: scores})

    def __repr__(self) -> str:
        lines = [f"{'n = ' + format(self.n, ','):<26}" + "".join(f"{measure:>11}" for measure in self.scores)]
        for rung in dict.fromkeys(rung for rungs in self.scores.values() for rung in rungs):
            cells = (rungs.get(rung) for rungs in self.scores.values())
            lines.append(
                f"{rung:<26}" + "".join(f"{'' if cell is None else format(cell, '.3g'):>11}" for cell in cells)
            )
        return "\n".join(lines)


def ladder(images: ImageData, classifier: Classifier, n: int | None = None) -> Ladder:
    """Each measure of each rung, ``n`` images a rung: by default 2,000, or as many as there are fresh and test ones.

    Uniform noise · blank (black) images · two images overlaid, the brighter one at each pixel · one image of each
    class, again and again · blurred images, the mean of 5x5 pixels · copies of the reference, drawn with replacement ·
    ``images.fresh(n)`` · ``images.fixed(n, "test")``. All forgeries are made of ``images.fresh(n)``.

    Reference: ``images.fixed(n)``, for the Fréchet distance that of ``frechet_classifier_distance``; its means over
    disjoint sets, and the floor of ``memorisation``, are what fresh and test images score. The classifier was trained
    on fresh images, and reads new ones of a perfect model a little less surely: as the test images. For the share of
    copies 500 images of a rung are looked at, as it does not depend on their number; forgeries made of training images
    count if they are still near them. Where there are fewer test images than n, there is no rung of them.

    Computed once for each classifier, and kept beside it in the cache folder: 6 s of one CPU thread for MNIST, and 36 s
    for the copies, which are the same for each classifier; the digits take 2 s. Raises ``ValueError`` for more images
    than half of the training images, as many as are fresh, and for no more than the classifier has features.
    """
    require_kind("images", images, ImageData)
    require_kind("classifier", classifier, Classifier)
    most = len(images.images) // 2
    n = min(DEFAULT_N, most, len(images.test_images)) if n is None else n
    n = require_count("n", n, most=most, hint="half of the training images, as many as are fresh")
    name, rungs = f"{images.fingerprint}-n{n}-v{VERSION}.pt", partial(_rungs, images, n)
    of_features = _once(f"ladder-{_fingerprint(classifier)}-{name}", images, rungs, partial(_judged, classifier))
    of_pixels = _once(f"ladder-copies-{name}", images, rungs, _copied)  # the same for each classifier
    return Ladder({**of_features, **of_pixels}, n, images.test_source)


def _rungs(images: ImageData, n: int) -> dict[str, Tensor]:
    """The images of each rung, [n, channels, size, size]."""
    fresh, labels = images.fresh_with_labels(n)
    noise = torch.rand(fresh.shape, generator=torch.Generator().manual_seed(SEED)).to(fresh.device) * 2 - 1
    first = [int((labels == label).nonzero()[0]) for label in labels.unique().tolist()]
    rungs = {
        "uniform noise": noise,
        "blank images": -torch.ones_like(fresh),
        "two images overlaid": torch.maximum(fresh, fresh.roll(1, 0)),
        "one image of each class": fresh[first].repeat(-(-n // len(first)), 1, 1, 1)[:n],
        "blurred images": avg_pool2d(pad(fresh, (2, 2, 2, 2), value=-1.0), 5, stride=1),
        COPIES: _copies(images, n, n),
        REAL: fresh,
    }
    if n <= len(images.test_images):
        rungs[TEST] = images.fixed(n, "test")
    return rungs


def _copies(images: ImageData, n: int, of: int) -> Tensor:
    """``n`` draws with replacement from the first ``of`` images of the reference."""
    drawn = torch.randint(of, (n,), generator=torch.Generator().manual_seed(SEED))
    return images.fixed(of)[drawn.to(images.device)]


def _judged(classifier: Classifier, images: ImageData, rung: str, x: Tensor) -> dict[str, float]:
    """The measures that look through the classifier."""
    near = precision_recall(classifier.features(images.fixed(len(x))), classifier.features(x))
    of_all = _copies(images, len(x), reference_size(images)) if rung == COPIES else x
    distance = frechet_classifier_distance(of_all, images, classifier)
    return {
        "frechet": {REAL: distance.floor, TEST: distance.test}.get(rung, distance.distance),
        **{measure: getattr(near, measure) for measure in MEASURES},
        "legible": legibility(x, classifier).confident_share,
    }


def _copied(images: ImageData, rung: str, x: Tensor) -> dict[str, float]:
    copied = memorisation(x[: 1 if rung == REAL else COMPARED], images, LEFT_OUT)
    return {"copies": copied.floor if rung == REAL else copied.copies}


def _once(
    name: str,
    images: ImageData,
    rungs: Callable[[], dict[str, Tensor]],
    measure: Callable[[ImageData, str, Tensor], dict[str, float]],
) -> dict[str, dict[str, float]]:
    """Scores by measure and rung: those kept under this name, or measured now by one process, and kept."""
    path = cache_folder() / name
    if (kept := _kept(path)) is not None:
        return kept
    with locked_if_possible(path, f"Another process is measuring the ladder of {images.name}; waiting for it ..."):
        if (kept := _kept(path, said=False)) is not None:  # another process may just have kept it
            return kept
        scores, made = {}, rungs()
        with progress_bar(len(made), "rung", f"measuring the ladder of {images.name}, once") as bar:
            for rung, x in made.items():
                for key, score in measure(images, rung, x).items():
                    scores.setdefault(key, {})[rung] = score
                bar.update()
        _keep(scores, path)
        return scores


# --- kept beside the classifier ---


def _fingerprint(classifier: Classifier) -> str:
    digest = hashlib.sha256()
    for name, tensor in sorted(classifier.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy())
    return digest.hexdigest()[:12]


def _keep(scores: dict, path: Path) -> None:
    try:
        save_tensors(path, {"scores": scores})
    except OSError as error:
        print(f"The ladder cannot be kept in {path.parent} ({error}); the next session measures it again.")


def _kept(path: Path, said: bool = True) -> dict[str, dict[str, float]] | None:
    """What ``_keep`` wrote; None if there is none, or if it is damaged or cannot be read."""
    try:
        scores = load_tensors(path)["scores"]
        return {measure: {rung: float(score) for rung, score in rungs.items()} for measure, rungs in scores.items()}
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, DamagedFile, LookupError, TypeError, ValueError, AttributeError) as error:
        if said:
            print(f"The kept ladder {path} cannot be used ({type(error).__name__}): measuring it again.")
        return None
