"""References: spans and targets of every form of citation, and agreement with a reader."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.citations import read_citations, read_names
from safeguards.errors import TextChanged, UsageFault
from safeguards.gold import TREATIES, Score, score_references
from safeguards.instruments import NOUN
from safeguards.model import REFERENCE_KINDS, Document, Passage, Reference
from safeguards.provisions import split
from safeguards.publish import build_dataset
from safeguards.query import Dataset, describe, find_citations
from safeguards.references import find_references, index_passages
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]
SEEDS = ROOT.parent / "shared" / "seeds"
DOCUMENTS = (
    Document("d", "treaty", "Convention on Doors", "Door Convention"),
    Document("keys", "treaty", "Convention on Keys", "Key Convention", ("keyco",)),
    Document("press", "critique", None, "Press"),
)
DOORS = """### Article 1

a) hinges;

b) locks.

### Article 2

Doors stay shut.

### CHAPTER I

### SECTION 1

### Article 3

1. A Party may ask.

2. A Party may knock:

a) once:

(i) softly; or

(ii) loudly; or

b) twice;

c) thrice.

3. Silence.

### SECTION 2

### Article 4

1. First.

2. Second:

a) wood;

b) iron.

3. Third.

### CHAPTER II

### Article 5

First loose words.

Second loose words.

### Article 6

1. Six.

### Article 16bis

Sixteen.
"""
KEYS = """### Article 1

1. Keys.

2. Rings.
"""
CORPUS = index_passages([*split(DOORS, "d"), *split(KEYS, "keys")])
HERE = "d:art_3__para_2__point_a__point_ii"


def find(text: str, where: str = HERE) -> list[Reference]:
    """Return the references in *text*, as if it stood at *where*."""
    document_id, _, eid = where.partition(":")
    passage = Passage(where, document_id, "official", eid, "point", text=text)
    return find_references(passage, CORPUS, DOCUMENTS)


def shown(text: str, where: str = HERE) -> list[tuple[str, list[str]]]:
    """Return each citation in *text* with its targets, ~ before those that are not exact."""
    found: dict[tuple[int, int], list[str]] = {}
    for r in find(text, where):
        target = (r.to_passage_id or r.to_document_id or "nowhere").removeprefix("d:")
        found.setdefault((r.start, r.end), []).append(target if r.exact else f"~{target}")
    return [(text[start:end], targets) for (start, end), targets in found.items()]


LISTS = [
    ("under article 4, paragraph 2 (a), too", "article 4, paragraph 2 (a)", ["art_4__para_2__point_a"]),
    ("of articles 3 and 4 here", "articles 3 and 4", ["art_3", "art_4"]),
    ("Articles 2 through 4 apply", "Articles 2 through 4", ["art_2", "art_3", "art_4"]),
    ("see articles 2 to 4.", "articles 2 to 4", ["art_2", "art_3", "art_4"]),
    ("in Articles 2 to 3, 5, and 4.2.a and b. of this Convention,", "Articles 2 to 3, 5, and 4.2.a and b. of this Convention", ["art_2", "art_3", "art_5", "art_4__para_2__point_a", "art_4__para_2__point_b"]),
    ("by articles 3, paragraph 1, and 4, paragraph 2 a), of this Convention once", "articles 3, paragraph 1, and 4, paragraph 2 a), of this Convention", ["art_3__para_1", "art_4__para_2__point_a"]),
    ("Articles 2, 3, paragraph 2.b, 5, 4 paragraph 3, and 6, paragraph 1.", "Articles 2, 3, paragraph 2.b, 5, 4 paragraph 3, and 6, paragraph 1", ["art_2", "art_3__para_2__point_b", "art_5", "art_4__para_3", "art_6__para_1"]),
    ("articles 2 or 4, paragraph 1, of this Convention bind", "articles 2 or 4, paragraph 1, of this Convention", ["art_2", "art_4__para_1"]),
    ("article 3, paragraph 2 a) (i) or (ii) or b), of this Convention", "article 3, paragraph 2 a) (i) or (ii) or b), of this Convention", ["art_3__para_2__point_a__point_i", "art_3__para_2__point_a__point_ii", "art_3__para_2__point_b"]),
    ("Article 4(2)(b) says", "Article 4(2)(b)", ["art_4__para_2__point_b"]),
    ("Article 4.2.b says", "Article 4.2.b", ["art_4__para_2__point_b"]),
    ("art. 4 - paragraph 1", "art. 4 - paragraph 1", ["art_4__para_1"]),
    ("articles 2, 3 (paragraphs 1 and 3), 4 and 6", "articles 2, 3 (paragraphs 1 and 3), 4 and 6", ["art_2", "art_3__para_1", "art_3__para_3", "art_4", "art_6"]),
    ("subparagraph (a) of paragraph 2 of article 4.", "subparagraph (a) of paragraph 2 of article 4", ["art_4__para_2__point_a"]),
    ("paragraphs 1 and 2 of article 4 of this Convention", "paragraphs 1 and 2 of article 4 of this Convention", ["art_4__para_1", "art_4__para_2"]),
    ("paragraphs 2.a through 2.c of article 3", "paragraphs 2.a through 2.c of article 3", ["art_3__para_2__point_a", "art_3__para_2__point_b", "art_3__para_2__point_c"]),
    ("paragraph 1, 2 or 3 of article 4", "paragraph 1, 2 or 3 of article 4", ["art_4__para_1", "art_4__para_2", "art_4__para_3"]),
    ("Article 16 bis holds", "Article 16 bis", ["art_16bis"]),
    ("articles 6 to 20", "articles 6 to 20", ["art_6", "art_16bis", "~d"]),
    ("chapter II of this Convention", "chapter II of this Convention", ["chp_II"]),
    ("Chapters I and II", "Chapters I and II", ["chp_I", "chp_II"]),
    ("chapters I to II", "chapters I to II", ["chp_I", "chp_II"]),
    ("section 2 of chapter I", "section 2 of chapter I", ["chp_I__sec_2"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "span", "targets"), LISTS, ids=[case[0] for case in LISTS])
def test_numbers_lists_and_ranges(text: str, span: str, targets: list[str]) -> None:
    """Lists, ranges and what hangs below a number lead to every provision that is meant."""
    assert shown(text) == [(span, targets)]


RELATIVE = [
    ("this article", HERE, "this article", ["art_3"]),
    ("this paragraph", HERE, "this paragraph", ["art_3__para_2"]),
    ("this subparagraph", HERE, "this subparagraph", ["art_3__para_2__point_a"]),
    ("this Section", HERE, "this Section", ["chp_I__sec_1"]),
    ("the present chapter", HERE, "the present chapter", ["chp_I"]),
    ("under paragraph 1 above, so", HERE, "paragraph 1 above", ["art_3__para_1"]),
    ("paragraphs 1 and 3 of this article", HERE, "paragraphs 1 and 3 of this article", ["art_3__para_1", "art_3__para_3"]),
    ("paragraph 2.b, it", HERE, "paragraph 2.b", ["art_3__para_2__point_b"]),
    ("in paragraphs a.i or ii above", HERE, "paragraphs a.i or ii above", ["art_3__para_2__point_a__point_i", "art_3__para_2__point_a__point_ii"]),
    ("of paragraphs 2, sub-paragraphs a. and b, and 3.", HERE, "paragraphs 2, sub-paragraphs a. and b, and 3", ["art_3__para_2__point_a", "art_3__para_2__point_b", "art_3__para_3"]),
    ("subparagraph (b) above", HERE, "subparagraph (b) above", ["art_3__para_2__point_b"]),
    ("subparagraphs (a) (i) or (ii) of this paragraph", HERE, "subparagraphs (a) (i) or (ii) of this paragraph", ["art_3__para_2__point_a__point_i", "art_3__para_2__point_a__point_ii"]),
    ("subparagraph (i)", HERE, "subparagraph (i)", ["art_3__para_2__point_a__point_i"]),
    ("the preceding paragraph", HERE, "the preceding paragraph", ["art_3__para_1"]),
    ("the two preceding paragraphs", "d:art_4__para_3", "the two preceding paragraphs", ["art_4__para_1", "art_4__para_2"]),
    ("the preceding paragraphs", "d:art_4__para_3", "the preceding paragraphs", ["art_4__para_1", "art_4__para_2"]),
    ("the preceding article", HERE, "the preceding article", ["art_2"]),
    ("the second paragraph of article 5", HERE, "the second paragraph of article 5", ["art_5__para_nn_2"]),
    ("section 2", HERE, "section 2", ["chp_I__sec_2"]),
    ("sub-paragraph b. of this article", HERE, "sub-paragraph b. of this article", ["~art_3__para_2__point_b"]),
    ("this paragraph", "d:art_2", "this paragraph", ["~art_2"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "where", "span", "targets"), RELATIVE, ids=[case[0] for case in RELATIVE]
)
def test_relative_words(text: str, where: str, span: str, targets: list[str]) -> None:
    """What is cited relative to the passage is found from its place in the tree."""
    assert shown(text, where) == [(span, targets)]


TREATY_NAMES = [
    ("as this Convention says", [("this Convention", ["d"])]),
    ("under the present Convention", [("the present Convention", ["d"])]),
    ("bound by the Convention's aims", [("the Convention", ["d"])]),
    ("article 2 of the International Covenant on Doors and Open Windows, too", [("article 2 of the International Covenant on Doors and Open Windows", ["~nowhere"])]),
    ("Article 2.d. of the Statute of the Guild of Doors and", [("Article 2.d. of the Statute of the Guild of Doors", ["~nowhere"])]),
    ("article 1, paragraph 2, of the Convention on Keys", [("article 1, paragraph 2, of the Convention on Keys", ["keys:art_1__para_2"])]),
    ("the Key Convention and the KEYCO", [("Key Convention", ["keys"]), ("KEYCO", ["keys"])]),
    ("the Arab Convention on Keys", [("Arab Convention on Keys", ["~nowhere"])]),
    ("the Key Convention, especially article 1 thereof", [("Key Convention", ["keys"]), ("article 1 thereof", ["keys:art_1"])]),
    ("the 1989 Lock Treaty, in particular its articles 2 and 3", [("1989 Lock Treaty", ["~nowhere"]), ("articles 2 and 3", ["~nowhere"])]),
    ("to which its Article 4 measures apply", [("Article 4", ["art_4"])]),
    ("the Covenant on Locks, the Protocol to Prevent, Deter and Punish Slamming, Recalling", [("Covenant on Locks", ["~nowhere"]), ("Protocol to Prevent, Deter and Punish Slamming", ["~nowhere"])]),
    ("General Assembly resolution 51/59 of 1996", [("resolution 51/59", ["~nowhere"])]),
    ("article 8 of the Penal Rules of Doorland", [("article 8 of the Penal Rules of Doorland", ["~nowhere"])]),
    ("article 4 and paragraph 2 of that article", [("article 4", ["art_4"]), ("paragraph 2 of that article", ["art_4__para_2"])]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "found"), TREATY_NAMES, ids=[case[0] for case in TREATY_NAMES])
def test_treaties_by_name(text: str, found: list[tuple[str, list[str]]]) -> None:
    """Treaties are known by name, and an article of another is never one of this treaty."""
    assert shown(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "the articles that a Party handed over",
        "a paragraph or a section",
        "in this part of the world, at this point",
        "on 24/7 duty for 60 days, at least one year",
        "those paragraphs, such articles and the said provisions",
        "a convention, a protocol and any treaty",
    ],
)
def test_what_cites_nothing(text: str) -> None:
    """Words that only look like a citation give no reference."""
    assert shown(text) == []


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("under paragraph 1, a Party", ["paragraph 1"]),
        ("of paragraphs 1 and 2, a Party", ["paragraphs 1 and 2"]),
        ("in article 4, 30 days later", ["article 4"]),
        ("article 4, paragraph 1, article 6, paragraph 1", ["article 4, paragraph 1", "article 6, paragraph 1"]),
        ("article 4 and 30 other doors", ["article 4"]),
    ],
)  # fmt: skip
def test_where_a_citation_ends(text: str, spans: list[str]) -> None:
    """A citation does not swallow the words after it, and a repeated word begins another."""
    assert [span for span, _ in shown(text)] == spans


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("shall be subject to articles 3 and 4", "subject_to"),
        ("except as otherwise provided in article 4", "subject_to"),
        ("notwithstanding the provisions of article 4", "notwithstanding"),
        ("without prejudice to the application of article 4", "without_prejudice"),
        ("in accordance with article 4", "in_accordance"),
        ("pursuant to the relevant provisions of article 4", "in_accordance"),
        ("offences established in accordance with article 4", "established_in"),
        ("the powers provided for in article 4", "established_in"),
        ("door as defined in article 4", "defined_in"),
        ("the measures referred to in article 4", "referred_to"),
        ("for the purposes of article 4", "applies_to"),
        ("article 4 shall also apply to windows", "applies_to"),
        ("article 4 binds it", "subject_to"),
        ("this Convention", "self"),
        ("see article 4", "other"),
    ],
)
def test_kinds(text: str, kind: str) -> None:
    """The words around a citation tell its kind."""
    assert {r.kind for r in find(text)} == {kind}


def test_a_kind_goes_on_over_and() -> None:
    """Citations that are joined have the kind of the first."""
    rows = find("pursuant to article 4 and paragraph 1 of this article, as in article 6")
    assert [r.kind for r in rows] == ["in_accordance", "in_accordance", "other"]


def test_a_target_that_does_not_exist() -> None:
    """A missing paragraph leads to its article, not exactly; a missing article leads nowhere."""
    assert shown("article 4, paragraph 9") == [("article 4, paragraph 9", ["~art_4"])]
    assert shown("article 99") == [("article 99", ["~d"])]


def test_a_critique_does_not_speak_of_itself() -> None:
    """In a critique an article is of the treaty named last, and "the Convention" is nothing."""
    text = (
        "This Convention is vague. In the Key Convention, article 1(2) is worse than this article."
    )
    assert shown(text, "press:p_1") == [
        ("Key Convention", ["keys"]),
        ("article 1(2)", ["keys:art_1__para_2"]),
    ]


SAYS_WHERE = re.compile(rf"\d|[ivxIVX]|\b[a-z]\b|[Tt]his|[Tt]he|{NOUN}|[A-Z]{{2}}")
WORDS = st.lists(
    st.sampled_from(
        [
            "article",
            "articles",
            "paragraph",
            "paragraphs",
            "subparagraph",
            "Article",
            "(a)",
            "(ii)",
            "a.",
            "b)",
            "1",
            "2",
            "14",
            "9.1.a",
            ",",
            "and",
            "or",
            "to",
            "through",
            "of",
            "this",
            "the",
            "present",
            "Convention",
            "Protocol",
            "chapter",
            "II",
            "§",
            "Statute",
            "Council",
            "above",
            "preceding",
            "that",
            "its",
            "thereof",
            "é",
            "🗝️",
            "\xa0",
            "on",
            "for",
            "Rights",
            "Key",
        ]
    ),
    max_size=30,
).map(" ".join)


@given(st.one_of(WORDS, st.text()))
def test_any_text_can_be_read(text: str) -> None:
    """No text makes the finder fail; spans are in order, apart, and hold what says where."""
    rows = find(text)
    spans = sorted({(r.start, r.end) for r in rows})
    assert all(SAYS_WHERE.search(text[start:end]) for start, end in spans)
    assert all(a[1] <= b[0] for a, b in pairwise(spans))
    assert all(r.kind in REFERENCE_KINDS for r in rows)
    assert len({r.reference_id for r in rows}) == len(rows)


def test_reading_is_linear() -> None:
    """A long list is one citation with a target for each number."""
    text = "articles " + ", ".join(str(n) for n in range(1, 2000)) + " and 2000"
    found = read_citations(text, read_names(()))
    assert [(c.end, len(c.addresses)) for c in found] == [(len(text), 2000)]


def test_the_finder_agrees_with_a_reader() -> None:
    """Precision and recall of positions and targets are at least 0.95 in every text."""
    repository = Repository(ROOT)
    missing = [d for d in TREATIES if not repository.official_path(d).is_file()]
    if missing or not SEEDS.is_dir():
        pytest.skip("the texts that were marked are not here")
    scores = score_references(repository, SEEDS)
    assert len(scores) == 8
    assert [s for s in scores if min(s.precision, s.recall) < 0.95] == []


@pytest.fixture
def marked(tiny: Repository) -> Repository:
    """The tiny repository with marks of its own in place of the treaties'."""
    folder = tiny.path("tests/data/references")
    folder.mkdir(parents=True)
    passages = {p.passage_id: p for p in tiny.passages_with_text("tiny", "official")}
    sha256 = passages["tiny:art_3__para_2"].text_sha256
    row = '{"passage_id": "tiny:art_3__para_2", "text_sha256": "%s", "start": %d, "end": %d, "targets": ["%s"]}\n'
    rows = row % (sha256, 0, 9, "tiny:art_1") + row % (sha256, 20, 41, "tiny:art_3")
    (folder / "tiny.jsonl").write_text(rows, encoding="utf-8")
    return tiny


def test_scores_count_what_both_have(marked: Repository) -> None:
    """A citation at another place is neither precise nor recalled."""
    scores = score_references(marked, texts=("tiny",))
    assert scores[0] == Score("tiny", "positions", marked=2, found=2, right=1)
    assert (scores[0].precision, scores[0].recall) == (0.5, 0.5)
    assert scores[1] == Score("tiny", "targets", marked=2, found=2, right=1)


def test_marks_are_of_one_text(marked: Repository) -> None:
    """Marks of a text that changed, and texts that are not here, are refused."""
    path = marked.path("tests/data/references/tiny.jsonl")
    path.write_text(path.read_text(encoding="utf-8").replace('sha256": "', 'sha256": "0'), "utf-8")
    with pytest.raises(TextChanged, match="is not the text that was marked"):
        score_references(marked, texts=("tiny",))
    marked.official_path("tiny").unlink()
    with pytest.raises(UsageFault, match="run 'safeguards fetch tiny"):
        score_references(Repository(marked.root), texts=("tiny",))


@pytest.fixture
def dataset(tiny: Repository) -> Dataset:
    """The tiny dataset, built and opened."""
    return Dataset(build_dataset(tiny, tiny.path("dist/dataset")).folder)


@pytest.mark.parametrize(
    ("words", "direction", "cited"),
    [
        ("tiny", "both", ["Tiny Treaty, art. 1", "Tiny Treaty, art. 3"]),
        ("tiny:3", "both", ["Tiny Treaty, art. 1", "Tiny Treaty, art. 3"]),
        ("tiny:3", "in", []),
        ("tiny:1", "in", ["Tiny Treaty, art. 1"]),
        ("tiny:1", "out", []),
    ],
)
def test_references_are_listed_both_ways(
    dataset: Dataset, words: str, direction: str, cited: list[str]
) -> None:
    """A provision or document has what it cites and what cites it."""
    rows = find_citations(dataset, words, direction=direction)
    assert [row["cites"] for row in rows] == cited


def test_a_provision_shows_references_that_leave_it(dataset: Dataset) -> None:
    """Showing a provision leaves out where an article speaks of itself."""
    assert [r["cites"] for r in describe(dataset, "tiny:3")["refers_to"]] == ["Tiny Treaty, art. 1"]
    cited = describe(dataset, "tiny:1")["referred_to_by"]
    assert [r["citation"] for r in cited] == ["Tiny Treaty, art. 3(2)"]
