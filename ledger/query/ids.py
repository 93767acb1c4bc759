"""Ids of entries (``#12``, ``12`` or an event id) and of matters (a document's, a body's, BODY/concern/ID)."""

import re
from typing import TYPE_CHECKING

from ledger.errors import NotFound, like

if TYPE_CHECKING:  # not needed for reading a position
    from events import Entry
    from ledger.store.reader import Reader

_POSITION = re.compile(r"#?([0-9]+)", re.ASCII)
_EVENT_ID = re.compile(r"[0-9a-f]{64}")
_NEXT = 20  # names before and after one that is not on record, to find one that is like it
_LARGEST = 10**18  # larger than any position, and still an integer of SQLite


def position_of(text: str) -> int | None:
    """The position that ``#12`` or ``12`` names; None for another text."""
    number = _POSITION.fullmatch(text)
    if number is None:
        return None
    return int(number[1]) if len(number[1]) <= 18 else _LARGEST


def is_event_id(text: str) -> bool:
    return bool(_EVENT_ID.fullmatch(text))


def names_a_fact(text: str) -> bool:
    """Whether several words name what an entry says, and not one entry, as a position or an event id does."""
    return " " in text


def _no_entry(id: str) -> NotFound:
    name = f"#{id}" if id.isdecimal() else id
    return NotFound(f"there is no entry {name}", hint="see `force-ledger log`")


def find_entry(reader: "Reader", id: str) -> "Entry | None":
    """The entry that an id, or several words, name; None if the id may name a matter. Raises NotFound for a position
    without an entry, and for words that describe none, or several (see `ledger.query.facts`)."""
    if (position := position_of(id)) is not None:
        for entry in reader.entries_at([position]):
            return entry
        raise _no_entry(id)
    if names_a_fact(id):
        return _described(reader, id)
    return reader.by_event_id([id]).get(id) if is_event_id(id) else None


def entry_of(reader: "Reader", id: str) -> "Entry":
    """The entry that an id, or what it says, names. Raises NotFound where there is none, or several."""
    if found := find_entry(reader, id):
        return found
    if is_event_id(id):
        raise _no_entry(id)
    return _described(reader, id)


def _described(reader: "Reader", text: str) -> "Entry":
    from ledger.query.facts import Facts

    try:
        id = Facts(reader).find(text)
    except LookupError as error:
        message, _, hint = error.args[0].partition("; ")
        raise NotFound(message, hint=hint) from None
    return reader.by_event_id([id])[id]


def find_matter(reader: "Reader", id: str) -> "tuple[str, list[Entry]]":
    """The matter that an id names, and its entries. Raises NotFound where there is none."""
    from ledger.query.facts import matters_named

    candidates = matters_named(reader, id)
    found = reader.matters(candidates)
    for matter in candidates:
        if found[matter]:
            return matter, found[matter]
    near = (_near(reader, matter) for matter in candidates if "/" in matter)
    otherwise = "name an entry (#12), an event id, a document's id, or a concern as BODY/concern/ID"
    raise NotFound(f"nothing is on record as '{id}'", hint=next(filter(None, near), otherwise))


def _near(reader: "Reader", matter: str) -> str:
    """The ids on record that are like that of a matter, of those next to it in alphabetical order; or nothing."""
    ids = [name.rpartition("/")[2] for name in reader.names_around(matter, _NEXT)]
    return like(matter.rpartition("/")[2], ids, "")
