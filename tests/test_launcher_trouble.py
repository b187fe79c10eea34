"""course.py in trouble: killed at any moment, started twice at once, a damaged `.venv`, links, a course only read.

`venv` and `pip` are small stand-ins here, in the checkout itself, so that an installation takes a second.
"""

import contextlib
import itertools
import json
import os
import re
import shutil
import signal
import stat
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import psutil
import pytest
from conftest import Checkout, is_over
from test_launcher import one_line, wait_for

from course_utils.commands import venv
from course_utils.commands.logs import open_log

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals, links and permissions of POSIX")

VENV = """
import os, pathlib, stand_in, sys
venv = pathlib.Path(sys.argv[-1])
(venv / "bin").mkdir()
(venv / "bin/python").symlink_to(sys._base_executable)
home = os.path.dirname(sys._base_executable)
(venv / "pyvenv.cfg").write_text(f"home = {home}\\ninclude-system-site-packages = false\\n")
stand_in.in_a_grandchild(venv, ["pip"], "venv")
"""

PIP = """
import pathlib, re, stand_in, sys, tomllib
project = tomllib.loads(pathlib.Path("pyproject.toml").read_text())["project"]
if "-e" in sys.argv:
    needed, part = list(project["dependencies"]), "course"
    for extra in re.search(r"\\[(.*)]", sys.argv[-1])[1].split(","):
        needed += project["optional-dependencies"].get(extra, [])
else:
    needed, part = [name for name in sys.argv[2:] if not name.startswith("-")], "torch"
stand_in.in_a_grandchild(pathlib.Path(sys.prefix), needed, part)
"""

# ensurepip runs pip in a process of its own, and pip runs build backends: writers that do not hear what ends `venv`.
STAND_IN = """
import os, pathlib, signal, subprocess, sys, time
def in_a_grandchild(venv, needed, part):
    subprocess.run([sys.executable, "-c", "import stand_in, sys; stand_in.write(*sys.argv[1:])", venv, part, *needed],
                   check=True)
def write(venv, part, *needed):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    site = pathlib.Path(venv) / f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
    for number, requirement in enumerate(needed):
        name = requirement.replace("=", ">").partition(">")[0]
        pause(f"{part}-{number}", site)
        (site / name).mkdir(parents=True, exist_ok=True)
        (site / name / "__init__.py").touch()
        pause(f"{part}-{number}-half", site)
        info = site / f"{name}-1.0.dist-info"
        info.mkdir(exist_ok=True)
        needs = "Requires-Dist: deeplet\\n" if name == "lablet" else ""
        (info / "METADATA").write_text(f"Name: {name}\\nVersion: 1.0\\n{needs}")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\\n{info.name}/METADATA,,\\n../../../bin/{name},,\\n")
        if needs:
            write(venv, part, "deeplet")
def pause(moment, site):
    if os.environ.get("PAUSE_AT") == moment:
        pathlib.Path("paused").write_text(str(os.getpid()))
        while True:  # and go on writing, as pip does
            site.mkdir(parents=True, exist_ok=True)
            (site / f"late-{time.monotonic_ns()}").touch()
            time.sleep(0.01)
"""

# Run course.py; it gets a signal just before the N-th time that it touches `.venv` or `build`, or starts a command.
KILLED = """
import os, runpy, signal, sys
number, moment = getattr(signal, sys.argv[1]), int(sys.argv[2])
places = tuple(os.path.join(os.path.realpath("."), name) for name in (".venv", "build"))
seen = 0
def hook(event, args):
    global seen
    touches = event in TOUCHES and str(args[0]).startswith(places)
    if touches or event == "subprocess.Popen":
        seen += 1
        if seen == moment:
            os.kill(os.getpid(), number)
TOUCHES = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.listdir", "os.scandir", "shutil.rmtree"}
sys.addaudithook(hook)
sys.argv = ["course.py", "bench", "where"]
runpy.run_path("course.py", run_name="__main__")
"""

SERVER = """
import http.server, os, sys
settings = dict(arg[2:].split("=", 1) for arg in sys.argv[1:])
class Jupyter(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        known = self.headers["Authorization"] == "token " + os.environ["JUPYTER_TOKEN"]
        self.send_response(200 if known else 403)
        self.end_headers()
    def do_POST(self):
        self.do_GET()
        self.wfile.flush()
        os._exit(0)
print("serving", settings["ServerApp.port"], flush=True)
try:
    server = http.server.HTTPServer(("127.0.0.1", int(settings["ServerApp.port"])), Jupyter)
except OSError:
    sys.exit("this port is in use")
server.serve_forever()
"""


class Quick(Checkout):
    """A checkout that no interpreter satisfies, and whose `.venv` is made by the stand-ins."""

    def __init__(self, root: Path):
        super().__init__(root)
        self.require(["torchlet>=1"], lab=["lablet>=1"], test=["testlet>=1"])
        stand_ins = {"venv": VENV, "pip": PIP, "stand_in": STAND_IN, "killed": KILLED, "jupyterlab": SERVER}
        for name, text in stand_ins.items():
            self.write(f"{name}.py", text)
        (root / "notebooks").mkdir()
        self.venv = root / ".venv"
        self.stamp = self.venv / "course-stamp.json"
        self.works = f"running in {self.venv}"

    @property
    def site(self) -> Path:
        return next(self.venv.glob("lib/python*/site-packages"))

    def killed(self, number: str, moment: int) -> subprocess.CompletedProcess:
        line = [sys.executable, "killed.py", number, str(moment)]
        return subprocess.run(line, cwd=self.root, env=self.environment(), capture_output=True, text=True)

    def where(self, **extra: str) -> str:
        """The last line of a start that must succeed."""
        result = self.course("bench", "where", **extra)
        assert result.returncode == 0, result.stdout + result.stderr
        return result.stdout.splitlines()[-1]


@pytest.fixture
def quick(tmp_path) -> Quick:
    return Quick(tmp_path / "100% of Zoë's course")


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> Path:
    """A complete `.venv`."""
    quick = Quick(tmp_path_factory.mktemp("finished") / "course")
    assert quick.where() == quick.works
    return quick.venv


@pytest.fixture
def ready(finished, tmp_path) -> Quick:
    """A checkout that was moved after its `.venv` was made."""
    quick = Quick(tmp_path / "moved")
    shutil.copytree(finished, quick.venv, symlinks=True)
    return quick


# ---- ended at any moment --------------------------------------------------------------------------

STOPPED = (130, "course.py: stopped; nothing half-made was left behind\n")


def test_sigterm_at_any_moment_leaves_nothing_and_the_next_start_works(quick):
    for moment in itertools.count(1):
        ended = quick.killed("SIGTERM", moment)
        if ended.returncode == 0:
            break
        assert (ended.returncode, ended.stderr) == STOPPED
        assert not quick.venv.exists(), f"moment {moment}"
    assert moment > 18
    assert quick.where() == quick.works


def test_a_kill_at_any_moment_of_an_installation_or_of_clearing_up_after_one_is_made_good_by_the_next_start(quick):
    for moment in itertools.count(1):  # each start finds what the one before has left
        ended = quick.killed("SIGKILL", moment)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, f"moment {moment}: {ended.stderr}"
    assert moment > 18
    assert quick.where() == quick.works


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("venv-0", signal.SIGTERM),
        ("venv-0-half", signal.SIGINT),
        ("torch-0", signal.SIGHUP),
        ("torch-0-half", signal.SIGTERM),
        ("course-1", signal.SIGINT),
        ("course-1-half", signal.SIGTERM),
    ],
)
def test_what_a_step_has_started_ends_with_it(quick, moment, end):
    child = quick.start("bench", "where", PAUSE_AT=moment)
    writer = psutil.Process(int(text_of(quick.root / "paused")))
    child.send_signal(end)  # to the launcher only
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == STOPPED
    assert not quick.venv.exists()
    assert is_over(writer)


def test_a_killed_launcher_whose_step_goes_on_keeps_the_next_one_waiting(quick):
    child = quick.start("bench", "where", PAUSE_AT="torch-0")
    writer = psutil.Process(int(text_of(quick.root / "paused")))
    child.kill()
    child.communicate()
    second = quick.start("bench", "where")
    assert second.stdout.readline() == "Another course.py is installing here; waiting for it\n"
    writer.kill()
    out, _ = second.communicate(timeout=60)
    assert (second.returncode, out.splitlines()[-1]) == (0, quick.works)


def test_sigterm_reaches_what_a_verb_has_started(ready):
    waits = "import os, pathlib, time; pathlib.Path('paused').write_text(str(os.getpid())); time.sleep(600)"
    ready.write("benchmarks/where.py", waits)
    child = ready.start("bench")
    script = psutil.Process(int(text_of(ready.root / "paused")))
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert (child.returncode, err) == (130, "course.py: stopped\n") and is_over(script)


def test_a_closed_terminal_does_not_end_what_runs_under_nohup(quick):
    ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)  # noqa: E731
    child = subprocess.Popen(
        [sys.executable, "course.py", "bench", "where"], cwd=quick.root, env=quick.environment(PAUSE_AT="torch-0"),
        stdout=subprocess.PIPE, text=True, preexec_fn=ignore,
    )  # fmt: skip
    writer = psutil.Process(int(text_of(quick.root / "paused")))
    child.send_signal(signal.SIGHUP)
    writer.kill()
    child.communicate(timeout=60)
    assert child.returncode == 1  # the step that we killed failed; the signal did nothing


def text_of(path: Path) -> str:
    wait_for(path)
    while not path.read_text():
        pass
    return path.read_text()


# ---- two at once ----------------------------------------------------------------------------------


def both(checkout: Checkout) -> list[str]:
    """Start `lab` twice at once. Both must serve, each behind its own token; then both are ended. Their outputs."""
    pair = [checkout.start("lab", "--no-browser") for _ in range(2)]
    outputs = [[], []]
    try:
        sites = {}
        for child, output in zip(pair, outputs, strict=True):
            while not output or not output[-1].startswith("Ctrl-C"):
                output.append(child.stdout.readline())
                assert output[-1], "".join(output) + child.stderr.read()
            site, token = re.search(r"Open   (http://[\d.:]+)/lab.*token=(\w+)", "".join(output)).groups()
            sites[site] = token
        assert len(sites) == 2
        for site, token in sites.items():
            for key in sites.values():
                with contextlib.nullcontext() if key == token else pytest.raises(urllib.error.HTTPError, match="403"):
                    ask(site, key)
    finally:
        for child in pair:
            child.send_signal(signal.SIGINT)
            child.communicate(timeout=60)
    assert [child.returncode for child in pair] == [0, 0]
    return ["".join(output) for output in outputs]


def ask(site: str, token: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(f"{site}/api/status", headers={"Authorization": f"token {token}"})
    opener.open(request, timeout=30).close()


@pytest.mark.parametrize("pair", range(8))
def test_two_starts_at_once_both_open_on_ports_and_logs_of_their_own(ready, pair):
    said = both(ready)
    assert {re.search(r"its log: (\S+)\)", text)[1] for text in said} == {"build/lab.log", "build/lab-2.log"}


def test_two_first_starts_at_once_install_once_and_both_open(quick):
    said = both(quick)
    assert sum("Setting up" in text for text in said) == 1
    assert sum("Another course.py is installing here; waiting for it\n" in text for text in said) == 1


# ---- a damaged .venv ------------------------------------------------------------------------------


def remove_python(venv: Path, site: Path) -> None:
    (venv / "bin/python").unlink()


def dangle(venv: Path, site: Path) -> None:
    remove_python(venv, site)
    (venv / "bin/python").symlink_to("/usr/bin/python-that-was-upgraded")


def break_python(venv: Path, site: Path) -> None:
    remove_python(venv, site)
    (venv / "bin/python").write_bytes(b"\x7fELF")
    (venv / "bin/python").chmod(0o755)


def forget_prefix(venv: Path, site: Path) -> None:
    (venv / "pyvenv.cfg").unlink()


def upgrade_python(venv: Path, site: Path) -> None:
    site.parent.rename(site.parent.with_name("python3.5"))


def empty(venv: Path, site: Path) -> None:
    shutil.rmtree(site)
    site.mkdir()


def keep_stamp_only(venv: Path, site: Path) -> None:
    for name in ("bin", "lib"):
        shutil.rmtree(venv / name)


@pytest.mark.parametrize(
    "damage", [remove_python, dangle, break_python, forget_prefix, upgrade_python, empty, keep_stamp_only]
)
def test_a_venv_that_cannot_be_mended_is_made_again(ready, damage):
    damage(ready.venv, ready.site)
    result = ready.course("bench", "where")
    assert result.stdout.splitlines()[-1] == ready.works, result.stdout + result.stderr
    assert "the old one is removed: it" in result.stdout and "1/3 making .venv" in result.stdout


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        (["lablet", "lablet-1.0.dist-info"], "1/1 installing the course"),
        (["deeplet", "deeplet-1.0.dist-info"], "1/1 installing the course"),
        (["deeplet"], "1/2 installing again what has lost its files: deeplet"),
        (["torchlet"], "1/2 installing again what has lost its files: torchlet==1.0"),
        (["lablet", "lablet-1.0.dist-info/RECORD"], "1/2 installing again what has lost its files: lablet==1.0"),
    ],
)
def test_packages_that_are_gone_are_installed_again(ready, gone, said):
    for name in gone:
        path = ready.site / name
        path.unlink() if path.is_file() else shutil.rmtree(path)
    result = ready.course("bench", "where")
    assert said in result.stdout and result.stdout.splitlines()[-1] == ready.works, result.stdout + result.stderr
    assert all((ready.site / name).exists() for name in gone)


STAMPS = ["", "{}", "[]", "null", '"x"', "7", "{", '{"extras": "lab", "requirements": "all"}', '{"extras": [1]}', "\0"]


@pytest.mark.parametrize("text", STAMPS)
def test_a_stamp_of_any_other_shape_is_one_of_an_unfinished_installation(tmp_path, monkeypatch, text):
    monkeypatch.setattr(venv, "STAMP", tmp_path / "stamp.json")
    venv.STAMP.write_text(text)
    assert venv.look(["torchlet>=1"]).remake == "it is not there yet, or was not finished"


def test_a_venv_with_a_damaged_stamp_is_made_again(ready):
    ready.stamp.write_text("null")
    assert ready.where() == ready.works
    assert json.loads(ready.stamp.read_text()) == {"extras": ["lab"], "requirements": ["lablet>=1", "torchlet>=1"]}


def test_a_venv_that_moved_with_its_checkout_is_used_as_it_is(ready):
    result = ready.course("bench", "where")
    assert (result.stdout, result.stderr) == (ready.works + "\n", "")
    assert not (ready.root / "build").exists()


# ---- nothing outside the checkout -----------------------------------------------------------------


@pytest.fixture
def outside(tmp_path) -> Path:
    """A folder of the user's with what the launcher might take for its own."""
    folder = tmp_path / "outside"
    for name in ("thesis.txt", "install.log", "lab.log", "kernel.log", "install.lock", "course-stamp.json"):
        (folder / "lib").mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    (folder / "lib/chapter.txt").write_text("mine")
    return folder


def unharmed(outside: Path) -> bool:
    return {path.name: path.read_text() for path in outside.rglob("*.*")} == dict.fromkeys(
        ("thesis.txt", "install.log", "lab.log", "kernel.log", "install.lock", "course-stamp.json", "chapter.txt"),
        "mine",
    )


@pytest.mark.parametrize("stamp", [None, "", "{}", '{"extras": [], "requirements": []}', "mine"])
def test_a_venv_that_is_a_link_is_left_alone(quick, outside, stamp):
    (outside / "course-stamp.json").unlink()
    if stamp is not None:
        (outside / "course-stamp.json").write_text(stamp)
    before = sorted(outside.rglob("*"))
    quick.venv.symlink_to(outside)
    assert ".venv is a link, so it is not touched" in one_line(quick.course("bench", "where"))
    assert sorted(outside.rglob("*")) == before and quick.venv.is_symlink()


def test_a_venv_that_is_a_link_to_an_empty_folder_is_left_alone(quick, tmp_path):
    (tmp_path / "empty").mkdir()
    quick.venv.symlink_to(tmp_path / "empty")
    assert ".venv is a link" in one_line(quick.course("bench", "where"))
    assert quick.venv.is_symlink() and (tmp_path / "empty").is_dir()


def test_a_venv_that_is_a_link_to_one_that_has_everything_is_used(quick, finished):
    quick.venv.symlink_to(finished)
    assert quick.where() == quick.works


def points_to(target: str):
    return lambda path: path.symlink_to(target)


@pytest.mark.parametrize("make", [Path.touch, os.mkfifo, points_to("nowhere"), points_to(".venv")])
def test_a_venv_that_is_no_folder_is_left_alone(quick, make):
    make(quick.venv)
    assert "so it is not touched" in one_line(quick.course("bench", "where"))
    assert os.path.lexists(quick.venv)


def test_a_foreign_python_that_knows_no_prefix_is_asked_once(quick):
    (quick.venv / "bin").mkdir(parents=True)
    (quick.venv / "bin/python").symlink_to(sys._base_executable)
    assert "it lacks torchlet>=1, lablet>=1" in one_line(quick.course("bench", "where"))


def test_links_inside_a_venv_that_is_removed_are_not_followed(ready, outside):
    (ready.venv / "share").symlink_to(outside)
    (ready.site / "data").symlink_to(outside)
    (ready.site / "thesis.txt").symlink_to(outside / "thesis.txt")
    ready.stamp.write_text("{}")
    assert ready.where() == ready.works
    assert unharmed(outside) and not (ready.venv / "share").exists()


def test_a_stamp_that_is_a_link_or_a_pipe_is_not_ours(ready, outside):
    for make in (lambda: ready.stamp.symlink_to(outside / "course-stamp.json"), lambda: os.mkfifo(ready.stamp)):
        ready.stamp.unlink()
        make()
        assert ready.where() == ready.works  # a stranger that has everything
        shutil.rmtree(ready.site / "lablet-1.0.dist-info", ignore_errors=True)
        assert "not made by course.py" in one_line(ready.course("bench", "where"))
        (ready.site / "lablet-1.0.dist-info").mkdir()
        (ready.site / "lablet-1.0.dist-info/METADATA").write_text("Name: lablet\nVersion: 1.0\n")
    assert unharmed(outside)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, "symlink", "dangling", "hard link"])
def test_a_log_that_is_something_else_is_passed_over(outside, tmp_path, make):
    path = tmp_path / "lab.log"
    if make == "symlink":
        path.symlink_to(outside / "lab.log")
    elif make == "dangling":
        path.symlink_to(outside / "new.log")
    elif make == "hard link":
        path.hardlink_to(outside / "lab.log")
    else:
        make(path)
    with open_log(tmp_path, "lab") as log:
        log.write("ours")
    assert (tmp_path / "lab-2.log").read_text() == "ours" and (tmp_path / "lab-2.log").stat().st_mode & 0o077 == 0
    assert unharmed(outside) and os.path.lexists(path)


def test_a_log_is_nobody_elses_while_its_writer_lives_and_empty_for_the_next(tmp_path):
    with open_log(tmp_path, "lab") as log:
        child = subprocess.Popen(["sleep", "60"], stdout=log)
    with open_log(tmp_path, "lab") as second:
        assert Path(second.name).name == "lab-2.log"
        child.kill()
        child.wait()
        with open_log(tmp_path, "lab") as third:
            assert Path(third.name).name == "lab.log"


@pytest.mark.parametrize("make", ["symlink", "dangling", os.mkfifo])
def test_a_lock_that_is_something_else_is_said(quick, outside, make):
    (quick.root / "build").mkdir()
    path = quick.root / "build/install.lock"
    if make == "symlink":
        path.symlink_to(outside / "install.lock")
    elif make == "dangling":
        path.symlink_to(outside / "new")
    else:
        make(path)
    assert "install.lock" in one_line(quick.course("bench", "where"))
    assert unharmed(outside) and not quick.venv.exists()


# ---- a checkout that is only read -----------------------------------------------------------------


@pytest.fixture
def only_read():
    """Call it on a checkout: nothing in it can be written, not even by root in `obeying`. Undone at the end."""
    done = []

    def forbid(checkout: Checkout) -> Checkout:
        done.append(checkout)
        set_write_bits(checkout.root, False)
        return checkout

    yield forbid
    for checkout in done:
        set_write_bits(checkout.root, True)


def set_write_bits(root: Path, on: bool) -> None:
    for path in [root, *root.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | stat.S_IWUSR if on else mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def obeying(checkout: Checkout, *argv: str) -> subprocess.Popen:
    """`course.py ARGV` by a user whom permissions bind. Root, in a container, is one without CAP_DAC_OVERRIDE."""

    def bind():
        import ctypes

        for capability in (1, 2, 3):  # DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER
            ctypes.CDLL(None).prctl(24, capability, 0, 0, 0)  # PR_CAPBSET_DROP; from the next exec on

    return subprocess.Popen(
        [sys.executable, "course.py", *argv], cwd=checkout.root, env=checkout.environment(),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=bind if os.geteuid() == 0 else None,
    )  # fmt: skip


bound = pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="root writes everywhere")
REPLACED = r"course.py: .*/build cannot be written; logs and executed lessons go to (\S+)\n"


@bound
def test_lab_opens_in_a_course_that_is_only_read(ready, only_read):
    child = obeying(only_read(ready), "lab", "--no-browser")
    said = list(itertools.takewhile(lambda line: not line.startswith("Ctrl-C"), child.stdout))
    child.send_signal(signal.SIGTERM)
    _, err = child.communicate(timeout=60)
    assert child.returncode == 0 and said[-1].startswith("Open   http")
    folder = Path(re.match(REPLACED, err)[1])
    assert err.endswith(
        "/my_work cannot be written): the lessons open where they are, and what you change may not be kept\n"
    )
    assert said[0] == f"Starting JupyterLab (its log: {folder / 'lab.log'})\n" and (folder / "lab.log").exists()
    shutil.rmtree(folder)


@bound
def test_run_and_test_work_in_a_course_that_is_only_read(checkout, only_read):
    checkout.lesson("00_start_here", "import os; assert os.environ['COURSE_LEDGER']")
    checkout.write("tests/test_small.py", "def test_small():\n    pass\n")
    only_read(checkout)
    for argv, last in {("run", "00"): "{}/00_start_here.html\n", ("test", "-n", "0", "tests"): "1 passed"}.items():
        child = obeying(checkout, *argv)
        out, err = child.communicate(timeout=240)
        assert child.returncode == 0, err
        folder = re.match(REPLACED, err)[1]
        assert last.format(folder) in out
        shutil.rmtree(folder)


@bound
def test_what_cannot_be_installed_in_a_course_that_is_only_read_is_said(quick, only_read):
    child = obeying(only_read(quick), "bench", "where")
    out, err = child.communicate(timeout=60)
    assert (child.returncode, out) == (1, "")
    assert err == (
        f"course.py: cannot set up in {quick.root}: {quick.root}/build cannot be written; "
        "copy the course to a folder of your own\n"
    )


@bound
def test_a_venv_that_may_not_be_read_is_said(ready):
    ready.venv.chmod(0)
    child = obeying(ready, "bench", "where")
    out, err = child.communicate(timeout=60)
    ready.venv.chmod(0o755)
    assert (child.returncode, out, err.count("\n")) == (1, "", 1)
    assert "Permission denied" in err and err.endswith("copy the course to a folder of your own\n")


@pytest.mark.parametrize(
    ("make", "reason"), [(Path.touch, "is not a folder"), (lambda path: path.symlink_to("/tmp"), "is a link")]
)
def test_where_build_is_something_else_a_new_folder_takes_its_place(ready, make, reason):
    make(ready.root / "build")
    result = ready.course("bench", "where")
    assert (result.returncode, result.stdout) == (0, ready.works + "\n")
    found = re.fullmatch(rf"course.py: .*/build {reason}; logs and executed lessons go to (\S+)\n", result.stderr)
    os.rmdir(found[1])
    shutil.rmtree(ready.venv)
    assert f"/build {reason}; copy the course" in one_line(ready.course("bench", "where"))


# ---- streams --------------------------------------------------------------------------------------


@pytest.mark.parametrize("streams", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(quick, streams):
    line = f"{sys.executable} course.py bench where {streams}"
    result = subprocess.run(line, shell=True, cwd=quick.root, env=quick.environment(), capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (0, "")
    assert quick.where() == quick.works


@pytest.mark.parametrize("argv", [["--help"], ["bench", "where"]])
def test_a_reader_who_has_gone_ends_it_without_a_word(quick, argv):
    read, write = os.pipe()
    os.close(read)
    line = [sys.executable, "course.py", *argv]
    result = subprocess.run(
        line, cwd=quick.root, env=quick.environment(), stdout=write, stderr=subprocess.PIPE, text=True
    )
    os.close(write)
    assert (result.returncode, result.stderr) == (1, "")
    assert not quick.venv.exists()


def test_a_folder_may_have_any_name(tmp_path):
    for name in (b"two\nlines", b"latin \xe9", b"-e $HOME; #"):
        quick = Quick(Path(os.fsdecode(os.fsencode(tmp_path) + b"/" + name)))
        line = [sys.executable, "course.py", "bench", "where"]
        result = subprocess.run(line, cwd=quick.root, env=quick.environment(LC_ALL="C"), capture_output=True)
        assert (result.returncode, result.stderr) == (0, b"")
        shutil.rmtree(quick.venv)
        quick.venv.touch()
        assert ".venv is not a folder" in one_line(quick.course("bench", "where", LC_ALL="C"))


def test_no_home_is_needed(quick):
    line = ["env", "-u", "HOME", sys.executable, "course.py", "bench", "where"]
    result = subprocess.run(line, cwd=quick.root, env=quick.environment(), capture_output=True, text=True)
    assert result.stdout.splitlines()[-1] == quick.works, result.stderr
