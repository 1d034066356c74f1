"""
How far a round is, told from what annotators submitted and never from the server's counters.

Label Studio's own counters drift when several people submit at once, so every number here is
counted from annotations. The clock is an argument.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from statistics import median

from safeguards.eid import article_of
from safeguards.labelstudio.convert import Json, count_origins
from safeguards.labelstudio.pull import Harvest
from safeguards.proposals import Prediction


@dataclass(frozen=True, slots=True)
class Progress:
    """
    How far an annotator is, with all passages or with one article.

    Attributes:
        article: passage_id of the article, or None for all.
        assigned: Passages assigned.
        submitted: Those that were submitted.
        left: Those that were not.
        skipped: How often a passage was skipped.
        drafts: Passages with a draft and no submission.
        seconds: Median time spent on a passage, or None.
        proposed: Proposals shown on the submitted passages.
        kept: Those left as they were.
        changed: Those kept with other words or another code.
        accepted_share: Share of the proposals that were kept or changed, or None.
        last: ISO date of the last submission, or None.
        idle_days: Days since then, or None.
        stuck: Why the lead should ask, or None.
    """

    annotator_id: str
    article: str | None
    assigned: int
    submitted: int
    left: int
    skipped: int
    drafts: int
    seconds: float | None
    proposed: int
    kept: int
    changed: int
    accepted_share: float | None
    last: str | None
    idle_days: int | None
    stuck: str | None


def measure_progress(
    harvests: Sequence[Harvest], shown: Iterable[Prediction], today: date, patience: int
) -> list[Progress]:
    """
    Return how far each annotator is, first with everything and then with each article.

    Args:
        harvests: What each annotator's project holds.
        shown: What annotators were shown as proposals.
        today: The day on which idle days are counted from.
        patience: Days without a submission after which an annotator counts as stuck.
    """
    proposed = Counter(p.passage_id for p in shown)
    found = []
    for harvest in harvests:
        articles: dict[str, list[str]] = {}
        for passage_id in harvest.seat.passages:
            articles.setdefault(article_of(passage_id), []).append(passage_id)
        everything = list(harvest.seat.passages)
        found.append(_progress(harvest, None, everything, proposed, today, patience))
        found += [
            _progress(harvest, article, members, proposed, today, patience)
            for article, members in articles.items()
        ]
    return found


def _progress(
    harvest: Harvest,
    article: str | None,
    passages: Collection[str],
    proposed: Mapping[str, int],
    today: date,
    patience: int,
) -> Progress:
    """Return how far an annotator is with some passages."""
    mine = set(passages)
    done = {p: a for p, a in harvest.newest.items() if p in mine}
    skipped = sum(p in mine for p, _ in harvest.skips)
    drafts = sum(p in mine for p in harvest.unsent)
    origins: Counter[str] = sum((count_origins(a) for a in done.values()), Counter())
    times = [float(a["lead_time"]) for a in done.values() if a.get("lead_time")]
    last = max((_day(a) for a in done.values()), default=None)
    idle = (today - last).days if last else None
    offered = sum(proposed.get(p, 0) for p in done)
    accepted = origins["kept"] + origins["changed"]
    left = len(mine) - len(done)
    return Progress(
        annotator_id=harvest.seat.annotator_id,
        article=article,
        assigned=len(mine),
        submitted=len(done),
        left=left,
        skipped=skipped,
        drafts=drafts,
        seconds=round(median(times), 1) if times else None,
        proposed=offered,
        kept=origins["kept"],
        changed=origins["changed"],
        accepted_share=round(accepted / offered, 4) if offered else None,
        last=last.isoformat() if last else None,
        idle_days=idle,
        stuck=_why_stuck(left, idle, patience, skipped, drafts) if article is None else None,
    )


def _day(annotation: Json) -> date:
    """Return the day on which an annotation was submitted or last changed."""
    made = annotation.get("updated_at") or annotation["created_at"]
    return (made if isinstance(made, datetime) else datetime.fromisoformat(str(made))).date()


def _why_stuck(left: int, idle: int | None, patience: int, skipped: int, drafts: int) -> str | None:
    """
    Return why an annotator seems stuck, or None.

    >>> _why_stuck(4, 6, 3, 2, 0), _why_stuck(4, None, 3, 0, 1), _why_stuck(0, 9, 3, 2, 0)
    ('nothing for 6 days, 2 skipped', 'nothing yet, 1 drafts', None)
    """
    if not left or (idle is not None and idle < patience):
        return None
    reasons = ["nothing yet" if idle is None else f"nothing for {idle} days"]
    reasons += [f"{skipped} skipped"] if skipped else []
    reasons += [f"{drafts} drafts"] if drafts else []
    return ", ".join(reasons)
