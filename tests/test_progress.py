"""The progress bar: what it shows, and when there is none."""

import pytest

from course_utils.progress import progress_bar


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
