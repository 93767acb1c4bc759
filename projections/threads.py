"""Threads: matters of a body that came back.

Two matters belong to one thread if one names the other (`about`, `because`, recurrence, escalation), or if both are
about the same question area. A thread is shown if something in it *came back*: a concern recurs or was escalated from a
finding, or is about an earlier concern; or a finding or concern follows a claim that a matter is done. The order alone
does not mean that the claim was false.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from events import Entry, Event, WorldEvent
from events.concern import ConcernAnnounced, ConcernIssued
from events.finding import FindingRecorded
from events.statement import StatementMade
from projections.body import BodySpells
from projections.days import Days, span
from projections.fact import rests_on, subject_of
from projections.handover import Ties

_SUBJECTS = ("concern", "finding", "recommendation", "statement", "review")
_GOOD_NEWS = ("strength", "innovative-practice", "promising-practice", "context")


class CameBack(NamedTuple):
    """A matter that came back, in which entry, and which earlier one it followed: as a ``recurrence``, by an
    ``escalation``, as one that is ``about`` it, or after a ``claim`` that this was done. The same in words."""

    reason: str
    matter: str
    earlier: str
    position: int
    words: str


@dataclass(frozen=True, slots=True)
class Thread:
    """The entries of matters that belong together, the earliest first; and what came back."""

    came_back: tuple[CameBack, ...]
    facts: tuple[Entry, ...]
    days: tuple[Days, ...]
    """When each of them can have happened."""

    def to_json(self) -> dict[str, Any]:
        """As the `threads` document lists it."""
        facts = [_fact(entry, days) for entry, days in zip(self.facts, self.days, strict=True)]
        return {"came_back": [one._asdict() for one in self.came_back], "facts": facts}


def threads(body: BodySpells, as_of: date) -> list[Thread]:
    """The threads of a body in which something came back, up to a day."""
    facts = [e for e in body.entries if subject_of(e) in _SUBJECTS and body.days(e).latest <= as_of]
    roots: dict[str, str] = {}
    for entry in facts:
        for link in _links(entry, facts):
            _join(roots, entry.matter, link)
    for matter, earlier in Ties(body.entries).transfers:
        _join(roots, matter, earlier)
    groups: dict[str, list[Entry]] = {}
    for entry in facts:
        groups.setdefault(_root(roots, entry.matter), []).append(entry)
    found = (Thread(tuple(_came_back(body, own)), tuple(own), tuple(map(body.days, own))) for own in groups.values())
    return [thread for thread in found if thread.came_back]


def _links(entry: Entry, facts: Iterable[Entry]) -> Iterator[str]:
    event = entry.event
    assert isinstance(event, WorldEvent)
    yield from (f"{event.body}/{subject}" for subject in event.about)
    yield from (other.matter for other in facts if {other.event_id, *other.replaced} & {*event.because})
    if isinstance(event, ConcernIssued):
        for earlier in (event.recurrence_of, event.escalated_from):
            if earlier:
                yield from (f"{event.body}/concern/{earlier}", f"{event.body}/finding/{earlier}")


def _came_back(body: BodySpells, group: Sequence[Entry]) -> Iterator[CameBack]:
    for entry in group:
        event = entry.event
        if isinstance(event, ConcernIssued):
            earlier_ones = (
                other for other in group if subject_of(other) == "concern" and _is_before(body, other, entry)
            )
            before = {_named(other) for other in earlier_ones}
            links = [("about", "is about the earlier", subject) for subject in event.about if subject in before]
            if event.recurrence_of:
                links.append(("recurrence", "is a recurrence of", _matter(group, event.recurrence_of)))
            if event.escalated_from:
                links.append(("escalation", "was escalated from", _matter(group, event.escalated_from)))
            for earlier, (reason, says) in {earlier: (reason, says) for reason, says, earlier in links}.items():
                words = f"{event.concern} {says} {earlier.partition('/')[2] or earlier} (#{entry.position})"
                yield CameBack(reason, _named(entry), earlier, entry.position, words)
        if isinstance(event, StatementMade) and event.stance == "claims-done":
            later = {
                _named(other): other
                for other in reversed(group)
                if _troubling(other.event) and _is_before(body, entry, other)
            }
            for matter, other in later.items():
                claim = f"claimed as done (#{entry.position}, {span(*body.days(entry))})"
                words = f"{claim}; {matter} followed (#{other.position}, {span(*body.days(other))})"
                yield CameBack("claim", matter, _named(entry), other.position, words)


def _is_before(body: BodySpells, first: Entry, second: Entry) -> bool:
    return body.days(first).latest < body.days(second).earliest


def _matter(group: Iterable[Entry], id: str) -> str:
    """The matter, without its body, of the earlier concern or finding of that id; the id, if it is not on record."""
    return next((name for name in map(_named, group) if name in (f"concern/{id}", f"finding/{id}")), id)


def _named(entry: Entry) -> str:
    """The matter of an entry, without its body."""
    return entry.matter.split("/", 1)[1]


def _troubling(event: Event) -> bool:
    if isinstance(event, FindingRecorded):
        return event.type not in _GOOD_NEWS
    return isinstance(event, ConcernAnnounced | ConcernIssued)


def _fact(entry: Entry, days: Days) -> dict[str, Any]:
    event = entry.event
    assert isinstance(event, WorldEvent)
    data, says = event.data(), [name for name in ("title", "reason", "note") if name in type(event).model_fields]
    return {
        "date": span(*days),
        "kind": entry.kind,
        "matter": entry.matter,
        "title": next((data[name] for name in says if name in data), event.stated(says[0])),
        "by": event.stated("decided_by"),
        "by_name": event.stated("decided_by_name"),
        "position": entry.position,
        **rests_on([entry]),
    }


def _root(roots: dict[str, str], matter: str) -> str:
    """The matter by which the thread of a matter is identified."""
    while roots.get(matter, matter) != matter:
        matter = roots[matter]
    return matter


def _join(roots: dict[str, str], a: str, b: str) -> None:
    first, second = sorted((_root(roots, a), _root(roots, b)))
    roots[second] = roots[first] = first
