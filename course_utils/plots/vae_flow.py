"""A diagram of a variational autoencoder: the way of an image through code and noise, and what the loss is made of."""

from __future__ import annotations

from matplotlib.axes import Axes

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import HALF, back, bare, box, forward
from course_utils.plots.style import GENERATOR, NEUTRAL, course_style, new_figure, put_title

X_IMAGE, X_ENCODER, X_CODE, X_DECODER, X_LOSS = 0.45, 1.9, 4.2, 6.3, 8.0  # from left to right
UP, BELOW = 1.15, -1.15  # the height of the noise, and of what the KL is computed from
CAPTION = (
    "Training: an image x goes through the encoder, which gives a mean μ and a standard deviation σ for each latent "
    "dimension. With noise ε from N(0, I) they make the code z = μ + σ·ε. The decoder gives each pixel’s probability "
    "of being white; with x it makes log p(x|z). The KL divergence is computed from μ and σ alone. The loss is the KL "
    "minus log p(x|z). The gradient goes back through the decoder, z, μ and σ to the encoder; ε needs none. Sampling: "
    "z is drawn from N(0, I), and the decoder alone is used."
)


def vae_flow(title: str | None = "An image pays twice: for its code, and for the pixels given the code") -> Caption:
    """The way of an image through encoder, noise and decoder to the two terms of the loss."""
    with course_style():
        figure, ((axes,),) = new_figure(9, 3.9, 1, 1)
        put_title(figure, title)
        bare(axes, (-0.2, 10.4), (-2.6, 1.6))
        _forward_way(axes)
        _loss(axes)
        return show(figure, CAPTION)


def _forward_way(axes: Axes) -> None:
    axes.text(X_IMAGE, 0, "image\nx", ha="center", va="center", fontsize=12)
    box(axes, X_ENCODER, "q", NEUTRAL, below="encoder")
    axes.text(X_CODE, 0, "z = μ + σ·ε", ha="center", va="center", fontsize=13)
    box(axes, X_DECODER, "p", GENERATOR, below="decoder")
    axes.text(X_CODE, UP, "noise ε from N(0, I)", ha="center", va="bottom")
    forward(axes, (X_CODE, UP - 0.05), (X_CODE, 0.28))
    forward(axes, (X_IMAGE + 0.45, 0), (X_ENCODER - HALF, 0))
    forward(axes, (X_ENCODER + HALF, 0), (X_CODE - 0.9, 0))
    axes.text((X_ENCODER + X_CODE) / 2 - 0.2, 0.1, "μ, σ", ha="center", va="bottom")
    forward(axes, (X_CODE + 0.9, 0), (X_DECODER - HALF, 0))


def _loss(axes: Axes) -> None:
    forward(axes, (X_DECODER + HALF, 0), (X_LOSS - 0.1, 0))
    axes.text(X_LOSS, 0, "−log p(x|z)\nthe pixels, given the code", ha="left", va="center", color=GENERATOR.ink)
    forward(axes, (X_ENCODER + HALF, -0.15), (X_CODE - 0.55, BELOW + 0.1))
    axes.text(X_CODE - 0.4, BELOW, "KL(q(z|x) ‖ N(0, I)): the code", ha="left", va="center", color=NEUTRAL.ink)
    back(axes, X_LOSS + 0.8, X_ENCODER, NEUTRAL, y=-1.85)
    axes.text((X_ENCODER + X_LOSS) / 2, -1.95, "gradient, through z", ha="center", va="top", color=NEUTRAL.ink)
