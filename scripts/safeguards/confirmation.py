"""
Confirmation: restatements held against the official texts, wherever these were fetched.

A restatement is written in other words and must keep the law: who must, who may, how many days,
and every "as appropriate". None of that can be checked on a fresh clone, because no official text
is shipped; with the text at hand each rule here looks for one thing that a restatement can lose.
The rules read words, not meaning. What passes them is confirmed in the sense that nothing of the
kind is missing, and what they report is for a reader to judge.

A rule yields a message for each finding; its id is the name of its function with hyphens, its
docstring is its documentation.
"""

from __future__ import annotations

import inspect
import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from safeguards.errors import UsageFault
from safeguards.model import Annotation, Document, Passage, Problem
from safeguards.provisions import split
from safeguards.repository import Repository

CONFIRMED = "official-confirmed"
Rule = Callable[["Pair"], Iterator[str]]
RULES: dict[str, Rule] = {}

_BELOW_PARAGRAPHS = ("point", "indent", "wrapup")
_RUN = 8  # shared words in a row from which on a restatement is a copy
_MARGIN = 0.25  # by how much a text must resemble another unit more than its own
_TWIN = 0.6  # from which likeness on two official units say nearly the same

# Modal classes, in the order in which they are looked for: what one takes, the next does not see.
# "May be necessary" grants nothing, nor does "as the case may be", and a definition that "shall
# mean" something binds no one to act. What "shall prevent" nothing leaves free, with any verb form.
_MODALS = {
    "": r"may be (?:necessary|needed|required)|case may be|(?:shall|must) mean",
    "does not bar": r"(?:shall|must|does) not (?:prevent|preclude|bar)"
    r"|no(?:thing)?(?: (?!shall|must|may)\w+){1,4}?(?: shall| must)? (?:prevent|preclude|bar)s?",
    "must not": r"(?:shall|must|may) (?:not|never)|(?:shall|must|may) in no case",
    "must consider": r"(?:shall|must)(?:,[^,;]+,| \w+ly| also)? consider(?:ed)?",
    "must try": r"(?:shall|must)(?:,[^,;]+,| \w+ly)? (?:endeavou?r|strive|seek|try)",
    "must": r"shall|must",
    "is encouraged": r"should|(?:is|are|be) encouraged",
    "may": r"may|(?:is|are) free to",
}
_MODAL = re.compile(
    r"\b(?:" + "|".join(f"({pattern})" for pattern in _MODALS.values()) + r")\b", re.IGNORECASE
)

# Qualifiers: how treaties say them, and what a restatement may say instead.
_QUALIFIERS = {
    "as appropriate": (r"(?:as|if|where|when(?:ever)?) appropriate", r"fitting|suits?|suitable"),
    "where possible": (
        r"(?:as|if|where|when(?:ever)?|far as) (?:possible|feasible|practicable)",
        r"extent (?:possible|feasible|practicable)|as it can",
    ),
    "to the extent": (r"to the (?:\w+ )?extent", r"as far as|in ?so ?far as"),
    "inter alia": (r"inter alia|among other(?:s| things)", r"including|such as|for example"),
    "as may be necessary": (
        r"may be (?:necessary|required)",
        r"(?:is|are|as) (?:necessary|needed)",
    ),
    "if necessary": (
        r"(?:as|if|where|when|long as) (?:necessary|required)",
        r"needed|needs?|(?:if|where|when)(?: \w+){1,5} require[sd]?",
    ),
    "subject to": (
        r"subject to",
        r"bound by|within the limits|the object of"
        r"|(?:on|under) (?:the|these|those|such) (?:terms and )?conditions?",
    ),
    "without prejudice": (r"without prejudice to", r"leaves? .* (?:untouched|as it is)|not affect"),
    "provided that": (r"provided that|on (?:the )?condition that", r"if|as long as"),
    "unless": (r"unless|except(?:ing|ed)?|save", r"but|other than|apart from|not if|only if"),
    "in particular": (r"in particular|especially", r"particularly|above all"),
    "only": (r"only|solely|exclusively", r"alone|but those|nothing (?:but|else)"),
    "reasonable": (r"reasonabl[ey]", r"within reason"),
    "at least": (r"at least|(?:not|no) less than|a minimum of", r"or more|not under"),
    "at most": (
        r"at most|(?:up to )?(?:a |the )?maximum|up to|(?:not|no) (?:more|longer|later) than"
        r"|not exceed(?:ing)?",
        r"never (?:over|more)|at the latest|within",
    ),
}
_UNITS = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
    "eighteen", "nineteen",
]  # fmt: skip
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBER_WORDS = {word: n for n, word in enumerate(_UNITS)} | {
    word: 10 * n for n, word in enumerate(_TENS, 2)
}
_NUMBER = re.compile(
    rf"\b(?:(?P<digits>\d+)|(?P<tens>{'|'.join(_TENS)})(?:[- ](?P<ones>{'|'.join(_UNITS[1:10])}))?"
    rf"|(?P<unit>{'|'.join(_UNITS)}))\b",
    re.IGNORECASE,
)
# "The two" for both of those that were named: a pronoun, unless it measures time.
_BOTH = re.compile(r"\bthe two\b(?! (?:hours?|days?|weeks?|months?|years?)\b)", re.IGNORECASE)
# A title of four words and more, which cannot be said in other words and counts as one.
_TITLE = re.compile(r"[A-Z]\w+(?:(?: (?:of|on|and|the|for|in|to|against))* [A-Z]\w+){2,}")
_WORD = re.compile(r"[a-z0-9]+")


@dataclass(frozen=True)
class Texts:
    """
    The official text of a document, made ready to be compared with.

    Attributes:
        passages: Its passages.
        restated: Ids of the passages that have a restatement of their own.
    """

    passages: Sequence[Passage]
    restated: frozenset[str]

    @cached_property
    def by_id(self) -> dict[str, str]:
        """The words of each passage that has any, with points below it that nothing restates."""
        own = {p.passage_id: p for p in self.passages}
        found: dict[str, list[str]] = defaultdict(list)
        for passage in self.passages:
            home = passage
            while home.passage_id not in self.restated and home.level in _BELOW_PARAGRAPHS:
                home = own[home.parent_id or ""]
            found[home.passage_id].append(passage.text or "")
        return {key: text for key, texts in found.items() if (text := "\n".join(texts).strip())}

    @cached_property
    def runs(self) -> set[tuple[str, ...]]:
        """Every run of so many words that it would be a copy."""
        return {run for p in self.passages for _, run in _iter_runs(p.text or "")}

    @cached_property
    def weights(self) -> Mapping[str, float]:
        """How much each stem tells: the rarer in the document, the more."""
        texts = [set(_stems(text)) for text in self.by_id.values()]
        counted = Counter(stem for stems in texts for stem in stems)
        return {stem: math.log((1 + len(texts)) / n) for stem, n in counted.items()}

    @cached_property
    def vectors(self) -> dict[str, dict[str, float]]:
        """The weighted stems of each passage."""
        return {key: self.weigh(text) for key, text in self.by_id.items()}

    def weigh(self, text: str) -> dict[str, float]:
        """Return the weighted stems of *text*, of length one."""
        counted = Counter(_stems(text))
        vector = {s: n * self.weights.get(s, 0.0) for s, n in counted.items()}
        length = math.sqrt(sum(w * w for w in vector.values())) or 1.0
        return {s: w / length for s, w in vector.items() if w}


@dataclass(frozen=True, slots=True)
class Pair:
    """
    A restated unit and what it restates.

    Attributes:
        restated: The restated passage.
        official: The official words at its address; None where there are none.
        texts: The whole official text.
    """

    restated: Passage
    official: str | None
    texts: Texts

    @property
    def words(self) -> str:
        """The words of the restatement."""
        return self.restated.text or ""


def confirm_restatements(repository: Repository, only: str | None = None) -> list[Problem]:
    """
    Return what the official texts say about the restatements, by path, line and rule.

    A unit that nothing speaks against has one line with the id `CONFIRMED`, which is no problem.

    Args:
        repository: The checkout.
        only: Return the lines of this rule alone.

    Raises:
        UsageFault: No restated document has its official text here.
        TextChanged: An official text is not the one that was coded.
    """
    problems: list[Problem] = []
    documents = [d for d in repository.documents if _can_confirm(repository, d)]
    if not documents:
        raise UsageFault(
            "no restated document has its official text here; run 'safeguards fetch' first"
        )
    for document in documents:
        problems += _confirm_document(repository, document)
    chosen = [p for p in problems if only in (None, p.check_id)]
    return sorted(chosen, key=lambda p: (p.path, p.line, p.check_id, p.message))


def find_unconfirmable(repository: Repository) -> list[str]:
    """Return the ids of the restated documents whose official text is not here."""
    restated = [d for d in repository.documents if repository.restatement(d.document_id)]
    return [d.document_id for d in restated if not _can_confirm(repository, d)]


def describe_rules() -> list[dict[str, str]]:
    """Return id and documentation of every rule."""
    rows = [
        {"check": rule_id, "rule": " ".join((inspect.getdoc(rule) or "").split())}
        for rule_id, rule in RULES.items()
    ]
    return [*rows, {"check": CONFIRMED, "rule": "No rule speaks against a unit; no problem."}]


def _can_confirm(repository: Repository, document: Document) -> bool:
    """Tell whether a document has both texts."""
    restated = repository.restatement(document.document_id)
    return restated is not None and repository.official_path(document.document_id).is_file()


def _confirm_document(repository: Repository, document: Document) -> Iterator[Problem]:
    """Yield what the official text of one document says."""
    document_id = document.document_id
    text, units = repository.restatement(document_id) or ("", [])
    lines = {unit.record.eid: unit.line for unit in units}
    passages = [p for p in split(text, document_id, "restatement") if p.text]
    official = split(repository.official_text(document_id) or "", document_id)
    texts = Texts(official, frozenset(p.passage_id for p in passages))
    codes = _provisional_codes(repository)
    for passage in passages:
        pair = Pair(passage, texts.by_id.get(passage.passage_id), texts)
        line = lines.get(passage.eid, 1)
        found = [(rule_id, message) for rule_id, rule in RULES.items() for message in rule(pair)]
        if not found:
            found = [(CONFIRMED, _say_confirmed(codes[passage.passage_id]))]
        for rule_id, message in found:
            path = f"corpus/restatements/{document_id}.yaml"
            yield Problem(path, line, rule_id, f"{passage.passage_id} {message}")


def _provisional_codes(repository: Repository) -> Mapping[str, list[Annotation]]:
    """Return the codes that rest on restatements, by passage."""
    found: dict[str, list[Annotation]] = defaultdict(list)
    for row in [*repository.iter_annotations(), *repository.adjudicated]:
        if row.edition == "restatement":
            found[row.passage_id].append(row)
    return found


def _say_confirmed(codes: Sequence[Annotation]) -> str:
    """Say that a unit is confirmed, with the codes that rest on it."""
    names = ", ".join(f"{row.code} ({row.annotator_id})" for row in codes)
    return "keeps what was looked for" + (f"; codes confirmed: {names}" if names else "")


def _rule(function: Rule) -> Rule:
    """Register a rule under the name of its function."""
    RULES[function.__name__.replace("_", "-")] = function
    return function


# The rules.


@_rule
def official_modal(pair: Pair) -> Iterator[str]:
    """A restatement keeps every must, must consider, may or is encouraged, and adds none."""
    wanted, found = count_modals(pair.official or ""), count_modals(pair.words)
    for name in sorted(wanted - found):
        yield f"lost '{name}': {wanted[name]} in the official text, {found[name]} here"
    # "Shall refer and inform" may become "must refer and must inform": repeating adds no force.
    for name in sorted(set(found) - set(wanted)):
        yield f"added '{name}': the official text does not say it"


@_rule
def official_number(pair: Pair) -> Iterator[str]:
    """A restatement has every number of the text, and no other, as digits or as words."""
    wanted = read_numbers(_without_own_number(pair))
    for number in sorted(wanted - read_numbers(pair.words)):
        yield f"lost the number {number}"
    for number in sorted(read_numbers(_BOTH.sub("both", pair.words)) - wanted):
        yield f"added the number {number}"


@_rule
def official_qualifier(pair: Pair) -> Iterator[str]:
    """A restatement keeps each qualifier: as appropriate, inter alia, subject to, at most ..."""
    for name, (said, other) in _QUALIFIERS.items():
        wanted = _count(said, pair.official or "")
        # What says the same counts only as far as the official text does not say it besides.
        instead = max(0, _count(other, pair.words) - _count(other, pair.official or ""))
        if wanted > _count(said, pair.words) + instead:
            yield f"lost the qualifier '{name}'"


@_rule
def official_place(pair: Pair) -> Iterator[str]:
    """A restatement is most like the official unit at its own address."""
    if pair.official is None:
        yield "is not in the official text"
        return
    vectors, words = pair.texts.vectors, pair.texts.weigh(pair.words)
    own = vectors[pair.restated.passage_id]
    others = {key: v for key, v in vectors.items() if _likeness(v, own) < _TWIN}
    best = max(others, key=lambda key: _likeness(others[key], words), default=None)
    if best is None:
        return
    there, here = _likeness(others[best], words), _likeness(own, words)
    if there > here + _MARGIN:
        yield f"is more like {best} ({there:.2f}) than its own unit ({here:.2f})"


@_rule
def official_overlap(pair: Pair) -> Iterator[str]:
    """A restatement shares no run of eight or more words with the text; a title counts as one."""
    words = _read_run_words(pair.words)
    shared = [start for start, run in _iter_runs(pair.words) if run in pair.texts.runs]
    for start in (place for place in shared if place - 1 not in shared):
        end = next(place for place in itertools.count(start) if place + 1 not in shared) + _RUN
        yield f"shares {end - start} words: '{' '.join(words[start:end])}'"


# What the rules count.


def count_modals(text: str) -> Counter[str]:
    """
    Return how often each modal class stands in *text*, whether in treaty language or in ours.

    >>> sorted(count_modals("It shall, as appropriate, consider it, and may refuse.").items())
    [('may', 1), ('must consider', 1)]
    >>> count_modals("such measures as may be necessary")
    Counter()
    """
    names = list(_MODALS)
    classes = (names[(match.lastindex or 1) - 1] for match in _MODAL.finditer(text))
    return Counter(name for name in classes if name)


def read_numbers(text: str) -> set[int]:
    """
    Return the numbers in *text*. "One" is left out: it is a pronoun more often than a number.

    >>> sorted(read_numbers("ninety days, twenty-four hours, Articles 2 through 11, one of them"))
    [2, 11, 24, 90]
    """
    found = set()
    for match in _NUMBER.finditer(text):
        words = [w for w in (match["tens"], match["ones"], match["unit"]) if w]
        number = sum(_NUMBER_WORDS[w.lower()] for w in words)
        if match["digits"] or number > 1:
            found.add(int(match["digits"]) if match["digits"] else number)
    return found


def _count(pattern: str, text: str) -> int:
    """
    Return how often the words of *pattern* stand in *text*.

    >>> _count("subject to", "Subject to paragraph 2, it is subject to review.")
    2
    """
    return len(re.findall(rf"\b(?:{pattern})\b", text, re.IGNORECASE))


def _without_own_number(pair: Pair) -> str:
    """Return the official words without the unit's number, which some sources print without dot."""
    own = re.escape((pair.restated.num or "").strip(".()"))
    return re.sub(rf"^{own}\s", "", pair.official or "") if own else pair.official or ""


def _stems(text: str) -> list[str]:
    """Return the words of *text* cut to six letters, which joins most forms of a word."""
    return [word[:6] for word in _WORD.findall(text.lower())]


def _likeness(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Return the cosine of two vectors of length one."""
    return sum(weight * other.get(stem, 0.0) for stem, weight in one.items())


def _read_run_words(text: str) -> list[str]:
    """
    Return the words of *text* that a copy would share, each title as one.

    >>> _read_run_words("the Covenant on Civil and Political Rights, too")
    ['the', 'covenant-on-civil-and-political-rights', 'too']
    """
    joined = _TITLE.sub(lambda match: match[0].replace(" ", "-"), text)
    return re.findall(r"[a-z0-9-]*[a-z0-9]", joined.lower())


def _iter_runs(text: str) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield each run of `_RUN` words, with the place of its first word."""
    words = _read_run_words(text)
    for start in range(len(words) - _RUN + 1):
        yield start, tuple(words[start : start + _RUN])
