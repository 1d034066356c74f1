"""Committed passages: what is derived from restatements, official texts and outlines."""

from __future__ import annotations

import pytest

from safeguards.errors import RecordFault, SourceFault, TextChanged, UsageFault
from safeguards.repository import Repository
from safeguards.segment import (
    derive_passages,
    derive_references,
    derive_terms,
    read_file,
    split_source,
)
from safeguards.sources import fetch_from_folder


def test_no_official_text_is_committed(tiny: Repository) -> None:
    """Official rows hold address, length and hash, and never the words."""
    official = [p for p in derive_passages(tiny) if p.edition == "official"]
    assert official
    assert all(p.text is None for p in official)
    paragraph = next(p for p in official if p.eid == "art_1__para_1")
    assert paragraph.text_chars == 79
    assert paragraph.text_sha256 is not None


def test_a_restatement_has_what_stands_beside_it(tiny: Repository) -> None:
    """Grade, terms and basis of a restated unit come from its side file."""
    found = {p.passage_id: p for p in derive_passages(tiny) if p.edition == "restatement"}
    point = found["tiny:art_1__para_2__point_a"]
    assert (point.grade, point.terms, point.provisional) == ("B", ("otherwise",), True)
    assert point.basis == ("https://example.org/tiny",)


def test_a_treaty_without_transcription_has_rows_of_its_outline(tiny: Repository) -> None:
    """Chapters and articles known by number and heading only are rows without text."""
    rows = [p for p in derive_passages(tiny) if p.document_id == "sketch"]
    assert [(p.eid, p.text, p.text_sha256) for p in rows] == [
        ("chp_I", None, None),
        ("art_1", None, None),
    ]
    assert (rows[1].num, rows[1].heading, rows[1].provisional) == ("Article 1", "Drones", True)


def test_terms_are_anchored_in_the_official_text(tiny: Repository) -> None:
    """An operative term is found where it stands, without shipping its sentence."""
    text = {p.passage_id: p.text or "" for p in tiny.passages_with_text("tiny", "official")}
    anchors = derive_terms(tiny, derive_passages(tiny))
    assert [(a.term, text[a.passage_id][a.start : a.end]) for a in anchors][:2] == [
        ("reasonable time", "reasonable time"),
        ("ninety days", "ninety days"),
    ]


def test_terms_cannot_be_strung_together(tiny: Repository) -> None:
    """Terms side by side are left out before eight words of the official text stand in a row."""
    path = tiny.path("corpus/restatements/tiny.yaml")
    words = ["A Party may order", "that data be kept", "for a reasonable time"]
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[reasonable time, ninety days]", str(words)), encoding="utf-8")
    clone = Repository(tiny.root)
    found = [a.term for a in derive_terms(clone, derive_passages(clone))]
    assert found[:2] == ["A Party may order", "for a reasonable time"]


def test_without_the_official_text_committed_rows_stay(tiny: Repository) -> None:
    """A fresh clone has no official text, and derives the same rows."""
    passages = derive_passages(tiny)
    before = passages, derive_terms(tiny, passages), derive_references(tiny, passages)
    tiny.official_path("tiny").unlink()
    clone = Repository(tiny.root)
    passages = derive_passages(clone)
    derived = derive_terms(clone, passages), derive_references(clone, passages)
    assert (passages, *derived) == before
    assert [r.to_passage_id for r in derived[1]] == ["tiny:art_1", "tiny:art_3"]


def test_a_side_file_must_match_its_text(tiny: Repository) -> None:
    """Units without an entry, and entries without a unit, are all reported."""
    path = tiny.path("corpus/restatements/tiny.yaml")
    text = path.read_text(encoding="utf-8").replace("eid: art_3__para_1", "eid: art_9")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RecordFault) as caught:
        derive_passages(tiny)
    assert caught.value.faults == [
        "art_9: no such unit in the text",
        "art_3__para_1: no entry beside the text",
    ]


def test_a_changed_official_text_is_refused(tiny: Repository) -> None:
    """A text that is not the pinned one is never used."""
    path = tiny.official_path("tiny")
    path.write_text(path.read_text(encoding="utf-8") + "More.\n", encoding="utf-8")
    with pytest.raises(TextChanged, match="is not the text that was coded"):
        tiny.official_text("tiny")


def test_fetch_knows_a_text_by_its_hash(tiny: Repository) -> None:
    """The pinned text is found in a folder under any name."""
    path = tiny.official_path("tiny")
    folder = tiny.path("elsewhere/deep")
    folder.mkdir(parents=True)
    path.rename(folder / "whatever.txt")
    assert fetch_from_folder(tiny, tiny.document("tiny"), tiny.path("elsewhere")) == path
    assert path.is_file()


@pytest.mark.parametrize(
    ("document_id", "message"),
    [("sketch", "sketch has no pinned text yet"), ("tiny", "is the pinned text of tiny")],
)
def test_fetch_refuses_what_is_not_the_text(
    tiny: Repository, document_id: str, message: str
) -> None:
    """Without the pinned text nothing is copied."""
    tiny.official_path("tiny").unlink()
    with pytest.raises(UsageFault, match=message):
        fetch_from_folder(tiny, tiny.document(document_id), tiny.path("schema"))
    assert not tiny.official_path("tiny").exists()


def test_sources_that_are_no_text(tiny: Repository) -> None:
    """A missing file is a wrong usage, an empty one a fault of the source."""
    with pytest.raises(UsageFault, match="give a text to split"):
        read_file(tiny.path("none.md"))
    tiny.path("empty.md").write_bytes(b"")
    with pytest.raises(SourceFault, match="is empty"):
        read_file(tiny.path("empty.md"))


def test_a_source_too_large_is_not_read(tiny: Repository) -> None:
    """The size of a file is looked at before its bytes."""
    with tiny.path("large.md").open("wb") as handle:
        handle.truncate(50_000_001)
    with pytest.raises(SourceFault, match="has over 50 MB; give the text alone"):
        read_file(tiny.path("large.md"))


def test_a_critique_becomes_paragraphs(tiny: Repository) -> None:
    """The kind of the document decides how its text is read."""
    path = tiny.path("critique.txt")
    path.write_text("Article 1\nLogs are kept.", encoding="utf-8")
    found = split_source(read_file(path).text, "critic-2020-02", "official", "critique")
    assert [p.passage_id for p in found] == ["critic-2020-02:p_1", "critic-2020-02:p_2"]


def test_a_round_names_passages_that_exist(tiny: Repository) -> None:
    """A round's passages are those with words of their own, in document order."""
    found = tiny.round_passages(tiny.round("pilot"))
    assert [p.eid for p in found] == [
        "art_1__para_1",
        "art_1__para_2",
        "art_1__para_2__point_a",
        "art_1__para_2__point_b",
        "art_2",
        "art_3__para_1",
        "art_3__para_2",
    ]
    with pytest.raises(UsageFault, match="no round called 'main'; the rounds are: pilot"):
        tiny.round("main")
