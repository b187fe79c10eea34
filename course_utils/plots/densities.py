"""Curves over one variable: densities, and the optimal discriminator beside the learned one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from course_utils.inputs import require_mapping
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import (
    DISCRIMINATOR,
    FAKE,
    GENERATOR,
    NEUTRAL,
    OPTIMAL,
    REAL,
    YOURS,
    Role,
    course_style,
    label_line_ends,
    new_figure,
    outlined,
    put_title,
    require_roles,
)

_CYCLE = (REAL, FAKE, DISCRIMINATOR, GENERATOR, OPTIMAL, YOURS, NEUTRAL)


def density_1d(
    curves: Mapping[str, tuple],
    title: str | None = None,
    xlabel: str = "x",
    roles: Mapping[str, Role] | None = None,
) -> Caption:
    """Densities over one variable, as {"label": (x [n], density [n])}.

    The area under each is 1 if x covers its support. Each is named at its peak. `roles` fixes how a label is
    drawn; otherwise labels that hold the word real or generated get those roles, and the rest what is left,
    in order. The caption gives area, mean and standard deviation of each, by the trapezoid rule.
    """
    require_mapping("what density_1d needs", curves, '{"label": (x, density), ...}')
    if len(curves) > len(_CYCLE):
        raise ValueError(f"density_1d can tell at most {len(_CYCLE)} curves apart, got {len(curves)}; split the figure")
    checked = {}
    for label, curve in curves.items():
        x, y = arrays.pair(curve, f"curve {label!r}", "x, density")
        checked[label] = _grid(x), _density(y, label, len(x))
    require_roles(roles, checked)
    styles = _roles(checked, roles or {})
    parts = []
    for label, (x, y) in checked.items():
        area = _integral(y, x)
        mean = _integral(x * y, x) / area
        std = np.sqrt(max(0.0, _integral((x - mean) ** 2 * y, x) / area))
        parts.append(
            f"{label}: area {arrays.fixed(area)}, mean {arrays.fixed(mean)}, standard deviation {arrays.fixed(std)}"
        )
    with course_style():
        figure, ((axes,),) = new_figure(7, 3.4)
        put_title(figure, title)
        _draw_densities(axes, checked, styles)
        axes.set_xlabel(xlabel)
        axes.set_ylabel("density")
        return show(figure, "; ".join(parts) + ".")


def discriminator_1d(x, p, q, optimal, learned=None, title: str | None = None) -> Caption:
    """Densities p (real) and q (generated) above; below, D*(x) = p / (p + q) and, if given, a learned D(x).

    All are [n] over the grid x; `optimal` and `learned` are probabilities. The caption measures the gap |D −
    D*|, weighted by where samples fall, (p + q) / 2: far from all samples a learned D is free to say
    anything.
    """
    x = _grid(x)
    p, q = (_density(values, name, len(x)) for values, name in ((p, "p"), (q, "q")))
    optimal = _probability(optimal, "optimal", len(x))
    learned = None if learned is None else _probability(learned, "learned", len(x))
    weight = (p + q) / _integral(p + q, x)
    caption = (
        f"D* is {arrays.fixed(_integral(weight * optimal, x))} on average over the samples that D sees, "
        f"from {arrays.fixed(optimal.min())} to {arrays.fixed(optimal.max())}; 0.5 where the densities "
        "are equal."
    )
    if learned is not None:
        gap = _integral(weight * np.abs(learned - optimal), x)
        dense = p + q >= 0.01 * (p + q).max()
        worst = np.flatnonzero(dense)[np.abs(learned - optimal)[dense].argmax()]
        caption += (
            f" The learned D differs from D* by {arrays.fixed(gap, 3)} on average over these samples, "
            f"and by at most {arrays.fixed(abs(learned[worst] - optimal[worst]), 3)} (at x = "
            f"{arrays.fixed(x[worst])}) "
            "where at least 1 % of the highest density lies."
        )
        title = title or f"The learned D is within {arrays.fixed(gap, 3)} of D* on average"
    with course_style():
        figure, grid = new_figure(7, 4.8, 2, 1, sharex=True, height_ratios=(1, 1.35))
        put_title(figure, title)
        (above,), (below,) = grid
        _draw_densities(above, {"p (real)": (x, p), "q (generated)": (x, q)}, {"p (real)": REAL, "q (generated)": FAKE})
        above.set_ylabel("density")
        below.axhline(0.5, color=NEUTRAL.colour, linestyle=NEUTRAL.line, linewidth=1)
        labels = []
        if learned is not None:
            below.fill_between(x, optimal, learned, color=DISCRIMINATOR.colour, alpha=0.18, linewidth=0)
            below.plot(x, learned, color=DISCRIMINATOR.colour, linestyle="-", linewidth=2.4)
            labels.append((learned[-1], "learned D", DISCRIMINATOR.ink))
        below.plot(x, optimal, color=OPTIMAL.colour, linestyle=OPTIMAL.line, linewidth=2)
        labels.append((optimal[-1], "D*", OPTIMAL.ink))
        below.set_ylim(-0.03, 1.03)
        below.set_ylabel("probability of “real”")
        below.set_xlabel("x")
        label_line_ends(figure, {below: [*labels, (0.5, "cannot tell", NEUTRAL.ink)]})
        return show(figure, caption)


def _roles(labels: Iterable[str], given: Mapping[str, Role]) -> dict[str, Role]:
    """A role for each label, no role twice unless it was given so."""
    chosen = dict(given)
    for role in (REAL, FAKE):
        named = [label for label in labels if role.name in label.lower() and label not in chosen]
        if named and role not in chosen.values():
            chosen[named[0]] = role
    free = [role for role in _CYCLE if role not in chosen.values()]
    return {label: chosen[label] if label in chosen else free.pop(0) for label in labels}


def _draw_densities(axes, curves: Mapping[str, tuple[np.ndarray, np.ndarray]], styles: Mapping[str, Role]) -> None:
    """Filled curves, each named above its own peak (higher where another curve or name is in the way)."""
    top = max(float(y.max()) for _, y in curves.values())
    x_low, x_high = min(x[0] for x, _ in curves.values()), max(x[-1] for x, _ in curves.values())
    axes.set_xlim(x_low, x_high)
    taken: list[tuple[float, float]] = []
    for label, (x, y) in sorted(curves.items(), key=lambda item: item[1][1].max()):
        role = styles[label]
        axes.plot(x, y, color=role.colour, linestyle=role.line)
        axes.fill_between(x, y, facecolor=role.colour, edgecolor=role.colour, hatch=role.hatch, alpha=0.18, linewidth=0)
        half = 0.009 * len(label) * (x_high - x_low)
        centre = float(np.clip(x[y.argmax()], x_low + half, x_high - half))
        # Above every curve that passes below the label, so that none is hidden.
        height = 0.04 * top + max(float(v[np.abs(u - centre) <= half].max(initial=0)) for u, v in curves.values())
        for other, other_height in taken:
            if abs(other - centre) < 4 * half and abs(other_height - height) < 0.15 * top:
                height = other_height + 0.15 * top
        taken.append((centre, height))
        outlined(axes.text(centre, height, label, color=role.ink, ha="center", va="bottom", fontsize=10))
    axes.set_ylim(0, max(height for _, height in taken) + 0.16 * top)


def _integral(y: np.ndarray, x: np.ndarray) -> float:
    """Trapezoid rule (numpy's own changed its name in version 2)."""
    return float(((y[1:] + y[:-1]) / 2 * np.diff(x)).sum())


def _grid(x) -> np.ndarray:
    x = arrays.array(x, "x", (None,))
    if len(x) < 2 or (np.diff(x) <= 0).any():
        raise ValueError("x must be an increasing grid of at least 2 points; sort it, e.g. torch.linspace(-4, 4, 401)")
    return x


def _density(y, name: str, n: int) -> np.ndarray:
    y = arrays.array(y, f"density {name!r}", (n,))
    if (y < 0).any() or y.max() == 0:
        raise ValueError(
            f"density {name!r} must be ≥ 0 and somewhere positive, got a minimum of {y.min():.3g}; exp() a log density"
        )
    return y


def _probability(d, name: str, n: int) -> np.ndarray:
    d = arrays.array(d, name, (n,))
    if d.min() < -1e-6 or d.max() > 1 + 1e-6:
        raise ValueError(
            f"{name} must be probabilities in [0, 1], got {d.min():.3g} to {d.max():.3g}; apply torch.sigmoid to logits"
        )
    return d
