"""What the models learn from: 2-D toys whose density is known exactly, and images that live on the device."""

from .binarised import BinarisedImages
from .cache import cache_folder
from .folder import load_folder
from .images import ImageData, load_images, normalise, to_uint8
from .mnist import DataError
from .painted import COLOURS, PaintedDomains, ground_colour, painted, unpainted
from .pairs import SameClassPairs, UnpairedDomains, bold, covered, inverted, quarter_turn, quarter_turn_back
from .stacked import StackedImages
from .toys import Grid, Mixture, Mixture1D, Ring, Spiral, TwoGaussians

__all__ = [
    "COLOURS",
    "BinarisedImages",
    "DataError",
    "Grid",
    "ImageData",
    "Mixture",
    "Mixture1D",
    "PaintedDomains",
    "Ring",
    "SameClassPairs",
    "Spiral",
    "StackedImages",
    "TwoGaussians",
    "UnpairedDomains",
    "bold",
    "cache_folder",
    "covered",
    "ground_colour",
    "inverted",
    "load_folder",
    "load_images",
    "normalise",
    "painted",
    "quarter_turn",
    "quarter_turn_back",
    "to_uint8",
    "unpainted",
]
