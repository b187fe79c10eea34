"""Saliency and rank correlation where the answers are known."""

import pytest
import torch
from scipy.stats import spearmanr

from course_utils.evaluation import rank_correlation, saliency
from course_utils.models import DCGANDiscriminator


def test_of_a_linear_network_saliency_is_the_weight():
    weight = torch.randn(2, 3, 3)
    maps = saliency(lambda x: (x * weight).sum((1, 2, 3)), torch.randn(4, 2, 3, 3))
    torch.testing.assert_close(maps, weight.abs().sum(0).expand(4, 3, 3))


def test_each_image_has_its_own_map_and_weights_get_no_gradient():
    torch.manual_seed(0)
    network, x = DCGANDiscriminator(width=2), torch.randn(3, 1, 28, 28)
    with torch.no_grad():
        maps = saliency(network, x)
    torch.testing.assert_close(maps[1:2], saliency(network, x[1:2]), rtol=1e-3, atol=1e-7)
    assert maps.shape == (3, 28, 28) and not torch.equal(maps[0], maps[1])
    assert all(p.grad is None for p in network.parameters()) and not x.requires_grad


def test_a_network_with_several_logits_is_refused():
    with pytest.raises(ValueError, match=r"one logit an image, \[3\], not \[3, 2\]"):
        saliency(lambda x: x.flatten(1)[:, :2], torch.randn(3, 1, 4, 4))


def test_rank_correlation_is_spearmans_also_with_ties():
    torch.manual_seed(0)
    a, b = torch.randint(5, (2, 3, 4, 6)).double()
    expected = [spearmanr(a[i].flatten(), b[i].flatten()).statistic for i in range(3)]
    torch.testing.assert_close(rank_correlation(a, b), torch.tensor(expected, dtype=torch.float64))


def test_only_the_order_counts():
    a = torch.rand(2, 50)
    torch.testing.assert_close(rank_correlation(a, a.exp()), torch.ones(2, dtype=torch.float64))
    torch.testing.assert_close(rank_correlation(a, -a), -torch.ones(2, dtype=torch.float64))
    assert rank_correlation(a, torch.ones(2, 50)).isnan().all()
    with pytest.raises(ValueError, match="alike"):
        rank_correlation(a, a[:, :9])
