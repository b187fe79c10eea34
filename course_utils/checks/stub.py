"""The stub that stands where an answer is to be written: a function whose only statement raises NotImplementedError."""

import ast
import functools
import inspect
import textwrap
from types import CodeType

STUBS = ("your code here", "")  # what a stub's NotImplementedError says; PyTorch's own say more
LEFTOVER = (
    "Code is written, and the stub's line `raise NotImplementedError(…)` still stands in it and stops it. Delete the "
    "raise line."
)


def is_stub(error: BaseException, message: str) -> bool:
    """Whether an error is what a stub raises."""
    return isinstance(error, NotImplementedError) and message in STUBS


def is_untouched(error: BaseException) -> bool:
    """Whether nothing is written yet in the function that raised `error`: it has a docstring at most, and the raise."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    try:
        source = textwrap.dedent(inspect.getsource(trace.tb_frame.f_code))
        (function,) = ast.parse(source).body
    except (OSError, SyntaxError, TypeError, ValueError):  # no text to look at
        return True
    return not isinstance(function, ast.FunctionDef) or all(map(_is_of_the_stub, function.body))


def unwritten(*needed: object) -> list[str]:
    """The names of those functions, classes and callable objects that are still stubs."""
    return [_name(thing) for thing in needed if any(STUBS[0] in code.co_consts for code in _codes(thing))]


def _is_of_the_stub(statement: ast.stmt) -> bool:
    """Whether a statement comes with the stub: its docstring, its raise, `pass`, `...` or `super().__init__()`."""
    if isinstance(statement, ast.Raise | ast.Pass):
        return True
    if not isinstance(statement, ast.Expr):
        return False
    return isinstance(statement.value, ast.Constant) or ast.unparse(statement.value) == "super().__init__()"


def _codes(thing: object) -> list[CodeType]:
    """The code that is run when `thing` is called; of a class, that of all its methods."""
    thing = _bare(thing)
    if inspect.isclass(thing):
        return [code for method in vars(thing).values() for code in _codes(method) if callable(method)]
    if not inspect.isroutine(thing):
        thing = type(thing).__call__ if callable(thing) else None
    code = getattr(thing, "__code__", None)
    return [code] if isinstance(code, CodeType) else []


def _bare(thing: object) -> object:
    """What a partial or a decorator stands for."""
    while isinstance(thing, functools.partial) or hasattr(thing, "__wrapped__"):
        thing = thing.func if isinstance(thing, functools.partial) else thing.__wrapped__
    return thing


def _name(thing: object) -> str:
    thing = _bare(thing)
    return getattr(thing, "__name__", None) or type(thing).__name__
