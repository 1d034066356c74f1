"""
Downloading: one file over https, within limits, or one clear fault.

Redirects are followed here and not by httpx, because each hop must be https and go to an address
that may be visited (`safeguards.connections`). Nothing is taken on trust: not the length a server
names, not its compression, not its type.

What breaks off stays as ``.part``, with what the server called it (its ETag), and is continued by
a range request as in RFC 9110, section 13.1.5 (If-Range): a file that changed comes anew.
"""

from __future__ import annotations

import http
import json
import ssl
import time
import urllib.request
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import httpcore
import httpx

from safeguards import __version__
from safeguards.connections import Backend, Clock, Deadline, Transport, check_literal
from safeguards.errors import FetchFault
from safeguards.records import write_text

Progress = Callable[[int, int | None], None]

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_TIMEOUTS = (httpx.TimeoutException, httpcore.TimeoutException)
_NONSENSE = (httpx.ProtocolError, httpcore.ProtocolError)
_BROKEN = (httpx.TransportError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError)
# A server that compresses all the same is understood, but no range of bytes is asked in vain.
_HEADERS = {"User-Agent": f"treaty-safeguards/{__version__}", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class Limits:
    """
    What a download may take, and where it may go.

    Attributes:
        max_bytes: Size of the file, compressed or not.
        seconds: Time for all of it, redirects included.
        silence: Seconds that may pass without a byte.
        redirects: Redirects that are followed.
        allow_private: Whether addresses of the own machine and network may be visited.
        use_proxy: Whether the proxy that the environment names is used; it then resolves names.
    """

    max_bytes: int = 50_000_000
    seconds: float = 300.0
    silence: float = 30.0
    redirects: int = 5
    allow_private: bool = False
    use_proxy: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """
    A file that came, whole and within the limits.

    Attributes:
        address: Address that was asked for.
        final_address: Address that answered, after redirects.
        media_type: What the server says it is, without parameters.
        data: The bytes, unpacked.
    """

    address: str
    final_address: str
    media_type: str
    data: bytes


def download(
    address: str,
    part: Path,
    media_types: Collection[str],
    limits: Limits | None = None,
    progress: Progress | None = None,
    clock: Clock = time.monotonic,
) -> Arrival:
    """
    Return the file at *address*.

    Args:
        address: An https address.
        part: Where bytes are kept while they come; what a broken download left there is continued,
            and nothing is left there by a whole one.
        media_types: What may come.
        limits: What it may take.
        progress: Called with the bytes that came so far, and their total where it is known.
        clock: Seconds from any start; only their differences count.

    Raises:
        FetchFault: Nothing came that may be used; the message says why and what to do next.
    """
    limits = limits or Limits()
    visit = _Visit(address, part, media_types, limits, Deadline(limits.seconds, clock), progress)
    with visit.one_line_faults():
        # A server may no longer have the file that was begun; then all of it comes anew.
        begun = _read_begun(part, address)
        arrival = visit.transfer(begun) or visit.transfer(None)
    assert arrival is not None
    _forget(part)
    return arrival


@dataclass(frozen=True, slots=True)
class _Begun:
    """What is known of the file in ``.part``: enough to ask for the rest of the same file."""

    address: str
    final_address: str
    media_type: str
    coding: str
    etag: str

    def continues(self) -> bool:
        """Tell whether a range of this file can be asked for: weak ETags do not promise bytes."""
        return self.etag.startswith('"')


def _notes(part: Path) -> Path:
    """Return where stands what is known of the file in *part*."""
    return part.with_name(part.name + ".json")


def _read_begun(part: Path, address: str) -> _Begun | None:
    """Return what a broken download left, if it was of *address* and can be continued."""
    try:
        begun = _Begun(**json.loads(_notes(part).read_text(encoding="utf-8")))
        usable = begun.address == address and begun.continues() and part.stat().st_size > 0
    except (OSError, ValueError, TypeError):
        return None
    return begun if usable else None


def _forget(part: Path) -> None:
    """Remove what is left of a download."""
    part.unlink(missing_ok=True)
    _notes(part).unlink(missing_ok=True)


# One visit: hops, answers, bytes.


@dataclass(slots=True)
class _Visit:
    """One download on its way: what was asked, and what limits it."""

    address: str
    part: Path
    media_types: Collection[str]
    limits: Limits
    deadline: Deadline
    progress: Progress | None = None
    secure: ssl.SSLContext = field(default_factory=httpx.create_ssl_context)
    came: int = 0  # bytes of the file so far

    def transfer(self, begun: _Begun | None) -> Arrival | None:
        """Return the file, or None if the server cannot go on with what was *begun*."""
        size = self.part.stat().st_size if begun else 0
        ranged = {"Range": f"bytes={size}-", "If-Range": begun.etag} if begun else {}
        with ExitStack() as stack:
            answer = self._visit_hops(ranged, stack)
            if begun and _refuses_range(answer, begun, size):
                return None
            known = begun if begun and answer.status_code == 206 else self._accept(answer)
            write_text(_notes(self.part), json.dumps(asdict(known)))
            self._receive(answer, size if known is begun else 0)
        data = _unpack(self.part.read_bytes(), known.coding, self.limits.max_bytes)
        return Arrival(self.address, known.final_address, known.media_type, data)

    def _visit_hops(self, headers: dict[str, str], stack: ExitStack) -> httpx.Response:
        """Return the first answer that is no redirect."""
        address = self.address
        for _ in range(1 + self.limits.redirects):
            url = _check_scheme(address)
            client = stack.enter_context(self._client(url.host))
            request = client.build_request("GET", url, headers={**_HEADERS, **headers})
            answer = client.send(request, stream=True)
            stack.callback(answer.close)
            if answer.status_code not in _REDIRECTS or "location" not in answer.headers:
                return answer
            address = str(url.join(answer.headers["location"]))
        raise FetchFault(
            f"more than {self.limits.redirects} redirects; open the address in a browser and put "
            "the one it ends at into corpus/documents.yaml"
        )

    def _client(self, host: str) -> httpx.Client:
        """Return a client for one hop, which keeps neither connections nor cookies."""
        proxy = _find_proxy(host) if self.limits.use_proxy else None
        transport: httpx.BaseTransport
        if proxy:
            check_literal(host, self.limits.allow_private)
            transport = httpx.HTTPTransport(verify=self.secure, trust_env=False, proxy=proxy)
        else:
            backend = Backend(self.deadline, self.limits.allow_private)
            transport = Transport(httpcore.ConnectionPool(self.secure, network_backend=backend))
        return httpx.Client(transport=transport, trust_env=False, timeout=self.limits.silence)

    def _accept(self, answer: httpx.Response) -> _Begun:
        """Return what the server says of the file, if it may come at all."""
        if answer.status_code != 200:
            raise FetchFault(_explain_status(answer.status_code))
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in self.media_types:
            raise FetchFault(
                f"sent {media_type or 'something unnamed'} where "
                f"{' or '.join(sorted(self.media_types))} was wanted; open the address in a "
                "browser to see what it is, or give the text with --from DIR"
            )
        coding = answer.headers.get("content-encoding", "identity").strip().lower()
        etag = answer.headers.get("etag", "")
        return _Begun(self.address, str(answer.url), media_type, coding, etag)

    def _receive(self, answer: httpx.Response, size: int) -> None:
        """Add the bytes of *answer* to the first *size* ones of the part."""
        self.came = size
        total = _read_total(answer, size)
        self._check_size(total or 0)
        with self.part.open("ab" if size else "wb") as handle:
            for piece in answer.iter_raw():
                self.came += len(piece)
                self._check_size(self.came)
                self.deadline.left()
                handle.write(piece)
                if self.progress:
                    self.progress(self.came, total)

    def _check_size(self, size: int) -> None:
        """
        Refuse more bytes than may come, and keep none of them.

        Raises:
            FetchFault: They are too many.
        """
        if size > self.limits.max_bytes:
            _forget(self.part)
            raise FetchFault(_too_large(self.limits.max_bytes))

    @contextmanager
    def one_line_faults(self) -> Iterator[None]:
        """Turn whatever goes wrong on the network into one line that begins with the address."""
        try:
            yield
        except FetchFault as error:
            raise FetchFault(f"{self.address}: {error}") from error
        except httpx.InvalidURL as error:
            raise FetchFault(f"{self.address}: no address ({error}); correct it") from error
        except _TIMEOUTS as error:
            raise FetchFault(f"{self.address}: {self._explain_silence()}") from error
        except _BROKEN as error:
            raise FetchFault(f"{self.address}: {self._explain_break(error)}") from error

    def _explain_silence(self) -> str:
        """Say which time ran out."""
        if self.deadline.has_passed():
            return self.deadline.explain()
        return f"silent for {self.limits.silence:g} seconds; run the command again later"

    def _explain_break(self, error: BaseException) -> str:
        """Say how the connection failed, and whether anything was kept."""
        if untrusted := _find_certificate_fault(error):
            return (
                f"the server's certificate is not trusted ({untrusted}); do not go on, unless the "
                "server is yours: then name its authority's file in SSL_CERT_FILE"
            )
        if self.came:
            return f"the connection broke after {self.came} bytes; run the command again to go on"
        if isinstance(error, _NONSENSE):
            return f"answered what cannot be understood ({error}); check the address"
        return f"no connection ({str(error) or type(error).__name__}); check the network"


def _check_scheme(address: str) -> httpx.URL:
    """
    Return *address*, parsed, if it is an https one.

    >>> _check_scheme("http://example.org/a.pdf")
    Traceback (most recent call last):
        ...
    safeguards.errors.FetchFault: leads to http://example.org/a.pdf, which is not https; ...

    Raises:
        FetchFault: It is another one.
    """
    url = httpx.URL(address)
    if url.scheme != "https" or not url.host:
        raise FetchFault(
            f"leads to {address}, which is not https; put an https address into "
            "corpus/documents.yaml, or give the text with --from DIR"
        )
    return url


def _refuses_range(answer: httpx.Response, begun: _Begun, size: int) -> bool:
    """Tell whether *answer* is neither the rest of the file from *size* on nor the whole file."""
    if answer.status_code != 206:
        return answer.status_code == 416
    same = answer.headers.get("etag", begun.etag) == begun.etag
    return not same or not answer.headers.get("content-range", "").startswith(f"bytes {size}-")


def _read_total(answer: httpx.Response, size: int) -> int | None:
    """Return how many bytes the file has, if the server says so."""
    length = answer.headers.get("content-length", "")
    return size + int(length) if length.isdecimal() else None


def _too_large(max_bytes: int) -> str:
    """Say that a file is too large."""
    return (
        f"larger than {max_bytes / 1_000_000:g} MB, so it is no treaty's text; check the address "
        "in corpus/documents.yaml"
    )


def _explain_status(status: int) -> str:
    """
    Say what an answer without a file means, and what to do.

    >>> _explain_status(503)
    'answered 503 Service Unavailable; run the command again later'
    """
    try:
        name = f"{status} {http.HTTPStatus(status).phrase}"
    except ValueError:
        name = str(status)
    if status >= 500 or status in (408, 425, 429):
        return f"answered {name}; run the command again later"
    return f"answered {name}; check the address in corpus/documents.yaml"


def _unpack(data: bytes, coding: str, max_bytes: int) -> bytes:
    """
    Return *data* without its content coding, never making more than *max_bytes* of it.

    Raises:
        FetchFault: It unpacks to more, is damaged, or is packed in a way that is not known.
    """
    if coding in ("identity", ""):
        return data
    if coding not in ("gzip", "x-gzip"):
        raise FetchFault(f"packed as '{coding}'; give the text with --from DIR")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(data, max_bytes + 1)
    except zlib.error as error:
        raise FetchFault(f"damaged gzip ({error}); run the command again") from error
    if len(unpacked) > max_bytes:
        raise FetchFault(_too_large(max_bytes))
    if not unpacker.eof:
        raise FetchFault("incomplete gzip; run the command again")
    return unpacked


def _find_certificate_fault(error: BaseException | None) -> str | None:
    """Return why the certificate was refused, if that is what *error* came from."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return str(error.verify_message)
        error = error.__cause__ or error.__context__
    return None


def _find_proxy(host: str) -> str | None:
    """Return the proxy that the environment names for https and *host*."""
    if urllib.request.proxy_bypass(host):
        return None
    return urllib.request.getproxies().get("https")
