"""How good are the samples? No measure without its floor: what a perfect model scores."""

from .accuracy_score import AccuracyScore, classification_accuracy_score
from .class_accuracy import ClassAccuracy, class_accuracy
from .classifier import Classifier
from .classifier_cache import ClassifierError, load_classifier
from .expectations import expected_coverage, expected_density, expected_frechet
from .flow_likelihood import FlowLikelihood, flow_log_likelihood
from .frechet import FrechetResult, frechet_classifier_distance, frechet_distance
from .fresh_discriminator import FreshDiscriminator, fresh_discriminator
from .inference_gaps import InferenceGaps, inference_gaps
from .jensen_shannon import jensen_shannon, samples_as_mixture
from .ladder import Ladder, ladder
from .legibility import Legibility, legibility
from .likelihood import ActiveUnits, LogLikelihood, active_units, log_likelihood, ppca_log_likelihood
from .membership import MembershipAUC, membership_auc
from .memorisation import Memorisation, memorisation
from .modes import ModeCoverage, mode_coverage, mode_floor
from .parzen import ParzenScore, parzen_bandwidth, parzen_log_likelihood, parzen_score
from .precision_recall import PrecisionRecall, precision_recall, precision_recall_floor
from .probes import (
    Confidence,
    confidence,
    effective_rank,
    gradient_norm,
    gradient_signal_to_noise,
    layer_gradient_norms,
)
from .saliency import rank_correlation, saliency
from .stacked import StackedCoverage, stacked_coverage, stacked_floor, stacked_uniform_floor

__all__ = [
    "AccuracyScore",
    "ActiveUnits",
    "ClassAccuracy",
    "Classifier",
    "ClassifierError",
    "Confidence",
    "FlowLikelihood",
    "FrechetResult",
    "FreshDiscriminator",
    "InferenceGaps",
    "Ladder",
    "Legibility",
    "LogLikelihood",
    "MembershipAUC",
    "Memorisation",
    "ModeCoverage",
    "ParzenScore",
    "PrecisionRecall",
    "StackedCoverage",
    "active_units",
    "class_accuracy",
    "classification_accuracy_score",
    "confidence",
    "effective_rank",
    "expected_coverage",
    "expected_density",
    "expected_frechet",
    "flow_log_likelihood",
    "frechet_classifier_distance",
    "frechet_distance",
    "fresh_discriminator",
    "gradient_norm",
    "gradient_signal_to_noise",
    "inference_gaps",
    "jensen_shannon",
    "ladder",
    "layer_gradient_norms",
    "legibility",
    "load_classifier",
    "log_likelihood",
    "membership_auc",
    "memorisation",
    "mode_coverage",
    "mode_floor",
    "parzen_bandwidth",
    "parzen_log_likelihood",
    "parzen_score",
    "ppca_log_likelihood",
    "precision_recall",
    "precision_recall_floor",
    "rank_correlation",
    "saliency",
    "samples_as_mixture",
    "stacked_coverage",
    "stacked_floor",
    "stacked_uniform_floor",
]
