"""The table of scores and the picture of balls: what is drawn, what the caption says, and clear errors."""

import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from course_utils import plots


@pytest.fixture
def figure(monkeypatch) -> list[Figure]:
    drawn, show = [], plots.show

    def kept(figure, caption):
        drawn.append(figure)
        return show(figure, caption)

    for name in ("balls", "scorecard"):  # the functions of the same names hide the modules
        monkeypatch.setattr(sys.modules[f"course_utils.plots.{name}"], "show", kept)
    return drawn


def test_balls_counts_the_points_inside_and_a_surface_is_outside(figure):
    centres, radii = [[0.0, 0.0], [4.0, 0.0]], [1.0, 2.0]
    points = [[0.5, 0.0], [1.0, 0.0], [3.0, 1.0]]  # inside the first; on its surface; inside the second
    caption = plots.balls({"precision": (centres, radii, points, True), "recall": (points, [9, 9, 9], centres, False)})
    assert caption.startswith("precision: 2 of 3 points lie in at least one of 2 balls; recall: 2 of 2 points")
    left, right = figure[0].axes
    assert [len(line.get_xdata()) for line in left.get_lines()] == [2, 2, 1]
    (legend,) = figure[0].legends  # both kinds of balls, each name once
    real, generated = ("real, with balls", "real, inside"), ("generated, with balls", "generated, inside")
    assert {text.get_text() for text in legend.get_texts()} >= {*real, *generated}
    assert len(legend.get_texts()) == 6
    assert left.collections[0].get_widths().tolist() == [2.0, 4.0]


def test_balls_names_bad_input():
    with pytest.raises(ValueError, match="1 to 3 panels|panels must be .* at least one entry"):
        plots.balls({})
    with pytest.raises(ValueError, match=r"radii of 'a' must have shape \[2\], got \[1\]"):
        plots.balls({"a": (np.zeros((2, 2)), [1.0], np.zeros((1, 2)), True)})
    with pytest.raises(ValueError, match="must not be negative, got -1"):
        plots.balls({"a": (np.zeros((1, 2)), [-1.0], np.zeros((1, 2)), True)})


def test_scorecard_writes_every_score_and_marks_cells(figure):
    scores = {"perfect": {"P": 0.95, "R": "high", "copies": None}, "noisy": {"P": 0.4567, "R": 12.0, "copies": 0}}
    caption = plots.scorecard(scores, {"noisy": {"copies", "P"}}, "A mark is an alarm.", title="Found")
    assert caption == "A mark is an alarm. Marked cells, row by row: perfect: none; noisy: P, copies."
    (axes,) = figure[0].axes
    texts = [text.get_text() for text in axes.texts]
    assert texts == ["P", "R", "copies", "perfect", "0.950", "high", "–", "noisy", "▼ 0.457", "12.0", "▼ 0"]
    assert len(axes.patches) == 2


def test_scorecard_marks_what_is_better_with_another_sign(figure):
    scores = {"perfect": {"P": 0.95, "R": 1.0}, "copies": {"P": 0.5, "R": 2.0}}
    caption = plots.scorecard(scores, {"copies": {"P"}}, "An alarm.", better={"copies": {"R"}})
    assert caption.endswith("row by row: perfect: none; copies: P. Marked with ▲: perfect: none; copies: R.")
    (axes,) = figure[0].axes
    assert [text.get_text() for text in axes.texts][-2:] == ["▼ 0.500", "▲ 2.00"]
    assert len({patch.get_facecolor() for patch in axes.patches}) == 2


def test_scorecard_names_bad_input():
    with pytest.raises(ValueError, match="better names row 'a', columns z"):
        plots.scorecard({"a": {"x": 1}}, {}, "m", better={"a": ["z"]})
    with pytest.raises(ValueError, match="row 'a', columns x: marked as worse and as better"):
        plots.scorecard({"a": {"x": 1}}, {"a": ["x"]}, "m", better={"a": ["x"]})
    with pytest.raises(ValueError, match="at least one (row|entry)"):
        plots.scorecard({}, {}, "m")
    with pytest.raises(ValueError, match="row 'b' has the columns y; the first row has x"):
        plots.scorecard({"a": {"x": 1}, "b": {"y": 1}}, {}, "m")
    with pytest.raises(ValueError, match="marked names row 'a', columns z"):
        plots.scorecard({"a": {"x": 1}}, {"a": ["z"]}, "m")
