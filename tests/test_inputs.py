"""The guards themselves: what is meant passes, as Python's own numbers; what is not is named in one sentence."""

import math

import numpy as np
import pytest
import torch

from course_utils import inputs, tensor_inputs


@pytest.mark.parametrize("three", [3, np.int64(3), np.uint8(3), torch.tensor(3), np.array(3)])
def test_whole_numbers_of_any_kind_are_counts(three):
    found = inputs.require_count("n", three)
    assert found == 3 and type(found) is int


@pytest.mark.parametrize(
    "wrong", [0, -1, 2.0, True, np.True_, torch.tensor(True), "3", None, [3], math.nan, np.arange(3)]
)
def test_what_counts_nothing_is_named(wrong):
    with pytest.raises(ValueError, match="n must be (a whole number, )?at least 1, not ") as error:
        inputs.require_count("n", wrong)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("number", [0.5, np.float32(0.5), torch.tensor(0.5), np.array(0.5)])
def test_numbers_of_any_kind_are_numbers(number):
    found = inputs.require_number("share", number, least=0, below=1)
    assert found == 0.5 and type(found) is float
    assert inputs.require_number("share", 0, least=0, below=1) == 0.0


@pytest.mark.parametrize(
    "wrong", [1, -1e-9, math.nan, math.inf, "0.5", True, None, torch.ones(2), np.array([0.5, 0.5])]
)
def test_what_is_no_such_number_is_named_with_its_bounds(wrong):
    with pytest.raises(ValueError, match=r"share must be (a finite number )?in \[0, 1\), not "):
        inputs.require_number("share", wrong, least=0, below=1)


def test_a_choice_names_what_there_is():
    assert inputs.require_choice("split", "test", ("train", "test")) == "test"
    for wrong in ("tset", 1, None, ["train"], torch.zeros(2)):
        with pytest.raises(ValueError, match="split must be one of 'train', 'test', not "):
            inputs.require_choice("split", wrong, ("train", "test"))


def test_flags_functions_and_objects_are_told_from_others():
    assert inputs.require_flag("swap", np.True_) is True
    assert inputs.require_function("decode", torch.nn.Identity())
    for call in (
        lambda: inputs.require_flag("swap", "no"),
        lambda: inputs.require_function("swap", torch.zeros(3)),
        lambda: inputs.require_methods("swap", torch.nn.Identity(), "encode"),
        lambda: inputs.require_methods("swap", torch.nn.Identity, "forward"),
        lambda: inputs.require_kind("swap", 3, str),
        lambda: inputs.require_mapping("swap", {}, '{"name": value}'),
        lambda: inputs.require_text("swap", " "),
        lambda: inputs.require_widths("swap", 128),
    ):
        with pytest.raises(ValueError, match="swap must be "):
            call()


def test_shapes_are_met_or_written_out():
    x = torch.zeros(4, 2)
    for shape in ((...,), (4, 2), ("n", 2), (..., 2), (..., 4, 2), (4, ...), ("n", ...), (4, 2, ...)):
        assert tensor_inputs.require_tensor("x", x, shape) is x
    for shape, words in (
        (("n", 3), r"\[n, 3\]"),
        ((4,), r"\[4\]"),
        ((..., 3), "\\[…, 3\\]"),
        ((3, ...), "\\[3, …\\]"),
        (("k", "n", 2), r"\[k, n, 2\]"),
    ):
        with pytest.raises(ValueError, match=f"x must be a tensor of floats {words}, not torch.float32"):
            tensor_inputs.require_tensor("x", x, shape)
    for wrong in ([1.0], np.zeros(3), None, torch.zeros(3, dtype=torch.int64), torch.zeros(0)):
        with pytest.raises(ValueError, match="x must be a tensor of floats"):
            tensor_inputs.require_tensor("x", wrong)


def test_only_front_axes_may_broadcast():
    onto = torch.zeros(5, 4, 2)
    for shape in ((5, 4, 2), (4, 2), (2,), (), (5, 1, 2), (1, 4, 2), (1, 2)):
        tensor_inputs.require_broadcasts_in_front("mean", torch.zeros(shape), onto, "z")
    for shape in ((5, 4, 1), (4, 1), (1,), (4,), (5, 2), (1, 5, 4, 2)):
        with pytest.raises(ValueError, match="mean .* must have the shape of z"):
            tensor_inputs.require_broadcasts_in_front("mean", torch.zeros(shape), onto, "z")


@pytest.mark.parametrize(
    "images",
    [
        torch.tensor([-1.0, 1.0]),
        torch.tensor([-1.0005, 1.0005]),  # rounding
        torch.zeros(4),  # blank
        torch.ones(4),
        torch.tensor([0.6, 1.0]),  # all bright
        torch.tensor([0.0, 0.1]),  # faint
        torch.tensor([-0.01, 0.9]),
    ],
)
def test_images_near_the_border_pass(images):
    tensor_inputs.require_image_range("images", images)


@pytest.mark.parametrize("images", [torch.tensor([0.0, 1.0]), torch.tensor([1e-4, 0.97])])
def test_images_from_0_to_1_are_recognised(images):
    with pytest.raises(ValueError, match="looks like 0 … 1: pass 2"):
        tensor_inputs.require_image_range("images", images)


def test_labels_of_another_type_length_or_range_are_named():
    tensor_inputs.require_labels(torch.tensor([0, 9]), 2, 10)
    tensor_inputs.require_labels(torch.zeros(0, dtype=torch.int64), 0, 10)
    for wrong in (torch.tensor([0, 9]).int(), torch.tensor([0.0, 9.0]), [0, 9], torch.tensor([0])):
        with pytest.raises(ValueError, match=r"labels must be an int64 tensor \[2\]"):
            tensor_inputs.require_labels(wrong, 2, 10)
    with pytest.raises(ValueError, match="range from -1 to 3"):
        tensor_inputs.require_labels(torch.tensor([-1, 3]), 2, 10)


def test_values_are_looked_at_only_where_that_costs_nothing():
    seen = []
    torch.vmap(lambda x: seen.append(tensor_inputs.readable(x)) or x)(torch.zeros(3))
    assert seen == [False] and tensor_inputs.readable(torch.zeros(3))
    assert not tensor_inputs.readable(torch.zeros(3, device="meta"))
