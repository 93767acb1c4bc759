"""How long a body was in Engage, and how long its causes of concern were open.

Where dates are imprecise, or the order of facts is open, the minimum and the maximum are over all lawful histories.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from events import Entry
from projections.body import BodySpells
from projections.concern import OPEN
from projections.days import Days, span
from projections.fact import rests_on
from projections.monitoring import IN_ENGAGE
from projections.searches import Search, last_search
from projections.spell import Spells, Stay
from projections.subject import SubjectKey
from projections.summary import entries_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Duration:
    """A time in Engage, or with a concern open: the days on which it can have begun, and ended (None: it lasts on the
    day of the question), and the minimum and maximum of days (None: no maximum). The day of the end is not counted.
    ``certain`` is whether every lawful history has it on one day at least, ``happened`` whether every one has it;
    ``over`` is whether it has ended in every one; ``counted_to`` is the day up to which it is counted otherwise, and
    ``last_known`` when the latest evidence of it is from. It is ``unclear`` if a document leaves open from then on
    whether a concern was open. ``sought`` is the last search in vain for its end. ``differ`` are the positions of what
    contradicts its days.
    """

    body: str
    subject: str
    id: str
    began: Days
    ended: Days | None
    at_least: int
    at_most: int | None
    certain: bool
    happened: bool
    over: bool
    unclear: bool
    counted_to: date
    last_known: Days
    sought: Search | None
    entries: tuple[int, ...]
    differ: tuple[int, ...]

    def to_json(self) -> Json:
        """As the `durations` document lists it."""
        return {
            "body": self.body,
            "subject": self.subject,
            "id": self.id,
            "since": span(*self.began),
            "until": span(*self.ended) if self.ended else None,
            "certainty": "certain" if self.certain else "possible",
            "happened": "certain" if self.happened else "possible",
            "ended": ("unclear" if self.unclear else "certain" if self.over else "possible") if self.ended else None,
            "days_at_least": self.at_least,
            "days_at_most": self.at_most,
            "counted_to": self.counted_to.isoformat() if not self.over else None,
            "last_known": span(*self.last_known) or None,
            "sought": str(self.sought.day) if self.sought else None,
            "entries": list(self.entries),
            "sources_differ": list(self.differ),
        }


class StoredStay(NamedTuple):
    """A time in Engage (``engage``) or with a concern open, as the read model has it: its data say on which days it can
    have begun and ended, and which entries say so, each from a day on. ``began`` is the day from which it is told."""

    subject: str
    id: str
    began: str
    data: Json


def stays_of(key: SubjectKey, own: Spells[Any], whole: Spells[Any]) -> Iterator[StoredStay]:
    """The times of a body in Engage, or with a concern open: ``whole`` are the spells of a concern with those of its
    time with another body, from which a merger handed it over."""
    if key[0] == "monitoring":
        yield from _stays("engage", "", own, lambda state: state.phase == "engage", date.min)
    elif key[0] == "concern":
        known = min((spell.earliest for spell in own if spell.state.status != "none"), default=date.max)
        since = date.min if whole is own else known
        yield from _stays("concern", key[1], whole, lambda state: state.status == "open", since)


def _stays(
    subject: str, id: str, spells: Spells[Any], holds: Callable[[Any], bool], since: date
) -> Iterator[StoredStay]:
    for stay in spells.stays(lambda state: holds(state) or None):
        first: dict[Entry, date] = {}
        for spell in sorted(stay.spells, key=lambda spell: spell.earliest, reverse=True):  # the earliest one counts
            first |= dict.fromkeys(entries_of(spell.state), spell.earliest)
        entries = [
            [
                day.isoformat(),
                *rests_on([entry]).values(),
                _texts(spells.dates[entry.event_id]) if entry.kind in (*IN_ENGAGE, *OPEN) else None,
            ]
            for entry, day in first.items()
        ]
        data = {
            "ways": [[_texts(began), _texts(ended)] for began, ended in stay.ways],
            "happened": stay.happened,
            "certain": stay.certain,
            "unclear": any(getattr(spell.state, "status", None) == "unknown" for spell in stay.spells),
            "claimed": stay.claimed and _texts(stay.claimed),
            "disputes": [[_texts(days), position] for days, position in stay.disputes],
            "entries": entries,
            "begun_by": list(rests_on(stay.entries).values()),
        }
        began = min(stay.began.earliest, stay.claimed.earliest if stay.claimed else date.max)
        yield StoredStay(subject, id, max(began, since).isoformat(), data)


def stays_in(body: BodySpells) -> list[StoredStay]:
    """All stays of a body."""
    keys = (("monitoring", ""), *(("concern", id) for id in body.each("concern")))
    return [stay for key in keys for stay in stays_of(key, body.spells[key], body.whole.get(key, body.spells[key]))]


def durations(stays: Iterable[StoredStay], body: str, as_of: date, searches: Sequence[Search] = ()) -> list[Duration]:
    """What these times of a body amount to on a day, the earliest first. Give no day after today: nothing is counted
    into the future."""
    found = [_duration(as_of, body, stay, searches) for stay in stays if stay.began <= as_of.isoformat()]
    return sorted(filter(None, found), key=lambda time: (time.began, time.subject, time.id))


def _duration(as_of: date, body: str, stored: StoredStay, searches: Sequence[Search]) -> Duration | None:
    told = stored.data
    stay: Stay[bool] = Stay(
        True, (), (), tuple((_days(began), _days(ended)) for began, ended in told["ways"]), (),
        told["happened"], told["certain"], told["claimed"] and _days(told["claimed"]),
        tuple((_days(days), position) for days, position in told["disputes"]),
    )  # fmt: skip
    if (began := stay.began_by(as_of)) is None:
        return None
    at_least, at_most = stay.lasted(as_of)
    behind = [entry for entry in told["entries"] if entry[0] <= as_of.isoformat()]
    evidence = [_days(days).by(as_of) for *_, days in behind if days]
    rested = [(positions, differ) for _, positions, differ, _ in behind] or [told["begun_by"]]
    disputed = [position for days, position in stay.disputes if days.earliest <= as_of]
    over, end = stay.ended.latest <= as_of, f"concern/{stored.id}" if stored.id else "monitoring/exit"
    sought = None if over else last_search(searches, end, began.latest, as_of)
    return Duration(
        body, stored.subject, stored.id,
        began=began,
        ended=stay.ended.by(as_of) if stay.ended.earliest <= as_of else None,
        at_least=at_least,
        at_most=at_most,
        certain=stay.certain and stay.began.latest <= as_of,
        happened=stay.happened and stay.began.latest <= as_of,
        over=over,
        unclear=told["unclear"],
        counted_to=as_of,
        last_known=max(evidence, key=itemgetter(1), default=began),
        sought=sought,
        entries=tuple(sorted({*(sought.entries if sought else ()), *(one for own, _ in rested for one in own)})),
        differ=tuple(sorted({*disputed, *(position for _, differ in rested for position in differ)})),
    )  # fmt: skip


def _texts(days: Days) -> list[str]:
    return [days.earliest.isoformat(), days.latest.isoformat()]


def _days(texts: Sequence[str]) -> Days:
    return Days(*map(date.fromisoformat, texts))
