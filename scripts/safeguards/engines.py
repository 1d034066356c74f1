"""
Many texts at once: a folder or an archive becomes one Parquet part for each document.

The unit of work is a pure function, the bytes of one document to the bytes of one part. Only the
process that was started reads inputs and writes parts, so that workers may sit on machines that
share no disk with it; they need the package and nothing else. Three engines carry the work: this
process alone, a pool of processes, and Dask (https://distributed.dask.org). Whichever it is, the
same inputs give the same bytes; how many documents are under way at once is bounded.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from functools import cache, partial
from importlib import metadata
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from safeguards import __version__
from safeguards.errors import SafeguardsError, UsageFault
from safeguards.inputs import is_archive, iter_data, iter_inputs
from safeguards.manifest import Ledger, Part, part_path
from safeguards.model import Passage
from safeguards.parquet import parquet_bytes

ENGINES = ("serial", "pool", "dask")
_LIBRARIES = ("lxml", "pyarrow", "pypdfium2", "trafilatura")
_BATCH_FILES = 64
_BATCH_BYTES = 2**19
_PATIENCE = 60  # seconds that Dask may be without any worker
_DIED = "the worker that split it died, twice; split it alone, or cut it in parts"

Splitter = Callable[[bytes, str, str, str], list[Passage]]  # data, name, document_id, edition


class Task(NamedTuple):
    """One document to be split."""

    name: str
    document_id: str
    edition: str
    source_sha256: str
    data: bytes


class Outcome(NamedTuple):
    """What one document gave: its entry for the manifest, and its part unless there is a fault."""

    part: Part
    data: bytes | None


Batch = list[Task]
Work = Callable[[Batch], list[Outcome]]
Engine = Callable[[Work, Iterable[Batch]], Iterator[list[Outcome]]]


@dataclass(frozen=True, slots=True)
class Report:
    """
    What a run did.

    Attributes:
        inputs: Number of files that were found.
        done: How many of them were split now.
        kept: How many had been split before, and are unchanged.
        faults: How many gave no part.
    """

    inputs: int
    done: int
    kept: int
    faults: int


# The unit of work.


@cache
def maker() -> str:
    """
    Return what decides the bytes of a part: versions, and a hash of the package's own code.

    Parts of another maker are made again, and workers of another maker are refused.
    """
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    versions = [f"safeguards {__version__} ({digest.hexdigest()[:12]})"]
    versions += [f"{name} {version}" for name, version in _library_versions()]
    return ", ".join([*versions, f"unicode {unicodedata.unidata_version}"])


def _library_versions() -> Iterator[tuple[str, str]]:
    """Yield the libraries that read texts and write parts, as far as they are installed."""
    for name in _LIBRARIES:
        try:
            yield name, metadata.version(name)
        except metadata.PackageNotFoundError:
            continue


def split_task(splitter: Splitter, task: Task) -> Outcome:
    """Return the part of one document, or its fault; nothing that a text holds can stop a run."""
    try:
        passages = splitter(task.data, task.name, task.document_id, task.edition)
    except SafeguardsError as error:
        return task_fault(task, str(error))
    except Exception as error:  # a mistake of ours must not cost the other texts
        words = " ".join(f"{type(error).__name__}: {error}".split())
        return task_fault(task, f"the splitter failed ({words}); report it")
    if not passages:
        return task_fault(task, f"{task.name} holds no passage; give a text")
    data = parquet_bytes(Passage, passages, level=3)
    part = Part(
        *(task.name, task.document_id, task.edition, maker(), task.source_sha256),
        part=part_path(task.document_id),
        part_sha256=hashlib.sha256(data).hexdigest(),
        rows=len(passages),
        characters=sum(p.text_chars or 0 for p in passages),
    )
    return Outcome(part, data)


def task_fault(task: Task, fault: str) -> Outcome:
    """Return the outcome of a document that gave no part."""
    own = (task.name, task.document_id, task.edition, maker(), task.source_sha256)
    return Outcome(Part(*own, fault=fault.removeprefix(f"{task.name} ")), None)


def split_batch(splitter: Splitter, batch: Batch) -> list[Outcome]:
    """Return the outcomes of some documents; this is what is sent to workers."""
    return [split_task(splitter, task) for task in batch]


# The run.


def segment_all(
    source: Path,
    folder: Path,
    engine: Engine,
    splitter: Splitter,
    edition: str = "official",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Report:
    """
    Split every text of *source* into a part of *folder*, and list all in its manifest.

    What an earlier run did, whole or killed, is not done again if it still holds.

    Args:
        source: A folder or a tar archive.
        folder: Where parts and manifest go.
        engine: What carries the work; see `choose_engine`.
        splitter: A module's function that makes passages of bytes; workers import it by name.
        edition: Edition that the texts are taken for.
        progress: Told how many files are through, of how many.

    Raises:
        UsageFault: Source, folder or scheduler is not what was meant.
        SourceFault: The archive is damaged.
    """
    if not is_archive(source) and folder.resolve().is_relative_to(source.resolve()):
        raise UsageFault(f"{folder} lies in {source}; name a folder outside of it")
    with Ledger(folder, edition, maker()) as ledger:
        total = ledger.list_inputs(iter_inputs(source), strip_top=source.is_file())
        run = _Run(ledger, total, progress)
        for outcomes in engine(partial(split_batch, splitter), _batches(run.iter_tasks(source))):
            run.record(outcomes)
        ledger.finish()
    progress(total, total)
    return Report(total, run.done, run.kept, total - run.done - run.kept)


class _Run:
    """Counts while tasks go out and outcomes come in."""

    def __init__(self, ledger: Ledger, total: int, progress: Callable[[int, int], None]) -> None:
        """Begin with nothing done."""
        self.ledger, self.total, self.progress = ledger, total, progress
        self.done = self.kept = self.failed = 0

    def iter_tasks(self, source: Path) -> Iterator[Task]:
        """Yield the documents that have to be split."""
        for name, data in iter_data(source, self.ledger.iter_wanted()):
            if data is None:
                self.ledger.record_fault(name, "it cannot be read; check its rights")
                continue
            digest = hashlib.sha256(data).hexdigest()
            if self.ledger.is_done(name, digest):
                self.kept += 1
                self._tell()
            else:
                document_id = self.ledger.document_id(name)
                yield Task(name, document_id, self.ledger.edition, digest, data)

    def record(self, outcomes: Sequence[Outcome]) -> None:
        """Write what came back."""
        for part, data in outcomes:
            if part.maker != maker():
                raise UsageFault(f"a worker runs {part.maker}, not {maker()}; install the same")
            self.ledger.record(part, data)
            self.done += part.fault is None
            self.failed += part.fault is not None
        self.ledger.commit()
        self._tell()

    def _tell(self) -> None:
        """Report how far the run has come."""
        self.progress(self.done + self.kept + self.failed, self.total)


def _batches(tasks: Iterable[Task]) -> Iterator[Batch]:
    """Yield tasks in handfuls, so that sending them costs little beside the work."""
    batch: Batch = []
    size = 0
    for task in tasks:
        batch.append(task)
        size += len(task.data)
        if len(batch) == _BATCH_FILES or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# The engines.


def choose_engine(name: str, workers: int | None = None, scheduler: str | None = None) -> Engine:
    """
    Return the engine called *name*.

    Args:
        name: One of `ENGINES`.
        workers: Number of processes; as many as there are processors if not given.
        scheduler: Dask only: address of a running scheduler. Its workers are used as they are.
            Over tcp:// Dask asks nobody who they are: keep it in a network of your own.

    Raises:
        UsageFault: The choices do not go together.
    """
    if scheduler and (name != "dask" or workers):
        raise UsageFault("--scheduler goes with --engine dask and without --workers; leave one out")
    count = workers or len(os.sched_getaffinity(0))
    if name == "dask":
        return partial(_run_dask, scheduler=scheduler, workers=count)
    return partial(_run_pool, workers=count) if name == "pool" else _run_serial


def _run_serial(work: Work, batches: Iterable[Batch]) -> Iterator[list[Outcome]]:
    """Split the documents in this process."""
    yield from map(work, batches)


class _Crew(Protocol):
    """Workers that take batches; both engines of several processes are driven in the same way."""

    def submit(self, work: Work, batch: Batch) -> Any:
        """Hand out a batch."""

    def capacity(self) -> int:
        """Return how many batches may be out at once."""

    def wait(self, waiting: Iterable[Any]) -> Iterable[Any]:
        """Return those batches, one at least, that are through."""

    def result(self, future: Any) -> list[Outcome] | None:
        """Return what a batch gave; None if its worker died."""


def _drive(crew: _Crew, work: Work, batches: Iterable[Batch]) -> Iterator[list[Outcome]]:
    """Keep the crew busy, never with more than it has room for, and yield what comes back."""
    waiting: dict[Any, Batch] = {}
    for batch in batches:
        waiting[crew.submit(work, batch)] = batch
        while len(waiting) >= crew.capacity():
            yield from _collect(crew, work, waiting)
    while waiting:
        yield from _collect(crew, work, waiting)


def _collect(crew: _Crew, work: Work, waiting: dict[Any, Batch]) -> Iterator[list[Outcome]]:
    """Wait for a batch; if its worker died, let all that is out end, and try again one by one."""
    suspects: list[Task] = []
    ended = list(crew.wait(waiting))
    while ended:
        future = ended.pop()
        batch = waiting.pop(future)
        outcomes = crew.result(future)
        if outcomes is None:
            suspects += batch
            ended = list(waiting)
        else:
            yield outcomes
    for task in suspects:
        yield _retry(crew, work, task)


def _retry(crew: _Crew, work: Work, task: Task) -> list[Outcome]:
    """Split one document with nothing else under way, so that a death can be laid to it."""
    for _ in range(2):
        outcomes = crew.result(crew.submit(work, [task]))
        if outcomes is not None:
            return outcomes
    return [task_fault(task, _DIED)]


# Processes of this machine.


class _Pool:
    """Processes of this machine; a pool that lost one is replaced."""

    def __init__(self, workers: int) -> None:
        """Remember how many; they start with the first batch."""
        self.workers = workers
        self.executor = self._start()

    def _start(self) -> futures.ProcessPoolExecutor:
        """Return fresh processes, started in the one way that works on every system."""
        context = multiprocessing.get_context("spawn")
        return futures.ProcessPoolExecutor(self.workers, context, initializer=_begin_worker)

    def submit(self, work: Work, batch: Batch) -> futures.Future[list[Outcome]]:
        """Hand out a batch."""
        try:
            return self.executor.submit(work, batch)
        except BrokenProcessPool:
            self.executor.shutdown()
            self.executor = self._start()
            return self.executor.submit(work, batch)

    def capacity(self) -> int:
        """Return how many batches may be out at once: one in hand and one in reserve each."""
        return 2 * self.workers

    def wait(self, waiting: Iterable[Any]) -> Iterable[Any]:
        """Return those batches, one at least, that are through."""
        return futures.wait(waiting, return_when=futures.FIRST_COMPLETED).done

    def result(self, future: futures.Future[list[Outcome]]) -> list[Outcome] | None:
        """Return what a batch gave; None if a process died."""
        try:
            return future.result()
        except BrokenProcessPool:
            return None


def _run_pool(work: Work, batches: Iterable[Batch], *, workers: int) -> Iterator[list[Outcome]]:
    """Split documents in several processes of this machine."""
    pool = _Pool(workers)
    try:
        yield from _drive(pool, work, batches)
    finally:
        pool.executor.shutdown(cancel_futures=True)


def _begin_worker() -> None:
    """Leave interrupts to the process that began the work, and end when it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """Wait for the parent's end; a pool whose parent was killed would wait for work forever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait_for_end([parent.sentinel])
        os._exit(1)


# Dask.


class _Dask:
    """The workers of a Dask scheduler, which itself gives the work of a dead one to others."""

    def __init__(self, client: Any) -> None:
        """Remember the client."""
        self.client = client

    def submit(self, work: Work, batch: Batch) -> Any:
        """Hand out a batch."""
        return self.client.submit(work, batch, pure=False)

    def capacity(self) -> int:
        """Return how many batches may be out at once; workers may come and go."""
        return 2 * max(1, len(self.client.nthreads()))

    def wait(self, waiting: Iterable[Any]) -> Iterable[Any]:
        """Return those batches, one at least, that are through."""
        from distributed import wait

        while True:
            try:
                return list(wait(list(waiting), _PATIENCE, "FIRST_COMPLETED").done)
            except TimeoutError:
                if not self.client.nthreads():
                    raise

    def result(self, future: Any) -> list[Outcome] | None:
        """Return what a batch gave; None if it took several workers with it."""
        from distributed import KilledWorker

        try:
            return future.result()  # type: ignore[no-any-return]
        except KilledWorker:
            return None


def _run_dask(
    work: Work, batches: Iterable[Batch], *, scheduler: str | None, workers: int
) -> Iterator[list[Outcome]]:
    """Split documents on the workers of a Dask scheduler, or of a local one made for this."""
    with _open_dask(scheduler, workers) as client:
        yield from _drive(_Dask(client), work, batches)


@contextmanager
def _open_dask(scheduler: str | None, workers: int) -> Iterator[Any]:
    """Connect to a scheduler, or start one, and wait until it has a worker."""
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        hint = "pip install --editable '.[dask]'"
        raise UsageFault(f"--engine dask needs Dask; install it with: {hint}") from error
    where = scheduler or "this machine"
    local = partial(LocalCluster, workers, threads_per_worker=1, dashboard_address=None)
    try:
        with (
            nullcontext(scheduler) if scheduler else local() as cluster,
            Client(cluster, timeout=10) as client,
        ):
            client.wait_for_workers(1, timeout=_PATIENCE)
            yield client
    except (OSError, TimeoutError, futures.CancelledError) as error:
        raise UsageFault(
            f"no Dask scheduler with workers at {where}; start it, run again"
        ) from error
