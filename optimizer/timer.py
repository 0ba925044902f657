"""What lets a machine run the nights by itself: a crontab line and systemd units, all in UTC.

They are written, never enabled: that is for whoever runs the machine.
"""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

AT = "21:47"  # the weather models' run of noon has arrived, and most of the night is left
DELAY_MAX_S = 300  # so that not everyone asks a provider at the same second
RUN_MAX_S = 3600  # a night takes a minute or two; with every deadline used up, some ten
NAMES = {
    "crontab": "dakhla.crontab",
    "service": "dakhla-daily.service",
    "timer": "dakhla-daily.timer",
}
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,31}")
_UNSAFE = "'\"\\$"  # systemd takes these in arguments, not in the name of what it runs
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Timer:
    """What is to run when, as whom, where.

    Attributes
    ----------
    at : str
        Time of day, UTC, HH:MM.
    command : tuple of str
        Executable, by its absolute path, and arguments.
    folder : Path
        Absolute path of the folder it runs in.
    user : str
        Who runs it under systemd; empty for the user's own systemd.
    environment_file : Path or None
        File of ``NAME=value`` lines with the keys.
    """

    at: str
    command: tuple[str, ...]
    folder: Path
    user: str
    environment_file: Path | None = None


def problems(timer: Timer) -> list[str]:
    """Return what is wrong with what is asked for, or could stand on no line of these files."""
    found = []
    if not _CLOCK.fullmatch(timer.at):
        found.append(f"--at = {timer.at!r} is no time of day. Write HH:MM in UTC, e.g. {AT}.")
    if timer.user and not _USER.fullmatch(timer.user):
        found.append(f"--user = {timer.user!r} is no user's name. Give one of this machine.")
    paths = [*timer.command, str(timer.folder), str(timer.environment_file)]
    if set(timer.command[0]) & set(_UNSAFE):
        found.append(f"{timer.command[0]!r} can't be run by systemd. Install it elsewhere.")
    return found + [
        f"{word!r} can't stand in a crontab. Rename it." for word in paths if not word.isprintable()
    ]


def texts(timer: Timer) -> dict[str, str]:
    """Return the content of the three files by name."""
    return {
        NAMES["crontab"]: crontab(timer),
        NAMES["service"]: service(timer),
        NAMES["timer"]: timer_unit(timer),
    }


def crontab(timer: Timer) -> str:
    """Return the crontab line, after what says that it is UTC.

    A percent sign ends the command of a crontab, whatever quotes it stands in, unless a backslash
    is before it; cron takes that backslash away.
    """
    hour, minute = timer.at.split(":")
    parts = [f"cd {shlex.quote(str(timer.folder))}"]
    if timer.environment_file is not None:
        parts += ["set -a", f". {shlex.quote(str(timer.environment_file))}", "set +a"]
    parts.append(f"exec {shlex.join(timer.command)}")
    line = f"{int(minute)} {int(hour)} * * * {' && '.join(parts)}".replace("%", r"\%")
    return (
        "# The nightly plan. Times are UTC. Some crons (Debian's is one) do not know CRON_TZ:\n"
        "# on a machine that is not in UTC, take the systemd timer there.\n"
        f"CRON_TZ=UTC\n{line}\n"
    )


def service(timer: Timer) -> str:
    """Return the unit that runs one night."""
    environment = timer.environment_file
    lines = [
        "[Unit]",
        "Description=Dakhla energy optimizer: the plan of the next day",
        "After=network-online.target",
        "Wants=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        *([f"User={timer.user}"] if timer.user else []),
        f"WorkingDirectory={_path(timer.folder)}",
        *([f"EnvironmentFile=-{_path(environment)}"] if environment is not None else []),
        f"ExecStart={' '.join(_word(word) for word in timer.command)}",
        f"TimeoutStartSec={RUN_MAX_S}",
        "# 3: in force, on weather below fresh; 75: another night holds the lock",
        "SuccessExitStatus=3 75",
        "Nice=5",
    ]
    return "\n".join(lines) + "\n"


def timer_unit(timer: Timer) -> str:
    """Return the unit that says when."""
    lines = [
        "[Unit]",
        "Description=Dakhla energy optimizer: every night",
        "",
        "[Timer]",
        f"OnCalendar=*-*-* {timer.at}:00 UTC",
        "# a night missed while the machine was off is made up for",
        "Persistent=true",
        f"RandomizedDelaySec={DELAY_MAX_S}",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def how_to_enable(folder: Path, *, is_own: bool) -> str:
    """Return what to type so that the night runs by itself, by one way or the other."""
    names = {key: shlex.quote(str(folder / name)) for key, name in NAMES.items()}
    units = f"{names['service']} {names['timer']}"
    if is_own:
        copy = f"mkdir -p ~/.config/systemd/user && cp {units} ~/.config/systemd/user/"
        way = "systemctl --user"
    else:
        copy, way = f"sudo cp {units} /etc/systemd/system/", "sudo systemctl"
    return (
        "Nothing is enabled yet. Either, with systemd:\n"
        f"  {copy}\n"
        f"  {way} daemon-reload && {way} enable --now {NAMES['timer']}\n"
        "or, with cron:\n"
        f"  (crontab -l 2>/dev/null; cat {names['crontab']}) | crontab -"
    )


def _word(word: str) -> str:
    """Return a word of a command as systemd reads it back."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _path(path: Path) -> str:
    """Return a path of a setting that takes the rest of its line as it is, but for specifiers."""
    return str(path).replace("%", "%%")


def write(path: Path, text: str) -> None:
    """Replace a file at once."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.replace(path)
