"""Checks on the files themselves: shape, bytes, what is derived, and what may not be published."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial

from safeguards.checks.data import ADJUDICATED, CODEBOOK, FIXED, Data, Found, check
from safeguards.errors import RecordFault, SafeguardsError
from safeguards.records import format_record
from safeguards.text import decode

_FAULT = re.compile(r"[^:]+:(\d+): (.*)", re.DOTALL)
# Each begins with something rare, so that megabytes of hashes are searched in no time.
_PERSONAL = (
    (re.compile(r"@(?<=[\w.+-]@)[\w-]+\.[A-Za-z]"), "an e-mail address"),
    (re.compile(r"\+(?<![\w+]\+)\d{1,3}[ ()./-]{0,2}\d[\d ()./-]{5,}\d"), "a telephone number"),
    (re.compile(r"\(\d{2,5}\)[ -]?\d{3,4}[ -]?\d{2,4}\b"), "a telephone number"),
    (re.compile(r"\b\d{3}[-. ]\d{3}[-. ]\d{4}\b"), "a telephone number"),
)
_HEX = re.compile(r"\b[0-9a-fA-F]{40}\b")
_TOKENS = (
    re.compile(r"(?:Bearer|bearer|Token|token) +(?=\S*\d)[\w.~+/-]{16,}"),
    re.compile(r"eyJ[\w-]{10,}\.[\w-]{10,}"),
    re.compile(r"(?:gh[opsu]_|hf_|sk-|glpat-|AKIA)(?=\S*\d)[\w-]{16,}"),
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY"),
)


def _line_of(text: str, offset: int) -> int:
    """Return the number of the line that *offset* lies in."""
    return text.count("\n", 0, offset) + 1


# What is derived.


@check
def derived_current(data: Data) -> Found:
    """A derived file holds exactly what its sources give; run the command that derives it."""
    for path, wanted in sorted(data.derived.items()):
        if isinstance(wanted, list):
            yield from ((path, 1, f"cannot be derived: {fault}") for fault in wanted)
            continue
        file = data.repository.path(path)
        found = file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""
        if found != wanted:
            yield path, _first_difference(found, wanted), "differs from what its sources give"


def _first_difference(found: str, wanted: str) -> int:
    """Return the number of the first line that differs."""
    pairs = zip(found.split("\n"), wanted.split("\n"), strict=False)
    return next((n for n, (a, b) in enumerate(pairs, 1) if a != b), 1 + found.count("\n"))


# Shape and bytes.


@check
def file_present(data: Data) -> Found:
    """The files that every version of the dataset has are there, even where they hold nothing."""
    for path in (*FIXED, CODEBOOK):
        if not data.repository.path(path).is_file():
            yield path, 1, "is missing"


@check
def record_shape(data: Data) -> Found:
    """Every file can be read, with the keys and types of its schema and no others."""
    for path, read in _readers(data):
        try:
            read()
        except RecordFault as error:
            for fault in error.faults:
                found = _FAULT.fullmatch(fault)
                yield path, int(found[1]) if found else 1, found[2] if found else fault
        except SafeguardsError as error:
            yield path, 1, str(error)


def _readers(data: Data) -> Iterator[tuple[str, Callable[[], object]]]:
    """Yield each file that has a schema, and what reads it."""
    for path, kind in data.kinds.items():
        yield path, partial(data.read, path, kind)
    for file in sorted(data.repository.path("corpus/outlines").glob("*.yaml")):
        yield f"corpus/outlines/{file.name}", partial(data.repository.outline, file.stem)
    for folder in ("drafts", "restatements"):
        for file in sorted(data.repository.path(f"corpus/{folder}").glob("*.md")):
            path = f"corpus/{folder}/{file.name}"
            yield path, partial(decode, file.read_bytes(), path)
    yield CODEBOOK, lambda: data.repository.codebook


@check
def rows_canonical(data: Data) -> Found:
    """An annotator's file is written as the tools write it: one row a line, keys in their order."""
    for path, rows in data.annotation_files.items():
        if path == ADJUDICATED:
            continue
        lines = data.repository.path(path).read_text(encoding="utf-8").split("\n")
        for row in rows:
            if lines[row.line - 1] != format_record(row.record):
                yield path, row.line, f"{row.record.annotation_id} is not as the tools write it"


@check
def text_utf8(data: Data) -> Found:
    """A published file is UTF-8 without a byte order mark, in Unicode's composed form (NFC)."""
    for path, text in data.texts:
        if text.startswith("\ufeff"):
            yield path, 1, "begins with a byte order mark"
        if "\ufffd" in text or not unicodedata.is_normalized("NFC", text):
            for number, line in enumerate(text.split("\n"), 1):
                if "\ufffd" in line:
                    yield path, number, "is not UTF-8"
                if not unicodedata.is_normalized("NFC", line):
                    yield path, number, "is not in NFC"


@check
def line_ends(data: Data) -> Found:
    """A published file ends its lines with a line feed alone, the last one too."""
    for path, text in data.texts:
        if "\r" in text:
            yield path, _line_of(text, text.index("\r")), "holds a carriage return"
        if text and not text.endswith("\n"):
            yield path, _line_of(text, len(text)), "the last line does not end"


# What may not be published.


@check
def no_personal_data(data: Data) -> Found:
    """No e-mail address and no telephone number stands in a published file."""
    for path, text in data.texts:
        for pattern, what in _PERSONAL:
            for match in pattern.finditer(text):
                yield path, _line_of(text, match.start()), f"holds {what}"


@check
def no_secret(data: Data) -> Found:
    """No key, token or password hash stands in a published file; pinned commits are none."""
    commits = {d.pinned_commit for d in data.documents.values()}
    for path, text in data.texts:
        for pattern in _TOKENS:
            for match in pattern.finditer(text):
                yield path, _line_of(text, match.start()), "holds what looks like a token"
        for match in _HEX.finditer(text):
            if match[0] not in commits:
                yield path, _line_of(text, match.start()), "holds what looks like a key"
