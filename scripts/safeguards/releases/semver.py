"""
Version numbers of the dataset, and how far one must rise for what changed.

SemVer (https://semver.org) read for data: major changes ids or definitions, minor adds data,
patch mends errors. Before 1.0.0 what would be a major step raises the minor number.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from safeguards.errors import UsageFault

STEPS = ("patch", "minor", "major")


class Version(NamedTuple):
    """
    A version of the dataset.

    >>> Version(0, 2, 0) > Version(0, 1, 9), str(Version(1, 0, 0))
    (True, '1.0.0')
    """

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


def parse_version(text: str) -> Version:
    """
    Return the version in *text*.

    >>> parse_version("v0.1.0")
    Traceback (most recent call last):
        ...
    safeguards.errors.UsageFault: 'v0.1.0' is no version; write three numbers, for instance 0.1.0

    Raises:
        UsageFault: It is none.
    """
    match = re.fullmatch(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)", text)
    if match is None:
        raise UsageFault(f"'{text}' is no version; write three numbers, for instance 0.1.0")
    return Version(*map(int, match.groups()))


def next_version(old: Version, step: str) -> Version:
    """
    Return the version that a step leads to.

    >>> str(next_version(Version(1, 2, 3), "major")), str(next_version(Version(0, 2, 3), "major"))
    ('2.0.0', '0.3.0')
    """
    if step == "major" and old.major:
        return Version(old.major + 1, 0, 0)
    if step in ("major", "minor"):
        return Version(old.major, old.minor + 1, 0)
    return Version(old.major, old.minor, old.patch + 1)


def may_follow(old: Version, new: Version, step: str) -> bool:
    """
    Tell whether *new* is the right version after *old*; the first stable one always may follow.

    >>> may_follow(Version(0, 4, 1), Version(1, 0, 0), "patch")
    True
    """
    return new == next_version(old, step) or (old.major == 0 and new == Version(1, 0, 0))
