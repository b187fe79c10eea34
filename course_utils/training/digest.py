"""A hash of all that a training depends on, down to the code of a student's functions; or a refusal.

A description (`identity`) is made to be read: it tells functions apart by their names, and leaves out what is long.
Here nothing may be left out, as a file that is found by this hash is taken up without a question.
"""

import builtins
import hashlib
import sys
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cached_property, partial
from types import BuiltinFunctionType, CodeType, FunctionType, MethodDescriptorType, MethodType, ModuleType
from typing import Any, Generic

import numpy as np
import torch
from torch import Tensor
from torch.optim import Optimizer

_INSTALLED = {"course_utils", "numpy", "torch", *sys.stdlib_module_names}  # code that no student edits
_OPEN = ("course_utils.", "torch.nn.", "torch.optim.", "torch.distributions.", "torch.utils.data.")  # all is in vars()
_PLAIN = {
    *(bool, int, float, complex, str, bytes, range, slice, type(None), type(...), type(NotImplemented)),
    *(torch.dtype, torch.device, torch.layout, torch.memory_format),
}
_READERS = {  # by which code reaches what it does not name
    *("open", "load", "read_text", "read_bytes", "fromfile", "memmap", "imread"),
    *("eval", "exec", "globals", "locals", "__import__", "import_module"),
}
_MANY, _LARGE = 50_000, 2**30  # objects and bytes: more cannot be told in a moment


class Untold(Exception):
    """There is something of which not all can be known."""


def digest(value: Any, saved: Iterable[Tensor | Optimizer] = ()) -> str:
    """A hash of everything that `value` holds or calls, 32 hexadecimal digits; the same in another process.

    The contents of `saved` do not count: of the tensors only which one it is and its layout, of the optimisers all but
    weights and rates. Code of Python, torch, numpy and the course goes by name. Raises Untold for what hides its
    content, such as iterators, random generators, open files and objects of other packages' C code.
    """
    walk = _Walk(saved)
    walk.add(value)
    return walk.hash.hexdigest()[:32]


class _Walk:
    def __init__(self, saved: Iterable[Tensor | Optimizer]):
        self.hash, self.bytes = hashlib.sha256(), 0
        self.saved = {id(part): (number, part) for number, part in enumerate(saved)}
        self.seen: dict[int, tuple[int, Any]] = {}  # with the object, so that no other one gets its id

    def add(self, value: Any) -> None:
        kind = type(value)
        if kind in _PLAIN:
            self._put(kind.__name__, repr(value))
            return
        if id(value) in self.seen:
            self._put("again", self.seen[id(value)][0])
            return
        if len(self.seen) == _MANY:
            raise Untold("too many objects")
        self.seen[id(value)] = (len(self.seen), value)
        if isinstance(value, Tensor):
            self._tensor(value)
        elif isinstance(value, np.ndarray | np.generic):
            self._array(np.asarray(value))
        elif isinstance(value, ModuleType | np.ufunc):
            self._require(isinstance(value, np.ufunc) or _is_installed(value.__name__), value)
            self._put("named", value.__name__)
        elif isinstance(value, type):
            self._class(value)
        elif isinstance(value, FunctionType):
            self._function(value)
        elif isinstance(value, MethodType):
            self._all("method", value.__func__, value.__self__)
        elif isinstance(value, BuiltinFunctionType | MethodDescriptorType):
            self._builtin(value)
        elif isinstance(value, staticmethod | classmethod):
            self._all("static", value.__func__)
        elif isinstance(value, property):
            self._all("property", value.fget, value.fset, value.fdel)
        elif kind is cached_property:
            self._all("cached", value.func)
        elif isinstance(value, Enum):
            self._all("enum", kind, value.name)
        else:
            self._object(value)

    def _put(self, *texts: object) -> None:
        for text in texts:
            content = text if isinstance(text, bytes) else str(text).encode(errors="surrogatepass")
            self.hash.update(b"%d:" % len(content))
            self.hash.update(content)

    def _all(self, what: str, *parts: Any) -> None:
        self._put(what, len(parts))
        for part in parts:
            self.add(part)

    @staticmethod
    def _require(told: bool, value: Any) -> None:
        if not told:
            raise Untold(f"a {type(value).__name__}")

    def _tensor(self, x: Tensor) -> None:
        number, _ = self.saved.get(id(x), (None, None))
        self._put("tensor", x.dtype, tuple(x.shape), x.requires_grad, number)
        if number is None:
            self._content(x.nbytes, x)
        else:
            self._put(x.stride())  # by the layout of weights their kernels are chosen
        for hooks in (x._backward_hooks, getattr(x, "_post_accumulate_grad_hooks", None)):
            self._all("hooks", *(hooks or {}).values())
        self._attributes(vars(x), type(x))

    def _array(self, x: np.ndarray) -> None:
        self._require(not x.dtype.hasobject, x)
        self._put("array", x.dtype.str, x.shape)
        self._content(x.nbytes, torch.from_numpy(np.frombuffer(x.tobytes(), np.uint8).copy()))

    def _content(self, size: int, x: Tensor) -> None:
        self.bytes += size
        self._require(self.bytes <= _LARGE, x)
        self.hash.update(x.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())

    def _function(self, function: FunctionType) -> None:
        self._put("function", function.__qualname__)
        where = function.__globals__  # __module__ may be that of another, which functools.wraps put there
        if _is_installed(where.get("__name__", "")):
            self._put(where["__name__"])
        else:
            self._code(function.__code__, where)
        self._all("made with", function.__defaults__, function.__kwdefaults__, vars(function))
        for cell in function.__closure__ or ():
            try:
                self._all("cell", cell.cell_contents)
            except ValueError:
                self._put("empty")

    def _code(self, code: CodeType, where: Mapping[str, Any]) -> None:
        names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
        counts = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
        self._put("code", code.co_code, code.co_exceptiontable, names, counts)
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                self._code(constant, where)
            else:
                self.add(constant)
        for name in code.co_names:
            self._require(name not in _READERS, code)
            if name in where:
                self._all("global", where[name])
            elif not hasattr(builtins, name) and name in sys.modules:  # imported inside the function
                self.add(sys.modules[name])

    def _builtin(self, value: Any) -> None:
        owner = getattr(value, "__objclass__", getattr(value, "__self__", None))
        module = getattr(owner, "__module__", None) or getattr(value, "__module__", None)  # torch's own have none
        self._require(module is None or _is_installed(module), value)
        self._all(f"builtin {value.__qualname__}", owner)

    def _class(self, kind: type) -> None:
        self._put("class", kind.__module__, kind.__qualname__)
        if _is_installed(kind.__module__) and _is_found(kind):
            return
        self._all("bases", *kind.__bases__)
        for name, member in vars(kind).items():
            is_code = isinstance(member, FunctionType | staticmethod | classmethod | property)
            if (is_code or not name.startswith("__")) and name != "_abc_impl":
                self._put(name)
                self.add(member)

    def _object(self, value: Any) -> None:
        kind = type(value)
        self.add(kind)
        if isinstance(value, dict):
            self._all("dict", *value.keys(), *value.values())
        elif isinstance(value, list | tuple):
            self._all("list", *value)
        elif isinstance(value, set | frozenset):
            self._require({type(part) for part in value} <= _PLAIN, value)
            self._put("set", *sorted(map(repr, value)))
        elif isinstance(value, partial):
            self._all("partial", value.func, value.args, value.keywords)
        else:
            bases = [base for base in kind.__mro__ if base not in (object, Generic) and base.__module__ != "abc"]
            hidden = [b for b in bases if _is_installed(b.__module__) and not b.__module__.startswith(_OPEN)]
            self._require(not hidden and hasattr(value, "__dict__"), value)
        left_out = ("state", "param_groups") if id(value) in self.saved else ()
        parts = getattr(value, "__dict__", {})
        self._attributes({name: part for name, part in parts.items() if name not in left_out}, kind)

    def _attributes(self, parts: Mapping[str, Any], kind: type) -> None:
        for name, part in parts.items():
            if isinstance(getattr(kind, name, None), cached_property):  # made from the rest, whenever it is asked for
                continue
            self._put(name)
            numbered = "_hooks" in name and isinstance(part, dict)  # by a number of this process
            self._all("attribute", *(part.values() if numbered else [part]))


def _is_installed(module: str) -> bool:
    return module.partition(".")[0] in _INSTALLED


def _is_found(kind: type) -> bool:
    """Whether it is what its module has under its name, and not made by a call."""
    found: Any = sys.modules.get(kind.__module__)
    for name in kind.__qualname__.split("."):
        found = getattr(found, name, None)
    return found is kind
