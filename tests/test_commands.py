"""The verbs, each on small lessons in a checkout of its own: lab, test, run, render, claims, bench, badges.

`evidence` is in test_evidence.py.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import suppress

import psutil
import pytest

from course_utils.commands import render
from course_utils.commands.lab import is_free
from course_utils.commands.lessons import SAME

PICTURE = "from IPython.display import Image, display\ndisplay(Image('dot.png'))"
DOT = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360000000000500"
    "01a5f645400000000049454e44ae426082"
)


def outputs(path) -> str:
    """Everything that the cells of a stored notebook printed or showed."""
    return json.dumps([cell.get("outputs") for cell in json.loads(path.read_text())["cells"]])


# ---- lab ------------------------------------------------------------------------------------------


def answer(url: str, token: str | None = None, data: bytes | None = None) -> dict:
    headers = {"Authorization": f"token {token}"} if token else {}
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(urllib.request.Request(url, data=data, headers=headers), timeout=120) as reply:
        return json.loads(reply.read())


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_lab_opens_the_first_lesson_behind_its_token_and_ctrl_c_ends_all(checkout):
    checkout.lesson("00_start_here", "print('hello')")
    child = checkout.start("lab", "--no-browser")
    try:
        assert child.stdout.readline() == "Starting JupyterLab (its log: build/lab.log)\n"
        used = psutil.Process(child.pid).cpu_times()
        assert used.user + used.system < 3  # the launcher's own share of a second start, in seconds
        address = child.stdout.readline()
        found = re.fullmatch(
            r"Open   (http://127\.0\.0\.1:\d+)/lab/tree/my_work/notebooks/00_start_here\.ipynb\?token=(\w{48})\n",
            address,
        )
        site, token = found.groups()
        assert child.stdout.readline() == "Ctrl-C stops\n"
        listed = answer(f"{site}/api/contents/notebooks", token)["content"]
        assert [item["name"] for item in listed] == ["00_start_here.ipynb"]
        with pytest.raises(urllib.error.HTTPError, match="403"):
            answer(f"{site}/api/contents/notebooks")
        answer(f"{site}/api/kernels", token, data=b"{}")
        family = psutil.Process(child.pid).children(recursive=True)
        assert len(family) >= 2  # the server and a kernel
        for member in family:
            with suppress(psutil.NoSuchProcess):  # one that has just ended, a zombie too, shows nothing any more
                assert token not in " ".join(member.cmdline())
        assert (checkout.root / "build/lab.log").stat().st_mode & 0o077 == 0  # Jupyter writes its address there
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=120)
        assert (child.returncode, out, err) == (0, "\nStopping JupyterLab\n", "")
        _, alive = psutil.wait_procs(family, timeout=60)
        assert not alive
    finally:
        child.terminate()
        child.wait(timeout=120)


def test_lab_that_cannot_start_names_its_log(checkout):
    checkout.write("jupyterlab.py", "raise SystemExit('broken')")  # the checkout is first on the path
    result = checkout.course("lab", "--no-browser")
    assert result.returncode == 1
    assert result.stderr == f"course.py: JupyterLab did not start; see {checkout.root / 'build/lab.log'}\n"
    assert (checkout.root / "build/lab.log").read_text() == "broken\n"


def test_a_free_port_is_free():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert not is_free(port)
    assert is_free(port)


# ---- test -----------------------------------------------------------------------------------------

SAY = "import os; print({name: os.environ.get(name) for name in ('COURSE_BUDGET', 'TQDM_DISABLE')})"
LOOK = """
import os, pathlib
ledger = pathlib.Path(os.environ["COURSE_LEDGER"])
ledger.mkdir(parents=True, exist_ok=True)
seen = (os.environ.get(name, "-") for name in ("COURSE_BUDGET", "OMP_NUM_THREADS", "TQDM_DISABLE"))
(ledger / ("{number}-" + os.environ.get("COURSE_DATASET", "default"))).write_text(" ".join(seen))
"""


@pytest.fixture
def lessons(checkout):
    checkout.lesson("00_start_here", LOOK.format(number="00"))
    checkout.lesson("03_images", LOOK.format(number="03"), course={"data": "images"})
    checkout.write("tests/test_small.py", "def test_small():\n    pass\n")
    return checkout


def fingerprint_now(checkout, number: str) -> str:
    """Of the checkout's lesson as it is."""
    ask = f"from course_utils.commands import lessons, seeds; print(seeds.fingerprint(lessons.lesson('{number}')))"
    line = [sys.executable, "-c", ask]
    return subprocess.check_output(line, cwd=checkout.root, env=checkout.environment(), text=True).strip()


def ledger(checkout) -> dict[str, str]:
    folder = checkout.root / "build/ledger"
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_test_runs_tests_and_lessons_at_the_smoke_budget(lessons):
    result = lessons.course("test")
    assert result.returncode == 0, result.stdout + result.stderr
    assert re.search(r"= 3 passed.* in [\d.]+s", result.stdout)
    assert ledger(lessons) == {"00-default": "smoke 1 1", "03-default": "smoke 1 1"}


def test_claims_run_at_the_cpu_budget_and_image_lessons_again_on_the_digits(lessons, tmp_path):
    """The longest lesson first; the second time without the cells that would only repeat what they did."""
    look = LOOK.format(number="03") + "assert rings"
    path = lessons.lesson("03_images", "rings = 8", look, course={"data": "images"})
    notebook = json.loads(path.read_text())
    notebook["cells"][0]["metadata"] = {"tags": [SAME]}
    path.write_text(json.dumps(notebook))
    measured = '{"00": {"cpu": {"seconds": 9}}, "03": {"cpu": {"seconds": 80}}}'
    lessons.write("course_utils/evidence/timings.json", measured)
    result = lessons.course("test", "--claims", "-n", "0", "-v", COURSE_DATA=str(tmp_path), OMP_NUM_THREADS="3")
    assert re.findall(r"^notebooks/(\d\d).* (PASSED|FAILED)", result.stdout, re.M) == [
        ("03", "PASSED"), ("03", "PASSED"), ("00", "PASSED"), ("03", "FAILED"),
    ]  # fmt: skip
    assert re.findall(r"= (\d .*) in [\d.]+s", result.stdout) == ["4 passed", "1 failed, 1 deselected"]
    assert result.returncode == 1  # the worse of the two
    assert ledger(lessons) == {"00-mnist": "cpu 3 1", "03-mnist": "cpu 3 1", "03-digits": "cpu 3 1"}


def test_what_stored_runs_of_the_same_code_have_shown_on_the_digits_is_run_briefly(lessons, tmp_path):
    """Only if it is the same code, if there are enough runs, and if all claims held; and not with --again."""
    table = {
        "seeds": list(range(8)), "made": "today", "fingerprint": fingerprint_now(lessons, "03"), "values": {},
        "claims": {"it is so": {"measured": ["1"] * 8, "failed": []}},
    }  # fmt: skip
    failed = {"it is so": {"measured": ["1"] * 8, "failed": [3]}}

    def budget_on_the_digits(*argv, **changed):
        lessons.write("course_utils/evidence/03-digits-cpu.json", json.dumps(table | changed))
        result = lessons.course("test", "--claims", "-n", "0", *argv, "notebooks", COURSE_DATA=str(tmp_path))
        assert result.returncode == 0, result.stdout + result.stderr
        return ledger(lessons)["03-digits"].split()[0]

    assert budget_on_the_digits() == "smoke"
    assert budget_on_the_digits("--again") == "cpu"
    for weaker in ({"fingerprint": "another"}, {"seeds": [1, 2, 3]}, {"claims": failed}, {"claims": {}}):
        assert budget_on_the_digits(**weaker) == "cpu"


def test_pytest_arguments_are_passed_on(lessons):
    lessons.write("tests/test_other.py", "def test_wrong():\n    assert False\n")
    result = lessons.course("test", "-n", "0", "tests", "-k", "wrong")
    assert result.returncode == 1 and "1 failed, 1 deselected" in result.stdout


# ---- run ------------------------------------------------------------------------------------------


def test_run_leaves_the_notebook_and_a_page_with_its_pictures(checkout):
    (checkout.root / "notebooks").mkdir()
    (checkout.root / "notebooks/dot.png").write_bytes(DOT)
    source = checkout.lesson("02_first_gan", SAY, PICTURE, "").read_bytes()
    checkout.write("course_utils/evidence/timings.json", '{"02": {"smoke": {"seconds": 65}}}')
    result = checkout.course("run", "2", "--budget", "smoke")
    assert result.returncode == 0, result.stderr
    assert "WARNING" not in result.stderr
    assert result.stdout.split() == ["build/02_first_gan.ipynb", "build/02_first_gan.html"]
    assert re.search(r"lesson 02: 100%.*cell 2 of 2 \[\d\d:\d\d, of about 01:05\]", result.stderr)
    assert "'COURSE_BUDGET': 'smoke'" in outputs(checkout.root / "build/02_first_gan.ipynb")
    page = (checkout.root / "build/02_first_gan.html").read_text()
    assert "data:image/png;base64," in page and "COURSE_BUDGET" in page
    assert (checkout.root / "notebooks/02_first_gan.ipynb").read_bytes() == source


def test_run_leaves_what_a_failed_lesson_did_and_says_why(checkout):
    checkout.lesson("01_wrong", "print('so far')", "raise RuntimeError('first line\\nthe loss is NaN')")
    result = checkout.course("run", "01")
    assert result.returncode == 1
    assert re.search(r"course.py: lesson 01 stopped after \d+ s: RuntimeError: the loss is NaN\n$", result.stderr)
    for name in ("01_wrong.ipynb", "01_wrong.html"):
        text = (checkout.root / "build" / name).read_text()
        assert "so far" in text and "the loss is NaN" in text


def test_run_notices_a_kernel_that_ends(checkout):
    checkout.lesson("01_wrong", "import os; os._exit(3)")
    result = checkout.course("run", "01")
    assert result.returncode == 1 and "the kernel ended before the lesson did" in result.stderr
    assert (checkout.root / "build/01_wrong.html").exists()


def test_gpu_minutes_are_kept_where_there_is_a_gpu(checkout, monkeypatch, capsys):
    import torch

    from course_utils.commands import run

    path = checkout.lesson("02_first_gan", "1")
    stored = []
    monkeypatch.setattr(run, "lesson", lambda number: path)
    monkeypatch.setattr(run, "execute", lambda path, budget, always: (None, 61.0, stored.append(budget)))
    monkeypatch.setattr(run, "leave", lambda notebook, stem: [])
    monkeypatch.setattr(run, "store_seconds", lambda *what: stored.append(what))
    monkeypatch.setattr(run, "update_readme", lambda: stored.append("README"))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(run.Stop, match="needs a CUDA GPU"):
        run.main(["02", "--gpu-minutes"])
    assert stored == []
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "H200")
    assert run.main(["02", "--gpu-minutes"]) == 0
    assert stored == ["gpu", ("02", "gpu", 61.0, "H200"), "README"]
    with pytest.raises(SystemExit):
        run.parse(["02", "--gpu-minutes", "--budget", "cpu"])
    assert "--gpu-minutes are those of the gpu budget, not of cpu" in capsys.readouterr().err


# ---- render ---------------------------------------------------------------------------------------

WIDGET = """
import time
from IPython.display import display
display({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "a slider"}, raw=True)
print("kept", flush=True)
time.sleep(0.3)
print("whole")
"""


def test_render_stores_clean_outputs_and_the_measured_seconds(checkout):
    path = checkout.lesson(
        "03_images", SAY, WIDGET, widgets={"state": {}}, accelerator="GPU", course={"data": "images"}
    )
    result = checkout.course("render")
    assert result.returncode == 0, result.stderr
    notebook = json.loads(path.read_text())
    assert notebook["metadata"] == {
        "accelerator": "GPU",
        "course": {"data": "images"},
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    assert (
        "'COURSE_BUDGET': 'cpu'" in outputs(path)
        and "kept\\nwhole" in outputs(path).replace('", "', "")
        and "slider" not in outputs(path)
    )
    assert [(cell["id"], cell["metadata"], cell["execution_count"]) for cell in notebook["cells"]] == [
        ("cell-0", {}, 1),
        ("cell-1", {}, 2),
    ]
    timing = json.loads((checkout.root / "course_utils/evidence/timings.json").read_text())["03"]["cpu"]
    assert set(timing) == {"seconds", "machine", "date", "torch", "silence"}
    assert timing["silence"]["cell"] == "import time" and 0.3 <= timing["silence"]["seconds"] < 2
    assert "longest time without a bar: 0." in result.stdout
    assert isinstance(timing["seconds"], int) and re.search(r"^\d+-core .+, \d+ threads?$", timing["machine"])
    first = path.read_bytes()
    assert checkout.course("render", "03").returncode == 0 and path.read_bytes() == first


def test_render_keeps_the_stored_lesson_when_a_cell_fails_and_does_the_others(checkout):
    wrong = checkout.lesson("01_wrong", "assert False, 'no'")
    fine = checkout.lesson("02_fine", "print('fine')")
    before = wrong.read_bytes()
    result = checkout.course("render")
    assert result.returncode == 1 and wrong.read_bytes() == before and "fine" in outputs(fine)
    assert "course.py: 01_wrong is not stored: AssertionError: no (see" in result.stderr
    assert list(json.loads((checkout.root / "course_utils/evidence/timings.json").read_text())) == ["02"]
    assert not list((checkout.root / "notebooks").glob(".*.ipynb.*"))


def test_render_refuses_a_notebook_that_github_would_not_show(checkout):
    path = checkout.lesson("01_large", "print('small')", f"print('x' * {render.LIMIT})")
    before = path.read_bytes()
    result = checkout.course("render", "01")
    assert result.returncode == 1 and path.read_bytes() == before
    assert "1.5 MB, above 1.5 MB; largest: cell 1 (cell-1) 1500 kB, cell 0 (cell-0)" in result.stderr


# ---- claims ---------------------------------------------------------------------------------------


SUMMARY = "CLAIMS.md: {} claims, {} of them do not hold\n{} reproductions, 0 with a number outside its band\n"
WELL_DONE = {"condition": "above 0.5", "null": {"chance": "0.1", "noise": "0.2"}, "slack": 2.1, "margin": 0.5}


REPRODUCED = {
    "recorded": {"distance": 6.0},
    "reproduction": {"text": "1 of 1 numbers lie in their bands", "inside": 1, "of": 1, "outside": []},
}


def keep_page(checkout, lesson, data="toys", budget="cpu", **claim):
    """One ledger page with one claim, as `lesson.claim` writes it."""
    row = {
        "text": "it is so", "holds": True, "measured": "0.5 ± 0.1 (5 runs)", "paper": "0.4", "protocol": "",
        "condition": "", "null": {}, "fooled": [], "slack": None, "margin": None, **claim,
    }  # fmt: skip
    heading = {"lesson": lesson, "data": data, "budget": budget, "seed": 0, "device": "CPU (1 thread)", "torch": "2.6"}
    checkout.write(
        f"build/ledger/{lesson}-{data}-{budget}.json", json.dumps({**heading, "claims": [row], **REPRODUCED})
    )


def test_claims_writes_the_page_from_the_ledger(checkout):
    checkout.lesson("01_the_game"), checkout.lesson("03_images")
    keep_page(checkout, "03", "digits", text="digits converge")
    keep_page(checkout, "03", "mnist", text="p(a|b) falls\nfast", measured="|x| = 1", protocol="5 seeds", **WELL_DONE)
    keep_page(checkout, "01")
    fresh = {"used": [1, 2, 3], "seeds": [1, 2, 3], "failed": {"p(a|b) falls\nfast": [2]}}
    current = fresh | {"fingerprint": fingerprint_now(checkout, "03")}
    checkout.write("course_utils/evidence/03-mnist-cpu-fresh.json", json.dumps(current))
    checkout.write("course_utils/evidence/03-digits-cpu-fresh.json", json.dumps(fresh))
    claims = {"p(a|b) falls\nfast": {"measured": ["1"] * 8, "failed": [3]}}
    table = {"seeds": list(range(8)), "made": "", "values": {}, "claims": claims}
    checkout.write("course_utils/evidence/03-mnist-cpu.json", json.dumps(table))
    result = checkout.course("claims")
    assert (result.returncode, result.stdout) == (0, SUMMARY.format(3, 0, 3)), result.stderr
    text = (checkout.root / "CLAIMS.md").read_text(encoding="utf-8")
    assert re.findall("^## .*", text, re.M) == [
        "## 01 the game",
        "## 03 images, on mnist",
        "## 03 images, on digits",
    ]
    reproduced = "\n\n✔ Reproduction: 1 of 1 numbers lie in their bands.\n"
    assert "\n| ✔ | it is so | 0.5 ± 0.1 (5 runs) |  |  |  |  | 0.4 |" + reproduced in text
    row = "\n| ✔ | p(a\\|b) falls fast (5 seeds) | \\|x\\| = 1 (above 0.5) | chance: 0.1; noise: 0.2 | × 2.1 |"
    assert row + " 7 of 8 | 2 of 3 | 0.4 |\n" in text
    assert "| digits converge | 0.5 ± 0.1 (5 runs) |  |  |  | 3 of 3, older | 0.4 |" in text
    assert text.count("\ncpu budget, seed 0, CPU (1 thread), torch 2.6\n") == 3


def test_claims_that_do_not_hold_are_shown_and_counted(checkout):
    checkout.lesson("01_the_game")
    keep_page(checkout, "01", holds=False)
    result = checkout.course("claims")
    assert (result.returncode, result.stdout) == (1, SUMMARY.format(1, 1, 1))
    assert "| ✘ | it is so |" in (checkout.root / "CLAIMS.md").read_text(encoding="utf-8")


def test_claims_names_the_lessons_that_have_no_ledger_and_writes_nothing(checkout):
    checkout.lesson("01_the_game"), checkout.lesson("02_first_gan"), checkout.lesson("03_images")
    keep_page(checkout, "02")
    keep_page(checkout, "03", budget="smoke")  # a stale page of a smoke run is none
    result = checkout.course("claims")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "course.py: no ledger for lesson 01 03; run course.py test --claims first\n"
    assert not (checkout.root / "CLAIMS.md").exists()


def test_claims_prefers_the_cpu_budget_and_forgets_what_is_gone(checkout):
    checkout.lesson("01_the_game"), checkout.lesson("02_first_gan")
    keep_page(checkout, "01", budget="cpu", text="on the cpu")
    keep_page(checkout, "01", budget="gpu", text="on the gpu")
    keep_page(checkout, "01", budget="smoke", text="too short", holds=False)
    keep_page(checkout, "02", budget="gpu", text="only on the gpu")
    keep_page(checkout, "07", text="of a lesson that was renumbered", holds=False)
    keep_page(checkout, "digits/01", text="in a folder of the old layout", holds=False)
    result = checkout.course("claims")
    assert result.returncode == 0, result.stderr
    rows = re.findall(r"^\| ✔ \| (.*?) \|", (checkout.root / "CLAIMS.md").read_text(encoding="utf-8"), re.M)
    assert rows == ["on the cpu", "only on the gpu"]


# ---- claims --audit -------------------------------------------------------------------------------

PROSE = """## The second section
It rises because the noise falls. It falls. The gradient *cannot* pass; so it stops.

| so | because |
```python
because = "helps"
```
<details><summary>Answer</summary>It helps.</details>
The map is so smooth that it closes. Momentum
helps: see below."""


def audited(checkout, *argv):
    """A lesson with one weak claim of each kind, and one that is well done; what the audit says."""
    path = checkout.lesson("03_images", "course.claim('it is so', 1, above=0, null={'chance': -1})")
    notebook = json.loads(path.read_text())
    markdown = {"cell_type": "markdown", "metadata": {}}
    notebook["cells"][:0] = [
        {**markdown, "id": "first", "source": "## The first section\nThis helps, as a claim shows."}
    ]
    notebook["cells"].append({**markdown, "id": "last", "source": PROSE})
    path.write_text(json.dumps(notebook))
    checkout.lesson("01_the_game")
    keep_page(checkout, "01", **WELL_DONE)
    rows = {"without": {}, "near": {**WELL_DONE, "margin": 0.09}, "lax": WELL_DONE, "fine": {**WELL_DONE, "slack": 2.0}}
    rows |= {"room for a worse run": WELL_DONE, "and below": {**WELL_DONE, "condition": "below 3"}}
    for data, (text, row) in zip("abcdef", rows.items(), strict=True):
        keep_page(checkout, "03", data, text=text, **row)
    for data, runs in {"a": 8, "b": 7, "c": 8, "e": 8, "f": 8}.items():
        claims = {"lax": {"measured": ["1.1"] * runs, "failed": [3]}}
        claims |= {
            name: {"measured": ["1.1", "0.9", "1.6"], "failed": []} for name in ("room for a worse run", "and below")
        }
        table = {"seeds": list(range(runs)), "made": "", "values": {}, "claims": claims}
        checkout.write(f"course_utils/evidence/03-{data}-cpu.json", json.dumps(table))
    return checkout.course("claims", "--audit", *argv)


def test_the_audit_counts_the_weak_claims_of_all_lessons(checkout):
    result = audited(checkout)
    assert result.returncode == 0, result.stderr
    head, *rows = result.stdout.splitlines()
    assert [" ".join(row.split()) for row in rows] == ["01 1 1 0 0 1 1 0 0 0", "03 6 6 1 1 2 2 1 0 3"]
    assert re.split(r"\s{3,}", head.strip())[1:] == [
        "no null", "a null nearly passes", "threshold more than twice as lax as the measurement",
        "fewer than 8 stored runs", "failed with other seeds", "a number outside its band", "a cause without a control",
    ]  # fmt: skip
    assert not (checkout.root / "CLAIMS.md").exists()


def test_the_audit_of_a_lesson_lists_each_finding_and_fails(checkout):
    result = audited(checkout, "3")
    assert result.returncode == 1, result.stderr
    assert result.stdout.split("\n\n")[1:] == [
        "03: no null\n  without",
        "03: a null nearly passes\n  near",
        "03: threshold more than twice as lax as the measurement\n  near\n  lax",
        "03: fewer than 8 stored runs\n  b, cpu budget: 7\n  d, cpu budget: 0",
        "03: failed with other seeds\n  seed 3: lax",
        "03: a cause without a control\n"
        "  It rises because the noise falls.\n  The gradient *cannot* pass; so it stops.\n  Momentum helps:\n",
    ]


# ---- bench, badges --------------------------------------------------------------------------------


def test_bench_runs_all_or_one_and_returns_the_worst(checkout):
    checkout.write("benchmarks/slow.py", "import sys; print('slow', *sys.argv[1:]); sys.exit(3)")
    assert checkout.course("bench", "slow", "--pairs", "5").stdout == "slow --pairs 5\n"
    every = checkout.course("bench")
    assert every.returncode == 3 and "slow\n" in every.stdout and "running in" in every.stdout


README = """[badge](https://colab.research.google.com/github/old/name.of-repo/blob/main/notebooks/00.ipynb)
pip install git+https://github.com/old/name.of-repo.git, or git+https://github.com/old/name.of-repo@main.
git clone https://github.com/old/name.of-repo.git
Based on https://github.com/pytorch/examples.\r
"""


def test_badges_point_to_a_fork_and_change_nothing_else(checkout):
    readme = checkout.root / "README.md"
    readme.write_bytes(README.encode())
    lesson = checkout.lesson("00_start_here", "%pip install -q git+https://github.com/old/name.of-repo\n", 'x = "é"')
    before = lesson.read_bytes()
    exercises = [checkout.write(f"{folder}/01_x/01_x.ipynb", README) for folder in ("solutions", "exercises")]
    result = checkout.course("badges", "me/my-fork")
    assert result.returncode == 0 and "4 files now point to me/my-fork" in result.stdout
    assert readme.read_bytes() == README.replace("old/name.of-repo", "me/my-fork").encode()
    assert lesson.read_bytes() == before.replace(b"old/name.of-repo", b"me/my-fork")
    assert all("me/my-fork" in path.read_text() and "old/" not in path.read_text() for path in exercises)
    assert "every badge already points to me/my-fork" in checkout.course("badges", "me/my-fork").stdout
    checkout.course("badges", "old/name.of-repo")
    assert readme.read_bytes() == README.encode() and lesson.read_bytes() == before


# ---- the module itself ----------------------------------------------------------------------------


def test_the_package_says_its_lines_too(checkout):
    line = [sys.executable, "-m", "course_utils", "fly"]
    result = subprocess.run(line, cwd=checkout.root, env=checkout.environment(), capture_output=True, text=True)
    assert result.returncode == 1 and result.stderr.startswith("course.py: there is no verb fly; verbs: lab")
