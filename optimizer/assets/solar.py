"""Solar plant: what the sun offers, used or curtailed."""

from pydantic import Field

from models.solar_plant import PvPlant
from optimizer.assets.renewable import Renewable


class Solar(Renewable):
    """Photovoltaic plant; its available power comes from `plant` or from a file."""

    plant: PvPlant | None = Field(
        default=None, description="parameters of the weather-to-power model"
    )
