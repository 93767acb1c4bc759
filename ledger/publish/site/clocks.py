"""How the answer on one matter changed: by what the ledger had recorded, and by what had been published.

Each state of knowledge is one full bar, the newest at the bottom; a line marks the day whose answer changed most.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import pairwise
from typing import Any, NamedTuple

from ledger.publish.site import words
from ledger.publish.site.drawing import Bar, BarGroup, BarRow
from ledger.publish.site.pictures import Picture, bars, phase_bars, picture
from ledger.publish.site.record import Record, StoredSpell
from ledger.replay import ties_in
from projections.body import BodySpells
from projections.days import FIRST_DAY, Days
from projections.phase import established
from projections.public import PublicDocuments, dates_of
from projections.subject import SubjectKey, matter_of
from projections.summary import intervals

Json = dict[str, Any]
_A_DAY = timedelta(days=1)


class Knowledge(NamedTuple):
    """What was known after an entry or a publication: which one, in words; the spells; the last day shown."""

    name: str
    note: str
    spells: Sequence[StoredSpell]
    end: date


class Clock(NamedTuple):
    """A picture of several states of knowledge, and the same as rows: name, note, the whole answer, the answer for
    ``day``."""

    by: str
    picture: Picture
    day: date
    rows: list[tuple[str, str, list[str], str]]


def clocks(record: Record, body: str, key: SubjectKey, title: str) -> Iterator[Clock]:
    """The pictures of a matter on which more than one thing was ever recorded; none for any other."""
    ever = [spell for spell in record.spells(body, key[0], known=False) if spell.id == key[1]]
    positions = sorted({at for spell in ever for at in (spell.known_from, spell.known_to) if at is not None})
    if len(positions) < 2:
        return
    matter, begun = matter_of(body, key), established(record.bodies[body])
    bounds = [day for spell in ever for day in (spell.first, spell.until) if FIRST_DAY < day <= record.as_of]
    begin = min(bounds, default=record.as_of) - timedelta(days=60)
    end = min(max(bounds, default=record.as_of) + timedelta(days=60), record.as_of)
    recorded = [Knowledge("1. At first", "nothing recorded", [], end)]
    for number, position in enumerate(positions, 2):
        known = [s for s in ever if s.known_from <= position and (s.known_to is None or s.known_to > position)]
        entry = record.entry_row(position)
        what = words.kind(entry["kind"]).removeprefix("Entry ").removeprefix("Monitoring ")
        recorded.append(Knowledge(f"{number}. {words.upper(what)}", f"entry {position}", known, end))
    yield _clock("By what this ledger had recorded", f"{key[0]}-recorded", title, recorded, key, begin, end, begun)
    published = [*_published(record, body, matter, key, end)]
    if len(published) > 1:
        yield _clock("By what had been published", f"{key[0]}-published", title, published, key, begin, end, begun)


def _published(record: Record, body: str, matter: str, key: SubjectKey, end: date) -> Iterator[Knowledge]:
    """What the public could know of a matter, each time that it changed."""
    needed = [matter, *ties_in(record.reader).needs(matter)]
    entries = [entry for one in needed for entry in record.context.recorded(one)]
    cited = dict.fromkeys(document for entry in entries for document in record.cited.get(entry.position, ()))
    documents = [*dates_of([entry for id in cited for entry in record.context.recorded(f"document/{id}")])]
    dates = [record.documents[id]["published"] for id in cited if "published" in record.documents.get(id, {})]
    days = sorted({day for day in map(words.latest, dates) if day <= record.as_of})
    found = [Knowledge(f"1. Until {words.day(days[0] - _A_DAY)}" if days else "", "nothing published", [], end)]
    for day in days:
        spells = BodySpells.of(body, entries, PublicDocuments.on(day, documents)).spells.get(key)
        states = intervals(spells) if spells else ()
        known = [StoredSpell(*key, s.value, s.first, s.until, 0, None, s.data, list(s.cites)) for s in states]
        if [one[2:5] for one in known] != [one[2:5] for one in found[-1].spells]:
            found[-1] = found[-1]._replace(end=day)
            publishers = {
                record.documents[id]["publisher"]
                for id in cited
                if record.documents[id].get("published") == day.isoformat()
            }
            note = f"published by {' and '.join(sorted(publishers))}" if publishers else ""
            found.append(Knowledge(f"{len(found) + 1}. From {words.day(day)}", note, known, end))
    yield from found


def _clock(
    by: str, id: str, title: str, states: Sequence[Knowledge], key: SubjectKey, begin: date, end: date, begun: Days
) -> Clock:  # fmt: skip
    day = _day_that_changed_most(states, key, begin, end)
    bar_rows, rows = list[BarRow](), []
    before: list[Bar] | None = None
    for state in states:
        of = (state.spells, begin, state.end)
        own = phase_bars(*of, begun) if key[0] == "monitoring" else bars(*of)
        answer = _answer(state, key, day)
        later = [Bar(state.end, end, "later", "these days had not come", "not yet")] if state.end < end else []
        changed = _changed(before, own) if before is not None else None
        bar_rows.append(BarRow(state.name, [*own, *later], state.note, answer, changed))
        rows.append(
            (state.name, state.note, [_bar_in_words(bar, begin, end) for bar in own] or ["nothing recorded"], answer)
        )
        before = own
    return Clock(
        by, picture([BarGroup("", bar_rows)], begin, end, id, f"{title}: {by[:1].lower()}{by[1:]}", day), day, rows
    )


def _bar_in_words(bar: Bar, begin: date, end: date) -> str:
    last, name = words.day(bar.until - _A_DAY), bar.name or words.KEYS[bar.kind]
    if bar.first == begin:
        days = "all days" if bar.until == end else f"until {last}"
    else:
        days = f"from {words.day(bar.first)}" if bar.until == end else f"{words.day(bar.first)} to {last}"
    return f"{days}: {name}"


def _answer(state: Knowledge, key: SubjectKey, day: date) -> str:
    """The answer for one day: was it in Engage, what was the concern?"""
    if day >= state.end:
        return "day not come"
    spell = next((one for one in state.spells if one.first <= day < one.until), None)
    values = {spell.value, *(other["value"] for other in spell.data.get("alternatives", ()))} if spell else set()
    if key[0] == "monitoring":
        if "engage" in values:
            return "yes" if values == {"engage"} else "possibly"
        return "no" if spell and spell.data["certainty"] != "presumed" else "presumed not"
    named = [words.spaced(value).partition(",")[0] for value in sorted(values - {None})]
    return ("possibly " if len(values) > 1 else "") + " or ".join(named) if named else "nothing recorded"


def _day_that_changed_most(states: Sequence[Knowledge], key: SubjectKey, begin: date, end: date) -> date:
    """The day whose answer changed most often, the earliest of several."""
    bounds = sorted(
        {day for state in states for s in state.spells for day in (s.first, s.until) if begin <= day <= end}
    )
    middles = [one + (other - one) / 2 for one, other in zip([begin, *bounds], [*bounds, end], strict=True)]

    def changes(day: date) -> tuple[int, int]:
        answers = [_answer(state, key, day) for state in states]
        return sum(one != other for one, other in pairwise(answers)), len({*answers})

    return max(middles, key=changes)


def _changed(before: Sequence[Bar], now: Sequence[Bar]) -> tuple[date, date] | None:
    """The days between the first and the last for which the answer differs."""
    bounds = sorted({day for bar in (*before, *now) for day in (bar.first, bar.until)})
    kinds = [
        [next((bar.kind for bar in of if bar.first <= day < bar.until), "") for day in bounds] for of in (before, now)
    ]
    differ = [n for n, (one, other) in enumerate(zip(*kinds, strict=True)) if one != other and n + 1 < len(bounds)]
    return (bounds[differ[0]], bounds[differ[-1] + 1]) if differ else None
