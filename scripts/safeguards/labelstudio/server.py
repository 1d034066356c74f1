"""
A local Label Studio for one team: started, watched and stopped.

The server lives in its own virtual environment and process. It listens on 127.0.0.1 only, keeps
its database in one folder or in PostgreSQL, and sends nothing home. Busy ports are refused here,
because Label Studio would silently take the next one.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from safeguards.errors import ServerFault
from safeguards.labelstudio.database import Database

HOST = "127.0.0.1"
_POLL = 0.25
_GRACE = 15.0
_QUIET = {
    "LABEL_STUDIO_COLLECT_ANALYTICS": "false",
    "LABEL_STUDIO_LATEST_VERSION_CHECK": "false",
    "LABEL_STUDIO_SENTRY_DSN": "",
    "LABEL_STUDIO_FRONTEND_SENTRY_DSN": "",
    "LABEL_STUDIO_FEATURE_FLAGS_OFFLINE": "true",
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who may enter a local server; neither password nor token is ever shown."""

    url: str
    user: str
    password: str = field(repr=False)
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that was started here."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def stop(self) -> None:
        """Stop the server: politely first, and for certain after fifteen seconds."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(_GRACE)


# Where things are.


def find_executable(env: Mapping[str, str], root: Path) -> Path:
    """
    Return the program ``label-studio``.

    Raises:
        ServerFault: It is not installed.
    """
    named = env.get("SAFEGUARDS_LABEL_STUDIO")
    own = root / ".venv-label-studio" / "bin" / "label-studio"
    on_path = shutil.which("label-studio", path=env.get("PATH", ""))
    for candidate in (Path(named),) if named else (own, Path(on_path or own)):
        if candidate.is_file() and os.access(candidate, os.X_OK):
            return candidate
    raise ServerFault("no Label Studio is installed here; run 'make label-studio'")


def default_data_dir(env: Mapping[str, str]) -> Path:
    """Return the folder in which a local server keeps its database."""
    home = Path(env.get("HOME", "~")).expanduser()
    return Path(env.get("XDG_STATE_HOME") or home / ".local/state") / "safeguards/label-studio"


def read_credentials(data_dir: Path) -> Credentials | None:
    """
    Return who may enter the server of a folder, or None before its first start.

    Raises:
        ServerFault: The file is broken, or others may read it.
    """
    path = data_dir / "credentials.json"
    if not path.is_file():
        return None
    if path.stat().st_mode & 0o077:
        raise ServerFault(f"others may read {path}; run 'chmod 600 {path}'")
    try:
        return Credentials(**json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise ServerFault(f"{path} is broken; delete the folder to begin again") from None


def write_credentials(data_dir: Path, credentials: Credentials) -> None:
    """Keep *credentials* where only their owner can read them."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = data_dir / "credentials.json"
    fresh = path.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as handle:
        json.dump(asdict(credentials), handle, indent=2)
    fresh.replace(path)


# Start and stop.


def start(
    executable: Path,
    data_dir: Path,
    port: int,
    user: str,
    password: str,
    token: str,
    *,
    database: Database | None = None,
    public_url: str | None = None,
    patience: float = 240.0,
) -> Running:
    """
    Start a server and return once it answers; the first start in a folder takes about a minute.

    Args:
        executable: The program ``label-studio``.
        data_dir: Folder of the database; made if absent.
        port: A free port of 127.0.0.1.
        user: E-mail address under which the owner logs in; made up, no mail is sent.
        password: Password of the owner; only the first start in a folder sets it.
        token: Token of the owner, 40 hexadecimal digits; the same.
        database: A PostgreSQL database; None for a file in the folder.
        public_url: The https address under which a reverse proxy shows the server to a team.
        patience: How many seconds to wait.

    Raises:
        ServerFault: The port is taken, or the server ends or stays silent.
    """
    _demand_free_port(port)
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    url = f"http://{HOST}:{port}"
    entry = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data_dir),
        "LABEL_STUDIO_HOST": public_url or url,
        "LABEL_STUDIO_USERNAME": user,
        "LABEL_STUDIO_PASSWORD": password,
        "LABEL_STUDIO_USER_TOKEN": token,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "LABEL_STUDIO_DISABLE_SIGNUP_WITHOUT_LINK": "true",
    }
    log = data_dir / "server.log"
    with log.open("ab") as output:
        process = subprocess.Popen(
            _command(executable, data_dir, port),
            env={
                **_inherited(os.environ),
                **_QUIET,
                **entry,
                **(database.settings if database else {}),
                **(_behind_proxy(public_url) if public_url else {}),
            },
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = Running(process, url, log)
    try:
        _wait_until_up(running, port, patience)
    except BaseException:
        running.stop()
        raise
    return running


@contextmanager
def serving(running: Running) -> Iterator[Running]:
    """Stop a server that was started at the end of a block."""
    try:
        yield running
    finally:
        running.stop()


def _behind_proxy(public_url: str) -> dict[str, str]:
    """Return what makes logins safe where a reverse proxy with TLS stands before the server."""
    return {
        "CSRF_TRUSTED_ORIGINS": public_url,
        "SESSION_COOKIE_SECURE": "1",
        "CSRF_COOKIE_SECURE": "1",
    }


def _command(executable: Path, data_dir: Path, port: int) -> list[str]:
    """Return the command line of the server; without --internal-host it would listen to all."""
    address = ["--internal-host", HOST, "--port", str(port), "--data-dir", str(data_dir)]
    return [str(executable), "start", "--no-browser", *address, "--enable-legacy-api-token"]


def _inherited(env: Mapping[str, str]) -> dict[str, str]:
    """Return what a server may know of our environment: nothing about Label Studio or Django."""
    private = ("LABEL_STUDIO_", "DJANGO_", "POSTGRE_", "PYTHONPATH", "VIRTUAL_ENV")
    return {name: value for name, value in env.items() if not name.startswith(private)}


def _demand_free_port(port: int) -> None:
    """Raise if somebody listens on *port*."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise ServerFault(f"port {port} is taken; choose another one with --port") from None


def _wait_until_up(running: Running, port: int, patience: float) -> None:
    """Return once *running* answers on *port*."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        if running.process.poll() is not None:
            raise ServerFault(f"Label Studio ended at its start; see {running.log}")
        if is_up(running.url):
            if not _is_listener(running.process.pid, port):
                raise ServerFault(f"another program answers on port {port}; choose another --port")
            return
        time.sleep(_POLL)
    raise ServerFault(f"Label Studio said nothing for {patience:.0f} seconds; see {running.log}")


def is_up(url: str) -> bool:
    """Tell whether a Label Studio answers at *url*."""
    import httpx

    try:
        answer = httpx.get(f"{url}/health/", timeout=5, trust_env=False)
        return answer.status_code == 200 and answer.json().get("status") == "UP"
    except (httpx.HTTPError, ValueError, AttributeError):
        return False


def _is_listener(pid: int, port: int) -> bool:
    """Tell whether process *pid* listens on *port*; True where the system does not say."""
    table = Path("/proc/net/tcp")
    if not table.is_file():
        return True
    sockets = {
        row[9]
        for row in map(str.split, table.read_text(encoding="ascii").splitlines()[1:])
        if row[3] == "0A" and int(row[1].rpartition(":")[2], 16) == port
    }
    return bool(sockets & _sockets_of(pid))


def _sockets_of(pid: int) -> set[str]:
    """Return the inodes of the sockets that a process holds."""
    found: set[str] = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            found.update(re.findall(r"socket:\[(\d+)\]", str(link.readlink())))
        except OSError:  # The descriptor was closed while we looked.
            continue
    return found
