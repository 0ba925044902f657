"""Stopping long work: signals become a flag, and work that ignores it is left behind.

Compiled code holds back Python's signal handlers until it returns, so it runs in a thread of its
own while the caller waits in short naps, in which handlers run at once.
"""

import atexit
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import FrameType

GRACE_S = 0.3  # how long work may take to notice it should stop; a stop is promised within 2 s
_EXIT_GRACE_S = 1.5  # the same when the process ends, which is nobody's promise
_NAP_S = 0.02
_SIGNALS = (signal.SIGINT, signal.SIGTERM)


@dataclass(slots=True)
class StopFlag:
    """Whether, and by which signal, the run was asked to stop."""

    signal_number: int | None = None


@contextmanager
def stop_on_signals() -> Iterator[StopFlag]:
    """Turn the first SIGINT or SIGTERM into a flag; a second one acts as it did before.

    Outside the main thread, where Python takes no signals, the flag never rises.
    """
    flag = StopFlag()
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    before = {number: signal.getsignal(number) or signal.SIG_DFL for number in _SIGNALS}

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def note(number: int, _frame: FrameType | None) -> None:
        flag.signal_number = number
        restore()

    for number in _SIGNALS:
        signal.signal(number, note)
    try:
        yield flag
    finally:
        restore()


@dataclass(slots=True)
class Brake:
    """What callbacks of long work look at: asked to stop, or to stand still for good."""

    is_asked: bool = False
    is_for_good: bool = False
    stands: threading.Event = field(default_factory=threading.Event)

    def is_pressed(self) -> bool:
        """Return whether work should stop; once the process ends, never return."""
        if self.is_for_good:
            self.stands.set()
            threading.Event().wait()
        return self.is_asked


def run_watched(
    work: Callable[[], object],
    *,
    stop: StopFlag,
    limit_s: float,
    brake: Brake,
    silence: Callable[[], None],
) -> bool:
    """Run `work` in a daemon thread; return whether it ended before it had to be left behind.

    Work left behind runs on, and nothing of it may be touched. When the process ends it is made
    to stand still: compiled code that enters a dying interpreter aborts it, exit code and all.

    Parameters
    ----------
    work : callable
        Compiled code whose callbacks look at `brake`; it has `GRACE_S` to stop when asked.
    stop : StopFlag
        When it rises, `work` is asked to stop.
    limit_s : float
        After this long, too. [s]
    silence
        Makes `work` call back no more.
    """
    ended = _started(work)
    deadline = time.monotonic() + limit_s
    try:
        while not ended.wait(_NAP_S) and time.monotonic() < deadline:
            if stop.signal_number is not None:
                break
    finally:  # also when Ctrl-C raises here, without stop_on_signals
        brake.is_asked = not ended.is_set()
        if brake.is_asked and not ended.wait(GRACE_S):
            atexit.register(_leave_behind, ended, brake, silence)
    return ended.is_set()


def _started(work: Callable[[], object]) -> threading.Event:
    """Start `work` in a thread and return what is set when it has ended."""
    ended = threading.Event()  # Thread.is_alive is wrong once Ctrl-C has struck inside join

    def body() -> None:
        try:
            work()
        finally:
            ended.set()

    threading.Thread(target=body, name="solver", daemon=True).start()
    return ended


def _leave_behind(ended: threading.Event, brake: Brake, silence: Callable[[], None]) -> None:
    """Wait until work has ended or stands still; if it does neither, let it calculate on."""
    brake.is_for_good = True
    deadline = time.monotonic() + _EXIT_GRACE_S
    while not ended.is_set() and not brake.stands.is_set() and time.monotonic() < deadline:
        time.sleep(_NAP_S)
    if not ended.is_set() and not brake.stands.is_set():
        silence()
