# %% [markdown]
# # Compute agreement from the table of annotations
#
# Every annotator's codes are published. A passage that was read and found to hold nothing has a row
# with layer `none`, so that absence counts as an answer.

# %%
"""Compute agreement from the table of annotations."""

from pathlib import Path

import pandas as pd

from safeguards.coefficients import alpha

DATA = Path("dist/dataset/data")
codes = pd.read_parquet(DATA / "annotations")
pilot = codes[(codes["round"] == "pilot") & (codes["annotator_id"] != "adjudicated")]


# %%
def sets_of_codes(rows: pd.DataFrame, layer: str) -> list[dict[str, frozenset[str]]]:
    """Return for each passage what each annotator said of one layer, as a set."""
    units: dict[str, dict[str, set[str]]] = {}
    for row in rows.itertuples():
        said = units.setdefault(row.passage_id, {}).setdefault(row.annotator_id, set())
        if row.layer == layer:
            said.add(row.code)
    return [{who: frozenset(said) for who, said in unit.items()} for unit in units.values()]


computed = {
    layer: alpha(sets_of_codes(pilot, layer), "masi").value
    for layer in ("safeguard", "power", "vagueness")
}

# %% [markdown]
# The published table says the same, with intervals, targets, and what cannot be estimated.

# %%
published = pd.read_parquet(DATA / "agreement")
for layer, value in computed.items():
    row = published[(published["round"] == "pilot") & (published["subject"] == layer)].iloc[0]
    assert value is not None
    assert abs(value - row["value"]) < 0.0001
    print(
        f"{layer}: {value:.2f}, {row['support']} passages, meets its target: {row['meets_target']}"
    )
