"""
Cite the dataset, or one provision as it stands in it: BibTeX, CSL-JSON, OSCOLA, Bluebook.

OSCOLA is followed in the form of its section on international law (2006, part A: title, dates of
adoption and of entry into force, series, short title, pinpoint; no full stops in abbreviations),
The Bluebook in rule 21.4 (title, subdivision, date, a United States source and one other). Where
no treaty series is known, the resolution that carries the text is cited instead, or its address.
Citations are plain text: italics are for whoever sets them. CSL-JSON:
https://citeproc-js.readthedocs.io.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from safeguards.eid import format_eid
from safeguards.model import Document, Passage

STYLES = ("bibtex", "csl", "oscola", "bluebook")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
)  # fmt: skip
_SHORT_MONTHS = (
    "Jan.", "Feb.", "Mar.", "Apr.", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.",
)  # fmt: skip
_RESOLUTION = re.compile(r"A/RES/(?P<session>\d+)/(?P<number>\d+)(?P<annex>, annex(?: [IVX]+)?)?")
_NOT_UNITED_STATES = re.compile(r"(?!TIAS)")


@dataclass(frozen=True, slots=True)
class Source:
    """
    The dataset as it is cited.

    Attributes:
        title: Its title.
        authors: Whom to name, as they want to be named.
        version: Its version.
        date: ISO date of the release; None before the first.
    """

    title: str
    authors: tuple[str, ...]
    version: str
    date: str | None

    @property
    def year(self) -> str:
        """The year of the release."""
        return (self.date or "n.d.")[:4]


def read_source(citation: Mapping[str, Any], version: str) -> Source:
    """
    Return the dataset as ``CITATION.cff`` describes it.

    >>> read_source({"title": "T", "authors": [{"given-names": "Ada", "family-names": "B"}]}, "1")
    Source(title='T', authors=('Ada B',), version='1', date=None)
    """
    names = [
        str(a["name"]) if "name" in a else f"{a['given-names']} {a['family-names']}"
        for a in citation["authors"]
    ]
    return Source(str(citation["title"]), tuple(names), version, citation.get("date-released"))


def cite(style: str, source: Source, provision: tuple[Document, Passage] | None = None) -> str:
    """
    Return the citation of the dataset, or of a provision as the dataset has it.

    >>> cite("bluebook", Source("T", ("The A Maintainers",), "0.1.0", "2026-11-22"))
    'The A Maintainers, T (version 0.1.0, 2026) (dataset).'

    Args:
        style: One of `STYLES`.
        source: The dataset.
        provision: A passage with its document; the citation then names passage id and hash.
    """
    return _STYLES[style](source, provision)


def _pin(passage: Passage) -> str:
    """Return what fixes the words that are cited: passage id; edition and hash where it has any."""
    if not passage.text_chars or passage.text_sha256 is None:
        return passage.passage_id
    return f"{passage.passage_id}, {passage.edition} text, SHA-256 {passage.text_sha256[:12]}"


# OSCOLA and The Bluebook.


def _oscola(source: Source, provision: tuple[Document, Passage] | None) -> str:
    """Return the footnote in OSCOLA."""
    authors, dated = " and ".join(source.authors), f"(version {source.version}, {source.year})"
    named = f"{authors}, '{source.title}' {dated}"
    if provision is None:
        return named
    document, passage = provision
    return f"{_oscola_treaty(document, passage)}, as published in {named} {_pin(passage)}"


def _oscola_treaty(document: Document, passage: Passage) -> str:
    """Return a provision in OSCOLA."""
    dates = [
        _oscola_date("opened for signature" if _is_opening(document) else "adopted", document.date)
    ]
    dates.append(_oscola_date("entered into force", document.in_force))
    series = next(filter(_NOT_UNITED_STATES.match, document.series), None)
    parts = [
        document.title or document.short_title,
        f"({', '.join(filter(None, dates))})" if any(dates) else "",
        (series or _oscola_reference(document)).replace("No.", "No"),
        f"({document.short_title})" if document.title else "",
        re.sub(r"(?<=[a-z])\.", "", format_eid(passage.eid)),
    ]
    return " ".join(filter(None, parts))


def _is_opening(document: Document) -> bool:
    """Tell whether the date of a treaty is that of its opening for signature."""
    return document.opened is not None and document.opened == document.date


def _oscola_date(what: str, date: str | None) -> str:
    """
    Return a date as OSCOLA writes it, with what happened then.

    >>> _oscola_date("adopted", "2000-11-15")
    'adopted 15 November 2000'
    """
    if date is None:
        return ""
    year, *rest = date.split("-")
    words = [str(int(rest[1]))] if len(rest) == 2 else []
    words += [_MONTHS[int(rest[0]) - 1]] if rest else []
    return " ".join([what, *words, year])


def _oscola_reference(document: Document) -> str:
    """Return the resolution that carries a treaty, or else its address."""
    match = _RESOLUTION.match(document.reference or "")
    if match:
        return f"UN Doc {match.group()}"
    return f"<{document.authentic_url}>" if document.authentic_url else ""


def _bluebook(source: Source, provision: tuple[Document, Passage] | None) -> str:
    """Return the footnote in The Bluebook's style."""
    authors = " & ".join(source.authors)
    named = f"{authors}, {source.title} (version {source.version}, {source.year}) (dataset)"
    if provision is None:
        return f"{named}."
    document, passage = provision
    return f"{_bluebook_treaty(document, passage)}, as published in {named}, {_pin(passage)}."


def _bluebook_treaty(document: Document, passage: Passage) -> str:
    """Return a provision in the form of rule 21.4."""
    title = _capitalize(document.title or document.short_title)
    date = _bluebook_date(document)
    sources = [_bluebook_series(s) for s in sorted(document.series, key=lambda s: s[:4] != "TIAS")]
    if not sources:
        sources = [_bluebook_reference(document)]
    return ", ".join(filter(None, [f"{title} {format_eid(passage.eid)}", date, *sources]))


def _bluebook_date(document: Document) -> str:
    """Return the date of a treaty with its nature; multilateral ones are rarely signed in a day."""
    what, date = ("opened for signature", document.opened)
    if date is None:
        what, date = "adopted", document.date
    if date is None or len(date) != 10:
        return ""
    year, month, day = date.split("-")
    return f"{what} {_SHORT_MONTHS[int(month) - 1]} {int(day)}, {year}"


def _bluebook_series(series: str) -> str:
    """
    Return a place in a treaty series with the full stops of The Bluebook.

    >>> _bluebook_series("2225 UNTS 209"), _bluebook_series("TIAS No. 13174")
    ('2225 U.N.T.S. 209', 'T.I.A.S. No. 13174')
    """
    return re.sub(r"\b[A-Z]{3,}\b", lambda m: "".join(f"{c}." for c in m.group()), series)


def _bluebook_reference(document: Document) -> str:
    """Return the resolution that carries a treaty, as rule 21.7.2 cites it, or its address."""
    match = _RESOLUTION.match(document.reference or "")
    if match is None:
        return document.authentic_url or ""
    session, number, annex = match["session"], match["number"], match["annex"] or ""
    return f"G.A. Res. {session}/{number}{annex}, U.N. Doc. A/RES/{session}/{number}"


def _capitalize(title: str) -> str:
    """
    Return a title with the capitals of rule 8: prepositions of more than four letters have one.

    >>> _capitalize("Convention against Corruption and its Uses by States")
    'Convention Against Corruption and Its Uses by States'
    """
    small = {"a", "an", "the", "and", "or", "but", "nor", "of", "for", "by", "in", "on", "to", "at",
             "with", "from", "into", "as"}  # fmt: skip
    return " ".join(w if w in small else w[:1].upper() + w[1:] for w in title.split(" "))


# BibTeX and CSL-JSON.


def _bibtex(source: Source, provision: tuple[Document, Passage] | None) -> str:
    """Return one BibTeX entry, or two: the provision, and the dataset that it refers to."""
    key = f"treaty-safeguards-{source.version}"
    entries = [
        _entry(key, {
            "author": " and ".join(f"{{{_escape(name)}}}" for name in source.authors),
            "title": f"{{{_escape(source.title)}}}",
            "year": source.year,
            "version": source.version,
            "note": f"Dataset, version {source.version}",
        })
    ]  # fmt: skip
    if provision is not None:
        document, passage = provision
        cited = f"{document.title or document.short_title}, {format_eid(passage.eid)}"
        entries.insert(0, _entry(passage.passage_id.replace(":", "-"), {
            "author": f"{{{_escape(document.issuer)}}}" if document.issuer else None,
            "title": f"{{{_escape(cited)}}}",
            "year": document.date[:4] if document.date else None,
            "howpublished": _escape("; ".join(document.series) or document.reference or "") or None,
            "note": f"As published in \\cite{{{key}}}: {_escape(_pin(passage))}",
        }))  # fmt: skip
    return "\n\n".join(entries)


def _entry(key: str, fields: Mapping[str, str | None]) -> str:
    """Return one entry; ``@misc`` is what every style knows."""
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _escape(text: str) -> str:
    r"""
    Return *text* with what BibTeX reads as a command made harmless.

    >>> _escape("art_1 & 2")
    'art\\_1 \\& 2'
    """
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


def _csl(source: Source, provision: tuple[Document, Passage] | None) -> str:
    """Return CSL-JSON: a list of one item, or of two."""
    items: list[dict[str, Any]] = [{
        "id": f"treaty-safeguards-{source.version}",
        "type": "dataset",
        "title": source.title,
        "author": [{"literal": name} for name in source.authors],
        "issued": _csl_date(source.date),
        "version": source.version,
    }]  # fmt: skip
    if provision is not None:
        document, passage = provision
        items.insert(0, {
            "id": passage.passage_id,
            "type": "treaty",
            "title": document.title or document.short_title,
            "title-short": document.short_title if document.title else None,
            "authority": document.issuer,
            "issued": _csl_date(document.date),
            "number": "; ".join(document.series) or document.reference,
            "section": format_eid(passage.eid),
            "language": document.language,
            "URL": document.authentic_url,
            "note": f"As published in {source.title}, version {source.version}: {_pin(passage)}",
        })  # fmt: skip
    said = [{key: value for key, value in item.items() if value is not None} for item in items]
    return json.dumps(said, indent=2, ensure_ascii=False)


def _csl_date(date: str | None) -> dict[str, list[Sequence[int]]] | None:
    """Return an ISO date in CSL's parts."""
    return {"date-parts": [[int(part) for part in date.split("-")]]} if date else None


_STYLES: dict[str, Callable[[Source, tuple[Document, Passage] | None], str]] = {
    "bibtex": _bibtex,
    "csl": _csl,
    "oscola": _oscola,
    "bluebook": _bluebook,
}
