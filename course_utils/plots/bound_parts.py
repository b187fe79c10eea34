"""A diagram of what minus the ELBO is made of: the same number of nats, cut in two ways."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import INK, PALE, bare
from course_utils.plots.style import FAKE, GENERATOR, NEUTRAL, OPTIMAL, Role, course_style, new_figure, put_title

WIDTH, HEIGHT = 10.0, 0.62  # of a bar that stands for the whole of −ELBO
BARS = (
    (
        "how far from the truth?",
        (
            ("−log p(x)", 6.4, None),
            ("approximation gap", 1.7, OPTIMAL),
            ("amortisation gap", 1.9, FAKE),
        ),
    ),
    (
        "what is paid for?",
        (
            ("the pixels, given the code: −log p(x|z)", 5.4, GENERATOR),
            ("what the code tells", 2.8, NEUTRAL),
            ("mismatch", 1.8, FAKE),
        ),
    ),
)
CAPTION = (
    "Two bars of the same length, minus the ELBO in nats. The upper bar asks how far it is from the truth: it is −log "
    "p(x), plus the approximation gap (a diagonal Gaussian has the wrong shape), plus the amortisation gap (one "
    "encoder serves all images). The lower bar asks what is paid for: the pixels given the code, and the KL, "
    "which is what the code tells about the image plus the mismatch between all codes together and the prior. The "
    "lengths of the parts are not to scale."
)


def bound_parts(title: str | None = "Minus the ELBO, cut in two ways") -> Caption:
    """Minus the ELBO as −log p(x) and two gaps, and as the price of the pixels and the two parts of the KL."""
    with course_style():
        figure, ((axes,),) = new_figure(9, 3.3, 1, 1)
        put_title(figure, title)
        bare(axes, (-0.1, WIDTH + 0.1), (-0.95, 3.0))
        for (question, parts), y in zip(BARS, (1.6, 0.0), strict=True):
            _bar(axes, y, question, parts)
        _brace(axes, 5.4, WIDTH, -0.18, "KL(q(z|x) ‖ p(z)): the code")
        _brace(axes, 6.4, WIDTH, 1.42, "the gap: KL(q(z|x) ‖ p(z|x))")
        return show(figure, CAPTION)


def _bar(axes: Axes, y: float, question: str, parts: tuple[tuple[str, float, Role | None], ...]) -> None:
    axes.text(0, y + HEIGHT + 0.12, question, ha="left", va="bottom", fontweight="bold")
    left = 0.0
    for name, width, role in parts:
        rim = role.colour if role else NEUTRAL.colour
        axes.add_patch(Rectangle((left, y), width - 0.05, HEIGHT, facecolor=PALE, edgecolor=rim, linewidth=2.5))
        said = name.replace(" gap", "\ngap")
        ink = role.ink if role else INK
        axes.text(left + width / 2, y + HEIGHT / 2, said, ha="center", va="center", color=ink)
        left += width


def _brace(axes: Axes, left: float, right: float, y: float, said: str) -> None:
    axes.plot([left, left, right - 0.05, right - 0.05], [y + 0.1, y, y, y + 0.1], color=NEUTRAL.colour, linewidth=1.4)
    axes.text((left + right) / 2, y - 0.08, said, ha="center", va="top", color=NEUTRAL.ink)
