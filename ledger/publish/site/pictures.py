"""Pictures of a body: the spells of its subjects as bars, with a key to their shapes."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from ledger.publish.site import words
from ledger.publish.site.drawing import Bar, BarGroup, BarRow, drawn, key
from ledger.publish.site.record import StoredSpell
from projections.days import FIRST_DAY, Days
from projections.phase import established
from projections.shown import FULL_PHASES

_LETTERS = {
    "outstanding": "O", "good": "G", "adequate": "A", "requires-improvement": "R", "inadequate": "I", "not-graded": "-",
}  # fmt: skip
_SHORT = {"engage": "Engage", "requires-improvement": "Req. imp.", "unknown": "not known", "not-graded": "Not graded"}
_KINDS = {
    "engage": "engage", "scan": "scan", "open": "open", "announced": "announced", "unknown": "unclear",
    "not-graded": "none",
    **{grade: grade for grade in _LETTERS if grade != "not-graded"},
}  # fmt: skip
_PRESUMED = ("presumed", "Scan, presumed", "Scan")


class Picture(NamedTuple):
    """A picture in two widths, with its title and the key to its shapes."""

    title: str
    drawings: list[Markup]
    key: list[Markup]


def bars(spells: Sequence[StoredSpell], begin: date, end: date) -> list[Bar]:
    """The spells of one subject as bars."""
    found = list[Bar]()
    for number, spell in enumerate(spells):
        closed = spell.subject == "concern" and "until" in spells[min(number + 1, len(spells) - 1)].data
        if bar := _bar(spell, max(spell.first, begin), min(spell.until, end)):
            found.append(bar._replace(ends=closed and bar.kind == "open" and spell.until <= end))
    return _joined(found)


def phase_bars(spells: Sequence[StoredSpell], begin: date, end: date, begun: Days) -> list[Bar]:
    """The bars of a phase. A body is presumed in Scan before anything is recorded of it, from the last day on which it
    can have come into being; from the first one on it is possibly in Scan."""
    first, found = min((spell.first for spell in spells), default=end), list[Bar]()
    for bar in _joined([Bar(begin, min(first, end), *_PRESUMED), *bars(spells, begin, end)]):
        if bar.kind == "presumed":
            found.append(Bar(max(bar.first, begun.earliest), min(bar.until, begun.latest), "possible"))
        found.append(bar._replace(first=max(bar.first, begun.latest)) if bar.kind == "presumed" else bar)
    return _joined(found)


def _joined(found: Sequence[Bar]) -> list[Bar]:
    """Bars of some length; those that follow one another and are the same as one."""
    joined = list[Bar]()
    for bar in found:
        if bar.first < bar.until:
            same = joined and joined[-1].until == bar.first and joined[-1][2:5] == bar[2:5]
            joined.append(bar._replace(first=joined.pop().first) if same else bar)
    return joined


def _bar(spell: StoredSpell, first: date, until: date) -> Bar | None:
    value = spell.value
    if spell.data.get("alternatives"):
        return Bar(first, until, "vague" if spell.subject == "judgement" else "possible")
    if value == "scan" and spell.data["certainty"] == "presumed":
        return Bar(first, until, *_PRESUMED)
    if value is None or value not in _KINDS:
        return None
    name, short, letter = (
        words.upper(FULL_PHASES.get(value) or words.grade(value)),
        _SHORT.get(value, ""),
        _LETTERS.get(value, ""),
    )
    return Bar(first, until, _KINDS[value], name, short, letter)


def pictures(spells: Sequence[StoredSpell], name: str, end: date) -> Iterator[Picture]:
    """The pictures of a body up to a day: its phase and its concerns, and its grades by programme."""
    by_key = {key: [*of] for key, of in groupby(spells, key=lambda spell: (spell.subject, spell.id))}
    concerns = [own for (subject, _), own in by_key.items() if subject == "concern"]
    phase = by_key.get(("monitoring", ""), [])
    begin = _begin([*phase, *(spell for own in concerns for spell in own)], end)
    begun = established(by_key["name", ""][-1].data)
    groups = [BarGroup("Phase", [BarRow("Monitoring by the inspectorate", phase_bars(phase, begin, end, begun))])]
    if concerns:
        concerns.sort(key=lambda own: own[0].first)
        groups.append(
            BarGroup("Causes of concern", [BarRow(own[-1].data["title"], bars(own, begin, end)) for own in concerns])
        )
    yield picture(groups, begin, end, "phase", f"{name}: phase and causes of concern")
    programmes: dict[str, list[list[StoredSpell]]] = {}
    for (subject, id), own in by_key.items():
        if subject == "judgement":
            programmes.setdefault(id.partition("/")[0], []).append(own)
    begin = _begin([spell for areas in programmes.values() for own in areas for spell in own], end)
    if groups := [
        BarGroup(
            words.programme(programme), [_area(own, begin, end) for own in sorted(areas, key=lambda own: own[0].first)]
        )
        for programme, areas in programmes.items()
    ]:
        yield picture(groups, begin, end, "grades", f"{name}: grades by area")


def picture(groups: list[BarGroup], begin: date, end: date, id: str, title: str, day: date | None = None) -> Picture:
    """Rows of bars as a picture with its key."""
    kinds = dict.fromkeys(bar.kind for group in groups for row in group.rows for bar in row.bars)
    return Picture(
        title,
        drawn(groups, begin, end, id, title, day),
        [key(kind, words.KEYS[kind], id) for kind in words.KEYS if kind in kinds],
    )


def _area(own: Sequence[StoredSpell], begin: date, end: date) -> BarRow:
    last = own[-1].data
    return BarRow(words.area(last["framework"], last["area"]), bars(own, begin, end))


def _begin(spells: Iterable[StoredSpell], end: date) -> date:
    """The beginning of the year before anything changed."""
    first = min((spell.first for spell in spells if spell.first > FIRST_DAY), default=end)
    return date(first.year if first.month > 2 else first.year - 1, 1, 1)
