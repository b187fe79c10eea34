"""The one look of the course: roles, their colours and marks, and the settings every figure is drawn with.

Colours are the Okabe-Ito palette (Okabe and Ito 2008, "Color universal design"), which stays apart under the
common colour-vision deficiencies. A role never rests on colour alone: it also owns a dash pattern, a marker
and a hatch.
"""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, is_color_like, to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from matplotlib.text import Text

from course_utils.inputs import require_text, shown

BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
YELLOW, BLUE, VERMILION, PURPLE = "#F0E442", "#0072B2", "#D55E00", "#CC79A7"
OKABE_ITO = (BLACK, ORANGE, SKY, GREEN, YELLOW, BLUE, VERMILION, PURPLE)

MAX_WIDTH = 9.0  # inches; at 100 dots per inch this is the width of a notebook column


@dataclass(frozen=True)
class Role:
    """One meaning in a figure, and everything that tells it from the others."""

    name: str
    colour: str
    line: str | tuple
    marker: str
    hatch: str

    def __post_init__(self):
        require_text("a role's name", self.name)
        if not is_color_like(self.colour):
            raise ValueError(f"a role's colour must be one, such as '#0072B2', not {shown(self.colour)}")

    @property
    def ink(self) -> str:
        """The colour darkened until text in it stands out 4.5 : 1 from white (WCAG 2.1, level AA)."""
        rgb = np.array(to_rgb(self.colour))
        while contrast_on_white(rgb) < 4.5:
            rgb = rgb * 0.95
        return to_hex(rgb)


REAL = Role("real", BLUE, "-", "o", "")
FAKE = Role("generated", ORANGE, (0, (5, 1.6)), "^", "///")
DISCRIMINATOR = Role("discriminator", GREEN, (0, (7, 1.5, 1.5, 1.5)), "s", "\\\\\\")
GENERATOR = Role("generator", VERMILION, (0, (3, 1.2)), "v", "xxx")
OPTIMAL = Role("optimal", BLACK, (0, (1.2, 1.2)), "*", "...")
YOURS = Role("your run", PURPLE, (0, (9, 2)), "D", "+++")
NEUTRAL = Role("neutral", "#5A5A5A", (0, (4, 3)), "|", "---")
ROLES = (REAL, FAKE, DISCRIMINATOR, GENERATOR, OPTIMAL, YOURS, NEUTRAL)

# From "generated" (orange) through "cannot tell" (white) to "real" (blue): light in the middle, dark at both
# ends, so that the two sides differ in hue for every viewer and the distance from 0.5 also shows in a grey
# print.
VERDICT_COLOURS = ("#B35806", "#F1A340", "#FBE3C0", "#F7F7F7", "#C9DDF0", "#5E9DCB", "#08519C")
VERDICT = LinearSegmentedColormap.from_list("verdict", VERDICT_COLOURS)

_SETTINGS = {
    "figure.dpi": 100,
    "savefig.dpi": 100,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "font.family": ["sans-serif"],
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 11,
    "text.color": "#1A1A1A",
    "mathtext.fontset": "dejavusans",
    "text.usetex": False,
    "hatch.linewidth": 0.6,
    "axes.facecolor": "white",
    "axes.edgecolor": "#5A5A5A",
    "axes.labelcolor": "#1A1A1A",
    "axes.labelsize": 11,
    "axes.titlesize": 11,
    "axes.titleweight": "normal",
    "axes.titlelocation": "left",
    "axes.titlecolor": "#1A1A1A",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "axes.xmargin": 0.0,
    "figure.titlesize": 12.5,
    "figure.titleweight": "bold",
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "xtick.color": "#3A3A3A",
    "ytick.color": "#3A3A3A",
    "legend.frameon": False,
    "legend.fontsize": 10,
    "lines.linewidth": 1.8,
    "image.interpolation": "nearest",
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
}


def contrast_on_white(rgb) -> float:
    """Contrast ratio of a colour (three numbers in [0, 1]) with white, 1 to 21 (WCAG 2.1)."""
    linear = np.where(np.asarray(rgb) <= 0.04045, np.asarray(rgb) / 12.92, ((np.asarray(rgb) + 0.055) / 1.055) ** 2.4)
    return 1.05 / (float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)


def course_style() -> AbstractContextManager:
    """`with plots.course_style(): ...` draws your own figure in the look of the course; nothing leaks out."""
    return matplotlib.rc_context(_SETTINGS)


def new_figure(width: float, height: float, rows: int = 1, columns: int = 1, **subplots) -> tuple[Figure, np.ndarray]:
    """A figure (inches) and its axes as an array [rows, columns].

    It is made without pyplot: it needs no display, opens no window, and is never left open.
    """
    figure = Figure(figsize=(min(width, MAX_WIDTH), height), layout="constrained")
    return figure, figure.subplots(rows, columns, squeeze=False, **subplots)


def put_title(figure: Figure, title: str | None) -> None:
    """The finding, bold, at the left edge, broken into lines that fit the figure."""
    if title:
        require_text("title", title)
        lines = textwrap.fill(title, max(16, int(figure.get_figwidth() * 9.2)))
        figure.suptitle(lines, x=0.008, ha="left")


def require_roles(roles: Mapping[str, Role] | None, labels: Collection[str]) -> None:
    """Raises ValueError unless `roles` gives a Role to some of the labels, and to nothing else."""
    if roles is None:
        return
    if not isinstance(roles, Mapping) or not all(isinstance(role, Role) for role in roles.values()):
        raise ValueError(f"roles must be {{label: plots.REAL, ...}}, a Role for some labels, not {shown(roles)}")
    if unknown := set(roles) - set(labels):
        raise ValueError(
            f"roles names {', '.join(map(str, unknown))}, but the curves are {', '.join(map(str, labels))}"
        )


def outlined(text: Text) -> Text:
    """Set a white rim about a text that stands on lines."""
    text.set_path_effects([withStroke(linewidth=3, foreground="white")])
    return text


def label_line_ends(figure: Figure, entries: Mapping[Axes, Sequence[tuple[float, str, str]]], size: float = 10) -> None:
    """Write (y, text, colour) at the right edge of each axes, beside its line and clear of the others."""
    figure.draw_without_rendering()  # the height of the axes is only known after layout
    for axes, names in entries.items():
        height = axes.get_window_extent().height * 72 / figure.dpi
        to_fraction = axes.transData + axes.transAxes.inverted()
        wanted = [float(np.clip(to_fraction.transform((0, y))[1], 0, 1)) * height for y, _, _ in names]
        placed = spread(wanted, [size * 1.25] * len(names))
        for (_, text, colour), y in zip(names, placed, strict=True):
            axes.annotate(
                text,
                xy=(1, y / height),
                xycoords="axes fraction",
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                ha="left",
                color=colour,
                fontsize=size,
                annotation_clip=False,
            )


def spread(wanted: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Centres nearest to `wanted`, in the same order, such that boxes of these sizes do not overlap."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    placed = [float(y) for y in wanted]
    for _ in range(200):
        moved = 0.0
        for low, high in zip(order, order[1:], strict=False):
            overlap = (sizes[low] + sizes[high]) / 2 - (placed[high] - placed[low])
            if overlap > 1e-6:
                placed[low] -= overlap / 2
                placed[high] += overlap / 2
                moved = max(moved, overlap)
        if moved < 0.01:
            break
    return placed
