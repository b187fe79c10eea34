"""Training curves that a student can read: what the discriminator believes first, the losses last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_utils.inputs import require_count, shown
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import (
    DISCRIMINATOR,
    FAKE,
    GENERATOR,
    NEUTRAL,
    REAL,
    Role,
    course_style,
    label_line_ends,
    new_figure,
    put_title,
)

KEYS = ("d_loss", "g_loss", "real_logit", "fake_logit", "real_prob", "fake_prob")
EQUILIBRIUM = (2 * math.log(2), math.log(2))  # losses of D and G when D says 0.5 everywhere (non-saturating objective)

# Panel: heading, then (key, label, role) of its two lines.
_PANELS = (
    ("log-odds that a sample is real", (("real_logit", "real", REAL), ("fake_logit", "generated", FAKE))),
    ("D’s probability of “real”", (("real_prob", "real", REAL), ("fake_prob", "generated", FAKE))),
    ("losses", (("d_loss", "D loss", DISCRIMINATOR), ("g_loss", "G loss", GENERATOR))),
)


def gan_curves(
    history: Mapping | Sequence[Mapping],
    title: str | None = None,
    smooth: int | None = None,
    references: tuple[float, float] | Mapping[str, tuple[float, float] | None] | None = EQUILIBRIUM,
) -> Caption:
    """Log-odds, probabilities and losses of a GAN run over its steps.

    `history`: the dict `GANRun.history`; a list of them (several seeds: mean line, band from smallest to
    largest); or {"label": either of these} to compare up to five runs, one row each, on the same scales.
    Strong lines are running means over `smooth` steps (default: a fiftieth of the run), faint ones the raw
    values. `references`: losses (D, G) at which D cannot tell, drawn as dashed lines; one pair for all or
    {"label": pair or None}; the default 2 ln 2 and ln 2 holds for the non-saturating objective. None leaves
    them out. The caption gives means over the last tenth of the steps.
    """
    runs = _runs(history)
    window = smooth if smooth is not None else max(1, len(next(iter(runs.values()))["step"]) // 50)
    window = require_count("smooth", window, hint="a whole number of steps")
    pairs = _pairs(references, runs)
    ends = {label: {key: tail_mean(run[key]) for key in KEYS} for label, run in runs.items()}

    with course_style():
        height = 3.4 if len(runs) == 1 else 0.9 + 2.1 * len(runs)
        figure, grid = new_figure(9, height, len(runs), 3, sharex=True, sharey="col")
        put_title(figure, title or _finding(ends))
        for row, (label, run) in zip(grid, runs.items(), strict=True):
            for axes, (_, lines) in zip(row, _PANELS, strict=True):
                for key, _, role in lines:
                    _draw(axes, run["step"], run[key], window, role)
            for axes, levels in zip(row, _references(pairs[label]), strict=True):
                for level, _, role in levels:
                    axes.axhline(level, color=role.colour, linestyle=NEUTRAL.line, linewidth=1)
            if len(runs) > 1:
                row[0].set_ylabel(label, fontweight="bold")
        for column, (heading, lines) in enumerate(_PANELS):
            grid[0, column].set_title(heading)
            grid[-1, column].set_xlabel("step")
            drawn = [
                run[key] if len(run[key]) == 1 else running_mean(run[key], window)
                for run in runs.values()
                for key, _, _ in lines
            ]
            _limits(grid[:, column], drawn, pairs if column == 2 else None)
        grid[0, 1].set_ylim(-0.03, 1.03)
        grid[0, 0].locator_params(axis="x", nbins=3)
        names = {}
        for row, (label, run) in zip(grid, runs.items(), strict=True):
            for axes, (_, lines), levels in zip(row, _PANELS, _references(pairs[label]), strict=True):
                names[axes] = [(_end(run[key], window), text, role.ink) for key, text, role in lines]
                names[axes] += [(level, name, role.ink) for level, name, role in levels]
        label_line_ends(figure, names)
        return show(figure, _caption(runs, ends, window, pairs))


def running_mean(values: np.ndarray, window: int) -> np.ndarray:
    """Mean over the last `window` values along the last axis (over fewer at the start), NaN left out."""
    counts = np.cumsum(np.isfinite(values), axis=-1, dtype=float)
    sums = np.cumsum(np.nan_to_num(values, nan=0.0), axis=-1)
    counts[..., window:] -= counts[..., :-window].copy()
    sums[..., window:] -= sums[..., :-window].copy()
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)


def tail_mean(values: np.ndarray) -> float:
    """Mean over the last tenth of the steps (at least one), and over seeds."""
    return float(np.nanmean(values[:, -max(1, values.shape[1] // 10) :]))


def _runs(history) -> dict[str, dict[str, np.ndarray]]:
    """{label: {"step": [t], key: [seeds, t]}}, checked; values that are not finite become NaN."""
    if not isinstance(history, Mapping | list | tuple):
        raise ValueError(f"gan_curves needs a history, or several; pass `run.history`, not {shown(history)}")
    if not history:
        raise ValueError("gan_curves got an empty history; pass `run.history` after at least one training step")
    labelled = history if isinstance(history, Mapping) and "step" not in history else {"": history}
    if len(labelled) > 5:
        raise ValueError(f"gan_curves compares at most 5 runs, got {len(labelled)}; choose the ones the text speaks of")
    runs = {}
    for label, entry in labelled.items():
        seeds = [entry] if isinstance(entry, Mapping) else entry
        if not isinstance(seeds, list | tuple) or not all(isinstance(seed, Mapping) for seed in seeds):
            raise ValueError(
                f"history {label!r} must be `run.history` of a GANRun, or a list of them, not {shown(entry)}"
            )
        if not seeds:
            raise ValueError(f"the list of histories {label!r} is empty; pass one history for each seed")
        missing = [key for key in ("step", *KEYS) if any(key not in seed for seed in seeds)]
        if missing:
            raise ValueError(f"history {label!r} lacks {', '.join(missing)}; pass `run.history` of a GANRun")
        step = arrays.array(seeds[0]["step"], "history['step']", (None,))
        run = {"step": step}
        for key in KEYS:
            rows = [arrays.array(seed[key], f"history[{key!r}]", (len(step),), finite=False) for seed in seeds]
            run[key] = np.where(np.isfinite(rows), rows, np.nan)
            if np.isnan(run[key][:, -max(1, len(step) // 10) :]).all():
                raise ValueError(f"history[{key!r}] holds no finite value in its last tenth: that run has diverged")
        runs[label] = run
    return runs


def _pairs(references, labels) -> dict[str, tuple[float, float] | None]:
    """The reference losses of each run."""
    given = references if isinstance(references, Mapping) else dict.fromkeys(labels, references)
    if unknown := set(given) - set(labels):
        raise ValueError(f"references names {', '.join(map(str, unknown))}, but the runs are {', '.join(labels)}")
    return {label: None if given.get(label) is None else _losses(given[label]) for label in labels}


def _losses(pair) -> tuple[float, float]:
    return tuple(arrays.array(arrays.pair(pair, "references", "loss of D, loss of G"), "references", (2,)).tolist())


def _draw(axes: Axes, step: np.ndarray, values: np.ndarray, window: int, role: Role) -> None:
    means = running_mean(values, window)
    if len(values) > 1:
        axes.fill_between(step, np.nanmin(means, 0), np.nanmax(means, 0), color=role.colour, alpha=0.22, linewidth=0)
    elif window > 1:
        axes.plot(step, values[0], color=role.colour, alpha=0.22, linewidth=0.8)
    # A run of one step has no line: its value is shown by the role's marker.
    axes.plot(
        step,
        _over_seeds(means),
        color=role.colour,
        linestyle=role.line,
        marker=role.marker if len(step) == 1 else "",
    )


def _references(losses: tuple[float, float] | None) -> tuple[list[tuple[float, str, Role]], ...]:
    """For each panel the values that mean "D cannot tell": (value, name, role)."""
    pairs = zip(losses or (), (DISCRIMINATOR, GENERATOR), strict=False)
    return (
        [(0.0, "cannot tell", NEUTRAL)],
        [(0.5, "cannot tell", NEUTRAL)],
        [(level, _level_name(level), role) for level, role in pairs],
    )


def _over_seeds(means: np.ndarray) -> np.ndarray:
    return means[0] if len(means) == 1 else np.nanmean(means, 0)


def _end(values: np.ndarray, window: int) -> float:
    """Where the strong line ends: its last finite value."""
    line = _over_seeds(running_mean(values, window))
    return float(line[np.isfinite(line)][-1])


def _level_name(level: float) -> str:
    for factor, name in ((2, "2 ln 2"), (1, "ln 2"), (-1, "−ln 2"), (-2, "−2 ln 2")):
        if math.isclose(level, factor * math.log(2), abs_tol=1e-6):
            return name
    return arrays.number(level)


def _limits(column: Sequence[Axes], values: list[np.ndarray], pairs: Mapping | None) -> None:
    """A scale that shows the bulk: one spike of a loss must not flatten everything else."""
    pooled = np.concatenate([v[np.isfinite(v)] for v in values])
    low, high = np.percentile(pooled, [0.5, 99.5])
    levels = [level for pair in pairs.values() if pair for level in pair] if pairs else [0.0]
    low, high = min([low, high - 1e-3, *levels]), max([high, *levels])
    column[0].set_ylim(low - 0.06 * (high - low), high + 0.06 * (high - low))


def _finding(ends: Mapping[str, Mapping[str, float]]) -> str:
    if len(ends) > 1:
        gaps = {label: end["real_prob"] - end["fake_prob"] for label, end in ends.items()}
        parts = ", ".join(f"{arrays.fixed(gap)} ({label})" for label, gap in gaps.items())
        return f"At the end D’s probabilities of “real” differ by {parts}"
    (end,) = ends.values()
    gap = end["real_prob"] - end["fake_prob"]
    if gap <= -0.1:
        verdict = "D takes generated samples for the real ones"
    elif gap < 0.1:
        verdict = "on average, nearly the same"
    else:
        verdict = "D has an edge" if gap < 0.5 else "D is far ahead"
    real, fake = arrays.fixed(end["real_prob"]), arrays.fixed(end["fake_prob"])
    return f"At the end D calls real samples real with {real} and generated ones with {fake}: {verdict}"


def _caption(runs, ends, window: int, pairs) -> str:
    lengths = {len(run["step"]) for run in runs.values()}
    parts = []
    for label, end in ends.items():
        seeds = len(runs[label]["d_loss"])
        name = f"{label}: " if label else ""
        of = f" (mean of {seeds} seeds, band from smallest to largest)" if seeds > 1 else ""
        parts.append(
            f"{name}log-odds {arrays.fixed(end['real_logit'])} on real and "
            f"{arrays.fixed(end['fake_logit'])} on generated samples, "
            f"probability of “real” {arrays.fixed(end['real_prob'])} on real and "
            f"{arrays.fixed(end['fake_prob'])} on generated samples, "
            f"D loss {arrays.fixed(end['d_loss'])}, G loss {arrays.fixed(end['g_loss'])}{of}"
        )
    tail = "the last tenth of the"
    if len(lengths) == 1:
        (length,) = lengths
        tail = f"the last {max(1, length // 10):,} of {length:,}"
    text = f"Means over {tail} recorded steps: " + "; ".join(parts) + "."
    text += " Dashed lines: D cannot tell (log-odds 0, probability 0.5"
    distinct = {pair for pair in pairs.values() if pair}
    if len(distinct) == 1:
        d, g = distinct.pop()
        text += f", losses {arrays.fixed(d)} for D and {arrays.fixed(g)} for G"
    text += ")."
    if window > 1:
        text += f" Strong lines are running means over {window} steps."
    lost = sum(int(np.isnan(run[key]).sum()) for run in runs.values() for key in KEYS)
    if lost:
        are, were = ("s that are", "were") if lost > 1 else (" that is", "was")
        text += f" {lost} value{are} not finite {were} left out."
    return text
