"""A diagram of the generator's gradient: the three factors that it collects on its way back."""

from __future__ import annotations

from course_utils.plots.caption import Caption, show
from course_utils.plots.flow import BACK_Y, HALF, INK, X_D, X_G, X_LOSS, X_Z, back, bare, box, forward
from course_utils.plots.style import GENERATOR, course_style, new_figure, put_title

X_LAST = X_LOSS + 0.75  # the middle of the loss
FACTORS = {  # where it is collected, its formula, and what it depends on
    X_LAST: ("∂ loss / ∂ f", "the loss, and how\nsure D is"),
    X_D: ("∂ f / ∂ x", "how steep D’s logit\nis at the point x"),
    X_G: ("∂ x / ∂ θ", "how the point x moves\nwith G’s weights θ"),
}
CAPTION = (
    "G’s step. Forward (solid): z goes through G and makes a point x = G(z); D gives it the logit f = D(x); f enters "
    "the loss of G. Back (dashed): the gradient is a product of three factors: the derivative of the loss with respect "
    "to f, the slope of D’s logit at x, and the derivative of x with respect to G’s weights θ. If one of them is tiny, "
    "so is the product."
)


def gradient_way(title: str | None = "The way of the gradient to G: three factors") -> Caption:
    """G's step, with the three factors of the gradient under its way back."""
    with course_style():
        figure, ((axes,),) = new_figure(9, 3.0, 1, 1)
        put_title(figure, title)
        bare(axes, (-0.2, 9.4), (-1.75, 0.75))
        axes.text(X_Z, 0, "z", ha="center", va="center", fontsize=13)
        box(axes, X_G, "G", GENERATOR)
        box(axes, X_D, "D", None)
        axes.text(X_LOSS + 0.1, 0, "loss of G", ha="left", va="center", fontsize=13)
        for (start, end), said in {
            (X_Z + 0.15, X_G - HALF): "",
            (X_G + HALF, X_D - HALF): "x = G(z)",
            (X_D + HALF, X_LOSS): "f = D(x)",
        }.items():
            forward(axes, (start, 0), (end, 0))
            axes.text((start + end) / 2, 0.1, said, ha="center", va="bottom")
        back(axes, X_LAST + 0.3, X_G, GENERATOR)
        axes.text((X_D + X_G) / 2, BACK_Y + 0.06, "gradient", ha="center", va="bottom", color=GENERATOR.ink)
        for x, (formula, meaning) in FACTORS.items():
            axes.text(x, BACK_Y - 0.12, formula, ha="center", va="top", fontsize=13, color=GENERATOR.ink)
            axes.text(x, BACK_Y - 0.52, meaning, ha="center", va="top", color=INK, linespacing=1.2)
        return show(figure, CAPTION)
