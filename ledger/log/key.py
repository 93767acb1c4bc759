"""Keys: the key texts of C2SP signed-note, and DSSE for what recorders sign.

    verifier key   <name>+<hash>+<base64(type || public key)>         example.com/foo+530d903a+AekyeRrm56hApGFkyQR4…
    signer key     PRIVATE+KEY+<name>+<hash>+<base64(0x01 || seed)>

The hash is the first four bytes, in hex, of SHA-256(name || 0x0A || type || public key). All keys are Ed25519; the
type says what they sign (see ledger.log.note): 0x01 a note, 0x04 a note together with the time, as a witness does.
A private key has a verifier key of each type; use it for one type only.

A public key, and the point R of a signature, has its one encoding and no small order: for a key of small order anybody
can make signatures that hold for any message ("Taming the many EdDSAs", Chalkias and others, 2020, section 3).

A DSSE signature, of a key of type 0x01, is over ``DSSEv1 <length of type> <type> <length of payload> <payload>``.
"""

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property, lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from ledger.log import LogError
from ledger.log.encoding import from_base64, to_base64

if TYPE_CHECKING:  # imported only where a key signs or verifies: reading a ledger does not need it
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

_LONGEST = 1_000
_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
"""The prime and the constant of the curve -x² + y² = 1 + d·x²·y² (RFC 8032, section 5.1)."""


class KeyType(IntEnum):
    """What a key signs: the byte of C2SP signed-note."""

    ED25519 = 0x01
    COSIGNATURE = 0x04

    @property
    def prefix(self) -> bytes:
        return bytes([self])


@dataclass(frozen=True)
class Verifier:
    """A public key under a name. Raises LogError for a point of small order, and for one in another encoding."""

    name: str
    public: bytes
    type: KeyType = KeyType.ED25519

    def __post_init__(self) -> None:
        if not _is_sound(self.public):
            raise LogError(f"the key of {self.name} is weak: anybody could sign with it")

    @classmethod
    @lru_cache(maxsize=256)  # few keys sign many submissions
    def parse(cls, text: str, type: KeyType = KeyType.ED25519) -> "Verifier":
        """Read a verifier key of a type. Raises LogError unless name, hash, type and key agree."""
        name, hash_, key = _split(text, type)
        verifier = cls(name, key, type)
        if hash_ != verifier.hash:
            raise LogError(f"the hash is not that of the key of {name}")
        return verifier

    @cached_property
    def hash(self) -> str:
        """It distinguishes keys of the same name: 8 hex digits."""
        return sha256(self.name.encode() + b"\n" + self.type.prefix + self.public).digest()[:4].hex()

    @property
    def id(self) -> str:
        """Name and hash: ``clerk+5f2a9c01``."""
        return f"{self.name}+{self.hash}"

    def __str__(self) -> str:
        return f"{self.id}+{to_base64(self.type.prefix + self.public)}"

    def verifies(self, payload_type: str, payload: bytes, signature: bytes) -> bool:
        """Whether this is the key's DSSE signature over the payload."""
        return self.type == KeyType.ED25519 and self.verifies_bytes(pae(payload_type, payload), signature)

    def verifies_bytes(self, message: bytes, signature: bytes) -> bool:
        """Whether this is the key's Ed25519 signature over the message itself."""
        from cryptography.exceptions import InvalidSignature

        try:
            self._key.verify(signature, message)  # this refuses S >= L, and an R in another encoding
        except (InvalidSignature, ValueError):
            return False
        return _is_sound(signature[:32])

    @cached_property
    def _key(self) -> "Ed25519PublicKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        return Ed25519PublicKey.from_public_bytes(self.public)


@dataclass(frozen=True)
class Signer:
    """A private key under a name. Its repr does not show it."""

    name: str
    _seed: bytes

    @classmethod
    def generate(cls, name: str) -> "Signer":
        """A new key. Raises LogError for a name that `check_name` refuses."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        check_name(name)
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> "Signer":
        """Read a signer key. Raises LogError unless name, hash and key agree."""
        if not text.startswith("PRIVATE+KEY+"):
            raise LogError("not a signer key: it begins with PRIVATE+KEY+")
        name, hash_, seed = _split(text.removeprefix("PRIVATE+KEY+"), KeyType.ED25519)
        signer = cls(name, seed)
        if hash_ != signer.verifier.hash:
            raise LogError(f"the hash is not that of the key of {name}")
        return signer

    @cached_property
    def verifier(self) -> Verifier:
        return Verifier(self.name, self._private.public_key().public_bytes_raw())

    @property
    def cosigner(self) -> Verifier:
        """The verifier key of its cosignatures."""
        return Verifier(self.name, self.verifier.public, KeyType.COSIGNATURE)

    @cached_property
    def _private(self) -> "Ed25519PrivateKey":
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return Ed25519PrivateKey.from_private_bytes(self._seed)

    def secret_text(self) -> str:
        """The signer key as text. It is secret: write it to the key file only."""
        return f"PRIVATE+KEY+{self.verifier.id}+{to_base64(KeyType.ED25519.prefix + self._seed)}"

    def sign(self, payload_type: str, payload: bytes) -> bytes:
        """The DSSE signature over the payload."""
        return self.sign_bytes(pae(payload_type, payload))

    def sign_bytes(self, message: bytes) -> bytes:
        """The Ed25519 signature over the message itself, as notes need it."""
        return self._private.sign(message)

    def __repr__(self) -> str:
        return f"Signer({self.verifier.id})"


def pae(payload_type: str, payload: bytes) -> bytes:
    """The pre-authentication encoding of DSSE, which is what is signed."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)


def check_name(name: str) -> None:
    """Raise LogError for a name that is empty, or has white space, a plus or a control character."""
    if not name or any(c in "+\x7f" or c <= " " or c.isspace() or "\ud800" <= c <= "\udfff" for c in name):
        raise LogError(f"{name!r} cannot name a key: no spaces, no plus sign")


def _is_sound(point: bytes) -> bool:
    """Whether these bytes are the encoding of a point (RFC 8032, section 5.1.3), if of any, whose order is not small.

    Points of order 1, 2 and 4 have the y 1, -1 and 0. One of order 8 doubles to y = 0, so that x² = -y² in the curve's
    equation: d·y⁴ + 2·y² = 1.
    """
    y = int.from_bytes(point, "little") % 2**255
    return y < _P and y * (y**2 - 1) * (_D * y**4 + 2 * y**2 - 1) % _P != 0


def _split(text: str, type: KeyType) -> tuple[str, str, bytes]:
    found = text.strip().split("+", 2)
    if len(found) != 3 or len(text) > _LONGEST:
        raise LogError("not a key: it is name+hash+key")
    name, hash_, encoded = found
    check_name(name)
    try:
        key = from_base64(encoded)
    except LogError:  # the message could show a secret
        raise LogError("not a key: its last part is not base64") from None
    if len(key) != 33:
        raise LogError("not an Ed25519 key")
    if key[:1] != type.prefix:
        raise LogError(f"not a key of type 0x{type:02x}: the key of {name} is of type 0x{key[0]:02x}")
    return name, hash_, key[1:]
