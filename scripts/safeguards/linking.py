"""
Cross-references that may carry a safeguard to a power, and which of them were judged.

A clause that cites another article ("subject to article 15") may bring the safeguards of that
article to its own powers, or its own to those. Only reading tells; so each such reference is a
candidate, and is judged once it has become a link or was rejected with a reason.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from safeguards.cells import RejectedLink
from safeguards.eid import article_of, is_inside
from safeguards.model import Link, Passage, Reference

KINDS = ("subject_to", "applies_to", "in_accordance", "notwithstanding", "without_prejudice")
Parents = Mapping[str, str | None]


class Candidate(NamedTuple):
    """
    A reference from one article to another that may carry a safeguard.

    Attributes:
        via_passage_id: Passage that cites.
        to_passage_id: Passage or container that is cited.
        kind: Kind of the reference.
        links: Ids of the links that were made of it.
        rejected: Why none was made, or None.
    """

    via_passage_id: str
    to_passage_id: str
    kind: str
    links: tuple[str, ...]
    rejected: str | None

    @property
    def is_judged(self) -> bool:
        """Whether somebody has decided on it."""
        return bool(self.links) or self.rejected is not None


def read_parents(passages: Iterable[Passage]) -> dict[str, str | None]:
    """Return the enclosing passage of each passage; of two editions the one that knows it."""
    parents: dict[str, str | None] = {}
    for passage in passages:
        parents[passage.passage_id] = passage.parent_id or parents.get(passage.passage_id)
    return parents


def iter_enclosing(passage_id: str, parents: Parents) -> Iterator[str]:
    """
    Yield a passage's own id and those of all that enclose it, chapters too.

    >>> list(iter_enclosing("d:art_1", {"d:art_1": "d:chp_I", "d:chp_I": None}))
    ['d:art_1', 'd:chp_I']
    """
    current: str | None = passage_id
    while current is not None:
        yield current
        current = parents.get(current)


def find_candidates(
    references: Iterable[Reference],
    links: Sequence[Link],
    rejected: Iterable[RejectedLink],
    coded: Collection[str],
    parents: Parents,
) -> list[Candidate]:
    """
    Return the candidates between coded articles, in the order of *references*.

    Args:
        references: What passages cite.
        links: The links that were made.
        rejected: The references that were rejected.
        coded: passage_ids of the articles that were coded.
        parents: The enclosing passage of each passage.
    """
    reasons = {(r.via_passage_id, r.to_passage_id): r.reason for r in rejected}
    reached = {place for article in coded for place in iter_enclosing(article, parents)}
    found: dict[tuple[str, str], Candidate] = {}
    for reference in references:
        via, to = reference.passage_id, reference.to_passage_id
        if to is None or reference.kind not in KINDS or not _crosses(via, to):
            continue
        if article_of(via) in coded and article_of(to) in reached:
            made = tuple(link.link_id for link in links if _is_made_of(link, via, to, parents))
            reason = reasons.get((via, to))
            found.setdefault((via, to), Candidate(via, to, reference.kind, made, reason))
    return list(found.values())


def _crosses(via: str, to: str) -> bool:
    """
    Tell whether a reference leads from one article of a treaty to another, or to a container.

    >>> _crosses("d:art_1__para_2", "d:art_1"), _crosses("d:art_1", "e:art_2")
    (False, False)
    """
    same_document = via.partition(":")[0] == to.partition(":")[0]
    return same_document and ":art_" in via and article_of(via) != article_of(to)


def _is_made_of(link: Link, via: str, to: str, parents: Parents) -> bool:
    """Tell whether *link* takes the words of *via*, to or from what they cite."""
    ends = (link.safeguard_passage_id, link.power_passage_id)
    return link.via_passage_id == via and any(
        is_inside(to, end) or to in iter_enclosing(end, parents) for end in ends
    )


def stands_between(link: Link, references: Iterable[Reference]) -> bool:
    """
    Tell whether a link's words stand where they can join its ends.

    They stand in the granting article or in the safeguard's, or cite the safeguard's article.
    """
    home = article_of(link.safeguard_passage_id)
    via = article_of(link.via_passage_id)
    if via in (home, article_of(link.power_passage_id)):
        return True
    return any(
        r.passage_id == link.via_passage_id and article_of(r.to_passage_id or "") == home
        for r in references
    )
