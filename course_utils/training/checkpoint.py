"""Checkpoints that survive a kill at any moment, and load without running code."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from course_utils.inputs import shown
from course_utils.storage import DamagedFile, FileInUse, load_tensors, locked, save_tensors
from course_utils.training.identity import differences, lambdas, marked

_FORMAT = 3


class CheckpointError(RuntimeError):
    """A checkpoint cannot be used; the message says which file, why, and what to do. `.run` is what was trained."""


class Checkpoint:
    """One file, for one run: `identity` (plain values) says which run it is, so that no other one goes on from it.

    Raises CheckpointError for a function without a name of its own, which could not be told from another.
    """

    def __init__(self, path: str | os.PathLike, identity: dict[str, Any]):
        if not isinstance(path, str | os.PathLike) or not os.fspath(path) or "\0" in os.fsdecode(path):
            raise ValueError(f"checkpoint must be the path of a file, such as 'run.pt', not {shown(path)}")
        self.path, self.identity = Path(path), identity
        if nameless := list(lambdas(identity)):
            raise CheckpointError(
                f"a checkpoint tells functions apart by their names, and a lambda has none: define {nameless[0]} with "
                "def, or train without a checkpoint"
            )

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, the file is this run's alone. Raises CheckpointError if another run holds it.

        Where no lock can be made, as in a folder that is only read, a finished run can still be loaded.
        """
        with ExitStack() as stack:
            try:
                stack.enter_context(locked(self.path, wait=False))
            except FileInUse as error:
                raise CheckpointError(
                    f"another run is writing {self.path} at this moment: wait for it, stop it, or give another path"
                ) from error
            except OSError:
                pass  # what cannot be read or written will say so
            yield

    def save(self, state: dict[str, Any]) -> None:
        """Replace the file's content by `state`; after a kill at any moment it is the old checkpoint or this one.

        Raises CheckpointError where it cannot be written, as on a full disk; the old checkpoint is then still there.
        """
        try:
            save_tensors(self.path, {"format": _FORMAT, "identity": self.identity, "state": state})
        except OSError as error:
            raise self._cannot("write", error) from error

    def load(self) -> dict[str, Any] | None:
        """The saved state, on the CPU; None if there is no file yet. Raises CheckpointError if it is not this run's."""
        try:
            saved = load_tensors(self.path)
            found_format = saved["format"]
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._cannot("read", error) from error
        except (DamagedFile, KeyError, TypeError) as error:
            raise CheckpointError(
                f"{self.path} is not a checkpoint of this course, or it is damaged: give another path, or move it away"
            ) from error
        if found_format != _FORMAT:
            raise CheckpointError(
                f"{self.path} has checkpoint format {found_format}, and this course reads {_FORMAT}: give another path"
            )
        if differing := list(differences(saved["identity"], self.identity)):
            raise CheckpointError(
                f"{self.path} belongs to a different run: {'; '.join(differing)}. Use the same call, or another path"
            )
        self.identity = marked(saved["identity"], self.identity)  # what has changed in training goes on to do so
        return saved["state"]

    def _cannot(self, do: str, error: OSError) -> CheckpointError:
        whole = "; the one before it is whole, and the same call goes on from it"
        old = whole if do == "write" and self.path.is_file() else ""
        return CheckpointError(f"cannot {do} the checkpoint {self.path}: {error.strerror or error}{old}")
