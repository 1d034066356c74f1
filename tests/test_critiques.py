"""Critiques: numbered paragraphs, and which of them belong to the page around the critique."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safeguards.critiques import read_critique
from safeguards.model import hash_text
from safeguards.text import decode, read_lines

SEEDS = Path(__file__).parents[2] / "shared" / "seeds"
PROSE = "The treaty lets every state keep the logs of all pilots, and no judge is ever asked."
# What a person found to be no part of the critique, by line number of the file.
EXPECTED = {
    "000": {1, 2, 3, 4, *range(14, 26)},
    "001": {1, 7, 9, 22, 26, 28, 29, 31, 33, *range(35, 39), *range(40, 57, 2)},
    "002": {3, 7, 8, 22, 23, 37, 38, 48},
    "003": set(),
    "004": {8, 9},
}


def flagged(*lines: str) -> list[str]:
    """Return the lines that are flagged."""
    return [str(p.text) for p in read_critique("\n".join(lines), "demo") if p.boilerplate]


def test_paragraphs_are_numbered_and_kept() -> None:
    """Every line that holds words is a passage, flagged or not."""
    passages = read_critique(f"# No judge\n\n{PROSE}\n\nShare this\n", "demo")
    assert [(p.passage_id, p.level, p.ordinal, p.text) for p in passages] == [
        ("demo:p_1", "paragraph", 1, "No judge"),
        ("demo:p_2", "paragraph", 2, PROSE),
        ("demo:p_3", "paragraph", 3, "Share this"),
    ]
    assert passages[1].text_sha256 == hash_text(PROSE)
    assert [p.boilerplate for p in passages] == [False, False, True]


@pytest.mark.parametrize(
    "line",
    [
        "Posted by: Ann Writer",
        "By Ann Writer and Bo Author",
        "Last updated 3 May 2031, 10:15",
        "Hill Town, 03/05/2031",
        "drone_980x600.jpg",
        "https://example.org/drones",
        "Subscribe to our newsletter!",
        "Read more: ten drones to love",
        "Comments (12)",
        "© 2031 The Daily Drone",
        "Photo: a drone over the valley",
        "4 min read",
        "Tags: drones, logs",
        "Ann Writer is a freelance reporter on the law of the air.",
        "A lawyer with ten years of hands-on flying experience.",
    ],
)
def test_lines_that_give_themselves_away(line: str) -> None:
    """Bylines, dates, files, buttons, captions and biographies are flagged inside the text too."""
    assert flagged(PROSE, line, PROSE) == [line]


@pytest.mark.parametrize(
    "line",
    [
        "What is missing",
        "Positive impacts:",
        "- a judge;",
        "States that sign up to it cannot share data without a judge.",
        "By signing, states accept all of it.",
        "No data are deleted, ever.",
        "Pilots must show all of it, and may read more of it than others.",
        "The treaty was adopted on 3 May 2031 and opened for signature in Hill Town a week later.",
        "It covers cookies, bookmarks of criminals and other things nobody asked for, which is why "
        "states hesitate to subscribe to its aims in so many words, and rightly do.",
    ],
)
def test_lines_of_the_critique_are_left_in_peace(line: str) -> None:
    """Headings, list items and sentences inside the text are not flagged."""
    assert flagged(PROSE, line, PROSE) == []


def test_menus_before_and_teasers_after_the_text() -> None:
    """Outside the running text only its title stays."""
    before, after = ["Daily Drone", "News"], ["Ten drones you will love", "Best kites of the y"]
    assert flagged(*before, "No judge for the pilots", PROSE, PROSE, *after) == [*before, *after]


def test_teasers_in_whole_sentences_after_a_heading_that_ends_the_text() -> None:
    """After "Related" near the end, whole sentences are teasers as well."""
    assert flagged(PROSE, PROSE, PROSE, "Related", PROSE) == ["Related", PROSE]


def test_short_last_sentences_belong_to_the_text() -> None:
    """The last items of a list may be shorter than running text."""
    assert flagged(PROSE, "1. Pilots must show all of it.", "2. Nobody must ever read it.") == []


def test_pictures_that_come_back_and_their_captions() -> None:
    """A line that stands for several pictures is flagged, with the caption below it."""
    picture = ["A drone -0", "The minister and the drone."]
    assert flagged(PROSE, *picture, PROSE, *picture, PROSE) == picture * 2


def test_a_page_without_running_text_loses_only_what_gives_itself_away() -> None:
    """Where no line is running text, place tells nothing."""
    assert flagged("No judge", "Log in", "For pilots") == ["Log in"]


@given(st.text())
def test_any_text_gives_one_passage_for_each_line(text: str) -> None:
    """Nothing is lost, whatever the text."""
    passages = read_critique(text, "demo")
    assert [p.text for p in passages] == [line.text for line in read_lines(text)]


@pytest.mark.skipif(not SEEDS.is_dir(), reason="the source texts are not beside the project")
@pytest.mark.parametrize("number", list(EXPECTED))
def test_real_critiques(number: str) -> None:
    """On the five real pages the flags are those that a person gave."""
    (path,) = SEEDS.glob(f"{number}_*.txt")
    text = decode(path.read_bytes(), path.name)
    found = zip(read_lines(text), read_critique(text, "demo"), strict=True)
    assert {line.number for line, passage in found if passage.boilerplate} == EXPECTED[number]
