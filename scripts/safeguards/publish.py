"""
The dataset: typed Parquet tables, a card that the Hugging Face loader reads, a manifest.

One table for each kind of record, with the columns of its dataclass, an explicit Arrow schema and
a fixed order of rows, so that the same checkout gives the same bytes. Words stay strings on disk;
the card declares them as class labels, so that ``load_dataset`` gives typed labels while pandas,
polars and DuckDB read words.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml

from safeguards import __version__
from safeguards.agreement import build_agreement
from safeguards.assertions import ClaimCheck, Concordance, Fact
from safeguards.cells import MatrixCell
from safeguards.codebook import Codebook, vocabularies
from safeguards.eid import format_citation
from safeguards.evidence import find_terms
from safeguards.matrix import read_matrix
from safeguards.model import (
    Annotation,
    Annotator,
    Claim,
    Document,
    Link,
    Passage,
    Provision,
    PublishedAnnotation,
    Reference,
    TermAnchor,
    hash_text,
)
from safeguards.parquet import arrow_schema, parquet_bytes
from safeguards.records import format_record, write_bytes
from safeguards.reliability import AgreementRow
from safeguards.repository import Repository

TABLES: dict[str, type[Any]] = {
    "provisions": Provision,
    "annotations": PublishedAnnotation,
    "claims": Claim,
    "claim_checks": ClaimCheck,
    "concordance": Concordance,
    "facts": Fact,
    "links": Link,
    "matrix": MatrixCell,
    "references": Reference,
    "documents": Document,
    "annotators": Annotator,
    "agreement": AgreementRow,
}
_PURPOSE = {
    "provisions": "every passage of every treaty, and of critiques; with adjudicated codes",
    "annotations": "every code by every annotator, and the adjudicated layer",
    "claims": "what critiques assert, restated, with a verdict",
    "claim_checks": "claims in parts, each a question to the data, with the verdict that follows",
    "concordance": "where the articles of drafts stand in the adopted text",
    "facts": "figures about treaties that are right on a date",
    "links": "which safeguard clause reaches which power, and through which words",
    "matrix": "for each power and safeguard: how far it is there, and by which path",
    "references": "which provisions each passage cites, where, and to what effect",
    "documents": "the treaties and critiques",
    "annotators": "who annotated",
    "agreement": "how far annotators agree on each layer and code, and whether that is enough",
}


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build wrote: the folder, and the number of rows of each table."""

    folder: Path
    rows: dict[str, int]


# Rows.


def build_provisions(repository: Repository, edition: str) -> list[Provision]:
    """
    Return the published passages.

    Args:
        repository: The checkout.
        edition: Whose text is filled in: ``restatement``, ``official`` (where it was fetched) or
            ``both``. Rows of both editions are there in any case.
    """
    codes: dict[str, list[Annotation]] = {}
    for row in repository.adjudicated:
        codes.setdefault(row.passage_id, []).append(row)
    severities = {s.id: s.order for s in repository.codebook.severities}
    passages = _with_chosen_text(repository, edition)
    titles = {d.document_id: d.short_title for d in repository.documents}
    return [
        _provision(p, titles[p.document_id], codes.get(p.passage_id, []), severities)
        for p in passages
    ]


def _with_chosen_text(repository: Repository, edition: str) -> list[Passage]:
    """Return the committed passages with the text of the chosen editions."""
    texts: dict[str, str | None] = {}
    if edition in ("official", "both"):
        for document in repository.documents:
            if repository.official_text(document.document_id) is not None:
                found = repository.passages_with_text(document.document_id, "official")
                texts.update({p.passage_id: p.text for p in found})
    chosen = []
    for p in repository.passages:
        text = texts.get(p.passage_id) if p.edition == "official" else p.text
        if p.edition == "restatement" and edition == "official":
            text = None
        chosen.append(Passage(**{**_values(p), "text": text}))
    return chosen


def _provision(
    passage: Passage, title: str, codes: Sequence[Annotation], severities: Mapping[str, int]
) -> Provision:
    """Return *passage* with its citation and codes."""
    uncured = [a for a in codes if a.layer == "vagueness" and a.severity != "none"]
    worst = max((a.severity or "none" for a in uncured), key=severities.__getitem__, default="none")
    return Provision(
        **_values(passage),
        citation=format_citation(passage.passage_id, title),
        coded_edition=codes[0].edition if codes else None,
        safeguards=_unique(a.code for a in codes if a.layer == "safeguard"),
        powers=_unique(a.code for a in codes if a.layer == "power"),
        vagueness=_unique(a.code for a in uncured),
        severity=worst if codes else None,
    )


def build_annotations(repository: Repository) -> list[PublishedAnnotation]:
    """Return every annotator's rows and the adjudicated layer, with the terms they rest on."""
    anchors: dict[tuple[str, str], list[TermAnchor]] = {}
    for anchor in repository.terms:
        anchors.setdefault((anchor.passage_id, anchor.text_sha256), []).append(anchor)
    rows = [*repository.iter_annotations(), *repository.adjudicated]
    return [
        PublishedAnnotation(
            **_values(row),
            terms=find_terms(row, anchors.get((row.passage_id, row.text_sha256), [])),
            provisional=row.edition == "restatement",
        )
        for row in rows
    ]


def _values(record: Any) -> dict[str, Any]:
    """Return the fields of a record, nested records kept."""
    return {f.name: getattr(record, f.name) for f in fields(record)}


def _unique(codes: Iterable[str]) -> tuple[str, ...]:
    """Return codes sorted and unique."""
    return tuple(sorted(set(codes)))


def build_tables(repository: Repository, edition: str) -> dict[str, list[Any]]:
    """Return the rows of every table, in the order in which they are published."""
    return {
        "provisions": build_provisions(repository, edition),
        "annotations": build_annotations(repository),
        "claims": list(repository.claims),
        "claim_checks": list(repository.claim_checks),
        "concordance": list(repository.concordance),
        "facts": list(repository.facts),
        "links": list(repository.links),
        "matrix": read_matrix(repository),
        "references": list(repository.references),
        "documents": list(repository.documents),
        "annotators": list(repository.annotators),
        "agreement": build_agreement(repository),
    }


# The folder.


def build_dataset(
    repository: Repository, folder: Path, edition: str = "restatement"
) -> BuildReport:
    """
    Write the dataset to *folder*, replacing what was there in one step.

    Raises:
        RecordFault, TextChanged, UsageFault: The checkout cannot be published.
    """
    tables = build_tables(repository, edition)
    files: dict[str, bytes] = {}
    for name, rows in tables.items():
        files[f"data/{name}/train-00000-of-00001.parquet"] = parquet_bytes(TABLES[name], rows)
    files["README.md"] = build_card(repository.codebook, tables).encode("utf-8")
    for name in ("DATASHEET.md", "LICENSE", "schema/codebook.yaml"):
        if repository.path(name).is_file():
            files[Path(name).name] = repository.path(name).read_bytes()
    files["manifest.json"] = build_manifest(repository.codebook, tables, files).encode("utf-8")
    files["SHA256SUMS"] = _sums(files).encode("utf-8")
    _replace_folder(folder, files)
    return BuildReport(folder, {name: len(rows) for name, rows in tables.items()})


def build_manifest(
    codebook: Codebook, tables: Mapping[str, Sequence[Any]], files: Mapping[str, bytes]
) -> str:
    """
    Return the manifest: versions, and rows and checksums of each table and file.

    ``content_sha256`` is taken over the rows as canonical JSON Lines and does not depend on the
    version of the Parquet writer; ``sha256`` is that of the bytes.
    """
    described = [
        {
            "table": name,
            "rows": len(rows),
            "columns": [f.name for f in fields(TABLES[name])],
            "content_sha256": hash_text("".join(format_record(row) + "\n" for row in rows)),
        }
        for name, rows in tables.items()
    ]
    listed = [
        {"path": path, "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for path, data in sorted(files.items())
    ]
    manifest = {
        "dataset": "treaty-safeguards",
        "dataset_version": __version__,
        "codebook_version": codebook.codebook_version,
        "tables": described,
        "files": listed,
    }
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def _sums(files: Mapping[str, bytes]) -> str:
    """Return checksums in the form that ``sha256sum -c`` reads."""
    return "".join(f"{hashlib.sha256(d).hexdigest()}  {p}\n" for p, d in sorted(files.items()))


def _replace_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* beside *folder* and then put them in its place."""
    fresh, old = folder.with_name(f".{folder.name}.new"), folder.with_name(f".{folder.name}.old")
    for leftover in (fresh, old):
        shutil.rmtree(leftover, ignore_errors=True)
    for name, data in files.items():
        write_bytes(fresh / name, data)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


# The card.


def build_card(codebook: Codebook, tables: Mapping[str, Sequence[Any]]) -> str:
    """Return the README of the dataset, whose front matter the Hugging Face loader reads."""
    words = vocabularies(codebook)
    front = {
        "pretty_name": "Treaty safeguards",
        "language": ["en"],
        "license": "cc-by-4.0",
        "task_categories": ["text-classification", "token-classification"],
        "tags": ["law", "treaties", "human-rights", "cybercrime", "annotation"],
        "configs": [_config(name) for name in tables],
        "dataset_info": [
            {"config_name": name, "features": _features(TABLES[name], words[name])}
            for name in tables
        ],
    }
    header = yaml.safe_dump(front, sort_keys=False, allow_unicode=True, width=100)
    counts = "\n".join(f"| `{n}` | {_PURPOSE[n]} | {len(rows)} |" for n, rows in tables.items())
    return f"---\n{header}---\n\n" + _CARD.format(
        version=__version__, codebook=codebook.codebook_version, counts=counts
    )


def _config(name: str) -> dict[str, Any]:
    """Return the entry of one configuration."""
    entry: dict[str, Any] = {"config_name": name}
    if name == "provisions":
        entry["default"] = True
    entry["data_files"] = [{"split": "train", "path": f"data/{name}/train-*.parquet"}]
    return entry


def _features(kind: type[Any], words: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    """Return the typed columns of a table as the card declares them."""
    return [{"name": f.name, **_feature(f.type, words.get(f.name))} for f in arrow_schema(kind)]


def _feature(arrow: pa.DataType, words: Sequence[str] | None) -> dict[str, Any]:
    """Return the type of one column."""
    if pa.types.is_list(arrow):
        if pa.types.is_struct(arrow.value_type):
            inner = [{"name": f.name, **_feature(f.type, None)} for f in arrow.value_type]
            return {"list": inner}
        return {"list": _feature(arrow.value_type, words)["dtype"]}
    if words is not None:
        return {"dtype": {"class_label": {"names": {str(i): w for i, w in enumerate(words)}}}}
    return {"dtype": str(arrow)}


_CARD = """# Treaty safeguards {version}

Which human-rights safeguards do cybercrime treaties contain, and where is their wording vague?

| configuration | holds | rows |
|---|---|---|
{counts}

Codes follow codebook {codebook} (`codebook.yaml` beside this file). They are stand-off: each row of
`annotations` names a passage, an edition, the SHA-256 of the text that was coded, and code-point
offsets. Texts of the edition `restatement` are our own words, not a translation and not
authoritative; official texts are not shipped and are filled in only by whoever fetches them.

```python
from datasets import load_dataset

provisions = load_dataset("dist/dataset", "provisions", split="train")
```

Who annotated, what was read, what the data must not be used for: `DATASHEET.md`. Checksums and
hashes of the rows: `manifest.json`, `SHA256SUMS`. Licence of the data: CC BY 4.0.
"""
