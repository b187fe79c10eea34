"""Figures, films and sliders."""

from functools import partial

import numpy as np
import torch
from matplotlib.figure import Figure
from torch import nn

from course_utils import data, plots
from course_utils.evaluation import Ladder

NAN, INF = float("nan"), float("inf")
POINTS, IMAGES = torch.randn(9, 2), torch.rand(4, 1, 8, 8) * 2 - 1
X, P = torch.linspace(0, 1, 5), torch.ones(5)
D = nn.Linear(2, 1)
HISTORY = {key: [0.1, 0.2] for key in ("d_loss", "g_loss", "real_logit", "fake_logit", "real_prob", "fake_prob")}
HISTORY["step"] = [1, 2]
LADDER = Ladder({"frechet": {"noise": 900.0, "real": 1.0}}, 10)
BALLS = (POINTS, torch.ones(9), POINTS, True)
CAPTION = plots.Caption("What there is to see.")
PATHS = {"game": {"together": POINTS}}
VALUES = {"game": {"together": [1 + 1j, 0.5]}}


def film(**options):
    made = plots.Film(**options)
    made.add_images(IMAGES, "first")
    return made


GRIDS = (
    plots.sample_grid,
    lambda x: plots.compare_grids({"ours": x}),
    lambda x: plots.image_rows({"ours": x}),
    lambda x: plots.interpolation([x]),
    lambda x: plots.sample_grid(IMAGES, reference=x),
    lambda x: plots.Film().add_images(x, "first"),
)
WRONG_IMAGES = (
    ("in 0..1", torch.linspace(0, 1, 256).view(4, 1, 8, 8), r"looks like \[0, 1\]"),
    ("in 0..255", IMAGES * 255, r"must lie in \[-1, 1\], got"),
    ("NaN", IMAGES * NAN, "NaN or infinite"),
    ("of one level", (IMAGES > 0).byte(), "brightest pixel of 1"),
    ("of 16 levels", ((IMAGES + 1) * 8).byte().clamp(max=16), "brightest pixel of 1"),
    ("sparse", IMAGES.to_sparse(), "must hold numbers only.*to_dense"),
    ("whole numbers", IMAGES.long(), "uint8, or floats"),
    ("without channels", IMAGES[:, 0], "1 or 3, height, width"),
    ("words", "images", "must hold numbers only"),
    ("none", IMAGES[:0], "is empty"),
)
OF_POINTS = (
    lambda x: plots.scatter_2d(x, POINTS),
    lambda x: plots.scatter_2d(POINTS, {"ours": x}),
    lambda x: plots.decision_surface(D, x, POINTS),
    lambda x: plots.log_density(data.Ring(), x),
    lambda x: plots.Film().add_scatter(POINTS, x, "first"),
    lambda x: plots.vector_field(torch.neg, {"path": x}),
    lambda x: plots.balls({"here": (x, torch.ones(9), POINTS, True)}),
    lambda x: plots.trajectories({"game": {"together": x}}, VALUES),
)
OF_A_DISCRIMINATOR = {
    "a surface": lambda network: plots.decision_surface(network, POINTS, POINTS + 9),
    "a film": lambda network: plots.Film().add_scatter(POINTS, POINTS, "first", network),
}
MAPPINGS = {
    "lines": lambda wrong: plots.lines(wrong, "x", "y", "A caption."),
    "density_1d": plots.density_1d,
    "compare_grids": plots.compare_grids,
    "seed_dots": plots.seed_dots,
    "scorecard": lambda wrong: plots.scorecard(wrong, {}, "Marked."),
    "balls": plots.balls,
    "roofline": lambda wrong: plots.roofline(1e9, 1e9, wrong),
    "trajectories": lambda wrong: plots.trajectories(wrong, wrong),
}

ROWS = [
    *((f"images {what}", partial(grid, x), words) for grid in GRIDS for what, x, words in WRONG_IMAGES),
    *(("points that are NaN", partial(call, POINTS * NAN), "NaN or infinite") for call in OF_POINTS),
    *(("points in space", partial(call, torch.zeros(9, 3)), r"must have shape \[n, 2\]") for call in OF_POINTS),
    *(("points are words", partial(call, "points"), "must hold numbers only") for call in OF_POINTS),
    *((f"{name} of a list", partial(call, [X, P]), 'must be {"') for name, call in MAPPINGS.items()),
    *((f"{name} of nothing", partial(call, {}), "at least one") for name, call in MAPPINGS.items()),
    *(
        (f"{wrong!r} columns", partial(plots.sample_grid, IMAGES, columns=wrong), "columns must be")
        for wrong in (0, 2.5, True, "4")
    ),
    *(
        (f"{wrong!r} columns of a film", partial(film().show, wrong), "columns must be from 1|columns must be a")
        for wrong in (0, 7, 2.5)
    ),
    ("columns of its grid", lambda: film().add_images(IMAGES, "next", columns=-1), "columns must be at least 1"),
    *(
        (f"a title {wrong!r}", partial(plots.sample_grid, IMAGES, wrong), "title must be a text")
        for wrong in (3, ["title"])
    ),
    ("more grids than fit", lambda: plots.compare_grids(dict.fromkeys("abcdefg", IMAGES)), "at most 6"),
    ("rows of two lengths", lambda: plots.image_rows({"a": IMAGES, "b": IMAGES[:2]}), "as many images"),
    ("rows in a list", lambda: plots.image_rows([IMAGES]), "what image_rows needs"),
    (
        "a row wider than the page",
        lambda: plots.image_rows({"a": IMAGES[:1].repeat(86, 1, 1, 1)}),
        "wider than the page",
    ),
    ("walks of two lengths", lambda: plots.interpolation([IMAGES, IMAGES[:2]]), "same shape"),
    ("labels of another number", lambda: plots.interpolation([IMAGES], ["a", "b"]), "1 row but 2 labels"),
    ("a walk wider than the page", lambda: plots.interpolation([IMAGES[:1].repeat(86, 1, 1, 1)]), "at most 85 of them"),
    ("walks in a dictionary", lambda: plots.interpolation({"a": IMAGES}), "list of rows"),
    ("no walks", lambda: plots.interpolation([]), "at least one row"),
    ("a history that is a tensor", lambda: plots.gan_curves(POINTS), "run.history"),
    ("a history without losses", lambda: plots.gan_curves({"step": [1]}), "lacks d_loss"),
    ("an empty history", lambda: plots.gan_curves({}), "empty history"),
    ("histories that are none", lambda: plots.gan_curves({"a": 3}), "history 'a' must be"),
    ("a history that diverged", lambda: plots.gan_curves({**HISTORY, "d_loss": [NAN, NAN]}), "diverged"),
    *(
        (f"smooth {wrong!r}", partial(plots.gan_curves, HISTORY, smooth=wrong), "smooth must be")
        for wrong in (0, 2.0, True)
    ),
    ("one reference", lambda: plots.gan_curves(HISTORY, references=0.7), "references must be a pair"),
    ("references that are NaN", lambda: plots.gan_curves(HISTORY, references=(NAN, 1)), "references holds 1 NaN"),
    ("references of no run", lambda: plots.gan_curves({"a": HISTORY}, references={"b": (1, 1)}), "references names b"),
    ("no ladder", lambda: plots.ladder({"frechet": 1}), "ladder must be one of evaluation.ladder"),
    ("no models", lambda: plots.ladder(LADDER, {}), "models must be"),
    ("a measure that is not on it", lambda: plots.ladder(LADDER, measure="fid"), "measure must be one of 'frechet'"),
    ("a distance of 0", lambda: plots.ladder(LADDER, {"mine": 0}), "'mine' scores 0, and on a logarithmic scale"),
    ("a score of NaN", lambda: plots.ladder(LADDER, {"mine": NAN}), "NaN or infinite"),
    ("a curve without y", lambda: plots.lines({"a": (X,)}, "x", "y", "c"), r"curve 'a' must be a pair \(x, y\)"),
    ("a curve that is a number", lambda: plots.lines({"a": 3}, "x", "y", "c"), "curve 'a' must be a pair"),
    ("x and y of two lengths", lambda: plots.lines({"a": (X, P[:3])}, "x", "y", "c"), "x of curve 'a' must have shape"),
    ("y that is infinite", lambda: plots.lines({"a": (X, P * INF)}, "x", "y", "c"), "NaN or infinite"),
    ("no caption", lambda: plots.lines({"a": (X, P)}, "x", "y", ""), "caption must be a text"),
    ("a label that is a number", lambda: plots.lines({"a": (X, P)}, 1, "y", "c"), "xlabel must be a text"),
    (
        "a role for no curve",
        lambda: plots.lines({"a": (X, P)}, "x", "y", "c", roles={"b": plots.REAL}),
        "roles names b",
    ),
    (
        "a role that is a colour",
        lambda: plots.lines({"a": (X, P)}, "x", "y", "c", roles={"a": "red"}),
        "a Role for some",
    ),
    *(
        (
            f"nothing above 0 on a logarithmic {axis}",
            partial(plots.lines, {"a": (X, P), "b": (X - 9, P - 9)}, "x", "y", "c", **{f"{axis}scale": "log"}),
            "curve 'b' has no point above 0",
        )
        for axis in "xy"
    ),
    ("an option of no axes", lambda: plots.lines({"a": (X, P)}, "x", "y", "c", scale="log"), "scale to matplotlib"),
    ("a density without x", lambda: plots.density_1d({"p": P}), "curve 'p' must be a pair"),
    ("a negative density", lambda: plots.density_1d({"p": (X, -P)}), "must be ≥ 0"),
    ("a grid that falls", lambda: plots.density_1d({"p": (-X, P)}), "increasing grid"),
    ("a role for no density", lambda: plots.density_1d({"p": (X, P)}, roles={"q": plots.REAL}), "roles names q"),
    ("logits for D", lambda: plots.discriminator_1d(X, P, P, 3 * P), "optimal must be probabilities"),
    ("D learned as NaN", lambda: plots.discriminator_1d(X, P, P, P / 2, P * NAN), "learned holds 5 NaN"),
    ("q of another length", lambda: plots.discriminator_1d(X, P, P[:3], P / 2), "density 'q' must have shape"),
    ("evidence of words", lambda: plots.evidence_dots("m", ["a"]), "must hold numbers only"),
    (
        "your run is several",
        lambda: plots.evidence_dots("m", [1, 2], yours=[1, 2]),
        "yours of 'm' must be one number, got 2",
    ),
    ("your run is NaN", lambda: plots.evidence_dots("m", [1, 2], yours=NAN), "yours of 'm' holds 1 NaN"),
    ("a band upside down", lambda: plots.evidence_dots("m", [1, 2], band=(2, 1)), "low ≤ high"),
    ("evidence that is a number", lambda: plots.evidence_dots({"m": 3}), "evidence for 'm' must be"),
    ("evidence with an unknown part", lambda: plots.evidence_dots({"m": {"values": [1], "mine": 2}}), "mine"),
    ("rows of a number", lambda: plots.evidence_rows({"m": 3}), "evidence for 'm' must be"),
    ("no rows", lambda: plots.evidence_rows({}), "what evidence_rows needs"),
    ("rows of a list", lambda: plots.evidence_rows([1]), "what evidence_rows needs"),
    ("a row of NaN", lambda: plots.evidence_rows({"m": {"values": [1, NAN]}}), "NaN"),
    ("evidence of no name", lambda: plots.evidence_dots(3, [1, 2]), "name must be a text"),
    ("a surface of a tensor", lambda: plots.decision_surface(P, POINTS, POINTS), "discriminator must be a function"),
    ("a surface of two logits", lambda: plots.decision_surface(nn.Linear(2, 2), POINTS, POINTS), "one logit a point"),
    *(
        (f"{name} of a sigmoid", partial(call, nn.Sequential(D, nn.Sigmoid())), "ends in a sigmoid.*remove it")
        for name, call in OF_A_DISCRIMINATOR.items()
    ),
    ("half a point a side", lambda: plots.decision_surface(D, POINTS, POINTS, resolution=1.5), "whole number"),
    ("an extent that is empty", lambda: plots.decision_surface(D, POINTS, POINTS, (1, 0, 0, 1)), "from < to"),
    ("an extent of three", lambda: plots.scatter_2d(POINTS, POINTS, extent=(0, 1, 0)), r"extent must have shape \[4\]"),
    ("a density of no toy", lambda: plots.log_density(POINTS, POINTS), "toy must be an object with log_prob, sample"),
    ("a field of a tensor", lambda: plots.vector_field(POINTS), "fn must be a function from points"),
    ("a field of one number", lambda: plots.vector_field(lambda x: x[:, :1]), r"fn\(points\) must have shape"),
    ("a path without a name", lambda: plots.vector_field(torch.neg, POINTS), "trajectories must be"),
    (
        "an equilibrium on a line",
        lambda: plots.vector_field(torch.neg, equilibrium=(0.0,)),
        "equilibrium must have shape",
    ),
    ("one label for two axes", lambda: plots.vector_field(torch.neg, labels=("a",)), "labels must be a pair"),
    *(
        (f"{wrong!r} arrows", partial(plots.vector_field, torch.neg, arrows=wrong), "points of a lattice")
        for wrong in (1, 5.0)
    ),
    ("more panels than fit", lambda: plots.scatter_2d(POINTS, dict.fromkeys("abcde", POINTS)), "1 to 4 panels"),
    ("a panel in a panel", lambda: plots.scatter_2d(POINTS, {"a": {"b": POINTS}}), "a label holds a dictionary"),
    ("balls without radii", lambda: plots.balls({"here": (POINTS, POINTS)}), "panel 'here' must be"),
    ("balls of negative radius", lambda: plots.balls({"here": (POINTS, -P[:1].expand(9), POINTS, True)}), "negative"),
    ("balls of a word", lambda: plots.balls({"here": (*BALLS[:3], "real")}), "balls_are_real of 'here' must be True"),
    *(
        (f"a peak of {wrong!r}", partial(plots.roofline, wrong, 1e9, {"a": (1, 1)}), "peak must be")
        for wrong in (0, NAN, INF, "1")
    ),
    ("a point of one number", lambda: plots.roofline(1e9, 1e9, {"a": 3}), "point 'a' must be a pair"),
    ("a speed of 0", lambda: plots.roofline(1e9, 1e9, {"a": (1, 0)}), "above 0"),
    (
        "a score that is NaN",
        lambda: plots.scorecard({"r": {"c": NAN}}, {}, "m"),
        "'c' of row 'r' must be a finite number",
    ),
    ("rows of other columns", lambda: plots.scorecard({"r": {"c": 1}, "s": {"d": 1}}, {}, "m"), "has the columns d"),
    ("a row that is a list", lambda: plots.scorecard({"r": [1]}, {}, "m"), "row 'r' must be"),
    ("a mark beside the table", lambda: plots.scorecard({"r": {"c": 1}}, {"q": {"c"}}, "m"), "marked names row 'q'"),
    ("marks in a list", lambda: plots.scorecard({"r": {"c": 1}}, ["r"], "m"), "marked must be"),
    ("marks that mean nothing", lambda: plots.scorecard({"r": {"c": 1}}, {}, ""), "meaning must be a text"),
    ("a floor for no measure", lambda: plots.seed_dots({"m": {"a": [1.0]}}, {"n": 1}), "no such measure: n"),
    ("a floor that is NaN", lambda: plots.seed_dots({"m": {"a": [1.0]}}, {"m": NAN}), "floor of 'm' holds 1 NaN"),
    ("floors in a list", lambda: plots.seed_dots({"m": {"a": [1.0]}}, [1]), "floors must be"),
    ("runs that are NaN", lambda: plots.seed_dots({"m": {"a": [NAN]}}), "m of 'a' holds 1 NaN"),
    ("a measure that is a list", lambda: plots.seed_dots({"m": [1.0]}), "measure 'm' must be"),
    ("eigenvalues of another game", lambda: plots.trajectories(PATHS, {"other": {"together": [1]}}), "the same games"),
    (
        "eigenvalues of words",
        lambda: plots.trajectories(PATHS, {"game": {"together": ["a"]}}),
        "eigenvalues of .* numbers",
    ),
    ("eigenvalues that are NaN", lambda: plots.trajectories(PATHS, {"game": {"together": [NAN]}}), "NaN"),
    ("an empty film", lambda: plots.Film().show(), "no frames"),
    *((f"a film of {wrong!r}", partial(plots.Film, most=wrong), "most must be") for wrong in (1, 25, 8.0, True)),
    ("a film without title", lambda: plots.Film(""), "title must be a text"),
    ("a diagram with a number for its title", lambda: plots.gan_flow(3), "title must be a text"),
    ("a diagram of the game with a number for its title", lambda: plots.game_flow(3), "title must be a text"),
    ("a diagram of a round with a number for its title", lambda: plots.round_flow(3), "title must be a text"),
    ("dots with a mean that is no flag", lambda: plots.seed_dots({"m": {"a": [1.0]}}, mean="no"), "mean must be"),
    ("a way with a number for its title", lambda: plots.gradient_way(3), "title must be a text"),
    ("a diagram of maps with a number for its title", lambda: plots.map_flow(3), "title must be a text"),
    ("a diagram of slopes with a number for its title", lambda: plots.slope_flow(3), "title must be a text"),
    ("a diagram of the bound with a number for its title", lambda: plots.bound_parts(3), "title must be a text"),
    ("a diagram of labels with a number for its title", lambda: plots.label_flow(3), "title must be a text"),
    ("a label too few", lambda: plots.compare_grids({"a": IMAGES}, columns=1, row_labels=["0"]), "one label a row"),
    ("a diagram of a cycle with a number for its title", lambda: plots.cycle_flow(3), "title must be a text"),
    ("a diagram of a VAE with a number for its title", lambda: plots.vae_flow(3), "title must be a text"),
    (
        "a map of codes in three dimensions",
        lambda: plots.latent_map(torch.ones(2, 3), [1, 2], IMAGES),
        "codes must have",
    ),
    ("a map with too few labels", lambda: plots.latent_map(POINTS, [1], IMAGES), "labels must have shape"),
    ("a map with labels that are no digits", lambda: plots.latent_map(POINTS[:1], [12], IMAGES), "from 0 to 9"),
    ("a map with three pictures", lambda: plots.latent_map(POINTS[:1], [1], IMAGES[:3]), "square number"),
    ("a map of no size", lambda: plots.latent_map(POINTS[:1], [1], IMAGES, extent=0), "extent must be"),
    ("a frame of floats", lambda: plots.Film().add(np.zeros((4, 4, 3)), "first"), "uint8"),
    ("frames of two sizes", lambda: film().add(np.zeros((4, 4, 3), np.uint8), "next"), "one size"),
    (
        "a film of a tensor's verdict",
        lambda: plots.Film().add_scatter(POINTS, POINTS, "first", P),
        "discriminator must be",
    ),
    ("no slider", lambda: plots.interactive(lambda: CAPTION), "at least one slider"),
    ("a slider of two numbers", lambda: plots.interactive(lambda a: CAPTION, a=(0, 1)), "slider 'a' must be"),
    ("a slider of a number", lambda: plots.interactive(lambda a: CAPTION, a=3), "slider 'a' must be"),
    ("a slider that is NaN", lambda: plots.interactive(lambda a: CAPTION, a=(0.0, 1.0, NAN)), "slider's value must be"),
    ("no function", lambda: plots.interactive(CAPTION, a=(0, 1, 0)), "fn must be a function"),
    ("a function without caption", lambda: plots.interactive(lambda a: 3, a=(0, 1, 0)), "must return the Caption"),
    ("a slider upside down", lambda: plots.Slider(1, 0, 0.5), "low ≤ value ≤ high"),
    ("a slider without steps", lambda: plots.Slider(0, 1, 0, 0), "slider's step must be above 0"),
    ("a slider of words", lambda: plots.Slider("a", "b", "c"), "slider's low must be a finite number"),
    ("axes to show", lambda: plots.show(Figure().subplots(), "A caption."), "needs a matplotlib figure"),
    ("a figure without caption", lambda: plots.show(Figure(), " "), "needs a caption"),
    ("a caption that is a number", lambda: plots.Caption(3), "caption must be a text"),
    ("a role of no colour", lambda: plots.Role("mine", "ultra", "-", "o", ""), "colour must be one"),
    ("a role without name", lambda: plots.Role("", "red", "-", "o", ""), "name must be a text"),
]

RIGHT = [
    *(
        ("one grid, counted by numpy", partial(plots.sample_grid, x, columns=np.int64(2)))
        for x in (
            IMAGES.double(),
            (IMAGES > 0).to(torch.uint8) * 255,
            IMAGES.numpy(),
            IMAGES * 0,
            IMAGES * 0 + 1,
            IMAGES[:1],
        )
    ),
    ("faint and bright images", lambda: plots.compare_grids({"faint": IMAGES * 0 + 0.1, "bright": IMAGES / 5 + 0.8})),
    ("a film counted by numpy", lambda: film(most=np.int64(2)).show(np.int64(1))),
    ("smooth of numpy", lambda: plots.gan_curves({"a": HISTORY}, smooth=np.int64(1), references={"a": None})),
    ("several seeds", lambda: plots.gan_curves([HISTORY, HISTORY], references=np.array([1.0, 1.0]))),
    (
        "whole numbers for a curve",
        lambda: plots.lines({"a": (range(5), [0, 1, 0, 1, 0])}, "x", "y", "c", yscale="linear"),
    ),
    *(
        (f"{name} of logits that all lie in 0 … 1", partial(call, lambda x: 0.5 + 0.001 * x[:, 0]))
        for name, call in OF_A_DISCRIMINATOR.items()
    ),
    ("a surface counted by numpy", lambda: plots.decision_surface(D, POINTS, POINTS, resolution=np.int64(4))),
    ("a table of all kinds", lambda: plots.scorecard({"r": {"a": 1, "b": "yes", "c": None}}, {}, "m")),
    ("a floor of a tensor", lambda: plots.seed_dots({"m": {"a": torch.ones(2)}}, {"m": torch.tensor(1.0)})),
    ("your run of a tensor", lambda: plots.evidence_dots("m", [1, 2], yours=torch.tensor(1.5))),
    ("a slider of its own", lambda: plots.interactive(lambda a: CAPTION, a=plots.Slider(0, 1, 1))),
    ("complex eigenvalues of a tensor", lambda: plots.trajectories(PATHS, {"game": {"together": torch.ones(2) * 1j}})),
]
