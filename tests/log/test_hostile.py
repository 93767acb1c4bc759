"""Whatever bytes come in, every parser of the log has one error, and reads nothing that it would not write."""

from collections.abc import Callable
from typing import AnyStr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.encoding import from_base64, read_hash, read_number, to_base64
from ledger.log.key import KeyType, Signer, Verifier
from ledger.log.note import Signature, SignedNote
from ledger.log.policy import Policy
from ledger.log.proof import prove_consistency, prove_inclusion
from ledger.log.proof_file import ConsistencyFile, InclusionFile
from ledger.log.tiles import decode_bundle, decode_hashes, encode_bundle
from ledger.log.tree import Frontier
from ledger.log.witness import CosignRefused, cosign
from tests.log.test_policy import FULL, LOG, NOTE
from tests.log.test_proof import hash_at
from tests.support.rfc6962 import LEAVES


def mutated(good: AnyStr, replacement: st.SearchStrategy[AnyStr]) -> st.SearchStrategy[AnyStr]:
    """The good input with one stretch of it replaced, dropped or doubled."""

    @st.composite
    def changed(draw: st.DrawFn) -> AnyStr:
        start = draw(st.integers(0, len(good)))
        end = draw(st.integers(start, min(len(good), start + 8)))
        middle = draw(replacement | st.just(good[start:end] * 2))
        return good[:start] + middle + good[end:]

    return changed()


COSIGNED = NOTE.with_signatures(NOTE.cosign(LOG, 1))


def read_policy(text: str) -> str:
    """A policy has many forms; what matters is that it is read the same twice."""
    assert Policy.parse(text) == Policy.parse(text)
    return text


TEXTS: dict[str, tuple[Callable[[str], object], str]] = {
    "number": (lambda text: str(read_number(text)), "1234"),
    "base64": (lambda text: to_base64(from_base64(text)), to_base64(b"four")),
    "hash": (lambda text: to_base64(read_hash(text)), to_base64(LEAVES[0])),
    "checkpoint": (lambda text: Checkpoint.parse(text).text + "\n".join(text.split("\n")[3:]), NOTE.text),
    "signature": (lambda text: str(Signature.parse(text)), str(NOTE.signatures[0])),
    "verifier": (lambda text: str(Verifier.parse(text)), str(LOG.verifier)),
    "cosigner": (lambda text: str(Verifier.parse(text, KeyType.COSIGNATURE)), str(LOG.cosigner)),
    "signer": (lambda text: Signer.parse(text).secret_text(), LOG.secret_text()),
    "policy": (read_policy, FULL),
}
STRIPPED = {"verifier", "cosigner", "signer"}  # a newline after a key does no harm
BYTES: dict[str, tuple[Callable[[bytes], bytes], bytes]] = {
    "note": (lambda data: SignedNote.parse(data).to_bytes(), COSIGNED.to_bytes()),
    "inclusion": (
        lambda data: InclusionFile.parse(data).to_bytes(),
        InclusionFile(3, prove_inclusion(3, 9, hash_at), COSIGNED).to_bytes(),
    ),
    "consistency": (
        lambda data: ConsistencyFile.parse(data).to_bytes(),
        ConsistencyFile(3, prove_consistency(3, 9, hash_at), COSIGNED).to_bytes(),
    ),
    "bundle": (lambda data: encode_bundle(decode_bundle(data, 3)), encode_bundle([b"one", b"", b"three"])),
    "hashes": (lambda data: b"".join(decode_hashes(data, 3)), b"".join(LEAVES[:3])),
    "frontier": (lambda data: Frontier.from_bytes(5, data).to_bytes(), b"".join(LEAVES[:2])),
}


@pytest.mark.parametrize(("read_back", "good"), [*TEXTS.values(), *BYTES.values()], ids=[*TEXTS, *BYTES])
def test_what_is_good_is_read_back(read_back: Callable[[object], object], good: object) -> None:
    assert read_back(good) == good


@pytest.mark.parametrize("kind", TEXTS)
@given(data=st.data())
def test_any_text_is_read_back_or_refused(kind: str, data: st.DataObject) -> None:
    read_back, good = TEXTS[kind]
    any_text = st.text(st.characters(exclude_categories=()))
    text = data.draw(any_text | mutated(good, st.text(st.characters(exclude_categories=()), max_size=4)))
    try:
        again = read_back(text)
    except LogError:
        return
    assert again == (text.strip() if kind in STRIPPED else text)


@pytest.mark.parametrize("kind", BYTES)
@given(data=st.data())
def test_any_bytes_are_read_back_or_refused(kind: str, data: st.DataObject) -> None:
    read_back, good = BYTES[kind]
    raw = data.draw(st.binary() | mutated(good, st.binary(max_size=4)))
    try:
        again = read_back(raw)
    except LogError:
        return
    assert again == raw


BODY = ConsistencyFile(0, (), COSIGNED).to_bytes()


@given(mutated(BODY, st.binary(max_size=4)))
@example(BODY)
def test_any_body_is_cosigned_or_refused(body: bytes) -> None:
    status, state = 200, dict[str, Checkpoint]()
    try:
        state, _ = cosign({}, body, [LOG.verifier], LOG, 1)
    except CosignRefused as refused:
        status = refused.status
    assert status in ({200} if body == BODY else {200, 400, 403, 404, 409, 422})
    assert state == ({LOG.name: Checkpoint.parse(NOTE.text)} if status == 200 else {})
