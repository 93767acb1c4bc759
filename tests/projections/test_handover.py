"""After a merger what was open stands with the successor, and can be closed there."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ledger.cli import run
from ledger.errors import Refused
from ledger.query.context import QueryContext
from ledger.store.store import Store
from projections.threads import threads
from tests.conftest import address, record_yaml

GIVEN = """
common: {documents: [letter]}
events:
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: document.registered, document: order, type: legislation, title: The combination order, publisher: TSO}
- {kind: body.registered, body: old-fire, type: fire-and-rescue-service, name: Old Fire, nation: England}
- {kind: body.registered, body: isle-fire, type: fire-and-rescue-service, name: Isle Fire, nation: England}
- kind: body.registered
  body: new-fire
  type: fire-and-rescue-service
  name: New Fire
  nation: England
  established: 2021-04-01
- {kind: monitoring.engaged, body: isle-fire, effective: 2019-06-01}
- kind: concern.issued
  body: isle-fire
  concern: risk-2018
  effective: 2018-12-20
  title: Site-specific risk
  recommendations: [{id: 1, deadline: by 2021-06-30}, 2]
- {kind: recommendation.closed, body: isle-fire, concern: risk-2018, effective: 2020-01-15, recommendations: [2]}
- {kind: review.scheduled, body: isle-fire, review: progress, effective: 2020-01-15, title: Progress, due: 2021}
"""
MERGED = """
common: {effective: 2021-04-01, into: new-fire, decided_by: parliament, documents: [order]}
events:
- {kind: body.merged, body: old-fire}
- kind: body.merged
  body: isle-fire
  handovers:
  - {matter: concern/risk-2018, fate: transferred, becomes: isle-risk-2018}
  - {matter: review/progress, fate: transferred}
"""
CLOSED = """
common: {body: new-fire, effective: 2022-03-01, documents: [letter]}
events:
- {kind: recommendation.closed, concern: isle-risk-2018, recommendations: [1]}
- {kind: concern.closed, concern: isle-risk-2018}
- {kind: review.held, review: progress}
"""


def told(ledger: Store, body: str, day: str) -> dict[str, Any]:
    """The state of a body, with what has ended, by replay and by read model."""
    with ledger.reading() as reader:
        as_of = date.fromisoformat(day)
        by_replay = QueryContext.of(reader, as_of).state(body, ended=True)
        assert QueryContext.of(reader, as_of, ledger=ledger.database.cache_path).state(body, ended=True) == by_replay
    return by_replay


def concerns(ledger: Store, body: str, day: str) -> list[tuple[str, str, Any]]:
    return [(c["id"], c["status"], c["recommendations_open"]) for c in told(ledger, body, day)["concerns"]]


@contextmanager
def seen(ledger: Store, day: str) -> Iterator[QueryContext]:
    with ledger.reading() as reader:
        yield QueryContext.of(reader, date.fromisoformat(day), ledger=ledger.database.cache_path)


@pytest.fixture
def merged(ledger: Store) -> Store:
    record_yaml(ledger, GIVEN)
    record_yaml(ledger, MERGED)
    return ledger


def test_an_open_concern_stands_with_the_successor_from_the_day(merged: Store) -> None:
    assert concerns(merged, "isle-fire", "2021-03-31") == [("risk-2018", "open", 1)]
    assert concerns(merged, "new-fire", "2021-03-31") == []
    assert concerns(merged, "isle-fire", "2021-04-01") == [("risk-2018", "transferred", 0)]
    assert concerns(merged, "new-fire", "2021-04-01") == [("isle-risk-2018", "open", 1)]
    (concern,) = told(merged, "new-fire", "2021-04-01")["concerns"]
    assert (concern["title"], concern["since"]) == ("Site-specific risk", "2021-04-01")
    assert [(r["id"], r["status"], r["due"]) for r in concern["recommendations"]] == [
        ("1", "open", "2021-06-30"), ("2", "closed", None),
    ]  # fmt: skip
    (review,) = told(merged, "new-fire", "2021-04-01")["reviews"]
    assert (review["id"], review["status"], review["title"]) == ("progress", "scheduled", "Progress")


def test_it_is_closed_there(merged: Store) -> None:
    assert record_yaml(merged, CLOSED).warnings == ()
    assert concerns(merged, "new-fire", "2022-02-28") == [("isle-risk-2018", "open", 1)]
    assert concerns(merged, "new-fire", "2022-03-01") == [("isle-risk-2018", "closed", 0)]
    assert concerns(merged, "isle-fire", "2022-03-01") == [("risk-2018", "transferred", 0)]
    assert [review["status"] for review in told(merged, "new-fire", "2022-03-01")["reviews"]] == ["held"]


def test_it_is_closed_no_more_where_it_was(merged: Store) -> None:
    closed = CLOSED.replace("new-fire", "isle-fire").replace("isle-risk-2018", "risk-2018")
    with pytest.raises(Refused) as refused:
        record_yaml(merged, closed)
    assert "was transferred on 2021-04-01" in refused.value.problems[0].message
    assert refused.value.problems[0].hint == "record it for new-fire"


def test_the_board_has_each_body_on_its_days(merged: Store) -> None:
    bodies = {"old-fire", "isle-fire", "new-fire"}
    with seen(merged, "2021-03-31") as context:
        before = {row["body"]: row for row in context.board() if row["body"] in bodies}
    with seen(merged, "2021-07-01") as context:
        after = {row["body"]: row for row in context.board() if row["body"] in bodies}
        assert {row["body"] for row in QueryContext.of(context.reader, date(2021, 7, 1)).board()} & bodies == {
            "new-fire"
        }
    assert set(before) == {"old-fire", "isle-fire"}
    assert (before["isle-fire"]["phase"], before["isle-fire"]["open_concerns"]) == ("engage", 1)
    assert set(after) == {"new-fire"}
    assert (after["new-fire"]["open_concerns"], after["new-fire"]["overdue"]) == (1, 1)


@pytest.mark.parametrize("body", ["old-fire", "isle-fire"])
def test_a_body_that_was_merged_is_in_no_phase(merged: Store, body: str) -> None:
    assert told(merged, body, "2021-03-31")["monitoring"]["phase"] in ("scan", "engage")
    assert told(merged, body, "2021-04-01")["monitoring"]["phase"] == "none"


def test_what_is_due_is_due_from_the_successor(merged: Store) -> None:
    with seen(merged, "2022-01-01") as context:
        found = {
            body: [item.matter for item in context.at(date(2022, 1, 1)).due([body])[0]]
            for body in ("isle-fire", "new-fire")
        }
    assert found == {"isle-fire": [], "new-fire": ["concern/isle-risk-2018", "review/progress"]}


def test_a_concern_counts_from_its_issue_with_the_successor(merged: Store) -> None:
    record_yaml(merged, CLOSED)
    assert times(merged, "new-fire", "2021-03-31") == []
    assert times(merged, "new-fire", "2023-01-01") == [("isle-risk-2018", "2018-12-20", "2022-03-01")]
    assert times(merged, "isle-fire", "2023-01-01") == [
        ("risk-2018", "2018-12-20", "2021-04-01"), ("", "2019-06-01", "2021-04-01"),
    ]  # fmt: skip


def times(ledger: Store, body: str, day: str) -> list[tuple[str, str, str | None]]:
    """The id of each concern, or blank for Engage, and since when until when it was open."""
    with seen(ledger, day) as context:
        found = [time.to_json() for time in context.durations([body], date.fromisoformat(day))]
    return [(time["id"], time["since"], time["until"]) for time in found]


def test_a_recurrence_threads_back_to_the_body_before(merged: Store) -> None:
    record_yaml(merged, CLOSED)
    record_yaml(
        merged,
        "- {kind: concern.issued, body: new-fire, concern: risk-2024, effective: 2024-01-10, title: Risk again, "
        "recurrence_of: isle-risk-2018, documents: [letter]}",
    )
    with seen(merged, "2024-02-01") as context:
        (thread,) = threads(context.spells("new-fire"), date(2024, 2, 1))
    assert [(entry.matter, entry.kind) for entry in thread.facts] == [
        ("isle-fire/concern/risk-2018", "concern.issued"),
        ("isle-fire/concern/risk-2018", "recommendation.closed"),
        ("new-fire/concern/isle-risk-2018", "recommendation.closed"),
        ("new-fire/concern/isle-risk-2018", "concern.closed"),
        ("new-fire/concern/risk-2024", "concern.issued"),
    ]


def test_the_timeline_of_each_body_tells_of_the_handover(merged: Store) -> None:
    with seen(merged, "2021-07-01") as context:
        changes = {body: context.timeline(body) for body in ("isle-fire", "new-fire")}
    of_the_day = {
        body: {(c["subject"], c["id"]): c["to"] for c in own if c["date"] == DAY} for body, own in changes.items()
    }
    assert of_the_day["isle-fire"]["concern", "risk-2018"] == "transferred"
    assert of_the_day["isle-fire"]["monitoring", ""] == "none"
    assert of_the_day["new-fire"]["concern", "isle-risk-2018"] == "open"
    assert of_the_day["new-fire"]["recommendations open", "isle-risk-2018"] == 1


DAY = "2021-04-01"


def test_what_becomes_known_of_the_old_body_later_changes_the_successor(merged: Store) -> None:
    told(merged, "new-fire", "2021-07-01")  # the read model is there
    record_yaml(
        merged,
        "- {kind: concern.reaffirmed, body: isle-fire, concern: risk-2018, effective: 2020-06-01, documents: [letter]}",
    )
    (concern,) = told(merged, "new-fire", "2021-07-01")["concerns"]
    assert len(concern["entries"]) == 4


def test_a_merger_that_is_retracted_gives_everything_back(merged: Store) -> None:
    told(merged, "new-fire", "2021-07-01")
    with merged.reading() as reader:
        (merger,) = (e for e in reader.matter("body/isle-fire") if e.kind == "body.merged")
    record_yaml(merged, f"- {{kind: entry.retracted, target: '#{merger.position}', reason: Not so}}")
    assert concerns(merged, "new-fire", "2021-07-01") == []
    assert concerns(merged, "isle-fire", "2021-07-01") == [("risk-2018", "open", 1)]
    assert told(merged, "isle-fire", "2021-07-01")["monitoring"]["phase"] == "engage"


def test_a_merger_is_not_retracted_from_under_what_rests_on_it(merged: Store) -> None:
    record_yaml(merged, CLOSED)
    with merged.reading() as reader:
        (merger,) = (e for e in reader.matter("body/isle-fire") if e.kind == "body.merged")
    with pytest.raises(Refused, match=r"recommendation\.closed\) would break a rule"):
        record_yaml(merged, f"- {{kind: entry.retracted, target: '#{merger.position}', reason: Not so}}")


def test_a_matter_is_handed_over_twice(merged: Store) -> None:
    record_yaml(
        merged,
        """
- kind: body.registered
  body: last-fire
  type: fire-and-rescue-service
  name: Last Fire
  nation: England
  documents: [letter]
- kind: body.merged
  body: new-fire
  into: last-fire
  effective: 2021-10-01
  decided_by: parliament
  documents: [order]
  handovers: [{matter: concern/isle-risk-2018, fate: transferred}, {matter: review/progress, fate: ended}]
""",
    )
    assert concerns(merged, "new-fire", "2021-09-30") == [("isle-risk-2018", "open", 1)]
    assert concerns(merged, "new-fire", "2021-10-01") == [("isle-risk-2018", "transferred", 0)]
    assert concerns(merged, "last-fire", "2021-09-30") == []
    assert concerns(merged, "last-fire", "2021-10-01") == [("isle-risk-2018", "open", 1)]


def test_a_merger_leaves_nothing_out_that_it_took_over(merged: Store) -> None:
    with pytest.raises(Refused) as refused:
        record_yaml(
            merged,
            "- {kind: body.merged, body: new-fire, into: kent, effective: 2021-10-01, decided_by: parliament, "
            "documents: [order]}",
        )
    assert [problem.message for problem in refused.value.problems] == [
        "concern/isle-risk-2018 is open", "review/progress is open",
    ]  # fmt: skip


def test_a_person_reads_it(merged: Store, capsys: pytest.CaptureFixture[str]) -> None:
    for body in ("isle-fire", "new-fire"):
        assert run(["--ledger", address(merged), "state", body, "--as-of", "2021-07-01", "--all"]) == 0
    text = capsys.readouterr().out
    assert "in no phase: not a body of its own" in text
    assert run(["--ledger", address(merged), "verify"]) == 0


def test_a_dry_run_shows_what_a_merger_does_to_the_successor(
    ledger: Store, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record_yaml(ledger, GIVEN)
    (tmp_path / "merged.yaml").write_text(MERGED, "utf-8")
    assert run(["--ledger", address(ledger), "append", str(tmp_path / "merged.yaml"), "--dry-run", "--json"]) == 0
    changes = json.loads(capsys.readouterr().out)["changes"]
    assert {(c["body"], c["subject"], c["to"], c["first_day"]) for c in changes if "risk-2018" in c["id"]} == {
        ("isle-fire", "concern", "transferred", "2021-04-01"), ("new-fire", "concern", "open", "2021-04-01"),
        ("isle-fire", "recommendations open", 0, "2021-04-01"), ("new-fire", "recommendations open", 1, "2021-04-01"),
    }  # fmt: skip
