"""Facts about what an annotator sees and does, in a real browser before a real server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conftest import ROOT, reword
from safeguards.labelstudio.client import Server, list_tasks
from safeguards.labelstudio.pull import pull
from safeguards.labelstudio.push import build_tasks, push
from safeguards.labelstudio.server import Credentials
from safeguards.model import Annotation, Attribute
from safeguards.records import only, read_records
from safeguards.repository import Repository

PASSAGE = "tiny:art_3__para_1"

# The first and the last character of some words on the screen, wherever lines break.
_FIND_WORDS = """
words => {
  const root = document.querySelector('.sg-text .lsf-richtext');
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const at = node.data.indexOf(words);
    if (at < 0) continue;
    const box = i => {
      const range = document.createRange();
      range.setStart(node, i);
      range.setEnd(node, i + 1);
      const r = range.getBoundingClientRect();
      return [r.left, r.top + r.height / 2, r.right];
    };
    return [box(at), box(at + words.length - 1)];
  }
  return null;
}
"""


@pytest.fixture
def full(tiny: Repository) -> Repository:
    """Return the tiny repository with the codebook that annotators really use."""
    shutil.copy(ROOT / "schema" / "codebook.yaml", tiny.path("schema/codebook.yaml"))
    tiny.annotations_path("pilot", "lm-x").unlink()
    plan = tiny.path("annotations/rounds/pilot/round.yaml")
    version = f"codebook_version: {tiny.codebook.codebook_version}"
    words = plan.read_text(encoding="utf-8").replace("codebook_version: 0.1.0", version)
    plan.write_text(words, encoding="utf-8")
    return tiny


@contextmanager
def opened(
    full: Repository,
    server: Server,
    client: Any,
    who: Credentials,
    browser: Any,
    passage_id: str,
) -> Iterator[Any]:
    """Push, and open the page that shows one passage to the annotator."""
    push(full, replace(full.round("pilot"), annotators=("lm-x",)), server)
    (project,) = client.projects.list(include="id,title")
    task = next(i for (passage, _), i in list_tasks(client, project.id) if passage == passage_id)
    found = browser.new_page(viewport={"width": 1440, "height": 900})
    found.set_default_timeout(20_000)
    log_in(found, who)
    found.goto(f"{server.url}/projects/{project.id}/data?task={task}")
    found.wait_for_selector(".sg-text .lsf-richtext")
    yield found
    found.close()


@pytest.fixture
def page(
    full: Repository,
    server: Server,
    client: Any,
    label_studio: tuple[Server, Credentials],
    browser: Any,
) -> Iterator[Any]:
    """Return the page that shows one pushed passage to the annotator."""
    with opened(full, server, client, label_studio[1], browser, PASSAGE) as found:
        yield found


def log_in(page: Any, who: Credentials) -> None:
    """Log in through the form."""
    page.goto(f"{who.url}/user/login/")
    page.fill("input[name=email]", who.user)
    page.fill("input[name=password]", who.password)
    page.click("button[type=submit]")
    page.wait_for_url(lambda url: "login" not in url)


def mark(page: Any, label: str, words: str) -> None:
    """Choose a label, drag over *words*, and select what was drawn."""
    # With a span selected, a click on a label would give that span another code.
    page.locator(".sg-read h3").first.click()
    page.keyboard.press("Escape")
    page.locator(".sg-code .lsf-label", has_text=label).click()
    (left, top, _), (_, bottom, right) = page.evaluate(_FIND_WORDS, words)
    page.mouse.move(left + 1, top)
    page.mouse.down()
    page.mouse.move(left + 30, top, steps=4)
    page.mouse.move(right - 1, bottom, steps=8)
    page.mouse.up()
    page.mouse.click(left + 3, top)
    page.wait_for_selector(".sg-question:has-text('Confidence')")


def select_what_is_drawn(page: Any) -> None:
    """Switch on, once, that a span is selected when it was drawn; annotators are told to."""
    page.locator("[aria-label='Settings']").last.click()
    page.get_by_text("Select region after creating it", exact=True).click()
    page.keyboard.press("Escape")
    page.get_by_text("Labeling Interface Settings").wait_for(state="hidden")


def drag(page: Any, first: str, last: str) -> None:
    """Drag from the first character of some words to the last of others."""
    (left, top, _), _ = page.evaluate(_FIND_WORDS, first)
    _, (_, bottom, right) = page.evaluate(_FIND_WORDS, last)
    page.mouse.move(left + 1, top)
    page.mouse.down()
    page.mouse.move(left + 20, top, steps=4)
    page.mouse.move(right - 1, bottom, steps=8)
    page.mouse.up()
    page.wait_for_selector(".sg-question:has-text('Confidence')")


def choose(page: Any, question: str, answer: str) -> None:
    """Answer a question about the selected span."""
    row = page.locator(".sg-question:visible", has=page.get_by_text(question, exact=True))
    row.locator(f"input[name='{answer}']").click()


def write(page: Any, question: str, words: str) -> None:
    """Answer a question about the selected span in words."""
    row = page.locator(".sg-question:visible", has=page.get_by_text(question))
    row.locator("input").first.fill(words)


def submit(page: Any) -> None:
    """Submit, and wait until the server has it."""
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.ok):
        page.get_by_role("button", name="Submit").click()


def pulled(full: Repository, server: Server) -> list[Annotation]:
    """Return the rows that a pull writes."""
    pull(full, replace(full.round("pilot"), annotators=("lm-x",)), server)
    return only(read_records(full.annotations_path("pilot", "lm-x"), Annotation))


def test_code_one_safeguard(full: Repository, server: Server, page: Any) -> None:
    """What is marked and answered in the browser is what a pull writes."""
    mark(page, "Judicial or independent oversight", "review by a court")
    choose(page, "Status", "qualified")
    choose(page, "Confidence", "2 fairly sure")
    choose(page, "Which body", "court")
    write(page, "Reason", "A hedge weakens it.")
    write(page, "Resolved by", "tiny:1.2")
    if path := os.environ.get("SAFEGUARDS_SCREENSHOT"):
        page.screenshot(path=path)
    submit(page)
    (row,) = pulled(full, server)
    text = next(
        d["text"] for d in build_tasks(full, full.round("pilot")) if d["passage_id"] == PASSAGE
    )
    assert text[row.start : row.end] == "review by a court"
    assert (row.passage_id, row.layer, row.code) == (PASSAGE, "safeguard", "judicial_oversight")
    assert (row.status, row.confidence, row.reason) == ("qualified", 2, "A hedge weakens it.")
    assert row.attributes == (Attribute("body", "court"),)
    assert row.resolved_by == ("tiny:art_1__para_2",)


def test_status_is_required(page: Any) -> None:
    """A safeguard without a status cannot be submitted."""
    mark(page, "Judicial or independent oversight", "review by a court")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Choose a status")


def test_severity_is_required(page: Any) -> None:
    """Neither can a vagueness without a severity, also beside a safeguard with a status."""
    mark(page, "Judicial or independent oversight", "review by a court")
    choose(page, "Status", "present")
    mark(page, "Term of degree", "appropriate")
    page.get_by_role("button", name="Submit").click()
    page.wait_for_selector("text=Choose a severity")


def test_neighbours_are_shown(page: Any) -> None:
    """Article, neighbouring passages and text stand on the page, and only the text can be marked."""
    assert page.locator(".sg-read").inner_text().count("Article 1 applies subject to") == 1
    assert "Tiny Treaty, art. 3(1)" in page.locator(".sg-read h3").first.inner_text()
    near = page.locator(".sg-near").all_inner_texts()
    assert [words.strip().split(":")[0] for words in near] == ["Before", "After"]


WORDS = ("review by a court", "provide for")


def test_keys_alone(full: Repository, server: Server, page: Any) -> None:
    """A passage with two codes takes two drags and eight keys: no click."""
    select_what_is_drawn(page)
    page.keyboard.press("Shift+q")
    drag(page, WORDS[0], WORDS[0])
    for key in ("2", "q", "Escape", "Shift+n"):
        page.keyboard.press(key)
    drag(page, WORDS[1], WORDS[1])
    for key in ("7", "s"):
        page.keyboard.press(key)
    with page.expect_response(lambda answer: "/annotations" in answer.url and answer.ok):
        page.keyboard.press("Control+Enter")
    rows = pulled(full, server)
    assert [(r.code, r.status, r.force, r.severity, r.direction) for r in rows] == [
        ("modal_hedge", None, None, "slight", "narrows_safeguard"),
        ("judicial_oversight", "qualified", "shall", None, None),
    ]


ODD = {
    "A Party may order that data be kept": "A Party may order\nthat the 🗝️ x\u0302 keys be kept",
    "The order ends on review by a judge": "The n\u0303o\u0323\u0302 owner may\nask 👩‍⚖️ a judge 🇻🇳 twice",
}


@pytest.mark.parametrize(
    ("passage_id", "first", "last"),
    [("tiny:art_1__para_1", "may order", "keys be"), ("tiny:art_1__para_2", "owner", "twice")],
)
def test_odd_words_are_what_was_selected(
    full: Repository,
    server: Server,
    client: Any,
    label_studio: tuple[Server, Credentials],
    browser: Any,
    passage_id: str,
    first: str,
    last: str,
) -> None:
    """A span across a line break, an emoji and combining marks slices to what was selected."""
    for old, new in ODD.items():
        reword(full, old, new)
    with opened(full, server, client, label_studio[1], browser, passage_id) as page:
        select_what_is_drawn(page)
        page.keyboard.press("Shift+z")
        drag(page, first, last)
        page.keyboard.press("7")
        submit(page)
    text = {p.passage_id: p.text or "" for p in full.round_passages(full.round("pilot"))}[
        passage_id
    ]
    (row,) = [r for r in pulled(full, server) if r.passage_id == passage_id]
    assert "\n" in text[row.start : row.end]
    assert text[row.start : row.end] == text[text.index(first) : text.index(last) + len(last)]


def test_reasons_stay_with_their_spans(full: Repository, server: Server, page: Any) -> None:
    """Words typed for one span are not lost, nor given to another, when the next is drawn."""
    mark(page, "Term of degree", "appropriate")
    choose(page, "Severity", "slight")
    write(page, "Reason", "First reason.")
    mark(page, "Weak modal", "provide for")
    choose(page, "Severity", "none")
    write(page, "Reason", "Second reason.")
    submit(page)
    rows = pulled(full, server)
    assert [(row.code, row.reason) for row in rows] == [
        ("degree_term", "First reason."),
        ("modal_hedge", "Second reason."),
    ]
