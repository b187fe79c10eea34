"""Exercise 13.2: the interval of a difference between two models, seed by seed."""

import math

import torch
from scipy import stats

from course_utils.checks.exercise import Exercise, Mistake, Part, edited
from course_utils.checks.lesson_13.two_numbers import two_numbers
from course_utils.checks.observe import Observations, outcome


def paired_interval(a: dict[int, float], b: dict[int, float]) -> tuple[float, float]:
    gaps = torch.tensor([a[seed] - b[seed] for seed in a], dtype=torch.float64)
    n = len(gaps)
    error = gaps.std().item() / math.sqrt(n)
    return gaps.mean().item(), float(stats.t.ppf(0.975, n - 1)) * error


def probe(interval) -> Observations:
    """Runs in which the seed matters more than the model; the two tables are in different orders."""
    n = int(torch.randint(4, 9, ()))
    shared = 10 * torch.randn(n, dtype=torch.float64)
    a, b = (shared + torch.randn(n, dtype=torch.float64) + 50 for _ in range(2))
    seeds = (100 + torch.randperm(20)[:n]).tolist()
    table_a = dict(zip(seeds, (a + 2).tolist(), strict=True))
    table_b = dict(sorted(zip(seeds, b.tolist(), strict=True), key=lambda run: (run[0] == min(seeds), -run[0])))
    if list(table_a) == list(table_b):
        table_a = dict(reversed(table_a.items()))
    seen = outcome(interval, gradients=False, a=table_a, b=table_b)["the value"]
    return two_numbers(seen, "the mean difference", "the half-width", within=1e-3)


def _independent(a: dict[int, float], b: dict[int, float], degrees: int) -> tuple[float, float]:
    runs = torch.tensor([[a[seed], b[seed]] for seed in a], dtype=torch.float64)
    mean = (runs[:, 0] - runs[:, 1]).mean().item()
    return mean, float(stats.t.ppf(0.975, degrees)) * math.sqrt(runs.var(dim=0).sum().item() / len(a))


def _ends(a: dict[int, float], b: dict[int, float]) -> tuple[float, float]:
    mean, half = paired_interval(a, b)
    return mean - half, mean + half


UNPAIRED = (
    "The seeds' own ups and downs, which A and B share, make this interval wide. They cancel in the difference of two "
    "runs with the same seed."
)

EXERCISE = Exercise(
    number="13.2",
    title="Run by run",
    hints=(
        "What is one measurement here: a run, or a pair of runs? And how many of them are there?",
        "Make one list of differences d, one for each seed. Then mean(d) ± t · s(d) / √n with n − 1 in the variance "
        "and n − 1 degrees of freedom; `stats.t.ppf(0.975, n - 1)` is the quantile.",
    ),
    parts=(
        Part(
            paired_interval,
            probe=probe,
            why="Pairing is free: the same runs, looked up by seed, give a narrower interval when the seeds matter.",
            mistakes=(
                Mistake(
                    "two samples that know nothing of each other", UNPAIRED, lambda a, b: _independent(a, b, len(a) - 1)
                ),
                Mistake(
                    "the interval of two independent samples, with 2n − 2 degrees of freedom",
                    UNPAIRED,
                    lambda a, b: _independent(a, b, 2 * len(a) - 2),
                ),
                Mistake(
                    "a pairing by position",
                    "The two tables list their seeds in different orders. Look a run up by its seed.",
                    edited(
                        paired_interval,
                        ("[a[seed] - b[seed] for seed in a]", "[x - y for x, y in zip(a.values(), b.values())]"),
                    ),
                ),
                Mistake(
                    "the 1.96 of a normal distribution",
                    "That is right for very many runs. With so few of them the standard deviation itself is uncertain, "
                    "and Student's quantile pays for it.",
                    edited(paired_interval, ("float(stats.t.ppf(0.975, n - 1))", "1.96")),
                ),
                Mistake(
                    "the spread of the runs in place of the error of their mean",
                    "This says where the next run would lie, roughly. How well n runs know their mean is a smaller "
                    "number.",
                    edited(paired_interval, (" / math.sqrt(n)", "")),
                ),
                Mistake(
                    "a variance divided by n",
                    "The mean was estimated from the same runs, so they look closer to it than they are.",
                    edited(paired_interval, ("gaps.std()", "gaps.std(correction=0)")),
                ),
                Mistake(
                    "B − A",
                    "The half-width is right. A positive mean should say that A's numbers are the larger ones.",
                    edited(paired_interval, ("a[seed] - b[seed]", "b[seed] - a[seed]")),
                ),
                Mistake(
                    "a quantile that leaves 5 % on each side",
                    "An interval of 95 % leaves out 5 % in all.",
                    edited(paired_interval, ("0.975", "0.95")),
                ),
                Mistake(
                    "the full width",
                    "What is asked is how far the interval reaches to *either* side of the mean.",
                    edited(paired_interval, ("float(stats", "2 * float(stats")),
                ),
                Mistake(
                    "the two ends of the interval",
                    "The ends are right. Asked for are the mean, and the distance from it to either end.",
                    _ends,
                ),
                Mistake(
                    "an error without its quantile",
                    "One standard error to either side holds the mean in about two cases of three, not in 95 %.",
                    edited(paired_interval, ("float(stats.t.ppf(0.975, n - 1)) * error", "error")),
                ),
                Mistake(
                    "one degree of freedom too many",
                    "One of the n numbers was spent on the mean.",
                    edited(paired_interval, ("0.975, n - 1", "0.975, n")),
                ),
            ),
        ),
    ),
)
