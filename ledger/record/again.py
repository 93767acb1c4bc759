"""Another ledger that says the same: a throw-away copy to practise in, or the successor of one that cannot go on."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path

from events import Entry
from events.entry import is_in_full
from ledger.errors import Place, Places, Refused
from ledger.log.key import Signer
from ledger.record.create import create_ledger
from ledger.record.keys import KeyRing
from ledger.record.record import Draft, record, with_ids
from ledger.rules.signed import check_version
from ledger.store.reader import Reader
from ledger.store.store import Store, Where
from projections.amendments import in_force

PRACTICE = "practice.invalid/"
"""The origin of such a copy begins like this. No log can have that address (RFC 6761)."""


def practice_copy(reader: Reader, where: Where, keys: Path) -> list[str]:
    """Create a ledger that says today what another says, with keys of its own; returns the entries that are left out.

    Raises what `create_ledger` and `record_again` raise.
    """
    check_version(reader)
    origin = f"{PRACTICE}{reader.origin()}"[:200]
    create_ledger(where, origin=origin, recorder="practice", keys=keys, forces=False)
    with Store(where) as ledger:
        return record_again(reader, ledger, KeyRing(origin, keys).recorder("practice"))


def record_again(reader: Reader, ledger: Store, signer: Signer) -> list[str]:
    """Record in an empty ledger what another says today; returns the entries that the rules refuse now, and which are
    left out. Of a matter of which something was withheld, what is in force is recorded.

    Raises LaterVersion where a later version of this program has recorded something.
    """
    check_version(reader)
    entries = [stored.read() for stored in reader.entries()]
    withheld = reader.matters({entry.matter for entry in entries if entry.content is None})
    entries = [entry for entry in entries if entry.matter not in withheld]
    entries += (entry for own in withheld.values() for entry in in_force(own))
    left_out: list[str] = []
    ids: dict[str, str] = {}
    for some in _as_recorded([entry for entry in entries if not is_in_full(entry.kind)]):
        drafts = [
            Draft(with_ids(entry.event, ids)[0], Places({"": Place(f"#{entry.position}")}), entry.event_id)
            for entry in some
        ]
        while drafts:
            try:
                ids |= record(ledger, drafts, signer).ids
                break
            except Refused as refused:
                wrong = {problem.place.file for problem in refused.problems}
                kept = [draft for draft in drafts if draft.places.of("").file not in wrong]
                if len(kept) == len(drafts):
                    raise
                left_out, drafts = [*left_out, *sorted(wrong)], kept
    return left_out


def _as_recorded(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """The entries, in parts that can be recorded one after the other: what a submission amends was lawful before it."""
    some: list[Entry] = []
    for _, own in groupby(sorted(entries, key=attrgetter("position")), attrgetter("submitted_with")):
        submission = [*own]
        if some and any(entry.amends for entry in submission):
            yield some
            some = []
        some += submission
    yield some
