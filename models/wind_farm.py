"""Parameters of a wind farm: turbine, hub, storm limits, and every loss by its own name."""

from typing import Self

from pydantic import Field, model_validator

from models.parameters import Parameters


class WindFarm(Parameters):
    """Equal turbines behind one substation, and what is lost between rotor and site bus.

    Icing and curtailment have no field: the site never freezes, and how much of the available
    power is used is for the optimizer to decide.
    """

    turbine_type: str | None = Field(
        default=None,
        min_length=1,
        description="type in windpowerlib's turbine library, e.g. V117/3450; or power_curve_file",
    )
    power_curve_file: str | None = Field(
        default=None,
        min_length=1,
        description="CSV with wind_speed_m_per_s, power_kw at 1.225 kg/m3; or turbine_type",
    )
    turbine_count: int = Field(ge=1, le=10_000, description="turbines in the farm [1]")
    hub_height_m: float = Field(ge=20, le=250, description="hub above ground [m]")
    shear_exponent_pu: float = Field(
        ge=0,
        le=0.5,
        description="power-law exponent of wind over height, where one height is given [per unit]",
    )
    wind_spread_pu: float = Field(
        ge=0,
        le=0.3,
        description="standard deviation of the turbines' 10-minute winds, over the farm and "
        "within a step, about the farm's mean of the step, over that mean [per unit]",
    )
    cut_out_m_per_s: float = Field(
        ge=15, le=40, description="turbines stop when the hub wind exceeds this [m/s]"
    )
    restart_m_per_s: float = Field(
        ge=10, le=40, description="stopped turbines restart at or below this hub wind [m/s]"
    )
    wake_loss_pu: float = Field(
        ge=0,
        le=0.3,
        description="power lost to wakes below rated wind, as a lower wind speed, so that the "
        "loss fades above rated wind [per unit]",
    )
    turbine_unavailability_pu: float = Field(
        ge=0, le=0.5, description="turbines out for faults and service, energy-weighted [per unit]"
    )
    plant_unavailability_pu: float = Field(
        ge=0, le=0.5, description="farm cables and substation out of service [per unit]"
    )
    electrical_loss_pu: float = Field(
        ge=0, le=0.2, description="cables, transformers and own use, up to the site bus [per unit]"
    )
    blade_loss_pu: float = Field(
        ge=0, le=0.3, description="sand erosion and soiling of the blades, with ageing [per unit]"
    )

    @model_validator(mode="after")
    def _one_curve_and_ordered_limits(self) -> Self:
        if (self.turbine_type is None) == (self.power_curve_file is None):
            raise ValueError("give either turbine_type or power_curve_file, one and not both.")
        if self.restart_m_per_s > self.cut_out_m_per_s:
            raise ValueError(
                f"restart_m_per_s = {self.restart_m_per_s} is above cut_out_m_per_s = "
                f"{self.cut_out_m_per_s}. Give a restart speed at or below the cut-out speed."
            )
        return self

    @property
    def fixed_losses_pu(self) -> dict[str, float]:
        """Losses that take the same share of every megawatt, in the order they occur."""
        names = (
            "blade_loss_pu",
            "turbine_unavailability_pu",
            "plant_unavailability_pu",
            "electrical_loss_pu",
        )
        return {name: getattr(self, name) for name in names}
