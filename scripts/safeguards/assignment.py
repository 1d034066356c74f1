"""
Who codes which passages of a round: every passage k times, articles whole, nobody too much.

Articles are dealt out largest first, each to the annotators who have taken the smallest share of
what they can take; the seed decides between equals, and in which order each annotator meets their
articles, so that tiredness and practice do not fall on the same article for all.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict

import yaml

from safeguards.eid import article_of, is_inside
from safeguards.errors import UsageFault
from safeguards.model import Assignment, Round

_WHOLE = ("preamble", "conclusions", "preface")


def group_by_article(passage_ids: Iterable[str]) -> dict[str, list[str]]:
    """
    Return the passages of each article, under the address that stands for all of them.

    A preamble is kept together like an article, and so is an annex that opens with words of its
    own.

    >>> group_by_article(["d:preamble__p_1", "d:preamble__p_2", "d:art_1__para_1"])
    {'d:preamble': ['d:preamble__p_1', 'd:preamble__p_2'], 'd:art_1': ['d:art_1__para_1']}
    """
    found: dict[str, list[str]] = {}
    for passage_id in passage_ids:
        found.setdefault(_address(passage_id), []).append(passage_id)
    grouped: dict[str, list[str]] = {}
    for address, members in found.items():
        widest = min((a for a in found if is_inside(address, a)), key=len)
        grouped.setdefault(widest, []).extend(members)
    return grouped


def _address(passage_id: str) -> str:
    """Return the article of a passage, or the preamble as a whole."""
    document_id, _, eid = passage_id.partition(":")
    first = eid.partition("__")[0]
    return f"{document_id}:{first}" if first in _WHOLE else article_of(passage_id)


def plan_assignments(
    articles: Mapping[str, int],
    annotators: Sequence[str],
    *,
    overlap: int,
    seed: int,
    quotas: Mapping[str, int] | None = None,
) -> tuple[Assignment, ...]:
    """
    Return who codes what; the same arguments always give the same plan.

    >>> for a in plan_assignments({"d:art_1": 2, "d:art_2": 1}, ["ann", "ben"], overlap=1, seed=1):
    ...     print(a.annotator_id, *a.passages)
    ann d:art_2
    ben d:art_1

    Args:
        articles: Number of passages of each article, in document order.
        annotators: Pseudonyms.
        overlap: How many annotators code each passage.
        seed: Decides between equals, and the order in which articles are shown.
        quotas: How many passages an annotator codes at most; no limit for those not in it.

    Raises:
        UsageFault: No such plan was found; the message says what would do.
    """
    quotas = quotas or {}
    _refuse_impossible(articles, annotators, overlap, quotas)
    dealt = _deal(articles, annotators, overlap, seed, quotas)
    if dealt is None:
        free = _deal(articles, annotators, overlap, seed, {}) or {}
        enough = max(sum(articles[a] for a in mine) for mine in free.values())
        raise UsageFault(
            "articles stay whole, and so they do not fit into the quotas; "
            f"a quota of {enough} for everybody would do"
        )
    return tuple(
        Assignment(a, tuple(_shuffled(dealt[a], f"{seed}/{a}")), quotas.get(a)) for a in annotators
    )


def _refuse_impossible(
    articles: Mapping[str, int], annotators: Sequence[str], overlap: int, quotas: Mapping[str, int]
) -> None:
    """Raise if no plan at all can keep to the numbers."""
    if repeated := sorted({a for a in annotators if annotators.count(a) > 1}):
        raise UsageFault(f"{repeated[0]} is named twice; name each annotator once")
    if unknown := sorted(set(quotas) - set(annotators)):
        raise UsageFault(f"{unknown[0]} has a quota and is no annotator; add --annotator")
    if overlap > len(annotators):
        raise UsageFault(
            f"an overlap of {overlap} needs {overlap} annotators, and there are "
            f"{len(annotators)}; name more, or use --overlap {len(annotators)}"
        )
    total = sum(articles.values())
    # An annotator codes no passage twice, so a quota above all passages is worth no more.
    room = sum(min(quotas.get(a, total), total) for a in annotators)
    if room < total * overlap:
        raise UsageFault(
            f"{total} passages, {overlap} times each, are {total * overlap}, and the quotas allow "
            f"{room}; a quota of {-(-total * overlap // len(annotators))} or more is needed, or "
            "more annotators, or fewer passages"
        )


def _deal(
    articles: Mapping[str, int],
    annotators: Sequence[str],
    overlap: int,
    seed: int,
    quotas: Mapping[str, int],
) -> dict[str, list[str]] | None:
    """Return the articles of each annotator, or None where one does not fit any more."""
    luck = random.Random(f"{seed}/deal")
    total = sum(articles.values())
    limits = {a: quotas.get(a, total) for a in annotators}
    taken = dict.fromkeys(annotators, 0)
    dealt: dict[str, list[str]] = {a: [] for a in annotators}
    for address in sorted(_shuffled(articles, f"{seed}/articles"), key=lambda a: -articles[a]):
        size = articles[address]
        fits = [a for a in annotators if taken[a] + size <= limits[a]]
        if len(fits) < overlap:
            return None
        fits.sort(key=lambda a: (taken[a] / max(limits[a], 1), luck.random()))
        for annotator in fits[:overlap]:
            taken[annotator] += size
            dealt[annotator].append(address)
    return dealt


def _shuffled(items: Iterable[str], seed: str) -> list[str]:
    """Return *items* in an order that only the seed decides."""
    mixed = sorted(items)
    random.Random(seed).shuffle(mixed)
    return mixed


def format_round(plan: Round) -> str:
    """Return a round as the YAML of ``round.yaml``."""
    record = {k: v for k, v in asdict(plan).items() if v is not None}
    record["assignments"] = [
        {k: v for k, v in a.items() if v is not None} for a in record["assignments"]
    ]
    plain = _plain([record])
    return str(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=100))


def _plain(value: object) -> object:
    """Return *value* with lists in place of tuples, which YAML knows nothing of."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value
