"""The page of a plan as text, whether it was published or not."""

import tempfile
from pathlib import Path

from optimizer.planned import Plan, published_of
from optimizer.publishing import write_run
from optimizer.report.page import write_page

NOT_PUBLISHED = "not-published"


def plan_html(
    plan: Plan, *, is_resolved: bool = False, has_what_if: bool = True, language: str = "en"
) -> str:
    """Return the day's page of a plan as HTML; see `optimizer.report.page.write_page`.

    Raises
    ------
    InputError
        The run folder of the plan is no longer whole.
    """
    with tempfile.TemporaryDirectory() as folder:
        target, run = Path(folder) / "page.html", plan.run_dir
        if run is None:
            run = Path(folder) / NOT_PUBLISHED
            run.mkdir()
            write_run(run, published_of(plan.optimum), plan)
        write_page(
            run,
            optimum=plan.optimum,
            is_resolved=is_resolved,
            is_compared=is_resolved,
            has_what_if=has_what_if,
            language=language,
            target=target,
        )
        return target.read_text(encoding="utf-8")
