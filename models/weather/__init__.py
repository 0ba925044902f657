"""Weather: one schema, its checks, one file per source, and the bundled climate."""
