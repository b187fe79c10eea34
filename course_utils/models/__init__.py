"""The networks: small, and each readable in one screen."""

from course_utils.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_utils.models.mlp import (
    FullyConnectedDiscriminator,
    FullyConnectedGenerator,
    PointDiscriminator,
    PointGenerator,
    mlp,
    sample_latent,
)
from course_utils.models.summary import summary

__all__ = [
    "DCGANDiscriminator",
    "DCGANGenerator",
    "FullyConnectedDiscriminator",
    "FullyConnectedGenerator",
    "PointDiscriminator",
    "PointGenerator",
    "mlp",
    "sample_latent",
    "summary",
]
