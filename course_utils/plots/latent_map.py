"""A latent space of two dimensions as a map: where the images lie, and what the decoder draws at each place."""

from __future__ import annotations

import math

import numpy as np

from course_utils.inputs import require_number
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import OKABE_ITO, YELLOW, course_style, new_figure, put_title

MOST = 400  # codes that are drawn; more hide one another
COLOURS = [colour for colour in OKABE_ITO if colour != YELLOW]  # digits that can be read on white


def latent_map(codes, labels, pictures, extent: float = 3.0, title: str | None = None) -> Caption:
    """Codes [n, 2], each drawn as its label (0 to 9), beside pictures [k², c, h, w] decoded from a grid of k × k codes.

    Both panels show the square from −`extent` to `extent`. The pictures come in rows from the top (z₂ = `extent`) to
    the bottom, each from left to right. Raises ValueError for a number of pictures that is no square.
    """
    codes = arrays.array(codes, "codes", (None, 2))
    labels = arrays.array(labels, "labels", (len(codes),))
    if not np.isin(labels, range(10)).all():
        raise ValueError("labels must be digits from 0 to 9, one for each code")
    pixels = arrays.images(pictures, "pictures")
    k = math.isqrt(len(pixels))
    if k * k != len(pixels):
        raise ValueError(f"pictures must be k × k images on a grid, a square number, got {len(pixels)}")
    require_number("extent", extent, above=0)
    inside = (np.abs(codes) <= extent).all(1)
    drawn = np.flatnonzero(inside)[:MOST]
    caption = (
        f"Left: {len(drawn)} codes, each drawn as its digit; {arrays.fixed(100 * inside.mean(), 0)} % of all "
        f"{len(codes):,} lie inside the square. Right: what the decoder draws from {k} × {k} codes on a grid over the "
        "same square."
    )
    with course_style():
        figure, ((left, right),) = new_figure(9, 4.7, 1, 2)
        put_title(figure, title)
        for number in drawn:
            digit = int(labels[number])
            colour = COLOURS[digit % len(COLOURS)]
            left.text(*codes[number], str(digit), color=colour, ha="center", va="center", fontsize=10)
        right.imshow(arrays.montage(pixels, k, 420), extent=(-extent, extent, -extent, extent), aspect="equal")
        for axes in (left, right):
            axes.set(xlim=(-extent, extent), ylim=(-extent, extent), xlabel="z₁", ylabel="z₂", aspect="equal")
            axes.grid(visible=False)
        return show(figure, caption)
