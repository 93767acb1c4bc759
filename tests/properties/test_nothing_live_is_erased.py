"""Whatever somebody with every key writes past the rules: if `verify` accepts the ledger, all that is in force has its
data. And whatever the rules accept, `verify` accepts, however much is withheld.

Each rule that this rests on is taken away once, as a control: then something live can be erased.
"""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import Entry, Event
from events.amendment import (
    EntryContradicted,
    EntryCorrected,
    EntryCorroborated,
    EntryRetracted,
    EntryWithheld,
    Replacement,
)
from events.values import Citation
from ledger.audit.report import Report
from ledger.errors import Refused
from ledger.rules import REFUSALS, amendments
from ledger.rules.rule import Refusal, rules_on
from projections.amendments import Versions
from tests.audit.forging import Stored, in_memory, put, signed, verified
from tests.audit.small import Small, build, document

FIRST = 2
"""The ledger's own record is before it."""


class Act(NamedTuple):
    """What is done next, to the entry of a number; for a correction, by which document."""

    what: str
    number: int


ACTS = st.sampled_from(
    ["document", "retract", "retract", "correct", "resolve", "corroborate", "contradict", "withhold", "withhold"]
)
HISTORIES = st.lists(st.builds(Act, ACTS, st.integers(0, 9)), min_size=3, max_size=9)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    with in_memory():
        yield build(tmp_path_factory.mktemp("small"))


def event_of(act: Act, entries: list[Entry]) -> Event:
    """An event about an entry that is on record, or a new document."""
    target = entries[act.number % len(entries)]
    of_it: dict[str, Any] = {"target": target.event_id, "stream": target.matter}
    cited = (Citation(document=target.matter.partition("/")[2]),)
    match act.what:
        case "retract":
            return EntryRetracted(**of_it, reason="A slip.")
        case "withhold":
            return EntryWithheld(**of_it, ground="court-order", reason="Ordered.", documents=cited)
        case "corroborate":
            return EntryCorroborated(**of_it, documents=cited)
        case "contradict":
            return EntryContradicted(**of_it, documents=cited, claim="Not so.")
        case "correct" | "resolve":
            better = document(cited[0].document).model_copy(update={"title": f"Title {len(entries)}"})
            replacement = Replacement(kind=better.kind, version=1, data=better.data())
            how = (
                {"type": "recording-error"}
                if act.what == "correct"
                else {"type": "conflict-resolved", "documents": cited}
            )
            return EntryCorrected(**of_it, **how, reason="A slip.", replacement=replacement)
    return document(f"document-{len(entries)}")


def forged(small: Small, history: list[Act]) -> list[Stored]:
    """A ledger in which each act is signed by the keeper, and whatever an act withholds has no data."""
    stored, entries = small.entries[:FIRST], list[Entry]()
    withheld = set[str]()
    for act in (Act("document", 0), *history):
        event = event_of(act, entries) if entries else document("document-0")
        salt = len(stored).to_bytes(16, "big")
        stored += signed(event, by=small.keeper, onto=stored, salt=salt)
        entries.append(stored[-1].read(len(stored) - 1))
        if isinstance(event, EntryWithheld):
            withheld.add(event.target)
    gone = {entry.position for entry in entries if entry.event_id in withheld}
    return [one._replace(salted=None) if position in gone else one for position, one in enumerate(stored)]


def live_without_data(stored: list[Stored]) -> list[int]:
    """The entries that are in force, as a version or beside one, and whose data are gone."""
    entries = [one.read(position) for position, one in enumerate(stored)]
    versions = Versions(entries)
    return [entry.position for entry in entries if entry.is_withheld and versions.is_in_force(entry.event_id)]


def audited(stored: list[Stored]) -> Report:
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        return put(Path(folder) / "forged.db", stored)


def is_erased(small: Small, history: list[Act]) -> bool:
    """Whether something live is gone, and `verify` finds nothing."""
    stored = forged(small, history)
    return bool(live_without_data(stored)) and audited(stored).ok


@settings(max_examples=60)
@given(history=HISTORIES)
def test_what_is_accepted_has_the_data_of_all_that_is_in_force(small: Small, history: list[Act]) -> None:
    assert not is_erased(small, history)


@pytest.mark.parametrize(
    ("rule", "history"),
    [
        (amendments.only_what_is_no_longer_in_force_is_withheld, [Act("withhold", 0)]),
        (amendments.what_is_withheld_is_not_restored, [Act("correct", 0), Act("withhold", 0), Act("retract", 1)]),
        (
            amendments.what_is_withheld_is_not_restored,
            [Act("contradict", 0), Act("resolve", 0), Act("withhold", 1), Act("retract", 2)],
        ),
    ],
)
def test_without_the_rule_something_live_could_be_erased(
    small: Small, rule: Refusal, history: list[Act], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not is_erased(small, history)
    monkeypatch.setattr("ledger.rules.rule.REFUSALS", [other for other in REFUSALS if other is not rule])
    rules_on.cache_clear()
    try:
        assert is_erased(small, history)
    finally:
        monkeypatch.undo()
        rules_on.cache_clear()


@settings(max_examples=25)
@given(history=HISTORIES)
def test_what_the_rules_accept_is_verified_however_much_is_withheld(small: Small, history: list[Act]) -> None:
    """No false alarm: a refused act is left out, and all others are on record."""
    with TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as folder:
        path = Path(folder) / "honest.db"
        put(path, small.entries[:FIRST])
        honest = Small(path, small.log_key, small.keeper, small.clerk, small.reviewer)
        honest.append(document("document-0"), by=small.keeper)
        for act in history:
            entries = [one.read(n) for n, one in enumerate(honest.entries) if n >= FIRST]
            try:
                honest.append(event_of(act, entries), by=small.keeper)
            except Refused:
                continue
        report = verified(path)
        assert report.ok, report.checks
        assert live_without_data(honest.entries) == []
        assert all(one.read(n).event for n, one in enumerate(honest.entries) if one.salted)
