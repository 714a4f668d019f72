"""Why a reducer refuses an event."""

from __future__ import annotations

import os
from types import TracebackType

_SDK = os.path.dirname(os.path.abspath(__file__)) + os.sep
_PROJECT = os.path.dirname(_SDK[:-1]) + os.sep
_MOST_FRAMES = 40


class Refused(Exception):
    """A refusal. It parks the entity: the host keeps the model as it was and folds
    nothing further into it until a new module, a person or, under `occurred`, an
    earlier event comes.

    `code` is a short, stable name for programs, such as `unknown-sku`; `message` is a
    sentence for people. The SDK sets `event`, the index in the call of the event that
    it is about (`None`: it is about the model), and `trace`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.event: int | None = None
        self.trace: str | None = None

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"


def text_of(error: BaseException) -> str:
    """What an exception says, or its name where it says nothing."""
    return str(error) or type(error).__name__


def trace_of(error: BaseException) -> str | None:
    """The stack trace of an exception, without the frames of the SDK.

    Not by the module `traceback`: it looks for the source files, and a component has
    no files.
    """
    lines = _frames(error.__traceback__)
    if not lines:
        return None
    if len(lines) > _MOST_FRAMES:  # of a recursion without end
        half = _MOST_FRAMES // 2
        between = f"  … {len(lines) - _MOST_FRAMES} more frames …"
        lines = [*lines[:half], between, *lines[-half:]]
    said = f"{type(error).__name__}: {error}"
    return "\n".join(["Traceback (most recent call last):", *lines, said])


def _frames(traceback: TracebackType | None) -> list[str]:
    lines = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        # Code without a file is what `dataclass` made.
        if not code.co_filename.startswith((_SDK, "<")):
            file = code.co_filename.removeprefix(_PROJECT)
            place = f'File "{file}", line {traceback.tb_lineno}'
            lines.append(f"  {place}, in {code.co_name}")
        traceback = traceback.tb_next
    return lines
