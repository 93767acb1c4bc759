"""A small ledger with something of everything: several recorders, four eyes, a mending, something withheld, and signed
checkpoints. Its keys are all at hand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from events import Entry, Event
from events.amendment import EntryRetracted, EntryWithheld
from events.body import BodyRegistered
from events.document import DocumentRegistered
from events.recorder import PolicySet, RecorderAuthorised, RecorderRevoked, Role
from events.terms import DocumentType
from events.values import Citation
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import Signer
from ledger.record import create
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import Draft, Receipt, approve, record
from ledger.store.store import Store
from tests.audit.forging import Said, Stored, entries_of, found, put, signed
from tests.conftest import ORIGIN, now

SECRET, SIZE = 6, 12
"""The entry that is withheld, and how many there are."""
CITED = (Citation(document="letter"),)


@dataclass(frozen=True)
class Small:
    """A ledger in a file, and all the keys that there are."""

    path: Path
    log_key: Signer
    keeper: Signer
    clerk: Signer
    reviewer: Signer

    @property
    def keys(self) -> tuple[Signer, ...]:
        """The keys of its recorders."""
        return self.keeper, self.clerk, self.reviewer

    @property
    def entries(self) -> list[Stored]:
        """Its entries, as they are stored."""
        return entries_of(self.path)

    @property
    def last(self) -> Entry:
        """Its last entry."""
        *before, stored = self.entries
        return stored.read(len(before))

    def append(self, *events: Event, by: Signer) -> None:
        """Append a submission as its recorder does."""
        with Store(self.path) as ledger:
            record(ledger, [Draft(event) for event in events], by, clock=now)

    def forced(self, *said: Said, by: Signer, **claims: Any) -> dict[str, list[int]]:
        """What is found when a submission is put at the end of a copy past every rule, signed by that key."""
        anew = self.entries + signed(*said, by=by, onto=self.entries, **claims)
        return found(put(self.path.with_name("forced.db"), anew))


def document(name: str) -> DocumentRegistered:
    """The registration of a document."""
    return DocumentRegistered(
        document=name, type=DocumentType.INSPECTORATE_LETTER, title=f"The {name}", publisher="HMICFRS"
    )


def force(name: str) -> BodyRegistered:
    """The registration of a force."""
    return BodyRegistered(
        body=name, type="police-force", name=f"{name.title()} Police", nation="England", documents=CITED
    )


def authorised(signer: Signer, role: Role, *only: str) -> RecorderAuthorised:
    """The authorisation of a key."""
    return RecorderAuthorised(recorder=signer.verifier.id, key=str(signer.verifier), role=role, kinds=only)


def revoked(signer: Signer) -> RecorderRevoked:
    """The revocation of a key."""
    return RecorderRevoked(recorder=signer.verifier.id, reason="It was stolen.")


def build(folder: Path) -> Small:
    """Write the ledger in a folder."""
    path, keys = folder / "ledger.db", folder / "keys"
    create.create_ledger(path, origin=ORIGIN, keys=keys, forces=False, clock=now)
    ring = KeyRing(ORIGIN, keys)
    clerk, reviewer = Signer.generate("clerk"), Signer.generate("reviewer")
    small = Small(path, ring.read(LOG_KEY), ring.read("keeper"), clerk, reviewer)
    with Store(path) as ledger:

        def says(by: Signer, *events: Event, approved_by: Signer | None = None) -> Receipt:
            drafts = [Draft(event) for event in events]
            approval = approve(ledger, drafts, approved_by, clock=now)[1] if approved_by else None
            return record(ledger, drafts, by, approval=approval, clock=now)

        says(small.keeper, authorised(clerk, "clerk"), authorised(reviewer, "reviewer"))  # 2, 3
        *_, gone = says(clerk, document("letter"), force("kent"), document("secret")).appended  # 4 to 6
        _sign(ledger, small.log_key)
        says(clerk, EntryRetracted(target=gone.event_id, stream=gone.matter, reason="A name."))  # 7
        withheld = EntryWithheld(target=gone.event_id, stream=gone.matter, ground="personal-data", reason="A name.")
        says(small.keeper, withheld, PolicySet(four_eyes=("body",), reason="Two see more."))  # 8, 9
        says(clerk, force("essex"), document("report"), approved_by=reviewer)  # 10, 11
        _sign(ledger, small.log_key)
    return small


def _sign(ledger: Store, log_key: Signer) -> None:
    with ledger.writing() as writer:
        head = writer.head()
        writer.keep_checkpoint(Checkpoint(ORIGIN, head.size, head.root).sign(log_key))
