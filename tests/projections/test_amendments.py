"""Which entries are in force, as the public could know them."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from events import Entry, latest
from events.amendment import EntryCorrected
from events.canonical import encode
from projections.amendments import Versions, in_force
from projections.fact import say_so
from tests.projections.test_solver import entry


@pytest.mark.parametrize(("type", "counts"), [("recording-error", True), ("source-erratum", False)])
def test_a_correction_of_our_own_error_counts_before_its_document_is_public(type: str, *, counts: bool) -> None:
    engaged = entry("monitoring.engaged", "2024-01-01")
    says = {
        "target": engaged.event_id,
        "stream": engaged.matter,
        "type": type,
        "reason": "The minutes give the day.",
        "documents": [{"document": "minutes"}],
        "replacement": {"kind": engaged.kind, "version": 1, "data": engaged.event.data() | {"effective": "2024-01-02"}},
    }
    event = EntryCorrected.model_validate(says)
    corrected = replace(
        engaged, kind=event.kind, content=event, amends=event.amends(), event_id="c" * 64, position=2, sequence=2
    )
    (now,) = in_force([engaged, corrected], lambda _, cited: "letter" in cited)
    assert (now.event_id == corrected.event_id) is counts


def test_withholding_what_was_corrected_changes_nothing_about_who_says_so() -> None:
    engaged = entry("monitoring.engaged", "2024-01-01")
    says = {
        "target": engaged.event_id,
        "stream": engaged.matter,
        "type": "conflict-resolved",
        "reason": "The minutes give the day.",
        "documents": [{"document": "minutes"}],
        "replacement": {"kind": engaged.kind, "version": 1, "data": engaged.event.data() | {"effective": "2024-01-02"}},
    }
    event = EntryCorrected.model_validate(says)
    data = encode(event.data())
    corrected = replace(
        engaged, kind=event.kind, content=event, amends=event.amends(), data=data, event_id="c" * 64, position=2
    )
    engaged = replace(engaged, data=encode(engaged.event.data()))
    for known in (engaged, engaged.withheld()):
        (now,) = in_force([known, corrected])
        assert say_so(now) == ["minutes"]


def amendment(kind: str, of: Entry, position: int, **says: Any) -> Entry:
    event = latest(kind).model_validate({"target": of.event_id, "stream": of.matter, **says})
    unwritten = Entry.unwritten(
        event, ledger=of.ledger, position=position, sequence=position, recorded_at=datetime(2026, 1, 2, tzinfo=UTC),
        recorded_by=of.recorded_by,
    )  # fmt: skip
    return unwritten.written({"first": position, "size": 1, "rules": 1})


def test_a_contradiction_is_settled_by_what_resolves_it_and_not_by_a_correction_before_that() -> None:
    engaged = entry("monitoring.engaged", "2024-01-01")
    contradicted = amendment(
        "entry.contradicted", engaged, 2, documents=[{"document": "minutes"}], claim="A day later."
    )
    replacement = {"kind": engaged.kind, "version": 1, "data": engaged.event.data() | {"note": "So it says."}}
    why = {"reason": "It says so.", "replacement": replacement}
    corrected = amendment("entry.corrected", engaged, 3, type="recording-error", **why)
    resolved = amendment("entry.corrected", corrected, 4, type="conflict-resolved", **why)
    versions = Versions([engaged, contradicted, corrected])
    assert versions.is_in_force(contradicted.event_id)
    versions.add(resolved)
    assert versions.ended_by(contradicted.event_id) is resolved
