"""Own images: what is read from a folder of pictures, and what is refused, in words."""

import os
import shutil
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from course_utils import lesson
from course_utils.data import DataError, folder, load_folder, to_uint8

RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def picture(path: Path, colour=RED, shape=(40, 30), mode="RGB", **options) -> Path:
    """A file of one colour; ``shape`` is (width, height)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", shape, colour).convert(mode).save(path, **options)
    return path


@pytest.fixture
def root(tmp_path) -> Path:
    """Ten red, ten green and five blue pictures, each brightness once: a rectangle, in one subfolder a colour."""
    for name, colour, n in (("red", RED, 10), ("green", GREEN, 10), ("blue", BLUE, 5)):
        for i in range(n):
            picture(tmp_path / "own" / name / f"{i}.png", tuple(level * (i + 10) // 20 for level in colour))
    return tmp_path / "own"


@pytest.fixture
def one(tmp_path):
    """The pixels of one picture, [channels, 28, 28]: loaded from a folder that holds two of the same."""

    def load(path: Path, channels: int = 3) -> torch.Tensor:
        alone = tmp_path / "alone"
        alone.mkdir()
        for name in ("a", "b"):
            shutil.copy(path, alone / f"{name}{path.suffix}")
        images = load_folder(alone, 28, channels)
        assert torch.equal(images.images, images.test_images)
        return images.images[0]

    return load


# --- pixels ---


def sixteen_bits(path: Path) -> None:
    Image.fromarray(np.full((30, 40), 0x8080, np.uint16)).save(path)


def half_transparent(path: Path, mode: str = "RGBA") -> None:
    Image.new("RGBA", (40, 30), (255, 0, 0, 128)).convert(mode).save(path)


def transparent_palette(path: Path) -> None:
    image = Image.new("P", (40, 30), 1)
    image.putpalette([*BLUE, *RED])
    image.save(path, transparency=1)


KINDS = {
    "RGB.png": (picture, RED),
    "RGB.bmp": (picture, RED),
    "RGB.tiff": (picture, RED),
    "RGB.JPG": (picture, (254, 0, 0)),
    "grey.png": (lambda path: picture(path, (90, 90, 90), mode="L"), (90, 90, 90)),
    "grey.pgm": (lambda path: picture(path, (90, 90, 90), mode="L"), (90, 90, 90)),
    "black and white.png": (lambda path: picture(path, WHITE, mode="1"), WHITE),
    "palette.png": (lambda path: picture(path, BLUE, mode="P"), BLUE),
    "palette.gif": (lambda path: picture(path, BLUE, mode="P"), BLUE),
    "CMYK.jpg": (lambda path: picture(path, GREEN, mode="CMYK", quality=100), GREEN),
    "CMYK.tif": (lambda path: picture(path, GREEN, mode="CMYK"), GREEN),
    "16 bits.png": (sixteen_bits, (128, 128, 128)),
    "16 bits.tif": (sixteen_bits, (128, 128, 128)),
    "half transparent.png": (half_transparent, (255, 127, 127)),
    "half transparent grey.png": (lambda path: half_transparent(path, "LA"), (165, 165, 165)),
    "transparent palette.png": (transparent_palette, WHITE),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_keeps_its_colour_and_shows_white_where_it_is_transparent(name, tmp_path, one):
    make, colour = KINDS[name]
    make(tmp_path / name)
    read = one(tmp_path / name)
    expected = torch.tensor(colour)[:, None, None].expand(3, 28, 28)
    torch.testing.assert_close(read.int(), expected.int(), atol=2, rtol=0)


def test_one_channel_is_the_luma_of_the_colour(tmp_path, one):
    assert one(picture(tmp_path / "a.png", (200, 100, 50)), channels=1).unique().tolist() == [124]


def test_the_square_in_the_middle_is_kept(tmp_path, one):
    wide = np.zeros((30, 90, 3), np.uint8)
    wide[:, 30:60] = RED
    Image.fromarray(wide).save(tmp_path / "wide.png")
    assert one(tmp_path / "wide.png").flatten(1).unique(dim=1).flatten().tolist() == list(RED)


def test_a_picture_is_reduced_by_averages_and_can_be_enlarged(tmp_path, one):
    board = np.indices((280, 280)).sum(0) % 2 * 255
    Image.fromarray(board.astype(np.uint8)).save(tmp_path / "board.png")
    assert (one(tmp_path / "board.png").int() - 128).abs().max() <= 2
    shutil.rmtree(tmp_path / "alone")
    assert one(picture(tmp_path / "tiny.png", shape=(3, 2)))[0].unique().tolist() == [255]


@pytest.mark.parametrize("ending", ["png", "jpg", "webp"])
@pytest.mark.parametrize(("orientation", "undo"), [(3, 2), (6, 1), (8, 3)])
def test_a_picture_is_turned_upright(ending, orientation, undo, tmp_path, one):
    upright = np.zeros((1000, 1000, 3), np.uint8)
    upright[:500, :, 0] = upright[:, :500, 1] = 255  # each quarter has its colour
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.rot90(upright, undo)).save(tmp_path / f"a.{ending}", exif=exif, quality=95)
    read = one(tmp_path / f"a.{ending}").int()
    for row, column in ((5, 5), (5, 22), (22, 5), (22, 22)):
        expected = torch.from_numpy(upright[row * 1000 // 28, column * 1000 // 28].astype(int))
        assert (read[:, row, column] - expected).abs().max() <= 6, (row, column)


def test_transparent_pixels_do_not_colour_their_neighbours(tmp_path, one):
    stripes = np.zeros((280, 280, 4), np.uint8)
    stripes[:, ::2] = 255, 0, 0, 255
    stripes[:, 1::2] = 0, 0, 255, 0  # blue, but nobody sees it
    Image.fromarray(stripes).save(tmp_path / "stripes.png")
    red, green, blue = one(tmp_path / "stripes.png").int()
    assert red.min() >= 254
    assert (green - 127).abs().max() <= 6 and (blue - 127).abs().max() <= 6  # at the rim it is 4


# --- classes, order, split ---


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [28, 32, 64])
def test_a_folder_becomes_image_data_in_the_units_of_mnist(size, channels, root):
    images = load_folder(root, size, channels)
    assert images.images.shape == (20, channels, size, size) and images.test_images.shape == (5, channels, size, size)
    assert (images.images.dtype, images.labels.dtype) == (torch.uint8, torch.int64)
    assert (images.channels, images.image_size) == (channels, size)
    x, labels = images.batch_with_labels(200)
    assert x.dtype == torch.float32 and x.shape == (200, channels, size, size)
    assert x.min() >= -1 and {*to_uint8(x).unique().tolist()} == {*images.images.unique().tolist()}
    assert images.classes == ("blue", "green", "red")
    if channels == 3:
        brightest = to_uint8(x).flatten(2).max(2).values.argmax(1)  # of red, green and blue
        assert torch.equal(2 - brightest, labels)
    assert f"folder-own: 20 training and 5 test images {channels}x{size}x{size}, 3 classes" in repr(images)


def test_a_fifth_of_each_class_is_for_testing_and_no_picture_is_in_both(root):
    images = load_folder(root, channels=3)
    assert images.labels.bincount().tolist() == [4, 8, 8] and images.test_labels.bincount().tolist() == [1, 2, 2]
    everything = torch.cat([images.images, images.test_images]).flatten(1)
    assert len(everything.unique(dim=0)) == 25
    assert images.labels[:8].unique().tolist() == [0, 1, 2]  # the classes are mixed


def test_order_and_split_depend_on_the_names_only(root, tmp_path):
    first = load_folder(root, channels=3)
    again = tmp_path / "elsewhere" / "own"
    for file in sorted(root.rglob("*.png"), reverse=True):
        (again / file.relative_to(root)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, again / file.relative_to(root))
    second = load_folder(str(again), channels=3)
    assert first.fingerprint == second.fingerprint
    assert load_folder(root).fingerprint != first.fingerprint


def test_pictures_without_subfolders_are_unlabelled(root):
    images = load_folder(root / "red")
    assert len(images.images) == 8 and len(images.test_images) == 2
    assert images.classes == ("picture",) and not images.labels.any() and not images.test_labels.any()
    assert "2 test images 1x28x28, unlabelled, on cpu" in repr(images)
    assert load_folder(root / "red", device="meta").device.type == "meta"


def test_a_class_holds_all_pictures_below_it(root):
    (root / "red" / "dark").mkdir()
    shutil.move(root / "red" / "0.png", root / "red" / "dark" / "0.png")
    assert load_folder(root).labels.bincount().tolist() == [4, 8, 8]


@pytest.mark.parametrize(("train", "test"), [("train", "test"), ("Train", "val"), ("training", "testing")])
def test_subfolders_train_and_test_are_the_split(train, test, root, tmp_path):
    for part in (train, test):
        shutil.copytree(root, tmp_path / "split" / part)
    shutil.rmtree(tmp_path / "split" / test / "red")
    with pytest.raises(DataError, match=rf"only one of {train.lower()} and {test} has a class 'red'"):
        load_folder(tmp_path / "split")
    picture(tmp_path / "split" / test / "red" / "only.png")
    images = load_folder(tmp_path / "split", channels=3)
    assert images.classes == ("blue", "green", "red")
    assert images.labels.bincount().tolist() == [5, 10, 10] and images.test_labels.bincount().tolist() == [5, 10, 1]


def test_what_is_left_out_beside_a_split_is_said(root, tmp_path, capsys):
    for part in ("train", "test", "val"):
        shutil.copytree(root / "red", tmp_path / "split" / part)
    (tmp_path / "split" / "read me.txt").touch()
    images = load_folder(tmp_path / "split")
    assert len(images.images) == len(images.test_images) == 10 and images.classes == ("picture",)
    assert capsys.readouterr().out == f"Data: not read in {tmp_path / 'split'}: val, read me.txt.\n"
    picture(tmp_path / "split" / "loose.png")
    with pytest.raises(DataError, match=r"has pictures \(loose.png\) beside subfolders"):
        load_folder(tmp_path / "split")


def test_hidden_files_are_passed_over_and_others_are_said_in_one_line(root, capsys):
    first = load_folder(root)
    assert capsys.readouterr().out == ""
    for name in (".DS_Store", "red/.DS_Store", "red/._0.png", ".hidden.png", "__MACOSX/red/0.png"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"nothing to see")
    picture(root / ".ipynb_checkpoints" / "a.png")
    assert load_folder(root).fingerprint == first.fingerprint
    assert capsys.readouterr().out == ""
    for name in ("a.txt", "red/b.csv", "red/c", "red/d.zip", "red/e.svg"):
        (root / name).write_text("hello")
    assert load_folder(root).fingerprint == first.fingerprint
    assert capsys.readouterr().out == f"Data: not read in {root}: a.txt, red/b.csv, red/c and 2 more.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere names are text")
def test_a_name_that_is_no_text_can_be_said(root, capsys):
    (root / os.fsdecode(b"\xff.txt")).touch()
    load_folder(root)
    assert capsys.readouterr().out.encode() == f"Data: not read in {root}: \ufffd.txt.\n".encode()


def test_links_are_followed_but_not_in_circles(root, tmp_path):
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "red").symlink_to(root / "red", target_is_directory=True)
    (tmp_path / "linked" / "green").symlink_to(root / "green", target_is_directory=True)
    (root / "red" / "up").symlink_to(root / "red", target_is_directory=True)
    assert load_folder(tmp_path / "linked").labels.bincount().tolist() == [8, 8]


def test_reading_shows_a_bar_of_all_pictures(root, monkeypatch):
    bars = []

    @contextmanager
    def bar(total, unit, description):
        with folder_bar(total, unit, description, wanted=False) as made:
            made.updates = []
            made.update = lambda: made.updates.append(1)
            bars.append(made)
            yield made

    folder_bar = folder.progress_bar
    monkeypatch.setattr(folder, "progress_bar", bar)
    load_folder(root)
    assert [(bar.total, len(bar.updates)) for bar in bars] == [(25, 25)]


# --- refused, in words ---


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"size": 29}, "size must be one of 28, 32, 64, not 29"),
        ({"size": 28.0}, "size must be a whole number.* not 28.0"),
        ({"size": "28"}, "size must be a whole number.* not '28'"),
        ({"channels": 2}, "channels must be one of 1, 3, not 2"),
        ({"channels": True}, "channels must be a whole number.* not True"),
        ({"device": "gpu"}, "device"),
        ({"path": None}, "path must be that of a folder of pictures, not None"),
        ({"path": ""}, "path must be that of a folder of pictures, not ''"),
    ],
)
def test_wrong_arguments_are_named(options, message, root):
    with pytest.raises(ValueError, match=message):
        load_folder(**{"path": root, **options})
    assert load_folder(root, np.int64(28), np.int64(1)).image_size == 28


def test_folders_that_are_none_are_named(root):
    with pytest.raises(DataError, match=rf"The folder {root / 'nowhere'} is missing"):
        load_folder(root / "nowhere")
    with pytest.raises(DataError, match=rf"The folder {root / 'red' / '0.png'} is a file: unpack it"):
        load_folder(root / "red" / "0.png")
    (root / "empty").mkdir()
    with pytest.raises(DataError, match=rf"{root / 'empty'} holds no pictures, .* end in .jpg, .*, but no files"):
        load_folder(root / "empty")
    (root / "empty" / "a.svg").touch()
    with pytest.raises(DataError, match=r"holds no pictures.*, but only other files \(a.svg\)"):
        load_folder(root / "empty")
    with pytest.raises(DataError, match=rf"{root / 'empty'} is a class without pictures: put some in, or remove it"):
        load_folder(root)


def test_pictures_beside_classes_are_named(root):
    picture(root / "loose.png")
    with pytest.raises(DataError, match=rf"{root} has pictures \(loose.png\) beside subfolders with pictures"):
        load_folder(root)


def test_a_class_of_one_picture_cannot_be_split(root):
    picture(root / "white" / "only.png", WHITE)
    with pytest.raises(DataError, match=rf"{root / 'white'} has one picture: at least two are needed"):
        load_folder(root)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def noise(path: Path) -> Path:
    pixels = np.random.RandomState(0).randint(0, 256, (100, 100, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)
    return path


def thirty_two_bits(path: Path) -> None:
    Image.fromarray(np.ones((30, 40), np.float32)).save(path)


BROKEN = {
    "text.png": (lambda path: path.write_text("no picture"), "is no picture in JPEG, PNG"),
    "empty.png": (lambda path: path.touch(), "is no picture in JPEG, PNG"),
    "drawing.png": (lambda path: picture(path.with_suffix(".pdf")).rename(path), "is no picture in JPEG, PNG"),
    "cut.jpg": (lambda path: cut(noise(path)), r"is damaged \(image file is truncated"),
    "cut.png": (lambda path: cut(noise(path)), r"is damaged \(image file is truncated"),
    "float.tif": (thirty_two_bits, "has 32-bit pixels, of which nobody knows what is white"),
    "pipe.png": (lambda path: os.mkfifo(path), "is a pipe, a device or a broken link"),
    "link.png": (lambda path: path.symlink_to("nowhere"), "is a pipe, a device or a broken link"),
    "device.png": (lambda path: path.symlink_to("/dev/zero"), "is a pipe, a device or a broken link"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_file_that_is_no_picture_is_named(name, root):
    make, message = BROKEN[name]
    make(root / "red" / name)
    with pytest.raises(DataError, match=rf"^{root / 'red' / name} {message}.*\. Repair or remove what is named\.$"):
        load_folder(root)


@pytest.mark.parametrize("method", ["iterdir", "is_file"])
def test_what_must_not_be_read_is_named(method, root, monkeypatch):
    def denied(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, method, denied)
    with pytest.raises(DataError, match=rf"^{root}.* cannot be read \(Permission denied\)"):
        load_folder(root)


def test_all_broken_files_are_found_in_one_pass(root):
    for i in range(5):
        (root / "red" / f"x{i}.png").touch()
    with pytest.raises(DataError, match="x0.png is no .*x1.png is no .*x2.png is no .*; and 2 more. Repair"):
        load_folder(root)


@pytest.mark.parametrize("times", [1.5, 3])
def test_a_decompression_bomb_is_refused_before_it_is_unpacked(times, root, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10_000)
    side = int((times * 10_000) ** 0.5)
    picture(root / "red" / "bomb.png", shape=(side, side))
    with pytest.raises(DataError, match="bomb.png has more than 10,000 pixels: reduce it first"):
        load_folder(root)


def test_what_does_not_fit_into_memory_is_refused_before_it_is_read(root, monkeypatch):
    monkeypatch.setattr(folder, "LARGEST", 25 * 3 * 28 * 28)
    assert len(load_folder(root, 28, 3).images) == 20
    with pytest.raises(DataError, match="folder-own: 25 pictures of 3x32x32 do not fit"):
        load_folder(root, 32, 3)


# --- in a lesson ---


def test_a_lesson_begins_on_own_images_and_checks_no_claim_about_others(root, monkeypatch, capsys):
    monkeypatch.setenv("COURSE_BUDGET", "cpu")
    course = lesson.begin("09", images=load_folder(root))
    assert course.images.name == "folder-own" and course.per_data(mnist=1, digits=2) == 1
    course.claim("all ten digits are drawn", 3, above=9, null={"one digit": 1})
    said = capsys.readouterr().out
    assert "budget  cpu: runs every line, checks no claim\n" in said
    assert "· not checked on your own images: all ten digits are drawn  [measured 3; one digit: 1]\n" in said
