"""
The database behind a Label Studio: a file for one team's pilot, PostgreSQL for more.

Passwords follow PostgreSQL's own custom: the variable PGPASSWORD, or a line in ``~/.pgpass`` that
only its owner may read (https://www.postgresql.org/docs/current/libpq-pgpass.html). They are never
part of an address, because command lines are seen by everyone on a machine. Nothing here reads
them; the programs of PostgreSQL and the server do so themselves.
"""

from __future__ import annotations

import io
import os
import re
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from safeguards.errors import ServerFault, UsageFault

SQLITE = "label_studio.sqlite3"
DUMP = "label_studio.dump"
_SECRETS = (".env", "credentials.json")
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


@dataclass(frozen=True, slots=True)
class Database:
    """
    A PostgreSQL database, without its password.

    >>> Database("db.example.org", 5432, "labels", "label_studio").address
    'postgresql://labels@db.example.org:5432/label_studio'
    """

    host: str
    port: int
    user: str
    name: str

    @property
    def address(self) -> str:
        """The address, as a person writes it."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.name}"

    @property
    def settings(self) -> dict[str, str]:
        """What Label Studio is told; with an empty password it looks where PostgreSQL looks."""
        return {
            "DJANGO_DB": "default",
            "POSTGRE_HOST": self.host,
            "POSTGRE_PORT": str(self.port),
            "POSTGRE_USER": self.user,
            "POSTGRE_NAME": self.name,
            "POSTGRE_PASSWORD": "",
        }


def parse_database(address: str, env: Mapping[str, str]) -> Database:
    """
    Return the database that an address names.

    >>> parse_database("postgresql://labels@db.example.org/label_studio", {}).port
    5432

    Raises:
        UsageFault: The address is none, or holds a password.
        ServerFault: Others may read the file with the passwords.
    """
    wanted = "write for instance postgresql://labels@127.0.0.1:5432/label_studio"
    try:
        parts = urlsplit(address)
        port = parts.port or 5432
    except ValueError:
        raise UsageFault(f"the address of the database is wrong; {wanted}") from None
    if parts.password:
        raise UsageFault(
            "the address of the database holds a password, which others on this machine can see; "
            "set PGPASSWORD, or write ~/.pgpass"
        )
    name = parts.path.removeprefix("/")
    user = unquote(parts.username or "")
    known = parts.scheme in ("postgresql", "postgres") and parts.hostname
    if not known or parts.query or not _NAME.fullmatch(user) or not _NAME.fullmatch(name):
        raise UsageFault(f"the address of the database is wrong; {wanted}")
    _refuse_open_passwords(env)
    return Database(str(parts.hostname), port, user, name)


def _refuse_open_passwords(env: Mapping[str, str]) -> None:
    """Raise if others may read the file with the passwords; PostgreSQL would only ignore it."""
    path = Path(env.get("PGPASSFILE") or Path(env.get("HOME", "~")).expanduser() / ".pgpass")
    if not env.get("PGPASSWORD") and path.is_file() and path.stat().st_mode & 0o077:
        raise ServerFault(f"others may read {path}; run 'chmod 600 {path}'")


# Backups.


def write_backup(path: Path, data_dir: Path, database: Database | None) -> list[str]:
    """
    Write everything a Label Studio needs to begin again to one archive, for its owner only.

    The database is copied while the server runs: as one transaction sees it. Beside it goes what
    lies in the data folder: ``.env``, whose key keeps tokens and sessions valid, the credentials
    of the lead, and uploaded files.

    Args:
        path: The archive, a .tar.gz; it holds secrets, so it is made with mode 0600.
        data_dir: The folder of the server.
        database: The PostgreSQL database; None for the file in the folder.

    Returns:
        The names of what the archive holds.

    Raises:
        ServerFault: There is no such server, or the database cannot be copied.
    """
    if not (data_dir / ".env").is_file():
        raise ServerFault(f"no Label Studio was started in {data_dir}; name its --data-dir")
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".backup-") as folder:
        copy = _dump(Path(folder), database) if database else _copy_file(Path(folder), data_dir)
        members = {copy.name: copy}
        members |= {p.relative_to(data_dir).as_posix(): p for p in _iter_files(data_dir)}
        fresh = Path(folder) / "archive"
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as handle:
            handle.write(_pack(members))
        fresh.replace(path)
    return list(members)


def _iter_files(data_dir: Path) -> Iterator[Path]:
    """Yield the files of a server's folder that no database holds."""
    yield from (data_dir / name for name in _SECRETS if (data_dir / name).is_file())
    yield from sorted(p for p in (data_dir / "media").rglob("*") if p.is_file())


def _pack(members: Mapping[str, Path]) -> bytes:
    """Return a .tar.gz of files by name, each readable for its owner only."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, path in members.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = path.stat().st_size, 0o600
            with path.open("rb") as handle:
                archive.addfile(entry, handle)
    return packed.getvalue()


def _copy_file(folder: Path, data_dir: Path) -> Path:
    """Return a copy of the database file, whole also while the server writes to it."""
    source = data_dir / SQLITE
    if not source.is_file():
        raise ServerFault(f"no database in {data_dir}; name the one it uses with --database")
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(folder / SQLITE)) as new,
    ):
        old.backup(new)
    return folder / SQLITE


def _dump(folder: Path, database: Database) -> Path:
    """Return a dump of the database, as one transaction sees it."""
    command = [
        str(find_program("pg_dump")),
        "--format=custom",
        "--no-owner",
        "--no-password",
        f"--file={folder / DUMP}",
        f"--dbname={database.address}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = " ".join(done.stderr.split())[:300]
        raise ServerFault(f"{database.address} cannot be copied ({said}); look at the database")
    return folder / DUMP


def find_program(name: str) -> Path:
    """
    Return a program of PostgreSQL, the newest where there are several.

    Raises:
        ServerFault: It is not installed.
    """
    found = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda p: int(p.parts[-3])
    )
    on_path = shutil.which(name)
    if on_path or found:
        return found[-1] if found else Path(str(on_path))
    raise ServerFault(f"no {name} is installed here; run 'apt-get install postgresql-client'")
