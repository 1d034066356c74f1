"""
SQL over the published tables, for questions nobody foresaw: DuckDB, confined to the dataset.

Every table is a view of the same Parquet files. One SELECT is run and no other statement; the
database may open the files of the dataset and nothing else, no network, no extension, and the
setting is locked (https://duckdb.org/docs/stable/operations_manual/securing_duckdb/overview).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from safeguards.errors import UsageFault
from safeguards.query import Dataset, Row, missing

_FINDINGS = """
CREATE VIEW findings AS
SELECT p.citation, a.layer, a.code, a.status, a.force, a.severity, a.terms, a.contested,
       a.provisional, a.edition, a.round, a.passage_id, a.annotation_id, a.reason
FROM annotations a JOIN provisions p USING (passage_id, edition)
WHERE a.annotator_id = 'adjudicated' AND a.layer <> 'none'
"""


def run_sql(dataset: Dataset, statement: str) -> tuple[list[str], list[Row]]:
    """
    Return the columns and rows of one SELECT.

    The view ``findings`` has the adjudicated codes with the citation of their provision.

    Raises:
        UsageFault: It is no single SELECT, or DuckDB refuses it.
        DatasetMissing: The dataset has not been built.
    """
    import duckdb

    files = _files(dataset.folder)
    database = duckdb.connect(":memory:")
    try:
        _open_tables(database, files)
        kinds = [str(part.type).rpartition(".")[2] for part in duckdb.extract_statements(statement)]
        if len(kinds) != 1 or not kinds[0].upper().startswith("SELECT"):
            raise UsageFault("only one SELECT is run; nothing else reads the dataset")
        answer = database.execute(statement)
        columns = [column[0] for column in answer.description or ()]
        rows = answer.fetchall()
    except duckdb.Error as error:
        first = str(error).strip().splitlines()[0]
        raise UsageFault(f"{first}; tables: {', '.join(files)}, findings") from error
    finally:
        database.close()
    return columns, [dict(zip(columns, row, strict=True)) for row in rows]


def _files(folder: Path) -> dict[str, list[str]]:
    """Return the Parquet files of each table."""
    files: dict[str, list[str]] = {}
    for path in sorted((folder / "data").glob("*/*.parquet")):
        files.setdefault(path.parent.name, []).append(str(path.resolve()))
    if not files:
        raise missing(folder)
    return files


def _open_tables(database: Any, files: dict[str, list[str]]) -> None:
    """Make a view of each table, and lock everything else out."""
    allowed = [path for paths in files.values() for path in paths]
    database.execute("SET autoinstall_known_extensions = false")
    database.execute("SET autoload_known_extensions = false")
    database.execute(f"SET allowed_paths = {_quote_list(allowed)}")
    database.execute("SET enable_external_access = false")
    for name, paths in files.items():
        database.execute(f'CREATE VIEW "{name}" AS FROM read_parquet({_quote_list(paths)})')
    database.execute(_FINDINGS)
    database.execute("SET lock_configuration = true")


def _quote_list(values: list[str]) -> str:
    """Return strings as a list of SQL literals."""
    return "[" + ", ".join("'" + value.replace("'", "''") + "'" for value in values) + "]"
