"""A diagram of the convolutional pair: the maps that flow through G and D, and the gradient's way back."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import back, bare, forward
from course_utils.plots.style import DISCRIMINATOR, GENERATOR, Role, course_style, new_figure, put_title

UP = [(64, 7), (32, 14), (1, 28)]  # (channels, side) of G's maps, and of D's
DOWN = [(1, 28), (16, 14), (64, 7), (128, 4)]
UP_STEPS = ("linear", "stride 2 up", "stride 2 up")
DOWN_STEPS = ("stride 2 down", "stride 2 down", "stride 2 down", "linear")
CAPTION = (
    "Above, G: z, 32 numbers, becomes 64 maps of 7×7 by a linear layer, then 32 of 14×14 and one image of 28×28 by two "
    "transposed convolutions of stride 2. Below, D: an image of 28×28, real or generated, becomes 16 maps of 14×14, 64 "
    "of 7×7 and 128 of 4×4 by three convolutions of stride 2, then one logit by a linear layer. Dashed: in G's step "
    "the gradient runs from the logit back through D and the image into G; in D's step it ends at the image."
)


def map_flow(title: str | None = "Maps grow on the way to the image, and shrink on the way to the logit") -> Caption:
    """G's maps above D's: a box is as high as the map's side, and wider for more channels."""
    with course_style():
        figure, grid = new_figure(9, 4.6, 2, 1)
        put_title(figure, title)
        for (axes,), heading in zip(grid, ("Generator G", "Discriminator D"), strict=True):
            bare(axes, (0, 10), (-2.5, 1.9))
            axes.set_title(heading, fontweight="bold")
        _row(grid[0, 0], "z\n32", UP, UP_STEPS, "", GENERATOR, "gradient of G’s step, coming from D")
        _row(grid[1, 0], "", DOWN, DOWN_STEPS, "logit", DISCRIMINATOR, "gradient of both steps; in G’s step it goes on")
        return show(figure, CAPTION)


def _row(axes: Axes, first: str, maps: list, steps: tuple[str, ...], last: str, role: Role, way: str) -> None:
    """Boxes from left to right, the name of a layer over each arrow, and the dashed way back below."""
    x = 0.35
    if first:
        axes.text(x, 0, first, ha="center", va="center", fontsize=12)
        x = _arrow(axes, x + 0.3, steps[0])
        steps = steps[1:]
    start = x
    for number, (channels, side) in enumerate(maps):
        width, height = 0.16 + 0.09 * channels**0.5, 2.6 * side / 28
        axes.add_patch(
            Rectangle((x, -height / 2), width, height, facecolor="white", edgecolor=role.colour, linewidth=2)
        )
        axes.text(x + width / 2, -1.42, f"{channels}×{side}×{side}", ha="center", va="top")
        x += width
        if number < len(steps):
            x = _arrow(axes, x, steps[number])
    if last:
        axes.text(x + 0.1, 0, last, ha="left", va="center", fontsize=12)
    back(axes, x + 0.6, start, role, y=-1.98)
    axes.text((start + x) / 2, -2.06, way, ha="center", va="top", color=role.ink)


def _arrow(axes: Axes, x: float, name: str) -> float:
    """An arrow that begins at x, with its layer's name; returns where the next thing begins."""
    end = x + 1.4
    forward(axes, (x + 0.08, 0), (end, 0))
    axes.text((x + end) / 2, 0.12, name, ha="center", va="bottom", fontsize=10)
    return end + 0.06
