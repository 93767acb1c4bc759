"""What lies beside a ledger: its read model, and the documents that are kept for it."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from events.correction import EntryRetracted, EntryWithheld
from ledger.audit.report import Report
from ledger.evidence.kept import Evidence
from ledger.log.key import Signer
from ledger.model import followed
from ledger.recording import Draft, record
from ledger.store.ledger import Ledger
from tests.audit.forging import found, put, signed, verified
from tests.audit.small import Small, document
from tests.conftest import drafts_of, now
from tests.test_evidence import ISSUED, LETTER, STANDS, STANDS_NOT, hashed, reaffirmed, registered

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
    with Ledger(small.path) as ledger:
        record(ledger, drafts_of(ledger, HISTORY), small.clerk, clock=now)
        with ledger.reading() as reader:
            return followed(ledger.path, reader)


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
    for table in ("entries", "tellings", "rectangles"):
        with closing(sqlite3.connect(model)) as connection:
            cursor = connection.execute(f"SELECT * FROM {table}")
            key, *columns = (column[0] for column in cursor.description)
            last = cursor.fetchall()[-1][0]
        for name in columns:
            by = {"entries": "'x'", "tellings": "'x'", "rectangles": f"{name} + iif('{name}' LIKE '%_from', -1, 1)"}
            still = "known_to = 2147483647 - 1" if (table, name) == ("rectangles", "known_to") else None
            changed(model, f"UPDATE {table} SET {still or f'{name} = {by[table]}'} WHERE {key} = {last}")
            assert "model" in found(with_model(small, model)), f"{table}.{name}"
            model.write_bytes(whole)


def test_a_row_too_few_or_too_many(small: Small, model: Path) -> None:
    whole = model.read_bytes()
    for statement in (
        "DELETE FROM entries WHERE position = 5",
        "DELETE FROM tellings WHERE matter = 'kent/concern/custody'",
        "DELETE FROM rectangles WHERE known_from = 13",
        "INSERT INTO tellings SELECT NULL, 'kent/monitoring', body, part, subject, value, over, said, cites "
        "FROM tellings LIMIT 1",
    ):
        changed(model, statement)
        assert "model" in found(with_model(small, model)), statement
        model.write_bytes(whole)


def test_a_model_that_is_behind(small: Small, model: Path) -> None:
    """It says what was so then, also of what was mended since, and nothing of what was new."""
    with Ledger(small.path) as ledger:
        said = record(ledger, [Draft(document("later"))], small.clerk, clock=now).appended[0]
        with ledger.reading() as reader:
            followed(ledger.path, reader)
        retraction = EntryRetracted(target=said.event_id, stream=said.matter, reason="It was not.")
        record(ledger, [Draft(retraction), Draft(document("latest"))], small.clerk, clock=now)
        assert found(with_model(small, model)) == {}
        gone = EntryWithheld(target=said.event_id, stream=said.matter, ground="court-order", reason="Ordered.")
        record(ledger, [Draft(gone)], small.keeper, clock=now)
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
    assert report.checks["model"].notes == ["the read model is of another version, and will be made anew"]


def test_a_model_that_is_none(small: Small, model: Path) -> None:
    for data in (b"garbage" * 1000, b"", model.read_bytes()[:5000]):
        model.write_bytes(data)
        report = with_model(small, model)
        assert list(found(report)) in (["model"], [])
        assert report.ok == (data == b""), "an empty file is an empty database of version 0"


def test_a_model_that_never_ends(small: Small, model: Path) -> None:
    changed(
        model,
        "DROP VIEW spells",
        "CREATE VIEW spells AS WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
    )
    report = with_model(small, model)
    assert found(report) == {"model": []}
    assert "the view spells does not belong here" in report.checks["model"].detail


# Evidence


@pytest.fixture
def evidence(small: Small, tmp_path: Path) -> Evidence:
    """A letter that is kept."""
    (tmp_path / "letter.txt").write_text(LETTER)
    kept = Evidence.beside(small.path)
    kept.keep(tmp_path / "letter.txt")
    return kept


def quoting(small: Small, quote: str, by: Signer) -> None:
    """Put a submission that quotes the letter into the file, past the rules."""
    with Ledger(small.path) as ledger:
        text = registered("notice", hashed(LETTER)) + ISSUED + reaffirmed("2024-05", quote, "notice")
        events = [draft.event for draft in drafts_of(ledger, text)]
    entries = small.entries
    put(small.path, entries + signed(*events, by=by, onto=entries))


def test_a_quote_that_stands(small: Small, evidence: Evidence) -> None:
    quoting(small, STANDS, small.clerk)
    report = verified(small.path, evidence=evidence)
    assert found(report) == {}
    assert report.checks["evidence"].detail == "1 documents kept, 1 quotes found in them"


def test_a_quote_that_does_not_stand(small: Small, evidence: Evidence) -> None:
    quoting(small, STANDS_NOT, small.clerk)
    report = verified(small.path, evidence=evidence)
    assert found(report) == {"evidence": [14]}
    assert "#14: the quote does not stand in 'notice'" in report.checks["evidence"].detail


def test_a_quote_that_is_not_checked(small: Small, evidence: Evidence) -> None:
    quoting(small, STANDS_NOT, small.clerk)
    evidence.path(hashed(LETTER)).unlink()
    report = verified(small.path, evidence=evidence)
    assert report.ok
    assert report.checks["evidence"].notes == ["1 quotes unchecked, for want of evidence"]


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
