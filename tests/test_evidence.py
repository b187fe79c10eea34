"""Stored evidence: its tables, the verb that collects the runs, killed and resumed, and the list of what is missing."""

import json
import os
import re
import signal
import time

import numpy as np
import psutil
import pytest

from course_utils import evidence
from course_utils.commands import cli, fresh, seeds, stored
from course_utils.commands import evidence as verb
from course_utils.evidence import Evidence, load_evidence, path_for, predicted_seconds
from course_utils.storage import locked, write_json

# --- the tables -------------------------------------------------------------------------------------------


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
            assert len(values) == len(table.seeds) and np.isfinite(values).all(), (path, key)
        for sentence, claim in table.claims.items():
            assert len(claim["measured"]) == len(table.seeds) and set(claim["failed"]) <= set(table.seeds), sentence


def test_in_how_many_stored_runs_a_claim_held():
    claims = {"it is so": {"measured": ["1", None, "2"], "failed": [3]}}
    table = Evidence({}, [1, 2, 3], "today, here", claims=claims)
    assert table.held("it is so") == "1 of 2" and table.held("it is not") == ""


# --- the verb, with real kernels --------------------------------------------------------------------------

SLOW_AT_3 = """
import json, os, pathlib, time
seed = int(os.environ["COURSE_SEED"])
with open("runs.log", "a") as log:
    print(seed, os.environ["COURSE_DATASET"], os.environ["COURSE_BUDGET"], os.environ["COURSE_CLAIMS"], file=log)
folder = pathlib.Path(os.environ["COURSE_LEDGER"])
folder.mkdir(parents=True, exist_ok=True)
claims = [{"text": "it is so", "measured": str(seed), "holds": seed != 5}]
page = {"recorded": {"distance": seed / 2, "seed": seed}, "claims": claims, "reproduction": None}
(folder / "03-digits-cpu.json").write_text(json.dumps(page))
if seed == 3 and not pathlib.Path("go").exists():
    pathlib.Path("waiting").touch()
    time.sleep(600)
"""


@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_evidence_goes_on_where_it_was_killed(checkout):
    checkout.lesson("03_images", SLOW_AT_3, course={"data": "images"})
    notebooks = checkout.root / "notebooks"
    request = ("evidence", "3", "--data", "digits", "--seeds", *"12345678")
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
    assert re.fullmatch(r"seed 3: \d+ s; 1 of 1 claims held", lines[2])
    assert lines[-1] == "course_utils/evidence/03-digits-cpu.json"
    ran = (notebooks / "runs.log").read_text().splitlines()
    assert ran == [f"{seed} digits cpu report" for seed in (1, 2, 3, 3, 4, 5, 6, 7, 8)]
    content, seeds = json.loads(table.read_text()), [1, 2, 3, 4, 5, 6, 7, 8]
    assert content["values"] == {"distance": [seed / 2 for seed in seeds], "seed": seeds}
    assert content["claims"] == {"it is so": {"measured": [str(seed) for seed in seeds], "failed": [5]}}
    assert content["seeds"] == seeds
    assert re.fullmatch(r"\d{4}-\d\d-\d\d, \d+-core .+, 1 thread, torch \d.+", content["made"])
    assert not (checkout.root / "build/ledger").exists()


# --- the verb, with a lesson that is only pretended -------------------------------------------------------


class Pretended:
    """Stands in for `execute`: each seed records what `record` returns, or half of it and fails with its message."""

    def __init__(self, record):
        self.record, self.seeds = record, []

    def __call__(self, path, budget, ledger):
        seed, number = int(os.environ["COURSE_SEED"]), path.name[:2]
        self.seeds.append(seed)
        result = self.record(seed)
        if result is not None:
            page = {"recorded": result if isinstance(result, dict) else {"half": 1.0}, "claims": CLAIMED[number](seed)}
            data = os.environ.get("COURSE_DATASET", "toys")
            write_json(ledger / f"{number}-{data}-{budget}.json", {**page, "reproduction": None})
        return "notebook", 1.0, result if isinstance(result, str) else None


CLAIMED = {
    "01": lambda seed: [{"text": "toys too", "measured": "", "holds": True}],
    "03": lambda seed: [{"text": "it is even", "measured": f"{seed}", "holds": seed % 2 == 0}],
}


@pytest.fixture
def pretend(checkout, monkeypatch):
    """`pretend(record)` makes the verb work in the checkout, with that in place of kernels."""
    checkout.lesson("03_images", "x = 1", course={"data": "images"})
    for name in ("COURSE_SEED", "COURSE_DATASET", "COURSE_CLAIMS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "1")  # so that the verb's own changes end with the test
    monkeypatch.setattr(seeds, "ROOT", checkout.root)
    for module in (fresh, stored):
        monkeypatch.setattr(module, "BUILD", checkout.root / "build")
    monkeypatch.setattr("course_utils.commands.lessons.NOTEBOOKS", checkout.root / "notebooks")
    monkeypatch.setattr("course_utils.commands.lessons.TIMINGS", checkout.root / "timings.json")
    monkeypatch.setattr(evidence, "FOLDER", checkout.root / "course_utils/evidence")
    monkeypatch.setattr(seeds, "leave", lambda notebook, name: [f"build/{name}.ipynb", f"build/{name}.html"])

    def run(record, *request):
        executed = Pretended(record)
        monkeypatch.setattr(seeds, "execute", executed)
        return verb.main([*request] if "--all" in request else ["03", *request]), executed.seeds

    return run


def distance(seed):
    return {"distance": float(seed)}


CHANGES = {
    "a code cell": lambda checkout: checkout.lesson("03_images", "x = 2", course={"data": "images"}),
    "a module": lambda checkout: checkout.write("course_utils/training/gan.py", "step = 2"),
}


@pytest.fixture
def reaching(checkout):
    """Every lesson of the checkout reaches training/gan.py, and nothing else."""
    checkout.write("course_utils/lesson.py", "from course_utils.training import gan")
    checkout.write("course_utils/training/__init__.py", "")
    checkout.write("course_utils/training/gan.py", "step = 1")


@pytest.mark.parametrize("change", CHANGES)
def test_seeds_of_other_code_are_not_mixed_in(change, pretend, checkout, reaching, capsys):
    assert pretend(distance) == (0, [*seeds.SEEDS])
    assert pretend(distance) == (0, [])  # all are kept
    assert "seed 6: kept from before\n" in capsys.readouterr().out
    CHANGES[change](checkout)
    assert pretend(lambda seed: {"distance": -seed}) == (0, [*seeds.SEEDS])
    assert load_evidence("03", "mnist", "cpu").values == {"distance": [-seed for seed in seeds.SEEDS]}


def test_a_module_that_the_lesson_does_not_reach_leaves_its_seeds_alone(pretend, checkout, reaching):
    assert pretend(distance) == (0, [*seeds.SEEDS])
    checkout.write("course_utils/training/other.py", "")
    assert pretend(distance) == (0, [])


def test_seeds_of_another_torch_are_not_mixed_in(pretend, monkeypatch):
    assert pretend(distance)[1] == [*seeds.SEEDS]
    monkeypatch.setattr("importlib.metadata.version", lambda name: "9.9")
    assert pretend(distance)[1] == [*seeds.SEEDS]


def test_text_and_outputs_of_a_lesson_may_change(pretend, checkout):
    path = verb.lesson("03")
    before = seeds.fingerprint(path)
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "1"}]
    notebook["cells"].append({"cell_type": "markdown", "id": "text", "metadata": {}, "source": "x = 2"})
    notebook["cells"][0]["source"] = ["x = 1"]  # nbformat writes lines
    path.write_text(json.dumps(notebook))
    assert seeds.fingerprint(path) == before


def test_more_seeds_are_added_to_those_that_are_done(pretend):
    assert pretend(distance, "--seeds", *"12345678")[1] == [1, 2, 3, 4, 5, 6, 7, 8]
    assert pretend(distance, "--seeds", *"912345679")[1] == [9]
    table = load_evidence("03", "mnist", "cpu")
    assert (table.seeds, table.values["distance"][:2]) == ([9, 1, 2, 3, 4, 5, 6, 7], [9.0, 1.0])
    assert table.claims == {"it is even": {"measured": [*"91234567"], "failed": [9, 1, 3, 5, 7]}}


def test_a_night_that_ends_early_has_stored_its_seeds_from_the_eighth_on(pretend):
    with pytest.raises(cli.Stop):
        pretend(lambda seed: "killed" if seed == 8 else distance(seed))
    assert load_evidence("03", "mnist", "cpu") is None
    with pytest.raises(cli.Stop):
        pretend(lambda seed: "killed" if seed == 10 else distance(seed))
    assert load_evidence("03", "mnist", "cpu").seeds == [1, 2, 3, 4, 5, 6, 7, 8, 9]


def test_a_seed_that_another_process_runs_is_left_to_it(pretend, checkout, capsys):
    folder = stored.kept_folder("03", "mnist", "cpu", seeds.fingerprint(verb.lesson("03")))
    with locked(folder / "seed-2.json"):
        assert pretend(distance)[1] == [1, 3, 4, 5, 6, 7, 8, 9, 10]
    assert "seed 2: another process runs it\n" in capsys.readouterr().out
    assert load_evidence("03", "mnist", "cpu").seeds == [1, 3, 4, 5, 6, 7, 8, 9, 10]
    assert pretend(distance) == (0, [2])


def test_tasks_of_a_job_array_keep_their_seed_and_another_call_gathers_them(pretend):
    for seed in reversed(seeds.SEEDS):  # in any order
        assert pretend(distance, "--task", str(seed)) == (0, [seed])
        assert load_evidence("03", "mnist", "cpu") is None
    assert pretend(distance) == (0, [])
    assert load_evidence("03", "mnist", "cpu").values == {"distance": [float(seed) for seed in seeds.SEEDS]}


def test_a_seed_that_fails_stops_the_verb_and_keeps_the_others(pretend):
    complaint = r"^seed 3 stopped: RuntimeError: the loss is NaN \(see build/03_images-mnist-seed-3.html\)$"
    with pytest.raises(cli.Stop, match=complaint):
        pretend(lambda seed: "RuntimeError: the loss is NaN" if seed == 3 else distance(seed))
    assert load_evidence("03", "mnist", "cpu") is None
    assert pretend(distance) == (0, [*seeds.SEEDS[2:]])


def test_a_lesson_that_says_nothing_is_named_whatever_a_killed_run_left(pretend):
    for record, why in (
        (lambda seed: "killed", "killed"),
        (lambda seed: None, "the lesson recorded and claimed nothing"),
    ):
        with pytest.raises(cli.Stop, match=rf"seed 1 stopped: {why} \(see build/"):
            pretend(record)


def test_seeds_that_record_different_things_are_named(pretend):
    with pytest.raises(cli.Stop, match="seed 4 recorded other keys than seed 1"):
        pretend(lambda seed: {"distance": 1.0, **({"extra": 2.0} if seed == 4 else {})})
    assert load_evidence("03", "mnist", "cpu") is None


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["03", "--budget", "smoke"], "the smoke budget is too short to be evidence; choose cpu or gpu"),
        (["03", "--budget", "fast"], "there is no budget fast"),
        (["03", "--seeds", *"1234567"], "evidence needs at least 8 different seeds"),
        (["03", "--seeds", *"12345677"], "evidence needs at least 8 different seeds"),
        (["03", "--seeds", *"1234567", "-5"], "a seed is a whole number from 0 on"),
        (["03", "--task", "11"], "task 11 is none of the seeds 1 2 3 4 5 6 7 8 9 10"),
        (["03", "--data", "cifar"], "invalid choice: 'cifar'"),
        (["07"], "there is no lesson 07; lessons: 01 03"),
        (["03", "--all"], "--all takes no lesson, and 03 was given"),
        (["--fresh", "2"], "which lesson? give its number, or --all"),
        (["--task", "2"], "which lesson? give its number, or --all"),
    ],
)
def test_a_request_that_makes_no_evidence_is_refused(options, message, pretend, checkout, capsys):
    checkout.lesson("01_toys", "x = 1")
    with pytest.raises(SystemExit) as stopped:
        verb.parse(options)
    err = capsys.readouterr().err
    assert stopped.value.code == 2 and err.count("\n") == 1 and err.startswith("course.py: ") and message in err


# --- all lessons ------------------------------------------------------------------------------------------


def test_all_runs_what_is_missing_the_shortest_lessons_first_and_goes_on_after_one_that_stops(
    pretend, checkout, capsys
):
    checkout.lesson("01_toys", "x = 1")
    write_json(checkout.root / "timings.json", {"01": {"cpu": {"seconds": 3600}}, "03": {"cpu": {"seconds": 36}}})
    code, ran = pretend(lambda seed: "killed" if os.environ.get("COURSE_DATASET") == "mnist" else {}, "--all")
    assert (code, ran) == (1, [1, *seeds.SEEDS, *seeds.SEEDS])
    out, err = capsys.readouterr()
    assert re.findall("^lesson .*", out, re.M) == ["lesson 03, mnist", "lesson 03, digits", "lesson 01, toys"]
    assert err.startswith("course.py: seed 1 stopped: killed") and err.count("\n") == 1
    assert load_evidence("01", "toys", "cpu").claims["toys too"]["failed"] == []

    verb.main([])
    assert capsys.readouterr().out.splitlines() == [
        "lesson  data           stored runs          fresh runs     claims failed   (cpu budget)",
        "01      toys           10                   none           0",
        "03      mnist          none                 none",
        "03      digits         10                   none           1",
        '"older": the lesson, the package or PyTorch has changed since.',
        "03, digits, seed 1, 3, 5, 7, 9: it is even",
        "missing: 10 runs of the lessons as they are, about 0.1 hours; `course.py evidence --all` runs them, the "
        "shortest lessons first, and can be stopped and repeated",
    ]
    checkout.lesson("03_images", "x = 2", course={"data": "images"})
    checkout.write("build/evidence/x", "")
    verb.main([])
    assert "\n03      digits         10, older            none           1\n" in capsys.readouterr().out
    assert pretend(distance, "--all") == (0, [*seeds.SEEDS, *seeds.SEEDS])  # what is older is run again
    assert "missing" not in stored.listing("cpu") and pretend(distance, "--all") == (0, [])


def test_tasks_of_all_lessons_are_kept_shown_and_gathered(pretend, checkout, capsys):
    for seed in seeds.SEEDS:
        assert pretend(distance, "--all", "--data", "digits", "--task", str(seed)) == (0, [seed])
    assert "03      digits         none + 10 in build   none\n" in stored.listing("cpu")
    assert pretend(distance, "--all", "--data", "digits") == (0, [])
    assert load_evidence("03", "digits", "cpu").seeds == [*seeds.SEEDS]


def test_all_takes_fresh_seeds_until_each_lesson_has_as_many(pretend, checkout, capsys):
    assert pretend(distance, "--fresh", "1") == (0, [1000])
    checkout.lesson("01_toys", "x = 1")
    assert pretend(distance, "--all", "--fresh", "2", "--data", "mnist") == (1, [1000, 1001, 1001])
    assert "failed with seed 1001: it is even\n" in capsys.readouterr().out
    assert pretend(distance, "--all", "--fresh", "2", "--data", "mnist") == (0, [])


def test_two_processes_do_not_run_the_same_fresh_seed(pretend):
    with (
        locked(path_for("03", "mnist", "cpu-fresh")),
        pytest.raises(cli.Stop, match="another process runs fresh seeds"),
    ):
        pretend(distance, "--fresh", "1")


# --- fresh seeds ------------------------------------------------------------------------------------------

CLAIMING = """
import json, os, pathlib
seed, folder = int(os.environ["COURSE_SEED"]), pathlib.Path(os.environ["COURSE_LEDGER"])
assert os.environ["COURSE_CLAIMS"] == "report" and os.environ["COURSE_BUDGET"] == "cpu"
folder.mkdir(parents=True)
claims = [{"text": "it is so", "holds": True}, {"text": "it is even", "holds": seed % 2 == 0}]
compared = {"inside": 3, "of": 4, "outside": ["distance"]}
page = {"claims": claims, "reproduction": compared}
(folder / "03-digits-cpu.json").write_text(json.dumps(page))
"""


def test_fresh_seeds_are_never_used_twice_and_failures_are_named(checkout):
    checkout.lesson("03_images", CLAIMING, course={"data": "images"})
    table = checkout.root / "course_utils/evidence/03-digits-cpu-fresh.json"
    request = ("evidence", "03", "--data", "digits", "--fresh")
    first = checkout.course(*request, "1")
    assert first.returncode == 0, first.stderr
    assert re.fullmatch(
        r"seed 1000: \d+ s; 2 of 2 claims held; 3 of 4 numbers in their bands\n"
        r"outside its band with seed 1000: distance\n1 fresh seeds in course_utils/evidence/03-digits-cpu-fresh.json\n",
        first.stdout,
    )
    second = checkout.course(*request, "2")
    assert second.returncode == 1 and "failed with seed 1001: it is even\noutside its band" in second.stdout
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
