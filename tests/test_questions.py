"""Questions of advocates: answers from the built dataset, with evidence and its limits."""

from __future__ import annotations

import asyncio
import json
import re
import sqlite3
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml
from click.testing import CliRunner, Result
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from safeguards.cli.main import main
from safeguards.errors import UnknownProvision, UsageFault
from safeguards.publish import build_dataset
from safeguards.query import Dataset, find_vague
from safeguards.questions.brief import build_brief
from safeguards.questions.brief_pdf import pdf_bytes
from safeguards.questions.brief_text import format_html, format_markdown
from safeguards.questions.compare import compare_provisions
from safeguards.questions.critics import find_critics_of
from safeguards.questions.explain import explain_code
from safeguards.questions.gaps import find_gaps
from safeguards.questions.pictures import plot_matrix, plot_vagueness
from safeguards.questions.saved import answer, find_faults, find_question
from safeguards.questions.search import open_index, search
from safeguards.questions.sql import run_sql
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]
QUESTIONS = yaml.safe_load((ROOT / "schema" / "questions.yaml").read_text(encoding="utf-8"))
ANSWERED = ("citation", "provisional", "agreement", "cite")


def run_apart(work: Coroutine[Any, Any, dict[str, Any]]) -> dict[str, Any]:
    """Run a coroutine in a thread of its own; a browser's loop may be running in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """The committed dataset, built."""
    folder = tmp_path_factory.mktemp("shipped") / "dataset"
    return Dataset(build_dataset(Repository(ROOT), folder).folder)


@pytest.fixture
def small(tiny: Repository) -> Dataset:
    """The tiny dataset, built."""
    return Dataset(build_dataset(tiny, tiny.path("dist/dataset")).folder)


def ask(dataset: Dataset, *words: str) -> Result:
    """Run a command on a dataset."""
    return CliRunner().invoke(main, [*words, "--dataset", str(dataset.folder)])


@pytest.mark.parametrize("question", QUESTIONS, ids=[q["question_id"] for q in QUESTIONS])
def test_every_saved_question_can_be_asked(shipped: Dataset, question: dict[str, Any]) -> None:
    """Each is found by its words and its id, and every row says what it rests on."""
    assert find_question(shipped, question["question"].upper()) == question
    assert find_question(shipped, question["question_id"]) == question
    for row in answer(shipped, question):
        assert {"citation", "provisional", "cite"} <= set(row)


def test_a_question_nobody_saved_names_the_nearest(shipped: Dataset) -> None:
    """Words that fit no question lead to one that may."""
    with pytest.raises(UsageFault, match="the nearest is no-time-limit"):
        find_question(shipped, "no-time-limits-at-all-please")


def test_all_faults_of_a_file_of_questions_are_told() -> None:
    """Missing keys, unknown answers and ids given twice are all reported."""
    twice = {**QUESTIONS[0], "asks": "dance"}
    assert len(find_faults([twice, twice, {"question": "?"}])) == 4


def test_real_time_collection_is_never_firmly_bound_to_a_prior_judge(shipped: Dataset) -> None:
    """Of Budapest 20 and 21 the clause on oversight is qualified, so both are gaps."""
    rows = answer(shipped, find_question(shipped, "realtime-without-prior-judge"))
    found = {(r["citation"], r["status"]) for r in rows}
    assert ("Budapest Convention, art. 20", "qualified") in found
    assert ("Budapest Convention, art. 21", "qualified") in found


def test_vague_wording_can_be_held_to_critiques(shipped: Dataset) -> None:
    """With a least number of critiques only provisions that so many name are left."""
    rows = find_vague(shipped, critiques=2)
    assert rows
    assert min(len(row["critiques"]) for row in rows) >= 2
    assert len(rows) < len(find_vague(shipped))


def test_cured_wording_can_be_asked_for_alone(tiny: Repository) -> None:
    """What another passage makes clear is left out, unless it is asked for."""
    path = tiny.path("annotations/adjudicated.jsonl")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"severity": "slight"', '"severity": "none"'), encoding="utf-8")
    built = Dataset(build_dataset(tiny, tiny.path("dist/dataset")).folder)
    assert [row["severity"] for row in find_vague(built, only_cured=True)] == ["none"]
    assert [row["severity"] for row in find_vague(built)] == ["material"]
    assert [row["severity"] for row in find_vague(built, cured=True)] == ["material", "none"]


@pytest.mark.parametrize(
    "command",
    [["vague"], ["gaps", "--safeguard", "judicial_oversight"], ["matrix", "--why"]],
    ids=" ".join,
)
def test_every_answer_says_what_it_rests_on(shipped: Dataset, command: list[str]) -> None:
    """Each row has citation, edition, provisional mark, agreement and how to cite it."""
    rows = json.loads(ask(shipped, *command, "--format", "json").stdout)
    assert rows
    assert all(set(ANSWERED) | {"edition"} <= set(row) for row in rows)


def test_a_gap_names_what_was_searched(small: Dataset) -> None:
    """An absent safeguard is a finding with its scope."""
    (row,) = find_gaps(small, safeguard="duration_limit")
    assert (row["citation"], row["why"]) == ("Tiny Treaty, art. 2", "nothing in art. 2")


def test_no_gap_says_what_to_loosen(small: Dataset) -> None:
    """Nothing found is no error."""
    result = ask(small, "gaps", "--document", "sketch")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "add --status deferred" in result.stderr


def test_two_provisions_stand_side_by_side(small: Dataset) -> None:
    """Codes on both and on one only are told apart."""
    found = compare_provisions(small, "tiny:1", "tiny:3")
    assert "judicial_oversight" in [row["code"] for row in found["on_both"]]
    assert "preservation_order" in [row["code"] for row in found["only_left"]]
    with pytest.raises(UnknownProvision, match="the nearest is tiny:art_1"):
        compare_provisions(small, "tiny:1", "tiny:1.9")


def test_a_side_that_nobody_coded_is_marked(shipped: Dataset) -> None:
    """Silence of the coders is not silence of the treaty."""
    shown = ask(shipped, "compare", "hanoi:30", "budapest:21").stdout
    assert "Nobody has coded Hanoi Convention, art. 30: no code there means nothing." in shown


def test_critiques_of_a_draft_land_on_the_adopted_text(shipped: Dataset) -> None:
    """A claim keeps the number of the draft beside the article of the adopted text."""
    rows = find_critics_of(shipped, "hanoi:24")
    drafts = [row for row in rows if "draft" in row["as_written"]]
    assert drafts
    assert {row["passage_id"].split("__")[0] for row in drafts} == {"hanoi:art_24"}


def test_a_code_is_explained_down_to_its_source(shipped: Dataset) -> None:
    """Span, coder, date, codebook, the rows of the contest and the pinned address are shown."""
    wanted = {"annotator_id": {"adjudicated"}, "edition": {"official"}, "layer": {"vagueness"}}
    row = next(r for r in shipped.select("annotations", wanted) if r["contested"])
    found = explain_code(shipped, row["annotation_id"])
    assert found["others"]
    assert "contested" in found["agreement"]
    assert re.fullmatch(r"https://\S+/blob/[0-9a-f]{40}/\S+", found["source"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", found["round_date"])


def test_an_unknown_code_names_the_nearest(shipped: Dataset) -> None:
    """An id with a letter missing leads to the one that was meant."""
    with pytest.raises(UsageFault, match="did you mean pilot-lm-a-6365e8f82a68"):
        explain_code(shipped, "pilot-lm-a-6365e8f82a6")


def test_search_ranks_and_survives_a_broken_index(small: Dataset, tmp_path: Path) -> None:
    """The index is built once; a file that is none is built again; operators are words."""
    cache = tmp_path / "cache"
    first = search(small, "reasonable time", cache)
    assert "Tiny Treaty, art. 1(1)" in [row["citation"] for row in first]
    (index,) = cache.glob("search-*.sqlite")
    index.write_bytes(b"no database at all, but long enough to be taken for one" * 40)
    assert search(small, "reasonable time", cache) == first
    assert search(small, 'NEAR( OR " *', cache) == []
    assert [p.name for p in cache.iterdir()] == [index.name]
    with pytest.raises(sqlite3.OperationalError):
        open_index(small, cache).execute("DELETE FROM entries")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("copy (select 1) to '/tmp/never.csv'", "only one SELECT"),
        ("select 1; select 2", "only one SELECT"),
        ("set enable_external_access = true", "only one SELECT"),
        ("select * from read_csv('/etc/passwd')", "Permission Error"),
        ("select * from read_parquet('https://example.org/x.parquet')", "Error"),
        ("select nothing from nowhere", "tables: "),
    ],
)
def test_sql_reads_the_dataset_and_nothing_else(
    small: Dataset, statement: str, message: str
) -> None:
    """No file, no network, no second statement; what DuckDB refuses is one line."""
    with pytest.raises(UsageFault, match=message):
        run_sql(small, statement)


def test_sql_answers(small: Dataset) -> None:
    """The view of findings has citations beside codes."""
    columns, rows = run_sql(small, "select citation, code from findings order by all limit 1")
    assert columns == ["citation", "code"]
    assert rows[0]["citation"].startswith("Tiny Treaty")


def test_a_brief_fits_two_pages_and_holds_what_a_delegate_needs(shipped: Dataset) -> None:
    """Matrix, clauses, critiques, caveats and citation stand in all three forms alike."""
    brief = build_brief(shipped, "hanoi", "judicial_oversight")
    pdf = pdf_bytes(brief)
    pages = pypdfium2.PdfDocument(pdf)
    assert len(pages) <= 2
    assert pdf == pdf_bytes(brief)
    text = " ".join(page.get_textpage().get_text_range() for page in pages)
    for form in (text, format_markdown(brief), format_html(brief)):
        plain = " ".join(form.split())
        assert all(part in plain for part in (brief.title, "provisional", brief.cite, "art. 24(2)"))


def test_a_brief_for_a_file_of_another_kind_is_refused(shipped: Dataset, tmp_path: Path) -> None:
    """The ending says what is written; an unknown one writes nothing."""
    target = tmp_path / "brief.docx"
    words = ["brief", "hanoi", "--safeguard", "judicial_oversight", "-o", str(target)]
    result = ask(shipped, *words)
    assert result.exit_code == 2
    assert "must end in .md, .html, .pdf" in result.stderr
    assert not target.exists()


@pytest.mark.parametrize("form", ["svg", "png"])
@pytest.mark.parametrize("draw", [plot_matrix, plot_vagueness])
def test_pictures_are_the_same_bytes_each_time(shipped: Dataset, draw: Any, form: str) -> None:
    """The same data give the same file, in either form."""
    data = draw(shipped, "budapest", form)
    assert data == draw(shipped, "budapest", form)
    assert data.startswith({"svg": b"<?xml", "png": b"\x89PNG"}[form])


def test_a_cell_of_the_picture_has_its_letter(shipped: Dataset) -> None:
    """Whoever sees no colour reads letters, and the text of an SVG can be searched."""
    drawn = plot_matrix(shipped, "hanoi", "svg").decode("utf-8")
    assert ">Q*<" in drawn
    assert shipped.edition_line in drawn


def call(dataset: Dataset, tool: str, **arguments: Any) -> dict[str, Any]:
    """Ask a real server over stdio, with the SDK's own client."""

    async def talk() -> dict[str, Any]:
        words = ["-m", "safeguards", "mcp", "--dataset", str(dataset.folder)]
        environment = {"PYTHONPATH": str(ROOT / "scripts"), "XDG_CACHE_HOME": str(dataset.folder)}
        server = StdioServerParameters(command=sys.executable, args=words, env=environment)
        async with Client(server) as client:
            tools = (await client.list_tools()).tools
            assert [t.name for t in tools] == ["search", "show", "vague", "matrix", "claim_check"]
            assert all(t.annotations and t.annotations.read_only_hint for t in tools)
            done = await client.call_tool(tool, arguments)
            assert isinstance(done, CallToolResult)
            return dict(done.structured_content or {})

    return run_apart(talk())


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("search", {"words": "reasonable time"}),
        ("show", {"provision": "tiny:1.1"}),
        ("vague", {"document": "tiny"}),
        ("matrix", {"safeguard": "duration_limit"}),
        ("claim_check", {"claim": "C-2"}),
    ],
)
def test_a_client_is_answered_with_citations(
    small: Dataset, tool: str, arguments: dict[str, Any]
) -> None:
    """Every tool answers over stdio, and each row says how it is cited and if it is provisional."""
    found = call(small, tool, **arguments)
    assert found["problem"] is None
    assert all({"cite", "provisional"} <= set(row) for row in found["rows"])


def test_a_client_is_told_what_was_wrong(small: Dataset) -> None:
    """A bad question is answered with the line that the command line prints."""
    assert "the nearest is" in call(small, "show", provision="tiny:9")["problem"]
