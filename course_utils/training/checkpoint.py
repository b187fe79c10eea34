"""Checkpoints that survive a kill at any moment, and load without running code."""

import os
from pathlib import Path
from typing import Any

from course_utils.storage import DamagedFile, load_tensors, save_tensors

_FORMAT = 1


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says which file, why, and what to do."""


class Checkpoint:
    """One file, for one run: `config` (plain values) says which run it is, so that no other one goes on from it."""

    def __init__(self, path: str | os.PathLike, config: dict[str, Any]):
        self.path, self.config = Path(path), config

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file's content by `state`; after a kill at any moment it is the old checkpoint or this one.

        Raises CheckpointError where it cannot be written, as on a full disk; the old checkpoint is then still there.
        """
        try:
            save_tensors(self.path, {"format": _FORMAT, "config": self.config, "state": state})
        except OSError as error:
            old = "; the one before it is whole, and the same call goes on from it" if self.path.exists() else ""
            reason = error.strerror or error
            raise CheckpointError(f"cannot write the checkpoint {self.path}: {reason}{old}") from error

    def load(self) -> dict[str, Any] | None:
        """The saved state, on the CPU; None if there is no file yet. Raises CheckpointError if it is not this run's."""
        if not self.path.exists():
            return None
        try:
            saved = load_tensors(self.path)
            found_format, found, state = saved["format"], saved["config"], saved["state"]
        except (DamagedFile, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{self.path} is not a readable checkpoint. Delete it, or give another path"
            ) from error
        if found_format != _FORMAT:
            raise CheckpointError(
                f"{self.path} has checkpoint format {found_format}; this course reads {_FORMAT}. "
                "Delete it to start again"
            )
        differing = [key for key in self.config if found.get(key) != self.config[key]]
        if differing:
            details = "; ".join(f"{key} was {found.get(key)!r} and is now {self.config[key]!r}" for key in differing)
            raise CheckpointError(
                f"{self.path} belongs to a different run: {details}. Use the same call, another path, or delete it"
            )
        return state
