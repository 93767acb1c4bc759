"""Rules of their day: what is stricter from a number on refuses no entry of an earlier one, and every later entry."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from events import Entry
from events import entry as entries
from events import frameworks as framework_data
from events import rules as numbers
from events.amendment import EntryCorrected, EntryRetracted, Replacement
from events.concern import ConcernIssued, ConcernReaffirmed
from events.dates import OpenDate
from events.document import DocumentRegistered
from events.entry import Entry as StoredEntry
from events.inspection import InspectionPublished, JudgementGiven
from events.rules import holds, of_rules
from events.terms import Grade
from events.values import Citation
from ledger import rules
from ledger.audit.verify import AuditOptions, audit_ledger
from ledger.errors import Problem, Refused
from ledger.rules import REFUSALS, rule
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses
from ledger.store.store import Store
from projections.concern import CONCERN, Concern
from projections.machine import Violation
from tests.audit.small import document
from tests.conftest import record_events

OFFENDERS = "managing-offenders"


@of_rules(2)
@refuses
def a_title_has_two_words(event: DocumentRegistered, context: RuleContext) -> Problems:
    """A rule of the second set."""
    if " " not in event.title:
        yield Problem("its title is one word", "write another", "title")


@of_rules(2)
def never_reaffirmed(state: Concern, event: Any, entry: Entry) -> Violation | None:
    """A guard of the second set."""
    return Violation("effective", "it is never reaffirmed", "leave it out")


@pytest.fixture
def second(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A program of the second set of rules, once `raised`."""
    monkeypatch.setattr(rule, "REFUSALS", [*REFUSALS, a_title_has_two_words])
    rule.rules_on.cache_clear()
    monkeypatch.setitem(
        CONCERN.guards, "concern.reaffirmed", [*CONCERN.guards.get("concern.reaffirmed", ()), never_reaffirmed]
    )
    yield monkeypatch
    monkeypatch.undo()
    rule.rules_on.cache_clear()


def raised(patch: pytest.MonkeyPatch) -> None:
    for module in (numbers, entries, rules, rule):
        patch.setattr(module, "RULES", 2)


def one_word(name: str) -> DocumentRegistered:
    return document(name).model_copy(update={"title": name.capitalize()})


def test_a_rule_holds_from_its_number_on() -> None:
    assert [holds(a_title_has_two_words, number) for number in (1, 2, 3)] == [False, True, True]
    until = of_rules(1, 2)(lambda: None)
    assert [holds(until, number) for number in (1, 2, 3)] == [True, True, False]
    assert holds(refuses, 1)


def is_verified(ledger: Store) -> bool:
    return audit_ledger(ledger.database, AuditOptions(), lambda _: None).ok


def test_what_was_recorded_by_the_first_set_stays_valid(ledger: Store, second: pytest.MonkeyPatch) -> None:
    (old,) = record_events(ledger, one_word("old")).appended
    raised(second)
    with pytest.raises(Refused, match="its title is one word"):
        record_events(ledger, one_word("new"))
    (new,) = record_events(ledger, one_word("new").model_copy(update={"title": "Two words"})).appended
    assert (old.rules, new.rules) == (1, 2)
    assert is_verified(ledger)


def correction(target: Entry, title: str) -> EntryCorrected:
    assert isinstance(target.event, DocumentRegistered)
    data = target.event.model_copy(update={"title": title}).data()
    replacement = Replacement(kind=target.kind, version=target.version, data=data)
    return EntryCorrected(
        target=target.event_id, stream=target.matter, type="recording-error", reason="A slip.", replacement=replacement
    )


def test_a_replacement_keeps_the_rules_of_its_correction(ledger: Store, second: pytest.MonkeyPatch) -> None:
    (old,) = record_events(ledger, one_word("old")).appended
    raised(second)
    with pytest.raises(Refused, match="its title is one word"):
        record_events(ledger, correction(old, "Older"))
    assert record_events(ledger, correction(old, "Two words")).appended
    assert is_verified(ledger)


def test_what_is_checked_again_keeps_its_own_rules(ledger: Store, second: pytest.MonkeyPatch) -> None:
    """Another entry of the matter is corrected: the first is asked by the rules of its day."""
    concern: dict[str, Any] = {"body": "kent", "concern": "c", "decided_by": "hmicfrs"}
    concern["documents"] = (Citation(document="letter"),)
    issued = ConcernIssued(**concern, title="Custody", effective=OpenDate.parse("2023-01-01"))
    reaffirmed = ConcernReaffirmed(**concern, effective=OpenDate.parse("2023-02-01"))
    _, _, last = record_events(ledger, document("letter"), issued, reaffirmed).appended
    raised(second)
    with pytest.raises(Refused, match="it is never reaffirmed"):
        record_events(ledger, reaffirmed.model_copy(update={"effective": OpenDate.parse("2023-03-01")}))
    note = DocumentRegistered(**{**document("letter").data(), "title": "A letter"})
    (letter,) = [e for e in _entries(ledger) if e.matter == "document/letter"]
    assert record_events(ledger, correction(letter, note.title)).appended
    assert record_events(ledger, EntryRetracted(target=last.event_id, stream=last.matter, reason="A slip.")).appended
    assert is_verified(ledger)


def _entries(ledger: Store) -> list[StoredEntry]:
    with ledger.reading() as reader:
        return reader.entries_at(range(reader.head().size))


def test_a_list_of_areas_that_was_completed(ledger: Store, second: pytest.MonkeyPatch) -> None:
    known = framework_data.frameworks()
    peel = known["peel-2023-25"]
    areas = {**peel.areas, OFFENDERS: replace(peel.areas[OFFENDERS], graded=False, ungraded_since=2)}
    changed = {**known, "peel-2023-25": replace(peel, complete=2, areas=areas)}
    for module in ("ledger.rules.inspections", "events.frameworks"):
        second.setattr(f"{module}.frameworks", lambda: changed)
    inspection: dict[str, Any] = {"body": "kent", "framework": "peel-2023-25", "inspection": "p"}
    inspection |= {
        "decided_by": "hmicfrs",
        "documents": (Citation(document="letter"),),
        "effective": OpenDate.parse("2023-02-01"),
    }
    judged: dict[str, Any] = {**inspection, "grade": Grade.GOOD}
    published = InspectionPublished(**inspection)
    record_events(ledger, document("letter"), published, JudgementGiven(**judged, area="unlisted"))
    record_events(ledger, JudgementGiven(**judged, area=OFFENDERS))
    raised(second)
    with pytest.raises(Refused, match="has no area 'another'"):
        record_events(ledger, JudgementGiven(**judged, area="another"))
    (judgement,) = [e for e in _entries(ledger) if getattr(e.event, "area", "") == OFFENDERS]
    retraction = EntryRetracted(target=judgement.event_id, stream=judgement.matter, reason="A slip.")
    record_events(ledger, retraction)
    with pytest.raises(Refused, match="does not grade"):
        record_events(ledger, JudgementGiven(**judged, area=OFFENDERS, note="Again."))
    assert is_verified(ledger)
