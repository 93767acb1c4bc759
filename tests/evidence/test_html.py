"""A page is read as a browser shows it, in time and memory in proportion to its size."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.html import TooDeep, shown
from ledger.evidence.text import NoText, read_text


def text_of(body: str) -> str:
    return read_text(f"<!DOCTYPE html><html><body>{body}</body></html>".encode()).folded


@pytest.mark.parametrize(
    "hidden",
    [
        "<p hidden>It is good.</p>",
        "<P HIDDEN=hidden>It is good.</P>",
        "<p hidden=''>It is good.<br>Very good.</p>",
        "<p hidden>It is good.",
        '<div style="display:none"><p>It is <b>good</b>.</p> Very good.</div>',
        "<p style='color: red; DISPLAY : None !important'>It is good.</p>",
        "<span style=visibility:hidden>It is good.</span>",
        "<table><tr style='visibility: collapse'><td>It is good.</td></tr></table>",
        "<noscript>It is <p>good</p>.</noscript>",
        "<template><p>It is good.</p></template>",
        "<script>'It is good.'</script>",
        "<style>It is good.</style>",
        "<iframe>It is good.</iframe>",
        "<video>It is good.</video>",
        "<datalist><option>It is good.</datalist>",
        "<!-- It is good. -->",
        "<!-- It is -- good. --!>",
        "<![if It is good.]>",
        "<?xml It is good.?>",
        "<p title='It is good.'>",
        '<p title="It\'s > good" hidden>It is good.</p>',
        "<section hidden><section hidden>It is good.</section> Very good.</section>",
    ],
)
def test_what_is_hidden_is_no_text(hidden: str) -> None:
    assert text_of(f"<p>It is poor.</p>{hidden}<p>So it is.</p>") == "It is poor. So it is."


@pytest.mark.parametrize(
    "body",
    [
        "<p hidden>Bad.<p>It is good.",
        "<ul><li hidden>Bad.<li>It is good.</ul>",
        "<p hidden=until-found>It is good.</p>",
        "<details><summary>It is</summary>good.</details>",
        "<p style='display: block; background: none'>It is good.</p>",
        "<p style='font: 12px hidden-none'>It is good.</p>",
        "It <b>is</b> <i>go</i>od.",
        "It<br>is<p>good.",
        "It is&nbsp;good&#46;",
        "</p></div>It is good.</i>",
        "<table><tr><td>It<td>is<tr><td>good.",
        "<div>It</div><div>is</div>good.",
    ],
)
def test_what_is_shown_is_text(body: str) -> None:
    assert text_of(body) == "It is good."


@pytest.mark.parametrize("size", [1, 2, 16])
def test_a_long_page_is_read_whole(size: int) -> None:
    words = " ".join(f"ŵ&amp;{number}" for number in range(size * 10_000))
    assert shown(f"<p>{words}</p><p>{'ŵ' * 70_000}") == "\n" + words.replace("&amp;", "&") + "\n" + "ŵ" * 70_000


def test_the_encoding_is_that_of_the_bytes() -> None:
    page = "<!DOCTYPE html><meta charset={}><title>Heddlu</title><p>Ŵyn – £5"
    for charset, encoding in (("utf-8", "utf-8"), ("iso-8859-1", "utf-8-sig"), ("utf-8", "utf-16")):
        assert read_text(page.format(charset).encode(encoding)).folded == "Heddlu Ŵyn - £5"
    older = read_text(page.format("iso-8859-1").replace("Ŵ", "W").encode("cp1252"))
    assert older.folded == "Heddlu Wyn - £5"
    assert older.extractor.startswith("lxml ")
    assert "windows-1252" in older.extractor


TAGS = "<!-- <div> <div>x <b> <p> <p>x <a><b> <b><p> <table>x </x> <i>x</i> &a &#x < <! <? <![CDATA[ <li> <h1> <a/b='"
HOSTILE = {
    **{tag: tag * 300_000 for tag in TAGS.split()},
    "nested": "<div>" * 900 + "</x>" * 100_000,
    "closed": "<a><b>" * 300_000 + "</a>" * 300_000,
    "attributes": "<a " + " ".join(f"a{number}" for number in range(300_000)) + ">x",
    "fonts": "".join(f"<font id={number}>" for number in range(100_000)) + "<p>x" * 100_000,
    "marks": "<p>a" + "\u0301\u0316" * 300_000,
    "one word": "<p>" + "x" * 5_000_000,
    "deep and hidden": "<p hidden>" + "<i>" * 1_000_000 + "x",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_page_is_read_in_linear_time(name: str) -> None:
    """Tree builders of HTML 5, and Python's own parser before 3.11.14, take minutes or gigabytes for one of these."""
    page = f"<!DOCTYPE html>{HOSTILE[name]}".encode()
    with suppress(NoText):  # it has no text, or is nested too deeply
        assert len(read_text(page).folded) < 2 * len(page)


def test_deep_nesting_is_unreadable_and_never_half_read() -> None:
    deep = "<p>It is poor." + "<div>" * 1_000_000 + "It is good."
    with pytest.raises(TooDeep):
        shown(deep)
    assert "It is good." in shown("<p>" + "<div>" * 990 + "It is good.")


def test_too_long_a_text_is_unreadable() -> None:
    with pytest.raises(NoText, match="it is larger than 16 MiB"):
        read_text(b"x" * (16 << 20) + b"x")


MORE = "<p/hidden> <b> </b> </p> <td> </table> <title> </title> <script> </script> <style> <svg> </svg> <template>"
PIECES = st.sampled_from([*HOSTILE, *MORE.split(), " ", "\f", "x", "&amp;", "'", '"', ">", "<br/>"])


@given(st.lists(PIECES | st.text(max_size=5), max_size=40))
def test_any_page_is_read(pieces: list[str]) -> None:
    assert shown("".join(pieces)) is not None
