"""The networks: small, and each readable in one screen."""

from course_utils.models.conditional import (
    AuxiliaryClassifierDiscriminator,
    ConditionalDiscriminator,
    ConditionalGenerator,
    ConditionalVAE,
)
from course_utils.models.cycle import CyclePair, CycleVAE, DenseTranslator, LocalTranslator
from course_utils.models.dcgan import DCGANDiscriminator, DCGANGenerator
from course_utils.models.evaluating import evaluating
from course_utils.models.film import FiLM
from course_utils.models.latent import Inversion, invert, principal_directions, spherical_interpolation
from course_utils.models.linear_vae import LinearVAE
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
from course_utils.models.patch import PatchDiscriminator
from course_utils.models.quadrants import QuadrantNetwork, QuadrantVAE, hide_quadrants
from course_utils.models.residual_translator import ResidualTranslator
from course_utils.models.sampling import ancestral_path, as_velocity, euler_step, guided, heun_step, ode_path
from course_utils.models.side_by_side import SideBySide
from course_utils.models.stacked import StackedBatchNorm1d, StackedLinear, stack, unstack
from course_utils.models.summary import summary
from course_utils.models.unet import UNet
from course_utils.models.vae import VAE, ConvolutionalVAE, FullyConnectedVAE
from course_utils.models.vector_quantiser import Quantised, VectorQuantiser
from course_utils.models.velocity import MixtureVelocity, PointVelocity

__all__ = [
    "VAE",
    "AuxiliaryClassifierDiscriminator",
    "ConditionalDiscriminator",
    "ConditionalGenerator",
    "ConditionalVAE",
    "ConvolutionalVAE",
    "CyclePair",
    "CycleVAE",
    "DCGANDiscriminator",
    "DCGANGenerator",
    "DenseTranslator",
    "FiLM",
    "FullyConnectedDiscriminator",
    "FullyConnectedGenerator",
    "FullyConnectedVAE",
    "InstanceNoise",
    "Inversion",
    "LinearVAE",
    "LocalTranslator",
    "Maxout",
    "MinibatchStd",
    "MixtureVelocity",
    "PacGANDiscriminator",
    "PacGANGenerator",
    "Packed",
    "PatchDiscriminator",
    "PointDiscriminator",
    "PointGenerator",
    "PointVelocity",
    "QuadrantNetwork",
    "QuadrantVAE",
    "Quantised",
    "ResidualTranslator",
    "SideBySide",
    "StackedBatchNorm1d",
    "StackedLinear",
    "UNet",
    "VectorQuantiser",
    "ancestral_path",
    "as_velocity",
    "euler_step",
    "evaluating",
    "guided",
    "heun_step",
    "hide_quadrants",
    "invert",
    "mlp",
    "ode_path",
    "principal_directions",
    "sample_latent",
    "spectrally_normalised",
    "spherical_interpolation",
    "stack",
    "summary",
    "unstack",
]
