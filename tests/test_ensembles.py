"""Many seeds at once: each member of an ensemble is the single run of its seed."""

import time
from functools import partial

import pytest
import torch
from torch import nn

from course_utils import models, objectives, training
from course_utils.data import Ring
from course_utils.training.randomness import JointStream
from course_utils.training.unrolled import after_descent

RING = Ring()
SEEDS = [3, 4, 5]


def sample_real(n):
    return RING.sample(n).to(torch.get_default_dtype())


def pair():
    return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))


def ensemble(steps=40, make=pair, seeds=SEEDS, g_lr=1e-3, d_lr=1e-3, **options):
    return training.train_ensemble(
        make, sample_real, seeds=seeds, steps=steps, batch_size=16, progress=False,
        g_optimizer=partial(training.adam, lr=g_lr), d_optimizer=partial(training.adam, lr=d_lr), **options,
    )  # fmt: skip


def single(seed, steps=40, make=pair, **options):
    torch.manual_seed(seed)
    generator, discriminator = make()
    return training.train_gan(
        generator, discriminator, sample_real, steps=steps, batch_size=16, seed=seed, progress=False,
        g_optimizer=training.adam(generator, 1e-3), d_optimizer=training.adam(discriminator, 1e-3), **options,
    )  # fmt: skip


def packed_pair():
    return models.PointGenerator(hidden=(16,)), models.Packed(models.PointDiscriminator(hidden=(16,), dim=8), 4)


def varied_pair():
    return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,), minibatch_std=True)


class Normed(nn.Sequential):
    latent_dim = 2


def batch_norm_pair():
    generator = Normed(nn.Linear(2, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 2))
    return generator, models.PointDiscriminator(hidden=(16,))


CASES = {
    "non-saturating": {},
    "minimax, two steps of D": {"objective": objectives.MINIMAX, "d_steps": 2},
    "relativistic + R1 + R2": {
        "objective": objectives.RELATIVISTIC, "penalty": partial(objectives.r1_r2_penalty, gamma=0.5),
    },
    "lazy R1 and EMA": {"penalty": objectives.r1_penalty, "penalty_every": 4, "ema_decay": 0.9},
    "feature matching": {"objective": objectives.FEATURE_MATCHING},
    "unrolled": {"objective": training.Unrolled(objectives.NON_SATURATING, steps=2, lr=0.1)},
    "unrolled relativistic": {"objective": training.Unrolled(objectives.RELATIVISTIC, steps=1, lr=0.1)},
    "packed": {"make": packed_pair},
    "minibatch std": {"make": varied_pair},
    "BatchNorm in G": {"make": batch_norm_pair},
    "decayed rate": {"schedule": training.linear_decay},
}  # fmt: skip


def equal_runs(steps, tolerance, **options):
    together = ensemble(steps, **options)
    for k, seed in enumerate(SEEDS):
        alone = single(seed, steps, **options)
        torch.testing.assert_close(together.rows[:, :, k], alone.rows, atol=tolerance, rtol=0)
        torch.testing.assert_close(together.sample(50, seed=1)[k], alone.sample(50, seed=1), atol=tolerance, rtol=0)


@pytest.mark.parametrize("options", CASES.values(), ids=CASES)
def test_members_equal_single_runs(double, options):
    equal_runs(40, 1e-9, **options)


def test_members_equal_single_runs_in_single_precision():
    """To 1e-5, as long as the game does not amplify the rounding."""
    equal_runs(100, 1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_members_equal_single_runs_on_cuda():
    def cuda_pair():
        return tuple(network.cuda().double() for network in pair())

    def real_on_cuda(n):
        return RING.sample(n, "cuda").double()

    torch.set_default_dtype(torch.float64)
    try:
        together = training.train_ensemble(
            cuda_pair, real_on_cuda, seeds=SEEDS, steps=40, batch_size=16, progress=False
        )
        for k, seed in enumerate(SEEDS):
            torch.manual_seed(seed)
            alone = training.train_gan(*cuda_pair(), real_on_cuda, steps=40, batch_size=16, seed=seed, progress=False)
            torch.testing.assert_close(together.rows[:, :, k], alone.rows, atol=1e-9, rtol=0)
    finally:
        torch.set_default_dtype(torch.float32)


def test_sixteen_seeds_together_cost_no_more_than_one_by_one():
    seeds = list(range(16))

    def seconds(train):
        started = time.process_time()
        train()
        return time.process_time() - started

    pairs = [
        (seconds(lambda: ensemble(30, seeds=seeds)), seconds(lambda: [single(seed, 30) for seed in seeds]))
        for _ in range(3)
    ]
    assert sorted(together / alone for together, alone in pairs)[1] <= 1


def test_members_differ_from_each_other_and_results_carry_the_seed_axis():
    run = ensemble(steps=5)
    assert run.history["d_loss"].shape == (5, 3)
    assert run.history["step"].shape == (5,)
    samples = run.sample(10, seed=0)
    assert samples.shape == (3, 10, 2)
    assert not torch.allclose(samples[0], samples[1])


def test_an_ensemble_leaves_the_caller_s_random_stream_alone():
    torch.manual_seed(9)
    expected = torch.rand(3)
    torch.manual_seed(9)
    ensemble(steps=3).sample(4)
    assert torch.equal(torch.rand(3), expected)


def test_a_random_penalty_runs_and_is_repeatable():
    penalty = objectives.gradient_penalty
    first, second = (ensemble(steps=5, objective=objectives.WASSERSTEIN, penalty=penalty) for _ in range(2))
    assert torch.equal(first.rows, second.rows)


def test_resuming_an_ensemble_is_bit_exact(tmp_path):
    whole = ensemble(steps=20)
    calls = []

    def stop(run):
        calls.append(run.steps_done)
        if run.steps_done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        options = {"checkpoint": tmp_path / "run.pt", "checkpoint_every": 10}
        ensemble(steps=20, callbacks=[training.every(1, stop)], **options)
    resumed = ensemble(steps=20, **options)
    assert calls[-1] == 11
    assert torch.equal(resumed.rows, whole.rows)
    assert torch.equal(resumed.sample(5, seed=0), whole.sample(5, seed=0))


def test_members_that_share_a_stream_draw_different_numbers_and_resume_bit_exactly(tmp_path):
    whole = ensemble(steps=20, own_streams=False)
    assert whole.rows.shape == ensemble(steps=20).rows.shape
    assert len(set(whole.history["real_logit"][0].tolist())) == len(SEEDS)
    options = {"checkpoint": tmp_path / "run.pt", "own_streams": False}

    def stop(run):
        if run.steps_done == 11:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ensemble(steps=20, callbacks=[training.every(1, stop)], checkpoint_every=5, **options)
    resumed = ensemble(steps=20, **options)
    assert torch.equal(resumed.rows, whole.rows)
    assert torch.equal(ensemble(steps=21, **options).rows, ensemble(steps=21, own_streams=False).rows)
    with pytest.raises(training.CheckpointError, match="holds a run of 21 steps already, more than the 20 asked for"):
        ensemble(steps=20, **options)


def test_one_stream_for_all_deals_out_what_it_draws():
    drawn = JointStream(3).draw(lambda n: torch.arange(2 * n).view(n, 2), 4)
    assert drawn.shape == (3, 4, 2)
    assert torch.equal(drawn.flatten(), torch.arange(24))


def test_a_diverging_member_is_named():
    with pytest.raises(training.TrainingDiverged, match=r"of member \d became"):
        ensemble(steps=200, g_lr=1e18, d_lr=1e18, objective=objectives.WASSERSTEIN)


def test_impossible_ensembles_are_refused():
    with pytest.raises(ValueError, match="at least one seed"):
        ensemble(seeds=[])
    g, d = models.stack([pair()[0]] * 2), models.stack([pair()[1]] * 2)
    with pytest.raises(ValueError, match="2 stacked members need 2 seeds, not 0"):
        training.train_gan(g, d, RING.sample, steps=1)
    with pytest.raises(ValueError, match="either both networks are stacked"):
        training.train_gan(g, pair()[1], RING.sample, steps=1)
    with pytest.raises(ValueError, match="use train_ensemble"):
        training.train_gan(*pair(), RING.sample, steps=1, seed=[1, 2])


# --- unrolling ------------------------------------------------------------------------------------------------


def test_unrolling_equals_steps_taken_by_hand():
    """D(x) = w·x with w one number: two steps of gradient descent can be written down."""
    discriminator = nn.Linear(1, 1, bias=False)
    real, fake = torch.tensor([[2.0]]), torch.tensor([[1.0]], requires_grad=True)
    judge = after_descent(training.Judge(discriminator), lambda D: (D(fake) - D(real)).mean(), steps=2, lr=0.5)
    w = discriminator.weight.detach()
    expected = w - 2 * 0.5 * (fake - real)  # the loss w·(f − r) has the gradient f − r
    torch.testing.assert_close(judge(torch.ones(1, 1)), expected)
    (slope,) = torch.autograd.grad(judge(torch.ones(1, 1)).sum(), fake)
    torch.testing.assert_close(slope, torch.tensor([[-1.0]]))  # the generator sees D react


@pytest.mark.parametrize(("steps", "lr"), [(0, 0.1), (1, 0.0), (1, -1.0)])
def test_unrolling_needs_steps_and_a_rate(steps, lr):
    with pytest.raises(ValueError, match="steps must be at least 1|lr must be above 0"):
        training.Unrolled(objectives.NON_SATURATING, steps, lr)
