"""What a fact, an entry in force, says of itself: its days, its name in messages, its subject, its documents."""

from collections.abc import Iterable
from datetime import date

from events import Entry, WorldEvent
from events.amendment import EntryContradicted, EntryCorrected
from events.dates import london_day
from events.document import DocumentSought
from projections.days import ALWAYS, Days, when


def dated(entry: Entry) -> Days:
    """The earliest and latest day on which an entry's event took effect. If its date has an open end, it had taken
    effect by the day of its recording."""
    event = entry.event
    if not isinstance(event, WorldEvent | DocumentSought):
        return ALWAYS
    earliest, latest = event.effective.earliest, event.effective.latest
    if event.effective.text.endswith(".."):
        latest = max(min(latest, london_day(entry.recorded_at)), earliest)
    return Days(earliest, latest)


def by_date(entry: Entry) -> tuple[date, date, int, int, bytes]:
    """A sort key: by latest day, then by the natural rank of their kinds; a tie is broken by what they say."""
    earliest, latest = dated(entry)
    order = entry.event.order if isinstance(entry.event, WorldEvent) else None
    return latest, earliest, entry.event.rank, order or 0, entry.data


def claims(entry: Entry) -> list[tuple[Days, int]]:
    """The days that other sources give for an entry's event, each with the position of the contradiction."""
    return [
        (Days(said.effective.earliest, said.effective.latest), other.position)
        for other in entry.contradicted
        if isinstance(said := other.content, EntryContradicted) and said.effective
    ]


def label(entry: Entry) -> str:
    """The name of an entry in messages: "#12", or "this batch" before it is recorded."""
    return f"#{entry.position}" if entry.envelope else "this batch"


def subject_of(entry: Entry) -> str:
    """The subject that the matter of a body's entry names: "concern"."""
    return entry.matter.split("/")[1]


def day_and_source(entry: Entry) -> str:
    """When the event of an entry was, its name, and what it cites: "on 2024-05-02 (#53, by kent-letter)"."""
    cited = ", ".join(documents_of(entry))
    return f"{when(dated(entry))} ({label(entry)}{f', by {cited}' if cited else ''})"


def documents_of(entry: Entry) -> list[str]:
    """The documents that the event of an entry cites."""
    return [citation.document for citation in getattr(entry.content, "documents", ())]


def cited_by(entry: Entry) -> list[str]:
    """The documents that an entry cites; of a correction, those of what it puts in place too."""
    event = entry.content
    replaced = event.replacement.event if isinstance(event, EntryCorrected) else None
    cited = (*getattr(event, "documents", ()), *getattr(replaced, "documents", ()))
    return list(dict.fromkeys(citation.document for citation in cited))


def say_so(entry: Entry) -> list[str]:
    """The documents that say what an entry says now: those that it cites, and those of corroborations and corrections,
    without those that say what was corrected."""
    beside = [other.amends for other in entry.corroborated if other.amends and other.event_id not in entry.outdated]
    also = [document for amends in beside for document in amends.documents]
    return list(dict.fromkeys([*(it for it in documents_of(entry) if it not in entry.outdated), *also]))


def rests_on(entries: Iterable[Entry]) -> dict[str, list[int]]:
    """The positions of the entries that a value rests on, with their amendments; and of those that contradict them."""
    entries = list(entries)
    return {
        "entries": sorted({position for entry in entries for position in (entry.position, *entry.amended_by)}),
        "sources_differ": sorted({other.position for entry in entries for other in entry.contradicted}),
    }
