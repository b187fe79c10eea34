"""The light player of a film: one HTML page in an iframe, frames included, that loads nothing."""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Sequence

import numpy as np
from PIL import Image

from course_utils.plots.raster import shrink, with_fewer_colours

# From the best picture to the smallest: longest side in pixels, JPEG quality, palette colours.
_QUALITY = ((360, 88, 64), (300, 78, 40), (240, 68, 32), (180, 58, 24), (130, 45, 16))

_PAGE = """<!doctype html>
<html lang=en><meta charset=utf-8><title>%(title)s</title>
<style>
body{margin:0;padding:6px;max-width:%(inner)dpx;background:#fff;color:#1a1a1a;font:15px/1.4 system-ui,sans-serif}
img{display:block;width:%(width)dpx;max-width:100%%;height:auto;aspect-ratio:%(width)d/%(height)d;margin:0 auto}
div{display:flex;gap:8px;align-items:center;margin-top:6px}
button{font:inherit;min-width:5.2em;padding:3px 8px;border:1px solid #5a5a5a;border-radius:4px;
  background:#f4f4f4;color:inherit}
input{flex:1;min-width:0;accent-color:#0072b2}
:focus-visible{outline:3px solid #0072b2;outline-offset:2px}
p{margin:4px 0 0;text-align:center}
</style>
<main><img id=%(id)s-picture alt="">
<div><button id=%(id)s-play type=button></button>
<input id=%(id)s-slider type=range min=0 max=%(last)d value=0 step=1 aria-label="Frame of the film"></div>
<p id=%(id)s-label></p></main>
<script>(() => {
const frames = %(frames)s, labels = %(labels)s, title = %(title_json)s, last = frames.length - 1;
const at = part => document.getElementById("%(id)s-" + part);
const picture = at("picture"), button = at("play"), slider = at("slider"), label = at("label");
let now = 0, timer = null;
function draw(i) {
  now = Math.max(0, Math.min(last, i));
  picture.src = "data:" + frames[now];
  picture.alt = title + ": " + labels[now];
  slider.value = now;
  slider.setAttribute("aria-valuetext", labels[now]);
  label.textContent = labels[now] + " \u00b7 frame " + (now + 1) + " of " + (last + 1);
}
function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => now < last ? draw(now + 1) : play(false), %(pause)d) : null;
  button.textContent = on ? "\u275a\u275a Pause" : "\u25b6 Play";
  button.setAttribute("aria-label", on ? "Pause the film" : "Play the film");
  label.setAttribute("aria-live", on ? "off" : "polite");
}
button.onclick = () => { if (!timer && now === last) draw(0); play(!timer); };
slider.oninput = () => { play(false); draw(+slider.value); };
document.onkeydown = event => {
  const to = {
    ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: last
  }[event.key];
  if (to !== undefined) { play(false); draw(to); }
  else if (event.key === " " && event.target !== button) button.click();
  else return;
  event.preventDefault();
};
draw(0);
play(false);
})()</script></html>"""


def player(frames: Sequence[np.ndarray], labels: Sequence[str], title: str, name: str, budget: int) -> str:
    """An iframe of at most `budget` characters that plays uint8 frames [h, w, 3]; `name` prefixes its ids.

    Frames lose pixels and colours, and in the last resort half of them are dropped, until they
    fit.
    """
    while True:
        for longest, quality, colours in _QUALITY:
            probe = frames[:: max(1, len(frames) // 3)]  # a few tell whether it is worth encoding all
            expected = sum(len(_encode(shrink(frame, longest), quality, colours)) for frame in probe)
            if expected / len(probe) * len(frames) > 1.1 * budget:
                continue
            encoded = [_encode(shrink(frame, longest), quality, colours) for frame in frames]
            document = _document(encoded, labels, title, name, *frames[0].shape[:2])
            if len(document) <= budget:
                return document
        if len(frames) < 2:
            raise ValueError(f"one frame does not fit into {budget:,} characters; raise the film's budget")
        fewer = np.linspace(0, len(frames) - 1, len(frames) // 2).round().astype(int)
        frames, labels = [frames[i] for i in fewer], [labels[i] for i in fewer]


def _encode(frame: np.ndarray, quality: int, colours: int) -> str:
    """The smaller of a palette PNG (flat drawings) and a JPEG (photographs), as `mime;base64,...`."""
    picture = Image.fromarray(frame)
    as_png, as_jpeg = io.BytesIO(), io.BytesIO()
    with_fewer_colours(picture, colours).save(as_png, "png", optimize=True)
    picture.save(as_jpeg, "jpeg", quality=quality)
    kind, best = min(("png", as_png.getvalue()), ("jpeg", as_jpeg.getvalue()), key=lambda pair: len(pair[1]))
    return f"image/{kind};base64,{base64.b64encode(best).decode()}"


def _document(encoded: Sequence[str], labels: Sequence[str], title: str, name: str, height: int, width: int) -> str:
    inner = max(width, 300)
    page = _PAGE % {
        "id": name,
        "title": html.escape(title),
        "title_json": _json(title),
        "inner": inner,
        "width": width,
        "height": height,
        "last": len(encoded) - 1,
        "frames": _json(encoded),
        "labels": _json(labels),
        "pause": 170,
    }
    # The sandbox leaves the page its own script and nothing else: no access to the notebook, no forms, no
    # windows.
    return (
        f'<div><iframe title="{html.escape(title)}" sandbox="allow-scripts" width="{inner + 14}" '
        f'height="{height + 92}" '
        f'style="border:0;max-width:100%" srcdoc="{html.escape(page)}"></iframe></div>'
    )


def _json(value) -> str:
    """JSON that is safe within a <script> element."""
    return json.dumps(value if isinstance(value, str) else list(value), separators=(",", ":")).replace("<", "\\u003c")
