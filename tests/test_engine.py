"""Which engine runs a step, and that a step asks nothing of the host, so that any of them can."""

from functools import partial

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

from course_utils import models, objectives, training
from course_utils.data import Ring
from course_utils.training.averaging import AveragedModel
from course_utils.training.engine import choose
from course_utils.training.randomness import JointStream, MemberStreams
from course_utils.training.schedules import Rates

RING = Ring()
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
FIVE_NUMBERS = torch.arange(5)


class NoHostReads(TorchDispatchMode):
    """What `torch.cuda.set_sync_debug_mode("error")` forbids, on any device: a number of a tensor that Python sees."""

    FORBIDDEN = ("_local_scalar_dense", "nonzero", "masked_select", "equal", "_unique2", "is_nonzero")

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        name = function.overloadpacket.__name__
        by_mask = name == "index" and any(i is not None and i.dtype == torch.bool for i in args[1])
        if name in self.FORBIDDEN or by_mask:
            raise AssertionError(f"aten::{name} makes the device wait for the host")
        return function(*args, **(kwargs or {}))


def real(n, device=DEVICE):
    return RING.sample(n, device)


def gan_step(optimizer=training.adam, streams=None, **options):
    torch.manual_seed(0)

    def pair():
        return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))

    if streams:
        networks = [models.stack(nets) for nets in zip(*(pair() for _ in range(streams.members)), strict=True)]
    else:
        networks = pair()
    generator, discriminator = (network.to(DEVICE) for network in networks)
    ema = AveragedModel(generator, 0.9)
    return training.GANStep(
        generator, discriminator, real, options.pop("objective", objectives.NON_SATURATING), optimizer(generator),
        optimizer(discriminator), batch_size=16, ema=ema, streams=streams, **options,
    )  # fmt: skip


def vae_step(objective):
    vae = models.VAE(nn.Linear(2, 4), nn.Linear(2, 2), 2, objectives.Gaussian(0.1)).to(DEVICE)
    return training.VAEStep(vae, real, objective, training.adam(vae), 16)


def regression_step():
    model = nn.Linear(2, 2).to(DEVICE)
    return training.ModelStep(model, real, lambda net, x: (net(x) - x).square().mean(), training.adam(model), 16)


STEPS = {
    "plain": gan_step,
    "bfloat16": partial(gan_step, autocast=True),
    "R1, two steps of D": partial(gan_step, penalty=objectives.r1_penalty, d_steps=2),
    "gradient penalty": partial(gan_step, objective=objectives.WASSERSTEIN, penalty=objectives.gradient_penalty),
    "relativistic": partial(gan_step, objective=objectives.RELATIVISTIC),
    "unrolled": partial(gan_step, objective=training.Unrolled(objectives.NON_SATURATING, 2, 0.1)),
    "ensemble with one stream": lambda: gan_step(streams=JointStream(3)),
    "ELBO": lambda: vae_step(objectives.ELBO(free_bits=0.1, anneal=training.linear_warm_up(0.5))),
    "IWAE": lambda: vae_step(objectives.IWAE(5)),
    "any model": regression_step,
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_never_waits_for_the_host(name):
    step = STEPS[name]()
    step(step.penalty_weight(0))  # the first call makes the optimisers' state
    step.rates = Rates(step.optimizers.values())  # which asks once what the rates are
    with NoHostReads():
        step.set_progress(0.5)
        scale_and_average(step)
        step(step.penalty_weight(0))


def scale_and_average(step):
    """What the loop does around a step."""
    step.rates.scale(0.5)
    if step.averaged:
        step.averaged.set_update_number(1)


@pytest.mark.parametrize("read", [lambda x: x.sum().item(), lambda x: bool((x > 0).all()), lambda x: x[x > 0]])
def test_the_guard_notices_what_would_wait(read):
    with pytest.raises(AssertionError, match="makes the device wait"), NoHostReads():
        read(FIVE_NUMBERS)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("name", STEPS)
def test_a_step_never_waits_for_the_host_by_cuda_s_own_check(name):
    step = STEPS[name]()
    step(step.penalty_weight(0))
    step.rates = Rates(step.optimizers.values())
    torch.cuda.set_sync_debug_mode("error")
    try:
        scale_and_average(step)
        step(step.penalty_weight(0))
    finally:
        torch.cuda.set_sync_debug_mode("default")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_captured_ensemble_agrees_with_the_eager_one():
    def run(engine):
        return training.train_ensemble(
            lambda: [n.cuda() for n in (models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,)))],
            real, seeds=range(4), steps=50, batch_size=16, own_streams=False, engine=engine, progress=False,
            schedule=training.linear_decay,
        )  # fmt: skip

    torch.testing.assert_close(run("cuda_graph").rows, run("eager").rows, atol=1e-5, rtol=1e-5)


# --- the choice -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a CUDA machine the choice is another one")
def test_auto_on_a_cpu_is_eager_and_says_why(capsys):
    step = gan_step()
    assert choose(step, "auto")[0] == "eager"
    run = training.train_gan(*step.networks.values(), real, steps=2, batch_size=16, engine="auto", progress=True)
    assert run.engine == "eager"
    assert "Engine: eager, because the networks are on a device of type 'cpu'" in capsys.readouterr().out


def on_cuda(step):
    """The same step, as if its networks were on a CUDA device: the choice needs no more than the device's name."""
    step.networks = {"model": type("Elsewhere", (), {"parameters": lambda self: iter([Somewhere()])})()}
    return step


class Somewhere:
    device = torch.device("cuda", 0)


def test_auto_captures_a_graph_where_that_can_be():
    engine, reason = choose(on_cuda(gan_step()), "auto")
    assert (engine, reason) == ("cuda_graph", "all kernels of a step are launched at once")
    assert choose(on_cuda(gan_step(streams=JointStream(2))), "auto")[0] == "cuda_graph"


@pytest.mark.parametrize(
    ("step", "reason"),
    [
        (
            lambda: gan_step(lambda network: torch.optim.SGD(network.parameters(), 0.1)),
            "SGD takes its learning rate from the host",
        ),
        (lambda: gan_step(streams=MemberStreams([0, 1], torch.device("cpu"))), "own_streams=False changes that"),
    ],
)
def test_what_cannot_be_captured_is_said(step, reason):
    engine, why = choose(on_cuda(step()), "auto")
    assert engine == "eager" and reason in why
    with pytest.raises(ValueError, match="a CUDA graph cannot be captured: .*; use engine='eager'"):
        choose(on_cuda(step()), "cuda_graph")


@pytest.mark.parametrize("engine", ["eager", "compile"])
def test_what_was_asked_for_is_what_runs(engine):
    assert choose(gan_step(), engine)[0] == engine
