"""Replace keys: a recorder's, the log's, and a keeper's whose key was lost.

A new key is written to a file of its own, then recorded, then renamed over the old key's file. So after an interruption
there is always a key to sign with, and the same command completes the rotation.
"""

from collections.abc import Callable

from pydantic import ValidationError

from events import Event
from events.recorder import LogKeyRotated, RecorderAuthorised, RecorderRecovered, RecorderRevoked
from ledger.errors import KeyTrouble, Place, Problem, Refused
from ledger.log.key import Signer
from ledger.record.clock import Clock
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import Draft, record
from ledger.replay import authority_of
from ledger.statements import rotation_statement
from ledger.store.store import Store
from projections.authority import END_OF_LOG, Authority


def rotate(
    ledger: Store, ring: KeyRing, file: str, passphrase: str | None = None, *, clock: Clock | None = None
) -> str:
    """Replace a recorder's key by a new one with its role and kinds; the id of the new key.

    The submission is signed by the old key, which it revokes. Raises KeyTrouble where that is not here, Refused
    where it is not authorised.
    """

    def events(new: Signer, authority: Authority) -> tuple[Signer, list[Event]]:
        old = ring.read(file)
        was = authority.recorder(old.verifier.id, END_OF_LOG)
        if was is None:
            raise Refused(f"the key {old.verifier.id} is not authorised here", hint="see `force-ledger keys list`")
        key, revoked = new.verifier, RecorderRevoked(recorder=was.id, reason=f"Rotated: {new.verifier.id} succeeds it.")
        authorised = RecorderAuthorised(recorder=key.id, key=str(key), role=was.role, kinds=was.kinds, name=was.name)
        return old, [authorised, revoked]

    return _replace(ledger, ring, file, events, passphrase, clock)


def rotate_log_key(
    ledger: Store, ring: KeyRing, keeper: str, passphrase: str | None = None, *, clock: Clock | None = None
) -> str:
    """Replace the log key by a new one of the same name; the id of the new key.

    Both log keys sign the rotation, and the keeper with that key file signs the submission. Raises KeyTrouble where a
    key is not here, Refused where the rules do not allow it.
    """

    def events(new: Signer, _: Authority) -> tuple[Signer, list[Event]]:
        old = ring.read(LOG_KEY)
        statement = rotation_statement(old.name, str(old.verifier), str(new.verifier))
        signatures = {"signed_by_old": statement.signed_by(old), "signed_by_new": statement.signed_by(new)}
        return ring.read(keeper), [LogKeyRotated(log_key=str(new.verifier), **signatures)]

    return _replace(ledger, ring, LOG_KEY, events, passphrase, clock)


def recover(
    ledger: Store, ring: KeyRing, name: str, reason: str, passphrase: str | None = None, *, clock: Clock | None = None
) -> str:
    """Make a key for a new keeper and let the log key authorise it; the id of the new key.

    Raises KeyTrouble where the log key is not here, or where there is a key of that name; Refused for a reason that
    cannot be recorded.
    """

    def events(new: Signer, _: Authority) -> tuple[Signer, list[Event]]:
        key = new.verifier
        try:
            return ring.read(LOG_KEY), [RecorderRecovered(recorder=key.id, key=str(key), reason=reason)]
        except ValidationError as error:
            what = error.errors()[0]["msg"].removeprefix("Value error, ")
            raise Refused(Problem(what, "write it again", place=Place("--reason"))) from None

    if ring.has(name):
        raise KeyTrouble(f"there is a key of {name} in {ring.folder}", hint="use it, or name the new keeper otherwise")
    return _replace(ledger, ring, name, events, passphrase, clock)


def _replace(
    ledger: Store,
    ring: KeyRing,
    file: str,
    events: Callable[[Signer, Authority], tuple[Signer, list[Event]]],
    passphrase: str | None,
    clock: Clock | None,
) -> str:
    """Make a key, record its rotation, and replace the old key's file. ``events`` returns the signer and the events for
    the new key, given who is authorised."""
    with ledger.reading() as reader:
        ring.check_has_what_was_signed(reader)
        origin, authority = reader.origin(), authority_of(reader)
    for successor in ring.successors(file):
        if authority.key(id := ring.verifier(successor).id):
            ring.replace(file, successor)  # it was interrupted after it was recorded
            return id
        ring.discard(successor)
    successor, new = ring.create_successor(file, origin if file == LOG_KEY else file, passphrase)
    try:
        signer, recorded = events(new, authority)
        record(ledger, [Draft(event) for event in recorded], signer, clock=clock)
    except (KeyTrouble, Refused):  # nothing was recorded
        ring.discard(successor)
        raise
    ring.replace(file, successor)
    return new.verifier.id
