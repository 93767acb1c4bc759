"""Amendment, by its guards: what stands, as the naive answer has it; nothing later changes what was known or public."""

import json
import shutil
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from events import Entry, Event, latest
from events.amendment import Amendment, EntryContradicted, EntryCorrected, EntryCorroborated, EntryRetracted
from events.document import DocumentRegistered
from ledger.errors import Refused
from ledger.log.key import Signer
from ledger.query.context import QueryContext
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections.amendments import Versions, in_force
from projections.state import body_state
from tests.conftest import ORIGIN, now
from tests.support.naive import InForce, InForceVersion

Json = dict[str, Any]
MATTER = "kent/concern/custody"
LETTER = [{"document": "letter"}]
Choices = list[tuple[int, int]]
"""What to do next, and to which of the things that it can be done to; both count round."""


# What stands


def written(event: Event, position: int) -> Entry:
    """An event as it would stand in a ledger."""
    return Entry.unwritten(
        event,
        ledger=ORIGIN,
        position=position,
        sequence=position,
        recorded_at=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=position),
        recorded_by="clerk+00000000",
    ).written({"first": position, "size": 1})


def said(number: int) -> Json:
    """A fact; no two say the same."""
    return {"body": "kent", "concern": "custody", "effective": "2024", "documents": LETTER, "note": f"Fact {number}."}


def amended_by(choices: Choices) -> list[Entry]:
    """Two facts, and what the choices make of them: always of what stands."""
    entries = [written(latest("concern.reaffirmed").model_validate(said(n)), n) for n in range(2)]
    for number, (what, which) in enumerate(choices, 2):
        oracle = InForce(entries)
        name = ("corrected", "resolved", "documented", "retracted", "retracted", "corroborated", "contradicted")[
            what % 7
        ]
        options = oracle.retractable() if name == "retracted" else oracle.targets()
        if options:
            entries.append(written(mending(name, options[which % len(options)], number), number))
    return entries


def mending(name: str, target: str, number: int) -> Event:
    """A mending; no two say the same."""
    says: Json = {"target": target, "stream": MATTER, "note": f"Amendment {number}."}
    fact = latest("concern.reaffirmed").model_validate(said(number))
    replacement = {"kind": fact.kind, "version": fact.version, "data": fact.data()}
    match name:
        case "corrected":
            return EntryCorrected.model_validate(
                {**says, "type": "recording-error", "reason": "A slip.", "replacement": replacement}
            )
        case "documented" | "resolved":
            type = "conflict-resolved" if name == "resolved" else "source-erratum"
            return EntryCorrected.model_validate(
                {**says, "type": type, "reason": "A slip.", "replacement": replacement, "documents": LETTER}
            )
        case "retracted":
            return EntryRetracted.model_validate({**says, "reason": "A slip."})
        case "corroborated":
            return EntryCorroborated.model_validate({**says, "documents": LETTER})
        case _:
            return EntryContradicted.model_validate({**says, "documents": LETTER, "claim": "Not so."})


some_choices = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 9)), max_size=14)
CORROBORATED_CORRECTED_BOTH_RETRACTED: Choices = [(5, 0), (0, 0), (3, 2), (3, 0)]


@given(some_choices)
@example(CORROBORATED_CORRECTED_BOTH_RETRACTED)
@settings(max_examples=400, deadline=None)
def test_what_stands_is_what_the_oracle_says(choices: Choices) -> None:
    entries = amended_by(choices)
    oracle, lines = InForce(entries), Versions(entries)
    expected = [told for entry in entries[:2] if (told := oracle.version_of(entry))]
    stands = in_force(entries)
    assert [
        InForceVersion(
            now.event_id,
            getattr(now.event, "note", ""),
            frozenset(e.event_id for e in now.corroborated),
            frozenset(e.event_id for e in now.contradicted),
        )
        for now in stands
    ] == expected
    assert all(lines.is_in_force(id) or id == lines.first(id).event_id for id in oracle.retractable())
    allowed = {*oracle.retractable(), *(id for told in expected for id in told.corroborated | told.contradicted)}
    assert [e.position for e in entries if lines.is_in_force(e.event_id) and e.event_id not in allowed] == []
    event(f"{len(stands)} of 2 stand")


@given(some_choices)
@settings(max_examples=100, deadline=None)
def test_what_stands_does_not_depend_on_the_order_in_which_entries_are_read(choices: Choices) -> None:
    entries = amended_by(choices)
    assert [e.event_id for e in in_force(entries[::-1])] == [e.event_id for e in in_force(entries)]


@given(some_choices)
@settings(max_examples=100, deadline=None)
def test_what_stands_in_one_line_does_not_depend_on_another(choices: Choices) -> None:
    entries = amended_by(choices)
    first = InForce(entries).first
    apart = [
        now.event_id
        for line in entries[:2]
        for now in in_force([e for e in entries if first[e.event_id] == line.event_id])
    ]
    assert apart == [now.event_id for now in in_force(entries)]


# What was known, and what was public

PUBLISHED = {
    "article": ("press-report", date(2024, 1, 15)),
    "letter": ("inspectorate-letter", date(2024, 6, 1)),
    "report": ("inspectorate-report", date(2025, 2, 1)),
}
DOCUMENTS = tuple(PUBLISHED)
DAYS = (date(2024, 2, 1), date(2024, 7, 1), date(2025, 6, 1))
FACTS: tuple[tuple[str, Json], ...] = (
    ("concern.issued", {"concern": "custody", "title": "Custody", "recommendations_issued": 2}),
    ("concern.reaffirmed", {"concern": "custody"}),
    ("recommendation.closed", {"concern": "custody", "number": 1}),
    ("concern.closed", {"concern": "custody", "as_a_whole": True}),
    ("monitoring.engaged", {}),
    ("monitoring.continued", {}),
    ("monitoring.returned", {}),
)
EFFECTIVE = ("2024-01-10", "2024-01", "2024-03", "2024-05-20", "2024", "2025-01")


@st.composite
def some_events(draw: st.DrawFn) -> list[tuple[str, int, int, int]]:
    """What a clerk tries: a fact or a mending, of which entry, when, by which document."""
    names = ("fact", "fact", "corrected", "errata", "resolved", "retracted", "corroborated", "contradicted")
    one = st.tuples(st.sampled_from(names), st.integers(0, 40), st.integers(0, 5), st.integers(0, 3))
    concern = ("fact", 0, draw(st.sampled_from((0, 1))), draw(st.integers(0, 2)))
    engaged = ("fact", 4, draw(st.sampled_from((0, 1, 4))), draw(st.integers(0, 2)))
    return [concern, engaged, *draw(st.lists(one, min_size=3, max_size=12))]


def attempt(reader: Reader, first: int, number: int, choice: tuple[str, int, int, int]) -> Event | None:
    """The event that a choice means, in a ledger whose facts begin at a position; None where there is none to amend."""
    name, which, when, by = choice
    documents = [{"document": DOCUMENTS[by % 3]}]
    if name == "fact":
        kind, says = FACTS[which % len(FACTS)]
        effective = EFFECTIVE[when]
        return latest(kind).model_validate(
            {"body": "kent", "effective": effective, "documents": documents, "note": f"Fact {number}.", **says}
        )
    size = reader.head().size
    (target,) = reader.entries_at([first + which % (size - first)])
    says = {"target": target.event_id, "stream": target.matter, "note": f"Amendment {number}."}
    if name in ("corrected", "errata", "resolved"):
        now = Versions(reader.matter(target.matter)).now(target.event_id)
        if now is None:
            return None
        type = {"corrected": "recording-error", "errata": "source-erratum", "resolved": "conflict-resolved"}[name]
        data = {**now.event.data(), "effective": EFFECTIVE[when], "note": f"Fact {number}."}
        if name == "corrected" and by == 3:
            data["documents"] = [{"document": DOCUMENTS[when % 3]}]
        says |= {"target": now.event_id, "type": type, "reason": "It was so."}
        says |= {"replacement": {"kind": now.kind, "version": now.event.version, "data": data}}
        return EntryCorrected.model_validate(says if by == 3 else {**says, "documents": documents})
    if name == "retracted":
        return EntryRetracted.model_validate(
            {**says, "reason": "It was so.", **({} if by == 3 else {"documents": documents})}
        )
    if name == "corroborated":
        return EntryCorroborated.model_validate({**says, "documents": documents})
    return EntryContradicted.model_validate({**says, "documents": documents, "claim": "Not so."})


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Signer]:
    """A ledger with a body and three documents, and the key of its keeper; only ever copied."""
    folder = tmp_path_factory.mktemp("founded")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", origin=ORIGIN, forces=False, clock=now)
        signer = KeyRing(ORIGIN).recorder(None)
    registered: list[Event] = [
        DocumentRegistered.model_validate(
            {"document": id, "type": type, "title": f"The {id}", "publisher": "HMICFRS", "published": f"{published}"}
        )
        for id, (type, published) in PUBLISHED.items()
    ]
    kent = {"body": "kent", "type": "police-force", "name": "Kent Police", "nation": "England", "documents": LETTER}
    registered.append(latest("body.registered").model_validate(kent))
    with Store(folder / "ledger.db") as ledger:
        record(ledger, [Draft(one) for one in registered], signer, clock=now)
    return folder / "ledger.db", signer


def grown(founded: tuple[Path, Signer], choices: Sequence[tuple[str, int, int, int]], folder: Path) -> Iterator[Reader]:
    """A copy of the founded ledger as it was in the beginning, and after each choice that the rules allow."""
    path, signer = founded
    shutil.copyfile(path, folder / "ledger.db")
    with Store(folder / "ledger.db") as ledger:
        with ledger.reading() as reader:
            first = reader.head().size
            yield reader
        for number, choice in enumerate(choices):
            with ledger.reading() as reader:
                tried = attempt(reader, first, number, choice)
            if tried is None:
                continue
            try:
                record(ledger, [Draft(tried)], signer, clock=now)
            except Refused:
                continue
            with ledger.reading() as reader:
                yield reader


def told(reader: Reader, as_of: date, known_at: int | None = None, public_at: date | None = None) -> str:
    """The state of the body, as its JSON document has it."""
    parts = QueryContext.of(reader, as_of, known_at, public_at).on_day("kent")
    return json.dumps(body_state(parts, ended=True), sort_keys=True)


bounded = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@given(some_events())
@bounded
def test_nothing_that_is_recorded_later_changes_what_was_known(
    founded: tuple[Path, Signer], choices: list[tuple[str, int, int, int]]
) -> None:
    with TemporaryDirectory() as folder:
        then: dict[int, list[str]] = {}
        for reader in grown(founded, choices, Path(folder)):
            then[reader.head().size - 1] = [told(reader, day) for day in DAYS]
        with Store(Path(folder) / "ledger.db") as ledger:
            for last, states in then.items():
                for day, state in zip(DAYS, states, strict=True):
                    with ledger.reading() as reader:
                        assert told(reader, day, known_at=last) == state
            with ledger.reading() as reader:
                kinds = [entry.kind for entry in reader.entries_at(range(reader.head().size))]
    for kind in sorted({kind for kind in kinds if kind.startswith("entry.")}):
        event(kind)


def is_ours(said: Event) -> bool:
    """Whether an event mends an error of the ledger's own."""
    recording_error = isinstance(said, EntryCorrected) and said.type == "recording-error"
    return isinstance(said, Amendment) and (recording_error or not said.documents)


@given(some_events())
@bounded
def test_nothing_that_is_published_later_changes_what_was_public_but_for_our_own_errors(
    founded: tuple[Path, Signer], choices: list[tuple[str, int, int, int]]
) -> None:
    with TemporaryDirectory() as folder:
        before: dict[date, list[str]] = {}
        for reader in grown(founded, choices, Path(folder)):
            (last,) = reader.entries_at([reader.head().size - 1])
            cited = {citation.document for citation in getattr(last.event, "documents", ())}
            for public in DAYS:
                states = [told(reader, day, public_at=public) for day in DAYS]
                if cited and not is_ours(last.event) and all(PUBLISHED[id][1] > public for id in cited):
                    assert states == before.get(public, states)
                before[public] = states
