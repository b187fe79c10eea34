"""Runs that survive and go on: longer than asked for, after a stop or an error; and what a checkpoint knows of them."""

import os
import signal
import warnings
from functools import partial

import numpy as np
import pytest
import torch
from test_stored_rows import image_pair, images, labelled_pair, labelled_points, point_pair, points
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from course_utils import models, objectives, training
from course_utils.data import Ring
from course_utils.storage import locked


def networks(run):
    return [getattr(run, name) for name in ("generator", "discriminator", "model", "pair") if hasattr(run, name)]


def same_run(a, b):
    assert torch.equal(a.rows, b.rows)
    for x, y in zip(networks(a) + [a.ema] * bool(a.ema), networks(b) + [b.ema] * bool(b.ema), strict=True):
        assert all(torch.equal(p, q) for p, q in zip(x.state_dict().values(), y.state_dict().values(), strict=True))


def train(steps=6, make=point_pair, sample=points, **options):
    return training.train_gan(*make(), sample, **{"steps": steps, "batch_size": 16, "progress": False} | options)


def ensemble(steps, **options):
    def make():
        return models.PointGenerator(hidden=(16,)), models.PointDiscriminator(hidden=(16,))

    options = {"batch_size": 16, "progress": False} | options
    return training.train_ensemble(make, points, seeds=[3, 4], steps=steps, **options)


def vae(steps, **options):
    torch.manual_seed(0)
    network = models.VAE(nn.Linear(2, 4), nn.Linear(2, 2), 2, objectives.Gaussian(0.1))
    options = {"ema_decay": 0.9, "progress": False} | options
    return training.train_vae(network, points, steps=steps, batch_size=16, **options)


def model(steps, **options):
    def loss(net, x):
        return (net(x) - x.flip(1) + 0.1 * torch.randn_like(x)).square().mean()

    torch.manual_seed(0)
    options = {"batch_size": 16, "progress": False} | options
    return training.train_model(nn.Linear(2, 2), points, loss, steps=steps, **options)


def translators(steps, **options):
    torch.manual_seed(0)
    judges = [models.FullyConnectedDiscriminator((8,), 4) for _ in range(2)]
    pair = models.CyclePair(*(models.DenseTranslator(4, (16,)) for _ in range(2)), *judges)
    a, b = (lambda n: torch.rand(n, 1, 4, 4) - 1), (lambda n: torch.rand(n, 1, 4, 4))
    return training.train_cycle(pair, a, b, steps=steps, **{"batch_size": 8, "progress": False} | options)


KINDS = {
    "GAN": partial(train, ema_decay=0.9, penalty=objectives.r1_penalty, penalty_every=4),
    "images with dropout": partial(train, make=image_pair, sample=images, ema_decay=0.9),
    "labels": partial(train, make=labelled_pair, sample=labelled_points),
    "ensemble": ensemble,
    "ensemble, one stream": partial(ensemble, own_streams=False),
    "VAE": vae,
    "model": model,
    "cycle": translators,
}


# --- longer ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_finished_run_goes_on_as_if_it_had_been_asked_for_more_at_once(kind):
    run = kind(5)
    assert training.go_on(run, steps=3) is run
    assert run.steps_done == 8 and not run.interrupted and len(run.history["step"]) == 8
    same_run(training.go_on(run, steps=2), kind(10))


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_checkpoint_of_a_finished_run_serves_a_longer_one(kind, tmp_path):
    kind(5, checkpoint=tmp_path / "run.pt")
    same_run(kind(8, checkpoint=tmp_path / "run.pt"), kind(8))


def test_a_stopped_run_goes_on_to_its_end_and_looking_in_between_changes_nothing():
    def stop(run):
        if run.steps_done == 7:
            os.kill(os.getpid(), signal.SIGINT)

    run = train(12, callbacks=[training.every(1, stop)], schedule=training.cosine_decay)
    assert run.interrupted and run.steps_done == 8
    run.sample(5), torch.rand(3)
    training.go_on(run, callbacks=[])
    assert not run.interrupted
    same_run(run, train(12, schedule=training.cosine_decay))


def test_a_schedule_that_depends_on_the_length_of_the_run_is_said():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        training.go_on(train(6), steps=6)
        early = training.decay_after(0.5)
        training.go_on(train(6, schedule=lambda progress: 0.5), steps=6)
    with pytest.warns(UserWarning, match=r"schedule depends on the length of the run.*first 6 steps.*a run of 12"):
        run = training.go_on(train(6, schedule=early), steps=6)
    assert run.steps_done == 12
    with pytest.warns(UserWarning, match="the annealing depends"):
        training.go_on(vae(4, objective=objectives.ELBO(anneal=training.linear_warm_up(0.5))), steps=4)


def test_a_longer_run_from_a_checkpoint_says_so_too(tmp_path):
    train(6, schedule=training.linear_decay, checkpoint=tmp_path / "run.pt")
    with pytest.warns(UserWarning, match="the schedule depends on the length"):
        train(12, schedule=training.linear_decay, checkpoint=tmp_path / "run.pt")
    with pytest.raises(training.CheckpointError, match="holds a run of 12 steps already, more than the 6 asked for"):
        train(6, schedule=training.linear_decay, checkpoint=tmp_path / "run.pt")


def test_callbacks_go_on_too_or_are_replaced():
    watch, other = (training.every(2, lambda run: run.steps_done) for _ in range(2))
    run = train(4, callbacks=[watch])
    training.go_on(run, steps=2)
    assert watch.values == [0, 2, 4, 6]
    training.go_on(run, steps=2, callbacks=[other])
    assert watch.values[-1] == 6 and other.values == [8]


def test_the_checkpoint_is_written_on(tmp_path):
    run = train(4, checkpoint=tmp_path / "run.pt")
    training.go_on(run, steps=4)
    same_run(train(8, checkpoint=tmp_path / "run.pt"), run)


def test_a_rate_set_by_hand_between_two_runs_stays():
    generator, discriminator = point_pair()
    optimizer = training.adam(generator, lr=0.01)
    run = train(4, lambda: (generator, discriminator), g_optimizer=optimizer, schedule=training.linear_decay)
    assert optimizer.param_groups[0]["lr"] == 0.01  # as it was given
    optimizer.param_groups[0]["lr"] = 0.0
    before = [p.clone() for p in generator.parameters()]
    with pytest.warns(UserWarning, match="the schedule depends"):
        training.go_on(run, steps=4)
    assert all(torch.equal(p, q) for p, q in zip(before, generator.parameters(), strict=True))


def test_what_cannot_go_on_is_said():
    run = train(3)
    with pytest.raises(ValueError, match=r"has done its 3 steps: say how many more"):
        training.go_on(run)
    with pytest.raises(ValueError, match="steps must be a whole number, at least 1, not 2.5"):
        training.go_on(run, steps=2.5)
    with pytest.raises(ValueError, match="the run that a train_… function returned, not Linear"):
        training.go_on(nn.Linear(1, 1), steps=1)
    with torch.no_grad():
        next(run.generator.parameters()).fill_(float("nan"))
    with pytest.raises(ValueError, match="the generator's weight .* holds NaN"):
        training.go_on(run, steps=1)


def test_a_run_cannot_go_on_from_inside_itself():
    with pytest.raises(ValueError, match="this run is being trained at this moment"):
        train(4, callbacks=[training.every(2, lambda run: training.go_on(run, steps=1) if run.steps_done else None)])


def test_a_refused_checkpoint_leaves_no_run_that_could_overwrite_it(tmp_path):
    train(4, checkpoint=tmp_path / "run.pt")
    with pytest.raises(training.CheckpointError) as caught:
        train(4, checkpoint=tmp_path / "run.pt", seed=9)
    assert not hasattr(caught.value, "run")


# --- whatever ends a run, it stays in reach ------------------------------------------------------------------------


class Mistake(Exception):
    pass


def raise_at(step, error):
    def look(run):
        if run.steps_done == step:
            raise error

    return [training.every(1, look)]


@pytest.mark.parametrize("error", [Mistake(), KeyboardInterrupt(), SystemExit(), MemoryError()], ids=repr)
def test_the_error_of_a_callback_carries_the_run_which_goes_on_bit_for_bit(error):
    with pytest.raises(type(error)) as caught:
        train(8, callbacks=raise_at(5, error))
    run = caught.value.run
    assert run.interrupted and run.steps_done == 5
    assert "The 5 steps so far are in the exception's .run" in caught.value.__notes__[-1]
    same_run(training.go_on(run, callbacks=[]), train(8))


def test_a_full_disk_at_the_last_checkpoint_keeps_the_finished_run(tmp_path, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("course_utils.training.checkpoint.save_tensors", full)
    with pytest.raises(training.CheckpointError, match="cannot write the checkpoint .*: No space left") as caught:
        train(6, checkpoint=tmp_path / "run.pt", checkpoint_every=6)
    run = caught.value.run
    assert run.steps_done == 6 and not run.interrupted
    same_run(run, train(6))


def test_an_error_in_the_middle_of_a_step_carries_the_run_and_going_on_is_said_not_to_be_exact():
    calls = []

    def sample(n):
        calls.append(n)
        if len(calls) == 5:
            raise Mistake
        return points(n)

    with pytest.raises(Mistake) as caught:
        train(8, sample=sample)
    assert caught.value.run.steps_done == 3
    with pytest.warns(UserWarning, match="an update was broken off after step 3"):
        assert training.go_on(caught.value.run).steps_done == 8


def test_a_nan_gradient_under_a_finite_loss_does_not_overwrite_the_good_checkpoint(tmp_path):
    def loss(net, x):
        y = net(x)
        root = (y[:, 0] * 0).square().sum().sqrt()  # 0, with the derivative ∞ · 0 = NaN
        return y.square().mean() + (root if armed else 0 * y.sum())

    def arm(run):
        armed.extend([1] * (run.steps_done == 9))

    armed = []
    torch.manual_seed(0)
    file = tmp_path / "run.pt"
    with pytest.raises(training.TrainingDiverged, match=r"the model's weight is NaN or infinite after step 10, though"):
        training.train_model(
            nn.Linear(2, 2), points, loss, steps=10, checkpoint=file, checkpoint_every=5, progress=False,
            callbacks=[training.every(1, arm)],
        )  # fmt: skip
    saved = torch.load(file, weights_only=True)["state"]
    assert len(saved["rows"]) == 5 and saved["model"]["weight"].isfinite().all()


# --- what a checkpoint knows -----------------------------------------------------------------------------------------


def adams(**settings):
    generator, discriminator = point_pair()
    optimizers = {
        name: torch.optim.Adam(network.parameters(), lr=1e-3, **settings)
        for name, network in (("g_optimizer", generator), ("d_optimizer", discriminator))
    }
    return {"make": lambda: (generator, discriminator), **optimizers}


def smooth(logits):
    return -logits.mean()


def relu_pair():
    torch.manual_seed(0)
    return models.PointGenerator(hidden=(16,)), nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 1))


def tanh_pair():
    torch.manual_seed(0)
    return models.PointGenerator(hidden=(16,)), nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))


def tokens(activation):
    layer = nn.TransformerEncoderLayer(4, 1, 8, activation=activation, batch_first=True)
    return nn.Sequential(nn.Unflatten(1, (1, 2)), nn.Linear(2, 4), layer, nn.Flatten(), nn.Linear(4, 1))


def mine(loss):
    return objectives.Objective("mine", objectives.wasserstein_critic_loss, loss)


class Blurred(nn.Module):
    """A student's discriminator: its settings are plain attributes, and it counts its passes."""

    def __init__(self, sigma=0.1, act=torch.relu):
        super().__init__()
        self.first, self.last = nn.Linear(2, 16), nn.Linear(16, 1)
        self.sigma, self.act, self.passes, self.seen = sigma, act, 0, []

    def forward(self, x):
        self.passes += 1
        self.seen.append(x.detach().mean())
        return self.last(self.act(self.first(x + self.sigma * torch.randn_like(x))))

    def lower(self, run):
        self.sigma *= 0.9


class Weighted(training.Game):
    def __init__(self, weights, objective=objectives.HINGE):
        self.weights, self.objective, self.log = weights, objective, []

    def discriminator_loss(self, D, real, fake, labels):
        loss = D(fake).mean() - D(real).mean() + D(real).square().mean()
        self.log.append(loss.detach())
        return loss

    def generator_loss(self, D, real, fake, labels):
        return -D(fake).mean()


class Pulled(training.Plain):
    """A student's heir of a game that has fields: with an attribute of its own."""

    def __init__(self, pull):
        super().__init__(objectives.HINGE)
        self.pull = pull


def by_default(weight):
    def charge(D, real, fake, weight=weight):
        return weight * D(real).square().mean()

    return charge


def by_closure(weight):
    weights = [weight]

    def charge(D, real, fake):
        return weights[0] * D(real).square().mean()

    return charge


class Charge:
    def __init__(self, weight):
        self.weights = {"real": weight}

    def __call__(self, D, real, fake):
        return self.weights["real"] * D(real).square().mean()

    def charge(self, D, real, fake):
        return self(D, real, fake)


def judged_by(make, *arguments, **options):
    def pair():
        torch.manual_seed(0)
        return models.PointGenerator(hidden=(16,)), make(*arguments)

    return {"make": pair} | options


def blurred(std):
    return judged_by(lambda: models.InstanceNoise(models.PointDiscriminator(hidden=(16,)), std))


OTHERS = {
    "instance noise": (blurred(0.1), blurred(0.3), r"attributes.initial_std was 0.1 and is now 0.3"),
    "a plain attribute": (judged_by(Blurred, 0.1), judged_by(Blurred, 0.3), r"sigma was 0.1 and is now 0.3"),
    "a function in a network": (
        judged_by(Blurred), judged_by(Blurred, 0.1, torch.tanh), "attributes.act was 'relu' and is now 'tanh'",
    ),
    "a function in torch's layer": (
        judged_by(tokens, "relu"), judged_by(tokens, "gelu"), "2.activation was 'relu' and is now 'gelu'",
    ),
    **{
        f"a game's {type(first).__name__}": (
            {"objective": Weighted(first)}, {"objective": Weighted(second)}, "game.weights.* was 1.0 and is now 9.0",
        )
        for first, second in (
            ([1.0], [9.0]), ((1.0,), (9.0,)), ({0: 1.0}, {0: 9.0}), (torch.ones(2), torch.full((2,), 9.0)),
            (np.ones(2), np.full(2, 9.0)), (partial(Charge, 1.0), partial(Charge, 9.0)),
        )
    },
    "a game's objective": (
        {"objective": Weighted(1.0)}, {"objective": Weighted(1.0, objectives.MINIMAX)}, "objective.name was 'hinge'",
    ),
    "an heir's attribute": ({"objective": Pulled(1.0)}, {"objective": Pulled(9.0)}, "pull was 1.0 and is now 9.0"),
    **{
        f"a penalty's weight {how}": ({"penalty": make(1.0)}, {"penalty": make(9.0)}, "was 1.0 and is now 9.0")
        for how, make in (
            ("by default", by_default), ("in a closure", by_closure), ("in an object", Charge),
            ("of a method", lambda weight: Charge(weight).charge),
        )
    },
    "betas": (adams(), adams(betas=(0.5, 0.9)), r"g_optimizer.groups\[0\].betas\[0\] was 0.9 and is now 0.5"),
    "weight decay": (adams(), adams(weight_decay=0.1), "weight_decay was 0 and is now 0.1"),
    "activation": ({"make": relu_pair}, {"make": tanh_pair}, r"was '  \(1\): ReLU\(\)' and is now '  \(1\): Tanh\(\)'"),
    "data": ({}, {"sample": lambda n: 2 * points(n)}, "data.* the samples are others"),
    "objective of the same name": (
        {"objective": mine(objectives.wasserstein_generator_loss)}, {"objective": mine(smooth)},
        "generator_loss was 'wasserstein_generator_loss' and is now 'smooth'",
    ),
    "seed": ({"seed": 1}, {"seed": 2}, "seed was 1 and is now 2"),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "said"), OTHERS.values(), ids=OTHERS)
def test_a_run_that_differs_in_one_thing_is_another_run(first, second, said, tmp_path):
    train(4, checkpoint=tmp_path / "run.pt", **first)
    with pytest.raises(training.CheckpointError, match=f"belongs to a different run: .*{said}"):
        train(8, checkpoint=tmp_path / "run.pt", **second)


@pytest.mark.parametrize("new", [True, False], ids=["made anew", "the same objects"])
def test_what_changes_in_training_is_no_mark_of_a_run(new, tmp_path):
    """Counters, logs, and a noise level that a callback lowers; a lambda and many numbers, which tell nothing."""

    def fresh():
        torch.manual_seed(0)
        network, game = Blurred(act=lambda y: y.relu()), Weighted([1.0, float("nan")])
        game.noise = torch.randn(100)
        return network, game

    file, first = tmp_path / "run.pt", fresh()

    def play(steps, network, game):
        torch.manual_seed(0)
        options = {"objective": game, "checkpoint": file, "callbacks": [training.every(1, network.lower)]}
        return train(steps, lambda: (models.PointGenerator(hidden=(16,)), network), **options)

    training.go_on(play(4, *first), steps=2)
    assert play(8, *(fresh() if new else first)).steps_done == 8
    assert play(9, *(fresh() if new else first)).steps_done == 9
    first[1].weights = [2.0, float("nan")]
    with pytest.raises(training.CheckpointError, match=r"game.weights\[0\] was 1.0 and is now 2.0"):
        play(10, *first)


def test_a_run_of_another_kind_is_named_in_a_few_words(tmp_path):
    train(2, checkpoint=tmp_path / "run.pt")
    with pytest.raises(training.CheckpointError, match="networks.generator was .*… and is now None") as error:
        model(2, checkpoint=tmp_path / "run.pt")
    assert len(str(error.value)) < 1500


def test_attributes_of_any_kind_are_described_or_left_out(tmp_path):
    def itself(depth):
        return itself(depth - 1)

    game = Weighted(1.0)
    game.type, game.size, game.many = np.float32, np.int64(3), torch.randn(100)
    game.sparse, game.shape, game.network = torch.eye(2).to_sparse(), torch.ones(2, device="meta"), nn.Linear(2, 2)
    game.itself, game.rest, game.none = itself, [np.tanh, {1, 2}, b"x", 1j], None
    game.rest.append(game.rest)
    assert train(2, objective=game, checkpoint=tmp_path / "run.pt").steps_done == 2
    known = torch.load(tmp_path / "run.pt", weights_only=True)["identity"]["game"]
    assert known["kind"] == "Weighted" and known["type"] == "float32" and known["size"] == 3
    assert not {"many", "sparse", "shape", "network", "none"} & set(known)


def test_a_function_without_a_name_is_refused_where_names_decide(tmp_path):
    penalty = lambda D, real, fake: D(real).square().mean()  # noqa: E731
    assert train(2, penalty=penalty).steps_done == 2
    with pytest.raises(training.CheckpointError, match="a lambda has none: define penalty with def"):
        train(2, penalty=penalty, checkpoint=tmp_path / "run.pt")
    paired = objectives.LEAST_SQUARES.relativistic_form()
    assert train(2, objective=paired, checkpoint=tmp_path / "run.pt").steps_done == 2


def test_samples_from_a_stream_of_their_own_are_not_taken_for_others(tmp_path):
    own = torch.Generator().manual_seed(5)

    def sample(n):
        return torch.randn(n, 2, generator=own)

    train(4, sample=sample, checkpoint=tmp_path / "run.pt")
    assert train(8, sample=sample, checkpoint=tmp_path / "run.pt").steps_done == 8


def test_two_runs_cannot_write_one_checkpoint(tmp_path):
    file = tmp_path / "run.pt"
    with locked(file), pytest.raises(training.CheckpointError, match=r"another run is writing .*run\.pt"):
        train(4, checkpoint=file)
    assert train(4, checkpoint=file).steps_done == 4
    assert [p.name for p in tmp_path.iterdir()] == ["run.pt"]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_not_to_be_deleted(tmp_path):
    file = tmp_path / "run.pt"
    train(4, checkpoint=file)
    file.chmod(0)
    with pytest.raises(training.CheckpointError, match="cannot read the checkpoint .*: Permission denied$"):
        train(8, checkpoint=file)


def test_a_folder_in_the_checkpoint_s_place_is_named(tmp_path):
    with pytest.raises(training.CheckpointError, match="cannot read the checkpoint .*: Is a directory"):
        train(2, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="checkpoint must be the path of a file"):
        train(2, checkpoint=True)


# --- a DataLoader, as people have it -----------------------------------------------------------------------------


def loader(n=50, size=16, **options):
    torch.manual_seed(0)
    return DataLoader(TensorDataset(torch.randn(n, 2), torch.arange(n) % 3), batch_size=size, shuffle=True, **options)


def test_a_data_loader_serves_and_it_is_said_how_much_slower_it_is(capsys):
    run = train(12, sample=loader(), progress=True)
    assert run.steps_done == 12 and not run.conditional
    said = capsys.readouterr().out
    assert "A DataLoader takes" in said and "(× " in said


def test_a_data_loader_with_labels_serves_a_network_that_takes_them():
    assert train(4, make=labelled_pair, sample=loader()).conditional


def test_a_data_loader_deals_out_every_sample_once_an_epoch_whatever_the_batch():
    batches = training.Batches.of(loader(50, 16), nn.Linear(2, 1), "sample_real")
    drawn = torch.cat([batches(10) for _ in range(5)])
    assert len(drawn[:, 0].unique()) == 50


def test_an_empty_data_loader_is_named():
    with pytest.raises(ValueError, match="the DataLoader has no batches"):
        train(sample=loader(8, 16, drop_last=True))


def trained_and_evaluated(callbacks=()):
    """A run of two steps and two more, with BatchNorm and dropout."""
    torch.manual_seed(0)
    pair = models.DCGANGenerator(4, width=2), models.DCGANDiscriminator(width=2, dropout=0.2)
    return training.train_gan(
        *pair, lambda n: torch.rand(n, 1, 28, 28) * 2 - 1, steps=2, batch_size=4, callbacks=callbacks, progress=False
    )


def put_to_sleep(run):
    run.generator.eval()
    run.discriminator.eval()


def test_a_run_goes_on_in_training_mode_whoever_has_looked_at_it():
    undisturbed, looked_at = trained_and_evaluated(), trained_and_evaluated([training.every(1, put_to_sleep)])
    put_to_sleep(looked_at)
    for run in (undisturbed, looked_at):
        training.go_on(run, steps=2)
        assert run.generator.training and run.discriminator.training
    assert torch.equal(undisturbed.rows, looked_at.rows)


def test_what_is_thawed_between_two_parts_of_a_run_is_trained_and_what_is_frozen_is_not():
    run = trained_and_evaluated()
    first, last = (list(run.generator.parameters())[k] for k in (0, -1))
    first.requires_grad_(False)
    before = first.clone(), last.clone()
    training.go_on(run, steps=1)
    assert torch.equal(first, before[0]) and not torch.equal(last, before[1])
    first.requires_grad_(True)
    training.go_on(run, steps=1)
    assert not torch.equal(first, before[0])


def test_a_frozen_weight_is_not_moved_by_a_gradient_that_was_left_before():
    network = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    network(torch.ones(1, 2)).sum().backward()
    before = network[0].requires_grad_(False).weight.clone()
    training.train_model(
        network, Ring().sample, lambda net, x: net(x).square().mean(), steps=2, batch_size=4, progress=False
    )
    assert torch.equal(network[0].weight, before)


class Scaled(training.Game):
    def __init__(self, weight):
        self.weight = weight

    def discriminator_loss(self, D, real, fake, labels):
        return self.weight * (D(fake).mean() - D(real).mean())

    def generator_loss(self, D, real, fake, labels):
        return -D(fake).mean()


def scaled_loss(weight):
    def loss(model, x):
        return weight * model(x.to(model.weight.dtype)).square().mean()

    return loss


def test_a_checkpoint_tells_functions_and_games_of_one_name_apart(tmp_path):
    def play(weight):
        pair = models.PointGenerator(hidden=(4,)), models.PointDiscriminator(hidden=(4,))
        options = {"objective": Scaled(weight), "steps": 2, "batch_size": 4, "progress": False}
        return training.train_gan(*pair, Ring().sample, checkpoint=tmp_path / "game.pt", **options)

    def fit(weight, network):
        options = {"steps": 2, "batch_size": 4, "progress": False, "checkpoint": tmp_path / "loss.pt"}
        return training.train_model(network, Ring().sample, scaled_loss(weight), **options)

    for train, what in ((play, "game.weight"), (lambda weight: fit(weight, nn.Linear(2, 2)), "loss.weight")):
        for _ in range(2):
            train(1.0)
        with pytest.raises(training.CheckpointError, match=f"{what} was 1.0 and is now 2.0"):
            train(2.0)
    with pytest.raises(training.CheckpointError, match="torch.float64"):
        fit(1.0, nn.Linear(2, 2).double())
    with pytest.raises(training.CheckpointError, match="frozen"):
        frozen = nn.Linear(2, 2)
        frozen.bias.requires_grad_(False)
        fit(1.0, frozen)
