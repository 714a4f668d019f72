"""Notices whatever happens."""

from dataclasses import dataclass

from everfold import Event, Refused, log, reducer


@dataclass
class Notice:
    at: int = 0
    by: str | None = None
    cause: str | None = None
    id: str = ""
    times: int = 0


@reducer(Notice, takes=None)
def apply(notice: Notice, event: Event[None]) -> None:
    log.info(f"noticed {event.type}")
    if event.type == "refused":
        raise Refused("noticed", "refused")
    notice.at = event.occurred_at
    notice.by = event.metadata.get("by")
    notice.cause = event.cause
    notice.id = event.id
    notice.times += 1
