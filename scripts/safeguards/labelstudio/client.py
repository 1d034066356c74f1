"""
The connection to a Label Studio server: where it is, what opens it, what it holds, how it fails.

Label Studio neither checks nor deduplicates what it receives, and its SDK sends a failed POST
again; so every write is sent once (`ONCE`). Everything the SDK raises becomes one line that names
the next step; neither the token nor a user's name ever leaves this module.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from safeguards.eid import resolve_provision
from safeguards.errors import ServerFault, UsageFault
from safeguards.labelstudio.convert import Json, Seat
from safeguards.labelstudio.server import default_data_dir, read_credentials
from safeguards.model import Passage, Round
from safeguards.repository import Repository

if TYPE_CHECKING:
    from label_studio_sdk import LabelStudio

DEFAULT_URL = "http://127.0.0.1:8080"
PAGE = 100
ONCE: Any = {"max_retries": 0}
_TIMEOUT = 60.0

Progress = Callable[[str, int, int], None]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Server:
    """
    Where Label Studio is, and the token that opens it.

    >>> Server("http://127.0.0.1:8080", "secret")
    Server(url='http://127.0.0.1:8080')
    """

    url: str
    token: str = field(repr=False)


# Which server.


def read_server(env: Mapping[str, str], url: str | None = None) -> Server:
    """
    Return the server to speak to, and its token.

    The address is *url*, LABEL_STUDIO_URL or the local default. The token is LABEL_STUDIO_API_KEY,
    the file ``~/.config/safeguards/label-studio-token``, or, for the server that
    ``safeguards label serve`` started, the one it was started with.

    Raises:
        ServerFault: There is no token, or others may read its file.
        UsageFault: The address is none.
    """
    url = (url or env.get("LABEL_STUDIO_URL") or DEFAULT_URL).rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise UsageFault("the address of Label Studio is wrong; write for instance " + DEFAULT_URL)
    token = env.get("LABEL_STUDIO_API_KEY", "").strip() or _read_token_file(env)
    token = token or _read_own_token(env, url)
    if not token:
        raise ServerFault(
            f"no token for {url}; set LABEL_STUDIO_API_KEY, or write {_token_path(env)}"
        )
    return Server(url, token)


def _token_path(env: Mapping[str, str]) -> Path:
    """Return where a person may keep their token."""
    home = Path(env.get("HOME", "~")).expanduser()
    return Path(env.get("XDG_CONFIG_HOME") or home / ".config") / "safeguards/label-studio-token"


def _read_token_file(env: Mapping[str, str]) -> str:
    """Return the token in the person's file, or nothing."""
    path = _token_path(env)
    if not path.is_file():
        return ""
    if path.stat().st_mode & 0o077:
        raise ServerFault(f"others may read {path}; run 'chmod 600 {path}'")
    return path.read_text(encoding="utf-8").strip()


def _read_own_token(env: Mapping[str, str], url: str) -> str:
    """Return the token of the server that this person started at *url*, or nothing."""
    credentials = read_credentials(default_data_dir(env))
    return credentials.token if credentials and credentials.url == url else ""


# Faults.


@contextmanager
def reported(server: Server) -> Iterator[None]:
    """Turn everything that the SDK raises into one line."""
    import httpx
    from label_studio_sdk.core.api_error import ApiError

    try:
        yield
    except ApiError as error:
        raise ServerFault(_describe(error.status_code, error.body, server)) from None
    except httpx.HTTPError as error:
        raise ServerFault(_describe_silence(error, server)) from None


def _describe(status: int | None, body: Any, server: Server) -> str:
    """Return one line on a refusal, without headers."""
    if status in (401, 403):
        return f"{server.url} does not accept the token; set LABEL_STUDIO_API_KEY to a valid one"
    if status == 404:
        return f"{server.url} has no such project or task; run 'safeguards label push' again"
    detail = body.get("validation_errors") or body.get("detail") if isinstance(body, dict) else ""
    words = " ".join(str(detail or "no reason given").split())[:300]
    return f"{server.url} answered {status}: {words}; see the log of Label Studio"


def _describe_silence(error: Exception, server: Server) -> str:
    """Return one line on a server that does not answer."""
    if type(error).__name__ in ("ReadTimeout", "WriteTimeout", "PoolTimeout"):
        return f"{server.url} takes too long to answer; look at its load, then run again"
    if type(error).__name__ == "LocalProtocolError":
        return "the token holds characters that no token has; set LABEL_STUDIO_API_KEY again"
    return f"no answer from {server.url}; start one with 'safeguards label serve'"


@contextmanager
def connect(server: Server) -> Iterator[LabelStudio]:
    """Open the SDK's client for a block; what goes wrong inside becomes one line."""
    import httpx
    from label_studio_sdk import LabelStudio

    options: Any = {"timeout": _TIMEOUT, "follow_redirects": True, "trust_env": _is_far(server)}
    with reported(server), httpx.Client(**options) as web:
        yield LabelStudio(base_url=server.url, api_key=server.token, httpx_client=web)


def _is_far(server: Server) -> bool:
    """Tell whether the server is another machine, which a proxy may lead to."""
    return urlsplit(server.url).hostname not in ("127.0.0.1", "localhost", "::1")


def wait_for_health(server: Server, patience: float) -> None:
    """Return once the server answers; give up after *patience* seconds."""
    import httpx

    end = time.monotonic() + patience
    while time.monotonic() < end:
        try:
            if httpx.get(f"{server.url}/health/", timeout=5, trust_env=_is_far(server)).is_success:
                return
        except httpx.HTTPError:
            time.sleep(0.5)
    raise ServerFault(f"no answer from {server.url}; start one with 'safeguards label serve'")


# Projects.


def project_title(plan: Round, annotator_id: str) -> str:
    """Return the title of an annotator's project; it is found by this title."""
    return f"{plan.round}/{annotator_id}"


def find_project(client: LabelStudio, title: str) -> int | None:
    """Return the id of the project with this very title, or None."""
    listed = client.projects.list(include="id,title", page_size=PAGE, request_options=ONCE)
    found = sorted(project.id for project in listed if project.title == title)
    if len(found) > 1:
        raise ServerFault(
            f"{len(found)} projects are called {title}; delete or rename all but one of them"
        )
    return found[0] if found else None


def demand_project(client: LabelStudio, title: str) -> int:
    """Return the id of the project with this title, which has to be there."""
    project = find_project(client, title)
    if project is None:
        raise ServerFault(
            f"the server has no project {title}; run 'safeguards label push', or "
            "'safeguards label restore' if it was deleted"
        )
    return project


# Tasks and seats.


def key_of(data: Mapping[str, Any]) -> Key:
    """Return what tells a task from all others of its project; an adjudicator's by its issues."""
    version = f"{data.get('text_sha256')}{data.get('issues_sha256') or ''}"
    return str(data.get("passage_id")), version


def list_tasks(client: LabelStudio, project: int) -> list[tuple[Key, int]]:
    """Return key and id of every task of a project."""
    return [(key_of(data), task) for task, data in iter_task_data(client, project)]


def iter_task_data(client: LabelStudio, project: int) -> Iterator[tuple[int, Json]]:
    """Yield id and data of every task of a project, in the order in which they were made."""
    listed = client.tasks.list(
        project=project,
        fields="task_only",
        include="id,data",
        page_size=PAGE,
        request_options=ONCE,
    )
    found = [(int(task.id), dict(plain(task)["data"] or {})) for task in listed]
    yield from sorted(found, key=lambda pair: pair[0])


def plain(item: Any) -> Json:
    """Return an object of the SDK as plain values."""
    return dict(item.model_dump())


def build_seat(repository: Repository, plan: Round, annotator_id: str) -> Seat:
    """
    Return an annotator's place in a round.

    Raises:
        UsageFault: The annotator has none.
    """
    if annotator_id not in plan.annotators:
        known = ", ".join(plan.annotators)
        raise UsageFault(f"'{annotator_id}' is not in round {plan.round}; choose one of {known}")
    return _sit(repository, plan, annotator_id, repository.round_passages(plan, annotator_id))


def build_adjudicator_seat(repository: Repository, plan: Round) -> Seat:
    """Return the adjudicator's place in a round: before every passage of it."""
    return _sit(repository, plan, plan.adjudicator, repository.round_passages(plan))


def _sit(repository: Repository, plan: Round, annotator_id: str, chosen: Sequence[Passage]) -> Seat:
    """Return somebody's place before some passages."""
    passages = {p.passage_id: p for p in chosen}
    known_ids = {p.passage_id for p in repository.passages} | set(passages)
    resolve = partial(resolve_provision, aliases=repository.aliases, known=known_ids)
    source = "\n".join(_read_source(repository, plan, dict.fromkeys(p.document_id for p in chosen)))
    return Seat(plan, annotator_id, repository.codebook, passages, resolve, source)


def _read_source(repository: Repository, plan: Round, documents: Iterable[str]) -> Iterator[str]:
    """Yield the official texts that somebody codes, passage by passage; restatements are ours."""
    for document_id in documents:
        if (edition := repository.round_edition(plan, document_id)) == "official":
            yield from (p.text or "" for p in repository.passages_with_text(document_id, edition))


def say_nothing(done: int, total: int) -> None:
    """Report progress to nobody."""
