"""Lines for the people who run the host. They are never a result: the host may drop
them or cut them short. In a native test they go to standard error.

What a reducer prints becomes such lines, too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable


def _to_standard_error(level: str, message: str) -> None:
    print(f"{level}: {message}", file=sys.stderr)


write: Callable[[str, str], None] = _to_standard_error
"""Where lines go, as a level and a message. A component sets it."""


def trace(message: str) -> None:
    """The finest detail."""
    write("trace", message)


def debug(message: str) -> None:
    """What helps to find a mistake."""
    write("debug", message)


def info(message: str) -> None:
    """What is worth knowing."""
    write("info", message)


def warn(message: str) -> None:
    """What somebody should look at some day."""
    write("warn", message)


def error(message: str) -> None:
    """What somebody should look at now."""
    write("error", message)
