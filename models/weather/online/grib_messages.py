"""GRIB messages decoded at one place by ECMWF's eccodes; imported only where it is installed."""

import eccodes
import pandas as pd

from models.errors import InputError, SourceError
from models.weather.online.ecmwf_fields import CONTROL_NUMBER, Field
from models.weather.reading import require_same_place
from models.weather.schema import Place

WHERE = "ecmwf-open-data GRIB"
LATER = "Ask again later, or take another source."
MAGIC, END = b"GRIB", b"7777"
EDITION_AT, LENGTH_FROM, LENGTH_TO = 7, 8, 16  # WMO FM 92, GRIB edition 2, section 0


def fields_at(body: bytes, place: Place) -> list[Field]:
    """Return the value of each message at the grid point nearest to a place.

    Raises
    ------
    SourceError
        A message is cut off, of another edition, can not be decoded, or ends far from the place.
    """
    fields: list[Field] = []
    begin = 0
    while begin < len(body):
        head = body[begin : begin + LENGTH_TO]
        if len(head) < LENGTH_TO or head[:4] != MAGIC or head[EDITION_AT] != 2:
            what = f"{WHERE}: message {len(fields) + 1} = {head[:4]!r} is no GRIB of edition 2"
            raise SourceError("content", f"{what}. {LATER}")
        end = begin + int.from_bytes(head[LENGTH_FROM:LENGTH_TO], "big")
        message = body[begin:end]
        if end > len(body) or end <= begin + LENGTH_TO or message[-4:] != END:
            what = f"{WHERE}: message {len(fields) + 1} of {end - begin} B is cut off"
            raise SourceError("content", f"{what}. {LATER}")
        fields.append(_field(message, place))
        begin = end
    return fields


def _field(message: bytes, place: Place) -> Field:
    try:
        handle = eccodes.codes_new_from_message(message)
        try:
            return _at(handle, place)
        finally:
            eccodes.codes_release(handle)
    except eccodes.CodesInternalError as error:
        what = f"{WHERE}: a message can not be decoded ({error})"
        raise SourceError("content", f"{what}. {LATER}") from error


def _at(handle: int, place: Place) -> Field:
    nearest = eccodes.codes_grib_find_nearest(handle, place.latitude_deg, place.longitude_deg)[0]
    east_deg = (nearest.lon + 180.0) % 360.0 - 180.0
    try:
        require_same_place(nearest.lat, east_deg, place, WHERE)
    except InputError as error:
        raise SourceError("content", error.problems[0]) from error
    begun = f"{eccodes.codes_get_long(handle, 'dataDate'):08d}"
    at_time = f"{eccodes.codes_get_long(handle, 'dataTime'):04d}"
    is_member = eccodes.codes_is_defined(handle, "perturbationNumber")
    number = eccodes.codes_get_long(handle, "perturbationNumber") if is_member else CONTROL_NUMBER
    is_hole = nearest.value == eccodes.codes_get_double(handle, "missingValue")
    return Field(
        param=eccodes.codes_get_string(handle, "shortName"),
        unit=eccodes.codes_get_string(handle, "units"),
        number=number,
        init_utc=pd.Timestamp(f"{begun}T{at_time}", tz="UTC"),
        step_h=eccodes.codes_get_long(handle, "endStep"),
        value=float("nan") if is_hole else float(nearest.value),
    )
