"""What a submission was understood to say. Every command that writes shows it before anything is written."""

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from enum import Enum
from typing import Any, NamedTuple

from events import Entry, Event
from events.amendment import EntryCorrected, EntryWithheld, Replacement
from events.body import BodyRegistered
from events.dates import PartialDate
from events.document import DocumentRegistered
from events.frameworks import frameworks
from events.terms import NOT_STATED
from events.values import Citation, Value, due_on
from ledger.cli.effects import changes
from ledger.intake.yaml import value_text
from ledger.replay import bodies_in
from ledger.store.reader import Reader
from projections.amendments import Versions, in_force
from projections.bodies import Bodies
from projections.body import body_of
from projections.days import FIRST_DAY, Days, day_in_words, when
from projections.shown import PENDING, RECOMMENDATIONS
from projections.subject import kind_in_words

Json = dict[str, Any]
IN_FULL = 20
"""So many events are shown in full to a person; the others are counted by kind and body."""
_BELOW = "\n" + " " * 25
_TOLD_OTHERWISE = ("body", "not_stated", "stream", "replacement")


class ReadBack(NamedTuple):
    """The new events, as they were understood, and what they change in the states of bodies."""

    events: list[Json]
    more: Mapping[tuple[str, str], int]
    """How many there are besides that are only counted, by kind and whose they are."""
    changes: list[Json] | None
    """What those that are not only counted change; None where there is no ledger to ask, or it is not told."""

    def to_json(self) -> Json:
        """The part of a receipt."""
        events = [{name: event[name] for name in ("position", "kind", "matter", "says")} for event in self.events]
        return {"read_back": events, "changes": self.changes or []}

    def in_words(self, lists_all: str = "") -> str:
        """For a person: each event with what it changes, and how many there are that are not shown in full, with the
        options that list them all, if any still do."""
        lines = list[str]()
        owned = [
            (_owner(change, self.events), change_in_words(change), change["body"]) for change in self.changes or []
        ]
        for event in self.events:
            own = "\n".join(words for owner, words, _ in owned if owner is event)
            says = {**event["says"], **({"changes": own} if own else {})}
            position = "" if event["position"] is None else f"  #{event['position']}"
            lines.append(f"{event['of']}: {kind_in_words(event['kind'])}{position}")
            lines += [f"    {name:<20} {words}".replace("\n", _BELOW) for name, words in says.items()]
        for kind in dict.fromkeys(kind for kind, _ in self.more):
            of_kind = {of: number for (other, of), number in self.more.items() if other == kind}
            named = ", ".join(f"{of} {number:,}" for of, number in of_kind.items())
            lines.append(f"and {sum(of_kind.values()):,} more {kind_in_words(kind)}: {named}")
        others = [f"{body}: {words}" for owner, words, body in owned if owner is None]
        left = len(others) - IN_FULL
        lines += [*others[:IN_FULL], *([f"and {left:,} more change{'s'[: left - 1]}"] if left > 0 else [])]
        if self.changes is not None and (self.more or left > 0):
            lines += [f"`{lists_all}` lists all that these change."] if lists_all else []
        elif self.events and self.changes == []:
            lines.append("This changes no state, on any day.")
        return "\n".join(lines)


def read_back(reader: Reader, entries: Sequence[Entry], *, whole: bool) -> ReadBack:
    """What new entries say and change: all of it, or as much as a person is shown. No change is given for a body of
    which an entry is to be withheld: it would show again what is withheld."""
    shown = entries if whole else entries[:IN_FULL]
    names = _Names.of(reader, entries, shown)
    rows = [names.row(entry.event, entry.position) for entry in shown]
    more = Counter((entry.kind, names.whose(entry.matter)) for entry in entries[len(shown) :])
    withheld = {body_of(entry.matter) or "" for entry in entries if entry.kind == EntryWithheld.kind}
    changed = changes(reader, entries, shown)
    told = [change for change in changed if change["body"] not in withheld]
    return ReadBack(rows, more, told if told or not changed else None)


def understood(events: Sequence[Event], bodies: Bodies, *, whole: bool) -> ReadBack:
    """What events say, where there is no ledger that could name what they refer to, but bodies."""
    names, shown = _Names(_names_of(bodies), {}, {}, {}, ()), events if whole else events[:IN_FULL]
    more = Counter((event.kind, names.whose(event.matter)) for event in events[len(shown) :])
    return ReadBack([names.row(event, None) for event in shown], more, None)


class _Names(NamedTuple):
    """The names of what events refer to: bodies, documents, and entries by their ids, as they are or will be."""

    bodies: Mapping[str, str]
    documents: Mapping[str, DocumentRegistered]
    entries: Mapping[str, Entry]
    amendments: Mapping[str, Entry]
    """Those on record that are themselves amendments, by their ids; under these `entries` has what they amend."""
    withheld: Container[str]
    """The ids of entries that are to be withheld: what they say is not shown."""

    @classmethod
    def of(cls, reader: Reader, new: Sequence[Entry], shown: Iterable[Entry]) -> "_Names":
        """The names of what those entries refer to that are shown, of the new ones."""
        said = [entry.event for entry in shown]
        cited = {target for event in said for target in event.refers_to() if target.startswith("document/")}
        documents = [entry.event for own in reader.matters(cited).values() for entry in in_force(own)]
        named = {id for event in said for id in (*getattr(event, "because", ()), getattr(event, "target", ""))} - {""}
        recorded = reader.by_event_id(sorted(named))
        versions = {
            matter: Versions(own) for matter, own in reader.matters(e.matter for e in recorded.values()).items()
        }
        now = {id: versions[entry.matter].now(id) or entry for id, entry in recorded.items()}
        registered = (entry.event for entry in new if entry.kind == BodyRegistered.kind)
        bodies = {event.body: event.name for event in registered if isinstance(event, BodyRegistered)}
        documents += (entry.event for entry in new if entry.matter in cited)
        return cls(
            _names_of(bodies_in(reader)) | bodies,
            {event.document: event for event in documents if isinstance(event, DocumentRegistered)},
            {entry.event_id: entry for entry in new if entry.event_id in named} | now,
            {id: entry for id, entry in recorded.items() if entry.amends},
            {entry.amends.target for entry in new if entry.amends and entry.kind == EntryWithheld.kind},
        )

    def row(self, event: Event, position: int | None) -> Json:
        """One event in words; ``behind`` are its position and that of the entry that it amends."""
        target = self.entries.get(getattr(event, "target", ""))
        return {
            "position": position,
            "kind": event.kind,
            "matter": event.matter,
            "of": self.whose(event.matter),
            "says": self._says(event, target),
            "behind": {position, target and target.position},
        }

    def whose(self, matter: str) -> str:
        """The name of the body that a matter is about; else the matter."""
        body = body_of(matter)
        return self.bodies.get(body, body) if body else matter

    def _says(self, event: Event, target: Entry | None) -> dict[str, str]:
        """Each field that is filled in, in words; of a correction, how each field changes."""
        says = {
            name: self._field(event, name, event) for name in type(event).model_fields if name not in _TOLD_OTHERWISE
        }
        if isinstance(event, EntryCorrected):
            old, new = target and target.content, event.replacement.event
            for name in type(new).model_fields:
                was, now = self._field(old, name, old) if old else "", self._field(new, name, new)
                if name not in _TOLD_OTHERWISE and not (old and _same(old, new, name)):
                    hidden = event.target in self.withheld
                    says[name] = f"{'(withheld)' if hidden else was or '(nothing)'}\n-> {now or '(left out)'}"
                    gone = _left_out(old, new, name) if old and now and not hidden else []
                    says[name] += f"\nA list is given whole. Left out: {value_text(gone)}" if gone else ""
        return {name: words for name, words in says.items() if words}

    def _field(self, of: Event | Value, name: str, event: Event) -> str:
        return NOT_STATED if name in getattr(of, "not_stated", ()) else self._words(name, getattr(of, name), event)

    def _words(self, name: str, value: Any, event: Event) -> str:
        match value:
            case PartialDate():
                return date_in_words(value, counts=name == "effective")
            case Citation():
                return self._cited(value)
            case Replacement():
                return ""  # its fields are told with what they were
            case Value():
                names = (field for field in type(value).model_fields if field != "not_stated")
                said = {field: words for field in names if (words := self._field(value, field, event))}
                return ", ".join(f"{field}: {words}" for field, words in said.items())
            case dict():
                return ", ".join(f"{self._words('', key, event)}: {item}" for key, item in value.items())
            case tuple():
                return "\n".join(self._words(name, item, event) for item in value)
            case Enum():
                return str(value.value)
            case bool():
                return str(value).lower()
            case None:
                return ""
        return self._named(name, str(value), event)

    def _named(self, name: str, text: str, event: Event) -> str:
        """A text with what it names."""
        framework = frameworks().get(getattr(event, "framework", ""))
        match name:
            case "bodies" | "into":
                means = self.bodies.get(text)
            case "target" | "because":
                return self._entry(text)
            case "framework":
                means = framework.title if framework else None
            case "area":
                means = framework.areas[text].title if framework and text in framework.areas else None
            case "deadline" if effective := getattr(event, "effective", None):
                counts = text.startswith("by ") or not effective.text.endswith("..")  # else from the day of recording
                means = f"by {day_in_words(due)}" if counts and (due := due_on(text, effective.latest)) else None
            case _:
                means = None
        return f"{text} ({means})" if means and means != text else text

    def _entry(self, id: str) -> str:
        if not (entry := self.entries.get(id)):
            return id
        own = self.amendments.get(id)
        told = f"#{own.position} ({kind_in_words(own.kind)}) of " if own else ""
        event, told = entry.content, f"{told}#{entry.position} {self.whose(entry.matter)}: {kind_in_words(entry.kind)}"
        title = "" if id in self.withheld else getattr(event, "title", "")
        title = title or entry.matter.partition("/")[2]
        day = f", {date_in_words(effective)}" if (effective := getattr(event, "effective", None)) else ""
        return f"{told}, {title}{day}"

    def _cited(self, citation: Citation) -> str:
        known = self.documents.get(citation.document)
        title = f"\u201c{known.title}\u201d, {known.publisher}" if known else ""
        place = f", {citation.locator}" if citation.locator else ""
        quote = f", which says \u201c{citation.quote}\u201d" if citation.quote else ""
        return f"{citation.document}{f': {title}' if title else ''}{place}{quote}"


def _names_of(bodies: Bodies) -> dict[str, str]:
    return {body: data["name"] for body, data in bodies.registered.items()}


def date_in_words(date: PartialDate, *, counts: bool = False) -> str:
    """A date in words; with ``counts``, also from when on it counts."""
    if date.earliest == date.latest:
        return day_in_words(date.latest)
    if date.text.endswith("/.."):
        return f"on or after {day_in_words(date.earliest)}, up to the day of recording"
    words = when(Days(date.earliest, date.latest))
    first = f"possible from {day_in_words(date.earliest)}, " if date.earliest != FIRST_DAY else ""
    return f"{words}: {first}certain from {day_in_words(date.latest)}" if counts else words


def _left_out(old: Event, new: Event, name: str) -> list[Any]:
    """The items that a list has no longer, as data. An item with fields is known by the first: its id or document."""
    was, now = (_by_name(event.data().get(name)) for event in (old, new))
    return [was[known] for known in was if known not in now]


def _by_name(items: Any) -> dict[Any, Any]:
    listed = items if isinstance(items, list) else []
    return {next(iter(item.values())) if isinstance(item, dict) else item: item for item in listed}


def _same(old: Event, new: Event, name: str) -> bool:
    left_open = (name in getattr(event, "not_stated", ()) for event in (old, new))
    return getattr(old, name) == getattr(new, name) and len({*left_open}) == 1


def _owner(change: Json, events: list[Json]) -> Json | None:
    """The last of the events that are behind a change; else the first on the same matter."""
    subject = {PENDING: "monitoring", RECOMMENDATIONS: "concern"}.get(change["subject"], change["subject"])
    matter = "/".join(filter(None, (change["body"], subject, change["id"])))
    behind = (event for event in reversed(events) if not event["behind"].isdisjoint(change["entries"]))
    return next(behind, None) or next((event for event in events if event["matter"] == matter), None)


def change_in_words(change: Json) -> str:
    """A change of a state, and its days."""
    first, last = change["first_day"], change["last_day"]
    if first == last and first:
        days = f"on {first}: "
    else:
        days = (f"from {first} " if first else "") + (f"to {last}: " if last else "on: " if first else "")
    return f"{days}{change['words']}"
