"""The ladder: what stands on its rungs, that it is kept, and that a broken file is measured again."""

import os
import sys

import pytest
import torch
from matplotlib.text import Text

from course_utils.data import load_images
from course_utils.evaluation import (
    Classifier,
    Ladder,
    frechet_classifier_distance,
    ladder,
    legibility,
    load_classifier,
    memorisation,
    precision_recall_floor,
)
from course_utils.plots import ladder as plot

RUNGS = [
    "uniform noise",
    "blank images",
    "two images overlaid",
    "one image of each class",
    "blurred images",
    "copies of the reference",
    "fresh real images",
    "test images",
]


@pytest.fixture(scope="module")
def digits():
    return load_images("digits")


@pytest.fixture(scope="module")
def judge(digits):
    return load_classifier(digits)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch, judge):  # the judge first: it may come from the user's cache
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture(scope="module")
def measured(digits, judge, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(tmp_path_factory.mktemp("kept")))
        return ladder(digits, judge)


def test_every_measure_has_every_rung(measured):
    assert measured.n == 360
    assert list(measured.scores) == ["frechet", "precision", "recall", "density", "coverage", "legible", "copies"]
    assert all(list(rungs) == RUNGS for rungs in measured.scores.values())


def test_the_rungs_are_in_the_order_that_they_promise(measured):
    real = ("fresh real images", "test images")
    for forgery in RUNGS[:5]:
        assert measured["frechet"][forgery] > 4 * max(measured["frechet"][name] for name in real)
        assert measured["coverage"][forgery] < min(measured["coverage"][name] for name in real)
    assert measured["frechet"]["copies of the reference"] < measured["frechet"]["fresh real images"]
    assert measured["precision"]["copies of the reference"] == measured["copies"]["copies of the reference"] == 1
    assert measured["copies"]["one image of each class"] == 1
    assert measured["recall"]["one image of each class"] == measured["recall"]["blank images"] == 0
    assert measured["copies"]["uniform noise"] == measured["copies"]["blank images"] == 0


def test_real_images_score_what_the_measures_themselves_call_the_floor(measured, digits, judge):
    distance = frechet_classifier_distance(digits.fresh(360), digits, judge)
    assert measured["frechet"]["fresh real images"] == pytest.approx(distance.floor, rel=1e-9)
    assert measured["frechet"]["test images"] == pytest.approx(distance.test, rel=1e-9)
    floor = precision_recall_floor(digits, judge, 360)
    assert measured["coverage"]["fresh real images"] == floor.coverage
    test = precision_recall_floor(digits, judge, 360, split="test")
    assert measured["recall"]["test images"] == test.recall
    assert measured["legible"]["test images"] == legibility(digits.fixed(360, "test"), judge).confident_share
    copied = memorisation(digits.fixed(360, "test"), digits, 1000)
    assert measured["copies"]["fresh real images"] == copied.floor
    assert measured["copies"]["test images"] == copied.copies


def test_it_is_measured_once_for_each_classifier_and_n(digits, judge, cache, measured, monkeypatch):
    module = sys.modules["course_utils.evaluation.ladder"]
    calls = []

    def counted(name, measure):
        def called(*given):
            calls.append(name)
            return measure(*given)

        monkeypatch.setattr(module, name, called)

    counted("memorisation", module.memorisation)
    counted("legibility", module.legibility)
    state = torch.get_rng_state()
    assert ladder(digits, judge) == ladder(digits, judge, 360) == measured  # the same numbers in another cache
    assert torch.equal(torch.get_rng_state(), state)
    assert calls == ["legibility"] * 8 + ["memorisation"] * 8
    calls.clear()
    torch.manual_seed(0)
    assert ladder(digits, Classifier()) != measured
    assert calls == ["legibility"] * 8  # the copies are the same for each classifier
    assert ladder(digits, judge, 100).n == 100
    assert len(list(cache.glob("ladder-*.pt"))) == 5


@pytest.mark.parametrize("how", ["cut", "text", "another content", "unreadable"])
def test_a_damaged_file_is_measured_again(how, digits, judge, cache, capsys):
    first = ladder(digits, judge, 80)
    (path,) = set(cache.glob("ladder-*.pt")) - set(cache.glob("ladder-copies-*.pt"))
    if how == "cut":
        path.write_bytes(path.read_bytes()[:-100])
    elif how == "text":
        path.write_text("{}")
    elif how == "another content":
        torch.save({"scores": {"frechet": 3}}, path)
    else:
        path.unlink()
        path.mkdir()
    assert ladder(digits, judge, 80) == first
    said = capsys.readouterr().out
    assert said.count("measuring it again") == 1 and str(path) in said
    if how != "unreadable":
        assert ladder(digits, judge, 80) == first
        assert capsys.readouterr().out == ""


def test_where_nothing_can_be_kept_that_is_said(digits, judge, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "file" / "below"))
    assert ladder(digits, judge, 80).n == 80
    assert "The ladder cannot be kept in" in capsys.readouterr().out


def test_another_process_is_waited_for(digits, judge, cache):
    """Two processes that start together leave one file and agree; here they are forked, with the data in memory."""
    if not hasattr(os, "fork"):
        pytest.skip("needs fork")
    children = []
    for _ in range(2):
        child = os.fork()
        if child == 0:
            try:
                torch.set_num_threads(1)
                ladder(digits, judge, 80)
                os._exit(0)
            finally:
                os._exit(1)
        children.append(child)
    assert [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children] == [0, 0]
    assert len(list(cache.glob("ladder-*.pt"))) == 2 and not list(cache.glob(".*"))


def test_more_images_than_test_images_leave_that_rung_out(digits, judge):
    many = ladder(digits, judge, 500)
    assert all(list(rungs) == RUNGS[:-1] for rungs in many.scores.values())


def test_a_measure_of_ones_own_can_be_added(measured):
    more = measured.with_measure("log p(x)", {"uniform noise": -800, "test images": -90.5})
    assert more["log p(x)"] == {"uniform noise": -800.0, "test images": -90.5}
    assert "log p(x)" not in measured.scores
    assert "-800" in repr(more) and len(repr(more).splitlines()) == 9
    with pytest.raises(ValueError, match="rungs must be"):
        measured.with_measure("x", {})
    with pytest.raises(ValueError, match=r"rungs\['blank'\] must be a finite number, not nan"):
        measured.with_measure("x", {"blank": float("nan")})


def test_bad_input_is_named(digits, judge, measured):
    with pytest.raises(ValueError, match="n must be from 1 to 718, not 719: half of the training images"):
        ladder(digits, judge, 719)
    with pytest.raises(ValueError, match="images must be ImageData"):
        ladder(digits.images, judge)
    with pytest.raises(ValueError, match="classifier must be Classifier"):
        ladder(digits, torch.tanh)
    with pytest.raises(ValueError, match="64 features needs more than 64 images, got 60"):
        ladder(digits, judge, 60)
    with pytest.raises(ValueError, match="measure must be one of 'frechet', .* not 'fid'"):
        measured["fid"]


# --- the figure ---


def test_the_caption_says_where_a_model_stands(measured):
    caption = plot(measured, {"your GAN": 50.0, "mine": 1e5, "best": 0.5}, measure="frechet")
    assert caption.startswith(
        "Fréchet classifier distance (lower is nearer to real images), from low to high: copies of"
    )
    assert "your GAN: 50.0, between fresh real images and blurred images." in caption
    assert "mine: 100,000, above all rungs." in caption and "best: 0.500, below all rungs." in caption
    assert caption.endswith("Each from 360 images.") and caption.png.startswith(b"\x89PNG")
    for measure in measured.scores:
        assert plot(measured, measure=measure).png
    assert plot(Ladder({"log p(x)": {"noise": -9.0, "real": -2.0}}, 10), {"VAE": -3.0}, "log p(x)").startswith(
        "log p(x),"
    )


def test_names_of_rungs_do_not_overlap(measured, monkeypatch):
    module = sys.modules["course_utils.plots.ladder"]
    drawn = []
    monkeypatch.setattr(module, "show", lambda figure, caption: drawn.append(figure) or caption)
    for measure in measured.scores:
        plot(measured, {"one model": 1.0, "another": 1.0}, measure=measure)
        (axes,) = drawn[-1].axes
        drawn[-1].draw_without_rendering()
        boxes = [Text.get_window_extent(text) for text in axes.texts]  # without its leader
        assert len(boxes) == 10
        assert not any(a.shrunk(1, 0.8).overlaps(b.shrunk(1, 0.8)) for a in boxes for b in boxes if a is not b)


def test_what_cannot_be_drawn_is_named(measured):
    with pytest.raises(ValueError, match="ladder must be one of evaluation.ladder"):
        plot({"frechet": 1})
    with pytest.raises(ValueError, match="measure must be one of"):
        plot(measured, measure="fid")
    with pytest.raises(ValueError, match="'perfect' scores 0, and on a logarithmic scale it must be above 0"):
        plot(measured, {"perfect": 0.0})
    with pytest.raises(ValueError, match="NaN"):
        plot(measured, {"broken": float("nan")})
    with pytest.raises(ValueError, match="models must be"):
        plot(measured, {})
