"""Make proof files from a ledger and its last signed checkpoint."""

from bisect import bisect
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, lru_cache, partial
from itertools import islice

import orjson

from events import Entry
from ledger.errors import NotFound, NotVerified, Refused
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Verifier
from ledger.log.proof import Proof, prove_inclusion
from ledger.log.proof_file import InclusionFile
from ledger.log.tiles import TiledTree, tree_over
from ledger.log.tree import TILE_WIDTH, Frontier, leaf_hash
from ledger.publish.checkpoints import last_signed, log_signer
from ledger.publish.proof_json import Extract, ProofFile, ProvenEntry
from ledger.record.keys import KeyRing
from ledger.replay import authority_of, log_keys
from ledger.statements import extract_statement
from ledger.store.reader import Reader


def prove(reader: Reader, position: int) -> ProofFile:
    """The proof that an entry is in the log, signed by its recorder. Raises Refused if no signed checkpoint has it."""
    return Prover(reader).proof(reader.entries_at([position]), last_signed(reader))


def prove_plainly(reader: Reader, position: int) -> InclusionFile:
    """The C2SP tlog-proof that an entry is in the log. Raises Refused if no signed checkpoint has it."""
    note = last_signed(reader)
    _check_signed(note, position)
    return InclusionFile(position, prove_inclusion(position, note.size, reader.tree(note.size).hash_at), note)


def extract(reader: Reader, ring: KeyRing, *, body: str | None = None, matter: str | None = None) -> ProofFile:
    """All entries of a matter, or of all matters of a body, with the log's statement that these are all.

    Raises NotFound if no signed checkpoint has any, KeyTrouble if the log key is not on this machine, NotVerified if
    the ledger is not what that key signed last.
    """
    note, signer = last_signed(reader), log_signer(ring, log_keys(reader)[-1])
    origin, size, root = note.checkpoint

    def is_asked(name: str) -> bool:
        return name == (matter or f"body/{body}") or (body is not None and name.startswith(f"{body}/"))

    try:
        note.verify([signer.verifier])
    except LogError as error:
        raise NotVerified(f"the last checkpoint: {error}", hint="`force-ledger checkpoint sign`") from None
    matters = _matters(reader, note.checkpoint, is_asked)
    if not matters:
        raise NotFound(f"no signed checkpoint has an entry of {matter or body}", hint="sign one, or see `log`")
    says = {
        **({"body": body} if body else {}),
        "ledger": origin,
        "matters": {name: [of[-1].sequence, to_base64(leaf_hash(of[-1].envelope))] for name, of in matters.items()},
        "root": to_base64(root),
        "size": size,
    }
    signature = extract_statement(says).signed_by(signer)
    file = Prover(reader).proof([entry for of in matters.values() for entry in of], note)
    return file.model_copy(update={"extract": Extract(says=says, signature=signature)})


def _matters(reader: Reader, signed: Checkpoint, is_asked: Callable[[str], bool]) -> dict[str, list[Entry]]:
    """The entries of the matters that are asked for, by name. All entries are read, as the columns by which the
    database finds them are not signed. Raises NotVerified unless they lead to the signed root."""
    frontier, entries = Frontier(), islice(reader.entries(), signed.size)
    while page := list(islice(entries, TILE_WIDTH)):
        frontier.extend([leaf_hash(stored.envelope) for stored in page])
    if (frontier.size, frontier.root()) != (signed.size, signed.root):
        raise NotVerified("the entries do not lead to the signed checkpoint", hint="see `force-ledger verify`")
    matters: dict[str, list[Entry]] = {}
    for stored in islice(reader.entries(), signed.size):
        if is_asked(orjson.loads(stored.envelope)["event"]["matter"]):
            entry = stored.read()
            matters.setdefault(entry.matter, []).append(entry)
    return dict(sorted(matters.items()))


def _check_signed(note: SignedCheckpoint, position: int) -> None:
    if position >= note.size:
        raise Refused(
            f"the last signed checkpoint has {note.size} entries, and #{position} is later",
            hint="`force-ledger checkpoint sign`",
        )


class Prover:
    """Makes proof files from one ledger. What many of them need is read once."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._authority = authority_of(reader)
        self._acts = {withheld.position: act.position for withheld, act in reader.withholdings()}
        self._hash_at = lru_cache(maxsize=10_000)(reader.tree().hash_at)
        self._submissions = lru_cache(maxsize=1000)(lambda positions: _submission_tree(reader, positions))
        self._inclusion = lru_cache(maxsize=10_000)(partial(prove_inclusion, hash_at=self._hash_at))
        self.log_key = lru_cache(maxsize=1000)(self._log_key)
        self._alone = lru_cache(maxsize=1000)(self._signed_by_log)

    def proof(self, about: Sequence[Entry], note: SignedCheckpoint | None = None) -> ProofFile:
        """The proof of these entries, and of the decisions that withhold any, by a signed checkpoint. Raises Refused if
        that does not have them all.

        Without one, it is by `first_signed` of what it needs: that proof stays the same while the log grows.
        """
        acts = [self._acts[entry.position] for entry in about if entry.position in self._acts]
        about = [*about, *self._reader.entries_at(acts)]
        positions = {entry.position for entry in about}
        evidence = self._reader.entries_at(self._evidence(about) - positions)
        entries = {entry.position: entry for entry in [*about, *evidence]}
        note = note or self.first_signed(max(entries)) or last_signed(self._reader)
        proven = (self._proven(entries[position], note, position in positions) for position in sorted(entries))
        return ProofFile(checkpoint=note, entries=tuple(proven))

    def _log_key(self, note: SignedCheckpoint) -> Verifier:
        """The log key that signed a checkpoint of this ledger."""
        return next(key for key in note.verify(self._log_keys) if key.name == note.checkpoint.origin)

    @cached_property
    def _log_keys(self) -> list[Verifier]:
        return log_keys(self._reader)

    @cached_property
    def _notes(self) -> list[SignedCheckpoint]:
        """The signed checkpoints, one of each size, the smallest first."""
        return sorted({note.size: note for note in reversed([*self._reader.checkpoints()])}.values(), key=_size)

    def first_signed(self, position: int) -> SignedCheckpoint | None:
        """The smallest signed checkpoint that has an entry, with the signature of the log alone: witnesses may sign
        later."""
        found = bisect(self._notes, position, key=_size)
        return self._alone(self._notes[found]) if found < len(self._notes) else None

    def _signed_by_log(self, note: SignedCheckpoint) -> SignedCheckpoint:
        key = self.log_key(note)
        return replace(note, signatures=(note.signers([key])[key],))

    def _proven(self, entry: Entry, note: SignedCheckpoint, is_about: bool) -> ProvenEntry:
        _check_signed(note, entry.position)
        submission = None
        if is_about:
            submission = _in_submission(entry, self._submissions(entry.submitted_with))
        return ProvenEntry(
            position=entry.position,
            entry=entry.envelope,
            salted=entry.salted,
            inclusion=self._inclusion(entry.position, note.size),
            submission=submission,
        )

    def _evidence(self, about: Sequence[Entry]) -> set[int]:
        """The positions of what has the signatures, and of what authorised the keys."""
        firsts = {entry.submitted_with.start for entry in about}
        signers = set[str]()
        for first in self._reader.entries_at(firsts):
            signers |= {first.recorded_by, first.submission.get("cosigned", {"by": ""})["by"]}
        return firsts | {key.since for id in signers if (key := self._authority.key(id))}


def _size(note: SignedCheckpoint) -> int:
    return note.size


def _submission_tree(reader: Reader, positions: range) -> TiledTree:
    """The tree over the event ids of a submission."""
    entries = reader.entries_at(positions)
    return tree_over([leaf_hash(bytes.fromhex(entry.event_id)) for entry in entries])


def _in_submission(entry: Entry, tree: TiledTree) -> Proof:
    try:
        return prove_inclusion(entry.position - entry.submitted_with.start, tree.size, tree.hash_at)
    except LogError:
        raise NotVerified(
            f"#{entry.position} is not in the submission that it names", hint="see `force-ledger verify`"
        ) from None
