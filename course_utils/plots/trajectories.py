"""Games of two parameters beside the eigenvalues that decide about them: paths above, the unit circle below."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from course_utils.inputs import require_mapping
from course_utils.plots import arrays
from course_utils.plots.caption import Caption, show
from course_utils.plots.style import GENERATOR, NEUTRAL, OPTIMAL, REAL, Role, course_style, new_figure, put_title

MOST_GAMES = 4
LOOKS = REAL, GENERATOR  # of the two ways to play
SMALL = 8.5  # points: four panels share the width of a page


def trajectories(
    games: Mapping[str, Mapping[str, object]],
    eigenvalues: Mapping[str, Mapping[str, object]],
    title: str | None = None,
    labels: tuple[str, str] = ("generator θ", "discriminator ψ"),
) -> Caption:
    """One column a game: its paths to the equilibrium (0, 0) above, the eigenvalues of one round of play below.

    `games`: {"game": {"way of playing": path [t, 2]}}, with one or two ways, in the same order in every game.
    `eigenvalues`: the same keys, each the complex eigenvalues of the Jacobian of one *round* (a step of the iteration,
    not the field): inside the unit circle, which is shaded, distances shrink; outside they grow. The caption gives each
    distance at the end and each largest modulus. Raises ValueError for other keys, and for more than 4 games.
    """
    for name, by in (("games", games), ("eigenvalues", eigenvalues)):
        for game, ways in require_mapping(name, by, '{"game": {"way of playing": ...}}').items():
            require_mapping(f"{name} of {game!r}", ways, '{"way of playing": ...}')
    arrays.pair(labels, "labels", "name of the first parameter, of the second")
    if not 1 <= len(games) <= MOST_GAMES:
        raise ValueError(f"trajectories draws 1 to {MOST_GAMES} games, got {len(games)}; choose some")
    if {g: list(plays) for g, plays in games.items()} != {g: list(plays) for g, plays in eigenvalues.items()}:
        raise ValueError("games and eigenvalues must have the same games, each with the same ways of playing")
    ways = list(next(iter(games.values())))
    if not 1 <= len(ways) <= len(LOOKS) or any(list(plays) != ways for plays in games.values()):
        raise ValueError(f"each game needs the same one or two ways of playing, such as {ways[:2] or 'alternating'}")
    paths = {g: {w: arrays.array(p, f"path {g!r}, {w!r}", (None, 2)) for w, p in by.items()} for g, by in games.items()}
    points = {g: {w: _complex(e, f"{g!r}, {w!r}") for w, e in by.items()} for g, by in eigenvalues.items()}

    with course_style():
        figure, (above, below) = new_figure(max(5.0, 2.3 * len(games)), 5.6, 2, len(games))
        put_title(figure, title)
        roles = dict(zip(ways, LOOKS, strict=False))
        span = _window([e for by in points.values() for e in by.values()])
        for axes, under, game in zip(above, below, games, strict=True):
            _draw_paths(axes, paths[game], roles)
            _draw_eigenvalues(under, points[game], roles, span)
            axes.set_title(game)
            axes.set_xlabel(labels[0], fontsize=SMALL)
            under.set_xlabel("real part", fontsize=SMALL)
        above[0].set_ylabel(labels[1], fontsize=SMALL)
        below[0].set_ylabel("imaginary part", fontsize=SMALL)
        for axes in (*above, *below):
            axes.tick_params(labelsize=SMALL)
        figure.legend(*above[0].get_legend_handles_labels(), loc="outside lower center", ncols=len(ways) + 1)
        return show(figure, _caption(paths, points))


def _complex(values, name: str) -> np.ndarray:
    try:
        values = np.asarray(values.detach().cpu() if hasattr(values, "detach") else values, dtype=complex)
    except (TypeError, ValueError):
        raise ValueError(f"eigenvalues of {name} must be numbers, real or complex") from None
    parts = arrays.array(np.stack([values.real, values.imag], -1), f"eigenvalues of {name}", (None, 2))
    return parts[:, 0] + 1j * parts[:, 1]


def _window(groups: list[np.ndarray]) -> tuple[float, float, float]:
    """Left edge, right edge and half the height of a square that holds all eigenvalues, and the point 1."""
    values = np.concatenate([*groups, [1.0 + 0j]])
    left, right = values.real.min(), values.real.max()
    half = 0.62 * max(right - left, 2 * np.abs(values.imag).max(), 0.02)
    middle = (left + right) / 2
    return middle - half, middle + half, half


def _draw_paths(axes: Axes, paths: Mapping[str, np.ndarray], roles: Mapping[str, Role]) -> None:
    for way, path in paths.items():
        look = {"color": roles[way].colour, "label": way}
        axes.plot(path[:, 0], path[:, 1], linestyle=roles[way].line, linewidth=1.3, **look)
        axes.plot(*path[-1], "s", color=roles[way].colour, markeredgecolor="white", markersize=7, zorder=5)
    axes.plot(
        *next(iter(paths.values()))[0], "o", markerfacecolor="white", markeredgecolor=NEUTRAL.colour, markersize=7
    )
    axes.plot(0, 0, "+", color=OPTIMAL.colour, markersize=12, markeredgewidth=1.8, label="equilibrium", linestyle="")
    reach = 1.1 * max(float(np.abs(path).max()) for path in paths.values())
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.locator_params(nbins=4)


def _draw_eigenvalues(axes: Axes, points: Mapping[str, np.ndarray], roles: Mapping[str, Role], window: tuple) -> None:
    axes.add_patch(Circle((0, 0), 1, facecolor="#E8EEF4", edgecolor=NEUTRAL.colour, linewidth=1.2))
    for way, values in points.items():
        axes.plot(values.real, values.imag, roles[way].marker, color=roles[way].colour, ms=8, markeredgecolor="white")
    left, right, half = window
    axes.set(xlim=(left, right), ylim=(-half, half), aspect="equal")
    axes.locator_params(nbins=4)


def _caption(paths: Mapping[str, Mapping], points: Mapping[str, Mapping]) -> str:
    games = []
    for game, by in paths.items():
        parts = [
            f"{way} to distance {arrays.number(float(np.linalg.norm(path[-1])))}, largest modulus "
            f"{arrays.fixed(float(np.abs(points[game][way]).max()), 4)}"
            for way, path in by.items()
        ]
        games.append(f"{game}: {'; '.join(parts)}")
    steps = {len(path) - 1 for by in paths.values() for path in by.values()}
    length = f" after {arrays.count(steps.pop(), 'step')}" if len(steps) == 1 else ""
    return (
        "Above, the paths from ○ to ■; below, the eigenvalues of one round with the "
        f"inside of the unit circle shaded. Distances from the equilibrium{length}: " + ". ".join(games) + "."
    )
