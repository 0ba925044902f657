"""The binaries that "never both at once" has needed so far: `optimizer.exclusive` adds them."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(kw_only=True, slots=True)
class Splits:
    """The steps that have a binary so far: one for a pair, one a line and one more for cooling."""

    pairs: dict[tuple[str, int], Any] = field(default_factory=dict)
    cooling: dict[int, list[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.pairs) + len(self.cooling)

    @property
    def binaries(self) -> list[Any]:
        """Return all of them."""
        return [*self.pairs.values(), *(one for each in self.cooling.values() for one in each)]
