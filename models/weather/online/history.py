"""What the sources of history share: measured or typical weather handed on like a forecast."""

from models.errors import InputError, SourceError
from models.weather.checks import check
from models.weather.forecast import ModelRun, WeatherForecast
from models.weather.online.provider import Payload, Wanted
from models.weather.schema import Weather


def payload_text(payload: Payload) -> str:
    """Return a payload's text; a broken character is replaced, which the reader then refuses."""
    return payload.body.decode("utf-8-sig", errors="replace")


def as_forecast(
    weather: Weather, wanted: Wanted, payload: Payload, *, provider: str, model: str
) -> WeatherForecast:
    """Return the hours wanted of checked history, with one member.

    History has no model run: its age counts from its end.

    Raises
    ------
    SourceError
        ``coverage``: the hours are not all there. ``content``: the weather cannot be true.
    """
    try:
        window = weather.window(wanted.start_utc, wanted.end_utc)
    except InputError as error:
        raise SourceError("coverage", error.problems[0]) from error
    try:
        check(window)
    except InputError as error:
        raise SourceError("content", error.problems[0]) from error
    run = ModelRun(
        provider=provider,
        model=model,
        init_utc=wanted.end_utc,
        fetched_utc=payload.fetched_utc,
        attribution=weather.licence,
        payloads_sha256=(payload.sha256,),
    )
    return WeatherForecast(run=run, members=(window,))
