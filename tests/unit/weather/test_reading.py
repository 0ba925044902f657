"""Options of reading: closed, ranged, with units."""

import pytest
from pydantic import ValidationError

from models.weather.reading import ReadOptions


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("year", 26),
        ("year_count", 0),
        ("label", "middle"),
        ("level", "guess"),
        ("relative_humidity_pu", 70.0),
        ("irradiance_offset_h", 10.0),
        ("fill_gaps_h", -1.0),
        ("fill_gaps_h", float("nan")),
        ("tz", "UTC"),
    ],
)
def test_options_out_of_range_or_unknown_are_refused(field, value):
    """Proves that percent, minutes and misspelt keys do not pass, and the field is named."""
    with pytest.raises(ValidationError) as error:
        ReadOptions(**{field: value})
    assert [e["loc"] for e in error.value.errors()] == [(field,)]


def test_every_option_says_what_it_is():
    """Proves that each option has a description, for the schema that planners read."""
    assert all(field.description for field in ReadOptions.model_fields.values())
