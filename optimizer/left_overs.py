"""What killed processes leave in a folder of runs, and when it may go."""

import shutil
from pathlib import Path

import pandas as pd

DELETING = ".deleting-"
LEFT_OVER_H = 24.0  # a temporary file or folder of this age has no writer any more
_TEMPORARY = (".latest.json.", ".in_force.json.", ".ledger.csv.", ".registry_id.", ".partial-")


def sweep(out: Path, now: pd.Timestamp) -> list[str]:
    """Remove half-removed runs and old temporary files; return their names."""
    removed = []
    for path in sorted(out.glob(".*")):
        try:
            is_old = (now.timestamp() - path.lstat().st_mtime) / 3600 > LEFT_OVER_H
        except FileNotFoundError:  # another process sweeps, too
            continue
        if path.name.startswith(DELETING) or (is_old and path.name.startswith(_TEMPORARY)):
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            removed.append(path.name)
    return removed
