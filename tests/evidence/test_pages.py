"""Quotes that run over the end of a page, and quotes that leave something out."""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.evidence.pages import without_running_lines
from ledger.evidence.text import WIDEST_GAP, Text, fold, read_text
from tests.evidence.test_text import pdf_of

WORDS = """
    the force has made progress in how it manages risk but too few victims receive an effective service and officers do
    not always record what they were told within twenty-four hours of a report; supervisors don’t review “high-risk”
    investigations – a quarter of them – although 24.5 per cent, or 1,234 offences, were finished by March 2024. It
    should improve by 31 October ofﬁcers efficiently neighbourhood safeguarding (vulnerable) people's custody
""".split()  # noqa: SIM905
WIDTH, LENGTH = 70, 18  # characters of a line, lines of a page


@dataclass(frozen=True)
class Report:
    """An invented report: its words, and its pages as a program would extract them."""

    words: list[str]
    pages: list[str]

    @property
    def text(self) -> Text:
        return read_text("\f".join(self.pages).encode())


HEADERS: dict[str, Callable[[int, int], tuple[list[str], list[str]]]] = {
    "none": lambda number, last: ([], []),
    "a footer": lambda number, last: ([], [f"An invented inspection of Loamshire Police {number}"]),
    "a number": lambda number, last: ([], ["", f"  {number}"]),
    "counted from elsewhere": lambda number, last: ([f"Page {number + 3} of {last + 3}", "© Nobody 2024"], []),
    "first in the stream": lambda number, last: ([f"{number}", "Loamshire – PEEL 2023/25", "OFFICIAL"], []),
    "left and right": lambda number, last: (
        ["Invented"] if number % 2 else [f"{number} | Loamshire"],
        ["www"],
    ),
    "of chapters": lambda number, last: ([f"Chapter {1 + (last > 6 and number > last / 2)}"], [f"- {number} -"]),
    "not on the first": lambda number, last: ([], [f"Loamshire {number}"] if number > 1 else []),
}


def laid_out(words: list[str], dice: random.Random) -> Iterator[str]:
    """Lines of words, some of them broken at the end of a line."""
    line = ""
    for word in words:
        if len(line) + len(word) < WIDTH:
            line += f" {word}"
            continue
        at = dice.randrange(2, max(3, len(word) - 2))
        if word.isalpha() and len(word) > 5 and dice.random() < 0.5:
            yield f"{line} {word[:at]}" + dice.choice(["-", "\u00ad", "‐"])
            line = word[at:]
        else:
            yield line
            line = word
    yield line


@st.composite
def reports(draw: st.DrawFn) -> Report:
    dice = random.Random(draw(st.integers(0, 2**32)))
    header, count = HEADERS[draw(st.sampled_from(sorted(HEADERS)))], draw(st.integers(600, 6_000))
    words = [dice.choice(WORDS) for _ in range(count)]
    lines = list(laid_out(words, dice))
    bodies = [lines[first : first + LENGTH] for first in range(0, len(lines), LENGTH)]
    pages = []
    for number, body in enumerate(bodies, 1):
        above, below = header(number, len(bodies))
        pages.append("\n".join([*above, *body, *below]))
    return Report(words, pages)


def excerpt(report: Report, data: st.DataObject) -> tuple[int, int]:
    length = data.draw(st.integers(8, 60))
    first = data.draw(st.integers(0, len(report.words) - length))
    return first, first + length


@given(reports(), st.data())
def test_any_excerpt_is_found_wherever_pages_end(report: Report, data: st.DataObject) -> None:
    first, end = excerpt(report, data)
    assert report.text.holds(" ".join(report.words[first:end]))


@given(reports(), st.data())
def test_an_excerpt_with_another_word_is_not_found(report: Report, data: st.DataObject) -> None:
    first, end = excerpt(report, data)
    said = report.words[first:end]
    at = data.draw(st.integers(0, len(said) - 1))
    cut = sorted(data.draw(st.sets(st.integers(3, len(said) - 3), max_size=2))) if len(said) > 12 else []
    said[at] = data.draw(st.sampled_from(["Loamshire", "never", "99", "in-adequate", "victim"]))
    for place in reversed(cut):
        said.insert(place, "…")
    assert not report.text.holds(" ".join(said))


@given(reports(), st.data())
def test_an_excerpt_without_one_of_its_words_is_not_found(report: Report, data: st.DataObject) -> None:
    first, end = excerpt(report, data)
    said = report.words[first:end]
    del said[data.draw(st.integers(1, len(said) - 2))]
    assert not report.text.holds(" ".join(said)) or bare(said) in bare(report.words)


def bare(words: list[str]) -> str:
    """Words without spaces and dashes."""
    return re.sub("[- ]", "", fold(" ".join(words)))


@given(reports(), st.data(), st.sampled_from(["…", "...", "[…]", "[...]", "(…)", ". . .", " … ", "….", "[ ... ]"]))
def test_a_quote_may_leave_words_out_and_say_so(report: Report, data: st.DataObject, mark: str) -> None:
    first, end = excerpt(report, data)
    least = end + data.draw(st.integers(0, 100))
    rest = report.words[least : least + 5]
    said = f"{' '.join(report.words[first:end])} {mark} {' '.join(rest)}"
    assert report.text.holds(said) or len(rest) < 3
    assert report.text.holds(f"{mark}{' '.join(report.words[first:end])}{mark}")


SAYS = "The force has improved its custody suites. " + "It is a long story. " * 20 + "It must still protect children."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("The force has improved … must still protect children.", True),
        ("has improved its [...] custody suites.", False),
        ("must still protect children. … The force has improved", False),
        ("The force has … its custody suites. … It must still protect", True),
        ("The force has … protect children.", False),
        ("The force … custody suites.", False),
        ("The force has improved its custody suites … improved its custody suites", False),
        ("...its custody suites.", True),
        ("…", False),
        ("The force has impro… must still protect children.", False),
    ],
)
def test_the_parts_are_long_whole_and_in_order(quote: str, found: bool) -> None:
    assert Text(fold(SAYS), "a test").holds(quote) == found


def test_the_parts_are_near_each_other() -> None:
    quote = "The force has improved. … It must protect children."
    for gap, found in ((WIDEST_GAP - 2, True), (WIDEST_GAP - 1, False)):
        text = f"The force has improved. {'x' * gap} It must protect children."
        assert Text(fold(text), "a test").holds(quote) == found
        assert Text(fold(f"{text} The force has improved. Yes. It must protect children."), "a test").holds(quote)


def test_an_ellipsis_in_the_document_is_quoted_too() -> None:
    assert Text(fold("He waited … and then he left."), "a test").holds("waited... and then")


def test_what_stands_between_headers_is_never_left_out() -> None:
    figures = ["1,200", "3", "17", "No"]
    pages = [
        f"Loamshire {number}\n{word} results were new.\nIt is a\nnumber of\n{word}\nresults {word}\n{number}"
        for number, word in enumerate(figures, 1)
    ]
    text = read_text("\f".join(pages).encode())
    assert text.holds("It is a number of 3 results 3 17 results were new.")
    assert not text.holds("results 3 results were new.")
    assert not text.holds("a number of results")
    assert text.holds("Loamshire 2 3 results"), "a header can be quoted too"


def test_a_figure_at_the_end_of_a_page_is_no_page_number() -> None:
    pages = ["Of all offences\n1,200", "were solved, and of the rest\n7", "were not."]
    text = read_text("\f".join(pages).encode())
    assert text.holds("Of all offences 1,200 were solved")
    assert not text.holds("Of all offences were solved")
    assert not text.holds("and of the rest were not")


def test_a_pdf_is_a_list_of_pages() -> None:
    words = ["risk", "custody", "crime", "victims", "fraud", "children"]
    pages = [("Loamshire Police", f"plete; {word}", f"of {word} is com-", f"{n}") for n, word in enumerate(words)]
    text = read_text(pdf_of(*pages))
    assert text.holds("custody of custody is complete; crime of crime is complete;")
    assert not text.holds("custody of custody is complete; victims")


@given(st.lists(st.text("ab1 \n", max_size=40), max_size=12))
def test_any_pages_are_joined(pages: list[str]) -> None:
    joined = without_running_lines(pages).split("\n")
    lines = iter(line for page in pages for line in page.splitlines())
    assert all(line in lines for line in joined if line), "lines are left out, and never moved or changed"
