"""What the student writes in lesson 04 is what the package has: packs and the minibatch deviation."""

import math

import torch

from course_utils import data, models
from course_utils.checks.turns.lesson_04 import TURNS

birthday, packs, with_deviation = (turn.parts[0].reference for turn in TURNS)


def test_packs_are_those_of_the_package():
    x, d = torch.randn(6, 2), torch.nn.Flatten()
    assert torch.equal(models.Packed(d, 3)(x), packs(x, 3))
    runs = torch.randn(4, 6, 2)
    assert torch.equal(packs(runs, 2), torch.stack([packs(run, 2) for run in runs]))
    assert torch.equal(packs(runs, 2), models.Packed(torch.nn.Identity(), 2)(runs))


def test_the_deviation_is_that_of_the_package():
    for h in (torch.randn(6, 5), torch.randn(3, 6, 5)):
        assert torch.allclose(models.MinibatchStd()(h), with_deviation(h), rtol=0, atol=1e-6)


def test_the_birthday_test_finds_the_modes_of_the_ring():
    torch.manual_seed(0)
    ring = data.Ring(radius=2**0.5, std=0.05)
    assert abs(birthday(ring.sample(2000), 0.3) - 8) < 0.3
    assert birthday(torch.zeros(5, 2), 0.1) == 1
    assert birthday(torch.arange(4.0)[:, None], 0.1) == math.inf
