"""The form of an entry: whatever is not written as this program writes it is refused, and the message says what."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from events import Entry, Event, canonical
from events.amendment import EntryRetracted
from events.recorder import RecorderRevoked
from ledger.store.form import Malformed, read_entry
from ledger.store.reader import StoredEntry

Json = dict[str, Any]
TARGET, OTHER = "ab" * 32, "cd" * 32
RETRACTION = EntryRetracted(target=TARGET, stream="kent/monitoring", reason="It was of another force.")
REVOCATION = RecorderRevoked(recorder="clerk+5f2a9c01", reason="She left.")


def written(event: Event) -> Entry:
    entry = Entry.unwritten(
        event, ledger="example.org/test", position=3, sequence=1, recorded_at=datetime(2026, 1, 1, tzinfo=UTC),
        recorded_by="clerk+00000000",
    )  # fmt: skip
    return entry.written({"first": 3, "size": 1, "rules": 1})


def read(entry: Entry, change: Callable[[Json], object] = lambda envelope: None, **beside: bytes | None) -> Entry:
    """An entry with its envelope changed, read as one that nobody vouches for."""
    envelope = json.loads(entry.envelope)
    change(envelope)
    return read_entry(StoredEntry(3, canonical.encode(envelope), beside.get("salted", entry.salted)))


@pytest.mark.parametrize("event", [RETRACTION, REVOCATION], ids=["data beside", "data in the envelope"])
def test_what_is_written_is_read(event: Event) -> None:
    assert read(written(event)).event == event


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda of: of["event"]["amends"].update(documents=[]), "not written as this ledger writes it"),
        (lambda of: of["event"]["amends"].update(target=OTHER), "is not what its event amends"),
        (lambda of: of["event"].pop("amends"), "does not say what it amends, or is no amendment"),
        (lambda of: of["event"].update(matter="essex/monitoring"), "its event is of kent/monitoring"),
        (lambda of: of["event"].update(data={}), "its data are not where this ledger writes them"),
        (lambda of: of.update(recorded_at="2026-01-01T24:00:00.000000Z"), "hour must be in|recorded_at"),
        (lambda of: of.update(recorded_at="2026-01-01T00:00:00Z"), "recorded_at"),
        (lambda of: of.update(more=1), "more"),
    ],
)
def test_another_form_is_refused(change: Callable[[Json], object], says: str) -> None:
    with pytest.raises(Malformed, match=says):
        read(written(RETRACTION), change)


def test_an_amendment_whose_data_are_withheld_still_has_a_type_that_it_can_have() -> None:
    entry = written(RETRACTION)
    assert read(entry, salted=None).is_withheld
    with pytest.raises(Malformed, match=r"entry\.retracted is of no type recording-error"):
        read(entry, lambda of: of["event"]["amends"].update(type="recording-error"), salted=None)
