"""From files to text: what each format gives, and what is refused and how."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from safeguards.errors import SourceFault, UsageFault
from safeguards.formats import FORMS, detect_format, extract, extract_pdf, script_share
from safeguards.mojibake import find_mojibake
from safeguards.provisions import split
from safeguards.text import clean_inline, escape_markup
from safeguards.webpages import extract_html

SHARED = Path(__file__).parents[2] / "shared"
PDFS = sorted(SHARED.glob("treaties/*/original.pdf"))


def build_pdf(pages: list[list[str]], trailer: str = "") -> bytes:
    """Return a PDF with these lines on its pages, as small as a PDF can be."""
    kids = " ".join(f"{4 + 2 * n} 0 R" for n in range(len(pages)))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for n, lines in enumerate(pages):
        shown = " T* ".join(f"({line}) Tj" for line in lines)
        stream = f"BT /F1 11 Tf 14 TL 72 720 Td {shown} ET"
        objects.append(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] "
            f"/Resources << /Font << /F1 3 0 R >> >> /Contents {5 + 2 * n} 0 R >>"
        )
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
    return _number_objects(objects, trailer)


def _number_objects(objects: list[str], trailer: str) -> bytes:
    """Return the bytes of a PDF of these objects, with its table of offsets."""
    data, offsets = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode("cp1252")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    size = len(objects) + 1
    end = f"xref\n0 {size}\n0000000000 65535 f \n{table}trailer\n"
    end += f"<< /Size {size} /Root 1 0 R {trailer}>>\nstartxref\n{len(data)}\n%%EOF\n"
    return data + end.encode("ascii")


ENCRYPTED = (
    f"/ID [<{'00' * 16}> <{'00' * 16}>] /Encrypt << /Filter /Standard /V 1 /R 2 /P -4 "
    f"/O <{'11' * 32}> /U <{'22' * 32}> >> "
)


def build_zip(files: dict[str, str]) -> bytes:
    """Return a zip of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(name, text)
    return buffer.getvalue()


# What a file is.


@pytest.mark.parametrize(
    ("data", "name", "form"),
    [
        (b"%PDF-1.7\n", "a.txt", "pdf"),
        (b"\xef\xbb\xbf%PDF-1.7\n", "a", "pdf"),
        (b"junk before\n%PDF-1.4\n", "a", "pdf"),
        (build_zip({"word/document.xml": "<w/>"}), "a.pdf", "docx"),
        (b"<!-- saved -->\n<!doctype html>", "a.pdf", "html"),
        ("<html>".encode("utf-16"), "a", "html"),
        (b"<?xml version='1.0'?><html xmlns='x'>", "a.txt", "html"),
        (b"<p>Pilots", "a.html", "html"),
        (b"<p align=center>Pilots", "a.md", "markdown"),
        (b"# Article 1", "a", "markdown"),
        (b"# Article 1", "a.txt", "text"),
        (b"Article 1", "a.markdown", "markdown"),
        (b"Article 1", "a", "text"),
    ],
)
def test_the_bytes_tell_what_a_file_is(data: bytes, name: str, form: str) -> None:
    """The format is found in the bytes; the name decides only where they do not."""
    assert detect_format(data, name) == form


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
REFUSED: list[tuple[bytes, str]] = [
    (b"", "x is empty; give a file that holds a text"),
    (b"\x89PNG\r\n", "x is an image; run OCR on it and give the text"),
    (b"\x1f\x8b\x08", "x is compressed; unpack it and give the file in it"),
    (b"{\\rtf1 Pilots}", "x is RTF; open it in a word processor and save it as .docx"),
    (b"MIME-Version: 1.0", "x is a web archive; save the page as HTML only"),
    (OLE, "x is an old Word file; open it and save it as .docx"),
    (
        OLE + "EncryptedPackage".encode("utf-16-le"),
        "x is encrypted; save a copy without a password",
    ),
    (b"PK\x03\x04", "x is a broken zip or Word file; get another copy"),
    (
        build_zip({"content.xml": "<a/>"}),
        "x is an OpenDocument file; open it and save it as .docx",
    ),
    (
        build_zip({"a.txt": "b"}),
        "x is a zip without a Word document; unpack it and give one file in it",
    ),
    (b"%PDF-1.7\nnothing", "x is a broken PDF; get another copy of it"),
    (build_pdf([["Pilots"]], ENCRYPTED), "x is encrypted; save a copy without a password"),
    (build_pdf([["12"]]), "x has no text layer; run OCR on it, or use another copy"),
    (
        build_pdf([["Pilots keep a log."], [], []]),
        "x has a text layer on 1 of 3 pages only; run OCR on it, or use another copy",
    ),
    (
        b"<!doctype html><script>x()</script>",
        "x holds no text; save the page once it is shown, or copy its text",
    ),
    (
        "<html><meta charset=gb2312>Les États".encode("cp1252"),
        "x is not the gb2312 it declares; save the page again as UTF-8",
    ),
    (
        "Пилоты ведут журнал.".encode(),
        "0.0% of the letters in x are Latin, so it is not in 'en'; "
        "name its language or use another copy",
    ),
    (b"1. 2. 3.", "x holds no words; give a file that holds a text"),
]


@pytest.mark.parametrize(("data", "message"), REFUSED, ids=[m for _, m in REFUSED])
def test_what_cannot_be_read_is_refused_in_one_line(data: bytes, message: str) -> None:
    """Each refusal says what is wrong and what to do."""
    with pytest.raises(SourceFault) as caught:
        extract(data, "x")
    assert str(caught.value) == message


def test_a_file_that_is_not_what_was_said() -> None:
    """A format that is given is believed, and its reader refuses another."""
    with pytest.raises(SourceFault, match="x is no Word file; leave the format out"):
        extract(b"Pilots keep a log.", "x", form="docx")
    with pytest.raises(SourceFault, match="x is a broken PDF"):
        extract(b"Pilots keep a log.", "x", form="pdf")


def test_a_file_too_large_is_refused_before_it_is_read() -> None:
    """Size is looked at first."""
    with pytest.raises(SourceFault, match="x has over 50 MB; give the text alone"):
        extract(bytes(50_000_001), "x")


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([b"", b"%PDF-1.4\n", b"<html>", b"PK\x03\x04", b"\xff\xfe", b"# "]),
    st.binary(max_size=400),
    st.sampled_from([None, *FORMS]),
    st.sampled_from(["treaty", "critique"]),
)
@example(b"\xff\xfe", b"\xfe\xff", "html", "critique")  # U+FFFE, which XML forbids
def test_bytes_give_a_text_or_a_refusal(
    start: bytes, rest: bytes, form: str | None, kind: str
) -> None:
    """Whatever the bytes are, nothing but a refusal is raised."""
    try:
        found = extract(start + rest, "x", form=form, kind=kind)
    except SourceFault as refusal:
        assert "\n" not in str(refusal)
    else:
        assert found.text.strip()


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2000), st.binary(min_size=1, max_size=8))
def test_a_damaged_pdf_gives_a_text_or_a_refusal(place: int, damage: bytes) -> None:
    """A PDF with some bytes overwritten is read or refused."""
    data = build_pdf([["Pilots keep a log."], ["They show it."]])
    place %= len(data)
    try:
        extract(data[:place] + damage + data[place + len(damage) :], "x")
    except SourceFault as refusal:
        assert str(refusal)


# PDF.


def test_pages_are_separated_and_lines_stay() -> None:
    """Pages are separated by form feeds; lines end as they are printed."""
    data = build_pdf([["Article 1", "Pilots keep a log."], ["Article 2"]])
    assert extract_pdf(data) == "Article 1\nPilots keep a log.\n\fArticle 2"


def test_a_hyphen_at_the_end_of_a_line_stays() -> None:
    """A hyphen before a line break may belong to the word, and is kept."""
    text = extract_pdf(build_pdf([["A capacity-", "building log is kept by pilots."]]))
    assert text.replace("\n", "") == "A capacity-building log is kept by pilots."


def test_a_page_without_text_is_noted() -> None:
    """A page that holds no letter may be an image, and is told."""
    found = extract(build_pdf([["Pilots keep a log."], [], ["They show it."]]), "x")
    assert found.notes == ("no text on page 2; see what is printed there",)


def test_a_text_layer_in_another_script_is_never_passed_on() -> None:
    """A PDF that should be Chinese and gives Latin letters has a broken text layer."""
    with pytest.raises(SourceFault) as caught:
        extract(build_pdf([["ËÞÈË»ú"]]), "x", language="zh")
    assert str(caught.value) == (
        "0.0% of the letters in x are Han: the text layer is broken; use another copy or OCR"
    )


@pytest.mark.skipif(not PDFS, reason="the source texts are not beside the project")
@pytest.mark.parametrize("path", PDFS, ids=lambda p: p.parent.name)
def test_real_pdfs_are_read(path: Path) -> None:
    """The words of real treaties come out, on as many pages, and no control character."""
    found = extract(path.read_bytes(), path.name)
    words = set((path.parent / "text.txt").read_text(encoding="utf-8").split())
    assert found.form == "pdf"
    assert len(words - set(found.text.split())) < 0.05 * len(words)
    assert not [c for c in found.text if ord(c) < 32 and c not in "\n\f"]


# Whether a text is sound.


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The pilot keeps a log."),
        ("fr", "Les pilotes tiennent un journal, où qu’ils volent."),
        ("es", "El piloto lleva un diario de vuelo según el artículo 1."),
        ("ru", "Пилот ведёт журнал полётов."),
        ("ar", "يحتفظ الطيار بسجل الرحلات."),
        ("zh", "飞行员应当保存飞行日志。"),
        ("zh-Hant", "飛行員應當保存飛行日誌。"),
        ("ja", "パイロットは飛行記録を保存する。"),
        ("ko", "조종사는 비행 일지를 보관한다."),
        ("vi", "Phi công giữ nhật ký bay."),
        ("el", "Ο χειριστής τηρεί ημερολόγιο."),
    ],
)
def test_each_language_is_known_by_its_script(language: str, text: str) -> None:
    """The letters of a sound text are in the script of its language."""
    assert script_share(text, language) == 1.0


def test_lost_letters_count_against_a_text() -> None:
    """Private-use and replacement characters stand for letters that were lost."""
    assert script_share("log \ue001\ue002\ufffd", "en") == 0.5


def test_an_unknown_language_is_a_wrong_usage() -> None:
    """A language whose script we do not know is named, with those we do."""
    with pytest.raises(UsageFault, match="no script known for language 'xx'; name one of ar, be,"):
        extract(b"Pilots", "x", language="xx")


@pytest.mark.parametrize("encoding", ["cp1252", "cp1250", "mac_roman"])
@pytest.mark.parametrize("text", ["é", "ó", "’", "–", "“"])
def test_mojibake_is_found(text: str, encoding: str) -> None:
    """A letter whose bytes were read in a wrong encoding is found, and what it was."""
    spoiled = "".join(_misread(byte, encoding) for byte in text.encode())
    assert [(m.line, m.meant) for m in find_mojibake(f"fine\nAnt{spoiled}nio")] == [(2, text)]


def _misread(byte: int, encoding: str) -> str:
    """Return the character that a byte becomes; where there is none, the control character."""
    return bytes([byte]).decode(encoding, errors="ignore") or chr(byte)


@pytest.mark.parametrize(
    "text",
    [
        "réélu à l’École – « CAFÉ » et CAFÉ»…",
        "Phi công giữ nhật ký ở Hà Nội…",
        "„Größe“, „SPASS“",
        "Пилот ведёт «журнал» в СССР…",
        "飞行员“保存”日志。",
    ],
)
def test_sound_text_is_no_mojibake(text: str) -> None:
    """Accents, quotes and dashes side by side are left in peace."""
    assert find_mojibake(text) == []


def test_damage_is_noted_with_its_lines_and_not_repaired() -> None:
    """Mojibake and lost characters are told by line; the text stays as it is."""
    text = "One.\nThe pilotâ€™s log.\nIt\ufffd is kept.\nThe pilotâ€™s."
    found = extract(text.encode(), "x")
    assert found.text == text
    assert found.notes == (
        "read in a wrong encoding once, 'â€™' for '’', on lines 2 and 4; compare another copy",
        "characters lost (U+FFFD) on line 3; use another copy",
    )


@given(st.text())
def test_escaped_text_comes_back(text: str) -> None:
    """What looks like mark-up in a page or Word file is text, and stays."""
    words = " ".join(text.split())
    assert clean_inline(escape_markup(words)) == words


# Web pages.

PAGE = """<!DOCTYPE html><html><head><title>Drones</title><style>p {}</style></head><body>
<header>Site</header><nav><ul><li>Home</ul></nav>
<h1>Treaty on Drones</h1>
<h2>Article 1<br>Logs</h2>
<ol><li>Pilots keep
  a <b>log</b><sup><a href="#n1">1</a></sup>.
<li>The log holds: <ol type="a"><li>the time;<li>the place:
<ol style="list-style-type: lower-roman" start="3"><li>over land;</ol></ol>
<p>and nothing else.</p>
<li><ol type=a><li>First of all.</ol></ol>
<div hidden>Secret</div>
<ul><li>A dash</ul>
<ol><li>(a) Own number.</ol>
<table><tr><th>Height</th><th>Fee</th></tr><tr><td>10 m</td><td><p>5</p></td></tr></table>
<table><tr><td><p>Framed.</p><p>Twice.</p></td></tr></table>
<pre>Article 2
Flat * text</pre></body></html>"""
LINES = [
    "# Treaty on Drones",
    "## Article 1",
    "## Logs",
    "1. Pilots keep a log.",
    "2. The log holds:",
    "a. the time;",
    "b. the place:",
    "iii. over land;",
    "and nothing else.",
    "3. a. First of all.",
    "- A dash",
    "(a) Own number.",
    "| Height | Fee |",
    "| 10 m | 5 |",
    "Framed.",
    "Twice.",
    "Article 2",
    "Flat \\* text",
]


def test_a_treaty_page_keeps_headings_numbers_and_paragraphs() -> None:
    """A web page gives headings with marks, list numbers as shown, and one line a paragraph."""
    assert extract_html(PAGE.encode()).split("\n\n") == LINES


def test_a_page_that_names_its_main_part_gives_that_alone() -> None:
    """What stands around the main part of a page is left out."""
    page = b"<html><div>Menu</div><main><p>Pilots.</main>after<div>Foot</div>"
    assert extract_html(page) == "Pilots."


def test_a_page_in_the_encoding_it_declares() -> None:
    """An old page that declares its encoding is read in it."""
    page = '<html><meta charset="iso-8859-1"><p>L’État – tout'.encode("cp1252")
    assert extract_html(page) == "L’État – tout"


def test_a_critique_page_gives_the_article_alone() -> None:
    """Of an article page, the main text comes out with its headings; menus stay away."""
    prose = "The treaty lets every state keep all logs of pilots, and no judge is ever asked. " * 3
    page = f"""<html><body><nav><a href=x>Home</a> <a href=y>News</a></nav><article>
    <h1>Drones and the law</h1><p>{prose}</p><h2>No judge</h2><p>{prose}</p></article>
    <aside><a href=z>Ten drones to love</a></aside><footer>Imprint</footer></body></html>"""
    text = extract(page.encode(), "x", kind="critique").text
    lines = [line for line in text.split("\n") if line]
    assert lines == ["# Drones and the law", prose.strip(), "## No judge", prose.strip()]


@pytest.mark.parametrize("kind", ["treaty", "critique"])
def test_old_pages_that_close_nothing_are_read_whole(kind: str) -> None:
    """Elements left open nest hundreds deep, and nothing below them is lost."""
    prose = "Pilots keep a log of all they see and show it to a judge who asks. "
    page = "<html><body>" + f"<font><p>{prose}" * 400 + "The end.</html>"
    assert extract_html(page.encode(), kind=kind).count("The end.") == 1


@pytest.mark.parametrize("kind", ["treaty", "critique"])
def test_a_page_too_deep_to_be_read_whole_is_refused(kind: str) -> None:
    """What the parser would drop in silence is refused aloud."""
    page = b"<html>" + b"<div>Pilots " * 100_000
    with pytest.raises(SourceFault, match="x nests too deep to be read whole; copy its text"):
        extract_html(page, "x", kind)


def test_a_treaty_page_is_split_like_a_text() -> None:
    """The numbers of a web page's lists become addresses."""
    eids = [p.eid for p in split(extract_html(PAGE.encode()), "demo")]
    wanted = ["art_1", "art_1__para_1", "art_1__para_2", "art_1__para_2__point_a"]
    assert [eid for eid in eids if eid in wanted] == wanted
