"""The live board: it shows what is there, costs little, and changes nothing."""

import html
import re
import signal
import time

import numpy as np
import pytest
import torch
from torch import nn

from course_utils import data, live, models, objectives, training
from course_utils.live import boards, buttons, pages, readings, watching
from course_utils.live.opinion import opinion_of
from course_utils.live.traces import MARKS, Trace
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
    monkeypatch.setattr(watching, "has_front_end", lambda: True)
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


def flow(callbacks=()):
    torch.manual_seed(0)
    velocity, loss = models.PointVelocity((16,)), objectives.FlowMatching()
    return training.train_model(velocity, data.Ring().sample, loss, steps=6, callbacks=callbacks, progress=False)


def model(callbacks=()):
    torch.manual_seed(0)
    return training.train_model(
        nn.Linear(2, 2), data.Ring().sample, lambda net, x: (net(x) - x).square().mean(), steps=5,
        callbacks=callbacks, progress=False,
    )  # fmt: skip


KINDS = {
    "plane": plane, "images": images, "ensemble": ensemble, "vae": vae, "conditional": conditional, "flow": flow,
    "model": model,
}  # fmt: skip


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


@pytest.mark.parametrize("kind", ["plane", "images", "ensemble", "vae", "conditional", "flow"])
def test_samples_are_seen(kind, watched):
    KINDS[kind](callbacks=[live.board()])
    assert 'alt="Generated images."' in watched[-1][1] or 'alt="Real points are circles' in watched[-1][1]


def test_a_flow_shows_the_ways_of_its_samples(watched):
    board = live.board()
    run = flow([board])
    assert "the ways of 30 samples from noise to where they end" in board.html
    paths = readings.flow_paths(run)
    assert paths.shape == (51, readings.POINTS, 2) and abs(paths[0].mean()) < 0.2
    seen = [board._pictures.of(paths[-1], None, None, ways) for ways in (paths, paths[-1:])]
    with_ways, without = (next(iter(pictures.values())).astype(int) for pictures in seen)
    orange = (np.abs(with_ways - without).sum(-1) > 30).sum()
    assert orange > 100  # thirty ways cover more pixels than their thirty ends


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
    asked = []
    own = objectives.Objective("own", lambda real, fake: asked.append(1) or fake.mean(), lambda fake: -fake.mean())
    assert readings.loss_levels(own) == {} and not asked  # it may keep something from call to call
    smoothed = readings.loss_levels(objectives.NON_SATURATING.label_smoothed(0.1))
    assert smoothed["D at its best"] < 2 * ln2


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
        monkeypatch.setattr(watching, "has_front_end", lambda: False)
        assert train([training.every(1, slow)]) == 0
    finally:
        WATCHERS[:] = kept


def test_a_picture_that_fails_ends_alone(watched, monkeypatch, capsys):
    def fails(run):
        raise RuntimeError("no such thing")

    monkeypatch.setattr(readings, "drawn_samples", fails)
    run = plane(steps=2)
    look = watching._unasked(run)
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
    chart = pages.chart(readings.Panel("loss", {"D": ([1.0, 2.0, 3.0], [nan, 1.0, float("inf")])}))
    assert "nan" not in re.sub(r'aria-label="[^"]*"|<tspan.*', "", chart).lower() and "polyline" in chart
    assert "<svg" in pages.chart(readings.Panel("none yet", {"D": ([], [])}))


def test_a_bar_for_any_loop():
    assert list(progress(range(3), "three")) == [0, 1, 2]
    order = []
    for k in progress(order.append(("made", k)) or k for k in range(2)):
        order.append(("used", k))
    assert order == [("made", 0), ("used", 0), ("made", 1), ("used", 1)]
    with pytest.raises(ValueError, match=r"a for loop can run over, not 5: write range\(5\)"):
        progress(5)


# --- what a breaker found -----------------------------------------------------------------------------------


def of_points(generator, discriminator, sample, board, **options):
    torch.manual_seed(0)
    return training.train_gan(
        generator, discriminator, sample, steps=4, callbacks=[board] if board else [], progress=False, **options
    )


def point_pair(dim=2):
    torch.manual_seed(0)
    return models.PointGenerator(dim=dim), models.PointDiscriminator(dim=dim)


class Even(nn.Module):
    """A generator of even batches only."""

    latent_dim = 2

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(4, 4)

    def forward(self, z):
        return self.layer(z.view(-1, 4)).view(-1, 2)


class Logarithmic(nn.Module):
    """A discriminator that is undefined where there are no data."""

    def __init__(self):
        super().__init__()
        self.net = nn.Linear(2, 1)

    def forward(self, x):
        return self.net(x.log()).squeeze(-1)


def positive():
    return nn.Sequential(models.PointGenerator(), nn.Softplus())


ODD = {
    "one number": (lambda: point_pair(1), lambda n: torch.randn(n, 1), {}),
    "three numbers": (lambda: point_pair(3), lambda n: torch.randn(n, 3), {}),
    "packs": (lambda: (point_pair()[0], models.Packed(models.PointDiscriminator(dim=4), 2)), data.Ring().sample, {}),
    "even batches": (lambda: (Even(), point_pair()[1]), data.Ring().sample, {}),
    "a clamp": (
        lambda: (point_pair()[0], nn.Sequential(nn.Linear(2, 1), nn.Flatten(0), nn.Hardtanh(0, 1))),
        data.Ring().sample,
        {"objective": objectives.LEAST_SQUARES},
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_trains_without_a_board_trains_with_one(kind, watched):
    make, sample, options = ODD[kind]
    seen, unseen = (of_points(*make(), sample, board, **options) for board in (live.board(fps=30, share=1), None))
    assert torch.equal(seen.rows, unseen.rows) and watched and "<svg" in watched[-1][1]


def test_a_d_that_is_not_finite_everywhere_gets_no_colours(watched):
    torch.manual_seed(0)
    generator, discriminator = positive(), Logarithmic()
    generator.latent_dim = 2
    of_points(generator, discriminator, lambda n: torch.rand(n, 2) + 0.1, live.board(torch.randn(50, 2)))
    assert "generated ones triangles." in watched[-1][1] and "blue where" not in watched[-1][1]


def test_an_ensemble_s_statistics_stay(watched):
    def pair():
        return models.PointGenerator(), nn.Sequential(nn.Linear(2, 8), nn.BatchNorm1d(8), nn.Linear(8, 1))

    runs = [
        training.train_ensemble(
            pair, data.Ring().sample, seeds=(0, 1), steps=5, callbacks=callbacks, progress=False, batch_size=16
        )
        for callbacks in ([live.board(fps=30, share=1)], [])
    ]
    seen, unseen = (run.discriminator.state_dict() for run in runs)
    assert all(torch.equal(seen[name], unseen[name]) for name in seen) and "blue where D" in watched[-1][1]


def test_sources_with_a_memory_are_left_alone(watched):
    class Jittered(data.Ring):
        def __init__(self):
            super().__init__()
            self.rng = np.random.default_rng(0)

        def sample(self, n):
            return super().sample(n) + torch.as_tensor(self.rng.normal(size=(n, 2)), dtype=torch.float32) * 0.1

    def with_numpy(n):
        return torch.as_tensor(np.random.normal(size=(n, 2)), dtype=torch.float32)

    for source in (lambda: Jittered().sample, lambda: with_numpy):
        rows = []
        for board in (live.board(measures={"m": lambda run: np.random.rand()}, fps=30, share=1), None):
            np.random.seed(0)
            rows.append(of_points(*point_pair(), source(), board).rows)
        assert torch.equal(*rows)


def test_one_board_for_two_runs_begins_anew(watched):
    board = live.board(fps=30, share=1)
    plane([board], steps=30)
    images([board])
    assert "Generated images." in board.html and len(board.film) <= 8
    far = data.Grid(spacing=200.0)
    of_points(*point_pair(), far.sample, board, objective=objectives.LEAST_SQUARES)
    assert "2 ln 2" not in board.html and "probability" not in board.summary
    assert board._pictures._extent[1] > 300


def test_measures_may_be_anything_that_is_one_number(watched):
    values = iter([float("nan"), torch.tensor([float("inf")]), 1e17, 1e17, 1e17, 1e17, 1e17])
    board = live.board(measures={"m": lambda run: next(values)}, floors={"m": 1e17}, fps=30, share=1)
    plane([board], steps=3)
    assert "<svg" in board.html
    for wrong in (None, torch.ones(2), "x", 1j):
        with pytest.raises(ValueError, match="the measure 'm' must be one number, not"):
            plane([live.board(measures={"m": lambda run, wrong=wrong: wrong})], steps=2)


def test_the_latest_value_is_said_however_many_there_are(watched):
    board = live.board(measures={"done": lambda run: run.steps_done}, fps=30, share=1)
    run = plane(steps=1)
    for done in range(1, 600):
        run.steps_done = 1
        board._note("done", "done", done, done)
    xs, ys = board._traces["done"]["done"].points()
    assert (xs[-1], ys[-1]) == (599, 599) and len(xs) <= 2 * MARKS + 1
    assert xs == pytest.approx(ys) and xs == sorted(xs)


@pytest.mark.parametrize(
    ("real", "said"),
    [
        (torch.randn(50), "real must be points"),
        (torch.randn(50, 3), "real must be points"),
        (torch.zeros(5, 2, 8, 8), "real must have shape"),
        (torch.rand(5, 1, 8, 8), "looks like"),
        (torch.zeros(3, 28, 28), "real must be points"),
        ("x", "real"),
    ],
)
def test_real_samples_that_cannot_be_shown(real, said):
    with pytest.raises(ValueError, match=said):
        live.board(real)


def test_real_samples_of_another_kind(watched):
    with pytest.raises(ValueError, match=r"real holds images, and the generator draws points \[300, 2\]"):
        plane([live.board(torch.rand(3, 1, 8, 8) * 2 - 1)])
    bytes_of = (torch.rand(30, 1, 28, 28) * 255).to(torch.uint8)
    images([live.board(bytes_of)])
    assert "Real images." in watched[-1][1]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"measures": {1: len}}, "a measure's name"),
        ({"measures": {"m": 3}}, "the measure 'm' must be"),
        ({"floors": {"m": 1.0}}, "there is no such measure"),
        ({"fps": 0}, "fps"),
        ({"fps": 60}, "fps"),
        ({"share": 0}, "share"),
        ({"slow": 1}, "slow"),
        ({"title": ""}, "title"),
    ],
)
def test_boards_that_cannot_be(wrong, said):
    with pytest.raises(ValueError, match=said):
        live.board(**wrong)


def curve(board, name):
    return board._traces["losses"][name].points()


def test_a_loop_of_your_own_keeps_its_curves_apart(watched):
    board, average = live.board(), torch.zeros(())
    for step in range(1, 11):
        average.mul_(0).add_(step)
        board.update(step, 10, {"D": average, "G": -step} if step % 2 else {"G": -step, "D": average})
    assert curve(board, "D") == (list(range(1, 11)), list(range(1, 11)))
    assert curve(board, "G")[1] == [-step for step in range(1, 11)]
    for step in range(5, 101, 10):  # a second time, every ten steps, one player at a time
        board.update(step, 100, {"D": 1.0})
        board.update(step, 100, {"G": 2.0})
    assert curve(board, "D")[0] == curve(board, "G")[0] == list(range(5, 101, 10))


def test_a_loop_of_your_own_may_have_a_sigmoid_at_the_end(watched):
    torch.manual_seed(0)
    discriminator = nn.Sequential(nn.Linear(2, 1), nn.Sigmoid())
    board = live.board(torch.randn(20, 2))
    board.update(1, 1, {"D": 1.0}, models.PointGenerator(), discriminator)
    assert "blue where D believes real" in board.html
    points = np.array([[0.0, 0.0], [2.0, 1.0]])
    said = discriminator(torch.tensor(points, dtype=torch.float32)).squeeze(-1).detach().numpy()
    assert opinion_of(discriminator, None, points).of(points) == pytest.approx(said, abs=1e-6)


def test_of_a_critic_only_differences_count():
    """A constant added to what D says changes no game of a critic, nor of pairs; nor may it change the colours."""
    points = np.random.default_rng(0).normal(size=(50, 2))
    critic = nn.Linear(2, 1)
    for game in (objectives.WASSERSTEIN, objectives.RELATIVISTIC, objectives.NON_SATURATING):
        before = opinion_of(critic, game, points).of(points)
        with torch.no_grad():
            critic.bias.add_(5.0)
        after = opinion_of(critic, game, points)
        same = game is not objectives.NON_SATURATING
        assert ("more real than" in after.words) is same
        assert np.allclose(before, after.of(points), atol=1e-5) is same


def test_a_diverged_d_has_no_opinion():
    critic = nn.Linear(2, 1)
    points = np.array([[0.0, 0.0], [np.nan, 1.0]])
    assert opinion_of(critic, objectives.HINGE, points).of(points[:1]).shape == (1,)
    with torch.no_grad():
        critic.bias.fill_(np.nan)
    assert opinion_of(critic, objectives.HINGE, points) is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda b: b.update(0, 5, {"D": 1.0}), "step"),
        (lambda b: b.update(6, 5, {"D": 1.0}), "step"),
        (lambda b: b.update(1, 5, 3.0), "losses"),
        (lambda b: b.update(1, 5, {"D": torch.ones(4)}), "the loss 'D' must be one number"),
        (lambda b: b.update(1, 5, {"D": None}), "the loss 'D' must be one number"),
        (lambda b: b.update(1, 5, {"D": "x"}), "the loss 'D' must be one number"),
        (lambda b: b.update(1, 5, {0: 1.0}), "a loss's name"),
        (lambda b: b.update(1, 5, {"D": 1.0}, nn.Sequential(nn.Linear(2, 2))), "latent_dim"),
        (lambda b: b.update(1, 5, {"D": 1.0}, lambda z: z), "latent_dim"),
        (lambda b: b.update(1, 5, {"D": 1.0}, models.ConditionalGenerator(4, 4)), "draws nothing from z"),
    ],
)
def test_updates_that_cannot_be_drawn(call, said, watched):
    with pytest.raises(ValueError, match=said):
        call(live.board())


def test_a_long_loop_stays_small(watched):
    """Ten thousand steps, and the curve holds what it held after a thousand."""
    trace = Trace()
    for step in range(1, 10_001):
        trace.note(step, torch.tensor(float(step)))
    assert len(trace._means) < 2 * MARKS and len(trace._waiting) < 64 and len(trace._open) <= trace._each <= 128
    xs, ys = trace.points()
    assert xs == pytest.approx(ys) and ys[-1] == 10_000


def test_a_film_is_shown_once_however_often_one_pauses(monkeypatch):
    shown = []
    monkeypatch.setattr(boards.Film, "show", lambda film: shown.append(len(film)))
    run = plane([stop_button(3), live.board()], steps=6)
    assert run.interrupted and not shown
    training.go_on(run, pause_after=1)
    training.go_on(run)
    assert len(shown) == 1
