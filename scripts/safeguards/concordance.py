"""
From the numbers of a draft to the adopted text: a pure function over the rows of the concordance.

Critiques of a draft use its numbers, and a draft is another text. So a target keeps the number as
it was written, and its place in the adopted text is never typed in but follows from the concordance
(``corpus/concordance.yaml``). Paragraphs of a draft are carried only where a row names them; else
the claim lands on the article.

>>> row = Concordance("demo", "zero_draft", "17", "4", ("somebody",), "medium")
>>> land(Target("17(2)", "zero_draft", None), [row], {"demo:art_4", "demo:art_4__para_2"})
'demo:art_4'
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from safeguards.assertions import Concordance
from safeguards.eid import parse_provision
from safeguards.model import Target


def land(target: Target, rows: Iterable[Concordance], known: Collection[str]) -> str | None:
    """
    Return the passage of the adopted text that *target* is about, or None.

    A target without a number keeps its passage, which was found by its subject. Where the corpus
    does not hold the paragraph, the nearest passage around it is given.

    >>> land(Target("6(1)", None, "demo:art_6"), [], {"demo:art_6"})
    'demo:art_6'

    Args:
        target: The provision as its author numbered it, and in which draft.
        rows: The concordance.
        known: Every passage id of the corpus.

    Raises:
        UnknownProvision: What was written, or the row for it, is no address.
    """
    if target.as_written is None:
        return target.passage_id
    if target.draft is None:
        document_id, article = (target.passage_id or "").partition(":")[0], target.as_written
        return _nearest(document_id, article, known) if document_id else None
    row = find_row(target.as_written, target.draft, rows)
    if row is None or row.final_article is None:
        return None
    return _nearest(row.document_id, row.final_article, known)


def find_row(as_written: str, draft: str, rows: Iterable[Concordance]) -> Concordance | None:
    """Return the row for a number of a draft: its own, else that of its article."""
    own = {row.article: row for row in rows if row.draft == draft}
    return own.get(as_written) or own.get(as_written.partition("(")[0].strip())


def _nearest(document_id: str, article: str, known: Collection[str]) -> str | None:
    """Return the passage with this number, or the nearest around it that is known."""
    passage_id = parse_provision(f"{document_id}:{article}", {document_id: document_id})
    while passage_id not in known and "__" in passage_id:
        passage_id = passage_id.rpartition("__")[0]
    return passage_id if passage_id in known else None
