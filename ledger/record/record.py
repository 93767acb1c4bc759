"""Record a submission: validate it under the write lock, sign it, write it.

A submission is what a recorder signs once: the new events of one transaction, in order. All of it is recorded, or
nothing. Events that are on record already are dropped first; of a refused submission nothing is signed.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from events import Entry, Event
from events.amendment import Amendment, EntryWithheld
from events.recorder import LedgerOpened
from ledger import rules
from ledger.errors import ClockBehind, HeadMoved, Places, Problem, Refused
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import QuoteStatus, quotes_of, read_ahead
from ledger.log.encoding import to_base64
from ledger.log.key import Signer, Verifier
from ledger.replay import authority_of
from ledger.rules.context import RuleContext
from ledger.rules.signatures import an_approval_is_anothers_and_of_this_batch
from ledger.statements import Approval, Statement, Submission
from ledger.store.head import Head
from ledger.store.leaf import stub_of
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections.amendments import Versions

_NOBODY = "nobody+00000000"  # the recorder of what is only validated
_CLOCK_TOLERANCE = timedelta(minutes=5)

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time of this machine, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Draft:
    """An event that somebody wants recorded, and where its fields stand in what they wrote."""

    event: Event
    places: Places = field(default_factory=Places)

    def locate(self, problem: Problem) -> Problem:
        """The problem, at the place of its field."""
        return problem._replace(place=self.places.of(problem.field))


@dataclass(frozen=True)
class Receipt:
    """The entries appended, those that were on record already, and what may have been overlooked. ``head`` is the head
    of the ledger, ``recorded_at`` the time of its last entry: after `record` as they are now, after `validate` as they
    were."""

    appended: tuple[Entry, ...]
    already: tuple[Entry, ...]
    warnings: tuple[Problem, ...]
    head: Head
    recorded_at: datetime


def record(
    ledger: Store,
    drafts: Sequence[Draft],
    signer: Signer,
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    clock: Clock = utc_now,
    evidence: Evidence | None = None,
) -> Receipt:
    """Record a submission, signed by its recorder's key, with the approval of a second recorder if one is given. It is
    durable when this returns. ``evidence`` is given where `read_ahead` has read what the drafts quote from.

    Raises Refused with every problem, HeadMoved where the size of the ledger is not the expected one, Busy where
    another writer holds the write lock for too long, ClockBehind where the clock is behind the last entry.
    """
    if evidence is None:
        evidence = Evidence(ledger.database.evidence_folder)
        if any(any(quotes_of(draft.event)) for draft in drafts):
            with ledger.reading() as reader:
                read_ahead([draft.event for draft in drafts], reader, evidence)
    with ledger.writing() as writer:
        receipt = validate(
            writer,
            evidence,
            drafts,
            signer.verifier,
            lambda statement: statement.signed_by(signer),
            approval=approval,
            expect_head=expect_head,
            clock=clock,
        )
        head = writer.append(receipt.appended)
    last = receipt.appended[-1].recorded_at if receipt.appended else receipt.recorded_at
    return replace(receipt, head=head, recorded_at=last)


def approve(
    ledger: Store, drafts: Sequence[Draft], signer: Signer, *, clock: Clock = utc_now
) -> tuple[Receipt, Approval]:
    """Approve what another recorder is to record, as it would be recorded now. Nothing is written.

    Raises Refused where it could not be recorded, where it has been, or where the signer may not approve it.
    """
    with ledger.reading() as reader:
        receipt = validate(reader, Evidence(ledger.database.evidence_folder), drafts, None, clock=clock)
        authority = authority_of(reader)
    if not receipt.appended:
        raise Refused("there is nothing new to approve", hint="all of it is on record")
    submission = Submission(receipt.appended)
    approval = submission.approved(signer.verifier.id, submission.approval_statement.signed_by(signer))
    if found := list(an_approval_is_anothers_and_of_this_batch(replace(submission, approval=approval), authority)):
        raise Refused(*(problem for _, problem in found))
    return receipt, approval


def _unsigned(_: Statement) -> str:
    return to_base64(bytes(64))


def validate(
    reader: Reader,
    evidence: Evidence,
    drafts: Sequence[Draft],
    recorder: Verifier | None,
    sign: Callable[[Statement], str] = _unsigned,
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    clock: Clock = utc_now,
) -> Receipt:
    """What `record` would append now, for the recorder with that key. Without a recorder nobody is asked who may sign.
    ``sign`` gives the recorder's signature under a statement. Raises what `record` raises; nothing is written.
    """
    head = reader.head()
    if expect_head is not None and head.size != expect_head:
        hint = "see `force-ledger log` for what was added"
        raise HeadMoved(f"the ledger has {head.size} entries, not {expect_head}", hint=hint)
    last = next(iter(reader.entries_at([head.size - 1])), None)
    now = _time_of_recording(clock(), last)
    context = RuleContext(reader, evidence, dict.fromkeys(name for draft in drafts for name in _needed(draft.event)))
    already, new = _sort_out(drafts, context, recorder.id if recorder else _NOBODY, head.size, now)
    submission = Submission([entry for _, entry in new], approval, str(recorder) if recorder else None)
    problems = [draft.locate(problem) for draft, entry in new for problem in rules.refusals(entry, context)]
    if new and recorder:
        drafted = {entry.position: draft for draft, entry in new}
        for at, found in rules.wrongly_signed(submission, context.authority):
            problems.append(drafted[at.position].locate(found) if at else found)
    if problems:
        raise Refused(*dict.fromkeys(problems))
    written = _write(submission, head, sign, context)
    for (draft, _), entry in zip(new, written, strict=True):
        if problem := rules.too_long(entry):
            raise Refused(draft.locate(problem))
    warnings = [draft.locate(problem) for draft, entry in new for problem in rules.warnings(entry, context)]
    recorded_at = last.recorded_at if last else now
    return Receipt(tuple(written), tuple(already), tuple(dict.fromkeys(warnings)), head, recorded_at)


def _needed(event: Event) -> Iterable[str]:
    """The matters that are sure to be read when an event is validated, so that one query reads them all."""
    yield from (event.matter, "ledger")
    yield from (target for target in event.refers_to() if "/" in target and ":" not in target)


def _time_of_recording(now: datetime, last: Entry | None) -> datetime:
    """The time of the clock, which never goes back behind the last entry."""
    if last is None:
        return now
    if now < last.recorded_at - _CLOCK_TOLERANCE:
        raise ClockBehind(
            f"the clock says {now:%Y-%m-%d %H:%M}, the last entry is of {last.recorded_at:%Y-%m-%d %H:%M} UTC",
            hint="set the clock of this machine",
        )
    return max(now, last.recorded_at)


def _sort_out(
    drafts: Sequence[Draft], context: RuleContext, recorder: str, size: int, now: datetime
) -> tuple[list[Entry], list[tuple[Draft, Entry]]]:
    """What is on record already, and what is new; the new entries are added to the context."""
    already: list[Entry] = []
    new: list[tuple[Draft, Entry]] = []
    problems: list[Problem] = []
    origin = _origin(context, drafts)
    for draft in drafts:
        matter = draft.event.matter
        recorded = context.recorded(matter)
        entry = Entry.unwritten(
            draft.event,
            ledger=origin,
            position=size + len(new),
            sequence=len(recorded),
            recorded_at=now,
            recorded_by=recorder,
        )
        if same := next((other for other in recorded if other.event_id == entry.event_id), None):
            problems += map(draft.locate, _no_longer_so(same, recorded))
            already.append(same)
        elif corrected := next((other for other in context.in_force(matter) if other.event == draft.event), None):
            already.append(corrected)  # a correction put it in place
        else:
            context.add(entry)
            new.append((draft, entry))
    if problems:
        raise Refused(*problems)
    return already, new


def _origin(context: RuleContext, drafts: Sequence[Draft]) -> str:
    """The name of the ledger: of its log key, by the entry or draft that opens it."""
    if opened := context.recorded("ledger"):
        return opened[0].ledger
    opening = drafts[0].event
    assert isinstance(opening, LedgerOpened)
    return Verifier.parse(opening.log_key).name


def _no_longer_so(entry: Entry, recorded: Sequence[Entry]) -> Iterator[Problem]:
    """What is wrong with recording the event of an entry again: it was retracted, revoked or replaced."""
    if retraction := Versions(recorded).retraction_of(entry.event_id):
        of_an_amendment = isinstance(entry.event, Amendment)
        how = "say so in a `note`" if of_an_amendment else f"record it with `because: '#{retraction.position}'`"
        what = f"#{entry.position} says this, and was retracted (#{retraction.position})"
        yield Problem(what, f"if it holds after all, {how}")
    elif ended := rules.no_longer_holds(entry, recorded):
        yield ended


def _write(
    submission: Submission, head: Head, sign: Callable[[Statement], str], context: RuleContext
) -> Sequence[Entry]:
    """The entries of a submission with their bytes. The first of them carries the signatures."""
    if not submission.entries:
        return []
    place = {"first": head.size, "size": len(submission.entries)}
    seen = {"size": head.size, "root": to_base64(head.root)}
    signed = {
        **place,
        "root": submission.root,
        "seen": seen,
        "rules": rules.RULES,
        "signature": sign(submission.statement(seen)),
    }
    if extractors := _extractors(submission.entries, context):
        signed["evidence"] = extractors
    if submission.approval:
        signed["cosigned"] = {"by": submission.approval.by, "signature": submission.approval.signature}
    written: list[Entry] = []
    for entry in submission.entries:
        fields = place if written else signed
        if isinstance(entry.event, EntryWithheld):
            fields = {**fields, "remains": _remains(entry.event, [*written, *context.recorded(entry.matter)])}
        written.append(entry.written(fields))
    return written


def _extractors(entries: Iterable[Entry], context: RuleContext) -> dict[str, str]:
    """By the SHA-256 of each document in which a quote was found, the extractor that read its text."""
    verdicts = [context.verdict(quote) for entry in entries for quote in quotes_of(entry.event)]
    return {verdict.sha256: verdict.extractor for verdict in verdicts if verdict.status is QuoteStatus.FOUND}


def _remains(withheld: EntryWithheld, recorded: Iterable[Entry]) -> str:
    """The SHA-256 of what is left of an entry that is withheld: nothing else vouches for it from then on."""
    target = next(entry for entry in recorded if entry.event_id == withheld.target)
    return sha256(stub_of(target)).hexdigest()
