r"""
From files as they come, PDF, Word, web page or plain text, to text that a splitter can read.

What a file is, its bytes tell; its name is asked only where they do not. What comes out is the
markdown dialect of `safeguards.text`: headings marked by ``#``, one paragraph on a line, the pages
of a PDF separated by form feeds and their lines left as they are printed.

A text that is broken is worse than none, because it gives passages that look right. So a text that
is in another script than its language, or in another encoding, is refused and never passed on.

>>> extract(b"# Article 1\n\nPilots keep a log.", "drones.md").form
'markdown'
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from safeguards.errors import SourceFault, UsageFault
from safeguards.model import normalize_text
from safeguards.mojibake import find_mojibake
from safeguards.text import decode
from safeguards.webpages import extract_html
from safeguards.wordfiles import detect_word, extract_docx

FORMS = ("markdown", "text", "pdf", "html", "docx")
MAX_BYTES = 50_000_000  # a treaty of 200 pages with a text layer has one or two million
MAX_PAGES = 5_000  # the longest treaty volumes have some hundreds
MAX_CHARS = 50_000_000  # the text of 1,497 treaties together has 44 million
MIN_SCRIPT_SHARE = 0.9  # a Chinese PDF with a broken text layer has 0.006, sound ones over 0.97

_SCRIPTS = {
    "Latin": "cs da de en es et fi fr ga hr hu id is it lt lv ms mt nl no pl pt ro sk sl sq sv sw "
    "tr vi",
    "Cyrillic": "be bg kk ky mk mn ru sr tg uk",
    "Arabic": "ar fa ps ur",
    "Greek": "el",
    "Hebrew": "he",
    "Armenian": "hy",
    "Georgian": "ka",
    "Devanagari": "hi mr ne",
    "Thai": "th",
    "Han": "zh",
    "Japanese": "ja",
    "Korean": "ko",
}
_SCRIPT_OF = {language: name for name, codes in _SCRIPTS.items() for language in codes.split()}
_ALPHABETS = {  # first words of Unicode character names
    "Han": {"CJK"},
    "Japanese": {"CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"},
    "Korean": {"HANGUL", "CJK"},
}
_HEAD_BYTES = 4096
_PDF = re.compile(rb"^(?:\xef\xbb\xbf)?%PDF-\d", re.MULTILINE)
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:(?P<sure>!doctype\s+html|html)"
    r"|head|meta|title|body|main|article|section|div|p|h[1-6]|table|ol|ul|center|font)\b",
    re.IGNORECASE | re.DOTALL,
)
_HEADING = re.compile(r"^ {0,3}#{1,6}\s*\w", re.MULTILINE)
_OTHERS = (
    (b"{\\rtf", "is RTF; open it in a word processor and save it as .docx"),
    (b"From: <Saved by", "is a web archive; save the page as HTML only"),
    (b"MIME-Version:", "is a web archive; save the page as HTML only"),
    (b"\x89PNG", "is an image; run OCR on it and give the text"),
    (b"\xff\xd8\xff", "is an image; run OCR on it and give the text"),
    (b"II*\0", "is an image; run OCR on it and give the text"),
    (b"MM\0*", "is an image; run OCR on it and give the text"),
    (b"\x1f\x8b", "is compressed; unpack it and give the file in it"),
    (b"7z\xbc\xaf", "is an archive; unpack it and give the file in it"),
    (b"Rar!", "is an archive; unpack it and give the file in it"),
)


@dataclass(frozen=True, slots=True)
class Extracted:
    """
    The text of a file.

    Attributes:
        text: The text, normalised, in the dialect that `safeguards.text` reads.
        form: What the file is, one of `FORMS`.
        notes: What a person should look at, one sentence each, with line numbers of the text.
    """

    text: str
    form: str
    notes: tuple[str, ...] = ()


# What a file is.


def detect_format(data: bytes, name: str) -> str:
    """
    Return what a file is: one of `FORMS`.

    >>> detect_format(b"%PDF-1.7 ...", "treaty.txt")
    'pdf'
    >>> detect_format(b"<!DOCTYPE html><p>Not found</p>", "treaty.pdf")
    'html'
    >>> detect_format(b"1. Pilots keep a log.", "treaty.md"), detect_format(b"1. Pilots", "treaty")
    ('markdown', 'text')

    Raises:
        SourceFault: It is something that holds no text we can read: an image, an archive.
    """
    if _PDF.search(data[:1024]):
        return "pdf"
    if detect_word(data, name):
        return "docx"
    for start, words in _OTHERS:
        if data.startswith(start):
            raise SourceFault(f"{name} {words}")
    head = _decode_head(data[:_HEAD_BYTES])
    extension = name.lower().rpartition(".")[2]
    page = _PAGE.match(head)
    if page and (page["sure"] or extension not in ("md", "markdown", "txt")):
        return "html"
    if extension in ("md", "markdown") or (extension != "txt" and _HEADING.search(head)):
        return "markdown"
    return "text"


def _decode_head(head: bytes) -> str:
    """Return the first characters of a file, well enough to know mark-up by."""
    utf16 = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    return head.decode("utf-16" if utf16 else "utf-8-sig", errors="replace")


# Its text.


def extract(
    data: bytes,
    name: str,
    *,
    form: str | None = None,
    language: str = "en",
    kind: str = "treaty",
) -> Extracted:
    """
    Return the text of a file.

    Args:
        data: The bytes of the file.
        name: Its name, for messages and where the bytes do not tell what it is.
        form: What it is, one of `FORMS`; None to find out.
        language: Code of the language the text should be in, for instance ``fr``.
        kind: ``treaty`` keeps all of a web page that is text; ``critique`` only the article on it.

    Raises:
        SourceFault: The file holds no text, or a broken one; the message says what to do.
        UsageFault: No script is known for *language*.
    """
    if len(data) > MAX_BYTES:
        raise SourceFault(f"{name} has over {MAX_BYTES // 1_000_000} MB; give the text alone")
    form = form or detect_format(data, name)
    text, notes = _read(data, name, form, kind)
    if len(text) > MAX_CHARS:
        raise SourceFault(f"{name} holds over {MAX_CHARS:,} characters; give one document at once")
    if not _has_letters(text):
        raise SourceFault(f"{name} holds no words; give a file that holds a text")
    _check_script(text, name, form, language)
    return Extracted(text, form, (*notes, *_find_damage(text)))


def _read(data: bytes, name: str, form: str, kind: str) -> tuple[str, list[str]]:
    """Return the text of a file of a known format, and what to note about it."""
    if form == "pdf":
        text = extract_pdf(data, name)
        return text, _note_empty_pages(text, name)
    if form == "docx":
        return extract_docx(data, name)
    if form == "html":
        return extract_html(data, name, kind), []
    return decode(data, name), []


def extract_pdf(data: bytes, name: str = "the PDF") -> str:
    r"""
    Return the text layer of a PDF, its pages separated by form feeds.

    Lines are as printed, running heads included. Where a line ends in a hyphen, pdfium joins it to
    the next with U+FFFE; that hyphen may belong to the word, so it is kept as ``-``.

    Raises:
        SourceFault: The PDF is broken, encrypted, too long, or has no text layer.
    """
    import pypdfium2

    try:
        with pypdfium2.PdfDocument(data) as pdf:
            pages = _read_pages(pdf, name)
    except pypdfium2.PdfiumError as error:
        raise SourceFault(f"{name} {_pdf_fault(error)}") from error
    text = normalize_text("\n\f".join(pages)).replace("\ufffe", "-").replace("\x02", "-")
    if not _has_letters(text):
        raise SourceFault(f"{name} has no text layer; run OCR on it, or use another copy")
    return text


def _read_pages(pdf: object, name: str) -> list[str]:
    """Return the text of each page of an open document."""
    if len(pdf) > MAX_PAGES:  # type: ignore[arg-type]
        raise SourceFault(f"{name} has over {MAX_PAGES} pages; give one document at once")
    pages, left = [], MAX_CHARS
    for page in pdf:  # type: ignore[attr-defined]
        textpage = page.get_textpage()
        left -= textpage.count_chars()
        if left < 0:
            raise SourceFault(f"{name} holds over {MAX_CHARS:,} characters; give one document")
        pages.append(_decode_page(textpage))
        textpage.close()
        page.close()
    return pages


def _decode_page(textpage: object) -> str:
    """Return the text of a page without the characters that only pdfium puts there."""
    text = str(textpage.get_text_range(errors="replace"))  # type: ignore[attr-defined]
    return text.replace("\0", "").replace("\f", " ").rstrip()


def _pdf_fault(error: object) -> str:
    """Return what is wrong with a PDF that pdfium refuses, and what to do."""
    if getattr(error, "err_code", None) in (4, 5):  # FPDF_ERR_PASSWORD, FPDF_ERR_SECURITY
        return "is encrypted; save a copy without a password"
    return "is a broken PDF; get another copy of it"


def _note_empty_pages(text: str, name: str) -> list[str]:
    """
    Return a note on the pages that hold no letter.

    Raises:
        SourceFault: They are most of the document.
    """
    pages = text.split("\f")
    empty = [n for n, page in enumerate(pages, 1) if not _has_letters(page)]
    if len(empty) > len(pages) / 2:
        raise SourceFault(
            f"{name} has a text layer on {len(pages) - len(empty)} of {len(pages)} pages only; "
            "run OCR on it, or use another copy"
        )
    return [f"no text on {_enumerate('page', empty)}; see what is printed there"] if empty else []


# Whether it is sound.


def _has_letters(text: str) -> bool:
    """Tell whether there is a letter of any script in *text*."""
    return any(char.isalpha() for char in text)


def script_share(text: str, language: str) -> float:
    """
    Return which share of the letters of *text* is in the script of *language*.

    Private-use and replacement characters count as letters of no script: they stand where a
    broken text layer lost one.

    >>> script_share("Пилот", "ru"), script_share("Ïèëîò", "ru"), script_share("无人机 DR", "zh")
    (1.0, 0.0, 0.6)

    Raises:
        UsageFault: No script is known for *language*.
    """
    words = _ALPHABETS.get(_script_of(language), {_script_of(language).upper()})
    own = total = 0
    for char, times in Counter(text).items():
        category = unicodedata.category(char)
        if category[0] == "L" or category in ("Co", "Cn") or char == "\ufffd":
            total += times
            own += times * (unicodedata.name(char, "").partition(" ")[0] in words)
    return own / total if total else 0.0


def _script_of(language: str) -> str:
    """
    Return the name of the script that *language* is written in.

    >>> _script_of("zh-Hans")
    'Han'
    """
    script = _SCRIPT_OF.get(language.lower().partition("-")[0])
    if script is None:
        known = ", ".join(sorted(_SCRIPT_OF))
        raise UsageFault(f"no script known for language '{language}'; name one of {known}")
    return script


def _check_script(text: str, name: str, form: str, language: str) -> None:
    """
    Refuse a text that is not in the script of its language.

    Raises:
        SourceFault: Too few letters are.
    """
    share = script_share(text, language)
    if share >= MIN_SCRIPT_SHARE:
        return
    found = f"{share:.1%} of the letters in {name} are {_script_of(language)}"
    if form == "pdf":
        raise SourceFault(f"{found}: the text layer is broken; use another copy or OCR")
    raise SourceFault(
        f"{found}, so it is not in '{language}'; name its language or use another copy"
    )


def _find_damage(text: str) -> list[str]:
    """Return notes on lines whose characters were spoiled before the file was saved."""
    notes = []
    wrong = find_mojibake(text)
    if wrong:
        seen = f"'{wrong[0].seen}' for '{wrong[0].meant}'"
        lines = _enumerate("line", sorted({found.line for found in wrong}))
        notes.append(f"read in a wrong encoding once, {seen}, on {lines}; compare another copy")
    lost = [n for n, line in enumerate(text.split("\n"), 1) if "\ufffd" in line]
    if lost:
        notes.append(f"characters lost (U+FFFD) on {_enumerate('line', lost)}; use another copy")
    return notes


def _enumerate(noun: str, numbers: Sequence[int]) -> str:
    """
    Return *numbers* as people write them, the first ten of them.

    >>> _enumerate("line", [4]), _enumerate("page", [2, 3, 7])
    ('line 4', 'pages 2, 3 and 7')
    """
    shown = [str(number) for number in numbers[:10]]
    if len(numbers) > 10:
        shown.append(f"{len(numbers) - 10} more")
    start, last = ", ".join(shown[:-1]), shown[-1]
    return f"{noun}s {start} and {last}" if start else f"{noun} {last}"
