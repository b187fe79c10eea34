"""The membership AUC by counting pairs, and its interval by drawing again."""

import pytest
import torch

from course_utils.evaluation import membership_auc


def test_the_auc_counts_pairs_with_ties_half():
    torch.manual_seed(0)
    members, others = torch.randint(8, (30,)).float() + 1, torch.randint(8, (20,)).float()
    pairs = members[:, None] - others
    expected = ((pairs > 0).double() + 0.5 * (pairs == 0).double()).mean().item()
    assert membership_auc(members, others).auc == pytest.approx(expected)
    assert membership_auc(others, members).auc == pytest.approx(1 - expected)


def test_perfect_and_useless_scores():
    perfect = membership_auc(torch.arange(5.0) + 10, torch.arange(4.0))
    assert (perfect.auc, perfect.low, perfect.high) == (1.0, 1.0, 1.0)
    useless = membership_auc(torch.zeros(50), torch.zeros(40))
    assert useless.auc == 0.5 and useless.low < 0.5 < useless.high
    assert repr(useless).startswith("membership AUC 0.500 (0.3") and "50 members, 40 others" in repr(useless)


@pytest.mark.parametrize("shift", [0.0, 1.0])
def test_nineteen_of_twenty_intervals_hold_the_truth(shift):
    torch.manual_seed(0)
    truth = torch.distributions.Normal(0.0, 1.0).cdf(torch.tensor(shift / 2**0.5)).item()
    results = [membership_auc(torch.randn(60) + shift, torch.randn(80)) for _ in range(400)]
    inside = sum(result.low < truth < result.high for result in results) / 400
    assert 0.9 < inside < 0.99


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (torch.zeros(0), "members: expected scores"),
        (torch.zeros(3, 1), r"got torch.float32 \[3, 1\]"),
        (torch.tensor([1.0, float("nan")]), "members: got NaN"),
    ],
)
def test_bad_scores_are_named(members, message):
    with pytest.raises(ValueError, match=message):
        membership_auc(members, torch.zeros(3))
