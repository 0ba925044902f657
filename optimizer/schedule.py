"""The schedule table: one row per step, made from the solved model.

Index ``time_utc``, column ``step_h``, then ``<name>_<quantity>_<unit>`` for the site, the
facility, every component and every clause. Power is the mean over a step, stored energy is at
its end.
"""

import numpy as np
import pandas as pd

from optimizer.site import Problem, active_clauses
from optimizer.site_columns import facility_columns, totals


def read_rates(problem: Problem) -> pd.DataFrame:
    """Return every cohort's published rate, one row per cohort and step."""
    frames = [
        part.read_rates(problem.block(part), problem.given)
        for part in problem.site.deferrable.values()
    ]
    columns = ["workload", "number", "cohort", "time_utc", "run_mw"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def read_job_runs(problem: Problem) -> pd.DataFrame:
    """Return every job's published run, one row a job."""
    frames = [
        part.read_runs(problem.block(part), problem.given) for part in problem.site.jobs.values()
    ]
    columns = ["workload", "job", "tenant", "start_utc", "end_utc", "status"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)


def read_table(problem: Problem) -> pd.DataFrame:
    """Return the schedule table of a problem whose solution is loaded."""
    site, given = problem.site, problem.given
    index = given.horizon.index
    parts = {
        part.name: part.read(problem.block(part), given).add_prefix(f"{part.name}_")
        for part in site.components()
    }
    frame = pd.concat(parts.values(), axis=1)
    facility = facility_columns(site, given, frame)
    if given.is_elastic:
        surplus = [v.value for v in problem.model.bus.surplus_mw.values()]
        frame["bus_surplus_mw"] = np.maximum(surplus, 0.0)
    table = pd.concat(
        [
            pd.DataFrame({"step_h": given.horizon.hours}, index=index),
            totals(site, given, frame),
            facility,
            frame,
        ],
        axis=1,
    )
    clauses = [
        clause.read(table, given).add_prefix(f"{clause.name}_")
        for clause in active_clauses(problem.agreement, given)
    ]
    return pd.concat([table, *clauses], axis=1).astype("float64").copy()  # as one block
