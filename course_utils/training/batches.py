"""What a training draws from: a function of n, or a DataLoader; looked at in every call."""

import inspect
import itertools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader

from course_utils.inputs import require_function
from course_utils.training.distributed import share_of
from course_utils.training.randomness import forked_random_state

Batch = Tensor | tuple[Tensor, ...]


class Batches:
    """`sample(n)` for a network: as many samples as were asked for, on its device and in its type, or ValueError.

    `any_type`: integers and other types are allowed too. `of` makes one from what a caller passes.
    """

    def __init__(self, sample: Callable[[int], Batch], network: nn.Module, name: str, any_type: bool = False):
        weight = next(network.parameters(), None)
        if weight is None:
            raise ValueError(f"{type(network).__name__} has no weights, whose device and type {name} would follow")
        self.name, self.device, self.dtype = name, weight.device, None if any_type else weight.dtype
        self.sample = sample
        self.shape: torch.Size | None = None  # of one sample, as the first batch had it
        self._share = share_of(sample)

    @classmethod
    def of(
        cls, sample: object, network: nn.Module, name: str, any_type: bool = False, labelled: bool | None = None
    ) -> "Batches":
        """Raises ValueError, with what to write instead, for what is no function of n and no DataLoader.

        `labelled`: whether a DataLoader's labels are wanted; by default if `network` takes a second argument.
        """
        if isinstance(sample, Batches):
            return sample
        if isinstance(sample, DataLoader):
            labelled = takes_labels(network.forward) if labelled is None else labelled
            return cls(LoaderBatches(sample, network, labelled), network, name, any_type)
        if callable(sample):
            require_function(name, sample, "a function that returns n samples", takes=1)
            return cls(sample, network, name, any_type)
        method = next((name for name in ("batch", "sample") if callable(getattr(sample, name, None))), None)
        if isinstance(sample, Tensor):
            instead = "for a tensor x, lambda n: x[torch.randint(len(x), (n,), device=x.device)]"
        elif method:
            instead = f"pass its method .{method}"
        else:
            instead = "a torch DataLoader can be passed as it is"
        raise ValueError(
            f"{name} must be a function that returns n samples, {name}(n), not a {type(sample).__name__}: {instead}"
        )

    def __call__(self, n: int) -> Batch:
        drawn = self._share(n)
        parts = drawn if isinstance(drawn, tuple) else (drawn,)
        for part in parts:
            if not isinstance(part, Tensor) or part.layout is not torch.strided or part.ndim == 0 or len(part) != n:
                raise ValueError(self._what_is_wrong(drawn, n))
            if part.device != self.device:
                raise ValueError(f"the data are on {part.device}, the networks on {self.device}: move one, .to(device)")
        x = parts[0]
        if self.dtype is not None and x.dtype != self.dtype:
            scale = "" if x.is_floating_point() else "; bytes 0 … 255 become images in [-1, 1] by x.float() / 127.5 - 1"
            raise ValueError(
                f"{self.name} returns samples of type {x.dtype}, and the networks compute in {self.dtype}: "
                f"convert them once, x.to({self.dtype}){scale}"
            )
        if self.shape is None:
            self.shape = x.shape[1:]
            if self.dtype is not None and not bool(x.isfinite().all()):
                raise ValueError(f"the samples hold NaN or infinite values: look at what {self.name} returns")
        if x.shape[1:] != self.shape:
            raise ValueError(
                f"{self.name} returns samples of shape {tuple(x.shape[1:])}, and returned {tuple(self.shape)} before: "
                "all samples of a run must have one shape"
            )
        if any(part.is_inference() for part in parts):  # autograd takes none that was made in inference_mode
            drawn = parts = tuple(part.clone() for part in parts)
        return parts[0] if len(parts) == 1 else drawn

    def require_as_before(self, network: nn.Module) -> None:
        """Raises ValueError for a network that has been converted or moved since the samples were made to fit it."""
        weight = next(network.parameters())
        if weight.device != self.device or self.dtype not in (None, weight.dtype):
            raise ValueError(
                f"the networks are in {weight.dtype} on {weight.device}, and began in {self.dtype or weight.dtype} on "
                f"{self.device}, as {self.name} still is: convert them back, .to(…), or begin another run"
            )

    def _what_is_wrong(self, drawn: object, n: int) -> str:
        if isinstance(drawn, list):
            return f"{self.name}({n}) returns a list; it must return a tensor, or a tuple such as (images, labels)"
        for part in drawn if isinstance(drawn, tuple) else (drawn,):
            if not isinstance(part, Tensor):
                kind = f"{type(part).__module__.partition('.')[0]}.{type(part).__name__}".removeprefix("builtins.")
                return f"{self.name}({n}) returns a {kind}, not a tensor: convert it once, torch.as_tensor(x)"
            if part.layout is not torch.strided:
                return f"{self.name}({n}) returns sparse tensors, {part.layout}: convert them once, x.to_dense()"
            if part.ndim == 0 or len(part) != n:
                found = f"{len(part)}" if part.ndim else "one number"
                return (
                    f"{self.name}({n}) must return {n} samples, and their labels if it gives any, but returned "
                    f"{found}: a last batch that is cut short, or a fixed size, would count as something else"
                )
        raise AssertionError("nothing is wrong")

    def fingerprint(self) -> list[float] | None:
        """What tells these data from others: the means of sixteen samples drawn from seed 0.

        None where the same seed gives other samples, since then the samples have a random stream of their own.
        """
        if isinstance(self.sample, LoaderBatches):
            return None

        def means() -> list[float]:
            with torch.no_grad(), forked_random_state(self.device, 0):
                drawn = self.sample(16)
            parts = drawn if isinstance(drawn, tuple) else (drawn,)
            return [mean for part in parts for mean in part.cpu().double().reshape(len(part), -1).mean(1).tolist()]

        first = means()
        return first if first == means() else None


class LoaderBatches:
    """A DataLoader as a function of n: its batches one after the other, epoch after epoch, dealt out n at a time.

    Of its pairs (x, labels) only x is kept if they are not `labelled`.
    """

    UNEQUAL = "the DataLoader's samples must have one shape, such as by a Resize in the data set"

    def __init__(self, loader: DataLoader, network: nn.Module, labelled: bool):
        weight = next(network.parameters())
        self.loader, self.device = loader, weight.device
        self.labelled = labelled
        self.batches = self._forever()
        self.held: list[tuple[Tensor, ...]] = []

    def _forever(self):
        for epoch in itertools.count():
            empty = True
            try:
                for batch in self.loader:
                    empty = False
                    yield self._parts(batch)
            except RuntimeError as error:
                if "stack expects each tensor to be equal size" not in str(error):
                    raise
                raise ValueError(f"{self.UNEQUAL}: {str(error).splitlines()[-1]}") from error
            if empty and epoch:
                raise ValueError(
                    "the DataLoader gives no more batches after its first round: its data set must begin anew in each "
                    "__iter__, and not go on with one iterator"
                )
            if empty:
                raise ValueError("the DataLoader has no batches: its data set is empty, or drop_last dropped all of it")

    def _parts(self, batch: Tensor | list[Tensor]) -> tuple[Tensor, ...]:
        parts = tuple(batch) if isinstance(batch, list | tuple) else (batch,)
        if not all(isinstance(part, Tensor) for part in parts):
            kinds = ", ".join(type(part).__name__ for part in parts)
            instead = (
                'choose a part, such as collate_fn=lambda items: torch.stack([item["x"] for item in items])'
                if isinstance(batch, dict)
                else "give its data set transform=ToTensor()"
            )
            raise ValueError(f"the DataLoader must give tensors, not {kinds}: {instead}")
        return tuple(part.to(self.device) for part in (parts if self.labelled else parts[:1]))

    def __call__(self, n: int) -> Batch:
        held = sum(len(parts[0]) for parts in self.held)
        while held < n:
            self.held.append(next(self.batches))
            held += len(self.held[-1][0])
        if len({tuple(part.shape[1:] for part in parts) for parts in self.held}) > 1:
            found = " and ".join(sorted({str([list(part.shape[1:]) for part in parts]) for parts in self.held}))
            raise ValueError(f"{self.UNEQUAL}, but they are {found}")
        joint = [torch.cat(tensors) for tensors in zip(*self.held, strict=True)]
        self.held = [tuple(t[n:] for t in joint)]
        drawn = tuple(t[:n] for t in joint)
        return drawn if self.labelled else drawn[0]

    def remark(self, n: int) -> str:
        """How much slower it is than a tensor of the same samples, measured now."""
        with forked_random_state(self.device):
            batches = iter(self.loader)
            first, started = self._parts(next(batches))[0], time.perf_counter()
            counts = [len(self._parts(batch)[0]) for batch in itertools.islice(batches, 3)]
            each = (time.perf_counter() - started) / max(1, sum(counts))
            started = time.perf_counter()
            for _ in range(10):
                first[torch.randint(len(first), (n,), device=self.device)]
            from_tensor = (time.perf_counter() - started) / 10
        return (
            f"A DataLoader takes {each * n * 1e3:.2g} ms for {n} samples, a tensor on {self.device} "
            f"{from_tensor * 1e3:.2g} ms (× {each * n / from_tensor:.0f}): data.ImageData.batch draws from one. "
            "After a resume its batches are others."
        )


@contextmanager
def left_alone(who: str, *batches: Tensor) -> Iterator[None]:
    """Raises ValueError if `who` writes into these batches inside."""
    versions = [x._version for x in batches]
    yield
    if [x._version for x in batches] != versions:
        raise ValueError(
            f"{who} changes its input in place, as x.clamp_(…), x += … and inplace=True do, and with it the data, or "
            "what is computed from them next: make a new tensor, as x.clamp(…) and x + … do"
        )


def takes_labels(function: Callable) -> bool:
    """Whether it can be called with a second argument, the labels."""
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        return False
    return True
