"""The splitter against a naive one and against bluebell, on the treaties that have a gold standard."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

from bench.measure import ROOT, SHARED, measure, own_peak, python

BLUEBELL = ROOT / ".venv-bench" / "bin" / "python"
SCORE, GOLD = SHARED / "tools" / "score.py", SHARED / "gold"
Splitter = Callable[[str], Iterable[Any]]


def bench() -> None:
    """Print speed, memory and scores of each splitter on the same texts."""
    with tempfile.TemporaryDirectory() as name:
        texts = find_texts() or {"invented": invent_text(Path(name))}
        listing = Path(name) / "listing.json"
        listing.write_text(json.dumps(texts), encoding="utf-8")
        characters = sum(len(Path(p).read_text(encoding="utf-8")) for p in texts.values())
        print(f"splitters: {len(texts)} texts, {characters:,} characters")
        for label, run in (("ours", run_here), ("naive", run_here), ("bluebell", run_bluebell)):
            show(label, characters, run(label, listing, Path(name) / label), Path(name) / label)


def find_texts() -> dict[str, str]:
    """Return the texts beside the project: path by id."""
    folders = sorted((SHARED / "treaties").glob("*"))
    found = {f.name: [p for p in (f / "source.md", f / "text.txt") if p.is_file()] for f in folders}
    return {name: str(paths[0]) for name, paths in found.items() if paths}


def invent_text(folder: Path) -> str:
    """Write a text to split where no real ones are at hand, and return its path."""
    article = "### Article {n}\n\n1. A Party may:\n\na) ask;\n\nb) be asked.\n\n2. It answers.\n\n"
    path = folder / "invented.md"
    path.write_text("".join(article.format(n=n) for n in range(1, 500)), encoding="utf-8")
    return str(path)


def run_here(label: str, listing: Path, target: Path) -> dict[str, float]:
    """Run one of our splitters in a process of its own; return seconds and peak memory."""
    done = python("bench.splitters", label, str(listing), str(target))
    return dict(json.loads(done.printed))


def run_bluebell(label: str, listing: Path, target: Path) -> dict[str, float]:
    """Run bluebell with its own Python; nothing where it is not installed."""
    if not BLUEBELL.is_file():
        return {}
    script = Path(__file__).with_name("bluebell_side.py")
    done = measure(str(BLUEBELL), str(script), str(listing), str(target))
    return dict(json.loads(done.printed)) if done.code == 0 else {}


def show(label: str, characters: int, took: dict[str, float], target: Path) -> None:
    """Print one line for a splitter."""
    if not took:
        print(f"  {label:9s} is not there; make .venv-bench/.done installs it")
        return
    speed = characters / took["seconds"] / 1e6
    print(
        f"  {label:9s} {speed:6.2f} M characters/s  {took['peak'] / 2**20:4.0f} MiB{score(target)}"
    )


def score(passages: Path) -> str:
    """Return how the passages agree with the gold standard, where it is at hand."""
    if not SCORE.is_file():
        return ""
    command = [sys.executable, str(SCORE), str(passages), "--gold", str(GOLD)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1].removeprefix("OVERALL "))
    levels = ("article", "paragraph", "point")
    f1 = " ".join(f"{level} {harmonic(found[level]):.3f}" for level in levels)
    return f"  F1: {f1}, text {found['text_ok']:.3f}, characters lost {found['text']['lost']:.2%}"


def harmonic(found: dict[str, float]) -> float:
    """Return F1 of recall and precision."""
    total = found["recall"] + found["precision"]
    return 2 * found["recall"] * found["precision"] / total if total else 0.0


# In the process that is measured.


def split_text(label: str) -> Splitter:
    """Return the splitter called *label*."""
    from bench.naive import split_naively
    from safeguards.provisions import split

    return {"ours": lambda text: split(text, "bench"), "naive": split_naively}[label]


def as_record(passage: Any) -> dict[str, Any]:
    """Return a passage of any splitter as a mapping."""
    return asdict(passage) if is_dataclass(passage) else dict(passage)  # type: ignore[arg-type]


def main(label: str, listing: str, target: str) -> None:
    """Split the texts that *listing* names; write passages, and print what it took."""
    from safeguards.text import decode

    split, seconds = split_text(label), 0.0
    with Path(target).open("w", encoding="utf-8") as out:
        for document_id, path in json.loads(Path(listing).read_text(encoding="utf-8")).items():
            data = Path(path).read_bytes()
            start = time.perf_counter()
            passages = list(split(decode(data, path)))
            seconds += time.perf_counter() - start
            out.writelines(
                json.dumps({**as_record(p), "doc": document_id}) + "\n" for p in passages
            )
    print(json.dumps({"seconds": seconds, "peak": own_peak()}))


if __name__ == "__main__":
    main(*sys.argv[1:])
