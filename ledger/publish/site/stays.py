"""The stays of a body: what each of its subjects was from when to when, as rows and as figures."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any, NamedTuple

from markupsafe import Markup

from ledger.publish.site import words
from ledger.publish.site.pictures import Bar, BarRow, Group, drawn, key
from ledger.publish.site.record import Spell
from projections.days import FIRST_DAY, LAST_DAY
from projections.shown import FULL_PHASES
from projections.subject import BEHIND

Json = dict[str, Any]
_LETTERS = {
    "outstanding": "O", "good": "G", "adequate": "A", "requires-improvement": "R", "inadequate": "I", "not-graded": "-",
}  # fmt: skip
_SHORT = {"engage": "Engage", "requires-improvement": "Req. imp.", "unknown": "not known", "not-graded": "Not graded"}
_KINDS = {
    "engage": "engage", "scan": "scan", "open": "open", "announced": "announced", "unknown": "unclear",
    "not-graded": "none",
    **{grade: grade for grade in _LETTERS if grade != "not-graded"},
}  # fmt: skip


class Figure(NamedTuple):
    """A picture in two widths, with its title and the key to its shapes."""

    title: str
    pictures: list[Markup]
    key: list[Markup]


class Stay(NamedTuple):
    """A value of a subject: since when and until when, as partial dates; ``data`` has the entries behind it."""

    subject: str
    id: str
    value: str
    framework: str
    since: str | None
    until: str | None
    certain: bool
    data: Json
    cites: tuple[str, ...]


def stays(spells: Iterable[Spell]) -> Iterator[Stay]:
    """The values of subjects, one after the other; last of each subject those that are only possible."""
    for (subject, id), of in groupby(spells, key=lambda spell: (spell.subject, spell.id)):
        own, found = list(of), list[Stay]()
        for spell in own:
            value, since = spell.value, spell.data["since"]
            last = found[-1] if found else None
            if last and last.until is None and (last.value, last.since) == (value, since):
                found[-1] = last._replace(data=_both(last.data, spell.data), cites=(*last.cites, *spell.cites))
                continue
            if last and last.until is None:
                until = since if value is not None and since else spell.data.get("until") or spell.first.isoformat()
                found[-1] = last._replace(until=until)
            if value is not None:
                framework = spell.data.get("framework", "")
                found.append(Stay(subject, id, value, framework, since, None, True, spell.data, tuple(spell.cites)))
        if found and found[-1].until is None and own[-1].until < LAST_DAY:
            found[-1] = found[-1]._replace(until=own[-1].until.isoformat())
        counted = {(stay.value, stay.since) for stay in found}
        for spell in own:
            for other in spell.data.get("alternatives", ()):
                pair = other["value"], other["since"]
                if pair not in counted and pair[0] is not None:
                    counted.add(pair)
                    framework = spell.data.get("framework", "")
                    found.append(
                        Stay(subject, id, *pair[:1], framework, pair[1], None, False, other, tuple(other["cites"]))
                    )
        yield from found


def _both(one: Json, other: Json) -> Json:
    """The entries behind a value that went on while something else of it changed."""
    return {of: [*dict.fromkeys([*one[of], *other[of]])] for of in BEHIND}


def bars(spells: Sequence[Spell], begin: date, end: date) -> list[Bar]:
    """The spells of one subject as bars."""
    found = list[Bar]()
    for number, spell in enumerate(spells):
        closed = spell.subject == "concern" and "until" in spells[min(number + 1, len(spells) - 1)].data
        if bar := _bar(spell, max(spell.first, begin), min(spell.until, end)):
            found.append(bar._replace(ends=closed and bar.kind == "open" and spell.until <= end))
    return _joined(found)


def phase_bars(spells: Sequence[Spell], begin: date, end: date) -> list[Bar]:
    """The bars of a phase. A body is presumed in Scan before anything is recorded of it."""
    first = min((spell.first for spell in spells), default=end)
    presumed = Bar(begin, min(first, end), "presumed", "Scan, presumed", "Scan")
    return _joined([presumed, *bars(spells, begin, end)])


def _joined(found: Sequence[Bar]) -> list[Bar]:
    """Bars of some length; those that follow one another and are the same as one."""
    joined = list[Bar]()
    for bar in found:
        if bar.first < bar.until:
            same = joined and joined[-1].until == bar.first and joined[-1][2:5] == bar[2:5]
            joined.append(bar._replace(first=joined.pop().first) if same else bar)
    return joined


def _bar(spell: Spell, first: date, until: date) -> Bar | None:
    value = spell.value
    if spell.data.get("alternatives"):
        return Bar(first, until, "vague" if spell.subject == "judgement" else "possible")
    if value == "scan" and spell.data["certainty"] == "presumed":
        return Bar(first, until, "presumed", "Scan, presumed", "Scan")
    if value is None or value not in _KINDS:
        return None
    name, short, letter = (
        words.upper(FULL_PHASES.get(value) or words.grade(value)),
        _SHORT.get(value, ""),
        _LETTERS.get(value, ""),
    )
    return Bar(first, until, _KINDS[value], name, short, letter)


def pictures(spells: Sequence[Spell], name: str, end: date) -> Iterator[Figure]:
    """The pictures of a body up to a day: its phase and its concerns, and its grades by programme."""
    by_key = {key: [*of] for key, of in groupby(spells, key=lambda spell: (spell.subject, spell.id))}
    concerns = [own for (subject, _), own in by_key.items() if subject == "concern"]
    phase = by_key.get(("monitoring", ""), [])
    begin = _begin([*phase, *(spell for own in concerns for spell in own)], end)
    groups = [Group("Phase", [BarRow("Monitoring by the inspectorate", phase_bars(phase, begin, end))])]
    if concerns:
        concerns.sort(key=lambda own: own[0].first)
        groups.append(
            Group("Causes of concern", [BarRow(own[-1].data["title"], bars(own, begin, end)) for own in concerns])
        )
    yield figure(groups, begin, end, "phase", f"{name}: phase and causes of concern")
    programmes: dict[str, list[list[Spell]]] = {}
    for (subject, id), own in by_key.items():
        if subject == "judgement":
            programmes.setdefault(id.partition("/")[0], []).append(own)
    begin = _begin([spell for areas in programmes.values() for own in areas for spell in own], end)
    if groups := [
        Group(
            words.programme(programme), [_area(own, begin, end) for own in sorted(areas, key=lambda own: own[0].first)]
        )
        for programme, areas in programmes.items()
    ]:
        yield figure(groups, begin, end, "grades", f"{name}: grades by area")


def figure(groups: list[Group], begin: date, end: date, id: str, title: str, day: date | None = None) -> Figure:
    """Rows of bars as a picture with its key."""
    kinds = dict.fromkeys(bar.kind for group in groups for row in group.rows for bar in row.bars)
    return Figure(
        title,
        drawn(groups, begin, end, id, title, day),
        [key(kind, words.KEYS[kind], id) for kind in words.KEYS if kind in kinds],
    )


def _area(own: Sequence[Spell], begin: date, end: date) -> BarRow:
    last = own[-1].data
    return BarRow(words.area(last["framework"], last["area"]), bars(own, begin, end))


def _begin(spells: Iterable[Spell], end: date) -> date:
    """The beginning of the year before anything changed."""
    first = min((spell.first for spell in spells if spell.first > FIRST_DAY), default=end)
    return date(first.year if first.month > 2 else first.year - 1, 1, 1)
