"""One picture file as pixels: upright, without transparency, the square in its middle, in grey or in RGB."""

import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

FORMATS = ("JPEG", "PNG", "PPM", "BMP", "TIFF", "WEBP", "GIF")  # Pillow would hand others to programs, as Ghostscript
FINER = 4  # a JPEG is decoded at this multiple of the size or more: what lies below is averaged away anyway


class NoPicture(ValueError):
    """A file is not a picture that can be used; the message is the end of a sentence about it."""


def read_picture(path: Path, size: int, channels: int) -> Tensor:
    """The picture's centre square, uint8 [channels, size, size], reduced or enlarged with antialiasing.

    It is turned upright as its EXIF orientation says; transparent pixels show a white page; of an animation it is the
    first frame. Palettes, CMYK and 16-bit grey become 8-bit RGB, or grey (ITU-R 601 luma) for one channel. Colour
    profiles are not applied. Raises ``NoPicture``.
    """
    try:
        if not path.is_file():  # a pipe would wait for ever, a device never end
            raise NoPicture("is a pipe, a device or a broken link")
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            return _read(path, size, channels)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise NoPicture(f"has more than {Image.MAX_IMAGE_PIXELS:,} pixels: reduce it first") from None
    except UnidentifiedImageError:
        raise NoPicture(f"is no picture in {', '.join(FORMATS)}") from None
    except PermissionError as error:
        raise NoPicture(f"cannot be read ({error.strerror})") from error
    except NoPicture:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds
        raise NoPicture(f"is damaged ({' '.join(str(error).split()) or type(error).__name__})") from error


def _read(path: Path, size: int, channels: int) -> Tensor:
    from torchvision.transforms import functional  # here, because it takes seconds to import

    with Image.open(path, formats=FORMATS) as picture:
        picture.draft(None, (FINER * size, FINER * size))  # nothing but a JPEG heeds it
        ImageOps.exif_transpose(picture, in_place=True)
        square = functional.center_crop(picture, min(picture.size))
        colours = _eight_bits(square, picture.format).convert("RGBA")
    small = functional.resize(colours, [size, size])  # weighs colours by their opacity
    page = Image.new("RGBA", small.size, "white")
    page.alpha_composite(small)
    return functional.pil_to_tensor(page.convert("L" if channels == 1 else "RGB"))


def _eight_bits(picture: Image.Image, kind: str | None) -> Image.Image:
    """Pillow's own conversion of 16-bit grey would cut all levels above 255, and so make the picture white."""
    if picture.mode.startswith("I;16") or (picture.mode == "I" and kind in ("PNG", "PPM")):
        return Image.fromarray(np.rint(np.asarray(picture) / 257).astype(np.uint8))
    if picture.mode in ("I", "F"):
        raise NoPicture("has 32-bit pixels, of which nobody knows what is white: store it with 8 or 16 bits")
    return picture
