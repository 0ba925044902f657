"""What can be wrong with what comes in: input of a person, and weather of a source."""

from collections.abc import Sequence
from typing import Literal


class InputError(ValueError):
    """Input that cannot be used; `problems` holds one sentence for each thing wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))


SourceFault = Literal["unreachable", "refused", "content", "stale", "coverage"]


class SourceError(Exception):
    """A source gave no usable weather: another one may; `fault` says of what kind it was.

    ``unreachable``: no whole answer in time; ``refused``: an answer that says no (quota, plan,
    wrong parameter); ``content``: an answer that is no weather; ``stale``: an old model run or a
    frozen feed; ``coverage``: good weather, but not for these hours.
    """

    def __init__(self, fault: SourceFault, problem: str) -> None:
        self.fault: SourceFault = fault
        super().__init__(problem)
