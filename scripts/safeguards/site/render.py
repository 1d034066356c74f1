"""
Templates to pages: everything escaped, no script or style in line, every link relative.

The policy names ``file:`` beside ``'self'`` because Firefox gives pages from a folder an origin
that ``'self'`` does not match; from a web host, ``file:`` lets nothing more in.
"""

from __future__ import annotations

import json
import re
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from safeguards.query import ADJUDICATED
from safeguards.site.content import Content
from safeguards.site.pages import Page, list_sections
from safeguards.site.shards import shard_names, shard_path
from safeguards.site.strings import Strings

TEMPLATES = Path(__file__).parent / "templates"
_IDENTIFIER = re.compile(r"\b(?:[a-z][a-z0-9-]*:)?[a-z]+_[A-Za-z0-9_]+(?<!_)")
_OWN = "'self' file:"
POLICY = (
    f"default-src 'none'; script-src {_OWN}; style-src {_OWN}; img-src {_OWN}; "
    f"form-action {_OWN}; base-uri 'none'"
)


class Renderer:
    """Makes pages of one site."""

    def __init__(self, content: Content, strings: Strings) -> None:
        """Prepare the templates."""
        self.content, self.strings = content, strings
        self.environment = Environment(
            loader=FileSystemLoader(TEMPLATES, encoding="utf-8"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self.environment.filters.update(
            {
                "fill": fill,
                "word": strings.word,
                "code_name": strings.code_name,
                "figure": _figure,
                "web": web_address,
                "document_of": _document_of,
                "layer_at": _layer_at,
                "linked": self.linked,
            }
        )
        self.environment.globals.update(self._globals)

    @cached_property
    def _globals(self) -> dict[str, Any]:
        """What every template knows."""
        return {
            "t": self.strings.texts,
            "language": self.strings.language,
            "content": self.content,
            "codebook": self.content.rules,
            "letters": {s.id: s.letter for s in self.content.rules.statuses},
            "sections": list_sections(self.content),
            "shards": [shard_path(name) for name in shard_names(self.content)],
            "policy": POLICY,
            "manifest": _manifest(self.content),
            "unread": _only_models(self.content),
            "n": self.number,
        }

    def render(self, page: Page) -> str:
        """Return the HTML of a page."""
        template = self.environment.get_template(page.template)
        values = {"page": page, "root": page.root, **page.values}
        return template.render(values)

    def number(self, question: str) -> Markup:
        """Return the answer to a question, as an element that carries the question."""
        found = self.content.count(question)
        return Markup('<data data-question="{}" value="{}">{}</data>').format(
            question, found, f"{found:,}"
        )

    def linked(self, text: str | None, root: str) -> Markup:
        """Return *text* escaped, with links from the passages and codes whose ids stand in it."""
        words = text or ""
        parts, last = [Markup("")], 0
        for match in _IDENTIFIER.finditer(words):
            if found := self._target(match[0]):
                parts.append(escape(words[last : match.start()]))
                parts.append(Markup('<a href="{}{}">{}</a>').format(root, *found))
                last = match.end()
        return Markup("").join([*parts, escape(words[last:])])

    def _target(self, identifier: str) -> tuple[str, str] | None:
        """Return where a passage or code is shown, and what people call it."""
        if place := self.content.place_of(identifier):
            return place, self.content.citation(identifier)
        if "_" in identifier and identifier in self.content.rules.by_id:
            return f"codebook.html#{identifier}", self.strings.code_name(identifier)
        return None


def fill(text: str, **values: Any) -> Markup:
    """
    Return *text* with its gaps filled; what fills them is escaped, unless it is markup.

    >>> fill("{who} & co", who="<b>")
    Markup('&lt;b&gt; &amp; co')
    """
    return escape(text).format(**values)


def web_address(url: str | None) -> str | None:
    """
    Return *url* if a browser may follow it safely.

    >>> web_address("https://treaties.un.org/"), web_address("javascript:alert(1)")
    ('https://treaties.un.org/', None)
    """
    return url if url and url.startswith(("https://", "http://")) else None


def _figure(number: float | None) -> str:
    """Return a coefficient with three decimals, or nothing."""
    return "" if number is None else f"{number:.3f}"


def _document_of(passage_id: str) -> str:
    """Return the document that a passage stands in."""
    return passage_id.partition(":")[0]


def _layer_at(number: int, codes: list[dict[str, Any]]) -> str:
    """Return the layer of the code with this number, counted from 1."""
    return str(codes[number - 1]["layer"])


def _manifest(content: Content) -> dict[str, Any]:
    """Return the dataset's manifest, or what little is known without it."""
    path = content.folder / "manifest.json"
    if path.is_file():
        return dict(json.loads(path.read_text(encoding="utf-8")))
    version = content.rules.codebook_version
    return {"dataset_version": "", "codebook_version": version}


def _only_models(content: Content) -> bool:
    """Tell whether every code so far comes from a language model."""
    coders = {r["annotator_id"] for r in content.annotations} - {ADJUDICATED}
    kinds = {r["annotator_id"]: r["kind"] for r in content.table("annotators")}
    return bool(coders) and all(kinds.get(c) == "language_model" for c in coders)
