"""Instance noise: how much, on what, and fading as the run goes on."""

import math
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from course_utils import data, models, training
from course_utils.data import Ring
from course_utils.models import InstanceNoise


class Sum(nn.Module):
    """D(x) = Σ x, whose features are x itself."""

    def features(self, x):
        return x

    def forward(self, x):
        return x.flatten(1).sum(1)


def progress(done, of=100):
    return SimpleNamespace(steps_done=done, rows=torch.zeros(of, 6))


@pytest.mark.parametrize("shape", [(3,), (1, 4, 4)])
def test_every_number_of_every_sample_gets_its_own_noise_of_that_size(shape):
    torch.manual_seed(0)
    noise = InstanceNoise(Sum(), std=0.5).features(torch.full((20_000, *shape), 2.0)).flatten(1) - 2.0
    assert noise.std(0).sub(0.5).abs().max() < 0.02 and noise.mean(0).abs().max() < 0.02
    assert torch.corrcoef(noise.T).triu(1).abs().max() < 0.05


def test_it_is_fresh_in_each_pass_and_reaches_the_logits():
    torch.manual_seed(0)
    noisy, x = InstanceNoise(Sum(), std=0.5), torch.zeros(20_000, 4)
    first, second = noisy(x), noisy(x)
    assert first.std().item() == pytest.approx(0.5 * 2, rel=0.05)  # of a sum of four
    assert torch.corrcoef(torch.stack([first, second]))[0, 1].abs() < 0.05


def test_evaluation_sees_the_data_as_they_are():
    noisy, x = InstanceNoise(Sum(), std=0.5).eval(), torch.randn(5, 3)
    assert torch.equal(noisy(x), x.sum(1)) and torch.equal(noisy.features(x), x)


def test_gradients_pass_to_the_data_and_the_weights():
    noisy, x = InstanceNoise(nn.Linear(2, 1), std=1.0), torch.randn(5, 2, requires_grad=True)
    noisy(x).sum().backward()
    torch.testing.assert_close(x.grad, noisy.discriminator.weight.detach().expand(5, 2))
    assert noisy.discriminator.weight.grad is not None and not noisy.std.requires_grad


def test_it_has_features_exactly_if_the_discriminator_has():
    assert hasattr(InstanceNoise(Sum(), std=1.0), "features")
    assert not hasattr(InstanceNoise(nn.Linear(2, 1), std=1.0), "features")


def test_the_schedule_sets_the_size_from_progress_in_place():
    noisy = InstanceNoise(Sum(), std=0.8, schedule=training.linear_decay)
    buffer = noisy.std
    assert [noisy.update(progress(done)) for done in (0, 25, 100)] == pytest.approx([0.8, 0.6, 0.0])
    assert noisy.std is buffer and noisy.std == 0.0
    assert noisy.update(progress(50)) == pytest.approx(0.4) and noisy.std.item() == pytest.approx(0.4)
    assert noisy.state_dict()["std"].item() == pytest.approx(0.4)  # so that a resumed run goes on with it


def test_without_a_schedule_it_stays():
    noisy = InstanceNoise(Sum(), std=0.8)
    assert noisy.update(progress(90)) == 0.8 and noisy.std.item() == pytest.approx(0.8)


def test_it_fades_through_a_run():
    torch.manual_seed(0)
    noisy = InstanceNoise(models.PointDiscriminator(hidden=(8,)), std=0.5, schedule=training.linear_decay)
    fading = training.every(1, noisy.update)
    pair = models.PointGenerator(hidden=(8,)), noisy
    run = training.train_gan(*pair, Ring().sample, steps=10, batch_size=8, callbacks=[fading], progress=False)
    assert fading.values == pytest.approx([0.5 * (1 - step / 10) for step in range(11)])
    assert noisy.std == 0.0 and run.rows.isfinite().all()


def test_a_run_with_noise_is_another_run():
    def rows(std):
        torch.manual_seed(0)
        pair = models.PointGenerator(hidden=(8,)), InstanceNoise(models.PointDiscriminator(hidden=(8,)), std=std)
        return training.train_gan(*pair, Ring().sample, steps=3, batch_size=8, progress=False).rows

    assert torch.equal(rows(0.5), rows(0.5))
    assert not torch.allclose(rows(0.5), rows(0.0))


@pytest.mark.parametrize("std", [-0.1, math.nan])
def test_a_negative_size_is_refused(std):
    with pytest.raises(ValueError, match="must be at least 0"):
        InstanceNoise(Sum(), std=std)


def test_a_schedule_below_zero_is_refused():
    noisy = InstanceNoise(Sum(), std=0.5, schedule=lambda progress: 1 - 2 * progress)
    with pytest.raises(ValueError, match=r"at least 0, not -0.5: at step 75"):
        noisy.update(progress(75))


def test_resuming_with_a_falling_noise_level_is_bit_exact(tmp_path):
    def run(**options):
        torch.manual_seed(0)
        generator = models.PointGenerator(hidden=(8,))
        noisy = models.InstanceNoise(models.PointDiscriminator(hidden=(8,)), 0.5, training.linear_decay)
        callbacks = [training.every(5, noisy.update), *options.pop("more", [])]
        ring = data.Ring()
        return training.train_gan(
            generator, noisy, ring.sample, steps=20, batch_size=8, callbacks=callbacks, progress=False, **options
        )

    def stop(run):
        if run.steps_done == 11:
            raise KeyboardInterrupt

    whole, saved = run(), {"checkpoint": tmp_path / "run.pt", "checkpoint_every": 10}
    with pytest.raises(KeyboardInterrupt):
        run(more=[training.every(1, stop)], **saved)
    assert torch.equal(run(**saved).rows, whole.rows)
