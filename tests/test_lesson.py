"""The frame of a lesson: what `begin` chooses and prints, what the budget picks, and what the machine is told to be."""

import json
import sys

import pytest
import torch

from course_utils import evidence, lesson, machine
from course_utils.data import ImageData, cache_folder


def tiny(name="digits", device="cpu") -> ImageData:
    pixels, labels = torch.zeros(1200, 1, 8, 8, dtype=torch.uint8, device=device), torch.zeros(1200, dtype=torch.int64)
    return ImageData(name, pixels, labels, pixels[:2], labels[:2], ("0",))


@pytest.fixture(autouse=True)
def no_choices(monkeypatch, tmp_path):
    """The environment of a student who has set nothing, on a machine without a GPU."""
    for name in ("COURSE_BUDGET", "COURSE_SEED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: False)
    monkeypatch.setattr(evidence, "FOLDER", tmp_path)


@pytest.fixture
def asked(monkeypatch):
    """The devices for which `begin` loaded images; nothing is read from a disk."""
    devices = []
    monkeypatch.setattr(lesson, "load_images", lambda device: devices.append(device) or tiny())
    return devices


# --- begin ------------------------------------------------------------------------------------------------


def test_begin_prints_the_table_and_seeds_torch(capsys):
    course = lesson.begin("09")
    drawn = torch.rand(3)
    lines = capsys.readouterr().out.splitlines()
    threads = torch.get_num_threads()
    assert lines == [
        "Lesson 09",
        f"  device  CPU ({threads} thread{'s' if threads > 1 else ''})",
        "  budget  cpu: every claim is asserted",
        "  seed    0",
        "  time    not measured at this budget",
    ]
    assert (course.number, course.device.type, course.budget, course.seed) == ("09", "cpu", "cpu", 0)
    assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(0)))


def test_the_environment_chooses_budget_and_seed(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_BUDGET", "smoke")
    monkeypatch.setenv("COURSE_SEED", "42")
    course = lesson.begin("09")
    drawn = torch.rand(3)
    text = capsys.readouterr().out
    assert "budget  smoke: runs every line, checks no claim\n" in text and "seed    42\n" in text
    assert (course.budget, course.seed) == ("smoke", 42)
    assert torch.equal(drawn, torch.rand(3, generator=torch.Generator().manual_seed(42)))


def test_an_empty_choice_is_none(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_BUDGET", "")
    monkeypatch.setenv("COURSE_SEED", "")
    course = lesson.begin("09")
    assert (course.budget, course.seed) == ("cpu", 0)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("COURSE_BUDGET", "fast", "COURSE_BUDGET must be one of smoke, cpu, gpu, not 'fast'"),
        ("COURSE_SEED", "-1", "COURSE_SEED must be a whole number such as 0 or 7, not '-1'"),
        ("COURSE_SEED", "1.5", "not '1.5'"),
        ("COURSE_SEED", "²", "not '²'"),
        ("COURSE_SEED", "9" * 5000, "not '9{30}': 18 digits at most"),
    ],
)
def test_a_wrong_choice_is_named_before_anything_is_loaded(name, value, message, monkeypatch, asked, capsys):
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=message):
        lesson.begin("09", images=True)
    assert asked == [] and capsys.readouterr().out == ""


def test_begin_loads_images_only_if_asked_and_on_its_device(asked, capsys):
    with pytest.raises(ValueError, match=r"lesson 09 began without images; write lesson.begin\('09', images=True\)"):
        lesson.begin("09").images  # noqa: B018
    assert asked == []
    course = lesson.begin("09", images=True)
    assert asked == [course.device] and course.images.name == "digits"
    assert f"  data    {course.images!r}\n" in capsys.readouterr().out


def test_begin_takes_the_data_set_of_the_environment(monkeypatch, capsys):
    monkeypatch.setenv("COURSE_DATASET", "digits")
    assert lesson.begin("09", images=True).images.name == "digits"
    assert "\n  data    " in capsys.readouterr().out


def test_the_gpu_is_used_where_there_is_one(monkeypatch):
    found = torch.device("mps")
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: found)
    assert (machine.best_device(), lesson._chosen_budget()) == (found, "cpu")
    found = torch.device("cuda")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (machine.best_device(), lesson._chosen_budget()) == (found, "gpu")
    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    assert (machine.best_device(), lesson._chosen_budget()) == (found, "cpu")


@pytest.mark.parametrize(
    ("kind", "in_the_table", "in_the_report"),
    [("mps", "GPU (Apple, through Metal)", "Apple GPU, through Metal"), ("xpu", "accelerator (xpu)", "type xpu")],
)
def test_an_accelerator_is_called_what_it_is(kind, in_the_table, in_the_report, monkeypatch):
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device(kind))
    assert machine.device_name(torch.device(kind)) == in_the_table
    assert in_the_report in repr(machine.check_machine(tiny(), "cpu"))


@pytest.mark.parametrize(("seconds", "said"), [(4, "4 s"), (89, "89 s"), (150, "2.5 min")])
def test_the_table_says_how_long_it_took_where_it_was_measured(seconds, said, tmp_path):
    timing = {"seconds": seconds, "machine": "2-core box, 1 thread", "date": "2026-01-31", "torch": "2.6"}
    (tmp_path / "timings.json").write_text(json.dumps({"09": {"cpu": timing}}))
    course = lesson.Lesson("09", torch.device("cpu"), "cpu", 0)
    assert f"  time    about {said} (measured on 2-core box, 1 thread, 2026-01-31)" in course.table()
    assert "not measured" in lesson.Lesson("09", torch.device("cpu"), "gpu", 0).table()
    assert "not measured" in lesson.Lesson("08", torch.device("cpu"), "cpu", 0).table()


# --- values for this run ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("budget", "both", "short"), [("smoke", 1, 1), ("cpu", 2, 2), ("gpu", 3, 2)])
def test_pick_follows_the_budget_and_the_gpu_falls_back_to_the_cpu(budget, both, short):
    course = lesson.Lesson("09", torch.device("cpu"), budget, 0)
    assert course.pick(smoke=1, cpu=2, gpu=3) == both
    assert course.pick(smoke=1, cpu=2) == short
    assert course.pick(smoke=1, cpu=2, gpu=0) == {"gpu": 0}.get(budget, both)  # nought is a value


@pytest.mark.parametrize(("name", "value"), [("mnist", 4000), ("digits", 1500), ("fashion-mnist", 9)])
def test_per_data_follows_the_image_set(name, value):
    course = lesson.Lesson("09", torch.device("cpu"), "cpu", 0, tiny(name))
    assert course.per_data(mnist=4000, digits=1500, fashion_mnist=9) == value
    assert course.per_data(mnist=4000) == 4000
    with pytest.raises(TypeError, match="mnist"):
        course.per_data(digits=1500)


# --- the machine ------------------------------------------------------------------------------------------


def test_the_machine_report_says_what_was_found_and_what_it_means(monkeypatch):
    monkeypatch.delitem(sys.modules, "google.colab", raising=False)
    report = machine.check_machine(tiny(), "cpu")
    rows = {what: (found, meaning) for what, found, meaning in report.rows}
    assert list(rows) == ["Python", "PyTorch", "processor", "GPU", "images", "budget", "kept in"]
    assert rows["PyTorch"] == (torch.__version__, "supported") and rows["Python"][1] == "supported"
    assert rows["GPU"] == ("none", "not needed: the lessons are sized for the CPU")
    assert rows["images"][0] == "digits, 1,200 to train on" and "without a network" in rows["images"][1]
    assert rows["budget"][0] == "cpu" and "three minutes" in rows["budget"][1]
    assert rows["kept in"][0] == str(cache_folder())


def test_the_machine_report_is_a_table_in_a_notebook_and_aligned_text_elsewhere():
    report = machine.check_machine(tiny("mnist"), "smoke")
    table = report._repr_markdown_().splitlines()
    assert len(table) == 2 + len(report.rows) and {line.count("|") for line in table} == {4}
    assert "| **images** | mnist, 1,200 to train on | 60,000 real digits: the data set of the papers |" in table
    lines = repr(report).splitlines()
    for column in (1, 2):
        places = {line.index(row[column]) for line, row in zip(lines, report.rows, strict=True)}
        assert len(lines) == len(report.rows) and len(places) == 1


@pytest.mark.parametrize("budget", lesson.BUDGETS)
@pytest.mark.parametrize("name", ["mnist", "fashion-mnist", "digits"])
def test_the_machine_report_knows_every_budget_and_image_set(name, budget):
    assert all(found and meaning for _, found, meaning in machine.check_machine(tiny(name), budget).rows)


def test_the_machine_report_tells_where_a_gpu_is_switched_off_or_torch_too_old(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", sys)
    monkeypatch.setattr(torch, "__version__", "2.5.1+cu124")
    rows = {what: meaning for what, _, meaning in machine.check_machine(tiny(), "cpu").rows}
    assert "switched off" in rows["GPU"] and rows["PyTorch"] == "too old: 2.6 is needed"
    assert machine._verdict("2.10.0", "2.6") == machine._verdict("3.11.2", "3.11") == "supported"
    assert machine._verdict("3.9.18", "3.11") == "too old: 3.11 is needed"
