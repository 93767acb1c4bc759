"""What a page carries so that `verify.js` checks its entries in the reader's browser."""

from collections.abc import Sequence
from typing import NamedTuple

import orjson

from events import Entry
from events.entry import SALT_SIZE
from ledger.errors import NotFound, Refused
from ledger.publish.prove import Prover


class Recorded(NamedTuple):
    """An entry as it was recorded, as indented JSON. ``data`` are None where the envelope has them, or they were
    withheld."""

    position: int
    envelope: str
    data: str | None
    is_withheld: bool

    @classmethod
    def of(cls, entry: Entry) -> "Recorded":
        data = _indented(entry.salted[SALT_SIZE:]) if entry.salted else None
        return cls(entry.position, _indented(entry.envelope), data, entry.is_withheld)


class PageProof(NamedTuple):
    """The proof of the entries of a page, for the template `proof.html`."""

    entries: Sequence[Recorded]
    proof: str
    """A proof file, for a script element that is not run. It is safe there as it is, and must not be escaped."""
    checkpoint: str
    log_key: str


def page_proof(prover: Prover, entries: Sequence[Entry]) -> PageProof | None:
    """The proof of entries by the first signed checkpoint that has them; None before there is one."""
    try:
        file = prover.proof(entries)
    except (NotFound, Refused):
        return None
    proof = in_script(orjson.loads(file.to_bytes()))
    key = prover.log_key(file.checkpoint)
    return PageProof([*map(Recorded.of, entries)], proof, file.checkpoint.to_bytes().decode(), str(key))


def in_script(data: object) -> str:
    """Data as JSON for a script element. Only strings have a "<": without it no text can end the element, or begin a
    comment in it."""
    return orjson.dumps(data).decode().replace("<", r"\u003c")


def _indented(data: bytes) -> str:
    return orjson.dumps(orjson.loads(data), option=orjson.OPT_INDENT_2).decode()
