"""Spectral normalisation: a Lipschitz bound built into the layers, instead of charged in the loss."""

from collections.abc import Callable
from functools import partial

from torch import nn
from torch.nn.modules.conv import _ConvNd
from torch.nn.utils import parametrize
from torch.nn.utils.parametrizations import _SpectralNorm, spectral_norm
from torch.nn.utils.spectral_norm import SpectralNorm

from course_utils.inputs import require_kind


def spectrally_normalised(network: nn.Module) -> nn.Module:
    """Divide every linear and convolutional weight W by its largest singular value σ(W); in place, and returned.

    `discriminator = spectrally_normalised(PointDiscriminator())`. σ is estimated by power iteration, one round in each
    forward pass in training mode, so it follows the weights as they are trained. Biases and other layers are left
    alone, as are layers normalised before. With activations of slope at most 1, a network of linear layers then has
    ‖D(x) − D(y)‖ ≤ ‖x − y‖. A convolution's kernel is read as the matrix [out, in · height · width], as in the paper:
    the slope of the convolution itself may be larger, up to √(height · width).

    The weights stay the same parameters, so an optimiser that was made before goes on working. Raises ValueError for a
    network without such layers. Source: Miyato et al. 2018, sec. 2.
    """
    require_kind("network", network, nn.Module)
    layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear | _ConvNd)]
    if not layers:
        raise ValueError(f"{type(network).__name__} has no linear or convolutional layer to normalise")
    for layer in layers:
        if not parametrize.is_parametrized(layer, "weight"):
            spectral_norm(layer)
    return network


def spectral_norms(network: nn.Module) -> list[Callable[[], None]]:
    """A function for each spectral norm in `network`, of torch's new kind or the old: one round of its power iteration.

    Of weights that were changed from outside, an average say, the singular vectors that the layer keeps are no longer
    those of its weight: σ would be too small, and the normalised weight too large.
    """
    rounds: list[Callable[[], None]] = []
    for layer in network.modules():
        if parametrize.is_parametrized(layer):
            for parametrizations in layer.parametrizations.values():
                norms = [part for part in parametrizations if isinstance(part, _SpectralNorm)]
                rounds += [partial(_iterate, norm, parametrizations) for norm in norms]
        hooks = [hook for hook in layer._forward_pre_hooks.values() if isinstance(hook, SpectralNorm)]
        rounds += [partial(hook.compute_weight, layer, do_power_iteration=True) for hook in hooks]
    return rounds


def _iterate(norm: _SpectralNorm, parametrizations: parametrize.ParametrizationList) -> None:
    norm.train()
    norm(parametrizations.original)
    norm.eval()
