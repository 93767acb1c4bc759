"""What changed when: changes of one day are in the natural order of their kinds, whatever their subjects are called."""

from datetime import date
from typing import Any

from events import Entry
from projections.body import BodySpells
from projections.subject import subject_in_words
from projections.timeline import timeline
from tests.projections.test_amendments import amendment
from tests.projections.test_solver import JUDGED, PEEL, entry

DAY, TODAY = "2024-03-01", date(2026, 1, 1)


def subjects(*entries: Entry) -> list[str]:
    return [subject_in_words(change.key) for change in timeline(BodySpells.of("west-midlands", entries), TODAY)]


def numbered(*facts: tuple[str, dict[str, Any]]) -> list[Entry]:
    return [entry(kind, DAY, position, **says) for position, (kind, says) in enumerate(facts, 1)]


def test_a_report_comes_before_its_concern_and_that_before_the_move_to_engage() -> None:
    entries = numbered(
        ("monitoring.engaged", {"concerns": ["investigations"]}),
        ("concern.issued", {"concern": "investigations", "title": "Investigations"}),
        ("judgement.given", {**JUDGED, "grade": "good"}),
        ("inspection.published", PEEL),
    )
    assert subjects(*entries) == [
        "inspection peel-2018-19", "judgement Treating the public fairly", "concern investigations",
        "recommendations open investigations", "monitoring",
    ]  # fmt: skip
    assert subjects(*reversed(entries)) == subjects(*entries)


def test_a_change_stands_where_its_first_event_does() -> None:
    begun = entry("concern.issued", "2023-01-01", 1, concern="a", title="A", recommendations=["1", "2"])
    entries = numbered(
        ("recommendation.closed", {"concern": "a", "recommendations": ["1"]}),
        ("concern.issued", {"concern": "b", "title": "B"}),
        ("concern.closed", {"concern": "b"}),
    )
    body = BodySpells.of("west-midlands", [begun, *entries])
    changed = [change for change in timeline(body, TODAY) if change.days.earliest > date(2024, 1, 1)]
    assert [change.words for change in changed] == [
        "concern b: open",
        "recommendations open b: not known",
        "recommendations open a: 2 -> 1",
        "concern b: open -> closed",
    ]
    assert {change.days.latest for change in changed} == {date(2024, 3, 1)}


def test_a_declared_order_counts_where_the_natural_one_is_another() -> None:
    issued = entry("concern.issued", "2023-01-01", 1, concern="a", title="A")
    entries = [
        entry("concern.left_unclear", DAY, 2, concern="a", order=1),
        entry("concern.reaffirmed", DAY, 3, concern="a", order=2),
    ]
    assert entries[0].event.rank > entries[1].event.rank
    for told in (entries, entries[::-1]):
        body = BodySpells.of("west-midlands", [issued, *told])
        assert [change.words for change in timeline(body, TODAY)][-2:] == [
            "concern a: open -> not known whether still open",
            "concern a: not known whether still open -> open",
        ]


def test_evidence_that_another_source_dates_earlier_is_only_possible_until_its_own_day() -> None:
    engaged = entry("monitoring.engaged", "2024-01-01", 1)
    continued = entry("monitoring.continued", "2024-03-01", 2)
    cited = [{"document": "minutes"}]
    says = {"documents": cited, "claim": "A month before.", "effective": "2024-02-01"}
    body = BodySpells.of("west-midlands", [engaged, continued, amendment("entry.contradicted", continued, 3, **says)])
    told = {day: [one.certain for one in timeline(body, day) if one.entries[0].kind == continued.kind] for day in (
        date(2024, 1, 15), date(2024, 2, 15), date(2024, 3, 15),
    )}  # fmt: skip
    assert [*told.values()] == [[], [False], [True]]
