"""The networks: small, and each readable in one screen."""

from course_utils.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_utils.models.minibatch import MinibatchStd, Packed
from course_utils.models.mlp import (
    FullyConnectedDiscriminator,
    FullyConnectedGenerator,
    PointDiscriminator,
    PointGenerator,
    mlp,
    sample_latent,
)
from course_utils.models.noise import InstanceNoise
from course_utils.models.normalisation import spectrally_normalised
from course_utils.models.pacgan import Maxout, PacGANDiscriminator, PacGANGenerator
from course_utils.models.stacked import StackedBatchNorm1d, StackedLinear, stack, unstack
from course_utils.models.summary import summary

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FullyConnectedDiscriminator",
    "FullyConnectedGenerator",
    "InstanceNoise",
    "Maxout",
    "MinibatchStd",
    "PacGANDiscriminator",
    "PacGANGenerator",
    "Packed",
    "PointDiscriminator",
    "PointGenerator",
    "StackedBatchNorm1d",
    "StackedLinear",
    "mlp",
    "sample_latent",
    "spectrally_normalised",
    "stack",
    "summary",
    "unstack",
]
