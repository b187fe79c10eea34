"""Figures: captions equal the data, nothing stays open, text alternatives are there, roles stay apart."""

from __future__ import annotations

import base64
import html
import io
import itertools
import json
import math
import os
import re
import subprocess
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex
from PIL import Image

from course_utils import plots
from course_utils.plots import arrays, caption, controls, curves, raster
from course_utils.plots.style import contrast_on_white, spread

ROOT = Path(__file__).parents[1]


def history(steps=100, real=1.0, fake=-2.0, d_loss=0.5, g_loss=2.0, seed=0):
    """Constant curves with a little noise, so that every mean is known."""
    noise = torch.Generator().manual_seed(seed)

    def around(level):
        return level + 0.01 * torch.randn(steps, generator=noise)

    return {
        "step": torch.arange(1, steps + 1),
        "d_loss": around(d_loss),
        "g_loss": around(g_loss),
        "real_logit": around(real),
        "fake_logit": around(fake),
        "real_prob": torch.sigmoid(around(real)),
        "fake_prob": torch.sigmoid(around(fake)),
    }


class Gaussian2D:
    """The standard normal in the plane, with the interface of a toy."""

    def sample(self, n, device="cpu"):
        return torch.randn(n, 2, device=device)

    def log_prob(self, x):
        return -(x**2).sum(-1) / 2 - math.log(2 * math.pi)


GRID = np.linspace(-6, 6, 601)
NORMAL = np.exp(-(GRID**2) / 2) / math.sqrt(2 * math.pi)
SHIFTED = np.exp(-((GRID - 1) ** 2) / 2) / math.sqrt(2 * math.pi)
OPTIMAL_D = NORMAL / (NORMAL + SHIFTED)
MODES = {"plain": [1.0, 3.0, 2.0], "packed": [8.0, 7.0, 8.0]}
POINTS = np.random.default_rng(0).normal(size=(60, 2))
IMAGES = torch.linspace(-1, 1, 12 * 64).reshape(12, 1, 8, 8)


def figures_drawn(monkeypatch):
    """The list to which each figure that is drawn from now on is added."""
    drawn, to_png = [], caption.to_png
    monkeypatch.setattr(caption, "to_png", lambda figure: (drawn.append(figure), to_png(figure))[1])
    return drawn


def turn(points):
    """The field that rotates about the origin."""
    return torch.stack([-points[:, 1], points[:, 0]], 1)


def film(frames=3):
    reel = plots.Film("a film")
    for i in range(frames):
        reel.add_scatter(POINTS, POINTS * i, f"step {i}")
    return reel


# which have no numbers in their captions
DIAGRAMS = (
    "bound_parts", "cycle_flow", "game_flow", "gan_flow", "gradient_way", "label_flow", "map_flow", "round_flow",
    "slope_flow", "vae_flow",
)  # fmt: skip
DRAWINGS = {  # how it is drawn, and texts that must stand in it
    "sample_grid": (lambda: plots.sample_grid(IMAGES, title="What was found"), ["What was found"]),
    "compare_grids": (lambda: plots.compare_grids({"left": IMAGES, "right": -IMAGES}), ["left", "right"]),
    "compare_grids by class": (
        lambda: plots.compare_grids({"left": IMAGES[:6], "right": IMAGES[3:9]}, columns=3, row_labels=["0", "1"]),
        ["left", "right", "0", "1"],
    ),
    "image_rows": (
        lambda: plots.image_rows({"a": IMAGES[:5], "F(b)": -IMAGES[:5]}, title="Rows"),
        ["a", "F(b)", "Rows"],
    ),
    "interpolation": (lambda: plots.interpolation([IMAGES[:5], IMAGES[5:10]], labels=["a", "b"]), ["a", "b"]),
    "gan_curves": (
        lambda: plots.gan_curves(history()),
        ["real", "generated", "D’s probability of “real”", "D loss", "G loss", "2 ln 2", "ln 2", "cannot tell"],
    ),
    "gan_curves of two": (
        lambda: plots.gan_curves({"a": history(), "b": [history(), history(seed=1)]}),
        ["a", "b"],
    ),
    "game_flow": (plots.game_flow, ["G(z), density q", "value V(G, D)", "wants V large", "wants V small"]),
    "round_flow": (plots.round_flow, ["simultaneous", "alternating", "extragradient", "then D", "look"]),
    "gan_flow": (plots.gan_flow, ["D’s step", "G’s step", "detach", "gradient", "moves", "does not move"]),
    "gradient_way": (plots.gradient_way, ["z", "x = G(z)", "f = D(x)", "loss of G", "∂ loss / ∂ f", "∂ f / ∂ x"]),
    "label_flow": (
        plots.label_flow,
        ["concatenation", "projection", "AC-GAN", "label y", "noise z", "image x", "ψ(φ(x)) + v_y · φ(x)"],
    ),
    "map_flow": (plots.map_flow, ["Generator G", "Discriminator D", "64×7×7", "1×28×28", "logit", "linear"]),
    "slope_flow": (plots.slope_flow, ["real x", "R1", "generated G(z)", "R2", "between them", "gradient penalty", "D"]),
    "cycle_flow": (plots.cycle_flow, ["a", "G(a)", "F(G(a))", "D_B", "adversarial loss", "real images b"]),
    "vae_flow": (plots.vae_flow, ["image\nx", "encoder", "decoder", "z = μ + σ·ε", "μ, σ", "gradient, through z"]),
    "bound_parts": (plots.bound_parts, ["−log p(x)", "approximation\ngap", "amortisation\ngap", "mismatch"]),
    "latent_map": (
        lambda: plots.latent_map(GRID[:10].reshape(5, 2) / 3, [7, 1, 2, 3, 4], IMAGES[:9]),
        ["7", "z₁", "z₂"],
    ),
    "density_1d": (
        lambda: plots.density_1d({"real": (GRID, NORMAL), "generated": (GRID, SHIFTED)}),
        ["real", "generated", "density"],
    ),
    "discriminator_1d": (
        lambda: plots.discriminator_1d(GRID, NORMAL, SHIFTED, OPTIMAL_D, np.full(601, 0.5)),
        ["D*", "learned D", "p (real)", "q (generated)"],
    ),
    "lines": (
        lambda: plots.lines({"p": (GRID, NORMAL), "q": (GRID, SHIFTED)}, "x", "density", "Two bells.", title="Bells"),
        ["p", "q", "x", "density", "Bells"],
    ),
    "roofline": (
        lambda: plots.roofline(1e11, 2e10, {"small": (0.5, 8e9), "large": (50, 9e10)}, title="A roof"),
        ["small: 80 %", "large: 90 %", "the roof", "both limits meet", "operations a byte", "A roof"],
    ),
    "scatter_2d": (
        lambda: plots.scatter_2d(POINTS, {"a": POINTS + 0.1, "b": POINTS * 2}, title="Two"),
        ["a", "b", "real", "generated", "Two"],
    ),
    "decision_surface": (
        lambda: plots.decision_surface(lambda x: x[:, 0], POINTS, POINTS - 1),
        ["0.5  cannot tell", "1  real"],
    ),
    "log_density": (lambda: plots.log_density(Gaussian2D(), POINTS), ["log density (nats)", "60 generated points"]),
    "vector_field": (
        lambda: plots.vector_field(turn, {"path": POINTS}),
        ["path", "start", "end", "equilibrium", "generator θ"],
    ),
    "evidence_rows": (
        lambda: plots.evidence_rows(
            {"a": {"values": [1.0, 2.0], "yours": 4.0, "band": (0.8, 3.2), "floor": 1.0}, "b": {"values": [5.0, 5.0]}}
        ),
        ["a", "b", "band", "stored runs", "real data", "your run", "low end", "high end", "4.00   (0.800 to 3.20)"],
    ),
    "evidence_dots": (
        lambda: plots.evidence_dots("distance", [1.0, 2.0, 3.0], 2.5, floor=0.5, band=(0.8, 3.2)),
        [
            "distance",
            "band",
            "your run",
            "stored runs",
            "floor (a perfect model)",
            "Your run lies inside the band",
        ],
    ),
    "lines of runs": (
        lambda: plots.lines({"p": (GRID[:5], GRID[:10].reshape(5, 2))}, "x", "density", "Two runs."),
        ["p", "x", "density"],
    ),
    "seed_dots": (
        lambda: plots.seed_dots({"modes": MODES, "reverse KL": MODES}, {"modes": 8.0}, title="Methods"),
        ["plain", "packed", "modes", "reverse KL", "Methods"],
    ),
    "Film.show": (lambda: film().show(), ["step 0", "step 2"]),
}


@pytest.fixture
def displays(monkeypatch):
    """What a notebook would receive: a list of (data, metadata)."""
    received = []
    monkeypatch.setattr(caption, "in_ipython", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, raw, metadata: received.append((data, metadata)))
    return received


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


# --- every figure -----------------------------------------------------------------------------------------


@pytest.fixture
def texts(monkeypatch):
    """Every text that is drawn, each checked to be readable and on the page."""
    seen = set()
    original = caption.to_png

    def inspect(figure):
        png = original(figure)
        for text in figure.findobj(lambda artist: hasattr(artist, "get_fontsize")):
            box, page = text.get_window_extent(), figure.bbox
            if text.get_text() and text.get_visible() and box.width > 0:
                seen.add(text.get_text())
                assert text.get_fontsize() >= 10, text
                inside = box.x0 >= -1 and box.x1 <= page.x1 + 1 and box.y0 >= -1 and box.y1 <= page.y1 + 1
                # Numbers of ticks outside the view exist in matplotlib, and are never drawn.
                number = re.fullmatch(r"[−\d.,]+|\$\\mathdefault\{10\^\{[-−\d]+\}\}\$", text.get_text())
                assert inside or number, (text, box)
        return png

    monkeypatch.setattr(caption, "to_png", inspect)
    monkeypatch.setattr("course_utils.plots.films.to_png", inspect)
    return seen


@pytest.mark.parametrize("name", DRAWINGS)
def test_each_figure_is_displayed_once_with_its_text_alternative(name, displays, texts):
    import matplotlib
    import matplotlib.pyplot as plt

    draw, named = DRAWINGS[name]
    before = dict(matplotlib.rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = draw()
    assert isinstance(result, plots.Caption) and (re.search(r"\d", result) or name in DIAGRAMS)
    pictures = [(data, metadata) for data, metadata in displays if "image/png" in data]
    assert len(pictures) == 1
    data, metadata = pictures[0]
    assert metadata["image/png"]["alt"] == str(result)
    assert base64.b64decode(data["image/png"]) == result.png
    picture = pixels(result.png)
    assert picture.shape[1] <= 900 and picture.std() > 5
    assert set(named) <= texts
    assert plt.get_fignums() == [] and dict(matplotlib.rcParams) == before


def test_a_long_title_stays_on_the_page(texts):
    plots.sample_grid(IMAGES, title="A long title about what this experiment has found in the end, in two lines")
    assert any("\n" in text for text in texts)


def test_figures_need_no_display_and_no_pyplot():
    code = (
        "import sys, numpy as np; from course_utils import plots;"
        "c = plots.density_1d({'p': (np.linspace(0, 1, 9), np.ones(9))}); assert c.png[:4] == b'\\x89PNG';"
        "assert 'matplotlib.pyplot' not in sys.modules and 'IPython' not in sys.modules"
    )
    without_display = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "MPLBACKEND")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=without_display, cwd=ROOT)
    assert done.returncode == 0 and done.stdout == "", done.stderr


def test_show_closes_a_pyplot_figure_and_rejects_what_it_cannot_show():
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    shown = plots.show(figure, "a line_of *two* points")
    assert plt.get_fignums() == []
    assert shown == "a line_of *two* points" and shown._repr_markdown_() == r"*Figure. a line\_of \*two\* points*"
    with pytest.raises(ValueError, match="not the axes"):
        plots.show(axes, "caption")
    with pytest.raises(ValueError, match="needs a caption"):
        plots.show(figure, " ")


def test_equal_data_give_equal_bytes():
    draw, _ = DRAWINGS["evidence_dots"]
    assert draw().png == draw().png


# --- roles ------------------------------------------------------------------------------------------------

DEUTERANOPIA = np.array(  # Machado, Oliveira and Fernandes 2009, severity 1.0, on linear RGB
    [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
)


def lab(hex_colour: str, vision: np.ndarray) -> np.ndarray:
    """CIE L*a*b* (D65) of a colour as seen through `vision`."""
    encoded = np.array([int(hex_colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    to_xyz = [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
    xyz = np.array(to_xyz) @ np.clip(vision @ linear, 0, 1) / [0.95047, 1, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("vision", [np.eye(3), DEUTERANOPIA], ids=["usual", "deuteranopia"])
def test_roles_are_told_apart_by_colour_in_either_vision(vision):
    for a, b in itertools.combinations(plots.ROLES, 2):
        assert np.linalg.norm(lab(a.colour, vision) - lab(b.colour, vision)) > 15, (a.name, b.name)


def test_roles_are_told_apart_without_colour_and_their_text_is_readable():
    for field in ("line", "marker", "hatch", "name"):
        assert len({getattr(role, field) for role in plots.ROLES}) == len(plots.ROLES), field
    for role in plots.ROLES:
        rgb = [int(role.ink[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        assert contrast_on_white(rgb) >= 4.4
    assert contrast_on_white([0, 0, 0]) == pytest.approx(21)


def test_the_verdict_map_is_told_by_lightness_from_the_middle_and_by_hue_from_the_other_side():
    colours = [to_hex(plots.VERDICT(value)) for value in (0.0, 0.5, 1.0)]
    low, middle, high = (lab(colour, DEUTERANOPIA) for colour in colours)
    assert middle[0] > low[0] + 30 and middle[0] > high[0] + 30 and np.linalg.norm(low - high) > 60


def test_spread_moves_labels_apart_and_keeps_their_order():
    placed = spread([10, 11, 50], [8, 8, 8])
    assert placed[1] - placed[0] >= 7.9 and placed[2] == 50 and sum(placed[:2]) == pytest.approx(21)


# --- captions equal the data ------------------------------------------------------------------------------


def test_sample_grid_reports_brightness_and_variety():
    white, black = torch.ones(2, 1, 8, 8), -torch.ones(2, 1, 8, 8)
    assert "4 images of 8×8 pixels: mean brightness 50.0 %, variety 50.0 %" in plots.sample_grid(
        torch.cat([white, black])
    )
    same = plots.sample_grid((torch.ones(3, 3, 8, 8) * 51).to(torch.uint8), reference=white)
    assert "mean brightness 20.0 %, variety 0.0 %; real images for comparison: mean brightness 100.0 %" in same


def test_sample_grid_draws_exactly_the_given_pixels():
    image = torch.zeros(1, 1, 8, 8, dtype=torch.uint8)
    image[0, 0, 2, 5] = 200
    picture = arrays.montage(arrays.images(image), columns=1, width=100, gap=2)
    zoom = (picture.shape[0] - 4) // 8
    assert (picture[2 + 2 * zoom : 2 + 3 * zoom, 2 + 5 * zoom : 2 + 6 * zoom] == 200).all()
    assert (picture == 200).all(2).sum() == zoom**2
    drawn = pixels(plots.sample_grid(image).png)
    assert sorted(set(np.unique(drawn))) == [0, 200, 255]  # nothing is blurred


def test_interpolation_reports_the_largest_jump():
    even = torch.linspace(-1, 1, 5).reshape(5, 1, 1, 1).expand(5, 1, 8, 8)
    assert "neighbours differ by 25.1 %" in plots.interpolation([even]) or "25.0 %" in plots.interpolation([even])
    jump = torch.tensor([-1.0, -1, -1, 1, 1]).reshape(5, 1, 1, 1).expand(5, 1, 8, 8)
    assert "largest step is 4.0 times" in plots.interpolation([jump])


def test_gan_curves_reports_the_last_tenth():
    run = history()
    run["real_logit"][:90] = 50.0  # all but the last tenth must not count
    text = plots.gan_curves(run)
    assert "last 10 of 100 recorded steps" in text
    for key, phrase in {
        "real_logit": "log-odds {} on real",
        "fake_logit": "and {} on generated",
        "real_prob": "probability of “real” {} on real",
        "fake_prob": "and {} on generated samples, D loss",
        "d_loss": "D loss {}",
        "g_loss": "G loss {}",
    }.items():
        assert phrase.format(f"{run[key][-10:].mean():.2f}".replace("-", "−")) in text, key
    assert "losses 1.39 for D and 0.69 for G" in text


def test_gan_curves_compares_runs_and_seeds_and_names_what_is_missing():
    text = plots.gan_curves({"one": history(real=3.0), "two": [history(real=1.0), history(real=2.0)]}, references=None)
    assert "one: log-odds 3.00" in text and "two: log-odds 1.50" in text and "mean of 2 seeds" in text
    assert "losses" not in text
    longer = plots.gan_curves({"short": history(steps=1), "long": history(steps=40)})
    assert "the last tenth recorded steps" not in longer and "last tenth of the recorded steps" in longer
    broken = history()
    broken["g_loss"][3] = float("nan")
    assert "1 value that is not finite was left out" in plots.gan_curves(broken)
    broken["g_loss"][:] = float("inf")
    with pytest.raises(ValueError, match="diverged"):
        plots.gan_curves(broken)
    del broken["fake_logit"]
    with pytest.raises(ValueError, match="lacks fake_logit"):
        plots.gan_curves(broken)


def test_running_mean_is_the_mean_of_the_window():
    values = np.array([[1.0, 2.0, np.nan, 4.0, 8.0]])
    assert curves.running_mean(values, 2).tolist() == [[1.0, 1.5, 2.0, 4.0, 6.0]]
    assert curves.running_mean(values, 99)[0, -1] == pytest.approx(15 / 4)


def test_densities_report_area_mean_and_deviation():
    text = plots.density_1d({"p": (GRID, NORMAL), "q": (GRID, 0.5 * SHIFTED)})
    assert "p: area 1.00, mean 0.00, standard deviation 1.00" in text and "q: area 0.50, mean 1.00" in text


def test_discriminator_1d_reports_the_weighted_gap():
    optimal = NORMAL / (NORMAL + SHIFTED)
    text = plots.discriminator_1d(GRID, NORMAL, SHIFTED, optimal, optimal)
    assert "differs from D* by 0.000 on average" in text
    gap = 0.5 - optimal
    weight = (NORMAL + SHIFTED) / 2
    expected = (weight * np.abs(gap)).sum() * (GRID[1] - GRID[0])
    assert f"differs from D* by {expected:.3f} on average" in plots.discriminator_1d(
        GRID, NORMAL, SHIFTED, optimal, np.full(601, 0.5)
    )


def test_scatter_reports_distances_with_their_floor():
    real = np.array([[0.0, 0], [3, 0], [0, 4]])
    text = plots.scatter_2d(real, np.array([[0.0, 1], [0, 1], [99, 0]]))
    there, back = (1 + 1 + 96) / 3, (1 + math.hypot(3, 1) + 3) / 3
    assert f"generated → real {there:.1f}, real → generated {back:.2f}" in text
    assert f"Floor: {(3 + 3 + 4) / 3:.2f}" in text and "outside the window: 1 generated sample" in text


def test_decision_surface_counts_the_right_side_and_leaves_the_module_as_it_was():
    net = torch.nn.Sequential(torch.nn.Linear(2, 1), torch.nn.Dropout(0.5), torch.nn.Dropout(0.5))
    with torch.no_grad():
        net[0].weight.copy_(torch.tensor([[1000.0, 0.0]]))
        net[0].bias.zero_()
    net[2].eval()
    real, fake = np.array([[1.0, 0], [2, 1]]), np.array([[-1.0, 0], [0.5, 0]])
    before = torch.get_rng_state()
    text = plots.decision_surface(net, real, fake, extent=(-2, 2, -2, 2))
    assert "averages 1.00 on 2 real and 0.50 on 2 generated" in text and "75 % of them" in text
    assert "calls 50 % of the plane real" in text
    assert [module.training for module in net] == [True, True, False] and torch.equal(before, torch.get_rng_state())
    with pytest.raises(ValueError, match="one logit a point"):
        plots.decision_surface(lambda x: x, real, fake)


def test_log_density_reports_samples_and_floor_and_draws_no_random_numbers():
    before = torch.get_rng_state()
    text = plots.log_density(Gaussian2D(), np.zeros((400, 2)))
    assert "Mean log density of 400 generated points: −1.84 ± 0 nats" in text  # −ln 2π
    floor, error = re.search(r"reach (−[\d.]+) ± ([\d.]+)\.", text).groups()
    assert float(floor.replace("−", "-")) == pytest.approx(-math.log(2 * math.pi) - 1, abs=0.2)  # E|x|²/2 = 1
    assert float(error) == pytest.approx(1.96 / 20, rel=0.3)  # |x|²/2 has a standard deviation of 1
    assert torch.equal(before, torch.get_rng_state())
    real = plots.log_density(Gaussian2D(), np.zeros((400, 2)), real=True)
    assert "Mean log density of 400 real points" in real


def test_vector_field_reports_distances_and_asks_for_directions():
    text = plots.vector_field(turn, {"out": [[1.0, 0.0], [0.0, 3.0]]}, equilibrium=(1.0, 0.0))
    assert "out: distance from the equilibrium 0.00 → 3.16 in 1 step" in text
    with pytest.raises(ValueError, match=r"fn\(points\) must have shape"):
        plots.vector_field(lambda x: x[:, 0])


def test_evidence_reports_band_floor_and_your_run():
    text = plots.evidence_dots("distance", [1.0, 2.0, 3.0], yours=4.0, floor=0.5, band=(0.8, 3.2))
    assert "3 stored runs, mean 2.00, 1.00 to 3.00; band 0.800 to 3.20" in text
    assert "your run 4.00, above the band; floor 0.500" in text
    both = plots.evidence_dots({"a": {"values": [1, 2], "yours": 1.5}, "b": {"values": torch.tensor([5.0])}})
    assert "a: 2 stored runs" in both and "inside the range" in both and "b: 1 stored run," in both
    with pytest.raises(ValueError, match='needs "values"'):
        plots.evidence_dots({"a": {"value": [1]}})


def test_lines_reports_the_range_of_each_curve():
    text = plots.lines({"rise": ([0, 1, 2], [-1.0, 0.5, 2.0]), "flat": (GRID, GRID * 0)}, "t", "v", "Two curves.")
    assert text == "Two curves. Ranges: rise: −1.00 to 2.00; flat: 0 to 0."


def test_lines_says_how_many_points_a_logarithmic_axis_leaves_out():
    curve = {"a": ([0, 1, 2], [3.0, 0.0, 2.0])}
    text = plots.lines(curve, "t", "v", "A curve.", xscale="log", yscale="log")
    assert text == "A curve. Not on the logarithmic axes: 2 points at 0 or below. Ranges: a: 0 to 3.00."
    assert plots.lines(curve, "t", "v", "A curve.", yscale="log").count("1 point at 0") == 1
    assert "logarithmic" not in plots.lines(curve, "t", "v", "A curve.", yscale="symlog")


def test_lines_of_several_runs_are_their_mean_with_its_interval(monkeypatch):
    runs = [[1.0, 3.0], [4.0, 4.0]]
    text = plots.lines({"a": ([0, 1], runs)}, "t", "v", "Runs.")
    assert text.endswith("a (mean of 2 runs): 2.00 to 4.00.")
    drawn = figures_drawn(monkeypatch)
    plots.lines({"a": ([0, 1], runs)}, "t", "v", "Runs.")
    (axes,) = drawn[0].axes
    assert axes.get_lines()[0].get_ydata().tolist() == [2.0, 4.0]
    heights = axes.collections[0].get_paths()[0].vertices[:, 1]
    assert heights.max() == pytest.approx(2 + 12.706, abs=1e-3)  # t(0.975, 1 degree of freedom) · s/√2, with s = √2


@pytest.mark.parametrize(("sets", "columns"), [(5, 6), (6, 6), (3, 12), (2, 4)])
def test_sets_of_images_stay_on_the_page(monkeypatch, sets, columns):
    drawn, images = figures_drawn(monkeypatch), torch.zeros(12, 1, 28, 28)
    plots.compare_grids({f"set {k}": images for k in range(sets)}, columns=columns)
    boxes = [axes.get_position() for axes in drawn[0].axes]
    assert len(boxes) == sets and all(0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1 for box in boxes)


def test_seed_dots_reports_mean_interval_and_floor():
    text = plots.seed_dots({"modes": {"plain": [1.0, 3.0], "packed": [8.0, 8.0]}}, {"modes": 8.0})
    assert "modes (mean and 95 % interval, 2 runs): plain 2.00 ± 13; packed 8.00 ± 0; the floor 8.00." in text
    medians = plots.seed_dots({"modes": {"plain": [1.0, 3.0, 8.0]}}, mean=False)
    assert "modes (median, lowest to highest, 3 runs): plain 3.00, 1.00 to 8.00." in medians
    uneven = plots.seed_dots({"modes": {"plain": [1.0, 3.0, 2.0], "packed": [8.0]}})
    assert "95 % interval, 1 to 3 runs" in uneven


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: plots.seed_dots({}), "at least one entry"),
        (lambda: plots.seed_dots({"m": {}}), "measure 'm' must be .* at least one entry"),
        (lambda: plots.seed_dots({"m": {"a": [1.0]}, "n": {"b": [1.0]}}), "same methods"),
        (lambda: plots.seed_dots({"m": {"a": [1.0]}}, {"x": 1.0}), "no such measure: x"),
        (lambda: plots.seed_dots({"m": {"a": [float("nan")]}}), "m of 'a' holds 1 NaN"),
    ],
)
def test_seed_dots_explains_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_lines_passes_options_on_and_gives_no_two_curves_one_look(monkeypatch):
    drawn = figures_drawn(monkeypatch)
    x = torch.arange(1.0, 6.0)
    curves = {name: (x, x * i) for i, name in enumerate("abcdefg")}
    plots.lines(curves, "t", "v", "Seven.", roles={"c": plots.REAL, "d": plots.YOURS}, xscale="log")
    (axes,) = drawn[0].axes
    assert axes.get_xscale() == "log" and (axes.get_xlabel(), axes.get_ylabel()) == ("t", "v")
    looks = {line.get_label(): line.get_color() for line in axes.get_lines()}
    assert list(looks) == list("abcdefg") and len(set(looks.values())) == 7
    assert (looks["c"], looks["d"]) == (plots.REAL.colour, plots.YOURS.colour)
    assert np.array_equal(axes.get_lines()[2].get_ydata(), 2 * np.arange(1.0, 6.0))


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda: plots.lines({}, "x", "y", "None."), "at least one entry"),
        (lambda: plots.lines({str(i): (GRID, GRID) for i in range(8)}, "x", "y", "8."), "at most 7 curves"),
        (lambda: plots.lines({"p": (GRID,)}, "x", "y", "One."), r"curve 'p' must be a pair \(x, y\), got tuple of 1"),
        (lambda: plots.lines({"p": (GRID, NORMAL[:5])}, "x", "y", "P."), r"x of curve 'p'.*\[5\], got \[601\]"),
        (lambda: plots.lines({"p": (GRID, GRID * math.nan)}, "x", "y", "P."), "curve 'p' holds 601 NaN"),
        (lambda: plots.lines({"p": (GRID, GRID)}, "x", "y", "P.", roles={"q": plots.REAL}), "roles names q"),
        (
            lambda: plots.sample_grid(torch.zeros(2, 8, 8)),
            r"shape \[n, 1 or 3, height, width\], got \[2, 8, 8\]",
        ),
        (lambda: plots.sample_grid(torch.zeros(0, 1, 8, 8)), "empty"),
        (lambda: plots.sample_grid(torch.full((1, 1, 8, 8), 255.0)), r"must lie in \[-1, 1\], got 255"),
        (lambda: plots.sample_grid(torch.full((1, 1, 8, 8), torch.nan)), "64 NaN"),
        (lambda: plots.sample_grid(IMAGES, columns=0), "columns"),
        (lambda: plots.compare_grids({}), "at least one"),
        (lambda: plots.interpolation([]), "at least one row"),
        (lambda: plots.interpolation([IMAGES[:1]]), "steps ≥ 2"),
        (lambda: plots.interpolation([IMAGES], labels=["a", "b"]), "1 rows? but 2 labels"),
        (lambda: plots.gan_curves({}), "empty history"),
        (lambda: plots.gan_curves(history(), smooth=0), "smooth"),
        (lambda: plots.density_1d({"p": (GRID[::-1], NORMAL)}), "increasing"),
        (lambda: plots.density_1d({"p": (GRID, -NORMAL)}), "≥ 0"),
        (lambda: plots.density_1d({"p": (GRID, NORMAL[:5])}), r"shape \[601\], got \[5\]"),
        (lambda: plots.discriminator_1d(GRID, NORMAL, NORMAL, GRID), "torch.sigmoid"),
        (lambda: plots.scatter_2d(POINTS, POINTS[:, :1]), r"shape \[n, 2\]"),
        (lambda: plots.scatter_2d(POINTS[:0], POINTS), "empty"),
        (lambda: plots.scatter_2d(POINTS, POINTS, extent=(1, 0, 0, 1)), "from < to"),
        (lambda: plots.log_density(Gaussian2D(), "points"), "numbers only"),
        (lambda: plots.evidence_dots("d", []), "empty"),
        (lambda: plots.evidence_dots("d", [1.0], band=(2, 1)), "low ≤ high"),
        (lambda: plots.Film(most=99), "2 to 24"),
        (lambda: plots.Film().show(), "no frames"),
        (lambda: film().show(columns=7), "1 to 6"),
        (lambda: film().add(np.zeros((4, 4)), "x"), "uint8"),
        (lambda: film().add(np.zeros((4, 4, 3), np.uint8), "x"), "one size"),
        (lambda: plots.interactive(lambda: None), "at least one slider"),
        (lambda: plots.interactive(DRAWINGS["gan_curves"][0], a=(3, 2, 1)), "low ≤ value ≤ high"),
        (lambda: plots.interactive(lambda a: None, a=(0, 2, 1)), "must return the Caption"),
    ],
)
def test_wrong_input_is_named(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()


# --- films ------------------------------------------------------------------------------------------------


def page(shown: plots.Film) -> str:
    """The document inside the player's iframe."""
    return html.unescape(re.search(r'srcdoc="([^"]*)"', shown.html)[1])


def test_a_film_keeps_few_evenly_spaced_frames_and_always_the_latest():
    reel = plots.Film("many")
    for i in range(101):
        reel.add(np.full((4, 4, 3), i, np.uint8), f"step {i}")
        assert len(reel) <= 24 and reel.labels[-1] == f"step {i}" and reel.labels[0] == "step 0"
    kept = [int(label.split()[1]) for label in reel.labels]
    assert len(kept) >= 12 and len(set(np.diff(kept[:-1]))) == 1
    assert [int(frame[0, 0, 0]) for frame in reel.frames] == kept
    assert f"{len(kept)} of 101 frames kept, 6 in the strip, from “step 0” to “step 100”" in reel.show()


def test_a_film_stays_small_whatever_is_in_it():
    noise = np.random.default_rng(0)
    reel = plots.Film("noise")
    for i in range(20):
        reel.add(noise.integers(0, 256, (240, 300, 3)).astype(np.uint8), f"frame {i}")
    shown = reel.show()
    assert len(reel.html) + len(base64.b64encode(shown.png)) <= 250_000
    large = plots.Film("large")
    large.add(np.zeros((400, 900, 3), np.uint8), "only")
    assert large.frames[0].shape == (160, 360, 3)


def test_the_player_is_alone_in_the_world_and_can_be_used_by_keyboard():
    first, second = film(), film()
    first.title = 'a "film" </script> & more'
    first.show()
    second.show()
    document = page(first)
    assert not re.search(r"https?:|//[a-z]|@import|src=[^d]", re.sub(r"base64,[^\"]*", "", document))
    assert 'sandbox="allow-scripts"' in first.html and "<iframe title=" in first.html
    assert document.count("</script>") == 1 and "autoplay" not in document
    for needed in ("aria-label", "aria-valuetext", "aria-live", "ArrowRight", "type=range", "<button"):
        assert needed in document, needed
    ids = [set(re.findall(r"id=([\w-]+)", page(reel))) for reel in (first, second)]
    assert len(ids[0]) == len(ids[1]) == 4 and not ids[0] & ids[1]
    frames = json.loads(re.search(r"frames = (\[.*?\]),", document)[1])
    assert len(frames) == 3
    for frame, encoded in zip(first.frames, frames, strict=True):
        decoded = pixels(base64.b64decode(encoded.split(",")[1])).astype(int)
        assert decoded.shape == frame.shape and np.abs(decoded - frame).mean() < 4


def test_a_film_is_published_as_strip_and_player(displays):
    film().show()
    assert [set(data) for data, _ in displays] == [{"image/png", "text/plain"}, {"text/html", "text/plain"}]


def test_scatter_frames_put_samples_where_they_are():
    extent = (-1.0, 1.0, -1.0, 1.0)
    frame = raster.scatter_frame(np.array([[0.5, 0.5]]), np.array([[-0.5, -0.5], [9, 9]]), extent, 100)
    real, fake = frame[15:35, 65:85].astype(int), frame[65:85, 15:35].astype(int)
    assert (real[..., 2] - real[..., 0]).max() > 100 and (fake[..., 0] - fake[..., 2]).max() > 100
    frame[15:35, 65:85] = frame[65:85, 15:35] = 255
    assert (frame[1:-1, 1:-1] == 255).all()
    heat = raster.heat_frame(lambda x: (x[:, 1] > 0).astype(float), extent, 100).astype(int)
    assert (heat[10, :, 2] > heat[10, :, 0]).all() and (heat[90, :, 2] < heat[90, :, 0]).all()  # y points up


@pytest.mark.parametrize("colours", [64, 24, 16])
def test_with_few_colours_the_roles_keep_theirs(colours):
    def wavy(x):
        return 1 / (1 + np.exp(-3 * np.sin(3 * x[:, 0])))

    places = np.random.default_rng(0).normal(size=(2, 30, 2))
    frame = raster.scatter_frame(*places, (-4, 4, -4, 4), 360, wavy)
    fewer = raster.with_fewer_colours(Image.fromarray(frame), colours).convert("RGB")
    assert len(fewer.getcolors()) <= colours
    marks = (frame == [230, 159, 0]).all(-1)  # orange, #E69F00
    assert marks.sum() > 100 and (np.asarray(fewer)[marks] == [230, 159, 0]).all()


def test_frames_are_cheap():
    reel, many = plots.Film("speed"), np.random.default_rng(0).normal(size=(800, 2))
    reel.add_scatter(many, many, "warm")
    costs = []
    for i in range(9):
        start = time.process_time()
        reel.add_scatter(many, many + i, f"{i}")
        costs.append(time.process_time() - start)
    assert np.median(costs) < 0.03


def test_a_film_takes_figures_and_images():
    from matplotlib.figure import Figure

    reel = plots.Film("figures")
    figure = Figure(figsize=(9, 4))
    axes = figure.subplots()
    for i in range(2):
        axes.clear()
        axes.plot([0, i])
        reel.add(figure, f"{i}")
    assert reel.frames[0].shape == (160, 360, 3) and (reel.frames[0] != reel.frames[1]).any()
    pictures = plots.Film("images")
    pictures.add_images(IMAGES, "start")
    assert max(pictures.frames[0].shape) <= 360 and "start: mean brightness 50.0 %" in pictures.show()


# --- sliders ----------------------------------------------------------------------------------------------


def line(slope, bend=1):
    return plots.density_1d({"p": (GRID, NORMAL + slope**2 + bend)}, title=f"{slope} {bend}")


def test_interactive_is_a_still_figure_without_a_kernel_or_when_told_so(monkeypatch):
    still = plots.interactive(line, slope=(0.0, 2.0, 0.5))
    assert isinstance(still, plots.Caption) and still == line(0.5)
    assert not controls.is_live()
    monkeypatch.setattr("course_utils.plots.caption.in_ipython", lambda: True)
    monkeypatch.setattr("IPython.get_ipython", lambda: type("Shell", (), {"kernel": object()})())
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    assert controls.is_live()
    monkeypatch.setenv("COURSE_STATIC", "1")
    assert not controls.is_live()


def test_a_figure_that_is_watched_has_its_alternative_in_html_too(monkeypatch, displays):
    monkeypatch.setattr("course_utils.plots.caption.has_front_end", lambda: True)
    caption = line(0.5)
    ((data, _),) = displays
    assert f'alt="{html.escape(str(caption))}"' in data["text/html"] and data["image/png"] in data["text/html"]


def test_interactive_redraws_when_a_slider_is_let_go(monkeypatch, displays):
    ipywidgets = pytest.importorskip("ipywidgets")
    drawn, made = [], {}

    def draw(**values):
        drawn.append(values)
        return line(**values)

    original = controls._widget

    def remember(library, name, slider):
        made[name] = original(library, name, slider)
        return made[name]

    monkeypatch.setattr(controls, "is_live", lambda: True)
    monkeypatch.setattr(controls, "_widget", remember)
    monkeypatch.setattr("IPython.display.display", lambda data, **options: displays.append((data, options)))
    assert plots.interactive(draw, slope=(0.0, 2.0, 0.5, 0.1, "slope of p"), bend=(0, 3, 1)) is None
    assert isinstance(made["slope"], ipywidgets.FloatSlider) and isinstance(made["bend"], ipywidgets.IntSlider)
    assert made["slope"].description == "slope of p" and made["bend"].description == "bend"
    assert not made["slope"].continuous_update
    (box, _), (shown, options) = displays
    assert list(box.children) == list(made.values())
    assert not options["update"] and str(line(0.5, 1)) in html.unescape(shown["text/html"])
    assert pixels(base64.b64decode(shown["image/png"])).std() > 5  # it stays where there are no widgets
    displays.clear()
    made["slope"].value = 1.5
    assert drawn[-1] == {"slope": 1.5, "bend": 1}
    ((replaced, again),) = displays
    assert again["update"] and again["display_id"] == options["display_id"] and replaced["text/plain"] == line(1.5, 1)
    displays.clear()
    monkeypatch.setattr(controls, "_draw", lambda fn, values: 1 / 0)
    made["bend"].value = 2
    assert displays[0][0] == {"text/plain": "ZeroDivisionError: division by zero"}


def test_an_error_at_the_starting_values_is_an_error_of_the_cell(monkeypatch):
    monkeypatch.setattr(controls, "is_live", lambda: True)
    with pytest.raises(ZeroDivisionError):
        plots.interactive(lambda a: 1 / a, a=(0, 1, 0))


# --- the roofline ---------------------------------------------------------------------------------------------


def test_a_roofline_s_caption_gives_limits_and_shares_of_the_roof():
    text = plots.roofline(1e11, 2e10, {"small": (0.5, 8e9), "large": (50, 9e10)})
    assert "at most 100 by arithmetic" in text and "both limits meet at 5.00 operations a byte" in text
    assert "small 8.00 (80 % of the roof)" in text and "large 90.0 (90 % of the roof)" in text


@pytest.mark.parametrize(
    ("peak", "bandwidth", "points", "message"),
    [
        (0.0, 1.0, {"a": (1, 1)}, "(peak|bandwidth) must be above 0"),
        (1.0, math.nan, {"a": (1, 1)}, "(peak|bandwidth) must be above 0"),
        (1.0, 1.0, {}, "with at least one entry"),
        (1.0, 1.0, {str(i): (1, 1) for i in range(8)}, "at most 7 points apart, got 8"),
        (1.0, 1.0, {"a": (1, 0)}, "must be above 0 to stand on logarithmic axes"),
        (1.0, 1.0, {"a": (1, 2, 3)}, "point 'a' must be a pair"),
    ],
)
def test_a_roofline_needs_limits_and_points_above_0(peak, bandwidth, points, message):
    with pytest.raises(ValueError, match=message):
        plots.roofline(peak, bandwidth, points)
