"""Check a proof file with a policy alone, without a ledger: what it shows, in words, or everything that is wrong.

A proof of an entry shows that the log has it, and that a recorder whom the log had authorised before signed it. It
cannot show that the key was not revoked, or what was recorded later; for that, verify the whole log.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import TypeVar

from events import Entry
from events.amendment import EntryWithheld
from events.dates import instant
from events.recorder import LedgerOpened, LogKeyRotated, RecorderAuthorised, RecorderRecovered, key_id
from ledger.errors import NotVerified, Problem, Refused
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import read_hash, to_base64
from ledger.log.key import Verifier
from ledger.log.policy import Policy
from ledger.log.proof import check_consistency, check_inclusion
from ledger.log.proof_file import ConsistencyFile, ForkFile, InclusionFile
from ledger.log.tree import leaf_hash
from ledger.publish.proof_json import Extract, ProofFile, ProvenEntry
from ledger.rules.recorders import may_record
from ledger.statements import approval_statement, extract_statement, submission_statement
from ledger.store.form import Malformed, read_entry
from ledger.store.reader import StoredEntry
from projections.authority import AuthorisedKey, Authority, Recorder

Result = TypeVar("Result")
Entries = Mapping[int, Entry]
Withheld = Mapping[str, int]

_UNREADABLE = (LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""The errors when any JSON is read as an entry; LogError is a ValueError."""
_STATED = {"body", "ledger", "matters", "root", "size"}
_ONLY_STATED = (
    "This is only a statement of the log: inclusion proofs never show that nothing is missing. If something is, "
    "anyone who has the log can show it, and this statement shows who left it out."
)
_LIMITS = "Not shown: what was recorded later, and that no key had been revoked. For that, verify the whole log."


def check(data: bytes, policy: Policy, beside: bytes | None = None) -> list[str]:
    """What a proof file of any kind shows, in words. Raises NotVerified with everything that is wrong.

    Some kinds need ``beside``: a `.tlog-proof` the envelope of the entry, a consistency file the earlier checkpoint.
    """
    try:
        if data.startswith(InclusionFile.start.encode()):
            return _inclusion(InclusionFile.parse(data), policy, beside)
        if data.startswith(ConsistencyFile.start.encode()):
            return _consistency(ConsistencyFile.parse(data), policy, beside)
        if data.startswith(ForkFile.start.encode()):
            return _fork(ForkFile.parse(data), policy)
        file = ProofFile.parse(data)
        shown = _signed_by(file.checkpoint, policy)
    except LogError as error:
        raise NotVerified(str(error), hint="get the file again, and check the key or policy") from None
    return [shown, *_entries(file, policy), _LIMITS]


def _signed_by(note: SignedCheckpoint, policy: Policy) -> str:
    checkpoint = note.checkpoint
    others = [key.name for key in policy.verify(note) if key.name != checkpoint.origin]
    cosigned = f", cosigned by {', '.join(others)}" if others else ", cosigned by no witness that is known here"
    return f"The log {checkpoint.origin} at {checkpoint.size} entries, signed by it{cosigned}."


def _inclusion(file: InclusionFile, policy: Policy, entry: bytes | None) -> list[str]:
    if entry is None:
        raise Refused("this proof does not contain its entry", hint="give the envelope with --entry FILE")
    file.check(leaf_hash(entry), policy)
    return [
        _signed_by(file.checkpoint, policy),
        f"The entry is #{file.number} of the log. Who recorded it was not checked.",
    ]


def _consistency(file: ConsistencyFile, policy: Policy, before: bytes | None) -> list[str]:
    if before is None:
        raise Refused("this proof starts from an earlier checkpoint", hint="give that with --checkpoint FILE")
    shown, earlier = _signed_by(file.checkpoint, policy), SignedCheckpoint.parse(before)
    earlier.verify(policy.logs)
    old, new = earlier.checkpoint, file.checkpoint.checkpoint
    if (old.origin, old.size) != (new.origin, file.number):
        raise LogError(f"the proof starts from {file.number} entries of {new.origin}, not {old.size} of {old.origin}")
    check_consistency(file.proof, old.size, new.size, old.root, new.root)
    return [shown, f"It continues the earlier checkpoint of {old.size} entries: nothing was rewritten."]


def _fork(file: ForkFile, policy: Policy) -> list[str]:
    one, other = file.check(policy.logs)
    return [f"FORK: {one.origin} has signed two histories, at {one.size} and at {other.size} entries. This proves it."]


def _entries(file: ProofFile, policy: Policy) -> list[str]:
    """What a file shows of its entries, once the policy has accepted its checkpoint."""
    checkpoint = file.checkpoint.checkpoint
    entries = {
        entry.position: entry
        for entry in _all((f"#{proven.position}", partial(_read, proven, checkpoint)) for proven in file.entries)
    }
    if len(entries) < len(file.entries):
        raise NotVerified("the file has an entry twice")
    about = [proven for proven in file.entries if proven.submission is not None]
    if not about:
        raise NotVerified("the file is about no entry")
    withheld = _withheld(entries[proven.position] for proven in about)
    shown = _all((f"#{proven.position}", partial(_recorded, proven, entries, withheld)) for proven in about)
    if file.extract:
        found = [entries[proven.position] for proven in about]
        shown += _all([("extract", partial(_complete, file.extract, found, checkpoint, policy.logs))])
        shown.append(_ONLY_STATED)
    return shown


def _all(checks: Iterable[tuple[str, Callable[[], Result]]]) -> list[Result]:
    """The results of checks. Raises NotVerified with the problem of each check that fails."""
    results, problems = [], []
    for what, check_ in checks:
        try:
            results.append(check_())
        except (LogError, Malformed) as error:
            problems.append(Problem(f"{what}: {error}"))
        except _UNREADABLE:
            problems.append(Problem(f"{what}: its bytes have a form, or a kind, that is unknown here"))
    if problems:
        raise NotVerified(*problems)
    return results


def _read(proven: ProvenEntry, log: Checkpoint) -> Entry:
    """An entry that the log has. Raises LogError if it is not proved, Malformed for bytes that are no entry."""
    check_inclusion(proven.inclusion, proven.position, log.size, leaf_hash(proven.entry), log.root)
    entry = read_entry(StoredEntry(proven.position, proven.entry, proven.salted))
    if entry.ledger != log.origin:
        raise LogError(f"it is an entry of {entry.ledger}")
    return entry


def _withheld(signed: Iterable[Entry]) -> Withheld:
    """The position of the decision that withholds the data of an event id, by entries of which it is shown who signed
    them."""
    return {act.amends.target: act.position for act in signed if act.kind == EntryWithheld.kind and act.amends}


def _recorded(proven: ProvenEntry, entries: Entries, withheld: Withheld) -> str:
    """What an entry is, and who signed it. Raises LogError if its recorder did not, or may not withhold what it
    withholds."""
    entry = entries[proven.position]
    first = entries.get(entry.submitted_with.start)
    if first is None:
        raise LogError("the first entry of its submission is not in the file")
    if (first.submitted_with, first.rules) != (entry.submitted_with, entry.rules):
        raise LogError("it does not belong to the submission that it names")
    signed, size = first.submission, len(first.submitted_with)
    index, id = entry.position - first.position, bytes.fromhex(entry.event_id)
    check_inclusion(proven.submission or (), index, size, leaf_hash(id), read_hash(signed["root"]))
    who_and_when = (entry.recorded_by, entry.recorded_at) == (first.recorded_by, first.recorded_at)
    if not who_and_when or signed["seen"]["size"] != first.position:
        raise LogError("its recorder, its time or its position is not the one that was signed")
    statement = submission_statement(first, signed["root"], signed["rules"], signed["seen"], size)
    key = _log_key if entry.kind == RecorderRecovered.kind else _recorder
    by_key = key(first.recorded_by, first.position, entries)
    if not statement.is_signed(by_key.key, signed["signature"]):
        raise LogError(f"the signature of {first.recorded_by} is not valid")
    if entry.kind == EntryWithheld.kind and isinstance(by_key, Recorder) and not may_record(by_key, entry.kind):
        raise LogError(f"{by_key.id} is a {by_key.role}, and may not withhold data")
    by = f"recorded at {instant(entry.recorded_at)}, signed by {first.recorded_by}"
    if cosigned := signed.get("cosigned"):
        approval = approval_statement(entry.ledger, signed["root"], size)
        if not approval.is_signed(_recorder(cosigned["by"], first.position, entries).key, cosigned["signature"]):
            raise LogError(f"the approval of {cosigned['by']} is not valid")
        by += f", approved by {cosigned['by']}"
    return f"#{entry.position} {_what(entry, withheld)} in {entry.matter}, number {entry.sequence}: {by}."


def _recorder(id: str, at: int, entries: Entries) -> Recorder:
    """The recorder whose key has that id, and which the log had on record before a position."""
    for entry in entries.values():
        match entry.content:
            case RecorderAuthorised(recorder=owner, key=key) | RecorderRecovered(recorder=owner, key=key):
                if owner == key_id(key) == id and entry.position < max(at, 2):
                    return Authority([entry]).recorders[0]
    raise LogError(f"the authorisation of {id} is not in the file")


def _log_key(id: str, at: int, entries: Entries) -> AuthorisedKey:
    """The log key of that id, which the log had on record before a position. Of submissions it signs recoveries
    alone."""
    for entry in entries.values():
        match entry.content:
            case LedgerOpened(log_key=key) | LogKeyRotated(log_key=key):
                if key_id(key) == id and entry.position < at:
                    return Authority([entry]).log_keys[0]
    raise LogError(f"no entry of the file has the log key {id}")


def _what(entry: Entry, withheld: Withheld) -> str:
    if not entry.is_withheld:
        return entry.kind
    if entry.event_id in withheld:
        return f"{entry.kind}, whose data #{withheld[entry.event_id]} withholds,"
    raise LogError("its data are missing, and no decision to withhold them is in the file with who signed it")


def _complete(extract: Extract, found: Iterable[Entry], log: Checkpoint, keys: Iterable[Verifier]) -> str:
    """What the log states of whole matters. Raises LogError unless it signed that and the entries agree."""
    says = extract.says
    if not says.keys() <= _STATED:
        raise LogError(f"it states what is unknown here: {', '.join(sorted(says.keys() - _STATED))}")
    statement = extract_statement(says)
    if not any(key.name == log.origin and statement.is_signed(str(key), extract.signature) for key in keys):
        raise LogError("the log has not signed it")
    if Checkpoint(says["ledger"], says["size"], read_hash(says["root"])) != log:
        raise LogError("it is of another checkpoint")
    matters: dict[str, list[Entry]] = {}
    for entry in found:
        matters.setdefault(entry.matter, []).append(entry)
    if others := matters.keys() ^ says["matters"].keys():
        raise LogError(f"the entries are of other matters than it names: {', '.join(sorted(others))}")
    for matter, (last, leaf) in says["matters"].items():
        sequences = [entry.sequence for entry in matters[matter]]
        if sequences != list(range(last + 1)) or to_base64(leaf_hash(matters[matter][-1].envelope)) != leaf:
            raise LogError(f"the entries of {matter} are not the {last + 1} that it names")
    whose = ", ".join(matters)
    if (body := says.get("body")) is not None:
        if not all(matter == f"body/{body}" or matter.startswith(f"{body}/") for matter in matters):
            raise LogError(f"it names matters that are not of {body}")
        whose = f"{body}, in {len(matters)} {'matter' if len(matters) == 1 else 'matters'}"
    return f"The log states that these are all its entries of {whose}, at {log.size} entries."
