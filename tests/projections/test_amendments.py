"""Which entries are in force, as the public could know them."""

from dataclasses import replace

import pytest

from events.amendment import EntryCorrected
from events.canonical import encode
from projections.amendments import in_force
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
