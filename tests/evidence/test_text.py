"""What a document says: text from real files of each sort, and quotes looked for in it."""

import sys
from contextlib import suppress
from itertools import chain
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.apart import CannotRead
from ledger.evidence import pdf
from ledger.evidence import text as reading
from ledger.evidence.text import NoText, Text, fold, read_text

PAGE = """<!DOCTYPE html>
<html><head><title>A letter</title>
<style>p { content: "styled" }</style><script>var said = "scripted";</script></head>
<body><h1>Custody</h1><p>The force&rsquo;s <b>cus</b>tody suites are<br>full &amp; the <i>back</i>log&nbsp;grows.</p>
<template><p>not yet shown</p></template>
<ul><li>First point</li><li>Second point</li></ul><!-- a remark --></body></html>
"""


def pdf_of(*lines: str | tuple[str, ...]) -> bytes:
    """A small PDF, by hand: of one page with these lines, or of pages, each with its lines."""
    pages = [(line,) if isinstance(line, str) else line for line in lines]
    if all(isinstance(line, str) for line in lines):
        pages = [tuple(chain(*pages))]
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for page in pages:
        shown = " ".join(f"({line}) Tj T*" for line in page)
        content = f"BT /F1 12 Tf 72 720 Td 14 TL {shown} ET".encode("cp1252")
        objects += [
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (len(objects) + 2),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        ]
    file, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(file))
        file += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, len(file))
    return file + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


# Files


def test_plain_text_is_read_as_it_is() -> None:
    text = read_text("\ufeffThe force has\n  made – slow – progress.\n".encode())
    assert text.folded == "The force has made - slow - progress."
    assert text.extractor.startswith("UTF-8")


def test_text_of_an_older_program_is_read_and_that_is_said() -> None:
    text = read_text("The force’s plan – “a start”".encode("cp1252"))
    assert text.folded == 'The force\'s plan - "a start"'
    assert text.extractor.startswith("windows-1252")


def test_a_page_is_read_as_it_is_shown() -> None:
    text = read_text(PAGE.encode())
    assert "The force's custody suites are full & the backlog grows." in text.folded
    assert "First point Second point" in text.folded
    for hidden in ("styled", "scripted", "not yet shown", "remark"):
        assert hidden not in text.folded
    assert text.extractor.startswith("lxml ")


@pytest.mark.parametrize(
    "page",
    [
        "  <html>It is so.",
        "<p>It is so.</p>",
        "<!-- saved --><div>It is so.</div>",
        "<?xml version='1.0'?><html>It is so.",
    ],
)
def test_a_page_is_known_by_its_bytes(page: str) -> None:
    assert read_text(page.encode()).folded == "It is so."


def test_a_text_that_speaks_of_tags_is_no_page() -> None:
    assert read_text(b"a < b > c, <p> and all").folded == "a < b > c, <p> and all"


def test_a_pdf_is_read_page_by_page() -> None:
    text = read_text(pdf_of("The force\u2019s plan is \u201ca start\u201d.", "It must still investi-", "gate crime."))
    assert text.folded == 'The force\'s plan is "a start". It must still investi- gate crime.'
    assert text.holds("It must still investigate crime.")
    assert text.extractor.startswith("pypdf ")


def test_a_pdf_is_read_for_a_limited_time_by_no_program_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit(1)\n")
    monkeypatch.chdir(tmp_path)
    assert pdf.pages_of(pdf_of("It is so.")) == ["It is so.\n"]
    with pytest.raises(CannotRead, match=r"that takes longer than 0\.01 seconds"):
        pdf.pages_of(pdf_of("It is so."), patience=0.01)


def test_a_pdf_that_ends_its_reader_ends_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "__name__", "ledger.evidence.no_such_module")
    with pytest.raises(NoText, match="cannot be read: that takes too much memory, or ends the program that reads it"):
        read_text(pdf_of("It is so."))


def test_without_pypdf_a_pdf_cannot_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pypdf", None)
    with pytest.raises(NoText, match=r"pypdf is not installed; `.* 'pypdf>="):
        read_text(pdf_of("It is so."))


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (pdf_of(""), "has no text; it may be a scan"),
        (b"", "has no text"),
        (b"<html><script>said()</script>", "has no text"),
        (b"%PDF-1.4\nthe rest was lost", "PDF that cannot be read"),
        (pdf_of("It is so.")[:200], "PDF that cannot be read"),
        (b"PK\x03\x04\x14\x00\x06\x00", "neither PDF nor HTML nor plain text"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "neither PDF nor HTML nor plain text"),
        (b"half of it \x81\x8d", "neither PDF nor HTML nor plain text"),
        ("in UTF-16".encode("utf-16-le"), "neither PDF nor HTML nor plain text"),
    ],
)
def test_what_cannot_be_read_says_why(data: bytes, why: str) -> None:
    with pytest.raises(NoText, match=why):
        read_text(data)


def text_or_why_not(data: bytes) -> str:
    try:
        return read_text(data).folded
    except NoText as error:
        return str(error)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_said_to_be_unreadable(data: bytes) -> None:
    assert text_or_why_not(data)


@given(st.binary(max_size=100), st.integers(0, 400))
def test_a_damaged_pdf_is_read_or_said_to_be_unreadable(damage: bytes, at: int) -> None:
    sound = pdf_of("It is so.")
    with suppress(CannotRead):
        pdf.read_here(sound[: at + 5] + damage + sound[at + 5 + len(damage) :])


# Quotes

WORDS = st.lists(st.text("abcdeéﬁßАБ1", min_size=1, max_size=8), min_size=1, max_size=12)
SPACES = st.sampled_from([" ", "\n", "\t ", "\u00a0", " \r\n ", "\u2003"])


def told(words: list[str]) -> Text:
    return Text(fold(" ".join(words)), "a test")


@given(st.text())
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(WORDS, st.data())
def test_any_run_of_whole_words_stands_in_the_text(words: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first + 1, len(words)))
    spaces = data.draw(st.lists(SPACES, min_size=last - first, max_size=last - first))
    quote = "".join(word + space for word, space in zip(words[first:last], spaces, strict=True))
    assert told(words).holds(quote)


@given(WORDS, st.data())
def test_a_word_may_be_broken_at_the_end_of_a_line(words: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(words) - 1))
    word = "inves" + words[number].replace("1", "") + "tigates"
    at = data.draw(st.integers(1, len(word) - 1))
    broken = data.draw(st.sampled_from(["-\n", "\u00ad\n", "\u00ad", "\u2010\n  ", "\u200b"]))
    before, after = words[:number], words[number + 1 :]
    assert told([*before, word[:at] + broken + word[at:], *after]).holds(" ".join([*before, word, *after]))


@given(WORDS, st.data())
def test_another_word_does_not_stand_in_the_text(words: list[str], data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(words) - 1))
    assert not told(words).holds(" ".join([*words[:number], "other", *words[number + 1 :]]))


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("the force’s “own” plan", 'the force\'s "own" plan'),
        ("a well-known backlog", "a well–known backlog"),
        ("a well-\nknown backlog", "a well-known backlog"),
        ("crime — all of it", "crime - all of it"),
        ("crime—all of it", "crime – all of it"),
        ("eﬃcient ofﬁcers", "efficient officers"),
        ("high-risk management", "risk management"),
        ("investigations12 were poor", "investigations"),
        ("24.5 per 1,000 people.", "24.5 per 1,000 people"),
        ("what? (nothing) [a+b]* $5", "what? (nothing) [a+b]* $5"),
        ("- the first point", "- the first point"),
    ],
)
def test_what_only_looks_different_is_the_same(text: str, quote: str) -> None:
    assert told([text]).holds(quote)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("it is inadequate", "adequate"),
        ("it is adequately led", "adequate"),
        ("24.5 per 1,000 people", "5 per 1,000 people"),
        ("in 2024", "in 20"),
        ("rose to 24.5", "rose to 24"),
        ("rose to 1,000", "rose to 1"),
        ("The force has", "the force has"),
        ("It is good. It is poor.", "It is poor. It is good."),
        ("It is not good", "It is good"),
        ("a well known backlog", "a well-known backlog"),
        ("It is so", "\u00ad"),
    ],
)
def test_what_only_looks_the_same_is_different(text: str, quote: str) -> None:
    assert not told([text]).holds(quote)


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("-" * 2**20, "-" * 299),  # found at once, and nowhere else looked for
        ("(" * 2**20, "(" * 299),
        ("a " * 2**19, "a " * 299 + "b"),  # almost found everywhere
        (("a " * 299 + "a-") * 2000, "a " * 300 + "b"),
    ],
)
def test_a_quote_is_found_or_missed_in_time(text: str, quote: str) -> None:
    assert told([text]).holds(quote) == (quote in text)


def test_to_look_for_a_quote_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "PATIENCE", 0)
    with pytest.raises(NoText, match="to look for the quote takes longer than 0 seconds"):
        told(["a " * 10_000]).holds("a b")


@pytest.mark.parametrize("length", range(5, 12))
def test_a_long_text_is_folded_like_a_short_one(length: int) -> None:
    line = "inves\u00ad\n tigated “ofﬁcers”\u00a0– in-\ndeed … "[:-length] + "x" * length + " "
    assert fold(line * 10_000) == " ".join([fold(line)] * 10_000)
    assert fold("\u00ad " * 200_000 + "x" * 200_000).replace(" ", "") == "x" * 200_000
