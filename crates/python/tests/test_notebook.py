"""The notebook of the examples runs, and shows its charts."""

from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[3] / "examples" / "ridge.ipynb"


@pytest.mark.filterwarnings("ignore")
def test_the_notebook_shows_what_it_says():
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("matplotlib")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    # A cell that fails raises here; one of them asserts that the formula holds.
    nbclient.NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    pictures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(pictures) == 2
    page = next(output["data"]["text/html"] for output in outputs if "text/html" in output.get("data", {}))
    assert "12 of 12 runs grokked" in page and "<img" in page
