"""How long the agreement report of a large round takes: made-up codes, so only the time counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from bench.measure import ROOT, best_of
from safeguards.adjudication import share_contested
from safeguards.agreement import REPLICATIONS, build_report
from safeguards.codebook import Code, Codebook, read_codebook
from safeguards.comparisons import Comparison
from safeguards.confusion import count_confusions
from safeguards.model import Annotation

PASSAGES = 500
ARTICLES = 150
CODES_EACH = 4
DOUBT = 0.2


def make_comparison(codebook: Codebook, seed: int) -> Comparison:
    """Return two annotators' codes of 500 passages, who differ on every fifth finding."""
    rng = np.random.default_rng(seed)
    coded: dict[str, list[Annotation]] = {"lm-a": [], "lm-b": []}
    for n in range(PASSAGES):
        passage_id = f"budapest:art_{n % ARTICLES}__para_{n // ARTICLES}"
        chosen = rng.choice(len(codebook.codes), size=rng.poisson(CODES_EACH), replace=False)
        for reader, rows in coded.items():
            codes = [codebook.codes[c] for c in chosen if rng.random() > DOUBT]
            rows += list(iter_rows(reader, passage_id, codes, codebook, rng))
    return Comparison("synthetic", "inter", ("lm-a", "lm-b"), coded)


def iter_rows(
    reader: str, passage_id: str, codes: list[Code], codebook: Codebook, rng: np.random.Generator
) -> Iterator[Annotation]:
    """Yield the rows of one annotator on one passage; ``none`` where there is no code."""
    empty = Annotation("", passage_id, "official", "", "synthetic", reader, "0", "none", "none")
    if not codes:
        yield empty
    for code in codes:
        start = int(rng.integers(100))
        row = replace(empty, layer=code.layer, code=code.id, start=start, end=start + 40)
        if code.layer == "safeguard":
            row = replace(row, status="present", force=str(rng.choice(["shall", "may"])))
        if code.layer == "vagueness":
            row = replace(row, severity=str(rng.choice(["slight", "material"])), direction="both")
        yield row


def bench() -> None:
    """Print how long the report and its other views take."""
    codebook = read_codebook(Path(ROOT) / "schema" / "codebook.yaml")
    comparison = make_comparison(codebook, seed=1)
    rows = sum(map(len, comparison.coded.values()))
    print(f"agreeing: {PASSAGES} passages, {ARTICLES} articles, {rows} rows, {REPLICATIONS} draws")
    for name, action in (
        ("report", lambda: build_report(replace(comparison), codebook)),
        ("confusion", lambda: count_confusions(comparison.coded)),
        ("shares", lambda: share_contested(comparison.coded)),
    ):
        print(f"  {name:10s} {best_of(3, action):6.2f} s")
