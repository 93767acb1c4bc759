"""Witnesses: one that has seen a log cosigns what grew out of it, and nothing else."""

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint, SignedCheckpoint
from ledger.log.encoding import to_base64
from ledger.log.key import Signer
from ledger.log.note import SignedNote
from ledger.log.proof import prove_consistency
from ledger.log.proof_file import ConsistencyFile
from ledger.log.tree import EMPTY_ROOT, leaf_hash, root_of
from ledger.log.witness import CosignRefused, State, cosign
from tests.log.test_proof import hash_at
from tests.support.rfc6962 import LEAVES, mth

LOG, WITNESS = Signer("example.org/log", bytes(32)), Signer("w.example.net", bytes([1] * 32))
LOGS = [Signer("example.org/another", bytes([2] * 32)).verifier, LOG.verifier]
NOW = 1_795_253_400


def checkpoint(size: int) -> Checkpoint:
    """What the log says at a size."""
    return Checkpoint(LOG.name, size, mth(0, size))


def seen(size: int) -> State:
    """The state of a witness that last saw the log at a size."""
    return {"elsewhere": Checkpoint("elsewhere", 3, LEAVES[0]), LOG.name: checkpoint(size)}


def asked(old: int, new: int, proof: Sequence[bytes] | None = None, said: Checkpoint | None = None) -> bytes:
    """A body that asks to cosign, as the log would send it unless something else is given."""
    if proof is None:
        proof = prove_consistency(old, new, hash_at) if old <= new else []
    return ConsistencyFile(old, tuple(proof), (said or checkpoint(new)).sign(LOG)).to_bytes()


def refusal(state: State, body: bytes) -> CosignRefused:
    """How a request is refused."""
    with pytest.raises(CosignRefused) as refused:
        cosign(state, body, LOGS, WITNESS, NOW)
    return refused.value


@pytest.mark.parametrize(("old", "new"), [(1, 1), (1, 2), (3, 7), (7, 7), (8, 100), (255, 256), (256, 1000)])
def test_what_grew_out_of_what_was_seen_is_cosigned(old: int, new: int) -> None:
    body = asked(old, new)
    state, cosignature = cosign(seen(old), body, LOGS, WITNESS, NOW)
    assert state == seen(new)
    note = ConsistencyFile.parse(body).checkpoint.with_signatures(cosignature)
    assert note.checkpoint == checkpoint(new)
    signers = SignedCheckpoint.parse(note.to_bytes()).verify([*LOGS, WITNESS.cosigner])
    assert signers[WITNESS.cosigner].time == NOW


@pytest.mark.parametrize("size", [0, 1, 5])
def test_a_log_is_first_seen_as_it_is(size: int) -> None:
    state, _ = cosign({}, asked(0, size), LOGS, WITNESS, NOW)
    assert state == {LOG.name: checkpoint(size)}


def test_the_state_that_was_is_not_touched() -> None:
    before = seen(3)
    cosign(before, asked(3, 7), LOGS, WITNESS, NOW)
    assert before == seen(3)


@pytest.mark.parametrize(
    "body", [b"", b"old 3\n", b"old x\n\n", asked(3, 7)[4:], asked(3, 7).replace(b"old 3", b"old 03")]
)
def test_400_for_a_body_that_is_none(body: bytes) -> None:
    assert refusal(seen(3), body).status == 400


def test_400_for_a_note_that_is_no_checkpoint() -> None:
    body = b"old 3\n\n" + SignedNote.sign("example.org/log\n7\n", LOG).to_bytes()
    refused = refusal(seen(3), body)
    assert (refused.status, str(refused)[:16]) == (400, "not a checkpoint")


def test_400_for_an_old_size_beyond_the_checkpoint() -> None:
    refused = refusal(seen(8), asked(8, 7))
    assert (refused.status, str(refused)) == (400, "the old size 8 is beyond the checkpoint, of 7")


def test_403_unless_the_log_has_signed() -> None:
    asking = ConsistencyFile.parse(asked(3, 7))
    namesake = Signer(LOG.name, bytes([3] * 32))
    by_another = replace(asking, checkpoint=checkpoint(7).sign(namesake))
    good = asking.checkpoint.signatures[0]
    spoilt = replace(asking, checkpoint=replace(asking.checkpoint, signatures=(replace(good, data=bytes(64)),)))
    cosigned = replace(asking.checkpoint, signatures=(asking.checkpoint.cosign(LOG, NOW),))
    by_a_witness = replace(asking, checkpoint=cosigned)
    for bad in (by_another, spoilt, by_a_witness):
        assert refusal(seen(3), bad.to_bytes()).status == 403


def test_404_for_an_unknown_log() -> None:
    stranger = Signer("example.org/stranger", bytes([4] * 32))
    body = ConsistencyFile(0, (), Checkpoint(stranger.name, 0, EMPTY_ROOT).sign(stranger)).to_bytes()
    refused = refusal({}, body)
    assert (refused.status, str(refused)) == (404, "the log example.org/stranger is not known here")


@pytest.mark.parametrize(("last", "old"), [(3, 2), (3, 4), (3, 0), (7, 6)])
def test_409_tells_the_size_that_was_seen(last: int, old: int) -> None:
    refused = refusal(seen(last), asked(old, 7))
    assert (refused.status, refused.recorded) == (409, last)


def test_409_tells_that_nothing_was_seen() -> None:
    refused = refusal({}, asked(3, 7))
    assert (refused.status, refused.recorded) == (409, 0)


FORK = Checkpoint(LOG.name, 7, root_of([*LEAVES[:2], leaf_hash(b"another"), *LEAVES[3:7]]))


@pytest.mark.parametrize(
    "body",
    [
        asked(3, 7, proof=[]),
        asked(3, 7, proof=prove_consistency(3, 7, hash_at)[::-1]),
        asked(3, 7, proof=[*prove_consistency(3, 7, hash_at), LEAVES[0]]),
        asked(3, 7, proof=prove_consistency(3, 8, hash_at)),
        asked(3, 7, said=FORK),
    ],
)
def test_422_for_a_proof_that_does_not_hold(body: bytes) -> None:
    refused = refusal(seen(3), body)
    assert (refused.status, refused.recorded) == (422, None)


def test_422_for_another_root_of_the_same_size() -> None:
    assert refusal(seen(7), asked(7, 7, said=FORK)).status == 422
    assert refusal({}, asked(0, 0, said=Checkpoint(LOG.name, 0, LEAVES[0]))).status == 422


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40), st.booleans()), max_size=12))
def test_whatever_is_asked_what_was_cosigned_is_one_history(requests: list[tuple[int, int, bool]]) -> None:
    state: State = {}
    sizes = [0]
    for old, new, lies in requests:
        said = Checkpoint(LOG.name, new, leaf_hash(b"lie")) if lies else None
        try:
            state, _ = cosign(state, asked(old, new, said=said), LOGS, WITNESS, NOW)
        except LogError:
            continue
        sizes.append(state[LOG.name].size)
        if lies:
            assert old == 0  # a log can lie to who has seen nothing of it: then it is held to its lie
            assert sizes[:-1] == [0] * (len(sizes) - 1)
            return
        assert state[LOG.name] == checkpoint(new)
    assert sizes == sorted(sizes)


def with_another_base64(body: bytes) -> bytes:
    """The body with another base64 of the same signature: 68 bytes leave two bits of the last character unused."""
    assert body.endswith(b"=\n")
    return body[:-3] + bytes([body[-3] + 1]) + body[-2:]


def test_403_for_a_signature_whose_base64_is_not_canonical() -> None:
    body = with_another_base64(asked(3, 7))
    line = body.decode().splitlines()[-1].rpartition(" ")[2]
    assert b64decode(line) == b64decode(asked(3, 7).decode().splitlines()[-1].rpartition(" ")[2])
    refused = refusal(seen(3), body)
    assert refused.status == 403
    assert "the signature of example.org/log is not valid" in str(refused)


def test_what_comes_first_decides_the_status() -> None:
    """A body that cannot be read, an unknown log, then its signatures (C2SP tlog-witness, and Torchwood's order)."""
    spoilt, stranger = with_another_base64(asked(3, 7)), Signer("example.org/stranger", bytes([4] * 32))
    unknown = ConsistencyFile(0, (), Checkpoint(stranger.name, 0, EMPTY_ROOT).sign(stranger)).to_bytes()
    assert refusal(seen(3), b"old x" + spoilt[5:]).status == 400
    assert refusal({}, with_another_base64(unknown)).status == 404
    assert refusal(seen(4), spoilt).status == 403  # and not 409
    for line in (b"old 3\nAQID\n", b"old 3\n" + to_base64(LEAVES[0])[:-2].encode() + b"d=\n"):
        assert refusal(seen(3), spoilt.replace(b"old 3\n", line)).status == 400


def test_400_for_more_than_63_hashes() -> None:
    assert refusal(seen(3), asked(3, 7, proof=[LEAVES[0]] * 63)).status == 422
    assert refusal(seen(3), asked(3, 7, proof=[LEAVES[0]] * 64)).status == 400


def test_extension_lines_are_cosigned_with_the_rest() -> None:
    note = SignedCheckpoint.sign(checkpoint(7).text + "more\n", LOG)
    body = ConsistencyFile(3, prove_consistency(3, 7, hash_at), note).to_bytes()
    state, cosignature = cosign(seen(3), body, LOGS, WITNESS, NOW)
    assert state == seen(7)
    assert WITNESS.cosigner in note.with_signatures(cosignature).verify([*LOGS, WITNESS.cosigner])
