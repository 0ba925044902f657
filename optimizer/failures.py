"""What the command says when it did not work: the exit code, a status word, every problem."""

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from optimizer.errors import BUG_EXIT_CODE, INPUT_EXIT_CODE, Infeasible, InputError, exit_code_of

STATUS = {
    2: "input_error",
    4: "no_weather",
    5: "no_solution",
    6: "audit_failed",
    7: "infeasible",
    70: "bug",
}
_NOT_WRITABLE = {
    errno.EACCES,
    errno.EDQUOT,
    errno.EFBIG,
    errno.EIO,
    errno.ENAMETOOLONG,
    errno.ENOSPC,
    errno.ENOTDIR,
    errno.EPERM,
    errno.EROFS,
}
_SIGNALS = (signal.SIGINT, signal.SIGTERM)
_BUG = (
    "This is a fault of the program, not of your input. Please report it as an issue of "
    "dakhla-optimizer, with this line and what DAKHLA_DEBUG=1 in front of the command prints."
)


class Signalled(BaseException):
    """SIGINT or SIGTERM outside the solver, which has a way of its own to stop."""

    def __init__(self, number: int) -> None:
        self.number = number
        super().__init__(number)


@dataclass(frozen=True, slots=True)
class Failure:
    """What the command says when it did not work."""

    exit_code: int
    status: str
    problems: list[str]
    more: dict[str, Any]


def failure_of(error: BaseException) -> Failure:
    """Return what there is to say about an error."""
    if isinstance(error, Signalled):
        code = 128 + error.number
        return Failure(code, "stopped", [f"stopped by signal {error.number}, nothing written"], {})
    usage = getattr(error, "format_message", None)  # typer's own errors, whichever class
    if callable(usage):
        return Failure(INPUT_EXIT_CODE, "usage_error", [usage()], {})
    code = exit_code_of(error)
    if (
        isinstance(error, OSError) and error.errno in _NOT_WRITABLE
    ):  # what is read is checked before
        where = f"{error.filename}: " if error.filename else ""
        problem = f"{where}{error.strerror or error}. Free the disk or give another --out."
        return Failure(INPUT_EXIT_CODE, "not_writable", [problem], {})
    if code == BUG_EXIT_CODE:
        what = f"{type(error).__name__}: {error}".splitlines()[0]
        return Failure(code, STATUS[code], [f"{what}. {_BUG}"], {})
    more: dict[str, Any] = {}
    if isinstance(error, Infeasible):
        more = {"clash": error.names, "diagnostic_dir": str(error.diagnostic or "")}
        more |= error.details
    problems = error.problems if isinstance(error, InputError) else [str(error)]
    return Failure(code, STATUS.get(code, "stopped"), problems, more)


@contextmanager
def signals_raised() -> Iterator[None]:
    """Raise `Signalled` where a signal strikes, so that what is half-written is taken back."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}

    def strike(number: int, _frame: FrameType | None) -> None:
        raise Signalled(number)

    for number in _SIGNALS:
        signal.signal(number, strike)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
