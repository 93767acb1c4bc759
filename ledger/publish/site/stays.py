"""The stays of a body: what each of its subjects was from when to when."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

from ledger.publish.site.record import StoredSpell
from projections.days import LAST_DAY
from projections.subject import BEHIND

Json = dict[str, Any]


class ShownStay(NamedTuple):
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


def stays(spells: Iterable[StoredSpell]) -> Iterator[ShownStay]:
    """The values of subjects, one after the other; last of each subject those that are only possible."""
    for _, of in groupby(spells, key=lambda spell: (spell.subject, spell.id)):
        own = list(of)
        found = _that_count(own)
        yield from (*found, *_only_possible(own, found))


def _that_count(own: Sequence[StoredSpell]) -> list[ShownStay]:
    """The values of a subject that count; each has its end from the next."""
    found = list[ShownStay]()
    for spell in own:
        value, since, last = spell.value, spell.data["since"], found[-1] if found else None
        if last and last.until is None and (last.value, last.since) == (value, since):
            found[-1] = last._replace(data=_both(last.data, spell.data), cites=(*last.cites, *spell.cites))
            continue
        if last and last.until is None:
            until = since if value is not None and since else spell.data.get("until") or spell.first.isoformat()
            found[-1] = last._replace(until=until)
        if value is not None:
            found.append(_stay(spell, value, spell.data, spell.cites))
    if found and found[-1].until is None and own[-1].until < LAST_DAY:
        found[-1] = found[-1]._replace(until=own[-1].until.isoformat())
    return found


def _only_possible(own: Sequence[StoredSpell], found: Iterable[ShownStay]) -> Iterator[ShownStay]:
    """The values that are only possible, each once; none of those that were found to count since the same day."""
    shown = {(stay.value, stay.since) for stay in found}
    for spell in own:
        for other in spell.data.get("alternatives", ()):
            stay = _stay(spell, other["value"], other, other["cites"], certain=False)
            if stay.value is not None and (stay.value, stay.since) not in shown:
                shown.add((stay.value, stay.since))
                yield stay


def _stay(spell: StoredSpell, value: Any, data: Json, cites: Iterable[str], *, certain: bool = True) -> ShownStay:
    framework = spell.data.get("framework", "")
    return ShownStay(spell.subject, spell.id, value, framework, data["since"], None, certain, data, tuple(cites))


def _both(one: Json, other: Json) -> Json:
    """The entries behind a value that went on while something else of it changed."""
    return {of: [*dict.fromkeys([*one[of], *other[of]])] for of in BEHIND}
