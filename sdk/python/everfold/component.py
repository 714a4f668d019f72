"""Connects a reducer with the contract in `wit/`. Only a component imports this: the
modules `wit_world` and `componentize_py_types` are made while it is built.

`everfold build` makes a module that calls `export` with the project's module; what that
imports is loaded while the component is built, and every call begins from there.
"""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

from componentize_py_types import Err  # type: ignore[import-not-found]
from wit_world.exports import reducer as wit  # type: ignore[import-not-found]
from wit_world.imports import log as host_log  # type: ignore[import-not-found]
from wit_world.imports import types  # type: ignore[import-not-found]

from . import log
from .definition import Reducer
from .fold import RawEvent, Reduction
from .refused import Refused, text_of, trace_of

_LEVELS = {level.name.lower(): level for level in host_log.Level}
_ORDERS = {"occurred": wit.Order.OCCURRED, "recorded": wit.Order.RECORDED}

# There is no randomness here: what looks like it may at least not differ by build.
random.seed(0)


def export(module: ModuleType) -> type:
    """The class that a component exports, made of the one reducer in `module`."""
    folding = _only_reducer(module).folding
    descriptor = _descriptor(_only_reducer(module))

    class Exports:
        def describe(self) -> Any:
            _begin()
            return descriptor

        def reduce(self, target: Any, model: bytes | None, events: list[Any]) -> Any:
            _begin()
            try:
                return _reduction(folding.reduce(model, events))
            except Refused as refused:
                raise _failure(refused) from None
            except BaseException as error:
                # Whatever it is: a trap would lose its message.
                refused = Refused("exception", text_of(error))
                refused.trace = trace_of(error)
                raise _failure(refused) from None
            finally:
                sys.stdout.flush()
                sys.stderr.flush()

    return Exports


def _only_reducer(module: ModuleType) -> Reducer[Any]:
    found = {id(v): v for v in vars(module).values() if isinstance(v, Reducer)}
    if len(found) != 1:
        name = module.__name__
        raise TypeError(f"{name} has {len(found)} reducers: make one with @reducer(…)")
    return next(iter(found.values()))


def _descriptor(reducer: Reducer[Any]) -> Any:
    order = _ORDERS.get(reducer.fold)
    return wit.Descriptor(
        event_types=[*reducer.takes],
        fold=wit.Fold_Entity(order) if order else wit.Fold_WholeContext(),
        upgrade=wit.Upgrade[reducer.upgrade.upper()],
        history=wit.History[reducer.history.upper()],
        content_type=reducer.content_type,
        emits=[*reducer.emits],
        attributes=[*reducer.attributes.items()],
    )


def _reduction(reduction: Reduction) -> Any:
    if not reduction.changed:
        model = types.ModelChange_Keep()
    elif reduction.model is None:
        model = types.ModelChange_Delete()
    else:
        model = types.ModelChange_Put(reduction.model)
    events = [
        types.NewEvent(cause, new.type, new.entity, new.written, [*new.metadata])
        for cause, new in reduction.events
    ]
    return types.Reduction(model, events)


def _failure(refused: Refused) -> Any:
    trace = refused.trace
    return Err(
        types.Failure(
            refused.event,
            _unicode(refused.code),
            _unicode(refused.message),
            None if trace is None else _unicode(trace),
        )
    )


def _unicode(text: object) -> str:
    """The boundary traps for anything else."""
    return str(text).encode("utf-8", "replace").decode()


def _write(level: str, message: str) -> None:
    host_log.write(_LEVELS[level], _unicode(message))


class _Lines(io.TextIOBase):
    """What is printed, as lines of the log: there is no console."""

    def __init__(self, level: str) -> None:
        self.level = level
        self.rest = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            _write(self.level, line)
        return len(text)

    def flush(self) -> None:
        if self.rest:
            _write(self.level, self.rest)
        self.rest = ""


class _NoMoreModules:
    """Says what is wrong with an import inside a function: there are no files, and to
    look for one is a trap."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> NoReturn:
        raise ImportError(f"{name}: a reducer imports modules at the top of its file")


_NO_MORE_MODULES = _NoMoreModules()


def _begin() -> None:
    """At the beginning of a call, no longer while the component is built."""
    if _NO_MORE_MODULES not in sys.meta_path:
        sys.meta_path.insert(0, _NO_MORE_MODULES)  # type: ignore[arg-type]
        sys.stdout, sys.stderr = _Lines("info"), _Lines("warn")
        log.write = _write
