"""A proof that whoever has the log key alone, and no recorder's key, can make up: the program and the second verifier
refuse it. tests/browser/test_verify_js.py asks the same of what runs in a reader's browser."""

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from events import Event
from events.amendment import EntryWithheld
from events.entry import event_id_of
from events.recorder import RecorderRecovered
from ledger.errors import NotVerified
from ledger.log.checkpoint import Checkpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.log.policy import Policy
from ledger.log.proof import Proof, prove_inclusion
from ledger.log.tiles import tree_over
from ledger.log.tree import leaf_hash
from ledger.publish.check_proof import check
from ledger.publish.proof_json import Extract, ProofFile, ProvenEntry
from ledger.statements import extract_statement
from tests.audit.forging import Stored, payload_of, rewritten, signed, signed_payloads, with_entry
from tests.audit.small import SIZE, Small, authorised, document
from tests.conftest import ORIGIN
from tests.support.second_verifier import verify

Says = Mapping[str, Any]
Forge = Callable[[Small], bytes]
STRANGER = Signer.generate("stranger")
RECOVERY = RecorderRecovered(recorder=STRANGER.verifier.id, key=str(STRANGER.verifier), reason="Lost.")
KENT = 5  # the registration of the body kent


def proof(
    small: Small, entries: list[Stored], about: int, *beside: int, also: int | None = None, says: Says | None = None
) -> bytes:
    """The proof of an entry, and also of another, with the evidence beside it, in a log of these entries; with what the
    log states of it."""
    leaves = [leaf_hash(stored.envelope) for stored in entries]
    tree = tree_over(leaves)
    note = Checkpoint(ORIGIN, tree.size, tree.root(tree.size)).sign(small.log_key)

    shown = [about] if also is None else [about, also]

    def in_submission(at: int) -> Proof:
        place = entries[at].read(at).submitted_with
        ids = [leaf_hash(bytes.fromhex(event_id_of(entries[other].envelope))) for other in place]
        return prove_inclusion(at - place.start, len(place), tree_over(ids).hash_at)

    def proven(at: int) -> ProvenEntry:
        own = in_submission(at) if at in shown else None
        inclusion = prove_inclusion(at, tree.size, tree.hash_at)
        stored = entries[at]
        return ProvenEntry(
            position=at, entry=stored.envelope, salted=stored.salted, inclusion=inclusion, submission=own
        )

    extract = None
    if says is not None:
        stated: dict[str, Any] = {"matters": {entries[about].read(about).matter: [0, to_base64(leaves[about])]}}
        stated |= {"ledger": ORIGIN, "root": to_base64(note.checkpoint.root), "size": tree.size, **says}
        extract = Extract(says=stated, signature=extract_statement(stated).signed_by(small.log_key))
    every = tuple(map(proven, sorted({*shown, *beside})))
    return ProofFile(checkpoint=note, entries=every, extract=extract).to_bytes()


def appended(
    *, by: Callable[[Small], Signer], beside: Collection[int], said: Event | None = None, **others: Any
) -> Forge:
    """Of an entry at the end, signed by a key; with other fields in its envelope."""

    def forge(small: Small) -> bytes:
        (stored,) = signed(said or document("x"), by=by(small), onto=small.entries)
        return proof(small, [*small.entries, rewritten(stored, **others)], SIZE, *beside)

    return forge


def moved_earlier(small: Small) -> bytes:
    """What a clerk has signed, at an earlier place than the one that was signed with it."""
    (late,) = signed(document("x"), by=small.clerk, onto=small.entries)
    return proof(small, with_entry(small.entries, KENT, rewritten(late, submission__first=KENT)), KENT, 2)


def named_otherwise(claims: bool) -> Forge:
    """A stranger's key, in an authorisation that names the clerk; whoever signs may claim to be the clerk too."""

    def forge(small: Small) -> bytes:
        clerk = small.clerk.verifier.id
        own = authorised(STRANGER, "clerk").model_copy(update={"recorder": clerk})
        entries = small.entries + signed(own, by=small.keeper, onto=small.entries)
        (stored,) = signed(document("x"), by=STRANGER, onto=entries)
        return proof(small, [*entries, rewritten(stored, recorded_by=clerk) if claims else stored], SIZE + 1, SIZE)

    return forge


def keeper(small: Small) -> Signer:
    return small.keeper


def withheld(by: Callable[[Small], Signer] = keeper, shows_who: bool = True) -> Forge:
    """An entry without data, and the decision to withhold it; perhaps without who signed that."""

    def forge(small: Small) -> bytes:
        entries = small.entries + gone_of(small)
        gone = entries[-1].read(SIZE)
        ground, reason = "personal-data", "A name."
        act = EntryWithheld.model_validate(
            {"target": gone.event_id, "stream": gone.matter, "ground": ground, "reason": reason}
        )
        entries += signed(act, by=by(small), onto=entries)
        return proof(small, entries, SIZE, 1, 2, SIZE + 1, also=SIZE + 1 if shows_who else None)

    return forge


def gone_of(small: Small, **others: Any) -> list[Stored]:
    """An entry without data, with other fields in what its event id is the hash of."""
    gone = {**payload_of(document("y"), ORIGIN, bytes(16))[0], **others}
    return signed_payloads([gone], [None], by=small.clerk, onto=small.entries)


def beside_it(**others: Any) -> Forge:
    """A proof that also has such an entry."""
    return lambda small: proof(small, small.entries + gone_of(small, **others), KENT, 2, 4, SIZE)


def clerk(small: Small) -> Signer:
    return small.clerk


def log_key(small: Small) -> Signer:
    return small.log_key


def extract_of(**says: Any) -> Forge:
    return lambda small: proof(small, small.entries, KENT, 2, 4, says=says)


def stranger(_: Small) -> Signer:
    return STRANGER


LAWFUL: dict[str, Forge] = {
    "an entry": appended(by=clerk, beside=[2]),
    "a recovery": appended(by=log_key, beside=[0], said=RECOVERY),
    "withheld": withheld(),
    "another entry beside it": beside_it(),
    "an extract": extract_of(body="kent"),
    "an extract of a matter": extract_of(),
}
ENTRIES: dict[str, Forge] = {
    "moved earlier": moved_earlier,
    "signed by a key that is another's": named_otherwise(True),
    "signed by a key in another's authorisation": named_otherwise(False),
    "recorded by the log key": appended(by=log_key, beside=[0]),
    "a recovery by a clerk": appended(by=clerk, beside=[2], said=RECOVERY),
    "withheld by a stranger": withheld(by=stranger),
    "withheld by a clerk": withheld(by=clerk),
    "another field": appended(by=clerk, beside=[2], x=1),
    "another field of the submission": appended(by=clerk, beside=[2], submission__x=1),
}
OTHERS: dict[str, Forge] = {
    "withheld by nobody knows whom": withheld(by=stranger, shows_who=False),
    "another form of a time": appended(by=clerk, beside=[2], recorded_at="2026-11-21T09:30:00.0Z"),
    "a negative sequence": appended(by=clerk, beside=[2], sequence=-1),
    "a hidden character in a matter": beside_it(matter="document/y\u202e"),
    "an amendment of no type": beside_it(
        kind="entry.corrected", amends={"target": "ab" * 32, "type": "at-will", "documents": ["letter"]}
    ),
    "an amendment that lists no document": beside_it(
        kind="entry.retracted", amends={"target": "ab" * 32, "documents": []}
    ),
    "an extract of another body": extract_of(body="essex"),
    "an extract of no body": extract_of(body=""),
    "an extract that states more": extract_of(note="and nothing else"),
}


def refused(data: bytes, small: Small, folder: Path) -> tuple[bool, bool]:
    """Whether the program, and the second verifier, refuse a proof."""
    file = folder / "proof.json"
    file.write_bytes(data)
    second = verify(file, str(small.log_key.verifier)) != []
    try:
        check(data, Policy((small.log_key.verifier,)))
    except NotVerified:
        return True, second
    return False, second


@pytest.mark.parametrize("forge", (ENTRIES | OTHERS).values(), ids=ENTRIES | OTHERS)
def test_both_refuse_a_proof_that_was_made_up(small: Small, forge: Forge, tmp_path: Path) -> None:
    assert refused(forge(small), small, tmp_path) == (True, True)


@pytest.mark.parametrize("make", LAWFUL.values(), ids=LAWFUL)
def test_neither_refuses_a_proof_in_a_log_that_is_not_forged(small: Small, make: Forge, tmp_path: Path) -> None:
    assert refused(make(small), small, tmp_path) == (False, False)
