"""Arcs, principal directions and inversion on maps whose answers are known."""

import pytest
import torch

from course_utils.models import DCGANGenerator, evaluating, invert, principal_directions, spherical_interpolation


def test_an_arc_keeps_the_length_and_turns_evenly():
    a, b = torch.tensor([[3.0, 0.0], [0.0, 3.0]], dtype=torch.float64)
    for t in (0.0, 0.25, 0.5, 1.0):
        angle = torch.tensor(t * torch.pi / 2, dtype=torch.float64)
        expected = 3 * torch.stack([angle.cos(), angle.sin()])
        torch.testing.assert_close(spherical_interpolation(a, b, t), expected, atol=1e-12, rtol=0)


def test_the_ends_are_the_ends_whatever_their_lengths():
    a, b = torch.randn(2, 7, 5, dtype=torch.float64)
    torch.testing.assert_close(spherical_interpolation(a, b, 0.0), a)
    torch.testing.assert_close(spherical_interpolation(a, b, 1.0), b)
    t = torch.linspace(0, 1, 7, dtype=torch.float64)[:, None]
    each = [spherical_interpolation(a[i], b[i], t[i].item()) for i in range(7)]
    torch.testing.assert_close(spherical_interpolation(a, b, t), torch.stack(each))


def test_between_parallel_vectors_the_arc_is_a_line():
    a = torch.tensor([[1.0, 2.0], [2.0, 0.0]])
    middle = spherical_interpolation(a, torch.tensor([[3.0, 6.0], [0.0, 2.0]]), 0.5)
    torch.testing.assert_close(middle, torch.tensor([[2.0, 4.0], [2**0.5, 2**0.5]]))


@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (torch.ones(3), -2 * torch.ones(3), "opposite"),
        (torch.ones(3), torch.zeros(3), "zero vector"),
        (torch.ones(3), torch.ones(4), r"a \(3,\) and b \(4,\) must have the same shape"),
    ],
)
def test_an_arc_that_is_not_determined_is_refused(a, b, message):
    with pytest.raises(ValueError, match=message):
        spherical_interpolation(a, b, 0.5)


def test_of_a_linear_map_the_principal_directions_are_its_singular_vectors():
    torch.manual_seed(0)
    matrix = torch.randn(12, 4, dtype=torch.float64)
    _, values, vectors = torch.linalg.svd(matrix, full_matrices=False)
    strength, directions = principal_directions(lambda z: z @ matrix.T, torch.randn(3, 4, dtype=torch.float64))
    torch.testing.assert_close(strength, values)
    torch.testing.assert_close((directions * vectors).sum(1).abs(), torch.ones(4, dtype=torch.float64))


def test_the_mean_is_over_the_codes():
    z = torch.tensor([[1.0, 0.0], [3.0, 0.0]])
    strength, directions = principal_directions(lambda z: torch.stack([z[:, 0] ** 2, 0.5 * z[:, 1]], 1), z)
    # slopes in the first direction: 2 and 6, mean square 20; in the second 0.5
    torch.testing.assert_close(strength, torch.tensor([20**0.5, 0.5]))
    torch.testing.assert_close(directions.abs(), torch.eye(2))


def test_strengths_of_a_generator_are_the_changes_of_its_images():
    torch.manual_seed(0)
    generator = DCGANGenerator(latent_dim=4, width=2)
    z, step = torch.randn(20, 4), 1e-3
    with evaluating(generator), torch.no_grad():
        strength, directions = principal_directions(generator, z)
        moved = [(generator(z + step * v) - generator(z)).flatten(1).norm(dim=1) / step for v in directions]
    torch.testing.assert_close(strength, torch.stack([m.square().mean().sqrt() for m in moved]), rtol=0.02, atol=0)
    assert (strength.diff() <= 0).all()
    with pytest.raises(ValueError, match="codes"):
        principal_directions(generator, z[0])


def test_inversion_finds_the_code_of_a_linear_map_and_keeps_the_better_start():
    torch.manual_seed(0)
    matrix, z = torch.randn(9, 3), torch.randn(6, 3)
    found = invert(lambda z: z @ matrix.T, z @ matrix.T, torch.randn(2, 6, 3), steps=300)
    torch.testing.assert_close(found.codes, z, atol=1e-2, rtol=0)
    assert found.error.shape == (6,) and found.error.max() < 1e-3

    near, far = z[None] + 0.01, z[None] + 100  # the far start cannot arrive in ten steps
    for start in (torch.cat([near, far]), torch.cat([far, near])):
        assert (invert(lambda z: z, z, start, steps=10).codes - z).abs().max() < 0.5


def test_inversion_leaves_weights_and_start_alone():
    decode, start = torch.nn.Linear(3, 5), torch.zeros(1, 2, 3)
    with torch.no_grad():  # asked for in the middle of an evaluation
        invert(decode, torch.ones(2, 5), start, steps=3)
    assert decode.weight.grad is None and start.abs().sum() == 0
    with pytest.raises(ValueError, match=r"start must be .*\[restarts, 2, d\], not torch.float32 \[2, 3\]"):
        invert(decode, torch.ones(2, 5), start[0])
