"""The side of the component, with stand-ins for the modules that `componentize-py`
makes of the contract."""

import importlib
import random
import sys
import unittest
import unittest.mock
from dataclasses import dataclass
from enum import Enum
from functools import partial
from types import ModuleType, SimpleNamespace
from typing import Any

from everfold import Event, NewEvent, Refused, log, reducer
from everfold.testing import event


class Err(Exception):
    def __init__(self, value: Any) -> None:
        self.value = value


def records(*names: str) -> dict[str, Any]:
    """Stand-ins for the classes of records: they keep what they are made of."""
    return {name: partial(_record, name) for name in names}


def _record(of: str, *values: Any, **named: Any) -> SimpleNamespace:
    return SimpleNamespace(of=of, values=values, **named)


lines: list[tuple[str, str]] = []


class Level(Enum):
    TRACE, DEBUG, INFO, WARN, ERROR = range(5)


def stand_ins() -> dict[str, Any]:
    packages = ("wit_world", "wit_world.exports", "wit_world.imports")
    modules: dict[str, Any] = {name: ModuleType(name) for name in packages}
    modules["componentize_py_types"] = SimpleNamespace(Err=Err)
    modules["wit_world.exports"].reducer = SimpleNamespace(
        Order=Enum("Order", ["OCCURRED", "RECORDED"]),
        Upgrade=Enum("Upgrade", ["REBUILD", "RESUME"]),
        History=Enum("History", ["EMIT", "SILENT"]),
        **records("Fold_Entity", "Fold_WholeContext", "Descriptor"),
    )
    modules["wit_world.imports"].types = SimpleNamespace(
        **records("Reduction", "NewEvent", "Failure"),
        **records("ModelChange_Keep", "ModelChange_Put", "ModelChange_Delete"),
    )
    modules["wit_world.imports"].log = SimpleNamespace(
        Level=Level, write=lambda level, text: lines.append((level.name, text))
    )
    return modules


@dataclass
class Tally:
    count: int = 0


TAKES = {"put": int, "odd": str}


@reducer(Tally, TAKES, fold="recorded", upgrade="resume", emits=["e"])
def tally(tally: Tally, event: Event[Any]) -> list[NewEvent]:
    match event.data:
        case int():
            tally.count = event.data
        case "print":
            print("one\ntwo", end="")
            print("three", file=sys.stderr)
        case "import":
            importlib.import_module("colorsys")
        case "surrogate":
            raise Refused("odd", "\ud83d")
    return [NewEvent("e", 1, metadata={"by": "test"})]


class ComponentTest(unittest.TestCase):
    def setUp(self) -> None:
        for patch in (
            unittest.mock.patch.dict(sys.modules, stand_ins()),
            unittest.mock.patch.object(sys, "meta_path", [*sys.meta_path]),
            unittest.mock.patch.object(sys, "stdout", sys.stdout),
            unittest.mock.patch.object(sys, "stderr", sys.stderr),
            unittest.mock.patch.object(log, "write", log.write),
        ):
            patch.start()
            self.addCleanup(patch.stop)
        lines.clear()
        self.component = importlib.import_module("everfold.component")
        module = ModuleType("module")
        vars(module).update(apply=tally, same=tally)
        self.exports = self.component.export(module)()
        self.addCleanup(sys.modules.pop, "everfold.component")

    def reduce(self, *data: Any, model: bytes | None = None) -> Any:
        kinds = ("put" if isinstance(one, int) else "odd" for one in data)
        events = [event(kind, one) for kind, one in zip(kinds, data)]
        return self.exports.reduce(None, model, events)

    def test_a_reducer_describes_itself(self) -> None:
        said = self.exports.describe()
        self.assertEqual((said.event_types, said.emits), (["put", "odd"], ["e"]))
        (order,) = said.fold.values
        self.assertEqual((said.fold.of, order.name), ("Fold_Entity", "RECORDED"))
        self.assertEqual((said.upgrade.name, said.history.name), ("RESUME", "EMIT"))
        self.assertEqual((said.content_type, said.attributes), (None, []))

    def test_a_reduction_goes_back(self) -> None:
        changed, events = self.reduce(7, 8).values
        self.assertEqual(changed.of, "ModelChange_Put")
        self.assertEqual(changed.values, (b'{"count":8}',))
        self.assertEqual(
            [new.values for new in events],
            [(cause, "e", None, b"1", [("by", "test")]) for cause in (0, 1)],
        )
        (kept, _) = self.reduce(7, model=b'{"count":7}').values
        self.assertEqual(kept.of, "ModelChange_Keep")

    def test_a_failure_goes_back_as_unicode(self) -> None:
        with self.assertRaises(Err) as caught:
            self.reduce(7, "surrogate")
        about, code, message, trace = caught.exception.value.values
        self.assertEqual((about, code, message), (1, "odd", "?"))
        self.assertIn("in tally", trace)

    def test_what_is_printed_is_logged(self) -> None:
        self.reduce("print")
        self.assertEqual(lines, [("INFO", "one"), ("WARN", "three"), ("INFO", "two")])
        log.debug("\ud83d")
        self.assertEqual(lines[-1], ("DEBUG", "?"))

    def test_modules_cannot_be_imported_any_more(self) -> None:
        with self.assertRaises(Err) as caught:
            self.reduce("import")
        self.assertIn("imports modules at the top", caught.exception.value.values[2])

    def test_what_looks_random_is_the_same_in_every_build(self) -> None:
        first = random.random()
        importlib.reload(self.component)
        self.assertEqual(random.random(), random.Random(0).random())
        self.assertNotEqual(random.random(), first)

    def test_a_module_holds_one_reducer(self) -> None:
        with self.assertRaisesRegex(TypeError, "^empty has 0 reducers"):
            self.component.export(ModuleType("empty"))
