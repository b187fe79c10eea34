"""What is made of tensors on the stand-in accelerator: measures and figures, the same as of the CPU's tensors."""

import copy
import functools
import inspect
import re
from pathlib import Path

import pytest
import torch
from stand_in import backend
from torch import nn

from course_utils import data, evaluation, models, plots, training
from course_utils.evaluation import classifier_cache, distances
from course_utils.plots import arrays
from course_utils.plots.trajectories import _complex as eigenvalues

RING = data.Ring()
N = 80


@pytest.fixture(scope="module")
def world(stand_in):
    """Digits, their classifier and small networks, on the CPU and on the device: `world(place)`."""
    digits = data.load_images("digits")
    torch.manual_seed(0)
    vae, net = models.FullyConnectedVAE(4, (16,)), nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    generator = models.DCGANGenerator(latent_dim=4, width=4)
    codes, points = torch.randn(N, 4), torch.randn(N, 2)

    @functools.cache
    def on(place):
        images = digits.to(place)
        return {
            "images": images, "reader": evaluation.load_classifier(images), "x": data.normalise(images.images[:N]),
            "labels": images.labels[:N], "vae": copy.deepcopy(vae).to(place), "net": copy.deepcopy(net).to(place),
            "points": points.to(place), "codes": codes.to(place), "decode": copy.deepcopy(generator).to(place).eval(),
        }  # fmt: skip

    return on


@pytest.fixture
def float32_only(stand_in, monkeypatch):
    """The device is one without float64."""
    monkeypatch.setattr(distances, "WITHOUT_FLOAT64", {"stand_in"})
    yield backend.plug_in(float64=False)
    backend.plug_in()


def nearly_equal(found, expected):
    """Whether two results agree: numbers, tensors on any device, and dataclasses or lists of them."""
    if isinstance(expected, torch.Tensor):
        torch.testing.assert_close(found.detach().cpu(), expected.detach(), atol=1e-5, rtol=1e-5)
    elif hasattr(expected, "__dataclass_fields__"):
        nearly_equal(vars(found), vars(expected))
    elif isinstance(expected, dict):
        for name in expected.keys() - {"seconds"}:
            nearly_equal(found[name], expected[name])
    elif isinstance(expected, list | tuple):
        for pair in zip(found, expected, strict=True):
            nearly_equal(*pair)
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)
    else:
        assert found == expected


MEASURES = {
    "legibility": lambda x, reader, **_: evaluation.legibility(x, reader),
    "Fréchet": lambda x, images, reader, **_: evaluation.frechet_classifier_distance(x.flip(3), images, reader),
    "class accuracy": lambda x, labels, reader, **_: evaluation.class_accuracy(x, labels, reader),
    "memorisation": lambda x, images, **_: evaluation.memorisation(x.flip(3), images, left_out=200),
    "precision and recall": lambda x, **_: evaluation.precision_recall(x.flatten(1), x.flip(3).flatten(1)),
    "their floor": lambda images, reader, **_: evaluation.precision_recall_floor(images, reader, 100),
    "membership": lambda points, **_: evaluation.membership_auc(points[:, 0], points[:, 1]),
    "modes": lambda points, **_: evaluation.mode_coverage(points, RING),
    "modes of an ensemble": lambda points, **_: evaluation.mode_coverage(points.view(2, -1, 2), RING),
    "Parzen": lambda points, **_: evaluation.parzen_score(points[:20], points[20:50], points[50:]),
    "likelihood": lambda vae, x, **_: evaluation.log_likelihood(vae, (x > 0).float(), samples=3),
    "active units": lambda vae, x, **_: evaluation.active_units(vae, (x > 0).float()),
    "PPCA": lambda x, **_: evaluation.ppca_log_likelihood(x.flatten(1)[:, 300:308], 2),
    "saliency": lambda x, decode, reader, **_: evaluation.saliency(lambda i: reader(i)[:, 0], x[:4]),
    "rank correlation": lambda x, **_: evaluation.rank_correlation(x[:4, 0], x[4:8, 0]),
    "confidence": lambda points, **_: evaluation.confidence(points[:, 0], points[:, 1]),
    "effective rank": lambda points, **_: evaluation.effective_rank(points),
    "stacked digits": lambda images, reader, **_: evaluation.stacked_coverage(
        data.StackedImages(images).fixed(N), reader
    ),
    "their modes": lambda images, reader, **_: evaluation.stacked_floor(images, reader, 500),
    "principal directions": lambda decode, codes, **_: models.principal_directions(decode, codes[:8])[0],
    "inversion": lambda decode, codes, **_: models.invert(decode, decode(codes[:2]), codes[:4].view(2, 2, 4), 3),
    "fingerprint": lambda images, **_: images.fingerprint,
    "summary": lambda net, **_: models.summary(net, 2),
}


@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
@pytest.mark.parametrize("kind", ["stand_in", "float32_only"])
def test_every_measure_finds_what_it_finds_on_the_cpu(measure, kind, world, request):
    device = request.getfixturevalue(kind)
    nearly_equal(measure(**world(device)), measure(**world("cpu")))


def test_the_probes_of_gradients_find_what_they_find_on_the_cpu(world, stand_in):
    def probed(place):
        net, points = world(place)["net"], world(place)["points"]
        torch.manual_seed(0)

        def loss():
            return net(points[torch.randint(N, (8,), device=place)]).square().mean()

        ratio = evaluation.gradient_signal_to_noise(loss, net.parameters(), 4)
        loss().backward()
        return ratio, evaluation.layer_gradient_norms(net), evaluation.gradient_norm(p.grad for p in net.parameters())

    expected = probed("cpu")
    nearly_equal(probed(stand_in), expected)


def test_a_classifier_is_trained_and_kept_on_the_device(stand_in, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(evaluation.classifier, "STEPS", 3)
    monkeypatch.setitem(classifier_cache.MINIMUM_ACCURACY, "digits", 0.0)
    images = data.load_images("digits", device=stand_in)
    trained, kept = evaluation.load_classifier(images), evaluation.load_classifier(images)
    x = data.normalise(images.test_images[:9])
    assert kept.head.weight.device.type == "stand_in" and torch.equal(trained.logits(x), kept.logits(x))
    samples, labels = data.normalise(images.images), images.labels
    assert 0 <= evaluation.classification_accuracy_score(samples, labels, images).accuracy <= 1


# --- figures ------------------------------------------------------------------------------------------------------


def filmed(add, *content):
    film = plots.Film("a film")
    getattr(film, add)(*content)
    return film.show()


def rising(points):
    return points[:, 0].sort().values


FIGURES = {
    "sample_grid": lambda x, **_: plots.sample_grid(x[:8], reference=x[8:]),
    "sample_grid of bytes": lambda images, **_: plots.sample_grid(images.images[:8]),
    "compare_grids": lambda x, **_: plots.compare_grids({"some": x[:8], "others": x[8:16]}),
    "interpolation": lambda x, **_: plots.interpolation([x[:5], x[5:10]]),
    "lines": lambda points, **_: plots.lines({"p": (rising(points), points[:, 1])}, "x", "y", "A curve."),
    "lines of runs": lambda points, **_: plots.lines({"p": (rising(points), points)}, "x", "y", "Two."),
    "gan_curves": lambda points, **_: plots.gan_curves(
        {"step": torch.arange(N, device=points.device)}
        | dict.fromkeys(training.HISTORY_COLUMNS, points[:, 0].sigmoid())
    ),
    "density_1d": lambda points, **_: plots.density_1d({"p": (rising(points), points[:, 1].abs())}),
    "discriminator_1d": lambda points, **_: plots.discriminator_1d(
        rising(points), *[points[:, 1].abs()] * 2, *[points[:, 1].sigmoid()] * 2
    ),
    "scatter_2d": lambda points, **_: plots.scatter_2d(points, {"a": points + 1, "b": points - 1}),
    "decision_surface": lambda net, points, **_: plots.decision_surface(net, points, points - 1),
    "log_density": lambda points, **_: plots.log_density(RING, points),
    "vector_field": lambda points, **_: plots.vector_field(torch.sin, {"path": points}),
    "trajectories": lambda points, **_: plots.trajectories(
        {"game": {"way": points}}, {"game": {"way": torch.view_as_complex(points[:4])}}
    ),
    "balls": lambda points, **_: plots.balls({"a": (points[:20], points[:20, 0].abs(), points[20:], True)}),
    "seed_dots": lambda points, **_: plots.seed_dots({"m": {"a": points[:5, 0], "b": points[:5, 1]}}),
    "evidence_dots": lambda points, **_: plots.evidence_dots("distance", points[:9, 0], points[9, 0].item()),
    "evidence_rows": lambda points, **_: plots.evidence_rows({"m": {"values": points[:9, 0], "yours": 0.5}}),
    "film of points": lambda points, net, **_: filmed("add_scatter", points, points - 1, "step 0", net),
    "film of images": lambda x, **_: filmed("add_images", x[:4], "step 0"),
}


@pytest.mark.parametrize("draw", FIGURES.values(), ids=FIGURES)
def test_every_figure_is_that_of_the_same_numbers_on_the_cpu(draw, world, float32_only):
    torch.manual_seed(0)
    expected = draw(**world("cpu"))
    torch.manual_seed(0)
    found = draw(**world(float32_only))
    assert str(found) == str(expected) and found.png == expected.png


CONVERSIONS = {arrays.array: ('.to("cpu")', list(FIGURES)), eigenvalues: (".cpu()", ["trajectories"])}


@pytest.mark.parametrize("function", CONVERSIONS, ids=["arrays.py", "trajectories.py"])
def test_a_figure_that_forgets_one_cpu_is_noticed(function, world, stand_in, monkeypatch):
    """What these tests are for: where there is no GPU, nothing else would fail."""
    conversion, figures = CONVERSIONS[function]
    source = inspect.getsource(function)
    assert source.count(conversion) == 1
    forgetful = dict(function.__globals__)
    exec("from __future__ import annotations\n" + source.replace(conversion, ""), forgetful)
    monkeypatch.setattr(function, "__code__", forgetful[function.__name__].__code__)
    for name in figures:
        FIGURES[name](**world("cpu"))
        with pytest.raises((TypeError, ValueError), match="can't convert stand_in:0|must be numbers"):
            FIGURES[name](**world(stand_in))


def test_no_other_conversion_of_the_figures_goes_untried():
    code = [path.read_text(encoding="utf-8") for path in sorted(Path(plots.__file__).parent.glob("*.py"))]
    assert sum(len(re.findall(r"\.cpu\(\)|\.to\(.cpu.\)", text)) for text in code) == len(CONVERSIONS)
