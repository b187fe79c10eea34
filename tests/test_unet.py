"""The U-Net: what reaches what, and that it learns on the course's engine."""

import pytest
import torch

from course_utils import objectives, training
from course_utils.models import UNet, evaluating, ode_path


def woken(**options):
    """A network whose last layers are not 0 any more, so that everything reaches its output."""
    torch.manual_seed(0)
    network = UNet(8, **options)
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    return network


@pytest.mark.parametrize(
    "options", [{}, {"attention": True}, {"channels": 3, "image_size": 32}, {"classes": 3}], ids=repr
)
def test_shapes_and_that_it_begins_as_0(options):
    network = UNet(8, **options)
    x, t = torch.randn(4, *network.shape), torch.rand(4)
    labels = [torch.tensor([0, 1, 2, 0])] if "classes" in options else []
    made = network(x, t, *labels)
    assert made.shape == x.shape and made.eq(0).all()
    assert woken(**options)(x, t, *labels).std() > 0.05


def test_time_label_and_every_pixel_reach_the_output_and_no_image_another():
    network = woken(classes=3)
    x, t, labels = torch.randn(2, 1, 28, 28), torch.tensor([0.2, 0.7]), torch.tensor([0, 1])
    made = network(x, t, labels)
    for other in ((x, t + 0.001, labels), (x, t, labels + 1), (x + 0.01, t, labels)):
        assert (network(*other) - made).abs().amax(dim=(1, 2, 3)).min() > 1e-5
    alone = network(x[1:], t[1:], labels[1:])
    assert torch.allclose(alone, made[1:], atol=1e-5)


def reach(attention: bool) -> int:
    """How many output pixels change if one input pixel does."""
    network = woken(attention=attention, image_size=64).double()
    x, t = torch.randn(1, 1, 64, 64, dtype=torch.float64), torch.tensor([0.5])
    changed = x.clone()
    changed[0, 0, 0, 0] += 1
    # GroupNorm takes means over the whole image, so each pixel changes a little: without it, only the receptive field.
    for layer in network.modules():
        if isinstance(layer, torch.nn.GroupNorm):
            layer.forward = lambda h: h
    return ((network(changed, t) - network(x, t)).abs() > 1e-12).sum().item()


def test_attention_looks_at_all_places():
    assert reach(attention=False) < 64 * 64 == reach(attention=True)


def test_it_learns_a_velocity_and_a_stopped_run_goes_on_bit_for_bit(tmp_path):
    images = torch.zeros(10, 1, 8, 8) - 1
    images[:, :, 2:6, 3:5] = 1

    def train(steps, **options):
        torch.manual_seed(0)
        network = UNet(16, image_size=8)
        return training.train_model(
            network, lambda n: images[torch.randint(10, (n,))], objectives.FlowMatching(), steps=steps, batch_size=16,
            optimizer=training.adam(network, 3e-3), ema_decay=0.9, progress=False, **options,
        )  # fmt: skip

    run = train(150)
    assert run.history["loss"][-20:].mean() < 0.3 * run.history["loss"][:5].mean()
    with evaluating(run.best):
        drawn = ode_path(run.best, torch.randn(20, 1, 8, 8), 8, "heun")[-1]
    assert (drawn - images[0]).abs().mean() < 0.3
    train(60, checkpoint=tmp_path / "run.pt")
    resumed = train(150, checkpoint=tmp_path / "run.pt")
    assert torch.equal(resumed.history["loss"], run.history["loss"])


@pytest.mark.parametrize("autocast", [False, True])
def test_bfloat16_is_an_option(autocast):
    torch.manual_seed(0)
    network = UNet(8, image_size=8)
    run = training.train_model(
        network, lambda n: torch.zeros(n, 1, 8, 8), objectives.FlowMatching(), steps=3, autocast=autocast,
        progress=False,
    )  # fmt: skip
    assert run.history["loss"].isfinite().all()
