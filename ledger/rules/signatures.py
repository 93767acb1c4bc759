"""Who may sign what, and what needs a second recorder. By position: a submission is judged by what stood on record
before it.
"""

from events import Entry
from events.amendment import EntryCorrected
from events.recorder import RecorderAuthorised, RecorderRecovered, RecorderRevoked, covers
from ledger.errors import Problem
from ledger.rules.recorders import ROLES, may_record
from ledger.rules.rule import Findings, signing
from ledger.statements import Submission
from projections.amendments import amendment_kind
from projections.authority import Authority, Recorder


@signing
def its_key_is_authorised(submission: Submission, authority: Authority) -> Findings:
    """Who may record is itself on record: a submission is signed by a key that was authorised before it and not
    revoked. The first submission authorises the key that signs it. (House plan, section 6.)
    """
    key = authority.key(submission.recorded_by)
    if key is None or key.since >= max(submission.first, 2) or submission.key not in (None, key.key):
        remedy = "ask a keeper for `force-ledger keys authorise`"
        yield None, Problem(f"the key {submission.recorded_by} is not authorised here", remedy)
    elif not key.holds(submission.first):
        remedy = "sign with a key that is authorised; `force-ledger keys list` has them"
        yield None, Problem(f"the key {key.id} has been revoked (#{key.until})", remedy)


@signing
def the_log_key_signs_recoveries_alone(submission: Submission, authority: Authority) -> Findings:
    """Where the keepers' keys are lost the log key authorises a new keeper, and it signs nothing else in place of a
    recorder; no recorder can say that a keeper was recovered. (House plan, section 6.)
    """
    log_key = authority.log_key(submission.first)
    by_the_log_key = log_key is not None and log_key.id == submission.recorded_by
    for entry in submission.entries:
        if by_the_log_key and not isinstance(entry.event, RecorderRecovered):
            yield entry, Problem("the log key signs recoveries, nothing else", "sign with a recorder's key", "kind")
        elif isinstance(entry.event, RecorderRecovered) and not by_the_log_key:
            yield entry, Problem("the log key signs a recovery", "use `force-ledger keys recover`", "kind")


@signing
def a_recorder_keeps_to_its_role_and_kinds(submission: Submission, authority: Authority) -> Findings:
    """A keeper records everything; a clerk and a reviewer all but the ledger's own record, and what is withheld; and
    those who were authorised for some kinds alone, these. A correction is of its own kind and of the one that it puts
    in place. Any recorder may put a successor in the place of its own key. (House plan, section 6.)
    """
    recorder = authority.recorder(submission.recorded_by, submission.first)
    if recorder is None or _rotates(submission, recorder):
        return
    for entry in submission.entries:
        if refused := [kind for kind in _kinds(entry) if not may_record(recorder, kind)]:
            only = f", only {', '.join(recorder.kinds)}" if recorder.kinds else ""
            what = f"{recorder.id} is a {recorder.role}{only}, and may not record {' or '.join(refused)}"
            yield entry, Problem(what, "ask a keeper", "kind")


@signing
def four_eyes_where_the_policy_asks_for_them(submission: Submission, authority: Authority) -> Findings:
    """What the policy on record names is recorded only with a second recorder's approval. A rotation needs none, for it
    gives nobody anything, nor does a recovery, for which there may be nobody. (House plan, section 6.)
    """
    if submission.approval is not None:
        return
    for entry in _for_four_eyes(submission, authority):
        remedy = "have the batch approved with `force-ledger approve`, and give --approval"
        yield entry, Problem(f"{entry.kind} needs a second recorder's approval", remedy, "kind")


@signing
def an_approval_is_anothers_and_of_this_batch(submission: Submission, authority: Authority) -> Findings:
    """An approval is the signature of another recorder, a keeper or reviewer whose key is authorised, under these very
    events. One who was authorised for some kinds alone approves these. (House plan, section 6; log formats.)
    """
    approval = submission.approval
    if approval is None:
        return
    by = authority.recorder(approval.by, submission.first)
    again = "approve this batch with `force-ledger approve`"
    if approval != submission.approved(approval.by, approval.signature):
        yield None, Problem("the approval is of another batch", again)
    elif by is None:
        gone = authority.key(approval.by)
        word = f"has been revoked (#{gone.until})" if gone and gone.until is not None else "is not authorised here"
        yield None, Problem(f"the key {approval.by} that approves {word}", "ask another reviewer or keeper")
    elif by.id == submission.recorded_by:
        yield None, Problem(f"{by.id} approves what it records itself", "ask another reviewer or keeper")
    elif not ROLES[by.role].approves:
        yield None, Problem(f"{by.id} is a {by.role}, and may not approve", "ask a reviewer or keeper")
    elif not submission.draft.is_signed(by.key, approval.signature):
        yield None, Problem(f"the approval does not bear the signature of {by.id}", again)
    else:
        for entry in _for_four_eyes(submission, authority):
            if by.kinds and not all(covers(by.kinds, kind) for kind in _kinds(entry)):
                yield (
                    entry,
                    Problem(f"{by.id} may not approve {entry.kind}", "ask another reviewer or keeper", "kind"),
                )


def _for_four_eyes(submission: Submission, authority: Authority) -> list[Entry]:
    """The entries that need a second recorder."""
    recorder = authority.recorder(submission.recorded_by, submission.first)
    if recorder and _rotates(submission, recorder):
        return []
    policy = authority.four_eyes(submission.first)
    return [
        entry
        for entry in submission.entries
        if not isinstance(entry.event, RecorderRecovered) and any(covers(policy, kind) for kind in _kinds(entry))
    ]


def _kinds(entry: Entry) -> list[str]:
    """The kinds that an entry is of."""
    event = entry.event
    return (
        [amendment_kind(event), event.replacement.kind]
        if isinstance(event, EntryCorrected)
        else [amendment_kind(event)]
    )


def _rotates(submission: Submission, recorder: Recorder) -> bool:
    """Whether it does nothing but put a successor in the place of the very key that signs it: a key of the same name,
    role and kinds."""
    match [entry.event for entry in submission.entries]:
        case [RecorderAuthorised() as new, RecorderRevoked() as old]:
            same = (new.role, new.kinds, new.name) == (recorder.role, recorder.kinds, recorder.name)
            names = {id.rpartition("+")[0] for id in (new.recorder, recorder.id)}
            return same and len(names) == 1 and old.recorder == recorder.id
    return False
