"""Signed notes: they are read back as written, a bad signature spoils one, a strange one is passed over."""

import base64
from hashlib import sha256

import pytest
from Crypto.PublicKey import ECC
from Crypto.Signature import eddsa

from ledger.log import LogError
from ledger.log.key import KeyType, Signer, Verifier
from ledger.log.note import LONGEST_NOTE, MOST_SIGNATURES, Signature, SignedNote

TEXT = "If you think cryptography is the answer,\n\nyou do not — yet — know the question.\n"
CLERK, OTHER = Signer("example.org/clerk", bytes(range(32))), Signer("other", bytes(32))
NOW = 1_795_253_400
NOTE = SignedNote.sign(TEXT, CLERK)
LINE = str(NOTE.signatures[0])


def test_the_bytes_of_a_note_are_these() -> None:
    seed = base64.b64encode(bytes.fromhex(CLERK.verifier.hash) + NOTE.signatures[0].data).decode()
    assert NOTE.to_bytes() == f"{TEXT}\n— example.org/clerk {seed}\n".encode()
    assert SignedNote.parse(NOTE.to_bytes()) == NOTE


def test_another_library_finds_the_signatures_good() -> None:
    public = eddsa.import_public_key(CLERK.verifier.public)
    eddsa.new(public, "rfc8032").verify(TEXT.encode(), NOTE.signatures[0].data)
    cosignature = NOTE.cosign(CLERK, NOW)
    signed = b"cosignature/v1\ntime %d\n%s" % (NOW, TEXT.encode())
    assert cosignature.data[:8] == NOW.to_bytes(8, "big")
    eddsa.new(public, "rfc8032").verify(signed, cosignature.data[8:])


def test_what_another_library_signed_is_found_good() -> None:
    key = ECC.construct(curve="Ed25519", seed=bytes(32))
    public = key.public_key().export_key(format="raw")
    plain = Signature("other", sha256(b"other\n\x01" + public).hexdigest()[:8], eddsa.new(key, "rfc8032").sign(b"hi\n"))
    with_time = eddsa.new(key, "rfc8032").sign(b"cosignature/v1\ntime 7\nhi\n")
    timed = Signature("other", sha256(b"other\n\x04" + public).hexdigest()[:8], b"\0\0\0\0\0\0\0\x07" + with_time)
    note = SignedNote("hi\n", (plain, timed))
    assert note.signers([OTHER.verifier, OTHER.cosigner]) == {OTHER.verifier: plain, OTHER.cosigner: timed}
    assert timed.time == 7


def test_a_key_has_another_hash_for_each_type() -> None:
    witness = OTHER.cosigner
    assert (witness.name, witness.public) == (OTHER.name, OTHER.verifier.public)
    assert witness.hash != OTHER.verifier.hash
    assert Verifier.parse(str(witness), KeyType.COSIGNATURE) == witness
    with pytest.raises(LogError, match="not a key of type 0x01: the key of other is of type 0x04"):
        Verifier.parse(str(witness))
    with pytest.raises(LogError, match="not a key of type 0x04"):
        Verifier.parse(str(OTHER.verifier), KeyType.COSIGNATURE)


def test_the_key_of_a_witness_makes_no_other_signature() -> None:
    assert OTHER.verifier.verifies("text/plain", b"x", OTHER.sign("text/plain", b"x"))
    assert not OTHER.cosigner.verifies("text/plain", b"x", OTHER.sign("text/plain", b"x"))
    for verifier, data in [
        (OTHER.cosigner, NOTE.signatures[0].data),
        (OTHER.cosigner, bytes(8) + OTHER.sign_bytes(TEXT.encode())),
        (OTHER.verifier, NOTE.cosign(OTHER, NOW).data),
        (OTHER.verifier, NOTE.cosign(OTHER, NOW).data[8:]),
    ]:
        with pytest.raises(LogError, match="is not valid"):
            SignedNote(TEXT, (Signature(verifier.name, verifier.hash, data),)).signers([verifier])


def test_signatures_of_other_keys_are_passed_over() -> None:
    stranger = Signature("stranger", "01020304", b"whatever")
    namesake = Signature(CLERK.name, "00000000", NOTE.signatures[0].data)
    note = SignedNote(TEXT, (stranger, namesake, *NOTE.signatures))
    assert note.signers([CLERK.verifier, OTHER.verifier]) == {CLERK.verifier: NOTE.signatures[0]}
    assert note.signers([]) == {}
    assert SignedNote.parse(note.to_bytes()) == note


def test_a_bad_signature_of_a_known_key_spoils_the_note() -> None:
    good, cosigned = NOTE.signatures[0], NOTE.cosign(OTHER, NOW)
    data = good.data
    for bad in (data[:-1], data + b"\0", bytes([data[0] ^ 1]) + data[1:], b"\0"):
        note = SignedNote(TEXT, (cosigned, good, Signature(good.name, good.hash, bad)))
        with pytest.raises(LogError, match=r"the signature of example\.org/clerk\+[0-9a-f]{8} is not valid"):
            note.signers([CLERK.verifier, OTHER.cosigner])
        assert list(note.signers([OTHER.cosigner])) == [OTHER.cosigner]


def test_the_time_of_a_cosignature_is_signed() -> None:
    good = NOTE.cosign(OTHER, NOW)
    later = Signature(good.name, good.hash, (NOW + 1).to_bytes(8, "big") + good.data[8:])
    with pytest.raises(LogError, match="is not valid"):
        NOTE.with_signatures(later).signers([OTHER.cosigner])


def test_a_cosignature_has_a_time_in_its_range() -> None:
    for time in (1, 2**63 - 1):
        assert NOTE.with_signatures(NOTE.cosign(OTHER, time)).signers([OTHER.cosigner])[OTHER.cosigner].time == time
    for time in (0, 2**63, 2**64 - 1):
        with pytest.raises(LogError, match="is no time of a cosignature"):
            NOTE.cosign(OTHER, time)
        data = time.to_bytes(8, "big") + OTHER.sign_bytes(f"cosignature/v1\ntime {time}\n{TEXT}".encode())
        note = NOTE.with_signatures(Signature(OTHER.name, OTHER.cosigner.hash, data))
        with pytest.raises(LogError, match="is not valid"):
            note.signers([OTHER.cosigner])
        assert list(note.signers([CLERK.verifier])) == [CLERK.verifier]


def test_every_signature_of_a_key_must_be_good_and_the_last_is_told() -> None:
    note = NOTE.with_signatures(NOTE.cosign(OTHER, NOW), NOTE.cosign(OTHER, NOW + 60))
    assert note.signers([OTHER.cosigner])[OTHER.cosigner].time == NOW + 60


def test_the_signature_is_over_the_text_alone() -> None:
    other_text = SignedNote(TEXT.replace("yet", "now"), NOTE.signatures)
    with pytest.raises(LogError, match="is not valid"):
        other_text.signers([CLERK.verifier])


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\n", b"\n\n", TEXT.encode(), f"{TEXT}\n".encode(), f"{TEXT}{LINE}\n".encode(),
        f"{TEXT}\n{LINE}".encode(), f"{TEXT}\n{LINE}\n\n".encode(), f"{TEXT}\n{LINE}\n{LINE}".encode(),
        f"{TEXT}\n{LINE}\nmore\n".encode(), f"{TEXT}\n{LINE}\r\n".encode(), f"\ufeff{TEXT}\n {LINE}\n".encode(),
        f"{TEXT}\n{LINE.replace('—', '-')}\n".encode(), f"{TEXT}\n{LINE.replace(' ', '  ')}\n".encode(),
        f"{TEXT}\n{LINE} \n".encode(), f"{TEXT}\n{LINE[:-1]}\n".encode(), f"{TEXT}\n{LINE}=\n".encode(),
        f"{TEXT}\n— example.org/clerk\n".encode(), f"{TEXT}\n— example.org/clerk \n".encode(),
        f"{TEXT}\n— a+b {LINE.split()[2]}\n".encode(), f"{TEXT}\n— a\u00a0b {LINE.split()[2]}\n".encode(),
        f"{TEXT}\n—  {LINE.split()[2]}\n".encode(), f"{TEXT}\n— a AQIDBA==\n".encode(),
        f"{TEXT}\t\n\n{LINE}\n".encode(), f"\x00{TEXT}\n{LINE}\n".encode(), f"{TEXT}\n{LINE}\n".encode("utf-16"),
        b"\xff" + NOTE.to_bytes(),
    ],
)  # fmt: skip
def test_what_is_not_a_note_is_refused(data: bytes) -> None:
    with pytest.raises(LogError):
        SignedNote.parse(data)


def test_base64_has_one_form() -> None:
    # 68 bytes leave two bits of the last character unused.
    unused = LINE[:-2] + chr(ord(LINE[-2]) + 1) + "="
    assert base64.b64decode(unused.split()[2]) == base64.b64decode(LINE.split()[2])
    with pytest.raises(LogError, match="base64"):
        SignedNote.parse(f"{TEXT}\n{unused}\n".encode())


@pytest.mark.parametrize("text", ["", "no newline at its end", "a\tb\n", "a\r\n", "\x00\n", "\ud800\n"])
def test_a_text_that_no_note_can_hold_is_not_signed(text: str) -> None:
    with pytest.raises(LogError, match="the text of a note"):
        SignedNote.sign(text, CLERK)


def test_a_note_has_its_limits() -> None:
    most = SignedNote(TEXT, NOTE.signatures * MOST_SIGNATURES)
    assert SignedNote.parse(most.to_bytes()) == most
    with pytest.raises(LogError, match="101 signatures has more than 100"):
        most.with_signatures(*NOTE.signatures)
    with pytest.raises(LogError, match="more than 100"):
        SignedNote.parse(most.to_bytes() + f"{LINE}\n".encode())
    room = LONGEST_NOTE - len(NOTE.to_bytes())
    assert SignedNote.parse(b"x" * room + NOTE.to_bytes()).text == "x" * room + TEXT
    with pytest.raises(LogError, match="is longer than 65536"):
        SignedNote.parse(b"x" * (room + 1) + NOTE.to_bytes())


def test_a_key_text_has_its_limit() -> None:
    name = "n" * 10_000
    with pytest.raises(LogError, match="not a key"):
        Verifier.parse(str(Verifier(name, CLERK.verifier.public)))


@pytest.mark.parametrize("secret", ["*" + CLERK.secret_text()[-20:], "A" + CLERK.secret_text().rsplit("+", 1)[1]])
def test_a_damaged_private_key_is_not_shown_in_what_is_said_of_it(secret: str) -> None:
    start = CLERK.secret_text().rsplit("+", 1)[0]
    with pytest.raises(LogError) as refused:
        Signer.parse(f"{start}+{secret}")
    assert secret[2:10] not in str(refused.value)
