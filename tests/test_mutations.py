"""The claims of converted lessons have teeth: with the trained model exchanged for another, they turn ✘.

What has passed with the very same code is not run again, but with COURSE_AGAIN=1 (`course.py test --claims --again`),
which notes here what passes: `mutations_passed.json`, a hash of the lesson, of what it reaches and of this file.
"""

import hashlib
import json
import math
import os
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest
import torch
from stand_in.brief import KINDS_OF_STEPS, few_updates
from torch import nn
from torch.nn.functional import conv_transpose2d

from course_utils import data, evaluation, objectives
from course_utils.checks.turns.lesson_12.deal import in_file_order
from course_utils.commands.audit import CONVERTED
from course_utils.commands.lessons import all_lessons
from course_utils.commands.seeds import fingerprint
from course_utils.lesson import Lesson
from course_utils.models import PointGenerator
from course_utils.storage import locked, write_json
from course_utils.training import GANRun
from course_utils.training.averaging import AveragedModel

pytestmark = pytest.mark.thorough
PASSED = Path(__file__).with_name("mutations_passed.json")
AGAIN = os.environ.get("COURSE_AGAIN") == "1"
TEETH = 0.8  # of a lesson's claims turn with one mutation or another


def no_identity_is_checked(patch) -> None:
    """For a mutation that breaks a lesson's identities, too: the lesson is to come to its claims."""
    patch.setattr(Lesson, "check", lambda self, text, holds, measured=None: None)


def turn_replaced(patch, turn_number: str, replacement) -> None:
    """The lesson goes on with another function in the place of a turn's."""
    your_turn = Lesson.your_turn

    def turn(course, number, *answers):
        answer = your_turn(course, number, *answers)
        return replacement if number == turn_number else answer

    patch.setattr(Lesson, "your_turn", turn)


def untrained(patch) -> None:
    """What a run draws comes from a network that was never trained."""

    def sample(run, n, seed=None):
        with torch.no_grad():
            return PointGenerator(latent_dim=2)(torch.randn(n, 2))

    patch.setattr(GANRun, "sample", sample)


def one_point(patch) -> None:
    patch.setattr(GANRun, "sample", lambda run, n, seed=None: torch.zeros(n, 2))


def nothing_moves(patch) -> None:
    """No optimiser changes a weight: every trained model is an untrained one. The classifier, the judge, is kept."""
    digits = data.load_images("digits")
    evaluation.ladder(digits, evaluation.load_classifier(digits))  # both are in the cache from here on
    for optimizer in (torch.optim.Adam, torch.optim.SGD):
        patch.setattr(optimizer, "step", lambda self, closure=None: None)


def nothing_is_trained(patch) -> None:
    """As `nothing_moves`, sooner: what changes no weight need not be computed thousands of times. Not for lessons that
    measure how a run's numbers scatter: they now repeat.
    """
    nothing_moves(patch)
    for kind in KINDS_OF_STEPS:
        patch.setattr(kind, "__call__", few_updates(kind.__call__))


def losses_exchanged(patch) -> None:
    """The saturating loss stands under the other's name, and the other way round."""
    minimax, other = objectives.MINIMAX, objectives.NON_SATURATING
    patch.setattr(objectives, "MINIMAX", other)
    patch.setattr(objectives, "NON_SATURATING", minimax)


def nothing_is_trained_nor_checked(patch) -> None:
    """As `nothing_is_trained`, where identities fail then, too: a step of Adam, tables of logits that learn."""
    nothing_is_trained(patch)
    no_identity_is_checked(patch)


def generator_losses_exchanged(patch) -> None:
    saturating, other = objectives.saturating_generator_loss, objectives.non_saturating_generator_loss
    patch.setattr(objectives, "saturating_generator_loss", other)
    patch.setattr(objectives, "non_saturating_generator_loss", saturating)


def distance_of_nothing(patch) -> None:
    """The package's Fréchet distance is 1, whoever is judged and on however many samples."""
    patch.setattr(evaluation, "frechet_distance", lambda *moments: 1.0)
    no_identity_is_checked(patch)


def reality_for_the_samples(patch) -> None:
    """Precision, recall, density and coverage are asked about the real points in place of the generated ones."""
    judged = evaluation.precision_recall
    patch.setattr(evaluation, "precision_recall", lambda real, fake, k=5: judged(real, real, k))


def choices_that_change_nothing(patch) -> None:
    """Stamps are evened out, first weights stay PyTorch's, an average forgets at once, and walks jump half way."""
    stamps, averaged, linspace = nn.ConvTranspose2d.forward, AveragedModel.__init__, torch.linspace

    def evened(layer, x):
        ones, (k, s) = torch.ones_like(x[:1, :1]), (layer.kernel_size[0], layer.stride[0])
        options = {"stride": s, "padding": layer.padding, "output_padding": layer.output_padding}
        count = conv_transpose2d(ones, torch.ones(1, 1, k, k, device=x.device), **options)
        return stamps(layer, x) / count.clamp(min=1).sqrt()

    patch.setattr(nn.ConvTranspose2d, "forward", evened)
    patch.setattr(nn.init, "normal_", lambda weight, mean=0.0, std=1.0: weight)
    patch.setattr(AveragedModel, "__init__", lambda average, model, decay: averaged(average, model, 1e-9))
    patch.setattr(torch, "linspace", lambda low, high, steps: (linspace(low, high, steps) > (low + high) / 2).float())


def piles_by_class(patch) -> None:
    """The images are sorted by class and dealt in that order: known, reference and fresh are of other digits."""
    images = data.load_images("digits")
    order = images.labels.argsort()
    by_class = replace(images, images=images.images[order], labels=images.labels[order])
    patch.setattr("course_utils.lesson.load_images", lambda device: by_class)
    turn_replaced(patch, "12.1", in_file_order)


def nothing_is_done_to_the_images(patch) -> None:
    """No image is moved, and Adam forges none; the classifier's AdamW works as ever."""
    step = torch.optim.Adam.step
    patch.setattr(torch.Tensor, "roll", lambda self, shifts, dims: self)
    patch.setattr(torch.optim.Adam, "step", lambda self: None if type(self) is torch.optim.Adam else step(self))


def points_of_the_data_counted_strictly(patch) -> None:
    """Ensembles are judged by points of the ring in place of what they draw, and a mode needs 20 samples to count."""
    ring, sample, coverage = data.Ring(radius=2**0.5, std=0.05), GANRun.sample, evaluation.mode_coverage

    def real(run, n, seed=None):
        members = getattr(run.generator, "members", None)
        return sample(run, n, seed) if members is None else ring.sample(members * n).view(members, n, 2)

    def strict(samples, toy):
        found = coverage(samples, toy)
        one = not isinstance(found, list)
        found = [replace(count, captured=count.captured_20) for count in ([found] if one else found)]
        return found[0] if one else found

    patch.setattr(GANRun, "sample", real)
    patch.setattr(evaluation, "mode_coverage", strict)


def no_mixture(patch) -> None:
    """Where the mixture of two densities is asked for, the first of the two is handed back."""
    patch.setattr(torch, "logaddexp", lambda first, second: first + math.log(2) + 0 * second)
    no_identity_is_checked(patch)


def nobody_wants_anything(patch) -> None:
    turn_replaced(patch, "06.1", lambda state: 0 * state)
    no_identity_is_checked(patch)


def both_at_once(patch) -> None:
    turn_replaced(patch, "06.2", lambda state, field, h: state + h * field(state))
    no_identity_is_checked(patch)


def nothing_is_rough(patch) -> None:
    """Where lesson 08 asks for sin 20z and its slope, it gets z and 1."""
    patch.setattr(torch, "sin", lambda x: x / 20)
    patch.setattr(torch, "cos", lambda x: torch.ones_like(x) / 20)


def no_reader_is_listened_to(patch) -> None:
    """In lesson 10 nobody's opinion of the class moves a point or a code: log p(y|x) has no slope."""
    nothing_is_trained_nor_checked(patch)
    gradient = torch.autograd.grad

    def flat(outputs, inputs, **options):  # the package's own calls have options
        slopes = gradient(outputs, inputs, **options)
        return slopes if options else tuple(0 * slope for slope in slopes)

    patch.setattr(torch.autograd, "grad", flat)


MUTATIONS = {
    "00": (untrained, one_point),
    "01": (nothing_is_trained, no_mixture),
    "02": (nothing_moves, losses_exchanged),
    "03": (nothing_moves, choices_that_change_nothing),
    "04": (nothing_is_trained_nor_checked, points_of_the_data_counted_strictly),
    "05": (nothing_is_trained_nor_checked, generator_losses_exchanged),
    "06": (nobody_wants_anything, both_at_once),
    "07": (nothing_is_trained,),
    "08": (nothing_is_trained, nothing_is_rough),
    "09": (nothing_is_trained,),
    "10": (nothing_is_trained, no_reader_is_listened_to),
    "11": (nothing_is_trained,),
    "12": (distance_of_nothing, reality_for_the_samples, piles_by_class, nothing_is_done_to_the_images),
}


def verdicts(number: str, monkeypatch, tmp_path) -> dict[str, bool]:
    """Each claim of the lesson at the cpu budget, and whether it held; none stops the lesson."""
    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    monkeypatch.setenv("COURSE_DATASET", "digits")
    monkeypatch.setenv("COURSE_CLAIMS", "report")
    monkeypatch.setenv("COURSE_STATIC", "1")
    namespace = {}
    for cell in nbformat.read(all_lessons()[number], as_version=4).cells:
        if cell.cell_type == "code" and "%pip" not in cell.source:
            exec(cell.source, namespace)
    (page,) = (tmp_path / "ledger").glob(f"{number}-*.json")
    return {claim["text"]: claim["holds"] for claim in json.loads(page.read_text(encoding="utf-8"))["claims"]}


def stamp(number: str) -> str:
    return hashlib.sha256(fingerprint(all_lessons()[number]).encode() + Path(__file__).read_bytes()).hexdigest()[:12]


@pytest.mark.parametrize("number", CONVERTED)
def test_claims_turn_where_the_model_is_another(number, monkeypatch, tmp_path):
    if not AGAIN and json.loads(PASSED.read_text(encoding="utf8")).get(number) == stamp(number):
        pytest.skip("it passed with the very same code")
    turned = {}
    for mutation in MUTATIONS[number]:
        with monkeypatch.context() as patch:
            mutation(patch)
            for sentence, held in verdicts(number, patch, tmp_path).items():
                turned[sentence] = turned.get(sentence, False) or not held
    untouched = [sentence for sentence, turns in turned.items() if not turns]
    assert turned and sum(turned.values()) >= TEETH * len(turned), f"no mutation turned {untouched}"
    if AGAIN:
        with locked(PASSED):  # two workers may pass at once
            passed = json.loads(PASSED.read_text(encoding="utf8")) | {number: stamp(number)}
            write_json(PASSED, dict(sorted(passed.items())))
