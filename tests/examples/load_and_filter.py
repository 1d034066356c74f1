# %% [markdown]
# # Load a release, pinned, and filter it
#
# Run in the checkout after `safeguards build`. Elsewhere give `url=` (the archive of a release, or
# `hf://datasets/OWNER/NAME`) in place of `folder=`. `safeguards verify` prints the hash to pin.

# %%
"""Load a release, pinned, and filter it."""

import json
from pathlib import Path

import pandas as pd

import safeguards

FOLDER = Path("dist/dataset")
version = json.loads((FOLDER / "manifest.json").read_text(encoding="utf-8"))["dataset_version"]
provisions = safeguards.load("provisions", folder=FOLDER, version=version)
print({split: len(rows) for split, rows in provisions.items()})

# %% [markdown]
# `load` has held every row against the hash that was published. The columns are typed: words of the
# codebook are class labels.

# %%
severity = next(iter(provisions.values())).features["severity"]
grave = {severity.str2int("material"), severity.str2int("critical")}
vague = [row for rows in provisions.values() for row in rows if row["severity"] in grave]
print(len({row["passage_id"] for row in vague}), "passages are materially vague")

# %% [markdown]
# The same in pandas, which reads the words themselves.

# %%
frame = pd.read_parquet(FOLDER / "data" / "provisions")
same = frame[frame["severity"].isin(["material", "critical"])]
assert set(same["passage_id"]) == {row["passage_id"] for row in vague}
print(same.drop_duplicates("passage_id")[["citation", "severity"]].head().to_string(index=False))
