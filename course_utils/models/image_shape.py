"""Images of another shape than a network was built for are refused in words, before a layer trips over them."""

from torch import Tensor


def require_image_shape(network: str, x: Tensor, shape: tuple[int, int, int]) -> None:
    """Raises ValueError unless x is [n, channels, image_size, image_size] with `shape` = (channels, size, size).

    The message names the arguments with which a network for these images is built.
    """
    if x.shape[1:] == shape:
        return
    built = f"{network} is built for images [n, {shape[0]}, {shape[1]}, {shape[2]}], not {list(x.shape)}"
    if x.ndim != 4 or x.shape[2] != x.shape[3]:
        raise ValueError(f"{built}: give it square images with their channels in front")
    arguments = {"image_size": (shape[2], x.shape[3]), "channels": (shape[0], x.shape[1])}
    needed = ", ".join(f"{name}={found}" for name, (wanted, found) in arguments.items() if wanted != found)
    raise ValueError(f"{built}: build it with {needed}, or give it images of its shape")
