"""Binary images: pixels 0 or 1 with the grey level as their probability, drawn anew or once."""

import pytest
import torch

from course_utils.data import BinarisedImages, ImageData


def grey(levels=(0, 51, 128, 255), n=1000) -> ImageData:
    """n training and 10 test images of 2x2 pixels with these grey levels."""
    images = torch.tensor(levels, dtype=torch.uint8).view(1, 1, 2, 2)
    labels, test_labels = torch.arange(n) % 2, torch.arange(10) % 2
    return ImageData("squares", images.repeat(n, 1, 1, 1), labels, images.repeat(10, 1, 1, 1), test_labels, ("a", "b"))


@pytest.mark.parametrize("dynamic", [True, False])
def test_a_pixel_is_white_as_often_as_it_is_bright(dynamic):
    torch.manual_seed(0)
    x = BinarisedImages(grey(n=20_000), dynamic).batch(20_000)
    assert x.shape == (20_000, 1, 2, 2) and x.dtype == torch.float32
    assert ((x == 0) | (x == 1)).all()
    share = x.mean(0).flatten()
    assert share[0] == 0 and share[3] == 1  # black is never white, and white always
    torch.testing.assert_close(share[1:3], torch.tensor([51, 128]) / 255, atol=0.015, rtol=0)


def test_dynamic_pixels_are_drawn_anew_and_fixed_ones_are_not():
    images = grey(n=1)
    torch.manual_seed(0)
    assert BinarisedImages(images).batch(200).std(0).flatten()[2] > 0.4
    assert BinarisedImages(images, dynamic=False).batch(200).std(0).max() == 0


def test_the_fixed_binarisation_is_one_of_the_whole_split():
    torch.manual_seed(0)
    images = BinarisedImages(grey(), dynamic=False)
    state = torch.get_rng_state()
    all_of_them = images.fixed(1000)
    assert torch.equal(all_of_them[:7], images.fixed(7))
    assert torch.equal(all_of_them, BinarisedImages(grey(), dynamic=True).fixed(1000))
    assert not torch.equal(images.fixed(10), images.fixed(10, "test"))
    assert torch.equal(torch.get_rng_state(), state)  # looking draws nothing
    seen = {tuple(image.flatten().tolist()) for image in images.batch(500)}
    assert seen <= {tuple(image.flatten().tolist()) for image in all_of_them}


def test_labels_come_with_their_images():
    source = grey(levels=(0, 0, 0, 0))
    source.images[source.labels == 1] = 255
    images = BinarisedImages(source)
    torch.manual_seed(0)
    x, labels = images.batch_with_labels(100)
    assert torch.equal(x.flatten(1).mean(1), labels.float()) and labels.dtype == torch.int64
    torch.manual_seed(0)
    assert torch.equal(images.batch(100), x)


def test_its_properties_and_its_errors():
    images = BinarisedImages(grey())
    assert (images.channels, images.image_size, images.device.type) == (1, 2, "cpu")
    assert repr(images) == "BinarisedImages(squares: binary pixels 1x2x2, drawn anew each time, on cpu)"
    with pytest.raises(ValueError, match="n must be from 1 to 10, not 11: the size of the test split"):
        images.fixed(11, "test")
    with pytest.raises(ValueError, match="split must be one of 'train', 'test', not 'all'"):
        images.fixed(1, "all")
