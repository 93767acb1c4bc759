"""Who may sign a submission, and what needs a second recorder, by what was on record before it. (docs/format.md)

These rules are asked of a submission as a whole. They read envelopes only, and the ledger's own record, which is never
withheld. Entries that are checked again after an amendment are not asked who signed them.
"""

import json
from collections.abc import Iterator

from events import Entry
from events.amendment import EntryCorrected, EntryRetracted
from events.recorder import ClockCorrected, RecorderAuthorised, RecorderRecovered, RecorderRevoked, covers
from ledger.errors import Problem
from ledger.rules.context import RuleContext
from ledger.rules.recorders import ROLES, may_record
from ledger.statements import Submission
from projections.amendments import Versions
from projections.authority import Recorder

Found = Iterator[tuple[Entry | None, Problem]]
"""Problems, each with its entry; with None where it concerns the submission as a whole."""


def its_key_is_authorised(submission: Submission, context: RuleContext) -> Found:
    """A submission is signed by a key that was authorised before it, and not revoked. The first submission authorises
    the key that signs it.
    """
    key = context.authority.key(submission.recorded_by)
    if key is None or key.since >= max(submission.first, 2) or submission.key not in (None, key.key):
        remedy = "ask a keeper for `force-ledger keys authorise`"
        yield None, Problem(f"the key {submission.recorded_by} is not authorised here", remedy)
    elif not key.holds(submission.first):
        remedy = "sign with a key that is authorised; `force-ledger keys list` has them"
        yield None, Problem(f"the key {key.id} has been revoked (#{key.until})", remedy)


def the_log_key_signs_recoveries_alone(submission: Submission, context: RuleContext) -> Found:
    """Where the keepers' keys are lost, the log key authorises a new keeper. It signs no other submission, and nobody
    else signs a recovery.
    """
    log_key = context.authority.log_key(submission.first)
    by_the_log_key = log_key is not None and log_key.id == submission.recorded_by
    for entry in submission.entries:
        if by_the_log_key and entry.kind != RecorderRecovered.kind:
            yield entry, Problem("the log key signs recoveries, nothing else", "sign with a recorder's key", "kind")
        elif entry.kind == RecorderRecovered.kind and not by_the_log_key:
            yield entry, Problem("the log key signs a recovery", "use `force-ledger keys recover`", "kind")


def a_recorder_keeps_to_its_role_and_kinds(submission: Submission, context: RuleContext) -> Found:
    """A keeper records everything. A clerk and a reviewer record all but the ledger's own record and withholdings. A
    recorder who was authorised for some kinds records only these; a correction or retraction is of its own kind and of
    the kind of what it amends. Any recorder may replace its own key.
    """
    recorder = context.authority.recorder(submission.recorded_by, submission.first)
    if recorder is None or _replaces_own_key(submission, recorder):
        return
    for entry in submission.entries:
        if barred := [kind for kind in _kinds(entry, context) if not may_record(recorder, kind)]:
            only = f", only {', '.join(recorder.kinds)}" if recorder.kinds else ""
            what = f"{recorder.id} is a {recorder.role}{only}, and may not record {' or '.join(barred)}"
            yield entry, Problem(what, "ask a keeper", "kind")


def four_eyes_where_the_policy_asks_for_them(submission: Submission, context: RuleContext) -> Found:
    """Kinds that the policy on record names are recorded, corrected and retracted only with a second recorder's
    approval. Replacing one's own key needs none, as it gives nobody a power; nor does a recovery, as there may be
    nobody to approve it.
    """
    if submission.approval is not None:
        return
    for entry in _for_four_eyes(submission, context):
        remedy = "have the batch approved with `force-ledger approve`, and give --approval"
        what = " of ".join(_kinds(entry, context))
        yield entry, Problem(f"{what} needs a second recorder's approval", remedy, "kind")


def a_clock_dates_its_own_entries_or_is_approved(submission: Submission, context: RuleContext) -> Found:
    """A correction of a clock that dates entries of others needs a second recorder's approval: two clocks agree on it.
    Without that, whose clock is behind could date others back. Here any recorder may approve, also a clerk.
    """
    for entry in (entry for entry in submission.entries if entry.kind == ClockCorrected.kind):
        if isinstance(event := entry.content, ClockCorrected) and submission.approval is None:
            if event.since != context.first_later_than(entry):
                continue  # that is refused
            others = context.recorders_of(range(event.since, entry.position)) - {submission.recorded_by}
            if still := [id for id in sorted(others) if context.authority.recorder(id, submission.first)]:
                what = f"it dates entries of {', '.join(still)}, and so needs a second recorder's approval"
                reason = json.dumps(event.reason, ensure_ascii=False)
                batch = f"  - {{kind: {event.kind}, since: {event.since}, reason: {reason}}}"
                remedy = "have another recorder give `force-ledger approve` this batch, and give --approval"
                yield entry, Problem(what, f"{remedy}:\n{batch}", "since")


def an_approval_is_anothers_and_of_this_batch(submission: Submission, context: RuleContext) -> Found:
    """An approval is the signature of another recorder, a keeper or reviewer whose key is authorised, under these very
    events. A recorder who was authorised for some kinds approves only these.
    """
    approval = submission.approval
    if approval is None:
        return
    by = context.authority.recorder(approval.by, submission.first)
    again, another = "approve this batch with `force-ledger approve`", "ask another reviewer or keeper"
    if approval.statement() != submission.approval_statement:
        yield None, Problem("the approval is of another batch", again)
    elif by is None:
        known = context.authority.key(approval.by)
        revoked = known.until if known else None
        word = "is not authorised here" if revoked is None else f"has been revoked (#{revoked})"
        yield None, Problem(f"the key {approval.by} that approves {word}", another)
    elif by.id == submission.recorded_by:
        yield None, Problem(f"{by.id} approves what it records itself", another)
    elif not (ROLES[by.role].approves or {entry.kind for entry in submission.entries} == {ClockCorrected.kind}):
        yield None, Problem(f"{by.id} is a {by.role}, and may not approve", "ask a reviewer or keeper")
    elif not submission.approval_statement.is_signed(by.key, approval.signature):
        yield None, Problem(f"the approval is not signed by {by.id}", again)
    else:
        for entry in _for_four_eyes(submission, context):
            if by.kinds and not all(covers(by.kinds, kind) for kind in _kinds(entry, context)):
                yield entry, Problem(f"{by.id} may not approve {entry.kind}", another, "kind")


def _for_four_eyes(submission: Submission, context: RuleContext) -> list[Entry]:
    """The entries that need a second recorder."""
    recorder = context.authority.recorder(submission.recorded_by, submission.first)
    if recorder and _replaces_own_key(submission, recorder):
        return []
    policy = context.authority.four_eyes(submission.first)
    asked = [entry for entry in submission.entries if entry.kind != RecorderRecovered.kind]
    return [entry for entry in asked if any(covers(policy, kind) for kind in _kinds(entry, context))]


def _kinds(entry: Entry, context: RuleContext) -> list[str]:
    """The kind of an entry; of what changes the version in force also the kind of that. Envelopes say both."""
    if entry.kind not in (EntryCorrected.kind, EntryRetracted.kind):
        return [entry.kind]
    return [entry.kind, Versions(context.recorded(entry.matter)).kind_of(entry)]


def _replaces_own_key(submission: Submission, recorder: Recorder) -> bool:
    """Whether a submission only replaces the key that signs it by one of the same name, role and kinds."""
    if len(submission.entries) != 2:
        return False
    match [entry.content for entry in submission.entries]:
        case [RecorderAuthorised() as new, RecorderRevoked() as old]:
            same = (new.role, new.kinds, new.name) == (recorder.role, recorder.kinds, recorder.name)
            names = {id.rpartition("+")[0] for id in (new.recorder, recorder.id)}
            return same and len(names) == 1 and old.recorder == recorder.id
    return False
