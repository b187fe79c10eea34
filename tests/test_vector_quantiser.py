"""Vector quantisation: the nearest entry, the gradient that passes by, the two terms of the loss."""

import pytest
import torch

from course_utils import models


@pytest.fixture(autouse=True)
def seed():
    torch.manual_seed(0)


def test_entries_are_the_nearest_and_gradients_pass_by():
    layer, codes = models.VectorQuantiser(5, 3).double(), torch.randn(4, 2, 3).double().requires_grad_()
    z, numbers, _ = layer(codes)
    distance = (codes.unsqueeze(-2) - layer.book).norm(dim=-1)
    assert torch.equal(numbers, distance.argmin(-1)) and torch.allclose(z, layer.book[numbers])
    weights = torch.randn(4, 2, 3).double()
    through, to_the_book = torch.autograd.grad((weights * z).sum(), (codes, layer.book), allow_unused=True)
    assert torch.equal(through, weights) and to_the_book is None


def test_the_loss_moves_entries_to_codes_and_codes_to_entries_with_their_weights():
    layer = models.VectorQuantiser(2, 1, weight=3.0, commitment=0.5).double()
    with torch.no_grad():
        layer.book.copy_(torch.tensor([[0.0], [10.0]]))
    codes = torch.tensor([[[1.0], [2.0]], [[9.0], [-1.0]]]).double().requires_grad_()  # two images, two vectors each
    _, numbers, loss = layer(codes)
    assert numbers.tolist() == [[0, 0], [1, 0]]
    assert loss.item() == pytest.approx(3 * 1.5 * (1 + 4 + 1 + 1) / 2)
    entry, code = torch.autograd.grad(loss, (layer.book, codes))
    assert entry.flatten().tolist() == pytest.approx([3 * 2 * (-1 - 2 + 1) / 2, 3 * 2 * 1 / 2])
    assert code.flatten().tolist() == pytest.approx([3 * 0.5 * 2 * of / 2 for of in (1, 2, -1, -1)])


def test_a_book_starts_from_codes_that_are_all_used():
    layer, codes = models.VectorQuantiser(8, 2), 100 + torch.randn(6, 5, 2)
    assert layer(codes).numbers.unique().numel() < 8  # far from all of them, few entries are the nearest
    layer.start_from(codes)
    assert layer(codes).numbers.unique().numel() == 8
    assert all((codes.reshape(-1, 2) == entry).all(1).any() for entry in layer.book)


@pytest.mark.parametrize("shape", [(7, 3), (7, 4, 3), (7, 2, 2, 3)])
def test_any_number_of_vectors_an_image(shape):
    z, numbers, loss = models.VectorQuantiser(4, 3)(torch.randn(shape))
    assert z.shape == shape and numbers.shape == shape[:-1] and loss.ndim == 0
