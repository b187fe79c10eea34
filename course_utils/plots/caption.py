"""`show`: a figure is displayed once, with a text alternative, closed, and described by its caption."""

from __future__ import annotations

import base64
import html
import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from matplotlib.figure import Figure

from course_utils.plots.style import course_style

_quiet: ContextVar[bool] = ContextVar("quiet", default=False)


class Caption(str):
    """What a figure shows, in words and numbers computed from its data.

    As the last line of a cell it is set under its figure. `png` holds that figure.
    """

    png: bytes

    def __new__(cls, text: str, png: bytes = b"") -> Caption:
        if not isinstance(text, str) or not isinstance(png, bytes):
            raise ValueError(
                f"a caption must be a text, with its figure as PNG bytes, not {type(text).__name__} and "
                f"{type(png).__name__}"
            )
        caption = super().__new__(cls, text)
        caption.png = png
        return caption

    def __getnewargs__(self) -> tuple[str, bytes]:
        return str(self), self.png

    def _repr_markdown_(self) -> str:
        return "*Figure. " + re.sub(r"([\\*_`$|<>#~\[\]])", r"\\\1", self) + "*"


def show(figure: Figure, caption: str) -> Caption:
    """Display `figure` as a PNG whose text alternative is `caption`, close it, and return the caption.

    Outside IPython nothing is displayed and the caption is returned all the same.
    """
    if not isinstance(figure, Figure):
        raise ValueError(f"show needs a matplotlib figure, got {type(figure).__name__}; pass `fig`, not the axes")
    if not isinstance(caption, str) or not caption.strip():
        raise ValueError("show needs a caption, a text: it is also what a screen reader says in place of the figure")
    png = to_png(figure)
    close(figure)
    publish_png(png, caption)
    return Caption(caption, png)


def to_png(figure: Figure) -> bytes:
    """The figure as PNG bytes, drawn by Agg at its own resolution; equal figures give equal bytes."""
    buffer = io.BytesIO()
    with course_style():
        figure.savefig(buffer, format="png", dpi=figure.dpi, metadata={"Software": None})
    return buffer.getvalue()


def close(figure: Figure) -> None:
    """Take a figure that pyplot opened off pyplot's list, so that it is not shown a second time."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def in_ipython() -> bool:
    """Whether an IPython shell or kernel would receive what is displayed."""
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None


def has_front_end() -> bool:
    """Whether somebody may be watching: a running kernel, and COURSE_STATIC not set."""
    if os.environ.get("COURSE_STATIC", "0") not in ("", "0") or not in_ipython():
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def publish_png(png: bytes, alt: str) -> None:
    """Send PNG bytes with a text alternative to the notebook, if there is one.

    JupyterLab shows a PNG without its alternative, so somebody who watches gets it as HTML, too.
    """
    bundle = {"image/png": base64.b64encode(png).decode(), "text/plain": alt}
    if has_front_end():
        bundle["text/html"] = image_tag(png, alt)
    publish(bundle, {"image/png": {"alt": alt}})


def publish_captioned(caption: Caption, place: str, replace: bool = False) -> None:
    """Send a figure with its caption below it; `replace` the one that was sent to this place before."""
    page = f"<figure style='margin:0'>{image_tag(caption.png, '')}<figcaption><em>Figure. {html.escape(caption)}</em>"
    bundle = {"image/png": base64.b64encode(caption.png).decode(), "text/html": f"{page}</figcaption></figure>"}
    publish({**bundle, "text/plain": str(caption)}, {"image/png": {"alt": str(caption)}}, place, replace)


def image_tag(picture: bytes, alt: str, kind: str = "png", more: str = "") -> str:
    """The picture within HTML, no wider than its place; `more`: further attributes."""
    source = f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
    return f'<img alt="{html.escape(alt)}" {more} style="max-width:100%;height:auto" src="{source}">'


def publish(data: dict, metadata: dict | None = None, display_id: str | None = None, update: bool = False) -> None:
    """Send one display (mime type → data) to the notebook, if there is one and no one asked for quiet.

    With `update` it takes the place of the one that had the same `display_id`.
    """
    if in_ipython() and not _quiet.get():
        from IPython.display import display

        named = {} if display_id is None else {"display_id": display_id, "update": update}
        display(data, raw=True, metadata=metadata or {}, **named)


@contextmanager
def quiet() -> Iterator[None]:
    """Within this block figures are drawn, and not displayed."""
    token = _quiet.set(True)
    try:
        yield
    finally:
        _quiet.reset(token)
