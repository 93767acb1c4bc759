"""A clock that was wrong: what is refused, how it is corrected, and by when entries then were on record."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from events.dates import london_day
from events.recorder import ClockCorrected, RecorderRevoked
from ledger.audit.verify import AuditOptions, audit_ledger
from ledger.errors import ClockTrouble, Refused
from ledger.log.key import Signer
from ledger.query.context import QueryContext
from ledger.record import clock as clocks
from ledger.record.record import Draft, approve, record
from ledger.statements import Approval
from ledger.store.store import Store
from projections.clock import Times
from tests.audit.small import document
from tests.conftest import NOW, Told, key_of, record_events

YEAR = timedelta(days=365)


def at(moment: datetime) -> clocks.Clock:
    return lambda: moment


def corrected(since: int) -> ClockCorrected:
    return ClockCorrected(since=since, reason="The battery had failed.")


def size(ledger: Store) -> int:
    with ledger.reading() as reader:
        return reader.head().size


def known_at(ledger: Store, moment: datetime) -> int:
    with ledger.reading() as reader:
        return QueryContext.of(reader, known_at=moment).clocks.known.position


def is_verified(ledger: Store) -> bool:
    report = audit_ledger(ledger.database, AuditOptions(), lambda _: None)
    assert report.ok, report
    return report.ok


def approval(ledger: Store, event: ClockCorrected, by: Signer, moment: datetime) -> Approval:
    return approve(ledger, [Draft(event)], by, clock=at(moment))[1]


@pytest.fixture
def ahead(ledger: Store, clerk: Signer) -> int:
    """The first of two entries that a clerk recorded with a clock that runs a year ahead."""
    record_events(ledger, document("before"), signer=clerk)
    (first,) = record_events(ledger, document("a"), signer=clerk, clock=at(NOW + YEAR)).appended
    record_events(ledger, document("b"), signer=clerk, clock=at(NOW + YEAR + timedelta(hours=1)))
    return first.position


def test_it_is_told_whose_clock_is_likely_wrong(ledger: Store, clerk: Signer, ahead: int) -> None:
    remedy = rf"if it is right, that of {clerk.verifier.id.replace('+', '.')} was ahead from #{ahead} on"
    with pytest.raises(ClockTrouble, match=remedy):
        record_events(ledger, document("c"), clock=at(NOW))
    record_events(ledger, document("c"), clock=at(NOW + YEAR + timedelta(hours=2)))
    with pytest.raises(ClockTrouble, match="it is likely behind, as several recorders were later: set it"):
        record_events(ledger, document("d"), clock=at(NOW))


def test_recording_goes_on_after_a_correction_that_another_approves(ledger: Store, clerk: Signer, ahead: int) -> None:
    then = NOW + timedelta(hours=3)
    with pytest.raises(
        Refused, match=rf"it dates entries of {clerk.verifier.name}.*needs a second recorder's approval"
    ) as refused:
        record_events(ledger, corrected(ahead), clock=at(then))
    (to_approve,) = yaml.safe_load(refused.value.problems[0].hint.partition("\n")[2])
    assert to_approve == {"kind": ClockCorrected.kind, **corrected(ahead).data()}
    approved = approval(ledger, corrected(ahead), clerk, then)
    draft = [Draft(corrected(ahead))]
    (entry,) = record(ledger, draft, key_of(ledger), approval=approved, clock=at(then)).appended
    assert entry.recorded_at == then
    (after,) = record_events(ledger, document("c"), clock=at(then + timedelta(minutes=1))).appended
    assert after.recorded_at == then + timedelta(minutes=1)
    assert is_verified(ledger)
    assert known_at(ledger, then - timedelta(minutes=1)) == ahead - 1
    assert known_at(ledger, then) == entry.position
    assert known_at(ledger, after.recorded_at) == after.position
    with ledger.reading() as reader:
        assert QueryContext.of(reader, known_at=ahead).clocks.as_of == then.date(), "not in a year"


def test_the_second_clock_must_give_the_same(ledger: Store, clerk: Signer, ahead: int) -> None:
    """Or a keeper whose clock is behind could date others back."""
    with pytest.raises(Refused, match=rf"#{ahead} is the first entry that is later"):
        approval(ledger, corrected(ahead - 1), clerk, NOW)
    with pytest.raises(Refused, match="is the first entry that is later"):
        approval(ledger, corrected(ahead), clerk, NOW - YEAR)


def test_ones_own_entries_need_no_approval(ledger: Store) -> None:
    (first,) = record_events(ledger, document("a"), clock=at(NOW + YEAR)).appended
    record_events(ledger, corrected(first.position), clock=at(NOW))
    record_events(ledger, document("b"), clock=at(NOW))
    assert is_verified(ledger)


def test_a_key_that_is_no_longer_authorised_is_nobody_to_ask(ledger: Store, clerk: Signer, ahead: int) -> None:
    late = NOW + YEAR + timedelta(hours=2)
    record_events(ledger, RecorderRevoked(recorder=clerk.verifier.id, reason="Gone."), clock=at(late))
    record_events(ledger, corrected(ahead), clock=at(NOW))
    assert is_verified(ledger)


@pytest.mark.parametrize("offset", [-1, 1])
def test_it_names_the_first_later_entry(ledger: Store, ahead: int, offset: int) -> None:
    with pytest.raises(Refused, match=rf"#{ahead} is the first entry that is later than this clock says it is"):
        record_events(ledger, corrected(ahead + offset), clock=at(NOW))


def test_it_is_alone_and_only_where_something_is_later(ledger: Store, ahead: int) -> None:
    with pytest.raises(ClockTrouble):
        record_events(ledger, corrected(ahead), document("c"), clock=at(NOW))
    with pytest.raises(Refused, match="a correction of a clock is recorded alone"):
        record_events(ledger, corrected(ahead), document("c"), clock=at(NOW + 2 * YEAR))
    with pytest.raises(Refused, match="no entry is later than this clock says it is"):
        record_events(ledger, corrected(ahead), clock=at(NOW + 2 * YEAR))


def test_a_clerk_does_not_correct_a_clock(ledger: Store, clerk: Signer, ahead: int) -> None:
    with pytest.raises(Refused, match=r"is a clerk, and may not record ledger\.clock_corrected"):
        record_events(ledger, corrected(ahead), signer=clerk, clock=at(NOW))


def test_a_clock_that_ran_ahead_twice(ledger: Store) -> None:
    (first,) = record_events(ledger, document("a"), clock=at(NOW + YEAR)).appended
    record_events(ledger, corrected(first.position), clock=at(NOW))
    (second,) = record_events(ledger, document("b"), clock=at(NOW + 2 * YEAR)).appended
    record_events(ledger, corrected(second.position), clock=at(NOW + timedelta(days=1)))
    assert is_verified(ledger)
    assert known_at(ledger, NOW) == second.position - 1


OFFSETS = st.lists(st.tuples(st.integers(0, 20), st.booleans()), min_size=1, max_size=30)


@given(OFFSETS, st.integers(0, 25))
def test_known_never_goes_back_and_is_found(steps: list[tuple[int, bool]], moment: int) -> None:
    """Each step moves the clock on, or is a correction that sets it back."""
    times, corrections = [0], []
    for step, corrects in steps:
        if corrects:
            corrections.append(len(times))
            least = max((times[c] for c in [0, *corrections[:-1]]), default=0)
            times.append(least + step % (times[-1] - least + 1))
        else:
            times.append(times[-1] + step)
    moments = [NOW + timedelta(days=day) for day in times]
    asked = Times(moments.__getitem__, lambda: corrections)
    known = [asked.known(position) for position in range(len(moments))]
    assert known == sorted(known)
    assert all(by <= said for by, said in zip(known, moments, strict=True))
    day = NOW + timedelta(days=moment)
    assert asked.last_known(len(moments), day) == sum(by <= day for by in known) - 1


# The clock of a server, and of a file


@pytest.mark.on_a_server
def test_on_a_server_its_clock_counts(ledger: Store, clerk: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clocks, "utc_now", lambda: datetime.now(UTC) + YEAR)
    receipt = record(ledger, [Draft(document("a"))], clerk)
    assert abs(receipt.recorded_at - datetime.now(UTC)) < timedelta(hours=1)
    (warning,) = [str(warning) for warning in receipt.warnings]
    assert "this machine's clock says" in warning
    assert "the server's" in warning


@pytest.mark.in_a_file
def test_after_a_long_time_a_person_says_what_day_it_is(
    told: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FORCE_LEDGER_GAP_DAYS")
    batch = tmp_path / "a.yaml"
    batch.write_text("- {kind: document.registered, document: a, type: inspectorate-letter, title: A, publisher: H}\n")
    monkeypatch.setattr(clocks, "utc_now", lambda: datetime.now(UTC) + timedelta(days=32))
    day = london_day(clocks.utc_now())
    code, _, err = told("append", "a.yaml")
    assert code == 1
    assert (
        f"and this machine's clock says {day}; if it is right, use `force-ledger --today {day} …`; else set it" in err
    )
    assert told("--today", "2001-01-01", "append", "a.yaml")[0] == 1
    assert told("--today", "yesterday", "append", "a.yaml")[0] == 2
    (tmp_path / "force-ledger.toml").write_text("gap_days = 40\n")
    assert told("append", "a.yaml", "--dry-run")[0] == 0
    assert told("append", "a.yaml")[0] == 0
    (tmp_path / "force-ledger.toml").unlink()
    monkeypatch.setattr(clocks, "utc_now", lambda: datetime.now(UTC) + timedelta(days=99))
    day = london_day(clocks.utc_now())
    assert told("keys", "rotate")[0] == 1
    assert told("--today", str(day), "keys", "rotate")[0] == 0


@pytest.mark.in_a_file
def test_every_reader_notes_an_entry_that_is_ahead(told: Told, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        "- {kind: document.registered, document: a, type: inspectorate-letter, title: A, publisher: H}\n"
    )
    with monkeypatch.context() as patch:
        patch.setattr(clocks, "utc_now", lambda: datetime.now(UTC) + YEAR)
        assert told("append", "a.yaml")[0] == 0
    for question in (["board"], ["log"], ["forces", "list"]):
        code, _, err = told(*question)
        assert code == 0
        assert "which is ahead of this machine's clock: one of the two clocks is wrong" in err
    code, out, _ = told("verify")
    assert code == 0
    assert "ahead of this machine's clock: one of the two is wrong" in out
    code, _, err = told("append", "a.yaml")
    assert "use `clock correct`" in err or code == 0
    code, out, err = told("clock", "correct", "--reason", "The battery had failed.")
    assert (code, "It dates #2 to #2, recorded until" in err) == (0, True)
    assert told("verify")[0] == 0
    assert "ahead of" not in told("board")[2]
    assert told("clock", "correct", "--reason", "Again.")[0] == 6


@pytest.mark.in_a_file
def test_of_many_days_that_lie_ahead_the_first_are_told(
    told_of_forces: Told, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    day, told = london_day(datetime.now(UTC) + YEAR / 2), told_of_forces
    letter = "- {kind: document.registered, document: a, type: inspectorate-letter, title: A, publisher: H}\n"
    issued = f"title: C, recommendations_issued: 1, effective: {day}, documents: [a]}}\n"
    concerns = (f"- {{kind: concern.issued, body: kent, concern: c-{number}, {issued}" for number in range(60))
    (tmp_path / "a.yaml").write_text(letter + "".join(concerns))
    with monkeypatch.context() as patch:
        patch.setattr(clocks, "utc_now", lambda: datetime.now(UTC) + YEAR)
        assert told("append", "a.yaml")[0] == 0
    code, _, err = told("clock", "correct", "--reason", "The battery had failed.")
    assert (code, err.count("which lies ahead"), "Warning: and 10 more\n" in err) == (0, 50, True)
