"""The card: README.md of the dataset, whose front matter the Hugging Face loader reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import yaml

from safeguards import __version__
from safeguards.baselines import MACRO, BaselineScore
from safeguards.codebook import Codebook, vocabularies
from safeguards.parquet import arrow_schema
from safeguards.publish.manifest import hash_rows
from safeguards.publish.rows import Choice, Tables
from safeguards.splits import SPLITS
from safeguards.tables import LISTED, NESTED, kind_of

TAGS = ("law", "treaties", "human-rights", "cybercrime", "annotation")
LICENCE = "cc-by-4.0"
Words = Mapping[str, Mapping[str, Sequence[str]]]


def build_card(
    codebook: Codebook, tables: Tables, choice: Choice, scores: Sequence[BaselineScore] = ()
) -> str:
    """
    Return the README of the dataset, with the headings of the Hugging Face template.

    Args:
        codebook: What the columns' words mean.
        tables: The rows of each table and split.
        choice: What was asked for in this build.
        scores: What the baselines reach.
    """
    words = vocabularies(codebook)
    front = {
        "pretty_name": "Treaty safeguards",
        "language": ["en"],
        "license": LICENCE,
        "annotations_creators": _creators(tables),
        "language_creators": ["machine-generated"],
        "multilinguality": ["monolingual"],
        "source_datasets": ["original"],
        "task_categories": ["text-classification", "token-classification"],
        "tags": [*TAGS],
        "configs": [_config(name, tables[name]) for name in tables],
        "dataset_info": [
            {
                "config_name": name,
                "description": f"Content {_hash_table(tables[name])}",
                "features": _features(name, codebook, words),
            }
            for name in tables
        ],
    }
    header = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=100)
    body = _CARD.format(
        version=__version__,
        codebook=codebook.codebook_version,
        edition=_EDITIONS[choice.edition],
        counts="\n".join(_count(name, shared) for name, shared in tables.items()),
        scores=_show_scores(scores),
        annotators="\n".join(
            f"- `{a.annotator_id}` ({a.kind.replace('_', ' ')}): {a.note}"
            for a in tables["annotators"]["train"]
        ),
    )
    return f"---\n{header}---\n\n{body}"


def _show_scores(scores: Sequence[BaselineScore]) -> str:
    """Return the means of each baseline as a table; single codes stand in the file beside it."""
    rows = [
        f"| {s.evaluation} | {s.edition} | {s.layer} | {s.baseline} | {_figure(s.f1)} | "
        f"{_figure(s.low)} to {_figure(s.high)} | {s.positive} |"
        for s in scores
        if s.subject == MACRO and s.f1 is not None
    ]
    if not rows:
        return "None were measured for this build."
    head = "| evaluation | edition | layer | baseline | macro F1 | interval | codes |"
    return "\n".join([head, "|---|---|---|---|---|---|---|", *rows])


def _figure(value: float | None) -> str:
    """Return a figure with two digits."""
    return "" if value is None else f"{value:.2f}"


def _hash_table(shared: Mapping[str, Sequence[Any]]) -> str:
    """
    Return a piece of the hash of a table's rows.

    The loader's cache knows a local dataset by its card alone; without this it would give the rows
    of the first build for ever.
    """
    return hash_rows(row for rows in shared.values() for row in rows)[:12]


def _creators(tables: Tables) -> list[str]:
    """Return what kinds of annotators there are, in the words of the template."""
    names = {"human": "expert-generated", "language_model": "machine-generated"}
    kinds = {annotator.kind for annotator in tables["annotators"]["train"]}
    return sorted({names.get(kind, "machine-generated") for kind in kinds})


def _config(name: str, shared: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return the entry of one configuration."""
    entry: dict[str, Any] = {"config_name": name}
    if name == "provisions":
        entry["default"] = True
    entry["data_files"] = [
        {"split": split, "path": f"data/{name}/{split}-*.parquet"} for split in shared
    ]
    return entry


def _count(name: str, shared: Mapping[str, Sequence[Any]]) -> str:
    """Return the line of one configuration in the table of contents."""
    counts = [str(len(shared[split])) if split in shared else "" for split in SPLITS]
    return f"| `{name}` | {LISTED[name].purpose} | {' | '.join(counts)} |"


def _features(name: str, codebook: Codebook, words: Words) -> list[dict[str, Any]]:
    """Return the typed columns of a table as the card declares them."""
    schema = arrow_schema(kind_of(name, codebook))
    nested = {column: words[table] for column, table in NESTED.items()}
    return [_column(field, words[name], nested.get(field.name, {})) for field in schema]


def _column(
    field: pa.Field, words: Mapping[str, Sequence[str]], nested: Mapping[str, Sequence[str]]
) -> dict[str, Any]:
    """Return one column; *nested* are the words inside its records."""
    kind = field.type
    if not pa.types.is_list(kind):
        return {"name": field.name, **_scalar(kind, words.get(field.name))}
    if pa.types.is_struct(kind.value_type):
        return {"name": field.name, "list": [_column(f, nested, {}) for f in kind.value_type]}
    return {"name": field.name, "list": _scalar(kind.value_type, words.get(field.name))["dtype"]}


def _scalar(kind: pa.DataType, words: Sequence[str] | None) -> dict[str, Any]:
    """Return the type of one value."""
    if words is None:
        return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}
    return {"dtype": {"class_label": {"names": {str(i): w for i, w in enumerate(words)}}}}


_EDITIONS = {
    "restatement": "our restatements; official texts are not in it",
    "official": "the official texts that whoever built it had fetched",
    "both": "our restatements, and the official texts that whoever built it had fetched",
}
_CARD = """# Dataset Card for Treaty safeguards {version}

Which human-rights safeguards do cybercrime treaties contain, and where is their wording vague?

## Dataset Details

### Dataset Description

Provisions of the UN Convention against Cybercrime (the Hanoi Convention) and of four treaties
beside it, coded for safeguards, powers and kinds of vagueness, with the words that each code rests
on; and the claims of critiques, each held against the codes. Every annotator's codes are published
beside the adjudicated layer.

- **Curated by:** the treaty-safeguards maintainers
- **Language:** English
- **License:** CC BY 4.0 for the data and restatements; code under Apache-2.0 (`LICENSE`)
- **Codebook:** {codebook} (`codebook.yaml`)
- **Text in this build:** {edition}

## Uses

### Direct Use

Finding, comparing and citing safeguards and vague wording; teaching; studying disagreement between
annotators; testing methods of annotation and retrieval. `adjudicated` in `annotator_id` is the
layer to use where one answer is wanted; the column `codes` of `provisions` repeats it.

### Out-of-Scope Use

Not legal advice, not a translation, not a measure of how States behave. A code says what the words
of a passage do; it does not say that a treaty is good or bad. A passage without a safeguard is no
proof that the treaty has none: ask `matrix`, which follows the links. At this size it is not for
training a classifier that decides about people.

## Dataset Structure

| configuration | holds | train | validation | test |
|---|---|---|---|---|
{counts}

Every column: `data_dictionary.md`. `provisions` and `annotations` are split by whole article, both
editions of it together, sharing out treaties and codes alike; an article never moves to another
split in a later version (`splits` says since when it lies where it lies). Articles of different
treaties resemble each other and may lie in different splits: to test on a treaty that was not
trained on, leave the whole document out. All other tables have one split, `train`.

```python
from datasets import load_dataset

provisions = load_dataset("dist/dataset", "provisions", split="train")
```

Codes are stand-off: each row of `annotations` names a passage, an edition, the SHA-256 of the text
that was coded, and half-open offsets in code points. The yes/no columns of `provisions`, such as
`has_judicial_oversight`, are true where the safeguard is present or qualified, false where it is
not, and null where nobody coded the passage. `codes` and the vocabulary columns load as class
labels; on disk they are words.

Beside the tables: `annotations.jsonld` (W3C Web Annotations), `akn/` (Akoma Ntoso XML of each
treaty), `croissant.json`, and `manifest.json` with a hash of the rows of every table that does not
depend on the version of the Parquet writer. `sha256sum -c SHA256SUMS` checks the bytes.

**Versions.**

One version for the whole release, as in SemVer: a major version changes ids or definitions, a minor
one adds data, a patch mends errors. `safeguards diff OLD NEW` says what changed and which codebook
rule or erratum asked for it; errata stand in `errata.yaml`. `safeguards.load(version=...)` pins a
version and verifies its hash.

**Baselines.**

What a model has to beat (`baselines.jsonl` has every code, with precision at 80 % recall): the most
frequent answer, the codebook's cue words, TF-IDF with logistic regression. Macro F1 over the codes
that have cases enough, with 95 % intervals from a bootstrap over articles; a code or split with too
few cases has a reason instead of a figure. `make baselines` reproduces it.

{scores}

## Dataset Creation

### Curation Rationale

Critics and supporters of the Hanoi Convention make opposite claims about the same words. The
dataset lets anyone check them, provision by provision. More: `DATASHEET.md`.

### Source Data

#### Data Collection and Processing

Treaty texts are split into passages by rules. Official texts are pinned by hash and not shipped;
the restatements are our own words, and no translation. Each passage has hash and length also where
its text is not there.

#### Who are the source data producers?

States, through international organisations, for treaties; civil society, firms, States and press
for critiques, which are named by their publisher in `documents`.

### Annotations

#### Annotation process

Passages are coded in rounds by annotators who do not see each other's codes; what they contest is
decided with reasons. Codebook, guidelines and targets of agreement are versioned; how far the
annotators agree stands in `agreement`, also where it cannot be estimated.

#### Who are the annotators?

{annotators}

#### Personal and Sensitive Information

None: annotators have pseudonyms, and critiques are named by their publisher.

## Bias, Risks, and Limitations

Who coded what stands in each row, and language models are called that; runs of one model share its
habits and agree more than people would. Codes on a restatement are `provisional`: the official
text may say otherwise. Not every passage was coded; null means that nobody read it. What is missing
altogether, and what was not read: `DATASHEET.md`.

### Recommendations

Cite the version and the codebook version, keep `contested` and `provisional` in view, and quote the
official text, not the restatement.

## Citation

`CITATION.cff` in this folder has the citation of this version.

**APA:** The treaty-safeguards maintainers. Treaty safeguards: human-rights safeguards and vague
wording in cybercrime treaties (Version {version}) [Data set].

## Dataset Card Contact

The issue tracker of the repository in which the dataset was built.
"""
