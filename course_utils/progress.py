"""One progress bar for everything that takes a while."""

import os

from tqdm.auto import tqdm


def progress_bar(total: int, unit: str, description: str | None = None, wanted: bool = True) -> tqdm:
    """A bar with rate and time left, which goes away when it is done.

    TQDM_DISABLE turns all bars off, for stored outputs (a saved bar is a frozen 0 %). tqdm reads it too, but not in a
    notebook.
    """
    off = os.environ.get("TQDM_DISABLE", "") not in ("", "0")
    return tqdm(total=total, unit=unit, desc=description, leave=False, disable=off or not wanted)
