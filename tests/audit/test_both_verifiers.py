"""What is forged against the structure of a log is found by `verify`, and by a second verifier that was written from
docs/format.md alone. Whatever is done to a ledger, they agree in all that this page covers."""

import random
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events import Event
from events.amendment import EntryContradicted, EntryCorroborated
from events.recorder import ClockCorrected, LogKeyRotated, PolicySet, RecorderAuthorised, RecorderRecovered, Role
from events.values import Citation
from ledger.audit.report import Report
from ledger.errors import LaterVersion, NotFound
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.statements import rotation_statement
from tests.audit import test_threats_to_entries as threats
from tests.audit.damage import SEED, Damage, in_bytes, in_cells, in_entries
from tests.audit.forging import (
    Said,
    Stored,
    checkpoint,
    found,
    notes_of,
    put,
    resigned,
    rewritten,
    root_over,
    signed,
    submissions_of,
    verified,
    with_data,
    with_entry,
)
from tests.audit.small import SECRET, SIZE, Small, authorised, build, document, force, revoked
from tests.conftest import NOW, ORIGIN
from tests.properties.test_nothing_live_is_erased import HISTORIES, Act, forged
from tests.support.ed25519 import TWINS, WEAK, vkey
from tests.support.second_verifier import Checkpoint as SecondCheckpoint
from tests.support.second_verifier import Key, Log, Wrong, verify

Forgery = tuple[list[Stored], list[bytes]]
"""Entries, and the checkpoints that are stored with them."""
Forge = Callable[[Small], Forgery]
Who = str | Signer
"""A key, or the name that the small ledger has for it."""


def problems(entries: Sequence[Stored], notes: Sequence[bytes] = ()) -> list[str]:
    """What the second verifier finds in these very bytes, whatever the tables are."""
    log = Log()
    with log.at("the log"):
        log.check(entries)
    for number, note in enumerate(notes, 1):
        log.check_note(f"checkpoint {number}", note)
    return log.found


# What is forged


def of(change: Callable[[list[Stored]], list[Stored]]) -> Forge:
    """Other entries."""
    return lambda small: (change(small.entries), [])


def at(position: int, change: Callable[[Stored], Stored]) -> Forge:
    """Another entry in the place of one."""
    return of(lambda entries: with_entry(entries, position, change(entries[position])))


def fields(position: int, **others: Any) -> Forge:
    """Other fields in an envelope."""
    return at(position, lambda stored: rewritten(stored, **others))


def end(*said: Said | Callable[[Small], Said], by: Who = "clerk", second: Who | None = None, **claims: Any) -> Forge:
    """A submission at the end, past every rule, properly signed; what is claimed replaces what is true."""

    def forge(small: Small) -> Forgery:
        events = [one(small) if callable(one) else one for one in said]
        says = {name: claim(small) if callable(claim) else claim for name, claim in claims.items()}
        if second is not None:
            says["approved_by"] = signer_of(small, second)
        return small.entries + signed(*events, by=signer_of(small, by), onto=small.entries, **says), []

    return forge


def signer_of(small: Small, who: Who) -> Signer:
    signer = getattr(small, who) if isinstance(who, str) else who
    assert isinstance(signer, Signer)
    return signer


def after(event: Callable[[Small], Event], then: Forge) -> Forge:
    """The same after the keeper recorded something by the rules."""

    def forge(small: Small) -> Forgery:
        small.append(event(small), by=small.keeper)
        return then(small)

    return forge


def steps(*which: threats.Step, gone: int | None = None) -> Forge:
    """Submissions of the keeper, each past every rule, from #12 on; the data of one are gone."""
    return lambda small: (threats.forced_steps(small, *which, gone=gone), [])


def ahead(*then: Said, at: datetime, by: Who = "keeper", second: Who | None = None) -> Forge:
    """The clerk's clock ran a year ahead, at #12 and #13; and a submission after that."""

    def forge(small: Small) -> Forgery:
        entries = small.entries
        for name in "xy":
            entries += signed(document(name), by=small.clerk, onto=entries, at=NOW + timedelta(days=365))
        approved_by = None if second is None else signer_of(small, second)
        return entries + signed(*then, by=signer_of(small, by), onto=entries, at=at, approved_by=approved_by), []

    return forge


def corrects(since: int) -> ClockCorrected:
    return ClockCorrected(since=since, reason="The battery had failed.")


LATER = NOW + timedelta(days=1)


def beside_and_back(small: Small) -> Forgery:
    """A corroboration of a body, and its retraction, in one submission."""
    essex = small.entries[10].read(10)
    beside = EntryCorroborated(target=essex.event_id, stream=essex.matter, documents=(Citation(document="report"),))
    entries = small.entries + signed(beside, by=small.clerk, onto=small.entries)
    gone = threats.retraction(entries[-1].read(len(entries) - 1))
    return small.entries + signed(beside, gone, by=small.clerk, onto=small.entries), []


def noted(note: Callable[[Small], bytes]) -> Forge:
    """A checkpoint that is stored beside the entries."""
    return lambda small: (small.entries, [note(small)])


def clerk_revoked(small: Small) -> Event:
    return revoked(small.clerk)


def as_if_before(small: Small) -> Forgery:
    """A submission that has not seen the last one."""
    return small.entries + signed(document("x"), by=small.clerk, onto=small.entries[:SIZE]), []


def recovered(_: Small) -> Event:
    return recovery(SUCCESSOR)


def recovery(signer: Signer) -> Event:
    return RecorderRecovered(recorder=signer.verifier.id, key=str(signer.verifier), reason="Lost.")


def log_key_rotated(old: Signer, new: Signer, by: Signer) -> Event:
    """A new log key in the place of the old, signed by that one or another."""
    says = rotation_statement(ORIGIN, str(old.verifier), str(new.verifier))
    signatures = {"signed_by_old": says.signed_by(by), "signed_by_new": says.signed_by(new)}
    return LogKeyRotated(log_key=str(new.verifier), **signatures)


def succeeds(name: str = ORIGIN, by: str = "log_key") -> Callable[[Small], Event]:
    return lambda small: log_key_rotated(small.log_key, Signer.generate(name), signer_of(small, by))


def approval(small: Small, signature: str) -> dict[str, str]:
    return {"by": small.reviewer.verifier.id, "signature": signature}


def approval_of_another(small: Small) -> dict[str, str]:
    cosigned: dict[str, str] = small.entries[10].read(10).submission["cosigned"]
    return cosigned


def seen(small: Small) -> dict[str, Any]:
    return {"size": SIZE - 1, "root": to_base64(root_over(small.entries))}


def weak_log_key(small: Small) -> Forgery:
    def opened_so(event: dict[str, Any]) -> dict[str, Any]:
        data = {**event.get("data", {}), "log_key": vkey(ORIGIN, next(iter(WEAK.values())))}
        return {**event, "data": data} if event["kind"] == "ledger.opened" else event

    return resigned(small.entries[:2], small.keys, opened_so), []


def moved_up(small: Small) -> Forgery:
    """The last submission before the one before it."""
    one, two = submissions_of(small.entries + signed(document("x"), by=small.clerk, onto=small.entries))[-2:]
    return [*small.entries[:10], *two, *one], []


def moved_far_up(small: Small) -> Forgery:
    """A late submission that is signed as if it were earlier."""
    early = signed(document("x"), by=small.clerk, onto=small.entries[:7])
    return [*small.entries[:7], *early, *small.entries[7:]], []


def amends_nothing(_: Small) -> Said:
    data = {"reason": "x", "stream": "document/letter", "target": "ab" * 32}
    amends = {"target": data["target"]}
    return {"kind": "entry.retracted", "version": 1, "matter": data["stream"], "amends": amends, "data": data}


STRANGER, SUCCESSOR = Signer.generate("stranger"), Signer.generate("clerk")
NARROW = authorised(STRANGER, "reviewer", "document")
WEAK_KEY = vkey("weak", next(iter(WEAK.values())))
TWIN, OTHER_TWIN = (Signer("clerk", seed) for seed in TWINS["clerk"])
LOG_TWIN, OTHER_LOG_TWIN = (Signer(ORIGIN, seed) for seed in TWINS[ORIGIN])
NO_SIGNATURE, NO_HASH = "A" * 86 + "==", "A" * 43 + "="
ABOUT, RESOLVED, RETRACTED, WITHHELD = threats.about, threats.resolved, threats.retracted, threats.withheld

ENTRIES: dict[str, Forge] = {
    "other data": at(4, lambda stored: with_data(stored, title="The latter")),
    "no data": at(4, lambda stored: stored._replace(salted=b"")),
    "data of another entry": of(lambda entries: with_entry(entries, 4, entries[4]._replace(salted=entries[5].salted))),
    "data beside those in the envelope": at(9, lambda stored: stored._replace(salted=bytes(40))),
    "data deleted": of(lambda entries: threats.without(entries, 5)),
    "data of a decision deleted": of(lambda entries: threats.without(entries, 8)),
    "data still there": steps(RETRACTED(11), WITHHELD(11)),
    "another matter": fields(SECRET, event__matter="document/secrets"),
    "another kind, in the last submission": fields(11, event__kind="document.revised"),
    "another matter, in the last submission": fields(11, event__matter="document/other"),
    "another commitment, in the last submission": fields(11, event__commitment=NO_HASH),
    "another version, in the last submission": fields(11, event__version=2),
    "another ledger": fields(5, event__ledger="example.org/another-ledger"),
    "another sequence": fields(5, sequence=1),
    "another time": fields(5, recorded_at="2026-11-22T09:30:00.000000Z"),
    "another recorder": fields(11, recorded_by="keeper+00000000"),
    "the end cut off": lambda small: (small.entries[:10], notes_of(small.path)),
    "the end cut off inside a submission": of(lambda entries: entries[:11]),
    "an entry dropped": of(lambda entries: entries[:5] + entries[6:]),
    "an entry moved": of(lambda entries: [*entries[:4], *entries[5:7], entries[4], *entries[7:]]),
    "a submission twice": of(lambda entries: entries + submissions_of(entries)[-1]),
    "a submission moved up": moved_up,
    "a submission moved up and signed anew": moved_far_up,
    "seen otherwise": end(document("x"), seen={"size": SIZE, "root": NO_HASH}),
    "seen at another size": end(document("x"), seen=seen),
    "back-dated": end(document("x"), at=NOW - timedelta(days=1)),
    "a lower number of the rules": end(document("x"), rules=0),
    "a clock set back that nobody approved": ahead(corrects(12), at=LATER),
    "a clock set back by a clerk": ahead(corrects(12), at=LATER, by="clerk"),
    "a clock set back to another entry": ahead(corrects(11), at=LATER, second="reviewer"),
    "a clock set back too far": ahead(corrects(12), at=NOW - timedelta(days=1), second="reviewer"),
    "a clock set back that was not ahead": end(corrects(12), by="keeper"),
    "a clock set back with something else": ahead(corrects(12), document("z"), at=LATER, second="reviewer"),
    "something else, earlier": ahead(document("z"), at=LATER),
}
KEYS: dict[str, Forge] = {
    "no signature": end(document("x"), signature=""),
    "nobody's signature": end(document("x"), signature=NO_SIGNATURE),
    "a key that nobody authorised": end(document("x"), by=STRANGER),
    "a key that authorises itself": end(authorised(STRANGER, "keeper"), by=STRANGER),
    "a key that was revoked": after(clerk_revoked, end(document("x"))),
    "a key that was revoked, as if before": after(clerk_revoked, as_if_before),
    "a clerk who authorises": end(authorised(STRANGER, "clerk")),
    "a clerk who sets a policy": end(PolicySet(reason="None.")),
    "a clerk who withholds": end(lambda small: threats.withholding(small.entries[SECRET].read(SECRET))),
    "a key for other kinds": after(lambda _: NARROW, end(force("surrey"), by=STRANGER, second="reviewer")),
    "a rotation to another name": end(authorised(STRANGER, "clerk"), clerk_revoked),
    "a rotation to another role": end(authorised(SUCCESSOR, "reviewer"), clerk_revoked),
    "a rotation of another's key": end(authorised(SUCCESSOR, "clerk"), clerk_revoked, by="reviewer"),
    "a rotation and something else": end(authorised(SUCCESSOR, "clerk"), clerk_revoked, document("x")),
    "a weak key": end(RecorderAuthorised(recorder=WEAK_KEY[:13], key=WEAK_KEY, role="clerk"), by="keeper"),
    "a key under another's name": end(NARROW.model_copy(update={"recorder": SUCCESSOR.verifier.id}), by="keeper"),
    "a key on record twice": end(lambda small: authorised(small.clerk, "keeper"), by="keeper"),
    "another key of the name and hash of one": after(
        lambda _: authorised(TWIN, "clerk"), end(authorised(OTHER_TWIN, "keeper"), by="keeper")
    ),
    "another log key of the name and hash of the one before": after(
        lambda small: log_key_rotated(small.log_key, LOG_TWIN, small.log_key),
        end(log_key_rotated(LOG_TWIN, OTHER_LOG_TWIN, LOG_TWIN), by="keeper"),
    ),
    "a key revoked twice": after(
        clerk_revoked, end(lambda small: revoked(small.clerk).model_copy(update={"reason": "Again."}), by="keeper")
    ),
    "no keeper left": end(lambda small: revoked(small.keeper), by="keeper"),
    "nobody left to approve": end(lambda small: revoked(small.reviewer), by="keeper"),
    "nobody approved": end(force("surrey")),
    "nobody approved what a retraction in the same submission is of": lambda small: beside_and_back(small),
    "approved by its own recorder": end(force("surrey"), second="clerk"),
    "approved by a clerk": end(force("surrey"), by="keeper", second="clerk"),
    "approved by a stranger": end(force("surrey"), second=STRANGER),
    "approved for other kinds": after(lambda _: NARROW, end(force("surrey"), second=STRANGER)),
    "an approval that is none": end(force("surrey"), cosigned=lambda small: approval(small, NO_SIGNATURE)),
    "an approval of another batch": end(force("surrey"), cosigned=approval_of_another),
    "a recovery by a keeper": end(recovered, by="keeper"),
    "a recovery and something else": end(recovered, document("x"), by="log_key"),
    "the log key records": end(document("x"), by="log_key"),
    "a ledger that is opened twice": end(lambda small: small.entries[0].read(0).event, by="keeper"),
    "a ledger that is not opened": lambda small: (signed(authorised(small.keeper, "keeper"), by=small.keeper), []),
    "a weak log key": weak_log_key,
    "a log key of another name": end(succeeds("example.org/other"), by="keeper"),
    "a log key without the old one": end(succeeds(by="keeper"), by="keeper"),
    "a checkpoint by the log key before": after(
        succeeds(), noted(lambda small: checkpoint(small.entries, small.log_key))
    ),
    "a checkpoint by another key": noted(lambda small: checkpoint(small.entries, Signer.generate(ORIGIN))),
    "a checkpoint of another log": noted(lambda small: checkpoint(small.entries[1:], small.log_key)),
    "a checkpoint that was changed": noted(lambda small: notes_of(small.path)[0].replace(b"\n7\n", b"\n6\n")),
}
AMENDMENTS: dict[str, Forge] = {
    "an amendment of nothing": end(amends_nothing),
    "an amendment of what is not in force": steps(RETRACTED(11), RETRACTED(11)),
    "a correction of a retraction": steps(RETRACTED(11), RESOLVED(12, "report")),
    "an amendment of the ledger's own record": steps(RETRACTED(2)),
    "a decision about what is in force": steps(WITHHELD(11), gone=11),
    "a decision that is taken twice": steps(RETRACTED(11), WITHHELD(11), WITHHELD(11), gone=11),
    "a decision that is withheld": steps(RETRACTED(11), WITHHELD(11), WITHHELD(13), gone=11),
    "a decision about what opened the ledger": steps(WITHHELD(0)),
    "a revocation that is withheld": after(clerk_revoked, steps(WITHHELD(12))),
    "a decision whose document is withheld": lambda small: (threats.erased(small), []),
    "something withheld in force again": steps(RETRACTED(11), WITHHELD(11), RETRACTED(12), gone=11),
    "a contradiction erased while its target is retracted": steps(
        ABOUT(11, EntryContradicted), RETRACTED(11), WITHHELD(12), RETRACTED(13), gone=12
    ),
    "a contradiction erased while it is resolved": steps(
        ABOUT(11, EntryContradicted), RESOLVED(11, "report"), WITHHELD(12), RETRACTED(13), gone=12
    ),
    "a document that is not registered": steps(ABOUT(11, EntryCorroborated, "nowhere")),
    "a document that is no longer registered": steps(ABOUT(11, EntryCorroborated), RETRACTED(4)),
    "a document that is cited again, and no longer registered": steps(
        lambda _: document("paper"),
        ABOUT(11, EntryCorroborated, "paper"),
        RETRACTED(11),
        RETRACTED(12),
        RETRACTED(14),
    ),
}
FORGED = ENTRIES | KEYS | AMENDMENTS


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED)
def test_both_find_what_is_forged(small: Small, forge: Forge) -> None:
    entries, notes = forge(small)
    assert problems(entries, notes)
    assert found(put(small.path, entries, notes))


LAWFUL: dict[str, Forge] = {
    "as it was": lambda small: (small.entries, notes_of(small.path)),
    "a document": end(document("x")),
    "approved": end(force("surrey"), second="reviewer"),
    "approved by one for other kinds, and need not be": after(lambda _: NARROW, end(document("x"), second=STRANGER)),
    "a rotation": end(authorised(SUCCESSOR, "clerk"), clerk_revoked),
    "a recovery": end(recovered, by="log_key"),
    "a new log key": end(succeeds(), by="keeper"),
    "withheld": steps(RETRACTED(11), RETRACTED(12), RETRACTED(11), WITHHELD(11), gone=11),
    "a contradiction withheld": steps(
        ABOUT(11, EntryContradicted), RESOLVED(11, "report"), RETRACTED(13), RETRACTED(12), WITHHELD(12), gone=12
    ),
}


@pytest.mark.parametrize("write", LAWFUL.values(), ids=LAWFUL)
def test_neither_finds_anything_where_nothing_is_forged(small: Small, write: Forge) -> None:
    entries, notes = write(small)
    assert problems(entries, notes) == []
    assert found(put(small.path, entries, notes)) == {}


SPELT = {
    "a newline": (b"}}", b"}}\n"),
    "a space": (b'{"event":', b'{"event": '),
    "a float": (b'"sequence":0', b'"sequence":0.0'),
    "minus nought": (b'"sequence":0', b'"sequence":-0'),
    "a truth for a number": (b'"sequence":0', b'"sequence":true'),
    "a key twice": (b'"sequence":0', b'"sequence":0,"sequence":0'),
    "a large number": (b'"version":1', b'"version":9007199254740993'),
    "a null": (b'"version":1', b'"version":1,"x":null'),
    "another field": (b'"version":1', b'"version":1,"x":1'),
    "an escape that is not needed": (b"document/x", b"document/\\u0078"),
    "not UTF-8": (b"document/x", b"document/\xe9"),
    "not NFC": (b"document/x", b"document/xe\xcc\x81"),
    "a hidden character": (b"document/x", "document/x\u200b".encode()),
    "too long": (b"document/x", b"x" * 66_000),
    "a time of another form": (b".000000Z", b"Z"),
    "an amendment": (b'{"event":{', b'{"event":{"amends":{"target":"%s"},' % (b"ab" * 32)),
    "data in the envelope too": (b'{"event":{', b'{"event":{"data":{},'),
}


@pytest.mark.parametrize(("old", "new"), SPELT.values(), ids=SPELT)
def test_both_find_bytes_that_nobody_writes(small: Small, old: bytes, new: bytes) -> None:
    (stored,) = signed(document("x"), by=small.clerk, onto=small.entries)
    other = stored._replace(envelope=stored.envelope.replace(old, new))
    assert other != stored
    assert any(problem.startswith(f"#{SIZE}: ") for problem in problems([*small.entries, other]))
    assert found(put(small.path, [*small.entries, other]))


TEXT = Checkpoint(ORIGIN, 12, bytes(range(32))).text
TEXTS = {
    "a size with a leading zero": TEXT.replace("12", "012"),
    "a size in other digits": TEXT.replace("12", "1\u0662"),
    "a size that is too large": TEXT.replace("12", str(2**63)),
    "lines that end as elsewhere": TEXT.replace("\n", "\r\n"),
    "an empty extension line": f"{TEXT}\nx\n",
    "a control character": f"{TEXT}x\x01\n",
    "another line before": f"\n{TEXT}",
}
LINES = {
    "a name with a control character": "\u2014 x\x01y AAAAAAA=\n",
    "a name with a space": "\u2014 x\u00a0y AAAAAAA=\n",
    "base64 in another form": "\u2014 x AAAAAAB=\n",
    "no signature": "\u2014 x AAAA\n",
    "no dash": "- x AAAAAAA=\n",
    "a line too many": "\n",
}
"""Below the signature of the log."""


@pytest.mark.parametrize(
    ("text", "more"),
    [*((text, "") for text in TEXTS.values()), *((TEXT, line) for line in LINES.values())],
    ids=[*TEXTS, *LINES],
)
def test_both_refuse_a_note_in_another_form_though_the_log_signed_it(text: str, more: str) -> None:
    log = Signer(ORIGIN, bytes(32))
    for form, refused in (((TEXT, ""), False), ((text, more), True)):
        signature = bytes.fromhex(log.verifier.hash) + log.sign_bytes(form[0].encode())
        note = f"{form[0]}\n\u2014 {ORIGIN} {to_base64(signature)}\n{form[1]}".encode()
        with pytest.raises(LogError) if refused else nullcontext():
            SignedCheckpoint.parse(note).verify([log.verifier])
        with pytest.raises(Wrong) if refused else nullcontext():
            SecondCheckpoint.read(note).check(Key.read(str(log.verifier)))


# Whatever is done


def of_structure(report: Report) -> dict[str, list[int]]:
    """What `verify` found in checks that the page covers. It says nothing of the schema of the database, of the rules
    on what entries say, and of how the index of references is made."""
    index = "the index of what it refers to"
    covered = {name for name in found(report) if name not in ("file", "rules", "evidence", "model")}
    return {
        name: positions
        for name, positions in found(report).items()
        if name in covered and not (name == "stored" and index in report.checks[name].detail)
    }


def disagreements(original: Path, damages: Iterable[Damage], folder: Path) -> Iterator[str]:
    """The damages that one of the two finds, and the other does not."""
    whole, copy = original.read_bytes(), folder / "damaged.db"
    for words, do in damages:
        copy.write_bytes(whole)
        do(copy)
        try:
            report = verified(copy)
        except (NotFound, LaterVersion):
            continue  # it is no ledger any more
        second = verify(copy)
        if (of_structure(report) and not second) or (second and report.ok):
            yield f"{words}: {found(report)}, {second}"


def test_they_agree_on_every_cell(small: Small) -> None:
    damages = random.Random(SEED).sample([*in_cells(small.path)], 250)
    assert list(disagreements(small.path, damages, small.path.parent)) == []


def test_they_agree_on_single_bytes(small: Small) -> None:
    turn, size = random.Random(SEED), small.path.stat().st_size
    of_entries = turn.sample([*in_entries(small.path, range(SIZE))], 150)
    of_file = in_bytes(small.path, turn.sample(range(size), 150))
    assert list(disagreements(small.path, [*of_entries, *of_file], small.path.parent)) == []


def agree(entries: Sequence[Stored]) -> None:
    """Both find something in these entries, or neither does; none of these breaks a rule on content."""
    with TemporaryDirectory(dir=tempfile.gettempdir()) as folder:
        report, second = put(Path(folder) / "ledger.db", entries), problems(entries)
    assert bool(found(report)) == bool(second), (str(report.checks), second)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Small:
    """A small ledger that no test changes."""
    return build(tmp_path_factory.mktemp("shared"))


@settings(max_examples=60)
@given(history=HISTORIES)
def test_they_agree_on_what_is_in_force(shared: Small, history: list[Act]) -> None:
    agree(forged(shared, history))


class Ruling(NamedTuple):
    """A submission about who may sign: what it is, about which key, signed and perhaps approved by which."""

    what: str
    about: int
    by: int
    role: Role
    kinds: tuple[str, ...]
    approved_by: int | None


POOL = [Signer.generate(name) for name in ("keeper", "clerk", "clerk", "reviewer")]
KEY = st.integers(0, 2 + len(POOL))
WHAT = st.sampled_from(
    ["authorise", "authorise", "revoke", "rotate", "recover", "policy", "log key", "document", "retract"]
)
ROLES: st.SearchStrategy[Role] = st.sampled_from(["keeper", "clerk", "reviewer"])
KINDS = st.sampled_from([(), (), ("document",), ("recorder", "ledger"), ("recorder.authorised",)])
RULINGS = st.lists(st.builds(Ruling, WHAT, KEY, KEY, ROLES, KINDS, st.none() | KEY), min_size=1, max_size=6)


def ruled(small: Small, rulings: Iterable[Ruling]) -> list[Stored]:
    """The small ledger, and then these submissions, past every rule."""
    keys, log_key, entries = [*small.keys, *POOL], small.log_key, small.entries
    for number, ruling in enumerate(rulings):
        about, by = keys[ruling.about], keys[ruling.by]
        said: list[Event] = [document(f"document-{number}")]
        match ruling.what:
            case "authorise":
                said = [authorised(about, ruling.role, *ruling.kinds)]
            case "rotate":
                said = [authorised(about, ruling.role, *ruling.kinds), revoked(by)]
            case "revoke":
                said = [revoked(about)]
            case "recover":
                said, by = [recovery(about)], log_key
            case "policy":
                said = [PolicySet(four_eyes=ruling.kinds, reason=f"The policy {number}.")]
            case "retract":
                said = [threats.retraction(entries[-1].read(len(entries) - 1))]
            case "log key":
                new = Signer.generate(ORIGIN)
                said, log_key = [log_key_rotated(log_key, new, log_key)], new
        second = None if ruling.approved_by is None else keys[ruling.approved_by]
        entries += signed(*said, by=by, onto=entries, approved_by=second, salt=number.to_bytes(16, "big"))
    return entries


@settings(max_examples=100)
@given(rulings=RULINGS)
def test_they_agree_on_who_may_sign(shared: Small, rulings: list[Ruling]) -> None:
    agree(ruled(shared, rulings))
