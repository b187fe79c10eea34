"""The stand-in accelerator as a device of PyTorch: compiled once, registered, and what `torch.cuda` is for CUDA.

After `plug_in()` the device type "stand_in" exists, and `torch.accelerator` finds it until `unplug()`.
"""

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import torch

SOURCE = Path(__file__).with_name("backend.cpp")
BUILD = SOURCE.parents[2] / "build" / "stand_in"
COMPILER = shutil.which(os.environ.get("CXX", "c++"))

device = contextlib.nullcontext  # torch.cuda.device chooses among several; there is one
_plugged_in = False


def plug_in(float64: bool = True) -> torch.device:
    """From now on it is a device of PyTorch, for the rest of this process, and the machine's accelerator.

    Without `float64` it refuses numbers of that type, as Apple's GPUs do.
    """
    global _plugged_in
    if not hasattr(torch, "stand_in"):
        torch.ops.load_library(_compiled())
        torch.utils.rename_privateuse1_backend("stand_in")
        torch._register_device_module("stand_in", sys.modules[__name__])
    torch.ops.stand_in.allow_float64(float64)
    _plugged_in = True
    return torch.device("stand_in")


def unplug() -> None:
    """Code that asks for the machine's accelerator finds none; tensors that are on it stay."""
    global _plugged_in
    _plugged_in = False


def _compiled() -> Path:
    """The library for this PyTorch and this source: about half a minute the first time, whoever waits for it."""
    version = f"{torch.__version__} {sys.platform}".encode()
    library = BUILD / f"{hashlib.sha256(version + SOURCE.read_bytes()).hexdigest()[:16]}.so"
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # let go when the file is closed
        if not library.exists():
            _compile(library.with_suffix(".partial"))
            library.with_suffix(".partial").rename(library)
    return library


def _compile(target: Path) -> None:
    torch_folder = Path(torch.__file__).parent
    flags = ["-std=c++20", "-O1", "-shared", "-fPIC", f"-D_GLIBCXX_USE_CXX11_ABI={torch.compiled_with_cxx11_abi():d}"]
    libraries = ["-L", torch_folder / "lib", "-lc10", "-ltorch_cpu"]
    subprocess.run(
        [COMPILER, *flags, "-isystem", torch_folder / "include", SOURCE, "-o", target, *libraries], check=True
    )


# --- what PyTorch, and code for any accelerator, asks a device's module -----------------------------------------------


def is_available() -> bool:
    return _plugged_in


def device_count() -> int:
    return int(_plugged_in)


def current_device() -> int:
    return 0


def synchronize(device: torch.device | None = None) -> None:
    """Nothing to wait for."""


def manual_seed(seed: int) -> None:
    torch.ops.stand_in.manual_seed(seed)


manual_seed_all = manual_seed


def get_rng_state(device: torch.device | None = None) -> torch.Tensor:
    return torch.ops.stand_in.random_state()


def set_rng_state(state: torch.Tensor, device: torch.device | None = None) -> None:
    torch.ops.stand_in.set_random_state(state)


def get_amp_supported_dtype() -> list[torch.dtype]:
    return [torch.bfloat16, torch.float16]


def _is_in_bad_fork() -> bool:
    return False
