"""Networks: their sizes, what they are called with, and what is done with them."""

from functools import partial

import numpy as np
import torch
from torch import nn

from course_utils import data, models, objectives

NAN, INF = float("nan"), float("inf")
X, Z, IMAGES = torch.zeros(4, 2), torch.zeros(4, 3), torch.zeros(4, 1, 28, 28)
LABELS, VELOCITY, UNET = torch.tensor([0, 1, 0, 1]), models.PointVelocity((8,)), models.UNet(8)
PAIR = models.SideBySide(models.stack([models.PointVelocity((8,)) for _ in range(2)]))


def TOLD(x, t, labels):
    return x


LABELS = torch.tensor([0, 1, 2, 3])
POINT_G, POINT_D = models.PointGenerator(3, (8,)), models.PointDiscriminator((8,))
IMAGE_G, IMAGE_D = models.FullyConnectedGenerator(3, (8,)), models.FullyConnectedDiscriminator((8,))
CONV_G, CONV_D = models.DCGANGenerator(3, 2), models.DCGANDiscriminator(2)
LABELLED_G, LABELLED_D = models.ConditionalGenerator(3, 2), models.ConditionalDiscriminator(2)
NAMING_D = models.AuxiliaryClassifierDiscriminator(2)
VAE, CONV_VAE = models.FullyConnectedVAE(3, (8,)), models.ConvolutionalVAE(3, 2)
LABELLED_VAE, LINEAR = models.ConditionalVAE(3, 10, (8,)), models.LinearVAE(1, 2)
CYCLE_VAE = models.CycleVAE(3, 2, (8,))
BASELINE = models.QuadrantNetwork((8,))
COMPLETING = models.QuadrantVAE(BASELINE, 3, (8,))
PATCH, RESIDUAL = models.PatchDiscriminator(2), models.ResidualTranslator(2, 1)
LOCAL, DENSE = models.LocalTranslator(2, 2), models.DenseTranslator(28, (8,))
STACK = models.stack([POINT_D, POINT_D])
STACKED_LINEAR = models.StackedLinear([nn.Linear(2, 3)] * 2)
STACKED_NORM = models.StackedBatchNorm1d([nn.BatchNorm1d(2)] * 2)
MIXING, PACKED = models.MinibatchStd(), models.Packed(models.PointDiscriminator((8,), dim=4), 2)
NOISY, MAXOUT = models.InstanceNoise(POINT_D, 0.1), models.Maxout(2, 3, 2)
PAC_G, PAC_D = models.PacGANGenerator(), models.PacGANDiscriminator()


class Run:
    steps_done, rows = 1, torch.zeros(2, 6)


TAKES_CODES = (POINT_G, IMAGE_G, CONV_G, VAE.decode, CONV_VAE.decode)
TAKES_POINTS = (POINT_D, POINT_D.features, MAXOUT, PAC_G, PAC_D, LINEAR.encode, LINEAR.elbo, LINEAR.log_marginal)
TAKES_IMAGES = (IMAGE_D, CONV_D, CONV_D.features, NAMING_D, VAE, CONV_VAE, CYCLE_VAE.encode, BASELINE, DENSE, LOCAL)
SIZES = [
    (models.PointGenerator, "latent_dim"),
    (models.PointDiscriminator, "dim"),
    (models.FullyConnectedGenerator, "latent_dim"),
    (models.FullyConnectedGenerator, "channels"),
    (models.FullyConnectedDiscriminator, "image_size"),
    (models.DCGANGenerator, "width"),
    (models.DCGANDiscriminator, "channels"),
    (models.ConditionalGenerator, "classes"),
    (models.ConditionalDiscriminator, "classes"),
    (models.AuxiliaryClassifierDiscriminator, "classes"),
    (models.ConditionalVAE, "classes"),
    (models.FiLM, "features"),
    (partial(models.FiLM, 5), "classes"),
    (models.FullyConnectedVAE, "latent_dim"),
    (models.ConvolutionalVAE, "width"),
    (models.CycleVAE, "specified_dim"),
    (models.LocalTranslator, "layers"),
    (models.PatchDiscriminator, "halvings"),
    (models.ResidualTranslator, "channels_made"),
    (models.DenseTranslator, "image_size"),
    (models.QuadrantNetwork, "channels"),
    (models.PacGANDiscriminator, "dim"),
    (partial(models.LinearVAE, dim=8), "latent_dim"),
    (partial(models.QuadrantVAE, BASELINE), "latent_dim"),
    (partial(models.Packed, POINT_D), "pack"),
    (partial(models.Maxout, 2, 3), "pieces"),
]
HIDDEN = (
    models.PointGenerator,
    models.PointDiscriminator,
    models.FullyConnectedGenerator,
    models.FullyConnectedDiscriminator,
    models.FullyConnectedVAE,
    models.ConditionalVAE,
    models.CycleVAE,
    models.DenseTranslator,
    models.QuadrantNetwork,
)


class Returning(nn.Module):
    """A network that returns just this."""

    def __init__(self, returned):
        super().__init__()
        self.returned = returned

    def forward(self, x):
        return self.returned


ROWS = [
    (
        "a noise schedule without progress",
        lambda: models.InstanceNoise(POINT_D, 0.1, lambda: 1.0),
        "schedule must be .*1 arg",
    ),
    *(
        (f"{name} {wrong!r}", partial(kind, **{name: wrong}), f"{name} must be ")
        for kind, name in SIZES
        for wrong in (0, 2.5, True)
    ),
    *(("hidden layers are a number", partial(kind, hidden=128), "hidden must be a sequence") for kind in HIDDEN),
    *(
        ("a hidden layer of no width", partial(kind, hidden=(8, 0)), "each of hidden must be at least 1")
        for kind in HIDDEN
    ),
    *(
        ("codes of another width", partial(call, torch.zeros(4, 5)), r"z as a tensor of floats .*, 3\], not")
        for call in TAKES_CODES
    ),
    *(("a single code", partial(call, torch.zeros(3)), r"takes z as a tensor of floats") for call in TAKES_CODES),
    *(("codes are numpy's", partial(call, np.zeros((4, 3))), "takes z as .* not ndarray") for call in TAKES_CODES),
    *(
        ("codes in double", partial(call, Z.double()), r"weights in torch.float32, and z is torch.float64")
        for call in TAKES_CODES
    ),
    *(("codes on another device", partial(call, Z.to("meta")), "on one device.*z on meta") for call in TAKES_CODES),
    *(
        ("points of another width", partial(call, torch.zeros(4, 5)), r"takes [xz] as a tensor .*, 2\]")
        for call in TAKES_POINTS
    ),
    *(
        ("points are whole numbers", partial(call, X.long()), r"takes [xz] as a tensor of floats")
        for call in TAKES_POINTS
    ),
    *(
        ("images without channels", partial(call, IMAGES[:, 0]), r"images|x as a tensor|seen as a")
        for call in TAKES_IMAGES
    ),
    *(("colour images", partial(call, IMAGES.expand(-1, 3, -1, -1)), r", 1, (28|height), ") for call in TAKES_IMAGES),
    *(("bytes", partial(call, IMAGES.byte()), "floats.*uint8|float images.*uint8") for call in TAKES_IMAGES),
    *(
        ("images of 32 pixels", partial(call, torch.zeros(2, 1, 32, 32)), r"\[n, 1, 28, 28\]")
        for call in TAKES_IMAGES[:-1]
    ),
    *(
        (f"labels {what}", partial(call, wrong), words)
        for call in (partial(LABELLED_G, Z), partial(LABELLED_D, IMAGES), partial(LABELLED_VAE, IMAGES))
        for what, wrong, words in (
            ("are floats", LABELS.float(), "labels must be an int64 tensor"),
            ("of another number", LABELS[:3], r"labels must be an int64 tensor \[4\]"),
            ("beyond the classes", LABELS + 7, "range from 7 to 10"),
        )
    ),
    ("images of another size with labels", lambda: LABELLED_D(IMAGES[..., :14, :14], LABELS), r"\[n, 1, 28, 28\]"),
    ("a way that does not exist", lambda: models.ConditionalDiscriminator(how="sum"), "'projection', not 'sum'"),
    ("dropout 1", lambda: models.DCGANDiscriminator(dropout=1.0), r"dropout must be in \[0, 1\)"),
    ("dropout NaN", lambda: models.ConditionalDiscriminator(dropout=NAN), r"dropout must be in \[0, 1\)"),
    ("images of 30 pixels", lambda: models.DCGANGenerator(image_size=30), "not 30"),
    ("a side not divisible by 4", lambda: models.ConvolutionalVAE(image_size=30), "divisible by 4, not 30"),
    ("one width", lambda: models.mlp([2]), "at least two positive widths"),
    ("widths are floats", lambda: models.mlp([2.0, 1.0]), "each of sizes must be a whole number"),
    ("widths are a number", lambda: models.mlp(3), "sizes must be a sequence"),
    *(
        (f"activation is {wrong}", partial(models.mlp, [2, 2, 1], wrong), "activation must .*nn.ReLU or .*, not ")
        for wrong in (nn.ReLU(), nn.LeakyReLU(0.2), torch.relu, nn.functional.leaky_relu, dict)
    ),
    ("activation is a layer's name", lambda: models.mlp([2, 2, 1], "relu"), "activation must be a function that makes"),
    (
        "a batch statistic is a word",
        lambda: models.PointDiscriminator(minibatch_std="no"),
        "minibatch_std must be True",
    ),
    ("a batch statistic of nothing", lambda: models.PointDiscriminator((), minibatch_std=True), "hidden is empty"),
    ("-1 codes", lambda: models.sample_latent(-1, 2), "n must be at least 0"),
    ("codes of half a dimension", lambda: models.sample_latent(3, 2.5), "latent_dim must be a whole number"),
    ("codes on no device", lambda: models.sample_latent(3, 2, "gpu"), "device must be .*'gpu'"),
    ("an encoder that is a function", lambda: models.VAE(torch.relu, nn.Linear(2, 2), 2), "encoder must be Module"),
    ("a decoder that is None", lambda: models.VAE(nn.Linear(2, 4), None, 2), "decoder must be Module, not None"),
    (
        "a likelihood that is a word",
        lambda: models.VAE(nn.Linear(2, 4), nn.Linear(2, 2), 2, "b"),
        "likelihood must be an object",
    ),
    (
        "an encoder of another width",
        lambda: models.VAE(nn.Linear(2, 3), nn.Linear(2, 2), 2).encode(X),
        "must return a mean and",
    ),
    *[
        (
            f"an encoder that returns {what}",
            lambda returned=returned: models.VAE(Returning(returned), nn.Linear(2, 2), 2).encode(X),
            r"encoder of a VAE must return one tensor .*torch\.cat\(\[mean, log_var\], 1\), not " + what,
        )
        for what, returned in (("tuple of 2", (X, X)), ("list of 2", [X, X]), ("None", None), ("dict of 1", {"z": X}))
    ],
    (
        "a decoder that returns mean and spread",
        lambda: models.VAE(nn.Linear(2, 4), Returning((X, X)), 2).decode(X),
        "decoder of a VAE must return one tensor .*, not tuple of 2",
    ),
    ("more codes than dimensions", lambda: models.LinearVAE(3, 3), "1 ≤ latent_dim < dim"),
    ("PCA of images", lambda: models.LinearVAE.from_ppca(IMAGES, 2), r"x must be .*\[n, dim\].*flatten"),
    ("a book without entries", lambda: models.VectorQuantiser(0, 2), "size must be"),
    ("entries without numbers", lambda: models.VectorQuantiser(2, 0), "dim must be"),
    ("a negative commitment", lambda: models.VectorQuantiser(2, 2, commitment=-1), "commitment must be"),
    ("a weight that is a text", lambda: models.VectorQuantiser(2, 2, weight="1"), "weight must be"),
    ("codes of another width", lambda: models.VectorQuantiser(2, 2)(torch.zeros(3, 4)), "VectorQuantiser takes codes"),
    ("a start from few codes", lambda: models.VectorQuantiser(4, 2).start_from(torch.zeros(3, 2)), "as many codes"),
    ("a start from NaN", lambda: models.VectorQuantiser(1, 2).start_from(torch.full((3, 2), NAN)), "codes must be fin"),
    ("a start from other widths", lambda: models.VectorQuantiser(1, 2).start_from(torch.zeros(3, 1)), "codes must be"),
    ("PCA of NaN", lambda: models.LinearVAE.from_ppca(X * NAN, 1), "x must be finite"),
    (
        "PCA of a line",
        lambda: models.LinearVAE.from_ppca(torch.eye(4)[:, :1] * torch.ones(2), 1),
        "hold all the variance",
    ),
    (
        "a translator that is a function",
        lambda: models.CyclePair(LOCAL, torch.tanh, POINT_D, POINT_D),
        "to_a must be Module",
    ),
    ("colour for a judge of grey patches", lambda: PATCH(IMAGES.expand(-1, 3, -1, -1)), "x must be float images"),
    ("bytes for a judge of patches", lambda: PATCH(IMAGES.byte()), "float images.*uint8"),
    ("images of 6 pixels in patches", lambda: PATCH(IMAGES[..., :6, :6]), "at least 8×8 pixels, not 6×6"),
    ("colour for a translator of grey", lambda: RESIDUAL(IMAGES.expand(-1, 3, -1, -1)), "x must be float images"),
    ("images of 26 pixels to translate", lambda: RESIDUAL(IMAGES[..., :26, :26]), "must be multiples of 4"),
    ("a skip that is a word", lambda: models.ResidualTranslator(skip="yes"), "skip must be True or False"),
    ("skip is a word", lambda: models.DenseTranslator(skip="yes"), "skip must be True or False"),
    ("a code without its partner", lambda: CYCLE_VAE.decode(Z, torch.zeros(3, 2)), "4 z, 3 specified"),
    ("a class code of another width", lambda: CYCLE_VAE.decode(Z, Z), "takes specified as"),
    ("4 quadrants seen", lambda: models.hide_quadrants(IMAGES, 4), "seen must be from 1 to 3, not 4"),
    ("True quadrants seen", lambda: models.hide_quadrants(IMAGES, True), "seen must be a whole number"),
    ("images in -1..1 to hide", lambda: models.hide_quadrants(IMAGES - 1, 1), "pixels must lie in 0 … 1"),
    ("NaN to hide", lambda: models.hide_quadrants(IMAGES * NAN, 1), "pixels must lie in 0 … 1, not nan"),
    ("a list to hide", lambda: models.hide_quadrants([0.0], 1), "takes float images"),
    (
        "a baseline of another kind",
        lambda: models.QuadrantVAE(VAE),
        "baseline must be QuadrantNetwork, not FullyConnectedVAE",
    ),
    ("no completions", lambda: COMPLETING.complete(IMAGES, 0), "draws must be at least 1"),
    ("completions without channels", lambda: COMPLETING.complete(IMAGES[:, 0]), "takes seen as"),
    ("codes for other images", lambda: COMPLETING.decode(Z[:2], IMAGES), "2 z, 4 seen"),
    ("a network that is a function", lambda: models.evaluating(torch.tanh).__enter__(), "each network must be Module"),
    ("a network in a list", lambda: models.evaluating([POINT_D]).__enter__(), "each network must be Module, not list"),
    ("a table of a function", lambda: models.summary(torch.tanh, 2), "module must be Module"),
    ("a shape in a tuple", lambda: models.summary(POINT_D, (2,)), "each of input_shape must be a whole number"),
    ("a shape that does not fit", lambda: models.summary(POINT_D, 3), r"does not accept an input of shape \(3,\)"),
    ("a velocity in one dimension", lambda: models.PointVelocity((8,))(Z[:, :1], torch.zeros(len(Z))), "x"),
    ("one time for all", lambda: models.PointVelocity((8,))(X, torch.tensor(0.5)), "t must be"),
    ("a velocity of no dimension", lambda: models.PointVelocity((8,), dim=0), "dim must be at least 1"),
    ("one network beside itself", lambda: models.SideBySide(VELOCITY), "takes stacked networks"),
    ("more rows than times", lambda: PAIR(X, X[:2, 0]), "tensors of equally many rows"),
    ("nothing to deal out", lambda: PAIR(), "not nothing"),
    ("a path of no step", lambda: models.ode_path(models.PointVelocity((8,)), X, 0), "steps must be at least 1"),
    ("a path of a function of x alone", lambda: models.ode_path(lambda x: x, X), "velocity must be a function"),
    (
        "a path from one point",
        lambda: models.ode_path(models.PointVelocity((8,)), torch.tensor(0.5)),
        "start must be",
    ),
    ("a path by an unknown method", lambda: models.ode_path(VELOCITY, X, 3, "rk4"), "method must be one of"),
    ("a velocity that would broadcast", lambda: models.ode_path(lambda x, t: x[:, :1], X), "velocity for each number"),
    ("a velocity of other points", lambda: models.ode_path(VELOCITY, Z), "PointVelocity takes x"),
    ("Euler's step by no network", lambda: models.euler_step(lambda x, t: x[:1], X, 0.0, 0.1), "velocity for each"),
    ("Heun's step by no network", lambda: models.heun_step(lambda x, t: x[:1], X, 0.0, 0.1), "velocity for each"),
    ("more noise than there is", lambda: models.ancestral_path(VELOCITY, X, noise=1.5), "noise must be"),
    ("no ancestors", lambda: models.ancestral_path(VELOCITY, X, 0), "steps must be at least 1"),
    ("ancestors on a path by its name", lambda: models.ancestral_path(VELOCITY, X, path="linear"), "path must be"),
    ("a speed as velocity", lambda: models.as_velocity(VELOCITY, objectives.LinearPath(), "speed"), "predicts must be"),
    ("a velocity on no path", lambda: models.as_velocity(VELOCITY, "linear", "noise"), "path must be"),
    ("guided to an unknown class", lambda: models.guided(TOLD, torch.tensor([0, 11]), untold=10), "11"),
    ("guided to a list", lambda: models.guided(TOLD, [0, 1], untold=10), "labels must be"),
    ("guided without labels", lambda: models.guided(lambda x, t: x, LABELS, untold=10), "velocity must be a function"),
    ("guided by NaN", lambda: models.guided(TOLD, LABELS, untold=10, strength=NAN), "strength must be a finite"),
    ("the field of a list", lambda: models.MixtureVelocity([[0.0, 0.0]]), "toy must be Mixture"),
    ("the field on no path", lambda: models.MixtureVelocity(data.Ring(), "linear"), "path must be"),
    ("the field at other points", lambda: models.MixtureVelocity(data.Ring())(Z, Z[:, 0]), "x must be"),
    ("the field at one time", lambda: models.MixtureVelocity(data.Ring())(X, torch.tensor(0.5)), "t must be"),
    ("a U-Net of odd width", lambda: models.UNet(12), "width must be a multiple of 8"),
    ("a U-Net of odd images", lambda: models.UNet(8, image_size=30), "image_size of 4"),
    ("a U-Net of -1 classes", lambda: models.UNet(8, classes=-1), "classes must be at least 0"),
    ("attention 1", lambda: models.UNet(8, attention=1), "attention must be True or False"),
    ("larger images", lambda: UNET(torch.zeros(2, 1, 32, 32), torch.zeros(2)), "UNet takes x"),
    ("one time for all images", lambda: UNET(IMAGES, torch.zeros(())), "t must be one time an image"),
    ("labels for no classes", lambda: UNET(IMAGES, torch.zeros(4), LABELS), "labels go with classes"),
    ("classes without labels", lambda: models.UNet(8, classes=3)(IMAGES, torch.zeros(4)), "labels go with classes"),
    ("an unknown class", lambda: models.UNet(8, classes=3)(IMAGES, torch.zeros(4), LABELS + 3), "0 … 2"),
    ("ends of other shapes", lambda: models.spherical_interpolation(X[0], Z[0], 0.5), "a .* b .* same shape"),
    ("an end that is NaN", lambda: models.spherical_interpolation(X[0] * NAN, X[0], 0.5), "a must be finite"),
    ("an end without direction", lambda: models.spherical_interpolation(X[0], X[0] + 1, 0.5), "zero vector"),
    ("an end in a list", lambda: models.spherical_interpolation([1.0], X[0], 0.5), "a must be a tensor"),
    ("a share that is NaN", lambda: models.spherical_interpolation(X + 1, X + 1, NAN), "t must be a finite number"),
    (
        "shares that do not fit",
        lambda: models.spherical_interpolation(X + 1, X + 1, torch.rand(3)),
        "t .* must broadcast",
    ),
    ("directions of a tensor", lambda: models.principal_directions(IMAGES, Z), "decode must be a function"),
    ("directions at one code", lambda: models.principal_directions(IMAGE_G, Z[0]), r"z must be codes \[n, d\]"),
    ("directions at NaN", lambda: models.principal_directions(IMAGE_G, Z * NAN), "z must be finite"),
    ("directions of a sum", lambda: models.principal_directions(torch.sum, Z), "decode must return one image for each"),
    ("images without channels to invert", lambda: models.invert(IMAGE_G, IMAGES[:, 0], Z[None]), "decode makes images"),
    ("NaN to invert", lambda: models.invert(IMAGE_G, IMAGES * NAN, Z[None]), "images must be finite"),
    ("bytes to invert", lambda: models.invert(IMAGE_G, IMAGES.byte(), Z[None]), "images must be float images.*uint8"),
    ("a start for other images", lambda: models.invert(IMAGE_G, IMAGES, Z[None, :2]), r"start .*\[restarts, 4, d\]"),
    ("no steps", lambda: models.invert(IMAGE_G, IMAGES, Z[None], steps=0), "steps must be at least 1"),
    ("a rate that is negative", lambda: models.invert(IMAGE_G, IMAGES, Z[None], rate=-0.1), "rate must be above 0"),
    ("a decoder that detaches", lambda: models.invert(lambda z: IMAGE_G(z).detach(), IMAGES, Z[None]), "graph back to"),
    (
        "a decoder that has diverged",
        lambda: models.invert(lambda z: IMAGE_G(z) * NAN, IMAGES, Z[None], steps=1),
        "error must be finite.*decode diverged",
    ),
    (
        "directions of a decoder that has diverged",
        lambda: models.principal_directions(lambda z: IMAGE_G(z) * NAN, Z),
        "derivatives of decode must be finite",
    ),
    ("noise of a function", lambda: models.InstanceNoise(torch.tanh, 0.1), "discriminator must be Module"),
    ("negative noise", lambda: models.InstanceNoise(POINT_D, -0.1), "std must be at least 0"),
    ("noise that is NaN", lambda: models.InstanceNoise(POINT_D, NAN), "std must be at least 0, not nan"),
    ("a schedule that is a number", lambda: models.InstanceNoise(POINT_D, 0.1, 0.5), "schedule must be a function"),
    (
        "a schedule that returns NaN",
        lambda: models.InstanceNoise(POINT_D, 0.1, lambda p: NAN).update(Run()),
        "schedule returns",
    ),
    ("noise on bytes", lambda: NOISY(X.byte()), "x must be a batch of floats"),
    ("a statistic of five axes", lambda: MIXING(torch.zeros(2, 1, 1, 2, 2)), "MinibatchStd takes vectors"),
    ("a pack of a function", lambda: models.Packed(torch.tanh, 2), "discriminator must be Module"),
    ("an odd batch in pairs", lambda: PACKED(X[:3]), "3 samples cannot be packed by 2"),
    ("norms of a function", lambda: models.spectrally_normalised(torch.tanh), "network must be Module"),
    ("norms of no layer", lambda: models.spectrally_normalised(nn.Tanh()), "no linear or convolutional layer"),
    ("a stack of one network, no list", lambda: models.stack(POINT_D), "stack needs at least one network, in a list"),
    ("an empty stack", lambda: models.stack([]), "stack needs at least one network"),
    ("a stack of functions", lambda: models.stack([torch.tanh]), "each network to stack must be Module"),
    ("a stack of two kinds", lambda: models.stack([POINT_D, POINT_G]), "networks of one architecture"),
    ("a stack of convolutions", lambda: models.stack([CONV_D, CONV_D]), "cannot be stacked"),
    ("a member of no stack", lambda: models.unstack(POINT_D, 0), "is not a stacked network"),
    ("a member beyond the last", lambda: models.unstack(STACK, 2), "members 0 to 1, not 2"),
    ("a member by a float", lambda: models.unstack(STACK, 1.0), "k must be a whole number"),
    ("a negative member", lambda: models.unstack(STACK, -1), "k must be at least 0"),
    ("one batch for two members", lambda: STACKED_LINEAR(X), r"each of 2 members, \[2, n, 2\]"),
    ("features for two members", lambda: STACKED_NORM(torch.zeros(2, 4, 3)), r"takes x as a tensor of floats"),
    ("layers of two shapes", lambda: models.StackedLinear([nn.Linear(2, 3), nn.Linear(3, 3)]), "of one shape"),
    ("layers of another kind", lambda: models.StackedBatchNorm1d([nn.Linear(2, 3)]), "sequence of BatchNorm1d"),
    ("no layers", lambda: models.StackedLinear([]), "at least one"),
    ("an inversion's fields", lambda: models.Inversion(Z, X), r"error must be .*\[4\], not"),
]

RIGHT = [
    *((f"{name} counted by numpy", partial(kind, **{name: np.int64(2)})) for kind, name in SIZES),
    *((f"{name} counted by a tensor", partial(kind, **{name: torch.tensor(2)})) for kind, name in SIZES),
    *(("hidden layers in a list, or of numpy", partial(kind, hidden=[np.int64(4)])) for kind in HIDDEN),
    *(("one code", partial(call, Z[:1])) for call in TAKES_CODES if call not in (CONV_G,)),
    *(("two images", partial(call, IMAGES[:2])) for call in TAKES_IMAGES),
    ("points of an ensemble", lambda: STACK(torch.zeros(2, 4, 2))),
    ("times in double", lambda: models.PointVelocity((8,))(torch.zeros(4, 2), torch.zeros(4).double())),
    ("a path of one step", lambda: models.ode_path(models.PointVelocity((8,)), torch.zeros(4, 2), np.int64(1))),
    ("points in double", lambda: models.PointDiscriminator((8,)).double()(X.double())),
    ("no hidden layer", lambda: models.PointGenerator(2, ())(X)),
    ("no codes", lambda: models.sample_latent(0, np.int64(2))),
    ("no labels, as they are not looked at", lambda: NAMING_D(IMAGES)),
    ("half precision under autocast", lambda: torch.autocast("cpu", torch.bfloat16)(POINT_D)(X.bfloat16())),
    (
        "one restart that diverges",
        lambda: models.invert(lambda z: z.log(), X, torch.tensor([-1.0, 1.0]).view(2, 1, 1).expand(2, 4, 2), steps=1),
    ),
    ("noise of 0", lambda: models.InstanceNoise(POINT_D, 0)(X)),
    ("shares that make a path", lambda: models.spherical_interpolation(torch.ones(2), X[0] + 2, torch.rand(5, 1))),
    ("a share outside, as a whole number", lambda: models.spherical_interpolation(torch.ones(2), X[0] + 2, 2)),
    ("the last member, by numpy", lambda: models.unstack(STACK, np.int64(1))),
    ("a shape counted by numpy", lambda: models.summary(POINT_D, np.int64(2))),
    ("a baseline's own images", lambda: COMPLETING.complete(IMAGES, np.int64(2))),
    ("images of another size for convolutions", lambda: LOCAL(IMAGES[..., :14, :20])),
]
