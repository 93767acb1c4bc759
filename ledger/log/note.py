"""Signed notes, as in C2SP signed-note, with the cosignatures of C2SP tlog-cosignature.

    This is an example message.

    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=

The text is UTF-8, ends in a newline, and has no other control character. After the blank line, each signature has one
line: an em dash, a space, the name of the key, a space, the base64 of the key's hash in four bytes and the signature.
What is signed:

    type 0x01   the text, with its last newline
    type 0x04   ``cosignature/v1``, newline, ``time <t>``, newline, the text; t, in seconds since 1970, above 0 and
                below 2^63, precedes the signature, in eight bytes, big-endian
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from ledger.log import LogError
from ledger.log.encoding import NotCanonical, from_base64, to_base64
from ledger.log.key import KeyType, Signer, Verifier, check_name

LONGEST_NOTE = 65_536
MOST_SIGNATURES = 100

_DASH = "— "
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\ud800-\udfff]")
_HASH, _TIME = 4, 8  # bytes
_TIMES = range(1, 2**63)
"""C2SP tlog-cosignature; a witness must not leave the time out, which is 0 (C2SP tlog-witness)."""


class BadSignature(LogError):
    """A signature that its key has not made, or not in this form."""


@dataclass(frozen=True)
class Signature:
    """A line of a note: the name and the hash of a key, and its signature."""

    name: str
    hash: str
    data: bytes

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read a line. Raises LogError for one of another form, BadSignature for base64 that is not canonical."""
        name, space, encoded = line.removeprefix(_DASH).partition(" ")
        if not line.startswith(_DASH) or not space:
            raise LogError("not a signature line: it is an em dash, a name and base64")
        check_name(name)
        try:
            data = from_base64(encoded)
        except NotCanonical as error:
            raise BadSignature(f"the signature of {name} is not valid: {error}") from None
        if len(data) <= _HASH:
            raise LogError(f"the signature of {name} is empty")
        return cls(name, data[:_HASH].hex(), data[_HASH:])

    @classmethod
    def parse_all(cls, lines: str) -> "tuple[Signature, ...]":
        """Read lines, whether the last has its newline or not. Raises as `parse`."""
        return tuple(map(cls.parse, lines.removesuffix("\n").split("\n")))

    @property
    def key_id(self) -> str:
        """Name and hash of the key, as the line gives them."""
        return f"{self.name}+{self.hash}"

    @property
    def time(self) -> int:
        """The time of a cosignature, in seconds since 1970. Other signatures have none."""
        return int.from_bytes(self.data[:_TIME], "big")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {to_base64(bytes.fromhex(self.hash) + self.data)}"


@dataclass(frozen=True)
class SignedNote:
    """A text and its signatures, which `signers` verifies.

    Raises LogError for a text that is not allowed in a note, and for more than 100 signatures.
    """

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        if not self.text.endswith("\n"):
            raise LogError("the text of a note ends in a newline")
        if found := _CONTROL.search(self.text):
            raise LogError(f"the text of a note cannot have {found.group()!r}")
        if len(self.signatures) > MOST_SIGNATURES:
            raise LogError(f"a note of {len(self.signatures)} signatures has more than {MOST_SIGNATURES}")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """Read a note. Raises LogError for bytes of another form, or beyond 64 KiB."""
        if len(data) > LONGEST_NOTE:
            raise LogError(f"a note of {len(data)} bytes is longer than {LONGEST_NOTE}")
        try:
            text, blank, lines = data.decode().rpartition("\n\n")
        except UnicodeDecodeError:
            raise LogError("the note is not UTF-8") from None
        if not blank or not lines.endswith("\n"):
            raise LogError("not a signed note: a text, a blank line, and a line for each signature")
        return cls(text + "\n", Signature.parse_all(lines))

    @classmethod
    def sign(cls, text: str, signer: Signer) -> Self:
        key, note = signer.verifier, cls(text, ())
        return note.with_signatures(Signature(key.name, key.hash, signer.sign_bytes(text.encode())))

    def with_signatures(self, *more: Signature) -> Self:
        """The same note with further signatures, of any keys."""
        return replace(self, signatures=(*self.signatures, *more))

    def cosign(self, signer: Signer, time: int) -> Signature:
        """The signature of a witness that saw the text by this time, in seconds since 1970. Raises LogError for a time
        outside its range."""
        if time not in _TIMES:
            raise LogError(f"{time} is no time of a cosignature")
        key = signer.cosigner
        signature = signer.sign_bytes(_cosigned(self.text, time))
        return Signature(key.name, key.hash, time.to_bytes(_TIME, "big") + signature)

    def signers(self, verifiers: Iterable[Verifier]) -> dict[Verifier, Signature]:
        """The keys that signed the note, each with its signature, or the last of several.

        Signatures of other keys are ignored. Raises BadSignature if a signature has the name and hash of one of these
        keys but is bad: then trust nothing in the note.
        """
        known = {verifier.id: verifier for verifier in verifiers}
        found = {}
        for signature in self.signatures:
            if verifier := known.get(signature.key_id):
                if not _is_good(signature, verifier, self.text):
                    raise BadSignature(f"the signature of {verifier.id} is not valid")
                found[verifier] = signature
        return found

    def to_bytes(self) -> bytes:
        return "\n".join([self.text, *map(str, self.signatures), ""]).encode()


def _is_good(signature: Signature, verifier: Verifier, text: str) -> bool:
    if verifier.type == KeyType.COSIGNATURE:
        return signature.time in _TIMES and verifier.verifies_bytes(
            _cosigned(text, signature.time), signature.data[_TIME:]
        )
    return verifier.verifies_bytes(text.encode(), signature.data)


def _cosigned(text: str, time: int) -> bytes:
    return f"cosignature/v1\ntime {time}\n{text}".encode()
