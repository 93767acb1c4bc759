"""Withholding: the bytes of an entry go, from the ledger and from all that is made of it; the proof of it stays."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.persistence import IntegrityError

from ledger.cli import run
from ledger.log.tiles import Tile
from ledger.log.tree import root_of
from ledger.query.context import QueryContext
from ledger.readmodel.follow import followed, rebuild
from ledger.readmodel.query import model_beside, open_model
from ledger.store.leaf import leaf_of
from ledger.store.store import Store
from projections.lookup import body_on_day
from projections.state import body_state
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


def files_that_hold(folder: Path, text: str) -> list[str]:
    return [path.name for path in folder.iterdir() if path.is_file() and text.encode() in path.read_bytes()]


@pytest.mark.in_a_file
def test_nothing_of_it_stays_in_any_file(ledger: Store, position: int) -> None:
    folder = path_of(ledger).parent
    model_of(ledger)
    assert files_that_hold(folder, SECRET)
    record_yaml(ledger, WITHHELD.format(n=position))
    model_of(ledger)
    ledger.close()
    assert files_that_hold(folder, SECRET) == []
    assert files_that_hold(folder, "quillfeath") == [], "the stem by which the full-text search would find it"


def test_the_tree_the_head_and_the_place_in_the_matter_stay(ledger: Store, position: int) -> None:
    with ledger.reading() as reader:
        (before,) = reader.entries_at([position])
    record_yaml(ledger, WITHHELD.format(n=position))
    with ledger.reading() as reader:
        (after,) = reader.entries_at([position])
        head = reader.head()
        leaves = [leaf_of(entry.data) for entry in reader.entries_at(range(head.size))]
    assert root_of(leaves) == head.root
    assert leaf_of(after.data) == leaf_of(before.data)
    for field in ("event_id", "matter", "sequence", "recorded_at", "recorded_by", "submission"):
        assert getattr(after, field) == getattr(before, field)
    assert after.kind == "withheld"


def test_a_tile_that_becomes_full_later_is_that_of_the_log(ledger: Store, position: int) -> None:
    record_yaml(ledger, WITHHELD.format(n=position))
    said = (
        "- {{kind: statement.made, body: kent, statement: t-{n}, stance: comments, effective: 2024-05-01, "
        "decided_by: force, title: x, documents: [letter]}}\n"
    )
    record_yaml(ledger, "".join(said.format(n=n) for n in range(256)))
    with ledger.reading() as reader:
        tile, entries = reader.tile(Tile(0, 0)), reader.bytes_at(range(256))
    assert tile == b"".join(map(leaf_of, entries))


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
    assert [len(state["statements"]) for state in before] == [0, 1, 1]
    assert "sources_differ" not in before[-1]["statements"][0]
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
        ("UPDATE entries SET entry = ? WHERE position = {other}", "stub"),
        ("UPDATE entries SET entry = ? WHERE position = {n}", "nothing"),
        ("UPDATE entries SET entry = ?, matter = 'x' WHERE position = {n}", "stub"),
        ("DELETE FROM refs WHERE position = {other}", None),
        ("DELETE FROM entries WHERE position = {n}", None),
    ],
)
def test_the_database_allows_exactly_this(ledger: Store, position: int, change: tuple[str, str | None]) -> None:
    with ledger.reading() as reader:
        (entry,) = reader.entries_at([position])
    data = {"stub": entry.without_its_bytes(leaf_of(entry.data)), "nothing": b"x"}

    def refused(statement: str, what: str | None) -> None:
        with (
            pytest.raises(IntegrityError, match="only ever added to"),
            ledger._datastore.transaction(commit=True) as cursor,
        ):
            cursor.execute(statement.format(n=position, other=position - 1), [data[what]] if what else [])

    allowed = "UPDATE entries SET entry = ? WHERE position = {n}", "stub"
    refused(*allowed)  # not yet on record
    record_yaml(ledger, WITHHELD.format(n=position))
    refused(*change)
    refused(*allowed)  # it was done


def test_the_command_says_what_it_did(
    ledger: Store, position: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_LEDGER", address(ledger))
    why = ["--ground", "court-order", "--reason", "Ordered.", "--yes"]
    assert run(["withhold", f"#{position}", *why[:-1]]) == 2
    assert "cannot be undone" in capsys.readouterr().err
    assert run(["withhold", f"#{position - 1}", *why]) == 3
    assert "is in force; retract or correct it first" in capsys.readouterr().err
    assert run(["withhold", "#9999", *why]) == 6
    assert run(["withhold", f"#{position}", *why]) == 0
    assert "Appended 1" in capsys.readouterr().out
    assert run(["show", f"#{position}"]) == 0
    shown = capsys.readouterr().out
    assert "withheld" in shown
    assert SECRET not in shown
    assert run(["state", "kent", "--known-at", f"#{position}"]) == 0
    assert f"#{position}, a statement.made: its bytes were removed" in capsys.readouterr().out
