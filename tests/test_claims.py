"""Claims: how a measurement reads, what the ledger keeps, and when a lesson stops."""

import json
import os
import signal

import numpy as np
import pytest
import torch
from scipy import stats

from course_utils.claims import Claim, ClaimFailed, Ledger, describe
from course_utils.data import ImageData, Ring
from course_utils.models import PointDiscriminator, PointGenerator
from course_utils.training import adam, every, go_on, train_gan

DIGITS = ImageData(
    "digits", torch.zeros(4, 1, 8, 8, dtype=torch.uint8), torch.arange(4),
    torch.zeros(2, 1, 8, 8, dtype=torch.uint8), torch.arange(2), tuple("0123"),
)  # fmt: skip

ROW = {
    "text": "it is so", "holds": True, "paper": "", "protocol": "",
    "condition": "", "null": {}, "fooled": [], "slack": None, "margin": None,
}  # fmt: skip

NOTHING = {"checks": 0, "recorded": {}, "reproduction": None, "claims": []}


@pytest.fixture
def pages(tmp_path):
    """What stands in the ledger: {file name: page}."""
    return lambda: {path.name: json.loads(path.read_text("utf-8")) for path in (tmp_path / "ledger").glob("*")}


# --- a measurement as text --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("measured", "text"),
    [
        (None, ""),
        ("12 of 25", "12 of 25"),
        (0.123456, "0.1235"),
        (17, "17"),
        (torch.tensor(2.5, requires_grad=True).detach(), "2.5"),
        (np.float32(0.25), "0.25"),
        ([4.0], "4"),
        ([2.0, 2.0, 2.0], "2 ± 0 (3 runs)"),
        (torch.tensor([1, 2, 3]), "2 ± 2.5 (3 runs)"),
        ((1.0, float("inf")), "inf ± nan (2 runs)"),
        ({"one's": 1.0, "other": [2.0, 2.0]}, "one's 1, other 2 ± 0 (2 runs)"),
    ],
)
def test_describe(measured, text):
    assert describe(measured) == text


def test_several_runs_are_described_by_the_t_interval_of_their_mean():
    runs = np.random.default_rng(0).normal(10, 2, 7)
    low, high = stats.t.interval(0.95, 6, runs.mean(), stats.sem(runs))
    expected = f"{runs.mean():.4g} ± {(high - low) / 2:.2g} (7 runs)"
    assert describe(runs) == describe(list(runs)) == describe(torch.tensor(runs)) == expected


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        ([], "empty"),
        (torch.zeros(0), "empty"),
        ({}, "a number, or one for each run, not dict of 0"),
        ({"a": print}, "a number, or one for each run, not builtin_function_or_method"),
        (torch.zeros(2, 2), "one for each run"),
        (np.zeros((2, 2)), "one for each run"),
        (["many"], "one for each run"),
        (float("nan"), "measured is NaN, which no claim can rest on"),
        ((1.0, float("nan")), "measured is NaN, which no claim can rest on"),
    ],
)
def test_what_cannot_be_described_is_named(measured, message):
    with pytest.raises(ValueError, match=message):
        describe(measured)


# --- the ledger -------------------------------------------------------------------------------------------


def test_the_ledger_is_on_the_disk_after_every_claim_and_a_new_run_starts_a_new_page(tmp_path):
    path = tmp_path / "ledger/09.json"
    ledger = Ledger(path, lesson="09", seed=3)
    assert json.loads(path.read_text()) == {"lesson": "09", "seed": 3, **NOTHING}
    for count in (1, 2):
        ledger.add(Claim("it is so", True, "0.5", "≤ 1", "5 seeds"))
        page = json.loads(path.read_text("utf-8"))
        assert page["claims"] == [{**ROW, "measured": "0.5", "paper": "≤ 1", "protocol": "5 seeds"}] * count
    Ledger(path, lesson="09", seed=4)
    assert json.loads(path.read_text()) == {"lesson": "09", "seed": 4, **NOTHING}


# --- a lesson claims --------------------------------------------------------------------------------------


def test_at_the_smoke_budget_nothing_is_asserted_and_nothing_written(start, pages, capsys):
    start("smoke").assertion("it is so", False, measured=[1.0, 2.0], paper="3")
    assert capsys.readouterr().out == (
        "· not checked at the smoke budget: it is so  [measured 1.5 ± 6.4 (2 runs); paper 3]\n"
    )
    assert pages() == {}


@pytest.mark.parametrize("budget", ["cpu", "gpu"])
@pytest.mark.parametrize(("images", "data"), [(None, "toys"), (DIGITS, "digits")])
def test_what_holds_is_printed_and_entered(budget, images, data, start, pages, capsys):
    course = start(budget, images)
    course.assertion("it is so", torch.tensor(True), measured=0.5, paper="0.4", protocol="one run")
    course.assertion("and so", np.True_)
    assert capsys.readouterr().out == "✔ it is so  [measured 0.5; paper 0.4]\n✔ and so\n"
    (page,) = pages().values()
    assert list(pages()) == [f"09-{data}-{budget}.json"]
    assert [page[key] for key in ("lesson", "data", "budget", "seed", "torch")] == [
        "09", data, budget, 3, torch.__version__,
    ]  # fmt: skip
    assert page["device"].startswith("CPU (")
    assert page["claims"] == [
        {**ROW, "measured": "0.5", "paper": "0.4", "protocol": "one run"},
        {**ROW, "text": "and so", "measured": ""},
    ]


@pytest.mark.parametrize("budget", ["cpu", "gpu"])
def test_what_does_not_hold_is_entered_and_stops_the_lesson(budget, start, pages, capsys):
    with pytest.raises(ClaimFailed, match=r"^it is so  \[measured 2\]\. This run \(seed 3, cpu\): measured otherwise$"):
        start(budget).assertion("it is so", 2 < 1, measured=2)
    assert capsys.readouterr().out == "✘ it is so  [measured 2]\n"
    (page,) = pages().values()
    assert [claim["holds"] for claim in page["claims"]] == [False]


def test_a_new_run_of_a_lesson_replaces_the_page_of_the_last(start, pages):
    for text in ("first", "second"):
        start("cpu").assertion(text, True)
    assert [[claim["text"] for claim in page["claims"]] for page in pages().values()] == [["second"]]


def test_where_claims_are_reported_the_lesson_goes_on_after_one_that_fails(start, pages, monkeypatch):
    monkeypatch.setenv("COURSE_CLAIMS", "report")
    course = start("cpu")
    course.claim("it is so", 0.1, above=0.5, null={"untrained": 0.0})
    course.assertion("and so", True)
    ((first, second),) = [page["claims"] for page in pages().values()]
    assert (first["holds"], second["holds"]) == (False, True)


# --- a claim and its null ---------------------------------------------------------------------------------

DEMANDS = [  # demand, what meets it, what does not
    ({"above": 0.5}, 0.51, 0.5),
    ({"below": -1}, -1.1, -1),
    ({"between": (0.4, 0.6)}, 0.4, 0.61),
    ({"holds": lambda x: x > 2}, torch.tensor(3.0), np.float32(2)),
    ({"holds": lambda pair: pair["a"] > pair["b"]}, {"a": 2.0, "b": 1.0}, {"a": 1, "b": 1}),
    ({"above": 0.5, "runs": 2}, [0.9, 0.1, 0.6], [0.9, 0.1, 0.2]),
    ({"below": 1, "runs": 3}, torch.zeros(3), 1.0),
]


@pytest.mark.parametrize(("demand", "meets", "fails"), DEMANDS)
def test_a_claim_holds_where_the_measurement_meets_the_demand_and_no_null_does(demand, meets, fails, start, pages):
    course = start("cpu")
    course.claim("it is so", meets, null={"untrained": fails}, **demand)
    for measured, null in ((fails, {"untrained": fails}), (meets, {"untrained": fails, "noise": meets})):
        if measured is fails and "runs" in demand and not isinstance(fails, list):
            continue  # one number where the claim speaks of several runs
        with pytest.raises(ClaimFailed):
            course.claim("it is so", measured, null=null, **demand)
    (page,) = pages().values()
    assert page["claims"][0]["holds"] and not any(row["holds"] for row in page["claims"][1:])


def test_both_are_printed_and_entered(start, pages, capsys):
    course = start("cpu")
    course.claim(
        "it covers the data", 0.9998, above=0.9, null={"one repeated point": 0.01}, paper="0.99", protocol="5 σ"
    )
    course.claim("it wins", [3.0, 4.0, 1.0], above=2, runs=2, null={"by chance": [1.0, 1.5, 3.0]})
    said = capsys.readouterr().out.splitlines()
    assert said == [
        "✔ it covers the data  [above 0.9: 0.9998; one repeated point: 0.01; paper 0.99]",
        "✔ it wins  [above 2 in at least 2 of 3 runs: 2.667 ± 3.8 (3 runs); by chance: 1.833 ± 2.6 (3 runs)]",
    ]
    (page,) = pages().values()
    first, second = page["claims"]
    assert first["null"] == {"one repeated point": "0.01"} and first["condition"] == "above 0.9"
    assert first["slack"] == pytest.approx(0.9998 / 0.9) and first["margin"] == pytest.approx(0.89 / 0.9898)
    assert second["slack"] == 1.5  # the second best of three decides, and has 3 where 2 would have done
    assert (
        second["margin"] == pytest.approx((2 - 1.5) / (3 - 1.5)) and second["fooled"] == []
    )  # one of its three runs passes, and two must


def test_a_null_that_passes_is_named(start, capsys):
    with pytest.raises(ClaimFailed, match="untrained and noise meets the demand too: it proves nothing"):
        start("cpu").claim("it is so", 0.9, above=0.5, null={"untrained": 0.6, "permuted": 0.1, "noise": 0.8})
    assert capsys.readouterr().out.startswith("✘ it is so  [above 0.5: 0.9; untrained: 0.6; permuted: 0.1")


@pytest.mark.parametrize(
    ("demand", "measured", "null", "slack", "margin"),
    [
        ({"above": 2}, 6.0, 1.0, 3, 0.2),
        ({"below": 2}, 0.5, 3.0, 4, 0.4),
        ({"above": -2}, -1.0, -6.0, 2, 0.8),
        ({"below": -2}, -8.0, 0.0, 4, 0.25),
        ({"above": 0}, 1.0, -1.0, None, 0.5),
        ({"between": (2, 4)}, 3.0, 1.0, None, 0.5),
        ({"between": (2, 4)}, 3.0, 8.0, None, 0.8),
        ({"holds": lambda x: x > 2}, 3.0, 1.0, None, None),
    ],
)
def test_slack_and_margin(demand, measured, null, slack, margin, start, pages):
    start("cpu").claim("it is so", measured, null={"null": null}, **demand)
    ((row,),) = [page["claims"] for page in pages().values()]
    assert row["slack"] == (slack and pytest.approx(slack)) and row["margin"] == (margin and pytest.approx(margin))


def test_at_smoke_a_claim_is_said_and_not_judged(start, pages, capsys):
    start("smoke").claim("it is so", float("nan"), above=0.5, null={"untrained": 0.9})
    assert capsys.readouterr().out == "· not checked at the smoke budget: it is so  [measured nan; untrained: 0.9]\n"
    assert pages() == {}


@pytest.mark.parametrize("way", ["finished", "replaced"])
def test_after_the_stop_button_claims_accuse_nobody_until_the_run_is(way, start, capsys):
    def stop(run, at_end=False):
        if run.steps_done == 3:
            os.kill(os.getpid(), signal.SIGINT)

    torch.manual_seed(0)
    networks = PointGenerator(2), PointDiscriminator()
    optimizers = {"g_optimizer": adam(networks[0]), "d_optimizer": adam(networks[1])}
    run = train_gan(*networks, Ring().sample, steps=9, callbacks=[every(1, stop)], progress=False, **optimizers)
    assert run.interrupted
    course = start("cpu")
    course.claim("it is so", 0.1, above=0.5, null={"untrained": 0.0})
    course.assertion("it is so", False)
    assert capsys.readouterr().out == (
        "· not checked as a training was stopped at step 4: it is so  [measured 0.1; untrained: 0]\n"
        "· not checked as a training was stopped at step 4: it is so\n"
    )
    run, again = None, run if way == "finished" else None  # the cell is run again: nobody holds the first run any more
    if again:
        go_on(again)
    with pytest.raises(ClaimFailed):
        course.claim("it is so", 0.1, above=0.5, null={"untrained": 0.0})


@pytest.mark.parametrize("budget", ["smoke", "cpu"])
def test_a_check_is_quiet_always_asserted_and_counted_apart(budget, start, pages, capsys):
    course = start(budget)
    course.check("V is minus D's loss", True, 1e-9)
    assert capsys.readouterr().out == "checked: V is minus D's loss  [measured 1e-09]\n"
    with pytest.raises(ClaimFailed, match="This is an identity, and does not hold here"):
        course.check("V is minus D's loss", False)
    assert [(page["checks"], page["claims"]) for page in pages().values()] == ([] if budget == "smoke" else [(1, [])])
