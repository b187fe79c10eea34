"""The progress bar: what it shows, and when there is none."""

import time

import pytest

from course_utils.progress import SPANS, progress, progress_bar


@pytest.mark.parametrize(
    ("variable", "wanted", "shown"),
    [(None, True, True), ("", True, True), ("0", True, True), ("1", True, False), (None, False, False)],
)
def test_the_bar_is_shown_unless_it_is_unwanted_or_turned_off(variable, wanted, shown, monkeypatch, capsys):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    if variable is not None:
        monkeypatch.setenv("TQDM_DISABLE", variable)
    with progress_bar(4, "step", "training", wanted) as bar:
        bar.update(3)
        bar.refresh()
        bar.set_postfix({"loss": 0.5})
    text = capsys.readouterr().err
    assert (text != "") == shown
    if shown:
        assert "training:  75%" in text and "3/4" in text and "step/s" in text and "loss=0.5" in text
        assert text.endswith("\r")  # it goes away when it is done


def test_a_bar_that_is_off_is_silent_after_an_error(monkeypatch, capsys):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    with pytest.raises(RuntimeError), progress_bar(2, "step"):
        raise RuntimeError
    assert capsys.readouterr() == ("", "")


def test_a_bar_with_a_delay_is_for_what_takes_longer(monkeypatch, capsys):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for wait, shown in ((0.0, False), (0.3, True)):
        for _ in progress(range(3), "measuring", delay=0.2):
            time.sleep(wait)
        text = capsys.readouterr().err
        assert ("measuring:  33%" in text and "1/3" in text) if shown else text == ""


def test_a_bar_with_a_delay_is_not_shown_inside_another(monkeypatch, capsys):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    for _ in progress(range(2), "outer"):
        for _ in progress(range(2), "inner", delay=0.01):
            time.sleep(0.15)
    assert "outer" in (said := capsys.readouterr().err) and "inner" not in said
    with pytest.raises(RuntimeError), progress_bar(2, "step"):
        raise RuntimeError
    for _ in progress(range(2), "afterwards", delay=0.01):
        time.sleep(0.15)
    assert "afterwards" in capsys.readouterr().err


def test_bars_tell_when_they_were_there_also_where_they_are_turned_off(monkeypatch, tmp_path):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    monkeypatch.setenv(SPANS, str(tmp_path / "spans"))
    began = time.time()
    for _ in progress(range(1), "slow"):
        for _ in progress(range(1), "inside", delay=0.001):
            time.sleep(0.05)
    with progress_bar(1, "step", wanted=False):
        assert list(progress(range(3), "quick", delay=9)) == [0, 1, 2]
    (line,) = (tmp_path / "spans").read_text().splitlines()
    first, last = map(float, line.split())
    assert began - 0.01 < first and 0.04 < last - first < 5
