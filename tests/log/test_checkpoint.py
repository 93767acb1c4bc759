"""Checkpoints: three lines, signed by the log they name. A log that others made is read to its last byte."""

import pytest

from ledger.log import LogError
from ledger.log.checkpoint import BeyondTree, Checkpoint, OtherRoot, SignedCheckpoint
from ledger.log.key import Signer
from ledger.log.note import SignedNote
from ledger.log.tiles import tree_over
from ledger.log.tree import EMPTY_ROOT, leaf_hash
from tests.support.rfc6962 import LEAVES, mth

LOG, WITNESS = Signer("example.org/log", bytes(32)), Signer("w.example.net", bytes(range(32)))
ROOT = leaf_hash(b"")
TEXT = "example.org/log\n1\nbjQLnP+zepicpUTmu3gKLHiQHT+zNzh2hRGjBhevoB0=\n"
NOW = 1_795_253_400


def test_a_checkpoint_is_read_back_from_its_text() -> None:
    checkpoint = Checkpoint("example.org/log", 1, ROOT)
    assert checkpoint.text == TEXT
    assert Checkpoint.parse(TEXT) == checkpoint
    assert Checkpoint.parse(Checkpoint("a", 0, EMPTY_ROOT).text) == Checkpoint("a", 0, EMPTY_ROOT)
    assert Checkpoint.parse(TEXT.replace("\n1\n", f"\n{2**63 - 1}\n")).size == 2**63 - 1


@pytest.mark.parametrize(
    "text",
    [
        "", "\n", TEXT[:-1], TEXT + "\n", TEXT + "\nextension\n", TEXT + "one\n\ntwo\n", TEXT + "x", "\n" + TEXT,
        TEXT.replace("\n1", ""),
        TEXT.replace("example.org/log", ""), TEXT.replace("/log", " log"), TEXT.replace("/log", "+log"),
        TEXT.replace("=", ""), TEXT.replace("0=", "1="), TEXT.replace("bjQL", ""), TEXT.replace("bjQL", "bjQLbjQL"),
        TEXT.replace("bjQL", "bj-_"), TEXT.replace("\n", "\r\n"),
    ],
)  # fmt: skip
def test_what_is_not_a_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(LogError):
        Checkpoint.parse(text)


@pytest.mark.parametrize("size", ["", "01", "-1", "+1", " 1", "1 ", "0x1", "1_0", "1.0", "١", str(2**63), "9" * 5000])
def test_a_size_is_a_plain_number(size: str) -> None:
    with pytest.raises(LogError, match="is not a number"):
        Checkpoint.parse(TEXT.replace("\n1\n", f"\n{size}\n"))


def test_opening_tells_who_signed() -> None:
    note = Checkpoint.parse(TEXT).sign(LOG)
    note = note.with_signatures(note.cosign(WITNESS, NOW))
    read = SignedCheckpoint.parse(note.to_bytes())
    assert read.checkpoint == Checkpoint.parse(TEXT)
    signers = read.verify([LOG.verifier, WITNESS.cosigner])
    assert list(signers) == [LOG.verifier, WITNESS.cosigner]
    assert signers[WITNESS.cosigner].time == NOW
    assert list(note.verify([LOG.verifier])) == [LOG.verifier]


def test_only_the_log_itself_can_sign_its_checkpoint() -> None:
    checkpoint = Checkpoint.parse(TEXT)
    with pytest.raises(LogError, match=r"the key of w\.example\.net is not that of example\.org/log"):
        checkpoint.sign(WITNESS)
    by_another = SignedCheckpoint.sign(TEXT, WITNESS)
    its_name = Signer(LOG.name, bytes([1] * 32))
    cosigned = SignedCheckpoint(TEXT, (by_another.cosign(LOG, NOW),))
    for note, keys in [
        (by_another, [LOG.verifier, WITNESS.verifier]),
        (SignedCheckpoint.sign(TEXT, its_name), [LOG.verifier]),
        (checkpoint.sign(LOG), [WITNESS.verifier]),
        (cosigned, [LOG.verifier, LOG.cosigner]),
    ]:
        with pytest.raises(LogError, match=r"no key of example\.org/log that is trusted here"):
            note.verify(keys)


def test_a_signed_note_of_another_text_is_no_checkpoint() -> None:
    with pytest.raises(LogError, match="not a checkpoint"):
        SignedCheckpoint.parse(SignedNote.sign("example.org/log\n", LOG).to_bytes())


def test_a_checkpoint_is_held_against_a_tree() -> None:
    tree, keys = tree_over(LEAVES[:7]), [LOG.verifier]
    for size in range(8):
        note = Checkpoint(LOG.name, size, mth(0, size)).sign(LOG)
        assert list(note.verify(keys, tree)) == keys
    with pytest.raises(BeyondTree, match="it is of 8 entries, and there are 7"):
        Checkpoint(LOG.name, 8, mth(0, 8)).sign(LOG).verify(keys, tree)
    with pytest.raises(OtherRoot, match="7 entries"):
        Checkpoint(LOG.name, 7, mth(0, 8)).sign(LOG).verify(keys, tree)


@pytest.mark.parametrize(("size", "root"), [(7, mth(0, 8)), (8, mth(0, 8))])
def test_an_unsigned_checkpoint_says_nothing_of_a_tree(size: int, root: bytes) -> None:
    namesake = Signer(LOG.name, bytes([1] * 32))
    stranger = Checkpoint("example.org/other", size, root).sign(Signer("example.org/other", bytes([2] * 32)))
    with pytest.raises(LogError, match="no key of") as refused:
        stranger.verify([LOG.verifier], tree_over(LEAVES[:7]))
    assert refused.type is LogError
    if size == 7:
        with pytest.raises(LogError, match="no key of") as refused:
            Checkpoint(LOG.name, size, root).sign(namesake).verify([LOG.verifier], tree_over(LEAVES[:7]))
        assert refused.type is LogError


@pytest.mark.parametrize("more", ["extension\n", "one\n1\n— two\n", " \n"])
def test_the_extension_lines_of_another_log_are_signed_and_kept_and_mean_nothing(more: str) -> None:
    note = SignedCheckpoint.sign(TEXT + more, LOG)
    note = note.with_signatures(note.cosign(WITNESS, NOW))
    read = SignedCheckpoint.parse(note.to_bytes())
    assert read.checkpoint == Checkpoint.parse(TEXT)
    assert list(read.verify([LOG.verifier, WITNESS.cosigner], tree_over([ROOT]))) == [LOG.verifier, WITNESS.cosigner]
    assert read.to_bytes() == note.to_bytes()
    for other in (TEXT, TEXT + more + more):
        with pytest.raises(LogError, match="is not valid"):
            SignedCheckpoint(other, note.signatures).verify([LOG.verifier])
    assert Checkpoint.parse(TEXT + more).sign(LOG).text == TEXT
