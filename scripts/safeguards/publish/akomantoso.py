"""
Each treaty as Akoma Ntoso 3.0 XML (https://docs.oasis-open.org/legaldocml/akn-core/v1.0/).

A restatement is a work of its own, not authoritative, beside the treaty it restates; the treaty
itself is written only where its official text is filled in. eIds are those of the passages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from xml.etree import ElementTree as ET

from safeguards.model import EDITIONS, Document, Passage
from safeguards.publish.rows import Tables
from safeguards.repository import Repository

NAMESPACE = "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"
_PARTS = ("part", "chapter", "section", "title", "article", "paragraph", "point", "indent")
_FRAMES = ("preface", "preamble", "body", "conclusions")
_MAINTAINERS = "maintainers"
Children = dict[str | None, list[Passage]]


def build_documents(repository: Repository, tables: Tables) -> dict[str, bytes]:
    """Return the XML files by path: one for each treaty and edition whose text is in *tables*."""
    texts: dict[tuple[str, str], list[Passage]] = {}
    for row in (row for shared in tables["provisions"].values() for row in shared):
        texts.setdefault((row.document_id, row.edition), []).append(row)
    files = {}
    for document in repository.documents:
        for edition in EDITIONS:
            rows = texts.get((document.document_id, edition), [])
            if document.kind == "treaty" and document.date and any(r.text for r in rows):
                path = f"akn/{document.document_id}.{edition}.xml"
                in_order = sorted(rows, key=lambda r: r.ordinal)
                files[path] = build_document(document, edition, in_order)
    return files


def build_document(document: Document, edition: str, passages: Sequence[Passage]) -> bytes:
    """Return one text as XML; *passages* are those of one edition, in document order."""
    root = ET.Element("akomaNtoso", xmlns=NAMESPACE)
    act = ET.SubElement(root, "act", name="treaty" if edition == "official" else "restatement")
    _add_meta(act, document, edition)
    children: Children = {}
    known = {p.passage_id for p in passages}
    for passage in passages:
        parent = passage.parent_id if passage.parent_id in known else None
        children.setdefault(parent, []).append(passage)
    for frame in _FRAMES:
        _add_frame(act, frame, children)
    ET.indent(root, space=" ")
    text: str = ET.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


# Identification.


def _add_meta(act: ET.Element, document: Document, edition: str) -> None:
    """Add who made what, and when: work, expression and manifestation."""
    meta = ET.SubElement(act, "meta")
    identification = ET.SubElement(meta, "identification", source=f"#{_MAINTAINERS}")
    official = edition == "official"
    author = "issuer" if official and document.issuer else _MAINTAINERS
    kind = "treaty" if official else "restatement"
    work = f"/akn/int/act/{kind}/{document.date}/{document.document_id}"
    _add_level(identification, "FRBRWork", work, document, author)
    found = identification[0]
    ET.SubElement(found, "FRBRcountry", value="int")  # treaties belong to no country
    ET.SubElement(found, "FRBRsubtype", value=kind)
    ET.SubElement(found, "FRBRauthoritative", value="false")
    expression = f"{work}/eng@{document.date}"
    _add_level(identification, "FRBRExpression", expression, document, author)
    ET.SubElement(identification[1], "FRBRlanguage", language="eng")
    _add_level(identification, "FRBRManifestation", f"{expression}.akn", document, _MAINTAINERS)
    references = ET.SubElement(meta, "references", source=f"#{_MAINTAINERS}")
    _add_organization(references, _MAINTAINERS, "The treaty-safeguards maintainers")
    if author == "issuer":
        _add_organization(references, author, document.issuer or "")


def _add_level(
    identification: ET.Element, name: str, uri: str, document: Document, author: str
) -> None:
    """Add one FRBR level."""
    level = ET.SubElement(identification, name)
    ET.SubElement(level, "FRBRthis", value=f"{uri}/!main")
    ET.SubElement(level, "FRBRuri", value=uri)
    if name == "FRBRWork":
        ET.SubElement(level, "FRBRalias", name="short title", value=document.short_title)
    ET.SubElement(level, "FRBRdate", date=document.date or "", name="adoption")
    ET.SubElement(level, "FRBRauthor", href=f"#{author}")


def _add_organization(references: ET.Element, eid: str, name: str) -> None:
    """Add an organization that the identification names."""
    href = f"/akn/ontology/organization/{eid}"
    ET.SubElement(references, "TLCOrganization", eId=eid, href=href, showAs=name)


# The text.


def _add_frame(act: ET.Element, frame: str, children: Children) -> None:
    """Add preface, preamble, body or conclusions, if anything stands in it."""
    top = [p for p in children.get(None, ()) if _frame_of(p) == frame]
    if frame == "body":
        body = ET.SubElement(act, "body")
        _add_parts(body, top, children)
        return
    for passage in top:
        below = list(_iter_below(passage, children))
        if any(p.text for p in (passage, *below)):
            element = ET.SubElement(act, frame, eId=passage.eid)
            _add_words(element, passage)
            for inner in below:
                _add_words(element, inner, inner.eid)


def _frame_of(passage: Passage) -> str:
    """Return which frame of the document a passage at the top stands in."""
    return passage.level if passage.level in _FRAMES else "body"


def _iter_below(passage: Passage, children: Children) -> Iterator[Passage]:
    """Yield all passages below one, in document order."""
    for child in children.get(passage.passage_id, ()):
        yield child
        yield from _iter_below(child, children)


def _add_parts(parent: ET.Element, passages: Iterable[Passage], children: Children) -> None:
    """Add numbered parts of the text with all they hold."""
    for passage in passages:
        below = children.get(passage.passage_id, [])
        element = _add_part(parent, passage)
        parts = [p for p in below if p.level != "wrapup"]
        if passage.text:
            ET.SubElement(element, "intro" if parts else "content")
            _add_words(element[-1], passage)
        _add_parts(element, parts, children)
        for last in (p for p in below if p.level == "wrapup"):
            _add_words(ET.SubElement(element, "wrapUp", eId=last.eid), last)


def _add_part(parent: ET.Element, passage: Passage) -> ET.Element:
    """Add one part with its number and heading; what has no element of its own is a container."""
    if passage.level in _PARTS:
        element = ET.SubElement(parent, passage.level, eId=passage.eid)
    else:
        element = ET.SubElement(parent, "hcontainer", name=passage.level, eId=passage.eid)
    for name in ("num", "heading"):
        if value := getattr(passage, name):
            ET.SubElement(element, name).text = value
    return element


def _add_words(element: ET.Element, passage: Passage, eid: str | None = None) -> None:
    """Add the words of a passage, each line a paragraph; the first of them has its eId."""
    for number, line in enumerate(filter(None, (passage.text or "").split("\n"))):
        ET.SubElement(element, "p", {"eId": eid} if eid and not number else {}).text = line
