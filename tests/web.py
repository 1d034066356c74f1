"""A small https server on 127.0.0.1 that answers well and badly, for the tests of fetching."""

from __future__ import annotations

import gzip
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import trustme

TEXT = b"".join(
    b"Article %d\n\nEach Party shall keep count of %d.\n\n" % (n, n) for n in range(3000)
)
ETAG = '"first"'
PUBLIC = "1.1.1.1"  # nobody is asked there: the way to it leads back to this machine


class Web(ThreadingHTTPServer):
    """The server: what it serves, and what it was asked."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        """Listen on a free port, with a certificate whose authority is written to *folder*."""
        super().__init__(("127.0.0.1", 0), Answer)
        authority = trustme.CA()
        self.authority = folder / "authority.pem"
        authority.cert_pem.write_to_path(str(self.authority))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "open.example", "inner.example").configure_cert(context)
        self.socket = context.wrap_socket(
            self.socket, server_side=True, do_handshake_on_connect=False
        )
        self.text, self.etag = TEXT, ETAG
        self.asked: list[dict[str, str]] = []
        self.closing = threading.Event()

    def __enter__(self) -> Web:
        """Begin to answer."""
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wake whoever dawdles."""
        self.closing.set()
        self.shutdown()
        self.server_close()

    def address(self, path: str, host: str = "127.0.0.1") -> str:
        """Return the address of a path."""
        return f"https://{host}:{self.server_port}{path}"

    def handle_error(self, *_: object) -> None:
        """Let clients hang up without a word."""


class Answer(BaseHTTPRequestHandler):
    """One answer; which one is said by the first word of the path."""

    server: Web
    timeout = 5
    routes: ClassVar[dict[str, Callable[[Answer], None]]] = {}

    def do_GET(self) -> None:
        """Answer as the path wants it."""
        self.server.asked.append({k.lower(): v for k, v in self.headers.items()})
        name = self.path.lstrip("/").partition("/")[0]
        self.routes.get(name, Answer.missing)(self)

    def log_message(self, *_: object) -> None:
        """Write no log."""

    def head(self, status: int, **headers: object) -> None:
        """Send status and headers; underscores in names are hyphens."""
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()

    def send(self, data: bytes, **headers: object) -> None:
        """Send a whole file."""
        told: dict[str, object] = {"Content_Type": "text/plain; charset=utf-8"}
        self.head(200, **{**told, "Content_Length": len(data), **headers})
        self.wfile.write(data)

    def wait(self, seconds: float) -> bool:
        """Dawdle; return True when the server closes."""
        return self.server.closing.wait(seconds)

    def missing(self) -> None:
        """There is nothing."""
        self.head(404)


def route(function: Callable[[Answer], None]) -> Callable[[Answer], None]:
    """Let a path with the name of *function* be answered by it."""
    Answer.routes[function.__name__.replace("_", "-")] = function
    return function


def asks_rest(answer: Answer) -> int:
    """Return from which byte the client wants the same file; 0 for all of it."""
    wanted = answer.headers.get("Range", "")
    same = answer.headers.get("If-Range") == answer.server.etag
    return int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted and same else 0


def send_rest(answer: Answer, start: int) -> None:
    """Send the file from byte *start* on."""
    data = answer.server.text
    about = f"bytes {start}-{len(data) - 1}/{len(data)}"
    told: dict[str, Any] = {"Content_Type": "text/plain", "Content_Range": about}
    answer.head(206, **told, Content_Length=len(data) - start, ETag=answer.server.etag)
    answer.wfile.write(data[start:])


@route
def text(answer: Answer) -> None:
    """Send the file, or the rest of it."""
    if start := asks_rest(answer):
        send_rest(answer, start)
    else:
        answer.send(answer.server.text, ETag=answer.server.etag)


@route
def broken(answer: Answer) -> None:
    """Send half of the file and hang up; send the rest to whoever comes back for it."""
    data = answer.server.text
    if start := asks_rest(answer):
        send_rest(answer, start)
    else:
        told: dict[str, Any] = {"Content_Type": "text/plain", "ETag": answer.server.etag}
        answer.head(200, **told, Content_Length=len(data))
        answer.wfile.write(data[: len(data) // 2])


@route
def broken_once(answer: Answer) -> None:
    """Send half of the file the first time, later all of it, whatever range is asked for."""
    data = answer.server.text
    answer.head(200, Content_Type="text/plain", Content_Length=len(data), ETag=ETAG)
    answer.wfile.write(data[: len(data) // 2] if len(answer.server.asked) == 1 else data)


@route
def broken_gone(answer: Answer) -> None:
    """Send half of the file; then refuse any range."""
    if "Range" in answer.headers:
        answer.head(416)
    else:
        broken_once(answer) if len(answer.server.asked) == 1 else text(answer)


@route
def wrong_rest(answer: Answer) -> None:
    """Send half of the file; then a range that nobody asked for."""
    if "Range" in answer.headers:
        answer.head(206, Content_Type="text/plain", Content_Range="bytes 0-4/5", Content_Length=5)
        answer.wfile.write(b"wrong")
    else:
        broken_once(answer) if len(answer.server.asked) == 1 else text(answer)


@route
def plain(answer: Answer) -> None:
    """Send the file without a length, an ETag or ranges."""
    answer.head(200, Content_Type="text/plain")
    answer.wfile.write(answer.server.text)


@route
def liar(answer: Answer) -> None:
    """Send more bytes than the length says."""
    answer.send(answer.server.text, Content_Length=10)


@route
def endless(answer: Answer) -> None:
    """Send bytes without end and without a length."""
    answer.head(200, Content_Type="text/plain")
    while not answer.server.closing.is_set():
        answer.wfile.write(b"x" * 1000)


@route
def announced(answer: Answer) -> None:
    """Announce more than anybody wants, and send nothing."""
    answer.head(200, Content_Type="text/plain", Content_Length=10**9)


@route
def packed(answer: Answer) -> None:
    """Compress the file though nobody asked for it."""
    answer.send(gzip.compress(answer.server.text), Content_Encoding="gzip")


@route
def packed_half(answer: Answer) -> None:
    """Send the first half of a compressed file as if it were all."""
    data = gzip.compress(answer.server.text)
    answer.send(data[: len(data) // 2], Content_Encoding="gzip")


@route
def packed_wrong(answer: Answer) -> None:
    """Call a file compressed that is not."""
    answer.send(b"no gzip at all", Content_Encoding="gzip")


@route
def packed_oddly(answer: Answer) -> None:
    """Compress in a way that nobody knows."""
    answer.send(b"?", Content_Encoding="compress")


@route
def bomb(answer: Answer) -> None:
    """Send few bytes that unpack to many."""
    answer.send(gzip.compress(bytes(20_000_000)), Content_Encoding="gzip")


@route
def page(answer: Answer) -> None:
    """Send a page about the text."""
    answer.send(b"<p>Please log in.</p>", Content_Type="text/html")


@route
def unnamed(answer: Answer) -> None:
    """Say nothing of what is sent."""
    answer.head(200, Content_Length=2)
    answer.wfile.write(b"ok")


@route
def error(answer: Answer) -> None:
    """Fail."""
    answer.head(500)


@route
def silent(answer: Answer) -> None:
    """Send the first byte, and no more."""
    answer.head(200, Content_Type="text/plain", Content_Length=10)
    answer.wfile.write(b"x")
    answer.wait(3)


@route
def dripping(answer: Answer) -> None:
    """Send a byte now and then."""
    answer.head(200, Content_Type="text/plain")
    while not answer.wait(0.05):
        answer.wfile.write(b"x")


@route
def dripping_head(answer: Answer) -> None:
    """Never come to the end of the headers."""
    answer.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not answer.wait(0.05):
        answer.wfile.write(b"A: b\r\n")


@route
def moved(answer: Answer) -> None:
    """Lead to the file."""
    answer.head(302, Location="/text")


@route
def loop(answer: Answer) -> None:
    """Lead to itself."""
    answer.head(301, Location="/loop")


@route
def nowhere(answer: Answer) -> None:
    """Lead, but not say where to."""
    answer.head(302)


@route
def to_http(answer: Answer) -> None:
    """Lead out of https."""
    answer.head(307, Location=f"http://127.0.0.1:{answer.server.server_port}/text")


@route
def to_inner(answer: Answer) -> None:
    """Lead to a name that belongs to an inner network."""
    answer.head(308, Location=answer.server.address("/text", "inner.example"))


@route
def to_literal(answer: Answer) -> None:
    """Lead to an inner address that is written in numbers."""
    answer.head(302, Location="https://169.254.169.254/latest/meta-data/")


@route
def to_nonsense(answer: Answer) -> None:
    """Lead to what is no address."""
    answer.head(302, Location="https://example.org:port/")


@route
def nonsense(answer: Answer) -> None:
    """Speak another language than HTTP."""
    answer.wfile.write(b"220 mail.example ESMTP\r\n")
