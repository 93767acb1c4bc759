"""Withholding: the data of an entry go, from the ledger and from all that is made of it; its bytes stay."""

import sqlite3
from base64 import b64encode
from contextlib import closing
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from events import Entry
from ledger.cli import run
from ledger.cli.layout import plain_text
from ledger.cli.words import board_in_words
from ledger.log.tiles import Tile
from ledger.log.tree import leaf_hash, root_of
from ledger.query.context import QueryContext
from ledger.readmodel.follow import followed, rebuild
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import open_model
from ledger.replicate.copy import CopyResult, copy, open_or_create
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from projections.lookup import board_of, body_on_day
from projections.state import board_row, body_state
from tests.conftest import address, path_of, record_yaml

SECRET = "Zebediah Quillfeather"
SAID = f"""
- {{kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}}
- {{kind: statement.made, body: kent, statement: s-1, stance: comments, decided_by: force, effective: 2024-05-01,
   title: Something {SECRET} said, documents: [letter]}}
"""
WITHHELD = "- {{kind: entry.withheld, target: '#{n}', ground: personal-data, reason: It names a private person.}}"


@pytest.fixture
def position(ledger: Store) -> int:
    """A statement that named somebody, and was retracted."""
    position = record_yaml(ledger, SAID).appended[-1].position
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{position}', reason: It names a private person.}}")
    return position


def model_of(ledger: Store) -> Path:
    with ledger.reading() as reader:
        return followed(ledger.database.cache_path, reader)


def files_that_hold(folder: Path, text: bytes) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and text in path.read_bytes()]


def hashes_of(entry: Entry) -> list[bytes]:
    """What somebody could compare a guess with: hashes of the data without the salt, as they may be written."""
    payloads = (entry.data, b"\x02" + entry.data, b"\x00" + entry.data)
    found = [sha256(payload).digest() for payload in payloads]
    return [form for digest in found for form in (digest, digest.hex().encode(), b64encode(digest))]


@pytest.mark.in_a_file
def test_nothing_of_it_stays_in_any_file(ledger: Store, position: int) -> None:
    folder = path_of(ledger).parent
    model_of(ledger)
    assert files_that_hold(folder, SECRET.encode())
    with ledger.reading() as reader:
        (entry,) = reader.entries_at([position])
    record_yaml(ledger, WITHHELD.format(n=position))
    model_of(ledger)
    ledger.close()
    assert files_that_hold(folder, SECRET.encode()) == []
    assert files_that_hold(folder, b"quillfeath") == [], "the stem by which the full-text search would find it"
    assert files_that_hold(folder, entry.salt) == []


@pytest.mark.in_a_file
def test_no_hash_of_the_data_alone_is_in_any_file(ledger: Store, position: int, tmp_path: Path) -> None:
    """From such a hash a guess of what was withheld could be confirmed, from every backup and for ever."""
    model_of(ledger)
    with ledger.reading() as reader:
        entries = reader.entries_at(range(reader.head().size))
    run(["--ledger", str(path_of(ledger)), "checkpoint", "sign"])
    assert run(["--ledger", str(path_of(ledger)), "publish", str(tmp_path / "public")]) == 0
    assert run(["--ledger", str(path_of(ledger)), "backup", str(tmp_path / "backup")]) == 0
    for folder in {path_of(ledger).parent, tmp_path}:
        written = [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
        assert written
        for entry in entries[2:]:
            assert not [form for form in hashes_of(entry) for data in written if form in data]


def test_the_bytes_of_the_entries_stay(ledger: Store, position: int) -> None:
    with ledger.reading() as reader:
        before = reader.entries_at(range(reader.head().size))
    record_yaml(ledger, WITHHELD.format(n=position))
    with ledger.reading() as reader:
        after = reader.entries_at(range(reader.head().size))
        assert reader.head().root == root_of(leaf_hash(entry.envelope) for entry in after)
    assert [entry.envelope for entry in after[:-1]] == [entry.envelope for entry in before]
    assert [entry.position for entry in after if entry.is_withheld] == [position]
    gone, was = after[position], before[position]
    assert (gone.kind, gone.matter, gone.event_id) == (was.kind, was.matter, was.event_id)


@pytest.mark.in_a_file
def test_what_a_reader_keeps_in_the_file_is_told(ledger: Store, position: int, tmp_path: Path) -> None:
    """A reader holds an old state, which SQLite keeps in the WAL until it ends."""
    path = path_of(ledger)
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchall()
        (warning,) = record_yaml(ledger, WITHHELD.format(n=position)).warnings
        assert f"what was withheld stays in {path.name}-wal" in str(warning)
        assert copied(ledger, tmp_path / "first.db").left_behind is None
    ledger.close()
    assert run(["--ledger", str(path), "board"]) == 0
    assert files_that_hold(path.parent, SECRET.encode()) == []


@pytest.mark.in_a_file
def test_a_copy_tells_it_too(ledger: Store, position: int, tmp_path: Path) -> None:
    path = tmp_path / "elsewhere" / "copy.db"
    path.parent.mkdir()
    copied(ledger, path)
    record_yaml(ledger, WITHHELD.format(n=position))
    with closing(sqlite3.connect(path)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM entries").fetchall()
        assert f"what was withheld stays in {path.name}-wal" in str(copied(ledger, path).left_behind)


def copied(ledger: Store, path: Path) -> CopyResult:
    with ledger.reading() as reader, open_or_create(SQLiteFile(path)) as target:
        return copy(reader, target)


def test_a_tile_that_becomes_full_later_is_that_of_the_log(ledger: Store, position: int) -> None:
    record_yaml(ledger, WITHHELD.format(n=position))
    said = (
        "- {{kind: statement.made, body: kent, statement: t-{n}, stance: comments, effective: 2024-05-01, "
        "decided_by: force, title: x, documents: [letter]}}\n"
    )
    record_yaml(ledger, "".join(said.format(n=n) for n in range(256)))
    with ledger.reading() as reader:
        tile, entries = reader.tile(Tile(0, 0)), reader.bytes_at(range(256))
    assert tile == b"".join(map(leaf_hash, entries))


def test_the_state_is_what_it_was_and_an_earlier_one_says_that_something_is_withheld(
    ledger: Store, position: int
) -> None:
    def state(known_at: int | None = None) -> dict[str, Any]:
        with ledger.reading() as reader:
            return body_state(QueryContext.of(reader, known_at=known_at).on_day("kent"), ended=True)

    now = state()
    record_yaml(ledger, WITHHELD.format(n=position))
    assert state() == now
    then = state(position)
    assert then["statements"] == []
    assert [(item["id"], item["was"]) for item in then["withheld"]] == [(str(position), "statement.made")]


def test_the_read_model_says_the_same(ledger: Store, position: int) -> None:
    model_of(ledger)
    record_yaml(ledger, WITHHELD.format(n=position))
    path = model_of(ledger)
    with ledger.reading() as reader, open_model(path) as connection:
        for known in range(position - 1, position + 3):
            seen = QueryContext.of(reader, known_at=known)
            modelled = body_on_day(connection, "kent", seen.clocks.as_of, known)
            assert body_state(modelled, ended=True) == body_state(seen.on_day("kent"), ended=True)
        rebuild(ledger.database.cache_path, reader)
    assert model_beside(ledger.database.cache_path).exists()


def test_the_board_says_that_something_is_withheld(ledger: Store, position: int) -> None:
    record_yaml(ledger, WITHHELD.format(n=position))
    model = model_of(ledger)
    for known_at, expected in ((position, 1), (None, 0)):
        with ledger.reading() as reader:
            seen = QueryContext.of(reader, known_at=known_at)
            (replayed,) = [row for row in seen.board() if row["body"] == "kent"]
            with open_model(model) as connection:
                (row,) = board_of(connection, ["kent"], seen.clocks.as_of, seen.clocks.known.position)
        assert replayed == board_row(row)
        assert replayed["withheld"] == expected
        assert ("withheld since: 1" in plain_text(board_in_words([replayed]))) == bool(expected)


def test_a_correction_in_the_middle_of_a_line_is_withheld_and_the_line_holds(ledger: Store) -> None:
    first = record_yaml(ledger, SAID).appended[-1].position
    fields = (
        "body: kent, statement: s-1, stance: comments, decided_by: force, effective: 2024-05-01, documents: [letter]"
    )
    for n, title in enumerate(("Another name", "No name")):
        record_yaml(
            ledger,
            f"- {{kind: entry.corrected, target: '#{first + n}', type: recording-error, reason: It named somebody., "
            f"replacement: {{kind: statement.made, {fields}, title: {title}}}}}",
        )
    record_yaml(ledger, WITHHELD.format(n=first) + "\n" + WITHHELD.format(n=first + 1))
    with ledger.reading() as reader:
        (statement,) = body_state(QueryContext.of(reader).on_day("kent"))["statements"]
    assert (statement["title"], statement["entries"]) == ("No name", [first, first + 1, first + 2])


def test_what_a_withheld_mending_did_and_since_when_that_was_public_stays(ledger: Store) -> None:
    first = record_yaml(ledger, SAID).appended[-1].position
    fields = "body: kent, statement: s-1, stance: comments, decided_by: force, effective: 2024-05-01, title: Another"
    document = "- {{kind: document.registered, document: {id}, type: press-report, title: {id}, publisher: P, "
    document += "published: {day}}}\n"
    record_yaml(ledger, document.format(id="early", day="2024-06-01") + document.format(id="late", day="2025-01-01"))
    record_yaml(ledger, f"- {{kind: entry.contradicted, target: '#{first}', claim: Not so., documents: [late]}}")
    amended = "- {{kind: entry.corrected, target: '#{n}', type: {type}, reason: It was so., documents: [{id}],"
    amended += " replacement: {{kind: statement.made, {fields}, documents: [{id}]}}}}"
    resolved = record_yaml(ledger, amended.format(n=first, type="conflict-resolved", id="late", fields=fields))
    position = resolved.appended[0].position
    record_yaml(ledger, amended.format(n=position, type="recording-error", id="early", fields=fields))

    def states() -> list[dict[str, Any]]:
        days = (date(2024, 12, 31), date(2025, 1, 1), None)
        with ledger.reading() as reader:
            return [body_state(QueryContext.of(reader, date(2025, 6, 1), None, day).on_day("kent")) for day in days]

    before = states()
    told = [[statement["certainty"] for statement in state["statements"]] for state in before]
    assert told == [["possible"], ["certain"], ["certain"]], "the letter has no day of publication"
    assert before[-1]["statements"][0]["sources_differ"] == []
    record_yaml(ledger, WITHHELD.format(n=position))
    assert states() == before


@pytest.mark.parametrize("revised", [False, True])
def test_a_document_whose_registration_is_withheld_lends_no_basis(ledger: Store, revised: bool) -> None:
    document = "{kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: P"
    position = record_yaml(ledger, SAID).appended[0].position
    if revised:
        record_yaml(
            ledger, "- {kind: document.revised, document: letter, effective: 2025, change: A figure was corrected.}"
        )
    amended = f"- {{kind: entry.corrected, target: '#{position}', type: recording-error, reason: A name.,"
    record_yaml(ledger, f"{amended} replacement: {document}}}}}")
    known = record_yaml(ledger, WITHHELD.format(n=position)).appended[0].position - 2
    path = model_of(ledger)
    with ledger.reading() as reader, open_model(path) as connection:
        seen = QueryContext.of(reader, known_at=known)
        state = body_state(seen.on_day("kent"))
        assert state == body_state(body_on_day(connection, "kent", seen.clocks.as_of, known))
        assert state["statements"][0]["basis"] is None
        assert body_state(QueryContext.of(reader).on_day("kent"))["statements"][0]["basis"] == "inspectorate"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE entries SET entry = 'x' WHERE position = {n}",
        "DELETE FROM entries WHERE position = {n}",
        "UPDATE data SET salted = 'a text that is longer than the salt' WHERE position = {other}",
        "UPDATE data SET position = {n} WHERE position = {other}",
        "DELETE FROM data WHERE position = {other}",
        "DELETE FROM refs WHERE position = {other}",
        "INSERT INTO data SELECT {n}, salted FROM data WHERE position = {other}",
    ],
)
def test_the_database_allows_exactly_this(ledger: Store, position: int, change: str) -> None:
    def refused(statement: str) -> None:
        with (
            pytest.raises(IntegrityError, match=r"only ever added to|violates|UNIQUE|STRICT|cannot store|expression"),
            ledger._datastore.transaction(commit=True) as cursor,
        ):
            cursor.execute(statement.format(n=position, other=position - 1))

    allowed = "DELETE FROM data WHERE position = {n}"
    refused(allowed)  # not yet on record
    record_yaml(ledger, WITHHELD.format(n=position))
    refused(change)


def test_what_is_said_again_after_it_was_withheld_is_warned_of(ledger: Store, position: int) -> None:
    record_yaml(ledger, WITHHELD.format(n=position))
    (warning,) = record_yaml(ledger, SAID).warnings
    assert warning.message == f"#{position}, of the same kind and matter, was withheld"


@pytest.mark.in_a_file
def test_redacting_corrects_and_withholds_in_one_submission(
    ledger: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(ledger))
    position = record_yaml(ledger, SAID).appended[-1].position
    why = ["--ground", "personal-data", "--reason", "It names a private person."]
    assert run(["redact", f"#{position}", "title=A comment", *why]) == 2
    assert run(["correct", f"#{position}", "note=Of Zebediah.", "--reason", "More.", "--type", "recording-error"]) == 0
    capsys.readouterr()
    assert run(["redact", f"#{position}", "title=A comment", "note=", *why, "--yes"]) == 0
    assert SECRET not in capsys.readouterr().err
    with ledger.reading() as reader:
        (statement,) = body_state(QueryContext.of(reader).on_day("kent"))["statements"]
        entries = reader.entries_at(range(position, reader.head().size))
    assert (statement["title"], "note" in statement) == ("A comment", False)
    kinds = ["statement.made", "entry.corrected", "entry.corrected", "entry.withheld", "entry.withheld"]
    assert [entry.kind for entry in entries] == kinds
    assert [entry.is_withheld for entry in entries] == [True, True, False, False, False]
    assert len({entry.submission["first"] for entry in entries[2:]}) == 1
    assert run(["verify"]) == 0
    assert files_that_hold(path_of(ledger).parent, b"Zebediah") == []


def test_redacting_tells_what_else_may_say_it(
    ledger: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(ledger))
    position = record_yaml(ledger, SAID).appended[-1].position
    assert run(["contradict", f"#{position}", "--document", "letter", "--claim", f"{SECRET} denies it."]) == 0
    assert (
        run(["redact", f"#{position}", "title=A comment", "--ground", "personal-data", "--reason", "x", "--yes"]) == 0
    )
    warning = f"#{position + 1} corroborate or contradict it and stay: see whether they say it too"
    assert warning in capsys.readouterr().err


def test_the_command_says_what_it_did(
    ledger: Store, position: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(ledger))
    why = ["--ground", "court-order", "--reason", "Ordered.", "--yes"]
    assert run(["withhold", f"#{position}", *why[:-1]]) == 2
    assert "cannot be undone" in capsys.readouterr().err
    assert run(["withhold", f"#{position - 1}", *why[:-1]]) == 3
    assert "is in force; retract or correct it first" in capsys.readouterr().err
    assert run(["withhold", "#9999", *why]) == 6
    assert run(["withhold", f"#{position}", *why]) == 0
    out, err = capsys.readouterr()
    assert "Appended 1" in out
    assert "Afterwards publish, copy and back up again" in err
    assert run(["prove", f"#{position}", "--data-bytes"]) == 3
    assert f"the data of #{position} were withheld" in capsys.readouterr().err
    assert run(["show", f"#{position}"]) == 0
    shown = capsys.readouterr().out
    assert f"its data were withheld by #{position + 2}" in shown
    assert SECRET not in shown
    assert run(["state", "kent", "--known-at", f"#{position}"]) == 0
    assert f"a statement.made: its data were withheld  #{position}" in capsys.readouterr().out
