"""Addresses: what people write becomes the right passage id, and back."""

from __future__ import annotations

import pytest

from safeguards.eid import format_citation, parse_provision, resolve_provision
from safeguards.errors import UnknownDocument, UnknownProvision

NAMES = {
    "budapest": "budapest",
    "budapest convention": "budapest",
    "convention on cybercrime": "budapest",
    "hanoi": "hanoi",
    "hanoi convention": "hanoi",
    "uncac": "uncac",
}
KNOWN = [
    "budapest:art_16", "budapest:art_16__para_1", "budapest:art_16__para_2", "budapest:art_2",
    "budapest:art_1__point_a", "budapest:art_14__para_3__point_b__point_ii", "budapest:chp_II",
]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ("budapest:16.2", "budapest:art_16__para_2"),
        ("budapest:art_16__para_2", "budapest:art_16__para_2"),
        ("Budapest art. 16(2)", "budapest:art_16__para_2"),
        ("budapest 16(2)", "budapest:art_16__para_2"),
        ("Article 16, paragraph 2, of the Budapest Convention", "budapest:art_16__para_2"),
        ("Art 24(2)(a) of the Hanoi Convention", "hanoi:art_24__para_2__point_a"),
        ("article 24, paragraph 2 (a) Hanoi", "hanoi:art_24__para_2__point_a"),
        ("hanoi:24.2.a", "hanoi:art_24__para_2__point_a"),
        ("HANOI § 24", "hanoi:art_24"),
        ("Convention on Cybercrime, article 8 (b)", "budapest:art_8__point_b"),
        ("uncac art. 46 para. 9 (c)", "uncac:art_46__para_9__point_c"),
        ("Budapest article 14(3)(b)(ii)", "budapest:art_14__para_3__point_b__point_ii"),
        ("budapest:16 bis", "budapest:art_16bis"),
        ("chapter IV of the Hanoi Convention", "hanoi:chp_IV"),
        ("hanoi:chp_IV", "hanoi:chp_IV"),
        ("budapest:preamble__p_1", "budapest:preamble__p_1"),
    ],
)
def test_ways_of_writing_a_provision(words: str, wanted: str) -> None:
    """Every usual way of writing a provision names the same passage."""
    assert parse_provision(words, NAMES) == wanted


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        ("tokyo:16", UnknownDocument, "no document in 'tokyo'; name one of budapest, hanoi, uncac"),
        ("budapst:16", UnknownDocument, "no document called 'budapst'; did you mean budapest?"),
        ("art. 16(2)", UnknownDocument, "no document in 'art. 16(2)'; name one of budapest, hanoi, uncac"),
        ("budapest", UnknownProvision, "'budapest' names no provision; write for instance budapest:16.2"),
        (
            "budapest:data retention",
            UnknownProvision,
            "'budapest:data retention' is not an address; write for instance budapest:16.2 or art. 16(2)",
        ),
    ],
)  # fmt: skip
def test_words_that_name_nothing(words: str, error: type[Exception], message: str) -> None:
    """What names no provision is refused with what to write instead."""
    with pytest.raises(error) as caught:
        parse_provision(words, NAMES)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("words", "wanted"),
    [("budapest:2.1", "budapest:art_2"), ("budapest 1(1)(a)", "budapest:art_1__point_a")],
)
def test_an_unnumbered_paragraph_is_found_as_the_first(words: str, wanted: str) -> None:
    """Paragraph 1 of an article whose only paragraph has no number is the article."""
    assert resolve_provision(words, NAMES, KNOWN) == wanted


def test_an_unknown_passage_names_the_nearest() -> None:
    """An address that does not exist is refused with the nearest that does."""
    with pytest.raises(UnknownProvision) as caught:
        resolve_provision("budapest:16.9", NAMES, KNOWN)
    assert str(caught.value) == "no passage budapest:art_16__para_9; the nearest is budapest:art_16"


@pytest.mark.parametrize(
    ("eid", "wanted"),
    [
        ("art_16__para_2", "B, art. 16(2)"),
        ("art_14__para_3__point_b__point_ii", "B, art. 14(3)(b)(ii)"),
        ("art_16bis", "B, art. 16 bis"),
        ("att_1__art_3", "B, annex 1, art. 3"),
        ("art_39__para_1__indent_2", "B, art. 39(1), second indent"),
        ("chp_II__sec_1__title_1", "B, ch. II, sec. 1, title 1"),
        ("preamble__p_3", "B, preamble, third paragraph"),
        ("art_45__wrapup", "B, art. 45, closing words"),
    ],
)
def test_citations(eid: str, wanted: str) -> None:
    """An address prints in the form lawyers use."""
    assert format_citation(f"budapest:{eid}", "B") == wanted
