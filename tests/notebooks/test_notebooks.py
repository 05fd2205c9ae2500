"""Every notebook runs from top to bottom on the shipped data, and is kept without its outputs."""

import os
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))


def read(path: Path) -> nbformat.NotebookNode:
    return nbformat.read(path, as_version=4)


def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def test_there_is_a_notebook() -> None:
    assert [path.name for path in NOTEBOOKS] == ["coverage_gaps.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_outputs_are_not_kept(path: Path) -> None:
    notebook = read(path)
    assert outputs(notebook) == []
    assert {cell.execution_count for cell in notebook.cells if cell.cell_type == "code"} == {None}


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The kernel finds the packages of the repository, and writes its own files nowhere near it."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_RUNTIME_DIR", str(tmp_path / "runtime"))
    monkeypatch.setenv("MPLCONFIGDIR", str(tmp_path / "matplotlib"))


@pytest.mark.usefixtures("home")
# The messaging libraries between here and the kernel close their sockets late; nothing of ours does.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_coverage_gaps_runs_and_finds_the_people() -> None:
    path = ROOT / "notebooks" / "coverage_gaps.ipynb"
    notebook = read(path)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}}).execute()
    found = outputs(notebook)
    text = "".join(one.get("text", "") for one in found)
    assert "372,427 cells, 64,540,441 people, 2,845 houses" in text
    assert "within  10km:  94.1% of people" in text
    kinds = {kind for one in found for kind in one.get("data", {})}
    assert {"image/png", "text/html"} <= kinds, "a map and a table"
