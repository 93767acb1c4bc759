"""The threats of docs/audit.md: each is forced into a real file, and `verify` names it.

Here: what is stored, the whole, the end, the order, and the time.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.cli.help import page
from ledger.log.policy import Policy
from ledger.store.store import Store
from tests.audit.forging import (
    Stored,
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
    with_data,
    with_entry,
)
from tests.audit.small import SIZE, Small, build, document, force
from tests.conftest import NOW


def test_what_was_never_touched_is_verified(small: Small) -> None:
    report = verified(small.path)
    assert report.ok
    assert report.size == SIZE
    assert all(check.done for check in report.checks.values())


def test_a_forger_who_keeps_to_the_rules_writes_a_lawful_ledger(small: Small) -> None:
    assert found(put(small.path, small.entries, notes_of(small.path))) == {}
    assert small.forced(document("other"), by=small.clerk) == {}
    assert small.forced(force("surrey"), by=small.clerk, approved_by=small.reviewer) == {}


def test_the_command_says_it_and_exits_with_5(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--ledger", str(small.path), "verify"]) == 0
    assert f"Verified: {SIZE} entries" in capsys.readouterr().out
    tampered(small.path, "UPDATE entries SET topic = 'body.registered@2' WHERE position = 5")
    assert run(["--ledger", str(small.path), "verify"]) == 5
    told = capsys.readouterr().out
    assert "WRONG  stored       #5: its columns or bytes: not what the entries give" in told
    assert "NOT VERIFIED; the first bad entry is #5; see “When `verify` fails” in `force-ledger help opera" in told
    assert "## When `verify` fails" in page("operations")


# A row, a column, a byte


_AGAIN = "INSERT INTO entries SELECT {}, matter, 9, topic, zeroblob(32), entry FROM entries"


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE entries SET matter = 'body/surrey' WHERE position = 5", {"stored": [5]}),
        ("UPDATE entries SET sequence = 7 WHERE position = 5", {"stored": [5]}),
        ("UPDATE entries SET event_id = zeroblob(32) WHERE position = 5", {"stored": [5]}),
        ("INSERT INTO refs VALUES ('body/kent', 3)", {"stored": [3]}),
        ("DELETE FROM refs WHERE position = 5", {"stored": [5]}),
        ("DELETE FROM data WHERE position = 5", {"withheld": [5], "stored": [5]}),
        ("UPDATE data SET salted = zeroblob(40) WHERE position = 5", {"form": [5]}),
        ("UPDATE data SET position = 99 WHERE position = 5", {"stored": [5, 99], "withheld": [5]}),
        ("INSERT INTO data SELECT 0, salted FROM data WHERE position = 5", {"form": [0], "matters": [1, 9]}),
        ("UPDATE head SET size = 99", {"stored": []}),
        ("UPDATE head SET root = zeroblob(32)", {"stored": []}),
        ("DELETE FROM head", {"stored": []}),
        ("UPDATE checkpoints SET size = 5 WHERE number = 2", {"stored": []}),
        ("UPDATE checkpoints SET note = x'00' WHERE number = 2", {"checkpoints": []}),
        ("DELETE FROM checkpoints WHERE number = 1", {"stored": []}),
        ("DELETE FROM entries WHERE position = 5", {"file": [5]}),
        ("DELETE FROM entries WHERE position = 0", {"file": [0]}),
        ("UPDATE entries SET position = 99 WHERE position = 5", {"file": [5]}),
        ("UPDATE entries SET position = -5 WHERE position = 5", {"file": [5]}),
        (f"{_AGAIN.format(12)} WHERE position = 5", {"matters": [12], "submissions": [12]}),
        (f"{_AGAIN.format(-1)} WHERE position = 5", {"stored": [-1]}),
    ],
)
def test_a_row_or_column_changed(small: Small, change: str, where: dict[str, list[int]]) -> None:
    assert found(tampered(small.path, change)) == where


def test_a_byte_changed(small: Small) -> None:
    entries = small.entries
    title = with_data(entries[4], title="The latter")
    assert found(put(small.path, with_entry(entries, 4, title))) == {"form": [4]}
    matter = rewritten(entries[6], event__matter="document/secrets")
    changed = {"matters": [7], "submissions": [4, 7, 8, 10], "signatures": [4]}
    assert found(put(small.path, with_entry(entries, 6, matter))) == changed
    later = rewritten(entries[5], recorded_at="2026-11-21T09:31:00.000000Z")
    assert found(put(small.path, with_entry(entries, 5, later)))["signatures"] == [4]
    assert found(tampered(small.path, "UPDATE entries SET entry = x'7b7d' WHERE position = 5"))["form"] == [5]


# The whole, the end, the order


def test_everything_rewritten_and_signed_anew(small: Small) -> None:
    """By who has the log key and those of the recorders: nothing inside the file tells, an earlier checkpoint does."""
    kept = notes_of(small.path)[-1]
    anew = resigned(without_the_secret(small.entries), small.keys, lambda said: with_title(said, "The lettre"))
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


def without_the_secret(entries: list[Stored]) -> list[Stored]:
    """The small ledger as if nothing were withheld in it."""
    firsts = submissions_of(entries)
    return [stored for n in (0, 1, 2, 5) for stored in firsts[n] if b"document/secret" not in stored.envelope]


def with_title(said: dict[str, Any], title: str) -> dict[str, Any]:
    """The letter under another title."""
    data = {**said["data"], "title": title} if said["matter"] == "document/letter" else said["data"]
    return {**said, "data": data}


def test_a_rollback_to_a_backup(small: Small) -> None:
    backup = small.entries
    small.append(document("later"), by=small.clerk)
    kept = checkpoint(small.entries, small.log_key)
    assert found(put(small.path, backup, notes_of(small.path))) == {}
    report = verified(small.path, checkpoints={"kept": kept})
    assert found(report) == {"checkpoints": []}
    assert "kept: it is of 13 entries, and there are 12: the end was cut off, or rolled back" in str(report.checks)


def test_two_views_for_two_auditors(small: Small) -> None:
    """Each auditor's checkpoint is good by itself; either one tells that the other's ledger is another."""
    shared = small.entries
    one, other = (shared + signed(document(name), by=small.clerk, onto=shared) for name in ("this", "that"))
    kept = checkpoint(one, small.log_key)
    assert found(put(small.path, one, [kept])) == {}
    assert found(put(small.path, other, [checkpoint(other, small.log_key)])) == {}
    report = verified(small.path, checkpoints={"kept": kept})
    assert found(report) == {"checkpoints": []}
    assert "it is of another log of 13 entries: this one was rewritten, or it was forked" in str(report.checks)


def test_a_cut_tail(small: Small) -> None:
    entries, notes = small.entries, notes_of(small.path)
    assert found(tampered(small.path, "DELETE FROM entries WHERE position >= 10")) == {
        "stored": [10, 11],
        "checkpoints": [],
    }
    assert found(put(small.path, entries[:10], notes)) == {"checkpoints": []}
    assert found(put(small.path, entries[:10], notes[:1])) == {}, "without the checkpoint nothing in the file tells"
    assert found(verified(small.path, checkpoints={"kept": notes[1]})) == {"checkpoints": []}


def test_a_tail_cut_inside_a_submission(small: Small) -> None:
    report = put(small.path, small.entries[:11])
    assert found(report) == {"submissions": [10]}
    assert "of its 2 entries only 1 are there: the end is cut off" in report.checks["submissions"].detail


def test_an_entry_dropped_from_the_middle(small: Small) -> None:
    entries = small.entries
    assert min(found(put(small.path, entries[:5] + entries[6:]))["submissions"]) in (4, 6)


def test_submissions_reordered(small: Small) -> None:
    entries = small.entries
    one, two = submissions_of(entries + signed(document("other"), by=small.clerk, onto=entries))[-2:]
    moved = put(small.path, [*entries[:10], *two, *one])
    assert found(moved)["submissions"][0] == 10
    renumbered = signed(document("other"), by=small.clerk, onto=entries[:10], seen={"size": 12, "root": "A" * 43 + "="})
    assert found(put(small.path, entries[:10] + renumbered))["submissions"] == [10]
    twice = [*entries, *one]
    assert found(put(small.path, twice))["submissions"] == [12]


def test_submissions_reordered_are_refused_at_append(small: Small) -> None:
    """Who appends cannot choose a place: it is taken under the lock, and what rests on it is signed."""
    small.append(document("other"), by=small.clerk)
    with Store(small.path) as ledger, ledger.reading() as reader:
        (entry,) = reader.entries_at([12])
    assert entry.submission["first"] == entry.submission["seen"]["size"] == 12


# Back-dating


def test_a_time_of_recording_before_the_one_before(small: Small) -> None:
    assert small.forced(document("other"), by=small.clerk, at=NOW - timedelta(days=1)) == {"clock": [12]}


def test_a_time_of_recording_changed_afterwards(small: Small) -> None:
    entries = small.entries
    early = rewritten(entries[5], recorded_at="2026-11-20T09:30:00.000000Z")
    assert found(put(small.path, with_entry(entries, 5, early))) == {
        "clock": [5],
        "signatures": [4],
        "submissions": [7, 8, 10],
    }


def test_a_late_submission_moved_earlier(small: Small) -> None:
    entries = small.entries
    late = signed(document("other"), by=small.clerk, onto=entries)
    report = put(small.path, [*entries[:7], *late, *entries[7:]])
    assert found(report)["submissions"][0] == 7
    anew = signed(document("other"), by=small.clerk, onto=entries[:7])
    assert found(put(small.path, [*entries[:7], *anew, *entries[7:]]))["submissions"][0] == 8
