# %% [markdown]
# # Learn from disagreement
#
# Where annotators differ, the share of them that gave a code is a better answer than a forced yes
# or no. Each passage is learnt from twice, as a yes weighted with that share and as a no weighted
# with the rest; articles are held out whole. Needs the extra `ml`.

# %%
"""Learn from disagreement."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

DATA = Path("dist/dataset/data")
CODE = "open_list"
codes = pd.read_parquet(DATA / "annotations")
codes = codes[codes["annotator_id"] != "adjudicated"]
provisions = pd.read_parquet(DATA / "provisions")
texts = provisions[provisions["edition"] == "restatement"].set_index("passage_id")["text"].dropna()

# %% [markdown]
# The soft label: which share of the annotators who read a passage gave the code?

# %%
read = codes.groupby("passage_id")["annotator_id"].nunique()
gave = codes[codes["code"] == CODE].groupby("passage_id")["annotator_id"].nunique()
share = (gave / read).fillna(0.0)
share = share[share.index.isin(texts.index)].sort_index()
differed = int(((share > 0) & (share < 1)).sum())
print(
    f"{len(share)} passages, {int((share == 1).sum())} sure, {differed} on which annotators differed"
)


# %%
def hold_out(target: pd.Series) -> Any:
    """Return the probability of the code for each passage, learnt from other articles."""
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    matrix = words.fit_transform(texts[target.index])
    articles = target.index.str.replace(r"__.*", "", regex=True)
    found = np.zeros(len(target))
    for article in articles.unique():
        out = np.asarray(articles == article)
        twice = matrix[np.concatenate([np.flatnonzero(~out)] * 2)]
        answers = np.repeat([1, 0], (~out).sum())
        known = target[~out].to_numpy()
        model = LogisticRegression(C=10.0, solver="liblinear")
        model.fit(twice, answers, sample_weight=np.concatenate([known, 1 - known]))
        found[out] = model.predict_proba(matrix[out])[:, 1]
    return found


# %% [markdown]
# How far is each from what annotators said? Lower is better; with few passages the difference
# between the two means little.

# %%
said = np.repeat([1, 0], len(share))
weights = np.concatenate([share, 1 - share])
for name, target in (("shares", share), ("all or nothing", (share > 0.5).astype(float))):
    guess = hold_out(target)
    loss = log_loss(said, np.concatenate([guess, guess]), sample_weight=weights)
    assert 0 < loss < 2
    print(f"learnt from {name}: log loss {loss:.3f}")
