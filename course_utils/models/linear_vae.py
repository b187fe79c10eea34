"""The linear VAE, whose bound has a closed form and whose optimum is probabilistic PCA."""

import math

import torch
from torch import Tensor, nn

from course_utils.inputs import require_count, require_counts
from course_utils.models.vae import VAE
from course_utils.objectives.likelihoods import Gaussian
from course_utils.tensor_inputs import require_finite, require_input, require_tensor


class LinearVAE(VAE):
    """p(x|z) = N(W z + μ, s² I), q(z|x) = N(V (x − μ), diag(v)), for vectors x [n, dim].

    W `weight` [dim, latent_dim], V `recognition` [latent_dim, dim], log v `log_variance` [latent_dim], log s `log_std`
    and μ `centre` [dim] are learnt. At the best ELBO, log p(x) is that of probabilistic PCA and the bound is tight:
    there is no Jensen gap. Sources: Tipping & Bishop 1999; Lucas et al. 2019.
    """

    def __init__(self, latent_dim: int, dim: int):
        latent_dim, dim = require_counts(latent_dim=latent_dim, dim=dim)
        if latent_dim >= dim:
            raise ValueError(f"a linear VAE needs 1 ≤ latent_dim < dim, not latent_dim {latent_dim}, dim {dim}")
        super().__init__(nn.Identity(), nn.Identity(), latent_dim, Gaussian())
        self.centre = nn.Parameter(torch.zeros(dim))
        self.weight = nn.Parameter(torch.randn(dim, latent_dim) / math.sqrt(dim))
        self.recognition = nn.Parameter(torch.randn(latent_dim, dim) / math.sqrt(dim))
        self.log_variance = nn.Parameter(torch.zeros(latent_dim))
        self.log_std = nn.Parameter(torch.zeros(()))

    @classmethod
    def from_ppca(cls, x: Tensor, latent_dim: int) -> "LinearVAE":
        """The optimum for the rows of x [n, dim], in their precision.

        With the eigenvalues λ and eigenvectors u of their covariance (divided by n): s² is the mean of the discarded λ,
        W = u_k √(λ_k − s²), V = (λ_k)⁻¹ Wᵀ and v = s²/λ_k. Raises ValueError where nothing is left to discard (s² = 0).
        """
        require_tensor("x", x, ("n", "dim"), hint="flatten the images")
        require_finite("x", x)
        require_count("latent_dim", latent_dim)
        model = cls(latent_dim, x.shape[1]).to(x)
        centre = x.mean(0)
        values, vectors = torch.linalg.eigh((x - centre).T @ (x - centre) / len(x))
        values, vectors = values.flip(0).clamp(min=0.0), vectors.flip(1)
        noise, kept = values[latent_dim:].mean(), values[:latent_dim]
        if not noise > 0:
            raise ValueError(f"{latent_dim} dimensions hold all the variance of x: choose a smaller latent_dim")
        with torch.no_grad():
            model.centre.copy_(centre)
            model.weight.copy_(vectors[:, :latent_dim] * (kept - noise).clamp(min=0.0).sqrt())
            model.recognition.copy_(model.weight.T / kept[:, None])
            model.log_variance.copy_((noise / kept).log())
            model.log_std.copy_(noise.log() / 2)
        return model

    def encode(self, x: Tensor, *condition: Tensor) -> tuple[Tensor, Tensor]:
        require_input(self, "x", x, len(self.centre), more_axes=True)
        mean = (x - self.centre) @ self.recognition.T
        return mean, self.log_variance.expand_as(mean)

    def decode(self, z: Tensor, *condition: Tensor) -> Tensor:
        require_input(self, "z", z, self.latent_dim, more_axes=True)
        return z @ self.weight.T + self.centre

    def log_likelihood(self, x: Tensor, z: Tensor, *condition: Tensor) -> Tensor:
        return Gaussian(self.log_std.exp()).log_prob(x, self.decode(z))

    def elbo(self, x: Tensor) -> Tensor:
        """The exact ELBO of each row of x, [n] in nats, without a draw of z.

        E_q‖x − Wz − μ‖² = ‖x − μ − W m‖² + Σ_j v_j ‖w_j‖², with m = V(x − μ).
        """
        mean, log_var = self.encode(x)
        spread = (log_var.exp() * self.weight.square().sum(0)).sum(-1)
        error = (x - self.decode(mean)).square().sum(-1) + spread
        dim = x.shape[-1]
        log_likelihood = -0.5 * (error * (-2 * self.log_std).exp() + dim * (2 * self.log_std + math.log(2 * math.pi)))
        return log_likelihood - 0.5 * (mean.square() + log_var.exp() - 1.0 - log_var).sum(-1)

    def log_marginal(self, x: Tensor) -> Tensor:
        """The exact log p(x) = log N(x; μ, W Wᵀ + s² I) of each row of x, [n] in nats."""
        require_input(self, "x", x, len(self.centre), more_axes=True)
        return torch.distributions.LowRankMultivariateNormal(
            self.centre, self.weight, (2 * self.log_std).exp().expand_as(self.centre)
        ).log_prob(x)
