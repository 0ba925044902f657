"""What several test folders share: the doorway to the reference data kept outside the project."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

LONGEST_FIRST = (  # so that no process is left alone with one at the end
    "tests/properties/test_steered_year.py",
    "tests/properties",
    "tests/notebooks",
    "tests/browser",
    "tests/end_to_end",
)
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


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, the order else as it is."""

    def place(item: pytest.Item) -> int:
        name = item.path.relative_to(ROOT).as_posix()
        found = (k for k, part in enumerate(LONGEST_FIRST) if name.startswith(part))
        return next(found, len(LONGEST_FIRST))

    items.sort(key=place)
