"""A diagram of one step of a GAN: what flows where, and which way the gradient goes back."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from course_utils.plots.caption import Caption, show
from course_utils.plots.style import DISCRIMINATOR, GENERATOR, NEUTRAL, Role, course_style, new_figure, put_title

INK, PALE = "#1A1A1A", "#EFEFEF"
X_Z, X_G, X_D, X_LOSS = 0.3, 1.75, 5.0, 7.4  # where things stand, from left to right
HALF = 0.5  # of a box's width
REAL_Y, BACK_Y = 0.95, -0.55  # the height of the real samples, and of the gradient's way back
CAPTION = (
    "Top, D's step: z goes through G and makes G(z), which is detached, then to D; real samples x go to D, too. D "
    "gives logits D(x) and D(G(z)), and both enter the loss of D. The gradient goes from this loss back into D and "
    "ends at the detach: D moves, G does not. Bottom, G's step: z goes through G and D to the loss of G; no real "
    "sample takes part. The gradient goes back through D, which does not move, into G, which moves."
)


def gan_flow(title: str | None = "Two steps: the same networks, another loss, another way back") -> Caption:
    """D's step above G's step: solid arrows for values, dashed ones for the gradient; the player that moves is bold."""
    with course_style():
        figure, grid = new_figure(9, 4.7, 2, 1)
        put_title(figure, title)
        for (axes,), heading in zip(grid, ("D’s step", "G’s step"), strict=True):
            bare(axes, (-0.2, 9.0), (-0.95, 1.3))
            axes.set_title(heading, fontweight="bold")
        _discriminator_step(grid[0, 0])
        _generator_step(grid[1, 0])
        return show(figure, CAPTION)


def _discriminator_step(axes: Axes) -> None:
    _way_to_the_loss(axes, None, DISCRIMINATOR, "D(x), D(G(z))\n→ loss of D")
    axes.text(X_G + 1.7, REAL_Y, "real samples x", ha="center", va="center")
    forward(axes, (X_G + 2.5, REAL_Y), (X_D - HALF, 0.22))
    middle = (X_G + X_D) / 2
    axes.text(middle - 0.1, 0.1, "G(z)", ha="right", va="bottom")
    axes.plot([middle, middle], [-0.75, 0.25], color=INK, linewidth=3)
    axes.text(middle - 0.12, -0.5, "detach", ha="right", va="center", fontweight="bold")
    back(axes, X_LOSS + 0.6, middle + 0.08, DISCRIMINATOR)
    _gradient(axes, DISCRIMINATOR)


def _generator_step(axes: Axes) -> None:
    _way_to_the_loss(axes, GENERATOR, None, "D(G(z))\n→ loss of G")
    axes.text((X_G + X_D) / 2, 0.1, "G(z)", ha="center", va="bottom")
    back(axes, X_LOSS + 0.6, X_G, GENERATOR)
    _gradient(axes, GENERATOR)


def _way_to_the_loss(axes: Axes, g_role: Role | None, d_role: Role | None, loss: str) -> None:
    """z → G → D → loss; the player that moves has a role."""
    axes.text(X_Z, 0, "z", ha="center", va="center", fontsize=13)
    box(axes, X_G, "G", g_role)
    box(axes, X_D, "D", d_role)
    axes.text(X_LOSS, 0, loss, ha="left", va="center")
    forward(axes, (X_Z + 0.15, 0), (X_G - HALF, 0))
    forward(axes, (X_G + HALF, 0), (X_D - HALF, 0))
    forward(axes, (X_D + HALF, 0), (X_LOSS - 0.1, 0))


def bare(axes: Axes, x_range: tuple[float, float], y_range: tuple[float, float]) -> None:
    """A sheet to draw on, without ticks and frame."""
    axes.set(xlim=x_range, ylim=y_range, xticks=[], yticks=[])
    axes.spines[:].set_visible(False)


def box(axes: Axes, x: float, name: str, role: Role | None, below: str | None = None, y: float = 0.0) -> None:
    """A player; the one that moves has its role's colour as its rim. `below`: said in place of whether it moves."""
    rim, width = (role.colour, 3.5) if role else (NEUTRAL.colour, 1.2)
    axes.add_patch(
        FancyBboxPatch(
            (x - HALF, y - 0.3), 2 * HALF, 0.6, boxstyle="round,pad=0,rounding_size=0.12",
            facecolor="white" if role else PALE, edgecolor=rim, linewidth=width,
        )
    )  # fmt: skip
    axes.text(x, y, name, ha="center", va="center", fontsize=14, fontweight="bold")
    said = below or ("moves" if role else "does not move")
    height = y + (-0.72 if below else 0.38)
    axes.text(x, height, said, ha="center", va="bottom", color=role.ink if role else NEUTRAL.ink)


def forward(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.annotate("", xy=end, xytext=start, arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 1.6})


def back(axes: Axes, start: float, end: float, role: Role, y: float = BACK_Y) -> None:
    """The gradient's way back, under the boxes."""
    look = {"arrowstyle": "-|>", "color": role.colour, "linewidth": 2.2, "linestyle": (0, (4, 2)), "mutation_scale": 16}
    axes.annotate("", xy=(end, y), xytext=(start, y), arrowprops=look)


def _gradient(axes: Axes, role: Role) -> None:
    axes.text((X_D + X_LOSS) / 2 + 0.4, BACK_Y - 0.08, "gradient", ha="center", va="top", color=role.ink)
