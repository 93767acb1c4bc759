"""The pages of a document, joined to one text without running headers, running footers and page numbers.

A line runs if it is one of the first three lines, or one of the last three, of at least three pages (of two, if there
are no more than five), and of a third of the pages from the first of them to the last. So a header may be on every
other page, or on those of a chapter. One number in it may count the pages. Lines are left out from the edge of a page
inwards, up to the first that does not run.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

_EDGE = 3  # lines at the top of a page, and as many at the bottom
_LONGEST = 250  # characters of a line that may run
_NUMBER = re.compile(r"(?<!\d)\d{1,4}(?!\d)")


def without_running_lines(pages: Sequence[str]) -> str:
    """The text of the pages."""
    lines = [[line for line in page.splitlines() if line.strip()] for page in pages]
    without_headers = [page[::-1] for page in _without_headers(lines)]
    return "\n".join(line for page in _without_headers(without_headers) for line in reversed(page))


def _without_headers(pages: Sequence[list[str]]) -> Iterator[list[str]]:
    """The lines of each page below its running header; those above its footer, if pages and lines are upside down."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for number, page in enumerate(pages):
        for key in {key for line in page[:_EDGE] for key in _keys(line, number)}:
            found[key].append(number)
    running = {key for key, numbers in found.items() if _runs(numbers, len(pages))}
    for number, page in enumerate(pages):
        runs = [not running.isdisjoint(_keys(line, number)) for line in page[:_EDGE]]
        yield page[[*runs, False].index(False) :]


def _keys(line: str, page: int) -> Iterator[str]:
    """The line without white space, and the same with each number counted from the page."""
    text = "".join(line.split())
    if len(text) <= _LONGEST:
        yield text
        for number in _NUMBER.finditer(text):
            yield f"{text[: number.start()]}#{int(number.group()) - page}#{text[number.end() :]}"


def _runs(pages: Sequence[int], count: int) -> bool:
    return len(pages) >= (3 if count > 5 else 2) and len(pages) * 3 > pages[-1] - pages[0]
