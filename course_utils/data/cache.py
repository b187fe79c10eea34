"""Where the course keeps what it downloads or computes once."""

import os
import sys
from pathlib import Path


def cache_folder() -> Path:
    """``COURSE_CACHE`` if set, else a folder in the user's cache. Named here; who writes to it makes it."""
    if chosen := os.environ.get("COURSE_CACHE"):
        return Path(chosen).expanduser().absolute()
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "generative-models-course"
