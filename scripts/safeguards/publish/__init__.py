"""
The dataset: typed Parquet tables, a card that the Hugging Face loader reads, a manifest, a gate.

One table for each kind of record, with the columns of its dataclass, an explicit Arrow schema and
a fixed order of rows, so that the same checkout gives the same bytes. Words stay strings on disk;
the card declares them as class labels, so that ``load_dataset`` gives typed labels while pandas,
polars and DuckDB read words. Before a build replaces the last one, every row that was written is
read again and held against its source record: see `safeguards.publish.gate`.
"""

from safeguards.publish.folder import BuildReport, build_dataset
from safeguards.publish.gate import verify_dataset
from safeguards.publish.rows import Choice
from safeguards.tables import TABLES

__all__ = ["TABLES", "BuildReport", "Choice", "build_dataset", "verify_dataset"]
