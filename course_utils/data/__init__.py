"""What the models learn from: 2-D toys whose density is known exactly, and images that live on the device."""

from .binarised import BinarisedImages
from .cache import cache_folder
from .images import ImageData, load_images, normalise, to_uint8
from .mnist import DataError
from .stacked import StackedImages
from .toys import Grid, Mixture, Mixture1D, Ring, Spiral, TwoGaussians

__all__ = [
    "BinarisedImages",
    "DataError",
    "Grid",
    "ImageData",
    "Mixture",
    "Mixture1D",
    "Ring",
    "Spiral",
    "StackedImages",
    "TwoGaussians",
    "cache_folder",
    "load_images",
    "normalise",
    "to_uint8",
]
