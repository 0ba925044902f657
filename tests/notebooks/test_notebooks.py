"""Notebooks: each runs from top to bottom, begins with a question and ends with a figure."""

import re
from pathlib import Path

import jupytext
import nbclient
import pytest
from nbformat import NotebookNode

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.py"))
CELL_S = 120
KINDS_OF_METADATA = {"jupytext", "kernelspec"}  # what a stripped notebook keeps


def read(path: Path) -> NotebookNode:
    return jupytext.read(path)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def said(cell: NotebookNode) -> str:
    """Return what a cell printed."""
    return "".join(out.text for out in cell.outputs if out.output_type == "stream")


def test_there_are_six() -> None:
    assert [path.name[:2] for path in NOTEBOOKS] == ["01", "02", "03", "04", "05", "06"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_and_ends_with_a_figure(path: Path) -> None:
    """Proves no cell fails, the first says the versions, and the last draws something."""
    notebook = read(path)
    client = nbclient.NotebookClient(
        notebook, timeout=CELL_S, resources={"metadata": {"path": str(path.parent)}}
    )
    client.execute()
    first, *_, last = code_cells(notebook)
    assert re.search(r"^dakhla-optimizer \d", said(first), re.MULTILINE)
    shown = [out for out in last.outputs if "image/png" in out.get("data", {})]
    assert len(shown) == 1
    told = [
        out.data["text/markdown"] for out in last.outputs if "text/markdown" in out.get("data", {})
    ]
    assert len(told) == 1
    assert re.search(r"\d", told[0])
    assert "nan" not in told[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_begins_with_a_question_and_ends_with_what_it_means(path: Path) -> None:
    cells = read(path).cells
    first, last = cells[0], cells[-1]
    assert (first.cell_type, last.cell_type) == ("markdown", "markdown")
    assert "?" in first.source.splitlines()[0]
    assert last.source.startswith("**What it means.**")
    assert cells[-2].cell_type == "code"  # the figure is what it speaks of


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_stored_as_text_alone(path: Path) -> None:
    """Proves it is paired by jupytext, and keeps neither outputs nor a machine's traces."""
    notebook = read(path)
    assert set(notebook.metadata) == KINDS_OF_METADATA
    assert notebook.metadata.jupytext.formats == "ipynb,py:percent"
    assert notebook.metadata.kernelspec.name == "python3"
    assert all(not cell.metadata for cell in notebook.cells)
    written = jupytext.writes(notebook, fmt="py:percent").splitlines()
    kept = [line for line in written if "jupytext_version" not in line]
    assert kept == path.read_text(encoding="utf-8").splitlines()
    assert "/notebooks/*.ipynb" in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
