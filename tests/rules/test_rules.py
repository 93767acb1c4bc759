"""Every rule at work: a transcript of a session for each, or a test here where no batch can break it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest

import ledger.rules
import projections
from events import Entry, Event
from events.document import DocumentRegistered
from events.monitoring import Engaged
from events.recorder import ClockCorrected, LedgerOpened, LogKeyRotated, PolicySet, RecorderAuthorised, RecorderRevoked
from events.terms import DocumentType
from events.values import Citation
from ledger.errors import Problem, Refused
from ledger.evidence.folder import Evidence
from ledger.log.key import Signer
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import Draft, approve, record
from ledger.rules import REFUSALS, SIGNING, WARNINGS, signatures
from ledger.rules import rule as rule_module
from ledger.rules.context import RuleContext
from ledger.rules.rule import Caution, Problems, Refusal, Rule, refuses, rules_on
from ledger.statements import rotation_statement
from ledger.store.database import Head
from ledger.store.store import Store
from projections.body import MACHINES
from projections.machine import StateMachine
from tests.conftest import NOW, ORIGIN, StandingClock, key_of, record_events
from tests.support.transcribe import Transcript, append, begin_again, transcripts

TESTED_HERE = {
    "a_ledger_is_opened_once": "a second opening differs from the first, so one_fact_is_recorded_once speaks, alone",
    "its_body_is_registered": "a batch that names an unknown body is stopped earlier, where names are resolved",
    "a_log_key_is_handed_over": "no batch written beforehand bears the signature of a log key made at random",
    "a_clock_is_corrected_alone": "nothing was recorded later than the clock of these sessions",
    "a_clock_correction_names_the_first_later_entry": "nothing was recorded later than the clock of these sessions",
    "a_clock_dates_its_own_entries_or_is_approved": "nothing was recorded later than the clock of these sessions",
    "its_key_is_authorised": "it is about the key that signs a batch, not about what the batch says",
    "a_recorder_keeps_to_its_role_and_kinds": "it is about the key that signs a batch, not about what the batch says",
    "an_approval_is_anothers_and_of_this_batch": "it is about what comes along with a batch",
}
"""The rules that no batch alone can break, and why; `test_<rule>` below tries each."""

TRANSCRIPTS = transcripts()
each_transcript = pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=[t.path.stem for t in TRANSCRIPTS])


def guards() -> dict[str, Callable[..., Any]]:
    """Every guard of what may follow what, by name."""
    return {g.__name__: g for machine in MACHINES for of_kind in machine.guards.values() for g in of_kind}


def names(rules: Sequence[Rule]) -> set[str]:
    return {rule.__name__ for rule in rules}


RULES = names(REFUSALS) | names(WARNINGS) | {rule.__name__ for rule in SIGNING} | set(guards())


@contextmanager
def without(name: str) -> Iterator[None]:
    """A world without that rule."""
    registers: list[list[Any]] = [REFUSALS, WARNINGS, SIGNING]
    registers += [of_kind for machine in MACHINES for of_kind in machine.guards.values()]
    before = [list(register) for register in registers]
    for register in registers:
        register[:] = [rule for rule in register if rule.__name__ != name]
    _forget()
    try:
        yield
    finally:
        for register, rules in zip(registers, before, strict=True):
            register[:] = rules
        _forget()


def _forget() -> None:
    rules_on.cache_clear()


def head_of(folder: Path) -> Head:
    with Store(folder / "ledger.db") as ledger, ledger.reading() as reader:
        return reader.head()


def test_every_course_is_listed() -> None:
    modules = [import_module(f"projections.{module.name}") for module in iter_modules(projections.__path__)]
    found = [(m.__name__, name) for m in modules for name, value in vars(m).items() if isinstance(value, StateMachine)]
    listed = [id(machine.guards) for machine in MACHINES]
    assert [
        machine for machine in found if id(getattr(import_module(machine[0]), machine[1]).guards) not in listed
    ] == []


def test_no_two_rules_have_one_name() -> None:
    functions = {*REFUSALS, *WARNINGS, *SIGNING, *guards().values()}
    assert len(functions) == len(RULES)


def test_every_rule_that_is_written_is_listed_once() -> None:
    modules = [import_module(f"ledger.rules.{module.name}") for module in iter_modules(ledger.rules.__path__)]
    written = {rule for module in modules for rule in vars(module).values() if isinstance(rule, Rule)}
    assert len(REFUSALS) + len(WARNINGS) == len({*REFUSALS, *WARNINGS}) == len(written)
    assert {rule for rule in written if isinstance(rule, Refusal)} == set(REFUSALS)
    assert {rule for rule in written if isinstance(rule, Caution)} == set(WARNINGS)
    signing = {name for name, value in vars(signatures).items() if isfunction(value) and not name.startswith("_")}
    signing = {name for name in signing if vars(signatures)[name].__module__ == signatures.__name__}
    assert sorted(rule.__name__ for rule in SIGNING) == sorted(signing)


def test_a_rule_is_about_events_of_the_classes_that_it_takes() -> None:
    classes = {class_ for rule in (*REFUSALS, *WARNINGS) for class_ in rule.classes}
    assert [class_ for class_ in classes if not issubclass(class_, Event)] == []
    assert its_key.classes == (RecorderAuthorised, LedgerOpened)
    assert its_position.classes == (LedgerOpened,)


@refuses
def its_key(event: RecorderAuthorised | LedgerOpened, context: RuleContext) -> Problems:
    yield Problem(event.key if isinstance(event, RecorderAuthorised) else event.log_key)


@refuses
def its_position(event: LedgerOpened, entry: Entry, context: RuleContext) -> Problems:
    yield Problem(f"#{entry.position}: {event.log_key}")


@refuses  # type: ignore[arg-type]  # mypy says so: it fails where this is not needed
def misfit(event: LedgerOpened, context: Entry) -> Problems:
    yield Problem(event.log_key)


@refuses  # type: ignore[arg-type]
def no_problems(event: LedgerOpened, entry: Entry, context: RuleContext) -> list[Problem]:
    return [Problem(event.log_key)]


def test_a_rule_is_given_the_event_and_where_it_asks_for_it_the_entry(ledger: Store) -> None:
    with ledger.reading() as reader:
        context = RuleContext(reader, Evidence(Path("evidence")))
        opening, keeper = context.recorded("ledger")[0], reader.entries_under("recorder/")[0]
        assert isinstance(keeper.event, RecorderAuthorised)
        assert next(its_key(keeper, context)).message == keeper.event.key
        assert next(its_position(opening, context)).message.startswith("#0: ")


def test_every_rule_says_what_it_is() -> None:
    assert [rule for rule in (*REFUSALS, *WARNINGS, *SIGNING, *guards().values()) if not rule.__doc__] == []


def test_every_rule_is_shown_at_work() -> None:
    shown = {transcript.rule for transcript in TRANSCRIPTS} | set(TESTED_HERE)
    missing = [f"no transcript for the rule {rule}" for rule in sorted(RULES - shown)]
    assert missing == [], "write tests/rules/transcripts/<rule>.txt, and run python -m tests.support.transcribe"


def test_every_transcript_shows_a_rule() -> None:
    left_over = [t.path.name for t in TRANSCRIPTS if t.rule not in RULES or t.rule in TESTED_HERE]
    assert left_over == []
    assert [rule for rule in TESTED_HERE if rule not in RULES or f"test_{rule}" not in globals()] == []


@each_transcript
def test_a_clerk_is_told(transcript: Transcript, tmp_path: Path) -> None:
    assert transcript.then, "run python -m tests.support.transcribe, and read what it fills in"
    told = transcript.run(tmp_path)
    assert told == transcript.then
    then = head_of(tmp_path)
    begin_again(tmp_path)
    given = head_of(tmp_path)
    if transcript.rule in names(WARNINGS):
        assert told.startswith("Warning: when.yaml:")
        assert told.endswith("exit 0\n")
        assert then.size > given.size
    else:
        assert told.startswith("Error: when.yaml:")
        assert told.endswith("exit 3\n")
        assert then == given, "a refused batch writes nothing"


@each_transcript
def test_it_is_that_rule_which_speaks(transcript: Transcript, tmp_path: Path) -> None:
    with without(transcript.rule):
        assert transcript.run(tmp_path) != transcript.then


@each_transcript
def test_its_neighbour_is_recorded_without_a_word(transcript: Transcript, tmp_path: Path) -> None:
    transcript.run(tmp_path)
    begin_again(tmp_path)
    told = append(tmp_path, "neighbour", transcript.neighbour)
    assert told.startswith("Appended "), told
    assert told.endswith("exit 0\n")


@each_transcript
def test_what_a_refusal_asks_is_what_its_entry_refers_to(
    transcript: Transcript, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So an entry is checked again when something that it was checked against is amended: `amendments` finds it by the
    matters that it refers to. Entries that refer to the same, such as a name, are checked themselves."""
    checked: list[tuple[Rule, Entry]] = []
    missed: set[tuple[str, str, str]] = set()
    found, recorded = rule_module._found, RuleContext.recorded

    def finding(rule: Refusal, entry: Entry, context: RuleContext) -> list[Problem]:
        checked.append((rule, entry))
        try:
            return found(rule, entry, context)
        finally:
            checked.pop()

    def asked(context: RuleContext, matter: str) -> list[Entry]:
        if checked:
            rule, entry = checked[-1]
            known = {entry.matter, *entry.refers_to(), OWN_RECORD}
            beside = (other.matter for target in entry.refers_to() for other in context.referring_to(target))
            if not entry.amends and matter not in known and matter not in beside:
                missed.add((rule.__name__, entry.kind, matter))
        return recorded(context, matter)

    monkeypatch.setattr(rule_module, "_found", finding)
    monkeypatch.setattr(RuleContext, "recorded", asked)
    transcript.run(tmp_path)
    begin_again(tmp_path)
    append(tmp_path, "neighbour", transcript.neighbour)
    assert missed == set()


OWN_RECORD = "ledger"
"""It is not amended."""


A_LETTER = DocumentRegistered(
    document="letter", type=DocumentType.INSPECTORATE_LETTER, title="A letter", publisher="HMICFRS"
)


def engaged(body: str) -> Engaged:
    return Engaged.model_validate({"body": body, "effective": "2024-05-01", "documents": [Citation(document="letter")]})


def test_a_ledger_is_opened_once(ledger: Store) -> None:
    again = LedgerOpened(log_key=str(Signer.generate("example.org/another-ledger").verifier))
    with pytest.raises(Refused, match="the ledger is open already; leave it out"):
        record_events(ledger, again)


def test_its_body_is_registered(ledger: Store) -> None:
    with pytest.raises(Refused, match="no body 'atlantis' is registered; see `force-ledger forces list`"):
        record_events(ledger, A_LETTER, engaged("atlantis"))
    assert len(record_events(ledger, A_LETTER, engaged("kent")).appended) == 2


def later(ledger: Store, signer: Signer) -> ClockCorrected:
    """The correction of a clock that ran an hour ahead, when this key recorded something."""
    (entry,) = record(ledger, [Draft(A_LETTER)], signer, clock=lambda: NOW + timedelta(hours=1)).appended
    return ClockCorrected(since=entry.position, reason="The battery had failed.")


def test_a_clock_is_corrected_alone(ledger: Store, keeper: Signer) -> None:
    correction = later(ledger, keeper)
    with pytest.raises(Refused, match="a correction of a clock is recorded alone"):
        record_events(ledger, correction, engaged("kent"), clock=lambda: NOW + timedelta(hours=2))
    assert record_events(ledger, correction).appended


def test_a_clock_correction_names_the_first_later_entry(ledger: Store, keeper: Signer) -> None:
    correction = later(ledger, keeper)
    for update in ({"since": correction.since - 1}, {"since": correction.since + 1}):
        with pytest.raises(Refused, match="is the first entry that is later than this clock says it is"):
            record_events(ledger, correction.model_copy(update=update))
    assert record_events(ledger, correction).appended


def test_a_clock_dates_its_own_entries_or_is_approved(ledger: Store, clerk: Signer, clock: StandingClock) -> None:
    correction = later(ledger, clerk)
    with pytest.raises(Refused, match=r"it dates entries of clerk.*, and so needs a second recorder's approval"):
        record_events(ledger, correction)
    _, approval = approve(ledger, [Draft(correction)], clerk, clock=clock)
    assert record(ledger, [Draft(correction)], key_of(ledger), approval=approval, clock=clock).appended


def test_its_key_is_authorised(ledger: Store, keeper: Signer, clerk: Signer, clock: StandingClock) -> None:
    stranger = Signer.generate("stranger")
    with pytest.raises(Refused, match="is not authorised here; ask a keeper for"):
        record(ledger, [Draft(A_LETTER)], stranger, clock=clock)
    own = RecorderAuthorised(recorder=stranger.verifier.id, key=str(stranger.verifier), role="keeper")
    with pytest.raises(Refused, match="is not authorised here"):
        record(ledger, [Draft(own), Draft(A_LETTER)], stranger, clock=clock)
    assert record(ledger, [Draft(A_LETTER)], clerk, clock=clock).appended
    record_events(ledger, RecorderRevoked(recorder=clerk.verifier.id, reason="has left"), signer=keeper, clock=clock)
    with pytest.raises(Refused, match=r"has been revoked \(#48\); sign with a key that is authorised"):
        record(ledger, [Draft(engaged("kent"))], clerk, clock=clock)


def test_a_recorder_keeps_to_its_role_and_kinds(
    ledger: Store, keeper: Signer, clerk: Signer, clock: StandingClock
) -> None:
    other = Signer.generate("other").verifier
    authorised = RecorderAuthorised(recorder=other.id, key=str(other), role="clerk")
    revoked = RecorderRevoked(recorder=keeper.verifier.id, reason="a mutiny")
    for event in (authorised, revoked, PolicySet(reason="A mutiny.")):
        with pytest.raises(Refused, match=rf"is a clerk, and may not record {event.kind}; ask a keeper"):
            record(ledger, [Draft(event)], clerk, clock=clock)
    assert record(ledger, [Draft(authorised)], keeper, clock=clock).appended


def test_a_log_key_is_handed_over(ledger: Store, keeper: Signer) -> None:
    old, new = KeyRing(ORIGIN).read(LOG_KEY), Signer.generate(ORIGIN)
    statement = rotation_statement(ORIGIN, str(old.verifier), str(new.verifier))
    rotated = LogKeyRotated(
        log_key=str(new.verifier), signed_by_old=statement.signed_by(old), signed_by_new=statement.signed_by(new)
    )
    for field, wrong in (
        ("signed_by_old", statement.signed_by(keeper)),
        ("signed_by_new", statement.signed_by(old)),
        ("signed_by_old", rotation_statement("example.org/other", str(old.verifier), str(new.verifier)).signed_by(old)),
    ):
        with pytest.raises(Refused, match="this is not the signature of that log key") as refused:
            record_events(ledger, rotated.model_copy(update={field: wrong}))
        assert [problem.field for problem in refused.value.problems] == [field]
    named_otherwise = str(Signer.generate("example.org/other").verifier)
    with pytest.raises(Refused, match="the log key has the name of the ledger"):
        record_events(ledger, rotated.model_copy(update={"log_key": named_otherwise}))
    assert record_events(ledger, rotated).appended


def test_an_approval_is_anothers_and_of_this_batch(ledger: Store, keeper: Signer, clock: StandingClock) -> None:
    _, approval = approve(ledger, [Draft(A_LETTER)], keeper, clock=clock)
    with pytest.raises(Refused, match="approves what it records itself"):
        record(ledger, [Draft(A_LETTER)], keeper, approval=approval, clock=clock)
    assert record(ledger, [Draft(A_LETTER)], keeper, clock=clock).appended
