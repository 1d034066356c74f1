"""Downloading from a real https server: what comes, what is refused, and what is left behind."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from safeguards.download import Arrival, Limits, download
from safeguards.errors import FetchFault
from web import ETAG, PUBLIC, TEXT, Web

LOCAL = Limits(allow_private=True)
SMALL = Limits(allow_private=True, max_bytes=1_000_000)
HASTY = Limits(allow_private=True, seconds=0.6)
Resolve = Callable[[list[list[str]]], list[str]]


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server whose certificate is trusted."""
    with Web(tmp_path) as server:
        monkeypatch.setenv("SSL_CERT_FILE", str(server.authority))
        yield server


@pytest.fixture
def part(tmp_path: Path) -> Path:
    """Where bytes are kept while they come."""
    return tmp_path / "official" / "text.md.part"


def get(web: Web, path: str, part: Path, limits: Limits = LOCAL, **more: Any) -> Arrival:
    """Download a path of the server."""
    return download(web.address(path), part, ("text/plain",), limits, **more)


def left(part: Path) -> list[str]:
    """Return what a download left behind."""
    return sorted(p.name for p in part.parent.glob("*"))


@pytest.mark.parametrize("path", ["/text", "/plain", "/packed", "/moved"])
def test_a_text_comes_whole(web: Web, part: Path, path: str) -> None:
    """With or without length, compressed or moved, the same bytes arrive and nothing is left."""
    assert get(web, path, part).data == TEXT
    assert left(part) == []


def test_an_arrival_says_where_it_came_from(web: Web, part: Path) -> None:
    """After a redirect, both addresses are known."""
    arrival = get(web, "/moved", part)
    assert arrival.address == web.address("/moved")
    assert arrival.final_address == web.address("/text")
    assert arrival.media_type == "text/plain"


def test_progress_is_told(web: Web, part: Path) -> None:
    """Whoever wants to know is told how many bytes came, and of how many."""
    seen: list[tuple[int, int | None]] = []
    get(web, "/text", part, progress=lambda done, total: seen.append((done, total)))
    assert seen[-1] == (len(TEXT), len(TEXT))
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


REFUSED = [
    ("/missing", LOCAL, "answered 404 Not Found; check the address in corpus/documents.yaml"),
    ("/error", LOCAL, "answered 500 Internal Server Error; run the command again later"),
    ("/nowhere", LOCAL, "answered 302 Found; check the address"),
    ("/page", LOCAL, "sent text/html where text/plain was wanted; open the address in a browser"),
    ("/unnamed", LOCAL, "sent something unnamed where text/plain was wanted"),
    ("/loop", LOCAL, "more than 5 redirects; open the address in a browser"),
    ("/to-http", LOCAL, "/text, which is not https; put an https address into"),
    ("/to-nonsense", LOCAL, "answered what cannot be understood (Invalid URL in location header"),
    ("/nonsense", LOCAL, "answered what cannot be understood ("),
    ("/announced", LOCAL, "larger than 50 MB, so it is no treaty's text"),
    ("/endless", SMALL, "larger than 1 MB, so it is no treaty's text"),
    ("/bomb", SMALL, "larger than 1 MB, so it is no treaty's text"),
    ("/packed-half", LOCAL, "incomplete gzip; run the command again"),
    ("/packed-wrong", LOCAL, "damaged gzip ("),
    ("/packed-oddly", LOCAL, "packed as 'compress'; give the text with --from DIR"),
    ("/dripping", HASTY, "not done after 0.6 seconds; run the command again, or allow more with"),
    ("/dripping-head", HASTY, "not done after 0.6 seconds"),
    ("/silent", HASTY, "not done after 0.6 seconds"),
    ("/silent", Limits(allow_private=True, silence=0.3), "silent for 0.3 seconds; run the command"),
    ("/text", Limits(), "leads to 127.0.0.1, an address of this machine or network; if that is"),
]


@pytest.mark.parametrize(
    ("path", "limits", "message"), REFUSED, ids=[f"{r[0]} {r[1].seconds}" for r in REFUSED]
)
def test_what_may_not_come_is_one_line(
    web: Web, part: Path, path: str, limits: Limits, message: str
) -> None:
    """Every failure is one line that begins with the address and says what to do, and is quick."""
    began = time.monotonic()
    with pytest.raises(FetchFault) as caught:
        get(web, path, part, limits)
    assert str(caught.value).startswith(f"{web.address(path)}: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
    assert time.monotonic() - began < 2.5


@pytest.mark.parametrize("path", ["/announced", "/endless", "/page", "/missing", "/loop"])
def test_what_was_refused_leaves_no_bytes(web: Web, part: Path, path: str) -> None:
    """Nothing that could be taken for a text stays behind."""
    with pytest.raises(FetchFault):
        get(web, path, part, SMALL)
    assert left(part) == []


def test_a_bomb_is_not_unpacked(web: Web, part: Path) -> None:
    """Of twenty megabytes packed into twenty thousand bytes, one is unpacked, and then no more."""
    import tracemalloc

    tracemalloc.start()
    with pytest.raises(FetchFault, match="larger than 1 MB"):
        get(web, "/bomb", part, SMALL)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60_000_000  # the server of this process packs 20 MB


def test_a_lying_length_does_not_matter(web: Web, part: Path) -> None:
    """What comes beyond the length that was named is not read; the hash finds out."""
    assert get(web, "/liar", part).data == TEXT[:10]


# What broke off.


def break_off(web: Web, path: str, part: Path) -> None:
    """Download half of a text."""
    with pytest.raises(FetchFault, match=r"broke after \d+ bytes; run the command again to go on"):
        get(web, path, part)


def test_a_broken_download_is_continued(web: Web, part: Path) -> None:
    """The second time only the rest is asked for, of the same file."""
    break_off(web, "/broken", part)
    kept = part.stat().st_size
    assert 0 < kept < len(TEXT)
    assert get(web, "/broken", part).data == TEXT
    assert (web.asked[-1]["range"], web.asked[-1]["if-range"]) == (f"bytes={kept}-", ETAG)
    assert left(part) == []


@pytest.mark.parametrize("path", ["/broken-once", "/broken-gone", "/wrong-rest"])
def test_a_server_without_ranges_sends_all_again(web: Web, part: Path, path: str) -> None:
    """A range that is ignored, refused or wrong makes the download begin anew, by itself."""
    break_off(web, path, part)
    assert get(web, path, part).data == TEXT
    assert left(part) == []


def test_a_file_that_changed_is_not_mixed(web: Web, part: Path) -> None:
    """Bytes of the old file never stand before bytes of the new one."""
    break_off(web, "/broken", part)
    web.text, web.etag = b"another text", '"second"'
    with pytest.raises(FetchFault):  # this route breaks off for whoever asks for all of it
        get(web, "/broken", part)
    assert part.read_bytes() == b"another text"[:6]


@pytest.mark.parametrize("etag", ['W/"weak"', ""])
def test_without_a_strong_etag_nothing_is_continued(web: Web, part: Path, etag: str) -> None:
    """A weak ETag does not promise the same bytes, so the download begins anew."""
    web.etag = etag
    break_off(web, "/broken", part)
    break_off(web, "/broken", part)
    assert "range" not in web.asked[-1]


@pytest.mark.parametrize("notes", ["", "[]", "{}", '{"address": 3}', "\ud83d"])
def test_notes_that_cannot_be_read_are_no_obstacle(web: Web, part: Path, notes: str) -> None:
    """A part without readable notes is thrown away."""
    part.parent.mkdir()
    part.write_bytes(b"rubbish")
    part.with_name(part.name + ".json").write_text(notes, encoding="utf-8", errors="replace")
    assert get(web, "/text", part).data == TEXT


def test_a_part_of_another_address_is_not_continued(web: Web, part: Path) -> None:
    """What the register named before does not become the beginning of what it names now."""
    break_off(web, "/broken", part)
    assert get(web, "/text", part).data == TEXT
    assert "range" not in web.asked[-1]


# Whom to trust, and where to go.


def test_an_untrusted_certificate_is_refused(
    web: Web, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server whose authority is not known gets no request."""
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(FetchFault, match=r"certificate is not trusted .*SSL_CERT_FILE"):
        get(web, "/text", part)
    assert web.asked == []


def test_a_certificate_for_another_name_is_refused(web: Web, part: Path) -> None:
    """The certificate must be for the name that was asked for, wherever it resolves to."""
    address = web.address("/text", "localhost")
    with pytest.raises(FetchFault, match=r"certificate is not trusted .*localhost"):
        download(address, part, ("text/plain",), LOCAL)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "text.md"]
)
def test_only_https_is_visited(part: Path, address: str) -> None:
    """No other scheme is even tried."""
    with pytest.raises(FetchFault, match=f"leads to {address}, which is not https"):
        download(address, part, ("text/plain",), LOCAL)


def test_what_is_no_address_is_said_to_be_none(part: Path) -> None:
    """An address that cannot be parsed is one line."""
    with pytest.raises(FetchFault, match=r"no address \(Invalid port"):
        download("https://example.org:port/", part, ("text/plain",), LOCAL)


def test_nobody_at_home(part: Path) -> None:
    """A port on which nobody listens is one line."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"https://127.0.0.1:{probe.getsockname()[1]}/"
    with pytest.raises(FetchFault, match=r"no connection \(.*\); check the network"):
        download(address, part, ("text/plain",), LOCAL)


@pytest.fixture
def resolve(web: Web, monkeypatch: pytest.MonkeyPatch) -> Resolve:
    """
    Return what sets the answers of the name service, one after the other.

    It returns the list of IP addresses that were connected to. All roads lead to the server of the
    test, so that a public address can be had without leaving this machine.
    """
    visited: list[str] = []
    connect, ask = socket.create_connection, socket.getaddrinfo

    def go(address: tuple[str, int], *rest: Any, **more: Any) -> socket.socket:
        visited.append(address[0])
        return connect(("127.0.0.1", web.server_port), *rest, **more)

    def set_answers(answers: list[list[str]]) -> list[str]:
        def look_up(host: str, *rest: Any, **more: Any) -> list[Any]:
            if not host.endswith(".example"):
                return list(ask(host, *rest, **more))
            return [(0, 0, 0, "", (ip, 443)) for ip in answers.pop(0)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        monkeypatch.setattr(socket, "create_connection", go)
        return visited

    return set_answers


def open_address(web: Web, path: str) -> str:
    """Return the address of a path under a public name."""
    return web.address(path, "open.example")


def test_a_public_name_needs_no_permission(web: Web, part: Path, resolve: Resolve) -> None:
    """The connection goes to the address that was checked; the certificate is the name's."""
    visited = resolve([[PUBLIC]])
    assert download(open_address(web, "/text"), part, ("text/plain",)).data == TEXT
    assert visited == [PUBLIC]
    assert web.asked[0]["host"] == f"open.example:{web.server_port}"


@pytest.mark.parametrize("path", ["/to-inner", "/to-literal"])
def test_a_redirect_to_a_private_address_is_refused(
    web: Web, part: Path, resolve: Resolve, path: str
) -> None:
    """Each hop is checked: a public server cannot send us into the own network."""
    visited = resolve([[PUBLIC], ["169.254.169.254"]])
    with pytest.raises(
        FetchFault, match=r"leads to .*169\.254\.169\.254.*, an address of this machine"
    ):
        download(open_address(web, path), part, ("text/plain",))
    assert visited == [PUBLIC]


def test_one_private_address_among_public_ones_is_enough(
    web: Web, part: Path, resolve: Resolve
) -> None:
    """A name with a private address beside public ones is refused before any connection."""
    visited = resolve([[PUBLIC, "10.0.0.7"]])
    with pytest.raises(FetchFault, match=r"open\.example \(10\.0\.0\.7\)"):
        download(open_address(web, "/text"), part, ("text/plain",))
    assert visited == []


def test_a_name_is_resolved_once(web: Web, part: Path, resolve: Resolve) -> None:
    """A name service that answers otherwise a moment later (rebinding) is not asked again."""
    answers = [[PUBLIC], ["127.0.0.1"]]
    visited = resolve(answers)
    download(open_address(web, "/text"), part, ("text/plain",))
    assert (visited, answers) == ([PUBLIC], [["127.0.0.1"]])


def test_the_environments_proxy_is_used_only_when_asked(
    web: Web, part: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy of the environment is no detour by default; asked for, it is tried."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert get(web, "/text", part).data == TEXT
    with pytest.raises(FetchFault, match="no connection"):
        get(web, "/text", part, Limits(allow_private=True, use_proxy=True))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    assert get(web, "/text", part, Limits(allow_private=True, use_proxy=True)).data == TEXT


def test_a_proxy_is_no_way_around_the_rules(part: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A private address in numbers is refused also where a proxy would go there."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(FetchFault, match="leads to 127"):
        download("https://127.0.0.1/", part, ("text/plain",), Limits(use_proxy=True))
