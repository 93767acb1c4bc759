"""Check a proof with a policy alone, without a ledger: what it shows, in words, or everything that is wrong.

A proof of an entry shows that the log has it, and that a recorder signed it whom the log had authorised before. It
cannot show that the key was not revoked, or what was recorded later; verifying the whole log does.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from events import Entry, canonical
from events.amendment import EntryWithheld, Withheld
from events.dates import instant
from events.recorder import LedgerOpened, LogKeyRotated, RecorderAuthorised, RecorderRecovered, key_id
from ledger.errors import NotVerified, Problem
from ledger.log import LogError
from ledger.log.checkpoint import SignedCheckpoint
from ledger.log.encoding import read_hash, to_base64
from ledger.log.fork import ForkFile
from ledger.log.key import Verifier
from ledger.log.policy import Policy
from ledger.log.proof import check_consistency, check_inclusion
from ledger.log.prooffile import ConsistencyFile, InclusionFile
from ledger.log.tree import leaf_hash
from ledger.publish.proof_file import Extract, ProofFile, Proven, read
from ledger.statements import approval_statement, extract_statement, submission_statement
from ledger.store.leaf import leaf_of

Findings = list[str]

_HOSTILE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What reading JSON of any shape as if it were an entry can raise; LogError is among them."""


def check(data: bytes, policy: Policy, beside: bytes | None = None) -> Findings:
    """What a proof file of any kind shows, in words. Raises NotVerified with everything that is wrong.

    Some kinds need ``beside``: a `.tlog-proof` the bytes of the entry, a consistency file the earlier checkpoint.
    """
    try:
        if data.startswith(b"c2sp.org/tlog-proof@v1\n"):
            return _inclusion(InclusionFile.parse(data), policy, beside)
        if data.startswith(b"old "):
            return _consistency(ConsistencyFile.parse(data), policy, beside)
        if data.startswith(b"force-ledger/fork@v1\n"):
            return _fork(ForkFile.parse(data), policy)
        file = ProofFile.parse(data)
        signers = policy.verify(file.note)
    except LogError as error:
        raise NotVerified(str(error), hint="get the file again, and check the key or policy") from None
    return _Checking(file, signers, policy).findings()


def _inclusion(file: InclusionFile, policy: Policy, entry: bytes | None) -> Findings:
    if entry is None:
        raise LogError("this proof does not hold its entry: give the entry's bytes too")
    signers = file.check(leaf_hash(entry), policy)
    return [
        _whose(file.checkpoint, signers),
        f"The entry is #{file.index} of the log. Who recorded it was not checked.",
    ]


def _consistency(file: ConsistencyFile, policy: Policy, before: bytes | None) -> Findings:
    if before is None:
        raise LogError("this proof leads from an earlier checkpoint: give that too")
    signers, earlier = policy.verify(file.checkpoint), SignedCheckpoint.parse(before)
    earlier.verify(policy.logs)
    old, new = earlier.checkpoint, file.checkpoint.checkpoint
    if (old.origin, old.size) != (new.origin, file.old):
        raise LogError(f"the proof leads from {file.old} entries of {new.origin}, not {old.size} of {old.origin}")
    check_consistency(file.proof, old.size, new.size, old.root, new.root)
    return [
        _whose(file.checkpoint, signers),
        f"It began as the earlier checkpoint of {old.size} entries has it: nothing was rewritten.",
    ]


def _fork(file: ForkFile, policy: Policy) -> Findings:
    one, other = file.check(policy.logs)
    return [f"FORK: {one.origin} has signed two histories, at {one.size} and at {other.size} entries. This proves it."]


class _Checking:
    """Checks one file whose checkpoint the policy accepts."""

    def __init__(self, file: ProofFile, signers: Iterable[Verifier], policy: Policy) -> None:
        self._file = file
        self._signers = signers
        self._policy = policy
        self._checkpoint = file.note.checkpoint
        self._entries: dict[int, Entry] = {}
        self._words: Findings = []
        self._problems: list[Problem] = []

    def findings(self) -> Findings:
        """What the file shows. Raises NotVerified with everything that is wrong."""
        for proven in self._file.entries:
            self._try(f"#{proven.position}", partial(self._read, proven))
        self._raise_problems()  # what follows rests on these entries
        about = [proven for proven in self._file.entries if proven.submission is not None]
        for proven in about:
            self._try(f"#{proven.position}", partial(self._signed, proven))
        if not about:
            self._problems.append(Problem("the file is about no entry"))
        if self._file.extract:
            self._try("extract", partial(self._complete, self._file.extract, about))
        self._raise_problems()
        return [_whose(self._file.note, self._signers), *self._words, _LIMITS]

    def _try(self, what: str, check: Callable[[], object]) -> None:
        try:
            check()
        except LogError as error:
            self._problems.append(Problem(f"{what}: {error}"))
        except _HOSTILE:
            self._problems.append(Problem(f"{what}: its bytes are of no form, or of no kind, that is known here"))

    def _raise_problems(self) -> None:
        if self._problems:
            raise NotVerified(*self._problems)

    def _read(self, proven: Proven) -> None:
        """Take in an entry that is in the log."""
        data = proven.data
        size, root = self._checkpoint.size, self._checkpoint.root
        check_inclusion(read(proven.inclusion), proven.position, size, leaf_of(data), root)
        canonical.decode(data)
        entry = Entry.read(proven.position, data)
        if entry.ledger != self._checkpoint.origin:
            raise LogError(f"it is an entry of {entry.ledger}")
        if entry.matter != entry.event.matter:
            raise LogError(f"it stands in the matter {entry.matter}, where it does not belong")
        if proven.position in self._entries:
            raise LogError("it stands in the file twice")
        self._entries[proven.position] = entry

    def _signed(self, proven: Proven) -> None:
        """Check that a recorder signed an entry, and say so."""
        entry = self._entries[proven.position]
        first = self._entries.get(entry.submission["first"])
        if first is None:
            raise LogError("the first entry of its submission is not in the file")
        signed, size = first.submission, first.submission["size"]
        place = {"first": first.position, "size": size}
        if any({name: e.submission[name] for name in place} != place for e in (entry, first)):
            raise LogError("it does not belong to the submission that it names")
        index, id = entry.position - first.position, bytes.fromhex(entry.event_id)
        check_inclusion(read(proven.submission or ()), index, size, leaf_hash(id), read_hash(signed["root"]))
        statement = submission_statement(entry.ledger, signed["root"], size, signed["seen"])
        if entry.recorded_by != first.recorded_by or signed["seen"]["size"] != first.position:
            raise LogError("it is not of the recorder, or not at the position, that was signed")
        if not statement.is_signed(self._key(first.recorded_by, first.position), signed["signature"]):
            raise LogError(f"the signature of {first.recorded_by} is not good")
        by = f"recorded at {instant(entry.recorded_at)}, signed by {first.recorded_by}"
        if cosigned := signed.get("cosigned"):
            approval = approval_statement(entry.ledger, signed["root"], size)
            if not approval.is_signed(self._key(cosigned["by"], first.position), cosigned["signature"]):
                raise LogError(f"the approval of {cosigned['by']} is not good")
            by += f", approved by {cosigned['by']}"
        what = f"#{entry.position} {self._what(entry)} in {entry.matter}, number {entry.sequence}"
        self._words.append(f"{what}: {by}.")

    def _key(self, id: str, at: int) -> str:
        """The verifier key of that id, which the log had on record before a position."""
        for entry in self._entries.values():
            match entry.event:
                case RecorderAuthorised() | RecorderRecovered() as event if event.recorder == id:
                    key = event.key
                case LedgerOpened() | LogKeyRotated() as event if key_id(event.log_key) == id:
                    key = event.log_key
                case _:
                    continue
            if entry.position < max(at, 2):
                return key
        raise LogError(f"the authorisation of {id} is not in the file")

    def _what(self, entry: Entry) -> str:
        if not isinstance(entry.event, Withheld):
            return entry.kind
        acts = (act.position for act in self._entries.values() if self._withholds(act, entry))
        for position in acts:
            return f"{entry.event.was}, withheld by #{position}: only its leaf and its event id can be checked,"
        raise LogError("its bytes are missing, and no act that withheld them is in the file")

    @staticmethod
    def _withholds(act: Entry, gone: Entry) -> bool:
        return isinstance(act.event, EntryWithheld) and act.event.target == gone.event_id

    def _complete(self, extract: Extract, about: Sequence[Proven]) -> None:
        """Check what the log says of whole matters against the entries, and say so."""
        says, checkpoint = extract.says, self._checkpoint
        keys = [key for key in self._policy.logs if key.name == checkpoint.origin]
        if not any(extract_statement(says).is_signed(str(key), extract.signature) for key in keys):
            raise LogError("the log has not signed it")
        if (says["ledger"], says["size"], read_hash(says["root"])) != (
            checkpoint.origin, checkpoint.size, checkpoint.root,
        ):  # fmt: skip
            raise LogError("it is of another checkpoint")
        found: dict[str, list[Entry]] = {}
        for proven in about:
            entry = self._entries[proven.position]
            found.setdefault(entry.matter, []).append(entry)
        if others := found.keys() ^ says["matters"].keys():
            raise LogError(f"the entries are of other matters than it names: {', '.join(sorted(others))}")
        for matter, (last, leaf) in says["matters"].items():
            sequences = [entry.sequence for entry in found[matter]]
            if sequences != list(range(last + 1)) or to_base64(leaf_of(found[matter][-1].data)) != leaf:
                raise LogError(f"the entries of {matter} are not the {last + 1} that it names")
        body = says.get("body")
        if body and not all(matter == f"body/{body}" or matter.startswith(f"{body}/") for matter in found):
            raise LogError(f"it names matters that are not of {body}")
        whose = (
            f"of {body}, in {len(found)} {'matter' if len(found) == 1 else 'matters'}"
            if body
            else f"of {', '.join(found)}"
        )
        self._words.append(f"The log states that these are all its entries {whose}, at {checkpoint.size} entries.")
        self._words.append(_ITS_WORD)


_ITS_WORD = (
    "That is its word: proofs of inclusion never show that nothing is missing. If something is, anyone who has the log "
    "can show it, and this statement shows who left it out."
)
_LIMITS = "Not shown: what was recorded later, and that no key had been revoked. For that, verify the whole log."


def _whose(note: SignedCheckpoint, signers: Iterable[Verifier]) -> str:
    """Whose checkpoint it is, and who cosigned it."""
    checkpoint = note.checkpoint
    others = [key.name for key in signers if key.name != checkpoint.origin]
    cosigned = f", cosigned by {', '.join(others)}" if others else ", cosigned by no witness that is known here"
    return f"The log {checkpoint.origin} at {checkpoint.size} entries, signed by it{cosigned}."
