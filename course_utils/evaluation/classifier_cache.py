"""The classifier that the course keeps: trained once for all processes, and measured again whenever it is loaded."""

import re
from pathlib import Path

import torch

from course_utils.data import ImageData, cache_folder
from course_utils.inputs import require_count, require_kind
from course_utils.storage import DamagedFile, load_tensors, locked_if_possible, save_tensors

from .classifier import Classifier, accuracy, train_classifier

MINIMUM_ACCURACY = {"mnist": 0.985, "digits": 0.975}  # below it, the measures would mislead; others: see _train_well
ROUNDING = 0.003  # how far the accuracies of the same weights may differ between two devices
VERSION = 1  # raise it with any change to the network or its training: cached weights carry it in their name


class ClassifierError(RuntimeError):
    """The classifier reads too badly for its measures to be trusted; the message says how badly."""


def load_classifier(images: ImageData, seed: int = 0) -> Classifier:
    """The classifier of these images, on their device: from the cache folder, or trained now and kept.

    It depends on the data and the seed only, and leaves the caller's random numbers as they were. A kept one is
    believed only after it has named the test images again. Of several processes that need it, one trains it.
    Raises ``ClassifierError`` if it names too few of the test images.
    """
    require_kind("images", images, ImageData)
    seed = require_count("seed", seed, least=0)
    name = re.sub(r"[^\w-]+", "-", images.name)[:40]  # may be any text; the fingerprint tells the data apart
    path = cache_folder() / f"classifier-{name}-{images.fingerprint}-seed{seed}-v{VERSION}.pt"
    try:
        classifier = _restore(images, path)
    except DamagedFile:
        classifier = None
    except OSError as error:  # it may be whole, so it is left as it is
        print(f"The cached classifier {path} cannot be read ({error.strerror or error}): training one for now.")
        classifier = _train_well(images, seed)
    return (classifier or _restore_or_train(images, seed, path)).eval().requires_grad_(False)


def _restore_or_train(images: ImageData, seed: int, path: Path) -> Classifier:
    """One process at a time: the first one trains, the others find what it kept."""
    with locked_if_possible(path, f"Another process is training the {images.name} classifier; waiting for it ..."):
        try:
            if kept := _restore(images, path):
                return kept
        except DamagedFile as error:
            print(f"{error}: training it again.")
        classifier = _train_well(images, seed)
        _keep(classifier, path)
        return classifier


def _train_well(images: ImageData, seed: int) -> Classifier:
    """Own images may be hard to tell apart, but always naming the most frequent class must not do as well."""
    classifier = train_classifier(images, seed)
    print(
        f"Trained the {images.name} classifier in {classifier.seconds:.0f} s: it names "
        f"{classifier.accuracy:.1%} of the test images correctly."
    )
    most_frequent, n = images.test_labels.bincount().max().item(), len(images.test_labels)
    required = MINIMUM_ACCURACY.get(images.name, min(1.0, (most_frequent + 1) / n))
    if not classifier.accuracy >= required:
        raise ClassifierError(
            f"The {images.name} classifier names only {classifier.accuracy:.1%} of the test images correctly, and "
            f"{required:.1%} are needed: what it says about generated images would mislead. Try another seed, "
            f"or more images."
        )
    return classifier


def _keep(classifier: Classifier, path: Path) -> None:
    weights = {name: tensor.cpu() for name, tensor in classifier.state_dict().items()}
    try:
        save_tensors(path, {"weights": weights, "accuracy": classifier.accuracy, "seconds": classifier.seconds})
    except OSError as error:
        print(f"The classifier cannot be kept in {path.parent} ({error}); the next session trains it again.")


def _restore(images: ImageData, path: Path) -> Classifier | None:
    """What ``_keep`` wrote, on the images' device; None if there is no file.

    Raises ``DamagedFile`` unless it names the test images as well as it did; ``OSError`` if it cannot be read.
    """
    with torch.random.fork_rng(devices=[]):  # its first weights are drawn, though nobody needs them
        classifier = Classifier(images.channels, images.image_size, len(images.classes))
    try:
        kept = load_tensors(path)
        classifier.load_state_dict(kept["weights"])
        claimed, classifier.seconds = float(kept["accuracy"]), float(kept["seconds"])
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (LookupError, TypeError, ValueError, RuntimeError) as error:
        raise DamagedFile(f"The cached classifier {path} is damaged ({type(error).__name__})") from error
    classifier.to(images.device, memory_format=torch.channels_last)  # the layout it was trained in
    classifier.accuracy = accuracy(classifier, images)
    rounding = max(ROUNDING, 1.1 / len(images.test_images))  # at least one image
    enough = max(claimed - rounding, MINIMUM_ACCURACY.get(images.name, 0.0))
    if not enough <= classifier.accuracy <= claimed + rounding:
        raise DamagedFile(
            f"The cached classifier {path} is damaged (it names {classifier.accuracy:.1%} of the test images "
            f"correctly, and named {claimed:.1%} when it was kept)"
        )
    return classifier
