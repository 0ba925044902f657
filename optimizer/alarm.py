"""Who is told when a night leaves no new plan in force: a command with one sentence, and a ping.

Neither can change the outcome of the night: what goes wrong in telling is returned, to be logged.
Secrets (the ping's address) come from the environment and stand in no text returned here.
"""

import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import requests

COMMAND_LIMIT_S = 60.0  # a mail or a message; whatever takes longer hangs
PING_LIMIT_S = 10.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Alarm:
    """What went wrong in a night, what to do about it, and who must do it by when.

    Attributes
    ----------
    site : str
        Name of the site.
    cause : str
        One or more sentences; a last one says what to do, as in every message of the program.
    expiry : str
        What stays in force, and until when.
    responsible : str
        Who must act.
    act_by_utc : Timestamp or None
        By when; none where it is too late already, or nothing is in force.
    """

    site: str
    cause: str
    expiry: str
    responsible: str
    act_by_utc: pd.Timestamp | None

    @property
    def sentence(self) -> str:
        """The alarm on one line."""
        cause = " ".join(self.cause.split())
        by = f"by {self.act_by_utc:%Y-%m-%dT%H:%MZ}" if self.act_by_utc is not None else "now"
        who = self.responsible[:1].upper() + self.responsible[1:]
        return f"dakhla at {self.site}: no new plan: {cause} {self.expiry} {who} must act {by}."


def act_by(
    expires_utc: pd.Timestamp | None, act_within_h: float, now: pd.Timestamp
) -> pd.Timestamp | None:
    """Return when somebody must have acted: `act_within_h` before expiry; none if that is past."""
    if expires_utc is None:
        return None
    moment = expires_utc - pd.Timedelta(hours=act_within_h)
    return moment if moment > now else None


def call(command: Sequence[str], sentence: str, limit_s: float = COMMAND_LIMIT_S) -> str | None:
    """Run `command` with `sentence` as its last argument; return what went wrong with it, or none.

    There is no shell, so that no letter of the sentence means anything. Standard output of the
    command goes nowhere: `dakhla daily --json` keeps its own for one object.
    """
    if not command:
        return None
    name = command[0]
    try:
        done = subprocess.run(  # noqa: S603 - the site file's own command
            [*command, sentence],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"on_alarm = {name!r} did not end in {limit_s:g} s. Give a command that does."
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return f"on_alarm = {name!r} could not be run: {reason}. Give an absolute path."
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").strip().splitlines()
    what = f" and said {said[-1][:200]!r}" if said else ""
    return f"on_alarm = {name!r} ended with code {done.returncode}{what}. Try it by hand."


def ping(
    variable: str | None, environment: Mapping[str, str], limit_s: float = PING_LIMIT_S
) -> str | None:
    """GET the address in the environment's `variable`; return what went wrong, or none.

    Its absence is what a watchman at the other end notices, so it is sent after good nights only.
    """
    if variable is None:
        return None
    address = environment.get(variable, "").strip()
    if not address:
        return f"ping_url_env = {variable!r}: there is no such variable. Set it, or take it out."
    answers: list[str] = []

    def ask() -> None:
        try:  # an answer's body is not read: its status says all
            with requests.get(address, timeout=limit_s / 2, stream=True) as answer:
                answers.append("" if answer.ok else f"answered {answer.status_code}")
        except (requests.RequestException, ValueError) as error:  # their texts hold the address
            answers.append(f"failed ({type(error).__name__})")

    worker = threading.Thread(target=ask, daemon=True)  # a timeout bounds no dripping answer
    worker.start()
    worker.join(limit_s)
    what = answers[0] if answers else f"did not answer in {limit_s:g} s"
    return f"the ping of {variable} {what}. Look at the address." if what else None
