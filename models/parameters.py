"""The base of every parameter class: frozen, checked, and closed to unknown keys."""

from pydantic import BaseModel, ConfigDict


class Parameters(BaseModel):
    """Parameters of one thing; units are in the field names, ranges on the fields."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, validate_default=True
    )
