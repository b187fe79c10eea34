"""Pictures of pictures: grids of samples, grids side by side, and walks through the latent space."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from course_utils.inputs import require_count, require_mapping, shown
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import course_style, new_figure, put_title

WALK = 860  # pixels of the page that a walk may take


def sample_grid(images, title: str | None = None, columns: int = 8, reference=None) -> Caption:
    """Images [n, c, h, w] (float in [-1, 1] or uint8) in a grid, `columns` to a row.

    The caption gives their mean brightness and their variety (the standard deviation of a pixel over the
    images, averaged over pixels: 0 % when all are the same picture), beside those of `reference` (real images
    of the same kind) if given.
    """
    pixels = arrays.images(images)
    n, height, width, _ = pixels.shape
    caption = f"{arrays.count(n, 'image')} of {height}×{width} pixels: {_measure(pixels)}"
    if reference is not None:
        caption += f"; real images for comparison: {_measure(arrays.images(reference, 'reference'))}"
    with course_style():
        figure = _pictures([(None, pixels)], _columns(columns), title)
        return show(
            figure,
            caption + ". Brightness runs from 0 % (black) to 100 % (white); variety is 0 % when all are alike.",
        )


def compare_grids(
    grids: Mapping[str, object],
    title: str | None = None,
    columns: int = 4,
    row_labels: Sequence[str] | None = None,
) -> Caption:
    """Several sets of images side by side, as {"label": images [n, c, h, w]}, each under its label, with `columns` to
    a row, or as many as the page holds. `row_labels` stand before the rows of each set, such as the classes "0" to "9".
    """
    require_mapping("what compare_grids needs", grids, '{"label": images, ...}')
    if len(grids) > 6:
        raise ValueError(
            f"compare_grids fits at most 6 sets side by side, got {len(grids)}; split them over two figures"
        )
    sets = [(label, arrays.images(images, f"images of {label!r}")) for label, images in grids.items()]
    caption = "; ".join(f"{label}: {arrays.count(len(pixels), 'image')}, {_measure(pixels)}" for label, pixels in sets)
    with course_style():
        return show(_pictures(sets, _columns(columns), title, row_labels), caption + ".")


def image_rows(rows: Mapping[str, object], title: str | None = None) -> Caption:
    """What belongs together stands in a column: {"label": images [n, 1 or 3, h, w]}, a row for each label, in order.

    The caption gives brightness and variety of each row. Raises ValueError for rows of other numbers or sizes.
    """
    require_mapping("what image_rows needs", rows, '{"label": images, ...}')
    sets = {label: arrays.images(images, f"images of {label!r}") for label, images in rows.items()}
    shapes = {pixels.shape for pixels in sets.values()}
    if len(shapes) > 1:
        found = " and ".join(sorted(f"{n} of {height}×{width}" for n, height, width, _ in shapes))
        raise ValueError(f"image_rows needs as many images, of one size, in each row, not {found}")
    ((n, _, width, _),) = shapes
    _require_page("row", n, width)
    caption = f"{arrays.count(len(sets), 'row')} of {arrays.count(n, 'image')}. "
    caption += "; ".join(f"{label}: {_measure(pixels)}" for label, pixels in sets.items())
    with course_style():
        pixels = np.concatenate(list(sets.values()))
        return show(_pictures([(None, pixels)], n, title, row_labels=list(sets), width=WALK), caption + ".")


def interpolation(rows: Sequence, labels: Sequence[str] | None = None, title: str | None = None) -> Caption:
    """Walks through the latent space: each row holds the images [steps, c, h, w] decoded along one path.

    The caption says how even the walk is: the largest change between neighbours as a multiple of the mean
    change (1 = perfectly even; about steps − 1 = one jump and otherwise nothing).
    """
    if isinstance(rows, Mapping) or not hasattr(rows, "__len__"):
        raise ValueError(f"interpolation needs a list of rows of images [steps, c, h, w], not {shown(rows)}")
    if len(rows) == 0:
        raise ValueError("interpolation needs at least one row of images [steps, c, h, w]")
    walks = [arrays.images(row, f"row {index}") for index, row in enumerate(rows)]
    if len({walk.shape for walk in walks}) > 1 or len(walks[0]) < 2:
        raise ValueError(
            f"rows must all have the same shape [steps ≥ 2, c, h, w], got {[w.shape[:1] + w.shape[1:3] for w in walks]}"
        )
    _require_page("walk", len(walks[0]), walks[0].shape[2])
    if labels is not None and len(labels) != len(walks):
        raise ValueError(
            f"interpolation got {arrays.count(len(walks), 'row')} but "
            f"{arrays.count(len(labels), 'label')}; pass one label a row"
        )
    changes = np.array([np.abs(np.diff(walk.astype(float), axis=0)).mean((1, 2, 3)) / 2.55 for walk in walks])
    unevenness = changes.max(1) / np.maximum(changes.mean(1), 1e-12)
    steps = len(walks[0])
    caption = (
        f"{arrays.count(len(walks), 'walk')} of {steps} images from left to right: "
        "neighbours differ by "
        f"{arrays.fixed(changes.mean(), 1)} % of full brightness a pixel on average; the largest step is "
        f"{arrays.fixed(unevenness.max(), 1)} times the mean step of its walk (1 = even; {steps - 1} = "
        "one sudden jump)."
    )
    with course_style():
        figure = _pictures([(None, np.concatenate(walks))], steps, title, row_labels=labels, width=WALK)
        return show(figure, caption)


def _require_page(what: str, count: int, width: int) -> None:
    """A walk or a row is one line: raises ValueError for more images of this width than fit side by side."""
    if count > (most := (WALK - 2) // (width + 2)):
        raise ValueError(
            f"a {what} of {count} images of {width} pixels is wider than the page; show at most {most} of them, such "
            "as every second one, row[::2]"
        )


def _columns(columns: int) -> int:
    return require_count("columns", columns, hint="a whole number of images to a row")


def _measure(pixels: np.ndarray) -> str:
    scaled = pixels / 2.55
    return f"mean brightness {arrays.fixed(scaled.mean(), 1)} %, variety {arrays.fixed(scaled.std(0).mean(), 1)} %"


def _pictures(
    sets, columns: int, title: str | None, row_labels: Sequence[str] | None = None, width: int | None = None
) -> Figure:
    """One montage for each set, side by side, drawn pixel for pixel so that nothing is blurred."""
    gap, left = 24, 10
    if row_labels:
        left += 9 * max(len(label) for label in row_labels)
        gap = left + 14
    share = (880 - left - gap * (len(sets) - 1)) // len(sets)
    cell = max(pixels.shape[2] for _, pixels in sets)
    if width is None:  # more rows, where a set would be too wide even pixel for pixel; a walk keeps its row
        columns = min(columns, max(1, (share - 2) // (cell + 2)))
    if row_labels and any(math.ceil(len(pixels) / columns) != len(row_labels) for _, pixels in sets):
        raise ValueError(
            f"{arrays.count(len(row_labels), 'row label')} for sets of {[len(pixels) for _, pixels in sets]} images, "
            f"of which {columns} go into a row; pass one label a row"
        )
    shown = min(columns, max(len(pixels) for _, pixels in sets))
    widest = min(share, width or max(cell, 64) * shown + 2 * (shown + 1))
    pictures = [arrays.montage(pixels, columns, widest) for _, pixels in sets]
    used_w = left + sum(p.shape[1] for p in pictures) + gap * (len(sets) - 1) + 10
    used_h = max(p.shape[0] for p in pictures)
    page_w = min(900, max(used_w, 420 if title else 0))
    header = 8 + (24 if any(label for label, _ in sets) else 0)
    figure, _ = new_figure(page_w / 100, 1)
    figure.clear()
    figure.set_layout_engine("none")
    put_title(figure, title)
    title_h = 22 * (figure.get_suptitle().count("\n") + 1) + 6 if title else 0
    page_h = used_h + header + title_h + 8
    figure.set_figheight(page_h / 100)
    if title:
        figure.suptitle(figure.get_suptitle(), x=0.008, y=1 - 6 / page_h, ha="left")
    for (label, _), picture in zip(sets, pictures, strict=True):
        h, w = picture.shape[:2]
        axes: Axes = figure.add_axes((left / page_w, 1 - (title_h + header + h) / page_h, w / page_w, h / page_h))
        axes.imshow(picture)
        axes.set_axis_off()
        if label:
            axes.text(0, -8, label, fontsize=11, va="bottom", ha="left")
        for row, name in enumerate(row_labels or ()):
            axes.text(-8, (row + 0.5) * h / len(row_labels), name, fontsize=10, va="center", ha="right")
        left += w + gap
    return figure
