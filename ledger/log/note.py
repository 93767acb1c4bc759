"""Keys and signatures: the key texts of C2SP signed-note, and DSSE for what recorders sign.

A verifier key is ``<name>+<hash>+<base64(0x01 || public key)>``, a signer key ``PRIVATE+KEY+<name>+<hash>+<base64(0x01
|| seed)>``; the hash is the first four bytes, in hex, of SHA-256(name || 0x0A || 0x01 || public key). Ed25519 only.
A DSSE signature is over ``DSSEv1 <length of type> <type> <length of payload> <payload>``.
"""

import base64
from dataclasses import dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_ED25519 = b"\x01"


class NoteError(ValueError):
    """A key text that is not one."""


def key_hash(name: str, public: bytes) -> str:
    """The hash that tells keys of one name apart: 8 hex digits."""
    return sha256(name.encode() + b"\n" + _ED25519 + public).digest()[:4].hex()


@dataclass(frozen=True)
class Verifier:
    """A public key under a name."""

    name: str
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "Verifier":
        """Read a verifier key. Raises NoteError unless name, hash and key agree."""
        name, hash_, key = _split(text, 3)
        verifier = cls(name, key)
        if hash_ != key_hash(name, key):
            raise NoteError(f"the hash {hash_} is not that of the key of {name}")
        return verifier

    @property
    def id(self) -> str:
        """Name and hash: ``clerk+5f2a9c01``."""
        return f"{self.name}+{key_hash(self.name, self.public)}"

    def __str__(self) -> str:
        return f"{self.id}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def verifies(self, payload_type: str, payload: bytes, signature: bytes) -> bool:
        """Whether this is the key's DSSE signature over the payload."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, pae(payload_type, payload))
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A private key under a name. It is never shown."""

    name: str
    _seed: bytes

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """A new key. Raises NoteError for a name with a space or a plus sign, or none."""
        _check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Read a signer key. Raises NoteError unless name, hash and key agree."""
        if not text.startswith("PRIVATE+KEY+"):
            raise NoteError("not a signer key: it begins with PRIVATE+KEY+")
        name, hash_, seed = _split(text.removeprefix("PRIVATE+KEY+"), 3)
        signer = cls(name, seed)
        if hash_ != key_hash(name, signer.verifier.public):
            raise NoteError(f"the hash {hash_} is not that of the key of {name}")
        return signer

    @property
    def verifier(self) -> Verifier:
        """Its public half."""
        return Verifier(self.name, self._private.public_key().public_bytes_raw())

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self._seed)

    def secret_text(self) -> str:
        """The signer key as text, for the key file alone."""
        seed = base64.b64encode(_ED25519 + self._seed).decode()
        return f"PRIVATE+KEY+{self.verifier.id}+{seed}"

    def sign(self, payload_type: str, payload: bytes) -> bytes:
        """The DSSE signature over the payload."""
        return self._private.sign(pae(payload_type, payload))

    def __repr__(self) -> str:
        return f"Signer({self.verifier.id})"


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding of DSSE: what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def _check_name(name: str) -> None:
    if not name or "+" in name or any(char.isspace() for char in name):
        raise NoteError(f"'{name}' cannot name a key: no spaces, no plus sign")


def _split(text: str, parts: int) -> tuple[str, str, bytes]:
    found = text.strip().split("+", parts - 1)
    if len(found) != parts:
        raise NoteError("not a key: it is name+hash+key")
    name, hash_, encoded = found
    _check_name(name)
    try:
        key = base64.b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error is one; text beyond ASCII raises a plain one
        raise NoteError("not a key: its last part is not base64") from None
    if len(key) != 33 or key[:1] != _ED25519 or base64.b64encode(key).decode() != encoded:
        raise NoteError("not an Ed25519 key")
    return name, hash_, key[1:]
