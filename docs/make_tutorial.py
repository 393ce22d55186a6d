"""Run the notebook docs/tutorial.ipynb and store what its cells give: python docs/make_tutorial.py.

The page of `tt.view`, a megabyte, is not stored: whoever runs the notebook sees it, and the site shows it.
"""

from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

NOTEBOOK = Path(__file__).parent / "tutorial.ipynb"


def executed() -> Any:
    """The notebook, run in a kernel of its own, with no more than is stored."""
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    NotebookClient(notebook, timeout=300, record_timing=False, coalesce_streams=True).execute()
    notebook.metadata = {key: notebook.metadata[key] for key in ("kernelspec",)}
    for cell in notebook.cells:
        if "outputs" in cell:
            cell.outputs = [output for output in cell.outputs if "text/html" not in output.get("data", ())]
    return notebook


if __name__ == "__main__":
    nbformat.write(executed(), NOTEBOOK)
