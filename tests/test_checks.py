"""The checks: the committed data passes, and each check finds what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from safeguards.checks import ADJUDICATED, CHECKS, CLAIMS, LINKS, PASSAGES, run_checks
from safeguards.cli.judge import derive_all
from safeguards.repository import Repository

DOCUMENTS = "corpus/documents.yaml"
REJECTED = "annotations/rejected_links.yaml"
NOTES = "annotations/matrix_notes.yaml"
WORKED = "schema/worked_matrix.yaml"
PILOT = "annotations/rounds/pilot/lm-x.jsonl"
ANNOTATORS = "annotations/annotators.yaml"
TERMS = "corpus/terms.jsonl"
DRAFT = "corpus/drafts/tiny.yaml"
REFERENCES = "corpus/references.jsonl"

BAD = [
    ("document-id-unique", DOCUMENTS, "document_id: sketch", "document_id: tiny", "tiny is used twice"),
    ("document-words", DOCUMENTS, "actor_type: ngo", "actor_type: blog", "actor_type: the codebook has no 'blog'"),
    ("outline-complete", DOCUMENTS, "articles_total: 3", "articles_total: 4", "3 articles, the register says 4"),
    ("passage-id-unique", PASSAGES, '"tiny:art_2"', '"tiny:art_3"', "tiny:art_3 stands twice in official"),
    ("passage-parent", PASSAGES, '"parent_id": "tiny:art_3"', '"parent_id": "tiny:art_9"', "no parent tiny:art_9"),
    ("passage-official", PASSAGES, '"ordinal": 8, "text": null', '"ordinal": 8, "text": "Words."', "holds official text"),
    ("restated-counterpart", PASSAGES, '"tiny:art_1__para_2__point_b", "document_id": "tiny", "edition": "restatement"', '"tiny:art_1__para_7", "document_id": "tiny", "edition": "restatement"', "tiny:art_1__para_7 is not in the official text"),
    ("restated-grade", PASSAGES, '"grade": "B"', '"grade": "C"', "tiny:art_1__para_2__point_a has grade C"),
    ("draft-grade", DRAFT, "grade: C", "grade: D", "tiny.yaml:1: draft-grade art_3__para_2 has grade D"),
    ("draft-unpublished", PASSAGES, "Review by a court must be there, as appropriate.", "Those who were looked at may be told.", "art_3__para_2 is published as tiny:art_3__para_1"),
    ("restated-basis", PASSAGES, '["tiny:art_3__para_1"]', '["tiny:art_8"]', "tiny:art_3__para_1 rests on unknown tiny:art_8"),
    ("term-length", PASSAGES, '"reasonable time"', '"kept for a reasonable time"', "'kept for a reasonable time' has more than four words"),
    ("term-kept", PASSAGES, '"court"', '"tribunal"', "'tribunal' is not in the text of tiny:art_3__para_1"),
    ("reference-target", REFERENCES, '"to_passage_id": "tiny:art_1"', '"to_passage_id": "tiny:art_9"', "no passage tiny:art_9"),
    ("claim-id-unique", CLAIMS, None, None, "C-1 is used twice"),
    ("claim-document", CLAIMS, "document_id: critic-2020-02", "document_id: tiny", "no critique tiny"),
    ("claim-target", CLAIMS, "tiny:art_1__para_1", "tiny:art_1__para_9", "no passage tiny:art_1__para_9"),
    ("claim-words", CLAIMS, "verdict: supported", "verdict: sure", "verdict: the codebook has no 'sure'"),
    ("link-passage", LINKS, "via_passage_id: tiny:art_3__para_2", "via_passage_id: sketch:art_1", "tiny-3-1 joins passages of different documents"),
    ("link-id-unique", LINKS, None, None, "tiny-3-1 is used twice"),
    ("link-via", LINKS, "via_passage_id: tiny:art_3__para_2", "via_passage_id: tiny:art_2", "tiny:art_2 does not cite tiny:art_3"),
    ("link-candidates", LINKS, "via_passage_id: tiny:art_3__para_2", "via_passage_id: tiny:art_3__para_1", "nobody judged that tiny:art_3__para_2 cites tiny:art_1"),
    ("link-rejected", REJECTED, "to_passage_id: tiny:art_3", "to_passage_id: tiny:art_7", "no passage tiny:art_7"),
    ("matrix-difference", NOTES, "status: present", "status: absent", "preservation_order in tiny:art_1, duration_limit: present, worked out as qualified"),
    ("worked-words", WORKED, "safeguard: judicial_oversight", "safeguard: judge", "safeguard: the codebook has no 'judge'"),
    ("annotation-id-unique", PILOT, None, None, "is used twice"),
    ("annotation-code", PILOT, '"code": "degree_term"', '"code": "degree_trm"', "the codebook has no code degree_trm"),
    ("annotation-words", PILOT, '"force": "shall"', '"force": "should"', "force: the codebook has no 'should'"),
    ("annotation-fields", PILOT, '"severity": "slight"', '"severity": null', "degree_term has no severity"),
    ("annotation-attributes", PILOT, '"value": "after"', '"value": "later"', "judicial_oversight takes no timing: later"),
    ("annotation-reason", PILOT, '"reason": "A hedge weakens it."', '"reason": " "', "judicial_oversight on tiny:art_3__para_1 has no reason"),
    ("annotation-passage", PILOT, '"text_sha256": "', '"text_sha256": "0', "changed since it was coded"),
    ("annotation-span", PILOT, '"start": 42, "end": 57', '"start": 42, "end": 570', "span ends at 570, tiny:art_1__para_1 has 79 characters"),
    ("annotation-resolved", PILOT, '"resolved_by": []', '"resolved_by": ["tiny:art_7"]', "no passage tiny:art_7"),
    ("annotation-version", PILOT, '"codebook_version": "0.1.0"', '"codebook_version": "0.0.9"', "codebook 0.0.9, the round has 0.1.0"),
    ("annotator-known", ANNOTATORS, "annotator_id: lm-x", "annotator_id: lm-q", "nothing says who lm-x is"),
    ("annotator-words", ANNOTATORS, "kind: language_model", "kind: person", "kind: the codebook has no 'person'"),
    ("round-complete", PILOT, '"passage_id": "tiny:art_2"', '"passage_id": "tiny:art_3"', "lm-x did not read tiny:art_2"),
    ("evidence-quotable", TERMS, '"term": "reasonable time", "start": 42, "end": 57', '"term": "reasonable time", "start": 2, "end": 7', "no operative term under degree_term on tiny:art_1__para_1"),
    ("no-personal-data", PILOT, "No scale is given.", "Ask someone@example.org.", "holds an e-mail address"),
    ("derived-current", PASSAGES, '"heading": "Silence"', '"heading": "Noise"', "differs from what its sources give"),
]  # fmt: skip


def spoil(repository: Repository, path: str, old: str | None, new: str | None) -> None:
    """Put one fault into a file; without words, repeat its last record."""
    file = repository.path(path)
    text = file.read_text(encoding="utf-8")
    if old is None or new is None:
        record = text.splitlines()[-1] if path.endswith(".jsonl") else text[text.index("- ") :]
        file.write_text(text.rstrip("\n") + "\n" + record.rstrip("\n") + "\n", encoding="utf-8")
        return
    assert old in text, f"{path} does not hold {old}"
    file.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_every_check_has_a_bad_fixture() -> None:
    """No check goes untested."""
    assert sorted(case[0] for case in BAD) == sorted(CHECKS)


@pytest.mark.parametrize(
    ("check_id", "path", "old", "new", "message"), BAD, ids=[c[0] for c in BAD]
)
def test_a_check_finds_its_fault(
    tiny: Repository, check_id: str, path: str, old: str | None, new: str | None, message: str
) -> None:
    """The sound repository passes the check, and the fault is found where it stands."""
    derived = derive_all(tiny)
    assert run_checks(Repository(tiny.root), derived, check_id) == []
    spoil(tiny, path, old, new)
    problems = run_checks(Repository(tiny.root), derived, check_id)
    assert message in "\n".join(str(problem) for problem in problems)
    assert {problem.check_id for problem in problems} == {check_id}


def test_a_note_without_a_difference_is_a_problem(tiny: Repository) -> None:
    """A note must go when its difference has gone."""
    spoil(tiny, WORKED, "duration_limit, status: qualified", "duration_limit, status: present")
    assert [str(p) for p in run_checks(Repository(tiny.root), {}, "matrix-difference")] == [
        f"{NOTES}:1: matrix-difference no such difference in tiny:art_1"
    ]


def test_all_problems_are_reported_at_once(tiny: Repository) -> None:
    """Two faults in two files give both problems, by path."""
    derived = derive_all(tiny)
    spoil(tiny, CLAIMS, "verdict: supported", "verdict: sure")
    spoil(tiny, PILOT, '"end": 57', '"end": 570')
    found = {p.check_id for p in run_checks(Repository(tiny.root), derived)}
    assert {"claim-words", "annotation-span"} <= found


def test_the_committed_data_passes() -> None:
    """The data of this repository has no problem."""
    repository = Repository(Path(__file__).parents[1])
    problems = run_checks(repository, derive_all(repository))
    assert [str(problem) for problem in problems] == []


def test_a_restatement_of_grade_c_is_a_draft(tiny: Repository) -> None:
    """The grade is read where it is written, before anything is derived from it."""
    derived = derive_all(tiny)
    spoil(tiny, "corpus/restatements/tiny.yaml", "grade: B", "grade: C")
    problems = run_checks(Repository(tiny.root), derived, "draft-grade")
    assert [str(p) for p in problems] == [
        "corpus/restatements/tiny.yaml:13: draft-grade art_1__para_2__point_a has grade C"
    ]


def test_a_draft_without_an_entry_is_found(tiny: Repository) -> None:
    """Text and entry of a draft unit belong together."""
    derived = derive_all(tiny)
    spoil(tiny, DRAFT, "art_3__para_2", "art_3__para_4")
    problems = run_checks(Repository(tiny.root), derived, "draft-unpublished")
    assert [p.message.partition(" ")[0] for p in problems] == ["art_3__para_2", "art_3__para_4"]


def test_adjudicated_rows_are_checked_too(tiny: Repository) -> None:
    """A fault in the adjudicated layer is found like one in a round."""
    derived = derive_all(tiny)
    spoil(tiny, ADJUDICATED, '"code": "degree_term"', '"code": "degree"')
    assert run_checks(Repository(tiny.root), derived, "annotation-code")[0].path == ADJUDICATED
