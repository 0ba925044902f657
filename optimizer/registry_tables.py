"""The tables of the registry, the same on SQLite and PostgreSQL, and their version."""

from sqlalchemy import Column, Float, Integer, MetaData, String, Table, Text

SCHEMA_VERSION = 1
_MOMENT = String(20)  # 2026-07-01T00:00:00Z: sorts as moments follow, on every database
metadata = MetaData()

schema = Table(
    "dakhla_schema",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("program", Text, nullable=False),
)
runs = Table(
    "dakhla_runs",
    metadata,
    Column("id", String(40), primary_key=True),
    Column("folder_id", String(40), primary_key=True),  # several folders, one database
    Column("site", Text, nullable=False),
    Column("kind", String(20), nullable=False),
    Column("state", String(20), nullable=False, index=True),
    Column("started_utc", _MOMENT, nullable=False, index=True),
    Column("ended_utc", _MOMENT),
    Column("start_utc", _MOMENT),
    Column("end_utc", _MOMENT),
    Column("weather_rung", Text),
    Column("weather_source", Text),
    Column("objective_mad", Float(53)),
    Column("exit_code", Integer),
    Column("message", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("pid", Integer),
    Column("process", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("folder", String(60)),
    Column("folder_gone", String(20)),
    Column("replans", Text),
)
in_force = Table(
    "dakhla_in_force",
    metadata,
    Column("entry", String(40), primary_key=True),
    Column("folder_id", String(40), primary_key=True),
    Column("number", Integer, nullable=False),  # the order they came in
    Column("run", String(40), nullable=False),
    Column("put_by", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("put_utc", _MOMENT, nullable=False),
    Column("forced", Text, nullable=False),
    Column("withdrawn_utc", _MOMENT),
    Column("withdrawn_by", Text),
    Column("withdrawn_note", Text),
)
