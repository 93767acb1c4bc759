"""The table of the parsers: each with the errors that it may raise, and valid examples that are mutated."""

import io
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from typing import NamedTuple

import click
import orjson
from openpyxl import Workbook

from events import canonical
from events.canonical import CanonicalError
from events.dates import DateError, PartialDate
from ledger import web
from ledger.apart import CannotRead
from ledger.audit.verify import AuditOptions, audit_published
from ledger.cli import run
from ledger.cli.config import config_of
from ledger.errors import KeyTrouble, LedgerError, NotVerified, Refused, WitnessTrouble
from ledger.evidence import pdf
from ledger.evidence.text import NoText, Text, read_text
from ledger.intake import jsonl, table, workbook, yaml
from ledger.intake.draft import Names, drafts_of
from ledger.intake.raw import RawBatch, decoded
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.key import KeyType, Signer, Verifier
from ledger.log.note import Signature, SignedNote
from ledger.log.policy import Policy
from ledger.log.proof import prove_inclusion
from ledger.log.proof_file import ConsistencyFile, ForkFile, InclusionFile
from ledger.log.tiles import TiledTree, decode_bundle, decode_hashes, tree_over
from ledger.log.tree import leaf_hash, root_of
from ledger.log.witness import CosignRefused, cosign
from ledger.publish import witness as asking
from ledger.publish.check_proof import check
from ledger.publish.proof_json import ProofFile, ProvenEntry
from ledger.query.clocks import moment_of
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.replay import log_keys
from ledger.replicate.backup import restore
from ledger.replicate.copy import copy
from ledger.replicate.snapshot import Folder, PublishedLog, Snapshot, checkpoint_in
from ledger.statements import Approval, approval_statement
from ledger.store.data import DataCheck
from ledger.store.database import Head
from ledger.store.form import Malformed, read_entry
from ledger.store.reader import StoredEntry
from ledger.store.sqlite import SQLiteFile
from ledger.store.store import Store
from tests.evidence.test_text import PAGE, pdf_of
from tests.log.test_fork import FORKS
from tests.log.test_policy import FULL, LOG, NOTE, WITNESSES
from tests.support.golden import FOLDER as GOLDEN
from tests.test_web import Server

WITNESS = Signer("w.example.net", bytes(range(32)))
ORIGIN = "ledger.example.org/wm"
BATCH = """
- {kind: document.registered, document: letter, type: dataset, title: The letter, publisher: P}
- {kind: body.registered, body: kent, type: police-force, name: Kent Police, nation: England, documents: [letter]}
- {kind: concern.issued, body: kent, concern: a, title: A, effective: 2024, documents: [letter]}
"""
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "west-midlands"


class Parser(NamedTuple):
    """What reads bytes; the errors that it may raise; valid bytes; and how many examples a run of the tests takes."""

    parse: Callable[[bytes], object]
    allowed: tuple[type[Exception], ...]
    examples: tuple[bytes, ...]
    times: int = 50


def texts(parse: Callable[[str], object], *allowed: type[Exception], of: tuple[str, ...]) -> Parser:
    """A parser of text. Bytes that are not UTF-8 become half characters, as in the arguments of a command."""
    return Parser(lambda data: parse(data.decode("utf-8", "surrogateescape")), allowed, tuple(t.encode() for t in of))


def batch(read: Callable[[str, str], RawBatch], data: bytes) -> None:
    """What `check` does without a ledger."""
    text = decoded(data, "batch")
    if isinstance(text, str) and not (found := read(text, "batch")).problems:
        drafts_of(found, Names(None))


def a_workbook() -> bytes:
    """A workbook with a text, a number and a date."""
    book, out = Workbook(), io.BytesIO()
    assert book.active is not None
    for row in (["A", "B"], ["a", 1.5], [date(2024, 1, 1), None]):
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def in_place(path: Path, act: Callable[[], object], data: bytes) -> None:
    """Do something while a file has other bytes."""
    before = path.read_bytes()
    path.write_bytes(data)
    try:
        act()
    finally:
        path.write_bytes(before)


def restored(folder: Path) -> None:
    """Restore a backup to a new place, with its documents and keys."""
    place = folder.parent / "restored"
    place.mkdir()
    try:
        restore(folder, SQLiteFile(place / "ledger.db"), lambda origin: KeyRing(origin, place / "keys"))
    finally:
        shutil.rmtree(place)


class Hostile:
    """A snapshot whose author has the log key, and puts what they like in the place of an entry."""

    def __init__(self, stored: Sequence[StoredEntry], position: int, envelope: bytes, salted: bytes | None) -> None:
        self._stored = [*stored]
        self._stored[position] = StoredEntry(position, envelope, salted)
        self._leaves = [leaf_hash(entry.envelope) for entry in self._stored]

    def head(self) -> Head:
        return Head(len(self._leaves), root_of(self._leaves))

    def tree(self) -> TiledTree:
        return tree_over(self._leaves)

    def entries(self, first: int = 0) -> Iterator[StoredEntry]:
        yield from self._stored[first:]

    def notes_after(self, note: bytes | None) -> list[bytes]:
        return []

    def proof(self, log: Signer, like: bytes) -> bytes:
        """A proof of the same entries as another, with all others as evidence."""
        head, tree = self.head(), self.tree()
        submissions = {entry.position: entry.submission for entry in ProofFile.parse(like).entries}
        entries = (
            ProvenEntry(
                position=entry.position,
                entry=entry.envelope,
                salted=entry.salted,
                inclusion=prove_inclusion(entry.position, head.size, tree.hash_at),
                submission=submissions.get(entry.position),
            )
            for entry in self._stored
        )
        return ProofFile(checkpoint=Checkpoint(log.name, *head).sign(log), entries=tuple(entries)).to_bytes()


def taken(snapshot: Snapshot, folder: Path) -> None:
    """Copy a snapshot to a new ledger."""
    try:
        with Store.create(folder / "copied.db") as ledger:
            copy(snapshot, ledger)
    finally:
        for file in folder.glob("copied.db*"):
            file.unlink()


def prepared(*commands: str) -> None:
    """Run commands in a folder; the name after > is where the output goes."""
    for command in commands:
        words, _, output = command.partition(" > ")
        assert run([*words.split(), *(["-o", output] if output else [])]) == 0, command


def parsers(folder: Path, server: Server) -> dict[str, Parser]:
    """The table. What needs a ledger is made in the folder, where the process must be."""
    batches = sorted(EXAMPLES.glob("*.yaml"))
    events = (orjson.loads(file.read_bytes()) for file in sorted(GOLDEN.glob("*@*.json")))
    lines = tuple(orjson.dumps({"kind": event["kind"], **event["data"]}) for event in events)
    config = Path("force-ledger.toml")
    config.write_text('ledger = "ledger.db"\nkeys = "keys"\nrecorder = "keeper"\n', "utf-8")
    Path("batch.yaml").write_text(BATCH, "utf-8")
    Path("more.yaml").write_text(BATCH.splitlines()[1].replace("letter", "more"), "utf-8")
    Path("page.html").write_text(PAGE, "utf-8")
    prepared(
        f"init --origin {ORIGIN} --empty",
        "evidence add page.html",
        "publish log",
        "append batch.yaml",
        "publish log",
        "backup backup",
        "prove #4 > proof",
        "prove #4 --tlog > tlog-proof",
        "prove #4 --entry-bytes > entry",
        "approve more.yaml > approval",
        "prove --body kent > extract",
    )
    with Store("ledger.db") as ledger, ledger.reading() as reader:
        entries = list(reader.entries())
        policy = Policy(tuple(log_keys(reader)))
    size = len(entries)
    proof, tlog, entry = (Path(name).read_bytes() for name in ("proof", "tlog-proof", "entry"))
    agreed = NOTE.with_signatures(*(NOTE.cosign(witness, 7) for witness in WITNESSES.values()))
    cosigned = NOTE.with_signatures(NOTE.cosign(WITNESS, 7))
    asked = ConsistencyFile(0, (), NOTE).to_bytes()
    quote = Text("the force has to improve how it records crime, by April 2024. It did not - not yet.", "")
    ring = KeyRing(ORIGIN)
    key = ring.folder / "keeper.key"

    def of_log(name: str, act: Callable[[], object]) -> Parser:
        path = folder / "log" / name
        return Parser(partial(in_place, path, act), (LedgerError,), (path.read_bytes(),), 10)

    def copied() -> None:
        files = Folder(folder / "log")
        taken(PublishedLog(files, checkpoint_in(files)), folder)

    def served(data: bytes) -> web.HttpResponse:
        server.answer = [lambda connection: connection.sendall(data)]
        return web.ask(server.url, 1_000, {})

    def proved(position: int, envelope: bytes) -> object:
        return check(Hostile(entries, position, envelope, entries[position].salted).proof(log, proof), policy)

    def taken_from(position: int, envelope: bytes) -> None:
        taken(Hostile(entries, position, envelope, entries[position].salted), folder)

    def configured() -> object:
        return config_of(ctx=click.Context(click.Command("x")))

    audited = partial(audit_published, folder / "log", AuditOptions())
    log = ring.read(LOG_KEY)
    tiles = {name: f"{name}.p/{size}" for name in ("tile/0/000", "tile/entries/000", "data/000")}
    return {
        "a signed note": Parser(
            lambda data: SignedNote.parse(data).signers([LOG.verifier, WITNESS.cosigner]),
            (LogError,),
            (cosigned.to_bytes(), SignedNote.sign("a\n\nb\n", LOG).to_bytes()),
        ),
        "a signed checkpoint": Parser(
            lambda data: SignedCheckpoint.parse(data).verify([LOG.verifier, WITNESS.cosigner]),
            (LogError,),
            (cosigned.to_bytes(),),
        ),
        "the text of a checkpoint": texts(Checkpoint.parse, LogError, of=(NOTE.text, NOTE.text + "more\n")),
        "a cosignature": texts(Signature.parse, LogError, of=(str(NOTE.cosign(WITNESS, 7)),)),
        "a verifier key": texts(Verifier.parse, LogError, of=(str(LOG.verifier),)),
        "a witness's key": texts(
            partial(Verifier.parse, type=KeyType.COSIGNATURE), LogError, of=(str(WITNESS.cosigner),)
        ),
        "a signer key": texts(Signer.parse, LogError, of=(LOG.secret_text(),)),
        "a key file": Parser(
            partial(in_place, key, lambda: (ring.read("keeper"), ring.verifier("keeper"), ring.verifiers())),
            (KeyTrouble,),
            (key.read_bytes(),),
        ),
        "a policy": texts(lambda text: Policy.parse(text).verify(agreed), LogError, of=(FULL,)),
        "a tile": Parser(lambda data: decode_hashes(data, 3), (LogError,), (bytes(range(96)),)),
        "a bundle": Parser(
            lambda data: decode_bundle(data, 2), (LogError,), (b"\0\x03abc\0\0", b"\xff\xff" + bytes(65_537))
        ),
        "a .tlog-proof": Parser(
            lambda data: check(data, policy, entry),
            (NotVerified,),
            (tlog, tlog.replace(b"index", b"extra AQID\nindex", 1)),
        ),
        "an inclusion proof": Parser(InclusionFile.parse, (LogError,), (tlog,)),
        "a consistency proof": Parser(ConsistencyFile.parse, (LogError,), (asked,)),
        "the proof of a fork": Parser(
            lambda data: ForkFile.parse(data).check([LOG.verifier]),
            (LogError,),
            tuple(fork.to_bytes() for fork in FORKS),
        ),
        "a proof in JSON": Parser(lambda data: check(data, policy), (NotVerified,), (proof,)),
        "an extract": Parser(lambda data: check(data, policy), (NotVerified,), (Path("extract").read_bytes(),), 20),
        "the form of a proof in JSON": Parser(ProofFile.parse, (LogError,), (proof,)),
        "a request to a witness": Parser(
            lambda data: cosign({}, data, [LOG.verifier], WITNESS, 7), (CosignRefused,), (asked,)
        ),
        "the state of a witness": Parser(
            lambda data: (
                Path("state").write_bytes(data),
                asking.cosign_offline(Path("state"), asked, [LOG.verifier], WITNESS, 7),
            ),
            (NotVerified, CosignRefused),
            (f"{NOTE.text.replace('org', 'com')}\n{NOTE.text.replace('org', 'net')}".encode(),),
        ),
        "the answer of a witness": Parser(
            lambda data: asking._signatures(data, "https://w"),
            (WitnessTrouble,),
            (f"{cosigned.signatures[1]}\n".encode(),),
        ),
        "the size that a witness answers": Parser(
            lambda data: (asking._words(data), asking._size(data, "https://w")), (WitnessTrouble,), (b"1234\n",)
        ),
        "an approval": texts(
            lambda text: Approval.parse(text, "file"), Refused, of=(Path("approval").read_text("utf-8"),)
        ),
        "a signature of a statement": texts(
            lambda text: approval_statement("l", "r", 1).is_signed(*text.partition("\n")[::2]),
            of=(f"{LOG.verifier}\n{'A' * 86}==",),
        ),
        "backup.json": Parser(
            partial(in_place, folder / "backup" / "backup.json", partial(restored, folder / "backup")),
            (LedgerError,),
            ((folder / "backup" / "backup.json").read_bytes(),),
            10,
        ),
        "the checkpoint of a backup": Parser(
            partial(in_place, folder / "backup" / "checkpoint", partial(restored, folder / "backup")),
            (LedgerError,),
            ((folder / "backup" / "checkpoint").read_bytes(),),
            10,
        ),
        "an answer of a web server": Parser(
            served,
            (web.NoAnswer,),
            (
                b'HTTP/1.1 200 OK\r\nETag: "a"\r\nContent-Length: 2\r\n\r\nhi',
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            ),
        ),
        **{
            f"an entry in a proof whose author has the log key: #{n}": Parser(
                partial(proved, n),
                (NotVerified,),
                (entries[n].envelope,),
            )
            for n in (0, 1, 2, 4)
        },
        **{
            f"an entry to copy, of an author who has the log key: #{n}": Parser(
                partial(taken_from, n),
                (LedgerError,),
                (entries[n].envelope,),
                20,
            )
            for n in (0, 1, 4)
        },
        "canonical JSON": Parser(canonical.decode, (CanonicalError,), (entries[4].envelope,)),
        "an envelope": Parser(
            lambda data: read_entry(StoredEntry(4, data, entries[4].salted)),
            (Malformed,),
            (entries[4].envelope,),
        ),
        "an envelope with its data": Parser(
            lambda data: read_entry(StoredEntry(0, data, None)), (Malformed,), tuple(e.envelope for e in entries)
        ),
        "the data of an entry": Parser(
            lambda data: read_entry(StoredEntry(4, entries[4].envelope, data)),
            (Malformed,),
            (entries[4].salted or b"",),
        ),
        "data that an envelope commits to": Parser(
            lambda data: DataCheck().read(StoredEntry(4, data, entries[4].salted)),
            (NotVerified, ValueError),
            (entries[4].envelope,),
        ),
        "a batch in JSON lines": Parser(partial(batch, jsonl.read), (Refused,), (*lines, b"\n".join(lines))),
        "a batch in YAML": Parser(partial(batch, yaml.read), (Refused,), tuple(f.read_bytes() for f in batches), 30),
        "a table in CSV": Parser(partial(table.read, "t.csv"), (Refused,), (b'A,B\n"1\n",2\n',)),
        "a table in JSON": Parser(partial(table.read, "t.json"), (Refused,), (b'[{"A": 1.5, "B": null}]',)),
        "a workbook": Parser(
            lambda data: table.of_sheet("t.xlsx", workbook.read_here(data)), (CannotRead,), (a_workbook(),), 20
        ),
        "the value of an option": texts(yaml.read_value, ValueError, of=("{good: 5, adequate: [a, 'b']}", "[a, b]")),
        "evidence in HTML": Parser(lambda data: read_text(data).holds("a quote"), (NoText,), (PAGE.encode(),)),
        "evidence in plain text": Parser(
            lambda data: read_text(data).holds("full"),
            (NoText,),
            ("A full … letter.\f2\nIt goes on.".encode(), "ﬁrst".encode("utf-16")),
        ),
        "evidence in PDF": Parser(pdf.read_here, (CannotRead,), (pdf_of(("It is so.",), ("And so on.",)),), 20),
        "a quote": texts(
            lambda text: quote.holds(text[:4_000]),
            of=("the force has to improve … by April 2024", "It did not - not yet", "records"),
        ),
        "a date": texts(PartialDate.parse, DateError, of=("2023-12-22", "24 Nov 2023", "2024-05/2024-06")),
        "a moment": texts(moment_of, ValueError, of=("#12", "2026-11-21T09:30Z", "2024-05", "2024-05-01 09:30")),
        "the configuration": Parser(
            partial(in_place, config, configured),
            (LedgerError,),
            (config.read_bytes(),),
        ),
        "a published checkpoint, verified": of_log("checkpoint", audited),
        "a published checkpoint, copied": of_log("checkpoint", copied),
        **{f"{name} of a published log, verified": of_log(path, audited) for name, path in tiles.items()},
        **{f"{name} of a published log, copied": of_log(path, copied) for name, path in tiles.items()},
    }
