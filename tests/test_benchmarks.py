"""The benchmarks compare what is comparable: rivals make our loop's updates, and each script's parts run."""

import sys
from functools import partial

import pytest
import torch
from conftest import ROOT

from course_utils import models, objectives, training
from course_utils.data import BinarisedImages, ImageData, load_images, normalise

sys.path.insert(0, str(ROOT / "benchmarks"))

import _dcgan64
import _rivals
import board
import dataset_size
import ensembles
import loops
import quality

IMAGES = load_images("digits")


def pair(width=8):
    torch.manual_seed(0)
    return models.DCGANGenerator(8, width), models.DCGANDiscriminator(width)


def vae():
    torch.manual_seed(0)
    return models.FullyConnectedVAE(4, hidden=(16,))


def unet():
    torch.manual_seed(0)
    return models.UNet(8)


def train_flow(net):
    options = {"steps": 3, "batch_size": 8, "seed": 5, "progress": False, "channels_last": False}
    training.train_model(net, IMAGES.batch, objectives.FlowMatching(), **options)


@pytest.fixture
def in_double(double, monkeypatch):
    """Batches in float64, too. In float32 Adam's first steps turn a gradient that is only rounding into a full step."""
    for data in (ImageData, BinarisedImages):
        monkeypatch.setattr(data, "batch", lambda self, n, batch=data.batch: batch(self, n).double())


def same_weights(a, b):
    for p, q in zip(a.parameters(), b.parameters(), strict=True):
        torch.testing.assert_close(p, q, atol=1e-9, rtol=0)


@pytest.mark.parametrize("wgan", [False, True])
def test_the_bare_gan_loops_make_our_updates(in_double, wgan):
    ours, bare = pair(), pair()
    adam = partial(training.adam, lr=1e-3)
    options = {}
    if wgan:
        penalty = partial(objectives.gradient_penalty, weight=_rivals.PENALTY)
        options = {"objective": objectives.WASSERSTEIN, "penalty": penalty, "d_steps": _rivals.N_CRITIC}
    training.train_gan(
        *ours, IMAGES.batch, steps=3, batch_size=8, seed=5, progress=False, g_optimizer=adam(ours[0]),
        d_optimizer=adam(ours[1]), channels_last=False, **options,
    )  # fmt: skip
    torch.manual_seed(5)
    (_rivals.bare_wgan if wgan else _rivals.bare_gan)(*bare, IMAGES, 3, 8, adam)
    same_weights(ours[0], bare[0]), same_weights(ours[1], bare[1])


def test_the_bare_vae_loop_makes_our_updates(in_double):
    ours, bare, data = vae(), vae(), BinarisedImages(IMAGES)
    training.train_vae(ours, data.batch, steps=3, batch_size=8, seed=5, progress=False)
    torch.manual_seed(5)
    _rivals.bare_vae(bare, data, 3, 8, training.adam)
    same_weights(ours, bare)


def test_the_bare_flow_loop_makes_our_updates(in_double):
    ours, bare = unet(), unet()
    train_flow(ours)
    torch.manual_seed(5)
    _rivals.bare_flow(bare, IMAGES, 3, 8, training.adam)
    same_weights(ours, bare)


def first_batches(monkeypatch):
    """The textbook loops on our batches: what is left of the difference is how the batches are made."""

    def on_device(images, last_transform, batch_size, workers):
        while True:
            yield images.batch(batch_size)

    monkeypatch.setattr(_rivals, "batches", on_device)


def test_the_textbook_gan_loop_makes_our_updates(in_double, monkeypatch):
    first_batches(monkeypatch)
    ours, textbook = pair(), pair()
    training.train_gan(*ours, IMAGES.batch, steps=3, batch_size=8, seed=5, progress=False, channels_last=False)
    torch.manual_seed(5)
    _rivals.textbook_gan(*textbook, IMAGES, 3, 8)
    same_weights(ours[0], textbook[0]), same_weights(ours[1], textbook[1])


def test_the_textbook_vae_loop_makes_our_updates(in_double, monkeypatch):
    first_batches(monkeypatch)
    data = BinarisedImages(IMAGES)

    ours, textbook = vae(), vae()
    training.train_vae(ours, data.batch, steps=3, batch_size=8, seed=5, progress=False)
    torch.manual_seed(5)
    _rivals.textbook_vae(textbook, data, 3, 8)
    same_weights(ours, textbook)


def test_the_textbook_flow_loop_makes_our_updates(in_double, monkeypatch):
    first_batches(monkeypatch)
    ours, textbook = unet(), unet()
    train_flow(ours)
    torch.manual_seed(5)
    _rivals.textbook_flow(textbook, IMAGES, 3, 8)
    same_weights(ours, textbook)


@pytest.mark.parametrize(
    ("transform", "expected"), [(_rivals.SCALED, normalise(IMAGES.images[:8])), (torch.bernoulli, None)]
)
def test_the_textbook_loader_hands_out_the_images(transform, expected):
    data = _rivals.OneByOne(IMAGES, transform)
    assert len(data) == len(IMAGES.images)
    images, labels = zip(*(data[i] for i in range(8)), strict=True)
    assert list(labels) == IMAGES.labels[:8].tolist()
    if expected is None:
        assert set(torch.stack(images).unique().tolist()) == {0.0, 1.0}
    else:
        torch.testing.assert_close(torch.stack(images), expected, atol=1e-5, rtol=0)


def test_the_large_dcgan_has_the_papers_shapes():
    generator, discriminator = _dcgan64.Generator(), _dcgan64.Discriminator()
    x = generator(torch.randn(2, 100))
    assert x.shape == (2, 3, 64, 64) and discriminator(x).shape == (2,)
    assert sum(p.numel() for p in generator.parameters()) == pytest.approx(3.58e6, rel=0.01)
    assert sum(p.numel() for p in discriminator.parameters()) == pytest.approx(2.77e6, rel=0.01)


@pytest.mark.parametrize("key", ["dense", "wgan-gp", "vae", "flow"])
def test_a_contest_runs_all_its_loops_and_makes_a_row_for_each_of_our_ways(key, monkeypatch):
    contest = loops.contests(IMAGES)[key]()
    quick = loops.Contest(contest.name, contest.batch, contest.steps, lambda **way: None, (bool,) * 3, contest.ways)
    monkeypatch.setattr(loops, "peak_memory", lambda key, way, run: 0.5)
    monkeypatch.setattr(loops, "device_share", lambda run, seconds: 0.5)
    rows = loops.table_rows(quick, key)
    assert len(rows) == len(contest.ways)
    assert all(row.count("|") == 10 and contest.name in row and "0.50 GiB" in row for row in rows)


def test_the_peak_is_that_of_the_process_which_runs_the_loop(capsys):
    loops.print_peak(loops.Contest("small", 1, 1, lambda: torch.ones(2**26).sum(), (), {"": {}}), "")
    assert 0.25 < float(capsys.readouterr().out) < 20  # the tensor alone is 0.25 GiB


def test_a_cell_holds_median_and_range():
    assert loops.cell(loops.timing.Ratio((1.0, 3.0, 2.0))) == "× 2.00 (1.00–3.00)"


def test_boards_of_all_kinds_draw(monkeypatch):
    monkeypatch.setattr(board.boards, "has_front_end", lambda: True)
    for train in (board.ring, board.dcgan, board.vae):
        drawn = board.board(30.0, 1.0)
        train(2, [drawn])
        assert drawn.frames >= 2 and "<svg" in drawn.html


def test_ensembles_of_both_kinds_run(monkeypatch):
    monkeypatch.setattr(ensembles, "STEPS", 2)
    ensembles.alone(8), ensembles.together(8, 3), ensembles.together(8, 3, own_streams=False)


def test_time_to_quality_is_when_the_distance_is_first_reached(monkeypatch):
    distances = iter([9.0, 6.0, 1.0])
    monkeypatch.setattr(quality, "CHECKS", 3)
    monkeypatch.setattr(quality, "SAMPLES", 4)
    monkeypatch.setattr(
        quality.evaluation, "frechet_classifier_distance",
        lambda *_: type("Result", (), {"distance": next(distances)}),
    )  # fmt: skip
    seconds = quality.seconds_to_target(IMAGES, None, seed=1, steps=3)
    assert 0 < seconds < 60
    assert list(distances) == [1.0]  # no check after the goal
    monkeypatch.setattr(quality, "TARGET", -1.0)
    distances = iter([9.0] * 3)
    assert quality.seconds_to_target(IMAGES, None, seed=1, steps=3) == float("inf")


def test_every_script_is_listed_by_the_bench_verb():
    from course_utils.commands.bench import scripts

    assert set(scripts()) == {"board", "dataset_size", "ensembles", "footprint", "loops", "quality"}
    assert dataset_size.STEPS > 0
