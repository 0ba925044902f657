"""One linear program, stated once as plain numbers: what every contestant gets to build.

Solar, wind, a battery with one wear price, a grid connection with time-of-use prices, a firm load
and one batch of deferrable work a day, which may run from midnight to midnight. Power is the mean
over a step, stored energy is at its end.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

START = pd.Timestamp("2027-01-01T00:00Z")
SOLVER = {"threads": 1, "parallel": "off", "presolve": "choose", "random_seed": 0}
PUBLISHED = (
    *("solar_mw", "wind_mw", "charge_mw", "discharge_mw", "energy_mwh"),
    *("import_mw", "export_mw", "run_mw"),
)


@dataclass(frozen=True, kw_only=True)
class Case:
    """A site and its days, in numbers."""

    step_h: float
    solar_mw: Floats  # available
    wind_mw: Floats
    load_mw: Floats  # of the machines, firm
    buy_mad_per_mwh: Floats
    sell_mad_per_mwh: Floats
    wind_cost_mad_per_mwh: float
    import_max_mw: float
    export_max_mw: float
    charge_max_mw: float
    discharge_max_mw: float
    energy_max_mwh: float
    energy_initial_mwh: float
    charge_efficiency_pu: float
    discharge_efficiency_pu: float
    self_discharge_pu_per_h: float
    ageing_cost_mad_per_mwh: float
    end_value_mad_per_mwh: float
    work_mwh: float  # a day
    run_min_h: float  # the day's work takes at least this long
    ups_loss_pu: float
    overhead_mw: float

    @property
    def step_count(self) -> int:
        """Steps in all."""
        return len(self.load_mw)

    @property
    def day_steps(self) -> int:
        """Steps in a day."""
        return round(24 / self.step_h)

    @property
    def days(self) -> int:
        """Days, which are whole."""
        return self.step_count // self.day_steps

    @property
    def keep_pu(self) -> float:
        """What is left of stored energy after a step."""
        return float((1 - self.self_discharge_pu_per_h) ** self.step_h)

    @property
    def run_max_mw(self) -> float:
        """The most deferrable work may draw."""
        return self.work_mwh / self.run_min_h

    @property
    def per_it(self) -> float:
        """Draw at the bus of each MW of the machines."""
        return 1 + self.ups_loss_pu

    @property
    def firm_bus_mw(self) -> Floats:
        """Draw at the bus of the firm load and of the overhead."""
        return self.per_it * self.load_mw + self.overhead_mw

    @property
    def index(self) -> pd.DatetimeIndex:
        """Beginnings of the steps."""
        step = pd.Timedelta(hours=self.step_h)
        return pd.date_range(START, periods=self.step_count, freq=step, name="time_utc", unit="us")


def _weather(rng: np.random.Generator, hours: Floats) -> tuple[Floats, Floats]:
    """Return sun and wind per unit: a day's arch, and a slow wind that peaks in the afternoon."""
    clear = np.clip(np.sin((hours % 24 - 6) / 12 * np.pi), 0, None)
    sun = clear * rng.uniform(0.7, 1.0, len(hours))
    slow = np.cumsum(rng.normal(0, 0.6, len(hours)) * np.sqrt(hours[1] - hours[0]))
    slow -= np.linspace(0, slow[-1], len(hours))
    wind = 1 / (
        1 + np.exp(-(0.3 + 2.5 * np.sin(slow / 3) + np.sin((hours % 24 - 10) / 12 * np.pi)))
    )
    return sun, wind


def year_case() -> Case:
    """Return a year of hours at a site like the default one."""
    rng, hours = np.random.default_rng(2027), np.arange(8760.0)
    sun, wind = _weather(rng, hours)
    clock = hours % 24
    price = np.select(
        [(clock >= 17) & (clock < 22), (clock >= 7) & (clock < 17)], [1645.4, 892.4], 634.8
    )
    return Case(
        step_h=1.0,
        solar_mw=600 * sun,
        wind_mw=500 * wind,
        load_mw=200 + 30 * np.sin((clock - 8) / 12 * np.pi),
        buy_mad_per_mwh=price,
        sell_mad_per_mwh=np.where((clock >= 17) & (clock < 22), 210.0, 180.0),
        wind_cost_mad_per_mwh=10.0,
        import_max_mw=350.0,
        export_max_mw=100.0,
        charge_max_mw=250.0,
        discharge_max_mw=300.0,
        energy_max_mwh=1500.0,
        energy_initial_mwh=700.0,
        charge_efficiency_pu=0.95,
        discharge_efficiency_pu=0.94,
        self_discharge_pu_per_h=4e-5,
        ageing_cost_mad_per_mwh=77.0,
        end_value_mad_per_mwh=450.0,
        work_mwh=1200.0,
        run_min_h=10.0,
        ups_loss_pu=0.03,
        overhead_mw=5.0,
    )


def random_case(seed: int) -> Case:
    """Return a small site drawn at random: two to five days of steps of an hour or less."""
    rng = np.random.default_rng(seed)
    step_h = float(rng.choice([1.0, 0.5, 0.25]))
    hours = np.arange(0, 24 * int(rng.integers(2, 6)), step_h)
    sun, wind = _weather(rng, hours)
    buy = rng.uniform(300, 1700, 24)[(hours % 24).astype(int)]
    work_mwh, energy_mwh = rng.uniform(100, 1500), rng.uniform(50, 2000)
    load_mw = rng.uniform(50, 250) * rng.uniform(0.8, 1.1, len(hours))
    run_min_h = rng.uniform(2, 20)
    return Case(
        step_h=step_h,
        solar_mw=rng.uniform(0, 800) * sun,
        wind_mw=rng.uniform(0, 800) * wind,
        load_mw=load_mw,
        buy_mad_per_mwh=buy,
        sell_mad_per_mwh=buy * rng.uniform(0.05, 0.9),
        wind_cost_mad_per_mwh=rng.uniform(0, 20),
        import_max_mw=1.2 * load_mw.max() + work_mwh / 24 * 1.2 + 20,  # always enough
        export_max_mw=rng.uniform(1, 150),
        charge_max_mw=rng.uniform(10, 400),
        discharge_max_mw=rng.uniform(10, 400),
        energy_max_mwh=energy_mwh,
        energy_initial_mwh=energy_mwh * rng.uniform(0, 1),
        charge_efficiency_pu=rng.uniform(0.8, 0.97),
        discharge_efficiency_pu=rng.uniform(0.8, 0.97),
        self_discharge_pu_per_h=rng.uniform(0, 0.01),
        ageing_cost_mad_per_mwh=rng.uniform(10, 300),
        end_value_mad_per_mwh=rng.uniform(0, 500),
        work_mwh=work_mwh,
        run_min_h=run_min_h,
        ups_loss_pu=rng.uniform(0, 0.1),
        overhead_mw=rng.uniform(0, 10),
    )
