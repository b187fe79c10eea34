"""A diagram of where the methods act that keep D's slope in bounds."""

from __future__ import annotations

from matplotlib.axes import Axes

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import HALF, INK, bare, box, forward
from course_utils.plots.style import DISCRIMINATOR, FAKE, NEUTRAL, REAL, course_style, new_figure, put_title

X_SAMPLES, X_D, X_LOSS = 2.6, 4.7, 6.6  # where the samples end, where D stands, where its loss begins
HEIGHT = 1.3  # of real samples over the middle; generated ones lie as far below
SAMPLES = {  # what goes to D at which height, and the penalty that asks for D's slope there
    HEIGHT: ("real x", "R1", REAL),
    0.0: ("between them", "gradient penalty", NEUTRAL),
    -HEIGHT: ("generated G(z)", "R2", FAKE),
}
CAPTION = (
    "Real samples x, generated samples G(z) and points between them go to D. Its values D(x) and D(G(z)) enter the "
    "loss of D. Its slopes are charged for: by R1 at real samples, by R2 at generated samples, by the gradient penalty "
    "at the points between. Weight clipping and spectral normalisation change the weights of D itself."
)


def slope_flow(title: str | None = "Where each method acts on D’s slope") -> Caption:
    """What goes to D, which penalty looks where, and what changes D's weights."""
    with course_style():
        figure, ((axes,),) = new_figure(9, 3.4, 1, 1)
        put_title(figure, title)
        bare(axes, (0, 9.2), (-1.9, 1.9))
        for y, (samples, penalty, role) in SAMPLES.items():
            axes.text(X_SAMPLES - 0.1, y, samples, ha="right", va="bottom", fontsize=13, color=role.ink)
            axes.text(X_SAMPLES - 0.1, y, penalty, ha="right", va="top", fontweight="bold")
            forward(axes, (X_SAMPLES, y), (X_D - HALF, y * 0.22 / HEIGHT))
        box(axes, X_D, "D", DISCRIMINATOR)
        axes.text(X_D + 0.1, 1.1, "weight clipping and spectral\nnormalisation change its weights", ha="center")
        _to_the_loss(axes, 1, "values D(x), D(G(z))", "→ loss of D")
        _to_the_loss(axes, -1, "slopes ‖∇D‖", "→ penalty")
        return show(figure, CAPTION)


def _to_the_loss(axes: Axes, side: int, what: str, where: str) -> None:
    forward(axes, (X_D + HALF, side * 0.15), (X_LOSS, side * 0.75))
    axes.text(X_LOSS + 0.1, side * 0.85, f"{what}\n{where}", ha="left", va="center", color=INK)
