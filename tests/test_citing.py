"""Citations: the forms of each style, with version and hash, and nothing that is not known."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from safeguards.citing import Source, cite
from safeguards.cli.main import main
from safeguards.model import Document, Passage

ROOT = Path(__file__).parents[1]
SOURCE = Source("Treaty safeguards", ("The maintainers",), "0.1.0", "2026-11-22")
TREATIES = {
    "untoc": Document(
        "untoc", "treaty", "United Nations Convention against Transnational Organized Crime", "UNTOC",
        reference="A/RES/55/25, annex I", date="2000-11-15", opened="2000-12-12",
        in_force="2003-09-29", series=("TIAS No. 13127", "2225 UNTS 209"),
    ),
    "budapest": Document(
        "budapest", "treaty", "Convention on Cybercrime", "Budapest Convention", date="2001-11-23",
        opened="2001-11-23", in_force="2004-07-01", series=("TIAS No. 13174", "ETS No. 185"),
    ),
    "hanoi": Document(
        "hanoi", "treaty", "United Nations Convention against Cybercrime", "Hanoi Convention",
        reference="A/RES/79/243, annex", date="2024-12-24",
    ),
    "malabo": Document(
        "malabo", "treaty", "African Union Convention on Cyber Security", "Malabo Convention",
        date="2014-06-27", in_force="2023-06-08", authentic_url="https://au.int/en",
    ),
}  # fmt: skip
GOLDEN = {
    ("oscola", "untoc"): "United Nations Convention against Transnational Organized Crime "
    "(adopted 15 November 2000, entered into force 29 September 2003) 2225 UNTS 209 (UNTOC) art 18(3)",
    ("oscola", "budapest"): "Convention on Cybercrime (opened for signature 23 November 2001, "
    "entered into force 1 July 2004) ETS No 185 (Budapest Convention) art 18(3)",
    ("oscola", "hanoi"): "United Nations Convention against Cybercrime (adopted 24 December 2024) "
    "UN Doc A/RES/79/243, annex (Hanoi Convention) art 18(3)",
    (
        "oscola",
        "malabo",
    ): "African Union Convention on Cyber Security (adopted 27 June 2014, entered "
    "into force 8 June 2023) <https://au.int/en> (Malabo Convention) art 18(3)",
    ("bluebook", "untoc"): "United Nations Convention Against Transnational Organized Crime "
    "art. 18(3), opened for signature Dec. 12, 2000, T.I.A.S. No. 13127, 2225 U.N.T.S. 209",
    ("bluebook", "budapest"): "Convention on Cybercrime art. 18(3), opened for signature "
    "Nov. 23, 2001, T.I.A.S. No. 13174, E.T.S. No. 185",
    ("bluebook", "hanoi"): "United Nations Convention Against Cybercrime art. 18(3), adopted "
    "Dec. 24, 2024, G.A. Res. 79/243, annex, U.N. Doc. A/RES/79/243",
    ("bluebook", "malabo"): "African Union Convention on Cyber Security art. 18(3), adopted "
    "June 27, 2014, https://au.int/en",
}


def passage(document_id: str) -> Passage:
    """Return a coded paragraph."""
    return Passage(
        f"{document_id}:art_18__para_3", document_id, "official", "art_18__para_3", "paragraph",
        text_sha256="0123456789abcdef" * 4, text_chars=9,
    )  # fmt: skip


@pytest.mark.parametrize(("style", "treaty"), list(GOLDEN))
def test_a_provision_is_cited_as_its_treaty_is(style: str, treaty: str) -> None:
    """Title, dates, series and pinpoint stand in the order and with the full stops of the style."""
    found = cite(style, SOURCE, (TREATIES[treaty], passage(treaty)))
    assert found.startswith(GOLDEN[style, treaty] + ", as published in The maintainers, ")
    pinned = f"{treaty}:art_18__para_3, official text, SHA-256 0123456789ab"
    assert found.removesuffix(".").endswith(pinned)


DATASET = {
    "oscola": "The maintainers, 'Treaty safeguards' (version 0.1.0, 2026)",
    "bluebook": "The maintainers, Treaty safeguards (version 0.1.0, 2026) (dataset).",
    "bibtex": "@misc{treaty-safeguards-0.1.0,\n  author = {{The maintainers}},\n"
    "  title = {{Treaty safeguards}},\n  year = {2026},\n  version = {0.1.0},\n"
    "  note = {Dataset, version 0.1.0},\n}",
}


@pytest.mark.parametrize("style", list(DATASET))
def test_the_dataset_is_cited_with_its_version(style: str) -> None:
    """Whoever cites the dataset names the version."""
    assert cite(style, SOURCE) == DATASET[style]


def test_bibtex_of_a_provision_refers_to_the_dataset() -> None:
    """Two entries, the first with place, series and hash, in characters that BibTeX can read."""
    found = cite("bibtex", SOURCE, (TREATIES["untoc"], passage("untoc")))
    assert found.count("@misc{") == 2
    assert "howpublished = {TIAS No. 13127; 2225 UNTS 209}" in found
    assert (
        r"note = {As published in \cite{treaty-safeguards-0.1.0}: untoc:art\_18\_\_para\_3" in found
    )


def test_csl_has_a_treaty_and_a_dataset() -> None:
    """CSL-JSON is a list of items with CSL's own types and variables."""
    treaty, dataset = json.loads(cite("csl", SOURCE, (TREATIES["untoc"], passage("untoc"))))
    assert (treaty["type"], treaty["section"]) == ("treaty", "art. 18(3)")
    assert treaty["issued"] == {"date-parts": [[2000, 11, 15]]}
    assert (dataset["type"], dataset["version"]) == ("dataset", "0.1.0")


@pytest.mark.parametrize("words", ["budapest:16.2", "Budapest art. 16(2)"])
def test_the_command_takes_what_people_write(words: str) -> None:
    """Any way to write a provision leads to its citation, with the hash that the codes name."""
    done = CliRunner().invoke(main, ["-C", str(ROOT), "cite", words, "--style", "oscola"])
    assert " ETS No 185 (Budapest Convention) art 16(2), " in done.stdout
    assert "budapest:art_16__para_2, official text, SHA-256 aebd5089e0d3" in done.stdout


def test_a_text_nobody_read_has_no_hash() -> None:
    """A provision without any text is cited by its place alone."""
    done = CliRunner().invoke(main, ["-C", str(ROOT), "cite", "malabo:31", "--style", "bluebook"])
    assert done.stdout.endswith(", malabo:art_31.\n")
