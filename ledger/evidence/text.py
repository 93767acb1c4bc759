"""The text of a document, and whether a quote is in it. See docs/evidence.md.

The type of a file follows from its bytes, never from its name:

    PDF           begins with %PDF-                     read by pypdf, where that is installed
    HTML          begins with a tag (WHATWG, MIME Sniffing, section 7.1)    what a browser shows, read by lxml
    plain text    anything else without control characters                  as it is

Text and HTML are UTF-16 with a byte order mark, UTF-8, else windows-1252. The name of the extractor says which, and has
its version: another version may read the same bytes in another way.

Text and quote are folded before they are compared: Unicode NFKC (ligatures, no-break spaces), straight quotation marks,
one kind of dash, one space for any white space, no invisible characters. Letters stay in their case.
"""

import re
import unicodedata
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from io import BytesIO
from typing import NamedTuple

from events.characters import UNSEEN

_READING = 2
"""The version of this module and `html`: raise it when they read some bytes in another way."""
_LONGEST = 32 << 20  # bytes of text or HTML

_SNIFFED = re.compile(
    r"\s*(<\?xml[^>]*>\s*)?<(!--|(!doctype\s+html|html|head|script|iframe|h1|div|font|table|a|style|title|b|body|br|p)[\s>])",
    re.IGNORECASE,
)
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f]")
_UNSEEN = re.compile(rf"\u00ad\s*|{UNSEEN}")  # a soft hyphen at the end of a line joins two lines
_ONE_FOR_MANY = str.maketrans(
    {**dict.fromkeys("‘’‚‛", "'"), **dict.fromkeys("“”„‟", '"'), **dict.fromkeys("‐‑‒–—―−", "-")}
)
_PIECE = re.compile(r"\S{1,256}\s*")  # NFKC takes quadratic time for many combining marks on one letter
_LETTER = r"[^\W\d_]"
_INSIDE_A_WORD = re.compile(rf"(?<={_LETTER})(?={_LETTER})")  # where the end of a line may have broken it


class NoText(ValueError):
    """A file without a text that can be read; the message says why."""


class Text(NamedTuple):
    """The text of a document, folded, and the extractor that read it."""

    folded: str
    extractor: str

    def holds(self, quote: str) -> bool:
        """Whether a quote is in the text, in whole words and numbers. Line breaks, hyphenation at the end of a line
        and space around dashes make no difference."""
        wanted = fold(quote)
        return bool(wanted) and re.search(_pattern(wanted), self.folded) is not None


def read_text(data: bytes) -> Text:
    """The text of a file. Raises NoText where it has none, is too large, or of another type than those above."""
    if data.startswith(b"%PDF-"):
        text, extractor = _of_pdf(data)
    else:
        text, extractor = _decoded(data)
        if _SNIFFED.match(text):
            from ledger.evidence import html

            try:
                text, extractor = html.shown(text), f"{html.EXTRACTOR}, {extractor}"
            except html.TooDeep as error:
                raise NoText(f"it is HTML that cannot be read: {error}") from None
    if not (folded := fold(text)):
        raise NoText("it has no text; it may be a scan")
    return Text(folded, f"{extractor} (reading {_READING})")


def fold(text: str) -> str:
    """A text in the form for comparison."""
    plain = "".join(unicodedata.normalize("NFKC", piece) for piece in _PIECE.findall(_UNSEEN.sub("", text)))
    return " ".join(plain.translate(_ONE_FOR_MANY).split())


def _of_pdf(data: bytes) -> tuple[str, str]:
    import logging

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it logs a warning for every fault that it repairs
    try:
        import pypdf
    except ImportError:
        raise NoText("it is a PDF, and pypdf is not installed; install force-ledger[pdf]") from None
    try:
        pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(data)).pages]
    except Exception as error:  # a damaged, encrypted or hostile file can raise any error
        raise NoText(f"it is a PDF that cannot be read: {error}") from error
    return "\n".join(pages), f"pypdf {pypdf.__version__}"


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


def _pattern(quote: str) -> str:
    """The pattern that finds a folded quote in a folded text, but not where that would cut a word or a number short."""
    between_dashes = re.split(" ?- ?", quote)
    spaced = " ?- ?".join(_INSIDE_A_WORD.sub("(?:- )?", re.escape(text)) for text in between_dashes)
    first, last = quote[0], quote[-1]
    start = rf"(?<!{_LETTER})" if first.isalpha() else r"(?<!\d)(?<!\d[.,])" if first.isdigit() else ""
    end = rf"(?!{_LETTER})" if last.isalpha() else r"(?![.,]?\d)" if last.isdigit() else ""
    return start + spaced + end
