"""The GAN loop with labels: equal to loops written by hand, with every penalty, and clear about what does not fit."""

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from course_utils import models, objectives, training

CLASSES = 3


def labelled_points(n):
    """Class k lies around (k, 0)."""
    labels = torch.randint(CLASSES, (n,))
    return torch.randn(n, 2) * 0.1 + torch.stack([labels, 0 * labels], 1), labels


class Generator(nn.Module):
    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.net = models.mlp([2 + CLASSES, 16, 2])

    def forward(self, z, labels):
        return self.net(torch.cat([z, nn.functional.one_hot(labels, CLASSES)], 1))


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = models.mlp([2 + CLASSES, 16, 1], activation=nn.Softplus)

    def forward(self, x, labels):
        return self.net(torch.cat([x, nn.functional.one_hot(labels, CLASSES)], 1)).squeeze(1)


class AuxiliaryDiscriminator(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = models.mlp([2, 16, 1 + CLASSES], activation=nn.Softplus)

    def forward(self, x, labels):
        verdict = self.net(x)
        return verdict[:, 0], verdict[:, 1:]


def pair(discriminator=Discriminator, seed=0):
    torch.manual_seed(seed)
    return Generator(), discriminator()


def train(networks=None, steps=20, **options):
    networks = networks or pair()
    return training.train_gan(*networks, labelled_points, steps=steps, batch_size=16, progress=False, **options)


def by_hand(generator, discriminator, steps=20, class_weight=1.0):
    """The plain loop; returns its losses."""
    g_optimizer, d_optimizer = training.adam(generator), training.adam(discriminator)
    losses = []
    torch.manual_seed(0)
    for _ in range(steps):
        real, labels = labelled_points(16)
        fake = generator(torch.randn(16, 2), labels)

        def judge(x, labels=labels):
            verdict = discriminator(x, labels)
            if isinstance(verdict, tuple):
                return verdict[0], class_weight * cross_entropy(verdict[1], labels)
            return verdict, 0.0

        (real_logits, real_extra), (fake_logits, fake_extra) = judge(real), judge(fake.detach())
        d_loss = objectives.cross_entropy_discriminator_loss(real_logits, fake_logits)
        d_optimizer.zero_grad()
        (d_loss + real_extra + fake_extra).backward()
        d_optimizer.step()
        logits, class_loss = judge(fake)
        g_loss = objectives.non_saturating_generator_loss(logits)
        g_optimizer.zero_grad()
        (g_loss + class_loss).backward()
        g_optimizer.step()
        losses.append([d_loss.item(), g_loss.item()])
    return torch.tensor(losses)


@pytest.mark.parametrize("discriminator", [Discriminator, AuxiliaryDiscriminator])
def test_the_loop_equals_one_written_by_hand(discriminator):
    run = train(pair(discriminator))
    torch.testing.assert_close(run.rows[:, :2], by_hand(*pair(discriminator)), atol=1e-5, rtol=0)


def test_the_class_weight_scales_what_the_auxiliary_classifier_pays():
    weighted = training.AuxiliaryClassifier(objectives.NON_SATURATING, weight=0.3)
    weighted = train(pair(AuxiliaryDiscriminator), objective=weighted)
    expected = by_hand(*pair(AuxiliaryDiscriminator), class_weight=0.3)
    torch.testing.assert_close(weighted.rows[:, :2], expected, atol=1e-5, rtol=0)
    assert not torch.equal(weighted.rows, train(pair(AuxiliaryDiscriminator)).rows)


def test_the_networks_learn_what_the_label_means():
    networks = pair()
    fast = [training.adam(network, lr=3e-3) for network in networks]
    run = train(networks, steps=600, g_optimizer=fast[0], d_optimizer=fast[1])
    labels = torch.arange(CLASSES).repeat(200)
    made = run.sample(600, seed=1, labels=labels)[:, 0]
    means = torch.stack([made[labels == k].mean() for k in range(CLASSES)])
    assert means[0] + 0.4 < means[1] < means[2] - 0.4


@pytest.mark.parametrize("discriminator", [Discriminator, AuxiliaryDiscriminator])
@pytest.mark.parametrize(
    "penalty",
    [
        objectives.r1_penalty,
        objectives.r2_penalty,
        objectives.r1_r2_penalty,
        objectives.gradient_penalty,
        objectives.dragan_penalty,
    ],
)
def test_every_penalty_judges_with_the_labels(penalty, discriminator):
    run = train(pair(discriminator), penalty=penalty, steps=5)
    assert run.rows.isfinite().all()
    assert not torch.equal(run.rows, train(pair(discriminator), steps=5).rows)


def test_r1_and_r2_in_one_pass_equal_the_two_apart():
    """In one pass D judges 2n samples, and each must meet its own label."""

    def apart(discriminator, real, fake):
        return objectives.r1_penalty(discriminator, real) + objectives.r2_penalty(discriminator, real, fake)

    together = train(steps=5, penalty=objectives.r1_r2_penalty)
    torch.testing.assert_close(together.rows, train(steps=5, penalty=apart).rows, atol=1e-5, rtol=0)


@pytest.mark.parametrize("objective", objectives.OBJECTIVES, ids=lambda o: o.name)
def test_every_objective_trains_with_labels(objective):
    assert train(objective=objective, steps=3).rows.isfinite().all()


def test_resuming_is_bit_exact(tmp_path):
    file = tmp_path / "run.pt"
    whole = train(steps=30, ema_decay=0.9)

    class Stop(Exception):
        pass

    def stop(run):
        if run.steps_done == 17:
            raise Stop

    with pytest.raises(Stop):
        train(steps=30, ema_decay=0.9, checkpoint=file, checkpoint_every=10, callbacks=[training.every(17, stop)])
    resumed = train(steps=30, ema_decay=0.9, checkpoint=file)
    assert torch.equal(resumed.rows, whole.rows)
    labels = torch.arange(CLASSES)
    assert torch.equal(resumed.sample(3, 1, labels=labels), whole.sample(3, 1, labels=labels))


def test_samples_and_labels_must_match():
    run = train(steps=2)
    with pytest.raises(ValueError, match="needs labels="):
        run.sample(4)
    with pytest.raises(ValueError, match=r"4 samples need one label each, .* not torch.int64 \[3\]"):
        run.sample(4, labels=torch.arange(3))
    plain = models.PointGenerator(hidden=(8,)), models.PointDiscriminator(hidden=(8,))
    run = training.train_gan(*plain, lambda n: torch.randn(n, 2), steps=2, batch_size=4, progress=False)
    with pytest.raises(ValueError, match="trained without labels"):
        run.sample(4, labels=torch.arange(4))


def test_what_does_not_fit_is_explained():
    class Unconditional(Generator):
        def forward(self, z, labels=None):
            return self.net(nn.functional.pad(z, (0, CLASSES)))

    class Unaware(AuxiliaryDiscriminator):
        def forward(self, x, labels=None):
            return super().forward(x, labels)

    with pytest.raises(ValueError, match="needs data with labels"):
        training.train_gan(Unconditional(), Unaware(), lambda n: torch.randn(n, 2), steps=1, progress=False)
    points = models.PointGenerator(hidden=(8,)), models.PointDiscriminator(hidden=(8,))
    with pytest.raises(ValueError, match=r"the data come with labels, and the generator \(PointGenerator\) takes none"):
        training.train_gan(*points, labelled_points, steps=1, progress=False)
    with pytest.raises(ValueError, match="unrolling is not made for feature matching"):
        training.Unrolled(objectives.FEATURE_MATCHING, 2, 0.1)
    with pytest.raises(ValueError, match="an ensemble trains without labels"):
        training.train_ensemble(
            lambda: (models.PointGenerator(hidden=(8,)), models.PointDiscriminator(hidden=(8,))),
            labelled_points, seeds=range(2), steps=1, progress=False,
        )  # fmt: skip


def test_probabilities_where_logits_are_meant_are_named():
    class Softmaxed(AuxiliaryDiscriminator):
        def forward(self, x, labels):
            logits, class_logits = super().forward(x, labels)
            return logits, class_logits.softmax(1)

    class Squashed(Discriminator):
        def __init__(self):
            super().__init__()
            self.net.append(nn.Sigmoid())

    with pytest.raises(ValueError, match="class logits that add up to 1 are probabilities"):
        train(pair(Softmaxed))
    with pytest.raises(ValueError, match="the discriminator ends in a sigmoid"):
        train(pair(Squashed))
