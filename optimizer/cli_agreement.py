"""The commands `dakhla agreement check`, `table` and `tradeoff`: the editor's loop."""

from pathlib import Path
from typing import Annotated

import typer

from optimizer.cli_options import (
    Agreement,
    Day,
    Json,
    Run,
    Site,
    Steps,
    WeatherOf,
    first_day,
    utc_now,
)
from optimizer.cli_output import show, show_json
from optimizer.errors import INPUT_EXIT_CODE, InputError

app = typer.Typer(help="Check an agreement, see what it costs, try other numbers.")

Year = Annotated[int | None, typer.Option(help="Year of the bundled climate; else next year.")]
Weeks = Annotated[int, typer.Option(help="Weeks of that year to try the agreement on.")]
Resolve = Annotated[bool, typer.Option("--resolve", help="Plan again without each clause.")]
Article = Annotated[str, typer.Argument(metavar="ARTICLE", help="E.g. 4.2.")]
Low = Annotated[float, typer.Option("--from", help="Lowest value of the clause's number.")]
High = Annotated[float, typer.Option("--to", help="Highest value.")]
Count = Annotated[int, typer.Option(help="How many values to try.")]
FieldOf = Annotated[
    str | None, typer.Option(help="Another number of the clause than its main one.")
]
Table = Annotated[Path | None, typer.Option("--csv", help="Write the curve here.")]
Picture = Annotated[Path | None, typer.Option(help="Draw the curve here: .png, .svg or .pdf.")]


@app.command()
def check(
    site: Site = None,
    agreement: Agreement = None,
    year: Year = None,
    weeks: Weeks = 8,
    is_json: Json = False,
) -> int:
    """Check an agreement: its syntax, contradictions, and clauses that never bind.

    Exit codes: 0 sound, perhaps with remarks; 2 it can't be read, applied or kept.
    """
    from optimizer.editor.check import Examination
    from optimizer.editor.check import check as examined

    asked = Examination(year=year or utc_now().year + 1, week_count=weeks)
    report = examined(site, agreement, asked)
    code = 0 if report.is_sound else INPUT_EXIT_CODE
    if is_json:
        findings = [
            {"kind": f.kind, "articles": list(f.articles), "sentence": f.sentence}
            for f in report.findings
        ]
        show_json(
            {"status": "sound" if not code else "faulty", "exit_code": code}
            | {"findings": findings}
        )
        return code
    tried = f"{len(report.weeks)} weeks of {asked.year}, on the bundled climate"
    lines = [f"{'fault' if f.is_fault else 'remark'}: {f.sentence}" for f in report.findings]
    show("\n".join([*lines, f"{'Sound' if not code else 'Not sound'}: tried on {tried}."]))
    return code


@app.command()
def table(run: Run, is_resolved: Resolve = False, is_json: Json = False) -> int:
    """Show each clause in a run: article, wording, parameters, kept, cost.

    Exit codes: 0 shown; 2 this is no run.
    """
    from optimizer.editor.cost import table as clauses
    from optimizer.editor.view import clause_rows, clauses_view

    found = clauses(run, is_resolved=is_resolved)
    if is_json:
        show_json(
            {"status": "shown", "exit_code": 0, "run_dir": str(run), "clauses": clause_rows(found)}
        )
    else:
        show(clauses_view(found))
    return 0


@app.command()
def tradeoff(
    article: Article,
    low: Low,
    high: High,
    count: Count = 7,
    field: FieldOf = None,
    site: Site = None,
    agreement: Agreement = None,
    date: Day = None,
    weather: WeatherOf = None,
    horizon: Steps = None,
    csv: Table = None,
    picture: Picture = None,
    is_json: Json = False,
) -> int:
    """Plan a day with several values of a clause's number: cost and CO2 against it.

    Exit codes: 0 done, infeasible values marked; 2 wrong input.
    """
    import pandas as pd

    from optimizer.asked import Asked
    from optimizer.editor.tradeoff import Span, write_curve
    from optimizer.editor.tradeoff import tradeoff as curve_of
    from optimizer.editor.view import clause_rows, curve_view

    day, problems = first_day(date, utc_now())
    if problems:
        raise InputError(problems)
    asked = Asked(
        site=site,
        agreement=agreement,
        weather=weather,
        start=pd.Timestamp(day, tz="UTC"),
        horizon=horizon,
    )
    if picture is not None:
        from optimizer.editor.picture import draw_tradeoff  # so that a missing library shows first
    span = Span(article=article, low=low, high=high, count=count, field=field)
    curve = curve_of(asked, span)
    files = [str(write_curve(curve, csv))] if csv is not None else []
    if picture is not None:
        files.append(str(draw_tradeoff(curve, picture)))
    if is_json:
        show_json({"status": "done", "exit_code": 0, "files": files, "curve": clause_rows(curve)})
    else:
        show(curve_view(curve))
        show("\n".join(files)) if files else None
    return 0
