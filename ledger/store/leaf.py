"""The leaf hash of stored bytes, and the stub that replaces a withheld entry, which records its leaf hash."""

from hashlib import sha256

import orjson

from events import Entry
from events.amendment import EntryWithheld, Withheld
from ledger.log.tree import leaf_hash


def leaf_of(data: bytes) -> bytes:
    """The hash of an entry as a leaf of the tree: that of its bytes, or the one that its stub records."""
    if data.startswith(b'{"matter":'):  # the keys are sorted: a whole entry begins with its event
        try:
            return bytes.fromhex(orjson.loads(data)["withheld"]["leaf"])
        except (LookupError, TypeError, ValueError):
            pass  # no stub after all; its own hash will not match the tree
    return leaf_hash(data)


def stub_of(entry: Entry) -> bytes:
    """The stub that replaces an entry when it is withheld; of a withheld entry, its own bytes."""
    if isinstance(entry.event, Withheld):
        return entry.data
    return entry.without_its_bytes(leaf_of(entry.data))


class Undecided(dict[str, Entry]):
    """Stubs whose decision to withhold has not been read yet, by event id."""

    def read(self, entry: Entry) -> tuple[Entry, bool] | None:
        """Read the next entry. If it is the decision on a stub, return that and whether it has the hash that the
        decision names."""
        if isinstance(entry.event, Withheld):
            self[entry.event_id] = entry
        elif isinstance(entry.event, EntryWithheld) and (stub := self.pop(entry.event.target, None)):
            return stub, sha256(stub.data).hexdigest() == entry.submission.get("remains")
        return None
