"""Pictures: no word of one lies over another."""

import re
from datetime import date, timedelta
from itertools import combinations

import pytest

from ledger.publish.site.drawing import Bar, BarGroup, BarRow, drawn

WIDTHS = {"": 7.2, "mut": 7.2, "sm mut": 6.8, "b": 8.2, "sm b": 7.8, "inv": 7.2, "b halo": 8.2, "sm b halo": 7.8}
"""Pixels of a character on average, by the class of a text."""
TEXT = re.compile(r'<text x="(-?\d+)" y="(\d+)"(?: class="([^"]*)")?(?: text-anchor="(\w+)")?>([^<]*)</text>')


@pytest.mark.parametrize("days", [120, 400, 1200, 1400, 4200])
@pytest.mark.parametrize(
    "answer", ["", "yes", "possibly announced or open", "possibly announced or closed or open or superseded"]
)
def test_no_word_lies_over_another(days: int, answer: str) -> None:
    first, last = date(2020, 10, 20), date(2020, 10, 20) + timedelta(days=days)
    middle = first + (last - first) / 3
    bars = [Bar(first, middle, "scan", "Scan, on record", "Scan"), Bar(middle, last, "engage", "Engage", "Engage")]
    name, note = "2. Moved to Engage (special measures)", "entry 1,234" if answer else ""
    rows = [BarRow(name, bars, note, answer, (middle, last) if answer else None)] * 2
    for picture in drawn([BarGroup("", rows)], first, last, "id", "Phase", middle if answer else None):
        found = [boxes(*text) for text in TEXT.findall(picture)]
        assert [(one, other) for one, other in combinations(found, 2) if overlap(one[1:], other[1:])] == []


def boxes(x: str, y: str, kind: str, anchor: str, text: str) -> tuple[str, float, float, int]:
    """A text, where it begins and ends, and its line."""
    width = len(text) * WIDTHS.get(kind.removesuffix(" halo"), 8.2)
    start = float(x) - {"": 0, "start": 0, "middle": width / 2, "end": width}[anchor]
    return text, start, start + width, int(y)


def overlap(one: tuple[float, float, int], other: tuple[float, float, int]) -> bool:
    return abs(one[2] - other[2]) < 10 and one[0] < other[1] and other[0] < one[1]
