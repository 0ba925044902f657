"""Check a draft agreement: what contradicts, never binds, is not in force or says nothing new.

Wrong syntax is refused where the file is read, every problem at once. Here the draft is tried on
weeks of the bundled climate and compared with itself.
"""

import datetime
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import pandas as pd

from models.errors import InputError
from optimizer.config import Agreement, Site, check_together, load_agreement, load_site
from optimizer.editor.overlap import overlaps
from optimizer.editor.weeks import WEEKS_MAX, Week, clash_words, examine, mondays
from optimizer.legal_time import SITE_TIME_ZONE, zone
from optimizer.reference import reference_file

WEEKS = 8  # a season twice; some three seconds on the default site
LONG_WINDOWS = ("month", "year")
_HOUR = pd.Timedelta(hours=1)
Kind = Literal[
    "plant", "contradiction", "carry-over", "not in force", "never binds", "duplicate", "dominated"
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing the signatories should know."""

    kind: Kind
    articles: tuple[str, ...]
    sentence: str

    @property
    def is_fault(self) -> bool:
        """Whether the draft can't be enforced as it is."""
        return self.kind in ("plant", "contradiction")


@dataclass(frozen=True, kw_only=True)
class Report:
    """What a check found.

    Attributes
    ----------
    findings : tuple of Finding
        Faults first.
    clauses : DataFrame
        One row a clause: ``article``, ``kind``, ``is_hard``, ``is_in_force``, ``weeks`` examined,
        ``limits`` it set there, ``tight`` ones, ``worth_mad`` of a unit more in each, ``bought``.
    weeks : tuple of Timestamp
        Mondays of the weeks examined.
    """

    findings: tuple[Finding, ...]
    clauses: pd.DataFrame
    weeks: tuple[pd.Timestamp, ...]

    @property
    def is_sound(self) -> bool:
        """Whether there is no fault; the other findings are remarks."""
        return not any(finding.is_fault for finding in self.findings)


@dataclass(frozen=True, kw_only=True, slots=True)
class Examination:
    """On what a draft is tried."""

    year: int  # of the bundled climate
    week_count: int = WEEKS
    first: datetime.date | None = None  # days asked about; the whole year if not given
    last: datetime.date | None = None


def check(
    site: Site | str | Path | None, agreement: Agreement | str | Path | None, asked: Examination
) -> Report:
    """Return what is the matter with a draft agreement on a site.

    Parameters
    ----------
    site, agreement : object or path
        The bundled ones if None.
    asked : Examination
        Year, number of weeks and days asked about.

    Raises
    ------
    InputError
        A file can't be read, a clause can't apply to the site, or the days are upside down.
    """
    source = site if isinstance(site, Site) else Path(site or reference_file("site.toml"))
    plant = source if isinstance(source, Site) else load_site(source)
    named = reference_file("agreement.toml") if agreement is None else agreement
    draft = named if isinstance(named, Agreement) else load_agreement(Path(named))
    check_together(plant, draft, "agreement" if isinstance(named, Agreement) else str(named))
    first, last = _days(asked)
    weeks = [examine(source, draft, start) for start in mondays(asked.year, asked.week_count)]
    found = report(draft, weeks, first, last)
    worded = tuple(_worded(finding, source, draft, weeks) for finding in found.findings)
    return replace(found, findings=worded)


def _worded(finding: Finding, site: Site | Path, draft: Agreement, weeks: list[Week]) -> Finding:
    """Return a finding; of a clash, with the limits and hours that clash in its first week."""
    starts = [week.start for week in weeks if finding.articles in week.clashes]
    if finding.kind != "contradiction" or not starts:
        return finding
    words = clash_words(site, draft, starts[0], finding.articles)
    return (
        replace(finding, sentence=f"{finding.sentence} What clashes: {words}.")
        if words
        else finding
    )


def report(
    draft: Agreement, weeks: list[Week], first: datetime.date, last: datetime.date
) -> Report:
    """Return what weeks and the draft itself show of its clauses, from `first` to `last` day."""
    index = _hours(first, last)
    held = {clause.article: bool(clause.holds(index).any()) for clause in draft.clause}
    table = _table(draft, weeks, held)
    found = _faults(draft, weeks) + [
        Finding(
            kind="not in force",
            articles=(clause.article,),
            sentence=f"Art. {clause.article} ({clause.kind}) is not in force on any day from "
            f"{first} to {last}.",
        )
        for clause in draft.clause
        if not held[clause.article]
    ]
    in_force = [clause for clause in draft.clause if held[clause.article]]
    for weaker, stronger, is_same in overlaps(in_force, index):
        word = "says the same as" if is_same else "asks no more than"
        found.append(
            Finding(
                kind="duplicate" if is_same else "dominated",
                articles=(weaker.article, stronger.article),
                sentence=f"Art. {weaker.article} ({weaker.kind}) {word} Art. {stronger.article}: "
                "it could be left out.",
            )
        )
    found += _idle(table, weeks)
    found.sort(key=lambda finding: not finding.is_fault)
    starts = tuple(week.start for week in weeks)
    return Report(findings=tuple(found), clauses=table, weeks=starts)


def _days(asked: Examination) -> tuple[datetime.date, datetime.date]:
    """Return the days asked about, or refuse what makes no sense."""
    first = asked.first or datetime.date(asked.year, 1, 1)
    last = asked.last or datetime.date(asked.year, 12, 31)
    problems = []
    if last < first:
        problems.append(f"last = {last} is before first = {first}. Give a later day.")
    if not 1 <= asked.week_count <= WEEKS_MAX:
        what = f"weeks = {asked.week_count} is outside [1, {WEEKS_MAX}]"
        problems.append(f"{what}. Give 8 for a quick look, {WEEKS_MAX} for all.")
    if problems:
        raise InputError(problems)
    return first, last


def _hours(first: datetime.date, last: datetime.date) -> pd.DatetimeIndex:
    """Return every hour of some days on the site's clock."""
    clock = zone(SITE_TIME_ZONE)
    begin = pd.Timestamp(first).tz_localize(clock).tz_convert("UTC")
    end = (pd.Timestamp(last) + pd.Timedelta(days=1)).tz_localize(clock).tz_convert("UTC")
    return pd.date_range(begin, end, freq="h", inclusive="left")


def _faults(draft: Agreement, weeks: list[Week]) -> list[Finding]:
    """Return what can't be kept: by the plant alone, and by which clauses."""
    short = [week for week in weeks if not week.is_possible]
    found = []
    if short:
        span = _in_weeks([week.start for week in short], len(weeks))
        sentence = f"Even without the agreement there is no schedule for the plant {span}."
        found.append(Finding(kind="plant", articles=(), sentence=sentence))
    long = {c.article for c in draft.clause if getattr(c, "window", "") in LONG_WINDOWS}
    counts = Counter(clash for week in weeks for clash in week.clashes)
    for clash, count in counts.items():
        starts = [week.start for week in weeks if clash in week.clashes]
        span = _in_weeks(starts, len(weeks))
        names = " and ".join(f"Art. {article}" for article in clash)
        is_sure = not long.intersection(clash) or count == len(weeks)
        together = "together " if len(clash) > 1 else ""
        sentence = f"{names} can't be kept {together}{span}."
        if not is_sure:
            sentence = (
                f"{names} can't be kept {together}pro rata {span}: what is left of the month or "
                "year must carry over."
            )
        kind: Kind = "contradiction" if is_sure else "carry-over"
        found.append(Finding(kind=kind, articles=clash, sentence=sentence))
    return found


def _in_weeks(starts: list[pd.Timestamp], count: int) -> str:
    """Say in how many of the weeks, and name the first."""
    return f"in {len(starts)} of {count} weeks, the first from {starts[0]:%Y-%m-%d}"


def _table(draft: Agreement, weeks: list[Week], held: dict[str, bool]) -> pd.DataFrame:
    """Return one row a clause, what the weeks show of it added up."""
    rows = []
    for clause in draft.clause:
        stood = [w.standing[clause.article] for w in weeks if clause.article in w.standing]
        clashing = sum(clause.article in clash for week in weeks for clash in week.clashes)
        rows.append(
            {
                "article": clause.article,
                "kind": clause.kind,
                "is_hard": clause.is_hard,
                "is_in_force": held[clause.article],
                "weeks": len(stood) + clashing,
                "clashing_weeks": clashing,
                "limits": sum(one.row_count for one in stood),
                "tight": sum(one.tight_count for one in stood),
                "worth_mad": sum(one.worth_mad for one in stood),
                "bought": sum(one.bought for one in stood),
            }
        )
    return pd.DataFrame(rows)


def _idle(table: pd.DataFrame, weeks: list[Week]) -> list[Finding]:
    """Return the clauses that no examined week feels: slack everywhere, and no price."""
    found = []
    for row in table.to_dict("records"):
        if row["clashing_weeks"] or row["tight"] or row["worth_mad"] > 0 or not row["weeks"]:
            continue
        why = f"has slack in all of its {row['limits']} limits"
        if not row["limits"]:
            why = "sets no limit"
        where = f"in {row['weeks']} of {len(weeks)} weeks it is in force"
        found.append(
            Finding(
                kind="never binds",
                articles=(str(row["article"]),),
                sentence=f"Art. {row['article']} ({row['kind']}) never binds: it {why} ({where}).",
            )
        )
    return found
