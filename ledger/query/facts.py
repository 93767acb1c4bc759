"""Find an entry by what it says: ``west-midlands/monitoring engaged 2023-12``, ``kent/concern/custody issued``.

The first word names a matter, as in `ledger.query.ids`; of a finding or another item the id is enough. Each further
word is the verb of the kind, the date as it is recorded or one that covers it, or an identifying field, as in
``kent/inspection given investigating-crime``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from events import Entry, Event
from events.amendment import Amendment, EntryCorrected, EntryRetracted
from events.dates import PartialDate
from ledger.replay import bodies_in
from ledger.store.reader import Reader
from projections.subject import ITEM_SUBJECTS


@dataclass
class _Fact:
    """A recorded fact: its versions, the latest last, each with its id, its event, and where it is (``#12``)."""

    versions: list[tuple[str, Event | None, str]]
    retracted_by: str = ""

    @property
    def ids(self) -> list[str]:
        return [id for id, *_ in self.versions]

    def fitting(self, words: Sequence[str], *, covers: bool) -> str | None:
        """The id of the latest version that these words describe; a date may be one that covers its own."""
        return next(
            (id for id, event, _ in reversed(self.versions) if event and _describes(words, event, covers)), None
        )

    def __str__(self) -> str:
        _, event, at = self.versions[-1]
        day = getattr(event, "effective", None)
        return " ".join(filter(None, (at, event.kind if event else "withheld", day and day.text)))


@dataclass
class _Matter:
    facts: list[_Fact] = field(default_factory=list)
    recorded: list[Event] = field(default_factory=list)

    def add(self, id: str, kind: str, event: Event | None, target: str | None, at: str) -> None:
        """Add what follows: another fact, or an amendment of one."""
        fact = next((fact for fact in self.facts if target in (fact.retracted_by, *fact.ids)), None)
        if target is None:
            self.facts.append(_Fact([(id, event, at)]))
        elif fact and kind == EntryCorrected.kind:
            fact.versions.append((id, event.replacement.event if isinstance(event, EntryCorrected) else None, at))
        elif fact and kind == EntryRetracted.kind and target == fact.retracted_by:
            fact.retracted_by = ""
        elif fact and kind == EntryRetracted.kind and target == fact.ids[0]:
            fact.retracted_by = id
        elif fact and kind == EntryRetracted.kind:
            fact.versions.pop()


class Facts:
    """Finds entries on record, and new events, by what they say."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._matters: dict[str, _Matter] = {}
        self._new: dict[str, list[tuple[str, Event]]] = {}

    def add(self, id: str, event: Event) -> None:
        """Add a new event under an id."""
        self._new.setdefault(event.matter, []).append((id, event))
        if event.matter in self._matters:
            _add_new(self._matters[event.matter], id, event)

    def find(self, text: str) -> str:
        """The id of the one entry that a text describes: of the latest version that fits. Raises LookupError, with the
        remedy, where there is none, or several."""
        head, slash, tail = text.partition("/")
        first, *words = (tail if slash else head).split() or [""]
        name = f"{head}/{first}" if slash else first
        facts, fitting = self._facts(self._named(name)), list[tuple[_Fact, str]]()
        for covers in (False, True):
            fitting = fitting or [(fact, id) for fact in facts if (id := fact.fitting(words, covers=covers))]
        found = [one for one in fitting if not one[0].retracted_by] or fitting
        if len(found) == 1:
            return found[0][1]
        if found:
            listed = " or ".join(str(fact) for fact, _ in found[:5])
            raise LookupError(f"'{text}' can mean {listed}; add its verb, its date or an id, or name it as #12")
        remedy = "name an entry as #12, or like kent/concern/ID issued 2023-12"
        raise LookupError(f"nothing is on record as '{text}'; {remedy}")

    def as_recorded(self, event: Amendment) -> Amendment:
        """An amendment whose target was found by what it says, as it is on record, if it was recorded of an earlier
        version of the same fact; else as it is. A retraction is of the fact, and so of the first version."""
        facts = self._facts([event.matter])
        if isinstance(event, EntryRetracted):
            first = next((fact.ids[0] for fact in facts if event.target in fact.ids), event.target)
            return event.model_copy(update={"target": first})
        for other in self._matters[event.matter].recorded:
            same = isinstance(other, Amendment) and other.model_copy(update={"target": event.target}) == event
            if isinstance(other, Amendment) and same and any({other.target, event.target} <= {*it.ids} for it in facts):
                return other
        return event

    def _named(self, name: str) -> list[str]:
        """The matters that a name may mean; of an item the id is enough."""
        bodies = () if "/" in name else bodies_in(self._reader).registered
        return [*matters_named(self._reader, name), *(f"{body}/{of}/{name}" for body in bodies for of in ITEM_SUBJECTS)]

    def _facts(self, matters: Iterable[str]) -> list[_Fact]:
        names = list(dict.fromkeys(matters))
        for name, recorded in self._reader.matters(name for name in names if name not in self._matters).items():
            matter = self._matters[name] = _Matter()
            for entry in recorded:
                _add_recorded(matter, entry)
            for id, event in self._new.get(name, ()):
                _add_new(matter, id, event)
        return [fact for name in names for fact in self._matters[name].facts]


def matters_named(reader: Reader, id: str) -> list[str]:
    """The matters that an id may name, whether they have entries or not."""
    candidates = [id, f"document/{id}", f"body/{id}"]
    body, slash, rest = id.partition("/")
    if slash:
        candidates += [f"{slug}/{rest}" for slug in bodies_in(reader).known(body)]
    return candidates


def _add_recorded(matter: _Matter, entry: Entry) -> None:
    matter.recorded += [entry.content] if entry.content else []
    target = entry.amends.target if entry.amends else None
    matter.add(entry.event_id, entry.kind, entry.content, target, f"#{entry.position}")


def _add_new(matter: _Matter, id: str, event: Event) -> None:
    """Add a new event, unless it is on record already."""
    if event not in matter.recorded:
        matter.add(id, event.kind, event, event.target if isinstance(event, Amendment) else None, "")


def _describes(words: Iterable[str], event: Event, covers: bool) -> bool:
    effective: PartialDate | None = getattr(event, "effective", None)
    values = {event.kind.partition(".")[2].replace("_", "-"), effective and effective.text}
    values |= {str(getattr(event, name)) for name in event.identity or ()}
    return all(word.replace("_", "-") in values or (covers and _covers(word, effective)) for word in words)


def _covers(word: str, days: PartialDate | None) -> bool:
    """Whether a word is a date that covers these days, such as their month."""
    try:
        said = PartialDate.parse(word)
    except ValueError:
        return False
    return days is not None and said.earliest <= days.earliest and days.latest <= said.latest
