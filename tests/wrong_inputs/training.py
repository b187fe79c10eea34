"""Wrong inputs to `course_utils.training`, and their right neighbours."""

import tempfile
import warnings
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils import models, objectives, training
from course_utils.data import Ring, load_images
from course_utils.training import CycleWeights, every

NAN = float("nan")
RING = Ring()


def points(n):
    return RING.sample(n)


def images(n):
    return torch.rand(n, 1, 28, 28) * 2 - 1


def labelled(n):
    return points(n), torch.randint(3, (n,))


def binary(n):
    return (torch.rand(n, 1, 28, 28) > 0.5).float()


def G(**options):
    return models.PointGenerator(hidden=(8,), **options)


def D(**options):
    return models.PointDiscriminator(hidden=(8,), **options)


def gan(generator=None, discriminator=None, sample=points, **options):
    options = {"steps": 2, "batch_size": 8, "progress": False} | options
    return training.train_gan(generator or G(), discriminator or D(), sample, **options)


def image_gan(sample=images, generator=None, discriminator=None, **options):
    pair = generator or models.DCGANGenerator(4, width=2), discriminator or models.DCGANDiscriminator(width=2)
    return gan(*pair, sample, **options)


def ensemble(seeds=(1, 2), make=lambda: (G(), D()), sample=points, **options):
    return training.train_ensemble(make, sample, seeds=seeds, steps=2, batch_size=8, progress=False, **options)


def vae(network=None, sample=binary, **options):
    network = network or models.FullyConnectedVAE(4, (8,))
    return training.train_vae(network, sample, **{"steps": 2, "batch_size": 8, "progress": False} | options)


def model(network=None, sample=points, loss=lambda net, x: net(x).square().mean(), **options):
    options = {"steps": 2, "batch_size": 8, "progress": False} | options
    return training.train_model(network or nn.Linear(2, 2), sample, loss, **options)


def pair_of_domains():
    return models.CyclePair(
        models.DenseTranslator(4, (8,)), models.DenseTranslator(4, (8,)),
        models.FullyConnectedDiscriminator((8,), 4), models.FullyConnectedDiscriminator((8,), 4),
    )  # fmt: skip


def small(n):
    return torch.rand(n, 1, 4, 4) * 2 - 1


def cycle(pair=None, a=small, b=small, **options):
    options = {"steps": 2, "batch_size": 8, "progress": False} | options
    return training.train_cycle(pair or pair_of_domains(), a, b, **options)


def swapped():
    g, d = G(), D()
    return gan(g, d, g_optimizer=training.adam(d), d_optimizer=training.adam(g))


def shared():
    g, d = G(), D()
    both = torch.optim.Adam([*g.parameters(), *d.parameters()])
    return gan(g, d, g_optimizer=both)


def part():
    d = D()
    return gan(None, d, d_optimizer=torch.optim.Adam(list(d.parameters())[:1]))


def frozen(network):
    return network.requires_grad_(False)


def unrolled():
    return training.Unrolled(objectives.NON_SATURATING, 1, 0.1)


def labelled_loader():
    return DataLoader(TensorDataset(*labelled(11)), 8)


def broken(network):
    with torch.no_grad():
        next(network.parameters()).view(-1)[0] = NAN
    return network


class Through(nn.Module):
    """A network, and a function of what it returns: where a sigmoid hides."""

    def __init__(self, network: nn.Module, last):
        super().__init__()
        self.network, self.last = network, last
        self.latent_dim = getattr(network, "latent_dim", None)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.network(x))


class Told(nn.Module):
    """A pair's half that takes labels."""

    latent_dim = 2

    def __init__(self, n_out: int):
        super().__init__()
        self.net, self.n_out = nn.Linear(2, n_out), n_out

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        y = self.net(x) + 0.0 * labels[:, None]
        return y.squeeze(1) if self.n_out == 1 else y


class InTraining(Through):
    """`Through` in training mode, and the network alone in evaluation mode."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x) if self.training else self.network(x)


class Embedding(nn.Module):
    """A pair's half that knows three classes."""

    latent_dim = 2

    def __init__(self, n_out: int):
        super().__init__()
        self.net, self.classes = nn.Linear(2, n_out), nn.Embedding(3, n_out)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.net(x) + self.classes(labels)


class Naming(nn.Module):
    """An auxiliary classifier's discriminator, which is not told the label."""

    def __init__(self, classes: int):
        super().__init__()
        self.net = nn.Linear(2, 1 + classes)

    def forward(self, x: Tensor, labels: Tensor | None = None) -> tuple[Tensor, Tensor]:
        y = self.net(x)
        return y[:, 0], y[:, 1:]


def naming_gan(classes, label):
    return gan(Told(2), Naming(classes), lambda n: (points(n), label(n)))


def wide(from_call, sample=points):
    """Labels 0, and 7 from that call on."""
    calls = iter(range(99))
    return lambda n: (sample(n), torch.full((n,), 7 if next(calls) >= from_call else 0))


def class_loss(net, x, labels):
    return nn.functional.cross_entropy(net(x), labels)


class WithLabel(nn.Module):
    def __init__(self, network: nn.Module):
        super().__init__()
        self.network, self.classes = network, nn.Embedding(3, 1)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return self.network(x) + self.classes(labels).mean()


def labelled_vae():
    network = models.FullyConnectedVAE(4, (8,))
    network.encoder, network.decoder = WithLabel(network.encoder), WithLabel(network.decoder)
    return network


def decoder(last, through=Through):
    vae = models.FullyConnectedVAE(4, (8,))
    vae.decoder = through(vae.decoder, last)
    return vae


def with_last_a(last):
    pair = pair_of_domains()
    pair.discriminator_a = Through(pair.discriminator_a, last)
    return pair


def bounded(width=1):
    """A network whose outputs stay small for any input, so that a sigmoid of them comes nowhere near 0 or 1."""
    return nn.Sequential(nn.LayerNorm(2), nn.Linear(2, width))


def ending_in(last):
    return gan(discriminator=Through(bounded(), last))


def both(y):
    return torch.cat([y, -y], 1)


PROBABILITIES = {
    "a sigmoid times 1": lambda y: y.sigmoid() * 1.0,
    "a sigmoid and an epsilon": lambda y: y.sigmoid() + 1e-8,
    "1 - a sigmoid": lambda y: 1 - y.sigmoid(),
    "a sigmoid's sum over one": lambda y: y.sigmoid().sum(1),
    "sigmoids joined": lambda y: torch.cat([y.sigmoid(), y.sigmoid()])[: len(y)],
    "sigmoids stacked": lambda y: torch.stack([y.sigmoid().squeeze(1)], 1),
    "chosen sigmoids": lambda y: y.sigmoid()[torch.arange(len(y))],
    "a sigmoid where": lambda y: torch.where(y > 0, y.sigmoid(), 1e-6),
    "a sigmoid without NaN": lambda y: y.sigmoid().nan_to_num(),
    "a softmax of two": lambda y: both(y).softmax(1)[:, :1],
    "exp of a logsigmoid": lambda y: nn.functional.logsigmoid(y).exp(),
    "a scaled sigmoid": lambda y: 0.9 * y.sigmoid() + 0.05,
    "a sigmoid of small logits by hand": lambda y: 1 / (1 + (-y).exp()),
    "a product of sigmoids": lambda y: y.sigmoid() * (2 * y).sigmoid(),
    "a sigmoid in place": lambda y: y.sigmoid_().mul_(0.5),
    "a sigmoid above an epsilon": lambda y: torch.maximum(y.sigmoid(), torch.tensor(1e-6)),
}
LOG_PROBABILITIES = {
    "a logsigmoid": nn.functional.logsigmoid,
    "the log of a sigmoid": lambda y: (y.sigmoid() + 1e-8).log(),
    "a log-softmax": lambda y: both(y).log_softmax(1)[:, :1],
}
LOGITS = {
    "2 sigmoids - 1": lambda y: 2 * y.sigmoid() - 1,
    "10 sigmoids - 5": lambda y: 10 * y.sigmoid() - 5,
    "the logit of a sigmoid": lambda y: y.sigmoid().logit(),
    "a logit by hand": lambda y: y.sigmoid().log() - (1 - y.sigmoid()).log(),
    "a gate": lambda y: y * y.sigmoid(),
    "a SiLU": nn.functional.silu,
    "a ReLU": torch.relu,
    "a small tanh": lambda y: 0.005 * y.tanh(),
    "minus an exponential": lambda y: -y.exp(),
    "logits cut at 10": lambda y: y.clamp(-10, 10),
    "a sigmoid in one half of a tensor": lambda y: halves(y)[:, 1:],
}


def halves(y):
    joint = both(y)
    joint[:, 0].sigmoid_()
    return joint


class Recurrent(nn.Module):
    """A discriminator that reads the coordinates one after the other."""

    def __init__(self, layer):
        super().__init__()
        self.layer, self.last = layer(1, 4, batch_first=True), nn.Linear(4, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.layer(x[..., None])[0][:, -1])


class Attentive(nn.Module):
    """A discriminator whose coordinates look at each other."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(1, 4), nn.Linear(4, 1)
        self.attention = nn.MultiheadAttention(4, 1, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        h = self.first(x[..., None])
        return self.last(self.attention(h, h, h)[0].mean(1))


def halved(part):
    """A VAE of which one network returns its two halves as a pair."""
    network = models.FullyConnectedVAE(4, (8,))
    setattr(network, part, Through(getattr(network, part), lambda y: y.chunk(2, 1) if y.ndim == 2 else (y, y)))
    return network


def gaussian_vae(std):
    return models.FullyConnectedVAE(4, (8,), likelihood=objectives.Gaussian(std))


def with_likelihood(std):
    network = gaussian_vae(1.0)
    network.likelihood = objectives.Gaussian(std)
    return network


class OneCode(models.FullyConnectedVAE):
    """A student's VAE whose encode forgets the variance."""

    def encode(self, x, *condition):
        return super().encode(x, *condition)[0]


class Slip(training.Game):
    """A student's game whose first loss has an error."""

    def discriminator_loss(self, D, real, fake, labels):
        return D(real).mean() - D(fake.missing).mean()


class Detached(training.Game):
    """A game in which one player's loss has no graph, or `parts` parts."""

    def __init__(self, whose, parts=1):
        self.whose, self.parts = whose, parts

    def discriminator_loss(self, D, real, fake, labels):
        if self.parts > 1:
            return (D(real).mean(),) * self.parts
        return (D(fake).detach() if self.whose == "discriminator_loss" else D(fake)).mean()

    def generator_loss(self, D, real, fake, labels):
        return -D(fake.detach() if self.whose == "generator_loss" else fake).mean()


class Writing(training.Game):
    """A game that writes noise into real or generated samples."""

    def __init__(self, into):
        self.into = into

    def discriminator_loss(self, D, real, fake, labels):
        (real if self.into == "real" else fake).add_(0.1)
        return D(fake).mean() - D(real).mean()

    def generator_loss(self, D, real, fake, labels):
        return -D(fake).mean()


class Later(training.Game):
    """A game whose D's loss is passed through `last` from the third step on."""

    def __init__(self, last):
        self.last, self.calls = last, 0

    def discriminator_loss(self, D, real, fake, labels):
        self.calls += 1
        loss = D(fake) - D(real)
        return self.last(loss) if self.calls > 3 else loss.mean()

    def generator_loss(self, D, real, fake, labels):
        return -D(fake).mean()


class OddInTraining(nn.Module):
    """A discriminator that does something of its own in training mode only."""

    def __init__(self, last=lambda y: y, first=lambda x: x):
        super().__init__()
        self.network, self.last, self.first = D(), last, first

    def forward(self, x: Tensor) -> Tensor:
        return self.last(self.network(self.first(x))) if self.training else self.network(x)


class OnceInTraining(nn.Module):
    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x).mean() if self.training else self.network(x)


class Value(training.Game):
    """V(D, G) as the paper has it: D climbs, G descends."""

    def discriminator_loss(self, D, real, fake, labels):
        return nn.functional.logsigmoid(D(real)).mean() + nn.functional.logsigmoid(-D(fake)).mean()

    def generator_loss(self, D, real, fake, labels):
        return -nn.functional.logsigmoid(D(fake)).mean()


class NamesThree(nn.Module):
    """A discriminator that names one of three classes."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 4)

    def forward(self, x: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        y = self.net(x)
        return y[:, 0], y[:, 1:]


class Graphless(nn.Module):
    """Leaves no graph in evaluation mode, which saves memory there."""

    def forward(self, x: Tensor) -> Tensor:
        return x if self.training else x.detach()


def with_attribute(network, **attributes):
    for name, value in attributes.items():
        setattr(network, name, value)
    return network


def climbing(game=objectives.NON_SATURATING):
    d = D()
    return gan(None, d, objective=game, d_optimizer=torch.optim.Adam(d.parameters(), maximize=True))


def own_losses():
    """Climbed by D on purpose: V, and not minus V."""
    return objectives.Objective("climbed", lambda real, fake: real.mean() - fake.mean(), lambda fake: -fake.mean())


def without_a_rate():
    optimizer = torch.optim.SGD((d := D()).parameters(), 0.1)
    del optimizer.param_groups[0]["lr"]
    return gan(None, d, d_optimizer=optimizer)


def at_a_rate_below_0():
    d = D()
    optimizer = torch.optim.SGD(d.parameters(), 0.1)
    optimizer.param_groups[0]["lr"] = -0.1
    return gan(None, d, d_optimizer=optimizer)


def likelihood_climbed():
    net = nn.Linear(2, 2)
    optimizer = torch.optim.Adam(net.parameters(), maximize=True)
    return model(net, loss=lambda net, x: -net(x).square().mean(), optimizer=optimizer)


def with_part(network, **parts):
    for name, last in parts.items():
        setattr(network, name, Through(getattr(network, name), last))
    return network


def through_d(last):
    return gan(None, Through(D(), last))


def through_g(last):
    return gan(Through(G(), last))


def scripted():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated")
        return torch.jit.script(nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1)))


def penalty_in_place(D, real, fake):
    return D(real.add_(0.1)).square().mean()


def two_layers():
    return with_attribute(nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2)), latent_dim=2)


def freezing(whose, flag=False, start=True, **options):
    """A run with a callback that freezes, or thaws, a layer of G or of D."""
    g, d = two_layers(), nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 1))
    layer = (g if whose == "generator" else d)[0]
    layer.requires_grad_(start)
    return gan(g, d, steps=4, callbacks=[every(2, lambda run: layer.requires_grad_(flag))], **options)


def freezing_with_a_checkpoint():
    with tempfile.TemporaryDirectory() as folder:
        return freezing("generator", checkpoint=f"{folder}/run.pt")


def same_pair():
    pair = G(), D()
    return lambda: pair


def on_shared_features():
    features = frozen(nn.Linear(2, 2))
    return lambda: (G(), nn.Sequential(features, nn.Linear(2, 1)))


@torch.inference_mode()
def made_in_inference(n):
    return points(n)


def changing():
    """A sampler whose samples have one axis more from the third call on."""
    count = iter(range(99))
    return lambda n: points(n)[:, None] if next(count) > 1 else points(n)


def with_new_layers(run):
    run.generator.net = nn.Linear(2, 2)
    return run


def in_float64(run, *names):
    for name in names or ("generator", "discriminator"):
        getattr(run, name).double()
    return run


def by_sgd():
    g, d = G(), D()
    return gan(g, d, g_optimizer=torch.optim.SGD(g.parameters(), 0.1), d_optimizer=torch.optim.SGD(d.parameters(), 0.1))


def converted(optimizer, convert=lambda optimizers: None):
    """A pair that is trained, converted, and trained again by the same optimisers."""
    g, d = G(), D()
    made = {"g_optimizer": optimizer(g.parameters(), lr=0.01), "d_optimizer": optimizer(d.parameters(), lr=0.01)}
    in_float64(gan(g, d, **made))
    convert(made.values())
    return gan(g, d, _float64_data, **made)


def load_own_states(optimizers):
    for optimizer in optimizers:
        optimizer.load_state_dict(optimizer.state_dict())


class InfiniteMask(nn.Module):
    """A pair's half with a buffer of infinities and a layer that it does not use."""

    latent_dim = np.int64(2)

    def __init__(self, n_out: int):
        super().__init__()
        self.net, self.unused = nn.Linear(2, n_out), nn.Linear(3, 3)
        self.register_buffer("mask", torch.full((3, 3), -torch.inf).triu(1))

    def forward(self, x: Tensor, scale: float = 1.0) -> Tensor:
        return self.net(x) * scale


class GreyLevels(nn.Module):
    """A discriminator that takes pixels in -1 … 1 and none beyond."""

    def __init__(self):
        super().__init__()
        self.net, self.levels = nn.Linear(784, 1), nn.Embedding(256, 1)

    def forward(self, x: Tensor) -> Tensor:
        levels = ((x.detach() + 1) * 127.5).round().long()
        return self.net(x.flatten(1)) + self.levels(levels).mean((1, 2, 3))


def finished():
    return gan()


def words(optimizer=None, network=None):
    """A model with a sparse embedding."""
    network = network or nn.Sequential(nn.Embedding(5, 4, sparse=True), nn.Linear(4, 1))
    optimizer = optimizer and optimizer(list(network.parameters()))
    return model(network, lambda n: torch.randint(5, (n,)), lambda net, x: net(x).mean(), optimizer=optimizer)


class _OneRound(torch.utils.data.IterableDataset):
    def __init__(self):
        self.left = iter(points(80))

    def __iter__(self):
        return self.left


def _with_latent_dim(latent_dim):
    network = nn.Linear(2, 2)
    network.latent_dim = latent_dim
    return network


def _script_module():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is deprecated
        network = torch.jit.script(nn.Linear(2, 2))
    network.latent_dim = 2
    return network


with torch.inference_mode():
    _INFERRED = points(100)


def _diverged(network):
    next(network.parameters()).data.fill_(NAN)
    return network


def short_after(calls):
    left = [calls]

    def sample(n):
        left[0] -= 1
        return points(n if left[0] > 0 else n - 1)

    return sample


def _float64_data(n):
    return points(n).double()


def squares(real, fake):
    return (1 - real).square().mean() + fake.square().mean()


LBFGS = partial(torch.optim.LBFGS, lr=0.1)
OTHER = nn.Linear(2, 2)
BOUNDED = nn.Sequential(nn.LayerNorm(2), nn.Linear(2, 1))  # whose logits stay small for any input
DATA = points(100)
BATCHNORM = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, 1))


class Nats:
    """A likelihood of its own: what `last` makes of each pixel's logarithm."""

    def __init__(self, last):
        self.last = last

    def log_prob(self, x: Tensor, parameters: Tensor) -> Tensor:
        return self.last(-(x - parameters).square())

    def images(self, parameters: Tensor) -> Tensor:
        return parameters


def nats_of(last):
    encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 8))
    decoder = nn.Sequential(nn.Linear(4, 784), nn.Unflatten(1, (1, 28, 28)))
    return vae(models.VAE(encoder, decoder, 4, Nats(last)), images)


ROWS = [
    # --- what is drawn
    ("a short batch at the start", lambda: gan(sample=short_after(1)), r"must return 2 samples.*returned 1"),
    ("a short batch later on", lambda: gan(sample=short_after(3)), r"must return 8 samples.*returned 7"),
    ("a fixed number of samples", lambda: gan(sample=lambda n: points(64)), r"must return 2 samples.*returned 64"),
    ("a batch of nothing", lambda: gan(sample=lambda n: points(n)[:0]), r"returned 0"),
    ("one label for all", lambda: gan(Told(2), Told(1), lambda n: (points(n), torch.zeros(1).long())), "labels"),
    ("a tensor for a sampler", lambda: gan(sample=points(100)), r"sample_real must be a function.*torch.randint"),
    ("a list for a sampler", lambda: gan(sample=[points(8)]), "sample_real must be a function.*list.*DataLoader"),
    ("an image set for a sampler", lambda: image_gan(load_images("digits")), r"pass its method \.batch"),
    ("a toy for a sampler", lambda: gan(sample=RING), r"pass its method \.sample"),
    ("a data set for a sampler", lambda: gan(sample=TensorDataset(points(9))), "sample_real must be a function"),
    ("None for a sampler", lambda: gan(sample=None), "sample_real must be a function"),
    ("a numpy batch", lambda: gan(sample=lambda n: points(n).numpy()), r"returns a numpy.ndarray.*torch.as_tensor"),
    ("a list of points", lambda: gan(sample=lambda n: points(n).tolist()), "returns a list"),
    ("float64 data", lambda: gan(sample=_float64_data), "torch.float64.*torch.float32"),
    ("bytes", lambda: image_gan(lambda n: torch.zeros(n, 1, 28, 28, dtype=torch.uint8)), r"torch.uint8.*127\.5"),
    ("NaN in the data", lambda: gan(sample=lambda n: points(n) * NAN), "samples hold NaN.*sample_real"),
    ("three tensors", lambda: gan(Told(2), Told(1), lambda n: (*labelled(n), points(n))), "returns 3 tensors"),
    ("labels without use", lambda: gan(sample=labelled), "the data come with labels.*takes none"),
    ("no labels where they are needed", lambda: gan(Told(2), Told(1)), "the generator cannot take"),
    ("images in 0 … 1 against tanh", lambda: image_gan(lambda n: images(n) / 2 + 0.5), r"tanh.*pass 2 \* x - 1"),
    ("images in 0 … 255 against tanh", lambda: image_gan(lambda n: (images(n) + 1) * 127), "tanh.*scale the data"),
    (
        "images in −1 … 1 against a sigmoid",
        lambda: image_gan(generator=Through(models.DCGANGenerator(4, width=2), lambda y: (y + 1).sigmoid())),
        "ends in a sigmoid",
    ),
    (
        "a tanh in forward",
        lambda: gan(Through(G(), lambda y: torch.tanh(y).repeat(1, 8)), nn.Linear(16, 1), lambda n: torch.rand(n, 16)),
        r"tanh.*2 \* x - 1",
    ),
    ("data of another shape", lambda: gan(sample=lambda n: torch.randn(n, 3)), r"samples of shape \(2,\).*\(3,\)"),
    ("32 pixels", lambda: image_gan(lambda n: torch.rand(n, 1, 32, 32) * 2 - 1), r"\(1, 28, 28\).*\(1, 32, 32\)"),
    (
        "colours in a D for one channel",
        lambda: image_gan(
            lambda n: torch.rand(n, 3, 28, 28) * 2 - 1, models.DCGANGenerator(4, width=2, channels=3),
            models.DCGANDiscriminator(width=2),
        ),
        r"the discriminator cannot take|channels",
    ),
    ("an empty DataLoader", lambda: gan(sample=DataLoader(TensorDataset(points(3)), 8, drop_last=True)), "no batches"),
    # --- networks
    *[
        (f"D returns {what}", partial(through_d, last), "what the discriminator returns must be one")
        for what, last in {
            "a list": lambda y: [y], "a dict": lambda y: {"logits": y}, "None": lambda y: None,
            "whole numbers": Tensor.int, "an array": lambda y: y.detach().numpy(), "complex numbers": lambda y: y + 0j,
        }.items()
    ],
    *[
        (f"G returns {what}", partial(through_g, last), "what the generator returns must be one")
        for what, last in {
            "a tuple": lambda y: (y, y), "None": lambda y: None, "whole numbers": Tensor.int,
            "complex numbers": lambda y: y + 0j,
        }.items()
    ],
    ("a judge of one verdict for all in training", lambda: cycle(with_attribute(
        p := pair_of_domains(), discriminator_b=OnceInTraining(p.discriminator_b))), r"returns \(\) in training mode"),
    ("a translator that returns None", lambda: cycle(with_part(pair_of_domains(), to_b=lambda y: None)),
     "what to_b returns must be one tensor"),
    ("a judge that returns a dict", lambda: cycle(with_part(pair_of_domains(), discriminator_a=lambda y: {"y": y})),
     "what discriminator_a returns must be one tensor"),
    ("one logit for all in training", lambda: gan(None, OddInTraining(Tensor.mean)), r"returns \(\) in training mode"),
    ("a pair in training alone", lambda: gan(None, OddInTraining(lambda y: (y, y))), "in training it returns tuple of"),
    ("a D that clamps its input in place", lambda: gan(None, nn.Sequential(nn.Hardtanh(inplace=True), D())),
     "the discriminator changes its input in place"),
    ("a D that adds noise in place", lambda: gan(None, OddInTraining(first=lambda x: x.add_(0.1))), "in place"),
    ("a judge that clamps its input in place", lambda: cycle(with_attribute(
        p := pair_of_domains(), discriminator_a=nn.Sequential(nn.ReLU(True), p.discriminator_a))),
     "discriminator_a changes"),
    ("a translator that clamps its input in place", lambda: cycle(with_attribute(
        p := pair_of_domains(), to_a=nn.Sequential(nn.ReLU(True), p.to_a))), "to_a changes"),
    ("an encoder that clamps its input in place", lambda: vae(with_attribute(
        v := models.FullyConnectedVAE(4, (8,)), encoder=nn.Sequential(nn.ReLU(True), v.encoder))), "encoder changes"),
    ("a generator that is detached", lambda: gan(Through(G(), Tensor.detach)), "generator returns does not depend"),
    ("an encoder that adds noise in place", lambda: vae(with_attribute(v := models.FullyConnectedVAE(4, (8,)),
     encoder=nn.Sequential(nn.Dropout(inplace=True), v.encoder))), "in training mode, changes its input in place"),
    ("an encoder that is detached", lambda: vae(with_part(models.FullyConnectedVAE(4, (8,)), encoder=Tensor.detach)),
     "encoder returns does not depend on its weights"),
    ("a decoder that is detached", lambda: vae(decoder(Tensor.detach)), "decoder returns does not depend on its"),
    ("a translator that is detached", lambda: cycle(with_part(pair_of_domains(), to_a=Tensor.detach)),
     "to_a returns does not depend on its weights"),
    ("a latent_dim of 2.0", lambda: gan(with_attribute(G(), latent_dim=2.0)), "latent_dim must be a whole number"),
    ("no network", lambda: gan(generator=lambda z: z), "the generator must be a network"),
    ("a class for a network", lambda: gan(discriminator=nn.Linear), "the discriminator must be a network"),
    ("NaN in the data of a VAE", lambda: vae(sample=lambda n: binary(n) * NAN), "samples hold NaN.*what sample"),
    ("NaN in a domain", lambda: cycle(b=lambda n: small(n) * NAN), "samples hold NaN.*what sample_b"),
    ("sparse data", lambda: gan(sample=lambda n: points(n).to_sparse()), r"sparse tensors.*to_dense"),
    *(
        (
            f"a DataLoader of unequal sizes, {n} at a time",
            partial(lambda n: gan(sample=DataLoader([torch.zeros(2), torch.zeros(3)], n)), n),
            "samples must have one shape",
        )
        for n in (1, 2)
    ),
    ("a data set for one round", lambda: gan(sample=DataLoader(_OneRound(), 8), steps=20), "anew in each __iter__"),
    ("SparseAdam", lambda: words(torch.optim.SparseAdam), "SparseAdam takes sparse gradients alone.*take Adam"),
    ("Adam for a sparse embedding", lambda: words(), "takes no sparse gradients.*leave sparse out"),
    ("an average of a function", lambda: training.AveragedModel(torch.tanh, 0.9), "model must be Module"),
    ("an average of no weights", lambda: training.AveragedModel(nn.Flatten(), 0.9), "has no weights to average"),
    ("data for no weights", lambda: training.Batches.of(points, nn.Flatten(), "x"), "Flatten has no weights"),
    ("a checkpoint of no name", lambda: gan(checkpoint="a\0b"), "checkpoint must be the path"),
    ("a latent_dim of 2.0", lambda: gan(_with_latent_dim(2.0)), "latent_dim must be a whole number.*not 2.0"),
    *(
        (f"{schedule.__name__} after the end", partial(schedule, 2.0), r"progress must be in \[0, 1\], not 2.0")
        for schedule in (
            training.linear_decay,
            training.cosine_decay,
            training.decay_after(0.5),
            training.linear_warm_up(0.5),
        )
    ),
    ("no latent_dim", lambda: gan(generator=nn.Linear(2, 2)), "attribute latent_dim"),
    ("two discriminators", lambda: gan(generator=D()), "attribute latent_dim"),
    ("a frozen generator", lambda: gan(frozen(G())), "the generator has nothing to train"),
    ("a frozen discriminator", lambda: gan(discriminator=frozen(D())), "the discriminator has nothing to train"),
    ("no weights", lambda: model(nn.Flatten()), "the model has nothing to train"),
    ("lazy layers", lambda: gan(discriminator=nn.LazyLinear(1)), "lazy layers"),
    ("NaN in a weight of G", lambda: gan(broken(G())), "the generator's weight .* NaN"),
    ("NaN in a weight of D", lambda: gan(discriminator=broken(D())), "the discriminator's weight .* NaN"),
    ("NaN in a model", lambda: model(broken(nn.Linear(2, 2))), "the model's weight .* NaN"),
    ("seven logits", lambda: gan(discriminator=nn.Linear(2, 7)), "one logit a sample"),
    ("one logit for all", lambda: gan(discriminator=Through(D(), lambda y: y.mean())), "one logit a sample"),
    ("a last sigmoid", lambda: gan(discriminator=nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())), "ends in a sigmoid"),
    ("a sigmoid in forward", lambda: gan(discriminator=Through(D(), torch.sigmoid)), "ends in a sigmoid"),
    ("a sigmoid and a squeeze", lambda: gan(discriminator=Through(nn.Linear(2, 1), lambda y: y.sigmoid().squeeze(1))),
     "ends in a sigmoid"),
    ("a hard sigmoid", lambda: gan(discriminator=Through(D(), nn.functional.hardsigmoid)), "ends in a sigmoid"),
    ("a sigmoid by hand", lambda: gan(discriminator=Through(D(), lambda y: 1 / (1 + (-y).exp()))), "ends in a sigmoid"),
    ("half a tanh", lambda: gan(discriminator=Through(D(), lambda y: 0.5 * y.tanh() + 0.5)), "ends in a sigmoid"),
    *[
        (what, partial(ending_in, last), "ends in a sigmoid")
        for what, last in PROBABILITIES.items()
    ],
    *[
        (what, partial(ending_in, last), "returns log-probabilities")
        for what, last in LOG_PROBABILITIES.items()
    ],
    ("a sigmoid in training alone", lambda: gan(discriminator=InTraining(nn.Linear(2, 1), torch.sigmoid)),
     "the discriminator ends in a sigmoid"),
    ("logits that are cut to 0 … 1", lambda: gan(discriminator=Through(D(), lambda y: y.clamp(0, 1))),
     "ends in a clamp, so it returns probabilities"),
    ("one of a pair stacked", lambda: gan(models.stack([G(), G()])), "either both networks are stacked"),
    # --- optimisers
    ("optimisers exchanged", swapped, "g_optimizer holds weights of the discriminator"),
    ("one optimiser for both", shared, "g_optimizer holds weights of the discriminator"),
    ("G's optimiser of another G", lambda: gan(g_optimizer=training.adam(G())), "none of the generator's weights"),
    ("D's optimiser of another D", lambda: gan(d_optimizer=training.adam(D())), "none of the discriminator's weights"),
    ("D's optimiser of a part", part, "weights are missing"),
    ("a function for an optimiser", lambda: gan(g_optimizer=training.adam), "g_optimizer must be a torch optimiser"),
    ("a rate for an optimiser", lambda: gan(d_optimizer=1e-3), "d_optimizer must be a torch optimiser"),
    ("an optimiser that asks for the loss", lambda: model(net := nn.Linear(2, 2), optimizer=LBFGS(net.parameters())),
     "LBFGS calls the loss itself"),
    ("an optimiser without a rate", without_a_rate, 'd_optimizer has a group without a rate "lr"'),
    ("an optimiser that climbs", climbing, "d_optimizer has maximize=True"),
    ("a VAE's optimiser that climbs", lambda: vae(v := models.FullyConnectedVAE(4, (8,)), optimizer=torch.optim.Adam(
        v.parameters(), maximize=True)), "optimizer has maximize=True"),
    ("a rate below 0", at_a_rate_below_0, "the learning rate of d_optimizer must be at least 0"),
    ("a VAE's optimiser of another", lambda: vae(optimizer=training.adam(nn.Linear(1, 1))), "none of the model's"),
    ("a model's optimiser of another", lambda: model(optimizer=training.adam(nn.Linear(2, 2))), "none of the model's"),
    ("a cycle's optimisers", lambda: cycle(p := pair_of_domains(), g_optimizer=training.adam(p)),
     "g_optimizer holds weights of the discriminators"),
    ("a made optimiser for an ensemble", lambda: ensemble(g_optimizer=training.adam(G())), "g_optimizer must be"),
    ("no weights for Adam", lambda: training.adam(nn.Flatten()), "no weights"),
    ("no module for Adam", lambda: training.adam([1, 2]), "module must be"),
    ("a negative rate", lambda: training.adam(G(), lr=-1.0), "lr must be at least 0"),
    ("a rate that is NaN", lambda: training.adam(G(), lr=NAN), "lr must be"),
    ("a beta of 1", lambda: training.adam(G(), betas=(0.5, 1.0)), "betas must be"),
    ("betas in a set", lambda: training.adam(G(), betas={0.5, 0.9}), "betas must be two numbers"),
    ("one beta", lambda: training.adam(G(), betas=0.5), "betas must be two numbers"),
    ("a clipping limit of 0", lambda: training.clip_weights(training.adam(D()), 0.0), "limit"),
    ("a clipping limit that is NaN", lambda: training.clip_weights(training.adam(D()), NAN), "limit"),
    ("a network for clipping", lambda: training.clip_weights(D(), 0.1), "optimizer"),
    ("weights converted after the first step", lambda: converted(torch.optim.Adam), "remembers weights in torch.float"),
    ("AdamW before a conversion", lambda: converted(torch.optim.AdamW), r"load_state_dict\(g_optimizer.state_dict\(\)"),
    ("going on in another precision", lambda: training.go_on(in_float64(finished()), 1), "torch.float32 on cpu"),
    ("going on with half of it", lambda: training.go_on(in_float64(finished(), "discriminator"), 1), "d_optimizer rem"),
    ("going on in another precision by SGD", lambda: training.go_on(in_float64(by_sgd()), 1), "convert them back"),
    # --- numbers
    *[
        (f"{name} {value!r}", partial(gan, **{name: value}), f"{name} must be (a whole number|at least 1)")
        for name in ("steps", "batch_size", "d_steps", "penalty_every", "checkpoint_every")
        for value in (0, -1, 2.5, "3", True)
    ],
    ("steps None", lambda: gan(steps=None), "steps must be a whole number"),
    ("a seed 1.5", lambda: gan(seed=1.5), "seed must be a whole number"),
    ("a seed in words", lambda: gan(seed="one"), "seed"),
    ("two seeds for one pair", lambda: gan(seed=[1, 2]), "use train_ensemble"),
    ("a VAE's seed", lambda: vae(seed=None), "seed must be a whole number"),
    ("equal seeds", lambda: ensemble([1, 1, 1]), "the seeds of an ensemble must differ, and 1 is there 3 times"),
    ("no seeds", lambda: ensemble([]), "at least one seed"),
    ("one number for seeds", lambda: ensemble(3), "at least one seed"),
    ("a seed of an ensemble 0.5", lambda: ensemble([0.5, 1]), "each seed must be a whole number"),
    ("an EMA decay of 1", lambda: gan(ema_decay=1.0), "ema_decay must be"),
    ("an EMA decay that is NaN", lambda: gan(ema_decay=NAN), "ema_decay must be"),
    ("an EMA of True", lambda: gan(ema_decay=True), "ema_decay must be"),
    ("packs that do not divide", lambda: gan(None, models.Packed(D(dim=8), 4), batch_size=10), "multiple of 4"),
    # --- functions and names
    ("an unknown engine", lambda: gan(engine="warp"), "unknown engine 'warp'"),
    ("a graph on a CPU", lambda: gan(engine="cuda_graph"), "cannot be captured"),
    ("a schedule that is a number", lambda: gan(schedule=0.5), "schedule must be a function"),
    ("a negative schedule", lambda: gan(schedule=lambda p: -1.0), "what a schedule returns must be at least 0"),
    ("a schedule of NaN", lambda: gan(schedule=lambda p: NAN), "what a schedule returns must be"),
    ("a schedule of nothing", lambda: gan(schedule=lambda p: None), "what a schedule returns must be"),
    ("a late decay", lambda: training.decay_after(1.0), "within the run"),
    ("a decay that starts at NaN", lambda: training.decay_after(NAN), "start must be"),
    ("a warm-up of nothing", lambda: training.linear_warm_up(0.0), "within the run"),
    ("a warm-up beyond the end", lambda: training.linear_warm_up(1.5), "within the run"),
    ("a function for callbacks", lambda: gan(callbacks=print), "callbacks must say when they are due"),
    ("bare functions as callbacks", lambda: gan(callbacks=[print]), "callbacks must say when they are due"),
    ("one callback", lambda: gan(callbacks=every(1, print)), "callbacks must say when they are due"),
    ("an interval of 0", lambda: every(0, print), "interval"),
    ("an interval of 1.5", lambda: every(1.5, print), "interval"),
    ("a callback that is none", lambda: every(1, None), "a callback must be"),
    ("an objective's name", lambda: gan(objective="hinge"), "objective must be an Objective"),
    ("a loss for an objective", lambda: gan(objective=objectives.wasserstein_critic_loss), "objective must be"),
    ("a penalty's name", lambda: gan(penalty="R1"), "penalty must be a function"),
    ("a penalty through BatchNorm", lambda: gan(None, BATCHNORM, penalty=objectives.r1_penalty), "BatchNorm1d"),
    ("a partial through BatchNorm", lambda: gan(None, BATCHNORM, penalty=partial(objectives.r2_penalty, gamma=2)),
     "BatchNorm1d"),
    ("features that are not there", lambda: gan(objective=objectives.FEATURE_MATCHING, discriminator=nn.Linear(2, 1)),
     r"features\(x\)"),
    ("a class loss of weight −1", lambda: training.AuxiliaryClassifier(objectives.NON_SATURATING, -1), "weight"),
    ("a D that names no class", lambda: gan(objective=training.AuxiliaryClassifier(objectives.HINGE)), "class_logits"),
    ("three verdicts", lambda: gan(discriminator=Through(D(), lambda y: (y, y, y))), "not 3 tensors"),
    ("a sigmoid that is copied", lambda: gan(discriminator=Through(BOUNDED, lambda y: y.sigmoid().clone())),
     "ends in a sigmoid"),
    ("a sigmoid that is clamped", lambda: gan(discriminator=Through(BOUNDED, lambda y: y.sigmoid().clamp(0.01, 0.99))),
     "ends in a sigmoid"),
    ("the mean of sigmoids", lambda: gan(discriminator=Through(nn.Linear(2, 4), lambda y: y.sigmoid().mean(1))),
     "ends in a sigmoid"),
    ("logits [n, 1, 1, 1]", lambda: gan(discriminator=Through(nn.Linear(2, 1), lambda y: y[..., None, None])),
     "flatten it"),
    ("a game whose G is detached", lambda: gan(objective=Detached("generator_loss")), "generated samples, so nothing"),
    ("a game whose D is detached", lambda: gan(objective=Detached("discriminator_loss")), "weights, so nothing"),
    ("a game of three losses", lambda: gan(objective=Detached("discriminator_loss", 3)), "a loss, or .loss, extra."),
    ("a penalty for each sample", lambda: gan(penalty=lambda D, real, fake: D(real)), "a penalty must return one"),
    ("a penalty that is a float", lambda: gan(penalty=lambda D, real, fake: 3.0), "a penalty must return one number"),
    ("a penalty that returns nothing", lambda: gan(penalty=lambda D, real, fake: None), "a penalty must return one"),
    ("samples that change shape", lambda: gan(sample=changing()), "samples of a run must have one shape"),
    ("a DataLoader of dicts", lambda: gan(sample=DataLoader([{"x": x} for x in points(9)], 8)),
     "not dict: choose a part"),
    ("training without gradients", torch.no_grad()(lambda: gan()), "without gradients"),
    ("training in inference mode", torch.inference_mode()(lambda: gan()), "without gradients"),
    ("training inside autocast", torch.autocast("cpu", torch.bfloat16)(lambda: gan()), "pass autocast=True"),
    ("a game with a slip", lambda: gan(objective=Slip()), "Slip.discriminator_loss fails on two samples"),
    ("unrolling nothing", lambda: training.Unrolled(objectives.HINGE, 0, 0.1), "steps must be at least 1"),
    ("unrolling at rate NaN", lambda: training.Unrolled(objectives.HINGE, 1, NAN), "lr must be"),
    ("unrolling features", lambda: training.Unrolled(objectives.FEATURE_MATCHING, 1, 0.1), "feature matching"),
    ("unrolling a name", lambda: training.Unrolled("hinge", 1, 0.1), "objective must be"),
    ("True for a checkpoint", lambda: gan(checkpoint=True), "checkpoint must be the path"),
    ("0 for a checkpoint, which is not False", lambda: gan(checkpoint=0), "checkpoint must be the path"),
    ("an empty path", lambda: gan(checkpoint=""), "checkpoint must be the path"),
    # --- labels
    ("more classes than D", lambda: naming_gan(5, lambda n: torch.arange(n) % 10), "to 7, and .* names 5 classes"),
    ("labels that are to be ignored", lambda: naming_gan(5, lambda n: torch.full((n,), -100)), "range from -100"),
    ("more classes than in an embedding", lambda: gan(Embedding(2), Embedding(1), wide(0)),
     r"the generator cannot take .* int64 \[2\] from 7 to 7: index out of range"),
    ("a label beyond an embedding later on", lambda: gan(Embedding(2), Embedding(1), wide(2)),
     r"step 2 asks for a place that is not there \(index out of range.*labels beyond"),
    ("a class later on that the model has not", lambda: model(nn.Linear(2, 3), wide(2), class_loss), "step 2 asks"),
    ("a label beyond a VAE's embedding", lambda: vae(labelled_vae(), wide(0, binary)), "cannot take .* from 7 to"),
    ("a label beyond a VAE's embedding later on", lambda: vae(labelled_vae(), wide(3, binary)), "step 2 asks"),
    ("a game that changes the generated", lambda: gan(objective=Writing("fake")), "changes its input in place"),
    ("a game that changes the real", lambda: gan(objective=Writing("real")), "changes its input in place"),
    ("a cycle's game that changes the real", lambda: cycle(objective=Writing("real")), "changes its input in place"),
    ("a penalty that changes the real", lambda: gan(penalty=penalty_in_place), "the penalty changes its input"),
    ("a cycle's penalty that changes the real", lambda: cycle(penalty=penalty_in_place), "the penalty changes"),
    ("a loss of many numbers, later", lambda: gan(steps=5, objective=Later(lambda loss: loss)), "in every step"),
    ("three losses, later", lambda: gan(steps=5, objective=Later(lambda loss: (loss.mean(),) * 3)), "in every step"),
    ("a float for a loss, later", lambda: gan(steps=5, objective=Later(lambda loss: 3.0)), "in every step"),
    ("a loss without a graph, later", lambda: gan(steps=5, objective=Later(lambda loss: loss.detach().mean())),
     "discriminator has no graph"),
    ("freezing with a checkpoint", freezing_with_a_checkpoint, "frozen or thawed.*train in two parts"),
    ("thawing what is in no optimiser", lambda: (g := two_layers(), frozen(g[0]), gan(
        g, g_optimizer=torch.optim.Adam(g[2].parameters()), callbacks=[every(1, lambda run: g.requires_grad_(True))])),
     "weights are missing"),
    ("freezing all", lambda: gan(g := G(), steps=4, callbacks=[every(2, lambda run: frozen(g))]), "nothing to train"),
    ("a sampler without n", lambda: gan(sample=lambda: points(8)), "sample_real must be .*called with 1 argument,"),
    ("a schedule without progress", lambda: gan(schedule=lambda: 1.0), "schedule must be .*called with 1 argument,"),
    ("a callback without a run", lambda: every(1, lambda: None), "a callback must be .*called with 1 argument,"),
    ("a penalty of two", lambda: gan(penalty=lambda D, real: real.sum()), "penalty must be .*called with 3 arguments"),
    ("a penalty's number by another name", lambda: gan(penalty=partial(objectives.r1_penalty, weight=1.0)),
     "penalty must be .*unexpected keyword argument 'weight'"),
    ("annealing without progress", lambda: objectives.ELBO(anneal=lambda: 1.0), "anneal must be .*with 1 argument"),
    # --- VAE, model, cycle, ensemble
    ("a loss that changes the data",
     lambda: model(sample=lambda n: DATA[:n], loss=lambda net, x: net(x.add_(1)).mean()),
     "changes its batch in place"),
    ("grey pixels under a Bernoulli likelihood", lambda: vae(sample=lambda n: torch.rand(n, 1, 28, 28)), "Bernoulli"),
    ("a VAE that is none", lambda: vae(nn.Linear(2, 2)), "vae must be VAE"),
    ("a VAE's objective by name", lambda: vae(objective="ELBO"), "objective must be ELBO or IWAE"),
    ("32 pixels in a VAE for 28", lambda: vae(sample=lambda n: (torch.rand(n, 1, 32, 32) > 0.5).float()), "28|32"),
    ("probabilities from a decoder", lambda: vae(decoder(torch.sigmoid)), "the decoder ends in a sigmoid"),
    ("an encoder of two tensors", lambda: vae(halved("encoder")), "must return one tensor"),
    ("a decoder of two tensors", lambda: vae(halved("decoder")), "must return one tensor"),
    *[
        (f"a likelihood of {what}", partial(nats_of, last), "log_prob must return one number an image")
        for what, last in {"each pixel": lambda y: y, "the batch": torch.mean, "nothing": lambda y: None}.items()
    ],
    ("a likelihood that is detached", lambda: nats_of(lambda y: y.detach().flatten(1).sum(1)), "log_likelihood"),
    ("a likelihood with layers", lambda: nats_of(nn.Linear(784, 1)), "last wants a gradient, .* must be an nn.Module"),
    ("an encode of one tensor", lambda: vae(OneCode(4, (8,))), "encode must return a pair of tensors, .*not torch"),
    ("a decoder's scaled sigmoid", lambda: vae(decoder(lambda y: 0.9 * y.sigmoid() + 0.05)), "the decoder ends in"),
    ("a decoder's sigmoid in training alone", lambda: vae(decoder(torch.sigmoid, InTraining)), "the decoder ends in"),
    ("a cycle's sigmoid", lambda: cycle(with_last_a(lambda y: 1 - y.sigmoid())), "discriminator_a ends in a sigmoid"),
    ("a spread set later on", lambda: vae(with_likelihood(nn.Parameter(torch.tensor(1.0))), images), "std wants a"),
    ("a spread that is computed", lambda: vae(gaussian_vae(nn.Parameter(torch.zeros(())).exp()), images), "nn.Param"),
    ("negative annealing", lambda: vae(objective=objectives.ELBO(anneal=lambda p: -1.0)), "annealing returns must be"),
    ("bytes for a VAE", lambda: vae(sample=lambda n: binary(n).byte()), "torch.uint8"),
    ("a loss that is no function", lambda: model(loss=3.0), "loss must be a function"),
    ("a loss of many numbers", lambda: model(loss=lambda net, x: net(x).square()), "loss must be one number"),
    ("a loss that is a float", lambda: model(loss=lambda net, x: 3.0), "loss must be one number"),
    ("no losses", lambda: model(loss=lambda net, x: {}), "empty dict"),
    ("a loss of another network", lambda: model(loss=lambda net, x: OTHER(x).mean()), "nothing would be"),
    ("a loss that is detached", lambda: model(loss=lambda net, x: net(x).detach().mean()), "nothing would be trained"),
    ("a measure before the loss", lambda: model(loss=lambda net, x: {"n": x.mean(), "loss": net(x).mean()}),
     "n, which is minimised, does not depend"),
    ("a loss with another argument", lambda: model(loss=lambda net: net.weight.sum()), "the loss cannot take"),
    ("data of another width", lambda: model(sample=lambda n: torch.randn(n, 5)), "the loss cannot take"),
    ("a short batch for a model", lambda: model(sample=short_after(2)), "must return 8 samples.*returned 7"),
    ("no pair of domains", lambda: cycle(nn.Linear(2, 2)), "pair must be CyclePair"),
    ("weights of nothing", lambda: CycleWeights(0, 0, 0), "one of the weights must be above 0"),
    ("a negative weight", lambda: CycleWeights(cycle=-1), "cycle must be at least 0"),
    ("a weight that is NaN", lambda: CycleWeights(identity=NAN), "identity must be"),
    ("a weight for weights", lambda: cycle(weights=10.0), "weights must be CycleWeights"),
    ("domains of two sizes", lambda: cycle(b=lambda n: torch.rand(n, 1, 5, 5)), "cannot take|its domain has"),
    ("labels in a domain", lambda: cycle(a=lambda n: (small(n), torch.zeros(n).long())), "without labels"),
    ("domains in 0 … 1", lambda: cycle(a=lambda n: torch.rand(n, 1, 4, 4), b=lambda n: torch.rand(n, 1, 4, 4)),
     r"2 \* x - 1"),
    ("one pair for all members", lambda: ensemble(make=same_pair()), "the same network twice"),
    ("a pair made of a seed", lambda: ensemble(make=lambda seed: (G(), D())), "make_networks must be .*0 arguments"),
    ("one network for a pair", lambda: ensemble(make=G), "must return two networks"),
    ("three networks for a pair", lambda: ensemble(make=lambda: (G(), D(), D())), "must return two networks"),
    ("networks for make_networks", lambda: ensemble(make=(G(), D())), "make_networks must be"),
    ("labels in an ensemble", lambda: ensemble(sample=labelled), "without labels"),
    # --- runs
    ("going on after the end", lambda: training.go_on(finished()), "say how many more"),
    ("going on for −1 steps", lambda: training.go_on(finished(), steps=-1), "steps must be at least 1"),
    ("going on with a network", lambda: training.go_on(G(), steps=1), "the run that a train_… function returned"),
    ("going on with a bare callback", lambda: training.go_on(finished(), steps=1, callbacks=[print]), "callbacks"),
    ("going on from a callback", lambda: gan(callbacks=[every(1, lambda run: training.go_on(run, 1))]), "a callback"),
    ("going on with another layer", lambda: training.go_on(with_new_layers(finished()), 1), "g_optimizer holds none"),
    ("no samples", lambda: finished().sample(0), "n must be at least 1"),
    ("2.5 samples", lambda: finished().sample(2.5), "n must be a whole number"),
    ("samples of a seed 0.5", lambda: finished().sample(2, seed=0.5), "seed must be a whole number"),
    ("labels without a condition", lambda: finished().sample(2, labels=torch.arange(2)), "trained without labels"),
    ("samples of a diverged G", lambda: finished().sample(2, generator=_diverged(G())), "samples must be finite"),
    ("samples of a discriminator", lambda: finished().sample(2, generator=D()), "latent_dim"),
    ("no labels for a condition", lambda: gan(Told(2), Told(1), labelled).sample(2), "needs labels="),
    ("labels in a list", lambda: gan(Told(2), Told(1), labelled).sample(2, labels=[0, 1]), "int64 tensor"),
    ("an average without a network", lambda: training.AveragedModel(G(), 0.0), "ema_decay must be"),
    ("a game without losses", lambda: gan(objective=training.Plain("hinge")), "objective"),
]  # fmt: skip

RIGHT = [
    ("own losses that D climbs", lambda: climbing(own_losses())),
    ("numpy's counts and seeds", lambda: gan(steps=np.int64(2), batch_size=np.int32(8), seed=np.int64(3))),
    ("torch's counts", lambda: gan(steps=torch.tensor(2), d_steps=torch.tensor(1))),
    ("seeds in a range", lambda: ensemble(range(2))),
    ("numpy's seeds", lambda: ensemble(np.arange(2))),
    ("a last batch of a DataLoader", lambda: gan(sample=DataLoader(TensorDataset(points(11)), 8))),
    ("data that reach −1", lambda: image_gan(lambda n: torch.full((n, 1, 28, 28), -1.0))),
    ("bright data", lambda: image_gan(lambda n: torch.rand(n, 1, 28, 28) / 2 + 0.5)),
    ("points in the unit square", lambda: gan(Through(G(), torch.tanh), D(), lambda n: torch.rand(n, 2))),
    ("a D that ends in tanh", lambda: gan(discriminator=Through(D(), torch.tanh))),
    ("a D that starts at 0", lambda: gan(discriminator=Through(D(), lambda y: y * 0.0))),
    ("small logits after a LayerNorm", lambda: gan(discriminator=nn.Sequential(nn.LayerNorm(2), nn.Linear(2, 1)))),
    ("a frozen layer", lambda: gan(discriminator=nn.Sequential(frozen(nn.Linear(2, 4)), nn.ReLU(), nn.Linear(4, 1)))),
    ("a frozen layer in G", lambda: gan(Through(G(), frozen(nn.Linear(2, 2))))),
    ("a latent_dim that is a tensor", lambda: gan(_with_latent_dim(torch.tensor(2))).sample(2)),
    ("betas of numpy", lambda: training.adam(G(), betas=np.array([0.0, 0.9]))),
    ("SGD for a sparse embedding", lambda: words(partial(torch.optim.SGD, lr=0.1))),
    ("SparseAdam for an embedding alone", lambda: words(torch.optim.SparseAdam, nn.Embedding(5, 1, sparse=True))),
    ("an average of a ScriptModule", lambda: gan(_script_module(), ema_decay=0.9)),
    ("data made in inference_mode", lambda: model(sample=lambda n: _INFERRED[:n])),
    ("schedules at both ends, of numpy", lambda: (training.linear_decay(np.float32(1)), training.cosine_decay(0))),
    ("networks and data in float64", lambda: gan(G().double(), D().double(), _float64_data).sample(2, seed=1)),
    ("a tuple of callbacks", lambda: gan(callbacks=(every(1, type),))),
    ("BatchNorm without a penalty", lambda: gan(None, BATCHNORM)),
    ("a penalty on the weights", lambda: gan(penalty=lambda D, real, fake: next(D.parameters()).square().sum())),
    ("a rate of 0", lambda: training.adam(G(), lr=0)),
    ("class labels for a model", lambda: model(None, labelled, lambda net, x, y: (net(x)[:, 0] - y).mean())),
    ("a mask of infinities", lambda: gan(InfiniteMask(2), InfiniteMask(1), ema_decay=0.9)),
    ("unrolling an unused layer", lambda: gan(None, InfiniteMask(1), objective=unrolled())),
    ("a DataLoader's labels for an optional argument", lambda: gan(InfiniteMask(2), None, labelled_loader())),
    ("a D for grey levels alone", lambda: image_gan(discriminator=GreyLevels())),
    ("a penalty that is zero", lambda: gan(penalty=lambda D, real, fake: real.new_zeros(()))),
    *[(what, partial(lambda last: gan(discriminator=Through(bounded(), last)), last)) for what, last in LOGITS.items()],
    ("a GLU in D", lambda: gan(discriminator=nn.Sequential(nn.Linear(2, 8), nn.GLU(), nn.Linear(4, 1)))),
    ("a GLU as D's last layer", lambda: gan(discriminator=nn.Sequential(nn.Linear(2, 2), nn.GLU()))),
    ("sigmoids inside D", lambda: gan(discriminator=nn.Sequential(nn.Linear(2, 8), nn.Sigmoid(), nn.Linear(8, 1)))),
    ("an LSTM for D", lambda: gan(discriminator=Recurrent(nn.LSTM))),
    ("a GRU for D", lambda: gan(discriminator=Recurrent(nn.GRU))),
    ("a GRU's cell for D", lambda: gan(discriminator=nn.GRUCell(2, 1))),
    ("attention in D", lambda: gan(discriminator=Attentive())),
    *[
        (
            f"targets 0 and 1, and a D that is cut there: {what}",
            partial(lambda cut, loss: gan(discriminator=Through(D(), cut), objective=loss), cut, loss),
        )
        for what, cut, loss in (
            ("least squares", lambda y: y.clamp(0, 1), objectives.LEAST_SQUARES),
            ("smoothed", lambda y: y.clamp(0, 1), objectives.LEAST_SQUARES.label_smoothed(0.1)),
            ("a hardtanh", lambda y: nn.functional.hardtanh(y, 0.0, 1.0), objectives.LEAST_SQUARES),
            ("a game", lambda y: y.clamp(0, 1), training.Plain(objectives.LEAST_SQUARES)),
            (
                "a student's loss",
                lambda y: y.clamp(0, 1),
                objectives.Objective("mine", squares, lambda fake: -fake.mean()),
            ),
        )
    ],
    (
        "targets 0 and 1 in a cycle",
        lambda: cycle(with_last_a(lambda y: y.clamp(0, 1)), objective=objectives.LEAST_SQUARES),
    ),
    ("a spread that is a tensor", lambda: vae(gaussian_vae(torch.tensor(0.5)), images)),
    ("a spread that is not trained", lambda: vae(gaussian_vae(nn.Parameter(torch.tensor(0.5), False)), images)),
    ("as many classes as D names", lambda: naming_gan(5, lambda n: torch.arange(n) % 5)),
    ("labels of an embedding", lambda: gan(Embedding(2), Embedding(1), labelled)),
    ("an optimiser converted with its weights", lambda: converted(torch.optim.Adam, load_own_states)),
    ("momentum in another precision", lambda: converted(partial(torch.optim.SGD, momentum=0.9))),
    ("betas in an array", lambda: training.adam(G(), betas=np.array([0.0, 0.9]))),
    ("a latent_dim that is a tensor", lambda: gan(with_attribute(G(), latent_dim=torch.tensor(2))).sample(2)),
    ("data made in inference mode", lambda: model(sample=made_in_inference)),
    ("points made in inference mode", lambda: gan(sample=made_in_inference)),
    ("a game of one's own that D climbs", lambda: climbing(Value())),
    ("a likelihood that is climbed", likelihood_climbed),
    ("frozen features in all members", lambda: ensemble(make=on_shared_features())),
    ("one pair for one member", lambda: ensemble([1], make=same_pair())),
    ("a frozen translator", lambda: cycle(with_attribute(p := pair_of_domains(), to_a=frozen(p.to_a)))),
    (
        "a frozen encoder",
        lambda: vae(with_attribute(v := models.FullyConnectedVAE(4, (8,)), encoder=frozen(v.encoder))),
    ),
    ("a ScriptModule for D", lambda: gan(None, scripted())),
    ("a recurrent D", lambda: gan(None, Through(nn.LSTM(2, 1), lambda y: y[0]))),
    ("a G without a graph in evaluation", lambda: gan(Through(G(), Graphless()))),
    ("noise in training alone", lambda: gan(None, OddInTraining(first=lambda x: x + torch.randn_like(x)))),
    ("a loss that changes its own batch", lambda: model(loss=lambda net, x: net(x.add_(1)).square().mean())),
    ("a callback written in C", lambda: gan(callbacks=[every(1, print)])),
    ("a method as a callback", lambda: gan(callbacks=[every(1, [].append)])),
    (
        "more arguments with defaults",
        lambda: gan(sample=lambda n, std=0.1: points(n), schedule=lambda p, power=2: 1 - p),
    ),
    ("freezing a layer of G", partial(freezing, "generator")),
    ("freezing a layer of D", partial(freezing, "discriminator")),
    ("one tensor in a tuple", lambda: gan(sample=lambda n: (points(n),))),
]
