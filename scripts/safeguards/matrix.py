"""
The gap matrix: for each power a document grants, which safeguards bind it, and by which path.

The rule is the codebook's (``gap_matrix`` in schema/codebook.yaml). Codes of the granting article
and of every linked passage are gathered, and the best one fills the cell: the highest status, then
the stronger force, then the article's own before a linked one, then the less vague, then the surer.
A linked passage that names neither the power nor its article or chapter, or whose very words leave
a choice, lifts a cell to qualified at most. So more links never make a cell worse. What was not
coded has no row: silence of the coders is not silence of the treaty.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeVar

from safeguards.cells import MatrixCell, MatrixNote, WorkedCell
from safeguards.codebook import NONE, Codebook
from safeguards.eid import article_of, is_inside
from safeguards.evidence import find_terms
from safeguards.linking import (
    Candidate,
    Parents,
    find_candidates,
    iter_enclosing,
    read_parents,
)
from safeguards.model import Annotation, Link, Passage, Span, TermAnchor
from safeguards.repository import Repository

T = TypeVar("T")
QUALIFIED, ABSENT, NOT_APPLICABLE = "qualified", "absent", "not_applicable"
DISCRETION = "discretionary_qualifier"


class _Grant(NamedTuple):
    """A power, and the article that grants it."""

    power: str
    article: str


@dataclass(frozen=True, slots=True)
class _Found:
    """A code that reaches a cell: what it counts as there, how it was found, through which link."""

    code: Annotation
    status: str
    route: str
    link: Link | None


def read_matrix(repository: Repository) -> list[MatrixCell]:
    """Return the gap matrix of the committed codes and links."""
    documents = [d.document_id for d in repository.documents]
    cells = build_matrix(
        repository.codebook,
        repository.passages,
        repository.adjudicated,
        repository.links,
        repository.terms,
    )
    return sorted(cells, key=lambda cell: documents.index(cell.document_id))


def build_matrix(
    codebook: Codebook,
    passages: Iterable[Passage],
    adjudicated: Iterable[Annotation],
    links: Sequence[Link],
    terms: Iterable[TermAnchor] = (),
) -> list[MatrixCell]:
    """
    Return one cell for each power, granting article and safeguard, in document order.

    Args:
        codebook: Ids, orders and the table of what makes no sense.
        passages: The passages of the corpus; only ids, parents and order are used.
        adjudicated: The adjudicated codes; each passage has those of one round.
        links: Which safeguard passage reaches which power.
        terms: Where operative terms stand, for the evidence.
    """
    codes = _by_document(adjudicated, lambda code: code.passage_id)
    known = _by_document(passages, lambda passage: passage.passage_id)
    joined = _by_document(links, lambda link: link.power_passage_id)
    anchors = _by_document(terms, lambda anchor: anchor.passage_id)
    builders = (
        _Builder(codebook, known.get(d, []), codes[d], joined.get(d, []), anchors.get(d, []))
        for d in sorted(codes)
    )
    return [cell for builder in builders for cell in builder.build()]


def _by_document(rows: Iterable[T], passage_id: Callable[[T], str]) -> dict[str, list[T]]:
    """Return *rows* by document: no link leaves its own, so more documents cost no more each."""
    found: dict[str, list[T]] = {}
    for row in rows:
        found.setdefault(passage_id(row).partition(":")[0], []).append(row)
    return found


class _Builder:
    """What all cells of a matrix share."""

    def __init__(
        self,
        codebook: Codebook,
        passages: Sequence[Passage],
        codes: Sequence[Annotation],
        links: Sequence[Link],
        terms: Sequence[TermAnchor],
    ) -> None:
        """Index codes, links and terms."""
        self.codebook, self.links, self.terms = codebook, links, terms
        self.parents: Parents = read_parents(passages)
        self.place = {p.passage_id: p.ordinal for p in passages}
        self.statuses = {s.id: s.order for s in codebook.statuses}
        self.forces = {f.id: f.order for f in codebook.forces}
        self.severities = {s.id: s.order for s in codebook.severities}
        self.safeguards = [
            c for c in codes if c.layer == "safeguard" and c.status != NOT_APPLICABLE
        ]
        self.powers = [c for c in codes if c.layer == "power"]
        self.vague = [c for c in codes if c.layer == "vagueness" and c.severity != NONE]

    def build(self) -> list[MatrixCell]:
        """Return the cells of all powers."""
        return [cell for grant, rows in self._grants() for cell in self._row(grant, rows)]

    def _grants(self) -> list[tuple[_Grant, list[Annotation]]]:
        """Return each power and granting article with the codes that say so, in order."""
        found: dict[_Grant, list[Annotation]] = {}
        for code in self.powers:
            found.setdefault(_Grant(code.code, article_of(code.passage_id)), []).append(code)
        order = self.codebook.ids("power")
        return sorted(
            found.items(),
            key=lambda item: (
                item[0].article.partition(":")[0],
                self.place.get(item[0].article, 0),
                order.index(item[0].power),
            ),
        )

    def _row(self, grant: _Grant, rows: list[Annotation]) -> Iterator[MatrixCell]:
        """Yield the cells of one power."""
        granted = sorted({r.passage_id for r in rows}, key=lambda p: (self.place.get(p, 0), p))
        links = [link for link in self.links if self._reaches(link, granted)]
        reaching = [*self._own(grant.article), *(f for x in links for f in self._linked(x))]
        places = {grant.article, *(link.safeguard_passage_id for link in links)}
        searched = sorted(places, key=lambda p: (self.place.get(p, 0), p))
        for safeguard in self.codebook.ids("safeguard"):
            best = max(
                (f for f in reaching if f.code.code == safeguard), key=self._rank, default=None
            )
            if self._makes_no_sense(grant.power, safeguard):
                status, route, best = NOT_APPLICABLE, "rule", None
            elif best is None:
                status, route = ABSENT, NONE
            else:
                status, route = best.status, best.route
            yield self._cell(grant, granted, rows[0], safeguard, status, route, best, searched)

    def _cell(
        self,
        grant: _Grant,
        granted: Sequence[str],
        power: Annotation,
        safeguard: str,
        status: str,
        route: str,
        best: _Found | None,
        searched: Sequence[str],
    ) -> MatrixCell:
        """Return one cell."""
        code, link = (best.code, best.link) if best else (None, None)
        edition = (code or power).edition
        return MatrixCell(
            document_id=grant.article.partition(":")[0],
            power=grant.power,
            power_passage_id=grant.article,
            granted_in=tuple(granted),
            safeguard=safeguard,
            status=status,
            route=route,
            force=code.force if code else None,
            annotation_id=code.annotation_id if code else None,
            safeguard_passage_id=code.passage_id if code else None,
            via_passage_id=link.via_passage_id if link else None,
            link_id=link.link_id if link else None,
            terms=self._quote(code) if code else (),
            edition=edition,
            provisional=edition == "restatement",
            contested=code.contested if code else None,
            searched=tuple(searched) if route == NONE else (),
        )

    def _quote(self, code: Annotation) -> tuple[str, ...]:
        """Return the operative terms under a code."""
        text = (code.passage_id, code.text_sha256)
        return find_terms(code, [a for a in self.terms if (a.passage_id, a.text_sha256) == text])

    def _makes_no_sense(self, power: str, safeguard: str) -> bool:
        """Tell whether the codebook rules the safeguard out for the power."""
        family = self.codebook.code(power).family
        return any(
            safeguard in entry.safeguards and (power in entry.powers or family in entry.families)
            for entry in self.codebook.gap_matrix.not_applicable
        )

    def _reaches(self, link: Link, granted: Iterable[str]) -> bool:
        """Tell whether a link reaches a power: it is granted in what the link leads to."""
        return any(link.power_passage_id in iter_enclosing(g, self.parents) for g in granted)

    def _own(self, article: str) -> Iterator[_Found]:
        """Yield the safeguards of the granting article."""
        for code in self.safeguards:
            if article_of(code.passage_id) == article:
                yield _Found(code, code.status or ABSENT, "own", None)

    def _linked(self, link: Link) -> Iterator[_Found]:
        """Yield the safeguards that a link brings, at most qualified if they are general."""
        for code in self.safeguards:
            if is_inside(code.passage_id, link.safeguard_passage_id):
                status = code.status or ABSENT
                if link.names_power and not self._leaves_choice(code):
                    yield _Found(code, status, "link", link)
                else:
                    yield _Found(code, self._capped(status), "general", link)

    def _capped(self, status: str) -> str:
        """Return a status, lowered to qualified."""
        return min(status, QUALIFIED, key=self.statuses.__getitem__)

    def _leaves_choice(self, code: Annotation) -> bool:
        """Tell whether the words of a code hold a discretionary qualifier."""
        return any(v.code == DISCRETION for v in self._vagueness_of(code))

    def _vagueness_of(self, code: Annotation) -> Iterator[Annotation]:
        """Yield the uncured vagueness on the words of a code."""
        for vague in self.vague:
            if vague.passage_id == code.passage_id and _share_words(vague, code):
                yield vague

    def _rank(self, found: _Found) -> tuple[object, ...]:
        """Return what a code is compared by: the codebook's order, then what keeps it stable."""
        code = found.code
        vague = [self.severities[v.severity or NONE] for v in self._vagueness_of(code)]
        return (
            self.statuses[found.status],
            self.forces.get(code.force or "", -1),
            found.link is None,
            -max(vague, default=0),
            code.confidence or 0,
            found.route != "general",
            -self.place.get(code.passage_id, 0),
            -(code.start or 0),
            code.annotation_id,
        )


def _share_words(one: Annotation, other: Annotation) -> bool:
    """Tell whether two codes of a passage mark common words; without a span, all words."""
    if one.start is None or one.end is None or other.start is None or other.end is None:
        return True
    return Span(one.start, one.end).overlap(Span(other.start, other.end)) is not None


class Difference(NamedTuple):
    """
    A worked cell that the codes do not give.

    Attributes:
        worked: The worked cell.
        cell: The computed one; None where the codes have no such power in that article.
        note: Why they differ, or None while nobody has said.
    """

    worked: WorkedCell
    cell: MatrixCell | None
    note: MatrixNote | None

    @property
    def status(self) -> str | None:
        """What was computed."""
        return self.cell.status if self.cell else None


def find_differences(
    cells: Iterable[MatrixCell],
    worked: Iterable[WorkedCell],
    notes: Iterable[MatrixNote],
    coded: Collection[str],
) -> list[Difference]:
    """
    Return the worked cells of *coded* articles that were computed otherwise, each with its note.

    A note counts only while it speaks of the status that was computed.
    """
    computed = {_key(cell): cell for cell in cells}
    reasons = {(_key(note), note.status): note for note in notes}
    found = []
    for known in worked:
        cell = computed.get(_key(known))
        status = cell.status if cell else None
        if known.power_passage_id in coded and status != known.status:
            found.append(Difference(known, cell, reasons.get((_key(known), status))))
    return found


def _key(row: MatrixCell | WorkedCell | MatrixNote) -> tuple[str, str, str]:
    """Return what names a cell."""
    return row.power_passage_id, row.power, row.safeguard


def read_differences(repository: Repository) -> list[Difference]:
    """Return how the committed codes differ from the worked cells."""
    return find_differences(
        read_matrix(repository),
        repository.worked_matrix,
        repository.matrix_notes,
        coded_articles(repository.adjudicated),
    )


def read_candidates(repository: Repository, *, uncoded: bool = False) -> list[Candidate]:
    """
    Return the references that may carry a safeguard, between articles of which a code is committed.

    Args:
        repository: The checkout.
        uncoded: Also between articles that nobody has coded.
    """
    passages = repository.passages
    rows: Iterable[Annotation | Passage] = passages if uncoded else repository.iter_annotations()
    return find_candidates(
        repository.references,
        repository.links,
        repository.rejected_links,
        {article_of(row.passage_id) for row in rows},
        read_parents(passages),
    )


def coded_articles(adjudicated: Iterable[Annotation]) -> set[str]:
    """Return the articles of which a passage was coded."""
    return {article_of(row.passage_id) for row in adjudicated}
