"""A small plant whose weather is forecast by fake servers, in a folder of its own."""

from pathlib import Path

import numpy as np
import pandas as pd

from optimizer.reference import reference_file
from tests.end_to_end.conftest import AGREEMENT, SITE

DAYS = 130  # of prices: 90 nights, and what each plans ahead
TELL = """#!{python}
import sys
with open({told!r}, "a") as file:
    file.write(sys.argv[1] + "\\n")
"""
WEATHER = """
[weather]
source = "first"
second = "second"
age_max_h = 40.0
late_max_h = 14.0
reuse_h = 0.0
climatology_members_count = 4

[weather.online.first]
provider = "open-meteo-ensemble"
model = "ecmwf_ifs025_ensemble"
url = "{first}"
deadline_s = {deadline_s}
payload_max_mb = 4.0

[weather.online.second]
provider = "open-meteo"
model = "ecmwf_ifs"
url = "{second}"
deadline_s = {deadline_s}
payload_max_mb = 4.0

[operations]
on_alarm = ["{tell}"]
metrics_file = "dakhla.prom"
"""


def write_plant(
    folder: Path, python: str, urls: tuple[str, str], first_day: pd.Timestamp, deadline_s: float
) -> Path:
    """Write site, agreement, prices and alarm command; return the site file."""
    bundled = reference_file("site.toml").read_text()
    farm = bundled[bundled.index("[wind.main]") : bundled.index("[battery.main]")]
    farm = farm.replace("turbine_count = 300", "turbine_count = 60")
    given = SITE[SITE.index("[wind.main]") : SITE.index("[battery.main]")]
    tell = folder / "tell"
    tell.write_text(TELL.format(python=python, told=str(folder / "told")))
    tell.chmod(0o755)
    settings = WEATHER.format(first=urls[0], second=urls[1], deadline_s=deadline_s, tell=tell)
    site = folder / "site.toml"
    site.write_text(SITE.replace(given, farm).replace('"6h@1h"', '"48h@1h"') + settings)
    (folder / "agreement.toml").write_text(AGREEMENT)
    hours = pd.date_range(first_day, periods=24 * DAYS, freq="h", tz="UTC", name="time_utc")
    wave = np.sin(np.arange(len(hours)) * 2 * np.pi / 24)
    prices = {
        "import_price_mad_per_mwh": 700 + 200 * wave,
        "export_price_mad_per_mwh": 100 + 20 * wave,
    }
    table = pd.DataFrame(prices, index=hours.strftime("%Y-%m-%dT%H:%MZ")).round(3)
    table.rename_axis("time_utc").to_csv(folder / "grid.csv")
    return site
