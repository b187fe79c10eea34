"""K networks that take any batch together: its rows are dealt out to them."""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_kind, shown


class SideBySide(nn.Module):
    """K stacked networks as one, f(x, …): each tensor [K·n, …] → [K·n, …], member k on the k-th n rows.

    So `training.train_model(SideBySide(stack(networks)), …, batch_size=K·n)` trains K of them at once, and `ode_path`
    follows all of them. A loss that is a mean over the batch is the mean of the members' losses, and the gradient of
    each is a Kth of its own, which Adam does not notice; `unstack(side_by_side.network, k)` is one member. Of a number
    of rows that K does not divide, the last members get fewer.
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.dealt_to = getattr(require_kind("network", network, nn.Module), "members", None)
        if self.dealt_to is None:
            raise ValueError(f"SideBySide takes stacked networks, models.stack([…]), not {shown(network)}")
        self.network = network

    def forward(self, *batch: Tensor) -> Tensor:
        rows = len(batch[0]) if batch and isinstance(batch[0], Tensor) and batch[0].ndim else 0
        if not rows or any(not isinstance(x, Tensor) or not x.ndim or len(x) != rows for x in batch):
            told = ", ".join(map(shown, batch)) or "nothing"
            raise ValueError(f"SideBySide takes tensors of equally many rows, [n, …], not {told}")
        return self.network(*map(self._dealt, batch)).flatten(0, 1)[:rows]

    def _dealt(self, x: Tensor) -> Tensor:
        each = -(-len(x) // self.dealt_to)
        missing = each * self.dealt_to - len(x)
        whole = torch.cat([x, x[-1:].expand(missing, *x.shape[1:])]) if missing else x
        return whole.unflatten(0, (self.dealt_to, each))
