"""The README's table comes from the notebooks and the measured times, and says nothing else."""

from course_utils.commands import lessons, readme


def notebook(text):
    cells = '[{"cell_type": "markdown", "source": ' + text + "}]"
    return '{"cells": ' + cells + ', "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'


def make_course(tmp_path, monkeypatch, timings="{}"):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "07_a_thing.ipynb").write_text(
        notebook('["# 07 · A thing\\n", "\\n", "*What is it?*\\n", "\\n", "**You will learn** much."]')
    )
    (tmp_path / "timings.json").write_text(timings)
    monkeypatch.setattr(readme, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(lessons, "TIMINGS", tmp_path / "timings.json")
    return tmp_path / "README.md"


def test_the_table_is_written_between_its_marks_and_the_rest_is_kept(tmp_path, monkeypatch):
    path = make_course(tmp_path, monkeypatch, '{"07": {"cpu": {"seconds": 126}, "gpu": {"seconds": 9}}}')
    path.write_text(f"# Course\n\n{readme.START}old\n{readme.END}\n\nThe end.\n")
    readme.update_readme()
    once = path.read_text()
    assert once.startswith("# Course\n\n") and once.endswith("\n\nThe end.\n") and "old" not in once
    assert "| [07 · A thing](notebooks/07_a_thing.ipynb) | What is it? | 2.1 min | 9 s |" in once
    readme.update_readme()
    assert path.read_text() == once


def test_a_lesson_without_a_measurement_says_so(tmp_path, monkeypatch):
    make_course(tmp_path, monkeypatch)
    assert readme.table().splitlines()[2].endswith("| not run yet | not run yet |")


def test_a_readme_without_marks_is_left_alone(tmp_path, monkeypatch):
    path = make_course(tmp_path, monkeypatch)
    path.write_text("mine")
    readme.update_readme()
    assert path.read_text() == "mine"


def test_the_stored_readme_is_up_to_date():
    text = (lessons.ROOT / "README.md").read_text(encoding="utf-8")
    assert readme.START + readme.table() + readme.END in text
