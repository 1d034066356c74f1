"""
A brief as PDF, with ReportLab (BSD licence): A4, selectable text, the same bytes each time.

The standard fonts of PDF are used, so nothing is embedded; signs that they lack are spelled out.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from html import escape
from typing import Any

from safeguards.questions.brief import Brief
from safeguards.questions.brief_text import COLORS, more_claims, sections

_WIDTHS = {5: (0.34, 0.08, 0.04, 0.14, 0.40), 3: (0.20, 0.46, 0.34)}
_PADDING = 6  # of the frame, in points; ReportLab sets paragraphs that far in
_CLAIM_WIDTHS = (0.30, 0.48, 0.22)


def pdf_bytes(brief: Brief) -> bytes:
    """Return the brief as a PDF file."""
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    sink = io.BytesIO()
    document = SimpleDocTemplate(
        sink, pagesize=A4, invariant=1, title=brief.title, author="Treaty safeguards",
        subject=brief.answer, lang="en",
        leftMargin=18 * mm, rightMargin=18 * mm, topMargin=15 * mm, bottomMargin=18 * mm,
    )  # fmt: skip
    footer = _footer(brief.cite)
    document.build(
        _story(brief, document.width - 2 * _PADDING), onFirstPage=footer, onLaterPages=footer
    )
    return sink.getvalue()


def _story(brief: Brief, width: float) -> list[Any]:
    """Return the paragraphs and tables of the brief, in order."""
    from reportlab.platypus import Paragraph

    styles = _styles()
    story: list[Any] = [
        Paragraph(_text(brief.title), styles["title"]),
        Paragraph(f"<b>{_text(brief.answer)}</b>", styles["answer"]),
        Paragraph(_text(f"What it asks for: {brief.asked}"), styles["body"]),
    ]
    for heading, columns, rows in sections(brief):
        shares = _CLAIM_WIDTHS if rows is brief.claims else _WIDTHS[len(columns)]
        story.append(Paragraph(_text(heading), styles["heading"]))
        story.append(_table(columns, rows, [share * width for share in shares], styles))
    story += [Paragraph(_text(line), styles["small"]) for line in more_claims(brief)]
    story.append(Paragraph("Beware", styles["heading"]))
    story += [Paragraph(_text(c), styles["item"], bulletText="\u2022") for c in brief.caveats]
    return story


def _styles() -> dict[str, Any]:
    """Return the styles of the paragraphs."""
    from reportlab.lib.styles import ParagraphStyle

    body = ParagraphStyle("body", fontName="Helvetica", fontSize=9, leading=11.5, spaceAfter=3)
    return {
        "body": body,
        "title": ParagraphStyle(
            "title", body, fontName="Helvetica-Bold", fontSize=16, leading=19, spaceAfter=5
        ),
        "answer": ParagraphStyle("answer", body, fontSize=10.5, leading=13.5, spaceAfter=5),
        "heading": ParagraphStyle(
            "heading", body, fontName="Helvetica-Bold", fontSize=11, leading=14, spaceBefore=7,
            keepWithNext=1,
        ),
        "small": ParagraphStyle("small", body, fontSize=8, leading=9.6, spaceAfter=0),
        "item": ParagraphStyle("item", body, leftIndent=10, bulletIndent=1, spaceAfter=2),
    }  # fmt: skip


def _table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], widths: list[float], styles: Any
) -> Any:
    """Return a table whose head is repeated on every page."""
    from reportlab.lib import colors
    from reportlab.platypus import Paragraph, Table, TableStyle

    head = [Paragraph(f"<b>{_text(column)}</b>", styles["small"]) for column in columns]
    lines = [[Paragraph(_cell(cell), styles["small"]) for cell in row] for row in rows]
    return Table(
        [head, *lines],
        colWidths=widths,
        repeatRows=1,
        style=TableStyle(
            [
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), 0),
                ("RIGHTPADDING", (0, 0), (-1, -1), 5),
                ("TOPPADDING", (0, 0), (-1, -1), 1.5),
                ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
                ("LINEBELOW", (0, 0), (-1, 0), 1, colors.black),
                ("LINEBELOW", (0, 1), (-1, -1), 0.4, colors.lightgrey),
            ]
        ),
    )


def _cell(cell: str) -> str:
    """Return a cell as ReportLab's markup; the letter of a status in its colour."""
    color = COLORS.get(cell.rstrip("*")) if len(cell) <= 2 else None
    return f'<font color="{color}"><b>{_text(cell)}</b></font>' if color else _text(cell)


def _text(words: str) -> str:
    """Return words as markup, in the signs that the standard fonts have."""
    return escape(words.encode("cp1252", "replace").decode("cp1252"), quote=False)


def _footer(cite: str) -> Any:
    """Return what draws the foot of each page: how to cite, and the number of the page."""

    def draw(canvas: Any, document: Any) -> None:
        right = document.pagesize[0] - document.rightMargin - _PADDING
        canvas.saveState()
        canvas.setFont("Helvetica", 7.5)
        canvas.drawString(document.leftMargin + _PADDING, 26, f"Cite: {cite}")
        canvas.drawRightString(right, 26, str(document.page))
        canvas.restoreState()

    return draw
