"""The form of an entry and its data: canonical JSON with known fields, exactly as this program would write it."""

from typing import get_args

from pydantic import TypeAdapter, ValidationError

from events import Entry, canonical, latest
from events.amendment import Amendment, EntryCorrected, EntryWithheld
from events.canonical import CanonicalError
from events.dates import instant
from events.entry import LONGEST, SALT_SIZE, Envelope, Payload, is_in_full
from ledger.store.reader import StoredEntry

_ENVELOPE = TypeAdapter(Envelope)
_TYPES: dict[str, tuple[str, ...]] = {
    EntryCorrected.kind: get_args(EntryCorrected.model_fields["type"].annotation),
    EntryWithheld.kind: get_args(EntryWithheld.model_fields["ground"].annotation),
}
"""What `amends` may have as its type. Its data may be withheld, and then only this says it."""


class Malformed(ValueError):
    """Bytes that are not an entry. The message says why."""


def read_entry(stored: StoredEntry) -> Entry:
    """The entry in untrusted bytes. Raises only Malformed."""
    for data in (stored.envelope, stored.salted or b""):
        if len(data) > LONGEST:
            raise Malformed(f"it has {len(data):,} bytes, more than {LONGEST:,}")
    try:
        envelope = _ENVELOPE.validate_python(canonical.decode(stored.envelope))
        if stored.salted is not None:
            canonical.decode(stored.salted[SALT_SIZE:])
        entry = Entry.read(*stored, envelope)
        entry.check_commitment()
    except CanonicalError as error:
        raise Malformed(str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise Malformed(f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}") from None
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise Malformed(str(error.args[0] if error.args else error)) from None
    if instant(entry.recorded_at) != envelope["recorded_at"]:
        raise Malformed("recorded_at: not an instant in UTC with microseconds")
    _check_as_written(entry, envelope["event"])
    return entry


def _check_as_written(entry: Entry, payload: Payload) -> None:
    in_full = is_in_full(entry.kind)
    if in_full != ("data" in payload) or in_full == ("commitment" in payload):
        raise Malformed("its data are not where this ledger writes them")
    if entry.is_unknown:
        return
    if issubclass(latest(entry.kind), Amendment) != bool(entry.amends):
        raise Malformed("it does not say what it amends, or is no amendment")
    if entry.amends and entry.amends.to_json() != payload["amends"]:
        raise Malformed("what it says that it amends is not written as this ledger writes it")
    if entry.content is None:
        if entry.amends and not entry.is_of_later_version and entry.amends.type not in _TYPES.get(entry.kind, (None,)):
            raise Malformed(f"{entry.kind} is of no type {entry.amends.type}")
        return
    if entry.content.matter != entry.matter:
        raise Malformed(f"it names the matter {entry.matter}, and its event is of {entry.content.matter}")
    if entry.content.amends() != entry.amends:
        raise Malformed("what it says that it amends is not what its event amends")
    if entry.version == latest(entry.kind).version and canonical.encode(entry.content.data()) != entry.data:
        raise Malformed("its fields are not written as this ledger writes them")
