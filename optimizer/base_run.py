"""The plan that another one is made again from: its run, and what was left of it then."""

from dataclasses import dataclass

from optimizer.audit import Published


@dataclass(frozen=True, kw_only=True, slots=True)
class Base:
    """A published plan that is planned again from some moment on; `optimizer.rest` cuts it."""

    run: str
    rest: Published
