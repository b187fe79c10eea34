"""Stored evidence: what a band promises, and the verb that collects the runs, killed and resumed."""

import json
import os
import re
import signal
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from scipy import stats

from course_utils import evidence
from course_utils.commands import cli
from course_utils.commands import evidence as verb
from course_utils.evidence import CONFIDENCE, Evidence, load_evidence, path_for, predicted_seconds


def stored(values) -> Evidence:
    return Evidence({"distance": list(values)}, list(range(len(values))), "today, here")


# --- the band ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [2, 5, 6, 30])
def test_the_band_is_students_interval_for_one_more_run(n):
    values = np.random.default_rng(n).normal(3, 0.7, n)
    spread = values.std(ddof=1) * np.sqrt(1 + 1 / n)  # of the difference between a new run and the mean
    expected = stats.t.interval(0.99, n - 1, loc=values.mean(), scale=spread)
    assert stored(values).band("distance") == pytest.approx(expected, rel=1e-12)
    assert stored(values).mean("distance") == pytest.approx(values.mean())


def test_99_of_100_further_runs_fall_into_the_band():
    runs = np.random.default_rng(0).normal(50, 8, (4000, 7))
    inside = 0
    for *known, new in runs:
        low, high = stored(known).band("distance")
        inside += low <= new <= high
    share, error = inside / len(runs), np.sqrt(0.01 * 0.99 / len(runs))
    assert CONFIDENCE == 0.99 and abs(share - 0.99) < 4 * error  # a band for the mean would hold 80 %


def test_all_numbers_of_99_of_100_further_runs_fall_into_their_bands():
    numbers = np.random.default_rng(1).normal(50, 8, (1000, 5, 7))
    missed = 0
    for run in numbers:
        table = Evidence({str(k): list(values[:6]) for k, values in enumerate(run)}, list(range(6)), "today, here")
        bands = [table.band(str(k)) for k in range(5)]
        missed += any(not low <= new <= high for new, (low, high) in zip(run[:, 6], bands, strict=True))
    assert 0 < missed / len(numbers) < 0.01 + 4 * np.sqrt(0.01 * 0.99 / len(numbers))  # 99 % for each: 4.9 % miss


def test_runs_that_agree_leave_no_room():
    assert stored([2.0] * 5).band("distance") == (2.0, 2.0)


def test_evidence_is_read_from_its_own_file_only(tmp_path, monkeypatch):
    monkeypatch.setattr(evidence, "FOLDER", tmp_path)
    assert load_evidence("03", "mnist", "cpu") is None and predicted_seconds("03", "cpu") is None
    table = {"values": {"distance": [1.0, 2.0]}, "seeds": [1, 2], "made": "2026, here"}
    path_for("03", "mnist", "cpu").write_text(json.dumps(table))
    assert load_evidence("03", "mnist", "cpu") == Evidence(**table)
    for other in (("03", "digits", "cpu"), ("03", "mnist", "gpu"), ("04", "mnist", "cpu")):
        assert load_evidence(*other) is None
    (tmp_path / "timings.json").write_text('{"03": {"cpu": {"seconds": 65, "machine": "a box", "date": "2026"}}}')
    assert predicted_seconds("03", "cpu") == (65, "a box, 2026") and predicted_seconds("03", "gpu") is None


def test_every_stored_table_is_one_that_a_lesson_can_use():
    for path in evidence.FOLDER.glob("[0-9][0-9]-*[cg]pu.json"):
        lesson, data, budget = re.fullmatch(r"(\d\d)-([\w-]+)-(cpu|gpu)\.json", path.name).groups()
        table = load_evidence(lesson, data, budget)
        assert len(set(table.seeds)) >= 5 and 0 not in table.seeds, path
        for key, values in table.values.items():
            assert len(values) == len(table.seeds) and np.isfinite(table.band(key)).all(), (path, key)


# --- the verb, with real kernels --------------------------------------------------------------------------

SLOW_AT_3 = """
import json, os, pathlib, time
seed = int(os.environ["COURSE_SEED"])
with open("runs.log", "a") as log:
    print(seed, os.environ["COURSE_DATASET"], os.environ["COURSE_BUDGET"], file=log)
pathlib.Path(os.environ["COURSE_EVIDENCE"]).parent.mkdir(parents=True, exist_ok=True)
pathlib.Path(os.environ["COURSE_EVIDENCE"]).write_text(json.dumps({"distance": seed / 2, "seed": seed}))
if seed == 3 and not pathlib.Path("go").exists():
    pathlib.Path("waiting").touch()
    time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_evidence_goes_on_where_it_was_killed(checkout):
    checkout.lesson("03_images", SLOW_AT_3, course={"data": "images"})
    notebooks = checkout.root / "notebooks"
    request = ("evidence", "3", "--data", "digits", "--seeds", "1", "2", "3", "4", "5")
    child = checkout.start(*request)
    deadline = time.monotonic() + 300
    while not (notebooks / "waiting").exists() and time.monotonic() < deadline and child.poll() is None:
        time.sleep(0.05)
    family = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(signal.SIGKILL)  # in the middle of seed 3, which has recorded its numbers already
    _, err = child.communicate()
    assert child.returncode == -signal.SIGKILL and (notebooks / "waiting").exists(), err
    for member in psutil.wait_procs(family, timeout=5)[1]:  # the kernel should notice by itself
        member.kill()
    (notebooks / "go").touch()
    table = checkout.root / "course_utils/evidence/03-digits-cpu.json"
    assert not table.exists()

    result = checkout.course(*request)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[:2] == ["seed 1: kept from before", "seed 2: kept from before"]
    assert re.fullmatch(r"seed 3: \d+ s; distance 1\.5; seed 3", lines[2])
    assert lines[-1] == "course_utils/evidence/03-digits-cpu.json"
    ran = (notebooks / "runs.log").read_text().splitlines()
    assert ran == [f"{seed} digits cpu" for seed in (1, 2, 3, 3, 4, 5)]
    content = json.loads(table.read_text())
    assert content["values"] == {"distance": [0.5, 1.0, 1.5, 2.0, 2.5], "seed": [1, 2, 3, 4, 5]}
    assert content["seeds"] == [1, 2, 3, 4, 5]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d, \d+-core .+, 1 thread, torch \d.+", content["made"])
    assert not list((checkout.root / "build/evidence").rglob("*.unfinished"))
    assert not (checkout.root / "build/ledger").exists()


# --- the verb, with a lesson that is only pretended -------------------------------------------------------


class Pretended:
    """Stands in for `execute`: each seed records what `record` returns, or half of it and fails with its message."""

    def __init__(self, record):
        self.record, self.seeds = record, []

    def __call__(self, path, budget):
        seed = int(os.environ["COURSE_SEED"])
        self.seeds.append(seed)
        result = self.record(seed)
        if result is not None:
            recorded = result if isinstance(result, dict) else {"half": 1.0}
            Path(os.environ["COURSE_EVIDENCE"]).write_text(json.dumps(recorded))
        return "notebook", 1.0, result if isinstance(result, str) else None


@pytest.fixture
def pretend(checkout, monkeypatch):
    """`pretend(record)` makes the verb work in the checkout, with that in place of kernels."""
    checkout.lesson("03_images", "x = 1", course={"data": "images"})
    for name in ("COURSE_SEED", "COURSE_DATASET", "COURSE_EVIDENCE", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # so that the verb's own changes end with the test
    monkeypatch.setattr(verb, "ROOT", checkout.root)
    monkeypatch.setattr(verb, "BUILD", checkout.root / "build")
    monkeypatch.setattr("course_utils.commands.lessons.NOTEBOOKS", checkout.root / "notebooks")
    monkeypatch.setattr(evidence, "FOLDER", checkout.root / "course_utils/evidence")
    monkeypatch.setattr(verb, "leave", lambda notebook, stem: [f"build/{stem}.ipynb", f"build/{stem}.html"])

    def run(record, *options):
        executed = Pretended(record)
        monkeypatch.setattr(verb, "execute", executed)
        folder = checkout.root / "build/evidence" / f"03-mnist-cpu-{verb.fingerprint(verb.lesson('03'))}"
        folder.mkdir(parents=True, exist_ok=True)
        return verb.main(["03", *options]), executed.seeds

    return run


def distance(seed):
    return {"distance": float(seed)}


CHANGES = {
    "a code cell": lambda checkout: checkout.lesson("03_images", "x = 2", course={"data": "images"}),
    "a module": lambda checkout: checkout.write("course_utils/training/gan.py", "step = 2"),
    "a new module": lambda checkout: checkout.write("course_utils/models/new.py", ""),
}


@pytest.mark.parametrize("change", CHANGES)
def test_seeds_of_other_code_are_not_mixed_in(change, pretend, checkout, capsys):
    checkout.write("course_utils/training/gan.py", "step = 1")
    assert pretend(distance) == (0, [*verb.SEEDS])
    assert pretend(distance) == (0, [])  # all are kept
    assert "seed 6: kept from before\n" in capsys.readouterr().out
    CHANGES[change](checkout)
    assert pretend(lambda seed: {"distance": -seed}) == (0, [*verb.SEEDS])
    assert load_evidence("03", "mnist", "cpu").values == {"distance": [-seed for seed in verb.SEEDS]}


def test_seeds_of_another_torch_are_not_mixed_in(pretend, monkeypatch):
    assert pretend(distance)[1] == [*verb.SEEDS]
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9")
    assert pretend(distance)[1] == [*verb.SEEDS]


def test_text_and_outputs_of_a_lesson_may_change(pretend, checkout):
    path = verb.lesson("03")
    before = verb.fingerprint(path)
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    notebook["cells"].append({"cell_type": "markdown", "id": "text", "metadata": {}, "source": "x = 2"})
    notebook["cells"][0]["source"] = ["x = 1"]  # nbformat writes lines
    path.write_text(json.dumps(notebook))
    assert verb.fingerprint(path) == before


def test_more_seeds_are_added_to_those_that_are_done(pretend):
    assert pretend(distance, "--seeds", "1", "2", "3", "4", "5")[1] == [1, 2, 3, 4, 5]
    assert pretend(distance, "--seeds", "7", "1", "2", "3", "4", "7")[1] == [7]
    table = load_evidence("03", "mnist", "cpu")
    assert (table.seeds, table.values) == ([7, 1, 2, 3, 4], {"distance": [7.0, 1.0, 2.0, 3.0, 4.0]})


def test_tasks_of_a_job_array_keep_their_seed_and_another_call_gathers_them(pretend):
    for seed in reversed(verb.SEEDS):  # in any order
        assert pretend(distance, "--task", str(seed)) == (0, [seed])
        assert load_evidence("03", "mnist", "cpu") is None
    assert pretend(distance) == (0, [])
    assert load_evidence("03", "mnist", "cpu").values == {"distance": [float(seed) for seed in verb.SEEDS]}


def test_a_seed_that_fails_stops_the_verb_and_keeps_the_others(pretend, capsys):
    code, seeds = pretend(lambda seed: "RuntimeError: the loss is NaN" if seed == 3 else distance(seed))
    assert (code, seeds) == (1, [1, 2, 3]) and load_evidence("03", "mnist", "cpu") is None
    complaint = "course.py: seed 3 stopped: RuntimeError: the loss is NaN (see build/03_images.html)\n"
    assert capsys.readouterr().err == complaint
    assert pretend(distance) == (0, [*verb.SEEDS[2:]])


def test_a_lesson_that_records_nothing_is_named_whatever_a_killed_run_left(pretend, checkout, capsys):
    pretend(lambda seed: "killed")
    assert [path.name for path in (checkout.root / "build/evidence").rglob("seed-*")] == ["seed-1.unfinished"]
    capsys.readouterr()
    assert pretend(lambda seed: None)[0] == 1
    assert capsys.readouterr().err.startswith("course.py: seed 1 stopped: the lesson recorded nothing (see build/")


def test_seeds_that_record_different_things_are_named(pretend):
    with pytest.raises(cli.Stop, match="seed 4 recorded other keys than seed 1"):
        pretend(lambda seed: {"distance": 1.0, **({"extra": 2.0} if seed == 4 else {})})
    assert load_evidence("03", "mnist", "cpu") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["03", "--budget", "smoke"], "the smoke budget is too short to be evidence; choose cpu or gpu"),
        (["03", "--budget", "fast"], "there is no budget fast"),
        (["03", "--seeds", "1", "2", "3", "4"], "a band needs at least 5 different seeds"),
        (["03", "--seeds", "1", "2", "3", "4", "4"], "a band needs at least 5 different seeds"),
        (["03", "--seeds", "1", "2", "3", "4", "-5"], "a seed is a whole number from 0 on"),
        (["03", "--task", "11"], "task 11 is none of the seeds 1 2 3 4 5 6 7 8 9 10"),
        (["03", "--data", "cifar"], "invalid choice: 'cifar'"),
        (["07"], "there is no lesson 07; lessons: 01 03"),
        (["01"], "lesson 01 uses no images, and repeats its seeds on the spot"),
    ],
)
def test_a_request_that_makes_no_evidence_is_refused(options, message, pretend, checkout, capsys):
    checkout.lesson("01_toys", "x = 1")
    with pytest.raises(SystemExit) as stopped:
        verb.parse(options)
    err = capsys.readouterr().err
    assert stopped.value.code == 2 and err.count("\n") == 1 and err.startswith("course.py: ") and message in err


# --- fresh seeds ------------------------------------------------------------------------------------------

CLAIMING = """
import json, os, pathlib
seed, folder = int(os.environ["COURSE_SEED"]), pathlib.Path(os.environ["COURSE_LEDGER"])
assert os.environ["COURSE_CLAIMS"] == "report" and os.environ["COURSE_BUDGET"] == "cpu"
folder.mkdir(parents=True)
claims = [{"text": "it is so", "holds": True}, {"text": "it is even", "holds": seed % 2 == 0}]
(folder / "03-digits-cpu.json").write_text(json.dumps({"claims": claims}))
"""


def test_fresh_seeds_are_never_used_twice_and_failures_are_named(checkout):
    checkout.lesson("03_images", CLAIMING, course={"data": "images"})
    table = checkout.root / "course_utils/evidence/03-digits-cpu-fresh.json"
    request = ("evidence", "03", "--data", "digits", "--fresh")
    first = checkout.course(*request, "1")
    assert first.returncode == 0, first.stderr
    assert re.fullmatch(
        r"seed 1000: \d+ s; 2 of 2 claims held\n1 fresh seeds in course_utils/evidence/03-digits-cpu-fresh.json\n",
        first.stdout,
    )
    second = checkout.course(*request, "2")
    assert second.returncode == 1 and "failed with seed 1001: it is even\n3 fresh seeds" in second.stdout
    assert not (checkout.root / "build/ledger").exists()
    kept = json.loads(table.read_text())
    assert kept["seeds"] == kept["used"] == [1000, 1001, 1002] and kept["failed"] == {"it is even": [1001]}

    checkout.lesson("03_images", CLAIMING + "# another lesson", course={"data": "images"})
    assert checkout.course(*request, "1").returncode == 1
    kept = json.loads(table.read_text())
    assert kept["seeds"] == [1003] and kept["used"] == [1000, 1001, 1002, 1003]
    assert kept["failed"] == {"it is even": [1003]}


def test_a_lesson_of_toys_has_fresh_seeds_too_and_one_that_stops_is_named(checkout):
    checkout.lesson("01_toys", "import os; assert 'COURSE_DATASET' not in os.environ\n1 / 0")
    result = checkout.course("evidence", "1", "--fresh", "1")
    assert result.returncode == 1 and "course.py: seed 1000 stopped: ZeroDivisionError" in result.stderr
    assert not list((checkout.root / "course_utils/evidence").glob("*.json"))


@pytest.mark.parametrize("wrong", [["--fresh", "0"], ["--fresh", "2", "--task", "1"]])
def test_fresh_takes_a_number_of_seeds_alone(checkout, wrong):
    checkout.lesson("03_images", course={"data": "images"})
    result = checkout.course("evidence", "03", *wrong)
    assert result.returncode == 2 and "--fresh takes a number of seeds from 1 on, and no --task" in result.stderr
