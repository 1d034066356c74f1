"""Facts about the explorer, in a real browser, from a folder and without a server."""

from __future__ import annotations

import io
import json
import re
import shutil
import time
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from conftest import ROOT
from safeguards.cli.main import main
from safeguards.errors import DatasetMissing, UsageFault
from safeguards.model import hash_text
from safeguards.publish import build_dataset
from safeguards.repository import Repository
from safeguards.site.build import build_site, render_files
from safeguards.site.content import Content
from safeguards.site.highlight import cut_text
from safeguards.site.pages import iter_pages
from safeguards.site.render import POLICY
from safeguards.site.strings import FOLDER

TEMPLATES = ROOT / "scripts" / "safeguards" / "site" / "templates"
KINDS = sorted(p.stem for p in TEMPLATES.glob("*.html") if p.stem not in ("base", "macros"))
HOSTILE = "Parties <script>window.hacked = 1</script> \"must\" & 'may' <b>seize</b> كل البيانات."


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the dataset of the committed data."""
    folder = tmp_path_factory.mktemp("explorer") / "dataset"
    build_dataset(Repository(ROOT), folder)
    return folder


@pytest.fixture(scope="module")
def site(dataset: Path) -> Path:
    """Return the explorer of the committed data."""
    return build_site(dataset, dataset.with_name("site")).folder


@pytest.fixture(scope="module")
def samples(dataset: Path) -> dict[str, str]:
    """Return one page of each kind, the one with the most on it where it has a choice."""
    pages: dict[str, str] = {}
    for page in iter_pages(Content(dataset)):
        pages.setdefault(page.template.removesuffix(".html"), page.path)
    return {**pages, "provision": "provisions/budapest/art_16.html"}


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """Return an empty page of a desktop browser that fails at once where something is missing."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    opened = context.new_page()
    opened.set_default_timeout(10_000)
    yield opened
    context.close()


def rows_of(dataset: Path, table: str) -> pd.DataFrame:
    """Return a table of the dataset."""
    parts = sorted((dataset / "data" / table).glob("*.parquet"))
    rows = pd.concat([pd.read_parquet(part) for part in parts], ignore_index=True)
    return rows.astype(dict.fromkeys(rows.select_dtypes("category"), object))


class Reader(HTMLParser):
    """What a test looks for in a page: ids, links, and numbers with their questions."""

    def __init__(self, path: Path) -> None:
        """Read the page."""
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.questions: list[tuple[str, str]] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what is looked for."""
        named = {name: value or "" for name, value in attrs}
        self.ids += [named["id"]] if "id" in named else []
        self.links += [named[n] for n in ("href", "src", "action") if n in named]
        if "data-question" in named:
            self.questions.append((named["data-question"], named["value"]))


def read_all(site: Path) -> dict[Path, Reader]:
    """Return every page of a site."""
    return {path.resolve(): Reader(path) for path in sorted(site.rglob("*.html"))}


def broken_links(site: Path) -> list[str]:
    """Return the links of a site that lead nowhere, anchors among them."""
    pages = read_all(site)
    broken = []
    for path, reader in pages.items():
        for link in reader.links:
            if re.match(r"https?:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / unquote(name)).resolve() if name else path
            reached = target.is_file() and target.is_relative_to(site.resolve())
            if reached and anchor and "=" not in anchor:
                reached = anchor in pages[target].ids
            if not reached:
                broken.append(f"{path.relative_to(site.resolve())}: {link}")
    return broken


# What an advocate does.


def test_a_provision_is_found_by_searching(page: Any, site: Path) -> None:
    """Words typed on the start page lead to the provision that holds them."""
    page.goto((site / "index.html").as_uri())
    page.fill("#find", "ninety days subsequently")
    page.press("#find", "Enter")
    page.click("#results a")
    assert page.url.endswith("provisions/budapest/art_16.html#art_16__para_2")
    assert "ninety days" in page.locator("#art_16__para_2 .text").first.inner_text()


@pytest.mark.parametrize(
    "query", ["Budapest 16(2)", "budapest art. 16(2)", "Budapest Convention, art. 16(2)"]
)
def test_a_citation_finds_its_provision(page: Any, site: Path, query: str) -> None:
    """A citation in the search field gives that provision first."""
    page.goto(f"{(site / 'search.html').as_uri()}#q={query}")
    assert page.locator("#results a").first.inner_text() == "Budapest Convention, art. 16(2)"


def test_filters_stay_in_the_address(page: Any, site: Path, dataset: Path) -> None:
    """Filtered vague wording is what the table says, and still so after a reload."""
    rows = rows_of(dataset, "annotations")
    wanted = rows[
        (rows.annotator_id == "adjudicated") & (rows.layer == "vagueness")
        & rows.severity.isin(["material", "critical"]) & (rows.code == "undefined_term")
        & rows.passage_id.str.startswith("budapest:")
    ]  # fmt: skip
    page.goto((site / "vague.html").as_uri())
    page.select_option("#f-document", "budapest")
    page.select_option("#f-severity", "material")
    page.select_option("#f-kind", "undefined_term")
    assert page.locator("#findings > li:visible").count() == len(wanted) > 0
    page.reload()
    assert page.locator("#findings > li:visible").count() == len(wanted)
    assert page.input_value("#f-kind") == "undefined_term"
    assert page.locator(".count").inner_text().startswith(f"{len(wanted)} of ")


def test_a_matrix_cell_leads_to_its_words(page: Any, site: Path, dataset: Path) -> None:
    """A cell opens the words that fill it, and these lead to the code that holds them."""
    cells = rows_of(dataset, "matrix")
    cell = cells[(cells.document_id == "budapest") & (cells.route == "link") & (cells.terms.str.len() > 0)].iloc[0]  # fmt: skip
    row = f"{cell.power_passage_id.replace(':', '/')}--{cell.power}"
    page.goto((site / "matrix" / "budapest.html").as_uri())
    page.click(f'td a[href$="{row}.html#{cell.safeguard}"]')
    section = page.locator(f"#{cell.safeguard}")
    assert section.locator(".evidence q").all_inner_texts() == list(cell.terms)
    section.locator(".go a").click()
    code = page.locator(f'[id="{cell.annotation_id}"]')
    assert code.is_visible()
    assert code.locator(".evidence q").all_inner_texts() == list(cell.terms)


def test_a_claim_can_be_checked(page: Any, site: Path, dataset: Path) -> None:
    """Whoever looks for claims that the text contradicts finds them with their parts."""
    claims, parts = rows_of(dataset, "claims"), rows_of(dataset, "claim_checks")
    page.goto((site / "index.html").as_uri())
    page.click("#ask-claims a")
    page.select_option("#f-verdict", "contradicted")
    page.select_option("#f-checked", "yes")
    shown = page.locator("#claims > li:visible")
    wanted = claims[(claims.verdict == "contradicted") & claims.claim_id.isin(parts.claim_id)]
    assert sorted(shown.evaluate_all("l => l.map(e => e.id)")) == sorted(wanted.claim_id)
    first = wanted.iloc[0].claim_id
    assert page.locator(f'[id="{first}"] .parts > li').count() == sum(parts.claim_id == first)


def test_a_downloaded_table_opens(page: Any, site: Path, dataset: Path) -> None:
    """The CSV that the page gives opens as a table with every row; Parquet is the published one."""
    page.goto((site / "data.html").as_uri())
    with page.expect_download() as download:
        page.click('a[href$="data/annotations.csv"]')
    found = pd.read_csv(Path(download.value.path()), encoding="utf-8-sig")
    wanted = rows_of(dataset, "annotations")
    assert list(found.columns) == list(wanted.columns)
    assert sorted(found.annotation_id) == sorted(wanted.annotation_id)
    assert rows_of(site, "annotations").equals(wanted)


# For everyone.


@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_no_violation(
    browser: Any, site: Path, samples: dict[str, str], kind: str, scheme: str, width: int
) -> None:
    """Every kind of page passes axe-core and fits, on a desktop in light and on a phone in dark."""
    axe = (package_files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto((site / samples[kind]).as_uri() + ("?q=court" if kind == "search" else ""))
    page.evaluate(axe)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    assert [(v["id"], [n["target"] for n in v["nodes"]][:3]) for v in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


def test_the_keyboard_alone_suffices(page: Any, site: Path) -> None:
    """Tab, arrows and Enter reach the search, a result, the filter and its findings."""
    page.goto((site / "index.html").as_uri())
    tab_to(page, "#find")
    page.keyboard.type("judicial supervision")
    page.keyboard.press("Enter")
    page.wait_for_selector("#results a")
    tab_to(page, "#results a")
    page.keyboard.press("Enter")
    page.wait_for_selector("article.provision")
    page.goto((site / "vague.html").as_uri())
    before = page.locator("#findings > li:visible").count()
    tab_to(page, "#f-severity")
    page.keyboard.type("critical")
    after = page.locator("#findings > li:visible").count()
    assert 0 < after < before
    tab_to(page, "#findings > li:not([hidden]) a")


def tab_to(page: Any, selector: str, most: int = 60) -> None:
    """Press Tab until *selector* has the focus, and it shows."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
            return
    raise AssertionError(f"{most} times Tab do not reach {selector}")


def test_pages_are_read_without_scripts(browser: Any, site: Path, dataset: Path) -> None:
    """Without JavaScript every finding is on the page and no filter that would do nothing."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto((site / "vague.html").as_uri())
    rows = rows_of(dataset, "annotations")
    vague = rows[(rows.annotator_id == "adjudicated") & (rows.layer == "vagueness")]
    assert page.locator("#findings > li").count() == len(vague)
    assert not page.locator("form[data-filter]").is_visible()
    context.close()


def test_no_request_leaves_the_folder(page: Any, site: Path, samples: dict[str, str]) -> None:
    """Every request of every kind of page is for a file of the site, and none is refused."""
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for path in samples.values():
        page.goto((site / path).as_uri())
    assert [url for url in asked if not url.startswith(site.as_uri() + "/")] == []
    assert len(asked) > len(samples)
    assert said == []


# What is true of the folder.


def test_every_number_is_what_its_question_gives(site: Path, dataset: Path) -> None:
    """Every number on every page is the answer of the Parquet files to the question it carries."""
    asked = {pair for reader in read_all(site).values() for pair in reader.questions}
    tables: dict[str, pd.DataFrame] = {}
    for question, _ in asked:
        name = question.partition("?")[0]
        tables.setdefault(name, rows_of(dataset, name))
    wrong = [(q, n) for q, n in sorted(asked) if answer(tables, q) != int(n)]
    assert wrong == []
    assert len(asked) > 100


def answer(tables: dict[str, pd.DataFrame], question: str) -> int:
    """Return the answer to a question, by pandas."""
    name, _, conditions = question.partition("?")
    rows, distinct = tables[name], None
    for condition in filter(None, conditions.split("&")):
        column, relation, value = re.split(r"(!=|\^=|@=|=)", condition, maxsplit=1)
        if column == "distinct":
            distinct = value
            continue
        cells = rows[column].fillna("").astype(str)
        keep = {
            "=": cells == value,
            "!=": cells != value,
            "^=": cells.str.startswith(value),
            "@=": cells.str.fullmatch(re.escape(value) + "(__.*)?"),
        }
        rows = rows[keep[relation]]
    return rows[distinct].nunique() if distinct else len(rows)


def test_the_heat_map_is_the_matrix(page: Any, site: Path, dataset: Path) -> None:
    """Each cell of each heat map shows the status that the table has, as letter, word and colour."""
    cells = rows_of(dataset, "matrix")
    for document, rows in cells.groupby("document_id"):
        page.goto((site / "matrix" / f"{document}.html").as_uri())
        shown = page.eval_on_selector_all(
            "table.heat td a",
            "l => l.map(a => [a.getAttribute('href'), a.dataset.status, a.parentNode.className])",
        )
        wanted = {
            f"../matrix/{r.power_passage_id.replace(':', '/')}--{r.power}.html#{r.safeguard}": r.status
            for r in rows.itertuples()
        }
        assert {href: status for href, status, _ in shown} == wanted
        assert [s for _, s, name in shown if s != name] == []


def test_the_page_of_a_safeguard_is_the_matrix(page: Any, site: Path, dataset: Path) -> None:
    """Each grant of power has the status, the route and the treaty that the matrix has."""
    cells = rows_of(dataset, "matrix")
    cells = cells[cells.safeguard == "judicial_oversight"]
    found_by = yaml.safe_load((FOLDER / "en.yaml").read_text(encoding="utf-8"))["matrix"][
        "found_by"
    ]
    page.goto((site / "safeguards" / "judicial_oversight.html").as_uri())
    shown = page.eval_on_selector_all(
        "table.gaps tbody tr",
        "l => l.map(r => [r.querySelector('.status').classList[2],"
        " r.cells[3].textContent.split(':')[0], r.querySelector('th a').getAttribute('href')])",
    )
    wanted = [
        [r.status, found_by[r.route], f"../matrix/{r.power_passage_id.replace(':', '/')}--{r.power}.html#{r.safeguard}"]
        for r in cells.itertuples()
    ]  # fmt: skip
    assert sorted(shown) == sorted(wanted)


def test_agreement_is_the_tables(page: Any, site: Path, dataset: Path) -> None:
    """Each row of the report on agreement shows the value and the support that the table has."""
    rows = rows_of(dataset, "agreement")
    page.goto((site / "agreement.html").as_uri())
    shown = page.eval_on_selector_all(
        "tr[data-row]", "l => l.map(r => [r.cells[2].textContent, r.cells[4].textContent])"
    )
    wanted = [
        ["" if pd.isna(r.value) else f"{r.value:.3f}", str(r.support)] for r in rows.itertuples()
    ]
    assert sorted(shown) == sorted(wanted)


@pytest.mark.parametrize(
    ("article", "other", "kind"),
    [
        ("hanoi:art_25", "budapest:art_16", "basis"),
        ("budapest:art_16", "hanoi:art_25", "basis"),
        ("budapest:art_24", "untoc:art_16", "heading"),
    ],
)
def test_counterparts_stand_side_by_side(
    site: Path, dataset: Path, article: str, other: str, kind: str
) -> None:
    """An article leads to its counterparts: those it is restated from, and those named alike."""
    content = Content(dataset)
    assert content.counterparts[article][other] == kind
    page = site / content.provision_pages[article]
    assert f"../../{content.place_of(other)}" in Reader(page).links


def test_every_link_leads_somewhere(site: Path) -> None:
    """Every link, script and anchor of every page resolves inside the folder."""
    assert broken_links(site) == []


def test_no_id_stands_twice_on_a_page(site: Path) -> None:
    """An anchor names one place."""
    assert [p.name for p, r in read_all(site).items() if len(r.ids) != len(set(r.ids))] == []


def test_the_whole_site_takes_less_than_ten_seconds(dataset: Path) -> None:
    """Every page of the committed data is made in less than ten seconds of one processor."""
    begin = time.process_time()
    files = render_files(Content(dataset))
    assert time.process_time() - begin < 10
    assert sum(path.endswith(".html") for path in files) > 400


def test_the_start_page_is_light(site: Path) -> None:
    """The start page with all that it loads weighs less than 300 kB."""
    reader = Reader(site / "index.html")
    loaded = {link for link in reader.links if link.startswith("static/")}
    weight = sum((site / name).stat().st_size for name in {"index.html", *loaded})
    assert 5_000 < weight < 300_000


def test_the_policy_admits_only_own_files(site: Path) -> None:
    """Every page states the policy, and nothing on it stands in line that the policy refuses."""
    for path in site.rglob("*.html"):
        html = path.read_text(encoding="utf-8")
        assert POLICY.replace("'", "&#39;") in html
        assert not re.search(r"<style|<script(?! src=)|\sstyle=|\son\w+=", html)


# Other data: the tiny repository, changed.


@pytest.fixture
def tiny_site(tiny: Repository) -> Callable[..., Path]:
    """Return a function that builds the explorer of the tiny repository, as it is then."""

    def make(edition: str = "restatement") -> Path:
        repository = Repository(tiny.root)
        folder = tiny.root.with_name("tiny-dataset")
        build_dataset(repository, folder, edition)
        return build_site(folder, tiny.root.with_name("tiny-site")).folder

    return make


def change_passage(tiny: Repository, text: str) -> str:
    """Put *text* in the place of a restated passage, and return its id."""
    path = tiny.path("corpus/passages.jsonl")
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    row = next(r for r in rows if r["edition"] == "restatement" and r["text"])
    row |= {"text": text, "text_sha256": hash_text(text), "text_chars": len(text)}
    lines = [json.dumps(r, ensure_ascii=False, separators=(",", ":")) for r in rows]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(row["passage_id"])


def test_markup_in_a_passage_is_shown_as_text(
    tiny: Repository, tiny_site: Callable[..., Path], page: Any
) -> None:
    """Tags, quotes and right-to-left script in a passage are read, not run, on pages and in search."""
    passage = change_passage(tiny, HOSTILE)
    document, _, eid = passage.partition(":")
    site = tiny_site()
    place = Content(tiny.root.with_name("tiny-dataset")).place_of(passage)
    page.goto(f"{site.as_uri()}/{place}")
    assert HOSTILE in page.locator(f'[id="{eid}"] .text').first.inner_text()
    page.goto(f"{site.as_uri()}/search.html?q=%3Cscript%3E")
    assert page.locator("#results .text").first.inner_text() == HOSTILE
    assert page.evaluate("window.hacked") is None
    assert page.locator("main b, #results b").count() == 0
    assert document in (site / "search" / f"{document}.js").name


def test_a_spreadsheet_computes_nothing(tiny: Repository, tiny_site: Callable[..., Path]) -> None:
    """A passage that begins like a formula begins with an apostrophe in the CSV."""
    change_passage(tiny, '=HYPERLINK("https://example.org")')
    data = (tiny_site() / "data" / "provisions.csv").read_bytes()
    found = pd.read_csv(io.BytesIO(data), encoding="utf-8-sig")
    assert '\'=HYPERLINK("https://example.org")' in set(found.text)


def test_official_words_are_marked_where_they_are_shipped(
    tiny: Repository, tiny_site: Callable[..., Path], page: Any
) -> None:
    """With the official text, the marks of each code cover exactly the words that it names."""
    site = tiny_site("both")
    content = Content(tiny.root.with_name("tiny-dataset"))
    checked = 0
    for row in content.adjudicated:
        text = content.by_passage[row["passage_id"]].get(row["edition"], {}).get("text")
        if row["start"] is None or not text:
            continue
        page.goto(f"{site.as_uri()}/{content.place_of(row['passage_id'])}")
        passage = page.locator(f'section[id="{row["passage_id"].partition(":")[2]}"]')
        ids = passage.locator(".code-list > li").evaluate_all("l => l.map(e => e.id)")
        number = str(ids.index(row["annotation_id"]) + 1)
        marks = (
            passage.locator(".words .text")
            .first.locator("mark")
            .evaluate_all("l => l.map(m => [m.textContent, m.dataset.codes])")
        )
        marked = "".join(words for words, codes in marks if number in codes.split())
        assert marked == text[row["start"] : row["end"]]
        checked += 1
    assert checked > 0


@pytest.mark.parametrize("table", ["claims", "claim_checks", "matrix", "agreement", "links", "references", "annotators", "facts", "concordance"])  # fmt: skip
def test_a_missing_table_leaves_out_its_page(tiny: Repository, table: str) -> None:
    """Without an optional table the site is built, and no link leads to a page that is not there."""
    folder = tiny.root.with_name("dataset")
    build_dataset(tiny, folder)
    shutil.rmtree(folder / "data" / table)
    site = build_site(folder, tiny.root.with_name("site")).folder
    assert broken_links(site) == []
    assert (site / f"{table}.html").exists() is False


def test_the_same_dataset_gives_the_same_bytes(tiny: Repository) -> None:
    """Two builds of one dataset are equal in every file."""
    folder = tiny.root.with_name("dataset")
    build_dataset(tiny, folder)
    assert render_files(Content(folder)) == render_files(Content(folder))


def test_a_folder_with_other_files_is_left_alone(tiny: Repository, tmp_path: Path) -> None:
    """A folder that holds anything but a site is not replaced."""
    build_dataset(tiny, tmp_path / "dataset")
    other = tmp_path / "documents"
    other.mkdir()
    (other / "letter.txt").write_text("dear", encoding="utf-8")
    with pytest.raises(UsageFault, match="holds other files; name an empty or a new folder"):
        build_site(tmp_path / "dataset", other)
    assert (other / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_without_a_dataset_there_is_no_site(tmp_path: Path) -> None:
    """The message says how to build a dataset, and nothing is written."""
    with pytest.raises(DatasetMissing, match="build one with 'safeguards build'"):
        build_site(tmp_path / "dataset", tmp_path / "site")
    assert list(tmp_path.iterdir()) == []


def test_the_command_builds_the_site(tiny: Repository) -> None:
    """``site build`` makes dist/site/ from dist/dataset/ and prints where it is."""
    build_dataset(tiny, tiny.path("dist/dataset"))
    done = CliRunner().invoke(main, ["-C", str(tiny.root), "site", "build"])
    assert (done.exit_code, done.stdout.strip()) == (0, str(tiny.path("dist/site")))
    assert tiny.path("dist/site/index.html").is_file()


# Marked words.


@given(
    st.text(alphabet="ab é🙂שלום\u0301\u00a0", max_size=30),
    st.lists(st.tuples(st.integers(-2, 35), st.integers(-2, 35)), max_size=6),
)
def test_pieces_give_back_text_and_spans(text: str, spans: list[tuple[int, int]]) -> None:
    """Pieces are the text, and those that a span covers are its words, however spans overlap."""
    pieces = cut_text(text, spans)
    assert "".join(piece.text for piece in pieces) == text
    for number, (start, end) in enumerate(spans, 1):
        words = "".join(piece.text for piece in pieces if number in piece.over)
        assert words == text[max(0, start) : max(0, end)]
        assert sum(number in piece.ends for piece in pieces) == bool(words)


# Words.


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*.html")), ids=lambda p: p.stem)
def test_templates_hold_no_words(path: Path) -> None:
    """All words of the interface stand in one file: between tags, templates have none."""
    text = path.read_text(encoding="utf-8")
    text = re.sub(r"<pre>.*?</pre>", "", text, flags=re.DOTALL)  # BibTeX is no English
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}", "", text, flags=re.DOTALL)
    assert re.findall(r"[A-Za-z]{2,}", re.sub(r"<[^>]*>", "", text)) == []


def test_every_string_is_used() -> None:
    """No string is left over: each is asked for by name in a template."""
    text = "\n".join(p.read_text(encoding="utf-8") for p in TEMPLATES.glob("*.html"))
    strings = yaml.safe_load((FOLDER / "en.yaml").read_text(encoding="utf-8"))
    del strings["words"]
    unused = [
        f"{part}.{name}"
        for part, entries in strings.items()
        for name in entries
        if f"t.{part}.{name}" not in text and f"t.{part}[" not in text
    ]
    assert unused == []
