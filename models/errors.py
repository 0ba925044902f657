"""The one exception for wrong input: every problem at once, each with its remedy."""

from collections.abc import Sequence


class InputError(ValueError):
    """Input that cannot be used; `problems` holds one sentence for each thing wrong."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(self.problems))
