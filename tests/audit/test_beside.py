"""What lies beside a ledger: its read model, and the documents that are kept for it."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from events.amendment import EntryRetracted, EntryWithheld
from ledger.audit.report import Report
from ledger.audit.tables import LedgerFile
from ledger.audit.verify import AuditOptions, audit
from ledger.evidence.folder import Evidence
from ledger.log.key import Signer
from ledger.readmodel.follow import followed
from ledger.record.record import Draft, record
from ledger.store.store import Store
from tests.audit.forging import Stored, found, put, signed, verified, with_entry
from tests.audit.small import Small, document
from tests.conftest import drafts_of, now
from tests.evidence.test_evidence import ISSUED, LETTER, STANDS, STANDS_NOT, hashed, reaffirmed, registered

# The read model

HISTORY = """
common: {body: kent, documents: [letter]}
events:
  - {kind: monitoring.engaged, effective: 2024-05-01}
  - {kind: concern.issued, concern: custody, title: Custody, recommendations_issued: 2, effective: 2024-01}
"""


@pytest.fixture
def model(small: Small) -> Path:
    """The read model of the small ledger, with spells in it."""
    with Store(small.path) as ledger:
        record(ledger, drafts_of(ledger, HISTORY), small.clerk, clock=now)
        with ledger.reading() as reader:
            return followed(ledger.database.cache_path, reader)


def changed(model: Path, *statements: str) -> None:
    with closing(sqlite3.connect(model)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


def with_model(small: Small, model: Path) -> Report:
    return verified(small.path, model=model)


def test_a_read_model_that_is_that_of_a_replay(small: Small, model: Path) -> None:
    report = with_model(small, model)
    assert found(report) == {}
    assert report.checks["model"].detail == "the read model is equal to a replay"


def test_nothing_is_written_beside_it(small: Small, model: Path) -> None:
    before = {path.name: path.read_bytes() for path in model.parent.iterdir()}
    assert with_model(small, model).ok
    assert {path.name: path.read_bytes() for path in model.parent.iterdir()} == before


def test_every_cell_of_a_read_model(small: Small, model: Path) -> None:
    whole = model.read_bytes()
    for table in ("entries", "spells"):
        with closing(sqlite3.connect(model)) as connection:
            cursor = connection.execute(f"SELECT * FROM {table}")
            key, *columns = (column[0] for column in cursor.description)
            last = cursor.fetchall()[-1][0]
        for name in columns:
            for value in ("'x'", "NULL", f"CAST({name} AS BLOB)", "14"):
                changed(model, f"UPDATE {table} SET {name} = {value} WHERE {key} = {last} AND {name} IS NOT {value}")
                if model.read_bytes() != whole:
                    assert "model" in found(with_model(small, model)), f"{table}.{name} = {value}"
                model.write_bytes(whole)


def test_a_row_too_few_or_too_many(small: Small, model: Path) -> None:
    whole = model.read_bytes()
    rest = "value, summary, data, over, cites, valid_from, valid_to, known_from, known_to FROM spells LIMIT 1"
    for statement in (
        "DELETE FROM entries WHERE position = 5",
        "DELETE FROM spells WHERE matter = 'kent/concern/custody'",
        "DELETE FROM spells WHERE known_from = 13",
        f"INSERT INTO spells SELECT NULL, 'kent/monitoring', body, subject, id, {rest}",
        f"INSERT INTO spells SELECT NULL, 'kent/review/x', body, subject, id, {rest}",
        f"INSERT INTO spells SELECT NULL, matter, body, subject, id, {rest}",
        "INSERT INTO spells (spell) VALUES (1000)",
    ):
        changed(model, statement)
        assert "model" in found(with_model(small, model)), statement
        model.write_bytes(whole)


def test_an_index_that_leads_astray(small: Small, model: Path) -> None:
    """Every spell is there, and who asks for a body is led past one of them."""
    index = "FROM sqlite_master WHERE name GLOB 'idx_spells_body_*'"
    with closing(sqlite3.connect(model)) as connection:
        (kept,) = connection.execute(f"SELECT * {index}").fetchall()
    changed(model, "PRAGMA writable_schema = ON", f"DELETE {index}")
    changed(model, "UPDATE spells SET spell = 1000 WHERE spell = (SELECT max(spell) FROM spells)")
    with closing(sqlite3.connect(model)) as connection, connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_master VALUES (?, ?, ?, ?, ?)", kept)
    report = with_model(small, model)
    assert found(report) == {"model": []}
    assert "SQLite says: " in report.checks["model"].detail


def test_a_model_that_is_behind(small: Small, model: Path) -> None:
    """It says what was so then, also of what was amended since, and nothing of what was new."""
    with Store(small.path) as ledger:
        said = record(ledger, [Draft(document("later"))], small.clerk, clock=now).appended[0]
        with ledger.reading() as reader:
            followed(ledger.database.cache_path, reader)
        retraction = EntryRetracted(target=said.event_id, stream=said.matter, reason="It was not.")
        record(ledger, [Draft(retraction), Draft(document("latest"))], small.clerk, clock=now)
        assert found(with_model(small, model)) == {}
        gone = EntryWithheld(target=said.event_id, stream=said.matter, ground="court-order", reason="Ordered.")
        before = model.read_bytes()
        record(ledger, [Draft(gone)], small.keeper, clock=now)
    assert not model.exists(), "it is deleted at once"
    model.write_bytes(before)
    report = with_model(small, model)
    assert report.ok
    assert "something was withheld since" in report.checks["model"].detail


def test_a_model_of_what_was_cut_off(small: Small, model: Path) -> None:
    put(small.path, small.entries[:12])
    assert found(with_model(small, model))["model"] == [12, 13]


def test_a_model_of_another_version_is_a_note(small: Small, model: Path) -> None:
    changed(model, "PRAGMA user_version = 3", "DELETE FROM entries")
    report = with_model(small, model)
    assert report.ok
    assert report.checks["model"].notes == ["the read model is of another version, and will be rebuilt"]


def test_a_model_that_is_none(small: Small, model: Path) -> None:
    for data in (b"garbage" * 1000, b"", model.read_bytes()[:5000]):
        model.write_bytes(data)
        report = with_model(small, model)
        assert list(found(report)) in (["model"], [])
        assert report.ok == (data == b""), "an empty file is an empty database of version 0"


def test_a_model_that_never_ends(small: Small, model: Path) -> None:
    changed(
        model,
        "DROP VIEW phases",
        "CREATE VIEW phases AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    )
    report = with_model(small, model)
    assert found(report) == {"model": []}
    assert "the view phases does not belong here" in report.checks["model"].detail


# The same, by another process


@pytest.fixture
def others(monkeypatch: pytest.MonkeyPatch) -> list[subprocess.Popen[bytes]]:
    """The processes that compare a read model; of this ledger too, though it is small."""
    begun: list[subprocess.Popen[bytes]] = []

    class Noted(subprocess.Popen[bytes]):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            begun.append(self)

    monkeypatch.setattr(subprocess, "Popen", Noted)
    monkeypatch.setattr("ledger.audit.readmodel._LARGE", 0)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    return begun


@pytest.mark.parametrize("change", ["UPDATE entries SET kind = kind", "UPDATE spells SET summary = 'x'"])
def test_another_process_finds_the_same(
    small: Small, model: Path, monkeypatch: pytest.MonkeyPatch, others: list[subprocess.Popen[bytes]], change: str
) -> None:
    changed(model, change)
    monkeypatch.chdir(model.parent)
    for module in ("json", "sqlite3", "ledger", "events"):
        Path(f"{module}.py").write_text("raise SystemExit(1)")  # whoever sends a ledger may have put more beside it
    theirs = with_model(small, model)
    assert [process.returncode for process in others] == [0]
    monkeypatch.setattr("ledger.audit.readmodel._LARGE", 1000)
    ours = with_model(small, model)
    assert len(others) == 1
    assert [check.to_json() for check in theirs.checks.values()] == [check.to_json() for check in ours.checks.values()]


@pytest.mark.parametrize("python", ["false", "no-such-program"])
def test_what_another_process_cannot_do_is_done_here(
    small: Small, model: Path, monkeypatch: pytest.MonkeyPatch, others: list[subprocess.Popen[bytes]], python: str
) -> None:
    monkeypatch.setattr(sys, "executable", python)
    assert with_model(small, model).checks["model"].detail == "the read model is equal to a replay"
    changed(model, "UPDATE spells SET summary = 'x'")
    assert "model" in found(with_model(small, model))
    assert {process.returncode for process in others} <= {1}


def test_of_a_ledger_that_is_not_sound_its_read_model_is_not_spoken_of(
    small: Small, model: Path, others: list[subprocess.Popen[bytes]]
) -> None:
    put(small.path, with_entry(small.entries, 5, Stored(b"{}")))
    report = with_model(small, model)
    assert "model" not in report.checks
    assert [process.poll() is not None for process in others] == [True], "none is left behind"


def test_an_audit_that_is_interrupted_leaves_no_process_behind(
    small: Small, model: Path, others: list[subprocess.Popen[bytes]]
) -> None:
    def interrupted(done: int, size: int) -> None:
        raise KeyboardInterrupt

    with LedgerFile(small.path) as source, pytest.raises(KeyboardInterrupt):
        audit(source, AuditOptions(model=model), interrupted)
    assert [process.poll() is not None for process in others] == [True]


# Evidence


@pytest.fixture
def evidence(small: Small, tmp_path: Path) -> Evidence:
    """A letter that is kept."""
    (tmp_path / "letter.txt").write_text(LETTER)
    kept = Evidence(small.path.with_suffix(".evidence"))
    kept.add(tmp_path / "letter.txt")
    return kept


def quoting(small: Small, quote: str, by: Signer) -> None:
    """Put a submission that quotes the letter into the file, past the rules."""
    with Store(small.path) as ledger:
        text = registered("notice", hashed(LETTER)) + ISSUED + reaffirmed("2024-05", quote, "notice")
        events = [draft.event for draft in drafts_of(ledger, text)]
    entries = small.entries
    put(small.path, entries + signed(*events, by=by, onto=entries))


def test_a_quote_that_stands(small: Small, evidence: Evidence) -> None:
    quoting(small, STANDS, small.clerk)
    report = verified(small.path, evidence=evidence)
    assert found(report) == {}
    assert report.checks["evidence"].detail == "1 documents, 1 quotes found in them"


def test_a_quote_that_does_not_stand(small: Small, evidence: Evidence) -> None:
    quoting(small, STANDS_NOT, small.clerk)
    report = verified(small.path, evidence=evidence)
    assert found(report) == {"evidence": [14]}
    assert "#14: the quote was not found in 'notice'" in report.checks["evidence"].detail


def test_a_quote_that_is_not_checked(small: Small, evidence: Evidence) -> None:
    quoting(small, STANDS_NOT, small.clerk)
    evidence.path(hashed(LETTER)).unlink()
    report = verified(small.path, evidence=evidence)
    assert report.ok
    assert report.checks["evidence"].notes == [
        "1 quotes unchecked: their document is not stored here, or cannot be read"
    ]


def _overwritten(path: Path) -> Any:
    path.chmod(0o600)
    path.write_text("The force has made no progress.")


def _a_pipe(path: Path) -> Any:
    path.unlink()
    os.mkfifo(path)


def _a_device(path: Path) -> Any:
    path.unlink()
    path.symlink_to(os.devnull)


def _a_folder(path: Path) -> Any:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("change", [_overwritten, _a_pipe, _a_device, _a_folder])
def test_a_kept_file_that_was_changed(small: Small, evidence: Evidence, change: Any) -> None:
    """Also into what could be read for ever."""
    quoting(small, STANDS, small.clerk)
    change(evidence.path(hashed(LETTER)))
    report = verified(small.path, evidence=evidence)
    assert found(report) == {"evidence": []}
    assert "1 quotes unchecked" in report.checks["evidence"].detail
