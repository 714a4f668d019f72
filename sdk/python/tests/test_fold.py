import unittest
import unittest.mock
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from everfold import Applied, Become, Event, NewEvent, Refused, log, reducer
from everfold.testing import ENTITY, Emitted, Folded, event, fold, fold_in_all_cuts


@dataclass
class Tally:
    count: int = 0


@dataclass
class Put:
    count: int


@reducer(Tally, {"put": Put, "emptied": None, "odd": Any})
def tally(tally: Tally, event: Event[Any]) -> Applied:
    """A model that can vanish, and an answer to each event."""
    answer = NewEvent("answered", tally, event.entity, {"by": "test"})
    match event.data:
        case Put(count):
            tally.count = count
            return [answer]
        case None:
            return Become(None, [answer])
    return misbehave(event.data)


def misbehave(how: str) -> Any:
    match how:
        case "refuse":
            raise Refused("refused", "as it asked for")
        case "crash":
            raise KeyError("sku")
        case "exit":
            raise SystemExit
        case "recurse":
            return misbehave(how)
        case "emit":
            return [NewEvent("emitted", {1: 2})]
        case "emit dict":
            return [{"type": "emitted"}]


class FoldTest(unittest.TestCase):
    def assertFailed(
        self,
        code: str,
        message: str,
        about: int | None,
        *events: Any,
        model: Any = None,
    ) -> Refused:
        with self.assertRaises(Refused) as caught:
            fold(tally, events, model=model)
        refused = caught.exception
        self.assertEqual((refused.code, refused.event), (code, about))
        self.assertRegex(refused.message, message)
        return refused

    def test_new_events_name_the_event_that_led_to_them(self) -> None:
        events = [event("put", Put(1)), event("emptied", 7), event("put", Put(2))]
        folded = fold_in_all_cuts(tally, events)
        self.assertEqual(folded.model, {"count": 2})
        by_test = (("by", "test"),)
        self.assertEqual(
            folded.events,
            [
                Emitted(cause, "answered", {"count": count}, ENTITY, by_test)
                for cause, count in [(0, 0), (1, 1), (2, 0)]
            ],
        )

    def test_integers_beyond_are_doubles_or_failures(self) -> None:
        @reducer(dict, takes={"put": Any})
        def keeping(model: dict[str, Any], event: Event[Any]) -> None:
            model[f"n{len(model)}"] = event.data

        put = event("put", 1e20)
        folded = fold(keeping, [put], model={"n0": 2.0**53 + 2})
        kept = b'{"n0":9007199254740994,"n1":100000000000000000000}'
        self.assertEqual(folded.written, kept)
        self.assertEqual(folded.model, {"n0": 2.0**53 + 2, "n1": 1e20})
        for digits in ("9007199254740993", "18446744073709551615"):
            why, data = f"the number {digits} is beyond 2.53: send", digits.encode()
            odd = replace(put, event_type="odd", data=data)
            self.assertFailed("invalid-data", f"^odd: {why}", 0, odd)
            self.assertFailed("invalid-model", f"^{why}", None, put, model=data)

    def test_a_large_double_is_no_int(self) -> None:
        put = event("put", {"count": 1e20})
        beyond = "^put: count: the number 100000000000000000000 is beyond 2.53"
        self.assertFailed("invalid-data", beyond, 0, put)

    def test_none_is_no_model(self) -> None:
        self.assertIsNone(fold(tally, [event("emptied")], model=Tally(7)).written)
        folding = tally.folding
        self.assertFalse(folding.reduce(None, []).changed)
        self.assertTrue(folding.reduce(b'{"count": 7}', []).changed)
        self.assertFalse(folding.reduce(b'{"count":7}', []).changed)

    def test_a_failure_names_the_event(self) -> None:
        put, refuse = event("put", {"count": 1}), event("odd", "refuse")
        self.assertFailed("refused", "^as it asked for$", 1, put, refuse)
        put_nothing = event("put", {})
        self.assertFailed("invalid-data", "^put: count is missing", 1, put, put_nothing)
        lost = event("lost", {})
        self.assertFailed("invalid-data", "^lost: .* does not take", 1, put, lost)
        self.assertFailed("invalid-model", "expected an object", None, put, model=[])
        self.assertFailed("invalid-model", "^it is not JSON", None, put, model=b"{")

    def test_whatever_is_raised_is_a_failure(self) -> None:
        failed = self.assertFailed("exception", "^'sku'$", 0, event("odd", "crash"))
        assert failed.trace is not None
        self.assertRegex(failed.trace, r'test_fold.py", line \d+, in misbehave\nKeyErr')
        self.assertNotIn("everfold/fold.py", failed.trace)
        self.assertFailed("exception", "^SystemExit$", 0, event("odd", "exit"))
        made = event("odd", "emit dict")
        self.assertFailed("exception", "returns NewEvents, not a dict", 0, made)
        failed = self.assertFailed("exception", "recursion", 0, event("odd", "recurse"))
        self.assertRegex(failed.trace or "", r"\n  … \d+ more frames …\n")
        self.assertLess(len(failed.trace or ""), 10_000)

    def test_new_events_must_be_json_and_text(self) -> None:
        emit = event("odd", "emit")
        failed = self.assertFailed("invalid-json", "^emitted: the key 1", 0, emit)
        self.assertIn("in misbehave", failed.trace or "")
        with self.assertRaises(UnicodeEncodeError):
            NewEvent("emitted", None, metadata={"by": "\ud83d"})
        with self.assertRaisesRegex(TypeError, "needs text, not 7"):
            NewEvent("emitted", None, entity=7)  # type: ignore[arg-type]

    def test_new_events_keep_what_was_true_when_they_were_made(self) -> None:
        @reducer(dict, takes=None)
        def growing(model: dict[str, int], event: Event[None]) -> Iterator[NewEvent]:
            for n in range(2):
                model["n"] = n
                yield NewEvent("grown", model)

        data = [new.data for new in fold(growing, [event("any")]).events]
        self.assertEqual(data, [{"n": 0}, {"n": 1}])

    def test_an_event_carries_all_that_is_known(self) -> None:
        seen: list[Event[Any]] = []

        @reducer(dict, initial=lambda: {"seen": 0}, fold="recorded")
        def watching(model: dict[str, int], event: Event[Any]) -> None:
            seen.append(event)

        pairs = [("b", "1"), ("a", "2"), ("b", "3")]
        first = event("one", [1.5], position=4, cause="it", metadata=pairs)
        self.assertEqual(fold(watching, [first, event("two")]).model, {"seen": 0})
        one, two = seen
        self.assertEqual((one.type, one.data, one.position), ("one", [1.5], 4))
        self.assertEqual((one.cause, one.entity), ("it", ENTITY))
        self.assertEqual(list(one.metadata), pairs)
        self.assertEqual((one.metadata.get("b"), one.metadata.get("c")), ("1", None))
        self.assertEqual((one.occurred_at, two.occurred_at), (1_000_000, 2_000_000))
        self.assertLess(one.id, two.id)

    def test_a_reducer_that_depends_on_the_cut_is_found(self) -> None:
        calls: list[None] = []

        @reducer(Tally, takes=None)
        def counting(tally: Tally, event: Event[None]) -> None:
            calls.append(None)
            tally.count = len(calls)

        with self.assertRaisesRegex(AssertionError, "cut before event 1"):
            fold_in_all_cuts(counting, [event("a"), event("b")])

    def test_lines_of_the_log_go_to_standard_error(self) -> None:
        lines: list[tuple[str, str]] = []
        with unittest.mock.patch.object(log, "write", lambda *line: lines.append(line)):
            for level in (log.trace, log.debug, log.info, log.warn, log.error):
                level("é")
        levels = ("trace", "debug", "info", "warn", "error")
        self.assertEqual(lines, [(level, "é") for level in levels])
