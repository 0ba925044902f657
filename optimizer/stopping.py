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
from dataclasses import dataclass
from types import FrameType

GRACE_S = 1.5  # how long work may take to notice it should stop; a stop is promised within 2 s
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


def run_watched(
    work: Callable[[], object],
    *,
    stop: StopFlag,
    limit_s: float,
    ask_to_stop: Callable[[], None],
    silence: Callable[[], None],
) -> bool:
    """Run `work` in a daemon thread until it ends, `stop` rises or `limit_s` has passed.

    Parameters
    ----------
    work : callable
        Compiled code that lets other threads run.
    stop : StopFlag
        Watched every few milliseconds.
    limit_s : float
        After this long `work` is asked to stop. [s]
    ask_to_stop : callable
        Makes `work` return soon; `work` has `GRACE_S` for it and is then left behind.
    silence : callable
        Makes work left behind call Python no more; called when the interpreter exits, because a
        thread that enters a dying interpreter aborts the process.

    Returns
    -------
    bool
        Whether `work` ended; if not, its thread still runs and nothing of it may be touched.
    """
    thread = threading.Thread(target=work, name="solver", daemon=True)
    deadline = time.monotonic() + limit_s
    thread.start()
    try:
        while thread.is_alive() and stop.signal_number is None and time.monotonic() < deadline:
            thread.join(_NAP_S)
    finally:  # also when Ctrl-C raises here, without stop_on_signals
        if thread.is_alive():
            ask_to_stop()
            thread.join(GRACE_S)
        if thread.is_alive():
            atexit.register(_leave_behind, silence)
    return not thread.is_alive()


def _leave_behind(silence: Callable[[], None]) -> None:
    """Let a callback that waits for the interpreter finish, and no further one begin."""
    silence()
    time.sleep(5 * _NAP_S)
