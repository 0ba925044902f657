"""Power curves: from windpowerlib's turbine library, from a CSV, or from a farm's own records.

A curve says what one turbine gives at its terminals in air of 1.225 kg/m3, over ten-minute means.
"""

import difflib
import functools
import itertools
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import windpowerlib
from windpowerlib.wind_turbine import get_turbine_data_from_file

from models.errors import InputError
from models.wind_farm import WindFarm

STANDARD_DENSITY_KG_PER_M3 = 1.225  # IEC 61400-12-1: sea level at 15 degC
SPEED_MAX_M_PER_S = 50.0  # no turbine runs in more; a faster curve is in km/h
POWER_MAX_KW = 30_000.0  # the largest turbines of 2026 have 26 MW; a higher curve is in W
BIN_WIDTH_M_PER_S = 0.5  # IEC 61400-12-1, method of bins
BIN_RECORDS_MIN = 3  # IEC 61400-12-1: half an hour of ten-minute records in each bin
COLUMNS = ["wind_speed_m_per_s", "power_kw"]

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class PowerCurve:
    """Turbine power over hub-height wind at 1.225 kg/m3, up to the last wind it runs in.

    Attributes
    ----------
    wind_speed_m_per_s, power_kw : tuple of float
        Points of the curve, wind rising; linear in between. [m/s], [kW]
    """

    where: str
    wind_speed_m_per_s: tuple[float, ...]
    power_kw: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse a curve that no turbine has."""
        problems = [*self._point_problems()] or [*self._range_problems()]
        if problems:
            raise InputError(problems)

    def _point_problems(self) -> list[str]:
        points = list(zip(self.wind_speed_m_per_s, self.power_kw, strict=True))
        bad = [point for point in points if not all(map(math.isfinite, point))]
        if bad:
            return [f"{self.where}: point = {bad[0]} is not a number. Give m/s and kW."]
        if len(points) < 3:
            return [f"{self.where}: points = {len(points)} is too few. Give three or more."]
        pairs = itertools.pairwise(points)
        fall = [after for before, after in pairs if after[0] <= before[0]]
        if fall:
            remedy = "Sort the points by wind speed, each speed once."
            return [f"{self.where}: wind_speed_m_per_s = {fall[0][0]} is not rising. {remedy}"]
        return []

    def _range_problems(self) -> list[str]:
        speed, power = self.wind_speed_m_per_s, self.power_kw
        tests = {
            f"wind_speed_m_per_s = {speed[0]} is negative. Give m/s.": speed[0] < 0,
            f"wind_speed_m_per_s = {speed[-1]} is above {SPEED_MAX_M_PER_S:g}. "
            "Give m/s, not km/h.": speed[-1] > SPEED_MAX_M_PER_S,
            f"power_kw = {min(power)} is negative. Give 0 where the turbine stands.": min(power)
            < 0,
            f"power_kw = {max(power)} is above {POWER_MAX_KW:g}. Give kW of one turbine, not W."
            "": max(power) > POWER_MAX_KW,
            f"power_kw = {max(power)} is no power anywhere. Give the turbine's power in kW.": max(
                power
            )
            == 0,
        }
        return [f"{self.where}: {what}" for what, is_wrong in tests.items() if is_wrong]

    @property
    def rated_kw(self) -> float:
        """The most the turbine gives [kW]."""
        return max(self.power_kw)


def power_curve(farm: WindFarm) -> PowerCurve:
    """Return the farm's power curve, from its turbine type or its file.

    Raises
    ------
    InputError
        The type is not in the library, the file is not a curve, or the curve ends below the
        farm's cut-out speed, so that nobody has said what the turbine gives in between.
    """
    if farm.turbine_type is not None:
        curve = library_curve(farm.turbine_type)
    else:
        curve = read_curve(Path(str(farm.power_curve_file)))
    last = curve.wind_speed_m_per_s[-1]
    if farm.cut_out_m_per_s > last:
        what = (
            f"cut_out_m_per_s = {farm.cut_out_m_per_s} is above the curve's last speed with power"
        )
        raise InputError([f"{curve.where}: {what}, {last} m/s. Lower it or extend the curve."])
    return curve


@functools.cache
def library_curve(turbine_type: str) -> PowerCurve:
    """Return the curve of a type in windpowerlib's library (OEDB), e.g. ``V117/3450``."""
    path = Path(windpowerlib.__file__).parent / "oedb" / "power_curves.csv"
    where = f"turbine library: turbine_type = {turbine_type}"
    known = pd.read_csv(path, usecols=["turbine_type"])["turbine_type"].tolist()
    if turbine_type not in known:
        near = difflib.get_close_matches(turbine_type, known, n=2)
        remedy = f"Did you mean {' or '.join(near)}?" if near else "Give power_curve_file instead."
        raise InputError([f"{where} is not in it, or has no power curve. {remedy}"])
    table = get_turbine_data_from_file(turbine_type, str(path))
    watts = table["value"].to_numpy(dtype=np.float64)
    return _curve(where, table["wind_speed"].to_numpy(dtype=np.float64), watts / 1000.0)


def read_curve(path: Path) -> PowerCurve:
    """Return the curve in a CSV with the columns wind_speed_m_per_s and power_kw."""
    try:
        table = pd.read_csv(path)
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        remedy = f"Give a CSV with the columns {', '.join(COLUMNS)}."
        problem = f"{path}: power_curve_file is not readable ({type(error).__name__}). {remedy}"
        raise InputError([problem]) from error
    if sorted(table.columns) != sorted(COLUMNS):
        problem = f"columns = {', '.join(map(str, table.columns))} is not a power curve"
        raise InputError([f"{path}: {problem}. Name the two columns {', '.join(COLUMNS)}."])
    values = table[COLUMNS].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=np.float64)
    return _curve(str(path), values[:, 0], values[:, 1])


def curve_from_records(
    wind_speed_m_per_s: FloatArray,
    power_kw: FloatArray,
    density_kg_per_m3: FloatArray,
    cut_out_m_per_s: float,
) -> PowerCurve:
    """Derive a turbine's curve from its ten-minute records, by the method of bins.

    Wind speeds are brought to standard density by the inverse of the correction that
    `models.wind` applies, averaged in bins of 0.5 m/s together with the power, and the last
    bin's power is held up to the cut-out speed. Records of standstill count, so faults and
    service are in the curve; a bin of fewer than three records is left out.

    Parameters
    ----------
    wind_speed_m_per_s, power_kw, density_kg_per_m3 : array, shape (records,)
        Wind at the nacelle or hub, power at the terminals, air density there.
    cut_out_m_per_s : float
        Where the curve ends. [m/s]

    References
    ----------
    .. [1] IEC 61400-12-1:2017, Power performance measurements, clause 9.2 (bins).
    .. [2] L. Svenningsen, "Proposal of an Improved Power Curve Correction," EMD, 2010.
    """
    density_pu = density_kg_per_m3 / STANDARD_DENSITY_KG_PER_M3
    exponent = np.interp(wind_speed_m_per_s, [7.5, 12.5], [1 / 3, 2 / 3])  # [2], as windpowerlib
    standard = wind_speed_m_per_s * density_pu**exponent
    records = pd.DataFrame({COLUMNS[0]: standard, COLUMNS[1]: power_kw}).dropna()
    bins = (records[COLUMNS[0]] / BIN_WIDTH_M_PER_S).round()
    table = records.groupby(bins).mean()[records.groupby(bins).size() >= BIN_RECORDS_MIN]
    speed = np.append(table[COLUMNS[0]].to_numpy(), cut_out_m_per_s)
    power = np.append(table[COLUMNS[1]].to_numpy(), table[COLUMNS[1]].to_numpy()[-1:])
    return _curve("records", speed, power.clip(min=0.0))  # own use at standstill is below 0


def _curve(where: str, speed: FloatArray, power: FloatArray) -> PowerCurve:
    """Return the curve without its zeros past the last power: the cut-out is the farm's field."""
    running = np.flatnonzero(power > 0)
    end = running[-1] + 1 if running.size else power.size
    if not np.isfinite(power).all():
        end = power.size
    speeds, powers = tuple(speed[:end].tolist()), tuple(power[:end].tolist())
    return PowerCurve(where=where, wind_speed_m_per_s=speeds, power_kw=powers)
