"""Many texts at once: three engines, one result, whatever is killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import tracemalloc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from safeguards.engines import (
    Batch,
    Outcome,
    Report,
    Work,
    choose_engine,
    segment_all,
)
from safeguards.errors import UsageFault
from safeguards.manifest import Part, read_manifest
from safeguards.parquet import arrow_schema
from safeguards.segment import split_bytes

SCRIPTS = Path(__file__).parents[1] / "scripts"
RUN = """
import sys
from pathlib import Path
from safeguards.engines import choose_engine, segment_all
from {splitter} import split_bytes
if __name__ == "__main__":
    source, folder, name, workers, scheduler = sys.argv[1:]
    engine = choose_engine(name, int(workers) or None, scheduler or None)
    report = segment_all(Path(source), Path(folder), engine, split_bytes)
    print(report.done, report.kept, report.faults)
"""
DEADLY = """
import os
from safeguards.segment import split_bytes as split
def split_bytes(data, name, document_id, edition):
    if name == "n-2.md":
        os.kill(os.getpid(), 9)
    return split(data, name, document_id, edition)
"""
SERIAL = choose_engine("serial")


def write_texts(folder: Path, count: int, articles: int = 3) -> Path:
    """Write some texts in words of our own, and return their folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(1, count + 1):
        text = "".join(
            f"### Article {a}\n\n1. Robot {n} may:\n\na) wait;\n\nb) ask.\n\n2. It answers.\n\n"
            for a in range(1, articles + 1)
        )
        (folder / f"n-{n}.md").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    """Seven texts, one of them in a folder below."""
    write_texts(tmp_path / "texts", 6)
    write_texts(tmp_path / "texts" / "Deep Sea", 1)
    return tmp_path / "texts"


def serial(source: Path, folder: Path) -> Report:
    """Split in this process."""
    return segment_all(source, folder, SERIAL, split_bytes)


def contents(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file in a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def faults(folder: Path) -> dict[str, str]:
    """Return the faults that a manifest lists."""
    return {part.name: part.fault for part in read_manifest(folder) if part.fault}


@contextmanager
def started(*command: str, path: Path = SCRIPTS) -> Iterator[subprocess.Popen[str]]:
    """Start a process that finds the package, and end it, by its pid, if it has not ended."""
    where = os.pathsep.join((str(SCRIPTS), str(path)))
    process = subprocess.Popen(
        [sys.executable, *command],
        env={**os.environ, "PYTHONPATH": where},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def command(
    source: Path, folder: Path, name: str, workers: int = 2, scheduler: str = ""
) -> list[str]:
    """Return the arguments that make Python split *source* in a process of its own."""
    script = RUN.format(splitter="safeguards.segment")
    return ["-c", script, str(source), str(folder), name, str(workers), scheduler]


def finish(process: subprocess.Popen[str]) -> list[int]:
    """Wait for a run; return how many texts it split, kept, and found faulty."""
    printed, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return [int(word) for word in printed.split()]


def wait_until(is_so: Callable[[], object], seconds: float = 60) -> None:
    """Wait until something is so, but not forever."""
    end = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < end, "it did not come"
        time.sleep(0.01)


def parts_in(folder: Path) -> int:
    """Return how many parts there are by now."""
    return len(list((folder / "parts").glob("*.parquet")))


def workers_of(pid: int) -> list[int]:
    """Return the pids of a pool's workers."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(c) for c in children if b"spawn_main" in Path(f"/proc/{c}/cmdline").read_bytes()]


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that has ended and is not yet buried does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


# What comes out.


def test_a_part_holds_the_passages_of_its_text(texts: Path, tmp_path: Path) -> None:
    """A part has the typed columns of a passage, and the rows that the splitter gives."""
    assert serial(texts, tmp_path / "out") == Report(inputs=7, done=7, kept=0, faults=0)
    part = pq.ParquetFile(tmp_path / "out/parts/deep-sea-n-1.parquet")
    data = (texts / "Deep Sea/n-1.md").read_bytes()
    wanted = split_bytes(data, "n-1.md", "deep-sea-n-1", "official")
    assert part.schema_arrow.names == arrow_schema(type(wanted[0])).names
    assert [row["passage_id"] for row in part.read().to_pylist()] == [p.passage_id for p in wanted]
    assert [row["text"] for row in part.read().to_pylist()] == [p.text for p in wanted]


def test_the_manifest_lists_every_input(texts: Path, tmp_path: Path) -> None:
    """Each line names an input with its hash, its part, rows and characters, in order of names."""
    serial(texts, tmp_path / "out")
    lines = (tmp_path / "out/manifest.jsonl").read_text(encoding="utf-8").splitlines()
    found = [json.loads(line) for line in lines]
    assert [f["name"] for f in found] == ["Deep Sea/n-1.md", *(f"n-{n}.md" for n in range(1, 7))]
    assert found[0]["part"] == "parts/deep-sea-n-1.parquet"
    assert (found[0]["rows"], found[0]["characters"]) == (15, 96)
    assert sorted(contents(tmp_path / "out")) == sorted(
        ["manifest.jsonl", *(f["part"] for f in found)]
    )


@pytest.mark.parametrize(("name", "workers"), [("pool", 1), ("pool", 3), ("dask", 2)])
def test_engines_give_the_same_bytes(texts: Path, tmp_path: Path, name: str, workers: int) -> None:
    """Parts and manifest are the same to the byte, whatever engine and number of workers."""
    if name == "dask":
        pytest.importorskip("distributed")
    serial(texts, tmp_path / "serial")
    with started(*command(texts, tmp_path / "other", name, workers)) as process:
        assert finish(process) == [7, 0, 0]
    assert contents(tmp_path / "other") == contents(tmp_path / "serial")


def test_an_archive_gives_the_parts_of_its_folder(texts: Path, tmp_path: Path) -> None:
    """A .tar.gz gives the same parts as the folder that was packed, whatever its top folder."""
    with tarfile.open(tmp_path / "texts.tar.gz", "w:gz") as archive:
        archive.add(texts, "./top/folder")
    serial(texts, tmp_path / "a")
    serial(tmp_path / "texts.tar.gz", tmp_path / "b")
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert a.pop("manifest.jsonl") != b.pop("manifest.jsonl")
    assert a == b


def test_memory_does_not_grow_with_the_number_of_files(tmp_path: Path) -> None:
    """Eight times as many files need no more memory."""
    peaks = []
    for count in (100, 800):
        write_texts(tmp_path / f"in{count}", count, articles=1)
        tracemalloc.start()
        serial(tmp_path / f"in{count}", tmp_path / f"out{count}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]


# Files that hold no text.


def test_faults_are_told_and_the_rest_is_done(texts: Path, tmp_path: Path) -> None:
    """Empty, binary and foreign files are listed with their fault; the other texts are split."""
    (texts / "empty.md").write_bytes(b" \n")
    (texts / "picture.md").write_bytes(b"a\0b")
    (texts / "latin.md").write_bytes("Übereinkommen".encode("latin-1"))
    report = serial(texts, tmp_path / "out")
    assert report == Report(inputs=10, done=7, kept=0, faults=3)
    assert faults(tmp_path / "out") == {
        "empty.md": "is empty; give a file that holds a text",
        "latin.md": "is not UTF-8 (byte 0); if it is ISO-8859-1, run: "
        "iconv -f ISO-8859-1 -t UTF-8 latin.md > latin.md.utf8",
        "picture.md": "is a binary file; give a text in UTF-8",
    }


def test_two_files_of_one_id(texts: Path, tmp_path: Path) -> None:
    """The second of two files that would have the same id is a fault, not an overwritten part."""
    (texts / "N_1.md").write_text("Article 1\n\nOther.\n", encoding="utf-8")
    serial(texts, tmp_path / "out")
    assert faults(tmp_path / "out") == {
        "n-1.md": "its id would be n-1, which another file has; rename it"
    }


def test_a_mistake_of_the_splitter_costs_one_text(texts: Path, tmp_path: Path) -> None:
    """When the splitter itself fails on a text, the other texts are split all the same."""

    def brittle(data: bytes, name: str, document_id: str, edition: str) -> list[object]:
        assert name != "n-3.md", "three"
        return list(split_bytes(data, name, document_id, edition))

    report = segment_all(texts, tmp_path / "out", SERIAL, brittle)  # type: ignore[arg-type]
    assert (report.done, report.faults) == (6, 1)
    fault = faults(tmp_path / "out")["n-3.md"]
    assert fault.startswith("the splitter failed (AssertionError: three")


def test_the_command_tells_faults_and_exits_1(texts: Path, tmp_path: Path) -> None:
    """Faults come on stderr, one line each, and the exit code is 1."""
    from safeguards.cli.main import main

    (texts / "empty.md").write_bytes(b"")
    arguments = ["segment", str(texts), "-o", str(tmp_path / "out"), "--engine", "serial"]
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, result.stdout) == (1, f"{tmp_path}/out/manifest.jsonl\n")
    assert "empty.md: is empty; give a file that holds a text\n" in result.stderr
    assert result.stderr.endswith(
        "safeguards: 1 of 8 files gave no part; mend them or take them out, and run again\n"
    )
    (texts / "empty.md").unlink()
    assert CliRunner().invoke(main, arguments).exit_code == 0


# Runs after runs.


def test_unchanged_texts_are_not_split_again(texts: Path, tmp_path: Path) -> None:
    """A second run splits what is new or changed, and drops the parts of what is gone."""
    out = tmp_path / "out"
    serial(texts, out)
    before = contents(out)
    assert serial(texts, out) == Report(inputs=7, done=0, kept=7, faults=0)
    assert contents(out) == before
    (texts / "n-1.md").write_text("Article 1\n\nNew.\n", encoding="utf-8")
    (texts / "n-2.md").unlink()
    assert serial(texts, out) == Report(inputs=6, done=1, kept=5, faults=0)
    assert "parts/n-2.parquet" not in contents(out)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda out: (out / "parts/n-1.parquet").write_bytes(b"PAR1"),
        lambda out: (out / "parts/n-1.parquet").unlink(),
        lambda out: _edit(out, "n-1.md", source_sha256="0"),
        lambda out: _edit(out, "n-1.md", maker="safeguards 0.0.1"),
        lambda out: _edit(out, "n-1.md", edition="restatement"),
        lambda out: _edit(out, "n-1.md", part="../n-1.parquet"),
        lambda out: _edit(out, "n-1.md", rows="many"),
    ],
    ids=["torn", "lost", "other text", "other code", "other edition", "other place", "no entry"],
)
def test_no_part_is_trusted_without_a_voucher(
    texts: Path, tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    """A part whose entry does not hold in every point is made again."""
    out = tmp_path / "out"
    serial(texts, out)
    before = contents(out)
    spoil(out)
    assert serial(texts, out) == Report(inputs=7, done=1, kept=6, faults=0)
    assert contents(out) == before


def _edit(out: Path, name: str, **changes: str) -> None:
    """Change one entry of a manifest."""
    path = out / "manifest.jsonl"
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    entries = [{**e, **(changes if e["name"] == name else {})} for e in entries]
    path.write_text("".join(json.dumps(e) + "\n" for e in entries), encoding="utf-8")


def test_what_a_killed_run_left_is_swept(texts: Path, tmp_path: Path) -> None:
    """Half-written files and parts without an entry are gone after the next run."""
    out = tmp_path / "out"
    serial(texts, out)
    before = contents(out)
    for name in ("parts/.n-1.parquet.x7", "parts/old.parquet", ".manifest.jsonl.k2"):
        (out / name).write_bytes(b"half")
    serial(texts, out)
    assert contents(out) == before


def test_a_killed_run_is_completed(tmp_path: Path) -> None:
    """After kill -9 in the middle, workers end too, and a rerun completes what is missing."""
    texts, out = write_texts(tmp_path / "texts", 400, articles=20), tmp_path / "out"
    with started(*command(texts, out, "pool")) as process:
        wait_until(lambda: parts_in(out) > 100)  # a batch is written and entered
        workers = workers_of(process.pid)
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)
    assert not (out / "manifest.jsonl").exists()
    assert parts_in(out) < 400
    wait_until(lambda: not any(map(is_alive, workers)), seconds=20)
    report = serial(texts, out)
    assert report.done + report.kept == 400
    assert report.kept > 0
    serial(texts, tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def test_a_killed_worker_costs_nothing(tmp_path: Path) -> None:
    """When a worker of the pool is killed, its texts are split by another."""
    texts, out = write_texts(tmp_path / "texts", 400, articles=20), tmp_path / "out"
    with started(*command(texts, out, "pool")) as process:
        wait_until(lambda: parts_in(out) > 100)  # a batch is written and entered
        os.kill(workers_of(process.pid)[0], signal.SIGKILL)
        assert finish(process) == [400, 0, 0]
    serial(texts, tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def test_a_text_that_kills_its_worker_is_a_fault(texts: Path, tmp_path: Path) -> None:
    """A text that takes its worker down twice is told, and the rest is done."""
    (tmp_path / "deadly.py").write_text(DEADLY, encoding="utf-8")
    arguments = command(texts, tmp_path / "out", "pool")
    arguments[1] = RUN.format(splitter="deadly")
    with started(*arguments, path=tmp_path) as process:
        assert finish(process) == [6, 0, 1]
    assert faults(tmp_path / "out") == {
        "n-2.md": "the worker that split it died, twice; split it alone, or cut it in parts"
    }


# Dask.


@contextmanager
def dask_cluster(folder: Path) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Run a scheduler and two workers on 127.0.0.1; give its address and the workers."""
    pytest.importorskip("distributed")
    where = folder / "scheduler.json"
    plain = ["--no-dashboard", "--host", "127.0.0.1"]
    scheduler = ["-m", "distributed.cli.dask_scheduler", "--port", "0", *plain]
    worker = ["-m", "distributed.cli.dask_worker", "--nthreads", "1", "--no-nanny", *plain]
    with started(*scheduler, "--scheduler-file", str(where)):
        wait_until(lambda: where.is_file() and where.read_text().endswith("}"))
        address = json.loads(where.read_text())["address"]
        with started(*worker, address) as first, started(*worker, address) as second:
            yield address, [first, second]


def test_a_dask_worker_may_die(tmp_path: Path) -> None:
    """With a scheduler and two workers, one killed in the middle, the result is whole."""
    texts, out = write_texts(tmp_path / "texts", 400, articles=20), tmp_path / "out"
    with (
        dask_cluster(tmp_path) as (address, workers),
        started(*command(texts, out, "dask", 0, address)) as process,
    ):
        wait_until(lambda: parts_in(out) > 100)  # a batch is written and entered
        os.kill(workers[0].pid, signal.SIGKILL)
        assert parts_in(out) < 400
        assert finish(process) == [400, 0, 0]
    serial(texts, tmp_path / "whole")
    assert contents(out) == contents(tmp_path / "whole")


def test_no_scheduler_answers(texts: Path, tmp_path: Path) -> None:
    """An address where nobody listens is a wrong usage, told in one line."""
    pytest.importorskip("distributed")
    code = (
        "from pathlib import Path; from safeguards.engines import *\n"
        "from safeguards.errors import UsageFault\n"
        "from safeguards.segment import split_bytes\n"
        "engine = choose_engine('dask', None, 'tcp://127.0.0.1:9')\n"
        f"try: segment_all(Path({str(texts)!r}), Path({str(tmp_path / 'out')!r}), engine, split_bytes)\n"
        "except UsageFault as error: print(error)\n"
    )
    with started("-c", code) as process:
        printed, _ = process.communicate(timeout=60)
    assert printed == "no Dask scheduler with workers at tcp://127.0.0.1:9; start it, run again\n"


# What is refused.


def test_a_worker_with_other_code_is_refused(texts: Path, tmp_path: Path) -> None:
    """Parts made by another version of the code are not mixed in."""

    def stale(work: Work, batches: Iterable[Batch]) -> Iterator[list[Outcome]]:
        for batch in batches:
            yield [Outcome(replace(o.part, maker="safeguards 0.0.1"), o.data) for o in work(batch)]

    with pytest.raises(UsageFault, match=r"a worker runs safeguards 0\.0\.1, not safeguards"):
        segment_all(texts, tmp_path / "out", stale, split_bytes)


def test_folders_that_are_not_ours(texts: Path, tmp_path: Path) -> None:
    """Parts are not written among other files, nor into the texts."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "letter.txt").write_text("Dear", encoding="utf-8")
    with pytest.raises(UsageFault, match=r"holds other files and no manifest\.jsonl"):
        serial(texts, tmp_path / "home")
    with pytest.raises(UsageFault, match="name a folder outside of it"):
        serial(texts, texts / "out")
    with pytest.raises(UsageFault, match=r"is no folder and no \.tar\.gz"):
        serial(texts / "n-1.md", tmp_path / "out")


@pytest.mark.parametrize(
    ("name", "workers", "scheduler"), [("pool", None, "tcp://a:1"), ("dask", 2, "tcp://a:1")]
)
def test_choices_that_do_not_go_together(name: str, workers: int | None, scheduler: str) -> None:
    """A scheduler is for Dask, and brings its own workers."""
    with pytest.raises(UsageFault, match="--scheduler goes with --engine dask and without"):
        choose_engine(name, workers, scheduler)


def test_the_manifest_has_the_fields_of_its_dataclass(texts: Path, tmp_path: Path) -> None:
    """A line of the manifest has one key for each field, in order."""
    serial(texts, tmp_path / "out")
    line = (tmp_path / "out/manifest.jsonl").read_text(encoding="utf-8").partition("\n")[0]
    assert list(json.loads(line)) == list(Part.__dataclass_fields__)
