"""Wind farm: what the wind offers, used or curtailed."""

from pydantic import Field

from models.wind_farm import WindFarm
from optimizer.assets.renewable import Renewable


class Wind(Renewable):
    """Wind farm; its available power comes from `farm` or from a file."""

    farm: WindFarm | None = Field(
        default=None, description="parameters of the weather-to-power model"
    )
