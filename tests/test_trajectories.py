"""Figures of games beside their eigenvalues: what the caption says is what was given, and wrong input is named."""

import importlib

import numpy as np
import pytest
import torch
from matplotlib.patches import Circle

from course_utils import plots

SPIRAL = torch.tensor([[1.0, 0.0], [0.0, 0.5], [-0.25, 0.0]])
EIGENVALUES = torch.tensor([0.5j, -0.5j])


def test_the_caption_gives_each_end_and_each_largest_modulus():
    caption = plots.trajectories(
        {"a": {"simultaneous": SPIRAL, "alternating": 2 * SPIRAL}},
        {"a": {"simultaneous": EIGENVALUES, "alternating": [0.9 + 0.1j, 0.2]}},
        title="Home",
    )
    assert "after 2 steps" in caption
    assert "simultaneous to distance 0.250, largest modulus 0.5000" in caption
    assert "alternating to distance 0.500, largest modulus 0.9055" in caption
    assert caption.png.startswith(b"\x89PNG")


def test_the_unit_circle_and_every_eigenvalue_are_in_the_window(monkeypatch):
    figures = []
    module = importlib.import_module("course_utils.plots.trajectories")  # plots.trajectories is the function
    monkeypatch.setattr(module, "show", lambda figure, caption: figures.append(figure) or caption)
    values = {"simultaneous": np.array([1.3 + 0.4j, 1.3 - 0.4j])}
    plots.trajectories({"a": {"simultaneous": SPIRAL}, "b": {"simultaneous": SPIRAL}}, {"a": values, "b": values})
    below = figures[0].axes[2:]
    for axes in below:
        (circle,) = (patch for patch in axes.patches if isinstance(patch, Circle))
        assert circle.radius == 1 and circle.center == (0, 0)
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        assert left < 1 < right and left < 1.3 < right and low < -0.4 and high > 0.4
        np.testing.assert_allclose(axes.lines[0].get_xydata(), [[1.3, 0.4], [1.3, -0.4]])


def test_wrong_input_is_named():
    one = {"a": {"simultaneous": SPIRAL}}
    with pytest.raises(ValueError, match="same games"):
        plots.trajectories(one, {"a": {"alternating": EIGENVALUES}})
    with pytest.raises(ValueError, match="1 to 4 games|games must be .* at least one entry"):
        plots.trajectories({}, {})
    three = {"a": dict.fromkeys("xyz", SPIRAL)}
    with pytest.raises(ValueError, match="one or two ways"):
        plots.trajectories(three, {"a": dict.fromkeys("xyz", EIGENVALUES)})
    with pytest.raises(ValueError, match=r"path 'a', 'simultaneous' must have shape \[n, 2\]"):
        plots.trajectories({"a": {"simultaneous": [1.0, 2.0]}}, {"a": {"simultaneous": EIGENVALUES}})
    with pytest.raises(ValueError, match="NaN"):
        plots.trajectories(one, {"a": {"simultaneous": [float("nan")]}})
