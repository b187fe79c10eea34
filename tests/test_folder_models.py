"""Own images, of every size and with one channel or three, through the networks, the judge and the figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from course_utils import models, training
from course_utils.data import load_folder, to_uint8
from course_utils.evaluation import (
    ClassifierError,
    class_accuracy,
    classifier,
    frechet_classifier_distance,
    legibility,
    load_classifier,
)
from course_utils.objectives import Gaussian
from course_utils.plots import arrays, sample_grid

MODES = ("RGB", "L", "P", "RGBA")

every_shape = pytest.mark.parametrize("shape", [(size, channels) for size in (28, 32, 64) for channels in (1, 3)])


def draw(root: Path, each: int) -> Path:
    """Lying and standing rectangles, anywhere, bright on dark; a quarter each in RGB, grey, palette and with alpha."""
    random = np.random.RandomState(0)
    for name, (width, height) in {"lying": (30, 10), "standing": (10, 30)}.items():
        (root / name).mkdir(parents=True)
        for i in range(each):
            image = Image.new("RGB", (60, 50), tuple(random.randint(0, 80, 3).tolist()))
            left, top = random.randint(5, 55 - width), random.randint(0, 50 - height)
            box = (left, top, left + width, top + height)
            ImageDraw.Draw(image).rectangle(box, fill=tuple(random.randint(160, 256, 3).tolist()))
            image.convert(MODES[i % 4]).save(root / name / f"{i}.png")
    return root


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return draw(tmp_path_factory.mktemp("small") / "rectangles", each=12)


@pytest.fixture(scope="module")
def images(root):
    return {(size, channels): load_folder(root, size, channels) for size in (28, 32, 64) for channels in (1, 3)}


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """A fifth of them is more than the 64 test images that a Fréchet distance needs."""
    return load_folder(draw(tmp_path_factory.mktemp("large") / "rectangles", each=170), channels=3)


@pytest.fixture(scope="module")
def judge(many, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COURSE_CACHE", str(tmp_path_factory.mktemp("cache")))
        return load_classifier(many)


def moved(network, before) -> bool:
    return all(not torch.equal(old, new) for old, new in zip(before, network.parameters(), strict=True))


def weights(network):
    return [parameter.detach().clone() for parameter in network.parameters()]


# --- the networks ---


@every_shape
def test_the_dcgan_pair_trains(shape, images):
    size, channels = shape
    generator = models.DCGANGenerator(8, width=4, image_size=size, channels=channels)
    discriminator = models.DCGANDiscriminator(width=4, image_size=size, channels=channels)
    before = weights(generator), weights(discriminator)
    run = training.train_gan(generator, discriminator, images[shape].batch, steps=3, batch_size=16, progress=False)
    assert all(values.isfinite().all() and len(values) == 3 for values in run.history.values())
    assert moved(generator, before[0]) and moved(discriminator, before[1])
    assert run.sample(5).shape == (5, channels, size, size)


@every_shape
def test_a_conditional_pair_trains_on_the_subfolders_as_labels(shape, images):
    size, channels = shape
    generator = models.ConditionalGenerator(8, width=4, classes=2, image_size=size, channels=channels)
    discriminator = models.ConditionalDiscriminator(width=4, classes=2, image_size=size, channels=channels)
    run = training.train_gan(
        generator, discriminator, images[shape].batch_with_labels, steps=2, batch_size=16, progress=False
    )
    assert all(values.isfinite().all() for values in run.history.values())
    assert generator(torch.randn(4, 8), torch.tensor([0, 1, 0, 1])).shape == (4, channels, size, size)


@every_shape
@pytest.mark.parametrize("kind", [models.ConvolutionalVAE, models.FullyConnectedVAE])
def test_the_vaes_train_with_a_gaussian_likelihood(kind, shape, images):
    size, channels = shape
    narrow = {"width": 4} if kind is models.ConvolutionalVAE else {"hidden": (16,)}
    vae = kind(8, image_size=size, channels=channels, likelihood=Gaussian(0.3), **narrow)
    before = weights(vae)
    run = training.train_vae(vae, images[shape].batch, steps=3, batch_size=16, progress=False)
    assert all(values.isfinite().all() and len(values) == 3 for values in run.history.values())
    assert moved(vae, before)
    assert run.sample(5).shape == (5, channels, size, size)


def test_a_vae_of_binary_pixels_says_that_it_needs_a_gaussian_likelihood(images):
    vae = models.ConvolutionalVAE(8, width=4, channels=3)
    with pytest.raises(ValueError, match="use objectives.Gaussian"):
        training.train_vae(vae, images[28, 3].batch, steps=1, progress=False)


BUILT_FOR_28 = {
    "DCGANDiscriminator": lambda x: models.DCGANDiscriminator(width=2)(x),
    "DCGANDiscriminator.features": lambda x: models.DCGANDiscriminator(width=2).features(x),
    "FullyConnectedDiscriminator": lambda x: models.FullyConnectedDiscriminator((4,))(x),
    "ConditionalDiscriminator": lambda x: models.ConditionalDiscriminator(2, 2)(x, torch.zeros(len(x)).long()),
    "AuxiliaryClassifierDiscriminator": lambda x: models.AuxiliaryClassifierDiscriminator(2, 2)(x),
    "ConvolutionalVAE": lambda x: models.ConvolutionalVAE(2, 2)(x),
    "FullyConnectedVAE": lambda x: models.FullyConnectedVAE(2, (4,))(x),
    "ConditionalVAE": lambda x: models.ConditionalVAE(2, 2, (4,)).encode(x, torch.zeros(len(x)).long()),
    "CycleVAE": lambda x: models.CycleVAE(2, 2, (4,)).encode(x),
    "DenseTranslator": lambda x: models.DenseTranslator(28, (4,))(x),
}


@pytest.mark.parametrize("name", BUILT_FOR_28)
@pytest.mark.parametrize(
    ("shape", "advice"),
    [((32, 1), "image_size=32"), ((28, 3), "channels=3"), ((64, 3), "image_size=64, channels=3")],
)
def test_images_of_another_shape_are_told_which_arguments_a_network_needs(name, shape, advice, images):
    size, channels = shape
    found = rf"\[n, 1, 28, 28\], not .* \[2, {channels}, {size}, {size}\]"
    with pytest.raises(ValueError, match=rf"takes x as a tensor of floats {found}: build it with {advice}, or "):
        BUILT_FOR_28[name](images[shape].fixed(2))
    BUILT_FOR_28[name](images[28, 1].fixed(2))


def test_images_whose_axes_are_in_another_order_are_refused(images):
    with pytest.raises(ValueError, match=r"\[n, 1, 28, 28\], not .* \[2, 28, 28, 1\]$"):
        models.DCGANDiscriminator()(images[28, 1].fixed(2).permute(0, 2, 3, 1))


def test_training_says_it_before_the_first_step(images):
    pair = models.DCGANGenerator(4, 2), models.DCGANDiscriminator(2)
    with pytest.raises(ValueError, match=r"\(1, 28, 28\), the data have \(3, 64, 64\).*image_size and channels"):
        training.train_gan(*pair, images[64, 3].batch, steps=1, progress=False)
    with pytest.raises(ValueError, match=r"ConvolutionalVAE takes x .*build it with image_size=32"):
        training.train_vae(models.ConvolutionalVAE(likelihood=Gaussian()), images[32, 1].batch, steps=1)


# --- the judge ---


@every_shape
def test_the_classifier_trains(shape, images, monkeypatch):
    monkeypatch.setattr(classifier, "STEPS", 3)
    monkeypatch.setattr(classifier, "BATCH", 32)
    size, channels = shape
    trained = classifier.train_classifier(images[shape], seed=0)
    assert 0 <= trained.accuracy <= 1 and all(weight.isfinite().all() for weight in trained.parameters())
    assert trained.logits(torch.zeros(4, channels, size, size)).shape == (4, 2)


def test_the_judge_reads_own_images_and_measures_samples_of_them(judge, many):
    (real, labels), noise = many.fixed_with_labels(68, "test"), torch.rand(68, 3, 28, 28) * 2 - 1
    assert judge.accuracy > 0.9
    assert class_accuracy(real, labels, judge).accuracy == pytest.approx(judge.accuracy)
    assert legibility(real, judge).classes_covered == 2
    of_noise, of_real = (frechet_classifier_distance(samples, many, judge).distance for samples in (noise, real))
    assert of_noise > 5 * of_real


def test_too_few_training_images_for_a_covariance_are_said(judge, many):
    few = replace(many, images=many.images[:128], labels=many.labels[:128])
    with pytest.raises(ValueError, match="needs more than 64 images, got 64.*needs more than 128 training images"):
        frechet_classifier_distance(many.fixed(200), few, judge)


def test_unlabelled_images_have_no_judge(root, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    with pytest.raises(ValueError, match="folder-lying is unlabelled: sort its pictures into one subfolder"):
        load_classifier(load_folder(root / "lying"))


def test_a_judge_that_only_guesses_is_refused(images, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path))
    monkeypatch.setattr(classifier, "STEPS", 3)
    own = images[28, 1]
    blank = replace(own, name="blank", images=own.images * 0, test_images=own.test_images * 0)
    with pytest.raises(ClassifierError, match="blank classifier names only 50.0% .* 75.0% are needed.*more images"):
        load_classifier(blank)


def test_a_handful_of_pictures_is_enough_to_train_a_judge(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(classifier, "STEPS", 15)
    for name, level in (("bright", 220), ("dark", 30)):
        (tmp_path / "few" / name).mkdir(parents=True)
        for i in range(3):
            Image.new("L", (40, 40), level + i).save(tmp_path / "few" / name / f"{i}.png")
    assert load_classifier(load_folder(tmp_path / "few")).accuracy == 1


# --- the figures ---


def test_a_grid_shows_the_colours(images):
    own = images[32, 3]
    drawn = arrays.images(own.fixed(8))
    assert np.array_equal(drawn, to_uint8(own.fixed(8)).permute(0, 2, 3, 1).numpy())
    assert (drawn[..., 0] != drawn[..., 2]).any()
    assert "8 images of 32×32 pixels" in str(sample_grid(own.fixed(8), reference=own.fixed(4, "test")))
