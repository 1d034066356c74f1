"""
The nouns by which the assertions of critiques are checked: concordance, facts, parts of claims.

Flat and frozen like those of `safeguards.model`, which holds the claims themselves.
"""

from __future__ import annotations

from dataclasses import dataclass

from safeguards.model import Attribute

QUESTIONS = ("safeguard", "power", "vagueness", "outline", "register", "critique", "none")
FACTS = ("articles_total", "chapters_total", "heading", "signatories")


@dataclass(frozen=True, slots=True)
class Concordance:
    """
    Where an article of a draft stands in the adopted text.

    Attributes:
        document_id: Treaty that the draft became.
        draft: Stage of the draft.
        article: Article, paragraph or chapter as the draft numbered it.
        final_article: The same in the adopted text, or None where it is not there.
        sources: What the row rests on: document ids, and ids of the outline's sources.
        confidence: ``high``, ``medium`` or ``low``.
        note: What is uncertain.
    """

    document_id: str
    draft: str
    article: str
    final_article: str | None
    sources: tuple[str, ...]
    confidence: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Fact:
    """
    A figure about a treaty that is right on a date, for instance how many had signed.

    Attributes:
        document_id: The treaty.
        fact: What was counted.
        date: ISO date on which it was so.
        figure: The number.
        source: Who says so, with an address where there is one.
        confidence: ``high`` for the depositary's own number, else ``medium`` or ``low``.
        note: What is uncertain.
    """

    document_id: str
    fact: str
    date: str
    figure: int
    source: str
    confidence: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """
    One part of a claim, as a question to the data; its verdict is derived and never written.

    What each kind of question asks, and how it is answered: `safeguards.verdicts`.

    Attributes:
        claim_check_id: Stable id: the claim's, and the number of the part.
        claim_id: Claim that it is a part of.
        part: What this part asserts, in our words.
        question: Kind of question; ``none`` where no data could answer it.
        document_id: Document that is asked.
        passage_ids: Provisions in play.
        codes: Codes looked for; any of them will do.
        attributes: What a code found must also say.
        fact: For ``outline`` and ``register``: what is looked up.
        date: For ``register``: ISO date the claim names.
        expected: What bears the part out: statuses (``absent``: no such code), severities, a number
            or a least and a most, words of a heading.
        verdict: What the data say of the part; derived.
        verdict_reason: What was found, and where; derived.
        provisional: True while it rests on a restatement, or on a number not confirmed; derived.
    """

    claim_check_id: str
    claim_id: str
    part: str
    question: str
    document_id: str
    passage_ids: tuple[str, ...]
    codes: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    fact: str | None
    date: str | None
    expected: tuple[str, ...]
    verdict: str
    verdict_reason: str
    provisional: bool
