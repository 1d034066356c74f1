"""Checks on what was judged, row by row, and on who judged."""

from __future__ import annotations

import re
from collections import Counter

from safeguards.checks.data import (
    ADJUDICATED,
    ANNOTATORS,
    TERMS,
    Data,
    Found,
    check,
    find_repeated,
    find_wrong_words,
    rows_path,
)
from safeguards.codebook import NONE
from safeguards.model import Annotation, Annotator, TermAnchor, make_annotation_id
from safeguards.records import only

_GIVEN_REASON = ("qualified", "deferred", "absent", "not_applicable")
_ANSWERS = ("status", "force", "severity", "direction", "start", "end", "confidence")
_ADJUDICATED_LAYERS = ("power", "safeguard", "vagueness", NONE)
Place = tuple[int, int, int, int, str, str]
_PSEUDONYM = re.compile(r"[a-z]{1,5}-(?:[a-z]{1,2}|\d{1,4})")

# Which row it is, and where it stands.


@check
def annotation_id_unique(data: Data) -> Found:
    """An annotation id names one row, over all rounds and annotators."""
    counted = Counter(row.annotation_id for _, _, row in data.annotations())
    for path, line, row in data.annotations():
        if counted[row.annotation_id] > 1:
            yield path, line, f"{row.annotation_id} is used twice"


@check
def annotation_id(data: Data) -> Found:
    """An annotator's row has the id that follows from who coded which words how."""
    for path, line, row in data.annotators_rows():
        wanted = make_annotation_id(row)
        if row.annotation_id != wanted:
            yield path, line, f"{row.annotation_id} should be {wanted}"


@check
def annotation_file(data: Data) -> Found:
    """A row stands in the file of its round and annotator."""
    for path, line, row in data.annotations():
        own = ADJUDICATED
        if path != ADJUDICATED:
            own = rows_path(row.round, row.annotator_id)
        if path != own or (path == ADJUDICATED) != (row.annotator_id == "adjudicated"):
            yield path, line, f"{row.annotation_id} is {row.annotator_id}'s of round {row.round}"


@check
def annotation_order(data: Data) -> Found:
    """Rows of a round stand in document order, then by offsets; adjudicated ones by layer first."""
    for path, rows in data.annotation_files.items():
        latest: dict[str, Place] = {}
        for row in rows:
            a = row.record
            place = _place(a, data, adjudicated=path == ADJUDICATED)
            if place < latest.get(a.round, place):
                yield path, row.line, f"{a.annotation_id} stands too late"
            latest[a.round] = max(place, latest.get(a.round, place))


def _place(row: Annotation, data: Data, *, adjudicated: bool) -> Place:
    """Return what *row* is sorted by."""
    passage = data.places.get((row.passage_id, row.edition), -1)
    layers = _ADJUDICATED_LAYERS
    first = layers.index(row.layer) if adjudicated and row.layer in layers else 0
    return (passage, first, row.start or 0, row.end or 0, row.layer, row.code)


@check
def annotation_duplicate(data: Data) -> Found:
    """An annotator gives a code to the same words once."""
    for path, rows in data.annotation_files.items():
        seen: set[tuple[object, ...]] = set()
        for row in rows:
            a = row.record
            key = (a.round, a.passage_id, a.edition, a.layer, a.code, a.start, a.end)
            if key in seen:
                yield path, row.line, f"{a.code} on the same words of {a.passage_id} again"
            seen.add(key)


@check
def annotation_none(data: Data) -> Found:
    """A row that says nothing was found stands alone on its passage, and answers nothing."""
    for path, rows in data.annotation_files.items():
        counted = Counter((row.record.round, row.record.passage_id) for row in rows)
        for row in rows:
            a = row.record
            if NONE not in (a.layer, a.code):
                continue
            if counted[a.round, a.passage_id] > 1:
                yield path, row.line, f"{a.passage_id} has other codes beside none"
            if a.layer != a.code or any(getattr(a, name) is not None for name in _ANSWERS):
                yield path, row.line, f"none on {a.passage_id} has answers"


# What it says.


@check
def annotation_code(data: Data) -> Found:
    """A code is one of the codebook's, and of the layer the row says."""
    codes = data.repository.codebook.by_id
    for path, line, row in data.annotations():
        if row.layer == NONE and row.code == NONE:
            continue
        if row.code not in codes:
            yield path, line, f"the codebook has no code {row.code}"
        elif codes[row.code].layer != row.layer:
            yield path, line, f"{row.code} is a code of layer {codes[row.code].layer}"


@check
def annotation_words(data: Data) -> Found:
    """Edition, status, force, severity and direction are words of the codebook."""
    words = {k: v for k, v in data.words["annotations"].items() if k not in ("code", "layer")}
    for path, line, row in data.annotations():
        for message in find_wrong_words(row, words):
            yield path, line, message


@check
def annotation_fields(data: Data) -> Found:
    """A safeguard has status and force, a vagueness has severity and direction, others neither."""
    wanted = {"safeguard": ("status", "force"), "vagueness": ("severity", "direction")}
    for path, line, row in data.annotations():
        for layer, names in wanted.items():
            for name in names:
                if (getattr(row, name) is not None) != (row.layer == layer):
                    state = "has no" if row.layer == layer else "may not have a"
                    yield path, line, f"{row.code} {state} {name}"


@check
def annotation_attributes(data: Data) -> Found:
    """Attributes are ones the codebook asks for that code, with values it knows, sorted by name."""
    codebook = data.repository.codebook
    for path, line, row in data.annotations():
        code = codebook.by_id.get(row.code)
        asked = {q.id: q.values for q in codebook.questions(code)} if code else {}
        names = [a.name for a in row.attributes]
        if names != sorted(set(names)):
            yield path, line, "attributes are not sorted and unique"
        for attribute in row.attributes:
            if attribute.value not in asked.get(attribute.name, []):
                yield path, line, f"{row.code} takes no {attribute.name}: {attribute.value}"


@check
def annotation_reason(data: Data) -> Found:
    """A status other than present, and a severity of material or critical, has its reason."""
    for path, line, row in data.annotations():
        needs = row.status in _GIVEN_REASON or row.severity in ("material", "critical")
        if needs and not (row.reason or "").strip():
            yield path, line, f"{row.code} on {row.passage_id} has no reason"


@check
def annotation_confidence(data: Data) -> Found:
    """Confidence is the codebook's, and 0 for a code on a restatement and for no other."""
    known = {c.id for c in data.repository.codebook.confidences}
    for path, line, row in data.annotations():
        if row.layer == NONE:
            continue
        if row.confidence not in known:
            yield path, line, f"{row.code}: the codebook has no confidence {row.confidence}"
        elif (row.confidence == 0) != (row.edition == "restatement"):
            yield path, line, f"{row.code} on the {row.edition} has confidence {row.confidence}"


@check
def annotation_contested(data: Data) -> Found:
    """An adjudicated row says whether it was contested, and no other row does."""
    for path, line, row in data.annotations():
        if (row.contested is not None) != (path == ADJUDICATED):
            state = "does not say" if path == ADJUDICATED else "may not say"
            yield path, line, f"{row.annotation_id} {state} whether it was contested"


# What it rests on.


@check
def annotation_passage(data: Data) -> Found:
    """A row's passage is in the corpus, and its text is still the one that was coded."""
    for path, line, row in data.annotations():
        passage = data.by_edition.get((row.passage_id, row.edition))
        if passage is None:
            yield path, line, f"no {row.edition} passage {row.passage_id}"
        elif passage.text_sha256 not in (None, row.text_sha256):
            yield path, line, f"the text of {row.passage_id} changed since it was coded"


@check
def annotation_text(data: Data) -> Found:
    """A row is on a passage that has words of its own."""
    for path, line, row in data.annotations():
        passage = data.by_edition.get((row.passage_id, row.edition))
        if passage is not None and not passage.text_chars:
            yield path, line, f"{row.passage_id} has no words"


@check
def annotation_span(data: Data) -> Found:
    """A span lies inside its passage, begins before it ends, and has both ends."""
    for path, line, row in data.annotations():
        if row.start is None and row.end is None:
            continue
        passage = data.by_edition.get((row.passage_id, row.edition))
        length = passage.text_chars if passage else None
        if row.start is None or row.end is None or not 0 <= row.start < row.end:
            yield path, line, f"span {row.start} to {row.end} is no stretch of text"
        elif length is not None and row.end > length:
            yield path, line, f"span ends at {row.end}, {row.passage_id} has {length} characters"


@check
def annotation_resolved(data: Data) -> Found:
    """What cures a vagueness is a passage that the reader of that edition can look up."""
    for path, line, row in data.annotations():
        for passage_id in row.resolved_by:
            if not {(passage_id, row.edition), (passage_id, "official")} & data.by_edition.keys():
                yield path, line, f"no passage {passage_id}"


@check
def resolution_place(data: Data) -> Found:
    """What cures a vagueness stands in the same document and in another passage, named once."""
    for path, line, row in data.annotations():
        document_id = row.passage_id.partition(":")[0]
        for passage_id in row.resolved_by:
            if passage_id == row.passage_id:
                yield path, line, f"{row.code} on {passage_id} is said to cure itself"
            elif passage_id.partition(":")[0] != document_id:
                yield path, line, f"{passage_id} is not of {document_id}"
        if list(row.resolved_by) != sorted(set(row.resolved_by)):
            yield path, line, "resolved_by is not sorted and unique"


@check
def resolution_given(data: Data) -> Found:
    """A vagueness of severity none says which passages settle it."""
    for path, line, row in data.annotations():
        if row.severity == "none" and not row.resolved_by:
            yield path, line, f"nothing is said to settle {row.code} on {row.passage_id}"


@check
def evidence_quotable(data: Data) -> Found:
    """An adjudicated vagueness rests on an operative term, so that its evidence can be quoted."""
    anchors: dict[str, list[TermAnchor]] = {}
    for anchor in only(data.read(TERMS, TermAnchor)):
        anchors.setdefault(anchor.passage_id, []).append(anchor)
    for row in data.annotation_files[ADJUDICATED]:
        a = row.record
        if a.layer != "vagueness" or a.start is None or a.end is None or a.edition != "official":
            continue
        known = anchors.get(a.passage_id, [])
        if not any(t.start < a.end and a.start < t.end for t in known):
            yield ADJUDICATED, row.line, f"no operative term under {a.code} on {a.passage_id}"


# Who judged.


@check
def annotator_known(data: Data) -> Found:
    """Whoever annotated is described in annotations/annotators.yaml."""
    known = {*data.annotators, "adjudicated"}
    for path, line, row in data.annotations():
        if row.annotator_id not in known:
            yield path, line, f"nothing says who {row.annotator_id} is"


@check
def annotator_id_unique(data: Data) -> Found:
    """A pseudonym stands for one annotator."""
    yield from find_repeated(ANNOTATORS, data.read(ANNOTATORS, Annotator), lambda a: a.annotator_id)


@check
def annotator_words(data: Data) -> Found:
    """An annotator is human, a language model or a rule, and is called that."""
    for row in data.read(ANNOTATORS, Annotator):
        for message in find_wrong_words(row.record, data.words["annotators"]):
            yield ANNOTATORS, row.line, message


@check
def annotator_pseudonym(data: Data) -> Found:
    """A pseudonym is a short mark such as lm-a or p-12, too short to hold a name."""
    for row in data.read(ANNOTATORS, Annotator):
        if not _PSEUDONYM.fullmatch(row.record.annotator_id):
            yield ANNOTATORS, row.line, f"'{row.record.annotator_id}' may hold a name"


@check
def annotator_note(data: Data) -> Found:
    """An annotator's note says what stands behind the pseudonym."""
    for row in data.read(ANNOTATORS, Annotator):
        if not row.record.note.strip():
            yield ANNOTATORS, row.line, f"{row.record.annotator_id} has no note"


@check
def annotator_rounds(data: Data) -> Found:
    """An annotator's rounds are those coded, decided, or planned to be decided by them, sorted."""
    for row in data.read(ANNOTATORS, Annotator):
        a = row.record
        codes = {
            name for name, plan in data.rounds.items() if a.annotator_id in plan.record.annotators
        }
        decides = {
            n for n, plan in data.rounds.items() if a.annotator_id == plan.record.adjudicator
        }
        wanted = codes | (decides & data.decisions.keys())
        if not wanted <= set(a.rounds) <= codes | decides or list(a.rounds) != sorted(
            set(a.rounds)
        ):
            shown = ", ".join(sorted(codes | decides)) or "none"
            yield ANNOTATORS, row.line, f"the rounds of {a.annotator_id} are {shown}"
