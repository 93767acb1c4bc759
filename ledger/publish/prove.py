"""Make proof files from a ledger and its last signed checkpoint."""

from collections.abc import Sequence
from functools import lru_cache

from events import Entry
from ledger.errors import NotFound, NotVerified, Refused
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.proof import Proof, prove_inclusion
from ledger.log.proof_file import InclusionFile
from ledger.log.tiles import TiledTree, tree_over
from ledger.log.tree import leaf_hash
from ledger.publish.checkpoints import last_signed, log_signer
from ledger.publish.proof_json import Extract, ProofFile, ProvenEntry
from ledger.record.keys import KeyRing
from ledger.replay import authority_of, log_keys
from ledger.statements import extract_statement
from ledger.store.reader import Reader


def prove(reader: Reader, position: int) -> ProofFile:
    """The proof that an entry is in the log, signed by its recorder. Raises Refused if no signed checkpoint has it."""
    return _proof_file(reader, last_signed(reader), reader.entries_at([position]))


def prove_plainly(reader: Reader, position: int) -> InclusionFile:
    """The C2SP tlog-proof that an entry is in the log. Raises Refused if no signed checkpoint has it."""
    note = last_signed(reader)
    _check_signed(note, position)
    return InclusionFile(position, prove_inclusion(position, note.size, reader.tree(note.size).hash_at), note)


def extract(reader: Reader, ring: KeyRing, *, body: str | None = None, matter: str | None = None) -> ProofFile:
    """All entries of a matter, or of all matters of a body, with the log's statement that these are all.

    Raises NotFound if no signed checkpoint has any, KeyTrouble if the log key is not on this machine.
    """
    note = last_signed(reader)
    origin, size, root = note.checkpoint
    found = reader.matters([matter] if matter else [f"body/{body}"])
    for entry in reader.entries_under(f"{body}/") if body else ():
        found.setdefault(entry.matter, []).append(entry)
    signed = {name: [entry for entry in found[name] if entry.position < size] for name in sorted(found)}
    matters = {name: entries for name, entries in signed.items() if entries}
    if not matters:
        raise NotFound(f"no signed checkpoint has an entry of {matter or body}", hint="sign one, or see `log`")
    says = {
        **({"body": body} if body else {}),
        "ledger": origin,
        "matters": {name: [of[-1].sequence, to_base64(leaf_hash(of[-1].envelope))] for name, of in matters.items()},
        "root": to_base64(root),
        "size": size,
    }
    signature = extract_statement(says).signed_by(log_signer(ring, log_keys(reader)[-1]))
    file = _proof_file(reader, note, [entry for of in matters.values() for entry in of])
    return file.model_copy(update={"extract": Extract(says=says, signature=signature)})


def _check_signed(note: SignedCheckpoint, position: int) -> None:
    if position >= note.size:
        raise Refused(
            f"the last signed checkpoint has {note.size} entries, and #{position} is later",
            hint="`force-ledger checkpoint sign`",
        )


def _proof_file(reader: Reader, note: SignedCheckpoint, about: Sequence[Entry]) -> ProofFile:
    positions = {entry.position for entry in about}
    entries = [*about, *reader.entries_at(_evidence(reader, about) - positions)]
    tree, submission_tree = reader.tree(note.size), lru_cache(lambda *place: _submission_tree(reader, *place))

    def proven(entry: Entry) -> ProvenEntry:
        _check_signed(note, entry.position)
        inclusion = prove_inclusion(entry.position, note.size, tree.hash_at)
        submission = None
        if entry.position in positions:
            submission = _in_submission(entry, submission_tree(entry.submission["first"], entry.submission["size"]))
        return ProvenEntry(
            position=entry.position,
            entry=entry.envelope,
            salted=entry.salted,
            inclusion=inclusion,
            submission=submission,
        )

    in_order = sorted(entries, key=lambda entry: entry.position)
    return ProofFile(checkpoint=note, entries=tuple(proven(entry) for entry in in_order))


def _evidence(reader: Reader, about: Sequence[Entry]) -> set[int]:
    """The positions of what has the signatures, what authorised the keys, and what withheld an entry."""
    firsts = {entry.submission["first"] for entry in about}
    acts = {withheld.position: act.position for withheld, act in reader.withholdings()}
    found = firsts | {acts[entry.position] for entry in about if entry.position in acts}
    authority = authority_of(reader)
    for first in reader.entries_at(firsts):
        cosigned = first.submission.get("cosigned", {"by": ""})
        found |= {key.since for id in (first.recorded_by, cosigned["by"]) if (key := authority.key(id))}
    return found


def _submission_tree(reader: Reader, first: int, size: int) -> TiledTree:
    """The tree over the event ids of a submission."""
    entries = reader.entries_at(range(first, first + size))
    return tree_over([leaf_hash(bytes.fromhex(entry.event_id)) for entry in entries])


def _in_submission(entry: Entry, tree: TiledTree) -> Proof:
    try:
        return prove_inclusion(entry.position - entry.submission["first"], tree.size, tree.hash_at)
    except LogError:
        raise NotVerified(
            f"#{entry.position} is not in the submission that it names", hint="see `force-ledger verify`"
        ) from None
