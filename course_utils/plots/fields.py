"""Fields over the plane: what a discriminator says where, exact log densities, and the pull on parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import torch

from course_utils.inputs import require_flag, require_function, require_methods
from course_utils.intervals import confidence_interval
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.plane import (
    Extent,
    aspect,
    check_extent,
    draw_samples,
    dress,
    lattice,
    probabilities,
    window,
)
from course_utils.plots.style import (
    DISCRIMINATOR,
    FAKE,
    GENERATOR,
    NEUTRAL,
    OPTIMAL,
    REAL,
    VERDICT,
    YOURS,
    course_style,
    new_figure,
    put_title,
)


def decision_surface(
    discriminator: Callable,
    real,
    fake,
    extent: Extent | None = None,
    title: str | None = None,
    resolution: int = 120,
) -> Caption:
    """What D says in every place, from 0 (generated) to 1 (real), with the line D = 0.5, under samples.

    `discriminator` maps points [n, 2] to logits [n] or [n, 1]; a module is asked in eval mode and left as it
    was. Raises ValueError for one that ends in a sigmoid.
    """
    real, fake = arrays.array(real, "real", (None, 2)), arrays.array(fake, "fake", (None, 2))
    extent = window(np.concatenate([real, fake])) if extent is None else check_extent(extent)
    xs, ys, points = lattice(extent, resolution)
    surface = probabilities(discriminator, points).reshape(resolution, resolution)
    on_real, on_fake = probabilities(discriminator, real), probabilities(discriminator, fake)
    right = (int((on_real > 0.5).sum()) + int((on_fake < 0.5).sum())) / (len(real) + len(fake))
    caption = (
        f"D(x) averages {arrays.fixed(on_real.mean())} on {len(real):,} real and "
        f"{arrays.fixed(on_fake.mean())} on {len(fake):,} "
        f"generated samples; it puts {arrays.fixed(100 * right, 0)} % of them on the right side of D = "
        "0.5 (the solid line), "
        f"and calls {arrays.fixed(100 * (surface > 0.5).mean(), 0)} % of the plane real."
    )
    with course_style():
        figure, ((axes,),) = new_figure(6.6, 4.25 * aspect(extent) + 1.25)
        put_title(figure, title or f"D puts {arrays.fixed(100 * right, 0)} % of the samples on the right side")
        heat = axes.imshow(
            surface, extent=extent, origin="lower", cmap=VERDICT, vmin=0, vmax=1, interpolation="bilinear"
        )
        if surface.min() < 0.5 < surface.max():
            axes.contour(xs, ys, surface, levels=[0.5], colors="black", linewidths=1.4)
        dress(axes, extent)
        draw_samples(axes, real, fake, on_heat=True)
        bar = figure.colorbar(heat, ax=axes, ticks=[0, 0.25, 0.5, 0.75, 1], shrink=0.85, aspect=24)
        bar.ax.set_yticklabels(["0  generated", "0.25", "0.5  cannot tell", "0.75", "1  real"])
        bar.ax.axhline(0.5, color="black", linewidth=1.4)
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=2, markerscale=1.6)
        return show(figure, caption)


def log_density(
    toy, samples, title: str | None = None, extent: Extent | None = None, resolution: int = 160, real: bool = False
) -> Caption:
    """The exact log density of a toy (`.log_prob`, `.sample`) under samples [n, 2], in nats.

    `real`: the samples are the toy's own, and drawn as such. The caption gives their mean log density and its floor,
    the same for as many fresh samples of the toy itself, each with its 95 % interval.
    """
    role = REAL if require_flag("real", real) else FAKE
    samples = arrays.array(samples, "samples", (None, 2))
    require_methods("toy", toy, "log_prob", "sample")
    with torch.random.fork_rng(devices=[]):  # looking must not move the course's random numbers
        own = arrays.array(toy.sample(len(samples)), "toy.sample(n)", (len(samples), 2))
    extent = window(own, 0.65) if extent is None else check_extent(extent)
    xs, ys, points = lattice(extent, resolution)
    field = _log_prob(toy, points).reshape(resolution, resolution)
    mean, floor = (_mean_with_interval(_log_prob(toy, x)) for x in (samples, own))
    caption = (
        f"Mean log density of {len(samples):,} {role.name} points: {mean} nats; as many fresh ones of this toy reach "
        f"{floor}. The colour scale ends 12 nats below the highest density."
    )
    with course_style():
        figure, ((axes,),) = new_figure(6.4, 4.5 * aspect(extent) + 1.0 + 0.3 * bool(title))
        put_title(figure, title)
        top = field.max()
        heat = axes.imshow(
            field,
            extent=extent,
            origin="lower",
            cmap="cividis",
            vmin=top - 12,
            vmax=top,
            interpolation="bilinear",
        )
        dress(axes, extent)
        axes.plot(
            samples[:, 0],
            samples[:, 1],
            linestyle="",
            marker=role.marker,
            markersize=5.5,
            markeredgewidth=0.8,
            markerfacecolor="white",
            markeredgecolor="black",
            label=f"{len(samples):,} {role.name} points",
        )
        figure.colorbar(heat, ax=axes, label="log density (nats)", shrink=0.85, aspect=24, extend="min")
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", markerscale=1.6)
        return show(figure, caption)


def _mean_with_interval(values: np.ndarray) -> str:
    mean, half_width = confidence_interval(values)
    return f"{arrays.number(mean)} ± {half_width:.2g}"


def vector_field(
    fn: Callable,
    trajectories: Mapping[str, object] | None = None,
    extent: Extent | None = None,
    equilibrium: Sequence[float] = (0.0, 0.0),
    labels: tuple[str, str] = ("generator θ", "discriminator ψ"),
    title: str | None = None,
    arrows: int = 17,
) -> Caption:
    """A vector field of two parameters as arrows, with trajectories from ○ (start) to ■ (end).

    `fn` maps a float32 tensor of points [n, 2] to their directions [n, 2]. The caption gives each
    trajectory's distance from the equilibrium at start and end.
    """
    require_function("fn", fn, "a function from points [n, 2] to directions [n, 2]")
    if trajectories is not None and not isinstance(trajectories, Mapping):
        raise ValueError(f'trajectories must be {{"name": path [t, 2], ...}}, got {type(trajectories).__name__}')
    arrays.pair(labels, "labels", "name of the first parameter, of the second")
    paths = {name: arrays.array(path, f"trajectory {name!r}", (None, 2)) for name, path in (trajectories or {}).items()}
    if len(paths) > 5:
        raise ValueError(
            f"vector_field tells at most 5 trajectories apart, got {len(paths)}; choose the ones the text speaks of"
        )
    centre = arrays.array(equilibrium, "equilibrium", (2,))
    if extent is None:
        reach = 1.12 * max([float(np.abs(path - centre).max()) for path in paths.values()] or [1.5])
        extent = (centre[0] - reach, centre[0] + reach, centre[1] - reach, centre[1] + reach)
    extent = check_extent(extent)
    xs, ys, points = lattice(extent, arrows)
    with torch.no_grad():
        moves = arrays.array(fn(torch.tensor(points, dtype=torch.float32)), "fn(points)", (len(points), 2))
    length = np.linalg.norm(moves, axis=1, keepdims=True)
    # The root of the length: slow regions keep a visible direction, fast ones do not run into each other.
    scaled = moves / np.maximum(length, 1e-12) * np.sqrt(length / max(length.max(), 1e-12))
    parts = []
    for name, path in paths.items():
        start, end = np.linalg.norm(path[0] - centre), np.linalg.norm(path[-1] - centre)
        parts.append(
            f"{name}: distance from the equilibrium {arrays.fixed(start)} → {arrays.fixed(end)} in "
            f"{arrays.count(len(path) - 1, 'step')}"
        )
    caption = "; ".join(parts) + ". " if parts else ""
    caption += (
        f"Arrows: direction of the update, longer where it is larger (length up to {arrays.number(length.max())})."
    )
    with course_style():
        figure, ((axes,),) = new_figure(6.2, 5.2 * aspect(extent) + 1.05 + 0.3 * bool(title) + 0.25 * bool(paths))
        put_title(figure, title)
        spacing = (extent[1] - extent[0]) / arrows
        axes.quiver(
            points[:, 0],
            points[:, 1],
            *(0.9 * spacing * scaled.T),
            color="#9A9A9A",
            angles="xy",
            scale_units="xy",
            scale=1,
            width=0.004,
            headwidth=4.5,
            pivot="mid",
        )
        for (name, path), role in zip(paths.items(), (REAL, GENERATOR, DISCRIMINATOR, FAKE, YOURS), strict=False):
            axes.plot(path[:, 0], path[:, 1], color=role.colour, linestyle=role.line, linewidth=2, label=name)
            axes.plot(
                *path[0],
                "o",
                markersize=9,
                markerfacecolor="white",
                markeredgecolor=role.colour,
                markeredgewidth=2,
            )
            axes.plot(
                *path[-1],
                "s",
                markersize=8,
                color=role.colour,
                markeredgecolor="white",
                clip_on=False,
                zorder=5,
            )
        axes.plot(
            *centre,
            "+",
            color=OPTIMAL.colour,
            markersize=14,
            markeredgewidth=2.2,
            label="equilibrium",
            linestyle="",
        )
        for marker, name in (("o", "start"), ("s", "end")) if paths else ():
            axes.plot(
                [],
                [],
                marker,
                markersize=8,
                markerfacecolor="white" if marker == "o" else NEUTRAL.colour,
                markeredgecolor=NEUTRAL.colour,
                markeredgewidth=1.6,
                label=name,
            )
        dress(axes, extent)
        axes.set_xlabel(labels[0])
        axes.set_ylabel(labels[1])
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower center", ncols=3)
        return show(figure, caption)


def _log_prob(toy, points: np.ndarray) -> np.ndarray:
    return arrays.array(toy.log_prob(torch.as_tensor(points, dtype=torch.float32)), "toy.log_prob(x)", (len(points),))
