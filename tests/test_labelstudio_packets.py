"""Packets: what a language model is given, and what becomes of its answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from safeguards.errors import RecordFault, UsageFault
from safeguards.labelstudio.client import build_seat
from safeguards.labelstudio.convert import Seat
from safeguards.labelstudio.packets import build_packets, read_answers
from safeguards.proposals import Prediction
from safeguards.records import write_records
from safeguards.repository import Repository


@pytest.fixture
def seat(tiny: Repository) -> Seat:
    """Return the place of one annotator in the tiny pilot."""
    return build_seat(tiny, tiny.round("pilot"), "lm-x")


def write_answers(folder: Path, *answers: dict[str, Any]) -> Path:
    """Write answers as a model would, one a line."""
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(answer) + "\n" for answer in answers), encoding="utf-8")
    return path


def test_parts_hold_every_passage_once(tiny: Repository) -> None:
    """The parts of a round together show each of its passages, in one part only."""
    plan = tiny.round("pilot")
    packets = build_packets(tiny, plan, 2)
    shown = [
        line[3:]
        for packet in packets
        for line in packet["passages.md"].splitlines()
        if line.startswith("## tiny:")
    ]
    assert shown == [p.passage_id for p in tiny.round_passages(plan)]
    assert all("## tiny:" in packet["passages.md"] for packet in packets)


def test_a_packet_shows_nobodys_codes(tiny: Repository) -> None:
    """No reason that another annotator gave stands in a packet."""
    reasons = [r.reason for rows in tiny.annotations("pilot").values() for r in rows if r.reason]
    packet = "".join(build_packets(tiny, tiny.round("pilot"), 1)[0].values())
    assert reasons
    assert not [reason for reason in reasons if reason in packet]


def test_a_packet_shows_the_proposals_of_its_round(tiny: Repository) -> None:
    """A round pushed with proposals shows them in the packet, as it does on the page."""
    passage = tiny.round_passages(tiny.round("pilot"))[0]
    proposal = Prediction(
        passage.passage_id,
        passage.text_sha256 or "",
        "vagueness",
        "degree_term",
        3,
        8,
        None,
        "cues",
    )
    write_records(tiny.predictions_path("pilot"), [proposal])
    packet = build_packets(tiny, tiny.round("pilot"), 1)[0]["passages.md"]
    assert packet.count("Proposals (take, change or leave them):") == 1
    assert f"- vagueness `degree_term` on '{(passage.text or '')[3:8]}'" in packet


def test_too_many_parts_are_refused(tiny: Repository) -> None:
    """Articles stay whole, so there cannot be more parts than articles."""
    with pytest.raises(UsageFault, match="9 parts of 3 articles; take 1 to 3"):
        build_packets(tiny, tiny.round("pilot"), 9)


def test_answers_become_the_rows_of_the_same_words(
    tiny: Repository, seat: Seat, tmp_path: Path
) -> None:
    """Words and place give the offsets that a person's mouse would have given."""
    known = next(r for r in tiny.annotations("pilot")["lm-x"] if r.status)
    text = seat.passages[known.passage_id].text or ""
    answer = {
        "passage_id": known.passage_id,
        "layer": known.layer,
        "code": known.code,
        "words": text[known.start : known.end],
        "status": known.status,
        "force": known.force,
        "attributes": {a.name: a.value for a in known.attributes},
        "confidence": known.confidence,
        "reason": known.reason,
    }
    assert read_answers(write_answers(tmp_path, answer), seat) == [known]


def test_every_wrong_answer_is_named_with_its_line(seat: Seat, tmp_path: Path) -> None:
    """Unknown passage, words that are not there, an unknown key: each has its line."""
    passage_id = next(iter(seat.passages))
    path = write_answers(
        tmp_path,
        {"passage_id": "tiny:art_99", "layer": "none"},
        {"passage_id": passage_id, "layer": "power", "code": "search_access", "words": "zebra"},
        {"passage_id": passage_id, "layer": "none", "colour": "red"},
    )
    with pytest.raises(RecordFault) as caught:
        read_answers(path, seat)
    assert caught.value.faults == [
        "answers.jsonl:1: tiny:art_99 is not in round pilot; leave it out",
        f"answers.jsonl:2: {passage_id} search_access: 'zebra' stands 0 times in the passage, "
        "not 1; copy the words from the passage",
        "answers.jsonl:3: colour: unknown key",
    ]


def test_a_round_of_both_editions_takes_the_official_one_where_it_is_pinned(
    tiny: Repository,
) -> None:
    """A treaty with a pinned text is coded on it, a critique or treaty without on our words."""
    plan = replace(tiny.round("pilot"), edition="both")
    assert tiny.round_edition(plan, "tiny") == "official"
    assert tiny.round_edition(plan, "sketch") == "restatement"
    assert {p.edition for p in tiny.round_passages(plan)} == {"official"}
