"""Class-conditional normalisation: against its formula, torch's own affine norms, and what wrong inputs are told."""

import pytest
import torch
from torch import nn

from course_utils.models import FiLM

LABELS = torch.tensor([2, 0, 2, 1])


def trained(layer: FiLM) -> FiLM:
    """A layer with other scales and shifts than those it begins with."""
    for weight in (layer.scale, layer.shift):
        nn.init.normal_(weight)
    return layer.double()


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 3, 2)])
def test_each_feature_is_scaled_and_shifted_by_its_label(shape):
    torch.manual_seed(0)
    layer, h = trained(FiLM(5, classes=3)), torch.randn(shape, dtype=torch.float64)
    made = layer(h, LABELS)
    for i, label in enumerate(LABELS):
        for j in range(5):
            expected = layer.scale[label, j] * h[i, j] + layer.shift[label, j]
            torch.testing.assert_close(made[i, j], expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("norm", "shape"), [(nn.BatchNorm1d, (4, 5)), (nn.BatchNorm2d, (4, 5, 3, 3)), (nn.InstanceNorm2d, (4, 5, 3, 3))]
)
def test_with_one_label_it_is_torchs_norm_with_its_own_affine_weights(norm, shape):
    torch.manual_seed(0)
    layer, affine = trained(FiLM(5, 3, norm(5, affine=False))), norm(5, affine=True).double()
    with torch.no_grad():
        affine.weight.copy_(layer.scale[1])
        affine.bias.copy_(layer.shift[1])
    h, labels = torch.randn(shape, dtype=torch.float64), torch.ones(4, dtype=torch.int64)
    for mode in (True, False):  # in evaluation mode BatchNorm has the statistics that it saw in training
        layer.train(mode), affine.train(mode)
        torch.testing.assert_close(layer(h, labels), affine(h))


def test_it_begins_as_the_norm_alone_and_only_the_rows_of_seen_labels_learn():
    layer, h = FiLM(5, classes=4, norm=nn.BatchNorm1d(5, affine=False)), torch.randn(4, 5)
    made = layer(h, LABELS)
    torch.testing.assert_close(made, nn.BatchNorm1d(5)(h))
    made.square().sum().backward()
    assert layer.shift.grad.abs().sum(1).nonzero().flatten().tolist() == [0, 1, 2]


@pytest.mark.parametrize(
    ("h", "labels", "message"),
    [
        (torch.zeros(4, 6), LABELS, r"\[n, 5, …\], not"),
        (torch.zeros(5), LABELS, r"\[n, 5, …\], not"),
        (torch.zeros(4, 5).long(), LABELS, "tensor of floats"),
        (torch.zeros(4, 5), LABELS + 1, "must lie in 0 … 2"),
        (torch.zeros(3, 5), LABELS, r"int64 tensor \[3\]"),
    ],
)
def test_wrong_features_and_labels_are_named(h, labels, message):
    with pytest.raises(ValueError, match=message):
        FiLM(5, classes=3)(h, labels)
