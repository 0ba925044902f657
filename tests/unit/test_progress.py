"""What a person who waits sees: stages come and go, warnings stay."""

import io
import logging

from rich.console import Console

from optimizer.progress import stages


def test_warnings_stay_on_the_screen_and_stages_do_not():
    """Proves that a registry that could not be written is not lost behind the spinner."""
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, color_system=None, width=60)
    with stages(console, is_shown=True):
        logging.getLogger("optimizer.plan").info("solving")
        logging.getLogger("optimizer.recording").warning("registry: %s", "not written")
        logging.getLogger("optimizer.plan").info("audit")
    lines = screen.getvalue().split("\n")
    (kept,) = [line for line in lines if line.rstrip().endswith("dakhla: registry: not written")]
    assert "audit" in "".join(lines[lines.index(kept) + 1 :])
    assert screen.getvalue().endswith("\x1b[2K")  # the display itself is wiped away
    assert logging.getLogger("optimizer").handlers == []
