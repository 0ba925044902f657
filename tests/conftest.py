"""What several test folders share: the doorway to the reference data kept outside the project."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHARED = Path(os.environ.get("DAKHLA_SHARED", ROOT.parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Callable[[str], Path]:
    """Return the path of a reference file; skip where it is absent, fail where it must be."""

    def find(name: str) -> Path:
        path = SHARED / name
        if not path.exists():
            message = f"reference data {name} is not beside the project"
            (pytest.fail if os.environ.get("CI") else pytest.skip)(message)
        return path

    return find
