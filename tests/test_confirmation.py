"""Restatements held against official texts: what each rule finds, and what it leaves alone."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from safeguards.cli.main import main
from safeguards.confirmation import (
    _NUMBER,
    _QUALIFIERS,
    CONFIRMED,
    RULES,
    Pair,
    Texts,
    confirm_restatements,
    count_modals,
    read_numbers,
)
from safeguards.errors import UsageFault
from safeguards.model import Annotation, Passage
from safeguards.provisions import split
from safeguards.records import write_records
from safeguards.repository import Repository


def findings(rule: str, official: str, restated: str, num: str | None = None) -> list[str]:
    """Return what a rule says about one restated unit."""
    text = Passage("d:art_1", "d", "official", "art_1", "article", text=official)
    other = Passage(
        "d:art_2", "d", "official", "art_2", "article", text="Pilots fly gliders at dawn."
    )
    unit = Passage("d:art_1", "d", "restatement", "art_1", "article", num, text=restated)
    texts = Texts([text, other], frozenset({"d:art_1"}))
    return list(RULES[rule](Pair(unit, texts.by_id.get("d:art_1"), texts)))


MODALS = [
    ("The Party shall act.", "The Party may act.", ["lost 'must': 1 in the official text, 0 here", "added 'may': the official text does not say it"]),
    ("It shall consider it.", "It must do it.", ["lost 'must consider': 1 in the official text, 0 here", "added 'must': the official text does not say it"]),
    ("It shall not refuse.", "It must refuse.", ["lost 'must not': 1 in the official text, 0 here", "added 'must': the official text does not say it"]),
    ("It shall endeavour to act.", "It must act.", ["lost 'must try': 1 in the official text, 0 here", "added 'must': the official text does not say it"]),
    ("It should act.", "It acts.", ["lost 'is encouraged': 1 in the official text, 0 here"]),
    ("A and B shall act. C shall rest.", "A and B must act.", ["lost 'must': 2 in the official text, 1 here"]),
    ("It shall mean an act.", "It may mean an act.", ["added 'may': the official text does not say it"]),
    ("It shall mean an act and shall act.", "It means an act and may act.", ["lost 'must': 1 in the official text, 0 here", "added 'may': the official text does not say it"]),
    ("This shall not prevent A from acting.", "A acts.", ["lost 'does not bar': 1 in the official text, 0 here"]),
    ("This shall not prevent A from acting.", "This must prevent A from acting.", ["lost 'does not bar': 1 in the official text, 0 here", "added 'must': the official text does not say it"]),
    ("It shall refuse.", "Nothing bars it from refusing.", ["lost 'must': 1 in the official text, 0 here"]),
    ("No Party shall refuse what its law bars.", "No Party refuses what its law bars.", ["lost 'must': 1 in the official text, 0 here"]),
    ("Nothing in this shall be read as an obligation.", "Nothing in this obliges it.", ["lost 'must': 1 in the official text, 0 here"]),
]  # fmt: skip


@pytest.mark.parametrize(("official", "restated", "messages"), MODALS)
def test_a_changed_force_is_found(official: str, restated: str, messages: list[str]) -> None:
    """Who may where the text says must, or must where it says consider, is another law."""
    assert findings("official-modal", official, restated) == messages


@pytest.mark.parametrize(
    ("official", "restated"),
    [
        ("It shall act.", "It must act."),
        ("It shall, where appropriate, consider it.", "It must consider it."),
        ("It shall refer it and inform them.", "It must refer it, and must inform them."),
        ("States are encouraged to act; A may rest.", "States should act; A is free to rest."),
        ("Such measures as may be necessary.", "The measures needed."),
        ("It may not refuse.", "It must not refuse."),
        ("It shall strive to act.", "It must seek to act."),
        ("A group shall mean two persons, and A shall act.", "A group means two. A must act."),
        ("Nothing in it shall prevent A from acting.", "No such request bars A from acting."),
        ("This shall not preclude acts.", "Nothing in this paragraph precludes acts."),
        ("This shall not prevent acts.", "This must not prevent acts."),
    ],
)
def test_the_same_force_in_other_words(official: str, restated: str) -> None:
    """What has the same force may be said in the restatement's own words."""
    assert findings("official-modal", official, restated) == []


@pytest.mark.parametrize(
    ("text", "counted"),
    [
        ("Shall SHALL shall", {"must": 3}),
        ("it may, and it may not", {"may": 1, "must not": 1}),
        ("as the case may be, in May", {"may": 1}),  # the month is not told apart
        ("the marshall mayor", {}),
        ("", {}),
    ],
)
def test_modals_are_words(text: str, counted: dict[str, int]) -> None:
    """Modal classes are counted by whole words, whatever their case."""
    assert dict(count_modals(text)) == counted


def test_lost_and_added_numbers_are_found() -> None:
    """Digits and words are the same number."""
    official = "For at most ninety days, under Articles 2 through 11."
    assert findings("official-number", official, "For 90 days, under Articles 2 to 11.") == []
    assert findings("official-number", official, "For 60 days, under Article 2.") == [
        "lost the number 11",
        "lost the number 90",
        "added the number 60",
    ]


@pytest.mark.parametrize(
    ("official", "restated", "messages"),
    [
        ("A asks B, with which it has no treaty.", "The two have no treaty.", []),
        ("A asks B.", "A asks B within the two months.", ["added the number 2"]),
        ("A asks B.", "Two ask B.", ["added the number 2"]),
        ("Under the two preceding rules.", "Under the two rules before.", []),
        ("Under the two preceding rules.", "Under the rules before.", ["lost the number 2"]),
        ("In the three States.", "In the two.", ["lost the number 3"]),
    ],
)
def test_both_is_no_number_of_its_own(official: str, restated: str, messages: list[str]) -> None:
    """Saying "the two" points at those that were named: it may keep a number but adds none."""
    assert findings("official-number", official, restated) == messages


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("twenty-four hours, seven-day-a-week", {24, 7}),
        ("Twenty four", {24}),
        ("one of them, someone, attention, network", set()),
        ("1", {1}),
        ("paragraph 1.a, A/RES/79/243", {1, 79, 243}),
    ],
)
def test_numbers_are_read(text: str, numbers: set[int]) -> None:
    """Number words are read up to ninety-nine; the pronoun one is no number."""
    assert read_numbers(text) == numbers


def test_a_units_own_number_is_not_part_of_its_words() -> None:
    """A source that prints a paragraph's number without a dot leaves it in the text."""
    assert findings("official-number", "2 It shall end.", "It must end.", "2.") == []


QUALIFIERS = [
    ("as appropriate", "as appropriate", "as is fitting"),
    ("where possible", "where possible", "as far as possible"),
    ("to the extent permitted", "to the extent", "as far as the law permits"),
    ("inter alia", "inter alia", "including"),
    ("measures as may be necessary", "as may be necessary", "measures that are needed"),
    ("if necessary", "if necessary", "where necessary"),
    ("where required by it", "if necessary", "if the Party has so required"),
    ("subject to paragraph 3", "subject to", "bound by paragraph 3"),
    ("subject to those terms", "subject to", "on those conditions"),
    ("had it been subject to an inquiry", "subject to", "were it the object of an inquiry"),
    ("without prejudice to Article 3", "without prejudice", "this does not affect Article 3"),
    ("provided that it ends", "provided that", "if it ends"),
    ("unless it ends", "unless", "except where it ends"),
    ("in particular data", "in particular", "above all data"),
    ("only data", "only", "nothing but data"),
    ("a reasonable time", "reasonable", "reasonably long"),
    ("at least a day", "at least", "not less than a day"),
    ("up to a maximum of a day", "at most", "at most a day"),
    ("prison for a maximum period", "at most", "prison whose maximum period"),
]


@pytest.mark.parametrize(("official", "name", "instead"), QUALIFIERS)
def test_each_qualifier_is_missed_and_may_be_said_otherwise(
    official: str, name: str, instead: str
) -> None:
    """Losing a qualifier changes the law; saying it in other words does not."""
    assert findings("official-qualifier", official, "It acts.") == [f"lost the qualifier '{name}'"]
    assert findings("official-qualifier", official, instead) == []


def test_a_qualifier_that_stands_twice_is_missed_once() -> None:
    """Keeping one "subject to" of two is losing one."""
    official = "Subject to Article 2, it acts subject to review."
    assert findings("official-qualifier", official, "Subject to Article 2, it acts.") == [
        "lost the qualifier 'subject to'"
    ]


def test_a_condition_of_another_kind_stands_for_nothing() -> None:
    """What the law requires is no need, if the text speaks of both."""
    official = "Where necessary, it acts, and ends where required."
    assert findings(
        "official-qualifier", official, "It acts, and ends if the law requires it."
    ) == ["lost the qualifier 'if necessary'"]


def test_what_the_text_says_besides_stands_for_nothing() -> None:
    """A "particularly" that the text has anyway does not replace its "in particular"."""
    official = "In particular if data are particularly old."
    assert findings("official-qualifier", official, "If data are particularly old.") == [
        "lost the qualifier 'in particular'"
    ]


def test_a_restatement_of_another_unit_is_found() -> None:
    """A text that is more like another unit stands at the wrong address."""
    official = "Courts review the warrant."
    assert findings("official-place", official, "Courts look at each warrant.") == []
    assert findings("official-place", official, "At dawn, pilots fly a glider.") == [
        "is more like d:art_2 (1.00) than its own unit (0.00)"
    ]


def test_a_unit_that_the_text_does_not_have_is_found() -> None:
    """An address without official words has nothing to confirm it."""
    assert findings("official-place", "", "Something.") == ["is not in the official text"]


LONG = "the competent authorities of each Party keep a full and public record"


def test_eight_shared_words_are_a_copy() -> None:
    """The run is shown, once, in full length; seven words are none."""
    shown = " ".join(LONG.split()[:9])
    assert findings("official-overlap", LONG, f"Here {shown} anyway.") == [
        f"shares 9 words: '{shown.lower()}'"
    ]
    assert findings("official-overlap", LONG, "of each Party keep a full and") == []


def test_a_copy_of_another_unit_is_a_copy() -> None:
    """Words are sought in the whole document; each run has its line."""
    text = "One two three four five six seven eight. " * 2
    assert (
        len(findings("official-overlap", text, "One two three four five six seven eight nine")) == 1
    )


def test_a_title_counts_as_one_word() -> None:
    """The title of an instrument cannot be said in other words."""
    title = "International Covenant on Civil and Political Rights"
    assert findings("official-overlap", f"the {title}, and so on", f"the {title}, and so on") == []


# The whole checkout.


def spoil(repository: Repository, old: str, new: str) -> Repository:
    """Change the tiny restatement."""
    path = repository.path("corpus/restatements/tiny.md")
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    return Repository(repository.root)


def test_the_tiny_restatement_is_confirmed(tiny: Repository) -> None:
    """Each unit that nothing speaks against has its line."""
    problems = confirm_restatements(tiny)
    assert {p.check_id for p in problems} == {CONFIRMED}
    assert str(problems[0]) == (
        "corpus/restatements/tiny.yaml:1: official-confirmed "
        "tiny:art_1__para_1 keeps what was looked for"
    )


WRONG = [
    ("must be there", "may be there", "official-modal", "lost 'must': 1 in the official text, 0 here"),
    ("never over ninety", "never over thirty", "official-number", "added the number 30"),
    (", as appropriate", "", "official-qualifier", "lost the qualifier 'as appropriate'"),
    ("Parties are free to have data kept", "A Party may order that data be kept", "official-overlap",
     "shares 12 words: 'a party may order that data be kept for a reasonable time'"),
    ("a Party wants it otherwise", "Review by a court, as appropriate", "official-place",
     "is more like tiny:art_3__para_1"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "rule", "message"), WRONG, ids=[w[2] for w in WRONG])
def test_what_a_restatement_gets_wrong(
    tiny: Repository, old: str, new: str, rule: str, message: str
) -> None:
    """Each fault has its line, and the unit is no longer confirmed."""
    found = confirm_restatements(spoil(tiny, old, new))
    mine = [p for p in found if p.check_id == rule]
    assert any(message in p.message for p in mine)
    assert {p.line for p in mine}.isdisjoint(p.line for p in found if p.check_id == CONFIRMED)


def test_codes_on_a_restatement_are_confirmed_with_it(tiny: Repository) -> None:
    """A provisional code is confirmed together with the unit that it was made on."""
    path = tiny.annotations_path("pilot", "lm-x")
    rows: list[Annotation] = tiny.annotations("pilot")["lm-x"]
    moved = [replace(r, edition="restatement") for r in rows if r.code == "judicial_oversight"]
    write_records(path, moved)
    messages = [p.message for p in confirm_restatements(Repository(tiny.root))]
    assert (
        "tiny:art_3__para_1 keeps what was looked for; "
        "codes confirmed: judicial_oversight (lm-x)" in messages
    )


def test_points_that_nothing_restates_belong_to_their_paragraph() -> None:
    """A paragraph that is restated as a whole answers for its points and closing words."""
    text = "### Article 1\n1. A Party:\n\na) shall act;\n\nb) may rest\n\nwithin two days.\n"
    texts = Texts(split(text, "d"), frozenset({"d:art_1__para_1", "d:art_1__para_1__point_b"}))
    assert texts.by_id["d:art_1__para_1"] == "A Party:\nshall act;\nwithin two days."
    assert texts.by_id["d:art_1__para_1__point_b"] == "may rest"


def test_without_an_official_text_nothing_can_be_confirmed(tiny: Repository) -> None:
    """The way to one is named."""
    tiny.official_path("tiny").unlink()
    with pytest.raises(UsageFault, match="run 'safeguards fetch' first"):
        confirm_restatements(tiny)


def test_the_committed_restatements_are_confirmed() -> None:
    """Nothing speaks against the restatements whose official text is here."""
    repository = Repository(Path(__file__).parents[1])
    if repository.official_text("budapest") is None:
        pytest.skip("no transcription; run 'safeguards fetch budapest'")
    assert [p for p in confirm_restatements(repository) if p.check_id != CONFIRMED] == []


# What is done to each unit, and in how many of a hundred cases some rule has to see it.
ALTERED = [
    ("must to may", r"\bmust\b", "may", 93),
    ("must is dropped", r"\bmust (?:not )?", "", 98),
    ("may to must", r"\bmay\b", "must", 96),
    ("a number is changed", _NUMBER.pattern, "97", 100),
    ("a number is dropped", _NUMBER.pattern, "some", 82),
    *[
        (f"'{name}' is dropped", rf"\b(?:{said})\b", "", 80)
        for name, (said, _) in _QUALIFIERS.items()
    ],
]


@pytest.mark.parametrize(
    ("pattern", "new", "share"), [a[1:] for a in ALTERED], ids=[a[0] for a in ALTERED]
)
def test_altered_restatements_are_found(pattern: str, new: str, share: int) -> None:
    """Each restatement is altered at each place; some of what is repeated may go unseen."""
    repository = Repository(Path(__file__).parents[1])
    seen, missed = 0, []
    for pair in iter_pairs(repository):
        before = say(pair)
        for match in re.finditer(pattern, pair.words, re.IGNORECASE):
            if match[0].lower() == "one":
                continue
            text = pair.words[: match.start()] + new + pair.words[match.end() :]
            if say(replace(pair, restated=replace(pair.restated, text=text))) - before:
                seen += 1
            else:
                missed.append(f"{pair.restated.passage_id}: {match[0]}")
    if not seen + len(missed):
        pytest.skip("no official text, or nothing to alter")
    assert 100 * seen >= share * (seen + len(missed)), missed


def iter_pairs(repository: Repository) -> Iterator[Pair]:
    """Yield each restated unit whose official text is here."""
    for document in repository.documents:
        restated = repository.restatement(document.document_id)
        official = repository.official_text(document.document_id)
        if restated is None or official is None:
            continue
        own = [p for p in split(restated[0], document.document_id, "restatement") if p.text]
        ids = frozenset(p.passage_id for p in own)
        texts = Texts(split(official, document.document_id), ids)
        yield from (Pair(p, texts.by_id.get(p.passage_id), texts) for p in own)


def say(pair: Pair) -> Counter[str]:
    """Return what the rules for force, numbers and qualifiers say."""
    rules = ("official-modal", "official-number", "official-qualifier")
    return Counter(message for rule in rules for message in RULES[rule](pair))


@pytest.fixture
def check(tiny: Repository) -> Callable[..., Result]:
    """Run ``check`` on the tiny repository."""
    return lambda *more: CliRunner().invoke(main, ["-C", str(tiny.root), "check", *more])


def test_confirmed_units_are_no_problem(check: Callable[..., Result]) -> None:
    """Lines that confirm leave the exit code 0."""
    result = check("--official")
    assert (result.exit_code, result.stdout.count("official-confirmed")) == (0, 5)
    assert result.stderr == "5 restated units confirmed\n6 checks, 0 problems\n"


def test_a_finding_makes_the_exit_code_one(tiny: Repository, check: Callable[..., Result]) -> None:
    """What speaks against a restatement is a problem like any other."""
    spoil(tiny, ", as appropriate", "")
    result = check("--official", "--only", "official-qualifier")
    assert result.exit_code == 1
    assert result.stdout == (
        "corpus/restatements/tiny.yaml:25: official-qualifier "
        "tiny:art_3__para_1 lost the qualifier 'as appropriate'\n"
    )


def test_the_rules_are_listed_with_the_checks(check: Callable[..., Result]) -> None:
    """Each rule is documented, and belongs to --official alone."""
    listed = check("--list", "--format", "csv").stdout
    assert [rule for rule in [*RULES, CONFIRMED] if f"\n{rule}," not in listed] == []
    assert check("--only", "official-modal").exit_code == 2


def test_a_restatement_without_official_text_is_named(
    tiny: Repository, check: Callable[..., Result]
) -> None:
    """What cannot be confirmed is said on stderr."""
    for suffix in (".md", ".yaml"):
        source = tiny.path(f"corpus/restatements/tiny{suffix}")
        tiny.path(f"corpus/restatements/sketch{suffix}").write_bytes(source.read_bytes())
    assert (
        "sketch: no official text here, so nothing of it is confirmed" in check("--official").stderr
    )
