"""Training mode, without waking what its owner has put to sleep."""

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
