"""Which entries are in force: the versions of each entry, after every correction and retraction.

This reads envelopes alone, so it is the same for entries whose data were withheld.

An entry about the world is the first version. A correction adds a version, and always amends the latest one. A
retraction of a correction removes it, if it is the latest version: then the one before it is in force again. A
retraction of the first version takes back the fact, with every version: then none is in force, until that retraction is
retracted itself. A corroboration or contradiction is attached to the version that it is about.

Start at `in_force`. For what was known earlier, leave out the entries that were recorded later.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

from events import Entry, Event, canonical
from events.amendment import EntryContradicted, EntryCorrected, EntryCorroborated, EntryRetracted, EntryWithheld
from events.body import BodyRegistered
from events.event import Amends
from projections.fact import documents_of, say_so

Public = Callable[[Entry, Iterable[str]], bool]
"""Whether any of these documents, which an entry cites, was public on the day in question."""

_BESIDE = (EntryCorroborated.kind, EntryContradicted.kind)
"""These are in force together with the version that they are about. A correction that cites a document also
corroborates the versions after it, but it is not in force once another correction has replaced it."""


@dataclass
class _Fact:
    """The versions of one entry, the latest last; and the retraction of all of them, if any."""

    versions: list[Entry]
    retracted_by: Entry | None = None

    @property
    def first(self) -> Entry:
        return self.versions[0]

    @property
    def latest(self) -> Entry:
        return self.versions[-1]


class Versions:
    """The versions of entries. Any id of a fact finds it: that of its first entry, or of an amendment of it."""

    def __init__(self, entries: Iterable[Entry], public: Public | None = None) -> None:
        self._public = public
        self._facts: list[_Fact] = []
        self._by_id: dict[str, _Fact] = {}
        self._retractions: dict[str, Entry] = {}
        self._entries: dict[str, Entry] = {}
        self._withholdings: dict[str, Entry] = {}
        self._decisions: set[str] = set()
        for entry in sorted(entries, key=lambda entry: entry.position):
            self.add(entry)

    def add(self, entry: Entry) -> None:
        """Add the next entry; it must have been recorded after those that are here."""
        self._entries[entry.event_id] = entry
        amends = entry.amends
        if amends is None or entry.is_unknown:
            self._facts.append(_Fact([entry]))
            self._by_id[entry.event_id] = self._facts[-1]
        elif entry.kind == EntryWithheld.kind:
            self._withholdings[amends.target] = entry
            self._decisions.add(entry.event_id)
        elif (fact := self._by_id.get(amends.target)) and _is_known(entry, amends, self._public):
            self._by_id[entry.event_id] = fact
            _amend(fact, entry, amends)
            if entry.kind == EntryRetracted.kind:
                self._retractions[amends.target] = entry
                self._retractions = {id: by for id, by in self._retractions.items() if by.event_id != amends.target}

    def in_force(self) -> list[Entry]:
        """The latest version of every entry that is not retracted."""
        latest = (fact.latest for fact in self._facts if fact.retracted_by is None)
        return [entry for entry in latest if is_public(entry, self._public)]

    def is_in_force(self, event_id: str) -> bool:
        """Whether the entry of that id is a latest version, or an amendment that is in force."""
        fact = self._by_id.get(event_id)
        if fact is None:
            return event_id in self._decisions
        if fact.retracted_by is not None:
            return fact.retracted_by.event_id == event_id
        beside = (*fact.latest.corroborated, *fact.latest.contradicted)
        return event_id in {fact.latest.event_id, *(e.event_id for e in beside if e.kind in _BESIDE)}

    def is_in_force_or_upheld(self, event_id: str) -> bool:
        """Whether readers are told that the entry of that id is in force: it is, or every correction of it says the
        same. What was withheld says nothing that could be the same."""
        fact = self._by_id.get(event_id)
        if self.is_in_force(event_id) or fact is None or fact.retracted_by is not None:
            return self.is_in_force(event_id)
        said = {version.data for version in fact.versions if event_id in (version.event_id, *version.replaced)}
        return event_id in fact.latest.replaced and len(said) == 1 and said != {b""}

    def now(self, event_id: str) -> Entry | None:
        """The version that is in force of the entry of that id; None where none is."""
        fact = self._by_id.get(event_id)
        return fact.latest if fact is not None and fact.retracted_by is None else None

    def position(self, event_id: str) -> int | None:
        """The position of that version: of the first entry, or of the correction in force."""
        now = self.now(event_id)
        return self._entries[now.event_id].position if now else None

    def retraction_of(self, event_id: str) -> Entry | None:
        """The retraction in force of the entry of that id, which may itself be an amendment; of the latest version,
        also that of the fact."""
        fact = self._by_id.get(event_id)
        of_fact = fact.retracted_by if fact and event_id == fact.latest.event_id else None
        return self._retractions.get(event_id) or of_fact

    def ended_by(self, event_id: str) -> Entry | None:
        """The amendment by which an entry is no longer in force: what retracted it, replaced it or settled it."""
        entry, fact = self._entries[event_id], self._by_id.get(event_id)
        if entry.kind == EntryRetracted.kind or fact is None or self.is_in_force(event_id):
            return self._retractions.get(event_id)
        if event_id == fact.first.event_id and fact.retracted_by:
            return fact.retracted_by
        for version, following in pairwise(fact.versions):
            beside = {other.event_id for other in version.contradicted}
            if event_id in beside.difference(other.event_id for other in following.contradicted) | {version.event_id}:
                return self._entries[following.event_id]
        assert entry.amends, "an entry that is no longer in force was retracted, was replaced, or amends such an entry"
        return self._retractions.get(event_id) or fact.retracted_by or self.ended_by(entry.amends.target)

    def says(self, entry: Entry, document: str) -> Literal["so", "otherwise", "before"]:
        """Whether a document that an entry cites says what the record says now (``so``), something else
        (``otherwise``), or only what it said before (``before``)."""
        ended, now = self.ended_by(entry.event_id), self.now(entry.event_id)
        is_retracted = ended is not None and ended.kind == EntryRetracted.kind and entry.kind != EntryRetracted.kind
        if is_retracted or entry.kind == EntryContradicted.kind:
            return "before" if is_retracted else "otherwise"
        of_amendment = entry.amends is not None and document in entry.amends.documents
        said = {entry.event_id} if of_amendment else {entry.event_id, document}
        return "before" if now and said & now.outdated else "so"

    def retracted(self) -> list[Entry]:
        """The last version of every entry that is retracted."""
        return [fact.latest for fact in self._facts if fact.retracted_by]

    def withholding_of(self, event_id: str) -> Entry | None:
        """The decision to withhold the entry of that id."""
        return self._withholdings.get(event_id)

    def are_of_one_fact(self, event_id: str, other: str) -> bool:
        """Whether two ids are of versions or amendments of the same fact."""
        return self._by_id.get(event_id) is self._by_id.get(other, event_id)

    def kind_of(self, entry: Entry) -> str:
        """The kind of the first version of what an entry amends; of another entry, its own."""
        fact = self._by_id.get(entry.amends.target) if entry.amends else None
        return fact.first.kind if fact else entry.kind

    def first(self, event_id: str) -> Entry:
        """The first version of the fact of that id: to retract it takes back the fact."""
        return self._entries[self._by_id[event_id].first.event_id]

    def firsts(self) -> list[Entry]:
        """The first versions of all facts that are not retracted, in the order in which to retract them."""
        return [self._entries[it.first.event_id] for it in reversed(self._facts) if it.retracted_by is None]


def in_force(entries: Iterable[Entry], public: Public | None = None) -> list[Entry]:
    """The entries in force, each as it was amended; replaced versions, and the amendments themselves, are left out. So
    is what was withheld since, as it was in force only at an earlier position; and what is unknown.

    With ``public``, only what cites a public document is in force, and amendments by documents that were not public are
    left out. Corrections of the ledger's own recording errors always count.
    """
    return [entry for entry in Versions(entries, public).in_force() if entry.content is not None]


def _amend(fact: _Fact, entry: Entry, amends: Amends) -> None:
    now, target = fact.latest, amends.target
    match entry.kind:
        case EntryCorrected.kind if target == now.event_id and _fits(entry, now):
            disputed = () if amends.type == "conflict-resolved" else now.contradicted
            corroborated = (*now.corroborated, entry) if amends.documents else now.corroborated
            content, data = _replacement(entry)
            outdated = now.outdated
            if amends.documents and amends.type != "recording-error" and data != now.data:
                known = now if now.content else replace(now, content=content)  # if withheld, what is still cited
                said = [*documents_of(known), *(other.event_id for other in now.corroborated)]
                outdated = outdated.union(said).difference(amends.documents)
            fact.versions.append(
                replace(
                    now,
                    content=content,
                    data=data,
                    event_id=entry.event_id,
                    recorded_at=entry.recorded_at,
                    recorded_by=entry.recorded_by,
                    submission=entry.submission,  # it keeps the rules of the correction
                    amended_by=(*now.amended_by, entry.position),
                    replaced=(*now.replaced, now.event_id),
                    corroborated=corroborated,
                    contradicted=disputed,
                    outdated=outdated,
                )
            )
        case EntryRetracted.kind if fact.retracted_by and target == fact.retracted_by.event_id:
            fact.retracted_by = None
        case EntryRetracted.kind if target == fact.first.event_id:
            fact.retracted_by = entry
        case EntryRetracted.kind if target == now.event_id:
            fact.versions.pop()
            fact.versions[-1] = replace(fact.versions[-1], amended_by=(*now.amended_by, entry.position))
        case EntryRetracted.kind:  # of a corroboration or contradiction: earlier versions have it too
            fact.versions = [
                replace(
                    version,
                    corroborated=tuple(e for e in version.corroborated if e.event_id != target),
                    contradicted=tuple(e for e in version.contradicted if e.event_id != target),
                )
                for version in fact.versions
            ]
        case EntryCorroborated.kind:
            fact.versions[-1] = replace(now, corroborated=(*now.corroborated, entry))
        case EntryContradicted.kind:
            fact.versions[-1] = replace(now, contradicted=(*now.contradicted, entry))


def _fits(correction: Entry, now: Entry) -> bool:
    """Whether what a correction puts in place is of the same kind; no ledger records another."""
    event = correction.content
    return not isinstance(event, EntryCorrected) or event.replacement.kind == now.kind


def _replacement(correction: Entry) -> tuple[Event | None, bytes]:
    """The event that a correction puts in place, and its data; nothing if the correction was withheld."""
    event = correction.content
    if not isinstance(event, EntryCorrected):
        return None, b""
    return event.replacement.event, canonical.encode(event.replacement.data)


def _is_known(entry: Entry, amends: Amends, public: Public | None) -> bool:
    """Whether an amendment counts: it corrects the ledger's own error, or cites a public document, or none at all."""
    if public is None or amends.type == "recording-error":
        return True
    return not amends.documents or public(entry, amends.documents)


def is_public(entry: Entry, public: Public | None) -> bool:
    """Whether an entry cites a public document, or none at all. Registrations of bodies are always public, and so is
    that something was withheld, or is unknown."""
    if public is None or entry.content is None or isinstance(entry.content, BodyRegistered):
        return True
    return not documents_of(entry) or public(entry, say_so(entry))
