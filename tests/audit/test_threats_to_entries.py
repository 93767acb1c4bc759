"""The threats of docs/audit.md: entries that cannot have been recorded here, and what is withheld.

What the rules refuse is refused when it is appended, and found when somebody who has the file puts it there.
"""

from collections.abc import Callable
from typing import Any

import pytest

from events import Entry
from events.amendment import EntryCorrected, EntryRetracted, EntryWithheld, Replacement
from ledger.errors import Refused
from ledger.store.leaf import leaf_of, stub_of
from tests.audit.forging import (
    found,
    put,
    rewritten,
    signed,
    verified,
    with_entry,
)
from tests.audit.small import SECRET, Small, document, force
from tests.conftest import ORIGIN

# What cannot have been recorded


def test_an_entry_copied_from_another_ledger(small: Small) -> None:
    entries = small.entries
    foreign = signed(document("other"), by=small.clerk, onto=entries, ledger="example.org/another-ledger")
    assert found(put(small.path, entries + foreign))["matters"] == [12]
    alien = put(small.path, with_entry(entries, 5, rewritten(entries[5], event__ledger="example.org/another-ledger")))
    assert found(alien)["matters"] == [5]


def test_an_entry_copied_from_another_ledger_is_refused_at_append(small: Small) -> None:
    """The ledger's name is in the event, and so in its id and in what is signed; it is never taken from a batch."""
    small.append(document("other"), by=small.clerk)
    assert Entry.read(12, small.entries[12]).ledger == ORIGIN


def test_the_same_event_twice(small: Small) -> None:
    size = len(small.entries)
    small.append(document("report"), by=small.clerk)
    assert len(small.entries) == size, "what is on record is not recorded again"
    assert small.forced(document("report"), by=small.clerk) == {"rules": [12]}
    assert small.forced(document("twin"), document("twin"), by=small.clerk) == {"rules": [12, 13]}


def test_the_same_fact_in_other_words(small: Small) -> None:
    other = document("report").model_copy(update={"title": "Something else"})
    with pytest.raises(Refused, match="records this fact already"):
        small.append(other, by=small.clerk)
    assert small.forced(other, by=small.clerk) == {"rules": [12]}


def test_the_register_of_forces_changed(small: Small) -> None:
    entries = small.entries
    renamed = rewritten(entries[5], event__data__name="Greater Kent Police")
    assert found(put(small.path, with_entry(entries, 5, renamed)))["submissions"][0] == 4


def test_a_force_of_anothers_name(small: Small) -> None:
    other = force("surrey").model_copy(update={"name": "Kent Police"})
    with pytest.raises(Refused, match="is known as kent"):
        small.append(other, by=small.keeper)
    assert small.forced(other, by=small.clerk, approved_by=small.reviewer) == {"rules": [12]}


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_set_of_rules_that_nobody_knows(small: Small, number: int) -> None:
    assert small.forced(document("other"), by=small.clerk, rules=number) == {"rules": [12]}


def test_a_kind_that_nobody_knows(small: Small) -> None:
    unknown = {"kind": "force.abolished", "version": 1, "data": {"body": "kent"}, "matter": "body/kent"}
    newer = {"kind": "document.registered", "version": 99, "data": {}, "matter": "document/x"}
    entries = small.entries
    for said in (unknown, newer):
        report = put(small.path, entries + signed(said, by=small.clerk, onto=entries))
        assert found(report) == {"form": [12]}
        assert f"no event {said['kind']} version {said['version']}" in report.checks["form"].detail


def respelt(old: bytes, new: bytes) -> Callable[[bytes], bytes]:
    """The same entry, in which something is spelt otherwise."""
    return lambda data: data.replace(old, new)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda data: data + b"\n", id="a newline"),
        pytest.param(lambda data: data[:-1], id="cut off"),
        pytest.param(lambda data: b" " + data, id="a space"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":0.0'), id="a float"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":-0'), id="minus nought"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":true'), id="a truth for a number"),
        pytest.param(respelt(b'"sequence":0', b'"sequence":0,"sequence":0'), id="a key twice"),
        pytest.param(respelt(b"The other", b"The other caf\xc3\xa9".replace(b"\xc3\xa9", b"e\xcc\x81")), id="not NFC"),
        pytest.param(respelt(b"The other", b"The o\\u0074her"), id="an escape that is not needed"),
        pytest.param(respelt(b"The other", b"The other \xff"), id="not UTF-8"),
        pytest.param(respelt(b"The other", b"The other\\u0007"), id="a control character"),
        pytest.param(respelt(b"The other", "The \u200bother".encode()), id="a zero-width space"),
        pytest.param(respelt(b"The other", "The \u202eother".encode()), id="an override of the writing direction"),
        pytest.param(respelt(b"The other", "The other\U000e0041".encode()), id="a tag"),
        pytest.param(respelt(b'"title":"The other"', b'"title":" The other"'), id="not as we write it"),
        pytest.param(respelt(b'"version":1', b'"version":1,"x":null'), id="a null"),
        pytest.param(respelt(b'"matter":"document/other"', b'"matter":"document/another"'), id="another matter"),
        pytest.param(respelt(b".000000Z", b"Z"), id="a time of another form"),
        pytest.param(respelt(b"The other", b"x" * 66_000), id="too long"),
        pytest.param(lambda _: b"[" * 60_000, id="deep"),
        pytest.param(lambda _: b"", id="nothing"),
    ],
)  # fmt: skip
def test_bytes_that_nobody_writes(small: Small, change: Callable[[bytes], bytes]) -> None:
    entries = small.entries
    (data,) = signed(document("other"), by=small.clerk, onto=entries)
    assert change(data) != data
    assert found(put(small.path, [*entries, change(data)])) == {"form": [12]}


# What is withheld


def test_an_entry_withheld_without_a_decision(small: Small) -> None:
    entries = small.entries
    stub = stub_of(Entry.read(11, entries[11]))
    assert found(put(small.path, with_entry(entries, 11, stub))) == {"withheld": [11]}


@pytest.mark.parametrize(
    "field", [{"withheld__event_id": "ab" * 32}, {"withheld__leaf": "ab" * 32}, {"withheld__ledger": "example.org/b"}]
)
def test_what_is_left_of_an_entry_changed_where_it_is_signed(small: Small, field: dict[str, Any]) -> None:
    entries = small.entries
    report = put(small.path, with_entry(entries, SECRET, rewritten(entries[SECRET], **field)))
    assert not report.ok
    assert report.first_bad in (4, SECRET, 7)


@pytest.mark.parametrize(
    "field",
    [
        {"recorded_at": "2026-11-21T09:30:00.000001Z"},
        {"withheld__kind": "document.revised"},
        {"withheld__version": 2},
        {"withheld__target": "ab" * 32},
    ],
)
def test_what_is_left_of_an_entry_changed_where_nothing_else_vouches_for_it(
    small: Small, field: dict[str, Any]
) -> None:
    entries = small.entries
    report = put(small.path, with_entry(entries, SECRET, rewritten(entries[SECRET], **field)))
    assert SECRET in found(report)["withheld"]


def test_bytes_that_are_still_there_although_they_are_withheld(small: Small) -> None:
    entries = small.entries
    whole = signed(document("letter"), force("kent"), document("secret"), by=small.clerk, onto=entries[:4])[-1]
    assert leaf_of(whole) == leaf_of(entries[SECRET])
    assert found(put(small.path, with_entry(entries, SECRET, whole))) == {"stored": [SECRET]}


def test_a_decision_to_withhold_what_stands(small: Small) -> None:
    entries = small.entries
    report = Entry.read(11, entries[11])
    act = EntryWithheld(target=report.event_id, stream=report.matter, ground="court-order", reason="None.")
    with pytest.raises(Refused, match="#11 is in force; retract or correct it first"):
        small.append(act, by=small.keeper)
    stub = with_entry(entries, 11, stub_of(report))
    assert found(put(small.path, stub + signed(act, by=small.keeper, onto=stub)))["rules"] == [12]


def test_a_decision_that_is_taken_twice(small: Small) -> None:
    entries = small.entries
    secret = Entry.read(SECRET, entries[SECRET])
    act = EntryWithheld(target=secret.event_id, stream=secret.matter, ground="court-order", reason="Again.")
    with pytest.raises(Refused, match="#6 is withheld already"):
        small.append(act, by=small.keeper)
    assert small.forced(act, by=small.keeper) == {"rules": [12]}


def test_what_is_withheld_and_restored_in_one_batch(small: Small) -> None:
    entries = small.entries
    (gone,) = signed(document("gone"), by=small.clerk, onto=entries)
    said = Entry.read(12, gone)
    small.append(document("gone"), by=small.clerk)
    retraction = EntryRetracted(target=said.event_id, stream=said.matter, reason="A name.")
    small.append(retraction, by=small.clerk)
    act = EntryWithheld(target=said.event_id, stream=said.matter, ground="court-order", reason="Ordered.")
    undone = EntryRetracted(target=small.last.event_id, stream=said.matter, reason="It held.")
    with pytest.raises(Refused, match="would be in force again, which is withheld"):
        small.append(act, undone, by=small.keeper)
    small.append(act, by=small.keeper)
    assert found(verified(small.path)) == {}


def test_a_line_of_corrections_of_which_some_are_withheld(small: Small) -> None:
    """Lawful: what was judged then by what is gone now is told in a note, and what stands is judged."""
    targets = [Entry.read(11, small.entries[11])]
    for title in ("Another name", "A name", "No name"):
        small.append(retitled(targets[-1], title), by=small.clerk)
        targets.append(small.last)
    *gone, last = targets
    acts = [
        EntryWithheld(target=entry.event_id, stream=entry.matter, ground="court-order", reason="Ordered.")
        for entry in reversed(gone)
    ]
    small.append(*acts, by=small.keeper)
    small.append(retitled(last, "No name at all"), by=small.clerk)
    report = verified(small.path)
    assert found(report) == {}
    assert all("cannot be checked" in note for note in report.checks["rules"].notes)
    assert small.forced(retitled(gone[0], "Another fork"), by=small.clerk) == {"rules": [19]}


def retitled(entry: Entry, title: str) -> EntryCorrected:
    """A correction of the report's title."""
    better = document("report").model_copy(update={"title": title})
    replacement = Replacement(kind=better.kind, version=better.version, data=better.data())
    return EntryCorrected(
        target=entry.event_id, stream=entry.matter, type="recording-error", reason="A name.", replacement=replacement
    )
