"""The doorway of models/ to the files in data/."""

from pathlib import Path

_ROOT = Path(__file__).parents[1]
_IN_WHEEL = _ROOT / "optimizer" / "_data"
REFERENCE_DIR = _IN_WHEEL if _IN_WHEEL.is_dir() else _ROOT / "data"


def reference_file(name: str) -> Path:
    """Return the path of a file under data/, e.g. `reference_file("climate/dakhla.toml")`.

    Raises
    ------
    FileNotFoundError
        There is no such file; the message lists those that exist.
    """
    path = REFERENCE_DIR / name
    if path.is_file():
        return path
    files = (p for p in REFERENCE_DIR.rglob("*") if p.is_file())
    names = ", ".join(sorted(p.relative_to(REFERENCE_DIR).as_posix() for p in files))
    raise FileNotFoundError(f"{REFERENCE_DIR}: no file {name!r}. Choose one of: {names}")
