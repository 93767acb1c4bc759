"""What stands: entries with their corrections applied.

Entries form lines. A line begins with an entry of the world; a correction puts another event in its place; a
retraction takes away what stands: a correction, so that what it replaced stands again, or the first entry, so that
nothing does. What was known before is found by leaving out what was recorded later.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from events import Entry, Event
from events.amendment import (
    Amendment,
    EntryContradicted,
    EntryCorrected,
    EntryCorroborated,
    EntryRetracted,
    EntryWithheld,
    Withheld,
)
from events.body import BodyRegistered
from events.values import Citation

Public = Callable[[Sequence[Citation]], bool]
"""Whether any of these documents was public on the day in question."""

_BESIDE = (EntryCorroborated.kind, EntryContradicted.kind)
"""What is in force beside the version of a fact that it is about. A correction that cites a document corroborates the
versions after it too, and is not in force once another has replaced it."""


@dataclass
class _Line:
    """What has stood, the present last; and the retraction that took it all away, if any."""

    versions: list[Entry]
    gone: Entry | None = None

    @property
    def now(self) -> Entry:
        return self.versions[-1]


class Versions:
    """The lines that entries form, among which each mending has its place."""

    def __init__(self, entries: Iterable[Entry], public: Public | None = None) -> None:
        self._public = public
        self._lines: list[_Line] = []
        self._by_id: dict[str, _Line] = {}
        self._undone: dict[str, Entry] = {}
        self._positions: dict[str, int] = {}
        self._withholdings: set[str] = set()
        for entry in sorted(entries, key=lambda entry: entry.position):
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Let an entry take its place: one that was recorded after all that have theirs."""
        self._positions[entry.event_id] = entry.position
        target = target_of(entry.event)
        if target is None:
            self._lines.append(_Line([entry]))
            self._by_id[entry.event_id] = self._lines[-1]
        elif isinstance(entry.event, EntryWithheld):
            self._withholdings.add(entry.event_id)
        elif (line := self._by_id.get(target)) and (self._public is None or _is_known(entry.event, self._public)):
            self._by_id[entry.event_id] = line
            _mend(line, entry, target)
            if amendment_kind(entry.event) == EntryRetracted.kind:
                self._undone[target] = entry
                self._undone = {id: by for id, by in self._undone.items() if by.event_id != target}

    def in_force(self) -> list[Entry]:
        """The entries that stand, as they were amended."""
        return [line.now for line in self._lines if line.gone is None and is_public(line.now, self._public)]

    def is_in_force(self, event_id: str) -> bool:
        """Whether the entry of that id is what now stands, or a mending that is in force."""
        line = self._by_id.get(event_id)
        if line is None:
            return event_id in self._withholdings
        if line.gone is not None:
            return line.gone.event_id == event_id
        beside = [e for e in (*line.now.corroborated, *line.now.contradicted) if amendment_kind(e.event) in _BESIDE]
        return event_id in {line.now.event_id, *(e.event_id for e in beside)}

    def now(self, event_id: str) -> Entry | None:
        """What stands in the line of that id; None where nothing does."""
        line = self._by_id.get(event_id)
        return line.now if line is not None and line.gone is None else None

    def position(self, event_id: str) -> int | None:
        """The position of what stands in the line of that id: of its first entry, or of the correction in force."""
        now = self.now(event_id)
        return self._positions[now.event_id] if now else None

    def retraction_of(self, event_id: str) -> Entry | None:
        """The retraction in force by which the entry of that id was taken back, be it of the world or a mending."""
        return self._undone.get(event_id)

    def layers(self) -> list[str]:
        """What is to be retracted, in that order, until nothing stands."""
        lines = [line for line in reversed(self._lines) if line.gone is None]
        return [version.event_id for line in lines for version in reversed(line.versions)]


def in_force(entries: Iterable[Entry], public: Public | None = None) -> list[Entry]:
    """The entries that stand, as they were amended; what they replaced, and the mending itself, is left out.

    With ``public`` only what cites a public document stands, and mending by documents that were not yet public is
    left out too; our own recording errors count as amended (they are ours, not the public's).
    """
    return Versions(entries, public).in_force()


def target_of(event: Event) -> str | None:
    """The entry that a mending is about, also of one that was withheld; None for an event of the world."""
    return event.target if isinstance(event, Amendment | Withheld) else None


def amendment_kind(event: Event) -> str:
    """What kind of mending an event is, or was before it was withheld."""
    return event.was if isinstance(event, Withheld) else event.kind


def _mend(line: _Line, entry: Entry, target: str) -> None:
    event, now = entry.event, line.versions[-1]
    match amendment_kind(event):
        case EntryCorrected.kind if target == now.event_id:
            disputed = () if _type(event) == "conflict-resolved" else now.contradicted
            witnesses = (*now.corroborated, entry) if _citations(event) else now.corroborated
            line.versions.append(
                replace(
                    now,
                    event=event.replacement.event if isinstance(event, EntryCorrected) else event,
                    event_id=entry.event_id,
                    recorded_at=entry.recorded_at,
                    recorded_by=entry.recorded_by,
                    amended_by=(*now.amended_by, entry.position),
                    replaced=(*now.replaced, now.event_id),
                    corroborated=witnesses,
                    contradicted=disputed,
                )
            )
        case EntryRetracted.kind if line.gone and target == line.gone.event_id:
            line.gone = None
        case EntryRetracted.kind if target == now.event_id and len(line.versions) > 1:
            line.versions.pop()
            line.versions[-1] = replace(line.versions[-1], amended_by=(*now.amended_by, entry.position))
        case EntryRetracted.kind if target == now.event_id:
            line.gone = entry
        case EntryRetracted.kind:  # of a corroboration or contradiction: what a correction replaced had it too
            line.versions = [
                replace(
                    version,
                    corroborated=tuple(e for e in version.corroborated if e.event_id != target),
                    contradicted=tuple(e for e in version.contradicted if e.event_id != target),
                )
                for version in line.versions
            ]
        case EntryCorroborated.kind:
            line.versions[-1] = replace(now, corroborated=(*now.corroborated, entry))
        case EntryContradicted.kind:
            line.versions[-1] = replace(now, contradicted=(*now.contradicted, entry))


def _is_known(event: Event, public: Public) -> bool:
    """Whether a mending counts for the public: it mends an error of this ledger's own, or rests on what was public."""
    cited = _citations(event)
    return not cited or _type(event) == "recording-error" or public(cited)


def is_public(entry: Entry, public: Public | None) -> bool:
    """Whether what an entry says was public; what says nothing of the world (the register of bodies) always is."""
    if public is None or isinstance(entry.event, BodyRegistered | Withheld):
        return True
    cited = getattr(entry.event, "documents", ())
    return not cited or public([*cited, *(it for other in entry.corroborated for it in _citations(other.event))])


def _citations(event: Event) -> Sequence[Citation]:
    return event.documents if isinstance(event, Amendment | Withheld) else ()


def _type(event: Event) -> str | None:
    return event.type if isinstance(event, EntryCorrected | Withheld) else None
