"""What an auditor brings along: checkpoints kept earlier, a policy, and the checkpoint to go on from."""

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from ledger.audit.report import Report
from ledger.cli import run
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Signer
from ledger.log.note import SignedNote
from ledger.log.policy import Policy
from ledger.store.sqlite import LedgerCursor
from tests.audit.forging import (
    Stored,
    checkpoint,
    found,
    notes_of,
    put,
    rewritten,
    signed,
    tampered,
    tampering,
    verified,
    with_data,
    with_entry,
)
from tests.audit.small import SIZE, Small, authorised, document, revoked
from tests.conftest import NOW, ORIGIN

# --checkpoint


def with_checkpoint(small: Small, note: bytes) -> Report:
    return verified(small.path, checkpoints={"mine": note})


def test_a_checkpoint_of_the_same_size_or_an_earlier_one(small: Small) -> None:
    entries = small.entries
    for size in (SIZE, SIZE - 1, 7, 1):
        assert found(with_checkpoint(small, checkpoint(entries[:size], small.log_key))) == {}


def test_a_checkpoint_without_the_stored_ones(small: Small) -> None:
    entries = small.entries
    put(small.path, entries)
    report = with_checkpoint(small, checkpoint(entries, small.log_key))
    assert report.ok
    assert report.checks["checkpoints"].detail == "none is stored"


def of_another_origin(small: Small) -> bytes:
    key = Signer.generate("example.org/other")
    return checkpoint(small.entries, key, origin="example.org/other")


WRONG: dict[str, Any] = {
    "fork": (
        lambda small: checkpoint([*small.entries[:-1], Stored(b"x")], small.log_key),
        "mine: it is of another log of 12 entries: this one was rewritten, or it was forked",
    ),
    "beyond the end": (
        lambda small: checkpoint([*small.entries, Stored(b"x")], small.log_key),
        "mine: it is of 13 entries, and there are 12: the end was cut off, or rolled back",
    ),
    "another ledger": (of_another_origin, "mine: no key of example.org/other that is trusted here has signed"),
    "another's key": (
        lambda small: checkpoint(small.entries, Signer.generate(ORIGIN)),
        f"mine: no key of {ORIGIN} that is trusted here has signed",
    ),
    "unsigned": (lambda small: Checkpoint(ORIGIN, 1, b"x" * 32).text.encode(), "mine: not a signed note"),
    "garbage": (lambda small: b"\xff" * 100, "mine: the note is not UTF-8"),
    "nothing": (lambda small: b"", "mine: not a signed note"),
    "huge": (lambda small: b"x" * 100_000, "mine: a note of 100000 bytes is longer"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_checkpoint_that_is_not_of_this_log(small: Small, case: str) -> None:
    make, told = WRONG[case]
    report = with_checkpoint(small, make(small))
    assert found(report) == {"checkpoints": []}
    assert told in report.checks["checkpoints"].detail


# --policy

NORTH, SOUTH = Signer.generate("north.example.net/w"), Signer.generate("south.example.net/w")


def policy(log: Signer, quorum: str) -> str:
    return (
        f"log {log.verifier}\nwitness north {NORTH.cosigner}\nwitness south {SOUTH.cosigner}\n"
        f"group both all north south\ngroup either any north south\nquorum {quorum}\n"
    )


def judged(small: Small, quorum: str, *witnesses: Signer, log: Signer | None = None) -> Report:
    """What is found where these witnesses cosigned the last checkpoint, by a policy of that quorum."""
    note = SignedNote.parse(notes_of(small.path)[-1])
    note = note.with_signatures(*(note.cosign(witness, 1_700_000_000) for witness in witnesses))
    put(small.path, small.entries, [note.to_bytes()])
    return verified(small.path, policy=Policy.parse(policy(log or small.log_key, quorum)))


def test_a_quorum_that_is_reached(small: Small) -> None:
    for quorum, witnesses in (("none", ()), ("either", (SOUTH,)), ("both", (SOUTH, NORTH))):
        report = judged(small, quorum, *witnesses)
        assert report.ok
        assert report.checks["policy"].detail == (
            f"the last checkpoint, of {SIZE} entries, has the signatures that the policy requires"
        )


def test_an_earlier_checkpoint_that_is_stored_later_is_not_the_last(small: Small) -> None:
    """As when its cosignature came late: nobody else has cosigned what was recorded since."""
    earlier, last = map(SignedNote.parse, notes_of(small.path))
    cosigned = earlier.with_signatures(earlier.cosign(SOUTH, 1_700_000_000))
    put(small.path, small.entries, [earlier.to_bytes(), last.to_bytes(), cosigned.to_bytes()])
    report = verified(small.path, policy=Policy.parse(policy(small.log_key, "either")))
    assert found(report) == {"policy": []}
    assert report.checks["checkpoints"].detail == f"3 signed, each of this log, the last of {SIZE} entries"


def test_a_cosignature_that_came_later_counts(small: Small) -> None:
    *_, last = map(SignedNote.parse, notes_of(small.path))
    cosigned = last.with_signatures(last.cosign(SOUTH, 1_700_000_000))
    put(small.path, small.entries, [last.to_bytes(), cosigned.to_bytes()])
    assert verified(small.path, policy=Policy.parse(policy(small.log_key, "either"))).ok


def test_a_quorum_that_is_not_reached(small: Small) -> None:
    report = judged(small, "both", NORTH)
    assert found(report) == {"policy": []}
    assert report.checks["policy"].detail == (
        "the checkpoint is cosigned by north; the quorum is both: 2 of north, south"
    )


def test_a_log_that_the_policy_does_not_know(small: Small) -> None:
    report = judged(small, "none", log=Signer.generate(ORIGIN))
    assert found(report) == {"policy": []}
    assert "no key of example.org/test-ledger that is trusted here has signed its checkpoint" in str(report.checks)


def test_a_policy_without_a_checkpoint(small: Small) -> None:
    put(small.path, small.entries)
    report = verified(small.path, policy=Policy.parse(policy(small.log_key, "none")))
    assert report.checks["policy"].detail == "there is no signed checkpoint"


def test_a_policy_that_cannot_be_read(small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "policy.txt"
    for text, told in (
        (b"quorum nobody\n", "line 1: no earlier line names a witness or group 'nobody'"),
        (b"\xff", "policy.txt: "),
    ):
        file.write_bytes(text)
        assert run(["--ledger", str(small.path), "verify", "--policy", str(file)]) == 3
        assert told in capsys.readouterr().err
    assert run(["--ledger", str(small.path), "verify", "--policy", str(tmp_path / "none")]) == 2


# --since


def since(small: Small, size: int = 10) -> dict[str, Any]:
    """To go on from a checkpoint of that size."""
    return {"since": checkpoint(small.entries[:size], small.log_key)}


@pytest.mark.parametrize("size", [2, 4, 7, 8, 10, SIZE])
def test_the_tail_alone(small: Small, size: int) -> None:
    report = verified(small.path, **since(small, size))
    assert found(report) == {}
    assert report.checks["since"].detail.startswith(f"the first {size} entries are those that were audited")
    assert (report.size, report.root) == (SIZE, verified(small.path).root)


def test_tampering_in_the_tail(small: Small) -> None:
    asked, entries = since(small), small.entries
    for said, by, where in (
        (document("letter"), small.clerk, {"rules": [12]}),
        (authorised(Signer.generate("x"), "keeper"), small.clerk, {"authority": [12]}),
        (document("new"), Signer.generate("stranger"), {"signatures": [12], "authority": [12]}),
    ):
        put(small.path, entries + signed(said, by=by, onto=entries))
        assert found(verified(small.path, **asked)) == where
    put(small.path, [*entries[:10], rewritten(entries[10], sequence=3), entries[11]])
    assert found(verified(small.path, **asked)) == {"matters": [10]}


def test_a_tail_that_is_recorded_before_what_was_audited(small: Small) -> None:
    entries = small.entries
    early = signed(document("new"), by=small.clerk, onto=entries, at=NOW.replace(year=2025))
    asked = since(small, SIZE)
    put(small.path, entries + early)
    assert found(verified(small.path, **asked)) == {"clock": [12]}


def test_tampering_in_who_may_sign(small: Small) -> None:
    """Who may sign is read from the bytes, all of which are hashed: a column or a byte changed deceives nobody."""
    entries = small.entries
    entries += signed(revoked(small.clerk), by=small.keeper, onto=entries)
    asked = {"since": checkpoint(entries, small.log_key)}
    put(small.path, entries + signed(document("new"), by=small.clerk, onto=entries))
    assert found(verified(small.path, **asked)) == {"authority": [13]}
    hidden = "UPDATE entries SET matter = 'recorder/somebody', sequence = 0 WHERE position = 12"
    assert found(tampered(small.path, hidden)) == {"authority": [13], "stored": [12]}
    assert found(verified(small.path, **asked)) == {"authority": [13], "stored": [12]}
    for forged in (
        rewritten(entries[12], event__data__reason="It was lost."),
        signed(document("instead"), by=small.keeper, onto=entries[:12])[0],
    ):
        put(small.path, [*entries[:12], forged])
        report = verified(small.path, **asked)
        assert found(report) == {"since": []}
        assert "its first 13 entries are not those that were audited" in report.checks["since"].detail


def test_older_bytes_are_caught_and_older_columns_are_left_to_the_full_audit(small: Small) -> None:
    asked, entries = since(small), small.entries
    tampered(small.path, "UPDATE entries SET topic = 'x@1' WHERE position = 5")
    assert found(verified(small.path, **asked)) == {}
    assert found(verified(small.path)) == {"stored": [5]}
    put(small.path, with_entry(entries, 5, rewritten(entries[5], event__matter="body/bent")))
    assert found(verified(small.path, **asked)) == {"since": []}


def test_older_data_are_caught(small: Small) -> None:
    """Data are in no root: those of older entries are compared with what the entries commit to."""
    entries = small.entries
    for size in (7, 8, 10):
        asked = since(small, size)
        put(small.path, with_entry(entries, 5, with_data(entries[5], name="Bent Police")))
        assert found(verified(small.path, **asked))["form"] == [5]
        put(small.path, with_entry(entries, 5, entries[5]._replace(salted=None)))
        assert found(verified(small.path, **asked))["withheld"] == [5]
        put(small.path, entries)
        assert found(verified(small.path, **asked)) == {}


@pytest.mark.parametrize("note", [b"", b"garbage", Checkpoint(ORIGIN, 10, b"x" * 32).text.encode()])
def test_a_checkpoint_to_go_on_from_that_is_none(small: Small, note: bytes) -> None:
    report = verified(small.path, since=note)
    assert found(report) == {"since": []}
    assert set(report.checks) == {"file", "since"}, "nothing else was looked at"


@pytest.mark.parametrize("size", [SIZE + 1, 2**63 - 1])
def test_going_on_from_a_size_that_it_never_had(small: Small, size: int) -> None:
    note = Checkpoint(ORIGIN, size, bytes(32)).sign(small.log_key).to_bytes()
    assert found(verified(small.path, since=note)) == {"since": []}


def test_going_on_from_beyond_the_end_or_another_log(small: Small) -> None:
    entries = small.entries
    for other in ([*entries, Stored(b"x")], [*entries[:9], Stored(b"x")]):
        report = verified(small.path, since=checkpoint(other, small.log_key))
        assert found(report) == {"since": []}


def test_older_rows_that_no_ledger_has(small: Small) -> None:
    asked = since(small)
    for change, wrong in (
        ("UPDATE entries SET entry = x'7b226d6174746572223a' WHERE position = 5", {"since", "stored", "form"}),
        ('UPDATE entries SET entry = CAST(\'{"matter":"ledger"}\' AS BLOB) WHERE position = 5',
         {"since", "stored", "form"}),
        ('UPDATE entries SET entry = CAST(\'"matter":"m","version":1,"sequence":1,"submission":{}\' AS BLOB) '
         "WHERE position = 5", {"since"}),
        ("DELETE FROM entries WHERE position = 5", {"since"}),
        ("UPDATE entries SET sequence = 9 WHERE position = 5", {"stored"}),
        ("UPDATE entries SET matter = CAST(x'ff' AS TEXT) WHERE position = 5", {"stored"}),
        ("UPDATE entries SET event_id = randomblob(32) WHERE position = 5", {"stored"}),
        ("DELETE FROM entries", {"since"}),
    ):  # fmt: skip
        before = small.entries
        assert found(tampered_since(small, change, asked)).keys() == wrong, change
        put(small.path, before)


def test_what_is_older_is_copied_by_the_page(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is new is inserted into the ledger that is rebuilt, however much is older."""
    inserted: list[str] = []

    def counted(cursor: LedgerCursor, table: str, rows: Iterable[Any], of: Any = LedgerCursor.insert) -> None:
        of(cursor, table, (inserted.append(table) or row for row in rows))  # type: ignore[func-returns-value]

    monkeypatch.setattr(LedgerCursor, "insert", counted)
    assert verified(small.path, **since(small, SIZE - 2)).ok
    assert inserted.count("entries") == 2


@pytest.mark.parametrize("name", ["more", 'mo"re'])
def test_a_trigger_that_does_not_belong_there_never_fires(small: Small, name: str) -> None:
    asked, quoted = since(small), name.replace('"', '""')
    with closing(sqlite3.connect(small.path)) as connection, connection:
        for act in ("INSERT", "DELETE"):
            then = f"AFTER {act} ON entries BEGIN DELETE FROM refs; DELETE FROM tiles; END"
            connection.execute(f'CREATE TRIGGER "{quoted} {act}" {then}')
    assert found(verified(small.path, **asked)) == {"file": []}


def tampered_since(small: Small, change: str, asked: dict[str, Any]) -> Report:
    with tampering(small.path) as connection:
        connection.execute(change)
    return verified(small.path, **asked)


def test_the_command_goes_on_from_a_checkpoint_or_begins_anew(
    small: Small, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "kept.note"
    file.write_bytes(since(small)["since"])
    tampered(small.path, "UPDATE entries SET topic = 'x@1' WHERE position = 5")
    asked = ["--ledger", str(small.path), "verify", "--since", str(file)]
    assert run([*asked, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert run([*asked, "--full"]) == 5
    assert "#5: its columns or bytes" in capsys.readouterr().out
