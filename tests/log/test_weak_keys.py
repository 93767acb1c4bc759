"""Weak keys and malleable signatures are refused for every role: nobody can sign for others, or change a signature.

The forgeries are made in tests.support.ed25519, and hold for a verifier that checks the equation of RFC 8032 alone.
"""

import base64
from hashlib import sha512

import pytest

from ledger.log import LogError
from ledger.log.checkpoint import Checkpoint
from ledger.log.key import KeyType, Signer, Verifier, pae
from ledger.log.note import Signature, SignedNote
from ledger.log.policy import Policy
from ledger.log.tree import EMPTY_ROOT
from ledger.statements import approval_statement
from tests.support.ed25519 import (
    BASE,
    NOT_CANONICAL,
    WEAK,
    L,
    P,
    challenge,
    decoded,
    encoded,
    forged,
    holds,
    times,
    vkey,
)

BAD = WEAK | NOT_CANONICAL
LOG = "example.org/log"
TEXT = Checkpoint(LOG, 0, EMPTY_ROOT).text
SEED = bytes(range(32))
HONEST = Signer(LOG, SEED)
PUBLIC = HONEST.verifier.public
NOTHING = (1).to_bytes(32, "little")
"""The neutral element, which has order 1."""


def test_the_bad_keys_are_points_and_of_these_orders() -> None:
    assert (len(WEAK), len(NOT_CANONICAL)) == (14, 20)
    for data in BAD.values():
        assert (encoded(times(8, decoded(data))) == NOTHING) == (data in WEAK.values())


@pytest.mark.parametrize("public", WEAK.values(), ids=WEAK)
def test_anybody_could_sign_for_a_key_of_small_order(public: bytes) -> None:
    for message in (b"one", b"another"):
        assert holds(public, message, forged(public, message))


@pytest.mark.parametrize("type", KeyType)
@pytest.mark.parametrize("public", BAD.values(), ids=BAD)
def test_such_a_key_is_read_nowhere(public: bytes, type: KeyType) -> None:
    text = vkey(LOG, public, type)
    with pytest.raises(LogError, match=r"the key of example\.org/log is weak"):
        Verifier.parse(text, type)
    as_log, as_witness = f"log {text}\nquorum none", f"log {HONEST.verifier}\nwitness w {text}\nquorum w"
    with pytest.raises(LogError, match="is weak"):
        Policy.parse(as_log if type == KeyType.ED25519 else as_witness)


@pytest.mark.parametrize("public", WEAK.values(), ids=WEAK)
def test_what_was_forged_for_such_a_recorder_is_not_signed(public: bytes) -> None:
    statement = approval_statement(LOG, "root", 1)
    message = pae(
        f"application/vnd.force-ledger.{statement.name}+json", b'{"ledger":"example.org/log","root":"root","size":1}'
    )
    key = vkey("clerk", public)
    signature = base64.b64encode(forged(public, message)).decode()
    assert not statement.is_signed(key, signature)


def signed(r: bytes, scalar: int, message: bytes) -> bytes:
    """The signature of the honest key with a point R = r·B, in the encoding that is given, and scalar = r."""
    digest = bytearray(sha512(SEED).digest()[:32])
    digest[0] &= 248
    digest[31] = digest[31] & 63 | 64
    secret = int.from_bytes(digest, "little")
    return r + ((scalar + challenge(r, PUBLIC, message) * secret) % L).to_bytes(32, "little")


MESSAGES = {
    "log": TEXT.encode(),
    "witness": b"cosignature/v1\ntime 7\n" + TEXT.encode(),
    "recorder": pae("text/plain", b"payload"),
}
"""What each role signs."""


def holds_for(role: str, signature: bytes) -> bool:
    """Whether a signature over what a role signs is accepted; every one is right by the equation alone."""
    if role == "recorder":
        return HONEST.verifier.verifies("text/plain", b"payload", signature)
    of_a_witness = role == "witness"
    verifier = HONEST.cosigner if of_a_witness else HONEST.verifier
    data = (7).to_bytes(8, "big") + signature if of_a_witness else signature
    try:
        return verifier in SignedNote(TEXT, (Signature(LOG, verifier.hash, data),)).signers([verifier])
    except LogError:
        return False


@pytest.mark.parametrize("role", MESSAGES)
def test_a_signature_has_one_form(role: str) -> None:
    message = MESSAGES[role]
    good = signed(encoded(times(5, BASE)), 5, message)
    assert holds_for(role, good)
    number = int.from_bytes(good[32:], "little")
    for s in range(number + L, 2**256, L):  # S is below L
        bad = good[:32] + s.to_bytes(32, "little")
        assert holds(PUBLIC, message, bad)
        assert not holds_for(role, bad)
    for r in (NOTHING, *(data for data in WEAK.values() if encoded(decoded(data)) == NOTHING)):
        bad = signed(r, 0, message)  # R has order 1, in each of its encodings
        assert holds(PUBLIC, message, bad)
        assert not holds_for(role, bad)
    for r in BAD.values():
        assert not holds_for(role, r + good[32:])


def test_the_bytes_of_an_honest_key_are_left_as_they_are() -> None:
    for n in range(200):
        signer = Signer("clerk", n.to_bytes(32, "big"))
        assert Verifier.parse(str(signer.verifier)) == signer.verifier
        assert signer.verifier.verifies_bytes(b"%d" % n, signer.sign_bytes(b"%d" % n))
    assert int.from_bytes(PUBLIC, "little") % 2**255 < P
