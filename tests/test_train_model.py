"""One model, one loss, the same engine: equal to loops written by hand, repeatable, safe to stop, clear when wrong."""

import os
import signal

import pytest
import torch
from torch import nn

from course_utils import models, training
from course_utils.data import BinarisedImages, load_images
from course_utils.objectives import ELBO, IWAE, Gaussian

IMAGES = load_images("digits")
BINARY = BinarisedImages(IMAGES)


def vae(seed=0, **options):
    torch.manual_seed(seed)
    return models.FullyConnectedVAE(latent_dim=4, hidden=(32,), **options)


def train(steps=20, model=None, sample=BINARY.batch, **options):
    options = {"batch_size": 16, "progress": False, **options}
    return training.train_vae(model or vae(), sample, steps=steps, **options)


def weights(model):
    return torch.cat([p.detach().flatten() for p in model.parameters()])


def same_run(a, b):
    assert torch.equal(a.rows, b.rows)
    assert torch.equal(weights(a.model), weights(b.model))


# --- train_model ----------------------------------------------------------------------------------------------


def squared_error(model, x, y):
    error = (model(x) - y).square().mean()
    return {"loss": error, "largest weight": max(p.detach().abs().max() for p in model.parameters())}


def line(n):
    x = torch.randn(n, 1)
    return x, 3 * x - 1


def test_train_model_equals_a_loop_written_by_hand():
    torch.manual_seed(1)
    by_hand = nn.Linear(1, 1)
    model = nn.Linear(1, 1)
    model.load_state_dict(by_hand.state_dict())
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3, betas=(0.9, 0.999))
    losses = []
    torch.manual_seed(5)
    for _ in range(30):
        x, y = line(16)
        loss = (by_hand(x) - y).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    run = training.train_model(model, line, squared_error, steps=30, batch_size=16, seed=5, progress=False)
    torch.testing.assert_close(run.history["loss"], torch.tensor(losses), atol=1e-6, rtol=0)
    torch.testing.assert_close(weights(model), weights(by_hand), atol=1e-6, rtol=0)
    assert list(run.history) == ["step", "loss", "largest weight"]


def test_train_model_fits_and_its_average_too():
    model = nn.Linear(1, 1)
    fast = torch.optim.SGD(model.parameters(), lr=0.1)
    run = training.train_model(
        model, line, lambda m, x, y: (m(x) - y).square().mean(), steps=200, optimizer=fast, ema_decay=0.9,
        schedule=training.linear_decay, progress=False,
    )  # fmt: skip
    assert run.best is run.ema
    torch.testing.assert_close(weights(run.ema), torch.tensor([3.0, -1.0]), atol=1e-3, rtol=0)


def test_the_first_look_leaves_batchnorm_and_the_mode_alone():
    """The running mean after one step is that of one batch: 0.9 · 0 + 0.1 · mean."""
    model = nn.Sequential(nn.BatchNorm1d(1, affine=False), nn.Linear(1, 1))
    seen = []

    def recorded(n):
        seen.append(line(n))
        return seen[-1]

    training.train_model(model, recorded, squared_error, steps=1, batch_size=16, progress=False)
    torch.testing.assert_close(model[0].running_mean, 0.1 * seen[-1][0].mean(0))
    assert model.training


def test_a_network_that_does_not_fit_keeps_its_mode():
    model = models.VAE(models.mlp([4, 8]), models.mlp([4, 5]), 4, Gaussian())
    with pytest.raises(ValueError, match="makes samples of shape"):
        train(1, model, lambda n: torch.randn(n, 4))
    generator, discriminator = models.PointGenerator(hidden=(8,), dim=3), models.PointDiscriminator(hidden=(8,))
    with pytest.raises(ValueError, match="makes samples of shape"):
        training.train_gan(generator, discriminator, lambda n: torch.randn(n, 2), steps=1, progress=False)
    assert model.training and generator.training and discriminator.training


def test_frozen_parameters_stay():
    model = nn.Sequential(nn.Linear(1, 4), nn.Linear(4, 1))
    model[0].requires_grad_(False)
    before = [p.clone() for p in model.parameters()]
    training.train_model(model, line, squared_error, steps=3, progress=False)
    moved = [not torch.equal(p, old) for p, old in zip(model.parameters(), before, strict=True)]
    assert moved == [False, False, True, True]


@pytest.mark.thorough
def test_the_compiled_engine_agrees_with_the_eager_one():
    torch.testing.assert_close(train(5, engine="compile").rows, train(5).rows, atol=1e-2, rtol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_the_captured_graph_agrees_with_the_eager_engine():
    images = BinarisedImages(IMAGES.to("cuda"))
    objective = ELBO(anneal=training.linear_warm_up(0.5))
    runs = [
        train(20, vae().cuda(), images.batch, engine=engine, objective=objective) for engine in ("eager", "cuda_graph")
    ]
    torch.testing.assert_close(runs[0].rows, runs[1].rows, atol=1e-2, rtol=1e-5)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda m, x, y: (m(x) - y).square(), r"loss must be one .* not torch.float32 \[2, 1\]"),
        (lambda m, x, y: 3.0, "loss must be one .* not 3.0"),
        (lambda m, x, y: {"error": (m(x) - y).argmax()}, "error must be one number"),
    ],
)
def test_a_loss_that_cannot_be_minimised_is_explained(loss, message):
    with pytest.raises(ValueError, match=message):
        training.train_model(nn.Linear(1, 1), line, loss, steps=1, progress=False)


# --- train_vae ------------------------------------------------------------------------------------------------


def test_train_vae_equals_a_loop_written_by_hand():
    by_hand = vae()
    optimizer = torch.optim.Adam(by_hand.parameters(), lr=1e-3)
    losses = []
    torch.manual_seed(0)
    for _ in range(20):
        x = BINARY.batch(16)
        mean, log_var = by_hand.encoder(x).chunk(2, dim=1)
        z = mean + torch.exp(log_var / 2) * torch.randn_like(mean)
        logits = by_hand.decoder(z)
        log_likelihood = -nn.functional.binary_cross_entropy_with_logits(logits, x, reduction="sum") / 16
        kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum() / 16
        optimizer.zero_grad()
        (kl - log_likelihood).backward()
        optimizer.step()
        losses.append([(kl - log_likelihood).item(), log_likelihood.item(), kl.item()])
    run = train()
    torch.testing.assert_close(run.rows, torch.tensor(losses), atol=2e-2, rtol=1e-5)
    assert list(run.history) == ["step", "loss", "log_likelihood", "kl"]


@pytest.mark.parametrize("objective", [ELBO(beta=4.0), ELBO(free_bits=0.5), IWAE(samples=3)], ids=repr)
def test_every_objective_lowers_its_loss(objective):
    loss = train(150, objective=objective).history["loss"]
    assert loss[-10:].mean() < loss[:10].mean() - 50


def test_annealing_raises_the_weight_of_the_kl_with_the_run():
    seen = []

    class Watching(ELBO):
        def __call__(self, vae, x, *condition, warmth=1.0):
            seen.append(float(warmth))
            return super().__call__(vae, x, *condition, warmth=warmth)

    train(8, objective=Watching(anneal=training.linear_warm_up(0.5)))
    assert seen[1:] == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0, 1.0, 1.0]  # the first call only looks


def test_samples_are_images_from_the_prior_by_the_average_if_there_is_one():
    run = train(5, ema_decay=0.9)
    samples = run.sample(1001, seed=3)
    assert samples.shape == (1001, 1, 28, 28) and samples.abs().max() <= 1 and not samples.requires_grad
    torch.manual_seed(3)
    with torch.no_grad():
        torch.testing.assert_close(samples, run.ema.images(torch.randn(1001, 4)), atol=1e-5, rtol=0)
    assert torch.equal(run.sample(4, seed=3)[:2], run.sample(4, seed=3)[:2])


def test_a_conditional_vae_gets_its_labels():
    class Labelled(models.VAE):
        def encode(self, x, labels):
            return super().encode(torch.cat([x.flatten(1), nn.functional.one_hot(labels, 10)], 1))

        def decode(self, z, labels):
            return super().decode(torch.cat([z, nn.functional.one_hot(labels, 10)], 1))

    decoder = nn.Sequential(models.mlp([14, 32, 784]), nn.Unflatten(1, (1, 28, 28)))
    run = train(5, Labelled(models.mlp([794, 32, 8]), decoder, 4), BINARY.batch_with_labels)
    labels = torch.tensor([1, 2, 3])
    assert run.sample(3, seed=0, labels=labels).shape == (3, 1, 28, 28)
    assert not torch.equal(run.sample(3, seed=0, labels=labels), run.sample(3, seed=0, labels=labels.flip(0)))


def test_autocast_computes_in_bfloat16_and_adds_up_in_float32():
    half, full = train(autocast=True), train()
    assert not torch.equal(half.rows, full.rows)
    torch.testing.assert_close(half.rows, full.rows, atol=3.0, rtol=0.02)


def test_looking_at_a_run_does_not_change_it():
    look = training.every(3, lambda run: run.sample(2))
    same_run(train(callbacks=[look]), train())


# --- resume, interrupt, NaN -----------------------------------------------------------------------------------


def test_resuming_is_bit_exact(tmp_path):
    file = tmp_path / "vae.pt"
    options = {"objective": ELBO(anneal=training.linear_warm_up(0.6)), "schedule": training.cosine_decay}
    whole = train(30, **options)

    class Stop(Exception):
        pass

    def stop(run):
        if run.steps_done == 17:
            raise Stop

    with pytest.raises(Stop):
        train(30, **options, checkpoint=file, checkpoint_every=10, callbacks=[training.every(17, stop)])
    same_run(train(30, **options, checkpoint=file), whole)


def test_a_checkpoint_of_another_objective_is_refused(tmp_path):
    file = tmp_path / "vae.pt"
    train(3, checkpoint=file)
    with pytest.raises(training.CheckpointError, match=r"objective\.beta was 1\.0 and is now 4\.0"):
        train(3, checkpoint=file, objective=ELBO(beta=4.0))


def test_an_interrupt_finishes_the_step_and_returns_the_run(capsys):
    press = training.every(1, lambda run: os.kill(os.getpid(), signal.SIGINT) if run.steps_done == 7 else None)
    run = train(20, callbacks=[press], progress=True)
    assert run.interrupted and run.steps_done in (7, 8) and len(run.history["loss"]) == run.steps_done
    assert "the run so far is kept" in capsys.readouterr().out


def test_nan_stops_with_the_step_and_the_loss():
    calls = []

    def broken(n):
        calls.append(n)
        return BINARY.batch(n) if len(calls) < 9 else torch.full((n, 1, 28, 28), float("nan"))

    with pytest.raises(training.TrainingDiverged, match=r"loss became nan at step \d+\. Usual causes"):
        train(40, vae(likelihood=Gaussian()), broken)


# --- what does not fit ----------------------------------------------------------------------------------------


def test_grey_pixels_are_no_data_for_a_bernoulli_likelihood():
    with pytest.raises(ValueError, match="Bernoulli likelihood is one of pixels that are 0 or 1"):
        train(1, sample=IMAGES.batch)
    assert train(1, vae(likelihood=Gaussian()), IMAGES.batch).steps_done == 1


def test_a_decoder_that_returns_probabilities_is_named():
    model = vae()
    model.decoder.append(nn.Sigmoid())
    with pytest.raises(ValueError, match="the decoder ends in a sigmoid, so it returns probabilities"):
        train(1, model)


def test_the_spread_of_a_gaussian_is_learnt_where_it_is_a_weight(tmp_path):
    def learn(steps):
        torch.manual_seed(0)
        likelihood = Gaussian(nn.Parameter(torch.tensor(1.0)))
        return train(
            steps, vae(likelihood=likelihood), IMAGES.batch, ema_decay=0.9, schedule=training.constant,
            checkpoint=tmp_path / "vae.pt",
        )  # fmt: skip

    run = learn(15)
    learnt, average = run.model.likelihood.std, run.ema.likelihood.std
    assert learnt.item() < 0.999 and learnt.item() < average.item() < 1.0
    assert average is run.ema.likelihood_std and learnt is run.model.likelihood_std
    training.go_on(run, steps=5)
    resumed = learn(25).model.double()
    assert resumed.likelihood.std.item() < learnt.item() and resumed.likelihood.std.dtype == torch.float64


def test_images_of_another_size_are_named():
    model = models.VAE(models.mlp([4, 8]), models.mlp([4, 5]), 4, Gaussian())
    with pytest.raises(ValueError, match=r"makes samples of shape \(5,\), the data have \(4,\)"):
        train(1, model, lambda n: torch.randn(n, 4))


@pytest.mark.parametrize("until", [0.0, 1.5])
def test_a_warm_up_ends_within_the_run(until):
    with pytest.raises(ValueError, match="must end within the run"):
        training.linear_warm_up(until)
