"""Proof files: every entry of the demo can be proved, and nothing that was changed is taken for a proof."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from events import canonical
from events.recorder import RecorderAuthorised
from ledger.audit.sign import sign
from ledger.errors import KeyTrouble, NotFound, NotVerified, Refused
from ledger.intake.draft import Names, drafts_of
from ledger.intake.yaml import read as read_yaml
from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.log.policy import Policy
from ledger.log.proof import prove_inclusion
from ledger.log.proof_file import ForkFile
from ledger.log.tiles import tree_over
from ledger.log.tree import leaf_hash, root_of
from ledger.publish.check_proof import check
from ledger.publish.checkpoints import last_signed
from ledger.publish.consistency import compare, consistency_file
from ledger.publish.proof_json import ProofFile
from ledger.publish.prove import extract, prove, prove_plainly
from ledger.record.keys import LOG_KEY, KeyRing
from ledger.record.record import Draft, approve, record
from ledger.record.rotate import recover, rotate, rotate_log_key
from ledger.replay import log_keys
from ledger.statements import extract_statement
from ledger.store.reader import Reader
from ledger.store.store import Store
from tests.conftest import ORIGIN, now, record_events, record_yaml
from tests.publish.test_checkpoints import add
from tests.publish.test_publish import RETRACTED, SAID, WITHHELD

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "west-midlands").glob("*.yaml"))
BATCH = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: A letter, publisher: HMICFRS}
- {kind: monitoring.engaged, body: kent, effective: 2024-05-01, documents: [letter]}
- {kind: monitoring.returned, body: kent, effective: 2024-09-01, documents: [letter]}
"""


@pytest.fixture
def ring(ledger: Store) -> KeyRing:
    """The keys of the ledger."""
    return KeyRing(ORIGIN)


@pytest.fixture
def reader(ledger: Store, ring: KeyRing) -> Iterator[Reader]:
    """A ledger with a batch of three at #46, signed."""
    record_yaml(ledger, BATCH)
    sign(ledger, ring)
    with ledger.reading() as reader:
        yield reader


def trusted(reader: Reader) -> Policy:
    """A policy that trusts the log's keys, and asks for no witness."""
    return Policy(tuple(log_keys(reader)))


def test_every_entry_of_the_demo_is_proved_by_its_file_alone(ledger: Store, ring: KeyRing) -> None:
    for example in EXAMPLES:
        with ledger.reading() as reader:
            drafts = drafts_of(read_yaml(example.read_text("utf-8"), example.name), Names(reader))
        record(ledger, drafts, ring.recorder(None), clock=now)
    sign(ledger, ring)
    with ledger.reading() as reader:
        entries = reader.entries_at(range(reader.head().size))
        assert len(entries) > 100
        for entry in entries:
            words = check(prove(reader, entry.position).to_bytes(), trusted(reader))
            assert words[0].startswith(f"The log {ORIGIN} at {len(entries)} entries, signed by it")
            assert words[1] == (
                f"#{entry.position} {entry.kind} in {entry.matter}, number {entry.sequence}: "
                f"recorded at 2026-11-21T09:30:00.000000Z, signed by {entry.recorded_by}."
            )
            assert words[2].startswith("Not shown: ")
            plain = prove_plainly(reader, entry.position)
            assert f"#{entry.position} of the log" in check(plain.to_bytes(), trusted(reader), entry.envelope)[1]


def test_a_file_holds_no_more_than_the_proof_needs(reader: Reader) -> None:
    assert [part.position for part in prove(reader, 48).entries] == [1, 46, 48]
    assert [part.position for part in prove(reader, 46).entries] == [1, 46]
    assert [part.position for part in prove(reader, 1).entries] == [0, 1]
    assert [part.position for part in prove(reader, 0).entries] == [0, 1]


def test_whoever_signed_was_authorised(ledger: Store, ring: KeyRing) -> None:
    """A clerk, a successor, a recovered keeper, the log key itself and its successor, and a second recorder."""
    reviewer, clerk = Signer.generate("reviewer"), Signer.generate("clerk")
    for signer, role in ((reviewer, "reviewer"), (clerk, "clerk")):
        key = signer.verifier
        said = RecorderAuthorised.model_validate({"recorder": key.id, "key": str(key), "role": role})
        record_events(ledger, said, clock=now)
    drafts = [Draft(draft.event) for draft in drafts_of_yaml(ledger, BATCH)]
    _, approval = approve(ledger, drafts, reviewer, clock=now)
    last = record(ledger, drafts, clerk, approval=approval, clock=now).appended[-1].position
    rotate(ledger, ring, "keeper", clock=now)
    add(ledger, "a")
    rotate_log_key(ledger, ring, "keeper", clock=now)
    recover(ledger, ring, "new", "They were lost.", clock=now)
    record_yaml(ledger, BATCH.replace("kent", "surrey"), ring.read("new"))
    sign(ledger, ring)
    with ledger.reading() as reader:
        told = {n: check(prove(reader, n).to_bytes(), trusted(reader))[1] for n in range(reader.head().size)}
        by = {entry.position: entry.recorded_by for entry in reader.entries_at(told)}
    assert all(f"signed by {by[n]}" in words for n, words in told.items())
    assert len(set(by.values())) == 5
    assert f"signed by {clerk.verifier.id}, approved by {reviewer.verifier.id}." in told[last]


def drafts_of_yaml(ledger: Store, text: str) -> list[Draft]:
    """The drafts of a batch."""
    with ledger.reading() as reader:
        return drafts_of(read_yaml(text, "batch.yaml"), Names(reader))


def test_what_no_checkpoint_has_is_not_proved(ledger: Store, ring: KeyRing, reader: Reader) -> None:
    with ledger.reading() as before:
        assert before.head().size == 49
    add(ledger, "later")
    with ledger.reading() as after:
        for proof in (prove, prove_plainly):
            with pytest.raises(Refused, match="the last signed checkpoint has 49 entries, and #49 is later"):
                proof(after, 49)


def test_another_log_key_is_not_believed(reader: Reader) -> None:
    data = prove(reader, 48).to_bytes()
    with pytest.raises(NotVerified, match="no key of"):
        check(data, Policy((Signer(ORIGIN, bytes(32)).verifier,)))
    witness = Signer("w", bytes(32)).cosigner
    with pytest.raises(NotVerified, match="the quorum is w"):
        check(data, Policy(tuple(log_keys(reader)), {"w": witness}, quorum="w"))


def test_witnesses_are_named(ledger: Store, ring: KeyRing, reader: Reader) -> None:
    witness = Signer("w.example.net", bytes(32))
    note = last_signed(reader)
    file = prove(reader, 48).model_copy(update={
        "checkpoint": note.with_signatures(note.cosign(witness, 1))
    })  # fmt: skip
    policy = Policy(tuple(log_keys(reader)), {"w": witness.cosigner}, quorum="w")
    assert check(file.to_bytes(), policy)[0].endswith("signed by it, cosigned by w.example.net.")


# What was changed


def test_every_byte_that_is_changed_is_refused_or_shows_the_same(reader: Reader) -> None:
    policy, data = trusted(reader), prove(reader, 48).to_bytes()
    shown = check(data, policy)
    for at in range(len(data)):
        for byte in (data[at] ^ 1, 0x30):
            changed = data[:at] + bytes([byte]) + data[at + 1 :]
            try:
                found = check(changed, policy)
            except NotVerified:
                continue
            assert found == shown


@pytest.mark.parametrize("number", [0, 1, 2])
def test_every_entry_that_is_left_out_is_missed(reader: Reader, number: int) -> None:
    file = prove(reader, 48)
    entries = [part for n, part in enumerate(file.entries) if n != number]
    with pytest.raises(NotVerified, match=r"is not in the file|is about no entry"):
        check(file.model_copy(update={"entries": tuple(entries)}).to_bytes(), trusted(reader))


Json = dict[str, Any]


def forged(ring: KeyRing, entries: list[Json], change: Callable[[int, Json], None] = lambda *_: None) -> bytes:
    """A log of these entries alone, signed by the log key, and the proof file of the last of them: for what a log that
    cheats may write into its tree."""
    data = []
    for number, said in enumerate(entries):
        change(number, said)
        data.append(canonical.encode(said))
    leaves = [leaf_hash(one) for one in data]
    note = Checkpoint(ORIGIN, len(data), root_of(leaves)).sign(ring.read(LOG_KEY))
    parts = [
        {
            "position": n,
            "entry": to_base64(one),
            "inclusion": [to_base64(h) for h in prove_inclusion(n, len(data), tree_over(leaves).hash_at)],
            **({"submission": []} if n == len(data) - 1 else {}),
        }
        for n, one in enumerate(data)
    ]
    said = {"schema": "force-ledger/proof/v1", "checkpoint": note.to_bytes().decode(), "entries": parts}
    return ProofFile.model_validate_json(json.dumps(said)).to_bytes()


@pytest.mark.parametrize(
    "entry",
    [
        {}, {"event": {}}, {"event": 1}, {"event": []}, {"event": {"kind": "no.such", "version": 1, "data": {}}},
        {"event": {"kind": "document.registered", "version": 1, "matter": 1, "ledger": 1, "commitment": 1}},
        {"event": {"kind": "entry.withheld", "version": 1, "matter": "m", "amends": []}},
    ],
)  # fmt: skip
def test_hostile_entries_have_one_verdict(ledger: Store, ring: KeyRing, entry: Json) -> None:
    with ledger.reading() as reader, pytest.raises(NotVerified):
        check(forged(ring, [entry]), trusted(reader))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("submission", 1), ("submission", {}), ("submission", {"first": "x", "size": 1}), ("submission", []),
        ("submission", {"first": 1, "size": 1, "root": 1, "seen": 1, "signature": 1}), ("recorded_by", 1),
        ("submission", {"first": 1, "size": "1", "root": "", "seen": {"size": 1}, "signature": ""}),
        ("recorded_by", "nobody+00000000"), ("event", {}), ("sequence", "x"), ("recorded_at", "yesterday"),
    ],
)  # fmt: skip
def test_so_have_entries_of_which_a_part_is(ledger: Store, ring: KeyRing, name: str, value: Any) -> None:
    with ledger.reading() as reader:
        entries = [json.loads(entry.envelope) for entry in reader.entries_at([0, 1])]

        def change(number: int, said: Json) -> None:
            if number == 1:
                said[name] = value

        with pytest.raises(NotVerified):
            check(forged(ring, entries, change), trusted(reader))


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"[]", b"null", b"\xff", b"old 1\n", b"c2sp.org/tlog-proof@v1\n", b"{" * 99999]
)
def test_what_is_no_proof_file_is_refused(reader: Reader, data: bytes) -> None:
    with pytest.raises(NotVerified):
        check(data, trusted(reader))


def test_a_file_is_read_as_it_is_written(reader: Reader) -> None:
    data = prove(reader, 48).to_bytes()
    assert ProofFile.parse(data).to_bytes() == data
    for other in (
        data + b"\n",
        data.replace(b": ", b":"),
        data.replace(b'"position": 1,', b'"position": 0, "position": 1,'),
    ):
        with pytest.raises(LogError, match="not a proof file"):
            ProofFile.parse(other)


# Of two checkpoints


def test_the_other_files_are_checked_too(ledger: Store, ring: KeyRing, reader: Reader) -> None:
    policy, earlier = trusted(reader), last_signed(reader)
    entry = reader.entries_at([48])[0].envelope
    plain = prove_plainly(reader, 48).to_bytes()
    with pytest.raises(Refused, match="this proof does not contain its entry; give the envelope with --entry FILE"):
        check(plain, policy)
    for other in (entry + b"x", b""):
        with pytest.raises(NotVerified):
            check(plain, policy, other)
    add(ledger, "a")
    later = sign(ledger, ring)
    with ledger.reading() as after:
        grown = consistency_file(after, 49, later).to_bytes()
        assert "nothing was rewritten" in check(grown, policy, earlier.to_bytes())[1]
        with pytest.raises(Refused, match="this proof starts from an earlier checkpoint"):
            check(grown, policy)
        for beside in (later.to_bytes(), b"nonsense"):
            with pytest.raises(NotVerified):
                check(grown, policy, beside)
        lie = Checkpoint(ORIGIN, 49, bytes(32)).sign(ring.read(LOG_KEY))
        fork = compare(lie, later, log_keys(after), after.tree())
    assert isinstance(fork, ForkFile)
    assert check(fork.to_bytes(), policy)[0].startswith(f"FORK: {ORIGIN} has signed two histories, at 49 and at 50")


# Extracts


def test_an_extract_has_all_entries_of_a_body_and_the_logs_word_for_it(reader: Reader, ring: KeyRing) -> None:
    file = extract(reader, ring, body="kent")
    words = check(file.to_bytes(), trusted(reader))
    assert [line.split()[0] for line in words[1:4]] == ["#22", "#47", "#48"]
    assert words[4] == "The log states that these are all its entries of kent, in 2 matters, at 49 entries."
    assert words[5].startswith(
        "This is only a statement of the log: inclusion proofs never show that nothing is missing."
    )
    assert file.extract is not None
    assert set(file.extract.says) == {"body", "ledger", "matters", "root", "size"}
    assert {matter: last for matter, (last, _) in file.extract.says["matters"].items()} == {
        "body/kent": 0, "kent/monitoring": 1,
    }  # fmt: skip
    of_matter = check(extract(reader, ring, matter="kent/monitoring").to_bytes(), trusted(reader))
    assert of_matter[3] == "The log states that these are all its entries of kent/monitoring, at 49 entries."


def test_an_extract_of_nothing_is_not_given(reader: Reader, ring: KeyRing) -> None:
    for asked in ({"body": "atlantis"}, {"matter": "kent/concern/none"}):
        with pytest.raises(NotFound, match="no signed checkpoint has an entry of"):
            extract(reader, ring, **asked)


def test_without_the_log_key_there_is_no_extract(reader: Reader, ring: KeyRing) -> None:
    (ring.folder / "log.key").unlink()
    with pytest.raises(KeyTrouble, match=r"the log key .* is not in"):
        extract(reader, ring, body="kent")


def test_an_omission_shows_or_is_the_logs_own_lie(reader: Reader, ring: KeyRing) -> None:
    file, policy = extract(reader, ring, body="kent"), trusted(reader)
    assert file.extract is not None
    for position in (22, 47, 48):
        entries = tuple(part for part in file.entries if part.position != position)
        with pytest.raises(NotVerified):
            check(file.model_copy(update={"entries": entries}).to_bytes(), policy)
    # The log leaves out the last entry and signs that: it can, and the statement says who did.
    says = json.loads(json.dumps(file.extract.says))
    before = reader.entries_at([47])[0]
    says["matters"]["kent/monitoring"] = [0, to_base64(leaf_hash(before.envelope))]
    lie = {"says": says, "signature": extract_statement(says).signed_by(ring.read(LOG_KEY))}
    told = json.loads(file.to_bytes())
    told["entries"] = [part for part in told["entries"] if part["position"] != 48]
    told["extract"] = lie
    lying = ProofFile.model_validate_json(json.dumps(told)).to_bytes()
    assert "all its entries of kent" in check(lying, policy)[3]
    signed_by_the_log = ProofFile.parse(lying).extract
    assert signed_by_the_log is not None
    assert reader.matter("kent/monitoring")[-1].sequence == 1, "whoever has the log refutes it"


@pytest.mark.parametrize(
    "change",
    [
        {"size": 48}, {"size": "x"}, {"root": to_base64(bytes(32))}, {"root": 1}, {"ledger": "example.org/other"},
        {"body": "surrey"}, {"matters": {}}, {"matters": []}, {"matters": {"kent/monitoring": 1}},
    ],
)  # fmt: skip
def test_a_statement_of_something_else_is_refused_whoever_signs_it(
    reader: Reader, ring: KeyRing, change: dict[str, Any]
) -> None:
    file = extract(reader, ring, body="kent")
    assert file.extract is not None
    says = {**file.extract.says, **change}
    for signer in (ring.read(LOG_KEY), ring.read("keeper")):
        statement = {"says": says, "signature": extract_statement(says).signed_by(signer)}
        told = {**json.loads(file.to_bytes()), "extract": statement}
        with pytest.raises(NotVerified, match="extract: "):
            check(ProofFile.model_validate_json(json.dumps(told)).to_bytes(), trusted(reader))


# What was withheld


def test_a_withheld_entry_is_proved_with_the_act_that_withheld_it(ledger: Store, ring: KeyRing) -> None:
    position = record_yaml(ledger, SAID).appended[-1].position
    record_yaml(ledger, RETRACTED.format(n=position))
    record_yaml(ledger, WITHHELD.format(n=position))
    sign(ledger, ring)
    with ledger.reading() as reader:
        file, policy = prove(reader, position), trusted(reader)
        words = f"#{position} statement.made, whose data #{position + 2} withholds, in kent/"
        assert check(file.to_bytes(), policy)[1].startswith(words)
        without = tuple(part for part in file.entries if part.position != position + 2)
        with pytest.raises(NotVerified, match="no decision to withhold them is in the file"):
            check(file.model_copy(update={"entries": without}).to_bytes(), policy)
        whole = check(extract(reader, ring, body="kent").to_bytes(), policy)
    assert sum("withholds" in line for line in whole) == 1


def test_nothing_of_an_entry_in_a_proof_can_be_altered_without_a_key(ledger: Store, ring: KeyRing) -> None:
    """The envelope hashes to the leaf, and commits to the data: also if the data were withheld."""
    position = record_yaml(ledger, SAID).appended[-1].position
    record_yaml(ledger, RETRACTED.format(n=position))
    sign(ledger, ring)
    with ledger.reading() as reader:
        whole, policy = prove(reader, position), trusted(reader)
    record_yaml(ledger, WITHHELD.format(n=position))
    sign(ledger, ring)
    with ledger.reading() as reader:
        withheld = prove(reader, position)
    for file in (whole, withheld):
        assert check(file.to_bytes(), policy)
        for number, part in enumerate(file.entries):
            entry = json.loads(part.entry)
            others = [
                part.model_copy(update={"entry": canonical.encode({**entry, "event": {**entry["event"], **event}})})
                for event in ({"kind": "document.sought"}, {"matter": "body/kent"}, {"amends": {"target": "ab" * 32}})
            ]
            if part.salted:
                others.append(part.model_copy(update={"salted": part.salted.replace(b"e", b"a")}))
                others.append(part.model_copy(update={"salted": bytes(16) + part.salted[16:]}))
                others += [part.model_copy(update={"salted": None})] if part.submission else []
            for other in others:
                entries = (*file.entries[:number], other, *file.entries[number + 1 :])
                with pytest.raises(NotVerified):
                    check(file.model_copy(update={"entries": entries}).to_bytes(), policy)
