"""A brief as Markdown, and as a page of HTML that stands alone and prints on A4."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from safeguards.questions.brief import Brief

CELLS = ("Power", "Article", "", "Status", "By which path")
PROVISIONS = ("Provision", "Words", "Judgement")
CLAIMS = ("Critique", "Claim", "Verdict")
COLORS = {"P": "#1b7837", "Q": "#8a6a00", "D": "#5b4a8a", "A": "#a50026", "N": "#666666"}
_STYLE = """
@page { size: A4; margin: 18mm; }
body { font: 10pt/1.35 Georgia, "DejaVu Serif", serif; color: #111; max-width: 46em;
  margin: 2em auto;
  padding: 0 1em; }
h1 { font-size: 17pt; margin: 0 0 .3em; } h2 { font-size: 11.5pt; margin: 1.1em 0 .3em; }
p.answer { font-size: 11.5pt; font-weight: bold; margin: .3em 0; }
table { border-collapse: collapse; width: 100%; font-size: 9pt; }
th { text-align: left; border-bottom: 1.5px solid #111; padding: .2em .5em .2em 0; }
td { vertical-align: top; border-bottom: 1px solid #ccc; padding: .2em .5em .2em 0; }
tr { break-inside: avoid; } td.letter { font-weight: bold; }
footer { margin-top: 1.2em; border-top: 1.5px solid #111; padding-top: .4em; font-size: 8.5pt; }
"""


def format_markdown(brief: Brief) -> str:
    """Return the brief as Markdown."""
    parts = [f"# {brief.title}", f"**{brief.answer}**", f"What it asks for: {brief.asked}"]
    for heading, columns, rows in sections(brief):
        parts += [f"## {heading}", _markdown_table(columns, rows)]
    parts += more_claims(brief)
    parts += ["## Beware", "\n".join(f"- {caveat}" for caveat in brief.caveats)]
    return "\n\n".join([*parts, f"Cite: {brief.cite}"]) + "\n"


def sections(brief: Brief) -> list[tuple[str, Sequence[str], Sequence[Sequence[str]]]]:
    """Return the tables of a brief that have rows: heading, columns and rows."""
    tables: list[tuple[str, Sequence[str], Sequence[Sequence[str]]]] = [
        ("Power by power", CELLS, brief.cells),
        ("The clauses this rests on", PROVISIONS, brief.provisions),
        ("What critiques say", CLAIMS, brief.claims),
    ]
    return [table for table in tables if table[2]]


def more_claims(brief: Brief) -> list[str]:
    """Say how many claims were left out, if any were."""
    if not brief.more_claims:
        return []
    return [
        f"{brief.more_claims} older claims are left out; 'safeguards claims list' has them all."
    ]


def _markdown_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in lines)


def format_html(brief: Brief) -> str:
    """Return the brief as one page of HTML without scripts or anything from elsewhere."""
    body = [
        f"<h1>{escape(brief.title)}</h1>",
        f'<p class="answer">{escape(brief.answer)}</p>',
        f"<p>What it asks for: {escape(brief.asked)}</p>",
    ]
    for heading, columns, rows in sections(brief):
        body += [f"<h2>{escape(heading)}</h2>", _html_table(columns, rows)]
    body += [f"<p>{escape(line)}</p>" for line in more_claims(brief)]
    body += ["<h2>Beware</h2><ul>", *(f"<li>{escape(c)}</li>" for c in brief.caveats), "</ul>"]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'\">\n"
        f"<title>{escape(brief.title)}</title><style>{_STYLE}</style></head><body>\n"
        + "\n".join(body)
        + f"\n<footer>Cite: {escape(brief.cite)}</footer>\n</body></html>\n"
    )


def _html_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in HTML."""
    head = "".join(f'<th scope="col">{escape(column)}</th>' for column in columns)
    lines = ["<tr>" + "".join(_html_cell(cell) for cell in row) + "</tr>" for row in rows]
    return (
        f"<table><thead><tr>{head}</tr></thead><tbody>\n" + "\n".join(lines) + "\n</tbody></table>"
    )


def _html_cell(cell: str) -> str:
    """Return a cell; the letter of a status in its colour."""
    color = COLORS.get(cell.rstrip("*")) if len(cell) <= 2 else None
    style = f' class="letter" style="color:{color}"' if color else ""
    return f"<td{style}>{escape(cell)}</td>"
