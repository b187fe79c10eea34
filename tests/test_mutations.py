"""The claims of converted lessons have teeth: with the trained model exchanged for another, they turn ✘."""

import json

import nbformat
import pytest
import torch

from course_utils.commands.audit import CONVERTED
from course_utils.commands.lessons import all_lessons
from course_utils.models import PointGenerator
from course_utils.training import GANRun

pytestmark = pytest.mark.thorough
TEETH = 0.8  # of a lesson's claims turn with one mutation or another


def untrained(run, n, seed=None):
    with torch.no_grad():
        return PointGenerator(latent_dim=2)(torch.randn(n, 2))


def one_point(run, n, seed=None):
    return torch.zeros(n, 2)


MUTATIONS = {"00": (untrained, one_point)}


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


@pytest.mark.parametrize("number", CONVERTED)
def test_claims_turn_where_the_model_is_another(number, monkeypatch, tmp_path):
    turned = {}
    for mutation in MUTATIONS[number]:
        monkeypatch.setattr(GANRun, "sample", mutation)
        for sentence, held in verdicts(number, monkeypatch, tmp_path).items():
            turned[sentence] = turned.get(sentence, False) or not held
    untouched = [sentence for sentence, turns in turned.items() if not turns]
    assert turned and sum(turned.values()) >= TEETH * len(turned), f"no mutation turned {untouched}"
