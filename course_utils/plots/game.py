"""Diagrams of the game itself: who is asked about what and who wants what, and three ways to play one round."""

from __future__ import annotations

from matplotlib.axes import Axes

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import HALF, X_D, X_G, X_Z, bare, box, forward
from course_utils.plots.style import DISCRIMINATOR, GENERATOR, OPTIMAL, course_style, new_figure, put_title

START, H = (1.0, -0.7), 0.6  # where the players stand, and how large a step is drawn
WAYS = "simultaneous", "alternating", "extragradient"
OF_THE_GAME = (
    "From left to right: z goes through G and becomes G(z), whose density is q; real samples x have the density p. D "
    "is asked about both, and answers D(x) and D(G(z)), probabilities of “real”. Both enter the value V. D is to make "
    "V large, G is to make it small."
)
OF_A_ROUND = (
    "One round from ○ to ■ in the game whose two players move by (ψ, −θ). Simultaneous: both moves are worked out at ○ "
    "and made at once. Alternating: G moves along θ, then D moves along ψ, by a rule that is asked at G's new place. "
    "Extragradient: dashed, a simultaneous step to ×, where the rule is asked again; then back, and one step from ○ in "
    "the direction found at ×."
)


def game_flow(title: str | None = "One value, two wishes") -> Caption:
    """What flows where in the game of a GAN: samples into D, its answers into V, and what either player wants of V."""
    with course_style():
        figure, ((axes,),) = new_figure(9, 2.9)
        put_title(figure, title)
        bare(axes, (-0.2, 9.4), (-1.0, 1.5))
        axes.text(X_Z, 0, "z", ha="center", va="center", fontsize=13)
        box(axes, X_G, "G", GENERATOR, "wants V small")
        box(axes, X_D, "D", DISCRIMINATOR, "wants V large")
        axes.text((X_G + X_D) / 2, 0.08, "G(z), density q", ha="center", va="bottom")
        axes.text(X_G + 0.7, 1.15, "real samples x, density p", ha="center", va="center")
        axes.text(X_D + 1.35, 0.08, "D(x), D(G(z))", ha="center", va="bottom")
        axes.text(7.9, 0, "value V(G, D)", ha="left", va="center", fontsize=12)
        forward(axes, (X_Z + 0.15, 0), (X_G - HALF, 0))
        forward(axes, (X_G + HALF, 0), (X_D - HALF, 0))
        forward(axes, (X_G + 2.15, 1.0), (X_D - HALF, 0.24))
        forward(axes, (X_D + HALF, 0), (7.8, 0))
        return show(figure, OF_THE_GAME)


def round_flow(title: str | None = "Three ways to play one round") -> Caption:
    """One simultaneous, one alternating and one extragradient round, drawn in the plane of the two players."""
    with course_style():
        figure, (row,) = new_figure(9, 3.3, 1, 3)
        put_title(figure, title)
        for axes, way in zip(row, WAYS, strict=True):
            axes.set(xlim=(0.0, 1.25), ylim=(-1.55, -0.45), aspect="equal", xlabel="generator θ", xticks=[], yticks=[])
            axes.set_title(way)
        row[0].set_ylabel("discriminator ψ")
        theta, psi = START
        both = theta + H * psi, psi - H * theta
        after_g = both[0], psi
        _move(row[0], START, both, DISCRIMINATOR.colour, "both move")
        _move(row[1], START, after_g, GENERATOR.colour, "G moves")
        _move(row[1], after_g, (after_g[0], psi - H * after_g[0]), DISCRIMINATOR.colour, "then D")
        _move(row[2], START, both, OPTIMAL.colour, "look", dashed=True, right=True)
        row[2].plot(*both, "x", color=OPTIMAL.colour, markersize=10, markeredgewidth=2)
        ends = both, (after_g[0], psi - H * after_g[0]), (theta + H * both[1], psi - H * both[0])
        _move(row[2], START, ends[2], DISCRIMINATOR.colour, "move")
        for axes, end in zip(row, ends, strict=True):
            axes.plot(*START, "o", markersize=9, markerfacecolor="white", markeredgecolor="black", markeredgewidth=1.6)
            axes.plot(*end, "s", markersize=7, color="black")
        return show(figure, OF_A_ROUND)


def _move(
    axes: Axes, start: tuple, end: tuple, colour: str, name: str, dashed: bool = False, right: bool = False
) -> None:
    look = {"arrowstyle": "-|>", "color": colour, "linewidth": 2, "mutation_scale": 15, "shrinkA": 5, "shrinkB": 4}
    axes.annotate("", xy=end, xytext=start, arrowprops=look | ({"linestyle": (0, (4, 2))} if dashed else {}))
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    right = right or start[0] == end[0]
    shift = (0.05, -0.05) if right else (-0.04, 0.03)
    axes.text(middle[0] + shift[0], middle[1] + shift[1], name, ha="left" if right else "right", va="bottom")
