"""Write Everfold reducers in Python: types for a model and its events, one function.

    @dataclass
    class Counter:
        count: int = 0

    @dataclass
    class ItemAdded:
        qty: int

    @reducer(Counter, {"item_added": ItemAdded, "cleared": None})
    def apply(counter: Counter, event: Event[ItemAdded | None]) -> None:
        match event.data:
            case ItemAdded(qty):
                counter.count += qty
            case None:
                counter.count = 0

The parts, in the order in which a call flows: `component` exports what `definition`
made of a function, `reading` and `typed` read models and data, `fold` applies the
`event`s, and `canonical` writes what goes back, or a `Refused` goes. `log` writes lines
for people, `testing` does all of it natively.
"""

from . import log
from .canonical import NotJson, canonical_json
from .definition import Applied, Reducer, reducer
from .event import Become, Event, Metadata, NewEvent
from .refused import Refused

__all__ = [
    "Applied",
    "Become",
    "Event",
    "Metadata",
    "NewEvent",
    "NotJson",
    "Reducer",
    "Refused",
    "canonical_json",
    "log",
    "reducer",
]
