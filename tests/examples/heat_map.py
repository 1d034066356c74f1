# %% [markdown]
# # Draw the gap matrix
#
# One row for each power of a treaty, one column for each safeguard, the colour by how far the
# safeguard is there. The drawing is SVG, needs no library, and says in words what colours say.

# %%
"""Draw the gap matrix as a heat map."""

from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd

COLOURS = {
    "present": "#1b6e5a", "qualified": "#7fb69f", "deferred": "#d9c36a", "absent": "#b5432f",
    "not_applicable": "#e4e4e4",
}  # fmt: skip
CELL, LEFT, TOP = 22, 330, 150
matrix = pd.read_parquet("dist/dataset/data/matrix")
matrix = matrix[matrix["document_id"] == "budapest"]
rows = matrix[["power", "power_passage_id"]].drop_duplicates().itertuples(index=False)
powers = [f"{power} ({place.partition('art_')[2]})" for power, place in rows]
safeguards = list(matrix["safeguard"].drop_duplicates())
print(len(powers), "powers,", len(safeguards), "safeguards")

# %%
size = {
    "width": str(LEFT + CELL * len(safeguards) + 120),
    "height": str(TOP + CELL * len(powers) + 10),
}
svg = ET.Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "font-size": "11", **size})
ET.SubElement(svg, "title").text = "Budapest Convention: which power has which safeguard"


def write(x: float, y: float, words: str, **more: str) -> None:
    """Write words at a place."""
    ET.SubElement(svg, "text", {"x": str(x), "y": str(y), **more}).text = words


for n, name in enumerate(powers):
    write(LEFT - 8, TOP + CELL * n + 15, name, **{"text-anchor": "end"})
for n, name in enumerate(safeguards):
    x = LEFT + CELL * n + 15
    write(x, TOP - 8, name, transform=f"rotate(-60 {x} {TOP - 8})")

# %%
for row in matrix.itertuples():
    x = LEFT + CELL * safeguards.index(row.safeguard)
    y = TOP + CELL * powers.index(f"{row.power} ({row.power_passage_id.partition('art_')[2]})")
    box = {"x": str(x), "y": str(y), "width": str(CELL - 2), "height": str(CELL - 2)}
    cell = ET.SubElement(svg, "rect", {**box, "fill": COLOURS[row.status]})
    ET.SubElement(cell, "title").text = f"{row.power}, {row.safeguard}: {row.status}"

target = Path("dist/gap_matrix.svg")
target.write_bytes(ET.tostring(svg, encoding="utf-8", xml_declaration=True))
print(target, f"{len(matrix)} cells")
