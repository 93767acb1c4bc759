"""After a merger the comments that were owed on the old force are owed by its successor, for every reader."""

import csv
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.query.context import QueryContext
from ledger.store.store import Store
from tests.conftest import address, record_yaml

GIVEN = """
- {kind: document.registered, document: order, type: legislation, title: An order, publisher: TSO,
   published: 2024-04-01}
- {kind: document.registered, document: report, type: inspectorate-report, title: On Dorset, publisher: HMICFRS,
   published: 2023-12-22, bodies: [dorset]}
- {kind: document.registered, document: cited, type: inspectorate-report, title: Cited, publisher: HMICFRS,
   published: 2024-01-02}
- {kind: concern.issued, body: dorset, concern: custody, effective: 2024-01-02, title: Custody, documents: [cited]}
- {kind: review.scheduled, body: dorset, review: revisit, effective: 2024-01-02, title: Revisit, due: 2024-02,
   documents: [cited]}
- {kind: document.sought, body: dorset, sought: review/revisit, effective: 2024-03-05, places: [the site]}
- {kind: document.sought, body: dorset, sought: response/report, effective: 2024-03-06, places: [the site]}
- {kind: body.oversight_changed, body: wiltshire, office: police-and-crime-commissioner, name: PCC, holder: A,
   effective: 2021-05-13, decided_by: electorate, documents: [order]}
- {kind: body.oversight_changed, body: wiltshire, office: police-and-crime-commissioner, name: PCC, holder: B,
   effective: 2024-03-01, decided_by: electorate, documents: [order]}
"""
Row = tuple[Any, ...]


def merged(into: str = "wiltshire", body: str = "dorset", effective: str = "2024-04-01", *handed: str) -> str:
    handovers = ", ".join(f"{{matter: {one}, fate: transferred, becomes: old-{one.split('/')[1]}}}" for one in handed)
    return (
        f"- {{kind: body.merged, body: {body}, into: {into}, effective: {effective}, decided_by: parliament, "
        f"handovers: [{handovers}], documents: [order]}}\n"
    )


def responded(body: str, effective: str, to: str = "report") -> str:
    return (
        f"- {{kind: response.published, body: {body}, effective: {effective}, responds_to: {to}, documents: [order]}}\n"
    )


def owed(ledger: Store, day: str, of: str = "response") -> list[Row]:
    """What is due, by replay, by read model and by the view: body, id, the force that the report is on, certainty."""
    with ledger.reading() as reader:
        on, beside = date.fromisoformat(day), ledger.database.cache_path
        ways = [QueryContext.of(reader, on), QueryContext.of(reader, on, ledger=beside)]
        bodies = sorted(ways[0].bodies.registered)
        by_replay, by_model = ([item.to_json() for item in way.due(bodies)[0]] for way in ways)
        assert by_replay == by_model
        assert [item.to_json() for item in QueryContext.of(reader, on, public_at=date(2026, 1, 1)).due(bodies)[0]] == [
            item.to_json() for item in QueryContext.of(reader, on, None, date(2026, 1, 1), ledger=beside).due(bodies)[0]
        ]
        with ways[1].model() as model:
            sql = (
                "SELECT body, id, report_on, certainty FROM due WHERE subject = ? AND valid_from <= ? AND ? < valid_to"
            )
            viewed = model.execute(sql, (of, day, day)).fetchall()
    rows = [(r["body"], r["id"], r["report_on"], r["certainty"]) for r in by_replay if r["subject"] == of]
    assert sorted(viewed) == sorted(rows)
    return rows


ALL = ("concern/custody", "review/revisit")
HERE = [("dorset", "report", "dorset", "certain"), ("dorset", "cited", "dorset", "certain")]
THERE = [("wiltshire", "report", "dorset", "certain"), ("wiltshire", "cited", "dorset", "certain")]


def test_comments_on_a_force_are_owed_by_its_successor_from_the_day(ledger: Store) -> None:
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04-01", *ALL))
    assert owed(ledger, "2024-03-31") == HERE
    assert owed(ledger, "2024-04-01") == THERE
    with ledger.reading() as reader:
        (first, *_) = (i.to_json() for i in QueryContext.of(reader, date(2024, 6, 1)).due(["wiltshire"])[0])
        entries = [entry.kind for entry in reader.entries_at(first["entries"])]
    assert (first["due"], first["overdue_since"], first["owed_by"]) == ("2024-02-15", "2024-02-16", "PCC (B)")
    assert entries == ["document.registered", "document.sought", "body.merged"]


def test_whoever_made_the_comments_they_are_owed_no_more(ledger: Store) -> None:
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04-01", *ALL))
    record_yaml(ledger, responded("dorset", "2024-02-01") + responded("wiltshire", "2024-05", "cited"))
    assert owed(ledger, "2024-03-31") == HERE[1:]
    assert owed(ledger, "2024-04-30") == THERE[1:]
    assert owed(ledger, "2024-05-10") == [(*THERE[1][:3], "possible")]
    assert owed(ledger, "2024-06-01") == []


def test_in_a_vague_merger_either_may_owe_them(ledger: Store) -> None:
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04", *ALL))
    both = sorted((*row[:3], "possible") for row in [*HERE, *THERE])
    assert [owed(ledger, day) for day in ("2024-03-31", "2024-04-30")] == [HERE, THERE]
    assert sorted(owed(ledger, "2024-04-10")) == both
    with ledger.reading() as reader:
        found = QueryContext.of(reader, date(2024, 4, 10)).due(["dorset", "wiltshire"])[0]
    assert {item.body: item.state.words for item in found if item.id == "report"} == {
        "dorset": "possibly transferred (in April 2024, by 10 April 2024)",
        "wiltshire": "possibly not yet owed",
    }


def test_a_body_that_is_merged_twice_hands_on_what_it_took_over(ledger: Store) -> None:
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04-01", *ALL))
    handed = ("concern/old-custody", "review/old-revisit")
    record_yaml(ledger, merged("kent", "wiltshire", "2025-04-01", *handed))
    assert owed(ledger, "2025-03-31") == THERE
    assert owed(ledger, "2025-04-01") == [("kent", *row[1:]) for row in THERE]


def test_a_search_goes_with_what_was_sought(ledger: Store) -> None:
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04-01", *ALL))
    for day, body in (("2024-03-31", "dorset"), ("2024-04-01", "wiltshire")):
        with ledger.reading() as reader:
            rows = [item.to_json() for item in QueryContext.of(reader, date.fromisoformat(day)).due([body])[0]]
            cited = {row["matter"]: {e.kind for e in reader.entries_at(row["entries"])} for row in rows}
        review = "review/revisit" if body == "dorset" else "review/old-revisit"
        told = {row["matter"]: (row["status"], row["sought"]) for row in rows}
        assert told == {
            "response/report": ("not-found", "2024-03-06"), review: ("not-found", "2024-03-05"),
            "response/cited": ("nothing-recorded", None),
        }  # fmt: skip
        assert "document.sought" in cited["response/report"] & cited[review]
        assert "document.sought" not in cited["response/cited"]


def test_a_person_a_script_and_a_spreadsheet_are_told_whose_report_it_is(
    ledger: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04-01", *ALL))
    asked = ["--ledger", address(ledger), "due", "wiltshire", "--as-of", "2024-06-01", "--section", "response"]
    assert run(asked) == 0
    assert (
        "comments on: On Dorset (on dorset, merged into it): sought and not found on 2024-03-06"
        in capsys.readouterr().out
    )
    assert run([*asked, "--json"]) == 0
    by_json = [row["report_on"] for row in json.loads(capsys.readouterr().out)]
    assert run([*asked, "--csv"]) == 0
    by_csv = [row["report_on"] for row in csv.DictReader(io.StringIO(capsys.readouterr().out))]
    assert by_csv == by_json == ["dorset", "dorset"]


def test_every_reader_says_which_office_owed_the_comments_of_a_successor(
    ledger: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The one that the successor had on the day of the merger, not on that of the report."""
    record_yaml(ledger, GIVEN + merged("wiltshire", "dorset", "2024-04-01", *ALL))
    with ledger.reading() as reader:
        beside = ledger.database.cache_path
        (due, *_) = QueryContext.of(reader, date(2024, 4, 30)).due(["wiltshire"])[0]
        assert due.owed_by == "PCC (B)"
    record_yaml(ledger, responded("wiltshire", "2024-05-02", "cited"))
    with ledger.reading() as reader:
        for way in (None, beside):
            for public_at in (None, date(2026, 1, 1)):
                context = QueryContext.of(reader, date(2024, 6, 1), None, public_at, ledger=way)
                (response,) = context.state("wiltshire")["responses"]
                assert (response["owed_by"], response["timeliness"]) == ("PCC (B)", "late")
    assert run(["--ledger", address(ledger), "state", "wiltshire", "--as-of", "2024-06-01", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["responses"][0]["owed_by"] == "PCC (B)"
    assert run(["--ledger", address(ledger), "site", str(tmp_path / "site"), "--as-of", "2024-06-01"]) == 0
    on_page = json.loads((tmp_path / "site" / "forces" / "wiltshire" / "index.json").read_text())
    assert on_page["responses"][0]["owed_by"] == "PCC (B)"
