"""A run beside stored runs: what the bands promise, what a lesson says of them, and what the ledger keeps."""

import json

import numpy as np
import pytest
import torch
from scipy import stats

from course_utils.claims import ClaimFailed
from course_utils.data import ImageData
from course_utils.intervals import prediction_band, unforeseen

DIGITS = ImageData(
    "digits", torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.arange(4),
    torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.arange(2), tuple("0123"),
)  # fmt: skip
DISTANCES = [5.0, 6.0, 7.0, 6.0, 5.0, 5.5, 6.5, 6.0]
SHARES = [0.95, 0.97, 0.96, 0.98, 0.99, 0.97, 0.96, 0.98]

# --- the band ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 5, 8, 30])
def test_without_a_range_the_band_is_students_interval_for_one_more_run(n):
    values = np.random.default_rng(n).normal(3, 0.7, n)
    spread = values.std(ddof=1) * np.sqrt(1 + 1 / n)  # of the difference between a new run and the mean
    expected = stats.t.interval(0.99, n - 1, loc=values.mean(), scale=spread)
    assert prediction_band(values, 0.01) == pytest.approx(expected, rel=1e-12)


SCATTER = {  # the range, and runs of one number
    "normal": ({}, lambda rng, shape: rng.normal(50, 8, shape)),
    "normal, near zero": ({"least": 0}, lambda rng, shape: abs(rng.normal(10, 3, shape))),
    "lognormal": ({"least": 0}, lambda rng, shape: rng.lognormal(0, 1, shape)),
    "its mirror": ({"most": 0}, lambda rng, shape: -rng.lognormal(0, 1, shape)),
    "shares near one": ({"least": 0, "most": 1}, lambda rng, shape: rng.beta(30, 1, shape)),
    "modes of 25": ({"least": 0, "most": 25}, lambda rng, shape: rng.binomial(25, 0.95, shape)),
    "counts": ({"least": 0}, lambda rng, shape: rng.poisson(3, shape)),
}


@pytest.mark.parametrize(("n", "m"), [(8, 1), (8, 12), (10, 5)])
@pytest.mark.parametrize("scatter", SCATTER)
def test_all_numbers_of_99_of_100_further_runs_lie_in_bands_that_stay_in_the_range(scatter, n, m):
    ends, draw = SCATTER[scatter]
    runs = 120 if m > 1 else 600
    numbers, missed = draw(np.random.default_rng(n + m), (runs, m, n + 1)), 0
    for run in numbers.tolist():
        inside = []
        for *known, new in run:
            if min(known) == max(known):
                continue  # no band: the lesson says so
            low, high = prediction_band(known, 0.01 / m, **ends)
            assert ends.get("least", low) <= low < high <= ends.get("most", high)
            inside.append(low <= new <= high)
        missed += not all(inside)
    assert missed / runs < 0.01 + 3 * np.sqrt(0.01 * 0.99 / runs)  # Student's interval alone: 28 % for m = 12 lognormal


def test_what_no_run_showed_is_foreseen_by_no_band():
    known = [0.8 + 0.001 * k for k in range(10)]
    low, _ = prediction_band(known, 0.01, 0, 1)
    assert low > 0.3  # where one run in eleven collapses to
    share = np.linspace(0, 1, 100_001)
    assert unforeseen(10) == pytest.approx(max(share * (1 - share) ** 10), abs=1e-8)


@pytest.mark.parametrize(
    ("values", "ends", "said"),
    [
        ([2.0] * 8, {}, "two different runs"),
        ([2.0], {}, "two different runs"),
        ([0.5, 1.5], {"most": 1}, "each stored run must be"),
        ([0.5, float("nan")], {}, "each stored run must be"),
    ],
)
def test_runs_that_make_no_band_are_named(values, ends, said):
    with pytest.raises(ValueError, match=said):
        prediction_band(values, 0.01, **ends)


# --- a lesson compares its run ----------------------------------------------------------------------------


@pytest.fixture
def start(start):
    """A lesson at a budget, on the digits unless a test says otherwise."""
    return lambda budget, images=DIGITS: start(budget, images)


@pytest.fixture
def page(tmp_path):
    """The one page of the ledger."""
    return lambda: json.loads((tmp_path / "ledger/09-digits-cpu.json").read_text("utf-8"))


def store(tmp_path, budget="cpu", **values):
    runs = len(next(iter(values.values())))
    table = {"values": values, "seeds": list(range(1, runs + 1)), "made": "2026-01-01, a machine, torch 2.6"}
    (tmp_path / "evidence").mkdir(exist_ok=True)
    (tmp_path / f"evidence/09-digits-{budget}.json").write_text(json.dumps(table))


def test_one_line_and_one_row_say_that_all_numbers_lie_in_their_bands(start, page, tmp_path, capsys):
    store(tmp_path, distance=DISTANCES, legible=SHARES, unrecorded=DISTANCES)
    course = start("cpu")
    assert course.record("distance", 6.5, least=0) == 6.5
    course.record("legible", torch.tensor(0.96), least=0, most=1)
    caption = course.compare_with_stored({"legible": 0.99})
    said = "2 of 2 numbers lie in the 99 % bands that 8 stored runs predict"
    assert capsys.readouterr().out == f"✔ reproduction: {said} (this run: seed 3)\n"
    assert "8 stored runs" in caption and "your run 6.5" in caption and "floor 0.990" in caption
    assert "unrecorded" not in caption
    assert page()["reproduction"] == {"text": said, "inside": 2, "of": 2, "outside": []} and page()["claims"] == []
    assert page()["recorded"] == {"distance": 6.5, "legible": pytest.approx(0.96)}


@pytest.mark.parametrize("report", [False, True])
def test_a_number_outside_its_band_is_named_and_stops_the_lesson_unless_it_is_only_counted(
    report, start, page, tmp_path, monkeypatch, capsys
):
    store(tmp_path, distance=DISTANCES, legible=SHARES)
    course = start("cpu")
    course.record("distance", 6.0, least=0), course.record("legible", 0.3, least=0, most=1)
    low, high = prediction_band(SHARES, 0.005, 0, 1)
    outside = f"; outside: legible 0.3 (band {low:.4g} to {high:.4g})"
    outside = "1 of 2 numbers lie in the 99 % bands that 8 stored runs predict" + outside
    if report:
        monkeypatch.setenv("COURSE_CLAIMS", "report")
        course.compare_with_stored()
    else:
        with pytest.raises(ClaimFailed, match="By chance one run in 100 .* may come in 4.3% of runs"):
            course.compare_with_stored()
    assert capsys.readouterr().out == f"✘ reproduction: {outside} (this run: seed 3)\n"
    assert page()["reproduction"] == {"text": outside, "inside": 1, "of": 2, "outside": ["legible"]}
    course.record("legible", 0.96, least=0, most=1)
    course.compare_with_stored()
    assert page()["reproduction"]["outside"] == []  # once a run: the second takes the place of the first


def test_what_has_no_band_is_said_and_not_judged(start, page, tmp_path, capsys):
    store(tmp_path, modes=[8.0] * 6, rare=[0.001, 0.9, 0.5, 0.05, 0.99, 0.0], distance=DISTANCES[:6])
    course = start("cpu")
    course.record("modes", 7, least=0, most=8)
    course.record("rare", 0.5, least=0, most=1)
    course.record("distance", 6.0, least=0)
    course.record("new", 1.0)
    course.compare_with_stored()
    assert capsys.readouterr().out == (
        "✔ reproduction: 1 of 1 numbers lie in the 99 % bands that 6 stored runs predict, of which there should be 8; "
        "not judged, as the band is the whole range: rare; no band for modes: 8 in all stored runs, 7 in this one; "
        "not stored yet: new (this run: seed 3)\n"
    )
    assert page()["reproduction"]["of"] == 1


def test_more_than_eight_numbers_share_one_panel(start, tmp_path):
    names = [f"number {index}" for index in range(9)]
    store(tmp_path, **dict.fromkeys(names, DISTANCES))
    course = start("cpu")
    for name in names:
        course.record(name, 6.0, least=0)
    assert course.compare_with_stored() == "9 numbers, each beside 8 stored runs."


@pytest.mark.parametrize("budget", ["smoke", "gpu"])
def test_where_there_is_nothing_to_compare_with_nothing_is_drawn_or_judged(budget, start, tmp_path, capsys):
    store(tmp_path, distance=DISTANCES)  # of the cpu budget
    store(tmp_path, budget="smoke", distance=DISTANCES)  # nobody should have stored this
    course = start(budget)
    course.record("distance", 100, least=0)
    assert course.compare_with_stored() is None
    assert (
        capsys.readouterr().out
        == {
            "smoke": "· not checked at the smoke budget: whether 1 numbers lie where stored runs predict them\n",
            "gpu": "· reproduction: no stored runs to compare with (lesson 09, digits, gpu budget)\n",
        }[budget]
    )
    assert not (tmp_path / "ledger/09-digits-smoke.json").exists()


def test_what_cannot_be_recorded_or_compared_is_named(start, tmp_path):
    course = start("cpu")
    with pytest.raises(ValueError, match=r"nothing is recorded; write course\.record\(name, value\) first"):
        course.compare_with_stored()
    for value in (float("nan"), torch.tensor(float("inf"))):
        with pytest.raises(ValueError, match="distance must be a finite number, not .*: no run can be compared"):
            course.record("distance", value)
    for value in (1.01, -0.01):
        with pytest.raises(ValueError, match="legible must be"):
            course.record("legible", value, least=0, most=1)
    assert course.measured == {}
    course.record("legible", 1 + 1e-7, least=0, most=1)  # float32's rounding
    assert course.measured == {"legible": 1.0}
    store(tmp_path, legible=[0.5, 1.2, 0.7, 0.8, 0.5, 0.6, 0.7, 0.8])
    with pytest.raises(ValueError, match="each stored run must be"):
        course.compare_with_stored()


def test_a_lesson_without_images_has_stored_runs_of_its_toys(start, tmp_path):
    store(tmp_path, distance=DISTANCES)
    (tmp_path / "evidence/09-digits-cpu.json").rename(tmp_path / "evidence/09-toys-cpu.json")
    assert start("cpu", None).evidence.values == {"distance": DISTANCES} and start("cpu").evidence is None
