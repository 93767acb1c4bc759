"""Make proof files from a ledger and its last signed checkpoint."""

from collections.abc import Iterable, Sequence
from functools import cached_property

from events import Entry
from ledger.errors import NotFound, NotVerified, Refused
from ledger.log import LogError
from ledger.log.encoding import to_base64
from ledger.log.proof import prove_inclusion
from ledger.log.prooffile import InclusionFile
from ledger.log.tiles import TiledTree, tree_over
from ledger.log.tree import leaf_hash
from ledger.publish.checkpoints import last_signed, log_signer
from ledger.publish.proof_file import Extract, ProofFile, Proven, written
from ledger.record.keys import KeyRing
from ledger.replay import authority_of, log_keys
from ledger.statements import extract_statement
from ledger.store.leaf import leaf_of
from ledger.store.reader import Reader
from projections.authority import Authority


def prove(reader: Reader, position: int) -> ProofFile:
    """The proof of an entry. Raises Refused where no signed checkpoint has it."""
    return _Making(reader).file(reader.entries_at([position]))


def prove_plainly(reader: Reader, position: int) -> InclusionFile:
    """That an entry is in the log, in the form of C2SP tlog-proof. Raises Refused where no signed checkpoint has it."""
    making = _Making(reader)
    making.check_signed(reader.entries_at([position]))
    size = making.checkpoint.size
    return InclusionFile(position, tuple(prove_inclusion(position, size, making.tree.hash_at)), making.note)


def extract(reader: Reader, ring: KeyRing, *, body: str | None = None, matter: str | None = None) -> ProofFile:
    """All entries of a matter, or of all matters of a body, with the log's statement that these are all.

    Raises NotFound where there are none under a signed checkpoint, KeyTrouble where the log key is not here.
    """
    making = _Making(reader)
    found = reader.matters([matter] if matter else [f"body/{body}"])
    for entry in reader.entries_under(f"{body}/") if body else ():
        found.setdefault(entry.matter, []).append(entry)
    matters = {
        name: signed
        for name in sorted(found)
        if (signed := [e for e in found[name] if e.position < making.checkpoint.size])
    }
    if not matters:
        raise NotFound(
            f"nothing is on record of {matter or body} under a signed checkpoint", hint="sign one, or see `log`"
        )
    says = {
        **({"body": body} if body else {}),
        "ledger": making.checkpoint.origin,
        "matters": {name: [of[-1].sequence, to_base64(leaf_of(of[-1].data))] for name, of in matters.items()},
        "root": to_base64(making.checkpoint.root),
        "size": making.checkpoint.size,
    }
    signature = extract_statement(says).signed_by(log_signer(ring, log_keys(reader)[-1]))
    entries = [entry for of in matters.values() for entry in of]
    return making.file(entries).model_copy(update={"extract": Extract(says=says, signature=signature)})


class _Making:
    """The making of a file: the checkpoint that it leads to, and what has been read for it."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self.note = last_signed(reader)
        self.checkpoint = self.note.checkpoint
        self.tree = reader.tree(self.checkpoint.size)
        self._submissions: dict[int, TiledTree] = {}

    def check_signed(self, entries: Iterable[Entry]) -> None:
        """Raise Refused where an entry is not under the checkpoint."""
        for entry in entries:
            if entry.position >= self.checkpoint.size:
                what = f"the last signed checkpoint has {self.checkpoint.size} entries, and #{entry.position} is later"
                raise Refused(what, hint="`force-ledger checkpoint sign`")

    def file(self, about: Sequence[Entry]) -> ProofFile:
        """The file about these entries."""
        whole = {entry.position: entry for entry in about}
        rest = {entry.position: entry for entry in self._reader.entries_at(self._rests_on(about) - whole.keys())}
        self.check_signed([*whole.values(), *rest.values()])
        entries = sorted({**whole, **rest}.items())
        proven = tuple(self._proven(entry, whole=position in whole) for position, entry in entries)
        return ProofFile(checkpoint=self.note.to_bytes().decode(), entries=proven)

    def _rests_on(self, about: Sequence[Entry]) -> set[int]:
        """The positions of what has the signatures, who may sign, and what withheld an entry."""
        firsts = {entry.submission["first"] for entry in about}
        acts = {gone.position: act.position for gone, act in self._reader.withholdings()}
        found = firsts | {acts[entry.position] for entry in about if entry.position in acts}
        for first in self._reader.entries_at(firsts):
            signers = [
                first.recorded_by,
                *([first.submission["cosigned"]["by"]] if "cosigned" in first.submission else []),
            ]
            found |= {key.since for signer in signers if (key := self._authority.key(signer))}
        return found

    @cached_property
    def _authority(self) -> Authority:
        return authority_of(self._reader)

    def _proven(self, entry: Entry, *, whole: bool) -> Proven:
        proof = prove_inclusion(entry.position, self.checkpoint.size, self.tree.hash_at)
        return Proven(
            position=entry.position,
            entry=to_base64(entry.data),
            inclusion=written(proof),
            submission=self._in_submission(entry) if whole else None,
        )

    def _in_submission(self, entry: Entry) -> tuple[str, ...]:
        first, size = entry.submission["first"], entry.submission["size"]
        if first not in self._submissions:
            ids = (bytes.fromhex(other.event_id) for other in self._reader.entries_at(range(first, first + size)))
            self._submissions[first] = tree_over([leaf_hash(id) for id in ids])
        try:
            return written(prove_inclusion(entry.position - first, size, self._submissions[first].hash_at))
        except LogError:
            raise NotVerified(
                f"#{entry.position} does not stand in the submission that it names", hint="see `force-ledger verify`"
            ) from None
