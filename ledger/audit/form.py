"""The form of an entry's bytes: canonical, of the known shape, and what we would write again ourselves."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from events import Entry, canonical, latest
from events.amendment import Withheld
from events.canonical import CanonicalError
from events.dates import instant
from events.entry import LONGEST

_Hash = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
_Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Number = Annotated[int, Field(ge=0, lt=2**53)]


class _Shape(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Said(_Shape):
    ledger: str
    kind: str
    version: _Number
    data: dict[str, Any]


class _Kept(_Shape):
    ledger: str
    kind: str
    version: _Number
    event_id: _Hex
    leaf: _Hex
    target: _Hex | None = None
    type: str | None = None
    rests_on: list[str] | None = None


class _Seen(_Shape):
    size: _Number
    root: _Hash


class _Cosigned(_Shape):
    by: str
    signature: str


class _Rest(_Shape):
    """The submission in an entry that is not its first."""

    first: _Number
    size: Annotated[int, Field(ge=1, lt=2**53)]
    remains: _Hex | None = None


class _First(_Rest):
    """The submission in its first entry."""

    root: _Hash
    seen: _Seen
    rules: _Number
    signature: str
    cosigned: _Cosigned | None = None
    evidence: dict[_Hex, str] | None = None


class _Placed(_Shape):
    matter: str
    sequence: _Number
    recorded_at: Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")]
    recorded_by: str
    submission: _First | _Rest


class _Whole(_Placed):
    event: _Said


class _Gone(_Placed):
    withheld: _Kept


class Malformed(ValueError):
    """Bytes that are no entry; the message says why."""


def read_entry(position: int, data: bytes) -> Entry:
    """The entry of bytes that nobody vouches for. Raises Malformed, and nothing else."""
    if len(data) > LONGEST:
        raise Malformed(f"it has {len(data):,} bytes, more than {LONGEST:,}")
    try:
        raw = canonical.decode(data)
        shape: type[_Placed] = _Gone if isinstance(raw, dict) and "withheld" in raw else _Whole
        placed = shape.model_validate(raw)
        entry = Entry.read(position, data, raw)
    except CanonicalError as error:
        raise Malformed(str(error)) from None
    except ValidationError as error:
        first = error.errors()[0]
        raise Malformed(f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from None
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise Malformed(str(error.args[0] if error.args else error)) from None
    if instant(entry.recorded_at) != placed.recorded_at:
        raise Malformed("recorded_at: not an instant as it is written here")
    _is_as_written(entry, raw)
    return entry


def _is_as_written(entry: Entry, raw: dict[str, Any]) -> None:
    """Raise Malformed unless the event says of itself what the entry says of it, and would be written like this."""
    event = entry.event
    if isinstance(event, Withheld):
        return
    if event.matter != entry.matter:
        raise Malformed(f"it says that it is of {entry.matter}, and is of {event.matter}")
    said = raw["event"]
    if said["version"] == latest(said["kind"]).version and event.data() != said["data"]:
        raise Malformed("its fields are not written as this ledger writes them")
