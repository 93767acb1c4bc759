"""The ledger's own record: its opening, its log key, its policy, and who may record what. (docs/format.md)"""

from collections.abc import Sequence
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
    key_id,
)
from ledger.errors import Problem
from ledger.log import LogError
from ledger.log.key import Verifier
from ledger.rules.context import RuleContext
from ledger.rules.rule import Problems, refuses
from ledger.statements import rotation_statement
from projections.authority import END_OF_LOG, Recorder

NewKey = RecorderAuthorised | RecorderRecovered | LogKeyRotated


class Powers(NamedTuple):
    """What a role may do: all kinds but those barred, and whether it may give the second signature."""

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


@refuses
def a_ledger_is_opened_once(event: LedgerOpened, entry: Entry, context: RuleContext) -> Problems:
    """The opening is the first entry, and there is only one."""
    if entry.position:
        yield Problem("the ledger is open already", "leave it out", "kind")


@refuses
def the_key_is_the_one_that_is_named(event: RecorderAuthorised | RecorderRecovered, context: RuleContext) -> Problems:
    """An authorisation carries the very key that its recorder is named after. (C2SP signed-note: name and hash.)"""
    try:
        key = Verifier.parse(event.key)
    except LogError as error:
        yield Problem(str(error), "copy the key as `keys create` prints it", "key")
        return
    if key.id != event.recorder:
        yield Problem(f"this is the key of {key.id}, not of {event.recorder}", "change one of the two", "key")


@refuses
def a_key_is_used_for_one_thing(event: NewKey, entry: Entry, context: RuleContext) -> Problems:
    """A key is authorised once, under one name. A log key is no recorder's. A key that was revoked or replaced is not
    used again. Two keys never have one name and hash, which anybody can bring about for keys of their own. So two
    recorders are two keys, and the log key is nobody's own.
    """
    field, key = ("log_key", event.log_key) if isinstance(event, LogKeyRotated) else ("key", event.key)
    for other in (*context.authority.recorders, *context.authority.log_keys):
        same, alike = _public(other.key) == _public(key), other.id == key_id(key)
        if other.since < entry.position and (same or alike):
            which = "this key" if same else "another key of this name and hash"
            known = f"{which} is on record already (#{other.since}), as {other.id}"
            remedy = "make another with `keys create`; to change a role, authorise another key and revoke this one"
            yield Problem(known, remedy, field)


def _public(key: str) -> str:
    """The public key in a verifier key, without its name and hash."""
    return key.split("+", 2)[-1]


@refuses
def a_log_key_is_handed_over(event: LogKeyRotated, entry: Entry, context: RuleContext) -> Problems:
    """A new log key has the name of the old, and both sign that it takes the place of the old."""
    old = context.authority.log_key(entry.position)
    old_key = old.key if old else ""
    if event.log_key.split("+")[0] != entry.ledger:
        yield Problem(f"the log key has the name of the ledger, {entry.ledger}", "use `keys rotate --log`", "log_key")
    statement = rotation_statement(entry.ledger, old_key, event.log_key)
    for key, signature, field in (
        (old_key, event.signed_by_old, "signed_by_old"),
        (event.log_key, event.signed_by_new, "signed_by_new"),
    ):
        if not statement.is_signed(key, signature):
            yield Problem("this is not the signature of that log key", "use `keys rotate --log`", field)


@refuses
def only_an_authorised_key_is_revoked(event: RecorderRevoked, entry: Entry, context: RuleContext) -> Problems:
    """A key is revoked while it is authorised."""
    id = event.recorder
    if context.authority.recorder(id, entry.position) is None:
        known = context.authority.key(id)
        what = f"#{known.until} revoked {id} already" if known and known.until is not None else f"{id} is no recorder"
        yield Problem(what, "see `force-ledger keys list`", "recorder")


@refuses
def somebody_can_still_sign(event: RecorderRevoked | PolicySet, context: RuleContext) -> Problems:
    """At least one keeper is left, to authorise others. While a policy asks for four eyes, at least two recorders who
    may approve are left.
    """
    left = context.authority.recorders_at(END_OF_LOG)
    field = "recorder" if isinstance(event, RecorderRevoked) else "four_eyes"
    if not any(may_record(recorder, RecorderAuthorised.kind) for recorder in left):
        yield Problem("no keeper would be left", "authorise another first", field)
    elif context.authority.four_eyes(END_OF_LOG) and sum(ROLES[recorder.role].approves for recorder in left) < 2:
        yield Problem("fewer than two recorders would be left who may approve", "authorise a reviewer first", field)


def ended_since(entry: Entry, matter: Sequence[Entry]) -> Problem | None:
    """What ended an authorisation or policy on record, so that to repeat it would change nothing; None where it is in
    force."""
    match entry.event:
        case RecorderAuthorised() | RecorderRecovered():
            ending, word = RecorderRevoked.kind, "authorised this key, and it was revoked"
            remedy, field = "a revoked key is not used again: make another with `keys create`", "key"
        case PolicySet():
            ending, word = PolicySet.kind, "says this, and was replaced"
            remedy, field = "to record it again, give another reason", "reason"
        case _:
            return None
    ended = next((e for e in matter if e.position > entry.position and e.kind == ending), None)
    return Problem(f"#{entry.position} {word} (#{ended.position})", remedy, field) if ended else None
