"""One frame of the board as HTML: the samples as a picture, the curves as SVG, everything also in words.

Plain HTML is shown by every front end (JupyterLab, the classic notebook, VS Code, Colab), takes the colours of its
theme, and needs no widget. It loads nothing and runs no script.
"""

from __future__ import annotations

import html
import io
from collections.abc import Mapping, Sequence

import numpy as np
from PIL import Image

from course_utils.live.readings import Panel
from course_utils.plots.arrays import number
from course_utils.plots.caption import image_tag
from course_utils.plots.style import DISCRIMINATOR, FAKE, GENERATOR, REAL, YOURS

ROLES = {"D": DISCRIMINATOR, "G": GENERATOR, "real": REAL, "generated": FAKE}
OTHERS = (YOURS, REAL, FAKE, DISCRIMINATOR, GENERATOR)
WIDTH, HEIGHT, LEFT, TOP = 236, 132, 46, 20
RIM = 'paint-order="stroke" stroke="var(--jp-layout-color0,#fff)" stroke-width="3"'  # of words that lie on lines


def page(
    title: str, summary: str, pictures: Mapping[str, np.ndarray], panels: Sequence[Panel], spoken: bool = True
) -> str:
    """The frame: `pictures` {what it shows: uint8 [h, w, 3]} on the left, `panels` beside or below them.

    `spoken`: a screen reader that has this on its page says the summary aloud, as it changes.
    """
    shown = "".join(_figure(name, pixels) for name, pixels in pictures.items())
    curves = "".join(chart(panel) for panel in panels)
    return (
        f'<div role="group" aria-label="{html.escape(title)}" style="font:13px/1.35 system-ui,sans-serif;'
        'color:var(--jp-content-font-color1,inherit);max-width:100%">'
        f'<div style="display:flex;flex-wrap:wrap;gap:10px;align-items:flex-start">{shown}'
        f'<div style="display:flex;flex-wrap:wrap;gap:6px 12px;flex:1 1 260px">{curves}</div></div>'
        f'<p aria-live="{"polite" if spoken else "off"}" style="margin:4px 0 0">{html.escape(summary)}</p></div>'
    )


def _figure(name: str, pixels: np.ndarray) -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "jpeg", quality=80, subsampling=0)  # a palette would take five times as long
    height, width = pixels.shape[:2]
    return image_tag(buffer.getvalue(), name, "jpeg", f'width="{width}" height="{height}" decoding="sync"')


def chart(panel: Panel) -> str:
    """A small figure of its curves: title, axes with their ends, level lines with their names, the latest values."""
    curves = {name: (np.asarray(xs), np.asarray(ys)) for name, (xs, ys) in panel.curves.items() if len(ys)}
    values = np.concatenate([*(ys for _, ys in curves.values()), list(panel.levels.values())])
    values = values[np.isfinite(values)]
    low, high = (float(values.min()), float(values.max())) if len(values) else (0.0, 1.0)
    margin = max(0.5, 0.05 * abs(low)) if high - low <= 1e-9 * max(1.0, abs(low)) else 0.0
    low, high = low - margin, high + margin
    last = max((float(xs[-1]) for xs, _ in curves.values()), default=1.0)
    right, bottom = WIDTH - 6, HEIGHT - 30

    def height(y: np.ndarray | float) -> np.ndarray | float:
        return bottom - (y - low) / (high - low) * (bottom - TOP)

    lines, words, legend = [], [], []
    for name, level in panel.levels.items():
        y = height(level)
        lines.append(
            f'<line x1="{LEFT}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" '
            'stroke-dasharray="1.5 2.5"/>'
        )
        words.append(_text(right, y - 2, name, "end", RIM))
    for k, (name, (xs, ys)) in enumerate(curves.items()):
        role, seen = ROLES.get(name, OTHERS[k % len(OTHERS)]), np.isfinite(ys)
        across = LEFT + xs / max(last, 1.0) * (right - LEFT)
        points = " ".join(f"{x:.1f},{y:.1f}" for x, y in zip(across[seen], height(ys[seen]), strict=True))
        dash = "" if role.line == "-" else f' stroke-dasharray="{" ".join(f"{1.5 * part:g}" for part in role.line[1])}"'
        lines.append(f'<polyline fill="none" stroke="{role.colour}" stroke-width="2"{dash} points="{points}"/>')
        mark = "╍" if dash else "━"
        legend.append(
            f'<tspan fill="{role.colour}" font-weight="bold">{mark}</tspan> {html.escape(name)} {number(float(ys[-1]))}'
        )
    words += [
        _text(0, 10, panel.title, look='font-weight="bold"', size=11),
        _text(LEFT - 3, TOP + 8, number(high, 2), "end"),
        _text(LEFT - 3, bottom, number(low, 2), "end"),
        _text(LEFT, bottom + 13, "step 1"),
        _text(right, bottom + 13, f"{last:,.0f}", "end"),
    ]
    return (
        f'<svg role="img" aria-label="{html.escape(panel.words)}" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'style="max-width:100%;height:auto" fill="currentColor">{"".join(lines + words)}'
        f'<text x="0" y="{bottom + 27}" font-size="11">{" &#160; ".join(legend)}</text></svg>'
    )


def _text(x: float, y: float, words: str, anchor: str = "start", look: str = "", size: int = 10) -> str:
    return f'<text x="{x}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}" {look}>{html.escape(words)}</text>'
