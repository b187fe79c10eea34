"""Every kind of training still gives the numbers it gave when they were stored, compared in float64.

python tests/test_stored_rows.py stores them anew: only after a change that is meant to change a run.
"""

import json
import sys
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot

from course_utils import models, objectives, training
from course_utils.data import Ring

STORED = Path(__file__).with_name("stored_rows.json")
SEEDS = [3, 4]
CLASSES = 3


def point_pair(**options):
    torch.manual_seed(0)
    return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,), **options)


def packed_pair():
    torch.manual_seed(0)
    return models.PointGenerator(hidden=(16,)), models.Packed(models.PointDiscriminator(hidden=(16,), dim=8), 4)


def normalised_pair():
    """BatchNorm in D: real and generated batches must pass it apart."""
    torch.manual_seed(0)
    discriminator = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Softplus(), nn.Linear(8, 1))
    return models.PointGenerator(hidden=(16,)), discriminator


def image_pair():
    torch.manual_seed(0)
    return models.DCGANGenerator(4, width=4), models.DCGANDiscriminator(width=4, dropout=0.3)


class Labelled(nn.Module):
    """A network that takes the label beside its input."""

    latent_dim = 2

    def __init__(self, n_out: int):
        super().__init__()
        self.net = models.mlp([2 + CLASSES, 16, n_out], activation=nn.Softplus)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        y = self.net(torch.cat([x, one_hot(labels, CLASSES)], 1))
        return y.squeeze(1) if y.shape[1] == 1 else y


class Classifier(Labelled):
    """A discriminator that also names the class."""

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        verdict = self.net(torch.cat([x, torch.zeros(len(x), CLASSES)], 1))
        return verdict[:, 0], verdict[:, 1:]


def labelled_pair(discriminator=Labelled, n_out=1):
    torch.manual_seed(0)
    return Labelled(2), discriminator(n_out)


def points(n):
    return Ring().sample(n).to(torch.get_default_dtype())


def labelled_points(n):
    labels = torch.randint(CLASSES, (n,))
    return torch.randn(n, 2) * 0.1 + torch.stack([labels, 0 * labels], 1), labels


def images(n):
    return torch.rand(n, 1, 28, 28) * 2 - 1


def gan(make=point_pair, sample=points, **options):
    return training.train_gan(*make(), sample, steps=6, batch_size=16, progress=False, **options)


def ensemble(**options):
    def make():
        return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))

    return training.train_ensemble(make, points, seeds=SEEDS, steps=6, batch_size=16, progress=False, **options)


def vae(objective):
    torch.manual_seed(0)
    network = models.VAE(nn.Linear(2, 4), nn.Linear(2, 2), 2, objectives.Gaussian(0.1))
    return training.train_vae(
        network, points, steps=6, objective=objective, batch_size=16, ema_decay=0.9, progress=False
    )


def regression():
    torch.manual_seed(0)
    return training.train_model(
        nn.Linear(2, 2), points, lambda net, x: (net(x) - x.flip(1)).square().mean(), steps=6, batch_size=16,
        schedule=training.cosine_decay, progress=False,
    )  # fmt: skip


def cycle(**options):
    torch.manual_seed(0)
    judges = [models.FullyConnectedDiscriminator((8,), 4) for _ in range(2)]
    pair = models.CyclePair(*(models.DenseTranslator(4, (16,)) for _ in range(2)), *judges)
    a, b = (lambda n: torch.rand(n, 1, 4, 4) - 1), (lambda n: torch.rand(n, 1, 4, 4))
    return training.train_cycle(pair, a, b, steps=6, batch_size=8, progress=False, **options)


def unrolled(steps, lr, objective=objectives.NON_SATURATING):
    return {"objective": training.Unrolled(objective, steps=steps, lr=lr)}


R1, R1_R2 = partial(objectives.r1_penalty, gamma=0.5), partial(objectives.r1_r2_penalty, gamma=0.5)
KINDS = {
    **{o.name: partial(gan, objective=o) for o in objectives.OBJECTIVES},
    "minimax, two steps of D": partial(gan, objective=objectives.MINIMAX, d_steps=2),
    "smoothed labels": partial(gan, objective=objectives.NON_SATURATING.label_smoothed(0.1)),
    "relativistic least squares": partial(gan, objective=objectives.LEAST_SQUARES.relativistic_form()),
    "feature matching": partial(gan, objective=objectives.FEATURE_MATCHING),
    "unrolled": partial(gan, **unrolled(2, 0.1)),
    "unrolled relativistic": partial(gan, **unrolled(1, 0.1, objectives.RELATIVISTIC)),
    "lazy R1 and EMA": partial(gan, penalty=R1, penalty_every=4, ema_decay=0.9, schedule=training.linear_decay),
    "R2": partial(gan, penalty=objectives.r2_penalty),
    "R1 + R2": partial(gan, objective=objectives.RELATIVISTIC, penalty=R1_R2),
    "WGAN-GP": partial(gan, objective=objectives.WASSERSTEIN, penalty=objectives.gradient_penalty, d_steps=3),
    "DRAGAN": partial(gan, penalty=objectives.dragan_penalty),
    "packed": partial(gan, packed_pair),
    "minibatch deviation": partial(gan, partial(point_pair, minibatch_std=True), penalty=R1),
    "BatchNorm in D": partial(gan, normalised_pair),
    "images, dropout": partial(gan, image_pair, images, ema_decay=0.9, penalty=R1, penalty_every=2),
    "labels": partial(gan, labelled_pair, labelled_points, penalty=R1),
    "labels, relativistic": partial(gan, labelled_pair, labelled_points, objective=objectives.RELATIVISTIC),
    "auxiliary classifier": partial(gan, partial(labelled_pair, Classifier, 1 + CLASSES), labelled_points),
    "ensemble": ensemble,
    "ensemble, one stream": partial(ensemble, own_streams=False),
    "ensemble, R1 + R2": partial(ensemble, objective=objectives.RELATIVISTIC, penalty=R1_R2),
    "ensemble, feature matching": partial(ensemble, objective=objectives.FEATURE_MATCHING, ema_decay=0.9),
    "ensemble, unrolled": partial(ensemble, **unrolled(2, 0.1)),
    "ELBO": partial(vae, objectives.ELBO(beta=2, free_bits=0.1, anneal=training.linear_warm_up(0.5))),
    "IWAE": partial(vae, objectives.IWAE(5)),
    "a model": regression,
    "cycle": partial(cycle, weights=training.CycleWeights(1, 3, 2)),
    "cycle, R1": partial(cycle, penalty=R1, penalty_every=2),
    "cycle alone": partial(cycle, weights=training.CycleWeights(adversarial=0)),
}


def numbers(kind):
    """The history of a run, [steps, …], and below it how large each network's weights are at the end."""
    run = KINDS[kind]()
    networks = [getattr(run, name) for name in ("generator", "discriminator", "model", "pair") if hasattr(run, name)]
    sizes = [sum(p.detach().double().square().sum() for p in network.parameters()) for network in networks]
    if run.ema:
        sizes.append(sum(p.double().square().sum() for p in run.ema.parameters()))
    return run.rows.flatten(1).tolist() + [[float(size) for size in sizes]]


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_gives_the_stored_numbers(double, kind):
    stored, now = json.loads(STORED.read_text())[kind], numbers(kind)
    assert len(now) == len(stored)
    for row, expected in zip(now, stored, strict=True):
        assert row == pytest.approx(expected, rel=1e-9, abs=1e-12)


if __name__ == "__main__":
    torch.set_default_dtype(getattr(torch, sys.argv[2]) if len(sys.argv) > 2 else torch.float64)
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else STORED
    path.write_text(json.dumps({kind: numbers(kind) for kind in KINDS}, indent=0) + "\n")
