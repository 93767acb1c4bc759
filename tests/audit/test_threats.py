"""Every threat of docs/audit.md: it is forced into a real file, and `verify` names it.

What the rules refuse is refused when it is appended, and found when somebody who has the file puts it there.
"""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from events import Entry, Event
from events.correction import EntryCorrected, EntryRetracted, EntryWithheld, Replacement
from events.recorder import LogKeyRotated
from ledger.cli import run
from ledger.errors import Refused
from ledger.log.key import Signer
from ledger.log.policy import Policy
from ledger.recording import Draft, record
from ledger.statements import log_key_rotated
from ledger.store.ledger import Ledger
from ledger.store.mapper import leaf_of, what_remains
from tests.audit.forging import (
    bytes_of,
    checkpoint,
    found,
    notes_of,
    put,
    resigned,
    rewritten,
    signed,
    submissions_of,
    tampered,
    verified,
)
from tests.audit.small import Small, authorised, build, document, force, revoked
from tests.conftest import NOW, ORIGIN, now

SECRET, DECISION, HEAD = 6, 8, 12
"""The entry that is withheld in the small ledger, the one that says so, and its size."""


def append(small: Small, *events: Event, by: Signer) -> None:
    """Append as the recorder does."""
    with Ledger(small.path) as ledger:
        record(ledger, [Draft(event) for event in events], by, clock=now)


def forced(small: Small, *said: Any, by: Signer, **claims: Any) -> dict[str, list[int]]:
    """What is found when a submission is put at the end of a copy past every rule, signed by that key."""
    entries = bytes_of(small.path)
    copy = small.path.with_name("forced.db")
    return found(put(copy, [*entries, *signed(*said, by=by, onto=entries, **claims)]))


def with_entry(entries: list[bytes], position: int, data: bytes) -> list[bytes]:
    """Another entry in the place of one."""
    return [*entries[:position], data, *entries[position + 1 :]]


def test_what_was_never_touched_is_verified(small: Small) -> None:
    report = verified(small.path)
    assert report.ok
    assert report.size == HEAD
    assert all(check.done for check in report.checks.values())


def test_a_forger_who_keeps_to_the_rules_writes_a_lawful_ledger(small: Small) -> None:
    assert found(put(small.path, bytes_of(small.path), notes_of(small.path))) == {}
    assert forced(small, document("other"), by=small.clerk) == {}
    assert forced(small, force("surrey"), by=small.clerk, approved_by=small.reviewer) == {}


def test_the_command_says_it_and_exits_with_5(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--ledger", str(small.path), "verify"]) == 0
    assert f"Verified: {HEAD} entries" in capsys.readouterr().out
    tampered(small.path, "UPDATE entries SET topic = 'body.registered@2' WHERE position = 5")
    assert run(["--ledger", str(small.path), "verify"]) == 5
    told = capsys.readouterr().out
    assert "WRONG  stored       #5: its columns or bytes: stored otherwise than the entries make it" in told
    assert "NOT VERIFIED; the first bad entry is #5" in told


# A row, a column, a byte


_AGAIN = "INSERT INTO entries SELECT {}, matter, 9, topic, NULL, entry FROM entries"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE entries SET matter = 'body/surrey' WHERE position = 5", {"stored": [5]}),
        ("UPDATE entries SET sequence = 7 WHERE position = 5", {"stored": [5]}),
        ("UPDATE entries SET event_id = zeroblob(32) WHERE position = 5", {"stored": [5]}),
        ("UPDATE entries SET event_id = NULL WHERE position = 5", {"stored": [5]}),
        ("INSERT INTO refs VALUES ('body/kent', 3)", {"stored": [3]}),
        ("DELETE FROM refs WHERE position = 5", {"stored": [5]}),
        ("UPDATE head SET size = 99", {"stored": []}),
        ("UPDATE head SET root = zeroblob(32)", {"stored": []}),
        ("DELETE FROM head", {"stored": []}),
        ("UPDATE checkpoints SET size = 5 WHERE number = 2", {"stored": []}),
        ("UPDATE checkpoints SET note = x'00' WHERE number = 2", {"checkpoints": []}),
        ("DELETE FROM checkpoints WHERE number = 1", {"stored": []}),
        ("DELETE FROM entries WHERE position = 5", {"file": [5]}),
        ("DELETE FROM entries WHERE position = 0", {"file": [0]}),
        ("UPDATE entries SET position = 99 WHERE position = 5", {"file": [5]}),
        ("UPDATE entries SET position = -5 WHERE position = 5", {"file": [0]}),
        (f"{_AGAIN.format(12)} WHERE position = 5", {"matters": [12], "submissions": [12]}),
        (f"{_AGAIN.format(-1)} WHERE position = 5", {"file": [0]}),
    ],
)
def test_a_row_or_column_changed(small: Small, change: str, where: dict[str, list[int]]) -> None:
    assert found(tampered(small.path, change)) == where


def test_a_byte_changed(small: Small) -> None:
    entries = bytes_of(small.path)
    title = entries[4].replace(b"The letter", b"The latter")
    assert found(put(small.path, with_entry(entries, 4, title))) == {"submissions": [4, 7, 8, 10], "signatures": [4]}
    earlier = entries[5].replace(b"2026-11-21T09:30", b"2026-11-21T09:31")
    assert found(put(small.path, with_entry(entries, 5, earlier)))["submissions"][0] == 7
    assert found(tampered(small.path, "UPDATE entries SET entry = x'7b7d' WHERE position = 5"))["form"] == [5]


# The whole, the end, the order


def test_everything_rewritten_and_signed_anew(small: Small) -> None:
    """By who has the log key and those of the recorders: nothing inside the file tells, an earlier checkpoint does."""
    kept = notes_of(small.path)[-1]
    anew = resigned(without_the_secret(bytes_of(small.path)), small.keys, lambda said: with_title(said, "The lettre"))
    assert found(put(small.path, anew, [checkpoint(anew, small.log_key)])) == {}
    report = verified(small.path, checkpoints={"kept": kept})
    assert found(report) == {"checkpoints": []}
    assert "kept: it is of 12 entries, and there are 8" in report.checks["checkpoints"].detail


def test_another_ledger_under_the_same_name(small: Small, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = build(tmp_path / "other")
    assert found(verified(other.path)) == {}
    assert found(verified(other.path, checkpoints={"kept": notes_of(small.path)[0]})) == {"checkpoints": []}
    known = Policy.parse(f"log {small.log_key.verifier}\nquorum none\n")
    assert found(verified(other.path, policy=known)) == {"policy": []}
    assert found(verified(small.path, policy=known)) == {}


def without_the_secret(entries: list[bytes]) -> list[bytes]:
    """The small ledger as if nothing were withheld in it."""
    firsts = submissions_of(entries)
    return [data for n in (0, 1, 2, 5) for data in firsts[n] if b'"withheld":' not in data]


def with_title(said: dict[str, Any], title: str) -> dict[str, Any]:
    """The letter under another title."""
    data = {**said["data"], "title": title} if said["matter"] == "document/letter" else said["data"]
    return {**said, "data": data}


def test_a_rollback_to_a_backup(small: Small) -> None:
    backup = bytes_of(small.path)
    append(small, document("later"), by=small.clerk)
    kept = checkpoint(bytes_of(small.path), small.log_key)
    assert found(put(small.path, backup, notes_of(small.path))) == {}
    report = verified(small.path, checkpoints={"kept": kept})
    assert found(report) == {"checkpoints": []}
    assert "kept: it is of 13 entries, and there are 12: the end was cut off, or rolled back" in str(report.checks)


def test_two_views_for_two_auditors(small: Small) -> None:
    """Each auditor's checkpoint is good by itself; either one tells that the other's ledger is another."""
    shared = bytes_of(small.path)
    one, other = (shared + signed(document(name), by=small.clerk, onto=shared) for name in ("this", "that"))
    kept = checkpoint(one, small.log_key)
    assert found(put(small.path, one, [kept])) == {}
    assert found(put(small.path, other, [checkpoint(other, small.log_key)])) == {}
    report = verified(small.path, checkpoints={"kept": kept})
    assert found(report) == {"checkpoints": []}
    assert "it is of another log of 13 entries: this one was rewritten, or it was forked" in str(report.checks)


def test_a_cut_tail(small: Small) -> None:
    entries, notes = bytes_of(small.path), notes_of(small.path)
    assert found(tampered(small.path, "DELETE FROM entries WHERE position >= 10")) == {
        "stored": [10, 11],
        "checkpoints": [],
    }
    assert found(put(small.path, entries[:10], notes)) == {"checkpoints": []}
    assert found(put(small.path, entries[:10], notes[:1])) == {}, "without the checkpoint nothing in the file tells"
    assert found(verified(small.path, checkpoints={"kept": notes[1]})) == {"checkpoints": []}


def test_a_tail_cut_inside_a_submission(small: Small) -> None:
    report = put(small.path, bytes_of(small.path)[:11])
    assert found(report) == {"submissions": [10]}
    assert "of its 2 entries only 1 are here: the end is cut off" in report.checks["submissions"].detail


def test_an_entry_dropped_from_the_middle(small: Small) -> None:
    entries = bytes_of(small.path)
    assert min(found(put(small.path, entries[:5] + entries[6:]))["submissions"]) in (4, 6)


def test_submissions_reordered(small: Small) -> None:
    entries = bytes_of(small.path)
    one, two = submissions_of(entries + signed(document("other"), by=small.clerk, onto=entries))[-2:]
    moved = put(small.path, [*entries[:10], *two, *one])
    assert found(moved)["submissions"][0] == 10
    renumbered = signed(document("other"), by=small.clerk, onto=entries[:10], seen={"size": 12, "root": "A" * 43 + "="})
    assert found(put(small.path, entries[:10] + renumbered))["submissions"] == [10]
    twice = [*entries, *one]
    assert found(put(small.path, twice))["submissions"] == [12]


def test_submissions_reordered_are_refused_at_append(small: Small) -> None:
    """Who appends cannot choose a place: it is taken under the lock, and what rests on it is signed."""
    append(small, document("other"), by=small.clerk)
    with Ledger(small.path) as ledger, ledger.reading() as reader:
        (entry,) = reader.at([12])
    assert entry.submission["first"] == entry.submission["seen"]["size"] == 12


# Back-dating


def test_a_time_of_recording_before_the_one_before(small: Small) -> None:
    assert forced(small, document("other"), by=small.clerk, at=NOW - timedelta(days=1)) == {"clock": [12]}


def test_a_time_of_recording_changed_afterwards(small: Small) -> None:
    entries = bytes_of(small.path)
    early = rewritten(entries[5], recorded_at="2026-11-20T09:30:00.000000Z")
    assert found(put(small.path, with_entry(entries, 5, early))) == {"clock": [5], "submissions": [7, 8, 10]}


def test_a_late_submission_moved_earlier(small: Small) -> None:
    entries = bytes_of(small.path)
    late = signed(document("other"), by=small.clerk, onto=entries)
    report = put(small.path, [*entries[:7], *late, *entries[7:]])
    assert found(report)["submissions"][0] == 7
    anew = signed(document("other"), by=small.clerk, onto=entries[:7])
    assert found(put(small.path, [*entries[:7], *anew, *entries[7:]]))["submissions"][0] == 8


# Keys


def test_a_stolen_key_used_after_it_was_revoked(small: Small) -> None:
    append(small, revoked(small.clerk), by=small.keeper)
    with pytest.raises(Refused, match=r"has been revoked \(#12\)"):
        append(small, document("other"), by=small.clerk)
    assert forced(small, document("other"), by=small.clerk) == {"authority": [13]}


def test_a_stolen_key_used_as_if_before_it_was_revoked(small: Small) -> None:
    """The submission must say what it saw, so it fits in no other place than the end."""
    entries = bytes_of(small.path)
    append(small, revoked(small.clerk), by=small.keeper)
    with_revocation = bytes_of(small.path)
    early = signed(document("other"), by=small.clerk, onto=entries)
    assert found(put(small.path, [*with_revocation, *early]))["submissions"] == [13]


def test_a_key_that_nobody_authorised(small: Small) -> None:
    stranger = Signer.generate("stranger")
    with pytest.raises(Refused, match="is not authorised here"):
        append(small, document("other"), by=stranger)
    assert forced(small, document("other"), by=stranger) == {"signatures": [12], "authority": [12]}
    own = authorised(stranger, "keeper")
    assert forced(small, own, document("another"), by=stranger) == {"authority": [12]}


def test_a_key_used_for_a_kind_that_it_may_not_record(small: Small) -> None:
    other = authorised(Signer.generate("other"), "keeper")
    with pytest.raises(Refused, match=r"is a clerk, and may not record recorder\.authorised"):
        append(small, document("other"), other, by=small.clerk)
    assert forced(small, document("other"), other, by=small.clerk) == {"authority": [13]}
    narrow = Signer.generate("narrow")
    append(small, authorised(narrow, "clerk", "monitoring"), by=small.keeper)
    with pytest.raises(Refused, match=r"only monitoring, and may not record document\.registered"):
        append(small, document("other"), by=narrow)
    assert forced(small, document("other"), by=narrow) == {"authority": [13]}


def test_a_signature_that_is_anothers(small: Small) -> None:
    entries = bytes_of(small.path)
    forged = signed(document("other"), by=small.clerk, onto=entries)
    as_keeper = [rewritten(data, recorded_by=small.keeper.verifier.id) for data in forged]
    assert found(put(small.path, entries + as_keeper)) == {"signatures": [12]}
    several = signed(document("other"), document("another"), by=small.clerk, onto=entries)
    several[1] = rewritten(several[1], recorded_by=small.keeper.verifier.id)
    assert found(put(small.path, entries + several)) == {"signatures": [12]}


def test_four_eyes_missing_or_forged(small: Small) -> None:
    with pytest.raises(Refused, match="needs a second recorder's approval"):
        append(small, force("surrey"), by=small.clerk)
    surrey = force("surrey")
    assert forced(small, surrey, by=small.clerk) == {"authority": [12]}
    forged = {"by": small.reviewer.verifier.id, "signature": "A" * 86 + "=="}
    entries = bytes_of(small.path)[:HEAD]
    for wrong in (
        signed(surrey, by=small.clerk, onto=entries, cosigned=forged),
        signed(surrey, by=small.clerk, onto=entries, approved_by=small.clerk),
        signed(surrey, by=small.clerk, onto=entries, approved_by=Signer.generate("stranger")),
    ):
        assert found(put(small.path, entries + wrong)) == {"authority": [12]}


def test_an_approval_of_another_batch(small: Small) -> None:
    entries = bytes_of(small.path)
    other = signed(force("sussex"), by=small.clerk, onto=entries, approved_by=small.reviewer)
    approval = Entry.read(12, other[0]).submission["cosigned"]
    assert forced(small, force("surrey"), by=small.clerk, cosigned=approval) == {"authority": [12]}


def rotated(small: Small) -> tuple[LogKeyRotated, Signer]:
    """The entry that puts a new log key in the place of the old, and the new key."""
    new = Signer.generate(ORIGIN)
    says = log_key_rotated(ORIGIN, str(small.log_key.verifier), str(new.verifier))
    signatures = {"signed_by_old": says.signed_by(small.log_key), "signed_by_new": says.signed_by(new)}
    return LogKeyRotated(log_key=str(new.verifier), **signatures), new


def test_the_old_log_key_used_after_its_rotation(small: Small) -> None:
    event, new = rotated(small)
    append(small, event, by=small.keeper)
    entries = bytes_of(small.path)
    assert found(put(small.path, entries, [*notes_of(small.path), checkpoint(entries, new)])) == {}
    report = put(small.path, entries, [checkpoint(entries, small.log_key)])
    assert found(report) == {"checkpoints": []}
    assert "checkpoint 1: no key of example.org/test-ledger that is trusted here" in str(report.checks)


def test_a_log_key_put_in_place_without_the_old_one(small: Small) -> None:
    event, new = rotated(small)
    assert forced(small, event.model_copy(update={"signed_by_old": event.signed_by_new}), by=small.keeper) == {
        "rules": [12]
    }
    entries = bytes_of(small.path)[:HEAD]
    report = put(small.path, entries, [checkpoint(entries, new)])
    assert found(report) == {"checkpoints": []}


def test_a_checkpoint_whose_signature_was_changed(small: Small) -> None:
    good = notes_of(small.path)[0]
    bad = good[:-6] + (b"AAAA" if good[-6:-2] != b"AAAA" else b"BBBB") + good[-2:]
    assert "is not good" in str(put(small.path, bytes_of(small.path), [bad]).checks["checkpoints"])


# What cannot have been recorded


def test_an_entry_copied_from_another_ledger(small: Small) -> None:
    entries = bytes_of(small.path)
    foreign = signed(document("other"), by=small.clerk, onto=entries, ledger="example.org/another-ledger")
    assert found(put(small.path, entries + foreign))["matters"] == [12]
    alien = put(small.path, with_entry(entries, 5, rewritten(entries[5], event__ledger="example.org/another-ledger")))
    assert found(alien)["matters"] == [5]


def test_an_entry_copied_from_another_ledger_is_refused_at_append(small: Small) -> None:
    """The ledger's name is in the event, and so in its id and in what is signed; it is never taken from a batch."""
    append(small, document("other"), by=small.clerk)
    assert Entry.read(12, bytes_of(small.path)[12]).ledger == ORIGIN


def test_the_same_event_twice(small: Small) -> None:
    size = len(bytes_of(small.path))
    append(small, document("report"), by=small.clerk)
    assert len(bytes_of(small.path)) == size, "what is on record is not recorded again"
    assert forced(small, document("report"), by=small.clerk) == {"rules": [12]}
    assert forced(small, document("twin"), document("twin"), by=small.clerk) == {"rules": [12, 13]}


def test_the_same_fact_in_other_words(small: Small) -> None:
    other = document("report").model_copy(update={"title": "Something else"})
    with pytest.raises(Refused, match="records this fact already"):
        append(small, other, by=small.clerk)
    assert forced(small, other, by=small.clerk) == {"rules": [12]}


def test_the_register_of_forces_changed(small: Small) -> None:
    entries = bytes_of(small.path)
    renamed = rewritten(entries[5], event__data__name="Greater Kent Police")
    assert found(put(small.path, with_entry(entries, 5, renamed)))["submissions"][0] == 4


def test_a_force_of_anothers_name(small: Small) -> None:
    other = force("surrey").model_copy(update={"name": "Kent Police"})
    with pytest.raises(Refused, match="is known as kent"):
        append(small, other, by=small.keeper)
    assert forced(small, other, by=small.clerk, approved_by=small.reviewer) == {"rules": [12]}


@pytest.mark.parametrize("number", [0, 2, 99])
def test_a_set_of_rules_that_nobody_knows(small: Small, number: int) -> None:
    assert forced(small, document("other"), by=small.clerk, rules=number) == {"rules": [12]}


def test_a_kind_that_nobody_knows(small: Small) -> None:
    unknown = {"kind": "force.abolished", "version": 1, "data": {"body": "kent"}, "matter": "body/kent"}
    newer = {"kind": "document.registered", "version": 99, "data": {}, "matter": "document/x"}
    entries = bytes_of(small.path)
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
    entries = bytes_of(small.path)
    (data,) = signed(document("other"), by=small.clerk, onto=entries)
    assert change(data) != data
    assert found(put(small.path, [*entries, change(data)])) == {"form": [12]}


# What is withheld


def test_an_entry_withheld_without_a_decision(small: Small) -> None:
    entries = bytes_of(small.path)
    stub = what_remains(Entry.read(11, entries[11]))
    assert found(put(small.path, with_entry(entries, 11, stub))) == {"withheld": [11]}


@pytest.mark.parametrize(
    "field", [{"withheld__event_id": "ab" * 32}, {"withheld__leaf": "ab" * 32}, {"withheld__ledger": "example.org/b"}]
)
def test_what_is_left_of_an_entry_changed_where_it_is_signed(small: Small, field: dict[str, Any]) -> None:
    entries = bytes_of(small.path)
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
    entries = bytes_of(small.path)
    report = put(small.path, with_entry(entries, SECRET, rewritten(entries[SECRET], **field)))
    assert SECRET in found(report)["withheld"]


def test_bytes_that_are_still_there_although_they_are_withheld(small: Small) -> None:
    entries = bytes_of(small.path)
    whole = signed(document("letter"), force("kent"), document("secret"), by=small.clerk, onto=entries[:4])[-1]
    assert leaf_of(whole) == leaf_of(entries[SECRET])
    assert found(put(small.path, with_entry(entries, SECRET, whole))) == {"stored": [SECRET]}


def test_a_decision_to_withhold_what_stands(small: Small) -> None:
    entries = bytes_of(small.path)
    report = Entry.read(11, entries[11])
    act = EntryWithheld(target=report.event_id, stream=report.matter, ground="court-order", reason="None.")
    with pytest.raises(Refused, match="#11 stands; retract or correct it first"):
        append(small, act, by=small.keeper)
    stub = with_entry(entries, 11, what_remains(report))
    assert found(put(small.path, stub + signed(act, by=small.keeper, onto=stub)))["rules"] == [12]


def test_a_decision_that_is_taken_twice(small: Small) -> None:
    entries = bytes_of(small.path)
    secret = Entry.read(SECRET, entries[SECRET])
    act = EntryWithheld(target=secret.event_id, stream=secret.matter, ground="court-order", reason="Again.")
    with pytest.raises(Refused, match="#6 is withheld already"):
        append(small, act, by=small.keeper)
    assert forced(small, act, by=small.keeper) == {"rules": [12]}


def test_what_is_withheld_and_restored_in_one_batch(small: Small) -> None:
    entries = bytes_of(small.path)
    (gone,) = signed(document("gone"), by=small.clerk, onto=entries)
    said = Entry.read(12, gone)
    append(small, document("gone"), by=small.clerk)
    retraction = EntryRetracted(target=said.event_id, stream=said.matter, reason="A name.")
    append(small, retraction, by=small.clerk)
    act = EntryWithheld(target=said.event_id, stream=said.matter, ground="court-order", reason="Ordered.")
    undone = EntryRetracted(target=_last(small).event_id, stream=said.matter, reason="It held.")
    with pytest.raises(Refused, match="would stand again, which is withheld"):
        append(small, act, undone, by=small.keeper)
    append(small, act, by=small.keeper)
    assert found(verified(small.path)) == {}


def _last(small: Small) -> Entry:
    entries = bytes_of(small.path)
    return Entry.read(len(entries) - 1, entries[-1])


def test_a_line_of_corrections_of_which_some_are_withheld(small: Small) -> None:
    """Lawful: what was judged then by what is gone now is told in a note, and what stands is judged."""
    targets = [Entry.read(11, bytes_of(small.path)[11])]
    for title in ("Another name", "A name", "No name"):
        append(small, retitled(targets[-1], title), by=small.clerk)
        targets.append(_last(small))
    *gone, last = targets
    acts = [
        EntryWithheld(target=entry.event_id, stream=entry.matter, ground="court-order", reason="Ordered.")
        for entry in reversed(gone)
    ]
    append(small, *acts, by=small.keeper)
    append(small, retitled(last, "No name at all"), by=small.clerk)
    report = verified(small.path)
    assert found(report) == {}
    assert all("cannot be judged" in note for note in report.checks["rules"].notes)
    assert forced(small, retitled(gone[0], "Another fork"), by=small.clerk) == {"rules": [19]}


def retitled(entry: Entry, title: str) -> EntryCorrected:
    """A correction of the report's title."""
    better = document("report").model_copy(update={"title": title})
    replacement = Replacement(kind=better.kind, version=better.version, data=better.data())
    return EntryCorrected(
        target=entry.event_id, stream=entry.matter, type="recording-error", reason="A name.", replacement=replacement
    )
