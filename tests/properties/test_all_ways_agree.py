"""Replay, the read model followed entry by entry, the read model made anew and a naive oracle give the same answers, at
any day, position and day of publication; and an answer once given is given again.

A clerk tries whatever can be said of a force, in any order, with every mending, and withholds what no longer stands;
between the submissions the read model is followed, made anew, and the ledger closed and opened. Where what was withheld
still stood, an answer given before changes: its own matter is told without it, and that something is withheld.
"""

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from itertools import chain, combinations
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from events import Event, WorldEvent
from events.amendment import Amendment, EntryCorrected, EntryWithheld
from events.document import DocumentRegistered
from ledger.cli.words import board_in_words, state_in_words
from ledger.errors import Refused
from ledger.log.key import Signer
from ledger.query.context import QueryContext
from ledger.readmodel.follow import followed, rebuild
from ledger.readmodel.place import model_beside
from ledger.readmodel.query import open_model
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record
from ledger.store.database import Head
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections.amendments import Versions, in_force
from projections.state import body_state
from projections.subject import SubjectKey, SubjectState
from tests.conftest import NOW, ORIGIN, now
from tests.readmodel.test_follow import OVERLAPPING, rows
from tests.support import naive
from tests.support.clerk import BODY, Saying, amendments, beginnings, config_of, sayings

Json = dict[str, Any]
TIMES = int(os.environ.get("FORCE_LEDGER_TEST_TIMES", "1"))
"""How many times as many ledgers are tried as usual."""
CONTENTS = (
    "SELECT * FROM entries ORDER BY position",
    "SELECT matter, body, subject, id, summary, valid_from, valid_to, known_from, known_to, over, data, cites "
    "FROM spells ORDER BY 1, 3, 4, 6, 8, 5, 11",
)
"""All that a read model holds, but for the numbers of the spells."""
days = st.sampled_from([date.fromisoformat(day) for day in (
    "2022-12-31", "2023-11-01", "2024-01-09", "2024-01-10", "2024-01-15", "2024-02-29", "2024-03-10", "2024-05-20",
    "2024-06-30", "2025-01-31", "2025-02-10", "2025-02-28", "2025-06-30", "2026-11-21")])  # fmt: skip
shares = st.floats(0, 1)


@dataclass(frozen=True)
class Answer:
    """What was said of the force when it was asked; and the matters in which something was left out as withheld."""

    parts: dict[SubjectKey, SubjectState]
    state: Json
    line: Json
    due: list[Json]
    durations: list[Json]
    marred: frozenset[str]

    def agrees_with(self, other: "Answer") -> bool:
        """Whether two answers are the same, but for matters in which something was withheld between them."""
        if not self.marred | other.marred:
            return self == other
        return self._alternative_spells(other) == other._alternative_spells(self)

    def _alternative_spells(self, other: "Answer") -> dict[SubjectKey, SubjectState]:
        marred = self.marred | other.marred
        return {key: part for key, part in self.parts.items() if key[0] != "withheld" and _matter(key) not in marred}


def _matter(key: SubjectKey) -> str:
    part, id = key
    if part in ("oversight", "territory", "merger", "name"):
        return f"body/{BODY}"
    of_inspections = part in ("judgement", "inspection", "tally")
    return f"{BODY}/inspection" if of_inspections else "/".join(filter(None, (BODY, part, id)))


class Everyday(RuleBasedStateMachine):
    """A ledger in use."""

    founded: tuple[Path, Signer]

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "ledger.db"
        shutil.copyfile(self.founded[0], self.path)
        self.ledger = Store(self.path)
        self.first = self._head().size
        self.given: dict[tuple[date, int], Answer] = {}

    def teardown(self) -> None:
        with self.folder, closing(self.ledger):
            self.gives_its_answers_again_also_when_made_anew()

    @initialize(said=beginnings, day=days, public=days)
    def begins(self, said: tuple[Saying, ...], day: date, public: date) -> None:
        for one in said:
            self._is_told(day, public, one.fact())

    # What is done to it

    @rule(said=st.lists(sayings, min_size=1, max_size=4), together=st.booleans(), day=days, public=days)
    def is_told_facts(self, said: list[Saying], together: bool, day: date, public: date) -> None:
        facts = [one.fact() for one in said]
        for submission in [facts] if together else [[fact] for fact in facts]:
            self._is_told(day, public, *submission)

    @rule(said=sayings, day=days, public=days)
    def is_told_of_a_document(self, said: Saying, day: date, public: date) -> None:
        self._is_told(day, public, said.document())

    @rule(said=st.lists(st.tuples(sayings, amendments), min_size=1, max_size=4), day=days, public=days)
    def is_mended(self, said: list[tuple[Saying, str]], day: date, public: date) -> None:
        for one, name in said:
            with self.ledger.reading() as reader:
                tried = one.amendment(name, reader.entries_at(range(2, reader.head().size)))
            if tried:
                self._is_told(day, public, tried)

    @rule()
    def is_closed_and_opened(self) -> None:
        self.ledger.close()
        self.ledger = Store(self.path)

    @rule()
    def is_followed(self) -> None:
        with self.ledger.reading() as reader:
            followed(self.path, reader)

    @rule()
    def is_rebuilt(self) -> None:
        with self.ledger.reading() as reader:
            rebuild(self.path, reader)

    # What it answers

    @rule(day=days, share=shares, public=st.none() | days)
    def is_asked(self, day: date, share: float, public: date | None) -> None:
        with self.ledger.reading() as reader:
            known = self.first - 1 + round(share * (reader.head().size - self.first))
            seen = QueryContext.of(reader, day, known, public)
            answer = answered(seen)
            naively(seen, answer.state)
            assert modelled(followed(self.path, reader), seen) == answer
            if public is None:
                assert answer.agrees_with(self.given.setdefault((day, known), answer))

    def _is_told(self, day: date, public: date, *events: Event) -> None:
        """Record a submission. What is not public changes nothing that was, our own errors excepted."""
        head = self._head()
        with self.ledger.reading() as reader:
            before = answered(QueryContext.of(reader, day, None, public))
        try:
            record(self.ledger, [Draft(event) for event in events], self.founded[1], clock=now)
        except Refused:
            assert self._head() == head
            return
        with self.ledger.reading() as reader:
            last, *_, most = reader.head().size - 1, *published(reader, public)
            if not any(_was_public(event, most) for event in events):
                after = answered(QueryContext.of(reader, day, None, public))  # a report may call for a response
                assert replace(after, due=[]).agrees_with(replace(before, due=[]))
            seen = QueryContext.of(reader, day, last)
            self.given[day, last] = answered(seen)
            naively(seen, self.given[day, last].state)

    def gives_its_answers_again_also_when_made_anew(self) -> None:
        with TemporaryDirectory() as elsewhere, self.ledger.reading() as reader:
            beside, anew = followed(self.path, reader), model_beside(Path(elsewhere) / "ledger.db")
            rebuild(Path(elsewhere) / "ledger.db", reader)
            assert [rows(anew, query) for query in CONTENTS] == [rows(beside, query) for query in CONTENTS]
            assert rows(anew, OVERLAPPING) == []
            for (day, known), then in self.given.items():
                seen = QueryContext.of(reader, day, known)
                answer = answered(seen)
                assert answer.agrees_with(then), (day, known)
                assert modelled(anew, seen) == answer

    def _head(self) -> Head:
        with self.ledger.reading() as reader:
            return reader.head()


def modelled(model: Path, seen: QueryContext) -> Answer:
    """The answer of a read model."""
    with open_model(model) as connection:
        return answered(replace(seen, up_to_date=connection))


def answered(seen: QueryContext) -> Answer:
    """The answer of a replay, or of a read model if the context has one."""
    parts = seen.on_day(BODY)
    recorded = [*seen.entries(BODY), *seen.reader.entries_under("document/")]
    stands = Versions(recorded, seen._public).in_force()
    left_out = {str(entry.position) for entry in stands if entry.is_withheld}
    assert {id for id, _ in parts.each("withheld")} <= left_out
    marred = {e.matter for e in stands for one in (e, *e.corroborated) if one.is_withheld}
    state, (line,) = body_state(parts, ended=True), (row for row in seen.board() if row["body"] == BODY)
    due = [item.to_json() for item in seen.due([BODY])[0]]
    durations = [time.to_json() for time in seen.durations([BODY], seen.clocks.as_of)]
    assert state_in_words(state)
    assert board_in_words([line])
    return Answer(dict(parts.by_key), state, line, due, durations, frozenset(marred))


def naively(seen: QueryContext, state: Json) -> None:
    """Hold a state against the naive answer, matter by matter; of one in which something was withheld it knows none."""
    public = seen.clocks.public_at
    ways: list[naive.Public | None] = [*published(seen.reader, public)] if public else [None]
    for matter, reading in naive.readings(state, "custody", "investigating-crime").items():
        recorded = seen.reader.matter(f"{BODY}/{matter}")
        if not any(entry.is_withheld for entry in recorded):
            reading.check([naive.in_force(recorded, way) for way in ways], seen.clocks.as_of)


def published(reader: Reader, day: date) -> Iterator[naive.Public]:
    """What may have been public on a day, as far as is known now: first only what certainly was, last all that may."""
    certain, dates = set(), dict[str, date | None]()
    for entry in in_force(reader.entries_under("document/")):
        said = entry.event
        if isinstance(said, DocumentRegistered):
            known, since = said.published or said.retrieved, said.published or said.dated
            if min(known.latest if known else NOW.date(), NOW.date()) <= day:
                certain.add(said.document)
            else:
                dates[said.document] = since.earliest if since else None
    for chosen in chain.from_iterable(combinations(dates, number) for number in range(len(dates) + 1)):
        may_be = {one: dates[one] for one in chosen} | dict.fromkeys(certain, date.min)
        yield partial(_is_any_public, day, may_be)


def _is_any_public(day: date, dates: dict[str, date | None], cited: Iterable[str], fact: date) -> bool:
    return any((dates[one] or fact) <= day for one in cited if one in dates)


def _was_public(event: Event, public: naive.Public) -> bool:
    """Whether what an event says could be public, or mends an error of the ledger's own."""
    if isinstance(event, EntryWithheld):
        return False
    cited = [citation.document for citation in getattr(event, "documents", ())]
    if isinstance(event, Amendment):
        ours = not event.documents or (isinstance(event, EntryCorrected) and event.type == "recording-error")
        return ours or public(cited, date.min)
    return isinstance(event, WorldEvent) and public(cited, event.effective.earliest)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Signer]:
    """A ledger of which nobody has said anything yet, to be copied; and the key of its keeper."""
    folder = tmp_path_factory.mktemp("everyday")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FORCE_LEDGER_KEYS", str(folder / "keys"))
        create_ledger(folder / "ledger.db", origin=ORIGIN, forces=False, clock=now)
        signer = KeyRing(ORIGIN).recorder(None)
    with Store(folder / "ledger.db") as ledger:
        record(ledger, [Draft(event) for event in config_of()], signer, clock=now)
    return folder / "ledger.db", signer


def test_all_ways_agree(founded: tuple[Path, Signer]) -> None:
    Everyday.founded = founded
    bounds = settings(
        max_examples=40 * TIMES, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
    )
    run_state_machine_as_test(Everyday, settings=bounds)
