"""
Records on disk: JSON Lines and YAML lists to the nouns of `safeguards.model`, and back.

The dataclasses are the schema. Reading checks every record against its dataclass and reports all
faults as ``path:line: field: what``; writing is atomic, so a file is either the old one or the new
one, and sorted by its caller, so the same records give the same bytes.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any, Generic, NamedTuple, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from safeguards.errors import RecordFault, UsageFault

T = TypeVar("T")


class Located(NamedTuple, Generic[T]):
    """A record and the line it stands on, counted from 1."""

    line: int
    record: T


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    """Return pydantic's reader for a dataclass."""
    return TypeAdapter(kind)


def parse_record(kind: type[T], data: Any) -> tuple[T | None, list[str]]:
    """
    Return the record in *data*, or None and every fault.

    >>> from safeguards.model import Target
    >>> parse_record(Target, {"as_written": "24(2)", "draft": 17, "passage": None})[1]
    ['draft: input should be a valid string', 'passage_id: field required', 'passage: unknown key']
    """
    faults = []
    record: T | None = None
    try:
        record = _adapter(kind).validate_python(data)  # type: ignore[arg-type]
    except ValidationError as error:
        for e in error.errors():
            place = ".".join(str(part) for part in e["loc"])
            faults.append(f"{place}: {e['msg'][0].lower()}{e['msg'][1:]}".removeprefix(": "))
    if isinstance(data, dict):
        known = {f.name for f in fields(kind)}  # type: ignore[arg-type]
        faults += [f"{key}: unknown key" for key in data if key not in known]
    return (None if faults else record), faults


def read_records(path: Path, kind: type[T]) -> list[Located[T]]:
    """
    Return the records of a ``.jsonl`` or ``.yaml`` file, with their lines.

    Raises:
        UsageFault: There is no such file.
        RecordFault: Records break their schema; ``faults`` lists all of them.
    """
    if not path.is_file():
        raise UsageFault(f"no file {path}; run in a checkout, or name one with -C")
    rows = _iter_yaml(path) if path.suffix == ".yaml" else _iter_jsonl(path)
    found, faults = [], []
    for line, data in rows:
        record, wrong = parse_record(kind, data)
        faults += [f"{path.name}:{line}: {fault}" for fault in wrong]
        if record is not None:
            found.append(Located(line, record))
    if faults:
        raise RecordFault(str(path), faults)
    return found


def _iter_jsonl(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield line number and value of each line of a JSON Lines file."""
    for number, line in enumerate(_read_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            yield number, json.loads(line)
        except json.JSONDecodeError as error:
            raise RecordFault(
                str(path), [f"{path.name}:{number}: not JSON: {error.msg}"]
            ) from error


def _iter_yaml(path: Path) -> Iterator[tuple[int, Any]]:
    """Yield line number and value of each entry of a YAML list."""
    try:
        loader, node = compose_yaml(path)
        entries = node.value if isinstance(node, yaml.SequenceNode) else [node] if node else []
        for entry in entries:
            yield entry.start_mark.line + 1, loader.construct_document(entry)
    except yaml.YAMLError as error:
        raise RecordFault(str(path), [f"{path.name}: {' '.join(str(error).split())}"]) from error


def compose_yaml(path: Path) -> tuple[yaml.CSafeLoader, Any]:
    """
    Return the one document of a YAML file as nodes, which know their lines, and its loader.

    Raises:
        RecordFault: The file is not YAML, or not UTF-8.
    """
    loader = yaml.CSafeLoader(_read_text(path))
    try:
        return loader, loader.get_single_node()
    except yaml.YAMLError as error:
        raise RecordFault(str(path), [f"{path.name}: {' '.join(str(error).split())}"]) from error


def _read_text(path: Path) -> str:
    """
    Return the text of *path*.

    Raises:
        RecordFault: It is not UTF-8.
    """
    data = path.read_bytes()
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise RecordFault(str(path), [f"{path.name}:{line}: not UTF-8"]) from error


def format_record(record: Any) -> str:
    """
    Return one record as a line of JSON, keys in the order of its fields.

    >>> from safeguards.model import Attribute
    >>> format_record(Attribute("timing", "prior"))
    '{"name": "timing", "value": "prior"}'
    """
    data = record if isinstance(record, Mapping) else asdict(record)
    return json.dumps(data, ensure_ascii=False)


class _Dumper(yaml.SafeDumper):
    """Writes YAML as it is written by hand: lists indented below their key."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent lists, too."""
        super().increase_indent(flow, False)


def format_yaml(records: Iterable[Any], head: str = "") -> str:
    """
    Return records as a YAML list below the comment *head*, an empty line between two.

    >>> from safeguards.model import Annotator
    >>> who = Annotator("lm-a", "language_model", ("pilot",), "A.")
    >>> print(format_yaml([who], "# Who."), end="")
    # Who.
    - annotator_id: lm-a
      kind: language_model
      rounds: [pilot]
      note: A.
    """
    options: dict[str, Any] = {"sort_keys": False, "allow_unicode": True, "width": 110}
    entries = []
    for record in records:
        data = json.loads(format_record(record))
        text = yaml.dump(data, Dumper=_Dumper, default_flow_style=None, **options)
        entries.append("- " + text.rstrip("\n").replace("\n", "\n  "))
    return (head + "\n" if head else "") + "\n\n".join(entries) + "\n"


def read_head(path: Path) -> str:
    """Return the comment that a YAML file begins with."""
    lines = path.read_text(encoding="utf-8").split("\n") if path.is_file() else []
    first = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return "\n".join(lines[:first])


def write_records(path: Path, records: Iterable[Any]) -> None:
    """Write *records* to a JSON Lines file, replacing it in one step."""
    write_text(path, "".join(format_record(record) + "\n" for record in records))


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write *lines* one after the other, replacing the file in one step."""
    _write(path, (f"{line}\n".encode() for line in lines))


def write_yaml(path: Path, records: Iterable[Any]) -> None:
    """Write *records* to a YAML list, as a person may go on editing it, in one step."""
    plain = [json.loads(format_record(record)) for record in records]
    words = yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=110) if plain else ""
    write_text(path, words)


def read_lines(path: Path) -> list[str]:
    """Return the lines of a file, cut at line feeds alone, as `write_lines` wrote them."""
    return path.read_text(encoding="utf-8").split("\n")[:-1]


def write_text(path: Path, text: str) -> None:
    """Write *text* to *path* in UTF-8, replacing the file in one step."""
    write_bytes(path, text.encode("utf-8"))


def write_bytes(path: Path, data: bytes) -> None:
    """Write *data* to *path*, replacing the file in one step; nothing half-written is ever seen."""
    _write(path, (data,))


def _write(path: Path, pieces: Iterable[bytes]) -> None:
    """Write *pieces* beside *path*, and then put them in its place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(descriptor, "wb") as handle:
            handle.writelines(pieces)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* into a folder of their own."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        write_bytes(folder / name, data)


def replace_folder(folder: Path, fresh: Path) -> None:
    """Put *fresh* in the place of *folder*."""
    old = folder.with_name(f".{folder.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def only(located: Sequence[Located[T]]) -> list[T]:
    """Return the records without their lines."""
    return [item.record for item in located]
