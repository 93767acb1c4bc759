"""A second verifier, written from docs/format.md and the standards that it names. It has no line of the program.

    python second_verifier.py LEDGER.db | PUBLISHED_FOLDER | PROOF.json | ENTRY.tlog-proof [--log-key VKEY]

It checks everything except what the entries say of police forces (docs/rules.md). It prints what it found, with
positions, and exits with 1 if anything is wrong. The bytes of ENTRY are beside ENTRY.tlog-proof.
"""

import json
import re
import sqlite3
import unicodedata
from argparse import ArgumentParser
from base64 import b64decode, b64encode
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Json = dict[str, Any]
Shape = dict[str, type]


class Wrong(ValueError):
    """Something is not as the page says."""


def need(fact: object, otherwise: str) -> None:
    if not fact:
        raise Wrong(otherwise)


# Canonical JSON

HIDDEN = re.compile(
    "[\0-\x09\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-"
    "\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def read_json(data: bytes) -> Any:
    try:
        value = json.loads(data.decode())
        check_json(value)
        need(canonical(value) == data, "it is in another form")
    except (ValueError, RecursionError) as why:
        raise Wrong(f"not canonical JSON: {why}") from None
    return value


def check_json(value: Any) -> None:
    if type(value) is str:
        need(unicodedata.is_normalized("NFC", value) and not HIDDEN.search(value), "a text that nobody writes")
    elif type(value) is dict:
        need("".join(value).isascii(), "a key is not ASCII")
        check_json([*value, *value.values()])
    elif type(value) is list:
        for item in value:
            check_json(item)
    else:
        need(type(value) is bool or (type(value) is int and abs(value) < 2**53), "a float, a null or a large number")


def fields(value: Any, must: Shape, may: Shape | None = None) -> Json:
    """An object, if it has all of the first fields and perhaps the others, of these types; no number is negative."""
    allowed = must | (may or {})
    need(type(value) is dict and must.keys() <= value.keys() <= allowed.keys(), f"other fields than {[*allowed]}")
    for name, item in value.items():
        need(type(item) is allowed[name] and (type(item) is not int or item >= 0), f"`{name}` has no such value")
    return dict(value)


def from_base64(text: Any, size: int | None = None) -> bytes:
    try:
        data = b64decode(text, validate=True)
    except (ValueError, TypeError):
        raise Wrong("not base64") from None
    need(to_base64(data) == text and size in (None, len(data)), "base64 of another form or length")
    return data


def to_base64(data: bytes) -> str:
    return b64encode(data).decode()


# Trees (RFC 6962, section 2.1)


def leaf_hash(data: bytes) -> bytes:
    return sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\1" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def root_of(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) < 2:
        return hashes[0] if hashes else sha256().digest()
    left = split(len(hashes))
    return node_hash(root_of(hashes[:left]), root_of(hashes[left:]))


def frontier_of(hashes: Sequence[bytes]) -> list[bytes]:
    """The roots of the perfect subtrees, the largest first."""
    if not hashes:
        return []
    largest = split(len(hashes) + 1)
    return [root_of(hashes[:largest]), *frontier_of(hashes[largest:])]


def root_from(hash: bytes, index: int, size: int, proof: Sequence[bytes]) -> bytes:
    """The root to which an inclusion proof leads."""
    need(0 <= index < size < 2**63 and bool(proof) == (size > 1), "no proof of a place in this tree")
    if size == 1:
        return hash
    left = split(size)
    if index < left:
        return node_hash(root_from(hash, index, left, proof[:-1]), proof[-1])
    return node_hash(proof[-1], root_from(hash, index - left, size - left, proof[:-1]))


# Keys, signatures and checkpoints (RFC 8032; DSSE; C2SP signed-note, tlog-checkpoint)

NAME = r"[^\0-\x20\x7f\s+]+"
P = 2**255 - 19
D = -121665 * pow(121666, -1, P)


def is_point(data: bytes) -> bool:
    """Whether this is the canonical encoding of a point that is not of small order."""
    y = int.from_bytes(data, "little") & (1 << 255) - 1
    small = y * (y**2 - 1) * (D * y**4 + 2 * y**2 - 1) % P == 0  # the doubled point, or its double, has the y 0 or 1
    x_squared = (y**2 - 1) * pow(D * y**2 + 1, -1, P)
    return y < P and not small and pow(x_squared, (P - 1) // 2, P) == 1


class Key(NamedTuple):
    """A verifier key."""

    text: str
    name: str
    id: str
    public: bytes

    @classmethod
    def read(cls, text: str) -> "Key":
        name, hash, encoded = [*text.split("+", 2), "", ""][:3]
        data = from_base64(encoded, 33)
        need(re.fullmatch(NAME, name) and data[0] == 1 and is_point(data[1:]), f"the key of {name} is unusable")
        need(sha256(name.encode() + b"\n" + data).hexdigest()[:8] == hash, f"the key of {name} has another hash")
        return cls(text, name, f"{name}+{hash}", data[1:])

    def check(self, signature: bytes, message: bytes) -> None:
        try:
            need(is_point(signature[:32]), f"a signature of {self.id} has another form")
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except InvalidSignature:
            raise Wrong(f"a signature of {self.id} is not valid") from None

    def check_dsse(self, signature: Any, statement: str, says: Json) -> None:
        kind, body = f"application/vnd.force-ledger.{statement}+json".encode(), canonical(says)
        self.check(from_base64(signature, 64), b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(body), body))


NOTE = re.compile(rf"(({NAME})\n(0|[1-9][0-9]{{,18}})\n(\S+)\n(?:[^\0-\x1f]+\n)*)\n((?:— {NAME} \S+\n)+)")


class Checkpoint(NamedTuple):
    """A signed note. Its signatures are by name and hash."""

    text: str
    origin: str
    size: int
    root: bytes
    signatures: list[tuple[str, bytes]]

    @classmethod
    def read(cls, note: bytes) -> "Checkpoint":
        match = NOTE.fullmatch(note.decode())
        if match is None:
            raise Wrong("not a signed checkpoint")
        lines = [line.split(" ") for line in match[5].splitlines()]
        pairs = [(name, from_base64(signature)) for _, name, signature in lines]
        need(len(note) <= 65_536 and len(pairs) <= 100, "a note that is too long")
        need(int(match[3]) < 2**63, "a size that is too large")
        need(all(data[4:] for _, data in pairs), "an empty signature")
        signatures = [(f"{name}+{data[:4].hex()}", data[4:]) for name, data in pairs]
        return cls(match[1], match[2], int(match[3]), from_base64(match[4], 32), signatures)

    def check(self, *keys: Key) -> None:
        """Check that one of these keys has signed it. Signatures by other keys are ignored."""
        pairs = [(key, signature) for id, signature in self.signatures for key in keys if key.id == id]
        need(pairs and self.origin == pairs[0][0].name, "no log key that may sign it has signed it")
        for key, signature in pairs:
            key.check(signature, self.text.encode())


# Entries

ENVELOPE: Shape = {"event": dict, "recorded_at": str, "recorded_by": str, "sequence": int, "submission": dict}
EVENT: Shape = {"kind": str, "ledger": str, "matter": str, "version": int}
PLACE: Shape = {"first": int, "rules": int, "size": int}
SIGNED: Shape = {"root": str, "seen": dict, "signature": str}
OWN: dict[str, tuple[Shape, Shape]] = {
    "ledger.opened": ({"log_key": str}, {}),
    "ledger.policy_set": ({"reason": str}, {"four_eyes": list}),
    "ledger.clock_corrected": ({"reason": str, "since": int}, {}),
    "ledger.log_key_rotated": ({"log_key": str, "signed_by_old": str, "signed_by_new": str}, {}),
    "recorder.authorised": ({"recorder": str, "key": str, "role": str}, {"kinds": list, "name": str}),
    "recorder.revoked": ({"recorder": str, "reason": str}, {}),
    "recorder.recovered": ({"recorder": str, "key": str, "reason": str}, {"name": str}),
}
TYPES: dict[str, tuple[str, ...]] = {
    "corrected": ("recording-error", "source-erratum", "conflict-resolved", "precision-refined"),
    "withheld": ("court-order", "personal-data"),
    **dict.fromkeys(("retracted", "corroborated", "contradicted"), ()),
}
"""The amendments, and the types that each can have."""
SUBJECTS = "concern", "finding", "plan", "review", "statement", "statistic"
OF_BODY = {subject: f"{{body}}/{subject}/{{{subject}}}" for subject in SUBJECTS}
MATTERS = OF_BODY | {
    "ledger": "ledger", "recorder": "recorder/{recorder}", "entry": "{stream}", "body": "body/{body}",
    "document": "document/{document}", "monitoring": "{body}/monitoring", "inspection": "{body}/inspection",
    "judgement": "{body}/inspection", "tally": "{body}/inspection", "recommendation": "{body}/concern/{concern}",
    "response": "{body}/response/{responds_to}",
}  # fmt: skip


def matter_of(kind: str, data: Json) -> str:
    """The matter that follows from the fields of an event."""
    if kind == "document.sought":
        return f"{data['body']}/sought/{data['sought'].replace('/', '.')}"
    if kind in ("recommendation.issued", "recommendation.ended"):
        return f"{data['body']}/recommendation/{data['recommendation']}"
    return MATTERS[kind.split(".")[0]].format_map(data)


def check_place(place: Json, position: int) -> None:
    """Check what an entry at a position says of its submission."""
    if place.get("first") == position:
        fields(place, PLACE | SIGNED, {"cosigned": dict})
        fields(place["seen"], {"root": str, "size": int})
        fields(place.get("cosigned", {"by": "", "signature": ""}), {"by": str, "signature": str})
    else:
        fields(place, PLACE)
    need(place["first"] <= position < place["first"] + place["size"], "it is not within its submission")


def check_amends(amends: Json, verb: str, data: Json | None) -> None:
    """Check what the envelope of an amendment has of its data."""
    types = TYPES[verb]
    typed: Shape = {"type": str} if types else {}
    fields(amends, typed | {"target": str}, {"documents": list})
    need(all(amends.values()) and (not types or amends["type"] in types), "`amends` has no such value")
    if data is not None:
        says = {"target": data["target"], "type": data.get("ground" if verb == "withheld" else "type")}
        says["documents"] = [cited["document"] for cited in data.get("documents", ())]
        need({name: value for name, value in says.items() if value} == amends, "`amends` is not what its data say")


class Entry(NamedTuple):
    """An envelope, and the data of its event; None if they are not there."""

    position: int
    id: str
    kind: str
    matter: str
    amends: Json
    event: Json
    data: Json | None
    leaf: bytes
    at: str
    by: str
    sequence: int
    submission: Json

    @classmethod
    def read(cls, position: int, envelope: bytes, salted: bytes | None) -> "Entry":
        need(len(envelope) <= 65_535, "it is too long")
        raw = fields(read_json(envelope), ENVELOPE)
        event, place, at = raw["event"], raw["submission"], raw["recorded_at"]
        check_place(place, position)
        time = datetime.fromisoformat(at).replace(tzinfo=None)
        need(time.isoformat(timespec="microseconds") + "Z" == at, "a time of another form")
        subject, verb = event["kind"].split(".")
        own = subject in ("ledger", "recorder")
        content: Shape = {"data": dict} if own else {"commitment": str}
        fields(event, EVENT | content | ({"amends": dict} if subject == "entry" else {}))
        need(subject in MATTERS and event["version"] > 0, "there is no such kind")
        data = None
        if own:
            need(salted is None and event["version"] == 1, "salted data beside it, or no such version")
            data = fields(event["data"], *OWN[event["kind"]])
            need(all(data.values()), "a field is empty")
            need(all(type(text) is str for text in (*data.get("kinds", ()), *data.get("four_eyes", ()))), "no kinds")
        else:
            from_base64(event["commitment"], 32)
        if salted is not None:
            need(18 <= len(salted) <= 65_535, "salted data of no such length")
            need(to_base64(sha256(b"\2" + salted).digest()) == event["commitment"], "not the data of its event")
            data = read_json(salted[16:])
        need(data is None or event["matter"] == matter_of(event["kind"], data), "its data are of another matter")
        amends = event.get("amends", {})
        if subject == "entry":
            check_amends(amends, verb, data)
        names = sha256(canonical(event)).hexdigest(), event["kind"], event["matter"], amends
        leaf, by = leaf_hash(envelope), raw["recorded_by"]
        return cls(position, *names, event, data, leaf, at, by, raw["sequence"], place)

    @property
    def statement(self) -> Json:
        """What its submission is, as its recorder signs it; it is the first."""
        signed = {name: self.submission[name] for name in ("root", "rules", "seen", "size")}
        return signed | {"ledger": self.event["ledger"], "recorded_at": self.at}

    @property
    def draft(self) -> Json:
        """What its submission is, as a second recorder signs it."""
        return {name: self.statement[name] for name in ("ledger", "root", "size")}


# What is in force, and what is withheld


@dataclass
class Line:
    """The versions of an entry, or the retraction of all; and what corroborates or contradicts it."""

    versions: list[Entry]
    retraction: Entry | None = None
    beside: list[Entry] = field(default_factory=list)

    def in_force(self) -> list[Entry]:
        ids = {entry.id for entry in self.versions}
        if self.retraction:
            return [self.retraction]
        resolved = max((e.position for e in self.versions if e.amends.get("type") == "conflict-resolved"), default=0)
        beside = [e for e in self.beside if e.kind == "entry.corroborated" or e.position > resolved]
        return self.versions[-1:] + [entry for entry in beside if entry.amends["target"] in ids]


class Amendments:
    """Reads entries in their order, and knows what is in force after each."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.lines: dict[str, Line] = {}
        self.documents: dict[str, list[Line]] = defaultdict(list)
        self.withheld: dict[str, Entry] = {}

    def first_version(self, entry: Entry) -> Entry:
        while entry.amends and entry.amends["target"] in self.entries:
            entry = self.entries[entry.amends["target"]]
        return entry

    def kinds(self, entry: Entry) -> set[str]:
        """The kinds that an entry counts as, where it matters who may record which."""
        changes = entry.kind in ("entry.corrected", "entry.retracted")
        return {entry.kind, self.first_version(entry).kind} if changes else {entry.kind}

    def add(self, entry: Entry) -> None:
        need(entry.id not in self.entries, "the same event is on record already")
        target = self.entries.get(entry.amends.get("target", ""))
        self.entries[entry.id] = entry
        if not entry.amends:
            line = self.lines[entry.id] = Line([entry])
            if entry.kind == "document.registered":
                self.documents[entry.matter].append(line)
        elif target is None or target.matter != entry.matter:
            raise Wrong("its target is no earlier entry of its matter")
        else:
            self._amend(entry, target, self.lines[self.first_version(target).id])

    def _amend(self, entry: Entry, target: Entry, line: Line) -> None:
        place = f"#{target.position}"
        need(target.matter.split("/")[0] not in ("ledger", "recorder"), "the ledger's own record is not amended")
        if entry.kind == "entry.withheld":
            need(target.kind != "entry.withheld" and target not in line.in_force(), f"{place} is in force")
            need(target.submission["first"] < entry.submission["first"], f"{place} is of the same submission")
            need(target.id not in self.withheld, f"{place} is withheld already")
            self.withheld[target.id] = entry
        elif target is line.versions[0] and entry.kind == "entry.retracted" and not line.retraction:
            line.retraction = entry
        elif target is line.versions[-1] and not line.retraction:
            if entry.kind == "entry.corrected":
                new = (entry.data or {}).get("replacement", {"kind": line.versions[0].kind, "data": None})
                need(new["kind"] == line.versions[0].kind, "its replacement is of another kind")
                need(new["data"] is None or matter_of(new["kind"], new["data"]) == entry.matter, "or of another matter")
                line.versions.append(entry)
            elif entry.kind == "entry.retracted":
                line.versions.pop()
            else:
                line.beside.append(entry)
        else:
            need(entry.kind == "entry.retracted" and target in line.in_force(), f"{place} is not the version in force")
            if target is line.retraction:
                line.retraction = None
            else:
                line.beside.remove(target)
        for now in line.in_force():
            need(now.id not in self.withheld, f"#{now.position}, which is withheld, would be in force again")

    def check_documents(self, group: list[Entry]) -> None:
        """Check, after a submission, that what its amendments and those in force cite is registered."""
        lines = self.lines.values() if any(entry.kind == "entry.retracted" for entry in group) else ()
        live = [entry for line in lines for entry in line.in_force() if entry is not line.retraction]
        for entry in group + live:
            for document in entry.amends.get("documents", ()):
                registered = any(not line.retraction for line in self.documents[f"document/{document}"])
                need(registered, f"#{entry.position} cites {document}, which is not registered")


# Who may sign


class Recorder(NamedTuple):
    """A key that may sign, and what."""

    key: Key
    role: str
    kinds: tuple[str, ...]
    called: str | None

    @classmethod
    def read(cls, entry: Entry) -> "Recorder":
        data = entry.data or {}
        key, role = Key.read(data["key"]), data.get("role", "keeper")
        need(key.id == data["recorder"] and role in ("keeper", "clerk", "reviewer"), "a key of another, or in no role")
        need(re.fullmatch("[A-Za-z0-9][A-Za-z0-9._@-]{,59}", key.name), "there is no such name")
        return cls(key, role, tuple(data.get("kinds", ())), data.get("name"))

    def may_record(self, kind: str) -> bool:
        barred = self.role != "keeper" and (kind in OWN or kind == "entry.withheld")
        return not barred and (not self.kinds or covers(self.kinds, kind))

    @property
    def may_approve(self) -> bool:
        return self.role in ("keeper", "reviewer")


def covers(names: Iterable[str], kind: str) -> bool:
    """Whether one of these is the kind, or its subject."""
    return any(name in (kind, kind.split(".")[0]) for name in names)


class Authority:
    """Reads the entries of the matters `ledger` and `recorder/…`, and knows who may sign after each."""

    def __init__(self) -> None:
        self.recorders: dict[str, Recorder] = {}
        self.log_keys: list[tuple[int, Key]] = []
        self.used: set[bytes | str] = set()
        self.four_eyes: list[str] = []

    def check(self, group: list[Entry], kinds: set[str]) -> None:
        """Check the signatures on a submission of these kinds by what was on record before it."""
        first = group[0]
        signer, free = self._signer(group)
        signer.key.check_dsse(first.submission["signature"], "submission", first.statement)
        barred = [kind for kind in kinds if not free and not signer.may_record(kind)]
        need(not barred, f"{first.by}, a {signer.role}, may not record {', '.join(barred)}")
        needed = [kind for kind in kinds if not free and covers(self.four_eyes, kind)]
        cosigned = first.submission.get("cosigned")
        need(cosigned or not needed, f"nobody approved {', '.join(needed)}")
        if cosigned:
            second = self.recorders.get(cosigned["by"])
            any_role = kinds == {"ledger.clock_corrected"}
            if second is None or second.key.id == first.by or not (second.may_approve or any_role):
                raise Wrong(f"{cosigned['by']} may not approve it")
            need(not second.kinds or all(covers(second.kinds, kind) for kind in needed), "its approval is for others")
            second.key.check_dsse(cosigned["signature"], "approval", first.draft)

    def _signer(self, group: list[Entry]) -> tuple[Recorder, bool]:
        """Who signed a submission, and whether it is a rotation or a recovery: these need no role and no approval."""
        by, kinds = group[0].by, [entry.kind for entry in group]
        if group[0].position == 0:
            need(kinds[:2] == ["ledger.opened", "recorder.authorised"], "entries 0 and 1 do not open a ledger")
            need(group[1].matter == f"recorder/{by}", f"entry 1 does not authorise {by}")
            return Recorder.read(group[1]), False
        if self.log_keys and by == self.log_keys[-1][1].id:
            need({*kinds} == {"recorder.recovered"}, "the log key signs recoveries alone")
            return Recorder(self.log_keys[-1][1], "keeper", (), None), True
        need(by in self.recorders and "recorder.recovered" not in kinds, f"{by} may not sign it")
        old = self.recorders[by]
        rotation = kinds == ["recorder.authorised", "recorder.revoked"] and group[1].matter == f"recorder/{by}"
        new = Recorder.read(group[0]) if rotation else old
        return old, rotation and new.key.name == old.key.name and new._replace(key=old.key) == old

    def add(self, entry: Entry) -> None:
        data = entry.data or {}
        if entry.kind in ("ledger.opened", "ledger.log_key_rotated"):
            new = Key.read(data["log_key"])
            opens = entry.kind == "ledger.opened"
            need(opens == (entry.position == 0), "a ledger is opened once, by its first entry")
            need(new.name == entry.event["ledger"], "the log key has another name than the ledger")
            if entry.position:
                old = self.log_keys[-1][1]
                says = {"ledger": new.name, "new": new.text, "old": old.text}
                old.check_dsse(data["signed_by_old"], "log-key", says)
                new.check_dsse(data["signed_by_new"], "log-key", says)
            self._use(new)
            self.log_keys.append((entry.position, new))
        elif entry.kind == "ledger.policy_set":
            self.four_eyes = data.get("four_eyes", [])
        elif entry.kind == "ledger.clock_corrected":
            pass  # it gives nobody a power
        elif entry.kind == "recorder.revoked":
            need(self.recorders.pop(data["recorder"], None), f"{data['recorder']} is no recorder, or revoked already")
        else:
            recorder = Recorder.read(entry)
            self._use(recorder.key)
            self.recorders[recorder.key.id] = recorder

    def _use(self, key: Key) -> None:
        need(self.used.isdisjoint((key.public, key.id)), f"the key of {key.id} is on record already")
        self.used |= {key.public, key.id}

    def check_left(self) -> None:
        """Check, after a submission, that somebody can still sign."""
        recorders = self.recorders.values()
        need(any(r.role == "keeper" and r.may_record("recorder.authorised") for r in recorders), "no keeper is left")
        approvers = sum(recorder.may_approve for recorder in recorders)
        need(not self.four_eyes or approvers >= 2, "fewer than two are left who may approve")


# A log: a ledger, or a published folder


class Log:
    """A log that is checked as it is read. What was found is in `found`."""

    def __init__(self) -> None:
        self.found: list[str] = []
        self.entries: list[Entry] = []
        self.leaves: list[bytes] = []
        self.authority, self.amendments = Authority(), Amendments()

    @contextmanager
    def at(self, place: int | str) -> Iterator[None]:
        """What is wrong in the block was found at that place."""
        try:
            yield
        except (ValueError, TypeError, LookupError, AttributeError, OSError, sqlite3.Error) as why:
            self.found.append(f"{place if type(place) is str else f'#{place}'}: {why}")

    def check(self, stored: Sequence[tuple[bytes, bytes | None]], *, published: bool = False) -> None:
        """Check all envelopes, with their salted data. A published log may still have data that are withheld."""
        for position, (envelope, salted) in enumerate(stored):
            with self.at(position):
                self.entries.append(Entry.read(position, envelope, salted))
        need(len(self.entries) == len(stored) > 0, "there is no entry, or one cannot be read")
        self.leaves = [entry.leaf for entry in self.entries]
        before, sequences = self.entries[0], Counter[str]()
        for entry in self.entries:
            with self.at(entry.position):
                need(entry.event["ledger"] == before.event["ledger"], "it is of another ledger")
                need(entry.sequence == sequences[entry.matter], f"it has not the next sequence of {entry.matter}")
                corrects = entry.kind == "ledger.clock_corrected"
                need(corrects or entry.at >= before.at, "it was recorded before the entry before it")
                need(entry.submission["rules"] >= max(1, before.submission["rules"]), "a lower number of the rules")
            sequences[entry.matter] += 1
            before = entry
        first = 0
        while first < len(self.entries):
            size = self.entries[first].submission["size"]
            self._check_submission(self.entries[first : first + size], first, size)
            first += size
        for entry in self.entries:
            with self.at(entry.position):
                withheld = entry.id in self.amendments.withheld
                need(withheld or entry.data is not None, "its data are missing, and nobody withheld them")
                need(published or not withheld or entry.data is None, "its data are withheld, and they are here")

    def _check_submission(self, group: list[Entry], first: int, size: int) -> None:
        place = group[0].submission
        with self.at(first):
            shared = {(e.at, e.by, *(e.submission[name] for name in ("first", "size", "rules"))) for e in group}
            need(len(group) == size and len(shared) == 1 and place["first"] == first, "its submission is not whole")
            root = root_of([leaf_hash(bytes.fromhex(entry.id)) for entry in group])
            need(place["root"] == to_base64(root), "another root than that of its event ids")
            seen = {"root": to_base64(root_of(self.leaves[:first])), "size": first}
            need(place["seen"] == seen, "it has seen another log")
        for entry in group:
            with self.at(entry.position):
                self.amendments.add(entry)
        with self.at(first):
            self.authority.check(group, {kind for entry in group for kind in self.amendments.kinds(entry)})
            self._check_clock(group)
        for entry in group:
            with self.at(entry.position):
                if entry.kind in OWN:
                    self.authority.add(entry)
        with self.at(first):
            self.authority.check_left()
            self.amendments.check_documents(group)

    def _check_clock(self, group: list[Entry]) -> None:
        """Check a correction of a clock: what it dates, and whose entries these are."""
        for entry in (entry for entry in group if entry.kind == "ledger.clock_corrected"):
            need(len(group) == 1, "a correction of a clock is not alone")
            later, corrected = [], "9"
            for other in reversed(self.entries[: entry.position]):
                later += [other] if min(other.at, corrected) > entry.at else []
                corrected = min(other.at, corrected) if other.kind == entry.kind else corrected
            need(later and (entry.data or {})["since"] == later[-1].position, "it does not name the first later entry")
            others = {other.by for other in later} - {entry.by}
            cosigned = "cosigned" in entry.submission
            need(cosigned or not others & self.authority.recorders.keys(), "nobody approved that it dates others")

    def check_note(self, place: str, note: bytes) -> None:
        """Check a checkpoint of this log."""
        with self.at(place):
            checkpoint, keys = Checkpoint.read(note), self.authority.log_keys
            before = [key for position, key in keys if position < checkpoint.size]
            checkpoint.check(*dict.fromkeys([*before[-1:], keys[-1][1]]))
            need(checkpoint.size <= len(self.leaves), f"it is of {checkpoint.size} entries: the end is cut off")
            need(checkpoint.root == root_of(self.leaves[: checkpoint.size]), "it is of another log")

    def tiles(self) -> Iterator[tuple[int, int, list[bytes]]]:
        """The hashes of all tiles, full or not, by level and number."""
        level, hashes = 0, self.leaves
        while hashes:
            groups = [hashes[start : start + 256] for start in range(0, len(hashes), 256)]
            yield from ((level, number, group) for number, group in enumerate(groups))
            level, hashes = level + 1, [root_of(group) for group in groups if len(group) == 256]


def check_ledger(path: Path, log: Log) -> None:
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        query = "SELECT position, topic, matter, sequence, event_id, entry FROM entries ORDER BY position"
        rows = database.execute(query).fetchall()
        salted = dict(database.execute("SELECT position, salted FROM data"))
        need([row[0] for row in rows] == [*range(len(rows))], "positions have gaps")
        need(salted.keys() <= {*range(len(rows))}, "data of no entry")
        log.check([(row[5], salted.get(row[0])) for row in rows])
        for row, entry in zip(rows, log.entries, strict=True):
            with log.at(entry.position):
                topic = f"{entry.kind}@{entry.event['version']}"
                columns = (topic, entry.matter, entry.sequence, bytes.fromhex(entry.id))
                need(row[1:5] == columns, "its columns are not what its bytes say")
        root, frontier = root_of(log.leaves), b"".join(frontier_of(log.leaves))
        with log.at("head"):
            head = database.execute("SELECT only_one, size, root, frontier FROM head").fetchall()
            need(head == [(1, len(rows), root, frontier)], "not that of the entries")
        with log.at("tiles"):
            tiles = database.execute("SELECT level, number, root, hashes FROM tiles ORDER BY level, number").fetchall()
            full = [(level, n, root_of(all), b"".join(all)) for level, n, all in log.tiles() if len(all) == 256]
            need(tiles == full, "not those of the entries")
        notes = database.execute("SELECT number, size, note FROM checkpoints ORDER BY number").fetchall()
        for count, (number, size, note) in enumerate(notes, 1):
            log.check_note(f"checkpoint {number}", note)
            with log.at(f"checkpoint {number}"):
                need((number, size) == (count, Checkpoint.read(note).size), "not its number or size")


def check_folder(folder: Path, log: Log) -> None:
    note = (folder / "checkpoint").read_bytes()
    size = Checkpoint.read(note).size
    stored: list[tuple[bytes, bytes | None]] = []
    for number in range((size + 255) // 256):
        width = min(256, size - 256 * number)
        envelopes, data = (bundle_of(folder, kind, number, width) for kind in ("tile/entries", "data"))
        stored += [(envelope, salted or None) for envelope, salted in zip(envelopes, data, strict=True)]
    log.check(stored, published=True)
    for level, number, hashes in log.tiles():
        with log.at(f"tile/{level}/{number}"):
            tile = file_of(folder, f"tile/{level}", number, len(hashes))
            need(tile.startswith(b"".join(hashes)) and len(tile) in (32 * len(hashes), 32 * 256), "not the tile")
    log.check_note("checkpoint", note)


def file_of(folder: Path, kind: str, number: int, width: int) -> bytes:
    """The bytes of a tile or bundle: of the partial one, or of the full one that took its place."""
    name = f"{number % 1000:03}"
    while number := number // 1000:
        name = f"x{number % 1000:03}/{name}"
    full, partial = folder / kind / name, folder / kind / f"{name}.p" / str(width)
    return (partial if partial.exists() else full).read_bytes()


def bundle_of(folder: Path, kind: str, number: int, width: int) -> list[bytes]:
    data, items = file_of(folder, kind, number, width), list[bytes]()
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        need(len(data) >= end, f"{kind}, bundle {number}: it is cut off")
        items, data = [*items, data[2:end]], data[end:]
    need(len(items) in (width, 256), f"{kind}, bundle {number}: {len(items)} items, and not {width}")
    return items[:width]


# Proof files


def check_proof(data: bytes, log_key: Key) -> None:
    """Check a proof of an entry, or of whole matters."""
    file = fields(json.loads(data), {"schema": str, "checkpoint": str, "entries": list}, {"extract": dict})
    need(file["schema"] == "force-ledger/proof/v1", "a file of another schema")
    need(json.dumps(file, indent=2, ensure_ascii=False) + "\n" == data.decode(), "it is written in another form")
    checkpoint = Checkpoint.read(file["checkpoint"].encode())
    checkpoint.check(log_key)
    entries, proofs = dict[int, Entry](), dict[int, list[bytes]]()
    for raw in file["entries"]:
        parts = {"position": int, "entry": str, "inclusion": list}
        fields(raw, parts, {"salted": str, "submission": list})
        salted = from_base64(raw["salted"]) if "salted" in raw else None
        entry = Entry.read(raw["position"], from_base64(raw["entry"]), salted)
        path = [from_base64(hash, 32) for hash in raw["inclusion"]]
        root = root_from(entry.leaf, entry.position, checkpoint.size, path)
        need(root == checkpoint.root, f"#{entry.position} is not in the log")
        need(entry.position not in entries, f"#{entry.position} is there twice")
        need(entry.event["ledger"] == checkpoint.origin, f"#{entry.position} is of another ledger")
        entries[entry.position] = entry
        if "submission" in raw:
            proofs[entry.position] = [from_base64(hash, 32) for hash in raw["submission"]]
    need(proofs, "it is about no entry")
    acts = [entries[position] for position in proofs if entries[position].kind == "entry.withheld"]
    withheld = {act.amends["target"] for act in acts}
    for position, path in proofs.items():
        check_proved(entries[position], path, entries)
        there = entries[position].data is not None or entries[position].id in withheld
        need(there, f"#{position}: its data are missing, and nobody withheld them")
    if "extract" in file:
        proved = [entries[position] for position in proofs]
        check_extract(fields(file["extract"], {"says": dict, "signature": str}), checkpoint, proved, log_key)


def check_proved(entry: Entry, path: Sequence[bytes], entries: dict[int, Entry]) -> None:
    """Check who signed an entry, and perhaps approved it, by the entries beside it."""
    first = entries[entry.submission["first"]]
    place = first.submission
    same = all(entry.submission[name] == place[name] for name in PLACE) and (entry.at, entry.by) == (first.at, first.by)
    root = root_from(leaf_hash(bytes.fromhex(entry.id)), entry.position - first.position, place["size"], path)
    need(same and to_base64(root) == place["root"], f"#{entry.position} is not of the submission of #{first.position}")
    need(place["seen"]["size"] == first.position, f"#{first.position} was signed for another place")

    def key_of(id: str, field: str) -> Key:
        for one in entries.values():
            text = (one.data or {}).get(field) if one.kind in OWN else None
            if text and Key.read(text).id == id and (field == "log_key" or Recorder.read(one)):
                need(one.position < max(2, first.position), f"{id} is on record only later")
                may = entry.kind != "entry.withheld" or id != first.by or Recorder.read(one).may_record(entry.kind)
                need(may, f"{id} may not withhold data")
                return Key.read(text)
        raise Wrong(f"no entry has the key of {id}")

    signer = key_of(first.by, "log_key" if entry.kind == "recorder.recovered" else "key")
    signer.check_dsse(place["signature"], "submission", first.statement)
    if "cosigned" in place:
        key_of(place["cosigned"]["by"], "key").check_dsse(place["cosigned"]["signature"], "approval", first.draft)


def check_extract(extract: Json, checkpoint: Checkpoint, proved: list[Entry], log_key: Key) -> None:
    """Check the statement of the log that these are all entries of these matters."""
    says = fields(extract["says"], {"ledger": str, "matters": dict, "root": str, "size": int}, {"body": str})
    log_key.check_dsse(extract["signature"], "extract", says)
    of = (says["ledger"], says["size"], says["root"])
    need(of == (checkpoint.origin, checkpoint.size, to_base64(checkpoint.root)), "it states something of another log")
    need({entry.matter for entry in proved} == says["matters"].keys(), "entries of other matters than it states")
    for matter, (last, leaf) in says["matters"].items():
        own = [entry for entry in proved if entry.matter == matter]
        need([entry.sequence for entry in own] == [*range(last + 1)], f"entries of {matter} are missing")
        need(to_base64(own[-1].leaf) == leaf, f"the last entry of {matter} is another")
        body = says.get("body", "")
        need("body" not in says or f"{matter}/".startswith((f"body/{body}/", f"{body}/")), f"{matter} is not of {body}")


def check_tlog_proof(data: bytes, entry: bytes, log_key: Key) -> None:
    """Check that an entry is in the log (C2SP tlog-proof)."""
    head, _, note = data.decode().partition("\n\n")
    match = re.fullmatch(r"c2sp\.org/tlog-proof@v1\n(?:extra \S*\n)?index (0|[1-9][0-9]{,18})((?:\n\S+)*)", head)
    if match is None:
        raise Wrong("not a tlog-proof")
    checkpoint = Checkpoint.read(note.encode())
    checkpoint.check(log_key)
    path = [from_base64(line, 32) for line in match[2].split()]
    root = root_from(leaf_hash(entry), int(match[1]), checkpoint.size, path)
    need(root == checkpoint.root, "the entry is not in the log")


def verify(path: Path, log_key: str = "") -> list[str]:
    """What is wrong with a ledger, a published log or a proof. A proof needs the log's key."""
    log = Log()
    with log.at(str(path)):
        if path.is_dir() or path.read_bytes().startswith(b"SQLite format 3\0"):
            (check_folder if path.is_dir() else check_ledger)(path, log)
            known = [key.text for _, key in log.authority.log_keys]
            need(log_key in ("", *known), "it has another log key")
        elif path.suffix == ".tlog-proof":
            check_tlog_proof(path.read_bytes(), path.with_suffix("").read_bytes(), Key.read(log_key))
        else:
            check_proof(path.read_bytes(), Key.read(log_key))
    return log.found


if __name__ == "__main__":
    parser = ArgumentParser(description="Check a ledger, a published log or a proof.")
    parser.add_argument("path", type=Path)
    parser.add_argument("--log-key", default="", metavar="VKEY")
    found = verify(**vars(parser.parse_args()))
    print("\n".join(found) or "Nothing is wrong.")
    raise SystemExit(bool(found))
