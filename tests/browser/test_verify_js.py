"""What runs in a reader's browser, run in Node: it accepts what our verifier accepts, and nothing that was changed."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from ledger.audit.sign import sign
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.log.policy import Policy
from ledger.publish.check_proof import check
from ledger.publish.checkpoints import last_signed
from ledger.publish.prove import Prover
from ledger.record.keys import KeyRing
from ledger.replay import log_keys
from ledger.store.reader import Reader
from ledger.store.store import Store
from tests.audit.eventful import build
from tests.audit.small import build as build_small
from tests.audit.test_forged_proofs import ENTRIES, LAWFUL
from tests.browser.node import Case, case, checked, needs_node
from tests.conftest import ORIGIN, record_yaml

pytestmark = [needs_node, pytest.mark.in_a_file]
BATCH = """
- {kind: document.registered, document: letter, type: inspectorate-letter, title: 'A </script> <!--', publisher: Ü}
- {kind: monitoring.engaged, body: kent, effective: 2024-05-01, documents: [letter]}
"""


@pytest.fixture
def reader(ledger: Store) -> Iterator[Reader]:
    record_yaml(ledger, BATCH)
    sign(ledger, KeyRing(ORIGIN))
    with ledger.reading() as reader:
        yield reader


@pytest.fixture
def good(reader: Reader) -> Case:
    """The case of #47."""
    return case(Prover(reader), *reader.entries_at([47]))


def test_it_agrees_with_our_verifier_on_every_entry_of_an_eventful_ledger(tmp_path: Path) -> None:
    """Clerks, a second recorder, rotated and recovered keys, corrections, and what was withheld."""
    with Store(build(tmp_path).ledger) as ledger, ledger.reading() as reader:
        prover, policy = Prover(reader), Policy(tuple(log_keys(reader)))
        entries = [entry for entry in reader.entries_at(range(reader.head().size)) if not 20 < entry.position < 300]
        found = checked(case(prover, entry) for entry in entries)
        for entry, result in zip(entries, found, strict=True):
            words = check(prover.proof([entry]).to_bytes(), policy)[1:-1]
            assert len(words) == 1 + entry.is_withheld, "what is withheld comes with the decision"
            assert result["result"] == ("partly" if entry.is_withheld else "yes"), result
            signers = result["steps"][2]["words"].partition(" signed by ")[2].partition(", whose")[0].split(" and ")
            told = [line.partition("signed by ")[2].removesuffix(".").split(", approved by ") for line in words]
            assert signers == [*dict.fromkeys(signer for line in told for signer in line)]
            assert (entry.is_withheld, "whose data" in words[0]) in ((True, True), (False, False))


def test_it_says_what_was_checked(reader: Reader, good: Case) -> None:
    (found,) = checked([good])
    assert found["result"] == "yes"
    assert [step["result"] for step in found["steps"]] == ["yes"] * 4
    first, second, third, fourth = (step["words"] for step in found["steps"])
    assert first.endswith(" of the log at 48 entries.")
    assert second == f"This root is signed with the log’s key, {log_keys(reader)[-1].id}."
    assert third.startswith("Entry 47 is signed by keeper+")
    assert fourth == "The recorded text on this page is that of entry 47, word for word."


def test_a_proof_of_several_entries_is_checked_as_one(reader: Reader) -> None:
    (found,) = checked([case(Prover(reader), *reader.entries_at(range(22, 48)))])
    assert found["result"] == "yes"
    assert found["steps"][0]["words"].startswith("The bytes of each of the 26 entries lead to the root ")


def test_no_text_ends_the_element_that_carries_the_proof(reader: Reader) -> None:
    hostile = case(Prover(reader), *reader.entries_at([46]))
    assert "<" not in hostile.proof
    assert checked([hostile])[0]["result"] == "yes"


def test_no_change_of_a_byte_is_accepted(good: Case) -> None:
    proof = good.proof
    changed = [proof[:at] + chr(ord(proof[at]) ^ 1) + proof[at + 1 :] for at in range(0, len(proof), 23)]
    found = checked(good._replace(proof=one) for one in changed)
    accepted = [one for one, result in zip(changed, found, strict=True) if result["result"] != "no"]
    assert not accepted, f"{len(accepted)} of {len(changed)}: {accepted[0]}"


def test_each_change_is_told_where_it_is(reader: Reader, good: Case) -> None:
    def with_entry(**changed: object) -> Case:
        file = json.loads(good.proof)
        file["entries"][-1] |= changed
        return good._replace(proof=json.dumps(file))

    def with_text(part: str, text: str | None) -> Case:
        shown = [one | ({"text": text} if one["part"] == part else {}) for one in good.shown]
        return good._replace(shown=[one for one in shown if one["text"] is not None])

    file, other = json.loads(good.proof), Signer(ORIGIN, bytes(32))
    entry = file["entries"][-1]
    text, _, signature = file["checkpoint"].rpartition(" ")
    flipped = f"{text} {signature[:20]}{'A' if signature[20] != 'A' else 'B'}{signature[21:]}"
    cases = {
        "Entry 47: its bytes do not lead to the signed root.": with_entry(inclusion=entry["inclusion"][::-1]),
        "Entry 47: the number of hashes does not fit its place.": with_entry(inclusion=entry["inclusion"][1:]),
        "Entry 47: its data are not those that it commits to.": with_entry(salted=to_base64(bytes(16) + b"{}")),
        "The signature under the checkpoint is not that of the log’s key.": good._replace(
            proof=json.dumps(file | {"checkpoint": flipped})
        ),
        f"The key {other.verifier.id} has not signed the checkpoint.": good._replace(log_key=str(other.verifier)),
        "The key was changed: it does not have its hash.": good._replace(log_key=good.log_key.replace("+A", "+B", 1)),
        "Entry 47: its text on this page is not what was checked.": with_text("data", "{}"),
    }
    results = checked([*cases.values(), with_text("data", None), with_text("envelope", "{")])
    told = [[step["words"] for step in one["steps"] if step["result"] == "no"] for one in results]
    assert {one["result"] for one in results} == {"no"}
    assert told == [[words] for words in [*cases, *[list(cases)[-1]] * 2]]


def test_a_checkpoint_is_checked_with_the_keys_that_a_reader_has(reader: Reader, good: Case) -> None:
    """The log's own, and those of witnesses. What is not theirs is told; what is left is not called checked."""
    log_key, other = str(log_keys(reader)[-1]), Signer(ORIGIN, bytes(32))
    witness, stranger = Signer("w.example.net", bytes(range(32))), Signer("x.example.net", bytes(32))
    noted = last_signed(reader)
    signed = replace(noted, signatures=(*noted.signatures, noted.cosign(witness, 1_795_253_400)))
    note = signed.to_bytes().decode()
    later = note.replace(note.rpartition(" ")[2][:12], "A" * 12)
    keys = {
        "yes": [[log_key, str(witness.cosigner)]],
        "partly": [[], [log_key], [str(witness.cosigner)]],
        "no": [[str(other.verifier)], [str(stranger.cosigner)], [str(witness.verifier)], ["x"], [log_key, "x"]],
    }
    cases = [({"note": note, "logKey": log_key, "given": one}, result) for result, of in keys.items() for one in of]
    cases.append(({"note": later, "logKey": log_key, "given": [str(witness.cosigner)]}, "no"))
    cases.append(({"note": "x", "logKey": log_key, "given": []}, "no"))
    found = checked(case for case, _ in cases)
    assert [one["result"] for one in found] == [result for _, result in cases]
    told = [step["words"] for step in found[0]["steps"]]
    assert told == [
        f"This root is signed with the key that you gave, {log_keys(reader)[-1].id}.",
        "The witness w.example.net, whose key you gave, saw this log grow to 48 entries by 2026-11-21T09:30:00.000Z.",
    ]
    log_id = log_keys(reader)[-1].id
    alone = f"The signature of the log itself was not checked: give the key {log_id} too, as you got it in another way."
    assert [step["words"] for step in found[3]["steps"] if step["result"] == "not done"] == [alone]
    own = {**good.to_json(), "given": [log_key]}
    by_witness = own | {"given": [str(witness.cosigner)]}
    results = checked([own, own | {"given": [str(other.verifier)]}, by_witness])
    assert [one["result"] for one in results] == ["yes", "no", "partly"]
    assert [step["words"] for step in results[2]["steps"] if step["result"] == "not done"] == [
        "The witness w.example.net has not signed this checkpoint: give its key on “Check this record”.",
        alone,
    ]


def test_a_weak_key_signs_nothing(good: Case) -> None:
    """With a key of small order, anybody can make a signature that holds for every text."""
    file, cases = json.loads(good.proof), []
    text = file["checkpoint"].partition("\n\n")[0]
    for point in (b"\1" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f"):
        typed = b"\1" + point
        hash = sha256(f"{ORIGIN}\n".encode() + typed).digest()[:4]
        note = f"{text}\n\n— {ORIGIN} {to_base64(hash + point + bytes(32))}\n"
        key = f"{ORIGIN}+{hash.hex()}+{to_base64(typed)}"
        cases.append(good._replace(proof=json.dumps(file | {"checkpoint": note}), log_key=key))
    assert [found["steps"][1]["result"] for found in checked(cases)] == ["no"] * 3


@pytest.mark.parametrize(("missing", "done"), [("no-subtle", []), ("no-ed25519", ["yes", "yes"])])
def test_nothing_is_called_checked_that_was_not(good: Case, missing: str, done: list[str]) -> None:
    """Without https there is no crypto.subtle, and older browsers have no Ed25519."""
    (found,) = checked([good], missing)
    assert found["result"] == ("partly" if done else "not done")
    assert [step["result"] for step in found["steps"] if step["result"] == "yes"] == done
    not_done = [step["words"] for step in found["steps"] if step["result"] == "not done"]
    assert not_done
    assert all("https" in words or "no Ed25519" in words for words in not_done)


def test_it_refuses_a_proof_that_was_made_up(tmp_path: Path) -> None:
    """Whoever has the log key alone could make these (tests/audit/test_forged_proofs.py). The last step is about the
    page, and here there is none."""
    small = build_small(tmp_path)
    key = str(small.log_key.verifier)
    made = [make(small).decode() for make in (LAWFUL | ENTRIES).values()]
    found = checked({"proof": proof, "logKey": key, "shown": []} for proof in made)
    good = [all(step["result"] == "yes" for step in one["steps"][:-1]) for one in found]
    assert dict(zip(LAWFUL | ENTRIES, good, strict=True)) == dict.fromkeys(LAWFUL, True) | dict.fromkeys(ENTRIES, False)


def test_a_text_that_says_something_else_first_is_not_what_was_checked(good: Case) -> None:
    """JSON with a key twice, in other words, or far below: what a reader sees is not what a parser keeps."""
    changes: list[Callable[[str], str]] = [
        lambda text: text.replace("{\n", '{\n  "effective": "2014-01-01",\n', 1),
        lambda text: "\n" * 99 + text,
        lambda text: text.replace("k", "\\u006b"),
    ]
    others = [
        [one | ({"text": change(one["text"])} if one["part"] == "data" else {}) for one in good.shown]
        for change in changes
    ]
    found = checked(good._replace(shown=shown) for shown in others)
    assert [[step["result"] for step in one["steps"]] for one in found] == [["yes", "yes", "yes", "no"]] * 3
