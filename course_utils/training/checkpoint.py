"""Checkpoints that survive a kill at any moment, and load without running code."""

import os
from pathlib import Path
from typing import Any

import torch

_FORMAT = 1


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says which file, why, and what to do."""


class Checkpoint:
    """One file, for one run: `config` (plain values) says which run it is, so that no other one goes on from it."""

    def __init__(self, path: str | os.PathLike, config: dict[str, Any]):
        self.path, self.config = Path(path), config

    def save(self, state: dict[str, Any]) -> None:
        """Write `state` so that the file is always either the previous checkpoint or this one, whole.

        It is written beside its place, flushed to the disk, and only then renamed onto it, which is atomic.
        """
        partial = self.path.with_name(self.path.name + ".partial")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with open(partial, "wb") as file:
                torch.save({"format": _FORMAT, "config": self.config, "state": state}, file)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, self.path)
        except OSError as error:
            raise CheckpointError(f"cannot write the checkpoint {self.path}: {error.strerror or error}") from error

    def load(self) -> dict[str, Any] | None:
        """The saved state, on the CPU; None if there is no file yet. Raises CheckpointError if it is not this run's."""
        if not self.path.exists():
            return None
        try:
            saved = torch.load(self.path, map_location="cpu", weights_only=True)
            found_format, found, state = saved["format"], saved["config"], saved["state"]
        except Exception as error:  # torch.load raises many kinds for a damaged file
            raise CheckpointError(
                f"{self.path} is not a readable checkpoint ({type(error).__name__}). Delete it, or give another path"
            ) from error
        if found_format != _FORMAT:
            raise CheckpointError(
                f"{self.path} has checkpoint format {found_format}; this course reads {_FORMAT}. Delete it to start again"
            )
        differing = [key for key in self.config if found.get(key) != self.config[key]]
        if differing:
            details = "; ".join(f"{key} was {found.get(key)!r} and is now {self.config[key]!r}" for key in differing)
            raise CheckpointError(
                f"{self.path} belongs to a different run: {details}. Use the same call, another path, or delete it"
            )
        return state
