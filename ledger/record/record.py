"""Record a submission: validate it under the write lock, sign it, write it.

A submission is the new events of one transaction, in order, under one signature. Either all of it is recorded or
nothing. Events that are on record already are dropped first. A refused submission is not signed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

import orjson

from events import Entry, Event, canonical, restore
from events.amendment import Amendment
from events.entry import Salts, new_salt
from events.recorder import LedgerOpened
from ledger import rules
from ledger.errors import Damaged, HeadMoved, Places, Problem, Refused
from ledger.evidence.folder import Evidence
from ledger.evidence.quotes import quotes_of, read_ahead
from ledger.log.encoding import from_base64, to_base64
from ledger.log.key import Signer, Verifier
from ledger.progress import Progress, no_progress
from ledger.readmodel.place import discard
from ledger.record.clock import Clock, differing_clock, time_of_recording
from ledger.rules.context import RuleContext
from ledger.rules.signatures import an_approval_is_anothers_and_of_this_batch
from ledger.rules.signed import check_version
from ledger.statements import Approval, Submission
from ledger.store.database import Head
from ledger.store.reader import Reader
from ledger.store.store import Store
from projections.amendments import Versions
from projections.clock import TOLERANCE

_EVENT_ID = re.compile(rb'"([0-9a-f]{64})"')
_NOBODY = "nobody+00000000"  # the placeholder in a validation without a recorder
_UNSIGNED = to_base64(bytes(64))
_AT_ONCE = 1000  # drafts whose matters are read with one query
_recorded_since: dict[Head, int] = {}
"""The head after what this process recorded last; and the first position from which on it recorded all up to that."""


@dataclass(frozen=True, slots=True)
class Draft:
    """An event that is not recorded yet, and the places of its fields in the input.

    If other events of the batch refer to it, they do so by its ``stand_in``, as its event id is not known yet.
    """

    event: Event
    places: Places = field(default_factory=Places)
    stand_in: str = ""

    def locate(self, problem: Problem) -> Problem:
        """The problem with the place of its field."""
        return problem._replace(place=self.places.of(problem.field))


@dataclass(frozen=True)
class Receipt:
    """The entries appended, those that were on record already, and warnings. ``head`` is the head of the ledger and
    ``recorded_at`` the time of its last entry: of `record` after the append, of `validate` before it. ``ids`` are the
    event ids of the appended by the stand-ins of their drafts."""

    appended: tuple[Entry, ...]
    already: tuple[Entry, ...]
    warnings: tuple[Problem, ...]
    head: Head
    recorded_at: datetime
    ids: Mapping[str, str]


def record(
    ledger: Store,
    drafts: Sequence[Draft],
    signer: Signer,
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    skip_retracted: bool = False,
    clock: Clock | None = None,
    salts: Salts = new_salt,
    tell: Progress = no_progress,
    evidence: Evidence | None = None,
    validated: Receipt | None = None,
) -> Receipt:
    """Record a submission, signed by its recorder, with the approval of a second recorder if one is given. It is
    durable once this returns. Pass the ``evidence`` in which `read_ahead` has looked up what the drafts quote, and
    what `validate` has ``validated`` for that key: if that was just now, and the ledger is as it was, it is signed
    and written; else all is validated again.

    With ``skip_retracted``, what is on record and was retracted is skipped like all that is on record, and not refused.

    Raises Refused with every problem, HeadMoved where the size of the ledger is not the expected one, Busy where
    another writer holds the write lock for too long, ClockTrouble where the clock is behind the last entry.
    """
    if evidence is None:
        evidence = Evidence(ledger.database.evidence_folder)
        if any(any(quotes_of(draft.event)) for draft in drafts):
            with ledger.reading() as reader:
                read_ahead((draft.event for draft in drafts), reader, evidence)
    with ledger.writing() as writer:
        if validated and _still_holds(validated, writer, clock):
            entries = _write(Submission(validated.appended, approval), validated.head, signer)
            receipt = replace(validated, appended=tuple(entries))
        else:
            receipt = validate(
                writer, evidence, drafts, signer, approval=approval, expect_head=expect_head,
                skip_retracted=skip_retracted, clock=clock, salts=salts, tell=tell,
            )  # fmt: skip
        head = writer.append(receipt.appended)
    first = recorded_since(receipt.head)
    _recorded_since.clear()
    _recorded_since[head] = first
    if writer.has_withheld:
        discard(ledger.database.cache_path)
    last = receipt.appended[-1].recorded_at if receipt.appended else receipt.recorded_at
    left = () if writer.left_behind is None else (writer.left_behind,)
    return replace(receipt, head=head, recorded_at=last, warnings=receipt.warnings + left)


def recorded_since(head: Head) -> int:
    """The position from which on this process has recorded everything up to that head, and so validated it itself; the
    size of the head if it has not recorded the last entry."""
    return _recorded_since.get(head, head.size)


def approve(
    ledger: Store, drafts: Sequence[Draft], signer: Signer, *, clock: Clock | None = None, salts: Salts = new_salt
) -> tuple[Receipt, Approval]:
    """Approve what another recorder will record. Nothing is written. Raises Refused if it could not be recorded now, is
    on record already, or the signer may not approve it.
    """
    evidence = Evidence(ledger.database.evidence_folder)
    with ledger.reading() as reader:
        receipt = validate(reader, evidence, drafts, None, clock=clock, salts=salts)
        if not receipt.appended:
            raise Refused("there is nothing new to approve", hint="all of it is on record")
        submission = Submission(receipt.appended)
        approval = submission.approved(signer.verifier.id, submission.approval_statement.signed_by(signer))
        context = RuleContext(reader, evidence)
        for entry in receipt.appended:
            context.add(entry)
        if found := list(an_approval_is_anothers_and_of_this_batch(replace(submission, approval=approval), context)):
            raise Refused(*(problem for _, problem in found))
    return receipt, approval


def validate(
    reader: Reader,
    evidence: Evidence,
    drafts: Sequence[Draft],
    recorder: Signer | Verifier | None,
    *,
    approval: Approval | None = None,
    expect_head: int | None = None,
    skip_retracted: bool = False,
    clock: Clock | None = None,
    salts: Salts = new_salt,
    tell: Progress = no_progress,
) -> Receipt:
    """What `record` would append now for the recorder with that key; signed if the key is private. Without a recorder
    the rules on who may sign are left out. Raises what `record` raises; nothing is written.
    """
    head = reader.head()
    if expect_head is not None and head.size != expect_head:
        hint = "see `force-ledger log` for what was added"
        raise HeadMoved(f"the ledger has {head.size} entries, not {expect_head}", hint=hint)
    last = check_version(reader)
    now = time_of_recording(reader, [draft.event.kind for draft in drafts], clock)
    key = recorder.verifier if isinstance(recorder, Signer) else recorder
    approved = map(from_base64, approval.salts) if approval else iter(())
    common = _Common(last.ledger if last else _opened_by(drafts[0]), head.size, now, key.id if key else _NOBODY)
    context = RuleContext(reader, evidence, tell=tell)
    already, new, problems = _sort_out(drafts, context, common, lambda: next(approved, None) or salts(), skip_retracted)
    submission = Submission([entry for _, entry in new], approval, str(key) if key else None)
    warnings = _checked(new, submission, context, problems)
    del context  # what the rules looked up is as large as the batch
    written = _write(submission, head, recorder if isinstance(recorder, Signer) else None)
    for (draft, _), entry in zip(new, written, strict=True):
        if problem := rules.too_long(entry):
            raise Refused(draft.locate(problem))
    if not clock and (differing := differing_clock(reader)):
        warnings.append(differing)
    recorded_at = last.recorded_at if last else now
    ids = {draft.stand_in: entry.event_id for draft, entry in new if draft.stand_in}
    return Receipt(tuple(written), tuple(already), tuple(dict.fromkeys(warnings)), head, recorded_at, ids)


def _checked(
    new: Sequence[tuple[Draft, Entry]], submission: Submission, context: RuleContext, problems: list[Problem]
) -> list[Problem]:
    """The warnings of the rules about new entries. Raises Refused with the problems and all that the rules refuse."""
    warnings: list[Problem] = []
    for number, (draft, entry) in enumerate(new, 1):
        problems += map(draft.locate, rules.refusals(entry, context))
        if not problems:
            warnings += map(draft.locate, rules.warnings(entry, context))
        context.checked(entry)
        context.tell(number, len(new))
    if new and submission.key:
        for at, found in rules.wrongly_signed(submission, context):
            problems.append(new[at.position - submission.first][0].locate(found) if at else found)
    if problems:
        raise Refused(*dict.fromkeys(problems))
    if context.excused:
        raise Damaged("data of what is in force are missing", hint="`force-ledger verify`; restore a backup")
    return warnings


def _needed(event: Event) -> Iterable[str]:
    """The matters that validation of an event reads, so that one query reads them all."""
    yield from (event.matter, "ledger")
    yield from (target for target in event.refers_to() if "/" in target and ":" not in target)


class _Common(NamedTuple):
    """What the new entries have in common: the ledger, its size before them, the time, and who records them."""

    ledger: str
    size: int
    now: datetime
    recorder: str


def _sort_out(
    drafts: Sequence[Draft], context: RuleContext, common: _Common, salts: Salts, skip_retracted: bool
) -> tuple[list[Entry], list[tuple[Draft, Entry]], list[Problem]]:
    """The entries that are on record already, the new ones, and what is wrong with the former, if they are no longer in
    force. Adds the new ones to the context."""
    already: list[Entry] = []
    new: list[tuple[Draft, Entry]] = []
    problems: list[Problem] = []
    ids: dict[str, str] = {}
    for number, draft in enumerate(drafts):
        if number % _AT_ONCE == 0:
            context.read(name for one in drafts[number : number + _AT_ONCE] for name in _needed(one.event))
        event, data = with_ids(draft.event, ids)
        matter = event.matter
        recorded = context.recorded(matter)
        if found := context.saying(event, data):
            problems += map(draft.locate, _no_longer_so(found, recorded, skip_retracted))
        else:  # perhaps it is the replacement in a correction
            found = next((other for other in context.amended(matter) if other.event == event), None)
        if found:
            already.append(found)
        else:
            found = Entry.unwritten(
                event,
                ledger=common.ledger,
                position=common.size + len(new),
                sequence=len(recorded),
                recorded_at=common.now,
                recorded_by=common.recorder,
                data=data,
                salts=salts,
            )
            if any(other.event_id == found.event_id for other in context.withheld(matter)):
                raise Refused(draft.locate(Problem("this was recorded with that approval, and withheld")))
            context.add(found, draft.places.of(""))
            new.append((draft, found))
        if draft.stand_in:
            ids[draft.stand_in] = found.event_id
    return already, new, problems


def with_ids(event: Event, ids: Mapping[str, str]) -> tuple[Event, bytes]:
    """The event, and its canonical data, with the event ids of entries in place of the stand-ins for them."""
    data = canonical.encode(event.data())
    for stand_in in {it.decode() for it in _EVENT_ID.findall(data)} & ids.keys():
        data = data.replace(stand_in.encode(), ids[stand_in].encode())
        event = restore(event.kind, event.version, orjson.loads(data))
    return event, data


def _opened_by(draft: Draft) -> str:
    """The name of the ledger that a draft opens."""
    opening = draft.event
    assert isinstance(opening, LedgerOpened)
    return Verifier.parse(opening.log_key).name


def _no_longer_so(entry: Entry, recorded: Sequence[Entry], skip_retracted: bool) -> Iterator[Problem]:
    """Why an event that was retracted, revoked or replaced cannot be recorded again."""
    if retraction := Versions(recorded).retraction_of(entry.event_id):
        of_an_amendment = isinstance(entry.event, Amendment)
        how = "say so in a `note`" if of_an_amendment else f"record it with `because: '#{retraction.position}'`"
        what = f"#{entry.position} says this, and was retracted (#{retraction.position})"
        if not skip_retracted:
            yield Problem(what, f"if it is true after all, {how}; --skip-retracted records the rest of the batch")
    elif ended := rules.ended_since(entry, recorded):
        yield ended


def _still_holds(validated: Receipt, reader: Reader, clock: Clock | None) -> bool:
    """Whether what was validated can be recorded as it is, with its time: nothing was recorded since, and it was
    validated a moment ago."""
    entries = validated.appended
    now = time_of_recording(reader, [entry.kind for entry in entries], clock)
    if validated.head != reader.head():
        return False
    return not entries or timedelta(0) <= now - entries[0].recorded_at < TOLERANCE


def _write(submission: Submission, head: Head, signer: Signer | None) -> Sequence[Entry]:
    """The entries of a submission with their bytes. The first of them carries the signatures."""
    if not submission.entries:
        return []
    ref = {"first": head.size, "size": len(submission.entries), "rules": rules.RULES}
    seen = {"size": head.size, "root": to_base64(head.root)}
    statement = submission.statement(rules.RULES, seen)
    signed = {
        **ref,
        "root": submission.root,
        "seen": seen,
        "signature": statement.signed_by(signer) if signer else _UNSIGNED,
    }
    if submission.approval:
        signed["cosigned"] = {"by": submission.approval.by, "signature": submission.approval.signature}
    first, *others = submission.entries
    # what was validated has its bytes already, and only the first entry has others once it is signed
    return [first.written(signed), *(entry if entry.envelope else entry.written(ref) for entry in others)]
