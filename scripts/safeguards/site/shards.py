"""
What the search page searches, as scripts that add entries to one list.

A page that was opened from a folder may not fetch, but it may load a classic script; hence one
script for each treaty and one for all else. JSON is JavaScript but for ``<`` and two line ends.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from safeguards.site.content import Content
from safeguards.site.strings import Strings


def search_files(content: Content, strings: Strings) -> dict[str, bytes]:
    """Return the scripts, by their path in the site."""
    shards: dict[str, Iterable[list[str]]] = {
        d["document_id"]: _passages(content, strings, d["document_id"]) for d in content.treaties
    }
    shards["_claims"] = _claims(content)
    shards["_codebook"] = _codes(content, strings)
    return {shard_path(name): _script(entries) for name, entries in shards.items()}


def shard_path(name: str) -> str:
    """Return where the script called *name* lies."""
    return f"search/{name}.js"


def shard_names(content: Content) -> list[str]:
    """Return the names of all scripts."""
    return [*(d["document_id"] for d in content.treaties), "_claims", "_codebook"]


def _script(entries: Iterable[list[str]]) -> bytes:
    """Return the script that adds entries: what it is, where, title, heading, text, more words."""
    data = json.dumps(list(entries), ensure_ascii=False, separators=(",", ":"))
    for character in "<\u2028\u2029":
        data = data.replace(character, f"\\u{ord(character):04x}")
    return f"(window.searchEntries=window.searchEntries||[]).push(...{data});\n".encode()


def _passages(content: Content, strings: Strings, document_id: str) -> Iterator[list[str]]:
    """Yield the passages of a treaty."""
    for passage_id, editions in content.by_passage.items():
        place = content.place_of(passage_id)
        if place is None or not passage_id.startswith(document_id + ":"):
            continue
        row = content.passage(passage_id)
        codes = [*row["safeguards"], *row["powers"], *row["vagueness"]]
        more = {term for edition in editions.values() for term in edition["terms"]}
        more |= {strings.code_name(code) for code in codes} | set(codes)
        text, heading = row["text"] or "", row["heading"] or ""
        yield ["provision", place, row["citation"], heading, text, "; ".join(sorted(more))]


def _claims(content: Content) -> Iterator[list[str]]:
    """Yield the claims and the critiques that make them."""
    for claim in content.table("claims"):
        place = f"claims.html#{claim['claim_id']}"
        author = content.documents[claim["document_id"]]["short_title"]
        more = "; ".join((claim["claim_id"], *claim["safeguards"], *claim["vagueness"]))
        yield ["claim", place, author, "", claim["claim"], more]
    for document in content.critiques:
        if document["document_id"] in content.claims_by_document:
            place = f"critiques/{document['document_id']}.html"
            more = document["issuer"] or ""
            yield ["critique", place, document["short_title"], document["title"] or "", "", more]


def _codes(content: Content, strings: Strings) -> Iterator[list[str]]:
    """Yield the codes of the codebook."""
    for code in content.rules.codes:
        place = f"codebook.html#{code.id}"
        yield ["code", place, code.name, strings.word(code.layer), code.scope, code.id]
