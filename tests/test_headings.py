"""Headings: what opens an article, a chapter or an annex, and what only looks like it."""

from __future__ import annotations

import pytest

from safeguards.headings import opens_conclusions, opens_preamble, read_heading


@pytest.mark.parametrize(
    ("text", "level", "value", "title"),
    [
        ("Article 16", "article", "16", None),
        ("ARTICLE  16 BIS", "article", "16bis", None),
        ("Article 5A", "article", "5A", None),
        ("Article XIV", "article", "XIV", None),
        ("Art. 7", "article", "7", None),
        ("Article 3 \u2013 Scope", "article", "3", "Scope"),
        ("Article 3: Scope", "article", "3", "Scope"),
        ("Article 3 - - Right to life", "article", "3", "- Right to life"),
        ("CHAPTER IV", "chapter", "IV", None),
        ("Section 2. General rules", "section", "2", "General rules"),
        ("PART I", "part", "I", None),
        ("ANNEX", "attachment", "", None),
        ("Appendix B", "attachment", "B", None),
    ],
)
def test_headings_name_what_they_open(text: str, level: str, value: str, title: str | None) -> None:
    """A heading says level, number and title in the many ways that treaties print them."""
    found = read_heading(text)
    assert found is not None
    assert (found.level, found.value, found.title) == (level, value, title)


@pytest.mark.parametrize(
    "text",
    [
        "Article 29 to preserve",
        "Articles 2 through 11 are",
        "Article 23, and in accordance",
        "Article 7 - paragraph 3, Article 15",
        "Article 42 as to",
        "Chapter II of this Convention",
        "Part of the text",
        "annex.",
        "Title",
        "section 2",
        "Partial text",
    ],
)
def test_references_are_no_headings(text: str) -> None:
    """A line that goes on after the number is text."""
    assert read_heading(text) is None


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("IN WITNESS WHEREOF the undersigned", True),
        ("In witness thereof", True),
        ("Done at Rome", True),
        ("95th plenary meeting", True),
        ("Donets", False),
        ("In witnessing", False),
    ],
)
def test_closing_formulas(text: str, opens: bool) -> None:
    """The end of an instrument is known by its first words."""
    assert opens_conclusions(text) is opens


@pytest.mark.parametrize(
    ("text", "opens"),
    [
        ("PREAMBLE", True),
        ("The High Contracting Parties,", True),
        ("The member States of the Council", True),
        ("The General Assembly,", True),
        ("General Assembly", False),
        ("The text of the law of the sea", False),
    ],
)
def test_opening_formulas(text: str, opens: bool) -> None:
    """A preamble is known by its name, or by who speaks in it."""
    assert opens_preamble(text) is opens
