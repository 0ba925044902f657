"""What a page is made of: a run as published, its key figures and provenance, and its prices."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from optimizer.audit import Published
from optimizer.config import Site
from optimizer.explain.frozen import Frozen
from optimizer.horizon import Horizon
from optimizer.run_folder import BINDING_H, RUN_NAME, run_folders
from optimizer.run_tables import as_written
from optimizer.store import is_diagnostic, read_json, read_published

Figures = Mapping[str, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Source:
    """A run to be shown.

    Attributes
    ----------
    folder : Path
        Its folder, which holds what was published.
    figures, manifest : mapping
        Its ``kpis.json`` and ``manifest.json``.
    frozen : Frozen or None
        Its linear program with prices; none where it has no prices.
    """

    folder: Path
    run_id: str
    published: Published
    figures: Mapping[str, Any]
    manifest: Mapping[str, Any]
    frozen: Frozen | None

    @property
    def site(self) -> Site:
        """The site."""
        return self.published.site

    @property
    def table(self) -> pd.DataFrame:
        """The published table."""
        return self.published.table

    @property
    def horizon(self) -> Horizon:
        """The time axis."""
        return self.published.given.horizon

    @cached_property
    def day(self) -> range:
        """The steps that are carried out: those of the first day, or the first alone."""
        return range(max(1, int(np.sum(self.horizon.end_h <= BINDING_H + 1e-9))))

    def mwh(self, column: str, steps: range | None = None) -> float:
        """Return the energy of a published power, over some steps or all [MWh]."""
        energy = self.table[column].to_numpy() * self.horizon.hours
        return float((energy if steps is None else energy[steps.start : steps.stop]).sum())

    def total(self, column: str, steps: range | None = None) -> float:
        """Return the sum of a published amount, over some steps or all."""
        values = self.table[column].to_numpy()
        return float((values if steps is None else values[steps.start : steps.stop]).sum())


def source_of(
    folder: Path,
    frozen: Frozen | None,
    run_id: str | None = None,
    published: Published | None = None,
) -> Source:
    """Return what a run folder holds, with its prices.

    Parameters
    ----------
    run_id : str, optional
        The run's name, where the folder has not got it yet.
    published : Published, optional
        What the folder publishes, where that is known.

    Raises
    ------
    InputError
        It is no whole run folder.
    """
    if published is None:
        published, _ = read_published(folder, is_elastic=is_diagnostic(folder))
    return Source(
        folder=folder,
        run_id=folder.name if run_id is None else run_id,
        published=published,
        figures=read_json(folder / "kpis.json"),
        manifest=read_json(folder / "manifest.json"),
        frozen=frozen,
    )


def day_before(source: Source) -> Mapping[str, Any] | None:
    """Return the figures of the last published run that began a day earlier, if there is one.

    It is looked for beside the run, of the same site; trials and diagnostics don't count.
    """
    out = source.folder.parent
    start = source.horizon.start - pd.Timedelta(days=1)
    wanted = (str(source.manifest.get("site")), f"{start:%Y-%m-%dT%H:%M:%SZ}")
    for name in reversed(run_folders(out)):
        if not RUN_NAME.fullmatch(name) or name == source.run_id:
            continue
        path = out / name / "manifest.json"
        if not path.is_file():
            continue
        with as_written(path):
            manifest = read_json(path)
        is_wanted = (manifest.get("site"), manifest.get("start_utc")) == wanted
        if is_wanted and manifest.get("kind") != "trial" and not manifest.get("is_diagnostic"):
            return {"run": name} | read_json(out / name / "kpis.json")
    return None
