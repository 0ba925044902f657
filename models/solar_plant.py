"""Parameters of a PV plant: modules, mounting, inverters, and every loss by its own name."""

from math import prod
from typing import Literal, Self

from pydantic import Field, model_validator

from models.parameters import Parameters

FIXED_ONLY = ("tilt_deg", "azimuth_deg")
TRACKER_ONLY = (
    "axis_azimuth_deg",
    "rotation_max_deg",
    "ground_cover_pu",
    "is_backtracking",
    "stow_wind_m_per_s",
)


class PvPlant(Parameters):
    """Equal modules behind equal inverters; losses from dust on the glass to the site bus.

    Monofacial: what the ground sends to the modules' backs is left out, on the safe side.
    """

    capacity_dc_mw: float = Field(
        gt=0, le=20_000, description="modules' power at 1000 W/m2 and 25 degC [MW]"
    )
    capacity_ac_mw: float = Field(gt=0, le=20_000, description="inverters' rated power [MW]")
    mounting: Literal["fixed", "single_axis"] = Field(
        description="fixed racks, or trackers that turn about a horizontal axis"
    )
    tilt_deg: float | None = Field(
        default=None, ge=0, le=90, description="fixed: tilt from horizontal [deg]"
    )
    azimuth_deg: float | None = Field(
        default=None, ge=0, lt=360, description="fixed: where the panes look, 180 is south [deg]"
    )
    axis_azimuth_deg: float | None = Field(
        default=None, ge=0, lt=360, description="single_axis: the axis' bearing, 180 is N-S [deg]"
    )
    rotation_max_deg: float | None = Field(
        default=None, ge=10, le=90, description="single_axis: largest tilt either way [deg]"
    )
    ground_cover_pu: float | None = Field(
        default=None,
        ge=0.1,
        le=0.9,
        description="single_axis: row width over row spacing [per unit]",
    )
    is_backtracking: bool | None = Field(
        default=None, description="single_axis: rows turn back to keep shade off each other"
    )
    stow_wind_m_per_s: float | None = Field(
        default=None,
        ge=5,
        le=60,
        description="single_axis: rows lie flat above this mean wind at 10 m [m/s]",
    )
    albedo_pu: float = Field(ge=0, le=0.9, description="share the ground reflects [per unit]")
    power_temp_coefficient_per_k: float = Field(
        ge=-0.006, le=0, description="change of power with cell temperature, datasheet [1/K]"
    )
    low_light_loss_pu: float = Field(
        ge=0,
        le=0.2,
        description="efficiency lost at 200 W/m2 and 25 degC against 1000, datasheet [per unit]",
    )
    sapm_a_pu: float = Field(
        ge=-4.5, le=-2, description="module temperature at no wind (SAPM a) [log of K m2/W]"
    )
    sapm_b_s_per_m: float = Field(
        ge=-0.2, le=0, description="module cooling by the wind at 10 m (SAPM b) [s/m]"
    )
    sapm_delta_t_k: float = Field(
        ge=0, le=10, description="cell above module back at 1000 W/m2 (SAPM) [K]"
    )
    inverter_efficiency_pu: float = Field(
        ge=0.8, le=0.995, description="inverter at rated power [per unit]"
    )
    soiling_rate_pu_per_day: float = Field(
        ge=0, le=0.05, description="light lost to dust, per day since cleaning [per unit per day]"
    )
    cleaning_interval_day: float = Field(ge=0, le=366, description="between two cleanings [day]")
    shading_loss_pu: float = Field(
        ge=0, le=0.3, description="shade of rows, poles and horizon [per unit]"
    )
    mismatch_loss_pu: float = Field(ge=0, le=0.1, description="unequal modules [per unit]")
    dc_wiring_loss_pu: float = Field(
        ge=0, le=0.1, description="strings, connectors and DC cables [per unit]"
    )
    nameplate_loss_pu: float = Field(
        ge=0, le=0.1, description="delivered below rated, with the first light's loss [per unit]"
    )
    ageing_loss_pu: float = Field(
        ge=0, le=0.3, description="power lost to age in the planned year [per unit]"
    )
    ac_wiring_loss_pu: float = Field(
        ge=0, le=0.1, description="AC cables to the site bus [per unit]"
    )
    transformer_loss_pu: float = Field(
        ge=0, le=0.1, description="transformers up to the site bus, by day [per unit]"
    )
    availability_pu: float = Field(
        ge=0.5, le=1, description="share of the plant in service, mean [per unit]"
    )

    @model_validator(mode="after")
    def _mounting_is_described_once(self) -> Self:
        fixed = self.mounting == "fixed"
        wanted, foreign = (FIXED_ONLY, TRACKER_ONLY) if fixed else (TRACKER_ONLY, FIXED_ONLY)
        problems = [f"{name} is missing. Give it." for name in wanted if self._lacks(name)]
        problems += [
            f"{name} = {getattr(self, name)} is not for mounting = {self.mounting}. Remove it."
            for name in foreign
            if not self._lacks(name)
        ]
        if problems:
            raise ValueError(" ".join(problems))
        return self

    @model_validator(mode="after")
    def _numbers_fit_together(self) -> Self:
        ratio = self.capacity_dc_mw / self.capacity_ac_mw
        if not 0.5 <= ratio <= 3:
            raise ValueError(
                f"capacity_dc_mw / capacity_ac_mw = {ratio:g} is outside [0.5, 3]. Give both in MW."
            )
        if self.soiling_loss_pu > 0.5:
            raise ValueError(
                f"soiling_rate_pu_per_day * cleaning_interval_day / 2 = {self.soiling_loss_pu:g} "
                "is above 0.5. Give 0.003 per day for 0.3 %, or clean more often."
            )
        return self

    def _lacks(self, name: str) -> bool:
        return getattr(self, name) is None

    @property
    def soiling_loss_pu(self) -> float:
        """Mean light lost to dust: half of what gathers between two cleanings.

        A plant of this size is cleaned a few rows at a time, around the clock of the interval, so
        at any hour rows of every age since cleaning stand side by side: the plant sees the mean of
        the saw-tooth, not its teeth, and no plan depends on an unknown date of last cleaning.
        """
        return self.soiling_rate_pu_per_day * self.cleaning_interval_day / 2

    @property
    def dc_losses_pu(self) -> dict[str, float]:
        """Losses before the inverter, each of what the one before left, in order."""
        return {
            "soiling": self.soiling_loss_pu,
            "shading": self.shading_loss_pu,
            "nameplate": self.nameplate_loss_pu,
            "ageing": self.ageing_loss_pu,
            "mismatch": self.mismatch_loss_pu,
            "dc_wiring": self.dc_wiring_loss_pu,
        }

    @property
    def ac_losses_pu(self) -> dict[str, float]:
        """Losses after the inverter, each of what the one before left, in order."""
        return {
            "ac_wiring": self.ac_wiring_loss_pu,
            "transformer": self.transformer_loss_pu,
            "unavailability": 1 - self.availability_pu,
        }

    @property
    def dc_kept_pu(self) -> float:
        """Share of the modules' power that reaches the inverters."""
        return prod(1 - loss for loss in self.dc_losses_pu.values())

    @property
    def ac_kept_pu(self) -> float:
        """Share of the inverters' power that reaches the site bus."""
        return prod(1 - loss for loss in self.ac_losses_pu.values())
