"""Measures of samples, of models and of trainings."""

from copy import deepcopy
from dataclasses import replace
from functools import partial

import numpy as np
import torch
from torch import nn

from course_utils import data, evaluation, models

NAN, INF = float("nan"), float("inf")
PIXELS = torch.randint(0, 256, (300, 1, 28, 28), dtype=torch.uint8)
PIXELS[:, :, 0] = 0  # a black edge, as digits have
LABELS = torch.arange(300) % 10
SET = data.ImageData("noise", PIXELS, LABELS, PIXELS.flip(-1), LABELS, tuple("0123456789"))
IMAGES = data.normalise(PIXELS)
READER = evaluation.Classifier()
READER.accuracy = 1.0
POINTS, MEAN, COV = torch.randn(20, 2), torch.zeros(2), torch.eye(2)
SCORES = torch.randn(20)
LADDER = evaluation.Ladder({"frechet": {"noise": 900.0}}, 10)
RING, SPIRAL = data.Ring(), data.Spiral()
VAE, X = models.FullyConnectedVAE(2, (8,)), torch.zeros(4, 1, 28, 28)
NETWORK = nn.Linear(2, 1)
RUN_BACK = nn.Linear(2, 1)
RUN_BACK(torch.ones(1, 2)).sum().backward()
LOGITS = torch.linspace(-3, 3, 20)

MANY, D = torch.randn(50, 2), models.PointDiscriminator()


def fresh(**change):
    right = {"discriminator": D, "real": MANY, "generated": MANY + 1, "steps": 20}
    return evaluation.fresh_discriminator(**(right | change))


FLOW = models.PointVelocity((8,))
WRONG_IMAGES = (
    ("in 0..1", (IMAGES + 1) / 2, "looks like 0 … 1: pass 2"),
    ("in 0..255", PIXELS.float(), "like grey levels|not 0 … 255"),
    ("as bytes", PIXELS, "uint8"),
    ("NaN", IMAGES * NAN, "NaN or infinit"),
    ("without channels", IMAGES[:, 0], "28, 28"),
    ("of numpy", IMAGES.numpy(), "ndarray"),
    ("of none", IMAGES[:0], "0, 1, 28, 28"),
)
MEASURES_OF_IMAGES = {
    "Fréchet": lambda x: evaluation.frechet_classifier_distance(x, SET, READER),
    "legibility": lambda x: evaluation.legibility(x, READER),
    "class accuracy": lambda x: evaluation.class_accuracy(x, LABELS, READER),
    "memorisation": lambda x: evaluation.memorisation(x, SET, left_out=100),
    "accuracy score": lambda x: evaluation.classification_accuracy_score(x, LABELS, SET),
    "features": READER.features,
    "logits": READER.logits,
}
NO_IMAGE_SET = (
    lambda: evaluation.frechet_classifier_distance(IMAGES, IMAGES, READER),
    lambda: evaluation.memorisation(IMAGES, IMAGES),
    lambda: evaluation.classification_accuracy_score(IMAGES, LABELS, IMAGES),
    lambda: evaluation.precision_recall_floor(IMAGES, READER, 20),
    lambda: evaluation.stacked_floor(IMAGES, READER),
    lambda: evaluation.load_classifier(IMAGES),
    lambda: evaluation.ladder(IMAGES, READER),
)
NO_CLASSIFIER = (
    lambda: evaluation.frechet_classifier_distance(IMAGES, SET, torch.tanh),
    lambda: evaluation.legibility(IMAGES, "mnist"),
    lambda: evaluation.class_accuracy(IMAGES, LABELS, None),
    lambda: evaluation.precision_recall_floor(SET, evaluation.Classifier, 20),
    lambda: evaluation.stacked_coverage(IMAGES.expand(-1, 3, -1, -1), torch.tanh),
    lambda: evaluation.stacked_floor(SET, 3),
)
OF_POINTS = {
    "precision_recall": lambda x: evaluation.precision_recall(x, POINTS),
    "precision_recall of generated": lambda x: evaluation.precision_recall(POINTS, x),
    "parzen": lambda x: evaluation.parzen_log_likelihood(x, POINTS, 0.1),
    "parzen's centres": lambda x: evaluation.parzen_score(POINTS, x, POINTS),
    "parzen's bandwidth": lambda x: evaluation.parzen_bandwidth(x, POINTS),
    "modes": lambda x: evaluation.mode_coverage(x, RING),
    "effective rank": evaluation.effective_rank,
}
OF_TWO = {
    "precision_recall": evaluation.precision_recall,
    "parzen_log_likelihood": lambda x, y: evaluation.parzen_log_likelihood(x, y, 0.1),
    "parzen_bandwidth": evaluation.parzen_bandwidth,
    "parzen_score": lambda x, y: evaluation.parzen_score(x, y, y),
    "parzen_score's validation": lambda x, y: evaluation.parzen_score(y, y, x),
}
COLOUR = torch.rand(20, 3, 4, 4)


def diverged(network):
    """A copy of it whose weights are NaN."""
    network = deepcopy(network)
    for weight in network.parameters():
        weight.data.fill_(NAN)
    return network


class OwnReader:
    def __init__(self, logits):
        self.logits = logits


OF_A_READER = {
    "legibility": lambda reader: evaluation.legibility(IMAGES, reader),
    "class accuracy": lambda reader: evaluation.class_accuracy(IMAGES, LABELS, reader),
    "stacked": lambda reader: evaluation.stacked_coverage(IMAGES.expand(-1, 3, -1, -1), reader),
    "stacked floor": lambda reader: evaluation.stacked_floor(SET, reader),
}


def a_loss():
    return NETWORK(torch.randn(4, 2)).mean()


ROWS = [
    *(
        (f"a fresh discriminator {what}", partial(fresh, **change), said)
        for what, change, said in (
            ("of 39 samples", {"real": MANY[:39]}, "real: .* at least 40 samples of each kind, not 39"),
            ("of other shapes", {"generated": torch.randn(50, 3)}, r"shape of the real ones, torch.float32 \[50, 2\]"),
            ("of NaN", {"generated": MANY * NAN}, "generated must hold finite numbers|NaN"),
            ("of bytes", {"generated": MANY.byte()}, "convert it"),
            (
                "with a sigmoid",
                {"discriminator": nn.Sequential(D, nn.Sigmoid())},
                "the discriminator ends in a sigmoid",
            ),
            ("of two logits", {"discriminator": nn.Linear(2, 2)}, r"one logit for each of .* samples, \[n\]"),
            ("that is frozen", {"discriminator": nn.Linear(2, 1).requires_grad_(False)}, "nothing to train"),
            ("of another width", {"discriminator": nn.Linear(3, 1)}, "the fresh discriminator cannot take an input"),
            ("of packs", {"discriminator": models.Packed(nn.Linear(4, 1), 2)}, "pass the network inside Packed"),
            ("that is a function", {"discriminator": torch.tanh}, "discriminator must be a network"),
            ("without steps", {"steps": 0}, "steps must be at least 1"),
            ("of one sample a batch", {"batch_size": 1}, "batch_size must be at least 2"),
            ("with no rate", {"lr": 0.0}, "lr must be above 0"),
            ("with a huge rate", {"lr": 1e30}, "diverged"),
            ("with half a seed", {"seed": 0.5}, "seed must be"),
        )
    ),
    *(
        (f"{name} of images {what}", partial(measure, x), words)
        for name, measure in MEASURES_OF_IMAGES.items()
        for what, x, words in WRONG_IMAGES
    ),
    *(("no image set", call, "images must be ImageData, not torch.float32") for call in NO_IMAGE_SET),
    *(("no classifier", call, "classifier must be an object with (features|logits)") for call in NO_CLASSIFIER),
    *((f"{name}: NaN", partial(call, POINTS * NAN), "NaN or infinit") for name, call in OF_POINTS.items()),
    *((f"{name}: sparse", partial(call, POINTS.to_sparse()), "sparse") for name, call in OF_POINTS.items()),
    ("rank of complex numbers", lambda: evaluation.effective_rank(POINTS + 1j), "real numbers.*complex64"),
    ("a likelihood of sparse images", lambda: evaluation.log_likelihood(VAE, X.to_sparse()), "to_dense"),
    *(
        (f"PCA of {what}", partial(evaluation.ppca_log_likelihood, x, k), words)
        for what, x, k, words in (
            ("one row", POINTS[:1], 0, "no two rows of x"),
            ("one row, one component", POINTS[:1], 1, "no two rows of x"),
            ("rows that are all the same", torch.ones(9, 2), 0, "no two rows of x"),
            ("a line", POINTS[:, :1].expand(-1, 2), 1, "choose a smaller k"),
        )
    ),
    *(
        (f"{name}: a list", partial(call, [[0.0, 1.0]]), "got list of 1|not list of 1")
        for name, call in OF_POINTS.items()
    ),
    *(
        (f"{name}: nothing", partial(call, POINTS[:0]), r"got torch.float32 \[0, 2\]")
        for name, call in OF_POINTS.items()
    ),
    *(
        (f"{name} of a diverged classifier", partial(call, diverged(READER)), "returns must be finite.*diverged")
        for name, call in OF_A_READER.items()
    ),
    *(
        (f"{name} of one logit an image", partial(call, OwnReader(lambda x: x.sum((1, 2, 3)))), r"\[\d+, classes\]")
        for name, call in OF_A_READER.items()
    ),
    (
        "the distance of a diverged classifier",
        lambda: evaluation.frechet_classifier_distance(IMAGES, SET, diverged(READER)),
        "NaN or infinity",
    ),
    (
        "a classifier whose accuracy nobody measured",
        lambda: evaluation.class_accuracy(IMAGES, LABELS, evaluation.Classifier()),
        "classifier.accuracy must be .*not nan: .*load_classifier",
    ),
    (
        "a classifier without accuracy",
        lambda: evaluation.class_accuracy(IMAGES, LABELS, OwnReader(READER.logits)),
        "classifier.accuracy must be .*not None: .*load_classifier",
    ),
    (
        "memorisation of standardised images",
        lambda: evaluation.memorisation((data.load_images("digits").fixed(50) + 0.7) / 0.6, SET),
        "standardised: undo",
    ),
    ("labels are floats", lambda: evaluation.class_accuracy(IMAGES, LABELS.float(), READER), "labels must be an int64"),
    (
        "labels of another number",
        lambda: evaluation.class_accuracy(IMAGES, LABELS[1:], READER),
        r"int64 tensor \[300\]",
    ),
    ("labels beyond", lambda: evaluation.class_accuracy(IMAGES, LABELS + 1, READER), "range from 1 to 10"),
    ("labels of 7", lambda: evaluation.classification_accuracy_score(IMAGES, LABELS[:7], SET), r"int64 tensor \[300\]"),
    (
        "too few to train on",
        lambda: evaluation.classification_accuracy_score(IMAGES[:9], LABELS[:9], SET),
        "got 9 samples",
    ),
    (
        "a seed that is a float",
        lambda: evaluation.classification_accuracy_score(IMAGES, LABELS, SET, 0.5),
        "seed must be",
    ),
    ("a classifier's seed", lambda: evaluation.load_classifier(SET, seed=-1), "seed must be at least 0"),
    ("a classifier of no classes", lambda: evaluation.Classifier(classes=0), "classes must be at least 1"),
    *(
        (f"confidence {wrong}", partial(evaluation.legibility, IMAGES, READER, wrong), r"confidence must be .*\[0, 1\)")
        for wrong in (1.0, -0.1, NAN, "0.9")
    ),
    (
        "few for a covariance",
        lambda: evaluation.frechet_classifier_distance(IMAGES[:9], SET, READER),
        "got 9: draw more",
    ),
    (
        "a mean of another length",
        lambda: evaluation.frechet_distance(MEAN, COV, torch.zeros(3), COV),
        "expected shapes",
    ),
    *(
        (
            f"the variances {wrong!r}",
            partial(evaluation.expected_frechet, wrong, 10),
            "variances must be finite numbers",
        )
        for wrong in ([], [-1.0], [NAN], "ab", 3.0)
    ),
    *(
        (f"{wrong!r} draws", partial(evaluation.expected_frechet, [1.0], wrong), "n must be")
        for wrong in (1, 2.5, True)
    ),
    *(
        (f"coverage of {what}", partial(evaluation.expected_coverage, *wrong), words)
        for what, wrong, words in (
            ("too few neighbours", (5, 5, 5), "k must be from 1 to 4, not 5"),
            ("no points", (5, 0, 2), "m must be"),
            ("half a point", (5.5, 5, 2), "n must be"),
        )
    ),
    ("a ladder of no classifier", lambda: evaluation.ladder(SET, torch.tanh), "classifier must be Classifier"),
    ("a ladder of too many", lambda: evaluation.ladder(SET, READER, 151), "n must be from 1 to 150, not 151"),
    ("a measure that is not on it", lambda: LADDER["fid"], "measure must be one of 'frechet', not 'fid'"),
    ("a rung of NaN", lambda: LADDER.with_measure("nats", {"noise": NAN}), r"rungs\['noise'\] must be a finite number"),
    ("no rung", lambda: LADDER.with_measure("nats", {}), "rungs must be"),
    ("a covariance that is none", lambda: evaluation.frechet_distance(MEAN, -COV, MEAN, COV), "expected a covariance"),
    ("a covariance that is NaN", lambda: evaluation.frechet_distance(MEAN, COV * NAN, MEAN, COV), "NaN or infinity"),
    ("a mean in a list", lambda: evaluation.frechet_distance([0.0, 0.0], COV, MEAN, COV), "mean1 must be a tensor"),
    *(
        (f"{wrong!r} images left out", partial(evaluation.memorisation, IMAGES, SET, wrong), "left_out")
        for wrong in (0, 99, 2000.0, True)
    ),
    (
        "training images all the same",
        lambda: evaluation.memorisation(IMAGES, replace(SET, images=PIXELS[:1].repeat(300, 1, 1, 1))),
        "at least 100 different training images to leave out, got 1",
    ),
    (
        "points of another width",
        lambda: evaluation.precision_recall(POINTS, POINTS[:, :1]),
        "equally many numbers a point",
    ),
    *(
        (f"channels first and last: {name}", partial(measure, COLOUR, COLOUR.permute(0, 2, 3, 1)), "by permute")
        for name, measure in OF_TWO.items()
    ),
    *(
        (f"k = {wrong!r}", partial(evaluation.precision_recall, POINTS, POINTS, wrong), "k: the|k must be")
        for wrong in (0, -1, 20, 2.5, True)
    ),
    (
        "repeated points",
        lambda: evaluation.precision_recall(POINTS.repeat(9, 1), POINTS.repeat(9, 1)),
        "at the same place",
    ),
    ("one point", lambda: evaluation.precision_recall(torch.ones(20, 2), POINTS), "for 20 of 20 points"),
    *(
        (
            f"a floor of {wrong!r}",
            partial(evaluation.precision_recall_floor, SET, READER, wrong),
            "n: expected 1 to 300|n must be",
        )
        for wrong in (0, 301, 20.0)
    ),
    *(
        (f"std {wrong!r}", partial(evaluation.parzen_log_likelihood, POINTS, POINTS, wrong), "each std must be")
        for wrong in (0, -1.0, NAN, "0.1")
    ),
    ("no stds", lambda: evaluation.parzen_bandwidth(POINTS, POINTS, []), "std: expected positive numbers"),
    (
        "one std, no list",
        lambda: evaluation.parzen_score(POINTS, POINTS, POINTS, 0.1),
        "std: expected positive numbers",
    ),
    ("centres of another width", lambda: evaluation.parzen_score(POINTS, POINTS[:, :1], POINTS[:, :1]), "equally many"),
    ("modes of no toy", lambda: evaluation.mode_coverage(POINTS, POINTS), "toy must be Mixture, not torch.float32"),
    (
        "modes of a class",
        lambda: evaluation.mode_coverage(POINTS, data.Ring),
        "toy must be Mixture, not the class Ring",
    ),
    ("modes of a spiral", lambda: evaluation.mode_coverage(POINTS, SPIRAL), "no separate modes"),
    ("whole numbers", lambda: evaluation.mode_coverage(POINTS.long(), RING), "expected floats .*int64"),
    *(
        (f"a floor of {wrong!r}", partial(evaluation.mode_floor, RING, wrong), "n must be")
        for wrong in (0, 2500.0, True)
    ),
    ("modes that overlap", lambda: evaluation.mode_floor(data.TwoGaussians(), 9), "discs overlap"),
    *(
        (
            f"{name} are {what}",
            partial(evaluation.membership_auc, **{"members": SCORES, "others": SCORES, name: wrong}),
            f"{name}: ",
        )
        for name in ("members", "others")
        for what, wrong in (
            ("NaN", SCORES * NAN),
            ("none", SCORES[:0]),
            ("a column", SCORES[:, None]),
            ("a list", [0.1]),
        )
    ),
    *(
        (f"{name} {wrong!r}", partial(evaluation.log_likelihood, VAE, X, **{name: wrong}), f"{name} must be")
        for name in ("samples", "chunk", "seed")
        for wrong in (-1, 2.0, True)
    ),
    ("a model that is none", lambda: evaluation.log_likelihood(NETWORK, X), "vae must be an object with encode"),
    ("images that are NaN", lambda: evaluation.log_likelihood(VAE, X * NAN), "x must be finite"),
    ("grey images", lambda: evaluation.log_likelihood(VAE, X + 0.5), "pixels that are 0 or 1"),
    ("images of another size", lambda: evaluation.log_likelihood(VAE, X[..., :14]), r"\[n, 1, 28, 28\]"),
    (
        "conditions of another number",
        lambda: evaluation.log_likelihood(VAE, X, X[:2]),
        "4 images, 2 rows of condition 1",
    ),
    (
        "the likelihood of a diverged VAE",
        lambda: evaluation.log_likelihood(diverged(VAE), X),
        "bounds .* must be finite",
    ),
    ("units of a diverged VAE", lambda: evaluation.active_units(diverged(VAE), X), "means .* must be finite"),
    ("units of one image", lambda: evaluation.active_units(VAE, X[:1]), "at least 2 of them, got 1"),
    ("units of a list", lambda: evaluation.active_units(VAE, [0.0]), "x must be images"),
    ("gaps of a list", lambda: evaluation.inference_gaps(VAE, [0.0]), "x must be images"),
    ("gaps of NaN", lambda: evaluation.inference_gaps(VAE, X * NAN), "x must be finite"),
    ("gaps without a step", lambda: evaluation.inference_gaps(VAE, X, steps=0), "steps must be"),
    ("gaps without a draw", lambda: evaluation.inference_gaps(VAE, X, samples=0), "samples must be"),
    ("gaps with a rate of 0", lambda: evaluation.inference_gaps(VAE, X, rate=0), "rate must be"),
    ("gaps with a seed that is a text", lambda: evaluation.inference_gaps(VAE, X, seed="0"), "seed must be"),
    ("gaps of a diverged VAE", lambda: evaluation.inference_gaps(diverged(VAE), X), "must be finite"),
    ("conditions of another number, gaps", lambda: evaluation.inference_gaps(VAE, X, X[:2]), "2 rows of condition 1"),
    ("gaps of a network", lambda: evaluation.inference_gaps(VAE.encoder, X), "which has no encode"),
    ("conditions of another number, units", lambda: evaluation.active_units(VAE, X, X[:2]), "2 rows of condition 1"),
    *(
        (f"threshold {wrong!r}", partial(evaluation.active_units, VAE, X, threshold=wrong), "threshold must be")
        for wrong in (-0.1, NAN, "0.01")
    ),
    ("PCA of images", lambda: evaluation.ppca_log_likelihood(X, 1), r"\[n, d\].*flatten the images"),
    ("PCA of NaN", lambda: evaluation.ppca_log_likelihood(POINTS * NAN, 1), "x must be finite"),
    *(
        (f"k = {wrong!r}", partial(evaluation.ppca_log_likelihood, POINTS, wrong), "k must be|0 <= k < d")
        for wrong in (-1, 2, 1.0)
    ),
    ("norm of one tensor", lambda: evaluation.gradient_norm(NETWORK.weight), "several tensors"),
    ("norm of a network", lambda: evaluation.gradient_norm(NETWORK), "network.parameters.., not Linear"),
    ("norm of numbers", lambda: evaluation.gradient_norm([1.0, 2.0]), "several tensors"),
    ("norm of nothing", lambda: evaluation.gradient_norm([]), "there is no gradient"),
    ("norms of a function", lambda: evaluation.layer_gradient_norms(torch.tanh), "network must be Module"),
    ("norms before backward", lambda: evaluation.layer_gradient_norms(nn.Linear(2, 2)), "gradient yet"),
    (
        "a loss that is no function",
        lambda: evaluation.gradient_signal_to_noise(a_loss(), NETWORK.parameters()),
        "loss_of_batch must",
    ),
    (
        "a loss for each sample",
        lambda: evaluation.gradient_signal_to_noise(lambda: NETWORK(POINTS), NETWORK.parameters()),
        "scalar",
    ),
    (
        "a loss that is a number",
        lambda: evaluation.gradient_signal_to_noise(lambda: 1.0, NETWORK.parameters()),
        "scalar tensor",
    ),
    (
        "a loss that is NaN",
        lambda: evaluation.gradient_signal_to_noise(lambda: a_loss() * NAN, NETWORK.parameters()),
        "finite",
    ),
    ("a loss of others", lambda: evaluation.gradient_signal_to_noise(a_loss, RUN_BACK.parameters()), "depends on none"),
    ("a network for parameters", lambda: evaluation.gradient_signal_to_noise(a_loss, NETWORK), "several tensors"),
    *(
        (
            f"{wrong!r} batches",
            partial(evaluation.gradient_signal_to_noise, a_loss, list(NETWORK.parameters()), wrong),
            "batches must be",
        )
        for wrong in (1, 2.5, True)
    ),
    (
        "probabilities",
        lambda: evaluation.confidence(torch.linspace(0.6, 1, 20), torch.linspace(0, 0.4, 20)),
        "look like prob",
    ),
    ("NaN logits", lambda: evaluation.confidence(LOGITS * NAN, LOGITS), "real_logits: expected numbers, got NaN"),
    ("no logits", lambda: evaluation.confidence(LOGITS, LOGITS[:0]), "fake_logits: expected numbers, got none"),
    ("logits in a list", lambda: evaluation.confidence([0.5], LOGITS), "real_logits: expected .* list of 1"),
    ("rank of one sample", lambda: evaluation.effective_rank(POINTS[:1]), "n >= 2"),
    ("saliency of a tensor", lambda: evaluation.saliency(X, X), "network must be a function"),
    ("saliency of bytes", lambda: evaluation.saliency(torch.sum, X.byte()), "x must be float images.*uint8"),
    ("saliency of NaN", lambda: evaluation.saliency(torch.sum, X * NAN), "x must be finite"),
    (
        "saliency of a diverged network",
        lambda: evaluation.saliency(lambda x: x.sum((1, 2, 3)) * NAN, X),
        "logits must be finite",
    ),
    ("saliency of a sum", lambda: evaluation.saliency(torch.sum, X), "one logit an image"),
    (
        "saliency without a graph",
        lambda: evaluation.saliency(lambda x: x.detach().sum((1, 2, 3)), X),
        "graph back to the pixels",
    ),
    ("ranks of other shapes", lambda: evaluation.rank_correlation(POINTS, POINTS[:, :1]), "alike"),
    ("ranks of NaN", lambda: evaluation.rank_correlation(POINTS, POINTS * NAN), "b must be finite"),
    ("ranks of a list", lambda: evaluation.rank_correlation([1.0], POINTS), "a is list of 1"),
    ("grey images, stacked", lambda: evaluation.stacked_coverage(IMAGES, READER), r"\[n, 3, size, size\]"),
    (
        "0..1, stacked",
        lambda: evaluation.stacked_coverage((IMAGES.expand(-1, 3, -1, -1) + 1) / 2, READER),
        "looks like 0 … 1",
    ),
    ("a sampler, stacked", lambda: evaluation.stacked_coverage(SET.batch, READER), "got method"),
    ("no batches, stacked", lambda: evaluation.stacked_coverage([], READER), "at least one batch, got none"),
    *(
        (f"a floor of {wrong!r}, stacked", partial(evaluation.stacked_floor, SET, READER, wrong), "n must be")
        for wrong in (0, 9.0)
    ),
    *(
        (f"{wrong!r} classes", partial(evaluation.stacked_uniform_floor, wrong), "classes must be")
        for wrong in (0, 10.0, True)
    ),
    ("a uniform floor of none", lambda: evaluation.stacked_uniform_floor(10, 0), "n must be at least 1"),
    ("a divergence of a name", lambda: evaluation.jensen_shannon("ring", RING), "p must be Mixture"),
    ("samples that are not blurred", lambda: evaluation.jensen_shannon(RING, POINTS), "blur must be above 0"),
    ("a toy too fine", lambda: evaluation.jensen_shannon(data.Ring(std=1e-4), RING), "blur both densities more"),
    ("a divergence on the line", lambda: evaluation.jensen_shannon(data.Mixture1D(), RING), "in the plane"),
    ("a diverged model's density", lambda: evaluation.samples_as_mixture(POINTS * NAN, 0.1), "has diverged"),
    ("the density of images", lambda: evaluation.samples_as_mixture(X, 0.1), "samples must be"),
    ("a flow of x alone", lambda: evaluation.flow_log_likelihood(lambda x: x, X), "velocity must be a function"),
    ("a flow's whole numbers", lambda: evaluation.flow_log_likelihood(FLOW, X.long()), "x must be"),
    ("a flow of one", lambda: evaluation.flow_log_likelihood(lambda x, t: x[:1], X), "velocity for each number"),
    ("a way of no step", lambda: evaluation.flow_log_likelihood(FLOW, X, steps=0), "steps must be at least 1"),
    ("no probe", lambda: evaluation.flow_log_likelihood(FLOW, X, probes=0), "probes must be at least 1"),
    ("an unknown method", lambda: evaluation.flow_log_likelihood(FLOW, X, method="rk4"), "method must be one of"),
    ("a seed of words", lambda: evaluation.flow_log_likelihood(FLOW, X, seed="a"), "seed must be"),
]

RIGHT = [
    ("a spiral against points in double", lambda: evaluation.jensen_shannon(SPIRAL, POINTS.double(), np.float32(0.1))),
    ("a fresh discriminator with one column of logits", lambda: fresh(discriminator=nn.Linear(2, 1))),
    ("a fresh discriminator, its counts of numpy", lambda: fresh(steps=np.int64(3), batch_size=np.int64(7))),
    ("images in double, and a little beyond", lambda: evaluation.legibility((IMAGES * 1.0005).double(), READER, 0)),
    ("blank and white images", lambda: (READER.logits(X), READER.logits(X + 1))),
    ("faint images", lambda: evaluation.legibility(X + 0.01, READER)),
    ("bright images, none dark", lambda: evaluation.legibility(X + 0.6, READER)),
    ("noise on images", lambda: evaluation.memorisation(IMAGES + 0.1 * torch.randn(IMAGES.shape), SET, np.int64(100))),
    (
        "a training image that is there twice",
        lambda: evaluation.memorisation(IMAGES, replace(SET, images=torch.cat([PIXELS[:1], PIXELS[:-1]]))),
    ),
    ("one image", lambda: evaluation.class_accuracy(IMAGES[:1], LABELS[:1], READER)),
    ("a collapsed generator", lambda: evaluation.precision_recall(POINTS, torch.ones(20, 2), np.int64(3))),
    (
        "one point far away",
        lambda: evaluation.precision_recall(POINTS, torch.cat([POINTS, torch.full((1, 2), 1e9)])),
    ),
    (
        "an own classifier",
        lambda: (
            evaluation.legibility(IMAGES, OwnReader(READER.logits)),
            evaluation.stacked_floor(SET, OwnReader(READER.logits)),
        ),
    ),
    ("some repeated points", lambda: evaluation.precision_recall(torch.cat([POINTS, POINTS[:1].repeat(9, 1)]), POINTS)),
    *(
        (f"images, flat ones, and without channels: {name}", partial(measure, COLOUR[:, :1], other))
        for name, measure in OF_TWO.items()
        for other in (COLOUR[:, 0], COLOUR[:, 0].flatten(1), COLOUR[:, 0, :, :, None])
    ),
    ("stds of numpy", lambda: evaluation.parzen_bandwidth(POINTS, POINTS, np.array([0.1, 1.0]))),
    ("modes in double, of an ensemble", lambda: evaluation.mode_coverage(POINTS.double().expand(2, 20, 2), RING)),
    ("a floor counted by numpy", lambda: evaluation.mode_floor(RING, np.int32(10))),
    (
        "one draw, one image",
        lambda: evaluation.log_likelihood(VAE, X[:1], samples=np.int64(1), chunk=1, seed=np.int64(0)),
    ),
    ("no component", lambda: evaluation.ppca_log_likelihood(POINTS, np.int64(0))),
    ("a frozen parameter", lambda: evaluation.gradient_norm([None, *RUN_BACK.parameters()])),
    ("logits of both signs", lambda: evaluation.confidence(LOGITS, LOGITS)),
    ("a discriminator that has learnt nothing", lambda: evaluation.confidence(torch.rand(20) / 9, torch.rand(20) / 9)),
    ("a few logits in 0..1", lambda: evaluation.confidence(torch.tensor([1.0]), torch.tensor([0.0]))),
    ("infinite logits", lambda: evaluation.confidence(torch.full((20,), INF), LOGITS)),
    ("threshold 0", lambda: evaluation.active_units(VAE, X, threshold=0)),
    ("signal of few", lambda: evaluation.gradient_signal_to_noise(a_loss, NETWORK.parameters(), np.int64(2))),
    ("norms by layer", lambda: evaluation.layer_gradient_norms(RUN_BACK)),
    (
        "batches of triples",
        lambda: evaluation.stacked_coverage((IMAGES[:2].expand(-1, 3, -1, -1) for _ in range(2)), READER),
    ),
    ("two classes", lambda: evaluation.stacked_uniform_floor(np.int64(2), 10)),
]
