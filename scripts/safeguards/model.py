"""
The nouns of the project: frozen, flat, and named the same everywhere.

A field here is a property of the JSON Schema, a key of the JSONL record, a column of the Parquet
file and a row of the data dictionary, under one name; ``tests/test_names.py`` asserts it. The
words are Akoma Ntoso's (eId, heading, num) and annotation science's (span, annotator, round).

Standard library only: everything else imports this module, and it imports nothing of ours.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass

EDITIONS = ("official", "restatement")
LAYERS = ("safeguard", "power", "vagueness", "none")
LEVELS = (
    "preface",
    "preamble",
    "part",
    "chapter",
    "section",
    "title",
    "article",
    "paragraph",
    "point",
    "indent",
    "wrapup",
    "conclusions",
    "attachment",
    "editorial",
)
SEEN = ("full", "excerpt", "metadata")
DATE_BASES = ("seen", "inferred")
ROUND_KINDS = ("pilot", "main", "relabel")
REFERENCE_KINDS = (
    "subject_to",
    "notwithstanding",
    "without_prejudice",
    "in_accordance",
    "established_in",
    "defined_in",
    "referred_to",
    "applies_to",
    "self",
    "other",
)


def normalize_text(text: str) -> str:
    r"""
    Return *text* as it is stored, shown to annotators and hashed: NFC, with ``\n`` line ends.

    >>> normalize_text("cafe\u0301\r\n")
    'café\n'
    """
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))


def hash_text(text: str) -> str:
    """
    Return the SHA-256 of *text* in UTF-8, as lower-case hex.

    >>> hash_text("States Parties")[:12]
    'ecc31c295559'
    """
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


@dataclass(frozen=True, slots=True)
class Span:
    """
    A stretch of a passage's text, as half-open character offsets.

    Offsets count Unicode code points of the NFC text, so ``text[span.start:span.end]`` is always
    what the annotator marked.

    >>> Span(4, 10).of("The States Parties shall")
    'States'
    >>> Span(10, 4)
    Traceback (most recent call last):
        ...
    ValueError: span ends (4) before it starts (10)

    Attributes:
        start: Offset of the first character.
        end: Offset just past the last character.
    """

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"span ends ({self.end}) before it starts ({self.start})")

    def of(self, text: str) -> str:
        """Return the characters of *text* this span covers."""
        return text[self.start : self.end]

    def overlap(self, other: Span) -> Span | None:
        """
        Return the characters both spans cover, or None.

        >>> Span(0, 5).overlap(Span(3, 9))
        Span(start=3, end=5)
        """
        start, end = max(self.start, other.start), min(self.end, other.end)
        return Span(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Document:
    """
    A treaty or a critique: what it is, who issued it and where its text can be had.

    Attributes:
        document_id: Short stable id, the part before the colon of a passage_id.
        kind: ``treaty`` or ``critique``.
        title: Full title, or null where it is not known.
        short_title: Name used in citations.
        aliases: Lower-case names under which people know it.
        issuer: Who adopted or published it.
        reference: Official reference, for instance ETS No. 185.
        date: ISO date of adoption or publication; year or month alone where no more is known.
        date_basis: Critiques: whether the date was ``seen`` there or ``inferred`` from around it.
        opened: Treaties: ISO date on which it was opened for signature.
        in_force: Treaties: ISO date of entry into force; None where there is none, or none known.
        series: Treaties: places in treaty series, for instance 2225 UNTS 209.
        language: Language of the text that was coded.
        stage: Critiques: the stage of the negotiations it speaks to.
        actor_type: Critiques: what kind of author it has.
        stance: Critiques: what it asks for as a whole.
        licence: Licence of the text, as far as it was seen.
        authentic_url: Address of the authentic text; of a critique, of the original.
        read_urls: Critiques: addresses of the copies that were read, where not that one alone.
        seen: Critiques: how much was read: ``full``, ``excerpt`` or ``metadata`` (title, summary).
        pinned_repository: Repository of the transcription on which codes were made.
        pinned_path: Its path there.
        pinned_commit: Its commit there.
        pinned_start: First byte of the text in that file.
        pinned_end: Byte past the last one.
        pinned_sha256: SHA-256 of those bytes.
        articles_total: Number of articles.
        chapters_total: Number of chapters; 0 where there are none.
        note: What is uncertain.
    """

    document_id: str
    kind: str
    title: str | None
    short_title: str
    aliases: tuple[str, ...] = ()
    issuer: str | None = None
    reference: str | None = None
    date: str | None = None
    date_basis: str | None = None
    opened: str | None = None
    in_force: str | None = None
    series: tuple[str, ...] = ()
    language: str = "en"
    stage: str | None = None
    actor_type: str | None = None
    stance: str | None = None
    licence: str | None = None
    authentic_url: str | None = None
    read_urls: tuple[str, ...] = ()
    seen: str | None = None
    pinned_repository: str | None = None
    pinned_path: str | None = None
    pinned_commit: str | None = None
    pinned_start: int | None = None
    pinned_end: int | None = None
    pinned_sha256: str | None = None
    articles_total: int | None = None
    chapters_total: int | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Passage:
    """
    The smallest addressable part of a document, in one edition.

    >>> p = Passage("demo:art_1", "demo", "official", "art_1", "article", "Article 1")
    >>> p.text is None
    True

    Attributes:
        passage_id: ``document_id:eid``, the same in every edition.
        document_id: Document the passage belongs to.
        edition: ``official`` or ``restatement``.
        eid: Akoma Ntoso style address inside the document, without chapter prefix.
        level: What kind of part it is, for instance article, paragraph or point.
        num: The number as printed ("Article 16", "2.", "a)"), or None.
        heading: Heading as printed, or None.
        parent_id: passage_id of the enclosing passage, or None.
        ordinal: Position in the document, counted from 1.
        text: Own text, without its children's; None where the text may not be shipped.
        text_sha256: Hash of the own text, also where the text itself is not shipped.
        text_chars: Length of the own text in code points; spans end at or before it.
        grade: Restatements: A to D, how well the content is known.
        confidence: Restatements: high, medium or low, that it is right for the adopted text.
        provisional: True until the text was compared with the official one.
        terms: Operative terms kept from the official text, four words at most each.
        basis: What a restatement rests on: passage ids and addresses.
        boilerplate: Critiques: True where it looks like a menu, teaser or byline of the page.
        doubt: Why the splitter's reading is a guess, for instance "numbers jump"; None where the
            source leaves no doubt.
        note: What is left out or uncertain.
    """

    passage_id: str
    document_id: str
    edition: str
    eid: str
    level: str
    num: str | None = None
    heading: str | None = None
    parent_id: str | None = None
    ordinal: int = 0
    text: str | None = None
    text_sha256: str | None = None
    text_chars: int | None = None
    grade: str | None = None
    confidence: str | None = None
    provisional: bool = False
    terms: tuple[str, ...] = ()
    basis: tuple[str, ...] = ()
    boilerplate: bool = False
    doubt: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TermAnchor:
    """Where an operative term stands in an official text: offsets and a hash, no sentence."""

    passage_id: str
    edition: str
    text_sha256: str
    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reference:
    """
    One provision or treaty that a passage cites: an edge of the graph of cross-references.

    A citation of several provisions ("Articles 14 and 15") gives one row for each, all with the
    same span. What the kinds mean: `safeguards.references`.

    Attributes:
        reference_id: Stable id: where the citation stands and which of its targets this is.
        passage_id: Passage in which the citation stands.
        edition: ``official`` or ``restatement``.
        text_sha256: Hash of the text the citation stands in.
        start: Offset of the first code point of the citation.
        end: Offset past the last one.
        to_passage_id: Passage cited; None for a whole treaty, and for what was not found.
        to_document_id: Document cited; None where the register has no such document.
        kind: How the passage depends on what it cites, by the words before the citation.
        exact: False where the place cited does not exist and the nearest around it is given, or
            where nothing was found.
    """

    reference_id: str
    passage_id: str
    edition: str
    text_sha256: str
    start: int
    end: int
    to_passage_id: str | None
    to_document_id: str | None
    kind: str
    exact: bool


@dataclass(frozen=True, slots=True)
class Attribute:
    """
    The answer to one extra question that the codebook asks for a code.

    Attributes:
        name: Id of the question.
        value: One of its values.
    """

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Annotation:
    """
    One code given to one passage by one annotator.

    A passage that was read and found to hold nothing has one row with layer and code ``none``:
    absence is a finding, and differs from a passage nobody read.

    Attributes:
        annotation_id: Stable id, derived from who coded which words how.
        passage_id: Passage that was coded.
        edition: Edition that the annotator saw.
        text_sha256: Hash of the text the annotator saw.
        round: Name of the annotation round.
        annotator_id: Pseudonym, or ``adjudicated``.
        codebook_version: Version of the codebook that was used.
        layer: The question that was answered; ``none`` where nothing was found.
        code: Id of a code of that layer.
        status: Safeguards: present, qualified, deferred, absent or not_applicable.
        force: Safeguards: normative force, for instance shall or may.
        severity: Vagueness: none, slight, material or critical.
        direction: Vagueness: what the vagueness does, for instance widens_power.
        start: Offset of the first marked code point; None for the whole passage.
        end: Offset past the last marked code point.
        resolved_by: passage_ids that cure the vagueness, or supply the content.
        attributes: Answers to the extra questions, sorted by name.
        confidence: 0 (provisional) to 3 (sure).
        reason: One sentence.
        contested: Adjudicated rows: True where the annotators differed; None elsewhere.
    """

    annotation_id: str
    passage_id: str
    edition: str
    text_sha256: str
    round: str
    annotator_id: str
    codebook_version: str
    layer: str
    code: str
    status: str | None = None
    force: str | None = None
    severity: str | None = None
    direction: str | None = None
    start: int | None = None
    end: int | None = None
    resolved_by: tuple[str, ...] = ()
    attributes: tuple[Attribute, ...] = ()
    confidence: int | None = None
    reason: str | None = None
    contested: bool | None = None


def make_annotation_id(row: Annotation) -> str:
    """Return the id of *row*: the same words coded the same way always get the same id."""
    said = (row.round, row.annotator_id, row.passage_id, row.edition, row.text_sha256)
    key = "\x1f".join((*said, row.layer, row.code, str(row.start), str(row.end)))
    return f"{row.round}-{row.annotator_id}-{hash_text(key)[:12]}"


@dataclass(frozen=True, slots=True)
class Decision:
    """
    What the adjudicator decided about one finding: a contested one, or one that was audited.

    Attributes:
        round: Name of the round.
        passage_id: Passage at issue.
        layer: Layer of the code.
        code: Code at issue.
        rows: annotation_ids at issue.
        accepted: annotation_ids that stand, also the adjudicator's own; empty when it is dropped.
        annotator_id: Pseudonym of the adjudicator.
        reason: One or two sentences.
    """

    round: str
    passage_id: str
    layer: str
    code: str
    rows: tuple[str, ...]
    accepted: tuple[str, ...]
    annotator_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Link:
    """
    A safeguard clause reaches a power, through the words of a third clause.

    Attributes:
        link_id: Stable id.
        safeguard_passage_id: Provision that gives the safeguard.
        power_passage_id: Provision that grants the power.
        via_passage_id: Provision whose words join the two.
        names_power: Whether these words, or the safeguard's, name the power, its article or its
            chapter; if not, the safeguard counts as qualified at most.
        annotator_id: Who judged it.
        codebook_version: Version of the codebook that was used.
        reason: One sentence.
    """

    link_id: str
    safeguard_passage_id: str
    power_passage_id: str
    via_passage_id: str
    names_power: bool
    annotator_id: str
    codebook_version: str
    reason: str


@dataclass(frozen=True, slots=True)
class Target:
    """
    The provision a claim is about.

    Attributes:
        as_written: The provision as its author numbered it, a range written out; None where the
            author gave no number and the provision was found by its subject.
        draft: The stage of the draft that was criticised, or None for the adopted text.
        passage_id: Where it lands in the adopted text, by the concordance; None where nowhere.
    """

    as_written: str | None
    draft: str | None
    passage_id: str | None


@dataclass(frozen=True, slots=True)
class Claim:
    """
    One assertion of a critique, restated in our words.

    Attributes:
        claim_id: Stable id.
        document_id: Critique that makes the claim.
        claim: The assertion, in our words.
        claim_type: What kind of assertion it is.
        stance: What the critique asks for as a whole.
        safeguards: Safeguards it speaks of, sorted and unique.
        vagueness: Kinds of vagueness it speaks of, sorted and unique.
        targets: Provisions it is about.
        recommendation: What it wants done.
        checkability: What it would take to check it.
        verdict: What the texts say about the claim.
        verdict_reason: One sentence.
        passage_id: Paragraph of the critique that makes it; None where its text was not at hand.
        provisional: True while the verdict rests on a text that was not read.
        note: What is uncertain.
    """

    claim_id: str
    document_id: str
    claim: str
    claim_type: str
    stance: str
    safeguards: tuple[str, ...]
    vagueness: tuple[str, ...]
    targets: tuple[Target, ...]
    recommendation: str
    checkability: str
    verdict: str
    verdict_reason: str
    passage_id: str | None
    provisional: bool
    note: str | None


@dataclass(frozen=True, slots=True)
class Annotator:
    """
    Who annotated: a pseudonym and what stands behind it, never a name or an address.

    Attributes:
        annotator_id: Pseudonym.
        kind: ``human``, ``language_model`` or ``rule``.
        rounds: Rounds the annotator took part in.
        note: What stands behind the pseudonym, and how it was instructed.
    """

    annotator_id: str
    kind: str
    rounds: tuple[str, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """
    What one annotator codes in a round.

    Attributes:
        annotator_id: Pseudonym.
        passages: passage_ids or articles, in the order in which they are shown.
        quota: Number of passages that the annotator codes at most, or None.
    """

    annotator_id: str
    passages: tuple[str, ...]
    quota: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """
    One round of annotation: which passages, by whom, with which codebook.

    Attributes:
        round: Name of the round.
        title: What it is, in a few words.
        edition: Edition that is coded; ``both`` is the official one of documents whose text is
            pinned, and the restatement of the others.
        codebook_version: Version of the codebook that is used.
        date: ISO date on which the round was planned.
        annotators: Pseudonyms of those who code.
        adjudicator: Pseudonym of the one who decides.
        passages: passage_ids or articles; an article stands for all it contains.
        note: How the round was made.
        repeats: Round whose passages the same annotators code once more, to be compared with
            themselves; such a round is not adjudicated. None for an ordinary round.
        kind: ``pilot`` (to try the codebook), ``main``, or ``relabel`` (coded once more).
        assignments: Who codes what; empty where every annotator codes every passage.
        overlap: How many annotators code each passage; None where all do.
        seed: Seed of the assignments; None where nothing was drawn.
    """

    round: str
    title: str
    edition: str
    codebook_version: str
    date: str
    annotators: tuple[str, ...]
    adjudicator: str
    passages: tuple[str, ...]
    note: str
    repeats: str | None = None
    kind: str = "main"
    assignments: tuple[Assignment, ...] = ()
    overlap: int | None = None
    seed: int | None = None

    def assigned(self, annotator_id: str) -> tuple[str, ...]:
        """Return the passages and articles that an annotator codes, in the order shown."""
        if not self.assignments:
            return self.passages if annotator_id in self.annotators else ()
        return next((a.passages for a in self.assignments if a.annotator_id == annotator_id), ())

    def is_assigned(self, passage_id: str, annotator_id: str) -> bool:
        """Tell whether an annotator codes a passage of the round."""
        return any(f"{passage_id}__".startswith(f"{a}__") for a in self.assigned(annotator_id))


@dataclass(frozen=True, slots=True)
class Problem:
    """
    Something wrong in the data, and where.

    >>> print(Problem("corpus/claims.yaml", 3, "claim-target", "no passage demo:art_9"))
    corpus/claims.yaml:3: claim-target no passage demo:art_9
    """

    path: str
    line: int
    check_id: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.check_id} {self.message}"
