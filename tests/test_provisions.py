"""The splitter: real treaties against gold, hard cases one by one, and laws for every text."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguards.model import Passage, normalize_text
from safeguards.provisions import explain, opening_words, split
from safeguards.text import decode, read_lines

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
needs_shared = pytest.mark.skipif(
    not SHARED.is_dir(), reason="the real treaty texts are not beside the project"
)
TREATIES = sorted(p.parent.name for p in SHARED.glob("treaties/*/source.md"))
PDFS = sorted(p.parent.name for p in SHARED.glob("treaties/*/original.pdf"))
FIXED = ("budapest", "uncac", "untoc")


def split_treaty(document_id: str, layout: str = "source") -> list[Passage]:
    """Split one of the real treaties, in one of its layouts."""
    home = SHARED / "treaties" / document_id
    if layout == "pdf":
        return split(read_pdf(home / "original.pdf"), document_id)
    path = home / "source.md" if layout == "source" else home / "variants" / f"{layout}.txt"
    return split(decode(path.read_bytes(), path.name), document_id)


def read_pdf(path: Path) -> str:
    """Return the text of a PDF as the splitter gets it: a form feed between pages."""
    pdfium = pytest.importorskip("pypdfium2")
    pages = [page.get_textpage().get_text_range() for page in pdfium.PdfDocument(path)]
    return normalize_text("\f".join(pages)).replace("\ufffe", "-")


def score(layout: str, folder: Path) -> Any:
    """Return the scores of all treaties in one layout."""
    documents = PDFS if layout == "pdf" else TREATIES
    rows = [asdict(p) for document_id in documents for p in split_treaty(document_id, layout)]
    found, scores = folder / "passages.jsonl", folder / "scores.json"
    found.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    tool = [str(SHARED / "tools" / "score.py"), str(found), "--gold", str(SHARED / "gold")]
    subprocess.run([sys.executable, *tool, "--json", str(scores)], check=True, capture_output=True)
    return json.loads(scores.read_text(encoding="utf-8"))


def eids(*lines: str) -> list[str]:
    """Split lines of a text and return the addresses."""
    return [p.eid for p in split("\n\n".join(lines), "demo")]


@needs_shared
@pytest.mark.parametrize(
    ("layout", "articles", "paragraphs", "points", "text_ok"),
    [
        ("source", 0.995, 0.995, 0.995, 0.995),
        ("plain", 0.995, 0.995, 0.995, 0.995),
        ("merged", 0.995, 0.995, 0.995, 0.995),
        ("upper", 0.995, 0.995, 0.995, 0.995),
        ("wrapped", 0.995, 0.995, 0.995, 0.99),
        ("pdf", 0.99, 0.99, 0.99, 0.97),
    ],
)
def test_real_treaties_match_gold(
    layout: str, articles: float, paragraphs: float, points: float, text_ok: float, tmp_path: Path
) -> None:
    """Articles, paragraphs and points of all real treaties are found, in every layout."""
    result = score(layout, tmp_path)["_overall"]
    for level, least in (("article", articles), ("paragraph", paragraphs), ("point", points)):
        assert result[level]["recall"] >= least, level
        assert result[level]["precision"] >= least, level
    assert result["text_ok"] >= text_ok


@needs_shared
@pytest.mark.parametrize("layout", ["source", "plain", "merged", "wrapped"])
def test_real_treaties_lose_nothing(layout: str, tmp_path: Path) -> None:
    """No word of a real treaty is lost or doubled, and none is invented."""
    text = score(layout, tmp_path)["_overall"]["text"]
    assert max(text["lost"], text["doubled"], text["invented"]) <= 0.0001


@needs_shared
@pytest.mark.parametrize("document_id", FIXED)
def test_codes_keep_their_anchors(document_id: str) -> None:
    """The texts on which codes were made come out as they were, letter for letter."""
    with (ROOT / "corpus" / "passages.jsonl").open(encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    own = [r for r in rows if (r["document_id"], r["edition"]) == (document_id, "official")]
    wanted = {r["passage_id"]: r["text_sha256"] for r in own}
    assert {p.passage_id: p.text_sha256 for p in split_treaty(document_id)} == wanted


@needs_shared
@pytest.mark.parametrize("document_id", FIXED)
def test_containers_match_gold(document_id: str) -> None:
    """Parts, chapters, sections and titles come out with the addresses that gold gives them."""
    gold = json.loads((SHARED / "gold" / f"{document_id}.json").read_text(encoding="utf-8"))
    wanted = [s["eId"] for s in gold["segments"] if s["role"] == "num" and s["eId"][:3] == "chp"]
    found = [p.eid for p in split_treaty(document_id) if p.eid.startswith("chp")]
    assert found == wanted


@needs_shared
@pytest.mark.parametrize("document_id", TREATIES)
def test_addresses_are_unique(document_id: str) -> None:
    """No two passages of a treaty have the same address, and every parent is a passage."""
    passages = split_treaty(document_id)
    ids = [p.passage_id for p in passages]
    assert len(ids) == len(set(ids))
    assert {p.parent_id for p in passages} - {None} <= set(ids)


@pytest.mark.parametrize(
    ("lines", "wanted"),
    [
        (["Article 7", "1. A", "2. B"], ["art_7", "art_7__para_1", "art_7__para_2"]),
        (["Article 16 bis", "One."], ["art_16bis"]),
        (["Article 2", "One.", "Two."], ["art_2", "art_2__para_nn_1", "art_2__para_nn_2"]),
        (["Article 1", "Terms:", "a) x;", "b) y."], ["art_1", "art_1__point_a", "art_1__point_b"]),
        (
            ["Article 1", "g) x;", "h) x;", "i) y;", "j) z."],
            ["art_1"],
        ),
        (
            ["Article 1", "(a) x:", "(i) y;", "(ii) z."],
            ["art_1", "art_1__point_a", "art_1__point_a__point_i", "art_1__point_a__point_ii"],
        ),
        (
            ["Article 4", "a) x", "(b) y"],
            ["art_4", "art_4__point_a", "art_4__point_b"],
        ),
        (
            ["Article 3", "3.", "a)Each Party", "b) More"],
            ["art_3"],
        ),
        (
            ["Article 10", "First, without number.", "2. Second."],
            ["art_10", "art_10__para_1", "art_10__para_2"],
        ),
        (
            ["Article 39", "1. Supplements:", "– one;", "– two."],
            ["art_39", "art_39__para_1", "art_39__para_1__indent_1", "art_39__para_1__indent_2"],
        ),
        (
            ["Article 5", "1. (a) x;", "(b) y."],
            ["art_5", "art_5__para_1", "art_5__para_1__point_a", "art_5__para_1__point_b"],
        ),
        (
            ["Article 45", "Is read:", "a) x;", "as one unit;", "b) y."],
            ["art_45", "art_45__point_a", "art_45__wrapup", "art_45__point_b"],
        ),
        (
            ["Article 1", "One.", "IN WITNESS WHEREOF signed.", "Article 1", "Other."],
            ["art_1", "conclusions__p_1", "att_1", "att_1__art_1"],
        ),
        (["Article 5. Aim", "1. One."], ["art_5", "art_5__para_1"]),
        (["ARTICLE XIV", "One.", "ARTICLE XV", "Two."], ["art_XIV", "art_XV"]),
        (["Article 2", "- Right to life", "1. One."], ["art_2", "art_2__para_1"]),
        (
            ["Article 1", "One.", "Article 2", "Two.", "Article 1", "Of another."],
            ["art_1", "art_2", "att_1", "att_1__art_1"],
        ),
        (
            ["Article 1", "h) is:", "a) one;", "b) two.", "i) y;", "j) z."],
            ["art_1"],
        ),
        (
            [
                "The General Assembly,",
                "1. Asks:",
                "(a) one;",
                "2. Ends.",
                "Annex",
                "Article 1",
                "X.",
            ],
            [
                "preamble__p_1",
                "para_1",
                "para_1__point_a",
                "para_2",
                "att_1",
                "att_1__art_1",
            ],
        ),
        (
            ["Article 1", "One.", "ANNEX II", "POINTS", "1. A", "(a) b", "2. C"],
            ["art_1", "att_1", "att_1__para_1", "att_1__para_1__point_a", "att_1__para_2"],
        ),
        (
            ["## Treaty", "### Article 1", "1. A", "#### Aims", "2. B", "### Article 2", "C"],
            ["preface", "art_1", "art_1__para_1", "art_1__para_nn_1", "art_1__para_2", "art_2"],
        ),
        (
            ["Seventh session", "The States Parties,", "Article 1", "One."],
            ["preface__p_1", "preamble__p_1", "art_1"],
        ),
        (
            ["Article 1", "One.", "Article 7", "Two.", "Article 2", "Three."],
            ["art_1", "art_1__para_nn_1", "art_1__para_nn_2", "art_1__para_nn_3", "art_2"],
        ),
    ],
)
def test_hard_cases(lines: Sequence[str], wanted: Sequence[str]) -> None:
    """Each kind of numbering that treaties use gets the address a lawyer would give it."""
    found = eids(*lines)
    assert found[: len(wanted)] == list(wanted)


def test_letter_i_is_told_from_roman_one() -> None:
    """After h the letter i continues the list; before ii the same sign is roman one."""
    letters = eids("Article 1", *[f"{c}) x;" for c in "abcdefghijk"])
    assert letters[-3:] == ["art_1__point_i", "art_1__point_j", "art_1__point_k"]
    roman = eids("Article 1", *[f"({c}) x;" for c in "abcdefgh"], "(i) y;", "(ii) z.")
    assert roman[-2:] == ["art_1__point_h__point_i", "art_1__point_h__point_ii"]


@pytest.mark.parametrize(
    ("lines", "eid", "doubt"),
    [
        (["Article 1", "First.", "2. Second."], "art_1__para_1", "number implied"),
        (["Article 1", "1. One", "3. Three"], "art_1__para_3", "numbers jump"),
        (["Article 1", "1. One", "1. Again"], "art_1__para_1_2", "number repeats"),
        (["Article 1", "a) one", "(b) two"], "art_1__point_b", "form of number changes"),
        (["Article 1", "1. One.", "And more."], "art_1__para_1", "text without a number"),
        (["Article 1", "One.", "Done at X.", "Article 1", "Two."], "att_1", "annex implied"),
        (["Article 1", "The Parties agree", "Article 2", "One."], "art_1", None),
        (["Article 1", "1. One.", "2. Two."], "art_1__para_2", None),
    ],
)
def test_a_guess_is_called_one(lines: Sequence[str], eid: str, doubt: str | None) -> None:
    """A passage says why its place is uncertain, and is silent where it is not."""
    found = {p.eid: p for p in split("\n".join(lines), "demo")}
    assert found[eid].doubt == doubt


def test_every_line_is_explained() -> None:
    """Each line of a page says what it became: an address, a heading, furniture, a continuation."""
    text = "Article 1\nScope of the\nConvention\n1. The Parties\nshall act.\n- 1 -\n\f2. More."
    assert [(line.number, line.became) for line in explain(text, layout="wrapped")] == [
        (1, "art_1"),
        (2, "heading"),
        (3, "continuation"),
        (4, "art_1__para_1"),
        (5, "continuation"),
        (6, "furniture"),
        (7, "art_1__para_2"),
    ]


def test_reference_in_running_text_opens_no_article() -> None:
    """A paragraph that begins with the words of a reference stays text."""
    found = eids("### Article 1", "Article 29 to preserve data applies.", "### Article 2", "Two.")
    assert found == ["art_1", "art_2"]


def test_a_restatement_may_hold_only_some_paragraphs() -> None:
    """Paragraph numbers jump in a restatement, and are kept as they are."""
    text = "## Article 40\n\n4. Share.\n\n19. Keep:\n\na) all.\n\n22. Refuse."
    found = [p.eid for p in split(text, "demo", "restatement")]
    paragraphs = [
        "art_40__para_4",
        "art_40__para_19",
        "art_40__para_19__point_a",
        "art_40__para_22",
    ]
    assert found == ["art_40", *paragraphs]


def test_a_title_after_a_mere_space_opens_an_article_where_no_other_does() -> None:
    """Number and title on one line are a heading in a text that has no other articles."""
    found = eids(
        "PART I GENERAL RULES", "Article 1 Use of terms", "1. One.", "Article 2 Aim", "Two."
    )
    assert found == ["part_I", "art_1", "art_1__para_1", "art_2"]
    found = eids("Article 1", "As in", "Article 2 Aim", "of another text.", "Article 2", "Two.")
    assert found[-1] == "art_2"


def test_levels_numbers_and_headings_are_kept() -> None:
    """A passage carries the number and heading as printed, and only its own words."""
    text = (
        "### CHAPTER I\n\n#### GENERAL\n\n### Article 3\n\n#### Scope\n\n1. It covers:\n\na) all."
    )
    chapter, article, paragraph, point = split(text, "demo")
    assert (chapter.level, chapter.num, chapter.heading) == ("chapter", "CHAPTER I", "GENERAL")
    assert (article.num, article.heading, article.text) == ("Article 3", "Scope", "")
    assert (paragraph.num, paragraph.text, paragraph.parent_id) == (
        "1.",
        "It covers:",
        "demo:art_3",
    )
    assert (point.level, point.num, point.text) == ("point", "a)", "all.")


def test_opening_words_lead_down_to_a_point() -> None:
    """The context of a sub-point is the words of all its ancestors, in order."""
    passages = split("Article 1\n\n1. May:\n\na) ask:\n\n(i) now;", "demo")
    by_id = {p.passage_id: p for p in passages}
    assert opening_words(passages[-1], by_id) == "1. May:\na) ask:"


BLOCKS = st.sampled_from(
    [
        "### Article 1", "Article 2", "### CHAPTER II", "#### Heading", "1. One", "2.", "a) x", "(b) y",
        "(i) z", "– dash", "i) q", "10. ten", "IN WITNESS WHEREOF", "Preamble We", "Annex", "ii. w",
        "text only", "Text.", "A) caps", "(aa) double", "xii) far", "Done at X", "ANNEX I",
        "The States Parties", "#### Preamble", "\f", "- 3 -", "the word bro-", "ken in two and",
    ]
)  # fmt: skip


def words_of(text: str) -> str:
    """Return the characters of a text that are not white space or mark-up."""
    return "".join("".join(line.text.split()) for line in read_lines(normalize_text(text)))


def words_in(passages: Sequence[Passage]) -> str:
    """Return the characters that the passages hold, in document order."""
    parts = [part for p in passages for part in (p.num, p.heading, p.text) if part]
    return "".join("".join(part.split()) for part in parts)


@settings(max_examples=300, deadline=None)
@given(st.lists(BLOCKS | st.text(max_size=40), max_size=25))
def test_no_character_is_lost_or_doubled(blocks: list[str]) -> None:
    """Whatever the text, its characters stand in the passages, each once."""
    text = normalize_text("\n\n".join(blocks))
    found = words_in(split(text, "demo", layout="clean"))
    assert sorted(found) == sorted(words_of(text))


@settings(max_examples=300, deadline=None)
@given(st.lists(BLOCKS | st.text(max_size=40), max_size=25))
def test_every_passage_has_one_address(blocks: list[str]) -> None:
    """Whatever the text, addresses are unique and parents come before their children."""
    seen: set[str] = set()
    for passage in split(normalize_text("\n\n".join(blocks)), "demo"):
        assert passage.passage_id not in seen
        assert passage.parent_id is None or passage.parent_id in seen
        seen.add(passage.passage_id)
