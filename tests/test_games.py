"""Games: how each player's loss is made; that a game of a student's own is played; and one place for the precision."""

import warnings
from functools import partial

import pytest
import torch
from test_stored_rows import CLASSES, Classifier, labelled_pair, labelled_points, packed_pair, point_pair, points
from torch import nn
from torch.nn.functional import softplus

from course_utils import models, objectives, training


class MyGame(training.Game):
    """The non-saturating game, written out by a student."""

    def discriminator_loss(self, D, real, fake, labels):
        return softplus(-D(real)).mean() + softplus(D(fake)).mean()

    def generator_loss(self, D, real, fake, labels):
        return softplus(-D(fake)).mean()


class BlurredGame(MyGame):
    """D sees neither the real nor the generated batch itself."""

    def discriminator_loss(self, D, real, fake, labels):
        return super().discriminator_loss(D, real + 0.1, fake + 0.1, labels)


class CentredGame(training.Game):
    """Relativistic average: each logit against the mean of the other side's (Jolicoeur-Martineau 2019, RaGAN)."""

    def discriminator_loss(self, D, real, fake, labels):
        r, f = D.both(real, fake, labels)
        return softplus(-(r - f.mean())).mean() + softplus(f - r.mean()).mean()

    def generator_loss(self, D, real, fake, labels):
        with torch.no_grad():
            r = D(real, labels)
        f = D(fake, labels)
        return softplus(r - f.mean()).mean() + softplus(-(f - r.mean())).mean()


def train(make=point_pair, sample=points, steps=6, **options):
    return training.train_gan(*make(), sample, **{"steps": steps, "batch_size": 16, "progress": False} | options)


def test_a_student_s_game_is_the_course_s_where_the_algebra_is_the_same(double):
    torch.testing.assert_close(train(objective=MyGame()).rows, train().rows, atol=1e-9, rtol=0)


def test_a_student_s_game_is_continued_from_a_checkpoint_and_told_from_another(tmp_path):
    half, file = train(steps=3, objective=CentredGame(), checkpoint=tmp_path / "run.pt"), tmp_path / "run.pt"
    assert half.steps_done == 3
    assert torch.equal(train(objective=CentredGame(), checkpoint=file).rows, train(objective=CentredGame()).rows)
    with pytest.raises(training.CheckpointError, match="game was 'CentredGame' and is now 'MyGame'"):
        train(objective=MyGame(), checkpoint=file)
    weighted = CentredGame()
    weighted.weight = 2.0
    with pytest.raises(training.CheckpointError, match="game was 'CentredGame' and is now .*'weight': 2.0"):
        train(objective=weighted, checkpoint=file)


def test_a_game_with_labels_is_played():
    run = train(labelled_pair, labelled_points, objective=CentredGame())
    assert run.conditional and run.rows.isfinite().all()


def test_the_history_holds_the_logits_of_the_batch_also_where_the_game_judges_something_else():
    run = train(steps=1, objective=BlurredGame(), schedule=lambda progress: 0.0)
    generator, discriminator = point_pair()
    torch.manual_seed(0)
    real = points(16)
    fake = generator(torch.randn(16, 2))
    assert run.history["real_logit"][0].item() == pytest.approx(discriminator(real).mean().item(), abs=1e-5)
    assert run.history["fake_logit"][0].item() == pytest.approx(discriminator(fake).mean().item(), abs=1e-5)


def test_a_game_that_cannot_be_played_is_named():
    class Half(training.Game):
        def discriminator_loss(self, D, real, fake, labels):
            return softplus(D(fake)).mean()

    class NotReduced(MyGame):
        def generator_loss(self, D, real, fake, labels):
            return softplus(-D(fake))

    with pytest.raises(NotImplementedError, match=r"Half needs a method generator_loss\(D, real, fake, labels\)"):
        train(objective=Half())
    with pytest.raises(ValueError, match="NotReduced.generator_loss must return one number a batch"):
        train(objective=NotReduced())
    with pytest.raises(ValueError, match="objective must be an Objective"):
        train(objective="hinge")
    with pytest.raises(ValueError, match="CentredGame does not say how it is played by an ensemble"):
        training.train_ensemble(point_pair, points, seeds=[1, 2], steps=1, objective=CentredGame(), progress=False)


# --- real and generated samples are told apart by what was put in ---------------------------------------------------


def test_batches_of_different_lengths_are_split_where_they_were_joined():
    """A D that returns its input shows which rows came back as real: halves of 5 + 3 would be 4 and 4."""
    network = nn.Linear(1, 1)
    with torch.no_grad():
        network.weight.fill_(1.0), network.bias.fill_(0.0)
    real, fake = training.Judge(network).both(torch.ones(5, 1), torch.zeros(3, 1))
    assert real.tolist() == [[1.0]] * 5 and fake.tolist() == [[0.0]] * 3


class Centred(nn.Module):
    """Compares the samples of a batch, like BatchNorm; in training mode only if it is `norm`."""

    def __init__(self, norm=False, last=nn.Identity):
        super().__init__()
        self.norm, self.first, self.last = norm, nn.Linear(2, 1), last()

    def forward(self, x):
        h = self.first(x)
        return self.last(h if self.norm and not self.training else h - h.mean(-2, keepdim=True))


class OverTheBatch(nn.Module):
    """Attention along the wrong axis."""

    def __init__(self):
        super().__init__()
        self.first, self.attention, self.last = nn.Linear(2, 8), nn.MultiheadAttention(8, 1), nn.Linear(8, 1)

    def forward(self, x):
        h = self.first(x)
        return self.last(self.attention(h, h, h)[0])


class Scan(nn.LSTM):
    """The rows of a batch are read as one sequence."""

    def __init__(self):
        super().__init__(2, 1)

    def forward(self, x):
        return super().forward(x)[0]


class AlwaysApart(training.Plain):
    def discriminator_loss(self, D, real, fake, labels):
        return self.objective.discriminator_loss(D(real, labels), D(fake, labels))


COMPARING = {
    "centred": Centred,
    "centred in training": lambda: Centred(norm=True),
    "with dropout": lambda: Centred(norm=True, last=nn.Dropout),
    "attention": OverTheBatch,
    "a recurrent layer along the batch": Scan,
    "declared": lambda: nn.Sequential(models.MinibatchStd(), nn.Linear(3, 1)),
}
SEPARATE = {
    "noise": lambda: models.InstanceNoise(models.PointDiscriminator(), 0.3),
    "spectral norm": lambda: models.spectrally_normalised(models.PointDiscriminator()),
    "dropout": lambda: nn.Sequential(nn.Linear(2, 64), nn.Dropout(), nn.Linear(64, 1)),
    "packs": lambda: models.Packed(models.PointDiscriminator(dim=4), 2),
    "layer norm": lambda: nn.Sequential(nn.Linear(2, 64), nn.LayerNorm(64), nn.Linear(64, 1)),
}


@pytest.mark.parametrize("make", COMPARING.values(), ids=COMPARING)
def test_a_discriminator_that_compares_samples_judges_real_and_generated_ones_apart(make):
    def first_losses(objective):
        torch.manual_seed(0)
        networks = models.PointGenerator(), make()
        run = training.train_gan(*networks, points, steps=2, batch_size=16, objective=objective, progress=False)
        return run.loop.step.judge.apart, run.history["d_loss"].tolist()

    apart, losses = first_losses(objectives.NON_SATURATING)
    assert apart
    if "dropout" not in str(make()).lower():  # whose draws differ
        assert losses == first_losses(AlwaysApart(objectives.NON_SATURATING))[1]


@pytest.mark.parametrize("make", SEPARATE.values(), ids=SEPARATE)
def test_a_discriminator_that_judges_each_sample_by_itself_does_so_in_one_pass(make):
    torch.manual_seed(0)
    networks = models.PointGenerator(), make()
    before = [value.clone() for value in networks[1].state_dict().values()]
    run = training.train_gan(
        *networks, points, steps=1, batch_size=16, progress=False, d_optimizer=training.adam(networks[1], lr=0.0)
    )
    assert not run.loop.step.judge.apart
    if not any("_u" in name for name in networks[1].state_dict()):  # spectral vectors move in a step itself
        assert all(map(torch.equal, before, networks[1].state_dict().values()))


def test_a_first_look_in_training_mode_is_not_counted():
    """One step asks D about the real batch once, and about the generated one for each player."""
    norm = nn.BatchNorm1d(2)
    train(lambda: (models.PointGenerator(), nn.Sequential(norm, nn.Linear(2, 1))), steps=1)
    assert norm.num_batches_tracked == 3


def test_members_and_translators_that_compare_samples_judge_apart_too():
    run = training.train_ensemble(
        lambda: (models.PointGenerator(), Centred()), points, seeds=[1, 2], steps=1, batch_size=8, progress=False
    )
    assert run.loop.step.judge.apart

    class CentredJudge(models.FullyConnectedDiscriminator):
        def forward(self, x):
            logits = super().forward(x)
            return logits - logits.mean()

    pair = models.CyclePair(
        models.DenseTranslator(4, (8,)), models.DenseTranslator(4, (8,)),
        CentredJudge((8,), 4), models.FullyConnectedDiscriminator((8,), 4),
    )  # fmt: skip

    def images(n):
        return torch.rand(n, 1, 4, 4) * 2 - 1

    run = training.train_cycle(pair, images, images, steps=1, batch_size=8, progress=False)
    assert [judge.apart for judge in run.loop.step.judges] == [True, False]


def test_a_penalty_on_a_discriminator_that_compares_samples_is_warned_of_unless_that_is_declared():
    with pytest.warns(UserWarning, match="Centred compares the samples of a batch"):
        train(lambda: (models.PointGenerator(), Centred()), penalty=objectives.r1_penalty)
    declared = Centred()
    declared.mixes_batch = True
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        train(lambda: (models.PointGenerator(), declared), penalty=objectives.r1_penalty)


class Augmented(nn.Module):
    """A discriminator that turns its samples, all or each, half of the time."""

    def __init__(self, each: bool):
        super().__init__()
        self.network, self.each = models.PointDiscriminator(), each

    def forward(self, x):
        turned = torch.rand(len(x) if self.each else 1, 1) < 0.5
        return self.network(torch.where(turned, -x, x))


@pytest.mark.parametrize("each", [True, False])
def test_augmentation_is_not_taken_for_a_comparison_of_samples(each):
    for seed in range(10):
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            pair = models.PointGenerator(), Augmented(each)
            run = train(lambda pair=pair: pair, steps=1, seed=seed, penalty=objectives.r1_penalty)
        assert not run.loop.step.judge.apart


@pytest.mark.parametrize("length", [15, 17, 0])
def test_a_batch_of_another_length_is_refused_in_any_step(length):
    calls = []

    def sample(n):
        calls.append(n)
        return points(length if len(calls) == 4 else n)

    with pytest.raises(ValueError, match=rf"sample_real\(16\) must return 16 samples.*returned {length}:") as caught:
        train(sample=sample)
    assert caught.value.run.steps_done == 2  # the first call was the first look


def test_a_batch_that_would_mix_real_and_generated_samples_in_one_pack_is_refused():
    with pytest.raises(ValueError, match="batch_size 18 must be a multiple of 4"):
        train(packed_pair, batch_size=18)


def test_a_penalty_on_both_batches_judges_each_sample_by_its_own_label(double):
    """R1 + R2 must be R1 plus R2, with the label of each; it was that of another sample."""
    generator, discriminator = labelled_pair()
    real, labels = labelled_points(16)
    fake, judge = generator(torch.randn(16, 2), labels).detach(), training.Judge(discriminator)
    assert len(labels.unique()) == CLASSES
    both = judge.charge(objectives.r1_r2_penalty, real, fake, labels)
    apart = [judge.charge(p, real, fake, labels) for p in (objectives.r1_penalty, objectives.r2_penalty)]
    torch.testing.assert_close(both, sum(apart))


# --- penalties and precision are applied in one place -----------------------------------------------------------------

IN_FULL = {
    "R1": {"penalty": objectives.r1_penalty},
    "R2": {"penalty": objectives.r2_penalty},
    "R1 + R2": {"penalty": objectives.r1_r2_penalty, "objective": objectives.RELATIVISTIC},
    "WGAN-GP": {"penalty": objectives.gradient_penalty, "objective": objectives.WASSERSTEIN},
    "DRAGAN": {"penalty": objectives.dragan_penalty},
    "unrolled": {"objective": training.Unrolled(objectives.NON_SATURATING, 2, 0.1)},
    "unrolled relativistic": {"objective": training.Unrolled(objectives.RELATIVISTIC, 1, 0.1)},
}


@pytest.mark.parametrize("options", IN_FULL.values(), ids=IN_FULL)
def test_derivatives_of_derivatives_work_in_bfloat16_and_stay_near_float32(options):
    half, full = train(autocast=True, **options), train(**options)
    assert not torch.equal(half.rows, full.rows)
    torch.testing.assert_close(half.rows, full.rows, atol=0.1, rtol=0.1)


@pytest.mark.parametrize("name", ["R2", "unrolled"])
@pytest.mark.parametrize("autocast", [False, True])
def test_derivatives_of_derivatives_work_in_a_compiled_step(name, autocast):
    options = IN_FULL[name] | {"steps": 3, "autocast": autocast}
    torch.testing.assert_close(train(engine="compile", **options).rows, train(**options).rows, atol=0.02, rtol=0.02)


@pytest.mark.parametrize("options", [IN_FULL["R2"], IN_FULL["unrolled"]], ids=["R2", "unrolled"])
def test_labels_go_with_penalties_and_unrolling_in_bfloat16(options):
    assert train(labelled_pair, labelled_points, autocast=True, **options).rows.isfinite().all()


def test_a_penalty_through_batchnorm_is_refused_and_through_a_frozen_one_taken():
    def pair(frozen):
        generator, discriminator = point_pair()
        network = nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Softplus(), nn.Linear(8, 1))
        if frozen:
            network[1].eval()
        return generator, network

    with pytest.raises(ValueError, match="BatchNorm1d"):
        train(partial(pair, False), penalty=objectives.r1_penalty)
    assert train(partial(pair, True), penalty=objectives.r1_penalty).rows.isfinite().all()
    assert train(partial(pair, False), penalty=lambda D, real, fake: D[0].weight.square().mean()).rows.isfinite().all()


def test_a_classifier_plays_the_auxiliary_game_by_itself():
    make = partial(labelled_pair, Classifier, 1 + CLASSES)
    by_itself = train(make, labelled_points)
    asked = train(make, labelled_points, objective=training.AuxiliaryClassifier(objectives.NON_SATURATING))
    assert torch.equal(by_itself.rows, asked.rows)
    with pytest.raises(ValueError, match="the class loss's weight must be at least 0, not nan"):
        training.AuxiliaryClassifier(objectives.NON_SATURATING, float("nan"))


def test_features_are_matched_where_d_has_them_and_else_it_is_said():
    with pytest.raises(ValueError, match=r"needs a discriminator with a method features\(x\), and Linear has none"):
        train(lambda: (models.PointGenerator(hidden=(16,)), nn.Linear(2, 1)), objective=objectives.FEATURE_MATCHING)
