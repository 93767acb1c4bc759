"""What is done for one crowded matter grows with its entries, not with their square.

Counted, not timed: the calls of Python functions, and the rows that are read.
"""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pytest

from events import Entry, Event, latest
from ledger.cli.effects import changes
from ledger.cli.readback import IN_FULL
from ledger.cli.words import due_in_words, state_in_words
from ledger.errors import Refused
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import read_ahead
from ledger.query.context import QueryContext
from ledger.readmodel.follow import followed
from ledger.record.create import create_ledger
from ledger.record.record import Draft, validate
from ledger.rules.signed import check_signed
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections import tables
from tests.conftest import ORIGIN, now, record_events, record_yaml

LETTER = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS,
   published: 2026-01-01}
"""
SOME, FOUR_TIMES = 100, 400


def about(kind: str, day: date, **says: Any) -> Event:
    common = {"body": "kent", "concern": "custody", "effective": day.isoformat(), "documents": [{"document": "letter"}]}
    return latest(kind).model_validate(common | says)


def crowded(folder: Path, number: int) -> Store:
    """A ledger with a concern that was reaffirmed so often."""
    create_ledger(folder / f"{number}.db", origin=f"{ORIGIN}/{number}", clock=now)
    ledger = Store(folder / f"{number}.db")
    record_yaml(ledger, LETTER)
    record_events(ledger, about("concern.issued", date(2000, 1, 1), title="Custody"))
    reaffirm(ledger, number, date(2001, 1, 1))
    return ledger


def reaffirm(ledger: Store, number: int, first: date) -> None:
    record_events(ledger, *[about("concern.reaffirmed", first + timedelta(days=n)) for n in range(number)])


@contextmanager
def rows_read() -> Iterator[list[Any]]:
    """The rows of the ledger that are read meanwhile."""
    rows, read = list[Any](), Reader.rows

    def counted(self: Reader, query: str, params: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        found = read(self, query, params)
        rows.extend(found)
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Reader, "rows", counted)
        yield rows


def calls(work: Any, *args: Any) -> int:
    """How many Python functions are called."""
    number = 0

    def count(frame: Any, event: str, arg: Any) -> None:
        nonlocal number
        number += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work(*args)
    finally:
        sys.setprofile(before)
    return number


def test_recording_into_a_crowded_matter_is_linear(tmp_path: Path) -> None:
    few, many = (calls(reaffirm, crowded(tmp_path, number), number, date(2010, 1, 1)) for number in (SOME, FOUR_TIMES))
    assert many < 5 * few


def test_looking_up_what_many_quote_is_linear(tmp_path: Path) -> None:
    ledger, asked = crowded(tmp_path, 1), list[int]()
    for number in (SOME, FOUR_TIMES):
        quotes = ([{"document": "letter", "quote": f"what is wanting, number {n}"}] for n in range(number))
        events = [about("concern.reaffirmed", date(2020, 1, 1), documents=quoted) for quoted in quotes]
        with ledger.reading() as reader:
            asked.append(calls(read_ahead, events, reader, Evidence(tmp_path)))
    assert asked[1] < 4.5 * asked[0]


def test_who_signed_a_batch_is_read_from_envelopes_alone(tmp_path: Path) -> None:
    ledger = crowded(tmp_path, SOME)
    with ledger.reading() as reader, rows_read() as rows:
        check_signed(reader, range(reader.head().size))
    assert len(rows) > SOME
    assert not [row for row in rows if len(row) == 3 and row[2] is not None]


def test_the_read_model_of_a_crowded_matter_is_linear(tmp_path: Path) -> None:
    """Each entry behind a state is told once, and a long history is not folded again for each of its entries."""

    def build(number: int) -> int:
        with crowded(tmp_path, number).reading() as reader:
            return calls(followed, tmp_path / f"{number}.db", reader)

    assert build(FOUR_TIMES) < 4.5 * build(SOME)


MOVES = ("concern.reaffirmed", "concern.left_unclear", "concern.reaffirmed", "concern.partly_ended")


def moves() -> Iterator[Event]:
    """Facts about a concern, and about a phase, mostly one after the other."""
    yield about("concern.issued", date(2000, 1, 1), title="Custody", recommendations_issued=9)
    for n in range(24):
        kind = MOVES[n % 4]
        says = {"element": f"part {n}", "outcome": "closed"} if kind == "concern.partly_ended" else {}
        yield about(kind, date(2001, 1, 1) + timedelta(days=n if n % 7 else n // 2), **says)
    yield about("recommendation.closed", date(2002, 1, 1), number=2)
    yield about("concern.closed", date(2002, 2, 1), as_a_whole=True, reason="Done")
    said = {"body": "kent", "documents": [{"document": "letter"}]}
    for n in range(12):
        kind = ("monitoring.engaged", "monitoring.continued", "monitoring.continued", "monitoring.returned")[n % 4]
        effective = (date(2003, 1, 1) + timedelta(days=n)).isoformat()
        yield latest(kind).model_validate({**said, "effective": effective[:7] if n == 10 else effective})


@pytest.mark.parametrize("together", [(1,), (1, 2), (2, 1, 3)], ids=str)
def test_a_history_folded_at_once_is_the_same_as_one_folded_by_submissions(
    tmp_path: Path, together: tuple[int, ...]
) -> None:
    create_ledger(tmp_path / "ledger.db", origin=ORIGIN, clock=now)
    ledger = Store(tmp_path / "ledger.db")
    record_yaml(ledger, LETTER)
    events, numbers = moves(), cycle(together)
    while some := [*islice(events, next(numbers))]:
        record_events(ledger, *some)
    sizes = list[int]()
    with ledger.reading() as reader, pytest.MonkeyPatch.context() as patch:
        recorded = reader.matters(["kent/concern/custody", "kent/monitoring"])
        really = tables._at_once

        def counted(*args: Any) -> int:
            sizes.append(really(*args))
            return sizes[-1]

        patch.setattr(tables, "_at_once", counted)
        at_once = {matter: [*tables.told_rows(matter, own)] for matter, own in recorded.items()}
        patch.setattr(tables, "_at_once", lambda *args: 1)
        assert {matter: {*tables.told_rows(matter, own)} for matter, own in recorded.items()} == {
            matter: {*rows} for matter, rows in at_once.items()
        }
        assert all(len({*rows}) == len(rows) for rows in at_once.values())
    assert max(sizes) >= 3
    assert sizes.count(1) >= 3


def test_an_unlawful_entry_after_a_long_history_is_refused_in_words(tmp_path: Path) -> None:
    """The search for another order would recurse once for each fact, and there is none."""
    ledger = crowded(tmp_path, 1100)
    record_events(ledger, about("concern.closed", date(2019, 1, 1), as_a_whole=True))
    with pytest.raises(Refused, match="was closed on 2019-01-01"):
        reaffirm(ledger, 1, date(2020, 1, 1))


EARLY = """
- {kind: document.registered, document: early, type: inspectorate-letter, title: Early, publisher: HMICFRS,
   published: 2019-01-01}
- {kind: monitoring.engaged, body: kent, effective: 2026-01-01, documents: [letter]}
- {kind: monitoring.engaged, body: essex, effective: 2019-01-01, documents: [early]}
- {kind: monitoring.continued, body: essex, effective: 2026-01-01, documents: [letter]}
"""


def test_by_the_public_clock_only_what_was_not_all_public_is_read(tmp_path: Path) -> None:
    read = []
    for number in (SOME, FOUR_TIMES):
        ledger = crowded(tmp_path, number)  # nothing of it was public
        record_yaml(ledger, EARLY)
        concern = {"documents": [{"document": "early"}], "concern": "searches"}
        record_events(ledger, about("concern.issued", date(2018, 1, 1), title="Searches", **concern))
        days = (date(2018, 2, 1) + timedelta(days=n) for n in range(number))
        record_events(ledger, *(about("concern.reaffirmed", day, **concern) for day in days))
        with ledger.reading() as reader:
            context = QueryContext.of(reader, public_at=date(2020, 1, 1), ledger=tmp_path / f"{number}.db")
            context.board()  # the read model is made
            with rows_read() as rows:
                shown = {row["body"]: row for row in context.board()}
        assert (shown["kent"]["phase"], shown["essex"]["phase"]) == ("scan", "engage")
        assert shown["kent"]["open_concerns"] == 1
        read.append(len(rows))
    assert read[0] == read[1] < 50 + 43  # and the register of bodies


def test_the_board_by_the_public_clock_reads_only_what_it_shows(tmp_path: Path) -> None:
    later = LETTER.replace("letter,", "later,", 1).replace("2026", "2027")
    found, read = latest("finding.recorded"), list[tuple[int, int]]()
    for few, number in enumerate((SOME, FOUR_TIMES)):
        ledger = crowded(tmp_path, few)
        record_yaml(ledger, later)
        said = {"body": "kent", "effective": "2026-01-01", "type": "area-for-improvement", "title": "One"}
        cites = {"documents": [{"document": "letter"}, {"document": "later"}]}
        record_events(ledger, *(found.model_validate({**said, **cites, "finding": f"f-{n}"}) for n in range(number)))
        with ledger.reading() as reader:
            context = QueryContext.of(reader, public_at=date(2026, 6, 1), ledger=ledger.database.cache_path)
            context.board()  # the read model is made
            with rows_read() as of_board:
                context.board()
            with rows_read() as of_state:
                context.state("kent")
        read.append((len(of_board), len(of_state)))
    assert read[0][0] == read[1][0]
    assert read[1][1] >= read[0][1] + FOUR_TIMES - SOME, "a state shows them"


def test_long_lists_are_counted_and_their_latest_items_told(tmp_path: Path) -> None:
    lengths = []
    for number in (SOME, FOUR_TIMES):
        ledger = crowded(tmp_path, number)
        for kind in ("finding", "review"):
            day, says = date(2020, 1, 1), {"type": "area-for-improvement"} if kind == "finding" else {"due": "2021"}
            first = "finding.recorded" if kind == "finding" else "review.scheduled"
            events = (
                latest(first).model_validate(
                    {"body": "kent", "effective": f"{day}", "documents": [{"document": "letter"}], "title": "One"}
                    | says | {kind: f"one-{n}"}
                )
                for n in range(number)
            )  # fmt: skip
            record_events(ledger, *events)
        with ledger.reading() as reader:
            context = QueryContext.of(reader, date(2026, 1, 1))
            found, (owed, reports) = context.state("kent"), context.due(["kent"])
        rows = [item.to_json() for item in owed]
        texts = state_in_words(found, full=False), due_in_words(rows, reports, full=False)
        lengths.append([len(text.splitlines()) for text in texts])
        assert all(str(number) in text for text in texts)
        assert len(state_in_words(found, section="findings").splitlines()) > number
    assert lengths[0] == lengths[1]
    assert sum(lengths[0]) < SOME


def test_correcting_what_many_cite_needs_the_memory_of_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.rules.context._AT_ONCE", SOME // 4)
    ledger = crowded(tmp_path, 1)
    findings = {"type": "area-for-improvement", "title": "One", "effective": "2026-02-01"}
    said = {"body": "kent", "documents": [{"document": "letter"}], **findings}
    record_events(
        ledger, *(latest("finding.recorded").model_validate(said | {"finding": f"f-{n}"}) for n in range(SOME))
    )
    read, steps = [], []
    matters = Reader.matters
    with pytest.MonkeyPatch.context() as patch, ledger.reading() as reader:

        def counted(self: Reader, names: Iterable[str]) -> dict[str, list[Entry]]:
            found = matters(self, names)
            read.append(len(found))
            return found

        patch.setattr(Reader, "matters", counted)
        registered = reader.matter("document/letter")[0]
        data = registered.event.data() | {"title": "Another letter"}
        corrected = latest("entry.corrected").model_validate(
            {
                "target": registered.event_id, "stream": "document/letter", "type": "recording-error",
                "reason": "A slip", "replacement": {"kind": "document.registered", "version": 1, "data": data},
            }
        )  # fmt: skip
        validate(reader, Evidence(tmp_path), [Draft(corrected)], None, clock=now, tell=lambda *n: steps.append(n))
    assert max(read) <= SOME // 4 + 1, "no more are read at once"
    *rested, last = steps
    assert (len(rested), last) == (5, (1, 1))
    assert rested[-1][0] == rested[-1][1] > SOME


def test_what_a_batch_changes_is_asked_only_of_what_is_shown(tmp_path: Path) -> None:
    read, asked = [], []
    for number in (SOME, FOUR_TIMES):
        said = {"body": "kent", "effective": "2026-02-01", "documents": [{"document": "letter"}], "title": "One"}
        said |= {"type": "area-for-improvement"}
        drafts = [Draft(latest("finding.recorded").model_validate(said | {"finding": f"f-{n}"})) for n in range(number)]
        with crowded(tmp_path, number).reading() as reader:
            appended = validate(reader, Evidence(tmp_path), drafts, None, clock=now).appended
            with rows_read() as rows:
                asked.append(calls(changes, reader, appended, appended[:IN_FULL]))
            assert len(changes(reader, appended, appended[:IN_FULL])) == IN_FULL
        read.append(len(rows))
    assert read[0] == read[1]
    assert asked[0] == asked[1]
