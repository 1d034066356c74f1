"""Claims: the register of critiques, the list, the parts of a claim, and the derived verdicts."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result

from safeguards.claims import CHECKS, CLAIMS, derive_claims
from safeguards.cli.main import main
from safeguards.cli.texts import derive_corpus
from safeguards.errors import UsageFault
from safeguards.publish import build_dataset
from safeguards.query import Dataset
from safeguards.questions.critics import check_claim, find_claims
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]
CODEBOOK = ROOT.parent / "shared" / "codebook" / "critiques.yaml"
SEEDS = ("newsible-asia-hanoi", "vietnam-vn-2025-10", "vn-press-2025-10", "cnews-live-2025-10", "netsecops-hanoi")  # fmt: skip
CHECKED = ["S0-04", "S0-07", "S1-03", "S1-05", "S2-01", "S2-08", "S2-09", "S3-02", "S3-06", "S4-01"]


def run(repository: Repository, *words: str) -> Result:
    """Run the command on a checkout."""
    return CliRunner().invoke(main, ["-C", str(repository.root), *words])


@pytest.fixture(scope="module")
def committed() -> Repository:
    """The repository itself."""
    return Repository(ROOT)


# The register.


def test_the_register_holds_68_critiques(committed: Repository) -> None:
    """Sixty-three join the five that were read whole, and none stands twice."""
    critiques = [d for d in committed.documents if d.kind == "critique"]
    assert len(critiques) == 68
    assert len({d.short_title for d in critiques}) == 68
    assert {d.document_id for d in critiques} >= set(SEEDS)


def test_each_critique_says_how_much_of_it_was_read(committed: Repository) -> None:
    """Date, actor, stage, stance, licence and what was seen are given for all."""
    critiques = [d for d in committed.documents if d.kind == "critique"]
    wanted = ("actor_type", "stage", "stance", "licence", "seen")
    assert [d.document_id for d in critiques if not all(getattr(d, n) for n in wanted)] == []
    assert Counter(d.seen for d in critiques) == {"excerpt": 60, "full": 6, "metadata": 2}


def test_the_title_of_a_critique_is_no_name_of_a_treaty(committed: Repository) -> None:
    """A critique called 'Cybercrime convention' does not catch what people call a treaty."""
    assert committed.aliases.get("cybercrime convention") is None
    assert committed.aliases["convention on cybercrime"] == "budapest"


@pytest.mark.skipif(not CODEBOOK.is_file(), reason="the research files are not beside the project")
def test_no_claim_of_the_research_is_lost(committed: Repository) -> None:
    """Each of the 116 claims is there: 110 in the same words, six as claims of the seeds."""
    rows = yaml.safe_load(CODEBOOK.read_text(encoding="utf-8"))["critiques"]
    claims = {(c.document_id, c.claim, c.claim_type) for c in committed.claims}
    lost = [r["id"] for r in rows for c in r["claims"] if (r["id"], c["claim"], c["type"]) not in claims]  # fmt: skip
    assert Counter(lost) == {"seed-1": 2, "seed-2": 2, "seed-3": 2}
    assert len(committed.claims) == 46 + 110


def test_claim_ids_number_the_claims_of_a_document(committed: Repository) -> None:
    """Claims of the register are DOCUMENT-01, DOCUMENT-02 and so on, without gaps."""
    own: dict[str, list[str]] = {}
    for claim in committed.claims:
        if claim.document_id not in SEEDS:
            own.setdefault(claim.document_id, []).append(claim.claim_id)
    assert [i for d, ids in own.items() for i in ids] == [
        f"{d}-{n:02d}" for d, ids in own.items() for n in range(1, len(ids) + 1)
    ]


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("claim", CLAIMS),
        ("claim_check", CHECKS),
        ("concordance", "corpus/concordance.yaml"),
        ("document", "corpus/documents.yaml"),
        ("fact", "corpus/facts.yaml"),
    ],
)
def test_yaml_records_fit_their_json_schema(name: str, path: str) -> None:
    """Whoever checks the lists kept by hand with JSON Schema alone finds no fault."""
    text = (ROOT / "schema" / "records" / f"{name}.schema.json").read_text(encoding="utf-8")
    validator = jsonschema.Draft202012Validator(json.loads(text))
    rows = yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))
    assert [e.message for row in rows for e in validator.iter_errors(row)] == []


# Paragraphs of critiques.


def test_claims_of_the_seeds_stand_at_a_paragraph(committed: Repository) -> None:
    """Each claim of the five leads to a paragraph of which the repository holds only the hash."""
    by_id = {p.passage_id: p for p in committed.passages}
    found = [by_id[str(c.passage_id)] for c in committed.claims if c.document_id in SEEDS]
    assert len(found) == 46
    assert [p.passage_id for p in found if p.text is not None or not p.text_sha256] == []


def test_paragraphs_stay_where_the_critique_is_not_at_hand(tiny: Repository) -> None:
    """Without its text a critique keeps its committed rows; with it, they are derived anew."""
    with_text = derive_corpus(Repository(tiny.root))["corpus/passages.jsonl"]
    tiny.path("corpus/official/critic-2020-02.md").unlink()
    without = derive_corpus(Repository(tiny.root))["corpus/passages.jsonl"]
    assert without == with_text
    rows = [json.loads(line) for line in without.splitlines()]
    own = [r for r in rows if r["document_id"] == "critic-2020-02"]
    assert [(r["eid"], r["boilerplate"], r["text"]) for r in own] == [
        ("p_1", True, None), ("p_2", False, None), ("p_3", False, None), ("p_4", True, None),
    ]  # fmt: skip


def test_another_text_of_a_critique_is_refused(tiny: Repository) -> None:
    """A critique whose file is not the one that was read stops the derivation."""
    path = tiny.path("corpus/official/critic-2020-02.md")
    path.write_text("Another text.\n", encoding="utf-8")
    result = run(tiny, "segment", "--corpus")
    assert result.exit_code != 0
    assert "is not the text that was coded" in result.stderr


# The commands.


def test_claims_are_listed_by_provision_and_type(committed: Repository, tmp_path: Path) -> None:
    """A critique of article 6 of the first draft is found under article 7 of the adopted text."""
    built = Dataset(build_dataset(committed, tmp_path / "dataset").folder)
    found = find_claims(built, provision="Hanoi art. 7", claim_type="weak_safeguard")
    assert [row["claim_id"] for row in found] == [
        "hrw-a19-2023-08-02", "eff-2024-02-01", "cta-2024-07-01",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--provision", "tiny:1.1"], ["C-1", "C-2"]),
        (["--type", "missing_safeguard"], ["C-2"]),
        (["--verdict", "supported"], ["C-1"]),
        (["--critique", "Critic 2020"], ["C-1", "C-2"]),
        (["--provision", "tiny:2"], []),
    ],
)
def test_the_list_can_be_narrowed(tiny: Repository, words: list[str], found: list[str]) -> None:
    """Options leave the claims that fit, and nothing else reaches stdout."""
    run(tiny, "build")
    result = run(tiny, "claims", "list", "--format", "json", *words)
    assert [row["claim_id"] for row in json.loads(result.stdout)] == found


def test_an_unknown_type_is_refused(tiny: Repository) -> None:
    """A misspelt type names the nearest one."""
    run(tiny, "build")
    result = run(tiny, "claims", "list", "--type", "vague_langage")
    assert result.exit_code == 2
    assert "did you mean vague_language?" in result.stderr


def test_a_checked_claim_shows_parts_codes_and_verdict(tiny: Repository) -> None:
    """What is in play, what was found, also by a link, how sure it is, and the verdict."""
    run(tiny, "build")
    shown = run(tiny, "claims", "check", "C-2").stdout
    lines = [line for line in shown.splitlines() if not line.startswith("   Agreement on")]
    assert "   Agreement on judicial_oversight: alpha (" in shown
    assert lines[-8:] == [
        "",
        "1. No judge looks at kept data.",
        "   In play: Tiny Treaty, art. 1",
        "   Found: Tiny Treaty, art. 1(2): judicial_oversight qualified",
        "   Found: Tiny Treaty, art. 3(1): judicial_oversight qualified (by a link)",
        "   partly_supported: Tiny Treaty, art. 1(2): judicial_oversight qualified.",
        "",
        "The whole: partly_supported",
    ]


def test_a_claim_is_found_by_its_words(committed: Repository, tmp_path: Path) -> None:
    """Words like those of a claim lead to it, and an unlike sentence to the nearest id."""
    built = Dataset(build_dataset(committed, tmp_path / "dataset").folder)
    assert check_claim(built, "does the treaty protect privacy?")["claim_id"] == "S0-04"
    with pytest.raises(UsageFault, match="no claim 'S0-4'; the nearest is S0-"):
        check_claim(built, "S0-4")


def test_a_claim_without_parts_says_so(tiny: Repository) -> None:
    """A claim whose verdict was given by hand is shown with its reason."""
    path = tiny.path(CHECKS)
    text = path.read_text(encoding="utf-8")
    path.write_text(text[text.index("- claim_check_id: C-2-1") :], encoding="utf-8")
    run(tiny, "build")
    assert "Not split into parts: " in run(tiny, "claims", "check", "C-1").stdout


def test_an_unknown_claim_is_refused(tiny: Repository) -> None:
    """An id that no claim has names the nearest."""
    run(tiny, "build")
    result = run(tiny, "claims", "check", "C-9")
    message = "no claim 'C-9'; the nearest is C-2; 'safeguards claims list' lists them"
    assert (result.exit_code, result.stderr) == (2, f"safeguards: {message}\n")


def test_verdicts_follow_when_codes_change(tiny: Repository) -> None:
    """After a new adjudication one command brings both files up to date, and check agrees."""
    path = tiny.path("annotations/adjudicated.jsonl")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace('"severity": "slight"', '"severity": "none"'), encoding="utf-8")
    assert run(tiny, "check", "--only", "claim-check-verdict").exit_code == 1
    assert run(tiny, "claims", "derive").exit_code == 0
    assert "verdict: not_supported" in tiny.path(CLAIMS).read_text(encoding="utf-8")
    assert run(tiny, "check", "--only", "claim-check-verdict").exit_code == 0


def test_derived_files_are_what_is_committed(committed: Repository) -> None:
    """Deriving again changes no byte of either file, comments at the top included."""
    derived = derive_claims(committed)
    assert {p: committed.path(p).read_text(encoding="utf-8") for p in derived} == derived


def test_a_claim_without_parts_is_left_alone(tiny: Repository) -> None:
    """Without any parts, claims keep the verdicts that were given by hand."""
    tiny.path(CHECKS).unlink()
    before = Repository(tiny.root).claims
    run(tiny, "claims", "derive")
    assert Repository(tiny.root).claims == before


def test_the_ten_claims_are_split(committed: Repository) -> None:
    """The ten claims that were chosen to be checked have parts, and no other has."""
    assert sorted({c.claim_id for c in committed.claim_checks}) == CHECKED
