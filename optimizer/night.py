"""What one night is asked for, and the settings it needs even where the site is wrong."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from pydantic import ValidationError

from models.errors import InputError
from optimizer.config import read_toml
from optimizer.operations_config import Operations
from optimizer.reference import reference_file


@dataclass(frozen=True, kw_only=True, slots=True)
class Night:
    """What `dakhla daily` is asked for.

    Attributes
    ----------
    id : str
        Name of the night in its log and record.
    now : Timestamp
        The clock's moment, from which every age and every hour left counts.
    start : Timestamp
        Beginning of the plan.
    problems : tuple of str
        What is wrong with the command line: a night that can't be planned is told as any other.
    """

    id: str
    now: pd.Timestamp
    start: pd.Timestamp
    out: Path
    site: Path | None = None
    agreement: Path | None = None
    weather: str | None = None
    horizon: str | None = None
    problems: tuple[str, ...] = ()
    is_strict: bool = False
    is_forced: bool = False
    has_page: bool = True
    has_what_if: bool = True

    @property
    def site_file(self) -> Path:
        """The site file, the bundled one if none is given."""
        return reference_file("site.toml") if self.site is None else self.site

    @property
    def command(self) -> str:
        """What the lock says is running."""
        return f"dakhla daily for {self.start:%Y-%m-%d}"


@dataclass(frozen=True, kw_only=True, slots=True)
class Ground:
    """What telling about a night needs of its site file.

    Attributes
    ----------
    variables : tuple of str
        Environment variables that hold secrets.
    problem : str
        Why nobody can be told by command; empty if the settings are whole.
    """

    site: str
    operations: Operations
    variables: tuple[str, ...] = ()
    problem: str = ""


def ground_of(night: Night) -> Ground:
    """Return the night's settings, read on their own: no wrong number elsewhere silences it."""
    try:
        content = read_toml(night.site_file)
    except (InputError, FileNotFoundError) as error:
        return Ground(site="?", operations=Operations(), problem=_UNREADABLE.format(error))
    site = str(_table(content, "place").get("name", "?"))
    try:
        operations = Operations.model_validate(content.get("operations", {}))
    except ValidationError:
        problem = _UNREADABLE.format(f"{night.site_file}: [operations] is not as it should be")
        return Ground(site=site, operations=Operations(), problem=problem)
    online = _table(_table(content, "weather"), "online")
    named = [_table(online, key).get("key_env") for key in online]
    variables = [v for v in [*named, operations.ping_url_env] if isinstance(v, str)]
    return Ground(site=site, operations=operations, variables=tuple(variables))


_UNREADABLE = "{}: so on_alarm, the ping and the metrics are not known, and nobody was told."


def _table(content: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a table of a settings file, empty where there is none."""
    found = content.get(key)
    return found if isinstance(found, dict) else {}
