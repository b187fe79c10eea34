"""K networks of one architecture as a single one, so that K seeds train in one batched program.

Every layer with weights holds K sets of them, and every batch has a member axis in front: [K, n, …]. A matrix product
of 16 small networks is one call instead of 16, which is what makes small networks fast.
"""

import copy
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_kind, shown
from course_utils.tensor_inputs import require_input


class StackedLinear(nn.Module):
    """K linear layers side by side: [K, n, n_in] → [K, n, n_out], member k by its own weights [n_in, n_out]."""

    def __init__(self, layers: Sequence[nn.Linear]):
        super().__init__()
        _require_alike(layers, nn.Linear)
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        biased = layers[0].bias is not None
        self.bias = nn.Parameter(torch.stack([layer.bias.detach()[None] for layer in layers])) if biased else None

    def forward(self, x: Tensor) -> Tensor:
        _require_members(self, x, len(self.weight), self.weight.shape[1])
        return torch.bmm(x, self.weight) if self.bias is None else torch.baddbmm(self.bias, x, self.weight)

    def member(self, k: int) -> nn.Linear:
        n_in, n_out = self.weight.shape[1:]
        layer = nn.Linear(n_in, n_out, bias=self.bias is not None).to(self.weight)
        with torch.no_grad():
            layer.weight.copy_(self.weight[k].T)
            if self.bias is not None:
                layer.bias.copy_(self.bias[k, 0])
        return layer


class StackedBatchNorm1d(nn.Module):
    """K BatchNorm layers side by side: [K, n, features], each member normalised by its own batch.

    They are one ordinary BatchNorm over K·features features.
    """

    def __init__(self, layers: Sequence[nn.BatchNorm1d]):
        super().__init__()
        _require_alike(layers, nn.BatchNorm1d)
        self.members, first = len(layers), layers[0]
        self.norm = nn.BatchNorm1d(self.members * first.num_features, eps=first.eps, momentum=first.momentum)
        states = [layer.state_dict() for layer in layers]
        joined = {name: torch.cat([state[name] for state in states]) for name in states[0] if states[0][name].ndim}
        self.norm.to(first.weight).load_state_dict({**states[0], **joined})

    def forward(self, x: Tensor) -> Tensor:
        _require_members(self, x, self.members, self.norm.num_features // self.members)
        side_by_side = x.transpose(0, 1).flatten(1)  # [n, K·features]
        return self.norm(side_by_side).unflatten(1, (self.members, -1)).transpose(0, 1)

    def member(self, k: int) -> nn.BatchNorm1d:
        layer = nn.BatchNorm1d(self.norm.num_features // self.members, eps=self.norm.eps, momentum=self.norm.momentum)
        state = self.norm.state_dict()
        parts = {name: value.chunk(self.members)[k] if value.ndim else value for name, value in state.items()}
        layer.to(self.norm.weight).load_state_dict(parts)
        return layer


def _require_alike(layers: Sequence[nn.Module], kind: type[nn.Module]) -> None:
    layers = list(layers) if isinstance(layers, Sequence | nn.Sequential | nn.ModuleList) else []
    if not layers or not all(isinstance(layer, kind) for layer in layers):
        raise ValueError(f"layers must be a sequence of {kind.__name__}, at least one, not {shown(layers)}")
    if len({str([(name, value.shape) for name, value in layer.state_dict().items()]) for layer in layers}) > 1:
        raise ValueError(f"layers must be {kind.__name__} layers of one shape, all with or all without bias")


def _require_members(layer: nn.Module, x: Tensor, members: int, width: int) -> None:
    """A batch for each member, [K, n, width]."""
    if not isinstance(x, Tensor) or x.ndim != 3 or len(x) != members:
        raise ValueError(
            f"{type(layer).__name__} takes x as a batch for each of {members} members, [{members}, n, {width}], "
            f"not {shown(x)}"
        )
    require_input(layer, "x", x, width, more_axes=True)


_STACKED = {nn.Linear: StackedLinear, nn.BatchNorm1d: StackedBatchNorm1d}


def stack(networks: Sequence[nn.Module]) -> nn.Module:
    """One network that computes all `networks`, [K, n, …] → [K, …], with copies of their weights; `.members` is K.

    Its class, attributes and layers without weights are those of the first network; buffers that are equal in all, such
    as a noise level, are shared. Raises ValueError for networks of different architecture, and for weights in layers
    other than Linear and BatchNorm1d.
    """
    if not isinstance(networks, Sequence) or not networks:
        raise ValueError(f"stack needs at least one network, in a list, not {shown(networks)}")
    for network in networks:
        require_kind("each network to stack", network, nn.Module)
    shapes = [[(name, value.shape) for name, value in network.state_dict().items()] for network in networks]
    if any(type(network) is not type(networks[0]) for network in networks) or any(s != shapes[0] for s in shapes):
        raise ValueError("stack needs networks of one architecture: the same class, layers and widths")
    return _stacked(networks)


def _stacked(networks: Sequence[nn.Module]) -> nn.Module:
    first = networks[0]
    if type(first) in _STACKED:
        return _STACKED[type(first)](networks)
    weights = list(first.parameters(recurse=False))
    buffers = [dict(network.named_buffers(recurse=False)) for network in networks]
    shared = all(torch.equal(value, other[name]) for other in buffers for name, value in buffers[0].items())
    if weights or not shared:
        raise ValueError(
            f"{type(first).__name__} holds tensors of its own, which cannot be stacked: build ensembles from "
            f"{' and '.join(kind.__name__ for kind in _STACKED)}, or train its seeds one after the other"
        )
    whole = copy.copy(first)  # shares nothing that is changed: its dictionaries of layers and buffers are replaced
    whole._buffers = {name: value.clone() for name, value in buffers[0].items()}
    whole._modules = {name: _stacked([network._modules[name] for network in networks]) for name in first._modules}
    whole.members = len(networks)
    return whole


def unstack(network: nn.Module, k: int) -> nn.Module:
    """Member `k` of a stacked network as an ordinary network, with a copy of its weights; IndexError beyond K."""
    members = getattr(require_kind("network", network, nn.Module), "members", None)
    if members is None:
        raise ValueError(f"{type(network).__name__} is not a stacked network; it has no members")
    k = require_count("k", k, least=0)
    if k >= members:
        raise IndexError(f"there are members 0 to {members - 1}, not {k}")
    return _member(network, k)


def _member(module: nn.Module, k: int) -> nn.Module:
    if type(module) in _STACKED.values():
        return module.member(k)
    one = copy.copy(module)
    one._buffers = {name: value.clone() for name, value in module.named_buffers(recurse=False)}
    one._modules = {name: _member(part, k) for name, part in module._modules.items()}
    one.__dict__.pop("members", None)
    return one
