"""Every kind of training on the stand-in accelerator: the CPU's numbers, and checkpoints that go from one to the other.

Adam is the same on both (`foreach`); the course's own `adam` takes a fused one where there is one.
"""

from functools import partial

import pytest
import torch
from stand_in import backend
from torch import nn

from course_utils import data, models, objectives, training
from course_utils.data import BinarisedImages

RING = data.Ring()
DIGITS = data.load_images("digits")
STEPS = 4


@pytest.fixture(autouse=True)
def float32_only(stand_in):
    """Some accelerators have no float64, so no training needs it."""
    backend.plug_in(float64=False)
    yield
    backend.plug_in()


def adam(network, lr=1e-3):
    return torch.optim.Adam(network.parameters(), lr=lr, foreach=True)


def seeded(make, place):
    """The networks that `make` returns, from the same weights on every device."""
    torch.manual_seed(0)
    return [network.to(place) for network in make()]


def points():
    return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))


def pictures():
    return models.DCGANGenerator(latent_dim=4, width=4), models.DCGANDiscriminator(width=4)


def gan(place, *, make=points, sample=None, **options):
    generator, discriminator = seeded(make, place)
    settings = {"steps": STEPS, "batch_size": 8, "progress": False, **options}
    return training.train_gan(
        generator, discriminator, sample(place) if sample else partial(RING.sample, device=place),
        g_optimizer=adam(generator), d_optimizer=adam(discriminator), **settings,
    )  # fmt: skip


def digits(place):
    return DIGITS.to(place).batch


def labelled_digits(place):
    return DIGITS.to(place).batch_with_labels


def loader(place):
    return torch.utils.data.DataLoader(RING.sample(64), batch_size=6, shuffle=True)


def labelled(discriminator):
    return lambda: (models.ConditionalGenerator(latent_dim=4, width=4), discriminator(width=4))


def packed():
    return models.PointGenerator(hidden=(16,)), models.Packed(models.PacGANDiscriminator(4), 2)


def coloured():
    return models.DCGANGenerator(4, 4, channels=3), models.DCGANDiscriminator(4, channels=3)


def remedied():
    """All the layers that are remedies of something."""
    net = nn.Sequential(nn.Linear(2, 8), nn.LeakyReLU(0.2), models.MinibatchStd(), nn.Linear(9, 8), nn.Dropout(0.0))
    discriminator = nn.Sequential(models.spectrally_normalised(net), nn.Linear(8, 1))
    return models.PointGenerator(hidden=(16,)), models.InstanceNoise(discriminator, 0.1)


def ensemble(place, **options):
    settings = {"steps": STEPS, "batch_size": 8, "progress": False, **options}
    return training.train_ensemble(
        lambda: [network.to(place) for network in points()], partial(RING.sample, device=place), seeds=range(3),
        g_optimizer=adam, d_optimizer=adam, **settings,
    )  # fmt: skip


def vae(place, *, make=lambda: models.FullyConnectedVAE(4, (16,)), sample=BinarisedImages.batch, **options):
    (model,) = seeded(lambda: [make()], place)
    settings = {"steps": STEPS, "batch_size": 8, "progress": False, **options}
    return training.train_vae(
        model, partial(sample, BinarisedImages(DIGITS.to(place))), optimizer=adam(model), **settings
    )


def half_hidden(binary, n):
    x = binary.batch(n)
    return x, models.hide_quadrants(x, 1)


def model(place, make, sample, loss, **options):
    (network,) = seeded(lambda: [make()], place)
    settings = {"steps": STEPS, "batch_size": 8, "progress": False, **options}
    return training.train_model(network, sample, loss, optimizer=adam(network), **settings)


def regression(place, **options):
    def line(n):
        x = torch.randn(n, 2, device=place)
        return x, 3 * x - 1

    return model(place, lambda: nn.Linear(2, 2), line, lambda net, x, y: (net(x) - y).square().mean(), **options)


def two_codes(place, **options):
    pairs = data.SameClassPairs(DIGITS.to(place))
    return model(place, lambda: models.CycleVAE(4, 4, (16,)), pairs.batch, objectives.CycleELBO(), **options)


def cycle(place, **options):
    def make():
        judges = [models.FullyConnectedDiscriminator((16,), 14) for _ in range(2)]
        return [models.CyclePair(models.DenseTranslator(hidden=(16,)), models.LocalTranslator(4), *judges)]

    (pair,) = seeded(make, place)
    domains = data.UnpairedDomains(DIGITS.to(place), data.inverted)
    translators = [*pair.to_a.parameters(), *pair.to_b.parameters()]
    judges = [*pair.discriminator_a.parameters(), *pair.discriminator_b.parameters()]
    g_optimizer, d_optimizer = (torch.optim.Adam(group, lr=1e-3, foreach=True) for group in (translators, judges))
    settings = {"steps": STEPS, "batch_size": 8, "progress": False, **options}
    return training.train_cycle(
        pair, domains.batch_a, domains.batch_b, g_optimizer=g_optimizer, d_optimizer=d_optimizer, **settings
    )


PENALTIES = ("r1_penalty", "r2_penalty", "r1_r2_penalty", "gradient_penalty", "dragan_penalty")
TRAININGS = {
    **{f"GAN, {objective.name}": partial(gan, objective=objective) for objective in objectives.OBJECTIVES},
    **{f"GAN, {p}": partial(gan, penalty=getattr(objectives, p), penalty_every=2, d_steps=2) for p in PENALTIES},
    "GAN, feature matching": partial(gan, make=pictures, sample=digits, objective=objectives.FEATURE_MATCHING),
    "GAN, unrolled": partial(gan, objective=training.Unrolled(objectives.NON_SATURATING, 2, 0.1)),
    "GAN, unrolled, R2, bfloat16": partial(
        gan, objective=training.Unrolled(objectives.HINGE, 1, 0.1), penalty=objectives.r2_penalty, autocast=True
    ),
    "GAN from a DataLoader": partial(gan, sample=loader),
    "GAN, packed": partial(gan, make=packed),
    "GAN, remedied": partial(gan, make=remedied),
    "DCGAN": partial(gan, make=pictures, sample=digits, ema_decay=0.9, schedule=training.linear_decay, engine="auto"),
    "DCGAN in bfloat16": partial(gan, make=pictures, sample=digits, autocast=True),
    "DCGAN of stacked digits": partial(
        gan, make=coloured, sample=lambda place: data.StackedImages(DIGITS.to(place)).batch
    ),
    "conditional GAN": partial(gan, make=labelled(models.ConditionalDiscriminator), sample=labelled_digits),
    "AC-GAN": partial(gan, make=labelled(models.AuxiliaryClassifierDiscriminator), sample=labelled_digits),
    "ensemble": ensemble,
    "ensemble with one stream": partial(ensemble, own_streams=False, penalty=objectives.r1_penalty),
    "VAE": partial(vae, objective=objectives.ELBO(free_bits=0.1, anneal=training.linear_warm_up(0.5)), ema_decay=0.9),
    "VAE, IWAE": partial(vae, objective=objectives.IWAE(3)),
    "VAE in bfloat16": partial(vae, autocast=True),
    "convolutional VAE": partial(vae, make=lambda: models.ConvolutionalVAE(4, 4)),
    "conditional VAE": partial(vae, make=lambda: models.ConditionalVAE(4), sample=BinarisedImages.batch_with_labels),
    "VAE of hidden quadrants": partial(
        vae, make=lambda: models.QuadrantVAE(models.QuadrantNetwork((16,)), 4, (16,)), sample=half_hidden
    ),
    "regression": partial(regression, schedule=training.cosine_decay),
    "VAE with two codes": two_codes,
    "cycle": cycle,
    "cycle, penalty, bfloat16": partial(cycle, penalty=objectives.r1_penalty, autocast=True),
}


@pytest.mark.parametrize("train", TRAININGS.values(), ids=TRAININGS)
def test_every_kind_of_training_makes_the_same_updates_as_on_the_cpu(train, stand_in):
    here, there = train("cpu"), train(stand_in)
    assert there.device.type == "stand_in" and there.engine == "eager"
    assert there.rows.isfinite().all() and torch.equal(there.rows.cpu(), here.rows)


def test_the_course_s_own_optimiser_is_made_for_either(stand_in):
    moved = {}
    for place in ("cpu", stand_in):
        generator, discriminator = seeded(points, place)
        training.train_gan(generator, discriminator, partial(RING.sample, device=place), steps=STEPS, progress=False)
        moved[place] = torch.cat([p.detach().cpu().flatten() for p in generator.parameters()])
    torch.testing.assert_close(moved[stand_in], moved["cpu"], atol=1e-6, rtol=0)


def test_callbacks_samples_and_averages_are_on_the_device(stand_in):
    looks = training.every(2, lambda run: run.sample(3, seed=1))
    run = gan(stand_in, make=pictures, sample=digits, ema_decay=0.9, callbacks=[looks])
    assert [x.device.type for x in looks.values] == ["stand_in"] * 3
    assert {p.device.type for p in run.ema.state_dict().values()} == {"stand_in"}
    assert all(values.device.type == "cpu" for values in run.history.values())  # what plots are given


# --- checkpoints --------------------------------------------------------------------------------------------------


class Stopped(Exception):
    pass


def stop(run):
    if run.steps_done == 2:
        raise Stopped


RESUMED = {
    "GAN": partial(gan, make=pictures, sample=digits, ema_decay=0.9),
    "ensemble": ensemble,
    "VAE": vae,
    "cycle": cycle,
}


def weights(run):
    return {name: value.cpu() for name, value in run_networks(run).state_dict().items()}


def run_networks(run):
    return nn.ModuleList(value for value in vars(run).values() if isinstance(value, nn.Module))


def interrupted(train, place, file):
    with pytest.raises(Stopped):
        train(place, checkpoint=file, checkpoint_every=1, callbacks=[training.every(1, stop)])


@pytest.mark.parametrize("train", RESUMED.values(), ids=RESUMED)
def test_a_run_goes_on_from_its_checkpoint_bit_for_bit(train, stand_in, tmp_path):
    interrupted(train, stand_in, tmp_path / "run.pt")
    resumed, whole = train(stand_in, checkpoint=tmp_path / "run.pt"), train(stand_in)
    assert torch.equal(resumed.rows, whole.rows)
    torch.testing.assert_close(weights(resumed), weights(whole), atol=0, rtol=0)


@pytest.mark.parametrize("train", RESUMED.values(), ids=RESUMED)
def test_a_run_is_continued(train, stand_in):
    longer = training.go_on(train(stand_in), steps=2)
    assert torch.equal(longer.rows, train(stand_in, steps=STEPS + 2).rows)


@pytest.mark.parametrize("train", RESUMED.values(), ids=RESUMED)
@pytest.mark.parametrize(("source", "target"), [("cpu", "stand_in"), ("stand_in", "cpu")])
def test_a_checkpoint_goes_on_on_another_device(train, source, target, stand_in, tmp_path, monkeypatch):
    """Weights, averages and moments come along. Random numbers cannot: the other device has other generators."""
    monkeypatch.setattr(torch.stand_in, "manual_seed_all", lambda seed: torch.stand_in.manual_seed(seed + 1))
    interrupted(train, source, tmp_path / "run.pt")
    moved = train(target, checkpoint=tmp_path / "run.pt")
    assert {p.device.type for p in run_networks(moved).parameters()} == {target}
    saved = train(source).rows[:1].cpu()  # stopped in the second step, so one was saved
    assert torch.equal(moved.rows[:1].cpu(), saved) and moved.rows.isfinite().all()
