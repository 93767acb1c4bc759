"""The text of a document, and whether a quote is in it. See docs/evidence.md.

The type of a file follows from its bytes, never from its name:

    PDF           begins with %PDF-                     read by pypdf, where that is installed
    HTML          begins with a tag (WHATWG, MIME Sniffing, section 7.1)    what a browser shows, read by lxml
    plain text    anything else without control characters                  as it is

Text and HTML are UTF-16 with a byte order mark, UTF-8, else windows-1252. The name of the extractor says which, and has
its version: another version may read the same bytes in another way.

Text and quote are folded before they are compared: Unicode NFKC (ligatures, no-break spaces), straight quotation marks,
one kind of dash, one space for any white space, no invisible characters. Letters stay in their case. A quote may also
run over the end of a page, where headers, footers and page numbers are left out (`pages`).
"""

import re
import time
import unicodedata
from bisect import bisect_left
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from events.characters import UNSEEN
from ledger.apart import CannotRead
from ledger.errors import install_extra
from ledger.evidence.pages import without_running_lines

_READING = 2
"""The version of this module and `html`: raise it when they read some bytes in another way."""
_LONGEST = 16 << 20  # bytes of text or HTML
_MOST_PAGES = 10_000  # of a text with form feeds
PATIENCE = 20
"""Seconds to look for one quote in one document."""
_WORK = 20_000_000  # characters compared between two looks at the clock: about half a second
LEAST_WORDS, WIDEST_GAP = 3, 2_000
"""Around an ellipsis: the words of a part of a quote, and the characters left out; so many are about a page."""

_SNIFFED = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?<(!--|(!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>])",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_UNSEEN = re.compile(rf"\u00ad\s*|{UNSEEN}")  # a soft hyphen at the end of a line joins two lines
_ONE_FOR_MANY = str.maketrans(
    {**dict.fromkeys("‘’‚‛", "'"), **dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
)
_BLOCK = re.compile(r".{1,65536}(?<![\s\u00ad])(?!\S)|.{1,65536}", re.DOTALL)  # ends before white space
_PIECE = re.compile(r"\S{1,256}\s*")  # NFKC takes quadratic time for many combining marks on one letter
_ELLIPSIS = re.compile(r" ?(?:\.{3,}|\.(?: \.){2,}) ?")
_LEFT_OUT = re.compile(r" ?[\[(]? ?\.\.\. ?[\])]? ?")  # in a folded quote
_LETTER = r"[^\W\d_]"
_INSIDE_A_WORD = re.compile(rf"(?<={_LETTER})(?={_LETTER})")  # where the end of a line may have broken it


class NoText(ValueError):
    """A file without a text that can be read; the message says why."""


class TooSlow(NoText):
    """A quote was looked for, and that took too long."""

    def __init__(self) -> None:
        super().__init__(f"to look for the quote takes longer than {PATIENCE} seconds")


class Text(NamedTuple):
    """The text of a document, folded, and the extractor that read it."""

    folded: str
    extractor: str
    joined: str = ""
    """The same without headers, footers and page numbers; empty if it has one page."""

    def holds(self, quote: str) -> bool:
        """Whether a quote is in the text, in whole words and numbers. Line breaks, hyphenation at the end of a line
        and space around dashes make no difference. Of a quote with an ellipsis, every part is there, in order. Raises
        TooSlow if that takes longer than PATIENCE."""
        wanted, deadline = fold(quote), time.monotonic() + PATIENCE
        readings = [parts for parts in ([wanted], parts_of(wanted)) if parts and parts != [""]]
        return any(_holds(text, parts, deadline) for text in (self.folded, self.joined) if text for parts in readings)


def parts_of(quote: str) -> list[str]:
    """The parts of a folded quote around its ellipses; none if one of several has too few words."""
    parts = [part for part in _LEFT_OUT.split(quote) if part]
    return parts if len(parts) == 1 or all(len(part.split()) >= LEAST_WORDS for part in parts) else []


def read_text(data: bytes) -> Text:
    """The text of a file. Raises NoText where it has none, is too large, or of another type than those above."""
    pages, extractor = _of_pdf(data) if data.startswith(b"%PDF-") else _of_text(data)
    if not (folded := fold("\n".join(pages))):
        raise NoText("it has no text; it may be a scan")
    joined = fold(without_running_lines(pages)) if len(pages) > 1 else ""
    return Text(folded, f"{extractor} (reading {_READING})", joined)


def fold(text: str) -> str:
    """A text in the form for comparison. It is made block by block, to bound the memory."""
    return " ".join(filter(None, map(_folded, _BLOCK.findall(text))))


def _folded(block: str) -> str:
    plain = "".join(unicodedata.normalize("NFKC", piece) for piece in _PIECE.findall(_UNSEEN.sub("", block)))
    return _ELLIPSIS.sub(" ... ", " ".join(plain.translate(_ONE_FOR_MANY).split())).strip()


def _of_pdf(data: bytes) -> tuple[list[str], str]:
    from importlib import metadata, util

    from ledger.evidence import pdf

    if not util.find_spec("pypdf"):
        raise NoText(f"it is a PDF, and pypdf is not installed; {install_extra('pdf')}")
    try:
        return pdf.pages_of(data), f"pypdf {metadata.version('pypdf')}"
    except CannotRead as error:
        raise NoText(f"it is a PDF that cannot be read: {error}") from None


def _of_text(data: bytes) -> tuple[list[str], str]:
    text, encoding = _decoded(data)
    if not _SNIFFED.match(text):
        return text.split("\f", _MOST_PAGES), encoding
    from ledger.evidence import html

    try:
        return [html.shown(text)], f"{html.EXTRACTOR}, {encoding}"
    except html.TooDeep as error:
        raise NoText(f"it is HTML that cannot be read: {error}") from None


def _decoded(data: bytes) -> tuple[str, str]:
    if len(data) > _LONGEST:
        raise NoText(f"it is larger than {_LONGEST >> 20} MiB")
    marked = [("utf-16", "UTF-16")] if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else []
    for encoding, name in (*marked, ("utf-8-sig", "UTF-8"), ("cp1252", "windows-1252")):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _CONTROL.search(text):
            return text, name
    raise NoText("it is neither PDF nor HTML nor plain text")


def _holds(text: str, parts: Sequence[str], deadline: float) -> bool:
    """Whether the parts are in the text one after the other, each within reach of the one before it."""
    first, *others = parts
    ends = (end for _, end in _places(first, text, deadline))
    if not others:
        return next(ends, None) is not None
    possible = sorted(ends)  # where the parts so far can end
    for part in others:
        possible = sorted(end for start, end in _places(part, text, deadline) if _ends_before(start, possible))
    return bool(possible)


def _places(quote: str, text: str, deadline: float) -> Iterator[tuple[int, int]]:
    """Where a quote is in a text. It is looked for in steps, as a hostile text can almost match everywhere. Raises
    TooSlow."""
    pattern, longest = re.compile(f"(?=({_pattern(quote)}))"), 4 * len(quote) + 9
    step = max(1, _WORK // longest)
    for start in range(0, len(text), step):
        for match in pattern.finditer(text, start, min(start + step + longest, len(text))):
            if time.monotonic() > deadline:
                raise TooSlow
            if match.start() < start + step:
                yield match.span(1)
        if time.monotonic() > deadline:
            raise TooSlow


def _ends_before(start: int, ends: Sequence[int]) -> bool:
    at = bisect_left(ends, start - WIDEST_GAP)
    return at < len(ends) and ends[at] <= start


def _pattern(quote: str) -> str:
    """The pattern that finds a folded quote in a folded text, but not where that would cut a word or a number short."""
    between_dashes = re.split(" ?- ?", quote)
    spaced = " ?+- ?+".join(_INSIDE_A_WORD.sub("(?:- )?", re.escape(text)) for text in between_dashes)
    first, last = quote[0], quote[-1]
    start = rf"(?<!{_LETTER})" if first.isalpha() else r"(?<!\d)(?<!\d[.,])" if first.isdigit() else ""
    end = rf"(?!{_LETTER})" if last.isalpha() else r"(?![.,]?\d)" if last.isdigit() else ""
    return start + spaced + end
