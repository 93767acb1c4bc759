"""New keys in the place of others: a recorder's, the log's, and a keeper's whose key was lost.

A new key is kept in a file of its own before it is put on record, and takes the place of the old one after that. So
whenever it is broken off there is a key to sign with, and to do it again finishes it.
"""

from collections.abc import Callable

from events import Event
from events.recorder import LogKeyRotated, RecorderAuthorised, RecorderRecovered, RecorderRevoked
from ledger.errors import KeyTrouble, Refused
from ledger.log.key import Signer
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import Clock, Draft, record, utc_now
from ledger.replay import authority_of
from ledger.statements import rotation_statement
from ledger.store.store import Store
from projections.authority import END_OF_LOG, Authority


def rotate(ledger: Store, ring: KeyRing, file: str, passphrase: str | None = None, *, clock: Clock = utc_now) -> str:
    """Put a new key in the place of a recorder's, with its role and kinds; the id of the new key.

    The submission is signed by the old key, which it revokes. Raises KeyTrouble where that is not at hand, Refused
    where it is not authorised.
    """

    def succession(new: Signer, authority: Authority) -> tuple[Signer, list[Event]]:
        old = ring.read(file)
        was = authority.recorder(old.verifier.id, END_OF_LOG)
        if was is None:
            raise Refused(f"the key {old.verifier.id} is not authorised here", hint="see `force-ledger keys list`")
        key, revoked = new.verifier, RecorderRevoked(recorder=was.id, reason=f"Rotated: {new.verifier.id} succeeds it.")
        authorised = RecorderAuthorised(recorder=key.id, key=str(key), role=was.role, kinds=was.kinds, name=was.name)
        return old, [authorised, revoked]

    return _succeed(ledger, ring, file, succession, passphrase, clock)


def rotate_log_key(
    ledger: Store, ring: KeyRing, keeper: str, passphrase: str | None = None, *, clock: Clock = utc_now
) -> str:
    """Put a new key in the place of the log's, under the same name; the id of the new key.

    Both log keys sign that, and the keeper of that key file signs the submission. Raises KeyTrouble where a key is not
    at hand, Refused where the rules do not allow it.
    """

    def succession(new: Signer, _: Authority) -> tuple[Signer, list[Event]]:
        old = ring.read(LOG_KEY)
        statement = rotation_statement(old.name, str(old.verifier), str(new.verifier))
        signatures = {"signed_by_old": statement.signed_by(old), "signed_by_new": statement.signed_by(new)}
        return ring.read(keeper), [LogKeyRotated(log_key=str(new.verifier), **signatures)]

    return _succeed(ledger, ring, LOG_KEY, succession, passphrase, clock)


def recover(
    ledger: Store, ring: KeyRing, name: str, reason: str, passphrase: str | None = None, *, clock: Clock = utc_now
) -> str:
    """Make a key for a new keeper and let the log key authorise it; the id of the new key.

    Raises KeyTrouble where the log key is not at hand, or where there is a key of that name.
    """

    def succession(new: Signer, _: Authority) -> tuple[Signer, list[Event]]:
        key = new.verifier
        return ring.read(LOG_KEY), [RecorderRecovered(recorder=key.id, key=str(key), reason=reason)]

    if ring.has(name):
        raise KeyTrouble(f"there is a key of {name} in {ring.folder}", hint="use it, or name the new keeper otherwise")
    return _succeed(ledger, ring, name, succession, passphrase, clock)


def _succeed(
    ledger: Store,
    ring: KeyRing,
    file: str,
    succession: Callable[[Signer, Authority], tuple[Signer, list[Event]]],
    passphrase: str | None,
    clock: Clock,
) -> str:
    """Make a key, record what ``succession`` says of it, signed by whom it says, and put it in the place of the old."""
    with ledger.reading() as reader:
        origin, authority = reader.origin(), authority_of(reader)
    for successor in ring.successors(file):
        if authority.key(id := ring.verifier(successor).id):
            ring.succeed(file, successor)  # the recording was the last thing that was done
            return id
        ring.discard(successor)
    successor, new = ring.create_successor(file, origin if file == LOG_KEY else file, passphrase)
    try:
        signer, events = succession(new, authority)
        record(ledger, [Draft(event) for event in events], signer, clock=clock)
    except (KeyTrouble, Refused):  # nothing was recorded
        ring.discard(successor)
        raise
    ring.succeed(file, successor)
    return new.verifier.id
