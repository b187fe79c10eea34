"""Losses, penalties, likelihoods and bounds."""

from functools import partial

import numpy as np
import torch
from torch import nn

from course_utils import models, objectives
from course_utils.objectives import (
    ELBO,
    IWAE,
    Bernoulli,
    CycleELBO,
    Gaussian,
    Objective,
)

NAN, INF = float("nan"), float("inf")
LOGITS, BYTES, EMPTY = torch.zeros(4), torch.zeros(4, dtype=torch.uint8), torch.zeros(0)
ELSEWHERE = torch.zeros(4, device="meta")
X, IMAGES = torch.randn(6, 2), torch.zeros(3, 1, 28, 28)
PATH, T = objectives.LinearPath(), torch.rand(6)
D = nn.Linear(2, 1)
BATCHNORM = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
VAE = models.FullyConnectedVAE(2, (8,))
CYCLE_VAE = models.CycleVAE(2, 2, (8,))
MEAN, LOG_VAR = torch.zeros(3, 2), torch.zeros(3, 2)

D_LOSSES = (
    objectives.cross_entropy_discriminator_loss,
    objectives.least_squares_discriminator_loss,
    objectives.hinge_discriminator_loss,
    objectives.wasserstein_critic_loss,
    objectives.relativistic_discriminator_loss,
    objectives.relativistic_generator_loss,
)
G_LOSSES = (
    objectives.saturating_generator_loss,
    objectives.non_saturating_generator_loss,
    objectives.least_squares_generator_loss,
    objectives.wasserstein_generator_loss,
)
PENALTIES = (
    objectives.r1_penalty,
    objectives.r2_penalty,
    objectives.r1_r2_penalty,
    objectives.gradient_penalty,
    objectives.dragan_penalty,
)

ROWS = [
    *(("logits are a list", partial(loss, [0.5], LOGITS), "logits, .* not list of 1") for loss in D_LOSSES),
    *(("logits are bytes", partial(loss, LOGITS, BYTES), "fake_logits|real_logits.*torch.uint8") for loss in D_LOSSES),
    *(("no logits", partial(loss, EMPTY, EMPTY), "at least one logit") for loss in D_LOSSES),
    *(("two devices", partial(loss, LOGITS, ELSEWHERE), "on one device.*meta") for loss in D_LOSSES),
    *(("logits are numpy's", partial(loss, np.zeros(4)), "fake_logits.*ndarray of float64") for loss in G_LOSSES),
    *(("no logits", partial(loss, EMPTY), "at least one logit") for loss in G_LOSSES),
    *(
        (f"label smoothing {wrong}", partial(loss, LOGITS, LOGITS, wrong), r"label_smoothing must be .*\[0, 1\)")
        for loss in D_LOSSES[:2]
        for wrong in (2.0, -0.1, NAN, "0.1")
    ),
    (
        "pairs of other shapes",
        lambda: objectives.RELATIVISTIC.discriminator_loss(LOGITS, LOGITS[:, None]),
        "same shape",
    ),
    (
        "a critic form that averages",
        lambda: objectives.relativistic_discriminator_loss(LOGITS, LOGITS, torch.mean),
        "critic_form must map each logit by itself",
    ),
    (
        "no critic form",
        lambda: objectives.relativistic_generator_loss(LOGITS, LOGITS, 3),
        "critic_form must be a function",
    ),
    ("features of bytes", lambda: objectives.feature_matching_loss(BYTES[None], BYTES[None]), "features.*torch.uint8"),
    ("features that broadcast", lambda: objectives.feature_matching_loss(X, X[:, :1]), "features must be"),
    ("features are None", lambda: objectives.feature_matching_loss(None, X), "real_features.*None"),
    ("an objective without a name", lambda: Objective("", torch.mean, torch.mean), "name must be a text"),
    ("a loss that is a number", lambda: Objective("mine", 3.0, torch.mean), "discriminator_loss must be a function"),
    ("a loss that is a tensor", lambda: Objective("mine", torch.mean, LOGITS), "generator_loss must be a function"),
    ("relativistic is a word", lambda: Objective("mine", torch.mean, torch.mean, "yes"), "relativistic must be True"),
    ("both games", lambda: Objective("mine", torch.mean, torch.mean, True, None, True), "relativistic and on_features"),
    (
        "critic form is a number",
        lambda: Objective("mine", torch.mean, torch.mean, critic_form=1),
        "critic_form must be",
    ),
    ("smoothing 1", lambda: objectives.MINIMAX.label_smoothed(1.0), r"label smoothing must be in \[0, 1\)"),
    ("smoothing is NaN", lambda: objectives.MINIMAX.label_smoothed(NAN), "label smoothing must be .*nan"),
    ("smoothing without labels", lambda: objectives.HINGE.label_smoothed(0.1), "hinge loss has no target labels"),
    ("no relativistic form", lambda: objectives.MINIMAX.relativistic_form(), "no critic form"),
    *(("D is a tensor", partial(penalty, X, X, X), "discriminator must be a network") for penalty in PENALTIES),
    *(
        ("samples of bytes", partial(penalty, D, X.byte(), X.byte()), "floating-point samples.*uint8")
        for penalty in PENALTIES
    ),
    *(
        ("a BatchNorm in D", partial(penalty, BATCHNORM, X, X), "1 \\(BatchNorm1d\\).*mixes the samples")
        for penalty in PENALTIES
    ),
    *(("D returns a mean", partial(penalty, torch.mean, X, X), "one logit a sample") for penalty in PENALTIES),
    *(
        ("D returns two things", partial(penalty, lambda x: (x, x), X, X), "one logit a sample.*tuple of 2")
        for penalty in PENALTIES
    ),
    *(
        ("D detaches", partial(penalty, lambda x: x.detach()[:, 0], X, X), "depend on the samples")
        for penalty in PENALTIES
    ),
    *(
        (f"gamma {wrong}", partial(penalty, D, X, X, gamma=wrong), "gamma must be .*at least 0")
        for penalty in PENALTIES[:3]
        for wrong in (-1.0, NAN, INF, "1")
    ),
    *(
        (f"{name} {wrong}", partial(penalty, D, X, X, **{name: wrong}), f"{name} must be .*at least 0")
        for penalty in PENALTIES[3:]
        for name in ("weight", "target")
        for wrong in (-1.0, NAN)
    ),
    ("spread is negative", lambda: objectives.dragan_penalty(D, X, spread=-1), "spread must be at least 0"),
    ("a side that is a word", lambda: objectives.gradient_penalty(D, X, X, one_sided="left"), "one_sided must be True"),
    ("samples of other shapes", lambda: objectives.gradient_penalty(D, X, X[:1]), "must be the same shape"),
    ("a BatchNorm, asked directly", lambda: objectives.require_per_sample(BATCHNORM), "BatchNorm1d"),
    (
        "a returned image without channels",
        lambda: objectives.cycle_consistency_loss(IMAGES, IMAGES[:, 0]),
        "same shape",
    ),
    ("images of bytes", lambda: objectives.identity_loss(IMAGES.byte(), IMAGES.byte()), "floats.*torch.uint8"),
    ("one image is a list", lambda: objectives.identity_loss(IMAGES, [1.0]), "translated must be a tensor.*list of 1"),
    ("beta is NaN", lambda: CycleELBO(beta=NAN), "beta must be at least 0, not nan"),
    ("cycle weight is negative", lambda: CycleELBO(cycle_weight=-1), "cycle_weight must be at least 0"),
    ("swap is a word", lambda: CycleELBO(swap="no"), "swap must be True or False, not 'no'"),
    ("a model of another kind", lambda: CycleELBO()(VAE, IMAGES, IMAGES), "model must be .*no probabilities"),
    ("partners of another number", lambda: CycleELBO()(CYCLE_VAE, IMAGES, IMAGES[:2]), "x .* partner .* same shape"),
    ("two log variances", lambda: objectives.gaussian_kl(MEAN, LOG_VAR[:1]), "mean .* log_var .* same shape"),
    ("a prior that broadcasts", lambda: objectives.gaussian_kl(MEAN, LOG_VAR, (MEAN[:, :1], LOG_VAR)), "prior's mean"),
    (
        "a prior without variance",
        lambda: objectives.gaussian_kl(MEAN, LOG_VAR, (MEAN,)),
        "prior must be None or a pair",
    ),
    ("a prior that is a word", lambda: objectives.gaussian_kl(MEAN, LOG_VAR, "N"), "prior must be None or a pair"),
    (
        "a mean for each row",
        lambda: objectives.gaussian_log_density(MEAN, MEAN[:, 0]),
        r"mean \(3,\) must have the shape of z",
    ),
    (
        "a column of variances",
        lambda: objectives.gaussian_log_density(MEAN, 0.0, LOG_VAR[:, :1]),
        "log_var .* shape of z",
    ),
    (
        "a mean that is NaN",
        lambda: objectives.gaussian_log_density(MEAN, NAN),
        "mean must be a finite number|mean must be",
    ),
    ("z is a number", lambda: objectives.gaussian_log_density(0.5), "z must be a tensor of floats"),
    (
        "a draw that broadcasts",
        lambda: objectives.reparameterise(MEAN, LOG_VAR[:, :1]),
        "mean .* log_var .* same shape",
    ),
    ("a variance that is a number", lambda: objectives.reparameterise(MEAN, 0.0), "log_var must be a tensor"),
    ("grey pixels", lambda: objectives.require_binary(torch.tensor([0.5])), "pixels that are 0 or 1"),
    ("NaN pixels", lambda: objectives.require_binary(torch.tensor([NAN])), "pixels that are 0 or 1"),
    ("pixels in a list", lambda: objectives.require_binary([0, 1]), "x must be a tensor of binary pixels"),
    ("no pixels", lambda: objectives.require_binary(EMPTY), "x must be a tensor of binary pixels"),
    (
        "images in -1..1",
        lambda: Bernoulli().log_prob(-torch.ones(2, 4), torch.zeros(2, 4)),
        "0 or 1, and these lie in -1",
    ),
    ("logits that broadcast", lambda: Bernoulli().log_prob(IMAGES, IMAGES[:, 0]), "x .* parameters .* same shape"),
    *(
        ("images of a list", partial(likelihood.images, [1.0]), "parameters must be a tensor of floats, not list of 1")
        for likelihood in (Bernoulli(), Gaussian())
    ),
    ("grey levels as bytes", lambda: Gaussian().log_prob(IMAGES.byte(), IMAGES), "x must be a tensor of floats.*uint8"),
    ("means that broadcast", lambda: Gaussian().log_prob(IMAGES, IMAGES[:1]), "x .* parameters .* same shape"),
    *((f"std {wrong}", partial(Gaussian, wrong), "std must be .*above 0") for wrong in (0, -1.0, NAN, INF, "1")),
    ("std negative in a tensor", lambda: Gaussian(torch.tensor(-1.0)), "std must be above 0"),
    ("a std for each pixel", lambda: Gaussian(torch.ones(3)), "std must be a finite number above 0"),
    *((f"beta {wrong}", partial(ELBO, beta=wrong), "beta must be .*at least 0") for wrong in (-1, NAN, INF, None)),
    ("free bits NaN", lambda: ELBO(free_bits=NAN), "free_bits must be at least 0"),
    ("a schedule that is a number", lambda: ELBO(anneal=0.5), "anneal must be a schedule"),
    ("a schedule that is a number, IWAE", lambda: IWAE(anneal=0.5), "anneal must be a schedule"),
    *((f"{wrong} draws", partial(IWAE, wrong), "samples must be .*at least 1") for wrong in (0, -1, 2.0, True, "5")),
    ("a model without a prior", lambda: ELBO()(nn.Linear(2, 2), X), "vae must be an object with encode, prior"),
    ("the class, not a model", lambda: ELBO()(models.FullyConnectedVAE, IMAGES), "the class FullyConnectedVAE"),
    ("no images", lambda: ELBO()(VAE, IMAGES[:0]), r"x must be a batch of floats \[n, …\]"),
    ("images in a list", lambda: IWAE()(VAE, [1.0]), "x must be a batch of floats"),
    ("conditions of another number", lambda: IWAE()(VAE, IMAGES, torch.zeros(2)), "3 images, 2 condition 1"),
    ("warmth is negative", lambda: ELBO()(VAE, IMAGES, warmth=-1.0), "warmth must be at least 0"),
    ("warmth is NaN", lambda: IWAE()(VAE, IMAGES, warmth=NAN), "warmth must be at least 0"),
    ("no draws", lambda: objectives.log_weights(VAE, IMAGES, samples=0), "samples must be at least 1"),
    ("half a draw", lambda: objectives.log_weights(VAE, IMAGES, samples=0.5), "samples must be a whole number"),
    ("images of another size", lambda: objectives.log_weights(VAE, torch.zeros(2, 1, 32, 32)), r"\[n, 1, 28, 28\]"),
    ("weights of one image", lambda: objectives.iwae_bound(torch.zeros(3)), "k draws, n images"),
    ("weights of no draw", lambda: objectives.iwae_bound(torch.zeros(0, 3)), "k draws, n images"),
    ("a flow of one argument", lambda: objectives.FlowMatching()(lambda x: x, X), "network"),
    ("a flow that is no function", lambda: objectives.FlowMatching()(3, X), "network must be a function"),
    ("a flow to one number", lambda: objectives.FlowMatching()(lambda x, t: x.sum(), X), "velocity for each"),
    ("a flow of bytes", lambda: objectives.FlowMatching()(lambda x, t: x, BYTES), "x must be"),
    ("a noise for one", lambda: objectives.FlowMatching(predicts="noise")(lambda x, t: x[:1], X), "a noise for each"),
    ("a path by its name", lambda: objectives.FlowMatching("linear"), "path must be ProbabilityPath"),
    ("the path's class", lambda: objectives.FlowMatching(objectives.LinearPath), "path must be ProbabilityPath"),
    ("a prediction of speed", lambda: objectives.FlowMatching(predicts="speed"), "predicts must be one of"),
    ("one time for all", lambda: objectives.FlowMatching(times=0.5), "times must be a function"),
    ("a weight for all", lambda: objectives.FlowMatching(weight=2.0), "weight must be a function"),
    ("times of one place", lambda: objectives.LogitNormalTimes(std=0), "std must be above 0"),
    ("no times", lambda: objectives.uniform_times(0, X), "n must be at least 1"),
    ("times like a list", lambda: objectives.uniform_times(3, [0.0]), "like must be"),
    ("ends of other lengths", lambda: PATH.place(X, X[:2], T), "two ends of each way"),
    ("times in a column", lambda: PATH.place(X, X, T[:, None]), "t must be one time for each place"),
    ("fewer times than places", lambda: PATH.place(X, X, T[:2]), "pass equally many"),
    ("speed asked for", lambda: PATH.target("speed", X, X, T), "of must be one of"),
    ("times as a number", lambda: objectives.VariancePreservingPath().place(X, X, 0.5), "t must be one time"),
    ("x asked for", lambda: PATH.convert(X, X, T, "noise", "x"), "to must be one of"),
    ("x given", lambda: PATH.convert(X, X, T, "x", "noise"), "of must be one of"),
    ("a prediction in one dimension", lambda: PATH.convert(X[:, :1], X, T, "noise", "data"), "prediction for each"),
    ("nats are NaN", lambda: objectives.bits_per_dimension(NAN, 784), "nats_per_image must be a finite number"),
    (
        "dimensions are a shape",
        lambda: objectives.bits_per_dimension(-90.0, (28, 28)),
        "dimensions must be a whole number",
    ),
    ("a bin without width", lambda: objectives.bits_per_dimension(-90.0, 784, 0.0), "bin_width must be above 0"),
]

RIGHT = [
    ("a flow that stands still", lambda: objectives.FlowMatching()(lambda x, t: torch.zeros_like(x), X)),
    *(("columns and rows", partial(loss, LOGITS, LOGITS[:2, None])) for loss in D_LOSSES[:4]),
    *(("one logit, double", partial(loss, LOGITS[:1].double())) for loss in G_LOSSES),
    ("pairs", lambda: objectives.relativistic_generator_loss(LOGITS, LOGITS)),
    ("no smoothing, as a whole number", lambda: objectives.MINIMAX.discriminator_loss(LOGITS, LOGITS, 0)),
    (
        "smoothing by numpy",
        lambda: objectives.MINIMAX.label_smoothed(np.float32(0.1)).discriminator_loss(LOGITS, LOGITS),
    ),
    *(("weights of 0, one sample", partial(penalty, D, X[:1], X[:1])) for penalty in PENALTIES),
    ("gamma of numpy", lambda: objectives.r1_penalty(D, X, gamma=np.float64(0))),
    ("a function for D", lambda: objectives.r1_penalty(lambda x: x.sum(1), X)),
    ("no real samples for R2", lambda: objectives.r2_penalty(D, None, X)),
    ("one prior for all", lambda: objectives.gaussian_kl(MEAN, LOG_VAR, (MEAN[0], LOG_VAR[0]))),
    ("one mean for all rows", lambda: objectives.gaussian_log_density(MEAN, MEAN[:1], LOG_VAR[0])),
    ("draws in front", lambda: objectives.gaussian_log_density(MEAN.expand(5, 3, 2), MEAN, LOG_VAR)),
    ("a number of either kind", lambda: objectives.gaussian_log_density(MEAN, 0, np.float32(0))),
    ("binary bytes", lambda: objectives.require_binary(BYTES)),
    ("draws counted by numpy", lambda: IWAE(np.int64(2))(VAE, IMAGES)),
    ("draws counted by a tensor", lambda: objectives.log_weights(VAE, IMAGES, samples=torch.tensor(2))),
    ("warmth of a tensor", lambda: ELBO()(VAE, IMAGES, warmth=torch.tensor(0.5))),
    ("warmth of 0", lambda: ELBO(beta=0)(VAE, IMAGES, warmth=0)),
    ("a std that is learnt", lambda: Gaussian(nn.Parameter(torch.tensor(1.0))).log_prob(IMAGES, IMAGES)),
    ("a std in a tensor", lambda: Gaussian(torch.tensor(0.1))),
    ("dimensions counted by numpy", lambda: objectives.bits_per_dimension(-90, np.int32(784))),
]
