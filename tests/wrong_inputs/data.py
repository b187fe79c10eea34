"""Image sets, toys, domains and pairs. Reading files has tests of its own."""

from dataclasses import replace
from functools import partial

import numpy as np
import torch

from course_utils import data
from course_utils.data import (
    BinarisedImages,
    Grid,
    ImageData,
    Mixture,
    Mixture1D,
    PaintedDomains,
    Ring,
    SameClassPairs,
    Spiral,
    StackedImages,
    TwoGaussians,
    UnpairedDomains,
)

NAN, INF = float("nan"), float("inf")
PIXELS = torch.randint(0, 256, (6, 1, 28, 28), dtype=torch.uint8)
LABELS = torch.arange(6) % 3
SET = ImageData("noise", PIXELS, LABELS, PIXELS, LABELS, tuple("abc"))
COLOUR = replace(SET, images=PIXELS.expand(-1, 3, -1, -1), test_images=PIXELS.expand(-1, 3, -1, -1))
IMAGES = data.normalise(PIXELS)
DIGITS = data.load_images("digits").fixed(50)
DOMAINS = UnpairedDomains(SET, data.inverted)
PAINTED = PaintedDomains(SET)
NO_COUNTS = (-1, 2.0, True, "3", None)
SAMPLERS = (
    SET.batch,
    SET.batch_with_labels,
    BinarisedImages(SET).batch,
    BinarisedImages(SET).batch_with_labels,
    StackedImages(SET).batch,
    SameClassPairs(SET).batch,
    DOMAINS.batch_a,
    DOMAINS.batch_b,
    DOMAINS.batch_pairs,
    PAINTED.batch_a,
    PAINTED.batch_b,
)
FIRST = (
    SET.fixed,
    SET.fresh,
    SET.fixed_with_labels,
    BinarisedImages(SET).fixed,
    StackedImages(SET).fixed,
    DOMAINS.test,
    PAINTED.test,
)
TRUTHS = (data.inverted, data.quarter_turn, data.quarter_turn_back, data.bold, data.covered)
TOYS = (Ring(), Grid(), TwoGaussians(), Spiral())

ROWS = [
    *(
        (f"{wrong!r} images of a batch", partial(batch, wrong), "n must be ")
        for batch in SAMPLERS
        for wrong in (0, 2.0, True)
    ),
    *((f"the first {wrong!r} images", partial(first, wrong), "n must be ") for first in FIRST for wrong in NO_COUNTS),
    *(
        ("more images than there are", partial(first, 7), "n must be from 1 to 6, not 7")
        for first in (SET.fixed, SET.fixed_with_labels, BinarisedImages(SET).fixed, DOMAINS.test)
    ),
    *(("a split of another name", partial(first, 2, "valid"), "'train', 'test', not 'valid'") for first in FIRST[2:4]),
    *((f"{wrong!r} points", partial(toy.sample, wrong), "n must be ") for toy in TOYS for wrong in NO_COUNTS[:3]),
    *(("points on no device", partial(toy.sample, 3, "gpu"), "device must be .*'gpu'") for toy in TOYS),
    *(("points of another width", partial(toy.log_prob, torch.zeros(3)), "x: expected a float tensor") for toy in TOYS),
    *(("points in a list", partial(toy.log_prob, [[0.0, 0.0]]), "x: expected a float tensor") for toy in TOYS[:2]),
    *(
        (f"{name} {wrong!r}", partial(kind, **{name: wrong}), f"{name} must be |std")
        for kind, name in (
            (Ring, "radius"),
            (Grid, "spacing"),
            (TwoGaussians, "separation"),
            (Spiral, "turns"),
            (Spiral, "std"),
        )
        for wrong in (0, NAN, INF, "2")
    ),
    *((f"{wrong!r} modes", partial(Ring, wrong), "modes must be ") for wrong in (0, 8.0, True)),
    *((f"a side of {wrong!r}", partial(Grid, wrong), "side must be ") for wrong in (0, 2.5, "5")),
    ("means in a row", lambda: Mixture([0.0, 1.0], 0.1), "means: expected finite numbers"),
    ("means of unequal length", lambda: Mixture([[0.0], [1.0, 2.0]], 0.1), "means: expected numbers"),
    ("means are words", lambda: Mixture1D(means=("left",)), "means: expected numbers"),
    ("stds of another number", lambda: Mixture1D(stds=(1.0, 1.0, 1.0)), "std: expected one positive number"),
    ("weights that sum to 2", lambda: Mixture1D(weights=(1.0, 1.0)), "weights: .* sum to 1"),
    ("weights that are NaN", lambda: Mixture1D(weights=(NAN, 1.0)), "weights: expected 2 numbers"),
    ("floats to normalise", lambda: data.normalise(IMAGES), "expected uint8 grey levels, got torch.float32"),
    ("numpy's images to normalise", lambda: data.normalise(PIXELS.numpy()), "expected uint8 grey levels, got ndarray"),
    ("bytes to bytes", lambda: data.to_uint8(PIXELS), "images must be float images, not torch.uint8"),
    ("grey levels to bytes", lambda: data.to_uint8(PIXELS.float()), "like grey levels"),
    ("0..1 to bytes", lambda: data.to_uint8(PIXELS / 255), "looks like 0 … 1"),
    ("standardised to bytes", lambda: data.to_uint8((DIGITS - DIGITS.mean()) / DIGITS.std()), "standardised: undo"),
    ("NaN to bytes", lambda: data.to_uint8(torch.full((2, 1, 4, 4), NAN)), "NaN or infinity"),
    ("a list to bytes", lambda: data.to_uint8([0.0]), "images must be float images, not list"),
    (
        "7 labels for 6 images",
        lambda: replace(SET, labels=torch.zeros(7, dtype=torch.int64)),
        r"labels must be int64 \[6\]",
    ),
    ("test labels missing", lambda: replace(SET, test_labels=LABELS[:5]), r"test_labels must be int64 \[6\]"),
    ("labels are floats", lambda: replace(SET, labels=LABELS.float()), "labels must be int64"),
    ("labels are a list", lambda: replace(SET, labels=[0, 1, 2, 0, 1, 2]), "labels must be int64 .* list of 6"),
    ("labels beyond the classes", lambda: replace(SET, labels=LABELS + 1), "range from 1 to 3"),
    ("negative test labels", lambda: replace(SET, test_labels=LABELS - 1), "range from -1 to 1"),
    ("images are floats", lambda: replace(SET, images=IMAGES), "images must be uint8"),
    ("images of zeros and ones", lambda: replace(SET, images=PIXELS // 255), "brightest pixel is 1"),
    *(
        (
            f"{brightest} levels",
            partial(replace, SET, images=PIXELS % (brightest + 1), test_images=PIXELS % (brightest + 1)),
            f"brightest pixel (of both splits )?is {brightest}",
        )
        for brightest in (1, 15, 16)
    ),
    ("images without channels", lambda: replace(SET, images=PIXELS[:, 0]), r"images must be uint8 \[N, channels"),
    ("images that are no squares", lambda: replace(SET, images=PIXELS[..., :20]), "square"),
    ("no images", lambda: replace(SET, images=PIXELS[:0], labels=LABELS[:0]), "N >= 1"),
    ("test images of another size", lambda: replace(SET, test_images=PIXELS[..., :14, :14]), "of one size"),
    (
        "test images on another device",
        lambda: replace(SET, images=PIXELS.to("meta"), labels=LABELS.to("meta")),
        "one device",
    ),
    ("no name", lambda: replace(SET, name=""), "name must be a text"),
    ("no classes", lambda: replace(SET, classes=()), "classes must be a tuple of names"),
    ("a device of no kind", lambda: SET.to("gpu0"), "device must be .*'gpu0'"),
    ("an unknown image set", lambda: data.load_images("cifar"), "'mnist', 'fashion-mnist' or 'digits', got 'cifar'"),
    ("a device that is a number", lambda: data.load_images("digits", device=1.5), "device must be one that torch has"),
    *(
        ("a tensor, no image set", partial(kind, PIXELS), "images must be ImageData, not torch.uint8")
        for kind in (BinarisedImages, StackedImages, SameClassPairs, PaintedDomains)
    ),
    ("a function, no image set", lambda: UnpairedDomains(SET.batch, data.bold), "images must be ImageData, not method"),
    ("dynamic is a word", lambda: BinarisedImages(SET, "fixed"), "dynamic must be True or False"),
    ("images by names", lambda: BinarisedImages(SET).at(["a"]), "drawn must be the numbers of images"),
    ("images beyond the last", lambda: BinarisedImages(SET).at(torch.tensor([6])), "drawn must lie in 0 .. 5"),
    ("images by floats", lambda: BinarisedImages(SET).at(torch.zeros(2)), "drawn must be the numbers of images"),
    ("colour images to paint", lambda: PaintedDomains(COLOUR), "to paint them, got 3 channels"),
    ("colour to paint", lambda: data.painted(COLOUR.batch(2)), "x must be grey images"),
    ("bytes to paint", lambda: data.painted(PIXELS), "x must be grey images"),
    ("grounds by a word", lambda: data.painted(IMAGES, seed="a"), "seed must be"),
    *(
        (f"grey images {what}", partial(read, IMAGES), "x must be colour images")
        for what, read in (("without paint", data.unpainted), ("without a ground", data.ground_colour))
    ),
    ("colour images to stack", lambda: StackedImages(COLOUR), "got 3 channels"),
    *(("a translation of bytes", partial(truth, PIXELS), "x must be float images in -1..1") for truth in TRUTHS),
    *(("a translation of NaN", partial(truth, IMAGES * NAN), "x must be finite") for truth in TRUTHS),
    *(
        (f"share {wrong}", partial(data.covered, IMAGES, wrong), r"share must be .*\(0, 1\)")
        for wrong in (0, 1, NAN, "1/2")
    ),
    ("a truth that is a tensor", lambda: UnpairedDomains(SET, IMAGES), "truth must be a function from images"),
    (
        "a truth of another shape",
        lambda: UnpairedDomains(SET, torch.squeeze).batch_b(4),
        "truth must return images of the shape",
    ),
    ("a size that is no part", lambda: UnpairedDomains(SET, data.bold, 13), "cannot be reduced to 13"),
    ("a size of half a pixel", lambda: UnpairedDomains(SET, data.bold, 0.5), "image_size must be a whole number"),
]

RIGHT = [
    *(("what a translator makes at first, nowhere black", partial(truth, PIXELS / 255)) for truth in TRUTHS),
    *(("counted by numpy", partial(batch, np.int64(3))) for batch in SAMPLERS),
    *(("counted by a tensor", partial(first, torch.tensor(3))) for first in FIRST),
    *(("no points", partial(toy.sample, 0)) for toy in TOYS),
    ("all of them", lambda: SET.fixed(6, "test")),
    ("a device by name and by itself", lambda: (SET.to("cpu"), Ring().sample(2, torch.device("cpu")))),
    ("means of numpy", lambda: Mixture(np.zeros((2, 2)), np.float32(0.1))),
    ("modes counted by numpy", lambda: Ring(np.int32(1), std=torch.tensor(0.1))),
    ("noise on images", lambda: data.to_uint8(1.5 * IMAGES)),
    (
        "blank and bright images",
        lambda: (data.to_uint8(torch.zeros(2, 1, 4, 4)), data.to_uint8(torch.ones(2, 1, 4, 4))),
    ),
    ("noise on digits", lambda: (data.to_uint8(DIGITS + 0.5 * torch.randn_like(DIGITS)), data.to_uint8(1.5 * DIGITS))),
    ("a dark test image", lambda: replace(SET, test_images=PIXELS[:1] % 17, test_labels=LABELS[:1])),
    ("images in double", lambda: data.to_uint8(IMAGES.double())),
    ("one image without a batch", lambda: data.inverted(IMAGES[0, 0])),
    ("black images", lambda: replace(SET, images=torch.zeros_like(PIXELS))),
    ("colour", lambda: COLOUR.batch(2)),
    ("images by their numbers", lambda: BinarisedImages(SET, np.False_).at(torch.tensor([0, 5]))),
    ("a size of its own", lambda: UnpairedDomains(SET, data.bold, np.int64(28))),
]
