"""The playground without a screen: plays, what a front end may ask, and that its code and its presets say the truth."""

import json
import math
import signal
import threading
from pathlib import Path

import numpy as np
import pytest
import torch

from course_utils import data, models, objectives, playground, training
from course_utils.playground import measures, views
from course_utils.playground.report import Seat, form
from course_utils.playground.session import Session
from course_utils.playground.settings import LOSSES, PENALTIES, TOYS, Settings
from course_utils.playground.views import Look
from course_utils.plots import style

POINTS = [[k / 10, (k % 3) / 5] for k in range(12)]
VARIED = [
    {},
    {"model": "VAE", "g_lr": 2e-3},
    {"model": "flow", "data": "spiral"},
    {"penalty": "R1", "penalty_weight": 0.5, "noise": 0.2, "d_steps": 2},
    {"loss": "relativistic pairing", "penalty": "R1 + R2", "data": "grid", "width": 16},
    {"loss": "Wasserstein", "penalty": "gradient penalty", "penalty_weight": 0.1, "d_lr": 4e-3},
    {"loss": "hinge", "data": "drawn", "points": POINTS, "seed": 7, "batch_size": 32},
    {"data": "far Gaussian", "penalty": "DRAGAN", "loss": "least squares"},
    {"data": "two Gaussians", "loss": "minimax"},
]


def weights(play):
    return [value.clone() for network in play.networks() for value in network.state_dict().values()]


def equal(ours, theirs):
    return len(ours) == len(theirs) and all(torch.equal(a, b) for a, b in zip(ours, theirs, strict=True))


# --- plays -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", VARIED, ids=str)
def test_the_code_that_is_shown_makes_the_same_weights(settings, capsys):
    play = playground.Play(settings).advance(3).advance(4)
    names = {}
    exec(play.code(), names)
    trained = [names["run"].generator, names["run"].discriminator] if "G" in names else [names["run"].model]
    assert equal(weights(play), [value for network in trained for value in network.state_dict().values()])


def test_the_code_of_a_game_with_changes_plays_them_again():
    play = playground.Play({"penalty": "R1"})
    play.change(loss="hinge")  # before the first move: it begins so
    play.advance(3)
    play.move("discriminator", 2)
    play.change(d_lr=0.0)
    play.change(noise=0.3)
    play.advance(2).advance(2)
    play.change(data="drawn", points=POINTS)
    play.move("generator")
    names = {}
    exec(play.code(), names)
    assert names["play"].log == play.log and play.code().count("advance") == 2
    assert equal(weights(play), weights(names["play"]))


def test_what_is_changed_changes_the_game_and_what_is_not_does_not():
    still = playground.run({}, 6)
    for change in (
        {"loss": "minimax"}, {"penalty": "R1"}, {"d_lr": 5e-3}, {"g_lr": 5e-3}, {"d_steps": 3}, {"noise": 0.5},
        {"batch_size": 32}, {"data": "grid"}, {"data": "drawn", "points": POINTS},
    ):  # fmt: skip
        play = playground.run({}, 3)
        assert play.change(**change) == [] and play.step == 3
        assert not equal(weights(play.advance(3)), weights(still)), change
    play = playground.run({}, 3)
    play.change(loss="non-saturating")
    play.change(penalty="R1"), play.change(penalty="none")
    assert equal(weights(play.advance(3)), weights(still))


@pytest.mark.parametrize("change", [{"width": 32}, {"seed": 3}, {"model": "VAE"}])
def test_what_networks_are_made_of_begins_a_new_game(change):
    play = playground.run({}, 3)
    assert play.change(**change) == list(change)
    assert play.step == 0 and play.log == [] and len(play.moments) == 1
    assert equal(weights(play), weights(playground.Play(change)))


def test_a_play_leaves_random_numbers_alone_and_is_left_alone_by_them():
    torch.manual_seed(5)
    first = torch.rand(3)
    torch.manual_seed(5)
    play = playground.Play()
    play.advance(2).move("generator")
    play.samples(10), play.measured(), views.view(play, Look(arrows="hinge", lines=True, optimal=True))
    assert torch.equal(torch.rand(3), first)
    torch.manual_seed(99)
    again = playground.Play()
    again.advance(2).move("generator")
    assert equal(weights(play), weights(again))


def test_one_player_moves_alone():
    for player, moved in (("discriminator", 1), ("generator", 0)):
        play = playground.run({}, 2)
        before = [[value.clone() for value in network.state_dict().values()] for network in play.networks()]
        play.move(player)
        after = [list(network.state_dict().values()) for network in play.networks()]
        assert [equal(b, a) for b, a in zip(before, after, strict=True)] == [moved == 1, moved == 0]
        assert play.step == 2


def test_earlier_moments_are_what_they_were_and_the_game_goes_on_as_if_nobody_had_looked():
    play, seen = playground.Play({"width": 8}), {}
    for _ in range(250):
        seen[play.step] = play.samples(20)
        play.advance(1)
    assert 50 <= len(play.moments) <= 102 and play.moments[0].step == 0 and play.moments[-1].step == 250
    steps = [moment.step for moment in play.moments]
    assert steps == sorted(set(steps)) and max(b - a for a, b in zip(steps, steps[1:], strict=False)) <= 6
    for moment in play.moments[:-1:7]:
        assert torch.equal(play.samples(20, moment), seen[moment.step])
    straight = playground.run({"width": 8}, 250)
    assert equal(weights(play), weights(straight))
    assert equal(weights(play.advance(5)), weights(straight.advance(5)))


def test_a_game_that_blows_up_says_so_and_can_be_looked_back_on():
    play = playground.Play({"loss": "Wasserstein", "g_lr": 0.1, "d_lr": 0.1, "d_steps": 20, "seed": 1}).advance(2)
    with torch.no_grad():
        play.networks()[1].discriminator.net[-1].bias.fill_(math.nan)
    with pytest.raises((ValueError, training.TrainingDiverged), match=r"NaN|finite"):
        play.advance(1)
    assert play.samples(10, play.moments[0]).isfinite().all()


def test_a_game_that_is_stopped_or_blows_up_knows_how_far_it_came():
    play = playground.Play({"width": 8})
    threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
    play.advance(50_000)
    assert 0 < play.step < 50_000 and play.log == [("advance", play.step)] and play.moments[-1].step == play.step
    play = playground.Play({"model": "VAE", "width": 8}).advance(3)
    with torch.no_grad():
        for weights in play.networks()[0].parameters():
            weights.fill_(1e30)  # finite, and what the network computes from it is not
    with pytest.raises(training.TrainingDiverged):
        play.advance(2000)
    assert play.log == [("advance", play.step)] and 3 < play.step < 2003


def test_an_earlier_moment_is_shown_with_its_own_data():
    session = Session({"data": "grid", "width": 8})
    ask(session, do="advance", steps=3)
    then = views.view(session.seats[0].play, Look())
    ask(session, do="change", game=0, settings={"data": "spiral"})
    ask(session, do="advance", steps=3)
    frame = ask(session, do="scrub", to=1)
    (game,), seat = frame["games"], session.seats[0]
    assert game["step"] == 3 and game["title"].endswith("on grid") and "step 3 of 6, looking back" in frame["words"]
    assert game["extent"] == list(then.extent) and seat.floors == measures.floors(Settings(data="grid"))
    back = views.view(seat.play, Look(), seat.play.moments[1])
    assert all((back.arrays[name] == then.arrays[name]).all() for name in ("real", "generated", "heat"))


def test_what_is_said_belongs_to_the_step_that_is_named():
    session = Session({"width": 8})
    for _ in range(5):
        frame = ask(session, do="advance", steps=40, playing=True)
    seat = session.seats[0]
    assert f"step {seat.measured_step}:" in frame["words"]
    frame = ask(session, do="look")
    assert "step 200:" in frame["words"] and seat.measured == seat.play.measured()


@pytest.mark.parametrize("loss", ["Wasserstein", "relativistic pairing", "least squares"])
def test_the_colours_are_white_where_d_cannot_tell(loss):
    play = playground.Play({"loss": loss, "width": 8})
    D, middle = play.networks()[1].discriminator, 0.5 if loss == "least squares" else 7.0
    with torch.no_grad():
        for weight in D.parameters():
            weight.zero_()
        D.net[-1].bias.fill_(middle)
    heat = views.view(play, Look()).arrays["heat"]
    assert (np.abs(heat.astype(int) - 128) <= 1).all()


# --- measures --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TOYS)
def test_the_floor_is_what_the_toy_itself_scores(name):
    settings = Settings(data=name)
    torch.manual_seed(4)
    found, floors = measures.measured(settings.toy.sample(2000), settings), measures.floors(settings)
    assert set(found) == set(floors) and 0 < floors["JSD"] < 0.01
    assert floors["JSD"] / 3 < found["JSD"] < 3 * floors["JSD"]  # a few samples more or less in each mode
    assert measures.measured(torch.zeros(2000, 2) + 50, settings)["JSD"] == pytest.approx(math.log(2), abs=1e-5)


@pytest.mark.parametrize("loss", LOSSES)
def test_the_pull_is_the_samples_own_gradient_of_the_loss(loss):
    torch.manual_seed(0)
    D, x, real = models.PointDiscriminator((16,)), torch.randn(6, 2), torch.randn(6, 2)
    found, objective, step = measures.pull(D.double(), x.double(), real.double(), LOSSES[loss]), LOSSES[loss], 1e-6
    for k, axis in ((0, 0), (3, 1)):
        moved = [x.double().clone() for _ in range(2)]
        moved[0][k, axis] -= step
        moved[1][k, axis] += step
        args = [D(real.double())] if objective.relativistic else []
        low, high = (objective.generator_loss(*args, D(one)).item() for one in moved)
        assert found[k, axis].item() == pytest.approx(-6 * (high - low) / (2 * step), rel=1e-4, abs=1e-7)


def test_saturation_is_seen_in_the_pulls():
    """Where D is sure, minimax pulls σ(f)/(1 − σ(f)) times as strongly as the non-saturating loss."""
    D = torch.nn.Linear(2, 1)
    with torch.no_grad():
        D.weight.fill_(1.0), D.bias.fill_(0.0)
    critic = torch.nn.Sequential(D, torch.nn.Flatten(0))
    x = torch.full((5, 2), -2.0)  # the logit is −4
    lengths = measures.pulls(critic, x, -x)
    assert lengths["minimax"] / lengths["non-saturating"] == pytest.approx(math.exp(-4), rel=1e-3)
    assert lengths["Wasserstein"] == pytest.approx(math.sqrt(2), rel=1e-5)


def test_the_best_discriminator_is_a_half_where_the_densities_agree():
    ring = data.Ring()
    torch.manual_seed(0)
    xs = ys = torch.linspace(-3, 3, 40)
    even = measures.optimal_discriminator(ring, ring.sample(20_000), xs, ys, 0.3)
    seen = ring.blurred(0.3).density_on(xs, ys) > 0.02
    assert (even[seen] - 0.5).abs().max() < 0.1
    apart = measures.optimal_discriminator(ring, torch.zeros(100, 2), xs, ys, 0.3)
    assert apart[20, 20] < 0.01 and apart[20, 33] > 0.99


# --- views and sessions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", VARIED, ids=str)
def test_a_view_shows_what_was_asked_for(settings):
    play, kinds = playground.run(settings, 2), ("generated", "heat", "arrows", "lines", "optimal")
    bare = views.view(play, Look())
    full = views.view(play, Look(arrows="minimax", lines=True, optimal=True, time=0.5))
    for seen in (bare, full):
        assert set(seen.legend) == set(seen.arrays) & set(kinds)
        for name, array in seen.arrays.items():
            assert array.dtype == ("uint8" if name in ("heat", "optimal") else "float32"), name
    assert {"real", "generated"} <= set(bare.arrays) and "optimal" in full.arrays and "lines" in full.arrays
    assert ("heat" in full.arrays) == (play.settings.model == "GAN")
    assert ("arrows" in full.arrays) == (play.settings.model != "VAE")
    width = full.extent[1] - full.extent[0]
    if "arrows" in full.arrays:
        assert (full.arrays["arrows"][:, 2:] ** 2).sum(1).max() ** 0.5 <= width / 6 + 1e-5


class Upwards(torch.nn.Module):
    """A discriminator that believes what lies above, and not what lies below."""

    def __init__(self):
        super().__init__()
        self.slope = torch.nn.Parameter(torch.tensor(10.0))

    def forward(self, x):
        return self.slope * x[:, 1]


def test_the_heat_map_stands_upright():
    play = playground.Play()
    play.networks()[1].discriminator = Upwards()
    heat = views.view(play, Look()).arrays["heat"]
    assert heat[0].min() > 200 and heat[-1].max() < 50


def ask(session, **request):
    """The answer to a request: its last message, but an error if there is one."""
    answers = session.answer({"n": 1, **request})
    for message, arrays in answers:
        json.dumps(message)  # it goes through a message channel
        assert message["to"] == 1
        for game in message.get("games", []):
            for index, shape in game["buffers"].values():
                assert list(arrays[index].shape) == shape and arrays[index].flags.c_contiguous
    return next((message for message, _ in answers if message["kind"] == "error"), answers[-1][0])


def test_a_session_answers_everything_that_can_be_asked():
    session = Session()
    opened = session.answer({"n": 1, "do": "open"})
    assert [message["kind"] for message, _ in opened] == ["form", "frame"]
    assert {field["name"] for field in opened[0][0]["fields"]} == set(Settings.__dataclass_fields__) - {"points"}
    assert ask(session, do="advance", steps=3)["games"][0]["step"] == 3
    assert ask(session, do="move", player="generator")["kind"] == "frame"
    frame = ask(session, do="change", game=0, settings={"width": 16})
    assert "started again" in frame["games"][0]["note"] and frame["games"][0]["step"] == 0
    frame = ask(session, do="compare", on=True)
    assert [game["name"] for game in frame["games"]] == ["A", "B"] and frame["games"][1]["difference"] == ""
    frame = ask(session, do="change", game=1, settings={"loss": "minimax"})
    assert frame["games"][1]["difference"] == "differs in loss minimax"
    ask(session, do="advance", steps=2)
    assert "# B" in ask(session, do="code")["text"]
    frame = ask(session, do="scrub", to=0)
    assert [game["moment"] for game in frame["games"]] == [0, 0] and "looking back" in frame["words"]
    assert ask(session, do="advance", steps=1)["games"][0]["moment"] is None
    assert ask(session, do="look", arrows="hinge", optimal=True)["look"]["arrows"] == "hinge"
    frame = ask(session, do="draw", points=POINTS)
    assert [game["settings"]["data"] for game in frame["games"]] == ["drawn", "drawn"]
    assert len(ask(session, do="compare", on=False)["games"]) == 1
    assert ask(session, do="restart")["games"][0]["step"] == 0
    for model in ("VAE", "flow"):
        ask(session, do="change", game=0, settings={"model": model})
        assert ask(session, do="advance", steps=2)["games"][0]["model"] == model
    assert ask(session, do="preset", name=playground.PRESETS[0].name)["games"][0]["sentence"]


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        ({"do": "dance"}, "do must be one of"),
        ({}, "do must be one of"),
        ({"do": "advance", "steps": 0}, "steps must be"),
        ({"do": "advance", "steps": 10**9}, "steps must be"),
        ({"do": "move", "player": "referee"}, "player must be one of"),
        ({"do": "change", "game": 1, "settings": {}}, "game must be"),
        ({"do": "change", "game": 0, "settings": {"loss": "hing"}}, "loss must be one of"),
        ({"do": "change", "game": 0, "settings": {"los": "hinge"}}, "there is no setting 'los'"),
        ({"do": "change", "game": 0, "settings": {"d_lr": "fast"}}, "d_lr must be"),
        ({"do": "change", "game": 0, "settings": {"data": "drawn"}}, "draw some"),
        ({"do": "change", "game": 0, "settings": [1]}, "settings must be"),
        ({"do": "draw", "points": [[0, 0]]}, "5 to 1,000 points"),
        ({"do": "draw", "points": [[0, 0, 1]] * 9}, "pairs of numbers"),
        ({"do": "draw", "points": [[0, 99]] * 9}, "within −10 … 10"),
        ({"do": "draw", "points": [[0, math.nan]] * 9}, "within −10 … 10"),
        ({"do": "scrub", "to": -1}, "to must be"),
        ({"do": "preset", "name": "nonsense"}, "preset must be one of"),
        ({"do": "compare", "on": "yes"}, "on must be"),
        ({"do": "compare"}, "on must be"),
        ({"do": "look", "arrows": "up"}, "arrows must be one of"),
        ({"do": "look", "arrows": ["hinge"]}, "arrows must be one of"),
        ({"do": "look", "time": None}, "time must be"),
        ({"do": "look", "time": "x"}, "time must be"),
        ({"do": "look", "lines": 3}, "lines must be"),
        ({"do": "change", "game": 0, "settings": {1: 2}}, "a setting's name must be"),
        ({"do": "change", "game": 0, "settings": {"self": 2}}, "there is no setting 'self'"),
        ({"do": "draw", "points": ["12"] * 6}, "pairs of numbers"),
        ({"do": "draw", "points": [[10**400, 0]] * 6}, "pairs of numbers"),
    ],
)
def test_what_cannot_be_asked_is_answered_in_words_and_changes_nothing(request_, words):
    session = Session()
    session.answer({"n": 0, "do": "advance", "steps": 1})
    before = weights(session.seats[0].play)
    answer = ask(session, **request_)
    assert answer["kind"] == "error" and words in answer["text"]
    assert equal(weights(session.seats[0].play), before) and ask(session, do="advance", steps=1)["kind"] == "frame"


def test_the_front_end_has_the_course_s_colours():
    script = (Path(playground.__file__).parent / "widget.js").read_text(encoding="utf-8")
    colours = [style.REAL.colour, style.FAKE.colour, *style.VERDICT_COLOURS]
    assert [colour for colour in colours if f'"{colour}"' not in script] == []


def test_a_head_start_comes_before_every_beginning_of_the_game():
    session = Session(preset="saturation")
    told = "D has made 300 moves alone."
    first = weights(session.seats[0].play)
    assert session.seats[0].note == told and session.seats[0].play.log == [("discriminator", 300)]
    ask(session, do="advance", steps=1)
    frame = ask(session, do="restart")
    assert frame["games"][0]["note"] == told and equal(weights(session.seats[0].play), first)
    frame = ask(session, do="compare", on=True)
    assert [game["note"] for game in frame["games"]] == [told, told]
    assert equal(weights(session.seats[1].play), first)
    frame = ask(session, do="change", game=1, settings={"width": 8})
    assert frame["games"][1]["note"] == f"width changed: the game has started again. {told}"
    frame = ask(session, do="change", game=0, settings={"model": "flow"})
    assert told not in frame["games"][0]["note"] and frame["games"][0]["sentence"].startswith("(You have changed")
    ask(session, do="preset", name="collapse")
    assert session.seats[0].play.log == [] and len(session.seats) == 1


def test_a_game_that_fails_is_told_and_both_are_shown_as_they_are():
    session = Session()
    ask(session, do="compare", on=True)
    ask(session, do="advance", steps=1)
    with torch.no_grad():
        session.seats[1].play.networks()[1].discriminator.net[-1].bias.fill_(math.nan)
    error, frame = (message for message, _ in session.answer({"n": 1, "do": "advance", "steps": 1}))
    assert error["text"].startswith("Game B") and [game["step"] for game in frame["games"]] == [2, 1]
    session.seats.reverse()  # nor does the first one keep the second from going on
    ask(session, do="advance", steps=1)
    assert sorted(seat.play.step for seat in session.seats) == [1, 3]
    session.seats.reverse()
    assert ask(session, do="scrub", to=0)["kind"] == "frame"
    assert ask(session, do="restart")["kind"] == "frame"
    assert ask(session, do="advance", steps=1)["games"][1]["step"] == 1


def test_every_setting_is_in_the_form_with_words_and_bounds():
    for field in form()["fields"]:
        assert field["label"] and field["help"] and field["group"] and field["for"]
        if field["kind"] == "number":
            assert field["least"] < field["most"]
            for edge in (field["least"], field["most"]):
                assert getattr(Settings(**{field["name"]: edge}), field["name"]) == edge
    assert set(PENALTIES) == {
        choice for field in form()["fields"] if field["name"] == "penalty" for choice, _ in field["choices"]
    }


def test_curves_grow_with_the_game_and_end_with_it():
    seat = Session().seats[0]
    assert isinstance(seat, Seat)
    session = Session()
    for _ in range(3):
        frame = ask(session, do="look")  # at ease: with curves
        ask(session, do="advance", steps=2)
    seat = session.seats[0]
    assert len(seat.traces["JSD"].points()[0]) >= 3 and "real data" in frame["games"][0]["charts"]
    ask(session, do="restart")
    assert (
        session.seats[0].traces["JSD"].points()[0] == [0.0, 0.0] or len(session.seats[0].traces["JSD"].points()[0]) <= 2
    )


# --- presets -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [preset.name for preset in playground.PRESETS])
def test_a_preset_shows_what_it_says_and_its_control_does_not(name):
    preset = {one.name: one for one in playground.PRESETS}[name]
    shown, control = (preset.played(control) for control in (False, True))
    assert preset.holds(shown), preset.measure(shown)
    assert not preset.holds(control), preset.measure(control)


def test_without_a_front_end_a_film_is_shown(monkeypatch):
    monkeypatch.setenv("COURSE_STATIC", "1")
    caption = playground.show({"width": 8})
    assert "After 1,000 steps" in caption and "real data" in caption
    with pytest.raises(ValueError, match="not both"):
        playground.show({}, preset=playground.PRESETS[0].name)
    with pytest.raises(ValueError, match="preset must be one of"):
        playground.show(preset="nonsense")


def test_settings_are_checked_wherever_they_come_from():
    for wrong in ({"loss": "x"}, {"width": 0}, {"nonsense": 1}, {"d_lr": -1}, {"points": [[1, 2]]}):
        with pytest.raises(ValueError):
            playground.Play(wrong)
    with pytest.raises(ValueError, match="settings must be a dict"):
        playground.Play([("loss", "hinge")])
    with pytest.raises(ValueError, match="no second player"):
        playground.Play({"model": "VAE"}).move("generator")
    assert isinstance(Settings().objective, objectives.Objective)


@pytest.fixture(scope="module")
def flow():
    return playground.Play({"model": "flow", "data": "two Gaussians"}).advance(300)


def test_how_samples_are_drawn_can_be_changed_in_a_running_game_and_changes_nothing_of_it(flow):
    before, moments = weights(flow), len(flow.moments)
    drawn = {}
    for sampler, passes in (("Euler", 50), ("Heun", 5), ("with noise", 20), ("Euler", 1)):
        assert flow.change(sampler=sampler, passes=passes) == []
        drawn[sampler, passes] = flow.samples()
        assert equal(drawn[sampler, passes], flow.samples())
    assert equal(weights(flow), before) and len(flow.moments) == moments and flow.log == [("advance", 300)]
    assert drawn["Euler", 1].std(0).max() < 0.5 * drawn["Euler", 50].std(0).max()  # one step: towards the middle
    spread = [drawn[key].std(0) for key in drawn if key != ("Euler", 1)]
    assert all((one - spread[0]).abs().max() < 0.3 for one in spread)
    again = {}
    flow.change(sampler="Heun", passes=7)
    exec(flow.code(), again)
    assert 'ode_path(velocity, torch.randn(1000, 2), 7, "heun")' in flow.code() and again["samples"].shape == (1000, 2)
    assert equal(list(again["velocity"].state_dict().values()), before)
    flow.change(sampler="Euler", passes=50)


def test_beside_a_flow_stands_the_exact_one(flow):
    plain = views.view(flow, Look(lines=True, arrows="hinge", time=0.5))
    seen = views.view(flow, Look(lines=True, arrows="hinge", time=0.5, exact=True))
    assert seen.arrays.keys() - plain.arrays.keys() == {"exact", "exact_lines", "exact_arrows", "density"}
    assert (seen.arrays["exact"] - plain.arrays["generated"]).std() < 0.3  # it has learnt something
    density = torch.from_numpy(seen.arrays["density"].astype(float)).flip(0)
    assert density.min() >= 127 and density.max() == 255  # white to blue
    half_way = [plain.arrays["generated"], seen.arrays["exact"]]
    for points in half_way:  # where the points are it is dense
        places = torch.from_numpy(points)
        inside_ = ((places - seen.extent[0]) / (seen.extent[1] - seen.extent[0]) * 48).long().clamp(0, 47)
        assert density[inside_[:, 1], inside_[:, 0]].mean() > density.mean() + 20
    assert "exact" not in views.view(playground.Play(), Look(exact=True)).arrays


def test_two_flows_side_by_side_differ_in_their_samplers():
    session = Session({"model": "flow"})
    ask(session, do="compare", on=True)
    frame = ask(session, do="change", game=1, settings={"passes": 4, "sampler": "Heun"})
    assert frame["games"][1]["difference"] == "differs in sampler Heun, steps of a sample 4"
    frame = ask(session, do="look", exact=True, lines=True, time=0.5)
    assert frame["look"]["exact"] and [game["buffers"]["exact_lines"][1][1] for game in frame["games"]] == [26, 3]
