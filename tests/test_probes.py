"""Each probe against a closed form, and that looking changes nothing."""

import math

import pytest
import torch
from torch import nn

from course_utils.evaluation import (
    confidence,
    effective_rank,
    gradient_norm,
    gradient_signal_to_noise,
    layer_gradient_norms,
)

# --- gradient norms ---


def network():
    return nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))


def test_gradient_norm_is_that_of_one_long_vector():
    net = network()
    net(torch.ones(4, 2)).sum().backward()
    every = torch.cat([p.grad.flatten() for p in net.parameters()])
    assert gradient_norm(net.parameters()).item() == pytest.approx(every.norm().item())
    assert gradient_norm(p.grad for p in net.parameters()).item() == pytest.approx(every.norm().item())


def test_gradient_norm_of_gradients_with_and_without_a_graph():
    w = torch.tensor([3.0, 4.0], requires_grad=True)  # a leaf, as an ensemble holds its weights
    for create_graph in (False, True):
        (gradient,) = torch.autograd.grad((w**2).sum() / 2, [w], create_graph=create_graph)
        norm = gradient_norm([gradient, None])
        assert norm.item() == 5
        assert not norm.requires_grad
    with pytest.raises(ValueError, match=r"call loss.backward\(\) first"):
        gradient_norm([w])
    w.grad = torch.tensor([0.0, 2.0])
    assert gradient_norm([w]).item() == 2


def test_layers_have_their_own_norms():
    net = network()
    net[2].requires_grad_(False)
    net(torch.ones(4, 2)).sum().backward()
    assert list(layer_gradient_norms(net)) == ["0"]  # frozen layers have none
    net[2].requires_grad_(True)
    net(torch.ones(4, 2)).sum().backward()
    norms = layer_gradient_norms(net)
    assert list(norms) == ["0", "2"]
    assert norms["2"].item() == pytest.approx(math.hypot(net[2].weight.grad.norm(), net[2].bias.grad.norm()))
    assert torch.stack(list(norms.values())).norm().item() == pytest.approx(gradient_norm(net.parameters()).item())


def test_layers_keep_their_names():
    net = nn.ModuleDict({"body": nn.utils.parametrizations.spectral_norm(nn.Linear(2, 1))})
    net["body"](torch.ones(4, 2)).sum().backward()
    assert list(layer_gradient_norms(net)) == ["body"]
    bare = nn.utils.parametrizations.spectral_norm(nn.Linear(2, 1))
    bare(torch.ones(4, 2)).sum().backward()
    assert list(layer_gradient_norms(bare)) == ["weights"]


def test_a_network_without_gradients_is_told_so():
    with pytest.raises(ValueError, match=r"no parameter of this Sequential has a gradient yet: call loss.backward\(\)"):
        layer_gradient_norms(network())


# --- signal to noise ---


def linear_model(mean, std, batch_size):
    """loss = mean of w . x over x ~ N(mean, std^2): its gradient is the mean of x, and w does not matter."""
    w = torch.zeros(len(mean), requires_grad=True)
    return (lambda: ((mean + std * torch.randn(batch_size, len(mean))) @ w).mean()), w


@pytest.mark.parametrize(("scale", "batch_size"), [(1.0, 4), (0.1, 4), (0.1, 64), (0.0, 4)])
def test_signal_to_noise_of_a_linear_model(scale, batch_size):
    mean, std = scale * torch.tensor([1.0, -2.0, 0.5]), 0.7
    expected = mean.square().sum().item() / (3 * std**2 / batch_size)
    loss, w = linear_model(mean, std, batch_size)
    torch.manual_seed(0)
    estimates = torch.tensor([gradient_signal_to_noise(loss, [w], batches=32) for _ in range(100)])
    error = 4 * estimates.std().item() / math.sqrt(100) + 0.03 * expected  # a ratio is not quite free of bias
    assert estimates.mean().item() == pytest.approx(expected, abs=error)
    if scale == 0:
        assert estimates.min() < 0  # without clipping, whose mean would be above 0


def test_signal_to_noise_by_hand():
    w = torch.zeros(2, requires_grad=True)
    gradients = iter([torch.tensor([1.0, 0.0]), torch.tensor([3.0, 0.0]), torch.tensor([2.0, 3.0])])
    # mean (2, 1); noise (1 + 1, 1 + 1, 0 + 4) -> 8 / 2 = 4; signal 5 - 4 / 3
    assert gradient_signal_to_noise(lambda: w @ next(gradients), [w], batches=3) == pytest.approx((5 - 4 / 3) / 4)


def test_signal_to_noise_without_noise_or_signal():
    w = torch.ones(2, requires_grad=True)
    assert gradient_signal_to_noise(lambda: (w**2).sum(), [w]) == math.inf
    assert gradient_signal_to_noise(lambda: (0 * w).sum(), [w]) == 0


def test_signal_to_noise_looks_only():
    net, used = network(), torch.ones(1, requires_grad=True)
    net(torch.ones(4, 2)).sum().backward()
    before = [p.grad.clone() for p in net.parameters()]
    with torch.no_grad():
        gradient_signal_to_noise(lambda: net(torch.randn(4, 2)).sum(), [*net.parameters(), used], batches=2)
    assert all(torch.equal(p.grad, old) for p, old in zip(net.parameters(), before, strict=True))
    assert used.grad is None


def test_signal_to_noise_says_what_is_wrong():
    w, other = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    with pytest.raises(ValueError, match="batches must be at least 2, not 1"):
        gradient_signal_to_noise(lambda: w.sum(), [w], batches=1)
    for loss, parameters in ((w.sum(), [other]), (w.detach().sum(), [w]), (w.sum(), [])):
        with pytest.raises(ValueError, match="depends on none of these parameters"):
            gradient_signal_to_noise(lambda loss=loss: loss, parameters)


# --- confidence ---


def test_confidence_by_hand():
    result = confidence(torch.tensor([[2.0], [-1.0], [0.0], [3.0]]), torch.tensor([-1.0, 1.0]))
    assert result.accuracy == pytest.approx((2.5 / 4 + 1 / 2) / 2)
    sigmoid = [1 / (1 + math.exp(-x)) for x in (2, -1, 0, 3)]
    assert result.real_prob == pytest.approx(sum(sigmoid) / 4)
    assert result.fake_prob == pytest.approx(0.5)
    assert repr(result) == "Confidence: accuracy 56.2%, mean D(x) 0.65 on real and 0.50 on fake samples"


def test_confidence_at_the_equilibrium_is_a_half():
    result = confidence(torch.zeros(10, requires_grad=True), torch.zeros(3).bfloat16())
    assert (result.accuracy, result.real_prob, result.fake_prob) == (0.5, 0.5, 0.5)


def test_confidence_names_bad_logits():
    with pytest.raises(ValueError, match="fake_logits: expected numbers, got none"):
        confidence(torch.zeros(3), torch.zeros(0))
    with pytest.raises(ValueError, match="real_logits: expected numbers, got NaN"):
        confidence(torch.tensor([float("nan")]), torch.zeros(3))


# --- effective rank ---


@pytest.mark.parametrize("d", [1, 5, 40])
def test_effective_rank_of_an_isotropic_gaussian_is_its_dimension(d):
    torch.manual_seed(0)
    x = torch.randn(4000, d)
    assert effective_rank(x) == pytest.approx(d, rel=0.01)
    assert effective_rank(x) <= d + 1e-9
    rotated = x @ torch.linalg.qr(torch.randn(60, d))[0].T  # the same variation in 60 dimensions
    assert effective_rank(7 + 3 * rotated) == pytest.approx(effective_rank(x), rel=1e-3)


def test_effective_rank_by_hand():
    x = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0], [0.0, -1.0]])  # singular values in the ratio 3 : 1
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert effective_rank(x) == pytest.approx(math.exp(entropy))
    assert effective_rank(x[:, None, :].half()) == pytest.approx(math.exp(entropy))  # images, too


def test_effective_rank_of_collapsed_samples_is_one():
    assert effective_rank(torch.full((50, 3, 8, 8), 0.1)) == 1
    assert effective_rank(torch.zeros(5, 2)) == 1
    torch.manual_seed(0)
    assert effective_rank(torch.full((50, 20), 0.1) + 1e-9 * torch.randn(50, 20)) == 1  # float32's rounding
    assert effective_rank(0.1 + 1e-3 * torch.randn(500, 20)) > 15  # but a small spread is one


def test_effective_rank_names_bad_samples():
    for x in (torch.zeros(5), torch.zeros(1, 5)):
        with pytest.raises(ValueError, match="expected shape"):
            effective_rank(x)
    with pytest.raises(ValueError, match="diverged"):
        effective_rank(torch.full((5, 2), float("inf")))
