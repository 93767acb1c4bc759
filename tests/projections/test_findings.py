"""Findings: an area of concern that grows into a cause of concern no longer stands beside it."""

from datetime import date
from typing import Any

from ledger.query.context import QueryContext
from ledger.store.store import Store
from tests.conftest import record_yaml

GIVEN = """
common: {body: kent, documents: [letter]}
events:
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: finding.recorded, finding: custody-2022, type: area-of-concern, title: Custody, effective: 2022-05-10}
- {kind: finding.recorded, finding: calls-2022, type: area-of-concern, title: Calls, effective: 2022-05-10}
"""
ESCALATED = """
- kind: concern.issued
  body: kent
  concern: custody-2023
  effective: 2023-06
  title: Custody
  escalated_from: custody-2022
  documents: [letter]
"""


def findings(ledger: Store, day: str, *, ended: bool = False) -> list[dict[str, Any]]:
    with ledger.reading() as reader:
        as_of = date.fromisoformat(day)
        found: list[dict[str, Any]] = QueryContext.of(reader, as_of).state("kent", ended=ended)["findings"]
        by_model = QueryContext.of(reader, as_of, ledger=ledger.database.cache_path).state("kent", ended=ended)
        assert by_model["findings"] == found
    return found


def test_an_escalated_finding_ends_with_the_issue_of_the_concern_that_it_became(ledger: Store) -> None:
    record_yaml(ledger, GIVEN)
    assert [one["id"] for one in findings(ledger, "2023-12-31")] == ["calls-2022", "custody-2022"]
    record_yaml(ledger, ESCALATED)
    assert [one["id"] for one in findings(ledger, "2023-05-31")] == ["calls-2022", "custody-2022"]
    (possible,) = (one for one in findings(ledger, "2023-06-10") if one["id"] == "custody-2022")
    assert [other["value"] for other in possible["alternatives"]] == ["escalated"]
    assert [one["id"] for one in findings(ledger, "2023-06-30")] == ["calls-2022"]
    (ended,) = (one for one in findings(ledger, "2023-06-30", ended=True) if one["id"] == "custody-2022")
    assert (ended["status"], ended["into"], ended["type"]) == ("escalated", "custody-2023", "area-of-concern")


def test_a_concern_that_is_retracted_gives_the_finding_back(ledger: Store) -> None:
    record_yaml(ledger, GIVEN)
    (concern,) = record_yaml(ledger, ESCALATED).appended
    assert len(findings(ledger, "2023-07-01")) == 1
    record_yaml(ledger, f"- {{kind: entry.retracted, target: '#{concern.position}', reason: Not so}}")
    assert len(findings(ledger, "2023-07-01")) == 2


def test_a_finding_that_is_recorded_after_its_escalation_is_over_too(ledger: Store) -> None:
    record_yaml(ledger, GIVEN)
    record_yaml(ledger, ESCALATED)
    later = "- {kind: concern.issued, body: kent, concern: calls-2023, effective: 2023-07-01, title: Calls, "
    record_yaml(ledger, later + "escalated_from: calls-2022, documents: [letter]}")
    assert findings(ledger, "2023-07-01") == []


def test_special_measures_before_engage_are_no_phase(ledger: Store) -> None:
    record_yaml(ledger, GIVEN.replace("area-of-concern, title: Custody", "earlier-special-measures, title: Watched"))
    record_yaml(
        ledger, "- {kind: finding.closed, body: kent, finding: custody-2022, effective: 2023, documents: [letter]}"
    )
    assert "custody-2022" in {one["id"] for one in findings(ledger, "2022-12-31")}
    assert "custody-2022" not in {one["id"] for one in findings(ledger, "2024-01-01")}
    with ledger.reading() as reader:
        context = QueryContext.of(reader, date(2022, 12, 31))
        (row,) = (row for row in context.board() if row["body"] == "kent")
        assert (row["phase"], row["certainty"]) == ("scan", "presumed")
        assert context.durations(["kent"], date(2024, 1, 1)) == []
