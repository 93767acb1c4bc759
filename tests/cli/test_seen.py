"""What was recorded is to be seen without `show`, every judgement with both its ends, and each row of a state with the
date of its own value."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from events import Entry, WorldEvent, kinds, latest
from events.document import DocumentSought
from projections.body import BodySpells
from projections.timeline import timeline
from tests.cli.conftest import Ask
from tests.support.golden import SAMPLES

Json = dict[str, Any]
SHOWN_ELSEWHERE = {
    "body.registered": "`forces`, and `registration` in `state`; its note by `show`",
    "document": "the view `documents`",
    "entry": "the versions of an entry by `show` and `why`",
    "ledger": "`log` and `show`",
    "recorder": "`keys list`",
}
"""The kinds, or subjects, whose fields stand neither in `timeline` nor in `state`; and where they do."""


def leaves(tree: Any) -> Iterator[Any]:
    items = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else None
    if items is None:
        yield tree
    for item in items or ():
        yield from leaves(item)


@pytest.mark.parametrize("kind", kinds())
def test_every_field_of_every_kind_is_told_by_the_timeline(kind: str) -> None:
    class_ = latest(kind)
    if not issubclass(class_, WorldEvent | DocumentSought):
        assert {kind, kind.partition(".")[0]} & {*SHOWN_ELSEWHERE}
        return
    event = class_.model_validate(SAMPLES[kind])
    fact = Entry.unwritten(event, ledger="x", position=1, sequence=1, recorded_at=datetime.now(UTC), recorded_by="x")
    body = BodySpells.of("west-midlands", [fact])
    told = [event for row in timeline(body, date(2026, 1, 1)) for event in row.to_json()["events"]]
    assert {*map(str, leaves(SAMPLES[kind]))} <= {*map(str, leaves(told))}


ENGAGED = """
- {kind: concern.issued, body: kent, concern: custody, effective: 2022-05-01, title: Custody, documents: [letter],
   decided_by: hmicfrs, recommendations: [{id: "1", deadline: within 3 months}, {id: "2"}]}
- {kind: concern.issued, body: kent, concern: cells, effective: 2022-07-01, title: Cells, documents: [letter]}
- {kind: monitoring.engaged, body: kent, effective: 2022-06-01, decided_by: hmci, decided_by_name: A. Chief,
   reason: Too little was done., concerns: [custody], documents: [letter]}
- {kind: monitoring.concern_added, body: kent, effective: 2022-07-02, concerns: [cells], reason: Worse.,
   documents: [letter]}
- {kind: monitoring.continued, body: kent, effective: 2023-03-01, reason: Not yet., documents: [letter]}
- {kind: concern.reaffirmed, body: kent, concern: custody, effective: 2023-02-01, progress: some, documents: [letter]}
- {kind: recommendation.closed, body: kent, concern: custody, effective: 2024-09-18, recommendations: ["1"],
   outcome: completed, documents: [letter]}
"""

LATER = """
- {kind: document.registered, document: later, type: inspectorate-letter, title: Later, publisher: HMICFRS,
   published: 2025-02-01}
"""


def test_the_state_tells_why_a_body_is_in_engage_and_what_followed(ask: Ask) -> None:
    monitoring = json.loads(ask(ENGAGED, "state", "kent", "--json"))["monitoring"]
    assert (monitoring["concerns"], monitoring["last_known"]) == (["custody", "cells"], "2023-03-01")
    told = [(one["date"], one["kind"], one["reason"], one["by"]) for one in monitoring["evidence"]]
    assert told == [
        ("2022-06-01", "monitoring.engaged", "Too little was done.", "hmci"),
        ("2022-07-02", "monitoring.concern_added", "Worse.", "not-recorded"),
        ("2023-03-01", "monitoring.continued", "Not yet.", "not-recorded"),
    ]
    text = ask(ENGAGED, "state", "kent")
    assert "monitoring engaged on 2022-06-01 (hmci, A. Chief): rests on custody; because: Too little was done." in text
    assert "monitoring continued on 2023-03-01: because: Not yet." in text
    assert "concern reaffirmed on 2023-02-01: progress: some" in text


def test_evidence_that_changes_nothing_stands_in_the_timeline(ask: Ask) -> None:
    rows = json.loads(ask(ENGAGED, "timeline", "kent", "--json"))
    keys = ("date", "subject", "id", "to", "days_at_least")
    evidence = [tuple(row[key] for key in keys) for row in rows if row["from"] == row["to"]]
    assert evidence == [
        ("2022-07-02", "monitoring", "", "engage", None),
        ("2023-02-01", "concern", "custody", "open", None),
        ("2023-03-01", "monitoring", "", "engage", None),
    ]
    text = ask(ENGAGED, "timeline", "kent")
    assert "  concern custody: concern reaffirmed: still open  #" in text
    assert "      concern reaffirmed: progress: some\n" in text
    assert "      monitoring concern added: rests on cells; because: Worse.\n" in text


def test_what_an_entry_records_is_told_once_of_all_that_it_changes(ask: Ask) -> None:
    closed = """
- {kind: concern.closed, body: kent, concern: custody, effective: 2025-01-01, as_a_whole: true, documents: [later],
   reason: The cells are safe., remaining: [The force must watch it., Partners must help.]}
"""
    text = ask(ENGAGED + LATER + closed, "timeline", "kent")
    remaining = "; still needs attention: The force must watch it; Partners must help.\n"
    assert text.count(f"      concern closed: because: The cells are safe{remaining}") == 1
    assert "recommendations open custody: 1 -> 0  #" in text


def test_a_search_stands_in_the_timeline(ask: Ask) -> None:
    sought = """
- {kind: document.sought, body: kent, sought: response/letter, effective: 2026-03-01, places: [The office's site]}
"""
    (row,) = json.loads(ask(sought, "timeline", "kent", "--json"))
    told = [row[key] for key in ("date", "subject", "id", "from", "to", "words")]
    assert told == [
        "2026-03-01",
        "sought",
        "response/letter",
        None,
        "not-found",
        "sought response/letter: not-found",
    ]
    assert row["events"][0]["places"] == ["The office's site"]


def test_a_search_for_an_exit_is_in_the_state_from_its_day_on(ask: Ask) -> None:
    sought = """
- {kind: monitoring.engaged, body: kent, effective: 2022-06-01, documents: [letter]}
- {kind: document.sought, body: kent, sought: monitoring/exit, effective: 2025-01-10, places: [The website]}
- {kind: document.sought, body: kent, sought: monitoring/exit, effective: 2025-03-10, places: [The website, The BBC]}
"""
    assert "sought" not in json.loads(ask(sought, "state", "kent", "--as-of", "2025-01-09", "--json"))
    (found,) = json.loads(ask(sought, "state", "kent", "--as-of", "2025-04-01", "--json"))["sought"]
    assert (found["id"], found["status"], found["since"], found["effective"], len(found["entries"])) == (
        "monitoring/exit", "not-found", "2025-01-10", "2025-03-10", 2,
    )  # fmt: skip
    told = ask(sought, "state", "kent")
    assert "Sought in vain\n  monitoring/exit, not found on 2025-03-10 (The website, The BBC)  #" in told
    rows = json.loads(ask(sought, "timeline", "kent", "--json"))
    assert [row["words"] for row in rows if row["subject"] == "sought"] == [
        "sought monitoring/exit: not-found",
        "sought monitoring/exit: document sought: still not-found",
    ]


def test_a_search_in_vain_is_told_wherever_a_reader_relies_on_it(ask: Ask) -> None:
    sought = "- {{kind: document.sought, body: kent, sought: {}, effective: {}, places: [The website]}}\n"
    batch = ENGAGED + "".join(
        sought.format(*one)
        for one in (
            ("monitoring/exit", "2022-05-30"), ("monitoring/exit", "2025-03-10"), ("concern/custody", "2025-02-01"),
            ("response/letter", "2025-02-02"),
        )
    )  # fmt: skip
    last = json.loads(ask(batch, "log", "-n", "1", "--json"))[0]["position"]
    exit, custody = last - 2, last - 1
    (row,) = (row for row in json.loads(ask(batch, "board", "--json")) if row["body"] == "kent")
    assert row["sought"] == [
        {"id": "concern/custody", "date": "2025-02-01", "entries": [custody]},
        {"id": "monitoring/exit", "date": "2025-03-10", "entries": [exit - 1, exit]},
    ]
    told = ask(batch, "board")
    assert "end of concern custody sought and not found on 2025-02-01, exit sought and not found on 2025-03-10" in told
    lasting = json.loads(ask(batch, "durations", "kent", "--json"))
    assert {row["id"]: (row["sought"], {custody, exit} & {*row["entries"]}) for row in lasting} == {
        "custody": ("2025-02-01", {custody}), "": ("2025-03-10", {exit}), "cells": (None, set()),
    }  # fmt: skip
    assert "last known in Engage 2023-03-01; exit sought and not found on 2025-03-10" in ask(batch, "durations", "kent")
    before = json.loads(ask(batch, "board", "--as-of", "2025-01-31", "--json"))
    assert not any(row["sought"] for row in before), "the search of 2022 was before it entered Engage"


def test_one_command_says_who_is_in_engage_and_why(ask: Ask) -> None:
    batch = f"""{ENGAGED}
- {{kind: monitoring.engaged, body: essex, effective: 2022, documents: [letter]}}
- {{kind: monitoring.engaged, body: surrey, effective: 2021-01-10, documents: [letter]}}
- {{kind: monitoring.returned, body: surrey, effective: 2022-01-10, documents: [letter]}}
"""
    asked = "why", "--phase", "engage", "--as-of", "2022-07-01"
    told = {part["body"]: part for part in json.loads(ask(batch, *asked, "--json"))}
    assert {body: (part["value"], part["certainty"]) for body, part in told.items()} == {
        "essex": ("scan", "possible"), "kent": ("engage", "certain"),
    }  # fmt: skip
    assert told["kent"]["entries"][0]["reason"] == "Too little was done."
    assert told["kent"]["entries"][0]["documents"][0]["document"] == "letter"
    text = ask(batch, *asked)
    assert "Kent Police\nmonitoring: engage since 2022-06-01\n" in text
    assert "Essex Police\nmonitoring: scan, possibly engage\n" in text
    assert [row["body"] for row in csv.DictReader(io.StringIO(ask(batch, *asked, "--csv")))] == ["essex", "kent"]
    assert ask(batch, "why", "--phase", "engage", "--as-of", "2019-01-01").startswith("No body is on record in this")


def test_one_command_says_which_matters_of_all_bodies_came_back(ask: Ask) -> None:
    again = "kind: concern.issued, effective: 2024-05-01, title: Again, documents: [letter], recurrence_of: custody"
    closed = "kind: concern.closed, body: kent, concern: custody, effective: 2024-02-01, as_a_whole: true"
    batch = f"{ENGAGED}- {{{closed}, documents: [letter]}}\n- {{{again}, body: kent, concern: custody-2024}}\n"
    batch = batch.replace("2024-09-18", "2023-09-18")
    (thread,) = json.loads(ask(batch, "threads", "--json"))
    assert (thread["body"], thread["came_back"][0]["matter"]) == ("kent", "concern/custody-2024")
    assert ask(batch, "threads") == ask(batch, "threads", "kent")
    assert ask(batch, "threads", "--as-of", "2020-01-01").startswith("No matter on record came back.")


def test_an_item_that_ended_says_so(ask: Ask) -> None:
    batch = f"""{ENGAGED}
- {{kind: finding.recorded, body: kent, finding: f1, type: area-of-concern, title: Records, effective: 2022-01-05,
   documents: [letter]}}
- {{kind: finding.closed, body: kent, finding: f1, effective: 2022-02-05, documents: [letter]}}
"""
    assert "  2022-02-05  area of concern, closed: Records (" in ask(batch, "state", "kent", "--all")


def test_who_says_so_of_a_search_are_the_searches(ask: Ask) -> None:
    batch = (
        ENGAGED + "- {kind: document.sought, body: kent, sought: monitoring/exit, effective: 2025-03-10, places: [X]}\n"
    )
    position = json.loads(ask(batch, "log", "-n", "1", "--json"))[0]["position"]
    for words in (("why", "kent", "monitoring"), ("why", "kent", "sought"), ("why", "kent")):
        (row,) = (row for row in json.loads(ask(batch, *words, "--json")) if row["subject"] == "sought")
        assert (row["id"], row["value"], row["since"]) == ("monitoring/exit", "not-found", "2025-03-10")
        assert [entry["position"] for entry in row["entries"]] == [position]
        (line,) = (line for line in ask(batch, *words).splitlines() if "document.sought of 2025-03-10" in line)
        assert line.endswith(f"#{position}")
    rows = csv.DictReader(io.StringIO(ask(batch, "state", "kent", "--csv")))
    assert [row["value"] for row in rows if row["subject"] == "sought"] == ["not-found"]
    (row,) = json.loads(ask(batch, "query", "SELECT sought, status, effective FROM searches", "--json"))
    assert row == {"sought": "monitoring/exit", "status": "not-found", "effective": "2025-03-10"}


def test_each_row_of_the_state_has_the_date_of_its_own_value(ask: Ask) -> None:
    rows = csv.DictReader(io.StringIO(ask(ENGAGED, "state", "kent", "--csv")))
    since = {(row["subject"], row["id"]): (row["value"], row["since"]) for row in rows}
    assert since["concern", "custody"] == ("open", "2022-05-01")
    assert since["recommendations issued", "custody"] == ("2", "2022-05-01")
    assert since["recommendations open", "custody"] == ("1", "2024-09-18")
    assert since["recommendation", "custody/1"] == ("completed", "2024-09-18")
    assert since["recommendation", "custody/2"] == ("open", "2022-05-01")
    assert since["deadline", "custody/1"] == ("within 3 months", "2022-05-01")


def test_what_was_last_known_is_told_by_board_and_durations(ask: Ask) -> None:
    def kent(day: str) -> Json:
        rows: list[Json] = json.loads(ask(ENGAGED, "board", "--as-of", day, "--json"))
        return next(row for row in rows if row["body"] == "kent")

    last = "last_known", "last_known_open", "open_concerns", "open_within_a_year"
    assert [kent("2025-09-18")[key] for key in last] == ["2023-03-01", "2024-09-18", 2, 0]
    assert [kent("2025-09-17")[key] for key in last] == ["2023-03-01", "2024-09-18", 2, 1]
    assert [kent("2022-08-01")[key] for key in last] == ["2022-07-02", "2022-07-01", 2, 2]
    (row,) = (line.split() for line in ask(ENGAGED, "board").splitlines() if "Kent Police" in line)
    assert row == ["Kent", "Police", "2022-06-01", "2", "-", "2024-09-18"]
    told = json.loads(ask(ENGAGED, "durations", "kent", "--json"))
    assert [(row["id"], row["last_known"], row["counted_to"]) for row in told] == [
        ("custody", "2024-09-18", "2026-11-21"),
        ("", "2023-03-01", "2026-11-21"),
        ("cells", "2022-07-01", "2026-11-21"),
    ]
    assert "days up to 2026-11-21; last known open 2024-09-18" in ask(ENGAGED, "durations", "kent")


def test_durations_do_not_count_into_the_future(ask: Ask) -> None:
    (row,) = (
        row
        for row in json.loads(ask(ENGAGED, "durations", "kent", "--as-of", "2150-01-01", "--json"))
        if row["subject"] == "engage"
    )
    today = date.fromisoformat(row["counted_to"])
    assert today <= (datetime.now(UTC) + timedelta(hours=1)).date()
    assert row["days_at_least"] == row["days_at_most"] == (today - date(2022, 6, 1)).days


GRADED = """
common: {body: kent, documents: [letter]}
events:
  - {kind: inspection.published, inspection: cdi-2017, framework: crime-data-integrity, effective: 2017-05-01}
  - {kind: judgement.given, inspection: cdi-2017, framework: crime-data-integrity, effective: 2017-05-01,
     area: crime-recording, grade: inadequate}
  - {kind: inspection.published, inspection: cdi-2018, framework: crime-data-integrity, effective: 2019-01-15,
     scope: reinspection}
  - {kind: judgement.given, inspection: cdi-2018, framework: crime-data-integrity, effective: 2019-01-15,
     area: crime-recording, grade: inadequate}
  - {kind: inspection.published, inspection: peel-2021-22, framework: peel-2021-22, effective: 2021-11-24,
     areas_inspected: 9, areas_graded: 8}
  - {kind: judgement.given, inspection: peel-2021-22, framework: peel-2021-22, effective: 2021-11-24,
     area: investigating-crime, grade: adequate}
  - {kind: judgement.given, inspection: peel-2021-22, framework: peel-2021-22, effective: 2021-11-24,
     area: preventing-crime, grade: good}
  - {kind: judgement.given, inspection: peel-2021-22, framework: peel-2021-22, effective: 2021-11-24,
     area: recording-data-about-crime, grade: good}
  - {kind: inspection.published, inspection: peel-2023-25, framework: peel-2023-25, effective: 2023-12-22}
  - {kind: judgement.given, inspection: peel-2023-25, framework: peel-2023-25, effective: 2023-12-22,
     area: investigating-crime, grade: inadequate}
"""


@pytest.fixture
def graded(ask: Ask) -> Ask:
    ask("", "board")
    return ask


def test_the_same_grade_given_again_stands_in_the_timeline(graded: Ask) -> None:
    rows = json.loads(graded(GRADED, "timeline", "kent", "--json"))
    (again,) = (row for row in rows if row["date"] == "2019-01-15" and row["subject"] == "judgement")
    assert again["from"] == again["to"] == "inadequate"
    assert [event["inspection"] for event in again["events"]] == ["cdi-2018"]
    told = graded(GRADED, "timeline", "kent")
    assert (
        "judgement Crime recording (overall judgment): judgement given: still inadequate (Crime data integrity " in told
    )
    assert (
        "no longer in force: judgement Preventing and deterring crime: good (PEEL 2021/22 (original framework)), "
        "judgement Recording data about crime" in told
    )


def test_every_judgement_is_to_be_seen_with_both_its_ends(graded: Ask) -> None:
    judged = json.loads(graded(GRADED, "state", "kent", "--all", "--json"))["judgements"]
    told = [(one["inspection"], one["area"], one["status"], one["since"], one.get("until")) for one in judged]
    assert told == [
        ("peel-2023-25", "investigating-crime", "in-force", "2023-12-22", None),
        ("cdi-2018", "crime-recording", "lapsed", "2019-01-15", "2021-11-24"),
        ("cdi-2017", "crime-recording", "superseded", "2017-05-01", "2019-01-15"),
        ("peel-2021-22", "investigating-crime", "superseded", "2021-11-24", "2023-12-22"),
        ("peel-2021-22", "preventing-crime", "lapsed", "2021-11-24", "2023-12-22"),
        ("peel-2021-22", "recording-data-about-crime", "lapsed", "2021-11-24", "2023-12-22"),
    ]
    assert {one["basis"] for one in judged} == {"inspectorate"}
    state = json.loads(graded(GRADED, "state", "kent", "--json"))
    assert state["ended"]["judgements"] == {"lapsed": 3, "superseded": 2}
    assert "no longer: 3 lapsed, 2 superseded" in graded(GRADED, "state", "kent")
    text = graded(GRADED, "state", "kent", "--all")
    assert "Investigating crime: adequate, 2021-11-24 to 2023-12-22, superseded  #" in text
    rows = csv.DictReader(io.StringIO(graded(GRADED, "state", "kent", "--all", "--csv")))
    assert [row["value"] for row in rows if (row["subject"], row["status"]) == ("judgement", "superseded")] == [
        "inadequate",
        "adequate",
    ]


def test_a_view_tells_a_grade_that_lapsed_from_one_in_force(graded: Ask) -> None:
    query = (
        "SELECT grade, status, since, until, valid_to FROM grades WHERE area = 'preventing-crime' ORDER BY valid_from"
    )
    assert [tuple(row.values()) for row in json.loads(graded(GRADED, "query", query, "--json"))] == [
        ("good", "in-force", "2021-11-24", None, "2023-12-22"),
        ("good", "lapsed", "2021-11-24", "2023-12-22", "9999-12-31"),
    ]


def test_counts_of_grades_say_of_how_many(graded: Ask) -> None:
    (counted,) = json.loads(graded(GRADED, "state", "kent", "--as-of", "2022", "--json"))["graded"]
    assert counted == {
        "framework": "peel-2021-22",
        "graded": 3,
        "worst": "adequate",
        "worst_areas": 1,
        "areas": 11,
        "programme_ended": None,
        "later_not_on_record": [],
        "areas_inspected": 9,
        "areas_graded": 8,
    }
    text = graded(GRADED, "state", "kent", "--as-of", "2022")
    assert "worst of 3 of 11 areas graded on record: adequate (1 of them; the source counts 8 graded)" in text


@pytest.mark.parametrize(
    ("tally", "graded_of", "worst", "areas_graded"),
    [
        ("{inadequate: 2, good: 6}", 8, ("inadequate", 2), 8),
        ("{outstanding: 1, good: 1}", 3, ("adequate", 1), 8),
        ("{good: 3, adequate: 2}", 5, ("adequate", 2), 8),
    ],
)
def test_the_worst_grade_is_of_grades_and_tallies(
    graded: Ask, tally: str, graded_of: int, worst: tuple[str, int], areas_graded: int
) -> None:
    batch = f"""{GRADED}  - {{kind: tally.given, inspection: peel-2021-22, framework: peel-2021-22,
     effective: 2021-11-24, counts: {tally}}}
"""
    (counted,) = json.loads(graded(batch, "state", "kent", "--as-of", "2022", "--json"))["graded"]
    assert counted["graded"] == graded_of
    assert (counted["worst"], counted["worst_areas"], counted["areas_graded"]) == (*worst, areas_graded)
