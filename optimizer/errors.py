"""What can go wrong, one class each, and the exit code cron reads."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.errors import InputError

__all__ = [
    "AuditFailed",
    "DakhlaError",
    "Infeasible",
    "InputError",
    "ModelError",
    "SolverGaveNothing",
    "Stopped",
    "UsageError",
    "WeatherError",
    "exit_code_of",
]

BUG_EXIT_CODE = 70  # EX_SOFTWARE of sysexits.h
INPUT_EXIT_CODE = 2


class DakhlaError(Exception):
    """The base of all errors a planner is told about; `exit_code` is what the command returns."""

    exit_code: int = BUG_EXIT_CODE


class UsageError(DakhlaError):
    """The command was called in a way that cannot work."""

    exit_code = INPUT_EXIT_CODE


class WeatherError(DakhlaError):
    """No usable weather, and nothing to fall back on."""

    exit_code = 4


class SolverGaveNothing(DakhlaError):  # noqa: N818 (a sentence: what happened)
    """No verified solution within the time limit."""

    exit_code = 5


class AuditFailed(DakhlaError):  # noqa: N818 (a sentence: what happened)
    """The schedule breaks a rule; nothing was published."""

    exit_code = 6


class Infeasible(DakhlaError):  # noqa: N818 (the field's word for it)
    """No schedule keeps every limit and clause; `names` holds the smallest set that clashes.

    `details` has the clash and the ways out as tables, for machines.
    """

    exit_code = 7

    def __init__(
        self,
        message: str,
        names: Sequence[str] = (),
        diagnostic: Path | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.names = list(names)
        self.details = dict(details or {})
        self.diagnostic = diagnostic  # folder of the least-shortfall schedule, if one was written
        super().__init__(message)


class Stopped(DakhlaError):  # noqa: N818 (a sentence: what happened)
    """A signal ended the run before it had a plan; the exit code is 128 + the signal's number."""

    def __init__(self, signal_number: int) -> None:
        self.signal_number = signal_number
        self.exit_code = 128 + signal_number
        super().__init__(f"stopped by signal {signal_number} before there was a plan")


class ModelError(DakhlaError):
    """The model cannot be given to the solver: NaN, nonlinear, maximised; a fault of the program.

    Input that is wrong is refused long before, as `InputError`; `problems` names rows and columns.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


def exit_code_of(error: BaseException) -> int:
    """Return the exit code for `error`: its own, 2 for wrong input, 70 for anything else."""
    if isinstance(error, InputError):
        return INPUT_EXIT_CODE
    return error.exit_code if isinstance(error, DakhlaError) else BUG_EXIT_CODE
