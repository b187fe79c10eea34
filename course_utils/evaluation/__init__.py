"""How good are the samples? No measure without its floor: what a perfect model scores."""

from .classifier import Classifier, ClassifierError, load_classifier
from .frechet import FrechetResult, frechet_classifier_distance, frechet_distance
from .legibility import Legibility, legibility
from .modes import ModeCoverage, mode_coverage, mode_floor

__all__ = [
    "Classifier",
    "ClassifierError",
    "FrechetResult",
    "Legibility",
    "ModeCoverage",
    "frechet_classifier_distance",
    "frechet_distance",
    "legibility",
    "load_classifier",
    "mode_coverage",
    "mode_floor",
]
