"""
A server of the Model Context Protocol (https://modelcontextprotocol.io): five tools that only read.

A language model that answers from these tools has with every row its citation, the edition that was
coded, the mark of what is provisional, the agreement on the code and how to cite it. What is said
in the rows is data, and a client should treat it so.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safeguards.errors import SafeguardsError
from safeguards.query import Dataset, Row, describe, find_vague
from safeguards.questions.critics import check_claim
from safeguards.questions.gaps import read_cell_rows
from safeguards.questions.search import cache_folder
from safeguards.questions.search import search as find

if TYPE_CHECKING:
    from mcp.server import MCPServer

_MOST = 200  # rows in one answer
_INSTRUCTIONS = (
    "Which safeguards cybercrime treaties contain, and where their wording is vague. Quote the "
    "citation of every row. Where provisional is true, the code rests on a restatement and not on "
    "the official text: say so. Where meets_target is not yes, or contested is true, say so too. "
    "Articles that nobody has coded are in no answer."
)


def serve(dataset: Dataset) -> None:
    """Answer on stdin and stdout until the client hangs up."""
    build_server(dataset).run("stdio")


def build_server(dataset: Dataset) -> MCPServer[Any]:
    """Return the server with its tools."""
    from mcp.server import MCPServer
    from mcp.types import ToolAnnotations

    server: MCPServer[Any] = MCPServer(
        "treaty-safeguards", version=dataset.manifest["dataset_version"],
        instructions=_INSTRUCTIONS, log_level="WARNING",
    )  # fmt: skip
    reads = ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    for tool in _tools(dataset):
        server.tool(annotations=reads, structured_output=True)(tool)
    return server


def _tools(dataset: Dataset) -> list[Any]:
    """Return the functions that are offered; a client sees names, signatures and docstrings."""

    def search(words: str, limit: int = 10) -> dict[str, Any]:
        """Find provisions, reasons of coders and claims of critiques by words; best first."""
        cache = cache_folder(os.environ, Path.home())
        return _answer(dataset, lambda: find(dataset, words, cache, limit=min(limit, _MOST)))

    def show(provision: str) -> dict[str, Any]:
        """Show one provision, such as 'budapest:16.2': text, codes, references and claims."""
        return _answer(dataset, lambda: [_shown(dataset, provision)])

    def vague(
        document: str | None = None,
        kind: str | None = None,
        severity: str = "slight",
        power: str | None = None,
        critiques: int = 0,
    ) -> dict[str, Any]:
        """List vague wording; severity is slight, material or critical, and graver ones count."""
        return _answer(
            dataset,
            lambda: find_vague(
                dataset, document=document, kind=kind, severity=_severity(severity), power=power,
                critiques=critiques,
            ),
        )  # fmt: skip

    def matrix(
        document: str | None = None, power: str | None = None, safeguard: str | None = None
    ) -> dict[str, Any]:
        """Tell which safeguards bind each power, and by which path; absent ones too."""
        return _answer(
            dataset,
            lambda: read_cell_rows(dataset, document=document, power=power, safeguard=safeguard),
        )

    def claim_check(claim: str) -> dict[str, Any]:
        """Check a public claim, by its id or by words like its own, part by part."""
        return _answer(dataset, lambda: [check_claim(dataset, claim)])

    return [search, show, vague, matrix, claim_check]


def _shown(dataset: Dataset, provision: str) -> Row:
    """Return a provision with how far each of its adjudicated codes is agreed on."""
    found = describe(dataset, provision)
    codes = [
        {**row, "agreement": dataset.standings.find(row).explain(row["contested"])}
        for row in found["adjudicated"]
    ]
    passage = found["passage"]
    marks = {"edition": passage["edition"], "provisional": passage["provisional"]}
    return {**found, **marks, "adjudicated": codes, "cite": dataset.cite(found["passage_id"])}


def _severity(name: str) -> str:
    """Return a severity that can be asked for; what is none counts as the slightest."""
    return name if name in ("slight", "material", "critical") else "slight"


def _answer(dataset: Dataset, question: Any) -> dict[str, Any]:
    """Return rows with the edition of the dataset, or one line that says what was wrong."""
    try:
        rows = question()
    except SafeguardsError as error:
        return {"rows": [], "left_out": 0, "problem": str(error), "dataset": dataset.edition_line}
    return {
        "rows": rows[:_MOST],
        "left_out": max(0, len(rows) - _MOST),
        "problem": None if rows else "nothing coded so far fits; ask for less",
        "dataset": dataset.edition_line,
    }
