"""The house rules: a light package, arrows that only point down, short files, and lessons that have all their parts."""

import ast
import dis
import importlib
import inspect
import json
import re
import subprocess
import sys
from pathlib import Path
from types import CodeType

import nbformat
import pytest
from conftest import ROOT

from course_utils.commands import audit
from course_utils.commands.lessons import PLAYGROUND, SAME, all_lessons, uses_images
from course_utils.commands.render import LIMIT

PACKAGE = ROOT / "course_utils"
MODULES = sorted(PACKAGE.rglob("*.py"))
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LESSONS = [path for path in NOTEBOOKS if path.name != PLAYGROUND]
KEPT_FREE = ("14",)  # for a lesson that is being written

FLOORS = (
    {"inputs", "tensor_inputs", "storage", "progress", "intervals", "timing"},
    {"data", "objectives", "models"},
    {"training", "evaluation"},
    {"plots", "claims", "conditions", "evidence", "reproduction", "stored_cells", "machine"},
    {"checks", "live", "playground", "lesson"},
    {"commands", "__main__"},
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


# --- light ------------------------------------------------------------------------------------------------


def fresh(code: str) -> dict:
    """What a fresh interpreter prints as JSON."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_the_package_itself_loads_nothing_and_at_once():
    code = "import time; t = time.process_time(); import course_utils; t = time.process_time() - t\n"
    code += "import json, sys; print(json.dumps({'seconds': t, 'modules': list(sys.modules)}))"
    runs = [fresh(code) for _ in range(5)]
    assert sorted(run["seconds"] for run in runs)[2] <= 0.1
    assert not {"torch", "numpy", "scipy", "matplotlib", "tqdm"} & set(runs[0]["modules"])


@pytest.mark.parametrize(
    "module", ["inputs", "storage", "claims", "conditions", "evidence", "commands.evidence", "__main__"]
)
def test_what_the_launcher_and_the_ledger_need_loads_no_torch(module):
    modules = fresh(f"import course_utils.{module}, json, sys; print(json.dumps(list(sys.modules)))")
    assert not {"torch", "numpy", "scipy", "matplotlib"} & set(modules)


# --- floors -----------------------------------------------------------------------------------------------


def imported(source: str, package: str = "course_utils") -> set[str]:
    """The rooms of the course that a module of `package` imports, wherever in the module."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            names += [".".join([*above, *filter(None, [node.module]), alias.name]) for alias in node.names]
    return {name.split(".")[1] for name in names if name.startswith("course_utils.")}


def test_imports_are_found_in_every_form():
    source = "import course_utils.data.toys as t\nfrom course_utils import plots, models\nimport torch, os.path\n"
    source += "def f():\n    from course_utils.training.run import GANRun\n"
    assert imported(source) == {"data", "plots", "models", "training"}
    relatives = "from . import toys", "from .toys import Ring", "from ..data.toys import Ring", "from .. import data"
    for relative in relatives:
        assert imported(relative, "course_utils.data") == {"data"}
    assert imported("from .plots import lines") == {"plots"}


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_arrows_only_point_down(path):
    room = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    rooms = imported(path.read_text(encoding="utf-8"), ".".join(path.relative_to(ROOT).parent.parts))
    if room == "__init__":
        assert not rooms
        return
    assert room in FLOOR, f"{name(path)} is on no floor yet: give {room} one in FLOORS"
    up = {other for other in rooms if FLOOR.get(other, 99) > FLOOR[room]}
    assert not up, f"{name(path)} (floor {FLOOR[room]}) imports {', '.join(up)} from above"


# --- readable ---------------------------------------------------------------------------------------------

LONGER = ()  # files of more than 250 lines, each with its reason


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_file_is_at_home_on_a_screen_or_two_and_says_what_it_is(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 250 or name(path) in LONGER
    assert ast.get_docstring(ast.parse(text))


def public_names() -> list[tuple[str, str]]:
    """Every name that a room offers: `__all__` of a folder, what a module of its own defines without underscore."""
    found = []
    for room in sorted(room for floor in FLOORS[:5] for room in floor):
        module = importlib.import_module(f"course_utils.{room}")
        own = [key for key, value in vars(module).items() if getattr(value, "__module__", None) == module.__name__]
        found += [(room, key) for key in getattr(module, "__all__", own) if not key.startswith("_")]
    return found


@pytest.mark.parametrize(("room", "key"), public_names())
def test_every_public_name_says_what_it_is(room, key):
    module = importlib.import_module(f"course_utils.{room}")
    thing = getattr(module, key)  # a name in __all__ that is not there fails here
    if inspect.isclass(thing) or inspect.isroutine(thing):
        text = thing.__doc__ or ""
        assert text.strip() and not text.startswith(f"{key}("), f"{room}.{key} has no docstring"


def test_folders_list_their_public_names():
    for room in sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")):
        module = importlib.import_module(f"course_utils.{room}")
        if room not in ("commands", "evidence"):  # reached by module, and a folder of tables
            assert len(set(module.__all__)) == len(module.__all__) > 0, room


# A mirror, a company's proxy or another registry may serve the packages; which one is pip's business.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "ana" + "conda.org",
    "ana" + "conda.com",
    "npm" + "js.org",
    "npm" + "js.com",
    "download.py" + "torch.org",
]
FOLDERS = ("course_utils", "tests", "benchmarks", "notebooks", "solutions", "exercises", ".ci")
TEXTS = {".py", ".ipynb", ".md", ".toml", ".yml", ".yaml", ".json", ".cfg", ".txt", ".js", ".css", ".html", ".sh", ""}


def test_no_file_names_a_package_registry():
    files = [*ROOT.glob("*"), *(path for folder in FOLDERS for path in (ROOT / folder).rglob("*"))]
    files = [path for path in files if path.is_file() and path.suffix in TEXTS and "__pycache__" not in path.parts]
    assert len(files) > 80
    texts = {name(path): path.read_text(encoding="utf-8", errors="replace") for path in files}
    assert [(file, host) for file, text in texts.items() for host in REGISTRIES if host in text] == []


# --- lessons ----------------------------------------------------------------------------------------------

PARTS = (
    r"^# \d\d · \S", r"^\*\*You will learn\*\*", r"^\*\*Before you start\*\*", r"^\*\*Time\*\*", r"^## \d+\. \S",
    r"^## Key terms$", r"^## Recap$", r"^## Quiz$", r"^## Exercises$", r"^## Further reading$",
)  # fmt: skip


@pytest.fixture(scope="module", params=LESSONS, ids=lambda path: path.stem)
def path(request) -> Path:
    return request.param


@pytest.fixture(scope="module")
def lesson(path):
    return nbformat.read(path, as_version=4)


def prose(lesson) -> str:
    return "\n\n".join(cell.source for cell in lesson.cells if cell.cell_type == "markdown")


def code(lesson) -> str:
    return "\n".join(cell.source for cell in lesson.cells if cell.cell_type == "code")


def test_there_are_lessons_and_each_has_its_number():
    assert len(LESSONS) == len(all_lessons()) == len(NOTEBOOKS) - 1 >= 3
    assert sorted([*all_lessons(), *KEPT_FREE]) == [f"{number:02}" for number in range(len(LESSONS) + len(KEPT_FREE))]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_valid_and_without_leftovers(path):
    stored = json.loads(path.read_text(encoding="utf-8"))
    assert (stored["nbformat"], stored["nbformat_minor"]) == (4, 5)
    nbformat.validate(stored)
    ids = [cell.get("id") for cell in stored["cells"]]
    assert all(ids) and len(set(ids)) == len(ids)
    assert "widgets" not in stored["metadata"]
    assert not [cell["id"] for cell in stored["cells"] if "execution" in cell["metadata"]]
    assert path.stat().st_size <= LIMIT


def test_a_lesson_has_all_its_parts_once_and_in_order(lesson):
    text = prose(lesson)
    places = [[match.start() for match in re.finditer(part, text, re.M)] for part in PARTS]
    assert [part for part, found in zip(PARTS, places, strict=True) if not found] == []
    assert [part for part, found in zip(PARTS, places, strict=True) if len(found) > 1 and r"\d+" not in part] == []
    assert [found[0] for found in places] == sorted(found[0] for found in places)


QUESTION = re.compile(r"(.*?)<details><summary>Answer</summary>(.*)</details>\s*", re.S)


def test_a_quiz_has_five_questions_with_folded_answers(lesson):
    (quiz,) = re.findall(r"^## Quiz$(.*?)(?=^## |\Z)", prose(lesson), re.M | re.S)
    questions = re.split(r"^\*\*(\d)\.\*\*", quiz, flags=re.M)
    assert questions[1::2] == list("12345")
    for question in questions[2::2]:
        asked, answer = QUESTION.fullmatch(question).groups()
        assert asked.strip() and answer.strip()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_link_inside_the_course_leads_somewhere(path):
    text = prose(nbformat.read(path, as_version=4))
    links = re.findall(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"", text)
    inside = [link.split("#")[0] for pair in links for link in pair if link and not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if link and not (path.parent / link).exists()] == []


def test_code_cells_are_short_and_parts_of_the_course(path, lesson):
    cells = [cell for cell in lesson.cells if cell.cell_type == "code"]
    assert [cell.id for cell in cells if len(cell.source.splitlines()) > 30] == []
    begun = re.findall(r'lesson\.begin\("(\d\d)"(, images=True)?\)', code(lesson))
    assert begun == [(path.name[:2], ", images=True" if uses_images(path) else "")]


def test_a_lesson_claims_something(lesson):
    assert re.search(r"\bcourse\.(claim|assertion)\(", code(lesson))


@pytest.mark.parametrize("number", audit.CONVERTED)
def test_a_converted_lesson_claims_nothing_without_a_null_and_no_cause_without_a_control(number):
    source = code(nbformat.read(all_lessons()[number], as_version=4))
    assert "course.assertion(" not in source and "claim_predicted(" not in source
    assert 1 <= source.count("course.claim(") <= 14
    assert list(audit.uncontrolled(all_lessons()[number])) == []


# --- cells that other image sets leave out --------------------------------------------------------------------


def _names(code: CodeType, top: bool = True) -> tuple[set[str], set[str]]:
    """The global names that a cell makes, and those that it uses, in its functions too."""
    made = {i.argval for i in dis.get_instructions(code) if top and i.opname == "STORE_NAME"}
    used = {i.argval for i in dis.get_instructions(code) if i.opname in ("LOAD_NAME", "LOAD_GLOBAL")}
    for part in code.co_consts:
        if isinstance(part, CodeType):
            used |= _names(part, top=False)[1]
    return made, used


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem[:2])
def test_no_cell_needs_one_that_other_image_sets_leave_out(path):
    left_out, made = set(), set()
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type != "code" or "google.colab" in cell.source:
            continue
        makes, uses = _names(compile(cell.source, cell.id, "exec"))
        if SAME in cell.metadata.get("tags", []):
            left_out |= makes
        else:
            assert not (uses & left_out) - made - makes, cell.id
            made |= makes
