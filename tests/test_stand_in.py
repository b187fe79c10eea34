"""The stand-in accelerator: it computes what the CPU computes, and refuses what a GPU refuses."""

import copy
import io

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from stand_in import backend
from torch import nn
from torch.nn.functional import conv2d, cross_entropy, dropout

from course_utils import machine, timing
from course_utils.training.randomness import forked_random_state, random_state, set_random_state

torch.manual_seed(0)
X, Y, LABELS = torch.randn(6, 3), torch.randn(6, 3), torch.tensor([0, 2, 1, 0, 1, 2])
IMAGES, FILTERS = torch.randn(4, 3, 8, 8), torch.randn(5, 3, 3, 3)


# --- what it refuses ----------------------------------------------------------------------------------------------

MIXTURES = {
    "a sum": lambda x: x + Y,
    "a sum in place": lambda x: Y.clone().add_(x),
    "a product of matrices": lambda x: x @ Y.T,
    "a layer": lambda x: nn.Linear(3, 2)(x),
    "a convolution": lambda x: conv2d(x[None, None], torch.ones(1, 1, 2, 2)),
    "a row": lambda x: torch.cat([x, Y]),
    "a stack of numbers": lambda x: torch.stack([x.sum(), Y.sum()]),
    "a number of the device added into the host's": lambda x: torch.zeros(()).add_(x.sum()),
    "a loss": lambda x: cross_entropy(x, LABELS),
    "a choice": lambda x: torch.where(Y > 0, x, x),
    "a result for the host": lambda x: torch.add(x, x, out=torch.empty(6, 3)),
    "rows chosen by index_select": lambda x: x.index_select(0, LABELS),
    "the host indexed by the device": lambda x: Y[LABELS.to(x.device)],
    "values from the host": lambda x: x.index_put_((LABELS,), Y),
    "the host's generator": lambda x: torch.randn(3, device=x.device, generator=torch.Generator()),
}


@pytest.mark.parametrize("mixture", MIXTURES.values(), ids=MIXTURES)
def test_mixing_with_the_host_is_refused(mixture, stand_in):
    with pytest.raises((RuntimeError, IndexError), match="same device|Expected a generator"):
        mixture(X.to(stand_in))


@pytest.mark.parametrize("become", [lambda x: x.numpy(), np.asarray, plt.plot, plt.imshow], ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore:__array__ implementation")  # matplotlib and numpy, about the tensor
def test_its_tensors_are_no_numpy_arrays(become, stand_in):
    with pytest.raises(TypeError, match="can't convert stand_in:0 device type tensor to numpy"):
        become(X.to(stand_in))
    plt.close("all")


def test_it_can_be_a_device_without_float64(stand_in):
    assert X.to(stand_in).double().dtype == torch.float64
    backend.plug_in(float64=False)
    for make in (lambda x: x.double(), lambda x: torch.zeros(2, dtype=torch.float64, device=x.device)):
        with pytest.raises(TypeError, match="stand_in:0 has no float64"):
            make(X.to(stand_in))
    backend.plug_in()


# --- what it allows, as CUDA does -----------------------------------------------------------------------------------

ALLOWED = {
    "an index of the host": lambda x: x[LABELS],
    "a mask of the host": lambda x: x[Y.to(x.device).cpu() > 0],
    "a number of the host": lambda x: x + torch.tensor(2.0),
    "rows written at an index of the host": lambda x: x.index_put((LABELS,), torch.zeros((), device=x.device)),
    "rows written one at a time": lambda x: torch.zeros(6, 3, device=x.device).index_copy_(0, LABELS.to(x.device), x),
    "a copy into it": lambda x: torch.zeros_like(x).copy_(Y),
}
COMPUTED = {
    "products": lambda x: (x @ x.T).softmax(1),
    "a view, written to": lambda x: x.clone().t()[1].mul_(2),
    "a transposed copy": lambda x: x.t().contiguous() + x.view(3, 6),
    "patches": lambda x: x.unfold(0, 2, 1),
    "an order": lambda x: torch.cat([x.sort(0).values, x.topk(2, 0).values]),
    "decompositions": lambda x: torch.linalg.qr(x)[0] @ torch.linalg.svd(x.T @ x)[0],
    "different numbers": lambda x: (x > 0).long().sum(1).unique(return_counts=True)[1],
    "distances": lambda x: torch.cdist(x, x) + x.quantile(0.3),
    "made there": lambda x: torch.cat([torch.arange(6, device=x.device), torch.eye(6, device=x.device)[1]]),
    "drawn there": lambda x: torch.cat([torch.randn(9, device=x.device), torch.rand(9, device=x.device)]),
    "a draw of indices": lambda x: torch.randperm(6, device=x.device) + torch.randint(9, (6,), device=x.device),
    "a draw by chances": lambda x: torch.bernoulli(x.sigmoid()) + x.exp().multinomial(3),
    "a quantile": lambda x: x.quantile(0.3),
    "a copy from it": lambda x: torch.zeros(6, 3).copy_(x).cpu(),
    "a list": lambda x: torch.tensor([x[0].tolist(), [x.sum().item()] * 3]),
}


@pytest.mark.parametrize("function", (ALLOWED | COMPUTED).values(), ids=ALLOWED | COMPUTED)
def test_numbers_are_those_of_the_cpu(function, stand_in):
    torch.manual_seed(1)
    expected = function(X)
    torch.manual_seed(1)
    assert torch.equal(function(X.to(stand_in)).cpu(), expected)


def test_dropout_draws_as_the_cpu_does(stand_in):
    torch.manual_seed(1)
    expected = dropout(X, 0.5)
    torch.manual_seed(1)
    torch.testing.assert_close(dropout(X.to(stand_in), 0.5).cpu(), expected)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_convolutions_and_their_gradients_are_those_of_the_cpu(layout, stand_in):
    def gradients(place):
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.BatchNorm2d(4), nn.ReLU(), nn.ConvTranspose2d(4, 2, 3, 2))
        net.to(place, memory_format=layout)(IMAGES.to(place, memory_format=layout)).square().mean().backward()
        return [*(p.grad.cpu() for p in net.parameters()), *(b.cpu() for b in net.buffers())]

    for found, expected in zip(gradients(stand_in), gradients("cpu"), strict=True):
        assert torch.equal(found, expected)


def test_autocast_lowers_what_networks_do_most_and_nothing_else(stand_in):
    layer, filters = nn.Linear(3, 2).to(stand_in), FILTERS.to(stand_in)
    with torch.autocast("stand_in", torch.bfloat16):
        assert layer(X.to(stand_in)).dtype == conv2d(IMAGES.to(stand_in), filters).dtype == torch.bfloat16
        assert (X.to(stand_in) + 1).dtype == torch.float32


# --- what is kept, copied and found -----------------------------------------------------------------------------


def test_networks_are_copied_saved_and_loaded(stand_in):
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)).to(stand_in)
    twin = copy.deepcopy(net)
    with torch.no_grad():
        net[0].weight.zero_()
    assert twin[0].weight.device.type == "stand_in" and twin[0].weight.any()
    torch.save(twin.state_dict(), file := io.BytesIO())
    for place in ("cpu", "stand_in"):
        file.seek(0)
        kept = torch.load(file, map_location=place, weights_only=True)["0.weight"]
        assert kept.device.type == place and torch.equal(kept.cpu(), twin[0].weight.cpu())


def test_it_is_the_machine_s_accelerator_while_it_is_plugged_in(stand_in):
    assert machine.best_device() == stand_in
    timing.synchronise()
    backend.unplug()
    assert machine.best_device() != stand_in
    backend.plug_in()


def test_it_has_a_random_stream_of_its_own(stand_in):
    torch.manual_seed(3)
    here = torch.rand(4)
    there = torch.rand(4, device=stand_in)
    assert torch.equal(there.cpu(), here)  # each has its own stream, from the same seed
    assert not torch.equal(torch.rand(4), here)
    state = random_state(stand_in)
    expected = torch.rand(4), torch.rand(4, device=stand_in).cpu()
    set_random_state(state, stand_in)
    assert all(map(torch.equal, (torch.rand(4), torch.rand(4, device=stand_in).cpu()), expected))


@pytest.mark.parametrize("place", ["cpu", "stand_in"])
def test_a_fork_moves_no_stream_outside(place, stand_in):
    """A fork for the CPU has to put back the accelerator's stream too, because torch.manual_seed seeds both."""
    torch.manual_seed(3)
    expected = torch.rand(4, device=stand_in).cpu()
    torch.manual_seed(3)
    with forked_random_state(torch.device(place), seed=5):
        inside = torch.rand(4, device=stand_in).cpu()
    assert torch.equal(torch.rand(4, device=stand_in).cpu(), expected) and not torch.equal(inside, expected)


def test_a_random_state_of_another_device_gives_a_new_stream_but_always_the_same(stand_in):
    drawn = {}
    for source, target in [("cpu", "stand_in"), ("stand_in", "cpu")]:
        source, target = torch.device(source), torch.device(target)
        torch.manual_seed(3)
        first = torch.rand(4, device=source).cpu()
        state = random_state(source)
        later = torch.rand(4, device=source).cpu()
        for attempt in range(2):
            torch.manual_seed(attempt)
            set_random_state(state, target)
            drawn[attempt] = torch.rand(4, device=target).cpu()
        assert torch.equal(drawn[0], drawn[1])
        assert not torch.equal(drawn[0], first) and not torch.equal(drawn[0], later)
