"""Drawings as SVG: bars over days in rows, once for wide pages and once for phones. Colours are in the stylesheet.

A bar that is certain is solid; what is only possible is hatched, with a dashed edge. Every shape has a word or an
outline too, so that no colour is needed to read it.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from textwrap import shorten, wrap
from typing import NamedTuple

from markupsafe import Markup, escape

from events.dates import MONTHS
from projections.days import day_in_words

_WIDE, _NARROW = 992, 360
_LEFT = 282  # room for the names of rows, on wide pages
_CHARACTER = 7.4  # pixels of a character in a bar, at most
_BOLD = 8.4  # pixels of a bold character, at most
_ANSWER = 28  # characters of an answer, at most
_LEAST = 7  # pixels that a hatched bar has at least
_DASHED = {"possible": "5 3", "presumed": "2 3", "none": "4 3", "unclear": "2 3", "vague": "5 3"}
_INVERSE = ("engage", "open", "inadequate")
"""Kinds of dark bars, with white text."""


class Bar(NamedTuple):
    """A state from ``first`` up to, not including, ``until``. ``kind`` is its class in the stylesheet. Its name is
    given in full, short, and as a letter. With ``ends`` a stroke marks its end."""

    first: date
    until: date
    kind: str
    name: str = ""
    short: str = ""
    letter: str = ""
    ends: bool = False


class BarRow(NamedTuple):
    """Bars of one subject; ``note`` is a second line of its name; ``answer`` stands at its right; ``changed`` are the
    days for which the answer differs from that of the row above."""

    name: str
    bars: Sequence[Bar]
    note: str = ""
    answer: str = ""
    changed: tuple[date, date] | None = None


class BarGroup(NamedTuple):
    """Rows under one heading."""

    heading: str
    rows: Sequence[BarRow]


def drawn(
    groups: Sequence[BarGroup], first: date, last: date, id: str, title: str, day: date | None = None
) -> list[Markup]:
    """The picture of these rows between two days, in both widths. ``day`` is marked by a dashed line."""
    return [
        _Drawing(groups, first, last, f"{id}-{kind}", title, day, kind == "wide").svg() for kind in ("wide", "narrow")
    ]


class _Drawing:
    def __init__(
        self, groups: Sequence[BarGroup], first: date, last: date, id: str, title: str, day: date | None, wide: bool
    ) -> None:
        self.first, self.last, self.id, self.title, self.day, self.wide = first, last, id, title, day, wide
        self.groups = [group._replace(rows=[*map(_with_short_answer, group.rows)]) for group in groups]
        self.width = _WIDE if wide else _NARROW
        self.left = _LEFT if wide else 2
        longest = max((len(row.answer) for group in self.groups for row in group.rows), default=0)
        self.right = self.width - (24 + longest * _BOLD if wide and longest else 6)

    def svg(self) -> Markup:
        y, drawn = (30 if self.day else 6), list[str]()
        top = y
        for group in self.groups:
            if group.heading:
                y += 22
                drawn.append(_text(0, y, group.heading, "b"))
                y += 8
            for row in group.rows:
                drawn += self._row(row, y)
                y += self._height(row)
        shapes, texts = ([one for one in drawn if one.startswith("<text") is is_text] for is_text in (False, True))
        parts = [*self._axis(top, y), *shapes, *self._line(top, y), *texts]
        size = f"{self.width} {y + 24}"
        patterns = "".join(_hatch(f"{self.id}-{kind}", kind) for kind in ("possible", "vague"))
        return Markup(
            f'<svg class="{"wide" if self.wide else "narrow"}" viewBox="0 0 {size}" role="img" '
            f'aria-labelledby="{self.id}-t">'
            f'<title id="{self.id}-t">{escape(self.title)}</title><defs>{patterns}</defs>{"".join(parts)}</svg>'
        )

    def _names(self, row: BarRow) -> list[tuple[str, str]]:
        """The lines before the bars of a row, and their kinds."""
        space = _LEFT if self.wide else _NARROW - (len(row.answer) + 1) * _BOLD
        room = int(space / (_BOLD if row.note else _CHARACTER))
        name = wrap(row.name, room, max_lines=2, placeholder=" …")
        return [(line, "b" if row.note else "") for line in name] + ([(row.note, "sm mut")] if row.note else [])

    def _height(self, row: BarRow) -> int:
        names, below = 17 * len(self._names(row)), 18 if row.changed else 0
        return max(31 + below, names + 10) if self.wide else names + 32 + below

    def _row(self, row: BarRow, y: int) -> Iterator[str]:
        names = self._names(row)
        for number, (line, kind) in enumerate(names):
            first = 21 if self.wide and len(names) == 1 else 15
            yield _text(0, y + first + 17 * number, line, kind if self.wide else f"{kind} halo".strip())
        if row.answer:
            at = (self.right + 12, y + 21, "b", "") if self.wide else (self.width, y + 15, "b halo", "end")
            yield _text(*at[:2], row.answer, *at[2:])
        top = y + 5 if self.wide else y + 17 * len(names) + 4
        for bar in row.bars:
            yield from self._bar(bar, top)
        if row.changed:
            a, b = (self._x(day) for day in row.changed)
            yield f'<path class="mark" d="M{a:.1f} {top + 26}v5H{b:.1f}v-5"/>'
            yield _text((a + b) / 2, top + 43, "changed", "sm b halo", "middle") if self.wide or b - a > 50 else ""

    def _bar(self, bar: Bar, top: int) -> Iterator[str]:
        a, b = self._x(bar.first), self._x(bar.until)
        if bar.kind in ("possible", "vague") and b - a < _LEAST:
            a, b = b - _LEAST, b
        width = max(b - a - 1, 1)
        height, y = (8, top + 7) if bar.kind == "announced" else (22, top)
        dashed = f' stroke-dasharray="{_DASHED[bar.kind]}"' if bar.kind in _DASHED else ""
        fill = f' fill="url(#{self.id}-{bar.kind})"' if bar.kind in ("possible", "vague") else ""
        yield f'<rect class="bar {bar.kind}" x="{a:.1f}" y="{y}" width="{width:.1f}" height="{height}"{dashed}{fill}/>'
        if bar.ends:
            yield f'<path class="end" d="M{b - 1:.1f} {top - 2}v26"/>'
        if bar.kind not in ("announced", "possible", "vague"):
            for word in filter(None, (bar.name, bar.short, bar.letter)):
                start, room = a + 4, len(word) * _CHARACTER
                if self.day and start - 4 < self._x(self.day) < start + room + 12:
                    start = self._x(self.day) + 6  # beside the line of the day, which would strike it through
                if start + room + 4 < a + width:
                    yield _text(start, top + 16, word, "inv" if bar.kind in _INVERSE else "")
                    break

    def _axis(self, top: int, bottom: int) -> Iterator[str]:
        free, year, last = self.left - 40.0, 0, day_in_words(self.last)
        taken = self.right - (0 if self.day else len(last) * _BOLD)  # by the name of the last day
        for day, name in _ticks(self.first, self.last):
            x = self._x(day)
            name = name if day.year == year or name.isdigit() else f"{name} {day.year}"
            yield f'<path class="rule" d="M{x:.1f} {top}V{bottom}"/>'
            start = x if x < self.left + 12 else x - len(name) * 3.6
            end = start + len(name) * 7.2
            if free < start and end < taken:
                yield _text(x, bottom + 18, name, "sm mut", "start" if start == x else "middle")
                free, year = end + 8, day.year
        if not self.day:
            yield f'<path class="now" d="M{self.right} {top}V{bottom + 4}"/>'
            yield _text(self.right + 6, bottom + 18, last, "sm b", "end")

    def _line(self, top: int, bottom: int) -> Iterator[str]:
        if self.day:
            x = self._x(self.day)
            anchor = "start" if x < self.left + 60 else "end" if x > self.right - 60 else "middle"
            yield f'<path class="day-halo" d="M{x:.1f} {top}V{bottom}"/>'
            yield f'<path class="day" d="M{x:.1f} {top - 10}V{bottom}"/>'
            yield _text(x, top - 14, day_in_words(self.day), "sm b", anchor)
            if self.wide and any(row.answer for group in self.groups for row in group.rows):
                yield _text(self.right + 12, top - 14, "On that day", "sm b")

    def _x(self, day: date) -> float:
        of = (min(max(day, self.first), self.last) - self.first) / max(self.last - self.first, timedelta(days=1))
        return self.left + of * (self.right - self.left)


def _with_short_answer(row: BarRow) -> BarRow:
    return row._replace(answer=shorten(row.answer, _ANSWER, placeholder=" …"))


def key(kind: str, words: str, id: str) -> Markup:
    """A shape of the key to a picture, and what it means."""
    start = date(2000, 1, 1)
    group = [BarGroup("", [BarRow("", [Bar(start, start + timedelta(days=10), kind)])])]
    drawing = _Drawing(group, start, start + timedelta(days=10), f"{id}-key", "", None, False)
    drawing.left, drawing.right = 2, 42
    pattern = _hatch(f"{id}-key-{kind}", kind) if kind in ("possible", "vague") else ""
    bars = "".join(drawing._bar(group[0].rows[0].bars[0], 1))
    return Markup(f'<svg viewBox="0 0 44 24" aria-hidden="true"><defs>{pattern}</defs>{bars}</svg>{escape(words)}')


def _ticks(first: date, last: date) -> Iterator[tuple[date, str]]:
    years = (last - first).days > 1300
    day = date(first.year, 1 if years else first.month, 1)
    while day <= last:
        if day >= first:
            month = MONTHS[day.month - 1][:3].capitalize()
            yield day, str(day.year) if years else month
        day = date(day.year + 1, 1, 1) if years else date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _text(x: float, y: float, text: str, kind: str = "", anchor: str = "") -> str:
    of = f' class="{kind}"' if kind else ""
    at = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.0f}" y="{y:.0f}"{of}{at}>{escape(text)}</text>'


def _hatch(id: str, kind: str) -> str:
    return (
        f'<pattern id="{id}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect class="paper" width="6" height="6"/><rect class="{kind}-line" width="2.4" height="6"/></pattern>'
    )
