"""
Connections that go only where they may, and end when they must.

Addresses come from a register that people edit, and servers answer with redirects. So a name is
resolved once, every address it has must be a public one, and the connection is made to exactly
these addresses: a name that resolves to something else a moment later (DNS rebinding) changes
nothing. This is done in httpcore's network backend, below TLS, where the certificate is still
checked against the name and no request has to be rewritten; the same place holds the limit on the
whole time, so that an answer whose headers drip in byte by byte ends too. See
https://www.encode.io/httpcore/network-backends/ and, on server-side request forgery,
https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import httpcore
import httpx

from safeguards.errors import FetchFault

Clock = Callable[[], float]
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """
    Tell whether an IP address is one of the open internet, whatever it is wrapped in.

    >>> [is_public(a) for a in ("9.9.9.9", "127.0.0.1", "169.254.169.254", "::ffff:10.0.0.1")]
    [True, False, False, False]
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


def check_literal(host: str, allow_private: bool) -> None:
    """
    Refuse a *host* that is written as a private IP address.

    Raises:
        FetchFault: It is private and that is not allowed.
    """
    try:
        private = not is_public(host)
    except ValueError:
        return
    if private and not allow_private:
        raise FetchFault(_no_entry(host, host))


def resolve(host: str, port: int, allow_private: bool) -> list[str]:
    """
    Return the IP addresses of *host*, all of which may be visited.

    Raises:
        FetchFault: The name is not known, or one of its addresses is private.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FetchFault(f"cannot find {host} ({error}); check the network") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    for address in addresses:
        if not allow_private and not is_public(address):
            raise FetchFault(_no_entry(host, address))
    return addresses


def _no_entry(host: str, address: str) -> str:
    """Say that an address is not visited."""
    where = host if host == address else f"{host} ({address})"
    return (
        f"leads to {where}, an address of this machine or network; "
        "if that is meant, add --allow-private"
    )


class Deadline:
    """The moment at which a whole download must be done."""

    def __init__(self, seconds: float, clock: Clock) -> None:
        """Begin to count."""
        self.seconds, self.clock = seconds, clock
        self.end = clock() + seconds

    def has_passed(self) -> bool:
        """Tell whether time is up."""
        return self.clock() >= self.end

    def explain(self) -> str:
        """Say that time is up."""
        return (
            f"not done after {self.seconds:g} seconds; run the command again, "
            "or allow more with --time-limit"
        )

    def left(self, timeout: float | None = None) -> float:
        """
        Return how many seconds to wait: *timeout*, or what is left of the whole.

        Raises:
            FetchFault: Nothing is left.
        """
        if self.has_passed():
            raise FetchFault(self.explain())
        left = self.end - self.clock()
        return left if timeout is None else min(timeout, left)


class Backend(httpcore.NetworkBackend):
    """Connects to addresses that were checked, and to no others."""

    def __init__(self, deadline: Deadline, allow_private: bool) -> None:
        """Remember what limits connections."""
        self.deadline, self.allow_private = deadline, allow_private
        self.sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address of *host* that answers."""
        fault: Exception | None = None
        for address in resolve(host, port, self.allow_private):
            wait = self.deadline.left(timeout)
            try:
                stream = self.sockets.connect_tcp(
                    address, port, wait, local_address, socket_options
                )
                return _Stream(stream, self.deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                fault = error
        raise fault or httpcore.ConnectError(f"{host} has no address")


class _Stream(httpcore.NetworkStream):
    """A connection that also ends when the whole download must."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        """Wrap *stream*."""
        self.stream, self.deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what has come."""
        return self.stream.read(max_bytes, self.deadline.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of *buffer*."""
        self.stream.write(buffer, self.deadline.left(timeout))

    def close(self) -> None:
        """Close the connection."""
        self.stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Begin TLS; the certificate is checked against the name, not the address."""
        wait = self.deadline.left(timeout)
        return _Stream(self.stream.start_tls(ssl_context, server_hostname, wait), self.deadline)

    def get_extra_info(self, info: str) -> Any:
        """Tell about the connection."""
        return self.stream.get_extra_info(info)


class Transport(httpx.BaseTransport):
    """httpx on a connection pool of our own: httpx itself takes no network backend."""

    def __init__(self, pool: httpcore.ConnectionPool) -> None:
        """Remember the pool."""
        self.pool = pool

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request* and return the answer, its body still to come."""
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        answer = self.pool.handle_request(
            httpcore.Request(
                request.method, url, headers=request.headers.raw, extensions=request.extensions
            )
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    def close(self) -> None:
        """Close every connection."""
        self.pool.close()


class _Body(httpx.SyncByteStream):
    """The bytes of an answer, as they come."""

    def __init__(self, answer: httpcore.Response) -> None:
        """Remember the answer."""
        self.answer = answer

    def __iter__(self) -> Iterator[bytes]:
        """Yield what comes."""
        return self.answer.iter_stream()

    def close(self) -> None:
        """Give the connection up."""
        self.answer.close()
