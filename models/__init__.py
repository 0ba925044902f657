"""Weather to megawatts: pure functions and parameter classes, no files of plans, no solver."""
