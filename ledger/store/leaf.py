"""The leaf hash of stored bytes, and the stub that replaces a withheld entry, which records its leaf hash."""

import orjson

from events import Entry
from events.amendment import Withheld
from ledger.log.tree import leaf_hash


def leaf_of(data: bytes) -> bytes:
    """The hash of an entry as a leaf of the tree: that of its bytes, or the one that its stub records."""
    if data.startswith(b'{"matter":'):  # the keys are sorted: a whole entry begins with its event
        try:
            return bytes.fromhex(orjson.loads(data)["withheld"]["leaf"])
        except (LookupError, TypeError, ValueError):
            pass  # no stub after all; its own hash will fit nowhere in the tree
    return leaf_hash(data)


def stub_of(entry: Entry) -> bytes:
    """The bytes that stay of an entry once it is withheld; of one that is withheld, its own."""
    if isinstance(entry.event, Withheld):
        return entry.data
    return entry.without_its_bytes(leaf_of(entry.data))
