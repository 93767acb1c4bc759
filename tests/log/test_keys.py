"""Keys: their texts are those of C2SP, a damaged one is refused, and a private one is shown to nobody."""

import base64
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.errors import KeyTrouble
from ledger.log import LogError
from ledger.log.key import Signer, Verifier, pae
from ledger.record.keys import KeyRing, keys_folder

SIGNER = Signer("clerk", bytes(range(32)))
VKEY = str(SIGNER.verifier)
NAME, HASH, KEY = VKEY.split("+", 2)
posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are those of POSIX")


@pytest.fixture
def ring() -> KeyRing:
    """The key ring of a ledger, in the test's own folder."""
    return KeyRing("example.org/ring")


@pytest.fixture
def no_umask() -> Iterator[None]:
    """A process that takes no permission away by itself."""
    before = os.umask(0)
    yield
    os.umask(before)


def test_the_verifier_key_of_the_tessera_test_log_is_read() -> None:
    text = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
    assert str(Verifier.parse(text)) == text


def test_keys_are_read_back_from_their_texts() -> None:
    signer = Signer.generate("example.org/log")
    assert Signer.parse(signer.secret_text()) == signer
    assert Signer.parse(signer.secret_text() + "\n").verifier == Verifier.parse(str(signer.verifier))


@pytest.mark.parametrize(
    "text",
    [
        "", "clerk", f"{NAME}+{HASH}", f"{NAME}+{HASH}+", f"other+{HASH}+{KEY}", f"{NAME}+00000000+{KEY}",
        f"{NAME}+{HASH.upper()}+{KEY}", f"{NAME}+{HASH}+{KEY[:-1]}", f"{NAME}+{HASH}+{KEY}=", f"{NAME}+{HASH}+{KEY} x",
        f"{NAME}+{HASH}+{KEY[:20]}\n{KEY[20:]}", f"{NAME}+{HASH}+{KEY[:-1]}*", f"{NAME}+{HASH}+A{KEY}",
        f"{NAME}+{HASH}+{base64.b64encode(bytes([4]) + SIGNER.verifier.public).decode()}",
        f"{NAME}+{HASH}+{base64.b64encode(bytes([1]) + SIGNER.verifier.public[:-1]).decode()}",
    ],
)  # fmt: skip
def test_a_damaged_verifier_key_is_refused(text: str) -> None:
    with pytest.raises(LogError):
        Verifier.parse(text)


@pytest.mark.parametrize("at", range(0, len(SIGNER.secret_text()), 7))
def test_a_damaged_signer_key_is_refused(at: int) -> None:
    text = SIGNER.secret_text()
    with pytest.raises(LogError):
        Signer.parse(text[:at] + ("!" if text[at] != "!" else "?") + text[at + 1 :])


def test_a_verifier_key_is_no_signer_key() -> None:
    with pytest.raises(LogError, match=r"begins with PRIVATE\+KEY\+"):
        Signer.parse(VKEY)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u2003b", "a\x00b", "a\ud800"])
def test_a_name_with_a_space_or_a_plus_names_no_key(name: str) -> None:
    with pytest.raises(LogError, match="cannot name a key"):
        Signer.generate(name)


@pytest.mark.parametrize("name", ["", "a b", "a\u2003b"])
def test_a_key_text_under_such_a_name_is_refused(name: str) -> None:
    with pytest.raises(LogError):
        Verifier.parse(str(Verifier(name, SIGNER.verifier.public)))


def test_a_key_text_beyond_ascii_is_refused_like_any_other() -> None:
    try:
        Verifier.parse(f"{NAME}+{HASH}+é{KEY}")
    except LogError:
        return


def test_a_signature_is_of_one_type_payload_and_key() -> None:
    signature = SIGNER.sign("text/plain", b"payload")
    assert SIGNER.verifier.verifies("text/plain", b"payload", signature)
    assert not SIGNER.verifier.verifies("text/html", b"payload", signature)
    assert not SIGNER.verifier.verifies("text/plain", b"payloaD", signature)
    assert not SIGNER.verifier.verifies("text/plain", b"payload", signature[:-1])
    assert not Signer.generate("clerk").verifier.verifies("text/plain", b"payload", signature)
    assert not Verifier("clerk", b"short").verifies("text/plain", b"payload", signature)


def test_the_pre_authentication_encoding_is_that_of_dsse() -> None:
    # The example of the DSSE protocol description.
    encoded = pae("http://example.com/HelloWorld", b"hello world")
    assert encoded == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    assert pae("é", b"") == b"DSSEv1 2 \xc3\xa9 0 "


def test_a_private_key_is_not_shown() -> None:
    secret = SIGNER.secret_text().rsplit("+", 1)[-1]
    for shown in (repr(SIGNER), str(SIGNER), f"{SIGNER}", repr([SIGNER]), repr(SIGNER.verifier)):
        assert secret not in shown
        assert repr(bytes(range(32)))[2:-1] not in shown
        assert bytes(range(32)).hex() not in shown
    assert repr(SIGNER) == f"Signer({SIGNER.verifier.id})"


def test_a_key_that_was_kept_is_found_again(ring: KeyRing, keys: Path) -> None:
    assert keys_folder() == keys
    signer = ring.create("clerk", "clerk")
    assert ring.read("clerk") == ring.recorder("clerk") == ring.recorder(None) == signer
    assert ring.folder == keys / "example.org%2Fring"


@posix_only
@pytest.mark.usefixtures("no_umask")
def test_only_its_owner_can_read_a_key(ring: KeyRing) -> None:
    ring.create("clerk", "clerk")
    assert stat.S_IMODE((ring.folder / "clerk.key").stat().st_mode) == 0o600
    assert stat.S_IMODE(ring.folder.stat().st_mode) == 0o700


@posix_only
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666, 0o601])
def test_a_key_that_others_can_read_is_refused_with_the_remedy(ring: KeyRing, mode: int) -> None:
    ring.create("clerk", "clerk")
    path = ring.folder / "clerk.key"
    path.chmod(mode)
    with pytest.raises(KeyTrouble, match=f"can be read by others; chmod 600 {path}"):
        ring.recorder(None)
    path.chmod(0o600)
    assert ring.recorder(None).name == "clerk"


@posix_only
@pytest.mark.parametrize("mode", [0o750, 0o705, 0o770, 0o702, 0o1777])
def test_a_folder_of_keys_that_is_open_to_others_is_refused_with_the_remedy(ring: KeyRing, mode: int) -> None:
    signer = ring.create("clerk", "clerk")
    ring.folder.chmod(mode)
    for act in (ring.recorder, ring.verifier, ring.create, ring.create_successor):
        with pytest.raises(KeyTrouble, match=f"is open to others; chmod 700 {ring.folder}"):
            act(*("clerk", "clerk")[: 2 if act in (ring.create, ring.create_successor) else 1])
    ring.folder.chmod(0o700)
    assert ring.recorder("clerk") == signer


@posix_only
@pytest.mark.parametrize(("mode", "refused"), [(0o755, False), (0o775, True), (0o777, True), (0o1777, False)])
def test_a_folder_in_which_others_can_replace_that_of_the_keys_is_refused(
    ring: KeyRing, keys: Path, mode: int, refused: bool
) -> None:
    ring.create("clerk", "clerk")
    keys.chmod(mode)
    if refused:
        with pytest.raises(KeyTrouble, match=f"is open to others; chmod 700 {keys}$"):
            ring.recorder("clerk")
    else:
        assert ring.recorder("clerk").name == "clerk"
    keys.chmod(0o700)


def test_a_key_is_never_overwritten(ring: KeyRing) -> None:
    signer = ring.create("clerk", "clerk")
    with pytest.raises(KeyTrouble, match=r"there is a key .* already"):
        ring.create("clerk", "clerk")
    assert ring.read("clerk") == signer


def test_of_several_keys_one_must_be_named(ring: KeyRing) -> None:
    with pytest.raises(KeyTrouble, match=r"no key to sign with in .*set FORCE_LEDGER_KEYS"):
        ring.recorder(None)
    ring.create("log", "example.org/ring")
    with pytest.raises(KeyTrouble, match="no key to sign with"):
        ring.recorder(None)
    ring.create("clerk", "clerk")
    assert ring.recorder(None).name == "clerk"
    ring.create("reviewer", "reviewer")
    with pytest.raises(KeyTrouble, match=r"several keys \(clerk, reviewer\).*say which with --sign-as"):
        ring.recorder(None)
    with pytest.raises(KeyTrouble, match="there is no key"):
        ring.recorder("nobody")


def test_a_damaged_key_file_is_refused(ring: KeyRing) -> None:
    ring.create("clerk", "clerk")
    path = ring.folder / "clerk.key"
    path.write_text(path.read_text("ascii")[:-5], "ascii")
    with pytest.raises(KeyTrouble, match=r"cannot be used: .*; restore it from a backup"):
        ring.read("clerk")


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", "PRIVATE+KEY+clerk+00000000+é".encode()])
def test_a_key_file_of_other_bytes_is_refused(ring: KeyRing, data: bytes) -> None:
    ring.create("clerk", "clerk")
    (ring.folder / "clerk.key").write_bytes(data)
    with pytest.raises(KeyTrouble):
        ring.read("clerk")


def test_a_discarded_key_is_gone(ring: KeyRing) -> None:
    ring.create("clerk", "clerk")
    ring.discard("clerk")
    ring.discard("clerk")
    with pytest.raises(KeyTrouble):
        ring.read("clerk")


# Passphrases


def test_a_sealed_key_is_opened_by_its_passphrase(keys: Path) -> None:
    ring = KeyRing("example.org/ring", ask={"clerk": "open sesame"}.get)
    signer = ring.create("clerk", "clerk", "open sesame")
    assert ring.read("clerk") == signer
    assert ring.is_encrypted("clerk")
    assert ring.verifiers() == {"clerk": ring.verifier("clerk")} == {"clerk": signer.verifier}
    ring.create("reviewer", "reviewer")
    assert not ring.is_encrypted("reviewer")


def test_a_sealed_key_file_shows_the_public_half_alone(ring: KeyRing) -> None:
    signer = ring.create("clerk", "clerk", "open sesame")
    text = (ring.folder / "clerk.key").read_text("ascii")
    first, begin, *_ = text.splitlines()
    assert (first, begin) == (str(signer.verifier), "-----BEGIN ENCRYPTED PRIVATE KEY-----")
    seed = base64.b64decode(signer.secret_text().split("+", 4)[4])[1:]
    pem = "".join(line for line in text.splitlines()[1:] if not line.startswith("-"))
    assert seed not in base64.b64decode(pem)


@posix_only
@pytest.mark.usefixtures("no_umask")
def test_only_its_owner_can_read_a_sealed_key(ring: KeyRing) -> None:
    ring.create("clerk", "clerk", "open sesame")
    path = ring.folder / "clerk.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [other.name for other in ring.folder.iterdir()] == ["clerk.key"]


@pytest.mark.parametrize("tried", ["open sesam", "open sesame ", "é", "\ud800"])
@pytest.mark.parametrize(("file", "lost"), [("clerk", "a keeper can revoke"), ("log", "see `force-ledger help operat")])
def test_another_passphrase_does_not_open_it(ring: KeyRing, tried: str, file: str, lost: str) -> None:
    ring.create(file, "clerk", "open sesame")
    with pytest.raises(
        KeyTrouble, match=rf"this passphrase does not decrypt the key .*; try again; if it is lost, {lost}"
    ):
        KeyRing("example.org/ring", ask=lambda _: tried).read(file)


def test_without_a_passphrase_the_remedy_is_told(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    signer = ring.create("clerk", "clerk", "open sesame")
    monkeypatch.delenv("FORCE_LEDGER_PASSPHRASE", raising=False)
    with pytest.raises(KeyTrouble, match="is encrypted with a passphrase; give it in FORCE_LEDGER_PASSPHRASE"):
        ring.read("clerk")
    monkeypatch.setenv("FORCE_LEDGER_PASSPHRASE", "open sesame")
    assert ring.read("clerk") == signer


def test_a_sealed_key_under_another_name_is_refused(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    ring.create("clerk", "clerk", "open sesame")
    monkeypatch.setenv("FORCE_LEDGER_PASSPHRASE", "open sesame")
    path = ring.folder / "clerk.key"
    _, rest = path.read_text("ascii").split("\n", 1)
    for first in (str(Signer.generate("clerk").verifier), "clerk", ""):
        path.write_text(f"{first}\n{rest}", "ascii")
        with pytest.raises(KeyTrouble, match=r"cannot be used: .*; restore it from a backup"):
            ring.read("clerk")
    assert {verifier.id for verifier in ring.verifiers().values()} == set()


# Successors


def test_a_successor_has_a_file_of_its_own_until_it_takes_the_place(ring: KeyRing) -> None:
    old = ring.create("clerk", "clerk")
    file, new = ring.create_successor("clerk", "clerk")
    assert ring.successors("clerk") == [file]
    assert ring.recorder(None) == old
    assert ring.recorder(file) == new
    ring.replace("clerk", file)
    assert (ring.recorder(None), ring.successors("clerk")) == (new, [])


def test_a_key_that_could_not_be_kept_leaves_nothing(ring: KeyRing, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        ring.create("clerk", "clerk")
    assert list(ring.folder.iterdir()) == []
