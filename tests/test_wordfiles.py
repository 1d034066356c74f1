"""Word files: numbers that Word only shows, headings, tables, notes, and what is refused."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
import pytest

from safeguards import wordfiles
from safeguards.errors import SourceFault
from safeguards.formats import extract
from safeguards.provisions import split
from safeguards.wordfiles import extract_docx
from test_formats import build_zip

SPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
STRICT = 'xmlns:w="http://purl.oclc.org/ooxml/wordprocessingml/main"'


def build_docx(body: str, *, space: str = SPACE, **parts: str) -> bytes:
    """Return a Word file with this body and these further parts."""
    files = {"word/document.xml": f"<w:document {space}><w:body>{body}</w:body></w:document>"}
    for name, content in parts.items():
        files[f"word/{name}.xml"] = f"<w:{name} {space}>{content}</w:{name}>"
    return build_zip(files)


def paragraph(words: str = "", *, num: int | None = None, depth: int = 0, style: str = "") -> str:
    """Return a paragraph, perhaps an item of a list."""
    kind = f'<w:pStyle w:val="{style}"/>' if style else ""
    if num is not None:
        kind += f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{num}"/></w:numPr>'
    return f"<w:p><w:pPr>{kind}</w:pPr><w:r><w:t>{words}</w:t></w:r></w:p>"


def level(depth: int, form: str, text: str, extra: str = "") -> str:
    """Return one level of a list."""
    return (
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="{text}"/>{extra}</w:lvl>'
    )


def numbering(levels: Sequence[str], nums: Sequence[str] = ("",)) -> str:
    """Return the lists of a file: one definition, and a list for each of *nums*."""
    lists = "".join(
        f'<w:num w:numId="{n}"><w:abstractNumId w:val="7"/>{inside}</w:num>'
        for n, inside in enumerate(nums, 1)
    )
    return f'<w:abstractNum w:abstractNumId="7">{"".join(levels)}</w:abstractNum>{lists}'


TREATY = numbering(
    [level(0, "decimal", "%1."), level(1, "lowerLetter", "(%2)"), level(2, "lowerRoman", "(%3)")]
)


def read(body: str, **parts: str) -> list[str]:
    """Return the lines of a Word file with this body."""
    return extract_docx(build_docx(body, **parts), "x")[0].split("\n\n")


def numbers(items: Sequence[tuple[int, int]], lists: str) -> list[str]:
    """Return the numbers before items, each a list and a level."""
    body = "".join(paragraph("x", num=num, depth=depth) for num, depth in items)
    return [line.removesuffix("x").strip() for line in read(body, numbering=lists)]


def test_numbers_that_word_only_shows_are_written_out() -> None:
    """Paragraphs, points and sub-points are counted, and begin again below each parent."""
    items = [(1, 0), (1, 1), (1, 1), (1, 2), (1, 2), (1, 1), (1, 0), (1, 1)]
    assert numbers(items, TREATY) == ["1.", "(a)", "(b)", "(i)", "(ii)", "(c)", "2.", "(a)"]


def test_lists_of_one_definition_count_on_unless_told_otherwise() -> None:
    """A second list goes on with the numbers of the first; one with a start of its own does not."""
    again = '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="1"/></w:lvlOverride>'
    lists = numbering([level(0, "decimal", "%1.")], ["", "", again])
    assert numbers([(1, 0), (2, 0), (3, 0), (3, 0)], lists) == ["1.", "2.", "1.", "2."]


@pytest.mark.parametrize(
    ("levels", "shown"),
    [
        ([level(0, "upperRoman", "%1"), level(1, "decimal", "%1.%2")], ["I", "I.1", "I.2"]),
        (
            [level(0, "upperRoman", "%1"), level(1, "decimal", "%1.%2", "<w:isLgl/>")],
            ["I", "1.1", "1.2"],
        ),
        ([level(0, "none", "%1"), level(1, "bullet", "\uf0b7")], ["", "-", "-"]),
        ([level(0, "ordinalText", "%1."), level(1, "upperLetter", "%2)")], ["1.", "A)", "B)"]),
    ],
)
def test_patterns_of_numbers(levels: list[str], shown: list[str]) -> None:
    """A level shows the numbers its pattern names, each in its own numerals."""
    assert numbers([(1, 0), (1, 1), (1, 1)], numbering(levels)) == shown


def test_a_level_that_never_restarts() -> None:
    """Articles that count through all chapters are a level that never begins again."""
    lists = numbering([level(0, "decimal", "%1."), level(1, "decimal", "%2", _restart(0))])
    assert numbers([(1, 0), (1, 1), (1, 0), (1, 1)], lists) == ["1.", "1", "2.", "2"]


def _restart(after: int) -> str:
    """Return after which level another one begins again."""
    return f'<w:lvlRestart w:val="{after}"/>'


def test_an_item_without_a_list_has_no_number() -> None:
    """Number 0 takes a paragraph out of its style's list; an unknown list shows nothing."""
    assert numbers([(0, 0), (9, 0), (1, 5)], TREATY) == ["", "", ""]


STYLES = """
<w:style w:type="paragraph" w:default="1" w:styleId="Std"><w:name w:val="Normal"/></w:style>
<w:style w:type="paragraph" w:styleId="b1"><w:name w:val="heading 1"/><w:basedOn w:val="Std"/>
<w:pPr><w:outlineLvl w:val="0"/><w:numPr><w:numId w:val="1"/></w:numPr></w:pPr></w:style>
<w:style w:type="paragraph" w:styleId="b2"><w:name w:val="Mine"/><w:basedOn w:val="b1"/></w:style>
<w:style w:type="paragraph" w:styleId="loop"><w:name w:val="Loop"/><w:basedOn w:val="loop"/></w:style>
<w:style w:type="paragraph" w:styleId="v1"><w:name w:val="toc 1"/></w:style>
<w:style w:type="paragraph" w:styleId="t"><w:name w:val="Title"/></w:style>"""


def test_headings_have_marks_and_numbers_of_their_style() -> None:
    """A style gives its paragraphs their place in the outline and their number, bases included."""
    body = paragraph("Drones", style="t") + paragraph("Article 1 \t 2", style="v1")
    body += paragraph("Logs", style="b1") + paragraph("Fees", style="b2") + paragraph(style="b1")
    body += paragraph("Text", style="loop")
    lists = numbering([level(0, "decimal", "Article %1", '<w:pStyle w:val="b1"/>')])
    assert read(body, styles=STYLES, numbering=lists) == [
        "# Drones",
        "# Article 1",
        "# Logs",
        "# Article 2",
        "# Fees",
        "# Article 3",
        "Text",
    ]


def test_words_that_are_shown_and_no_others() -> None:
    """Breaks, tabs and links are read; deleted, hidden and field words are not."""
    body = """<w:p><w:r><w:t>Pilots</w:t><w:tab/><w:t>keep</w:t><w:noBreakHyphen/><w:t>on</w:t>
    <w:br/><w:t># 1 * 2</w:t></w:r><w:del><w:r><w:delText>gone</w:delText><w:t>gone</w:t></w:r>
    </w:del><w:ins><w:r><w:t> new</w:t></w:r></w:ins><w:hyperlink><w:r><w:t> link</w:t></w:r>
    </w:hyperlink><w:r><w:rPr><w:vanish/></w:rPr><w:t>hidden</w:t></w:r>
    <w:r><w:instrText>PAGE</w:instrText></w:r><w:sdt><w:sdtContent><w:r><w:t> box</w:t></w:r>
    </w:sdtContent></w:sdt></w:p>"""
    text, notes = extract_docx(build_docx(body), "x")
    assert text.split("\n\n") == ["Pilots keep-on", "\\# 1 \\* 2 new link box"]
    assert notes == ["tracked changes were read as accepted; see whether they are part of the text"]


def test_tables_are_rows_and_frames_are_text() -> None:
    """A table of several columns gives rows; one of a single column only frames its text."""
    cells = "".join(f"<w:tc>{paragraph(word)}{paragraph()}</w:tc>" for word in ("Height", "Fee"))
    frame = f"<w:tc>{paragraph('One.', num=1)}{paragraph('Two.', num=1)}</w:tc>"
    body = "".join(f"<w:tbl><w:tr>{row}</w:tr></w:tbl>" for row in (cells, frame))
    assert read(body, numbering=TREATY) == ["| Height | Fee |", "1. One.", "2. Two."]


def test_notes_stand_apart_at_the_end() -> None:
    """Footnotes leave no mark in the words of the treaty, and follow in their order."""
    body = (
        '<w:p><w:r><w:t>Logs</w:t><w:footnoteReference w:id="5"/><w:endnoteReference w:id="5"/>'
        '<w:t> are kept.</w:t><w:footnoteReference w:id="6"/></w:r></w:p>'
    )
    notes = "".join(
        f'<w:{{0}} w:id="{n}">{paragraph(words)}</w:{{0}}>'
        for n, words in (("-1", "line"), ("5", "First."))
    )
    shown = read(body, footnotes=notes.format("footnote"), endnotes=notes.format("endnote"))
    assert shown == ["Logs are kept.", "# Notes", "[1] First.", "[2] First."]


def test_files_of_the_strict_kind_are_read() -> None:
    """Word writes two namespaces, and both are the same to us."""
    data = build_docx(paragraph("Pilots", num=1), space=STRICT, numbering=TREATY)
    assert extract(data, "x").text == "1. Pilots"


def test_a_file_made_by_another_program() -> None:
    """A file with the styles of a common library gives headings, numbers and a table."""
    document = docx.Document()
    document.add_heading("Treaty on Drones", 0)
    document.add_heading("Article 1", 1)
    for style, words in (("List Number", "Logs"), ("List Number", "Fees"), ("List Bullet", "All")):
        document.add_paragraph(words, style=style)
    document.add_table(1, 2).cell(0, 1).text = "Fee"
    buffer = io.BytesIO()
    document.save(buffer)
    assert extract(buffer.getvalue(), "x").text.split("\n\n") == [
        "# Treaty on Drones",
        "# Article 1",
        "1. Logs",
        "2. Fees",
        "- All",
        "|  | Fee |",
    ]


def test_the_numbers_become_addresses() -> None:
    """A treaty that Word numbers is split like one whose numbers are typed."""
    body = paragraph("Article 1") + paragraph("The log holds:", num=1)
    body += paragraph("the time;", num=1, depth=1) + paragraph("the place.", num=1, depth=1)
    text = extract(build_docx(body, numbering=TREATY), "x").text
    assert [p.eid for p in split(text, "demo")] == [
        "art_1",
        "art_1__para_1",
        "art_1__para_1__point_a",
        "art_1__para_1__point_b",
    ]


BOMB = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ("<w", "x is a broken Word file (word/document.xml); get another copy"),
        (
            f"{BOMB}<w><p><t>&b;</t></p></w>",
            "x declares a document type, as no Word file does; do not use it",
        ),
        ("<w><p/></w>", "x holds no text; if its pages are images, run OCR on them"),
        ("<w>" * 1000, "x is a broken Word file (word/document.xml); get another copy"),
    ],
)
def test_broken_word_files_are_refused(document: str, message: str) -> None:
    """Broken XML, document types and files without words are refused in one line."""
    with pytest.raises(SourceFault) as caught:
        extract_docx(build_zip({"word/document.xml": document}), "x")
    assert str(caught.value) == message


def test_a_bomb_is_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A part that unpacks to more than any document has is refused before it is parsed."""
    monkeypatch.setattr(wordfiles, "_MAX_PART", 1_000_000)
    with pytest.raises(SourceFault, match="x unpacks to over 1 MB; give one document at once"):
        extract_docx(build_docx(" " * 1_000_001), "x")


def test_a_zip_of_very_many_files_is_refused() -> None:
    """A document has some dozens of files in it, not thousands."""
    files = {f"word/media/{n}.png": "" for n in range(5_000)}
    with pytest.raises(SourceFault, match="x holds 5001 files, a document some dozens"):
        extract_docx(build_zip({**files, "word/document.xml": "<w/>"}), "x")


def test_a_damaged_zip_is_refused() -> None:
    """A zip whose bytes were changed is a broken file."""
    data = bytearray(build_docx(paragraph("Pilots keep a log. " * 50)))
    data[60:70] = b"\0" * 10
    with pytest.raises(SourceFault, match="x is a broken Word file"):
        extract_docx(bytes(data), "x")
