"""Which process began a run, and whether it is still there: a number alone is given out again."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
_STARTED = 19  # field 22 of /proc/PID/stat, counted after the command's name


@dataclass(frozen=True, slots=True)
class Process:
    """A process by its host, its number and a mark: boot, process table and moment of start."""

    host: str
    pid: int
    mark: str  # empty where the system does not say


def this_process() -> Process:
    """Return the identity of the running process."""
    pid = os.getpid()
    return Process(socket.gethostname(), pid, _mark(pid))


def is_gone(process: Process) -> bool | None:
    """Return whether a process has ended; None where that can't be known from here."""
    here = this_process()
    if process.host != here.host:
        return None
    theirs, ours = process.mark.split(":"), here.mark.split(":")
    if len(theirs) != 3 or len(ours) != 3:
        return _by_number(process.pid)
    if theirs[0] != ours[0]:
        return True  # the machine has been started anew
    if theirs[1] != ours[1]:
        return None  # a container on this machine: its numbers mean others here
    return _mark(process.pid) != process.mark


def _mark(pid: int) -> str:
    """Return boot, process table and moment of start of a process; empty if it is not there."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        table = (_PROC / "self/ns/pid").readlink().name
        fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return ""
    number = "".join(filter(str.isdigit, table))
    return "" if fields[0] in "ZX" else f"{boot}:{number}:{fields[_STARTED]}"


def _by_number(pid: int) -> bool | None:
    """Return True where no process has this number; one that has may be another."""
    if os.name != "posix":
        return None  # there, asking would end it
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        return None
    return None
