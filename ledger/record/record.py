"""Recording: validate a submission under the lock, sign it, write it.

A submission is what a recorder signs once: the new events of one transaction, in order. All of it is recorded, or
nothing. What is already on record is dropped before signing; a refused submission signs nothing.
"""

from collections.abc import Callable, Iterable, Sequence
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
from ledger.statements import Approval, Statement, Submission
from ledger.store.head import Head
from ledger.store.leaf import stub_of
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections.amendments import Versions

_NOBODY = "nobody+00000000"  # who signs what is not to be signed
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
        return problem.at(self.places.of(problem.field))


@dataclass(frozen=True)
class Receipt:
    """What became of a submission: the entries appended, those that were on record already, and what a clerk may
    have overlooked. ``head`` is the head of the ledger: after a recording, as it is now; in a rehearsal, as it was."""

    appended: tuple[Entry, ...]
    already: tuple[Entry, ...]
    warnings: tuple[Problem, ...]
    head: Head


def record(
    ledger: Store,
    drafts: Sequence[Draft],
    signer: Signer,
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    clock: Clock = utc_now,
) -> Receipt:
    """Record a submission, signed by its recorder's key, with the approval of a second recorder if one is given. It is
    durable when this returns.

    Raises Refused with every problem, HeadMoved where the size of the ledger is not the expected one, Busy where
    another writer holds the lock for too long, ClockBehind where the clock is behind the last entry.
    """
    evidence = Evidence(ledger.database.evidence_folder)
    events = [draft.event for draft in drafts]
    if any(any(quotes_of(event)) for event in events):
        with ledger.reading() as reader:
            read_ahead(events, reader, evidence)
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
    return replace(receipt, head=head)


def dry_run(
    ledger: Store,
    drafts: Sequence[Draft],
    recorder: Verifier | None,
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    clock: Clock = utc_now,
) -> Receipt:
    """What `record` would do now, for the recorder of that key, without doing it; for None, whoever it will be. Nothing
    is signed."""
    evidence, unsigned = Evidence(ledger.database.evidence_folder), to_base64(bytes(64))
    with ledger.reading() as reader:
        return validate(
            reader,
            evidence,
            drafts,
            recorder,
            lambda _: unsigned,
            approval=approval,
            expect_head=expect_head,
            clock=clock,
        )


def approve(
    ledger: Store, drafts: Sequence[Draft], signer: Signer, *, clock: Clock = utc_now
) -> tuple[Receipt, Approval]:
    """Approve what another recorder is to record, as it would be recorded now. Nothing is written.

    Raises Refused where it could not be recorded, where it has been, or where the signer may not approve it.
    """
    receipt = dry_run(ledger, drafts, None, clock=clock)
    if not receipt.appended:
        raise Refused("there is nothing new to approve", hint="all of it is on record")
    draft = Submission(receipt.appended)
    approval = draft.approved(signer.verifier.id, draft.approval_statement.signed_by(signer))
    with ledger.reading() as reader:
        authority = authority_of(reader)
    approved = replace(draft, approval=approval)
    if found := list(rules.signatures.an_approval_is_anothers_and_of_this_batch(approved, authority)):
        raise Refused(*(problem for _, problem in found))
    return receipt, approval


def validate(
    reader: Reader,
    evidence: Evidence,
    drafts: Sequence[Draft],
    recorder: Verifier | None,
    sign: Callable[[Statement], str],
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    clock: Clock = utc_now,
) -> Receipt:
    """Make the new events of a submission the next entries, if the rules allow; raise as `record` does.

    ``sign`` gives the recorder's signature under a statement. Without a recorder nobody is asked who may sign.
    """
    head = reader.head()
    if expect_head is not None and head.size != expect_head:
        raise HeadMoved(
            f"the ledger has {head.size} entries, not {expect_head}", hint="see `force-ledger log` for what was added"
        )
    now = _tick(reader, head, clock)
    context = RuleContext(reader, evidence, dict.fromkeys(name for draft in drafts for name in _needed(draft.event)))
    origin = next((e.ledger for e in context.recorded("ledger")), "") or _opening(drafts)
    already, new = _sort_out(drafts, context, origin, recorder.id if recorder else _NOBODY, head.size, now)
    submission = Submission([entry for _, entry in new], approval, str(recorder) if recorder else None)
    problems = [draft.locate(problem) for draft, entry in new for problem in rules.refusals(entry, context)]
    if new and recorder:
        drafted = {entry.position: draft for draft, entry in new}
        for at, found in rules.wrongly_signed(submission, context.authority):
            problems.append(drafted[at.position].locate(found) if at else found)
    if problems:
        raise Refused(*dict.fromkeys(problems))
    written = _write(submission, head, sign, _read_by(submission.entries, context), context)
    for (draft, _), entry in zip(new, written, strict=True):
        if problem := rules.too_long(entry):
            raise Refused(draft.locate(problem))
    warnings = [draft.locate(problem) for draft, entry in new for problem in rules.warnings(entry, context)]
    return Receipt(tuple(written), tuple(already), tuple(dict.fromkeys(warnings)), head)


def _opening(drafts: Sequence[Draft]) -> str:
    """The origin of a ledger that is being opened: the name of its log key."""
    opened = drafts[0].event
    assert isinstance(opened, LedgerOpened)
    return Verifier.parse(opened.log_key).name


def _needed(event: Event) -> Iterable[str]:
    """The matters that are sure to be read when an event is judged, so that one query brings them all."""
    yield from (event.matter, "ledger")
    yield from (target for target in event.refers_to() if "/" in target and ":" not in target)


def _tick(reader: Reader, head: Head, clock: Clock) -> datetime:
    """The time of recording, taken under the lock: it never goes back."""
    now = clock()
    for last in reader.entries_at([head.size - 1]):
        if now < last.recorded_at - _CLOCK_TOLERANCE:
            raise ClockBehind(
                f"the clock says {now:%Y-%m-%d %H:%M}, the last entry is of {last.recorded_at:%Y-%m-%d %H:%M} UTC",
                hint="set the clock of this machine",
            )
        now = max(now, last.recorded_at)
    return now


def _sort_out(
    drafts: Sequence[Draft], context: RuleContext, origin: str, recorder: str, size: int, now: datetime
) -> tuple[list[Entry], list[tuple[Draft, Entry]]]:
    """Tell what is on record already from what is new; the new entries stand in the context when this returns."""
    already: list[Entry] = []
    new: list[tuple[Draft, Entry]] = []
    problems: list[Problem] = []
    for draft in drafts:
        recorded = context.recorded(draft.event.matter)
        entry = Entry.unwritten(
            draft.event,
            ledger=origin,
            position=size + len(new),
            sequence=len(recorded),
            recorded_at=now,
            recorded_by=recorder,
        )
        if on_record := next((other for other in recorded if other.event_id == entry.event_id), None):
            if gone := Versions(recorded).retraction_of(entry.event_id):
                anew = "say so in a `note`" if isinstance(draft.event, Amendment) else "record it with"
                because = "" if isinstance(draft.event, Amendment) else f" `because: '#{gone.position}'`"
                problem = Problem(
                    f"#{on_record.position} says this, and was retracted (#{gone.position})",
                    f"if it holds after all, {anew}{because}",
                )
                problems.append(draft.locate(problem))
            elif ended := rules.no_longer_holds(on_record, recorded):
                problems.append(draft.locate(ended))
            already.append(on_record)
            continue
        if corrected := next((now for now in context.in_force(draft.event.matter) if now.event == draft.event), None):
            already.append(corrected)  # a correction says so
            continue
        context.add(entry)
        new.append((draft, entry))
    if problems:
        raise Refused(*problems)
    return already, new


def _read_by(entries: Iterable[Entry], context: RuleContext) -> dict[str, str]:
    """The evidence in which the quotes of these entries stand: by its SHA-256, the extractor that read it."""
    verdicts = [context.verdict(quote) for entry in entries for quote in quotes_of(entry.event)]
    return {verdict.sha256: verdict.extractor for verdict in verdicts if verdict.status is QuoteStatus.FOUND}


def _write(
    submission: Submission, head: Head, sign: Callable[[Statement], str], read_by: dict[str, str], context: RuleContext
) -> list[Entry]:
    """Write the entries of a submission, its signatures in the first, and in what withholds another what it leaves."""
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
        **({"evidence": read_by} if read_by else {}),
    }
    if submission.approval:
        signed["cosigned"] = {"by": submission.approval.by, "signature": submission.approval.signature}
    written: list[Entry] = []
    for entry in submission.entries:
        said = place if written else signed
        if isinstance(entry.event, EntryWithheld):
            said = {**said, "remains": _remains(entry.event, [*written, *context.recorded(entry.matter)])}
        written.append(entry.written(said))
    return written


def _remains(withheld: EntryWithheld, recorded: Iterable[Entry]) -> str:
    """The SHA-256 of what is left of an entry that is withheld: nothing else vouches for it from then on."""
    target = next(entry for entry in recorded if entry.event_id == withheld.target)
    return sha256(stub_of(target)).hexdigest()
