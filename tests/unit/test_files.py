"""Files as users give them: only what ends is read, and why not is said in a few words."""

import os
from pathlib import Path

import pytest

from models.files import plain_file, reason


def test_a_file_of_fair_size_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert plain_file(path, 5) == path


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (lambda path: None, "there is no such file"),
        (Path.mkdir, "it is a folder"),
        (os.mkfifo, "it is no plain file"),
        (lambda path: path.write_bytes(bytes(2_000_001)), "it has 2 MB, at most 1 are read"),
    ],
    ids=["missing", "folder", "pipe", "large"],
)
def test_what_is_no_such_file_is_refused(tmp_path: Path, make, why: str) -> None:
    make(tmp_path / "a")
    with pytest.raises(OSError, match=r".") as error:
        plain_file(tmp_path / "a", 1_000_000)
    assert reason(error.value) == why


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ValueError("first.\nsecond"), "first"),
        (ValueError(), "ValueError"),
        (KeyError("column"), "column is missing"),
        (OSError("torn"), "torn"),
    ],
)
def test_the_reason_is_one_line(error: Exception, why: str) -> None:
    assert reason(error) == why
