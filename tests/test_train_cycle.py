"""Training two translators without pairs."""

from functools import partial

import pytest
import torch

from course_utils import models, objectives, training
from course_utils.training import CycleWeights, train_cycle


def pair(side=4) -> models.CyclePair:
    torch.manual_seed(0)
    discriminators = [models.FullyConnectedDiscriminator((8,), side) for _ in range(2)]
    return models.CyclePair(*(models.DenseTranslator(side, (16,)) for _ in range(2)), *discriminators)


def domain_a(n, side=4):
    return torch.rand(n, 1, side, side) - 1


def domain_b(n, side=4):
    return torch.rand(n, 1, side, side)


def train(network, steps=3, **options):
    return train_cycle(network, domain_a, domain_b, steps=steps, batch_size=8, progress=False, **options)


def weights(network):
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_one_step_is_the_textbook_step():
    """Discriminators first, on detached translations; then the translators, by the weighted sum of three losses."""
    ours, theirs = pair(), pair()
    settings = CycleWeights(adversarial=2.0, cycle=3.0, identity=4.0)
    run = train(
        ours, steps=1, weights=settings, seed=5,
        g_optimizer=torch.optim.SGD(ours.translators(), 0.1), d_optimizer=torch.optim.SGD(ours.discriminators(), 0.1),
    )  # fmt: skip

    g, d = torch.optim.SGD(theirs.translators(), 0.1), torch.optim.SGD(theirs.discriminators(), 0.1)
    torch.manual_seed(5)
    a, b = domain_a(8), domain_b(8)
    b_made, a_made = theirs.to_b(a), theirs.to_a(b)
    sides = (theirs.discriminator_a, a, a_made), (theirs.discriminator_b, b, b_made)
    loss = objectives.cross_entropy_discriminator_loss
    d_loss = sum(loss(judge(x), judge(y.detach())) for judge, x, y in sides)
    d_loss.backward()
    d.step()
    adversarial = sum(objectives.non_saturating_generator_loss(judge(y)) for judge, _, y in sides)
    cycle = (theirs.to_a(b_made) - a).abs().mean() + (theirs.to_b(a_made) - b).abs().mean()
    identity = (theirs.to_b(b) - b).abs().mean() + (theirs.to_a(a) - a).abs().mean()
    g_loss = 2 * adversarial + 3 * cycle + 4 * identity
    g.zero_grad()
    g_loss.backward()
    g.step()

    torch.testing.assert_close(weights(ours), weights(theirs))
    expected = torch.stack([d_loss, g_loss, adversarial, cycle, identity]).detach()
    torch.testing.assert_close(run.rows[0], expected)
    assert list(run.history) == ["step", *training.CYCLE_COLUMNS]


def test_a_loss_of_weight_zero_is_not_there():
    network = pair()
    before = weights(network.discriminator_a)
    history = train(network, weights=CycleWeights(adversarial=0.0, cycle=1.0)).history
    assert torch.equal(weights(network.discriminator_a), before)
    assert history["d_loss"].abs().max() == history["adversarial_loss"].abs().max() == 0
    assert (history["cycle_loss"] > 0).all()
    history = train(pair(), weights=CycleWeights(adversarial=1.0, cycle=0.0)).history
    assert history["cycle_loss"].abs().max() == history["identity_loss"].abs().max() == 0


def test_the_cycle_alone_learns_to_come_back():
    network = pair()
    history = train(network, steps=200, weights=CycleWeights(adversarial=0.0), seed=1).history
    assert history["cycle_loss"][-20:].mean() < 0.5 * history["cycle_loss"][:5].mean()


def test_the_penalty_is_lazy_and_not_recorded():
    calls = []

    def penalty(discriminator, real, fake):
        calls.append(tuple(discriminator(real).shape))
        return objectives.r1_penalty(discriminator, real, gamma=1.0)

    penalised, plain = pair(), pair()
    with_penalty = train(penalised, steps=4, penalty=penalty, penalty_every=2)
    without = train(plain, steps=4)
    assert calls == [(8,)] * 4  # two discriminators, in steps 0 and 2
    assert with_penalty.rows[0, 0] == without.rows[0, 0]
    assert not torch.equal(weights(penalised.discriminator_b), weights(plain.discriminator_b))


def test_stopping_and_going_on_is_the_same_as_not_stopping(tmp_path):
    options = {"steps": 6, "seed": 3, "penalty": partial(objectives.r1_penalty, gamma=0.1), "penalty_every": 2}
    straight = train(pair(), **options)

    def stop(run):
        if run.steps_done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(pair(), checkpoint=tmp_path / "c.pt", checkpoint_every=1, callbacks=[training.every(1, stop)], **options)
    resumed = train(pair(), checkpoint=tmp_path / "c.pt", checkpoint_every=1, **options)
    assert resumed.steps_done == 6
    assert torch.equal(weights(straight.pair), weights(resumed.pair))
    assert torch.equal(straight.rows, resumed.rows)
    with pytest.raises(training.CheckpointError, match="weights"):
        train(pair(), checkpoint=tmp_path / "c.pt", weights=CycleWeights(cycle=5.0), **options)


def test_what_cannot_be_trained_is_named():
    network = pair()
    with pytest.raises(ValueError, match="one of the weights must be above 0"):
        CycleWeights(0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="cycle must be at least 0, not -1.0"):
        CycleWeights(cycle=-1.0)
    with pytest.raises(ValueError, match="its domain has"):
        enlarging = pair()
        enlarging.to_b = torch.nn.Upsample(scale_factor=2)
        train(enlarging)
    network.discriminator_b = models.DenseTranslator(4)
    with pytest.raises(ValueError, match="discriminator_b"):
        train(network)
    with pytest.raises(ValueError, match="steps"):
        train(pair(), steps=0)


def test_half_precision_keeps_the_losses_in_32_bits():
    run = train(pair(), autocast=True)
    assert run.rows.dtype == torch.float32
    assert run.rows.isfinite().all()


@pytest.mark.thorough
def test_the_compiled_engine_agrees_with_the_eager_one():
    torch.testing.assert_close(train(pair(), engine="compile").rows, train(pair()).rows, atol=1e-5, rtol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
def test_the_captured_graph_agrees_with_the_eager_engine():
    def on_the_gpu(engine):
        def bright(n):
            return torch.rand(n, 1, 4, 4, device="cuda")

        network = pair().cuda()
        return train_cycle(
            network, lambda n: bright(n) - 1, bright, steps=10, batch_size=8, progress=False, engine=engine
        )

    torch.testing.assert_close(on_the_gpu("cuda_graph").rows, on_the_gpu("eager").rows, atol=1e-5, rtol=1e-5)
