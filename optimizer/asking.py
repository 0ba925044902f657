"""Questions put to the solver about one plan, one after the other, in the time there is."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from optimizer.errors import Stopped
from optimizer.matrices import Matrices
from optimizer.solution import Solution, SolveOptions, Status
from optimizer.solve import run_highs
from optimizer.stopping import StopFlag, stop_on_signals


@dataclass(frozen=True, kw_only=True, slots=True)
class Asking:
    """The time for all questions together, and whether it is over."""

    options: SolveOptions
    stop: StopFlag
    started: float = field(default_factory=time.monotonic)

    @property
    def is_over(self) -> bool:
        """Whether there is no time left."""
        return time.monotonic() - self.started > self.options.time_limit_s

    def left(self, share_pu: float = 1.0) -> SolveOptions:
        """Return the options for the time that is left, and for no more than a share of all.

        Raises
        ------
        Stopped
            A signal asked to stop.
        """
        if self.stop.signal_number is not None:
            raise Stopped(self.stop.signal_number)
        left = self.options.after(time.monotonic() - self.started)
        seconds = min(left.time_limit_s, share_pu * self.options.time_limit_s)
        return left.model_copy(update={"time_limit_s": seconds})

    def solve(self, m: Matrices, share_pu: float = 1.0) -> Solution | None:
        """Return what the solver finds; None where no time is left to ask."""
        return None if self.is_over else run_highs(m, self.left(share_pu), self.stop)

    def is_infeasible(self, m: Matrices, share_pu: float = 1.0) -> bool:
        """Return whether it is proven that nothing keeps all of `m`."""
        solution = self.solve(m, share_pu)
        return solution is not None and solution.status is Status.INFEASIBLE


@contextmanager
def asking(options: SolveOptions) -> Iterator[Asking]:
    """Give questions the solver's own time limit, all together; a signal ends them."""
    with stop_on_signals() as stop:
        yield Asking(options=options, stop=stop)
