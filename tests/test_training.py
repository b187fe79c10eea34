"""The loop: equal to one written by hand, repeatable, safe to interrupt, clear about what is wrong."""

import copy
import os
import signal
import threading
import time
from functools import partial

import pytest
import torch
from torch import nn

from course_utils import models, objectives, training
from course_utils.data import Ring

RING = Ring()


def point_pair(seed=0):
    torch.manual_seed(seed)
    return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))


def train(steps=20, pair=None, **options):
    generator, discriminator = pair or point_pair()
    options = {"batch_size": 16, "progress": False, **options}
    return training.train_gan(generator, discriminator, RING.sample, steps=steps, **options)


def weights(run):
    return torch.cat([p.detach().flatten() for net in (run.generator, run.discriminator) for p in net.parameters()])


def same_run(a, b):
    assert torch.equal(a.rows, b.rows)
    assert torch.equal(weights(a), weights(b))


# --- the loop is the one a student writes by hand -----------------------------------------------------------------


def test_the_loop_equals_one_written_by_hand(double):
    def sample_real(n):
        return RING.sample(n).double()

    generator, discriminator = point_pair()
    g_optimizer = torch.optim.Adam(generator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    d_optimizer = torch.optim.Adam(discriminator.parameters(), lr=1e-3, betas=(0.5, 0.999))
    losses = []
    torch.manual_seed(7)
    for _ in range(50):
        real = sample_real(16)
        fake = generator(torch.randn(16, 2))
        real_logits, fake_logits = discriminator(torch.cat([real, fake.detach()])).chunk(2)
        d_loss = objectives.cross_entropy_discriminator_loss(real_logits, fake_logits)
        d_optimizer.zero_grad()
        d_loss.backward()
        d_optimizer.step()
        g_loss = objectives.non_saturating_generator_loss(discriminator(fake))
        g_optimizer.zero_grad()
        g_loss.backward()
        g_optimizer.step()
        losses.append([d_loss.item(), g_loss.item()])

    g, d = point_pair()
    run = training.train_gan(
        g, d, sample_real, steps=50, batch_size=16, seed=7, progress=False,
        g_optimizer=training.adam(g, 1e-3), d_optimizer=training.adam(d, 1e-3),
    )  # fmt: skip
    torch.testing.assert_close(run.rows[:, :2], torch.tensor(losses), atol=1e-9, rtol=0)


def test_with_batchnorm_the_discriminator_sees_real_and_fake_batches_apart():
    """Mixed, its statistics would be those of both; a hand-written loop with separate passes must agree to the end."""
    torch.manual_seed(0)
    batches = []

    class Watched(nn.Sequential):
        def forward(self, x):
            batches.append(len(x))
            return super().forward(x).squeeze(-1)

    discriminator = Watched(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))
    train(1, (models.PointGenerator(hidden=(16,)), discriminator))
    assert batches[-3:] == [16, 16, 16]  # real, fake, and fake again for G; those before are the first look
    batches.clear()
    train(1, (models.PointGenerator(hidden=(16,)), Watched(nn.Linear(2, 1))))
    assert batches[-2:] == [32, 16]


def test_history_holds_what_the_networks_said():
    """With both learning rates at 0 nothing moves, so each step's means must be those of the initial networks."""
    generator, discriminator = point_pair()
    frozen = copy.deepcopy((generator, discriminator))
    run = train(3, (generator, discriminator), schedule=lambda progress: 0.0, seed=5)
    torch.manual_seed(5)
    for i in range(3):
        with torch.no_grad():
            real, fake = frozen[1](RING.sample(16)), frozen[1](frozen[0](torch.randn(16, 2)))
        history = {name: values[i].item() for name, values in run.history.items()}
        assert history["step"] == i + 1
        assert history["real_logit"] == pytest.approx(real.mean().item(), abs=1e-6)
        assert history["fake_prob"] == pytest.approx(fake.sigmoid().mean().item(), abs=1e-6)
        loss = objectives.NON_SATURATING.generator_loss(fake).item()
        assert history["g_loss"] == pytest.approx(loss, abs=1e-6)


@pytest.mark.parametrize("objective", objectives.OBJECTIVES, ids=lambda o: o.name)
def test_every_objective_trains_both_networks(objective):
    before = weights(train(1, schedule=lambda progress: 0.0))
    run = train(5, objective=objective)
    assert (weights(run) != before).float().mean() > 0.9
    assert run.rows.isfinite().all()


def test_a_generator_update_leaves_no_gradient_on_the_discriminator():
    generator, discriminator = point_pair()
    step = training.GANStep(
        generator, discriminator, RING.sample, objectives.WASSERSTEIN,
        training.adam(generator), training.adam(discriminator), batch_size=8,
    )  # fmt: skip
    step()
    by_discriminator_alone = [p.grad.clone() for p in discriminator.parameters()]
    generator_step = objectives.wasserstein_generator_loss(discriminator(generator(torch.randn(8, 2))))
    generator_step.backward(inputs=list(generator.parameters()))
    assert all(torch.equal(p.grad, g) for p, g in zip(discriminator.parameters(), by_discriminator_alone, strict=True))


def test_d_steps_train_the_discriminator_more_often():
    calls = []

    def sample(n):
        calls.append(n)
        return RING.sample(n)

    generator, discriminator = point_pair()
    training.train_gan(generator, discriminator, sample, steps=4, batch_size=8, d_steps=3, progress=False)
    assert calls.count(8) == 12


def test_a_student_s_own_losses_plug_in():
    mine = objectives.Objective(
        "mine",
        lambda real, fake: -(real.sigmoid().log() + (1 - fake.sigmoid()).log()).mean(),
        lambda fake: -fake.sigmoid().log().mean(),
    )
    torch.testing.assert_close(train(10, objective=mine).rows, train(10).rows, atol=1e-5, rtol=1e-5)


# --- options ------------------------------------------------------------------------------------------------------


def test_schedule_scales_the_rate_that_the_optimiser_was_made_with():
    generator, discriminator = point_pair()
    optimizer = training.adam(generator, lr=0.5)
    rates = []
    watch = training.every(1, lambda run: rates.append(optimizer.param_groups[0]["lr"]))
    train(4, (generator, discriminator), g_optimizer=optimizer, schedule=training.linear_decay, callbacks=[watch])
    assert rates[1:] == pytest.approx([0.5, 0.375, 0.25, 0.125])


def test_schedules():
    assert [training.constant(p) for p in (0, 0.5, 1)] == [1, 1, 1]
    assert [training.linear_decay(p) for p in (0, 0.25, 1)] == [1, 0.75, 0]
    assert [training.cosine_decay(p) for p in (0, 0.5, 1)] == pytest.approx([1, 0.5, 0])
    late = training.decay_after(0.5)
    assert [late(p) for p in (0, 0.5, 0.75, 1)] == pytest.approx([1, 1, 0.5, 0])
    with pytest.raises(ValueError, match="within the run"):
        training.decay_after(1.0)


def test_the_average_follows_its_formula_through_the_whole_run():
    trail = []
    keep = training.every(1, lambda run: trail.append([p.detach().clone() for p in run.generator.parameters()]))
    run = train(30, ema_decay=0.8, callbacks=[keep])
    average = [p.clone() for p in trail[0]]
    for t, parameters in enumerate(trail[1:31]):
        decay = min(0.8, (1 + t) / (10 + t))
        average = [decay * a + (1 - decay) * p for a, p in zip(average, parameters, strict=True)]
    for expected, found in zip(average, run.ema.parameters(), strict=True):
        torch.testing.assert_close(found, expected)
    assert run.best is run.ema and not run.ema.training


def test_the_average_covers_batchnorm_statistics():
    torch.manual_seed(0)
    generator, discriminator = models.DCGANGenerator(4, width=2), models.DCGANDiscriminator(width=2)
    run = training.train_gan(
        generator,
        discriminator,
        lambda n: torch.randn(n, 1, 28, 28),
        steps=5,
        batch_size=4,
        ema_decay=0.9,
        progress=False,
    )
    averaged, raw = run.ema.state_dict(), run.generator.state_dict()
    assert averaged["net.2.num_batches_tracked"] == raw["net.2.num_batches_tracked"] == 5
    assert averaged["net.2.running_var"].ne(1).all() and not torch.equal(
        averaged["net.2.running_var"], raw["net.2.running_var"]
    )


def test_a_lazy_penalty_is_computed_in_every_kth_step_with_k_times_the_weight():
    """A penalty that is linear in one weight moves that weight under SGD by rate × mean strength, lazy or not."""

    def moved(penalty_every):
        generator, discriminator = point_pair()
        frozen = objectives.Objective("frozen", lambda r, f: 0.0 * (r.mean() + f.mean()), lambda f: 0.0 * f.mean())
        calls = []

        def penalty(network, real, fake):
            calls.append(len(real))
            return network.net[0].bias[0]

        before = discriminator.net[0].bias[0].item()
        sgd = torch.optim.SGD(discriminator.parameters(), lr=0.01)
        options = {"objective": frozen, "penalty": penalty, "penalty_every": penalty_every, "d_optimizer": sgd}
        train(8, (generator, discriminator), **options)
        return before - discriminator.net[0].bias[0].item(), len(calls)

    assert moved(1) == (pytest.approx(0.08, rel=1e-3), 8)
    assert moved(4) == (pytest.approx(0.08, rel=1e-3), 2)


def test_a_penalty_is_not_part_of_the_recorded_loss():
    unpenalised = train(1)
    penalised = train(1, penalty=lambda network, real, fake: 1000 + 0 * network(real).mean())
    assert torch.equal(penalised.rows, unpenalised.rows)


@pytest.mark.parametrize("decay", [0.0, 1.0, -0.5])
def test_an_impossible_decay_is_refused(decay):
    with pytest.raises(ValueError, match="ema_decay must be above 0 and below 1"):
        train(ema_decay=decay)


def test_autocast_computes_networks_in_bfloat16_and_losses_in_float32():
    seen = []

    def watch(logits):
        seen.append(logits.dtype)
        return objectives.non_saturating_generator_loss(logits)

    spied = objectives.Objective("spied", objectives.cross_entropy_discriminator_loss, watch)
    half, full = train(20, objective=spied, autocast=True), train(20)
    assert set(seen) == {torch.float32}
    assert not torch.equal(half.rows, full.rows)
    torch.testing.assert_close(half.rows, full.rows, atol=0.05, rtol=0.05)


def test_channels_last_changes_the_layout_and_not_the_result():
    def run(channels_last):
        torch.manual_seed(0)
        pair = models.DCGANGenerator(4, width=4), models.DCGANDiscriminator(width=4)
        options = {"steps": 5, "batch_size": 4, "channels_last": channels_last, "progress": False}
        return training.train_gan(*pair, lambda n: torch.randn(n, 1, 28, 28), **options)

    fast, plain = run(True), run(False)
    assert fast.discriminator.net[3].weight.is_contiguous(memory_format=torch.channels_last)
    torch.testing.assert_close(fast.rows, plain.rows, atol=1e-4, rtol=1e-4)


def test_the_compiled_engine_agrees_with_the_eager_one():
    torch.testing.assert_close(train(10, engine="compile").rows, train(10).rows, atol=1e-5, rtol=1e-5)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("options", [{}, {"ema_decay": 0.9}, {"penalty": objectives.r1_penalty, "penalty_every": 4}])
def test_the_captured_graph_agrees_with_the_eager_engine(options):
    def run(engine):
        pair = [network.cuda() for network in point_pair()]
        return training.train_gan(
            *pair, lambda n: RING.sample(n, "cuda"), steps=50, batch_size=16, engine=engine,
            schedule=training.linear_decay, progress=False, **options,
        )  # fmt: skip

    eager, captured = run("eager"), run("cuda_graph")
    torch.testing.assert_close(captured.rows, eager.rows, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(weights(captured), weights(eager), atol=1e-5, rtol=1e-5)


# --- one seed, and looking changes nothing ------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_run_and_another_one_another():
    same_run(train(seed=3), train(seed=3))
    assert not torch.equal(train(seed=3).rows, train(seed=4).rows)


def test_training_and_sampling_leave_the_caller_s_random_stream_alone():
    pair = point_pair()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    run = train(pair=pair)
    run.sample(10, seed=2)
    run.sample(10)
    assert torch.equal(torch.rand(3), expected)


def test_looking_at_a_run_does_not_change_it():
    look = training.every(3, lambda run: (run.sample(5), torch.rand(7), run.history))
    same_run(train(callbacks=[look]), train())


def test_callbacks_are_called_before_at_each_interval_and_at_the_end():
    watch = training.every(8, lambda run: run.steps_done)
    train(20, callbacks=[watch])
    assert watch.steps == watch.values == [0, 8, 16, 20]
    with pytest.raises(ValueError, match="at least 1"):
        training.every(0, print)


def test_samples_are_seeded_in_evaluation_mode_and_without_a_graph():
    run = train(ema_decay=0.9)
    assert torch.equal(run.sample(1500, seed=1), run.sample(1500, seed=1))
    assert not run.sample(3).requires_grad
    run.generator.train()
    raw = run.sample(4, seed=1, generator=run.generator)
    assert run.generator.training and not torch.equal(raw, run.sample(4, seed=1))


# --- checkpoints ----------------------------------------------------------------------------------------------------


def test_resuming_is_bit_exact(tmp_path):
    file = tmp_path / "deep" / "run.pt"
    options = {"ema_decay": 0.9, "schedule": training.cosine_decay, "d_steps": 2}
    whole = train(40, **options)

    def stop(run):
        if run.steps_done == 23:
            os.kill(os.getpid(), signal.SIGINT)

    part = train(40, checkpoint=file, callbacks=[training.every(1, stop)], **options)
    assert part.interrupted and part.steps_done == 24  # the step after the look at 23 was finished
    resumed = train(40, pair=point_pair(seed=99), checkpoint=file, **options)
    assert not resumed.interrupted
    same_run(resumed, whole)
    assert all(torch.equal(a, b) for a, b in zip(resumed.ema.parameters(), whole.ema.parameters(), strict=True))
    assert [p.name for p in file.parent.iterdir()] == ["run.pt"]


def test_a_finished_run_is_loaded_and_not_trained_again(tmp_path):
    first = train(checkpoint=tmp_path / "run.pt")
    started = time.process_time()
    again = train(pair=point_pair(seed=5), checkpoint=tmp_path / "run.pt")
    same_run(first, again)
    assert time.process_time() - started < 2 and again.steps_done == 20


def test_a_checkpoint_of_another_run_is_refused_and_kept(tmp_path):
    file = tmp_path / "run.pt"
    train(checkpoint=file)
    content = file.read_bytes()
    with pytest.raises(training.CheckpointError, match=r"different run: batch_size was 16 and is now 8"):
        train(checkpoint=file, batch_size=8)
    generator, discriminator = point_pair()
    with pytest.raises(training.CheckpointError, match=r"g_optimizer.groups\[0\].lr was 0.0002 and is now 0.5\."):
        train(pair=(generator, discriminator), checkpoint=file, g_optimizer=training.adam(generator, 0.5))
    with pytest.raises(training.CheckpointError, match=r"schedule was 'constant' and is now 'decay_after\(0.5\)'"):
        train(checkpoint=file, schedule=training.decay_after(0.5))
    with pytest.raises(training.CheckpointError, match=r"penalty was None and is now .*'r1_penalty', 'gamma': 2"):
        train(checkpoint=file, penalty=partial(objectives.r1_penalty, gamma=2))
    assert file.read_bytes() == content


@pytest.mark.parametrize("damage", [lambda b: b[: len(b) // 2], lambda b: b"not a checkpoint", lambda b: b""])
def test_a_damaged_checkpoint_is_named(tmp_path, damage):
    file = tmp_path / "run.pt"
    train(checkpoint=file)
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(training.CheckpointError, match=r"run\.pt is not a checkpoint .* or it is damaged: .* move"):
        train(checkpoint=file)


def test_a_checkpoint_that_would_run_code_is_refused(tmp_path):
    class Payload:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "pwned"),)

    torch.save({"format": 1, "config": {}, "state": Payload()}, tmp_path / "run.pt")
    with pytest.raises(training.CheckpointError, match="not a checkpoint of this course"):
        train(checkpoint=tmp_path / "run.pt")
    assert not (tmp_path / "pwned").exists()


def test_a_checkpoint_of_a_newer_format_is_refused(tmp_path):
    torch.save({"format": 99, "config": {}, "state": {}}, tmp_path / "run.pt")
    with pytest.raises(training.CheckpointError, match="format 99"):
        train(checkpoint=tmp_path / "run.pt")


def test_a_checkpoint_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(training.CheckpointError, match="cannot read the checkpoint"):
        train(checkpoint=tmp_path / "file" / "run.pt")


# --- when things go wrong ---------------------------------------------------------------------------------------------


def test_an_interrupt_finishes_the_step_and_returns_the_run(capsys):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    run = train(1_000_000, progress=True)
    assert run.interrupted and 0 < run.steps_done < 1_000_000
    assert len(run.history["d_loss"]) == run.steps_done
    assert "the run so far is kept" in capsys.readouterr().out
    assert run.sample(2).shape == (2, 2)


def test_a_second_interrupt_stops_at_once_and_the_handler_is_put_back():
    before = signal.getsignal(signal.SIGINT)

    def interrupt_twice(run):
        if run.steps_done == 2:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(callbacks=[training.every(1, interrupt_twice)])
    assert signal.getsignal(signal.SIGINT) is before


def test_training_works_outside_of_the_main_thread():
    runs = []
    thread = threading.Thread(target=lambda: runs.append(train()))
    thread.start()
    thread.join()
    same_run(runs[0], train())


def test_nan_stops_with_the_step_the_loss_and_the_usual_causes(tmp_path):
    factor = [1.0]

    def poisoned(n):
        return RING.sample(n) * factor[0]

    def poison(run):
        if run.steps_done == 13:
            factor[0] = float("nan")

    generator, discriminator = point_pair()
    with pytest.raises(
        training.TrainingDiverged, match=r"d_loss became nan at step 14\. Usual causes: a learning rate"
    ) as caught:
        training.train_gan(
            generator, discriminator, poisoned, steps=100, batch_size=16, checkpoint=tmp_path / "run.pt",
            checkpoint_every=7, callbacks=[training.every(1, poison)], progress=False,
        )  # fmt: skip
    assert caught.value.run.steps_done == 14
    saved = torch.load(tmp_path / "run.pt", weights_only=True)["state"]
    assert len(saved["rows"]) == 7 and saved["rows"].isfinite().all()


def test_a_learning_rate_that_is_too_high_diverges_with_the_same_message():
    generator, discriminator = point_pair()
    optimizer = torch.optim.SGD(discriminator.parameters(), lr=1e30)
    with pytest.raises(training.TrainingDiverged, match="learning rate"):
        train(50, (generator, discriminator), objective=objectives.WASSERSTEIN, d_optimizer=optimizer)


class Wrong(nn.Module):
    def __init__(self, *shape, latent_dim=2):
        super().__init__()
        self.scale, self.shape, self.latent_dim = nn.Parameter(torch.ones(())), shape, latent_dim

    def forward(self, x):
        return self.scale * torch.zeros(len(x), *self.shape)


def test_networks_that_do_not_fit_are_explained():
    generator, discriminator = point_pair()
    with pytest.raises(ValueError, match=r"samples of shape \(3,\), the data have \(2,\)"):
        train(pair=(Wrong(3), discriminator))
    with pytest.raises(ValueError, match=r"one logit a sample.*returns \(2, 7\)"):
        train(pair=(generator, Wrong(7)))
    with pytest.raises(ValueError, match="attribute latent_dim"):
        train(pair=(discriminator, discriminator))
    with pytest.raises(ValueError, match="move both with"):
        train(pair=(generator, copy.deepcopy(discriminator).to("meta")))


def test_impossible_arguments_are_refused():
    with pytest.raises(ValueError, match=r"callbacks=\[every\(100, function\)\]"):
        train(callbacks=[print])
    with pytest.raises(ValueError, match="at least 1"):
        train(0)
    with pytest.raises(ValueError, match="at least 1"):
        train(batch_size=0)
    with pytest.raises(ValueError, match="unknown engine 'warp'; choose one of auto, eager, compile, cuda_graph"):
        train(engine="warp")


@pytest.mark.skipif(torch.cuda.is_available(), reason="on a CUDA machine the networks of this test could be captured")
def test_the_cuda_graph_engine_needs_cuda():
    with pytest.raises(ValueError, match="cannot be captured: the networks are on a device of type 'cpu'"):
        train(engine="cuda_graph")


def test_the_closing_line_says_what_was_done(capsys):
    train(progress=True)
    assert capsys.readouterr().out.startswith("Trained for 20 steps in ")
