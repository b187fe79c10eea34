"""Training mode, without waking what its owner has put to sleep."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn


def wake(*networks: nn.Module) -> None:
    """Put networks into training mode; a part that was frozen on purpose stays in evaluation mode.

    Frozen is a part in evaluation mode inside a network in training mode (`net.train(); net.norm.eval()`), and, inside
    a network in evaluation mode, one whose own weights all have requires_grad False.
    """
    for network in networks:
        if network.training:
            continue
        frozen = [layer for layer in network.modules() if _is_frozen(layer)]
        network.train()
        for layer in frozen:
            layer.eval()


@contextmanager
def awake(*networks: nn.Module) -> Iterator[None]:
    """Inside, networks are in the mode in which they train; afterwards modes and buffers are as they were.

    So a look does not count as a pass of training, for BatchNorm's statistics or a spectral norm's vectors.
    """
    layers = [layer for network in networks for layer in network.modules()]
    modes = [(layer, layer.training) for layer in layers]
    buffers = [(layer, name, b, b.clone()) for layer in layers for name, b in layer.named_buffers(recurse=False)]
    wake(*networks)
    try:
        yield
    finally:
        for layer, mode in modes:
            layer.training = mode
        with torch.no_grad():
            for layer, name, buffer, was in buffers:
                if getattr(layer, name) is not buffer:
                    setattr(layer, name, buffer)
                if not torch.equal(buffer, was):
                    buffer.copy_(was)


class Modes:
    """The modes of networks in training. They come back where a whole network has been put into evaluation mode since,
    to look at it; a part that has been frozen since stays so.
    """

    def __init__(self, *networks: nn.Module):
        self._modes = [(network, [(layer, layer.training) for layer in network.modules()]) for network in networks]

    def put_back(self) -> None:
        for network, modes in self._modes:
            if not network.training:
                for layer, mode in modes:
                    layer.training = mode


def _is_frozen(layer: nn.Module) -> bool:
    own = list(layer.parameters(recurse=False))
    return bool(own) and not any(weight.requires_grad for weight in own)
