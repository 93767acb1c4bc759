"""The order of recording is not the order of the world: in whatever order facts are recorded, the state is the same.

A life of a force is drawn at random, with ties, ranges and shared documents. Its facts are recorded in one batch as
they happened; in one batch in another order; and one by one in that order, where what is refused is tried again later.
"""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from events import Event, WorldEvent, latest
from ledger.errors import Refused
from ledger.log.key import Signer
from ledger.record.create import create_ledger
from ledger.record.record import Draft, record
from ledger.replay import documents_cited
from ledger.store.store import Store
from projections.body import BodySpells
from projections.state import body_state
from tests.conftest import ORIGIN, key_of, now, record_yaml

A_DAY = timedelta(days=1)
FIRST = date(2021, 1, 1)
DOCUMENTS = ("letter", "report")
FRAMEWORKS = {
    "peel-2018-19": "effectiveness",
    "peel-2021-22": "investigating-crime",
    "peel-2023-25": "investigating-crime",
}
MOVES_NOTHING = ("concern.reaffirmed", "recommendation.closed", "monitoring.continued")
"""Kinds that a life can do without."""
SETTING = """
- kind: body.registered
  body: gotham
  type: police-force
  name: Gotham City Police
  nation: England
  documents: [letter]
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: document.registered, document: report, type: press-report, title: A report, publisher: A paper}
"""


@dataclass(frozen=True)
class Founded:
    """A ledger with a force and two documents, to be copied."""

    path: Path
    signer: Signer


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Founded]:
    folder = tmp_path_factory.mktemp("any-order")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "founded.db", origin=ORIGIN, forces=False, clock=now)
        with Store(folder / "founded.db") as ledger:
            record_yaml(ledger, SETTING)
            signer = key_of(ledger)
        yield Founded(folder / "founded.db", signer)


# Lives


@dataclass(frozen=True)
class Fact:
    """Something that happened on a day; ``says`` is what there is to say of it besides."""

    day: date
    kind: str
    says: dict[str, Any]


def _days(draw: st.DrawFn, number: int) -> list[date]:
    """So many days in their order, some of them the same."""
    gaps = draw(st.lists(st.sampled_from([0, 0, 1, 10, 40]), min_size=number, max_size=number))
    days = [FIRST + timedelta(days=draw(st.integers(0, 60)))]
    for gap in gaps[1:]:
        days.append(days[-1] + timedelta(days=gap))
    return days


@st.composite
def concerns(draw: st.DrawFn, concern: str) -> list[Fact]:
    """A concern: perhaps announced, issued, reaffirmed, its recommendations closed, closed."""
    story = ["concern.announced"] * draw(st.integers(0, 1)) + ["concern.issued"]
    story += draw(st.lists(st.sampled_from(["concern.reaffirmed", "recommendation.closed"]), max_size=2))
    story += ["concern.closed"] * draw(st.integers(0, 1))
    facts = []
    for number, (kind, day) in enumerate(zip(story, _days(draw, len(story)), strict=True)):
        says: dict[str, Any] = {"concern": concern, "note": f"fact {number}"}
        match kind:
            case "concern.announced":
                says |= {"title": concern}
            case "concern.issued":
                says |= {"title": concern, "recommendations_issued": 3}
            case "recommendation.closed":
                says |= {"number": 1}
            case "concern.closed":
                says |= {"as_a_whole": True}
        facts.append(Fact(day, kind, says))
    return facts


@st.composite
def phases(draw: st.DrawFn) -> list[Fact]:
    """Monitoring: Engage, perhaps a stay in it and a return, perhaps all over again."""
    story: list[str] = []
    for _ in range(draw(st.integers(0, 2))):
        story += ["monitoring.engaged", *["monitoring.continued"] * draw(st.integers(0, 1)), "monitoring.returned"]
    story = story[: len(story) - draw(st.integers(0, 1))]
    days = _days(draw, len(story)) if story else []
    return [Fact(day, kind, {"note": f"move {n}"}) for n, (kind, day) in enumerate(zip(story, days, strict=True))]


@st.composite
def judgements(draw: st.DrawFn) -> list[Fact]:
    """Inspections of one programme, one after the other, each with a judgement."""
    chosen = list(FRAMEWORKS)[: draw(st.integers(0, 3))]
    facts = []
    for framework, day in zip(chosen, _days(draw, len(chosen)) if chosen else [], strict=True):
        says = {"framework": framework, "inspection": framework}
        grade = draw(st.sampled_from(["good", "requires-improvement", "inadequate"]))
        facts.append(Fact(day, "inspection.published", says))
        facts.append(Fact(day, "judgement.given", {**says, "area": FRAMEWORKS[framework], "grade": grade}))
    return facts


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """The events of a life, as they happened; of each matter, in its order."""
    substreams = [draw(concerns("first")), draw(concerns("second")), draw(phases()), draw(judgements())]
    return [event for facts in substreams for event in draw(_told(facts))]


@st.composite
def _told(draw: st.DrawFn, facts: list[Fact]) -> list[Event]:
    """The facts as documents tell them: some to the day, some less exactly; some with their order."""
    told: list[Event] = []
    ordered = draw(st.booleans())
    for number, fact in enumerate(facts, 1):
        document = draw(st.sampled_from([["letter"], ["report"], list(DOCUMENTS)]))
        says = {**fact.says, "order": number} if ordered and draw(st.booleans()) else fact.says
        documents = [{"document": name} for name in document]
        data = {"body": "gotham", "effective": draw(_dates(fact.day)), "documents": documents, **says}
        said = latest(fact.kind).model_validate(data)
        twin = any(said.fact is not None and said.fact == other.fact for other in told)
        assume(not twin or fact.kind in MOVES_NOTHING)
        if not twin:  # a second record of one fact would be refused
            told.append(said)
    return told


@st.composite
def _dates(draw: st.DrawFn, day: date) -> str:
    """A day as a source may give it."""
    before, after = draw(st.sampled_from([(0, 0), (0, 0), (0, 0), (0, 3), (15, 15)]))
    exact, month = day.isoformat(), f"{day:%Y-%m}"
    wide = f"{day - before * A_DAY}/{day + after * A_DAY}" if before or after else exact
    return draw(st.sampled_from([wide, wide, wide, month]))


# Recording


def all_at_once(founded: Founded, events: Sequence[Event], folder: Path) -> Path:
    """Record events in one batch."""
    path = _copy(founded, folder)
    with Store(path) as ledger:
        record(ledger, [Draft(event) for event in events], founded.signer, clock=now)
    return path


def one_by_one(founded: Founded, events: Sequence[Event], folder: Path) -> Path:
    """Record events one by one, and what is refused later again. Where nothing goes on any more (of two spells in
    Engage the later was told first: nothing between them can be told alone), the rest is told together."""
    path = _copy(founded, folder)
    waiting = list(events)
    with Store(path) as ledger:
        while waiting:
            refused = [event for event in waiting if not _accepted(ledger, event, founded.signer)]
            if len(refused) == len(waiting):
                record(ledger, [Draft(event) for event in refused], founded.signer, clock=now)
                break
            waiting = refused
    return path


def _accepted(ledger: Store, event: Event, signer: Signer) -> bool:
    try:
        record(ledger, [Draft(event)], signer, clock=now)
    except Refused:
        return False
    return True


def _copy(founded: Founded, folder: Path) -> Path:
    path = folder / "copy.db"
    shutil.copyfile(founded.path, path)
    return path


def states(path: Path, days: Sequence[date]) -> dict[date, Any]:
    """The state of the force on each day, with what entries say in place of their positions."""
    with Store(path) as ledger, ledger.reading() as reader:
        history = BodySpells.of("gotham", reader.matter("body/gotham") + reader.entries_under("gotham/"))
        known = documents_cited(reader, history.entries)
    ids = {entry.position: f"{entry.kind} {entry.data.decode()}" for entry in history.entries}
    return {day: _by_id(body_state(history.on_day(day, known), ended=True), ids) for day in days}


def _by_id(part: Any, ids: dict[int, str]) -> Any:
    if isinstance(part, dict):
        return {
            name: sorted(ids[position] for position in value) if name == "entries" else _by_id(value, ids)
            for name, value in part.items()
        }
    return [_by_id(item, ids) for item in part] if isinstance(part, list) else part


def turning_days(events: Sequence[Event]) -> list[date]:
    """The days on which the state can change, and those before them."""
    dates = [event.effective for event in events if isinstance(event, WorldEvent)]
    found = {day for known in dates for day in (known.earliest, known.latest, known.latest + A_DAY)}
    return sorted(found | {day - A_DAY for day in found})


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(life=lives(), chance=st.randoms(use_true_random=False))
def test_the_order_of_recording_changes_no_state(
    founded: Founded, tmp_path_factory: pytest.TempPathFactory, life: list[Event], chance: Any
) -> None:
    folder = tmp_path_factory.mktemp("life")
    days = turning_days(life)
    try:
        expected = states(all_at_once(founded, life, folder), days)
    except Refused as refused:
        # Drawn so that it is lawful; but which of two facts of one day came first may have to be said.
        if {problem.field for problem in refused.problems} != {"order"}:
            raise
        assume(False)
    shuffled = list(life)
    chance.shuffle(shuffled)
    assert states(all_at_once(founded, shuffled, folder), days) == expected
    assert states(one_by_one(founded, shuffled, folder), days) == expected
    assert states(one_by_one(founded, life[::-1], folder), days) == expected
    shutil.rmtree(folder)
