"""What is being done, shown on a terminal while a person waits."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def stages(console: Console, *, is_shown: bool) -> Iterator[None]:
    """Show the program's own log messages on `console`, one at a time, with the time so far.

    Nothing is left on the screen at the end but warnings.
    """
    if not is_shown:
        yield
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("loading")
        handler = _Shown(
            lambda stage: progress.update(task, description=stage, refresh=True),
            lambda warning: progress.console.print(f"dakhla: {warning}", soft_wrap=True),
        )
        logger = logging.getLogger("optimizer")
        before = logger.level
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(before)


class _Shown(logging.Handler):
    """Hands each message to the display, and warnings to the screen, where they stay."""

    def __init__(self, show: Callable[[str], None], keep: Callable[[str], None]) -> None:
        super().__init__()
        self.show, self.keep = show, keep

    def emit(self, record: logging.LogRecord) -> None:
        """Show a message."""
        tell = self.keep if record.levelno >= logging.WARNING else self.show
        tell(record.getMessage())
