"""Fetching official texts: from a real https server and from folders, through library and command."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml
from click.testing import CliRunner, Result

from safeguards.cli.main import main
from safeguards.download import Limits
from safeguards.errors import FetchFault, UsageFault
from safeguards.repository import Repository
from safeguards.sources import fetch_authentic, fetch_from_folder, fetch_pinned
from web import Web

LOCAL = Limits(allow_private=True)
BEFORE, AFTER = "A file of many texts 🗝️\n".encode(), b"\nThe end of the file.\n"


class Text(NamedTuple):
    """What an extractor returns."""

    text: str


def read_plain(data: bytes, name: str, *, language: str) -> Text:
    """Return the text of a file in UTF-8; PDF and HTML are tested where they are read."""
    return Text(data.decode("utf-8"))


@pytest.fixture
def tiny(tiny: Repository) -> Repository:
    """The tiny checkout, with the text of the treaty alone."""
    tiny.official_path("critic-2020-02").unlink()
    return tiny


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server whose certificate is trusted."""
    with Web(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        yield server


def register(repository: Repository, **entries: object) -> Repository:
    """Write entries for the tiny treaty into the register, and read the checkout anew."""
    path = repository.path("corpus/documents.yaml")
    documents = yaml.safe_load(path.read_text(encoding="utf-8"))
    documents[0].update(entries)
    path.write_text(yaml.safe_dump(documents), encoding="utf-8")
    return Repository(repository.root)


@pytest.fixture
def pinned(tiny: Repository, web: Web) -> Repository:
    """A checkout whose treaty is part of a file on the server, and was not fetched yet."""
    text = tiny.official_path("tiny").read_bytes()
    tiny.official_path("tiny").unlink()
    web.text = BEFORE + text + AFTER
    # The route is the first word of the path: a repository called "text" serves the file.
    return register(
        tiny,
        pinned_repository=web.address("/text"),
        pinned_start=len(BEFORE),
        pinned_end=len(BEFORE) + len(text),
    )


def official(repository: Repository) -> list[str]:
    """Return what lies in the folder of official texts."""
    return sorted(p.name for p in repository.path("corpus/official").glob("*"))


def run(repository: Repository, *arguments: str) -> Result:
    """Run a command on a checkout."""
    return CliRunner().invoke(main, ["-C", str(repository.root), *arguments])


# The pinned transcription.


def test_the_pinned_text_is_cut_from_its_file(pinned: Repository) -> None:
    """The byte range of the register is the text that was coded, and all that is kept."""
    path = fetch_pinned(pinned, pinned.document("tiny"), LOCAL)
    assert path == pinned.official_path("tiny")
    assert (pinned.official_text("tiny") or "").startswith("####Treaty of Tiny")
    assert official(pinned) == ["tiny.md"]


def test_the_address_names_commit_and_path(pinned: Repository, web: Web) -> None:
    """The file is asked for at the commit that the register pins."""
    missing = register(pinned, pinned_repository=web.address("/nothing"))
    commit = "0" * 40
    with pytest.raises(FetchFault, match=f"/nothing/raw/{commit}/tiny.md: answered 404"):
        fetch_pinned(missing, missing.document("tiny"), LOCAL)


def test_a_text_that_is_here_is_not_fetched_again(pinned: Repository, web: Web) -> None:
    """The second time nothing is asked of the network."""
    for _ in range(2):
        fetch_pinned(pinned, pinned.document("tiny"), LOCAL)
    assert len(web.asked) == 1


def test_a_damaged_text_is_replaced(pinned: Repository) -> None:
    """A file that is not the pinned text gives way to it."""
    pinned.official_path("tiny").write_bytes(b"rubbish")
    fetch_pinned(pinned, pinned.document("tiny"), LOCAL)
    assert pinned.official_text("tiny") is not None


def test_another_text_is_refused(pinned: Repository, web: Web) -> None:
    """A file with another SHA-256 is not written, and both hashes are named."""
    web.text = web.text.replace(b"ninety", b"eighty")
    with pytest.raises(FetchFault) as caught:
        fetch_pinned(pinned, pinned.document("tiny"), LOCAL)
    cut = web.text[len(BEFORE) : -len(AFTER)]
    assert f"another text (SHA-256 {hashlib.sha256(cut).hexdigest()}, the" in str(caught.value)
    assert "check pinned_* in corpus/documents.yaml" in str(caught.value)
    assert official(pinned) == []


def test_a_broken_download_goes_on_next_time(pinned: Repository, web: Web) -> None:
    """The part is kept beside the text, and gone when the text is there."""
    broken = register(pinned, pinned_repository=web.address("/broken"))
    with pytest.raises(FetchFault, match="run the command again to go on"):
        fetch_pinned(broken, broken.document("tiny"), LOCAL)
    assert official(broken) == ["tiny.md.part", "tiny.md.part.json"]
    fetch_pinned(broken, broken.document("tiny"), LOCAL)
    assert "range" in web.asked[-1]
    assert official(broken) == ["tiny.md"]


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({"pinned_sha256": None}, "tiny has no pinned text yet"),
        ({"pinned_repository": None}, "the register does not say where its text lies"),
    ],
)
def test_a_register_without_a_pin(
    pinned: Repository, entries: dict[str, object], message: str
) -> None:
    """Without hash or address there is nothing to ask for."""
    unpinned = register(pinned, **entries)
    with pytest.raises(UsageFault, match=message):
        fetch_pinned(unpinned, unpinned.document("tiny"), LOCAL)


@pytest.mark.parametrize("whole", [True, False])
def test_a_folder_may_hold_the_text_or_its_file(pinned: Repository, web: Web, whole: bool) -> None:
    """The text is known by its SHA-256, alone or inside the file that it is cut from."""
    folder = pinned.path("elsewhere/deep")
    folder.mkdir(parents=True)
    cut = web.text[len(BEFORE) : -len(AFTER)]
    (folder / "README.md").write_bytes(web.text if whole else cut)
    fetch_from_folder(pinned, pinned.document("tiny"), pinned.path("elsewhere"))
    assert pinned.official_path("tiny").read_bytes() == cut


# The authentic text.


@pytest.fixture
def authentic(pinned: Repository, web: Web) -> Repository:
    """A checkout whose authentic address serves a text of the treaty."""
    web.text = web.text[len(BEFORE) : -len(AFTER)].replace(b"for good", b"forever")
    return register(pinned, authentic_url=web.address("/text"))


def test_an_authentic_text_comes_with_its_origin(authentic: Repository, web: Web) -> None:
    """Beside the text stands where it came from, when, and what it was."""
    moved = register(authentic, authentic_url=web.address("/moved"))
    kept = fetch_authentic(moved, moved.document("tiny"), "2026-11-22", read_plain, LOCAL)
    assert kept.path.read_bytes() == web.text
    notes = yaml.safe_load(moved.authentic_path("tiny", "yaml").read_text(encoding="utf-8"))
    assert notes == {
        "file": "tiny.authentic.txt",
        "address": web.address("/moved"),
        "final_address": web.address("/text"),
        "media_type": "text/plain",
        "bytes": len(web.text),
        "sha256": hashlib.sha256(web.text).hexdigest(),
        "date": "2026-11-22",
    }
    assert official(moved) == ["tiny.authentic.txt", "tiny.authentic.yaml"]


def test_a_text_that_is_not_the_document_is_refused(authentic: Repository, web: Web) -> None:
    """Every difference from the outline is told, and nothing is written."""
    web.text = web.text.replace(b"Article  3", b"Article  4").replace(b"Silence", b"Noise")
    with pytest.raises(FetchFault) as caught:
        fetch_authentic(authentic, authentic.document("tiny"), "2026-11-22", read_plain, LOCAL)
    assert caught.value.differences == [
        "art_3 is missing",
        "art_4 is extra: Conditions",
        "art_2 is headed 'Noise', not 'Silence'",
    ]
    assert "not the text of corpus/outlines/tiny.yaml (3 differences)" in str(caught.value)
    assert official(authentic) == []


def test_a_page_about_the_text_is_told_apart(authentic: Repository, web: Web) -> None:
    """A page without any article is not measured, but named for what it is."""
    page = register(authentic, authentic_url=web.address("/page"))
    with pytest.raises(FetchFault, match="it seems to be a page about the text: save the text"):
        fetch_authentic(page, page.document("tiny"), "2026-11-22", read_plain, LOCAL)


def test_an_authentic_text_may_lie_in_a_folder(authentic: Repository, web: Web) -> None:
    """A text that was saved by hand is known by its name, and checked like any other."""
    folder = authentic.path("saved")
    folder.mkdir()
    document = authentic.document("tiny")
    with pytest.raises(
        UsageFault, match=r"no file tiny\.pdf, \.docx, \.html, \.md or \.txt in .*saved"
    ):
        fetch_authentic(authentic, document, "2026-11-22", read_plain, folder=folder)
    (folder / "tiny.txt").write_bytes(web.text)
    kept = fetch_authentic(authentic, document, "2026-11-22", read_plain, folder=folder)
    assert (kept.path.name, len(web.asked)) == ("tiny.authentic.txt", 0)


def test_without_an_authentic_address(authentic: Repository) -> None:
    """A document whose authentic address is not known says so."""
    unknown = register(authentic, authentic_url=None)
    with pytest.raises(UsageFault, match="tiny has no authentic address yet"):
        fetch_authentic(unknown, unknown.document("tiny"), "2026-11-22", read_plain, LOCAL)


# The command.


def test_the_command_prints_where_a_text_lies(pinned: Repository) -> None:
    """Paths go to stdout, and stderr stays empty where nobody looks at a progress bar."""
    result = run(pinned, "fetch", "--allow-private")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "corpus/official/tiny.md\n"


def test_without_permission_the_own_machine_is_not_visited(pinned: Repository, web: Web) -> None:
    """The default refuses private addresses and says how to allow them."""
    result = run(pinned, "fetch", "tiny")
    assert (result.exit_code, result.stdout, web.asked) == (1, "", [])
    assert result.stderr.endswith("if that is meant, add --allow-private\n")


def test_without_a_network_each_document_is_one_line(pinned: Repository, web: Web) -> None:
    """Every document that fails has its line, what was fetched before stays, and the exit is 1."""
    (pinned.path("corpus/official") / "other.md").write_text("Fetched before.", encoding="utf-8")
    path = pinned.path("corpus/documents.yaml")
    documents = yaml.safe_load(path.read_text(encoding="utf-8"))
    documents[0]["pinned_repository"] = "https://tiny.invalid/a"
    documents[1] |= {**documents[0], "document_id": "sketch"}
    path.write_text(yaml.safe_dump(documents), encoding="utf-8")
    result = run(pinned, "fetch")
    assert (result.exit_code, result.stdout) == (1, "")
    assert [line.split(" https")[0] for line in result.stderr.splitlines()] == [
        "safeguards: tiny:",
        "safeguards: sketch:",
    ]
    assert official(pinned) == ["other.md"]


def test_one_failure_does_not_stop_the_next_document(pinned: Repository) -> None:
    """The text that can be had is there, and the exit still says that one is not."""
    result = run(pinned, "fetch", "sketch", "tiny", "--allow-private")
    assert (result.exit_code, result.stdout) == (2, "corpus/official/tiny.md\n")
    assert result.stderr == "safeguards: sketch has no pinned text yet; see corpus/documents.yaml\n"


def test_the_time_limit_is_an_option(pinned: Repository, web: Web) -> None:
    """A server that dawdles is left when the time is up."""
    slow = register(pinned, pinned_repository=web.address("/dripping"))
    result = run(slow, "fetch", "tiny", "--allow-private", "--time-limit", "0.3")
    assert result.exit_code == 1
    assert "not done after 0.3 seconds" in result.stderr


def test_the_command_compares_the_authentic_text(authentic: Repository, web: Web) -> None:
    """Each passage has its state, its words, and what became of its codes."""
    text = web.text.replace(b"forever", b"for good")
    authentic.official_path("tiny").write_bytes(text)
    result = run(authentic, "fetch", "tiny", "--authentic", "--allow-private", "--format", "csv")
    assert result.exit_code == 0
    row = "tiny:art_1__para_2__point_b,changed,[-for good-] {+forever+},0,"
    assert row + "none: the passage's text differs" in result.stdout
    assert authentic.authentic_path("tiny", "jsonl").is_file()


def test_the_command_shows_every_difference_from_the_outline(
    authentic: Repository, web: Web
) -> None:
    """A refused text has a line for each difference, then the line that says what to do."""
    web.text = web.text.replace(b"Article  3", b"Article  4")
    result = run(authentic, "fetch", "tiny", "--authentic", "--allow-private")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[:2] == [
        "tiny: art_3 is missing",
        "tiny: art_4 is extra: Conditions",
    ]
