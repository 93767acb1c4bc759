"""The ledger's own record: its opening and its log key, its policy, and who may record what."""

from collections.abc import Iterator
from typing import NamedTuple

from events import Entry
from events.recorder import (
    LedgerOpened,
    LogKeyRotated,
    PolicySet,
    RecorderAuthorised,
    RecorderRecovered,
    RecorderRevoked,
    Role,
    covers,
)
from ledger.errors import Problem
from ledger.log import LogError
from ledger.log.key import Verifier
from ledger.rules.context import RuleContext
from ledger.rules.rule import refuses, said
from ledger.statements import log_key_rotated
from projections.authority import END_OF_LOG, Recorder


class Powers(NamedTuple):
    """What a role may do: all kinds but some, and whether it may give the second signature."""

    barred: tuple[str, ...]
    approves: bool


ROLES: dict[Role, Powers] = {
    "keeper": Powers(barred=(), approves=True),
    "clerk": Powers(barred=("ledger", "recorder", "entry.withheld"), approves=False),
    "reviewer": Powers(barred=("ledger", "recorder", "entry.withheld"), approves=True),
}


def may_record(recorder: Recorder, kind: str) -> bool:
    """Whether a recorder may record a kind: by its role, and by the kinds that it was authorised for, if any."""
    return not covers(ROLES[recorder.role].barred, kind) and (not recorder.kinds or covers(recorder.kinds, kind))


@refuses(LedgerOpened)
def a_ledger_is_opened_once(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """The opening is the first entry, and there is only one."""
    if entry.position:
        yield Problem("the ledger is open already", "leave it out", "kind")


@refuses(RecorderAuthorised, RecorderRecovered)
def the_key_is_the_one_that_is_named(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """An authorisation carries the very key that its recorder is named after. (C2SP signed-note: name and hash.)"""
    event = entry.event
    assert isinstance(event, RecorderAuthorised | RecorderRecovered)
    try:
        key = Verifier.parse(event.key)
    except LogError as error:
        yield Problem(str(error), "copy the key as `keys create` prints it", "key")
        return
    if key.id != event.recorder:
        yield Problem(f"this is the key of {key.id}, not of {event.recorder}", "mend one of the two", "key")


@refuses(RecorderAuthorised, RecorderRecovered, LogKeyRotated)
def a_key_is_used_for_one_thing(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A key is authorised once, under one name; a log key is no recorder's; and what was revoked or replaced is not
    used again. So two recorders are two keys, and the log key can be kept apart. (House plan, section 6.)
    """
    key = entry.event.log_key if isinstance(entry.event, LogKeyRotated) else getattr(entry.event, "key", "")
    for other in (*context.authority.recorders, *context.authority.log_keys):
        if other.since < entry.position and _public(other.key) == _public(key):
            known = f"this key is on record already (#{other.since}), as {other.id}"
            remedy = "make another with `keys create`; to change a role, authorise another key and revoke this one"
            yield Problem(known, remedy, "log_key" if isinstance(entry.event, LogKeyRotated) else "key")


@refuses(LogKeyRotated)
def a_log_key_is_handed_over(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A new log key has the name of the old, and both sign that the one takes the place of the other. (House plan, log
    formats: rotation.)
    """
    event, old = said(entry, LogKeyRotated), context.authority.log_key(entry.position)
    assert old is not None
    if event.log_key.split("+")[0] != entry.ledger:
        yield Problem(f"the log key has the name of the ledger, {entry.ledger}", "use `keys rotate --log`", "log_key")
    statement = log_key_rotated(entry.ledger, old.key, event.log_key)
    for key, signature, field in (
        (old.key, event.signed_by_old, "signed_by_old"),
        (event.log_key, event.signed_by_new, "signed_by_new"),
    ):
        if not statement.is_signed(key, signature):
            yield Problem("this is not the signature of that log key", "use `keys rotate --log`", field)


@refuses(RecorderRevoked)
def only_who_is_authorised_is_revoked(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """A key is revoked while it is authorised."""
    id = said(entry, RecorderRevoked).recorder
    if context.authority.recorder(id, entry.position) is None:
        known = context.authority.key(id)
        gone = f"#{known.until} revoked {id} already" if known and known.until is not None else f"{id} is no recorder"
        yield Problem(gone, "see `force-ledger keys list`", "recorder")


@refuses(RecorderRevoked, PolicySet)
def somebody_can_still_sign(entry: Entry, context: RuleContext) -> Iterator[Problem]:
    """There is always a keeper left, to authorise others; and while a policy asks for four eyes, a second recorder who
    may approve. (House plan, section 6.)
    """
    left = context.authority.recorders_at(END_OF_LOG)
    field = "recorder" if isinstance(entry.event, RecorderRevoked) else "four_eyes"
    if not any(may_record(recorder, RecorderAuthorised.kind) for recorder in left):
        yield Problem("no keeper would be left", "authorise another first", field)
    elif context.authority.four_eyes(END_OF_LOG) and sum(ROLES[recorder.role].approves for recorder in left) < 2:
        yield Problem("nobody would be left to approve what needs four eyes", "authorise a reviewer first", field)


def no_longer_in_force(entry: Entry, matter: list[Entry]) -> Problem | None:
    """Why an entry of the ledger's own record no longer holds, so that to say it again would change nothing; None where
    it does."""
    match entry.event:
        case RecorderAuthorised() | RecorderRecovered():
            ends, word = RecorderRevoked.kind, "authorised this key, and it was revoked"
            problem = "a revoked key is not used again: make another with `keys create`", "key"
        case PolicySet():
            ends, word = PolicySet.kind, "says this, and was replaced"
            problem = "to say it again give another reason", "reason"
        case _:
            return None
    ended = next((e for e in matter if e.position > entry.position and e.kind == ends), None)
    return Problem(f"#{entry.position} {word} (#{ended.position})", *problem) if ended else None


def _public(key: str) -> str:
    return key.split("+", 2)[-1]
