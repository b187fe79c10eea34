"""How good are the samples? No measure without its floor: what a perfect model scores."""

from .classifier import Classifier, ClassifierError, load_classifier
from .frechet import FrechetResult, frechet_classifier_distance, frechet_distance
from .legibility import Legibility, legibility
from .modes import ModeCoverage, mode_coverage, mode_floor
from .probes import (
    Confidence,
    confidence,
    effective_rank,
    gradient_norm,
    gradient_signal_to_noise,
    layer_gradient_norms,
)
from .stacked import StackedCoverage, stacked_coverage, stacked_floor, stacked_uniform_floor

__all__ = [
    "Classifier",
    "ClassifierError",
    "Confidence",
    "FrechetResult",
    "Legibility",
    "ModeCoverage",
    "StackedCoverage",
    "confidence",
    "effective_rank",
    "frechet_classifier_distance",
    "frechet_distance",
    "gradient_norm",
    "gradient_signal_to_noise",
    "layer_gradient_norms",
    "legibility",
    "load_classifier",
    "mode_coverage",
    "mode_floor",
    "stacked_coverage",
    "stacked_floor",
    "stacked_uniform_floor",
]
