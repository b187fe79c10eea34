"""The mean of several runs, the share of n, and their intervals."""

import pytest
from scipy.stats import binomtest

from course_utils.intervals import confidence_interval, share_interval


def test_the_interval_is_student_s():
    mean, half_width = confidence_interval([1.0, 2.0, 3.0, 4.0])
    assert mean == 2.5
    assert half_width == pytest.approx(3.1824 * 1.29099 / 2, rel=1e-4)  # t(0.975, 3), s, √4


def test_one_value_has_no_interval_and_none_is_an_error():
    assert confidence_interval([7.0]) == (7.0, 0.0)
    with pytest.raises(ValueError, match="at least one value"):
        confidence_interval([])


def test_the_interval_of_a_share_is_wilson_s():
    low, high = share_interval(0.3, 50)
    expected = binomtest(15, 50).proportion_ci(method="wilson")
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-4)
    assert share_interval(1.0, 100)[1] == pytest.approx(1.0) and 0.95 < share_interval(1.0, 100)[0] < 1
    with pytest.raises(ValueError, match="at least 1, not 0"):
        share_interval(0.5, 0)
