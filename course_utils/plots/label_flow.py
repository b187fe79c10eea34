"""A diagram of a conditional GAN: where the label enters G, and the three ways by which D can come to know it."""

from __future__ import annotations

from matplotlib.axes import Axes

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import HALF, bare, box, forward
from course_utils.plots.style import DISCRIMINATOR, GENERATOR, YOURS, course_style, new_figure, put_title

X_Z, X_G, X_IMAGE, X_D, X_OUT = 0.2, 1.8, 3.5, 5.2, 6.4  # from left to right
UP = 0.95  # the height of a label above its network
WAYS = {
    "concatenation": (True, "logit: real, and a y?", "the label is further input of D"),
    "projection": (True, "ψ(φ(x)) + v_y · φ(x)", "the label picks a direction v_y for D’s features φ"),
    "AC-GAN": (False, "real?   and: which class?", "D is asked; both losses compare its answer with y"),
}
CAPTION = (
    "In each row the noise z and the label y go into the generator G, which makes an image x; D judges it. "
    "Concatenation: y goes into D beside the image, and D’s logit says whether the image is real and of class y. "
    "Projection: y chooses a direction v_y, and the logit is ψ(φ(x)) + v_y · φ(x). AC-GAN: D does not get y; it "
    "returns a logit and names the class, and y enters the losses of both players."
)


def label_flow(title: str | None = "Three ways for D to know the label") -> Caption:
    """G with a label, and D with it by concatenation, by projection, and as an auxiliary classifier, row by row."""
    with course_style():
        figure, grid = new_figure(9, 6.0, 3, 1)
        put_title(figure, title)
        for (axes,), (name, way) in zip(grid, WAYS.items(), strict=True):
            bare(axes, (-0.1, 10.6), (-0.95, 1.35))
            axes.set_title(name, fontweight="bold")
            _row(axes, *way)
        return show(figure, CAPTION)


def _row(axes: Axes, told: bool, out: str, says: str) -> None:
    axes.text(X_Z, 0, "noise z", ha="left", va="center")
    box(axes, X_G, "G", GENERATOR, below="generator")
    axes.text(X_IMAGE, 0, "image x", ha="center", va="center")
    box(axes, X_D, "D", DISCRIMINATOR, below="discriminator")
    axes.text(X_OUT, 0, out, ha="left", va="center")
    axes.text(X_OUT, -0.55, says, ha="left", va="center", color=DISCRIMINATOR.ink, fontsize=10)
    for x in (X_G, X_D if told else X_OUT + 1.9):  # an AC-GAN's label stands above the losses
        axes.text(x, UP, "label y", ha="center", va="center", color=YOURS.ink, fontweight="bold")
        forward(axes, (x, UP - 0.18), (x, 0.32))
    for start, end in ((X_Z + 0.8, X_G - HALF), (X_G + HALF, X_IMAGE - 0.5), (X_IMAGE + 0.5, X_D - HALF)):
        forward(axes, (start, 0), (end, 0))
    forward(axes, (X_D + HALF, 0), (X_OUT - 0.1, 0))
