"""The live board: it shows what is there, costs little, and changes nothing."""

import html
import re
import signal
import time

import pytest
import torch
from torch import nn

from course_utils import data, live, models, objectives, training
from course_utils.live import boards, buttons, pages, readings
from course_utils.plots import caption
from course_utils.progress import WATCHERS, progress
from course_utils.training.interrupt import STOPPED


@pytest.fixture
def watched(monkeypatch):
    """Somebody watches: what is displayed, as (bundle, whether it replaces the one before)."""
    shown = []

    def show(self, page):
        self.html = page
        shown.append((self, page))
        self._shown = True

    monkeypatch.setattr(boards, "has_front_end", lambda: True)
    monkeypatch.setattr(boards.Board, "_show", show)
    return shown


def plane(callbacks=(), steps=40, **options):
    torch.manual_seed(0)
    pair = models.PointGenerator(latent_dim=2), models.PointDiscriminator()
    ring = data.Ring()
    return training.train_gan(*pair, ring.sample, steps=steps, callbacks=callbacks, progress=False, **options)


class Dropping(nn.Module):
    """A discriminator of images with all that a look could disturb: BatchNorm, dropout, spectral norm."""

    def __init__(self):
        super().__init__()
        self.net = nn.Sequential(
            nn.Flatten(), nn.utils.parametrizations.spectral_norm(nn.Linear(784, 32)), nn.BatchNorm1d(32),
            nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(32, 1),
        )  # fmt: skip

    def forward(self, x):
        return self.net(x).squeeze(-1)


def images(callbacks=(), **options):
    torch.manual_seed(0)
    pair = models.DCGANGenerator(latent_dim=8, width=4), Dropping()
    digits = data.load_images("digits")
    return training.train_gan(
        *pair, digits.batch, steps=6, batch_size=16, callbacks=callbacks, progress=False, **options
    )


def ensemble(callbacks=()):
    def pair():
        return models.PointGenerator(latent_dim=2), models.PointDiscriminator()

    return training.train_ensemble(
        pair, data.Ring().sample, seeds=(0, 1), steps=20, callbacks=callbacks, progress=False
    )


def vae(callbacks=()):
    torch.manual_seed(0)
    binary = data.BinarisedImages(data.load_images("digits"))
    return training.train_vae(
        models.FullyConnectedVAE(4, hidden=(16,)), binary.batch, steps=6, callbacks=callbacks, progress=False
    )


def conditional(callbacks=()):
    torch.manual_seed(0)
    digits = data.load_images("digits")
    pair = models.ConditionalGenerator(latent_dim=4, width=4), models.ConditionalDiscriminator(width=4)
    return training.train_gan(
        *pair, digits.batch_with_labels, steps=4, batch_size=16, callbacks=callbacks, progress=False
    )


def model(callbacks=()):
    torch.manual_seed(0)
    return training.train_model(
        nn.Linear(2, 2), data.Ring().sample, lambda net, x: (net(x) - x).square().mean(), steps=5,
        callbacks=callbacks, progress=False,
    )  # fmt: skip


KINDS = {"plane": plane, "images": images, "ensemble": ensemble, "vae": vae, "conditional": conditional, "model": model}


@pytest.mark.parametrize("kind", KINDS)
def test_a_board_changes_nothing(kind, watched):
    torch.manual_seed(3)
    seen = KINDS[kind](callbacks=[live.board(fps=30, share=1)])
    after_seen = torch.rand(1)
    torch.manual_seed(3)
    unseen = KINDS[kind]()
    assert len(watched) >= 2  # it did look
    assert torch.equal(seen.rows, unseen.rows) and torch.equal(after_seen, torch.rand(1))
    for ours, theirs in zip(*(run.loop.step.networks.values() for run in (seen, unseen)), strict=True):
        both = ours.state_dict(), theirs.state_dict()
        assert all(torch.equal(both[0][name], both[1][name]) for name in both[0])
        assert [part.training for part in ours.modules()] == [part.training for part in theirs.modules()]


@pytest.mark.parametrize("kind", ["plane", "images", "ensemble", "vae", "conditional"])
def test_samples_are_seen(kind, watched):
    KINDS[kind](callbacks=[live.board()])
    assert 'alt="Generated images."' in watched[-1][1] or 'alt="Real points are circles' in watched[-1][1]


def test_a_frame_says_what_it_shows(watched):
    board = live.board(measures={"spread": lambda run: run.sample(100, seed=1).std()}, floors={"spread": 1.4})
    run = plane([board])
    said = html.unescape(board.html)
    for words in ("losses (nats)", "2 ln 2", "ln 2", "D's probability of “real”", "gradient norm", "spread", "floor"):
        assert words in said
    assert re.search(r'aria-live="polite"[^>]*>Step 40 of 40\. losses \(nats\): D [\d.]+, G [\d.]+\.', said)
    assert said.count("<svg") == 4 and all(label for label in re.findall(r'aria-label="([^"]*)"', said))
    assert "<script" not in said and "http" not in said
    last = run.history["d_loss"][-1].item()
    assert f"D {last:.2f}" in board.summary or f"D {last:.3f}" in board.summary


def test_the_levels_are_those_of_a_game_that_nobody_wins():
    ln2 = torch.tensor(2.0).log().item()
    expected = {
        objectives.MINIMAX: {"2 ln 2": 2 * ln2, "−ln 2": -ln2},
        objectives.NON_SATURATING: {"2 ln 2": 2 * ln2, "ln 2": ln2},
        objectives.LEAST_SQUARES: {"D at its best": 0.25, "G at its best": 0.125},
        objectives.HINGE: {"D at its best": 2.0},
        objectives.WASSERSTEIN: {"D at its best": 0.0},
        objectives.RELATIVISTIC: {"ln 2": ln2},
        objectives.FEATURE_MATCHING: {},
    }
    for objective, levels in expected.items():
        assert readings.loss_levels(objective) == pytest.approx(levels, abs=1e-5), objective.name
    assert readings.loss_levels(training.Plain(objectives.HINGE)) == {"D at its best": 2.0}
    odd = objectives.Objective("odd", lambda real, fake: real @ fake[:0], lambda fake: fake.mean())
    assert readings.loss_levels(odd) == {}


def test_gradient_norms_are_those_of_the_last_step():
    run = plane(steps=3)
    norms = readings.gradient_norms(run)
    for name, network in (("G", run.generator), ("D", run.discriminator)):
        flat = torch.cat([weight.grad.flatten() for weight in network.parameters()])
        assert norms[name] == pytest.approx(flat.norm().item(), rel=1e-5)


def test_curves_are_means_over_stretches():
    rows = torch.arange(1000.0)[:, None].expand(-1, 2)
    xs, (first, second) = readings.means_over_stretches(rows)
    assert len(xs) == readings.MARKS and first == second
    assert [x - 1 for x in xs] == pytest.approx(first)
    assert readings.means_over_stretches(rows[:0]) == ([], [[], []])


def test_drawing_keeps_to_its_share(watched, monkeypatch):
    """A frame that took .2 s is followed by 3.8 s of training, at a share of 5 %."""
    clock = [100.0]
    monkeypatch.setattr(boards.time, "perf_counter", lambda: clock[0])
    board = live.board(fps=30)
    monkeypatch.setattr(board, "_look", lambda run: clock.__setitem__(0, clock[0] + 0.2))
    times = []

    def look(run):
        clock[0] += 0.01
        before = board.seconds
        board(run, False)
        times.append((clock[0], board.seconds > before))

    plane([training.every(1, look)], steps=900)
    drawn = [at for at, due in times if due]
    gaps = [later - earlier for earlier, later in zip(drawn, drawn[1:], strict=False)]
    assert len(drawn) >= 3 and min(gaps) >= 0.2 / 0.05 - 0.02 and max(gaps) < 4.3


def test_at_most_so_many_frames_a_second(watched):
    board = live.board(fps=5, share=1)
    began = time.perf_counter()
    plane([board], steps=200)
    assert len(watched) <= 5 * (time.perf_counter() - began) + 2


def test_where_nobody_watches_it_is_a_film(capsys):
    board = live.board()
    plane([board], steps=40)
    assert board.html == "" and 15 <= len(board.film) <= 24
    assert board.film.labels[0] == "step 0" and board.film.labels[-1] == "step 40"


def test_a_loop_of_your_own(watched):
    generator, discriminator = models.PointGenerator(latent_dim=2), models.PointDiscriminator()
    board = live.board(data.Ring().sample(50), fps=30, share=1)
    torch.manual_seed(1)
    for step in range(1, 4):
        drawn = board.update(step, 3, {"D": torch.tensor(1.3) / step, "G": 0.7}, generator, discriminator)
    assert drawn and torch.equal(torch.rand(2), torch.rand(2, generator=torch.Generator().manual_seed(1)))
    assert "Step 3 of 3. losses: D 0.433, G 0.700." in board.summary
    assert "blue where D believes real" in board.html
    only = live.board()
    only.update(1, 2, {"loss": 3.0})
    assert "<img" not in only.html and "loss 3.00" in only.summary


def test_every_training_of_a_lesson_is_watched(watched, monkeypatch):
    monkeypatch.setattr("course_utils.progress.WATCHERS", WATCHERS)
    kept = list(WATCHERS)
    try:
        WATCHERS.clear()
        live.watch(), live.watch()
        assert len(WATCHERS) == 1
        monkeypatch.setattr(boards, "has_front_end", lambda: True)

        def slow(run):
            time.sleep(0.4)

        def train(callbacks, progress=True):
            watched.clear()
            torch.manual_seed(0)
            pair = models.PointGenerator(latent_dim=2), models.PointDiscriminator()
            training.train_gan(*pair, data.Ring().sample, steps=4, callbacks=callbacks, progress=progress)
            return len({id(board) for board, _ in watched})

        assert train([]) == 0  # it was over at once
        assert train([training.every(1, slow)]) == 1
        assert train([training.every(1, slow)], progress=False) == 0
        assert train([training.every(1, slow), live.board()]) == 1  # its own
        monkeypatch.setattr(boards, "has_front_end", lambda: False)
        assert train([training.every(1, slow)]) == 0
    finally:
        WATCHERS[:] = kept


def test_a_picture_that_fails_ends_alone(watched, monkeypatch, capsys):
    def fails(run):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(readings, "drawn_samples", fails)
    run = plane(steps=2)
    look = boards._unasked(run)
    for _ in range(3):
        look(run, False)
        time.sleep(0.6)
    assert capsys.readouterr().out.count("ends here (RuntimeError: no such thing); the training goes on.") == 1


# --- stopped: on, or step by step ---------------------------------------------------------------------------


def stop_button(at):
    """A click during step `at`, whose end the run waits for; callbacks are called after it is looked for."""

    def press(run):
        if run.steps_done == at - 1:
            signal.raise_signal(signal.SIGINT)

    return training.every(1, press)


def stopped(at=3, steps=9):
    run = plane([stop_button(at)], steps=steps)
    assert run.interrupted and run.steps_done == at
    return run


def test_one_step_and_then_on_is_the_run_that_was_never_stopped(watched):
    run = stopped()
    for done in (4, 5):
        assert training.go_on(run, pause_after=1) is run and run.interrupted
        assert run.steps_done == done and len(run.rows) == 9
    training.go_on(run)
    assert run.steps_done == 9 and torch.equal(run.rows, plane(steps=9).rows)
    assert not training.go_on(stopped(at=8), pause_after=1).interrupted


@pytest.mark.parametrize("player", ["discriminator", "generator"])
@pytest.mark.parametrize("make", [plane, images, ensemble, conditional])
def test_a_move_moves_one_player_alone(player, make):
    run = make()
    networks = {"generator": run.generator, "discriminator": run.discriminator}
    before = {name: [weight.clone() for weight in network.parameters()] for name, network in networks.items()}
    rows, stream = run.rows.clone(), torch.get_rng_state()
    assert training.move(run, player) is run
    assert torch.equal(run.rows, rows) and torch.equal(torch.get_rng_state(), stream)
    for name, network in networks.items():
        same = all(torch.equal(old, new) for old, new in zip(before[name], network.parameters(), strict=True))
        assert same == (name != player)


def test_two_moves_are_not_the_same_batch_and_the_run_goes_on():
    run = plane(steps=4)
    first = run.loop.random["cpu"]
    training.move(run, "discriminator")
    assert not torch.equal(run.loop.random["cpu"], first)
    assert training.go_on(run, 2).steps_done == 6


def test_a_move_is_made_as_the_next_step_would_be():
    """With the rate of that moment: here a schedule has taken it to nothing."""
    run = plane(steps=4, schedule=lambda progress: float(progress < 1))
    weights = [weight.clone() for weight in run.discriminator.parameters()]
    rate = run.loop.step.d_optimizer.param_groups[0]["lr"]
    training.move(run, "discriminator")
    assert all(torch.equal(old, new) for old, new in zip(weights, run.discriminator.parameters(), strict=True))
    assert run.loop.step.d_optimizer.param_groups[0]["lr"] == rate > 0


def test_a_run_that_was_moved_is_no_evidence(tmp_path):
    run = plane(steps=4, checkpoint=tmp_path / "run.pt")
    kept = (tmp_path / "run.pt").read_bytes()
    with pytest.warns(UserWarning, match="no longer the one of its call"):
        training.move(run, "generator")
    assert run.loop in STOPPED
    training.go_on(run, 2)
    assert run.loop in STOPPED and (tmp_path / "run.pt").read_bytes() == kept


def test_who_is_frozen_does_not_move():
    run = plane(steps=2)
    next(run.generator.parameters()).requires_grad_(False)
    first = next(run.generator.parameters()).clone()
    training.move(run, "generator")
    assert torch.equal(first, next(run.generator.parameters()))
    run.generator.requires_grad_(False)
    with pytest.raises(ValueError, match="generator has no weight that may move|all .*frozen|nothing .* train"):
        training.move(run, "generator")
    run = plane(steps=2)
    with torch.no_grad():
        next(run.discriminator.parameters()).fill_(float("nan"))
    with pytest.raises(ValueError, match="discriminator"):
        training.move(run, "discriminator")


@pytest.mark.parametrize(
    ("run", "player", "said"),
    [
        (model, "generator", "run must be"),
        (plane, "critic", "player must be"),
    ],
)
def test_a_move_needs_a_game_and_a_player(run, player, said):
    with pytest.raises(ValueError, match=said):
        training.move(run(), player)


def test_a_stopped_run_gets_buttons(watched, monkeypatch):
    """They are clicked here as the front end does it; `tests/browser` clicks them in one."""
    shown = []
    monkeypatch.setattr(buttons, "is_live", lambda: True)
    monkeypatch.setattr("IPython.display.display", shown.append)

    board = live.board()
    run = plane([stop_button(3), board], steps=9)
    assert run.interrupted and len(shown) == 1
    *clicked, slow = shown[0].children[0].children
    assert [each.description for each in clicked] == ["▶ Go on", "One step", "D alone", "G alone"]
    frames = len(watched)
    clicked[1].click()
    assert run.steps_done == 4 and len(watched) > frames and not any(each.disabled for each in clicked)
    clicked[2].click(), clicked[3].click()
    assert run.steps_done == 4
    slow.value = True
    assert board.slow
    slow.value = False
    clicked[0].click()
    assert run.steps_done == 9 and [each.disabled for each in clicked] == [True, True, False, False]
    assert len(shown) == 1  # not a second row of them


def test_slow_motion_takes_its_time(watched):
    began = time.perf_counter()
    plane([live.board(slow=True)], steps=4)
    assert len(watched) == 5 and time.perf_counter() - began >= 0.9


def test_the_front_end(monkeypatch):
    assert not caption.has_front_end()  # pytest is none
    monkeypatch.setenv("COURSE_STATIC", "1")
    assert not caption.has_front_end()


def test_a_chart_of_what_is_not_finite():
    nan = float("nan")
    chart = pages._chart(readings.Panel("loss", {"D": ([1.0, 2.0, 3.0], [nan, 1.0, float("inf")])}))
    assert "nan" not in re.sub(r'aria-label="[^"]*"|<tspan.*', "", chart).lower() and "polyline" in chart
    assert "<svg" in pages._chart(readings.Panel("none yet", {"D": ([], [])}))


def test_a_bar_for_any_loop():
    assert list(progress(range(3), "three")) == [0, 1, 2]
