"""Which addresses are of the open internet, and when a download's time is up."""

from __future__ import annotations

import pytest

from safeguards.connections import Deadline, is_public, resolve
from safeguards.errors import FetchFault

PRIVATE = [
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.8.8.8", "169.254.169.254", "172.16.0.1",
    "192.168.1.1", "192.0.2.1", "198.18.0.1", "224.0.0.1", "255.255.255.255",
    "::", "::1", "fc00::1", "fe80::1", "fe80::1%eth0", "ff02::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "2002:7f00:1::", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_known_in_every_wrapping(address: str) -> None:
    """Loopback, link-local, private, shared, test, multicast: none is of the open internet."""
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["1.1.1.1", "193.164.229.50", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::1.1.1.1"],
)
def test_public_addresses_are_public(address: str) -> None:
    """Addresses of the open internet are visited, also when wrapped."""
    assert is_public(address)


@pytest.mark.parametrize(
    "host", ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "::1"]
)
def test_every_spelling_of_this_machine_is_refused(host: str) -> None:
    """What counts is where a name leads, not how it is written."""
    with pytest.raises(FetchFault, match=r"leads to .*, an address of this machine|cannot find"):
        resolve(host, 443, allow_private=False)


def test_with_permission_this_machine_is_visited() -> None:
    """A local mirror may be used when somebody says so."""
    assert resolve("127.0.0.1", 443, allow_private=True) == ["127.0.0.1"]


@pytest.mark.parametrize("host", ["no-such-name.invalid", "a" * 70 + ".example"])
def test_a_name_that_is_not_known(host: str) -> None:
    """A name that the name service does not know, or cannot even read, is one line."""
    with pytest.raises(FetchFault, match=f"cannot find {host} .*; check the network"):
        resolve(host, 443, allow_private=False)


def test_a_deadline_shortens_every_wait() -> None:
    """No wait is longer than what is left; when nothing is left, that is a fault."""
    times = [0.0]
    deadline = Deadline(10, lambda: times[0])
    assert (deadline.left(3), deadline.left(None)) == (3, 10)
    times[0] = 8.0
    assert deadline.left(3) == 2
    times[0] = 10.0
    with pytest.raises(FetchFault, match=r"not done after 10 seconds; .* --time-limit"):
        deadline.left(3)
