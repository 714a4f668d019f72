import unittest
from dataclasses import dataclass, field
from typing import Any

from everfold import Event, Reducer, reducer
from everfold.testing import event, fold


@dataclass
class Tally:
    counts: dict[str, int] = field(default_factory=dict)


def count(tally: Tally, event: Event[Any]) -> None:
    tally.counts[event.type] = tally.counts.get(event.type, 0) + 1


class DefinitionTest(unittest.TestCase):
    def test_little_needs_to_be_said(self) -> None:
        made = reducer(Tally)(count)
        self.assertEqual(
            (made.takes, made.fold, made.upgrade, made.history, made.emits),
            ((), "occurred", "rebuild", "emit", ()),
        )
        self.assertEqual((made.content_type, made.attributes), (None, {}))
        self.assertEqual(fold(made, [event("a", 1.5)]).model, {"counts": {"a": 1}})

    def test_the_function_can_still_be_called(self) -> None:
        made: Reducer[Tally] = reducer(Tally, {"a": int, "b": None})(count)
        self.assertEqual(made.takes, ("a", "b"))
        tally = Tally()
        made(tally, Event("", "", "a", 1, 0, None, None, ()))  # type: ignore[arg-type]
        self.assertEqual(tally.counts, {"a": 1})

    def test_data_that_is_not_looked_at_may_be_anything(self) -> None:
        def look(tally: Tally, event: Event[None]) -> None:
            self.assertIsNone(event.data)

        for takes in (None, {"a": None}):
            fold(reducer(Tally, takes)(look), [event("a", [1])])

    def test_each_call_begins_with_a_model_of_its_own(self) -> None:
        made = reducer(Tally, None)(count)
        for _ in range(2):
            self.assertEqual(fold(made, [event("a")]).model, {"counts": {"a": 1}})

    def test_what_does_not_fit_is_refused(self) -> None:
        with self.assertRaisesRegex(ValueError, "fold='late': it is one of 'occurred'"):
            reducer(Tally, fold="late")  # type: ignore[arg-type]
        with self.assertRaisesRegex(ValueError, "history='loud'"):
            reducer(Tally, history="loud")  # type: ignore[arg-type]
        with self.assertRaisesRegex(ValueError, "'resume' needs fold='recorded'"):
            reducer(Tally, upgrade="resume")
        with self.assertRaisesRegex(ValueError, "leave it out to take all events"):
            reducer(Tally, {})
        with self.assertRaisesRegex(TypeError, "JSON cannot be read as"):
            reducer(Tally, {"a": bytes})
        wrong: Any = {"counts": []}
        with self.assertRaisesRegex(ValueError, "initial model does not fit its type"):
            reducer(Tally, initial=lambda: wrong)
        odd: Any = {1}
        with self.assertRaisesRegex(ValueError, "a set has no order"):
            reducer(Tally, initial=lambda: odd)
