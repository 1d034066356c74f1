"""The command line: what each command prints, how it fails, and that it starts fast."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from safeguards.cli.main import main
from safeguards.cli.shared import print_rows
from safeguards.repository import Repository


def run(repository: Repository, *arguments: str) -> Result:
    """Run a command on a repository."""
    return CliRunner().invoke(main, ["-C", str(repository.root), *arguments])


@pytest.fixture
def built(tiny: Repository) -> Repository:
    """The tiny repository with its dataset built."""
    assert run(tiny, "build").exit_code == 0
    return tiny


def test_help_imports_nothing_heavy() -> None:
    """``--help`` starts without pandas, datasets, pyarrow, numpy, pydantic, httpx or yaml."""
    heavy = [
        "pandas",
        "datasets",
        "pyarrow",
        "numpy",
        "pydantic",
        "yaml",
        "rich",
        "httpx",
        "label_studio_sdk",
        "lxml",
        "pypdfium2",
        "trafilatura",
    ]
    code = (
        "import sys; from safeguards.cli.main import main\n"
        "main(['--help'], standalone_mode=False)\n"
        f"sys.exit(' '.join(m for m in {heavy} if m in sys.modules) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Commands:" in done.stdout


def test_python_m_is_the_command() -> None:
    """``python -m safeguards`` is the same as ``safeguards``."""
    command = [sys.executable, "-m", "safeguards", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("safeguards, version ")


def commands() -> list[tuple[str, ...]]:
    """Return every command and subcommand."""
    found: list[tuple[str, ...]] = []
    for name, command in main.commands.items():
        below = getattr(command, "commands", {})
        found += [(name, inner) for inner in below] or [(name,)]
    return found


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_every_help_has_an_example(command: tuple[str, ...]) -> None:
    """The help of each command shows how it is called."""
    result = CliRunner().invoke(main, [*command, "--help"])
    assert result.exit_code == 0
    assert f"Example:\n    safeguards {' '.join(command)}" in result.output


def test_segment_prints_one_object_for_each_passage(tiny: Repository) -> None:
    """JSON Lines hold the fields that other tools read."""
    path = tiny.official_path("tiny")
    result = run(tiny, "segment", str(path), "--document", "tiny", "--format", "jsonl")
    rows = [json.loads(line) for line in result.stdout.splitlines()]
    wanted = {"document_id", "eid", "level", "num", "heading", "text"}
    assert wanted <= set(rows[0])
    assert [r["text"] for r in rows if r["eid"] == "art_3__para_2"] == [
        "Article 1 applies subject to this article."
    ]


def test_segment_reads_other_formats_and_tells_what_to_look_at(tiny: Repository) -> None:
    """A web page is found out by its bytes, and notes go to stderr."""
    path = tiny.path("page.txt")
    path.write_text("<!doctype html><h2>Article 1</h2><p>The pilotâ€™s log.", encoding="utf-8")
    result = run(tiny, "segment", str(path), "--document", "tiny", "--format", "csv")
    assert result.stdout == (
        "eid,level,num,heading,text\nart_1,article,Article 1,,The pilotâ€™s log.\n"
    )
    assert result.stderr == (
        f"{path}: read in a wrong encoding once, 'â€™' for '’', on line 3; compare another copy\n"
    )


def test_segment_takes_the_format_and_language_that_are_given(tiny: Repository) -> None:
    """A given format and language win over what the bytes and the register say."""
    path = tiny.path("page.html")
    path.write_text("<p>Пилоты ведут журнал полётов.", encoding="utf-8")
    command = ["segment", str(path), "--document", "tiny"]
    assert "so it is not in 'en'" in run(tiny, *command).stderr
    result = run(tiny, *command, "--language", "ru", "--input-format", "text", "--format", "jsonl")
    assert json.loads(result.stdout)["text"] == "<p>Пилоты ведут журнал полётов."


def test_segment_numbers_the_paragraphs_of_a_critique(tiny: Repository) -> None:
    """A critique gives paragraphs, with those that belong to the page flagged."""
    path = tiny.path("critique.txt")
    prose = "The treaty lets every state keep the logs of all pilots, and no judge is ever asked."
    path.write_text(f"Share this\n\n{prose}\n", encoding="utf-8")
    result = run(tiny, "segment", str(path), "--document", "critic-2020-02", "--format", "csv")
    assert result.stdout == f'eid,boilerplate,text\np_1,yes,Share this\np_2,no,"{prose}"\n'


def test_any_treaty_can_be_split(tiny: Repository) -> None:
    """A treaty that is not in the register is split under the id it is given, and that is said."""
    path = tiny.official_path("tiny")
    result = run(tiny, "segment", str(path), "--document", "lagos_1999", "--format", "jsonl")
    assert result.exit_code == 0
    assert json.loads(result.stdout.splitlines()[-1])["document_id"] == "lagos_1999"
    assert result.stderr == "lagos_1999 is not in the register; it is read as a treaty in English\n"


def test_explain_shows_what_each_line_became(tiny: Repository) -> None:
    """Each line of the source is shown with the address it became and the reason."""
    path = tiny.official_path("tiny")
    result = run(tiny, "segment", str(path), "--document", "tiny", "--explain", "--format", "json")
    rows = json.loads(result.stdout)
    marker = next(r for r in rows if r["text"].startswith("a) the Party"))
    assert marker["became"] == "art_1__para_2__point_a"
    assert marker["why"] == "marker a) opens a list"


def test_derived_files_are_the_committed_ones(tiny: Repository) -> None:
    """Deriving the corpus, the schema files and the adjudicated layer again changes nothing."""
    before = {p: p.read_bytes() for p in tiny.root.rglob("*.jsonl")}
    for command in (["segment", "--corpus"], ["adjudicate", "--round", "pilot"], ["schema"]):
        assert run(tiny, *command).exit_code == 0
    assert {p: p.read_bytes() for p in tiny.root.rglob("*.jsonl")} == before
    assert run(tiny, "check").exit_code == 0


def test_vague_as_json(built: Repository) -> None:
    """The JSON of a vague provision has kind, severity, evidence, citation and edition."""
    rows = json.loads(run(built, "vague", "--document", "tiny", "--format", "json").stdout)
    assert rows[0]["evidence"] == ["as appropriate"]
    assert {"kind", "severity", "citation", "edition", "passage_id"} <= set(rows[0])


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
@pytest.mark.parametrize(
    "command", [["vague"], ["query", "data"], ["show", "tiny:1.1"], ["counts"]]
)
def test_every_question_prints_in_every_form(
    built: Repository, command: list[str], form: str
) -> None:
    """Answers come as table, CSV, JSON or Markdown, on stdout."""
    result = run(built, *command, "--format", form)
    assert result.exit_code == 0
    assert result.stdout.strip()


def test_csv_runs_no_formula_in_a_spreadsheet(built: Repository) -> None:
    """A cell that would run as a formula is neutralised."""
    frame_path = built.path("corpus/restatements/tiny.md")
    text = frame_path.read_text(encoding="utf-8").replace("### Conditions", "### =1+1")
    frame_path.write_text(text, encoding="utf-8")
    for command in (["segment", "--corpus"], ["build"]):
        run(built, *command)
    lines = run(
        built, "query", "--document", "tiny", "--level", "article", "--format", "csv"
    ).stdout
    assert ",'=1+1," in lines


def test_show_says_that_a_restatement_is_not_authoritative(built: Repository) -> None:
    """The text of a restatement never stands alone."""
    shown = run(built, "show", "Tiny Treaty, art. 1(1)").stdout
    assert "not a translation, not authoritative" in shown
    assert "Codes by lm-y" in shown
    assert "  vagueness degree_term (material, widens_power) on 'reasonable time'" in shown


def test_an_empty_answer_says_what_to_loosen(built: Repository) -> None:
    """Nothing found is no error, and says what to try."""
    result = run(built, "vague", "--document", "sketch")
    assert (result.exit_code, result.stdout) == (0, "")
    assert "drop --kind or --power" in result.stderr


@pytest.mark.parametrize("form", ["table", "csv", "json", "markdown"])
@pytest.mark.parametrize("view", [[], ["--confusion"], ["--contested"], ["--shares"]])
def test_agreement_prints_in_every_form(tiny: Repository, view: list[str], form: str) -> None:
    """The report and its other views come as table, CSV, JSON or Markdown, on stdout."""
    result = run(tiny, "agree", "--round", "pilot", *view, "--format", form)
    assert (result.exit_code, result.stdout.count("discretionary_qualifier") > 0) == (
        0,
        view != ["--shares"],
    )


def test_a_contest_is_shown_with_its_citation_and_decision(tiny: Repository) -> None:
    """A row of the list can be read without the data: where, what differs, whose answer stands."""
    result = run(tiny, "agree", "--round", "pilot", "--contested", "--format", "csv")
    assert result.stdout.splitlines()[1] == (
        '"Tiny Treaty, art. 1(1)",vagueness,degree_term,severity,,lm-x,The cap makes it slight.'
    )


def test_a_thin_figure_stands_in_brackets(tiny: Repository) -> None:
    """In the report for people a value that is not estimable is marked, and has no picture."""
    lines = run(tiny, "agree", "--round", "pilot").stdout.splitlines()
    row = next(line for line in lines if line.startswith("judicial_oversight"))
    assert row.split() == ["judicial_oversight", "alpha_nominal", "(1.00)", "0.70", "2"]
    spans = next(line for line in lines if "f1_overlap" in line)
    assert spans.split() == ["spans", "f1_overlap", "0.93", "·········●·", "7"]


def test_negative_numbers_stay_numbers_in_csv(capsys: pytest.CaptureFixture[str]) -> None:
    """A spreadsheet sees a negative number as it is, and still runs no formula."""
    print_rows([{"low": -0.25, "note": "-1+2"}], "csv", ("low", "note"))
    assert capsys.readouterr().out == "low,note\n-0.25,'-1+2\n"


BAD: list[tuple[list[str], int, str]] = [
    (["vague", "--document", "tokyo"], 2, "no document in 'tokyo'"),
    (["vague", "--kind", "degre_term"], 2, "did you mean degree_term?"),
    (["show", "tiny:7"], 2, "no passage tiny:art_7"),
    (["show", "tiny:nonsense words"], 2, "is not an address"),
    (["segment", "no.md", "--document", "tiny"], 2, "no file no.md"),
    (["segment", "no.md", "--document", "tinny"], 2, "did you mean tiny?"),
    (["segment", "no.md", "--document", "No id"], 2, "no document in 'No id'"),
    (["agree", "--round", "main"], 2, "the rounds are: pilot"),
    (["check", "--only", "nonsense"], 2, "no check called 'nonsense'"),
    (["fetch", "sketch", "--from", "."], 2, "sketch has no pinned text yet"),
]


@pytest.mark.parametrize(("command", "code", "message"), BAD, ids=[" ".join(b[0]) for b in BAD])
def test_bad_input_is_one_line(
    built: Repository, command: list[str], code: int, message: str
) -> None:
    """A wrong name or file gives one clear line and a non-zero exit."""
    result = run(built, *command)
    assert result.exit_code == code
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("safeguards: ")
    assert message in result.stderr


@pytest.mark.parametrize(
    ("data", "message"),
    [(b"", "is empty"), (b"a\0b", "is a binary file"), (b"%PDF-1.7", "is a broken PDF")],
)
def test_files_that_hold_no_text(tiny: Repository, data: bytes, message: str) -> None:
    """An empty or binary file is refused with exit 1."""
    path = tiny.path("source.md")
    path.write_bytes(data)
    result = run(tiny, "segment", str(path), "--document", "tiny")
    assert (result.exit_code, result.stdout) == (1, "")
    assert message in result.stderr


def test_a_codebook_with_two_faults_reports_both(tiny: Repository) -> None:
    """Both faults are printed, then one line that says what to do; a check gives them as lines."""
    path = tiny.path("schema/codebook.yaml")
    text = path.read_text(encoding="utf-8").replace("layer: power", "layer: might", 1)
    path.write_text(text.replace("- LAW\n", "- LOW\n", 1), encoding="utf-8")
    result = run(tiny, "schema")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.splitlines()[-1] == (
        "safeguards: codebook.yaml has 2 faults; mend them and run again"
    )
    result = run(tiny, "check")
    assert result.exit_code == 1
    assert [line for line in result.stdout.splitlines() if "record-shape" in line] == [
        "schema/codebook.yaml:1: record-shape codes.judicial_oversight.basis: no basis LOW",
        "schema/codebook.yaml:1: record-shape codes.preservation_order.layer: no layer might",
    ]


@pytest.mark.parametrize(
    ("old", "new", "check_id"),
    [
        ('"code": "degree_term"', '"code": "degree"', "annotation-code"),
        ('"end": 57', '"end": 570', "annotation-span"),
        ('"text_sha256": "d3d6', '"text_sha256": "0000', "annotation-passage"),
    ],
)
def test_wrong_codes_are_found_by_check(
    tiny: Repository, old: str, new: str, check_id: str
) -> None:
    """An unknown code, a span outside its passage and a changed text each give their line."""
    path = tiny.path("annotations/rounds/pilot/lm-x.jsonl")
    path.write_text(path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")
    result = run(tiny, "check", "--only", check_id)
    assert result.exit_code == 1
    assert result.stdout.startswith("annotations/rounds/pilot/lm-x.jsonl:")
    assert f" {check_id} " in result.stdout


def test_an_unknown_code_stops_the_build_before_it_writes(built: Repository) -> None:
    """A build on broken records writes nothing."""
    before = sorted(p.name for p in built.path("dist").iterdir())
    path = built.path("corpus/claims.yaml")
    path.write_text("- {claim_id: 3}\n", encoding="utf-8")
    result = run(built, "build")
    assert result.exit_code == 1
    assert sorted(p.name for p in built.path("dist").iterdir()) == before


def test_a_missing_extra_says_how_to_install_it(
    tiny: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the Label Studio extra the command names it, instead of a traceback."""
    monkeypatch.setitem(sys.modules, "label_studio_sdk", None)
    monkeypatch.setenv("LABEL_STUDIO_API_KEY", "5a" * 20)
    result = run(tiny, "label", "push", "--round", "pilot")
    assert result.exit_code == 2
    assert "install it with: pip install --editable '.[labelstudio]'" in result.stderr


def test_without_a_checkout_the_command_says_so(tmp_path: Path, monkeypatch: Any) -> None:
    """Outside a checkout, and with none installed, one line says what to do."""
    from safeguards import checkout

    monkeypatch.setattr(checkout, "__file__", str(tmp_path / "x" / "checkout.py"))
    result = CliRunner().invoke(main, ["-C", str(tmp_path), "build"])
    assert result.exit_code == 2
    assert "run in a checkout, or name one with -C" in result.stderr


def test_references_say_what_cites_a_provision(built: Repository) -> None:
    """What cites a provision is listed with its kind, and shown with the provision."""
    result = run(built, "references", "tiny:1", "--direction", "in", "--format", "csv")
    assert result.stdout.splitlines()[1].startswith(
        '"Tiny Treaty, art. 3(2)",applies_to,"Tiny Treaty, art. 1",in,yes,official'
    )
    assert "Referred to by: art. 3(2) (applies_to)." in run(built, "show", "tiny:1").stdout
    assert "Refers to: art. 1 (applies_to)." in run(built, "show", "tiny:3.2").stdout


def test_references_need_a_place(built: Repository) -> None:
    """Without a provision or document the command says what is missing."""
    result = run(built, "references")
    assert result.exit_code == 2
    assert "name a provision or a document, or give --score" in result.stderr


def test_show_names_the_powers_that_a_clause_reaches(built: Repository) -> None:
    """A link is shown with both ends and its words, as lawyers write them."""
    shown = run(built, "show", "tiny:3.1").stdout
    assert "Link: art. 3(1) reaches art. 1 (via art. 3(2)).\n" in shown
