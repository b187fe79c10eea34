"""A history of generated images: what a discriminator is shown in the place of the newest ones, half of the time."""

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts
from course_utils.tensor_inputs import require_tensor


class ImagePool(nn.Module):
    """Keeps `size` generated images [*image_shape]; `pool(images)` returns what D is to judge, as many as it is given.

    Until the pool is full, a batch is stored and returned. From then on each image is, with probability ½, returned,
    and otherwise exchanged with a stored one, drawn at random, which is returned in its place; the images of one batch
    are exchanged with different ones. So half of what is returned is new, and the other half has waited for a
    geometrically distributed number of batches, of mean 2·`size` / n. The random numbers are those of torch.

    Its images are buffers: a checkpoint holds them, and a run that goes on is the same as one that never stopped.
    Raises ValueError for batches of another shape or of more than `size` images. Sources: Shrivastava et al. 2017,
    sec. 2.3; Zhu et al. 2017, sec. 4 (a history of 50 images, batches of one).
    """

    def __init__(self, size: int, image_shape: tuple[int, ...]):
        super().__init__()
        self.size = require_count("size", size, hint="how many images are kept")
        counts = require_counts(**{f"axis {i} of image_shape": side for i, side in enumerate(image_shape)})
        self.image_shape = tuple(counts)
        self.register_buffer("images", torch.zeros(self.size, *self.image_shape))
        self.register_buffer("seen", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def forward(self, images: Tensor) -> Tensor:
        require_tensor("images", images, ("n", *self.image_shape), "float images")
        n = require_count("the batch", len(images), most=self.size, hint="a pool has room for one batch or more")
        full = self.seen >= self.size
        swap = full & (torch.rand(n, device=images.device) < 0.5)
        drawn = torch.rand(self.size, device=images.device).argsort()[:n]
        slots = torch.where(full, drawn, (self.seen + torch.arange(n, device=images.device)) % self.size)
        old = self.images[slots]
        new = images.detach().to(old.dtype)
        swap, store = (mask.view(-1, *[1] * len(self.image_shape)) for mask in (swap, swap | ~full))
        self.images[slots] = torch.where(store, new, old)
        self.seen += n
        return torch.where(swap, old, new).to(images.dtype)

    def extra_repr(self) -> str:
        return f"size={self.size}, image_shape={self.image_shape}"
