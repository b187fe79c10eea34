"""The mean of several runs and its interval."""

import pytest

from course_utils.intervals import confidence_interval


def test_the_interval_is_student_s():
    mean, half_width = confidence_interval([1.0, 2.0, 3.0, 4.0])
    assert mean == 2.5
    assert half_width == pytest.approx(3.1824 * 1.29099 / 2, rel=1e-4)  # t(0.975, 3), s, √4


def test_one_value_has_no_interval_and_none_is_an_error():
    assert confidence_interval([7.0]) == (7.0, 0.0)
    with pytest.raises(ValueError, match="at least one value"):
        confidence_interval([])
