"""A diagram of one direction of a CycleGAN: there, judged; and back, compared with the start."""

from __future__ import annotations

from matplotlib.axes import Axes

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import HALF, INK, bare, box, forward
from course_utils.plots.style import DISCRIMINATOR, GENERATOR, NEUTRAL, course_style, new_figure, put_title

X_A, X_G, X_MADE, X_F, X_BACK = 0.2, 1.9, 3.9, 5.9, 7.7  # where things stand, from left to right
TURN, BELOW = 1.25, -1.75  # the height of the comparison, and of the judge's row
CAPTION = (
    "An image a of domain A goes through the translator G, which gives G(a). The discriminator D_B judges G(a) beside "
    "real images b of domain B: the adversarial loss. G(a) also goes through the second translator F, which gives "
    "F(G(a)); the cycle loss is the mean of |F(G(a)) − a|. The same from b: F(b) is judged by D_A beside real a, and "
    "G(F(b)) is compared with b. No image of A is ever shown with its partner in B."
)


def cycle_flow(title: str | None = "There, judged; and back, compared with the start") -> Caption:
    """The way of an image of A through both translators, to the adversarial loss and to the cycle loss."""
    with course_style():
        figure, ((axes,),) = new_figure(9, 3.9, 1, 1)
        put_title(figure, title)
        bare(axes, (-0.2, 9.2), (-2.75, 1.75))
        _there_and_back(axes)
        _judged(axes)
        return show(figure, CAPTION)


def _there_and_back(axes: Axes) -> None:
    for x, name in ((X_A, "a"), (X_MADE, "G(a)"), (X_BACK, "F(G(a))")):
        axes.text(x, 0, name, ha="center", va="center", fontsize=13)
    box(axes, X_G, "G", GENERATOR, below="A to B")
    box(axes, X_F, "F", GENERATOR, below="B to A")
    for start, end in ((X_A + 0.2, X_G - HALF), (X_G + HALF, X_MADE - 0.45), (X_MADE + 0.45, X_F - HALF)):
        forward(axes, (start, 0), (end, 0))
    forward(axes, (X_F + HALF, 0), (X_BACK - 0.65, 0))
    axes.plot([X_A, X_A, X_BACK, X_BACK], [0.3, TURN, TURN, 0.3], color=INK, linewidth=1.2, linestyle=(0, (4, 2)))
    middle = (X_A + X_BACK) / 2
    axes.text(middle, TURN + 0.08, "cycle loss: mean |F(G(a)) − a|", ha="center", va="bottom", color=GENERATOR.ink)


def _judged(axes: Axes) -> None:
    axes.text(X_A + 0.3, BELOW, "real images b", ha="center", va="center")
    forward(axes, (X_A + 1.2, BELOW), (X_MADE - HALF, BELOW))
    forward(axes, (X_MADE, -0.3), (X_MADE, BELOW + 0.32))
    box(axes, X_MADE, "D_B", DISCRIMINATOR, below="discriminator of B", y=BELOW)
    forward(axes, (X_MADE + HALF, BELOW), (X_F - 0.35, BELOW))
    axes.text(X_F - 0.25, BELOW, "adversarial loss", ha="left", va="center", color=DISCRIMINATOR.ink)
    axes.text(X_F - 0.25, BELOW - 0.42, "and the same from b", ha="left", va="top", color=NEUTRAL.ink)
