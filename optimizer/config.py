"""TOML to frozen, checked objects: all problems of a file at once, each with its remedy."""

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

import optimizer.agreement  # noqa: F401 - importing the package registers every clause
from models.errors import InputError
from models.files import plain_file, reason
from models.parameters import Parameters
from optimizer.agreement.clause import Clause, clause_kinds
from optimizer.assets.battery import Battery
from optimizer.assets.chilled_store import ChilledStore
from optimizer.assets.cooling import Cooling
from optimizer.assets.desalination import Desalination
from optimizer.assets.facility import Facility
from optimizer.assets.genset import Genset
from optimizer.assets.grid import Grid
from optimizer.assets.solar import Solar
from optimizer.assets.wind import Wind
from optimizer.component import Component
from optimizer.operations_config import Operations
from optimizer.solution import SolveOptions
from optimizer.weather_config import WeatherSource
from optimizer.wording import sentences
from optimizer.workloads.deferrable import Deferrable
from optimizer.workloads.firm import Firm
from optimizer.workloads.interruptible import Interruptible
from optimizer.workloads.jobs import Jobs
from optimizer.workloads.quota import Quota
from optimizer.workloads.training import Training
from optimizer.workloads.training_tiers import by_tier

FILE_MAX_BYTES = 1_000_000  # a site is some kilobytes; past this the file is not one
ASSETS = ("solar", "wind", "battery", "grid", "genset")
SERVICES = ("desalination", "chilled_store")
WORKLOADS = ("firm", "deferrable", "training", "jobs", "interruptible", "quota")
FLEETS = ASSETS + SERVICES + WORKLOADS
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,30}$")


class Place(Parameters):
    """Where the site is."""

    name: str = Field(min_length=1, description="name of the site")
    latitude_deg: float = Field(ge=-90, le=90, description="latitude, north positive [deg]")
    longitude_deg: float = Field(ge=-180, le=180, description="longitude, east positive [deg]")
    altitude_m: float = Field(ge=-430, le=6000, description="altitude above the sea [m]")


class Planning(Parameters):
    """How a plan is made where the command line does not say."""

    horizon: str = Field(description="steps, e.g. 48h@15min+120h@1h; the first 24 h bind")
    climate_seed: int = Field(ge=0, description="seed of the bundled climate")
    tie_break_mad_per_mwh_h: float = Field(
        ge=0, le=0.01, description="price of an hour's wait, so that ties fall early [MAD/MWh/h]"
    )


class Site(Parameters):
    """All of site.toml."""

    place: Place
    plan: Planning
    weather: WeatherSource = WeatherSource()
    operations: Operations = Operations()
    solver: SolveOptions
    facility: Facility
    cooling: Cooling | None = None
    solar: dict[str, Solar] = Field(default_factory=dict)
    wind: dict[str, Wind] = Field(default_factory=dict)
    battery: dict[str, Battery] = Field(default_factory=dict)
    grid: dict[str, Grid] = Field(default_factory=dict)
    genset: dict[str, Genset] = Field(default_factory=dict)
    firm: dict[str, Firm] = Field(default_factory=dict)
    deferrable: dict[str, Deferrable] = Field(default_factory=dict)
    training: dict[str, Training] = Field(default_factory=dict)
    jobs: dict[str, Jobs] = Field(default_factory=dict)
    interruptible: dict[str, Interruptible] = Field(default_factory=dict)
    quota: dict[str, Quota] = Field(default_factory=dict)
    desalination: dict[str, Desalination] = Field(default_factory=dict)
    chilled_store: dict[str, ChilledStore] = Field(default_factory=dict)

    @model_validator(mode="before")
    @classmethod
    def _name_components(cls, content: Any) -> Any:
        """Name each component after its table: ``[battery.main]`` is ``battery_main``."""
        if not isinstance(content, dict):
            return content
        named = dict(content)
        if isinstance(named.get("training"), dict):
            named["training"] = by_tier(named["training"])
        for kind in ("facility", "cooling"):
            if isinstance(named.get(kind), dict):
                named[kind] = {"name": kind} | named[kind]
        for kind in FLEETS:
            tables = named.get(kind)
            if isinstance(tables, dict):
                named[kind] = {
                    key: {"name": f"{kind}_{key}"} | table if isinstance(table, dict) else table
                    for key, table in tables.items()
                }
        return named

    @model_validator(mode="after")
    def _names_are_plain(self) -> Self:
        """Refuse table names that would not make a column name."""
        for part in (self.facility, self.cooling):
            if part is not None and part.name not in ("facility", "cooling"):
                raise ValueError(f"name = {part.name!r}: a table's name is its key. Take it out.")
        for kind in FLEETS:
            for key, part in getattr(self, kind).items():
                if part.name != f"{kind}_{key}":
                    raise ValueError(
                        f"[{kind}.{key}] name: a table's name is its key. Take it out."
                    )
                if not _NAME.match(key):
                    raise ValueError(
                        f"[{kind}.{key}] is not a plain name. Use a-z, 0-9 and _, a letter first."
                    )
        return self

    @model_validator(mode="after")
    def _cooling_carries_the_heat(self) -> Self:
        """Refuse more heat than the cooling model's lines hold for."""
        plant = self.cooling.plant if self.cooling is not None else None
        heat_mw = self.facility.it_power_max_mw * self.facility.heat_factor_pu()
        if plant is not None and heat_mw > plant.capacity_heat_mw:
            raise ValueError(
                f"[cooling.plant] capacity_heat_mw = {plant.capacity_heat_mw:g} is below the heat "
                f"of the full halls, {heat_mw:g} MW. Raise it, or lower [facility] it_power_max_mw."
            )
        return self

    @model_validator(mode="after")
    def _cold_comes_from_cooling(self) -> Self:
        """Refuse stores of cold on a site that makes none."""
        if self.chilled_store and self.cooling is None:
            keys = ", ".join(f"[chilled_store.{key}]" for key in self.chilled_store)
            raise ValueError(f"{keys}: the site has no cooling to store cold of. Give [cooling].")
        return self

    def fleet(self, kinds: tuple[str, ...] = FLEETS) -> list[Component]:
        """Return the components of some kinds, in the order of the file."""
        return [part for kind in kinds for part in getattr(self, kind).values()]

    def components(self) -> list[Component]:
        """Return every component, the facility and the cooling too."""
        cooling = [self.cooling] if self.cooling is not None else []
        return [*self.fleet(), *cooling, self.facility]


class Agreement(Parameters):
    """All of agreement.toml."""

    title: str = Field(min_length=1, description="what the agreement is called")
    clause: tuple[Clause, ...] = Field(strict=False)

    @model_validator(mode="after")
    def _articles_differ(self) -> Self:
        """Refuse two clauses of one article."""
        names = [c.name for c in self.clause]
        if double := sorted({c.article for c in self.clause if names.count(c.name) > 1}):
            raise ValueError(f"article {', '.join(double)} appears twice. Number each clause once.")
        return self


def read_toml(path: Path) -> dict[str, Any]:
    """Return the content of a TOML file.

    Raises
    ------
    InputError
        The file is missing, a folder, too long, not UTF-8, not TOML, or empty.
    """
    try:
        text = plain_file(path, FILE_MAX_BYTES).read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except OSError as error:
        what = f"{path}: not readable: {reason(error)}"
        raise InputError([f"{what}. Give a settings file."]) from error
    except UnicodeDecodeError as error:
        raise InputError(
            [f"{path}: not UTF-8 text at byte {error.start}. Save it as UTF-8."]
        ) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError([f"{path}: not TOML: {error}. Mend that line."]) from error
    if not content:
        raise InputError(
            [f"{path}: empty. Start from the default file that `dakhla schema` names."]
        )
    return content


def load_site(path: Path) -> Site:
    """Return the site described by the TOML file at `path`, or raise InputError.

    Folders of weather are looked for beside the file.
    """
    site = parse_site(read_toml(path), str(path))
    online = {
        name: table.model_copy(update={"folder": str(path.parent / table.folder)})
        if table.folder is not None
        else table
        for name, table in site.weather.online.items()
    }
    return site.model_copy(update={"weather": site.weather.model_copy(update={"online": online})})


def parse_site(content: dict[str, Any], where: str = "site") -> Site:
    """Return the site described by `content`, or raise InputError with every problem."""
    try:
        return Site.model_validate(content)
    except ValidationError as error:
        raise InputError(sentences(error, where, Site)) from error


def load_agreement(path: Path) -> Agreement:
    """Return the agreement in the TOML file at `path`, or raise InputError."""
    return parse_agreement(read_toml(path), str(path))


def parse_agreement(content: dict[str, Any], where: str = "agreement") -> Agreement:
    """Return the agreement described by `content`, or raise InputError with every problem."""
    kinds, problems, clauses = clause_kinds(), [], []
    tables = content.get("clause", [])
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise InputError([f"{where}: clause is not a list of tables. Write [[clause]]."])
    for number, table in enumerate(tables, start=1):
        label = f"{where}: clause {number} (article {table.get('article', '?')})"
        kind = table.get("kind")
        if not isinstance(kind, str) or kind not in kinds:
            known = ", ".join(sorted(kinds))
            near = difflib.get_close_matches(str(kind), kinds, n=1)
            hint = f"Did you mean {near[0]}?" if near else f"Give one of {known}."
            what = "kind is missing" if kind is None else f"kind = {kind!r} is not a kind of clause"
            problems.append(f"{label}: {what}. {hint}")
            continue
        fields = {key: value for key, value in table.items() if key != "kind"}
        try:
            clauses.append(kinds[kind].model_validate(fields))
        except ValidationError as error:
            problems += sentences(error, label, kinds[kind])
    rest = {key: value for key, value in content.items() if key != "clause"}
    try:
        agreement = Agreement.model_validate({**rest, "clause": clauses})
    except ValidationError as error:
        problems += sentences(error, where, Agreement)
    if problems:
        raise InputError(problems)
    return agreement


def check_together(site: Site, agreement: Agreement, where: str = "agreement") -> None:
    """Raise InputError where a clause can't apply to the site."""
    parts = {kind: [part.name for part in getattr(site, kind).values()] for kind in FLEETS}
    parts["cooling"] = [site.cooling.name] if site.cooling is not None else []
    lines, gensets = site.grid.values(), site.genset.values()
    parts["wheeled"] = [line.name for line in lines if line.is_wheeled]
    parts["export"] = [line.name for line in lines if line.export_max_mw > 0]
    parts["committed"] = [fleet.name for fleet in gensets if fleet.is_committed]
    problems = [f"{where}: {p}" for clause in agreement.clause for p in clause.problems(parts)]
    if problems:
        raise InputError(problems)
