"""The linear program as a PyPSA network of its own components, solved the way its manual says.

A day's deferrable work is a link to a bus of its own, with a store that is empty when the day ends.
PyPSA needs no row against charging while discharging: it never pays here.
"""

import logging
from collections.abc import Callable

import numpy as np
import pandas as pd
import pypsa

from tests.bench.bench_case import SOLVER, Case

for chatty in ("pypsa", "linopy"):
    logging.getLogger(chatty).setLevel(logging.ERROR)


def _plants(network: pypsa.Network, case: Case) -> None:
    """Add what feeds the bus, the connection, and the firm load."""
    index = network.snapshots
    for name, available_mw, cost in (
        ("solar", case.solar_mw, 0.0),
        ("wind", case.wind_mw, case.wind_cost_mad_per_mwh),
    ):
        most_mw = max(float(available_mw.max()), 1e-3)
        share = pd.Series(available_mw / most_mw, index=index)
        network.add(
            "Generator", name, bus="site", p_nom=most_mw, p_max_pu=share, marginal_cost=cost
        )
    buy, sell = case.buy_mad_per_mwh, -case.sell_mad_per_mwh
    for name, most_mw, cost, sign in (
        ("import", case.import_max_mw, buy, 1),
        ("export", case.export_max_mw, sell, -1),
    ):
        price = pd.Series(cost, index=index)
        network.add("Generator", name, bus="site", p_nom=most_mw, marginal_cost=price, sign=sign)
    network.add("Load", "firm", bus="site", p_set=pd.Series(case.firm_bus_mw, index=index))


def _battery(network: pypsa.Network, case: Case) -> None:
    """Add the battery; what is stored at the end has a worth."""
    worth = pd.Series(0.0, index=network.snapshots)
    worth.iloc[-1] = -case.end_value_mad_per_mwh / case.step_h
    network.add(
        "StorageUnit",
        "battery",
        bus="site",
        p_nom=case.discharge_max_mw,
        p_min_pu=-case.charge_max_mw / case.discharge_max_mw,
        max_hours=case.energy_max_mwh / case.discharge_max_mw,
        efficiency_store=case.charge_efficiency_pu,
        efficiency_dispatch=case.discharge_efficiency_pu,
        standing_loss=case.self_discharge_pu_per_h,
        state_of_charge_initial=case.energy_initial_mwh * case.keep_pu,  # its first step loses none
        marginal_cost=case.ageing_cost_mad_per_mwh,
        marginal_cost_storage=worth,
    )


def _work(network: pypsa.Network, case: Case) -> None:
    """Add a bus where the day's work arrives, and must be gone, in the day's last step."""
    index = network.snapshots
    is_last = np.arange(case.step_count) % case.day_steps == case.day_steps - 1
    network.add("Bus", "work")
    network.add(
        "Link",
        "run",
        bus0="site",
        bus1="work",
        p_nom=case.run_max_mw * case.per_it,
        efficiency=1 / case.per_it,
    )
    room = pd.Series(np.where(is_last, 0.0, 1.0), index=index)
    network.add("Store", "done", bus="work", e_nom=case.work_mwh, e_max_pu=room)
    due_mw = pd.Series(np.where(is_last, case.work_mwh / case.step_h, 0.0), index=index)
    network.add("Load", "due", bus="work", p_set=due_mw)


def _solved(network: pypsa.Network, row: Callable[..., None] | None = None) -> pypsa.Network:
    """Solve as its manual says; without the file that PyPSA would write between."""
    status, condition = network.optimize(
        solver_name="highs",
        io_api="direct",
        solver_options={"output_flag": False, **SOLVER},
        include_objective_constant=False,
        extra_functionality=row,
    )
    if status != "ok":
        raise RuntimeError(condition)
    return network


def _site(case: Case) -> pypsa.Network:
    """Return a network with all but the deferrable work."""
    network = pypsa.Network()
    network.set_snapshots(case.index.tz_localize(None))
    network.snapshot_weightings = network.snapshot_weightings * case.step_h
    network.add("Bus", "site")
    _plants(network, case)
    _battery(network, case)
    return network


def _table(network: pypsa.Network, case: Case, run_mw: pd.Series) -> pd.DataFrame:
    """Return what runs."""
    made, unit = network.generators_t.p, network.storage_units_t
    columns = {
        "solar_mw": made["solar"],
        "wind_mw": made["wind"],
        "charge_mw": unit.p_store["battery"],
        "discharge_mw": unit.p_dispatch["battery"],
        "energy_mwh": unit.state_of_charge["battery"],
        "import_mw": made["import"],
        "export_mw": made["export"],
        "run_mw": run_mw / case.per_it,
    }
    return pd.DataFrame(columns).set_axis(case.index)


def solve(case: Case) -> tuple[float, pd.DataFrame]:
    """Return the least cost [MAD] and the table of what runs."""
    network = _site(case)
    _work(network, case)
    _solved(network)
    return float(network.objective), _table(network, case, network.links_t.p0["run"])


def solve_with_row(case: Case) -> tuple[float, pd.DataFrame]:
    """Return the same with the day's work as a constraint of one's own: less to build."""
    network = _site(case)
    network.add("Generator", "run", bus="site", sign=-1, p_nom=case.run_max_mw * case.per_it)
    day = pd.Series(np.arange(case.step_count) // case.day_steps, index=network.snapshots)

    def work(network: pypsa.Network, _snapshots: pd.Index) -> None:
        done = case.step_h / case.per_it * network.model["Generator-p"].sel(name="run")
        by_day = done.groupby(day.rename("day").to_xarray()).sum()
        network.model.add_constraints(by_day == case.work_mwh, name="work")

    _solved(network, work)
    return float(network.objective), _table(network, case, network.generators_t.p["run"])
