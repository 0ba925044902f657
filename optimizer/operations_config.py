"""[operations] of the site file: what the nightly run tells whom, and what it keeps."""

from pydantic import Field

from models.parameters import Parameters


class Operations(Parameters):
    """How `dakhla daily` works unattended; everything may be left out."""

    on_alarm: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="command and arguments; the alarm's sentence is added as the last one",
    )
    ping_url_env: str | None = Field(
        default=None,
        pattern=r"^[A-Z][A-Z0-9_]*$",
        description="environment variable that holds the address to GET after a good night",
    )
    metrics_file: str | None = Field(
        default=None, min_length=1, description="Prometheus text file, replaced after each night"
    )
    responsible: str = Field(
        default="the planner on duty", min_length=1, description="who must act on an alarm"
    )
    act_within_h: float = Field(
        default=6.0, gt=0, le=168, description="how long before expiry somebody must act [h]"
    )
    keep_day: float = Field(
        default=400.0,
        ge=1,
        le=36500,
        description="how long runs, payloads and forecasts are kept [day]",
    )
