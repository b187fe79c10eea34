"""The reader of generated images: a small network, trained once to name the class of an image.

Its answers tell whether a sample can be read (``legibility``); its 64 features stand in for those of the
Inception network, which was trained on photographs, when samples are compared with real images (``frechet``).
"""

import time

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from course_utils.data import ImageData, normalise
from course_utils.inputs import require_counts, require_methods
from course_utils.progress import PATIENCE, progress, progress_bar
from course_utils.tensor_inputs import require_finite, require_images, require_tensor

FEATURES = 64
STEPS, BATCH, RATE = 468, 256, 5e-3  # 468 x 256 images: two passes over MNIST
MOST_PASSES = 40  # over a small data set: the 1,437 digits take 224 steps, and less than one batch as much as one
CHUNK = 500  # images read at once: their activations stay in a processor's cache


class Classifier(nn.Module):
    """Two strided convolutions, a layer of 64 ReLU features, and a linear layer that gives the logits.

    Images are float [n, channels, size, size] in -1..1, on any device. ``features`` and ``logits`` read them
    in chunks, in evaluation mode and without gradients, and raise ``ValueError`` if they are no such images.
    """

    def __init__(self, channels: int = 1, image_size: int = 28, classes: int = 10):
        super().__init__()
        channels, image_size, classes = require_counts(channels=channels, image_size=image_size, classes=classes)
        self.image_shape = (channels, image_size, image_size)
        quarter = (image_size + 3) // 4  # two strides of 2
        self.body = nn.Sequential(
            nn.Conv2d(channels, 16, kernel_size=5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(),
            nn.Conv2d(16, 32, kernel_size=5, stride=2, padding=2, bias=False),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * quarter * quarter, FEATURES),
            nn.ReLU(),
        )
        self.head = nn.Linear(FEATURES, classes)
        self.accuracy = float("nan")  # share of the test images named correctly
        self.seconds = float("nan")  # that the training took

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.body(x))

    def features(self, x: Tensor) -> Tensor:
        """The 64 features of each image, float32 [n, 64], all >= 0."""
        return self._read(self.body, x)

    def logits(self, x: Tensor) -> Tensor:
        """The logits of each image, float32 [n, classes]; their softmax is the classifier's belief."""
        return self._read(self, x)

    @torch.no_grad()
    def _read(self, network: nn.Module, x: Tensor) -> Tensor:
        require_images("samples", x, ("n", *self.image_shape))
        self.eval()
        device = self.head.weight.device
        chunks = progress(x.split(CHUNK), f"reading {len(x):,} images", PATIENCE)
        return torch.cat([network(chunk.to(device, torch.float32)) for chunk in chunks])


def logits_of(classifier: Classifier, samples: Tensor) -> Tensor:
    """Its logits of ``samples``, [n, classes], of an own classifier too.

    Raises ``ValueError`` for what has no ``logits``, and for logits that are none, or not finite: NaN is neither read
    with confidence nor as the right class, and would pass for a poor generator.
    """
    require_methods("classifier", classifier, "logits")
    logits = classifier.logits(samples)
    name = "what classifier.logits(samples) returns"
    require_tensor(name, logits, (len(samples), "classes"))
    return require_finite(name, logits, "the classifier has diverged, load or train it anew")


@torch.enable_grad()  # it may be asked for in the middle of an evaluation
def train_classifier(images: ImageData, seed: int) -> Classifier:
    """AdamW with a one-cycle rate on batches shifted by at most one pixel. All chance comes from ``seed``."""
    if len(images.classes) < 2:
        raise ValueError(
            f"a classifier tells classes apart, and {images.name} is unlabelled: sort its pictures into one subfolder "
            f"for each class."
        )
    start = time.perf_counter()
    steps = min(STEPS, MOST_PASSES * max(len(images.images), BATCH) // BATCH)
    with torch.random.fork_rng(devices=[]):  # only the CPU's numbers are drawn: those of a GPU need no fork
        torch.default_generator.manual_seed(seed)
        classifier = Classifier(images.channels, images.image_size, len(images.classes))
        passes = -(-steps * BATCH // len(images.images))  # rounded up
        order = torch.cat([torch.randperm(len(images.images)) for _ in range(passes)])[: steps * BATCH]
        shifts = torch.randint(3, (steps, 2)).tolist()
    classifier.to(images.device, memory_format=torch.channels_last)
    batches = order.to(images.device).split(BATCH)
    optimizer = torch.optim.AdamW(classifier.parameters(), lr=RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.2)

    with progress_bar(steps, "step", f"training the {images.name} classifier") as bar:
        for batch, (down, right) in zip(batches, shifts, strict=True):
            margin = pad(normalise(images.images[batch]), (1, 1, 1, 1), value=-1.0)  # black
            x = margin[:, :, down : down + images.image_size, right : right + images.image_size]
            logits = classifier(x.contiguous(memory_format=torch.channels_last))
            loss = cross_entropy(logits, images.labels[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            bar.update()

    classifier.accuracy = accuracy(classifier, images)
    classifier.seconds = time.perf_counter() - start
    return classifier


def accuracy(classifier: Classifier, images: ImageData) -> float:
    """The share of the test images that it names correctly."""
    named = classifier.logits(normalise(images.test_images)).argmax(dim=1)
    return (named == images.test_labels).float().mean().item()
