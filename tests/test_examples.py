"""The examples run from top to bottom on the committed data, and show what they promise."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

ROOT = Path(__file__).parents[1]
EXAMPLES = sorted((ROOT / "tests" / "examples").glob("*.py"))
SHOWN = {
    "agreement": "meets its target: yes",
    "disagreement": "learnt from shares: log loss 0.",
    "heat_map": "dist/gap_matrix.svg",
    "load_and_filter": "passages are materially vague",
}


@pytest.fixture(scope="module", autouse=True)
def dataset() -> None:
    """Build the dataset that the examples read."""
    command = [sys.executable, "-m", "safeguards", "build"]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_runs(path: Path) -> None:
    """Every example runs without an error or a warning, and prints what it is for."""
    command = [sys.executable, "-W", "error", str(path.relative_to(ROOT))]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert SHOWN[path.stem] in done.stdout


def test_the_heat_map_has_every_cell() -> None:
    """The drawing of the last example is XML with one titled square for each cell of the treaty."""
    matrix = pd.read_parquet(ROOT / "dist/dataset/data/matrix")
    cells = int((matrix["document_id"] == "budapest").sum())
    drawing = ElementTree.parse(ROOT / "dist/gap_matrix.svg")
    squares = drawing.findall("{http://www.w3.org/2000/svg}rect")
    assert len(squares) == cells > 0
    assert all(square[0].text for square in squares)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_an_example_opens_as_a_notebook(path: Path) -> None:
    """Examples are in percent format: cells of words and of code, words first."""
    cells = [
        line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith("# %%")
    ]
    assert cells[:2] == ["# %% [markdown]", "# %%"]
