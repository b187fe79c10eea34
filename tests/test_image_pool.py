"""The image pool: what it returns and how long images wait in it, and that a run goes on as if it had not stopped."""

import pytest
import torch

from course_utils import models, training
from course_utils.checks.turns.lesson_11.pool import query
from course_utils.training import ImagePool


def numbered(first: int, n: int) -> torch.Tensor:
    """Images that carry their number."""
    return torch.arange(first, first + n, dtype=torch.float64).view(n, 1, 1, 1).expand(n, 1, 2, 2)


def served(size: int, n: int, batches: int, seed: int = 0) -> torch.Tensor:
    """The number of each image that a pool returns, [batches, n]; the newest of batch k are k·n … k·n + n − 1."""
    torch.manual_seed(seed)
    pool = ImagePool(size, (1, 2, 2)).double()
    return torch.stack([pool(numbered(k * n, n))[:, 0, 0, 0] for k in range(batches)])


def test_until_it_is_full_it_returns_what_it_is_given():
    assert torch.equal(served(8, 4, 2), torch.arange(8.0).double().view(2, 4))
    torch.manual_seed(0)
    pool = ImagePool(8, (1, 2, 2)).double()
    for k in range(2):
        pool(numbered(4 * k, 4))
    assert torch.equal(pool.images[:, 0, 0, 0], torch.arange(8.0).double())


def test_half_of_what_it_returns_is_new_and_the_other_half_has_waited_geometrically():
    size, n, batches = 20, 4, 6000
    numbers = served(size, n, batches)
    batch = torch.arange(batches)[:, None]
    age = (batch - numbers.div(n, rounding_mode="floor"))[500:].flatten()  # in batches; those of the start are gone
    draws, old = len(age), age[age > 0]
    share = len(old) / draws
    assert abs(share - 0.5) < 5 * 0.5 / draws**0.5
    p = n / (2 * size)  # of a stored image being exchanged in a batch
    mean, std = 1 / p, (1 - p) ** 0.5 / p
    assert abs(old.mean() - mean) < 5 * std / len(old) ** 0.5
    for k in (1, 5, 20):
        beyond = (1 - p) ** k
        assert abs((old > k).double().mean() - beyond) < 5 * (beyond * (1 - beyond) / len(old)) ** 0.5


def test_no_image_is_lost_or_returned_twice():
    size, n, batches = 12, 4, 200
    numbers = served(size, n, batches)
    later = numbers[size // n :].flatten()
    assert len(later.unique()) == len(later)
    torch.manual_seed(0)
    pool = ImagePool(size, (1, 2, 2)).double()
    back = [pool(numbered(k * n, n))[:, 0, 0, 0] for k in range(batches)][size // n :]
    seen = torch.cat([*back, pool.images[:, 0, 0, 0]]).sort().values
    assert torch.equal(seen, torch.arange(batches * n).double())


def test_it_is_seeded_and_has_no_graph():
    assert torch.equal(served(8, 4, 30, seed=1), served(8, 4, 30, seed=1))
    assert not torch.equal(served(8, 4, 30, seed=1), served(8, 4, 30, seed=2))
    pool = ImagePool(4, (3,))
    assert not pool(torch.randn(4, 3, requires_grad=True)).requires_grad
    assert not list(pool.parameters())


def test_what_the_student_writes_is_what_the_pool_does():
    torch.manual_seed(0)
    pool = ImagePool(6, (1, 2, 2)).double()
    pool(numbered(0, 3))
    pool(numbered(3, 3))
    kept, new = pool.images.clone(), numbered(6, 3).contiguous()
    torch.manual_seed(7)
    swap, slots = torch.rand(3) < 0.5, torch.rand(6).argsort()[:3]
    torch.manual_seed(7)
    shown, after = query(kept, new, swap, slots)
    assert torch.equal(pool(new), shown) and torch.equal(pool.images, after)


def pair() -> models.CyclePair:
    torch.manual_seed(0)
    translators = models.ResidualTranslator(2, 1, 1, 3), models.ResidualTranslator(2, 1, 3, 1)
    return models.CyclePair(*translators, models.PatchDiscriminator(2), models.PatchDiscriminator(2, channels=3))


def grey(n: int) -> torch.Tensor:
    return 2 * torch.rand(n, 1, 16, 16) - 1


def colour(n: int) -> torch.Tensor:
    return 2 * torch.rand(n, 3, 16, 16) - 1


def train(network, steps=8, **options):
    options = {"batch_size": 4, "pool_size": 8, "progress": False, "seed": 3} | options
    return training.train_cycle(network, grey, colour, steps=steps, **options)


def test_a_run_with_pools_goes_on_as_if_it_had_not_stopped(tmp_path):
    straight = train(pair())

    def stop(run):
        if run.steps_done == 5:
            raise KeyboardInterrupt

    options = {"checkpoint": tmp_path / "c.pt", "checkpoint_every": 1}
    with pytest.raises(KeyboardInterrupt):
        train(pair(), callbacks=[training.every(1, stop)], **options)
    resumed = train(pair(), **options)
    assert resumed.steps_done == 8
    assert torch.equal(straight.rows, resumed.rows)
    with pytest.raises(training.CheckpointError, match="pool"):
        train(pair(), pool_size=4, **options)


def test_the_discriminators_judge_what_the_pools_return():
    """Without pools, and with pools that are not full yet, the first steps are the same; later ones differ."""
    plain, pooled = train(pair(), pool_size=0).rows, train(pair(), pool_size=8).rows
    assert plain[0, 0] == pooled[0, 0]
    assert not torch.equal(plain[3:, 0], pooled[3:, 0])


def test_a_pool_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match="pool_size must be 0, or at least the batch size, 4, not 3"):
        train(pair(), pool_size=3)
    with pytest.raises(ValueError, match="pool_size must be"):
        train(pair(), pool_size=-1)
    with pytest.raises(ValueError, match="how many images are kept"):
        ImagePool(0, (1,))
    pool = ImagePool(4, (1, 2, 2))
    with pytest.raises(ValueError, match="images must be float images"):
        pool(torch.randn(2, 1, 3, 3))
    with pytest.raises(ValueError, match="a pool has room for one batch or more"):
        pool(torch.randn(5, 1, 2, 2))
