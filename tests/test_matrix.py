"""The gap matrix: the codebook's rule on real codes, paths that resolve, and no link that harms."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from safeguards.adjudication import adjudicate
from safeguards.cells import MatrixCell
from safeguards.cli.main import main
from safeguards.eid import article_of, is_inside
from safeguards.grid import short_names
from safeguards.matrix import (
    build_matrix,
    find_differences,
    read_matrix,
)
from safeguards.model import Annotation, Link
from safeguards.repository import Repository

ROOT = Path(__file__).parents[1]
COMMITTED = Repository(ROOT)
PILOT = adjudicate(COMMITTED.annotations("pilot"), COMMITTED.decisions("pilot"))
LINKS = [link for link in COMMITTED.links if link.link_id.startswith("budapest")]


def compute(codes: list[Annotation], links: list[Link]) -> dict[tuple[str, str, str], MatrixCell]:
    """Return the cells of Budapest by power, article and safeguard."""
    cells = build_matrix(COMMITTED.codebook, COMMITTED.passages, codes, links, COMMITTED.terms)
    return {(c.power, c.power_passage_id.partition(":")[2], c.safeguard): c for c in cells}


CELLS = compute(PILOT, LINKS)


@pytest.mark.parametrize(
    ("power", "article", "safeguard", "status", "route", "clause", "via"),
    [
        ("preservation_order", "art_16", "judicial_oversight", "qualified", "link", "art_15__para_2", "art_16__para_4"),
        ("preservation_order", "art_16", "purpose_limitation", "present", "link", "art_14__para_1", "art_16__para_4"),
        ("preservation_order", "art_16", "duration_limit", "qualified", "own", "art_16__para_2", None),
        ("preservation_order", "art_16", "notice_to_person", "deferred", "own", "art_16__para_3", None),
        ("preservation_order", "art_16", "effective_remedy", "absent", "none", None, None),
        ("preservation_order", "art_16", "cooperation_refusal", "not_applicable", "rule", None, None),
        ("preservation_order", "art_17", "notice_to_person", "deferred", "link", "art_16__para_3", "art_17__para_1"),
        ("traffic_disclosure_partial", "art_17", "notice_to_person", "absent", "none", None, None),
        ("production_order", "art_18", "proportionality", "present", "link", "art_15__para_1", "art_18__para_2"),
        ("realtime_traffic", "art_20", "notice_to_person", "absent", "own", "art_20__para_3", None),
    ],
)  # fmt: skip
def test_the_pilot_fills_the_cells_that_the_text_gives(
    power: str, article: str, safeguard: str, status: str, route: str, clause: str | None, via: str | None
) -> None:  # fmt: skip
    """Each cell has the best code of the granting article or of a linked clause, with its path."""
    cell = CELLS[power, article, safeguard]
    found = [p and p.partition(":")[2] for p in (cell.safeguard_passage_id, cell.via_passage_id)]
    assert (cell.status, cell.route, found) == (status, route, [clause, via])


def test_an_empty_cell_names_what_was_searched() -> None:
    """No remedy for preservation: in article 16, nor in the four clauses that are linked to it."""
    cell = CELLS["preservation_order", "art_16", "effective_remedy"]
    assert cell.searched == (
        "budapest:art_14__para_1",
        "budapest:art_15__para_1",
        "budapest:art_15__para_2",
        "budapest:art_15__para_3",
        "budapest:art_16",
    )


def test_a_cell_quotes_the_words_it_rests_on() -> None:
    """The evidence of a cell is the operative terms under its code, not the official sentence."""
    assert CELLS["preservation_order", "art_16", "duration_limit"].terms == (
        "maximum of ninety days",
    )


@pytest.mark.parametrize("cell", CELLS.values(), ids=lambda c: f"{c.power}-{c.safeguard}")
def test_every_path_resolves(cell: MatrixCell) -> None:
    """A filled cell's code, clause, link and words are in the committed data and fit together."""
    codes = {a.annotation_id: a for a in PILOT}
    links = {link.link_id: link for link in LINKS}
    assert (cell.annotation_id is None) == (cell.route in ("none", "rule"))
    assert bool(cell.searched) == (cell.route == "none")
    if cell.annotation_id:
        assert codes[cell.annotation_id].passage_id == cell.safeguard_passage_id
    if cell.route == "own":
        assert article_of(cell.safeguard_passage_id or "") == cell.power_passage_id
    if cell.link_id:
        link = links[cell.link_id]
        assert is_inside(cell.safeguard_passage_id or "", link.safeguard_passage_id)
        assert link.via_passage_id == cell.via_passage_id
        assert any(is_inside(granted, link.power_passage_id) for granted in cell.granted_in)


def test_a_power_of_an_uncoded_article_has_no_row() -> None:
    """Links reach articles 29 to 34, which the pilot did not code; the matrix is silent on them."""
    assert {article for _, article, _ in CELLS} == {f"art_{n}" for n in range(16, 22)}


def test_a_clause_that_does_not_name_the_power_counts_as_qualified_at_most() -> None:
    """Proportionality of article 15(1) is present only because 16(4) names the article's powers."""
    general = [replace(link, names_power=False) for link in LINKS]
    cell = compute(PILOT, general)["preservation_order", "art_16", "proportionality"]
    assert (cell.status, cell.route) == ("qualified", "general")


def test_words_that_leave_a_choice_count_as_qualified_at_most() -> None:
    """A linked code whose own words hold a discretionary qualifier is general, whatever the link."""
    (code,) = [a for a in PILOT if a.code == "proportionality" and a.status == "present"]
    hedge = replace(
        code, annotation_id="hedge", layer="vagueness", code="discretionary_qualifier",
        status=None, force=None, severity="slight", direction="narrows_safeguard",
    )  # fmt: skip
    cell = compute([*PILOT, hedge], LINKS)["preservation_order", "art_16", "proportionality"]
    assert (cell.status, cell.route) == ("qualified", "general")
    cured = replace(hedge, severity="none")
    cell = compute([*PILOT, cured], LINKS)["preservation_order", "art_16", "proportionality"]
    assert (cell.status, cell.route) == ("present", "link")


def test_of_equal_status_the_stronger_force_then_the_own_clause_wins() -> None:
    """Scope of traffic collection: an own clause goes before article 15(2), which is as qualified."""
    own = [a for a in PILOT if not (a.code == "scope_specificity" and a.status == "present")]
    cell = compute(own, LINKS)["realtime_traffic", "art_20", "scope_specificity"]
    assert (cell.status, cell.force, cell.route) == ("qualified", "shall", "own")


def test_a_code_that_makes_no_sense_is_dropped() -> None:
    """A code with status not_applicable fills no cell."""
    codes = [
        replace(a, status="not_applicable") if a.code == "notice_to_person" else a for a in PILOT
    ]
    cell = compute(codes, LINKS)["realtime_traffic", "art_20", "notice_to_person"]
    assert (cell.status, cell.route) == ("absent", "none")


@pytest.mark.parametrize(
    ("power", "granted", "clause", "status"),
    [
        ("mla_stored_access", "budapest:art_31__para_1", "budapest:art_27__para_4__point_a", "present"),
        ("mla_stored_access", "budapest:art_31__para_1", "budapest:art_25__para_4", "present"),
        ("mla_content_interception", "budapest:art_34", "budapest:art_27__para_4", "present"),
        ("mla_preservation", "budapest:art_29__para_1", "budapest:art_27__para_4", "absent"),
        ("mla_traffic_disclosure", "budapest:art_30__para_1", "budapest:art_27__para_4", "absent"),
        ("spontaneous_sharing", "budapest:art_26__para_1", "budapest:art_25__para_4", "absent"),
        ("network_24_7", "budapest:art_35__para_1__point_b", "budapest:art_29__para_5", "present"),
        ("network_24_7", "budapest:art_35__para_1", "budapest:art_29__para_5", "absent"),
        ("mla_general", "untoc:art_13__para_1", "untoc:art_18__para_21__point_b", "present"),
        ("mla_general", "uncac:art_43__para_1", "uncac:art_46__para_21__point_b", "present"),
        ("police_cooperation", "uncac:art_48__para_1", "uncac:art_46__para_21__point_b", "absent"),
        ("mla_content_interception", "hanoi:art_46", "hanoi:art_40__para_22", "present"),
        ("mla_content_interception", "hanoi:art_46", "hanoi:art_36__para_1__point_a", "qualified"),
        ("police_cooperation", "hanoi:art_47__para_1", "hanoi:art_36__para_1__point_a", "qualified"),
        ("police_cooperation", "hanoi:art_47__para_1", "hanoi:art_40__para_22", "absent"),
    ],
)  # fmt: skip
def test_the_committed_links_carry_refusal_where_the_treaties_do(
    power: str, granted: str, clause: str, status: str
) -> None:
    """A ground to refuse, coded on a clause, fills the cell of the powers that the clause binds."""
    (sample,) = [a for a in PILOT if a.code == "proportionality" and a.status == "present"]
    grant = replace(sample, passage_id=granted, layer="power", code=power, status=None, force=None)
    refusal = replace(sample, passage_id=clause, code="cooperation_refusal", force="may")
    cells = build_matrix(COMMITTED.codebook, COMMITTED.passages, [grant, refusal], COMMITTED.links)
    (cell,) = [c for c in cells if c.safeguard == "cooperation_refusal"]
    assert cell.status == status


RANKS = {status.id: status.order for status in COMMITTED.codebook.statuses}


@settings(max_examples=25, deadline=None)
@given(st.sets(st.sampled_from(range(len(LINKS)))), st.sets(st.sampled_from(range(len(LINKS)))))
def test_more_links_never_lower_a_cell(few: set[int], more: set[int]) -> None:
    """Adding links never lowers a status, and taking them away never raises one."""
    less = compute(PILOT, [LINKS[n] for n in sorted(few)])
    all_of_them = compute(PILOT, [LINKS[n] for n in sorted(few | more)])
    assert less.keys() == all_of_them.keys()
    assert [k for k in less if RANKS[less[k].status] > RANKS[all_of_them[k].status]] == []


@settings(max_examples=10, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_codes_and_links_does_not_matter(random: object) -> None:
    """The same codes and links give the same cells in any order."""
    codes, links = list(PILOT), list(LINKS)
    random.shuffle(codes)  # type: ignore[attr-defined]
    random.shuffle(links)  # type: ignore[attr-defined]
    assert compute(codes, links) == CELLS


def test_a_cell_from_a_restatement_is_provisional() -> None:
    """A code made on a restatement marks its cell, as does a power where nothing was found."""
    codes = [replace(a, edition="restatement") for a in PILOT]
    cells = compute(codes, LINKS)
    assert {(c.edition, c.provisional) for c in cells.values()} == {("restatement", True)}


def test_differences_are_those_of_coded_articles(tiny: Repository) -> None:
    """A worked cell is compared once its article is coded; a note must speak of what was computed."""
    cells, worked, notes = read_matrix(tiny), tiny.worked_matrix, tiny.matrix_notes
    (found,) = find_differences(cells, worked, notes, {"tiny:art_1"})
    assert (found.worked.status, found.status, found.note) == ("qualified", "present", notes[0])
    stale = [replace(notes[0], status="absent")]
    assert find_differences(cells, worked, stale, {"tiny:art_1"})[0].note is None
    assert find_differences(cells, worked, notes, {"tiny:art_2"}) == []


def test_a_worked_power_that_nobody_found_is_a_difference(tiny: Repository) -> None:
    """Where the article is coded and the power is not there, every worked cell of it differs."""
    lost = [replace(w, power_passage_id="tiny:art_3") for w in tiny.worked_matrix]
    found = find_differences(read_matrix(tiny), lost, [], {"tiny:art_3"})
    assert [d.status for d in found] == [None, None, None]


def test_short_names_tell_safeguards_apart() -> None:
    """The heads of the table are different for all safeguards of the codebook."""
    names = short_names(COMMITTED.codebook.ids("safeguard"))
    assert len(set(names.values())) == len(names)


GRID = """\
tiny                        jud dur
───────────────────────────────────
preservation_order art. 1   Q   P
secrecy_order art. 2        A   A
"""


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        ([], GRID),
        (
            ["--power", "preservation_order", "--format", "csv"],
            "document_id,power,article,judicial_oversight,duration_limit\n"
            "tiny,preservation_order,art. 1,Q,P\n",
        ),
        (
            ["--safeguard", "duration_limit", "--format", "markdown"],
            "| document_id | power | article | duration_limit |\n| --- | --- | --- | --- |\n"
            "| tiny | preservation_order | art. 1 | P |\n| tiny | secrecy_order | art. 2 | A |\n",
        ),
        (
            ["--compare", "--format", "csv"],
            "power,article,safeguard,worked,computed,path,explained\n"
            "preservation_order,art. 1,duration_limit,Q,P,art. 1(1) on 'ninety days',"
            '"The limit has no renewal, which the worked cell took for granted."\n',
        ),
        (["--document", "sketch"], ""),
    ],
)
def test_the_matrix_is_printed(tiny: Repository, arguments: list[str], shown: str) -> None:
    """Letters by power and safeguard, the path of each cell, and differences from worked cells."""
    assert CliRunner().invoke(main, ["-C", str(tiny.root), "build"]).exit_code == 0
    done = CliRunner().invoke(main, ["-C", str(tiny.root), "matrix", *arguments])
    assert (done.exit_code, done.stdout) == (0, shown)


def test_the_matrix_needs_no_built_dataset(tiny: Repository) -> None:
    """In a checkout where nothing was built, the committed data give the same matrix."""
    done = CliRunner().invoke(main, ["-C", str(tiny.root), "matrix"])
    assert (done.exit_code, done.stdout) == (0, GRID)
    assert not tiny.path("dist").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--power", "preservation"], "no code 'preservation'; did you mean preservation_order?"),
        (["--safeguard", "secrecy_order"], "the codebook has no code 'secrecy_order'"),
        (["--document", "tinny"], "tinny"),
        (["--why", "--compare"], "give --why or --compare, not both"),
    ],
)
def test_bad_questions_get_one_line(tiny: Repository, arguments: list[str], message: str) -> None:
    """A name that is not known exits with what is nearest, and nothing on stdout."""
    assert CliRunner().invoke(main, ["-C", str(tiny.root), "build"]).exit_code == 0
    done = CliRunner().invoke(main, ["-C", str(tiny.root), "matrix", *arguments])
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in done.stderr


def test_each_cell_is_shown_with_its_path(tiny: Repository) -> None:
    """A cell has its path in words, its edition, its agreement and how it is cited."""
    assert CliRunner().invoke(main, ["-C", str(tiny.root), "build"]).exit_code == 0
    asked = ["matrix", "--why", "--safeguard", "duration_limit", "--format", "json"]
    rows = json.loads(CliRunner().invoke(main, ["-C", str(tiny.root), *asked]).stdout)
    assert [(r["citation"], r["status"], r["why"], r["edition"]) for r in rows] == [
        ("Tiny Treaty, art. 1", "present", "art. 1(1) on 'ninety days'", "official"),
        ("Tiny Treaty, art. 2", "absent", "nothing in art. 2", "official"),
    ]
    assert all(r["cite"].startswith(r["citation"]) and r["agreement"] for r in rows)


def test_candidates_are_listed_with_their_judgement(tiny: Repository) -> None:
    """All references that may carry a safeguard, with the links that were made of them."""
    arguments = ["-C", str(tiny.root), "links", "candidates", "--all", "--format", "json"]
    done = CliRunner().invoke(main, arguments)
    (row,) = json.loads(done.stdout)
    assert (row["citation"], row["cites"], row["judged"]) == (
        "Tiny Treaty, art. 3(2)",
        "art. 1",
        ["tiny-3-1"],
    )
    assert done.stderr == "1 references, 0 not judged yet\n"
