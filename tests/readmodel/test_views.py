"""The views of the read model say what the commands say, day by day."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from typing import Any

import pytest

from ledger.cli import run
from ledger.readmodel.place import model_beside
from ledger.store.store import Store
from tests.conftest import address, path_of, record_yaml

pytestmark = pytest.mark.in_a_file
Json = dict[str, Any]
Ask = Callable[..., Any]
DAYS = ["2018-06-30", "2021-12-01", "2023-12-21", "2024-01-15", "2024-06-30", "2024-08-01", "2024-10-01", "2026-01-01"]
MORE = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
   published: 2024-09-30, addresses: ["https://example.org/letter"]}
- {kind: document.registered, document: report, type: inspectorate-report, title: A report, publisher: HMICFRS,
   published: 2024-05, bodies: [kent]}
- {kind: document.registered, document: cited, type: inspectorate-report, title: Cited, publisher: HMICFRS,
   published: 2024-01-02}
- {kind: document.registered, document: early, type: inspectorate-report, title: Early, publisher: HMICFRS,
   published: 2016-05-01, bodies: [kent]}
- {kind: response.published, body: kent, effective: 2024-07/2024-09, responds_to: report, documents: [letter],
   label: comments}
- {kind: entry.contradicted, target: comments, claim: Before the report., effective: 2024-01, documents: [cited]}
- {kind: concern.issued, body: kent, concern: custody, effective: 2024-01-02, title: Custody,
   documents: [{document: cited, locator: page 5}],
   recommendations: [{id: "1", text: Act., deadline: within 1 months}, {id: "2", deadline: by 2024-07}, {id: "3"}]}
- {kind: recommendation.closed, body: kent, concern: custody, effective: 2024-07/2024-09, recommendations: ["1"],
   documents: [letter]}
- {kind: recommendation.issued, body: kent, recommendation: vetting, effective: 2024-01-02, title: Vet.,
   deadline: immediate, documents: [letter]}
- {kind: review.scheduled, body: kent, review: revisit, effective: 2024-01-02, title: Revisit, due: 2024-07,
   documents: [letter]}
- {kind: plan.announced, body: kent, plan: mayor, effective: 2024-01-02, title: A mayor, planned_for: 2025,
   decided_by: home-secretary, documents: [letter]}
- {kind: statement.made, body: kent, statement: promise, effective: 2024-01-02, title: A promise, stance: undertakes,
   due: 2024-03, decided_by: force, documents: [letter]}
- {kind: statement.withdrawn, body: kent, statement: promise, effective: 2024-06, documents: [letter]}
- {kind: body.registered, body: new-fire, type: fire-and-rescue-service, name: New Fire, nation: England,
   established: 2024-05, documents: [letter]}
- {kind: body.registered, body: planned-fire, type: fire-and-rescue-service, name: Planned Fire, nation: England,
   established: 2024-05, documents: [letter]}
- {kind: monitoring.engaged, body: planned-fire, effective: 2023-12-01, documents: [letter]}
- {kind: monitoring.move_decided, body: new-fire, phase: engage, effective: 2023-12-01, documents: [letter]}
"""


@pytest.fixture
def ask(story: Store, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    monkeypatch.setenv("FORCE_LEDGER", address(story))
    record_yaml(story, MORE)

    def asked(*words: str) -> Any:
        assert run([*words, "--json"]) == 0, capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return asked


def on(day: str, view: str) -> str:
    return f"SELECT * FROM {view} WHERE valid_from <= '{day}' AND '{day}' < valid_to"


@pytest.mark.parametrize("day", DAYS)
def test_what_is_due(ask: Ask, day: str) -> None:
    told = {(row["body"], row["subject"], row["id"]): row for row in ask("due", "--as-of", day)}
    rows = {(row["body"], row["subject"], row["id"]): row for row in ask("query", on(day, "due"))}
    assert {
        key: (row["due"], row["certainty"], json.loads(row["entries"]), json.loads(row["sources_differ"]))
        for key, row in rows.items()
    } == {key: (row["due"], row["certainty"], row["entries"], row["sources_differ"]) for key, row in told.items()}


@pytest.mark.parametrize("day", DAYS)
def test_the_phase_of_every_body(ask: Ask, day: str) -> None:
    rows = {row["body"]: row for row in ask("query", on(day, "phases"))}
    assert {body: (row["phase"], row["certainty"]) for body, row in rows.items()} == {
        row["body"]: (row["phase"], row["certainty"]) for row in ask("board", "--as-of", day)
    }
    assert ("new-fire" in rows) is (date.fromisoformat(day) >= date(2024, 5, 31))


@pytest.mark.parametrize("day", DAYS)
def test_grades_tell_lapsed_from_standing_in_every_form(ask: Ask, day: str) -> None:
    state = ask("state", "WMP", "--all", "--as-of", day)
    rows = [row for row in ask("why", "WMP", "--as-of", day) if row["subject"].endswith("judgement")]
    ends = [(judged["grade"], judged["since"], judged.get("until")) for judged in state["judgements"]]
    assert sorted((row["value"], row["since"], str(row["until"])) for row in rows) == sorted(
        (grade, since, str(until)) for grade, since, until in ends
    )
    latest = [judged for judged in state["judgements"] if judged["status"] != "superseded"]
    told = sorted((judged["framework"], judged["area"], judged["grade"], judged["status"]) for judged in latest)
    rows = ask("query", f"{on(day, 'grades')} AND body = 'west-midlands'")
    assert sorted((row["framework"], row["area"], row["grade"], row["status"]) for row in rows) == told


def test_recommendations_are_those_of_concerns_too(ask: Ask) -> None:
    rows = ask("query", f"{on('2024-08-01', 'recommendations')} AND body = 'kent' ORDER BY recommendation")
    assert [(row["recommendation"], row["title"], row["status"], row["possibly"]) for row in rows] == [
        ("custody/1", "Act.", "open", '["closed"]'),
        ("custody/2", "not-recorded", "open", "[]"),
        ("custody/3", "not-recorded", "open", "[]"),
        ("vetting", "Vet.", "open", "[]"),
    ]
    assert {(row["basis"], row["cites"]) for row in rows} == {
        ("inspectorate", '["cited"]'), ("inspectorate", '["cited","letter"]'), ("inspectorate", '["letter"]'),
    }  # fmt: skip


@pytest.mark.parametrize("day", ["2024-01-15", "2024-08-01", "2024-10-01", "2026-01-01"])
def test_a_recommendation_began_and_ended_when_state_says(ask: Ask, day: str) -> None:
    state = ask("state", "kent", "--all", "--as-of", day)
    told = {item["id"]: item for item in state["recommendations"]}
    told |= {f"{of['id']}/{item['id']}": item for of in state["concerns"] for item in of["recommendations"]}
    rows = ask("query", f"{on(day, 'recommendations')} AND body = 'kent'")
    since = {id: item["since"].partition("/")[0] for id, item in told.items()}  # a state says by its day: 2024-07/..
    assert {row["recommendation"]: row["since"].partition("/")[0] for row in rows} == since
    ended = {id for id, item in told.items() if item["status"] == "closed"}
    assert {row["recommendation"]: row["until"] for row in rows if row["until"]} == {
        row["recommendation"]: row["since"] for row in rows if row["recommendation"] in ended
    }
    assert bool(ended) is (day > "2024-09-30")


def test_an_entry_is_cited_whole_with_an_address(ask: Ask) -> None:
    by_id = {row["id"]: row["entries"] for row in ask("state", "kent", "--as-of", "2024-02-01")["concerns"]}
    sql = f"SELECT * FROM citations WHERE position = {by_id['custody'][0]}"
    (citation,) = ask("query", sql)
    assert {name: citation[name] for name in ("document", "title", "publisher", "published", "locator", "address")} == {
        "document": "cited", "title": "Cited", "publisher": "HMICFRS", "published": "2024-01-02", "locator": "page 5",
        "address": None,
    }  # fmt: skip
    (linked,) = ask("query", "SELECT DISTINCT address FROM citations WHERE document = 'letter'")
    assert linked == {"address": "https://example.org/letter"}


@pytest.mark.parametrize(("type", "cited"), [("recording-error", ["cited", "letter"]), ("source-erratum", ["letter"])])
def test_a_correction_cites_what_its_replacement_rests_on(
    ask: Ask, capsys: pytest.CaptureFixture[str], type: str, cited: list[str]
) -> None:
    position = ask("log", "-n", "1")[0]["position"] + 1
    concern = ask("state", "kent", "--as-of", "2024-02-01")["concerns"][0]["entries"][0]
    args = ["correct", f"#{concern}", "title=Cells", "--type", type, "--reason", "So it says now."]
    assert run([*args, "--document", "letter"]) == 0
    capsys.readouterr()
    rows = ask("query", f"SELECT document, in_force FROM citations WHERE position = {position} ORDER BY document")
    assert rows == [{"document": document, "in_force": 1} for document in cited]


def test_bodies_are_listed_with_their_type(ask: Ask, story: Store) -> None:
    (row,) = ask("query", "SELECT body, name, code, type, nation, established FROM bodies WHERE body = 'new-fire'")
    assert row == {
        "body": "new-fire", "name": "New Fire", "code": None, "type": "fire-and-rescue-service", "nation": "England",
        "established": "2024-05",
    }  # fmt: skip
    with closing(sqlite3.connect(model_beside(path_of(story)))) as model:
        assert model.execute("SELECT count(DISTINCT body) FROM bodies").fetchone() == (45,)
