"""How commands print: answers on standard output, messages on standard error."""

import json
import os
import sys
from typing import Any

from rich.console import Console, RenderableType


def reopen_streams() -> None:
    """Give every standard stream that is closed to nobody.

    The next file opened would else take its number, and get what a library prints there.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stdout is None:
        sys.stdout = os.fdopen(1, "w", closefd=False)
    if sys.stderr is None:
        sys.stderr = os.fdopen(2, "w", closefd=False)


def console(stream: Any) -> Console:
    """Return a console that writes plainly, without colour where it is not wanted."""
    is_terminal = stream.isatty() and os.environ.get("TERM") != "dumb"
    is_plain = "NO_COLOR" in os.environ or not is_terminal
    return Console(
        file=stream,
        force_terminal=is_terminal,
        color_system=None if is_plain else "auto",
        markup=False,
        highlight=False,
        emoji=False,
    )


def show(what: RenderableType, screen: Console | None = None) -> None:
    """Print the answer; whoever closes the pipe has read enough."""
    screen = console(sys.stdout) if screen is None else screen
    try:
        screen.print(what, soft_wrap=isinstance(what, str))
        screen.file.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def show_json(content: dict[str, Any]) -> None:
    """Print one JSON object on standard output."""
    show(json.dumps(content, indent=1, allow_nan=False))


def say(message: str) -> None:
    """Print a message on standard error."""
    console(sys.stderr).print(message, soft_wrap=True)
