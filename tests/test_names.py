"""One name everywhere, and imports that go one way."""

from __future__ import annotations

import ast
import json
from dataclasses import fields
from pathlib import Path

import jsonschema
import pytest

from safeguards.parquet import arrow_schema
from safeguards.publish import TABLES
from safeguards.schemas import PUBLISHED, RECORDS, read_descriptions

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "scripts" / "safeguards"
FILES = {
    "annotation": "annotations/adjudicated.jsonl",
    "passage": "corpus/passages.jsonl",
    "reference": "corpus/references.jsonl",
    "term_anchor": "corpus/terms.jsonl",
}
LAYERS = [
    {
        "errors", "model", "cells", "reliability", "assertions", "published", "errata", "baselines",
        "marks",
    },
    {
        "text", "headings", "pages", "layout", "eid", "markers", "tree", "provisions",
        "concordance", "instruments", "citations", "references", "coefficients", "pairing", "rulings", "transfer", "critiques", "editions", "formats", "mojibake", "numerals",
        "webpages", "wordfiles", "evidence", "linking", "spans", "confusion", "proposals", "spreadsheets", "splits",
        "standing",
    },
    {
        "codebook", "tables", "records", "repository", "connections", "download", "parquet", "inputs",
        "manifest", "matrix", "comparisons", "agreement", "adjudication", "verdicts", "amendments",
        "checkout", "selection", "grid", "query", "counts",
    },
    {
        "sources", "segment", "engines", "labelstudio", "checks",
        "publish", "site", "claims", "schemas", "gold", "confirmation", "assignment", "prediction",
        "releases", "citing", "questions",
    },
    {"cli"},
    {"__main__"},
]  # fmt: skip


@pytest.mark.parametrize("name", list(RECORDS))
def test_schema_and_dataclass_have_the_same_names(name: str) -> None:
    """The properties of a JSON Schema are the fields of its dataclass."""
    path = ROOT / "schema" / "records" / f"{name}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    assert sorted(schema["properties"]) == sorted(f.name for f in fields(RECORDS[name]))


@pytest.mark.parametrize(("name", "path"), FILES.items())
def test_files_and_dataclass_have_the_same_names(name: str, path: str) -> None:
    """The keys of a committed record are the fields of its dataclass, in order."""
    line = (ROOT / path).read_text(encoding="utf-8").partition("\n")[0]
    assert list(json.loads(line)) == [f.name for f in fields(RECORDS[name])]


@pytest.mark.parametrize(("name", "path"), FILES.items())
def test_committed_records_fit_their_json_schema(name: str, path: str) -> None:
    """Whoever checks the committed records with JSON Schema alone finds no fault."""
    text = (ROOT / "schema" / "records" / f"{name}.schema.json").read_text(encoding="utf-8")
    validator = jsonschema.Draft202012Validator(json.loads(text))
    lines = (ROOT / path).read_text(encoding="utf-8").splitlines()
    assert [e.message for line in lines for e in validator.iter_errors(json.loads(line))] == []


@pytest.mark.parametrize("table", list(TABLES))
def test_columns_and_dataclass_have_the_same_names(table: str) -> None:
    """The columns of a table are the fields of its dataclass, in order."""
    assert arrow_schema(TABLES[table]).names == [f.name for f in fields(TABLES[table])]


@pytest.mark.parametrize("table", list(TABLES))
def test_every_column_is_explained(table: str) -> None:
    """Each column has a meaning in the data dictionary."""
    described = read_descriptions(*PUBLISHED[table])
    assert [f.name for f in fields(TABLES[table]) if not described.get(f.name)] == []


def test_no_column_has_a_name_that_traps_pandas() -> None:
    """No column is called like an attribute of a data frame that people rely on."""
    traps = {"flags", "size", "index", "count", "values", "shape"}
    assert [n for t in TABLES.values() for n in arrow_schema(t).names if n in traps] == []


def modules() -> list[Path]:
    """Return every module of the package."""
    return sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    """Return the module or folder of the package that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> set[str]:
    """Return the rooms of the package that a module imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("safeguards."):
            found.add(str(node.module).split(".")[1])
    return found


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_imports_go_down(path: Path) -> None:
    """A module imports only what lies below it; work modules do not import each other."""
    room = room_of(path)
    if room == "__init__":
        assert imported(path) == {"releases"}
        return
    depth = next(n for n, rooms in enumerate(LAYERS) if room in rooms)
    allowed = set().union(*LAYERS[:depth], {room})
    if depth < 3:
        allowed |= LAYERS[depth]
    assert imported(path) <= allowed


@pytest.mark.parametrize("path", modules(), ids=lambda p: p.relative_to(PACKAGE).as_posix())
def test_a_module_fits_one_reading(path: Path) -> None:
    """Every module says what it is for, and is short enough to be read at once."""
    text = path.read_text(encoding="utf-8")
    assert ast.get_docstring(ast.parse(text))
    assert text.count("\n") <= 620


def test_functions_are_small() -> None:
    """Half of all functions have fewer than ten lines of code, nine in ten fewer than thirty."""
    sizes = sorted(
        (node.end_lineno or 0) - node.body[0].lineno + 1 - _docstring_lines(node)
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    )
    assert sizes[len(sizes) // 2] < 10
    assert sizes[len(sizes) * 9 // 10] < 30


def _docstring_lines(node: ast.FunctionDef) -> int:
    """Return how many lines the docstring of a function takes."""
    if ast.get_docstring(node) is None:
        return 0
    first = node.body[0]
    return (first.end_lineno or 0) - first.lineno + 1
