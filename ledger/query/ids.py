"""Ids of entries (``#12``, ``12`` or an event id) and of matters (a document's, a body's, BODY/concern/ID)."""

import re
from typing import TYPE_CHECKING

from ledger.errors import NotFound

if TYPE_CHECKING:  # not needed for reading a position
    from events import Entry
    from ledger.store.reader import Reader

_POSITION = re.compile(r"#?([0-9]+)", re.ASCII)
_EVENT_ID = re.compile(r"[0-9a-f]{64}")
_LARGEST = 10**18  # larger than any position, and still an integer of SQLite


def position_of(text: str) -> int | None:
    """The position that ``#12`` or ``12`` names; None for another text."""
    number = _POSITION.fullmatch(text)
    if number is None:
        return None
    return int(number[1]) if len(number[1]) <= 18 else _LARGEST


def _no_entry(id: str) -> NotFound:
    name = f"#{id}" if id.isdecimal() else id
    return NotFound(f"there is no entry {name}", hint="see `force-ledger log`")


def find_entry(reader: "Reader", id: str) -> "Entry | None":
    """The entry that an id names; None if the id may name a matter. Raises NotFound for a position without an entry."""
    if (position := position_of(id)) is not None:
        for entry in reader.entries_at([position]):
            return entry
        raise _no_entry(id)
    return reader.by_event_id([id]).get(id) if _EVENT_ID.fullmatch(id) else None


def entry_of(reader: "Reader", id: str) -> "Entry":
    """The entry that an id names. Raises NotFound where there is none."""
    entry = find_entry(reader, id)
    if entry is None:
        raise _no_entry(id)
    return entry


def find_matter(reader: "Reader", id: str) -> "tuple[str, list[Entry]]":
    """The matter that an id names, and its entries. Raises NotFound where there is none."""
    from ledger.replay import bodies_in

    candidates = [id, f"document/{id}", f"body/{id}"]
    body, slash, rest = id.partition("/")
    if slash:
        candidates += [f"{slug}/{rest}" for slug in bodies_in(reader).known(body)]
    found = reader.matters(candidates)
    for matter in candidates:
        if found[matter]:
            return matter, found[matter]
    raise NotFound(
        f"nothing is on record as '{id}'",
        hint="name an entry (#12), an event id, a document's id, or a concern as BODY/concern/ID",
    )
