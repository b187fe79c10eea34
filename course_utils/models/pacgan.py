"""The pair of PacGAN's experiments on the grid (Lin et al. 2018, sec. 4.1), for the published protocol."""

from torch import Tensor, nn

from course_utils.inputs import require_counts
from course_utils.tensor_inputs import require_input


class Maxout(nn.Module):
    """[…, n_in] → […, n_out]: each output is the largest of `pieces` linear functions (Goodfellow et al. 2013)."""

    def __init__(self, n_in: int, n_out: int, pieces: int):
        super().__init__()
        self.n_in, n_out, self.pieces = require_counts(n_in=n_in, n_out=n_out, pieces=pieces)
        self.linear = nn.Linear(self.n_in, n_out * self.pieces)

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, self.n_in, more_axes=True)
        return self.linear(x).unflatten(-1, (-1, self.pieces)).amax(-1)


class PacGANGenerator(nn.Module):
    """z [n, 2] → points [n, 2]: four layers of 400 units with BatchNorm and ReLU."""

    latent_dim = 2

    def __init__(self):
        super().__init__()
        hidden = [nn.Sequential(nn.Linear(n, 400), nn.BatchNorm1d(400), nn.ReLU()) for n in (2, 400, 400, 400)]
        self.net = nn.Sequential(*hidden, nn.Linear(400, 2))

    def forward(self, z: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim, more_axes=True)
        return self.net(z)


class PacGANDiscriminator(nn.Module):
    """Packs [n, dim] → logits [n]: three maxout layers of 200 units with 5 pieces. For packs of m points dim is 2m."""

    def __init__(self, dim: int = 2):
        super().__init__()
        (self.dim,) = require_counts(dim=dim)
        self.net = nn.Sequential(Maxout(self.dim, 200, 5), Maxout(200, 200, 5), Maxout(200, 200, 5), nn.Linear(200, 1))

    def forward(self, x: Tensor) -> Tensor:
        require_input(self, "x", x, self.dim, more_axes=True)
        return self.net(x).squeeze(-1)
