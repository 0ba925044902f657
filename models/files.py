"""Files as users give them: missing, a folder, a pipe that never ends, far too large."""

import errno
import stat
from pathlib import Path


def plain_file(path: Path, max_bytes: int) -> Path:
    """Return `path` if it is a file of at most `max_bytes`, so that reading it will end.

    Raises
    ------
    OSError
        It is something else; `reason` says what.
    """
    found = path.stat()
    if stat.S_ISDIR(found.st_mode):
        raise OSError(errno.EISDIR, "it is a folder", str(path))
    if not stat.S_ISREG(found.st_mode):
        raise OSError(errno.EINVAL, "it is no plain file", str(path))
    if found.st_size > max_bytes:
        size = f"it has {found.st_size / 1e6:,.0f} MB, at most {max_bytes / 1e6:,.0f} are read"
        raise OSError(errno.EFBIG, size, str(path))
    return path


def reason(error: Exception) -> str:
    """Return why a file could not be read, on one line and without its name."""
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, KeyError) and str(error.args[0]).isidentifier():
        return f"{error.args[0]} is missing"
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")
