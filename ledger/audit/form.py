"""The form of an entry's bytes: canonical JSON with known fields, exactly as this program would write it."""

from pydantic import TypeAdapter, ValidationError

from events import Entry, canonical, latest
from events.amendment import Withheld
from events.canonical import CanonicalError
from events.dates import instant
from events.entry import LONGEST, Envelope

_ENVELOPE = TypeAdapter(Envelope)


class Malformed(ValueError):
    """Bytes that are not an entry. The message says why."""


def read_entry(position: int, data: bytes) -> Entry:
    """The entry in untrusted bytes. Raises only Malformed."""
    if len(data) > LONGEST:
        raise Malformed(f"it has {len(data):,} bytes, more than {LONGEST:,}")
    try:
        envelope = _ENVELOPE.validate_python(canonical.decode(data))
        entry = Entry.read(position, data, envelope)
    except CanonicalError as error:
        raise Malformed(str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise Malformed(f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}") from None
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise Malformed(str(error.args[0] if error.args else error)) from None
    if instant(entry.recorded_at) != envelope["recorded_at"]:
        raise Malformed("recorded_at: not an instant in UTC with microseconds")
    _check_as_written(entry, envelope)
    return entry


def _check_as_written(entry: Entry, envelope: Envelope) -> None:
    if isinstance(entry.event, Withheld):
        if "event" in envelope:
            raise Malformed("it has both an event and a stub")
        return
    if entry.event.matter != entry.matter:
        raise Malformed(f"it names the matter {entry.matter}, and its event is of {entry.event.matter}")
    payload = envelope["event"]
    if payload["version"] == latest(payload["kind"]).version and entry.event.data() != payload["data"]:
        raise Malformed("its fields are not written as this ledger writes them")
